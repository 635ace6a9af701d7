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

/// A secret as the store holds it: only a server that has the key can open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(pub Vec<u8>);

/// What a caller signs with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessKey {
    pub id: String,
    pub account: AccountId,
    pub secret: Sealed,
    /// Present for temporary credentials: the token that must come with the key.
    #[serde(default)]
    pub session_token: Option<String>,
    /// When temporary credentials end.
    #[serde(default)]
    pub expires: Option<Moment>,
    pub created: Moment,
}

impl Row for AccessKey {
    type Key = String;

    fn key(&self) -> String {
        self.id.clone()
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}
