//! Which addresses an interface has: asked for by name, chosen from its subnet's free ones, moved, given back.
//!
//! EC2 keeps the first four addresses and the last one of every subnet for itself, in both families ("Subnet CIDR
//! blocks" in the VPC user guide).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::attachment;
use crate::ec2::address as public;
use crate::ec2::error::{Error, Result, refuse, refuse_unless};
use crate::ec2::scope::{Call, Scope};
use crate::net::{Prefix, nth};
use crate::state::State;
use crate::state::id::{InterfaceId, VpcId};
use crate::state::network_interface::NetworkInterface;
use crate::state::subnet::Subnet;
use crate::wire::shapes::*;

const RESERVED_AT_START: u128 = 4;
const RESERVED_AT_END: u128 = 1;

/// How many addresses of one family an interface may have while no instance's type says less.
pub const ADDRESSES_MAX: usize = 50;

/// The addresses that a call asks for, for one interface, as it wrote them.
#[derive(Debug, Default)]
pub struct Asked<'a> {
    pub address: Option<&'a str>,
    pub addresses: &'a [PrivateIpAddressSpecification],
    pub secondary_count: Option<i32>,
    pub addresses6: &'a [InstanceIpv6Address],
    pub count6: Option<i32>,
}

/// The addresses that a new interface is to have.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    primary: Option<Ipv4Addr>,
    secondary: Vec<Ipv4Addr>,
    secondary_count: usize,
    addresses6: Vec<Ipv6Addr>,
    count6: usize,
}

impl Asked<'_> {
    /// Reads what is asked for, and adds what the subnet gives to every new interface.
    pub fn in_subnet(&self, subnet: &Subnet) -> Result<Wanted> {
        let mut wanted = Wanted { primary: self.address.map(parsed).transpose()?, ..Wanted::default() };
        for specification in self.addresses {
            let text = specification.private_ip_address.as_deref();
            let address = parsed(text.ok_or(Error::MissingParameter("PrivateIpAddresses.n.PrivateIpAddress"))?)?;
            if specification.primary != Some(true) {
                wanted.secondary.push(address);
            } else if wanted.primary.is_some_and(|it| it != address) {
                let text = "Only one primary private IP address can be specified.".to_owned();
                return Err(Error::InvalidParameterCombination(text));
            } else {
                wanted.primary = Some(address);
            }
        }
        wanted.secondary_count = count("SecondaryPrivateIpAddressCount", self.secondary_count)?;
        if wanted.secondary_count > 0 && !wanted.secondary.is_empty() {
            let text = "secondaryPrivateIpAddressCount cannot be used with secondary addresses in privateIpAddresses.";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
        let asks4 = wanted.primary.is_some() || !wanted.secondary.is_empty() || wanted.secondary_count > 0;
        if asks4 && subnet.prefix.is_none() {
            let text =
                format!("The subnet '{}' is IPv6-only; private IPv4 addresses cannot be assigned in it.", subnet.id);
            return Err(Error::InvalidParameterCombination(text));
        }

        for specification in self.addresses6 {
            refuse_unless("Ipv6Addresses.n.IsPrimaryIpv6", &specification.is_primary_ipv6, false)?;
            let text = specification.ipv6_address.as_deref();
            let address = parsed(text.ok_or(Error::MissingParameter("Ipv6Addresses.n.Ipv6Address"))?)?;
            wanted.addresses6.push(address);
        }
        if self.count6.is_some() && !wanted.addresses6.is_empty() {
            let text = "The parameter ipv6AddressCount cannot be used with the parameter ipv6Addresses.".to_owned();
            return Err(Error::InvalidParameterCombination(text));
        }
        // A count of zero is how a caller turns the subnet's own wish down.
        wanted.count6 = match self.count6 {
            Some(_) => count("Ipv6AddressCount", self.count6)?,
            None => usize::from(subnet.assign_ipv6_on_creation && subnet.block6.is_some()),
        };
        if !wanted.addresses6.is_empty() {
            wanted.count6 = 0;
        } else if subnet.prefix.is_none() {
            wanted.count6 = wanted.count6.max(1);
        }
        if (wanted.count6 > 0 || !wanted.addresses6.is_empty()) && subnet.block6.is_none() {
            let text = format!("The subnet '{}' does not have an IPv6 CIDR block.", subnet.id);
            return Err(Error::InvalidParameterValue(text));
        }
        Ok(wanted)
    }
}

impl Wanted {
    /// How many IPv4 addresses of the subnet this takes.
    pub fn len4(&self, subnet: &Subnet) -> usize {
        if subnet.prefix.is_none() { 0 } else { 1 + self.secondary.len() + self.secondary_count }
    }

    /// How many IPv6 addresses of the subnet this takes.
    pub fn len6(&self) -> usize {
        self.addresses6.len() + self.count6
    }

    /// Whether an address is asked for by name, which only one interface can then have.
    pub fn names_addresses(&self) -> bool {
        self.primary.is_some() || !self.secondary.is_empty() || !self.addresses6.is_empty()
    }

    /// Chooses the addresses, the primary one first.
    pub fn choose(&self, call: &mut Call<'_>, subnet: &Subnet) -> Result<(Vec<Ipv4Addr>, Vec<Ipv6Addr>)> {
        if self.len4(subnet) > ADDRESSES_MAX || self.len6() > ADDRESSES_MAX {
            return Err(Error::AddressLimit);
        }
        let named4 = self.primary.iter().chain(&self.secondary).copied().map(IpAddr::V4);
        let mut taken: Vec<IpAddr> = Vec::new();
        for address in named4.chain(self.addresses6.iter().copied().map(IpAddr::V6)) {
            assignable(subnet, address)?;
            if holder(call.state(), subnet.vpc, address).is_some() || taken.contains(&address) {
                return Err(Error::AddressInUse(address));
            }
            taken.push(address);
        }
        let mut addresses = Vec::new();
        if let Some(prefix) = subnet.prefix {
            match self.primary {
                Some(primary) => addresses.push(primary),
                None => addresses.extend(free(call, subnet, prefix.into(), &mut taken)?.ipv4()),
            }
            addresses.extend(&self.secondary);
            for _ in 0..self.secondary_count {
                addresses.extend(free(call, subnet, prefix.into(), &mut taken)?.ipv4());
            }
        }
        let mut addresses6 = self.addresses6.clone();
        if let Some(block) = &subnet.block6 {
            for _ in 0..self.count6 {
                addresses6.extend(free(call, subnet, block.prefix.into(), &mut taken)?.ipv6());
            }
        }
        Ok((addresses, addresses6))
    }
}

/// The two families apart, for lists of one of them.
trait Family {
    fn ipv4(self) -> Option<Ipv4Addr>;
    fn ipv6(self) -> Option<Ipv6Addr>;
}

impl Family for IpAddr {
    fn ipv4(self) -> Option<Ipv4Addr> {
        match self {
            IpAddr::V4(it) => Some(it),
            IpAddr::V6(_) => None,
        }
    }

    fn ipv6(self) -> Option<Ipv6Addr> {
        match self {
            IpAddr::V4(_) => None,
            IpAddr::V6(it) => Some(it),
        }
    }
}

/// Reads an address.
pub fn parsed<A: std::str::FromStr>(text: &str) -> Result<A> {
    text.parse().map_err(|_| Error::InvalidParameterValue(format!("Invalid IP address: {text}")))
}

/// Reads how many addresses are asked for.
fn count(name: &str, value: Option<i32>) -> Result<usize> {
    usize::try_from(value.unwrap_or(0)).map_err(|_| {
        let value = value.unwrap_or(0);
        Error::InvalidParameterValue(format!(
            "Value ({value}) for parameter {name} is invalid. It must not be negative."
        ))
    })
}

/// How many addresses a prefix has.
fn size(prefix: Prefix) -> u128 {
    let bits = u32::from(prefix.max_prefix_len() - prefix.prefix_len());
    1_u128.checked_shl(bits).unwrap_or(u128::MAX)
}

/// Refuses an address that does not lie in the subnet, or that EC2 keeps for itself there.
fn assignable(subnet: &Subnet, address: IpAddr) -> Result<()> {
    let prefix = match address {
        IpAddr::V4(_) => subnet.prefix.map(Prefix::V4),
        IpAddr::V6(_) => subnet.block6.as_ref().map(|it| Prefix::V6(it.prefix)),
    };
    let prefix = prefix.filter(|it| it.contains(&address)).ok_or(Error::AddressOutside { address })?;
    let first = nth(prefix, RESERVED_AT_START);
    let last = nth(prefix, size(prefix) - 1 - RESERVED_AT_END);
    if first.is_none_or(|it| address < it) || last.is_none_or(|it| address > it) {
        return Err(Error::AddressReserved(address));
    }
    Ok(())
}

/// Whose address it is.
pub fn holder(state: &State, vpc: VpcId, address: IpAddr) -> Option<InterfaceId> {
    state.indexes.interface_of_address.get(&(vpc, address)).copied()
}

/// How many IPv4 addresses of the subnet an interface could still have; EC2 counts none for IPv6.
pub fn free_len(state: &State, subnet: &Subnet) -> usize {
    let Some(prefix) = subnet.prefix else { return 0 };
    let held = state.indexes.addresses_in_subnet.get(&subnet.id).copied().unwrap_or(0);
    let usable = size(prefix.into()) - RESERVED_AT_START - RESERVED_AT_END;
    usize::try_from(usable.saturating_sub(held.into())).unwrap_or(usize::MAX)
}

/// A free address of the subnet's prefix, none of `taken`, to which it is added.
///
/// The search starts at a random place and goes round: in a subnet with many free addresses it ends at once, and in
/// one that is nearly full it walks the held ones in the order of the index, without looking up each.
fn free(call: &mut Call<'_>, subnet: &Subnet, prefix: Prefix, taken: &mut Vec<IpAddr>) -> Result<IpAddr> {
    let end = size(prefix) - RESERVED_AT_END;
    let start = RESERVED_AT_START + u128::from_le_bytes(call.tx.entropy()) % (end - RESERVED_AT_START);
    let state = call.state();
    let found = gap(state, subnet.vpc, prefix, start..end, taken);
    let found = found.or_else(|| gap(state, subnet.vpc, prefix, RESERVED_AT_START..start, taken));
    let address = found.ok_or_else(|| Error::InsufficientFreeAddresses(subnet.id.to_string()))?;
    taken.push(address);
    Ok(address)
}

/// The first address at one of these offsets that nobody holds.
fn gap(state: &State, vpc: VpcId, prefix: Prefix, offsets: std::ops::Range<u128>, taken: &[IpAddr]) -> Option<IpAddr> {
    let first = nth(prefix, offsets.start).filter(|_| !offsets.is_empty())?;
    let held = state.indexes.interface_of_address.range((vpc, first)..).map(|it| *it.0);
    // Behind the last of this VPC stand those of the next one, which may have the same blocks.
    let mut held = held.take_while(|it| it.0 == vpc).map(|it| it.1).peekable();
    let mut addresses = offsets.map_while(|offset| nth(prefix, offset));
    addresses.find(|address| held.next_if_eq(address).is_none() && !taken.contains(address))
}

/// Secondary addresses for one more or an old interface of the subnet: these, which nobody may hold, and so many free
/// ones.
pub fn secondary(call: &mut Call<'_>, subnet: &Subnet, named: &[Ipv4Addr], count: usize) -> Result<Vec<Ipv4Addr>> {
    let mut taken: Vec<IpAddr> = Vec::new();
    for address in named.iter().copied().map(IpAddr::V4) {
        assignable(subnet, address)?;
        if holder(call.state(), subnet.vpc, address).is_some() || taken.contains(&address) {
            return Err(Error::AddressInUse(address));
        }
        taken.push(address);
    }
    let mut addresses = named.to_vec();
    if let Some(prefix) = subnet.prefix {
        for _ in 0..count {
            addresses.extend(free(call, subnet, prefix.into(), &mut taken)?.ipv4());
        }
    }
    Ok(addresses)
}

/// `AssignPrivateIpAddresses`: gives an interface more IPv4 addresses of its subnet.
pub fn assign_private_addresses(
    call: &mut Call<'_>,
    input: AssignPrivateIpAddressesRequest,
) -> Result<AssignPrivateIpAddressesResult> {
    refuse("Ipv4Prefix", &input.ipv4_prefixes)?;
    refuse_unless("Ipv4PrefixCount", &input.ipv4_prefix_count, 0)?;
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    let subnet = call.tx.get::<Subnet>(&interface.subnet).expect("an interface lies in a subnet");
    let prefix = subnet
        .prefix
        .ok_or_else(|| Error::InvalidParameterValue(format!("The subnet '{}' has no IPv4 CIDR block.", subnet.id)))?;
    let named = input.private_ip_addresses.iter().map(|it| parsed(it)).collect::<Result<Vec<Ipv4Addr>>>()?;
    let counted = count("SecondaryPrivateIpAddressCount", input.secondary_private_ip_address_count)?;
    match (named.is_empty(), counted) {
        (true, 0) => return Err(Error::MissingParameter("privateIpAddress or secondaryPrivateIpAddressCount")),
        (false, 1..) => {
            let text = "The parameter privateIpAddress cannot be used with secondaryPrivateIpAddressCount.".to_owned();
            return Err(Error::InvalidParameterCombination(text));
        }
        _ => {}
    }
    if interface.addresses.len().saturating_add(named.len().max(counted)) > attachment::addresses_max(call, &interface)
    {
        return Err(Error::AddressLimit);
    }

    let mut addresses = interface.addresses.clone();
    for address in &named {
        assignable(&subnet, IpAddr::V4(*address))?;
        take(call, &interface, *address, input.allow_reassignment.unwrap_or(false))?;
        if !addresses.contains(address) {
            addresses.push(*address);
        }
    }
    let mut taken = Vec::new();
    for _ in 0..counted {
        addresses.extend(free(call, &subnet, prefix.into(), &mut taken)?.ipv4());
    }
    let assigned = if counted > 0 { addresses[interface.addresses.len()..].to_vec() } else { named };
    call.tx.put(NetworkInterface { addresses, ..interface.as_ref().clone() });
    let shown = assigned.iter().map(|it| AssignedPrivateIpAddress { private_ip_address: Some(it.to_string()) });
    Ok(AssignPrivateIpAddressesResult {
        assigned_private_ip_addresses: shown.collect(),
        network_interface_id: Some(interface.id.to_string()),
        ..Default::default()
    })
}

/// Takes an address from whoever holds it, where that is allowed.
fn take(call: &mut Call<'_>, receiver: &NetworkInterface, address: Ipv4Addr, allowed: bool) -> Result<()> {
    let Some(id) = holder(call.state(), receiver.vpc, IpAddr::V4(address)) else { return Ok(()) };
    if !allowed {
        return Err(Error::AddressMayNotMove(IpAddr::V4(address)));
    }
    if id == receiver.id {
        return Ok(());
    }
    let giver = call.tx.get::<NetworkInterface>(&id).expect("the index leads to rows");
    if giver.addresses.first() == Some(&address) {
        return Err(Error::AddressInUse(IpAddr::V4(address)));
    }
    let addresses = giver.addresses.iter().copied().filter(|it| *it != address).collect();
    call.tx.put(NetworkInterface { addresses, ..giver.as_ref().clone() });
    public::follow(call, giver.id, receiver.id, address);
    Ok(())
}

/// `UnassignPrivateIpAddresses`: takes secondary IPv4 addresses from an interface; their Elastic IPs become free.
pub fn unassign_private_addresses(call: &mut Call<'_>, input: UnassignPrivateIpAddressesRequest) -> Result<()> {
    refuse("Ipv4Prefix", &input.ipv4_prefixes)?;
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    if input.private_ip_addresses.is_empty() {
        return Err(Error::MissingParameter("privateIpAddress"));
    }
    let named = input.private_ip_addresses.iter().map(|it| parsed(it)).collect::<Result<Vec<Ipv4Addr>>>()?;
    let strangers: Vec<String> =
        named.iter().filter(|it| !interface.addresses.contains(it)).map(Ipv4Addr::to_string).collect();
    if !strangers.is_empty() {
        let interface = interface.id.to_string();
        return Err(Error::AddressNotAssigned { addresses: strangers.join(", "), interface });
    }
    if let Some(primary) = interface.addresses.first().filter(|it| named.contains(it)) {
        let text = format!("The primary private IP address {primary} of {} cannot be unassigned.", interface.id);
        return Err(Error::InvalidParameterValue(text));
    }
    public::forget_private(call, interface.id, &named);
    let addresses = interface.addresses.iter().copied().filter(|it| !named.contains(it)).collect();
    call.tx.put(NetworkInterface { addresses, ..interface.as_ref().clone() });
    Ok(())
}
