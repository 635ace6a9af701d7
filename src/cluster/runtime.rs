//! Opens a member and runs it: one thread with a runtime of its own for all of openraft's tasks.
//!
//! One thread, because the tasks hand each message to the next and a hop within a thread is ten times cheaper
//! than one between threads; of its own, because a member that is slow to answer heartbeats loses its office.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{Fatal, InitializeError, RaftError};
use openraft::type_config::alias::WatchReceiverOf;
use openraft::{BasicNode, Config, Raft, RaftMetrics, ReadPolicy, SnapshotPolicy};
use tokio::sync::{Notify, oneshot};

use super::consensus::Types;
use super::journal::Journal;
use super::lock::{DataLock, LockError};
use super::log::LogError;
use super::machine::{Replica, RestoreError};
use super::network::Peers;
use super::sled_log::SledLog;
use super::snapshot::{SnapshotError, Snapshots};
use super::{FirstStart, Machine, Options};

pub(super) const HEARTBEAT_MS: u64 = 150;
const ELECTION_MS_MIN: u64 = 500;
const ELECTION_MS_MAX: u64 = 1000;
const SNAPSHOT_ENTRIES: u64 = 5000;
/// How long the only member may take to serve: it has no one to wait for but its disk.
const READY_WAIT: Duration = Duration::from_secs(30);

/// Why a member cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error(
        "the log in {data_dir} begins after entry {purged} but the newest whole snapshot ends with entry {snapshot:?}. \
         Restore the data directory from a backup, or remove it and let this server join anew"
    )]
    Apart { data_dir: PathBuf, purged: u64, snapshot: Option<u64> },
    #[error("the consensus of node {node} cannot start")]
    Consensus { node: u64, source: Box<Fatal<Types>> },
    #[error("node {node} cannot found a cluster")]
    Found { node: u64, source: Box<RaftError<Types, InitializeError<Types>>> },
    #[error("node {node}, the only member, did not come to serve within {READY_WAIT:?}")]
    NotReady { node: u64 },
    #[error("the consensus thread of node {node} cannot start")]
    Thread { node: u64, source: std::io::Error },
    #[error("the consensus thread of node {node} died while it started")]
    Died { node: u64 },
}

/// A running member.
pub(super) struct Runtime {
    raft: Raft<Types, Replica>,
    metrics: WatchReceiverOf<Types, RaftMetrics<Types>>,
    node: u64,
    thread: Mutex<Option<Thread>>,
}

struct Thread {
    stop: oneshot::Sender<()>,
    handle: JoinHandle<()>,
}

impl Thread {
    fn join(self) {
        // It has ended already where nobody listens.
        let _ = self.stop.send(());
        if self.handle.join().is_err() {
            tracing::error!("the consensus thread panicked");
        }
    }
}

impl Runtime {
    pub(super) async fn start(options: Options, machine: Arc<dyn Machine>) -> Result<Self, OpenError> {
        let node = options.node_id;
        let (opened, open) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("consensus".into());
        let handle = thread.spawn(move || {
            // Declared first, dropped last: some of openraft's tasks end only with the runtime.
            let _lock = match DataLock::take(&options.data_dir) {
                Ok(lock) => lock,
                Err(error) => return drop(opened.send(Err(error.into()))),
            };
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(source) => return drop(opened.send(Err(OpenError::Thread { node, source }))),
            };
            runtime.block_on(async move {
                match Member::open(options, machine).await {
                    Ok(member) => {
                        if opened.send(Ok(member.raft.clone())).is_ok() {
                            // Dropped without `stop`: the same.
                            let _ = stopped.await;
                        }
                        member.close().await;
                    }
                    // Nobody waits for the reason any more.
                    Err(error) => drop(opened.send(Err(error))),
                }
            });
        });
        let handle = handle.map_err(|source| OpenError::Thread { node, source })?;
        let raft = match open.await {
            Ok(Ok(raft)) => raft,
            Ok(Err(error)) => return Err(ended(handle, error).await),
            Err(_) => return Err(ended(handle, OpenError::Died { node }).await),
        };
        let metrics = raft.metrics();
        Ok(Runtime { raft, metrics, node, thread: Mutex::new(Some(Thread { stop, handle })) })
    }

    pub(super) fn raft(&self) -> &Raft<Types, Replica> {
        &self.raft
    }

    pub(super) fn metrics(&self) -> RaftMetrics<Types> {
        self.metrics.borrow_watched().clone()
    }

    /// Says whether this member is the only one that votes.
    pub(super) fn is_alone(&self) -> bool {
        is_only(self.node, self.metrics.borrow_watched().membership_config.voter_ids())
    }

    pub(super) async fn changed(&self) {
        // A sender that is gone is a change too.
        let _ = self.metrics.clone().changed().await;
    }

    #[cfg(test)]
    pub(super) async fn stop(self) {
        if let Some(thread) = self.take_thread() {
            // Only a panic of `join` itself could fail here.
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }

    fn take_thread(&self) -> Option<Thread> {
        self.thread.lock().ok().and_then(|mut it| it.take())
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(thread) = self.take_thread() {
            thread.join();
        }
    }
}

/// Waits until a thread that could not start is gone, and with it its hold on the data directory.
async fn ended(handle: JoinHandle<()>, error: OpenError) -> OpenError {
    // A panic of the thread is what `error` tells.
    let _ = tokio::task::spawn_blocking(|| handle.join()).await;
    error
}

fn is_only(node: u64, mut voters: impl Iterator<Item = u64>) -> bool {
    voters.next() == Some(node) && voters.next().is_none()
}

/// What lives on the thread.
struct Member {
    raft: Raft<Types, Replica>,
    journal: Journal,
}

impl Member {
    async fn open(options: Options, machine: Arc<dyn Machine>) -> Result<Self, OpenError> {
        let data_dir = &options.data_dir;
        let snapshots = Arc::new(Snapshots::open(&data_dir.join("snapshots"))?);
        let overgrown = Arc::new(Notify::new());
        let replica = Replica::open(machine, snapshots.clone(), overgrown.clone())?;
        let store = SledLog::open(&data_dir.join("log"))?;
        let journal = Journal::open(Arc::new(store), options.node_id, snapshots.floor())?;
        let member = Self::started(options, journal.clone(), replica, overgrown).await;
        if member.is_err() {
            // The directory must be free when the failure is told.
            journal.stop();
        }
        member
    }

    async fn started(
        options: Options,
        journal: Journal,
        replica: Replica,
        overgrown: Arc<Notify>,
    ) -> Result<Self, OpenError> {
        let Options { data_dir, node_id: node, address, first_start } = options;
        let (purged, snapshot) = (journal.purged(), replica.applied());
        if let Some(purged) = purged.filter(|_| purged > snapshot) {
            let snapshot = snapshot.map(|it| it.index);
            return Err(OpenError::Apart { data_dir, purged: purged.index, snapshot });
        }

        let raft = Raft::new(node, Arc::new(config()), Peers, journal.clone(), replica).await;
        let raft = raft.map_err(|source| OpenError::Consensus { node, source: Box::new(source) })?;
        let fatal = |source| OpenError::Consensus { node, source: Box::new(source) };
        let founds = first_start == FirstStart::Found && !raft.is_initialized().await.map_err(fatal)?;
        if founds {
            let members = BTreeMap::from([(node, BasicNode::new(address))]);
            let founded = raft.initialize(members).await;
            founded.map_err(|source| OpenError::Found { node, source: Box::new(source) })?;
        }
        tokio::spawn(snapshot_when_overgrown(raft.clone(), overgrown));
        let member = Member { raft, journal };
        // The metrics are those of a moment ago; this is asked of the core itself.
        let alone =
            member.raft.with_raft_state(move |state| is_only(node, state.membership_state.effective().voter_ids()));
        if alone.await.map_err(fatal)? {
            // There is no leader to hear from first. Founding is an election already.
            if !founds {
                member.raft.trigger().elect(false).await.map_err(fatal)?;
            }
            let ready = tokio::time::timeout(READY_WAIT, member.serves()).await;
            ready.map_err(|_| OpenError::NotReady { node })?.map_err(fatal)?;
        }
        Ok(member)
    }

    /// Waits until this member leads, holds its lease, and has applied all that its log holds.
    async fn serves(&self) -> Result<(), Fatal<Types>> {
        let mut metrics = self.raft.metrics();
        loop {
            // The whole log of an only member is committed, but a new leader must say so with an entry of its own.
            match self.raft.ensure_linearizable(ReadPolicy::ReadIndex).await {
                Ok(_) => match self.raft.write_blank().await {
                    Ok(_) => return Ok(()),
                    Err(RaftError::Fatal(fatal)) => return Err(fatal),
                    Err(RaftError::APIError(_)) => {}
                },
                Err(RaftError::Fatal(fatal)) => return Err(fatal),
                Err(RaftError::APIError(_)) => {}
            }
            if metrics.changed().await.is_err() {
                return Err(Fatal::Stopped);
            }
        }
    }

    async fn close(self) {
        if let Err(error) = self.raft.shutdown().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the consensus did not stop cleanly");
        }
        self.journal.stop();
    }
}

async fn snapshot_when_overgrown(raft: Raft<Types, Replica>, overgrown: Arc<Notify>) {
    loop {
        overgrown.notified().await;
        if raft.trigger().snapshot().await.is_err() {
            return;
        }
    }
}

fn config() -> Config {
    let config = Config {
        cluster_name: "culvert".into(),
        heartbeat_interval: HEARTBEAT_MS,
        election_timeout_min: ELECTION_MS_MIN,
        election_timeout_max: ELECTION_MS_MAX,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(SNAPSHOT_ENTRIES),
        enable_pre_vote: Some(true),
        // The whole snapshot goes in one call, over links that may be slow.
        install_snapshot_timeout: 30_000,
        ..Config::default()
    };
    config.validate().expect("the timeouts are constants in the right order")
}
