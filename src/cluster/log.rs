//! The seam between the replicated log and the engine that keeps it on disk, and the bytes of one log value.
//!
//! An engine stages what it is told, in order, and makes all of it durable in `sync`: after a crash it holds
//! what some prefix of the calls left, and at least what the last `sync` covered. It does not know what an
//! entry means; `journal.rs` does. Engines: `sled_log.rs`.

use std::io;
use std::path::PathBuf;

use super::consensus::DecodeError;

/// How many bytes of an entry one value holds at most.
///
/// sled writes every page of more than 128 KiB to a file of its own that it never syncs, and a page is a leaf
/// of up to 17 values rewritten whole: 17 x (4 KiB + header and key) stays well below, 17 x 16 KiB does not.
pub(crate) const PART_BYTES: usize = 4096;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 1 + 4 + 8 + 4 + 4;

/// One entry of the log as an engine sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) index: u64,
    pub(crate) bytes: Vec<u8>,
}

/// The facts that stand beside the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meta {
    /// The id of the node to which the directory belongs.
    Node,
    Vote,
    Committed,
    Purged,
    /// How often the directory was opened: written at each start so that its first flush has work to do.
    Starts,
}

impl Meta {
    /// Returns the name under which an engine keeps it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Meta::Node => "node",
            Meta::Vote => "vote",
            Meta::Committed => "committed",
            Meta::Purged => "purged",
            Meta::Starts => "starts",
        }
    }
}

/// Keeps log entries and a few facts on disk; one thread writes, any may read.
pub(crate) trait LogStore: Send + Sync + 'static {
    /// Stages entries behind the last.
    fn append(&self, records: &[Record]) -> Result<(), LogError>;
    /// Stages the removal of an entry and all behind it.
    fn truncate_from(&self, index: u64) -> Result<(), LogError>;
    /// Stages the removal of the oldest entries up to `index`, some at a time, and says whether any remain.
    fn purge_to(&self, index: u64) -> Result<Remains, LogError>;
    /// Stages a fact.
    fn put_meta(&self, key: Meta, value: &[u8]) -> Result<(), LogError>;
    /// Returns the newest fact, staged or durable.
    fn get_meta(&self, key: Meta) -> Result<Option<Vec<u8>>, LogError>;
    /// Returns the entries from `from` to before `to` that exist, in order.
    fn read(&self, from: u64, to: u64) -> Result<Vec<Record>, LogError>;
    /// Returns the index of the oldest entry.
    fn first(&self) -> Result<Option<u64>, LogError>;
    /// Returns the index of the newest entry.
    fn last(&self) -> Result<Option<u64>, LogError>;
    /// Makes everything staged before the call durable.
    fn sync(&self) -> Result<(), LogError>;
}

/// Whether a purge has more to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remains {
    Nothing,
    Some,
}

/// What is wrong with one value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damage {
    #[error("it ends early")]
    Short,
    #[error("its checksum does not match")]
    Checksum,
    #[error("it has version {0}, this release reads version {VERSION}")]
    Version(u8),
    #[error("it says that it is entry {0}")]
    Index(u64),
    #[error("one of its parts is missing")]
    Part,
    #[error("it does not decode")]
    Decode(#[source] DecodeError),
}

/// Why the log cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the log engine at {path} failed")]
    Engine { path: PathBuf, source: io::Error },
    #[error("log entry {index} is damaged")]
    Entry {
        index: u64,
        #[source]
        damage: Damage,
    },
    #[error("the {name} of the log is damaged")]
    Meta {
        name: &'static str,
        #[source]
        damage: Damage,
    },
    #[error("the log has a gap: entry {expected} should follow, entry {found} does")]
    Gap { expected: u64, found: u64 },
    #[error(
        "the log ends with entry {last} of term {term} but no vote is stored: starting could vote twice in one term. \
         Restore the data directory from a backup, or remove it and let this server join anew"
    )]
    NoVote { last: u64, term: u64 },
    #[error(
        "the log ends with entry {last} of term {term} but the stored vote is of term {vote}: the vote went backwards. \
         Restore the data directory from a backup, or remove it and let this server join anew"
    )]
    OldVote { last: u64, term: u64, vote: u64 },
    #[error("the data directory belongs to node {found}, this is node {node}")]
    Foreign { found: u64, node: u64 },
    #[error(
        "a flush of the log at {path} did not reach fdatasync, so acknowledged writes could be lost in a power cut: \
         this binary was linked so that sled calls the C library's sync_file_range instead of ours. \
         Use the released binary, or link with the default linker and without symbol versioning"
    )]
    NotDurable { path: PathBuf },
    #[error("the log writer has stopped")]
    Stopped,
}

impl From<LogError> for io::Error {
    fn from(error: LogError) -> Self {
        io::Error::other(error)
    }
}

/// Cuts an entry into sealed values, each with version, checksum, index and its place among the parts.
pub(crate) fn seal(record: &Record) -> impl Iterator<Item = (u32, Vec<u8>)> {
    let parts = record.bytes.len().div_ceil(PART_BYTES).max(1);
    let parts = u32::try_from(parts).expect("an entry is far below 16 TiB");
    (0..parts).map(move |part| {
        let from = part as usize * PART_BYTES;
        let bytes = &record.bytes[from..record.bytes.len().min(from + PART_BYTES)];
        let mut value = Vec::with_capacity(HEADER_BYTES + bytes.len());
        value.push(VERSION);
        value.extend_from_slice(&[0; 4]);
        value.extend_from_slice(&record.index.to_le_bytes());
        value.extend_from_slice(&part.to_le_bytes());
        value.extend_from_slice(&parts.to_le_bytes());
        value.extend_from_slice(bytes);
        let checksum = crc32fast::hash(&value[5..]);
        value[1..5].copy_from_slice(&checksum.to_le_bytes());
        (part, value)
    })
}

/// Puts sealed values together again; they are fed in the order of their keys.
#[derive(Default)]
pub(crate) struct Unsealer {
    records: Vec<Record>,
    current: Option<(Record, u32, u32)>,
}

impl Unsealer {
    /// Takes the value stored under an index and a part.
    pub(crate) fn feed(&mut self, index: u64, part: u32, value: &[u8]) -> Result<(), LogError> {
        let damaged = |damage| LogError::Entry { index, damage };
        if value.len() < HEADER_BYTES {
            return Err(damaged(Damage::Short));
        }
        let word = |at: usize| u32::from_le_bytes(value[at..at + 4].try_into().expect("four bytes were taken"));
        if word(1) != crc32fast::hash(&value[5..]) {
            return Err(damaged(Damage::Checksum));
        }
        if value[0] != VERSION {
            return Err(damaged(Damage::Version(value[0])));
        }
        let says = u64::from_le_bytes(value[5..13].try_into().expect("eight bytes were taken"));
        if says != index {
            return Err(damaged(Damage::Index(says)));
        }
        let (says_part, parts) = (word(13), word(17));
        let (mut record, next) = match self.current.take() {
            None => (Record { index, bytes: Vec::with_capacity(value.len()) }, 0),
            Some((record, next, of)) if record.index == index && of == parts => (record, next),
            Some((record, ..)) => {
                return Err(LogError::Entry { index: record.index, damage: Damage::Part });
            }
        };
        if part != says_part || part != next {
            return Err(damaged(Damage::Part));
        }
        record.bytes.extend_from_slice(&value[HEADER_BYTES..]);
        if part + 1 == parts {
            self.records.push(record);
        } else {
            self.current = Some((record, part + 1, parts));
        }
        Ok(())
    }

    /// Returns the entries that were fed.
    pub(crate) fn finish(self) -> Result<Vec<Record>, LogError> {
        match self.current {
            Some((record, ..)) => Err(LogError::Entry { index: record.index, damage: Damage::Part }),
            None => Ok(self.records),
        }
    }
}

/// Seals a fact.
pub(crate) fn seal_meta(key: Meta, value: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(5 + value.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&meta_checksum(key, value).to_le_bytes());
    sealed.extend_from_slice(value);
    sealed
}

/// Opens a sealed fact.
pub(crate) fn unseal_meta(key: Meta, sealed: &[u8]) -> Result<Vec<u8>, LogError> {
    let damaged = |damage| LogError::Meta { name: key.name(), damage };
    if sealed.len() < 5 {
        return Err(damaged(Damage::Short));
    }
    if sealed[0] != VERSION {
        return Err(damaged(Damage::Version(sealed[0])));
    }
    let value = &sealed[5..];
    if sealed[1..5] != meta_checksum(key, value).to_le_bytes() {
        return Err(damaged(Damage::Checksum));
    }
    Ok(value.to_vec())
}

fn meta_checksum(key: Meta, value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key.name().as_bytes());
    hasher.update(value);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(index: u64, bytes: usize) -> (Record, Vec<(u32, Vec<u8>)>) {
        let record = Record { index, bytes: (0..bytes).map(|it| (it % 251) as u8).collect() };
        let parts = seal(&record).collect();
        (record, parts)
    }

    fn unsealed(index: u64, parts: &[(u32, Vec<u8>)]) -> Result<Vec<Record>, LogError> {
        let mut unsealer = Unsealer::default();
        for (part, value) in parts {
            unsealer.feed(index, *part, value)?;
        }
        unsealer.finish()
    }

    #[test]
    fn an_entry_of_any_size_comes_back_as_it_was() {
        for bytes in [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, 1 << 20] {
            let (record, parts) = sealed(9, bytes);
            assert_eq!(unsealed(9, &parts).unwrap(), [record], "{bytes} bytes");
            assert!(parts.iter().all(|(_, value)| value.len() <= PART_BYTES + HEADER_BYTES));
        }
    }

    #[test]
    fn a_cut_or_changed_value_is_refused() {
        let (_, parts) = sealed(9, 40);
        let value = &parts[0].1;
        for length in 0..value.len() {
            assert!(unsealed(9, &[(0, value[..length].to_vec())]).is_err(), "{length} bytes passed");
        }
        for bit in 0..value.len() * 8 {
            let mut changed = value.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(unsealed(9, &[(0, changed)]).is_err(), "bit {bit} passed");
        }
        assert!(unsealed(8, &parts).is_err(), "a value under another index passed");
    }

    #[test]
    fn a_missing_part_is_refused() {
        let (_, parts) = sealed(9, 3 * PART_BYTES);
        for missing in 0..3 {
            let mut fewer = parts.clone();
            fewer.remove(missing);
            assert!(unsealed(9, &fewer).is_err(), "part {missing} was not missed");
        }
    }

    #[test]
    fn a_changed_fact_is_refused() {
        let sealed = seal_meta(Meta::Vote, b"17 bytes of vote!");
        assert_eq!(unseal_meta(Meta::Vote, &sealed).unwrap(), b"17 bytes of vote!");
        assert!(unseal_meta(Meta::Purged, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(unseal_meta(Meta::Vote, &changed).is_err(), "byte {at} passed");
        }
    }
}
