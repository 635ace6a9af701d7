//! A command in the foreground inside an instance: it has our terminal, gets our signals and gives its exit code.
//!
//! The command stays in our session and process group, so that the terminal treats it as it treats us. Signals are
//! blocked and waited for, not handled: nothing of ours runs at a moment that it does not choose.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal};

use super::Exit;
use crate::agent::{namespace, process};
use crate::state::id::InstanceId;

/// What we may be told: these reach the command, and end the wait for it to begin.
const FORWARDED: [Signal; 7] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGWINCH,
];

/// As whom a command runs.
pub(crate) struct User {
    user: process::User,
    environment: Vec<(&'static str, OsString)>,
}

impl User {
    /// Looks the user up by name.
    pub(crate) fn named(name: &str) -> anyhow::Result<User> {
        let user = process::User::named(name)?;
        let mut environment = vec![("USER", name.into()), ("LOGNAME", name.into())];
        if let Ok(Some(found)) = nix::unistd::User::from_name(name) {
            environment.extend([("HOME", found.dir.into()), ("SHELL", found.shell.into())]);
        }
        Ok(User { user, environment })
    }
}

/// The signals to this process, which wait from now on until they are asked for.
pub(crate) struct Signals {
    set: SigSet,
    before: SigSet,
}

/// A signal that arrived.
struct Arrival {
    signal: Signal,
    /// It comes from the terminal, which has told the command as well.
    from_terminal: bool,
}

impl Signals {
    /// Holds back all signals that concern the command; to be done before there is anything to clean up.
    pub(crate) fn hold() -> io::Result<Signals> {
        // SAFETY: no handler is installed. An inherited "ignore" would let the command end unnoticed.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) }?;
        let set: SigSet = FORWARDED.into_iter().chain([Signal::SIGCHLD]).collect();
        let before = set.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Signals { set, before })
    }

    /// Waits a while; if a signal that ends us comes meanwhile or came before, says what to exit with.
    pub(crate) fn pause(&self, patience: Duration) -> Result<(), Exit> {
        match self.next(Some(patience)) {
            Some(Arrival {
                signal: Signal::SIGWINCH | Signal::SIGCHLD | Signal::SIGUSR1 | Signal::SIGUSR2, ..
            }) => Ok(()),
            Some(Arrival { signal, .. }) => {
                Err(Exit { code: 128 + signal as u8, message: format!("ended by {signal} before the command started") })
            }
            None => Ok(()),
        }
    }

    /// The next signal, or none if the patience ends.
    fn next(&self, patience: Option<Duration>) -> Option<Arrival> {
        loop {
            // SAFETY: all pointers are to values that outlive the call; a null one means no limit.
            let (number, code) = unsafe {
                let mut info: libc::siginfo_t = std::mem::zeroed();
                let number = match patience {
                    None => libc::sigwaitinfo(self.set.as_ref(), &mut info),
                    Some(patience) => {
                        let limit = libc::timespec {
                            tv_sec: patience.as_secs() as libc::time_t,
                            tv_nsec: patience.subsec_nanos().into(),
                        };
                        libc::sigtimedwait(self.set.as_ref(), &mut info, &limit)
                    }
                };
                (number, info.si_code)
            };
            match Signal::try_from(number) {
                Ok(signal) => return Some(Arrival { signal, from_terminal: code == libc::SI_KERNEL }),
                Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return None,
            }
        }
    }
}

/// Runs the command in the instance until it ends and gives its exit code.
pub(crate) fn run(
    signals: &Signals,
    id: InstanceId,
    instance_dir: &Path,
    user: Option<&User>,
    words: &[OsString],
) -> anyhow::Result<u8> {
    let (program, arguments) = words.split_first().expect("the command line demands a command");
    let mut command = Command::new(program);
    command.args(arguments).env("INSTANCE_ID", id.to_string());
    command.envs(user.iter().flat_map(|it| &it.environment).map(|(name, value)| (name, value)));
    process::enter(&mut command, &namespace::path(&id.to_string()), instance_dir, user.map(|it| &it.user))?;
    let before = signals.before;
    // SAFETY: between fork and exec only a system call is made.
    unsafe { command.pre_exec(move || Ok(before.thread_set_mask()?)) };
    let child = command.spawn().map_err(|problem| not_started(&problem, program))?;
    Ok(code(attend(signals, child)?))
}

/// Passes signals on until the child has ended.
fn attend(signals: &Signals, mut child: Child) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let Some(arrival) = signals.next(None) else { return child.wait() };
        if arrival.signal != Signal::SIGCHLD && !arrival.from_terminal {
            let pid = nix::unistd::Pid::from_raw(child.id() as i32);
            // The child is not waited for yet, so the number is still its own.
            let _ = nix::sys::signal::kill(pid, arrival.signal);
        }
    }
}

/// What a shell would exit with.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|it| 128 + it)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

/// Exit codes as of a shell: 127 for a command that is not found, 126 for one that cannot be run.
fn not_started(problem: &io::Error, program: &OsString) -> Exit {
    let code = if problem.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    Exit { code, message: format!("cannot run '{}' in the instance: {problem}", program.to_string_lossy()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_a_shell() {
        assert_eq!(code(ExitStatus::from_raw(0)), 0);
        assert_eq!(code(ExitStatus::from_raw(7 << 8)), 7);
        assert_eq!(code(ExitStatus::from_raw(libc::SIGTERM)), 143);
        let program = OsString::from("nonesuch");
        assert_eq!(not_started(&io::ErrorKind::NotFound.into(), &program).code, 127);
        assert_eq!(not_started(&io::ErrorKind::PermissionDenied.into(), &program).code, 126);
    }

    /// In a thread of its own, since the mask of blocked signals is a thread's.
    #[test]
    fn a_signal_reaches_the_command_and_its_end_is_noticed() {
        let attended = std::thread::spawn(|| {
            let signals = Signals::hold().unwrap();
            let mut command = Command::new("sleep");
            command.arg("60");
            let before = signals.before;
            // SAFETY: as in `run`.
            unsafe { command.pre_exec(move || Ok(before.thread_set_mask()?)) };
            let child = command.spawn().unwrap();
            // SAFETY: the thread is our own.
            unsafe { libc::pthread_kill(libc::pthread_self(), libc::SIGUSR1) };
            // A child that ends raises a signal for the process, which a test's other threads may take; here it is
            // raised for the thread as well.
            let thread = unsafe { libc::pthread_self() } as usize;
            let id = child.id();
            std::thread::spawn(move || {
                while !std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|it| it.contains(") Z ")) {
                    std::thread::yield_now();
                }
                // SAFETY: that thread waits for this signal.
                unsafe { libc::pthread_kill(thread as libc::pthread_t, libc::SIGCHLD) };
            });
            code(attend(&signals, child).unwrap())
        });
        assert_eq!(attended.join().unwrap(), 128 + libc::SIGUSR1 as u8);
    }

    #[test]
    fn a_signal_before_the_command_starts_ends_the_wait() {
        let paused = std::thread::spawn(|| {
            let signals = Signals::hold().unwrap();
            signals.pause(Duration::ZERO).unwrap();
            // SAFETY: the thread is our own.
            unsafe { libc::pthread_kill(libc::pthread_self(), libc::SIGTERM) };
            signals.pause(Duration::from_secs(60)).unwrap_err().code
        });
        assert_eq!(paused.join().unwrap(), 143);
    }
}
