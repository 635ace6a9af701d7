//! NAT gateways: instances without public addresses reach out by them, and nobody reaches in.
//!
//! A gateway lies on one node of its subnet's zone, as an instance does. It comes with an interface of its own, which
//! holds its private addresses and changes with it alone; how its addresses change is in `address`. Regional gateways,
//! which span zones, are not served.

mod address;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use address::Order;
pub use address::{assign_private_address, associate_address, disassociate_address, release, unassign_private_address};

use super::error::{Error, Kind, Limit, Result, refuse, refuse_unless};
use super::instance::emptiest_node;
use super::list::{Ways, list, named_or_found};
use super::network_interface::{self, Plan};
use super::scope::{Call, Scope, View};
use super::tag;
use crate::state::Moment;
use crate::state::id::{Id, NatGatewayId};
use crate::state::index::Least;
use crate::state::nat_gateway::{Connectivity, Failure, NatAddress, NatGateway as Row};
use crate::state::network_interface::{Kind as InterfaceKind, NetworkInterface};
use crate::state::subnet::Subnet;
use crate::wire::Timestamp;
use crate::wire::shapes::*;

/// AWS's quota for NAT gateways in an availability zone.
const GATEWAYS_MAX: usize = 5;

/// Where a gateway is in its life, as EC2 says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Pending,
    Failed,
    Available,
    Deleting,
    Deleted,
}

impl Phase {
    /// Where the gateway is: what is wanted of it, and whether its node has made that true. One that its node cannot
    /// make is available once it can.
    fn of(view: &View<'_>, row: &Row) -> Phase {
        if row.failure.is_some() {
            return Phase::Failed;
        }
        let failed = view.realised.nat_gateway_failure(row).is_some();
        match (row.deleted, view.realised.reached(row.node, row.placed)) {
            (None, false) => Phase::Pending,
            (None, true) if failed => Phase::Failed,
            (None, true) => Phase::Available,
            (Some(_), reached) if failed || !reached => Phase::Deleting,
            (Some(_), _) => Phase::Deleted,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Phase::Pending => "pending",
            Phase::Failed => "failed",
            Phase::Available => "available",
            Phase::Deleting => "deleting",
            Phase::Deleted => "deleted",
        }
    }
}

/// `CreateNatGateway`: makes a gateway in a subnet.
///
/// What EC2 finds out only while it makes a gateway ends here too in a gateway that has failed, and not in an error.
pub fn create(call: &mut Call<'_>, input: CreateNatGatewayRequest) -> Result<CreateNatGatewayResult> {
    refuse_unless("AvailabilityMode", &input.availability_mode, "zonal")?;
    refuse("AvailabilityZoneAddress", &input.availability_zone_addresses)?;
    refuse("VpcId", &input.vpc_id)?;
    let subnet = call.subnet(input.subnet_id.as_deref().ok_or(Error::MissingParameter("SubnetId"))?)?;
    let order = Order::of(call, &subnet, &input)?;
    let node = emptiest_node(call, &subnet.zone)?;
    if call.state().has_quotas() && gateways_in_zone(call, &subnet.zone) >= GATEWAYS_MAX {
        return Err(Error::LimitExceeded(Limit::NatGateways));
    }

    let (account, region) = call.caller.owner();
    let mut row = Row {
        id: call.tx.mint(),
        account,
        region,
        vpc: subnet.vpc,
        subnet: subnet.id,
        node,
        connectivity: order.connectivity,
        interface: call.tx.mint(),
        addresses: Vec::new(),
        created: call.now(),
        placed: call.tx.revision(),
        deleted: None,
        failure: None,
    };
    let allocation = order.allocations.first().map(|it| it.id);
    match furnish(call, &mut row, subnet, order) {
        Ok(()) => {}
        Err(
            error @ (Error::GatewayNotAttached(_) | Error::AlreadyAssociated(_) | Error::InsufficientFreeAddresses(_)),
        ) => {
            row.deleted = Some(call.now());
            row.failure = Some(Failure { code: error.code(), message: error.to_string(), allocation });
        }
        Err(error) => return Err(error),
    }
    call.tx.put(row.clone());
    tag::specified(call, "natgateway", row.id, &input.tag_specifications)?;
    let phase = if row.failure.is_some() { Phase::Failed } else { Phase::Pending };
    Ok(CreateNatGatewayResult {
        client_token: call.token.clone(),
        nat_gateway: Some(show(call, &row, phase, |address| address::status(address, false))),
    })
}

/// How many gateways the caller has in the zone.
fn gateways_in_zone(call: &Call<'_>, zone: &str) -> usize {
    let owner = call.caller.owner();
    let rows = call.state().nat_gateways.of(&owner, NatGatewayId::from_number(0)).filter(|it| it.deleted.is_none());
    rows.filter(|it| call.state().subnets.get(&it.subnet).is_some_and(|it| it.zone == zone)).count()
}

/// Gives a new gateway its interface and its addresses.
fn furnish(call: &mut Call<'_>, row: &mut Row, subnet: Arc<Subnet>, order: Order) -> Result<()> {
    let is_public = row.connectivity == Connectivity::Public;
    if is_public && !call.state().indexes.internet_gateway_of_vpc.contains_key(&row.vpc) {
        return Err(Error::GatewayNotAttached(format!("Network {} has no Internet gateway attached", row.vpc)));
    }
    address::expect_free(&order.allocations)?;
    let description = format!("Interface for NAT Gateway {}", row.id);
    let plan = Plan { subnet, addresses: order.addresses, groups: Vec::new(), description };
    let made = network_interface::make(call, &plan, None)?;
    let interface = NetworkInterface { kind: InterfaceKind::NatGateway(row.id), source_dest_check: false, ..made };
    call.tx.put(interface.clone());
    row.interface = interface.id;
    address::take_up(call, row, &interface, &interface.addresses, &order.allocations);
    Ok(())
}

/// `DeleteNatGateway`: takes a gateway and its interface away. Its Elastic IPs become free, and the routes to it lead
/// nowhere.
pub fn delete(call: &mut Call<'_>, input: DeleteNatGatewayRequest) -> Result<DeleteNatGatewayResult> {
    let row = call.own::<Row>(Kind::NatGateway, &input.nat_gateway_id)?;
    if row.failure.is_none() {
        expect_alive(&row)?;
        network_interface::remove(call, row.interface);
    }
    let (deleted, placed) = (Some(call.now()), call.tx.revision());
    call.tx.put(Row { deleted, placed, failure: None, ..row.as_ref().clone() });
    Ok(DeleteNatGatewayResult { nat_gateway_id: Some(row.id.to_string()) })
}

/// Refuses a gateway that is only shown any more.
fn expect_alive(row: &Row) -> Result<()> {
    match row.deleted {
        None => Ok(()),
        Some(_) => Err(Error::NotFound { kind: Kind::NatGateway, id: row.id.to_string() }),
    }
}

/// `DescribeNatGateways`: the caller's gateways, and for an hour more those that were.
pub fn describe(view: &View<'_>, input: DescribeNatGatewaysRequest) -> Result<DescribeNatGatewaysResult> {
    let find = |id: &str| view.own::<Row>(Kind::NatGateway, id);
    let indexes = &view.state.indexes;
    // Those that were deleted a while ago are listed too, and are not in the other indexes.
    let deleted = move || indexes.deleted_nat_gateways.from((Moment(0), NatGatewayId::LEAST)).map(|it| it.1);
    let found = Ways::of(&view.query)
        .by("nat-gateway-id", Some)
        .by("subnet-id", move |it| indexes.nat_gateways_of_subnet.of(it).chain(deleted()))
        .by("vpc-id", move |it| indexes.nat_gateways_of_vpc.of(it).chain(deleted()));
    let rows = named_or_found(view, &input.nat_gateway_ids, "NatGatewayId", find, found)?;
    let values = |row: &Row, name: &str| values(view, row, name);
    let show = |row: &Row| {
        let phase = Phase::of(view, row);
        let status = |it: &NatAddress| match phase {
            Phase::Failed => "failed",
            _ => address::status(it, view.realised.reached(row.node, it.placed)),
        };
        let shown = show(view, row, phase, status);
        match view.realised.nat_gateway_failure(row).filter(|_| phase == Phase::Failed) {
            Some(failure) => NatGateway {
                failure_code: Some("InternalError".to_owned()),
                failure_message: Some(failure.to_owned()),
                ..shown
            },
            None => shown,
        }
    };
    let (nat_gateways, next_token) = list(view, rows, values, show)?;
    Ok(DescribeNatGatewaysResult { nat_gateways, next_token })
}

/// What a gateway holds for a filter.
fn values(view: &View<'_>, row: &Row, name: &str) -> Option<Vec<String>> {
    Some(match name {
        "nat-gateway-id" => vec![row.id.to_string()],
        "state" => vec![Phase::of(view, row).name().to_owned()],
        "subnet-id" => vec![row.subnet.to_string()],
        "vpc-id" => vec![row.vpc.to_string()],
        _ => return None,
    })
}

/// The gateway as the wire shows it, in a phase; `status` says how one of its addresses does.
fn show(scope: &impl Scope, row: &Row, phase: Phase, status: impl Fn(&NatAddress) -> &'static str) -> NatGateway {
    let failed = row.failure.iter().map(|failure| NatGatewayAddress {
        allocation_id: failure.allocation.map(|it| it.to_string()),
        failure_message: Some(failure.message.clone()),
        is_primary: Some(true),
        status: Some("failed".to_owned()),
        ..Default::default()
    });
    let addresses = row.addresses.iter().map(|it| address::show(scope, row, it, status(it)));
    NatGateway {
        availability_mode: Some("zonal".to_owned()),
        connectivity_type: Some(match row.connectivity {
            Connectivity::Public => "public".to_owned(),
            Connectivity::Private => "private".to_owned(),
        }),
        create_time: Some(Timestamp(row.created.0)),
        delete_time: row.deleted.filter(|_| row.failure.is_none()).map(|it| Timestamp(it.0)),
        failure_code: row.failure.as_ref().map(|it| it.code.clone()),
        failure_message: row.failure.as_ref().map(|it| it.message.clone()),
        nat_gateway_addresses: addresses.chain(failed).collect(),
        nat_gateway_id: Some(row.id.to_string()),
        state: Some(phase.name().to_owned()),
        subnet_id: Some(row.subnet.to_string()),
        tags: scope.tags(row.id),
        vpc_id: Some(row.vpc.to_string()),
        ..Default::default()
    }
}
