//! What a packet met, in words for a network engineer who knows AWS.

use crate::net::Span;
use crate::state::insights::{Component, Header, Part, Payload, Refusal, Service, Taken};
use crate::state::network_acl::NetworkAclEntry;
use crate::state::route_table::{Destination, Target};
use crate::state::security_group::{Peer, Traffic};

/// What kind of thing a component is.
pub fn kind(part: &Part) -> &'static str {
    match part {
        Part::Interface { .. } => "network-interface",
        Part::SecurityGroups { rule: Some(_), .. } => "security-group-rule",
        Part::SecurityGroups { rule: None, .. } => "security-group",
        Part::NetworkAcl { .. } => "network-acl",
        Part::RouteTable { .. } => "route-table",
        Part::InternetGateway(_) => "internet-gateway",
        Part::EgressOnlyInternetGateway(_) => "egress-only-internet-gateway",
        Part::NatGateway(_) => "natgateway",
        Part::Peering(_) => "vpc-peering-connection",
        Part::Vpc => "vpc",
        Part::Service(_) => "service",
        Part::Outside => "outside",
    }
}

/// Which one it is, and what in it decides: a rule, an entry, a route.
pub fn id(component: &Component) -> String {
    match &component.part {
        Part::Interface { id, .. } => id.to_string(),
        Part::SecurityGroups { rule: Some(rule), .. } => rule.id.to_string(),
        Part::SecurityGroups { groups, .. } => listed(groups),
        Part::NetworkAcl { id, egress, entry, .. } => format!("{id} {} {}", way(*egress), number(entry)),
        Part::RouteTable { id, taken: Some(taken), .. } => format!("{id} {}", taken.block),
        Part::RouteTable { id, taken: None, .. } => id.to_string(),
        Part::InternetGateway(id) => id.to_string(),
        Part::EgressOnlyInternetGateway(id) => id.to_string(),
        Part::NatGateway(id) => id.to_string(),
        Part::Peering(id) => id.to_string(),
        Part::Vpc => component.vpc.map_or_else(|| "-".to_owned(), |it| it.to_string()),
        Part::Service(Service::Dns) => "dns".to_owned(),
        Part::Service(Service::Metadata) => "metadata".to_owned(),
        Part::Outside => "-".to_owned(),
    }
}

/// What the component did with the packet, and why.
pub fn explanation(component: &Component) -> String {
    let Header { source, destination, payload } = component.header;
    match (&component.part, component.refusal) {
        (part, None) => passed(part, component),
        (part, Some(refusal)) => match (part, refusal) {
            (_, Refusal::NotRunning) => "is not attached to a running instance".to_owned(),
            (Part::Service(_), Refusal::ForeignSource) => format!("answers only an interface that has {source}"),
            (_, Refusal::ForeignSource) => {
                format!("source/destination check: sends only from its own addresses, and {source} is none of them")
            }
            (_, Refusal::ForeignDestination) => {
                format!("source/destination check: takes only its own addresses, and {destination} is none of them")
            }
            (Part::SecurityGroups { egress, .. }, Refusal::NoRules) => format!("has no {} rules", way(*egress)),
            (Part::SecurityGroups { egress: true, .. }, _) => {
                format!("no outbound rule lets {} out to {destination}", carried(payload))
            }
            (Part::SecurityGroups { .. }, _) => format!("no inbound rule lets {} in from {source}", carried(payload)),
            (Part::NetworkAcl { subnet, egress, entry, .. }, _) => {
                let (side, other) = if *egress { ("out of", destination) } else { ("into", source) };
                let number = number(entry);
                format!("{} entry {number} denies {} {side} {subnet} ({other})", way(*egress), carried(payload))
            }
            (Part::RouteTable { subnet, taken, .. }, Refusal::NotRoutedBack) => {
                let answers = taken.as_ref().map_or("nowhere".to_owned(), |it| format!("by {}", leads(it)));
                format!("{subnet} answers {source} {answers}, not by the gateway that the packet comes from")
            }
            (Part::RouteTable { taken: Some(taken), .. }, _) => {
                format!("{}, which is not there or takes no packets: a black hole", leads(taken))
            }
            (Part::RouteTable { .. }, _) => format!("has no route to {destination}"),
            (Part::EgressOnlyInternetGateway(_), Refusal::Protocol) => "carries nothing but IPv6".to_owned(),
            (Part::NatGateway(_), Refusal::Protocol) => {
                format!("carries TCP, UDP and ICMP over IPv4, and not {} from {source}", carried(payload))
            }
            (Part::NatGateway(_), Refusal::NobodyThere) => "has no address".to_owned(),
            (_, Refusal::NobodyThere) if component.vpc.is_some() => format!("no interface has {destination}"),
            (_, Refusal::NobodyThere) => format!("no interface has the public address {destination}"),
            (_, Refusal::NoPublicAddress) => format!("{source} has no public address"),
            (_, Refusal::NotOfVpc) => format!("{source} is not an address of the VPC"),
            (_, Refusal::NoGateway) => "has no internet gateway by which the packet could come in".to_owned(),
            (_, Refusal::Unasked) => "lets nothing in but replies to what went out through it".to_owned(),
            (_, Refusal::PublicAccessBlocked) => {
                "block public access: the account's mode, and no exclusion of the VPC or subnet, lets it pass"
                    .to_owned()
            }
            (_, Refusal::NotOfPeers) => {
                format!("carries packets between the two VPCs only: {source} or {destination} is of neither")
            }
            (_, Refusal::Loop) => "has had the packet already: its route leads back to it".to_owned(),
            (_, Refusal::NotServed) => format!("does not answer {}", carried(payload)),
            (_, Refusal::NotAsked) => {
                format!("the reply from {source} to {destination} comes to somebody who did not ask for it")
            }
            (Part::Vpc, Refusal::Protocol) => {
                format!("{} is neither a request nor part of a flow", carried(payload))
            }
            (_, Refusal::Unroutable) => format!("{destination} is not an address that a VPC routes"),
            (_, Refusal::NoRoute) => "the subnet has no route table".to_owned(),
            (_, Refusal::Denied) => "the subnet has no network ACL".to_owned(),
            // Every other pair of a component and a refusal does not occur.
            (_, Refusal::NoRuleFits | Refusal::NoRules | Refusal::NotRoutedBack)
            | (_, Refusal::Blackhole | Refusal::Protocol) => "refuses the packet".to_owned(),
        },
    }
}

fn passed(part: &Part, component: &Component) -> String {
    let Header { source, destination, payload } = component.header;
    let becomes = component.translated.unwrap_or(component.header);
    match part {
        Part::Interface { subnet, .. } => format!("in {subnet}"),
        Part::SecurityGroups { egress, rule, .. } => {
            let Some(rule) = rule else { return "remembers the flow, so the reply needs no rule".to_owned() };
            let side = if *egress { "out to" } else { "in from" };
            format!("lets {} {side} {} ({})", traffic(rule.protocol), peer(rule.peer), rule.group)
        }
        Part::NetworkAcl { subnet, egress, entry, .. } => {
            let side = if *egress { "out of" } else { "into" };
            format!("{} entry {} allows {} {side} {subnet}", way(*egress), number(entry), carried(payload))
        }
        Part::RouteTable { taken, .. } => taken.as_ref().map_or_else(String::new, leads),
        Part::InternetGateway(_) if becomes.source != source => format!("sends it out as {}", becomes.source),
        Part::InternetGateway(_) if becomes.destination != destination => {
            format!("lets it in to {}", becomes.destination)
        }
        Part::InternetGateway(_) => "passes it as it is".to_owned(),
        Part::EgressOnlyInternetGateway(_) => "passes it: it went out, or answers what did".to_owned(),
        Part::NatGateway(_) if becomes.source != source => format!("sends it on as {}", becomes.source),
        Part::NatGateway(_) => format!("gives it back to {}", becomes.destination),
        Part::Peering(_) => "carries it to the other VPC".to_owned(),
        Part::Service(_) => format!("answers at {destination}; neither groups nor network ACLs are asked"),
        Part::Vpc => String::new(),
        Part::Outside => "beyond the gateways".to_owned(),
    }
}

/// What a packet carries: `tcp port 443`.
pub fn carried(payload: Payload) -> String {
    match payload {
        Payload::Tcp { destination, .. } => format!("tcp port {destination}"),
        Payload::Udp { destination, .. } => format!("udp port {destination}"),
        Payload::Icmp { kind, code } => format!("icmp type {kind} code {code}"),
        Payload::Icmpv6 { kind, code } => format!("icmpv6 type {kind} code {code}"),
        Payload::Other(protocol) => format!("protocol {protocol}"),
    }
}

fn traffic(traffic: Traffic) -> String {
    let ports = |name: &str, it: Span| match (it.first, it.last) {
        (0, u16::MAX) => name.to_owned(),
        (first, last) if first == last => format!("{name} port {first}"),
        (first, last) => format!("{name} ports {first} to {last}"),
    };
    let icmp = |name: &str, kind: i16, code: i16| match (kind, code) {
        (-1, _) => name.to_owned(),
        (kind, -1) => format!("{name} type {kind}"),
        (kind, code) => format!("{name} type {kind} code {code}"),
    };
    match traffic {
        Traffic::All => "everything".to_owned(),
        Traffic::Tcp(span) => ports("tcp", span),
        Traffic::Udp(span) => ports("udp", span),
        Traffic::Icmp(kind, code) => icmp("icmp", kind, code),
        Traffic::Icmpv6(kind, code) => icmp("icmpv6", kind, code),
        Traffic::Other(number) => format!("protocol {number}"),
    }
}

fn peer(peer: Peer) -> String {
    match peer {
        Peer::V4(block) => block.to_string(),
        Peer::V6(block) => block.to_string(),
        Peer::Group { group, .. } => group.to_string(),
        Peer::PrefixList(list) => list.to_string(),
    }
}

/// `0.0.0.0/0 leads to igw-…`.
fn leads(taken: &Taken) -> String {
    let Some(route) = &taken.route else { return format!("{} is local", taken.block) };
    let list = match route.destination {
        Destination::PrefixList(list) => format!(" (of {list})"),
        Destination::Prefix(_) => String::new(),
    };
    format!("{}{list} leads to {}", taken.block, target(route.target))
}

fn target(target: Target) -> String {
    match target {
        Target::InternetGateway(id) => id.to_string(),
        Target::EgressOnlyInternetGateway(id) => id.to_string(),
        Target::NatGateway(id) => id.to_string(),
        Target::Interface(id) => id.to_string(),
        Target::Peering(id) => id.to_string(),
    }
}

/// The number of an entry; the last one has none.
fn number(entry: &Option<NetworkAclEntry>) -> String {
    entry.as_ref().map_or("*".to_owned(), |it| it.number.to_string())
}

fn way(egress: bool) -> &'static str {
    if egress { "outbound" } else { "inbound" }
}

fn listed(ids: &[impl ToString]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
