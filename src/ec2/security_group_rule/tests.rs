//! Single rules, called as clients call.

use crate::ec2::fixture::{World, text, texts};
use crate::ec2::security_group::tests::{group, vpc};
use crate::wire::shapes::documented_filters;

/// A world with a group and, in it, rules for these TCP ports from 10.0.0.0/8; the group's id and the rules'.
fn with_rules(ports: &[&str]) -> (World, String, Vec<String>) {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let id = group(&mut world, &vpc, "web");
    let rules = ports.iter().map(|port| admit(&mut world, &id, port, ("IpRanges.1.CidrIp", "10.0.0.0/8"))).collect();
    (world, id, rules)
}

/// Admits a TCP port into the group, and answers the rule's id.
fn admit(world: &mut World, group: &str, port: &str, (peer, value): (&str, &str)) -> String {
    let peer = format!("IpPermissions.1.{peer}");
    let ports = [("IpPermissions.1.FromPort", port), ("IpPermissions.1.ToPort", port)];
    let mut parameters = vec![("GroupId", group), ("IpPermissions.1.IpProtocol", "tcp"), (peer.as_str(), value)];
    parameters.extend(ports);
    text(&world.ok("AuthorizeSecurityGroupIngress", &parameters), "securityGroupRuleId").to_owned()
}

/// What a rule looks like.
fn shown(world: &mut World, rule: &str) -> String {
    world.ok("DescribeSecurityGroupRules", &[("SecurityGroupRuleId.1", rule)])
}

/// `ModifySecurityGroupRules` with what each rule is to say; the outcome is the code.
fn modify(world: &mut World, group: &str, updates: &[(&str, &[(&str, &str)])]) -> String {
    let mut parameters = vec![("GroupId".to_owned(), group)];
    for (at, (rule, request)) in updates.iter().enumerate() {
        let name = format!("SecurityGroupRule.{}", at + 1);
        parameters.push((format!("{name}.SecurityGroupRuleId"), rule));
        parameters.extend(request.iter().map(|(field, value)| (format!("{name}.SecurityGroupRule.{field}"), *value)));
    }
    let parameters: Vec<_> = parameters.iter().map(|it| (it.0.as_str(), it.1)).collect();
    world.call("ModifySecurityGroupRules", &parameters).map_or_else(|it| it.code(), |it| text(&it, "return").to_owned())
}

const TCP_80: &[(&str, &str)] =
    &[("IpProtocol", "tcp"), ("FromPort", "80"), ("ToPort", "80"), ("CidrIpv4", "10.0.0.0/8")];
const TCP_81: &[(&str, &str)] =
    &[("IpProtocol", "tcp"), ("FromPort", "81"), ("ToPort", "81"), ("CidrIpv4", "10.0.0.0/8")];

#[test]
fn a_rule_is_shown_with_all_that_it_says() {
    let (mut world, id, rules) = with_rules(&["80"]);
    let answer = shown(&mut world, &rules[0]);
    let member = |name| text(&answer, name);
    assert_eq!((member("groupId"), member("groupOwnerId")), (id.as_str(), "100000000001"));
    assert_eq!((member("isEgress"), member("ipProtocol"), member("cidrIpv4")), ("false", "tcp", "10.0.0.0/8"));
    assert_eq!((member("fromPort"), member("toPort")), ("80", "80"));
    assert_eq!(texts(&answer, "description"), [""; 0]);
    let arn = format!("arn:aws:ec2:us-east-1:100000000001:security-group-rule/{}", rules[0]);
    assert_eq!(member("securityGroupRuleArn"), arn);

    let from_group = admit(&mut world, &id, "22", ("Groups.1.GroupId", &id));
    let answer = shown(&mut world, &from_group);
    let info = text(&answer, "referencedGroupInfo");
    assert_eq!((text(info, "groupId"), text(info, "userId")), (id.as_str(), "100000000001"));

    let filter = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", id.as_str())];
    let answer = world.ok("DescribeSecurityGroupRules", &filter);
    let everything = answer.split("<item>").find(|it| it.contains("<isEgress>true")).expect("the rule of every group");
    assert_eq!(["fromPort", "toPort", "ipProtocol"].map(|it| text(everything, it)), ["-1"; 3]);
}

#[test]
fn another_accounts_rule_does_not_exist() {
    let (mut world, id, rules) = with_rules(&["80"]);
    world.become_account(2);
    let by_id = [("SecurityGroupRuleId.1", rules[0].as_str())];
    assert_eq!(world.code("DescribeSecurityGroupRules", &by_id), "InvalidSecurityGroupRuleId.NotFound");
    for (filter, value) in [("group-id", &id), ("security-group-rule-id", &rules[0])] {
        let filter = [("Filter.1.Name", filter), ("Filter.1.Value.1", value.as_str())];
        assert_eq!(texts(&world.ok("DescribeSecurityGroupRules", &filter), "securityGroupRuleId"), [""; 0]);
    }
    assert_eq!(texts(&world.ok("DescribeSecurityGroupRules", &[]), "securityGroupRuleId"), [""; 0]);
    assert_eq!(modify(&mut world, &id, &[(&rules[0], TCP_81)]), "InvalidGroup.NotFound");
}

#[test]
fn every_documented_filter_is_known_and_no_other() {
    let (mut world, _, rules) = with_rules(&["80", "81"]);
    for filter in documented_filters("DescribeSecurityGroupRules") {
        world.ok("DescribeSecurityGroupRules", &[("Filter.1.Name", filter), ("Filter.1.Value.1", "x*")]);
    }
    let unknown = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", "x")];
    assert_eq!(world.code("DescribeSecurityGroupRules", &unknown), "InvalidParameterValue");
    let found = |world: &mut World, filter: &str, value: &str| {
        let answer = world.ok("DescribeSecurityGroupRules", &[("Filter.1.Name", filter), ("Filter.1.Value.1", value)]);
        texts(&answer, "securityGroupRuleId").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    world.ok("CreateTags", &[("ResourceId.1", &rules[1]), ("Tag.1.Key", "a"), ("Tag.1.Value", "b")]);
    assert_eq!(found(&mut world, "tag:a", "b"), [rules[1].as_str()]);
    assert_eq!(found(&mut world, "security-group-rule-id", &rules[0]), [rules[0].as_str()]);
}

#[test]
fn rules_come_in_pages_in_the_order_of_ids() {
    let (mut world, id, _) = with_rules(&["80", "81", "82", "83", "84"]);
    let by_group = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", id.as_str()), ("MaxResults", "5")];
    let first = world.ok("DescribeSecurityGroupRules", &by_group);
    let mut next = by_group.to_vec();
    next.push(("NextToken", text(&first, "nextToken")));
    let second = world.ok("DescribeSecurityGroupRules", &next);
    let mut ids = texts(&first, "securityGroupRuleId");
    ids.extend(texts(&second, "securityGroupRuleId"));
    assert_eq!((ids.len(), ids.is_sorted()), (6, true));
}

#[test]
fn a_modified_rule_says_what_the_call_says_and_nothing_more() {
    let (mut world, id, rules) = with_rules(&["80"]);
    let described = [TCP_81, &[("Description", "b")]].concat();
    assert_eq!(modify(&mut world, &id, &[(&rules[0], &described)]), "true");
    let answer = shown(&mut world, &rules[0]);
    assert_eq!((text(&answer, "fromPort"), text(&answer, "description")), ("81", "b"));
    assert_eq!(modify(&mut world, &id, &[(&rules[0], TCP_80)]), "true");
    let answer = shown(&mut world, &rules[0]);
    assert_eq!((text(&answer, "fromPort"), texts(&answer, "description")), ("80", vec![]));
}

#[test]
fn rules_can_change_places_but_not_become_the_same() {
    let (mut world, id, rules) = with_rules(&["80", "81", "82"]);
    assert_eq!(modify(&mut world, &id, &[(&rules[0], TCP_81), (&rules[1], TCP_80)]), "true");
    assert_eq!(text(&shown(&mut world, &rules[0]), "fromPort"), "81");
    assert_eq!(text(&shown(&mut world, &rules[1]), "fromPort"), "80");
    assert_eq!(modify(&mut world, &id, &[(&rules[2], TCP_80)]), "InvalidPermission.Duplicate");
    assert_eq!(modify(&mut world, &id, &[(&rules[0], TCP_80)]), "InvalidPermission.Duplicate");
    assert_eq!(modify(&mut world, &id, &[(&rules[0], TCP_80), (&rules[1], TCP_80)]), "InvalidParameterValue");
    assert_eq!(modify(&mut world, &id, &[(&rules[0], TCP_80), (&rules[0], TCP_81)]), "InvalidParameterValue");
    // Each is still found by what it says.
    let revoke = [
        ("GroupId", id.as_str()),
        ("IpProtocol", "tcp"),
        ("FromPort", "81"),
        ("ToPort", "81"),
        ("CidrIp", "10.0.0.0/8"),
    ];
    assert_eq!(text(&world.ok("RevokeSecurityGroupIngress", &revoke), "securityGroupRuleId"), rules[0]);
    assert_eq!(modify(&mut world, &id, &[(&rules[1], TCP_81)]), "true");
}

#[test]
fn a_modification_that_ec2_refuses_changes_no_rule() {
    let (mut world, id, rules) = with_rules(&["80"]);
    let mut check = |request: &[(&str, &str)], expected: &str| {
        assert_eq!(modify(&mut world, &id, &[(&rules[0], request)]), expected, "{request:?}");
    };
    check(&[], "MissingParameter");
    check(&[("IpProtocol", "-1")], "MissingParameter");
    check(&[("CidrIpv4", "10.0.0.0/8")], "InvalidParameterValue");
    check(&[("IpProtocol", "-1"), ("CidrIpv6", "::/0")], "InvalidParameterValue");
    check(&[("IpProtocol", "-1"), ("CidrIpv6", "::/0"), ("CidrIpv4", "0.0.0.0/0")], "InvalidParameterCombination");
    check(&[("IpProtocol", "-1"), ("ReferencedGroupId", "sg-12345678901234567")], "InvalidGroup.NotFound");
    check(&[("IpProtocol", "-1"), ("PrefixListId", "pl-12345678901234567")], "InvalidPrefixListID.NotFound");
    let unknown = "sgr-12345678901234567";
    assert_eq!(modify(&mut world, &id, &[(&rules[0], TCP_81), (unknown, TCP_81)]), "InvalidSecurityGroupRuleId.NotFound");
    assert_eq!(text(&shown(&mut world, &rules[0]), "fromPort"), "80");
    let answer = world.ok("DescribeSecurityGroups", &[("GroupId.1", &id)]);
    let other = group(&mut world, text(&answer, "vpcId"), "other");
    assert_eq!(modify(&mut world, &other, &[(&rules[0], TCP_81)]), "InvalidSecurityGroupRuleId.NotFound");
}

#[test]
fn descriptions_are_updated_by_permission_and_by_id() {
    let (mut world, id, rules) = with_rules(&["80"]);
    let by_permission = |description| {
        vec![
            ("GroupId", id.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "80"),
            ("IpPermissions.1.ToPort", "80"),
            ("IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/8"),
            ("IpPermissions.1.IpRanges.1.Description", description),
        ]
    };
    let by_id = |description| {
        vec![
            ("GroupId", id.as_str()),
            ("SecurityGroupRuleDescription.1.SecurityGroupRuleId", rules[0].as_str()),
            ("SecurityGroupRuleDescription.1.Description", description),
        ]
    };
    let mut check = |parameters: &[(&str, &str)], expected: &[&str]| {
        let answer = world.ok("UpdateSecurityGroupRuleDescriptionsIngress", parameters);
        assert_eq!(text(&answer, "return"), "true");
        assert_eq!(texts(&shown(&mut world, &rules[0]), "description"), expected);
    };
    check(&by_permission("one"), &["one"]);
    check(&by_id("two"), &["two"]);
    check(&by_permission(""), &[]);
    check(&by_id("three"), &["three"]);
    check(&by_id("")[..2], &[]);

    let egress = "UpdateSecurityGroupRuleDescriptionsEgress";
    assert_eq!(world.code(egress, &by_permission("x")), "InvalidPermission.NotFound");
    assert_eq!(world.code(egress, &by_id("x")), "InvalidSecurityGroupRuleId.NotFound");
    assert_eq!(world.code(egress, &[("GroupId", &id)]), "MissingParameter");
    let both = [by_permission("x"), by_id("x").split_off(1)].concat();
    assert_eq!(world.code(egress, &both), "InvalidParameterCombination");
    let everything = [
        ("GroupId", id.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
        ("IpPermissions.1.IpRanges.1.Description", "everything"),
    ];
    world.ok(egress, &everything);
    assert!(world.ok("DescribeSecurityGroups", &[("GroupId.1", &id)]).contains("<description>everything</description>"));
}
