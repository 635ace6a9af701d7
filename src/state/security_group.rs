//! Security groups, their rules, and the identities that interfaces carry.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, PeeringConnectionId, PrefixListId, SecurityGroupId, SecurityGroupRuleId, VpcId};
use super::prefix_list::PrefixListUse;
use super::{Indexes, Moment, Owner, Row, belongs};
use crate::net::{Ipv4Net, Ipv6Net, Span};

/// A stateful filter that interfaces wear.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub id: SecurityGroupId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub name: String,
    pub description: String,
    pub created: Moment,
}

impl Row for SecurityGroup {
    belongs!(SecurityGroupId, vpc);

    fn vpcs(&self, indexes: &Indexes) -> Vec<VpcId> {
        indexes.vpcs_with_group(self.id, self.vpc).collect()
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.security_groups_of_vpc.set((self.vpc, self.name.to_ascii_lowercase(), self.id), on);
        let owner = (self.account, self.region.clone());
        indexes.security_groups_of_name.set((owner, self.name.clone(), self.id), on);
    }
}

/// One admission: a direction, a protocol with its ports, and one peer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    pub id: SecurityGroupRuleId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub group: SecurityGroupId,
    pub egress: bool,
    pub protocol: Traffic,
    pub peer: Peer,
    /// Where the group that the rule names is, if it is not in the rule's VPC: it may go before the rule.
    #[serde(default)]
    pub across: Option<Across>,
    pub description: Option<String>,
}

/// The VPC of a group that a rule of another VPC names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Across {
    pub vpc: VpcId,
    /// The peering connection that there was when the rule was made; absent for a group that was associated with the
    /// rule's VPC.
    pub connection: Option<PeeringConnectionId>,
}

/// The use of a group by interfaces of a VPC that is not its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroupAssociation {
    pub group: SecurityGroupId,
    /// The other VPC, of the same account and region.
    pub vpc: VpcId,
    pub account: AccountId,
    pub region: Region,
}

impl Row for SecurityGroupAssociation {
    type Key = (SecurityGroupId, VpcId);

    fn key(&self) -> (SecurityGroupId, VpcId) {
        (self.group, self.vpc)
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn vpc(&self) -> Option<VpcId> {
        Some(self.vpc)
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.vpcs_associated_with_group.set((self.group, self.vpc), on);
        indexes.groups_associated_with_vpc.set((self.vpc, self.group), on);
    }
}

/// The protocol and ports of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Traffic {
    /// Every protocol (`-1`).
    All,
    Tcp(Span),
    Udp(Span),
    /// ICMP type and code; -1 is every one.
    Icmp(i16, i16),
    Icmpv6(i16, i16),
    /// Another IP protocol, by number.
    Other(u8),
}

/// The other side of a rule: where packets come from (ingress) or go to (egress).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Peer {
    V4(Ipv4Net),
    V6(Ipv6Net),
    Group { group: SecurityGroupId, account: AccountId },
    PrefixList(PrefixListId),
}

impl Peer {
    /// No peer comes before this one.
    pub const LEAST: Peer = Peer::V4(Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0));
}

impl Row for SecurityGroupRule {
    belongs!(SecurityGroupRuleId, vpc);

    fn group(&self) -> Option<SecurityGroupId> {
        Some(self.group)
    }

    fn vpcs(&self, indexes: &Indexes) -> Vec<VpcId> {
        indexes.vpcs_with_group(self.group, self.vpc).collect()
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        let content = (self.group, self.egress, self.protocol, self.peer);
        let len = indexes.rules_len_of_group.get(&self.group).copied().unwrap_or(0);
        if on {
            indexes.rules_of_group.insert(content, self.id);
            indexes.rules_len_of_group.insert(self.group, len + 1);
        } else {
            // Another rule may have taken over what this one said: two rules can change places.
            if indexes.rules_of_group.get(&content) == Some(&self.id) {
                indexes.rules_of_group.remove(&content);
            }
            match len {
                0 | 1 => indexes.rules_len_of_group.remove(&self.group),
                _ => indexes.rules_len_of_group.insert(self.group, len - 1),
            };
        }
        match self.peer {
            Peer::Group { group, .. } => {
                indexes.rules_naming_group.set((group, self.id), on);
                if self.across.is_some() {
                    indexes.rules_naming_group_from_vpc.set((group, self.vpc, self.id), on);
                }
            }
            Peer::PrefixList(list) => {
                indexes.prefix_list_rules_of_group.set((self.group, self.id), on);
                indexes.prefix_list_uses.set((list, self.vpc, PrefixListUse::Rule(self.group, self.id)), on);
            }
            Peer::V4(_) | Peer::V6(_) => {}
        }
    }
}

/// A set of groups that interfaces of one VPC wear together, as the number that their packets are marked with.
///
/// A rule that names a group is matched on the identities that contain it, so a new wearer changes no rule. A number
/// goes when one of its groups goes, and is not given out again before all others were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    pub vpc: VpcId,
    /// 1 to 65535.
    pub number: u16,
    /// In ascending order.
    pub groups: Vec<SecurityGroupId>,
}

impl Row for Identity {
    type Key = (VpcId, u16);

    fn key(&self) -> (VpcId, u16) {
        (self.vpc, self.number)
    }

    fn vpc(&self) -> Option<VpcId> {
        Some(self.vpc)
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        let worn = (self.vpc, self.groups.clone());
        if on {
            indexes.identity_of_groups.insert(worn, self.number);
        } else {
            indexes.identity_of_groups.remove(&worn);
        }
        for group in &self.groups {
            indexes.identities_with_group.set((*group, self.vpc, self.number), on);
        }
    }
}
