//! A VPC on one node: its router.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::acl;
use super::config::{LinkName, Namespace, NamespaceId, Route, RouteKey};
use super::edge::Shore;
use super::firewall::{Gate, Guard, Guarded, METADATA, NAMES, firewall};
use super::group::CompiledGroup;
use super::internet::internet;
use super::mutant::Mutant;
use super::public_access::{is_limited, public_access};
use super::routing::{self, VPC_TABLE, Ways};
use super::services::services;
use super::wiring::{
    EVERYTHING4, EVERYTHING6, FIRST_DEVICE, INTERNET, device, far, interface_link, nat_link, peering_link, router_link,
};
use crate::net::{Ipv4Net, Mac, Prefix};
use crate::state::State;
use crate::state::id::{InterfaceId, NodeId, SecurityGroupId, SubnetId, VpcId};
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::NetworkInterface;
use crate::state::vpc::Vpc;

/// The kernel's name of the loopback device.
const LOOPBACK: &str = "lo";

/// What of a VPC is on this node.
pub struct Here<'a> {
    pub node: NodeId,
    pub vpc: &'a Vpc,
    /// Attached to running instances of the node.
    pub interfaces: &'a [Arc<NetworkInterface>],
    /// With their own interfaces.
    pub nat_gateways: &'a [(Arc<NatGateway>, Arc<NetworkInterface>)],
    /// The groups that interfaces here wear.
    pub groups: &'a BTreeMap<SecurityGroupId, Arc<CompiledGroup>>,
    pub ways: &'a Ways,
    pub generation: u64,
}

/// The router, and what it has at the edge if it has a way there.
pub fn router(state: &State, here: &Here<'_>) -> (Namespace, Option<Shore>) {
    let vpc = here.vpc;
    let mut namespace = Namespace { forwarding: true, ..Namespace::default() };
    routing::tables(&mut namespace, state, vpc, here.node, here.ways);
    let mut parts = Parts::default();
    for interface in here.interfaces {
        parts.interface(&mut namespace, state, interface);
    }
    for (gateway, interface) in here.nat_gateways {
        parts.nat_gateway(&mut namespace, state, gateway, interface);
    }
    for (connection, peer) in &here.ways.peers {
        parts.peer(&mut namespace, state, *connection, *peer);
    }

    let services = services(vpc);
    let mut ports = METADATA.to_vec();
    if !services.resolvers.is_empty() {
        ports.extend(NAMES);
    }
    for address in services.resolvers.into_iter().chain(services.metadata) {
        namespace.addresses.insert((LOOPBACK.to_owned(), Prefix::from(address)));
    }

    let shore = here.ways.internet.then(|| {
        namespace.join(INTERNET, NamespaceId::Edge, &router_link(vpc.id), Mac::GATEWAY);
        // A packet from outside that says it is from here is not; nor is one from a private address of a peer, whose
        // IPv6 addresses are the same to everyone.
        let peers = here.ways.peers.values().filter_map(|it| state.vpcs.get(it));
        let theirs = peers.flat_map(|it| it.blocks.iter().map(|block| Prefix::V4(block.prefix)));
        let not_from = vpc.prefixes().chain(theirs).collect();
        parts.gates.push(Gate::Internet { not_from });
        let blocks6 = vpc.blocks6.iter().map(|it| it.prefix).collect();
        Shore { public: parts.public.values().copied().collect(), blocks6 }
    });

    let worn = parts.identities.values().flatten().collect::<BTreeSet<_>>();
    let groups: Vec<_> = worn.into_iter().filter_map(|id| here.groups.get(id)).cloned().collect();
    let limits_public_access = here.ways.internet && is_limited(state, vpc);
    let guard = Guard {
        interfaces: &parts.guarded,
        gates: &parts.gates,
        identities: &parts.identities,
        groups: &groups,
        generation: here.generation,
        services: &ports,
        limits_public_access,
    };
    let everyone = state.indexes.interfaces_of_vpc.of(vpc.id).filter_map(|id| state.network_interfaces.get(&id));
    let receivers = everyone.flat_map(|it| held(it).into_iter().map(|address| (address, it.identity)));
    namespace.firewall = firewall(&guard, receivers);
    let edged = parts.subnets.iter().map(|(link, subnet)| (link.as_str(), *subnet));
    acl::acls(&mut namespace.firewall, state, vpc, edged);
    if here.ways.internet {
        let tables = parts.guarded.iter().filter_map(|it| {
            let subnet = state.subnets.get(parts.subnets.get(&it.link)?)?;
            Some((it.link.clone(), state.route_table_of(subnet)?.id))
        });
        internet(&mut namespace.firewall, state, vpc, &tables.collect(), &parts.public);
    }
    if limits_public_access {
        let nat = parts.gates.iter().filter_map(|it| match it {
            Gate::Nat { link, .. } => Some(link.as_str()),
            _ => None,
        });
        let links = parts.subnets.iter().map(|(link, subnet)| (link.as_str(), *subnet));
        public_access(&mut namespace.firewall, state, vpc, links, &nat.collect());
    }
    (namespace, shore)
}

/// An interface's addresses, those of its IPv4 blocks among them.
pub fn held(interface: &NetworkInterface) -> Vec<IpAddr> {
    let blocks = interface.prefixes.iter().flat_map(|it: &Ipv4Net| {
        let first = u32::from(it.network());
        (first..=u32::from(it.broadcast())).map(|it| IpAddr::V4(it.into()))
    });
    interface.all_addresses().chain(blocks).collect()
}

/// What a router's firewall is made of, link by link.
#[derive(Default)]
struct Parts {
    guarded: Vec<Guarded>,
    gates: Vec<Gate>,
    subnets: BTreeMap<LinkName, SubnetId>,
    identities: BTreeMap<u16, Vec<SecurityGroupId>>,
    /// Public addresses by the private ones that they stand for.
    public: BTreeMap<Ipv4Addr, Ipv4Addr>,
}

impl Parts {
    fn interface(&mut self, namespace: &mut Namespace, state: &State, interface: &NetworkInterface) {
        let Some(attachment) = &interface.attachment else { return };
        let link = interface_link(interface.id);
        namespace.limits.extend(interface.bandwidth.map(|it| (link.clone(), it)));
        let instance = NamespaceId::Instance(attachment.instance.to_string());
        namespace.join(&link, instance, &device(attachment.device_index), interface.mac);
        for address in interface.all_addresses() {
            namespace.neighbours.insert((link.clone(), address), interface.mac);
            let key = RouteKey { table: VPC_TABLE, destination: Prefix::from(address) };
            namespace.routes.insert(key, Route::Link { link: link.clone(), source: None });
        }
        let four = interface.prefixes.iter().map(|it| Prefix::V4(*it));
        for block in four.chain(interface.prefixes6.iter().map(|it| Prefix::V6(*it))) {
            namespace.routes.insert(RouteKey { table: VPC_TABLE, destination: block }, far(&link, block));
        }
        if let Some(identity) = state.identities.get(&(interface.vpc, interface.identity)) {
            self.identities.insert(interface.identity, identity.groups.clone());
        }
        self.guarded.push(Guarded {
            link: link.clone(),
            mark: u32::from(interface.identity) | self.table(state, interface.subnet),
            identity: interface.identity,
            addresses: held(interface),
            blocks6: interface.prefixes6.clone(),
            source_check: interface.source_dest_check,
        });
        self.subnets.insert(link, interface.subnet);
        self.publish(state, interface.id);
    }

    fn nat_gateway(
        &mut self,
        namespace: &mut Namespace,
        state: &State,
        gateway: &NatGateway,
        interface: &NetworkInterface,
    ) {
        let link = nat_link(gateway.id);
        namespace.limits.extend(interface.bandwidth.map(|it| (link.clone(), it)));
        namespace.join(&link, NamespaceId::NatGateway(gateway.id.to_string()), FIRST_DEVICE, interface.mac);
        for address in interface.all_addresses() {
            let destination = Prefix::from(address);
            namespace.routes.insert(RouteKey { table: VPC_TABLE, destination }, far(&link, destination));
        }
        self.gates.push(Gate::Nat { link: link.clone(), mark: self.table(state, gateway.subnet) });
        self.subnets.insert(link, gateway.subnet);
        self.publish(state, interface.id);
    }

    fn peer(
        &mut self,
        namespace: &mut Namespace,
        state: &State,
        connection: crate::state::id::PeeringConnectionId,
        peer: VpcId,
    ) {
        let link = peering_link(connection);
        namespace.join(&link, NamespaceId::Router(peer.to_string()), &link, Mac::GATEWAY);
        let mut blocks: Vec<_> = state.vpcs.get(&peer).into_iter().flat_map(|it| it.prefixes()).collect();
        if Mutant::PeerSource.lives() {
            blocks = vec![EVERYTHING4, EVERYTHING6];
        }
        self.gates.push(Gate::Peer { link, blocks });
    }

    /// Which table the packets that leave a subnet are routed by, as their mark says it.
    fn table(&self, state: &State, subnet: SubnetId) -> u32 {
        let table = state.subnets.get(&subnet).and_then(|it| state.route_table_of(it));
        table.filter(|_| !Mutant::SubnetTable.lives()).map_or(0, |it| routing::mark(it))
    }

    fn publish(&mut self, state: &State, interface: InterfaceId) {
        let addresses = state.indexes.addresses_of_interface.of(interface);
        let rows = addresses.filter_map(|it| state.addresses.get(&it));
        let pairs = rows.filter_map(|it| Some((it.association.as_ref()?.private, it.public)));
        self.public.extend(pairs);
    }
}
