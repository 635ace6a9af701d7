//! Subnets: one block of a VPC's address space in one availability zone.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, SubnetCidrAssociationId, SubnetId, VpcId};
use super::{Indexes, Moment, Row, belongs};
use crate::net::{Ipv4Net, Ipv6Net, Prefix};

/// A subnet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    pub id: SubnetId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub zone: String,
    /// Absent in an IPv6-only subnet.
    pub prefix: Option<Ipv4Net>,
    pub block6: Option<SubnetBlock>,
    /// The zone's default subnet of a default VPC.
    pub default: bool,
    pub map_public_address: bool,
    pub assign_ipv6_on_creation: bool,
    pub dns64: bool,
    pub host_name_type: HostNameType,
    pub a_record: bool,
    pub aaaa_record: bool,
    pub created: Moment,
}

/// A subnet's IPv6 block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubnetBlock {
    pub id: SubnetCidrAssociationId,
    pub prefix: Ipv6Net,
}

/// What an instance's private host name is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostNameType {
    IpName,
    ResourceName,
}

impl HostNameType {
    /// Its name in EC2's calls.
    pub fn name(self) -> &'static str {
        match self {
            HostNameType::IpName => "ip-name",
            HostNameType::ResourceName => "resource-name",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<HostNameType> {
        [HostNameType::IpName, HostNameType::ResourceName].into_iter().find(|it| it.name() == name)
    }
}

impl Subnet {
    /// Its IPv4 block and its IPv6 block.
    pub fn blocks(&self) -> [Option<Prefix>; 2] {
        [self.prefix.map(Prefix::V4), self.block6.as_ref().map(|it| Prefix::V6(it.prefix))]
    }

    /// Every block of both families.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> {
        self.blocks().into_iter().flatten()
    }
}

impl Row for Subnet {
    belongs!(SubnetId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.subnets_of_vpc.set((self.vpc, self.id), on);
        let Some(block) = &self.block6 else { return };
        if on {
            indexes.subnet_of_block_association.insert(block.id, self.id);
        } else {
            indexes.subnet_of_block_association.remove(&block.id);
        }
    }
}
