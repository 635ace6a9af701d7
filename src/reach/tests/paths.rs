//! Interfaces, routes within a VPC, middleboxes, services, peering.

use super::world::*;
use crate::state::insights::{Header, Payload};
use crate::state::instance::{Instance, Lifecycle};
use crate::state::network_interface::NetworkInterface;
use crate::state::peering::{PeeringConnection, PeeringStatus};
use crate::state::route_table::{RouteTableAssociation, Target};
use crate::state::security_group::Traffic;
use crate::state::vpc::Vpc;

const OUT: bool = true;
const IN: bool = false;

#[test]
fn only_interfaces_of_running_instances_send_and_receive() {
    let mut world = World::new();
    world.edit::<Instance>(id(12), |it| it.lifecycle = Lifecycle::Stopped);
    assert_eq!(world.between(11, 12, tcp(80)), "there: network-interface NotRunning");
    assert_eq!(world.between(12, 11, tcp(80)), "there: network-interface NotRunning");
    world.edit::<NetworkInterface>(id(11), |it| it.attachment = None);
    assert_eq!(world.between(21, 11, tcp(80)), "there: network-interface NotRunning");
}

#[test]
fn a_checked_interface_sends_from_its_own_addresses_only() {
    let mut world = World::new();
    assert_eq!(world.sent(11, "10.1.1.99", "10.1.1.12", tcp(80)), "there: network-interface ForeignSource");
    assert_eq!(world.sent(11, "10.1.1.12", "10.1.2.21", tcp(80)), "there: network-interface ForeignSource");
    assert_eq!(world.sent(11, "fd00:1:0:1::99", "fd00:1:0:1::12", PING6), "there: network-interface ForeignSource");
    world.edit::<NetworkInterface>(id(11), |it| it.addresses.push("10.1.1.99".parse().expect("an address")));
    assert_eq!(world.sent(11, "10.1.1.99", "10.1.1.12", tcp(80)), "12 sees 10.1.1.99 to 10.1.1.12");
    world.edit::<NetworkInterface>(id(11), |it| it.prefixes = vec!["10.1.1.64/28".parse().expect("a block")]);
    assert_eq!(world.sent(11, "10.1.1.70", "10.1.1.12", tcp(80)), "12 sees 10.1.1.70 to 10.1.1.12");
    assert_eq!(world.sent(12, "10.1.1.12", "10.1.1.70", tcp(80)), "11 sees 10.1.1.12 to 10.1.1.70");
}

#[test]
fn an_unchecked_interface_sends_for_others_who_get_the_replies() {
    let mut world = World::new();
    world.edit::<NetworkInterface>(id(11), |it| it.source_dest_check = false);
    assert_eq!(world.sent(11, "10.1.1.12", "10.1.2.21", tcp(80)), "21 sees 10.1.1.12 to 10.1.2.21");
    let question = crate::reach::Question {
        origin: crate::reach::Origin::Interface(id(11)),
        header: Header { source: address("10.1.1.12"), destination: address("10.1.2.21"), payload: tcp(80) },
    };
    let back = world.verdict(question).back.and_then(|it| it.delivered).expect("it is answered");
    assert_eq!(back.place, crate::reach::Place::Interface(id(12)));
    assert_eq!(world.sent(11, "10.9.9.9", "10.1.2.21", tcp(80)), "back: route-table NoRoute");
}

#[test]
fn the_local_route_leads_to_who_has_the_address_and_else_nowhere() {
    let world = World::new();
    assert_eq!(world.between(11, 21, udp(5)), "21 sees 10.1.1.11 to 10.1.2.21");
    assert_eq!(world.between(11, 21, PING6), "21 sees fd00:1:0:1::11 to fd00:1:0:2::21");
    assert_eq!(world.sent(11, "10.1.1.11", "10.1.77.7", tcp(80)), "there: vpc NobodyThere");
    assert_eq!(world.sent(11, "10.1.1.11", "10.2.3.31", tcp(80)), "there: route-table NoRoute");
    assert_eq!(world.sent(11, "10.1.1.11", "198.51.100.1", tcp(80)), "there: route-table NoRoute");
    assert_eq!(world.sent(11, "10.1.1.11", "10.1.1.11", tcp(80)), "11 sees 10.1.1.11 to 10.1.1.11");
}

#[test]
fn what_is_for_many_or_for_a_link_is_not_routed() {
    let mut world = World::new();
    world.internet_gateway(1);
    world.public(11);
    for destination in ["224.0.0.1", "255.255.255.255", "169.254.7.7", "127.0.0.1", "0.0.0.0"] {
        assert_eq!(world.sent(11, "10.1.1.11", destination, udp(5)), "there: vpc Unroutable", "{destination}");
    }
    for destination in ["ff02::1", "fe80::1"] {
        let sent = world.sent(11, "fd00:1:0:1::11", destination, udp(5));
        assert_eq!(sent, "there: vpc Unroutable", "{destination}");
    }
}

#[test]
fn a_subnet_without_a_table_of_its_own_uses_the_main_one() {
    let mut world = World::new();
    world.route(101, "10.1.2.21/32", Target::Interface(id(22)));
    assert_eq!(world.between(11, 21, tcp(80)), "21 sees 10.1.1.11 to 10.1.2.21");
    world.remove::<RouteTableAssociation>(id(1));
    assert_eq!(world.between(11, 21, tcp(80)), "there: network-interface ForeignDestination");
}

#[test]
fn a_middlebox_is_where_deciding_stops() {
    let mut world = World::new();
    world.route(1, "10.1.2.0/24", Target::Interface(id(12)));
    assert_eq!(world.between(11, 21, tcp(80)), "there: network-interface ForeignDestination");
    world.edit::<NetworkInterface>(id(12), |it| it.source_dest_check = false);
    assert_eq!(world.between(11, 21, tcp(80)), "there: middlebox 12");
    // Its groups are asked like everybody's.
    world.only(12, IN, Traffic::Tcp(ports(81, 81)), to(EVERYONE));
    assert_eq!(world.between(11, 21, tcp(80)), "there: security-group NoRuleFits");
    assert_eq!(world.between(11, 21, tcp(81)), "there: middlebox 12");
    // As the middlebox sends it on, another packet.
    world.edit::<NetworkInterface>(id(12), |it| it.attachment = None);
    assert_eq!(world.between(11, 21, tcp(81)), "there: route-table Blackhole");
    world.remove::<NetworkInterface>(id(12));
    assert_eq!(world.between(11, 21, tcp(81)), "there: route-table Blackhole");
}

#[test]
fn a_reply_may_end_at_a_middlebox_too() {
    let mut world = World::new();
    world.edit::<NetworkInterface>(id(22), |it| it.source_dest_check = false);
    world.route(2, "10.1.1.0/24", Target::Interface(id(22)));
    assert_eq!(world.between(11, 21, tcp(80)), "back: middlebox 22");
    // Which has not seen what it answers.
    world.only(22, IN, Traffic::Tcp(ports(81, 81)), to(EVERYONE));
    assert_eq!(world.between(11, 21, tcp(80)), "back: security-group NoRuleFits");
    world.only(22, IN, Traffic::All, to(EVERYONE));
    assert_eq!(world.between(11, 21, tcp(80)), "back: middlebox 22");
    world.closed(21, OUT);
    assert_eq!(world.between(11, 21, tcp(80)), "back: security-group NoRules");
    world.only(21, OUT, Traffic::All, to(EVERYONE));
    // What the middlebox itself sent on comes back to it.
    assert_eq!(world.sent(22, "10.1.1.11", "10.1.2.21", tcp(80)), "21 sees 10.1.1.11 to 10.1.2.21");
}

#[test]
fn what_a_middlebox_passes_on_is_asked_for_at_both_ends_of_each_stretch() {
    let mut world = World::new();
    world.forwards(22);
    world.route(1, "10.1.1.12/32", Target::Interface(id(22)));
    let through = "12 sees 10.1.1.11 to 10.1.1.12";
    assert_eq!(world.between(11, 12, tcp(80)), through, "the answer goes straight");
    world.only(22, IN, Traffic::Tcp(ports(81, 82)), to(EVERYONE));
    assert_eq!(world.between(11, 12, tcp(80)), "there: security-group NoRuleFits");
    world.only(22, OUT, Traffic::Tcp(ports(82, 83)), to(EVERYONE));
    assert_eq!(world.between(11, 12, tcp(81)), "there: security-group NoRuleFits");
    assert_eq!(world.between(11, 12, tcp(82)), through);
    world.only(12, IN, Traffic::Tcp(ports(83, 83)), to(EVERYONE));
    assert_eq!(world.between(11, 12, tcp(82)), "there: security-group NoRuleFits");
    world.only(12, IN, Traffic::Tcp(ports(82, 82)), to(EVERYONE));
    assert_eq!(world.between(11, 12, tcp(82)), through);
    // And so are the ACLs.
    world.closed_acl(2, OUT);
    assert_eq!(world.between(11, 12, tcp(82)), "there: network-acl Denied");
}

#[test]
fn answers_need_no_rule_on_a_stretch_that_their_flow_has_gone() {
    let mut world = World::new();
    world.forwards(22);
    for interface in [11, 12, 22] {
        for egress in [IN, OUT] {
            world.only(interface, egress, Traffic::Tcp(ports(80, 80)), to(EVERYONE));
        }
    }
    let through = "12 sees 10.1.1.11 to 10.1.1.12";
    world.route(1, "10.1.1.11/32", Target::Interface(id(22)));
    assert_eq!(world.between(11, 12, tcp(80)), "back: security-group NoRuleFits", "the middlebox has not seen it");
    world.route(1, "10.1.1.12/32", Target::Interface(id(22)));
    assert_eq!(world.between(11, 12, tcp(80)), through);
}

#[test]
fn what_is_passed_on_to_who_had_it_goes_round() {
    let mut world = World::new();
    world.forwards(12);
    world.route(1, "10.1.2.0/24", Target::Interface(id(12)));
    assert_eq!(world.between(11, 21, tcp(80)), "there: network-interface Loop");
    assert_eq!(world.between(12, 21, tcp(80)), "there: network-interface Loop");
}

#[test]
fn an_answer_comes_by_the_gateway_by_which_a_middlebox_sent_the_flow() {
    let mut world = World::new();
    world.internet_gateway(1);
    world.public(11);
    world.forwards(22);
    world.no_routes(1);
    world.route(1, "0.0.0.0/0", Target::Interface(id(22)));
    world.route(1, "::/0", Target::Interface(id(22)));
    world.route(2, "0.0.0.0/0", Target::InternetGateway(id(1)));
    let out = "outside sees 203.0.113.11 to 198.51.100.1";
    assert_eq!(world.sent(11, "10.1.1.11", "198.51.100.1", tcp(80)), out);
    // Which is no way for what begins outside.
    assert_eq!(world.sent(0, "198.51.100.1", "203.0.113.11", tcp(80)), "there: route-table NotRoutedBack");
    world.egress_only_gateway(1);
    world.route(2, "::/0", Target::EgressOnlyInternetGateway(id(1)));
    let out = "outside sees fd00:1:0:1::11 to 2001:db8::1";
    assert_eq!(world.sent(11, "fd00:1:0:1::11", "2001:db8::1", tcp(80)), out);
}

#[test]
fn network_acls_stand_between_a_sender_and_a_middlebox() {
    let mut world = World::new();
    world.edit::<NetworkInterface>(id(21), |it| it.source_dest_check = false);
    world.route(1, "10.1.2.22/32", Target::Interface(id(21)));
    assert_eq!(world.between(11, 22, tcp(80)), "there: middlebox 21");
    world.closed_acl(2, IN);
    assert_eq!(world.between(11, 22, tcp(80)), "there: network-acl Denied");
}

#[test]
fn the_most_specific_route_is_taken_and_of_equals_the_one_with_the_block() {
    let mut world = World::new();
    world.internet_gateway(1);
    world.public(11);
    world.edit::<NetworkInterface>(id(12), |it| it.source_dest_check = false);
    let middlebox = || Target::Interface(id(12));
    let outside = "outside sees 203.0.113.11 to 198.51.100.1";
    let ask = |world: &World| world.sent(11, "10.1.1.11", "198.51.100.1", tcp(80));
    assert_eq!(ask(&world), outside);
    world.route(1, "198.51.100.0/25", middlebox());
    assert_eq!(ask(&world), "there: middlebox 12");
    world.route(1, "198.51.100.0/26", Target::InternetGateway(id(1)));
    assert_eq!(ask(&world), outside);
    // A prefix list: more specific, then as specific.
    world.prefix_list(7, &["198.51.100.0/27"]);
    world.list_route(1, 7, middlebox());
    assert_eq!(ask(&world), "there: middlebox 12");
    world.route(1, "198.51.100.0/27", Target::InternetGateway(id(1)));
    assert_eq!(ask(&world), outside);
}

#[test]
fn a_local_route_may_be_replaced_but_not_by_a_prefix_list() {
    let mut world = World::new();
    world.edit::<NetworkInterface>(id(12), |it| it.source_dest_check = false);
    world.prefix_list(7, &["10.1.2.0/24", "10.1.0.0/16", "10.0.0.0/8"]);
    world.list_route(1, 7, Target::Interface(id(12)));
    assert_eq!(world.between(11, 21, tcp(80)), "21 sees 10.1.1.11 to 10.1.2.21");
    assert_eq!(world.between(11, 31, tcp(80)), "there: middlebox 12");
    world.route(1, "10.1.0.0/16", Target::Interface(id(12)));
    assert_eq!(world.between(11, 21, tcp(80)), "there: middlebox 12");
}

#[test]
fn what_begins_no_flow_is_dropped() {
    let world = World::new();
    for kind in [0, 3, 4, 5, 9, 11, 12, 14] {
        assert_eq!(world.between(11, 21, Payload::Icmp { kind, code: 0 }), "there: vpc Protocol", "{kind}");
    }
    for kind in [8, 13, 17] {
        let sent = world.between(11, 21, Payload::Icmp { kind, code: 0 });
        assert_eq!(sent, "21 sees 10.1.1.11 to 10.1.2.21", "{kind}");
    }
    for kind in [1, 2, 3, 4, 129, 135, 143] {
        assert_eq!(world.between(11, 21, Payload::Icmpv6 { kind, code: 0 }), "there: vpc Protocol", "{kind}");
    }
    assert_eq!(world.between(11, 21, PING6), "21 sees fd00:1:0:1::11 to fd00:1:0:2::21");
}

#[test]
fn the_services_of_a_vpc_answer_whatever_filters_say() {
    let mut world = World::new();
    world.closed(11, OUT);
    world.closed_acl(1, OUT);
    world.closed_acl(1, IN);
    let ask = |world: &World, to: &str, payload| world.sent(11, "10.1.1.11", to, payload);
    assert_eq!(ask(&world, "10.1.0.2", udp(53)), "Dns sees 10.1.1.11 to 10.1.0.2");
    assert_eq!(ask(&world, "169.254.169.253", tcp(53)), "Dns sees 10.1.1.11 to 169.254.169.253");
    assert_eq!(ask(&world, "169.254.169.254", tcp(80)), "Metadata sees 10.1.1.11 to 169.254.169.254");
    let six = world.sent(11, "fd00:1:0:1::11", "fd00:ec2::254", tcp(80));
    assert_eq!(six, "Metadata sees fd00:1:0:1::11 to fd00:ec2::254");
    assert_eq!(world.sent(11, "fd00:1:0:1::11", "fd00:ec2::253", udp(53)), "Dns sees fd00:1:0:1::11 to fd00:ec2::253");
    assert_eq!(ask(&world, "10.1.0.2", tcp(80)), "there: service NotServed");
    assert_eq!(ask(&world, "10.1.0.2", PING), "there: service NotServed");
    assert_eq!(ask(&world, "169.254.169.254", udp(80)), "there: service NotServed");
    world.edit::<NetworkInterface>(id(11), |it| it.source_dest_check = false);
    let foreign = world.sent(11, "10.1.1.12", "10.1.0.2", udp(53));
    assert_eq!(foreign, "there: service ForeignSource");
    world.edit::<Vpc>(id(1), |it| it.dns_support = false);
    assert_eq!(ask(&world, "10.1.0.2", udp(53)), "there: service NotServed");
}

#[test]
fn another_vpcs_services_answer_nobody() {
    let mut world = World::new();
    world.peering();
    assert_eq!(world.sent(11, "10.1.1.11", "10.2.0.2", udp(53)), "there: vpc NobodyThere");
}

#[test]
fn an_active_peering_connection_joins_two_vpcs_where_both_have_routes() {
    let mut world = World::new();
    world.peering();
    assert_eq!(world.between(11, 31, tcp(80)), "31 sees 10.1.1.11 to 10.2.3.31");
    assert_eq!(world.between(31, 21, PING6), "21 sees fd00:2:0:3::31 to fd00:1:0:2::21");
    assert_eq!(world.sent(11, "10.1.1.11", "10.2.9.9", tcp(80)), "there: vpc NobodyThere");
    world.no_routes(3);
    assert_eq!(world.between(11, 31, tcp(80)), "back: route-table NoRoute");
    assert_eq!(world.between(31, 11, tcp(80)), "there: route-table NoRoute");
    for status in [PeeringStatus::PendingAcceptance, PeeringStatus::Rejected, PeeringStatus::Deleted] {
        world.edit::<PeeringConnection>(id(1), |it| it.status = status);
        assert_eq!(world.between(11, 31, tcp(80)), "there: route-table Blackhole", "{status:?}");
    }
}

#[test]
fn network_acls_are_asked_at_both_ends_of_a_peering_connection() {
    for (subnet, egress, way) in [(1, OUT, "there"), (3, IN, "there"), (3, OUT, "back"), (1, IN, "back")] {
        let mut world = World::new();
        world.peering();
        world.closed_acl(subnet, egress);
        assert_eq!(world.between(11, 31, tcp(80)), format!("{way}: network-acl Denied"), "{subnet} {egress}");
    }
}

#[test]
fn a_peering_connection_carries_nothing_for_third_parties() {
    let mut world = World::new();
    world.peering();
    world.internet_gateway(2);
    world.public(31);
    // Not to what lies behind the peer.
    world.route(1, "198.51.100.0/24", Target::Peering(id(1)));
    assert_eq!(world.sent(11, "10.1.1.11", "198.51.100.1", tcp(80)), "there: vpc-peering-connection NotOfPeers");
    // Not from what lies behind the sender's VPC.
    world.edit::<NetworkInterface>(id(11), |it| it.source_dest_check = false);
    assert_eq!(world.sent(11, "198.51.100.1", "10.2.3.31", tcp(80)), "there: vpc-peering-connection NotOfPeers");
    assert_eq!(world.sent(11, "10.1.2.21", "10.2.3.31", tcp(80)), "31 sees 10.1.2.21 to 10.2.3.31");
}
