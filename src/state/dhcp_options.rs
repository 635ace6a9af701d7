//! DHCP options sets: what instances of a VPC are told about names and time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, DhcpOptionsId};
use super::{Indexes, Moment, Owner, Row};

/// A DHCP options set that an account has made. The default one of an account and region is not stored: it names the
/// VPC's own name server and domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DhcpOptions {
    pub id: DhcpOptionsId,
    pub account: AccountId,
    pub region: Region,
    /// By EC2's name of the option (`domain-name-servers`); values in the order given.
    pub options: BTreeMap<String, Vec<String>>,
    pub created: Moment,
}

impl Row for DhcpOptions {
    type Key = DhcpOptionsId;

    fn key(&self) -> DhcpOptionsId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}
