//! The replicated log as openraft sees it: entries, vote and commit mark, on any `LogStore`.
//!
//! New entries are readable at once, from memory, and durable when the writer (`writer.rs`) says so. What is
//! found on disk is checked before anything is served from it. Snapshots are not kept here; only their bound on
//! what may be purged is known.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{EntryPayload, OptionalSend, RaftLogReader};

use super::consensus::{Entry, LogId, Types, Vote, decode_entry, decode_log_id, decode_vote};
use super::log::{Damage, LogError, LogStore, Meta, Remains};
use super::snapshot::Floor;
use super::writer::{Op, Writer};

/// How many durable entries stay in memory for those who read the end of the log.
const RECENT_ENTRIES_MAX: usize = 1024;
const RECENT_BYTES_MAX: usize = 8 << 20;
/// How many entries are read at a time when the log is checked.
const CHECK_ENTRIES: u64 = 256;
/// Bounds what one call hands to a replication stream.
const LIMITED_READ_BYTES: usize = 1 << 20;

/// The log, shared by openraft's tasks and the writer.
#[derive(Clone)]
pub(crate) struct Journal {
    shared: Arc<Shared>,
    writer: Writer,
}

pub(super) struct Shared {
    pub(super) store: Arc<dyn LogStore>,
    pub(super) view: Mutex<View>,
    floor: Arc<Floor>,
}

/// What the log holds, durable or not: the end of it and the facts beside it.
#[derive(Default)]
pub(super) struct View {
    /// The newest entries, without a gap; none that is not durable yet is missing.
    recent: VecDeque<Entry>,
    recent_bytes: usize,
    last: Option<LogId>,
    purged: Option<LogId>,
    vote: Option<Vote>,
    committed: Option<LogId>,
    /// Whether `committed` has moved since it was last written.
    pub(super) committed_moved: bool,
    /// The index of the newest durable entry.
    durable: Option<u64>,
}

impl Journal {
    /// Checks what the store holds and starts the writer.
    pub(crate) fn open(store: Arc<dyn LogStore>, node: u64, floor: Arc<Floor>) -> Result<Self, LogError> {
        claim(&*store, node)?;
        let view = checked(&*store)?;
        let shared = Arc::new(Shared { store, view: Mutex::new(view), floor });
        let writer = Writer::start(shared.clone());
        Ok(Journal { shared, writer })
    }

    /// Returns up to where entries have been purged.
    pub(crate) fn purged(&self) -> Option<LogId> {
        self.shared.view().purged
    }

    /// Stops the writer when it has written what it was given, and waits for it.
    pub(crate) fn stop(&self) {
        self.writer.stop();
    }

    fn entries(&self, range: impl RangeBounds<u64>) -> Result<Vec<Entry>, LogError> {
        let start = match range.start_bound() {
            Bound::Included(it) => *it,
            Bound::Excluded(it) => it + 1,
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(it) => it + 1,
            Bound::Excluded(it) => *it,
            Bound::Unbounded => u64::MAX,
        };
        let (start, from_memory, newest) = {
            let view = self.shared.view();
            let start = view.purged.map_or(start, |it| start.max(it.index + 1));
            let newest: Vec<Entry> =
                view.recent.iter().filter(|it| (start..end).contains(&it.log_id.index)).cloned().collect();
            let oldest_in_memory = view.recent.front().map(|it| it.log_id.index);
            (start, oldest_in_memory.or(view.last.map(|it| it.index + 1)).unwrap_or(start), newest)
        };
        if start >= from_memory.min(end) {
            return Ok(newest);
        }
        // What is below the entries in memory is durable, and only a purge changes it.
        let mut entries = self.shared.stored(start, from_memory.min(end))?;
        entries.extend(newest);
        Ok(entries)
    }

    async fn written(
        &self,
        op: impl FnOnce(tokio::sync::oneshot::Sender<Result<(), LogError>>) -> Op,
    ) -> io::Result<()> {
        let (done, written) = tokio::sync::oneshot::channel();
        self.writer.send(op(done))?;
        Ok(written.await.map_err(|_| LogError::Stopped)??)
    }
}

impl Shared {
    pub(super) fn view(&self) -> MutexGuard<'_, View> {
        // Nothing below panics half-way through a change of it.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(&self, from: u64, to: u64) -> Result<Vec<Entry>, LogError> {
        let records = self.store.read(from, to)?;
        records.into_iter().map(|it| decoded(it.index, &it.bytes)).collect()
    }
}

impl View {
    /// Returns the commit mark if it has moved since it was last taken.
    pub(super) fn take_committed(&mut self) -> Option<LogId> {
        if !std::mem::take(&mut self.committed_moved) {
            return None;
        }
        self.committed
    }

    /// Notes that everything up to an entry is durable, so that memory may let go of it.
    pub(super) fn set_durable(&mut self, index: Option<u64>) {
        self.durable = index;
        while self.recent.len() > RECENT_ENTRIES_MAX || self.recent_bytes > RECENT_BYTES_MAX {
            let Some(oldest) = self.recent.front() else {
                break;
            };
            if self.recent.len() == 1 || Some(oldest.log_id.index) > self.durable {
                break;
            }
            self.recent_bytes -= weight(oldest);
            self.recent.pop_front();
        }
    }

    fn push(&mut self, entry: Entry) -> Result<(), LogError> {
        let found = entry.log_id.index;
        if let Some(expected) = self.last.map(|it| it.index + 1)
            && expected != found
        {
            return Err(LogError::Gap { expected, found });
        }
        self.last = Some(entry.log_id);
        self.recent_bytes += weight(&entry);
        self.recent.push_back(entry);
        Ok(())
    }

    fn forget_recent(&mut self) {
        self.recent.clear();
        self.recent_bytes = 0;
    }
}

fn weight(entry: &Entry) -> usize {
    match &entry.payload {
        EntryPayload::Normal(payload) => 128 + payload.0.len(),
        EntryPayload::Blank | EntryPayload::Membership(_) => 128,
    }
}

impl RaftLogReader<Types> for Journal {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> io::Result<Vec<Entry>> {
        Ok(self.entries(range)?)
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.shared.view().vote)
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> io::Result<Vec<Entry>> {
        let mut entries = self.entries(start..end.min(start.saturating_add(CHECK_ENTRIES)))?;
        let mut bytes = 0;
        let fits = entries.iter().take_while(|it| {
            bytes += weight(it);
            bytes <= LIMITED_READ_BYTES
        });
        let fits = fits.count().max(1);
        entries.truncate(fits);
        Ok(entries)
    }
}

impl RaftLogStorage<Types> for Journal {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> io::Result<LogState<Types>> {
        let view = self.shared.view();
        Ok(LogState { last_purged_log_id: view.purged, last_log_id: view.last })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        let vote = *vote;
        self.written(|done| Op::Vote { vote, done }).await?;
        self.shared.view().vote = Some(vote);
        Ok(())
    }

    /// Notes the mark; it reaches the disk with the next entries, so it costs no sync of its own. An older
    /// mark after a crash only means that a member learns anew from the leader what is committed.
    async fn save_committed(&mut self, committed: Option<LogId>) -> io::Result<()> {
        let mut view = self.shared.view();
        view.committed = committed;
        view.committed_moved = true;
        Ok(())
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogId>> {
        Ok(self.shared.view().committed)
    }

    async fn append<I>(&mut self, entries: I, flushed: IOFlushed<Types>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        {
            let mut view = self.shared.view();
            for entry in &entries {
                view.push(entry.clone())?;
            }
        }
        Ok(self.writer.send(Op::Append { entries, flushed })?)
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        let from = last.map_or(0, |it| it.index + 1);
        {
            let mut view = self.shared.view();
            if view.last <= last {
                return Ok(());
            }
            while view.recent.back().is_some_and(|it| it.log_id.index >= from) {
                let entry = view.recent.pop_back().expect("there is one at the back");
                view.recent_bytes -= weight(&entry);
            }
            view.last = last.max(view.purged);
        }
        // Until the store has let go of them too, a read below memory could meet the old entries.
        self.written(|done| Op::Truncate { from, done }).await
    }

    async fn purge(&mut self, upto: LogId) -> io::Result<()> {
        let upto = {
            let mut view = self.shared.view();
            let everything = view.last.is_none_or(|last| upto.index >= last.index);
            // A hole after the last entry would be worse than a lost way back to the older snapshot.
            let upto = if everything { Some(upto) } else { self.shared.floor.bound(upto) };
            let Some(upto) = upto.filter(|it| view.purged.is_none_or(|purged| purged.index < it.index)) else {
                return Ok(());
            };
            view.purged = Some(upto);
            if everything {
                view.last = Some(upto);
                view.forget_recent();
            }
            while view.recent.front().is_some_and(|it| it.log_id.index <= upto.index) {
                let entry = view.recent.pop_front().expect("there is one at the front");
                view.recent_bytes -= weight(&entry);
            }
            upto
        };
        self.written(|done| Op::Purge { upto, done }).await
    }
}

/// Refuses a directory that belongs to another node: two nodes with one identity vote twice.
fn claim(store: &dyn LogStore, node: u64) -> Result<(), LogError> {
    match store.get_meta(Meta::Node)? {
        None => {
            store.put_meta(Meta::Node, &node.to_le_bytes())?;
            store.sync()
        }
        Some(bytes) => {
            let found = bytes.try_into().map(u64::from_le_bytes);
            let found = found.map_err(|_| LogError::Meta { name: Meta::Node.name(), damage: Damage::Short })?;
            if found == node { Ok(()) } else { Err(LogError::Foreign { found, node }) }
        }
    }
}

/// Reads the whole log once and refuses what no crash can have left behind.
fn checked(store: &dyn LogStore) -> Result<View, LogError> {
    let mut view = View {
        vote: fact(store, Meta::Vote, decode_vote)?,
        committed: fact(store, Meta::Committed, decode_log_id)?,
        purged: fact(store, Meta::Purged, decode_log_id)?,
        ..View::default()
    };
    view.last = view.purged;
    if let Some(purged) = view.purged {
        // A purge marks first and removes later.
        while store.purge_to(purged.index)? == Remains::Some {}
    }
    let mut from = view.purged.map_or(0, |it| it.index + 1);
    if let Some(found) = store.first()?
        && found != from
    {
        return Err(LogError::Gap { expected: from, found });
    }
    let end = store.last()?.map_or(0, |it| it + 1);
    while from < end {
        let to = end.min(from + CHECK_ENTRIES);
        for record in store.read(from, to)? {
            if record.index != from {
                return Err(LogError::Gap { expected: from, found: record.index });
            }
            view.push(decoded(record.index, &record.bytes)?)?;
            from += 1;
        }
        if from != to {
            return Err(LogError::Gap { expected: from, found: to });
        }
        view.set_durable(Some(from - 1));
    }
    // The mark travels with whatever entries the writer has at hand, which may be older ones.
    view.committed = view.committed.min(view.last);
    if let Some(last) = view.recent.back().map(|it| it.log_id) {
        let (last, term) = (last.index, last.leader_id.term);
        match view.vote {
            // The first entry is written before the first vote, in term zero.
            None if term > 0 => return Err(LogError::NoVote { last, term }),
            Some(vote) if vote.leader_id.term < term => {
                return Err(LogError::OldVote { last, term, vote: vote.leader_id.term });
            }
            _ => {}
        }
    }
    Ok(view)
}

fn decoded(index: u64, bytes: &[u8]) -> Result<Entry, LogError> {
    decode_entry(index, bytes).map_err(|source| LogError::Entry { index, damage: Damage::Decode(source) })
}

fn fact<T>(
    store: &dyn LogStore,
    key: Meta,
    decode: impl Fn(&[u8]) -> Result<T, super::consensus::DecodeError>,
) -> Result<Option<T>, LogError> {
    let Some(bytes) = store.get_meta(key)? else {
        return Ok(None);
    };
    let decoded = decode(&bytes);
    decoded.map(Some).map_err(|it| LogError::Meta { name: key.name(), damage: Damage::Decode(it) })
}
