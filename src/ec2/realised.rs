//! What is true of the cluster beside its State: what the nodes report that they have made true, and how it is
//! configured.

use std::sync::Arc;

use imbl::{HashMap, OrdMap};

use crate::state::account::Region;
use crate::state::id::{InstanceId, NatGatewayId, NodeId};
use crate::state::instance::Instance;
use crate::state::nat_gateway::NatGateway;

/// The newest report of each live node, and the regions that are served.
#[derive(Debug, Clone, Default)]
pub struct Realised {
    pub nodes: OrdMap<NodeId, Report>,
    pub regions: Arc<[ServedRegion]>,
}

/// A region that this cluster serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedRegion {
    pub name: Region,
    /// The host, and port if need be, where clients find its API; absent when that is not configured.
    pub endpoint: Option<String>,
}

/// What one node reports.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The kernel holds what State asked for at this revision, but for the failures.
    pub revision: u64,
    /// Instances that the node could not make as asked, and why.
    pub failures: HashMap<InstanceId, String>,
    /// NAT gateways that the node could not make or take away, and why.
    pub nat_gateways: HashMap<NatGatewayId, String>,
    /// Whether anything at all, a VPC's router say, is not as asked.
    pub incomplete: bool,
}

impl Realised {
    /// Whether the node has done what was asked of it at this revision.
    pub fn reached(&self, node: NodeId, revision: u64) -> bool {
        self.nodes.get(&node).is_some_and(|report| report.revision >= revision)
    }

    /// Whether the instance's node has done what was asked of it last.
    pub fn holds(&self, instance: &Instance) -> bool {
        self.nodes
            .get(&instance.node)
            .is_some_and(|report| report.revision >= instance.placed && !report.failures.contains_key(&instance.id))
    }

    /// Why the instance's node cannot do what was asked.
    pub fn failure(&self, instance: &Instance) -> Option<&str> {
        self.nodes.get(&instance.node)?.failures.get(&instance.id).map(String::as_str)
    }

    /// Why the gateway's node cannot do what was asked of it last.
    pub fn nat_gateway_failure(&self, gateway: &NatGateway) -> Option<&str> {
        let report = self.nodes.get(&gateway.node).filter(|it| it.revision >= gateway.placed)?;
        report.nat_gateways.get(&gateway.id).map(String::as_str)
    }
}
