//! Route tables: where the packets of a VPC's subnets go.
//!
//! They are only shown as yet: every VPC has its main table, and every table the local routes.

use std::sync::Arc;

use super::error::{Kind, Result};
use super::list::{list, named_or_found};
use super::scope::{Scope, View};
use crate::net::Prefix;
use crate::state::State;
use crate::state::id::VpcId;
use crate::state::route_table::{RouteTable, RouteTableAssociation};
use crate::wire::shapes::{
    self, DescribeRouteTablesRequest, DescribeRouteTablesResult, Route, RouteTableAssociationState,
};

#[cfg(test)]
mod tests;

pub fn describe(view: &View<'_>, input: DescribeRouteTablesRequest) -> Result<DescribeRouteTablesResult> {
    let found = || {
        let of_vpc = |vpc: VpcId| view.state.indexes.route_tables_of_vpc.of(vpc);
        let of_vpcs = |vpcs: Vec<VpcId>| vpcs.into_iter().flat_map(of_vpc).collect();
        view.query.ids("route-table-id").or_else(|| view.query.ids("vpc-id").map(of_vpcs))
    };
    let find = |id: &str| view.own(Kind::RouteTable, id);
    let rows = named_or_found(view, &input.route_table_ids, "routeTableIds", find, found)?;
    let value = |table: &RouteTable, filter: &str| values(view, table, filter);
    let (route_tables, next_token) = list(view, rows.iter(), value, |table| show(view, table))?;
    Ok(DescribeRouteTablesResult { route_tables, next_token })
}

fn associations<'a>(state: &'a State, table: &RouteTable) -> impl Iterator<Item = &'a Arc<RouteTableAssociation>> {
    let ids = state.indexes.associations_of_route_table.of(table.id);
    ids.filter_map(|it| state.route_table_associations.get(&it))
}

/// The destinations of the local routes: a table has one for each block of its VPC.
fn local(state: &State, table: &RouteTable) -> impl Iterator<Item = Prefix> {
    state.vpcs.get(&table.vpc).into_iter().flat_map(|vpc| vpc.prefixes())
}

/// What a route table holds for a filter.
fn values(view: &View<'_>, table: &RouteTable, filter: &str) -> Option<Vec<String>> {
    let associations = || associations(view.state, table);
    let local = || local(view.state, table);
    let each_route = |value: &str| local().map(|_| value.to_owned()).collect();
    Some(match filter {
        "association.main" => associations().map(|it| it.subnet.is_none().to_string()).collect(),
        "association.route-table-association-id" => associations().map(|it| it.id.to_string()).collect(),
        "association.route-table-id" => associations().map(|it| it.table.to_string()).collect(),
        "association.subnet-id" => associations().filter_map(|it| it.subnet).map(|it| it.to_string()).collect(),
        "owner-id" => vec![table.account.to_string()],
        "route-table-id" => vec![table.id.to_string()],
        "route.destination-cidr-block" => {
            local().filter(|it| matches!(it, Prefix::V4(_))).map(|it| it.to_string()).collect()
        }
        "route.destination-ipv6-cidr-block" => {
            local().filter(|it| matches!(it, Prefix::V6(_))).map(|it| it.to_string()).collect()
        }
        "route.gateway-id" => each_route("local"),
        "route.origin" => each_route("CreateRouteTable"),
        "route.state" => each_route("active"),
        "vpc-id" => vec![table.vpc.to_string()],
        // No route and no association leads to any of these yet.
        "association.gateway-id"
        | "route.destination-prefix-list-id"
        | "route.egress-only-internet-gateway-id"
        | "route.instance-id"
        | "route.nat-gateway-id"
        | "route.transit-gateway-id"
        | "route.vpc-peering-connection-id" => Vec::new(),
        _ => return None,
    })
}

/// A route table as the wire shows it.
fn show(view: &View<'_>, table: &RouteTable) -> shapes::RouteTable {
    let associations = associations(view.state, table).map(|it| shapes::RouteTableAssociation {
        association_state: Some(RouteTableAssociationState {
            state: Some("associated".to_owned()),
            status_message: None,
        }),
        main: Some(it.subnet.is_none()),
        route_table_association_id: Some(it.id.to_string()),
        route_table_id: Some(it.table.to_string()),
        subnet_id: it.subnet.map(|it| it.to_string()),
        ..Default::default()
    });
    let routes = local(view.state, table).map(|destination| {
        let (four, six) = match destination {
            Prefix::V4(it) => (Some(it.to_string()), None),
            Prefix::V6(it) => (None, Some(it.to_string())),
        };
        Route {
            destination_cidr_block: four,
            destination_ipv6_cidr_block: six,
            gateway_id: Some("local".to_owned()),
            origin: Some("CreateRouteTable".to_owned()),
            state: Some("active".to_owned()),
            ..Default::default()
        }
    });
    shapes::RouteTable {
        associations: associations.collect(),
        owner_id: Some(table.account.to_string()),
        propagating_vgws: Vec::new(),
        route_table_id: Some(table.id.to_string()),
        routes: routes.collect(),
        tags: view.tags(table.id),
        vpc_id: Some(table.vpc.to_string()),
    }
}
