//! VPC block public access: what an account's internet gateways let pass, and the VPCs and subnets that are excluded.

use super::error::{Error, Limit, Result};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View};
use super::tag;
use crate::state::block_public_access as stored;
use crate::state::block_public_access::{BlockMode, BlockPublicAccess, ExclusionMode, PublicAccess};
use crate::state::id::{BlockPublicAccessExclusionId, Id, SubnetId, VpcId};
use crate::wire::Timestamp;
use crate::wire::shapes::*;

#[cfg(test)]
mod tests;

/// AWS's quota.
const EXCLUSIONS_MAX: usize = 50;

/// `DescribeVpcBlockPublicAccessOptions`.
pub fn describe_options(
    view: &View<'_>,
    _: DescribeVpcBlockPublicAccessOptionsRequest,
) -> Result<DescribeVpcBlockPublicAccessOptionsResult> {
    let row = view.state.block_public_access.get(&view.caller.owner());
    let options = show_options(view, row.map(|it| it.as_ref()));
    Ok(DescribeVpcBlockPublicAccessOptionsResult { vpc_block_public_access_options: Some(options) })
}

/// `ModifyVpcBlockPublicAccessOptions`: sets the mode for all VPCs of the caller in the region.
pub fn modify_options(
    call: &mut Call<'_>,
    input: ModifyVpcBlockPublicAccessOptionsRequest,
) -> Result<ModifyVpcBlockPublicAccessOptionsResult> {
    let mode = match input.internet_gateway_block_mode.as_str() {
        "block-bidirectional" => BlockMode::Bidirectional,
        "block-ingress" => BlockMode::Ingress,
        // The decoder lets no other name through than these and the last one.
        _ => BlockMode::Off,
    };
    let (account, region) = call.caller().owner();
    let row = BlockPublicAccess { account, region, mode, updated: call.now() };
    call.tx.put(row.clone());
    let options = show_options(call, Some(&row));
    Ok(ModifyVpcBlockPublicAccessOptionsResult { vpc_block_public_access_options: Some(options) })
}

fn show_options(scope: &impl Scope, row: Option<&BlockPublicAccess>) -> VpcBlockPublicAccessOptions {
    let text = |it: &str| Some(it.to_owned());
    VpcBlockPublicAccessOptions {
        aws_account_id: Some(scope.caller().account.to_string()),
        aws_region: Some(scope.caller().region.clone()),
        exclusions_allowed: text("allowed"),
        internet_gateway_block_mode: text(mode_words(row.map_or(BlockMode::Off, |it| it.mode))),
        last_update_timestamp: row.map(|it| Timestamp(it.updated.0)),
        managed_by: text("account"),
        reason: None,
        state: text(if row.is_some() { "update-complete" } else { "default-state" }),
    }
}

fn mode_words(mode: BlockMode) -> &'static str {
    match mode {
        BlockMode::Off => "off",
        BlockMode::Bidirectional => "block-bidirectional",
        BlockMode::Ingress => "block-ingress",
    }
}

/// What holds for a VPC, or for a subnet of it, as the wire shows it.
pub fn states(scope: &impl Scope, vpc: VpcId, subnet: Option<SubnetId>) -> Option<BlockPublicAccessStates> {
    let mode = match scope.state().public_access(vpc, subnet) {
        PublicAccess::Open => BlockMode::Off,
        PublicAccess::Outward | PublicAccess::ByOutwardGateways => BlockMode::Ingress,
        PublicAccess::Closed => BlockMode::Bidirectional,
    };
    Some(BlockPublicAccessStates { internet_gateway_block_mode: Some(mode_words(mode).to_owned()) })
}

/// `CreateVpcBlockPublicAccessExclusion`: excludes a VPC, or one of its subnets.
pub fn create_exclusion(
    call: &mut Call<'_>,
    input: CreateVpcBlockPublicAccessExclusionRequest,
) -> Result<CreateVpcBlockPublicAccessExclusionResult> {
    let (vpc, subnet) = match (&input.vpc_id, &input.subnet_id) {
        (Some(vpc), None) => (call.vpc(vpc)?.id, None),
        (None, Some(subnet)) => {
            let subnet = call.subnet(subnet)?;
            (subnet.vpc, Some(subnet.id))
        }
        (Some(_), Some(_)) => {
            let text = "The parameter subnetId cannot be used with the parameter vpcId";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
        (None, None) => return Err(Error::Missing("The request must contain the parameter vpcId or subnetId")),
    };
    if let Some(there) = call.state().indexes.block_public_access_exclusions.get(&(vpc, subnet)) {
        let text = format!("The resource is excluded already, by '{there}'.");
        return Err(Error::InvalidParameterValue(text));
    }
    let (account, region) = call.caller().owner();
    let first = BlockPublicAccessExclusionId::from_number(0);
    let own = call.state().block_public_access_exclusions.of(&(account, region.clone()), first).count();
    if own >= EXCLUSIONS_MAX {
        return Err(Error::LimitExceeded(Limit::BlockPublicAccessExclusions));
    }

    let (id, created) = (call.tx.mint(), call.now());
    let mode = mode(&input.internet_gateway_exclusion_mode);
    let row = stored::BlockPublicAccessExclusion { id, account, region, vpc, subnet, mode, created, updated: None };
    call.tx.put(row.clone());
    tag::specified(call, "vpc-block-public-access-exclusion", id, &input.tag_specifications)?;
    let shown = show(call, &row);
    Ok(CreateVpcBlockPublicAccessExclusionResult { vpc_block_public_access_exclusion: Some(shown) })
}

fn mode(given: &str) -> ExclusionMode {
    // The decoder lets no other name through than these two.
    if given == "allow-egress" { ExclusionMode::Egress } else { ExclusionMode::Bidirectional }
}

/// `ModifyVpcBlockPublicAccessExclusion`.
pub fn modify_exclusion(
    call: &mut Call<'_>,
    input: ModifyVpcBlockPublicAccessExclusionRequest,
) -> Result<ModifyVpcBlockPublicAccessExclusionResult> {
    let mut row = call.block_public_access_exclusion(&input.exclusion_id)?.as_ref().clone();
    row.mode = mode(&input.internet_gateway_exclusion_mode);
    row.updated = Some(call.now());
    call.tx.put(row.clone());
    let shown = show(call, &row);
    Ok(ModifyVpcBlockPublicAccessExclusionResult { vpc_block_public_access_exclusion: Some(shown) })
}

/// `DeleteVpcBlockPublicAccessExclusion`.
pub fn delete_exclusion(
    call: &mut Call<'_>,
    input: DeleteVpcBlockPublicAccessExclusionRequest,
) -> Result<DeleteVpcBlockPublicAccessExclusionResult> {
    let row = call.block_public_access_exclusion(&input.exclusion_id)?;
    let mut shown = show(call, &row);
    shown.state = Some("delete-complete".to_owned());
    shown.deletion_timestamp = Some(Timestamp(call.now().0));
    remove(call, row.id);
    Ok(DeleteVpcBlockPublicAccessExclusionResult { vpc_block_public_access_exclusion: Some(shown) })
}

fn remove(call: &mut Call<'_>, id: BlockPublicAccessExclusionId) {
    tag::forget(call, id);
    call.tx.remove::<stored::BlockPublicAccessExclusion>(id);
}

/// Removes the exclusion of a VPC or a subnet that is going.
pub fn forget(call: &mut Call<'_>, vpc: VpcId, subnet: Option<SubnetId>) {
    let id = call.state().indexes.block_public_access_exclusions.get(&(vpc, subnet)).copied();
    if let Some(id) = id {
        remove(call, id);
    }
}

/// `DescribeVpcBlockPublicAccessExclusions`.
pub fn describe_exclusions(
    view: &View<'_>,
    input: DescribeVpcBlockPublicAccessExclusionsRequest,
) -> Result<DescribeVpcBlockPublicAccessExclusionsResult> {
    let find = |id: &str| view.block_public_access_exclusion(id);
    let rows = named_or_found(view, &input.exclusion_ids, "exclusionIds", find, Ways::of(&view.query))?;
    let value = |row: &stored::BlockPublicAccessExclusion, filter: &str| values(view, row, filter);
    let (exclusions, next_token) = list(view, rows, value, |row| show(view, row))?;
    Ok(DescribeVpcBlockPublicAccessExclusionsResult { next_token, vpc_block_public_access_exclusions: exclusions })
}

/// What an exclusion holds for a filter.
fn values(scope: &impl Scope, row: &stored::BlockPublicAccessExclusion, filter: &str) -> Option<Vec<String>> {
    let shown = show(scope, row);
    let held = match filter {
        "internet-gateway-exclusion-mode" => shown.internet_gateway_exclusion_mode,
        "resource-arn" => shown.resource_arn,
        "state" => shown.state,
        _ => return None,
    };
    Some(held.into_iter().collect())
}

fn show(scope: &impl Scope, row: &stored::BlockPublicAccessExclusion) -> VpcBlockPublicAccessExclusion {
    let mode = match row.mode {
        ExclusionMode::Bidirectional => "allow-bidirectional",
        ExclusionMode::Egress => "allow-egress",
    };
    let caller = scope.caller();
    let resource = row.subnet.map_or_else(|| caller.arn("vpc", row.vpc), |subnet| caller.arn("subnet", subnet));
    let state = if row.updated.is_some() { "update-complete" } else { "create-complete" };
    VpcBlockPublicAccessExclusion {
        creation_timestamp: Some(Timestamp(row.created.0)),
        deletion_timestamp: None,
        exclusion_id: Some(row.id.to_string()),
        internet_gateway_exclusion_mode: Some(mode.to_owned()),
        last_update_timestamp: Some(Timestamp(row.updated.unwrap_or(row.created).0)),
        reason: None,
        resource_arn: Some(resource),
        state: Some(state.to_owned()),
        tags: scope.tags(row.id),
    }
}
