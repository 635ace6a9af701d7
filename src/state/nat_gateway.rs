//! NAT gateways: many private addresses behind few.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, AllocationId, InterfaceId, NatGatewayId, NodeId, SubnetId, VpcId};
use super::{Indexes, Moment, Row, belongs};

/// A NAT gateway. Its interface is a row of its own, of kind [`super::network_interface::Kind::NatGateway`], and holds
/// its private addresses; which public address stands for which of them, the rows of the addresses say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NatGateway {
    pub id: NatGatewayId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub subnet: SubnetId,
    /// The node through which all its packets go.
    pub node: NodeId,
    pub connectivity: Connectivity,
    pub interface: InterfaceId,
    /// The first is the primary one. Kept when the gateway is deleted, for Describe calls.
    pub addresses: Vec<NatAddress>,
    pub created: Moment,
    /// The revision of State at which its node had to make it or to take it away; see [`super::State::revision`].
    #[serde(default)]
    pub placed: u64,
    /// Shown for an hour more, but no packet passes.
    pub deleted: Option<Moment>,
    /// Why it could not be made. It is deleted from the start then, and was never given an interface or an address.
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// What made a gateway impossible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// EC2's code and sentence.
    pub code: String,
    pub message: String,
    /// The Elastic IP that was asked for.
    pub allocation: Option<AllocationId>,
}

/// Whether what leaves has a public address in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connectivity {
    Public,
    Private,
}

/// One private address that flows leave from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NatAddress {
    pub private: Ipv4Addr,
    /// The Elastic IP that stands for it; absent in a private gateway.
    pub allocation: Option<AllocationId>,
    /// The revision of State at which the gateway's node had to take it up.
    #[serde(default)]
    pub placed: u64,
    /// When it is taken from the gateway, if it is to be: new flows do not leave from it any more.
    #[serde(default)]
    pub drained: Option<Moment>,
}

impl NatGateway {
    /// The private addresses from which new flows leave.
    pub fn lent(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        self.addresses.iter().filter(|it| it.drained.is_none()).map(|it| it.private)
    }
}

impl Row for NatGateway {
    belongs!(NatGatewayId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        match self.deleted {
            None => {
                indexes.nat_gateways_of_vpc.set((self.vpc, self.id), on);
                indexes.nat_gateways_of_subnet.set((self.subnet, self.id), on);
                indexes.nat_gateways_on_node.set((self.node, self.vpc, self.id), on);
                if let Some(first) = self.addresses.iter().filter_map(|it| it.drained).min() {
                    indexes.draining_nat_gateways.set((first, self.id), on);
                }
            }
            Some(when) => indexes.deleted_nat_gateways.set((when, self.id), on),
        }
    }
}
