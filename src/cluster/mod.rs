//! The replicated log: what is proposed here is on the disks of a majority before it is acknowledged, in one
//! order, on every member.
//!
//! The log knows nothing of what it stores: payloads are bytes, the state is a `Machine`, which `replica.rs` makes of
//! `State`. No other room names openraft or sled. Everything runs on a thread of its own (`runtime.rs`), so that no busy caller delays
//! an election.
//!
//! `journal.rs` is the log, `writer.rs` its group commit, `log.rs` the seam to an engine, `sled_log.rs` the
//! engine, `machine.rs` and `snapshot.rs` the state.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use openraft::errors::{ClientWriteError, ForwardReason, ForwardToLeader, LinearizableReadError, RaftError};
use openraft::{ReadPolicy, ServerState};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use self::consensus::{Payload, Types};
use self::runtime::Runtime;

mod consensus;
mod journal;
mod lock;
mod log;
mod machine;
mod network;
mod replica;
mod runtime;
mod sled_log;
mod snapshot;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::replica::Replica;
pub(crate) use self::runtime::OpenError;

/// What the log drives: a state in memory that is changed by applying payloads in order.
///
/// `apply` and `restore` are never called concurrently with each other or with `snapshot`.
pub(crate) trait Machine: Send + Sync + 'static {
    /// Applies the payload of a committed entry; the same payloads in the same order give the same state.
    fn apply(&self, index: u64, payload: &[u8]) -> Applied;
    /// Says that the entries that came together are applied, the last of them at this index. A start applies the log in
    /// few such batches.
    fn settle(&self, index: u64);
    /// Captures the state as it is now, at once; what it returns makes the bytes later, on another thread.
    fn snapshot(&self) -> Capture;
    /// Replaces the state by a snapshot's.
    fn restore(&self, snapshot: &[u8]) -> Result<(), Undecodable>;
}

/// A captured state that makes its bytes when it is called.
pub(crate) type Capture = Box<dyn FnOnce() -> Vec<u8> + Send>;

/// What applying did with a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Applied {
    /// The state changed as the payload says.
    Accepted,
    /// The payload was made for another state than the one it met, and changed nothing.
    Stale,
}

/// Why a machine cannot restore a snapshot whose checksum is right.
#[derive(Debug, thiserror::Error)]
#[error("the state does not decode: {reason}")]
pub(crate) struct Undecodable {
    pub(crate) reason: String,
}

/// What `Cluster::open` needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Where `lock`, `log/` and `snapshots/` are kept.
    pub(crate) data_dir: PathBuf,
    /// The id of this member, forever the same for one data directory.
    pub(crate) node_id: u64,
    /// Where other members reach this one.
    pub(crate) address: String,
    /// What an empty data directory means.
    pub(crate) first_start: FirstStart,
}

/// What a server with an empty data directory does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstStart {
    /// It founds a cluster of which it is the only member.
    Found,
    /// It waits until a cluster takes it in.
    #[cfg(test)]
    Join,
}

/// Why the cluster cannot answer now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unavailable {
    /// Nothing was proposed: another member leads, or nobody does.
    #[error("this server does not lead the cluster")]
    NotLeader { leader: Option<Leader> },
    /// Nothing was proposed: this server leads but cannot reach a majority.
    #[error("this server leads but cannot reach a majority")]
    NoQuorum,
    /// The payload was proposed and may yet be applied, or never.
    #[error("whether the write took place is not known")]
    Undecided,
    /// This server's log has stopped: it is shutting down or its disk failed.
    #[error("this server's log has stopped")]
    Stopped,
}

/// Who leads the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leader {
    pub(crate) id: u64,
    pub(crate) address: Option<String>,
}

/// What this member is to the cluster at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Leader,
    Candidate,
    Follower,
    Learner,
    Stopped,
}

/// Where this member stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) role: Role,
    pub(crate) leader: Option<Leader>,
    pub(crate) term: u64,
    pub(crate) last_applied: Option<u64>,
}

/// Bounds every wait for a majority.
const QUORUM_WAIT: Duration = Duration::from_secs(1);
/// Bounds the wait for the only member's own disk: there is no majority that could be missing.
const DISK_WAIT: Duration = Duration::from_secs(10);

/// One member of the replicated log.
pub(crate) struct Cluster {
    runtime: Runtime,
}

impl Cluster {
    /// Opens a data directory and recovers the machine from it.
    ///
    /// The only member of a cluster returns when it serves writes; one among several when it has recovered what
    /// it knows to be committed.
    pub(crate) async fn open(options: Options, machine: Arc<dyn Machine>) -> Result<Self, OpenError> {
        Ok(Cluster { runtime: Runtime::start(options, machine).await? })
    }

    /// Proposes a payload, and returns when it is on the disks of a majority and applied here.
    pub(crate) async fn propose(&self, payload: Vec<u8>) -> Result<Applied, Unavailable> {
        let wait = if self.runtime.is_alone() { DISK_WAIT } else { QUORUM_WAIT };
        let deadline = Instant::now() + wait;
        let payload = Payload(payload.into());
        loop {
            let write = self.runtime.raft().client_write(payload.clone());
            let error = match timeout_at(deadline, write).await {
                Err(_) => return Err(Unavailable::Undecided),
                Ok(Ok(written)) => return Ok(written.data),
                Ok(Err(error)) => error,
            };
            match error {
                RaftError::APIError(ClientWriteError::ForwardToLeader(forward)) => {
                    // A new leader holds its lease only when a majority has answered its first heartbeat.
                    if forward.reason != ForwardReason::LeaseExpired {
                        return Err(not_leader(forward));
                    }
                    self.next_change(deadline).await?;
                }
                RaftError::APIError(ClientWriteError::LogEntryDiscarded(_)) => {
                    return Err(Unavailable::Undecided);
                }
                RaftError::APIError(other) => {
                    // Both are answers to preconditions and membership changes, neither of which is proposed here.
                    tracing::error!(error = &other as &dyn std::error::Error, "a write was refused");
                    return Err(Unavailable::NoQuorum);
                }
                RaftError::Fatal(_) => return Err(Unavailable::Stopped),
            }
        }
    }

    /// Returns when a read of the machine sees every write acknowledged before the call.
    pub(crate) async fn linearizable(&self) -> Result<(), Unavailable> {
        let deadline = Instant::now() + QUORUM_WAIT;
        // The lease costs no message; where it has run out, a majority is asked.
        for policy in [ReadPolicy::LeaseRead, ReadPolicy::ReadIndex] {
            let read = self.runtime.raft().ensure_linearizable(policy);
            match timeout_at(deadline, read).await {
                Err(_) => return Err(Unavailable::NoQuorum),
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(forward)))) => {
                    return Err(not_leader(forward));
                }
                Ok(Err(RaftError::APIError(LinearizableReadError::QuorumNotEnough(_)))) => {}
                Ok(Err(RaftError::Fatal(_))) => return Err(Unavailable::Stopped),
            }
        }
        Err(Unavailable::NoQuorum)
    }

    /// Returns where this member stands.
    pub(crate) fn status(&self) -> Status {
        let metrics = self.runtime.metrics();
        let role = match (&metrics.running_state, metrics.state) {
            (Err(_), _) | (_, ServerState::Shutdown) => Role::Stopped,
            (_, ServerState::Leader) => Role::Leader,
            (_, ServerState::Candidate) => Role::Candidate,
            (_, ServerState::Follower) => Role::Follower,
            (_, ServerState::Learner) => Role::Learner,
        };
        let members = metrics.membership_config.membership();
        let leader = metrics.current_leader;
        Status {
            role,
            leader: leader.map(|id| Leader { id, address: members.get_node(&id).map(|it| it.addr.clone()) }),
            term: metrics.current_term,
            last_applied: metrics.last_applied.map(|it| it.index),
        }
    }

    /// Stops taking part, and returns when the data directory is free again. A server just ends: what it acknowledged
    /// is on disk.
    #[cfg(test)]
    pub(crate) async fn shutdown(self) {
        self.runtime.stop().await;
    }

    /// Waits until this member's standing changes, or a heartbeat has had time to come back.
    async fn next_change(&self, deadline: Instant) -> Result<(), Unavailable> {
        let now = Instant::now();
        if now >= deadline {
            return Err(Unavailable::NoQuorum);
        }
        let heartbeat = now + Duration::from_millis(runtime::HEARTBEAT_MS / 2);
        // Both outcomes mean: try again.
        let _ = timeout_at(deadline.min(heartbeat), self.runtime.changed()).await;
        Ok(())
    }
}

fn not_leader(forward: ForwardToLeader<Types>) -> Unavailable {
    let address = forward.leader_node.map(|it| it.addr);
    Unavailable::NotLeader { leader: forward.leader_id.map(|id| Leader { id, address }) }
}
