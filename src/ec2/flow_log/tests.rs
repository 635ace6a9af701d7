//! Flow logs as clients meet them.

use crate::ec2::fixture::{World, text, texts};

const CREATE: &str = "CreateFlowLogs";
const DELETE: &str = "DeleteFlowLogs";
const DESCRIBE: &str = "DescribeFlowLogs";
const DEFAULT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} \
                       ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";
const S3: [(&str, &str); 2] = [("LogDestinationType", "s3"), ("LogDestination", "arn:aws:s3:::flows/of/shop/")];

fn vpc(world: &mut World) -> String {
    text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned()
}

fn subnet(world: &mut World, vpc: &str) -> String {
    text(&world.ok("CreateSubnet", &[("CidrBlock", "10.0.0.0/24"), ("VpcId", vpc)]), "subnetId").to_owned()
}

/// The parameters of a log of everything in a VPC, with these besides.
fn of<'a>(vpc: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("ResourceId.1", vpc)];
    for (name, value) in [("ResourceType", "VPC"), ("TrafficType", "ALL")] {
        if !more.iter().any(|it| it.0 == name) {
            all.push((name, value));
        }
    }
    all.extend(more);
    all
}

#[test]
fn a_log_is_made_shown_tagged_and_deleted() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let tags = [
        ("ClientToken", "one"),
        ("TagSpecification.1.ResourceType", "vpc-flow-log"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "all"),
    ];
    let parameters = of(&vpc, &[&S3[..], &tags[..]].concat());
    let answer = world.ok(CREATE, &parameters);
    assert_eq!(world.ok(CREATE, &parameters), answer, "the same token makes one log");
    assert_eq!(text(&answer, "clientToken"), "one");
    assert_eq!(text(&answer, "unsuccessful"), "");
    let id = texts(text(&answer, "flowLogIdSet"), "item")[0].to_owned();
    assert!(id.starts_with("fl-"), "{id}");
    let shown = world.ok(DESCRIBE, &[("FlowLogId.1", &id)]);
    for (element, expected) in [
        ("flowLogId", id.as_str()),
        ("flowLogStatus", "ACTIVE"),
        ("deliverLogsStatus", "SUCCESS"),
        ("resourceId", &vpc),
        ("trafficType", "ALL"),
        ("logDestinationType", "s3"),
        ("logDestination", "arn:aws:s3:::flows/of/shop/"),
        ("logFormat", DEFAULT),
        ("maxAggregationInterval", "600"),
        ("tagSet", "<item><key>Name</key><value>all</value></item>"),
    ] {
        assert_eq!(text(&shown, element), expected, "{element}");
    }
    assert_eq!(texts(&shown, "destinationOptions").len() + texts(&shown, "logGroupName").len(), 0);
    world.ok("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "Team"), ("Tag.1.Value", "a")]);
    assert_eq!(text(&world.ok("DescribeTags", &[]), "resourceType"), "vpc-flow-log");

    assert_eq!(world.code(DELETE, &[("FlowLogId.1", &id), ("DryRun", "true")]), "DryRunOperation");
    let unknown = "fl-00000000000000000";
    let error = world.call(DELETE, &[("FlowLogId.1", unknown), ("FlowLogId.2", &id)]).expect_err("one is nobody's");
    let sentence = format!("These flow log ids in the input list are not found: [TotalCount: 1] {unknown}");
    assert_eq!((error.code(), error.to_string()), ("InvalidFlowLogId.NotFound".to_owned(), sentence));
    assert_eq!(text(&world.ok(DELETE, &[("FlowLogId.1", &id)]), "unsuccessful"), "");
    assert_eq!(world.state.tags.len(), 0);
    assert_eq!(text(&world.ok(DESCRIBE, &[("FlowLogId.1", &id)]), "flowLogSet"), "", "by which it is known to be gone");
    assert_eq!(world.code(DESCRIBE, &[("FlowLogId.1", "fl-x")]), "InvalidFlowLogId.Malformed");
    assert_eq!(world.code(DELETE, &[("FlowLogId.1", "fl-x")]), "InvalidFlowLogId.Malformed");
    assert_eq!(world.code(DELETE, &[]), "MissingParameter");
}

#[test]
fn what_cannot_be_recorded_is_told_resource_by_resource() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    world.ok(CREATE, &of(&vpc, &S3));
    assert_eq!(world.code(CREATE, &of(&vpc, &S3)), "FlowLogAlreadyExists");
    let answer = world.ok(CREATE, &of("vpc-00000000000000000", &S3));
    assert_eq!(text(&answer, "code"), "InvalidVpcID.NotFound");
    assert_eq!(world.code(CREATE, &of("vpc", &S3)), "InvalidVpcID.Malformed");
    let rejects = world.ok(CREATE, &of(&vpc, &[&S3[..], &[("TrafficType", "REJECT")]].concat()));
    assert_eq!(text(&rejects, "unsuccessful"), "", "another traffic type is another log");
    let both = [
        ("ResourceId.2", "vpc-00000000000000000"),
        ("LogDestinationType", "s3"),
        ("LogDestination", "arn:aws:s3:::two"),
    ];
    let answer = world.ok(CREATE, &of(&vpc, &both));
    assert_eq!(texts(text(&answer, "flowLogIdSet"), "item").len(), 1, "one is no hindrance to the other");
    assert_eq!(text(&answer, "code"), "InvalidVpcID.NotFound");
}

#[test]
fn a_parameter_is_honoured_or_refused() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let mut check = |more: &[(&str, &str)], expected: &str| {
        let mut parameters = of(&vpc, more);
        parameters.push(("DryRun", "true"));
        assert_eq!(world.code(CREATE, &parameters), expected, "{more:?}");
    };
    let s3 = |name, value| [S3[0], S3[1], (name, value)];
    check(&S3, "DryRunOperation");
    check(&s3("MaxAggregationInterval", "60"), "DryRunOperation");
    check(&s3("MaxAggregationInterval", "61"), "InvalidParameter");
    check(&s3("TrafficType", "MOST"), "InvalidParameterValue");
    check(&s3("ResourceType", "TransitGateway"), "UnsupportedOperation");
    check(&s3("ResourceType", "Cloud"), "InvalidParameterValue");
    check(&s3("LogFormat", "${version} ${tcp-flags} ${deciding-rule}"), "DryRunOperation");
    check(&s3("LogFormat", "${version} ${version}"), "InvalidParameter");
    check(&s3("LogFormat", "${colour}"), "InvalidParameter");
    check(&s3("LogFormat", "version"), "InvalidParameter");
    check(&s3("LogFormat", " "), "InvalidParameter");
    check(&s3("LogFormat", "${ecs-task-id}"), "UnsupportedOperation");
    check(&s3("LogFormat", "${encryption-status}"), "UnsupportedOperation");
    check(&s3("DestinationOptions.FileFormat", "plain-text"), "DryRunOperation");
    check(&s3("DestinationOptions.FileFormat", "parquet"), "UnsupportedOperation");
    check(&s3("DestinationOptions.PerHourPartition", "true"), "DryRunOperation");
    check(&s3("DeliverCrossAccountRole", "arn:aws:iam::123456789012:role/x"), "UnsupportedOperation");
    check(&s3("DeliverLogsPermissionArn", "arn:aws:iam::123456789012:role/x"), "InvalidParameterCombination");
    check(&s3("LogGroupName", "flows"), "InvalidParameter");
    check(&s3("TagSpecification.1.ResourceType", "vpc"), "InvalidParameterValue");
    check(
        &[("LogDestinationType", "kinesis-data-firehose"), ("LogDestination", "arn:aws:firehose:x")],
        "UnsupportedOperation",
    );
    check(&[S3[0]], "InvalidParameter");
    for wrong in ["arn:aws:s3:::", "arn:aws:s3:::a", "arn:aws:s3:::Flows", "flows", "arn:aws:s3:::flows/../../etc"] {
        check(&[S3[0], ("LogDestination", wrong)], "InvalidParameter");
    }
    check(&[S3[0], ("LogDestination", "arn:aws:s3:::flows/AWSLogs/")], "InvalidParameter");

    let role = ("DeliverLogsPermissionArn", "arn:aws:iam::123456789012:role/flows");
    check(&[("LogGroupName", "/aws/flows"), role], "DryRunOperation");
    check(&[("LogGroupName", "/aws/flows")], "InvalidParameter");
    check(&[("LogGroupName", "/aws/../flows"), role], "InvalidParameter");
    check(&[("LogGroupName", ".."), role], "InvalidParameter");
    check(&[role], "InvalidParameter");
    check(
        &[("LogGroupName", "flows"), role, ("DestinationOptions.PerHourPartition", "true")],
        "InvalidParameterCombination",
    );
    check(&[("LogDestination", "arn:aws:logs:us-east-1:000000000000:log-group:x"), role], "InvalidParameter");
    let vpc = of(&vpc, &S3).into_iter().filter(|it| it.0 != "TrafficType").collect::<Vec<_>>();
    assert_eq!(world.code(CREATE, &vpc), "MissingParameter");
}

#[test]
fn a_log_group_is_named_or_given_as_an_arn() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let role = ("DeliverLogsPermissionArn", "arn:aws:iam::123456789012:role/flows");
    let options = ("DestinationOptions.HiveCompatiblePartitions", "true");
    world.ok(CREATE, &of(&vpc, &[S3[0], S3[1], options]));
    world.ok(CREATE, &of(&vpc, &[("LogGroupName", "flows"), role]));
    let owner = world.caller.account.to_string();
    let arn = format!("arn:aws:logs:us-east-1:{owner}:log-group:others:*");
    world.ok(CREATE, &of(&vpc, &[("LogDestination", &arn), role]));

    let mut shown =
        |name: &str, value: &str| world.ok(DESCRIBE, &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
    let bucket = shown("log-destination-type", "s3");
    assert_eq!(text(&bucket, "hiveCompatiblePartitions"), "true");
    assert_eq!((text(&bucket, "perHourPartition"), text(&bucket, "fileFormat")), ("false", "plain-text"));
    let named = shown("log-group-name", "flows");
    assert_eq!((text(&named, "deliverLogsPermissionArn"), texts(&named, "logDestination").len()), (role.1, 0));
    let given = shown("log-group-name", "oth*");
    assert_eq!((text(&given, "logDestination"), text(&given, "logGroupName")), (arn.as_str(), "others"));
}

#[test]
fn logs_are_filtered_paged_and_their_owners_alone() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let subnet = subnet(&mut world, &vpc);
    world.ok(CREATE, &of(&vpc, &S3));
    let parameters = [("ResourceType", "Subnet"), ("TrafficType", "REJECT"), S3[0], S3[1]];
    world.ok(CREATE, &of(&subnet, &parameters));
    let mut check = |name: &str, value: &str, expected: &[&str]| {
        let answer = world.ok(DESCRIBE, &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        assert_eq!(texts(&answer, "resourceId"), expected, "{name}={value}");
    };
    check("resource-id", &subnet, &[&subnet]);
    check("traffic-type", "ALL", &[&vpc]);
    check("deliver-log-status", "FAILED", &[]);
    check("log-destination-type", "cloud-watch-logs", &[]);
    world.assert_filters(DESCRIBE);
    let first = world.ok(DESCRIBE, &[("MaxResults", "1")]);
    let second = world.ok(DESCRIBE, &[("MaxResults", "1"), ("NextToken", text(&first, "nextToken"))]);
    assert_ne!(text(&first, "flowLogId"), text(&second, "flowLogId"));
    let id = text(&first, "flowLogId").to_owned();
    let named = world.ok(DESCRIBE, &[("FlowLogId.1", &id), ("FlowLogId.2", "fl-00000000000000000")]);
    assert_eq!(texts(&named, "flowLogId"), [id.as_str()], "beside one that is nobody's");
    world.become_account(2);
    assert_eq!(text(&world.ok(DESCRIBE, &[]), "flowLogSet"), "");
    assert_eq!(text(&world.ok(DESCRIBE, &[("FlowLogId.1", &id)]), "flowLogSet"), "", "another's");
    assert_eq!(world.code(DELETE, &[("FlowLogId.1", &id)]), "InvalidFlowLogId.NotFound");
    assert_eq!(text(&world.ok(CREATE, &of(&vpc, &S3)), "code"), "InvalidVpcID.NotFound");
}

#[test]
fn a_log_goes_with_what_it_is_of() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    let subnet = subnet(&mut world, &vpc);
    let interface =
        text(&world.ok("CreateNetworkInterface", &[("SubnetId", &subnet)]), "networkInterfaceId").to_owned();
    for (kind, id) in [("VPC", &vpc), ("Subnet", &subnet), ("NetworkInterface", &interface)] {
        world.ok(CREATE, &of(id, &[S3[0], S3[1], ("ResourceType", kind)]));
    }
    let mut left = |call: &str, parameters: &[(&str, &str)]| {
        world.ok(call, parameters);
        texts(&world.ok(DESCRIBE, &[]), "resourceId").len()
    };
    assert_eq!(left("DeleteNetworkInterface", &[("NetworkInterfaceId", &interface)]), 2);
    assert_eq!(left("DeleteSubnet", &[("SubnetId", &subnet)]), 1);
    assert_eq!(left("DeleteVpc", &[("VpcId", &vpc)]), 0);
}
