//! Security groups themselves: made, listed, deleted. What they admit is read and shown in `permission`, changed in
//! `authorize`; single rules are in `security_group_rule`.

mod authorize;
mod permission;

#[cfg(test)]
pub mod tests;

use std::sync::Arc;

pub use authorize::{
    authorize_egress, authorize_ingress, expect_room, revoke_egress, revoke_ingress, rules_saying, rules_with_ids,
    saying,
};
pub use permission::{
    Asked, Permission, numbers, pair, read, read_description, read_one, show as show_permissions, twice,
};

use super::error::{Error, Kind, Result};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View};
use super::{identity, tag};
use crate::net::{Ipv4Net, Ipv6Net};
use crate::state::State;
use crate::state::id::{SecurityGroupId, SecurityGroupRuleId, VpcId};
use crate::state::security_group as stored;
use crate::state::security_group::{Peer, Traffic};
use crate::wire::shapes::*;

const TEXT_CHARS_MAX: usize = 255;

/// `CreateSecurityGroup`: a group of a VPC that lets everything out and nothing in.
pub fn create(call: &mut Call<'_>, input: CreateSecurityGroupRequest) -> Result<CreateSecurityGroupResult> {
    let vpc = match &input.vpc_id {
        Some(id) => call.vpc(id)?,
        None => call.default_vpc().ok_or(Error::VpcIdNotSpecified)?,
    };
    let name = new_name(&input.group_name)?;
    if !is_text(&input.description) {
        return Err(invalid(format!("Invalid security group description. {VALID_DESCRIPTIONS}")));
    }
    if call.state().group_named(vpc.id, &name).is_some() {
        return Err(Error::GroupDuplicate { name, vpc: vpc.id.to_string() });
    }

    let (account, region) = call.caller().owner();
    let id: SecurityGroupId = call.tx.mint();
    let created = call.now();
    let description = input.description;
    call.tx.put(stored::SecurityGroup { id, account, region, vpc: vpc.id, name, description, created });
    tag::specified(call, "security-group", id, &input.tag_specifications)?;
    admit_everything_out(call, id, vpc.id, Peer::V4(Ipv4Net::default()));
    if !vpc.blocks6.is_empty() {
        admit_everything_out(call, id, vpc.id, Peer::V6(Ipv6Net::default()));
    }
    Ok(CreateSecurityGroupResult {
        group_id: Some(id.to_string()),
        security_group_arn: Some(call.caller().arn("security-group", id)),
        tags: call.tags(id),
    })
}

/// The name of a group to be made, without the spaces at its end.
fn new_name(given: &str) -> Result<String> {
    let name = given.trim_end_matches(' ');
    if name.is_empty() || !is_text(name) {
        return Err(invalid(format!("Value ({given}) for parameter GroupName is invalid. {VALID_DESCRIPTIONS}")));
    }
    if name.starts_with("sg-") {
        let why = "Group names may not be in the format sg-*.";
        return Err(invalid(format!("Value ({given}) for parameter GroupName is invalid. {why}")));
    }
    if name.eq_ignore_ascii_case("default") {
        return Err(Error::GroupReserved(name.to_owned()));
    }
    Ok(name.to_owned())
}

const VALID_DESCRIPTIONS: &str = "Valid descriptions are strings less than 256 characters from the following set: \
                                  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";

/// Whether EC2 takes the text as a group's name, or as a description of a group or a rule.
fn is_text(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || b" ._-:/()#,@[]+=&;{}!$*".contains(&it);
    text.len() <= TEXT_CHARS_MAX && text.bytes().all(fits)
}

fn admit_everything_out(call: &mut Call<'_>, group: SecurityGroupId, vpc: VpcId, peer: Peer) {
    let (account, region) = call.caller().owner();
    let id: SecurityGroupRuleId = call.tx.mint();
    call.tx.put(stored::SecurityGroupRule {
        id,
        account,
        region,
        vpc,
        group,
        egress: true,
        protocol: Traffic::All,
        peer,
        across: None,
        description: None,
    });
}

/// What a VPC's default group gets with the VPC's first IPv6 block, if nobody has changed what it lets out. (VPC user
/// guide, "Default security groups")
pub fn admit_ipv6_by_default(call: &mut Call<'_>, vpc: VpcId) {
    let Some(group) = call.state().default_group(vpc).map(|it| it.id) else { return };
    let rules: Vec<_> = call.state().rules_of_direction(group, true).map(|it| (it.protocol, it.peer)).collect();
    if rules == [(Traffic::All, Peer::V4(Ipv4Net::default()))] {
        admit_everything_out(call, group, vpc, Peer::V6(Ipv6Net::default()));
    }
}

/// `DeleteSecurityGroup`: a group that no interface wears, no other VPC is associated with and no other group of its
/// VPC names. Rules of other VPCs that name it become stale.
pub fn delete(call: &mut Call<'_>, input: DeleteSecurityGroupRequest) -> Result<DeleteSecurityGroupResult> {
    let group = find(call, input.group_id.as_deref(), input.group_name.as_deref())?;
    if group.name == "default" {
        return Err(Error::CannotDeleteDefaultGroup(group.id.to_string()));
    }
    if is_needed(call.state(), group.id) {
        return Err(Error::Dependency(format!("resource {} has a dependent object", group.id)));
    }
    remove(call, &group);
    Ok(DeleteSecurityGroupResult { group_id: Some(group.id.to_string()), r#return: Some(true) })
}

/// Whether an interface wears the group, another VPC is associated with it, or another group's rule in the same VPC
/// names it.
fn is_needed(state: &State, group: SecurityGroupId) -> bool {
    let naming = state.indexes.rules_naming_group.of(group);
    let mut naming = naming.filter_map(|id| state.security_group_rules.get(&id));
    state.indexes.interfaces_of_group.any(group)
        || state.indexes.vpcs_associated_with_group.any(group)
        || naming.any(|rule| rule.group != group && rule.across.is_none())
}

/// Removes a group with everything that belongs to it; nothing may wear or name it any more.
pub fn remove(call: &mut Call<'_>, group: &stored::SecurityGroup) {
    let rules: Vec<_> = call.state().rules_of_group(group.id).map(|it| it.id).collect();
    for rule in rules {
        remove_rule(call, rule);
    }
    tag::forget(call, group.id);
    identity::forget(call, group.vpc, group.id);
    call.tx.remove::<stored::SecurityGroup>(group.id);
}

/// Removes a rule and its tags.
fn remove_rule(call: &mut Call<'_>, rule: SecurityGroupRuleId) {
    tag::forget(call, rule);
    call.tx.remove::<stored::SecurityGroupRule>(rule);
}

/// The group that a call is about: by id, or by name in the default VPC.
pub fn find(scope: &impl Scope, id: Option<&str>, name: Option<&str>) -> Result<Arc<stored::SecurityGroup>> {
    match (id, name) {
        (Some(_), Some(_)) => {
            let text = "The parameter 'groupName' may not be used in combination with 'groupId'";
            Err(Error::InvalidParameterCombination(text.to_owned()))
        }
        (Some(id), None) => scope.security_group(id),
        (None, Some(name)) => named(scope, name),
        (None, None) => Err(Error::Missing("The request must contain the parameter groupName or groupId")),
    }
}

/// The group of this name in the default VPC.
fn named(scope: &impl Scope, name: &str) -> Result<Arc<stored::SecurityGroup>> {
    let vpc = scope.default_vpc().ok_or(Error::VpcIdNotSpecified)?;
    scope.state().group_named(vpc.id, name).cloned().ok_or_else(|| {
        Error::GroupNotFound(format!("The security group '{name}' does not exist in default VPC '{}'", vpc.id))
    })
}

/// `DescribeSecurityGroups`.
pub fn describe(view: &View<'_>, input: DescribeSecurityGroupsRequest) -> Result<DescribeSecurityGroupsResult> {
    let parameter = if input.group_names.is_empty() { "GroupId" } else { "GroupName" };
    let named = input.group_names.iter().map(|it| Ok(named(view, it)?.id.to_string()));
    let asked = [named.collect::<Result<Vec<_>>>()?, input.group_ids].concat();
    let find = |id: &str| view.security_group(id);
    let state = view.state;
    let of_vpc = move |vpc| state.groups_of_vpc(vpc).map(|it| it.id);
    let of_name = move |name: String| state.indexes.security_groups_of_name(view.caller.owner(), name);
    let found = Ways::of(&view.query).by("group-id", Some).by("group-name", of_name).by("vpc-id", of_vpc);
    let rows = named_or_found(view, &asked, parameter, find, found)?;
    let (security_groups, next_token) =
        list(view, rows, |row: &stored::SecurityGroup, name: &str| values(view, row, name), |row| show(view, row))?;
    Ok(DescribeSecurityGroupsResult { next_token, security_groups })
}

/// What a group holds for a filter of `DescribeSecurityGroups`.
fn values(view: &View<'_>, group: &stored::SecurityGroup, filter: &str) -> Option<Vec<String>> {
    let (egress, of_rules) = match filter.strip_prefix("egress.") {
        Some(rest) => (true, rest.strip_prefix("ip-permission.")),
        None => (false, filter.strip_prefix("ip-permission.")),
    };
    if let Some(name) = of_rules {
        let rules = view.state.rules_of_direction(group.id, egress);
        let held: Option<Vec<_>> = rules.map(|rule| permission::values(view, rule, name)).collect();
        return held.map(|it| it.into_iter().flatten().collect());
    }
    Some(vec![match filter {
        "description" => group.description.clone(),
        "group-id" => group.id.to_string(),
        "group-name" => group.name.clone(),
        "owner-id" => group.account.to_string(),
        "vpc-id" => group.vpc.to_string(),
        _ => return None,
    }])
}

fn show(scope: &impl Scope, group: &stored::SecurityGroup) -> SecurityGroup {
    SecurityGroup {
        description: Some(group.description.clone()),
        group_id: Some(group.id.to_string()),
        group_name: Some(group.name.clone()),
        ip_permissions: permission::show(scope.state(), scope.state().rules_of_direction(group.id, false)),
        ip_permissions_egress: permission::show(scope.state(), scope.state().rules_of_direction(group.id, true)),
        owner_id: Some(group.account.to_string()),
        security_group_arn: Some(scope.caller().arn("security-group", group.id)),
        tags: scope.tags(group.id),
        vpc_id: Some(group.vpc.to_string()),
    }
}

fn invalid(text: String) -> Error {
    Error::InvalidParameterValue(text)
}

/// The rule of this id, if it belongs to the group.
pub fn rule_of(scope: &impl Scope, group: &stored::SecurityGroup, id: &str) -> Result<Arc<stored::SecurityGroupRule>> {
    let rule = scope.security_group_rule(id)?;
    let not_found = || Error::NotFound { kind: Kind::SecurityGroupRule, id: id.to_owned() };
    if rule.group == group.id { Ok(rule) } else { Err(not_found()) }
}
