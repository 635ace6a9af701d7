"""Tags: on anything, at its making or later; overwritten, taken away, found."""

import pytest

from calls import at_once, by, filters, nobodys, pages, refused, tags, untouched


def tag(key, value=""):
    return {"Key": key, "Value": value}


def of(ec2, id):
    return {it["Key"]: it["Value"] for it in ec2.describe_tags(Filters=filters(resource_id=id))["Tags"]}


@pytest.fixture
def things(ec2, vpc):
    """One of each kind of thing that can be tagged, by the word that EC2 has for the kind."""
    mine = filters(vpc_id=vpc.id)
    subnet, group = vpc.subnet(), vpc.group("tcp 80 from 10.0.0.0/8")
    (rule, *_) = ec2.describe_security_group_rules(Filters=filters(group_id=group))["SecurityGroupRules"]
    instance = vpc.instance(subnet)
    made = {
        "vpc": vpc.id,
        "subnet": subnet,
        "security-group": group,
        "security-group-rule": rule["SecurityGroupRuleId"],
        "network-interface": instance.interface,
        "instance": instance.id,
        "route-table": ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"],
        "network-acl": ec2.describe_network_acls(Filters=mine)["NetworkAcls"][0]["NetworkAclId"],
        "internet-gateway": ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"],
        "egress-only-internet-gateway": ec2.create_egress_only_internet_gateway(VpcId=vpc.id)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"],
        "dhcp-options": ec2.describe_vpcs(Filters=mine)["Vpcs"][0]["DhcpOptionsId"],
        "dedicated-host": ec2.describe_hosts()["Hosts"][0]["HostId"],
        "image": ec2.describe_images()["Images"][0]["ImageId"],
    }
    yield made
    ec2.delete_internet_gateway(InternetGatewayId=made["internet-gateway"])
    ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=made["egress-only-internet-gateway"])
    ec2.delete_tags(Resources=[made[it] for it in ("dhcp-options", "dedicated-host", "image")])


def test_everything_can_be_tagged_and_shows_its_tags(ec2, things):
    ids = list(things.values())
    ec2.create_tags(Resources=ids, Tags=[tag("Name", "one"), tag("empty")])
    for kind, id in things.items():
        rows = ec2.describe_tags(Filters=filters(resource_id=id))["Tags"]
        assert [(it["Key"], it["Value"], it["ResourceType"]) for it in rows] == [("Name", "one", kind), ("empty", "", kind)]
    ec2.create_tags(Resources=ids, Tags=[tag("Name", "two")])
    wanted = [tag("Name", "two"), tag("empty")]
    reservation = ec2.describe_instances(InstanceIds=[things["instance"]])["Reservations"][0]
    shown = {
        "vpc": ec2.describe_vpcs(VpcIds=[things["vpc"]])["Vpcs"][0]["Tags"],
        "subnet": ec2.describe_subnets(SubnetIds=[things["subnet"]])["Subnets"][0]["Tags"],
        "security-group": ec2.describe_security_groups(GroupIds=[things["security-group"]])["SecurityGroups"][0]["Tags"],
        "rule": ec2.describe_security_group_rules(SecurityGroupRuleIds=[things["security-group-rule"]])["SecurityGroupRules"][0]["Tags"],
        "interface": ec2.describe_network_interfaces(NetworkInterfaceIds=[things["network-interface"]])["NetworkInterfaces"][0]["TagSet"],
        "instance": reservation["Instances"][0]["Tags"],
        "route-table": ec2.describe_route_tables(RouteTableIds=[things["route-table"]])["RouteTables"][0]["Tags"],
        "network-acl": ec2.describe_network_acls(NetworkAclIds=[things["network-acl"]])["NetworkAcls"][0]["Tags"],
        "host": ec2.describe_hosts(HostIds=[things["dedicated-host"]])["Hosts"][0]["Tags"],
        "image": ec2.describe_images(ImageIds=[things["image"]])["Images"][0]["Tags"],
    }
    for kind, rows in shown.items():
        assert rows == wanted, kind


def test_tags_are_given_at_the_making_of_what_is_made(ec2, vpc):
    kept = {"Name": "n", "empty": "", "<&>\"'": "\u00fc\u4e2d \U0001f600 <&>\"'"}
    subnet = vpc.subnet(TagSpecifications=tags("subnet", **kept))
    interface = ec2.create_network_interface(SubnetId=subnet, TagSpecifications=tags("network-interface", **kept))["NetworkInterface"]
    instance = vpc.instance(subnet, TagSpecifications=[*tags("instance", **kept), *tags("network-interface", of="it")])
    for id in (subnet, interface["NetworkInterfaceId"], instance.id):
        assert of(ec2, id) == kept
    assert {it["Key"]: it["Value"] for it in interface["TagSet"]} == kept
    assert of(ec2, instance.interface) == {"of": "it"}
    with untouched(ec2):
        for kind in ("vpc", "instance"):
            refused("InvalidParameterValue", ec2.create_subnet, VpcId=vpc.id, CidrBlock="10.0.9.0/24", TagSpecifications=tags(kind, a="b"))
            refused("InvalidParameterValue", ec2.create_network_interface, SubnetId=subnet, TagSpecifications=tags(kind, a="b"))
        refused("InvalidParameterValue", ec2.create_subnet, VpcId=vpc.id, CidrBlock="10.0.9.0/24", TagSpecifications=tags("no-such-kind", a="b"))
        refused("InvalidParameterValue", ec2.create_subnet, VpcId=vpc.id, CidrBlock="10.0.9.0/24", TagSpecifications=tags("subnet", **{"aws:a": "b"}))


def test_a_tag_is_taken_away_by_key_by_value_or_with_all_others(ec2, vpc):
    ids = [vpc.id, vpc.subnet()]

    def left(*taken):
        ec2.delete_tags(Resources=ids, Tags=list(taken))
        return {frozenset(of(ec2, id)) for id in ids}

    ec2.create_tags(Resources=ids, Tags=[tag("a", "1"), tag("b", "2"), tag("c", ""), tag("d", "4")])
    assert left({"Key": "a"}) == {frozenset("bcd")}
    assert left(tag("b", "other")) == {frozenset("bcd")}, "a tag of another value stays"
    assert left(tag("b", "2"), {"Key": "none"}) == {frozenset("cd")}
    assert left(tag("d", "")) == {frozenset("cd")}, "an empty value is a value"
    assert left(tag("c", "")) == {frozenset("d")}
    ec2.delete_tags(Resources=ids)
    assert [of(ec2, id) for id in ids] == [{}, {}]
    # What is not there is no error.
    ec2.delete_tags(Resources=[nobodys("vpc")], Tags=[tag("a")])


def test_tags_that_cannot_be_are_refused_for_all_of_their_call(ec2, vpc):
    subnet = vpc.subnet()

    def no(code, *tags, ids=(subnet, vpc.id)):
        refused(code, ec2.create_tags, Resources=list(ids), Tags=[tag("good", "1"), *tags])

    with untouched(ec2):
        no("InvalidParameterValue", tag("aws:x", "1"))
        no("InvalidParameterValue", tag("AWS:x", "1"))
        no("InvalidParameterValue", tag("k" * 129))
        no("InvalidParameterValue", tag("k", "v" * 257))
        no("InvalidParameterValue", tag("good", "2"))
        no("TagLimitExceeded", *[tag(f"k{at}") for at in range(50)])
        no("InvalidVpcID.NotFound", ids=(subnet, nobodys("vpc")))
        no("InvalidInstanceID.NotFound", ids=(subnet, nobodys("i")))
        no("InvalidNetworkInterfaceID.NotFound", ids=(subnet, nobodys("eni")))
        no("InvalidGroup.NotFound", ids=(subnet, nobodys("sg")))
        for id in ("subnet", "x-00000000000000000", "vpc-1", ""):
            no("InvalidID", ids=(subnet, id))
        refused("InvalidID", ec2.delete_tags, Resources=["nonsense"])
        refused("DryRunOperation", ec2.create_tags, Resources=[subnet], Tags=[tag("a")], DryRun=True)
        refused("DryRunOperation", ec2.delete_tags, Resources=[subnet], DryRun=True)
    ec2.create_tags(Resources=[subnet], Tags=[tag("k" * 128, "v" * 256), *[tag(f"k{at}") for at in range(49)]])
    assert len(of(ec2, subnet)) == 50
    refused("TagLimitExceeded", ec2.create_tags, Resources=[subnet], Tags=[tag("one more")])
    # Another value of a tag that is there is no further tag.
    ec2.create_tags(Resources=[subnet], Tags=[tag("k1", "new")])


def test_each_filter_finds_the_tags_that_it_names_and_no_others(ec2, vpc):
    subnet = vpc.subnet()
    ec2.create_tags(Resources=[vpc.id], Tags=[tag("zone-of-test", "red"), tag("other", "blue")])
    ec2.create_tags(Resources=[subnet], Tags=[tag("zone-of-test", "green")])

    def found(*wanted):
        rows = ec2.describe_tags(Filters=[{"Name": name, "Values": list(values)} for name, *values in wanted])["Tags"]
        return {(it["ResourceId"], it["Key"]) for it in rows if it["ResourceId"] in (vpc.id, subnet)}

    both = {(vpc.id, "zone-of-test"), (subnet, "zone-of-test")}
    assert found(("resource-id", vpc.id)) == {(vpc.id, "zone-of-test"), (vpc.id, "other")}
    assert found(("resource-id", subnet, vpc.id), ("key", "zone-of-*")) == both
    assert found(("key", "zone-of-test")) == both
    assert found(("value", "red", "green")) == both
    assert found(("value", "re?")) == {(vpc.id, "zone-of-test")}
    assert found(("tag:zone-of-test", "green")) == {(subnet, "zone-of-test")}
    assert found(("resource-type", "subnet")) == {(subnet, "zone-of-test")}
    assert found(("resource-type", "vpc"), ("value", "blue")) == {(vpc.id, "other")}
    assert found(("resource-id", nobodys("vpc"))) == set()
    refused("InvalidParameterValue", ec2.describe_tags, Filters=by("colour", "x"))
    # The tags of other kinds of filters find the things, too.
    assert [it["SubnetId"] for it in ec2.describe_subnets(Filters=by("tag:zone-of-test", "green"))["Subnets"]] == [subnet]


def test_pages_hold_every_tag_once(ec2, vpc):
    wanted = {f"key-{at:02}" for at in range(23)}
    ec2.create_tags(Resources=[vpc.id], Tags=[tag(it) for it in wanted])
    seen = [it["Key"] for page in pages(ec2.describe_tags, "Tags", 5, Filters=filters(resource_id=vpc.id)) for it in page]
    assert sorted(seen) == sorted(wanted)


def test_ten_calls_at_once_tag_one_thing(ec2, vpc):
    at_once(10, lambda at: ec2.create_tags(Resources=[vpc.id], Tags=[tag(f"k{at}", "v"), tag("shared", str(at))]))
    assert len(of(ec2, vpc.id)) == 11
