"""The ways out of a VPC and between VPCs, with packets: gateways, public addresses, NAT, peering, routes, ACLs."""

import concurrent.futures
import contextlib
import socket
import subprocess
import time

import pytest
from culvert import until
from network import Vpc
from packets import (
    DROP_SECONDS,
    PASS_SECONDS,
    Host,
    Witness,
    can_connect,
    cannot_connect,
    connect,
    connection,
    echoes,
    inside,
    must_have_left,
    tcp_server,
    udp_is_dropped,
    udp_reaches,
    udp_server,
)
from probes import SO_RCVBUFFORCE
from world import FURTHER, NODE, OUTSIDE, OUTSIDE6, POOL, ip

PORT = 80
IP_MTU = 14
# How long connections may go on by an address that leaves; what is tried meanwhile has to be done by then.
DRAIN_SECONDS = 6
ANY, ANY6 = "0.0.0.0/0", "::/0"


@pytest.fixture
def ec2(server):
    return server.ec2


@pytest.fixture
def node(world):
    """The node itself, as a host on its own network."""
    return Host(world.node, NODE)


class Cloud(Vpc):
    """A VPC with the ways out that a test asks for; `close()` takes all of it away."""

    def __init__(self, ec2, prefix="10.0.0.0/16", **more):
        super().__init__(ec2, prefix, **more)
        self.undo = []
        mine = [{"Name": "vpc-id", "Values": [self.id]}]
        self.main = ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"]

    def internet(self):
        """Makes an internet gateway and attaches it."""
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.id)
        self.undo.append(lambda: self.ec2.delete_internet_gateway(InternetGatewayId=gateway))
        self.undo.append(lambda: self.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=self.id))
        return gateway

    def table(self, subnet, **routes):
        """Makes a route table for the subnet."""
        table = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        made = self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
        self.undo.append(lambda: self.ec2.delete_route_table(RouteTableId=table))
        self.undo.append(lambda: self.ec2.disassociate_route_table(AssociationId=made))
        return table

    def route(self, table, destination, **target):
        key = "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"
        self.ec2.create_route(RouteTableId=table, **{key: destination}, **target)

    def address(self, interface=None):
        """Allocates a public address, and gives it to the interface."""
        made = self.ec2.allocate_address(Domain="vpc")
        self.undo.append(lambda: self.ec2.release_address(AllocationId=made["AllocationId"]))
        if interface:
            self.ec2.associate_address(AllocationId=made["AllocationId"], NetworkInterfaceId=interface)
        return made["PublicIp"], made["AllocationId"]

    def nat(self, subnet, **more):
        """Makes a NAT gateway and returns its id and its public address."""
        public, allocation = self.address()
        made = self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation, **more)["NatGateway"]["NatGatewayId"]
        self.undo.append(lambda: self.ec2.delete_nat_gateway(NatGatewayId=made))
        state = lambda: self.ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"][0]["State"]
        until("the NAT gateway is available", lambda: state() == "available")
        return made, public

    def nat_with_two_addresses(self):
        """Makes a NAT gateway, and a subnet whose way out it is.

        Returns its id, its public addresses, the allocation of the second of them, and the subnet.
        """
        public_subnet, private_subnet = self.subnet(), self.subnet()
        self.route(self.main, ANY, GatewayId=self.internet())
        second, allocation = self.address()
        nat, first = self.nat(public_subnet)
        self.ec2.associate_nat_gateway_address(NatGatewayId=nat, AllocationIds=[allocation])
        self.route(self.table(private_subnet), ANY, NatGatewayId=nat)
        return nat, first, second, allocation, private_subnet

    def acl(self, subnet):
        """Gives the subnet an ACL of its own, which lets nothing pass yet; returns its id."""
        acl = self.ec2.create_network_acl(VpcId=self.id)["NetworkAcl"]["NetworkAclId"]
        before = self.use_acl(subnet, acl)
        self.undo.append(lambda: self.ec2.delete_network_acl(NetworkAclId=acl))
        self.undo.append(lambda: self.use_acl(subnet, before))
        return acl

    def use_acl(self, subnet, acl):
        """Changes the ACL of the subnet and returns the one before."""
        of_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
        old = self.ec2.describe_network_acls(Filters=of_subnet)["NetworkAcls"][0]
        mine = next(it for it in old["Associations"] if it["SubnetId"] == subnet)["NetworkAclAssociationId"]
        self.ec2.replace_network_acl_association(AssociationId=mine, NetworkAclId=acl)
        return old["NetworkAclId"]

    def entry(self, acl, number, egress, block, protocol="-1", ports=None, action="allow"):
        key = "Ipv6CidrBlock" if ":" in block else "CidrBlock"
        more = {"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}
        self.ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=number, Egress=egress, Protocol=protocol, RuleAction=action, **{key: block}, **more
        )

    def delete(self):
        mine = [{"Name": "vpc-id", "Values": [self.id]}]
        rows = self.ec2.describe_instances(Filters=mine)["Reservations"]
        ids = [it["InstanceId"] for row in rows for it in row["Instances"] if it["State"]["Name"] != "terminated"]
        if ids:
            self.ec2.terminate_instances(InstanceIds=ids)
        for step in reversed(self.undo):
            step()
        self.undo.clear()
        super().delete()


@pytest.fixture
def cloud(ec2):
    made = []

    def make(*arguments, **more):
        made.append(Cloud(*(arguments if arguments and not isinstance(arguments[0], str) else (ec2, *arguments)), **more))
        return made[-1]

    yield make
    for it in reversed(made):
        it.delete()


def public_host(instance, address):
    """The instance by its public address."""
    return Host(instance.id, address, instance.address6)


# Internet gateways and public addresses.


def test_an_instance_with_a_public_address_talks_to_the_world_both_ways(cloud, world):
    vpc = cloud()
    subnet, group = vpc.subnet(), vpc.group(f"tcp {PORT} from {ANY}")
    instance, other = vpc.run(2, subnet, group)
    gateway = vpc.internet()
    vpc.route(vpc.main, ANY, GatewayId=gateway)
    assert cannot_connect(instance, world.outside, PORT), "it has no public address yet"
    public, _ = vpc.address(instance.interface)

    with tcp_server(world.outside, PORT) as peers:
        assert can_connect(instance, world.outside, PORT)
        assert set(peers) == {public}, "the world sees the public address"
    with tcp_server(instance, PORT) as peers:
        assert can_connect(world.outside, instance, PORT, public)
        assert set(peers) == {OUTSIDE}, "the instance sees who it is"
    assert cannot_connect(world.outside, instance, PORT + 1, public), "no rule admits this port"
    assert cannot_connect(other, world.outside, PORT), "its neighbour has no public address"
    assert udp_is_dropped(world.outside, instance, PORT, instance.address), "private addresses are not known outside"


def test_a_public_address_without_a_route_to_the_gateway_reaches_nothing(cloud, world):
    vpc = cloud()
    private, near = vpc.subnet(), vpc.subnet()
    group = vpc.group(f"all from {ANY}")
    instance, partial = vpc.instance(private, group), vpc.instance(near, group)
    gateway = vpc.internet()
    vpc.table(private)
    vpc.route(vpc.table(near), f"{OUTSIDE}/32", GatewayId=gateway)
    public, near_public = vpc.address(instance.interface)[0], vpc.address(partial.interface)[0]

    assert cannot_connect(instance, world.outside, PORT)
    assert cannot_connect(world.outside, instance, PORT, public)
    # A route for one address lets that one in and out, and no other.
    assert can_connect(partial, world.outside, PORT)
    assert can_connect(world.outside, partial, PORT, near_public)
    assert cannot_connect(partial, world.further, PORT)
    with world.outside.socket() as client, tcp_server(partial, PORT):
        client.bind((FURTHER, 0))
        client.settimeout(DROP_SECONDS)
        with pytest.raises(TimeoutError):
            client.connect((near_public, PORT))


def test_what_loses_its_public_address_loses_its_connections(cloud, world, ec2):
    vpc = cloud()
    instance = vpc.instance(vpc.subnet(), vpc.group(f"tcp {PORT} from {ANY}"))
    vpc.route(vpc.main, ANY, GatewayId=vpc.internet())
    public, allocation = vpc.address(instance.interface)
    with connection(world.outside, instance, PORT, public) as inwards, connection(instance, world.outside, PORT) as outwards:
        association = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]["AssociationId"]
        ec2.disassociate_address(AssociationId=association)
        assert not echoes(inwards, DROP_SECONDS) and not echoes(outwards, DROP_SECONDS)
        ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=instance.interface)
        assert can_connect(instance, world.outside, PORT + 1)


def test_public_addresses_of_instances_reach_each_other_and_themselves(cloud):
    vpc = cloud()
    one, other = vpc.run(2, vpc.subnet(), vpc.group(f"tcp {PORT} from {POOL}"))
    vpc.route(vpc.main, ANY, GatewayId=vpc.internet())
    mine, theirs = vpc.address(one.interface)[0], vpc.address(other.interface)[0]
    with tcp_server(other, PORT) as peers:
        assert can_connect(one, other, PORT, theirs)
        assert set(peers) == {mine}
    with tcp_server(one, PORT) as peers:
        assert can_connect(one, one, PORT, mine)
        assert set(peers) == {mine}
    assert cannot_connect(one, other, PORT), "by its private address it comes from no public one"


def test_the_node_reaches_instances_but_they_do_not_reach_the_node(cloud, node):
    vpc = cloud()
    instance = vpc.instance(vpc.subnet(), vpc.group(f"tcp {PORT} from {ANY}"))
    vpc.route(vpc.main, ANY, GatewayId=vpc.internet())
    public, _ = vpc.address(instance.interface)
    assert can_connect(node, instance, PORT, public)
    assert cannot_connect(instance, node, PORT)
    assert udp_is_dropped(instance, node, PORT)


def test_ipv6_needs_no_translation_and_an_egress_only_gateway_lets_nothing_in(cloud, world, ec2):
    vpc = cloud(AmazonProvidedIpv6CidrBlock=True)
    group = vpc.group(f"tcp {PORT} from {ANY6}")
    open_one = vpc.instance(vpc.dual_subnet(), group, Ipv6AddressCount=1)
    shy_subnet = vpc.dual_subnet()
    shy = vpc.instance(shy_subnet, group, Ipv6AddressCount=1)
    assert cannot_connect(open_one, world.outside, PORT, OUTSIDE6)
    vpc.route(vpc.main, ANY6, GatewayId=vpc.internet())
    egress = ec2.create_egress_only_internet_gateway(VpcId=vpc.id)["EgressOnlyInternetGateway"]
    egress = egress["EgressOnlyInternetGatewayId"]
    vpc.undo.append(lambda: ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=egress))
    vpc.route(vpc.table(shy_subnet), ANY6, EgressOnlyInternetGatewayId=egress)

    with tcp_server(world.outside, PORT, OUTSIDE6) as peers:
        assert can_connect(open_one, world.outside, PORT, OUTSIDE6)
        assert can_connect(shy, world.outside, PORT, OUTSIDE6)
        assert set(peers) == {open_one.address6, shy.address6}
    assert can_connect(world.outside, open_one, PORT, open_one.address6)
    assert cannot_connect(world.outside, shy, PORT, shy.address6)
    assert cannot_connect(world.outside, open_one, PORT + 1, open_one.address6)


@pytest.mark.parametrize("six", [False, True])
def test_a_flow_that_began_outside_ends_with_its_way_back(cloud, world, ec2, six):
    vpc, everywhere, outside = cloud(AmazonProvidedIpv6CidrBlock=True), ANY6 if six else ANY, OUTSIDE6 if six else OUTSIDE
    it = vpc.instance(vpc.dual_subnet(), vpc.group(f"udp 53 from {outside}/{128 if six else 32}"), Ipv6AddressCount=1)
    gateway = vpc.internet()
    address = it.address6 if six else vpc.address(it.interface)[0]
    destination = {"RouteTableId": vpc.main, "DestinationIpv6CidrBlock" if six else "DestinationCidrBlock": everywhere}
    egress = ec2.create_egress_only_internet_gateway(VpcId=vpc.id)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    vpc.undo.append(lambda: ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=egress))
    running = {"to": it, "port": 53, "address": address, "from_port": 4000}

    ec2.create_route(**destination, GatewayId=gateway)
    assert udp_reaches(world.outside, **running)
    assert udp_reaches(it, world.outside, 4000, outside, from_port=53), "it is answered"
    ec2.delete_route(**destination)
    assert udp_is_dropped(world.outside, **running)
    ec2.create_route(**destination, GatewayId=gateway)
    assert udp_reaches(world.outside, **running)
    if six:
        ec2.replace_route(**destination, EgressOnlyInternetGatewayId=egress)
        assert udp_is_dropped(world.outside, **running)
        ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.id)
        assert udp_is_dropped(world.outside, **running)
        assert can_connect(it, world.outside, PORT, outside), "what begins inside goes out"
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.id)
        ec2.replace_route(**destination, GatewayId=gateway)
        assert udp_reaches(world.outside, **running)


# NAT gateways.


def test_a_private_subnet_goes_out_by_a_nat_gateway_and_nothing_comes_in(cloud, world, ec2):
    vpc = cloud()
    public_subnet, private_subnet = vpc.subnet(), vpc.subnet()
    vpc.route(vpc.main, ANY, GatewayId=vpc.internet())
    table = vpc.table(private_subnet)
    one, other = vpc.run(2, private_subnet, vpc.group(f"all from {ANY}"))
    assert cannot_connect(one, world.outside, PORT)
    nat, public = vpc.nat(public_subnet)
    vpc.route(table, ANY, NatGatewayId=nat)

    with tcp_server(world.outside, PORT) as peers:
        assert can_connect(one, world.outside, PORT) and can_connect(other, world.outside, PORT)
        assert set(peers) == {public}
    one.run("ping", "-c", "1", "-W", "5", OUTSIDE)
    private = ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["NatGatewayAddresses"][0]["PrivateIp"]
    assert cannot_connect(world.outside, one, PORT, public), "nothing opens inwards"
    assert cannot_connect(one, other, PORT, private), "nobody listens at the gateway itself"
    with connection(one, world.outside, PORT) as running:
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock=ANY)
        assert not echoes(running, DROP_SECONDS)
        vpc.route(table, ANY, NatGatewayId=nat)
    assert can_connect(one, world.outside, PORT)


def test_nat_and_egress_only_gateways_have_flows_tracked_that_an_internet_gateway_has_not(cloud, world, ec2):
    """"Automatically tracked connections" in the EC2 guide; all of these come and go by rules for everything."""
    vpc = cloud(AmazonProvidedIpv6CidrBlock=True)
    group = vpc.group(f"all from {ANY}", f"all from {ANY6}")
    public_subnet, private_subnet = vpc.subnet(), vpc.dual_subnet()
    front, back = vpc.instance(public_subnet, group), vpc.instance(private_subnet, group, Ipv6AddressCount=1)
    vpc.route(vpc.main, ANY, GatewayId=vpc.internet())
    public, _ = vpc.address(front.interface)
    table = vpc.table(private_subnet)
    vpc.route(table, ANY, NatGatewayId=vpc.nat(public_subnet)[0])
    egress = ec2.create_egress_only_internet_gateway(VpcId=vpc.id)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    vpc.undo.append(lambda: ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=egress))
    vpc.route(table, ANY6, EgressOnlyInternetGatewayId=egress)
    with (
        connection(front, world.outside, PORT) as outward,
        connection(world.outside, front, PORT, public) as inward,
        connection(back, world.outside, PORT) as by_nat,
        connection(back, world.outside, PORT + 1, OUTSIDE6) as by_egress_only,
    ):
        for rules in ([f"all to {ANY}", f"all to {ANY6}"], [f"all from {ANY}", f"all from {ANY6}"]):
            vpc.revoke(group, *rules)
            assert echoes(by_nat) and echoes(by_egress_only)
            assert not echoes(outward, DROP_SECONDS) and not echoes(inward, DROP_SECONDS)
            vpc.allow(group, *rules)
            assert echoes(outward) and echoes(inward)


def test_a_nat_gateway_with_several_addresses_uses_them_all(cloud, world):
    vpc = cloud()
    _, first, second, _, private_subnet = vpc.nat_with_two_addresses()
    instances = vpc.run(8, private_subnet)
    with tcp_server(world.outside, PORT) as peers:
        for it in instances:
            assert can_connect(it, world.outside, PORT)
        assert set(peers) == {first, second}


@pytest.mark.logs_errors
def test_a_nat_gateway_that_its_node_cannot_make_is_shown_as_failed_until_it_can(cloud, world, ec2, server):
    vpc = cloud()
    public_subnet, private_subnet = vpc.subnet(), vpc.subnet()
    vpc.route(vpc.main, ANY, GatewayId=vpc.internet())
    instance = vpc.instance(private_subnet)
    nat, _ = vpc.nat(public_subnet)
    vpc.route(vpc.table(private_subnet), ANY, NatGatewayId=nat)
    row = lambda: ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]
    router, link = f"culvert-{server.tag}-{vpc.id}", nat[:15]
    ip("-n", router, "link", "add", "stranger", "type", "bridge")
    # At once, so that the agent does not come in between.
    steps = f"link set {link} down\nlink set {link} name ousted\nlink set stranger name {link}\n"
    subprocess.run(["ip", "-n", router, "-batch", "-"], input=steps, text=True, check=True)
    until("it has failed", lambda: row()["State"] == "failed")
    assert row()["FailureCode"] == "InternalError" and row()["FailureMessage"]
    assert {it["Status"] for it in row()["NatGatewayAddresses"]} == {"failed"}
    assert cannot_connect(instance, world.outside, PORT)
    ip("-n", router, "link", "del", link)
    until("it is available", lambda: row()["State"] == "available")
    assert "FailureCode" not in row()
    assert can_connect(instance, world.outside, PORT)


def test_errors_come_back_through_a_nat_gateway(cloud, world):
    vpc = cloud()
    public_subnet, private_subnet = vpc.subnet(), vpc.subnet()
    vpc.route(vpc.main, ANY, GatewayId=vpc.internet())
    instance = vpc.instance(private_subnet)
    nat, _ = vpc.nat(public_subnet)
    vpc.route(vpc.table(private_subnet), ANY, NatGatewayId=nat)
    with instance.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PASS_SECONDS)
        client.connect((OUTSIDE, PORT))
        client.send(b"is anybody there?")
        with pytest.raises(ConnectionRefusedError):
            client.recv(1)

    narrow = ["-n", world.node, "route", "add", f"{FURTHER}/32", "dev", "eth0", "mtu", "1300"]
    ip(*narrow)
    try:
        with connection(instance, world.further, PORT) as client:
            assert client.getsockopt(socket.IPPROTO_IP, IP_MTU) == 1500
            client.sendall(bytes(100_000))
            received = 0
            while received < 100_000:
                received += len(client.recv(1 << 16))
            assert client.getsockopt(socket.IPPROTO_IP, IP_MTU) == 1300
    finally:
        ip(*(("del" if it == "add" else it) for it in narrow))


def datagrams(source, to, port, from_ports):
    """Sends a datagram from each of these ports, and gives the endpoints that they are seen to come from."""
    came = set()
    with udp_server(to, port) as server:
        server.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        server.setblocking(False)

        def look():
            with contextlib.suppress(BlockingIOError):
                while True:
                    came.add(server.recvfrom(16)[1])

        with inside(source):
            for from_port in from_ports:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                    client.bind(("", from_port))
                    client.sendto(b"x", (to.address, port))
                if from_port % 256 == 0:
                    look()
        end = time.monotonic() + DROP_SECONDS
        while time.monotonic() < end and len(came) < len(from_ports):
            look()
    return came


def test_one_interface_leaves_ports_of_a_nat_gateway_to_the_others(cloud, world):
    vpc = cloud()
    public_subnet, private_subnet = vpc.subnet(), vpc.subnet()
    vpc.route(vpc.main, ANY, GatewayId=vpc.internet())
    greedy, modest = vpc.run(2, private_subnet)
    nat, public = vpc.nat(public_subnet)
    vpc.route(vpc.table(private_subnet), ANY, NatGatewayId=nat)
    taken = datagrams(greedy, world.outside, PORT, range(1024, 65536, 8))
    assert {address for address, _ in taken} == {public}
    # The kernel does not look for the last free ones for long.
    assert 1900 < len(taken) <= 2016, "one of 32 shares of the ports"
    left = datagrams(modest, world.outside, PORT, range(30000, 30100))
    assert len(left) == 100 and not left & taken
    with tcp_server(world.outside, PORT):
        assert can_connect(modest, world.outside, PORT)
    assert udp_reaches(greedy, world.further, PORT), "to another destination all are there again"


def test_connections_by_an_address_that_leaves_a_nat_gateway_go_on_for_as_long_as_the_call_says(cloud, world, ec2):
    vpc = cloud()
    nat, first, second, allocation, private_subnet = vpc.nat_with_two_addresses()
    addresses = lambda: ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["NatGatewayAddresses"]
    with tcp_server(world.outside, PORT) as peers, contextlib.ExitStack() as stack:
        by_second = None
        for it in vpc.run(8, private_subnet):
            client = stack.enter_context(connect(it, world.outside, PORT))
            assert echoes(client)
            if peers[-1] == second:
                by_second, sender = client, it
        association = next(it["AssociationId"] for it in addresses() if it["AllocationId"] == allocation)
        began = time.monotonic()
        ec2.disassociate_nat_gateway_address(NatGatewayId=nat, AssociationIds=[association], MaxDrainDurationSeconds=DRAIN_SECONDS)
        assert [it["Status"] for it in addresses()] == ["succeeded", "disassociating"]
        assert echoes(by_second), "what is there goes on"
        with connect(sender, world.outside, PORT) as another:
            assert echoes(another) and peers[-1] == first, "what comes leaves by another address"
        assert time.monotonic() - began < DRAIN_SECONDS, "this machine is too slow for the test"
        until("the address is gone", lambda: len(addresses()) == 1)
        assert time.monotonic() - began >= DRAIN_SECONDS
        until("its connections are too", lambda: not echoes(by_second, DROP_SECONDS))


# Routes.


def test_a_middlebox_sees_what_a_more_specific_route_sends_it(cloud, ec2):
    vpc = cloud()
    clients, servers, middle = vpc.subnet(), vpc.subnet(), vpc.subnet()
    group = vpc.group(f"all from {ANY}")
    client, server, box = vpc.instance(clients, group), vpc.instance(servers, group), vpc.instance(middle, group)
    block = next(it["CidrBlock"] for it in ec2.describe_subnets(SubnetIds=[servers])["Subnets"])
    assert can_connect(client, server, PORT)
    vpc.route(vpc.table(clients), block, NetworkInterfaceId=box.interface)
    assert cannot_connect(client, server, PORT), "the box looks at destinations"
    ec2.modify_network_interface_attribute(NetworkInterfaceId=box.interface, SourceDestCheck={"Value": False})
    before = box.sent()
    assert cannot_connect(client, server, PORT), "the box does not forward yet"
    assert box.sent() == before
    box.run("sysctl", "-w", "net.ipv4.ip_forward=1")
    assert can_connect(client, server, PORT)
    assert box.sent() > before
    box.terminate()
    assert cannot_connect(client, server, PORT), "the route is a black hole"


class Detour(Cloud):
    """A VPC in which a middlebox lies between the subnets of a client and a server, both ways and in both families."""

    def __init__(self, ec2):
        super().__init__(ec2, AmazonProvidedIpv6CidrBlock=True)
        self.clients, self.servers, self.middle = (self.dual_subnet() for _ in range(3))
        everyone, self.passing = (self.group(f"all from {ANY}", f"all from {ANY6}") for _ in range(2))
        self.guarded = self.group()
        self.client = self.instance(self.clients, everyone, Ipv6AddressCount=1)
        self.server = self.instance(self.servers, self.guarded, Ipv6AddressCount=1)
        self.box = self.instance(self.middle, self.passing, Ipv6AddressCount=1)
        self.check(False)
        for family in ("ipv4.ip_forward", "ipv6.conf.all.forwarding"):
            self.box.run("sysctl", "-w", f"net.{family}=1")
        rows = ec2.describe_subnets(SubnetIds=[self.clients, self.servers])["Subnets"]
        block = {it["SubnetId"]: (it["CidrBlock"], it["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]) for it in rows}
        self.from_clients = self.table(self.clients)
        for table, there in ((self.from_clients, self.servers), (self.table(self.servers), self.clients)):
            for destination in block[there]:
                self.route(table, destination, NetworkInterfaceId=self.box.interface)

    def check(self, on):
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=self.box.interface, SourceDestCheck={"Value": on})

    def lead_out(self):
        """Lets the middlebox be the clients' way to the internet gateway."""
        self.route(self.main, ANY, GatewayId=self.internet())
        self.route(self.from_clients, ANY, NetworkInterfaceId=self.box.interface)

    def is_refused_behind(self, address, port, to=None):
        """Whether the middlebox passed a client's attempt on, which did not come about."""
        with Witness(self.box) as witness:
            refused = cannot_connect(self.client, to or self.server, port, address)
            must_have_left(witness, socket.IPPROTO_TCP, address, port)
        return refused


@pytest.fixture
def detour(ec2):
    made = Detour(ec2)
    yield made
    made.delete()


def test_what_a_middlebox_passes_on_is_judged_again_by_groups(detour):
    client, server, box = detour.client, detour.server, detour.box
    addresses = (server.address, server.address6)
    for address in addresses:
        assert detour.is_refused_behind(address, PORT), "the group of the server has no rules"
    with Witness(box) as witness:
        assert udp_is_dropped(client, server, PORT)
        must_have_left(witness, socket.IPPROTO_UDP, server.address, PORT)
    rules = [f"tcp {PORT} from {ANY}", f"tcp {PORT} from {ANY6}", f"udp {PORT} from {ANY}"]
    detour.allow(detour.guarded, *rules)
    for address in addresses:
        assert can_connect(client, server, PORT, address)
        assert detour.is_refused_behind(address, PORT + 1)
    assert udp_reaches(client, server, PORT) and udp_is_dropped(client, server, PORT + 1)
    assert can_connect(box, server, PORT)

    # What the middlebox itself may send and receive counts for what it passes on.
    with connection(client, server, PORT) as running:
        detour.lock_egress(detour.passing)
        assert echoes(running), "what was tracked goes on"
        assert detour.is_refused_behind(server.address, PORT)
    assert can_connect(client, server, PORT, server.address6), "the rule for IPv6 is still there"
    detour.allow(detour.passing, f"all to {ANY}")
    detour.revoke(detour.passing, f"all from {ANY}")
    with Witness(box) as witness:
        assert cannot_connect(client, server, PORT)
        assert not witness.saw(socket.IPPROTO_TCP, server.address, PORT), "it was not to come to the middlebox"
    detour.allow(detour.passing, f"all from {ANY}")

    # As one end of a flow it is an interface like others, whether or not it passes packets on.
    with connection(client, box, PORT) as running:
        for on in (True, False):
            detour.check(on)
            assert echoes(running)


def test_what_a_middlebox_passes_on_is_judged_again_by_acls(ec2, world, detour):
    client, server, box = detour.client, detour.server, detour.box
    detour.allow(detour.guarded, f"tcp {PORT} from {ANY}", f"tcp {PORT} from {ANY6}")
    detour.lead_out()
    detour.address(client.interface)
    with Witness(box) as witness:
        assert can_connect(client, world.outside, PORT), "answers from outside come without a detour"
        must_have_left(witness, socket.IPPROTO_TCP, OUTSIDE, PORT)
    for subnet in (detour.servers, detour.middle):
        with connection(client, server, PORT) as running:
            acl = detour.acl(subnet)
            assert not echoes(running, DROP_SECONDS)
        for egress in (True, False):
            detour.entry(acl, 100, egress, ANY)
        assert can_connect(client, server, PORT)
    with connection(client, server, PORT) as running:
        detour.entry(acl, 90, True, f"{server.address}/32", "6", (PORT, PORT), "deny")
        assert not echoes(running, DROP_SECONDS), "the subnet of the middlebox is left, too"
        assert detour.is_refused_behind(server.address, PORT)
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=90, Egress=True)
    assert can_connect(client, server, PORT)
    detour.entry(acl, 90, True, f"{OUTSIDE}/32", "6", (PORT, PORT), "deny")
    assert detour.is_refused_behind(OUTSIDE, PORT, world.outside)


def test_a_flow_over_a_middlebox_that_nobody_answers_is_judged_anew(detour):
    client, server, box = detour.client, detour.server, detour.box
    rule = f"udp {PORT} from {ANY}"
    flow = {"from_port": 4000}
    detour.allow(detour.guarded, rule)
    assert udp_reaches(client, server, PORT, **flow)
    detour.revoke(detour.guarded, rule)
    with Witness(box) as witness:
        assert udp_is_dropped(client, server, PORT, **flow)
        must_have_left(witness, socket.IPPROTO_UDP, server.address, PORT)
    detour.allow(detour.guarded, rule)
    assert udp_reaches(client, server, PORT, **flow)
    detour.lock_egress(detour.passing)
    assert udp_is_dropped(client, server, PORT, **flow)
    detour.allow(detour.passing, f"all to {ANY}")
    detour.revoke(detour.passing, f"all from {ANY}")
    with Witness(box) as witness:
        assert udp_is_dropped(client, server, PORT, **flow)
        assert not witness.saw(socket.IPPROTO_UDP, server.address, PORT), "it was not to come to the middlebox"


def test_answers_from_outside_may_come_by_a_middlebox_that_rules_admit_them_to(ec2, world, detour):
    client, box, outside = detour.client, detour.box, world.outside
    gateway, between = detour.internet(), detour.subnet()
    table = detour.table(between)
    detour.route(table, ANY, GatewayId=gateway)
    nat, _ = detour.nat(between)
    detour.route(detour.from_clients, ANY, NatGatewayId=nat)
    assert can_connect(client, outside, PORT)
    block = ec2.describe_subnets(SubnetIds=[detour.clients])["Subnets"][0]["CidrBlock"]
    detour.route(table, block, NetworkInterfaceId=box.interface)
    before = box.sent()
    assert can_connect(client, outside, PORT)
    assert box.sent() > before
    detour.lock_egress(detour.passing)
    assert cannot_connect(client, outside, PORT), "it has not seen what they answer"


def test_a_route_to_an_interface_that_is_no_middlebox_leads_to_that_one(ec2, detour):
    client, server = detour.client, detour.server
    detour.allow(detour.guarded, f"tcp {PORT} from {ANY}")
    another = detour.instance(detour.servers, detour.guarded)
    block = ec2.describe_subnets(SubnetIds=[detour.servers])["Subnets"][0]["CidrBlock"]
    ec2.replace_route(RouteTableId=detour.from_clients, DestinationCidrBlock=block, NetworkInterfaceId=server.interface)
    assert can_connect(client, server, PORT) and cannot_connect(client, another, PORT)
    assert cannot_connect(client, server, PORT + 1), "its groups are asked"


def test_an_instance_can_be_the_way_out_as_a_nat_gateway_is(world, detour):
    client, box, outside = detour.client, detour.box, world.outside
    detour.lead_out()
    public, _ = detour.address(box.interface)
    assert cannot_connect(client, outside, PORT), "it has no public address"
    for command in ("add table ip nat", "add chain ip nat out { type nat hook postrouting priority 100; }", "add rule ip nat out masquerade"):
        box.run("nft", command)
    with tcp_server(outside, PORT, OUTSIDE) as peers:
        assert can_connect(client, outside, PORT)
        assert set(peers) == {public}
    assert udp_reaches(client, outside, PORT)
    detour.lock_egress(detour.passing)
    assert detour.is_refused_behind(OUTSIDE, PORT, outside)
    detour.allow(detour.passing, f"all to {ANY}")
    assert can_connect(client, outside, PORT)


# Network ACLs.


def test_an_acl_is_stateless_and_only_at_the_edge_of_the_subnet(cloud):
    vpc = cloud()
    inner, outer = vpc.subnet(), vpc.subnet()
    group = vpc.group(f"all from {ANY}")
    server, neighbour = vpc.run(2, inner, group)
    client = vpc.instance(outer, group)
    assert can_connect(client, server, PORT)
    with connection(client, server, PORT) as running:
        acl = vpc.acl(inner)
        assert not echoes(running, DROP_SECONDS), "a change judges running flows too"
        assert cannot_connect(client, server, PORT) and can_connect(neighbour, server, PORT)
        vpc.entry(acl, 100, False, "10.0.0.0/16", "6", (PORT, PORT))
        assert cannot_connect(client, server, PORT), "answers need an entry of their own"
        vpc.entry(acl, 100, True, "10.0.0.0/16", "6", (1024, 65535))
        assert can_connect(client, server, PORT)
    assert cannot_connect(client, server, PORT + 1)
    vpc.entry(acl, 90, False, f"{client.address}/32", "6", (PORT, PORT), "deny")
    assert cannot_connect(client, server, PORT), "the lower number decides"
    assert udp_is_dropped(client, server, PORT)
    vpc.entry(acl, 110, False, "10.0.0.0/16", "17", (PORT, PORT))
    assert udp_reaches(client, server, PORT)


# Peering and prefix lists.


def unpeer(ec2, connection):
    """Deletes a peering connection, unless it went with one of its VPCs."""
    row = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])["VpcPeeringConnections"][0]
    if row["Status"]["Code"] != "deleted":
        ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection)


def peer(ec2, one, other, accepter=None):
    """Peers two VPCs, and returns the connection's id."""
    accepter = accepter or ec2
    more = {}
    if accepter is not ec2:
        more["PeerOwnerId"] = accepter.describe_vpcs(VpcIds=[other.id])["Vpcs"][0]["OwnerId"]
    made = ec2.create_vpc_peering_connection(VpcId=one.id, PeerVpcId=other.id, **more)
    made = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    one.undo.append(lambda: unpeer(ec2, made))
    accepter.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    return made


def peered(ec2, one, other, accepter=None):
    """Peers two VPCs, with routes both ways, and returns the connection's id."""
    made = peer(ec2, one, other, accepter)
    one.route(one.main, str(other.prefix), VpcPeeringConnectionId=made)
    other.route(other.main, str(one.prefix), VpcPeeringConnectionId=made)
    return made


def test_peers_reach_each_other_where_routes_and_rules_say_so_and_nobody_passes_through(cloud, ec2):
    a, b, c = cloud("10.1.0.0/16"), cloud("10.2.0.0/16"), cloud("10.3.0.0/16")
    everything = f"all from {ANY}"
    in_a, in_b, in_c = (it.instance(it.subnet(), it.group(everything)) for it in (a, b, c))
    assert cannot_connect(in_a, in_b, PORT)
    connected = peered(ec2, a, b)
    peered(ec2, b, c)
    assert can_connect(in_a, in_b, PORT) and can_connect(in_b, in_a, PORT) and can_connect(in_b, in_c, PORT)
    a.route(a.main, "10.3.0.0/16", VpcPeeringConnectionId=connected)
    assert cannot_connect(in_a, in_c, PORT), "peering is not transitive"
    with connection(in_a, in_b, PORT) as running:
        unpeer(ec2, connected)
        assert not echoes(running, DROP_SECONDS)
    assert cannot_connect(in_a, in_b, PORT)


def test_a_rule_may_name_a_group_of_a_peer_of_another_account(cloud, ec2, server):
    account, theirs = server.account("peer-of-groups")
    a, b = cloud("10.1.0.0/16"), cloud(theirs, "10.2.0.0/16")
    friends, strangers = b.group(), b.group()
    friend, stranger = b.instance(b.subnet(), friends), b.instance(b.subnets[0], strangers)
    target = a.instance(a.subnet(), a.group())
    peered(ec2, a, b, theirs)
    group = a.groups[0]
    pair = {"GroupId": friends, "UserId": account}
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT, "UserIdGroupPairs": [pair]}],
    )
    assert can_connect(friend, target, PORT)
    assert cannot_connect(stranger, target, PORT)
    stranger.wear(friends)
    assert can_connect(stranger, target, PORT)


def test_a_rule_that_names_a_group_of_one_peer_does_not_take_another_peer_for_it(cloud, ec2):
    """Two peers have the same block, and in each an instance has the same address; only one wears the named group."""
    a, friends, others = cloud("10.1.0.0/16"), cloud("10.2.0.0/16"), cloud("10.2.0.0/16")
    named = friends.group(f"all from {ANY}")
    friend = friends.instance(friends.subnet(), named, PrivateIpAddress="10.2.0.10")
    impostor = others.instance(others.subnet(), others.group(f"all from {ANY}"), PrivateIpAddress="10.2.0.10")
    to_friends, to_others = peered(ec2, a, friends), peer(ec2, a, others)
    group = a.group(f"udp {PORT} from {named}", f"udp {PORT} to {named}")
    a.lock_egress(group)
    target = a.instance(a.subnet(), group)
    others.route(others.main, str(a.prefix), VpcPeeringConnectionId=to_others)
    assert udp_reaches(friend, target, PORT)
    assert udp_is_dropped(impostor, target, PORT)
    assert udp_reaches(target, friend, PORT)
    # Nor is a packet of the one taken for one of a running flow with the other, whoever began that.
    assert udp_reaches(friend, target, PORT, from_port=4000) and udp_reaches(target, friend, PORT, from_port=4001)
    for port, from_port in [(PORT, 4000), (4001, PORT)]:
        assert udp_is_dropped(impostor, target, port, from_port=from_port)
        assert udp_reaches(friend, target, port, from_port=from_port), "the flow goes on"
    # What the route leads to decides who is meant by an address, and so which groups are worn there.
    ec2.replace_route(RouteTableId=a.main, DestinationCidrBlock=str(others.prefix), VpcPeeringConnectionId=to_others)
    assert udp_is_dropped(target, impostor, PORT)
    a.allow(group, f"udp {PORT} to {impostor.address}/32")
    assert udp_reaches(target, impostor, PORT)
    # Nor does it inherit what is left of the flows of one that has gone.
    unpeer(ec2, to_friends)
    for port, from_port in [(PORT, 4000), (4001, PORT)]:
        assert udp_is_dropped(impostor, target, port, from_port=from_port)


def test_a_prefix_list_stands_for_its_entries_in_rules_and_routes(cloud, ec2, world):
    vpc = cloud()
    group = vpc.group()
    client, server = vpc.instance(vpc.subnet(), group), vpc.instance(vpc.subnets[0], group)
    made = ec2.create_managed_prefix_list(
        PrefixListName="friends", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": f"{client.address}/32"}]
    )["PrefixList"]["PrefixListId"]
    vpc.undo.append(lambda: ec2.delete_managed_prefix_list(PrefixListId=made))
    rule = [{"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT, "PrefixListIds": [{"PrefixListId": made}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
    vpc.undo.append(lambda: ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rule))
    assert can_connect(client, server, PORT)
    ec2.modify_managed_prefix_list(
        PrefixListId=made, CurrentVersion=1, RemoveEntries=[{"Cidr": f"{client.address}/32"}], AddEntries=[{"Cidr": f"{OUTSIDE}/32"}]
    )
    assert cannot_connect(client, server, PORT), "the list has changed"
    ec2.create_route(RouteTableId=vpc.main, DestinationPrefixListId=made, GatewayId=vpc.internet())
    vpc.undo.append(lambda: ec2.delete_route(RouteTableId=vpc.main, DestinationPrefixListId=made))
    public, _ = vpc.address(server.interface)
    assert can_connect(world.outside, server, PORT, public)
    assert can_connect(server, world.outside, PORT) and cannot_connect(server, world.further, PORT)


# Block public access.


class Doors(Cloud):
    """A VPC with every way between it and the world outside. Each has a port of its own, so that all are tried at once.

    `front` has a public address and routes to the internet gateway; `back` goes out by a NAT gateway, which has a
    subnet of its own, and by an egress-only gateway.
    """

    def __init__(self, ec2, world):
        super().__init__(ec2, AmazonProvidedIpv6CidrBlock=True)
        self.front_subnet, self.back_subnet, self.nat_subnet = self.dual_subnet(), self.dual_subnet(), self.subnet()
        group = self.group(f"all from {ANY}", f"all from {ANY6}")
        self.front = self.instance(self.front_subnet, group, Ipv6AddressCount=1)
        self.back = self.instance(self.back_subnet, group, Ipv6AddressCount=1)
        gateway = self.internet()
        for destination in (ANY, ANY6):
            self.route(self.main, destination, GatewayId=gateway)
        table = self.table(self.back_subnet)
        self.route(table, ANY, NatGatewayId=self.nat(self.nat_subnet)[0])
        egress = ec2.create_egress_only_internet_gateway(VpcId=self.id)["EgressOnlyInternetGateway"]
        egress = egress["EgressOnlyInternetGatewayId"]
        self.undo.append(lambda: ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=egress))
        self.route(table, ANY6, EgressOnlyInternetGatewayId=egress)
        public, _ = self.address(self.front.interface)
        outside = world.outside
        self.ways = {
            "in": (outside, self.front, 81, public),
            "in6": (outside, self.front, 82, self.front.address6),
            "out": (self.front, outside, 83, OUTSIDE),
            "out6": (self.front, outside, 84, OUTSIDE6),
            "nat": (self.back, outside, 85, OUTSIDE),
            "egress6": (self.back, outside, 86, OUTSIDE6),
            "inside": (self.back, self.front, 87, self.front.address),
        }

    def expect(self, words):
        """Asserts that the ways named are open, the one inside the VPC always, and that no others are."""
        wanted = {*words.split(), "inside"}
        ask = lambda name: (can_connect if name in wanted else cannot_connect)(*self.ways[name])
        with concurrent.futures.ThreadPoolExecutor(len(self.ways)) as pool:
            right = dict(zip(self.ways, pool.map(ask, self.ways), strict=True))
        assert all(right.values()), {name: "is" if it else "is not" for name, it in right.items()}

    def exclude(self, mode, **what):
        made = self.ec2.create_vpc_block_public_access_exclusion(InternetGatewayExclusionMode=mode, **what)
        return made["VpcBlockPublicAccessExclusion"]["ExclusionId"]

    def include(self, *exclusions):
        for it in exclusions:
            self.ec2.delete_vpc_block_public_access_exclusion(ExclusionId=it)


@pytest.fixture
def block(ec2):
    """Sets what the account blocks, which after the test is nothing again."""

    def block(mode):
        ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode=mode)

    yield block
    block("off")


def test_what_an_account_blocks_passes_no_gateway_but_for_what_is_excluded(ec2, world, block):
    everything = "in in6 out out6 nat egress6"
    vpc = Doors(ec2, world)
    try:
        vpc.expect(everything)
        block("block-bidirectional")
        vpc.expect("")
        block("block-ingress")
        vpc.expect("nat egress6")
        # An exclusion for what goes out only counts where both ways are blocked.
        whole = vpc.exclude("allow-egress", VpcId=vpc.id)
        vpc.expect("nat egress6")
        block("block-bidirectional")
        vpc.expect("out out6 nat egress6")
        # That of a subnet counts before that of its VPC.
        front = vpc.exclude("allow-bidirectional", SubnetId=vpc.front_subnet)
        vpc.expect(everything)
        vpc.include(whole)
        vpc.expect("in in6 out out6")
        # Of a NAT gateway its own subnet counts, of an egress-only gateway the sender's.
        nat = vpc.exclude("allow-egress", SubnetId=vpc.nat_subnet)
        vpc.expect("in in6 out out6 nat")
        ec2.modify_vpc_block_public_access_exclusion(ExclusionId=front, InternetGatewayExclusionMode="allow-egress")
        vpc.expect("out out6 nat")
        back = vpc.exclude("allow-egress", SubnetId=vpc.back_subnet)
        vpc.include(front, nat)
        vpc.expect("egress6")
        vpc.include(back)
        vpc.exclude("allow-bidirectional", VpcId=vpc.id)
        vpc.expect(everything)
    finally:
        vpc.delete()


def test_blocking_cuts_the_connections_that_are_blocked_and_no_others(ec2, world, block):
    vpc = Doors(ec2, world)

    def left(mode):
        """Which of the connections on every way carry bytes once the account blocks so."""
        block("off")
        with contextlib.ExitStack() as stack:
            running = {name: stack.enter_context(connection(*way)) for name, way in vpc.ways.items()}
            block(mode)
            return {name for name, it in running.items() if echoes(it, DROP_SECONDS)}

    try:
        assert left("block-ingress") == {"nat", "egress6", "inside"}
        assert left("block-bidirectional") == {"inside"}
        vpc.exclude("allow-egress", VpcId=vpc.id)
        assert left("block-bidirectional") == {"out", "out6", "nat", "egress6", "inside"}
    finally:
        vpc.delete()


def test_what_one_account_blocks_is_open_to_another(ec2, world, block, server):
    _, theirs = server.account("open-to-the-world")
    vpc = Doors(theirs, world)
    try:
        block("block-bidirectional")
        vpc.expect("in in6 out out6 nat egress6")
    finally:
        vpc.delete()
