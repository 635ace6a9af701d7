"""What a VPC and its subnets are made of: blocks that come and go, ranges that are reserved, prefixes and IPv6 addresses
of interfaces, DHCP options."""

import ipaddress

import pytest

from calls import at_once, by, filters, nobodys, pages, refused, tags, untouched
from network import Vpc, block
from packets import ping_is_dropped, pings


@pytest.fixture
def six(ec2):
    """A VPC with IPv6, a dual-stack subnet with room for prefixes, and one of IPv4 only."""
    vpc = Vpc(ec2, "10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    vpc.dual, vpc.block6 = vpc.dual_subnet("10.0.1.0/24"), ipaddress.ip_network(block(vpc.prefix6, 0))
    vpc.four = vpc.subnet("10.0.2.0/24")
    yield vpc
    vpc.delete()


def row(ec2, vpc):
    return ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]


def subnet_row(ec2, subnet):
    return ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]


def interface_row(ec2, interface):
    return ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]


def make(ec2, subnet, **more):
    return ec2.create_network_interface(SubnetId=subnet, **more)["NetworkInterface"]["NetworkInterfaceId"]


def blocks4(ec2, vpc):
    return [it["CidrBlock"] for it in row(ec2, vpc)["CidrBlockAssociationSet"]]


# Blocks of VPCs.


def test_a_vpc_takes_on_blocks_and_gives_up_all_but_its_first(ec2, vpc):
    associate, disassociate = ec2.associate_vpc_cidr_block, ec2.disassociate_vpc_cidr_block
    answer = associate(VpcId=vpc.id, CidrBlock="10.2.9.9/20")
    made = answer["CidrBlockAssociation"]
    assert answer["VpcId"] == vpc.id and made["CidrBlock"] == "10.2.0.0/20" and made["CidrBlockState"] == {"State": "associated"}
    first, second = row(ec2, vpc.id)["CidrBlockAssociationSet"]
    assert second == made and row(ec2, vpc.id)["CidrBlock"] == "10.0.0.0/16" == first["CidrBlock"]
    for name, value in (("association-id", made["AssociationId"]), ("cidr-block", "10.2.0.0/20")):
        found = ec2.describe_vpcs(Filters=by(f"cidr-block-association.{name}", value))["Vpcs"]
        assert vpc.id in [it["VpcId"] for it in found], name
    (table,) = ec2.describe_route_tables(Filters=filters(vpc_id=vpc.id))["RouteTables"]
    local = [(it["DestinationCidrBlock"], it["GatewayId"]) for it in table["Routes"]]
    assert local == [("10.0.0.0/16", "local"), ("10.2.0.0/20", "local")]
    subnet = vpc.subnet("10.2.1.0/24")
    with untouched(ec2):
        assert "subnet within CIDR block 10.2.0.0/20" in refused("InvalidCidrBlock.InUse", disassociate, AssociationId=made["AssociationId"])
        assert "primary" in refused("OperationNotPermitted", disassociate, AssociationId=first["AssociationId"])
        refused("InvalidVpcCidrBlockAssociationID.NotFound", disassociate, AssociationId=nobodys("vpc-cidr-assoc"))
        refused("InvalidVpcCidrBlockAssociationId.Malformed", disassociate, AssociationId="vpc-cidr-assoc-1")
    ec2.delete_subnet(SubnetId=subnet)
    gone = disassociate(AssociationId=made["AssociationId"])
    assert gone["VpcId"] == vpc.id and gone["CidrBlockAssociation"]["AssociationId"] == made["AssociationId"]
    assert blocks4(ec2, vpc.id) == ["10.0.0.0/16"]
    refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc.id, CidrBlock="10.2.1.0/24")


# The table "IPv4 CIDR block association restrictions" of AWS's VPC user guide.
@pytest.mark.parametrize(
    "has, takes, refuses",
    [
        ("10.3.0.0/16", ["10.4.0.0/16", "100.64.0.0/16", "203.0.113.0/24"], ["172.16.0.0/16", "192.168.0.0/16", "198.19.0.0/16"]),
        ("10.1.0.0/16", ["10.2.0.0/16"], ["10.0.0.0/16"]),
        ("172.16.0.0/16", ["172.17.0.0/16"], ["10.3.0.0/16", "172.31.0.0/16", "192.168.0.0/16", "198.19.0.0/16"]),
        ("192.168.0.0/17", ["192.168.128.0/17"], ["10.3.0.0/16", "172.16.0.0/16", "198.19.0.0/16"]),
        ("198.19.0.0/17", ["198.19.128.0/17", "100.64.0.0/16"], ["10.3.0.0/16", "172.16.0.0/16", "192.168.0.0/16"]),
        ("100.64.0.0/17", ["100.64.128.0/17"], ["10.3.0.0/16", "172.16.0.0/16", "192.168.0.0/16", "198.19.0.0/16"]),
    ],
)
def test_only_ranges_that_aws_combines_can_be_combined(ec2, has, takes, refuses):
    vpc = Vpc(ec2, has)
    with untouched(ec2):
        for wanted in refuses:
            refused("InvalidVpc.Range", ec2.associate_vpc_cidr_block, VpcId=vpc.id, CidrBlock=wanted)
    for wanted in takes:
        ec2.associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock=wanted)
    assert blocks4(ec2, vpc.id) == [has, *takes]
    vpc.delete()


def test_a_block_that_a_vpc_cannot_have_is_refused(ec2, vpc):
    associate = ec2.associate_vpc_cidr_block
    ec2.associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock="10.4.0.0/16")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc.id, InternetGatewayId=gateway)
    (table,) = ec2.describe_route_tables(Filters=filters(vpc_id=vpc.id))["RouteTables"]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="10.5.0.0/24", GatewayId=gateway)
    with untouched(ec2):
        for wanted in ("10.0.0.0/16", "10.0.3.0/24", "10.4.255.0/24"):
            refused("CidrConflict", associate, VpcId=vpc.id, CidrBlock=wanted)
        for wanted in ("10.5.0.0/24", "10.5.0.0/16"):
            assert table["RouteTableId"] in refused("CidrConflict", associate, VpcId=vpc.id, CidrBlock=wanted)
        for wanted in ("10.8.0.0/15", "10.8.0.0/29", "127.0.0.0/16", "169.254.0.0/16"):
            refused("InvalidVpc.Range", associate, VpcId=vpc.id, CidrBlock=wanted)
        for wanted in ("ten/16", "10.8.0.0/33", "::/56", "010.8.0.0/16"):
            refused("InvalidParameterValue", associate, VpcId=vpc.id, CidrBlock=wanted)
        refused("MissingParameter", associate, VpcId=vpc.id)
        refused("InvalidParameterCombination", associate, VpcId=vpc.id, CidrBlock="10.8.0.0/16", AmazonProvidedIpv6CidrBlock=True)
        refused("InvalidVpcID.NotFound", associate, VpcId=nobodys("vpc"), CidrBlock="10.8.0.0/16")
        refused("InvalidVpcID.Malformed", associate, VpcId="vpc-1", CidrBlock="10.8.0.0/16")
    # What is smaller than the route's destination is no obstacle: the route does not lead there any more.
    associate(VpcId=vpc.id, CidrBlock="10.5.0.0/25")
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="10.5.0.0/24")
    ec2.detach_internet_gateway(VpcId=vpc.id, InternetGatewayId=gateway)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_a_vpc_has_five_blocks_of_each_family_also_when_all_come_at_once(ec2, vpc):
    for more in ({"AmazonProvidedIpv6CidrBlock": True}, None):
        answers = at_once(8, lambda at: ec2.associate_vpc_cidr_block(VpcId=vpc.id, **(more or {"CidrBlock": f"10.{at + 1}.0.0/16"})))
        failed = [it.response["Error"]["Code"] for it in answers if not isinstance(it, dict)]
        assert failed == ["CidrLimitExceeded"] * (3 if more else 4), answers
    shown = row(ec2, vpc.id)
    blocks6 = {it["Ipv6CidrBlock"] for it in shown["Ipv6CidrBlockAssociationSet"]}
    assert len(blocks6) == len(shown["CidrBlockAssociationSet"]) == 5


def test_the_first_ipv6_block_is_let_in_and_out_where_nobody_has_changed_anything(ec2, vpc):
    def rules():
        (acl,) = ec2.describe_network_acls(Filters=filters(vpc_id=vpc.id))["NetworkAcls"]
        (group,) = ec2.describe_security_groups(Filters=filters(vpc_id=vpc.id, group_name="default"))["SecurityGroups"]
        return sorted({it["RuleNumber"] for it in acl["Entries"]}), [it["Ipv6Ranges"] for it in group["IpPermissionsEgress"]]

    assert rules() == ([100, 32767], [[]])
    made = ec2.associate_vpc_cidr_block(VpcId=vpc.id, AmazonProvidedIpv6CidrBlock=True)["Ipv6CidrBlockAssociation"]
    assert ipaddress.ip_network(made["Ipv6CidrBlock"]).prefixlen == 56 and made["Ipv6CidrBlockState"] == {"State": "associated"}
    assert row(ec2, vpc.id)["Ipv6CidrBlockAssociationSet"] == [made]
    assert rules() == ([100, 101, 32767, 32768], [[{"CidrIpv6": "::/0"}]])
    six = ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])["Ipv6CidrBlockAssociation"]
    assert six["Ipv6CidrBlock"] == made["Ipv6CidrBlock"]
    assert row(ec2, vpc.id)["Ipv6CidrBlockAssociationSet"] == []


def test_a_block_of_a_peer_stays_the_peers(ec2, vpc):
    other = Vpc(ec2, "10.7.0.0/16")
    made = ec2.create_vpc_peering_connection(VpcId=vpc.id, PeerVpcId=other.id)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    with untouched(ec2):
        refused("OperationNotPermitted", ec2.associate_vpc_cidr_block, VpcId=vpc.id, CidrBlock="10.9.0.0/16")
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    with untouched(ec2):
        refused("CidrConflict", ec2.associate_vpc_cidr_block, VpcId=vpc.id, CidrBlock="10.7.3.0/24")
        refused("CidrConflict", ec2.associate_vpc_cidr_block, VpcId=other.id, CidrBlock="10.0.0.0/16")
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=made)
    ec2.associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock="10.7.3.0/24")
    other.delete()


def test_packets_go_between_the_blocks_of_a_vpc(ec2, vpc):
    ec2.associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock="100.64.0.0/24")
    group = vpc.group("icmp from 10.0.0.0/16", "icmp from 100.64.0.0/24")
    one = vpc.instance(vpc.subnet("10.0.1.0/24"), group)
    other = vpc.instance(vpc.subnet("100.64.0.0/25"), group)
    assert pings(one, other) and pings(other, one)


# Blocks of subnets.


def test_a_subnet_takes_on_an_ipv6_block_and_gives_it_up(ec2, six):
    associate, disassociate = ec2.associate_subnet_cidr_block, ec2.disassociate_subnet_cidr_block
    wanted, another = next(six.blocks6), next(six.blocks6)
    with untouched(ec2):
        refused("MissingParameter", associate, SubnetId=six.four)
        refused("InvalidSubnet.Range", associate, SubnetId=six.four, Ipv6CidrBlock="2001:db8::/64")
        refused("InvalidSubnet.Conflict", associate, SubnetId=six.four, Ipv6CidrBlock=str(six.block6))
        refused("InvalidParameterValue", associate, SubnetId=six.four, Ipv6CidrBlock="10.0.2.0/24")
        refused("InvalidSubnetID.NotFound", associate, SubnetId=nobodys("subnet"), Ipv6CidrBlock=wanted)
        refused("InvalidSubnetID.Malformed", associate, SubnetId="subnet-1", Ipv6CidrBlock=wanted)
        refused("InvalidSubnetCidrBlockAssociationID.NotFound", disassociate, AssociationId=nobodys("subnet-cidr-assoc"))
        refused("InvalidSubnetCidrBlockAssociationId.Malformed", disassociate, AssociationId="subnet-cidr-assoc-1")
    answer = associate(SubnetId=six.four, Ipv6CidrBlock=wanted)
    made = answer["Ipv6CidrBlockAssociation"]
    assert answer["SubnetId"] == six.four and made["Ipv6CidrBlock"] == wanted and made["Ipv6CidrBlockState"] == {"State": "associated"}
    assert subnet_row(ec2, six.four)["Ipv6CidrBlockAssociationSet"] == [made]
    assert "maximum number" in refused("CidrLimitExceeded", associate, SubnetId=six.four, Ipv6CidrBlock=another)
    (of_vpc,) = row(ec2, six.id)["Ipv6CidrBlockAssociationSet"]
    refused("InvalidCidrBlock.InUse", ec2.disassociate_vpc_cidr_block, AssociationId=of_vpc["AssociationId"])

    # It stays as long as anything is said of it.
    go = {"AssociationId": made["AssociationId"]}
    for attribute in ("AssignIpv6AddressOnCreation", "EnableDns64"):
        ec2.modify_subnet_attribute(SubnetId=six.four, **{attribute: {"Value": True}})
        refused("InvalidCidrBlock.InUse", disassociate, **go)
        ec2.modify_subnet_attribute(SubnetId=six.four, **{attribute: {"Value": False}})
    interface = make(ec2, six.four, Ipv6PrefixCount=1)
    (prefix,) = interface_row(ec2, interface)["Ipv6Prefixes"]
    refused("InvalidCidrBlock.InUse", disassociate, **go)
    ec2.unassign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6Prefixes=[prefix["Ipv6Prefix"]])
    reservation = ec2.create_subnet_cidr_reservation(SubnetId=six.four, Cidr=prefix["Ipv6Prefix"], ReservationType="prefix")
    refused("InvalidCidrBlock.InUse", disassociate, **go)
    ec2.delete_subnet_cidr_reservation(SubnetCidrReservationId=reservation["SubnetCidrReservation"]["SubnetCidrReservationId"])
    gone = disassociate(**go)
    assert gone["SubnetId"] == six.four and gone["Ipv6CidrBlockAssociation"]["Ipv6CidrBlock"] == wanted
    assert subnet_row(ec2, six.four)["Ipv6CidrBlockAssociationSet"] == []
    refused("InvalidSubnetCidrBlockAssociationID.NotFound", disassociate, **go)


def test_a_default_subnet_is_made_anew_where_there_is_none(shared):
    _, ec2 = shared.account("default-subnets")
    (vpc,) = [it["VpcId"] for it in ec2.describe_vpcs(Filters=filters(is_default="true"))["Vpcs"]]
    old = {it["AvailabilityZone"]: it for it in ec2.describe_subnets(Filters=filters(vpc_id=vpc))["Subnets"]}
    with untouched(ec2):
        for zone in old:
            assert old[zone]["SubnetId"] in refused("DefaultSubnetAlreadyExistsInAvailabilityZone", ec2.create_default_subnet, AvailabilityZone=zone)
        refused("MissingParameter", ec2.create_default_subnet)
        refused("InvalidParameterValue", ec2.create_default_subnet, AvailabilityZone="us-east-1z")
        refused("InvalidParameterCombination", ec2.create_default_subnet, AvailabilityZone="us-east-1a", AvailabilityZoneId="use1-az1")
    for zone in ("us-east-1a", "us-east-1b"):
        ec2.delete_subnet(SubnetId=old[zone]["SubnetId"])
    refused("DryRunOperation", ec2.create_default_subnet, AvailabilityZone="us-east-1b", DryRun=True)
    answers = at_once(4, lambda _: ec2.create_default_subnet(AvailabilityZone="us-east-1b"))
    (made,) = [it["Subnet"] for it in answers if isinstance(it, dict)]
    assert made["CidrBlock"] == old["us-east-1a"]["CidrBlock"], "the first /20 that is free"
    assert made["DefaultForAz"] and made["MapPublicIpOnLaunch"] and subnet_row(ec2, made["SubnetId"]) == made
    for it in ec2.describe_subnets(Filters=filters(vpc_id=vpc))["Subnets"]:
        ec2.delete_subnet(SubnetId=it["SubnetId"])
    gateway = ec2.describe_internet_gateways(Filters=by("attachment.vpc-id", vpc))["InternetGateways"][0]["InternetGatewayId"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_vpc(VpcId=vpc)
    refused("DefaultVpcDoesNotExist", ec2.create_default_subnet, AvailabilityZone="us-east-1a")


def test_tenancy_is_and_becomes_the_default_one(ec2, vpc):
    assert ec2.modify_vpc_tenancy(VpcId=vpc.id, InstanceTenancy="default")["ReturnValue"] is True
    with untouched(ec2):
        refused("DryRunOperation", ec2.modify_vpc_tenancy, VpcId=vpc.id, InstanceTenancy="default", DryRun=True)
        refused("InvalidParameterValue", ec2.modify_vpc_tenancy, VpcId=vpc.id, InstanceTenancy="dedicated")
        refused("InvalidVpcID.NotFound", ec2.modify_vpc_tenancy, VpcId=nobodys("vpc"), InstanceTenancy="default")


# Reservations.


def reserve(ec2, subnet, cidr, kind="explicit", **more):
    return ec2.create_subnet_cidr_reservation(SubnetId=subnet, Cidr=cidr, ReservationType=kind, **more)["SubnetCidrReservation"]


def reserved(ec2, subnet, **more):
    answer = ec2.get_subnet_cidr_reservations(SubnetId=subnet, **more)
    return answer["SubnetIpv4CidrReservations"], answer["SubnetIpv6CidrReservations"]


def test_a_reservation_is_listed_by_family_tagged_and_removed(ec2, six):
    get, delete, subnet = ec2.get_subnet_cidr_reservations, ec2.delete_subnet_cidr_reservation, six.dual
    made = reserve(ec2, subnet, "10.0.1.20/28", Description="for printers", TagSpecifications=tags("subnet-cidr-reservation", Name="printers"))
    assert made["SubnetCidrReservationId"].startswith("scr-") and made["SubnetId"] == subnet and made["Cidr"] == "10.0.1.16/28"
    assert (made["ReservationType"], made["Description"], made["OwnerId"]) == ("explicit", "for printers", row(ec2, six.id)["OwnerId"])
    assert made["Tags"] == [{"Key": "Name", "Value": "printers"}]
    other = reserve(ec2, subnet, block(six.block6, 1, 80), "prefix")
    id, other_id = made["SubnetCidrReservationId"], other["SubnetCidrReservationId"]
    assert reserved(ec2, subnet) == ([made], [other]) and reserved(ec2, six.four) == ([], [])
    for name, value, expected in [
        ("reservationType", "explicit", ([made], [])),
        ("reservationType", "prefix", ([], [other])),
        ("subnet-id", subnet, ([made], [other])),
        ("tag:Name", "printers", ([made], [])),
        ("tag-key", "Name", ([made], [])),
        ("tag:Name", "plotters", ([], [])),
    ]:
        assert reserved(ec2, subnet, Filters=by(name, value)) == expected, (name, value)
    refused("InvalidParameterValue", get, SubnetId=subnet, Filters=by("colour", "red"))
    refused("InvalidSubnetID.NotFound", get, SubnetId=nobodys("subnet"))
    ec2.create_tags(Resources=[other_id], Tags=[{"Key": "k", "Value": "v"}])
    (tag,) = ec2.describe_tags(Filters=filters(resource_type="subnet-cidr-reservation", key="k"))["Tags"]
    assert tag["ResourceId"] == other_id and reserved(ec2, subnet)[1][0]["Tags"] == [{"Key": "k", "Value": "v"}]

    with untouched(ec2):
        for wanted in ("10.0.1.16/28", "10.0.1.20/32", "10.0.1.0/24"):
            assert "overlap" in refused("InvalidParameterValue", reserve, ec2=ec2, subnet=subnet, cidr=wanted)
        for wanted in ("10.0.2.0/28", "10.0.0.0/16", "2001:db8::/80", "everything"):
            refused("InvalidParameterValue", reserve, ec2=ec2, subnet=subnet, cidr=wanted)
        refused("InvalidParameterValue", reserve, ec2=ec2, subnet=subnet, cidr="10.0.1.32/28", kind="some")
        refused("InvalidSubnetID.NotFound", reserve, ec2=ec2, subnet=nobodys("subnet"), cidr="10.0.1.32/28")
        refused("DryRunOperation", reserve, ec2=ec2, subnet=subnet, cidr="10.0.1.32/28", DryRun=True)
        refused("InvalidSubnetCidrReservationID.NotFound", delete, SubnetCidrReservationId=nobodys("scr"))
        refused("InvalidSubnetCidrReservationID.Malformed", delete, SubnetCidrReservationId="scr-1")
        assert reserved(ec2, subnet)[0] == [made]
    gone = delete(SubnetCidrReservationId=id)["DeletedSubnetCidrReservation"]
    assert gone == made and reserved(ec2, subnet)[0] == []
    refused("InvalidSubnetCidrReservationID.NotFound", delete, SubnetCidrReservationId=id)
    # The others go with their subnet.
    ec2.delete_subnet(SubnetId=subnet)
    assert ec2.describe_tags(Filters=filters(resource_id=[id, other_id]))["Tags"] == []


def test_every_reservation_is_on_one_page(ec2, vpc):
    subnet = vpc.subnet("10.0.1.0/24")
    wanted = [f"10.0.1.{100 + at}/32" for at in range(11)]
    for it in wanted:
        reserve(ec2, subnet, it)
    sizes, seen = [], []
    for page in pages(ec2.get_subnet_cidr_reservations, "SubnetIpv4CidrReservations", 5, SubnetId=subnet):
        sizes.append(len(page))
        seen += [it["Cidr"] for it in page]
    assert sizes == [5, 5, 1] and sorted(seen) == sorted(wanted)


def test_a_reserved_address_is_for_who_asks_for_it(ec2, vpc):
    """The lower half of the subnet is all that is given to whoever does not ask."""
    subnet = vpc.subnet("10.0.1.0/27")
    reserve(ec2, subnet, "10.0.1.16/28")
    given = at_once(14, lambda _: make(ec2, subnet))
    won = [it for it in given if isinstance(it, str)]
    held = {interface_row(ec2, it)["PrivateIpAddress"] for it in won}
    assert held == {f"10.0.1.{last}" for last in range(4, 16)}
    refused("InsufficientFreeAddressesInSubnet", ec2.assign_private_ip_addresses, NetworkInterfaceId=won[0], SecondaryPrivateIpAddressCount=1)
    ec2.assign_private_ip_addresses(NetworkInterfaceId=won[0], PrivateIpAddresses=["10.0.1.20"])
    assert interface_row(ec2, make(ec2, subnet, PrivateIpAddress="10.0.1.21"))["PrivateIpAddress"] == "10.0.1.21"


def test_prefixes_come_from_what_is_reserved_for_them(ec2, vpc):
    subnet = vpc.subnet("10.0.1.0/24")

    def left():
        return subnet_row(ec2, subnet)["AvailableIpAddressCount"]

    assert left() == 251
    reserve(ec2, subnet, "10.0.1.64/27", "prefix")
    assert left() == 219, "what is set aside for prefixes is not there for addresses"
    reserve(ec2, subnet, "10.0.1.128/25")
    assert left() == 219, "what is set aside for who asks can be had by asking"
    interface = make(ec2, subnet, Ipv4PrefixCount=2)
    assert {it["Ipv4Prefix"] for it in interface_row(ec2, interface)["Ipv4Prefixes"]} == {"10.0.1.64/28", "10.0.1.80/28"}
    assert left() == 218, "but for its address all was set aside already"
    more = ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, Ipv4PrefixCount=1)["AssignedIpv4Prefixes"]
    assert more[0]["Ipv4Prefix"] in {f"10.0.1.{first}/28" for first in (16, 32, 48, 96, 112)}
    assert left() == 202


# Prefixes and IPv6 addresses of interfaces.


def test_ipv4_prefixes_come_and_go(ec2, six):
    assign, unassign = ec2.assign_private_ip_addresses, ec2.unassign_private_ip_addresses
    id, other = make(ec2, six.dual, PrivateIpAddress="10.0.1.200"), make(ec2, six.dual, PrivateIpAddress="10.0.1.201")
    answer = assign(NetworkInterfaceId=id, Ipv4Prefixes=["10.0.1.16/28"], PrivateIpAddresses=["10.0.1.50"])
    assert answer["AssignedIpv4Prefixes"] == [{"Ipv4Prefix": "10.0.1.16/28"}]
    assert [it["PrivateIpAddress"] for it in answer["AssignedPrivateIpAddresses"]] == ["10.0.1.50"]
    (second,) = assign(NetworkInterfaceId=id, Ipv4PrefixCount=1)["AssignedIpv4Prefixes"]
    assert interface_row(ec2, id)["Ipv4Prefixes"] == [{"Ipv4Prefix": "10.0.1.16/28"}, second]
    assert [it["PrivateIpAddress"] for it in interface_row(ec2, id)["PrivateIpAddresses"]] == ["10.0.1.200", "10.0.1.50"]
    mine = {"NetworkInterfaceId": other}
    with untouched(ec2):
        for taken in ("10.0.1.16/28", "10.0.1.48/28"):
            refused("InvalidIPAddress.InUse", assign, **mine, Ipv4Prefixes=[taken], AllowReassignment=True)
        refused("InvalidIPAddress.InUse", assign, **mine, PrivateIpAddresses=["10.0.1.17"], AllowReassignment=True)
        refused("InvalidIPAddress.InUse", ec2.create_network_interface, SubnetId=six.dual, PrivateIpAddress="10.0.1.17")
        for wrong in ("10.0.1.0/28", "10.0.1.240/28", "10.0.1.64/27", "10.0.1.66/28", "10.0.2.64/28", "2001:db8::/80", "some"):
            refused("InvalidParameterValue", assign, **mine, Ipv4Prefixes=[wrong])
        refused("InvalidParameterCombination", assign, **mine, Ipv4Prefixes=["10.0.1.64/28"], Ipv4PrefixCount=1)
        refused("MissingParameter", assign, **mine, Ipv4PrefixCount=0)
        refused("PrivateIpAddressLimitExceeded", assign, **mine, Ipv4PrefixCount=50)
        refused("InsufficientCidrBlocks", assign, **mine, Ipv4PrefixCount=14)
        refused("InvalidParameterValue", unassign, **mine, Ipv4Prefixes=["10.0.1.16/28"])
        refused("InvalidParameterValue", unassign, **mine, Ipv4Prefixes=["some"])
        refused("MissingParameter", unassign, **mine)
    unassign(NetworkInterfaceId=id, Ipv4Prefixes=[second["Ipv4Prefix"]], PrivateIpAddresses=["10.0.1.50"])
    assert interface_row(ec2, id)["Ipv4Prefixes"] == [{"Ipv4Prefix": "10.0.1.16/28"}]
    ec2.delete_network_interface(NetworkInterfaceId=id)
    assign(**mine, Ipv4Prefixes=["10.0.1.16/28"])


def test_an_interface_is_made_with_prefixes(ec2, six):
    create = ec2.create_network_interface
    named = block(six.block6, 7, 80)
    made = create(SubnetId=six.dual, PrivateIpAddress="10.0.1.9", Ipv4Prefixes=[{"Ipv4Prefix": "10.0.1.32/28"}], Ipv6Prefixes=[{"Ipv6Prefix": named}])["NetworkInterface"]
    assert made["Ipv4Prefixes"] == [{"Ipv4Prefix": "10.0.1.32/28"}] and made["Ipv6Prefixes"] == [{"Ipv6Prefix": named}]
    assert interface_row(ec2, made["NetworkInterfaceId"]) == made and made["Ipv6Addresses"] == []
    counted = create(SubnetId=six.dual, Ipv4PrefixCount=2, Ipv6PrefixCount=3)["NetworkInterface"]
    four = [ipaddress.ip_network(it["Ipv4Prefix"]) for it in counted["Ipv4Prefixes"]]
    of6 = [ipaddress.ip_network(it["Ipv6Prefix"]) for it in counted["Ipv6Prefixes"]]
    assert [it.prefixlen for it in four] == [28] * 2 and [it.prefixlen for it in of6] == [80] * 3
    assert all(it.subnet_of(ipaddress.ip_network("10.0.1.0/24")) for it in four) and all(it.subnet_of(six.block6) for it in of6)
    with untouched(ec2):
        refused("InvalidParameterCombination", create, SubnetId=six.dual, Ipv4PrefixCount=1, SecondaryPrivateIpAddressCount=1)
        refused("InvalidParameterCombination", create, SubnetId=six.dual, Ipv6PrefixCount=1, Ipv6AddressCount=1)
        refused("InvalidParameterCombination", create, SubnetId=six.dual, Ipv4PrefixCount=1, Ipv4Prefixes=[{"Ipv4Prefix": "10.0.1.64/28"}])
        refused("InvalidIPAddress.InUse", create, SubnetId=six.dual, Ipv6Prefixes=[{"Ipv6Prefix": named}])
        refused("InvalidParameterValue", create, SubnetId=six.dual, Ipv6Prefixes=[{"Ipv6Prefix": block(six.block6, 0, 80)}])
        refused("InvalidParameterValue", create, SubnetId=six.four, Ipv6PrefixCount=1)
        refused("InvalidParameterValue", create, SubnetId=six.dual, Ipv4PrefixCount=-1)


def test_a_prefix_counts_as_one_of_the_addresses_of_an_instance_type(ec2, six):
    def launch(**more):
        specification = {"DeviceIndex": 0, "SubnetId": six.dual, **more}
        image = ec2.describe_images()["Images"][0]["ImageId"]
        return ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, NetworkInterfaces=[specification])["Instances"][0]

    with untouched(ec2):
        refused("PrivateIpAddressLimitExceeded", launch, Ipv4PrefixCount=2)
    made = launch(Ipv4PrefixCount=1, Ipv6PrefixCount=1)
    (interface,) = made["NetworkInterfaces"]
    assert len(interface["Ipv4Prefixes"]) == len(interface["Ipv6Prefixes"]) == 1
    for version in "46":
        value = interface[f"Ipv{version}Prefixes"][0][f"Ipv{version}Prefix"]
        name = f"network-interface.ipv{version}-prefixes.ipv{version}-prefix"
        found = ec2.describe_instances(Filters=by(name, value) + filters(vpc_id=six.id))["Reservations"]
        assert [it["InstanceId"] for of in found for it in of["Instances"]] == [made["InstanceId"]], name
    id = interface["NetworkInterfaceId"]
    with untouched(ec2):
        refused("PrivateIpAddressLimitExceeded", ec2.assign_private_ip_addresses, NetworkInterfaceId=id, Ipv4PrefixCount=1)
        refused("PrivateIpAddressLimitExceeded", ec2.assign_ipv6_addresses, NetworkInterfaceId=id, Ipv6AddressCount=2)
    ec2.assign_ipv6_addresses(NetworkInterfaceId=id, Ipv6AddressCount=1)


def test_ipv6_addresses_and_prefixes_come_and_go(ec2, six):
    assign, unassign = ec2.assign_ipv6_addresses, ec2.unassign_ipv6_addresses
    id, other = make(ec2, six.dual), make(ec2, six.dual)
    named = [str(six.block6[9]), str(six.block6[10])]
    answer = assign(NetworkInterfaceId=id, Ipv6Addresses=named)
    assert answer["NetworkInterfaceId"] == id and answer["AssignedIpv6Addresses"] == named
    answer = assign(NetworkInterfaceId=id, Ipv6AddressCount=2, Ipv6PrefixCount=2)
    counted, prefixes = answer["AssignedIpv6Addresses"], answer["AssignedIpv6Prefixes"]
    assert len(counted) == 2 and all(ipaddress.ip_address(it) in six.block6 for it in counted)
    assert len(prefixes) == 2 and all(ipaddress.ip_network(it).prefixlen == 80 for it in prefixes)
    shown = interface_row(ec2, id)
    assert [it["Ipv6Address"] for it in shown["Ipv6Addresses"]] == named + counted
    assert [it["Ipv6Prefix"] for it in shown["Ipv6Prefixes"]] == prefixes
    found = ec2.describe_network_interfaces(Filters=by("ipv6-addresses.ipv6-address", counted[0]))["NetworkInterfaces"]
    assert [it["NetworkInterfaceId"] for it in found] == [id]
    mine, of_four = {"NetworkInterfaceId": other}, {"NetworkInterfaceId": make(ec2, six.four)}
    with untouched(ec2):
        refused("InvalidParameterValue", assign, **mine, Ipv6Addresses=named[:1])
        refused("InvalidIPAddress.InUse", assign, **mine, Ipv6Prefixes=prefixes[:1])
        refused("InvalidParameterValue", assign, **mine, Ipv6Addresses=[str(ipaddress.ip_network(prefixes[0])[7])])
        for wrong in ("2001:db8::9", "10.0.1.9", "nowhere", str(six.block6[3])):
            refused("InvalidParameterValue", assign, **mine, Ipv6Addresses=[wrong])
        for wrong in ("2001:db8::/80", block(six.block6, 0, 80), block(six.block6, 3, 79), "some"):
            refused("InvalidParameterValue", assign, **mine, Ipv6Prefixes=[wrong])
        refused("MissingParameter", assign, **mine)
        refused("InvalidParameterCombination", assign, **mine, Ipv6Addresses=[str(six.block6[11])], Ipv6AddressCount=1)
        refused("PrivateIpAddressLimitExceeded", assign, **mine, Ipv6AddressCount=30, Ipv6PrefixCount=21)
        for more in ({"Ipv6AddressCount": 1}, {"Ipv6PrefixCount": 1}):
            refused("InvalidParameterValue", assign, **of_four, **more)
        refused("InvalidParameterValue", unassign, **mine, Ipv6Addresses=named[:1])
        refused("InvalidParameterValue", unassign, **mine, Ipv6Prefixes=prefixes[:1])
        refused("MissingParameter", unassign, **mine)
        for call in (assign, unassign):
            refused("InvalidNetworkInterfaceID.NotFound", call, NetworkInterfaceId=nobodys("eni"), Ipv6Addresses=named)
            refused("InvalidNetworkInterfaceId.Malformed", call, NetworkInterfaceId="eni-1", Ipv6Addresses=named)
    answer = unassign(NetworkInterfaceId=id, Ipv6Addresses=named[:1], Ipv6Prefixes=prefixes[:1])
    assert (answer["UnassignedIpv6Addresses"], answer["UnassignedIpv6Prefixes"]) == (named[:1], prefixes[:1])
    assert [it["Ipv6Address"] for it in interface_row(ec2, id)["Ipv6Addresses"]] == named[1:] + counted
    assign(**mine, Ipv6Addresses=named[:1], Ipv6Prefixes=prefixes[:1])


def test_packets_to_a_prefix_reach_its_instance_as_long_as_it_has_it(ec2, six):
    group = six.group("icmp from 0.0.0.0/0", "icmpv6 from ::/0")
    sender, holder = six.run(2, six.dual, group, Ipv6AddressCount=1)
    (four,) = ec2.assign_private_ip_addresses(NetworkInterfaceId=holder.interface, Ipv4PrefixCount=1)["AssignedIpv4Prefixes"]
    (of6,) = ec2.assign_ipv6_addresses(NetworkInterfaceId=holder.interface, Ipv6PrefixCount=1)["AssignedIpv6Prefixes"]
    inside = [str(ipaddress.ip_network(it)[5]) for it in (four["Ipv4Prefix"], of6)]
    for it in inside:
        # What runs on the instance, a container say, has an address of the prefix, and has it at once.
        holder.run("ip", "address", "add", it, "dev", "lo", *(["nodad"] if ":" in it else []))
        assert pings(sender, holder, it), it
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=holder.interface, Ipv4Prefixes=[four["Ipv4Prefix"]])
    ec2.unassign_ipv6_addresses(NetworkInterfaceId=holder.interface, Ipv6Prefixes=[of6])
    for it in inside:
        assert ping_is_dropped(sender, holder, it), it


def test_the_source_check_is_reset(ec2, six):
    id, reset = make(ec2, six.dual), ec2.reset_network_interface_attribute
    ec2.modify_network_interface_attribute(NetworkInterfaceId=id, SourceDestCheck={"Value": False})
    with untouched(ec2):
        refused("DryRunOperation", reset, NetworkInterfaceId=id, SourceDestCheck="true", DryRun=True)
        refused("InvalidParameterCombination", reset, NetworkInterfaceId=id)
        refused("InvalidNetworkInterfaceID.NotFound", reset, NetworkInterfaceId=nobodys("eni"), SourceDestCheck="true")
    reset(NetworkInterfaceId=id, SourceDestCheck="true")
    assert interface_row(ec2, id)["SourceDestCheck"] is True


# DHCP options.


def options(**given):
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return [{"Key": key, "Values": [value] if isinstance(value, str) else value} for key, value in named.items()]


def shown_options(row):
    return {it["Key"]: [value["Value"] for value in it["Values"]] for it in row["DhcpConfigurations"]}


@pytest.fixture
def made(ec2):
    """Makes sets of DHCP options, which go with the test."""
    ids = []

    def make(*, more=None, **given):
        row = ec2.create_dhcp_options(DhcpConfigurations=options(**given), **(more or {}))["DhcpOptions"]
        ids.append(row["DhcpOptionsId"])
        return row

    yield make
    for it in ec2.describe_vpcs(Filters=filters(dhcp_options_id=ids))["Vpcs"] if ids else []:
        ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=it["VpcId"])
    for it in ec2.describe_dhcp_options(Filters=filters(dhcp_options_id=ids))["DhcpOptions"] if ids else []:
        ec2.delete_dhcp_options(DhcpOptionsId=it["DhcpOptionsId"])


def test_a_vpc_has_the_default_set_until_it_is_given_another(ec2, vpc, made):
    default = row(ec2, vpc.id)["DhcpOptionsId"]
    (shown,) = ec2.describe_dhcp_options(DhcpOptionsIds=[default])["DhcpOptions"]
    assert shown_options(shown) == {"domain-name": ["ec2.internal"], "domain-name-servers": ["AmazonProvidedDNS"]}
    mine = made(
        domain_name="corp.example", domain_name_servers=["10.0.0.9", "AmazonProvidedDNS"], ntp_servers="169.254.169.123",
        netbios_name_servers=["10.0.0.8"], netbios_node_type="2", ipv6_address_preferred_lease_time="300",
        more={"TagSpecifications": tags("dhcp-options", Name="corp")},
    )  # fmt: skip
    id = mine["DhcpOptionsId"]
    assert id.startswith("dopt-") and mine["OwnerId"] == row(ec2, vpc.id)["OwnerId"] and mine["Tags"] == [{"Key": "Name", "Value": "corp"}]
    assert shown_options(mine)["domain-name-servers"] == ["10.0.0.9", "AmazonProvidedDNS"] and len(shown_options(mine)) == 6
    assert ec2.describe_dhcp_options(DhcpOptionsIds=[id])["DhcpOptions"] == [mine]
    assert vpc.id not in [it["VpcId"] for it in ec2.describe_vpcs(Filters=filters(dhcp_options_id=id))["Vpcs"]]
    for back in ("default", default):
        ec2.associate_dhcp_options(DhcpOptionsId=id, VpcId=vpc.id)
        assert row(ec2, vpc.id)["DhcpOptionsId"] == id
        with untouched(ec2):
            refused("DependencyViolation", ec2.delete_dhcp_options, DhcpOptionsId=id)
        ec2.associate_dhcp_options(DhcpOptionsId=back, VpcId=vpc.id)
        assert row(ec2, vpc.id)["DhcpOptionsId"] == default
    ec2.delete_dhcp_options(DhcpOptionsId=id)
    refused("InvalidDhcpOptionID.NotFound", ec2.associate_dhcp_options, DhcpOptionsId=id, VpcId=vpc.id)
    refused("InvalidDhcpOptionsID.NotFound", ec2.delete_dhcp_options, DhcpOptionsId=id)
    refused("InvalidDhcpOptionID.NotFound", ec2.describe_dhcp_options, DhcpOptionsIds=[id])
    refused("DependencyViolation", ec2.delete_dhcp_options, DhcpOptionsId=default)
    assert ec2.describe_tags(Filters=filters(resource_id=id))["Tags"] == []


def test_options_that_make_no_sense_are_refused(ec2, vpc, made):
    create, id = ec2.create_dhcp_options, made(domain_name="a.example")["DhcpOptionsId"]
    with untouched(ec2):
        for given in [
            {"routers": "10.0.0.1"},
            {"domain_name": ["a.example", "b.example"]},
            {"domain_name": "a.example\nnameserver 198.51.100.1"},
            {"domain_name_servers": "dns.example"},
            {"domain_name_servers": [f"10.0.0.{it}" for it in range(1, 6)]},
            {"ntp_servers": "AmazonProvidedDNS"},
            {"netbios_name_servers": "fd00::1"},
            {"netbios_node_type": "3"},
            {"ipv6_address_preferred_lease_time": "139"},
        ]:
            refused("InvalidParameterValue", create, DhcpConfigurations=options(**given))
        refused("MissingParameter", create, DhcpConfigurations=[])
        refused("InvalidParameterCombination", create, DhcpConfigurations=options(domain_name="a.example") * 2)
        refused("InvalidParameterValue", create, DhcpConfigurations=options(domain_name="a.example"), TagSpecifications=tags("vpc", a="b"))
        refused("DryRunOperation", create, DhcpConfigurations=options(domain_name="a.example"), DryRun=True)
        refused("DryRunOperation", ec2.delete_dhcp_options, DhcpOptionsId=id, DryRun=True)
        refused("DryRunOperation", ec2.associate_dhcp_options, DhcpOptionsId=id, VpcId=vpc.id, DryRun=True)
        refused("InvalidVpcID.NotFound", ec2.associate_dhcp_options, DhcpOptionsId=id, VpcId=nobodys("vpc"))
        refused("InvalidDhcpOptionsId.Malformed", ec2.associate_dhcp_options, DhcpOptionsId="dopt-1", VpcId=vpc.id)
        refused("InvalidDhcpOptionsId.Malformed", ec2.delete_dhcp_options, DhcpOptionsId="dopt-1")
        refused("InvalidParameterValue", ec2.describe_dhcp_options, Filters=by("colour", "red"))


def test_sets_are_found_by_what_they_say(ec2, made):
    rows = [made(ntp_servers=f"192.0.2.{it}", more={"TagSpecifications": tags("dhcp-options", n=str(it))}) for it in range(7)]
    ids = [it["DhcpOptionsId"] for it in rows]

    def found(*wanted):
        shown = ec2.describe_dhcp_options(Filters=[{"Name": name, "Values": values} for name, values in wanted])["DhcpOptions"]
        return {it["DhcpOptionsId"] for it in shown} & set(ids)

    for name, values, expected in [
        ("dhcp-options-id", ids[:2], ids[:2]),
        ("key", ["ntp-servers"], ids),
        ("key", ["domain-name"], []),
        ("value", ["192.0.2.3"], ids[3:4]),
        ("value", ["192.0.2.?"], ids),
        ("owner-id", [rows[0]["OwnerId"]], ids),
        ("owner-id", ["000000000000"], []),
        ("tag:n", ["3", "4"], ids[3:5]),
        ("tag-key", ["n"], ids),
    ]:
        assert found((name, values)) == set(expected), (name, values)
    assert found(("tag-key", ["n"]), ("value", ["192.0.2.5"])) == {ids[5]}
    seen = [it["DhcpOptionsId"] for page in pages(ec2.describe_dhcp_options, "DhcpOptions", 5) for it in page]
    assert len(seen) == len(set(seen)) and set(ids) <= set(seen)


def test_nothing_of_another_accounts_is_there(ec2, shared, six, made):
    _, theirs = shared.account("stranger-to-blocks")
    id, interface = made(domain_name="a.example")["DhcpOptionsId"], make(ec2, six.dual, Ipv6AddressCount=1)
    reservation = reserve(ec2, six.dual, "10.0.1.64/28")["SubnetCidrReservationId"]
    shown = row(ec2, six.id)
    of_vpc = shown["Ipv6CidrBlockAssociationSet"][0]["AssociationId"]
    of_subnet = subnet_row(ec2, six.dual)["Ipv6CidrBlockAssociationSet"][0]["AssociationId"]
    with untouched(ec2):
        for code, call, parameters in [
            ("InvalidVpcID.NotFound", "associate_vpc_cidr_block", {"VpcId": six.id, "CidrBlock": "10.1.0.0/16"}),
            ("InvalidVpcCidrBlockAssociationID.NotFound", "disassociate_vpc_cidr_block", {"AssociationId": of_vpc}),
            ("InvalidSubnetID.NotFound", "associate_subnet_cidr_block", {"SubnetId": six.four, "Ipv6CidrBlock": next(six.blocks6)}),
            ("InvalidSubnetCidrBlockAssociationID.NotFound", "disassociate_subnet_cidr_block", {"AssociationId": of_subnet}),
            ("InvalidVpcID.NotFound", "modify_vpc_tenancy", {"VpcId": six.id, "InstanceTenancy": "default"}),
            ("InvalidSubnetID.NotFound", "create_subnet_cidr_reservation", {"SubnetId": six.dual, "Cidr": "10.0.1.32/28", "ReservationType": "prefix"}),
            ("InvalidSubnetID.NotFound", "get_subnet_cidr_reservations", {"SubnetId": six.dual}),
            ("InvalidSubnetCidrReservationID.NotFound", "delete_subnet_cidr_reservation", {"SubnetCidrReservationId": reservation}),
            ("InvalidSubnetCidrReservationID.NotFound", "create_tags", {"Resources": [reservation], "Tags": [{"Key": "k", "Value": ""}]}),
            ("InvalidDhcpOptionID.NotFound", "create_tags", {"Resources": [id], "Tags": [{"Key": "k", "Value": ""}]}),
            ("InvalidNetworkInterfaceID.NotFound", "assign_ipv6_addresses", {"NetworkInterfaceId": interface, "Ipv6AddressCount": 1}),
            ("InvalidNetworkInterfaceID.NotFound", "assign_private_ip_addresses", {"NetworkInterfaceId": interface, "Ipv4PrefixCount": 1}),
            ("InvalidNetworkInterfaceID.NotFound", "reset_network_interface_attribute", {"NetworkInterfaceId": interface, "SourceDestCheck": "true"}),
            ("InvalidDhcpOptionID.NotFound", "describe_dhcp_options", {"DhcpOptionsIds": [id]}),
            ("InvalidDhcpOptionsID.NotFound", "delete_dhcp_options", {"DhcpOptionsId": id}),
            ("InvalidVpcID.NotFound", "associate_dhcp_options", {"DhcpOptionsId": "default", "VpcId": six.id}),
        ]:
            refused(code, getattr(theirs, call), **parameters)
    assert id not in [it["DhcpOptionsId"] for it in theirs.describe_dhcp_options()["DhcpOptions"]]


def test_all_of_it_is_there_again_after_a_restart(fresh):
    """Blocks, reservations, prefixes and DHCP options are as durable as what they belong to."""
    ec2 = fresh.ec2
    vpc = Vpc(ec2, "10.0.0.0/16")
    ec2.associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock="10.2.0.0/16")
    subnet = vpc.subnet("10.2.1.0/24")
    make(ec2, subnet, Ipv4PrefixCount=1)
    reserve(ec2, subnet, "10.2.1.128/25")
    id = ec2.create_dhcp_options(DhcpConfigurations=options(domain_name="a.example"))["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=id, VpcId=vpc.id)

    def all_of_it():
        return row(ec2, vpc.id), reserved(ec2, subnet), ec2.describe_network_interfaces()["NetworkInterfaces"], ec2.describe_dhcp_options()["DhcpOptions"]

    before = all_of_it()
    fresh.kill9()
    fresh.start()
    assert all_of_it() == before
    vpc.delete()
    ec2.delete_dhcp_options(DhcpOptionsId=id)
