//! What the kernel tells about our table, as values.

use std::sync::Arc;

use imbl::OrdMap;

use super::encode::{self, Shape};
use super::wire::*;
use super::{Digest, Held, HeldChain, HeldSet};
use crate::agent::attribute::{Attributes, find, find_number, find_text, read};
use crate::agent::netlink::{Conversation, Error, Request};
use crate::plan::ruleset::{Data, DataKind, Element, Hook, HookKind, HookPoint, Key, Policy, Set, Verdict};

/// The four bytes before the attributes.
const HEADER: usize = 4;

/// Lists the table, or nothing where there is none.
pub fn observe(conversation: &mut Conversation, table: &str) -> Result<Held, Error> {
    // Counted before, so that what comes in between is seen later.
    let generation = generation(conversation)?;
    match list(conversation, table) {
        Err(error) if error.errno() == Some(libc::ENOENT) => Ok(Held { generation, ..Held::default() }),
        other => other.map(|held| Held { generation, ..held }),
    }
}

/// Lists the table: its sets with their elements, its chains with the digests of their rules.
fn list(conversation: &mut Conversation, table: &str) -> Result<Held, Error> {
    let mut held = Held::default();
    for (name, shape) in conversation.dump("sets", GET_SET, &of(SET_TABLE, table), |_, body| set(body, table))? {
        let padded = shape.fields.len() == 2 && shape.key_type & ((1 << TYPE_BITS) - 1) == TYPE_INTEGER;
        let request = encode::set_name(table, &name).0;
        // What is counted in a set is not planned: nothing of it is amiss.
        let dumped = match shape.data {
            DataKind::Count => Vec::new(),
            _ => conversation
                .dump("elements", GET_ELEMENTS, &request, |_, body| elements(body, table, padded, shape.data))?,
        };
        let elements: OrdMap<Key, Element> = dumped.into_iter().flatten().collect();
        let interval = shape.flags & SET_INTERVAL != 0;
        let set = Arc::new(Set { key: Vec::new(), interval, data: shape.data, elements });
        held.sets.insert(name, HeldSet { shape, set });
    }
    let chains = conversation.dump("chains", GET_CHAIN, &of(CHAIN_TABLE, table), |_, body| chain(body, table))?;
    held.chains.extend(chains);
    for (name, digest) in conversation.dump("rules", GET_RULE, &of(RULE_TABLE, table), |_, body| rule(body, table))? {
        if let Some(chain) = held.chains.get_mut(&name) {
            chain.digests.push(digest);
        }
    }
    Ok(held)
}

/// A request for what belongs to the table.
fn of(attribute: u16, table: &str) -> Vec<u8> {
    let mut body = Attributes::netfilter(FAMILY_INET, 0, 0);
    body.text(attribute, table);
    body.0
}

/// The attributes of a message about the table; the kernel may list others' too.
fn about<'a>(body: &'a [u8], attribute: u16, table: &str) -> Option<&'a [u8]> {
    let attributes = body.get(HEADER..)?;
    (*body.first()? == FAMILY_INET && find_text(attributes, attribute) == Some(table)).then_some(attributes)
}

/// How many transactions there were.
pub fn generation(conversation: &mut Conversation) -> Result<u32, Error> {
    let body = Attributes::netfilter(0, 0, 0).0;
    let request =
        Request { what: "count", object: "transactions".into(), kind: GET_GENERATION, flags: 0, body, harmless: &[] };
    let found = conversation.fetch(&[request], |_, body| find_number(body.get(HEADER..)?, GENERATION_ID))?;
    Ok(found.into_iter().next().unwrap_or_default())
}

fn set(body: &[u8], table: &str) -> Option<(String, Shape)> {
    let it = about(body, SET_TABLE, table)?;
    let flags = find_number(it, SET_FLAGS).unwrap_or(0);
    if flags & SET_ANONYMOUS != 0 {
        return None;
    }
    let data = match find_number(it, SET_DATA_TYPE) {
        None if flags & SET_COUNTS != 0 => DataKind::Count,
        None => DataKind::None,
        Some(DATA_IS_VERDICT) => DataKind::Verdict,
        Some(TYPE_IPV4) => DataKind::Address4,
        Some(_) => DataKind::Mark,
    };
    let concat = find(it, SET_DESC).and_then(|it| find(it, SET_DESC_CONCAT)).unwrap_or_default();
    let fields = read(concat).filter_map(|(_, it)| find_number(it, SET_FIELD_LEN)).collect();
    let shape = Shape {
        flags,
        key_type: find_number(it, SET_KEY_TYPE)?,
        key_bytes: find_number(it, SET_KEY_LEN)?,
        fields,
        data,
    };
    Some((find_text(it, SET_NAME)?.to_string(), shape))
}

fn elements(body: &[u8], table: &str, padded: bool, kind: DataKind) -> Option<Vec<(Key, Element)>> {
    let list = find(about(body, ELEM_LIST_TABLE, table)?, ELEM_LIST_ELEMENTS)?;
    Some(read(list).filter_map(|(_, it)| element(it, padded, kind)).collect())
}

fn element(it: &[u8], padded: bool, kind: DataKind) -> Option<(Key, Element)> {
    let key = |it: &[u8]| {
        let bytes = find(it, DATA_VALUE)?;
        let length = bytes.len().checked_sub(if padded { PADDING.len() } else { 0 })?;
        Some(Key(bytes[..length].to_vec()))
    };
    let data = match find(it, ELEM_DATA) {
        None => Data::None,
        Some(data) => match (find(data, DATA_VALUE), find(data, DATA_VERDICT)) {
            (Some(value), _) => {
                let value: [u8; 4] = value.try_into().ok()?;
                if kind == DataKind::Address4 {
                    Data::Address4(value.into())
                } else {
                    Data::Mark(u32::from_ne_bytes(value))
                }
            }
            (None, it) => Data::Verdict(verdict(it?)?),
        },
    };
    Some((key(find(it, ELEM_KEY)?)?, Element { last: find(it, ELEM_KEY_END).and_then(key), data }))
}

fn verdict(it: &[u8]) -> Option<Verdict> {
    let chain = || find_text(it, VERDICT_CHAIN).map(str::to_string);
    Some(match find_number(it, VERDICT_CODE)? as i32 {
        NF_DROP => Verdict::Drop,
        NF_ACCEPT => Verdict::Accept,
        NFT_RETURN => Verdict::Return,
        NFT_JUMP => Verdict::Jump(chain()?),
        NFT_GOTO => Verdict::Goto(chain()?),
        _ => return None,
    })
}

fn chain(body: &[u8], table: &str) -> Option<(String, HeldChain)> {
    let it = about(body, CHAIN_TABLE, table)?;
    let hook = find(it, CHAIN_HOOK).and_then(|hook| {
        let point = match find_number(hook, HOOK_NUMBER)? {
            0 => HookPoint::Prerouting,
            1 => HookPoint::Input,
            2 => HookPoint::Forward,
            3 => HookPoint::Output,
            _ => HookPoint::Postrouting,
        };
        let policy = if find_number(it, CHAIN_POLICY)? == 0 { Policy::Drop } else { Policy::Accept };
        let nat = find_text(it, CHAIN_TYPE) == Some(encode::type_name(HookKind::Nat));
        let kind = if nat { HookKind::Nat } else { HookKind::Filter };
        Some(Hook { kind, point, priority: find_number(hook, HOOK_PRIORITY)? as i32, policy })
    });
    Some((find_text(it, CHAIN_NAME)?.to_string(), HeldChain { hook, digests: Vec::new(), made_from: None }))
}

/// The chain of a rule and its digest; zeros where a stranger's rule has none.
fn rule(body: &[u8], table: &str) -> Option<(String, Digest)> {
    let it = about(body, RULE_TABLE, table)?;
    let digest = find(it, RULE_USERDATA)
        .and_then(|data| data.strip_prefix(&[DIGEST_TYPE, size_of::<Digest>() as u8]))
        .and_then(|digest| digest.try_into().ok())
        .unwrap_or_default();
    Some((find_text(it, RULE_CHAIN)?.to_string(), digest))
}
