//! Rules come and go: `AuthorizeSecurityGroup…` and `RevokeSecurityGroup…`, both directions.
//!
//! A rule is found by what it says, so that one rule costs the same in a group of one and in a group of thousands.

use std::sync::Arc;

use super::{Asked, Permission, find, read, remove_rule, rule_of};
use crate::ec2::error::{Error, Kind, Limit, Result};
use crate::ec2::scope::{Call, Scope};
use crate::ec2::{security_group_rule, tag};
use crate::state::State;
use crate::state::id::{SecurityGroupId, SecurityGroupRuleId};
use crate::state::prefix_list::Family;
use crate::state::security_group as stored;
use crate::state::security_group::Peer;
use crate::wire::shapes::*;

/// AWS's quotas are far lower and can be raised; this one keeps a group's size within what memory can hold.
const RULES_MAX: usize = 10_000;
/// AWS's default quota of the rules of one direction and IP version; it holds where AWS's quotas are asked for.
const AWSS_RULES_MAX: usize = 60;

/// What a call names, in either form: the four inputs have the same members and no type in common.
macro_rules! permissions {
    ($input:ident) => {
        Flat {
            cidr: $input.cidr_ip,
            from_port: $input.from_port,
            protocol: $input.ip_protocol,
            group_name: $input.source_security_group_name,
            group_owner: $input.source_security_group_owner_id,
            to_port: $input.to_port,
        }
        .or($input.ip_permissions)
    };
}

/// `AuthorizeSecurityGroupIngress`.
pub fn authorize_ingress(
    call: &mut Call<'_>,
    input: AuthorizeSecurityGroupIngressRequest,
) -> Result<AuthorizeSecurityGroupIngressResult> {
    let group = find(call, input.group_id.as_deref(), input.group_name.as_deref())?;
    let permissions = permissions!(input)?;
    let security_group_rules = authorize(call, &group, false, &permissions, &input.tag_specifications)?;
    Ok(AuthorizeSecurityGroupIngressResult { r#return: Some(true), security_group_rules })
}

/// `AuthorizeSecurityGroupEgress`.
pub fn authorize_egress(
    call: &mut Call<'_>,
    input: AuthorizeSecurityGroupEgressRequest,
) -> Result<AuthorizeSecurityGroupEgressResult> {
    let group = find(call, Some(&input.group_id), None)?;
    let permissions = permissions!(input)?;
    let security_group_rules = authorize(call, &group, true, &permissions, &input.tag_specifications)?;
    Ok(AuthorizeSecurityGroupEgressResult { r#return: Some(true), security_group_rules })
}

/// `RevokeSecurityGroupIngress`.
pub fn revoke_ingress(
    call: &mut Call<'_>,
    input: RevokeSecurityGroupIngressRequest,
) -> Result<RevokeSecurityGroupIngressResult> {
    let group = find(call, input.group_id.as_deref(), input.group_name.as_deref())?;
    let permissions = permissions!(input)?;
    let revoked_security_group_rules = revoke(call, &group, false, &permissions, &input.security_group_rule_ids)?;
    Ok(RevokeSecurityGroupIngressResult { r#return: Some(true), revoked_security_group_rules, ..Default::default() })
}

/// `RevokeSecurityGroupEgress`.
pub fn revoke_egress(
    call: &mut Call<'_>,
    input: RevokeSecurityGroupEgressRequest,
) -> Result<RevokeSecurityGroupEgressResult> {
    let group = find(call, Some(&input.group_id), None)?;
    let permissions = permissions!(input)?;
    let revoked_security_group_rules = revoke(call, &group, true, &permissions, &input.security_group_rule_ids)?;
    Ok(RevokeSecurityGroupEgressResult { r#return: Some(true), revoked_security_group_rules, ..Default::default() })
}

fn authorize(
    call: &mut Call<'_>,
    group: &stored::SecurityGroup,
    egress: bool,
    permissions: &[IpPermission],
    tags: &[TagSpecification],
) -> Result<Vec<SecurityGroupRule>> {
    if permissions.is_empty() {
        return Err(Error::MissingParameter("ipPermissions"));
    }
    let permissions = read(call, group, permissions, Asked::ToAdd)?;
    for permission in &permissions {
        if saying(call, group, egress, permission).is_some() {
            return Err(Error::PermissionDuplicate(permission.to_string()));
        }
    }

    let mut made = Vec::with_capacity(permissions.len());
    for permission in permissions {
        let rule = stored::SecurityGroupRule {
            id: call.tx.mint(),
            account: group.account,
            region: group.region.clone(),
            vpc: group.vpc,
            group: group.id,
            egress,
            protocol: permission.protocol,
            peer: permission.peer,
            across: permission.across,
            description: permission.description,
        };
        tag::specified(call, "security-group-rule", rule.id, tags)?;
        made.push(security_group_rule::show(call, &rule));
        call.tx.put(rule);
    }
    expect_room(call.state(), group.id)?;
    Ok(made)
}

/// Refuses a group that has more rules than it may. One that names a prefix list counts for as many as the list may
/// have entries.
pub fn expect_room(state: &State, group: SecurityGroupId) -> Result<()> {
    let rules = state.indexes.rules_len_of_group.get(&group).copied().unwrap_or(0);
    let lists = state.indexes.prefix_list_rules_of_group.of(group);
    let more = lists.filter_map(|it| state.security_group_rules.get(&it)).map(|it| weights(state, it.peer));
    let more: usize = more.map(|[four, six]| (four + six).saturating_sub(1)).sum();
    let awss = state.settings.get(&()).is_some_and(|it| it.quotas);
    if rules + more > RULES_MAX || awss && [false, true].iter().any(|it| exceeds_awss(state, group, *it)) {
        return Err(Error::LimitExceeded(Limit::RulesPerGroup));
    }
    Ok(())
}

/// Whether the rules of one direction are more than AWS's default quota, which holds for each IP version by itself.
fn exceeds_awss(state: &State, group: SecurityGroupId, egress: bool) -> bool {
    let rules = state.rules_of_direction(group, egress).map(|it| weights(state, it.peer));
    let [four, six] = rules.fold([0, 0], |sum, it| [sum[0] + it[0], sum[1] + it[1]]);
    four.max(six) > AWSS_RULES_MAX
}

/// For how many IPv4 and IPv6 rules one with this peer counts.
fn weights(state: &State, peer: Peer) -> [usize; 2] {
    match peer {
        Peer::V4(_) => [1, 0],
        Peer::V6(_) => [0, 1],
        Peer::Group { .. } => [1, 1],
        Peer::PrefixList(list) => match state.prefix_lists.get(&list) {
            Some(list) if list.family == Family::Ipv4 => [list.entries_max as usize, 0],
            Some(list) => [0, list.entries_max as usize],
            None => [0, 0],
        },
    }
}

fn revoke(
    call: &mut Call<'_>,
    group: &stored::SecurityGroup,
    egress: bool,
    permissions: &[IpPermission],
    ids: &[String],
) -> Result<Vec<RevokedSecurityGroupRule>> {
    let rules = match (permissions, ids) {
        ([], []) => {
            let text = "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.";
            return Err(Error::Missing(text));
        }
        ([], ids) => rules_with_ids(call, group, egress, ids)?,
        (permissions, []) => rules_saying(call, group, egress, &read(call, group, permissions, Asked::ToFind)?)?,
        _ => {
            let text = "The parameter 'ipPermissions' may not be used in combination with 'securityGroupRuleIds'";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
    };
    for rule in &rules {
        remove_rule(call, rule.id);
    }
    Ok(rules.iter().map(|it| revoked(it)).collect())
}

/// The group's rules of one direction with these ids, each once.
pub fn rules_with_ids(
    scope: &impl Scope,
    group: &stored::SecurityGroup,
    egress: bool,
    ids: &[String],
) -> Result<Vec<Arc<stored::SecurityGroupRule>>> {
    let found = ids.iter().map(|id| match rule_of(scope, group, id)? {
        rule if rule.egress == egress => Ok(rule),
        _ => Err(Error::NotFound { kind: Kind::SecurityGroupRule, id: id.clone() }),
    });
    let mut rules = found.collect::<Result<Vec<_>>>()?;
    rules.sort_by_key(|it| it.id);
    rules.dedup_by_key(|it| it.id);
    Ok(rules)
}

/// The group's rules of one direction that say what the permissions say, in their order.
pub fn rules_saying(
    scope: &impl Scope,
    group: &stored::SecurityGroup,
    egress: bool,
    permissions: &[Permission],
) -> Result<Vec<Arc<stored::SecurityGroupRule>>> {
    let rule = |id| scope.state().security_group_rules.get(&id).cloned();
    let found = permissions.iter().map(|it| saying(scope, group, egress, it).and_then(rule));
    found.map(|it| it.ok_or(Error::PermissionNotFound)).collect()
}

/// The group's rule that says what the permission says; descriptions do not matter.
pub fn saying(
    scope: &impl Scope,
    group: &stored::SecurityGroup,
    egress: bool,
    permission: &Permission,
) -> Option<SecurityGroupRuleId> {
    let content = (group.id, egress, permission.protocol, permission.peer);
    scope.state().indexes.rules_of_group.get(&content).copied()
}

fn revoked(rule: &stored::SecurityGroupRule) -> RevokedSecurityGroupRule {
    let (protocol, ports) = super::numbers(rule.protocol);
    let (from, to) = ports.unwrap_or((-1, -1));
    let mut shown = RevokedSecurityGroupRule {
        description: rule.description.clone(),
        from_port: Some(from),
        group_id: Some(rule.group.to_string()),
        ip_protocol: Some(protocol),
        is_egress: Some(rule.egress),
        security_group_rule_id: Some(rule.id.to_string()),
        to_port: Some(to),
        ..Default::default()
    };
    match rule.peer {
        Peer::V4(block) => shown.cidr_ipv4 = Some(block.to_string()),
        Peer::V6(block) => shown.cidr_ipv6 = Some(block.to_string()),
        Peer::Group { group, .. } => shown.referenced_group_id = Some(group.to_string()),
        Peer::PrefixList(list) => shown.prefix_list_id = Some(list.to_string()),
    }
    shown
}

/// The old way to word one permission, right among the parameters of the call.
struct Flat {
    cidr: Option<String>,
    from_port: Option<i32>,
    protocol: Option<String>,
    group_name: Option<String>,
    group_owner: Option<String>,
    to_port: Option<i32>,
}

impl Flat {
    /// The permissions of the call, in whichever of the two ways it words them.
    fn or(self, permissions: Vec<IpPermission>) -> Result<Vec<IpPermission>> {
        let Some(name) = self.first_given() else { return Ok(permissions) };
        if !permissions.is_empty() {
            return Err(not_with("ipPermissions", name));
        }
        if self.group_name.is_none() && self.group_owner.is_none() {
            return Ok(vec![IpPermission {
                from_port: self.from_port,
                ip_protocol: self.protocol,
                ip_ranges: self.cidr.map(|it| IpRange { cidr_ip: Some(it), description: None }).into_iter().collect(),
                to_port: self.to_port,
                ..Default::default()
            }]);
        }
        if !name.starts_with("source") {
            return Err(not_with("sourceSecurityGroupName", name));
        }
        // A group worded this way is let in with all of ICMP, TCP and UDP.
        let pair = UserIdGroupPair { group_name: self.group_name, user_id: self.group_owner, ..Default::default() };
        let everything = [("icmp", -1, -1), ("tcp", 0, 65_535), ("udp", 0, 65_535)];
        let permissions = everything.map(|(protocol, from, to)| IpPermission {
            from_port: Some(from),
            ip_protocol: Some(protocol.to_owned()),
            to_port: Some(to),
            user_id_group_pairs: vec![pair.clone()],
            ..Default::default()
        });
        Ok(permissions.into())
    }

    /// The name of a parameter that was given; those of a group come last.
    fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("cidrIp", self.cidr.is_some()),
            ("fromPort", self.from_port.is_some()),
            ("ipProtocol", self.protocol.is_some()),
            ("toPort", self.to_port.is_some()),
            ("sourceSecurityGroupName", self.group_name.is_some()),
            ("sourceSecurityGroupOwnerId", self.group_owner.is_some()),
        ];
        given.into_iter().find(|it| it.1).map(|it| it.0)
    }
}

fn not_with(one: &str, other: &str) -> Error {
    let text = format!("The parameter '{one}' may not be used in combination with '{other}'");
    Error::InvalidParameterCombination(text)
}
