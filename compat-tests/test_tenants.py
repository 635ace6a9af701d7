"""What a hostile workload tries over the ways out of its VPC: gateways, public addresses, peering, and the node itself.

Two accounts have the same addresses throughout; the attacker is root in an instance of the first. Every attempt is seen
to leave the attacker and is looked for on the links of everyone else: instances and routers, NAT gateways, the edge, the
node, the world outside. Beside it honest packets show that the ways are open and the taps work.
"""

import contextlib
import ipaddress
import itertools
import json
import socket
import struct
from functools import partial

import pytest

from culvert import NETNS
from packets import DROP_SECONDS, Host, can_connect, cannot_connect, connect, connection, echoes, tcp_server
from probes import (
    ARP,
    BROADCAST_MAC,
    IPV6,
    Link,
    Probe,
    Router,
    Tap,
    check,
    fragments,
    frames,
    icmp6_message,
    icmp_message,
    ipv4,
    ipv6,
    observe,
    ports_of,
    tcp,
    tcp_segment,
    udp,
    udp_datagram,
)
from test_gateways import Cloud, peered
from test_isolation import KINDS, SO_MARK, arp, extension, heard, neighbour
from test_names import ask, question
from world import FURTHER, NODE, NODE6, OUTSIDE, OUTSIDE6, POOL, World

ALL, ALL6 = "0.0.0.0/0", "::/0"
UDP, TCP, ICMP, ICMPV6 = socket.IPPROTO_UDP, socket.IPPROTO_TCP, socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6
# A port that rules open to all, one that they open to those who are trusted by their address, and one that they do not open.
OPEN, TRUSTED, SHUT = 1000, 1500, 2000
ROUTER, FAR = "169.254.1.1", "169.254.1.2"


class Tenant:
    """An account with a VPC that has every way out, a VPC that is its peer, and a third that is only the peer's.

    `near` has a public address, `hidden` is behind a NAT gateway, `shy` has IPv6 behind an egress-only gateway, `locked`
    has no way out at all; `beyond` is in the peer, `farther` in the peer's peer. `attacker` is as `near`.
    """

    def __init__(self, ec2, pool):
        self.vpc = vpc = Cloud(ec2, AmazonProvidedIpv6CidrBlock=True)
        public = vpc.dual_subnet("10.0.0.0/24")
        private = vpc.subnet("10.0.1.0/24")
        egress = vpc.dual_subnet("10.0.2.0/24")
        shut_in = vpc.dual_subnet("10.0.3.0/24")
        trusted = [f"udp {TRUSTED} from {it}" for it in ("10.0.0.0/16", "10.9.0.0/16", pool, str(vpc.prefix6))]
        opened = [f"{kind} {OPEN} from {it}" for kind in ("udp", "tcp") for it in (ALL, ALL6)]
        group, all_of = vpc.group(*opened, *trusted), vpc.group(f"all from {ALL}", f"all from {ALL6}")
        six = dict(Ipv6AddressCount=1)
        self.near = vpc.instance(public, group, PrivateIpAddress="10.0.0.10", **six)
        self.attacker = vpc.instance(public, all_of, PrivateIpAddress="10.0.0.30", **six)
        self.hidden = vpc.instance(private, group, PrivateIpAddress="10.0.1.10")
        self.shy = vpc.instance(egress, group, PrivateIpAddress="10.0.2.10", **six)
        self.locked = vpc.instance(shut_in, all_of, PrivateIpAddress="10.0.3.10", **six)

        gateway = vpc.internet()
        vpc.route(vpc.main, ALL, GatewayId=gateway)
        vpc.route(vpc.main, ALL6, GatewayId=gateway)
        self.public, self.attackers_public = (vpc.address(it.interface)[0] for it in (self.near, self.attacker))
        self.nat, self.nat_public = vpc.nat(public)
        row = ec2.describe_nat_gateways(NatGatewayIds=[self.nat])["NatGateways"][0]
        self.nat_private = row["NatGatewayAddresses"][0]["PrivateIp"]
        self.through_nat = vpc.table(private)
        vpc.route(self.through_nat, ALL, NatGatewayId=self.nat)
        only_out = ec2.create_egress_only_internet_gateway(VpcId=vpc.id)["EgressOnlyInternetGateway"]
        vpc.route(vpc.table(egress), ALL6, EgressOnlyInternetGatewayId=only_out["EgressOnlyInternetGatewayId"])
        vpc.table(shut_in)

        self.peer, self.third = Cloud(ec2, "10.9.0.0/16"), Cloud(ec2, "10.8.0.0/16")
        self.beyond, self.farther = (it.instance(it.subnet(), self.opened(it, pool)) for it in (self.peer, self.third))
        self.connection = peered(ec2, vpc, self.peer)
        peered(ec2, self.peer, self.third)
        # Ways that peering does not give: through the peer to its own peer, and out by the other's gateways.
        vpc.route(vpc.main, "10.8.0.0/16", VpcPeeringConnectionId=self.connection)
        self.peer.route(self.peer.main, ALL, VpcPeeringConnectionId=self.connection)

    def opened(self, vpc, pool):
        trusted = [f"udp {TRUSTED} from {it}" for it in ("10.0.0.0/16", "10.8.0.0/16", "10.9.0.0/16", pool)]
        return vpc.group(f"udp {OPEN} from {ALL}", f"tcp {OPEN} from {ALL}", *trusted)

    @property
    def instances(self):
        return [self.near, self.attacker, self.hidden, self.shy, self.locked, self.beyond, self.farther]


class Scene:
    """The attacker's tenant, another with the same addresses, the node and the world."""

    def __init__(self, world, server):
        self.world, self.server = world, server
        self.node = Host(world.node, NODE, NODE6)
        self.outside, self.further = world.outside, world.further
        self.ours, self.theirs = (Tenant(server.account(it)[1], POOL) for it in ("mallory", "alice"))
        self.attacker = self.ours.attacker
        self.spaces = [Router(it.name) for it in server.kernel_objects() if it.parent == NETNS]
        # What the kernel has to know of its neighbour before frames can be made by hand.
        assert can_connect(self.outside, self.ours.near, OPEN, self.ours.public)

    def everyone(self, but=()):
        """Everybody's links, but those of these instances and of the routers that their packets enter first."""
        mine = {f"culvert-{self.server.tag}-{vpc}" for vpc in map(self.vpc_of, but)}
        skipped = mine | {it.id for it in but}
        return [it for it in [*self.spaces, *self.ends(), self.node] if it.id not in skipped]

    def ends(self):
        """Where packets may end: all instances, and the world."""
        return [*self.ours.instances, *self.theirs.instances, self.outside]

    def vpc_of(self, instance):
        tenants = [it for tenant in (self.ours, self.theirs) for it in (tenant.vpc, tenant.peer, tenant.third)]
        return next(it.id for it in tenants if instance in it.instances)

    def honest(self):
        """Packets over every way, to either tenant."""
        ours, theirs = self.ours, self.theirs
        for one in (ours, theirs):
            yield from (udp(one.attacker, one.near, OPEN), udp(one.attacker, one.beyond, OPEN))
            yield from (udp(it, self.outside, OPEN) for it in (one.attacker, one.hidden))
            yield from (udp(it, self.outside, OPEN, six=True) for it in (one.attacker, one.shy))
            yield udp(self.outside, one.near, OPEN, address=one.public)
            yield udp(self.outside, one.near, OPEN, six=True)
        yield udp(self.attacker, theirs.near, OPEN, address=theirs.public)
        yield udp(self.attacker, theirs.near, OPEN, six=True)

    def fails(self, *attempts):
        """Each attempt leaves its sender and reaches nobody; honest packets arrive."""
        check(passes=self.honest(), drops=attempts)

    def by_hand(self, name, make, source=None, at=None, **more):
        """Frames of the attacker, or of another, that are looked for at everyone else's."""
        source = source or self.attacker
        at = at or (self.everyone([source]) if source is not self.outside else self.ends())
        return frames(name, source, [it for it in at if it.id != source.id], make, **more)

    def datagram(self, name, source, destination, port=OPEN, sender=None, **more):
        """A datagram with any source address."""
        four = ipaddress.ip_address(destination).version == 4

        def make(mark):
            return (ipv4 if four else ipv6)(source, destination, UDP, udp_datagram(source, destination, 4000, port, mark))

        more |= {} if four else {"kind": IPV6}
        return self.by_hand(f"{name}: {source} -> {destination} {port}", make, sender, **more)


@pytest.fixture(scope="module")
def scene():
    with World() as world, world.culvert("--public-pool", POOL) as server, server:
        yield Scene(world, server.start())


# The same addresses twice.


def test_the_same_addresses_of_two_accounts_lead_to_each_ones_own(scene):
    passes, drops = [], []
    for mine, others in ((scene.ours, scene.theirs), (scene.theirs, scene.ours)):
        for it in (mine.near, mine.hidden, mine.shy, mine.beyond):
            probe = udp(mine.attacker, it, OPEN)
            passes.append(probe)
            drops.append(udp(mine.attacker, it, OPEN, at=others.instances))
        # There is a way from the peer to here, and it ends here.
        passes.append(udp(mine.beyond, mine.near, OPEN))
        drops.append(udp(mine.beyond, mine.near, OPEN, at=others.instances))
    check(passes, drops)


def test_flows_of_two_accounts_that_look_alike_do_not_meet(scene):
    """The same private address and port to the same place outside, by public addresses and by NAT gateways."""
    with contextlib.ExitStack() as stack:
        peers = stack.enter_context(tcp_server(scene.outside, OPEN))
        flows = []
        for tenant in (scene.ours, scene.theirs):
            for it in (tenant.near, tenant.hidden):
                client = stack.enter_context(it.socket())
                client.bind((it.address, 4444))
                client.settimeout(5)
                client.connect((OUTSIDE, OPEN))
                flows.append(client)
        assert all(echoes(it) for it in flows) and all(echoes(it) for it in reversed(flows))
        named = [it for tenant in (scene.ours, scene.theirs) for it in (tenant.public, tenant.nat_public)]
        assert list(peers) == named


# Pretending to be another.


# Whom the attacker says that it is.
PRETENDED = {
    "its neighbour": lambda ours, theirs: ours.near.address,
    "one behind the NAT gateway": lambda ours, theirs: ours.hidden.address,
    "one of the peer": lambda ours, theirs: ours.beyond.address,
    "one of the peer's peer": lambda ours, theirs: ours.farther.address,
    "the NAT gateway": lambda ours, theirs: ours.nat_private,
    "the NAT gateway from outside": lambda ours, theirs: ours.nat_public,
    "itself from outside": lambda ours, theirs: ours.attackers_public,
    "its neighbour from outside": lambda ours, theirs: ours.public,
    "the other tenant from outside": lambda ours, theirs: theirs.public,
    "the router": lambda ours, theirs: ROUTER,
    "the far end of the link": lambda ours, theirs: FAR,
    "the name server": lambda ours, theirs: "169.254.169.253",
    "the metadata service": lambda ours, theirs: "169.254.169.254",
    "the node": lambda ours, theirs: NODE,
    "the world": lambda ours, theirs: OUTSIDE,
    "nobody": lambda ours, theirs: "10.0.0.99",
    "the node's loopback": lambda ours, theirs: "127.0.0.1",
}


def test_a_forged_ipv4_source_takes_no_way_out(scene):
    ours, theirs = scene.ours, scene.theirs
    sources = {who: source(ours, theirs) for who, source in PRETENDED.items()}
    places = [OUTSIDE, theirs.public, ours.beyond.address, ours.near.address, ours.hidden.address]
    ways = itertools.product(sources.items(), places, (OPEN, TRUSTED))
    scene.fails(*(scene.datagram(who, source, to, port) for (who, source), to, port in ways))


def test_a_forged_ipv6_source_takes_no_way_out(scene):
    sources = {
        "its neighbour": scene.ours.near.address6,
        "the other tenant": scene.theirs.near.address6,
        "one behind an egress-only gateway": scene.ours.shy.address6,
        "nobody here": str(scene.ours.vpc.prefix6[0x1234]),
        "the node": NODE6,
        "the world": OUTSIDE6,
    }
    sources |= {it: it for it in ("fe80::1", "fe80::2", "fd00:ec2::253", "fd00:ec2::254", "::1")}
    places = [OUTSIDE6, scene.theirs.near.address6, scene.ours.near.address6, scene.ours.shy.address6]
    ways = itertools.product(sources.items(), places, (OPEN, TRUSTED))
    scene.fails(*(scene.datagram(who, source, to, port) for (who, source), to, port in ways))


def test_an_interface_that_is_not_checked_still_pretends_to_nobody_of_another_vpc(scene):
    """Without the check it may forward for others of its VPC; what is not of its VPC leaves it by no gateway."""
    ours, theirs = scene.ours, scene.theirs
    ec2, interface = ours.vpc.ec2, scene.attacker.interface
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    try:
        sources = [ours.beyond.address, ours.farther.address, theirs.public, ours.public, NODE, OUTSIDE, ROUTER, "169.254.169.254"]
        attempts = [scene.datagram("unchecked", it, to, TRUSTED) for it in sources for to in (OUTSIDE, theirs.public)]
        # The peer's router is the one that looks.
        attempts += [scene.datagram("unchecked", it, ours.beyond.address, TRUSTED, at=scene.ends()) for it in sources]
        sources6 = [theirs.near.address6, NODE6, OUTSIDE6, "fe80::1", "fd00:ec2::254"]
        attempts += [scene.datagram("unchecked", it, to, TRUSTED) for it in sources6 for to in (OUTSIDE6, theirs.near.address6)]
        # What it may forward for others it may not ask for in their name.
        others = (ours.near, ours.hidden, ours.locked)
        attempts += [answered(scene, scene.attacker, it.address, [it, scene.attacker], metadata_syn) for it in others]
        scene.fails(*attempts)
    finally:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": True})


@pytest.mark.parametrize("whose", ["its neighbour's", "the NAT gateway's", "the router's", "everyone's", "nobody's"])
def test_a_forged_hardware_address_gives_no_way_that_the_sender_has_not(scene, whose):
    nat = Router(f"culvert-{scene.server.tag}-{scene.ours.nat}")
    mac = {
        "its neighbour's": lambda: Link(scene.ours.near).mac,
        "the NAT gateway's": lambda: Link(nat).mac,
        "the router's": lambda: Link(scene.attacker).gateway,
        "everyone's": lambda: BROADCAST_MAC,
        "nobody's": lambda: bytes.fromhex("02deadbeef00"),
    }[whose]()
    attempts = []
    for to in (OUTSIDE, scene.ours.beyond.address, scene.theirs.public):
        # From one without any way; and as another of its VPC, from one with all of them.
        attempts.append(scene.datagram("from MAC", scene.ours.locked.address, to, sender=scene.ours.locked, from_mac=mac))
        attempts.append(scene.datagram("from MAC", scene.ours.near.address, to, from_mac=mac))
        if mac != Link(scene.attacker).gateway:
            attempts.append(scene.datagram("to MAC", scene.attacker.address, to, to=mac))
    scene.fails(*attempts)


# Ways that the sender's route table does not have.


def test_marks_choose_no_other_route_table(scene):
    """A router tells route tables by a mark that it sets itself; a workload's own does not get there."""
    locked = scene.ours.locked
    places = (OUTSIDE, scene.ours.beyond.address, scene.theirs.public)
    numbers = [*range(1, 9), *(table << 16 | identity for table in range(9) for identity in range(4)), 0xFFFFFFFF]
    at, attempts = scene.everyone([locked]), []
    for mark in numbers:
        options = [(socket.SOL_SOCKET, SO_MARK, struct.pack("=I", mark))]
        attempts += [udp(locked, at, OPEN, address=it, options=options) for it in places]
    scene.fails(*attempts)


def test_routes_that_a_workload_gives_itself_lead_nowhere(scene):
    """To the world, the peer, another tenant, the far end of the link and the node, straight or by somebody else."""
    locked, ours = scene.ours.locked, scene.ours
    places = [OUTSIDE, NODE, ours.beyond.address, ours.farther.address, scene.theirs.public, FAR, ours.nat_public]
    attempts = [udp(locked, scene.outside, OPEN, address=to, at=scene.everyone([locked])) for to in places]
    with contextlib.ExitStack() as stack:
        for to in places:
            locked.run("ip", "route", "replace", f"{to}/32", "via", ROUTER, "dev", "eth0", "onlink")
            stack.callback(locked.run, "ip", "route", "delete", f"{to}/32")
        scene.fails(*attempts)
    # By the NAT gateway, or by one that has a way: the frames are theirs, and nobody takes them.
    nat = Link(Router(f"culvert-{scene.server.tag}-{ours.nat}")).mac
    hops = [nat, Link(ours.near).mac]
    pairs = itertools.product(places, hops)
    scene.fails(*(scene.datagram("by another", locked.address, to, sender=locked, to=hop) for to, hop in pairs))


def test_nobody_passes_through_a_peer(scene):
    """Neither to the peer's own peer, nor out by its gateways, nor to its name server and metadata; nor back."""
    ours = scene.ours
    # Both routers are on the way, and there it ends.
    others = scene.everyone([scene.attacker, ours.beyond])
    attempts = [udp(ours.farther, ours.near, OPEN, at=scene.everyone([ours.farther]))]
    for kind in (udp, tcp):
        attempts.append(kind(scene.attacker, ours.farther, OPEN, at=others))
        # The peer's route to everything leads here.
        attempts += [kind(ours.beyond, others, OPEN, address=it) for it in (OUTSIDE, scene.theirs.public)]
    places = [ours.nat_private, "10.0.0.99", "169.254.169.254", "169.254.169.253", FAR, ROUTER]
    attempts += [scene.datagram("from the peer", ours.beyond.address, it, sender=ours.beyond, at=scene.ends()) for it in places]
    scene.fails(*attempts)


def test_fragments_and_extension_headers_find_no_way_where_plain_packets_do_not(scene):
    ours, theirs = scene.ours, scene.theirs
    attempts = []
    for source, to, port in (
        (ours.locked, OUTSIDE, OPEN),
        (ours.locked, ours.beyond.address, OPEN),
        (ours.attacker, theirs.public, SHUT),
        (ours.attacker, ours.beyond.address, SHUT),
    ):
        cuts = {"all": slice(None), "first": slice(1), "rest": slice(1, None), "backwards": slice(None, None, -1)}
        for name, cut in cuts.items():

            def make(mark, source=source.address, to=to, port=port, cut=cut):
                return fragments(ipv4(source, to, UDP, udp_datagram(source, to, 4000, port, mark * 12)), 64, 64)[cut]

            attempts.append(scene.by_hand(f"{name} fragments to {to} {port}", make, source, scene.ends()))
    for source, to, port in (
        (ours.locked, OUTSIDE6, OPEN),
        (ours.attacker, theirs.near.address6, SHUT),
        (scene.outside, ours.near.address6, SHUT),
        (scene.outside, ours.shy.address6, OPEN),
    ):
        for kind in [*KINDS, "authentication", "mobility"]:

            def make(mark, source=source.address6, to=to, port=port, kind=kind):
                number, header = extension(kind, UDP)
                return ipv6(source, to, number, header + udp_datagram(source, to, 4000, port, mark))

            attempts.append(scene.by_hand(f"{kind} to {to} {port}", make, source, scene.ends(), kind=IPV6))
    scene.fails(*attempts)


# From outside.


def private_addresses(tenant):
    return [*(it.address for it in tenant.instances), tenant.nat_private]


def test_nothing_from_outside_reaches_a_private_address(scene):
    """The world knows a way to the node for all of them."""
    attempts = []
    for to in dict.fromkeys([*private_addresses(scene.ours), FAR, ROUTER, "169.254.169.254", "169.254.169.253"]):
        for port in (OPEN, TRUSTED, 53, 80):
            attempts.append(scene.datagram("from outside", OUTSIDE, to, port, sender=scene.outside))
        attempts.append(
            scene.by_hand("from outside", lambda mark, to=to: ipv4(OUTSIDE, to, ICMP, icmp_message(8, 0, mark)), scene.outside)
        )
    for it in (scene.ours.shy, scene.ours.locked, scene.theirs.shy, scene.theirs.locked):
        attempts.append(scene.datagram("from outside", OUTSIDE6, it.address6, OPEN, sender=scene.outside))
    for to in ("fe80::1", "fe80::2", "fd00:ec2::253", "fd00:ec2::254"):
        attempts.append(scene.datagram("from outside", OUTSIDE6, to, OPEN, sender=scene.outside))
    scene.fails(*attempts)


FROM_OUTSIDE = {
    "one of the VPC": lambda ours, theirs: ours.attacker.address,
    "the receiver itself": lambda ours, theirs: ours.near.address,
    "the receiver from outside": lambda ours, theirs: ours.public,
    "one of the peer": lambda ours, theirs: ours.beyond.address,
    "the NAT gateway": lambda ours, theirs: ours.nat_private,
    "the NAT gateway from outside": lambda ours, theirs: ours.nat_public,
    "another of the VPC from outside": lambda ours, theirs: ours.attackers_public,
    "the other tenant from outside": lambda ours, theirs: theirs.public,
    "the node's loopback": lambda ours, theirs: "127.0.0.1",
    "all": lambda ours, theirs: "255.255.255.255",
}


@pytest.mark.parametrize("who", FROM_OUTSIDE)
def test_a_forged_ipv4_source_from_outside_is_not_believed(scene, who):
    """Rules of the receiver trust who has these addresses."""
    ours = scene.ours
    source = FROM_OUTSIDE[who](ours, scene.theirs)
    places = itertools.product((ours.public, ours.nat_public), (OPEN, TRUSTED))
    scene.fails(*(scene.datagram(who, source, to, port, sender=scene.outside) for to, port in places))


@pytest.mark.parametrize("who", ["one of the VPC", "the receiver itself", "the other tenant", "::1", "ff02::1"])
def test_a_forged_ipv6_source_from_outside_is_not_believed(scene, who):
    known = {
        "one of the VPC": scene.ours.attacker.address6,
        "the receiver itself": scene.ours.near.address6,
        "the other tenant": scene.theirs.near.address6,
    }
    source, to = known.get(who, who), scene.ours.near.address6
    scene.fails(*(scene.datagram(who, source, to, port, sender=scene.outside) for port in (OPEN, TRUSTED)))


def test_nothing_comes_in_by_a_nat_gateway(scene):
    """Neither to those behind it, while they talk to the world, nor into their flow."""
    ours, port = scene.ours, 5555
    with tcp_server(scene.outside, OPEN), ours.hidden.socket() as flow, ours.hidden.socket(kind=socket.SOCK_DGRAM) as datagrams:
        flow.bind((ours.hidden.address, port))
        flow.settimeout(5)
        flow.connect((OUTSIDE, OPEN))
        with scene.outside.socket(kind=socket.SOCK_DGRAM) as far:
            far.bind((OUTSIDE, OPEN))
            far.settimeout(5)
            datagrams.bind((ours.hidden.address, port))
            datagrams.sendto(b"out", (OUTSIDE, OPEN))
            _, (public, public_port) = far.recvfrom(64)
            assert public == ours.nat_public

            def send(name, sender, source, to, number, from_port, flags=2):
                def make(mark):
                    if number == UDP:
                        return ipv4(source, to, UDP, udp_datagram(source, to, from_port, public_port, mark))
                    return ipv4(source, to, TCP, tcp_segment(source, to, from_port, port, mark, flags, 1 << 31, 1))

                return scene.by_hand(name, make, sender, [ours.hidden, scene.theirs.hidden])

            attempts = []
            for to, sender, source in (
                # Not whom they talk to, and not from where.
                (ours.nat_public, scene.outside, FURTHER),
                (ours.nat_private, scene.outside, OUTSIDE),
                (ours.nat_private, ours.attacker, ours.attacker.address),
                (ours.nat_public, ours.attacker, ours.attacker.address),
                (ours.nat_private, ours.attacker, OUTSIDE),
                (ours.hidden.address, ours.attacker, OUTSIDE),
                (ours.nat_private, ours.beyond, ours.beyond.address),
                (ours.nat_private, ours.beyond, OUTSIDE),
                (ours.nat_public, scene.theirs.attacker, scene.theirs.attacker.address),
                (ours.nat_public, scene.theirs.attacker, OUTSIDE),
            ):
                attempts.append(send("udp", sender, source, to, UDP, OPEN))
                attempts += [send(f"tcp {flags:#x}", sender, source, to, TCP, OPEN, flags) for flags in (2, 4, 0x10, 0x12, 0x14)]
            attempts.append(send("from another port", scene.outside, OUTSIDE, ours.nat_public, UDP, OPEN + 1))
            scene.fails(*attempts)
            far.sendto(b"in", (public, public_port))
            datagrams.settimeout(5)
            assert datagrams.recv(64) == b"in"
        assert echoes(flow)


# Errors about the flows of others.


def errors(source, flow, to):
    """ICMP errors that could slow a flow or end it, as packets by name; the flow is addresses and ports of both ends."""
    (one, one_port), (other, other_port) = flow
    four = ipaddress.ip_address(one).version == 4

    def make(kind, code, rest):
        def packet(mark):
            segment = tcp_segment(one, other, one_port, other_port, mark, 0x10)
            if four:
                return ipv4(source, to, ICMP, icmp_message(kind, code, ipv4(one, other, TCP, segment), rest))
            body = struct.pack("!I", rest) + ipv6(one, other, TCP, segment)
            return ipv6(source, to, ICMPV6, icmp6_message(source, to, kind, code, body))

        return packet

    kinds = [(3, 4, 552), (3, 3, 0), (11, 0, 0), (5, 1, 0)] if four else [(2, 0, 1280), (1, 0, 0), (3, 0, 0)]
    about = f"about {one} {one_port} -> {other} {other_port}"
    return {f"error {kind}/{code} {about}": make(kind, code, rest) for kind, code, rest in kinds}


def test_an_error_from_a_peer_or_from_outside_about_a_flow_inside_does_not_arrive(scene):
    """Whoever guesses its ports could slow it, or end it; no part of its way lies with them."""
    ours = scene.ours
    near = ours.near
    with connection(ours.attacker, near, OPEN) as four, tcp_server(near, OPEN, near.address6):
        six = connect(ours.attacker, near, OPEN, near.address6)
        attempts = []
        pairs = (four, ours.attacker.address, near.address), (six, ours.attacker.address6, near.address6)
        for client, one, other in pairs:
            ends = (one, client.getsockname()[1]), (other, OPEN)
            for flow in (ends, ends[::-1]):
                to = flow[0][0]
                senders = [(scene.outside, OUTSIDE6), (scene.theirs.attacker, scene.theirs.attacker.address6)]
                if client is four:
                    senders = [(ours.beyond, ours.beyond.address), (scene.outside, OUTSIDE)]
                for sender, source in senders:
                    for name, make in errors(source, flow, to).items():
                        more = {} if client is four else {"kind": IPV6}
                        attempts.append(scene.by_hand(f"{sender}: {name}", make, sender, [ours.attacker, ours.near], **more))
        scene.fails(*attempts)
        assert echoes(four) and echoes(six)


def test_an_error_about_a_flow_of_another_tenant_or_of_the_node_does_not_arrive(scene):
    ours, theirs = scene.ours, scene.theirs
    with (
        connection(scene.outside, theirs.near, OPEN, theirs.public) as inwards,
        connection(theirs.hidden, scene.outside, OPEN) as behind,
        connection(scene.node, scene.outside, OPEN) as nodes,
    ):
        flows = [
            ((theirs.public, OPEN), (OUTSIDE, inwards.getsockname()[1])),
            ((theirs.nat_public, behind.getsockname()[1]), (OUTSIDE, OPEN)),
            ((NODE, nodes.getsockname()[1]), (OUTSIDE, OPEN)),
        ]
        attempts = []
        for flow in flows:
            for name, make in errors(ours.attacker.address, flow, flow[0][0]).items():
                attempts.append(scene.by_hand(name, make))
        # The attacker's own errors are let out only about flows of its own.
        scene.fails(*attempts)
        assert echoes(inwards) and echoes(behind) and echoes(nodes)


# The link, the node and what routers answer.


def test_claims_about_neighbours_change_no_way_out(scene):
    """ARP and neighbour discovery that say: I am the router, the far end, the NAT gateway, the one beside me."""
    attacker, ours = scene.attacker, scene.ours
    own = Link(attacker)
    with connection(ours.near, scene.outside, OPEN) as public, connection(ours.hidden, scene.outside, OPEN) as hidden:
        attempts = []
        for claimed in (ROUTER, FAR, ours.nat_private, ours.near.address, ours.hidden.address, NODE):
            for operation, to in itertools.product((1, 2), (BROADCAST_MAC, own.gateway)):
                claim = arp(operation, own.mac, claimed, to, claimed)
                attempts.append(scene.by_hand(f"arp {operation}: I am {claimed}", claim.__add__, to=to, kind=ARP))
        for claimed in ("fe80::1", "fe80::2", ours.near.address6, NODE6):
            for kind, to in itertools.product((135, 136), ("ff02::1", "fe80::1", ours.near.address6)):
                make = partial(neighbour, kind, claimed, to, claimed, own.mac)
                mac = bytes.fromhex("333300000001") if to == "ff02::1" else None
                attempts.append(scene.by_hand(f"neighbour {kind} to {to}: I am {claimed}", make, to=mac, kind=IPV6))
        scene.fails(*attempts)
        assert echoes(public) and echoes(hidden)


def test_what_is_said_to_all_stays_on_the_link(scene):
    """Multicast, DHCP and router advertisements, to the link or by the gateways."""
    source, source6 = scene.attacker.address, scene.attacker.address6
    attempts = []
    for to in ("224.0.0.1", "224.0.0.251", "239.1.2.3", "255.255.255.255", "10.0.0.255", "192.0.2.255"):
        # Its neighbours do not know what is a broadcast address of the world: the node does.
        at = scene.ends() if to == "192.0.2.255" else None
        for port in (OPEN, 67, 68, 5353):
            attempts += [scene.datagram("to all", source, to, port, at=at, to=mac) for mac in (BROADCAST_MAC, None)]
    for to in ("ff02::1", "ff02::2", "ff02::1:2", "ff05::1", "ff0e::1"):
        mac = b"\x33\x33" + ipaddress.ip_address(to).packed[-4:]
        attempts += [scene.datagram("to all", source6, to, port, to=it) for port in (OPEN, 547) for it in (mac, None)]

        def advertisement(mark, to=to):
            body = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + bytes([253, 8]) + mark.ljust(62, b"\0")
            return ipv6("fe80::1", to, ICMPV6, icmp6_message("fe80::1", to, 134, 0, body), hops=255)

        attempts.append(scene.by_hand(f"router advertisement to {to}", advertisement, to=mac, kind=IPV6))
    scene.fails(*attempts)


def test_tunnels_lead_out_of_no_vpc(scene):
    """VXLAN, GRE and IP in IP to whoever might unpack it, with a packet inside that would be admitted."""
    ours, theirs = scene.ours, scene.theirs

    def datagram(source, to, port):
        return lambda mark: ipv4(source, to, UDP, udp_datagram(source, to, 4000, port, mark))

    inner = {
        "to the other tenant": datagram(theirs.attacker.address, theirs.near.address, TRUSTED),
        "from the peer's peer": datagram(ours.beyond.address, ours.farther.address, TRUSTED),
        "to the node": datagram(OUTSIDE, NODE, OPEN),
    }
    victims = [theirs.near, ours.farther]
    attempts = []
    own = [ROUTER, FAR, ours.nat_private, ours.nat_public, "10.0.0.2", "169.254.169.254"]
    for to in (NODE, *own, theirs.public, theirs.nat_public):
        for name, make in inner.items():
            # A public address is unpacked by nobody, but the datagram around goes there.
            at = [it for it in victims if not (it is theirs.near and to == theirs.public)]

            def wrapped(kind, mark, to=to, make=make):
                source = scene.attacker.address
                if kind != UDP:
                    return ipv4(source, to, kind, (b"\0\0\x08\0" if kind == 47 else b"") + make(mark))
                frame = bytes.fromhex("8800000100000100") + Link(theirs.near).mac + Link(theirs.attacker).mac + b"\x08\0" + make(mark)
                return ipv4(source, to, UDP, udp_datagram(source, to, 4000, 4789, frame))

            for kind, word in ((UDP, "vxlan"), (47, "gre"), (4, "ipip")):
                attempts.append(scene.by_hand(f"{word} by {to} {name}", partial(wrapped, kind), at=at))
    scene.fails(*attempts)


@contextlib.contextmanager
def services(host):
    """A port at which the host listens on all its addresses, by all four kinds of sockets; gives it and the sockets."""
    with contextlib.ExitStack() as stack:
        listeners = []
        for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                it = stack.enter_context(host.socket(family, kind))
                if family == socket.AF_INET6:
                    it.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                it.bind((anywhere, listeners[0].getsockname()[1] if listeners else 0))
                if kind == socket.SOCK_STREAM:
                    it.listen(64)
                listeners.append(it)
        yield listeners[0].getsockname()[1], listeners


def addresses_in(host):
    """Every address of a namespace, of both families."""
    links = json.loads(host.run("ip", "-json", "address").stdout)
    return {it["local"] for link in links for it in link.get("addr_info", ())}


def test_no_way_out_leads_to_services_of_the_node_or_of_what_lies_between(scene):
    """They listen on every address: in the node's own namespace, the edge, a router and a NAT gateway."""
    ours = scene.ours
    tag = scene.server.tag
    between = [Router(f"culvert-{tag}-{it}") for it in ("edge", ours.vpc.id, scene.theirs.vpc.id, ours.peer.id, ours.nat)]
    with contextlib.ExitStack() as stack:
        served = [(it, *stack.enter_context(services(it))) for it in [scene.node, *between]]
        # They do hear, but for those whose own chains drop also what comes from beside them.
        for host, port, listeners in served[:2]:
            with host.socket() as near, host.socket(kind=socket.SOCK_DGRAM) as datagram:
                near.connect(("127.0.0.1", port))
                datagram.sendto(b"from beside", ("127.0.0.1", port))
                assert len(heard(listeners, 2, 5)) == 2
        probes = []
        for host, port, _ in served:
            # The node's, the links' and gateways' are all that lie between; and what a host calls itself.
            known = {NODE, NODE6, FAR, ROUTER, "fe80::1", "fe80::2", "127.0.0.1", "::1", ours.nat_private, ours.nat_public}
            to_try = addresses_in(host) | (known if host in (scene.node, between[0]) else set())
            for sender, to in itertools.product((scene.attacker, ours.hidden, ours.shy, ours.beyond), sorted(to_try)):
                source = sender.address6 if ":" in to else sender.address
                if source:
                    probes.append(scene.datagram("to a service", source, to, port, sender=sender))
                    probes.append(syn(scene, sender, source, to, port))
        honest = list(scene.honest())
        left, arrived = observe(probes + honest, lambda it: it.issuperset(honest), DROP_SECONDS)
        assert left.issuperset(probes), f"these prove nothing: {set(probes) - left}"
        assert arrived.issuperset(honest), set(honest) - arrived
        for host, _, listeners in served:
            assert not heard(listeners, 1, 0), f"a service in {host.id} was heard"


def syn(scene, sender, source, to, port, **more):
    """The first packet of a connection, with any source address."""
    four = ":" not in to
    make = lambda mark: (ipv4 if four else ipv6)(source, to, TCP, tcp_segment(source, to, 4000, port, mark))  # noqa: E731
    more |= {} if four else {"kind": IPV6}
    return scene.by_hand(f"tcp {source} -> {to} {port}", make, sender, **more)


def answered(scene, asker, source, at, make, number=TCP, port=80):
    """A packet to a service of the router; it arrives if the answer is seen at one of `at`."""
    from_port = next(from_ports)
    mine, answer = (from_port, port), (port, from_port)
    send = scene.by_hand("", lambda _: make(source, from_port), asker).send
    return Probe(f"{source} {from_port} asks {port}", asker, at, send, lambda it: ports_of(it, number) in (mine, answer))


from_ports = itertools.count(20000)


def metadata_syn(source, from_port):
    return ipv4(source, "169.254.169.254", TCP, tcp_segment(source, "169.254.169.254", from_port, 80))


def test_metadata_of_another_instance_is_not_had_under_its_address(scene):
    """A request with another's source gets no answer: not at the attacker, nor at whose address it is."""
    ours = scene.ours
    everybody = [*ours.instances, *scene.theirs.instances]
    others = [ours.near, ours.hidden, ours.locked, ours.beyond]
    sources = [*(it.address for it in others), ours.nat_private, ours.public, ours.attackers_public, "10.0.0.99"]
    # The attacker's own probe comes back to it, so that its link is looked at in the honest one only for its own port.
    attempts = [answered(scene, scene.attacker, it, everybody, metadata_syn) for it in sources]
    own = [answered(scene, it, it.address, [it], metadata_syn) for it in (scene.attacker, ours.near, ours.locked)]
    check(passes=[*own, *scene.honest()], drops=attempts)


def test_services_of_a_router_answer_nobody_who_is_not_on_its_links(scene):
    """Its name server by address, from the peer, from the world and from behind; and nothing but what it serves."""
    ours = scene.ours
    assert ask(scene.attacker, "ip-10-0-0-10.ec2.internal", server="10.0.0.2") == [ours.near.address]
    assert ask(ours.beyond, "ip-10-9-0-4.ec2.internal", server="10.9.0.2") is not None

    def asks(asker, to, source=None, at=None):
        source, message = source or asker.address, question("ip-10-0-0-10.ec2.internal", "A")
        make = lambda source, from_port: ipv4(source, to, UDP, udp_datagram(source, to, from_port, 53, message))  # noqa: E731
        return answered(scene, asker, source, at or [asker], make, UDP, 53)

    outsiders = itertools.product((ours.beyond, ours.farther, scene.outside), ("10.0.0.2", ours.public, ours.nat_public))
    attempts = [asks(asker, to) for asker, to in outsiders]
    attempts.append(asks(ours.hidden, "10.9.0.2"))
    attempts += [asks(scene.attacker, it) for it in ("10.9.0.2", "10.8.0.2", "10.0.0.1", ROUTER, FAR, NODE)]
    at = [scene.attacker, ours.near]
    attempts += [asks(scene.attacker, "10.0.0.2", it, at) for it in (ours.near.address, ours.beyond.address)]
    check(passes=[asks(scene.attacker, "10.0.0.2"), *scene.honest()], drops=attempts)


def test_a_scan_of_link_local_addresses_finds_only_what_is_served(scene):
    """Nothing answers but the name server and the metadata service: elsewhere not even a refusal. The node may have
    such services of its own, and they are not for workloads: what looks for them does not pass the edge."""
    attacker = scene.attacker
    fours = [f"169.254.{third}.{last}" for third in (0, 1, 169, 170) for last in (1, 2, 123, 253, 254)]
    # At these two a port that is the other's is refused.
    answering = ("169.254.169.253", "169.254.169.254", "fd00:ec2::253", "fd00:ec2::254")
    served = set(itertools.product(answering, (53, 80)))
    beyond = [scene.node, *scene.ends()]
    tap = Tap(attacker)
    try:
        attempts = []
        for to in [*fours, "fe80::1", "fe80::2", "fd00:ec2::1", "fd00:ec2::123", "fd00:ec2::253", "fd00:ec2::254"]:
            source = attacker.address6 if ":" in to else attacker.address
            for port in (22, 53, 80, 8080):
                if (to, port) not in served:
                    attempts.append(scene.datagram("scan", source, to, port, at=beyond))
                    attempts.append(syn(scene, attacker, source, to, port, at=beyond))
        scene.fails(*attempts)
        tap.look()
        answers = [it.hex() for it in tap.came if it[0] >> 4 == 4 and it[12:14] == b"\xa9\xfe"]
        assert not answers, answers[:5]
    finally:
        tap.close()
    assert ask(attacker, "ip-10-0-0-10.ec2.internal", server="169.254.169.253")


def test_resets_under_anothers_address_end_no_flow_that_leaves_the_vpc(scene):
    """From the attacker beside, from the peer, from another tenant; all sequence numbers in steps of a window."""
    ours = scene.ours
    with connection(ours.near, scene.outside, OPEN) as public, connection(ours.hidden, scene.outside, OPEN) as hidden:
        attempts = []
        for client, host, seen in ((public, ours.near, ours.public), (hidden, ours.hidden, ours.nat_public)):
            port = client.getsockname()[1]
            for sender in (scene.attacker, ours.beyond, scene.theirs.attacker):
                # To either end, as the other.
                for (one, one_port), (other, other_port) in (
                    ((OUTSIDE, OPEN), (host.address, port)),
                    ((OUTSIDE, OPEN), (seen, port)),
                    ((host.address, port), (OUTSIDE, OPEN)),
                    ((seen, port), (OUTSIDE, OPEN)),
                ):

                    def make(mark, one=one, one_port=one_port, other=other, other_port=other_port):
                        segments = (tcp_segment(one, other, one_port, other_port, mark, 4, it << 28) for it in range(16))
                        return [ipv4(one, other, TCP, it) for it in segments]

                    at = [ours.near, ours.hidden, scene.outside]
                    attempts.append(scene.by_hand(f"resets of {sender} as {one} to {other}", make, sender, at))
        scene.fails(*attempts)
        assert echoes(public) and echoes(hidden)


def test_an_instance_without_a_public_address_or_route_stays_inside(scene):
    """And what has one is not reached where no rule admits it: the same sockets, the honest way."""
    ours, theirs = scene.ours, scene.theirs
    for sender in (ours.locked, ours.shy, ours.farther):
        assert cannot_connect(sender, scene.outside, OPEN)
        assert cannot_connect(sender, theirs.near, OPEN, theirs.public)
    assert cannot_connect(scene.attacker, theirs.near, SHUT, theirs.public)
    assert cannot_connect(scene.outside, ours.shy, OPEN, ours.shy.address6)
    assert can_connect(scene.attacker, theirs.near, OPEN, theirs.public)
    assert can_connect(ours.hidden, theirs.near, OPEN, theirs.public), "by the NAT gateway"
