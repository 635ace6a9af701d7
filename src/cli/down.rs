//! `culvert down`: takes away from this machine's kernel what its nodes have put there.
//!
//! What the cluster remembers stays: the next `culvert up` on the same data directory makes it all anew.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::local::{self, DATA, LOCK, PID};
use super::privilege;
use super::table::print;
use super::up::RUN_DIR;
use crate::agent::process::User;
use crate::agent::{Kernel, Place, namespace};

/// How long an agent may take to end.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(50);

/// Options of `culvert down`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only the node with this data directory [default: all nodes of this machine]
    #[arg(long, env = "CULVERT_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(crate) fn down(args: &Args) -> anyhow::Result<()> {
    privilege::require("it removes network namespaces")?;
    let run = Path::new(RUN_DIR);
    let mut tags = local::tags(run);
    if let Some(data_dir) = &args.data_dir {
        tags.retain(|tag| is_data_of(&run.join(tag), data_dir));
    }
    if tags.is_empty() {
        return Ok(print("nothing to remove\n")?);
    }
    let mut failed = Vec::new();
    for tag in tags {
        match remove(run, &tag) {
            Ok(report) => print(&report)?,
            Err(problem) => failed.push(format!("node {tag}: {problem:#}")),
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => bail!("{}", failed.join("; ")),
    }
}

/// Whether the node's link leads to this directory.
fn is_data_of(dir: &Path, data_dir: &Path) -> bool {
    let (Ok(held), Ok(wanted)) = (fs::canonicalize(dir.join(DATA)), fs::canonicalize(data_dir)) else { return false };
    held == wanted
}

/// Ends the node's agent and removes its kernel objects; says what there was.
fn remove(run: &Path, tag: &str) -> anyhow::Result<String> {
    let dir = run.join(tag);
    // Held until all is gone, so that no agent starts in the middle.
    let (_lock, stopped) = seize(&dir, PATIENCE)?;
    let instances = local::entries(&dir.join("instances"));
    let prefix = format!("culvert-{tag}-");
    let networks = namespace::observe(&prefix);
    let networks = networks.iter().filter_map(|it| it.strip_prefix(&prefix));
    // The edge has no id, and goes with the routers behind it.
    let (gateways, routers): (Vec<_>, Vec<_>) =
        networks.filter(|it| *it != "edge").map(str::to_owned).partition(|it| it.starts_with("nat-"));

    let place = Place {
        tag: tag.to_owned(),
        run_dir: run.to_owned(),
        data_dir: fs::read_link(dir.join(DATA)).unwrap_or_default(),
        // Nothing is started here, so this is as whom nothing runs.
        user: User { uid: u32::MAX, gid: u32::MAX },
    };
    let pass = Kernel::open(place)?.remove_all();
    if !pass.failures.is_empty() {
        let failures = pass.failures.into_iter();
        let failures: Vec<String> =
            failures.map(|it| format!("{}: {:#}", it.object, anyhow::Error::from(it.source))).collect();
        bail!("{}", failures.join("; "));
    }
    for file in [PID, DATA, LOCK] {
        let _ = fs::remove_file(dir.join(file));
    }
    let _ = fs::remove_dir(dir.join("instances"));
    fs::remove_dir(&dir).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error).with_context(|| format!("cannot remove {}", dir.display())),
    })?;
    Ok(report(tag, stopped, &instances, &routers, &gateways))
}

/// Locks the node's directory, ending the agent that has it locked. Gives the agent's process, if there was one.
fn seize(dir: &Path, patience: Duration) -> anyhow::Result<(File, Option<i32>)> {
    let path = dir.join(LOCK);
    let lock = local::open_lock(dir).with_context(|| format!("cannot open {}", path.display()))?;
    let deadline = Instant::now() + patience;
    let mut told = None;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok((lock, told)),
            Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the node"),
            Err(TryLockError::WouldBlock) => (),
        }
        // The number is believed only while the lock is held: then it is that of the agent that holds it.
        let pid = fs::read_to_string(dir.join(PID)).ok().and_then(|it| it.trim().parse::<i32>().ok());
        match pid {
            Some(pid) if pid > 1 && told != Some(pid) => {
                kill(Pid::from_raw(pid), Signal::SIGTERM).with_context(|| format!("cannot stop the agent {pid}"))?;
                told = Some(pid);
            }
            _ => (),
        }
        if Instant::now() > deadline {
            match told {
                Some(pid) => bail!("the agent {pid} has not ended within {} s", patience.as_secs()),
                None => bail!("an agent holds {}, but {} does not say which", path.display(), dir.join(PID).display()),
            }
        }
        std::thread::sleep(GLANCE);
    }
}

fn report(tag: &str, stopped: Option<i32>, instances: &[String], routers: &[String], gateways: &[String]) -> String {
    let list = |kind: &str, them: &[String]| match them {
        [] => format!("no {kind}s"),
        [one] => format!("1 {kind} ({one})"),
        more => format!("{} {kind}s ({})", more.len(), more.join(", ")),
    };
    let stopped = stopped.map(|it| format!("stopped the agent (process {it}), ")).unwrap_or_default();
    let (instances, routers) = (list("instance", instances), list("router", routers));
    let gateways = if gateways.is_empty() { String::new() } else { format!(" and {}", list("NAT gateway", gateways)) };
    format!("node {tag}: {stopped}removed {instances} and {routers}{gateways}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::slice;

    fn directory(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("culvert-down-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn what_was_removed_is_said() {
        assert_eq!(report("0a", None, &[], &[], &[]), "node 0a: removed no instances and no routers\n");
        let [one, two] = ["i-1".to_owned(), "i-2".to_owned()];
        let expect = "node 0a: stopped the agent (process 7), removed 2 instances (i-1, i-2) and 1 router (i-1)\n";
        assert_eq!(report("0a", Some(7), &[one.clone(), two.clone()], slice::from_ref(&one), &[]), expect);
        let expect = "node 0a: removed no instances and 1 router (i-1) and 1 NAT gateway (i-2)\n";
        assert_eq!(report("0a", None, &[], &[one], &[two]), expect);
    }

    #[test]
    fn a_node_without_an_agent_is_seized_at_once_even_if_a_number_was_left() {
        let dir = directory("free");
        fs::write(dir.join("agent.pid"), std::process::id().to_string()).unwrap();
        let (_lock, stopped) = seize(&dir, Duration::ZERO).unwrap();
        assert_eq!(stopped, None);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn the_agent_that_holds_the_lock_is_ended_and_waited_for() {
        let dir = directory("held");
        let script = "exec 9>$0/lock; flock 9; echo $$ >$0/agent.pid; sleep 60 9>&- & wait";
        let agent = Command::new("sh").arg("-c").arg(script).arg(&dir).spawn();
        let mut agent = agent.unwrap();
        while !fs::read_to_string(dir.join("agent.pid")).is_ok_and(|it| it.ends_with('\n')) {
            std::thread::yield_now();
        }
        let (_lock, stopped) = seize(&dir, Duration::from_secs(10)).unwrap();
        assert_eq!(stopped, Some(agent.id() as i32));
        assert!(!agent.wait().unwrap().success());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_lock_whose_holder_is_unknown_is_not_broken() {
        let dir = directory("unknown");
        let lock = File::create(dir.join("lock")).unwrap();
        lock.lock().unwrap();
        assert!(seize(&dir, Duration::ZERO).is_err());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_data_directory_is_known_by_the_link_to_it() {
        let dir = directory("link");
        let (data, other) = (dir.join("d"), dir.join("e"));
        fs::create_dir_all(&data).unwrap();
        fs::create_dir_all(&other).unwrap();
        std::os::unix::fs::symlink(&data, dir.join("data")).unwrap();
        assert!(is_data_of(&dir, &dir.join("e/../d")));
        assert!(!is_data_of(&dir, &other));
        assert!(!is_data_of(&dir, &dir.join("none")));
        fs::remove_dir_all(&dir).unwrap();
    }
}
