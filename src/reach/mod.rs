//! May the first packet of a flow pass, may its reply, and which component decides? AWS's rules taken literally.
//!
//! Slow and obvious on purpose: this is the answer of `culvert explain` and of Reachability Analyzer, and the judge of
//! the planner. So it shares no code with `plan`, looks rows up by plain search, and knows of no kernel. The order of
//! the files is that of the questions: `way` leads a packet from component to component, `filter` says what security
//! groups and network ACLs admit, `route` what a route table does, `sentence` tells a person what was met.

pub mod ask;
mod filter;
mod route;
pub mod sentence;
mod way;

use std::collections::BTreeSet;
use std::net::IpAddr;

pub use ask::{forwarders, question};

use crate::state::State;
use crate::state::id::InterfaceId;
use crate::state::insights::{Component, Header, Part, Payload, Refusal, Service};
use way::Walk;

/// The first packet of a flow, and who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    pub origin: Origin,
    pub header: Header,
}

/// Who sends a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The instance that the interface is attached to, whatever source it writes.
    Interface(InterfaceId),
    /// Somebody beyond the internet gateways.
    Outside,
}

/// What becomes of a flow's first packet, and of the reply to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub forward: Way,
    /// Absent where there is nothing to reply to, or nobody who would: the first packet does not arrive, a middlebox
    /// has it, or it is of a kind that is not answered.
    pub back: Option<Way>,
}

impl Verdict {
    /// Whether the packet reaches who has its destination, and the reply, if it is of a kind that is answered, the
    /// sender.
    pub fn passes(&self) -> bool {
        self.forward.arrives() && self.back.as_ref().is_none_or(Way::arrives)
    }

    /// What stops the packet or its reply.
    pub fn decider(&self) -> Option<&Component> {
        let ways = std::iter::once(&self.forward).chain(&self.back);
        ways.filter_map(|it| it.components.last()).find(|it| it.refusal.is_some())
    }
}

/// One packet's way.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// What the packet met, in order; the last one refused it where it was not delivered.
    pub components: Vec<Component>,
    pub delivered: Option<Delivery>,
}

impl Way {
    /// Whether the packet reaches who has its destination; what a middlebox does with it is not known.
    pub fn arrives(&self) -> bool {
        self.delivered.as_ref().is_some_and(|it| !matches!(it.place, Place::Middlebox(_)))
    }
}

/// A packet that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub place: Place,
    /// As the receiver sees it. (A NAT gateway chooses another source port where it must.)
    pub header: Header,
    /// Every source that the receiver may see: more than one behind a NAT gateway with several addresses, which takes
    /// any of them for a flow.
    pub sources: Vec<IpAddr>,
}

/// Where a packet arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The interface that has the destination.
    Interface(InterfaceId),
    /// An interface that a route leads to, and that takes packets for others. Where it sends them is its own decision,
    /// and a question of its own, unless it is known that it passes them on.
    Middlebox(InterfaceId),
    Service(Service),
    Outside,
}

/// Follows a flow's first packet, and the reply to it. Where a NAT gateway has a choice of addresses, the flow passes
/// if it does with each.
pub fn reach(state: &State, question: &Question) -> Verdict {
    reach_over(state, question, &BTreeSet::new())
}

/// The same where the middleboxes with these interfaces pass on, as it is, what they get.
pub fn reach_over(state: &State, question: &Question, forwarders: &BTreeSet<InterfaceId>) -> Verdict {
    let (mut verdict, choices) = reach_by(state, question, forwarders, 0);
    for choice in 1..choices {
        let (other, _) = reach_by(state, question, forwarders, choice);
        if verdict.passes() && !other.passes() {
            return other;
        }
        if let (Some(delivery), Some(other)) = (&mut verdict.forward.delivered, &other.forward.delivered) {
            delivery.sources.push(other.header.source);
        }
    }
    verdict
}

/// [`reach`], where NAT gateways take the address with this number; and how many there are to choose from.
fn reach_by(state: &State, question: &Question, forwarders: &BTreeSet<InterfaceId>, choice: usize) -> (Verdict, usize) {
    let mut walk = Walk::there(state, forwarders, question.header, choice);
    let delivered = walk.start(question.origin);
    let back = delivered.as_ref().and_then(|delivery| answered(question, delivery, &walk));
    let choices = walk.choices();
    (Verdict { forward: Way { components: walk.into_components(), delivered }, back }, choices)
}

/// The way of the reply to a packet that was delivered.
fn answered(question: &Question, delivery: &Delivery, there: &Walk<'_>) -> Option<Way> {
    let mut walk = there.back(reply(&delivery.header)?);
    let delivered = match (delivery.place, question.origin) {
        (Place::Middlebox(_), _) => return None,
        (Place::Interface(id), _) => walk.start(Origin::Interface(id)),
        (Place::Outside, _) => walk.start(Origin::Outside),
        // What a VPC's service answers goes straight to who asked: it asks an interface that has its source.
        (Place::Service(_), Origin::Interface(id)) => Some(walk.delivery(Place::Interface(id))),
        (Place::Service(_), Origin::Outside) => None,
    };
    let delivered = delivered.and_then(|it| walk.expect(it, question));
    Some(Way { components: walk.into_components(), delivered })
}

/// The reply to a packet, if there is one.
pub fn reply(header: &Header) -> Option<Header> {
    let payload = match header.payload {
        Payload::Tcp { source, destination } => Payload::Tcp { source: destination, destination: source },
        Payload::Udp { source, destination } => Payload::Udp { source: destination, destination: source },
        // Echo, timestamp, information and address mask.
        Payload::Icmp { kind: 8, code } => Payload::Icmp { kind: 0, code },
        Payload::Icmp { kind: kind @ (13 | 15 | 17), code } => Payload::Icmp { kind: kind + 1, code },
        // Echo, and node information.
        Payload::Icmpv6 { kind: kind @ (128 | 139), code } => Payload::Icmpv6 { kind: kind + 1, code },
        Payload::Icmp { .. } | Payload::Icmpv6 { .. } => return None,
        Payload::Other(protocol) => Payload::Other(protocol),
    };
    Some(Header { source: header.destination, destination: header.source, payload })
}

/// The number of the protocol of a packet.
pub fn protocol(payload: &Payload) -> u8 {
    match payload {
        Payload::Icmp { .. } => 1,
        Payload::Tcp { .. } => 6,
        Payload::Udp { .. } => 17,
        Payload::Icmpv6 { .. } => 58,
        Payload::Other(protocol) => *protocol,
    }
}

/// A component that refuses the packet.
fn refused(part: Part, vpc: Option<crate::state::id::VpcId>, header: Header, refusal: Refusal) -> Component {
    Component { vpc, part, header, translated: None, refusal: Some(refusal) }
}

#[cfg(test)]
mod tests;
