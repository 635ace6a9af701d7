"""Accounts and regions: what is another's does not exist, whatever a call says of it."""

import json

import pytest

from calls import EVERYTHING, by, everything, filters, refused, untouched
from network import Vpc, permission


@pytest.fixture(scope="module")
def other(shared):
    """An account that is not the first one: its id and its client."""
    return shared.account("other")


@pytest.fixture
def theirs(shared):
    """One of each kind of thing of the first account."""
    made = Vpc(shared.ec2)
    subnet, group = made.subnet(), made.group("tcp 80 from 10.0.0.0/8")
    instance = made.instance(subnet, group)
    interface = shared.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    rule = shared.ec2.describe_security_group_rules(Filters=filters(group_id=group))["SecurityGroupRules"][0]
    (row,) = shared.ec2.describe_network_interfaces(NetworkInterfaceIds=[instance.interface])["NetworkInterfaces"]
    (table,) = shared.ec2.describe_route_tables(Filters=filters(vpc_id=made.id))["RouteTables"]
    (acl,) = shared.ec2.describe_network_acls(Filters=filters(vpc_id=made.id))["NetworkAcls"]
    yield {
        "vpc": made.id,
        "subnet": subnet,
        "group": group,
        "rule": rule["SecurityGroupRuleId"],
        "instance": instance.id,
        "interface": interface,
        "attachment": row["Attachment"]["AttachmentId"],
        "table": table["RouteTableId"],
        "acl": acl["NetworkAclId"],
    }
    made.delete()


def calls_on(it):
    """Every call that can name something, on something of another account, with the code that says it is not there."""
    vpc, subnet, group, interface, instance = "InvalidVpcID", "InvalidSubnetID", "InvalidGroup", "InvalidNetworkInterfaceID", "InvalidInstanceID"
    rule, web = "InvalidSecurityGroupRuleId", [permission("tcp 80 from 10.0.0.0/8")]
    on, eni = {"Value": True}, {"NetworkInterfaceId": it["interface"]}
    ours = {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-host0000000000000"}
    yield vpc, "delete_vpc", {"VpcId": it["vpc"]}
    yield vpc, "describe_vpcs", {"VpcIds": [it["vpc"]]}
    yield vpc, "describe_vpc_attribute", {"VpcId": it["vpc"], "Attribute": "enableDnsSupport"}
    yield vpc, "modify_vpc_attribute", {"VpcId": it["vpc"], "EnableDnsHostnames": on}
    yield vpc, "create_subnet", {"VpcId": it["vpc"], "CidrBlock": "10.0.99.0/24"}
    yield vpc, "create_security_group", {"VpcId": it["vpc"], "GroupName": "mine", "Description": "d"}
    yield vpc, "create_tags", {"Resources": [it["vpc"]], "Tags": [{"Key": "mine", "Value": "now"}]}
    yield subnet, "delete_subnet", {"SubnetId": it["subnet"]}
    yield subnet, "describe_subnets", {"SubnetIds": [it["subnet"]]}
    yield subnet, "modify_subnet_attribute", {"SubnetId": it["subnet"], "EnableDns64": {"Value": False}}
    yield subnet, "create_network_interface", {"SubnetId": it["subnet"]}
    yield subnet, "run_instances", {"SubnetId": it["subnet"], **ours}
    yield group, "delete_security_group", {"GroupId": it["group"]}
    yield group, "describe_security_groups", {"GroupIds": [it["group"]]}
    yield group, "authorize_security_group_ingress", {"GroupId": it["group"], "IpPermissions": web}
    yield group, "authorize_security_group_egress", {"GroupId": it["group"], "IpPermissions": web}
    yield group, "revoke_security_group_ingress", {"GroupId": it["group"], "IpPermissions": web}
    yield group, "revoke_security_group_egress", {"GroupId": it["group"], "SecurityGroupRuleIds": [it["rule"]]}
    yield group, "update_security_group_rule_descriptions_ingress", {"GroupId": it["group"], "IpPermissions": web}
    yield group, "update_security_group_rule_descriptions_egress", {"GroupId": it["group"], "IpPermissions": web}
    yield group, "modify_security_group_rules", {"GroupId": it["group"], "SecurityGroupRules": [{"SecurityGroupRuleId": it["rule"], "SecurityGroupRule": {"IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0"}}]}
    yield group, "run_instances", {"SecurityGroupIds": [it["group"]], **ours}
    yield rule, "describe_security_group_rules", {"SecurityGroupRuleIds": [it["rule"]]}
    yield interface, "delete_network_interface", eni
    yield interface, "describe_network_interfaces", {"NetworkInterfaceIds": [it["interface"]]}
    yield interface, "describe_network_interface_attribute", {**eni, "Attribute": "description"}
    yield interface, "modify_network_interface_attribute", {**eni, "SourceDestCheck": {"Value": False}}
    yield interface, "assign_private_ip_addresses", {**eni, "SecondaryPrivateIpAddressCount": 1}
    yield interface, "unassign_private_ip_addresses", {**eni, "PrivateIpAddresses": ["10.0.0.9"]}
    yield interface, "attach_network_interface", {**eni, "InstanceId": it["instance"], "DeviceIndex": 1}
    yield interface, "run_instances", {"NetworkInterfaces": [{"DeviceIndex": 0, **eni}], **ours}
    yield "InvalidAttachmentID", "detach_network_interface", {"AttachmentId": it["attachment"]}
    yield instance, "describe_instances", {"InstanceIds": [it["instance"]]}
    yield instance, "describe_instance_status", {"InstanceIds": [it["instance"]]}
    yield instance, "describe_instance_attribute", {"InstanceId": it["instance"], "Attribute": "userData"}
    yield instance, "modify_instance_attribute", {"InstanceId": it["instance"], "DisableApiStop": on}
    for call in ("start", "stop", "terminate"):
        yield instance, f"{call}_instances", {"InstanceIds": [it["instance"]]}
    yield "InvalidRouteTableID", "describe_route_tables", {"RouteTableIds": [it["table"]]}
    yield "InvalidNetworkAclID", "describe_network_acls", {"NetworkAclIds": [it["acl"]]}


def test_what_is_another_accounts_is_not_there_whoever_asks(shared, other, theirs):
    with untouched(shared.ec2), untouched(other[1]):
        for stem, call, parameters in calls_on(theirs):
            refused(f"{stem}.NotFound", getattr(other[1], call), **parameters)
        # What would take a tag away from nothing takes nothing away.
        shared.ec2.create_tags(Resources=[theirs["vpc"]], Tags=[{"Key": "k", "Value": "v"}])
        other[1].delete_tags(Resources=[theirs["vpc"]])
        assert shared.ec2.describe_tags(Filters=filters(resource_id=theirs["vpc"]))["Tags"]
        shared.ec2.delete_tags(Resources=[theirs["vpc"]])


def test_what_is_another_regions_is_not_there(start):
    server = start("--region", "us-east-1", "--region", "eu-west-1")
    here, there = server.ec2, server.client("ec2", region="eu-west-1")
    vpc = Vpc(here, "10.0.0.0/16")
    subnet = vpc.subnet()
    for stem, call, parameters in [
        ("InvalidVpcID", "describe_vpcs", {"VpcIds": [vpc.id]}),
        ("InvalidVpcID", "delete_vpc", {"VpcId": vpc.id}),
        ("InvalidSubnetID", "create_network_interface", {"SubnetId": subnet}),
    ]:
        refused(f"{stem}.NotFound", getattr(there, call), **parameters)
    assert there.describe_vpcs(Filters=filters(vpc_id=vpc.id))["Vpcs"] == []
    assert {it["AvailabilityZone"] for it in there.describe_subnets()["Subnets"]} == {f"eu-west-1{it}" for it in "abc"}
    assert [it["RegionName"] for it in there.describe_regions()["Regions"]] == ["eu-west-1", "us-east-1"]
    assert [it["ZoneId"] for it in there.describe_availability_zones()["AvailabilityZones"]] == ["euw1-az1", "euw1-az2", "euw1-az3"]


def test_no_list_and_no_filter_shows_what_is_another_accounts(shared, other, theirs):
    ids = {it for it in theirs.values()}
    for call, rows in EVERYTHING.items():
        assert not ids & set(strings(getattr(other[1], call)()[rows])), call
    (owner,) = {it["OwnerId"] for it in shared.ec2.describe_vpcs()["Vpcs"]}
    for call, name, value in [
        ("describe_vpcs", "vpc-id", theirs["vpc"]),
        ("describe_vpcs", "owner-id", owner),
        ("describe_subnets", "subnet-id", theirs["subnet"]),
        ("describe_subnets", "vpc-id", theirs["vpc"]),
        ("describe_security_groups", "group-id", theirs["group"]),
        ("describe_security_groups", "vpc-id", theirs["vpc"]),
        ("describe_security_group_rules", "group-id", theirs["group"]),
        ("describe_security_group_rules", "security-group-rule-id", theirs["rule"]),
        ("describe_network_interfaces", "network-interface-id", theirs["interface"]),
        ("describe_network_interfaces", "subnet-id", theirs["subnet"]),
        ("describe_network_interfaces", "group-id", theirs["group"]),
        ("describe_network_interfaces", "attachment.instance-id", theirs["instance"]),
        ("describe_network_interfaces", "attachment.attachment-id", theirs["attachment"]),
        ("describe_instances", "instance-id", theirs["instance"]),
        ("describe_instances", "network-interface.network-interface-id", theirs["interface"]),
        ("describe_instances", "subnet-id", theirs["subnet"]),
        ("describe_instances", "vpc-id", theirs["vpc"]),
        ("describe_route_tables", "vpc-id", theirs["vpc"]),
        ("describe_network_acls", "association.subnet-id", theirs["subnet"]),
        ("describe_tags", "resource-id", theirs["vpc"]),
    ]:
        assert getattr(other[1], call)(Filters=by(name, value))[EVERYTHING[call]] == [], (call, name)


def strings(value):
    """Every string in an answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for it in value.values() if isinstance(value, dict) else value:
            yield from strings(it)


def test_another_accounts_group_is_no_peer(shared, other, theirs):
    mine = other[1].create_security_group(GroupName="g", Description="d")["GroupId"]
    (owner,) = {it["OwnerId"] for it in shared.ec2.describe_vpcs()["Vpcs"]}
    try:
        for pair in ({"GroupId": theirs["group"]}, {"GroupId": theirs["group"], "UserId": owner}):
            wanted = [{"IpProtocol": "-1", "UserIdGroupPairs": [pair]}]
            refused("InvalidGroup.NotFound", other[1].authorize_security_group_ingress, GroupId=mine, IpPermissions=wanted)
    finally:
        other[1].delete_security_group(GroupId=mine)


def test_a_new_account_has_a_default_vpc_with_a_subnet_in_each_zone(shared):
    id, ec2 = shared.account("fresh")
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    assert vpc["IsDefault"] and vpc["CidrBlock"] == "172.31.0.0/16" and vpc["OwnerId"] == id
    subnets = ec2.describe_subnets()["Subnets"]
    assert {it["AvailabilityZone"] for it in subnets} == {f"us-east-1{it}" for it in "abc"}
    assert all(it["DefaultForAz"] and it["CidrBlock"].endswith("/20") for it in subnets)
    assert ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
    with untouched(ec2):
        refused("DefaultVpcAlreadyExists", ec2.create_default_vpc)
    for it in subnets:
        ec2.delete_subnet(SubnetId=it["SubnetId"])
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc["VpcId"])
    ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
    ec2.delete_vpc(VpcId=vpc["VpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
    assert not any(everything(ec2).values())
    refused("VPCIdNotSpecified", ec2.create_security_group, GroupName="g", Description="d")
    refused("DryRunOperation", ec2.create_default_vpc, DryRun=True)
    assert ec2.create_default_vpc()["Vpc"]["IsDefault"] is True
    assert len(ec2.describe_subnets(Filters=filters(default_for_az="true"))["Subnets"]) == 3


def test_sts_says_whose_the_key_is(shared, other):
    root = shared.client("sts").get_caller_identity()
    (owner,) = {it["OwnerId"] for it in shared.ec2.describe_vpcs()["Vpcs"]}
    assert root["Account"] == owner and root["Arn"] == f"arn:aws:iam::{owner}:root"
    assert other[0] != owner and len(other[0]) == 12


def test_an_account_that_is_gone_cannot_call(shared):
    id, ec2 = shared.account("short-lived")
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=made, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    assert shared.culvert("account", "delete", id, check=False).returncode == 1, "it owns a VPC that is in use"
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=made)
    spare = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    assert shared.culvert("account", "delete", id, check=False).returncode == 1, "it owns a gateway that it made"
    ec2.delete_internet_gateway(InternetGatewayId=spare)
    shared.culvert("account", "delete", id)
    refused("AuthFailure", ec2.describe_vpcs)
    assert id not in shared.culvert("account", "list", "--json").stdout
    assert "short-lived" not in json.dumps(shared.culvert("account", "list").stdout)
