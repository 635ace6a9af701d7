"""Random networks and random packets, and what the analyzer says of each packet beside what the kernel did with it.

A `Network` makes VPCs with subnets, ACLs, route tables, prefix lists, gateways, NAT, peering, groups and instances out
of a seeded source of chance; two of its VPCs have the same blocks, and instances with the same addresses. A `Probe` is
one packet. It bears a number that no other bears, so that it is known wherever it arrives, under whatever source. What
arrived, and where, and as whose packet, must be what the analyzer says of it; so must what becomes of the reply.

Some instances are middleboxes: routes lead over them, and they forward. The analyzer is told of them, and says of each
whether the packet comes by there.
"""

import contextlib
import http.client
import ipaddress
import itertools
import json
import select
import socket
import struct
import time

import rawhttp
from probes import Tap, icmp6_message, icmp_message, ipv4, ipv6, tcp_segment, udp_datagram
from test_gateways import Cloud, peer, unpeer
from world import FURTHER, OUTSIDE, OUTSIDE6, POOL

PORTS = (22, 80, 443, 8080)
# Where a connection is taken; elsewhere it is refused.
OPEN_PORTS = (80, 443)
QUIET_SECONDS = 0.35

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
# ICMP's echo request; and its timestamp request, which is no error and no echo.
ECHO, TIMESTAMP = 8, 13
numbers = itertools.count(0x10_0000)


def asking(server, network):
    """Asks the analyzer of the server; nothing is its answer where there is no such packet."""

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    keys = server.credentials

    def analyzer(asked):
        asked = asked | {f"Forwarder.{at}": it for at, it in enumerate(network.forwarders, 1)}
        request = rawhttp.signed(server, {"Action": "Explain", **asked}, service="culvert", keys=keys)
        try:
            answer = rawhttp.send(server, request, connection)
        except ConnectionError:
            # The server ends connections on which nothing is said for a while.
            connection.close()
            answer = rawhttp.send(server, request, connection)
        return json.loads(answer.body) if answer.status == 200 else None

    return analyzer


class Probe:
    """One packet: who sends it, what it carries, and what is said of it.

    `port` is the ICMP type of what has no ports. `pretended` is a source that the sender writes instead of its own. To a
    `silent` datagram nobody replies.
    """

    def __init__(self, sender, to, protocol, port, pretended=None, silent=False):
        self.sender, self.to, self.protocol, self.port, self.pretended = sender, to, protocol, port, pretended
        self.silent = silent or pretended is not None
        self.is_of_running_flow = False
        self.number = next(numbers)
        self.source_port = 1024 + self.number % 60000
        self.arrivals, self.replies = [], []

    def twin(self):
        """The same packet of another flow, of which the same is said."""
        made = Probe(self.sender, self.to, self.protocol, self.port, self.pretended, self.silent)
        made.said, made.source = self.said, self.source
        return made

    def again(self, judged=None):
        """Another packet of the same flow, of which nothing is said yet, or what was said of one like it."""
        made = Probe(self.sender, self.to, self.protocol, self.port, self.pretended, self.silent)
        made.source_port, made.is_of_running_flow = self.source_port, True
        if judged:
            made.said, made.source = judged.said, judged.source
        return made

    def ask(self, analyzer):
        """What the analyzer says, or nothing where there is no such packet: IPv4 from a sender without it, say."""
        six = ":" in self.to
        protocol = ICMP6 if six and self.protocol == ICMP else self.protocol
        asked = {"From": self.sender.name, "To": self.to, "Protocol": protocol}
        if protocol in (TCP, UDP):
            asked |= {"Port": self.port, "SourcePort": self.source_port}
        elif protocol == ICMP:
            asked |= {"IcmpType": self.port}
        if self.pretended:
            asked |= {"Source": self.pretended}
        self.said = analyzer(asked)
        if self.said is None:
            return False
        self.source = self.said["Question"]["Source"]
        # A packet to oneself never leaves.
        is_own = self.sender.place != "outside" and self.to in (self.sender.host.address, self.sender.host.address6)
        return self.said["Question"]["Destination"] == self.to != self.source and not is_own

    def packet(self):
        return build(self.source, self.to, self.protocol, self.source_port, self.port, self.number)

    def receiver(self):
        """Where it must arrive in the end, as whose packet: `(place, sources, destination)`, or nothing."""
        delivered = self.said["Forward"]["Delivered"]
        if not delivered or delivered["To"] in ("dns", "metadata"):
            return None
        # Of all that may be outside, only these addresses are somebody's here.
        if delivered["To"] == "outside" and delivered["Destination"] not in (OUTSIDE, FURTHER, OUTSIDE6):
            return None
        return delivered["To"], set(delivered["Sources"]), delivered["Destination"]

    def middleboxes(self):
        """Where it must come by on its way: `(place, source, destination)`. What goes round comes back to who sent it."""
        met = [it for it in self.said["Forward"]["Components"] if it["Kind"] == "network-interface"]
        arrives = [it for it in met if it["Passes"] or it["Refusal"] == "Loop"]
        begins = self.sender.place != "outside"
        return [(it["Interface"], it["Source"], it["Destination"]) for it in arrives[begins:]]

    def crosses(self):
        """Whether a middlebox has passed it on."""
        return len({place for place, _, _ in self.arrivals}) > 1

    def goes_round(self):
        return (self.said["Decider"] or {}).get("Refusal") == "Loop"

    def wants_reply(self):
        return bool(self.said["Reply"] and self.said["Reply"]["Arrives"])

    def faults(self):
        # Of what nobody has, nobody sees the end; that nobody else sees it, and that nobody answers, is what counts.
        wanted, receiver = set(self.middleboxes()), self.receiver()
        if receiver:
            place, sources, destination = receiver
            wanted = {it for it in wanted if it[0] != place} | {(place, it, destination) for it in sources}
        places, wanted_places = ({place for place, _, _ in them} for them in (self.arrivals, wanted))
        faults = [f"arrived at {places}, not at {wanted_places}"] if places != wanted_places else []
        faults += [f"arrived as {it}, not as one of {wanted}" for it in self.arrivals if it not in wanted]
        if not self.said["Forward"]["Delivered"]:
            return faults + ([f"{self.replies} replied"] if self.replies and not self.pretended else [])
        if receiver is None:
            return faults
        answers = bool(self.said["Reply"]) and not self.said["Forward"]["Delivered"]["Middlebox"]
        answers = answers and not (self.silent and self.protocol == UDP) and not self.pretended
        is_lost = not self.replies and self.may_lose_reply()
        if not faults and answers and bool(self.replies) != self.wants_reply() and not is_lost:
            faults.append(f"the reply {'arrived' if self.replies else 'did not arrive'}")
        return faults

    def may_lose_reply(self):
        """Whether the answer refuses a connection and comes over a middlebox: the router forgets the flow with its first
        stretch."""
        refuses = self.protocol == TCP and self.port not in OPEN_PORTS
        return refuses and sum(it["Kind"] == "network-interface" for it in self.said["Reply"]["Components"]) > 2

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
        sender = f"{self.sender.name} as {self.pretended}" if self.pretended else self.sender.name
        return f"{names[self.protocol]} {sender} -> {self.to} port {self.port} from port {self.source_port}"


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
        # What answers a timestamp request has no room for the mark, but the time that the request was of. A NAT gateway
        # may write another identifier.
        time = struct.pack("!Iq", number, 0)
        body = icmp_message(port, 0, mark if port == ECHO else time, rest=(number & 0xFFFF) << 16)
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
        # A connection that is taken or refused.
        if flags & 0x12 == 0x12 or flags & 0x04:
            return acknowledged - 1, True, TCP, source, to, ports
        return (sequence, False, TCP, source, to, ports) if flags & 0x12 == 0x02 else None
    if protocol == ICMP and body[:1] in (b"\x0d", b"\x0e"):
        return struct.unpack_from("!I", body, 8)[0], body[0] == 14, ICMP, source, to, None
    if protocol in (ICMP, ICMP6) and body[:1] not in (b"\x08", b"\x00", b"\x80", b"\x81"):
        return None
    at = body.find(b"number ")
    if at < 0:
        return None
    number = int(body[at + 7 : body.index(b";", at)])
    if protocol == UDP:
        return number, body[8:14] == b"reply ", UDP, source, to, struct.unpack_from("!HH", body)
    return number, body[0] in (0, 129), ICMP, source, to, None


def blocks_of(instance):
    """The blocks of the subnet of an instance."""
    for address, length in ((instance.address, 24), (instance.address6, 64)):
        yield str(ipaddress.ip_network(f"{address}/{length}", strict=False))


class Sender:
    """Somebody who sends and receives: an instance, or the world outside. `name` is what the analyzer knows it by."""

    def __init__(self, host, name, place):
        self.host, self.name, self.place = host, name, place
        self.tap = Tap(host)
        self.four = host.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.six = host.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.listening = [host.socket(socket.AF_INET6, socket.SOCK_STREAM) for _ in OPEN_PORTS]
        for port, it in zip(OPEN_PORTS, self.listening, strict=True):
            it.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            it.bind(("::", port))
            it.listen(1024)
        # Who sends the first packet of a connection here knows nothing of it, and would end it when it is taken.
        ends = "tcp flags & (rst | ack) == rst drop"
        chain = "add chain inet quiet out { type filter hook output priority 0; }"
        host.run("nft", f"add table inet quiet; {chain}; add rule inet quiet out {ends}")

    def send(self, packet, to):
        with contextlib.suppress(OSError):
            if ":" in to:
                self.six.sendto(packet, (to, 0))
            else:
                self.four.sendto(packet, (to, 0))

    def close(self):
        for it in (self.tap, self.four, self.six, *self.listening):
            it.close()
        self.host.run("nft", "delete table inet quiet")


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
                    receiver = probe.receiver()
                    is_last = receiver and (receiver[0], receiver[2]) == (sender.place, to)
                    if protocol == UDP and not probe.silent and is_last:
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
    """VPCs made by chance; or, if `whole`, with everything that there may be of them."""

    def __init__(self, server, world, chance, whole=False):
        self.server, self.world, self.chance, self.ec2, self.whole = server, world, chance, server.ec2, whole
        self.clouds, self.senders, self.boxes, self.exclusions = [], [], [], []
        # Interfaces of middleboxes whose instances forward, and the IPv4 addresses of these.
        self.forwarders, self.forwarding = [], set()
        # Who has sent to whom over any of them.
        self.over = []
        self.public, self.others = [], []
        # Who has a public address: its interface, with the address that this one knows itself by.
        self.holders = {}
        # NAT gateways: interface, subnet and private address. And all addresses of theirs.
        self.nats, self.translators = {}, set()
        # Where nobody answers: no interface has them, or a NAT gateway's.
        self.nobodys = ["10.1.0.77", "10.2.1.77"]

    def perhaps(self, probability):
        return self.whole or self.chance.random() < probability

    def attempt(self, step, *arguments):
        """Does something, if EC2 lets it."""
        with contextlib.suppress(self.ec2.exceptions.ClientError, IndexError):
            step(*arguments)

    def make(self):
        blocks = ["10.1.0.0/24", "10.2.1.0/24", "192.0.2.8/31", f"{FURTHER}/32"]
        self.list = self.ec2.create_managed_prefix_list(
            PrefixListName=f"list {next(numbers)}", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": it} for it in blocks]
        )["PrefixList"]["PrefixListId"]
        # The first and the last are both peers of the one between them.
        for prefix in ("10.1.0.0/16", "10.2.0.0/16", "10.1.0.0/16"):
            self.cloud(prefix)
        first, between, last = self.clouds
        self.peer(first, between, [str(first.prefix), "10.1.2.0/24"])
        self.peer(last, between, ["10.1.1.0/24", "10.1.0.10/32"])
        for cloud in [between] if self.whole else self.clouds:
            for box in cloud.middleboxes:
                self.detours(cloud, box)
        for cloud in self.clouds:
            for _ in range(6 if self.whole else self.chance.randint(1, 3)):
                self.rule(cloud, self.chance.choice(cloud.groups))
        if self.perhaps(0.3):
            self.know_each_other()
        if self.whole:
            self.lead_answers()
        self.senders.append(Sender(self.world.outside, OUTSIDE, "outside"))
        for name in (FURTHER, OUTSIDE6):
            twin = Sender.__new__(Sender)
            twin.__dict__ = {**self.senders[-1].__dict__, "name": name}
            self.others.append(twin)

    def cloud(self, prefix):
        chance = self.chance
        cloud = Cloud(self.ec2, prefix, AmazonProvidedIpv6CidrBlock=True)
        self.clouds.append(cloud)
        cloud.gateway = cloud.internet() if self.perhaps(0.8) else None
        if cloud.gateway:
            cloud.route(cloud.main, "0.0.0.0/0", GatewayId=cloud.gateway)
            cloud.route(cloud.main, "::/0", GatewayId=cloud.gateway)
        cloud.tables, cloud.acls = [cloud.main], []
        # And the tables of middleboxes.
        cloud.middleboxes, cloud.beyond = [], []
        nets = [next(cloud.blocks) for _ in range(3)]
        subnets = [cloud.dual_subnet(str(net)) for net in nets]
        groups = [cloud.group() for _ in range(3)]
        if self.perhaps(0.7):
            cloud.allow(groups[0], "all from 0.0.0.0/0", "all from ::/0")
        for group in groups:
            for _ in range(chance.randint(1, 4)):
                self.rule(cloud, group)
            if chance.random() < 0.4:
                cloud.lock_egress(group)
        for subnet, net in zip(subnets, nets, strict=True):
            worn = chance.sample(groups, chance.randint(1, 2))
            for at in (10, 11):
                instance = cloud.instance(subnet, *worn, Ipv6AddressCount=1, PrivateIpAddress=str(net[at]))
                self.senders.append(Sender(instance, instance.interface, instance.interface))
                if cloud.gateway and (self.whole and at == 10 or chance.random() < 0.5):
                    self.public.append(cloud.address(instance.interface)[0])
                    self.holders[self.public[-1]] = instance.interface, instance.address
                self.holders[instance.address6] = instance.interface, instance.address6
        box = cloud.instances[-1]
        self.unchecked(box, True)
        self.boxes.append(box.interface)
        if self.perhaps(0.5):
            self.forward(box)
        if cloud.gateway and self.perhaps(0.7):
            table = cloud.table(subnets[1])
            cloud.tables.append(table)
            nat, public = cloud.nat(subnets[0])
            self.public.append(public)
            gateway = self.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]
            own = gateway["NatGatewayAddresses"][0]
            self.nobodys.append(own["PrivateIp"])
            self.nats[nat] = own["NetworkInterfaceId"], subnets[0], own["PrivateIp"]
            self.holders[public] = own["NetworkInterfaceId"], own["PrivateIp"]
            self.translators |= {public, own["PrivateIp"]}
            cloud.route(table, "0.0.0.0/0", NatGatewayId=nat)
        else:
            cloud.tables.append(cloud.table(subnets[1]))
        if self.perhaps(0.6):
            egress = self.ec2.create_egress_only_internet_gateway(VpcId=cloud.id)["EgressOnlyInternetGateway"]
            egress = egress["EgressOnlyInternetGatewayId"]
            cloud.undo.append(
                lambda: self.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=egress)
            )
            self.attempt(lambda: cloud.route(cloud.tables[-1], "::/0", EgressOnlyInternetGatewayId=egress))
        if self.perhaps(0.4):
            # An interface that looks at destinations takes nothing for others: a black hole within a wider route.
            cloud.route(cloud.main, f"{FURTHER}/32", NetworkInterfaceId=cloud.instances[0].interface)
        if self.perhaps(0.4):
            self.attempt(lambda: cloud.route(cloud.tables[-1], str(nets[0]), NetworkInterfaceId=box.interface))
        if self.perhaps(0.4):
            target = {"NetworkInterfaceId": box.interface}
            self.ec2.create_route(RouteTableId=cloud.tables[-1], DestinationPrefixListId=self.list, **target)
        if self.perhaps(0.7):
            self.acl(cloud, subnets[2])
        cloud.blocks_beyond = [block for it in cloud.instances[::2] for block in blocks_of(it)]
        cloud.blocks_beyond += [f"{OUTSIDE}/32", f"{FURTHER}/32", f"{OUTSIDE6}/128", "10.2.0.0/16", "10.1.0.0/16", "0.0.0.0/0", "::/0"]
        if self.perhaps(0.85):
            self.middlebox(cloud)

    def middlebox(self, cloud):
        """Adds a middlebox with a subnet and a route table of its own."""
        net = next(cloud.blocks)
        subnet = cloud.dual_subnet(str(net))
        passing = cloud.group("all from 0.0.0.0/0", "all from ::/0")
        box = cloud.instance(subnet, passing, Ipv6AddressCount=1, PrivateIpAddress=str(net[10]))
        self.senders.append(Sender(box, box.interface, box.interface))
        self.holders[box.address6] = box.interface, box.address6
        self.unchecked(box, True)
        self.boxes.append(box.interface)
        self.forward(box)
        table = cloud.table(subnet)
        cloud.beyond.append(table)
        cloud.middleboxes.append(box)
        if cloud.gateway:
            cloud.route(table, "0.0.0.0/0", GatewayId=cloud.gateway)
            cloud.route(table, "::/0", GatewayId=cloud.gateway)
        if self.chance.random() < 0.15:
            self.acl(cloud, subnet)

    def detours(self, cloud, box):
        """Leads some packets of those in other subnets over the middlebox."""
        for table in cloud.tables:
            for block in self.chance.sample(cloud.blocks_beyond, self.chance.randint(1, 4)):
                self.detour(table, block, box)

    def forward(self, box):
        """Lets the instance pass on what it gets."""
        ways = "ipv4.ip_forward=1", "ipv6.conf.all.forwarding=1", "ipv4.conf.all.send_redirects=0"
        box.run("sysctl", "-w", *(f"net.{it}" for it in ways))
        self.forwarders.append(box.interface)
        self.forwarding.add(box.address)

    def detour(self, table, block, box):
        """Leads what a table sends to the block over the middlebox."""
        key = "DestinationIpv6CidrBlock" if ":" in block else "DestinationCidrBlock"
        route = {"RouteTableId": table, key: block, "NetworkInterfaceId": box.interface}
        try:
            self.ec2.create_route(**route)
        except self.ec2.exceptions.ClientError:
            self.attempt(lambda: self.ec2.replace_route(**route))

    def know_each_other(self):
        """Gives some a group that admits only who wears another one, in their VPC or in those of peers."""
        first, between, last = self.clouds
        knowing = [(first, 1, [first]), (between, 1, self.clouds), (between, 0, [first]), (first, 4, [between])]
        for here, instance, there in [*knowing, (last, 4, [between])]:
            known = [it.groups[1] for it in there]
            # Nobody sends a timestamp request with that code; and the range ends short of a port that is asked for.
            narrow = [f"icmp {TIMESTAMP}/1 from 0.0.0.0/0", f"tcp {PORTS[0]}-{PORTS[1] - 1} from 0.0.0.0/0"]
            group = here.group(*(f"all from {it}" for it in known), *narrow)
            here.instances[instance].wear(group)
            for it in known:
                self.attempt(here.allow, group, f"all to {it}")
        for cloud in self.clouds:
            # Who wears the known group, with others and alone.
            cloud.instances[2].wear(cloud.groups[1])
            cloud.instances[3].wear(*cloud.groups[1:3])
        if self.whole:
            knowing = last.group(f"all from {between.groups[1]}")
            last.instances[3].wear(*last.groups[1:3], knowing)
            self.attempt(between.allow, between.groups[1], f"all to {last.prefix}")

    def lead_answers(self):
        """Leads what goes from some who let little in to others over middleboxes: only the answers, or both ways."""
        first, _, last = self.clouds
        for cloud, both_ways in ((first, False), (last, True)):
            client, server, box = cloud.instances[0], cloud.instances[3], cloud.middleboxes[0]
            client.wear(cloud.group(f"tcp {PORTS[3]} from 0.0.0.0/0"))
            self.attempt(cloud.allow, cloud.groups[2], f"udp {PORTS[1]} from {cloud.prefix}")
            self.detour(cloud.tables[-1], next(blocks_of(client)), box)
            if both_ways:
                self.detour(cloud.main, next(blocks_of(server)), box)

    def unchecked(self, instance, on):
        check = {"Value": not on}
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=instance.interface, SourceDestCheck=check)

    def peer(self, one, between, theirs):
        """Peers two VPCs; `theirs` are the blocks that the second sends to the first."""
        made = peer(self.ec2, one, between)
        # Its groups are named in rules of the other, so that it goes before they do.
        one.undo.append(lambda: unpeer(self.ec2, made))
        for here, blocks in ((one, [str(between.prefix)]), (between, theirs)):
            for table in here.tables + here.beyond:
                for block in blocks:
                    if self.perhaps(0.8):
                        here.route(table, block, VpcPeeringConnectionId=made)

    def beyond(self, cloud):
        """The groups of the peers of a VPC."""
        first, between, last = (*self.clouds, None, None)[:3]
        peers = [first, last] if cloud is between else [between]
        return [group for it in peers if it for group in it.groups]

    def rule(self, cloud, group):
        chance = self.chance
        blocks = ["0.0.0.0/0", "::/0", str(cloud.prefix), POOL, "192.0.2.0/24", "10.2.0.0/17", f"{OUTSIDE}/32"]
        peer = chance.choice([chance.choice(cloud.groups), *chance.sample(self.beyond(cloud) or blocks, 1), self.list, *blocks])
        port, other = sorted(chance.sample(PORTS, 2))
        icmp = f"icmp {chance.choice((ECHO, TIMESTAMP))}/{chance.choice((-1, 0, 1))}"
        ranges = f"tcp {port}-{other}", f"tcp {port}-{other - 1}"
        what = chance.choice([f"tcp {port}", f"udp {port}", "all", *ranges, f"udp {port}-{other}", icmp, "icmpv6", "17"])
        way = chance.choice(("from", "from", "to"))
        if ":" in peer and what.startswith("icmp "):
            what = "icmpv6"
        self.attempt(cloud.allow, group, f"{what} {way} {peer}")

    def acl(self, cloud, subnet):
        acl = cloud.acl(subnet)
        cloud.acls.append(acl)
        if self.perhaps(0.3):
            # Of two kinds of ICMP requests one comes in, and every answer goes out.
            for number, egress, kind, action in ((2, False, ECHO, "allow"), (3, False, -1, "deny"), (2, True, -1, "allow")):
                self.ec2.create_network_acl_entry(
                    NetworkAclId=acl, RuleNumber=number, Egress=egress, Protocol="1", RuleAction=action,
                    CidrBlock="0.0.0.0/0", IcmpTypeCode={"Type": kind, "Code": -1},
                )  # fmt: skip
        for _ in range(9 if self.whole else self.chance.randint(3, 9)):
            self.entry(cloud, acl)

    def entry(self, cloud, acl):
        chance = self.chance
        block = chance.choice(["0.0.0.0/0", "0.0.0.0/0", "::/0", str(cloud.prefix), "10.2.0.0/16", "192.0.2.0/24", POOL])
        protocol, ports = chance.choice([("-1", None), ("6", (1024, 65535)), ("6", (80, 443)), ("17", (1, 65535)), ("icmp", None)])
        more = {}
        if protocol == "icmp":
            protocol = "58" if ":" in block else "1"
            kinds = [-1, 128, 129] if ":" in block else [-1, ECHO, 0, TIMESTAMP, 14]
            more = {"IcmpTypeCode": {"Type": chance.choice(kinds), "Code": -1}}
        if ports:
            more = {"PortRange": {"From": ports[0], "To": ports[1]}}
        key = "Ipv6CidrBlock" if ":" in block else "CidrBlock"
        action = "allow" if chance.random() < 0.75 else "deny"
        self.attempt(
            lambda: self.ec2.create_network_acl_entry(
                NetworkAclId=acl, RuleNumber=chance.randint(4, 200), Egress=chance.random() < 0.5, Protocol=protocol,
                RuleAction=action, **{key: block}, **more,
            )
        )  # fmt: skip

    def block(self, mode):
        self.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode=mode)

    def exclude(self, cloud):
        chance = self.chance
        what = chance.choice([{"VpcId": cloud.id}, {"SubnetId": chance.choice(cloud.subnets)}])
        mode = chance.choice(["allow-bidirectional", "allow-egress"])
        made = self.ec2.create_vpc_block_public_access_exclusion(InternetGatewayExclusionMode=mode, **what)
        self.exclusions.append(made["VpcBlockPublicAccessExclusion"]["ExclusionId"])

    def include(self):
        self.ec2.delete_vpc_block_public_access_exclusion(ExclusionId=self.exclusions.pop())

    def edit(self, ways_stay):
        """Changes something, if EC2 lets it; if `ways_stay`, nothing by which flows would take other ways."""
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
            to = chance.choice([{key: block}, {"DestinationPrefixListId": self.list}])
            ec2.create_route(RouteTableId=table, **to, **chance.choice(targets))

        def check():
            self.unchecked(chance.choice(cloud.instances), chance.random() < 0.5)

        def detour():
            box = chance.choice([it for it in cloud.instances if it.interface in self.forwarders])
            self.unchecked(box, True)
            for block in chance.sample(cloud.blocks_beyond, 2):
                self.detour(table, block, box)

        def straight():
            rows = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
            row = chance.choice([it for it in rows if it.get("NetworkInterfaceId") in self.forwarders])
            keys = "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"
            ec2.delete_route(RouteTableId=table, **{it: row[it] for it in keys if it in row})

        filters = [
            lambda: self.rule(cloud, chance.choice(cloud.groups)),
            lambda: self.rule(cloud, chance.choice(cloud.groups)),
            revoke,
            lambda: chance.choice(cloud.instances).wear(*chance.sample(cloud.groups, chance.randint(1, 3))),
            lambda: self.entry(cloud, chance.choice(cloud.acls)),
            lambda: self.block(chance.choice(["off", "off", "off", "block-bidirectional", "block-ingress"])),
            lambda: self.exclude(cloud),
            self.include,
        ]
        self.attempt(chance.choice(filters if ways_stay else filters + [unroute, reroute, reroute, check, detour, detour, straight]))

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
            to = chance.choice([*self.nobodys, OUTSIDE])
        if sender.name == OUTSIDE6 and ":" not in to or sender.name in (OUTSIDE, FURTHER) and ":" in to:
            return None
        if self.over and chance.random() < 0.35:
            # Chance alone would lead few over middleboxes.
            sender, to = chance.choice(self.over[-200:])
        pretended = None
        if sender.place != "outside" and chance.random() < (0.4 if sender.place in self.boxes else 0.06):
            other = chance.choice(instances).host
            pretended = other.address6 if ":" in to else chance.choice([other.address, "10.9.9.9", FURTHER])
            # Linux forwards nothing that bears its own address.
            if pretended in self.forwarding:
                return None
        protocol = chance.choice((TCP, TCP, UDP, UDP, ICMP))
        port = chance.choice((ECHO, ECHO, TIMESTAMP) if protocol == ICMP else PORTS)
        return Probe(sender, to, protocol, port, pretended, silent=chance.random() < 0.4)

    def probes(self, count, analyzer):
        """Packets of which the analyzer has said something."""
        made = []
        while len(made) < count:
            probe = self.probe()
            if probe and probe.ask(analyzer):
                made.append(probe)
                if len(probe.middleboxes()) > 1:
                    self.over.append((probe.sender, probe.to))
        return made

    def known_probes(self, analyzer):
        """Packets from either of two peers with the same addresses, from who is known, to who knows both; and from a
        stranger beside it those that are next to what is let in: another code of ICMP, the port behind a range. And those
        of which answers go over a middlebox."""
        first, between, last = self.clouds
        known = [it.instances[at].interface for it in (first, last) for at in (2, 3)]
        to, stranger = between.instances[1].address, between.instances[0].interface
        made = [Probe(it, to, UDP, PORTS[0]) for it in self.senders if it.place in known]
        for protocol, port in ((ICMP, TIMESTAMP), (TCP, PORTS[1])):
            made += [Probe(it, to, protocol, port) for it in self.senders if it.place == stranger]
        clients = [it.instances[0].interface for it in (first, last)]
        to = first.instances[3].address
        over = [Probe(it, to, UDP, PORTS[1]) for it in self.senders if it.place in clients]
        assert all(it.ask(analyzer) for it in made + over)
        assert [it.wants_reply() for it in over] == [False, True], [it.story() for it in over]
        return made + over

    def dressed_probes(self, analyzer):
        """Packets from one that has come to wear what is known in a peer, to who knows it there."""
        _, between, last = self.clouds
        sender = next(it for it in self.senders if it.place == between.instances[0].interface)
        to = last.instances[3].address
        made = [Probe(sender, to, protocol, port) for protocol in (TCP, UDP) for port in PORTS]
        assert all(it.ask(analyzer) for it in made) and all(it.wants_reply() for it in made)
        return made

    def close(self):
        self.block("off")
        for it in self.senders:
            it.close()
        for it in reversed(self.clouds):
            it.delete()
        self.ec2.delete_managed_prefix_list(PrefixListId=self.list)
