//! Rules that name security groups of other VPCs: who names a group, and which rules have become stale.

use std::sync::Arc;

use super::error::Result;
use super::list::list;
use super::scope::{Scope, View};
use super::{peering, security_group};
use crate::state::State;
use crate::state::security_group as stored;
use crate::state::security_group::Peer;
use crate::wire::shapes::*;

#[cfg(test)]
mod tests;

/// `DescribeSecurityGroupReferences`: the VPCs at the other ends of peering connections whose rules name the groups.
pub fn describe(
    view: &View<'_>,
    input: DescribeSecurityGroupReferencesRequest,
) -> Result<DescribeSecurityGroupReferencesResult> {
    let mut security_group_reference_set = Vec::new();
    for id in &input.group_id {
        let group = view.security_group(id)?;
        for vpc in view.state.indexes.vpcs_naming_group(group.id) {
            let Some(connection) = peering::active_between(view.state, group.vpc, vpc) else { continue };
            security_group_reference_set.push(SecurityGroupReference {
                group_id: Some(group.id.to_string()),
                referencing_vpc_id: Some(vpc.to_string()),
                transit_gateway_id: None,
                vpc_peering_connection_id: Some(connection.id.to_string()),
            });
        }
    }
    Ok(DescribeSecurityGroupReferencesResult { security_group_reference_set })
}

/// `DescribeStaleSecurityGroups`: the groups of a VPC with rules that name a group of another VPC to no effect.
pub fn describe_stale(
    view: &View<'_>,
    input: DescribeStaleSecurityGroupsRequest,
) -> Result<DescribeStaleSecurityGroupsResult> {
    let vpc = view.vpc(&input.vpc_id)?.id;
    let has_stale = |group: &&Arc<stored::SecurityGroup>| {
        view.state.rules_of_group(group.id).any(|rule| is_stale(view.state, rule))
    };
    let mut groups: Vec<_> = view.state.groups_of_vpc(vpc).filter(has_stale).cloned().collect();
    groups.sort_by_key(|it| it.id);
    let (stale_security_group_set, next_token) = list(view, groups.iter(), |_, _| None, |it| show_stale(view, it))?;
    Ok(DescribeStaleSecurityGroupsResult { next_token, stale_security_group_set })
}

/// Whether the rule names a group of another VPC that is gone, or whose VPC has nothing to do with the rule's any more.
fn is_stale(state: &State, rule: &stored::SecurityGroupRule) -> bool {
    let (Peer::Group { group, .. }, Some(across)) = (rule.peer, rule.across) else { return false };
    let near = peering::active_between(state, rule.vpc, across.vpc).is_some()
        || state.security_group_associations.get(&(group, rule.vpc)).is_some();
    !near || state.security_groups.get(&group).is_none()
}

fn show_stale(view: &View<'_>, group: &stored::SecurityGroup) -> StaleSecurityGroup {
    let stale = |egress: bool| {
        let rules = view.state.rules_of_direction(group.id, egress).filter(|it| is_stale(view.state, it));
        let permissions = security_group::show_permissions(view.state, rules).into_iter();
        let shown = permissions.map(|it| StaleIpPermission {
            from_port: it.from_port,
            ip_protocol: it.ip_protocol,
            ip_ranges: Vec::new(),
            prefix_list_ids: Vec::new(),
            to_port: it.to_port,
            user_id_group_pairs: it.user_id_group_pairs,
        });
        shown.collect()
    };
    StaleSecurityGroup {
        description: Some(group.description.clone()),
        group_id: Some(group.id.to_string()),
        group_name: Some(group.name.clone()),
        stale_ip_permissions: stale(false),
        stale_ip_permissions_egress: stale(true),
        vpc_id: Some(group.vpc.to_string()),
    }
}
