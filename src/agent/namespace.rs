//! Network namespaces as bind mounts under `/run/netns`, where `ip netns` looks for them too.
//!
//! No descriptor of a namespace is held longer than a pass needs it. A thread that cannot return to the namespace it
//! came from would configure the wrong one from then on, so that ends the process.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::statfs::{NSFS_MAGIC, statfs};

const DIRECTORY: &str = "/run/netns";
const MINE: &str = "/proc/thread-self/ns/net";

/// Why a namespace could not be made, entered or removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {call} the network namespace {name}")]
pub struct Error {
    call: &'static str,
    name: String,
    #[source]
    source: io::Error,
}

/// What stands at a namespace's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// The file that a namespace is to be mounted on, without one.
    Leftover,
    Namespace,
}

/// Where the namespace of this name is mounted.
pub fn path(name: &str) -> PathBuf {
    Path::new(DIRECTORY).join(name)
}

/// The names that begin with `prefix`.
pub fn observe(prefix: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(DIRECTORY) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.starts_with(prefix)).collect()
}

/// Looks at the path of this name.
pub fn find(name: &str) -> Found {
    match statfs(&path(name)) {
        Err(_) => Found::Nothing,
        Ok(it) if it.filesystem_type() == NSFS_MAGIC => Found::Namespace,
        Ok(_) => Found::Leftover,
    }
}

/// The number by which the kernel knows the namespace.
pub fn inode(name: &str) -> Result<u64, Error> {
    fs::metadata(path(name)).map(|it| it.ino()).map_err(|source| error("look at", name, source))
}

/// Opens the namespace, for links to be made into it.
pub fn open(name: &str) -> Result<File, Error> {
    File::open(path(name)).map_err(|source| error("open", name, source))
}

/// The namespace of the calling thread.
pub fn home() -> Result<File, Error> {
    File::open(MINE).map_err(|source| error("open", "of this process", source))
}

/// Makes a namespace, runs `inside` in it and mounts it under its name.
///
/// A new namespace is reached by a thread that ends in it, so that no other thread ever has to come back.
pub fn create<T: Send>(name: &str, inside: impl FnOnce() -> T + Send) -> Result<T, Error> {
    prepare().map_err(|source| error("prepare the directory of", name, source))?;
    if find(name) == Found::Leftover {
        fs::remove_file(path(name)).map_err(|source| error("remove the leftover of", name, source))?;
    }
    let made = || {
        unshare(CloneFlags::CLONE_NEWNET)?;
        let value = inside();
        let target = path(name);
        OpenOptions::new().write(true).create_new(true).mode(0o444).open(&target)?;
        mount(Some(MINE), &target, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
        Ok(value)
    };
    std::thread::scope(|scope| scope.spawn(made).join())
        .unwrap_or_else(|_| Err(io::Error::other("the thread panicked")))
        .map_err(|source| error("create", name, source))
}

/// Runs `work` on this thread in the namespace, then comes back to `home`.
pub fn within<T>(name: &str, home: BorrowedFd, work: impl FnOnce() -> T) -> Result<T, Error> {
    let there = open(name)?;
    setns(there.as_fd(), CloneFlags::CLONE_NEWNET).map_err(|source| error("enter", name, source.into()))?;
    let _return = Return(home);
    Ok(work())
}

/// Unmounts the namespace. The kernel destroys it once no process and no socket is left in it.
pub fn remove(name: &str) -> Result<(), Error> {
    let target = path(name);
    if find(name) == Found::Namespace {
        umount2(&target, MntFlags::MNT_DETACH).map_err(|source| error("unmount", name, source.into()))?;
    }
    match fs::remove_file(&target) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(error("remove", name, source)),
        _ => Ok(()),
    }
}

/// Goes home when dropped, also when the work panics.
struct Return<'a>(BorrowedFd<'a>);

impl Drop for Return<'_> {
    fn drop(&mut self) {
        if setns(self.0, CloneFlags::CLONE_NEWNET).is_err() {
            std::process::abort();
        }
    }
}

/// Makes the directory a shared mount, as `ip netns` does, so that all mount namespaces see what is mounted there.
fn prepare() -> io::Result<()> {
    use std::sync::OnceLock;
    static PREPARED: OnceLock<()> = OnceLock::new();
    if PREPARED.get().is_some() {
        return Ok(());
    }
    fs::create_dir_all(DIRECTORY)?;
    let share = || mount(None::<&str>, DIRECTORY, None::<&str>, MsFlags::MS_SHARED | MsFlags::MS_REC, None::<&str>);
    if share().is_err() {
        mount(Some(DIRECTORY), DIRECTORY, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)?;
        share()?;
    }
    PREPARED.get_or_init(|| ());
    Ok(())
}

fn error(call: &'static str, name: &str, source: io::Error) -> Error {
    Error { call, name: name.to_string(), source }
}
