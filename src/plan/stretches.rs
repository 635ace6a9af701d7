//! Stretches of a way that leads over middleboxes: interfaces that take packets which are not for them, or send such that
//! are not theirs. Such a packet crosses the router again with the same addresses and ports, and each stretch is judged
//! by the ACLs and groups at its own two ends.
//!
//! ```text
//!  client ──► middlebox     to    the sender's groups, then the middlebox's   ──► the flow is `SENT` on
//!  middlebox ──► server     from  the middlebox's groups, then the receiver's ──► the flow has `COME` through
//!  middlebox ──► another    between: rules are asked for each packet
//! ```
//!
//! Inside the VPC a router tracks one flow for the whole way. Its mark remembers each stretch by itself, so that none lets
//! packets pass on another. Answers pass without a rule where the flow has gone the stretch, and straight where it has
//! gone both; ACLs are asked for every packet.
//!
//! Of what is sent to the world outside, the stretch to the middlebox is a flow of its own, in another zone of the
//! connection table: what leaves by a gateway is translated there, which the kernel does to the first packet of a flow
//! alone. So what a middlebox sends out as somebody else opens the way back to that one.

use imbl::OrdMap;

use super::acl::{self, within};
use super::firewall::{MIDDLEBOX, SOURCE4, SOURCE6, first, state, to};
use super::mutant::Mutant;
use super::number::{ESTABLISHED, INVALID, IPV4, IPV6};
use super::public_access;
use super::ruleset::{DataKind, Element, Field, Key, Rule, Ruleset, Statement, Verdict};
use crate::net::Prefix;

/// The bits of a flow's mark.
const SENT: u32 = 1 << 30;
const COME: u32 = 1 << 31;
pub const STRETCHES: u32 = SENT | COME;

const FROM: &str = "from-middlebox";
const TO: &str = "to-middlebox";
const BETWEEN: &str = "between-middleboxes";
const ON_FROM: &str = "stretch-from";
const ON_TO: &str = "stretch-to";
const ON_BETWEEN: &str = "stretch-between";
const ON_INVALID: &str = "stretch-invalid";
const REMEMBER_FROM: &str = "remember-from";
const REMEMBER_TO: &str = "remember-to";
const REMEMBER_BETWEEN: &str = "remember-between";

const ZONES: &str = "stretch-zones";
const ZONES_INSIDE: &str = "stretch-zones-inside";
/// The zone of what goes to the world outside and has yet to pass a middlebox, and of the answers to that.
const OUTWARD: u16 = 1;

/// Makes the chains that choose the zone of a packet, in a VPC of these blocks; says where they begin.
pub fn zones(ruleset: &mut Ruleset, blocks: &[Prefix]) -> Verdict {
    let zone = if Mutant::Zone.lives() { 0 } else { OUTWARD };
    let outward = || vec![Statement::SetFlowZone(zone), accept()];
    let is_next = Statement::InSet { fields: vec![Field::NextLink], set: MIDDLEBOX.to_owned() };
    let mut rules = inside(blocks, DESTINATION, &Verdict::Goto(ZONES_INSIDE.to_owned()));
    let is_next = if Mutant::NextHop.lives() { Vec::new() } else { vec![is_next] };
    rules.extend([[is_next, outward()].concat(), vec![accept()]]);
    ruleset.chain(ZONES, rules);
    let is_other = Statement::NotInSet { fields: vec![Field::InputLink], set: MIDDLEBOX.to_owned() };
    let mut rules = vec![vec![is_other, accept()]];
    rules.extend(inside(blocks, SOURCE, &Verdict::Accept));
    rules.push(outward());
    ruleset.chain(ZONES_INSIDE, rules);
    Verdict::Goto(ZONES.to_owned())
}

const SOURCE: [Field; 2] = [Field::Source4, Field::Source6];
const DESTINATION: [Field; 2] = [Field::Destination4, Field::Destination6];

/// What becomes of packets whose address at this place lies in one of the blocks.
fn inside(blocks: &[Prefix], [four, six]: [Field; 2], then: &Verdict) -> Vec<Rule> {
    let rule = |block: &Prefix| -> Rule {
        let (family, field) = if block.addr().is_ipv4() { (IPV4, four) } else { (IPV6, six) };
        let matches = [Statement::Family(family)].into_iter().chain(within(field, *block));
        matches.chain([Statement::Verdict(then.clone())]).collect()
    };
    blocks.iter().map(rule).collect()
}

/// Sends packets on stretches to their chains.
pub fn dispatch() -> Vec<Rule> {
    vec![at(Field::InputLink, FROM), at(Field::OutputLink, TO)]
}

/// The same for packets that were admitted, to remember it.
pub fn remember() -> Vec<Rule> {
    vec![at(Field::InputLink, REMEMBER_FROM), at(Field::OutputLink, REMEMBER_TO)]
}

fn at(field: Field, chain: &str) -> Rule {
    let is_middlebox = Statement::InSet { fields: vec![field], set: MIDDLEBOX.to_owned() };
    vec![is_middlebox, Statement::Verdict(Verdict::Jump(chain.to_owned()))]
}

/// Straight packets of a flow that was sent on and has not come through, or that came from a middlebox and was never
/// sent: rules are asked, whatever has answered.
pub fn half_seen() -> Vec<Rule> {
    [SENT, COME]
        .into_iter()
        .flat_map(|bit| first().into_iter().map(move |rule| [vec![marked(STRETCHES, bit)], rule].concat()))
        .collect()
}

/// Whether these bits of the flow's mark are so.
pub fn marked(mask: u32, value: u32) -> Statement {
    Statement::Masked { field: Field::FlowMark, mask: mask.to_ne_bytes().into(), value: value.to_ne_bytes().into() }
}

/// The chains of a router with these middleboxes.
pub fn stretches(
    ruleset: &mut Ruleset,
    middleboxes: OrdMap<Key, Element>,
    blocks: &[Prefix],
    limits_public_access: bool,
) {
    ruleset.set(MIDDLEBOX, &[Field::InputLink], DataKind::None, middleboxes);
    // As one end of a flow a middlebox is an interface like others.
    let unless = |link: Field, [four, six]: [Field; 2], then: Vec<Rule>| -> Vec<Rule> {
        let returns = [(IPV4, four, SOURCE4), (IPV6, six, SOURCE6)].map(|(family, field, map)| {
            let is_own = Statement::InMap { fields: vec![link, field], map: map.to_owned() };
            vec![Statement::Family(family), is_own, Statement::Verdict(Verdict::Return)]
        });
        returns.into_iter().chain(then).collect()
    };
    let goto = |chain: &str| vec![Statement::Verdict(Verdict::Goto(chain.to_owned()))];
    for (from, between, to, on_from, on_between, on_to) in [
        (FROM, BETWEEN, TO, ON_FROM, ON_BETWEEN, ON_TO),
        (REMEMBER_FROM, REMEMBER_BETWEEN, REMEMBER_TO, CAME, ACCEPT, SET_SENT),
    ] {
        let onwards = vec![at(Field::OutputLink, between), goto(on_from)];
        ruleset.chain(from, unless(Field::InputLink, SOURCE, onwards));
        ruleset.chain(between, unless(Field::OutputLink, DESTINATION, vec![goto(on_between)]));
        ruleset.chain(to, unless(Field::OutputLink, DESTINATION, vec![goto(on_to)]));
    }
    // An error about a flow has its mark, too; and of a flow that nobody has answered every packet is judged.
    let of_flow = || Statement::FlowState(ESTABLISHED);
    let drop = || vec![Statement::Verdict(Verdict::Drop)];
    // What an answer comes back on is the stretch that its flow was sent on, or has come on.
    for (chain, forth, back) in [(ON_FROM, COME, SENT), (ON_TO, SENT, COME), (ON_BETWEEN, 0, STRETCHES)] {
        let mut rules = vec![to(Field::InputLink, acl::OUT), to(Field::OutputLink, acl::IN)];
        if limits_public_access {
            rules.extend(public_access::looks());
        }
        if forth != 0 {
            rules.push(vec![of_flow(), direction(0), marked(forth, forth), accept()]);
        }
        let back = if Mutant::AnyStretch.lives() { 0 } else { back };
        rules.push(vec![of_flow(), direction(1), marked(back, back), accept()]);
        for rule in first() {
            if rule != state(INVALID, Verdict::Drop) {
                rules.push(rule);
            } else if chain == ON_FROM {
                rules.push(state(INVALID, Verdict::Jump(ON_INVALID.to_owned())));
            }
        }
        if chain == ON_FROM && Mutant::PassedOn.lives() {
            rules = vec![vec![accept()]];
        }
        rules.push(drop());
        ruleset.chain(chain, rules);
    }
    // Where answers come another way, the kernel cannot make sense of what begins as a flow: rules can. What a middlebox
    // sends is such an answer if it comes from the world outside.
    let mut of_no_flow = inside(blocks, SOURCE, &Verdict::Drop);
    of_no_flow.extend(inside(blocks, DESTINATION, &Verdict::Return));
    of_no_flow.push(drop());
    ruleset.chain(ON_INVALID, of_no_flow);
    let sent = if Mutant::Sent.lives() { 0 } else { SENT };
    for (chain, bits) in [(SET_COME, COME), (SET_SENT, sent), (SET_BOTH, STRETCHES)] {
        let set = Statement::SetFlowMark { and: u32::MAX, or: bits };
        ruleset.chain(chain, vec![vec![direction(0), set, accept()], vec![accept()]]);
    }
    ruleset.chain(ACCEPT, vec![vec![accept()]]);
    let mut came = inside(blocks, DESTINATION, &Verdict::Goto(SET_COME.to_owned()));
    came.push(goto(SET_BOTH));
    ruleset.chain(CAME, came);
}

const CAME: &str = "remember-came";
const SET_COME: &str = "set-come";
const SET_BOTH: &str = "set-both";
const SET_SENT: &str = "set-sent";
const ACCEPT: &str = "accept";

/// Whether the chain is one of those that judge packets here.
pub fn is_chain(name: &str) -> bool {
    name.starts_with("stretch-")
}

/// Whether the packet is of what began the flow (0), or of what answers it (1).
pub fn direction(direction: u8) -> Statement {
    Statement::Equals { field: Field::Direction, value: vec![direction] }
}

fn accept() -> Statement {
    Statement::Verdict(Verdict::Accept)
}
