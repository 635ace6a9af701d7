//! Internet gateways, and those for IPv6 that let nothing in by itself.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, EgressOnlyInternetGatewayId, InternetGatewayId, VpcId};
use super::{Indexes, Moment, Owner, Row, belongs};

/// The way between a VPC and the world outside, in both directions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InternetGateway {
    pub id: InternetGatewayId,
    pub account: AccountId,
    pub region: Region,
    /// The VPC that it is attached to; a VPC has one at most.
    pub vpc: Option<VpcId>,
    pub created: Moment,
}

impl Row for InternetGateway {
    type Key = InternetGatewayId;

    fn key(&self) -> InternetGatewayId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn vpc(&self) -> Option<VpcId> {
        self.vpc
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        match self.vpc {
            Some(vpc) if on => indexes.internet_gateway_of_vpc.insert(vpc, self.id),
            Some(vpc) => indexes.internet_gateway_of_vpc.remove(&vpc),
            None => None,
        };
    }
}

/// The way out of a VPC for IPv6: what comes back is let in, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EgressOnlyInternetGateway {
    pub id: EgressOnlyInternetGatewayId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub created: Moment,
}

impl Row for EgressOnlyInternetGateway {
    belongs!(EgressOnlyInternetGatewayId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.egress_only_gateways_of_vpc.set((self.vpc, self.id), on);
    }
}
