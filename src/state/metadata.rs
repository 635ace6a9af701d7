//! What instances may learn of themselves from within, and how they have to ask for it.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::AccountId;
use super::{Indexes, Owner, Row};

/// How an instance's metadata is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataOptions {
    /// Whether anything is answered at all.
    pub enabled: bool,
    /// Whether it is answered at the IPv6 address too.
    pub ipv6: bool,
    /// Whether only requests with a token are answered.
    pub token_required: bool,
    /// How many hops the answer with a token may travel: 1 to 64.
    pub hop_limit: u8,
    /// Whether the instance's tags are among its metadata.
    pub tags: bool,
}

impl Default for MetadataOptions {
    /// What the image says, as EC2 has it for an image whose `ImdsSupport` is `v2.0`.
    fn default() -> Self {
        MetadataOptions { enabled: true, ipv6: false, token_required: true, hop_limit: 2, tags: false }
    }
}

/// What an account wants for the instances that it launches in a region, where a launch does not say; absent where
/// the account has no preference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetadataDefaults {
    pub account: AccountId,
    pub region: Region,
    pub enabled: Option<bool>,
    pub token_required: Option<bool>,
    /// Whether no instance may do without a token from now on.
    pub token_enforced: Option<bool>,
    pub hop_limit: Option<u8>,
    pub tags: Option<bool>,
}

impl Row for MetadataDefaults {
    type Key = Owner;

    fn key(&self) -> Owner {
        (self.account, self.region.clone())
    }

    fn owner(&self) -> Option<Owner> {
        Some(self.key())
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}
