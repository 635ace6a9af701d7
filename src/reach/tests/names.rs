//! What people mean by names.

use super::world::*;
use crate::reach::{Origin, Question, question, sentence};
use crate::state::id::Id;
use crate::state::insights::Payload;
use crate::state::network_interface::NetworkInterface;

/// The packet that is meant, in a line, or why it is not clear.
fn meant(world: &World, from: &str, to: &str, payload: Payload) -> String {
    match question(&world.state, None, from, to, payload) {
        Ok(Question { origin: Origin::Outside, header }) => format!("{} to {}", header.source, header.destination),
        Ok(Question { origin: Origin::Interface(it), header }) => {
            format!("{}: {} to {}", it.number(), header.source, header.destination)
        }
        Err(unclear) => unclear.to_string(),
    }
}

fn eni(number: u32) -> String {
    format!("eni-{number:017x}")
}

#[test]
fn names_stand_for_addresses_as_seen_from_the_sender() {
    let mut world = World::new();
    let instance = |number: u32| format!("i-{number:017x}");
    assert_eq!(meant(&world, &eni(11), &eni(21), tcp(80)), "11: 10.1.1.11 to 10.1.2.21");
    assert_eq!(meant(&world, &instance(11), &instance(21), PING6), "11: fd00:1:0:1::11 to fd00:1:0:2::21");
    assert_eq!(meant(&world, "10.1.1.11", "10.1.2.21", tcp(80)), "11: 10.1.1.11 to 10.1.2.21");
    assert_eq!(meant(&world, "198.51.100.1", "203.0.113.1", tcp(80)), "198.51.100.1 to 203.0.113.1");
    // In another VPC: without peering by the public address, if it has one.
    world.edit::<NetworkInterface>(id(31), |it| it.addresses6.clear());
    assert_eq!(meant(&world, &eni(11), &eni(31), tcp(80)), "11: 10.1.1.11 to 10.2.3.31");
    world.public(31);
    assert_eq!(meant(&world, &eni(11), &eni(31), tcp(80)), "11: 10.1.1.11 to 203.0.113.31");
    assert_eq!(meant(&world, "198.51.100.1", &eni(31), tcp(80)), "198.51.100.1 to 203.0.113.31");
    world.public(11);
    assert_eq!(meant(&world, "203.0.113.31", &eni(11), tcp(80)), "31: 10.2.3.31 to 203.0.113.11");
    world.peering();
    assert_eq!(meant(&world, &eni(11), &eni(31), tcp(80)), "11: 10.1.1.11 to 10.2.3.31");
}

#[test]
fn what_is_not_clear_is_said() {
    let mut world = World::new();
    assert!(meant(&world, "web", &eni(11), tcp(80)).starts_with("'web' is neither"));
    assert_eq!(meant(&world, &eni(99), &eni(11), tcp(80)), format!("there is no '{}'", eni(99)));
    world.edit::<NetworkInterface>(id(31), |it| it.addresses = vec!["10.1.1.11".parse().expect("an address")]);
    let several = format!("10.1.1.11 is an address of several interfaces: {}, {}; name one of them", eni(11), eni(31));
    assert_eq!(meant(&world, "10.1.1.11", &eni(12), tcp(80)), several);
    let other = Some(crate::state::id::AccountId::from_number(2));
    let foreign = question(&world.state, other, &eni(11), &eni(12), tcp(80)).expect_err("it is another account's");
    assert_eq!(foreign.to_string(), format!("there is no '{}'", eni(11)));
    assert!(meant(&world, &eni(11), "2001:db8::1", PING).contains("no addresses of one family"));
}

#[test]
fn every_component_of_a_long_way_has_a_sentence() {
    let mut world = World::new();
    world.internet_gateway(1);
    world.no_routes(1);
    world.nat_gateway(25, 1, crate::state::nat_gateway::Connectivity::Public);
    world.route(1, EVERYONE, crate::state::route_table::Target::NatGateway(id(25)));
    let asked = question(&world.state, None, &eni(11), "198.51.100.1", tcp(443)).expect("it is clear");
    let verdict = world.verdict(asked);
    let lines = |way: &crate::reach::Way| {
        let line = |it: &crate::state::insights::Component| {
            format!("{} {}", sentence::kind(&it.part), sentence::explanation(it))
        };
        way.components.iter().map(line).collect::<Vec<_>>()
    };
    let short = |number: u32, prefix: &str| format!("{prefix}-{number:017x}");
    let expected = [
        format!("network-interface in {}", short(1, "subnet")),
        format!("security-group-rule lets everything out to 0.0.0.0/0 ({})", short(11, "sg")),
        format!("route-table 0.0.0.0/0 leads to {}", short(25, "nat")),
        format!("network-acl outbound entry 100 allows tcp port 443 out of {}", short(1, "subnet")),
        format!("network-acl inbound entry 100 allows tcp port 443 into {}", short(2, "subnet")),
        "natgateway sends it on as 10.1.2.25".to_owned(),
        format!("route-table 0.0.0.0/0 leads to {}", short(1, "igw")),
        format!("network-acl outbound entry 100 allows tcp port 443 out of {}", short(2, "subnet")),
        "internet-gateway sends it out as 203.0.113.25".to_owned(),
        "outside beyond the gateways".to_owned(),
    ];
    assert_eq!(lines(&verdict.forward), expected);
    let expected = [
        "outside beyond the gateways".to_owned(),
        "internet-gateway lets it in to 10.1.2.25".to_owned(),
        format!("network-acl inbound entry 100 allows tcp port 49152 into {}", short(2, "subnet")),
        "natgateway gives it back to 10.1.1.11".to_owned(),
        "route-table 10.1.0.0/16 is local".to_owned(),
        format!("network-acl outbound entry 100 allows tcp port 49152 out of {}", short(2, "subnet")),
        format!("network-acl inbound entry 100 allows tcp port 49152 into {}", short(1, "subnet")),
        "security-group remembers the flow, so the reply needs no rule".to_owned(),
        format!("network-interface in {}", short(1, "subnet")),
    ];
    assert_eq!(lines(&verdict.back.expect("it is answered")), expected);
}
