//! By whom packets that were counted were let through, or not: looked up in the State that the router was planned from.
//!
//! The kernel has judged them already; here it is found which rule that was. As on AWS each interface judges for
//! itself: what the receiver refuses, the sender has let out.

use std::net::IpAddr;

use super::seen::{Seen, Stage, Transport, peering_number};
use crate::net::Prefix;
use crate::plan::group::type_code;
use crate::plan::mutant::Mutant;
use crate::plan::routing;
use crate::state::State;
use crate::state::id::{SubnetId, VpcId};
use crate::state::network_acl::NetworkAclEntry;
use crate::state::network_interface::{Kind, NetworkInterface};
use crate::state::security_group::{Peer, SecurityGroupRule, Traffic};

/// What an interface made of packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub accepted: bool,
    /// The security group rule (`sgr-…`), the network ACL with its entry (`acl-…/100`, `acl-…/*`), the groups of which
    /// no rule fits (`sg-…,sg-…`), the account's `block-public-access` or the route table (`rtb-…`) that decided; absent
    /// where none of them did.
    pub by: Option<String>,
}

const PUBLIC_ACCESS: &str = "block-public-access";

/// What an interface made of packets that it met; nothing where they were refused before they came to it.
pub fn decided(state: &State, interface: &NetworkInterface, seen: &Seen) -> Option<Decision> {
    let accepted = |by| Some(Decision { accepted: true, by });
    let rejected = |by| Some(Decision { accepted: false, by });
    let let_out = || admitting(state, interface, seen);
    match (seen.stage, seen.leaves) {
        (Stage::Passed, _) | (Stage::GroupIn | Stage::NoWayOut, true) => accepted(let_out()),
        // The router asks the ACLs and the gateway's block before the sender's groups, which come first on AWS.
        (Stage::AclOut | Stage::PublicAccessOut | Stage::AclIn, true) if refuses(state, interface, seen) => {
            rejected(groups(interface))
        }
        (Stage::AclOut, _) => rejected(acl_entry(state, interface.subnet, true, seen)),
        (Stage::AclIn, true) => accepted(let_out()),
        (Stage::AclIn, false) => match sender(state, interface.vpc, seen) {
            Some(sender) if refuses(state, sender, &Seen { leaves: true, ..seen.clone() }) => None,
            _ => rejected(acl_entry(state, interface.subnet, false, seen)),
        },
        (Stage::PublicAccessOut | Stage::PublicAccessIn, _) => rejected(Some(PUBLIC_ACCESS.to_owned())),
        (Stage::GroupOut, _) | (Stage::GroupIn, false) => rejected(groups(interface)),
        (Stage::NoWayOut, false) => None,
        // Nobody outside begins a flow with a NAT gateway, wherever its subnet's routes lead.
        (Stage::NoWayBack, _) if interface.kind != Kind::Interface => rejected(None),
        (Stage::NoWayBack, _) => {
            let subnet = state.subnets.get(&interface.subnet);
            rejected(subnet.and_then(|it| state.route_table_of(it)).map(|it| it.id.to_string()))
        }
        (Stage::Untracked, true) => rejected(None),
        (Stage::Untracked, false) => match sender(state, interface.vpc, seen) {
            Some(_) => None,
            None => rejected(None),
        },
    }
}

/// The interface of a VPC that packets come from, unless they come from a peer.
fn sender<'a>(state: &'a State, vpc: VpcId, seen: &Seen) -> Option<&'a NetworkInterface> {
    (seen.peering == 0).then(|| holder(state, vpc, seen.source)).flatten()
}

/// The interface of a VPC that has an address.
fn holder(state: &State, vpc: VpcId, address: IpAddr) -> Option<&NetworkInterface> {
    let id = state.indexes.interface_of_address.get(&(vpc, address)).copied().or_else(|| {
        // The last prefix that does not begin behind the address: no two overlap.
        let (key, id) = state.indexes.interface_of_prefix.range(..=(vpc, Prefix::from(address))).next_back()?;
        (key.0 == vpc && key.1.contains(&address)).then_some(*id)
    });
    state.network_interfaces.get(&id?).map(AsRef::as_ref)
}

/// Whether no group of the sender lets packets out that begin a flow.
fn refuses(state: &State, sender: &NetworkInterface, seen: &Seen) -> bool {
    let begins = !seen.reply && !is_error(seen);
    let asked = sender.kind == Kind::Interface && begins && !Mutant::NamedFirst.lives();
    asked && admitting(state, sender, seen).is_none()
}

fn groups(interface: &NetworkInterface) -> Option<String> {
    let ids: Vec<_> = interface.groups.iter().map(|it| it.to_string()).collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

/// The rule of an interface's groups that admits the flow of the packets: of answers, that which admitted what they
/// answer.
fn admitting(state: &State, interface: &NetworkInterface, seen: &Seen) -> Option<String> {
    if is_error(seen) {
        // It passes with the flow that it is about, and needs no rule.
        return None;
    }
    let asked = if seen.reply { reversed(seen) } else { seen.clone() };
    let peer = if asked.leaves { asked.destination } else { asked.source };
    let mut rules = interface.groups.iter().flat_map(|group| state.rules_of_direction(*group, asked.leaves));
    let fits = |rule: &SecurityGroupRule| {
        (carries(rule.protocol, &asked) || Mutant::NamedRule.lives())
            && is_peer(state, interface.vpc, rule, &asked, peer)
    };
    rules.find(|it| fits(it)).map(|it| it.id.to_string())
}

/// Whether they are errors about other packets: of IPv4 unreachable, quench, redirect, time exceeded and parameter
/// problem; of IPv6 what is below 128.
fn is_error(seen: &Seen) -> bool {
    match seen.transport {
        Transport::Icmp(number) if seen.source.is_ipv4() => matches!(number >> 8, 3 | 4 | 5 | 11 | 12),
        Transport::Icmp(number) => number >> 8 < 128,
        _ => false,
    }
}

/// The packets that these answer.
fn reversed(seen: &Seen) -> Seen {
    let transport = match seen.transport {
        Transport::Tcp(source, destination) => Transport::Tcp(destination, source),
        Transport::Udp(source, destination) => Transport::Udp(destination, source),
        Transport::Icmp(number) => Transport::Icmp(asked(number)),
        other => other,
    };
    Seen {
        leaves: !seen.leaves,
        reply: false,
        source: seen.destination,
        destination: seen.source,
        transport,
        ..seen.clone()
    }
}

/// The ICMP request, type and code, that a message answers.
fn asked(number: u16) -> u16 {
    let request = match number >> 8 {
        // Echo, timestamp, information and address mask; echo of IPv6.
        0 => 8,
        14 => 13,
        16 => 15,
        18 => 17,
        129 => 128,
        other => other,
    };
    request << 8
}

fn carries(rule: Traffic, seen: &Seen) -> bool {
    match (rule, seen.transport) {
        (Traffic::All, _) => true,
        (Traffic::Tcp(ports), Transport::Tcp(_, port)) | (Traffic::Udp(ports), Transport::Udp(_, port)) => {
            ports.first <= port && port <= ports.last
        }
        (Traffic::Icmp(kind, code), Transport::Icmp(number)) if seen.source.is_ipv4() => within(kind, code, number),
        (Traffic::Icmpv6(kind, code), Transport::Icmp(number)) if seen.source.is_ipv6() => within(kind, code, number),
        (Traffic::Other(number), _) => number == seen.protocol(),
        _ => false,
    }
}

fn within(kind: i16, code: i16, number: u16) -> bool {
    let span = type_code(kind, code);
    span.first <= number && number <= span.last
}

/// Whether the address is of those that the rule names. Two peers may have the same: who wears a group is asked where
/// the packets come from or go to.
fn is_peer(state: &State, vpc: VpcId, rule: &SecurityGroupRule, seen: &Seen, peer: IpAddr) -> bool {
    match rule.peer {
        Peer::V4(block) => Prefix::V4(block).contains(&peer),
        Peer::V6(block) => Prefix::V6(block).contains(&peer),
        Peer::PrefixList(list) => {
            state.prefix_lists.get(&list).is_some_and(|it| it.entries().iter().any(|it| it.prefix.contains(&peer)))
        }
        Peer::Group { group, .. } => {
            let wears = |vpc| holder(state, vpc, peer).is_some_and(|it| it.groups.contains(&group));
            match seen.peering {
                0 => wears(vpc),
                _ if Mutant::NamedPeer.lives() => routing::peers(state, vpc).any(|(_, vpc)| wears(vpc)),
                number => routing::peers(state, vpc).any(|(id, vpc)| peering_number(id) == number && wears(vpc)),
            }
        }
    }
}

/// The entry of a subnet's ACL that decides about packets, with the ACL.
fn acl_entry(state: &State, subnet: SubnetId, egress: bool, seen: &Seen) -> Option<String> {
    let acl = state.network_acl_of(subnet)?;
    let mut entries = acl.entries.iter().filter(|it| it.egress == egress);
    match entries.find(|it| fits(it, seen)) {
        // It was another when the packets were dropped.
        Some(entry) if entry.allow => None,
        Some(entry) => Some(format!("{}/{}", acl.id, entry.number + u16::from(Mutant::NamedEntry.lives()))),
        None => Some(format!("{}/*", acl.id)),
    }
}

fn fits(entry: &NetworkAclEntry, seen: &Seen) -> bool {
    let other = if entry.egress { seen.destination } else { seen.source };
    if !entry.prefix.contains(&other) || entry.protocol.is_some_and(|it| it != seen.protocol()) {
        return false;
    }
    match (seen.transport, entry.protocol, entry.ports, entry.icmp) {
        (Transport::Tcp(_, port) | Transport::Udp(_, port), Some(_), Some(ports), _) => {
            ports.first <= port && port <= ports.last
        }
        (Transport::Icmp(number), Some(_), _, Some((kind, code))) => within(kind, code, number),
        _ => true,
    }
}
