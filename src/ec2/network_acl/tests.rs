//! Network ACLs as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::net::Span;
use crate::state::id::VpcId;
use crate::state::network_acl::NetworkAclEntry;

fn vpc(world: &mut World, ipv6: &str) -> String {
    let answer = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", ipv6)]);
    text(&answer, "vpcId").to_owned()
}

/// The ACLs for which the filter holds, by their VPCs.
fn of(world: &mut World, name: &str, value: &str) -> Vec<String> {
    let answer = world.ok("DescribeNetworkAcls", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
    texts(&answer, "vpcId").into_iter().map(str::to_owned).collect()
}

#[test]
fn the_default_acl_lets_everything_pass_and_ends_in_a_denial() {
    let mut world = World::new();
    let check = |world: &mut World, vpc: &str, expected: &[(&str, &str)]| {
        let filters = [
            ("Filter.1.Name", "vpc-id"),
            ("Filter.1.Value.1", vpc),
            ("Filter.2.Name", "default"),
            ("Filter.2.Value.1", "true"),
        ];
        let answer = world.ok("DescribeNetworkAcls", &filters);
        let entries = text(&answer, "entrySet");
        let found: Vec<_> = texts(entries, "ruleNumber").into_iter().zip(texts(entries, "ruleAction")).collect();
        assert_eq!(found, [expected, expected].concat());
        assert_eq!(texts(entries, "protocol"), vec!["-1"; found.len()]);
        let mut directions = vec!["true"; expected.len()];
        directions.extend(vec!["false"; expected.len()]);
        assert_eq!(texts(entries, "egress"), directions);
        assert_eq!(texts(entries, "portRange"), Vec::<&str>::new());
        assert_eq!(text(&answer, "default"), "true");
        assert_eq!(text(&answer, "associationSet"), "");
    };
    let four = vpc(&mut world, "false");
    check(&mut world, &four, &[("100", "allow"), ("32767", "deny")]);
    let six = vpc(&mut world, "true");
    check(&mut world, &six, &[("100", "allow"), ("101", "allow"), ("32767", "deny"), ("32768", "deny")]);
}

#[test]
fn every_subnet_has_the_default_acl() {
    let mut world = World::new();
    let id = vpc(&mut world, "false");
    let other = vpc(&mut world, "false");
    let subnet = world.ok("CreateSubnet", &[("VpcId", &id), ("CidrBlock", "10.0.0.0/24")]);
    let subnet = text(&subnet, "subnetId");
    let filter = [("Filter.1.Name", "association.subnet-id"), ("Filter.1.Value.1", subnet)];
    let answer = world.ok("DescribeNetworkAcls", &filter);
    let association = text(&answer, "associationSet");
    assert_eq!(texts(&answer, "vpcId"), [id.as_str()]);
    assert_eq!(text(association, "subnetId"), subnet);
    let acl = text(association, "networkAclId");
    assert!(text(association, "networkAclAssociationId").starts_with("aclassoc-"));
    let by_association = text(association, "networkAclAssociationId");
    assert_eq!(of(&mut world, "association.association-id", by_association), std::slice::from_ref(&id));
    assert_eq!(of(&mut world, "association.network-acl-id", acl), std::slice::from_ref(&id));
    assert_eq!(of(&mut world, "network-acl-id", acl), std::slice::from_ref(&id));
    assert_eq!(of(&mut world, "association.subnet-id", "subnet-00000000000000000"), Vec::<String>::new());
    assert_eq!(of(&mut world, "vpc-id", &other), std::slice::from_ref(&other));

    world.assert_filters("DescribeNetworkAcls");
    assert_eq!(texts(&world.ok("DescribeNetworkAcls", &[("NetworkAclId.1", acl)]), "vpcId"), [id]);
    assert_eq!(world.code("DescribeNetworkAcls", &[("NetworkAclId.1", "acl-1")]), "InvalidNetworkAclId.Malformed");
    assert_eq!(world.code("DescribeNetworkAcls", &[("DryRun", "true")]), "DryRunOperation");
    world.become_account(2);
    assert_eq!(world.code("DescribeNetworkAcls", &[("NetworkAclId.1", acl)]), "InvalidNetworkAclID.NotFound");
    assert_eq!(of(&mut world, "association.subnet-id", subnet), Vec::<String>::new());
}

#[test]
fn an_entry_is_found_by_any_of_its_parts() {
    let mut world = World::new();
    let (id, _) = (vpc(&mut world, "false"), vpc(&mut world, "false"));
    let of_vpc: VpcId = id.parse().expect("an id");
    let acl = world.state.indexes.network_acls_of_vpc.of(of_vpc).next().expect("an ACL");
    let mut acl = world.state.network_acls.get(&acl).expect("an ACL").as_ref().clone();
    let entry = |number, protocol, ports, icmp| NetworkAclEntry {
        egress: false,
        number,
        protocol: Some(protocol),
        allow: true,
        prefix: "192.0.2.0/24".parse().expect("a prefix"),
        ports,
        icmp,
    };
    acl.entries.insert(0, entry(10, 6, Span::new(80, 443), None));
    acl.entries.insert(1, entry(11, 1, None, Some((8, -1))));
    world.commit(|tx| tx.put(acl));
    for (name, value) in [
        ("entry.rule-number", "10"),
        ("entry.protocol", "tcp"),
        ("entry.protocol", "6"),
        ("entry.protocol", "icmp"),
        ("entry.port-range.from", "80"),
        ("entry.port-range.to", "443"),
        ("entry.icmp.type", "8"),
        ("entry.icmp.code", "-1"),
        ("entry.cidr", "192.0.2.0/24"),
    ] {
        assert_eq!(of(&mut world, name, value), std::slice::from_ref(&id), "{name} = {value}");
    }
    assert_eq!(of(&mut world, "entry.ipv6-cidr", "*"), Vec::<String>::new());
    assert_eq!(of(&mut world, "entry.protocol", "udp"), Vec::<String>::new());
    assert_eq!(of(&mut world, "entry.rule-action", "deny").len(), 2);
    assert_eq!(of(&mut world, "entry.egress", "true").len(), 2);
}

fn onto<'a>(association: &'a str, acl: &'a str) -> [(&'a str, &'a str); 2] {
    [("AssociationId", association), ("NetworkAclId", acl)]
}

/// The ACL of a subnet, and its association.
fn acl_of(world: &mut World, subnet: &str) -> (String, String) {
    let filter = [("Filter.1.Name", "association.subnet-id"), ("Filter.1.Value.1", subnet)];
    let answer = world.ok("DescribeNetworkAcls", &filter);
    let items = text(&answer, "associationSet").split("<networkAclAssociationId>").skip(1);
    let mine: Vec<_> = items.filter(|it| text(it, "subnetId") == subnet).collect();
    assert_eq!(mine.len(), 1, "every subnet has one ACL");
    let association = mine[0].split('<').next().expect("a text").to_owned();
    (text(mine[0], "networkAclId").to_owned(), association)
}

#[test]
fn a_new_acl_denies_everything() {
    let mut world = World::new();
    for (ipv6, numbers) in [("false", vec!["32767"; 2]), ("true", vec!["32767", "32768", "32767", "32768"])] {
        let vpc = vpc(&mut world, ipv6);
        let parameters = [
            ("VpcId", vpc.as_str()),
            ("ClientToken", ipv6),
            ("TagSpecification.1.ResourceType", "network-acl"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", "shut"),
        ];
        let answer = world.ok("CreateNetworkAcl", &parameters);
        assert_eq!(world.ok("CreateNetworkAcl", &parameters), answer, "the same token makes one ACL");
        assert_eq!(text(&answer, "clientToken"), ipv6);
        let made = text(&answer, "networkAcl");
        assert_eq!(texts(made, "ruleNumber"), numbers);
        assert_eq!(texts(made, "ruleAction"), vec!["deny"; numbers.len()]);
        assert_eq!((text(made, "default"), text(made, "associationSet")), ("false", ""));
        assert_eq!(text(made, "tagSet"), "<item><key>Name</key><value>shut</value></item>");
        let id = text(made, "networkAclId").to_owned();
        let shown = world.ok("DescribeNetworkAcls", &[("NetworkAclId.1", &id)]);
        assert_eq!(text(&shown, "networkAclSet"), format!("<item>{made}</item>"));

        assert_eq!(world.code("DeleteVpc", &[("VpcId", &vpc)]), "DependencyViolation");
        assert_eq!(world.code("DeleteNetworkAcl", &[("NetworkAclId", &id), ("DryRun", "true")]), "DryRunOperation");
        world.ok("DeleteNetworkAcl", &[("NetworkAclId", &id)]);
        assert_eq!(world.state.tags.len(), 0);
        assert_eq!(world.code("DeleteNetworkAcl", &[("NetworkAclId", &id)]), "InvalidNetworkAclID.NotFound");
        world.ok("DeleteVpc", &[("VpcId", &vpc)]);
        assert_eq!(world.code("CreateNetworkAcl", &[("VpcId", &vpc)]), "InvalidVpcID.NotFound");
    }
    assert_eq!(world.code("CreateNetworkAcl", &[]), "MissingParameter");
    assert_eq!(world.code("DeleteNetworkAcl", &[("NetworkAclId", "acl")]), "InvalidNetworkAclId.Malformed");
}

#[test]
fn a_subnet_changes_its_acl_and_the_association_its_id() {
    let mut world = World::new();
    let (a, b) = (vpc(&mut world, "false"), vpc(&mut world, "false"));
    let [mine, other] =
        [&a, &b].map(|vpc| text(&world.ok("CreateNetworkAcl", &[("VpcId", vpc)]), "networkAclId").to_owned());
    let subnet = world.ok("CreateSubnet", &[("VpcId", &a), ("CidrBlock", "10.0.0.0/24")]);
    let subnet = text(&subnet, "subnetId").to_owned();
    let (default, first) = acl_of(&mut world, &subnet);
    let error = world.call("DeleteNetworkAcl", &[("NetworkAclId", &default)]).expect_err("it is the default one");
    let sentence = format!("cannot delete default network ACL {default}");
    assert_eq!((error.code().as_str(), error.to_string()), ("InvalidParameterValue", sentence));

    let replace = "ReplaceNetworkAclAssociation";
    let dry = [&onto(&first, &mine)[..], &[("DryRun", "true")]].concat();
    assert_eq!(world.code(replace, &dry), "DryRunOperation");
    let answer = world.ok(replace, &onto(&first, &mine));
    let second = text(&answer, "newAssociationId").to_owned();
    assert_ne!(first, second);
    assert_eq!(acl_of(&mut world, &subnet), (mine.clone(), second.clone()));
    let error = world.call("DeleteNetworkAcl", &[("NetworkAclId", &mine)]).expect_err("a subnet has it");
    let sentence = format!("The networkAcl '{mine}' has dependencies and cannot be deleted.");
    assert_eq!((error.code().as_str(), error.to_string()), ("DependencyViolation", sentence));

    assert_eq!(world.code(replace, &onto(&first, &default)), "InvalidAssociationID.NotFound", "it was replaced");
    assert_eq!(world.code(replace, &onto("aclassoc", &default)), "InvalidAssociationID.Malformed");
    assert_eq!(world.code(replace, &onto(&second, "acl-00000000000000000")), "InvalidNetworkAclID.NotFound");
    let error = world.call(replace, &onto(&second, &other)).expect_err("the ACL is elsewhere");
    let sentence = format!("Network ACL {other} and subnet {subnet} belong to different networks.");
    assert_eq!((error.code().as_str(), error.to_string()), ("InvalidParameterValue", sentence));
    world.become_account(2);
    assert_eq!(world.code(replace, &onto(&second, &default)), "InvalidAssociationID.NotFound");
    world.become_account(1);
    world.ok("DeleteSubnet", &[("SubnetId", &subnet)]);
    world.ok("DeleteNetworkAcl", &[("NetworkAclId", &mine)]);
}

#[test]
fn awss_quota_of_acls_holds_where_quotas_do() {
    let mut world = World::new();
    let vpc = vpc(&mut world, "false");
    world.enforce_quotas();
    for _ in 1..200 {
        world.ok("CreateNetworkAcl", &[("VpcId", &vpc)]);
    }
    assert_eq!(world.code("CreateNetworkAcl", &[("VpcId", &vpc)]), "NetworkAclLimitExceeded");
}
