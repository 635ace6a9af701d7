//! Tags on resources.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::AccountId;
use super::{Indexes, Owner, Row};

/// One tag on one resource.
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
    type Key = (String, String);

    fn key(&self) -> (String, String) {
        (self.resource.clone(), self.key.clone())
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}
