//! Tags on resources.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::AccountId;
use super::{Indexes, Owner, Row};

/// One tag on one resource, seen by the account that gave it: what belongs to all (nodes, images) each tags for itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    pub account: AccountId,
    pub region: Region,
    /// The resource's id as text.
    pub resource: String,
    pub key: String,
    pub value: String,
}

impl Row for Tag {
    type Key = (String, String, AccountId, Region);

    fn key(&self) -> Self::Key {
        (self.resource.clone(), self.key.clone(), self.account, self.region.clone())
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}
