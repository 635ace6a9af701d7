//! From one State to the next at the cost of what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::config::{Namespace, NamespaceId, NodeConfig};
use super::group::CompiledGroup;
use super::{network, services};
use crate::state::State;
use crate::state::id::{InstanceId, InterfaceId, NodeId, SecurityGroupId, VpcId};
use crate::state::index::Least;
use crate::state::instance::Lifecycle;

/// Plans for one node. What it remembers only saves work: the plan is a function of the state alone.
#[derive(Debug)]
pub struct Planner {
    node: NodeId,
    /// The revision that `config` was planned from.
    revision: u64,
    config: NodeConfig,
    vpcs: BTreeMap<VpcId, Planned>,
}

/// What was made for one VPC.
#[derive(Debug, Default)]
struct Planned {
    instances: BTreeSet<InstanceId>,
    groups: BTreeMap<SecurityGroupId, Arc<CompiledGroup>>,
}

impl Planner {
    /// A planner that has planned nothing yet.
    pub fn new(node: NodeId) -> Planner {
        Planner { node, revision: 0, config: NodeConfig::default(), vpcs: BTreeMap::new() }
    }

    /// What the node's kernel should hold.
    pub fn plan(&mut self, state: &State) -> NodeConfig {
        if state.revision < self.revision {
            *self = Planner::new(self.node);
        }
        let changed: Vec<VpcId> = state.indexes.vpcs_changed_after(self.revision).collect();
        for vpc in changed {
            self.plan_vpc(state, vpc);
        }
        self.revision = state.revision;
        self.config.clone()
    }

    fn plan_vpc(&mut self, state: &State, id: VpcId) {
        let before = self.vpcs.remove(&id).unwrap_or_default();
        let name = NamespaceId::Router(id.to_string());
        let running = running(state, self.node, id);
        let vpc = state.vpcs.get(&id).filter(|_| !running.is_empty());
        let Some(vpc) = vpc else {
            self.config.namespaces.remove(&name);
            self.config.services.remove(&id);
            for instance in before.instances {
                self.config.instances.remove(&instance.to_string());
            }
            return;
        };

        let first = (self.node, id, InterfaceId::LEAST);
        let here = state.indexes.interfaces_on_node.from(first).take_while(|it| it.0 == self.node && it.1 == id);
        let interfaces: Vec<_> = here
            .filter_map(|it| state.network_interfaces.get(&it.2))
            .filter(|it| it.attachment.as_ref().is_some_and(|it| running.contains(&it.instance)))
            .cloned()
            .collect();
        let worn: BTreeSet<SecurityGroupId> = interfaces.iter().flat_map(|it| it.groups.iter().copied()).collect();
        let compile = |group| (group, CompiledGroup::of(state, id, &BTreeSet::new(), group, before.groups.get(&group)));
        let groups: BTreeMap<_, _> = worn.into_iter().map(compile).collect();

        let mut router = network::router(state, vpc, &interfaces, &groups);
        if let Some(earlier) = self.config.namespaces.get(&name) {
            share(&mut router, earlier);
        }
        self.config.namespaces.insert(name, Arc::new(router));
        let services = services::services(vpc);
        if self.config.services.get(&id).is_none_or(|earlier| **earlier != services) {
            self.config.services.insert(id, Arc::new(services));
        }

        for gone in before.instances.difference(&running) {
            self.config.instances.remove(&gone.to_string());
        }
        for id in &running {
            let Some(row) = state.instances.get(id) else { continue };
            let instance = network::instance(state, vpc, row);
            let name = id.to_string();
            if self.config.instances.get(&name).is_none_or(|earlier| **earlier != instance) {
                self.config.instances.insert(name, Arc::new(instance));
            }
        }
        self.vpcs.insert(id, Planned { instances: running, groups });
    }
}

/// The running instances of a VPC on a node.
fn running(state: &State, node: NodeId, vpc: VpcId) -> BTreeSet<InstanceId> {
    let first = (node, vpc, InstanceId::LEAST);
    let here = state.indexes.instances_on_node.from(first).take_while(|it| it.0 == node && it.1 == vpc);
    let rows = here.filter_map(|it| state.instances.get(&it.2));
    rows.filter(|it| it.lifecycle == Lifecycle::Running).map(|it| it.id).collect()
}

/// Takes over the sets and chains of the plan before that are equal, so that the realiser compares pointers.
fn share(router: &mut Namespace, earlier: &Namespace) {
    for (name, set) in &mut router.firewall.sets {
        if let Some(same) = earlier.firewall.sets.get(name).filter(|it| Arc::ptr_eq(it, set) || *it == set) {
            *set = same.clone();
        }
    }
    for (name, chain) in &mut router.firewall.chains {
        if let Some(same) = earlier.firewall.chains.get(name).filter(|it| Arc::ptr_eq(it, chain) || *it == chain) {
            *chain = same.clone();
        }
    }
}
