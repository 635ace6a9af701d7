//! What names mean inside a VPC, as its own name server answers.
//!
//! A name is looked up in State when it is asked for: nothing is laid out beforehand, so that a change costs nothing
//! however many names there are. EC2's rules are those of the VPC guide, "DNS attributes for your VPC".
//!
//! ```text
//!  ip-10-0-0-5.ec2.internal                    an interface's private address
//!  i-0123456789abcdef0.ec2.internal            an instance, of both families as its options say
//!  5.0.0.10.in-addr.arpa                       back to the first form
//!  ec2-203-0-113-5.compute-1.amazonaws.com     the private address inside, and from some peers; else the public one
//! ```
//!
//! What is neither is for the node's own name servers to know, but for the rest of the internal domains.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::state::State;
use crate::state::id::{InstanceId, VpcId};
use crate::state::instance::{Lifecycle, host_name, private_domain, public_domain, public_host_name};
use crate::state::peering::PeeringStatus;
use crate::state::vpc::Vpc;

/// What is known of a name here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// All of its records; the name exists even if there are none.
    Here(Vec<Record>),
    /// The name is one of ours, and does not exist.
    Nowhere,
    /// The name is not one of ours.
    Elsewhere,
}

/// One record of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An A or an AAAA record.
    Address(IpAddr),
    /// A PTR record; the name has no dot at its end.
    Pointer(String),
}

/// The domains below which every private name lies, whichever the region.
const INTERNAL: [&str; 2] = ["ec2.internal", "compute.internal"];

/// Looks up a name in a VPC with DNS support.
pub fn look_up(state: &State, vpc: &Vpc, name: &str) -> Found {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    if let Some(address) = reverse(&name) {
        return pointer(state, vpc, address);
    }
    let domain = private_domain(&vpc.region);
    if let Some(host) = below(&name, &domain) {
        return private(state, vpc, host);
    }
    if name == domain || INTERNAL.contains(&name.as_str()) && below(&domain, &name).is_some() {
        return Found::Here(Vec::new());
    }
    if INTERNAL.iter().any(|it| name == *it || below(&name, it).is_some()) {
        return Found::Nowhere;
    }
    public(state, vpc, &name)
}

/// What stands before the domain, if the name lies below it.
fn below<'a>(name: &'a str, domain: &str) -> Option<&'a str> {
    name.strip_suffix(domain)?.strip_suffix('.')
}

fn private(state: &State, vpc: &Vpc, host: &str) -> Found {
    if let Some(address) = dashed(host, "ip-").filter(|it| host_name(*it) == host) {
        let held = state.indexes.interface_of_address.contains_key(&(vpc.id, address.into()));
        return if held { Found::Here(vec![Record::Address(address.into())]) } else { Found::Nowhere };
    }
    let id = host.parse::<InstanceId>().ok().filter(|it| it.to_string() == host);
    let instance = id.and_then(|it| state.instances.get(&it));
    let instance = instance.filter(|it| it.vpc == vpc.id && it.lifecycle != Lifecycle::Terminated);
    let Some(instance) = instance else { return Found::Nowhere };
    let primary = state.interfaces_of_instance(instance.id).next();
    let four = primary.and_then(|it| it.addresses.first()).filter(|_| instance.a_record);
    let six = primary.and_then(|it| it.addresses6.first()).filter(|_| instance.aaaa_record);
    let addresses = four.copied().map(IpAddr::V4).into_iter().chain(six.copied().map(IpAddr::V6));
    Found::Here(addresses.map(Record::Address).collect())
}

fn public(state: &State, vpc: &Vpc, name: &str) -> Found {
    let Some((host, domain)) = name.split_once('.') else { return Found::Elsewhere };
    let Some(address) = dashed(host, "ec2-").filter(|it| public_host_name(*it) == host) else {
        return Found::Elsewhere;
    };
    let here = |address: Ipv4Addr| Found::Here(vec![Record::Address(address.into())]);
    let row = state.indexes.address_of_public.get(&address).and_then(|it| state.addresses.get(it));
    let row = row.filter(|it| public_domain(&it.region) == domain);
    if let Some(association) = row.and_then(|it| it.association.as_ref())
        && vpc.dns_hostnames
        && (association.vpc == vpc.id || answers_for(state, vpc, association.vpc))
    {
        return here(association.private);
    }
    // Its name says what everybody else is answered, who has it or whether anyone has.
    let pools = state.settings.get(&()).map_or(&[][..], |it| &it.public_pools);
    if domain == public_domain(&vpc.region) && pools.iter().any(|it| it.contains(&address)) {
        return here(address);
    }
    Found::Elsewhere
}

/// Whether a peer of the VPC lets it resolve the peer's public names to private addresses.
fn answers_for(state: &State, vpc: &Vpc, peer: VpcId) -> bool {
    let connections = state.indexes.peering_connections_of_vpc.of(vpc.id);
    let mut active = connections
        .filter_map(|it| state.peering_connections.get(&it))
        .filter(|it| it.status == PeeringStatus::Active)
        .filter_map(|it| it.seen_from(vpc.id));
    active.any(|(_, other)| other.vpc == peer && other.dns_resolution)
        && state.vpcs.get(&peer).is_some_and(|it| it.dns_support && it.dns_hostnames)
}

/// The name of an address. Of private addresses nobody but the VPC knows anything.
fn pointer(state: &State, vpc: &Vpc, address: IpAddr) -> Found {
    let interface = state.indexes.interface_of_address.get(&(vpc.id, address));
    let interface = interface.and_then(|it| state.network_interfaces.get(it));
    let name = interface.and_then(|interface| match address {
        IpAddr::V4(it) => Some(host_name(it)),
        IpAddr::V6(_) => {
            let instance = state.instances.get(&interface.attachment.as_ref()?.instance)?;
            instance.aaaa_record.then(|| instance.id.to_string())
        }
    });
    let internal = match address {
        IpAddr::V4(it) => it.is_private() || it.is_link_local(),
        IpAddr::V6(it) => it.is_unique_local() || it.is_unicast_link_local(),
    };
    match name {
        Some(host) => Found::Here(vec![Record::Pointer(format!("{host}.{}", private_domain(&vpc.region)))]),
        None if internal || vpc.prefixes().any(|it| it.contains(&address)) => Found::Nowhere,
        None => Found::Elsewhere,
    }
}

/// The address in a host name such as `ip-10-0-0-5`.
fn dashed(host: &str, prefix: &str) -> Option<Ipv4Addr> {
    host.strip_prefix(prefix)?.replace('-', ".").parse().ok()
}

/// The address that a name under `in-addr.arpa` or `ip6.arpa` stands for.
fn reverse(name: &str) -> Option<IpAddr> {
    if let Some(numbers) = below(name, "in-addr.arpa") {
        let numbers: Vec<&str> = numbers.rsplit('.').collect();
        return numbers.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    let digits: Vec<&str> = below(name, "ip6.arpa")?.rsplit('.').collect();
    if digits.len() != 32 || !digits.iter().all(|it| it.len() == 1 && it.as_bytes()[0].is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits.concat(), 16).ok().map(|it| IpAddr::V6(Ipv6Addr::from(it)))
}
