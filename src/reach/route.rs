//! Which route a packet takes, as the VPC guide says: the most specific one; of two for the same block one with the
//! block as its destination goes before one with a prefix list.

use std::net::IpAddr;
use std::sync::Arc;

use crate::net::Prefix;
use crate::state::State;
use crate::state::id::{SubnetId, VpcId};
use crate::state::insights::Taken;
use crate::state::instance::Lifecycle;
use crate::state::network_interface::NetworkInterface;
use crate::state::peering::PeeringStatus;
use crate::state::route_table::{Destination, RouteTable, Target};

/// The route table of a subnet: its own, or the main one of its VPC.
pub fn table(state: &State, vpc: VpcId, subnet: SubnetId) -> Option<&Arc<RouteTable>> {
    let associations = || state.route_table_associations.iter().filter(|it| it.vpc == vpc);
    let own = associations().find(|it| it.subnet == Some(subnet));
    let association = own.or_else(|| associations().find(|it| it.subnet.is_none()))?;
    state.route_tables.get(&association.table)
}

/// The route of the table that a packet for this address takes.
pub fn taken(state: &State, table: &RouteTable, destination: IpAddr) -> Option<Taken> {
    let fitting = routes(state, table).into_iter().filter(|it| it.block.contains(&destination));
    // Of equals the first: they come in the order of their precedence.
    fitting.rev().max_by_key(|it| it.block.prefix_len())
}

/// Every route that packets can take, with the blocks that its destination stands for.
fn routes(state: &State, table: &RouteTable) -> Vec<Taken> {
    let blocks: Vec<Prefix> = state.vpcs.get(&table.vpc).into_iter().flat_map(|it| it.prefixes()).collect();
    let mut routes = Vec::new();
    for route in &table.routes {
        if let Destination::Prefix(block) = route.destination {
            routes.push(Taken { block, route: Some(route.clone()) });
        }
    }
    // The local routes. One of them that has been replaced stands before it, as a route to the same block.
    routes.extend(blocks.iter().map(|block| Taken { block: *block, route: None }));
    for route in &table.routes {
        let Destination::PrefixList(list) = route.destination else { continue };
        let entries = state.prefix_lists.get(&list).into_iter().flat_map(|it| it.entries());
        // Entries that are more specific than a local route are not valid in a route table, and passed over.
        let valid = entries.filter(|entry| !blocks.iter().any(|block| block.contains(&entry.prefix)));
        routes.extend(valid.map(|entry| Taken { block: entry.prefix, route: Some(route.clone()) }));
    }
    routes
}

/// The peer that packets of a subnet for this address are routed to.
pub fn peer(state: &State, vpc: VpcId, subnet: SubnetId, destination: IpAddr) -> Option<VpcId> {
    let target = taken(state, table(state, vpc, subnet)?, destination)?.route?.target;
    let Target::Peering(id) = target else { return None };
    let row = state.peering_connections.get(&id).filter(|_| takes_packets(state, vpc, target))?;
    row.seen_from(vpc).map(|(_, other)| other.vpc)
}

/// Whether a target takes packets of this VPC; if not, routes to it are black holes.
pub fn takes_packets(state: &State, vpc: VpcId, target: Target) -> bool {
    match target {
        Target::InternetGateway(id) => state.internet_gateways.get(&id).is_some_and(|it| it.vpc == Some(vpc)),
        Target::EgressOnlyInternetGateway(id) => {
            state.egress_only_internet_gateways.get(&id).is_some_and(|it| it.vpc == vpc)
        }
        Target::NatGateway(id) => {
            let gateway = state.nat_gateways.get(&id).filter(|it| it.vpc == vpc && it.deleted.is_none());
            gateway.is_some_and(|it| state.network_interfaces.get(&it.interface).is_some())
        }
        Target::Interface(id) => {
            state.network_interfaces.get(&id).is_some_and(|it| it.vpc == vpc && is_running(state, it))
        }
        Target::Peering(id) => {
            let row = state.peering_connections.get(&id);
            row.is_some_and(|it| it.status == PeeringStatus::Active && it.sides().iter().any(|side| side.vpc == vpc))
        }
    }
}

/// Whether the interface is attached to a running instance.
pub fn is_running(state: &State, interface: &NetworkInterface) -> bool {
    let instance = interface.attachment.as_ref().and_then(|it| state.instances.get(&it.instance));
    instance.is_some_and(|it| it.lifecycle == Lifecycle::Running)
}
