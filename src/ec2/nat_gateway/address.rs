//! The addresses of NAT gateways: private ones, and in a public gateway the Elastic IPs that stand for them.
//!
//! New connections spread over all of them. An address that is taken away lends itself to none any more, and goes when
//! the time is over that the call gives to those that are there; without one it goes at once.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::expect_alive;
use crate::ec2::address as public;
use crate::ec2::error::{Error, Kind, Limit, Result, refuse};
use crate::ec2::network_interface::address::{self as private, Asked, Wanted, parsed};
use crate::ec2::scope::{Call, Scope, parse_id};
use crate::state::address::Address;
use crate::state::id::AddressAssociationId;
use crate::state::nat_gateway::{Connectivity, NatAddress, NatGateway as Row};
use crate::state::network_interface::NetworkInterface;
use crate::state::subnet::Subnet;
use crate::state::{Moment, Tx};
use crate::wire::shapes::*;

/// How many private addresses a gateway can have ("NAT gateway basics" in the VPC user guide), and AWS's quota for its
/// Elastic IPs.
const PRIVATE_MAX: usize = 8;
const ELASTIC_MAX: usize = 2;
/// How long a call may let connections go on, in seconds.
const DRAIN_SECONDS: std::ops::RangeInclusive<i32> = 1..=4000;

/// What a new gateway is to have.
pub struct Order {
    pub connectivity: Connectivity,
    pub addresses: Wanted,
    /// As many as there are addresses, in a public gateway.
    pub allocations: Vec<Arc<Address>>,
}

impl Order {
    /// Reads what a call asks for.
    pub fn of(call: &Call<'_>, subnet: &Subnet, input: &CreateNatGatewayRequest) -> Result<Order> {
        if subnet.prefix.is_none() {
            return Err(Error::InvalidParameterValue(format!("The subnet '{}' has no IPv4 CIDR block.", subnet.id)));
        }
        let named = input.secondary_private_ip_addresses.len();
        let count = input.secondary_private_ip_address_count;
        let private = input.connectivity_type.as_deref() == Some("private");
        let (connectivity, allocations, count) = if private {
            let elastic = input.allocation_id.is_some() || !input.secondary_allocation_ids.is_empty();
            if elastic {
                return Err(combination("A private NAT gateway cannot have an Elastic IP address."));
            }
            if let Some(count) = count {
                expect_in_range("secondaryPrivateIpAddressCount", count)?;
            }
            (Connectivity::Private, Vec::new(), count)
        } else {
            if count.is_some() {
                return Err(combination("SecondaryPrivateIpAddressCount can be used with private NAT gateways only."));
            }
            let first = input.allocation_id.as_ref().ok_or(Error::MissingParameter("AllocationId"))?;
            let allocations = allocations(call, std::iter::once(first).chain(&input.secondary_allocation_ids))?;
            let count = free_count(named, allocations.len() - 1)?;
            (Connectivity::Public, allocations, i32::try_from(count).ok())
        };
        let secondary = named.saturating_add(usize::try_from(count.unwrap_or(0)).unwrap_or(0));
        expect_few(call, connectivity, secondary.saturating_add(1))?;

        let specification =
            |it: &String| PrivateIpAddressSpecification { primary: Some(false), private_ip_address: Some(it.clone()) };
        let specifications: Vec<_> = input.secondary_private_ip_addresses.iter().map(specification).collect();
        let asked = Asked {
            address: input.private_ip_address.as_deref(),
            addresses: &specifications,
            secondary_count: count,
            // Whatever the subnet gives to instances: a gateway translates IPv4 alone.
            count6: Some(0),
            ..Default::default()
        };
        Ok(Order { connectivity, addresses: asked.in_subnet(subnet)?, allocations })
    }
}

fn combination(text: &str) -> Error {
    Error::InvalidParameterCombination(text.to_owned())
}

/// The Elastic IPs of these ids, each once.
fn allocations<'a>(call: &Call<'_>, ids: impl Iterator<Item = &'a String>) -> Result<Vec<Arc<Address>>> {
    let mut found: Vec<Arc<Address>> = Vec::new();
    for id in ids {
        let address = public::find(call, Kind::ElasticIp, id)?;
        if found.iter().any(|it| it.id == address.id) {
            return Err(Error::InvalidParameterValue(format!("The Elastic IP address '{id}' is specified twice.")));
        }
        found.push(address);
    }
    Ok(found)
}

/// How many private addresses are to be chosen when some are named, one for each Elastic IP.
fn free_count(named: usize, allocations: usize) -> Result<usize> {
    match named {
        0 => Ok(allocations),
        _ if named == allocations => Ok(0),
        _ => Err(combination("There must be as many private IP addresses as Elastic IP addresses.")),
    }
}

/// How many addresses a call asks for: of 1 to 31 in EC2's model, although no gateway can have so many.
fn expect_in_range(name: &str, count: i32) -> Result<usize> {
    let found = usize::try_from(count).ok().filter(|it| (1..=31).contains(it));
    found.ok_or_else(|| {
        let text = format!("Value ({count}) for parameter {name} is invalid. Expecting a value from 1 to 31.");
        Error::InvalidParameterValue(text)
    })
}

/// Refuses more addresses than a gateway can have.
fn expect_few(call: &Call<'_>, connectivity: Connectivity, len: usize) -> Result<()> {
    if len > PRIVATE_MAX {
        return Err(Error::AddressLimit);
    }
    if connectivity == Connectivity::Public && len > ELASTIC_MAX && call.state().has_quotas() {
        return Err(Error::LimitExceeded(Limit::Addresses));
    }
    Ok(())
}

/// Refuses Elastic IPs that stand for something already.
pub fn expect_free(allocations: &[Arc<Address>]) -> Result<()> {
    match allocations.iter().find(|it| it.association.is_some()) {
        None => Ok(()),
        Some(taken) => {
            Err(Error::AlreadyAssociated(format!("Elastic IP address [{}] is already associated", taken.id)))
        }
    }
}

/// Enters new private addresses of the gateway's interface, with the Elastic IPs that are to stand for them.
pub fn take_up(
    call: &mut Call<'_>,
    row: &mut Row,
    interface: &NetworkInterface,
    privates: &[Ipv4Addr],
    allocations: &[Arc<Address>],
) {
    let placed = call.tx.revision();
    for (at, private) in privates.iter().copied().enumerate() {
        let allocation = allocations.get(at);
        if let Some(address) = allocation {
            public::bind(call, address, interface, private);
        }
        row.addresses.push(NatAddress { private, allocation: allocation.map(|it| it.id), placed, drained: None });
    }
}

/// `AssociateNatGatewayAddress`: gives a public gateway more Elastic IPs.
pub fn associate_address(
    call: &mut Call<'_>,
    input: AssociateNatGatewayAddressRequest,
) -> Result<AssociateNatGatewayAddressResult> {
    refuse("AvailabilityZone", &input.availability_zone)?;
    refuse("AvailabilityZoneId", &input.availability_zone_id)?;
    let row = living(call, &input.nat_gateway_id, Connectivity::Public)?;
    let allocations = allocations(call, input.allocation_ids.iter())?;
    expect_free(&allocations)?;
    let count = free_count(input.private_ip_addresses.len(), allocations.len())?;
    let (row, more) = extend(call, &row, &input.private_ip_addresses, count, &allocations)?;
    Ok(AssociateNatGatewayAddressResult {
        nat_gateway_addresses: more.iter().map(|it| show(call, &row, it, status(it, false))).collect(),
        nat_gateway_id: Some(row.id.to_string()),
    })
}

/// `AssignPrivateNatGatewayAddress`: gives a private gateway more addresses.
pub fn assign_private_address(
    call: &mut Call<'_>,
    input: AssignPrivateNatGatewayAddressRequest,
) -> Result<AssignPrivateNatGatewayAddressResult> {
    let row = living(call, &input.nat_gateway_id, Connectivity::Private)?;
    let count = match (input.private_ip_addresses.len(), input.private_ip_address_count) {
        (0, None) => return Err(Error::MissingParameter("privateIpAddress or privateIpAddressCount")),
        (0, Some(count)) => expect_in_range("privateIpAddressCount", count)?,
        (_, None) => 0,
        (_, Some(_)) => {
            let text = "The parameter privateIpAddress cannot be used with the parameter privateIpAddressCount.";
            return Err(combination(text));
        }
    };
    let (row, more) = extend(call, &row, &input.private_ip_addresses, count, &[])?;
    Ok(AssignPrivateNatGatewayAddressResult {
        nat_gateway_addresses: more.iter().map(|it| show(call, &row, it, status(it, false))).collect(),
        nat_gateway_id: Some(row.id.to_string()),
    })
}

/// Gives a gateway more addresses: those named, and so many that are free.
fn extend(
    call: &mut Call<'_>,
    row: &Row,
    named: &[String],
    count: usize,
    allocations: &[Arc<Address>],
) -> Result<(Row, Vec<NatAddress>)> {
    let len = row.addresses.len();
    expect_few(call, row.connectivity, len.saturating_add(named.len()).saturating_add(count))?;
    let named = named.iter().map(|it| parsed(it)).collect::<Result<Vec<Ipv4Addr>>>()?;
    let subnet = call.tx.get::<Subnet>(&row.subnet).expect("a gateway lies in a subnet");
    let privates = private::secondary(call, &subnet, &named, count)?;
    let mut interface = interface(call, row);
    interface.addresses.extend(&privates);
    call.tx.put(interface.clone());
    let mut row = row.clone();
    take_up(call, &mut row, &interface, &privates, allocations);
    call.tx.put(row.clone());
    let more = row.addresses[len..].to_vec();
    Ok((row, more))
}

fn interface(call: &Call<'_>, row: &Row) -> NetworkInterface {
    let interface = call.tx.get::<NetworkInterface>(&row.interface);
    interface.expect("a gateway has an interface for as long as it lives").as_ref().clone()
}

/// The caller's gateway with this id, which is of the kind that has such addresses.
fn living(call: &Call<'_>, id: &str, connectivity: Connectivity) -> Result<Arc<Row>> {
    let row = call.own::<Row>(Kind::NatGateway, id)?;
    expect_alive(&row)?;
    if row.connectivity == connectivity {
        return Ok(row);
    }
    let kind = if connectivity == Connectivity::Public { "public" } else { "private" };
    Err(Error::InvalidParameterValue(format!("The NAT gateway '{id}' is not {kind}.")))
}

/// `DisassociateNatGatewayAddress`: takes secondary Elastic IPs, and the private addresses behind them, from a gateway.
pub fn disassociate_address(
    call: &mut Call<'_>,
    input: DisassociateNatGatewayAddressRequest,
) -> Result<DisassociateNatGatewayAddressResult> {
    let drained = drained(call, input.max_drain_duration_seconds)?;
    let row = living(call, &input.nat_gateway_id, Connectivity::Public)?;
    let mut lost = Vec::new();
    for text in &input.association_ids {
        let id: AddressAssociationId = parse_id(Kind::Association, text)?;
        let is_it = |it: &&NatAddress| {
            let address = it.allocation.and_then(|it| call.tx.get::<Address>(&it));
            address.and_then(|it| Some(it.association.as_ref()?.id)) == Some(id)
        };
        let found = row.addresses.iter().find(is_it).map(|it| it.private);
        lost.push(found.ok_or_else(|| Error::NotFound { kind: Kind::Association, id: text.clone() })?);
    }
    let nat_gateway_addresses = shrink(call, &row, &lost, "disassociating", drained)?;
    Ok(DisassociateNatGatewayAddressResult { nat_gateway_addresses, nat_gateway_id: Some(row.id.to_string()) })
}

/// `UnassignPrivateNatGatewayAddress`: takes secondary addresses from a private gateway.
pub fn unassign_private_address(
    call: &mut Call<'_>,
    input: UnassignPrivateNatGatewayAddressRequest,
) -> Result<UnassignPrivateNatGatewayAddressResult> {
    let drained = drained(call, input.max_drain_duration_seconds)?;
    let row = living(call, &input.nat_gateway_id, Connectivity::Private)?;
    let lost = input.private_ip_addresses.iter().map(|it| parsed(it)).collect::<Result<Vec<Ipv4Addr>>>()?;
    let is_strange = |it: &&Ipv4Addr| !row.addresses.iter().any(|address| address.private == **it);
    let strangers: Vec<String> = lost.iter().filter(is_strange).map(Ipv4Addr::to_string).collect();
    if !strangers.is_empty() {
        let interface = row.interface.to_string();
        return Err(Error::AddressNotAssigned { addresses: strangers.join(", "), interface });
    }
    let nat_gateway_addresses = shrink(call, &row, &lost, "unassigning", drained)?;
    Ok(UnassignPrivateNatGatewayAddressResult { nat_gateway_addresses, nat_gateway_id: Some(row.id.to_string()) })
}

/// Takes addresses other than the primary one from a gateway, at once or at a later moment, and answers how they go.
fn shrink(
    call: &mut Call<'_>,
    row: &Row,
    lost: &[Ipv4Addr],
    status: &str,
    drained: Option<Moment>,
) -> Result<Vec<NatGatewayAddress>> {
    if let Some(primary) = row.addresses.first().filter(|it| lost.contains(&it.private)) {
        let text =
            format!("The primary address {} of the NAT gateway '{}' cannot be taken from it.", primary.private, row.id);
        return Err(Error::InvalidParameterValue(text));
    }
    let going = row.addresses.iter().filter(|it| lost.contains(&it.private));
    let shown = going.map(|it| show(call, row, it, status)).collect();
    match drained {
        None => release(call.tx, row, lost),
        Some(_) => {
            let mut row = row.clone();
            let going = row.addresses.iter_mut().filter(|it| lost.contains(&it.private));
            going.for_each(|it| it.drained = drained);
            call.tx.put(row);
        }
    }
    Ok(shown)
}

/// Takes addresses from a gateway, with the connections that leave from them.
pub fn release(tx: &mut Tx, row: &Row, lost: &[Ipv4Addr]) {
    let mut row = row.clone();
    for address in row.addresses.extract_if(.., |it| lost.contains(&it.private)) {
        if let Some(elastic) = address.allocation.and_then(|it| tx.get::<Address>(&it)) {
            tx.put(Address { association: None, ..elastic.as_ref().clone() });
        }
    }
    if let Some(interface) = tx.get::<NetworkInterface>(&row.interface) {
        let addresses = interface.addresses.iter().filter(|it| !lost.contains(it)).copied().collect();
        tx.put(NetworkInterface { addresses, ..interface.as_ref().clone() });
    }
    tx.put(row);
}

/// When addresses go whose connections a call lets go on for so many seconds.
fn drained(call: &Call<'_>, seconds: Option<i32>) -> Result<Option<Moment>> {
    match seconds.filter(|it| !DRAIN_SECONDS.contains(it)) {
        None => Ok(seconds.map(|it| Moment(call.now().0 + i64::from(it) * 1000))),
        Some(seconds) => {
            let name = "maxDrainDurationSeconds";
            let text = format!("Value ({seconds}) for parameter {name} is invalid. It must be between 1 and 4000.");
            Err(Error::InvalidParameterValue(text))
        }
    }
}

/// How an address does; `taken_up` says whether the gateway's node has it.
pub fn status(address: &NatAddress, taken_up: bool) -> &'static str {
    match (address.drained, taken_up, address.allocation) {
        (Some(_), _, Some(_)) => "disassociating",
        (Some(_), _, None) => "unassigning",
        (None, true, _) => "succeeded",
        (None, false, Some(_)) => "associating",
        (None, false, None) => "assigning",
    }
}

/// One of the gateway's addresses as the wire shows it.
pub fn show(scope: &impl Scope, row: &Row, address: &NatAddress, status: &str) -> NatGatewayAddress {
    let elastic = address.allocation.and_then(|it| scope.state().addresses.get(&it));
    // A gateway that is no more shows which Elastic IPs it had, wherever they are now.
    let association = elastic.and_then(|it| it.association.as_ref()).filter(|it| it.interface == row.interface);
    NatGatewayAddress {
        allocation_id: address.allocation.map(|it| it.to_string()),
        association_id: association.map(|it| it.id.to_string()),
        is_primary: Some(row.addresses.first().is_some_and(|it| it.private == address.private)),
        network_interface_id: Some(row.interface.to_string()),
        private_ip: Some(address.private.to_string()),
        public_ip: elastic.map(|it| it.public.to_string()),
        status: Some(status.to_owned()),
        ..Default::default()
    }
}
