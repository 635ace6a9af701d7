//! Flows of which EC2 keeps no track at one of their ends: TCP and UDP that a rule admits from or to everywhere, while
//! another admits everything in the other direction ("Untracked connections" in the EC2 user guide). They are cut when
//! a rule that they need goes.
//!
//! A router tracks them all the same, and its fast path is theirs, too. A flow's mark remembers the ends that are not
//! tracked; under a new policy the rules of these are asked again, for its packets and for its answers.
//!
//! What goes by a NAT gateway or an egress-only gateway is always tracked ("Automatically tracked connections"). So is
//! here what a middlebox sends or gets, whose stretches are marked otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::firewall::{IN, OUT, to};
use super::group::{ADMITTED, CompiledGroup, REMEMBER};
use super::key::KeyRange;
use super::member::{Elements, Members};
use super::number::{ESTABLISHED, IPV4, IPV6, TCP, UDP};
use super::ruleset::{Data, DataKind, Field, Rule, Ruleset, Statement, Verdict};
use super::stretches::{STRETCHES, direction, marked};
use super::wiring::INTERNET;
use crate::net::{Prefix, Span};
use crate::state::id::SecurityGroupId;
use crate::state::security_group::{Peer, SecurityGroupRule, Traffic};

/// The bits of a flow's mark: rules are asked again of who sent its first packet, and of who received it.
const SENDER: u32 = 1 << 28;
const RECEIVER: u32 = 1 << 29;
pub const UNTRACKED: u32 = SENDER | RECEIVER;
/// What the mark of an admitted flow may say.
pub const MARKS: [u32; 4] = [0, SENDER, RECEIVER, UNTRACKED];

/// Links by which flows are always tracked.
const TRACKED: &str = "tracked";
const ASK_AGAIN: &str = "ask-again";
/// Where the open rules of a sender's groups lead, and of a receiver's.
pub const OPEN_OUT: &str = "open-out";
pub const OPEN_IN: &str = "open-in";

/// A family and a protocol, as in [`number`](super::number).
pub type Kind = (u8, u8);

/// The kinds of flows that a rule admits wherever they come from or go to.
pub fn opens(rule: &SecurityGroupRule) -> impl Iterator<Item = (Kind, Span)> + use<> {
    let family = match rule.peer {
        Peer::V4(block) if Prefix::V4(block).prefix_len() == 0 => Some(IPV4),
        Peer::V6(block) if Prefix::V6(block).prefix_len() == 0 => Some(IPV6),
        _ => None,
    };
    let spans = match rule.protocol {
        Traffic::All => vec![(TCP, Span::ALL), (UDP, Span::ALL)],
        Traffic::Tcp(ports) => vec![(TCP, ports)],
        Traffic::Udp(ports) => vec![(UDP, ports)],
        Traffic::Other(_) | Traffic::Icmp(..) | Traffic::Icmpv6(..) => Vec::new(),
    };
    family.into_iter().flat_map(move |family| spans.clone().into_iter().map(move |(it, span)| ((family, it), span)))
}

/// The rules by which an interface that wears these groups looks at open rules first, and what of the groups they need.
pub fn identity(
    ruleset: &mut Ruleset,
    egress: bool,
    worn: &[SecurityGroupId],
    groups: &BTreeMap<SecurityGroupId, Arc<CompiledGroup>>,
) -> Vec<Rule> {
    let worn = || worn.iter().filter_map(|it| groups.get(it));
    let answered: BTreeSet<Kind> = worn().flat_map(|it| it.answers(!egress)).copied().collect();
    let mut rules = Vec::new();
    for open in worn().filter_map(|it| it.open(egress)) {
        let kinds: Vec<Kind> = open.kinds.intersection(&answered).copied().collect();
        if !kinds.is_empty() {
            ruleset.sets.extend(open.sets.iter().cloned());
            ruleset.chains.insert(open.chain.0.clone(), open.chain.1.clone());
        }
        rules.extend(kinds.into_iter().map(|(family, protocol)| -> Rule {
            let protocol = Statement::Equals { field: Field::Protocol, value: vec![protocol] };
            let look = Statement::Verdict(Verdict::Jump(open.chain.0.clone()));
            vec![Statement::Family(family), protocol, look]
        }));
    }
    rules
}

/// By this link flows are always tracked.
pub fn tracked(elements: &mut Elements, link: &str) {
    elements.put(TRACKED, KeyRange::default().link(link).exact(), Data::None);
}

/// What becomes of established flows.
pub fn established() -> [Rule; 2] {
    let goto = |chain: &str| Statement::Verdict(Verdict::Goto(chain.to_owned()));
    let known = Statement::FlowState(ESTABLISHED);
    [vec![known.clone(), marked(UNTRACKED, 0), goto(REMEMBER)], vec![known, goto(ASK_AGAIN)]]
}

/// What comes first in the chain of what senders' groups have let out: a receiver that tracks the flow is not asked. On a
/// stretch before or behind a middlebox, which the flow may never have gone, both are.
pub fn admitted() -> [Rule; 2] {
    let straight = [Field::InputLink, Field::OutputLink]
        .map(|it| Statement::NotInSet { fields: vec![it], set: TRACKED.to_owned() });
    [(0, SENDER), (1, RECEIVER)].map(|(way, end)| {
        let of_flow = [Statement::FlowState(ESTABLISHED), direction(way), marked(UNTRACKED | STRETCHES, end)];
        let then = Statement::Verdict(Verdict::Goto(REMEMBER.to_owned()));
        [&of_flow[..], &straight[..], &[then]].concat()
    })
}

/// The chains that ask again, and that mark what open rules admit. By an egress-only gateway goes what is of IPv6.
pub fn chains(ruleset: &mut Ruleset, members: &Members, egress_only: bool) {
    let drop = || vec![Statement::Counter, Statement::Verdict(Verdict::Drop)];
    // Where its sender tracks the flow, only the receiver is asked.
    let receiver = |way, end| [vec![direction(way), marked(UNTRACKED, end)], to(Field::OutputLink, IN)].concat();
    ruleset.chain(ASK_AGAIN, vec![receiver(0, RECEIVER), receiver(1, SENDER), to(Field::InputLink, OUT), drop()]);

    ruleset.set(TRACKED, &[Field::InputLink], DataKind::None, members.set(TRACKED));
    for (chain, end, then) in [(OPEN_OUT, SENDER, ADMITTED), (OPEN_IN, RECEIVER, REMEMBER)] {
        let then = || Statement::Verdict(Verdict::Goto(then.to_owned()));
        let by = |field| vec![Statement::InSet { fields: vec![field], set: TRACKED.to_owned() }, then()];
        let mut rules = vec![by(Field::InputLink), by(Field::OutputLink)];
        if egress_only {
            let value = KeyRange::default().link(INTERNET).exact().0;
            let leaves = Statement::Equals { field: Field::OutputLink, value };
            rules.push(vec![Statement::Family(IPV6), leaves, then()]);
        }
        rules.push(vec![direction(0), Statement::SetFlowMark { and: u32::MAX, or: end }]);
        rules.push(vec![then()]);
        ruleset.chain(chain, rules);
    }
}
