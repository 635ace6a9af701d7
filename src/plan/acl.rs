//! Network ACLs in a router: stateless and ordered, at the edge of each subnet.
//!
//! ```text
//!  forward   iifname vmap @acl-out: the sender's subnet   ──► leaves the subnet? ──► its ACL's egress entries
//!            oifname vmap @acl-in: the receiver's subnet  ──► comes from outside? ──► its ACL's ingress entries
//! ```
//!
//! Entries stay a list, as their order is their meaning; only the first packet of a flow's direction pays for it. A
//! subnet whose ACL lets everything pass is not in the maps.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use imbl::OrdMap;

use super::group::type_code;
use super::key::KeyRange;
use super::member::{Elements, Footing, Ground, Members};
use super::mutant::Mutant;
use super::number::{IPV4, IPV6};
use super::ruleset::{Data, DataKind, Field, Rule, Ruleset, Statement, Verdict};
use crate::net::Prefix;
use crate::state::State;
use crate::state::id::SubnetId;
use crate::state::network_acl::{NetworkAcl, NetworkAclEntry};
use crate::state::vpc::Vpc;

/// The maps from a link to the ACL of its subnet.
pub const OUT: &str = "acl-out";
pub const IN: &str = "acl-in";

/// Whether an ACL at the subnet's edge ever denies anything of one direction.
pub fn denies(state: &State, vpc: &Vpc, subnet: SubnetId, egress: bool) -> bool {
    let acl = state.network_acl_of(subnet);
    !acl.is_some_and(|it| admits_everything(it, egress, !vpc.blocks6.is_empty()))
}

/// What the ACL of the subnet that a link lies in looks up.
pub fn link(elements: &mut Elements, name: &str, footing: &Footing) {
    let key = || KeyRange::default().link(name).exact();
    for (map, egress, judged) in [(OUT, true, footing.judged[0]), (IN, false, footing.judged[1])] {
        if judged {
            elements.put(map, key(), Data::Verdict(Verdict::Jump(subnet_chain(footing.subnet, egress))));
        }
    }
    if footing.judged.contains(&true) {
        elements.put(&links_of(footing.subnet), key(), Data::None);
    }
}

/// Adds the ACLs of the subnets that links of these members lie in.
pub fn acls(ruleset: &mut Ruleset, state: &State, members: &Members, ground: &Ground) {
    let mut used: BTreeMap<(_, bool), Arc<NetworkAcl>> = BTreeMap::new();
    for footing in ground.values().filter(|it| it.judged.contains(&true)) {
        let (subnet, links) = (footing.subnet, links_of(footing.subnet));
        let inside = members.set(&links);
        if inside.is_empty() {
            continue;
        }
        // A subnet without an ACL cannot be: were there one, nothing would pass its edge.
        let acl = state.network_acl_of(subnet);
        for (egress, judged) in [(true, footing.judged[0]), (false, footing.judged[1])] {
            if !judged {
                continue;
            }
            let other = if egress { Field::OutputLink } else { Field::InputLink };
            let inside = Statement::InSet { fields: vec![other], set: links.clone() };
            let target = match acl {
                Some(acl) => {
                    used.insert((acl.id, egress), acl.clone());
                    Verdict::Goto(acl_chain(acl, egress))
                }
                None => Verdict::Drop,
            };
            let rules = vec![vec![inside, Statement::Verdict(Verdict::Return)], vec![Statement::Verdict(target)]];
            ruleset.chain(&subnet_chain(subnet, egress), rules);
        }
        let inside = if Mutant::AclInside.lives() { OrdMap::new() } else { inside };
        ruleset.set(&links, &[Field::InputLink], DataKind::None, inside);
    }
    for ((_, egress), acl) in used {
        ruleset.chain(&acl_chain(&acl, egress), rules(&acl, egress));
    }
    ruleset.set(OUT, &[Field::InputLink], DataKind::Verdict, members.set(OUT));
    ruleset.set(IN, &[Field::OutputLink], DataKind::Verdict, members.set(IN));
}

fn subnet_chain(subnet: SubnetId, egress: bool) -> String {
    format!("{subnet}-{}", if egress { "out" } else { "in" })
}

fn links_of(subnet: SubnetId) -> String {
    format!("{subnet}-links")
}

fn acl_chain(acl: &NetworkAcl, egress: bool) -> String {
    format!("{}-{}", acl.id, if egress { "out" } else { "in" })
}

/// Whether nothing of one direction is ever denied.
fn admits_everything(acl: &NetworkAcl, egress: bool, ipv6: bool) -> bool {
    let first = |four: bool| {
        let mut entries = acl.entries.iter().filter(|it| it.egress == egress && it.prefix.addr().is_ipv4() == four);
        entries.next().is_some_and(|it| it.allow && it.protocol.is_none() && it.prefix.prefix_len() == 0)
    };
    first(true) && (!ipv6 || first(false))
}

/// The entries of one direction; what none of them decides is denied.
fn rules(acl: &NetworkAcl, egress: bool) -> Vec<Rule> {
    let mut entries: Vec<_> = acl.entries.iter().filter(|it| it.egress == egress).collect();
    entries.retain(|it| it.prefix.addr().is_ipv4() || !Mutant::AclIpv6.lives());
    entries.sort_by_key(|it| if Mutant::AclOrder.lives() { -i32::from(it.number) } else { it.number.into() });
    let mut rules: Vec<Rule> = entries.into_iter().map(rule).collect();
    rules.push(denied());
    rules
}

fn denied() -> Rule {
    vec![Statement::Counter, Statement::Verdict(Verdict::Drop)]
}

fn rule(entry: &NetworkAclEntry) -> Rule {
    let four = entry.prefix.addr().is_ipv4();
    let mut rule = vec![Statement::Family(if four { IPV4 } else { IPV6 })];
    let field = match (entry.egress != Mutant::AclSides.lives(), four) {
        (true, true) => Field::Destination4,
        (true, false) => Field::Destination6,
        (false, true) => Field::Source4,
        (false, false) => Field::Source6,
    };
    rule.extend(within(field, entry.prefix));
    if let Some(protocol) = entry.protocol.filter(|_| !Mutant::AclProtocol.lives()) {
        rule.push(Statement::Equals { field: Field::Protocol, value: vec![protocol] });
    }
    let between = |field, first: u16, last: u16| Statement::Between {
        field,
        first: first.to_be_bytes().into(),
        last: last.to_be_bytes().into(),
    };
    match (entry.protocol, entry.ports, entry.icmp) {
        (Some(6 | 17), Some(ports), _) => {
            let last = ports.last.saturating_sub(Mutant::AclLastPort.lives().into());
            rule.push(between(Field::DestinationPort, ports.first, last));
        }
        (Some(1 | 58), _, Some((kind, code))) if !Mutant::AclIcmpType.lives() => {
            let numbers = type_code(kind, code);
            rule.push(between(Field::IcmpTypeCode, numbers.first, numbers.last));
        }
        _ => {}
    }
    match entry.allow {
        true => rule.push(Statement::Verdict(Verdict::Return)),
        false => rule.extend(denied()),
    }
    rule
}

/// Matches addresses within a block; nothing for the block of all.
pub fn within(field: Field, prefix: Prefix) -> Option<Statement> {
    if prefix.prefix_len() == 0 {
        return None;
    }
    let bytes = |address: IpAddr| match address {
        IpAddr::V4(it) => it.octets().to_vec(),
        IpAddr::V6(it) => it.octets().to_vec(),
    };
    Some(Statement::Masked { field, mask: bytes(prefix.netmask()), value: bytes(prefix.network()) })
}
