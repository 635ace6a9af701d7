//! Security groups in other VPCs than their own, as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::state::id::VpcId;

/// A VPC with a subnet of its whole block.
fn vpc(world: &mut World, block: &str) -> (String, String) {
    let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", block)]), "vpcId").to_owned();
    let subnet = world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", block)]);
    (vpc, text(&subnet, "subnetId").to_owned())
}

fn group(world: &mut World, vpc: &str, name: &str) -> String {
    let parameters = [("VpcId", vpc), ("GroupName", name), ("GroupDescription", name)];
    text(&world.ok("CreateSecurityGroup", &parameters), "groupId").to_owned()
}

/// The VPCs of which something changed after the revision.
fn changed(world: &World, revision: u64) -> Vec<VpcId> {
    world.state.indexes.vpcs_changed_after(revision).collect()
}

#[test]
fn a_group_is_worn_in_the_vpcs_that_it_is_associated_with() {
    let mut world = World::new();
    let (home, _) = vpc(&mut world, "10.1.0.0/24");
    let (other, subnet) = vpc(&mut world, "10.2.0.0/24");
    let web = group(&mut world, &home, "web");
    let local = group(&mut world, &other, "web");
    let both = [("GroupId", web.as_str()), ("VpcId", other.as_str())];
    let worn = [("SubnetId", subnet.as_str()), ("SecurityGroupId.1", web.as_str())];
    assert_eq!(world.code("CreateNetworkInterface", &worn), "InvalidGroup.NotFound");
    assert_eq!(world.code("DisassociateSecurityGroupVpc", &both), "InvalidAssociationID.NotFound");

    assert_eq!(text(&world.ok("AssociateSecurityGroupVpc", &both), "state"), "associated");
    assert_eq!(text(&world.ok("AssociateSecurityGroupVpc", &both), "state"), "associated", "once more");
    let interface = world.ok("CreateNetworkInterface", &[worn[0], worn[1], ("SecurityGroupId.2", &local)]);
    let interface = text(&interface, "networkInterfaceId").to_owned();
    let shown = world.ok("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", &interface)]);
    let mut expected = [web.as_str(), local.as_str()];
    expected.sort();
    assert_eq!(texts(text(&shown, "groupSet"), "groupId"), expected);

    // A rule of the group is one of both VPCs.
    let before = world.state.revision;
    let rule = [("GroupId", web.as_str()), ("IpProtocol", "-1"), ("CidrIp", "10.9.0.0/16")];
    world.ok("AuthorizeSecurityGroupIngress", &rule);
    let mut vpcs = [home.parse().expect("an id"), other.parse().expect("an id")];
    vpcs.sort();
    assert_eq!(changed(&world, before), vpcs);
    let list =
        [("PrefixListName", "x"), ("AddressFamily", "IPv4"), ("MaxEntries", "2"), ("Entry.1.Cidr", "10.8.0.0/16")];
    let list = text(&world.ok("CreateManagedPrefixList", &list), "prefixListId").to_owned();
    let rule = [("GroupId", web.as_str()), ("IpPermissions.1.IpProtocol", "-1")];
    let rule = [rule[0], rule[1], ("IpPermissions.1.PrefixListIds.1.PrefixListId", list.as_str())];
    world.ok("AuthorizeSecurityGroupIngress", &rule);
    let before = world.state.revision;
    world.ok("ModifyManagedPrefixList", &[("PrefixListId", &list), ("AddEntry.1.Cidr", "10.7.0.0/16")]);
    assert_eq!(changed(&world, before), vpcs);

    let worn = world.call("DisassociateSecurityGroupVpc", &both).expect_err("it is worn there");
    assert_eq!(worn.code(), "DependencyViolation");
    world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", &interface)]);
    assert_eq!(world.code("DeleteSecurityGroup", &[("GroupId", &web)]), "DependencyViolation");
    assert_eq!(text(&world.ok("DisassociateSecurityGroupVpc", &both), "state"), "disassociated");
    assert!(!world.state.identities.iter().any(|it| it.groups.iter().any(|it| it.to_string() == web)));
    world.ok("DeleteSecurityGroup", &[("GroupId", &web)]);
}

#[test]
fn a_group_of_an_associated_vpc_is_named_by_rules_there_until_it_is_disassociated() {
    let mut world = World::new();
    let (home, _) = vpc(&mut world, "10.1.0.0/24");
    let (other, _) = vpc(&mut world, "10.2.0.0/24");
    let (web, local) = (group(&mut world, &home, "web"), group(&mut world, &other, "local"));
    let rule = [("GroupId", local.as_str()), ("IpPermissions.1.IpProtocol", "-1")];
    let rule = [rule[0], rule[1], ("IpPermissions.1.Groups.1.GroupId", web.as_str())];
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &rule), "InvalidGroup.NotFound");
    let both = [("GroupId", web.as_str()), ("VpcId", other.as_str())];
    world.ok("AssociateSecurityGroupVpc", &both);
    let made = world.ok("AuthorizeSecurityGroupIngress", &rule);
    assert_eq!(text(text(&made, "referencedGroupInfo"), "vpcId"), home);
    assert!(!made.contains("peering"), "{made}");
    let stale = |world: &mut World| {
        let answer = world.ok("DescribeStaleSecurityGroups", &[("VpcId", &other)]);
        texts(&answer, "groupId").len()
    };
    assert_eq!(stale(&mut world), 0);
    world.ok("DisassociateSecurityGroupVpc", &both);
    assert_eq!(stale(&mut world), 2, "the group with the rule, and the one that the rule names");
    world.ok("RevokeSecurityGroupIngress", &rule);
    assert_eq!(stale(&mut world), 0);
}

#[test]
fn defaults_and_what_is_not_the_callers_are_refused() {
    let mut world = World::new();
    let (home, _) = vpc(&mut world, "10.1.0.0/24");
    let web = group(&mut world, &home, "web");
    let default_vpc = text(&world.ok("CreateDefaultVpc", &[]), "vpcId").to_owned();
    let default = world.state.default_group(home.parse().expect("an id")).expect("every VPC has one").id.to_string();
    let (other, _) = vpc(&mut world, "10.2.0.0/24");
    world.become_account(2);
    let (foreign, _) = vpc(&mut world, "10.3.0.0/24");
    let foreign_group = group(&mut world, &foreign, "web");
    world.become_account(1);
    for (group, vpc, expected) in [
        (&default, &other, "OperationNotPermitted"),
        (&web, &default_vpc, "OperationNotPermitted"),
        (&web, &home, "InvalidParameterValue"),
        (&web, &foreign, "InvalidVpcID.NotFound"),
        (&foreign_group, &other, "InvalidGroup.NotFound"),
    ] {
        let both = [("GroupId", group.as_str()), ("VpcId", vpc.as_str())];
        assert_eq!(world.code("AssociateSecurityGroupVpc", &both), expected, "{group} with {vpc}");
    }
    let both = [("GroupId", web.as_str()), ("VpcId", other.as_str()), ("DryRun", "true")];
    assert_eq!(world.code("AssociateSecurityGroupVpc", &both), "DryRunOperation");
    assert_eq!(world.code("GetSecurityGroupsForVpc", &[("VpcId", &foreign)]), "InvalidVpcID.NotFound");
}

#[test]
fn associations_are_listed_and_go_with_their_vpc() {
    let mut world = World::new();
    let (home, _) = vpc(&mut world, "10.1.0.0/24");
    let (one, _) = vpc(&mut world, "10.2.0.0/24");
    let (two, subnet) = vpc(&mut world, "10.3.0.0/24");
    let web = group(&mut world, &home, "web");
    for vpc in [&one, &two] {
        world.ok("AssociateSecurityGroupVpc", &[("GroupId", &web), ("VpcId", vpc)]);
    }
    let mut check = |name: &str, value: &str, expected: usize| {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let answer = world.ok("DescribeSecurityGroupVpcAssociations", &filter);
        assert_eq!(texts(&answer, "vpcId").len(), expected, "{name}={value}");
    };
    check("group-id", &web, 2);
    check("vpc-id", &one, 1);
    check("state", "associated", 2);
    check("state", "associating", 0);
    check("group-owner-id", "100000000001", 2);
    check("vpc-owner-id", "100000000002", 0);
    world.assert_filters("DescribeSecurityGroupVpcAssociations");

    let answer = world.ok("GetSecurityGroupsForVpc", &[("VpcId", &two)]);
    assert_eq!(texts(&answer, "groupId").len(), 2);
    let filter = [("VpcId", two.as_str()), ("Filter.1.Name", "primary-vpc-id"), ("Filter.1.Value.1", home.as_str())];
    let answer = world.ok("GetSecurityGroupsForVpc", &filter);
    assert_eq!([text(&answer, "groupId"), text(&answer, "groupName")], [web.as_str(), "web"]);
    for name in crate::wire::shapes::documented_filters("GetSecurityGroupsForVpc") {
        let filter = [("VpcId", two.as_str()), ("Filter.1.Name", name), ("Filter.1.Value.1", "nothing")];
        assert_eq!(texts(&world.ok("GetSecurityGroupsForVpc", &filter), "groupId").len(), 0, "{name}");
    }

    world.ok("DeleteSubnet", &[("SubnetId", &subnet)]);
    world.ok("DeleteVpc", &[("VpcId", &two)]);
    let answer = world.ok("DescribeSecurityGroupVpcAssociations", &[]);
    assert_eq!(texts(&answer, "vpcId"), [one.as_str()]);
    world.become_account(2);
    assert_eq!(texts(&world.ok("DescribeSecurityGroupVpcAssociations", &[]), "item").len(), 0);
}
