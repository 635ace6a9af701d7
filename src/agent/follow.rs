//! The agent's loop: keeps the kernel at what the newest state asks for. All its waiting is here; what woke it is not
//! an input.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::kernel::{Failure, Kernel, Pass};
use super::services::Servers;
use crate::plan::Planner;
use crate::state::State;
use crate::state::id::NodeId;

/// How often the kernel is looked at afresh although nothing is known to have changed.
const RESYNC: Duration = Duration::from_secs(30);
/// How long a failed pass waits for its next try, at first and at last.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Links that went are swept away when no new state has come for so long, or when so many wait: it is slow work that
/// nobody waits for.
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
    mut states: watch::Receiver<Arc<State>>,
    mut stop: watch::Receiver<bool>,
    mut publish: impl FnMut(Realised<'_>),
) {
    let runtime = tokio::runtime::Handle::current();
    let mut planner = Planner::new(node);
    let mut servers = Servers::new(node, RESOLVER_FILE.into());
    let mut retry = RETRY.0;
    let mut resync = tokio::time::Instant::now() + RESYNC;
    while !*stop.borrow() {
        let state = states.borrow_and_update().clone();
        let began = Instant::now();
        let want = planner.plan(&state);
        let planned = Instant::now();
        let mut pass = kernel.realise(&want);
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
            resync
        } else {
            retry = (retry * 2).min(RETRY.1);
            servers.forget();
            resync.min(tokio::time::Instant::now() + retry)
        };
        let mut rest = |until| {
            runtime.block_on(async {
                tokio::select! {
                    changed = states.changed() => if changed.is_ok() { Rest::Woken } else { Rest::Over },
                    stopped = stop.changed() => if stopped.is_ok() { Rest::Woken } else { Rest::Over },
                    () = tokio::time::sleep_until(until) => Rest::Had,
                }
            })
        };
        let leaving = kernel.leaving();
        let mut rested = Rest::Had;
        if leaving > 0 {
            if leaving < LEAVING_MAX {
                rested = rest(again.min(tokio::time::Instant::now() + REST));
            }
            if matches!(rested, Rest::Had) {
                let mut pass = Pass::default();
                kernel.sweep(&mut pass);
                report(&pass);
            }
        }
        if matches!(rested, Rest::Had) {
            rested = rest(again);
        }
        if matches!(rested, Rest::Over) {
            return;
        }
        if tokio::time::Instant::now() >= resync {
            kernel.forget();
            servers.forget();
            resync = tokio::time::Instant::now() + RESYNC;
        }
    }
}

/// How a rest ended.
enum Rest {
    /// It was as long as it should be.
    Had,
    /// There is something to do.
    Woken,
    /// There will be nothing to do any more.
    Over,
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
