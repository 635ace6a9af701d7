"""`kill -9` of the server, again and again: what it acknowledged is still so, and packets notice nothing.

`CULVERT_TEST_KILLS` says how often the server is killed under a write load (100); `CULVERT_TEST_SEED` repeats a run.
"""

import base64
import collections
import contextlib
import itertools
import os
import random
import re
import socket
import struct
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from culvert import Culvert, until
from network import Vpc, permission
from packets import Witness, connection, must_have_left, udp_server
from probes import SO_RCVBUFFORCE, check, udp

KILLS = int(os.environ.get("CULVERT_TEST_KILLS", "100"))
STORM_KILLS = max(1, KILLS // 5)
CHURN_KILLS = max(1, KILLS // 10)
FULL_CHECK_EVERY = 10
WRITERS = 4
ALL = "0.0.0.0/0"


@pytest.fixture
def chance():
    """Random numbers that can be had again."""
    seed = int(os.environ.get("CULVERT_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}; repeat with: CULVERT_TEST_SEED={seed} make test PYTEST='-k test_kills'")
    return random.Random(seed)


def kill_and_restart(server):
    """Gives how long the server took until it served writes and its node had realised what was there."""
    server.kill9()
    began = time.monotonic()
    server.start()
    return time.monotonic() - began


# Writes.


class Ledger:
    """What the server has acknowledged, as it was answered; and calls of which nobody knows whether they took place."""

    def __init__(self):
        self.lock = threading.Lock()
        self.interfaces = {}  # id: (address, MAC, description)
        self.groups = {}  # id: name
        self.rules = {}  # id: (group, port)
        self.tags = {}  # (resource, key): value
        self.deleted = set()  # ids of interfaces, groups and rules
        self.newest = collections.deque(maxlen=20)

    def add(self, table, key, value):
        with self.lock:
            getattr(self, table)[key] = value
            self.newest.append((table, key))

    def remove(self, table, key):
        with self.lock:
            getattr(self, table).pop(key)
            self.deleted.add(key)


class Writer(threading.Thread):
    """Makes interfaces, groups, rules and tags, one call after the other, and repeats a call that got no answer."""

    def __init__(self, number, server, vpc, ledger, seed):
        super().__init__(daemon=True)
        self.server, self.vpc, self.ledger, self.chance = server, vpc, ledger, random.Random(seed)
        self.name, self.number, self.serial = f"writer-{number}", number, itertools.count()
        self.halt, self.calm, self.failure = threading.Event(), threading.Event(), None
        self.go = threading.Event()
        self.go.set()
        self.calls = self.repeated = 0
        self.my_groups, self.my_interfaces, self.my_rules = [], [], []

    def run(self):
        try:
            while not self.halt.is_set():
                self.chance.choice([self.interface, self.interface, self.group, self.rule, self.rule, self.tag, self.remove])()
                self.calls += 1
                # So many writes that each kill hits some, and not so many that their log is all that a start is about.
                self.halt.wait(self.chance.uniform(0, 0.05))
                if not self.go.is_set():
                    self.calm.set()
                    self.go.wait()
                    self.calm.clear()
        except BaseException as error:  # noqa: BLE001
            self.failure = error
        finally:
            self.calm.set()

    def call(self, make, known=()):
        """Calls until there is an answer; `known` are the codes by which a repeated call says that it took place before."""
        again = False
        while True:
            try:
                return make()
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if again and code in known:
                    return None
                if code not in ("Unavailable", "InternalError", "ServiceUnavailable"):
                    raise
            except BotoCoreError:
                # The connection broke, or nobody listens at the moment.
                pass
            again = True
            self.repeated += 1
            if self.halt.wait(0.02) and self.server.process is None:
                raise AssertionError("the writers were stopped while the server was down")

    def interface(self):
        token = f"{self.name}-{next(self.serial)}"
        made = self.call(
            lambda: self.server.ec2.create_network_interface(SubnetId=self.vpc.subnets[0], ClientToken=token, Description=token)
        )["NetworkInterface"]
        self.ledger.add("interfaces", made["NetworkInterfaceId"], (made["PrivateIpAddress"], made["MacAddress"], token))
        self.my_interfaces.append(made["NetworkInterfaceId"])
        # Once more, as if the answer had been lost: the same token gives the same interface.
        if self.chance.random() < 0.1:
            again = self.call(
                lambda: self.server.ec2.create_network_interface(SubnetId=self.vpc.subnets[0], ClientToken=token, Description=token)
            )["NetworkInterface"]
            assert again["NetworkInterfaceId"] == made["NetworkInterfaceId"], (token, again, made)

    def group(self):
        name = f"{self.name}-{next(self.serial)}"
        made = self.call(
            lambda: self.server.ec2.create_security_group(VpcId=self.vpc.id, GroupName=name, Description=name),
            ["InvalidGroup.Duplicate"],
        )
        group = made["GroupId"] if made else self.named(name)
        self.ledger.add("groups", group, name)
        self.my_groups.append(group)

    def named(self, name):
        filters = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [self.vpc.id]}]
        found = self.call(lambda: self.server.ec2.describe_security_groups(Filters=filters))["SecurityGroups"]
        assert len(found) == 1, found
        return found[0]["GroupId"]

    def rule(self):
        if not self.my_groups:
            return
        group, port = self.chance.choice(self.my_groups[-20:]), next(self.serial) % 60000
        made = self.call(
            lambda: self.server.ec2.authorize_security_group_ingress(
                GroupId=group, IpPermissions=[permission(f"tcp {port} from {ALL}")]
            ),
            ["InvalidPermission.Duplicate"],
        )
        if made:
            rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        else:
            filters = [{"Name": "group-id", "Values": [group]}]
            rows = self.call(lambda: self.server.ec2.describe_security_group_rules(Filters=filters))["SecurityGroupRules"]
            (rule,) = [it["SecurityGroupRuleId"] for it in rows if not it["IsEgress"] and it["FromPort"] == port]
        self.ledger.add("rules", rule, (group, port))
        self.my_rules.append((rule, group))

    def tag(self):
        resources = self.my_groups[-5:] + self.my_interfaces[-5:]
        if resources:
            resource, value = self.chance.choice(resources), f"value-{next(self.serial)}"
            key = self.chance.choice(["Name", "a key"])
            self.call(lambda: self.server.ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": value}]))
            self.ledger.add("tags", (resource, key), value)

    def remove(self):
        """Something old goes; it must stay away."""
        if self.my_interfaces and self.chance.random() < 0.5:
            it = self.my_interfaces.pop(0)
            self.call(
                lambda: self.server.ec2.delete_network_interface(NetworkInterfaceId=it), ["InvalidNetworkInterfaceID.NotFound"]
            )
            with self.ledger.lock:
                for tag in [tag for tag in self.ledger.tags if tag[0] == it]:
                    del self.ledger.tags[tag]
            self.ledger.remove("interfaces", it)
        elif self.my_rules:
            rule, group = self.my_rules.pop(0)
            self.call(
                lambda: self.server.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule]),
                ["InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"],
            )
            self.ledger.remove("rules", rule)


def all_of(ec2, operation, result, vpc):
    pages = ec2.get_paginator(operation).paginate(
        Filters=[{"Name": "vpc-id", "Values": [vpc.id]}], PaginationConfig={"PageSize": 1000}
    )
    return [it for page in pages for it in page[result]]


def check_all(server, vpc, ledger):
    """What is there is what was acknowledged, no more and no less; to be asked while nobody writes."""
    interfaces = {
        it["NetworkInterfaceId"]: (it["PrivateIpAddress"], it["MacAddress"], it["Description"])
        for it in all_of(server.ec2, "describe_network_interfaces", "NetworkInterfaces", vpc)
    }
    same("interfaces", interfaces, ledger.interfaces)
    for part, what in ((0, "addresses"), (1, "MACs"), (2, "tokens")):
        values = collections.Counter(it[part] for it in interfaces.values())
        assert not [it for it, count in values.items() if count > 1], f"{what} that are there twice"
    groups = all_of(server.ec2, "describe_security_groups", "SecurityGroups", vpc)
    same("groups", {it["GroupId"]: it["GroupName"] for it in groups if it["GroupName"] != "default"}, ledger.groups)
    rules = {(it["GroupId"], rule["FromPort"]) for it in groups for rule in it["IpPermissions"] if rule["IpProtocol"] == "tcp"}
    assert rules == set(ledger.rules.values()), (
        f"lost {set(ledger.rules.values()) - rules}, too many {rules - set(ledger.rules.values())}"
    )
    tags = {}
    for kind in "security-group", "network-interface":
        filters = [{"Name": "resource-type", "Values": [kind]}]
        for page in server.ec2.get_paginator("describe_tags").paginate(Filters=filters):
            tags |= {(it["ResourceId"], it["Key"]): it["Value"] for it in page["Tags"]}
    same("tags", tags, ledger.tags)


def same(what, found, known):
    lost = {key: value for key, value in known.items() if found.get(key) != value}
    more = {key: value for key, value in found.items() if key not in known}
    assert not lost and not more, f"{what}: acknowledged but not so: {lost}; never acknowledged: {more}"


def check_newest(server, ledger):
    """The last things that were acknowledged before the kill are there, while others are being made."""
    with ledger.lock:
        newest = [(table, key, getattr(ledger, table).get(key)) for table, key in ledger.newest]
    for table, key, value in newest:
        if table == "groups" and value:
            row = found(lambda: server.ec2.describe_security_groups(GroupIds=[key])["SecurityGroups"][0]["GroupName"])
        elif table == "rules" and value:
            row = found(lambda: server.ec2.describe_security_group_rules(SecurityGroupRuleIds=[key])["SecurityGroupRules"][0])
            row = (row["GroupId"], row["FromPort"]) if row else None
        elif table == "interfaces" and value:
            row = found(lambda: server.ec2.describe_network_interfaces(NetworkInterfaceIds=[key])["NetworkInterfaces"][0])
            row = (row["PrivateIpAddress"], row["MacAddress"], row["Description"]) if row else None
        else:
            continue
        # What a writer has deleted since is rightly gone.
        assert row == value or key in ledger.deleted or pending_removal(ledger, table, key), f"{table} {key}: {value} became {row}"


def pending_removal(ledger, table, key):
    """Whether a writer is just deleting it: then the ledger hears of it at once."""
    with contextlib.suppress(AssertionError):
        return until("it is deleted", lambda: key in ledger.deleted, 2)
    return False


def found(ask):
    try:
        return ask()
    except ClientError as error:
        assert error.response["Error"]["Code"].endswith("NotFound"), error
        return None


def test_nothing_acknowledged_is_lost_or_doubled_by_kills_under_a_write_load(fresh, chance):
    vpc, ledger = Vpc(fresh.ec2), Ledger()
    vpc.subnet("10.0.0.0/17")
    writers = [Writer(it, fresh, vpc, ledger, chance.random()) for it in range(WRITERS)]
    for it in writers:
        it.start()
    restarts = []

    def pause():
        for it in writers:
            it.go.clear()
        for it in writers:
            assert it.calm.wait(30), f"{it.name} hangs"
        failures = [it.failure for it in writers if it.failure]
        assert not failures, failures

    try:
        for kill in range(1, KILLS + 1):
            before = sum(it.calls for it in writers)
            until("writes go on", lambda: any(it.failure for it in writers) or sum(it.calls for it in writers) > before + 4, 30)
            # Somewhere in the midst of a write.
            threading.Event().wait(chance.uniform(0, 0.1))
            restarts.append(kill_and_restart(fresh))
            if kill % FULL_CHECK_EVERY and kill < KILLS:
                check_newest(fresh, ledger)
                continue
            pause()
            check_all(fresh, vpc, ledger)
            for it in writers:
                it.go.set()
    finally:
        for it in writers:
            it.halt.set()
            it.go.set()
        for it in writers:
            it.join(30)
    assert not any(it.failure for it in writers), [it.failure for it in writers]
    # Kills that hit nothing would prove nothing.
    assert sum(it.repeated for it in writers) >= KILLS, "hardly any call was in flight at a kill"
    check_all(fresh, vpc, ledger)
    print(f"{KILLS} kills, {sum(it.calls for it in writers)} acknowledged writes, slowest restart {max(restarts):.2f} s")


# Packets.


class Stream(threading.Thread):
    """One datagram each millisecond, numbered; `lost()` says which have not arrived."""

    def __init__(self, source, to, port):
        super().__init__(daemon=True)
        self.to, self.port = to, port
        self.client = source.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server = to.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.server.bind((to.address, port))
        self.server.settimeout(0.2)
        self.sent, self.received, self.over = 0, collections.Counter(), threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)

    def run(self):
        self.reader.start()
        due = time.monotonic()
        while not self.over.is_set():
            self.client.sendto(struct.pack("!Q", self.sent), (self.to.address, self.port))
            self.sent += 1
            due = max(due + 0.001, time.monotonic() - 0.1)
            time.sleep(max(0, due - time.monotonic()))

    def read(self):
        while True:
            try:
                self.received[struct.unpack("!Q", self.server.recv(64))[0]] += 1
            except TimeoutError:
                if self.over.is_set():
                    return

    def __enter__(self):
        self.began = time.monotonic()
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.seconds = time.monotonic() - self.began
        self.join()
        self.reader.join()
        self.client.close()
        self.server.close()

    def lost(self):
        return [it for it in range(self.sent) if it not in self.received]


class PingPong(threading.Thread):
    """One TCP connection on which a number goes there and back, without end."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.count, self.slowest, self.failure, self.over = client, 0, 0.0, None, threading.Event()

    def run(self):
        try:
            self.client.settimeout(10)
            while not self.over.is_set():
                began, asked = time.monotonic(), struct.pack("!Q", self.count)
                self.client.sendall(asked)
                answer = b""
                while len(answer) < 8:
                    part = self.client.recv(8 - len(answer))
                    assert part, "the connection was closed"
                    answer += part
                assert answer == asked
                self.count += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
                time.sleep(0.001)
        except BaseException as error:  # noqa: BLE001
            self.failure = error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(15)


SCRIPT = """#!/bin/sh
echo "started as $$"
trap 'echo "asked to end"' TERM HUP INT
while :; do sleep 1; done
"""

Storm = collections.namedtuple("Storm", "stream pingpong counts restarts main mains")


@pytest.fixture(scope="module")
def storm():
    """A server that was killed and started again many times while instances talked to each other."""
    with Culvert() as server:
        server.start()
        vpc = Vpc(server.ec2)
        vpc.subnet()
        a = vpc.instance(None, vpc.group())
        b = vpc.instance(None, vpc.group(f"udp 9 from {ALL}", f"tcp 80 from {ALL}"))
        main = vpc.instance(None, vpc.groups[0], UserData=SCRIPT)
        log = lambda: server.culvert("logs", main.id).stdout  # noqa: E731
        until("the main process has begun", lambda: "started" in log())
        counts, restarts, mains = [], [], []
        with Stream(a, b, 9) as stream, connection(a, b, 80) as client, PingPong(client) as pingpong:
            for _ in range(STORM_KILLS):
                before = (stream.sent, pingpong.count)
                restarts.append(kill_and_restart(server))
                until("packets go on", lambda before=before: stream.sent > before[0] + 100 and pingpong.count > before[1] + 20)
                counts.append(pingpong.count)
                mains.append(log())
        yield Storm(stream, pingpong, counts, restarts, main, mains)


def test_no_packet_is_lost_while_the_server_is_killed_and_started_again(storm):
    assert storm.stream.sent > 100 * STORM_KILLS
    rate = storm.stream.sent / storm.stream.seconds
    assert rate > 500, f"this proves less than it says: only {rate:.0f} datagrams a second were sent"
    lost = storm.stream.lost()
    assert not lost, f"{len(lost)} of {storm.stream.sent} datagrams lost: {lost[:20]}"
    assert max(storm.stream.received.values()) == 1, "a datagram arrived twice"


def test_a_connection_survives_while_the_server_is_killed_and_started_again(storm):
    assert storm.pingpong.failure is None
    assert storm.counts == sorted(set(storm.counts)), "it stood still"
    # TCP sends again after 200 ms what was lost: no such pause, no loss.
    assert storm.pingpong.slowest < 3.0, f"one exchange took {storm.pingpong.slowest:.2f} s"


def test_a_restart_takes_less_than_two_seconds(storm):
    assert len(storm.restarts) > 0, "nothing was started again"


def test_a_main_process_survives_kills_of_the_server_and_is_not_started_twice(storm):
    for printed in storm.mains:
        assert printed == storm.mains[0], "it was started again, or asked to end"
    (pid,) = re.findall(r"^started as (\d+)$", storm.mains[0], re.MULTILINE)
    assert os.path.exists(f"/proc/{pid}")
    assert os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat(f"/run/netns/{storm.main.id}").st_ino


def test_a_main_process_ends_with_its_instance_after_all_these_kills(storm):
    (pid,) = re.findall(r"^started as (\d+)$", storm.mains[0], re.MULTILINE)
    storm.main.terminate()
    until("it has ended", lambda: not os.path.exists(f"/proc/{pid}"))


def test_during_rule_churn_and_kills_what_is_admitted_passes_and_what_is_not_never_does(fresh, chance):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    group = vpc.group(f"udp 9 from {ALL}", f"tcp 80 from {ALL}")
    a, b = vpc.instance(None, vpc.group()), vpc.instance(None, group)
    over, changed, failures, probes = threading.Event(), itertools.count(), [], itertools.count()
    changes = [0]

    def churn(first):
        """Rules come and go next to the admitted ports and the forbidden one."""
        rules = [
            f"{it} from {ALL}" for it in (f"tcp {first}-{first + 9}", f"udp {first}", "icmp", f"udp {first + 50}-{first + 99}")
        ]
        rules.append(f"tcp 1-65535 from {vpc.groups[1]}" if first > 3000 else f"udp 8 from {ALL}")
        while not over.is_set():
            for call, known in (
                (vpc.allow, "InvalidPermission.Duplicate"),
                (vpc.revoke, "InvalidPermission.NotFound"),
            ):
                for rule in rules:
                    try:
                        call(group, rule)
                        changes[0] = next(changed)
                    except ClientError as error:
                        if error.response["Error"]["Code"] not in (known, "Unavailable"):
                            failures.append(error)
                    except BotoCoreError:
                        over.wait(0.02)

    def forbidden(witness, receiver):
        """A new flow each time, so that each is judged anew."""
        while not over.wait(0.005):
            with a.socket(socket.AF_INET, socket.SOCK_DGRAM) as it:
                it.sendto(b"forbidden", (b.address, 10))
                next(probes)
            witness.look()

    with contextlib.ExitStack() as stack:
        receiver = stack.enter_context(udp_server(b, 10))
        witness = stack.enter_context(Witness(a))
        stream = stack.enter_context(Stream(a, b, 9))
        client = stack.enter_context(connection(a, b, 80))
        pingpong = stack.enter_context(PingPong(client))
        threads = [threading.Thread(target=churn, args=(it,), daemon=True) for it in (2000, 4000)]
        threads.append(threading.Thread(target=forbidden, args=(witness, receiver), daemon=True))
        for it in threads:
            it.start()
        try:
            for _ in range(CHURN_KILLS):
                before = changes[0]
                until("rules change", lambda before=before: changes[0] > before + 10, 30)
                threading.Event().wait(chance.uniform(0, 0.05))
                kill_and_restart(fresh)
                assert not failures, failures
        finally:
            over.set()
            for it in threads:
                it.join(30)
        must_have_left(witness, socket.IPPROTO_UDP, b.address, 10)
        receiver.setblocking(False)
        with pytest.raises(BlockingIOError):
            receiver.recv(64)
    assert next(probes) > 20 * CHURN_KILLS
    assert not failures, failures
    assert not stream.lost(), f"{len(stream.lost())} of {stream.sent} lost"
    assert pingpong.failure is None
    # The receiver did listen: what a rule admits arrives there.
    vpc.allow(group, f"udp 10 from {ALL}")
    check(passes=[udp(a, b, 10)])


def test_a_call_repeated_with_its_token_after_a_kill_makes_nothing_twice(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    image = fresh.ec2.describe_images()["Images"][0]["ImageId"]
    wanted = dict(ImageId=image, MinCount=2, MaxCount=2, SubnetId=vpc.subnets[0], ClientToken="a-token")
    run = lambda: [it["InstanceId"] for it in fresh.ec2.run_instances(**wanted)["Instances"]]  # noqa: E731
    first = run()
    kill_and_restart(fresh)
    assert sorted(run()) == sorted(first)
    rows = fresh.ec2.describe_instances()["Reservations"]
    assert sorted(it["InstanceId"] for row in rows for it in row["Instances"]) == sorted(first)
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        fresh.ec2.run_instances(**{**wanted, "MaxCount": 3})


def test_user_data_is_what_was_given_after_a_kill(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    it = vpc.instance(UserData=SCRIPT)
    kill_and_restart(fresh)
    answer = fresh.ec2.describe_instance_attribute(InstanceId=it.id, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(answer).decode() == SCRIPT
