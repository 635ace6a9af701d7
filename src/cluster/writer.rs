//! The one thread that writes the log: it takes everything that is queued, stages it, and makes it durable with
//! one sync (group commit). Only then does it tell those who wait.
//!
//! After a failed write nothing further is written: a disk that lied once is not asked again.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use openraft::storage::IOFlushed;
use tokio::sync::oneshot;

use super::consensus::{Entry, LogId, Types, Vote, encode_entry, encode_log_id, encode_vote};
use super::journal::Shared;
use super::log::{LogError, Meta, Record, Remains};

/// How many operations one sync serves at most.
const BATCH_OPS_MAX: usize = 1024;

type Done = oneshot::Sender<Result<(), LogError>>;

/// One change of the log.
pub(super) enum Op {
    Append { entries: Vec<Entry>, flushed: IOFlushed<Types> },
    Truncate { from: u64, done: Done },
    Purge { upto: LogId, done: Done },
    Vote { vote: Vote, done: Done },
    Stop,
}

/// The queue of the writer thread.
#[derive(Clone)]
pub(super) struct Writer {
    queue: Sender<Op>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let (queue, ops) = channel();
        let thread = std::thread::Builder::new().name("log-writer".into());
        let thread = thread.spawn(move || run(&shared, &ops)).expect("the system can start one more thread");
        Writer { queue, thread: Arc::new(Mutex::new(Some(thread))) }
    }

    pub(super) fn send(&self, op: Op) -> Result<(), LogError> {
        self.queue.send(op).map_err(|_| LogError::Stopped)
    }

    pub(super) fn stop(&self) {
        // A writer that has stopped by itself has nothing left to write.
        let _ = self.queue.send(Op::Stop);
        let thread = self.thread.lock().ok().and_then(|mut it| it.take());
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the log writer panicked");
        }
    }
}

enum Waiter {
    Flushed(IOFlushed<Types>),
    Done(Done),
}

impl Waiter {
    fn tell(self, result: Result<(), LogError>) {
        match self {
            Waiter::Flushed(flushed) => flushed.io_completed(result.map_err(Into::into)),
            // Who does not wait any more need not know.
            Waiter::Done(done) => drop(done.send(result)),
        }
    }
}

fn run(shared: &Shared, ops: &Receiver<Op>) {
    let mut purging = None;
    let mut durable = shared.store.last().ok().flatten();
    let mut waiters = Vec::new();
    loop {
        let next = match purging {
            None => ops.recv().ok(),
            // A purge goes on between batches, or nothing would ever end it on an idle server.
            Some(_) => ops.try_recv().ok(),
        };
        if next.is_none() && purging.is_none() {
            return;
        }
        let mut stop = false;
        let result = next.map_or(Ok(()), |first| {
            let batch = std::iter::once(first).chain(ops.try_iter().take(BATCH_OPS_MAX - 1));
            let mut staged = Ok(());
            for op in batch {
                let (waiter, op) = staging(op);
                waiters.extend(waiter);
                match op {
                    Some(op) if staged.is_ok() => staged = stage(shared, op, &mut durable, &mut purging),
                    Some(_) => {}
                    None => {
                        stop = true;
                        break;
                    }
                }
            }
            staged?;
            let committed = shared.view().take_committed();
            if let Some(committed) = committed {
                shared.store.put_meta(Meta::Committed, &encode_log_id(&committed))?;
            }
            shared.store.sync()?;
            shared.view().set_durable(durable);
            Ok(())
        });
        let failed = result.is_err();
        if let Err(error) = result {
            tracing::error!(error = &error as &dyn std::error::Error, "the log cannot be written");
            let mut error = Some(error);
            for waiter in waiters.drain(..) {
                waiter.tell(Err(error.take().unwrap_or(LogError::Stopped)));
            }
        }
        for waiter in waiters.drain(..) {
            waiter.tell(Ok(()));
        }
        if failed || stop {
            return;
        }
        if let Some(index) = purging {
            match shared.store.purge_to(index) {
                Ok(Remains::Some) => {}
                Ok(Remains::Nothing) => purging = None,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the log cannot be purged");
                    return;
                }
            }
        }
    }
}

enum Change {
    Append(Vec<Entry>),
    Truncate(u64),
    Purge(LogId),
    Vote(Vote),
}

fn staging(op: Op) -> (Option<Waiter>, Option<Change>) {
    match op {
        Op::Append { entries, flushed } => (Some(Waiter::Flushed(flushed)), Some(Change::Append(entries))),
        Op::Truncate { from, done } => (Some(Waiter::Done(done)), Some(Change::Truncate(from))),
        Op::Purge { upto, done } => (Some(Waiter::Done(done)), Some(Change::Purge(upto))),
        Op::Vote { vote, done } => (Some(Waiter::Done(done)), Some(Change::Vote(vote))),
        Op::Stop => (None, None),
    }
}

fn stage(
    shared: &Shared,
    change: Change,
    durable: &mut Option<u64>,
    purging: &mut Option<u64>,
) -> Result<(), LogError> {
    match change {
        Change::Append(entries) => {
            // Entries must not be taken for purged ones: a purge beyond the last entry ends before new ones come.
            if entries.first().is_some_and(|first| purging.is_some_and(|upto| first.log_id.index <= upto)) {
                while let Some(upto) = *purging {
                    if shared.store.purge_to(upto)? == Remains::Nothing {
                        *purging = None;
                    }
                }
            }
            let records: Vec<Record> =
                entries.iter().map(|it| Record { index: it.log_id.index, bytes: encode_entry(it) }).collect();
            shared.store.append(&records)?;
            *durable = records.last().map(|it| it.index).or(*durable);
        }
        Change::Truncate(from) => {
            shared.store.truncate_from(from)?;
            *durable = durable.and_then(|it| from.checked_sub(1).map(|before| it.min(before)));
        }
        Change::Purge(upto) => {
            shared.store.put_meta(Meta::Purged, &encode_log_id(&upto))?;
            *purging = Some(upto.index);
        }
        Change::Vote(vote) => shared.store.put_meta(Meta::Vote, &encode_vote(&vote))?,
    }
    Ok(())
}
