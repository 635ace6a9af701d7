"""Public addresses and NAT gateways: what may be asked for, what is refused, what is found, and what goes with what."""

import ipaddress

import pytest

from calls import at_once, by, filters, nobodys, pages, refused, tags, untouched
from culvert import until
from network import Vpc, unused


class Net(Vpc):
    """A VPC with host names and an internet gateway, which goes with it."""

    def __init__(self, ec2):
        super().__init__(ec2)
        ec2.modify_vpc_attribute(VpcId=self.id, EnableDnsHostnames={"Value": True})
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)
        self.first = self.subnet("10.0.1.0/24", "us-east-1a")

    def interface(self, **more):
        return self.ec2.create_network_interface(SubnetId=self.first, **more)["NetworkInterface"]["NetworkInterfaceId"]

    def launch(self, public, **more):
        """Runs an instance that asks for a public address, or says that it wants none, and returns its id."""
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        interface = {"DeviceIndex": 0, "SubnetId": self.first, "AssociatePublicIpAddress": public}
        made = self.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, NetworkInterfaces=[interface], **more)
        return made["Instances"][0]["InstanceId"]

    def detach(self):
        self.ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)

    def attach(self):
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)

    def delete(self):
        """Nothing that holds a public address may be left when the gateway goes."""
        mine = filters(vpc_id=self.id)
        rows = self.ec2.describe_instances(Filters=mine)["Reservations"]
        if ids := [it["InstanceId"] for row in rows for it in row["Instances"]]:
            self.ec2.terminate_instances(InstanceIds=ids)
        for it in self.ec2.describe_nat_gateways(Filter=mine + filters(state="available"))["NatGateways"]:
            self.ec2.delete_nat_gateway(NatGatewayId=it["NatGatewayId"])
        for it in self.ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]:
            self.ec2.delete_network_interface(NetworkInterfaceId=it["NetworkInterfaceId"])
        self.detach()
        self.ec2.delete_internet_gateway(InternetGatewayId=self.gateway)
        super().delete()


@pytest.fixture
def net(ec2):
    made = Net(ec2)
    yield made
    made.delete()


@pytest.fixture
def address(ec2, net):
    """Allocates Elastic IPs, and gives back those that are left; made after `net`, so that it ends before."""
    made = []

    def allocate(**more):
        made.append(ec2.allocate_address(**more))
        return made[-1]["AllocationId"], made[-1]["PublicIp"]

    yield allocate
    for it in ec2.describe_nat_gateways(Filter=filters(vpc_id=net.id, state="available"))["NatGateways"]:
        ec2.delete_nat_gateway(NatGatewayId=it["NatGatewayId"])
    mine = filters(allocation_id=[it["AllocationId"] for it in made]) if made else by("public-ip", "none")
    for it in ec2.describe_addresses(Filters=mine)["Addresses"]:
        if "AssociationId" in it:
            ec2.disassociate_address(AssociationId=it["AssociationId"])
        ec2.release_address(AllocationId=it["AllocationId"])


def row(ec2, allocation):
    return ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]


def interface_row(ec2, interface):
    return ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]


def instance_row(ec2, instance):
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]


def nat_row(ec2, gateway):
    return ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]


def host_name(public):
    return f"ec2-{public.replace('.', '-')}.compute-1.amazonaws.com"


# Elastic IPs.


def test_an_elastic_ip_is_there_at_once_and_gone_at_once(ec2):
    made = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", Name="front"))
    id, public = made["AllocationId"], made["PublicIp"]
    assert ipaddress.ip_address(public) in ipaddress.ip_network("198.18.0.0/15")
    shared = {"Domain": "vpc", "NetworkBorderGroup": "us-east-1", "PublicIpv4Pool": "amazon", "PublicIp": public, "AllocationId": id}
    assert shared.items() <= made.items()
    assert row(ec2, id) == {**shared, "Tags": [{"Key": "Name", "Value": "front"}]}
    assert ec2.describe_addresses(PublicIps=[public])["Addresses"] == [row(ec2, id)]
    assert ec2.describe_addresses_attribute(AllocationIds=[id], Attribute="domain-name")["Addresses"] == []
    ec2.create_tags(Resources=[id], Tags=[{"Key": "team", "Value": "x"}])
    (tag,) = ec2.describe_tags(Filters=filters(resource_id=id, key="team"))["Tags"]
    assert tag["ResourceType"] == "elastic-ip"

    ec2.release_address(AllocationId=id)
    refused("InvalidAllocationID.NotFound", ec2.describe_addresses, AllocationIds=[id])
    refused("InvalidAddress.NotFound", ec2.describe_addresses, PublicIps=[public])
    refused("InvalidAllocationID.NotFound", ec2.describe_addresses_attribute, AllocationIds=[id])
    refused("InvalidAllocationID.NotFound", ec2.release_address, AllocationId=id)
    assert ec2.describe_tags(Filters=filters(resource_id=id))["Tags"] == []
    # It can be had back by itself, as long as nobody else has it.
    again = ec2.allocate_address(Address=public)
    assert again["PublicIp"] == public and again["AllocationId"] != id
    refused("InvalidIPAddress.InUse", ec2.allocate_address, Address=public)
    ec2.release_address(PublicIp=public)


def test_an_elastic_ip_that_makes_no_sense_is_refused(ec2):
    with untouched(ec2):
        refused("InvalidAddress.NotFound", ec2.allocate_address, Address="203.0.113.0")
        refused("InvalidAddress.NotFound", ec2.allocate_address, Address="203.0.113.255")
        refused("InvalidAddress.NotFound", ec2.allocate_address, Address="8.8.8.8")
        refused("InvalidAddress.Malformed", ec2.allocate_address, Address="eight")
        refused("InvalidParameterValue", ec2.allocate_address, Domain="house")
        refused("InvalidParameterValue", ec2.allocate_address, TagSpecifications=tags("vpc", a="b"))
        refused("DryRunOperation", ec2.allocate_address, DryRun=True)
        refused("MissingParameter", ec2.release_address)
        refused("InvalidAllocationID.Malformed", ec2.release_address, AllocationId="x")
        refused("InvalidParameterCombination", ec2.release_address, AllocationId=nobodys("eipalloc"), PublicIp="203.0.113.1")


def test_addresses_given_at_the_same_moment_differ(ec2):
    made = at_once(20, lambda _: ec2.allocate_address())
    assert len({it["PublicIp"] for it in made}) == 20 == len({it["AllocationId"] for it in made})
    ends = at_once(20, lambda it: ec2.release_address(AllocationId=made[it]["AllocationId"]))
    assert not [it for it in ends if isinstance(it, Exception)]


def test_a_pool_gives_every_address_but_its_ends(start):
    ec2 = start("--public-pool", "198.51.100.0/29").ec2
    given = {ec2.allocate_address()["PublicIp"] for _ in range(6)}
    assert given == {f"198.51.100.{it}" for it in range(1, 7)}
    refused("InsufficientAddressCapacity", ec2.allocate_address)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    run = {"ImageId": image, "MinCount": 1, "MaxCount": 1}
    refused("InsufficientAddressCapacity", ec2.run_instances, **run)
    ec2.release_address(PublicIp="198.51.100.3")
    (made,) = ec2.run_instances(**run)["Instances"]
    assert made["PublicIpAddress"] == "198.51.100.3"
    refused("InsufficientAddressCapacity", ec2.allocate_address)
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    assert ec2.allocate_address()["PublicIp"] == "198.51.100.3"


def test_awss_quotas_hold_where_they_are_wanted(start):
    ec2 = start("--quotas", "aws").ec2
    made = [ec2.allocate_address()["AllocationId"] for _ in range(5)]
    refused("AddressLimitExceeded", ec2.allocate_address)
    subnet = ec2.describe_subnets(Filters=filters(availability_zone="us-east-1a"))["Subnets"][0]["SubnetId"]
    first = {"SubnetId": subnet, "AllocationId": made[0]}
    refused("AddressLimitExceeded", ec2.create_nat_gateway, **first, SecondaryAllocationIds=made[1:3])
    id = ec2.create_nat_gateway(**first, SecondaryAllocationIds=made[1:2])["NatGateway"]["NatGatewayId"]
    refused("AddressLimitExceeded", ec2.associate_nat_gateway_address, NatGatewayId=id, AllocationIds=made[2:3])
    for _ in range(4):
        ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
    refused("NatGatewayLimitExceeded", ec2.create_nat_gateway, SubnetId=subnet, ConnectivityType="private")


# What an Elastic IP stands for.


def test_an_elastic_ip_shows_on_both_sides_of_its_association(ec2, net, address):
    (id, public), instance = address(), net.launch(False)
    assert "PublicIpAddress" not in instance_row(ec2, instance)
    made = ec2.associate_address(AllocationId=id, InstanceId=instance)["AssociationId"]
    shown, (interface,) = row(ec2, id), instance_row(ec2, instance)["NetworkInterfaces"]
    assert shown["AssociationId"] == made and shown["InstanceId"] == instance
    assert shown["NetworkInterfaceId"] == interface["NetworkInterfaceId"]
    assert shown["PrivateIpAddress"] == interface["PrivateIpAddress"]
    assert shown["NetworkInterfaceOwnerId"] == interface["OwnerId"]

    whole = interface_row(ec2, interface["NetworkInterfaceId"])
    expected = {"PublicIp": public, "PublicDnsName": host_name(public), "IpOwnerId": interface["OwnerId"]}
    assert whole["Association"] == {**expected, "AllocationId": id, "AssociationId": made}
    assert whole["PrivateIpAddresses"][0]["Association"] == whole["Association"]
    assert interface["Association"] == expected == interface["PrivateIpAddresses"][0]["Association"]
    running = instance_row(ec2, instance)
    assert (running["PublicIpAddress"], running["PublicDnsName"]) == (public, host_name(public))
    ec2.modify_vpc_attribute(VpcId=net.id, EnableDnsHostnames={"Value": False})
    assert instance_row(ec2, instance)["PublicDnsName"] == ""
    assert interface_row(ec2, interface["NetworkInterfaceId"])["Association"]["PublicDnsName"] == ""

    with untouched(ec2):
        assert ec2.associate_address(AllocationId=id, InstanceId=instance)["AssociationId"] == made
        refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=id)
        refused("DependencyViolation", net.detach)
        refused("DryRunOperation", ec2.disassociate_address, AssociationId=made, DryRun=True)
    ec2.disassociate_address(AssociationId=made)
    assert "AssociationId" not in row(ec2, id) and "PublicIpAddress" not in instance_row(ec2, instance)
    refused("InvalidAssociationID.NotFound", ec2.disassociate_address, AssociationId=made)


def test_an_elastic_ip_that_cannot_be_associated_is_left_where_it_is(ec2, net, address):
    (id, public), instance, interface = address(), net.launch(False), net.interface()
    associate, here = ec2.associate_address, {"NetworkInterfaceId": interface}
    net.detach()
    message = refused("Gateway.NotAttached", associate, AllocationId=id, **here)
    assert message == f"Network {net.id} is not attached to any internet gateway"
    net.attach()
    ec2.associate_address(PublicIp=public, **here)
    with untouched(ec2):
        refused("Resource.AlreadyAssociated", associate, AllocationId=id, InstanceId=instance, AllowReassociation=False)
        refused("MissingParameter", associate, AllocationId=id)
        refused("MissingParameter", associate, **here)
        refused("InvalidParameterCombination", associate, AllocationId=id, PublicIp=public, **here)
        refused("InvalidParameterCombination", associate, AllocationId=id, InstanceId=instance, **here)
        refused("InvalidParameterValue", associate, AllocationId=id, PrivateIpAddress="10.0.9.250", **here)
        refused("InvalidAllocationID.NotFound", associate, AllocationId=nobodys("eipalloc"), **here)
        refused("InvalidAddress.NotFound", associate, PublicIp="192.0.2.1", **here)
        refused("InvalidNetworkInterfaceID.NotFound", associate, AllocationId=id, NetworkInterfaceId=nobodys("eni"))
        refused("InvalidInstanceID.NotFound", associate, AllocationId=id, InstanceId=nobodys("i"))
        refused("InvalidAssociationID.NotFound", ec2.disassociate_address, AssociationId=nobodys("eipassoc"))
        refused("MissingParameter", ec2.disassociate_address)
    ec2.associate_address(AllocationId=id, InstanceId=instance)
    assert row(ec2, id)["InstanceId"] == instance, "without a word, it moves"
    assert "Association" not in interface_row(ec2, interface)


def test_of_many_that_ask_for_one_elastic_ip_one_has_it(ec2, net, address):
    (id, public), interfaces = address(), [net.interface() for _ in range(8)]
    made = at_once(8, lambda it: ec2.associate_address(AllocationId=id, NetworkInterfaceId=interfaces[it]))
    assert len({it["AssociationId"] for it in made}) == 8
    rows = [interface_row(ec2, it) for it in interfaces]
    (holder,) = [it for it in rows if "Association" in it]
    assert holder["Association"]["PublicIp"] == public
    assert row(ec2, id)["NetworkInterfaceId"] == holder["NetworkInterfaceId"]


def test_an_elastic_ip_follows_its_private_address_and_ends_with_it(ec2, net, address):
    (id, _), giver, receiver = address(), net.interface(PrivateIpAddress="10.0.1.50"), net.interface(PrivateIpAddress="10.0.1.51")
    ec2.assign_private_ip_addresses(NetworkInterfaceId=giver, PrivateIpAddresses=["10.0.1.200"])
    ec2.associate_address(AllocationId=id, NetworkInterfaceId=giver, PrivateIpAddress="10.0.1.200")
    ec2.assign_private_ip_addresses(NetworkInterfaceId=receiver, PrivateIpAddresses=["10.0.1.200"], AllowReassignment=True)
    assert row(ec2, id)["NetworkInterfaceId"] == receiver
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=receiver, PrivateIpAddresses=["10.0.1.200"])
    assert "AssociationId" not in row(ec2, id)
    ec2.associate_address(AllocationId=id, NetworkInterfaceId=receiver)
    ec2.delete_network_interface(NetworkInterfaceId=receiver)
    assert "AssociationId" not in row(ec2, id)
    instance = net.launch(False)
    ec2.associate_address(AllocationId=id, InstanceId=instance)
    ec2.terminate_instances(InstanceIds=[instance])
    assert "AssociationId" not in row(ec2, id)


def test_elastic_ips_are_found_by_everything_they_are(ec2, net, address):
    (id, public), (other, _), instance = address(TagSpecifications=tags("elastic-ip", Name="n")), address(), net.launch(False)
    made = ec2.associate_address(AllocationId=id, InstanceId=instance)["AssociationId"]
    shown = row(ec2, id)
    for name, value in {
        "allocation-id": id,
        "association-id": made,
        "instance-id": instance,
        "network-interface-id": shown["NetworkInterfaceId"],
        "private-ip-address": shown["PrivateIpAddress"],
        "public-ip": public,
        "tag:Name": "n",
    }.items():
        found = ec2.describe_addresses(Filters=by(name, value))["Addresses"]
        assert id in [it["AllocationId"] for it in found], name
        if name != "private-ip-address":
            assert len(found) == 1, name
    everywhere = ec2.describe_addresses(Filters=filters(network_border_group="us-east-1"))["Addresses"]
    assert {id, other} <= {it["AllocationId"] for it in everywhere}
    assert ec2.describe_addresses(Filters=filters(public_ip=public, allocation_id=other))["Addresses"] == []
    refused("InvalidParameterValue", ec2.describe_addresses, Filters=by("colour", "x"))
    for call, key, rows in (
        (ec2.describe_network_interfaces, "association.public-ip", "NetworkInterfaces"),
        (ec2.describe_network_interfaces, "addresses.association.public-ip", "NetworkInterfaces"),
        (ec2.describe_network_interfaces, "association.allocation-id", "NetworkInterfaces"),
        (ec2.describe_network_interfaces, "association.association-id", "NetworkInterfaces"),
        (ec2.describe_network_interfaces, "association.public-dns-name", "NetworkInterfaces"),
        (ec2.describe_instances, "ip-address", "Reservations"),
        (ec2.describe_instances, "dns-name", "Reservations"),
        (ec2.describe_instances, "network-interface.association.public-ip", "Reservations"),
        (ec2.describe_instances, "network-interface.addresses.association.association-id", "Reservations"),
    ):
        kind = key.rpartition(".")[2]
        value = {"allocation-id": id, "association-id": made, "public-dns-name": host_name(public), "dns-name": host_name(public)}.get(kind, public)
        assert len(call(Filters=by(key, value))[rows]) == 1, key
        assert call(Filters=by(key, value + "x"))[rows] == [], key


# Public addresses that come and go with an instance.


def test_an_instance_has_its_public_address_for_as_long_as_it_runs(ec2, net, address):
    instance = net.launch(True)
    first = instance_row(ec2, instance)
    public = first["PublicIpAddress"]
    assert first["PublicDnsName"] == host_name(public)
    association = interface_row(ec2, first["NetworkInterfaces"][0]["NetworkInterfaceId"])["Association"]
    assert association == {"PublicIp": public, "PublicDnsName": host_name(public), "IpOwnerId": "amazon"}
    refused("InvalidAddress.NotFound", ec2.describe_addresses, PublicIps=[public])
    refused("InvalidAddress.NotFound", ec2.release_address, PublicIp=public)
    refused("InvalidAddress.NotFound", ec2.disassociate_address, PublicIp=public)
    refused("InvalidIPAddress.InUse", ec2.allocate_address, Address=public)
    refused("DependencyViolation", net.detach)
    ec2.stop_instances(InstanceIds=[instance])
    assert "PublicIpAddress" not in instance_row(ec2, instance)
    taken = ec2.allocate_address(Address=public)["AllocationId"]
    ec2.start_instances(InstanceIds=[instance])
    second = instance_row(ec2, instance)["PublicIpAddress"]
    assert second != public
    ec2.release_address(AllocationId=taken)

    id, elastic = address()
    made = ec2.associate_address(AllocationId=id, InstanceId=instance)["AssociationId"]
    assert instance_row(ec2, instance)["PublicIpAddress"] == elastic
    ec2.release_address(AllocationId=ec2.allocate_address(Address=second)["AllocationId"])
    ec2.stop_instances(InstanceIds=[instance])
    assert instance_row(ec2, instance)["PublicIpAddress"] == elastic
    ec2.start_instances(InstanceIds=[instance])
    ec2.disassociate_address(AssociationId=made)
    assert instance_row(ec2, instance)["PublicIpAddress"] != elastic
    ec2.terminate_instances(InstanceIds=[instance])
    assert "PublicIpAddress" not in instance_row(ec2, instance)


def test_the_call_decides_about_a_public_address_and_else_the_subnet(ec2, net):
    plain = net.instance(net.first)
    assert "PublicIpAddress" not in instance_row(ec2, plain.id)
    ec2.modify_subnet_attribute(SubnetId=net.first, MapPublicIpOnLaunch={"Value": True})
    assert ec2.describe_subnets(SubnetIds=[net.first])["Subnets"][0]["MapPublicIpOnLaunch"] is True
    assert "PublicIpAddress" in instance_row(ec2, net.instance(net.first).id)
    assert "PublicIpAddress" not in instance_row(ec2, net.launch(False))
    run = {"ImageId": ec2.describe_images()["Images"][0]["ImageId"], "MinCount": 1, "MaxCount": 1}
    two = [{"DeviceIndex": it, "SubnetId": net.first} for it in (0, 1)]
    with untouched(ec2):
        asked = [{**two[0], "AssociatePublicIpAddress": True}, two[1]]
        refused("InvalidParameterCombination", ec2.run_instances, **run, NetworkInterfaces=asked)
        asked = [{"DeviceIndex": 1, "SubnetId": net.first, "AssociatePublicIpAddress": True}]
        refused("InvalidParameterCombination", ec2.run_instances, **run, NetworkInterfaces=asked)
    made = ec2.run_instances(**run, NetworkInterfaces=two)["Instances"][0]["InstanceId"]
    assert "PublicIpAddress" not in instance_row(ec2, made), "it has two interfaces"

    modify, interface = ec2.modify_network_interface_attribute, plain.interface
    modify(NetworkInterfaceId=interface, AssociatePublicIpAddress=True)
    assert "PublicIpAddress" in instance_row(ec2, plain.id)
    shown = ec2.describe_network_interface_attribute(NetworkInterfaceId=interface, Attribute="associatePublicIpAddress")
    assert shown["AssociatePublicIpAddress"] is True
    modify(NetworkInterfaceId=interface, AssociatePublicIpAddress=False)
    assert "PublicIpAddress" not in instance_row(ec2, plain.id)


def test_the_default_vpcs_instances_have_public_addresses(ec2):
    subnets = ec2.describe_subnets(Filters=filters(default_for_az="true"))["Subnets"]
    assert [it["MapPublicIpOnLaunch"] for it in subnets] == [True] * 3
    image = ec2.describe_images()["Images"][0]["ImageId"]
    (made,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    shown = instance_row(ec2, made["InstanceId"])
    assert shown["PublicDnsName"] == host_name(shown["PublicIpAddress"])
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


# NAT gateways.


def test_a_public_nat_gateway_lives_as_clients_expect(ec2, net, address):
    id, public = address()
    parameters = {"SubnetId": net.first, "AllocationId": id, "ClientToken": "nat-once", "PrivateIpAddress": "10.0.1.77"}
    made = ec2.create_nat_gateway(**parameters, TagSpecifications=tags("natgateway", Name="out"))
    gateway = made["NatGateway"]["NatGatewayId"]
    assert made["ClientToken"] == "nat-once" and made["NatGateway"]["State"] == "pending"
    again = ec2.create_nat_gateway(**parameters, TagSpecifications=tags("natgateway", Name="out"))
    assert again["NatGateway"]["NatGatewayId"] == gateway
    refused("IdempotentParameterMismatch", ec2.create_nat_gateway, **parameters)
    ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[gateway], WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    shown = nat_row(ec2, gateway)
    assert (shown["VpcId"], shown["SubnetId"], shown["ConnectivityType"]) == (net.id, net.first, "public")
    assert shown["Tags"] == [{"Key": "Name", "Value": "out"}] and "DeleteTime" not in shown
    (its,) = shown["NatGatewayAddresses"]
    assert (its["AllocationId"], its["PublicIp"], its["PrivateIp"]) == (id, public, "10.0.1.77")
    assert its["IsPrimary"] is True and its["Status"] == "succeeded"
    assert its["AssociationId"] == row(ec2, id)["AssociationId"]

    interface = interface_row(ec2, its["NetworkInterfaceId"])
    assert interface["InterfaceType"] == "nat_gateway" and interface["RequesterManaged"] is True
    assert interface["Description"] == f"Interface for NAT Gateway {gateway}"
    assert interface["Status"] == "in-use" and interface["Groups"] == [] and interface["SourceDestCheck"] is False
    assert interface["Association"]["PublicIp"] == public
    assert interface["Attachment"]["InstanceOwnerId"] == "amazon-aws" and "InstanceId" not in interface["Attachment"]
    assert ec2.describe_subnets(SubnetIds=[net.first])["Subnets"][0]["AvailableIpAddressCount"] == 250
    with untouched(ec2):
        refused("DependencyViolation", ec2.delete_subnet, SubnetId=net.first)
        refused("DependencyViolation", ec2.delete_vpc, VpcId=net.id)
        refused("DependencyViolation", net.detach)

    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[gateway], WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    shown = nat_row(ec2, gateway)
    assert shown["State"] == "deleted" and "DeleteTime" in shown
    refused("InvalidNetworkInterfaceID.NotFound", ec2.describe_network_interfaces, NetworkInterfaceIds=[its["NetworkInterfaceId"]])
    # Terraform disassociates what was associated when it looked last.
    refused("InvalidAssociationID.NotFound", ec2.disassociate_address, AssociationId=its["AssociationId"])
    assert "AssociationId" not in row(ec2, id)
    refused("NatGatewayNotFound", ec2.delete_nat_gateway, NatGatewayId=gateway)


def test_a_nat_gateway_that_cannot_be_made_fails_as_on_aws(ec2, net, address):
    id, _ = address()
    net.detach()
    made = ec2.create_nat_gateway(SubnetId=net.first, AllocationId=id)["NatGateway"]["NatGatewayId"]
    shown = nat_row(ec2, made)
    assert (shown["State"], shown["FailureCode"]) == ("failed", "Gateway.NotAttached")
    assert shown["FailureMessage"] == f"Network {net.id} has no Internet gateway attached"
    assert "AssociationId" not in row(ec2, id)
    net.attach()
    ec2.create_nat_gateway(SubnetId=net.first, AllocationId=id)
    made = ec2.create_nat_gateway(SubnetId=net.first, AllocationId=id)["NatGateway"]["NatGatewayId"]
    assert nat_row(ec2, made)["FailureCode"] == "Resource.AlreadyAssociated"
    ec2.delete_nat_gateway(NatGatewayId=made)
    assert nat_row(ec2, made)["State"] == "deleted"


def test_a_nat_gateway_that_makes_no_sense_is_refused(ec2, net, address):
    create, (id, _), (other, _) = ec2.create_nat_gateway, address(), address()
    here = {"SubnetId": net.first}
    private, public = {**here, "ConnectivityType": "private"}, {**here, "AllocationId": id}
    with untouched(ec2):
        refused("MissingParameter", create, **here)
        refused("MissingParameter", create, ConnectivityType="private")
        refused("InvalidSubnetID.NotFound", create, SubnetId=nobodys("subnet"), ConnectivityType="private")
        refused("InvalidElasticIpID.NotFound", create, **here, AllocationId=nobodys("eipalloc"))
        refused("InvalidParameterValue", create, **here, ConnectivityType="secret")
        refused("InvalidParameterCombination", create, **private, AllocationId=id)
        refused("InvalidParameterCombination", create, **public, SecondaryPrivateIpAddressCount=1)
        refused("InvalidParameterCombination", create, **public, SecondaryAllocationIds=[other], SecondaryPrivateIpAddresses=["10.0.1.5", "10.0.1.6"])
        refused("InvalidParameterValue", create, **public, SecondaryAllocationIds=[id])
        refused("InvalidParameterValue", create, **private, PrivateIpAddress="10.9.0.1")
        refused("PrivateIpAddressLimitExceeded", create, **private, SecondaryPrivateIpAddressCount=8)
        refused("DryRunOperation", create, **private, DryRun=True)
        refused("NatGatewayNotFound", ec2.describe_nat_gateways, NatGatewayIds=[nobodys("nat")])
        refused("NatGatewayMalformed", ec2.describe_nat_gateways, NatGatewayIds=["nat"])
        refused("NatGatewayNotFound", ec2.delete_nat_gateway, NatGatewayId=nobodys("nat"))


def test_what_is_a_nat_gateways_is_left_alone(ec2, net, address):
    (id, _), (other, _), instance = address(), address(), net.launch(False)
    made = ec2.create_nat_gateway(SubnetId=net.first, AllocationId=id)["NatGateway"]
    (its,) = nat_row(ec2, made["NatGatewayId"])["NatGatewayAddresses"]
    mine = {"NetworkInterfaceId": its["NetworkInterfaceId"]}
    attachment = interface_row(ec2, its["NetworkInterfaceId"])["Attachment"]["AttachmentId"]
    no = "OperationNotPermitted"
    with untouched(ec2):
        refused(no, ec2.delete_network_interface, **mine)
        refused(no, ec2.attach_network_interface, **mine, InstanceId=instance, DeviceIndex=1)
        refused(no, ec2.detach_network_interface, AttachmentId=attachment, Force=True)
        refused(no, ec2.modify_network_interface_attribute, **mine, Description={"Value": "mine"})
        refused(no, ec2.assign_private_ip_addresses, **mine, SecondaryPrivateIpAddressCount=1)
        refused(no, ec2.unassign_private_ip_addresses, **mine, PrivateIpAddresses=[its["PrivateIp"]])
        refused(no, ec2.associate_address, **mine, AllocationId=other)
        refused("AuthFailure", ec2.disassociate_address, AssociationId=its["AssociationId"])
        refused("AuthFailure", ec2.associate_address, AllocationId=id, InstanceId=instance)
        refused("AuthFailure", ec2.release_address, AllocationId=id)
    found = ec2.describe_network_interfaces(Filters=filters(requester_managed="true", vpc_id=net.id))["NetworkInterfaces"]
    assert [it["NetworkInterfaceId"] for it in found] == [its["NetworkInterfaceId"]]


def test_nat_gateways_take_and_lose_addresses(ec2, net, address):
    made = [address()[0] for _ in range(3)]
    public = ec2.create_nat_gateway(SubnetId=net.first, AllocationId=made[0], SecondaryAllocationIds=[made[1]])["NatGateway"]
    public = {"NatGatewayId": public["NatGatewayId"]}
    third = unused(ec2, net.first)
    answer = ec2.associate_nat_gateway_address(**public, AllocationIds=[made[2]], PrivateIpAddresses=[third])
    assert [(it["AllocationId"], it["PrivateIp"]) for it in answer["NatGatewayAddresses"]] == [(made[2], third)]
    rows = nat_row(ec2, public["NatGatewayId"])["NatGatewayAddresses"]
    assert [it["AllocationId"] for it in rows] == made and [it["IsPrimary"] for it in rows] == [True, False, False]
    assert {it["Status"] for it in rows} == {"succeeded"}
    associations = [it["AssociationId"] for it in rows]
    disassociate = ec2.disassociate_nat_gateway_address
    with untouched(ec2):
        refused("Resource.AlreadyAssociated", ec2.associate_nat_gateway_address, **public, AllocationIds=[made[1]])
        refused("InvalidParameterValue", disassociate, **public, AssociationIds=associations[:1])
        refused("InvalidAssociationID.NotFound", disassociate, **public, AssociationIds=[nobodys("eipassoc")])
        refused("InvalidParameterValue", disassociate, **public, AssociationIds=associations[1:2], MaxDrainDurationSeconds=4001)
        refused("InvalidParameterValue", ec2.assign_private_nat_gateway_address, **public, PrivateIpAddressCount=1)
        refused("NatGatewayNotFound", disassociate, NatGatewayId=nobodys("nat"), AssociationIds=associations[1:2])
    answer = disassociate(**public, AssociationIds=associations[1:2], MaxDrainDurationSeconds=1)
    assert [(it["AllocationId"], it["Status"]) for it in answer["NatGatewayAddresses"]] == [(made[1], "disassociating")]
    until("its time is over", lambda: "AssociationId" not in row(ec2, made[1]))
    assert [it["AllocationId"] for it in nat_row(ec2, public["NatGatewayId"])["NatGatewayAddresses"]] == [made[0], made[2]]

    private = ec2.create_nat_gateway(SubnetId=net.first, ConnectivityType="private", SecondaryPrivateIpAddressCount=1)["NatGateway"]
    private = {"NatGatewayId": private["NatGatewayId"]}
    named = unused(ec2, net.first)
    ec2.assign_private_nat_gateway_address(**private, PrivateIpAddresses=[named])
    ec2.assign_private_nat_gateway_address(**private, PrivateIpAddressCount=2)
    rows = nat_row(ec2, private["NatGatewayId"])["NatGatewayAddresses"]
    assert len(rows) == 5 and not any("PublicIp" in it or "AllocationId" in it for it in rows)
    unassign = ec2.unassign_private_nat_gateway_address
    with untouched(ec2):
        refused("InvalidParameterValue", unassign, **private, PrivateIpAddresses=[rows[0]["PrivateIp"]])
        refused("InvalidParameterValue", unassign, **private, PrivateIpAddresses=["10.0.9.250"])
        refused("PrivateIpAddressLimitExceeded", ec2.assign_private_nat_gateway_address, **private, PrivateIpAddressCount=4)
        refused("InvalidIPAddress.InUse", ec2.assign_private_nat_gateway_address, **private, PrivateIpAddresses=[third])
        refused("InvalidParameterValue", ec2.associate_nat_gateway_address, **private, AllocationIds=[made[1]])
    unassign(**private, PrivateIpAddresses=[named])
    left = [it["PrivateIp"] for it in nat_row(ec2, private["NatGatewayId"])["NatGatewayAddresses"]]
    assert left == [it["PrivateIp"] for it in rows if it["PrivateIp"] != named]
    assert [it["PrivateIpAddress"] for it in interface_row(ec2, rows[0]["NetworkInterfaceId"])["PrivateIpAddresses"]] == left


def test_nat_gateways_are_found_by_everything_they_are(ec2, net):
    create = {"SubnetId": net.first, "ConnectivityType": "private"}
    made = [ec2.create_nat_gateway(**create, TagSpecifications=tags("natgateway", n=str(it)))["NatGateway"]["NatGatewayId"] for it in range(6)]
    ec2.delete_nat_gateway(NatGatewayId=made[5])
    describe, mine = ec2.describe_nat_gateways, filters(vpc_id=net.id)
    find = lambda *more: {it["NatGatewayId"] for it in describe(Filter=mine + list(more))["NatGateways"]}
    assert find() == set(made)
    assert find(*filters(state="deleted")) == {made[5]}
    assert find(*filters(state=["pending", "available"])) == set(made[:5])
    assert find(*filters(subnet_id=net.first, nat_gateway_id=made[2])) == {made[2]}
    assert find(*by("tag:n", "3", "4")) == set(made[3:5])
    assert find(*filters(tag_key="n")) == set(made)
    refused("InvalidParameterValue", describe, Filter=by("colour", "x"))
    seen = [it["NatGatewayId"] for page in pages(describe, "NatGateways", 5, Filter=mine) for it in page]
    assert sorted(seen) == sorted(made)
    kinds = ec2.describe_tags(Filters=filters(resource_id=made[0]))["Tags"]
    assert [it["ResourceType"] for it in kinds] == ["natgateway"]


def test_addresses_and_nat_gateways_are_their_accounts_own(ec2, shared, net, address):
    (id, public), (_, theirs) = address(), shared.account("stranger-to-addresses")
    gateway = ec2.create_nat_gateway(SubnetId=net.first, AllocationId=id)["NatGateway"]["NatGatewayId"]
    association = row(ec2, id)["AssociationId"]
    with untouched(ec2):
        refused("InvalidAllocationID.NotFound", theirs.describe_addresses, AllocationIds=[id])
        refused("InvalidAddress.NotFound", theirs.describe_addresses, PublicIps=[public])
        refused("InvalidAllocationID.NotFound", theirs.release_address, AllocationId=id)
        refused("InvalidAssociationID.NotFound", theirs.disassociate_address, AssociationId=association)
        refused("InvalidIPAddress.InUse", theirs.allocate_address, Address=public)
        refused("NatGatewayNotFound", theirs.describe_nat_gateways, NatGatewayIds=[gateway])
        refused("NatGatewayNotFound", theirs.delete_nat_gateway, NatGatewayId=gateway)
    assert theirs.describe_addresses()["Addresses"] == [] and theirs.describe_nat_gateways()["NatGateways"] == []
