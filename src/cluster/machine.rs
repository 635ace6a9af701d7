//! The state machine as openraft sees it: the caller's `Machine`, where it stands in the log, and its snapshots.
//!
//! The state lives in memory. After a start it is the newest snapshot plus the log behind it.

use std::io;
use std::sync::{Arc, Mutex};

use futures_util::{Stream, TryStreamExt};
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftSnapshotBuilder, RaftStateMachine};
use openraft::type_config::alias::{SnapshotMetaOf, SnapshotOf};
use openraft::{EntryPayload, OptionalSend};
use tokio::sync::Notify;

use super::consensus::{LogId, StoredMembership, Types};
use super::snapshot::{Before, Snapshot, SnapshotError, Snapshots};
use super::{Applied, Capture, Machine, Undecodable};

/// How many bytes of entries may follow a snapshot before the next one is due.
const LOG_BYTES_MAX: u64 = 64 << 20;

/// Why the state cannot be brought back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestoreError {
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("the snapshot at entry {index} does not restore")]
    Machine { index: u64, source: Undecodable },
}

impl From<RestoreError> for io::Error {
    fn from(error: RestoreError) -> Self {
        io::Error::other(error)
    }
}

/// The caller's machine and its place in the log.
pub(crate) struct Replica {
    machine: Arc<dyn Machine>,
    snapshots: Arc<Snapshots>,
    applied: Option<LogId>,
    membership: StoredMembership,
    bytes_since_snapshot: u64,
    /// Told when so much was applied that a snapshot is due before its number of entries.
    overgrown: Arc<Notify>,
}

impl Replica {
    /// Brings the machine to the newest whole snapshot.
    pub(crate) fn open(
        machine: Arc<dyn Machine>,
        snapshots: Arc<Snapshots>,
        overgrown: Arc<Notify>,
    ) -> Result<Self, RestoreError> {
        let mut replica = Replica {
            machine,
            snapshots,
            applied: None,
            membership: StoredMembership::default(),
            bytes_since_snapshot: 0,
            overgrown,
        };
        if let Some(snapshot) = replica.snapshots.newest()? {
            restore(&*replica.machine, &snapshot)?;
            replica.applied = snapshot.last;
            replica.membership = snapshot.membership;
        }
        Ok(replica)
    }

    /// Returns the entry at which the machine stands.
    pub(crate) fn applied(&self) -> Option<LogId> {
        self.applied
    }
}

fn restore(machine: &dyn Machine, snapshot: &Snapshot) -> Result<(), RestoreError> {
    let index = snapshot.last.map_or(0, |it| it.index);
    machine.restore(&snapshot.body).map_err(|source| RestoreError::Machine { index, source })
}

impl RaftStateMachine<Types> for Replica {
    type SnapshotData = Vec<u8>;
    type SnapshotBuilder = Builder;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        Ok((self.applied, self.membership.clone()))
    }

    async fn apply<Strm>(&mut self, mut entries: Strm) -> io::Result<()>
    where
        Strm: Stream<Item = io::Result<EntryResponder<Types>>> + Unpin + OptionalSend,
    {
        while let Some((entry, responder)) = entries.try_next().await? {
            let id = entry.log_id();
            let applied = match entry.payload {
                EntryPayload::Normal(payload) => {
                    self.bytes_since_snapshot += payload.0.len() as u64;
                    self.machine.apply(id.index, &payload.0)
                }
                EntryPayload::Blank => Applied::Accepted,
                EntryPayload::Membership(membership) => {
                    self.membership = StoredMembership::new(Some(id), membership);
                    Applied::Accepted
                }
            };
            self.applied = Some(id);
            if let Some(responder) = responder {
                responder.send(applied);
            }
        }
        if let Some(applied) = self.applied {
            self.machine.settle(applied.index);
        }
        if self.bytes_since_snapshot > LOG_BYTES_MAX {
            self.bytes_since_snapshot = 0;
            self.overgrown.notify_one();
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Builder {
        self.bytes_since_snapshot = 0;
        Builder {
            capture: Mutex::new(Some(self.machine.snapshot())),
            last: self.applied,
            membership: self.membership.clone(),
            snapshots: self.snapshots.clone(),
        }
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMetaOf<Types>, body: Vec<u8>) -> io::Result<()> {
        let snapshot = Snapshot { last: meta.last_log_id, membership: meta.last_membership.clone(), body };
        let (machine, snapshots) = (self.machine.clone(), self.snapshots.clone());
        let installed = blocking(move || {
            // Restored first: what does not decode must not replace what does.
            restore(&*machine, &snapshot)?;
            snapshots.save(&snapshot, Before::Drop)?;
            Ok::<_, RestoreError>(snapshot)
        });
        let snapshot = installed.await?;
        self.applied = snapshot.last;
        self.membership = snapshot.membership;
        self.bytes_since_snapshot = 0;
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<SnapshotOf<Types, Vec<u8>>>> {
        let snapshots = self.snapshots.clone();
        let newest = blocking(move || snapshots.newest().map_err(RestoreError::from)).await?;
        Ok(newest.map(sendable))
    }
}

/// One snapshot in the making: the state is captured, the bytes are not made yet.
pub(crate) struct Builder {
    /// Behind a mutex only because openraft asks for `Sync`.
    capture: Mutex<Option<Capture>>,
    last: Option<LogId>,
    membership: StoredMembership,
    snapshots: Arc<Snapshots>,
}

impl RaftSnapshotBuilder<Types> for Builder {
    type SnapshotData = Vec<u8>;

    async fn build_snapshot(&mut self) -> io::Result<SnapshotOf<Types, Vec<u8>>> {
        let Some(capture) = self.capture.get_mut().ok().and_then(Option::take) else {
            return Err(io::Error::other("a snapshot is built once"));
        };
        let (last, membership, snapshots) = (self.last, self.membership.clone(), self.snapshots.clone());
        let built = blocking(move || {
            let snapshot = Snapshot { last, membership, body: capture() };
            snapshots.save(&snapshot, Before::KeepOne)?;
            Ok::<_, RestoreError>(snapshot)
        });
        Ok(sendable(built.await?))
    }
}

fn sendable(snapshot: Snapshot) -> SnapshotOf<Types, Vec<u8>> {
    let meta = SnapshotMetaOf::<Types> { last_log_id: snapshot.last, last_membership: snapshot.membership };
    SnapshotOf::<Types, Vec<u8>> { meta, snapshot: snapshot.body }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, RestoreError> + Send + 'static) -> io::Result<T> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(io::Error::other)??)
}
