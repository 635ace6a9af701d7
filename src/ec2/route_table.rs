//! Route tables: where the packets of a VPC's subnets go, and which subnets use which table.
//!
//! Tables of gateways (edge associations) and routes that virtual private gateways propagate are not served. The
//! routes are in [`route`].

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::{Error, Kind, Limit, Result, refuse};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View, parse_id};
use super::{route, tag};
use crate::state::State;
use crate::state::id::{RouteTableAssociationId, SubnetId, VpcId};
use crate::state::route_table::{RouteTable, RouteTableAssociation};
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

/// As many as marks of packets can tell apart; see [`RouteTable::number`].
const NUMBER_MAX: u16 = 4095;
const QUOTA: usize = 200;

pub fn create(call: &mut Call<'_>, input: CreateRouteTableRequest) -> Result<CreateRouteTableResult> {
    let vpc = call.vpc(&input.vpc_id)?.id;
    let (account, region) = call.caller().owner();
    let tables = call.state().indexes.route_tables_of_vpc.of(vpc).count();
    let number = free_number(call.state(), vpc).filter(|_| tables < QUOTA || !call.state().has_quotas());
    let number = number.ok_or(Error::LimitExceeded(Limit::RouteTables))?;
    let (id, created) = (call.tx.mint(), call.now());
    let table = RouteTable { id, account, region, vpc, number, routes: Vec::new(), created };
    call.tx.put(table.clone());
    tag::specified(call, "route-table", id, &input.tag_specifications)?;
    Ok(CreateRouteTableResult { client_token: call.token.clone(), route_table: Some(show(call, &table)) })
}

/// The lowest number that no table of the VPC has.
fn free_number(state: &State, vpc: VpcId) -> Option<u16> {
    let tables = state.indexes.route_tables_of_vpc.of(vpc).filter_map(|it| state.route_tables.get(&it));
    let taken: BTreeSet<u16> = tables.map(|it| it.number).collect();
    (1..=NUMBER_MAX).find(|it| !taken.contains(it))
}

pub fn delete(call: &mut Call<'_>, input: DeleteRouteTableRequest) -> Result<()> {
    let table = call.route_table(&input.route_table_id)?.id;
    if call.state().indexes.associations_of_route_table.any(table) {
        return Err(Error::DependencyViolation { what: "routeTable", id: table.to_string() });
    }
    tag::forget(call, table);
    call.tx.remove::<RouteTable>(table);
    Ok(())
}

/// `AssociateRouteTable`: has a subnet use this table instead of the main one.
pub fn associate(call: &mut Call<'_>, input: AssociateRouteTableRequest) -> Result<AssociateRouteTableResult> {
    refuse("GatewayId", &input.gateway_id)?;
    refuse("PublicIpv4Pool", &input.public_ipv4_pool)?;
    let table = call.route_table(&input.route_table_id)?;
    let subnet = call.subnet(&input.subnet_id.ok_or(Error::MissingParameter("subnetId"))?)?;
    if subnet.vpc != table.vpc {
        let (table, subnet) = (table.id, subnet.id);
        let text = format!("Route table {table} and subnet {subnet} belong to different networks.");
        return Err(Error::InvalidParameterValue(text));
    }
    if call.state().indexes.route_table_of_subnet.contains_key(&subnet.id) {
        let table = table.id;
        let text = format!("the specified association for route table {table} conflicts with an existing association");
        return Err(Error::AlreadyAssociated(text));
    }
    let id = tie(call, &table, Some(subnet.id));
    Ok(AssociateRouteTableResult { association_id: Some(id.to_string()), association_state: associated() })
}

pub fn disassociate(call: &mut Call<'_>, input: DisassociateRouteTableRequest) -> Result<()> {
    let association = association(call, &input.association_id)?;
    if association.subnet.is_none() {
        let text = format!("cannot disassociate the main route table association {}", association.id);
        return Err(Error::InvalidParameterValue(text));
    }
    call.tx.remove::<RouteTableAssociation>(association.id);
    Ok(())
}

/// `ReplaceRouteTableAssociation`: another table for a subnet, or as the main one. The association that is made is a
/// new one.
pub fn replace_association(
    call: &mut Call<'_>,
    input: ReplaceRouteTableAssociationRequest,
) -> Result<ReplaceRouteTableAssociationResult> {
    let association = association(call, &input.association_id)?;
    let table = call.route_table(&input.route_table_id)?;
    if association.vpc != table.vpc {
        let (table, old) = (table.id, association.table);
        let text = format!("Route table {table} and route table {old} belong to different networks.");
        return Err(Error::InvalidParameterValue(text));
    }
    call.tx.remove::<RouteTableAssociation>(association.id);
    let id = tie(call, &table, association.subnet);
    Ok(ReplaceRouteTableAssociationResult { association_state: associated(), new_association_id: Some(id.to_string()) })
}

/// Makes an association with a subnet, or the main one.
fn tie(call: &mut Call<'_>, table: &RouteTable, subnet: Option<SubnetId>) -> RouteTableAssociationId {
    let id = call.tx.mint();
    call.tx.put(RouteTableAssociation { id, vpc: table.vpc, table: table.id, subnet });
    id
}

/// The caller's association with this id.
fn association(scope: &impl Scope, text: &str) -> Result<Arc<RouteTableAssociation>> {
    let kind = Kind::Association;
    let found = scope.state().route_table_associations.get(&parse_id(kind, text)?);
    // An association has no owner of its own.
    let found = found.filter(|it| scope.vpc(&it.vpc.to_string()).is_ok());
    found.cloned().ok_or_else(|| Error::NotFound { kind, id: text.to_owned() })
}

fn associated() -> Option<RouteTableAssociationState> {
    Some(RouteTableAssociationState { state: Some("associated".to_owned()), status_message: None })
}

pub fn enable_propagation(call: &mut Call<'_>, input: EnableVgwRoutePropagationRequest) -> Result<()> {
    no_propagation(call, &input.route_table_id, &input.gateway_id)
}

pub fn disable_propagation(call: &mut Call<'_>, input: DisableVgwRoutePropagationRequest) -> Result<()> {
    no_propagation(call, &input.route_table_id, &input.gateway_id)
}

/// There are no virtual private gateways, so none whose routes a table could take.
fn no_propagation(call: &Call<'_>, table: &str, gateway: &str) -> Result<()> {
    call.route_table(table)?;
    if !gateway.starts_with("vgw-") {
        return Err(Error::NotFound { kind: Kind::TargetGateway, id: gateway.to_owned() });
    }
    Err(Error::UnsupportedOperation("Virtual private gateways are not supported.".to_owned()))
}

pub fn describe(view: &View<'_>, input: DescribeRouteTablesRequest) -> Result<DescribeRouteTablesResult> {
    let find = |id: &str| view.route_table(id);
    let (state, indexes) = (view.state, &view.state.indexes);
    let of_association = move |it: RouteTableAssociationId| state.route_table_associations.get(&it).map(|it| it.table);
    let of_subnet = move |it: SubnetId| indexes.route_table_of_subnet.get(&it).copied().and_then(of_association);
    let found = Ways::of(&view.query)
        .by("route-table-id", Some)
        .by("association.route-table-association-id", of_association)
        .by("association.subnet-id", of_subnet)
        .by("vpc-id", move |it: VpcId| indexes.route_tables_of_vpc.of(it));
    let rows = named_or_found(view, &input.route_table_ids, "routeTableIds", find, found)?;
    let value = |table: &RouteTable, filter: &str| values(view, table, filter);
    let (route_tables, next_token) = list(view, rows, value, |table| show(view, table))?;
    Ok(DescribeRouteTablesResult { route_tables, next_token })
}

fn associations<'a>(state: &'a State, table: &RouteTable) -> impl Iterator<Item = &'a Arc<RouteTableAssociation>> {
    let ids = state.indexes.associations_of_route_table.of(table.id);
    ids.filter_map(|it| state.route_table_associations.get(&it))
}

/// What a route table holds for a filter.
fn values(view: &View<'_>, table: &RouteTable, filter: &str) -> Option<Vec<String>> {
    if let Some(field) = filter.strip_prefix("route.") {
        let routes = route::show(view.state, table).into_iter();
        return Some(
            routes.map(|it| route_value(it, field)).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect(),
        );
    }
    let associations = || associations(view.state, table);
    Some(match filter {
        "association.main" => associations().map(|it| it.subnet.is_none().to_string()).collect(),
        "association.route-table-association-id" => associations().map(|it| it.id.to_string()).collect(),
        "association.route-table-id" => associations().map(|it| it.table.to_string()).collect(),
        "association.subnet-id" => associations().filter_map(|it| it.subnet).map(|it| it.to_string()).collect(),
        "owner-id" => vec![table.account.to_string()],
        "route-table-id" => vec![table.id.to_string()],
        "vpc-id" => vec![table.vpc.to_string()],
        // Only subnets use tables.
        "association.gateway-id" => Vec::new(),
        _ => return None,
    })
}

/// What a route holds for the part of a filter behind `route.`.
fn route_value(route: Route, field: &str) -> Option<Option<String>> {
    Some(match field {
        "destination-cidr-block" => route.destination_cidr_block,
        "destination-ipv6-cidr-block" => route.destination_ipv6_cidr_block,
        "destination-prefix-list-id" => route.destination_prefix_list_id,
        "egress-only-internet-gateway-id" => route.egress_only_internet_gateway_id,
        "gateway-id" => route.gateway_id,
        "instance-id" => route.instance_id,
        "nat-gateway-id" => route.nat_gateway_id,
        "origin" => route.origin,
        "state" => route.state,
        "transit-gateway-id" => route.transit_gateway_id,
        "vpc-peering-connection-id" => route.vpc_peering_connection_id,
        _ => return None,
    })
}

/// A route table as the wire shows it.
fn show(scope: &impl Scope, table: &RouteTable) -> shapes::RouteTable {
    let associations = associations(scope.state(), table).map(|it| shapes::RouteTableAssociation {
        association_state: associated(),
        main: Some(it.subnet.is_none()),
        route_table_association_id: Some(it.id.to_string()),
        route_table_id: Some(it.table.to_string()),
        subnet_id: it.subnet.map(|it| it.to_string()),
        ..Default::default()
    });
    shapes::RouteTable {
        associations: associations.collect(),
        owner_id: Some(table.account.to_string()),
        propagating_vgws: Vec::new(),
        route_table_id: Some(table.id.to_string()),
        routes: route::show(scope.state(), table),
        tags: scope.tags(table.id),
        vpc_id: Some(table.vpc.to_string()),
    }
}
