//! The route tables of a VPC as kernel tables, and which packets look at which.
//!
//! ```text
//!  packet's mark        table          what is in it
//!  RT, more specific    10000 + RT     the routes; blocks of the VPC are thrown on        priority 100 + RT
//!  any                  100            every address of the VPC here; its blocks end      priority 5000
//!  RT                   10000 + RT     the routes                                         priority 10000 + RT
//!  any                  101            nothing: dropped without an answer                 priority 20000
//! ```
//!
//! A look-up costs with the number of route tables before it, so only tables with a route inside the VPC's own blocks
//! come before the addresses of the VPC.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::config::{Namespace, Route, RouteKey, RoutingRule};
use super::group::Peers;
use super::mutant::Mutant;
use super::wiring::{EVERYTHING4, EVERYTHING6, INTERNET, VPC_TABLE, far, interface_link, nat_link, peering_link};
use crate::net::Prefix;
use crate::state::State;
use crate::state::id::{NodeId, PeeringConnectionId, VpcId};
use crate::state::instance::Lifecycle;
use crate::state::network_interface::NetworkInterface;
use crate::state::peering::PeeringStatus;
use crate::state::route_table::{Destination, RouteTable, Target};
use crate::state::vpc::Vpc;

/// Where a route table's number stands in a packet's mark, above the sender's identity.
const NUMBER_SHIFT: u32 = 16;
const NUMBER_MASK: u32 = 0x0fff << NUMBER_SHIFT;

const LAST_TABLE: u32 = 101;
const FIRST_TABLE: u32 = 10_000;

const SPECIFIC_PRIORITY: u32 = 100;
const VPC_PRIORITY: u32 = 5_000;
const TABLE_PRIORITY: u32 = 10_000;
const LAST_PRIORITY: u32 = 20_000;

/// The bits of a packet's mark that say by which table it is routed.
pub fn mark(table: &RouteTable) -> u32 {
    u32::from(table.number) << NUMBER_SHIFT
}

/// What a router has links to besides interfaces.
#[derive(Debug, Default)]
pub struct Ways {
    pub internet: bool,
    /// The VPCs at the far ends of peering links.
    pub peers: Peers,
    /// In which zones of the connection table flows with them are.
    pub zones: BTreeMap<PeeringConnectionId, u16>,
}

/// Adds the tables of a VPC, and the rules that lead to them, to a router that has its members' addresses.
pub fn tables(namespace: &mut Namespace, state: &State, vpc: &Vpc, node: NodeId, ways: &Ways) {
    let always = |table| RoutingRule { mark: None, from: None, table };
    namespace.rules.insert(VPC_PRIORITY, always(VPC_TABLE));
    namespace.rules.insert(LAST_PRIORITY, always(LAST_TABLE));
    // An address that nobody has is nowhere: packets for it end here and are not answered.
    for block in vpc.prefixes() {
        let key = RouteKey { table: VPC_TABLE, destination: block };
        namespace.routes.entry(key).or_insert(Route::Blackhole);
    }
    for everything in [EVERYTHING4, EVERYTHING6] {
        namespace.routes.insert(RouteKey { table: LAST_TABLE, destination: everything }, Route::Blackhole);
    }

    for table in state.indexes.route_tables_of_vpc.of(vpc.id).filter_map(|it| state.route_tables.get(&it)) {
        if table.routes.is_empty() {
            continue;
        }
        let number = u32::from(table.number);
        let kernel_table = FIRST_TABLE + number;
        let mut specific = false;
        let routes = expanded(state, table);
        for (&destination, &target) in &routes {
            specific |= vpc.prefixes().any(|it| it.contains(&destination)) && !Mutant::Specific.lives();
            let route = route(state, vpc, node, ways, destination, target);
            if Mutant::Blackhole.lives() && route == Route::Blackhole {
                continue;
            }
            // An interface that takes nothing for others takes what is for itself.
            for own in own_blocks(state, target).filter(|_| route == Route::Blackhole) {
                if best(&routes, own) == Some(destination) {
                    let key = RouteKey { table: kernel_table, destination: own };
                    namespace.routes.insert(key, Route::Throw);
                }
            }
            namespace.routes.entry(RouteKey { table: kernel_table, destination }).or_insert(route);
        }
        if specific {
            for block in vpc.prefixes() {
                let key = RouteKey { table: kernel_table, destination: block };
                namespace.routes.entry(key).or_insert(Route::Throw);
            }
        }
        let priority = if specific { SPECIFIC_PRIORITY } else { TABLE_PRIORITY } + number;
        let marked = (!Mutant::Transit.lives()).then_some((mark(table), NUMBER_MASK));
        let rule = RoutingRule { mark: marked, from: None, table: kernel_table };
        namespace.rules.insert(priority, rule);
    }
}

/// The addresses of the interface that a route leads to.
fn own_blocks(state: &State, target: Target) -> impl Iterator<Item = Prefix> + '_ {
    let interface = match target {
        Target::Interface(id) => state.network_interfaces.get(&id),
        _ => None,
    };
    interface.into_iter().flat_map(|it| {
        let blocks = it.prefixes.iter().copied().map(Prefix::V4).chain(it.prefixes6.iter().copied().map(Prefix::V6));
        it.all_addresses().map(Prefix::from).chain(blocks).collect::<Vec<_>>()
    })
}

/// The most specific of the routes that all of a block takes.
fn best(routes: &BTreeMap<Prefix, Target>, block: Prefix) -> Option<Prefix> {
    routes.keys().copied().filter(|it| it.contains(&block)).max_by_key(|it| it.prefix_len())
}

/// A table's routes by block. Of a list's blocks, those that the table names itself are not the list's; and those
/// within the VPC are ignored, as the VPC user guide says ("Route priority for prefix lists").
pub fn expanded(state: &State, table: &RouteTable) -> BTreeMap<Prefix, Target> {
    let mut routes = BTreeMap::new();
    let blocks: Vec<Prefix> = state.vpcs.get(&table.vpc).into_iter().flat_map(|it| it.prefixes()).collect();
    for route in &table.routes {
        if let Destination::PrefixList(list) = route.destination {
            let entries = state.prefix_lists.get(&list).into_iter().flat_map(|it| it.entries());
            // Of two lists with the same block, the first counts.
            let ignored = |it: &Prefix| blocks.iter().any(|block| block.contains(it)) && !Mutant::ListInside.lives();
            for entry in entries.skip(Mutant::ListRoutes.lives().into()).filter(|it| !ignored(&it.prefix)) {
                routes.entry(entry.prefix).or_insert(route.target);
            }
        }
    }
    for route in &table.routes {
        if let Destination::Prefix(prefix) = route.destination {
            routes.insert(prefix, route.target);
        }
    }
    routes
}

/// Where the kernel sends what a route matches; what leads nowhere is a black hole.
fn route(state: &State, vpc: &Vpc, node: NodeId, ways: &Ways, destination: Prefix, target: Target) -> Route {
    let link = match target {
        Target::InternetGateway(_) | Target::EgressOnlyInternetGateway(_) => {
            leads_out(state, vpc.id, target).then(|| INTERNET.to_owned()).filter(|_| ways.internet)
        }
        Target::NatGateway(id) => {
            let gateway = state.nat_gateways.get(&id);
            gateway.filter(|it| it.deleted.is_none() && it.vpc == vpc.id && it.node == node).map(|_| nat_link(id))
        }
        Target::Interface(id) => {
            let interface = state.network_interfaces.get(&id);
            // Packets that are not for the interface itself only reach one that does not look.
            let interface = interface.filter(|it| it.vpc == vpc.id && !it.source_dest_check);
            interface.filter(|it| is_here(state, node, it)).map(|_| interface_link(id))
        }
        Target::Peering(id) => ways.peers.get(&id).map(|_| peering_link(id)),
    };
    link.map_or(Route::Blackhole, |it| far(&it, destination))
}

/// Whether a gateway is the VPC's way out.
pub fn leads_out(state: &State, vpc: VpcId, target: Target) -> bool {
    match target {
        Target::InternetGateway(id) => state.indexes.internet_gateway_of_vpc.get(&vpc) == Some(&id),
        Target::EgressOnlyInternetGateway(id) => {
            state.egress_only_internet_gateways.get(&id).is_some_and(|it| it.vpc == vpc)
        }
        _ => false,
    }
}

/// Whether an interface is in a running instance of the node.
pub fn is_here(state: &State, node: NodeId, interface: &NetworkInterface) -> bool {
    let attachment = interface.attachment.as_ref().filter(|it| it.node == node);
    let instance = attachment.and_then(|it| state.instances.get(&it.instance));
    instance.is_some_and(|it| it.lifecycle == Lifecycle::Running)
}

/// The other VPCs of a VPC's active peering connections.
pub fn peers(state: &State, vpc: VpcId) -> impl Iterator<Item = (PeeringConnectionId, VpcId)> + '_ {
    let connections = state.indexes.peering_connections_of_vpc.of(vpc);
    let connections = connections.filter_map(|it| state.peering_connections.get(&it));
    let active = connections.filter(|it| it.status == PeeringStatus::Active);
    active.filter_map(move |it| Some((it.id, it.seen_from(vpc)?.1.vpc)))
}

/// The ranges of addresses that a table sends to the VPC's internet gateway: where its subnets may be reached from.
pub fn from_internet(state: &State, vpc: VpcId, table: &RouteTable) -> Vec<(IpAddr, IpAddr)> {
    let routes = expanded(state, table);
    let blocks = state.vpcs.get(&vpc);
    // What is local is not outside, whatever a wider route says.
    let local = blocks.iter().flat_map(|it| it.prefixes()).filter(|it| !routes.contains_key(it));
    let inner: Vec<Prefix> = routes.keys().copied().chain(local).collect();
    let inwards = |it: &Target| matches!(it, Target::InternetGateway(_)) || Mutant::EgressOnlyInwards.lives();
    let outside = |target: &Target| inwards(target) && leads_out(state, vpc, *target);
    let mut ranges = Vec::new();
    for (prefix, _) in routes.iter().filter(|it| outside(it.1)) {
        let mut holes: Vec<_> = inner.iter().filter(|it| *it != prefix && prefix.contains(*it)).map(ends).collect();
        holes.sort();
        let (first, last) = ends(prefix);
        let mut next = Some(first);
        for (from, to) in holes {
            let Some(at) = next else { break };
            if from > at {
                ranges.push((address(prefix, at), address(prefix, from - 1)));
            }
            if to >= at {
                next = to.checked_add(1).filter(|it| *it <= last);
            }
        }
        if let Some(at) = next {
            ranges.push((address(prefix, at), address(prefix, last)));
        }
    }
    ranges
}

/// The first and the last address of a block, as numbers.
fn ends(prefix: &Prefix) -> (u128, u128) {
    match prefix {
        Prefix::V4(it) => (u32::from(it.network()).into(), u32::from(it.broadcast()).into()),
        Prefix::V6(it) => (it.network().into(), it.broadcast().into()),
    }
}

/// The address with this number, of the block's family.
fn address(of: &Prefix, number: u128) -> IpAddr {
    match of {
        Prefix::V4(_) => IpAddr::V4(u32::try_from(number).expect("within an IPv4 block").into()),
        Prefix::V6(_) => IpAddr::V6(number.into()),
    }
}
