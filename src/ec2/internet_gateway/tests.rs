//! Internet gateways as clients meet them.

use crate::ec2::fixture::{World, text, texts};

fn vpc(world: &mut World) -> String {
    text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned()
}

fn gateway(world: &mut World) -> String {
    text(&world.ok("CreateInternetGateway", &[]), "internetGatewayId").to_owned()
}

fn both<'a>(gateway: &'a str, vpc: &'a str) -> [(&'a str, &'a str); 2] {
    [("InternetGatewayId", gateway), ("VpcId", vpc)]
}

#[test]
fn a_gateway_is_answered_and_described_alike() {
    let mut world = World::new();
    let parameters = [
        ("TagSpecification.1.ResourceType", "internet-gateway"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "way out"),
    ];
    let answer = world.ok("CreateInternetGateway", &parameters);
    let id = text(&answer, "internetGatewayId").to_owned();
    assert!(id.starts_with("igw-"));
    assert_eq!(text(&answer, "attachmentSet"), "");
    assert_eq!(text(&answer, "ownerId"), "100000000001");
    assert_eq!(text(&answer, "tagSet"), "<item><key>Name</key><value>way out</value></item>");
    let shown = world.ok("DescribeInternetGateways", &[("InternetGatewayId.1", &id)]);
    assert_eq!(text(&shown, "internetGatewaySet"), format!("<item>{}</item>", text(&answer, "internetGateway")));

    let wrong = [("TagSpecification.1.ResourceType", "vpc"), ("TagSpecification.1.Tag.1.Key", "Name")];
    assert_eq!(world.code("CreateInternetGateway", &wrong), "InvalidParameterValue");
    assert_eq!(world.code("CreateInternetGateway", &[("DryRun", "true")]), "DryRunOperation");
    assert_eq!(
        world.code("DeleteInternetGateway", &[("InternetGatewayId", &id), ("DryRun", "true")]),
        "DryRunOperation"
    );
    world.ok("DeleteInternetGateway", &[("InternetGatewayId", &id)]);
    assert_eq!(world.state.tags.len(), 0);
    assert_eq!(world.code("DeleteInternetGateway", &[("InternetGatewayId", &id)]), "InvalidInternetGatewayID.NotFound");
}

#[test]
fn a_gateway_is_attached_to_one_vpc_and_a_vpc_to_one_gateway() {
    let mut world = World::new();
    let (a, b) = (vpc(&mut world), vpc(&mut world));
    let (one, two) = (gateway(&mut world), gateway(&mut world));
    world.ok("AttachInternetGateway", &both(&one, &a));
    let shown = world.ok("DescribeInternetGateways", &[("InternetGatewayId.1", &one)]);
    let expected = format!("<item><state>available</state><vpcId>{a}</vpcId></item>");
    assert_eq!(text(&shown, "attachmentSet"), expected);

    let mut check = |action: &str, gateway: &str, vpc: &str, code: &str, sentence: &str| {
        let error = world.call(action, &both(gateway, vpc)).expect_err(action);
        assert_eq!((error.code().as_str(), error.to_string().as_str()), (code, sentence));
    };
    let twice = format!("resource {one} is already attached to network {a}");
    check("AttachInternetGateway", &one, &b, "Resource.AlreadyAssociated", &twice);
    check("AttachInternetGateway", &one, &a, "Resource.AlreadyAssociated", &twice);
    let taken = format!("Network {a} already has an internet gateway attached");
    check("AttachInternetGateway", &two, &a, "InvalidParameterValue", &taken);
    let elsewhere = format!("resource {one} is not attached to network {b}");
    check("DetachInternetGateway", &one, &b, "Gateway.NotAttached", &elsewhere);
    let nowhere = format!("resource {two} is not attached to network {a}");
    check("DetachInternetGateway", &two, &a, "Gateway.NotAttached", &nowhere);
    let used = format!("The internetGateway '{one}' has dependencies and cannot be deleted.");
    let error = world.call("DeleteInternetGateway", &[("InternetGatewayId", &one)]).expect_err("it is attached");
    assert_eq!((error.code().as_str(), error.to_string()), ("DependencyViolation", used));
    assert_eq!(world.code("DeleteVpc", &[("VpcId", &a)]), "DependencyViolation");

    let dry = [&both(&one, &a)[..], &[("DryRun", "true")]].concat();
    assert_eq!(world.code("DetachInternetGateway", &dry), "DryRunOperation");
    world.ok("DetachInternetGateway", &both(&one, &a));
    let shown = world.ok("DescribeInternetGateways", &[("InternetGatewayId.1", &one)]);
    assert_eq!(text(&shown, "attachmentSet"), "");
    world.ok("AttachInternetGateway", &both(&two, &a));
    world.ok("AttachInternetGateway", &both(&one, &b));
}

#[test]
fn what_is_not_there_is_not_attached() {
    let mut world = World::new();
    let (vpc, gateway) = (vpc(&mut world), gateway(&mut world));
    for action in ["AttachInternetGateway", "DetachInternetGateway"] {
        let mut check = |gateway: &str, vpc: &str, code: &str| {
            assert_eq!(world.code(action, &[("InternetGatewayId", gateway), ("VpcId", vpc)]), code, "{action}");
        };
        check("igw-00000000000000000", &vpc, "InvalidInternetGatewayID.NotFound");
        check("igw-x", &vpc, "InvalidInternetGatewayId.Malformed");
        // A gateway that is free is detached from a VPC that is gone: Terraform takes no other word for it.
        let nobodys = if action == "DetachInternetGateway" { "Gateway.NotAttached" } else { "InvalidVpcID.NotFound" };
        check(&gateway, "vpc-00000000000000000", nobodys);
        check(&gateway, "vpc", "InvalidVpcID.Malformed");
        assert_eq!(world.code(action, &[("InternetGatewayId", &gateway)]), "MissingParameter");
    }
    world.become_account(2);
    let mine = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    let parameters = [("InternetGatewayId", gateway.as_str()), ("VpcId", mine.as_str())];
    assert_eq!(world.code("AttachInternetGateway", &parameters), "InvalidInternetGatewayID.NotFound");
    let theirs = [("InternetGatewayId.1", gateway.as_str())];
    assert_eq!(world.code("DescribeInternetGateways", &theirs), "InvalidInternetGatewayID.NotFound");
    assert_eq!(
        world.code("DescribeInternetGateways", &[("InternetGatewayId.1", "igw")]),
        "InvalidInternetGatewayId.Malformed"
    );
    assert_eq!(text(&world.ok("DescribeInternetGateways", &[]), "internetGatewaySet"), "");
}

#[test]
fn a_gateway_stays_while_public_addresses_lead_through_it() {
    let mut world = World::new();
    let (vpc, gateway) = (vpc(&mut world), gateway(&mut world));
    let both = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc.as_str())];
    world.ok("AttachInternetGateway", &both);
    let subnet = world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", "10.0.1.0/24")]);
    let interface = world.ok("CreateNetworkInterface", &[("SubnetId", text(&subnet, "subnetId"))]);
    let address = text(&world.ok("AllocateAddress", &[]), "allocationId").to_owned();
    let mapping = [("AllocationId", address.as_str()), ("NetworkInterfaceId", text(&interface, "networkInterfaceId"))];
    let association = text(&world.ok("AssociateAddress", &mapping), "associationId").to_owned();
    let error = world.call("DetachInternetGateway", &both).expect_err("an address is mapped");
    let sentence = format!(
        "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the \
         gateway."
    );
    assert_eq!((error.code().as_str(), error.to_string()), ("DependencyViolation", sentence));
    world.ok("DisassociateAddress", &[("AssociationId", &association)]);
    world.ok("DetachInternetGateway", &both);
}

#[test]
fn gateways_are_found_by_what_they_are() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let (one, two) = (gateway(&mut world), gateway(&mut world));
    world.ok("AttachInternetGateway", &[("InternetGatewayId", &one), ("VpcId", &vpc)]);
    world.ok("CreateTags", &[("ResourceId.1", &two), ("Tag.1.Key", "Name"), ("Tag.1.Value", "spare")]);
    let mut check = |name: &str, value: &str, expected: &[&str]| {
        let answer = world.ok("DescribeInternetGateways", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(texts(&answer, "internetGatewayId"), expected, "{name} = {value}");
    };
    check("attachment.state", "available", &[&one]);
    check("attachment.state", "attached", &[]);
    check("attachment.vpc-id", &vpc, &[&one]);
    check("attachment.vpc-id", "vpc-*", &[&one]);
    check("internet-gateway-id", &two, &[&two]);
    check("owner-id", "100000000001", &[&one, &two]);
    check("tag:Name", "spare", &[&two]);
    check("tag-key", "Name", &[&two]);
    world.assert_filters("DescribeInternetGateways");
    assert_eq!(world.code("DescribeInternetGateways", &[("DryRun", "true")]), "DryRunOperation");
    assert_eq!(world.code("DescribeInternetGateways", &[("MaxResults", "4")]), "InvalidParameterValue");
}

#[test]
fn awss_quota_of_gateways_holds_where_quotas_do() {
    let mut world = World::new();
    world.enforce_quotas();
    let made: Vec<String> = (0..5).map(|_| gateway(&mut world)).collect();
    assert_eq!(world.code("CreateInternetGateway", &[]), "InternetGatewayLimitExceeded");
    world.ok("DeleteInternetGateway", &[("InternetGatewayId", &made[0])]);
    gateway(&mut world);
    world.caller.region = "eu-central-1".to_owned();
    gateway(&mut world);
}
