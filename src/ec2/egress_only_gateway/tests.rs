//! Egress-only internet gateways as clients meet them.

use crate::ec2::fixture::{World, text, texts};

const CREATE: &str = "CreateEgressOnlyInternetGateway";
const DELETE: &str = "DeleteEgressOnlyInternetGateway";
const DESCRIBE: &str = "DescribeEgressOnlyInternetGateways";
const ID: &str = "EgressOnlyInternetGatewayId";

fn vpc(world: &mut World) -> String {
    let parameters = [("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")];
    text(&world.ok("CreateVpc", &parameters), "vpcId").to_owned()
}

#[test]
fn a_gateway_is_answered_and_described_alike_and_goes() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let parameters = [
        ("VpcId", vpc.as_str()),
        ("ClientToken", "one"),
        ("TagSpecification.1.ResourceType", "egress-only-internet-gateway"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "six"),
    ];
    let answer = world.ok(CREATE, &parameters);
    assert_eq!(world.ok(CREATE, &parameters), answer, "the same token makes one gateway");
    assert_eq!(text(&answer, "clientToken"), "one");
    let gateway = text(&answer, "egressOnlyInternetGateway");
    let id = text(gateway, "egressOnlyInternetGatewayId").to_owned();
    assert!(id.starts_with("eigw-"));
    let attached = format!("<item><state>attached</state><vpcId>{vpc}</vpcId></item>");
    assert_eq!(text(gateway, "attachmentSet"), attached);
    assert_eq!(text(gateway, "tagSet"), "<item><key>Name</key><value>six</value></item>");
    let shown = world.ok(DESCRIBE, &[("EgressOnlyInternetGatewayId.1", &id)]);
    assert_eq!(text(&shown, "egressOnlyInternetGatewaySet"), format!("<item>{gateway}</item>"));

    assert_eq!(world.code("DeleteVpc", &[("VpcId", &vpc)]), "DependencyViolation");
    assert_eq!(world.code(CREATE, &[("VpcId", &vpc)]), "InvalidParameterValue", "the VPC has one");
    assert_eq!(world.code(DELETE, &[(ID, &id), ("DryRun", "true")]), "DryRunOperation");
    assert_eq!(text(&world.ok(DELETE, &[(ID, &id)]), "returnCode"), "true");
    assert_eq!(world.state.tags.len(), 0);
    assert_eq!(world.code(DELETE, &[(ID, &id)]), "InvalidGatewayID.NotFound");
    assert_eq!(world.code(DELETE, &[(ID, "eigw")]), "InvalidEgressOnlyInternetGatewayId.Malformed");
    assert_eq!(world.code(DELETE, &[]), "MissingParameter");
    world.ok("DeleteVpc", &[("VpcId", &vpc)]);
    assert_eq!(world.code(CREATE, &[("VpcId", &vpc)]), "InvalidVpcID.NotFound");
    assert_eq!(world.code(CREATE, &[]), "MissingParameter");
}

#[test]
fn an_unknown_id_is_passed_over() {
    let mut world = World::new();
    let (a, b) = (vpc(&mut world), vpc(&mut world));
    let [one, two] =
        [&a, &b].map(|vpc| text(&world.ok(CREATE, &[("VpcId", vpc)]), "egressOnlyInternetGatewayId").to_owned());
    world.ok("CreateTags", &[("ResourceId.1", &two), ("Tag.1.Key", "Name"), ("Tag.1.Value", "second")]);
    let mut check = |parameters: &[(&str, &str)], expected: &[&str]| {
        let answer = world.ok(DESCRIBE, parameters);
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(texts(&answer, "egressOnlyInternetGatewayId"), expected, "{parameters:?}");
    };
    let (first, second) = ("EgressOnlyInternetGatewayId.1", "EgressOnlyInternetGatewayId.2");
    check(&[], &[&one, &two]);
    check(&[(first, "eigw-00000000000000000")], &[]);
    check(&[(first, "eigw-00000000000000000"), (second, &one)], &[&one]);
    check(&[("Filter.1.Name", "tag:Name"), ("Filter.1.Value.1", "sec*")], &[&two]);
    check(&[("Filter.1.Name", "tag-key"), ("Filter.1.Value.1", "Name"), (first, &one)], &[]);
    world.assert_filters(DESCRIBE);
    assert_eq!(world.code(DESCRIBE, &[(first, "eigw-1")]), "InvalidEgressOnlyInternetGatewayId.Malformed");
    assert_eq!(
        world.code(DESCRIBE, &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", "x")]),
        "InvalidParameterValue"
    );
    assert_eq!(world.code(DESCRIBE, &[("MaxResults", "256")]), "InvalidParameterValue");
    assert_eq!(world.code(DESCRIBE, &[("DryRun", "true")]), "DryRunOperation");
    world.become_account(2);
    assert_eq!(text(&world.ok(DESCRIBE, &[(first, &one)]), "egressOnlyInternetGatewaySet"), "");
    assert_eq!(text(&world.ok(DESCRIBE, &[]), "egressOnlyInternetGatewaySet"), "");
    assert_eq!(world.code(DELETE, &[(ID, &one)]), "InvalidGatewayID.NotFound");
}
