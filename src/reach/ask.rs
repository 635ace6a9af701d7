//! From the names that a person gives (`eni-…`, `i-…`, an address) to the packet that is meant.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::filter::has;
use super::{Origin, Question};
use crate::state::State;
use crate::state::id::{AccountId, InstanceId, InterfaceId, VpcId};
use crate::state::insights::{Header, Payload};
use crate::state::network_interface::NetworkInterface;
use crate::state::peering::PeeringStatus;

/// Why it is not clear which packet is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    #[error("'{0}' is neither an interface (eni-…), nor an instance (i-…), nor an IP address")]
    NotAName(String),
    #[error("'{0}' is neither an interface (eni-…) nor an instance (i-…)")]
    NotAForwarder(String),
    #[error("there is no '{0}'")]
    NoSuch(String),
    #[error("'{0}' has no interface")]
    NoInterface(String),
    #[error("{address} is an address of several interfaces: {interfaces}; name one of them")]
    Ambiguous { address: IpAddr, interfaces: String },
    #[error("'{from}' and '{to}' have no addresses of one family")]
    Families { from: String, to: String },
}

/// Who asks: an account, which names only what it owns, or somebody who may name everything.
pub type Asker = Option<AccountId>;

fn may_name(asker: Asker, interface: &NetworkInterface) -> bool {
    asker.is_none_or(|it| it == interface.account)
}

/// What a person names.
enum Named<'a> {
    Interface(&'a Arc<NetworkInterface>),
    Address(IpAddr),
}

/// The first packet that `from` would send to `to`.
///
/// An instance stands for its first interface. Of its addresses an interface uses the first, of IPv4 where both sides
/// have that; it is called by its private address within its VPC and from a peer, and by its public one from elsewhere.
pub fn question(state: &State, asker: Asker, from: &str, to: &str, payload: Payload) -> Result<Question, Unclear> {
    let (sender, receiver) = (named(state, asker, from)?, named(state, asker, to)?);
    let (origin, sources) = match sender {
        Named::Interface(it) => (Some(it), addresses(it)),
        Named::Address(address) => match &origins(state, asker, address)[..] {
            [] => (None, vec![address]),
            // By its public address an interface is meant that knows itself by the private one.
            [one] if has(one, address) => (Some(*one), vec![address]),
            [one] => (Some(*one), privates(state, one, address)),
            several => {
                let interfaces = several.iter().map(|it| it.id.to_string()).collect::<Vec<_>>().join(", ");
                return Err(Unclear::Ambiguous { address, interfaces });
            }
        },
    };
    let destinations = match receiver {
        Named::Address(address) => vec![address],
        Named::Interface(it) => called(state, origin.map(|it| it.vpc), it),
    };
    let of_family = |four: bool| {
        let first = |them: &[IpAddr]| them.iter().copied().find(|it| it.is_ipv4() == four);
        Some((first(&sources)?, first(&destinations)?))
    };
    let wanted = match payload {
        Payload::Icmp { .. } => of_family(true),
        Payload::Icmpv6 { .. } => of_family(false),
        _ => of_family(true).or_else(|| of_family(false)),
    };
    let families = || Unclear::Families { from: from.to_owned(), to: to.to_owned() };
    let (source, destination) = wanted.ok_or_else(families)?;
    let origin = origin.map_or(Origin::Outside, |it| Origin::Interface(it.id));
    Ok(Question { origin, header: Header { source, destination, payload } })
}

/// The interfaces that these names mean: of middleboxes that pass packets on.
pub fn forwarders<'a>(
    state: &State,
    asker: Asker,
    names: impl Iterator<Item = &'a str>,
) -> Result<BTreeSet<InterfaceId>, Unclear> {
    let one = |name: &str| match named(state, asker, name)? {
        Named::Interface(it) => Ok(it.id),
        Named::Address(_) => Err(Unclear::NotAForwarder(name.to_owned())),
    };
    names.map(one).collect()
}

fn named<'a>(state: &'a State, asker: Asker, text: &str) -> Result<Named<'a>, Unclear> {
    let no_such = || Unclear::NoSuch(text.to_owned());
    if let Ok(address) = text.parse() {
        return Ok(Named::Address(address));
    }
    if let Ok(id) = text.parse::<InterfaceId>() {
        let row = state.network_interfaces.get(&id).filter(|it| may_name(asker, it));
        return row.map(Named::Interface).ok_or_else(no_such);
    }
    let Ok(id) = text.parse::<InstanceId>() else { return Err(Unclear::NotAName(text.to_owned())) };
    state.instances.get(&id).filter(|it| asker.is_none_or(|asker| asker == it.account)).ok_or_else(no_such)?;
    let first = state.interfaces_of_instance(id).next();
    first.map(Named::Interface).ok_or_else(|| Unclear::NoInterface(text.to_owned()))
}

fn addresses(interface: &NetworkInterface) -> Vec<IpAddr> {
    interface.all_addresses().collect()
}

/// The interfaces that have the address, as their own or as a public one.
fn origins(state: &State, asker: Asker, address: IpAddr) -> Vec<&Arc<NetworkInterface>> {
    let has_it = |it: &&Arc<NetworkInterface>| has(it, address) || !privates(state, it, address).is_empty();
    state.network_interfaces.iter().filter(|it| may_name(asker, it)).filter(has_it).collect()
}

/// The private address of the interface that this public one stands for.
fn privates(state: &State, interface: &NetworkInterface, public: IpAddr) -> Vec<IpAddr> {
    let of_public = state.addresses.iter().filter(|it| IpAddr::V4(it.public) == public);
    let associations = of_public.filter_map(|it| it.association.as_ref()).filter(|it| it.interface == interface.id);
    associations.map(|it| IpAddr::V4(it.private)).collect()
}

/// The addresses by which an interface is called from a VPC, or from outside.
fn called(state: &State, from: Option<VpcId>, interface: &NetworkInterface) -> Vec<IpAddr> {
    let active = |it: VpcId| {
        let mut connections = state.peering_connections.iter().filter(|it| it.status == PeeringStatus::Active);
        connections.any(|row| row.seen_from(it).is_some_and(|(_, other)| other.vpc == interface.vpc))
    };
    if from.is_some_and(|it| it == interface.vpc || active(it)) {
        return addresses(interface);
    }
    let associations =
        state.addresses.iter().filter(|row| row.association.as_ref().is_some_and(|it| it.interface == interface.id));
    let mut public: Vec<IpAddr> = associations.map(|it| IpAddr::V4(it.public)).collect();
    public.extend(interface.addresses6.iter().copied().map(IpAddr::V6));
    // Without any the private ones say why the packet does not come there.
    if public.is_empty() { addresses(interface) } else { public }
}
