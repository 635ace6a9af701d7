//! A router's firewall: who may send as whom, and which packets may cross.
//!
//! ```text
//!  prerouting   is this link's packet from an address of the link? mark it with the sender's identity
//!  forward      was this direction of the flow admitted under this policy?  ──────────────► accept
//!               is it part of an established flow?                          ──► remember ──► accept
//!               is it an error about a flow, from one of its ends?                       ──► accept
//!               does a group of the sender let it out?  ──► admitted: does a group of the receiver let it in?
//!                     └─ no: drop                                └─ no: drop     └─ yes: remember ──► accept
//! ```
//!
//! Every dispatch is one lookup by link name, whatever the number of interfaces. What is not admitted is dropped.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::group::{self, ADMITTED, CompiledGroup, IPV4, IPV6, REMEMBER};
use super::key::KeyRange;
use super::ruleset::{
    Chain, Data, DataKind, Element, Field, Hook, HookKind, HookPoint, Policy, Ruleset, Set, Statement, Verdict,
};
use crate::state::id::SecurityGroupId;

/// An interface as the firewall sees it.
#[derive(Debug, Clone, Copy)]
pub struct Guarded<'a> {
    pub link: &'a str,
    pub identity: u16,
    pub addresses: &'a [IpAddr],
    /// Whether it may only send from its own addresses.
    pub source_check: bool,
}

/// The low bits of a flow's mark say which of its directions were admitted; the others, under which generation.
const ORIGINAL: u32 = 1;
const REPLY: u32 = 2;
const REMEMBER_MORE: &str = "remember-more";
const RELATED_CHAIN: &str = "related";

/// Before connection tracking: `priority raw`.
const RAW: i32 = -300;

/// The firewall of one router.
///
/// `generation` must differ from one policy to the next: a flow that was admitted under another is judged again.
pub fn firewall(
    interfaces: &[Guarded<'_>],
    identities: &BTreeMap<u16, Vec<SecurityGroupId>>,
    groups: &[Arc<CompiledGroup>],
    addresses: impl Iterator<Item = (IpAddr, u16)>,
    generation: u64,
) -> Ruleset {
    let mut ruleset = Ruleset::default();
    links(&mut ruleset, interfaces);
    receivers(&mut ruleset, addresses, groups);
    for (number, worn) in identities {
        for egress in [true, false] {
            let jump = |group: &SecurityGroupId| vec![Statement::Verdict(Verdict::Jump(group::chain(*group, egress)))];
            let mut rules: Vec<_> = worn.iter().map(jump).collect();
            rules.push(vec![Statement::Counter, Statement::Verdict(Verdict::Drop)]);
            chain(&mut ruleset, &identity_chain(*number, egress), rules);
        }
    }
    for group in groups {
        ruleset.sets.extend(group.sets.iter().cloned());
        ruleset.chains.extend(group.chains.iter().cloned());
    }
    prerouting(&mut ruleset);
    forward(&mut ruleset, generation);
    base(&mut ruleset, "input", HookPoint::Input, 0, Vec::new());
    ruleset
}

/// The maps keyed on the link: who may send as whom, and where its packets are judged.
fn links(ruleset: &mut Ruleset, interfaces: &[Guarded<'_>]) {
    let (mut source4, mut source6, mut unchecked) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (mut out, mut into) = (BTreeMap::new(), BTreeMap::new());
    for interface in interfaces {
        let link = || KeyRange::default().link(interface.link);
        let mark = Element { last: None, data: Data::Mark(u32::from(interface.identity)) };
        for address in interface.addresses {
            let map = if address.is_ipv4() { &mut source4 } else { &mut source6 };
            map.insert(link().address(*address).exact(), mark.clone());
        }
        if !interface.source_check {
            unchecked.insert(link().exact(), mark);
        }
        for (map, egress) in [(&mut out, true), (&mut into, false)] {
            let verdict = Verdict::Goto(identity_chain(interface.identity, egress));
            map.insert(link().exact(), Element { last: None, data: Data::Verdict(verdict) });
        }
    }
    set(ruleset, "source4", &[Field::InputLink, Field::Source4], DataKind::Mark, source4);
    set(ruleset, "source6", &[Field::InputLink, Field::Source6], DataKind::Mark, source6);
    set(ruleset, "unchecked", &[Field::InputLink], DataKind::Mark, unchecked);
    set(ruleset, "out", &[Field::InputLink], DataKind::Verdict, out);
    set(ruleset, "in", &[Field::OutputLink], DataKind::Verdict, into);
}

/// The maps from a receiver's address to its identity, where an egress rule names a group.
fn receivers(ruleset: &mut Ruleset, addresses: impl Iterator<Item = (IpAddr, u16)>, groups: &[Arc<CompiledGroup>]) {
    let asked = |field| groups.iter().flat_map(|it| &it.sets).any(|(_, set)| set.key.contains(&field));
    if !asked(Field::DestinationIdentity4) && !asked(Field::DestinationIdentity6) {
        return;
    }
    let (mut four, mut six) = (BTreeMap::new(), BTreeMap::new());
    for (address, identity) in addresses {
        let map = if address.is_ipv4() { &mut four } else { &mut six };
        let mark = Element { last: None, data: Data::Mark(u32::from(identity)) };
        map.insert(KeyRange::default().address(address).exact(), mark);
    }
    set(ruleset, RECEIVER4, &[Field::Destination4], DataKind::Mark, four);
    set(ruleset, RECEIVER6, &[Field::Destination6], DataKind::Mark, six);
}

/// The maps that [`Field::DestinationIdentity4`] and [`Field::DestinationIdentity6`] look in.
pub const RECEIVER4: &str = "receiver4";
pub const RECEIVER6: &str = "receiver6";

fn prerouting(ruleset: &mut Ruleset) {
    let accept = || Statement::Verdict(Verdict::Accept);
    let from = |fields: &[Field], map: &str| Statement::MarkFrom { fields: fields.to_vec(), map: map.to_owned() };
    let rules = vec![
        // meta mark set iifname . ip saddr map @source4 accept
        vec![Statement::Family(IPV4), from(&[Field::InputLink, Field::Source4], "source4"), accept()],
        vec![Statement::Family(IPV6), from(&[Field::InputLink, Field::Source6], "source6"), accept()],
        // meta mark set iifname map @unchecked accept
        vec![from(&[Field::InputLink], "unchecked"), accept()],
        vec![Statement::Counter],
    ];
    base(ruleset, "prerouting", HookPoint::Prerouting, RAW, rules);
}

fn forward(ruleset: &mut Ruleset, generation: u64) {
    // 30 bits: a flow would have to rest through a thousand million policies to meet its own again.
    let generation = u32::try_from(generation & 0x3fff_ffff).expect("masked to 30 bits") << 2;
    // With the state in the key, an error about a flow is not taken for a packet of it.
    let admitted = |(state, direction, bits): (u32, u8, u32)| {
        (KeyRange::default().mark(state).direction(direction).mark(generation | bits).exact(), Verdict::Accept)
    };
    let directions = [(0, ORIGINAL), (0, ORIGINAL | REPLY), (1, REPLY), (1, ORIGINAL | REPLY)];
    let elements = [NEW, ESTABLISHED].into_iter().flat_map(|state| directions.map(|(to, bits)| (state, to, bits)));
    let elements = elements.map(admitted).collect();
    let state = |bits, verdict| vec![Statement::FlowState(bits), Statement::Verdict(verdict)];
    let to = |field, map: &str| vec![Statement::VerdictFrom { fields: vec![field], map: map.to_owned() }];
    let rules = vec![
        vec![Statement::VerdictAmong { fields: vec![Field::State, Field::Direction, Field::FlowMark], elements }],
        state(ESTABLISHED, Verdict::Goto(REMEMBER.to_owned())),
        state(RELATED, Verdict::Goto(RELATED_CHAIN.to_owned())),
        state(INVALID, Verdict::Drop),
        // iifname vmap @out
        to(Field::InputLink, "out"),
    ];
    base(ruleset, "forward", HookPoint::Forward, 0, rules);
    chain(ruleset, ADMITTED, vec![to(Field::OutputLink, "in")[..].to_vec(), vec![Statement::Verdict(Verdict::Drop)]]);

    related(ruleset);

    let original = || Statement::Equals { field: Field::Direction, value: vec![0] };
    let accept = || Statement::Verdict(Verdict::Accept);
    let same = Statement::Masked {
        field: Field::FlowMark,
        mask: (!(ORIGINAL | REPLY)).to_ne_bytes().to_vec(),
        value: generation.to_ne_bytes().to_vec(),
    };
    let anew = |bits| Statement::SetFlowMark { and: 0, or: generation | bits };
    let more = |bits| Statement::SetFlowMark { and: u32::MAX, or: bits };
    chain(
        ruleset,
        REMEMBER,
        vec![
            vec![same, Statement::Verdict(Verdict::Goto(REMEMBER_MORE.to_owned()))],
            vec![original(), anew(ORIGINAL), accept()],
            vec![anew(REPLY), accept()],
        ],
    );
    chain(ruleset, REMEMBER_MORE, vec![vec![original(), more(ORIGINAL), accept()], vec![more(REPLY), accept()]]);
}

/// Errors about a flow pass without a rule, but only from the two who talk, and from those that forward for others:
/// whoever else could guess the ports would slow the flow, or end it. What is looked up is whether the link that the
/// error comes from has an address of the flow; the mark that this sets is the one that it has.
fn related(ruleset: &mut Ruleset) {
    let from = |field, map: &str| {
        let fields = vec![Field::InputLink, field];
        vec![Statement::MarkFrom { fields, map: map.to_owned() }, Statement::Verdict(Verdict::Accept)]
    };
    let of = |family, rule: super::ruleset::Rule| [vec![Statement::Family(family)], rule].concat();
    let forwards = Statement::MarkFrom { fields: vec![Field::InputLink], map: "unchecked".to_owned() };
    chain(
        ruleset,
        RELATED_CHAIN,
        vec![
            // meta mark set iifname . ct original ip saddr map @source4 accept
            of(IPV4, from(Field::FlowSource4, "source4")),
            of(IPV4, from(Field::FlowDestination4, "source4")),
            of(IPV6, from(Field::FlowSource6, "source6")),
            of(IPV6, from(Field::FlowDestination6, "source6")),
            vec![forwards, Statement::Verdict(Verdict::Accept)],
            vec![Statement::Counter, Statement::Verdict(Verdict::Drop)],
        ],
    );
}

/// Bits of `ct state`.
const INVALID: u32 = 1;
const ESTABLISHED: u32 = 2;
const RELATED: u32 = 4;
pub const NEW: u32 = 8;

fn identity_chain(number: u16, egress: bool) -> String {
    format!("id-{number}-{}", if egress { "out" } else { "in" })
}

fn set(
    ruleset: &mut Ruleset,
    name: &str,
    key: &[Field],
    data: DataKind,
    elements: BTreeMap<super::ruleset::Key, Element>,
) {
    let set = Set { key: key.to_vec(), interval: false, data, elements };
    ruleset.sets.insert(name.to_owned(), Arc::new(set));
}

fn chain(ruleset: &mut Ruleset, name: &str, rules: Vec<super::ruleset::Rule>) {
    ruleset.chains.insert(name.to_owned(), Arc::new(Chain { hook: None, rules }));
}

/// A base chain that drops what it does not decide.
fn base(ruleset: &mut Ruleset, name: &str, point: HookPoint, priority: i32, rules: Vec<super::ruleset::Rule>) {
    let hook = Some(Hook { kind: HookKind::Filter, point, priority, policy: Policy::Drop });
    ruleset.chains.insert(name.to_owned(), Arc::new(Chain { hook, rules }));
}
