//! Subnets: one block of a VPC's address space in one availability zone.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, SubnetCidrAssociationId, SubnetId, VpcId};
use super::{Indexes, Moment, Row, belongs};
use crate::net::{Ipv4Net, Ipv6Net};

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

impl Row for Subnet {
    belongs!(SubnetId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.subnets_of_vpc.set((self.vpc, self.id), on);
    }
}
