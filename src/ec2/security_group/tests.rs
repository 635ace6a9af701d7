//! Groups and what they admit, called as clients call.

use crate::ec2::fixture::{World, text, texts};
use crate::net::Mac;
use crate::state::id::InterfaceId;
use crate::state::network_interface::NetworkInterface;
use crate::state::security_group::{Identity, SecurityGroupRule};
use crate::wire::shapes::documented_filters;

/// A VPC, and its id.
pub fn vpc(world: &mut World) -> String {
    text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned()
}

/// A group in the VPC, and its id.
pub fn group(world: &mut World, vpc: &str, name: &str) -> String {
    let parameters = [("GroupName", name), ("GroupDescription", "for a test"), ("VpcId", vpc)];
    text(&world.ok("CreateSecurityGroup", &parameters), "groupId").to_owned()
}

/// A world with a group in a VPC that is not the default one.
fn with_group() -> (World, String, String) {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let group = group(&mut world, &vpc, "web");
    (world, vpc, group)
}

/// The parameters of one permission: its protocol, its ports, and what a peer parameter says.
fn permission<'a>(
    group: &'a str,
    protocol: &'a str,
    ports: &[&'a str],
    peer: (&'a str, &'a str),
) -> Vec<(&'a str, &'a str)> {
    let mut parameters = vec![("GroupId", group), ("IpPermissions.1.IpProtocol", protocol), peer];
    parameters.extend(["IpPermissions.1.FromPort", "IpPermissions.1.ToPort"].into_iter().zip(ports.iter().copied()));
    parameters
}

const BLOCK: &str = "IpPermissions.1.IpRanges.1.CidrIp";
const BLOCK6: &str = "IpPermissions.1.Ipv6Ranges.1.CidrIpv6";
const PEER: &str = "IpPermissions.1.Groups.1.GroupId";

/// What `DescribeSecurityGroups` shows as the ingress permissions of a group.
fn ingress(world: &mut World, group: &str) -> String {
    text(&world.ok("DescribeSecurityGroups", &[("GroupId.1", group)]), "ipPermissions").to_owned()
}

#[test]
fn a_new_group_lets_everything_out_and_nothing_in() {
    let (mut world, vpc, id) = with_group();
    let answer = world.ok("DescribeSecurityGroups", &[("GroupId.1", &id)]);
    assert_eq!((text(&answer, "groupName"), text(&answer, "groupDescription")), ("web", "for a test"));
    assert_eq!((text(&answer, "vpcId"), text(&answer, "ownerId")), (vpc.as_str(), "100000000001"));
    assert_eq!(text(&answer, "ipPermissions"), "");
    assert_eq!((text(&answer, "ipProtocol"), texts(&answer, "cidrIp")), ("-1", vec!["0.0.0.0/0"]));
    assert_eq!((texts(&answer, "fromPort"), texts(&answer, "cidrIpv6")), (vec![], vec![]));

    let parameters = [("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")];
    let vpc6 = text(&world.ok("CreateVpc", &parameters), "vpcId").to_owned();
    let id6 = group(&mut world, &vpc6, "web");
    let answer = world.ok("DescribeSecurityGroups", &[("GroupId.1", &id6)]);
    assert_eq!((texts(&answer, "cidrIp"), texts(&answer, "cidrIpv6")), (vec!["0.0.0.0/0"], vec!["::/0"]));
    assert_eq!(texts(&answer, "ipProtocol").len(), 1, "both families are one permission");
}

#[test]
fn a_group_is_made_with_its_tags() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let mut parameters = vec![("GroupName", "a"), ("GroupDescription", "b"), ("VpcId", &vpc)];
    parameters.extend([("TagSpecification.1.Tag.1.Key", "Name"), ("TagSpecification.1.Tag.1.Value", "x")]);
    parameters.push(("TagSpecification.1.ResourceType", "security-group"));
    let answer = world.ok("CreateSecurityGroup", &parameters);
    assert_eq!((text(&answer, "key"), text(&answer, "value")), ("Name", "x"));
    let arn = format!("arn:aws:ec2:us-east-1:100000000001:security-group/{}", text(&answer, "groupId"));
    assert_eq!(text(&answer, "securityGroupArn"), arn);
    parameters[0].1 = "other";
    parameters.last_mut().expect("a type").1 = "vpc";
    assert_eq!(world.code("CreateSecurityGroup", &parameters), "InvalidParameterValue");
}

#[test]
fn a_groups_name_follows_ec2s_rules() {
    let (mut world, vpc, _) = with_group();
    let long = "x".repeat(256);
    let mut check = |name: &str, description: &str, expected: &str| {
        let parameters = [("GroupName", name), ("GroupDescription", description), ("VpcId", vpc.as_str())];
        let outcome = world.call("CreateSecurityGroup", &parameters).map_or_else(|it| it.code(), |_| "made".to_owned());
        assert_eq!(outcome, expected, "{name}: {description}");
    };
    check("a b._-:/()#,@[]+=&;{}!$*", "a", "made");
    check("web", "again", "InvalidGroup.Duplicate");
    check("WEB ", "names differ neither by case nor by spaces at the end", "InvalidGroup.Duplicate");
    check("default", "a", "InvalidGroup.Reserved");
    check("Default", "a", "InvalidGroup.Reserved");
    check("sg-1", "a", "InvalidParameterValue");
    check("größe", "a", "InvalidParameterValue");
    check(&long, "a", "InvalidParameterValue");
    check(&long[1..], "a", "made");
    check("b", &long, "InvalidParameterValue");
    check("b", "a\tb", "InvalidParameterValue");
    check("b", "", "MissingParameter");
    check("", "a", "MissingParameter");
}

#[test]
fn a_group_without_a_vpc_goes_to_the_default_one_if_there_is_one() {
    let mut world = World::new();
    let parameters = [("GroupName", "web"), ("GroupDescription", "a")];
    assert_eq!(world.code("CreateSecurityGroup", &parameters), "VPCIdNotSpecified");
    let vpc = text(&world.ok("CreateDefaultVpc", &[]), "vpcId").to_owned();
    let id = text(&world.ok("CreateSecurityGroup", &parameters), "groupId").to_owned();
    let answer = world.ok("DescribeSecurityGroups", &[("GroupName.1", "web")]);
    assert_eq!((text(&answer, "groupId"), text(&answer, "vpcId")), (id.as_str(), vpc.as_str()));
    world.ok("DeleteSecurityGroup", &[("GroupName", "web")]);
    assert_eq!(world.code("DeleteSecurityGroup", &[("GroupName", "web")]), "InvalidGroup.NotFound");
}

#[test]
fn a_group_goes_with_its_rules_and_tags_and_can_be_made_again() {
    let (mut world, vpc, id) = with_group();
    world.ok("AuthorizeSecurityGroupIngress", &permission(&id, "tcp", &["22", "22"], (PEER, &id)));
    world.ok("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "a")]);
    let answer = world.ok("DeleteSecurityGroup", &[("GroupId", &id)]);
    assert_eq!((text(&answer, "return"), text(&answer, "groupId")), ("true", id.as_str()));
    assert_eq!(world.state.tags.len(), 0);
    assert_eq!(world.state.security_group_rules.iter().filter(|it| it.group.to_string() == id).count(), 0);
    assert_eq!(world.code("DescribeSecurityGroups", &[("GroupId.1", &id)]), "InvalidGroup.NotFound");
    group(&mut world, &vpc, "web");
}

#[test]
fn a_group_that_something_needs_stays() {
    let (mut world, vpc, id) = with_group();
    let answer =
        world.ok("DescribeSecurityGroups", &[("Filter.1.Name", "group-name"), ("Filter.1.Value.1", "default")]);
    let default = text(&answer, "groupId").to_owned();
    assert_eq!(world.code("DeleteSecurityGroup", &[("GroupId", &default)]), "CannotDelete");

    let other = group(&mut world, &vpc, "other");
    world.ok("AuthorizeSecurityGroupIngress", &permission(&other, "tcp", &["22", "22"], (PEER, &id)));
    assert_eq!(world.code("DeleteSecurityGroup", &[("GroupId", &id)]), "DependencyViolation");
    world.ok("DeleteSecurityGroup", &[("GroupId", &other)]);

    wear(&mut world, &vpc, &id);
    let error = world.call("DeleteSecurityGroup", &[("GroupId", &id)]).expect_err("it is worn");
    assert_eq!(error.code(), "DependencyViolation");
    assert_eq!(error.to_string(), format!("resource {id} has a dependent object"));
    let interface = world.state.network_interfaces.iter().next().expect("it was put").id;
    world.commit(|tx| tx.remove::<NetworkInterface>(interface));
    world.ok("DeleteSecurityGroup", &[("GroupId", &id)]);
    assert_eq!(world.state.identities.len(), 0, "the identity goes with the group");
}

/// Puts an interface into the VPC that wears the group.
fn wear(world: &mut World, vpc: &str, group: &str) {
    world.ok("CreateSubnet", &[("VpcId", vpc), ("CidrBlock", "10.0.0.0/24")]);
    let subnet = world.state.subnets.iter().next().expect("a subnet").clone();
    let groups = vec![group.parse().expect("a group's id")];
    world.commit(|tx| {
        let id: InterfaceId = tx.mint();
        tx.put(Identity { vpc: subnet.vpc, number: 1, groups: groups.clone() });
        tx.put(NetworkInterface {
            id,
            account: subnet.account,
            region: subnet.region.clone(),
            vpc: subnet.vpc,
            subnet: subnet.id,
            zone: subnet.zone.clone(),
            mac: Mac::derived(1),
            description: String::new(),
            addresses: vec![[10, 0, 0, 4].into()],
            addresses6: Vec::new(),
            groups,
            identity: 1,
            prefixes: Vec::new(),
            prefixes6: Vec::new(),
            kind: Default::default(),
            source_dest_check: true,
            map_public_address: false,
            bandwidth: None,
            attachment: None,
            detached: None,
            created: tx.now(),
        });
    });
}

#[test]
fn another_accounts_group_does_not_exist() {
    let (mut world, _, id) = with_group();
    world.become_account(2);
    assert_eq!(world.code("DescribeSecurityGroups", &[("GroupId.1", &id)]), "InvalidGroup.NotFound");
    assert_eq!(world.code("DeleteSecurityGroup", &[("GroupId", &id)]), "InvalidGroup.NotFound");
    let rule = permission(&id, "tcp", &["22", "22"], (BLOCK, "10.0.0.0/8"));
    for action in ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"] {
        assert_eq!(world.code(action, &rule), "InvalidGroup.NotFound");
    }
    assert_eq!(texts(&world.ok("DescribeSecurityGroups", &[]), "groupId"), [""; 0]);
    let by_id = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", id.as_str())];
    assert_eq!(texts(&world.ok("DescribeSecurityGroups", &by_id), "groupId"), [""; 0]);
    assert_eq!(world.code("DeleteSecurityGroup", &[("GroupId", "sg-1")]), "InvalidGroupId.Malformed");
    assert_eq!(world.code("DeleteSecurityGroup", &[]), "MissingParameter");
}

#[test]
fn peers_of_one_protocol_and_ports_are_one_permission() {
    let (mut world, _, id) = with_group();
    let mut both = permission(&id, "tcp", &["80", "81"], (BLOCK, "10.1.2.3/16"));
    both.extend([(BLOCK6, "fd00::1/64"), (PEER, &id), ("IpPermissions.1.IpRanges.1.Description", "the office")]);
    let answer = world.ok("AuthorizeSecurityGroupIngress", &both);
    assert_eq!(text(&answer, "return"), "true");
    assert_eq!(texts(&answer, "securityGroupRuleId").len(), 3);
    assert_eq!(texts(&answer, "isEgress"), ["false"; 3]);
    assert_eq!((texts(&answer, "cidrIpv4"), texts(&answer, "cidrIpv6")), (vec!["10.1.0.0/16"], vec!["fd00::/64"]));
    assert_eq!(texts(&answer, "description"), ["the office"], "there is no empty description");
    world.ok("AuthorizeSecurityGroupIngress", &permission(&id, "6", &["80", "81"], (BLOCK, "192.168.0.0/16")));
    world.ok("AuthorizeSecurityGroupIngress", &permission(&id, "tcp", &["80", "80"], (BLOCK, "192.168.0.0/16")));

    let shown = ingress(&mut world, &id);
    assert_eq!(texts(&shown, "ipProtocol"), ["tcp", "tcp"]);
    assert_eq!((texts(&shown, "fromPort"), texts(&shown, "toPort")), (vec!["80", "80"], vec!["80", "81"]));
    assert_eq!(texts(&shown, "cidrIp"), ["192.168.0.0/16", "10.1.0.0/16", "192.168.0.0/16"]);
    assert_eq!((texts(&shown, "groupId"), texts(&shown, "userId")), (vec![id.as_str()], vec!["100000000001"]));
    assert_eq!(texts(&shown, "description"), ["the office"]);
}

#[test]
fn protocols_and_ports_are_read_as_ec2_documents() {
    let check = |protocol: &str, ports: &[&str], expected: &str| {
        let (mut world, _, id) = with_group();
        let asked = permission(&id, protocol, ports, (BLOCK, "10.0.0.0/8"));
        let outcome = match world.call("AuthorizeSecurityGroupIngress", &asked) {
            Ok(answer) => ["ipProtocol", "fromPort", "toPort"].map(|it| text(&answer, it)).join(" "),
            Err(error) => format!("{}: {error}", error.code()),
        };
        assert_eq!(outcome, expected, "{protocol} {ports:?}");
    };
    check("tcp", &["0", "65535"], "tcp 0 65535");
    check("TCP", &["1", "1"], "tcp 1 1");
    check("17", &["53", "53"], "udp 53 53");
    check("icmp", &["-1", "-1"], "icmp -1 -1");
    check("1", &["8", "-1"], "icmp 8 -1");
    check("icmp", &["3", "4"], "icmp 3 4");
    check("icmpv6", &[], "icmpv6 -1 -1");
    check("58", &["128", "0"], "icmpv6 128 0");
    check("-1", &["0", "0"], "-1 -1 -1");
    check("-1", &[], "-1 -1 -1");
    check("50", &["7", "9"], "50 -1 -1");
    let ports = "InvalidParameterValue: Invalid value for portRange. Must specify both from and to ports with TCP/UDP.";
    check("tcp", &[], ports);
    check("udp", &["1"], ports);
    check("tcp", &["-1", "-1"], "InvalidParameterValue: TCP/UDP port (-1) out of range");
    check("tcp", &["1", "65536"], "InvalidParameterValue: TCP/UDP port (65536) out of range");
    check("tcp", &["2", "1"], "InvalidParameterValue: Invalid TCP/UDP port range (2:1)");
    check("icmp", &["256", "0"], "InvalidParameterValue: ICMP type (256) out of range");
    check("icmp", &["0", "65535"], "InvalidParameterValue: ICMP code (65535) out of range");
    check("icmp", &["-1", "0"], "InvalidParameterValue: ICMP code (0) must be -1 when the ICMP type is -1");
    check(
        "icmp",
        &[],
        "InvalidParameterValue: Invalid value for portRange. Must specify both type and code with ICMP.",
    );
    check("256", &[], "InvalidParameterValue: Invalid value '256' for IP protocol. Unknown protocol.");
    check("sctp", &[], "InvalidParameterValue: Invalid value 'sctp' for IP protocol. Unknown protocol.");
}

#[test]
fn a_peer_is_a_block_or_a_group_that_exists() {
    let (mut world, _, id) = with_group();
    let far = vpc(&mut world);
    let far_group = group(&mut world, &far, "far");
    world.become_account(2);
    let foreign_vpc = vpc(&mut world);
    let foreign = group(&mut world, &foreign_vpc, "foreign");
    world.become_account(1);
    let mut check = |peer: &[(&str, &str)], expected: &str| {
        let mut asked = permission(&id, "-1", &[], ("DryRun", "true"));
        asked.extend(peer.iter().copied());
        let error = world.call("AuthorizeSecurityGroupIngress", &asked).expect_err("a dry run");
        assert_eq!(format!("{}: {error}", error.code()), expected, "{peer:?}");
    };
    let dry = "DryRunOperation: Request would have succeeded, but DryRun flag is set.";
    check(&[(BLOCK, "10.0.0.0/33")], "InvalidParameterValue: CIDR block 10.0.0.0/33 is malformed");
    check(&[(BLOCK, "10.0.0.0")], "InvalidParameterValue: CIDR block 10.0.0.0 is malformed");
    check(&[(BLOCK, "::/0")], "InvalidParameterValue: CIDR block ::/0 is malformed");
    check(&[(BLOCK6, "10.0.0.0/8")], "InvalidParameterValue: CIDR block 10.0.0.0/8 is malformed");
    check(&[(BLOCK6, "::/0")], dry);
    check(&[(PEER, &id)], dry);
    check(&[(PEER, &id), ("IpPermissions.1.Groups.1.UserId", "100000000001")], dry);
    let networks = "InvalidGroup.NotFound: You have specified two resources that belong to different networks.";
    check(&[(PEER, &far_group)], networks);
    check(&[(PEER, &id), ("IpPermissions.1.Groups.1.VpcId", &far)], networks);
    let not_found = format!("InvalidGroup.NotFound: The security group '{foreign}' does not exist");
    check(&[(PEER, &foreign)], &not_found);
    check(&[(PEER, &foreign), ("IpPermissions.1.Groups.1.UserId", "100000000002")], &not_found);
    check(
        &[("IpPermissions.1.Groups.1.GroupName", "web")],
        "InvalidParameterValue: Invalid value 'web' for groupName. You may not reference Amazon VPC security groups by \
         name. Please use the corresponding id for this operation.",
    );
    check(
        &[(PEER, &id), ("IpPermissions.1.Groups.1.VpcPeeringConnectionId", "pcx-1")],
        "InvalidParameterValue: The VPC peering connection does not lead to the VPC of the security group.",
    );
    check(
        &[(PEER, &id), ("IpPermissions.1.Groups.1.PeeringStatus", "active")],
        "UnsupportedOperation: The parameter PeeringStatus is not supported.",
    );
    check(
        &[("IpPermissions.1.PrefixListIds.1.PrefixListId", "pl-12345678")],
        "InvalidPrefixListID.NotFound: The prefix list ID 'pl-12345678' does not exist",
    );
    check(
        &[("IpPermissions.1.PrefixListIds.1.PrefixListId", "pl-1")],
        "InvalidPrefixListId.Malformed: Invalid id: \"pl-1\"",
    );
    let missing = "MissingParameter: Missing source specification: include source security group or CIDR information";
    check(&[], missing);
    check(&[("IpPermissions.1.IpRanges.1.Description", "nowhere")], missing);
    check(
        &[(BLOCK, "10.0.0.0/8"), ("IpPermissions.1.IpRanges.1.Description", "<b>")],
        "InvalidParameterValue: Invalid rule description. Valid descriptions are strings less than 256 characters from \
         the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    );
    assert_eq!(ingress(&mut world, &id), "", "a dry run changes nothing");
}

#[test]
fn a_rule_is_made_once() {
    let (mut world, _, id) = with_group();
    let rule = permission(&id, "tcp", &["80", "80"], (BLOCK, "10.0.0.0/16"));
    world.ok("AuthorizeSecurityGroupIngress", &rule);
    let error = world.call("AuthorizeSecurityGroupIngress", &rule).expect_err("a twin");
    assert_eq!(error.code(), "InvalidPermission.Duplicate");
    let words = "the specified rule \"peer: 10.0.0.0/16, TCP, from port: 80, to port: 80, ALLOW\" already exists";
    assert_eq!(error.to_string(), words);
    world.ok("AuthorizeSecurityGroupEgress", &rule);
    let everything = permission(&id, "-1", &["5", "5"], (BLOCK, "0.0.0.0/0"));
    assert_eq!(world.code("AuthorizeSecurityGroupEgress", &everything), "InvalidPermission.Duplicate");

    let mut twins = permission(&id, "udp", &["80", "80"], (BLOCK, "10.0.0.0/16"));
    twins.push(("IpPermissions.1.IpRanges.2.CidrIp", "10.0.9.9/16"));
    let error = world.call("AuthorizeSecurityGroupIngress", &twins).expect_err("twins");
    assert_eq!(error.code(), "InvalidParameterValue");
    assert_eq!(error.to_string(), "The same permission must not appear multiple times");
}

#[test]
fn rules_are_made_with_tags() {
    let (mut world, _, id) = with_group();
    let mut rule = permission(&id, "tcp", &["80", "80"], (BLOCK, "10.0.0.0/16"));
    rule.push((BLOCK6, "::/0"));
    rule.extend([("TagSpecification.1.Tag.1.Key", "Name"), ("TagSpecification.1.Tag.1.Value", "x")]);
    rule.push(("TagSpecification.1.ResourceType", "security-group-rule"));
    let answer = world.ok("AuthorizeSecurityGroupIngress", &rule);
    assert_eq!((texts(&answer, "key"), texts(&answer, "value")), (vec!["Name"; 2], vec!["x"; 2]));
    rule.last_mut().expect("a type").1 = "security-group";
    rule.retain(|it| it.0 != BLOCK6);
    rule[2].1 = "10.1.0.0/16";
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &rule), "InvalidParameterValue");
}

#[test]
fn a_group_takes_ten_thousand_rules() {
    let (mut world, _, id) = with_group();
    let batch = |first: usize, last: usize| -> Vec<(String, String)> {
        let block = |it: usize| format!("10.{}.{}.0/24", it / 256, it % 256);
        (first..=last).map(|it| (format!("IpPermissions.1.IpRanges.{}.CidrIp", it + 1 - first), block(it))).collect()
    };
    let mut authorize = |blocks: Vec<(String, String)>| {
        let mut parameters = permission(&id, "-1", &[], (&blocks[0].0, &blocks[0].1));
        parameters.extend(blocks[1..].iter().map(|it| (it.0.as_str(), it.1.as_str())));
        world.call("AuthorizeSecurityGroupIngress", &parameters).map_or_else(|it| it.code(), |_| "made".to_owned())
    };
    // The rule that lets everything out counts too.
    assert_eq!(authorize(batch(1, 10_000)), "RulesPerSecurityGroupLimitExceeded");
    assert_eq!(authorize(batch(1, 9_999)), "made");
    assert_eq!(authorize(batch(10_000, 10_000)), "RulesPerSecurityGroupLimitExceeded");
    world.ok("RevokeSecurityGroupIngress", &permission(&id, "-1", &[], (BLOCK, "10.0.1.0/24")));
    world.ok("AuthorizeSecurityGroupIngress", &permission(&id, "-1", &[], (BLOCK, "10.0.1.0/24")));
}

#[test]
fn the_old_flat_parameters_word_a_permission_too() {
    let mut world = World::new();
    world.ok("CreateDefaultVpc", &[]);
    let parameters = [("GroupName", "web"), ("GroupDescription", "a")];
    let id = text(&world.ok("CreateSecurityGroup", &parameters), "groupId").to_owned();
    let flat =
        [("GroupName", "web"), ("IpProtocol", "tcp"), ("FromPort", "22"), ("ToPort", "22"), ("CidrIp", "10.0.0.0/8")];
    let answer = world.ok("AuthorizeSecurityGroupIngress", &flat);
    assert_eq!((text(&answer, "fromPort"), text(&answer, "cidrIpv4")), ("22", "10.0.0.0/8"));
    world.ok("RevokeSecurityGroupIngress", &flat);
    assert_eq!(world.code("RevokeSecurityGroupIngress", &flat), "InvalidPermission.NotFound");

    let from_group = [("GroupName", "web"), ("SourceSecurityGroupName", "default")];
    let answer = world.ok("AuthorizeSecurityGroupIngress", &from_group);
    assert_eq!(texts(&answer, "ipProtocol"), ["icmp", "tcp", "udp"]);
    assert_eq!(texts(&answer, "toPort"), ["-1", "65535", "65535"]);
    world.ok("RevokeSecurityGroupIngress", &from_group);
    assert_eq!(ingress(&mut world, &id), "");

    let mut mixed = from_group.to_vec();
    mixed.push(("IpProtocol", "tcp"));
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &mixed), "InvalidParameterCombination");
    let mut both = permission(&id, "tcp", &["1", "1"], (BLOCK, "10.0.0.0/8"));
    both.push(("CidrIp", "10.0.0.0/8"));
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &both), "InvalidParameterCombination");
    both.push(("GroupName", "web"));
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &both), "InvalidParameterCombination");
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &[("GroupId", &id)]), "MissingParameter");
}

#[test]
fn a_rule_is_revoked_by_what_it_says_whatever_its_description() {
    let (mut world, _, id) = with_group();
    let mut rule = permission(&id, "tcp", &["80", "80"], (BLOCK, "10.0.0.0/16"));
    rule.push(("IpPermissions.1.IpRanges.1.Description", "one"));
    world.ok("AuthorizeSecurityGroupIngress", &rule);
    rule.last_mut().expect("a description").1 = "another";
    assert_eq!(world.code("RevokeSecurityGroupEgress", &rule), "InvalidPermission.NotFound");
    let answer = world.ok("RevokeSecurityGroupIngress", &rule);
    assert_eq!((text(&answer, "return"), text(&answer, "cidrIpv4")), ("true", "10.0.0.0/16"));
    assert_eq!(text(&answer, "unknownIpPermissionSet"), "");
    assert_eq!(world.code("RevokeSecurityGroupIngress", &rule), "InvalidPermission.NotFound");
    // Terraform's way to name the rule without ports that every group begins with.
    world.ok("RevokeSecurityGroupEgress", &permission(&id, "-1", &["0", "0"], (BLOCK, "0.0.0.0/0")));
    let six = permission(&id, "-1", &["0", "0"], (BLOCK6, "::/0"));
    assert_eq!(world.code("RevokeSecurityGroupEgress", &six), "InvalidPermission.NotFound");
}

#[test]
fn rules_are_revoked_by_their_ids() {
    let (mut world, vpc, id) = with_group();
    let other = group(&mut world, &vpc, "other");
    let rule = permission(&id, "tcp", &["80", "80"], (BLOCK, "10.0.0.0/16"));
    let rule = text(&world.ok("AuthorizeSecurityGroupIngress", &rule), "securityGroupRuleId").to_owned();
    world.ok("CreateTags", &[("ResourceId.1", &rule), ("Tag.1.Key", "a")]);
    let by_id = |group| [("GroupId", group), ("SecurityGroupRuleId.1", rule.as_str())];
    assert_eq!(world.code("RevokeSecurityGroupIngress", &by_id(&other)), "InvalidSecurityGroupRuleId.NotFound");
    assert_eq!(world.code("RevokeSecurityGroupEgress", &by_id(&id)), "InvalidSecurityGroupRuleId.NotFound");
    let mut both = permission(&id, "tcp", &["80", "80"], (BLOCK, "10.0.0.0/16"));
    both.push(("SecurityGroupRuleId.1", &rule));
    assert_eq!(world.code("RevokeSecurityGroupIngress", &both), "InvalidParameterCombination");
    assert_eq!(world.code("RevokeSecurityGroupIngress", &[("GroupId", &id)]), "MissingParameter");
    let answer = world.ok("RevokeSecurityGroupIngress", &by_id(&id));
    assert_eq!(text(&answer, "securityGroupRuleId"), rule);
    assert_eq!(world.state.tags.len(), 0);
    assert_eq!(world.code("RevokeSecurityGroupIngress", &by_id(&id)), "InvalidSecurityGroupRuleId.NotFound");
    let malformed = [("GroupId", id.as_str()), ("SecurityGroupRuleId.1", "sgr-1")];
    assert_eq!(world.code("RevokeSecurityGroupIngress", &malformed), "InvalidSecurityGroupRuleId.Malformed");
}

#[test]
fn every_documented_filter_is_known_and_no_other() {
    let (mut world, _, id) = with_group();
    world.ok("AuthorizeSecurityGroupIngress", &permission(&id, "tcp", &["80", "80"], (PEER, &id)));
    for filter in documented_filters("DescribeSecurityGroups") {
        world.ok("DescribeSecurityGroups", &[("Filter.1.Name", filter), ("Filter.1.Value.1", "x*")]);
    }
    for unknown in ["name", "ip-permission.ports", "egress.group-id", "cidr"] {
        let unknown = [("Filter.1.Name", unknown), ("Filter.1.Value.1", "x")];
        assert_eq!(world.code("DescribeSecurityGroups", &unknown), "InvalidParameterValue");
    }
}

#[test]
fn filters_find_groups_by_what_they_are_and_admit() {
    let (mut world, vpc_id, id) = with_group();
    let far = vpc(&mut world);
    group(&mut world, &far, "web");
    let mut rule = permission(&id, "tcp", &["80", "88"], (PEER, &id));
    rule.extend([(BLOCK, "10.0.0.0/8"), (BLOCK6, "fd00::/8")]);
    world.ok("AuthorizeSecurityGroupIngress", &rule);
    world.ok("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "env"), ("Tag.1.Value", "test")]);
    let mut found = |filters: &[(&str, &str)]| {
        let mut parameters = Vec::new();
        for (at, (name, value)) in filters.iter().enumerate() {
            parameters.push((format!("Filter.{}.Name", at + 1), *name));
            parameters.push((format!("Filter.{}.Value.1", at + 1), *value));
        }
        let parameters: Vec<_> = parameters.iter().map(|it| (it.0.as_str(), it.1)).collect();
        let answer = world.ok("DescribeSecurityGroups", &parameters);
        (texts(&answer, "groupName").len(), answer.contains("<groupName>web</groupName><ipPermissions><item>"))
    };
    let only = (1, true);
    assert_eq!(found(&[]), (4, true));
    assert_eq!(found(&[("vpc-id", &vpc_id)]), (2, true));
    assert_eq!(found(&[("vpc-id", &vpc_id), ("group-name", "web")]), only);
    assert_eq!(found(&[("vpc-id", &vpc_id), ("group-name", "WEB")]), (0, false));
    assert_eq!(found(&[("vpc-id", "vpc-*"), ("group-name", "w?b")]), (2, true));
    assert_eq!(found(&[("group-id", &id)]), only);
    assert_eq!(found(&[("tag:env", "t*")]), only);
    assert_eq!(found(&[("owner-id", "100000000001"), ("description", "for a test")]), (2, true));
    for (name, value) in [
        ("cidr", "10.0.0.0/8"),
        ("ipv6-cidr", "fd00::/8"),
        ("from-port", "80"),
        ("to-port", "88"),
        ("protocol", "tcp"),
        ("group-id", &id),
        ("group-name", "web"),
    ] {
        assert_eq!(found(&[(&format!("ip-permission.{name}"), value)]), only, "{name}");
        assert_eq!(found(&[(&format!("egress.ip-permission.{name}"), value)]), (0, false), "{name}");
    }
    assert_eq!(found(&[("egress.ip-permission.cidr", "0.0.0.0/0")]), (4, true));
}

#[test]
fn groups_come_in_pages_in_the_order_of_ids() {
    let (mut world, vpc, _) = with_group();
    for name in ["a", "b", "c", "d", "e", "f"] {
        group(&mut world, &vpc, name);
    }
    let first = world.ok("DescribeSecurityGroups", &[("MaxResults", "5")]);
    let second = world.ok("DescribeSecurityGroups", &[("MaxResults", "5"), ("NextToken", text(&first, "nextToken"))]);
    let mut ids = texts(&first, "securityGroupArn");
    ids.extend(texts(&second, "securityGroupArn"));
    assert_eq!((ids.len(), ids.is_sorted()), (8, true));
    assert_eq!(texts(&second, "nextToken"), [""; 0]);
    let named = [("MaxResults", "5"), ("GroupId.1", "sg-12345678901234567")];
    assert_eq!(world.code("DescribeSecurityGroups", &named), "InvalidParameterCombination");
    assert_eq!(world.code("DescribeSecurityGroups", &[("NextToken", "?")]), "InvalidNextToken");
}

#[test]
fn the_number_of_a_groups_rules_is_kept_right() {
    let (mut world, _, id) = with_group();
    let rule = permission(&id, "tcp", &["80", "80"], (BLOCK, "10.0.0.0/16"));
    let len = |world: &World| {
        let group = id.parse().expect("a group's id");
        let rules = |it: &&std::sync::Arc<SecurityGroupRule>| it.group == group;
        let counted = world.state.security_group_rules.iter().filter(rules).count();
        let kept = world.state.indexes.rules_len_of_group.get(&group).copied();
        assert_eq!(kept.unwrap_or(0), counted);
        counted
    };
    assert_eq!(len(&world), 1);
    world.ok("AuthorizeSecurityGroupIngress", &rule);
    assert_eq!(len(&world), 2);
    world.ok("RevokeSecurityGroupIngress", &rule);
    world.ok("RevokeSecurityGroupEgress", &permission(&id, "-1", &[], (BLOCK, "0.0.0.0/0")));
    assert_eq!(len(&world), 0);
}
