//! Network interfaces and their attachments.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{
    AccountId, AttachmentId, InstanceId, InterfaceId, NatGatewayId, NodeId, SecurityGroupId, SubnetId, VpcId,
};
use super::{Indexes, Moment, Row, belongs};
use crate::net::{Bandwidth, Ipv4Net, Ipv6Net, Mac, Prefix, size};

/// The key of the tag that limits an interface's bandwidth.
pub const BANDWIDTH: &str = "culvert:bandwidth";

/// An elastic network interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkInterface {
    pub id: InterfaceId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub subnet: SubnetId,
    pub zone: String,
    pub mac: Mac,
    pub description: String,
    /// The first is the primary address; empty in an IPv6-only subnet.
    pub addresses: Vec<Ipv4Addr>,
    pub addresses6: Vec<Ipv6Addr>,
    /// In ascending order.
    pub groups: Vec<SecurityGroupId>,
    /// The number of `groups`; see [`super::security_group::Identity`].
    pub identity: u16,
    /// Blocks of 28 bits that belong to the interface besides its addresses: what is sent to any address in them is
    /// for it, and it may send from all of them.
    #[serde(default)]
    pub prefixes: Vec<Ipv4Net>,
    /// The same of IPv6, of 80 bits.
    #[serde(default)]
    pub prefixes6: Vec<Ipv6Net>,
    #[serde(default)]
    pub kind: Kind,
    pub source_dest_check: bool,
    /// Whether an instance whose only interface it is has a public address for as long as it runs.
    #[serde(default)]
    pub map_public_address: bool,
    /// How much may pass at most, in either direction: what its owner's tag [`BANDWIDTH`] says.
    #[serde(default)]
    pub bandwidth: Option<Bandwidth>,
    pub attachment: Option<Attachment>,
    /// The attachment that ended last: clients look for its end for a while.
    #[serde(default)]
    pub detached: Option<Detached>,
    pub created: Moment,
}

/// What an interface is there for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// For an instance.
    #[default]
    Interface,
    /// For a NAT gateway, which came with it and takes it along: it wears no group and cannot be attached.
    NatGateway(NatGatewayId),
}

/// The place of an interface in an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: AttachmentId,
    pub instance: InstanceId,
    pub node: NodeId,
    pub device_index: u8,
    pub delete_on_termination: bool,
    pub attached: Moment,
}

/// An attachment that is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detached {
    pub attachment: Attachment,
    pub when: Moment,
}

impl NetworkInterface {
    /// Every address of both families.
    pub fn all_addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let four = self.addresses.iter().copied().map(IpAddr::V4);
        four.chain(self.addresses6.iter().copied().map(IpAddr::V6))
    }

    /// Every prefix of both families.
    pub fn all_prefixes(&self) -> impl Iterator<Item = Prefix> + '_ {
        let four = self.prefixes.iter().copied().map(Prefix::V4);
        four.chain(self.prefixes6.iter().copied().map(Prefix::V6))
    }

    /// How many addresses and prefixes of each family it has: this is what EC2 limits.
    pub fn lens(&self) -> (usize, usize) {
        (self.addresses.len() + self.prefixes.len(), self.addresses6.len() + self.prefixes6.len())
    }
}

impl Row for NetworkInterface {
    belongs!(InterfaceId, vpc);

    /// Rules of other VPCs that name a group are matched on the addresses of those who wear it.
    fn vpcs(&self, indexes: &Indexes) -> Vec<VpcId> {
        let naming = self.groups.iter().flat_map(|it| indexes.vpcs_naming_group(*it));
        std::iter::once(self.vpc).chain(naming).collect()
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.interfaces_of_vpc.set((self.vpc, self.id), on);
        indexes.interfaces_of_subnet.set((self.subnet, self.id), on);
        for group in &self.groups {
            indexes.interfaces_of_group.set((*group, self.id), on);
        }
        let held = indexes.addresses_in_subnet.get(&self.subnet).copied().unwrap_or(0);
        let delegated: u128 = self.prefixes.iter().map(|it| size((*it).into())).sum();
        let number = u32::try_from(self.addresses.len() as u128 + delegated).unwrap_or(u32::MAX);
        match if on { held.saturating_add(number) } else { held.saturating_sub(number) } {
            0 => indexes.addresses_in_subnet.remove(&self.subnet),
            held => indexes.addresses_in_subnet.insert(self.subnet, held),
        };
        indexes.interfaces_of_mac.set((self.mac, self.id), on);
        for address in self.all_addresses() {
            indexes.interfaces_of_address.set((address, self.id), on);
            if on {
                indexes.interface_of_address.insert((self.vpc, address), self.id);
            } else {
                indexes.interface_of_address.remove(&(self.vpc, address));
            }
        }
        for prefix in self.all_prefixes() {
            if on {
                indexes.interface_of_prefix.insert((self.vpc, prefix), self.id);
            } else {
                indexes.interface_of_prefix.remove(&(self.vpc, prefix));
            }
        }
        if let Some(attachment) = &self.attachment {
            indexes.interfaces_of_instance.set((attachment.instance, attachment.device_index, self.id), on);
            indexes.interfaces_on_node.set((attachment.node, self.vpc, self.id), on);
        }
        if let Some(detached) = &self.detached {
            indexes.detached_interfaces.set((detached.when, self.id), on);
        }
        for attachment in self.attachment.iter().chain(self.detached.as_ref().map(|it| &it.attachment)) {
            if on {
                indexes.interface_of_attachment.insert(attachment.id, self.id);
            } else {
                indexes.interface_of_attachment.remove(&attachment.id);
            }
        }
    }
}
