//! A namespace's firewall: one table of family `inet`, over netlink.
//!
//! The table is ours whole; no other is looked at. Sets are compared and changed by element. Chains are compared by
//! the digests that their rules carry, and a chain that differs is replaced whole; what the kernel makes of a rule is
//! never read back. All changes of a pass are one transaction: packets meet the old table or the new one.

mod counted;
mod decode;
mod encode;
mod transaction;
mod wire;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use imbl::OrdMap;
use sha2::{Digest as _, Sha256};

use super::diff::differences;
use super::netlink::{Conversation, Error};
use crate::plan::ruleset::{Chain, Data, DataKind, Hook, Rule, Ruleset, Set};
pub use counted::{counts, remove};
use encode::Shape;

/// The name of our table, in namespaces of ours.
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
    /// How many transactions there were in the namespace, on any table.
    generation: u32,
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

impl Held {
    fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.chains.is_empty()
    }
}

/// Lists the table.
pub fn observe(conversation: &mut Conversation, table: &str) -> Result<Held, Error> {
    decode::observe(conversation, table)
}

/// Whether others have changed any firewall of the namespace since. `own` transactions were made by us besides those
/// of [`apply`].
pub fn is_stale(conversation: &mut Conversation, held: &mut Held, own: u32) -> Result<bool, Error> {
    held.generation = held.generation.wrapping_add(own);
    Ok(decode::generation(conversation)? != held.generation)
}

/// What a transaction came to.
#[derive(Debug, Default)]
pub struct Applied {
    pub changes: u64,
    /// The translations that hold no more: an address, and what it was translated to.
    pub ended: Vec<(Ipv4Addr, Ipv4Addr)>,
}

/// Makes the table what is wanted, in one transaction. After a failure nothing has changed, except that `held` is to
/// be observed again.
pub fn apply(
    conversation: &mut Conversation,
    table: &str,
    held: &mut Held,
    want: &Ruleset,
) -> Result<Applied, Vec<Error>> {
    let mut transaction = transaction::Transaction::of(table);
    let mut next = transaction.turn(held, want);
    next.generation = held.generation;
    let changes = transaction.commit(conversation)?;
    let ended = ended(held, &next);
    if changes > 0 {
        // The kernel leaves out zero.
        next.generation = next.generation.wrapping_add(1).max(1);
    }
    *held = next;
    Ok(Applied { changes, ended })
}

/// The elements of address maps that are not there any more, as addresses.
fn ended(held: &Held, next: &Held) -> Vec<(Ipv4Addr, Ipv4Addr)> {
    let mut ended = Vec::new();
    for (name, old) in held.sets.iter().filter(|(_, old)| old.shape.data == DataKind::Address4) {
        let new = next.sets.get(name).map(|it| &it.set);
        if new.is_some_and(|new| Arc::ptr_eq(&old.set, new)) {
            continue;
        }
        let nothing = OrdMap::new();
        let stays = new.map_or(&nothing, |new| &new.elements);
        for (key, element, _) in differences(&old.set.elements, stays) {
            let Some(Data::Address4(to)) = element.map(|it| &it.data) else { continue };
            ended.extend(old.shape.addresses4(key).map(|from| (from, *to)));
        }
    }
    ended
}

fn digest(rule: &Rule, padded: impl Fn(&str) -> bool) -> Digest {
    let mut hash = Sha256::new();
    hash.update([SPELLING]);
    // The expressions say all but the elements of anonymous maps.
    hash.update(encode::rule(TABLE, "", rule, &Digest::default(), &[0; 8], padded).0);
    for map in encode::anonymous(rule) {
        hash.update(map.list.0);
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.finalize()[..size_of::<Digest>()]);
    digest
}
