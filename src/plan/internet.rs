//! A VPC's way to and from the world outside: which packets pass the gateway, and as whom.
//!
//! ```text
//!  in    translate-in: public address ─► private   forward: does the receiver's route table lead back there? ─► its groups
//!  out   forward: has the sender a public address? ─► translate-out: private ─► public address
//! ```
//!
//! Of IPv6 nothing is translated: only the VPC's own blocks go out, and an egress-only gateway is one that no table's
//! way back leads to.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use imbl::OrdMap;

use super::acl::within;
use super::group::{ADMITTED, REMEMBER};
use super::key::KeyRange;
use super::member::{Elements, Footing, Ground, Members};
use super::mutant::Mutant;
use super::number::{DESTINATION_NAT, ESTABLISHED, IPV4, IPV6, SOURCE_NAT};
use super::routing;
use super::ruleset::{
    Chain, Data, DataKind, Field, Hook, HookKind, HookPoint, Policy, Rule, Ruleset, Set, Side, Statement, Verdict,
};
use super::stretches::{STRETCHES, direction, marked};
use super::untracked::UNTRACKED;
use super::wiring::INTERNET;
use crate::net::{Ipv6Net, Prefix};
use crate::state::State;
use crate::state::id::RouteTableId;
use crate::state::vpc::Vpc;

/// The chains of packets that enter and leave by the gateway.
pub const IN: &str = "internet-in";
pub const OUT: &str = "internet-out";
const PUBLIC_IN: &str = "public-in";
const PUBLIC_OUT: &str = "public-out";

/// What of packets from outside is looked up for an interface: whether the route table of its subnet leads back.
pub fn interface(elements: &mut Elements, link: &str, footing: &Footing) {
    let Some(table) = footing.table else { return };
    let chain = if Mutant::WayBack.lives() { ADMITTED.to_owned() } else { table_chain(table) };
    elements.put(IN, KeyRange::default().link(link).exact(), Data::Verdict(Verdict::Jump(chain)));
}

/// The public address that stands for a private one.
pub fn translation(elements: &mut Elements, private: Ipv4Addr, public: Ipv4Addr) {
    for (map, from, to) in [(PUBLIC_IN, public, private), (PUBLIC_OUT, private, public)] {
        elements.put(map, KeyRange::default().address(from.into()).exact(), Data::Address4(to));
    }
}

/// Adds what a router with a link to the edge needs.
pub fn internet(ruleset: &mut Ruleset, state: &State, vpc: &Vpc, members: &Members, ground: &Ground) {
    let used: BTreeSet<RouteTableId> =
        members.subnets.keys().filter_map(|subnet| ground.get(subnet).and_then(|it| it.table)).collect();
    for id in used {
        let Some(table) = state.route_tables.get(&id) else { continue };
        reachable(ruleset, &table_chain(id), &routing::from_internet(state, vpc.id, table));
    }
    ruleset.set(IN, &[Field::OutputLink], DataKind::Verdict, members.set(IN));
    let look = Statement::VerdictFrom { fields: vec![Field::OutputLink], map: IN.to_owned() };
    ruleset.chain(IN, vec![vec![look], refused()]);

    let blocks6: Vec<Ipv6Net> = vpc.blocks6.iter().map(|it| it.prefix).collect();
    ruleset.chain(OUT, leaving(&blocks6));
    ruleset.set(PUBLIC_IN, &[Field::Destination4], DataKind::Address4, members.set(PUBLIC_IN));
    ruleset.set(PUBLIC_OUT, &[Field::Source4], DataKind::Address4, members.set(PUBLIC_OUT));
    translate(ruleset, "translate-in", HookPoint::Prerouting, DESTINATION_NAT, Field::InputLink);
    translate(ruleset, "translate-out", HookPoint::Postrouting, SOURCE_NAT, Field::OutputLink);
}

/// Established flows that began outside are asked for their way back again: without one they would go on by a gateway
/// that lets nobody in.
pub fn running() -> Rule {
    let mut rule = began_outside().to_vec();
    rule.push(Statement::Verdict(Verdict::Goto(IN.to_owned())));
    rule
}

/// Of these no more is asked where their receiver tracks them.
pub fn admitted() -> Rule {
    let mut rule = began_outside().to_vec();
    rule.extend([marked(UNTRACKED | STRETCHES, 0), Statement::Verdict(Verdict::Goto(REMEMBER.to_owned()))]);
    rule
}

fn began_outside() -> [Statement; 3] {
    let value = KeyRange::default().link(INTERNET).exact().0;
    [Statement::Equals { field: Field::InputLink, value }, Statement::FlowState(ESTABLISHED), direction(0)]
}

fn table_chain(table: RouteTableId) -> String {
    format!("{table}-internet")
}

/// The chain that admits packets from where the table leads to, by the internet gateway.
fn reachable(ruleset: &mut Ruleset, name: &str, ranges: &[(IpAddr, IpAddr)]) {
    let mut rules = Vec::new();
    for (family, field) in [(IPV4, Field::Source4), (IPV6, Field::Source6)] {
        if let Some(inside) = put_ranges(ruleset, name, field, ranges) {
            let admitted = Statement::Verdict(Verdict::Goto(ADMITTED.to_owned()));
            rules.push(vec![Statement::Family(family), inside, admitted]);
        }
    }
    ruleset.chain(name, rules);
}

/// Adds the set of those ranges that are of the field's family, and returns the match of the field with it; nothing
/// where there are none.
pub fn put_ranges(ruleset: &mut Ruleset, name: &str, field: Field, ranges: &[(IpAddr, IpAddr)]) -> Option<Statement> {
    let four = matches!(field, Field::Source4 | Field::Destination4);
    let ranges = ranges.iter().filter(|it| it.0.is_ipv4() == four);
    // The second field only makes the kernel keep the ranges where they are quick to change.
    let elements: OrdMap<_, _> =
        ranges.map(|it| KeyRange::default().addresses(it.0, it.1).protocols(0, 255).ranged()).collect();
    if elements.is_empty() {
        return None;
    }
    let set = format!("{name}-{}", if four { "4" } else { "6" });
    let fields = vec![field, Field::Protocol];
    ruleset.put_set(&set, Set { key: fields.clone(), interval: true, data: DataKind::None, elements });
    Some(Statement::InSet { fields, set })
}

/// What may leave: IPv4 that will have a public address, IPv6 of the VPC.
fn leaving(blocks6: &[Ipv6Net]) -> Vec<Rule> {
    let pass = || Statement::Verdict(Verdict::Goto(REMEMBER.to_owned()));
    let known = Statement::InSet { fields: vec![Field::Source4], set: PUBLIC_OUT.to_owned() };
    let mut rules = vec![vec![Statement::Family(IPV4), known, pass()]];
    if Mutant::Unpublished.lives() {
        rules.push(vec![Statement::Family(IPV4), pass()]);
    }
    for block in blocks6 {
        let inside = within(Field::Source6, Prefix::V6(*block));
        rules.push([vec![Statement::Family(IPV6)], inside.into_iter().collect(), vec![pass()]].concat());
    }
    rules.push(refused());
    rules
}

fn translate(ruleset: &mut Ruleset, name: &str, point: HookPoint, priority: i32, link: Field) {
    let (side, field, map) = match point {
        HookPoint::Prerouting => (Side::Destination, Field::Destination4, PUBLIC_IN),
        _ => (Side::Source, Field::Source4, PUBLIC_OUT),
    };
    let value = KeyRange::default().link(INTERNET).exact().0;
    let rule = vec![
        Statement::Equals { field: link, value },
        Statement::Family(IPV4),
        Statement::TranslateFrom { side, fields: vec![field], map: map.to_owned() },
    ];
    let hook = Hook { kind: HookKind::Nat, point, priority, policy: Policy::Accept };
    ruleset.put_chain(name, Chain { hook: Some(hook), rules: vec![rule] });
}

pub fn refused() -> Rule {
    vec![Statement::Counter, Statement::Verdict(Verdict::Drop)]
}
