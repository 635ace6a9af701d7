"""A user's first hour with the real AWS CLI: everything is made, looked at, changed and taken away again."""

import pytest

from culvert import AwsError, until
from network import Instance
from packets import can_connect, cannot_connect


@pytest.fixture
def aws(shared):
    """`aws ec2 …`, with what it prints as a value; a `query` picks from it as `--query` does."""

    def aws(*arguments, query=None, **options):
        return shared.aws("ec2", *arguments, *(("--query", query) if query else ()), **options)

    return aws


def test_a_vpc_lives_from_its_creation_to_its_deletion(shared, aws):
    account = shared.aws("sts", "get-caller-identity")["Account"]

    vpc = aws("create-vpc", "--cidr-block", "10.7.0.0/16", "--tag-specifications",
              "ResourceType=vpc,Tags=[{Key=Name,Value=walk}]")["Vpc"]  # fmt: skip
    assert (vpc["CidrBlock"], vpc["OwnerId"], vpc["IsDefault"]) == ("10.7.0.0/16", account, False)
    vpc = vpc["VpcId"]
    aws("wait", "vpc-available", "--vpc-ids", vpc)
    assert aws("describe-vpcs", "--filters", "Name=tag:Name,Values=walk", query="Vpcs[].VpcId") == [vpc]

    front = aws("create-subnet", "--vpc-id", vpc, "--cidr-block", "10.7.1.0/24", "--availability-zone", "us-east-1a")["Subnet"]
    back = aws("create-subnet", "--vpc-id", vpc, "--cidr-block", "10.7.2.0/24", "--availability-zone", "us-east-1b")["Subnet"]
    assert front["AvailableIpAddressCount"] == 251
    with pytest.raises(AwsError) as refused:
        aws("create-subnet", "--vpc-id", vpc, "--cidr-block", "10.7.1.128/25")
    assert refused.value.code == "InvalidSubnet.Conflict"

    groups = {}
    for name in ("clients", "servers"):
        made = aws("create-security-group", "--vpc-id", vpc, "--group-name", name, "--description", name)
        groups[name] = made["GroupId"]
    aws("authorize-security-group-ingress", "--group-id", groups["servers"], "--protocol", "tcp", "--port", "80",
        "--source-group", groups["clients"])  # fmt: skip

    instances = {}
    for name, subnet in (("clients", front), ("servers", back)):
        ran = aws("run-instances", "--image-id", aws("describe-images", query="Images[0].ImageId"),
                  "--instance-type", "t3.micro", "--subnet-id", subnet["SubnetId"],
                  "--security-group-ids", groups[name])["Instances"]  # fmt: skip
        assert len(ran) == 1
        instances[name] = ran[0]["InstanceId"]
    aws("wait", "instance-running", "--instance-ids", *instances.values())
    rows = aws("describe-instances", "--filters", f"Name=vpc-id,Values={vpc}", query="Reservations[].Instances[]")
    assert {it["InstanceId"] for it in rows} == set(instances.values())
    assert {it["Placement"]["AvailabilityZone"] for it in rows} == {"us-east-1a", "us-east-1b"}
    by_id = {it["InstanceId"]: Instance(shared.ec2, it) for it in rows}
    client, server = (by_id[instances[name]] for name in ("clients", "servers"))

    assert cannot_connect(client, server, 443)
    assert can_connect(client, server, 80)
    with pytest.raises(AwsError) as refused:
        aws("authorize-security-group-ingress", "--group-id", groups["servers"], "--protocol", "tcp", "--port", "80",
            "--source-group", groups["clients"])  # fmt: skip
    assert refused.value.code == "InvalidPermission.Duplicate"
    aws("authorize-security-group-ingress", "--group-id", groups["servers"], "--protocol", "tcp", "--port", "443",
        "--cidr", "10.7.1.0/24")  # fmt: skip
    assert can_connect(client, server, 443)
    aws("revoke-security-group-ingress", "--group-id", groups["servers"], "--protocol", "tcp", "--port", "443",
        "--cidr", "10.7.1.0/24")  # fmt: skip
    assert cannot_connect(client, server, 443)

    for command, code in (
        (("delete-vpc", "--vpc-id", vpc), "DependencyViolation"),
        (("delete-subnet", "--subnet-id", front["SubnetId"]), "DependencyViolation"),
        (("delete-security-group", "--group-id", groups["clients"]), "DependencyViolation"),
    ):
        with pytest.raises(AwsError) as refused:
            aws(*command)
        assert refused.value.code == code, command

    aws("terminate-instances", "--instance-ids", *instances.values())
    aws("wait", "instance-terminated", "--instance-ids", *instances.values())
    until("the namespaces are gone", lambda: not (client.exists() or server.exists()))
    for group in ("servers", "clients"):
        aws("delete-security-group", "--group-id", groups[group])
    for subnet in (front, back):
        aws("delete-subnet", "--subnet-id", subnet["SubnetId"])
    aws("delete-vpc", "--vpc-id", vpc)
    with pytest.raises(AwsError) as refused:
        aws("describe-vpcs", "--vpc-ids", vpc)
    assert refused.value.code == "InvalidVpcID.NotFound"


def test_a_dry_run_changes_nothing(aws):
    before = aws("describe-vpcs", query="length(Vpcs)")
    with pytest.raises(AwsError) as refused:
        aws("create-vpc", "--cidr-block", "10.8.0.0/16", "--dry-run")
    assert refused.value.code == "DryRunOperation"
    assert aws("describe-vpcs", query="length(Vpcs)") == before


def test_a_wrong_secret_is_refused(shared, aws):
    key, _ = shared.credentials
    wrong = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "not the secret"}
    with pytest.raises(AwsError) as refused:
        aws("describe-vpcs", environment=wrong)
    assert refused.value.code in ("AuthFailure", "SignatureDoesNotMatch")


def test_an_operation_that_is_not_served_is_refused_at_once(aws):
    with pytest.raises(AwsError) as refused:
        aws("describe-vpn-gateways")
    assert refused.value.code == "UnsupportedOperation"


def test_what_was_answered_is_there_after_a_kill(fresh):
    vpc = fresh.aws("ec2", "create-vpc", "--cidr-block", "10.9.0.0/16")["Vpc"]["VpcId"]
    fresh.kill9()
    fresh.start()
    assert vpc in [it["VpcId"] for it in fresh.aws("ec2", "describe-vpcs")["Vpcs"]]


def test_an_account_sees_nothing_of_another(shared, ec2):
    _, other = shared.account("other")
    vpc = ec2.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
    seen = other.describe_vpcs()["Vpcs"]
    assert [it["IsDefault"] for it in seen] == [True]
    with pytest.raises(other.exceptions.ClientError) as refused:
        other.delete_vpc(VpcId=vpc)
    assert refused.value.response["Error"]["Code"] == "InvalidVpcID.NotFound"
    ec2.delete_vpc(VpcId=vpc)
