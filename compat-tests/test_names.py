"""What every VPC answers by itself: what names mean, and what an instance is.

Asked from inside instances, with sockets of theirs. What the node's own name servers answer is this test's doing.
"""

import contextlib
import http.client
import ipaddress
import itertools
import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading

import pytest

from culvert import until
from network import Vpc
from packets import (
    DROP_SECONDS,
    ETH_P_ALL,
    PASS_SECONDS,
    Witness,
    inside,
    must_have_left,
    pings,
    send_raw,
    udp_packet,
    udp_server,
    wait_for,
)

METADATA = "169.254.169.254"
METADATA6 = "fd00:ec2::254"
TOKEN = "X-aws-ec2-metadata-token"
SECONDS = "X-aws-ec2-metadata-token-ttl-seconds"
TYPES = {"A": 1, "PTR": 12, "AAAA": 28}
CODES = {0: "", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}

numbers = itertools.count(1)


# Names, as they travel.


def question(name, kind):
    labels = b"".join(bytes([len(it)]) + it.encode() for it in name.split(".") if it)
    header = struct.pack("!HHHHHH", next(numbers) % 65536, 0x0100, 1, 0, 0, 0)
    return header + labels + b"\0" + struct.pack("!HH", TYPES[kind], 1)


def spelled(message, at):
    """A name in a message, and where it ends."""
    labels = []
    while message[at]:
        if message[at] >= 0xC0:
            rest, _ = spelled(message, struct.unpack("!H", message[at : at + 2])[0] & 0x3FFF)
            return ".".join([*labels, rest]), at + 2
        labels.append(message[at + 1 : at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), at + 1


def said(message):
    """The data of an answer's records, or the code where it is an error."""
    _, flags, _, count, _, _ = struct.unpack("!HHHHHH", message[:12])
    assert flags & 0x8000, "this is no answer"
    _, at = spelled(message, 12)
    at, data = at + 4, []
    for _ in range(count):
        _, at = spelled(message, at)
        kind, _, _, length = struct.unpack("!HHIH", message[at : at + 10])
        at += 10
        data.append(spelled(message, at)[0] if kind == 12 else str(ipaddress.ip_address(message[at : at + length])))
        at += length
    return CODES.get(flags & 15, str(flags & 15)) or data


def ask(host, name, kind="A", server="10.0.0.2", seconds=10):
    """What the server answers the instance to a question by datagram, or nothing if it is silent."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with host.socket(family, socket.SOCK_DGRAM) as asker:
        asker.settimeout(seconds)
        message = question(name, kind)
        asker.sendto(message, (server, 53))
        try:
            answer, where = asker.recvfrom(4096)
        except TimeoutError:
            return None
        assert answer[:2] == message[:2] and where[0] == server
        return said(answer)


def ask_by_tcp(host, name, kind="A", server="10.0.0.2"):
    with host.socket() as asker:
        asker.settimeout(10)
        asker.connect((server, 53))
        message = question(name, kind)
        asker.sendall(struct.pack("!H", len(message)) + message)
        answer = asker.makefile("rb")
        return said(answer.read(struct.unpack("!H", answer.read(2))[0]))


# Metadata.


def request(host, path, method="GET", headers=None, server=METADATA):
    """Status and body of what the metadata service answers the instance."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    connection = http.client.HTTPConnection(f"[{server}]" if ":" in server else server, timeout=10)
    connection.sock = host.socket(family)
    connection.sock.settimeout(10)
    connection.sock.connect((server, 80))
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def token(host, server=METADATA):
    status, text = request(host, "/latest/api/token", "PUT", {SECONDS: "60"}, server)
    assert status == 200, text
    return text


def get(host, path, server=METADATA):
    return request(host, f"/latest/{path}", headers={TOKEN: token(host, server)}, server=server)


def metadata(host, path):
    status, text = get(host, f"meta-data/{path}")
    assert status == 200, (path, status)
    return text


def options(host, **given):
    host.ec2.modify_instance_metadata_options(InstanceId=host.id, **given)


@pytest.fixture
def dual(shared):
    """A VPC with both families and a subnet of both."""
    made = Vpc(shared.ec2, AmazonProvidedIpv6CidrBlock=True)
    made.dual_subnet()
    yield made
    made.delete()


@pytest.fixture
def other(shared):
    """Another VPC with the addresses of `vpc`."""
    made = Vpc(shared.ec2)
    yield made
    made.delete()


# What names mean.


def test_private_names_lead_to_interfaces_and_back(vpc):
    vpc.subnet()
    one = vpc.instance(PrivateIpAddress="10.0.0.5")
    two = vpc.instance(PrivateIpAddress="10.0.0.6", PrivateDnsNameOptions={"EnableResourceNameDnsARecord": True})
    for server in ("10.0.0.2", "169.254.169.253"):
        for way in (ask, ask_by_tcp):
            assert way(two, "ip-10-0-0-5.ec2.internal", server=server) == ["10.0.0.5"]
            assert way(one, f"{two.id}.ec2.internal", server=server) == [two.address]
            assert way(one, f"{one.id}.ec2.internal", server=server) == []
            assert way(two, "5.0.0.10.in-addr.arpa", "PTR", server=server) == ["ip-10-0-0-5.ec2.internal"]
            assert way(one, "ip-10-0-0-99.ec2.internal", server=server) == "NXDOMAIN"


def test_a_name_comes_with_its_interface_and_goes_with_it(vpc):
    vpc.subnet()
    asker = vpc.instance(PrivateIpAddress="10.0.0.5")
    name = "ip-10-0-0-77.ec2.internal"
    assert ask(asker, name) == "NXDOMAIN"
    made = vpc.ec2.create_network_interface(SubnetId=vpc.subnets[0], PrivateIpAddress="10.0.0.77")["NetworkInterface"]
    assert ask(asker, name) == ["10.0.0.77"]
    vpc.ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    assert ask(asker, name) == "NXDOMAIN"


def test_two_vpcs_with_the_same_addresses_know_nothing_of_each_other(vpc, other):
    vpc.subnet(), other.subnet()
    with_name = {"PrivateDnsNameOptions": {"EnableResourceNameDnsARecord": True}}
    here, there = vpc.instance(PrivateIpAddress="10.0.0.5", **with_name), other.instance(PrivateIpAddress="10.0.0.6", **with_name)
    assert ask(here, "ip-10-0-0-5.ec2.internal") == ["10.0.0.5"]
    assert ask(there, "ip-10-0-0-6.ec2.internal") == ["10.0.0.6"]
    for asker, name in [(here, "ip-10-0-0-6"), (there, "ip-10-0-0-5"), (here, there.id), (there, here.id)]:
        assert ask(asker, f"{name}.ec2.internal") == "NXDOMAIN"
    assert ask(here, "6.0.0.10.in-addr.arpa", "PTR") == "NXDOMAIN"
    assert (metadata(here, "instance-id"), metadata(there, "instance-id")) == (here.id, there.id)


def test_programs_look_names_up_without_being_told_how(shared, vpc):
    vpc.subnet()
    it, peer = (vpc.instance(PrivateIpAddress=it) for it in ("10.0.0.6", "10.0.0.5"))
    look_up = "import socket; print(socket.gethostbyname('ip-10-0-0-5'), socket.gethostbyaddr('10.0.0.5')[0])"
    found = shared.culvert("exec", it.id, "--", "python3", "-c", look_up)
    assert found.stdout.split() == [peer.address, "ip-10-0-0-5.ec2.internal"]
    file = shared.culvert("exec", it.id, "--", "cat", "/etc/resolv.conf").stdout
    assert file == "search ec2.internal\nnameserver 10.0.0.2\n"


def test_a_vpc_without_dns_support_answers_nobody(shared, vpc):
    vpc.subnet()
    it = vpc.instance(PrivateIpAddress="10.0.0.5")
    assert ask(it, "ip-10-0-0-5.ec2.internal") == ["10.0.0.5"]
    vpc.ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsSupport={"Value": False})
    for server in ("10.0.0.2", "169.254.169.253"):
        assert ask(it, "ip-10-0-0-5.ec2.internal", server=server, seconds=0.6) is None
    assert "nameserver" not in shared.culvert("exec", it.id, "--", "cat", "/etc/resolv.conf").stdout
    assert metadata(it, "instance-id") == it.id, "metadata is another matter"
    vpc.ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsSupport={"Value": True})
    assert ask(it, "ip-10-0-0-5.ec2.internal") == ["10.0.0.5"]


def test_names_are_answered_whatever_security_groups_say(vpc):
    vpc.subnet()
    group = vpc.group()
    vpc.lock_egress(group)
    it = vpc.instance(None, group, PrivateIpAddress="10.0.0.5")
    assert ask(it, "ip-10-0-0-5.ec2.internal") == ["10.0.0.5"]
    assert metadata(it, "instance-id") == it.id


def test_the_router_answers_nothing_else(vpc):
    vpc.subnet()
    it = vpc.instance(None, vpc.group())
    for server, port in (("10.0.0.2", 80), ("169.254.169.253", 80), (METADATA, 22), (METADATA, 8773), ("10.0.0.2", 22)):
        with it.socket() as probe, pytest.raises((TimeoutError, ConnectionRefusedError)):
            probe.settimeout(0.6)
            probe.connect((server, port))


def test_nobody_asks_as_another(vpc):
    """Not even an interface that may write any source: what it asked so would be counted as its neighbour's."""
    liar, neighbour = vpc.run(2, vpc.subnet(), vpc.group())
    vpc.ec2.modify_network_interface_attribute(NetworkInterfaceId=liar.interface, SourceDestCheck={"Value": False})
    server, port = "10.0.0.2", 40053

    def asks_as(host):
        with udp_server(host, port) as receiver, Witness(liar) as witness:
            message = question("example.ec2.internal", "A")
            send_raw(liar, udp_packet(host.address, server, port, 53, message), server)
            answered = wait_for(receiver, lambda it: it[:2] == message[:2], PASS_SECONDS if host is liar else DROP_SECONDS)
            must_have_left(witness, socket.IPPROTO_UDP, server, 53)
            return answered

    assert asks_as(liar) and not asks_as(neighbour)


def test_both_families_are_answered_over_ipv6(dual):
    options6 = {"EnableResourceNameDnsARecord": True, "EnableResourceNameDnsAAAARecord": True}
    it = dual.instance(Ipv6AddressCount=1, PrivateDnsNameOptions=options6)
    name = f"{it.id}.ec2.internal"
    for server in ("10.0.0.2", "fd00:ec2::253"):
        assert ask(it, name, "A", server) == [it.address]
        assert ask(it, name, "AAAA", server) == [it.address6]
    back = ipaddress.ip_address(it.address6).reverse_pointer
    assert ask(it, back, "PTR") == [name]


class Upstream:
    """A name server of the node's, at an address of the loopback network that is nobody else's."""

    def __init__(self):
        self.address = f"127.{random.randrange(1, 255)}.{random.randrange(255)}.{random.randrange(1, 255)}"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.address, 53))
        self.asked = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                message, where = self.socket.recvfrom(4096)
                name, end = spelled(message, 12)
                self.asked.append(name)
                record = b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 60, 4, socket.inet_aton("192.0.2.7"))
                header = message[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
                self.socket.sendto(header + message[12 : end + 4] + record, where)


@pytest.fixture
def resolving(shared, start, tmp_path, monkeypatch):
    """A server of its own whose machine asks an `Upstream`, and that name server."""
    # Where instances' namespaces appear is shared among mount namespaces from the first instance on.
    Vpc(shared.ec2).instance()
    upstream, file = Upstream(), tmp_path / "resolv.conf"
    file.write_text(f"nameserver {upstream.address}\n")
    see = f"mount --make-private / && mount --bind {file} /etc/resolv.conf && exec \"$0\" \"$@\""
    popen = subprocess.Popen

    def apart(command, **more):
        return popen(["unshare", "-m", "--propagation", "unchanged", "sh", "-c", see, *command], **more)

    with monkeypatch.context() as patch:
        patch.setattr("culvert.subprocess.Popen", apart)
        server = start("--public-pool", "198.51.100.0/29")
    yield server, upstream
    upstream.socket.close()


def test_other_names_are_asked_of_the_machines_name_servers(resolving):
    server, upstream = resolving
    vpc = Vpc(server.ec2)
    vpc.subnet()
    it = vpc.instance(PrivateIpAddress="10.0.0.5")
    assert ask(it, "www.example.com") == ["192.0.2.7"]
    assert ask(it, "ip-10-0-0-5.ec2.internal") == ["10.0.0.5"]
    assert ask(it, "nobody.ec2.internal") == "NXDOMAIN"
    public, back = "ec2-198-51-100-2.compute-1.amazonaws.com", "2.100.51.198.in-addr.arpa"
    assert (ask(it, public), ask(it, back, "PTR")) == (["198.51.100.2"], [public])
    assert upstream.asked == ["www.example.com"], "what is private or of a pool is asked of nobody"
    upstream.socket.close()
    assert ask(it, "www.example.com") == "SERVFAIL"
    assert (ask(it, public), ask(it, back, "PTR")) == (["198.51.100.2"], [public])


# What an instance is.


def test_an_instance_learns_what_it_is(vpc):
    vpc.subnet(zone="us-east-1b")
    group = vpc.group(name="web")
    it = vpc.instance(None, group, PrivateIpAddress="10.0.0.5", UserData="hello\n", InstanceType="t3.small")
    row = vpc.ec2.describe_instances(InstanceIds=[it.id])["Reservations"][0]
    shown = row["Instances"][0]
    interface = shown["NetworkInterfaces"][0]
    for path, expected in {
        "ami-id": shown["ImageId"],
        "hostname": "ip-10-0-0-5.ec2.internal",
        "instance-id": it.id,
        "instance-type": "t3.small",
        "local-hostname": shown["PrivateDnsName"],
        "local-ipv4": "10.0.0.5",
        "mac": interface["MacAddress"],
        "placement/availability-zone": "us-east-1b",
        "placement/availability-zone-id": shown["Placement"]["AvailabilityZoneId"],
        "placement/host-id": shown["Placement"]["HostId"],
        "placement/region": "us-east-1",
        "reservation-id": row["ReservationId"],
        "security-groups": "web",
        "network/interfaces/macs/": interface["MacAddress"] + "/",
        f"network/interfaces/macs/{interface['MacAddress']}/interface-id": interface["NetworkInterfaceId"],
        f"network/interfaces/macs/{interface['MacAddress']}/security-group-ids": group,
        f"network/interfaces/macs/{interface['MacAddress']}/subnet-id": it.subnet,
        f"network/interfaces/macs/{interface['MacAddress']}/vpc-ipv4-cidr-block": "10.0.0.0/16",
    }.items():
        assert metadata(it, path) == expected, path
    assert get(it, "user-data") == (200, "hello\n")
    document = json.loads(get(it, "dynamic/instance-identity/document")[1])
    assert (document["instanceId"], document["region"], document["privateIp"]) == (it.id, "us-east-1", "10.0.0.5")
    assert get(it, "meta-data/iam/")[0] == 404


def test_an_instance_is_told_the_key_it_was_launched_with(vpc):
    vpc.subnet()
    name = vpc.id
    vpc.ec2.create_key_pair(KeyName=name, KeyType="ed25519")
    try:
        it = vpc.instance(KeyName=name)
        assert metadata(it, "public-keys/") == f"0={name}"
        kind, _, comment = metadata(it, "public-keys/0/openssh-key").split()
        assert (kind, comment) == ("ssh-ed25519", name)
    finally:
        vpc.ec2.delete_key_pair(KeyName=name)


def test_what_is_told_changes_with_what_is(vpc):
    vpc.subnet()
    web, db = vpc.group(name="web"), vpc.group(name="db")
    it = vpc.instance(None, web)
    assert metadata(it, "security-groups") == "web"
    it.wear(db)
    assert metadata(it, "security-groups") == "db"
    assert get(it, "meta-data/tags/")[0] == 404
    options(it, InstanceMetadataTags="enabled")
    vpc.ec2.create_tags(Resources=[it.id], Tags=[{"Key": "Name", "Value": "one"}])
    assert metadata(it, "tags/instance/Name") == "one"
    vpc.ec2.create_tags(Resources=[it.id], Tags=[{"Key": "Name", "Value": "two"}])
    assert metadata(it, "tags/instance/Name") == "two"


def test_a_token_is_asked_for_as_the_options_say(vpc):
    vpc.subnet()
    it, other = vpc.run(2)
    path = "/latest/meta-data/instance-id"
    assert request(it, path)[0] == 401
    assert request(it, path, headers={TOKEN: token(other)})[0] == 401
    assert request(it, path, headers={TOKEN: token(it)}) == (200, it.id)
    assert request(it, "/latest/api/token", "PUT")[0] == 400
    assert request(it, "/latest/api/token", "PUT", {SECONDS: "60", "X-Forwarded-For": "10.0.0.9"})[0] == 403
    options(it, HttpTokens="optional")
    assert request(it, path) == (200, it.id)
    assert request(other, path)[0] == 401
    options(it, HttpEndpoint="disabled")
    assert request(it, path)[0] == 403
    assert request(it, "/latest/api/token", "PUT", {SECONDS: "60"})[0] == 403
    options(it, HttpEndpoint="enabled", HttpTokens="required")
    assert metadata(it, "instance-id") == it.id


def test_metadata_is_told_over_ipv6_where_the_options_say_so(dual):
    it = dual.instance(Ipv6AddressCount=1)
    assert request(it, "/latest/api/token", "PUT", {SECONDS: "60"}, METADATA6)[0] == 403
    options(it, HttpProtocolIpv6="enabled")
    assert get(it, "meta-data/instance-id", METADATA6) == (200, it.id)
    assert metadata(it, "ipv6") == it.address6


def test_the_answer_with_a_token_travels_as_far_as_the_options_say(vpc):
    vpc.subnet()
    it = vpc.instance(MetadataOptions={"HttpTokens": "optional", "HttpPutResponseHopLimit": 1})

    def travels(exchange):
        """How far the packets with an answer in them may travel."""
        with inside(it):
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        with tap:
            exchange()
            tap.setblocking(False)
            found = set()
            with contextlib.suppress(BlockingIOError):
                while True:
                    packet = tap.recv(65535)
                    header = 4 * (packet[0] & 15)
                    full = packet[9] == 6 and len(packet) > header + 4 * (packet[header + 12] >> 4)
                    if packet[0] >> 4 == 4 and full and socket.inet_ntoa(packet[12:16]) == METADATA:
                        found.add(packet[8])
            return found

    assert travels(lambda: token(it)) == {1}
    assert travels(lambda: request(it, "/latest/meta-data/mac")) == {64}
    options(it, HttpPutResponseHopLimit=17)
    assert travels(lambda: token(it)) == {17}


def test_amazons_own_library_finds_its_way(vpc):
    vpc.subnet(zone="us-east-1c")
    it = vpc.instance()
    script = "import botocore.utils; print(botocore.utils.InstanceMetadataRegionFetcher().retrieve_region())"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    assert it.run(sys.executable, "-c", script, env=environment).stdout.strip() == "us-east-1"


def test_a_main_process_can_ask_too(shared, vpc):
    vpc.subnet()
    script = f"""#!/bin/sh
token=$(curl -sS -X PUT http://{METADATA}/latest/api/token -H '{SECONDS}: 60')
echo "I am $(curl -sS http://{METADATA}/latest/meta-data/instance-id -H "{TOKEN}: $token")"
"""
    it = vpc.instance(UserData=script)
    until("it says who it is", lambda: f"I am {it.id}\n" in shared.culvert("logs", it.id).stdout)


def test_answers_come_again_when_the_agent_does(fresh):
    vpc = Vpc(fresh.ec2)
    vpc.subnet()
    one, two = vpc.run(2, None, vpc.group("icmp from 0.0.0.0/0"))
    earlier = token(one)
    fresh.kill9()
    assert ask(one, "ip-10-0-0-5.ec2.internal", seconds=0.6) is None
    assert pings(one, two), "packets do not wait for the agent"
    fresh.start()
    assert ask(one, "ip-10-0-200-1.ec2.internal") == "NXDOMAIN"
    assert request(one, "/latest/meta-data/mac", headers={TOKEN: earlier})[0] == 401
    assert metadata(one, "instance-id") == one.id
    fresh.ec2.stop_instances(InstanceIds=[one.id, two.id])
    until("they are stopped", lambda: one.state == two.state == "stopped")
    fresh.ec2.start_instances(InstanceIds=[one.id])
    until("it runs", lambda: one.state == "running")
    assert metadata(one, "instance-id") == one.id


def test_account_defaults_are_those_of_new_instances(start):
    server = start()
    vpc = Vpc(server.ec2)
    vpc.subnet()
    server.ec2.modify_instance_metadata_defaults(HttpTokens="optional", InstanceMetadataTags="enabled")
    shown = server.ec2.get_instance_metadata_defaults()["AccountLevel"]
    assert (shown["HttpTokens"], shown["InstanceMetadataTags"], shown["ManagedBy"]) == ("optional", "enabled", "account")
    it = vpc.instance()
    assert request(it, "/latest/meta-data/instance-id") == (200, it.id)
    row = server.ec2.describe_instances(InstanceIds=[it.id])["Reservations"][0]["Instances"][0]["MetadataOptions"]
    assert row == {
        "HttpEndpoint": "enabled",
        "HttpProtocolIpv6": "disabled",
        "HttpPutResponseHopLimit": 2,
        "HttpTokens": "optional",
        "InstanceMetadataTags": "enabled",
        "State": "applied",
    }
