//! Flow logs in a router: counts, per interface, what passed it and what it refused.
//!
//! ```text
//!  forward, priority 0    the firewall; where it drops, and a link is counted:  ──► flow-STAGE: count, then drop
//!  forward, priority 1    what it accepted                                      ──► flow-passed: count
//! ```
//!
//! Addresses are those at the interface: public ones are translated before and after. A packet is counted once for the
//! interface that it leaves and once for the one that it enters, as each judges for itself. What a count means is read
//! from its key (`seen`), by whom the packet was let through is looked up in State (`deciding`), and `record` words it.
//!
//! Without a flow log nothing of this is there, and a packet pays nothing.

mod deciding;
mod record;
mod seen;

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use serde::Serialize;

use super::config::LinkName;
use super::firewall::{INNER_ANSWERED, MIDDLEBOX, RELATED_CHAIN};
use super::internet;
use super::key::KeyRange;
use super::mutant::Mutant;
use super::number::{ICMP, ICMPV6, INVALID, IPV4, IPV6, TCP, UDP};
use super::ruleset::{
    Chain, Data, DataKind, Element, Field, Hook, HookKind, HookPoint, Policy, Rule, Ruleset, Statement, Verdict,
};
use super::wiring::peering_link;
use super::{public_access, routing, stretches};
use crate::state::State;
use crate::state::flow_log::LogField;
use crate::state::id::{FlowLogId, InterfaceId, VpcId};
use crate::state::network_interface::NetworkInterface;

pub use deciding::{Decision, decided};
pub use record::{Record, empty, header, line, told};
#[cfg(test)]
pub use seen::Transport;
pub use seen::{Seen, Stage, read};

/// The sets that count, of IPv4 and of IPv6 packets.
pub const FLOWS4: &str = "flows-4";
pub const FLOWS6: &str = "flows-6";
/// The set that counts, by link, the packets for which there was no room in the others.
pub const SKIPPED: &str = "flows-skipped";
const LINKS: &str = "flow-links";

/// FIN, SYN, RST and ACK: those that records tell of.
const FLAGS: u8 = 0x17;

/// What is counted in one router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Links of interfaces that a flow log covers.
    pub links: BTreeMap<LinkName, InterfaceId>,
    /// The logs that cover any of them.
    pub logs: Vec<FlowLogId>,
    /// Links to peers, with the numbers that their packets are counted under: two may have the same addresses.
    peers: BTreeMap<LinkName, u16>,
    /// Whether any of them tells TCP's flags.
    flags: bool,
}

/// Which of these links flow logs cover; nothing where they cover none.
pub fn counted<'a>(
    state: &State,
    vpc: VpcId,
    links: impl Iterator<Item = (LinkName, &'a NetworkInterface)>,
) -> Option<Counted> {
    let logs: Vec<_> = state.flow_logs_of_vpc(vpc).collect();
    if logs.is_empty() {
        return None;
    }
    let covered = links.filter(|(_, interface)| logs.iter().any(|it| it.covers(interface)));
    let links: BTreeMap<_, _> = covered.map(|(link, interface)| (link, interface.id)).collect();
    let flags = logs.iter().any(|it| it.format.contains(&LogField::TcpFlags));
    let logs = logs.iter().map(|it| it.id).collect();
    let peers = routing::peers(state, vpc).map(|(id, _)| (peering_link(id), seen::peering_number(id))).collect();
    (!links.is_empty()).then_some(Counted { links, logs, peers, flags })
}

/// Adds what counts to a finished firewall.
pub fn count(ruleset: &mut Ruleset, counted: &Counted) {
    let element = Element { last: None, data: Data::None };
    let links = counted.links.keys().map(|it| (KeyRange::default().link(it).exact(), element.clone()));
    ruleset.set(LINKS, &[Field::InputLink], DataKind::None, links.collect());
    for (name, addresses) in [(FLOWS4, FIELDS4), (FLOWS6, FIELDS6)] {
        let [source, destination] = addresses;
        let key = key(true, source, destination, Class::Other, 0, Some(0), false);
        ruleset.set(name, &key, DataKind::Count, OrdMap::new());
    }
    ruleset.set(SKIPPED, &[Field::InputLink], DataKind::Count, OrdMap::new());

    let mut stages = vec![Stage::Passed, Stage::Untracked];
    let names: Vec<String> = ruleset.chains.keys().cloned().collect();
    for name in names {
        let Some(stage) = stage_of(&name) else { continue };
        let chain = ruleset.chains[&name].clone();
        let rules = chain.rules.iter().map(|rule| diverted(rule, stage)).collect();
        ruleset.put_chain(&name, Chain { hook: chain.hook, rules });
        stages.push(stage);
    }
    stages.sort();
    stages.dedup();
    for stage in stages {
        add_stage(ruleset, stage, counted);
    }
}

/// At which stage a chain of the firewall drops, if what it drops is counted.
fn stage_of(chain: &str) -> Option<Stage> {
    let way = |out, into| if chain.ends_with("-out") { out } else { into };
    match chain {
        "forward" | RELATED_CHAIN | INNER_ANSWERED => Some(Stage::Untracked),
        _ if stretches::is_chain(chain) => Some(Stage::Untracked),
        internet::IN => Some(Stage::NoWayBack),
        internet::OUT => Some(Stage::NoWayOut),
        _ if public_access::is_chain(chain) => Some(way(Stage::PublicAccessOut, Stage::PublicAccessIn)),
        _ if chain.starts_with("acl-") => Some(way(Stage::AclOut, Stage::AclIn)),
        _ if chain.starts_with("id-") && Mutant::CountedStage.lives() => Some(way(Stage::AclOut, Stage::AclIn)),
        _ if chain.starts_with("id-") => Some(way(Stage::GroupOut, Stage::GroupIn)),
        _ => None,
    }
}

/// The rule with the chain of the stage in the place of a drop.
fn diverted(rule: &Rule, stage: Stage) -> Rule {
    let divert = |statement: &Statement| match statement {
        Statement::Verdict(Verdict::Drop) => Statement::Verdict(Verdict::Goto(stage_chain(stage))),
        other => other.clone(),
    };
    rule.iter().map(divert).collect()
}

fn stage_chain(stage: Stage) -> String {
    format!("flow-{}", stage.name())
}

/// The chain of a stage, and those of its sides.
fn add_stage(ruleset: &mut Ruleset, stage: Stage, counted: &Counted) {
    let name = stage_chain(stage);
    let middleboxes = ruleset.sets.contains_key(MIDDLEBOX);
    let mut rules = Vec::new();
    if matches!(stage, Stage::AclOut | Stage::AclIn | Stage::PublicAccessOut | Stage::PublicAccessIn) {
        // Of what belongs to no flow nothing can be said of flows.
        let untracked = Verdict::Goto(stage_chain(Stage::Untracked));
        rules.push(vec![Statement::FlowState(INVALID), Statement::Verdict(untracked)]);
    }
    for (leaves, link, other) in
        [(true, Field::InputLink, Field::OutputLink), (false, Field::OutputLink, Field::InputLink)]
    {
        if !stage.is_met(leaves) {
            continue;
        }
        // iifname @flow-links jump flow-passed-out
        let side = format!("{name}-{}", if leaves { "out" } else { "in" });
        let covered = Statement::InSet { fields: vec![link], set: LINKS.to_owned() };
        rules.push(vec![covered, Statement::Verdict(Verdict::Jump(side.clone()))]);
        let mut here = Vec::new();
        for (peer, number) in counted.peers.iter().filter(|_| stage.is_of_peers()) {
            // oifname "pcx-…" goto flow-passed-out-pcx-…
            let chain = format!("{side}-{peer}");
            let value = KeyRange::default().link(peer).exact().0;
            here.push(vec![
                Statement::Equals { field: other, value },
                Statement::Verdict(Verdict::Goto(chain.clone())),
            ]);
            ruleset.chain(&chain, side_rules(stage, leaves, *number, counted.flags, middleboxes));
        }
        here.extend(side_rules(stage, leaves, 0, counted.flags, middleboxes));
        ruleset.chain(&side, here);
    }
    if stage == Stage::Passed {
        let hook = Hook { kind: HookKind::Filter, point: HookPoint::Forward, priority: 1, policy: Policy::Accept };
        ruleset.chains.insert(name, Arc::new(Chain { hook: Some(hook), rules }));
    } else {
        rules.push(vec![Statement::Verdict(Verdict::Drop)]);
        ruleset.chain(&name, rules);
    }
}

/// How a packet's transport header is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Tcp,
    Udp,
    Icmp,
    Other,
}

impl Class {
    const ALL: [Class; 4] = [Class::Tcp, Class::Udp, Class::Icmp, Class::Other];
}

const FIELDS4: [Field; 2] = [Field::Source4, Field::Destination4];
const FIELDS6: [Field; 2] = [Field::Source6, Field::Destination6];

/// One rule for each family and class; what none of them could count is counted as skipped. Where middleboxes are, rules
/// are asked about packets of no flow, too.
fn side_rules(stage: Stage, leaves: bool, peering: u16, flags: bool, middleboxes: bool) -> Vec<Rule> {
    let link = if leaves { Field::InputLink } else { Field::OutputLink };
    // What is not tracked has no direction.
    let of_no_flow = Some((vec![Statement::FlowState(INVALID)], Some(0))).filter(|_| middleboxes);
    let untracked = (Vec::new(), (stage == Stage::Untracked).then_some(0));
    let mut rules = Vec::new();
    for (when, direction) in [untracked].into_iter().chain(of_no_flow) {
        for (family, set, [source, destination]) in [(IPV4, FLOWS4, FIELDS4), (IPV6, FLOWS6, FIELDS6)] {
            for class in Class::ALL {
                let protocol = match (class, family) {
                    (Class::Tcp, _) => Some(TCP),
                    (Class::Udp, _) => Some(UDP),
                    (Class::Icmp, IPV4) => Some(ICMP),
                    (Class::Icmp, _) => Some(ICMPV6),
                    (Class::Other, _) => None,
                };
                let mut rule = vec![Statement::Family(family)];
                rule.extend(when.clone());
                rule.extend(protocol.map(|it| Statement::Equals { field: Field::Protocol, value: vec![it] }));
                let event = seen::event(stage, leaves, class, peering);
                let fields = key(leaves, source, destination, class, event, direction, flags);
                // add @flows-4 { iifname . ip saddr . ip daddr . th ports . 6 . ct direction . tcp flags counter } return
                rule.push(Statement::Count { fields, set: set.to_owned() });
                rule.push(Statement::Verdict(Verdict::Return));
                rules.push(rule);
            }
        }
    }
    rules.push(vec![Statement::Count { fields: vec![link], set: SKIPPED.to_owned() }]);
    rules
}

/// The key of a count: of IPv6 it fills all that the kernel has for one.
fn key(
    leaves: bool,
    source: Field,
    destination: Field,
    class: Class,
    event: u32,
    direction: Option<u32>,
    flags: bool,
) -> Vec<Field> {
    let link = if leaves { Field::InputLink } else { Field::OutputLink };
    let numbers = match class {
        Class::Tcp | Class::Udp => Field::Ports,
        Class::Icmp => Field::IcmpTypeCode,
        Class::Other => Field::Protocol,
    };
    let flags = if flags && class == Class::Tcp { Field::TcpFlags(FLAGS) } else { Field::Constant(0) };
    let direction = direction.map_or(Field::Direction, Field::Constant);
    vec![link, source, destination, numbers, Field::Constant(event), direction, flags]
}
