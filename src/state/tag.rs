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

    fn index(&self, indexes: &mut Indexes, on: bool) {
        let kind = self.resource.rsplit_once('-').map_or("", |it| it.0).to_owned();
        let (owner, tag) = ((self.account, self.region.clone()), (self.key.clone(), self.value.clone()));
        indexes.tagged.set((owner, kind, tag.0, tag.1, self.resource.clone()), on);
    }
}
