//! Processes in instances: how one gets in, and how all are ended.
//!
//! A process belongs to an instance by its network namespace and by nothing else, so whatever a workload starts is
//! found. Nothing ties a process to the agent: it goes on when the agent ends.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::namespace;

/// The file that says which process is the main one, as `/proc/PID/stat` said when it started.
pub const RECORD: &str = "main.pid";

/// How long processes may take to end by themselves.
const GRACE: Duration = Duration::from_millis(200);
/// How long the kernel may take to end processes that were killed.
const DEATH: Duration = Duration::from_secs(5);

/// Why a process could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no user {0}")]
    NoUser(String),
    #[error("cannot look up user {name}")]
    LookUp {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot open the network namespace {}", path.display())]
    Namespace {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the path {} holds a zero byte", .0.display())]
    Path(PathBuf),
    #[error("processes in {0} were killed and do not end")]
    Unfinished(String),
}

/// An unprivileged user, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

impl User {
    pub fn named(name: &str) -> Result<User, Error> {
        let found = nix::unistd::User::from_name(name)
            .map_err(|source| Error::LookUp { name: name.to_string(), source: source.into() })?;
        let user = found.ok_or_else(|| Error::NoUser(name.to_string()))?;
        Ok(User { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
    }
}

/// Lets the command run in the instance's network, with the instance's resolver and host files, as this user if one
/// is given (then also without the means to gain privileges).
pub fn enter(command: &mut Command, namespace: &Path, instance_dir: &Path, user: Option<&User>) -> Result<(), Error> {
    let entry = Entry::new(namespace, instance_dir, user)?;
    // SAFETY: `go` only makes system calls on what was prepared here; it does not allocate or lock.
    unsafe { command.pre_exec(move || entry.go()) };
    Ok(())
}

/// As `enter`, in a session of its own; leaves a record of the process, and starts it only if there is none.
pub(super) fn enter_as_main(
    command: &mut Command,
    namespace: &Path,
    instance_dir: &Path,
    user: &User,
    script: &Path,
    shown: &Path,
) -> Result<(), Error> {
    let mut entry = Entry::new(namespace, instance_dir, Some(user))?;
    entry.binds.push((text(script)?, text(shown)?));
    entry.record = Some(text(&instance_dir.join(RECORD))?);
    // SAFETY: as above.
    unsafe { command.pre_exec(move || entry.go()) };
    Ok(())
}

/// What a process does between fork and exec.
struct Entry {
    namespace: File,
    /// What is shown where: source and target.
    binds: Vec<(CString, CString)>,
    user: Option<User>,
    record: Option<CString>,
}

impl Entry {
    fn new(namespace: &Path, instance_dir: &Path, user: Option<&User>) -> Result<Entry, Error> {
        let open = File::open(namespace);
        let namespace = open.map_err(|source| Error::Namespace { path: namespace.to_path_buf(), source })?;
        let shown =
            |name: &str| Ok::<_, Error>((text(&instance_dir.join(name))?, text(&Path::new("/etc").join(name))?));
        let binds = vec![shown("resolv.conf")?, shown("hosts")?];
        Ok(Entry { namespace, binds, user: user.copied(), record: None })
    }

    fn go(&self) -> io::Result<()> {
        // SAFETY: every pointer is to a string with its terminator that outlives the call, or null where that is
        // allowed.
        unsafe {
            check(libc::setns(self.namespace.as_raw_fd(), libc::CLONE_NEWNET))?;
            check(libc::unshare(libc::CLONE_NEWNS))?;
            let (none, no_data) = (std::ptr::null(), std::ptr::null());
            check(libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_SLAVE, no_data))?;
            for (source, target) in &self.binds {
                let mounted = check(libc::mount(source.as_ptr(), target.as_ptr(), none, libc::MS_BIND, no_data));
                // A host without the file has nothing to be covered.
                mounted
                    .or_else(|error| if error.raw_os_error() == Some(libc::ENOENT) { Ok(()) } else { Err(error) })?;
            }
            if let Some(record) = &self.record {
                leave_record(record)?;
                check(libc::setsid())?;
            }
            if let Some(user) = self.user {
                check(libc::setgroups(0, std::ptr::null()))?;
                check(libc::setresgid(user.gid, user.gid, user.gid))?;
                check(libc::setresuid(user.uid, user.uid, user.uid))?;
                check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
            }
            // Closed at exec and not before: the parent waits on one of them to learn how exec went.
            check(libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) as libc::c_int)
        }
    }
}

/// Writes down which process this is, with its start time, before it is the main process. That the file must be new
/// makes sure that a launch starts once, wherever the agent was interrupted.
fn leave_record(path: &CString) -> io::Result<()> {
    let mut stat = [0u8; 1024];
    // SAFETY: the strings are terminated, the buffer is as long as it is said to be, the descriptors are ours.
    unsafe {
        let from = libc::open(c"/proc/self/stat".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        check(from)?;
        let length = libc::read(from, stat.as_mut_ptr().cast(), stat.len());
        libc::close(from);
        let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
        let to = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC, 0o644);
        check(to)?;
        let written = libc::write(to, stat.as_ptr().cast(), length);
        libc::close(to);
        check(written as libc::c_int)
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn text(path: &Path) -> Result<CString, Error> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Error::Path(path.to_path_buf()))
}

/// A process that cannot be taken for a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Main {
    pid: i32,
    /// In clock ticks since the machine started.
    started: u64,
}

/// The main process that the record in this directory names, if it still runs.
pub fn recorded(instance_dir: &Path) -> Option<Main> {
    let main = parse(&fs::read_to_string(instance_dir.join(RECORD)).ok()?)?;
    main.runs().then_some(main)
}

impl Main {
    fn runs(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid));
        stat.is_ok_and(|it| !has_ended(&it) && parse(&it).as_ref() == Some(self))
    }
}

/// Whether the process has ended and only its parent has not taken notice yet, which can be long after.
fn has_ended(stat: &str) -> bool {
    stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with(['Z', 'X']))
}

/// Reads the number and the start time out of `/proc/PID/stat`, whose second field may hold spaces and parentheses.
fn parse(stat: &str) -> Option<Main> {
    let pid = stat.split(' ').next()?.parse().ok()?;
    let started = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    Some(Main { pid, started })
}

/// An instance whose processes are to end.
pub struct Ending {
    pub namespace: String,
    pub main: Option<Main>,
}

/// What ending the processes of instances came to.
pub struct Ended {
    /// How many there were.
    pub count: u64,
    /// The namespaces in which some are left.
    pub unfinished: BTreeSet<String>,
}

/// Ends all processes of these instances: they are asked, then killed.
pub fn end(endings: &[Ending], children: &mut Children) -> Ended {
    // Only of namespaces: the number of a file that none is mounted on may be some other namespace's.
    let named = endings.iter().filter(|it| namespace::find(&it.namespace) == namespace::Found::Namespace);
    let inodes: BTreeMap<u64, &str> =
        named.filter_map(|it| Some((namespace::inode(&it.namespace).ok()?, it.namespace.as_str()))).collect();
    let mut found = inside(&inodes);
    // Looked at again when held, as those inside are.
    let mains = endings.iter().filter_map(|it| it.main);
    found.extend(mains.filter_map(|it| Handle::open(it.pid).filter(|_| it.runs())));
    let count = found.len() as u64;
    for process in &found {
        process.signal(libc::SIGTERM);
    }
    wait(&found, GRACE);
    let deadline = Instant::now() + DEATH;
    // Again until none is left, since a process that is dying may have started others.
    while !found.is_empty() && Instant::now() < deadline {
        for process in &found {
            process.signal(libc::SIGKILL);
        }
        wait(&found, deadline - Instant::now());
        found = inside(&inodes);
    }
    children.reap();
    let unfinished = found.iter().filter_map(|it| inodes.get(&inode_of(it.pid)?)).map(|it| it.to_string()).collect();
    Ended { count, unfinished }
}

/// The processes whose network namespace is one of these.
fn inside(inodes: &BTreeMap<u64, &str>) -> Vec<Handle> {
    let mine = |pid: i32| inode_of(pid).is_some_and(|it| inodes.contains_key(&it));
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // Looked at again when held: the number may have been given to another process in between.
    pids.filter(|pid| mine(*pid)).filter_map(Handle::open).filter(|it| mine(it.pid)).collect()
}

/// The number of the network namespace that a process is in.
fn inode_of(pid: i32) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/ns/net")).ok().map(|it| it.ino())
}

/// Holds on to a process, so that a signal never reaches another one of its number.
struct Handle {
    pid: i32,
    fd: OwnedFd,
}

impl Handle {
    fn open(pid: i32) -> Option<Handle> {
        // SAFETY: the call takes two numbers; what it returns is a descriptor of ours.
        unsafe {
            let fd = libc::syscall(libc::SYS_pidfd_open, pid, 0);
            (fd >= 0).then(|| Handle { pid, fd: OwnedFd::from_raw_fd(fd as i32) })
        }
    }

    fn signal(&self, signal: i32) {
        // SAFETY: a null pointer stands for the usual signal information. That the process is gone is no failure.
        unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, self.fd.as_raw_fd(), signal, std::ptr::null::<()>(), 0);
        }
    }
}

/// Waits until all have ended, but not longer than this.
fn wait(processes: &[Handle], limit: Duration) {
    let deadline = Instant::now() + limit;
    for process in processes {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut waiting = libc::pollfd { fd: process.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: the pointer is to the one structure that is announced. An interrupted wait is a shorter one.
        unsafe { libc::poll(&raw mut waiting, 1, left.as_millis() as libc::c_int) };
    }
}

/// The processes that this one started, to be waited for.
#[derive(Default)]
pub struct Children(Vec<Child>);

impl Children {
    pub fn add(&mut self, child: Child) {
        self.0.push(child);
    }

    /// Takes leave of those that have ended.
    pub fn reap(&mut self) {
        self.0.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_number_and_start_time() {
        let fields = "S 1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 777 9 9";
        assert_eq!(parse(&format!("42 (a b) c) {fields}")), Some(Main { pid: 42, started: 777 }));
        assert_eq!(parse("42 (short) S 1"), None);
        assert!(!has_ended("42 (a) Z b) S 1"));
        assert!(has_ended("42 (a) S b) Z 1"));
        assert_eq!(parse(""), None);
    }
}
