//! What network ACLs and security groups let pass.

use std::net::IpAddr;
use std::sync::Arc;

use super::{protocol, route};
use crate::net::Prefix;
use crate::state::State;
use crate::state::id::{SecurityGroupId, SubnetId, VpcId};
use crate::state::insights::{Header, Payload};
use crate::state::network_acl::{NetworkAcl, NetworkAclEntry};
use crate::state::network_interface::NetworkInterface;
use crate::state::security_group::{Peer, SecurityGroupRule, Traffic};

/// Where a packet comes from as the receiver's VPC sees it, which decides what rules that name a group match.
#[derive(Clone, Copy)]
pub enum Sender<'a> {
    /// An interface of the VPC itself: it is known by what it is.
    Interface(&'a NetworkInterface),
    /// A VPC that is peered: its interfaces are known by their addresses.
    Peer(VpcId),
    /// Whoever is outside wears nothing.
    Outside,
}

/// The network ACL of a subnet.
pub fn network_acl(state: &State, subnet: SubnetId) -> Option<&Arc<NetworkAcl>> {
    let association = state.network_acl_associations.iter().find(|it| it.subnet == subnet)?;
    state.network_acls.get(&association.acl)
}

/// The first entry of the direction that fits, by number.
pub fn first_entry<'a>(acl: &'a NetworkAcl, egress: bool, header: &Header) -> Option<&'a NetworkAclEntry> {
    let other = if egress { header.destination } else { header.source };
    let fits = |entry: &&NetworkAclEntry| {
        entry.egress == egress
            && entry.prefix.contains(&other)
            && entry.protocol.is_none_or(|it| it == protocol(&header.payload))
            && (entry.protocol.is_none() || carries(entry, &header.payload))
    };
    acl.entries.iter().filter(fits).min_by_key(|it| it.number)
}

/// Whether the entry is for such ports, or ICMP types and codes.
fn carries(entry: &NetworkAclEntry, payload: &Payload) -> bool {
    match payload {
        Payload::Tcp { destination, .. } | Payload::Udp { destination, .. } => {
            entry.ports.is_none_or(|it| it.first <= *destination && *destination <= it.last)
        }
        Payload::Icmp { kind, code } | Payload::Icmpv6 { kind, code } => {
            entry.icmp.is_none_or(|it| fits_icmp(it, *kind, *code))
        }
        Payload::Other(_) => true,
    }
}

/// Whether an ICMP type and code are those of a rule, in which -1 is every one.
fn fits_icmp((of_kind, of_code): (i16, i16), kind: u8, code: u8) -> bool {
    of_kind == -1 || (of_kind == i16::from(kind) && (of_code == -1 || of_code == i16::from(code)))
}

/// The rule by which one of the groups of an interface lets the packet out to, or in from, the other side.
pub fn admitting<'a>(
    state: &'a State,
    wearer: &NetworkInterface,
    egress: bool,
    header: &Header,
    sender: Sender<'_>,
) -> Option<&'a Arc<SecurityGroupRule>> {
    rules(state, wearer, egress).find(|rule| {
        let peer = match egress {
            true => is_receiver(state, wearer, rule.peer, header.destination),
            false => is_sender(state, rule.peer, header.source, sender),
        };
        peer && is_of(rule.protocol, &header.payload)
    })
}

/// The rules of one direction of all groups that an interface wears.
pub fn rules<'a>(
    state: &'a State,
    wearer: &NetworkInterface,
    egress: bool,
) -> impl Iterator<Item = &'a Arc<SecurityGroupRule>> {
    let groups = wearer.groups.clone();
    groups.into_iter().flat_map(move |group| state.rules_of_group(group)).filter(move |it| it.egress == egress)
}

fn is_of(traffic: Traffic, payload: &Payload) -> bool {
    match (traffic, payload) {
        (Traffic::All, _) => true,
        (Traffic::Tcp(ports), Payload::Tcp { destination, .. })
        | (Traffic::Udp(ports), Payload::Udp { destination, .. }) => {
            ports.first <= *destination && *destination <= ports.last
        }
        (Traffic::Icmp(of_kind, of_code), Payload::Icmp { kind, code })
        | (Traffic::Icmpv6(of_kind, of_code), Payload::Icmpv6 { kind, code }) => {
            fits_icmp((of_kind, of_code), *kind, *code)
        }
        (Traffic::Other(number), _) => number == protocol(payload),
        _ => false,
    }
}

/// Whether the peer of an egress rule has this address: a group's, if an interface that wears it does, in the VPC or
/// in the peer that the sender's route leads to. (Two peers may have the same addresses.)
fn is_receiver(state: &State, sender: &NetworkInterface, peer: Peer, address: IpAddr) -> bool {
    match peer {
        Peer::Group { group, .. } => {
            let beyond = || route::peer(state, sender.vpc, sender.subnet, address);
            wears(state, sender.vpc, address, group) || beyond().is_some_and(|it| wears(state, it, address, group))
        }
        other => has_address(state, other, address),
    }
}

/// Whether the peer of an ingress rule is who sends from this address.
fn is_sender(state: &State, peer: Peer, address: IpAddr, sender: Sender<'_>) -> bool {
    match (peer, sender) {
        (Peer::Group { group, .. }, Sender::Interface(sender)) => sender.groups.contains(&group),
        (Peer::Group { group, .. }, Sender::Peer(vpc)) => wears(state, vpc, address, group),
        (Peer::Group { .. }, Sender::Outside) => false,
        (other, _) => has_address(state, other, address),
    }
}

fn has_address(state: &State, peer: Peer, address: IpAddr) -> bool {
    match peer {
        Peer::V4(block) => Prefix::V4(block).contains(&address),
        Peer::V6(block) => Prefix::V6(block).contains(&address),
        Peer::PrefixList(list) => {
            let entries = state.prefix_lists.get(&list).into_iter().flat_map(|it| it.entries());
            entries.into_iter().any(|it| it.prefix.contains(&address))
        }
        Peer::Group { .. } => false,
    }
}

/// Whether the interface that has the address wears the group.
fn wears(state: &State, vpc: VpcId, address: IpAddr, group: SecurityGroupId) -> bool {
    holder(state, vpc, address).is_some_and(|it| it.groups.contains(&group))
}

/// The interface of a VPC that has the address, or the block that it lies in.
pub fn holder(state: &State, vpc: VpcId, address: IpAddr) -> Option<&Arc<NetworkInterface>> {
    let interfaces = state.indexes.interfaces_of_vpc.of(vpc).filter_map(|id| state.network_interfaces.get(&id));
    interfaces.into_iter().find(|it| has(it, address))
}

/// Whether the address is the interface's own.
pub fn has(interface: &NetworkInterface, address: IpAddr) -> bool {
    interface.all_addresses().any(|it| it == address)
        || interface.prefixes.iter().any(|it| Prefix::V4(*it).contains(&address))
        || interface.prefixes6.iter().any(|it| Prefix::V6(*it).contains(&address))
}
