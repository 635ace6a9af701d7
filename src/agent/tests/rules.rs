//! What the words of the vocabulary do to packets, each in a router that lets everything else pass.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;

use super::lab::*;

use crate::plan::config::{NodeConfig, Route, RoutingRule};
use crate::plan::ruleset::*;

/// Three instances, the second of which takes what these rules accept.
fn plan(lab: &Lab, rules: Vec<Rule>) -> NodeConfig {
    let mut want = lab.plan(3, &[]);
    edit(&mut want, |router| {
        let chain = Arc::make_mut(router.firewall.chains.get_mut("in-2").unwrap());
        chain.rules.splice(0..0, rules);
    });
    want
}

fn insert(want: &mut NodeConfig, name: &str, set: Set) {
    edit(want, |router| drop(router.firewall.sets.insert(name.to_string(), Arc::new(set))));
}

fn range(first: Vec<u8>, last: Vec<u8>, data: Data) -> (Key, Element) {
    (Key(first), Element { last: Some(Key(last)), data })
}

fn datagram() -> Statement {
    Statement::Equals { field: Field::Protocol, value: vec![17] }
}

/// The pass makes it, and another agent finds nothing to do.
#[track_caller]
fn realise(lab: &mut Lab, want: &NodeConfig) {
    lab.realise(want);
    lab.restart();
    assert_eq!(lab.realise(want), 0);
}

#[test]
fn ports_between_two_are_both_and_those_between() {
    let mut lab = Lab::new();
    let ports = Statement::Between {
        field: Field::DestinationPort,
        first: 7100_u16.to_be_bytes().into(),
        last: 7110_u16.to_be_bytes().into(),
    };
    let want = plan(&lab, vec![vec![datagram(), ports, accept()]]);
    realise(&mut lab, &want);
    for family in [0, 1] {
        for port in [7100, 7105, 7110] {
            assert!(lab.arrives(1, 2, family, port), "{port}");
        }
        for port in [7099, 7111] {
            assert!(!lab.reaches(1, 2, family, port), "{port}");
        }
    }
}

#[test]
fn who_is_not_in_a_set_passes() {
    let mut lab = Lab::new();
    let mut rules = Vec::new();
    for (family, field, name) in [(2, Field::Source4, "strangers4"), (10, Field::Source6, "strangers6")] {
        let not_in = Statement::NotInSet { fields: vec![field], set: name.to_string() };
        rules.push(vec![Statement::Family(family), datagram(), not_in, accept()]);
    }
    let mut want = plan(&lab, rules);
    for (field, name, interval) in [(Field::Source4, "strangers4", true), (Field::Source6, "strangers6", false)] {
        let own = octets(addresses(1)[usize::from(field == Field::Source6)]);
        let last = interval.then(|| Key(own.clone()));
        let elements = OrdMap::unit(Key(own), Element { last, data: Data::None });
        insert(&mut want, name, Set { interval, elements, ..set(&[field], DataKind::None) });
    }
    realise(&mut lab, &want);
    for family in [0, 1] {
        assert!(lab.arrives(3, 2, family, PORT));
        assert!(!lab.reaches(1, 2, family, PORT));
    }
}

#[test]
fn maps_with_ranges_give_verdicts() {
    let mut lab = Lab::new();
    let ports = |port: u16| [port.to_be_bytes().to_vec(), vec![0, 0]].concat();
    let both = |port: u16| [vec![17, 0, 0, 0], ports(port)].concat();
    let from = |fields: &[Field], map: &str| Statement::VerdictFrom { fields: fields.to_vec(), map: map.to_string() };
    let two = [Field::Protocol, Field::DestinationPort];
    let mut want = plan(&lab, vec![vec![datagram(), from(&[Field::DestinationPort], "one")], vec![from(&two, "two")]]);
    let verdict = Data::Verdict;
    let one = OrdMap::from_iter([range(ports(7005), ports(7008), verdict(Verdict::Drop))]);
    insert(&mut want, "one", Set { interval: true, elements: one, ..set(&two[1..], DataKind::Verdict) });
    let two_of = [
        range(both(7000), both(7006), verdict(Verdict::Accept)),
        range(both(7007), both(9000), verdict(Verdict::Goto("in-1".into()))),
    ];
    insert(
        &mut want,
        "two",
        Set { interval: true, elements: OrdMap::from_iter(two_of), ..set(&two, DataKind::Verdict) },
    );
    realise(&mut lab, &want);
    assert!(lab.arrives(1, 2, 0, 7004) && lab.arrives(1, 2, 1, 7000));
    for port in [7005, 7006, 7008, 7009, 6999] {
        assert!(!lab.reaches(1, 2, 0, port), "{port}");
    }
    // One element changes its verdict.
    edit(&mut want, |router| {
        let set = Arc::make_mut(router.firewall.sets.get_mut("two").unwrap());
        each(&mut set.elements, |it| it.data = Data::Verdict(Verdict::Accept));
    });
    realise(&mut lab, &want);
    assert!(lab.arrives(1, 2, 0, 7009));
}

#[test]
fn a_map_with_ranges_gives_the_mark_that_picks_the_route_table() {
    let mut lab = Lab::new();
    let fields = [Field::Source4, Field::Destination4];
    let mut want = plan(&lab, vec![vec![datagram(), accept()]]);
    let key = |source: [u8; 4], destination: [u8; 4]| [source, destination].concat();
    let one = range(key([10, 0, 0, 1], [10, 0, 0, 2]), key([10, 0, 0, 1], [10, 0, 0, 9]), Data::Mark(0x0200_0001));
    let rest = range(key([10, 0, 0, 2], [10, 0, 0, 0]), key([10, 0, 0, 255], [10, 0, 0, 255]), Data::Mark(0x0300_0001));
    let elements = OrdMap::from_iter([one, rest]);
    insert(&mut want, "tables", Set { interval: true, elements, ..set(&fields, DataKind::Mark) });
    edit(&mut want, |router| {
        let mark = Statement::MarkFrom { fields: fields.to_vec(), map: "tables".to_string() };
        let rules = vec![vec![Statement::Family(2), mark]];
        router.firewall.chains.insert("tables".into(), hook(HookKind::Filter, HookPoint::Prerouting, -150, rules));
        let of_mark = RoutingRule { mark: Some((0x0200_0000, 0xff00_0000)), from: None, table: 50 };
        router.rules.insert(50, of_mark);
        router.routes.insert(to("10.0.0.2/32", 50), Route::Blackhole);
    });
    realise(&mut lab, &want);
    assert!(!lab.reaches(1, 2, 0, PORT));
    assert!(lab.arrives(3, 2, 0, PORT) && lab.arrives(1, 2, 1, PORT));
}

#[test]
fn a_reset_refuses_a_stream_at_once() {
    let mut lab = Lab::new();
    let stream = Statement::Equals { field: Field::Protocol, value: vec![6] };
    let want = plan(&lab, vec![vec![stream, Statement::Reset]]);
    realise(&mut lab, &want);
    for family in [0, 1] {
        let target = SocketAddr::new(addresses(2)[family], PORT);
        let connected = lab.inside(1, move || TcpStream::connect_timeout(&target, PATIENCE));
        assert_eq!(connected.unwrap_err().kind(), ErrorKind::ConnectionRefused, "family {family}");
    }
    let target = SocketAddr::new(addresses(3)[0], PORT);
    let connected = lab.inside(1, move || TcpStream::connect_timeout(&target, Duration::from_millis(300)));
    assert_eq!(connected.unwrap_err().kind(), ErrorKind::TimedOut);
}
