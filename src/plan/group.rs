//! One security group as chains and sets.
//!
//! A group's chain names sets; a rule that is added or revoked changes elements of sets, and a chain only when the
//! first or the last rule of a kind comes or goes. The cost per packet is that of the lookups, not of the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::OrdMap;

use super::disjoint::{disjoint, merged};
use super::key::KeyRange;
use super::mutant::Mutant;
use super::number::{ICMP, ICMPV6, IPV4, IPV6, TCP, UDP};
use super::ruleset::{Chain, Data, DataKind, Element, Field, Key, Rule, Set, Statement, Verdict};
use super::untracked::{self, Kind};
use super::wiring::{EVERYTHING4, EVERYTHING6, peering_link};
use crate::net::{Prefix, Span};
use crate::state::State;
use crate::state::id::{PeeringConnectionId, SecurityGroupId, VpcId};
use crate::state::security_group::{Peer, SecurityGroupRule, Traffic};

/// What a group becomes, and what it was made from.
#[derive(Debug, Clone)]
pub struct CompiledGroup {
    revision: u64,
    /// The groups that its rules name, with who wore them.
    named: BTreeMap<SecurityGroupId, Wearers>,
    pub sets: Vec<NamedSet>,
    pub chains: Vec<NamedChain>,
    /// What `untracked` needs to know of the rules of incoming traffic, and of those of outgoing.
    open: [Option<Open>; 2],
    answers: [Vec<Kind>; 2],
}

type NamedSet = (String, Arc<Set>);
type NamedChain = (String, Arc<Chain>);

/// The rules of one direction that admit TCP or UDP from or to everywhere.
#[derive(Debug, Clone)]
pub struct Open {
    pub kinds: BTreeSet<Kind>,
    pub sets: Vec<NamedSet>,
    pub chain: NamedChain,
}

/// The VPCs at the far ends of a VPC's peering connections.
pub type Peers = BTreeMap<PeeringConnectionId, VpcId>;

/// Who wears a group that a rule names: in the rule's VPC, by identity; in the VPCs that are peered with it, whose
/// packets carry no identity, by connection and address. By the address alone another peer could pass for that one,
/// since two peers may have the same blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Wearers {
    identities: Vec<u16>,
    beyond: Vec<(PeeringConnectionId, Prefix)>,
}

impl Wearers {
    fn of(state: &State, vpc: VpcId, peers: &Peers, group: SecurityGroupId) -> Wearers {
        let identities = state.indexes.identities_with_group(group, vpc).collect();
        let mut beyond = Vec::new();
        let is_foreign = state.security_groups.get(&group).is_some_and(|it| it.vpc != vpc);
        if !peers.is_empty() && (is_foreign || state.indexes.vpcs_associated_with_group.any(group)) {
            let wearers = state.indexes.interfaces_of_group.of(group);
            for interface in wearers.filter_map(|it| state.network_interfaces.get(&it)) {
                let blocks = interface.prefixes.iter().map(|it| Prefix::V4(*it));
                let blocks = blocks.chain(interface.prefixes6.iter().map(|it| Prefix::V6(*it)));
                let held: Vec<_> = interface.all_addresses().map(Prefix::from).chain(blocks).collect();
                let connections = peers.iter().filter(|it| *it.1 == interface.vpc);
                beyond.extend(connections.flat_map(|(id, _)| held.iter().map(|it| (*id, *it))));
            }
        }
        Wearers { identities, beyond }
    }
}

impl CompiledGroup {
    /// Compiles a group for a VPC that is peered with these, or hands back `earlier` where nothing has changed that it
    /// was made from.
    pub fn of(
        state: &State,
        vpc: VpcId,
        peers: &Peers,
        group: SecurityGroupId,
        earlier: Option<&Arc<CompiledGroup>>,
    ) -> Arc<CompiledGroup> {
        match earlier {
            Some(earlier) if earlier.is_current(state, vpc, peers, group) => earlier.clone(),
            _ => Arc::new(CompiledGroup::compile(state, vpc, peers, group)),
        }
    }

    fn is_current(&self, state: &State, vpc: VpcId, peers: &Peers, group: SecurityGroupId) -> bool {
        self.revision == state.indexes.group_revision(group)
            && self
                .named
                .iter()
                .all(|(group, then)| Mutant::StaleWearers.lives() || Wearers::of(state, vpc, peers, *group) == *then)
    }

    fn compile(state: &State, vpc: VpcId, peers: &Peers, group: SecurityGroupId) -> CompiledGroup {
        let rules: Vec<_> = state.rules_of_group(group).collect();
        let mut named = BTreeMap::new();
        for rule in &rules {
            if let Peer::Group { group, .. } = rule.peer {
                named.entry(group).or_insert_with(|| Wearers::of(state, vpc, peers, group));
            }
        }
        let mut compiled = CompiledGroup {
            revision: state.indexes.group_revision(group),
            named,
            sets: Vec::new(),
            chains: Vec::new(),
            open: [None, None],
            answers: [Vec::new(), Vec::new()],
        };
        for egress in [false, true] {
            let rules: Vec<_> = rules.iter().filter(|it| it.egress == egress).collect();
            let target = if egress { ADMITTED } else { REMEMBER };
            let mut admitted = Admitted::default();
            for rule in &rules {
                admitted.take(state, rule, &compiled.named);
            }
            let name = chain(group, egress);
            let (sets, whole) = lookups(name.clone(), egress, target, admitted);
            compiled.sets.extend(sets);
            compiled.chains.push(whole);

            let opens = || rules.iter().flat_map(|it| untracked::opens(it));
            let all = opens().filter(|it| it.1 == Span::ALL);
            compiled.answers[usize::from(egress)] = all.map(|it| it.0).collect();
            let kinds: BTreeSet<_> = opens().map(|it| it.0).collect();
            compiled.open[usize::from(egress)] = (!kinds.is_empty()).then(|| {
                let target = if egress { untracked::OPEN_OUT } else { untracked::OPEN_IN };
                let mut admitted = Admitted::default();
                for ((family, protocol), span) in opens() {
                    let (by, everything) =
                        if family == IPV4 { (By::Address4, EVERYTHING4) } else { (By::Address6, EVERYTHING6) };
                    admitted.block(by, What::Ports, protocol, everything, span);
                }
                let (sets, chain) = lookups(format!("{name}-open"), egress, target, admitted);
                Open { kinds, sets, chain }
            });
        }
        compiled
    }

    /// The rules of one direction that admit flows from or to everywhere, if it has any.
    pub fn open(&self, egress: bool) -> Option<&Open> {
        self.open[usize::from(egress)].as_ref()
    }

    /// The kinds of flows of which one direction admits everything, wherever it comes from or goes to.
    pub fn answers(&self, egress: bool) -> &[Kind] {
        &self.answers[usize::from(egress)]
    }
}

/// The chain of one direction: `ip saddr . meta l4proto . th dport @sg-…-in-4 goto remember`, and so on.
fn lookups(chain: String, egress: bool, target: &str, admitted: Admitted) -> (Vec<NamedSet>, NamedChain) {
    let target = Verdict::Goto(target.to_owned());
    let (mut sets, mut rules) = (Vec::new(), Vec::new());
    for ((kind, store), elements) in admitted.elements() {
        let name = match store {
            Store::Exact => format!("{chain}-{}-exact", kind.name()),
            Store::Ranges { layer: 0 } => format!("{chain}-{}", kind.name()),
            Store::Ranges { layer } => format!("{chain}-{}-{layer}", kind.name()),
        };
        let fields = kind.fields(egress);
        let mut rule: Rule = kind.family().map(Statement::Family).into_iter().collect();
        rule.push(Statement::InSet { fields: fields.clone(), set: name.clone() });
        rule.push(Statement::Verdict(target.clone()));
        rules.push(rule);
        let interval = store != Store::Exact;
        sets.push((name, Arc::new(Set { key: fields, interval, data: DataKind::None, elements })));
    }
    (sets, (chain, Arc::new(Chain { hook: None, rules })))
}

/// The chain that a packet goes to when its sender's groups let it out.
pub const ADMITTED: &str = "admitted";
/// The chain that accepts a packet and notes that in its flow.
pub const REMEMBER: &str = "remember";

/// The name of a group's chain for one direction.
pub fn chain(group: SecurityGroupId, egress: bool) -> String {
    format!("{group}-{}", if egress { "out" } else { "in" })
}

/// Who the peer of a lookup is given as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Address4,
    Address6,
    /// The identity of the sender; for egress, the receiver's, by family of its address.
    Identity4,
    Identity6,
    Sender,
    /// The link of a peering connection, and who is beyond it.
    Beyond4,
    Beyond6,
}

/// What a lookup reads besides the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Ports,
    TypeCode,
    Protocol,
}

/// One of the lookups of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lookup {
    by: By,
    what: What,
}

impl Lookup {
    fn name(self) -> &'static str {
        match (self.by, self.what) {
            (By::Address4, What::Ports) => "4",
            (By::Address4, What::TypeCode) => "4icmp",
            (By::Address4, What::Protocol) => "4all",
            (By::Address6, What::Ports) => "6",
            (By::Address6, What::TypeCode) => "6icmp",
            (By::Address6, What::Protocol) => "6all",
            (By::Identity4, What::Ports) => "id4",
            (By::Identity4, What::TypeCode) => "id4icmp",
            (By::Identity4, What::Protocol) => "id4all",
            (By::Identity6, What::Ports) => "id6",
            (By::Identity6, What::TypeCode) => "id6icmp",
            (By::Identity6, What::Protocol) => "id6all",
            (By::Sender, What::Ports) => "id",
            (By::Sender, What::TypeCode) => "idicmp",
            (By::Sender, What::Protocol) => "idall",
            (By::Beyond4, What::Ports) => "peer4",
            (By::Beyond4, What::TypeCode) => "peer4icmp",
            (By::Beyond4, What::Protocol) => "peer4all",
            (By::Beyond6, What::Ports) => "peer6",
            (By::Beyond6, What::TypeCode) => "peer6icmp",
            (By::Beyond6, What::Protocol) => "peer6all",
        }
    }

    fn family(self) -> Option<u8> {
        match self.by {
            By::Address4 | By::Identity4 | By::Beyond4 => Some(IPV4),
            By::Address6 | By::Identity6 | By::Beyond6 => Some(IPV6),
            By::Sender => None,
        }
    }

    fn fields(self, egress: bool) -> Vec<Field> {
        let peer: &[Field] = match (self.by, egress != Mutant::Sides.lives()) {
            (By::Address4, false) => &[Field::Source4],
            (By::Address4, true) => &[Field::Destination4],
            (By::Address6, false) => &[Field::Source6],
            (By::Address6, true) => &[Field::Destination6],
            (By::Identity4, _) => &[Field::DestinationIdentity4],
            (By::Identity6, _) => &[Field::DestinationIdentity6],
            (By::Sender, _) => &[Field::Identity],
            (By::Beyond4, false) => &[Field::InputLink, Field::Source4],
            (By::Beyond4, true) => &[Field::OutputLink, Field::Destination4],
            (By::Beyond6, false) => &[Field::InputLink, Field::Source6],
            (By::Beyond6, true) => &[Field::OutputLink, Field::Destination6],
        };
        let rest: &[Field] = match self.what {
            What::Ports => &[Field::Protocol, Field::DestinationPort],
            What::TypeCode => &[Field::Protocol, Field::IcmpTypeCode],
            What::Protocol => &[Field::Protocol],
        };
        [peer, rest].concat()
    }
}

/// Where an element is kept. What is one peer, one protocol and one port is found by its hash, at a cost that does not
/// grow; the kernel's search of ranges grows with those that differ in their last field only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Store {
    Exact,
    Ranges { layer: usize },
}

/// What the rules of one direction admit, sorted by the lookup that will find it.
#[derive(Default)]
struct Admitted {
    /// By lookup and protocol (0 where the span is one of protocols).
    blocks: BTreeMap<(Lookup, u8), Vec<(Prefix, Span)>>,
    /// By lookup, identity and protocol.
    identities: BTreeMap<(Lookup, u16, u8), Vec<Span>>,
    /// By lookup, connection, block of an interface beyond it, and protocol. No two interfaces of a VPC share an
    /// address, so these blocks never overlap.
    beyond: BTreeMap<(Lookup, PeeringConnectionId, Prefix, u8), Vec<Span>>,
}

impl Admitted {
    fn take(&mut self, state: &State, rule: &SecurityGroupRule, named: &BTreeMap<SecurityGroupId, Wearers>) {
        let (what, protocol, span) = traffic(rule.protocol);
        let by_address = |block: &Prefix| if block.addr().is_ipv4() { By::Address4 } else { By::Address6 };
        match rule.peer {
            Peer::V4(block) => self.block(By::Address4, what, protocol, Prefix::V4(block), span),
            Peer::V6(_) if Mutant::Ipv6Rules.lives() => {}
            Peer::V6(block) => self.block(By::Address6, what, protocol, Prefix::V6(block), span),
            Peer::Group { group, .. } => {
                let by: &[By] = if rule.egress { &[By::Identity4, By::Identity6] } else { &[By::Sender] };
                let Some(wearers) = named.get(&group) else { return };
                let known = if Mutant::FirstIdentity.lives() { 1 } else { usize::MAX };
                for identity in wearers.identities.iter().take(known) {
                    for by in by {
                        let lookup = Lookup { by: *by, what };
                        self.identities.entry((lookup, *identity, protocol)).or_default().push(span);
                    }
                }
                for (connection, block) in &wearers.beyond {
                    if Mutant::PeerAddress.lives() {
                        self.block(by_address(block), what, protocol, *block, span);
                    }
                    let by = if block.addr().is_ipv4() { By::Beyond4 } else { By::Beyond6 };
                    let key = (Lookup { by, what }, *connection, *block, protocol);
                    self.beyond.entry(key).or_default().push(span);
                }
            }
            Peer::PrefixList(list) => {
                let entries = state.prefix_lists.get(&list).into_iter().flat_map(|it| it.entries());
                for entry in entries.skip(Mutant::ListRules.lives().into()) {
                    self.block(by_address(&entry.prefix), what, protocol, entry.prefix, span);
                }
            }
        }
    }

    fn block(&mut self, by: By, what: What, protocol: u8, block: Prefix, span: Span) {
        self.blocks.entry((Lookup { by, what }, protocol)).or_default().push((block, span));
    }

    /// The elements of each lookup's sets.
    fn elements(self) -> BTreeMap<(Lookup, Store), OrdMap<Key, Element>> {
        let mut sets: BTreeMap<(Lookup, Store), OrdMap<Key, Element>> = BTreeMap::new();
        let mut enter = |lookup, layer, key: KeyRange| {
            let (store, (key, element)) = match key.single() {
                Some(key) => (Store::Exact, (key, Element { last: None, data: Data::None })),
                None => (Store::Ranges { layer }, key.ranged()),
            };
            sets.entry((lookup, store)).or_default().insert(key, element);
        };
        for ((lookup, protocol), blocks) in self.blocks {
            for piece in disjoint(blocks) {
                let peer = KeyRange::default().block(piece.block);
                enter(lookup, piece.layer, rest(peer, lookup.what, protocol, piece.span));
            }
        }
        for ((lookup, identity, protocol), spans) in self.identities {
            for span in merged(spans) {
                let peer = KeyRange::default().mark(u32::from(identity));
                enter(lookup, 0, rest(peer, lookup.what, protocol, span));
            }
        }
        for ((lookup, connection, block, protocol), spans) in self.beyond {
            for span in merged(spans) {
                let peer = KeyRange::default().link(&peering_link(connection)).block(block);
                enter(lookup, 0, rest(peer, lookup.what, protocol, span));
            }
        }
        sets
    }
}

/// The fields behind the peer.
fn rest(key: KeyRange, what: What, protocol: u8, span: Span) -> KeyRange {
    match what {
        What::Ports | What::TypeCode => key.protocols(protocol, protocol).numbers(span.first, span.last),
        What::Protocol => {
            let protocol = |it: u16| u8::try_from(it).expect("spans of protocols end at 255");
            key.protocols(protocol(span.first), protocol(span.last))
        }
    }
}

/// The lookup that a rule's protocol needs, the protocol, and the numbers it admits.
fn traffic(traffic: Traffic) -> (What, u8, Span) {
    match traffic {
        Traffic::All => (What::Protocol, 0, Span { first: 0, last: 255 }),
        Traffic::Other(number) => (What::Protocol, 0, Span { first: number.into(), last: number.into() }),
        Traffic::Tcp(ports) => {
            let last = ports.last.saturating_add(Mutant::LastPort.lives().into());
            (What::Ports, TCP, Span { last, ..ports })
        }
        Traffic::Udp(ports) => (What::Ports, if Mutant::UdpIsTcp.lives() { TCP } else { UDP }, ports),
        Traffic::Icmp(kind, code) => {
            (What::TypeCode, ICMP, type_code(kind, if Mutant::IcmpCode.lives() { -1 } else { code }))
        }
        Traffic::Icmpv6(kind, code) => (What::TypeCode, ICMPV6, type_code(kind, code)),
    }
}

/// ICMP type and code as the number that the first two bytes of the header are; -1 is every one.
///
/// | type | code | numbers       |
/// |------|------|---------------|
/// | 8    | 0    | 0x0800-0x0800 |
/// | 3    | -1   | 0x0300-0x03ff |
/// | -1   | -1   | 0x0000-0xffff |
pub fn type_code(kind: i16, code: i16) -> Span {
    let byte = |it: i16| u8::try_from(it).ok();
    match (byte(kind), byte(code)) {
        (None, _) => Span::ALL,
        (Some(kind), None) => Span { first: u16::from(kind) << 8, last: u16::from(kind) << 8 | 0xff },
        (Some(kind), Some(code)) => {
            let number = u16::from(kind) << 8 | u16::from(code);
            Span { first: number, last: number }
        }
    }
}
