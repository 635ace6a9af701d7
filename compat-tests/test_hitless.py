"""Every path of packets while the server is killed and another binary takes over: 10,000 datagrams a second and 1,000
open connections go on over each, half of the datagrams in either direction; none is lost and no connection ends.

Beside it rules and routes come and go, and instances start and end. `CULVERT_TEST_STARTS` says how many start while
forbidden and admitted packets are probed a thousand times a second (60).
"""

import json
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import culvert
from culvert import until
from packets import everywhere, family_of, inside, udp_reaches
from probes import SO_RCVBUFFORCE
from test_kills import kill_and_restart
from test_tenants import ALL, ALL6, OPEN, SHUT, Tenant
from world import OUTSIDE, OUTSIDE6, POOL, World

CONNECTIONS = 1000
# In each direction.
RATE = 5000
KILLS = 2
STARTS = int(os.environ.get("CULVERT_TEST_STARTS", "60"))
STARTS_AT_ONCE = 10
# Both ends of all connections, and what else is open.
FILES = 4 * CONNECTIONS


class Stream:
    """Datagrams from host to host that come back, by a program of their own, during the block.

    A flow is who sends, who answers, by which address it is known, its port, and whether rules admit it.
    """

    def __init__(self, rate, *flows):
        self.rate, self.flows, self.sent, self.counted = rate, flows, 0, None

    def __enter__(self):
        asked, sockets = [], []
        for source, to, address, port, admitted in self.flows:
            client = source.socket(family_of(address), socket.SOCK_DGRAM)
            server = to.socket(family_of(address), socket.SOCK_DGRAM)
            own = address in (to.address, to.address6)
            server.bind((address if own else everywhere(address), port))
            sockets += [client, server]
            ends = {"client": client.fileno(), "server": server.fileno()}
            asked.append({**ends, "address": address, "port": port, "echoes": admitted})
        for it in sockets:
            it.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.hosts = {it.id: it for source, to, *_ in self.flows for it in (source, to)}
        self.before = {name: it.sent() for name, it in self.hosts.items()}
        self.program = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("stream.py")), json.dumps({"rate": self.rate, "flows": asked})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[it.fileno() for it in sockets],
        )
        for it in sockets:
            it.close()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.goes_on()
        return self

    def read(self):
        for line in self.program.stdout:
            if line.startswith("{"):
                self.counted = json.loads(line)
            else:
                self.sent = int(line)

    def goes_on(self):
        """Waits until a fifth of a second's datagrams more are sent."""
        enough = self.sent + self.rate // 5
        until("datagrams are sent", lambda: self.sent >= enough, 30)

    def __exit__(self, *_):
        self.program.stdin.close()
        self.reader.join(30)
        self.program.wait(30)
        self.program.stdout.close()
        self.left = {name: it.sent() - self.before[name] for name, it in self.hosts.items()}

    def must_be_whole(self):
        """Asserts that what rules admit went there and back once, and that nothing else arrived though it was sent."""
        sent, put = self.counted["sent"], dict.fromkeys(self.hosts, 0)
        for (source, to, address, port, admitted), told in zip(self.flows, self.counted["flows"], strict=True):
            name = f"{source} -> {to} {address} {port}"
            put[source.id] += sent
            put[to.id] += told["arrived"] if admitted else 0
            if admitted:
                assert not told["lost"], f"{name}: {told['lost']} of {sent} lost: {told['first']}"
                assert not told["doubled"], f"{name}: {told['doubled']} came twice"
            else:
                assert not told["arrived"], f"{name}: {told['arrived']} of {sent} passed"
        for name, count in put.items():
            assert self.left[name] >= count, f"{name} put {self.left[name]} datagrams on its link, and not {count}"
        rate = sent / self.counted["seconds"]
        print(f"{rate:.0f} datagrams a second in each direction, {sent} in all")
        assert rate > self.rate / 5, f"this proves less than it says: only {rate:.0f} datagrams a second were sent"


class Connections(threading.Thread):
    """So many TCP connections from host to host; a number goes there and back on each, one round after another."""

    def __init__(self, source, to, address, port, count=CONNECTIONS):
        super().__init__(daemon=True)
        self.over, self.failure, self.rounds = threading.Event(), None, 0
        own = address in (to.address, to.address6)
        listener = to.socket(family_of(address))
        listener.bind((address if own else everywhere(address), port))
        listener.listen(count)
        with inside(source):
            self.clients = [socket.socket(family_of(address)) for _ in range(count)]
        self.servers = []
        with listener:
            for client in self.clients:
                client.settimeout(10)
                client.connect((address, port))
            for _ in self.clients:
                self.servers.append(listener.accept()[0])
        for it in self.servers:
            it.settimeout(10)

    def run(self):
        try:
            # A pause, so that the rounds leave the machine to the datagrams.
            while not self.over.wait(0.1):
                self.round()
                self.rounds += 1
        except BaseException as error:  # noqa: BLE001
            self.failure = error

    def round(self):
        for number, it in enumerate(self.clients):
            it.sendall(struct.pack("!Q", number))
        for it in self.servers:
            it.sendall(self.eight(it))
        for number, it in enumerate(self.clients):
            assert struct.unpack("!Q", self.eight(it)) == (number,)

    @staticmethod
    def eight(connection):
        received = b""
        while len(received) < 8:
            part = connection.recv(8 - len(received))
            assert part, "a connection was closed"
            received += part
        return received

    def goes_on(self):
        """Waits until every connection has carried bytes both ways once more."""
        # One round may just be under way.
        enough = self.rounds + 2
        until("all connections carry bytes", lambda: self.failure or self.rounds >= enough, 30)
        assert self.failure is None, self.failure

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(30)
        for it in [*self.clients, *self.servers]:
            it.close()


class Scene:
    """A VPC with every way out, on a node that has two binaries to be started from."""

    def __init__(self, world, server, directory):
        self.server, self.outside = server, world.outside
        self.tenant = Tenant(server.account("hitless")[1], POOL)
        other = directory / "culvert"
        shutil.copy(culvert.BINARY, other)
        # Another file with other contents: what follows the last section is of no meaning.
        with open(other, "ab") as it:
            it.write(b"another build")
        self.binaries = [other, culvert.BINARY]

    def replace(self):
        """Kills the server and starts the other binary."""
        self.server.binary = self.binaries[0]
        self.binaries.reverse()
        return kill_and_restart(self.server)

    def churn(self, number, starts=0):
        """Rules and routes beside those that packets use come and go, and instances start and end."""
        vpc, port = self.tenant.vpc, 3000 + number % 1000
        rules = [f"tcp {port} from {ALL}", f"udp {port}-{port + 9} from {ALL6}", f"icmp from {ALL}"]
        group, block = vpc.groups[0], f"203.0.113.{number % 256}/32"
        vpc.allow(group, *rules)
        tables = (vpc.main, self.tenant.through_nat)
        vpc.route(tables[0], block, VpcPeeringConnectionId=self.tenant.connection)
        vpc.route(tables[1], block, NatGatewayId=self.tenant.nat)
        started = vpc.run(starts, vpc.subnets[0], group) if starts else []
        for table in tables:
            vpc.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=block)
        vpc.revoke(group, *rules)
        if started:
            vpc.ec2.terminate_instances(InstanceIds=[it.id for it in started])

    def path(self, name):
        """Who talks to whom, and by which address."""
        it, outside = self.tenant, self.outside
        return {
            "inside the VPC": (it.attacker, it.near, it.near.address),
            "out by a NAT gateway": (it.hidden, outside, OUTSIDE),
            "out by a public address": (it.near, outside, OUTSIDE),
            "in by a public address": (outside, it.near, it.public),
            "between public addresses": (it.attacker, it.near, it.public),
            "to a peer": (it.near, it.beyond, it.beyond.address),
            "from a peer": (it.beyond, it.near, it.near.address),
            "IPv6 inside the VPC": (it.attacker, it.near, it.near.address6),
            "IPv6 out": (it.near, outside, OUTSIDE6),
            "IPv6 in": (outside, it.near, it.near.address6),
            "IPv6 out by an egress-only gateway": (it.shy, outside, OUTSIDE6),
        }[name]


PATHS = [
    "inside the VPC",
    "out by a NAT gateway",
    "out by a public address",
    "in by a public address",
    "between public addresses",
    "to a peer",
    "from a peer",
    "IPv6 inside the VPC",
    "IPv6 out",
    "IPv6 in",
    "IPv6 out by an egress-only gateway",
]


@pytest.fixture(scope="module")
def many_files():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], FILES), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def scene(many_files, tmp_path_factory):
    with World() as world, world.culvert("--public-pool", POOL) as server, server:
        yield Scene(world, server.start(), tmp_path_factory.mktemp("binary"))


@pytest.mark.parametrize("name", PATHS)
def test_no_packet_is_lost_and_no_connection_ends_when_another_binary_takes_over(scene, name):
    source, to, address = scene.path(name)
    with Connections(source, to, address, OPEN) as connections, Stream(RATE, (source, to, address, OPEN, True)) as stream:
        for kill in range(KILLS):
            scene.replace()
            stream.goes_on()
            connections.goes_on()
            scene.churn(kill)
    assert connections.failure is None, connections.failure
    stream.must_be_whole()


def test_no_gap_opens_and_none_closes_while_rules_and_routes_change_and_instances_start(scene):
    """A thousand times a second, over three paths: what is admitted passes, what is not does not; both are sent."""
    tenant, outside = scene.tenant, scene.outside
    flows = [
        (tenant.attacker, tenant.near, tenant.near.address, OPEN, True),
        (tenant.attacker, tenant.near, tenant.near.address, SHUT, False),
        (tenant.hidden, outside, OUTSIDE, OPEN, True),
        (outside, tenant.near, tenant.public, SHUT + 1, False),
        (tenant.near, tenant.beyond, tenant.beyond.address, OPEN, True),
        (tenant.near, tenant.beyond, tenant.beyond.address, SHUT, False),
    ]
    with Stream(1000, *flows) as stream:
        began = time.monotonic()
        for number in range(0, STARTS, STARTS_AT_ONCE):
            scene.churn(number, STARTS_AT_ONCE)
        took = time.monotonic() - began
        stream.goes_on()
    stream.must_be_whole()
    print(f"{STARTS} instances started and ended in {took:.1f} s, {stream.counted['sent']} probes of each of {len(flows)} flows")
    # The ports are shut by rules only.
    group = tenant.vpc.groups[0]
    tenant.vpc.allow(group, f"udp {SHUT} from {ALL}")
    assert udp_reaches(tenant.attacker, tenant.near, SHUT)
    tenant.vpc.revoke(group, f"udp {SHUT} from {ALL}")
