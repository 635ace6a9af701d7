//! Internet gateways, egress-only gateways, NAT gateways.

use super::world::*;
use crate::reach::{Origin, Question};
use crate::state::address::Address;
use crate::state::block_public_access::{BlockMode, BlockPublicAccess, BlockPublicAccessExclusion, ExclusionMode};
use crate::state::insights::{Header, Payload};
use crate::state::internet_gateway::{EgressOnlyInternetGateway, InternetGateway};
use crate::state::nat_gateway::{Connectivity, NatGateway};
use crate::state::network_interface::NetworkInterface;
use crate::state::route_table::Target;
use crate::state::security_group::Traffic;

const OUT: bool = true;
const IN: bool = false;
const OUTSIDE: &str = "198.51.100.1";
const OUTSIDE6: &str = "2001:db8::1";

#[test]
fn out_by_an_internet_gateway_goes_who_has_a_public_address() {
    let mut world = World::new();
    world.internet_gateway(1);
    let ask = |world: &World| world.sent(11, "10.1.1.11", OUTSIDE, tcp(80));
    assert_eq!(ask(&world), "there: internet-gateway NoPublicAddress");
    world.public(11);
    assert_eq!(ask(&world), "outside sees 203.0.113.11 to 198.51.100.1");
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, PING), "outside sees 203.0.113.11 to 198.51.100.1");
    world.edit::<InternetGateway>(id(1), |it| it.vpc = None);
    assert_eq!(ask(&world), "there: route-table Blackhole");
    world.remove::<InternetGateway>(id(1));
    assert_eq!(ask(&world), "there: route-table Blackhole");
}

#[test]
fn the_other_vpcs_gateway_is_no_way_out() {
    let mut world = World::new();
    world.internet_gateway(2);
    world.public(11);
    world.route(1, EVERYONE, Target::InternetGateway(id(2)));
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "there: route-table Blackhole");
}

#[test]
fn out_by_an_internet_gateway_goes_what_has_an_ipv6_address_of_the_vpc() {
    let mut world = World::new();
    world.internet_gateway(1);
    let seen = "outside sees fd00:1:0:1::11 to 2001:db8::1";
    assert_eq!(world.sent(11, "fd00:1:0:1::11", OUTSIDE6, tcp(80)), seen);
    world.edit::<NetworkInterface>(id(11), |it| it.source_dest_check = false);
    assert_eq!(world.sent(11, "fd00:9::9", OUTSIDE6, tcp(80)), "there: internet-gateway NotOfVpc");
}

#[test]
fn network_acls_are_asked_on_the_way_out_and_back() {
    for (egress, way) in [(OUT, "there"), (IN, "back")] {
        let mut world = World::new();
        world.internet_gateway(1);
        world.public(11);
        world.closed_acl(1, egress);
        assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), format!("{way}: network-acl Denied"));
    }
}

#[test]
fn replies_from_outside_need_no_rule_and_all_else_does() {
    let mut world = World::new();
    world.internet_gateway(1);
    world.public(11);
    world.closed(11, IN);
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "outside sees 203.0.113.11 to 198.51.100.1");
    assert_eq!(world.sent(0, OUTSIDE, "203.0.113.11", tcp(80)), "there: security-group NoRules");
    world.rule(11, IN, Traffic::Tcp(ports(80, 80)), to("198.51.100.0/24"));
    assert_eq!(world.sent(0, OUTSIDE, "203.0.113.11", tcp(80)), "11 sees 198.51.100.1 to 10.1.1.11");
    assert_eq!(world.sent(0, "198.51.101.1", "203.0.113.11", tcp(80)), "there: security-group NoRuleFits");
    world.only(11, IN, Traffic::All, to("sg11"));
    assert_eq!(world.sent(0, OUTSIDE, "203.0.113.11", tcp(80)), "there: security-group NoRuleFits");
}

#[test]
fn in_comes_what_is_for_a_public_address_of_a_vpc_with_a_gateway() {
    let mut world = World::new();
    world.public(11);
    let ask = |world: &World, to: &str| world.sent(0, OUTSIDE, to, tcp(80));
    assert_eq!(ask(&world, "203.0.113.11"), "there: vpc NoGateway");
    world.internet_gateway(1);
    assert_eq!(ask(&world, "203.0.113.11"), "11 sees 198.51.100.1 to 10.1.1.11");
    assert_eq!(ask(&world, "203.0.113.12"), "there: outside NobodyThere");
    assert_eq!(ask(&world, "10.1.1.11"), "there: outside NobodyThere");
    world.edit::<Address>(id(11), |it| it.association = None);
    assert_eq!(ask(&world, "203.0.113.11"), "there: outside NobodyThere");
    assert_eq!(world.sent(0, OUTSIDE6, "fd00:1:0:1::11", tcp(80)), "11 sees 2001:db8::1 to fd00:1:0:1::11");
    assert_eq!(world.sent(0, OUTSIDE6, "fd00:1:0:1::99", tcp(80)), "there: vpc NobodyThere");
    assert_eq!(world.sent(0, OUTSIDE6, "fd00:2:0:3::31", tcp(80)), "there: vpc NoGateway");
    assert_eq!(world.sent(0, OUTSIDE6, "fd00:9::1", tcp(80)), "there: outside NobodyThere");
}

#[test]
fn in_comes_only_what_the_subnet_would_answer_by_the_gateway() {
    let mut world = World::new();
    world.internet_gateway(1);
    world.public(11);
    let ask = |world: &World| world.sent(0, OUTSIDE, "203.0.113.11", tcp(80));
    world.route(1, "198.51.100.0/24", Target::Interface(id(12)));
    assert_eq!(ask(&world), "there: route-table NotRoutedBack");
    assert_eq!(world.sent(0, "198.51.101.1", "203.0.113.11", tcp(80)), "11 sees 198.51.101.1 to 10.1.1.11");
    world.no_routes(1);
    assert_eq!(ask(&world), "there: route-table NotRoutedBack");
    world.route(1, "198.51.100.0/24", Target::InternetGateway(id(1)));
    assert_eq!(ask(&world), "11 sees 198.51.100.1 to 10.1.1.11");
    // A source that the VPC itself would have.
    assert_eq!(world.sent(0, "10.1.1.12", "203.0.113.11", tcp(80)), "there: route-table NotRoutedBack");
}

#[test]
fn network_acls_are_asked_on_the_way_in_and_back() {
    for (egress, way) in [(IN, "there"), (OUT, "back")] {
        let mut world = World::new();
        world.internet_gateway(1);
        world.public(11);
        world.closed_acl(1, egress);
        assert_eq!(world.sent(0, OUTSIDE, "203.0.113.11", tcp(80)), format!("{way}: network-acl Denied"));
    }
}

#[test]
fn a_public_address_of_a_vpc_is_reached_by_both_gateways() {
    let mut world = World::new();
    world.internet_gateway(1);
    world.internet_gateway(2);
    for interface in [11, 12, 31] {
        world.public(interface);
    }
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.31", tcp(80)), "31 sees 203.0.113.11 to 10.2.3.31");
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.12", tcp(80)), "12 sees 203.0.113.11 to 10.1.1.12");
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.11", tcp(80)), "11 sees 203.0.113.11 to 10.1.1.11");
    // An address of the pools that nobody has is nowhere.
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.99", tcp(80)), "there: outside NobodyThere");
    let seen = "31 sees fd00:1:0:1::11 to fd00:2:0:3::31";
    assert_eq!(world.sent(11, "fd00:1:0:1::11", "fd00:2:0:3::31", tcp(80)), seen);
    // Who is behind a public address is not known by its groups.
    world.only(12, IN, Traffic::All, to("sg11"));
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.12", tcp(80)), "there: security-group NoRuleFits");
    assert_eq!(world.between(11, 12, tcp(80)), "12 sees 10.1.1.11 to 10.1.1.12");
    world.closed_acl(3, OUT);
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.31", tcp(80)), "back: network-acl Denied");
}

/// A world whose subnet 1 sends IPv6 out by an egress-only gateway.
fn egress_only() -> World {
    let mut world = World::new();
    world.egress_only_gateway(1);
    world.route(1, EVERYONE6, Target::EgressOnlyInternetGateway(id(1)));
    world
}

#[test]
fn an_egress_only_gateway_lets_ipv6_out_and_nothing_in_by_itself() {
    let mut world = egress_only();
    let seen = "outside sees fd00:1:0:1::11 to 2001:db8::1";
    assert_eq!(world.sent(11, "fd00:1:0:1::11", OUTSIDE6, tcp(80)), seen);
    assert_eq!(world.sent(0, OUTSIDE6, "fd00:1:0:1::11", tcp(80)), "there: egress-only-internet-gateway Unasked");
    // Nor does an internet gateway beside it: the subnet does not answer by it.
    world.internet_gateway(2);
    world.put(InternetGateway {
        id: id(9),
        account: crate::state::id::AccountId::from_number(1),
        region: REGION.to_owned(),
        vpc: Some(id(1)),
        created: crate::state::Moment(0),
    });
    assert_eq!(world.sent(0, OUTSIDE6, "fd00:1:0:1::11", tcp(80)), "there: egress-only-internet-gateway Unasked");
    let inward = world.sent(31, "fd00:2:0:3::31", "fd00:1:0:1::11", tcp(80));
    assert_eq!(inward, "there: egress-only-internet-gateway Unasked");
    let outward = world.sent(11, "fd00:1:0:1::11", "fd00:2:0:3::31", tcp(80));
    assert_eq!(outward, "31 sees fd00:1:0:1::11 to fd00:2:0:3::31");

    world.edit::<NetworkInterface>(id(11), |it| it.source_dest_check = false);
    let foreign = world.sent(11, "fd00:9::9", OUTSIDE6, tcp(80));
    assert_eq!(foreign, "there: egress-only-internet-gateway NotOfVpc");
    world.route(1, EVERYONE, Target::EgressOnlyInternetGateway(id(1)));
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "there: egress-only-internet-gateway Protocol");
    world.remove::<EgressOnlyInternetGateway>(id(1));
    assert_eq!(world.sent(11, "fd00:1:0:1::11", OUTSIDE6, tcp(80)), "there: route-table Blackhole");
}

#[test]
fn network_acls_are_asked_on_the_way_through_an_egress_only_gateway() {
    for (egress, way) in [(OUT, "there"), (IN, "back")] {
        let mut world = egress_only();
        world.closed_acl(1, egress);
        let sent = world.sent(11, "fd00:1:0:1::11", OUTSIDE6, tcp(80));
        assert_eq!(sent, format!("{way}: network-acl Denied"));
    }
}

/// A world whose subnet 1 sends out by NAT gateway 25 in subnet 2, which has a gateway to the world outside.
fn natted(addresses: u128, connectivity: Connectivity) -> World {
    let mut world = World::new();
    world.internet_gateway(1);
    world.no_routes(1);
    world.nat_gateway(25, addresses, connectivity);
    world.route(1, EVERYONE, Target::NatGateway(id(25)));
    world
}

#[test]
fn a_nat_gateway_sends_on_with_its_own_address_and_gives_replies_back() {
    let mut world = natted(1, Connectivity::Public);
    let ask = |world: &World, payload| world.sent(11, "10.1.1.11", OUTSIDE, payload);
    for payload in [tcp(80), udp(53), PING] {
        assert_eq!(ask(&world, payload), "outside sees 203.0.113.25 to 198.51.100.1");
    }
    assert_eq!(ask(&world, Payload::Other(47)), "there: natgateway Protocol");
    // What nobody asked for ends there.
    assert_eq!(world.sent(0, OUTSIDE, "203.0.113.25", tcp(80)), "there: natgateway Unasked");
    assert_eq!(world.sent(12, "10.1.1.12", "10.1.2.25", tcp(80)), "there: natgateway Unasked");
    world.edit::<NatGateway>(id(25), |it| it.deleted = Some(crate::state::Moment(1)));
    assert_eq!(ask(&world, tcp(80)), "there: route-table Blackhole");
}

#[test]
fn a_nat_gateway_needs_a_way_out_of_its_own_subnet() {
    let mut world = natted(1, Connectivity::Public);
    world.no_routes(2);
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "there: route-table NoRoute");
    world.route(2, EVERYONE, Target::NatGateway(id(25)));
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "there: natgateway Loop");
    let world = natted(1, Connectivity::Private);
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "there: internet-gateway NoPublicAddress");
    let mut world = natted(1, Connectivity::Public);
    world.route(1, EVERYONE6, Target::NatGateway(id(25)));
    assert_eq!(world.sent(11, "fd00:1:0:1::11", OUTSIDE6, tcp(80)), "there: natgateway Protocol");
}

#[test]
fn network_acls_of_both_subnets_stand_around_a_nat_gateway() {
    for (subnet, egress, way) in [(1, OUT, "there"), (2, IN, "there"), (2, OUT, "there"), (1, IN, "back")] {
        let mut world = natted(1, Connectivity::Public);
        world.closed_acl(subnet, egress);
        let sent = world.sent(11, "10.1.1.11", OUTSIDE, tcp(80));
        assert_eq!(sent, format!("{way}: network-acl Denied"), "{subnet} {egress}");
    }
    // Replies come to the NAT gateway's subnet from outside, and leave it for the sender's.
    let mut world = natted(1, Connectivity::Public);
    world.entry(2, IN, 50, false, "198.51.100.0/24", |_| {});
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "back: network-acl Denied");
    let mut world = natted(1, Connectivity::Public);
    world.entry(2, OUT, 50, false, "10.1.1.0/24", |_| {});
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "back: network-acl Denied");
    // In the same subnet none stands between sender and gateway.
    let mut world = natted(1, Connectivity::Public);
    world.no_routes(2);
    world.route(2, EVERYONE, Target::InternetGateway(id(1)));
    world.route(2, "198.51.100.0/24", Target::NatGateway(id(25)));
    assert_eq!(world.sent(21, "10.1.2.21", OUTSIDE, tcp(80)), "there: natgateway Loop");
}

#[test]
fn a_flow_passes_a_nat_gateway_if_it_does_with_each_of_its_addresses() {
    let mut world = natted(3, Connectivity::Public);
    let header = Header { source: address("10.1.1.11"), destination: address(OUTSIDE), payload: tcp(80) };
    let question = Question { origin: Origin::Interface(id(11)), header };
    let delivery = world.verdict(question).forward.delivered.expect("it passes");
    let sources: Vec<String> = delivery.sources.iter().map(ToString::to_string).collect();
    assert_eq!(sources, ["203.0.113.25", "203.0.113.26", "203.0.113.27"]);
    world.remove::<Address>(id(27));
    assert_eq!(world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)), "there: internet-gateway NoPublicAddress");
}

#[test]
fn a_private_nat_gateway_hides_who_asks_a_peer() {
    let mut world = World::new();
    world.peering();
    world.no_routes(1);
    world.nat_gateway(25, 1, Connectivity::Private);
    world.route(1, "10.2.0.0/16", Target::NatGateway(id(25)));
    assert_eq!(world.between(11, 31, tcp(80)), "31 sees 10.1.2.25 to 10.2.3.31");
    // The peer's rules see an address that wears nothing.
    world.only(31, IN, Traffic::All, to("sg11"));
    assert_eq!(world.between(11, 31, tcp(80)), "there: security-group NoRuleFits");
    world.only(31, IN, Traffic::All, to("10.1.2.25/32"));
    assert_eq!(world.between(11, 31, tcp(80)), "31 sees 10.1.2.25 to 10.2.3.31");
    // The peer's own packets have no way through it.
    assert_eq!(world.sent(31, "10.2.3.31", "10.1.2.25", tcp(80)), "there: natgateway Unasked");
}

#[test]
fn a_nat_gateway_within_a_vpc_hides_who_asks() {
    let mut world = World::new();
    world.nat_gateway(25, 1, Connectivity::Private);
    world.route(1, "10.1.2.22/32", Target::NatGateway(id(25)));
    assert_eq!(world.between(11, 22, tcp(80)), "22 sees 10.1.2.25 to 10.1.2.22");
    world.only(22, IN, Traffic::All, to("sg11"));
    assert_eq!(world.between(11, 22, tcp(80)), "there: security-group NoRuleFits");
    // A reply that is routed through a NAT gateway which did not see the packet is lost.
    let mut world = World::new();
    world.nat_gateway(25, 1, Connectivity::Private);
    world.route(2, "10.1.1.0/24", Target::NatGateway(id(25)));
    assert_eq!(world.between(11, 22, tcp(80)), "back: natgateway Unasked");
}

#[test]
fn what_a_nat_gateway_sends_reaches_public_addresses_of_vpcs() {
    let mut world = natted(1, Connectivity::Public);
    world.internet_gateway(2);
    world.public(31);
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.31", tcp(80)), "31 sees 203.0.113.25 to 10.2.3.31");
    world.only(31, IN, Traffic::All, to("203.0.113.25/32"));
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.31", tcp(80)), "31 sees 203.0.113.25 to 10.2.3.31");
    world.only(31, IN, Traffic::All, to("203.0.113.24/32"));
    assert_eq!(world.sent(11, "10.1.1.11", "203.0.113.31", tcp(80)), "there: security-group NoRuleFits");
}

/// A world with every way to the world outside: interface 21 has a public address, subnet 1 goes out by NAT gateway 25
/// in subnet 2, and by an egress-only gateway. Its account blocks public access so, except for what is excluded.
fn blocked(mode: BlockMode, exclusion: Option<(Option<u128>, ExclusionMode)>) -> World {
    let mut world = natted(1, Connectivity::Public);
    world.public(21);
    world.egress_only_gateway(1);
    world.route(1, EVERYONE6, Target::EgressOnlyInternetGateway(id(1)));
    let (account, region) = (crate::state::id::AccountId::from_number(1), REGION.to_owned());
    world.put(BlockPublicAccess { account, region: region.clone(), mode, updated: crate::state::Moment(0) });
    if let Some((subnet, mode)) = exclusion {
        world.put(BlockPublicAccessExclusion {
            id: id(1),
            account,
            region,
            vpc: id(1),
            subnet: subnet.map(id),
            mode,
            created: crate::state::Moment(0),
            updated: None,
        });
    }
    world
}

#[test]
fn block_public_access_is_decided_by_mode_exclusion_and_direction() {
    use BlockMode::{Bidirectional, Ingress, Off};
    // Out, out by a NAT gateway, out by an egress-only gateway, in.
    let check = |mode, exclusion, expect: [bool; 4]| {
        let world = blocked(mode, exclusion);
        let ways = [
            world.sent(21, "10.1.2.21", OUTSIDE, tcp(80)),
            world.sent(11, "10.1.1.11", OUTSIDE, tcp(80)),
            world.sent(11, "fd00:1:0:1::11", OUTSIDE6, tcp(80)),
            world.sent(0, OUTSIDE, "203.0.113.21", tcp(80)),
        ];
        for (told, passes) in ways.iter().zip(expect) {
            let blocked = told.starts_with("there:") && told.ends_with("internet-gateway PublicAccessBlocked");
            assert_eq!((blocked, told.contains(" sees ")), (!passes, passes), "{mode:?} {exclusion:?}: {ways:?}");
        }
    };
    let (both, out) = (ExclusionMode::Bidirectional, ExclusionMode::Egress);
    check(Off, None, [true; 4]);
    check(Bidirectional, None, [false; 4]);
    check(Ingress, None, [false, true, true, false]);
    check(Bidirectional, Some((None, both)), [true; 4]);
    check(Ingress, Some((None, both)), [true; 4]);
    check(Bidirectional, Some((None, out)), [true, true, true, false]);
    // What lets out only adds nothing where only what comes in is blocked.
    check(Ingress, Some((None, out)), [false, true, true, false]);
    // Of a NAT gateway its own subnet counts.
    check(Bidirectional, Some((Some(2), both)), [true, true, false, true]);
    check(Bidirectional, Some((Some(1), both)), [false, false, true, false]);
    check(Off, Some((Some(1), out)), [true; 4]);
}

#[test]
fn the_exclusion_of_a_subnet_counts_before_that_of_its_vpc() {
    let mut world = blocked(BlockMode::Bidirectional, Some((None, ExclusionMode::Bidirectional)));
    let ask = |world: &World| world.sent(0, OUTSIDE, "203.0.113.21", tcp(80));
    assert_eq!(ask(&world), "21 sees 198.51.100.1 to 10.1.2.21");
    let of_vpc = world.state.block_public_access_exclusions.get(&id(1)).expect("it is there").as_ref().clone();
    world.put(BlockPublicAccessExclusion { id: id(2), subnet: Some(id(2)), mode: ExclusionMode::Egress, ..of_vpc });
    assert_eq!(ask(&world), "there: internet-gateway PublicAccessBlocked");
}
