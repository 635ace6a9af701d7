//! From one State to the next at the cost of what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::config::{Namespace, NamespaceId, NodeConfig};
use super::edge::{Shore, edge, shared};
use super::flow;
use super::group::{CompiledGroup, Peers};
use super::instance::instance;
use super::member::{Footing, Ground, Member, Members};
use super::nat_gateway::nat_gateway;
use super::overlap;
use super::router::{Here, identities, router};
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
    /// What `config` was planned from.
    planned: State,
    config: NodeConfig,
    vpcs: BTreeMap<VpcId, Planned>,
    shores: BTreeMap<VpcId, Shore>,
    /// What the edge was made from besides the shores.
    settled: Option<(Egress, Vec<Ipv4Net>)>,
}

/// What was made for one VPC.
#[derive(Debug, Default)]
struct Planned {
    /// What its members stand on, and its interfaces as members.
    ground: Ground,
    members: Members,
    /// The running instances here, and what they were made from besides rows of their own.
    instances: BTreeSet<InstanceId>,
    common: Option<(Arc<Vpc>, Option<Arc<DhcpOptions>>)>,
    nat_gateways: BTreeSet<NatGatewayId>,
    groups: BTreeMap<SecurityGroupId, Arc<CompiledGroup>>,
}

/// Interfaces and instances, by VPC, that are not as they were: of an interface that includes its public addresses and
/// its instance, of an instance its interfaces.
#[derive(Debug, Default)]
struct Moved {
    interfaces: BTreeSet<(VpcId, InterfaceId)>,
    instances: BTreeSet<(VpcId, InstanceId)>,
}

impl Moved {
    fn between(before: &State, state: &State) -> Moved {
        let mut moved = Moved::default();
        for row in state.network_interfaces.since(&before.network_interfaces).flatten().flatten() {
            moved.interfaces.insert((row.vpc, row.id));
            moved.instances.extend(row.attachment.as_ref().map(|it| (row.vpc, it.instance)));
        }
        for row in state.instances.since(&before.instances).flatten().flatten() {
            moved.instances.insert((row.vpc, row.id));
        }
        for row in state.addresses.since(&before.addresses).flatten().flatten() {
            moved.interfaces.extend(row.association.as_ref().map(|it| (it.vpc, it.interface)));
        }
        for (vpc, instance) in &moved.instances {
            let interfaces = [before, state].into_iter().flat_map(|it| it.interfaces_of_instance(*instance));
            moved.interfaces.extend(interfaces.map(|it| (*vpc, it.id)));
        }
        moved
    }

    fn interfaces_of(&self, vpc: VpcId) -> impl Iterator<Item = InterfaceId> + '_ {
        self.interfaces.range((vpc, InterfaceId::LEAST)..).take_while(move |it| it.0 == vpc).map(|it| it.1)
    }

    fn instances_of(&self, vpc: VpcId) -> impl Iterator<Item = InstanceId> + '_ {
        self.instances.range((vpc, InstanceId::LEAST)..).take_while(move |it| it.0 == vpc).map(|it| it.1)
    }
}

impl Planner {
    /// A planner that has planned nothing yet.
    pub fn new(node: NodeId) -> Planner {
        Planner {
            node,
            planned: State::default(),
            config: NodeConfig::default(),
            vpcs: BTreeMap::new(),
            shores: BTreeMap::new(),
            settled: None,
        }
    }

    /// What the node's kernel should hold.
    pub fn plan(&mut self, state: &State) -> NodeConfig {
        if state.revision < self.planned.revision {
            *self = Planner::new(self.node);
        }
        let moved = Moved::between(&self.planned, state);
        let mut changed: BTreeSet<VpcId> = state.indexes.vpcs_changed_after(self.planned.revision).collect();
        // A router has a link to a peer's if that is on the node, and rules may name who is behind it.
        let peers: Vec<VpcId> = changed.iter().flat_map(|it| routing::peers(state, *it)).map(|it| it.1).collect();
        changed.extend(peers);
        changed.extend(moved.interfaces.iter().map(|it| it.0).chain(moved.instances.iter().map(|it| it.0)));
        let mut shifted = false;
        for vpc in changed {
            let before = self.shores.remove(&vpc);
            let shore = self.plan_vpc(state, vpc, &moved);
            shifted |= shore != before;
            self.shores.extend(shore.map(|it| (vpc, it)));
        }
        self.plan_edge(state, shifted);
        self.planned = state.clone();
        self.config.clone()
    }

    /// Plans a VPC; what it has at the edge is the answer.
    fn plan_vpc(&mut self, state: &State, id: VpcId, moved: &Moved) -> Option<Shore> {
        let before = self.vpcs.remove(&id);
        let is_new = before.is_none();
        let mut planned = before.unwrap_or_default();
        let name = NamespaceId::Router(id.to_string());
        let nat_gateways = nat_gateways(state, self.node, id);
        let vpc = state.vpcs.get(&id).filter(|_| is_present(state, self.node, id));
        for gone in planned.nat_gateways.iter().filter(|it| !nat_gateways.iter().any(|(row, _)| row.id == **it)) {
            self.config.namespaces.remove(&NamespaceId::NatGateway(gone.to_string()));
        }
        let Some(vpc) = vpc else {
            for gone in &planned.instances {
                self.config.instances.remove(&gone.to_string());
            }
            self.config.namespaces.remove(&name);
            self.config.services.remove(&id);
            self.config.flows.remove(&id);
            return None;
        };

        let leads_out = state.indexes.internet_gateway_of_vpc.contains_key(&id)
            || state.indexes.egress_only_gateways_of_vpc.any(id);
        let subnets = state.indexes.subnets_of_vpc.of(id);
        let ground: Ground = subnets.map(|it| (it, Footing::of(state, vpc, it, leads_out))).collect();
        self.plan_members(state, id, &mut planned, ground, is_new, moved);

        let peers: Peers = routing::peers(state, id).collect();
        let worn = identities(state, id, &planned.members).into_values().flatten().collect::<BTreeSet<_>>();
        let compile = |group| (group, CompiledGroup::of(state, id, &peers, group, planned.groups.get(&group)));
        planned.groups = worn.into_iter().map(compile).collect();

        let generation = peers.values().chain([&id]).map(|it| state.indexes.vpc_revision(*it)).max();
        let ways = Ways {
            internet: leads_out,
            zones: overlap::zones(peers.keys().copied()),
            peers: peers.into_iter().filter(|(_, peer)| is_present(state, self.node, *peer)).collect(),
        };
        let here = Here {
            node: self.node,
            vpc,
            ground: &planned.ground,
            members: &planned.members,
            nat_gateways: &nat_gateways,
            groups: &planned.groups,
            ways: &ways,
            generation: generation.unwrap_or(0),
        };
        let (mut router, shore) = router(state, &here);
        let links = interfaces(state, self.node, id).map(|it| (interface_link(it.id), it.as_ref()));
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
        self.plan_instances(state, vpc, &mut planned, moved);
        planned.nat_gateways = nat_gateways.iter().map(|it| it.0.id).collect();
        self.vpcs.insert(id, planned);
        shore
    }

    /// Brings the interfaces of a VPC as its members up to date: those that have moved; all, where the ground has.
    fn plan_members(
        &self,
        state: &State,
        vpc: VpcId,
        planned: &mut Planned,
        ground: Ground,
        is_new: bool,
        moved: &Moved,
    ) {
        let member = |state: &State, ground: &Ground, id| {
            let row = state.network_interfaces.get(&id)?;
            Some(Member::interface(state, self.node, row, ground.get(&row.subnet)))
        };
        if is_new || planned.ground != ground {
            planned.members = Members::default();
            let all = state.indexes.interfaces_of_vpc.of(vpc);
            all.filter_map(|it| member(state, &ground, it)).for_each(|it| planned.members.add(it));
        } else {
            let moved = || moved.interfaces_of(vpc);
            let gone = moved().filter_map(|it| member(&self.planned, &ground, it));
            gone.for_each(|it| planned.members.remove(&it));
            moved().filter_map(|it| member(state, &ground, it)).for_each(|it| planned.members.add(it));
        }
        planned.ground = ground;
    }

    /// Brings the instances of a VPC up to date: those that have moved; all, where something has that all share.
    fn plan_instances(&mut self, state: &State, vpc: &Arc<Vpc>, planned: &mut Planned, moved: &Moved) {
        let common = (vpc.clone(), state.dhcp_options.get(&vpc.dhcp_options).cloned());
        let same = planned.common.as_ref().is_some_and(|it| {
            let options = (it.1.as_ref().map(Arc::as_ptr), common.1.as_ref().map(Arc::as_ptr));
            Arc::ptr_eq(&it.0, &common.0) && options.0 == options.1
        });
        planned.common = Some(common);
        let all = running(state, self.node, vpc.id).filter(|_| !same).map(|it| it.id);
        let moved: BTreeSet<InstanceId> = moved.instances_of(vpc.id).chain(all).collect();
        for id in moved {
            let name = id.to_string();
            let row = state.instances.get(&id).filter(|it| is_running(it, self.node, vpc.id));
            let Some(row) = row else {
                planned.instances.remove(&id);
                self.config.instances.remove(&name);
                continue;
            };
            planned.instances.insert(id);
            let instance = instance(state, vpc, row);
            if self.config.instances.get(&name).is_none_or(|earlier| **earlier != instance) {
                self.config.instances.insert(name, Arc::new(instance));
            }
        }
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

/// The interfaces of a VPC in running instances of a node.
fn interfaces(state: &State, node: NodeId, vpc: VpcId) -> impl Iterator<Item = &Arc<NetworkInterface>> {
    let first = (node, vpc, InterfaceId::LEAST);
    let here = state.indexes.interfaces_on_node.from(first).take_while(move |it| it.0 == node && it.1 == vpc);
    let rows = here.filter_map(|it| state.network_interfaces.get(&it.2));
    rows.filter(move |it| routing::is_here(state, node, it))
}

/// The running instances of a VPC on a node.
fn running(state: &State, node: NodeId, vpc: VpcId) -> impl Iterator<Item = &Arc<Instance>> {
    let first = (node, vpc, InstanceId::LEAST);
    let here = state.indexes.instances_on_node.from(first).take_while(move |it| it.0 == node && it.1 == vpc);
    let rows = here.filter_map(|it| state.instances.get(&it.2));
    rows.filter(move |it| is_running(it, node, vpc))
}

fn is_running(instance: &Instance, node: NodeId, vpc: VpcId) -> bool {
    instance.lifecycle == Lifecycle::Running && instance.node == node && instance.vpc == vpc
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
