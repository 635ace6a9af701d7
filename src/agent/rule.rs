//! Policy routing rules, for both families alike. Ours are those with our protocol number; besides, where a namespace
//! has rules of ours, the kernel's own `main` and `default` rules go, unless they are among those wanted.

use std::collections::BTreeMap;

use imbl::OrdMap;
use netlink_packet_route::route::RouteProtocol;
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::netlink::{CREATE, Conversation, Error, Request};
use super::{PROTOCOL, diff::Change};
use crate::net::Prefix;
use crate::plan::config::RoutingRule;

/// Family (2 or 10) and priority.
pub type Key = (u8, u32);

const FAMILIES: [(u8, AddressFamily); 2] = [(2, AddressFamily::Inet), (10, AddressFamily::Inet6)];
/// `32766: from all lookup main`, and `32767: from all lookup default`, which IPv6 does not have.
const KERNEL: [(Key, u32); 3] = [((2, 32766), 254), ((2, 32767), 253), ((10, 32766), 254)];

/// What the kernel should hold for these rules, the kernel's own among them.
pub fn wanted(rules: &BTreeMap<u32, RoutingRule>) -> OrdMap<Key, RoutingRule> {
    if rules.is_empty() {
        return KERNEL.map(|(key, table)| (key, RoutingRule { mark: None, from: None, table })).into_iter().collect();
    }
    let both = FAMILIES.iter().flat_map(|(family, _)| rules.iter().map(|(at, rule)| ((*family, *at), rule.clone())));
    both.filter(|((family, _), rule)| rule.from.is_none_or(|it| it.addr().is_ipv4() == (*family == 2))).collect()
}

/// Lists the rules that bear our mark, and the kernel's own that we may remove.
pub fn observe(conversation: &mut Conversation) -> Result<OrdMap<Key, RoutingRule>, Error> {
    let mut rules = OrdMap::new();
    for (number, family) in FAMILIES {
        let mut request = RuleMessage::default();
        request.header.family = family;
        let found = conversation.dump_route("rules", RouteNetlinkMessage::GetRule(request), |message| match message {
            RouteNetlinkMessage::NewRule(it) => read(number, &it),
            _ => None,
        });
        match found {
            Ok(found) => rules.extend(found),
            // A kernel without IPv6 has no rules of it.
            Err(error) if number == 10 && error.errno() == Some(libc::EOPNOTSUPP) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(rules)
}

fn read(family: u8, message: &RuleMessage) -> Option<(Key, RoutingRule)> {
    let mut table = u32::from(message.header.table);
    let (mut priority, mut mark, mut mask, mut ours) = (0, None, u32::MAX, false);
    let mut from = None;
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Priority(it) => priority = *it,
            RuleAttribute::FwMark(it) => mark = Some(*it),
            RuleAttribute::FwMask(it) => mask = *it,
            RuleAttribute::Source(it) => from = Prefix::new(*it, message.header.src_len).ok(),
            RuleAttribute::Table(it) => table = *it,
            RuleAttribute::Protocol(it) => ours = *it == RouteProtocol::Other(PROTOCOL),
            _ => {}
        }
    }
    let key = (family, priority);
    // The kernel prints the mask of a rule without a mark as zero.
    let rule = RoutingRule { mark: mark.map(|mark| (mark, mask)), from, table };
    (ours || KERNEL.contains(&(key, table))).then_some((key, rule))
}

/// `ip rule add fwmark 0x01000000/0xff000000 lookup 1001 priority 201 protocol …`, or its removal.
pub fn apply(change: &Change<Key, RoutingRule>) -> Vec<Request> {
    match change {
        Change::Remove(key) => vec![remove(*key)],
        Change::Replace(key, rule) => vec![remove(*key), add(*key, rule)],
        Change::Add(key, rule) => vec![add(*key, rule)],
    }
}

fn remove(key: Key) -> Request {
    let request = RouteNetlinkMessage::DelRule(message(key));
    Request::route("remove rule", object(key), 0, request).unless(&[libc::ENOENT])
}

fn add(key: Key, rule: &RoutingRule) -> Request {
    let mut message = message(key);
    message.header.action = RuleAction::ToTable;
    message.attributes.push(RuleAttribute::Table(rule.table));
    if let Some((mark, mask)) = rule.mark {
        message.attributes.push(RuleAttribute::FwMark(mark));
        message.attributes.push(RuleAttribute::FwMask(mask));
    }
    if let Some(from) = rule.from {
        message.header.src_len = from.prefix_len();
        message.attributes.push(RuleAttribute::Source(from.addr()));
    }
    if !KERNEL.contains(&(key, rule.table)) {
        message.attributes.push(RuleAttribute::Protocol(RouteProtocol::Other(PROTOCOL)));
    }
    Request::route("add rule", object(key), CREATE, RouteNetlinkMessage::NewRule(message))
}

fn message((family, priority): Key) -> RuleMessage {
    let mut message = RuleMessage::default();
    message.header.family = if family == 2 { AddressFamily::Inet } else { AddressFamily::Inet6 };
    message.attributes.push(RuleAttribute::Priority(priority));
    message
}

fn object((family, priority): Key) -> String {
    format!("{priority} of {}", if family == 2 { "IPv4" } else { "IPv6" })
}
