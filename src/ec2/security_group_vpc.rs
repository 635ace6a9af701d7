//! Security groups that are worn outside their own VPC: a group can be associated with other VPCs of its account and
//! region, whose interfaces may wear it then.

use std::sync::Arc;

use super::error::{Error, Kind, Result};
use super::identity;
use super::list::{list, list_by};
use super::scope::{Call, Scope, View};
use crate::state::State;
use crate::state::id::{Id, SecurityGroupId, VpcId};
use crate::state::security_group as stored;
use crate::state::security_group::SecurityGroupAssociation;
use crate::wire::shapes::*;

#[cfg(test)]
mod tests;

/// `AssociateSecurityGroupVpc`; neither the group nor the VPC may be a default one.
pub fn associate(
    call: &mut Call<'_>,
    input: AssociateSecurityGroupVpcRequest,
) -> Result<AssociateSecurityGroupVpcResult> {
    let group = call.security_group(&input.group_id)?;
    let vpc = call.vpc(&input.vpc_id)?;
    if group.name == "default" {
        return Err(refused(format!("The default security group '{}' cannot be associated with a VPC.", group.id)));
    }
    if vpc.default {
        return Err(refused(format!("The default VPC '{}' cannot be associated with a security group.", vpc.id)));
    }
    if group.vpc == vpc.id {
        let text = format!("The security group '{}' was created in the VPC '{}'.", group.id, vpc.id);
        return Err(Error::InvalidParameterValue(text));
    }
    let (account, region) = call.caller().owner();
    call.tx.put(SecurityGroupAssociation { group: group.id, vpc: vpc.id, account, region });
    Ok(AssociateSecurityGroupVpcResult { state: Some("associated".to_owned()) })
}

fn refused(text: String) -> Error {
    Error::OperationNotPermitted(text)
}

/// `DisassociateSecurityGroupVpc`, when no interface of the VPC wears the group any more.
pub fn disassociate(
    call: &mut Call<'_>,
    input: DisassociateSecurityGroupVpcRequest,
) -> Result<DisassociateSecurityGroupVpcResult> {
    let group = call.security_group(&input.group_id)?.id;
    let vpc = call.vpc(&input.vpc_id)?.id;
    if call.state().security_group_associations.get(&(group, vpc)).is_none() {
        return Err(Error::NotFound { kind: Kind::Association, id: format!("{group}/{vpc}") });
    }
    if is_worn(call.state(), group, vpc) {
        return Err(Error::Dependency(format!("resource {group} has a dependent object")));
    }
    remove(call, group, vpc);
    Ok(DisassociateSecurityGroupVpcResult { state: Some("disassociated".to_owned()) })
}

/// Whether an interface of the VPC wears the group.
fn is_worn(state: &State, group: SecurityGroupId, vpc: VpcId) -> bool {
    let mut wearers = state.indexes.interfaces_of_group.of(group).filter_map(|it| state.network_interfaces.get(&it));
    wearers.any(|it| it.vpc == vpc)
}

fn remove(call: &mut Call<'_>, group: SecurityGroupId, vpc: VpcId) {
    identity::forget(call, vpc, group);
    call.tx.remove::<SecurityGroupAssociation>((group, vpc));
}

/// Ends the associations of a VPC that is going, and with it all interfaces.
pub fn forget(call: &mut Call<'_>, vpc: VpcId) {
    let groups: Vec<_> = call.state().indexes.groups_associated_with_vpc.of(vpc).collect();
    for group in groups {
        remove(call, group, vpc);
    }
}

/// `DescribeSecurityGroupVpcAssociations`.
pub fn describe(
    view: &View<'_>,
    _: DescribeSecurityGroupVpcAssociationsRequest,
) -> Result<DescribeSecurityGroupVpcAssociationsResult> {
    let (owner, first) = (view.caller.owner(), (SecurityGroupId::from_number(0), VpcId::from_number(0)));
    let rows = view.state.security_group_associations.of(&owner, first);
    let place = |row: &SecurityGroupAssociation| format!("{} {}", row.group, row.vpc);
    let (security_group_vpc_associations, next_token) = list_by(view, rows, place, values, show)?;
    Ok(DescribeSecurityGroupVpcAssociationsResult { next_token, security_group_vpc_associations })
}

/// What an association holds for a filter.
fn values(row: &SecurityGroupAssociation, filter: &str) -> Option<Vec<String>> {
    let shown = show(row);
    let held = match filter {
        "group-id" => shown.group_id,
        "group-owner-id" => shown.group_owner_id,
        "state" => shown.state,
        "vpc-id" => shown.vpc_id,
        "vpc-owner-id" => shown.vpc_owner_id,
        _ => return None,
    };
    Some(held.into_iter().collect())
}

fn show(row: &SecurityGroupAssociation) -> SecurityGroupVpcAssociation {
    SecurityGroupVpcAssociation {
        group_id: Some(row.group.to_string()),
        group_owner_id: Some(row.account.to_string()),
        state: Some("associated".to_owned()),
        state_reason: None,
        vpc_id: Some(row.vpc.to_string()),
        vpc_owner_id: Some(row.account.to_string()),
    }
}

/// `GetSecurityGroupsForVpc`: the groups that interfaces of the VPC may wear.
pub fn groups_for_vpc(view: &View<'_>, input: GetSecurityGroupsForVpcRequest) -> Result<GetSecurityGroupsForVpcResult> {
    let vpc = view.vpc(&input.vpc_id)?.id;
    let associated = view.state.indexes.groups_associated_with_vpc.of(vpc);
    let associated = associated.filter_map(|it| view.state.security_groups.get(&it));
    let mut rows: Vec<Arc<stored::SecurityGroup>> = view.state.groups_of_vpc(vpc).chain(associated).cloned().collect();
    rows.sort_by_key(|it| it.id);
    let shown = |group: &stored::SecurityGroup| SecurityGroupForVpc {
        description: Some(group.description.clone()),
        group_id: Some(group.id.to_string()),
        group_name: Some(group.name.clone()),
        owner_id: Some(group.account.to_string()),
        primary_vpc_id: Some(group.vpc.to_string()),
        tags: view.tags(group.id),
    };
    let values = |group: &stored::SecurityGroup, filter: &str| {
        Some(vec![match filter {
            "description" => group.description.clone(),
            "group-id" => group.id.to_string(),
            "group-name" => group.name.clone(),
            "owner-id" => group.account.to_string(),
            "primary-vpc-id" => group.vpc.to_string(),
            _ => return None,
        }])
    };
    let (security_group_for_vpcs, next_token) = list(view, rows.iter(), values, shown)?;
    Ok(GetSecurityGroupsForVpcResult { next_token, security_group_for_vpcs })
}
