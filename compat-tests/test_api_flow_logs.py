"""Flow logs as the API has them; what they record is `test_flow_logs`'s matter."""

from calls import filters, nobodys, refused, tags, unsupported, untouched


def made(ec2, vpc, **more):
    given = {"ResourceIds": [vpc.id], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::flows/of/shop/"}
    return ec2.create_flow_logs(**(given | more))


def test_a_flow_log_is_shown_as_it_was_asked_for_and_goes(ec2, vpc):
    answer = made(ec2, vpc, MaxAggregationInterval=60, LogFormat="${version} ${action}", TagSpecifications=tags("vpc-flow-log", team="x"))
    (id,), none = answer["FlowLogIds"], answer["Unsuccessful"]
    assert none == []
    (shown,) = ec2.describe_flow_logs(FlowLogIds=[id])["FlowLogs"]
    expected = {
        "FlowLogId": id,
        "ResourceId": vpc.id,
        "TrafficType": "ALL",
        "FlowLogStatus": "ACTIVE",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::flows/of/shop/",
        "LogFormat": "${version} ${action}",
        "MaxAggregationInterval": 60,
        "Tags": [{"Key": "team", "Value": "x"}],
    }
    assert expected.items() <= shown.items()
    assert ec2.describe_flow_logs(Filters=filters(resource_id=vpc.id, traffic_type="ALL"))["FlowLogs"] == [shown]
    assert ec2.describe_flow_logs(Filters=filters(resource_id=vpc.id, traffic_type="REJECT"))["FlowLogs"] == []
    refused("FlowLogAlreadyExists", made, ec2=ec2, vpc=vpc)
    assert ec2.delete_flow_logs(FlowLogIds=[id])["Unsuccessful"] == []
    assert ec2.describe_flow_logs(FlowLogIds=[id])["FlowLogs"] == []
    refused("InvalidFlowLogId.NotFound", ec2.delete_flow_logs, FlowLogIds=[id])


def test_a_call_is_answered_with_its_token_or_one_that_was_never_given(ec2, vpc):
    answers = [made(ec2, vpc, LogDestination=f"arn:aws:s3:::flows/of/{at}/") for at in range(2)]
    given = made(ec2, vpc, ClientToken="flows-once", LogDestination="arn:aws:s3:::flows/of/mine/")
    tokens = [it["ClientToken"] for it in (*answers, given)]
    assert tokens[2] == "flows-once" and len(set(tokens)) == 3 and all(tokens)
    ec2.delete_flow_logs(FlowLogIds=[id for it in (*answers, given) for id in it["FlowLogIds"]])


def test_what_is_not_there_is_told_resource_by_resource(ec2, vpc):
    answer = made(ec2, vpc, ResourceIds=[vpc.id, nobodys("vpc")])
    assert len(answer["FlowLogIds"]) == 1
    ((gone, code),) = [(it["ResourceId"], it["Error"]["Code"]) for it in answer["Unsuccessful"]]
    assert (gone, code) == (nobodys("vpc"), "InvalidVpcID.NotFound")
    ec2.delete_flow_logs(FlowLogIds=answer["FlowLogIds"])


def test_a_flow_log_that_could_not_be_kept_is_refused(ec2, vpc):
    def asked(**more):
        return made(ec2, vpc, **more)

    role = {"DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/logs"}
    with untouched(ec2):
        unsupported("parquet", asked, DestinationOptions={"FileFormat": "parquet"})
        unsupported("TransitGateway", asked, ResourceType="TransitGateway", ResourceIds=[nobodys("tgw")])
        refused("InvalidParameter", asked, LogFormat="${no-such-field}")
        refused("InvalidParameter", asked, MaxAggregationInterval=61)
        refused("InvalidParameter", asked, LogDestination="arn:aws:s3:::flows/AWSLogs/")
        refused("InvalidParameter", asked, LogDestination="arn:aws:s3:::flows/../other")
        refused("InvalidParameterCombination", asked, **role)
        group = {"LogDestinationType": "cloud-watch-logs", "LogDestination": "", **role}
        refused("InvalidParameter", asked, **group | {"LogDestination": "arn:aws:logs:us-east-1:123456789012:log-group:flows"})
