//! `culvert logs`: what an instance's main process has printed.
//!
//! Read from the node's own files, so it works for instances of this machine, also after their end.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::local;
use super::run::not_an_id;
use super::up::RUN_DIR;
use crate::agent::process;
use crate::state::id::InstanceId;

const GLANCE: Duration = Duration::from_millis(200);
const PIECE_BYTES: usize = 64 << 10;

/// Options of `culvert logs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The instance, which must be or have been on this machine
    #[arg(value_name = "INSTANCE-ID")]
    instance: String,
    /// Goes on printing until the main process ends
    #[arg(long, short)]
    follow: bool,
}

pub(crate) fn logs(args: &Args) -> anyhow::Result<()> {
    let id: InstanceId = args.instance.parse().map_err(|_| not_an_id(&args.instance))?;
    let run = Path::new(RUN_DIR);
    let path = loop {
        if let Some(path) = find(run, id).context("the logs are root's to read; type: sudo culvert logs")? {
            break path;
        }
        match local::instance_dir(run, id) {
            Some(_) if args.follow => std::thread::sleep(GLANCE),
            Some(_) => bail!("{id} has no log: it has no main process (it was run without user data)"),
            None => bail!("this machine has no log of {id}; 'culvert ps' shows on which node it is"),
        }
    };
    let log = Log::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let goes_on = || args.follow && is_running(run, id);
    match log.copy(&mut io::stdout().lock(), &goes_on, GLANCE) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.with_context(|| format!("cannot copy {}", path.display())),
    }
}

/// The instance's log in the data directory of a node of this machine.
fn find(run: &Path, id: InstanceId) -> io::Result<Option<PathBuf>> {
    for tag in local::tags(run) {
        let path = run.join(tag).join(local::DATA).join("instances").join(id.to_string()).join("log");
        match path.try_exists() {
            Ok(true) => return Ok(Some(path)),
            Ok(false) => {}
            // Whether it is there cannot even be asked: "there is none" would be a guess.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
            Err(_) => {}
        }
    }
    Ok(None)
}

/// Whether the instance's main process runs, or has not even begun.
fn is_running(run: &Path, id: InstanceId) -> bool {
    let Some(dir) = local::instance_dir(run, id) else { return false };
    !dir.join(process::RECORD).exists() || process::recorded(&dir).is_some()
}

/// A log that may grow while it is read.
struct Log {
    path: PathBuf,
    file: File,
    read_bytes: u64,
}

impl Log {
    fn open(path: &Path) -> io::Result<Log> {
        Ok(Log { path: path.to_owned(), file: File::open(path)?, read_bytes: 0 })
    }

    /// Copies what is there, and what comes as long as it goes on.
    fn copy(mut self, out: &mut impl Write, goes_on: &dyn Fn() -> bool, glance: Duration) -> io::Result<()> {
        loop {
            // Asked before reading: what was written until the end is then read for sure.
            let last = !goes_on();
            self.rest(out)?;
            out.flush()?;
            if last {
                return Ok(());
            }
            std::thread::sleep(glance);
            self.turn()?;
        }
    }

    fn rest(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match self.file.read(&mut piece)? {
                0 => return Ok(()),
                bytes => {
                    out.write_all(&piece[..bytes])?;
                    self.read_bytes += bytes as u64;
                }
            }
        }
    }

    /// Begins again where another file stands at the path, or the file was cut.
    fn turn(&mut self) -> io::Result<()> {
        let (Ok(now), held) = (std::fs::metadata(&self.path), self.file.metadata()?) else { return Ok(()) };
        if now.ino() != held.ino() || now.len() < self.read_bytes {
            *self = Log::open(&self.path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_log_is_followed_through_growth_cutting_and_replacement_to_its_end() {
        let path = std::env::temp_dir().join(format!("culvert-log-{}", std::process::id()));
        std::fs::write(&path, "one ").unwrap();
        let step = Cell::new(0);
        let goes_on = || {
            let mut grown = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            step.set(step.get() + 1);
            match step.get() {
                1 => (),
                2 => grown.write_all(b"two ").unwrap(),
                3 => std::fs::write(&path, "3 ").unwrap(),
                4 => {
                    std::fs::remove_file(&path).unwrap();
                    std::fs::write(&path, "another file ").unwrap();
                }
                5 => (),
                _ => grown.write_all(b"end").unwrap(),
            }
            step.get() < 6
        };
        let mut out = Vec::new();
        Log::open(&path).unwrap().copy(&mut out, &goes_on, Duration::ZERO).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "one two 3 another file end");
        std::fs::remove_file(&path).unwrap();
    }
}
