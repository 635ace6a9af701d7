//! Tenants and the keys they sign with.

use serde::{Deserialize, Serialize};

use super::id::AccountId;
use super::{Indexes, Moment, Row};

/// An AWS region's name, such as `us-east-1`.
pub type Region = String;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    /// The first account: the only one that may make others.
    pub root: bool,
    pub created: Moment,
}

impl Row for Account {
    type Key = AccountId;

    fn key(&self) -> AccountId {
        self.id
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}

/// What a caller signs with.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessKey {
    pub id: String,
    pub account: AccountId,
    pub secret: String,
    /// Present for temporary credentials: the token that must come with the key.
    #[serde(default)]
    pub session_token: Option<String>,
    /// When temporary credentials end.
    #[serde(default)]
    pub expires: Option<Moment>,
    pub created: Moment,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).field("account", &self.account).finish_non_exhaustive()
    }
}

impl Row for AccessKey {
    type Key = String;

    fn key(&self) -> String {
        self.id.clone()
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}
