//! Block public access: the modes, their exclusions, and who may set them.

use crate::ec2::fixture::{World, text, texts};
use crate::state::id::VpcId;

const MODE: &str = "InternetGatewayBlockMode";
const EXCLUSION: &str = "InternetGatewayExclusionMode";

/// A VPC with two subnets.
struct Lab {
    world: World,
    vpc: String,
    subnets: [String; 2],
}

impl Lab {
    fn new() -> Lab {
        let mut world = World::new();
        let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
        let subnets = ["10.0.1.0/24", "10.0.2.0/24"].map(|block| {
            let answer = world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", block)]);
            text(&answer, "subnetId").to_owned()
        });
        Lab { world, vpc, subnets }
    }

    fn block(&mut self, mode: &str) {
        self.world.ok("ModifyVpcBlockPublicAccessOptions", &[(MODE, mode)]);
    }

    /// Excludes a VPC or a subnet, and answers the id.
    fn exclude(&mut self, resource: &str, mode: &str) -> String {
        let name = if resource.starts_with("vpc-") { "VpcId" } else { "SubnetId" };
        let answer = self.world.ok("CreateVpcBlockPublicAccessExclusion", &[(name, resource), (EXCLUSION, mode)]);
        text(&answer, "exclusionId").to_owned()
    }

    /// What is shown of the VPC and of its two subnets.
    fn shown(&mut self) -> String {
        let vpc = self.world.ok("DescribeVpcs", &[("VpcId.1", &self.vpc)]);
        let mut modes = vec![text(&vpc, "internetGatewayBlockMode").to_owned()];
        for subnet in &self.subnets {
            let subnet = self.world.ok("DescribeSubnets", &[("SubnetId.1", subnet)]);
            modes.push(text(&subnet, "internetGatewayBlockMode").to_owned());
        }
        modes.join(" ")
    }
}

#[test]
fn nothing_is_blocked_until_the_account_says_so() {
    let mut lab = Lab::new();
    let answer = lab.world.ok("DescribeVpcBlockPublicAccessOptions", &[]);
    for (element, expected) in [
        ("awsAccountId", "100000000001"),
        ("awsRegion", "us-east-1"),
        ("exclusionsAllowed", "allowed"),
        ("internetGatewayBlockMode", "off"),
        ("managedBy", "account"),
        ("state", "default-state"),
    ] {
        assert_eq!(text(&answer, element), expected, "{element}");
    }
    assert_eq!(lab.shown(), "off off off");
    assert_eq!(lab.world.code("ModifyVpcBlockPublicAccessOptions", &[(MODE, "on")]), "InvalidParameterValue");
    assert_eq!(lab.world.code("ModifyVpcBlockPublicAccessOptions", &[]), "MissingParameter");
    let dry = [(MODE, "block-ingress"), ("DryRun", "true")];
    assert_eq!(lab.world.code("ModifyVpcBlockPublicAccessOptions", &dry), "DryRunOperation");

    let before = lab.world.state.revision;
    let modified = lab.world.ok("ModifyVpcBlockPublicAccessOptions", &[(MODE, "block-bidirectional")]);
    let shown = lab.world.ok("DescribeVpcBlockPublicAccessOptions", &[]);
    let element = "vpcBlockPublicAccessOptions";
    assert_eq!(text(&modified, element), text(&shown, element));
    assert_eq!([text(&shown, MODE_SHOWN), text(&shown, "state")], ["block-bidirectional", "update-complete"]);
    assert!(shown.contains("<lastUpdateTimestamp>"), "{shown}");
    let changed: Vec<VpcId> = lab.world.state.indexes.vpcs_changed_after(before).collect();
    assert_eq!(changed, [lab.vpc.parse().expect("an id")]);
    assert_eq!(lab.shown(), "block-bidirectional block-bidirectional block-bidirectional");
    lab.block("block-ingress");
    assert_eq!(lab.shown(), "block-ingress block-ingress block-ingress");

    lab.world.become_account(2);
    assert_eq!(text(&lab.world.ok("DescribeVpcBlockPublicAccessOptions", &[]), MODE_SHOWN), "off");
    lab.world.become_account(1);
    lab.world.caller.region = "eu-central-1".to_owned();
    assert_eq!(text(&lab.world.ok("DescribeVpcBlockPublicAccessOptions", &[]), MODE_SHOWN), "off");
    lab.world.caller.region = "us-east-1".to_owned();
    lab.block("off");
    assert_eq!(lab.shown(), "off off off");
}

const MODE_SHOWN: &str = "internetGatewayBlockMode";

#[test]
fn an_exclusion_is_blocked_less() {
    let mut lab = Lab::new();
    let (vpc, first) = (lab.vpc.clone(), lab.subnets[0].clone());
    lab.block("block-bidirectional");
    let id = lab.exclude(&first, "allow-egress");
    assert_eq!(lab.shown(), "block-bidirectional block-ingress block-bidirectional");
    let modify = |lab: &mut Lab, mode: &str| {
        let parameters = [("ExclusionId", id.as_str()), (EXCLUSION, mode)];
        let answer = lab.world.ok("ModifyVpcBlockPublicAccessExclusion", &parameters);
        assert_eq!([text(&answer, "internetGatewayExclusionMode"), text(&answer, "state")], [mode, "update-complete"]);
    };
    let before = lab.world.state.revision;
    modify(&mut lab, "allow-bidirectional");
    assert_eq!(lab.world.state.indexes.vpcs_changed_after(before).count(), 1);
    assert_eq!(lab.shown(), "block-bidirectional off block-bidirectional");
    lab.exclude(&vpc, "allow-egress");
    assert_eq!(lab.shown(), "block-ingress off block-ingress", "the subnet's own counts");
    lab.block("block-ingress");
    assert_eq!(lab.shown(), "block-ingress off block-ingress");
    modify(&mut lab, "allow-egress");
    assert_eq!(lab.shown(), "block-ingress block-ingress block-ingress");
    lab.block("off");
    assert_eq!(lab.shown(), "off off off", "an exclusion never blocks");

    lab.block("block-bidirectional");
    let deleted = lab.world.ok("DeleteVpcBlockPublicAccessExclusion", &[("ExclusionId", &id)]);
    assert_eq!(text(&deleted, "state"), "delete-complete");
    assert!(deleted.contains("<deletionTimestamp>"), "{deleted}");
    assert_eq!(lab.shown(), "block-ingress block-ingress block-ingress");
}

#[test]
fn what_cannot_be_excluded_is_refused() {
    let mut lab = Lab::new();
    let (vpc, subnet) = (lab.vpc.clone(), lab.subnets[0].clone());
    lab.exclude(&vpc, "allow-egress");
    lab.world.become_account(2);
    let foreign = text(&lab.world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    lab.world.become_account(1);
    let mut check = |parameters: &[(&str, &str)], expected: &str| {
        let code = lab.world.code("CreateVpcBlockPublicAccessExclusion", parameters);
        assert_eq!(code, expected, "{parameters:?}");
    };
    let egress = (EXCLUSION, "allow-egress");
    check(&[egress], "MissingParameter");
    check(&[("VpcId", &vpc)], "MissingParameter");
    check(&[egress, ("VpcId", &vpc), ("SubnetId", &subnet)], "InvalidParameterCombination");
    check(&[egress, ("VpcId", &vpc)], "InvalidParameterValue");
    check(&[egress, ("VpcId", &foreign)], "InvalidVpcID.NotFound");
    check(&[egress, ("SubnetId", "subnet-12345678")], "InvalidSubnetID.NotFound");
    check(&[(EXCLUSION, "allow-ingress"), ("SubnetId", &subnet)], "InvalidParameterValue");
    check(&[egress, ("SubnetId", &subnet), ("TagSpecification.1.ResourceType", "vpc")], "InvalidParameterValue");
    check(&[egress, ("SubnetId", &subnet), ("DryRun", "true")], "DryRunOperation");
    for action in ["DeleteVpcBlockPublicAccessExclusion", "ModifyVpcBlockPublicAccessExclusion"] {
        let unknown = [("ExclusionId", "vpcbpa-exclude-12345678"), egress];
        let unknown = if action.starts_with("Delete") { &unknown[..1] } else { &unknown[..] };
        assert_eq!(lab.world.code(action, unknown), "InvalidVpcBlockPublicAccessExclusionId.NotFound", "{action}");
    }
}

#[test]
fn exclusions_are_found_and_go_with_what_they_exclude() {
    let mut lab = Lab::new();
    let (vpc, [first, second]) = (lab.vpc.clone(), lab.subnets.clone());
    let tags = [
        ("VpcId", vpc.as_str()),
        (EXCLUSION, "allow-egress"),
        ("TagSpecification.1.ResourceType", "vpc-block-public-access-exclusion"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "all"),
    ];
    let made = lab.world.ok("CreateVpcBlockPublicAccessExclusion", &tags);
    assert_eq!([text(&made, "state"), text(&made, "value")], ["create-complete", "all"]);
    assert_eq!(text(&made, "resourceArn"), format!("arn:aws:ec2:us-east-1:100000000001:vpc/{vpc}"));
    let whole = text(&made, "exclusionId").to_owned();
    let part = lab.exclude(&first, "allow-bidirectional");
    lab.world.ok("CreateTags", &[("ResourceId.1", &part), ("Tag.1.Key", "team"), ("Tag.1.Value", "x")]);
    let mut check = |name: &str, value: &str, expected: &[&String]| {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let answer = lab.world.ok("DescribeVpcBlockPublicAccessExclusions", &filter);
        assert_eq!(texts(&answer, "exclusionId"), expected.iter().map(|it| it.as_str()).collect::<Vec<_>>(), "{name}");
    };
    check("internet-gateway-exclusion-mode", "allow-egress", &[&whole]);
    check("resource-arn", &format!("*:subnet/{first}"), &[&part]);
    check("state", "delete-complete", &[]);
    check("tag:Name", "all", &[&whole]);
    check("tag-key", "team", &[&part]);
    check("tag-value", "x", &[&part]);
    lab.world.assert_filters("DescribeVpcBlockPublicAccessExclusions");
    let named = lab.world.ok("DescribeVpcBlockPublicAccessExclusions", &[("ExclusionId.1", &part)]);
    assert_eq!(text(&named, "internetGatewayExclusionMode"), "allow-bidirectional");
    let types = lab.world.ok("DescribeTags", &[("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", &part)]);
    assert_eq!(text(&types, "resourceType"), "vpc-block-public-access-exclusion");

    lab.world.become_account(2);
    assert_eq!(texts(&lab.world.ok("DescribeVpcBlockPublicAccessExclusions", &[]), "item").len(), 0);
    let theirs = [("ExclusionId.1", part.as_str())];
    let code = lab.world.code("DescribeVpcBlockPublicAccessExclusions", &theirs);
    assert_eq!(code, "InvalidVpcBlockPublicAccessExclusionId.NotFound");
    lab.world.become_account(1);

    lab.world.ok("DeleteSubnet", &[("SubnetId", &first)]);
    assert_eq!(lab.world.state.block_public_access_exclusions.len(), 1);
    lab.world.ok("DeleteSubnet", &[("SubnetId", &second)]);
    lab.world.ok("DeleteVpc", &[("VpcId", &vpc)]);
    assert_eq!((lab.world.state.block_public_access_exclusions.len(), lab.world.state.tags.len()), (0, 0));
}

#[test]
fn there_are_fifty_exclusions_at_most() {
    let mut lab = Lab::new();
    let vpc = lab.vpc.clone();
    lab.exclude(&vpc, "allow-egress");
    for number in 0..50 {
        let block = format!("10.0.{}.0/24", 10 + number);
        let subnet = lab.world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", &block)]);
        let subnet = text(&subnet, "subnetId").to_owned();
        if number < 49 {
            lab.exclude(&subnet, "allow-egress");
        } else {
            let one_more = [("SubnetId", subnet.as_str()), (EXCLUSION, "allow-egress")];
            let code = lab.world.code("CreateVpcBlockPublicAccessExclusion", &one_more);
            assert_eq!(code, "VpcBlockPublicAccessExclusionLimitExceeded");
        }
    }
}
