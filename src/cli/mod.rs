//! The command line: reads what is wanted, starts the part that does it, says how it went.
//!
//! One file a command. Errors are one line on standard error; exit codes are 0 for good, 1 for failed, 2 for usage,
//! and those of the command that `run` and `exec` ran.

mod account;
mod client;
mod down;
mod explain;
mod inside;
mod local;
mod logs;
mod options;
mod plan;
mod privilege;
mod profile;
mod ps;
mod run;
mod table;
mod up;
mod wait;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use client::client;
use profile::Flags;

const ABOUT: &str = "The EC2 VPC network for Linux processes on your own machines";
const FIRST_STEPS: &str = "\
First steps:
  sudo culvert up                        # starts a node; prints the 'export' lines for the AWS CLI
  aws ec2 describe-vpcs                  # in another terminal, with those lines
  sudo -E culvert run -- ip address      # a command in an instance of its own
  culvert ps
  sudo culvert down                      # removes everything from the kernel";

/// The whole command line.
#[derive(Parser)]
#[command(name = "culvert", version, about = ABOUT, after_help = FIRST_STEPS)]
struct Line {
    /// What is logged to standard error, such as debug or culvert::agent=trace [default: info for up, else warn]
    #[arg(long, global = true, env = "RUST_LOG", value_name = "FILTER")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts server and agent in one process, until it is told to stop
    #[command(after_help = "Example:\n  sudo culvert up --data-dir /var/lib/culvert --zone us-east-1a")]
    Up(Box<options::Said>),
    /// Not available yet: starts a server alone
    #[command(after_help = "Until then: sudo culvert up")]
    Server(Unavailable),
    /// Not available yet: starts an agent alone
    #[command(after_help = "Until then: sudo culvert up")]
    Agent(Unavailable),
    /// Runs a command in the foreground in a new instance on this node
    ///
    /// Input, output and signals are the command's own. The exit code is the command's: 128+n if signal n ended it,
    /// 127 if it is not found, 126 if it cannot be run. The instance ends with it.
    #[command(after_help = "Example:\n  sudo -E culvert run --name web -- python3 -m http.server 80")]
    Run {
        #[command(flatten)]
        args: run::RunArgs,
        #[command(flatten)]
        flags: Flags,
    },
    /// Runs a command in the foreground in an instance on this machine; the exit code is the command's
    #[command(after_help = "Example:\n  sudo culvert exec i-0123456789abcdef0 -- ping -c 1 10.0.0.2")]
    Exec(run::ExecArgs),
    /// Lists the account's instances
    #[command(after_help = "Example:\n  culvert ps --json")]
    Ps {
        #[command(flatten)]
        args: ps::Args,
        #[command(flatten)]
        flags: Flags,
    },
    /// Prints the output of an instance's main process
    #[command(after_help = "Example:\n  sudo culvert logs --follow i-0123456789abcdef0")]
    Logs(logs::Args),
    /// Waits until every live node has realised a revision; fails if that takes too long
    #[command(after_help = "Example:\n  culvert wait --revision 42 --timeout 10")]
    Wait {
        #[command(flatten)]
        args: wait::Args,
        #[command(flatten)]
        flags: Flags,
    },
    /// Creates, lists and deletes accounts; needs the root account's keys
    #[command(after_help = "Example:\n  culvert account create team-a")]
    Account {
        #[command(subcommand)]
        command: account::Command,
        #[command(flatten)]
        flags: Flags,
    },
    /// Stops this machine's nodes and removes all that they have put into the kernel; keeps what is stored
    #[command(after_help = "Example:\n  sudo culvert down")]
    Down(down::Args),
    /// Says whether a packet and its reply pass, what they meet, and what stops them
    ///
    /// Decided from what is configured; no packet is sent. The exit code is 0 when that could be said, whatever it is:
    /// programs read "Passes" of the JSON.
    #[command(
        after_help = "Example:\n  culvert explain --from i-0123456789abcdef0 --to 10.0.1.10 --protocol tcp --port 443"
    )]
    Explain {
        #[command(flatten)]
        args: explain::Args,
        #[command(flatten)]
        flags: Flags,
    },
    /// Prints the mistakes that CULVERT_MUTANT can name, one a line
    #[cfg(feature = "mutants")]
    Mutants,
    /// Prints as JSON what the node's kernel should hold
    #[command(after_help = "Example:\n  culvert plan | less")]
    Plan {
        #[command(flatten)]
        args: plan::Args,
        #[command(flatten)]
        flags: Flags,
    },
}

/// Takes any options, so that all of them get the same answer.
#[derive(clap::Args)]
struct Unavailable {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<OsString>,
}

/// The command line asks for something that does not exist or cannot be meant.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// A failure with an exit code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Exit {
    code: u8,
    message: String,
}

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(error) => return refused(&error),
    };
    match start_log(&line).map_err(anyhow::Error::from).and_then(|()| dispatch(line.command)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("culvert: {}", one_line(&format!("{error:#}")));
            ExitCode::from(exit_code(&error))
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Up(said) => up::up(settled(*said)?)?,
        Command::Server(_) => return Err(one_process_only("server").into()),
        Command::Agent(_) => return Err(one_process_only("agent").into()),
        Command::Run { flags, args } => return run::run(&flags, &args),
        Command::Exec(args) => return run::exec(&args),
        Command::Ps { flags, args } => ps::ps(&client(&flags)?, &args)?,
        Command::Logs(args) => logs::logs(&args)?,
        Command::Wait { flags, args } => wait::wait(&flags, &args)?,
        Command::Account { flags, command } => account::account(&client(&flags)?, &command)?,
        Command::Down(args) => down::down(&args)?,
        #[cfg(feature = "mutants")]
        Command::Mutants => crate::plan::mutant::names().for_each(|it| println!("{it}")),
        Command::Explain { flags, args } => explain::explain(&flags, &args)?,
        Command::Plan { flags, args } => plan::plan(&client(&flags)?, &args)?,
    }
    Ok(0)
}

/// The options of `up`, if the machine can carry them out.
fn settled(said: options::Said) -> anyhow::Result<crate::server::Options> {
    let variable = |name| std::env::var(name).ok();
    let options = said.resolve(options::Surroundings {
        host_name: nix::unistd::gethostname().ok().and_then(|it| it.into_string().ok()).unwrap_or_default(),
        root_access_key_id: variable("CULVERT_ROOT_ACCESS_KEY_ID"),
        root_secret_access_key: variable("CULVERT_ROOT_SECRET_ACCESS_KEY"),
    })?;
    let user = crate::agent::process::User::named(&options.instance_user);
    let usage = match user {
        Err(crate::agent::process::Error::NoUser(name)) => format!("this machine has no user '{name}'"),
        // User data comes from whoever has a key of the API.
        Ok(user) if user.uid == 0 => {
            format!("main processes run without privileges, and '{}' is root", options.instance_user)
        }
        _ => String::new(),
    };
    if !usage.is_empty() {
        return Err(Usage(format!("{usage}; name another user with --instance-user")).into());
    }
    privilege::require("it makes network namespaces and their nftables rules")?;
    Ok(options)
}

fn one_process_only(role: &str) -> Usage {
    Usage(format!("'culvert {role}' is not available yet; 'culvert up' runs server and agent in one process"))
}

fn start_log(line: &Line) -> Result<(), Usage> {
    let usual = if matches!(line.command, Command::Up(_)) { "info" } else { "warn" };
    let text = line.log.as_deref().filter(|it| !it.is_empty()).unwrap_or(usual);
    // The consensus library tells its whole inner life, and that of DNS what workloads do wrong, as often as they do
    // it; who wants that names it.
    let quieter = [("openraft", "warn"), ("hickory_proto", "off")].into_iter().filter(|it| !text.contains(it.0));
    let all = quieter.fold(text.to_owned(), |all, (library, level)| format!("{all},{library}={level}"));
    let filter = EnvFilter::try_new(all).map_err(|error| Usage(format!("the log filter '{text}': {error}")))?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    subscriber.with_ansi(std::io::stderr().is_terminal()).compact().init();
    Ok(())
}

fn exit_code(error: &anyhow::Error) -> u8 {
    match (error.downcast_ref::<Exit>(), error.downcast_ref::<Usage>()) {
        (Some(exit), _) => exit.code,
        (_, Some(_)) => 2,
        _ => 1,
    }
}

/// Shows help where it was asked for, and otherwise says in one line what is wrong.
fn refused(error: &clap::Error) -> ExitCode {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    match error.kind() {
        DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand => {
            // There is no one left to tell that this failed.
            let _ = error.print();
        }
        _ => eprintln!("culvert: {}", complaint(&error.render().to_string())),
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// What clap says in several paragraphs: the error and the tip, without the usage.
fn complaint(text: &str) -> String {
    let mut paragraphs = text.split("\n\n");
    let mut line = one_line(paragraphs.next().unwrap_or("").trim_start_matches("error: "));
    for tip in paragraphs.filter_map(|it| it.trim_start().strip_prefix("tip: ")) {
        line.push_str(&format!(" ({})", one_line(tip)));
    }
    line + "; --help shows what there is"
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
