//! Egress-only internet gateways: the way out of a VPC for IPv6, and back for answers alone.

use super::error::{Error, Kind, Limit, Result};
use super::list::{Rows, Ways, existing_or_found, list};
use super::scope::{Call, Scope, View};
use super::tag;
use crate::state::id::{EgressOnlyInternetGatewayId, Id};
use crate::state::internet_gateway::EgressOnlyInternetGateway;
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::EgressOnlyInternetGateway;
/// For each region.
const QUOTA: usize = 5;

pub fn create(
    call: &mut Call<'_>,
    input: CreateEgressOnlyInternetGatewayRequest,
) -> Result<CreateEgressOnlyInternetGatewayResult> {
    let vpc = call.vpc(&input.vpc_id)?.id;
    // "You can attach only one egress-only internet gateway to a VPC at a time": Amazon VPC quotas.
    if call.state().indexes.egress_only_gateways_of_vpc.any(vpc) {
        let text = format!("Network {vpc} already has an egress-only internet gateway attached");
        return Err(Error::InvalidParameterValue(text));
    }
    let (owner, first) = (call.caller().owner(), EgressOnlyInternetGatewayId::from_number(0));
    let held = call.state().egress_only_internet_gateways.of(&owner, first);
    call.expect_room(QUOTA, Limit::EgressOnlyInternetGateways, held)?;
    let (account, region) = owner;
    let gateway = EgressOnlyInternetGateway { id: call.tx.mint(), account, region, vpc, created: call.now() };
    call.tx.put(gateway.clone());
    tag::specified(call, "egress-only-internet-gateway", gateway.id, &input.tag_specifications)?;
    Ok(CreateEgressOnlyInternetGatewayResult {
        client_token: call.token.clone(),
        egress_only_internet_gateway: Some(show(call, &gateway)),
    })
}

pub fn delete(
    call: &mut Call<'_>,
    input: DeleteEgressOnlyInternetGatewayRequest,
) -> Result<DeleteEgressOnlyInternetGatewayResult> {
    let gateway = call.own::<EgressOnlyInternetGateway>(KIND, &input.egress_only_internet_gateway_id)?.id;
    tag::forget(call, gateway);
    call.tx.remove::<EgressOnlyInternetGateway>(gateway);
    Ok(DeleteEgressOnlyInternetGatewayResult { return_code: Some(true) })
}

/// `DescribeEgressOnlyInternetGateways`: an id that is nobody's is no error here.
pub fn describe(
    view: &View<'_>,
    input: DescribeEgressOnlyInternetGatewaysRequest,
) -> Result<DescribeEgressOnlyInternetGatewaysResult> {
    let (ids, find) = (&input.egress_only_internet_gateway_ids, |id: &str| view.own(KIND, id));
    let rows: Rows<'_, EgressOnlyInternetGateway> =
        existing_or_found(view, ids, "egressOnlyInternetGatewayIds", find, Ways::of(&view.query))?;
    // It has no filters but those of its tags.
    let values = |_: &EgressOnlyInternetGateway, _: &str| None;
    let (egress_only_internet_gateways, next_token) = list(view, rows, values, |it| show(view, it))?;
    Ok(DescribeEgressOnlyInternetGatewaysResult { egress_only_internet_gateways, next_token })
}

/// A gateway as the wire shows it.
fn show(scope: &impl Scope, gateway: &EgressOnlyInternetGateway) -> shapes::EgressOnlyInternetGateway {
    // Of an internet gateway this would be `available`; Terraform replaces what is not as EC2 has it.
    let attachment =
        InternetGatewayAttachment { state: Some("attached".to_owned()), vpc_id: Some(gateway.vpc.to_string()) };
    shapes::EgressOnlyInternetGateway {
        attachments: vec![attachment],
        egress_only_internet_gateway_id: Some(gateway.id.to_string()),
        tags: scope.tags(gateway.id),
    }
}
