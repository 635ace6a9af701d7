//! The log on sled 0.34.
//!
//! sled's `flush` does not make anything durable on Linux: it calls `sync_file_range`, which neither waits for
//! the device nor writes metadata. This file defines that symbol for the whole binary as `fdatasync`, and
//! refuses to start where the linker did not take it. Values are kept small so that sled never writes one to
//! a separate file, which it would not sync (see `log.rs`).

use std::ffi::{c_int, c_uint};
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use libc::off64_t;

use super::log::{LogError, LogStore, Meta, Record, Remains, Unsealer, seal, seal_meta, unseal_meta};

/// How many keys a purge removes in one batch, so that no write waits long behind it.
const PURGE_KEYS_MAX: usize = 256;

const CACHE_BYTES: u64 = 32 << 20;

/// How often sled asked for durability and got `fdatasync`.
static SYNCS: AtomicU64 = AtomicU64::new(0);

/// Replaces the C library's function for the whole binary: sled calls it wherever it means "make durable".
///
/// # Safety
///
/// As for `fdatasync`: any descriptor is allowed, a bad one is an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sync_file_range(fd: c_int, _offset: off64_t, _bytes: off64_t, _flags: c_uint) -> c_int {
    SYNCS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: fdatasync takes any descriptor.
    unsafe { libc::fdatasync(fd) }
}

/// How long a database may stay locked that nobody uses any more, and how often that is looked at: a process that was
/// begun while it was open has it open too until it becomes its program.
const INHERITED_MAX: Duration = Duration::from_secs(2);
const INHERITED_GLANCE: Duration = Duration::from_millis(10);

/// sled tells it by words alone.
fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

/// Keeps the log in a sled database.
pub(crate) struct SledLog {
    path: PathBuf,
    db: sled::Db,
}

impl SledLog {
    /// Opens or creates the database, and proves that a flush reaches the device.
    pub(crate) fn open(path: &Path) -> Result<Self, LogError> {
        // The linker keeps what is used: without this it may leave the symbol out of the binary.
        black_box(sync_file_range as *const ());
        let path = path.to_path_buf();
        let config = sled::Config::new().path(&path).flush_every_ms(None).cache_capacity(CACHE_BYTES);
        let deadline = Instant::now() + INHERITED_MAX;
        let db = loop {
            match config.open() {
                Ok(db) => break db,
                Err(error) if is_locked(&error) && Instant::now() < deadline => std::thread::sleep(INHERITED_GLANCE),
                Err(source) => return Err(LogError::Engine { path, source: source.into() }),
            }
        };
        let log = SledLog { path, db };
        let starts = log.get_meta(Meta::Starts)?.and_then(|it| it.try_into().ok()).map_or(0, u64::from_le_bytes);
        let before = SYNCS.load(Ordering::Relaxed);
        log.put_meta(Meta::Starts, &(starts + 1).to_le_bytes())?;
        log.sync()?;
        if SYNCS.load(Ordering::Relaxed) == before {
            return Err(LogError::NotDurable { path: log.path });
        }
        Ok(log)
    }

    fn failed(&self, source: sled::Error) -> LogError {
        LogError::Engine { path: self.path.clone(), source: source.into() }
    }

    fn keys(&self, from: u64, to: Option<u64>) -> sled::Iter {
        let from = entry_key(from, 0);
        match to {
            Some(to) => self.db.range(from..entry_key(to, 0)),
            None => self.db.range(from..[ENTRY + 1; ENTRY_KEY_BYTES]),
        }
    }
}

impl LogStore for SledLog {
    fn append(&self, records: &[Record]) -> Result<(), LogError> {
        let mut values =
            records.iter().flat_map(|record| seal(record).map(|(part, it)| (entry_key(record.index, part), it)));
        let Some((key, value)) = values.next() else {
            return Ok(());
        };
        let Some(second) = values.next() else {
            // A batch writes and syncs a mark of its own first: alone, a value needs none and takes half the time.
            self.db.insert(key, value).map_err(|it| self.failed(it))?;
            return Ok(());
        };
        let mut batch = sled::Batch::default();
        for (key, value) in [(key, value), second].into_iter().chain(values) {
            batch.insert(&key, value);
        }
        self.db.apply_batch(batch).map_err(|it| self.failed(it))
    }

    fn truncate_from(&self, index: u64) -> Result<(), LogError> {
        let mut batch = sled::Batch::default();
        for key in self.keys(index, None).keys() {
            batch.remove(key.map_err(|it| self.failed(it))?);
        }
        self.db.apply_batch(batch).map_err(|it| self.failed(it))
    }

    fn purge_to(&self, index: u64) -> Result<Remains, LogError> {
        let mut batch = sled::Batch::default();
        let mut keys = 0;
        for key in self.keys(0, index.checked_add(1)).keys().take(PURGE_KEYS_MAX) {
            batch.remove(key.map_err(|it| self.failed(it))?);
            keys += 1;
        }
        self.db.apply_batch(batch).map_err(|it| self.failed(it))?;
        Ok(if keys == PURGE_KEYS_MAX { Remains::Some } else { Remains::Nothing })
    }

    fn put_meta(&self, key: Meta, value: &[u8]) -> Result<(), LogError> {
        self.db.insert(meta_key(key), seal_meta(key, value)).map_err(|it| self.failed(it))?;
        Ok(())
    }

    fn get_meta(&self, key: Meta) -> Result<Option<Vec<u8>>, LogError> {
        let sealed = self.db.get(meta_key(key)).map_err(|it| self.failed(it))?;
        sealed.map(|it| unseal_meta(key, &it)).transpose()
    }

    fn read(&self, from: u64, to: u64) -> Result<Vec<Record>, LogError> {
        let mut unsealer = Unsealer::default();
        for pair in self.keys(from, Some(to)) {
            let (key, value) = pair.map_err(|it| self.failed(it))?;
            let (index, part) = self.parsed(&key)?;
            unsealer.feed(index, part, &value)?;
        }
        unsealer.finish()
    }

    fn first(&self) -> Result<Option<u64>, LogError> {
        self.index_of(self.keys(0, None).keys().next())
    }

    fn last(&self) -> Result<Option<u64>, LogError> {
        self.index_of(self.keys(0, None).keys().next_back())
    }

    fn sync(&self) -> Result<(), LogError> {
        self.db.flush().map_err(|it| self.failed(it))?;
        Ok(())
    }
}

impl SledLog {
    fn index_of(&self, key: Option<sled::Result<sled::IVec>>) -> Result<Option<u64>, LogError> {
        let Some(key) = key.transpose().map_err(|it| self.failed(it))? else {
            return Ok(None);
        };
        Ok(Some(self.parsed(&key)?.0))
    }

    fn parsed(&self, key: &[u8]) -> Result<(u64, u32), LogError> {
        let Ok(key) = <[u8; ENTRY_KEY_BYTES]>::try_from(key) else {
            let source = io::Error::new(io::ErrorKind::InvalidData, "a key of unknown shape");
            return Err(LogError::Engine { path: self.path.clone(), source });
        };
        let index = u64::from_be_bytes(key[1..9].try_into().expect("eight bytes were taken"));
        let part = u32::from_be_bytes(key[9..].try_into().expect("four bytes were taken"));
        Ok((index, part))
    }
}

const ENTRY: u8 = b'e';
const ENTRY_KEY_BYTES: usize = 1 + 8 + 4;

fn entry_key(index: u64, part: u32) -> [u8; ENTRY_KEY_BYTES] {
    let mut key = [ENTRY; ENTRY_KEY_BYTES];
    key[1..9].copy_from_slice(&index.to_be_bytes());
    key[9..].copy_from_slice(&part.to_be_bytes());
    key
}

fn meta_key(key: Meta) -> String {
    format!("m{}", key.name())
}

#[cfg(test)]
impl SledLog {
    /// Removes a fact, as only a fault could.
    pub(super) fn forget(&self, key: Meta) {
        self.db.remove(meta_key(key)).unwrap();
    }

    /// Changes one bit of an entry, as only a fault could.
    pub(super) fn spoil(&self, index: u64) {
        let key = entry_key(index, 0);
        let mut value = self.db.get(key).unwrap().unwrap().to_vec();
        *value.last_mut().unwrap() ^= 1;
        self.db.insert(key, value).unwrap();
    }
}
