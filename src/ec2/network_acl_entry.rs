//! Entries of network ACLs: made, replaced and deleted by direction and number.

use super::error::{Error, Limit, Result};
use super::network_acl::last_len;
use super::scope::{Call, Scope};
use super::vpc::{block4, block6};
use crate::net::{Prefix, Span};
use crate::state::network_acl::{NetworkAcl, NetworkAclEntry};
use crate::wire::shapes::{
    CreateNetworkAclEntryRequest, DeleteNetworkAclEntryRequest, IcmpTypeCode, PortRange, ReplaceNetworkAclEntryRequest,
};

#[cfg(test)]
mod tests;

/// The last number that a user may give; EC2 keeps those above for itself.
const NUMBER_MAX: u16 = 32766;
/// For each direction: keeps an ACL's size within what memory can hold, also where AWS's quota does not hold.
const ENTRIES_MAX: usize = 1_000;
/// For each direction, with the last entries, which deny.
const QUOTA: usize = 20;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// The parameters that say what an entry is; two calls have them.
macro_rules! entry {
    ($input:ident) => {{
        let prefix = block($input.cidr_block.as_deref(), $input.ipv6_cidr_block.as_deref())?;
        let protocol = protocol(&$input.protocol)?;
        NetworkAclEntry {
            egress: $input.egress,
            number: number($input.rule_number)?,
            protocol,
            allow: $input.rule_action == "allow",
            prefix,
            ports: ports(protocol, $input.port_range.as_ref())?,
            icmp: icmp(protocol, &prefix, $input.icmp_type_code.as_ref())?,
        }
    }};
}

pub fn create(call: &mut Call<'_>, input: CreateNetworkAclEntryRequest) -> Result<()> {
    let mut acl = call.network_acl(&input.network_acl_id)?.as_ref().clone();
    let entry = entry!(input);
    let Err(at) = place(&acl, entry.egress, entry.number) else {
        return Err(Error::NetworkAclEntryAlreadyExists(entry.number));
    };
    let len = acl.entries.iter().filter(|it| it.egress == entry.egress).count();
    let over_quota = || call.state().has_quotas() && len + last_len(call.state(), &acl) >= QUOTA;
    if len == ENTRIES_MAX || over_quota() {
        return Err(Error::LimitExceeded(Limit::NetworkAclEntries));
    }
    acl.entries.insert(at, entry);
    call.tx.put(acl);
    Ok(())
}

pub fn replace(call: &mut Call<'_>, input: ReplaceNetworkAclEntryRequest) -> Result<()> {
    let mut acl = call.network_acl(&input.network_acl_id)?.as_ref().clone();
    let entry = entry!(input);
    let missing = Error::NetworkAclEntryNotFound(entry.number);
    let at = place(&acl, entry.egress, entry.number).map_err(|_| missing)?;
    acl.entries[at] = entry;
    call.tx.put(acl);
    Ok(())
}

pub fn delete(call: &mut Call<'_>, input: DeleteNetworkAclEntryRequest) -> Result<()> {
    let mut acl = call.network_acl(&input.network_acl_id)?.as_ref().clone();
    let number = number(input.rule_number)?;
    let at = place(&acl, input.egress, number).map_err(|_| Error::NetworkAclEntryNotFound(number))?;
    acl.entries.remove(at);
    call.tx.put(acl);
    Ok(())
}

/// Where the entry is among the ACL's, or where it would have to be.
fn place(acl: &NetworkAcl, egress: bool, number: u16) -> std::result::Result<usize, usize> {
    acl.entries.binary_search_by_key(&(egress, number), |it| (it.egress, it.number))
}

fn number(given: i32) -> Result<u16> {
    let number = u16::try_from(given).ok().filter(|it| (1..=NUMBER_MAX).contains(it));
    number.ok_or_else(|| {
        invalid(format!("Value ({given}) for parameter ruleNumber is invalid. It must be from 1 to {NUMBER_MAX}."))
    })
}

/// The number of a protocol, or nothing for every protocol.
fn protocol(text: &str) -> Result<Option<u8>> {
    let unknown = |_| invalid(format!("Value ({text}) for parameter protocol is invalid. Unknown protocol."));
    Ok(match text.to_ascii_lowercase().as_str() {
        "-1" | "all" => None,
        "icmp" => Some(ICMP),
        "tcp" => Some(TCP),
        "udp" => Some(UDP),
        "icmpv6" => Some(ICMPV6),
        number => Some(number.parse().map_err(unknown)?),
    })
}

/// The one block that an entry is for, its host bits cleared as the reference of `CreateNetworkAclEntry` says.
fn block(four: Option<&str>, six: Option<&str>) -> Result<Prefix> {
    match (four, six) {
        (Some(it), None) => block4("cidrBlock", it).map(Prefix::V4),
        (None, Some(it)) => block6("ipv6CidrBlock", it).map(Prefix::V6),
        (None, None) => Err(Error::Missing("Either 'cidrBlock' or 'ipv6CidrBlock' should be provided.")),
        _ => {
            let text = "Only one of the parameters cidrBlock and ipv6CidrBlock can be specified.";
            Err(Error::InvalidParameterCombination(text.to_owned()))
        }
    }
}

/// The ports of a protocol that has any; of another, whatever ports the call gives do not count.
fn ports(protocol: Option<u8>, given: Option<&PortRange>) -> Result<Option<Span>> {
    let (Some(TCP | UDP), given) = (protocol, given) else { return Ok(None) };
    let Some((from, to)) = given.and_then(|it| Some((it.from?, it.to?))) else {
        return Err(Error::MissingParameter("portRange"));
    };
    let port = |it: i32| u16::try_from(it).map_err(|_| invalid(format!("TCP/UDP port ({it}) out of range")));
    let span = Span::new(port(from)?, port(to)?);
    span.map(Some).ok_or_else(|| invalid(format!("Invalid TCP/UDP port range ({from}:{to})")))
}

/// The type and code of ICMP. ICMPv6 of an IPv4 block is every type whatever the call gives, as the reference of
/// `CreateNetworkAclEntry` says.
fn icmp(protocol: Option<u8>, prefix: &Prefix, given: Option<&IcmpTypeCode>) -> Result<Option<(i16, i16)>> {
    match (protocol, prefix) {
        (Some(ICMPV6), Prefix::V4(_)) => return Ok(Some((-1, -1))),
        (Some(ICMP | ICMPV6), _) => {}
        _ => return Ok(None),
    }
    let Some((kind, code)) = given.and_then(|it| Some((it.r#type?, it.code?))) else {
        return Err(Error::MissingParameter("icmpTypeCode"));
    };
    let number = |name: &str, it: i32| match i16::try_from(it) {
        Ok(number @ -1..=255) => Ok(number),
        _ => Err(invalid(format!("ICMP {name} ({it}) out of range"))),
    };
    match (number("type", kind)?, number("code", code)?) {
        (-1, 0..) => Err(invalid(format!("ICMP code ({code}) must be -1 when the ICMP type is -1"))),
        numbers => Ok(Some(numbers)),
    }
}

fn invalid(text: String) -> Error {
    Error::InvalidParameterValue(text)
}
