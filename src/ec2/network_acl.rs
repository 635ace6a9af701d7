//! Network ACLs: stateless filters at the edge of a subnet, which has exactly one.
//!
//! The default one of a VPC lets everything pass, any other is made to deny. The calls that change entries are in
//! `network_acl_entry`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::error::{Error, Kind, Limit, Result};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View, parse_id};
use super::tag;
use crate::net::{Ipv4Net, Ipv6Net, Prefix};
use crate::state::State;
use crate::state::id::{SubnetId, VpcId};
use crate::state::network_acl::{NetworkAcl, NetworkAclAssociation, NetworkAclEntry};
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

/// The numbers of the last entries, `*` in the console, which deny what no entry before them admits.
const LAST4: u16 = 32767;
const LAST6: u16 = 32768;

/// For each VPC.
const QUOTA: usize = 200;

pub fn create(call: &mut Call<'_>, input: CreateNetworkAclRequest) -> Result<CreateNetworkAclResult> {
    let vpc = call.vpc(&input.vpc_id)?.id;
    call.expect_room(QUOTA, Limit::NetworkAcls, call.state().indexes.network_acls_of_vpc.of(vpc))?;
    let (account, region) = call.caller().owner();
    let (id, created) = (call.tx.mint(), call.now());
    let acl = NetworkAcl { id, account, region, vpc, default: false, entries: Vec::new(), created };
    call.tx.put(acl.clone());
    tag::specified(call, "network-acl", id, &input.tag_specifications)?;
    Ok(CreateNetworkAclResult { client_token: call.token.clone(), network_acl: Some(show(call, &acl)) })
}

/// The entry with which a default ACL admits all of IPv4.
pub fn everything4(egress: bool) -> NetworkAclEntry {
    everything(egress, 100, Prefix::V4(Ipv4Net::default()))
}

/// The entry with which a default ACL admits all of IPv6.
pub fn everything6(egress: bool) -> NetworkAclEntry {
    everything(egress, 101, Prefix::V6(Ipv6Net::default()))
}

fn everything(egress: bool, number: u16, prefix: Prefix) -> NetworkAclEntry {
    NetworkAclEntry { egress, number, protocol: None, allow: true, prefix, ports: None, icmp: None }
}

/// What a VPC's default ACL gets with the VPC's first IPv6 block: an entry that admits everything, in each direction
/// in which nobody has changed the entries. (VPC user guide, "Default network ACL")
pub fn admit_ipv6_by_default(call: &mut Call<'_>, vpc: VpcId) {
    let Some(mut acl) = default_of(call.state(), vpc) else { return };
    for egress in [false, true] {
        let mut entries = acl.entries.iter().filter(|it| it.egress == egress);
        let is_as_made = (entries.next(), entries.next()) == (Some(&everything4(egress)), None);
        if is_as_made {
            acl.entries.push(everything6(egress));
        }
    }
    acl.entries.sort_by_key(|it| (it.egress, it.number));
    call.tx.put(acl);
}

fn default_of(state: &State, vpc: VpcId) -> Option<NetworkAcl> {
    let mut acls = state.indexes.network_acls_of_vpc.of(vpc).filter_map(|it| state.network_acls.get(&it));
    acls.find(|it| it.default).map(|it| it.as_ref().clone())
}

pub fn delete(call: &mut Call<'_>, input: DeleteNetworkAclRequest) -> Result<()> {
    let acl = call.network_acl(&input.network_acl_id)?;
    if acl.default {
        return Err(Error::InvalidParameterValue(format!("cannot delete default network ACL {}", acl.id)));
    }
    if call.state().indexes.associations_of_network_acl.any(acl.id) {
        return Err(Error::DependencyViolation { what: "networkAcl", id: acl.id.to_string() });
    }
    tag::forget(call, acl.id);
    call.tx.remove::<NetworkAcl>(acl.id);
    Ok(())
}

/// `ReplaceNetworkAclAssociation`: another ACL for a subnet. The association that is made is a new one.
pub fn replace_association(
    call: &mut Call<'_>,
    input: ReplaceNetworkAclAssociationRequest,
) -> Result<ReplaceNetworkAclAssociationResult> {
    let (kind, text) = (Kind::Association, input.association_id);
    let found = call.state().network_acl_associations.get(&parse_id(kind, &text)?).cloned();
    // An association has no owner of its own.
    let found = found.filter(|it| call.vpc(&it.vpc.to_string()).is_ok());
    let association = found.ok_or(Error::NotFound { kind, id: text })?;
    let acl = call.network_acl(&input.network_acl_id)?;
    let subnet = association.subnet;
    if association.vpc != acl.vpc {
        let text = format!("Network ACL {} and subnet {subnet} belong to different networks.", acl.id);
        return Err(Error::InvalidParameterValue(text));
    }
    call.tx.remove::<NetworkAclAssociation>(association.id);
    let id = call.tx.mint();
    call.tx.put(NetworkAclAssociation { id, vpc: acl.vpc, acl: acl.id, subnet });
    Ok(ReplaceNetworkAclAssociationResult { new_association_id: Some(id.to_string()) })
}

pub fn describe(view: &View<'_>, input: DescribeNetworkAclsRequest) -> Result<DescribeNetworkAclsResult> {
    let find = |id: &str| view.network_acl(id);
    let (state, indexes) = (view.state, &view.state.indexes);
    let of_subnet = move |subnet: SubnetId| {
        let ids = indexes.network_acl_association_of_subnet.of(subnet);
        ids.filter_map(|it| state.network_acl_associations.get(&it)).map(|it| it.acl)
    };
    let found = Ways::of(&view.query)
        .by("network-acl-id", Some)
        .by("association.subnet-id", of_subnet)
        .by("vpc-id", move |it: VpcId| indexes.network_acls_of_vpc.of(it));
    let rows = named_or_found(view, &input.network_acl_ids, "networkAclIds", find, found)?;
    let value = |acl: &NetworkAcl, filter: &str| values(view.state, acl, filter);
    let (network_acls, next_token) = list(view, rows, value, |acl| show(view, acl))?;
    Ok(DescribeNetworkAclsResult { network_acls, next_token })
}

fn associations<'a>(state: &'a State, acl: &NetworkAcl) -> impl Iterator<Item = &'a Arc<NetworkAclAssociation>> {
    let ids = state.indexes.associations_of_network_acl.of(acl.id);
    ids.filter_map(|it| state.network_acl_associations.get(&it))
}

/// The entries in the order in which they are shown, with the last ones, which are not stored: an IPv6 one only where
/// the VPC has IPv6.
fn entries(state: &State, acl: &NetworkAcl) -> Vec<NetworkAclEntry> {
    let any4 = Prefix::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));
    let any6 = Prefix::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0));
    let has6 = last_len(state, acl) == 2;
    let mut entries = Vec::new();
    for egress in [true, false] {
        entries.extend(acl.entries.iter().filter(|it| it.egress == egress).cloned());
        let last = |number, prefix| NetworkAclEntry {
            egress,
            number,
            protocol: None,
            allow: false,
            prefix,
            ports: None,
            icmp: None,
        };
        entries.push(last(LAST4, any4));
        if has6 {
            entries.push(last(LAST6, any6));
        }
    }
    entries
}

/// How many last entries an ACL has in each direction.
pub(super) fn last_len(state: &State, acl: &NetworkAcl) -> usize {
    if state.vpcs.get(&acl.vpc).is_some_and(|vpc| !vpc.blocks6.is_empty()) { 2 } else { 1 }
}

/// What an ACL holds for a filter.
fn values(state: &State, acl: &NetworkAcl, filter: &str) -> Option<Vec<String>> {
    let associations = || associations(state, acl);
    if let Some(field) = filter.strip_prefix("entry.") {
        let held = entries(state, acl).iter().map(|it| entry_values(it, field)).collect::<Option<Vec<_>>>()?;
        return Some(held.concat());
    }
    Some(match filter {
        "association.association-id" => associations().map(|it| it.id.to_string()).collect(),
        "association.network-acl-id" => associations().map(|it| it.acl.to_string()).collect(),
        "association.subnet-id" => associations().map(|it| it.subnet.to_string()).collect(),
        "default" => vec![acl.default.to_string()],
        "network-acl-id" => vec![acl.id.to_string()],
        "owner-id" => vec![acl.account.to_string()],
        "vpc-id" => vec![acl.vpc.to_string()],
        _ => return None,
    })
}

/// What an entry holds for the part of a filter behind `entry.`.
fn entry_values(entry: &NetworkAclEntry, field: &str) -> Option<Vec<String>> {
    let one = |value: Option<i32>| value.into_iter().map(|it| it.to_string()).collect();
    let shown = show_entry(entry);
    Some(match field {
        "cidr" => shown.cidr_block.into_iter().collect(),
        "egress" => vec![entry.egress.to_string()],
        "icmp.code" => one(shown.icmp_type_code.and_then(|it| it.code)),
        "icmp.type" => one(shown.icmp_type_code.and_then(|it| it.r#type)),
        "ipv6-cidr" => shown.ipv6_cidr_block.into_iter().collect(),
        "port-range.from" => one(shown.port_range.and_then(|it| it.from)),
        "port-range.to" => one(shown.port_range.and_then(|it| it.to)),
        // EC2 takes the number or, for three of them, the name.
        "protocol" => {
            let name = match entry.protocol {
                Some(1) => Some("icmp"),
                Some(6) => Some("tcp"),
                Some(17) => Some("udp"),
                _ => None,
            };
            shown.protocol.into_iter().chain(name.map(str::to_owned)).collect()
        }
        "rule-action" => shown.rule_action.into_iter().collect(),
        "rule-number" => one(shown.rule_number),
        _ => return None,
    })
}

/// An entry as the wire shows it.
fn show_entry(entry: &NetworkAclEntry) -> shapes::NetworkAclEntry {
    let (four, six) = match entry.prefix {
        Prefix::V4(it) => (Some(it.to_string()), None),
        Prefix::V6(it) => (None, Some(it.to_string())),
    };
    let icmp = entry.icmp.map(|(kind, code)| IcmpTypeCode { r#type: Some(kind.into()), code: Some(code.into()) });
    let ports = entry.ports.map(|it| PortRange { from: Some(it.first.into()), to: Some(it.last.into()) });
    shapes::NetworkAclEntry {
        cidr_block: four,
        egress: Some(entry.egress),
        icmp_type_code: icmp,
        ipv6_cidr_block: six,
        port_range: ports,
        protocol: Some(entry.protocol.map_or("-1".to_owned(), |it| it.to_string())),
        rule_action: Some(if entry.allow { "allow" } else { "deny" }.to_owned()),
        rule_number: Some(entry.number.into()),
    }
}

/// An ACL as the wire shows it.
fn show(scope: &impl Scope, acl: &NetworkAcl) -> shapes::NetworkAcl {
    let associations = associations(scope.state(), acl).map(|it| shapes::NetworkAclAssociation {
        network_acl_association_id: Some(it.id.to_string()),
        network_acl_id: Some(it.acl.to_string()),
        subnet_id: Some(it.subnet.to_string()),
    });
    shapes::NetworkAcl {
        associations: associations.collect(),
        entries: entries(scope.state(), acl).iter().map(show_entry).collect(),
        is_default: Some(acl.default),
        network_acl_id: Some(acl.id.to_string()),
        owner_id: Some(acl.account.to_string()),
        tags: scope.tags(acl.id),
        vpc_id: Some(acl.vpc.to_string()),
    }
}
