//! Answers to calls that carried a client token, for when they are sent again.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::AccountId;
use super::{Indexes, Moment, Row};

/// The answer that a token stands for, kept for a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientToken {
    pub account: AccountId,
    pub region: Region,
    pub action: String,
    pub token: String,
    /// A digest of the call's parameters: another call must not use the token.
    pub parameters: [u8; 32],
    /// What was answered, without the request id.
    pub answer: String,
    pub created: Moment,
}

impl Row for ClientToken {
    type Key = (AccountId, Region, String, String);

    fn key(&self) -> Self::Key {
        (self.account, self.region.clone(), self.action.clone(), self.token.clone())
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.client_tokens_by_age.set((self.created, self.key()), on);
    }
}
