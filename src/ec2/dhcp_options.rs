//! DHCP options sets: what instances of a VPC are told when they ask how to find names and the time.
//!
//! Instances here ask nothing, since their addresses are given to them by their node. Of a set the domain and the name
//! servers reach an instance, by its resolver file; time servers, NetBIOS and lease times are kept and shown as EC2
//! does, which hands them out without using them itself.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::error::{Error, Kind, Result};
use super::list::{list, named_or};
use super::scope::{Call, Scope, View, parse_id};
use super::tag;
use crate::state;
use crate::state::id::{DhcpOptionsId, Id, VpcId};
use crate::state::instance::private_domain;
use crate::state::vpc::Vpc;
use crate::state::{Moment, Owner};
use crate::wire::shapes::*;

#[cfg(test)]
mod tests;

type Row = state::dhcp_options::DhcpOptions;

const DOMAIN_NAME: &str = "domain-name";
const NAME_SERVERS: &str = "domain-name-servers";
/// The name server of the VPC itself.
const AMAZON_PROVIDED: &str = "AmazonProvidedDNS";

/// How many servers of one kind and family there may be.
const SERVERS_MAX: usize = 4;
const DOMAIN_CHARS_MAX: usize = 255;

/// How long a DHCPv6 lease may be preferred, in seconds.
const LEASE_SECONDS: std::ops::RangeInclusive<i64> = 140..=2_147_483_647;

/// `CreateDhcpOptions`: a set is made whole and not changed any more.
pub fn create(call: &mut Call<'_>, input: CreateDhcpOptionsRequest) -> Result<CreateDhcpOptionsResult> {
    let mut options = BTreeMap::new();
    for given in input.dhcp_configurations {
        let key = given.key.ok_or(Error::MissingParameter("DhcpConfiguration.n.Key"))?;
        let values = values_of(&key, &given.values)?;
        if options.insert(key.clone(), values).is_some() {
            return Err(Error::InvalidParameterCombination(format!("The DHCP option {key} is given more than once.")));
        }
    }
    let (account, region) = call.caller().owner();
    let row = Row { id: call.tx.mint(), account, region, options, created: call.now() };
    call.tx.put(row.clone());
    tag::specified(call, "dhcp-options", row.id, &input.tag_specifications)?;
    Ok(CreateDhcpOptionsResult { dhcp_options: Some(show(call, &row)) })
}

/// The values of an option: a client may write several in one, with commas between them.
fn values_of(key: &str, given: &[String]) -> Result<Vec<String>> {
    let values: Vec<String> = given.iter().flat_map(|it| it.split(',')).map(|it| it.trim().to_owned()).collect();
    if values.is_empty() {
        return Err(Error::MissingParameter("DhcpConfiguration.n.Value"));
    }
    let fits = |fits: fn(&str) -> bool| match values.iter().find(|it| !fits(it)) {
        Some(value) => Err(invalid(key, value)),
        None => Ok(()),
    };
    let few = |family: fn(&str) -> bool, most: usize| match values.iter().filter(|it| family(it)).nth(most) {
        Some(_) => Err(invalid(key, &values.join(","))),
        None => Ok(()),
    };
    let six = |it: &str| matches!(it.parse(), Ok(IpAddr::V6(_)));
    match key {
        DOMAIN_NAME => {
            fits(is_domains)?;
            few(|_| true, 1)?;
        }
        NAME_SERVERS => {
            fits(|it| it == AMAZON_PROVIDED || is_address(it))?;
            few(|it| !matches!(it.parse(), Ok(IpAddr::V6(_))), SERVERS_MAX)?;
            few(six, SERVERS_MAX)?;
        }
        "ntp-servers" => {
            fits(is_address)?;
            few(|it| it.parse::<Ipv4Addr>().is_ok(), SERVERS_MAX)?;
            few(six, SERVERS_MAX)?;
        }
        "netbios-name-servers" => {
            fits(|it| it.parse::<Ipv4Addr>().is_ok())?;
            few(|_| true, SERVERS_MAX)?;
        }
        "netbios-node-type" => {
            fits(|it| matches!(it, "1" | "2" | "4" | "8"))?;
            few(|_| true, 1)?;
        }
        "ipv6-address-preferred-lease-time" => {
            fits(|it| it.parse().is_ok_and(|it| LEASE_SECONDS.contains(&it)))?;
            few(|_| true, 1)?;
        }
        _ => {
            let text = format!("Value ({key}) for parameter name is invalid. Unknown DHCP option");
            return Err(Error::InvalidParameterValue(text));
        }
    }
    Ok(values)
}

fn invalid(key: &str, value: &str) -> Error {
    Error::InvalidParameterValue(format!("Value ({value}) for parameter value is invalid. It does not fit {key}."))
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Whether this is a domain, or several with spaces between them, as some systems take them. It becomes a line of the
/// instances' resolver files, so that nothing else may stand in it.
fn is_domains(text: &str) -> bool {
    let is_label = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    let is_domain = |it: &str| it.strip_suffix('.').unwrap_or(it).split('.').all(is_label);
    text.len() <= DOMAIN_CHARS_MAX && text.split(' ').all(is_domain)
}

/// The id of the set that an owner has from the start. Clients take it for a property of the VPC, so that it must be
/// the same for ever.
pub fn default_id((account, region): &Owner) -> DhcpOptionsId {
    let digest: [u8; 32] = Sha256::digest(format!("dhcp-options/{account}/{region}")).into();
    let (first, _) = digest.split_first_chunk::<16>().expect("a digest has 32 bytes");
    DhcpOptionsId::from_number(u128::from_be_bytes(*first))
}

/// The set that an owner has from the start. It is not stored.
fn default_set(owner: &Owner) -> Row {
    let domain = private_domain(&owner.1);
    let options = [(DOMAIN_NAME, domain), (NAME_SERVERS, AMAZON_PROVIDED.to_owned())];
    let options = options.map(|(key, value)| (key.to_owned(), vec![value])).into();
    Row { id: default_id(owner), account: owner.0, region: owner.1.clone(), options, created: Moment(0) }
}

/// The caller's set with this id.
pub fn find(scope: &impl Scope, text: &str) -> Result<Arc<Row>> {
    let owner = scope.caller().owner();
    match parse_id::<DhcpOptionsId>(Kind::DhcpOptions, text)? {
        id if id == default_id(&owner) => Ok(Arc::new(default_set(&owner))),
        _ => scope.own(Kind::DhcpOptions, text),
    }
}

/// `DeleteDhcpOptions`: a set that no VPC uses. The one that was there from the start stays.
pub fn delete(call: &mut Call<'_>, input: DeleteDhcpOptionsRequest) -> Result<()> {
    let row = find(call, &input.dhcp_options_id).map_err(|error| match error {
        Error::NotFound { id, .. } => Error::DhcpOptionsToDeleteNotFound(id),
        error => error,
    })?;
    let owner = call.caller().owner();
    let used = call.state().vpcs.of(&owner, VpcId::from_number(0)).any(|it| it.dhcp_options == row.id);
    if used || row.id == default_id(&owner) {
        return Err(Error::DependencyViolation { what: "dhcpOptions", id: row.id.to_string() });
    }
    tag::forget(call, row.id);
    call.tx.remove::<Row>(row.id);
    Ok(())
}

/// `AssociateDhcpOptions`: another set for a VPC; `default` is the one that was there from the start.
pub fn associate(call: &mut Call<'_>, input: AssociateDhcpOptionsRequest) -> Result<()> {
    let dhcp_options = match input.dhcp_options_id.as_str() {
        "default" => default_id(&call.caller().owner()),
        id => find(call, id)?.id,
    };
    let vpc = call.vpc(&input.vpc_id)?;
    call.tx.put(Vpc { dhcp_options, ..vpc.as_ref().clone() });
    Ok(())
}

/// `DescribeDhcpOptions`: the caller's sets.
pub fn describe(view: &View<'_>, input: DescribeDhcpOptionsRequest) -> Result<DescribeDhcpOptionsResult> {
    let owner = view.caller.owner();
    let mut all: Vec<_> = view.state.dhcp_options.of(&owner, DhcpOptionsId::from_number(0)).cloned().collect();
    all.push(Arc::new(default_set(&owner)));
    all.sort_by_key(|it| it.id);
    let rows = named_or(view, &input.dhcp_options_ids, "dhcpOptionsIds", |id| find(view, id), all.iter())?;
    let (dhcp_options, next_token) = list(view, rows.iter(), values, |row| show(view, row))?;
    Ok(DescribeDhcpOptionsResult { dhcp_options, next_token })
}

/// What a set holds for a filter.
fn values(row: &Row, filter: &str) -> Option<Vec<String>> {
    Some(match filter {
        "dhcp-options-id" => vec![row.id.to_string()],
        "key" => row.options.keys().cloned().collect(),
        "owner-id" => vec![row.account.to_string()],
        "value" => row.options.values().flatten().cloned().collect(),
        _ => return None,
    })
}

/// A set as the wire shows it.
fn show(scope: &impl Scope, row: &Row) -> DhcpOptions {
    let value = |it: &String| AttributeValue { value: Some(it.clone()) };
    let option = |(key, values): (&String, &Vec<String>)| DhcpConfiguration {
        key: Some(key.clone()),
        values: values.iter().map(value).collect(),
    };
    DhcpOptions {
        dhcp_configurations: row.options.iter().map(option).collect(),
        dhcp_options_id: Some(row.id.to_string()),
        owner_id: Some(row.account.to_string()),
        tags: scope.tags(row.id),
    }
}
