//! Internet gateways: the way between a VPC and the world outside, in both directions.

use super::error::{Error, Limit, Result};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View};
use super::tag;
use crate::state::id::{Id, InternetGatewayId, VpcId};
use crate::state::internet_gateway::InternetGateway;
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

/// For each region.
const QUOTA: usize = 5;

pub fn create(call: &mut Call<'_>, input: CreateInternetGatewayRequest) -> Result<CreateInternetGatewayResult> {
    let (owner, first) = (call.caller().owner(), InternetGatewayId::from_number(0));
    call.expect_room(QUOTA, Limit::InternetGateways, call.state().internet_gateways.of(&owner, first))?;
    let gateway = make(call, None);
    tag::specified(call, "internet-gateway", gateway.id, &input.tag_specifications)?;
    Ok(CreateInternetGatewayResult { internet_gateway: Some(show(call, &gateway)) })
}

/// Makes a gateway, attached to a VPC that has none or to nothing.
pub(super) fn make(call: &mut Call<'_>, vpc: Option<VpcId>) -> InternetGateway {
    let (account, region) = call.caller().owner();
    let gateway = InternetGateway { id: call.tx.mint(), account, region, vpc, created: call.now() };
    call.tx.put(gateway.clone());
    gateway
}

pub fn delete(call: &mut Call<'_>, input: DeleteInternetGatewayRequest) -> Result<()> {
    let gateway = call.internet_gateway(&input.internet_gateway_id)?;
    if gateway.vpc.is_some() {
        return Err(Error::DependencyViolation { what: "internetGateway", id: gateway.id.to_string() });
    }
    remove(call, gateway.id);
    Ok(())
}

/// Removes a gateway with its tags.
fn remove(call: &mut Call<'_>, gateway: InternetGatewayId) {
    tag::forget(call, gateway);
    call.tx.remove::<InternetGateway>(gateway);
}

pub fn attach(call: &mut Call<'_>, input: AttachInternetGatewayRequest) -> Result<()> {
    let gateway = call.internet_gateway(&input.internet_gateway_id)?;
    let vpc = call.vpc(&input.vpc_id)?.id;
    if let Some(vpc) = gateway.vpc {
        return Err(Error::AlreadyAssociated(format!("resource {} is already attached to network {vpc}", gateway.id)));
    }
    if call.state().indexes.internet_gateway_of_vpc.contains_key(&vpc) {
        return Err(Error::InvalidParameterValue(format!("Network {vpc} already has an internet gateway attached")));
    }
    call.tx.put(InternetGateway { vpc: Some(vpc), ..gateway.as_ref().clone() });
    Ok(())
}

pub fn detach(call: &mut Call<'_>, input: DetachInternetGatewayRequest) -> Result<()> {
    let gateway = call.internet_gateway(&input.internet_gateway_id)?;
    let detached =
        |vpc: &str| Err(Error::GatewayNotAttached(format!("resource {} is not attached to network {vpc}", gateway.id)));
    let vpc = match call.vpc(&input.vpc_id) {
        // Terraform removes a VPC and its former gateway at once, and takes no other word for a gateway that is free.
        Err(Error::NotFound { .. }) if gateway.vpc.is_none() => return detached(&input.vpc_id),
        found => found?.id,
    };
    if gateway.vpc != Some(vpc) {
        return detached(&input.vpc_id);
    }
    if call.state().indexes.addresses_of_vpc.any(vpc) {
        return Err(Error::Dependency(format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching \
             the gateway."
        )));
    }
    call.tx.put(InternetGateway { vpc: None, ..gateway.as_ref().clone() });
    Ok(())
}

/// Takes away the gateway that is attached to a VPC which goes with its account.
pub fn remove_attached(call: &mut Call<'_>, vpc: VpcId) {
    if let Some(gateway) = call.state().indexes.internet_gateway_of_vpc.get(&vpc).copied() {
        remove(call, gateway);
    }
}

pub fn describe(view: &View<'_>, input: DescribeInternetGatewaysRequest) -> Result<DescribeInternetGatewaysResult> {
    let of_vpc = move |vpc: VpcId| view.state.indexes.internet_gateway_of_vpc.get(&vpc).copied();
    let found = Ways::of(&view.query).by("internet-gateway-id", Some).by("attachment.vpc-id", of_vpc);
    let find = |id: &str| view.internet_gateway(id);
    let rows = named_or_found(view, &input.internet_gateway_ids, "internetGatewayIds", find, found)?;
    let (internet_gateways, next_token) = list(view, rows, values, |gateway| show(view, gateway))?;
    Ok(DescribeInternetGatewaysResult { internet_gateways, next_token })
}

/// What a gateway holds for a filter.
fn values(gateway: &InternetGateway, filter: &str) -> Option<Vec<String>> {
    Some(match filter {
        "attachment.state" => gateway.vpc.iter().map(|_| ATTACHED.to_owned()).collect(),
        "attachment.vpc-id" => gateway.vpc.iter().map(|it| it.to_string()).collect(),
        "internet-gateway-id" => vec![gateway.id.to_string()],
        "owner-id" => vec![gateway.account.to_string()],
        _ => return None,
    })
}

/// The state of an attachment that is done; of an egress-only gateway it has another name.
const ATTACHED: &str = "available";

/// A gateway as the wire shows it.
fn show(scope: &impl Scope, gateway: &InternetGateway) -> shapes::InternetGateway {
    let attachments = gateway
        .vpc
        .iter()
        .map(|vpc| InternetGatewayAttachment { state: Some(ATTACHED.to_owned()), vpc_id: Some(vpc.to_string()) });
    shapes::InternetGateway {
        attachments: attachments.collect(),
        internet_gateway_id: Some(gateway.id.to_string()),
        owner_id: Some(gateway.account.to_string()),
        tags: scope.tags(gateway.id),
    }
}
