"""Many probes at once: every packet is seen on the link of its sender, and looked for on the links of the others.

`check(passes=[…], drops=[…])` sends all of them and fails, naming each wrong one, unless exactly the first kind
arrives. A probe that was not seen to leave its sender proves nothing and fails as well, and so what should not arrive
has a deadline that runs while what should arrive shows that the same taps see packets.

What a probe sends bears a mark that no other packet bears, so that nothing else is taken for it. Nothing has to listen
at the other end: what counts is whether the packet was on the victim's link.
"""

import contextlib
import ipaddress
import itertools
import os
import select
import socket
import struct
import time

from packets import DROP_SECONDS, ETH_P_ALL, PACKET_OUTGOING, PASS_SECONDS, Host, checksum, family_of, inside

SO_RCVBUFFORCE = 33
BROADCAST_MAC = b"\xff" * 6
IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806

numbers = itertools.count(1)


class Machine(Host):
    """This machine itself, as one more place where packets must not arrive. Its loopback counts."""

    def __init__(self):
        super().__init__("this machine", "127.0.0.1", "::1")

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        return socket.socket(family, kind, protocol)


MACHINE = Machine()


class Router(Host):
    """A namespace that is no instance, by its name."""

    def __init__(self, name):
        super().__init__(name, None)


class Tap:
    """Sees every packet on the links of one namespace."""

    def __init__(self, host):
        self.host = host
        self.socket = host.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self.socket.setblocking(False)
        self.left, self.came = [], []

    def look(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, where = self.socket.recvfrom(65536)
                if where[0] == "lo" and self.host is not MACHINE:
                    continue
                (self.left if where[2] == PACKET_OUTGOING else self.came).append(packet)

    def close(self):
        self.socket.close()


class Probe:
    """A packet that is yet to be sent; `at` is where it is looked for, by default at the one it is addressed to."""

    def __init__(self, name, source, at, send, matches):
        self.name, self.source, self.send, self.matches = name, source, send, matches
        self.at = at if isinstance(at, (list, tuple)) else [at]
        self.resources = []

    def __repr__(self):
        return self.name

    def keep(self, it):
        """Something to be closed when the probe is over."""
        self.resources.append(it)
        return it


def new_mark():
    return b"mark-%d-%08d;" % (os.getpid(), next(numbers))


def observe(probes, patience, quiet):
    """Sends the probes and gives those that left and those that arrived.

    Ends once `patience()` is content with what has arrived and `quiet` seconds have passed since the last was sent.
    """
    hosts = {id(host): host for probe in probes for host in [probe.source, *probe.at]}
    taps = {}
    left, arrived = set(), set()
    try:
        for key, host in hosts.items():
            taps[key] = Tap(host)
        for probe in probes:
            probe.send(probe)
        sent = time.monotonic()
        waiting = select.poll()
        for tap in taps.values():
            waiting.register(tap.socket, select.POLLIN)
        while True:
            waiting.poll(50)
            for tap in taps.values():
                tap.look()
            for probe in probes:
                # Where the sender is also where it should arrive (on a loopback), what left has not arrived yet.
                if probe not in left and any(map(probe.matches, taps[id(probe.source)].left)):
                    left.add(probe)
                if probe not in arrived and any(any(map(probe.matches, taps[id(host)].came)) for host in probe.at):
                    arrived.add(probe)
            # No packet needs to be looked at twice: all probes are sent.
            for tap in taps.values():
                tap.left.clear()
                tap.came.clear()
            age = time.monotonic() - sent
            if age > quiet and (patience(arrived) or age > PASS_SECONDS):
                return left, arrived
    finally:
        for tap in taps.values():
            tap.close()
        for probe in probes:
            for it in probe.resources:
                it.close()


def check(passes=(), drops=(), quiet=DROP_SECONDS):
    """Fails unless all of `passes` and none of `drops` arrive, and all leave."""
    passes, drops = list(passes), list(drops)
    quiet = quiet if drops else 0
    left, arrived = observe(passes + drops, lambda it: it.issuperset(passes), quiet)
    unsent = [probe for probe in passes + drops if probe not in left]
    assert not unsent, f"these prove nothing, since they were not seen to leave: {unsent}"
    lost = [probe for probe in passes if probe not in arrived]
    strays = [probe for probe in drops if probe in arrived]
    assert not lost and not strays, f"did not arrive, but should have: {lost}; arrived, but should not have: {strays}"


# Packets that the kernel makes, as a program would have it do.


def destination(to, address, six):
    return address or (to.address6 if six else to.address)


def udp(source, to, port, address=None, at=None, from_address=None, from_port=0, six=False, size=0, options=()):
    """A datagram."""
    address, mark = destination(to, address, six), new_mark()

    def send(probe):
        with source.socket(family_of(address), socket.SOCK_DGRAM) as client:
            for option in options:
                client.setsockopt(*option)
            if from_address or from_port:
                client.bind((from_address or "", from_port))
            payload = mark * max(1, size // len(mark))
            client.sendto(payload, (address.split("%")[0], port, *scope(source, address)))

    return Probe(f"udp {from_address or source} -> {address} {port}", source, at or to, send, lambda it: mark in it)


def tcp(source, to, port, address=None, at=None, from_address=None, six=False, options=()):
    """The first packet of a connection, as the kernel sends it."""
    address = destination(to, address, six)
    ports = [None, port]

    def send(probe):
        client = probe.keep(source.socket(family_of(address)))
        client.setblocking(False)
        for option in options:
            client.setsockopt(*option)
        client.bind((from_address or "", 0))
        ports[0] = client.getsockname()[1]
        client.connect_ex((address.split("%")[0], port, *scope(source, address)))

    name = f"tcp {from_address or source} -> {address} {port}"
    return Probe(name, source, at or to, send, lambda it: ports_of(it, socket.IPPROTO_TCP) == tuple(ports))


def icmp(source, to, kind=8, code=0, address=None, at=None):
    """An ICMP message of this type and code."""
    address, mark = address or to.address, new_mark()

    def send(probe):
        with source.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as client:
            client.sendto(icmp_message(kind, code, mark), (address, 0))

    return Probe(f"icmp {kind}/{code} {source} -> {address}", source, at or to, send, lambda it: mark in it)


def icmp6(source, to, kind=128, code=0, address=None, at=None):
    """An ICMPv6 message of this type and code."""
    address, mark = address or to.address6, new_mark()

    def send(probe):
        with source.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as client:
            message = struct.pack("!BBHHH", kind, code, 0, next(numbers) & 0xFFFF, 1) + mark
            client.sendto(message, (address.split("%")[0], 0, *scope(source, address)))

    return Probe(f"icmpv6 {kind}/{code} {source} -> {address}", source, at or to, send, lambda it: mark in it)


def protocol(source, to, number, address=None, at=None):
    """A packet of the IP protocol of this number."""
    address, mark = address or to.address, new_mark()
    # GRE is looked into on the way, so that it has to be GRE.
    header = b"\0\0\x08\0" if number == socket.IPPROTO_GRE else b""

    def send(probe):
        with source.socket(socket.AF_INET, socket.SOCK_RAW, number) as client:
            client.sendto(header + mark, (address, 0))

    return Probe(f"protocol {number} {source} -> {address}", source, at or to, send, lambda it: mark in it)


def scope(source, address):
    """What follows the port in an IPv6 socket address with a scope: `fe80::1%eth0`."""
    if "%" not in address:
        return ()
    with inside(source):
        return 0, socket.if_nametoindex(address.split("%")[1])


# Packets made by hand, link header included.


class Link:
    """An instance's first link as one sees it who may send any frame on it."""

    def __init__(self, host):
        self.host = host
        with inside(host):
            self.name = next(name for _, name in socket.if_nameindex() if name != "lo")
            with open("/proc/thread-self/net/arp") as table:
                rows = [line.split() for line in table.readlines()[1:]]
        self.gateway = bytes.fromhex(next(row[3] for row in rows if row[5] == self.name).replace(":", ""))
        with host.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as it:
            it.bind((self.name, 0))
            self.mac = it.getsockname()[4]

    def send(self, kind, packet, to=None, from_mac=None):
        with self.host.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as it:
            it.bind((self.name, 0))
            it.send((to or self.gateway) + (from_mac or self.mac) + struct.pack("!H", kind) + packet)


def frames(name, source, at, make, to=None, from_mac=None, kind=IPV4):
    """Frames made by hand, put on the link one after the other; `make(mark)` gives one or several packets."""
    mark = new_mark()

    def send(probe):
        link, packets = Link(source), make(mark)
        for packet in [packets] if isinstance(packets, bytes) else packets:
            link.send(kind, packet, to, from_mac)

    return Probe(name, source, at, send, lambda it: mark in it)


def ipv4(source, to, protocol, payload, options=b"", flags_offset=0, number=0, ttl=64):
    """An IPv4 packet. `flags_offset` is the header's field: 0x2000 means more fragments; the rest is in 8 bytes."""
    assert len(options) % 4 == 0
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), number, flags_offset, ttl, protocol, 0,
        socket.inet_aton(source), socket.inet_aton(to),
    ) + options  # fmt: skip
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(source, to, next_header, payload, hops=64):
    """An IPv6 packet; extension headers, if any, are at the beginning of the payload."""
    addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, to)
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, hops) + addresses + payload


def udp_datagram(source, to, from_port, to_port, payload):
    """A UDP datagram with its checksum, for either family."""
    length = 8 + len(payload)
    datagram = struct.pack("!HHHH", from_port, to_port, length, 0) + payload
    total = with_pseudo_header(source, to, socket.IPPROTO_UDP, datagram)
    return datagram[:6] + struct.pack("!H", total or 0xFFFF) + datagram[8:]


def tcp_segment(source, to, from_port, to_port, payload=b"", flags=0x02, number=1, acknowledged=0):
    """A TCP segment with its checksum; the flags say SYN where nothing else is asked for."""
    segment = struct.pack("!HHIIBBHHH", from_port, to_port, number, acknowledged, 0x50, flags, 65535, 0, 0) + payload
    total = with_pseudo_header(source, to, socket.IPPROTO_TCP, segment)
    return segment[:16] + struct.pack("!H", total) + segment[18:]


def icmp_message(kind, code, payload, rest=None):
    """An ICMP message with its checksum."""
    message = struct.pack("!BBHI", kind, code, 0, next(numbers) if rest is None else rest) + payload
    message += bytes(len(message) % 2)
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def icmp6_message(source, to, kind, code, body):
    """An ICMPv6 message with its checksum; the body begins after it."""
    message = struct.pack("!BBH", kind, code, 0) + body
    return message[:2] + struct.pack("!H", with_pseudo_header(source, to, socket.IPPROTO_ICMPV6, message)) + message[4:]


def with_pseudo_header(source, to, protocol, payload):
    """The checksum of a transport packet with its addresses."""
    packed = ipaddress.ip_address(source).packed + ipaddress.ip_address(to).packed
    fields = struct.pack("!II", len(payload), protocol)
    return checksum(packed + fields + payload + bytes(len(payload) % 2))


def fragments(packet, *sizes):
    """Cuts the payload of an IPv4 packet into fragments of these sizes (multiples of 8) and one with the rest."""
    payload, made, at = packet[20:], [], 0
    number = next(numbers) & 0xFFFF
    source, to = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    for size in [*sizes, len(payload)]:
        part = payload[at : at + size]
        more = 0x2000 if at + size < len(payload) else 0
        made.append(ipv4(source, to, packet[9], part, flags_offset=more | at // 8, number=number))
        at += size
    return made


def ports_of(packet, protocol):
    """Source and destination port of an IP packet of this protocol."""
    if len(packet) >= 24 and packet[0] >> 4 == 4 and packet[9] == protocol:
        return struct.unpack_from("!HH", packet, (packet[0] & 15) * 4)
    if len(packet) >= 44 and packet[0] >> 4 == 6 and packet[6] == protocol:
        return struct.unpack_from("!HH", packet, 40)
    return None
