//! Sets, elements, chains and rules as bodies of nftables messages.

use std::net::Ipv4Addr;

use super::Digest;
use super::wire::*;
use crate::agent::attribute::Attributes;
use crate::net::Span;
use crate::plan::ruleset::{
    Chain, Data, DataKind, Element, Field, Hook, HookKind, HookPoint, Key, Policy, Rule, Set, Side, Statement, Verdict,
};
use crate::plan::{RECEIVER4, RECEIVER6};

/// What the kernel must know of a set besides its elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    pub flags: u32,
    pub key_type: u32,
    pub key_bytes: u32,
    /// The length of each field in bytes, for sets with ranges.
    pub fields: Vec<u32>,
    pub data: DataKind,
}

impl Shape {
    pub fn of(set: &Set) -> Shape {
        let mut key_type = set.key.iter().fold(0, |all, field| all << TYPE_BITS | type_of(*field));
        let mut key_bytes = set.key.iter().map(|field| padded(*field)).sum();
        let mut flags = match set.data {
            DataKind::None => 0,
            DataKind::Count => SET_COUNTS,
            DataKind::Mark | DataKind::Verdict | DataKind::Address4 => SET_MAP,
        };
        if set.data == DataKind::Count {
            // There is no room for all its fields' types, which are only printed.
            key_type = TYPE_INTEGER;
        }
        let mut fields = Vec::new();
        if set.interval {
            flags |= SET_INTERVAL | SET_CONCAT;
            fields.extend(set.key.iter().map(|field| length_of(*field)));
            if is_padded(set) {
                key_type = key_type << TYPE_BITS | TYPE_INTEGER;
                key_bytes += PADDING.len() as u32;
                fields.push(PADDING.len() as u32);
            }
        }
        Shape { flags, key_type, key_bytes, fields, data: set.data }
    }

    /// The IPv4 addresses in a key of this shape.
    pub fn addresses4(&self, key: &Key) -> impl Iterator<Item = Ipv4Addr> {
        // The last field's type is the lowest. Keys are kept without the padding.
        let padding = if key.0.len() < self.key_bytes as usize { TYPE_BITS } else { 0 };
        let (mut types, mut found, mut end) = (self.key_type >> padding, Vec::new(), key.0.len());
        while types > 0 {
            let kind = types & ((1 << TYPE_BITS) - 1);
            types >>= TYPE_BITS;
            let start = end.saturating_sub(if matches!(kind, TYPE_LINK | TYPE_IPV6) { 16 } else { 4 });
            let address: Option<[u8; 4]> = key.0.get(start..end).and_then(|it| it.try_into().ok());
            found.extend(address.filter(|_| kind == TYPE_IPV4).map(Ipv4Addr::from));
            end = start;
        }
        found.into_iter()
    }
}

/// Whether the key gets a second, constant field: the kernel would keep ranges of one field in a tree that is slow to
/// change, but keeps ranges of two in its pipapo.
pub fn is_padded(set: &Set) -> bool {
    set.interval && set.key.len() == 1
}

/// How many keys a set counts at a time: some 200 bytes each, and 20 ms to list them all.
const COUNTS_MAX: u32 = 65_536;

/// Names the table, for its making, or its removal with all that is in it: `add table inet culvert`.
pub fn table(table: &str) -> Attributes {
    let mut body = body();
    body.text(TABLE_NAME, table);
    body
}

/// `add set inet culvert NAME { type …; flags interval; }`
pub fn set(table: &str, name: &str, shape: &Shape, id: u32) -> Attributes {
    let mut body = set_name(table, name);
    body.number(SET_FLAGS, shape.flags);
    body.number(SET_KEY_TYPE, shape.key_type).number(SET_KEY_LEN, shape.key_bytes).number(SET_ID, id);
    match shape.data {
        DataKind::None => {}
        DataKind::Count => {
            body.nested(SET_DESC, |it| {
                it.number(SET_DESC_SIZE, COUNTS_MAX);
            });
        }
        DataKind::Mark => {
            body.number(SET_DATA_TYPE, TYPE_MARK).number(SET_DATA_LEN, 4);
        }
        DataKind::Verdict => {
            body.number(SET_DATA_TYPE, DATA_IS_VERDICT).number(SET_DATA_LEN, 0);
        }
        DataKind::Address4 => {
            body.number(SET_DATA_TYPE, TYPE_IPV4).number(SET_DATA_LEN, 4);
        }
    }
    if !shape.fields.is_empty() {
        body.nested(SET_DESC, |it| {
            it.nested(SET_DESC_CONCAT, |it| {
                for length in &shape.fields {
                    it.nested(LIST_ELEM, |it| {
                        it.number(SET_FIELD_LEN, *length);
                    });
                }
            });
        });
    }
    body
}

/// One element of a set, for `elements`. The data is left out of removals.
pub fn element(to: &mut Attributes, key: &Key, element: &Element, padded: bool, with_data: bool) {
    let value = |it: &mut Attributes, key: &Key| {
        let mut bytes = key.0.clone();
        if padded {
            bytes.extend_from_slice(&PADDING);
        }
        it.bytes(DATA_VALUE, &bytes);
    };
    to.nested(LIST_ELEM, |it| {
        it.nested(ELEM_KEY, |it| value(it, key));
        if let Some(last) = &element.last {
            it.nested(ELEM_KEY_END, |it| value(it, last));
        }
        match &element.data {
            Data::Mark(mark) if with_data => {
                it.nested(ELEM_DATA, |it| {
                    it.bytes(DATA_VALUE, &mark.to_ne_bytes());
                });
            }
            Data::Verdict(to) if with_data => {
                it.nested(ELEM_DATA, |it| verdict(it, to));
            }
            Data::Address4(address) if with_data => {
                it.nested(ELEM_DATA, |it| {
                    it.bytes(DATA_VALUE, &address.octets());
                });
            }
            _ => {}
        }
    });
}

/// `add element inet culvert NAME { … }`, or `delete element`: one message's worth of elements.
pub fn elements(table: &str, name: &str, id: Option<u32>, list: &Attributes) -> Attributes {
    let mut body = body();
    body.text(ELEM_LIST_TABLE, table).text(ELEM_LIST_SET, name);
    if let Some(id) = id {
        body.number(ELEM_LIST_SET_ID, id);
    }
    body.nested(ELEM_LIST_ELEMENTS, |it| it.0.extend_from_slice(&list.0));
    body
}

/// `add chain inet culvert NAME { type filter hook forward priority 0; policy drop; }`
pub fn chain(table: &str, name: &str, hook: Option<Hook>) -> Attributes {
    let mut body = chain_name(table, name);
    if let Some(hook) = hook {
        body.nested(CHAIN_HOOK, |it| {
            it.number(HOOK_NUMBER, hook_number(hook.point)).number(HOOK_PRIORITY, hook.priority as u32);
        });
        body.text(CHAIN_TYPE, type_name(hook.kind));
        body.number(CHAIN_POLICY, matches!(hook.policy, Policy::Accept).into());
    }
    body
}

/// The name of a type of base chains.
pub fn type_name(kind: HookKind) -> &'static str {
    match kind {
        HookKind::Filter => "filter",
        HookKind::Nat => "nat",
    }
}

/// Names a set, or a chain with all its rules, for its removal.
pub fn set_name(table: &str, name: &str) -> Attributes {
    let mut body = body();
    body.text(SET_TABLE, table).text(SET_NAME, name);
    body
}

pub fn chain_name(table: &str, name: &str) -> Attributes {
    let mut body = body();
    body.text(CHAIN_TABLE, table).text(CHAIN_NAME, name);
    body
}

/// `flush chain inet culvert NAME`
pub fn chain_rules(table: &str, chain: &str) -> Attributes {
    let mut body = body();
    body.text(RULE_TABLE, table).text(RULE_CHAIN, chain);
    body
}

/// The anonymous set that a rule needs before it.
pub struct Anonymous {
    pub shape: Shape,
    pub list: Attributes,
}

/// The name that the kernel completes with a number.
pub const ANONYMOUS_NAME: &str = "__map%d";

/// The anonymous maps of a rule, in the order in which `rule` takes their ids.
pub fn anonymous(rule: &Rule) -> Vec<Anonymous> {
    rule.iter().filter_map(anonymous_map).collect()
}

fn anonymous_map(statement: &Statement) -> Option<Anonymous> {
    let (mut shape, elements): (_, Vec<(Key, Data)>) = match statement {
        Statement::VerdictAmong { fields, elements } => {
            let set =
                Set { key: fields.clone(), interval: false, data: DataKind::Verdict, elements: Default::default() };
            let elements = elements.iter().map(|(key, to)| (key.clone(), Data::Verdict(to.clone())));
            (Shape::of(&set), elements.collect())
        }
        Statement::SourceAmong { addresses, .. } if addresses.len() > 1 => {
            let shape = Shape {
                flags: SET_MAP,
                key_type: TYPE_INTEGER,
                key_bytes: 4,
                fields: Vec::new(),
                data: DataKind::Address4,
            };
            let number = |at: u32| Key(at.to_ne_bytes().to_vec());
            let elements = (0..).zip(addresses).map(|(at, address)| (number(at), Data::Address4(*address)));
            (shape, elements.collect())
        }
        _ => return None,
    };
    shape.flags |= SET_ANONYMOUS | SET_CONSTANT;
    let mut list = Attributes::default();
    for (key, data) in elements {
        element(&mut list, &key, &Element { last: None, data }, false, true);
    }
    Some(Anonymous { shape, list })
}

/// `add rule inet culvert CHAIN …`, with its digest as user data. `ids` are those of its anonymous maps; `padded`
/// says of a named set whether its keys are.
pub fn rule(
    table: &str,
    chain: &str,
    rule: &Rule,
    digest: &Digest,
    ids: &[u32],
    padded: impl Fn(&str) -> bool,
) -> Attributes {
    let mut body = chain_rules(table, chain);
    let mut ids = ids.iter();
    body.nested(RULE_EXPRESSIONS, |it| {
        for part in rule {
            let id = if anonymous_map(part).is_some() { ids.next().copied() } else { None };
            statement(it, part, id, &padded);
        }
    });
    let mut data = vec![DIGEST_TYPE, digest.len() as u8];
    data.extend_from_slice(digest);
    body.bytes(RULE_USERDATA, &data);
    body
}

fn statement(to: &mut Attributes, statement: &Statement, id: Option<u32>, padded: impl Fn(&str) -> bool) {
    match statement {
        Statement::Family(family) => {
            meta(to, META_NFPROTO, REGISTER);
            compare(to, CMP_EQ, &[*family]);
        }
        Statement::InSet { fields, set } => {
            load_all(to, fields, padded(set));
            lookup(to, set, None, None);
        }
        Statement::NotInSet { fields, set } => {
            load_all(to, fields, padded(set));
            expression(to, "lookup", |it| {
                it.text(LOOKUP_SET, set).number(LOOKUP_SREG, REGISTER).number(LOOKUP_FLAGS, LOOKUP_INVERTED);
            });
        }
        Statement::InMap { fields, map } => {
            load_all(to, fields, padded(map));
            lookup(to, map, None, Some(REGISTER));
        }
        Statement::MarkFrom { fields, map } => {
            load_all(to, fields, padded(map));
            lookup(to, map, None, Some(REGISTER));
            expression(to, "meta", |it| {
                it.number(META_KEY, META_MARK).number(META_SREG, REGISTER);
            });
        }
        Statement::VerdictFrom { fields, map } => {
            load_all(to, fields, padded(map));
            lookup(to, map, None, Some(VERDICT_REGISTER));
        }
        Statement::VerdictAmong { fields, .. } => {
            load_all(to, fields, false);
            lookup(to, ANONYMOUS_NAME, id, Some(VERDICT_REGISTER));
        }
        Statement::FlowState(bits) => {
            ct(to, CT_STATE, REGISTER);
            bitwise(to, &bits.to_ne_bytes(), &[0; 4]);
            compare(to, CMP_NEQ, &[0; 4]);
        }
        Statement::Equals { field, value } => {
            load(to, *field, REGISTER);
            compare(to, CMP_EQ, value);
        }
        Statement::Masked { field, mask, value } => {
            load(to, *field, REGISTER);
            bitwise(to, mask, &vec![0; mask.len()]);
            compare(to, CMP_EQ, value);
        }
        Statement::Between { field, first, last } => {
            load(to, *field, REGISTER);
            compare(to, CMP_GTE, first);
            compare(to, CMP_LTE, last);
        }
        Statement::TranslateFrom { side, fields, map } => {
            load_all(to, fields, padded(map));
            lookup(to, map, None, Some(REGISTER));
            translate(to, *side, None);
        }
        Statement::SourceAmong { addresses, ports } => {
            match addresses.as_slice() {
                [only] => expression(to, "immediate", |it| {
                    it.number(IMMEDIATE_DREG, REGISTER).nested(IMMEDIATE_DATA, |it| {
                        it.bytes(DATA_VALUE, &only.octets());
                    });
                }),
                several => {
                    load_all(to, &[Field::Source4, Field::Destination4], false);
                    let count = several.len() as u32;
                    expression(to, "hash", |it| {
                        it.number(HASH_SREG, REGISTER).number(HASH_DREG, REGISTER).number(HASH_LEN, 8);
                        // With a seed of its own each rule, the same endpoints would meet another address after each
                        // change of the rule.
                        it.number(HASH_MODULUS, count).number(HASH_SEED, 0).number(HASH_TYPE, HASH_JENKINS);
                    });
                    lookup(to, ANONYMOUS_NAME, id, Some(REGISTER));
                }
            }
            translate(to, Side::Source, *ports);
        }
        Statement::Masquerade => expression(to, "masq", |_| {}),
        Statement::Reset => expression(to, "reject", |it| {
            it.number(REJECT_TYPE, REJECT_TCP_RESET);
        }),
        Statement::SetFlowMark { and, or } => {
            // (mark & and) | or is (mark & (and & !or)) ^ or, which is all that the kernel's operation can say.
            ct(to, CT_MARK, REGISTER);
            bitwise(to, &(and & !or).to_ne_bytes(), &or.to_ne_bytes());
            expression(to, "ct", |it| {
                it.number(CT_KEY, CT_MARK).number(CT_SREG, REGISTER);
            });
        }
        Statement::SetFlowZone(zone) => {
            expression(to, "immediate", |it| {
                it.number(IMMEDIATE_DREG, REGISTER).nested(IMMEDIATE_DATA, |it| {
                    it.bytes(DATA_VALUE, &zone.to_ne_bytes());
                });
            });
            expression(to, "ct", |it| {
                it.number(CT_KEY, CT_ZONE).number(CT_SREG, REGISTER);
            });
        }
        Statement::Count { fields, set } => {
            load_all(to, fields, false);
            expression(to, "dynset", |it| {
                it.text(DYNSET_SET, set).number(DYNSET_OPERATION, DYNSET_ADD).number(DYNSET_SREG, REGISTER);
                it.nested(DYNSET_EXPRESSION, |it| {
                    it.text(EXPR_NAME, "counter").nested(EXPR_DATA, |_| {});
                });
            });
        }
        Statement::Counter => expression(to, "counter", |_| {}),
        Statement::Verdict(it) => expression(to, "immediate", |to| {
            to.number(IMMEDIATE_DREG, VERDICT_REGISTER).nested(IMMEDIATE_DATA, |to| verdict(to, it));
        }),
    }
}

/// `snat ip to …`, or `dnat ip to …`, the address that the register holds, and a port of the range.
fn translate(to: &mut Attributes, side: Side, ports: Option<Span>) {
    let kind = match side {
        Side::Source => NAT_SOURCE,
        Side::Destination => NAT_DESTINATION,
    };
    for (port, register) in ports.iter().flat_map(|it| [it.first, it.last]).zip(REGISTER + 1..) {
        expression(to, "immediate", |it| {
            it.number(IMMEDIATE_DREG, register).nested(IMMEDIATE_DATA, |it| {
                it.bytes(DATA_VALUE, &port.to_be_bytes());
            });
        });
    }
    expression(to, "nat", |it| {
        it.number(NAT_TYPE, kind).number(NAT_FAMILY, FAMILY_IPV4).number(NAT_ADDRESS, REGISTER);
        if ports.is_some() {
            it.number(NAT_FIRST_PORT, REGISTER + 1).number(NAT_LAST_PORT, REGISTER + 2);
        }
    });
}

fn expression(to: &mut Attributes, name: &str, fill: impl FnOnce(&mut Attributes)) {
    to.nested(LIST_ELEM, |it| {
        it.text(EXPR_NAME, name).nested(EXPR_DATA, fill);
    });
}

/// Loads the fields into neighbouring registers, as the key of a lookup.
fn load_all(to: &mut Attributes, fields: &[Field], padded_key: bool) {
    let mut register = REGISTER;
    for field in fields {
        load(to, *field, register);
        register += padded(*field) / 4;
    }
    if padded_key {
        expression(to, "immediate", |it| {
            it.number(IMMEDIATE_DREG, register).nested(IMMEDIATE_DATA, |it| {
                it.bytes(DATA_VALUE, &PADDING);
            });
        });
    }
}

fn load(to: &mut Attributes, field: Field, register: u32) {
    let mut payload = |base, offset| {
        expression(to, "payload", |it| {
            it.number(PAYLOAD_DREG, register).number(PAYLOAD_BASE, base);
            it.number(PAYLOAD_OFFSET, offset).number(PAYLOAD_LEN, length_of(field));
        });
    };
    match field {
        Field::InputLink => meta(to, META_IIFNAME, register),
        Field::OutputLink => meta(to, META_OIFNAME, register),
        Field::NextLink => expression(to, "fib", |it| {
            it.number(FIB_DREG, register).number(FIB_RESULT, FIB_OIFNAME);
            it.number(FIB_FLAGS, FIB_DESTINATION | FIB_MARK);
        }),
        Field::Protocol => meta(to, META_L4PROTO, register),
        Field::Source4 => payload(NETWORK_HEADER, 12),
        Field::Destination4 => payload(NETWORK_HEADER, 16),
        Field::Source6 => payload(NETWORK_HEADER, 8),
        Field::Destination6 => payload(NETWORK_HEADER, 24),
        Field::DestinationPort => payload(TRANSPORT_HEADER, 2),
        Field::IcmpTypeCode | Field::Ports => payload(TRANSPORT_HEADER, 0),
        Field::TcpFlags(mask) => {
            payload(TRANSPORT_HEADER, 13);
            bitwise_at(to, register, &[mask], &[0]);
        }
        Field::Constant(number) => expression(to, "immediate", |it| {
            it.number(IMMEDIATE_DREG, register).nested(IMMEDIATE_DATA, |it| {
                it.bytes(DATA_VALUE, &number.to_ne_bytes());
            });
        }),
        Field::Direction => ct(to, CT_DIRECTION, register),
        Field::FlowMark => ct(to, CT_MARK, register),
        Field::State => ct(to, CT_STATE, register),
        Field::FlowSource4 => ct_of(to, ORIGINAL, CT_SRC_IP, register),
        Field::FlowReplier4 => ct_of(to, REPLY, CT_SRC_IP, register),
        Field::FlowSource6 => ct_of(to, ORIGINAL, CT_SRC_IP6, register),
        Field::FlowReplier6 => ct_of(to, REPLY, CT_SRC_IP6, register),
        Field::Identity => {
            meta(to, META_MARK, register);
            bitwise_at(to, register, &0xffff_u32.to_ne_bytes(), &[0; 4]);
        }
        Field::DestinationIdentity4 => {
            load(to, Field::Destination4, register);
            lookup_at(to, register, RECEIVER4, None, Some(register));
        }
        Field::DestinationIdentity6 => {
            load(to, Field::Destination6, register);
            lookup_at(to, register, RECEIVER6, None, Some(register));
        }
    }
}

fn meta(to: &mut Attributes, key: u32, register: u32) {
    expression(to, "meta", |it| {
        it.number(META_DREG, register).number(META_KEY, key);
    });
}

fn ct(to: &mut Attributes, key: u32, register: u32) {
    expression(to, "ct", |it| {
        it.number(CT_DREG, register).number(CT_KEY, key);
    });
}

/// The directions of a flow: of its first packet, and of what answers it.
const ORIGINAL: u8 = 0;
const REPLY: u8 = 1;

/// A part of the flow as packets of this direction have it.
fn ct_of(to: &mut Attributes, direction: u8, key: u32, register: u32) {
    expression(to, "ct", |it| {
        it.number(CT_DREG, register).number(CT_KEY, key).bytes(CT_DIRECTION_OF_KEY, &[direction]);
    });
}

fn compare(to: &mut Attributes, operation: u32, value: &[u8]) {
    expression(to, "cmp", |it| {
        it.number(CMP_SREG, REGISTER).number(CMP_OP, operation);
        it.nested(CMP_DATA, |it| {
            it.bytes(DATA_VALUE, value);
        });
    });
}

fn bitwise(to: &mut Attributes, mask: &[u8], xor: &[u8]) {
    bitwise_at(to, REGISTER, mask, xor);
}

fn bitwise_at(to: &mut Attributes, register: u32, mask: &[u8], xor: &[u8]) {
    expression(to, "bitwise", |it| {
        it.number(BITWISE_SREG, register).number(BITWISE_DREG, register).number(BITWISE_LEN, mask.len() as u32);
        it.nested(BITWISE_MASK, |it| {
            it.bytes(DATA_VALUE, mask);
        });
        it.nested(BITWISE_XOR, |it| {
            it.bytes(DATA_VALUE, xor);
        });
    });
}

fn lookup(to: &mut Attributes, set: &str, id: Option<u32>, result: Option<u32>) {
    lookup_at(to, REGISTER, set, id, result);
}

fn lookup_at(to: &mut Attributes, key: u32, set: &str, id: Option<u32>, result: Option<u32>) {
    expression(to, "lookup", |it| {
        it.text(LOOKUP_SET, set).number(LOOKUP_SREG, key);
        if let Some(register) = result {
            it.number(LOOKUP_DREG, register);
        }
        if let Some(id) = id {
            it.number(LOOKUP_SET_ID, id);
        }
    });
}

fn verdict(to: &mut Attributes, verdict: &Verdict) {
    let (code, chain) = match verdict {
        Verdict::Drop => (NF_DROP, None),
        Verdict::Accept => (NF_ACCEPT, None),
        Verdict::Return => (NFT_RETURN, None),
        Verdict::Jump(chain) => (NFT_JUMP, Some(chain)),
        Verdict::Goto(chain) => (NFT_GOTO, Some(chain)),
    };
    to.nested(DATA_VERDICT, |it| {
        it.number(VERDICT_CODE, code as u32);
        if let Some(chain) = chain {
            it.text(VERDICT_CHAIN, chain);
        }
    });
}

fn body() -> Attributes {
    Attributes::netfilter(FAMILY_INET, 0, 0)
}

fn hook_number(point: HookPoint) -> u32 {
    match point {
        HookPoint::Prerouting => 0,
        HookPoint::Input => 1,
        HookPoint::Forward => 2,
        HookPoint::Output => 3,
        HookPoint::Postrouting => 4,
    }
}

/// The bytes that a field has.
fn length_of(field: Field) -> u32 {
    match field {
        Field::InputLink | Field::OutputLink | Field::NextLink => 16,
        Field::Source6 | Field::Destination6 | Field::FlowSource6 | Field::FlowReplier6 => 16,
        Field::Source4 | Field::Destination4 | Field::FlowSource4 | Field::FlowReplier4 => 4,
        Field::FlowMark | Field::State | Field::Ports | Field::Constant(_) => 4,
        Field::Identity | Field::DestinationIdentity4 | Field::DestinationIdentity6 => 4,
        Field::DestinationPort | Field::IcmpTypeCode => 2,
        Field::Protocol | Field::Direction | Field::TcpFlags(_) => 1,
    }
}

/// The bytes that a field takes in a key.
fn padded(field: Field) -> u32 {
    length_of(field).next_multiple_of(4)
}

/// The type by which `nft list` prints the field. The kernel only stores it.
fn type_of(field: Field) -> u32 {
    match field {
        Field::InputLink | Field::OutputLink | Field::NextLink => TYPE_LINK,
        Field::Source4 | Field::Destination4 | Field::FlowSource4 | Field::FlowReplier4 => TYPE_IPV4,
        Field::Source6 | Field::Destination6 | Field::FlowSource6 | Field::FlowReplier6 => TYPE_IPV6,
        Field::Protocol => 12,
        Field::DestinationPort | Field::IcmpTypeCode => 13,
        Field::Identity | Field::DestinationIdentity4 | Field::DestinationIdentity6 | Field::FlowMark => TYPE_MARK,
        Field::Direction => 28,
        Field::State => 26,
        Field::Ports | Field::TcpFlags(_) | Field::Constant(_) => TYPE_INTEGER,
    }
}

/// What a chain needs of the sets that its rules name.
pub fn sets_named(chain: &Chain) -> impl Iterator<Item = &str> {
    chain.rules.iter().flatten().flat_map(|statement| match statement {
        Statement::InSet { fields, set: name }
        | Statement::InMap { fields, map: name }
        | Statement::MarkFrom { fields, map: name }
        | Statement::NotInSet { fields, set: name }
        | Statement::Count { fields, set: name }
        | Statement::TranslateFrom { fields, map: name, .. }
        | Statement::VerdictFrom { fields, map: name } => {
            fields.iter().filter_map(|field| map_behind(*field)).chain([name.as_str()]).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    })
}

/// The map that a field is looked up in.
fn map_behind(field: Field) -> Option<&'static str> {
    match field {
        Field::DestinationIdentity4 => Some(RECEIVER4),
        Field::DestinationIdentity6 => Some(RECEIVER6),
        _ => None,
    }
}
