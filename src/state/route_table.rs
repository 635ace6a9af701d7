//! Route tables, their routes, and the subnets that use them.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, RouteTableAssociationId, RouteTableId, SubnetId, VpcId};
use super::{Indexes, Moment, Row, belongs};

/// A route table. The local routes are not stored: a table has one for each block of its VPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTable {
    pub id: RouteTableId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub created: Moment,
}

impl Row for RouteTable {
    belongs!(RouteTableId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.route_tables_of_vpc.set((self.vpc, self.id), on);
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
    }
}
