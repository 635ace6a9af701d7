//! Snapshots as plain files: `snapshot-<term>-<index>`, written aside, synced, renamed, directory synced.
//!
//! The newest two are kept, and the log back to the older one, so that a torn newest costs nothing. What a
//! snapshot means is the machine's business.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::consensus::{
    DecodeError, LogId, StoredMembership, decode_log_id, decode_membership, encode_log_id, encode_membership,
};

const MAGIC: &[u8; 4] = b"CVSN";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 4 + 1 + 4 + 4;
const KEPT: usize = 2;

/// The term and index in a file's name.
type Place = (u64, u64);

/// Why a snapshot cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error("snapshot {path} cannot be read or written")]
    Io { path: PathBuf, source: io::Error },
    #[error("snapshot {path} is torn or changed: its checksum does not match")]
    Torn { path: PathBuf },
    #[error("snapshot {path} has version {version}, this release reads version {VERSION}")]
    Version { path: PathBuf, version: u8 },
    #[error("snapshot {path} does not decode")]
    Decode { path: PathBuf, source: DecodeError },
    #[error("the head of snapshot {path} does not decode")]
    Head { path: PathBuf, source: rmp_serde::decode::Error },
}

/// A state, and the entry and membership at which it was taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) last: Option<LogId>,
    pub(crate) membership: StoredMembership,
    pub(crate) body: Vec<u8>,
}

/// Up to where the log may be purged: the older kept snapshot must be able to use it.
#[derive(Debug)]
pub(crate) struct Floor(Mutex<Bound>);

#[derive(Clone, Copy, Debug)]
enum Bound {
    Free,
    At(Option<LogId>),
}

impl Floor {
    /// Makes a floor that bounds nothing, for a log without snapshots of ours.
    pub(crate) fn free() -> Self {
        Floor(Mutex::new(Bound::Free))
    }

    /// Lowers a wish to purge to what is allowed.
    pub(crate) fn bound(&self, upto: LogId) -> Option<LogId> {
        match *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Bound::Free => Some(upto),
            Bound::At(at) => at.map(|it| it.min(upto)),
        }
    }

    fn set(&self, at: Option<LogId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Bound::At(at);
    }
}

/// What becomes of the snapshots before the one that is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// The newest of them stays: the log reaches back to it.
    KeepOne,
    /// They go: the log behind them is gone.
    Drop,
}

/// The directory of the snapshots.
pub(crate) struct Snapshots {
    dir: PathBuf,
    floor: std::sync::Arc<Floor>,
}

impl Snapshots {
    /// Opens or creates the directory and removes what an interrupted write left.
    pub(crate) fn open(dir: &Path) -> Result<Self, SnapshotError> {
        let it = Snapshots { dir: dir.to_path_buf(), floor: std::sync::Arc::new(Floor::free()) };
        fs::create_dir_all(dir).map_err(|source| it.failed(dir, source))?;
        for entry in fs::read_dir(dir).map_err(|source| it.failed(dir, source))? {
            let path = entry.map_err(|source| it.failed(dir, source))?.path();
            if path.extension().is_some_and(|it| it == "tmp") {
                fs::remove_file(&path).map_err(|source| it.failed(&path, source))?;
            }
        }
        it.settle()?;
        Ok(it)
    }

    /// Returns the bound that the snapshots put on purging.
    pub(crate) fn floor(&self) -> std::sync::Arc<Floor> {
        self.floor.clone()
    }

    /// Reads the newest snapshot that is whole; one that is not is set aside under another name.
    pub(crate) fn newest(&self) -> Result<Option<Snapshot>, SnapshotError> {
        for (_, path) in self.list()?.into_iter().rev() {
            match read(&path) {
                Ok(snapshot) => return Ok(Some(snapshot)),
                Err(
                    error @ (SnapshotError::Torn { .. } | SnapshotError::Head { .. } | SnapshotError::Decode { .. }),
                ) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "falling back to an older snapshot");
                    let aside = path.with_extension("damaged");
                    fs::rename(&path, &aside).map_err(|source| self.failed(&path, source))?;
                    self.settle()?;
                }
                Err(other) => return Err(other),
            }
        }
        Ok(None)
    }

    /// Writes a snapshot durably, then lets older ones go.
    pub(crate) fn save(&self, snapshot: &Snapshot, before: Before) -> Result<(), SnapshotError> {
        let (term, index) = snapshot.last.map_or((0, 0), |it| (it.leader_id.term, it.index));
        let path = self.dir.join(format!("snapshot-{term}-{index}"));
        let aside = path.with_extension("tmp");
        let write = || -> io::Result<()> {
            let mut file = File::create(&aside)?;
            let (head, checksum) = sealed(snapshot);
            file.write_all(MAGIC)?;
            file.write_all(&[VERSION])?;
            file.write_all(&checksum.to_le_bytes())?;
            file.write_all(&u32::try_from(head.len()).expect("a membership is small").to_le_bytes())?;
            file.write_all(&head)?;
            file.write_all(&snapshot.body)?;
            file.sync_all()?;
            fs::rename(&aside, &path)?;
            File::open(&self.dir)?.sync_all()
        };
        write().map_err(|source| self.failed(&path, source))?;
        let kept = if before == Before::KeepOne { KEPT } else { 1 };
        let files = self.list()?;
        for (_, path) in files.iter().rev().skip(kept) {
            fs::remove_file(path).map_err(|source| self.failed(path, source))?;
        }
        if before == Before::Drop {
            self.floor.set(snapshot.last);
            return Ok(());
        }
        self.settle()
    }

    /// Sets the floor: the older of two snapshots, or the beginning of the log while there is but one.
    fn settle(&self) -> Result<(), SnapshotError> {
        let files = self.list()?;
        let older = match files.len().checked_sub(KEPT) {
            // An unreadable older one is no way back, so it holds nothing.
            Some(at) => read(&files[at].1).ok().and_then(|it| it.last),
            None => None,
        };
        self.floor.set(older);
        Ok(())
    }

    /// Lists the snapshots, oldest first.
    fn list(&self) -> Result<Vec<(Place, PathBuf)>, SnapshotError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(|source| self.failed(&self.dir, source))? {
            let path = entry.map_err(|source| self.failed(&self.dir, source))?.path();
            let name = path.file_name().and_then(|it| it.to_str());
            let place = name.and_then(|it| it.strip_prefix("snapshot-")).and_then(|it| it.split_once('-'));
            if let Some((Ok(term), Ok(index))) = place.map(|(term, index)| (term.parse(), index.parse())) {
                files.push(((term, index), path));
            }
        }
        files.sort();
        Ok(files)
    }

    fn failed(&self, path: &Path, source: io::Error) -> SnapshotError {
        SnapshotError::Io { path: path.to_path_buf(), source }
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    last: Option<Vec<u8>>,
    membership_at: Option<Vec<u8>>,
    membership: Vec<u8>,
}

fn sealed(snapshot: &Snapshot) -> (Vec<u8>, u32) {
    let head = Head {
        last: snapshot.last.as_ref().map(encode_log_id),
        membership_at: snapshot.membership.log_id().as_ref().map(encode_log_id),
        membership: encode_membership(snapshot.membership.membership()),
    };
    let head = rmp_serde::to_vec_named(&head).expect("bytes always encode");
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&(head.len() as u64).to_le_bytes());
    hasher.update(&head);
    hasher.update(&snapshot.body);
    (head, hasher.finalize())
}

fn read(path: &Path) -> Result<Snapshot, SnapshotError> {
    let path = path.to_path_buf();
    let bytes = fs::read(&path).map_err(|source| SnapshotError::Io { path: path.clone(), source })?;
    if bytes.len() < HEADER_BYTES || &bytes[..4] != MAGIC {
        return Err(SnapshotError::Torn { path });
    }
    if bytes[4] != VERSION {
        return Err(SnapshotError::Version { path, version: bytes[4] });
    }
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes were taken"));
    let head_bytes = word(9) as usize;
    let rest = &bytes[HEADER_BYTES..];
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&(head_bytes as u64).to_le_bytes());
    hasher.update(rest);
    if rest.len() < head_bytes || hasher.finalize() != word(5) {
        return Err(SnapshotError::Torn { path });
    }
    let (head, body) = rest.split_at(head_bytes);
    let head: Head = match rmp_serde::from_slice(head) {
        Ok(head) => head,
        Err(source) => return Err(SnapshotError::Head { path, source }),
    };
    let decode = || -> Result<(Option<LogId>, StoredMembership), DecodeError> {
        let last = head.last.as_deref().map(decode_log_id).transpose()?;
        let at = head.membership_at.as_deref().map(decode_log_id).transpose()?;
        Ok((last, StoredMembership::new(at, decode_membership(&head.membership)?)))
    };
    match decode() {
        Ok((last, membership)) => Ok(Snapshot { last, membership, body: body.to_vec() }),
        Err(source) => Err(SnapshotError::Decode { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{TestDir, log_id};
    use super::*;

    fn snapshot(term: u64, index: u64) -> Snapshot {
        let body = format!("state at {index}").into_bytes();
        Snapshot { last: Some(log_id(term, index)), membership: StoredMembership::default(), body }
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_newest_two_are_kept_and_bound_the_purge() {
        let dir = TestDir::new();
        let snapshots = Snapshots::open(dir.path()).unwrap();
        assert_eq!(snapshots.newest().unwrap(), None);
        snapshots.save(&snapshot(1, 9), Before::KeepOne).unwrap();
        assert_eq!(snapshots.floor().bound(log_id(1, 9)), None, "there is no older one to fall back to");
        snapshots.save(&snapshot(1, 10), Before::KeepOne).unwrap();
        snapshots.save(&snapshot(2, 100), Before::KeepOne).unwrap();
        assert_eq!(names(dir.path()), ["snapshot-1-10", "snapshot-2-100"]);
        assert_eq!(snapshots.floor().bound(log_id(2, 90)), Some(log_id(1, 10)));
        let again = Snapshots::open(dir.path()).unwrap();
        assert_eq!(again.newest().unwrap(), Some(snapshot(2, 100)));
        assert_eq!(again.floor().bound(log_id(2, 90)), Some(log_id(1, 10)));
    }

    #[test]
    fn one_from_the_leader_drops_those_before() {
        let dir = TestDir::new();
        let snapshots = Snapshots::open(dir.path()).unwrap();
        snapshots.save(&snapshot(1, 10), Before::KeepOne).unwrap();
        snapshots.save(&snapshot(2, 100), Before::Drop).unwrap();
        assert_eq!(names(dir.path()), ["snapshot-2-100"]);
        assert_eq!(snapshots.floor().bound(log_id(2, 200)), Some(log_id(2, 100)));
    }

    #[test]
    fn a_torn_or_changed_newest_falls_back_to_the_older() {
        let whole = {
            let dir = TestDir::new();
            Snapshots::open(dir.path()).unwrap().save(&snapshot(1, 20), Before::KeepOne).unwrap();
            fs::read(dir.path().join("snapshot-1-20")).unwrap()
        };
        let cut = (0..whole.len()).map(|it| whole[..it].to_vec());
        let changed = (0..whole.len()).filter(|it| *it != 4).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            bytes
        });
        for bytes in cut.chain(changed) {
            let dir = TestDir::new();
            let snapshots = Snapshots::open(dir.path()).unwrap();
            snapshots.save(&snapshot(1, 10), Before::KeepOne).unwrap();
            fs::write(dir.path().join("snapshot-1-20"), &bytes).unwrap();
            let again = Snapshots::open(dir.path()).unwrap();
            assert_eq!(again.newest().unwrap(), Some(snapshot(1, 10)));
            assert_eq!(names(dir.path()), ["snapshot-1-10", "snapshot-1-20.damaged"]);
        }
    }

    #[test]
    fn an_interrupted_write_leaves_nothing() {
        let dir = TestDir::new();
        fs::write(dir.path().join("snapshot-1-20.tmp"), b"half").unwrap();
        assert_eq!(Snapshots::open(dir.path()).unwrap().newest().unwrap(), None);
        assert_eq!(names(dir.path()), [] as [&str; 0]);
    }
}
