"""The agent: it looks, changes what is not as it should be and nothing else, and owns only what is its own.

Whether the kernel was changed is asked of the kernel: it tells whoever listens of each link, address, neighbour, route,
rule, setting and piece of a firewall that comes, changes or goes in a namespace.
"""

import base64
import collections
import contextlib
import os
import pwd
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from culvert import BINARY, NETNS, Culvert, until
from network import Vpc
from packets import (
    can_connect,
    cannot_connect,
    connection,
    echoes,
    inside,
    ping_is_dropped,
    pings,
    tcp_server,
    udp_is_dropped,
    udp_reaches,
)
from probes import Router

ALL = "0.0.0.0/0"
# The node looks at all of the kernel every 30 s.
REPAIR_SECONDS = 40

NETLINK_ROUTE, NETLINK_NETFILTER = 0, 12
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
# RTNLGRP_…: links, neighbours, traffic control, addresses, routes, rules, netconf (the settings), next hops.
ROUTE_GROUPS = {1: "link", 3: "neighbour", 4: "qdisc", 5: "address", 7: "route", 8: "rule", 9: "address6", 11: "route6"}
ROUTE_GROUPS |= {18: "prefix6", 19: "rule6", 24: "setting", 25: "setting6", 32: "next hop"}
NFTABLES_GROUP = 7


class Monitor:
    """What changes in a namespace while this is open."""

    def __init__(self, host):
        self.host = host
        with inside(host):
            self.route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
            self.filter = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        for it, groups in ((self.route, ROUTE_GROUPS), (self.filter, [NFTABLES_GROUP])):
            it.bind((0, 0))
            it.setblocking(False)
            for group in groups:
                it.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)

    def changes(self):
        """The kinds of messages that came since this was asked last: protocol and message type."""
        kinds = []
        for name, it in (("route", self.route), ("nftables", self.filter)):
            with contextlib.suppress(BlockingIOError):
                while True:
                    received, at = it.recv(1 << 20), 0
                    while at < len(received):
                        length, kind = struct.unpack_from("=IH", received, at)
                        kinds.append((name, kind & 0xFF if name == "nftables" else kind))
                        at += (length + 3) & ~3
        return kinds

    def close(self):
        self.route.close()
        self.filter.close()


def namespaces_of(server):
    """Everything of the server's that has a network of its own."""
    return [Router(it.name) for it in server.kernel_objects() if it.parent == NETNS]


def router_of(server, vpc):
    """The namespace through which the VPC's packets pass on this node."""
    (found,) = NETNS.glob(f"culvert-{server.tag}-{vpc.id}")
    return Router(found.name)


@contextlib.contextmanager
def monitors(server):
    """One for each namespace of the server, once the kernel has told all of the past."""
    made = [Monitor(it) for it in namespaces_of(server)]
    try:
        settle(made)
        yield made
    finally:
        for it in made:
            it.close()


def settle(watching):
    """Waits until nothing is told any more: the kernel tells of links that went up up to a second later."""
    heard = [time.monotonic()]

    def is_calm():
        if any([it.changes() for it in watching]):
            heard[0] = time.monotonic()
        return time.monotonic() - heard[0] > 1.2

    until("the kernel is calm", is_calm)


def test_a_start_over_an_unchanged_state_changes_nothing_in_the_kernel(fresh):
    vpcs = [Vpc(fresh.ec2, AmazonProvidedIpv6CidrBlock=True), Vpc(fresh.ec2, "10.1.0.0/16")]
    for vpc in vpcs:
        vpc.subnet()
        members = vpc.group()
        group = vpc.group(f"tcp 80-90 from {ALL}", f"icmp 8/0 from {ALL}", f"udp 53 from {members}", "tcp 443 from ::/0")
        vpc.lock_egress(members)
        vpc.allow(members, f"all to {group}")
        a, b = vpc.instance(None, group), vpc.instance(None, group, members, UserData="#!/bin/sh\nexec sleep 600\n")
        far = fresh.ec2.create_network_interface(SubnetId=vpc.subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
        fresh.ec2.attach_network_interface(NetworkInterfaceId=far, InstanceId=a.id, DeviceIndex=1)
        fresh.ec2.assign_private_ip_addresses(NetworkInterfaceId=b.interface, SecondaryPrivateIpAddressCount=1)
    assert len(namespaces_of(fresh)) == 6
    with monitors(fresh) as watching:
        for end in fresh.stop, fresh.kill9:
            end()
            fresh.start()
            seen = {it.host.id: changes for it in watching if (changes := it.changes())}
            assert not seen, f"the first pass after {end.__name__} changed: {seen}"
        # These very monitors see each kind of change.
        vpc.allow(group, f"tcp 99 from {ALL}")
        fresh.ec2.assign_private_ip_addresses(NetworkInterfaceId=a.interface, SecondaryPrivateIpAddressCount=1)
        seen = {name for it in watching for name, _ in it.changes()}
        assert seen == {"route", "nftables"}


def test_a_change_in_one_vpc_touches_nothing_of_another(fresh):
    vpcs = [Vpc(fresh.ec2), Vpc(fresh.ec2)]
    for vpc in vpcs:
        vpc.subnet()
        vpc.run(2, None, vpc.group(f"tcp 80 from {ALL}"))
    mine = {router_of(fresh, vpcs[0]).id, *(it.id for it in vpcs[0].instances)}
    with monitors(fresh) as watching:
        vpcs[0].allow(vpcs[0].groups[0], f"tcp 81 from {ALL}")
        vpcs[0].instance(None, vpcs[0].groups[0])
        vpcs[0].instances[0].terminate()
        seen = {it.host.id for it in watching if it.changes()}
        assert router_of(fresh, vpcs[0]).id in seen
        assert seen <= mine, f"touched without need: {seen - mine}"


# Disturbed from outside.


class Field:
    """A VPC with a sender and a server that admits TCP port 80."""

    def __init__(self, server):
        self.server, self.vpc = server, Vpc(server.ec2)
        self.vpc.subnet()
        self.sender = self.vpc.instance(None, self.vpc.group())
        self.target = self.vpc.instance(None, self.vpc.group("tcp 80 from 10.0.0.0/16", f"icmp from {ALL}"))
        self.router = router_of(server, self.vpc)

    def inside_router(self, *command, **more):
        return self.router.run(*command, **more)

    def router_link(self):
        """The router's end of the target's link."""
        with inside(self.router):
            names = [name for _, name in socket.if_nameindex()]
        (found,) = [it for it in names if self.target.interface.startswith(it)]
        return found

    def is_well(self):
        with contextlib.suppress(OSError):
            return (
                pings(self.sender, self.target, seconds=0.3)
                and can_connect(self.sender, self.target, 80, seconds=0.5)
                and cannot_connect(self.sender, self.target, 81, seconds=0.2)
            )
        return False


def a_deleted_route(field):
    field.inside_router("ip", "route", "flush", "table", "all", "type", "unicast", "proto", "all", check=False)
    with inside(field.router):
        tables = subprocess.run(["ip", "route", "show", "table", "all"], capture_output=True, text=True).stdout
    for line in tables.splitlines():
        if line.startswith(field.target.address):
            table = re.search(r"table (\S+)", line)
            field.inside_router("ip", "route", "delete", field.target.address, *(["table", table[1]] if table else []))
    assert ping_is_dropped(field.sender, field.target)


def a_flushed_firewall(field):
    """All tables go: whatever the firewall refused now passes, until it is there again."""
    field.inside_router("nft", "flush", "ruleset")
    assert can_connect(field.sender, field.target, 81)


def a_deleted_link_of_the_router(field):
    field.inside_router("ip", "link", "delete", field.router_link())


def a_link_that_was_set_down(field):
    field.inside_router("ip", "link", "set", field.router_link(), "down")
    assert ping_is_dropped(field.sender, field.target)


def a_setting(field):
    field.inside_router("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    assert ping_is_dropped(field.sender, field.target)


def a_neighbour(field):
    field.inside_router("ip", "neigh", "flush", "all", "nud", "permanent", "dev", field.router_link())
    field.inside_router("ip", "neigh", "delete", field.target.address, "dev", field.router_link(), check=False)


def a_rule_of_the_router(field):
    field.inside_router("ip", "rule", "flush")
    assert ping_is_dropped(field.sender, field.target)


def an_instances_own_network(field):
    """What a workload with the right to do so breaks in its own namespace."""
    field.target.run("ip", "address", "flush", "dev", "eth0")
    field.target.run("ip", "route", "flush", "table", "main", check=False)
    field.target.run("ip", "link", "set", "eth0", "down")
    assert ping_is_dropped(field.sender, field.target)


def the_routers_namespace(field):
    subprocess.run(["ip", "netns", "delete", field.router.id], check=True)


DISTURBANCES = [
    a_deleted_route,
    a_flushed_firewall,
    a_deleted_link_of_the_router,
    a_link_that_was_set_down,
    a_setting,
    a_neighbour,
    a_rule_of_the_router,
    an_instances_own_network,
    the_routers_namespace,
]


@pytest.fixture(scope="module")
def disturbed():
    """A server whose VPCs have been disturbed, each in one way, but for one; and when that was."""
    with Culvert() as server:
        server.start()
        fields = {it.__name__: Field(server) for it in DISTURBANCES}
        calm = Field(server)
        assert all(it.is_well() for it in [*fields.values(), calm])
        watching = [Monitor(it) for it in (calm.router, calm.sender, calm.target)]
        settle(watching)
        began = time.monotonic()
        for disturb in DISTURBANCES:
            disturb(fields[disturb.__name__])
        yield collections.namedtuple("Disturbed", "fields calm watching began")(fields, calm, watching, began)
        for it in watching:
            it.close()


@pytest.mark.parametrize("what", [it.__name__ for it in DISTURBANCES])
def test_what_is_broken_from_outside_is_repaired(disturbed, what):
    left = REPAIR_SECONDS - (time.monotonic() - disturbed.began)
    until(f"{what} is repaired", disturbed.fields[what].is_well, max(left, 3))
    print(f"repaired after {time.monotonic() - disturbed.began:.1f} s at most")


def test_the_repair_of_others_changes_nothing_where_nothing_is_broken(disturbed):
    """After a look at all of the kernel: that has happened, since a flushed firewall is there again."""
    left = REPAIR_SECONDS - (time.monotonic() - disturbed.began)
    until("the firewall is there again", disturbed.fields["a_flushed_firewall"].is_well, max(left, 3))
    seen = {it.host.id: changes for it in disturbed.watching if (changes := it.changes())}
    assert not seen
    assert disturbed.calm.is_well()


# What is not ours.


def test_what_others_put_into_our_namespaces_stays(fresh):
    field = Field(fresh)
    field.inside_router("nft", "add table inet operator; add chain inet operator count; add rule inet operator count counter")
    field.inside_router("ip", "link", "add", "foreign0", "type", "veth", "peer", "name", "foreign1")
    field.inside_router("ip", "address", "add", "192.0.2.1/24", "dev", "foreign0")
    field.inside_router("ip", "link", "set", "foreign0", "up")
    field.inside_router("ip", "route", "add", "198.51.100.0/24", "dev", "foreign0", "table", "77")
    field.target.run("ip", "address", "add", "192.0.2.2/32", "dev", "lo")

    def there():
        with inside(field.router):
            routes = subprocess.run(["ip", "route", "show", "table", "77"], capture_output=True, text=True).stdout
            addresses = subprocess.run(["ip", "-brief", "address"], capture_output=True, text=True).stdout
            tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True).stdout
        own = field.target.run("ip", "-brief", "address", "show", "lo").stdout
        return [
            "198.51.100.0/24" in routes,
            "foreign0@" in addresses,
            "foreign1@" in addresses,
            "192.0.2.1/24" in addresses,
            "inet operator" in tables,
            "192.0.2.2/32" in own,
        ]

    assert all(there())
    # A pass over changes, and a pass that looks at everything.
    field.vpc.allow(field.vpc.groups[0], f"tcp 99 from {ALL}")
    field.vpc.instance(None, field.vpc.groups[0]).terminate()
    fresh.kill9()
    fresh.start()
    assert all(there()), there()
    assert field.is_well()


def test_down_leaves_nothing_of_its_own_and_everything_of_others(start):
    foreign = [f"culvert-{os.getpid():08x}-vpc-0123456789abcdef0", f"i-{os.getpid():017x}", f"other-{os.getpid()}"]
    server, neighbour = start(), start("--node-name", "neighbour")
    bystander = Field(neighbour)
    with contextlib.ExitStack() as stack:
        for name in foreign:
            subprocess.run(["ip", "netns", "add", name], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "delete", name], check=True)
            it = Router(name)
            it.run("nft", "add table inet culvert; add chain inet culvert mine")
            it.run("ip", "link", "add", "eni-0123456789a", "type", "veth", "peer", "name", "eth0")
        field = Field(server)
        main = field.vpc.instance(UserData="#!/bin/sh\necho begun as $$\nexec sleep 600\n")
        log = lambda: server.culvert("logs", main.id).stdout  # noqa: E731
        pid = until("it runs", lambda: re.search(r"begun as (\d+)", log()))[1]
        with main.process("sleep", "600", start_new_session=True) as stranger:
            namespaces = namespaces_of(server)
            assert len(namespaces) == 4
            # It asserts that nothing is left, by the names under which all of it could be reached.
            server.down()
            until("the main process has ended", lambda: not os.path.exists(f"/proc/{pid}"))
            assert stranger.wait(5) in (-signal.SIGTERM, -signal.SIGKILL)
        assert not any((NETNS / it.id).exists() for it in namespaces)
        for name in foreign:
            it = Router(name)
            assert "inet culvert" in it.run("nft", "list", "tables").stdout
            assert "eni-0123456789a" in it.run("ip", "-brief", "link").stdout
        assert bystander.is_well()
        assert udp_is_dropped(bystander.sender, bystander.target, 9)


def test_after_down_the_next_start_makes_it_all_anew(fresh):
    field = Field(fresh)
    fresh.stop()
    fresh.culvert("down", "--data-dir", fresh.data_dir)
    assert not fresh.kernel_objects() or not field.target.exists()
    fresh.start()
    assert field.is_well()


# Instances.


def test_instances_and_their_connections_survive_an_orderly_restart(fresh):
    field = Field(fresh)
    with connection(field.sender, field.target, 80) as established:
        inode = os.stat(NETNS / field.target.id).st_ino
        fresh.stop()
        assert echoes(established), "without the server"
        assert can_connect(field.sender, field.target, 80), "a new one, without the server"
        assert cannot_connect(field.sender, field.target, 81)
        fresh.start()
        assert echoes(established)
        assert os.stat(NETNS / field.target.id).st_ino == inode
    assert field.target.state == "running"


def test_a_rule_changed_after_a_restart_holds_for_the_next_packet(fresh):
    field = Field(fresh)
    group = field.vpc.groups[1]
    with connection(field.sender, field.target, 80) as established:
        fresh.kill9()
        fresh.start()
        field.vpc.allow(group, f"udp 53 from {ALL}")
        assert udp_reaches(field.sender, field.target, 53)
        field.vpc.revoke(group, f"udp 53 from {ALL}", "tcp 80 from 10.0.0.0/16")
        assert udp_is_dropped(field.sender, field.target, 53)
        assert cannot_connect(field.sender, field.target, 80)
        assert echoes(established)


REPORT = """#!/bin/sh
echo "user $(id -u) $(id -g)"
grep -E '^(NoNewPrivs|CapEff|CapPrm|Groups):' /proc/self/status
cat /etc/resolv.conf
cat /proc/net/fib_trie | grep -B1 '/32 host LOCAL' | sed -n 's/.*-- /address /p' | sort -u
echo "id $INSTANCE_ID"
env | grep -E '^(CULVERT|AWS)' && echo "secrets!"
cat %s && echo "read the credentials!"
echo "to stderr" >&2
echo done
exec sleep 600
"""


def logs_until(server, instance, text):
    """What the instance's main process has printed, once it holds the text."""
    return until(f"it prints {text!r}", lambda: (it := server.culvert("logs", instance.id).stdout) and text in it and it)


def test_a_main_process_is_unprivileged_and_inside(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    it = vpc.instance(UserData=REPORT % (fresh.data_dir / "credentials"))
    text, nobody = logs_until(fresh, it, "done\n"), pwd.getpwnam("nobody")
    assert f"user {nobody.pw_uid} {nobody.pw_gid}\n" in text
    assert re.search(r"NoNewPrivs:\t1\n", text)
    assert re.search(r"CapEff:\t0+\n", text) and re.search(r"CapPrm:\t0+\n", text)
    assert re.search(r"Groups:\t\s*\n", text)
    assert "search ec2.internal\n" in text
    assert f"address {it.address}\n" in text
    assert set(re.findall(r"address (\S+)", text)) == {it.address, "127.0.0.1"}
    assert f"id {it.id}\n" in text
    assert "to stderr\n" in text
    assert "secrets!" not in text and "read the credentials!" not in text


def test_main_processes_run_as_the_user_that_was_named(start):
    server = start("--instance-user", "daemon")
    vpc = Vpc(server.ec2)
    vpc.subnet()
    it = vpc.instance(UserData="#!/bin/sh\nid -u; echo done\n")
    assert logs_until(server, it, "done\n").splitlines()[0] == str(pwd.getpwnam("daemon").pw_uid)


def test_a_strict_umask_keeps_no_main_process_from_its_script_and_its_files(start):
    before = os.umask(0o077)
    try:
        server = start()
    finally:
        os.umask(before)
    vpc = Vpc(server.ec2)
    vpc.subnet()
    it = vpc.instance(UserData="#!/bin/sh\ncat /etc/hosts /etc/resolv.conf; echo done\n")
    assert it.address in logs_until(server, it, "done\n")


def test_root_is_not_taken_as_the_user_of_main_processes(tmp_path):
    up = [BINARY, "up", "--data-dir", tmp_path, "--instance-user", "root"]
    refused = subprocess.run(up, capture_output=True, text=True, timeout=10)
    assert refused.returncode == 2 and "is root" in refused.stderr


def test_a_stopped_instance_ends_its_processes_and_a_started_one_begins_anew(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    script = "#!/bin/sh\necho begun as $$\ntrap 'echo asked to end; exit' TERM\nwhile :; do sleep 0.05; done\n"
    it, peer = vpc.run(2, None, vpc.group(f"all from {ALL}"), UserData=script)
    first = re.findall(r"begun as (\d+)", logs_until(fresh, it, "begun"))
    fresh.ec2.stop_instances(InstanceIds=[it.id])
    until("it is stopped", lambda: it.state == "stopped")
    until("its process has ended", lambda: not os.path.exists(f"/proc/{first[0]}"))
    assert not it.exists()
    assert ping_is_dropped(peer, it.address)
    # It stays so when the server starts again.
    fresh.kill9()
    fresh.start()
    assert it.state == "stopped" and not it.exists()
    fresh.ec2.start_instances(InstanceIds=[it.id])
    until("it runs", lambda: it.state == "running")
    text = until("it has begun again", lambda: (text := fresh.culvert("logs", it.id).stdout).count("begun") > 1 and text)
    assert "asked to end" in text
    pids = re.findall(r"begun as (\d+)", text)
    assert len(pids) == 2 and os.path.exists(f"/proc/{pids[1]}")
    assert pings(peer, it)
    assert it.address == fresh.ec2.describe_instances(InstanceIds=[it.id])["Reservations"][0]["Instances"][0]["PrivateIpAddress"]


def test_a_terminated_instance_takes_with_it_all_that_its_processes_started(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    script = "#!/bin/sh\ntrap '' TERM\nsetsid sh -c 'trap \"\" TERM; echo child $$; while :; do sleep 1; done' &\necho main $$\nwhile :; do sleep 1; done\n"
    it = vpc.instance(UserData=script)
    until("both run", lambda: all(word in fresh.culvert("logs", it.id).stdout for word in ("main", "child")))
    pids = re.findall(r"(?:main|child) (\d+)", fresh.culvert("logs", it.id).stdout)
    it.terminate()
    until("all have ended", lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids))
    until("its namespace is gone", lambda: not it.exists())


def test_logs_can_be_followed_to_the_end(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    it = vpc.instance(UserData="#!/bin/sh\nfor i in 1 2 3 4 5; do echo line $i; sleep 0.2; done\n")
    followed = fresh.culvert("logs", "--follow", it.id).stdout
    assert followed == "".join(f"line {i}\n" for i in range(1, 6))


def test_logs_of_what_has_none_are_an_error_in_one_line(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    for name, code in ((vpc.instance().id, 1), ("i-0123456789abcdef0", 1), ("nonsense", 2)):
        result = fresh.culvert("logs", name, check=False)
        assert result.returncode == code, result
        assert result.stdout == "" and len(result.stderr.strip().splitlines()) == 1, result.stderr


def test_user_data_that_is_no_script_starts_nothing(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    it = vpc.instance(UserData="just some text")
    answer = fresh.ec2.describe_instance_attribute(InstanceId=it.id, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(answer) == b"just some text"
    assert fresh.culvert("logs", it.id, check=False).returncode == 1


# `culvert run` and `culvert exec`.


def run(server, *arguments, **options):
    """`culvert run` to its end."""
    return server.culvert("run", *arguments, check=False, **options)


def running_ids(ec2):
    filters = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "shutting-down"]}]
    rows = ec2.describe_instances(Filters=filters)["Reservations"]
    return {it["InstanceId"] for row in rows for it in row["Instances"]}


@pytest.mark.parametrize(
    "command,code", [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_run_ends_as_its_command_does(shared, command, code):
    before = running_ids(shared.ec2)
    result = run(shared, "--", "sh", "-c", command)
    assert result.returncode == code, result
    assert running_ids(shared.ec2) == before


def test_run_says_what_it_cannot_start(shared):
    before = running_ids(shared.ec2)
    missing, forbidden = run(shared, "--", "/no/such/program"), run(shared, "--", "/etc/passwd")
    assert (missing.returncode, forbidden.returncode) == (127, 126)
    assert len(missing.stderr.strip().splitlines()) == 1 and "/no/such/program" in missing.stderr
    assert running_ids(shared.ec2) == before


def test_run_passes_standard_input_output_and_error(shared):
    result = run(shared, "--", "sh", "-c", "cat; echo to stderr >&2", input="some input\nof two lines")
    assert (result.returncode, result.stdout, result.stderr) == (0, "some input\nof two lines", "to stderr\n")


@pytest.mark.parametrize("number,code", [(signal.SIGTERM, 3), (signal.SIGINT, 4), (signal.SIGHUP, 5)])
def test_run_passes_signals_on_and_ends_the_instance(shared, number, code):
    before = running_ids(shared.ec2)
    script = "trap 'exit 3' TERM; trap 'exit 4' INT; trap 'exit 5' HUP; echo $INSTANCE_ID; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [str(BINARY), "run", "--", "sh", "-c", script],
        env=shared.shell_environment(),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        # However the tests were started: what is ignored from the start, a shell cannot trap.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as it:
        try:
            id = it.stdout.readline().strip()
            assert id in running_ids(shared.ec2)
            it.send_signal(number)
            assert it.wait(15) == code
        finally:
            it.kill()
    assert running_ids(shared.ec2) == before
    assert not (NETNS / id).exists()


def test_run_keeps_the_instance_if_asked_to(shared):
    result = run(shared, "--keep", "--name", "kept", "--", "sh", "-c", "echo $INSTANCE_ID")
    id = result.stdout.strip()
    assert id in result.stderr
    try:
        row = shared.ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]
        assert row["State"]["Name"] == "running" and {"Key": "Name", "Value": "kept"} in row["Tags"]
        assert (NETNS / id).exists()
    finally:
        shared.ec2.terminate_instances(InstanceIds=[id])


def test_run_uses_the_subnet_address_and_groups_that_are_named(shared, vpc):
    vpc.subnet()
    server = vpc.instance(None, vpc.group(f"tcp 80 from {vpc.group(name='clients')}"), PrivateIpAddress="10.0.0.5")
    connects = (
        f"from socket import *; s = create_connection(('{server.address}', 80), 2); s.send(b'hello'); print(s.getsockname()[0])"
    )
    common = ["--subnet", vpc.subnets[0], "--private-ip", "10.0.0.77"]
    with tcp_server(server, 80) as peers:
        admitted = run(shared, *common, "--security-group", vpc.groups[0], "--", "python3", "-c", connects)
        assert (admitted.returncode, admitted.stdout) == (0, "10.0.0.77\n"), admitted
        refused = run(shared, *common, "--", "python3", "-c", connects)
        assert refused.returncode == 1 and "timed out" in refused.stderr
        assert peers == ["10.0.0.77"]


def test_run_gives_the_command_the_vpcs_resolver_file_and_the_user_that_was_named(shared, vpc):
    vpc.subnet()
    result = run(shared, "--subnet", vpc.subnets[0], "--user", "nobody", "--", "sh", "-c", "cat /etc/resolv.conf; id -un")
    assert "search ec2.internal\n" in result.stdout and result.stdout.endswith("nobody\n"), result


def test_run_that_the_api_refuses_is_an_error_in_one_line(shared):
    result = run(shared, "--subnet", "subnet-0123456789abcdef0", "--", "true")
    assert result.returncode == 1 and result.stdout == ""
    assert "InvalidSubnetID.NotFound" in result.stderr and len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert run(shared, "--nonsense").returncode == 2
    assert run(shared).returncode == 2


def test_exec_runs_a_command_inside_with_its_input_output_and_code(shared, vpc):
    vpc.subnet()
    it = vpc.instance()
    show = "cat; hostname -I 2>/dev/null || ip -4 -o address; exit 9"
    result = shared.culvert("exec", it.id, "--", "sh", "-c", show, check=False, input="hello ")
    assert result.returncode == 9
    assert result.stdout.startswith("hello ") and it.address in result.stdout
    assert shared.culvert("exec", it.id, "--user", "nobody", "--", "id", "-un").stdout == "nobody\n"
    assert shared.culvert("exec", "i-0123456789abcdef0", "--", "true", check=False).returncode == 1
    assert shared.culvert("exec", "nonsense", "--", "true", check=False).returncode == 2
    assert it.state == "running"


def test_a_command_that_exec_started_ends_with_the_instance(shared, vpc):
    vpc.subnet()
    it = vpc.instance()
    result = []
    call = threading.Thread(
        target=lambda: result.append(shared.culvert("exec", it.id, "--", "sh", "-c", "sleep 600; exit 1", check=False))
    )
    call.start()
    inode = os.stat(NETNS / it.id).st_ino

    def is_inside():
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{pid}/ns/net").st_ino == inode:
                    return True
        return False

    until("the command runs", is_inside)
    it.terminate()
    call.join(15)
    assert result and result[0].returncode in (137, 143), result
