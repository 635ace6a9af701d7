//! Key pairs, of which only the public half is remembered.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, KeyPairId};
use super::{Indexes, Moment, Owner, Row};

/// A public key that instances can be launched with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyPair {
    pub id: KeyPairId,
    pub account: AccountId,
    pub region: Region,
    /// Unique in the account and region.
    pub name: String,
    pub kind: KeyKind,
    /// As EC2 writes it, which depends on the kind of key and on who made it.
    pub fingerprint: String,
    /// As in a file of authorized keys: the type, the key in base64, and the pair's name.
    pub public_key: String,
    pub created: Moment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    Rsa,
    Ed25519,
}

impl Row for KeyPair {
    type Key = KeyPairId;

    fn key(&self) -> KeyPairId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        let name = ((self.account, self.region.clone()), self.name.clone());
        if on {
            indexes.key_pair_of_name.insert(name, self.id);
        } else {
            indexes.key_pair_of_name.remove(&name);
        }
    }
}
