//! The one writer: takes the calls that wait, carries them out on a working copy of State, and proposes what they
//! change as one entry. One fsync serves every caller that was waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::RngExt;
use tokio::sync::{mpsc, oneshot, watch};

use crate::cluster::{Applied, Cluster, Replica, Unavailable};
use crate::ec2::operation::{self, Operation};
use crate::ec2::scope::{Call, Caller};
use crate::ec2::{self, sweep};
use crate::state::{Audit, Effect, Entry, Moment, Stamp, State, Tx};
use crate::wire::Params;

/// How many calls one entry carries at most.
const BATCH_MAX: usize = 256;
/// How many rows one call may change: what it takes of memory and of the log is everybody's.
const EFFECTS_MAX: usize = 20_000;
/// How many calls wait at most; more are told to come back.
const QUEUE_MAX: usize = 4096;
/// How often rows that have had their time are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long after a sweep the next may be, whatever is due.
const SWEEP_REST: Duration = Duration::from_millis(200);

/// Why a write has no answer of its own.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Refused(#[from] ec2::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error("too many calls are waiting")]
    Busy,
    /// A handler panicked; the call changed nothing.
    #[error("an internal error has occurred")]
    Panicked,
}

/// What a write answers, and the revision that it made or found.
pub(crate) type Written = Result<(String, u64), WriteError>;

/// A call that changes State outside EC2's list: accounts, nodes, sweeps.
pub(crate) type Change = dyn Fn(&mut Tx) -> Result<String, ec2::Error> + Send + Sync;

enum Job {
    Call { operation: Operation, params: Box<Params>, caller: Caller },
    Change { name: &'static str, caller: Caller, change: Box<Change> },
}

struct Queued {
    job: Job,
    request: String,
    reply: oneshot::Sender<Written>,
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Queued>,
}

impl Writer {
    /// Starts the writer; it ends when the last way to it is gone.
    pub(crate) fn start(cluster: Arc<Cluster>, states: watch::Receiver<Arc<State>>) -> Writer {
        let (queue, calls) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(cluster, states.clone(), calls));
        let writer = Writer { queue };
        tokio::spawn(sweep_now_and_then(writer.queue.downgrade(), states));
        writer
    }

    /// Carries out an operation that writes.
    pub(crate) async fn call(&self, operation: Operation, params: Params, caller: Caller, request: String) -> Written {
        self.queue(Job::Call { operation, params: Box::new(params), caller }, request).await
    }

    /// Carries out a change of another kind; it may be carried out again if State moved meanwhile.
    pub(crate) async fn change(
        &self,
        name: &'static str,
        caller: Caller,
        request: String,
        change: impl Fn(&mut Tx) -> Result<String, ec2::Error> + Send + Sync + 'static,
    ) -> Written {
        self.queue(Job::Change { name, caller, change: Box::new(change) }, request).await
    }

    async fn queue(&self, job: Job, request: String) -> Written {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Queued { job, request, reply }).map_err(|_| WriteError::Busy)?;
        answer.await.unwrap_or(Err(WriteError::Unavailable(Unavailable::Stopped)))
    }
}

async fn run(cluster: Arc<Cluster>, states: watch::Receiver<Arc<State>>, mut calls: mpsc::Receiver<Queued>) {
    let mut batch = Vec::new();
    while calls.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let answers = commit(&cluster, &states, &batch).await;
        for (queued, answer) in batch.drain(..).zip(answers) {
            // A caller that has gone away does not want the answer.
            let _ = queued.reply.send(answer);
        }
    }
}

/// Evaluates the calls and replicates what they change, again if State moved in between.
async fn commit(cluster: &Cluster, states: &watch::Receiver<Arc<State>>, batch: &[Queued]) -> Vec<Written> {
    loop {
        let base = states.borrow().clone();
        let evaluated = evaluate(&base, batch);
        if evaluated.effects.is_empty() {
            return evaluated.answers.into_iter().map(|it| it.map(|text| (text, base.revision))).collect();
        }
        let entry = Entry { base: base.revision, effects: evaluated.effects, audit: evaluated.audit };
        match cluster.propose(Replica::payload(&entry)).await {
            Ok(Applied::Accepted) => {
                let revision = base.revision + 1;
                return evaluated.answers.into_iter().map(|it| it.map(|text| (text, revision))).collect();
            }
            Ok(Applied::Stale) => tracing::debug!(base = base.revision, "another entry came first; evaluating again"),
            Err(error) => {
                tracing::warn!(%error, "a write was not committed");
                let unavailable = |_| Err(WriteError::Unavailable(error.clone()));
                return batch.iter().map(unavailable).collect();
            }
        }
    }
}

/// What a batch of calls answers and changes.
#[derive(Default)]
struct Evaluated {
    answers: Vec<Result<String, WriteError>>,
    effects: Vec<Effect>,
    audit: Vec<Audit>,
}

fn evaluate(base: &State, batch: &[Queued]) -> Evaluated {
    let mut evaluated = Evaluated::default();
    let mut working = base.clone();
    for queued in batch {
        let tx = Tx::new(working.clone(), stamp());
        // A panic in a handler kills one request and never a replica.
        let outcome = catch_unwind(AssertUnwindSafe(|| carry_out(&queued.job, tx)));
        let answer = match outcome {
            Ok(Ok((tx, answer))) => {
                let (state, effects) = tx.finish();
                if effects.len() > EFFECTS_MAX {
                    let text = format!("The request changes more than {EFFECTS_MAX} rows at once; split it.");
                    evaluated.answers.push(Err(ec2::Error::InvalidParameterValue(text).into()));
                    continue;
                }
                working = state;
                if !effects.is_empty() {
                    evaluated.audit.push(audit(queued));
                }
                evaluated.effects.extend(effects);
                Ok(answer)
            }
            Ok(Err(refused)) => Err(WriteError::Refused(refused)),
            Err(_) => {
                tracing::error!(action = queued.job.name(), request = queued.request, "a handler panicked");
                Err(WriteError::Panicked)
            }
        };
        evaluated.answers.push(answer);
    }
    evaluated
}

fn carry_out(job: &Job, mut tx: Tx) -> Result<(Tx, String), ec2::Error> {
    let answer = match job {
        Job::Call { operation, params, caller } => {
            operation::write(operation, params, &mut Call { tx: &mut tx, caller, token: None })?
        }
        Job::Change { change, .. } => change(&mut tx)?,
    };
    Ok((tx, answer))
}

impl Job {
    fn name(&self) -> &'static str {
        match self {
            Job::Call { operation, .. } => operation.facts.action,
            Job::Change { name, .. } => name,
        }
    }
}

fn audit(queued: &Queued) -> Audit {
    let (Job::Call { caller, .. } | Job::Change { caller, .. }) = &queued.job;
    Audit { action: queued.job.name().to_owned(), caller: caller.account, request: queued.request.clone() }
}

/// The time and the entropy of one call.
fn stamp() -> Stamp {
    Stamp { now: now(), seed: rand::rng().random() }
}

/// The time of this machine.
pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Removes rows that have had their time, for as long as the server runs.
async fn sweep_now_and_then(queue: mpsc::WeakSender<Queued>, mut states: watch::Receiver<Arc<State>>) {
    let mut next = tokio::time::Instant::now();
    let mut rested = next;
    loop {
        let due = sweep::due(&states.borrow_and_update()).map(|it| it.0.saturating_sub(now().0));
        let due = due.map(|it| tokio::time::Instant::now() + Duration::from_millis(u64::try_from(it).unwrap_or(0)));
        // What is due stays due where this server cannot write.
        let until = due.map_or(next, |due| due.max(rested).min(next));
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            changed = states.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        }
        rested = tokio::time::Instant::now() + SWEEP_REST;
        next = tokio::time::Instant::now() + SWEEP_EVERY;
        let Some(queue) = queue.upgrade() else { return };
        let caller = Caller {
            account: crate::state::id::AccountId::from_number(0),
            region: String::new(),
            access_key: String::new(),
        };
        let change = |tx: &mut Tx| {
            sweep::sweep(tx);
            Ok(String::new())
        };
        let _ = Writer { queue }.change("Sweep", caller, uuid::Uuid::new_v4().to_string(), change).await;
    }
}
