"""Packets between instances, by the sockets of the kernel.

A socket belongs for good to the network namespace that it was made in. So nothing runs inside an instance: this
process goes in for a moment, makes a socket, comes back, and uses it from here. Both ends of a probe are in one place
and need no protocol between them.

A negative answer counts only if the packet was sent. So every probe of that kind watches the sender's link and fails,
as opposed to answering no, if the packet was not seen to leave on it.
"""

import contextlib
import ctypes
import errno
import ipaddress
import itertools
import os
import select
import socket
import struct
import subprocess
import threading
import time

NETNS = "/run/netns"
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
PACKET_OUTGOING = 4

# How long a probe may take that should get through, and how long one is waited for that should not: in one machine
# a packet is delivered within the call that sends it, so that the latter is long.
PASS_SECONDS = 5.0
DROP_SECONDS = 0.6

libc = ctypes.CDLL(None, use_errno=True)
payloads = itertools.count()


def enter(namespace):
    """Moves the calling thread into the open network namespace."""
    if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot enter a network namespace: {os.strerror(number)}")


@contextlib.contextmanager
def inside(host):
    """In this block, what the calling thread makes (sockets, processes) is in the instance.

    Keep it short, and call no API in it: from in there the API cannot be reached.
    """
    name = host if isinstance(host, str) else host.id
    with open(f"{NETNS}/{name}") as there, open("/proc/thread-self/ns/net") as home:
        enter(there)
        try:
            yield
        finally:
            enter(home)


class Host:
    """Something with a network namespace and addresses: an instance."""

    def __init__(self, id, address, address6=None):
        self.id, self.address, self.address6 = id, address, address6

    def __repr__(self):
        return f"{self.id} ({self.address})"

    def exists(self):
        """Whether its namespace is there."""
        return os.path.exists(f"{NETNS}/{self.id}")

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        """A socket in the instance."""
        with inside(self):
            return socket.socket(family, kind, protocol)

    def run(self, *command, check=True, seconds=30, **options):
        """Runs a program in the instance's network to its end and returns what `subprocess.run` does."""
        with inside(self):
            options = {"capture_output": True, "text": True, **options}
            return subprocess.run(command, check=check, timeout=seconds, **options)

    @contextlib.contextmanager
    def process(self, *command, **options):
        """A program that runs in the instance's network during the block."""
        with inside(self):
            child = subprocess.Popen(command, **options)
        try:
            yield child
        finally:
            child.kill()
            child.wait()

    @property
    def link(self):
        """The name of the instance's first link."""
        with inside(self):
            return next(name for _, name in socket.if_nameindex() if name != "lo")

    def sent(self):
        """How many packets have left on the instance's links."""
        with inside(self), open("/proc/thread-self/net/dev") as table:
            rows = [line.split(":") for line in table.readlines()[2:]]
        return sum(int(counters.split()[9]) for name, counters in rows if name.strip() != "lo")


def family_of(address):
    return socket.AF_INET if ipaddress.ip_address(address).version == 4 else socket.AF_INET6


def target(to, address):
    """The address that a probe is sent to."""
    return address or (to if isinstance(to, str) else to.address)


def everywhere(address):
    """What a server listens at whom others know by an address that is not its own: a public one, say."""
    return "0.0.0.0" if family_of(address) == socket.AF_INET else "::"


class Witness:
    """Sees what leaves the instance, as it is put on the link."""

    def __init__(self, host):
        self.host = host
        with inside(host):
            self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.tap.setblocking(False)
        self.seen = []

    def look(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, where = self.tap.recvfrom(2048)
                if where[2] == PACKET_OUTGOING and where[0] != "lo":
                    self.seen.append(packet)

    def saw(self, protocol, address, port=None):
        """Whether a packet of this protocol left towards the address, and the port if there is one."""
        self.look()
        return any(parsed == (protocol, address) + ((port,) if port else parsed[2:]) for parsed in map(read, self.seen) if parsed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tap.close()


def read(packet):
    """Protocol number, destination and, where there is one, destination port of an IP packet."""
    if len(packet) >= 20 and packet[0] >> 4 == 4:
        start, protocol, to = (packet[0] & 15) * 4, packet[9], socket.inet_ntop(socket.AF_INET, packet[16:20])
    elif len(packet) >= 40 and packet[0] >> 4 == 6:
        start, protocol, to = 40, packet[6], socket.inet_ntop(socket.AF_INET6, packet[24:40])
    else:
        return None
    has_port = protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP) and len(packet) >= start + 4
    return protocol, to, struct.unpack_from("!H", packet, start + 2)[0] if has_port else None


def must_have_left(witness, protocol, address, port=None):
    assert witness.saw(protocol, address, port), (
        f"the probe proves nothing: no packet to {address} {port or ''} left {witness.host}; "
        f"seen were {[read(it) for it in witness.seen]}"
    )


# TCP.


@contextlib.contextmanager
def tcp_server(host, port, address=None):
    """Listens in the instance during the block, and echoes what it is sent on each connection."""
    address = target(host, address)
    listener = host.socket(family_of(address))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(64)
    connections = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, peer = listener.accept()
                connections.append(connection)
                listener_peers.append(peer[0])
                threading.Thread(target=echo, args=(connection,), daemon=True).start()

    def echo(connection):
        with contextlib.suppress(OSError):
            while received := connection.recv(65536):
                connection.sendall(received)

    listener_peers = []
    threading.Thread(target=serve, daemon=True).start()
    try:
        # Those who connected, as the instance saw them.
        yield listener_peers
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        for it in [listener, *connections]:
            with contextlib.suppress(OSError):
                it.shutdown(socket.SHUT_RDWR)
            it.close()


@contextlib.contextmanager
def listening(to, port, address):
    """As `tcp_server`, unless the other end is no instance of ours or listens already."""
    if isinstance(to, str):
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(tcp_server(to, port, everywhere(address) if address else None))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        yield


def connect(source, to, port, address=None, seconds=PASS_SECONDS, from_port=0):
    """A TCP connection, or None where nothing answered in time. A refusal by a reset is an error: it did answer."""
    address = target(to, address)
    client = source.socket(family_of(address))
    client.settimeout(seconds)
    try:
        if from_port:
            client.bind(("", from_port))
        client.connect((address, port))
        return client
    except TimeoutError:
        client.close()
        return None
    except OSError:
        client.close()
        raise


def echoes(client, seconds=PASS_SECONDS):
    """Whether what is sent on the connection comes back in time, be it behind what was sent while it was cut."""
    payload = f"payload {next(payloads)}".encode()
    client.settimeout(seconds)
    try:
        client.sendall(payload)
        received = b""
        while not received.endswith(payload):
            part = client.recv(1024)
            if not part:
                return False
            received += part
        return True
    except TimeoutError:
        return False


def can_connect(source, to, port, address=None, seconds=PASS_SECONDS):
    """Whether a TCP connection from `source` to the port of `to` comes about and carries bytes both ways."""
    with listening(to, port, address):
        client = connect(source, to, port, address, seconds)
        if client is None:
            return False
        with client:
            return echoes(client, seconds)


def cannot_connect(source, to, port, address=None, seconds=DROP_SECONDS):
    """Whether an attempt that did leave `source` got no answer at all, though somebody listens."""
    with Witness(source) as witness, listening(to, port, address):
        client = connect(source, to, port, address, seconds)
        must_have_left(witness, socket.IPPROTO_TCP, target(to, address), port)
        if client is not None:
            client.close()
        return client is None


@contextlib.contextmanager
def connection(source, to, port, address=None):
    """An established TCP connection whose other end echoes; `echoes(it)` says whether it still carries bytes."""
    with listening(to, port, address):
        client = connect(source, to, port, address)
        assert client is not None, f"{source} could not connect to {to} {port}"
        with client:
            assert echoes(client)
            yield client


# UDP.


@contextlib.contextmanager
def udp_server(host, port, address=None):
    """A UDP socket that is bound in the instance during the block."""
    address = target(host, address)
    with host.socket(family_of(address), socket.SOCK_DGRAM) as server:
        server.bind((address, port))
        yield server


def _udp(source, to, port, address, seconds, from_port):
    """Whether a datagram arrived. It was seen to leave, or this fails."""
    address = target(to, address)
    payload = f"payload {next(payloads)}".encode()
    with Witness(source) as witness, udp_server(to, port, everywhere(address)) as server:
        with source.socket(family_of(address), socket.SOCK_DGRAM) as client:
            if from_port:
                client.bind(("", from_port))
            client.sendto(payload, (address, port))
            arrived = wait_for(server, lambda it: it == payload, seconds)
        must_have_left(witness, socket.IPPROTO_UDP, address, port)
    return arrived


def udp_reaches(source, to, port, address=None, seconds=PASS_SECONDS, from_port=0):
    """Whether a datagram from `source` reaches the port of `to`."""
    return _udp(source, to, port, address, seconds, from_port)


def udp_is_dropped(source, to, port, address=None, seconds=DROP_SECONDS, from_port=0):
    """Whether a datagram that did leave `source` does not reach the port of `to`."""
    return not _udp(source, to, port, address, seconds, from_port)


def wait_for(receiver, matches, seconds):
    """Whether a datagram that matches arrives at the socket in time."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if select.select([receiver], [], [], left)[0] and matches(receiver.recv(65536)):
            return True
    return False


# ICMP.


def _ping(source, to, address, seconds):
    address = target(to, address)
    six = family_of(address) == socket.AF_INET6
    protocol = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    request, reply = (128, 129) if six else (8, 0)
    number = next(payloads) & 0xFFFF
    body = struct.pack("!HH", os.getpid() & 0xFFFF, number) + b"is anybody there"
    packet = struct.pack("!BBH", request, 0, 0) + body
    if not six:
        # The kernel computes the checksum of ICMPv6 only.
        packet = struct.pack("!BBH", request, 0, checksum(packet)) + body

    def answers(received):
        message = received if six else received[(received[0] & 15) * 4 :]
        return message[0] == reply and message[4:] == body

    with Witness(source) as witness, source.socket(family_of(address), socket.SOCK_RAW, protocol) as client:
        client.sendto(packet, (address, 0))
        answered = wait_for(client, answers, seconds)
        must_have_left(witness, protocol, address)
    return answered


def checksum(packet):
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pings(source, to, address=None, seconds=PASS_SECONDS):
    """Whether an echo request from `source` is answered."""
    return _ping(source, to, address, seconds)


def ping_is_dropped(source, to, address=None, seconds=DROP_SECONDS):
    """Whether an echo request that did leave `source` is not answered."""
    return not _ping(source, to, address, seconds)


# Packets that no honest socket sends.


def send_raw(source, packet, to):
    """Sends an IPv4 packet with the header as given, forged source address and all."""
    with source.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sender:
        sender.sendto(packet, (to, 0))


def udp_packet(from_address, to_address, from_port, to_port, payload):
    """An IPv4 packet with a UDP datagram; the kernel fills in the header's checksum, UDP goes without."""
    udp = struct.pack("!HHHH", from_port, to_port, 8 + len(payload), 0) + payload
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
        socket.inet_aton(from_address), socket.inet_aton(to_address),
    )  # fmt: skip
    return header + udp


def forged_udp_arrives(source, to, port, pretend, seconds=DROP_SECONDS):
    """Whether a datagram that `source` sends under the address `pretend` reaches the port of `to`."""
    payload = f"forged {next(payloads)}".encode()
    with Witness(source) as witness, udp_server(to, port) as server:
        send_raw(source, udp_packet(pretend, to.address, 12345, port, payload), to.address)
        arrived = wait_for(server, lambda it: it == payload, seconds)
        must_have_left(witness, socket.IPPROTO_UDP, to.address, port)
    return arrived
