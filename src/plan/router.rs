//! A VPC on one node: its router.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::acl;
use super::config::{Namespace, NamespaceId};
use super::edge::Shore;
use super::firewall::{Gate, Guard, METADATA, NAMES, firewall};
use super::group::CompiledGroup;
use super::internet::internet;
use super::member::{Ground, Member, Members};
use super::mutant::Mutant;
use super::public_access::{is_limited, public_access};
use super::routing::{self, Ways};
use super::services::services;
use super::wiring::{EVERYTHING4, EVERYTHING6, peering_link, router_link};
use crate::net::Prefix;
use crate::state::State;
use crate::state::id::{NodeId, SecurityGroupId, VpcId};
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::NetworkInterface;
use crate::state::vpc::Vpc;

/// The kernel's name of the loopback device.
const LOOPBACK: &str = "lo";

/// What of a VPC is on this node.
pub struct Here<'a> {
    pub node: NodeId,
    pub vpc: &'a Vpc,
    pub ground: &'a Ground,
    /// Its interfaces.
    pub members: &'a Members,
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
    let mut members = here.members.clone();
    for (gateway, interface) in here.nat_gateways {
        let Some(footing) = here.ground.get(&gateway.subnet) else { continue };
        members.add(Member::nat_gateway(state, gateway, interface, footing));
    }
    let mut gates = Vec::new();
    for (connection, peer) in &here.ways.peers {
        let link = peering_link(*connection);
        let mut blocks: Vec<_> = state.vpcs.get(peer).into_iter().flat_map(|it| it.prefixes()).collect();
        if Mutant::PeerSource.lives() {
            blocks = vec![EVERYTHING4, EVERYTHING6];
        }
        let gate = Gate::Peer { link: link.clone(), blocks, zone: here.ways.zones[connection] };
        members.add(Member::gate(&gate, NamespaceId::Router(peer.to_string()), &link));
        gates.push(gate);
    }
    let shore = here.ways.internet.then(|| {
        // A packet from outside that says it is from here is not; nor is one from a private address of a peer, whose
        // IPv6 addresses are the same to everyone.
        let peers = here.ways.peers.values().filter_map(|it| state.vpcs.get(it));
        let theirs = peers.flat_map(|it| it.blocks.iter().map(|block| Prefix::V4(block.prefix)));
        let gate = Gate::Internet { not_from: vpc.prefixes().chain(theirs).collect() };
        members.add(Member::gate(&gate, NamespaceId::Edge, &router_link(vpc.id)));
        gates.push(gate);
        let blocks6 = vpc.blocks6.iter().map(|it| it.prefix).collect();
        Shore { public: members.public.clone(), blocks6 }
    });

    let mut namespace = members.namespace();
    routing::tables(&mut namespace, state, vpc, here.node, here.ways);
    let services = services(vpc);
    let mut ports = METADATA.to_vec();
    if !services.resolvers.is_empty() {
        ports.extend(NAMES);
    }
    for address in services.resolvers.into_iter().chain(services.metadata) {
        namespace.addresses.insert((LOOPBACK.to_owned(), Prefix::from(address)));
    }

    let limits_public_access = here.ways.internet && is_limited(state, vpc);
    let guard = Guard {
        members: &members,
        gates: &gates,
        blocks: &vpc.prefixes().collect::<Vec<_>>(),
        identities: &identities(state, vpc.id, &members),
        groups: here.groups,
        generation: here.generation,
        services: &ports,
        limits_public_access,
        egress_only: state.indexes.egress_only_gateways_of_vpc.any(vpc.id),
    };
    namespace.firewall = firewall(&guard);
    acl::acls(&mut namespace.firewall, state, &members, here.ground);
    if here.ways.internet {
        internet(&mut namespace.firewall, state, vpc, &members, here.ground);
    }
    if limits_public_access {
        public_access(&mut namespace.firewall, state, vpc, &members, here.ground);
    }
    (namespace, shore)
}

/// The sets of groups that the members wear, by number.
pub fn identities(state: &State, vpc: VpcId, members: &Members) -> BTreeMap<u16, Vec<SecurityGroupId>> {
    let rows = members.identities.keys().filter_map(|it| Some((*it, state.identities.get(&(vpc, *it))?)));
    rows.map(|(number, row)| (number, row.groups.clone())).collect()
}
