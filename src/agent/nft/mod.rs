//! A router's firewall: the table `inet culvert` of its namespace, over netlink.
//!
//! The table is ours whole; no other is looked at. Sets are compared and changed by element. Chains are compared by
//! the digests that their rules carry, and a chain that differs is replaced whole; what the kernel makes of a rule is
//! never read back. All changes of a pass are one transaction: packets meet the old table or the new one.

mod decode;
mod encode;
mod transaction;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::netlink::{Conversation, Error};
use crate::plan::ruleset::{Chain, Hook, Rule, Ruleset, Set};
use encode::Shape;

/// The name of our table.
pub const TABLE: &str = "culvert";

/// Changes whenever a rule is spelled otherwise on the wire, so that rules of an earlier spelling are replaced.
const SPELLING: u8 = 2;

/// Identifies a rule's meaning and spelling.
type Digest = [u8; 16];

/// What the kernel holds of our table.
#[derive(Debug, Clone, Default)]
pub struct Held {
    sets: BTreeMap<String, HeldSet>,
    chains: BTreeMap<String, HeldChain>,
}

#[derive(Debug, Clone)]
struct HeldSet {
    shape: Shape,
    set: Arc<Set>,
}

#[derive(Debug, Clone)]
struct HeldChain {
    hook: Option<Hook>,
    digests: Vec<Digest>,
    /// The value that these rules were made from, where this process made them.
    made_from: Option<Arc<Chain>>,
}

/// Lists our table.
pub fn observe(conversation: &mut Conversation) -> Result<Held, Error> {
    decode::observe(conversation)
}

/// Makes the table what is wanted, in one transaction, and returns the number of changes. After a failure nothing has
/// changed, except that `held` is to be observed again.
pub fn apply(conversation: &mut Conversation, held: &mut Held, want: &Ruleset) -> Result<u64, Vec<Error>> {
    let mut transaction = transaction::Transaction::default();
    let next = transaction.turn(held, want);
    let changes = transaction.commit(conversation)?;
    *held = next;
    Ok(changes)
}

fn digest(rule: &Rule, padded: impl Fn(&str) -> bool) -> Digest {
    let mut hash = Sha256::new();
    hash.update([SPELLING]);
    // The expressions say all but the elements of anonymous maps.
    hash.update(encode::rule("", rule, &Digest::default(), &[0; 8], padded).0);
    for map in encode::anonymous(rule) {
        hash.update(map.list.0);
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.finalize()[..size_of::<Digest>()]);
    digest
}
