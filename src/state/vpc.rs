//! VPCs and their address blocks.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, DhcpOptionsId, VpcCidrAssociationId, VpcId};
use super::{Indexes, Moment, Row, belongs};
use crate::net::{Ipv4Net, Ipv6Net, Prefix};

/// A virtual private cloud: one address space, isolated from every other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    pub id: VpcId,
    pub account: AccountId,
    pub region: Region,
    /// The first is the primary block.
    pub blocks: Vec<VpcBlock<Ipv4Net>>,
    pub blocks6: Vec<VpcBlock<Ipv6Net>>,
    pub default: bool,
    pub dns_support: bool,
    pub dns_hostnames: bool,
    pub address_usage_metrics: bool,
    pub dhcp_options: DhcpOptionsId,
    /// The identity number that was given out last; see [`super::security_group::Identity`].
    pub last_identity: u16,
    pub created: Moment,
}

/// An address block that a VPC owns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VpcBlock<P> {
    pub id: VpcCidrAssociationId,
    pub prefix: P,
}

impl Vpc {
    /// The primary IPv4 block.
    pub fn primary(&self) -> Ipv4Net {
        self.blocks[0].prefix
    }

    /// Every block of both families.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> + '_ {
        let four = self.blocks.iter().map(|it| Prefix::V4(it.prefix));
        four.chain(self.blocks6.iter().map(|it| Prefix::V6(it.prefix)))
    }
}

impl Row for Vpc {
    belongs!(VpcId, id);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.vpcs_of_owner.set(((self.account, self.region.clone()), self.id), on);
        for block in &self.blocks6 {
            if on {
                indexes.vpc_of_block6.insert(block.prefix, self.id);
            } else {
                indexes.vpc_of_block6.remove(&block.prefix);
            }
        }
        let four = self.blocks.iter().map(|it| it.id);
        for association in four.chain(self.blocks6.iter().map(|it| it.id)) {
            if on {
                indexes.vpc_of_block_association.insert(association, self.id);
            } else {
                indexes.vpc_of_block_association.remove(&association);
            }
        }
    }
}
