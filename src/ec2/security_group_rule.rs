//! Single rules of security groups: listed, reworded, described. They are made and removed in `security_group`.

use std::collections::BTreeSet;
use std::mem::discriminant;

use super::error::{Error, Result};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View};
use super::security_group;
use crate::state::security_group as stored;
use crate::state::security_group::Peer;
use crate::wire::shapes::*;

/// `DescribeSecurityGroupRules`.
pub fn describe(view: &View<'_>, input: DescribeSecurityGroupRulesRequest) -> Result<DescribeSecurityGroupRulesResult> {
    let ids = &input.security_group_rule_ids;
    let of_group = move |group| view.state.rules_of_group(group).map(|it| it.id);
    let found = Ways::of(&view.query).by("security-group-rule-id", Some).by("group-id", of_group);
    let find = |id: &str| view.security_group_rule(id);
    let rows = named_or_found(view, ids, "SecurityGroupRuleId", find, found)?;
    let (security_group_rules, next_token) = list(view, rows, values, |row| show(view, row))?;
    Ok(DescribeSecurityGroupRulesResult { next_token, security_group_rules })
}

fn values(rule: &stored::SecurityGroupRule, filter: &str) -> Option<Vec<String>> {
    match filter {
        "group-id" => Some(vec![rule.group.to_string()]),
        "security-group-rule-id" => Some(vec![rule.id.to_string()]),
        _ => None,
    }
}

/// A rule as the wire shows it; where it has no ports they are -1.
pub fn show(scope: &impl Scope, rule: &stored::SecurityGroupRule) -> SecurityGroupRule {
    let (protocol, ports) = security_group::numbers(rule.protocol);
    let (from, to) = ports.unwrap_or((-1, -1));
    let mut shown = SecurityGroupRule {
        description: rule.description.clone(),
        from_port: Some(from),
        group_id: Some(rule.group.to_string()),
        group_owner_id: Some(rule.account.to_string()),
        ip_protocol: Some(protocol),
        is_egress: Some(rule.egress),
        security_group_rule_arn: Some(scope.caller().arn("security-group-rule", rule.id)),
        security_group_rule_id: Some(rule.id.to_string()),
        tags: scope.tags(rule.id),
        to_port: Some(to),
        ..Default::default()
    };
    match rule.peer {
        Peer::V4(block) => shown.cidr_ipv4 = Some(block.to_string()),
        Peer::V6(block) => shown.cidr_ipv6 = Some(block.to_string()),
        Peer::Group { group, account } => {
            let pair = security_group::pair(scope.state(), rule, group, account);
            shown.referenced_group_info = Some(ReferencedSecurityGroup {
                group_id: pair.group_id,
                peering_status: pair.peering_status,
                user_id: pair.user_id,
                vpc_id: pair.vpc_id.or(Some(rule.vpc.to_string())),
                vpc_peering_connection_id: pair.vpc_peering_connection_id,
            });
        }
        Peer::PrefixList(list) => shown.prefix_list_id = Some(list.to_string()),
    }
    shown
}

/// `ModifySecurityGroupRules`: each rule says from now on what the call says, and nothing of what it said before.
pub fn modify(call: &mut Call<'_>, input: ModifySecurityGroupRulesRequest) -> Result<ModifySecurityGroupRulesResult> {
    let group = call.security_group(&input.group_id)?;
    let mut ids = BTreeSet::new();
    let mut contents = BTreeSet::new();
    let mut rules = Vec::with_capacity(input.security_group_rules.len());
    for update in &input.security_group_rules {
        let old = security_group::rule_of(call, &group, &update.security_group_rule_id)?;
        if !ids.insert(old.id) {
            let text = format!("The security group rule ID '{}' must not appear multiple times", old.id);
            return Err(Error::InvalidParameterValue(text));
        }
        let request = update.security_group_rule.as_ref();
        let request = request.ok_or(Error::MissingParameter("SecurityGroupRule.SecurityGroupRule"))?;
        let new = security_group::read_one(call, &group, request)?;
        if discriminant(&new.peer) != discriminant(&old.peer) {
            return Err(Error::InvalidParameterValue(format!(
                "Invalid rule type for security group rule '{}'. You may not specify {} for an existing {} rule.",
                old.id,
                peer_words(new.peer).0,
                peer_words(old.peer).1,
            )));
        }
        if !contents.insert((old.egress, new.protocol, new.peer)) {
            return Err(security_group::twice());
        }
        rules.push((old, new));
    }

    // Rules of one call may change places, so what they said before does not count.
    for (old, new) in &rules {
        let there = security_group::saying(call, &group, old.egress, new);
        if there.is_some_and(|id| !ids.contains(&id)) {
            return Err(Error::PermissionDuplicate(new.to_string()));
        }
    }
    for (old, new) in rules {
        let old = old.as_ref().clone();
        let (protocol, peer, across, description) = (new.protocol, new.peer, new.across, new.description);
        call.tx.put(stored::SecurityGroupRule { protocol, peer, across, description, ..old });
    }
    security_group::expect_room(call.state(), group.id)?;
    Ok(ModifySecurityGroupRulesResult { r#return: Some(true) })
}

/// The parameter that names such a peer, and EC2's word for rules with one.
fn peer_words(peer: Peer) -> (&'static str, &'static str) {
    match peer {
        Peer::V4(_) => ("CidrIpv4", "IPv4 CIDR"),
        Peer::V6(_) => ("CidrIpv6", "IPv6 CIDR"),
        Peer::Group { .. } => ("ReferencedGroupId", "referenced group"),
        Peer::PrefixList(_) => ("PrefixListId", "prefix list"),
    }
}

/// `UpdateSecurityGroupRuleDescriptionsIngress`.
pub fn update_descriptions_ingress(
    call: &mut Call<'_>,
    input: UpdateSecurityGroupRuleDescriptionsIngressRequest,
) -> Result<UpdateSecurityGroupRuleDescriptionsIngressResult> {
    let group = security_group::find(call, input.group_id.as_deref(), input.group_name.as_deref())?;
    describe_anew(call, &group, false, &input.ip_permissions, &input.security_group_rule_descriptions)?;
    Ok(UpdateSecurityGroupRuleDescriptionsIngressResult { r#return: Some(true) })
}

/// `UpdateSecurityGroupRuleDescriptionsEgress`.
pub fn update_descriptions_egress(
    call: &mut Call<'_>,
    input: UpdateSecurityGroupRuleDescriptionsEgressRequest,
) -> Result<UpdateSecurityGroupRuleDescriptionsEgressResult> {
    let group = security_group::find(call, input.group_id.as_deref(), input.group_name.as_deref())?;
    describe_anew(call, &group, true, &input.ip_permissions, &input.security_group_rule_descriptions)?;
    Ok(UpdateSecurityGroupRuleDescriptionsEgressResult { r#return: Some(true) })
}

/// Gives rules new descriptions, or takes away those that the call leaves out.
fn describe_anew(
    call: &mut Call<'_>,
    group: &stored::SecurityGroup,
    egress: bool,
    permissions: &[IpPermission],
    descriptions: &[SecurityGroupRuleDescription],
) -> Result<()> {
    let (rules, descriptions) = match (permissions, descriptions) {
        ([], []) => {
            let text = "Either 'ipPermissions' or 'securityGroupRuleDescriptions' should be provided.";
            return Err(Error::Missing(text));
        }
        (permissions, []) => {
            let permissions = security_group::read(call, group, permissions, security_group::Asked::ToFind)?;
            let rules = security_group::rules_saying(call, group, egress, &permissions)?;
            (rules, permissions.into_iter().map(|it| it.description).collect::<Vec<_>>())
        }
        ([], given) => {
            let mut rules = Vec::with_capacity(given.len());
            let mut descriptions = Vec::with_capacity(given.len());
            for it in given {
                let missing = Error::MissingParameter("SecurityGroupRuleDescription.SecurityGroupRuleId");
                let id = it.security_group_rule_id.as_ref().ok_or(missing)?;
                rules.extend(security_group::rules_with_ids(call, group, egress, std::slice::from_ref(id))?);
                descriptions.push(security_group::read_description(it.description.as_deref())?);
            }
            (rules, descriptions)
        }
        _ => {
            let text = "The parameter 'ipPermissions' may not be used in combination with \
                        'securityGroupRuleDescriptions'";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
    };
    for (rule, description) in rules.iter().zip(descriptions) {
        call.tx.put(stored::SecurityGroupRule { description, ..rule.as_ref().clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
