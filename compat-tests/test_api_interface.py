"""Interfaces: which addresses they get and keep, which groups they wear, where they are attached, how they are found."""

import ipaddress
import re

import pytest

from calls import NOBODYS, at_once, by, everything, filters, nobodys, pages, refused, tags, unsupported, untouched
from culvert import until
from network import Vpc, block


def row(ec2, interface):
    return ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]


def addresses(ec2, interface):
    return [it["PrivateIpAddress"] for it in row(ec2, interface)["PrivateIpAddresses"]]


@pytest.fixture
def make(ec2):
    """Makes an interface and returns its id."""

    def make(subnet, **more):
        return ec2.create_network_interface(SubnetId=subnet, **more)["NetworkInterface"]["NetworkInterfaceId"]

    return make


@pytest.fixture
def subnet(vpc):
    return vpc.subnet("10.0.1.0/24", "us-east-1a")


@pytest.fixture
def small(vpc):
    """A subnet of the smallest size: 16 addresses, of which 11 can be given."""
    return vpc.subnet("10.0.2.0/28", "us-east-1b")


@pytest.fixture
def six(ec2):
    """A VPC with IPv6, and a subnet of it."""
    vpc = Vpc(ec2, "10.6.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    vpc.first = vpc.dual_subnet("10.6.1.0/24")
    yield vpc
    vpc.delete()


# Making and deleting.


def test_an_interface_shows_what_it_was_made_with(ec2, vpc, subnet):
    group = vpc.group(name="web")
    made = ec2.create_network_interface(
        SubnetId=subnet, Description="the one", Groups=[group], PrivateIpAddress="10.0.1.9", TagSpecifications=tags("network-interface", Name="n")
    )["NetworkInterface"]
    shown = row(ec2, made["NetworkInterfaceId"])
    assert shown == made
    assert (shown["VpcId"], shown["SubnetId"], shown["AvailabilityZone"]) == (vpc.id, subnet, "us-east-1a")
    assert (shown["Description"], shown["PrivateIpAddress"], shown["Status"]) == ("the one", "10.0.1.9", "available")
    assert shown["Groups"] == [{"GroupId": group, "GroupName": "web"}] and shown["TagSet"] == [{"Key": "Name", "Value": "n"}]
    assert shown["SourceDestCheck"] is True and shown["RequesterManaged"] is False and shown["InterfaceType"] == "interface"
    assert re.fullmatch("([0-9a-f]{2}:){5}[0-9a-f]{2}", shown["MacAddress"]) and int(shown["MacAddress"][:2], 16) & 3 == 2
    assert shown["PrivateIpAddresses"] == [{"Primary": True, "PrivateIpAddress": "10.0.1.9"}]
    assert "Attachment" not in shown and shown["Ipv6Addresses"] == []
    ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    missing = {"NetworkInterfaceId": made["NetworkInterfaceId"]}
    refused("InvalidNetworkInterfaceID.NotFound", ec2.delete_network_interface, **missing)
    refused("InvalidNetworkInterfaceId.Malformed", ec2.delete_network_interface, NetworkInterfaceId="eni-1")
    assert ec2.describe_tags(Filters=filters(resource_id=made["NetworkInterfaceId"]))["Tags"] == []


def test_an_interface_without_groups_wears_its_vpcs_default_group(ec2, vpc, subnet, make):
    (default,) = ec2.describe_security_groups(Filters=filters(vpc_id=vpc.id, group_name="default"))["SecurityGroups"]
    assert [it["GroupId"] for it in row(ec2, make(subnet))["Groups"]] == [default["GroupId"]]


@pytest.mark.parametrize("last", [0, 1, 2, 3, 255])
def test_the_first_four_addresses_and_the_last_are_nobodys(ec2, subnet, last):
    with untouched(ec2):
        refused("InvalidParameterValue", ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress=f"10.0.1.{last}")


def test_the_first_and_the_last_that_can_be_given_are_given_once(ec2, subnet, make):
    for last in (4, 254):
        address = f"10.0.1.{last}"
        assert addresses(ec2, make(subnet, PrivateIpAddress=address)) == [address]
        with untouched(ec2):
            refused("InvalidIPAddress.InUse", ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress=address)


def test_an_interface_that_cannot_be_made_is_refused(ec2, vpc, subnet):
    create, other = ec2.create_network_interface, Vpc(ec2, "10.5.0.0/16")
    group, foreign = vpc.group(), other.group()
    try:
        with untouched(ec2):
            for address in ("10.0.2.4", "192.0.2.1", "nowhere", "10.0.1", "010.0.1.9", "fd00::1"):
                refused("InvalidParameterValue", create, SubnetId=subnet, PrivateIpAddress=address)
            refused("InvalidSubnetID.NotFound", create, SubnetId=nobodys("subnet"))
            refused("InvalidSubnetID.Malformed", create, SubnetId="subnet-1")
            refused("InvalidGroup.NotFound", create, SubnetId=subnet, Groups=[group, nobodys("sg")])
            refused("InvalidGroupId.Malformed", create, SubnetId=subnet, Groups=["web"])
            assert "different networks" in refused("InvalidGroup.NotFound", create, SubnetId=subnet, Groups=[foreign])
            first, second = {"PrivateIpAddress": "10.0.1.8", "Primary": True}, {"PrivateIpAddress": "10.0.1.9", "Primary": True}
            refused("InvalidParameterCombination", create, SubnetId=subnet, PrivateIpAddresses=[first, second])
            refused("InvalidParameterCombination", create, SubnetId=subnet, SecondaryPrivateIpAddressCount=1, PrivateIpAddresses=[first, {"PrivateIpAddress": "10.0.1.9"}])
            refused("InvalidParameterValue", create, SubnetId=subnet, SecondaryPrivateIpAddressCount=-1)
            refused("InvalidParameterValue", create, SubnetId=subnet, Ipv6AddressCount=1)
            refused("DryRunOperation", create, SubnetId=subnet, DryRun=True)
    finally:
        other.delete()


def test_what_no_interface_can_have_is_refused_by_name(ec2, subnet):
    with untouched(ec2):
        for name, parameter, value in [
            ("ConnectionTrackingSpecification", None, {"UdpTimeout": 30}),
            ("EnablePrimaryIpv6", None, True),
            ("InterfaceType", None, "efa"),
            ("Operator", None, {"Principal": "p"}),
        ]:
            unsupported(name, ec2.create_network_interface, SubnetId=subnet, **{parameter or name: value})


def test_a_subnet_gives_away_exactly_its_addresses(ec2, small, make):
    def left():
        return ec2.describe_subnets(SubnetIds=[small])["Subnets"][0]["AvailableIpAddressCount"]

    assert left() == 11
    made = [make(small, SecondaryPrivateIpAddressCount=9)]
    assert left() == 1
    with untouched(ec2):
        refused("InsufficientFreeAddressesInSubnet", ec2.create_network_interface, SubnetId=small, SecondaryPrivateIpAddressCount=1)
    made.append(make(small))
    assert left() == 0
    with untouched(ec2):
        refused("InsufficientFreeAddressesInSubnet", ec2.create_network_interface, SubnetId=small)
        refused("InsufficientFreeAddressesInSubnet", ec2.assign_private_ip_addresses, NetworkInterfaceId=made[1], SecondaryPrivateIpAddressCount=1)
    held = [it for id in made for it in addresses(ec2, id)]
    assert sorted(held, key=ipaddress.ip_address) == [f"10.0.2.{last}" for last in range(4, 15)]
    ec2.delete_network_interface(NetworkInterfaceId=made[0])
    assert left() == 10


def test_ten_calls_at_once_take_ten_addresses(ec2, small, make):
    made = at_once(12, lambda _: make(small))
    won = [it for it in made if isinstance(it, str)]
    codes = [it.response["Error"]["Code"] for it in made if not isinstance(it, str)]
    assert len(won) == 11 and codes == ["InsufficientFreeAddressesInSubnet"], made
    assert len({address for id in won for address in addresses(ec2, id)}) == 11


# Addresses.


def test_addresses_come_and_go_and_the_primary_stays(ec2, subnet, make):
    id, other = make(subnet, PrivateIpAddress="10.0.1.9"), make(subnet, PrivateIpAddress="10.0.1.20")
    assign, unassign = ec2.assign_private_ip_addresses, ec2.unassign_private_ip_addresses
    answer = assign(NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.10", "10.0.1.11"])
    assert [it["PrivateIpAddress"] for it in answer["AssignedPrivateIpAddresses"]] == ["10.0.1.10", "10.0.1.11"]
    (one,) = assign(NetworkInterfaceId=id, SecondaryPrivateIpAddressCount=1)["AssignedPrivateIpAddresses"]
    assert addresses(ec2, id) == ["10.0.1.9", "10.0.1.10", "10.0.1.11", one["PrivateIpAddress"]]
    with untouched(ec2):
        refused("InvalidParameterValue", assign, NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.3"])
        refused("InvalidParameterValue", assign, NetworkInterfaceId=id, PrivateIpAddresses=["10.0.2.9"])
        refused("InvalidParameterValue", assign, NetworkInterfaceId=id, PrivateIpAddresses=["there"])
        refused("MissingParameter", assign, NetworkInterfaceId=id)
        refused("InvalidParameterCombination", assign, NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.12"], SecondaryPrivateIpAddressCount=1)
        refused("PrivateIpAddressLimitExceeded", assign, NetworkInterfaceId=id, SecondaryPrivateIpAddressCount=50)
        refused("InvalidNetworkInterfaceID.NotFound", assign, NetworkInterfaceId=nobodys("eni"), SecondaryPrivateIpAddressCount=1)
        refused("InvalidParameterValue", unassign, NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.9"])
        refused("InvalidParameterValue", unassign, NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.10", "10.0.9.77"])
        refused("MissingParameter", unassign, NetworkInterfaceId=id)
        refused("InvalidNetworkInterfaceID.NotFound", unassign, NetworkInterfaceId=nobodys("eni"), PrivateIpAddresses=["10.0.1.10"])
        # An address that another has moves only when that is said, and never when it is the other's primary one.
        assert "not allowed" in refused("InvalidParameterValue", assign, NetworkInterfaceId=other, PrivateIpAddresses=["10.0.1.10"])
        refused("InvalidIPAddress.InUse", assign, NetworkInterfaceId=other, PrivateIpAddresses=["10.0.1.9"], AllowReassignment=True)
    assign(NetworkInterfaceId=other, PrivateIpAddresses=["10.0.1.10"], AllowReassignment=True)
    assert addresses(ec2, other) == ["10.0.1.20", "10.0.1.10"]
    unassign(NetworkInterfaceId=id, PrivateIpAddresses=["10.0.1.11", one["PrivateIpAddress"]])
    assert addresses(ec2, id) == ["10.0.1.9"]


def test_an_interface_in_a_subnet_with_ipv6_can_have_ipv6(ec2, six, make):
    named = str(six.prefix6[9])
    first = row(ec2, make(six.first, Ipv6Addresses=[{"Ipv6Address": named}]))
    assert [it["Ipv6Address"] for it in first["Ipv6Addresses"]] == [named] and first["Ipv6Address"] == named
    counted = [ipaddress.ip_address(it["Ipv6Address"]) for it in row(ec2, make(six.first, Ipv6AddressCount=2))["Ipv6Addresses"]]
    assert len(set(counted)) == 2 and all(it in ipaddress.ip_network(block(six.prefix6, 0)) for it in counted)
    assert row(ec2, make(six.first))["Ipv6Addresses"] == [], "only where the subnet gives it to every interface"
    create = ec2.create_network_interface
    with untouched(ec2):
        refused("InvalidIPAddress.InUse", create, SubnetId=six.first, Ipv6Addresses=[{"Ipv6Address": named}])
        refused("InvalidParameterValue", create, SubnetId=six.first, Ipv6Addresses=[{"Ipv6Address": "2001:db8::9"}])
        refused("InvalidParameterValue", create, SubnetId=six.first, Ipv6Addresses=[{"Ipv6Address": str(six.prefix6[3])}])
        refused("InvalidParameterValue", create, SubnetId=six.first, Ipv6Addresses=[{"Ipv6Address": "10.6.1.9"}])
        refused("InvalidParameterCombination", create, SubnetId=six.first, Ipv6Addresses=[{"Ipv6Address": str(six.prefix6[10])}], Ipv6AddressCount=1)
    ec2.modify_subnet_attribute(SubnetId=six.first, AssignIpv6AddressOnCreation={"Value": True})
    assert len(row(ec2, make(six.first))["Ipv6Addresses"]) == 1
    assert row(ec2, make(six.first, Ipv6AddressCount=0))["Ipv6Addresses"] == []


# Attributes.


def test_what_an_interfaces_attribute_is_set_to_is_shown(ec2, vpc, subnet, make):
    id, groups = make(subnet), sorted([vpc.group(), vpc.group()])
    modify = ec2.modify_network_interface_attribute

    def attribute(name):
        return ec2.describe_network_interface_attribute(NetworkInterfaceId=id, Attribute=name)

    for value in (False, True):
        modify(NetworkInterfaceId=id, SourceDestCheck={"Value": value})
        assert row(ec2, id)["SourceDestCheck"] is value and attribute("sourceDestCheck")["SourceDestCheck"]["Value"] is value
    for value in ("new words", ""):
        modify(NetworkInterfaceId=id, Description={"Value": value})
        assert row(ec2, id)["Description"] == value and attribute("description")["Description"]["Value"] == value
    modify(NetworkInterfaceId=id, Groups=[groups[1], groups[0], groups[1]])
    assert [it["GroupId"] for it in row(ec2, id)["Groups"]] == groups
    assert [it["GroupId"] for it in attribute("groupSet")["Groups"]] == groups
    assert attribute("associatePublicIpAddress")["AssociatePublicIpAddress"] is False
    assert "Attachment" not in attribute("attachment")


def test_an_interfaces_attribute_that_makes_no_sense_is_refused(ec2, vpc, subnet, make):
    id, other = make(subnet), Vpc(ec2, "10.5.0.0/16")
    modify, mine = ec2.modify_network_interface_attribute, {"NetworkInterfaceId": id}
    off, foreign = {"Value": False}, other.group()
    sixteen = [vpc.group() for _ in range(17)]
    try:
        with untouched(ec2):
            refused("InvalidParameterCombination", modify, **mine)
            refused("InvalidParameterCombination", modify, **mine, SourceDestCheck=off, Description={"Value": "x"})
            refused("InvalidGroup.NotFound", modify, **mine, Groups=[foreign])
            refused("InvalidGroup.NotFound", modify, **mine, Groups=[nobodys("sg")])
            refused("SecurityGroupsPerInterfaceLimitExceeded", modify, **mine, Groups=sixteen)
            refused("InvalidNetworkInterfaceID.NotFound", modify, NetworkInterfaceId=nobodys("eni"), SourceDestCheck=off)
            refused("InvalidAttachmentID.NotFound", modify, **mine, Attachment={"AttachmentId": nobodys("eni-attach"), "DeleteOnTermination": True})
            refused("DryRunOperation", modify, **mine, SourceDestCheck=off, DryRun=True)
            for name, parameter, value in [
                ("AssociatedSubnetId", "AssociatedSubnetIds", [subnet]),
                ("ConnectionTrackingSpecification", None, {"UdpTimeout": 30}),
                ("EnaSrdSpecification", None, {"EnaSrdEnabled": True}),
                ("EnablePrimaryIpv6", None, True),
            ]:
                unsupported(name, modify, **mine, **{parameter or name: value})
            describe = ec2.describe_network_interface_attribute
            refused("MissingParameter", describe, **mine)
            refused("InvalidParameterValue", describe, **mine, Attribute="colour")
            refused("InvalidNetworkInterfaceID.NotFound", describe, NetworkInterfaceId=nobodys("eni"), Attribute="description")
            refused("InvalidNetworkInterfaceId.Malformed", describe, NetworkInterfaceId=f"eni{NOBODYS}", Attribute="description")
        modify(**mine, Groups=sixteen[:16])
    finally:
        other.delete()


# Attachments.


def test_an_interface_is_attached_to_one_instance_and_detached(ec2, vpc, subnet, make):
    instance, id = vpc.instance(subnet), make(subnet)
    attach, detach = ec2.attach_network_interface, ec2.detach_network_interface
    attachment = attach(NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=1)["AttachmentId"]
    shown = row(ec2, id)
    assert shown["Status"] == "in-use"
    place = shown["Attachment"]
    assert (place["AttachmentId"], place["InstanceId"], place["DeviceIndex"], place["Status"]) == (attachment, instance.id, 1, "attached")
    assert place["DeleteOnTermination"] is False
    change = {"AttachmentId": attachment, "DeleteOnTermination": True}
    ec2.modify_network_interface_attribute(NetworkInterfaceId=id, Attachment=change)
    assert row(ec2, id)["Attachment"]["DeleteOnTermination"] is True
    shown = ec2.describe_network_interface_attribute(NetworkInterfaceId=id, Attribute="attachment")
    assert shown["Attachment"]["AttachmentId"] == attachment
    primary = row(ec2, instance.interface)["Attachment"]["AttachmentId"]
    with untouched(ec2):
        refused("InvalidNetworkInterface.InUse", attach, NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=2)
        refused("OperationNotPermitted", detach, AttachmentId=primary)
        refused("InvalidAttachmentID.NotFound", detach, AttachmentId=nobodys("eni-attach"))
        refused("InvalidNetworkInterfaceAttachmentId.Malformed", detach, AttachmentId="eni-attach-1")
        refused("DryRunOperation", detach, AttachmentId=attachment, DryRun=True)
        assert "currently in use" in refused("InvalidParameterValue", ec2.delete_network_interface, NetworkInterfaceId=id)
    detach(AttachmentId=attachment)
    shown = row(ec2, id)
    assert shown["Status"] == "available" and "Attachment" not in shown
    refused("InvalidAttachmentID.NotFound", detach, AttachmentId=attachment)


def test_an_interface_goes_only_where_it_fits(ec2, vpc, subnet, small, make):
    instance, id, third, elsewhere = vpc.instance(subnet), make(subnet), make(subnet), make(small)
    other = Vpc(ec2, "10.5.0.0/16")
    attach = ec2.attach_network_interface
    try:
        foreign = make(other.subnet())
        with untouched(ec2):
            refused("InvalidParameterCombination", attach, NetworkInterfaceId=elsewhere, InstanceId=instance.id, DeviceIndex=1)
            refused("InvalidParameterCombination", attach, NetworkInterfaceId=foreign, InstanceId=instance.id, DeviceIndex=1)
            refused("InvalidParameterValue", attach, NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=0)
            refused("InvalidParameterValue", attach, NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=-1)
            refused("InvalidParameterValue", attach, NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=1, NetworkCardIndex=1)
            refused("InvalidInstanceID.NotFound", attach, NetworkInterfaceId=id, InstanceId=nobodys("i"), DeviceIndex=1)
            refused("InvalidInstanceID.Malformed", attach, NetworkInterfaceId=id, InstanceId="i-1", DeviceIndex=1)
            refused("InvalidNetworkInterfaceID.NotFound", attach, NetworkInterfaceId=nobodys("eni"), InstanceId=instance.id, DeviceIndex=1)
            refused("DryRunOperation", attach, NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=1, DryRun=True)
            unsupported("EnaQueueCount", attach, NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=1, EnaQueueCount=2)
            unsupported("EnaSrdSpecification", attach, NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=1, EnaSrdSpecification={"EnaSrdEnabled": True})
        # A t3.micro takes two interfaces.
        attach(NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=1)
        with untouched(ec2):
            refused("AttachmentLimitExceeded", attach, NetworkInterfaceId=third, InstanceId=instance.id, DeviceIndex=2)
    finally:
        other.delete()


def test_an_interface_that_stays_outlives_its_instance_and_one_that_goes_does_not(ec2, vpc, subnet, make):
    instance, stays, goes = vpc.instance(subnet, InstanceType="t3.small"), make(subnet), make(subnet)
    for index, id in enumerate((stays, goes), 1):
        attachment = ec2.attach_network_interface(NetworkInterfaceId=id, InstanceId=instance.id, DeviceIndex=index)["AttachmentId"]
        ec2.modify_network_interface_attribute(NetworkInterfaceId=id, Attachment={"AttachmentId": attachment, "DeleteOnTermination": id == goes})
    instance.terminate()
    left = {it["NetworkInterfaceId"] for it in ec2.describe_network_interfaces(Filters=filters(vpc_id=vpc.id))["NetworkInterfaces"]}
    assert left == {stays}
    assert row(ec2, stays)["Status"] == "available"


# Finding.


def test_each_filter_finds_the_interfaces_that_it_names_and_no_others(ec2, vpc, subnet, small, make):
    group = vpc.group(name="web")
    a = make(subnet, Description="the one", Groups=[group], PrivateIpAddress="10.0.1.9", TagSpecifications=tags("network-interface", Name="n"))
    b = make(small, PrivateIpAddresses=[{"PrivateIpAddress": "10.0.2.9", "Primary": True}, {"PrivateIpAddress": "10.0.2.10"}])
    instance = vpc.instance(small)
    c = instance.interface
    ec2.modify_network_interface_attribute(NetworkInterfaceId=b, SourceDestCheck={"Value": False})
    shown, attachment = row(ec2, a), row(ec2, c)["Attachment"]

    def found(*wanted):
        rows = ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": values} for name, values in wanted])["NetworkInterfaces"]
        return {it["NetworkInterfaceId"] for it in rows} & {a, b, c}

    for name, values, expected in [
        ("network-interface-id", [a, b], {a, b}),
        ("vpc-id", [vpc.id], {a, b, c}),
        ("subnet-id", [subnet], {a}),
        ("availability-zone", ["us-east-1b"], {b, c}),
        ("availability-zone-id", ["use1-az1"], {a}),
        ("group-id", [group], {a}),
        ("description", ["the *"], {a}),
        ("description", ["*"], {a, b, c}),
        ("mac-address", [shown["MacAddress"]], {a}),
        ("owner-id", [shown["OwnerId"]], {a, b, c}),
        ("private-ip-address", ["10.0.2.9"], {b}),
        ("private-ip-address", ["10.0.2.10"], set()),
        ("addresses.private-ip-address", ["10.0.2.10"], {b}),
        ("addresses.private-ip-address", ["10.0.?.9"], {a, b}),
        ("addresses.primary", ["false"], {b}),
        ("attachment.attachment-id", [attachment["AttachmentId"]], {c}),
        ("attachment.instance-id", [instance.id], {c}),
        ("attachment.instance-owner-id", [shown["OwnerId"]], {c}),
        ("attachment.device-index", ["0"], {c}),
        ("attachment.delete-on-termination", ["true"], {c}),
        ("attachment.status", ["attached"], {c}),
        ("interface-type", ["interface"], {a, b, c}),
        ("requester-managed", ["false"], {a, b, c}),
        ("source-dest-check", ["false"], {b}),
        ("status", ["in-use"], {c}),
        ("status", ["available"], {a, b}),
        ("ipv6-addresses.ipv6-address", ["*"], set()),
        ("tag:Name", ["n"], {a}),
        ("tag-key", ["Name"], {a}),
        ("requester-id", ["*"], set()),
        ("association.public-ip", ["*"], set()),
    ]:
        assert found((name, values)) == expected, (name, values)
    assert found(("vpc-id", [vpc.id]), ("status", ["available"]), ("availability-zone", ["us-east-1b"])) == {b}
    assert found(("group-id", [group]), ("subnet-id", [small])) == set()
    refused("InvalidParameterValue", ec2.describe_network_interfaces, Filters=by("mac", "x"))
    refused("InvalidNetworkInterfaceID.NotFound", ec2.describe_network_interfaces, NetworkInterfaceIds=[a, nobodys("eni")])
    refused("InvalidNetworkInterfaceId.Malformed", ec2.describe_network_interfaces, NetworkInterfaceIds=["eni"])
    refused("InvalidParameterCombination", ec2.describe_network_interfaces, NetworkInterfaceIds=[a], MaxResults=5)


def test_pages_hold_every_interface_once_though_others_come_and_go(ec2, vpc, subnet, make):
    made, seen = {make(subnet) for _ in range(11)}, []
    for page in pages(ec2.describe_network_interfaces, "NetworkInterfaces", 5, Filters=filters(subnet_id=subnet)):
        seen += [it["NetworkInterfaceId"] for it in page]
        ec2.delete_network_interface(NetworkInterfaceId=seen[-1])
        make(subnet)
    assert len(seen) == len(set(seen)) and made <= set(seen)


# Calls that are sent again.


def test_a_call_sent_again_makes_nothing_new_not_even_after_a_restart(fresh):
    ec2 = fresh.ec2
    vpc = Vpc(ec2)
    subnet = vpc.subnet()
    call = {"SubnetId": subnet, "Description": "once", "ClientToken": "token-1"}
    made = ec2.create_network_interface(**call)["NetworkInterface"]
    before = everything(ec2)
    again = ec2.create_network_interface(**call)["NetworkInterface"]
    assert again == made
    refused("IdempotentParameterMismatch", ec2.create_network_interface, **{**call, "Description": "twice"})
    fresh.kill9()
    fresh.start()
    assert fresh.ec2.create_network_interface(**call)["NetworkInterface"] == made
    refused("IdempotentParameterMismatch", fresh.ec2.create_network_interface, **{**call, "Description": "twice"})
    assert everything(fresh.ec2) == before
    other = fresh.ec2.create_network_interface(**{**call, "ClientToken": "token-2"})["NetworkInterface"]
    assert other["NetworkInterfaceId"] != made["NetworkInterfaceId"]
    refused("InvalidParameterValue", fresh.ec2.create_network_interface, **{**call, "ClientToken": "x" * 65})


def test_of_ten_calls_at_once_with_one_token_one_is_carried_out(ec2, subnet):
    made = at_once(10, lambda _: ec2.create_network_interface(SubnetId=subnet, ClientToken="the-token"))
    assert len({it["NetworkInterface"]["NetworkInterfaceId"] for it in made}) == 1, made
    until("one is there", lambda: len(ec2.describe_network_interfaces(Filters=filters(subnet_id=subnet))["NetworkInterfaces"]) == 1, 2)


def test_a_token_is_its_accounts_own(shared, subnet):
    made = shared.ec2.create_network_interface(SubnetId=subnet, ClientToken="same-token")["NetworkInterface"]
    _, other = shared.account("tokens")
    mine = other.describe_subnets()["Subnets"][0]["SubnetId"]
    theirs = other.create_network_interface(SubnetId=mine, ClientToken="same-token")["NetworkInterface"]
    assert theirs["NetworkInterfaceId"] != made["NetworkInterfaceId"]
