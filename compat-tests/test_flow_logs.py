"""Flow logs, held to packets: what was sent is told to the byte, at each interface that it passed or was refused at.

A record is visible within ten seconds. So every test sends first and then asks for records until they are what was
sent; what must not be told is looked for once later traffic has been.
"""

import collections
import contextlib
import functools
import itertools
import operator
import os
import socket
import time

import pytest
from botocore.exceptions import ClientError

from culvert import until
from network import Vpc
from packets import Witness, must_have_left, ping_is_dropped, pings
from test_gateways import Cloud, peer, unpeer
from world import OUTSIDE, POOL, World

VISIBLE_SECONDS = 10
# A look at all that a router can count takes a debug build longer.
SKIPPED_SECONDS = 180
TOLD_SECONDS = 20
RULED = (
    "${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${action}"
    " ${flow-direction} ${deciding-rule} ${log-status}"
)
# Of an IPv4 packet with a datagram, in bytes.
HEADERS = 28
buckets = (f"flows-{os.getpid()}-{number}" for number in itertools.count(1))


class FlowLog:
    """A flow log into a bucket of its own, and what it has told."""

    def __init__(self, server, resource, traffic="ALL", format=RULED, **more):
        self.server, self.bucket = server, next(buckets)
        kind = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface"}[resource.split("-")[0]]
        more.setdefault("LogDestinationType", "s3")
        more.setdefault("LogDestination", f"arn:aws:s3:::{self.bucket}/kept/")
        made = server.ec2.create_flow_logs(
            ResourceIds=[resource], ResourceType=kind, TrafficType=traffic, LogFormat=format, MaxAggregationInterval=60, **more
        )
        assert not made["Unsuccessful"], made["Unsuccessful"]
        self.id = made["FlowLogIds"][0]

    def delete(self):
        assert not self.server.ec2.delete_flow_logs(FlowLogIds=[self.id])["Unsuccessful"]

    def files(self):
        return sorted((self.server.data_dir / "flow-logs/s3" / self.bucket).rglob("*.log"))

    def records(self):
        """Every record, as a dictionary of its fields."""
        found = []
        for file in self.files():
            # The oldest files may go while they are read.
            with contextlib.suppress(FileNotFoundError):
                # The last line may be on its way to the file.
                names, *lines = file.read_text().split("\n")[:-1] or [""]
                found += [dict(zip(names.split(), line.split(), strict=True)) for line in lines]
        return found

    def sums(self, *fields, **wanted):
        """Packets and bytes of the records that are so, by the values of the fields."""
        sums = collections.defaultdict(lambda: (0, 0))
        for it in self.records():
            named = {name.replace("_", "-"): value for name, value in wanted.items()}
            if it["log-status"] == "OK" and all(it[name] == str(value) for name, value in named.items()):
                key = tuple(it[field] for field in fields)
                sums[key] = tuple(map(sum, zip(sums[key], (int(it["packets"]), int(it["bytes"])))))
        return dict(sums)

    def tells(self, expected, *fields, **wanted):
        """Waits until the sums are these, and fails if they do not become so in time."""
        last = []

        def asked():
            last[:] = [self.sums(*fields, **wanted)]
            return last[0] == expected

        try:
            until("the records tell what was sent", asked, VISIBLE_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}: {last[0]}, not {expected}") from None


def datagrams(source, to, port, count, size, from_port=0):
    """Sends datagrams of so many bytes, which must leave, and returns the port that they came from."""
    with Witness(source) as witness, source.socket(kind=socket.SOCK_DGRAM) as client:
        client.bind((source.address, from_port))
        for _ in range(count):
            client.sendto(bytes(size), (to.address, port))
        must_have_left(witness, socket.IPPROTO_UDP, to.address, port)
        return client.getsockname()[1]


def sink(host, port):
    """A socket that takes datagrams, so that nobody is told that the port is closed."""
    server = host.socket(kind=socket.SOCK_DGRAM)
    server.bind((host.address, port))
    return server


def rules(vpc, group, egress=False):
    filters = [{"Name": "group-id", "Values": [group]}]
    found = vpc.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    return [it["SecurityGroupRuleId"] for it in found if it["IsEgress"] == egress]


def test_packets_and_bytes_are_told_exactly_at_both_ends_and_by_the_rule_that_let_them_pass(shared, vpc):
    open_group, quiet = vpc.group("udp 53 from 10.0.0.0/16"), vpc.group()
    client, server = vpc.instance(None, quiet), vpc.instance(None, open_group)
    other = Vpc(shared.ec2)
    bystander, neighbour = other.instance(None, other.group()), other.instance(None, other.group())
    log = FlowLog(shared, vpc.id)
    elsewhere = FlowLog(shared, other.id)

    with sink(server, 53) as taken:
        port = datagrams(client, server, 53, 7, 100)
        with sink(client, port):
            for _ in range(3):
                taken.sendto(bytes(60), (client.address, port))
        datagrams(bystander, neighbour, 53, 1, 1)
    [let_in], [let_out] = rules(vpc, open_group), rules(vpc, quiet, egress=True)
    asked, answered = (7, 7 * (100 + HEADERS)), (3, 3 * (60 + HEADERS))
    expected = {
        (client.interface, "egress", client.address, str(port), "53", "ACCEPT", let_out): asked,
        (server.interface, "ingress", client.address, str(port), "53", "ACCEPT", let_in): asked,
        (server.interface, "egress", server.address, "53", str(port), "ACCEPT", let_in): answered,
        (client.interface, "ingress", server.address, "53", str(port), "ACCEPT", let_out): answered,
    }
    log.tells(expected, "interface-id", "flow-direction", "srcaddr", "srcport", "dstport", "action", "deciding-rule")
    elsewhere.tells({(neighbour.interface,): (1, 1 + HEADERS)}, "interface-id", action="REJECT")
    told = {it["interface-id"] for it in elsewhere.records()}
    assert told <= {bystander.interface, neighbour.interface}, "what passes one VPC is not told of another"
    other.delete()


def test_each_interface_tells_what_it_refused_itself_and_by_what(shared, vpc):
    near, far = vpc.subnet(), vpc.subnet()
    closed, mute = vpc.group(), vpc.group("udp 0-65535 from 10.0.0.0/16")
    vpc.lock_egress(mute)
    wide = vpc.group("udp 0-65535 from 10.0.0.0/16")
    client, receiver = vpc.instance(near, wide), vpc.instance(near, closed)
    dumb, remote = vpc.instance(near, mute), vpc.instance(far, wide)
    acl = vpc.ec2.create_network_acl(VpcId=vpc.id)["NetworkAcl"]["NetworkAclId"]
    for number, action, ports in ((100, "deny", (81, 81)), (200, "allow", (0, 65535))):
        for egress in (True, False):
            vpc.ec2.create_network_acl_entry(
                NetworkAclId=acl, RuleNumber=number, Protocol="17", RuleAction=action, Egress=egress,
                CidrBlock="10.0.0.0/16", PortRange={"From": ports[0], "To": ports[1]},
            )  # fmt: skip
    mine = [{"Name": "association.subnet-id", "Values": [far]}]
    associations = vpc.ec2.describe_network_acls(Filters=mine)["NetworkAcls"][0]["Associations"]
    [before] = [it for it in associations if it["SubnetId"] == far]
    now = vpc.ec2.replace_network_acl_association(AssociationId=before["NetworkAclAssociationId"], NetworkAclId=acl)

    everything, refused = FlowLog(shared, vpc.id), FlowLog(shared, vpc.id, "REJECT")
    accepted = FlowLog(shared, client.interface, "ACCEPT")
    datagrams(client, receiver, 53, 2, 10)  # the receiver's group
    datagrams(dumb, client, 53, 3, 10)  # the sender's group
    datagrams(client, remote, 81, 4, 10)  # the receiver's ACL
    datagrams(remote, client, 81, 5, 10)  # the sender's ACL
    size = 10 + HEADERS
    [let_out] = rules(vpc, wide, egress=True)
    no = {
        (receiver.interface, "ingress", closed): (2, 2 * size),
        (dumb.interface, "egress", mute): (3, 3 * size),
        (remote.interface, "ingress", f"{acl}/100"): (4, 4 * size),
        (remote.interface, "egress", f"{acl}/100"): (5, 5 * size),
    }
    yes = {(client.interface, "egress", let_out): (6, 6 * size)}
    fields = ("interface-id", "flow-direction", "deciding-rule")
    everything.tells(no, *fields, action="REJECT")
    everything.tells(yes, *fields, action="ACCEPT")
    refused.tells(no, *fields)
    accepted.tells(yes, *fields)
    vpc.ec2.replace_network_acl_association(AssociationId=now["NewAssociationId"], NetworkAclId=before["NetworkAclId"])
    vpc.ec2.delete_network_acl(NetworkAclId=acl)


def test_a_log_covers_its_subnet_or_interface_and_stops_when_it_is_deleted(shared, vpc):
    one, two = vpc.subnet(), vpc.subnet()
    wide = vpc.group("udp 53 from 10.0.0.0/16")
    a, b, c = vpc.instance(one, wide), vpc.instance(two, wide), vpc.instance(two, wide)
    whole, part, single = FlowLog(shared, vpc.id), FlowLog(shared, two), FlowLog(shared, c.interface)
    size = 10 + HEADERS
    with sink(b, 53), sink(c, 53):
        datagrams(a, b, 53, 1, 10)
        datagrams(a, c, 53, 2, 10)
        both = {(a.interface,): (3, 3 * size), (b.interface,): (1, size), (c.interface,): (2, 2 * size)}
        whole.tells(both, "interface-id")
        part.tells({key: both[key] for key in both if key != (a.interface,)}, "interface-id")
        single.tells({(c.interface,): both[c.interface,]}, "interface-id")

        with pytest.raises(ClientError, match="InvalidFlowLogId.Malformed"):
            shared.ec2.delete_flow_logs(FlowLogIds=["fl-none"])
        # What was sent until then is told.
        datagrams(a, c, 53, 1, 10)
        single.delete()
        single.tells({(c.interface,): (3, 3 * size)}, "interface-id")
        datagrams(a, c, 53, 7, 10)
        whole.tells({(c.interface,): (10, 10 * size)}, "interface-id", interface_id=c.interface)
        assert single.sums("interface-id") == {(c.interface,): (3, 3 * size)}, "a deleted log tells nothing more"


def test_what_passed_a_terminated_instance_is_told(shared, vpc):
    wide = vpc.group("udp 53 from 10.0.0.0/16")
    a, b = vpc.instance(None, wide), vpc.instance(None, wide)
    log = FlowLog(shared, vpc.id)
    with sink(b, 53):
        datagrams(a, b, 53, 9, 10)
    gone = {(a.interface,): (9, 9 * (10 + HEADERS)), (b.interface,): (9, 9 * (10 + HEADERS))}
    shared.ec2.terminate_instances(InstanceIds=[a.id, b.id])
    log.tells(gone, "interface-id")


def test_every_field_of_a_custom_format_is_true(shared, vpc):
    web = vpc.group("tcp 80 from 10.0.0.0/16")
    block = vpc.subnet()
    client = vpc.instance(block, vpc.group())
    server = vpc.instance(block, web)
    shared.ec2.assign_private_ip_addresses(NetworkInterfaceId=server.interface, SecondaryPrivateIpAddressCount=1)
    row = shared.ec2.describe_network_interfaces(NetworkInterfaceIds=[server.interface])["NetworkInterfaces"][0]
    [second] = [it["PrivateIpAddress"] for it in row["PrivateIpAddresses"] if not it["Primary"]]
    names = (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action"
        " log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type"
        " sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path reject-reason deciding-rule"
    )
    log = FlowLog(shared, server.interface, format=" ".join(f"${{{name}}}" for name in names.split()))
    group_log = shared.ec2.create_flow_logs(
        ResourceIds=[vpc.id], ResourceType="VPC", TrafficType="ALL", LogGroupName=f"/shop/{log.bucket}",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flows",
    )  # fmt: skip
    assert not group_log["Unsuccessful"]
    began = int(time.time())
    with server.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((second, 80))
        listener.listen()
        with client.socket() as asked:
            asked.connect((second, 80))
            taken, _ = listener.accept()
            asked.sendall(bytes(1000))
            asked.shutdown(socket.SHUT_WR)
            while taken.recv(65536):
                pass
            taken.close()
            assert asked.recv(1) == b""
    ends = lambda way: any(int(it["tcp-flags"]) & 1 for it in log.records() if it["flow-direction"] == way)  # noqa: E731
    until("the end of the connection is told", lambda: ends("ingress") and ends("egress"), VISIBLE_SECONDS)
    came = [it for it in log.records() if it["flow-direction"] == "ingress"]
    went = [it for it in log.records() if it["flow-direction"] == "egress"]
    told = lambda records: functools.reduce(operator.or_, (int(it["tcp-flags"]) for it in records))  # noqa: E731
    assert (told(came), told(went)) == (0b11, 0b10011), "SYN and FIN; SYN-ACK and FIN"
    zone = shared.ec2.describe_availability_zones(ZoneNames=[row["AvailabilityZone"]])["AvailabilityZones"][0]["ZoneId"]
    known = {
        "version": "8", "account-id": row["OwnerId"], "interface-id": server.interface, "srcaddr": client.address,
        "dstaddr": server.address, "dstport": "80", "protocol": "6", "action": "ACCEPT", "log-status": "OK",
        "vpc-id": vpc.id, "subnet-id": block, "instance-id": server.id, "type": "IPv4", "pkt-srcaddr": client.address,
        "pkt-dstaddr": second, "region": "us-east-1", "az-id": zone, "traffic-path": "-", "reject-reason": "-",
        "sublocation-type": "-", "sublocation-id": "-", "pkt-src-aws-service": "-", "pkt-dst-aws-service": "-",
        "deciding-rule": rules(vpc, web)[0],
    }  # fmt: skip
    for it in came:
        assert {name: it[name] for name in known} == known
        assert began - 5 <= int(it["start"]) <= int(it["end"]) <= time.time()
    assert {(it["srcaddr"], it["pkt-srcaddr"], it["traffic-path"]) for it in went} == {(server.address, second, "1")}

    streams = shared.data_dir / "flow-logs/cloud-watch-logs" / row["OwnerId"] / "us-east-1/shop" / log.bucket
    kept = streams / f"{server.interface}-all"
    lines = lambda: [it for file in kept.glob("*") for it in file.read_text().split("\n")[:-1]]  # noqa: E731
    until("the stream of the interface is there", lambda: any(" 80 6 " in it for it in lines()), VISIBLE_SECONDS)
    assert all(it.startswith(f"2 {row['OwnerId']} {server.interface} ") and it.endswith(" OK") for it in lines())


def test_a_killed_server_loses_no_count_and_tells_none_twice(fresh):
    vpc = Vpc(fresh.ec2)
    wide = vpc.group("udp 53 from 10.0.0.0/16")
    a, b = vpc.instance(None, wide), vpc.instance(None, wide)
    log = FlowLog(fresh, vpc.id)
    sent = 0
    size = 10 + HEADERS
    with sink(b, 53):
        port = datagrams(a, b, 53, 5, 10)
        sent += 5
        for kill in range(3):
            if kill == 1:
                log.tells({(a.interface,): (sent, sent * size), (b.interface,): (sent, sent * size)}, "interface-id")
            datagrams(a, b, 53, 11, 10, from_port=port)
            fresh.kill9()
            datagrams(a, b, 53, 13, 10, from_port=port)
            fresh.start()
            sent += 24
        datagrams(a, b, 53, 1, 10)
        sent += 1
        log.tells({(a.interface,): (sent, sent * size), (b.interface,): (sent, sent * size)}, "interface-id")
        fresh.restart()
        datagrams(a, b, 53, 1, 10)
        sent += 1
        log.tells({(a.interface,): (sent, sent * size), (b.interface,): (sent, sent * size)}, "interface-id")


def test_records_go_to_new_files_and_the_oldest_go_before_all_take_too_much(start):
    server = start("--flow-logs-mib", "1")
    vpc = Vpc(server.ec2)
    a, b = vpc.instance(None, vpc.group()), vpc.instance(None, vpc.group())
    log = FlowLog(server, a.interface)
    seen = set()
    for burst in range(3):
        with a.socket(kind=socket.SOCK_DGRAM) as client:
            client.bind((a.address, 0))
            for port in range(4000):
                client.sendto(b"x", (b.address, 1024 + port))
            last = client.getsockname()[1]
        told = lambda: any(it["srcport"] == str(last) and it["dstport"] == "5023" for it in log.records())  # noqa: E731
        until("the newest record is there", told, VISIBLE_SECONDS)
        seen |= set(log.files())
    kept = log.files()
    assert sum(it.stat().st_size for it in kept) <= 1 << 20
    assert len(kept) > 16 and seen - set(kept), "some came, and some went"


def test_it_is_told_that_more_flows_passed_than_are_counted(fresh):
    """A router counts 65,536 at a time; each of these is one where it leaves and one where it is refused."""
    vpc, flows = Vpc(fresh.ec2), 40_000
    a, b = vpc.instance(None, vpc.group()), vpc.instance(None, vpc.group())
    log = FlowLog(fresh, vpc.id)
    others = Vpc(fresh.ec2)
    c, d = others.instance(None, others.group()), others.instance(None, others.group())
    beside = FlowLog(fresh, others.id)
    skipped = lambda it: {row["interface-id"] for row in it.records() if row["log-status"] == "SKIPDATA"}  # noqa: E731

    def are_too_many():
        """Sends them, and looks: on a busy machine some are told before all are sent, and there is room for the others."""
        with a.socket(kind=socket.SOCK_DGRAM) as client:
            for port in range(1024, 1024 + flows):
                client.sendto(b"x", (b.address, port))
        with contextlib.suppress(AssertionError):
            return until("it is told of both", lambda: skipped(log) == {a.interface, b.interface}, TOLD_SECONDS)

    before = a.sent()
    until("that not all was counted is told of both", are_too_many, SKIPPED_SECONDS)
    sent = a.sent() - before
    assert sent >= flows
    datagrams(c, d, 53, 3, 10)
    counted = [log.sums(interface_id=it.interface).get((), (0, 0))[0] for it in (a, b)]
    assert 0 < min(counted) and sum(counted) < 2 * sent, counted
    beside.tells({("egress",): (3, 3 * (10 + HEADERS)), ("ingress",): (3, 3 * (10 + HEADERS))}, "flow-direction")
    assert not skipped(beside), "there was room for what passes another VPC"


def test_ipv6_and_icmp_are_told_too(shared):
    vpc = Vpc(shared.ec2, AmazonProvidedIpv6CidrBlock=True)
    vpc.dual_subnet()
    wide = vpc.group("udp 53 from ::/0", "icmp from 0.0.0.0/0")
    a, b = (vpc.instance(None, wide, Ipv6AddressCount=1) for _ in range(2))
    log = FlowLog(shared, b.interface, format=RULED + " ${type}")
    with a.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client, b.socket(socket.AF_INET6, socket.SOCK_DGRAM) as taken:
        taken.bind((b.address6, 53))
        for port in (53, 53, 54):
            client.sendto(bytes(10), (b.address6, port))
    assert pings(a, b)
    size = 10 + 48
    fields = ("type", "flow-direction", "srcaddr", "dstaddr", "protocol", "dstport", "action")
    log.tells({("IPv6", "ingress", a.address6, b.address6, "17", "53", "ACCEPT"): (2, 2 * size)}, *fields, dstport=53)
    log.tells({("IPv6", "ingress", a.address6, b.address6, "17", "54", "REJECT"): (1, size)}, *fields, dstport=54)
    sums = lambda: log.sums("flow-direction", "srcport", "action", protocol=1)  # noqa: E731
    until("the ping is told", lambda: len(sums()) == 2, VISIBLE_SECONDS)
    assert {key: packets for key, (packets, _) in sums().items()} == {("ingress", "0", "ACCEPT"): 1, ("egress", "0", "ACCEPT"): 1}
    vpc.delete()


def test_of_two_peers_with_the_same_addresses_the_rule_about_the_right_one_is_told(shared):
    one, between, other = Cloud(shared.ec2, "10.1.0.0/16"), Cloud(shared.ec2, "10.2.0.0/16"), Cloud(shared.ec2, "10.1.0.0/16")
    clouds, made = (one, between, other), []
    try:
        groups = {it: it.group() for it in clouds}
        here = between.instance(None, groups[between])
        there = {it: it.instance(it.subnet(), groups[it], PrivateIpAddress="10.1.0.10") for it in (one, other)}
        known = {}
        for peer_of, it in there.items():
            made.append(peer(shared.ec2, peer_of, between))
            peer_of.route(peer_of.main, "10.2.0.0/16", VpcPeeringConnectionId=made[-1])
            between.allow(groups[between], f"udp 53 from {groups[peer_of]}")
            row = shared.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [groups[between]]}])
            ingress = [it["SecurityGroupRuleId"] for it in row["SecurityGroupRules"] if not it["IsEgress"]]
            known[it] = (set(ingress) - set(known.values())).pop()
        log = FlowLog(shared, here.interface)
        with sink(here, 53):
            for it in there.values():
                port = datagrams(it, here, 53, 2, 10)
                asked = (2, 2 * (10 + HEADERS))
                log.tells({("ACCEPT", known[it]): asked}, "action", "deciding-rule", srcport=port)
    finally:
        # Its groups are named in rules of the other.
        for it in made:
            unpeer(shared.ec2, it)
        for it in (between, one, other):
            it.delete()


def test_public_addresses_are_told_as_the_interface_has_them():
    with World() as world, world.culvert("--public-pool", POOL) as server, server:
        server.start()
        vpc = Vpc(server.ec2)
        table = server.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc.id]}])["RouteTables"][0]
        gateway = server.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        server.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.id)
        server.ec2.create_route(
            RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
        )
        host = vpc.instance()
        address = server.ec2.allocate_address(Domain="vpc")
        server.ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=host.interface)
        log = FlowLog(server, host.interface, format=RULED + " ${traffic-path} ${reject-reason}")
        assert pings(host, world.outside)
        until("both packets are told", lambda: log.sums().get(()) and log.sums()[()][0] == 2, VISIBLE_SECONDS)
        size = log.sums()[()][1] // 2
        fields = ("flow-direction", "srcaddr", "dstaddr", "traffic-path")
        there, back = ("egress", host.address, OUTSIDE, "8"), ("ingress", OUTSIDE, host.address, "-")
        log.tells({there: (1, size), back: (1, size)}, *fields)

        server.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="block-bidirectional")
        assert ping_is_dropped(host, world.outside)
        blocked = ("egress", "block-public-access", "BPA")
        log.tells({blocked: (1, size)}, "flow-direction", "deciding-rule", "reject-reason", action="REJECT")
