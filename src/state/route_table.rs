//! Route tables, their routes, and the subnets that use them.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{
    AccountId, EgressOnlyInternetGatewayId, InterfaceId, InternetGatewayId, NatGatewayId, PeeringConnectionId,
    PrefixListId, RouteTableAssociationId, RouteTableId, SubnetId, VpcId,
};
use super::prefix_list::PrefixListUse;
use super::{Indexes, Moment, Row, belongs};
use crate::net::Prefix;

/// A route table. The local routes are not stored: a table has one for each block of its VPC, unless a route of its
/// own has the same destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTable {
    pub id: RouteTableId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    /// What packets that are routed by this table are marked with: 1 to 4095, unique in the VPC.
    pub number: u16,
    /// In ascending order of destinations, of which no two are the same.
    pub routes: Vec<Route>,
    pub created: Moment,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    pub destination: Destination,
    pub target: Target,
}

/// What a route matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Destination {
    Prefix(Prefix),
    PrefixList(PrefixListId),
}

/// Where a route leads. What it names may be gone: the route is a black hole then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Target {
    InternetGateway(InternetGatewayId),
    EgressOnlyInternetGateway(EgressOnlyInternetGatewayId),
    NatGateway(NatGatewayId),
    Interface(InterfaceId),
    Peering(PeeringConnectionId),
}

impl Row for RouteTable {
    belongs!(RouteTableId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.route_tables_of_vpc.set((self.vpc, self.id), on);
        for route in &self.routes {
            if let Destination::PrefixList(list) = route.destination {
                indexes.prefix_list_uses.set((list, self.vpc, PrefixListUse::RouteTable(self.id)), on);
            }
        }
    }
}

/// The use of a route table by a subnet, or by the VPC as a whole (its main table).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTableAssociation {
    pub id: RouteTableAssociationId,
    pub vpc: VpcId,
    pub table: RouteTableId,
    /// Absent for the main association.
    pub subnet: Option<SubnetId>,
}

impl Row for RouteTableAssociation {
    type Key = RouteTableAssociationId;

    fn key(&self) -> RouteTableAssociationId {
        self.id
    }

    fn vpc(&self) -> Option<VpcId> {
        Some(self.vpc)
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.associations_of_route_table.set((self.table, self.id), on);
        // An association that replaced this one may be there already.
        match (self.subnet, on) {
            (Some(subnet), true) => {
                indexes.route_table_of_subnet.insert(subnet, self.id);
            }
            (Some(subnet), false) if indexes.route_table_of_subnet.get(&subnet) == Some(&self.id) => {
                indexes.route_table_of_subnet.remove(&subnet);
            }
            (None, true) => {
                indexes.main_route_table_of_vpc.insert(self.vpc, self.id);
            }
            (None, false) if indexes.main_route_table_of_vpc.get(&self.vpc) == Some(&self.id) => {
                indexes.main_route_table_of_vpc.remove(&self.vpc);
            }
            _ => {}
        }
    }
}
