//! Elastic IPs: public addresses of an account, and the private ones that they stand for.
//!
//! The public address that an instance is given for as long as it runs is a row of the same kind, and shows on its
//! interface like an Elastic IP. But it has no id for callers, and goes with its association.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::error::{Error, Kind, Limit, Result, refuse, refuse_unless};
use super::instance::only_interface;
use super::list::{Ways, keys, list};
use super::network_interface;
use super::scope::{Call, Scope, View, parse_id};
use super::tag;
use crate::net::Ipv4Net;
use crate::state::address::{Address, AddressAssociation};
use crate::state::id::{AddressAssociationId, AllocationId, Id, InstanceId, InterfaceId};
use crate::state::instance::{Instance, Lifecycle, public_domain, public_host_name};
use crate::state::network_interface::{self as interface, NetworkInterface};
use crate::state::settings::Settings;
use crate::state::{Owner, State};
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

const DOMAIN: &str = "vpc";
/// EC2's name for the pool that is its own.
const POOL: &str = "amazon";
/// AWS's quota for Elastic IPs in a region.
const ELASTIC_MAX: usize = 5;

/// How many Elastic IPs an account may have in a region: without quotas all there are.
pub fn elastic_max(state: &State) -> u64 {
    let pools = state.settings.get(&()).into_iter().flat_map(|it| &it.public_pools);
    let all = pools.map(|it| 1 << (32 - it.prefix_len())).sum();
    if state.has_quotas() { ELASTIC_MAX as u64 } else { all }
}

/// `AllocateAddress`: takes a public address out of the cluster's pools.
pub fn allocate(call: &mut Call<'_>, input: AllocateAddressRequest) -> Result<AllocateAddressResult> {
    refuse("CustomerOwnedIpv4Pool", &input.customer_owned_ipv4_pool)?;
    refuse_unless("Domain", &input.domain, DOMAIN)?;
    refuse("IpamPoolId", &input.ipam_pool_id)?;
    refuse_unless("NetworkBorderGroup", &input.network_border_group, call.caller.region.as_str())?;
    refuse_unless("PublicIpv4Pool", &input.public_ipv4_pool, POOL)?;
    let (account, region) = call.caller.owner();
    let public = match &input.address {
        Some(text) => named_free(call, text)?,
        None => free(call)?,
    };
    call.expect_room(ELASTIC_MAX, Limit::Addresses, elastic(call.state(), &call.caller.owner()))?;
    let (id, created) = (call.tx.mint(), call.now());
    call.tx.put(Address { id, account, region: region.clone(), public, automatic: false, association: None, created });
    tag::specified(call, "elastic-ip", id, &input.tag_specifications)?;
    Ok(AllocateAddressResult {
        allocation_id: Some(id.to_string()),
        domain: Some(DOMAIN.to_owned()),
        network_border_group: Some(region),
        public_ip: Some(public.to_string()),
        public_ipv4_pool: Some(POOL.to_owned()),
        ..Default::default()
    })
}

/// The Elastic IPs of an owner.
fn elastic<'a>(state: &'a State, owner: &'a Owner) -> impl Iterator<Item = &'a Arc<Address>> {
    state.addresses.of(owner, AllocationId::from_number(0)).filter(|it| !it.automatic)
}

/// The first and the last address of each pool that can be given out: a block's own address and its broadcast address
/// cannot.
fn usable(state: &State) -> Vec<(Ipv4Addr, Ipv4Addr)> {
    let ends = |pool: &Ipv4Net| match pool.prefix_len() {
        31 | 32 => (pool.network(), pool.broadcast()),
        _ => (Ipv4Addr::from(u32::from(pool.network()) + 1), Ipv4Addr::from(u32::from(pool.broadcast()) - 1)),
    };
    let settings: Option<&Arc<Settings>> = state.settings.get(&());
    settings.map(|it| it.public_pools.iter().map(ends).collect()).unwrap_or_default()
}

/// A public address that nobody has: the search starts at a random place, and goes round.
fn free(call: &mut Call<'_>) -> Result<Ipv4Addr> {
    let pools = usable(call.state());
    let size = |(first, last): (Ipv4Addr, Ipv4Addr)| u64::from(u32::from(last)) - u64::from(u32::from(first)) + 1;
    let total: u64 = pools.iter().copied().map(size).sum();
    let mut offset =
        u64::from_le_bytes(call.tx.entropy()).checked_rem(total).ok_or(Error::InsufficientAddressCapacity)?;
    let mut start = 0;
    while offset >= size(pools[start]) {
        offset -= size(pools[start]);
        start += 1;
    }
    let from = nth(pools[start].0, offset);
    let behind = std::iter::once((from, pools[start].1)).chain(pools[start + 1..].iter().copied());
    let mut round = behind.chain(pools[..=start].iter().copied());
    let taken = &call.state().indexes.public_addresses;
    round.find_map(|(first, last)| taken.gap(first, last)).ok_or(Error::InsufficientAddressCapacity)
}

fn nth(first: Ipv4Addr, offset: u64) -> Ipv4Addr {
    Ipv4Addr::from(u32::try_from(u64::from(u32::from(first)) + offset).expect("the offset is within a pool"))
}

/// The public address of this text, if it is one of the pools' and free.
fn named_free(call: &Call<'_>, text: &str) -> Result<Ipv4Addr> {
    let public: Ipv4Addr = parse_id(Kind::Address, text)?;
    if !usable(call.state()).iter().any(|(first, last)| (first..=last).contains(&&public)) {
        return Err(Error::NotFound { kind: Kind::Address, id: text.to_owned() });
    }
    if call.state().indexes.address_of_public.contains_key(&public) {
        return Err(Error::AddressInUse(IpAddr::V4(public)));
    }
    Ok(public)
}

/// The caller's Elastic IP with this id; `kind` is what the call takes it for.
pub fn find(scope: &impl Scope, kind: Kind, id: &str) -> Result<Arc<Address>> {
    let row = scope.own::<Address>(kind, id)?;
    if row.automatic { Err(Error::NotFound { kind, id: id.to_owned() }) } else { Ok(row) }
}

/// The caller's Elastic IP that is this address.
fn find_public(scope: &impl Scope, text: &str) -> Result<Arc<Address>> {
    let public: Ipv4Addr = parse_id(Kind::Address, text)?;
    let state = scope.state();
    let row = state.indexes.address_of_public.get(&public).and_then(|it| state.addresses.get(it));
    let own = |it: &&Arc<Address>| (it.account, &it.region) == (scope.caller().account, &scope.caller().region);
    let row = row.filter(own).filter(|it| !it.automatic);
    row.cloned().ok_or_else(|| Error::NotFound { kind: Kind::Address, id: text.to_owned() })
}

/// The Elastic IP that a call speaks of.
fn named(scope: &impl Scope, allocation: Option<&str>, public: Option<&str>) -> Result<Arc<Address>> {
    match (allocation, public) {
        (Some(id), None) => find(scope, Kind::Allocation, id),
        (None, Some(public)) => find_public(scope, public),
        (None, None) => Err(Error::Missing("Either public IP or allocation id must be specified")),
        (Some(_), Some(_)) => {
            let text = "You may specify public IP or allocation id, but not both in the same call";
            Err(Error::InvalidParameterCombination(text.to_owned()))
        }
    }
}

/// `AssociateAddress`: lets an Elastic IP stand for a private address of an interface, and of no other any more.
pub fn associate(call: &mut Call<'_>, input: AssociateAddressRequest) -> Result<AssociateAddressResult> {
    let address = named(call, input.allocation_id.as_deref(), input.public_ip.as_deref())?;
    let interface = target(call, input.instance_id.as_deref(), input.network_interface_id.as_deref())?;
    let private = match &input.private_ip_address {
        Some(text) => {
            let wanted: Ipv4Addr = network_interface::address::parsed(text)?;
            let found = interface.addresses.iter().copied().find(|it| *it == wanted);
            found.ok_or_else(|| {
                let (addresses, interface) = (wanted.to_string(), interface.id.to_string());
                Error::AddressNotAssigned { addresses, interface }
            })?
        }
        None => *interface.addresses.first().ok_or_else(|| {
            Error::InvalidParameterValue(format!("The network interface '{}' has no IPv4 address.", interface.id))
        })?,
    };
    if let Some(held) = &address.association {
        if (held.interface, held.private) == (interface.id, private) {
            return Ok(AssociateAddressResult { association_id: Some(held.id.to_string()) });
        }
        expect_no_service(call.state(), held)?;
        if input.allow_reassociation == Some(false) {
            let text = format!("resource {} is already associated with associate-id {}", address.id, held.id);
            return Err(Error::AlreadyAssociated(text));
        }
    }
    if !call.state().indexes.internet_gateway_of_vpc.contains_key(&interface.vpc) {
        let text = format!("Network {} is not attached to any internet gateway", interface.vpc);
        return Err(Error::GatewayNotAttached(text));
    }
    let id = bind(call, &address, &interface, private);
    if let Some(held) = &address.association {
        renew_at(call, held.interface);
    }
    Ok(AssociateAddressResult { association_id: Some(id.to_string()) })
}

/// The interface that an Elastic IP is to be associated with.
fn target(call: &Call<'_>, instance: Option<&str>, interface: Option<&str>) -> Result<Arc<NetworkInterface>> {
    match (instance, interface) {
        (None, Some(id)) => network_interface::unmanaged(call, id),
        (Some(id), None) => {
            let instance = call.instance(id)?;
            if instance.lifecycle == Lifecycle::Terminated {
                let text = format!("The instance '{id}' is not in a valid state for this operation.");
                return Err(Error::IncorrectInstanceState(text));
            }
            only_interface(call, &instance).map(Arc::new)
        }
        (None, None) => Err(Error::Missing("Either instance ID or network interface id must be specified")),
        (Some(_), Some(_)) => {
            let text = "You may specify instance id or network interface id, but not both in the same call";
            Err(Error::InvalidParameterCombination(text.to_owned()))
        }
    }
}

/// Refuses to touch an association that is a NAT gateway's.
fn expect_no_service(state: &State, association: &AddressAssociation) -> Result<()> {
    let interface = state.network_interfaces.get(&association.interface);
    match interface.map(|it| it.kind) {
        Some(interface::Kind::NatGateway(_)) => Err(Error::AuthFailure),
        _ => Ok(()),
    }
}

/// Lets the address stand for a private one of the interface, in the place of any other.
pub fn bind(
    call: &mut Call<'_>,
    address: &Address,
    interface: &NetworkInterface,
    private: Ipv4Addr,
) -> AddressAssociationId {
    if let Some(other) = of_private(call.state(), interface.id, private).cloned() {
        unbind(call, &other);
    }
    let id = call.tx.mint();
    let association = Some(AddressAssociation { id, vpc: interface.vpc, interface: interface.id, private });
    call.tx.put(Address { association, ..address.clone() });
    id
}

/// Ends the address's association.
pub fn unbind(call: &mut Call<'_>, address: &Address) {
    if address.automatic {
        call.tx.remove::<Address>(address.id);
    } else {
        call.tx.put(Address { association: None, ..address.clone() });
    }
}

/// `DisassociateAddress`: an Elastic IP stands for nothing any more.
pub fn disassociate(call: &mut Call<'_>, input: DisassociateAddressRequest) -> Result<()> {
    let address = match (&input.association_id, &input.public_ip) {
        (Some(text), None) => {
            let id: AddressAssociationId = parse_id(Kind::Association, text)?;
            let allocation = call.state().indexes.address_of_association.get(&id).copied();
            let found = allocation.and_then(|it| find(call, Kind::Allocation, &it.to_string()).ok());
            found.ok_or_else(|| Error::NotFound { kind: Kind::Association, id: text.clone() })?
        }
        (None, Some(public)) => find_public(call, public)?,
        (None, None) => return Err(Error::Missing("Either public IP or association id must be specified")),
        (Some(_), Some(_)) => {
            let text = "You may specify public IP or association id, but not both in the same call";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
    };
    if let Some(association) = &address.association {
        expect_no_service(call.state(), association)?;
        unbind(call, &address);
        renew_at(call, association.interface);
    }
    Ok(())
}

/// `ReleaseAddress`: gives an Elastic IP back to its pool.
///
/// EC2's reference says of the default VPC that this disassociates the address. EC2 does not, there as elsewhere.
pub fn release(call: &mut Call<'_>, input: ReleaseAddressRequest) -> Result<()> {
    let address = named(call, input.allocation_id.as_deref(), input.public_ip.as_deref())?;
    if input.network_border_group.is_some_and(|it| it != address.region) {
        return Err(Error::NotFound { kind: Kind::Address, id: address.public.to_string() });
    }
    if let Some(association) = &address.association {
        expect_no_service(call.state(), association)?;
        return Err(Error::AddressInUse(IpAddr::V4(address.public)));
    }
    tag::forget(call, address.id);
    call.tx.remove::<Address>(address.id);
    Ok(())
}

/// `DescribeAddresses`: the caller's Elastic IPs.
pub fn describe(view: &View<'_>, input: DescribeAddressesRequest) -> Result<DescribeAddressesResult> {
    let by_id = input.allocation_ids.iter().map(|it| find(view, Kind::Allocation, it));
    let by_address = input.public_ips.iter().map(|it| find_public(view, it));
    let mut rows = by_id.chain(by_address).collect::<Result<Vec<_>>>()?;
    if rows.is_empty() {
        rows = found(view).unwrap_or_else(|| elastic(view.state, &view.caller.owner()).cloned().collect());
    }
    rows.sort_by_key(|it| it.id);
    rows.dedup_by_key(|it| it.id);
    let values = |row: &Address, name: &str| values(view, row, name);
    let (addresses, _) = list(view, rows.iter(), values, |row| show(view, row))?;
    Ok(DescribeAddressesResult { addresses })
}

/// The Elastic IPs among which those are that the filters ask for, if an index answers for one of them.
fn found(view: &View<'_>) -> Option<Vec<Arc<Address>>> {
    let (state, indexes) = (view.state, &view.state.indexes);
    let of_interface = move |it: InterfaceId| indexes.addresses_of_interface.of(it);
    let of_private = move |it: Ipv4Addr| indexes.interfaces_of_address.of(it.into()).flat_map(of_interface);
    let of_instance = move |it: InstanceId| state.interfaces_of_instance(it).flat_map(move |it| of_interface(it.id));
    let found = Ways::of(&view.query)
        .by("allocation-id", Some)
        .by("public-ip", move |it: Ipv4Addr| indexes.address_of_public.get(&it).copied())
        .by("association-id", move |it: AddressAssociationId| indexes.address_of_association.get(&it).copied())
        .by("network-interface-id", of_interface)
        .by("instance-id", of_instance)
        .by("private-ip-address", of_private);
    let ids = keys(view, found)?;
    Some(ids.iter().filter_map(|it| find(view, Kind::Allocation, &it.to_string()).ok()).collect())
}

/// What an Elastic IP holds for a filter: what is shown of it.
fn values(view: &View<'_>, row: &Address, name: &str) -> Option<Vec<String>> {
    let shown = show(view, row);
    let value = match name {
        "allocation-id" => shown.allocation_id,
        "association-id" => shown.association_id,
        "instance-id" => shown.instance_id,
        "network-border-group" => shown.network_border_group,
        "network-interface-id" => shown.network_interface_id,
        "network-interface-owner-id" => shown.network_interface_owner_id,
        "private-ip-address" => shown.private_ip_address,
        "public-ip" => shown.public_ip,
        _ => return None,
    };
    Some(value.into_iter().collect())
}

/// An Elastic IP as the wire shows it.
fn show(scope: &impl Scope, row: &Address) -> shapes::Address {
    let association = row.association.as_ref();
    let interface = association.and_then(|it| scope.state().network_interfaces.get(&it.interface));
    let attachment = interface.and_then(|it| it.attachment.as_ref());
    shapes::Address {
        allocation_id: Some(row.id.to_string()),
        association_id: association.map(|it| it.id.to_string()),
        domain: Some(DOMAIN.to_owned()),
        instance_id: attachment.map(|it| it.instance.to_string()),
        network_border_group: Some(row.region.clone()),
        network_interface_id: association.map(|it| it.interface.to_string()),
        network_interface_owner_id: interface.map(|it| it.account.to_string()),
        private_ip_address: association.map(|it| it.private.to_string()),
        public_ip: Some(row.public.to_string()),
        public_ipv4_pool: Some(POOL.to_owned()),
        tags: scope.tags(row.id),
        ..Default::default()
    }
}

/// `DescribeAddressesAttribute`: the only attribute is a host name of the account's own, and no address has one.
pub fn describe_attribute(
    view: &View<'_>,
    input: DescribeAddressesAttributeRequest,
) -> Result<DescribeAddressesAttributeResult> {
    // The decoder lets no other attribute through than the one.
    let _ = input.attribute;
    for id in &input.allocation_ids {
        find(view, Kind::Allocation, id)?;
    }
    // No address has a host name in the world, so that there is nothing to page through.
    let none: [Arc<Address>; 0] = [];
    let (addresses, next_token) = list(view, none.iter(), |_: &Address, _| None, |_| AddressAttribute::default())?;
    Ok(DescribeAddressesAttributeResult { addresses, next_token })
}

/// The public address that stands for a private one of the interface.
pub fn of_private(state: &State, interface: InterfaceId, private: Ipv4Addr) -> Option<&Arc<Address>> {
    let all = state.indexes.addresses_of_interface.of(interface);
    let stands = |it: &Address| it.association.as_ref().is_some_and(|it| it.private == private);
    all.filter_map(|it| state.addresses.get(&it)).find(|it| stands(it))
}

/// The public address that stands for a private one of the interface, as the wire shows it there.
pub fn show_association(
    scope: &impl Scope,
    interface: &NetworkInterface,
    private: Ipv4Addr,
) -> Option<NetworkInterfaceAssociation> {
    let row = of_private(scope.state(), interface.id, private)?;
    let association = row.association.as_ref().filter(|_| !row.automatic);
    let has_names = scope.state().vpcs.get(&interface.vpc).is_some_and(|it| it.dns_hostnames);
    let name = format!("{}.{}", public_host_name(row.public), public_domain(&row.region));
    Some(NetworkInterfaceAssociation {
        allocation_id: association.map(|_| row.id.to_string()),
        association_id: association.map(|it| it.id.to_string()),
        ip_owner_id: Some(if row.automatic { POOL.to_owned() } else { row.account.to_string() }),
        // EC2 shows a name that there is not as empty.
        public_dns_name: Some(if has_names { name } else { String::new() }),
        public_ip: Some(row.public.to_string()),
        ..Default::default()
    })
}

/// Gives the interface's primary address a public one, for as long as the instance runs.
pub fn give(call: &mut Call<'_>, interface: &NetworkInterface) -> Result<()> {
    let Some(private) = interface.addresses.first().copied() else { return Ok(()) };
    let public = free(call)?;
    let (account, region) = (interface.account, interface.region.clone());
    let (id, created) = (call.tx.mint(), call.now());
    let address = Address { id, account, region, public, automatic: true, association: None, created };
    bind(call, &address, interface, private);
    Ok(())
}

/// Gives a running instance its public address if it is to have one and has none.
///
/// One with more interfaces goes without, and so does one to whose interface another public address still leads ("Public
/// IPv4 addresses" in the EC2 user guide).
pub fn renew(call: &mut Call<'_>, instance: InstanceId) -> Result<()> {
    let running = call.tx.get::<Instance>(&instance).is_some_and(|it| it.lifecycle == Lifecycle::Running);
    let interfaces: Vec<_> = call.state().interfaces_of_instance(instance).take(2).cloned().collect();
    match interfaces.as_slice() {
        [only] if running && only.map_public_address && !has_public(call.state(), only.id) => give(call, only),
        _ => Ok(()),
    }
}

/// Whether a public address stands for any address of the interface.
pub fn has_public(state: &State, interface: InterfaceId) -> bool {
    state.indexes.addresses_of_interface.any(interface)
}

/// As [`renew`], for the instance that the interface is in. Where no public address is left, it goes without.
fn renew_at(call: &mut Call<'_>, interface: InterfaceId) {
    let interface = call.tx.get::<NetworkInterface>(&interface);
    if let Some(attachment) = interface.as_ref().and_then(|it| it.attachment.as_ref()) {
        let _ = renew(call, attachment.instance);
    }
}

/// Takes the public address away that the interface was given by itself.
pub fn withdraw(call: &mut Call<'_>, interface: InterfaceId) {
    unbind_where(call, interface, |address| address.automatic);
}

/// Ends every association with the interface, which is going.
pub fn forget(call: &mut Call<'_>, interface: InterfaceId) {
    unbind_where(call, interface, |_| true);
}

/// Ends the associations with private addresses that the interface is losing.
pub fn forget_private(call: &mut Call<'_>, interface: InterfaceId, lost: &[Ipv4Addr]) {
    let is_lost = |address: &Address| address.association.as_ref().is_some_and(|it| lost.contains(&it.private));
    unbind_where(call, interface, is_lost);
}

fn unbind_where(call: &mut Call<'_>, interface: InterfaceId, which: impl Fn(&Address) -> bool) {
    let state = call.state();
    let rows = state.indexes.addresses_of_interface.of(interface).filter_map(|it| state.addresses.get(&it));
    let rows: Vec<Arc<Address>> = rows.filter(|it| which(it)).cloned().collect();
    for row in rows {
        unbind(call, &row);
    }
}

/// Lets the public address of a private one follow it to another interface.
pub fn follow(call: &mut Call<'_>, giver: InterfaceId, receiver: InterfaceId, private: Ipv4Addr) {
    let Some(row) = of_private(call.state(), giver, private).cloned() else { return };
    let association = row.association.clone().map(|it| AddressAssociation { interface: receiver, ..it });
    call.tx.put(Address { association, ..row.as_ref().clone() });
}
