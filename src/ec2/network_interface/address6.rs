//! IPv6 addresses and prefixes that an interface is given and gives back after it was made.

use std::net::{IpAddr, Ipv6Addr};

use super::address::{count, parsed};
use super::attachment;
use super::prefix::{Families, Prefixes, read6, without};
use super::room::{self, Taken};
use crate::ec2::error::{Error, Result};
use crate::ec2::scope::{Call, Scope};
use crate::net::Ipv6Net;
use crate::state::network_interface::NetworkInterface;
use crate::state::subnet::Subnet;
use crate::wire::shapes::*;

/// `AssignIpv6Addresses`: gives an interface more IPv6 addresses and prefixes of its subnet. They do not move from
/// another interface.
pub fn assign_ipv6_addresses(
    call: &mut Call<'_>,
    input: AssignIpv6AddressesRequest,
) -> Result<AssignIpv6AddressesResult> {
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    let subnet = call.tx.get::<Subnet>(&interface.subnet).expect("an interface lies in a subnet");
    let [_, block] = subnet.blocks();
    let block = block.ok_or_else(|| no_block6(&subnet))?;
    let named = input.ipv6_addresses.iter().map(|it| parsed(it)).collect::<Result<Vec<Ipv6Addr>>>()?;
    let counted = count("Ipv6AddressCount", input.ipv6_address_count)?;
    let prefixes = Prefixes::asked6(input.ipv6_prefixes.iter().map(|it| Some(it.as_str())), input.ipv6_prefix_count)?;
    if counted > 0 && !named.is_empty() {
        let text = "The parameter ipv6AddressCount cannot be used with the parameter ipv6Addresses.".to_owned();
        return Err(Error::InvalidParameterCombination(text));
    }
    let more = named.len().saturating_add(counted).saturating_add(prefixes.len());
    if more == 0 {
        return Err(Error::MissingParameter("ipv6Addresses or ipv6AddressCount"));
    }
    if interface.lens().1.saturating_add(more) > attachment::addresses_max(call, &interface) {
        return Err(Error::AddressLimit);
    }

    let mut taken = Taken::default();
    for address in &named {
        let address = IpAddr::V6(*address);
        room::take_address(call.state(), &subnet, address, &mut taken).map_err(|error| match error {
            Error::AddressInUse(it) => Error::AddressMayNotMove(it),
            error => error,
        })?;
    }
    let prefixes = prefixes.choose(call, &subnet, &mut taken, block)?.only6();
    let mut addresses = named;
    for _ in 0..counted {
        let IpAddr::V6(address) = room::free_address(call, &subnet, block, &mut taken)? else { continue };
        addresses.push(address);
    }
    call.tx.put(NetworkInterface {
        addresses6: [interface.addresses6.as_slice(), &addresses].concat(),
        prefixes6: [interface.prefixes6.as_slice(), &prefixes].concat(),
        ..interface.as_ref().clone()
    });
    Ok(AssignIpv6AddressesResult {
        assigned_ipv6_addresses: addresses.iter().map(Ipv6Addr::to_string).collect(),
        assigned_ipv6_prefixes: prefixes.iter().map(Ipv6Net::to_string).collect(),
        network_interface_id: Some(interface.id.to_string()),
    })
}

/// IPv6 is asked for in a subnet that has none.
pub fn no_block6(subnet: &Subnet) -> Error {
    Error::InvalidParameterValue(format!("The subnet '{}' does not have an IPv6 CIDR block.", subnet.id))
}

/// `UnassignIpv6Addresses`: takes IPv6 addresses and prefixes from an interface.
pub fn unassign_ipv6_addresses(
    call: &mut Call<'_>,
    input: UnassignIpv6AddressesRequest,
) -> Result<UnassignIpv6AddressesResult> {
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    if input.ipv6_addresses.is_empty() && input.ipv6_prefixes.is_empty() {
        return Err(Error::MissingParameter("ipv6Addresses or ipv6Prefix"));
    }
    let addresses = input.ipv6_addresses.iter().map(|it| parsed(it)).collect::<Result<Vec<Ipv6Addr>>>()?;
    let prefixes = input.ipv6_prefixes.iter().map(|it| read6(it)).collect::<Result<Vec<_>>>()?;
    call.tx.put(NetworkInterface {
        addresses6: without(&interface, &interface.addresses6, &addresses)?,
        prefixes6: without(&interface, &interface.prefixes6, &prefixes)?,
        ..interface.as_ref().clone()
    });
    Ok(UnassignIpv6AddressesResult {
        network_interface_id: Some(interface.id.to_string()),
        unassigned_ipv6_addresses: addresses.iter().map(Ipv6Addr::to_string).collect(),
        unassigned_ipv6_prefixes: prefixes.iter().map(Ipv6Net::to_string).collect(),
    })
}
