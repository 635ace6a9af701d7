//! Managed prefix lists: address blocks that rules and routes name together.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, PrefixListId, RouteTableId, SecurityGroupId, SecurityGroupRuleId, VpcId};
use super::{Indexes, Moment, Owner, Row};
use crate::net::Prefix;

/// A customer-managed prefix list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrefixList {
    pub id: PrefixListId,
    pub account: AccountId,
    pub region: Region,
    pub name: String,
    pub family: Family,
    /// How many entries it may have; what names the list is counted as so many rules or routes.
    pub entries_max: u32,
    /// Grows by one with every change of entries, from 1.
    pub version: u64,
    /// The entries of this version, in ascending order of their blocks.
    pub current: Vec<PrefixListEntry>,
    pub last: LastChange,
    pub created: Moment,
}

/// What was done to a list last, for the state that Describe calls show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LastChange {
    Created,
    Modified,
    Restored,
}

/// The entries that a list had, or has, in one of its versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrefixListVersion {
    pub list: PrefixListId,
    pub version: u64,
    pub entries: Vec<PrefixListEntry>,
}

/// Which addresses a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    Ipv4,
    Ipv6,
}

/// One block of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrefixListEntry {
    pub prefix: Prefix,
    pub description: Option<String>,
}

impl PrefixList {
    /// The entries of the current version, in ascending order of their blocks.
    pub fn entries(&self) -> &[PrefixListEntry] {
        &self.current
    }
}

/// What names a prefix list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrefixListUse {
    Rule(SecurityGroupId, SecurityGroupRuleId),
    RouteTable(RouteTableId),
}

impl Row for PrefixList {
    type Key = PrefixListId;

    fn key(&self) -> PrefixListId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn vpcs(&self, indexes: &Indexes) -> Vec<VpcId> {
        let mut vpcs = Vec::new();
        for (vpc, user) in indexes.uses_of_prefix_list(self.id) {
            match user {
                PrefixListUse::Rule(group, _) => vpcs.extend(indexes.vpcs_with_group(group, vpc)),
                PrefixListUse::RouteTable(_) => vpcs.push(vpc),
            }
        }
        vpcs
    }

    fn groups(&self, indexes: &Indexes) -> Vec<SecurityGroupId> {
        let uses = indexes.uses_of_prefix_list(self.id);
        let group = |(_, it)| if let PrefixListUse::Rule(group, _) = it { Some(group) } else { None };
        uses.filter_map(group).collect()
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}

impl Row for PrefixListVersion {
    type Key = (PrefixListId, u64);

    fn key(&self) -> (PrefixListId, u64) {
        (self.list, self.version)
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}
