//! Security groups and network ACLs.

use super::world::*;
use crate::state::peering::{PeeringConnection, PeeringStatus};
use crate::state::security_group::Traffic;

const OUT: bool = true;
const IN: bool = false;

#[test]
fn a_packet_needs_a_rule_out_and_a_rule_in_and_its_reply_none() {
    let passes = "12 sees 10.1.1.11 to 10.1.1.12";
    let mut world = World::new();
    assert_eq!(world.between(11, 12, tcp(80)), passes);
    // The sides that the reply would need.
    world.closed(11, IN);
    world.closed(12, OUT);
    assert_eq!(world.between(11, 12, tcp(80)), passes);
    assert_eq!(world.between(12, 11, tcp(80)), "there: security-group NoRules");
    world.only(11, OUT, Traffic::Tcp(ports(80, 90)), to("10.1.1.0/24"));
    world.only(12, IN, Traffic::Tcp(ports(70, 80)), to("10.1.1.11/32"));
    assert_eq!(world.between(11, 12, tcp(80)), passes);
    assert_eq!(world.between(11, 12, tcp(79)), "there: security-group NoRuleFits");
    assert_eq!(world.between(11, 12, tcp(81)), "there: security-group NoRuleFits");
    assert_eq!(world.between(11, 12, udp(80)), "there: security-group NoRuleFits");
    assert_eq!(world.between(11, 21, tcp(80)), "there: security-group NoRuleFits");
}

#[test]
fn the_group_that_decides_is_named() {
    let mut world = World::new();
    world.only(12, IN, Traffic::All, to("10.9.0.0/16"));
    let verdict = world.verdict(crate::reach::Question {
        origin: crate::reach::Origin::Interface(id(11)),
        header: crate::state::insights::Header {
            source: address("10.1.1.11"),
            destination: address("10.1.1.12"),
            payload: tcp(80),
        },
    });
    let decider = verdict.decider().expect("it is refused");
    assert_eq!(crate::reach::sentence::id(decider), "sg-0000000000000000c");
    let sentence = crate::reach::sentence::explanation(decider);
    assert_eq!(sentence, "no inbound rule lets tcp port 80 in from 10.1.1.11");
    let met: Vec<_> = verdict.forward.components.iter().map(crate::reach::sentence::id).collect();
    let route = "rtb-00000000000000001 10.1.0.0/16";
    assert_eq!(met, ["eni-0000000000000000b", "sgr-00000000000000001", route, "sg-0000000000000000c"]);
}

#[test]
fn rules_of_all_groups_that_an_interface_wears_count() {
    let mut world = World::new();
    for group in [12, 22] {
        world.closed(group, IN);
    }
    world.rule(12, IN, Traffic::Tcp(ports(1, 1)), to(EVERYONE));
    world.rule(22, IN, Traffic::Tcp(ports(2, 2)), to(EVERYONE));
    world.wear(12, &[12, 22]);
    for (port, passes) in [(1, true), (2, true), (3, false)] {
        assert_eq!(world.between(11, 12, tcp(port)).starts_with("12 sees"), passes, "{port}");
    }
}

#[test]
fn a_rule_is_of_a_protocol_with_its_ports_or_types() {
    let check = |traffic: Traffic, passing: &[crate::state::insights::Payload]| {
        let mut world = World::new();
        world.closed(12, IN);
        world.rule(12, IN, traffic, to(EVERYONE));
        world.rule(12, IN, traffic, to(EVERYONE6));
        let other = crate::state::insights::Payload::Other;
        for payload in [tcp(80), udp(80), tcp(81), PING, PING6, other(47), other(50)] {
            let passes = world.between(11, 12, payload).starts_with("12 sees");
            assert_eq!(passes, passing.contains(&payload), "{payload:?} by {traffic:?}");
        }
    };
    let other = crate::state::insights::Payload::Other;
    check(Traffic::All, &[tcp(80), udp(80), tcp(81), PING, PING6, other(47), other(50)]);
    check(Traffic::Tcp(ports(80, 80)), &[tcp(80)]);
    check(Traffic::Udp(ports(0, 65535)), &[udp(80)]);
    check(Traffic::Icmp(8, -1), &[PING]);
    check(Traffic::Icmp(8, 0), &[PING]);
    check(Traffic::Icmp(8, 1), &[]);
    check(Traffic::Icmp(0, -1), &[]);
    check(Traffic::Icmp(-1, -1), &[PING]);
    check(Traffic::Icmpv6(128, -1), &[PING6]);
    check(Traffic::Icmpv6(-1, -1), &[PING6]);
    check(Traffic::Other(47), &[other(47)]);
}

#[test]
fn a_rule_that_names_a_group_is_for_its_wearers() {
    let mut world = World::new();
    world.only(12, IN, Traffic::All, to("sg21"));
    assert_eq!(world.between(21, 12, tcp(80)), "12 sees 10.1.2.21 to 10.1.1.12");
    assert_eq!(world.between(22, 12, tcp(80)), "there: security-group NoRuleFits");
    world.wear(22, &[21, 22]);
    assert_eq!(world.between(22, 12, tcp(80)), "12 sees 10.1.2.22 to 10.1.1.12");

    let mut world = World::new();
    world.only(12, OUT, Traffic::All, to("sg21"));
    assert_eq!(world.between(12, 21, tcp(80)), "21 sees 10.1.1.12 to 10.1.2.21");
    assert_eq!(world.between(12, 22, tcp(80)), "there: security-group NoRuleFits");
    assert_eq!(world.between(12, 21, PING6), "21 sees fd00:1:0:1::12 to fd00:1:0:2::21");
}

#[test]
fn a_sender_is_known_by_its_interface_and_not_by_what_it_writes() {
    let mut world = World::new();
    world.only(12, IN, Traffic::All, to("sg21"));
    world.edit::<crate::state::network_interface::NetworkInterface>(id(22), |it| it.source_dest_check = false);
    assert_eq!(world.sent(22, "10.1.2.21", "10.1.1.12", tcp(80)), "there: security-group NoRuleFits");
}

#[test]
fn across_an_active_peering_connection_a_group_is_known_by_addresses() {
    let mut world = World::new();
    world.peering();
    world.only(12, IN, Traffic::All, to("sg31"));
    world.only(12, OUT, Traffic::All, to("sg31"));
    assert_eq!(world.between(31, 12, tcp(80)), "12 sees 10.2.3.31 to 10.1.1.12");
    assert_eq!(world.between(32, 12, tcp(80)), "there: security-group NoRuleFits");
    assert_eq!(world.between(12, 31, tcp(80)), "31 sees 10.1.1.12 to 10.2.3.31");
    assert_eq!(world.between(12, 32, tcp(80)), "there: security-group NoRuleFits");
    world.edit::<PeeringConnection>(id(1), |it| it.status = PeeringStatus::Deleted);
    assert_eq!(world.between(12, 31, tcp(80)), "there: security-group NoRuleFits");
}

#[test]
fn a_rule_that_names_a_prefix_list_is_for_its_current_entries() {
    let mut world = World::new();
    world.prefix_list(7, &["10.1.2.0/28", "10.1.2.22/32"]);
    world.only(12, IN, Traffic::All, to("pl7"));
    assert_eq!(world.between(22, 12, tcp(80)), "12 sees 10.1.2.22 to 10.1.1.12");
    assert_eq!(world.between(21, 12, tcp(80)), "there: security-group NoRuleFits");
}

#[test]
fn network_acls_are_asked_between_subnets_only() {
    for (subnet, egress) in [(1, OUT), (1, IN), (2, OUT), (2, IN)] {
        let mut world = World::new();
        world.closed_acl(subnet, egress);
        assert_eq!(world.between(11, 12, tcp(80)), "12 sees 10.1.1.11 to 10.1.1.12");
        assert_eq!(world.between(21, 22, tcp(80)), "22 sees 10.1.2.21 to 10.1.2.22");
        let way = if (subnet == 1) == egress { "there" } else { "back" };
        assert_eq!(world.between(11, 21, tcp(80)), format!("{way}: network-acl Denied"), "{subnet} {egress}");
    }
}

#[test]
fn the_first_entry_that_fits_decides() {
    let mut world = World::new();
    world.entry(2, IN, 50, false, "10.1.1.11/32", |_| {});
    assert_eq!(world.between(11, 21, tcp(80)), "there: network-acl Denied");
    assert_eq!(world.between(12, 21, tcp(80)), "21 sees 10.1.1.12 to 10.1.2.21");
    world.entry(2, IN, 49, true, "10.1.1.0/24", |it| (it.protocol, it.ports) = (Some(6), Some(ports(80, 80))));
    assert_eq!(world.between(11, 21, tcp(80)), "21 sees 10.1.1.11 to 10.1.2.21");
    assert_eq!(world.between(11, 21, udp(80)), "there: network-acl Denied");
    assert_eq!(world.between(11, 21, tcp(81)), "there: network-acl Denied");
}

#[test]
fn network_acls_remember_nothing_so_a_reply_needs_its_ports() {
    let mut world = World::new();
    world.closed_acl(2, OUT);
    world.entry(2, OUT, 100, true, EVERYONE, |it| (it.protocol, it.ports) = (Some(6), Some(ports(1024, 65535))));
    assert_eq!(world.between(11, 21, tcp(80)), "21 sees 10.1.1.11 to 10.1.2.21");
    let low = crate::state::insights::Payload::Tcp { source: 1023, destination: 80 };
    assert_eq!(world.between(11, 21, low), "back: network-acl Denied");
    assert_eq!(world.between(11, 21, udp(80)), "back: network-acl Denied");
}

#[test]
fn the_reply_to_an_echo_is_of_another_type() {
    let mut world = World::new();
    world.closed_acl(2, OUT);
    world.entry(2, OUT, 100, true, EVERYONE, |it| (it.protocol, it.icmp) = (Some(1), Some((8, -1))));
    assert_eq!(world.between(11, 21, PING), "back: network-acl Denied");
    world.entry(2, OUT, 90, true, EVERYONE, |it| (it.protocol, it.icmp) = (Some(1), Some((0, 0))));
    assert_eq!(world.between(11, 21, PING), "21 sees 10.1.1.11 to 10.1.2.21");
    // What is not answered needs no way back.
    let report = crate::state::insights::Payload::Icmpv6 { kind: 131, code: 0 };
    world.closed_acl(2, OUT);
    assert_eq!(world.between(11, 21, report), "21 sees fd00:1:0:1::11 to fd00:1:0:2::21");
    world.closed_acl(2, OUT);
    world.entry(2, OUT, 100, true, EVERYONE6, |it| (it.protocol, it.icmp) = (Some(58), Some((129, -1))));
    assert_eq!(world.between(11, 21, PING6), "21 sees fd00:1:0:1::11 to fd00:1:0:2::21");
}

#[test]
fn entries_of_one_family_say_nothing_of_the_other() {
    let mut world = World::new();
    world.closed_acl(2, IN);
    world.entry(2, IN, 100, true, EVERYONE, |_| {});
    assert_eq!(world.between(11, 21, tcp(80)), "21 sees 10.1.1.11 to 10.1.2.21");
    assert_eq!(world.between(11, 21, PING6), "there: network-acl Denied");
}
