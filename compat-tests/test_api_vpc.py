"""VPCs and subnets, and what comes with them: what may be asked for, what is refused, what is found."""

import ipaddress

import pytest

from calls import at_once, by, everything, filters, nobodys, pages, refused, tags, unsupported, untouched
from network import Vpc


@pytest.fixture(scope="module")
def two(shared):
    """Two VPCs to tell apart: `a` has IPv6, a tag and two subnets, `b` has nothing special and one."""
    ec2 = shared.ec2
    a = Vpc(ec2, "10.1.0.0/16", AmazonProvidedIpv6CidrBlock=True, TagSpecifications=tags("vpc", Name="a*b", team="x"))
    b = Vpc(ec2, "10.2.0.0/20", TagSpecifications=tags("vpc", Name="azb"))
    a.first = a.dual_subnet("10.1.1.0/24", zone="us-east-1a")
    a.second = a.subnet("10.1.2.0/28", "us-east-1b", TagSpecifications=tags("subnet", Name="second", team=""))
    b.only = b.subnet("10.2.0.0/24", "us-east-1c")
    yield a, b
    a.delete()
    b.delete()


def row(ec2, vpc):
    return ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]


def subnet_row(ec2, subnet):
    return ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]


# Creating.


def test_a_vpc_has_at_once_what_every_vpc_has(ec2):
    made = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tags("vpc", Name="n"))["Vpc"]
    shown = row(ec2, made["VpcId"])
    assert shown == made
    assert shown["CidrBlock"] == "10.9.0.0/16" and shown["State"] == "available"
    assert shown["IsDefault"] is False and shown["InstanceTenancy"] == "default"
    assert shown["Tags"] == [{"Key": "Name", "Value": "n"}]
    (block,) = shown["CidrBlockAssociationSet"]
    assert block["AssociationId"].startswith("vpc-cidr-assoc-") and block["CidrBlock"] == "10.9.0.0/16"
    assert block["CidrBlockState"] == {"State": "associated"} and shown["Ipv6CidrBlockAssociationSet"] == []
    mine = filters(vpc_id=made["VpcId"])
    (table,) = ec2.describe_route_tables(Filters=mine)["RouteTables"]
    assert [it["Main"] for it in table["Associations"]] == [True]
    assert [(it["DestinationCidrBlock"], it["GatewayId"], it["State"]) for it in table["Routes"]] == [("10.9.0.0/16", "local", "active")]
    (acl,) = ec2.describe_network_acls(Filters=mine)["NetworkAcls"]
    assert acl["IsDefault"] and {it["RuleNumber"] for it in acl["Entries"]} == {100, 32767}
    (group,) = ec2.describe_security_groups(Filters=mine)["SecurityGroups"]
    assert group["GroupName"] == "default" and group["Description"] == "default VPC security group"
    (itself,) = group["IpPermissions"]
    assert itself["UserIdGroupPairs"] == [{"GroupId": group["GroupId"], "UserId": shown["OwnerId"]}]
    assert [it["IpRanges"] for it in group["IpPermissionsEgress"]] == [[{"CidrIp": "0.0.0.0/0"}]]

    ec2.delete_vpc(VpcId=made["VpcId"])
    for call, rows in (("vpcs", "Vpcs"), ("route_tables", "RouteTables"), ("network_acls", "NetworkAcls"), ("security_groups", "SecurityGroups")):
        assert getattr(ec2, f"describe_{call}")(Filters=mine)[rows] == [], f"{call} of a VPC that is gone"
    assert ec2.describe_tags(Filters=filters(resource_id=made["VpcId"]))["Tags"] == []
    refused("InvalidVpcID.NotFound", ec2.delete_vpc, VpcId=made["VpcId"])


def test_a_vpc_with_ipv6_has_a_block_of_its_own(ec2, two):
    shown = row(ec2, two[0].id)
    (block,) = shown["Ipv6CidrBlockAssociationSet"]
    assert ipaddress.ip_network(block["Ipv6CidrBlock"]).prefixlen == 56
    assert block["Ipv6CidrBlockState"] == {"State": "associated"} and block["Ipv6Pool"] == "Amazon"
    assert block["NetworkBorderGroup"] == "us-east-1" and block["AssociationId"].startswith("vpc-cidr-assoc-")
    (acl,) = ec2.describe_network_acls(Filters=filters(vpc_id=two[0].id))["NetworkAcls"]
    assert {it["RuleNumber"] for it in acl["Entries"]} == {100, 101, 32767, 32768}
    (group,) = ec2.describe_security_groups(Filters=filters(vpc_id=two[0].id))["SecurityGroups"]
    (out,) = group["IpPermissionsEgress"]
    assert out["Ipv6Ranges"] == [{"CidrIpv6": "::/0"}]
    (table,) = ec2.describe_route_tables(Filters=filters(vpc_id=two[0].id))["RouteTables"]
    assert block["Ipv6CidrBlock"] in [it.get("DestinationIpv6CidrBlock") for it in table["Routes"]]


@pytest.mark.parametrize("block", ["10.8.0.0/15", "10.8.0.0/29", "0.0.0.0/0", "127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16"])
def test_a_block_of_the_wrong_size_or_place_is_no_vpcs(ec2, block):
    with untouched(ec2):
        refused("InvalidVpc.Range", ec2.create_vpc, CidrBlock=block)


@pytest.mark.parametrize("block", ["", "10.9.0.0", "10.9.0.0/33", "ten/16", "10.9.0.0/16 ", "::/56", "10.9/16", "010.9.0.0/16", "10.9.0.0/-1", "10.9.0.0/016"])
def test_what_is_no_block_is_refused(ec2, block):
    with untouched(ec2):
        refused("InvalidParameterValue" if block else "MissingParameter", ec2.create_vpc, CidrBlock=block)


@pytest.mark.parametrize("block", ["10.8.0.0/16", "10.8.0.0/28"])
def test_the_largest_and_the_smallest_vpc_can_be_made(ec2, block):
    ec2.delete_vpc(VpcId=ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"])


def test_bits_behind_a_prefix_are_cleared_as_the_reference_says(ec2):
    """"If you specify 100.68.0.18/18, we modify it to 100.68.0.0/18": CreateVpc and CreateSubnet."""
    vpc = ec2.create_vpc(CidrBlock="100.68.0.18/18")["Vpc"]
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="100.68.1.77/24")["Subnet"]
    assert (vpc["CidrBlock"], subnet["CidrBlock"]) == ("100.68.0.0/18", "100.68.1.0/24")
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc["VpcId"])


def test_two_vpcs_may_have_the_same_block(ec2):
    made = [ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]
    assert len(set(made)) == 2
    for it in made:
        ec2.delete_vpc(VpcId=it)


def test_what_no_vpc_can_have_is_refused_by_name(ec2):
    with untouched(ec2):
        for name, value in {
            "Ipv4IpamPoolId": "ipam-pool-1",
            "Ipv6IpamPoolId": "ipam-pool-1",
            "Ipv4NetmaskLength": 16,
            "Ipv6NetmaskLength": 56,
            "Ipv6Pool": "pool",
            "Ipv6CidrBlock": "2001:db8::/56",
            "InstanceTenancy": "dedicated",
            "VpcEncryptionControl": {"Mode": "monitor"},
        }.items():
            unsupported(name, ec2.create_vpc, CidrBlock="10.9.0.0/16", **{name: value})
        group = "Ipv6CidrBlockNetworkBorderGroup"
        unsupported(group, ec2.create_vpc, CidrBlock="10.9.0.0/16", AmazonProvidedIpv6CidrBlock=True, **{group: "mars"})
        refused("InvalidParameterCombination", ec2.create_vpc, CidrBlock="10.9.0.0/16", **{group: "us-east-1"})
        refused("InvalidParameterValue", ec2.create_vpc, CidrBlock="10.9.0.0/16", InstanceTenancy="shared")


def test_ten_calls_at_once_make_ten_subnets_of_one_vpc(ec2, vpc):
    made = at_once(10, lambda at: vpc.subnet(f"10.0.{at}.0/24"))
    assert len({it for it in made if isinstance(it, str)}) == 10, made
    shown = ec2.describe_subnets(Filters=filters(vpc_id=vpc.id))["Subnets"]
    assert {it["CidrBlock"] for it in shown} == {f"10.0.{at}.0/24" for at in range(10)}


def test_of_ten_calls_at_once_for_one_block_one_gets_it(ec2, vpc):
    made = at_once(10, lambda _: vpc.subnet("10.0.7.0/24"))
    won = [it for it in made if isinstance(it, str)]
    codes = {it.response["Error"]["Code"] for it in made if not isinstance(it, str)}
    assert len(won) == 1 and codes == {"InvalidSubnet.Conflict"}, made
    assert [it["SubnetId"] for it in ec2.describe_subnets(Filters=filters(vpc_id=vpc.id))["Subnets"]] == won


# Subnets.


def test_a_subnet_shows_what_it_was_made_with(ec2, two):
    a, _ = two
    shown = subnet_row(ec2, a.first)
    assert shown["VpcId"] == a.id and shown["CidrBlock"] == "10.1.1.0/24" and shown["State"] == "available"
    assert (shown["AvailabilityZone"], shown["AvailabilityZoneId"]) == ("us-east-1a", "use1-az1")
    assert shown["AvailableIpAddressCount"] == 251 and shown["DefaultForAz"] is False
    assert shown["MapPublicIpOnLaunch"] is False and shown["AssignIpv6AddressOnCreation"] is False
    assert shown["EnableDns64"] is False and shown["Ipv6Native"] is False
    assert shown["SubnetArn"] == f"arn:aws:ec2:us-east-1:{shown['OwnerId']}:subnet/{a.first}"
    assert shown["PrivateDnsNameOptionsOnLaunch"] == {
        "HostnameType": "ip-name",
        "EnableResourceNameDnsARecord": False,
        "EnableResourceNameDnsAAAARecord": False,
    }
    (six,) = shown["Ipv6CidrBlockAssociationSet"]
    assert six["Ipv6CidrBlockState"] == {"State": "associated"} and six["AssociationId"].startswith("subnet-cidr-assoc-")
    assert subnet_row(ec2, a.second)["AvailableIpAddressCount"] == 11
    assert subnet_row(ec2, a.second)["Tags"] == [{"Key": "Name", "Value": "second"}, {"Key": "team", "Value": ""}]
    (acl,) = ec2.describe_network_acls(Filters=by("association.subnet-id", a.first))["NetworkAcls"]
    assert acl["VpcId"] == a.id and acl["IsDefault"]


@pytest.mark.parametrize(
    "code, block",
    [
        ("InvalidSubnet.Range", "10.9.1.0/24"),
        ("InvalidSubnet.Range", "10.0.0.0/8"),
        ("InvalidSubnet.Range", "10.1.3.0/29"),
        ("InvalidSubnet.Conflict", "10.1.1.0/24"),
        ("InvalidSubnet.Conflict", "10.1.1.128/25"),
        ("InvalidSubnet.Conflict", "10.1.0.0/16"),
        ("InvalidSubnet.Conflict", "10.1.0.0/23"),
        ("InvalidParameterValue", "10.1.3.0/33"),
        ("InvalidParameterValue", "here"),
    ],
)
def test_a_subnets_block_lies_in_its_vpc_and_clear_of_others(ec2, two, code, block):
    with untouched(ec2):
        refused(code, ec2.create_subnet, VpcId=two[0].id, CidrBlock=block)


def test_a_subnets_ipv6_block_lies_in_its_vpc_and_clear_of_others(ec2, two):
    a, b = two
    first, *_, last = a.prefix6.subnets(new_prefix=64)
    outside = "2001:db8::/64"
    with untouched(ec2):
        refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=a.id, CidrBlock="10.1.9.0/24", Ipv6CidrBlock=str(first))
        refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=a.id, CidrBlock="10.1.9.0/24", Ipv6CidrBlock=outside)
        refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=b.id, CidrBlock="10.2.9.0/24", Ipv6CidrBlock=str(last))
        refused("InvalidParameterValue", ec2.create_subnet, VpcId=a.id, CidrBlock="10.1.9.0/24", Ipv6CidrBlock="nowhere")


def test_a_subnet_may_have_ipv6_alone(ec2, two):
    a, _ = two
    block = str(list(a.prefix6.subnets(new_prefix=64))[-1])
    refused("InvalidParameterCombination", ec2.create_subnet, VpcId=a.id, Ipv6CidrBlock=block, Ipv6Native=True, CidrBlock="10.1.8.0/24")
    refused("MissingParameter", ec2.create_subnet, VpcId=a.id, Ipv6Native=True)
    made = ec2.create_subnet(VpcId=a.id, Ipv6CidrBlock=block, Ipv6Native=True)["Subnet"]
    try:
        assert made["Ipv6Native"] and "CidrBlock" not in made and made["AvailableIpAddressCount"] == 0
        assert [it["SubnetId"] for it in ec2.describe_subnets(Filters=filters(ipv6_native="true"))["Subnets"]] == [made["SubnetId"]]
    finally:
        ec2.delete_subnet(SubnetId=made["SubnetId"])


def test_a_subnet_needs_a_vpc_and_a_zone_that_are_there(ec2, two):
    a, _ = two
    with untouched(ec2):
        refused("InvalidVpcID.NotFound", ec2.create_subnet, VpcId=nobodys("vpc"), CidrBlock="10.1.9.0/24")
        refused("InvalidVpcID.Malformed", ec2.create_subnet, VpcId="vpc", CidrBlock="10.1.9.0/24")
        refused("MissingParameter", ec2.create_subnet, VpcId=a.id)
        for zone in ({"AvailabilityZone": "us-east-1z"}, {"AvailabilityZoneId": "use1-az9"}):
            refused("InvalidParameterValue", ec2.create_subnet, VpcId=a.id, CidrBlock="10.1.9.0/24", **zone)
        both = {"AvailabilityZone": "us-east-1a", "AvailabilityZoneId": "use1-az1"}
        refused("InvalidParameterCombination", ec2.create_subnet, VpcId=a.id, CidrBlock="10.1.9.0/24", **both)
    made = ec2.create_subnet(VpcId=a.id, CidrBlock="10.1.9.0/24", AvailabilityZoneId="use1-az2")["Subnet"]
    assert made["AvailabilityZone"] == "us-east-1b"
    ec2.delete_subnet(SubnetId=made["SubnetId"])


def test_what_no_subnet_can_have_is_refused_by_name(ec2, two):
    with untouched(ec2):
        for name, value in {
            "OutpostArn": "arn:aws:outposts:us-east-1:1:outpost/op-1",
            "Ipv4IpamPoolId": "ipam-pool-1",
            "Ipv4NetmaskLength": 24,
            "Ipv6IpamPoolId": "ipam-pool-1",
            "Ipv6NetmaskLength": 64,
        }.items():
            unsupported(name, ec2.create_subnet, VpcId=two[0].id, CidrBlock="10.1.9.0/24", **{name: value})


def test_what_a_subnets_attribute_is_set_to_is_shown(ec2, two):
    subnet = two[0].first

    def set_and_shown(name, value, show):
        given = value if name == "PrivateDnsHostnameTypeOnLaunch" else {"Value": value}
        ec2.modify_subnet_attribute(SubnetId=subnet, **{name: given})
        assert show(subnet_row(ec2, subnet)) == value, name

    options = "PrivateDnsNameOptionsOnLaunch"
    for value in (True, False):
        set_and_shown("AssignIpv6AddressOnCreation", value, lambda it: it["AssignIpv6AddressOnCreation"])
        set_and_shown("EnableDns64", value, lambda it: it["EnableDns64"])
        record = "EnableResourceNameDnsARecord"
        set_and_shown(f"{record}OnLaunch", value, lambda it: it[options]["EnableResourceNameDnsARecord"])
        set_and_shown("EnableResourceNameDnsAAAARecordOnLaunch", value, lambda it: it[options]["EnableResourceNameDnsAAAARecord"])
    for value in ("resource-name", "ip-name"):
        set_and_shown("PrivateDnsHostnameTypeOnLaunch", value, lambda it: it[options]["HostnameType"])
    for value in (True, False):
        set_and_shown("MapPublicIpOnLaunch", value, lambda it: it["MapPublicIpOnLaunch"])
    set_and_shown("MapCustomerOwnedIpOnLaunch", False, lambda it: it["MapCustomerOwnedIpOnLaunch"])


def test_a_subnets_attribute_that_cannot_come_true_is_refused(ec2, two):
    a, b = two
    modify = ec2.modify_subnet_attribute
    with untouched(ec2):
        refused("InvalidParameterCombination", modify, SubnetId=a.first)
        refused("InvalidParameterCombination", modify, SubnetId=a.first, EnableDns64={"Value": False}, MapPublicIpOnLaunch={"Value": False})
        refused("InvalidSubnetID.NotFound", modify, SubnetId=nobodys("subnet"), EnableDns64={"Value": False})
        refused("InvalidSubnetID.Malformed", modify, SubnetId="subnet-x", EnableDns64={"Value": False})
        refused("InvalidParameterValue", modify, SubnetId=b.only, AssignIpv6AddressOnCreation={"Value": True})
        refused("InvalidParameterValue", modify, SubnetId=b.only, EnableResourceNameDnsAAAARecordOnLaunch={"Value": True})
        refused("InvalidParameterValue", modify, SubnetId=a.first, PrivateDnsHostnameTypeOnLaunch="pet-name")
        unsupported("CustomerOwnedIpv4Pool", modify, SubnetId=a.first, CustomerOwnedIpv4Pool="pool")
        unsupported("EnableLniAtDeviceIndex", modify, SubnetId=a.first, EnableLniAtDeviceIndex=1)
        unsupported("DisableLniAtDeviceIndex", modify, SubnetId=a.first, DisableLniAtDeviceIndex={"Value": True})
        unsupported("MapCustomerOwnedIpOnLaunch", modify, SubnetId=a.first, MapCustomerOwnedIpOnLaunch={"Value": True})


def test_a_subnet_that_is_gone_leaves_nothing(ec2, vpc):
    subnet = vpc.subnet(TagSpecifications=tags("subnet", Name="n"))
    ec2.delete_subnet(SubnetId=subnet)
    assert ec2.describe_subnets(Filters=filters(vpc_id=vpc.id))["Subnets"] == []
    assert ec2.describe_tags(Filters=filters(resource_id=subnet))["Tags"] == []
    (acl,) = ec2.describe_network_acls(Filters=filters(vpc_id=vpc.id))["NetworkAcls"]
    assert acl["Associations"] == []
    refused("InvalidSubnetID.NotFound", ec2.delete_subnet, SubnetId=subnet)
    refused("InvalidSubnetID.Malformed", ec2.delete_subnet, SubnetId="subnet-1")
    # Its block is free again.
    vpc.subnet("10.0.0.0/24")


# Attributes of VPCs.


def test_what_a_vpcs_attribute_is_set_to_is_shown(ec2, vpc):
    def shown(attribute):
        answer = ec2.describe_vpc_attribute(VpcId=vpc.id, Attribute=attribute)
        return answer[attribute[0].upper() + attribute[1:]]["Value"]

    assert [shown(it) for it in ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics")] == [True, False, False]
    for name, values in {
        "enableDnsHostnames": [True, False],
        "enableDnsSupport": [False, True],
        "enableNetworkAddressUsageMetrics": [True, False],
    }.items():
        for value in values:
            ec2.modify_vpc_attribute(VpcId=vpc.id, **{name[0].upper() + name[1:]: {"Value": value}})
            assert shown(name) is value


def test_a_vpcs_attribute_that_makes_no_sense_is_refused(ec2, vpc):
    modify, on, off = ec2.modify_vpc_attribute, {"Value": True}, {"Value": False}
    ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsSupport=off)
    refused("InvalidParameterCombination", modify, VpcId=vpc.id, EnableDnsHostnames=on)
    refused("InvalidParameterCombination", modify, VpcId=vpc.id)
    refused("InvalidParameterCombination", modify, VpcId=vpc.id, EnableDnsHostnames=off, EnableDnsSupport=on)
    refused("InvalidVpcID.NotFound", modify, VpcId=nobodys("vpc"), EnableDnsSupport=on)
    refused("InvalidVpcID.Malformed", modify, VpcId="vpc-XYZ", EnableDnsSupport=on)
    assert ec2.describe_vpc_attribute(VpcId=vpc.id, Attribute="enableDnsSupport")["EnableDnsSupport"] == off
    refused("InvalidParameterValue", ec2.describe_vpc_attribute, VpcId=vpc.id, Attribute="color")
    refused("InvalidVpcID.NotFound", ec2.describe_vpc_attribute, VpcId=nobodys("vpc"), Attribute="enableDnsSupport")


# Deleting.


def test_a_vpc_that_holds_something_is_not_deleted(ec2, vpc):
    def holds(make, free):
        made = make()
        with untouched(ec2):
            refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc.id)
        free(made)

    holds(vpc.subnet, lambda it: ec2.delete_subnet(SubnetId=it))
    holds(vpc.group, lambda it: ec2.delete_security_group(GroupId=it))
    subnet = vpc.subnet()
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    with untouched(ec2):
        refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnet)
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    refused("InvalidVpcID.NotFound", ec2.delete_vpc, VpcId=nobodys("vpc"))
    refused("InvalidVpcID.Malformed", ec2.delete_vpc, VpcId="subnet-00000000000000000")


# Finding.


def test_each_filter_finds_the_vpcs_that_it_names_and_no_others(ec2, two):
    a, b = two
    six = row(ec2, a.id)["Ipv6CidrBlockAssociationSet"][0]
    four = row(ec2, a.id)["CidrBlockAssociationSet"][0]["AssociationId"]
    both = [a.id, b.id]

    def found(*wanted):
        rows = ec2.describe_vpcs(Filters=[{"Name": name, "Values": values} for name, values in wanted])["Vpcs"]
        return sorted(it["VpcId"] for it in rows if it["VpcId"] in both)

    for name, values, expected in [
        ("vpc-id", both, both),
        ("vpc-id", [b.id, "nonsense"], [b.id]),
        ("cidr", ["10.1.0.0/16"], [a.id]),
        ("cidr-block", ["10.1.0.0/16"], [a.id]),
        ("cidr", ["10.?.0.0/16"], [a.id]),
        ("cidr", ["10.*"], both),
        ("cidr-block-association.association-id", [four], [a.id]),
        ("cidr-block-association.cidr-block", ["10.2.0.0/20"], [b.id]),
        ("cidr-block-association.state", ["associated"], both),
        ("ipv6-cidr-block-association.association-id", [six["AssociationId"]], [a.id]),
        ("ipv6-cidr-block-association.ipv6-cidr-block", [six["Ipv6CidrBlock"]], [a.id]),
        ("ipv6-cidr-block-association.ipv6-pool", ["Amazon"], [a.id]),
        ("ipv6-cidr-block-association.state", ["associated"], [a.id]),
        ("dhcp-options-id", [row(ec2, a.id)["DhcpOptionsId"]], both),
        ("is-default", ["false"], both),
        ("isDefault", ["false"], both),
        ("isDefault", ["true"], []),
        ("owner-id", [row(ec2, a.id)["OwnerId"]], both),
        ("state", ["available"], both),
        ("state", ["pending"], []),
        ("tag:Name", ["a*b"], both),
        ("tag:Name", ["a\\*b"], [a.id]),
        ("tag:Name", ["A*b"], []),
        ("tag:name", ["a*b"], []),
        ("tag-key", ["team"], [a.id]),
        ("tag-value", ["x"], [a.id]),
    ]:
        assert found((name, values)) == sorted(expected), (name, values)
    assert found(("cidr", ["10.*"]), ("tag-key", ["team"])) == [a.id], "several filters must all fit"
    assert found(("tag:Name", ["a*b"]), ("tag:team", ["y"])) == []
    assert ec2.describe_vpcs(VpcIds=[a.id], Filters=by("tag:Name", "azb"))["Vpcs"] == []
    refused("InvalidParameterValue", ec2.describe_vpcs, Filters=by("colour", "red"))
    refused("InvalidParameterValue", ec2.describe_vpcs, Filters=by("VPC-ID", a.id))


def test_each_filter_finds_the_subnets_that_it_names_and_no_others(ec2, two):
    a, b = two
    first, all_three = subnet_row(ec2, a.first), sorted([a.first, a.second, b.only])
    six = first["Ipv6CidrBlockAssociationSet"][0]

    def found(*wanted):
        rows = ec2.describe_subnets(Filters=[{"Name": name, "Values": values} for name, values in wanted])["Subnets"]
        return sorted(it["SubnetId"] for it in rows if it["SubnetId"] in all_three)

    for name, values, expected in [
        ("subnet-id", [a.first], [a.first]),
        ("vpc-id", [a.id], [a.first, a.second]),
        ("vpc-id", [a.id, b.id], all_three),
        ("cidr", ["10.1.2.0/28"], [a.second]),
        ("cidr-block", ["10.1.*"], [a.first, a.second]),
        ("cidrBlock", ["10.1.1.0/24", "10.2.0.0/24"], [a.first, b.only]),
        ("availability-zone", ["us-east-1b"], [a.second]),
        ("availabilityZone", ["us-east-1?"], all_three),
        ("availability-zone-id", ["use1-az3"], [b.only]),
        ("availabilityZoneId", ["use1-az1"], [a.first]),
        ("available-ip-address-count", ["251"], [a.first, b.only]),
        ("default-for-az", ["false"], all_three),
        ("defaultForAz", ["true"], []),
        ("enable-dns64", ["false"], all_three),
        ("ipv6-cidr-block-association.association-id", [six["AssociationId"]], [a.first]),
        ("ipv6-cidr-block-association.ipv6-cidr-block", [six["Ipv6CidrBlock"]], [a.first]),
        ("ipv6-cidr-block-association.state", ["associated"], [a.first]),
        ("ipv6-native", ["true"], []),
        ("map-public-ip-on-launch", ["false"], all_three),
        ("owner-id", [first["OwnerId"]], all_three),
        ("private-dns-name-options-on-launch.hostname-type", ["ip-name"], all_three),
        ("state", ["available"], all_three),
        ("subnet-arn", [first["SubnetArn"]], [a.first]),
        ("outpost-arn", ["*"], []),
        ("tag:Name", ["sec*"], [a.second]),
        ("tag:team", [""], [a.second]),
        ("tag-key", ["Name"], [a.second]),
    ]:
        assert found((name, values)) == sorted(expected), (name, values)
    assert found(("vpc-id", [a.id]), ("availability-zone", ["us-east-1b"])) == [a.second]
    assert ec2.describe_subnets(SubnetIds=[a.first], Filters=filters(vpc_id=b.id))["Subnets"] == []
    refused("InvalidParameterValue", ec2.describe_subnets, Filters=by("vpcid", a.id))


def test_a_filter_of_another_call_is_unknown_even_where_nothing_is_found(start):
    """Clients take an empty answer for "it is not there"; a filter that is passed over must not give one."""
    ec2 = start().client("ec2", region="us-east-1")
    nothing = [{"Name": "vpc-id", "Values": [nobodys("vpc")]}]
    for call, name in [
        ("describe_subnets", "isDefault"),
        ("describe_vpcs", "availabilityZone"),
        ("describe_vpcs", "resource-id"),
        ("describe_security_groups", "cidr"),
        ("describe_network_interfaces", "cidr-block"),
        ("describe_instances", "defaultForAz"),
        ("describe_route_tables", "is-default"),
        ("describe_network_acls", "key"),
    ]:
        refused("InvalidParameterValue", getattr(ec2, call), Filters=[*nothing, {"Name": name, "Values": ["x"]}])


def test_an_id_that_is_nobodys_is_an_error_and_not_an_empty_answer(ec2, two):
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[two[0].id, nobodys("vpc")])
    refused("InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=[nobodys("subnet")])
    for text in ("vpc", "vpc-", "vpc-123", "VPC-" + "0" * 17, "vpc-" + "g" * 17, "subnet-" + "0" * 17, "vpc-" + "0" * 18):
        refused("InvalidVpcID.Malformed", ec2.describe_vpcs, VpcIds=[text])
    refused("InvalidSubnetID.Malformed", ec2.describe_subnets, SubnetIds=["subnet_1"])


def test_ids_are_answered_once_each_and_in_one_order(ec2, two):
    a, b = two
    rows = ec2.describe_vpcs(VpcIds=[b.id, a.id, b.id])["Vpcs"]
    assert sorted(it["VpcId"] for it in rows) == sorted([a.id, b.id])
    assert rows == ec2.describe_vpcs(VpcIds=[a.id, b.id])["Vpcs"]


# Pages.


def test_pages_hold_every_subnet_once_though_others_come_and_go(ec2, vpc):
    made = {vpc.subnet(f"10.0.{at}.0/24") for at in range(12)}
    seen = []
    for at, page in enumerate(pages(ec2.describe_subnets, "Subnets", 5, Filters=filters(vpc_id=vpc.id))):
        assert len(page) <= 5
        seen += [it["SubnetId"] for it in page]
        # Take away one that was seen, the last of the page even, and make another.
        ec2.delete_subnet(SubnetId=seen[-1])
        vpc.subnet(f"10.0.{100 + at}.0/24")
    assert len(seen) == len(set(seen)), "a row came twice"
    assert made <= set(seen), "a row was skipped"


def test_a_page_is_as_long_as_was_asked_and_the_last_has_no_token(ec2, vpc):
    for at in range(10):
        vpc.subnet(f"10.0.{at}.0/24")
    lengths = [len(it) for it in pages(ec2.describe_subnets, "Subnets", 5, Filters=filters(vpc_id=vpc.id))]
    assert lengths == [5, 5]
    assert len(ec2.describe_subnets(MaxResults=1000, Filters=filters(vpc_id=vpc.id))["Subnets"]) == 10


@pytest.mark.parametrize("call", ["describe_vpcs", "describe_subnets", "describe_security_groups", "describe_route_tables"])
def test_a_page_out_of_range_and_a_token_of_nobodys_are_refused(shared, call):
    describe = getattr(shared.client("ec2", parameter_validation=False), call)
    for size in (4, 0, -1, 1001, 2**31 - 1):
        refused("InvalidParameterValue", describe, MaxResults=size)
    for token in ("nonsense!", "AAAA", "é", "=" * 40, "dnBjLQ" * 500):
        refused("InvalidNextToken", describe, NextToken=token)


def test_ids_and_pages_do_not_go_together(ec2, two):
    refused("InvalidParameterCombination", ec2.describe_vpcs, VpcIds=[two[0].id], MaxResults=5)


# Calls that are only tried, and calls that are sent again.


def test_a_call_that_is_only_tried_changes_nothing(ec2, two):
    a, _ = two
    with untouched(ec2):
        for call, parameters in [
            ("create_vpc", {"CidrBlock": "10.9.0.0/16"}),
            ("create_subnet", {"VpcId": a.id, "CidrBlock": "10.1.9.0/24"}),
            ("delete_subnet", {"SubnetId": a.second}),
            ("describe_vpcs", {}),
            ("describe_subnets", {}),
            ("describe_vpc_attribute", {"VpcId": a.id, "Attribute": "enableDnsSupport"}),
        ]:
            message = refused("DryRunOperation", getattr(ec2, call), DryRun=True, **parameters)
            assert message == "Request would have succeeded, but DryRun flag is set."
        # What would fail fails for its own reason.
        refused("InvalidSubnet.Conflict", ec2.create_subnet, DryRun=True, VpcId=a.id, CidrBlock="10.1.1.0/24")
        refused("InvalidVpcID.NotFound", ec2.delete_vpc, DryRun=True, VpcId=nobodys("vpc"))
        refused("DependencyViolation", ec2.delete_vpc, DryRun=True, VpcId=a.id)


def test_everything_is_there_after_a_restart(fresh):
    made = Vpc(fresh.ec2, "10.7.0.0/16", AmazonProvidedIpv6CidrBlock=True, TagSpecifications=tags("vpc", Name="kept"))
    made.subnet("10.7.1.0/24")
    made.group("tcp 80 from 0.0.0.0/0")
    before = everything(fresh.ec2)
    fresh.kill9()
    fresh.start()
    assert everything(fresh.ec2) == before
