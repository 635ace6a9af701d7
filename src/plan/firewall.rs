//! A router's firewall: who may send as whom, and which packets may cross.
//!
//! ```text
//!  prerouting   is this link's packet from an address of the link? mark it with its identity and its route table
//!  forward      is it on a stretch before or behind a middlebox?            ──► stretches
//!               was this direction of the flow admitted under this policy?  ──────────────► accept
//!               does the ACL of the subnet that it leaves deny it, or that of the one it enters?  ► drop
//!               does the account block such access to or from the world outside?          ► drop
//!               did its established flow begin outside? the way back is asked for again   ──► internet-in
//!               is it part of an established flow?                          ──► remember ──► accept
//!                     └─ one that an end does not track: rules are asked of that end again    ──► untracked
//!               is it an error about a flow, from one of its ends?                       ──► accept
//!               does a group of the sender let it out?  ──► admitted: does a group of the receiver let it in?
//!                     └─ no: drop                                └─ no: drop     └─ yes: remember ──► accept
//! ```
//!
//! Every dispatch is one lookup by link name, whatever the number of interfaces. What is not admitted is dropped.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::acl::{self, within};
use super::config::LinkName;
use super::group::{self, ADMITTED, CompiledGroup, REMEMBER};
use super::key::KeyRange;
use super::member::{Elements, Members, held};
use super::mutant::Mutant;
use super::number::{ESTABLISHED, INVALID, IPV4, IPV6, NEW, RAW, RELATED, TCP, UDP};
use super::ruleset::{
    Chain, Data, DataKind, Field, Hook, HookKind, HookPoint, Policy, Rule, Ruleset, Set, Statement, Verdict,
};
use super::stretches::STRETCHES;
use super::untracked::UNTRACKED;
use super::wiring::INTERNET;
use super::{internet, overlap, public_access, stretches, untracked};
use crate::net::Prefix;
use crate::state::id::SecurityGroupId;
use crate::state::network_interface::NetworkInterface;

/// A link that leads out of the VPC.
#[derive(Debug, Clone)]
pub enum Gate {
    /// To the router of a peer with these blocks, flows with which are in this zone of the connection table.
    Peer { link: LinkName, blocks: Vec<Prefix>, zone: u16 },
    /// To the edge. What comes from there is from none of these blocks.
    Internet { not_from: Vec<Prefix> },
}

impl Gate {
    pub fn link(&self) -> &str {
        match self {
            Gate::Peer { link, .. } => link,
            Gate::Internet { .. } => INTERNET,
        }
    }
}

/// The low bits of a flow's mark say which of its directions were admitted; the next, under which generation; then come
/// what `untracked` remembers and what `stretches` does.
const ORIGINAL: u32 = 1;
const REPLY: u32 = 2;
/// The bits that stay from one generation to the next.
const KEPT: u32 = UNTRACKED | STRETCHES;
const REMEMBER_MORE: &str = "remember-more";
pub const RELATED_CHAIN: &str = "related";

/// What of a VPC its router's firewall is made from.
pub struct Guard<'a> {
    /// With those of its gates.
    pub members: &'a Members,
    pub gates: &'a [Gate],
    /// Those of the VPC.
    pub blocks: &'a [Prefix],
    /// The sets of groups that interfaces here wear, by number.
    pub identities: &'a BTreeMap<u16, Vec<SecurityGroupId>>,
    pub groups: &'a BTreeMap<SecurityGroupId, Arc<CompiledGroup>>,
    /// Must differ from one policy to the next: a flow that was admitted under another is judged again.
    pub generation: u64,
    /// The ports at which the router itself serves its interfaces, with their protocols.
    pub services: &'a [(u8, u16)],
    /// Whether something of what passes the gateway to the world outside is blocked, as `public_access` says.
    pub limits_public_access: bool,
    /// Whether IPv6 goes out by an egress-only gateway.
    pub egress_only: bool,
}

/// The firewall of one router, but for what `acl` and `internet` add to it.
pub fn firewall(guard: &Guard<'_>) -> Ruleset {
    let mut ruleset = Ruleset::default();
    links(&mut ruleset, guard.members);
    receivers(&mut ruleset, guard.members, guard.groups);
    inner_flows(&mut ruleset, guard.gates);
    for (number, worn) in guard.identities {
        for egress in [true, false] {
            let jump = |group: &SecurityGroupId| vec![Statement::Verdict(Verdict::Jump(group::chain(*group, egress)))];
            let counts = if Mutant::SecondGroup.lives() { 1 } else { usize::MAX };
            let (name, worn) = (identity_chain(*number, egress), &worn[..worn.len().min(counts)]);
            let mut rules = untracked::identity(&mut ruleset, egress, worn, guard.groups);
            rules.extend(worn.iter().map(jump));
            rules.push(vec![Statement::Counter, Statement::Verdict(Verdict::Drop)]);
            ruleset.chain(&name, rules);
        }
    }
    untracked::chains(&mut ruleset, guard.members, guard.egress_only);
    for group in guard.groups.values() {
        ruleset.sets.extend(group.sets.iter().cloned());
        ruleset.chains.extend(group.chains.iter().cloned());
    }
    let boxes = guard.members.set(MIDDLEBOX);
    let known = if boxes.is_empty() { Verdict::Accept } else { stretches::zones(&mut ruleset, guard.blocks) };
    let known = overlap::outward(&mut ruleset, guard.gates, known);
    prerouting(&mut ruleset, guard.gates, &known);
    forward(&mut ruleset, guard);
    input(&mut ruleset, guard.services);
    ruleset
}

pub const SOURCE4: &str = "source4";
pub const SOURCE6: &str = "source6";
/// Blocks that interfaces may send from, besides their addresses.
const SOURCE_BLOCK6: &str = "source-block6";
const UNCHECKED: &str = "unchecked";
/// Links of interfaces that may pass packets of others on.
pub const MIDDLEBOX: &str = "middlebox";
/// Links from which errors about any flow are taken: those behind which the rest of its way lies.
const TRANSIT: &str = "transit";

pub const OUT: &str = "out";
pub const IN: &str = "in";

/// Who may send as whom from an interface's link, and where its packets are judged.
pub fn interface(elements: &mut Elements, name: &str, interface: &NetworkInterface, mark: u32) {
    let link = || KeyRange::default().link(name);
    // What its packets are marked with: identity and route table.
    let mark = Data::Mark(u32::from(interface.identity) | mark);
    for address in held(interface) {
        let map = if address.is_ipv4() { SOURCE4 } else { SOURCE6 };
        elements.put(map, link().address(address).exact(), mark.clone());
    }
    for block in &interface.prefixes6 {
        elements.put_range(SOURCE_BLOCK6, link().block(Prefix::V6(*block)), mark.clone());
    }
    if !interface.source_dest_check || Mutant::SourceCheck.lives() {
        elements.put(UNCHECKED, link().exact(), mark);
        elements.put(MIDDLEBOX, link().exact(), Data::None);
        untracked::tracked(elements, name);
    }
    let leaves = identity_chain(interface.identity, true);
    let leaves = if Mutant::EgressUnasked.lives() { ADMITTED.to_owned() } else { leaves };
    judged(elements, name, &leaves, &identity_chain(interface.identity, false));
}

/// The packets of a NAT gateway's link are of any source, and are marked with this.
pub fn nat_gateway(elements: &mut Elements, name: &str, mark: u32) {
    let link = KeyRange::default().link(name).exact();
    elements.put(UNCHECKED, link.clone(), Data::Mark(mark));
    elements.put(TRANSIT, link, Data::None);
    untracked::tracked(elements, name);
    judged(elements, name, ADMITTED, REMEMBER);
}

/// Where packets through a gate are judged.
pub fn gate(elements: &mut Elements, gate: &Gate) {
    let (leaves, enters) = match gate {
        Gate::Peer { .. } => (ADMITTED, REMEMBER),
        Gate::Internet { .. } => (internet::IN, internet::OUT),
    };
    elements.put(TRANSIT, KeyRange::default().link(gate.link()).exact(), Data::None);
    judged(elements, gate.link(), leaves, enters);
}

/// The chains that judge packets from the link and packets to it.
fn judged(elements: &mut Elements, name: &str, from: &str, to: &str) {
    for (map, chain) in [(OUT, from), (IN, to)] {
        elements.put(map, KeyRange::default().link(name).exact(), Data::Verdict(Verdict::Goto(chain.to_owned())));
    }
}

/// Whose an address is, for egress rules that name a group.
pub fn receiver(elements: &mut Elements, address: IpAddr, identity: u16) {
    let map = if address.is_ipv4() { RECEIVER4 } else { RECEIVER6 };
    elements.put(map, KeyRange::default().address(address).exact(), Data::Mark(u32::from(identity)));
}

/// The maps keyed on the link.
fn links(ruleset: &mut Ruleset, members: &Members) {
    let mut put = |name: &str, key: &[Field], data| ruleset.set(name, key, data, members.set(name));
    put(SOURCE4, &[Field::InputLink, Field::Source4], DataKind::Mark);
    put(SOURCE6, &[Field::InputLink, Field::Source6], DataKind::Mark);
    put(UNCHECKED, &[Field::InputLink], DataKind::Mark);
    put(TRANSIT, &[Field::InputLink], DataKind::None);
    put(OUT, &[Field::InputLink], DataKind::Verdict);
    put(IN, &[Field::OutputLink], DataKind::Verdict);
    let elements = members.set(SOURCE_BLOCK6);
    if !elements.is_empty() {
        let key = vec![Field::InputLink, Field::Source6];
        ruleset.put_set(SOURCE_BLOCK6, Set { key, interval: true, data: DataKind::Mark, elements });
    }
}

/// The maps from a receiver's address to its identity, where an egress rule names a group.
fn receivers(ruleset: &mut Ruleset, members: &Members, groups: &BTreeMap<SecurityGroupId, Arc<CompiledGroup>>) {
    let asked = |field| groups.values().flat_map(|it| &it.sets).any(|(_, set)| set.key.contains(&field));
    if asked(Field::DestinationIdentity4) || asked(Field::DestinationIdentity6) {
        ruleset.set(RECEIVER4, &[Field::Destination4], DataKind::Mark, members.set(RECEIVER4));
        ruleset.set(RECEIVER6, &[Field::Destination6], DataKind::Mark, members.set(RECEIVER6));
    }
}

/// The maps that [`Field::DestinationIdentity4`] and [`Field::DestinationIdentity6`] look in.
pub const RECEIVER4: &str = "receiver4";
pub const RECEIVER6: &str = "receiver6";

/// `known` is where packets go on whose sender is known.
fn prerouting(ruleset: &mut Ruleset, gates: &[Gate], known: &Verdict) {
    let accept = || Statement::Verdict(Verdict::Accept);
    let known = || Statement::Verdict(known.clone());
    let drop = || [Statement::Counter, Statement::Verdict(Verdict::Drop)];
    let from = |fields: &[Field], map: &str| Statement::MarkFrom { fields: fields.to_vec(), map: map.to_owned() };
    let mut rules = vec![
        // meta mark set iifname . ip saddr map @source4 accept
        vec![Statement::Family(IPV4), from(&[Field::InputLink, Field::Source4], SOURCE4), known()],
        vec![Statement::Family(IPV6), from(&[Field::InputLink, Field::Source6], SOURCE6), known()],
        // meta mark set iifname map @unchecked accept
        vec![from(&[Field::InputLink], UNCHECKED), known()],
    ];
    if ruleset.sets.contains_key(SOURCE_BLOCK6) {
        let fields = [Field::InputLink, Field::Source6];
        rules.push(vec![Statement::Family(IPV6), from(&fields, SOURCE_BLOCK6), known()]);
    }
    // What comes through a gate has no mark: it looks at the VPC's own addresses alone, so that nobody passes through
    // a VPC who is not of it.
    for gate in gates {
        let value = KeyRange::default().link(gate.link()).exact().0;
        let here = || Statement::Equals { field: Field::InputLink, value: value.clone() };
        let source = |prefix: &Prefix| {
            let (family, field) = if prefix.addr().is_ipv4() { (IPV4, Field::Source4) } else { (IPV6, Field::Source6) };
            let mut rule: Rule = vec![here(), Statement::Family(family)];
            rule.extend(within(field, *prefix));
            rule
        };
        match gate {
            Gate::Peer { blocks, zone, .. } => {
                let then = vec![Statement::SetFlowZone(*zone), accept()];
                rules.extend(blocks.iter().map(|it| [source(it), then.clone()].concat()));
            }
            Gate::Internet { not_from } => {
                rules.extend(not_from.iter().map(|it| [source(it), drop().to_vec()].concat()));
                rules.push(vec![here(), accept()]);
            }
        }
    }
    rules.push(vec![Statement::Counter]);
    base(ruleset, "prerouting", HookPoint::Prerouting, RAW, rules);
}

const SERVICES: &str = "services";

/// What interfaces may ask of the router itself. Whoever asks is known by its address and has an allowance of its own,
/// so that not even an interface that may write any source asks as another.
fn input(ruleset: &mut Ruleset, services: &[(u8, u16)]) {
    let mut rules = Vec::new();
    for (family, field, map) in
        [(IPV4, Field::Source4, SOURCE4), (IPV6, Field::Source6, SOURCE6), (IPV6, Field::Source6, SOURCE_BLOCK6)]
    {
        if ruleset.sets.contains_key(map) {
            // meta mark set iifname . ip saddr map @source4 goto services; the mark is the one that it has
            let own = Statement::MarkFrom { fields: vec![Field::InputLink, field], map: map.to_owned() };
            let serve = Statement::Verdict(Verdict::Goto(SERVICES.to_owned()));
            rules.push(vec![Statement::Family(family), own, serve]);
        }
    }
    base(ruleset, "input", HookPoint::Input, 0, rules);
    let served = services.iter().map(|(protocol, port)| {
        vec![
            Statement::Equals { field: Field::Protocol, value: vec![*protocol] },
            Statement::Equals { field: Field::DestinationPort, value: port.to_be_bytes().into() },
            Statement::Verdict(Verdict::Accept),
        ]
    });
    ruleset.chain(SERVICES, served.collect());
}

/// Names are served to every interface, metadata to those of instances.
pub const NAMES: [(u8, u16); 2] = [(UDP, 53), (TCP, 53)];
pub const METADATA: [(u8, u16); 1] = [(TCP, 80)];

fn forward(ruleset: &mut Ruleset, guard: &Guard<'_>) {
    // 26 bits: a flow would have to rest through sixty million policies to meet its own again.
    let generation = if Mutant::Generation.lives() { 0 } else { guard.generation };
    let generation = u32::try_from(generation & 0x03ff_ffff).expect("masked to 26 bits") << 2;
    // With the state in the key, an error about a flow is not taken for a packet of it.
    let admitted = |(state, direction, bits): (u32, u8, u32)| {
        (KeyRange::default().mark(state).direction(direction).mark(generation | bits).exact(), Verdict::Accept)
    };
    let directions = [(0, ORIGINAL), (0, ORIGINAL | REPLY), (1, REPLY), (1, ORIGINAL | REPLY)];
    let marks = untracked::MARKS.into_iter().flat_map(|end| directions.map(|(to, bits)| (to, end | bits)));
    let elements = [NEW, ESTABLISHED].into_iter().flat_map(|state| marks.clone().map(move |it| (state, it.0, it.1)));
    let elements = elements.map(admitted).collect();
    let boxes = guard.members.set(MIDDLEBOX);
    let mut rules = if boxes.is_empty() { Vec::new() } else { stretches::dispatch() };
    rules.extend([
        vec![Statement::VerdictAmong { fields: vec![Field::State, Field::Direction, Field::FlowMark], elements }],
        // iifname vmap @acl-out; oifname vmap @acl-in
        to(Field::InputLink, acl::OUT),
        to(Field::OutputLink, acl::IN),
    ]);
    if Mutant::AclRunning.lives() {
        rules.insert(0, state(ESTABLISHED, Verdict::Goto(REMEMBER.to_owned())));
    }
    if guard.limits_public_access {
        rules.extend(public_access::looks());
    }
    if !boxes.is_empty() {
        rules.extend(stretches::half_seen());
    }
    let leads_out = guard.gates.iter().any(|it| matches!(it, Gate::Internet { .. }));
    rules.extend(leads_out.then(internet::running));
    rules.extend(untracked::established());
    rules.extend(first());
    base(ruleset, "forward", HookPoint::Forward, 0, rules);
    let mut admitted = untracked::admitted().to_vec();
    admitted.extend(leads_out.then(internet::admitted));
    admitted.extend([to(Field::OutputLink, IN), vec![Statement::Verdict(Verdict::Drop)]]);
    ruleset.chain(ADMITTED, admitted);

    related(ruleset);

    let original = || Statement::Equals { field: Field::Direction, value: vec![0] };
    let accept = || Statement::Verdict(Verdict::Accept);
    let same = Statement::Masked {
        field: Field::FlowMark,
        mask: (!(ORIGINAL | REPLY | KEPT)).to_ne_bytes().to_vec(),
        value: generation.to_ne_bytes().to_vec(),
    };
    let anew = |bits| Statement::SetFlowMark { and: KEPT, or: generation | bits };
    let more = |bits| Statement::SetFlowMark { and: u32::MAX, or: bits };
    let mut remember = if boxes.is_empty() { Vec::new() } else { stretches::remember() };
    remember.extend([
        vec![same, Statement::Verdict(Verdict::Goto(REMEMBER_MORE.to_owned()))],
        vec![original(), anew(ORIGINAL), accept()],
        vec![anew(REPLY), accept()],
    ]);
    ruleset.chain(REMEMBER, remember);
    if !boxes.is_empty() {
        stretches::stretches(ruleset, boxes, guard.blocks, guard.limits_public_access);
    }
    ruleset.chain(REMEMBER_MORE, vec![vec![original(), more(ORIGINAL), accept()], vec![more(REPLY), accept()]]);
}

/// What becomes of packets that no flow lets pass.
pub fn first() -> Vec<Rule> {
    vec![
        state(RELATED, Verdict::Goto(RELATED_CHAIN.to_owned())),
        state(INVALID, Verdict::Drop),
        // iifname vmap @out
        to(Field::InputLink, OUT),
    ]
}

pub fn state(bits: u32, verdict: Verdict) -> Rule {
    vec![Statement::FlowState(bits), Statement::Verdict(verdict)]
}

/// Where a map sends packets by their link.
pub fn to(field: Field, map: &str) -> Rule {
    vec![Statement::VerdictFrom { fields: vec![field], map: map.to_owned() }]
}

/// Errors about a flow pass without a rule, but only from the two who talk, and from those that forward for others:
/// whoever else could guess the ports would slow the flow, or end it. What is looked up is whether the link that the
/// error comes from has an address of the flow; the mark that this sets is the one that it has.
fn related(ruleset: &mut Ruleset) {
    let from = |field, map: &str| {
        let fields = vec![Field::InputLink, field];
        vec![Statement::MarkFrom { fields, map: map.to_owned() }, Statement::Verdict(Verdict::Accept)]
    };
    let of = |family, rule: Rule| [vec![Statement::Family(family)], rule].concat();
    let forwards = Statement::MarkFrom { fields: vec![Field::InputLink], map: UNCHECKED.to_owned() };
    let transit = Statement::InSet { fields: vec![Field::InputLink], set: TRANSIT.to_owned() };
    let internet = Statement::Equals { field: Field::InputLink, value: KeyRange::default().link(INTERNET).exact().0 };
    ruleset.chain(
        RELATED_CHAIN,
        vec![
            // meta mark set iifname . ct original ip saddr map @source4 accept
            of(IPV4, from(Field::FlowSource4, SOURCE4)),
            of(IPV4, from(Field::FlowReplier4, SOURCE4)),
            of(IPV6, from(Field::FlowSource6, SOURCE6)),
            of(IPV6, from(Field::FlowReplier6, SOURCE6)),
            vec![forwards, Statement::Verdict(Verdict::Accept)],
            vec![internet, Statement::Verdict(Verdict::Jump(INNER_FLOWS.to_owned()))],
            vec![transit, Statement::Verdict(Verdict::Accept)],
            vec![Statement::Counter, Statement::Verdict(Verdict::Drop)],
        ],
    );
}

/// Drops errors from the world outside about a flow of which both ends are inside: no part of its way lies there.
fn inner_flows(ruleset: &mut Ruleset, gates: &[Gate]) {
    let (mut begun, mut answered) = (Vec::new(), Vec::new());
    let inside = gates.iter().flat_map(|it| match it {
        Gate::Internet { not_from } => not_from.as_slice(),
        _ => &[],
    });
    for block in inside {
        let (family, source, replier) = match block {
            Prefix::V4(_) => (IPV4, Field::FlowSource4, Field::FlowReplier4),
            Prefix::V6(_) => (IPV6, Field::FlowSource6, Field::FlowReplier6),
        };
        let rule = |field, then: &[Statement]| -> Rule {
            let end = within(field, *block);
            [Statement::Family(family)].into_iter().chain(end).chain(then.iter().cloned()).collect()
        };
        begun.push(rule(source, &[Statement::Verdict(Verdict::Jump(INNER_ANSWERED.to_owned()))]));
        answered.push(rule(replier, &[Statement::Counter, Statement::Verdict(Verdict::Drop)]));
    }
    ruleset.chain(INNER_FLOWS, begun);
    ruleset.chain(INNER_ANSWERED, answered);
}

const INNER_FLOWS: &str = "inner-flows";
pub const INNER_ANSWERED: &str = "inner-answered";

fn identity_chain(number: u16, egress: bool) -> String {
    format!("id-{number}-{}", if egress { "out" } else { "in" })
}

/// A base chain that drops what it does not decide.
fn base(ruleset: &mut Ruleset, name: &str, point: HookPoint, priority: i32, rules: Vec<Rule>) {
    let hook = Some(Hook { kind: HookKind::Filter, point, priority, policy: Policy::Drop });
    ruleset.chains.insert(name.to_owned(), Arc::new(Chain { hook, rules }));
}
