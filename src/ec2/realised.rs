//! What the nodes report that they have made true.

use imbl::{HashMap, OrdMap};

use crate::state::id::{InstanceId, NodeId};
use crate::state::instance::Instance;

/// The newest report of each live node.
#[derive(Debug, Clone, Default)]
pub struct Realised {
    pub nodes: OrdMap<NodeId, Report>,
}

/// What one node reports.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The kernel holds what State asked for at this revision, but for the failures.
    pub revision: u64,
    /// Instances that the node could not make as asked, and why.
    pub failures: HashMap<InstanceId, String>,
}

impl Realised {
    /// Whether the instance's node has done what was asked of it last.
    pub fn holds(&self, instance: &Instance) -> bool {
        self.nodes.get(&instance.node).is_some_and(|report| {
            report.revision >= instance.placed && !report.failures.contains_key(&instance.id)
        })
    }

    /// Why the instance's node cannot do what was asked.
    pub fn failure(&self, instance: &Instance) -> Option<&str> {
        self.nodes.get(&instance.node)?.failures.get(&instance.id).map(String::as_str)
    }
}
