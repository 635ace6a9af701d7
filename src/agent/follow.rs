//! The agent's loop: keeps the kernel at what the newest state asks for. All its waiting is here; what woke it is not
//! an input.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::flows::Flows;
use super::kernel::{Failure, Kernel, Pass};
use super::services::Servers;
use super::space::{Sweep, Swept};
use crate::plan::Planner;
use crate::state::State;
use crate::state::id::NodeId;

/// How often each namespace is looked at afresh although nothing is known to have changed. They have their turns, so
/// that a call waits for a few of them at most and not for thousands; where there are too many, the round takes longer.
const RESYNC: Duration = Duration::from_secs(30);
const AT_A_TURN: usize = 4;
const TURN_LEAST: Duration = Duration::from_millis(100);
/// How long a failed pass waits for its next try, at first and at last.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How often it is looked whether others have changed a firewall.
const LOOK: Duration = Duration::from_secs(1);
/// How long after what others have damaged was repaired, at the least, before it is again: they may insist.
const REPAIR: Duration = Duration::from_secs(1);
/// Links that went are swept away when no new state has come for so long, or when so many wait: it is slow work that
/// nobody waits for, and that is done beside the passes.
const REST: Duration = Duration::from_millis(5);
const LEAVING_MAX: usize = 256;

/// Where this machine's own name servers are written down.
const RESOLVER_FILE: &str = "/etc/resolv.conf";

/// What a pass came to.
pub struct Realised<'a> {
    /// The revision whose plan the kernel holds, but for the failures.
    pub revision: u64,
    pub failures: &'a [Failure],
    /// How long it took to plan and then to make the kernel hold the plan, where anything had to change.
    pub took: Option<(Duration, Duration)>,
}

/// Runs until `stop` turns true or the states end. Blocks; wants a thread of its own, inside the runtime's context.
pub fn follow(
    node: NodeId,
    mut kernel: Kernel,
    mut flows: Flows,
    states: watch::Receiver<Arc<State>>,
    stop: watch::Receiver<bool>,
    mut publish: impl FnMut(Realised<'_>),
) {
    let watched = kernel.watched().try_clone_to_owned();
    // SAFETY: an `OwnedFd` is open and the same for as long as it lives, and nobody else has this one.
    let register =
        |it| unsafe { AsyncFd::register_with_interest(it, Interest::READABLE) }.map_err(std::io::Error::from);
    let watched = watched.and_then(register);
    if let Err(error) = &watched {
        tracing::warn!(error = chain(error), "what others change is seen within {} s only", RESYNC.as_secs());
    }
    let runtime = tokio::runtime::Handle::current();
    let mut waiting = Waiting { runtime, states, stop, watched: watched.ok(), sweeping: None };
    let mut planner = Planner::new(node);
    let mut servers = Servers::new(node, RESOLVER_FILE.into());
    let mut repair = tokio::time::Instant::now();
    let mut retry = RETRY.0;
    let mut turn = tokio::time::Instant::now() + TURN_LEAST;
    while !*waiting.stop.borrow() {
        let state = waiting.states.borrow_and_update().clone();
        let began = Instant::now();
        let want = planner.plan(&state);
        let planned = Instant::now();
        // What goes with the pass is counted to its end.
        flows.before(&want.flows);
        let mut pass = kernel.realise(&want);
        flows.after(&want.flows, &state);
        // Only then: what is answered inside a router is true of its packets.
        let unserved = servers.hold(&want.services, &state).into_iter();
        pass.failures.extend(unserved.map(|(vpc, error)| Failure { object: vpc.to_string(), source: error.into() }));
        let took = (pass.changes > 0).then(|| (planned - began, planned.elapsed()));
        report(&pass);
        if pass.changes > 0 {
            tracing::debug!(revision = state.revision, changes = pass.changes, "realised");
        }
        publish(Realised { revision: state.revision, failures: &pass.failures, took });

        let again = if pass.failures.is_empty() {
            retry = RETRY.0;
            turn
        } else {
            retry = (retry * 2).min(RETRY.1);
            servers.forget();
            turn.min(tokio::time::Instant::now() + retry)
        };
        let mut leaving = kernel.leaving();
        let rested = tokio::time::Instant::now() + if leaving < LEAVING_MAX { REST } else { Duration::ZERO };
        let mut look = (tokio::time::Instant::now() + LOOK).max(repair);
        loop {
            let sweep = (leaving > 0 && waiting.sweeping.is_none()).then_some(rested);
            match waiting.rest(sweep.unwrap_or(look).min(look).min(again), repair) {
                Rest::Woken => break,
                Rest::Over => return,
                Rest::Heard if kernel.notice() => {
                    repair = tokio::time::Instant::now() + REPAIR;
                    break;
                }
                Rest::Heard => {}
                Rest::Had if look <= tokio::time::Instant::now() => {
                    if kernel.look() {
                        repair = tokio::time::Instant::now() + REPAIR;
                        break;
                    }
                    look = tokio::time::Instant::now() + LOOK;
                }
                Rest::Had if sweep.is_some() => {
                    let mut pass = Pass::default();
                    waiting.sweep(kernel.begin_sweep(&mut pass));
                    report(&pass);
                    leaving = 0;
                }
                Rest::Swept(swept) => {
                    let mut pass = Pass::default();
                    kernel.end_sweep(swept, &mut pass);
                    report(&pass);
                }
                Rest::Had => break,
            }
        }
        if tokio::time::Instant::now() >= turn {
            let turns = u32::try_from(kernel.known() / AT_A_TURN + 1).unwrap_or(u32::MAX);
            if kernel.forget_some(AT_A_TURN) {
                servers.forget();
            }
            turn = tokio::time::Instant::now() + (RESYNC / turns).max(TURN_LEAST);
        }
    }
}

/// What the loop waits for.
struct Waiting {
    runtime: tokio::runtime::Handle,
    states: watch::Receiver<Arc<State>>,
    stop: watch::Receiver<bool>,
    /// Readable when something was heard of what others do. Nothing where the runtime cannot wait for it.
    watched: Option<AsyncFd<OwnedFd>>,
    /// Links are being swept away.
    sweeping: Option<JoinHandle<Vec<Swept>>>,
}

/// How a rest ended.
enum Rest {
    /// It was as long as it should be.
    Had,
    /// There is something new to do.
    Woken,
    /// Others have changed something.
    Heard,
    /// Links are gone.
    Swept(Vec<Swept>),
    /// There will be nothing to do any more.
    Over,
}

impl Waiting {
    /// Begins to carry these removals out, one after the other.
    fn sweep(&mut self, sweeps: Vec<Sweep>) {
        let work = || sweeps.into_iter().map(Sweep::run).collect();
        self.sweeping = Some(self.runtime.spawn_blocking(work));
    }

    /// Rests until then; to what others do it listens from `listen` on.
    fn rest(&mut self, until: tokio::time::Instant, listen: tokio::time::Instant) -> Rest {
        let woken = |changed: Result<(), watch::error::RecvError>| changed.map_or(Rest::Over, |()| Rest::Woken);
        let watched = &self.watched;
        let heard = async move {
            tokio::time::sleep_until(listen).await;
            match watched {
                Some(watched) => watched.readable().await.is_ok_and(|mut it| {
                    it.clear_ready();
                    true
                }),
                None => std::future::pending().await,
            }
        };
        let sweeping = &mut self.sweeping;
        let swept = async {
            match sweeping {
                // Of those that were lost in a panic the kernel is asked at the next look at all of it.
                Some(work) => work.await.unwrap_or_default(),
                None => std::future::pending().await,
            }
        };
        let rest = self.runtime.block_on(async {
            tokio::select! {
                changed = self.states.changed() => woken(changed),
                stopped = self.stop.changed() => woken(stopped),
                true = heard => Rest::Heard,
                swept = swept => Rest::Swept(swept),
                () = tokio::time::sleep_until(until) => Rest::Had,
            }
        });
        if let Rest::Swept(_) = rest {
            self.sweeping = None;
        }
        rest
    }
}

fn report(pass: &Pass) {
    for failure in &pass.failures {
        tracing::error!(object = failure.object, error = chain(&failure.source), "the kernel does not hold it");
    }
}

/// An error with its causes, for a log line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
