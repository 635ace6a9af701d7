//! Routes: where a route table sends what is for which destination.
//!
//! Of a destination that equals a block of the VPC there is a route always, the local one. It is stored only while it
//! leads elsewhere; see [`RouteTable`].

use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::error::{Error, Kind, Limit, Result, refuse};
use super::scope::{Call, Scope, parse_id};
use super::vpc::{block4, block6};
use crate::net::{Ipv4Net, Ipv6Net, Prefix};
use crate::state::id::Id;
use crate::state::instance::Lifecycle;
use crate::state::internet_gateway::{EgressOnlyInternetGateway, InternetGateway};
use crate::state::nat_gateway::NatGateway;
use crate::state::peering::PeeringStatus;
use crate::state::prefix_list::Family;
use crate::state::route_table::{Destination, Route, RouteTable, Target};
use crate::state::{State, Stored};
use crate::wire::shapes::{self, CreateRouteRequest, CreateRouteResult, DeleteRouteRequest, ReplaceRouteRequest};

#[cfg(test)]
mod tests;

/// Keeps a table's size within what memory can hold, also where AWS's quota does not hold.
const ROUTES_MAX: usize = 1_000;
const ROUTES_QUOTA: usize = 500;

/// Blocks in which EC2 keeps services of its own: no route leads into them. See "Subnet route tables" in the VPC guide.
const RESERVED: [Prefix; 2] = [
    Prefix::V4(Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 168, 0), 22)),
    Prefix::V6(Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32)),
];

/// The IPv6 addresses that stand for IPv4 ones (RFC 6052), the only ones for which a NAT gateway can be a target.
const NAT64: Prefix = Prefix::V6(Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96));

/// How a call can name a route's target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Gateway,
    NatGateway,
    EgressOnlyGateway,
    Interface,
    Instance,
    Peering,
    /// `LocalTarget`, of `ReplaceRoute` alone.
    Local,
}

/// The targets that a call names; two calls have the parameters. Refuses those of which there are none here.
macro_rules! named {
    ($input:ident) => {{
        refuse("CarrierGatewayId", &$input.carrier_gateway_id)?;
        refuse("CoreNetworkArn", &$input.core_network_arn)?;
        refuse("LocalGatewayId", &$input.local_gateway_id)?;
        refuse("OdbNetworkArn", &$input.odb_network_arn)?;
        refuse("TransitGatewayId", &$input.transit_gateway_id)?;
        refuse("VpcEndpointId", &$input.vpc_endpoint_id)?;
        [
            (Named::Gateway, $input.gateway_id),
            (Named::NatGateway, $input.nat_gateway_id),
            (Named::EgressOnlyGateway, $input.egress_only_internet_gateway_id),
            (Named::Interface, $input.network_interface_id),
            (Named::Instance, $input.instance_id),
            (Named::Peering, $input.vpc_peering_connection_id),
        ]
        .into_iter()
        .filter_map(|(named, id)| Some((named, id?)))
    }};
}

pub fn create(call: &mut Call<'_>, input: CreateRouteRequest) -> Result<CreateRouteResult> {
    let (named, id) = one(named!(input))?;
    let mut table = call.route_table(&input.route_table_id)?.as_ref().clone();
    let destination = destination(
        input.destination_cidr_block.as_deref(),
        input.destination_ipv6_cidr_block.as_deref(),
        input.destination_prefix_list_id.as_deref(),
    )?;
    if let Destination::PrefixList(list) = destination {
        call.prefix_list(&list.to_string())?;
    }
    if let Destination::Prefix(prefix) = destination
        && RESERVED.iter().any(|it| it.contains(&prefix))
    {
        return Err(invalid(format!("The destination CIDR block {prefix} lies in a range that is reserved for AWS.")));
    }
    let target = target(call, &table, named, &id)?;
    expect_fit(call.state(), &table, destination, target)?;
    let at = match table.routes.binary_search_by_key(&destination, |it| it.destination) {
        Err(at) if !is_local(call.state(), &table, destination) => at,
        _ => return Err(Error::RouteAlreadyExists(text(destination))),
    };
    expect_subnet(call.state(), &table, destination)?;
    table.routes.insert(at, Route { destination, target });
    let most = if call.state().has_quotas() { ROUTES_QUOTA } else { ROUTES_MAX };
    if table.routes.iter().map(|it| weight(call.state(), it.destination)).sum::<usize>() > most {
        return Err(Error::LimitExceeded(Limit::Routes));
    }
    call.tx.put(table);
    Ok(CreateRouteResult { r#return: Some(true) })
}

/// `ReplaceRoute`: another target for a route, the local ones included.
pub fn replace(call: &mut Call<'_>, input: ReplaceRouteRequest) -> Result<()> {
    let local = input.local_target.unwrap_or(false).then(|| (Named::Local, String::new()));
    let (named, id) = one(named!(input).chain(local))?;
    let mut table = call.route_table(&input.route_table_id)?.as_ref().clone();
    let destination = destination(
        input.destination_cidr_block.as_deref(),
        input.destination_ipv6_cidr_block.as_deref(),
        input.destination_prefix_list_id.as_deref(),
    )?;
    let is_local = is_local(call.state(), &table, destination);
    let found = table.routes.binary_search_by_key(&destination, |it| it.destination);
    if found.is_err() && !is_local {
        let words = text(destination);
        return Err(invalid(format!(
            "There is no route defined for '{words}' in the route table. Use CreateRoute instead."
        )));
    }
    if named == Named::Local || (named, id.as_str()) == (Named::Gateway, "local") {
        if !is_local {
            return Err(invalid("local-target only allowed with network local destination CIDRs".to_owned()));
        }
        table.routes.retain(|it| it.destination != destination);
    } else {
        let target = target(call, &table, named, &id)?;
        expect_fit(call.state(), &table, destination, target)?;
        match found {
            Ok(at) => table.routes[at].target = target,
            Err(at) => table.routes.insert(at, Route { destination, target }),
        }
    }
    call.tx.put(table);
    Ok(())
}

pub fn delete(call: &mut Call<'_>, input: DeleteRouteRequest) -> Result<()> {
    let mut table = call.route_table(&input.route_table_id)?.as_ref().clone();
    let destination = destination(
        input.destination_cidr_block.as_deref(),
        input.destination_ipv6_cidr_block.as_deref(),
        input.destination_prefix_list_id.as_deref(),
    )?;
    if is_local(call.state(), &table, destination) {
        let text = format!("cannot remove local route {} in route table {}", text(destination), table.id);
        return Err(invalid(text));
    }
    let Ok(at) = table.routes.binary_search_by_key(&destination, |it| it.destination) else {
        let parameter = match destination {
            Destination::Prefix(Prefix::V4(_)) => "destination-cidr-block",
            Destination::Prefix(Prefix::V6(_)) => "destination-ipv6-cidr-block",
            Destination::PrefixList(_) => "destination-prefix-list-id",
        };
        let destination = format!("{parameter} {}", text(destination));
        return Err(Error::RouteNotFound { destination, table: table.id.to_string() });
    };
    table.routes.remove(at);
    call.tx.put(table);
    Ok(())
}

/// As how many routes one counts: for a prefix list, as many as it may hold.
fn weight(state: &State, destination: Destination) -> usize {
    let Destination::PrefixList(list) = destination else { return 1 };
    state.prefix_lists.get(&list).map_or(1, |it| usize::try_from(it.entries_max).unwrap_or(usize::MAX))
}

/// The destination that a call names: exactly one, host bits cleared as the reference of `CreateRoute` says.
fn destination(four: Option<&str>, six: Option<&str>, list: Option<&str>) -> Result<Destination> {
    match (four, six, list) {
        (Some(it), None, None) => block4("destinationCidrBlock", it).map(|it| Destination::Prefix(Prefix::V4(it))),
        (None, Some(it), None) => block6("destinationIpv6CidrBlock", it).map(|it| Destination::Prefix(Prefix::V6(it))),
        (None, None, Some(it)) => parse_id(Kind::PrefixList, it).map(Destination::PrefixList),
        (None, None, None) => Err(Error::Missing(ONE_DESTINATION)),
        _ => Err(Error::InvalidParameterCombination(ONE_DESTINATION.to_owned())),
    }
}

const ONE_DESTINATION: &str = "The request must contain exactly one of: destinationCidrBlock, \
                               destinationIpv6CidrBlock, destinationPrefixListId";

const ONE_TARGET: &str = "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, \
                          vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, localGatewayId, \
                          carrierGatewayId, vpcEndpointId, coreNetworkArn or instanceId";

/// The one target that a call names.
fn one(mut named: impl Iterator<Item = (Named, String)>) -> Result<(Named, String)> {
    let first = named.next().ok_or(Error::Missing(ONE_TARGET))?;
    if named.next().is_some() {
        return Err(Error::InvalidParameterCombination(ONE_TARGET.to_owned()));
    }
    Ok(first)
}

/// The target of a route of this table; what it names must be there, and be of the table's VPC.
fn target(scope: &impl Scope, table: &RouteTable, named: Named, id: &str) -> Result<Target> {
    let in_vpc = |holds: bool, what: &str| {
        if holds {
            return Ok(());
        }
        Err(invalid(format!("route table {} and {what} {id} belong to different networks", table.id)))
    };
    match named {
        Named::Gateway => {
            for (prefix, what) in [("vgw-", "Virtual private gateways"), ("vpce-", "VPC endpoints")] {
                if id.starts_with(prefix) {
                    return Err(Error::UnsupportedOperation(format!("{what} are not supported.")));
                }
            }
            let gateway = gateway::<InternetGateway>(scope, Kind::TargetGateway, id)?;
            in_vpc(gateway.vpc == Some(table.vpc), "network gateway")?;
            Ok(Target::InternetGateway(gateway.id))
        }
        Named::EgressOnlyGateway => {
            let gateway = gateway::<EgressOnlyInternetGateway>(scope, Kind::TargetGateway, id)?;
            in_vpc(gateway.vpc == table.vpc, "network gateway")?;
            Ok(Target::EgressOnlyInternetGateway(gateway.id))
        }
        Named::NatGateway => {
            let kind = Kind::TargetNatGateway;
            let gateway = gateway::<NatGateway>(scope, kind, id)?;
            if gateway.deleted.is_some() {
                return Err(Error::NotFound { kind, id: id.to_owned() });
            }
            in_vpc(gateway.vpc == table.vpc, "NAT gateway")?;
            Ok(Target::NatGateway(gateway.id))
        }
        Named::Interface => {
            let interface = scope.network_interface(id)?;
            in_vpc(interface.vpc == table.vpc, "interface")?;
            Ok(Target::Interface(interface.id))
        }
        Named::Instance => {
            let instance = scope.instance(id)?;
            if instance.lifecycle == Lifecycle::Terminated {
                return Err(Error::IncorrectInstanceState(format!("The instance '{id}' is terminated.")));
            }
            let mut interfaces = scope.state().interfaces_of_instance(instance.id);
            let (Some(only), None) = (interfaces.next(), interfaces.next()) else {
                return Err(Error::MultipleInterfaces(id.to_owned()));
            };
            in_vpc(only.vpc == table.vpc, "interface")?;
            Ok(Target::Interface(only.id))
        }
        Named::Peering => {
            let peering = scope.peering_connection(id)?;
            // One that waits to be accepted is taken: its route is a black hole until then.
            let status = peering.status_at(scope.now());
            if !matches!(status, PeeringStatus::PendingAcceptance | PeeringStatus::Active) {
                return Err(Error::NotFound { kind: Kind::PeeringConnection, id: id.to_owned() });
            }
            in_vpc(peering.seen_from(table.vpc).is_some(), "peering connection")?;
            Ok(Target::Peering(peering.id))
        }
        // EC2's sentence too, for it knows only the name.
        Named::Local => Err(Error::NotFound { kind: Kind::TargetGateway, id: "local".to_owned() }),
    }
}

/// A gateway that a route is to lead to; here EC2 takes a malformed id for one that is unknown.
fn gateway<R: Stored>(scope: &impl Scope, kind: Kind, id: &str) -> Result<Arc<R>>
where
    R::Key: Id,
{
    scope.own(kind, id).map_err(|_| Error::NotFound { kind, id: id.to_owned() })
}

/// Refuses a target that cannot take what is for the destination: of another family, or, for a destination in the
/// VPC, one that is not in the VPC itself.
fn expect_fit(state: &State, table: &RouteTable, destination: Destination, target: Target) -> Result<()> {
    let family = match destination {
        Destination::Prefix(Prefix::V4(_)) => Some(Family::Ipv4),
        Destination::Prefix(Prefix::V6(_)) => Some(Family::Ipv6),
        Destination::PrefixList(list) => state.prefix_lists.get(&list).map(|it| it.family),
    };
    let words = text(destination);
    match target {
        Target::EgressOnlyInternetGateway(id) if family != Some(Family::Ipv6) => {
            return Err(invalid(format!(
                "The egress-only internet gateway {id} takes IPv6 alone; {words} is not an IPv6 destination."
            )));
        }
        Target::NatGateway(id) if is_nat64(destination) => {
            let text = format!("The NAT gateway {id} takes IPv4 alone; nothing translates {words} here.");
            return Err(Error::UnsupportedOperation(text));
        }
        Target::NatGateway(id) if family == Some(Family::Ipv6) => {
            return Err(invalid(format!(
                "The NAT gateway {id} takes IPv6 for {NAT64} alone; {words} does not lie in it."
            )));
        }
        _ => {}
    }
    let within = block_around(state, table, destination).is_some();
    if within && !matches!(target, Target::Interface(_) | Target::NatGateway(_)) {
        return Err(invalid(format!(
            "The destination CIDR block {words} is equal to or more specific than one of this VPC's CIDR blocks. This \
             route can target only an interface or an instance, or a NAT gateway."
        )));
    }
    Ok(())
}

fn is_nat64(destination: Destination) -> bool {
    matches!(destination, Destination::Prefix(it) if NAT64.contains(&it))
}

/// Refuses a destination in the VPC that is not the whole block of a subnet.
fn expect_subnet(state: &State, table: &RouteTable, destination: Destination) -> Result<()> {
    if block_around(state, table, destination).is_none() {
        return Ok(());
    }
    let mut subnets = state.indexes.subnets_of_vpc.of(table.vpc).filter_map(|it| state.subnets.get(&it));
    let is_whole = subnets.any(|it| {
        let four = it.prefix.map(Prefix::V4);
        let six = it.block6.as_ref().map(|it| Prefix::V6(it.prefix));
        four.into_iter().chain(six).any(|it| Destination::Prefix(it) == destination)
    });
    if is_whole {
        return Ok(());
    }
    Err(invalid(format!(
        "The destination CIDR block {} is more specific than one of this VPC's CIDR blocks, and is not the CIDR block \
         of a subnet.",
        text(destination)
    )))
}

/// The block of the VPC in which the destination lies, if it does.
fn block_around(state: &State, table: &RouteTable, destination: Destination) -> Option<Prefix> {
    let Destination::Prefix(prefix) = destination else { return None };
    state.vpcs.get(&table.vpc)?.prefixes().find(|it| it.contains(&prefix))
}

/// Whether the destination is that of a local route, wherever it leads now.
fn is_local(state: &State, table: &RouteTable, destination: Destination) -> bool {
    let block = block_around(state, table, destination);
    block.is_some_and(|it| Destination::Prefix(it) == destination)
}

fn text(destination: Destination) -> String {
    match destination {
        Destination::Prefix(it) => it.to_string(),
        Destination::PrefixList(it) => it.to_string(),
    }
}

/// The routes of a table as the wire shows them: the local ones, then the others by destination.
pub fn show(state: &State, table: &RouteTable) -> Vec<shapes::Route> {
    let blocks = state.vpcs.get(&table.vpc).into_iter().flat_map(|vpc| vpc.prefixes()).map(Destination::Prefix);
    let blocks: Vec<Destination> = blocks.collect();
    let local = blocks.iter().map(|block| {
        let stored = table.routes.iter().find(|it| it.destination == *block);
        show_one(state, table, *block, stored.map(|it| it.target), "CreateRouteTable")
    });
    let others = table.routes.iter().filter(|it| !blocks.contains(&it.destination));
    let others = others.map(|it| show_one(state, table, it.destination, Some(it.target), "CreateRoute"));
    local.chain(others).collect()
}

/// A route as the wire shows it; one without a target is local.
fn show_one(
    state: &State,
    table: &RouteTable,
    destination: Destination,
    target: Option<Target>,
    origin: &str,
) -> shapes::Route {
    let is_active = target.is_none_or(|it| leads_on(state, table, destination, it));
    let mut route = shapes::Route {
        origin: Some(origin.to_owned()),
        state: Some(if is_active { "active" } else { "blackhole" }.to_owned()),
        ..Default::default()
    };
    let shown = Some(text(destination));
    match destination {
        Destination::Prefix(Prefix::V4(_)) => route.destination_cidr_block = shown,
        Destination::Prefix(Prefix::V6(_)) => route.destination_ipv6_cidr_block = shown,
        Destination::PrefixList(_) => route.destination_prefix_list_id = shown,
    }
    let shown = |id: &dyn Display| Some(id.to_string());
    match target {
        None => route.gateway_id = shown(&"local"),
        Some(Target::InternetGateway(id)) => route.gateway_id = shown(&id),
        Some(Target::EgressOnlyInternetGateway(id)) => route.egress_only_internet_gateway_id = shown(&id),
        Some(Target::NatGateway(id)) => route.nat_gateway_id = shown(&id),
        Some(Target::Peering(id)) => route.vpc_peering_connection_id = shown(&id),
        Some(Target::Interface(id)) => {
            route.network_interface_id = shown(&id);
            let interface = state.network_interfaces.get(&id);
            if let Some((interface, attachment)) = interface.and_then(|it| Some((it, it.attachment.as_ref()?))) {
                route.instance_id = shown(&attachment.instance);
                route.instance_owner_id = shown(&interface.account);
            }
        }
    }
    route
}

/// Whether packets get any further by the target; a route is a black hole otherwise.
fn leads_on(state: &State, table: &RouteTable, destination: Destination, target: Target) -> bool {
    match target {
        Target::InternetGateway(id) => state.internet_gateways.get(&id).is_some_and(|it| it.vpc == Some(table.vpc)),
        Target::EgressOnlyInternetGateway(id) => state.egress_only_internet_gateways.get(&id).is_some(),
        // There is no translation from IPv6 to IPv4: of a route for it that is there a NAT gateway drops everything.
        Target::NatGateway(id) => {
            !is_nat64(destination) && state.nat_gateways.get(&id).is_some_and(|it| it.deleted.is_none())
        }
        Target::Interface(id) => {
            let interface = state.network_interfaces.get(&id);
            let attachment = interface.and_then(|it| it.attachment.as_ref());
            let instance = attachment.and_then(|it| state.instances.get(&it.instance));
            instance.is_some_and(|it| it.lifecycle == Lifecycle::Running)
        }
        Target::Peering(id) => state.peering_connections.get(&id).is_some_and(|it| it.status == PeeringStatus::Active),
    }
}

fn invalid(text: String) -> Error {
    Error::InvalidParameterValue(text)
}
