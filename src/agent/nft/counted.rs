//! Sets whose elements rules add and count: what is in them, and how what is idle leaves them.

use super::encode;
use super::wire::*;
use crate::agent::attribute::{Attributes, find, find_text, read};
use crate::agent::netlink::{Conversation, Error, Request, judge};

/// How often a key was met, from when it first was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub key: Vec<u8>,
    pub packets: u64,
    pub bytes: u64,
}

const ACK: u16 = libc::NLM_F_ACK as u16;
const ECHO: u16 = libc::NLM_F_ECHO as u16;

/// The counts of a set. Nothing is counted in one that is not there.
pub fn counts(conversation: &mut Conversation, table: &str, set: &str) -> Result<Vec<Count>, Error> {
    let request = encode::set_name(table, set).0;
    let dumped = conversation.dump("counts", GET_ELEMENTS, &request, |_, body| Some(list(body)));
    match dumped {
        Err(error) if error.errno() == Some(libc::ENOENT) => Ok(Vec::new()),
        other => other.map(|it| it.into_iter().flatten().collect()),
    }
}

/// Takes keys out of a set, in one transaction: `delete element inet culvert NAME { … }`. The kernel answers what they
/// had come to by then, so that no packet is lost.
pub fn remove(conversation: &mut Conversation, table: &str, set: &str, keys: &[&[u8]]) -> Result<Vec<Count>, Error> {
    let mut elements = Attributes::default();
    for key in keys {
        elements.nested(LIST_ELEM, |it| {
            it.nested(ELEM_KEY, |it| {
                it.bytes(DATA_VALUE, key);
            });
        });
    }
    let body = encode::elements(table, set, None, &elements).0;
    let request = Request {
        what: "remove counts of",
        object: set.to_owned(),
        kind: DEL_ELEMENTS,
        flags: ACK | ECHO,
        body,
        harmless: &[],
    };
    let mut bytes = Vec::new();
    let frame = Attributes::netfilter(0, 0, SUBSYSTEM).0;
    conversation.push(&mut bytes, BATCH_BEGIN, 0, &frame);
    let sequence = conversation.push(&mut bytes, request.kind, request.flags, &request.body);
    conversation.push(&mut bytes, BATCH_END, 0, &frame);
    let mut last = Vec::new();
    let answers = conversation.exchange_echoed(&bytes, |kind, body| {
        if kind == DEL_ELEMENTS {
            last.extend(list(body));
        }
    })?;
    match judge(&request, answers.iter().find(|it| it.sequence == sequence)) {
        Some(error) => Err(error),
        None => Ok(last),
    }
}

/// The counts that a message lists.
fn list(body: &[u8]) -> Vec<Count> {
    // The four bytes before the attributes.
    let list = body.get(4..).and_then(|it| find(it, ELEM_LIST_ELEMENTS)).unwrap_or_default();
    read(list).filter_map(|(_, element)| count(element)).collect()
}

fn count(element: &[u8]) -> Option<Count> {
    let key = find(find(element, ELEM_KEY)?, DATA_VALUE)?.to_vec();
    let expression = find(element, ELEM_EXPRESSION).filter(|it| find_text(it, EXPR_NAME) == Some("counter"))?;
    let data = find(expression, EXPR_DATA)?;
    let number = |kind| Some(u64::from_be_bytes(find(data, kind)?.try_into().ok()?));
    Some(Count { key, packets: number(COUNTER_PACKETS)?, bytes: number(COUNTER_BYTES)? })
}
