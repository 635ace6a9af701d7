//! What the nodes report, and waiting for it: a mutating call answers when what it changed is enforced.

use std::time::Duration;

use tokio::sync::watch;

use super::metrics::Passes;
use crate::ec2::realised::{Realised, Report};
use crate::state::id::NodeId;

/// How long a call waits for the nodes before it answers all the same, and says so.
pub(crate) const ENFORCED_WAIT: Duration = Duration::from_secs(5);

/// Where nodes report what their kernels hold.
pub(crate) struct Board {
    newest: watch::Sender<Realised>,
    pub(crate) passes: Passes,
}

impl Board {
    /// Nobody has reported yet.
    pub(crate) fn new() -> Board {
        Board { newest: watch::Sender::new(Realised::default()), passes: Passes::new() }
    }

    /// Takes a node's newest report; the node is live from now on.
    pub(crate) fn report(&self, node: NodeId, report: Report) {
        self.newest.send_modify(|it| {
            it.nodes.insert(node, report);
        });
    }

    /// What is realised now.
    pub(crate) fn newest(&self) -> Realised {
        self.newest.borrow().clone()
    }

    /// Waits until every live node has realised the revision as far as it can; whether all of it was enforced in time.
    pub(crate) async fn enforced(&self, revision: u64, wait: Duration) -> bool {
        let mut newest = self.newest.subscribe();
        let all = newest.wait_for(|it| it.nodes.values().all(|report| report.revision >= revision));
        match tokio::time::timeout(wait, all).await {
            Ok(Ok(reached)) => !reached.nodes.values().any(|report| report.incomplete),
            _ => false,
        }
    }

    /// Waits until every live node has realised the revision whole, in however many passes; whether that was in time.
    pub(crate) async fn whole(&self, revision: u64, wait: Duration) -> bool {
        let mut newest = self.newest.subscribe();
        let all =
            newest.wait_for(|it| it.nodes.values().all(|report| report.revision >= revision && !report.incomplete));
        matches!(tokio::time::timeout(wait, all).await, Ok(Ok(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::id::Id;

    #[tokio::test(start_paused = true)]
    async fn a_call_learns_of_a_failure_at_once_and_who_waits_sees_it_mended() {
        let (board, node) = (Board::new(), NodeId::from_number(1));
        board.report(node, Report { revision: 7, ..Report::default() });
        assert!(board.enforced(7, Duration::ZERO).await, "what is enforced needs no wait");
        assert!(!board.enforced(8, Duration::from_secs(5)).await);
        board.report(node, Report { revision: 8, incomplete: true, ..Report::default() });
        assert!(!board.enforced(8, Duration::from_secs(5)).await);
        assert!(!board.whole(8, Duration::from_secs(5)).await);
        let mending = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            board.report(node, Report { revision: 8, ..Report::default() });
        };
        assert!(tokio::join!(board.whole(8, Duration::from_secs(5)), mending).0);
    }
}
