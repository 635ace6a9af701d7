"""What security groups promise, asked with packets: what they admit arrives, and nothing else does.

No test here waits for a rule to take effect. A call that changes a rule has answered: then the next packet meets it.
"""

import contextlib
import ipaddress
import os
import socket

import pytest

from culvert import until
from network import Vpc
from packets import (
    DROP_SECONDS,
    Witness,
    can_connect,
    cannot_connect,
    connect,
    connection,
    echoes,
    must_have_left,
    ping_is_dropped,
    pings,
    tcp_server,
    udp_is_dropped,
    udp_reaches,
    udp_server,
    wait_for,
)
from probes import Probe, Tap, check, frames, icmp, icmp6, ipv4, new_mark, protocol, tcp, tcp_segment, udp, udp_datagram

ALL = "0.0.0.0/0"
ALL6 = "::/0"


@pytest.fixture
def vpc6(shared):
    """A VPC with IPv4 and IPv6 addresses, and a subnet of both."""
    made = Vpc(shared.ec2, AmazonProvidedIpv6CidrBlock=True)
    made.dual_subnet()
    yield made
    made.delete()


def at(vpc, address, *groups, **more):
    """An instance at this address. It comes before those that take any address, which might be this one."""
    return vpc.instance(None, *groups, PrivateIpAddress=address, **more)


def dual(vpc6, *groups):
    return vpc6.instance(None, *groups, Ipv6AddressCount=1)


# Who may send: every kind of source.


def test_a_narrow_block_admits_its_addresses_and_no_neighbour(vpc):
    vpc.subnet()
    quiet = vpc.group()
    below, first, last, above = (at(vpc, f"10.0.0.{it}", quiet) for it in (7, 8, 11, 12))
    host, next_host = (at(vpc, f"10.0.0.{it}", quiet) for it in (20, 21))
    server = vpc.instance(None, vpc.group("tcp 80 from 10.0.0.8/30", "udp 53 from 10.0.0.20/32"))
    check(
        passes=[tcp(first, server, 80), tcp(last, server, 80), udp(host, server, 53)],
        drops=[
            tcp(below, server, 80),
            tcp(above, server, 80),
            udp(next_host, server, 53),
            tcp(host, server, 80),
            udp(first, server, 53),
        ],
    )


def test_a_wide_block_admits_every_address_in_it(vpc):
    vpc.subnet(), vpc.subnet()
    quiet = vpc.group()
    server = vpc.instance(None, vpc.group("tcp 80 from 10.0.0.0/16", f"tcp 81 from {ALL}", "tcp 82 from 10.0.1.0/24"))
    near, far = vpc.instance(vpc.subnets[0], quiet), vpc.instance(vpc.subnets[1], quiet)
    check(
        passes=[tcp(near, server, 80), tcp(far, server, 80), tcp(near, server, 81), tcp(far, server, 81), tcp(far, server, 82)],
        drops=[tcp(near, server, 82)],
    )


def test_blocks_and_port_ranges_that_overlap_in_one_group_admit_their_union(vpc):
    vpc.subnet()
    quiet = vpc.group()
    # In all blocks; in the middle one and the wide one; in the wide one alone; in the upper half.
    a, b, c, d = (at(vpc, f"10.0.0.{it}", quiet) for it in (10, 5, 77, 200))
    server = vpc.instance(
        None,
        vpc.group(
            "tcp 100-200 from 10.0.0.0/24",
            "tcp 150-250 from 10.0.0.0/28",
            "tcp 180 from 10.0.0.10/32",
            "tcp 240-300 from 10.0.0.8/29",
            "tcp 200-201 from 10.0.0.128/25",
        ),
    )
    admitted = {a: range(100, 301), b: range(100, 251), c: range(100, 201), d: range(100, 202)}
    ports = [99, 100, 149, 150, 180, 200, 201, 202, 239, 240, 250, 251, 300, 301]
    probes = {(host, port): tcp(host, server, port) for host in admitted for port in ports}
    check(
        passes=[probe for (host, port), probe in probes.items() if port in admitted[host]],
        drops=[probe for (host, port), probe in probes.items() if port not in admitted[host]],
    )


def test_an_ipv6_block_admits_its_addresses_and_no_others(vpc6):
    quiet = vpc6.group()
    inside, outside = dual(vpc6, quiet), dual(vpc6, quiet)
    everywhere = ipaddress.ip_network(f"{inside.address6}/56", strict=False)
    server = dual(vpc6, vpc6.group(f"tcp 80 from {inside.address6}/128", f"udp 53 from {everywhere}", f"tcp 81 from {ALL6}"))
    check(
        passes=[
            tcp(inside, server, 80, six=True),
            udp(inside, server, 53, six=True),
            udp(outside, server, 53, six=True),
            tcp(outside, server, 81, six=True),
        ],
        drops=[
            tcp(outside, server, 80, six=True),
            udp(outside, server, 54, six=True),
            # A rule for one family says nothing of the other.
            tcp(inside, server, 81),
            udp(inside, server, 53),
        ],
    )
    assert can_connect(inside, server, 80, server.address6)


def test_a_rule_for_ipv4_admits_no_ipv6(vpc6):
    sender, server = dual(vpc6, vpc6.group()), dual(vpc6, vpc6.group(f"all from {ALL}"))
    check(passes=[tcp(sender, server, 80)], drops=[tcp(sender, server, 80, six=True), icmp6(sender, server)])


def test_a_rule_that_names_a_group_admits_its_members_and_no_others(vpc):
    vpc.subnet()
    members, others = vpc.group(), vpc.group()
    server = vpc.instance(None, vpc.group(f"tcp 80 from {members}", f"udp 1000-1002 from {members}"))
    member, other = vpc.instance(None, members), vpc.instance(None, others)
    both = vpc.instance(None, others, members)
    check(
        passes=[tcp(member, server, 80), tcp(both, server, 80), udp(member, server, 1000), udp(both, server, 1002)],
        drops=[
            tcp(other, server, 80),
            udp(other, server, 1001),
            tcp(member, server, 81),
            udp(member, server, 999),
            udp(member, server, 1003),
            # The members' group admits nothing itself.
            tcp(server, member, 80),
        ],
    )


def test_a_new_member_of_a_named_group_is_admitted_and_one_that_left_is_not(vpc):
    vpc.subnet()
    members, others = vpc.group(), vpc.group()
    server = vpc.instance(None, vpc.group(f"udp 53 from {members}"))
    late = vpc.instance(None, others)
    assert udp_is_dropped(late, server, 53)
    late.wear(members)
    assert udp_reaches(late, server, 53)
    late.wear(others)
    assert udp_is_dropped(late, server, 53)
    assert udp_reaches(vpc.instance(None, members), server, 53)


def test_a_group_reference_holds_for_ipv6_as_well(vpc6):
    members, others = vpc6.group(), vpc6.group()
    server = dual(vpc6, vpc6.group(f"tcp 80 from {members}"))
    member, other = dual(vpc6, members), dual(vpc6, others)
    check(passes=[tcp(member, server, 80, six=True)], drops=[tcp(other, server, 80, six=True)])


def test_a_group_that_names_itself_lets_its_members_talk_to_each_other(vpc):
    vpc.subnet()
    group = vpc.group()
    vpc.allow(group, f"tcp 7000-7001 from {group}")
    a, b = vpc.run(2, None, group)
    stranger = vpc.instance(None, vpc.group())
    check(
        passes=[tcp(a, b, 7000), tcp(b, a, 7001)],
        drops=[tcp(a, b, 7002), tcp(stranger, a, 7000), tcp(stranger, b, 7001), tcp(a, stranger, 7000)],
    )


def test_members_of_the_default_group_talk_to_each_other_and_nobody_else_talks_to_them(vpc):
    vpc.subnet()
    a, b = vpc.run(2, None)
    stranger = vpc.instance(None, vpc.group())
    check(
        passes=[tcp(a, b, 80), udp(b, a, 9), icmp(a, b), protocol(a, b, 253)],
        drops=[tcp(stranger, a, 80), udp(stranger, b, 9), icmp(stranger, a), tcp(a, stranger, 80)],
    )
    assert can_connect(a, b, 80) and can_connect(b, a, 80)


def test_nothing_is_admitted_without_a_rule(vpc):
    vpc.subnet()
    a, b = vpc.instance(None, vpc.group()), vpc.instance(None, vpc.group(f"tcp 1 from {ALL}"))
    check(
        passes=[tcp(a, b, 1)],
        drops=[
            *(tcp(a, b, it) for it in (22, 80, 443, 65535)),
            *(udp(a, b, it) for it in (1, 53, 65535)),
            icmp(a, b),
            protocol(a, b, 253),
            tcp(b, a, 1),
        ],
    )


# What may be sent: protocols, ports, types.


def test_a_rule_for_all_protocols_admits_all_of_them(vpc):
    vpc.subnet()
    sender, stranger = (at(vpc, it, vpc.group()) for it in ("10.0.0.9", "10.0.0.10"))
    server = vpc.instance(None, vpc.group("all from 10.0.0.9/32"))
    check(
        passes=[tcp(sender, server, 80), udp(sender, server, 9), icmp(sender, server), icmp(sender, server, 13)]
        + [protocol(sender, server, it) for it in (47, 50, 253)],
        drops=[tcp(stranger, server, 80), protocol(stranger, server, 253)],
    )


@pytest.mark.parametrize("first,last", [(80, 80), (1000, 2000), (0, 0), (65535, 65535), (1, 65534)])
def test_a_port_range_admits_both_its_edges_and_neither_neighbour(vpc, first, last):
    vpc.subnet()
    server = vpc.instance(None, vpc.group(f"tcp {first}-{last} from {ALL}", f"udp {first}-{last} from {ALL}"))
    sender = vpc.instance(None, vpc.group())
    for probe in tcp_by_hand, udp_by_hand:
        check(
            passes=[probe(sender, server, it) for it in sorted({first, (first + last) // 2, last})],
            drops=[probe(sender, server, it) for it in (first - 1, last + 1) if 0 <= it <= 65535],
        )


def tcp_by_hand(source, to, port):
    """As `probes.tcp`, also to port 0, to which the kernel connects nobody."""

    def make(mark):
        return ipv4(source.address, to.address, 6, tcp_segment(source.address, to.address, 40000, port, mark))

    return frames(f"tcp {source} -> {to} {port}", source, to, make)


def udp_by_hand(source, to, port):
    def make(mark):
        return ipv4(source.address, to.address, 17, udp_datagram(source.address, to.address, 40000, port, mark))

    return frames(f"udp {source} -> {to} {port}", source, to, make)


def test_tcp_and_udp_of_the_same_port_are_two_things(vpc):
    vpc.subnet()
    server = vpc.instance(None, vpc.group(f"tcp 80 from {ALL}", f"udp 81 from {ALL}"))
    sender = vpc.instance(None, vpc.group())
    check(passes=[tcp(sender, server, 80), udp(sender, server, 81)], drops=[udp(sender, server, 80), tcp(sender, server, 81)])


def test_a_rule_for_echo_admits_echo_and_no_other_type(vpc):
    vpc.subnet()
    sender = vpc.instance(None, vpc.group())
    echo = vpc.instance(None, vpc.group(f"icmp 8/0 from {ALL}"))
    stamp = vpc.instance(None, vpc.group(f"icmp 13/-1 from {ALL}"))
    every = vpc.instance(None, vpc.group(f"icmp from {ALL}"))
    check(
        passes=[icmp(sender, echo), icmp(sender, stamp, 13), icmp(sender, stamp, 13, 7), icmp(sender, every, 17, 3)],
        drops=[
            icmp(sender, echo, 13),
            icmp(sender, echo, 8, 1),
            icmp(sender, stamp),
            icmp(sender, stamp, 17),
            udp(sender, every, 7),
        ],
    )
    assert pings(sender, echo)


def test_icmpv6_is_admitted_by_type_and_code(vpc6):
    sender = dual(vpc6, vpc6.group())
    echo = dual(vpc6, vpc6.group(f"icmpv6 128/0 from {ALL6}"))
    every = dual(vpc6, vpc6.group(f"icmpv6 from {ALL6}"))
    none = dual(vpc6, vpc6.group(f"tcp 80 from {ALL6}"))
    check(
        passes=[icmp6(sender, echo), icmp6(sender, every), icmp6(sender, every, 139, 1), tcp(sender, none, 80, six=True)],
        drops=[icmp6(sender, echo, 139), icmp6(sender, echo, 128, 1), icmp6(sender, none), tcp(sender, every, 80, six=True)],
    )
    assert pings(sender, echo, echo.address6)


def test_a_protocol_is_admitted_by_its_number(vpc):
    vpc.subnet()
    server, sender = vpc.instance(None, vpc.group()), vpc.instance(None, vpc.group())
    everyone = [{"CidrIp": ALL}]
    permissions = [{"IpProtocol": str(it), "IpRanges": everyone} for it in (47, 253)]
    vpc.ec2.authorize_security_group_ingress(GroupId=vpc.groups[0], IpPermissions=permissions)
    check(
        passes=[protocol(sender, server, 47), protocol(sender, server, 253)],
        drops=[protocol(sender, server, it) for it in (46, 48, 50, 254)] + [tcp(sender, server, 80)],
    )


# Egress.


def test_without_an_egress_rule_nothing_leaves(vpc):
    vpc.subnet()
    locked = vpc.group()
    vpc.lock_egress(locked)
    sender, server = vpc.instance(None, locked), vpc.instance(None, vpc.group(f"all from {ALL}"))
    free = vpc.instance(None, vpc.group())
    check(
        passes=[tcp(free, server, 80)],
        drops=[tcp(sender, server, 80), udp(sender, server, 53), icmp(sender, server), protocol(sender, server, 253)],
    )


def test_an_egress_rule_lets_out_to_its_block_and_port_and_to_nowhere_else(vpc):
    vpc.subnet()
    group = vpc.group()
    vpc.lock_egress(group)
    vpc.allow(group, "tcp 80-81 to 10.0.0.16/28", "udp 53 to 10.0.0.40/32", "icmp 8/0 to 10.0.0.0/24")
    sender, open_group = at(vpc, "10.0.0.200", group), vpc.group(f"all from {ALL}")
    below, first, last, above, dns = (at(vpc, f"10.0.0.{it}", open_group) for it in (15, 16, 31, 32, 40))
    check(
        passes=[tcp(sender, first, 80), tcp(sender, last, 81), udp(sender, dns, 53), icmp(sender, above)],
        drops=[
            tcp(sender, below, 80),
            tcp(sender, above, 81),
            tcp(sender, first, 79),
            tcp(sender, first, 82),
            udp(sender, first, 80),
            udp(sender, above, 53),
            icmp(sender, above, 13),
            protocol(sender, first, 253),
        ],
    )


def test_an_egress_rule_that_names_a_group_lets_out_to_its_members_only(vpc6):
    members, group = vpc6.group(f"all from {ALL}", f"all from {ALL6}"), vpc6.group()
    others = vpc6.group(f"all from {ALL}", f"all from {ALL6}")
    vpc6.revoke(group, f"all to {ALL}", f"all to {ALL6}")
    vpc6.allow(group, f"tcp 80 to {members}")
    sender, member, other = dual(vpc6, group), dual(vpc6, members), dual(vpc6, others)
    check(
        passes=[tcp(sender, member, 80), tcp(sender, member, 80, six=True)],
        drops=[
            tcp(sender, other, 80),
            tcp(sender, other, 80, six=True),
            tcp(sender, member, 81),
            tcp(sender, member, 81, six=True),
            udp(sender, member, 80),
        ],
    )
    other.wear(members)
    check(passes=[tcp(sender, other, 80)])


def test_both_gates_must_open(vpc):
    vpc.subnet()
    out = vpc.group()
    vpc.lock_egress(out)
    vpc.allow(out, f"tcp 80 to {ALL}", f"tcp 81 to {ALL}")
    sender, server = vpc.instance(None, out), vpc.instance(None, vpc.group(f"tcp 81-82 from {out}"))
    check(passes=[tcp(sender, server, 81)], drops=[tcp(sender, server, 80), tcp(sender, server, 82)])


def test_revoking_the_default_egress_rule_stops_new_connections_and_giving_it_back_admits_them(vpc):
    vpc.subnet()
    group = vpc.group()
    sender, server = vpc.instance(None, group), vpc.instance(None, vpc.group(f"all from {ALL}"))
    assert udp_reaches(sender, server, 53)
    vpc.revoke(group, f"all to {ALL}")
    assert udp_is_dropped(sender, server, 53)
    vpc.allow(group, f"all to {ALL}")
    assert udp_reaches(sender, server, 53)


def test_replies_leave_an_instance_whose_groups_let_nothing_out(vpc):
    vpc.subnet()
    locked = vpc.group(f"all from {ALL}")
    vpc.lock_egress(locked)
    sender, server = vpc.instance(None, vpc.group()), vpc.instance(None, locked)
    assert can_connect(sender, server, 80)
    assert pings(sender, server)
    assert udp_is_dropped(server, sender, 53)


# Groups worn together, changed, rules changed.


def test_several_groups_on_one_interface_admit_what_any_of_them_admits(vpc):
    vpc.subnet()
    friends = vpc.group()
    worn = [vpc.group(f"tcp 80 from {ALL}"), vpc.group(f"udp 53 from {ALL}"), vpc.group(f"tcp 22 from {friends}"), vpc.group()]
    for group in worn:
        vpc.lock_egress(group)
    vpc.allow(worn[0], f"udp 1 to {ALL}")
    vpc.allow(worn[3], f"udp 2 to {ALL}")
    server = vpc.instance(None, *worn)
    friend, sender = vpc.instance(None, friends), vpc.instance(None, vpc.group(f"all from {ALL}"))
    check(
        passes=[tcp(sender, server, 80), udp(sender, server, 53), tcp(friend, server, 22), tcp(friend, server, 80)]
        + [udp(server, sender, 1), udp(server, sender, 2)],
        drops=[tcp(sender, server, 22), udp(sender, server, 80), tcp(friend, server, 53), udp(server, sender, 3)],
    )


def test_changing_the_groups_of_an_interface_changes_its_next_packet(vpc):
    vpc.subnet()
    web, dns = vpc.group(f"tcp 80 from {ALL}"), vpc.group(f"udp 53 from {ALL}")
    server, sender = vpc.instance(None, web), vpc.instance(None, vpc.group())
    check(passes=[tcp(sender, server, 80)], drops=[udp(sender, server, 53)])
    server.wear(dns)
    check(passes=[udp(sender, server, 53)], drops=[tcp(sender, server, 80)])
    server.wear(web, dns)
    check(passes=[udp(sender, server, 53), tcp(sender, server, 80)])


def test_an_authorised_rule_holds_for_the_very_next_packet(vpc):
    vpc.subnet()
    group = vpc.group()
    server, sender = vpc.instance(None, group), vpc.instance(None, vpc.group())
    for port in range(4000, 4020):
        vpc.allow(group, f"udp {port} from {ALL}")
        # One datagram, sent once: if it does not arrive, the answer came before the rule was in force.
        assert udp_reaches(sender, server, port)


def test_a_revoked_rule_refuses_the_very_next_packet(vpc):
    vpc.subnet()
    ports = range(4000, 4020)
    group = vpc.group(*(f"udp {port} from {ALL}" for port in ports))
    server, sender = vpc.instance(None, group), vpc.instance(None, vpc.group())
    sent = []
    with contextlib.closing(Tap(server)) as there, Witness(sender) as here:
        for port in ports:
            vpc.revoke(group, f"udp {port} from {ALL}")
            # One datagram, sent at once. Whether it arrived is looked at when all have been sent.
            sent.append(new_mark())
            with sender.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(sent[-1], (server.address, port))
            must_have_left(here, socket.IPPROTO_UDP, server.address, port)
        vpc.allow(group, f"udp 4000 from {ALL}")
        assert udp_reaches(sender, server, 4000)
        there.look()
        arrived = [port for port, mark in zip(ports, sent) if any(mark in it for it in there.came)]
        assert not arrived, f"arrived after their rules were revoked: {arrived}"


def test_a_revoked_rule_refuses_new_connections_and_established_ones_go_on(vpc):
    vpc.subnet()
    group = vpc.group(f"tcp 80 from {ALL}")
    server, sender = vpc.instance(None, group), vpc.instance(None, vpc.group())
    with connection(sender, server, 80) as established:
        vpc.revoke(group, f"tcp 80 from {ALL}")
        assert cannot_connect(sender, server, 80)
        assert echoes(established)
        # Also under policies that have nothing to do with it.
        vpc.allow(group, f"tcp 81 from {ALL}")
        assert echoes(established)


def test_a_one_way_flow_ends_with_its_rule(vpc):
    vpc.subnet()
    group = vpc.group(f"udp 53 from {ALL}")
    server, sender = vpc.instance(None, group), vpc.instance(None, vpc.group())
    with udp_server(server, 53) as received, sender.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("", 5353))
        for _ in range(3):
            mark = new_mark()
            client.sendto(mark, (server.address, 53))
            assert wait_for(received, lambda it, mark=mark: it == mark, 5)
        vpc.revoke(group, f"udp 53 from {ALL}")
        mark = new_mark()
        with Witness(sender) as witness:
            client.sendto(mark, (server.address, 53))
            assert not wait_for(received, lambda it: it == mark, DROP_SECONDS)
            must_have_left(witness, socket.IPPROTO_UDP, server.address, 53)


def test_replies_pass_without_a_rule_and_what_is_no_reply_does_not(vpc):
    vpc.subnet()
    client, server = vpc.instance(None, vpc.group()), vpc.instance(None, vpc.group(f"udp 53 from {ALL}"))
    with udp_server(server, 53) as there, udp_server(client, 5353) as here:
        here.sendto(b"question", (server.address, 53))
        assert wait_for(there, lambda it: it == b"question", 5)
        there.sendto(b"answer", (client.address, 5353))
        assert wait_for(here, lambda it: it == b"answer", 5)
        # The same server to another port, or from another port, answers no question.
        check(drops=[udp(server, client, 5354, from_port=5300), udp(server, client, 5353, from_port=5300)])


def test_modifying_a_rule_changes_the_next_packet(vpc):
    vpc.subnet()
    group = vpc.group(f"tcp 80 from {ALL}")
    server, sender = vpc.instance(None, group), vpc.instance(None, vpc.group())
    filters = [{"Name": "group-id", "Values": [group]}]
    rules = vpc.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    rule = next(it["SecurityGroupRuleId"] for it in rules if not it["IsEgress"])

    def modify(**content):
        changed = [{"SecurityGroupRuleId": rule, "SecurityGroupRule": content}]
        vpc.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=changed)

    check(passes=[tcp(sender, server, 80)], drops=[tcp(sender, server, 90)])
    modify(IpProtocol="tcp", FromPort=90, ToPort=91, CidrIpv4=ALL)
    check(passes=[tcp(sender, server, 90), tcp(sender, server, 91)], drops=[tcp(sender, server, 80), udp(sender, server, 90)])
    modify(IpProtocol="udp", FromPort=90, ToPort=90, CidrIpv4=f"{sender.address}/32")
    check(passes=[udp(sender, server, 90)], drops=[tcp(sender, server, 90)])
    modify(IpProtocol="udp", FromPort=90, ToPort=90, CidrIpv4=f"{server.address}/32")
    check(drops=[udp(sender, server, 90), tcp(sender, server, 90)])


def test_of_two_rules_that_admit_the_same_packet_either_is_enough(vpc):
    vpc.subnet()
    group = vpc.group("tcp 80 from 10.0.0.0/24", f"tcp 1-1000 from {ALL}")
    server, sender = vpc.instance(None, group), vpc.instance(None, vpc.group())
    check(passes=[tcp(sender, server, 80)])
    vpc.revoke(group, f"tcp 1-1000 from {ALL}")
    check(passes=[tcp(sender, server, 80)], drops=[tcp(sender, server, 81)])
    vpc.revoke(group, "tcp 80 from 10.0.0.0/24")
    check(drops=[tcp(sender, server, 80)])


def test_a_rule_changes_nothing_for_those_who_do_not_wear_its_group(vpc):
    vpc.subnet()
    mine, yours = vpc.group(), vpc.group()
    a, b, sender = vpc.instance(None, mine), vpc.instance(None, yours), vpc.instance(None, vpc.group())
    vpc.allow(mine, f"tcp 80 from {ALL}")
    check(passes=[tcp(sender, a, 80)], drops=[tcp(sender, b, 80)])


# Interfaces.


def test_the_source_check_can_be_turned_off_and_on_again(vpc):
    vpc.subnet()
    server, sender = vpc.instance(None, vpc.group("udp 53 from 192.0.2.0/24")), vpc.instance(None, vpc.group())

    def forged(pretended="192.0.2.7"):
        def make(mark):
            return ipv4(pretended, server.address, 17, udp_datagram(pretended, server.address, 4000, 53, mark))

        return frames(f"udp from {pretended}", sender, server, make)

    def source_check(wanted):
        vpc.ec2.modify_network_interface_attribute(NetworkInterfaceId=sender.interface, SourceDestCheck={"Value": wanted})

    check(drops=[forged()])
    source_check(False)
    # What it sends under other addresses is judged by the rules all the same.
    check(passes=[forged()], drops=[forged("198.51.100.7"), udp(sender, server, 53)])
    source_check(True)
    check(drops=[forged()])


def test_the_same_rules_hold_within_a_subnet_and_across_subnets(vpc):
    near, far = vpc.subnet(), vpc.subnet(zone="us-east-1b")
    clients = vpc.group()
    group = vpc.group(f"tcp 80 from {clients}", "udp 53 from 10.0.0.0/24")
    here, there = vpc.instance(near, group), vpc.instance(far, group)
    a, b = vpc.instance(near, clients), vpc.instance(far, clients)
    check(
        passes=[tcp(it, to, 80) for it in (a, b) for to in (here, there)] + [udp(a, here, 53), udp(a, there, 53)],
        drops=[tcp(it, to, 81) for it in (a, b) for to in (here, there)] + [udp(b, here, 53), udp(b, there, 53)],
    )
    assert can_connect(a, there, 80) and can_connect(b, here, 80) and can_connect(a, here, 80)


def test_a_receiver_sees_the_senders_own_address(vpc):
    near, far = vpc.subnet(), vpc.subnet()
    server, sender = vpc.instance(far, vpc.group(f"tcp 80 from {ALL}")), vpc.instance(near, vpc.group())
    with tcp_server(server, 80) as peers:
        with connect(sender, server, 80) as client:
            assert echoes(client)
        assert peers == [sender.address]


def test_secondary_addresses_send_and_receive_until_they_are_taken_away(vpc):
    vpc.subnet()
    sender = at(vpc, "10.0.0.100", vpc.group(), InstanceType="m5.large")
    vpc.ec2.assign_private_ip_addresses(NetworkInterfaceId=sender.interface, PrivateIpAddresses=["10.0.0.101", "10.0.0.102"])
    server = vpc.instance(None, vpc.group("tcp 80 from 10.0.0.101/32"))
    vpc.ec2.assign_private_ip_addresses(NetworkInterfaceId=server.interface, SecondaryPrivateIpAddressCount=1)
    (row,) = vpc.ec2.describe_network_interfaces(NetworkInterfaceIds=[server.interface])["NetworkInterfaces"]
    (second,) = [it["PrivateIpAddress"] for it in row["PrivateIpAddresses"] if not it["Primary"]]
    check(
        passes=[
            tcp(sender, server, 80, from_address="10.0.0.101"),
            tcp(sender, server, 80, address=second, from_address="10.0.0.101"),
        ],
        drops=[
            tcp(sender, server, 80, from_address="10.0.0.102"),
            tcp(sender, server, 80),
        ],
    )
    assert can_connect_from("10.0.0.101", sender, server, 80, second)
    vpc.ec2.unassign_private_ip_addresses(NetworkInterfaceId=server.interface, PrivateIpAddresses=[second])
    check(
        passes=[tcp(sender, server, 80, from_address="10.0.0.101")],
        drops=[tcp(sender, server, 80, address=second, from_address="10.0.0.101")],
    )


def can_connect_from(from_address, source, to, port, address):
    with tcp_server(to, port, address), source.socket() as client:
        client.settimeout(5)
        client.bind((from_address, 0))
        client.connect((address, port))
        return echoes(client)


def test_an_address_that_was_taken_away_can_no_longer_be_sent_from(vpc):
    vpc.subnet()
    server, sender = at(vpc, "10.0.0.10", vpc.group(f"udp 53 from {ALL}")), at(vpc, "10.0.0.20", vpc.group())
    vpc.ec2.assign_private_ip_addresses(NetworkInterfaceId=sender.interface, PrivateIpAddresses=["10.0.0.50"])

    def by_hand():
        def make(mark):
            return ipv4("10.0.0.50", server.address, 17, udp_datagram("10.0.0.50", server.address, 4000, 53, mark))

        return frames("udp from 10.0.0.50", sender, server, make)

    check(passes=[by_hand()])
    vpc.ec2.unassign_private_ip_addresses(NetworkInterfaceId=sender.interface, PrivateIpAddresses=["10.0.0.50"])
    check(passes=[udp(sender, server, 53)], drops=[by_hand()])


def test_an_interface_comes_and_goes_while_the_instance_runs(vpc):
    near, far = vpc.subnet(), vpc.subnet()
    first, second = vpc.group(f"tcp 80 from {ALL}"), vpc.group(f"tcp 81 from {ALL}")
    server, sender = vpc.instance(near, first), vpc.instance(near, vpc.group())
    made = vpc.ec2.create_network_interface(SubnetId=far, Groups=[second])["NetworkInterface"]
    interface, address = made["NetworkInterfaceId"], made["PrivateIpAddress"]
    check(drops=[tcp(sender, server, 81, address=address)])
    with connection(sender, server, 80) as established:
        attachment = vpc.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=server.id, DeviceIndex=1)
        check(
            passes=[tcp(sender, server, 80), tcp(sender, server, 81, address=address)],
            drops=[tcp(sender, server, 81), tcp(sender, server, 80, address=address)],
        )
        # Both answer, each from its own address, which the sender would not take an answer from elsewhere for.
        assert can_connect(sender, server, 80) and can_connect(sender, server, 81, address)
        vpc.ec2.detach_network_interface(AttachmentId=attachment["AttachmentId"])
        check(passes=[tcp(sender, server, 80)], drops=[tcp(sender, server, 81, address=address)])
        assert echoes(established)
    vpc.ec2.delete_network_interface(NetworkInterfaceId=interface)


def test_a_detached_interface_serves_another_instance_at_the_same_address(vpc):
    vpc.subnet()
    a, b, sender = *vpc.run(2, None, vpc.group()), vpc.instance(None, vpc.group())
    made = vpc.ec2.create_network_interface(SubnetId=vpc.subnets[0], Groups=[vpc.group(f"tcp 80 from {ALL}")])
    interface, address = made["NetworkInterface"]["NetworkInterfaceId"], made["NetworkInterface"]["PrivateIpAddress"]
    for host, other in ((a, b), (b, a), (a, b)):
        attachment = vpc.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=host.id, DeviceIndex=1)
        assert can_connect(sender, host, 80, address)
        check(passes=[tcp(sender, host, 80, address=address)], drops=[tcp(sender, host, 80, address=address, at=other)])
        vpc.ec2.detach_network_interface(AttachmentId=attachment["AttachmentId"])


def test_a_terminated_instance_is_silent_at_once(vpc):
    vpc.subnet()
    server, sender = vpc.instance(None, vpc.group(f"tcp 80 from {ALL}", f"icmp from {ALL}")), vpc.instance(None, vpc.group())
    assert can_connect(sender, server, 80) and pings(sender, server)
    server.terminate()
    assert ping_is_dropped(sender, server.address)
    assert connect(sender, server.address, 80, seconds=DROP_SECONDS) is None
    until("its namespace is gone", lambda: not os.path.exists(f"/run/netns/{server.id}"))


def test_a_new_instance_at_an_old_address_inherits_no_flow(vpc):
    vpc.subnet()
    group, closed = vpc.group(f"udp 53 from {ALL}"), vpc.group()
    old, peer = at(vpc, "10.0.0.66", group), at(vpc, "10.0.0.67", vpc.group())
    with udp_server(old, 53) as there, udp_server(peer, 5353) as here:
        here.sendto(b"question", (old.address, 53))
        assert wait_for(there, lambda it: it == b"question", 5)
        there.sendto(b"answer", (peer.address, 5353))
        assert wait_for(here, lambda it: it == b"answer", 5)
        old.terminate()
        new = at(vpc, "10.0.0.66", closed)
        # The very flow that was established: same addresses, same ports.
        mark = new_mark()
        same = Probe("the old flow", peer, new, lambda _: here.sendto(mark, (old.address, 53)), lambda it: mark in it)
        check(drops=[same])
        check(drops=[udp(new, peer, 5353, from_port=53)])


def test_an_instance_that_is_stopped_is_silent_and_answers_again_when_started(vpc):
    vpc.subnet()
    server, sender = vpc.instance(None, vpc.group(f"all from {ALL}")), vpc.instance(None, vpc.group())
    assert pings(sender, server)
    vpc.ec2.stop_instances(InstanceIds=[server.id])
    assert ping_is_dropped(sender, server.address)
    vpc.ec2.start_instances(InstanceIds=[server.id])
    until("it runs", lambda: server.state == "running")
    assert pings(sender, server)
