"""What a hostile workload tries, as root in its instance, with any frame it likes: each attempt is a test.

Every attempt is seen to leave the attacker and does not arrive at the victim; beside it, an honest packet that the
rules admit shows that the same sender and the same taps work.
"""

import contextlib
import ipaddress
import select
import socket
import struct
import time

import pytest

from network import Vpc
from packets import DROP_SECONDS, can_connect, connection, echoes, pings, udp_reaches
from probes import (
    ARP,
    BROADCAST_MAC,
    IPV4,
    IPV6,
    MACHINE,
    Link,
    Probe,
    Tap,
    check,
    fragments,
    frames,
    icmp,
    icmp6,
    icmp6_message,
    icmp_message,
    ipv4,
    ipv6,
    new_mark,
    numbers,
    observe,
    protocol,
    tcp,
    tcp_segment,
    udp,
    udp_datagram,
)

ALL, ALL6 = "0.0.0.0/0", "::/0"
UDP, TCP, ICMP, ICMPV6 = socket.IPPROTO_UDP, socket.IPPROTO_TCP, socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6
OPEN, SHUT = 1000, 2000
SO_BINDTODEVICE, SO_MARK = 25, 36


class Scene:
    """An attacker; a friend, whom the victim's rules admit to all of it; and the victim, one port of which is open to all."""

    def __init__(self, ec2):
        self.vpc = Vpc(ec2, AmazonProvidedIpv6CidrBlock=True)
        self.vpc.dual_subnet()
        self.friends, self.outsiders = self.vpc.group(), self.vpc.group(f"all from {ALL}", f"all from {ALL6}")
        self.victims = self.vpc.group(
            f"all from {self.friends}",
            f"udp {OPEN} from {ALL}",
            f"tcp {OPEN} from {ALL}",
            f"udp {OPEN} from {ALL6}",
            f"tcp {OPEN} from {ALL6}",
        )
        self.friend = self.vpc.instance(None, self.friends, Ipv6AddressCount=1, PrivateIpAddress="10.0.0.10")
        self.victim = self.vpc.instance(None, self.victims, Ipv6AddressCount=1, PrivateIpAddress="10.0.0.20")
        self.attacker = self.vpc.instance(None, self.outsiders, Ipv6AddressCount=1, PrivateIpAddress="10.0.0.30")

    def honest(self):
        """An admitted packet of the attacker, sent by hand as its attempts are."""
        return by_hand("honest udp", self, lambda mark: self.datagram(mark, port=OPEN))

    def datagram(self, mark, port=SHUT, source=None, to=None):
        source, to = source or self.attacker.address, to or self.victim.address
        return ipv4(source, to, UDP, udp_datagram(source, to, 4000, port, mark))

    def datagram6(self, mark, port=SHUT, source=None, to=None):
        source, to = source or self.attacker.address6, to or self.victim.address6
        return ipv6(source, to, UDP, udp_datagram(source, to, 4000, port, mark))

    def fails(self, *attempts):
        """Each attempt leaves and none arrives; an honest packet does, and the friend still reaches the victim."""
        check(passes=[self.honest(), udp(self.friend, self.victim, SHUT)], drops=attempts)


def by_hand(name, scene, make, at=None, **more):
    return frames(name, scene.attacker, at or [scene.victim, scene.friend], make, **more)


def both(scene):
    return [scene.victim, scene.friend]


@pytest.fixture(scope="module")
def scene(shared):
    made = Scene(shared.ec2)
    yield made
    made.vpc.delete()


# Tenants and the machine.


def test_accounts_with_the_same_addresses_on_one_machine_do_not_reach_each_other(shared):
    with contextlib.ExitStack() as stack:
        accounts = []
        for name in "tenant-a", "tenant-b":
            _, ec2 = shared.account(name)
            vpc = Vpc(ec2)
            stack.callback(vpc.delete)
            vpc.subnet()
            group = vpc.group(f"all from {ALL}")
            accounts.append([vpc.instance(None, group, PrivateIpAddress=f"10.0.0.{it}") for it in (10, 11)])
        (a1, a2), (b1, b2) = accounts
        check(
            passes=[udp(a1, a2, 80), udp(b1, b2, 80), tcp(a2, a1, 80), tcp(b2, b1, 80), icmp(a1, a2), protocol(b1, b2, 253)],
            drops=[
                udp(a1, a2, 80, at=[b1, b2]),
                tcp(b1, b2, 80, at=[a1, a2]),
                icmp(b2, b1, at=[a1, a2]),
                protocol(a2, a1, 253, at=[b1, b2]),
            ],
        )
        with connection(a1, a2, 80) as one, connection(b1, b2, 80) as other:
            assert echoes(one) and echoes(other)


def test_vpcs_of_one_account_do_not_reach_each_other(shared, scene):
    other = Vpc(shared.ec2, "10.9.0.0/16")
    try:
        other.subnet()
        neighbour, second = other.run(2, None, other.group(f"all from {ALL}"))
        attempts = [tcp(scene.attacker, neighbour, 80), udp(scene.attacker, neighbour, 80), icmp(scene.attacker, neighbour)]
        check(
            passes=[udp(second, neighbour, 80)],
            drops=[*attempts, udp(neighbour, scene.attacker, 80), tcp(neighbour, scene.victim, OPEN)],
        )
    finally:
        other.delete()


def machine_addresses():
    """Every address of this machine."""
    found = {it[4][0] for it in socket.getaddrinfo(socket.gethostname(), None)} | {"127.0.0.1", "::1"}
    with open("/proc/net/fib_trie") as table:
        last = None
        for line in table:
            if "|-- " in line:
                last = line.split()[-1]
            elif "/32 host LOCAL" in line:
                found.add(last)
    with open("/proc/net/if_inet6") as table:
        for line in table:
            words = line.split()
            address = str(ipaddress.ip_address(int(words[0], 16)))
            found.add(address)
    return sorted(found)


def test_a_workload_cannot_reach_services_of_the_machine(scene):
    """By any address of the machine, by its loopback, nor by the router's addresses and those next to it."""
    attacker = scene.attacker
    routers = ["169.254.1.1", "10.0.0.1", "10.0.0.2", "169.254.169.254", "fe80::1%eth0", f"{scene.vpc.prefix6[1]}"]
    with contextlib.ExitStack() as stack:
        servers = []
        for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
                server = stack.enter_context(socket.socket(family, kind))
                if family == socket.AF_INET6:
                    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind((anywhere, servers[0].getsockname()[1] if servers else 0))
                if kind == socket.SOCK_STREAM:
                    server.listen(64)
                servers.append(server)
        port = servers[0].getsockname()[1]

        # The services are there, and their listeners see who comes.
        for address in ("127.0.0.1", "::1"):
            with socket.create_connection((address, port), timeout=5):
                pass
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as it:
                it.sendto(b"from the machine itself", (address, port))
        seen = heard(servers, 4, 5)
        assert len(seen) == 4, seen

        own = {attacker.address, attacker.address6, "127.0.0.1", "::1"}
        others = [it for it in machine_addresses() if it not in own and not it.startswith("fe80")] + routers
        probes = []
        for address in others:
            probes += [make(attacker, MACHINE, port, address=address) for make in (tcp, udp)]
        # With the loopback's addresses as destination, the kernel of the instance would keep them to itself.
        for address in ("127.0.0.1", "127.0.0.53"):
            make = lambda mark, to=address: scene.datagram(mark, port, to=to)  # noqa: E731
            probes.append(frames(f"udp to {address} on the link", attacker, MACHINE, make))
        make = lambda mark: scene.datagram6(mark, port, to="::1")  # noqa: E731
        probes.append(frames("udp to ::1 on the link", attacker, MACHINE, make, kind=IPV6))
        left, arrived = observe(probes + [scene.honest()], lambda _: True, DROP_SECONDS)
        assert left.issuperset(probes), f"these prove nothing: {set(probes) - left}"
        assert not arrived.intersection(probes), arrived
        # On the instance's own loopback there is only what the instance put there.
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with attacker.socket(family) as it:
                it.settimeout(DROP_SECONDS)
                with pytest.raises(ConnectionRefusedError):
                    it.connect((address, port))
        assert not heard(servers, 1, 0), "a service of the machine heard from the workload"


def heard(servers, count, seconds):
    """Connections and datagrams that come in, until there are so many or the time is over."""
    seen, deadline = [], time.monotonic() + seconds
    while len(seen) < count:
        ready = select.select(servers, [], [], max(0, deadline - time.monotonic()))[0]
        if not ready:
            return seen
        for server in ready:
            if server.type == socket.SOCK_STREAM:
                connected, peer = server.accept()
                connected.close()
                seen.append(peer)
            else:
                seen.append(server.recvfrom(1024))
    return seen


def test_the_api_cannot_be_called_from_inside(shared, scene):
    with scene.attacker.socket() as it:
        it.settimeout(DROP_SECONDS)
        with pytest.raises(ConnectionRefusedError):
            it.connect(("127.0.0.1", shared.port))
    for address in ("169.254.1.1", "10.0.0.1"):
        with scene.attacker.socket() as it:
            it.settimeout(DROP_SECONDS)
            with pytest.raises(TimeoutError):
                it.connect((address, shared.port))


def test_a_workload_reaches_no_other_that_no_rule_admits(scene):
    scene.fails(
        tcp(scene.attacker, scene.victim, SHUT),
        udp(scene.attacker, scene.victim, SHUT),
        icmp(scene.attacker, scene.victim),
        protocol(scene.attacker, scene.victim, 253),
        protocol(scene.attacker, scene.victim, 4),
        protocol(scene.attacker, scene.victim, 41),
        tcp(scene.attacker, scene.victim, SHUT, six=True),
        udp(scene.attacker, scene.victim, SHUT, six=True),
        icmp6(scene.attacker, scene.victim),
    )


# Pretending to be another.


@contextlib.contextmanager
def added_address(host, address):
    host.run("ip", "address", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else []))
    try:
        yield
    finally:
        host.run("ip", "address", "delete", address, "dev", "eth0")


def test_taking_anothers_address_gives_none_of_its_rights_and_none_of_its_packets(scene):
    friend, victim, attacker = scene.friend, scene.victim, scene.attacker
    with added_address(attacker, f"{friend.address}/32"), added_address(attacker, f"{friend.address6}/128"):
        check(
            passes=[scene.honest(), udp(friend, victim, SHUT)],
            drops=[
                udp(attacker, victim, SHUT, from_address=friend.address),
                udp(attacker, victim, OPEN, from_address=friend.address),
                tcp(attacker, victim, SHUT, from_address=friend.address),
                udp(attacker, victim, SHUT, from_address=friend.address6, six=True),
                # What is sent to that address goes where it belongs.
                udp(victim, attacker, OPEN, address=friend.address),
                udp(victim, attacker, OPEN, address=friend.address6),
            ],
        )
        with connection(friend, victim, SHUT) as established:
            assert echoes(established)


def test_taking_anothers_hardware_address_gives_none_of_its_rights_and_none_of_its_packets(scene):
    friend, victim, attacker = scene.friend, scene.victim, scene.attacker
    own, others = Link(attacker), Link(friend)
    scene.fails(by_hand("udp with another's MAC", scene, scene.datagram, from_mac=others.mac))

    def take(mac):
        attacker.run("ip", "link", "set", "eth0", "address", mac.hex(":"))
        # The kernel forgets all neighbours with the old address.
        for gateway in "169.254.1.1", "fe80::1":
            attacker.run("ip", "neigh", "replace", gateway, "lladdr", own.gateway.hex(":"), "dev", "eth0", "nud", "permanent")

    take(others.mac)
    try:
        scene.fails(udp(attacker, victim, SHUT), udp(victim, attacker, OPEN, address=friend.address))
    finally:
        take(own.mac)
    scene.fails()


def test_a_mark_on_a_workloads_packets_gives_it_no_identity(scene):
    attempts = [
        udp(scene.attacker, scene.victim, SHUT, options=[(socket.SOL_SOCKET, SO_MARK, struct.pack("=I", mark))])
        for mark in [*range(1, 33), 0xFFFF, 0x10001, 0x1000001, 0xFFFFFFFF]
    ]
    attempts += [tcp(scene.attacker, scene.victim, SHUT, options=[(socket.SOL_SOCKET, SO_MARK, mark)]) for mark in range(1, 17)]
    scene.fails(*attempts)


@pytest.mark.parametrize(
    "pretended",
    [
        "10.0.0.10",
        "10.0.0.20",
        "10.0.0.99",
        "10.77.0.1",
        "8.8.8.8",
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.5",
        "169.254.1.1",
    ],
)
def test_a_forged_ipv4_source_does_not_arrive(scene, pretended):
    def segment(mark):
        return ipv4(pretended, scene.victim.address, TCP, tcp_segment(pretended, scene.victim.address, 4000, OPEN, mark))

    def echo(mark):
        return ipv4(pretended, scene.victim.address, ICMP, icmp_message(8, 0, mark))

    scene.fails(
        by_hand("udp, shut port", scene, lambda mark: scene.datagram(mark, source=pretended)),
        by_hand("udp, open port", scene, lambda mark: scene.datagram(mark, OPEN, source=pretended)),
        by_hand("tcp, open port", scene, segment),
        by_hand("icmp", scene, echo),
    )


@pytest.mark.parametrize("pretended", ["friend", "victim", "nobody", "::1", "::", "fe80::1", "fe80::1234", "ff02::1", "mapped"])
def test_a_forged_ipv6_source_does_not_arrive(scene, pretended):
    source = {
        "friend": scene.friend.address6,
        "victim": scene.victim.address6,
        "nobody": str(scene.vpc.prefix6[0x1234]),
        "mapped": f"::ffff:{scene.friend.address}",
    }.get(pretended, pretended)
    scene.fails(
        by_hand("udp, shut port", scene, lambda mark: scene.datagram6(mark, source=source), kind=IPV6),
        by_hand("udp, open port", scene, lambda mark: scene.datagram6(mark, OPEN, source=source), kind=IPV6),
    )


def test_a_raw_socket_with_a_forged_source_reaches_nobody(scene):
    def raw(pretended, port):
        mark = new_mark()

        def send(probe):
            with scene.attacker.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as it:
                it.sendto(scene.datagram(mark, port, source=pretended), (scene.victim.address, 0))

        return Probe(f"raw udp from {pretended}", scene.attacker, both(scene), send, lambda it: mark in it)

    check(
        passes=[raw(scene.attacker.address, OPEN)],
        drops=[raw(it, port) for it in (scene.friend.address, scene.victim.address, "8.8.8.8") for port in (OPEN, SHUT)],
    )


def test_a_reset_under_anothers_address_ends_no_connection(scene):
    with connection(scene.friend, scene.victim, SHUT) as established:
        port = established.getsockname()[1]
        source, to = scene.friend.address, scene.victim.address

        def reset(mark):
            return [
                ipv4(source, to, TCP, tcp_segment(source, to, port, SHUT, mark, flags=0x04, number=it << 28)) for it in range(16)
            ]

        scene.fails(by_hand("tcp resets", scene, reset))
        assert echoes(established)


def test_an_icmp_error_about_a_flow_of_others_does_not_arrive(scene):
    """Such errors pass without a rule where they come from an end of the flow; from others they could slow or end it."""
    friend, victim, attacker = scene.friend, scene.victim, scene.attacker
    with connection(friend, victim, SHUT) as established:
        port = established.getsockname()[1]
        there, back = ((friend, port), (victim, SHUT)), ((victim, SHUT), (friend, port))

        def error(kind, code, rest, flow):
            (sender, from_port), (receiver, to_port) = flow

            def make(mark):
                quoted = ipv4(
                    sender.address,
                    receiver.address,
                    TCP,
                    tcp_segment(sender.address, receiver.address, from_port, to_port, mark, 0x10),
                )
                return ipv4(attacker.address, sender.address, ICMP, icmp_message(kind, code, quoted, rest))

            return by_hand(f"icmp {kind}/{code} to {sender}", scene, make)

        attempts = [error(*it, flow) for it in ((3, 4, 552), (3, 3, 0), (11, 0, 0), (5, 1, 0x0A00001E)) for flow in (there, back)]
        scene.fails(*attempts)
        assert echoes(established)


def test_an_icmpv6_error_about_a_flow_of_others_does_not_arrive(scene):
    friend, victim, attacker = scene.friend, scene.victim, scene.attacker
    with connection(friend, victim, SHUT, victim.address6) as established:
        port = established.getsockname()[1]

        def error(kind, rest):
            def make(mark):
                segment = tcp_segment(friend.address6, victim.address6, port, SHUT, mark, 0x10)
                body = struct.pack("!I", rest) + ipv6(friend.address6, victim.address6, TCP, segment)
                return ipv6(
                    attacker.address6, friend.address6, ICMPV6, icmp6_message(attacker.address6, friend.address6, kind, 0, body)
                )

            return by_hand(f"icmpv6 {kind}", scene, make, kind=IPV6)

        scene.fails(error(2, 1280), error(1, 0), error(3, 0))
        assert echoes(established)


# Unusual packets.


@pytest.mark.parametrize("option", [131, 137], ids=["loose", "strict"])
def test_a_source_routed_packet_takes_no_detour_to_the_victim(scene, option):
    """By way of the friend, which the victim admits, or of the router."""

    def routed(by):
        # The address is the next stop, the option names the one after it.
        options = struct.pack("!BBB4sB", option, 7, 4, socket.inet_aton(scene.victim.address), 0)

        def make(mark):
            return ipv4(
                scene.attacker.address,
                by,
                UDP,
                udp_datagram(scene.attacker.address, scene.victim.address, 4000, SHUT, mark),
                options,
            )

        return by_hand(f"source-routed by {by}", scene, make, at=scene.victim)

    scene.fails(routed(scene.friend.address), routed("169.254.1.1"), routed(scene.victim.address))


@pytest.mark.parametrize(
    "options", ["07 07 04 00 00 00 00 00", "44 08 05 00 00 00 00 00", "94 04 00 00", "01 01 01 00", "82 04 00 00"]
)
def test_ip_options_open_no_port(scene, options):
    def make(mark):
        datagram = udp_datagram(scene.attacker.address, scene.victim.address, 4000, SHUT, mark)
        return ipv4(scene.attacker.address, scene.victim.address, UDP, datagram, bytes.fromhex(options))

    scene.fails(by_hand("udp with options", scene, make))


def test_fragments_of_an_admitted_datagram_arrive_and_those_of_a_refused_one_do_not(scene):
    long = dict(size=4000)
    check(
        passes=[udp(scene.attacker, scene.victim, OPEN, **long), udp(scene.attacker, scene.victim, OPEN, six=True, **long)],
        drops=[udp(scene.attacker, scene.victim, SHUT, **long), udp(scene.attacker, scene.victim, SHUT, six=True, **long)],
    )


def test_fragments_by_themselves_or_in_any_order_open_no_port(scene):
    source, to = scene.attacker.address, scene.victim.address

    def whole(mark, port=SHUT):
        return scene.datagram(mark * 12, port)

    def syn(mark):
        return ipv4(source, to, TCP, tcp_segment(source, to, 4000, SHUT, mark * 4))

    attempts = [
        by_hand("all fragments", scene, lambda mark: fragments(whole(mark), 64, 64)),
        by_hand("backwards", scene, lambda mark: fragments(whole(mark), 64, 64)[::-1]),
        by_hand("the first only", scene, lambda mark: fragments(whole(mark), 64)[:1]),
        by_hand("the last only", scene, lambda mark: fragments(whole(mark), 64)[1:]),
        by_hand("a middle one only", scene, lambda mark: fragments(whole(mark), 64, 64)[1:2]),
        by_hand("the last only of what would be admitted", scene, lambda mark: fragments(whole(mark, OPEN), 64)[1:]),
        by_hand("header cut after the ports", scene, lambda mark: fragments(syn(mark), 8, 8)),
        by_hand(
            "atomic", scene, lambda mark: ipv4(source, to, UDP, udp_datagram(source, to, 4000, SHUT, mark), flags_offset=0x4000)
        ),
    ]
    fine = by_hand("admitted fragments", scene, lambda mark: fragments(whole(mark, OPEN), 64, 64))
    check(passes=[fine, scene.honest()], drops=attempts)


def test_a_later_fragment_cannot_overwrite_the_port_of_the_first(scene):
    source, to = scene.attacker.address, scene.victim.address

    def overlapping(offset, last):
        def make(mark):
            number = next(numbers) & 0xFFFF
            admitted = udp_datagram(source, to, 4000, OPEN, b"x" * 56)
            refused = udp_datagram(source, to, 4000, SHUT, mark * 3)[: 64 if not last else None]
            packets = [
                ipv4(source, to, UDP, admitted[:64], flags_offset=0x2000, number=number),
                ipv4(source, to, UDP, refused[offset * 8 :], flags_offset=offset | (0 if last else 0x2000), number=number),
            ]
            return packets if last else [*packets, ipv4(source, to, UDP, b"y" * 8, flags_offset=8, number=number)]

        return by_hand(f"overlap at {offset}", scene, make)

    scene.fails(overlapping(0, last=True), overlapping(0, last=False), overlapping(1, last=True), overlapping(4, last=True))


def extension(kind, next_header):
    """An IPv6 extension header and its number."""
    return {
        "hop-by-hop": (0, bytes([next_header, 0, 1, 4, 0, 0, 0, 0])),
        "destination options": (60, bytes([next_header, 0, 1, 4, 0, 0, 0, 0])),
        "fragment, atomic": (44, bytes([next_header, 0]) + struct.pack("!HI", 0, next(numbers))),
        "fragment, first of more": (44, bytes([next_header, 0]) + struct.pack("!HI", 1, next(numbers))),
        "fragment, not the first": (44, bytes([next_header, 0]) + struct.pack("!HI", 8 << 3, next(numbers))),
        "authentication": (51, bytes([next_header, 4]) + bytes(22)),
        "mobility": (135, bytes([next_header, 0, 0, 0, 0, 0, 0, 0])),
    }[kind]


KINDS = ["hop-by-hop", "destination options", "fragment, atomic", "fragment, first of more", "fragment, not the first"]


@pytest.mark.parametrize("kind", [*KINDS, "authentication", "mobility"])
def test_ipv6_extension_headers_open_no_port(scene, kind):
    source, to = scene.attacker.address6, scene.victim.address6

    def make(mark, repeat=1):
        inner, header, number = udp_datagram(source, to, 4000, SHUT, mark * 4), b"", UDP
        for _ in range(repeat):
            number, made = extension(kind, number)
            header = made + header
        return ipv6(source, to, number, header + inner)

    # The datagram is of UDP all the same, and the same without the header is admitted at the open port.
    scene.fails(
        by_hand(kind, scene, make, kind=IPV6),
        by_hand(f"{kind}, twice", scene, lambda mark: make(mark, 2), kind=IPV6),
        by_hand("destination options before it", scene, lambda mark: under_options(make(mark)), kind=IPV6),
    )
    check(passes=[by_hand("plain", scene, lambda mark: scene.datagram6(mark, OPEN), kind=IPV6)])


def under_options(packet):
    """The same IPv6 packet with one more header of destination options in front."""
    header = bytes([packet[6], 0, 1, 4, 0, 0, 0, 0])
    return packet[:4] + struct.pack("!HB", len(packet) - 40 + 8, 60) + packet[7:40] + header + packet[40:]


@pytest.mark.parametrize("kind", [0, 2, 4])
def test_an_ipv6_routing_header_takes_no_detour_to_the_victim(scene, kind):
    def by(stop):
        def make(mark):
            source, to = scene.attacker.address6, scene.victim.address6
            header = bytes([UDP, 2, kind, 1, 0, 0, 0, 0]) + socket.inet_pton(socket.AF_INET6, to)
            return ipv6(source, stop, 43, header + udp_datagram(source, to, 4000, SHUT, mark))

        return by_hand(f"routing header {kind} by {stop}", scene, make, at=scene.victim, kind=IPV6)

    scene.fails(by(scene.friend.address6), by(scene.victim.address6), by("fe80::1"))


def test_link_local_addresses_lead_nowhere(scene):
    victim_mac, attacker_mac = Link(scene.victim).mac, Link(scene.attacker).mac

    def local(mac):
        return str(ipaddress.ip_address(b"\xfe\x80" + bytes(6) + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]))

    scene.fails(
        by_hand("to a link-local address", scene, lambda mark: scene.datagram6(mark, OPEN, to=local(victim_mac)), kind=IPV6),
        by_hand(
            "from a link-local address", scene, lambda mark: scene.datagram6(mark, OPEN, source=local(attacker_mac)), kind=IPV6
        ),
        by_hand(
            "between link-local addresses",
            scene,
            lambda mark: scene.datagram6(mark, OPEN, local(attacker_mac), local(victim_mac)),
            kind=IPV6,
        ),
        by_hand("to the gateway", scene, lambda mark: scene.datagram6(mark, OPEN, to="fe80::1"), kind=IPV6),
        by_hand("to 169.254.7.7", scene, lambda mark: scene.datagram(mark, OPEN, to="169.254.7.7")),
    )


# The link and what is learned on links.


def arp(operation, from_mac, from_address, to_mac, to_address):
    fields = struct.pack("!HHBBH", 1, IPV4, 6, 4, operation)
    return fields + from_mac + socket.inet_aton(from_address) + to_mac + socket.inet_aton(to_address)


@pytest.mark.parametrize("operation", [1, 2], ids=["request", "reply"])
def test_arp_that_claims_anothers_address_changes_nothing(scene, operation):
    attacker, friend, victim = scene.attacker, scene.friend, scene.victim
    own, gateway = Link(attacker).mac, Link(attacker).gateway

    def claim(to_mac, to_address, name):
        return by_hand(
            name, scene, lambda mark: arp(operation, own, friend.address, to_mac, to_address) + mark, to=to_mac, kind=ARP
        )

    with connection(friend, victim, SHUT) as established:
        scene.fails(
            claim(BROADCAST_MAC, friend.address, "gratuitous"),
            claim(gateway, "169.254.1.1", "to the gateway"),
            claim(Link(victim).mac, victim.address, "to the victim"),
        )
        # The friend's packets still find it.
        check(drops=[udp(victim, attacker, OPEN, address=friend.address)])
        assert echoes(established)


def test_arp_requests_for_others_are_not_answered(scene):
    """Also not on the router's behalf: what a workload could learn from is never said."""
    link = Link(scene.attacker)
    tap = Tap(scene.attacker)
    try:
        asked = [
            by_hand(
                f"who has {it}",
                scene,
                lambda mark, it=it: arp(1, link.mac, scene.attacker.address, bytes(6), it) + mark,
                to=BROADCAST_MAC,
                kind=ARP,
            )
            for it in (scene.victim.address, scene.friend.address, "10.0.0.1", "10.0.0.99")
        ]
        scene.fails(*asked)
        tap.look()
        replies = [it for it in tap.came if it[:8] == struct.pack("!HHBBH", 1, IPV4, 6, 4, 2)]
        assert not replies
    finally:
        tap.close()


def neighbour(kind, source, to, target, mac, mark, flags=0x60000000):
    """A neighbour solicitation (135) or advertisement (136) with a link address option."""
    option = bytes([1 if kind == 135 else 2, 1]) + mac
    padding = mark + bytes(-len(mark) % 8)
    body = struct.pack("!I", flags if kind == 136 else 0) + socket.inet_pton(socket.AF_INET6, target) + option
    body += bytes([253, (len(padding) + 8) // 8]) + bytes(6) + padding
    return ipv6(source, to, ICMPV6, icmp6_message(source, to, kind, 0, body), hops=255)


@pytest.mark.parametrize("kind", [135, 136], ids=["solicitation", "advertisement"])
def test_neighbour_discovery_that_claims_anothers_address_changes_nothing(scene, kind):
    attacker, friend, victim = scene.attacker, scene.friend, scene.victim
    mac = Link(attacker).mac

    def claim(source, to, to_mac=None):
        return by_hand(
            f"from {source} to {to}",
            scene,
            lambda mark: neighbour(kind, source, to, friend.address6, mac, mark),
            to=to_mac,
            kind=IPV6,
        )

    all_nodes = bytes.fromhex("333300000001")
    with connection(friend, victim, SHUT, victim.address6) as established:
        scene.fails(
            claim(attacker.address6, victim.address6),
            claim(friend.address6, victim.address6),
            claim("fe80::1", victim.address6),
            claim(attacker.address6, "ff02::1", all_nodes),
            claim(friend.address6, "ff02::1", all_nodes),
            claim(attacker.address6, "fe80::1"),
        )
        check(drops=[udp(victim, attacker, OPEN, address=friend.address6)])
        assert echoes(established)


def test_router_advertisements_of_a_workload_reach_nobody(scene):
    attacker, victim = scene.attacker, scene.victim
    routes = lambda: scene.victim.run("ip", "-6", "route").stdout  # noqa: E731
    before = routes()

    def advertisement(source, to):
        def make(mark):
            prefix = bytes([3, 4, 64, 0xC0]) + struct.pack("!III", 3600, 3600, 0) + socket.inet_pton(socket.AF_INET6, "2001:db8::")
            padding = mark + bytes(-len(mark) % 8)
            body = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + bytes([1, 1]) + Link(attacker).mac + prefix
            body += bytes([253, (len(padding) + 8) // 8]) + bytes(6) + padding
            return ipv6(source, to, ICMPV6, icmp6_message(source, to, 134, 0, body), hops=255)

        to_mac = bytes.fromhex("333300000001") if to.startswith("ff02") else None
        return by_hand(f"from {source} to {to}", scene, make, to=to_mac, kind=IPV6)

    scene.fails(*(advertisement(source, to) for source in ("fe80::1", attacker.address6) for to in ("ff02::1", victim.address6)))
    assert routes() == before


def test_dhcp_of_a_workload_reaches_nobody(scene):
    def discover(mark):
        message = struct.pack("!BBBBIHHIIII", 1, 1, 6, 0, 7, 0, 0x8000, 0, 0, 0, 0) + Link(scene.attacker).mac.ljust(16, b"\0")
        message += bytes(192) + bytes.fromhex("63825363 350101 ff") + mark
        return ipv4("0.0.0.0", "255.255.255.255", UDP, udp_datagram("0.0.0.0", "255.255.255.255", 68, 67, message))

    def offer(mark):
        to = scene.victim.address
        return ipv4(scene.attacker.address, to, UDP, udp_datagram(scene.attacker.address, to, 67, 68, mark))

    everywhere = [*both(scene), MACHINE]
    tap = Tap(scene.attacker)
    try:
        scene.fails(
            by_hand("discover", scene, discover, at=everywhere, to=BROADCAST_MAC),
            by_hand("discover to the gateway", scene, discover, at=everywhere),
            by_hand("offer", scene, offer),
            by_hand("offer to all", scene, lambda mark: scene.datagram(mark, 68, to="255.255.255.255"), to=BROADCAST_MAC),
        )
        tap.look()
        assert not [it for it in tap.came if it[9:10] == bytes([UDP]) and it[20:22] == struct.pack("!H", 67)], (
            "somebody answers DHCP"
        )
    finally:
        tap.close()


def test_broadcast_and_multicast_reach_nobody(scene):
    everywhere = [*both(scene), MACHINE]

    def four(to, mac):
        return by_hand(f"udp to {to}", scene, lambda mark: scene.datagram(mark, OPEN, to=to), at=everywhere, to=mac)

    def six(to, mac):
        return by_hand(f"udp to {to}", scene, lambda mark: scene.datagram6(mark, OPEN, to=to), at=everywhere, to=mac, kind=IPV6)

    def group_mac(to):
        packed = ipaddress.ip_address(to).packed
        return b"\x33\x33" + packed[-4:] if len(packed) == 16 else b"\x01\x00\x5e" + bytes([packed[1] & 127]) + packed[2:]

    groups = ["224.0.0.1", "224.0.0.251", "239.1.2.3"]
    attempts = [four(it, group_mac(it)) for it in groups] + [four(it, None) for it in groups]
    attempts += [
        four(it, mac) for it in ("255.255.255.255", "10.0.0.255", "10.0.255.255", "10.0.0.0") for mac in (BROADCAST_MAC, None)
    ]
    groups6 = ["ff02::1", "ff02::2", "ff02::fb", "ff05::1", "ff0e::1"]
    attempts += [six(it, mac) for it in groups6 for mac in (group_mac(it), None)]
    scene.fails(*attempts)


def test_a_frame_for_another_than_the_gateway_reaches_nobody(scene):
    """An admitted packet in a frame to all, or straight to the victim: there is no common link."""
    victim_mac = Link(scene.victim).mac
    scene.fails(
        by_hand("to all", scene, lambda mark: scene.datagram(mark, OPEN), to=BROADCAST_MAC),
        by_hand("to the victim", scene, lambda mark: scene.datagram(mark, OPEN), to=victim_mac),
        by_hand("to nobody", scene, lambda mark: scene.datagram(mark, OPEN), to=bytes.fromhex("02deadbeef00")),
    )


@pytest.mark.parametrize("kind", [0x8100, 0x88A8, 0x8847, 0x8864, 0x88CC, 0x1234, 0x0806, 0x86DD])
def test_frames_of_other_kinds_carry_nothing_to_others(scene, kind):
    """VLAN tags, MPLS, PPPoE, LLDP, and IPv4 under a wrong name, with a packet inside that would be admitted."""
    tag = {
        0x8100: b"\x00\x01\x08\x00",
        0x88A8: b"\x00\x01\x08\x00",
        0x8847: b"\x00\x01\x01\x40",
        0x8864: bytes.fromhex("110000010050 0021"),
    }
    make = lambda mark: tag.get(kind, b"") + scene.datagram(mark, OPEN)  # noqa: E731
    everywhere = [*both(scene), MACHINE]
    scene.fails(
        by_hand(f"{kind:#x}", scene, make, at=everywhere, kind=kind),
        by_hand(f"{kind:#x} to all", scene, make, at=everywhere, to=BROADCAST_MAC, kind=kind),
    )


@pytest.mark.parametrize("kind", ["udp", "tcp", "icmp"])
def test_malformed_packets_reach_nobody(scene, kind):
    source, to = scene.attacker.address, scene.victim.address
    payload = {
        "udp": lambda mark: udp_datagram(source, to, 4000, OPEN, mark)[:6] + b"\x12\x34" + mark,
        "tcp": lambda mark: (
            tcp_segment(source, to, 4000, OPEN, mark)[:16] + b"\x12\x34" + tcp_segment(source, to, 4000, OPEN, mark)[18:]
        ),
        "icmp": lambda mark: b"\x08\x00\x12\x34" + mark,
    }[kind]
    number = {"udp": UDP, "tcp": TCP, "icmp": ICMP}[kind]
    scene.fails(by_hand("wrong checksum", scene, lambda mark: ipv4(source, to, number, payload(mark))))


def test_tcp_that_begins_in_the_middle_opens_nothing_at_a_shut_port(scene):
    source, to = scene.attacker.address, scene.victim.address

    def flags(value):
        return by_hand(
            f"flags {value:#x}",
            scene,
            lambda mark: ipv4(source, to, TCP, tcp_segment(source, to, 4000 + value, SHUT, mark, value, 7, 9)),
        )

    scene.fails(*(flags(it) for it in (0x10, 0x12, 0x01, 0x04, 0x14, 0x18, 0x29, 0x00, 0x3F, 0xFF)))


def test_tunnels_open_no_way_round_the_rules(scene):
    """IPv4 or IPv6 in IPv4, GRE, VXLAN to whoever might unpack it: the router, the friend, the machine."""
    source = scene.attacker.address

    def inner(mark):
        return scene.datagram(mark, SHUT, source=scene.friend.address)

    def vxlan(mark, to):
        frame = Link(scene.victim).mac + Link(scene.friend).mac + struct.pack("!H", IPV4) + inner(mark)
        header = bytes.fromhex("8800000100000100")
        return ipv4(source, to, UDP, udp_datagram(source, to, 4000, 4789, header + frame))

    ways = []
    for to in ("169.254.1.1", "10.0.0.1", scene.friend.address, "127.0.0.1"):
        ways += [
            by_hand(f"ipip by {to}", scene, lambda mark, to=to: ipv4(source, to, 4, inner(mark)), at=scene.victim),
            by_hand(f"gre by {to}", scene, lambda mark, to=to: ipv4(source, to, 47, b"\0\0\x08\0" + inner(mark)), at=scene.victim),
            by_hand(f"vxlan by {to}", scene, lambda mark, to=to: vxlan(mark, to), at=scene.victim),
        ]
    scene.fails(*ways)


def test_a_workload_that_tears_down_its_own_network_harms_only_itself(scene):
    """Its link, its neighbours, its routes: they are its own to break."""
    vpc = scene.vpc
    vandal = vpc.instance(None, scene.outsiders)
    assert udp_reaches(vandal, scene.victim, OPEN)
    with connection(scene.friend, scene.victim, SHUT) as established:
        for command in ("neigh flush all nud permanent", "address flush dev eth0", "link set eth0 down", "link delete eth0"):
            vandal.run("ip", *command.split(), check=False)
            assert echoes(established)
        assert can_connect(scene.friend, scene.victim, SHUT) and pings(scene.friend, scene.victim)
    vandal.terminate()
    vpc.instances.remove(vandal)
