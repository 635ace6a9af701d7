//! The lock on a data directory: two processes on one log would each acknowledge what the other overwrites.
//!
//! The kernel lets go of it when its holder dies, however it dies; nothing is ever stale.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

/// Why a data directory cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("data directory {dir} is in use by {}", holder(.pid))]
    Held { dir: PathBuf, pid: Option<u32> },
    #[error("the lock file {path} cannot be used")]
    Io { path: PathBuf, source: io::Error },
}

fn holder(pid: &Option<u32>) -> String {
    pid.map_or("another process".into(), |pid| format!("process {pid}"))
}

/// Holds a data directory until it is dropped.
pub(crate) struct DataLock {
    _file: Flock<File>,
}

impl DataLock {
    /// Takes the directory, or says who has it.
    pub(crate) fn take(dir: &Path) -> Result<Self, LockError> {
        let path = dir.join("lock");
        let failed = |source| LockError::Io { path: path.clone(), source };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = options.map_err(failed)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut file) => {
                file.set_len(0).map_err(failed)?;
                writeln!(file, "{}", std::process::id()).map_err(failed)?;
                Ok(DataLock { _file: file })
            }
            Err((mut file, nix::errno::Errno::EWOULDBLOCK)) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                Err(LockError::Held { dir: dir.to_path_buf(), pid })
            }
            Err((_, errno)) => Err(failed(errno.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::TestDir;
    use super::*;

    #[test]
    fn a_second_holder_is_told_of_the_first() {
        let dir = TestDir::new();
        let first = DataLock::take(dir.path()).unwrap();
        let Err(LockError::Held { pid, .. }) = DataLock::take(dir.path()) else { panic!("the lock was taken twice") };
        assert_eq!(pid, Some(std::process::id()));
        drop(first);
        DataLock::take(dir.path()).unwrap();
    }
}
