//! Subnet CIDR reservations: ranges that are given to nobody who has not asked for them.
//!
//! Who is given what is decided in `network_interface::room`.

use super::error::{Error, Kind, Result};
use super::list::list;
use super::network_interface::room;
use super::scope::{Call, Scope, View};
use super::tag;
use crate::net::{Prefix, ipv4_block, overlap};
use crate::state;
use crate::state::State;
use crate::state::id::{SubnetId, SubnetReservationId};
use crate::state::subnet_reservation::Purpose;
use crate::wire::shapes::*;

#[cfg(test)]
mod tests;

type Row = state::subnet_reservation::SubnetReservation;

/// `CreateSubnetCidrReservation`: what interfaces hold in the range already, they keep.
pub fn create(
    call: &mut Call<'_>,
    input: CreateSubnetCidrReservationRequest,
) -> Result<CreateSubnetCidrReservationResult> {
    let subnet = call.subnet(&input.subnet_id)?;
    let prefix = block(&input.cidr)?;
    if !subnet.prefixes().any(|it| it.contains(&prefix)) {
        let text = format!("Reservation CIDR {prefix} is not within the CIDR of subnet {}", subnet.id);
        return Err(Error::InvalidParameterValue(text));
    }
    if room::reservations(call.state(), &subnet).any(|it| overlap(it.0, prefix)) {
        let text = format!("Reservation CIDR {prefix} has overlap with existing reserved CIDR block");
        return Err(Error::InvalidParameterValue(text));
    }
    // The decoder lets no third type through.
    let purpose = if input.reservation_type == "prefix" { Purpose::Prefixes } else { Purpose::Explicit };
    let (account, region) = call.caller().owner();
    let row = Row {
        id: call.tx.mint(),
        account,
        region,
        subnet: subnet.id,
        prefix,
        purpose,
        description: input.description,
        created: call.now(),
    };
    call.tx.put(row.clone());
    tag::specified(call, "subnet-cidr-reservation", row.id, &input.tag_specifications)?;
    Ok(CreateSubnetCidrReservationResult { subnet_cidr_reservation: Some(show(call, &row)) })
}

/// Reads a block of either family, and clears its host bits.
fn block(text: &str) -> Result<Prefix> {
    let six = || text.parse().ok().filter(|it| matches!(it, Prefix::V6(_)));
    let block = ipv4_block(text).map(Prefix::V4).or_else(six).map(|it| it.trunc());
    block.ok_or_else(|| {
        let text = format!("Value ({text}) for parameter cidr is invalid. This is not a valid CIDR block.");
        Error::InvalidParameterValue(text)
    })
}

/// `DeleteSubnetCidrReservation`: what nobody holds of the range is as free as any address.
pub fn delete(
    call: &mut Call<'_>,
    input: DeleteSubnetCidrReservationRequest,
) -> Result<DeleteSubnetCidrReservationResult> {
    let row = call.own::<Row>(Kind::SubnetReservation, &input.subnet_cidr_reservation_id)?;
    let shown = show(call, &row);
    remove(call, row.id);
    Ok(DeleteSubnetCidrReservationResult { deleted_subnet_cidr_reservation: Some(shown) })
}

fn remove(call: &mut Call<'_>, id: SubnetReservationId) {
    tag::forget(call, id);
    call.tx.remove::<Row>(id);
}

/// Removes the reservations of a subnet that is going.
pub fn forget(call: &mut Call<'_>, subnet: SubnetId) {
    for id in of_subnet(call.state(), subnet).collect::<Vec<_>>() {
        remove(call, id);
    }
}

fn of_subnet(state: &State, subnet: SubnetId) -> impl Iterator<Item = SubnetReservationId> {
    let first = (subnet, Prefix::V4(crate::net::Ipv4Net::default()));
    let found = state.indexes.reservation_of_prefix.range(first..).take_while(move |it| it.0.0 == subnet);
    found.map(|it| *it.1)
}

/// `GetSubnetCidrReservations`: those of one subnet, the two families apart.
pub fn get(view: &View<'_>, input: GetSubnetCidrReservationsRequest) -> Result<GetSubnetCidrReservationsResult> {
    let subnet = view.subnet(&input.subnet_id)?;
    let mut rows: Vec<_> =
        of_subnet(view.state, subnet.id).filter_map(|it| view.state.subnet_reservations.get(&it)).collect();
    rows.sort_by_key(|it| it.id);
    let shown = |row: &Row| (matches!(row.prefix, Prefix::V4(_)), show(view, row));
    let (page, next_token) = list(view, rows.into_iter(), values, shown)?;
    let (four, six): (Vec<_>, Vec<_>) = page.into_iter().partition(|it| it.0);
    Ok(GetSubnetCidrReservationsResult {
        next_token,
        subnet_ipv4_cidr_reservations: four.into_iter().map(|it| it.1).collect(),
        subnet_ipv6_cidr_reservations: six.into_iter().map(|it| it.1).collect(),
    })
}

/// What a reservation holds for a filter.
fn values(row: &Row, filter: &str) -> Option<Vec<String>> {
    match filter {
        "reservationType" => Some(vec![kind(row).to_owned()]),
        "subnet-id" => Some(vec![row.subnet.to_string()]),
        _ => None,
    }
}

fn kind(row: &Row) -> &'static str {
    match row.purpose {
        Purpose::Prefixes => "prefix",
        Purpose::Explicit => "explicit",
    }
}

/// A reservation as the wire shows it.
fn show(scope: &impl Scope, row: &Row) -> SubnetCidrReservation {
    SubnetCidrReservation {
        cidr: Some(row.prefix.to_string()),
        description: row.description.clone(),
        owner_id: Some(row.account.to_string()),
        reservation_type: Some(kind(row).to_owned()),
        subnet_cidr_reservation_id: Some(row.id.to_string()),
        subnet_id: Some(row.subnet.to_string()),
        tags: scope.tags(row.id),
    }
}
