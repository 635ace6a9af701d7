"""What is only looked up: regions, zones, hosts, images, types, limits, route tables, network ACLs; and every filter
that AWS documents, of every call."""

import re
from typing import NamedTuple

import pytest

import model
from calls import by, filters, nobodys, pages, refused

DESCRIBES = sorted(action for action in model.SERVED if model.documented_filters(action))


def method(client, action):
    """The method of a boto3 client that calls an action."""
    words = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", action).lower()
    return getattr(client, words)


def with_filters(client, action, filters, **needed):
    # Of some calls the filters are in the singular.
    name = "Filters" if "Filters" in model.SERVICE.operation_model(action).input_shape.members else "Filter"
    return method(client, action)(**needed, **{name: filters})


def required(action, populated):
    """What a call cannot go without, of what the account has."""
    return {name: populated.named[name] for name in model.SERVICE.operation_model(action).input_shape.required_members}


def rows(answer):
    """The rows of all lists of an answer."""
    return [row for it in answer.values() if isinstance(it, list) for row in it]


def filled(name):
    """The name of a filter, with a key where it wants one."""
    return name.replace("<key>", "Name")


@pytest.fixture(scope="module")
def populated(shared):
    """The shared server's first account with one of everything, so that filters are asked of rows."""
    from network import Vpc

    vpc = Vpc(shared.ec2, "10.4.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    group = vpc.group("tcp 80 from 10.0.0.0/8")
    vpc.instance(vpc.subnet(), group, TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "n"}]}])
    made = shared.ec2.create_managed_prefix_list(PrefixListName="lookups", MaxEntries=5, AddressFamily="IPv4")["PrefixList"]
    named = {"VpcId": vpc.id, "SubnetId": vpc.subnets[0], "PrefixListId": made["PrefixListId"], "Attribute": "domain-name"}
    yield Populated(shared.ec2, named)
    shared.ec2.delete_managed_prefix_list(PrefixListId=made["PrefixListId"])
    vpc.delete()


class Populated(NamedTuple):
    """A client, and of the account's things those that calls must name, by the parameter."""

    ec2: object
    named: dict


@pytest.mark.parametrize("action", DESCRIBES)
def test_every_documented_filter_is_known_and_finds_nothing_of_no_value(populated, action):
    needed = required(action, populated)
    for name in map(filled, model.documented_filters(action)):
        answer = with_filters(populated.ec2, action, by(name, "no-such-value"), **needed)
        assert rows(answer) == [], f"{action} passes over {name}"
    for name in ("no-such-filter", "Vpc-Id", "vpc_id", "tagkey", " vpc-id", "*"):
        refused("InvalidParameterValue", with_filters, client=populated.ec2, action=action, filters=by(name, "x"), **needed)


@pytest.mark.parametrize("action", [it for it in DESCRIBES if "tag:<key>" in model.documented_filters(it)])
def test_a_tag_filter_needs_no_tag_that_is_there(populated, action):
    for name in ("tag:", "tag:none", "tag:a:b", "tag:\u00fc"):
        assert rows(with_filters(populated.ec2, action, by(name, "x"), **required(action, populated))) == []


@pytest.mark.parametrize("action", sorted(it for it in model.SERVED if "MaxResults" in model.SERVICE.operation_model(it).input_shape.members))
def test_every_list_that_has_pages_keeps_to_the_range_of_the_model(shared, populated, action):
    needed = required(action, populated)
    call = method(shared.client("ec2", parameter_validation=False), action)
    bounds = model.SERVICE.operation_model(action).input_shape.members["MaxResults"].metadata
    for size in ([bounds["min"] - 1] if "min" in bounds else []) + ([bounds["max"] + 1] if "max" in bounds else []):
        refused("InvalidParameterValue", call, **needed, MaxResults=size)
    call(**needed, MaxResults=bounds.get("max", 1000))
    for token in ("nonsense!", "AAAA", "=" * 40):
        refused("InvalidNextToken", call, **needed, NextToken=token)


def test_regions_are_those_that_are_served(shared, ec2):
    (region,) = ec2.describe_regions()["Regions"]
    assert (region["RegionName"], region["OptInStatus"]) == ("us-east-1", "opt-in-not-required")
    assert region["Endpoint"] == f"127.0.0.1:{shared.port}"
    assert ec2.describe_regions(RegionNames=["us-east-1"], AllRegions=True)["Regions"] == [region]
    assert ec2.describe_regions(Filters=by("region-name", "us-*"))["Regions"] == [region]
    assert ec2.describe_regions(Filters=by("region-name", "eu-*"))["Regions"] == []
    refused("InvalidParameterValue", ec2.describe_regions, RegionNames=["us-east-1", "mars-1"])
    refused("DryRunOperation", ec2.describe_regions, DryRun=True)


def test_every_region_has_three_zones(ec2):
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [(it["ZoneName"], it["ZoneId"]) for it in zones] == [(f"us-east-1{a}", f"use1-az{n}") for a, n in zip("abc", (1, 2, 3))]
    for it in zones:
        assert (it["State"], it["RegionName"], it["ZoneType"], it["OptInStatus"]) == ("available", "us-east-1", "availability-zone", "opt-in-not-required")

    def found(**asked):
        return [it["ZoneName"][-1] for it in ec2.describe_availability_zones(**asked)["AvailabilityZones"]]

    assert found(ZoneNames=["us-east-1c", "us-east-1a"]) == ["a", "c"] and found(ZoneIds=["use1-az2"]) == ["b"]
    assert found(Filters=by("zone-name", "*b")) == ["b"] and found(Filters=by("zone-id", "use1-az1", "use1-az3")) == ["a", "c"]
    assert found(Filters=by("state", "available"), ZoneNames=["us-east-1b"]) == ["b"] and found(Filters=by("state", "impaired")) == []
    assert found(Filters=by("region-name", "us-east-1"), AllAvailabilityZones=True) == ["a", "b", "c"]
    refused("InvalidParameterValue", ec2.describe_availability_zones, ZoneNames=["us-east-1z"])
    refused("InvalidParameterValue", ec2.describe_availability_zones, ZoneIds=["use1-az9"])


def test_the_node_is_a_host(ec2):
    (host,) = ec2.describe_hosts()["Hosts"]
    assert host["State"] == "available" and host["AvailabilityZone"] == "us-east-1a" and re.fullmatch("h-[0-9a-f]{17}", host["HostId"])
    assert ec2.describe_hosts(HostIds=[host["HostId"]])["Hosts"] == [host]
    for zone in "abc":
        assert ec2.describe_hosts(Filter=by("availability-zone", f"us-east-1{zone}"))["Hosts"] == [host]
    assert ec2.describe_hosts(Filter=by("state", "released"))["Hosts"] == []
    refused("InvalidHostID.NotFound", ec2.describe_hosts, HostIds=[nobodys("h")])
    refused("InvalidHostID.Malformed", ec2.describe_hosts, HostIds=["h-1"])


def test_there_is_one_image(ec2):
    (image,) = ec2.describe_images()["Images"]
    assert image["ImageId"].startswith("ami-host") and image["State"] == "available" and image["Public"] is True
    assert ec2.describe_images(ImageIds=[image["ImageId"]])["Images"] == [image]
    assert ec2.describe_images(Owners=[image["OwnerId"]])["Images"] == [image]
    for unknown in ({"Owners": ["self", "nobody"]}, {"Owners": ["1234"]}, {"ExecutableUsers": ["amazon"]}):
        refused("InvalidUserID.Malformed", ec2.describe_images, **unknown)
    assert ec2.describe_images(Owners=["self"])["Images"] == [] and ec2.describe_images(ExecutableUsers=["self"])["Images"] == []
    for name, value in {"name": image["Name"], "architecture": image["Architecture"], "state": "available", "is-public": "true"}.items():
        assert ec2.describe_images(Filters=by(name, value))["Images"] == [image]
    assert ec2.describe_images(Filters=by("name", "ubuntu*"))["Images"] == []
    for ids, words in {("ami-0123456789abcdef0",): "id '[ami-0123456789abcdef0]' does", ("ami-00000001", "ami-00000002"): "ids '[ami-00000001, ami-00000002]' do"}.items():
        assert refused("InvalidAMIID.NotFound", ec2.describe_images, ImageIds=[image["ImageId"], *ids]) == f"The image {words} not exist"
    refused("InvalidAMIID.Malformed", ec2.describe_images, ImageIds=["ami"])


def test_instance_types_say_how_many_interfaces_and_addresses_they_take(ec2):
    (micro,) = ec2.describe_instance_types(InstanceTypes=["t3.micro"])["InstanceTypes"]
    network = micro["NetworkInfo"]
    assert (network["MaximumNetworkInterfaces"], network["Ipv4AddressesPerInterface"], network["Ipv6AddressesPerInterface"]) == (2, 2, 2)
    listed = [it["InstanceType"] for page in pages(ec2.describe_instance_types, "InstanceTypes", 100) for it in page]
    assert len(listed) == len(set(listed)) and {"t3.micro", "m1.small", "m7g.medium", "c8i.96xlarge", "r6id.large"} <= set(listed)
    few = ec2.describe_instance_types(Filters=by("instance-type", "t3.*"))["InstanceTypes"]
    assert few and all(it["InstanceType"].startswith("t3.") for it in few)
    refused("InvalidInstanceType", ec2.describe_instance_types, InstanceTypes=["t3.micro", "t3.gigantic"])
    refused("InvalidParameterCombination", ec2.describe_instance_types, InstanceTypes=["t3.micro"], MaxResults=5)


def test_an_accounts_attributes_name_its_default_vpc(ec2):
    (vpc,) = ec2.describe_vpcs(Filters=filters(is_default="true"))["Vpcs"]

    def shown(**asked):
        rows = ec2.describe_account_attributes(**asked)["AccountAttributes"]
        return {it["AttributeName"]: [value["AttributeValue"] for value in it["AttributeValues"]] for it in rows}

    assert shown()["default-vpc"] == [vpc["VpcId"]] and shown()["supported-platforms"] == ["VPC"]
    assert shown(AttributeNames=["default-vpc"]) == {"default-vpc": [vpc["VpcId"]]}
    refused("InvalidParameterValue", ec2.describe_account_attributes, AttributeNames=["colour"])
    refused("DryRunOperation", ec2.describe_account_attributes, DryRun=True)


def test_route_tables_are_found_by_their_vpc_their_routes_and_their_associations(ec2, vpc):
    (table,) = ec2.describe_route_tables(Filters=filters(vpc_id=vpc.id))["RouteTables"]
    id = table["RouteTableId"]

    def found(name, *values):
        rows = ec2.describe_route_tables(Filters=by(name, *values))["RouteTables"]
        return [it["RouteTableId"] for it in rows if it["VpcId"] == vpc.id]

    for name, value in {
        "route-table-id": id,
        "association.main": "true",
        "association.route-table-id": id,
        "association.route-table-association-id": table["Associations"][0]["RouteTableAssociationId"],
        "route.destination-cidr-block": "10.0.*",
        "route.gateway-id": "local",
        "route.origin": "CreateRouteTable",
        "route.state": "active",
        "owner-id": table["OwnerId"],
    }.items():
        assert found(name, value) == [id], name
    assert found("association.main", "false") == [] and found("route.nat-gateway-id", "*") == []
    assert ec2.describe_route_tables(RouteTableIds=[id])["RouteTables"] == [table]
    refused("InvalidRouteTableID.NotFound", ec2.describe_route_tables, RouteTableIds=[nobodys("rtb")])
    refused("InvalidRouteTableId.Malformed", ec2.describe_route_tables, RouteTableIds=["rtb"])


def test_network_acls_are_found_by_their_vpc_their_entries_and_their_associations(ec2, vpc):
    subnet = vpc.subnet()
    (acl,) = ec2.describe_network_acls(Filters=filters(vpc_id=vpc.id))["NetworkAcls"]
    id, (association,) = acl["NetworkAclId"], acl["Associations"]

    def found(*wanted):
        rows = ec2.describe_network_acls(Filters=[{"Name": name, "Values": [value]} for name, value in wanted])["NetworkAcls"]
        return [it["NetworkAclId"] for it in rows if it["VpcId"] == vpc.id]

    for name, value in {
        "network-acl-id": id,
        "association.association-id": association["NetworkAclAssociationId"],
        "association.network-acl-id": id,
        "association.subnet-id": subnet,
        "default": "true",
        "entry.cidr": "0.0.0.0/0",
        "entry.egress": "true",
        "entry.protocol": "-1",
        "entry.rule-action": "deny",
        "entry.rule-number": "32767",
        "owner-id": acl["OwnerId"],
    }.items():
        assert found((name, value)) == [id], name
    assert found(("vpc-id", vpc.id), ("default", "false")) == [] and found(("entry.rule-number", "101")) == []
    assert ec2.describe_network_acls(NetworkAclIds=[id])["NetworkAcls"] == [acl]
    refused("InvalidNetworkAclID.NotFound", ec2.describe_network_acls, NetworkAclIds=[nobodys("acl")])
    refused("InvalidNetworkAclId.Malformed", ec2.describe_network_acls, NetworkAclIds=["acl"])
