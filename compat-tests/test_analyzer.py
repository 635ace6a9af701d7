"""The analyzer says what the kernel does: random networks, random packets, and `explain` asked about each of them.

Every round makes VPCs with subnets, ACLs, route tables, gateways, NAT, peering, groups and instances out of a seeded
source of chance, sends a batch of packets from everywhere to everywhere, and changes something. Each packet bears a
number that no other bears, so that it is known wherever it arrives, under whatever source. What arrived, and where, and
as whose packet, must be what the analyzer says of it; so must what becomes of the reply.

`CULVERT_PROBES` (10,000) says how many packets are sent, `CULVERT_SEED` with which chance. A packet that is judged
differently is sent once more by itself, with what the analyzer says of it printed, before the test fails.
"""

import contextlib
import ipaddress
import itertools
import json
import os
import random
import select
import socket
import struct
import time

import pytest
import rawhttp
from culvert import until
from packets import Host, inside
from probes import Tap, icmp6_message, icmp_message, ipv4, ipv6, tcp_segment, udp_datagram
from test_gateways import Cloud
from world import FURTHER, OUTSIDE, OUTSIDE6, POOL, World

PROBES = int(os.environ.get("CULVERT_PROBES", "10000"))
SEED = int(os.environ.get("CULVERT_SEED", "1000"))
BATCH = 400
BATCHES_PER_WORLD = 6
PORTS = (22, 80, 443, 8080)
QUIET_SECONDS = 0.35

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
numbers = itertools.count(0x10_0000)


@pytest.fixture(scope="module")
def world():
    with World() as made:
        yield made


@pytest.fixture(scope="module")
def server(world):
    with world.culvert("--public-pool", POOL) as made, made:
        yield made.start()


class Probe:
    """One packet: who sends it, what it carries, and what is said of it."""

    def __init__(self, sender, to, protocol, port):
        self.sender, self.to, self.protocol, self.port = sender, to, protocol, port
        self.number = next(numbers)
        self.source_port = 1024 + self.number % 60000
        self.arrivals, self.replies = [], []

    def ask(self, analyzer):
        """What the analyzer says, or nothing where there is no such packet: IPv4 from a sender without it, say."""
        six = ":" in self.to
        protocol = ICMP6 if six and self.protocol == ICMP else self.protocol
        asked = {"From": self.sender.name, "To": self.to, "Protocol": protocol}
        if protocol in (TCP, UDP):
            asked |= {"Port": self.port, "SourcePort": self.source_port}
        self.said = analyzer(asked)
        if self.said is None:
            return False
        self.source = self.said["Question"]["Source"]
        return self.said["Question"]["Destination"] == self.to

    def packet(self):
        return build(self.source, self.to, self.protocol, self.source_port, self.port, self.number)

    def wanted(self):
        """Where it must arrive, as whose packet: `(place, sources, destination)`, or nothing."""
        delivered = self.said["Forward"]["Delivered"]
        if not delivered or delivered["To"] in ("dns", "metadata"):
            return None
        # Of all that may be outside, only these addresses are somebody's here.
        if delivered["To"] == "outside" and delivered["Destination"] not in (OUTSIDE, FURTHER, OUTSIDE6):
            return None
        return delivered["To"], set(delivered["Sources"]), delivered["Destination"]

    def wants_reply(self):
        return bool(self.said["Reply"] and self.said["Reply"]["Arrives"])

    def faults(self):
        wanted = self.wanted()
        places = {place for place, _, _ in self.arrivals}
        if wanted is None:
            # Nobody has it, so nobody sees it; that nobody else does is what counts.
            return [f"arrived at {places}"] if places else []
        place, sources, destination = wanted
        faults = [f"arrived at {places}, not at {place} alone"] if places != {place} else []
        faults += [
            f"arrived as {it[1:]}, not from {sources} to {destination}"
            for it in self.arrivals
            if it[1] not in sources or it[2] != destination
        ]
        answers = bool(self.said["Reply"]) and not self.said["Forward"]["Delivered"]["Middlebox"]
        if not faults and answers and bool(self.replies) != self.wants_reply():
            faults.append(f"the reply {'arrived' if self.replies else 'did not arrive'}")
        return faults

    def story(self):
        """What the analyzer says, a line a component."""
        ways = [("there", self.said["Forward"]), ("back", self.said["Reply"] or {"Components": []})]
        rows = [(name, it) for name, way in ways for it in way["Components"]]
        return "\n".join(
            f"  {name}: {'passes' if it['Passes'] else 'STOPS'} {it['Source']} -> {it['Destination']} {it['Id']}: {it['Explanation']}"
            for name, it in rows
        )

    def __repr__(self):
        names = {TCP: "tcp", UDP: "udp", ICMP: "icmp"}
        return f"{names[self.protocol]} {self.sender.name} -> {self.to} port {self.port} from port {self.source_port}"


def build(source, to, protocol, source_port, port, number, reply=False):
    """An IP packet that bears the number."""
    mark = b"number %d;" % number
    six = ":" in to
    if protocol == TCP:
        body = tcp_segment(source, to, source_port, port, flags=0x02, number=number)
    elif protocol == UDP:
        body = udp_datagram(source, to, source_port, port, (b"reply " if reply else b"first ") + mark)
    elif six:
        body = icmp6_message(source, to, 128, 0, struct.pack("!HH", number & 0xFFFF, 1) + mark)
    else:
        body = icmp_message(8, 0, mark, rest=(number & 0xFFFF) << 16 | 1)
    kind = ICMP6 if six and protocol == ICMP else protocol
    return ipv6(source, to, kind, body) if six else ipv4(source, to, kind, body)


def read(packet):
    """`(number, is_reply, protocol, source, destination, ports)` of one of our packets, or nothing."""
    if len(packet) < 28 or packet[0] >> 4 not in (4, 6) or packet[0] >> 4 == 6 and len(packet) < 48:
        return None
    if packet[0] >> 4 == 4:
        start, protocol = (packet[0] & 15) * 4, packet[9]
        source, to = (socket.inet_ntop(socket.AF_INET, packet[at : at + 4]) for at in (12, 16))
    else:
        start, protocol = 40, packet[6]
        source, to = (socket.inet_ntop(socket.AF_INET6, packet[at : at + 16]) for at in (8, 24))
    body = packet[start:]
    if protocol == TCP and len(body) >= 20:
        ports = struct.unpack_from("!HH", body)
        sequence, acknowledged, _, flags = struct.unpack_from("!IIBB", body, 4)
        if flags & 0x04:
            return acknowledged - 1, True, TCP, source, to, ports
        return (sequence, False, TCP, source, to, ports) if flags & 0x12 == 0x02 else None
    if protocol in (ICMP, ICMP6) and body[:1] not in (b"\x08", b"\x00", b"\x80", b"\x81"):
        return None
    at = body.find(b"number ")
    if at < 0:
        return None
    number = int(body[at + 7 : body.index(b";", at)])
    if protocol == UDP:
        return number, body[8:14] == b"reply ", UDP, source, to, struct.unpack_from("!HH", body)
    return number, body[0] in (0, 129), ICMP, source, to, None


class Sender:
    """Somebody who sends and receives: an instance, or the world outside. `name` is what the analyzer knows it by."""

    def __init__(self, host, name, place):
        self.host, self.name, self.place = host, name, place
        self.tap = Tap(host)
        self.four = host.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.six = host.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, packet, to):
        with contextlib.suppress(OSError):
            if ":" in to:
                self.six.sendto(packet, (to, 0))
            else:
                self.four.sendto(packet, (to, 0))

    def close(self):
        for it in (self.tap, self.four, self.six):
            it.close()


def run(probes, senders):
    """Sends the probes, has datagrams answered, and notes what arrived where."""
    by_number = {it.number: it for it in probes}
    asked = []

    def look():
        for sender in senders:
            sender.tap.look()
            for packet in sender.tap.came:
                found = read(packet)
                probe = by_number.get(found[0]) if found else None
                if probe is None:
                    continue
                _, is_reply, protocol, source, to, ports = found
                if is_reply:
                    if sender.place == probe.sender.place:
                        probe.replies.append((source, to))
                    continue
                if (sender.place, source, to) not in probe.arrivals:
                    probe.arrivals.append((sender.place, source, to))
                    wanted = probe.wanted()
                    if protocol == UDP and wanted and wanted[0] == sender.place and wanted[2] == to:
                        asked.append((sender, build(to, source, UDP, ports[1], ports[0], probe.number, reply=True), source))
            sender.tap.came.clear()
            sender.tap.left.clear()

    def settle(seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([it.tap.socket for it in senders], [], [], left)[0]:
                look()

    for at, probe in enumerate(probes):
        probe.sender.send(probe.packet(), probe.to)
        if at % 32 == 31:
            look()
    settle(QUIET_SECONDS)
    for sender, packet, to in asked:
        sender.send(packet, to)
    asked.clear()
    settle(QUIET_SECONDS)


class Network:
    """VPCs made by chance."""

    def __init__(self, server, world, chance):
        self.server, self.world, self.chance, self.ec2 = server, world, chance, server.ec2
        self.clouds, self.senders, self.boxes = [], [], []
        self.public, self.others = [], []

    def make(self):
        for prefix in ("10.1.0.0/16", "10.2.0.0/16", "10.1.0.0/16"):
            self.cloud(prefix)
        self.peer(self.clouds[0], self.clouds[1])
        self.senders.append(Sender(self.world.outside, OUTSIDE, "outside"))
        for name in (FURTHER, OUTSIDE6):
            twin = Sender.__new__(Sender)
            twin.__dict__ = {**self.senders[-1].__dict__, "name": name}
            self.others.append(twin)

    def cloud(self, prefix):
        chance = self.chance
        cloud = Cloud(self.ec2, prefix, AmazonProvidedIpv6CidrBlock=True)
        self.clouds.append(cloud)
        row = self.ec2.describe_vpcs(VpcIds=[cloud.id])["Vpcs"][0]
        blocks = ipaddress.ip_network(row["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]).subnets(new_prefix=64)
        cloud.gateway = cloud.internet() if chance.random() < 0.8 else None
        if cloud.gateway:
            cloud.route(cloud.main, "0.0.0.0/0", GatewayId=cloud.gateway)
            cloud.route(cloud.main, "::/0", GatewayId=cloud.gateway)
        cloud.tables, cloud.acls = [cloud.main], []
        subnets = [cloud.subnet(Ipv6CidrBlock=str(next(blocks))) for _ in range(3)]
        groups = [cloud.group() for _ in range(3)]
        for group in groups:
            for _ in range(chance.randint(1, 4)):
                self.rule(cloud, group)
            if chance.random() < 0.4:
                cloud.lock_egress(group)
        for subnet in subnets:
            worn = chance.sample(groups, chance.randint(1, 2))
            for instance in cloud.run(2, subnet, *worn, Ipv6AddressCount=1):
                self.senders.append(Sender(instance, instance.interface, instance.interface))
                if cloud.gateway and chance.random() < 0.5:
                    self.public.append(cloud.address(instance.interface)[0])
        if cloud.gateway and chance.random() < 0.7:
            table = cloud.table(subnets[1])
            cloud.tables.append(table)
            nat, public = cloud.nat(subnets[0])
            self.public.append(public)
            cloud.route(table, "0.0.0.0/0", NatGatewayId=nat)
        else:
            cloud.tables.append(cloud.table(subnets[1]))
        if chance.random() < 0.6:
            egress = self.ec2.create_egress_only_internet_gateway(VpcId=cloud.id)["EgressOnlyInternetGateway"]
            egress = egress["EgressOnlyInternetGatewayId"]
            cloud.undo.append(
                lambda: self.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=egress)
            )
            with contextlib.suppress(self.ec2.exceptions.ClientError):
                cloud.route(cloud.tables[-1], "::/0", EgressOnlyInternetGatewayId=egress)
        if chance.random() < 0.7:
            self.acl(cloud, subnets[2])

    def peer(self, one, other):
        made = self.ec2.create_vpc_peering_connection(VpcId=one.id, PeerVpcId=other.id)
        made = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
        for here, there in ((one, other), (other, one)):
            for table in here.tables:
                if self.chance.random() < 0.8:
                    here.route(table, str(there.prefix), VpcPeeringConnectionId=made)

    def rule(self, cloud, group):
        chance = self.chance
        peer = chance.choice(
            [chance.choice(cloud.groups), "0.0.0.0/0", "::/0", str(cloud.prefix), POOL, "192.0.2.0/24", "10.2.0.0/17", f"{OUTSIDE}/32"]
        )
        port = chance.choice(PORTS)
        what = chance.choice([f"tcp {port}", f"udp {port}", "all", f"tcp {port}-{port + 400}", "icmp 8/-1", "icmpv6", "17"])
        way = chance.choice(("from", "from", "to"))
        if ":" in peer and what.startswith("icmp "):
            what = "icmpv6"
        with contextlib.suppress(self.ec2.exceptions.ClientError):
            cloud.allow(group, f"{what} {way} {peer}")

    def acl(self, cloud, subnet):
        acl = cloud.acl(subnet)
        cloud.acls.append(acl)
        for _ in range(self.chance.randint(3, 9)):
            self.entry(cloud, acl)

    def entry(self, cloud, acl):
        chance = self.chance
        block = chance.choice(["0.0.0.0/0", "0.0.0.0/0", "::/0", str(cloud.prefix), "10.2.0.0/16", "192.0.2.0/24", POOL])
        protocol, ports = chance.choice([("-1", None), ("6", (1024, 65535)), ("6", (80, 443)), ("17", (1, 65535)), ("icmp", None)])
        more = {}
        if protocol == "icmp":
            protocol = "58" if ":" in block else "1"
            more = {"IcmpTypeCode": {"Type": -1, "Code": -1}}
        if ports:
            more = {"PortRange": {"From": ports[0], "To": ports[1]}}
        key = "Ipv6CidrBlock" if ":" in block else "CidrBlock"
        action = "allow" if chance.random() < 0.75 else "deny"
        with contextlib.suppress(self.ec2.exceptions.ClientError):
            self.ec2.create_network_acl_entry(
                NetworkAclId=acl, RuleNumber=chance.randint(1, 200), Egress=chance.random() < 0.5, Protocol=protocol,
                RuleAction=action, **{key: block}, **more,
            )  # fmt: skip

    def edit(self):
        """Changes something, if EC2 lets it."""
        chance, ec2 = self.chance, self.ec2
        cloud = chance.choice(self.clouds)
        table = chance.choice(cloud.tables)
        block = chance.choice(["10.2.0.0/16", "10.1.1.0/24", "192.0.2.8/31", f"{FURTHER}/32", "0.0.0.0/0", "::/0"])
        key = "DestinationIpv6CidrBlock" if ":" in block else "DestinationCidrBlock"

        def revoke():
            group = ec2.describe_security_groups(GroupIds=[chance.choice(cloud.groups)])["SecurityGroups"][0]
            ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[chance.choice(group["IpPermissions"])])

        def unroute():
            ec2.delete_route(RouteTableId=table, **{key: block})

        def reroute():
            targets = [{"NetworkInterfaceId": chance.choice(cloud.instances).interface}]
            targets += [{"GatewayId": cloud.gateway}] if cloud.gateway else []
            ec2.create_route(RouteTableId=table, **{key: block}, **chance.choice(targets))

        def check():
            interface = chance.choice(cloud.instances).interface
            ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": chance.random() < 0.5})

        steps = [
            lambda: self.rule(cloud, chance.choice(cloud.groups)),
            revoke,
            lambda: chance.choice(cloud.instances).wear(*chance.sample(cloud.groups, chance.randint(1, 3))),
            lambda: self.entry(cloud, chance.choice(cloud.acls)),
            unroute,
            reroute,
            check,
        ]
        with contextlib.suppress(ec2.exceptions.ClientError, IndexError):
            chance.choice(steps)()

    def probe(self):
        chance = self.chance
        sender = chance.choice(self.senders + self.others)
        instances = [it for it in self.senders if it.place != "outside"]
        kind = chance.random()
        if sender.place == "outside":
            host = chance.choice(instances).host
            to = chance.choice(self.public) if self.public and kind < 0.6 else host.address6
            to = host.address if kind > 0.95 else to
        elif kind < 0.55:
            host = chance.choice(instances).host
            to = chance.choice([host.address, host.address, host.address6])
        elif kind < 0.8:
            to = chance.choice([OUTSIDE, FURTHER, OUTSIDE6])
        elif kind < 0.95 and self.public:
            to = chance.choice(self.public)
        else:
            to = chance.choice(["10.1.0.77", "10.2.1.77", OUTSIDE])
        if sender.name == OUTSIDE6 and ":" not in to or sender.name in (OUTSIDE, FURTHER) and ":" in to:
            return None
        return Probe(sender, to, chance.choice((TCP, TCP, UDP, UDP, ICMP)), chance.choice(PORTS))

    def close(self):
        for it in self.senders:
            it.close()
        for it in reversed(self.clouds):
            it.delete()


def test_the_kernel_does_what_the_analyzer_says(server, world):
    def analyzer(asked):
        answer = rawhttp.call(server, {"Action": "Explain", **asked}, service="culvert")
        return json.loads(answer.body) if answer.status == 200 else None

    done = passed = refused = replied = 0
    deciders = {}
    for seed in itertools.count(SEED):
        if done >= PROBES:
            break
        network = Network(server, world, random.Random(seed))
        try:
            network.make()
            for batch in range(BATCHES_PER_WORLD):
                probes = []
                while len(probes) < BATCH:
                    probe = network.probe()
                    # A packet to oneself never leaves.
                    if probe and probe.ask(analyzer) and probe.source != probe.to:
                        probes.append(probe)
                run(probes, network.senders)
                wrong = [it for it in probes if it.faults()]
                again = []
                for probe in wrong:
                    twin = Probe(probe.sender, probe.to, probe.protocol, probe.port)
                    assert twin.ask(analyzer)
                    run([twin], network.senders)
                    if twin.faults():
                        again.append(f"{twin!r}: {twin.faults()}\n{twin.story()}")
                assert not again, f"world {seed}, batch {batch}: {len(again)} judged differently\n" + "\n".join(again[:3])
                done += len(probes)
                passed += sum(bool(it.arrivals) for it in probes)
                refused += sum(not it.arrivals for it in probes)
                replied += sum(bool(it.replies) for it in probes)
                for it in probes:
                    decider = (it.said["Decider"] or {}).get("Kind", "none")
                    deciders[decider] = deciders.get(decider, 0) + 1
                for _ in range(4):
                    network.edit()
        finally:
            network.close()
    print(f"{done} packets: {passed} arrived, {refused} did not, {replied} were answered; decided by {deciders}")
    # Chance must have made both, or nothing has been shown.
    assert passed > done / 20 and refused > done / 20 and replied > done / 50
    assert len(deciders) >= 5
