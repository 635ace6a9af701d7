//! From one State to the next at the cost of what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::config::{Namespace, NamespaceId, NodeConfig};
use super::edge::{Shore, edge, shared};
use super::flow;
use super::group::{CompiledGroup, Peers};
use super::instance::instance;
use super::nat_gateway::nat_gateway;
use super::router::{Here, router};
use super::routing::{self, Ways};
use super::services;
use super::wiring::{interface_link, nat_link};
use crate::net::Ipv4Net;
use crate::state::State;
use crate::state::dhcp_options::DhcpOptions;
use crate::state::id::{InstanceId, InterfaceId, NatGatewayId, NodeId, SecurityGroupId, SubnetId, VpcId};
use crate::state::index::Least;
use crate::state::instance::{Instance, Lifecycle};
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::NetworkInterface;
use crate::state::node::{Egress, tag};
use crate::state::route_table::Target;
use crate::state::vpc::Vpc;

/// Plans for one node. What it remembers only saves work: the plan is a function of the state alone.
#[derive(Debug)]
pub struct Planner {
    node: NodeId,
    /// The revision that `config` was planned from.
    revision: u64,
    config: NodeConfig,
    vpcs: BTreeMap<VpcId, Planned>,
    shores: BTreeMap<VpcId, Shore>,
    /// What the edge was made from besides the shores.
    settled: Option<(Egress, Vec<Ipv4Net>)>,
}

/// What was made for one VPC.
#[derive(Debug, Default)]
struct Planned {
    instances: BTreeMap<InstanceId, Rows>,
    /// What every instance was made from, besides rows of its own.
    common: Option<(Arc<Vpc>, Option<Arc<DhcpOptions>>)>,
    nat_gateways: BTreeSet<NatGatewayId>,
    groups: BTreeMap<SecurityGroupId, Arc<CompiledGroup>>,
}

/// The rows that are an instance's own.
#[derive(Debug)]
struct Rows {
    instance: Arc<Instance>,
    interfaces: Vec<Arc<NetworkInterface>>,
}

impl Rows {
    fn of(state: &State, instance: &Arc<Instance>) -> Rows {
        Rows { instance: instance.clone(), interfaces: state.interfaces_of_instance(instance.id).cloned().collect() }
    }

    /// Whether none of them has changed, for which it is enough that State holds the same ones.
    fn are(&self, others: &Rows) -> bool {
        let pairs = self.interfaces.iter().zip(&others.interfaces);
        Arc::ptr_eq(&self.instance, &others.instance)
            && self.interfaces.len() == others.interfaces.len()
            && pairs.into_iter().all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

impl Planner {
    /// A planner that has planned nothing yet.
    pub fn new(node: NodeId) -> Planner {
        Planner {
            node,
            revision: 0,
            config: NodeConfig::default(),
            vpcs: BTreeMap::new(),
            shores: BTreeMap::new(),
            settled: None,
        }
    }

    /// What the node's kernel should hold.
    pub fn plan(&mut self, state: &State) -> NodeConfig {
        if state.revision < self.revision {
            *self = Planner::new(self.node);
        }
        let mut changed: BTreeSet<VpcId> = state.indexes.vpcs_changed_after(self.revision).collect();
        // A router has a link to a peer's if that is on the node, and rules may name who is behind it.
        let peers: Vec<VpcId> = changed.iter().flat_map(|it| routing::peers(state, *it)).map(|it| it.1).collect();
        changed.extend(peers);
        let mut moved = false;
        for vpc in changed {
            let before = self.shores.remove(&vpc);
            let shore = self.plan_vpc(state, vpc);
            moved |= shore != before;
            self.shores.extend(shore.map(|it| (vpc, it)));
        }
        self.plan_edge(state, moved);
        self.revision = state.revision;
        self.config.clone()
    }

    /// Plans a VPC; what it has at the edge is the answer.
    fn plan_vpc(&mut self, state: &State, id: VpcId) -> Option<Shore> {
        let before = self.vpcs.remove(&id).unwrap_or_default();
        let name = NamespaceId::Router(id.to_string());
        let running: BTreeMap<_, _> = running(state, self.node, id).map(|row| (row.id, row)).collect();
        let nat_gateways = nat_gateways(state, self.node, id);
        let vpc = state.vpcs.get(&id).filter(|_| !running.is_empty() || !nat_gateways.is_empty());
        for gone in before.nat_gateways.iter().filter(|it| !nat_gateways.iter().any(|(row, _)| row.id == **it)) {
            self.config.namespaces.remove(&NamespaceId::NatGateway(gone.to_string()));
        }
        for gone in before.instances.keys().filter(|it| !running.contains_key(it)) {
            self.config.instances.remove(&gone.to_string());
        }
        let Some(vpc) = vpc else {
            self.config.namespaces.remove(&name);
            self.config.services.remove(&id);
            self.config.flows.remove(&id);
            return None;
        };

        let first = (self.node, id, InterfaceId::LEAST);
        let here = state.indexes.interfaces_on_node.from(first).take_while(|it| it.0 == self.node && it.1 == id);
        let interfaces: Vec<_> = here
            .filter_map(|it| state.network_interfaces.get(&it.2))
            .filter(|it| it.attachment.as_ref().is_some_and(|it| running.contains_key(&it.instance)))
            .cloned()
            .collect();
        let peers: Peers = routing::peers(state, id).collect();
        let worn: BTreeSet<SecurityGroupId> = interfaces.iter().flat_map(|it| it.groups.iter().copied()).collect();
        let compile = |group| (group, CompiledGroup::of(state, id, &peers, group, before.groups.get(&group)));
        let groups: BTreeMap<_, _> = worn.into_iter().map(compile).collect();

        let generation = peers.values().chain([&id]).map(|it| state.indexes.vpc_revision(*it)).max();
        let leads_out = state.indexes.internet_gateway_of_vpc.contains_key(&id)
            || state.indexes.egress_only_gateways_of_vpc.any(id);
        let ways = Ways {
            internet: leads_out,
            peers: peers.into_iter().filter(|(_, peer)| is_present(state, self.node, *peer)).collect(),
        };
        let here = Here {
            node: self.node,
            vpc,
            interfaces: &interfaces,
            nat_gateways: &nat_gateways,
            groups: &groups,
            ways: &ways,
            generation: generation.unwrap_or(0),
        };
        let (mut router, shore) = router(state, &here);
        let links = interfaces.iter().map(|it| (interface_link(it.id), it.as_ref()));
        let links = links.chain(nat_gateways.iter().map(|(gateway, it)| (nat_link(gateway.id), it.as_ref())));
        match flow::counted(state, id, links) {
            None => drop(self.config.flows.remove(&id)),
            Some(counted) => {
                flow::count(&mut router.firewall, &counted);
                if self.config.flows.get(&id).is_none_or(|earlier| **earlier != counted) {
                    self.config.flows.insert(id, Arc::new(counted));
                }
            }
        }
        if let Some(earlier) = self.config.namespaces.get(&name) {
            share(&mut router, earlier);
        }
        self.config.namespaces.insert(name, Arc::new(router));
        let services = services::services(vpc);
        if self.config.services.get(&id).is_none_or(|earlier| **earlier != services) {
            self.config.services.insert(id, Arc::new(services));
        }

        for (gateway, interface) in &nat_gateways {
            let name = NamespaceId::NatGateway(gateway.id.to_string());
            let namespace = nat_gateway(gateway, interface, users(state, gateway));
            let namespace = shared(self.config.namespaces.get(&name), namespace);
            self.config.namespaces.insert(name, namespace);
        }
        let common = (vpc.clone(), state.dhcp_options.get(&vpc.dhcp_options).cloned());
        let same = before.common.as_ref().is_some_and(|it| {
            let options = (it.1.as_ref().map(Arc::as_ptr), common.1.as_ref().map(Arc::as_ptr));
            Arc::ptr_eq(&it.0, &common.0) && options.0 == options.1
        });
        let mut instances = BTreeMap::new();
        for (id, row) in running {
            let rows = Rows::of(state, row);
            if !same || before.instances.get(&id).is_none_or(|earlier| !earlier.are(&rows)) {
                let (name, instance) = (id.to_string(), instance(state, vpc, row));
                if self.config.instances.get(&name).is_none_or(|earlier| **earlier != instance) {
                    self.config.instances.insert(name, Arc::new(instance));
                }
            }
            instances.insert(id, rows);
        }
        let nat_gateways = nat_gateways.iter().map(|it| it.0.id).collect();
        self.vpcs.insert(id, Planned { instances, common: Some(common), nat_gateways, groups });
        shore
    }

    fn plan_edge(&mut self, state: &State, moved: bool) {
        let egress = state.nodes.get(&self.node).map_or(Egress::Local, |it| it.egress);
        let pools = state.settings.get(&()).map_or_else(Vec::new, |it| it.public_pools.clone());
        let settled = Some((egress, pools.clone()));
        if self.shores.is_empty() {
            self.config.namespaces.remove(&NamespaceId::Edge);
            self.config.namespaces.remove(&NamespaceId::Home);
        } else if moved || self.settled != settled {
            let (edge, home) = edge(&tag(self.node), egress, &pools, &self.shores);
            for (name, namespace) in [(NamespaceId::Edge, edge), (NamespaceId::Home, home)] {
                let namespace = shared(self.config.namespaces.get(&name), namespace);
                self.config.namespaces.insert(name, namespace);
            }
        }
        self.settled = settled;
    }
}

/// The NAT gateways of a VPC on a node, with their interfaces.
fn nat_gateways(state: &State, node: NodeId, vpc: VpcId) -> Vec<(Arc<NatGateway>, Arc<NetworkInterface>)> {
    let first = (node, vpc, NatGatewayId::LEAST);
    let here = state.indexes.nat_gateways_on_node.from(first).take_while(|it| it.0 == node && it.1 == vpc);
    let rows = here.filter_map(|it| state.nat_gateways.get(&it.2));
    rows.filter_map(|it| Some((it.clone(), state.network_interfaces.get(&it.interface)?.clone()))).collect()
}

/// The interfaces in instances whose subnets' routes lead to a NAT gateway.
fn users<'a>(state: &'a State, gateway: &NatGateway) -> impl Iterator<Item = &'a NetworkInterface> {
    let target = Target::NatGateway(gateway.id);
    let leads = |id: &SubnetId| {
        let table = state.subnets.get(id).and_then(|it| state.route_table_of(it));
        table.is_some_and(|it| it.routes.iter().any(|it| it.target == target))
    };
    let subnets = state.indexes.subnets_of_vpc.of(gateway.vpc).filter(leads).collect::<BTreeSet<SubnetId>>();
    let interfaces = state.indexes.interfaces_of_vpc.of(gateway.vpc);
    let interfaces = interfaces.filter_map(|it| state.network_interfaces.get(&it).map(Arc::as_ref));
    interfaces.filter(move |it| it.attachment.is_some() && subnets.contains(&it.subnet))
}

/// Whether a VPC has a router on a node.
fn is_present(state: &State, node: NodeId, vpc: VpcId) -> bool {
    running(state, node, vpc).next().is_some() || !nat_gateways(state, node, vpc).is_empty()
}

/// The running instances of a VPC on a node.
fn running(state: &State, node: NodeId, vpc: VpcId) -> impl Iterator<Item = &Arc<Instance>> {
    let first = (node, vpc, InstanceId::LEAST);
    let here = state.indexes.instances_on_node.from(first).take_while(move |it| it.0 == node && it.1 == vpc);
    let rows = here.filter_map(|it| state.instances.get(&it.2));
    rows.filter(|it| it.lifecycle == Lifecycle::Running)
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
