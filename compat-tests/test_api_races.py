"""Calls that meet: whatever comes first, each ends as if they had come one after the other, with EC2's own codes."""

import pytest

from calls import at_once, by
from kinds import KEY, World
from network import permission, unused
from test_api_kinds import code

TEN = 10
ROUNDS = 6
WEB = [permission("tcp 80 from 10.0.0.0/8")]


@pytest.fixture(scope="module")
def world(shared):
    return World(shared, "races")


def run(world):
    made = world.ec2.run_instances(ImageId=world.image, MinCount=1, MaxCount=1, SubnetId=world.subnet)
    return made["Instances"][0]["InstanceId"]


def gateway(world):
    return world.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]


def table(world):
    return world.ec2.create_route_table(VpcId=world.vpc)["RouteTable"]["RouteTableId"]


def acl(world):
    return world.ec2.create_network_acl(VpcId=world.vpc)["NetworkAcl"]["NetworkAclId"]


def address(world):
    return world.ec2.allocate_address(Domain="vpc")["AllocationId"]


def group(world):
    return world.ec2.create_security_group(VpcId=world.vpc, GroupName=f"race {world.number()}", Description="d")["GroupId"]


def options(world):
    wanted = [{"Key": "domain-name", "Values": [f"n{world.number()}.example"]}]
    return world.ec2.create_dhcp_options(DhcpConfigurations=wanted)["DhcpOptions"]["DhcpOptionsId"]


def prefix_list(world):
    made = world.ec2.create_managed_prefix_list(PrefixListName=f"race {world.number()}", MaxEntries=5, AddressFamily="IPv4")
    return made["PrefixList"]["PrefixListId"]


def with_gateway(world):
    """A VPC with an Internet gateway, a subnet and an interface in it."""
    vpc, made = world.new_vpc(), gateway(world)
    block = world.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"]
    world.ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=made)
    subnet = world.ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"]
    interface = world.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    return vpc, made, subnet, interface


def acl_association(world, subnet):
    (found,) = world.ec2.describe_network_acls(Filters=by("association.subnet-id", subnet))["NetworkAcls"]
    return next(it["NetworkAclAssociationId"] for it in found["Associations"] if it["SubnetId"] == subnet)


# Of ten that want the same, one gets it. Each of these makes what it needs and returns the call, which is told its
# number, and what the others are told.


def the_same_block(world):
    block = world.block()
    return lambda _: world.ec2.create_subnet(VpcId=world.vpc, CidrBlock=block), "InvalidSubnet.Conflict"


def the_same_name(world):
    name = f"group {world.number()}"
    return lambda _: world.ec2.create_security_group(VpcId=world.vpc, GroupName=name, Description="d"), "InvalidGroup.Duplicate"


def the_same_rule(world):
    made = group(world)
    return lambda _: world.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=WEB), "InvalidPermission.Duplicate"


def the_same_address(world):
    address = unused(world.ec2, world.subnet)
    return lambda _: world.ec2.create_network_interface(SubnetId=world.subnet, PrivateIpAddress=address), "InvalidIPAddress.InUse"


def the_same_interface(world):
    interface, instances = world.new_interface(), [run(world) for _ in range(TEN)]
    attach = lambda at: world.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=instances[at], DeviceIndex=1)
    return attach, "InvalidNetworkInterface.InUse"


def the_same_place(world):
    interfaces, instance = [world.new_interface() for _ in range(TEN)], run(world)
    attach = lambda at: world.ec2.attach_network_interface(NetworkInterfaceId=interfaces[at], InstanceId=instance, DeviceIndex=1)
    return attach, "InvalidParameterValue"


def the_same_destination(world):
    made, interface = table(world), world.new_interface()
    create = lambda _: world.ec2.create_route(RouteTableId=made, DestinationCidrBlock="192.0.2.0/24", NetworkInterfaceId=interface)
    return create, "RouteAlreadyExists"


def the_same_subnet(world):
    subnet, tables = world.new_subnet(), [table(world) for _ in range(TEN)]
    return lambda at: world.ec2.associate_route_table(SubnetId=subnet, RouteTableId=tables[at]), "Resource.AlreadyAssociated"


def the_same_number(world):
    made = acl(world)
    entry = {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    return lambda _: world.ec2.create_network_acl_entry(NetworkAclId=made, **entry), "NetworkAclEntryAlreadyExists"


def the_same_vpc(world):
    vpc, gateways = world.new_vpc(), [gateway(world) for _ in range(TEN)]
    return lambda at: world.ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateways[at]), "InvalidParameterValue"


def the_same_gateway(world):
    made, vpcs = gateway(world), [world.new_vpc() for _ in range(TEN)]
    return lambda at: world.ec2.attach_internet_gateway(VpcId=vpcs[at], InternetGatewayId=made), "Resource.AlreadyAssociated"


def the_same_public_address(world):
    _, _, subnet, _ = with_gateway(world)
    made = address(world)
    interfaces = [world.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"] for _ in range(TEN)]
    associate = lambda at: world.ec2.associate_address(AllocationId=made, NetworkInterfaceId=interfaces[at], AllowReassociation=False)
    return associate, "Resource.AlreadyAssociated"


def the_same_key(world):
    name = f"key {world.number()}"
    return lambda _: world.ec2.import_key_pair(KeyName=name, PublicKeyMaterial=KEY), "InvalidKeyPair.Duplicate"


def the_same_version(world):
    made = prefix_list(world)
    modify = lambda at: world.ec2.modify_managed_prefix_list(PrefixListId=made, CurrentVersion=1, AddEntries=[{"Cidr": f"10.{at}.0.0/16"}])
    return modify, "PrefixListVersionMismatch"


def the_same_further_block(world):
    vpc = world.new_vpc()
    return lambda _: world.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="172.30.0.0/24"), "CidrConflict"


@pytest.mark.parametrize(
    "prepare",
    [
        the_same_block,
        the_same_name,
        the_same_rule,
        the_same_address,
        the_same_interface,
        the_same_place,
        the_same_destination,
        the_same_subnet,
        the_same_number,
        the_same_vpc,
        the_same_gateway,
        the_same_public_address,
        the_same_key,
        the_same_version,
        the_same_further_block,
    ],
)
def test_of_ten_that_want_the_same_one_gets_it(world, prepare):
    call, refusal = prepare(world)
    codes = [code(it) for it in at_once(TEN, call)]
    assert codes.count(None) == 1 and codes.count(refusal) == TEN - 1, codes


# Something is removed while it is put to use. Each of these makes what it needs and returns both calls, what the first
# is told if it comes second, and what the second is told if it does.


def interface_and_attachment(world):
    interface, instance = world.new_interface(), run(world)
    return (
        lambda: world.ec2.delete_network_interface(NetworkInterfaceId=interface),
        lambda: world.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=1),
        "InvalidParameterValue",
        "InvalidNetworkInterfaceID.NotFound",
    )


def subnet_and_interface(world):
    subnet = world.new_subnet()
    return (
        lambda: world.ec2.delete_subnet(SubnetId=subnet),
        lambda: world.ec2.create_network_interface(SubnetId=subnet),
        "DependencyViolation",
        "InvalidSubnetID.NotFound",
    )


def subnet_and_instance(world):
    subnet = world.new_subnet()
    return (
        lambda: world.ec2.delete_subnet(SubnetId=subnet),
        lambda: world.ec2.run_instances(ImageId=world.image, MinCount=1, MaxCount=1, SubnetId=subnet),
        "DependencyViolation",
        "InvalidSubnetID.NotFound",
    )


def vpc_and_subnet(world):
    vpc = world.new_vpc()
    block = world.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"]
    return (
        lambda: world.ec2.delete_vpc(VpcId=vpc),
        lambda: world.ec2.create_subnet(VpcId=vpc, CidrBlock=block),
        "DependencyViolation",
        "InvalidVpcID.NotFound",
    )


def vpc_and_gateway(world):
    vpc, made = world.new_vpc(), gateway(world)
    return (
        lambda: world.ec2.delete_vpc(VpcId=vpc),
        lambda: world.ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=made),
        "DependencyViolation",
        "InvalidVpcID.NotFound",
    )


def group_and_wearer(world):
    made = group(world)
    return (
        lambda: world.ec2.delete_security_group(GroupId=made),
        lambda: world.ec2.create_network_interface(SubnetId=world.subnet, Groups=[made]),
        "DependencyViolation",
        "InvalidGroup.NotFound",
    )


def group_and_reference(world):
    made, other = group(world), group(world)
    wanted = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": made}]}]
    return (
        lambda: world.ec2.delete_security_group(GroupId=made),
        lambda: world.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=wanted),
        "DependencyViolation",
        "InvalidGroup.NotFound",
    )


def table_and_association(world):
    made, subnet = table(world), world.new_subnet()
    return (
        lambda: world.ec2.delete_route_table(RouteTableId=made),
        lambda: world.ec2.associate_route_table(RouteTableId=made, SubnetId=subnet),
        "DependencyViolation",
        "InvalidRouteTableID.NotFound",
    )


def acl_and_association(world):
    made, subnet = acl(world), world.new_subnet()
    association = acl_association(world, subnet)
    return (
        lambda: world.ec2.delete_network_acl(NetworkAclId=made),
        lambda: world.ec2.replace_network_acl_association(NetworkAclId=made, AssociationId=association),
        "DependencyViolation",
        "InvalidNetworkAclID.NotFound",
    )


def gateway_and_attachment(world):
    made, vpc = gateway(world), world.new_vpc()
    return (
        lambda: world.ec2.delete_internet_gateway(InternetGatewayId=made),
        lambda: world.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc),
        "DependencyViolation",
        "InvalidInternetGatewayID.NotFound",
    )


def gateway_and_public_address(world):
    vpc, made, _, interface = with_gateway(world)
    allocation = address(world)
    return (
        lambda: world.ec2.detach_internet_gateway(InternetGatewayId=made, VpcId=vpc),
        lambda: world.ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=interface),
        "DependencyViolation",
        "Gateway.NotAttached",
    )


def address_and_association(world):
    _, _, _, interface = with_gateway(world)
    made = address(world)
    return (
        lambda: world.ec2.release_address(AllocationId=made),
        lambda: world.ec2.associate_address(AllocationId=made, NetworkInterfaceId=interface),
        "InvalidIPAddress.InUse",
        "InvalidAllocationID.NotFound",
    )


def address_and_nat_gateway(world):
    _, _, subnet, _ = with_gateway(world)
    made = address(world)
    return (
        lambda: world.ec2.release_address(AllocationId=made),
        lambda: world.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=made),
        # The address of a NAT gateway is in its keeping.
        "AuthFailure",
        "InvalidElasticIpID.NotFound",
    )


def subnet_and_nat_gateway(world):
    subnet = world.new_subnet()
    return (
        lambda: world.ec2.delete_subnet(SubnetId=subnet),
        lambda: world.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private"),
        "DependencyViolation",
        "InvalidSubnetID.NotFound",
    )


def options_and_association(world):
    made, vpc = options(world), world.new_vpc()
    return (
        lambda: world.ec2.delete_dhcp_options(DhcpOptionsId=made),
        lambda: world.ec2.associate_dhcp_options(DhcpOptionsId=made, VpcId=vpc),
        "DependencyViolation",
        "InvalidDhcpOptionID.NotFound",
    )


@pytest.mark.parametrize(
    "prepare",
    [
        interface_and_attachment,
        subnet_and_interface,
        subnet_and_instance,
        vpc_and_subnet,
        group_and_wearer,
        group_and_reference,
        vpc_and_gateway,
        table_and_association,
        acl_and_association,
        gateway_and_attachment,
        gateway_and_public_address,
        address_and_association,
        address_and_nat_gateway,
        subnet_and_nat_gateway,
        options_and_association,
    ],
)
def test_what_is_removed_while_it_is_put_to_use_is_either_gone_or_used(world, prepare):
    for at in range(ROUNDS):
        remove, use, in_use, missing = prepare(world)
        calls = [remove, use] if at % 2 else [use, remove]
        ended = [code(it) for it in at_once(2, lambda number: calls[number]())]
        removed, used = ended if at % 2 else reversed(ended)
        assert (removed, used) in ((None, missing), (in_use, None)), f"to remove: {removed or 'done'}; to use: {used or 'done'}"


def test_ten_that_ask_for_the_same_peering_are_told_of_the_same(world):
    one, other = world.new_vpc(), world.new_vpc()
    made = at_once(TEN, lambda _: world.ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other))
    assert len({it["VpcPeeringConnection"]["VpcPeeringConnectionId"] for it in made}) == 1


def test_a_peering_that_is_accepted_and_deleted_at_once_is_deleted(world):
    for _ in range(ROUNDS):
        made = world.ec2.create_vpc_peering_connection(VpcId=world.new_vpc(), PeerVpcId=world.new_vpc())
        id = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        calls = [world.ec2.accept_vpc_peering_connection, world.ec2.delete_vpc_peering_connection]
        accepted, deleted = (code(it) for it in at_once(2, lambda at: calls[at](VpcPeeringConnectionId=id)))
        assert deleted is None and accepted in (None, "InvalidStateTransition"), (accepted, deleted)
        (row,) = world.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[id])["VpcPeeringConnections"]
        assert row["Status"]["Code"] == "deleted"


def test_what_is_attached_while_its_instance_ends_is_free_in_the_end(world):
    for _ in range(ROUNDS):
        interface, instance = world.new_interface(), run(world)
        calls = [
            lambda: world.ec2.terminate_instances(InstanceIds=[instance]),
            lambda: world.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=1),
        ]
        ended, attached = (code(it) for it in at_once(2, lambda at: calls[at]()))
        assert ended is None and attached in (None, "IncorrectState", "IncorrectInstanceState", "InvalidInstanceID.NotFound"), attached
        (row,) = world.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
        assert row["Status"] == "available" and "Attachment" not in row
        world.ec2.delete_network_interface(NetworkInterfaceId=interface)
