//! Which addresses and prefixes a new interface has, and which IPv4 ones it is given, moves and gives back later.
//!
//! What is free in its subnet is known in `room`. EC2 keeps the first four addresses and the last one of every subnet
//! for itself, in both families ("Subnet CIDR blocks" in the VPC user guide).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address6::no_block6;
use super::attachment;
use super::prefix::{Families, Prefixes, read4, without};
use super::room::{self, Taken, free_address};
use crate::ec2::address as public;
use crate::ec2::error::{Error, Result, refuse_unless};
use crate::ec2::scope::{Call, Scope};
use crate::net::{Ipv4Net, Ipv6Net, Prefix};
use crate::state::network_interface::NetworkInterface;
use crate::state::subnet::Subnet;
use crate::wire::shapes::*;

/// How many addresses and prefixes of one family an interface may have while no instance's type says less.
pub const ADDRESSES_MAX: usize = 50;

/// The addresses and prefixes that a call asks for, for one interface, as it wrote them.
#[derive(Debug, Default)]
pub struct Asked<'a> {
    pub address: Option<&'a str>,
    pub addresses: &'a [PrivateIpAddressSpecification],
    pub secondary_count: Option<i32>,
    pub addresses6: &'a [InstanceIpv6Address],
    pub count6: Option<i32>,
    pub prefixes: &'a [Ipv4PrefixSpecificationRequest],
    pub prefix_count: Option<i32>,
    pub prefixes6: &'a [Ipv6PrefixSpecificationRequest],
    pub prefix_count6: Option<i32>,
}

/// The addresses and prefixes that a new interface is to have.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    primary: Option<Ipv4Addr>,
    secondary: Vec<Ipv4Addr>,
    secondary_count: usize,
    addresses6: Vec<Ipv6Addr>,
    count6: usize,
    prefixes: Prefixes,
    prefixes6: Prefixes,
}

/// The addresses and prefixes that an interface has then, the primary address first.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    pub addresses: Vec<Ipv4Addr>,
    pub addresses6: Vec<Ipv6Addr>,
    pub prefixes: Vec<Ipv4Net>,
    pub prefixes6: Vec<Ipv6Net>,
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
        let named = self.prefixes.iter().map(|it| it.ipv4_prefix.as_deref());
        wanted.prefixes = Prefixes::asked4(named, self.prefix_count)?;
        let more4 = !wanted.secondary.is_empty() || wanted.secondary_count > 0;
        if wanted.prefixes.len() > 0 && more4 {
            return Err(not_with_prefixes("IPv4"));
        }
        let asks4 = wanted.primary.is_some() || more4 || wanted.prefixes.len() > 0;
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
        let named = self.prefixes6.iter().map(|it| it.ipv6_prefix.as_deref());
        wanted.prefixes6 = Prefixes::asked6(named, self.prefix_count6)?;
        if wanted.prefixes6.len() > 0 && (self.count6.is_some_and(|it| it > 0) || !wanted.addresses6.is_empty()) {
            return Err(not_with_prefixes("IPv6"));
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
        let asks6 = wanted.count6 > 0 || !wanted.addresses6.is_empty() || wanted.prefixes6.len() > 0;
        if asks6 && subnet.block6.is_none() {
            return Err(no_block6(subnet));
        }
        Ok(wanted)
    }
}

/// EC2 gives a new interface prefixes or more addresses of a family, not both.
fn not_with_prefixes(family: &str) -> Error {
    let text = format!("{family} prefixes cannot be used with a number of {family} addresses or with specific ones.");
    Error::InvalidParameterCombination(text)
}

impl Wanted {
    /// How many addresses and prefixes this is, of each family.
    pub fn lens(&self, subnet: &Subnet) -> (usize, usize) {
        let four = 1 + self.secondary.len() + self.secondary_count + self.prefixes.len();
        let six = self.addresses6.len() + self.count6 + self.prefixes6.len();
        (if subnet.prefix.is_none() { 0 } else { four }, six)
    }

    /// How many IPv4 addresses, and how many prefixes of each family, may be any.
    pub fn any(&self, subnet: &Subnet) -> (usize, [usize; 2]) {
        let primary = usize::from(subnet.prefix.is_some() && self.primary.is_none());
        (primary + self.secondary_count, [self.prefixes.count(), self.prefixes6.count()])
    }

    /// Whether an address or prefix is asked for by name, which only one interface can then have.
    pub fn names_addresses(&self) -> bool {
        let addresses = self.primary.is_some() || !self.secondary.is_empty() || !self.addresses6.is_empty();
        addresses || self.prefixes.names_any() || self.prefixes6.names_any()
    }

    /// Chooses the addresses and prefixes: what is named before what may be any.
    pub fn choose(&self, call: &mut Call<'_>, subnet: &Subnet) -> Result<Chosen> {
        let (len4, len6) = self.lens(subnet);
        if len4.max(len6) > ADDRESSES_MAX {
            return Err(Error::AddressLimit);
        }
        let taken = &mut Taken::default();
        let named4 = self.primary.iter().chain(&self.secondary).copied().map(IpAddr::V4);
        for address in named4.chain(self.addresses6.iter().copied().map(IpAddr::V6)) {
            room::take_address(call.state(), subnet, address, taken)?;
        }
        let mut chosen = Chosen::default();
        let [block4, block6] = subnet.blocks();
        if let Some(block) = block4 {
            chosen.prefixes = self.prefixes.choose(call, subnet, taken, block)?.only4();
        }
        if let Some(block) = block6 {
            chosen.prefixes6 = self.prefixes6.choose(call, subnet, taken, block)?.only6();
        }
        if let Some(block) = block4 {
            match self.primary {
                Some(primary) => chosen.addresses.push(primary),
                None => chosen.addresses.extend(free_address(call, subnet, block, taken)?.ipv4()),
            }
            chosen.addresses.extend(&self.secondary);
            for _ in 0..self.secondary_count {
                chosen.addresses.extend(free_address(call, subnet, block, taken)?.ipv4());
            }
        }
        chosen.addresses6.extend(&self.addresses6);
        if let Some(block) = block6 {
            for _ in 0..self.count6 {
                chosen.addresses6.extend(free_address(call, subnet, block, taken)?.ipv6());
            }
        }
        Ok(chosen)
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

/// Reads how many addresses or prefixes are asked for.
pub fn count(name: &str, value: Option<i32>) -> Result<usize> {
    usize::try_from(value.unwrap_or(0)).map_err(|_| {
        let value = value.unwrap_or(0);
        Error::InvalidParameterValue(format!(
            "Value ({value}) for parameter {name} is invalid. It must not be negative."
        ))
    })
}

/// Secondary addresses for one more or an old interface of the subnet: these, which nobody may hold, and so many free
/// ones.
pub fn secondary(call: &mut Call<'_>, subnet: &Subnet, named: &[Ipv4Addr], count: usize) -> Result<Vec<Ipv4Addr>> {
    let mut taken = Taken::default();
    for address in named {
        room::take_address(call.state(), subnet, IpAddr::V4(*address), &mut taken)?;
    }
    let mut addresses = named.to_vec();
    if let Some(block) = subnet.prefix.map(Prefix::V4) {
        for _ in 0..count {
            addresses.extend(free_address(call, subnet, block, &mut taken)?.ipv4());
        }
    }
    Ok(addresses)
}

/// `AssignPrivateIpAddresses`: gives an interface more IPv4 addresses and prefixes of its subnet.
pub fn assign_private_addresses(
    call: &mut Call<'_>,
    input: AssignPrivateIpAddressesRequest,
) -> Result<AssignPrivateIpAddressesResult> {
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    let subnet = call.tx.get::<Subnet>(&interface.subnet).expect("an interface lies in a subnet");
    let block = subnet
        .prefix
        .map(Prefix::V4)
        .ok_or_else(|| Error::InvalidParameterValue(format!("The subnet '{}' has no IPv4 CIDR block.", subnet.id)))?;
    let named = input.private_ip_addresses.iter().map(|it| parsed(it)).collect::<Result<Vec<Ipv4Addr>>>()?;
    let counted = count("SecondaryPrivateIpAddressCount", input.secondary_private_ip_address_count)?;
    let prefixes = Prefixes::asked4(input.ipv4_prefixes.iter().map(|it| Some(it.as_str())), input.ipv4_prefix_count)?;
    if counted > 0 && !named.is_empty() {
        let text = "The parameter privateIpAddress cannot be used with secondaryPrivateIpAddressCount.".to_owned();
        return Err(Error::InvalidParameterCombination(text));
    }
    let more = named.len().saturating_add(counted).saturating_add(prefixes.len());
    if more == 0 {
        return Err(Error::MissingParameter("privateIpAddress or secondaryPrivateIpAddressCount"));
    }
    if interface.lens().0.saturating_add(more) > attachment::addresses_max(call, &interface) {
        return Err(Error::AddressLimit);
    }

    let mut addresses = interface.addresses.clone();
    let mut taken = Taken::default();
    for address in &named {
        room::expect_inside(&subnet, IpAddr::V4(*address))?;
        move_here(call, &interface, *address, input.allow_reassignment.unwrap_or(false))?;
        if !addresses.contains(address) {
            room::take_address(call.state(), &subnet, IpAddr::V4(*address), &mut taken)?;
            addresses.push(*address);
        }
    }
    let prefixes = prefixes.choose(call, &subnet, &mut taken, block)?.only4();
    for _ in 0..counted {
        addresses.extend(free_address(call, &subnet, block, &mut taken)?.ipv4());
    }
    let assigned = if counted > 0 { addresses[interface.addresses.len()..].to_vec() } else { named };
    call.tx.put(NetworkInterface {
        addresses,
        prefixes: [interface.prefixes.as_slice(), &prefixes].concat(),
        ..interface.as_ref().clone()
    });
    let shown = assigned.iter().map(|it| AssignedPrivateIpAddress { private_ip_address: Some(it.to_string()) });
    Ok(AssignPrivateIpAddressesResult {
        assigned_ipv4_prefixes: show_prefixes(&prefixes),
        assigned_private_ip_addresses: shown.collect(),
        network_interface_id: Some(interface.id.to_string()),
    })
}

/// IPv4 prefixes as the wire shows them.
pub fn show_prefixes(prefixes: &[Ipv4Net]) -> Vec<Ipv4PrefixSpecification> {
    prefixes.iter().map(|it| Ipv4PrefixSpecification { ipv4_prefix: Some(it.to_string()) }).collect()
}

/// Takes an address from whoever holds it, where that is allowed.
fn move_here(call: &mut Call<'_>, receiver: &NetworkInterface, address: Ipv4Addr, allowed: bool) -> Result<()> {
    let Some(id) = room::holder(call.state(), receiver.vpc, IpAddr::V4(address)) else { return Ok(()) };
    if !allowed {
        return Err(Error::AddressMayNotMove(IpAddr::V4(address)));
    }
    if id == receiver.id {
        return Ok(());
    }
    let giver = super::unmanaged(call, &id.to_string())?;
    if giver.addresses.first() == Some(&address) {
        return Err(Error::AddressInUse(IpAddr::V4(address)));
    }
    let addresses = giver.addresses.iter().copied().filter(|it| *it != address).collect();
    call.tx.put(NetworkInterface { addresses, ..giver.as_ref().clone() });
    public::follow(call, giver.id, receiver.id, address);
    Ok(())
}

/// `UnassignPrivateIpAddresses`: takes secondary IPv4 addresses and prefixes from an interface. The Elastic IPs of the
/// addresses become free.
pub fn unassign_private_addresses(call: &mut Call<'_>, input: UnassignPrivateIpAddressesRequest) -> Result<()> {
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    if input.private_ip_addresses.is_empty() && input.ipv4_prefixes.is_empty() {
        return Err(Error::MissingParameter("privateIpAddress or ipv4Prefix"));
    }
    let named = input.private_ip_addresses.iter().map(|it| parsed(it)).collect::<Result<Vec<Ipv4Addr>>>()?;
    let prefixes = input.ipv4_prefixes.iter().map(|it| read4(it)).collect::<Result<Vec<_>>>()?;
    let addresses = without(&interface, &interface.addresses, &named)?;
    let prefixes = without(&interface, &interface.prefixes, &prefixes)?;
    if let Some(primary) = interface.addresses.first().filter(|it| named.contains(it)) {
        let text = format!("The primary private IP address {primary} of {} cannot be unassigned.", interface.id);
        return Err(Error::InvalidParameterValue(text));
    }
    public::forget_private(call, interface.id, &named);
    call.tx.put(NetworkInterface { addresses, prefixes, ..interface.as_ref().clone() });
    Ok(())
}
