//! The difference between the table as it is and as it should be, as one transaction.
//!
//! The kernel wants names free of references before they go and present before they are named. So: rules go first,
//! then elements, sets and chains; then come chains, sets, elements and last the rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::OrdMap;

use super::encode::{self, Shape};
use super::wire::*;
use super::{Digest, Held, HeldChain, HeldSet, digest};
use crate::agent::attribute::Attributes;
use crate::agent::diff::differences;
use crate::agent::netlink::{Conversation, Error, Request, judge};
use crate::plan::ruleset::{Chain, Element, Key, Rule, Ruleset, Set};

/// An attribute's length has 16 bits; the list of elements stays well below, whatever the element.
const LIST_BYTES_MAX: usize = 48 << 10;

const CREATE: u16 = libc::NLM_F_CREATE as u16;
const APPEND: u16 = (libc::NLM_F_CREATE | libc::NLM_F_APPEND) as u16;
const ACK: u16 = libc::NLM_F_ACK as u16;

/// Messages of one transaction on a table, in order.
pub struct Transaction<'a> {
    table: &'a str,
    requests: Vec<Request>,
    ids: u32,
}

impl Transaction<'_> {
    pub fn of(table: &str) -> Transaction<'_> {
        Transaction { table, requests: Vec::new(), ids: 0 }
    }

    /// Adds the messages that turn `held` into `want`, and returns what the kernel then holds.
    pub fn turn(&mut self, held: &Held, want: &Ruleset) -> Held {
        let next = wanted(held, want);
        if next.is_empty() {
            // With all that is in it.
            if !held.is_empty() {
                self.push("remove table", self.table, DEL_TABLE, 0, encode::table(self.table));
            }
            return next;
        }
        let reshaped: BTreeSet<&str> =
            names(&next.sets, |name, it| held.sets.get(name).is_some_and(|old| old.shape != it.shape));
        let rehooked = |name: &str, it: &HeldChain| held.chains.get(name).is_some_and(|old| old.hook != it.hook);
        // A chain is written anew if its rules differ, if it is made anew, or to let go of a set that is made anew.
        let rewritten = names(&next.chains, |name, it| match held.chains.get(name) {
            None => true,
            Some(old) if old.hook != it.hook || old.digests != it.digests => true,
            Some(_) => {
                !reshaped.is_empty()
                    && want.chains.get(name).is_some_and(|it| encode::sets_named(it).any(|set| reshaped.contains(set)))
            }
        });

        for (name, old) in &held.chains {
            if !old.digests.is_empty() && (!next.chains.contains_key(name) || rewritten.contains(name.as_str())) {
                self.push("flush chain", name, DEL_RULE, 0, encode::chain_rules(self.table, name));
            }
        }
        for (name, old) in &held.sets {
            match next.sets.get(name) {
                Some(new) if old.shape == new.shape => self.remove_elements(name, old, new),
                _ => self.push("remove set", name, DEL_SET, 0, encode::set_name(self.table, name)),
            }
        }
        for name in held.chains.keys() {
            if next.chains.get(name).is_none_or(|new| rehooked(name, new)) {
                self.push("remove chain", name, DEL_CHAIN, 0, encode::chain_name(self.table, name));
            }
        }
        if held.is_empty() {
            self.push("add table", self.table, NEW_TABLE, CREATE, encode::table(self.table));
        }
        for (name, new) in &next.chains {
            if !held.chains.contains_key(name) || rehooked(name, new) {
                self.push("add chain", name, NEW_CHAIN, CREATE, encode::chain(self.table, name, new.hook));
            }
        }
        // All sets before all elements would do as well, but an element never names a set.
        for (name, new) in &next.sets {
            let old = held.sets.get(name).filter(|old| old.shape == new.shape);
            if old.is_none() {
                let id = self.id();
                self.push("add set", name, NEW_SET, CREATE, encode::set(self.table, name, &new.shape, id));
            }
            self.add_elements(name, old, new);
        }
        for name in rewritten {
            self.write_chain(name, &want.chains[name], &next);
        }
        next
    }

    /// Sends the transaction and returns its number of messages. Nothing is sent if it is empty.
    pub fn commit(self, conversation: &mut Conversation) -> Result<u64, Vec<Error>> {
        let Some(last) = self.requests.len().checked_sub(1) else { return Ok(0) };
        let mut bytes = Vec::with_capacity(self.requests.iter().map(|it| it.body.len() + 20).sum::<usize>() + 40);
        let frame = Attributes::netfilter(0, 0, SUBSYSTEM).0;
        let begin = conversation.push(&mut bytes, BATCH_BEGIN, 0, &frame);
        let mut sequences = Vec::with_capacity(self.requests.len());
        for (at, request) in self.requests.iter().enumerate() {
            // One acknowledgement for all: that of the last message. Refusals are told in any case.
            let ack = if at == last { ACK } else { 0 };
            sequences.push(conversation.push(&mut bytes, request.kind, request.flags | ack, &request.body));
        }
        let end = conversation.push(&mut bytes, BATCH_END, 0, &frame);

        let answers = conversation.exchange(&bytes).map_err(|error| vec![error])?;
        let mut failures = Vec::new();
        for answer in answers.iter().filter(|it| it.errno != 0) {
            let request = match sequences.binary_search(&answer.sequence) {
                Ok(at) => &self.requests[at],
                Err(_) if answer.sequence == begin || answer.sequence == end => &whole(self.table),
                Err(_) => continue,
            };
            failures.extend(judge(request, Some(answer)));
        }
        if failures.is_empty() && !answers.iter().any(|it| it.sequence == sequences[last]) {
            failures.extend(judge(&self.requests[last], None));
        }
        if failures.is_empty() { Ok(self.requests.len() as u64) } else { Err(failures) }
    }

    /// Removes the elements that leave, and those whose value changes, which come back later.
    fn remove_elements(&mut self, name: &str, old: &HeldSet, new: &HeldSet) {
        if Arc::ptr_eq(&old.set, &new.set) {
            return;
        }
        let both = differences(&old.set.elements, &new.set.elements);
        let gone = both.filter_map(|(key, old, _)| Some((key, old?)));
        self.list_elements("remove elements of", name, DEL_ELEMENTS, gone, new);
    }

    fn add_elements(&mut self, name: &str, old: Option<&HeldSet>, new: &HeldSet) {
        if old.is_some_and(|old| Arc::ptr_eq(&old.set, &new.set)) {
            return;
        }
        let nothing = OrdMap::new();
        let held = old.map_or(&nothing, |old| &old.set.elements);
        let both = differences(held, &new.set.elements);
        let come = both.filter_map(|(key, _, new)| Some((key, new?)));
        self.list_elements("add elements to", name, NEW_ELEMENTS, come, new);
    }

    /// Writes the elements in as many messages as it takes.
    fn list_elements<'a>(
        &mut self,
        what: &'static str,
        name: &str,
        kind: u16,
        elements: impl Iterator<Item = (&'a Key, &'a Element)>,
        set: &HeldSet,
    ) {
        let padded = encode::is_padded(&set.set);
        let mut list = Attributes::default();
        for (key, element) in elements {
            encode::element(&mut list, key, element, padded, kind == NEW_ELEMENTS);
            if list.0.len() > LIST_BYTES_MAX {
                let full = std::mem::take(&mut list);
                self.push(what, name, kind, CREATE, encode::elements(self.table, name, None, &full));
            }
        }
        if !list.0.is_empty() {
            self.push(what, name, kind, CREATE, encode::elements(self.table, name, None, &list));
        }
    }

    fn write_chain(&mut self, name: &str, chain: &Chain, next: &Held) {
        for (at, rule) in chain.rules.iter().enumerate() {
            let object = format!("{name}, rule {}", at + 1);
            let mut ids = Vec::new();
            for map in encode::anonymous(rule) {
                let id = self.id();
                ids.push(id);
                let body = encode::set(self.table, encode::ANONYMOUS_NAME, &map.shape, id);
                self.push("add map of chain", &object, NEW_SET, CREATE, body);
                let body = encode::elements(self.table, encode::ANONYMOUS_NAME, Some(id), &map.list);
                self.push("add map of chain", &object, NEW_ELEMENTS, CREATE, body);
            }
            let digest = &next.chains[name].digests[at];
            let body = encode::rule(self.table, name, rule, digest, &ids, |set| is_padded(next, set));
            self.push("add rule to chain", &object, NEW_RULE, APPEND, body);
        }
    }

    fn push(&mut self, what: &'static str, object: &str, kind: u16, flags: u16, body: Attributes) {
        self.requests.push(Request { what, object: object.to_string(), kind, flags, body: body.0, harmless: &[] });
    }

    fn id(&mut self) -> u32 {
        self.ids += 1;
        self.ids
    }
}

/// What the kernel will hold when it holds `want`. What `held` was made from is not computed again.
fn wanted(held: &Held, want: &Ruleset) -> Held {
    let mut next = Held::default();
    for (name, set) in &want.sets {
        let same = held.sets.get(name).filter(|old| Arc::ptr_eq(&old.set, set));
        let entry = same.cloned().unwrap_or_else(|| HeldSet { shape: Shape::of(set), set: complete(set) });
        next.sets.insert(name.clone(), entry);
    }
    for (name, chain) in &want.chains {
        let same = held.chains.get(name).filter(|old| old.made_from.as_ref().is_some_and(|it| Arc::ptr_eq(it, chain)));
        let entry = same.cloned().unwrap_or_else(|| HeldChain {
            hook: chain.hook,
            digests: chain.rules.iter().map(|rule| digest_of(rule, want)).collect(),
            made_from: Some(chain.clone()),
        });
        next.chains.insert(name.clone(), entry);
    }
    next
}

/// The set with the ends of all its ranges: where the plan leaves one out, the range ends where it begins.
fn complete(set: &Arc<Set>) -> Arc<Set> {
    if !set.interval || set.elements.values().all(|it| it.last.is_some()) {
        return set.clone();
    }
    let whole = |(key, element): (&Key, &Element)| {
        let last = element.last.as_ref().unwrap_or(key).clone();
        (key.clone(), Element { last: Some(last), data: element.data.clone() })
    };
    Arc::new(Set { elements: set.elements.iter().map(whole).collect(), ..Set::clone(set) })
}

fn digest_of(rule: &Rule, want: &Ruleset) -> Digest {
    digest(rule, |name| want.sets.get(name).is_some_and(|set| encode::is_padded(set)))
}

fn is_padded(held: &Held, name: &str) -> bool {
    held.sets.get(name).is_some_and(|it| encode::is_padded(&it.set))
}

fn names<V>(map: &std::collections::BTreeMap<String, V>, keep: impl Fn(&str, &V) -> bool) -> BTreeSet<&str> {
    map.iter().filter(|(name, it)| keep(name, it)).map(|(name, _)| name.as_str()).collect()
}

/// Stands for the transaction itself in messages about it.
fn whole(table: &str) -> Request {
    let object = format!("table {table}");
    Request { what: "commit changes of", object, kind: 0, flags: 0, body: Vec::new(), harmless: &[] }
}
