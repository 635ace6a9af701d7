//! What a rule admits, between EC2's words and ours: protocols, ports, peers, descriptions.
//!
//! EC2 writes many rules as one permission: a protocol with its ports and any number of peers. Rules are kept singly,
//! one a peer, and put together again when they are shown.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::{VALID_DESCRIPTIONS, find, invalid, is_text};
use crate::ec2::error::{Error, Kind, Result, refuse};
use crate::ec2::peering;
use crate::ec2::scope::{Scope, parse_id};
use crate::net::{Ipv6Net, Span, ipv4_block};
use crate::state::State;
use crate::state::id::{AccountId, SecurityGroupId};
use crate::state::peering::PeeringStatus;
use crate::state::security_group as stored;
use crate::state::security_group::{Across, Peer, Traffic};
use crate::wire::shapes::*;

/// One peer of a permission: what a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    pub protocol: Traffic,
    pub peer: Peer,
    /// Where the named group is, of a permission that is to be added.
    pub across: Option<Across>,
    pub description: Option<String>,
}

/// What for a call names permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The groups that they name must be there, and near enough to be named.
    ToAdd,
    /// The groups may have gone since the rule was made.
    ToFind,
}

/// The permissions of a call, one a peer, none twice.
pub fn read(
    scope: &impl Scope,
    group: &stored::SecurityGroup,
    given: &[IpPermission],
    asked: Asked,
) -> Result<Vec<Permission>> {
    let mut permissions = Vec::new();
    for it in given {
        let protocol = traffic(it.ip_protocol.as_deref(), it.from_port, it.to_port)?;
        let before = permissions.len();
        let mut admit = |(peer, across): (Peer, Option<Across>), description: &Option<String>| -> Result<()> {
            let description = read_description(description.as_deref())?;
            permissions.push(Permission { protocol, peer, across, description });
            Ok(())
        };
        for range in &it.ip_ranges {
            admit((block4(range.cidr_ip.as_deref().ok_or(NO_SOURCE)?)?, None), &range.description)?;
        }
        for range in &it.ipv6_ranges {
            admit((block6(range.cidr_ipv6.as_deref().ok_or(NO_SOURCE)?)?, None), &range.description)?;
        }
        for pair in &it.user_id_group_pairs {
            admit(referenced(scope, group, pair, asked)?, &pair.description)?;
        }
        for list in &it.prefix_list_ids {
            admit((prefix_list(scope, list.prefix_list_id.as_deref().ok_or(NO_SOURCE)?)?, None), &list.description)?;
        }
        if permissions.len() == before {
            return Err(NO_SOURCE);
        }
    }
    let mut seen = BTreeSet::new();
    if !permissions.iter().all(|it| seen.insert((it.protocol, it.peer))) {
        return Err(twice());
    }
    Ok(permissions)
}

/// The permission that takes the place of a rule.
pub fn read_one(
    scope: &impl Scope,
    group: &stored::SecurityGroup,
    given: &SecurityGroupRuleRequest,
) -> Result<Permission> {
    let protocol = traffic(given.ip_protocol.as_deref(), given.from_port, given.to_port)?;
    let description = read_description(given.description.as_deref())?;
    let (peer, across) = match (&given.cidr_ipv4, &given.cidr_ipv6, &given.referenced_group_id, &given.prefix_list_id) {
        (Some(text), None, None, None) => (block4(text)?, None),
        (None, Some(text), None, None) => (block6(text)?, None),
        (None, None, Some(id), None) => {
            // There is no parameter for the owner of the group.
            let named = scope.state().security_groups.get(&parse_id(Kind::SecurityGroup, id)?);
            let user_id = named.map(|it| it.account.to_string());
            let pair = UserIdGroupPair { group_id: Some(id.clone()), user_id, ..Default::default() };
            referenced(scope, group, &pair, Asked::ToAdd)?
        }
        (None, None, None, Some(id)) => (prefix_list(scope, id)?, None),
        (None, None, None, None) => return Err(NO_SOURCE),
        _ => {
            let text = "You may specify only one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId.";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
    };
    Ok(Permission { protocol, peer, across, description })
}

const NO_SOURCE: Error =
    Error::Missing("Missing source specification: include source security group or CIDR information");

/// A permission that a call names twice.
pub fn twice() -> Error {
    invalid("The same permission must not appear multiple times".to_owned())
}

fn prefix_list(scope: &impl Scope, id: &str) -> Result<Peer> {
    scope.prefix_list(id).map(|it| Peer::PrefixList(it.id))
}

/// What a rule is described by; an empty description is none.
pub fn read_description(given: Option<&str>) -> Result<Option<String>> {
    match given {
        None | Some("") => Ok(None),
        Some(text) if is_text(text) => Ok(Some(text.to_owned())),
        Some(_) => Err(invalid(format!("Invalid rule description. {VALID_DESCRIPTIONS}"))),
    }
}

fn traffic(protocol: Option<&str>, from: Option<i32>, to: Option<i32>) -> Result<Traffic> {
    let unsaid = "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.";
    let protocol = protocol.ok_or_else(|| invalid(unsaid.to_owned()))?;
    let unknown = |_| invalid(format!("Invalid value '{protocol}' for IP protocol. Unknown protocol."));
    let number = match protocol.to_ascii_lowercase().as_str() {
        "-1" | "all" => return Ok(Traffic::All),
        "icmp" => 1,
        "tcp" => 6,
        "udp" => 17,
        "icmpv6" => 58,
        number => number.parse::<u8>().map_err(unknown)?,
    };
    match number {
        1 => icmp(from, to).map(|(kind, code)| Traffic::Icmp(kind, code)),
        6 => ports(from, to).map(Traffic::Tcp),
        17 => ports(from, to).map(Traffic::Udp),
        // EC2 needs both numbers for ICMP; without them ICMPv6 is every type.
        58 => {
            icmp(from.or(to.is_none().then_some(-1)), to.or(Some(-1))).map(|(kind, code)| Traffic::Icmpv6(kind, code))
        }
        // Every port, whatever ports the call names.
        other => Ok(Traffic::Other(other)),
    }
}

fn ports(from: Option<i32>, to: Option<i32>) -> Result<Span> {
    let (Some(from), Some(to)) = (from, to) else {
        let text = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.";
        return Err(invalid(text.to_owned()));
    };
    let port = |it: i32| u16::try_from(it).map_err(|_| invalid(format!("TCP/UDP port ({it}) out of range")));
    let span = Span::new(port(from)?, port(to)?);
    span.ok_or_else(|| invalid(format!("Invalid TCP/UDP port range ({from}:{to})")))
}

/// An ICMP type and code; -1 is every one, and every type has every code.
fn icmp(kind: Option<i32>, code: Option<i32>) -> Result<(i16, i16)> {
    let (Some(kind), Some(code)) = (kind, code) else {
        return Err(invalid("Invalid value for portRange. Must specify both type and code with ICMP.".to_owned()));
    };
    let number = |name: &str, it: i32| match i16::try_from(it) {
        Ok(number @ -1..=255) => Ok(number),
        _ => Err(invalid(format!("ICMP {name} ({it}) out of range"))),
    };
    match (number("type", kind)?, number("code", code)?) {
        (-1, 0..) => Err(invalid(format!("ICMP code ({code}) must be -1 when the ICMP type is -1"))),
        numbers => Ok(numbers),
    }
}

/// An IPv4 block, its host bits cut off as EC2 does.
fn block4(text: &str) -> Result<Peer> {
    let block = ipv4_block(text).ok_or_else(|| malformed(text))?;
    Ok(Peer::V4(block.trunc()))
}

fn block6(text: &str) -> Result<Peer> {
    let block: Ipv6Net = text.parse().map_err(|_| malformed(text))?;
    Ok(Peer::V6(block.trunc()))
}

fn malformed(text: &str) -> Error {
    invalid(format!("CIDR block {text} is malformed"))
}

/// A group as peer, and where it is if not in the VPC of the group that the call is about; by name only in the default
/// VPC.
fn referenced(
    scope: &impl Scope,
    group: &stored::SecurityGroup,
    pair: &UserIdGroupPair,
    asked: Asked,
) -> Result<(Peer, Option<Across>)> {
    let (id, name) = (pair.group_id.as_deref(), pair.group_name.as_deref());
    let Some(words) = id.or(name) else { return Err(NO_SOURCE) };
    let not_found = || Error::NotFound { kind: Kind::SecurityGroup, id: words.to_owned() };
    let owner = match &pair.user_id {
        Some(text) => text.parse().map_err(|_| not_found())?,
        None => group.account,
    };
    let id = match id {
        Some(id) if name.is_none() => parse_id(Kind::SecurityGroup, id)?,
        _ if owner != group.account => return Err(not_found()),
        None if scope.default_vpc().is_none_or(|it| it.id != group.vpc) => {
            return Err(invalid(format!(
                "Invalid value '{words}' for groupName. You may not reference Amazon VPC security groups by name. \
                 Please use the corresponding id for this operation."
            )));
        }
        id => find(scope, id, name)?.id,
    };
    let peer = Peer::Group { group: id, account: owner };
    let state = scope.state();
    let Some(named) = state.security_groups.get(&id) else {
        // A rule may still name a group that has gone.
        let stale = asked == Asked::ToFind && state.indexes.rules_naming_group.any(id);
        return if stale { Ok((peer, None)) } else { Err(not_found()) };
    };
    if named.account != owner || named.region != group.region {
        return Err(not_found());
    }
    let differ = || Error::GroupNotFound("You have specified two resources that belong to different networks.".into());
    if pair.vpc_id.as_ref().is_some_and(|it| *it != named.vpc.to_string()) {
        return Err(differ());
    }
    if asked == Asked::ToFind {
        // How the VPCs were peered is shown with a rule, but is no part of what it says.
        return Ok((peer, None));
    }

    let active = peering::active_between(state, group.vpc, named.vpc).map(|it| it.id);
    let associated = state.security_group_associations.get(&(id, group.vpc)).is_some();
    if named.vpc != group.vpc && active.is_none() && !associated {
        return Err(if owner == group.account { differ() } else { not_found() });
    }
    let connection = &pair.vpc_peering_connection_id;
    if connection.as_ref().is_some_and(|it| active.is_none_or(|active| *it != active.to_string())) {
        return Err(invalid("The VPC peering connection does not lead to the VPC of the security group.".to_owned()));
    }
    if active.is_none() || pair.peering_status.as_deref() != Some("active") {
        refuse("PeeringStatus", &pair.peering_status)?;
    }
    let across = Across { vpc: named.vpc, connection: active };
    Ok((peer, (named.vpc != group.vpc).then_some(across)))
}

/// The name of a protocol as EC2 shows it, and its ports or ICMP numbers where it has any.
pub fn numbers(protocol: Traffic) -> (String, Option<(i32, i32)>) {
    let span = |it: Span| Some((i32::from(it.first), i32::from(it.last)));
    let icmp = |kind: i16, code: i16| Some((i32::from(kind), i32::from(code)));
    match protocol {
        Traffic::All => ("-1".to_owned(), None),
        Traffic::Tcp(ports) => ("tcp".to_owned(), span(ports)),
        Traffic::Udp(ports) => ("udp".to_owned(), span(ports)),
        Traffic::Icmp(kind, code) => ("icmp".to_owned(), icmp(kind, code)),
        Traffic::Icmpv6(kind, code) => ("icmpv6".to_owned(), icmp(kind, code)),
        Traffic::Other(number) => (number.to_string(), None),
    }
}

/// The rules of one direction of a group as permissions: one for each protocol with its ports.
///
/// The rules come in the order of protocols and ports. Those without ports show none: Terraform takes -1 for a change.
pub fn show<'a>(state: &State, rules: impl Iterator<Item = &'a Arc<stored::SecurityGroupRule>>) -> Vec<IpPermission> {
    let mut permissions: Vec<IpPermission> = Vec::new();
    let mut last = None;
    for rule in rules {
        if last != Some(rule.protocol) {
            last = Some(rule.protocol);
            let (name, ports) = numbers(rule.protocol);
            permissions.push(IpPermission {
                ip_protocol: Some(name),
                from_port: ports.map(|it| it.0),
                to_port: ports.map(|it| it.1),
                ..Default::default()
            });
        }
        let Some(permission) = permissions.last_mut() else { continue };
        let description = rule.description.clone();
        match rule.peer {
            Peer::V4(block) => {
                permission.ip_ranges.push(IpRange { cidr_ip: Some(block.to_string()), description });
            }
            Peer::V6(block) => {
                permission.ipv6_ranges.push(Ipv6Range { cidr_ipv6: Some(block.to_string()), description });
            }
            Peer::Group { group, account } => permission.user_id_group_pairs.push(pair(state, rule, group, account)),
            Peer::PrefixList(list) => {
                permission.prefix_list_ids.push(PrefixListId { description, prefix_list_id: Some(list.to_string()) });
            }
        }
    }
    permissions
}

/// The group that a rule names, as the wire shows it; of another VPC, with the peering connection between the two: the
/// one that is active, or the one that was when the rule was made.
pub fn pair(
    state: &State,
    rule: &stored::SecurityGroupRule,
    group: SecurityGroupId,
    account: AccountId,
) -> UserIdGroupPair {
    let peering = rule.across.and_then(|across| {
        let active = peering::active_between(state, rule.vpc, across.vpc).map(|it| (it.id, it.status));
        let then = across.connection.map(|id| {
            let row = state.peering_connections.get(&id);
            (id, row.map_or(PeeringStatus::Deleted, |it| it.status))
        });
        active.or(then)
    });
    UserIdGroupPair {
        description: rule.description.clone(),
        group_id: Some(group.to_string()),
        group_name: None,
        peering_status: peering.map(|it| peering::code(it.1).to_owned()),
        user_id: Some(account.to_string()),
        vpc_id: rule.across.map(|it| it.vpc.to_string()),
        vpc_peering_connection_id: peering.map(|it| it.0.to_string()),
    }
}

/// What a rule holds for a filter `ip-permission.…` of its direction.
pub fn values(scope: &impl Scope, rule: &stored::SecurityGroupRule, name: &str) -> Option<Option<String>> {
    let (protocol, ports) = numbers(rule.protocol);
    let own = |it: &&Arc<stored::SecurityGroup>| it.account == scope.caller().account;
    let named = |group| scope.state().security_groups.get(&group).filter(own).map(|it| it.name.clone());
    Some(match (name, rule.peer) {
        ("from-port", _) => ports.map(|it| it.0.to_string()),
        ("to-port", _) => ports.map(|it| it.1.to_string()),
        ("protocol", _) => Some(protocol),
        ("cidr", Peer::V4(block)) => Some(block.to_string()),
        ("ipv6-cidr", Peer::V6(block)) => Some(block.to_string()),
        ("group-id", Peer::Group { group, .. }) => Some(group.to_string()),
        ("group-name", Peer::Group { group, .. }) => named(group),
        ("user-id", Peer::Group { account, .. }) => Some(account.to_string()),
        ("prefix-list-id", Peer::PrefixList(list)) => Some(list.to_string()),
        ("cidr" | "ipv6-cidr" | "group-id" | "group-name" | "user-id" | "prefix-list-id", _) => None,
        _ => return None,
    })
}

impl fmt::Display for Permission {
    /// The words by which EC2 tells of a rule that exists already.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer {
            Peer::V4(block) => write!(f, "peer: {block}, ")?,
            Peer::V6(block) => write!(f, "peer: {block}, ")?,
            Peer::Group { group, .. } => write!(f, "peer: {group}, ")?,
            Peer::PrefixList(list) => write!(f, "peer: {list}, ")?,
        }
        let every = |it: i16| if it < 0 { "ALL".to_owned() } else { it.to_string() };
        match self.protocol {
            Traffic::All => write!(f, "ALL, ")?,
            Traffic::Tcp(it) => write!(f, "TCP, from port: {}, to port: {}, ", it.first, it.last)?,
            Traffic::Udp(it) => write!(f, "UDP, from port: {}, to port: {}, ", it.first, it.last)?,
            Traffic::Icmp(kind, code) => write!(f, "ICMP, type: {}, code: {}, ", every(kind), every(code))?,
            Traffic::Icmpv6(kind, code) => write!(f, "ICMPv6, type: {}, code: {}, ", every(kind), every(code))?,
            Traffic::Other(number) => write!(f, "{number}, ")?,
        }
        write!(f, "ALLOW")
    }
}
