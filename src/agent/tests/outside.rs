//! The way out: edges, NAT gateways and the node's own namespace, with a namespace beyond that plays the world.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use super::lab::*;
use super::repairs::tool;
use crate::agent::kernel::Kernel;
use crate::agent::namespace;
use crate::plan::config::{LinkName, Namespace, NamespaceId, NodeConfig, Route, RoutingRule};
use crate::plan::ruleset::*;

/// Whom the world knows instance 1 as.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);
/// An address of the world, and the node's beside it.
const WORLD: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
const NODE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
fn home_link(lab: &Lab) -> LinkName {
    format!("cv-{}", lab.place.tag)
}

fn addresses4(key: Field, elements: &[(Ipv4Addr, Ipv4Addr)]) -> Arc<Set> {
    let mut map = set(&[key], DataKind::Address4);
    for (from, to) in elements {
        let element = Element { last: None, data: Data::Address4(*to) };
        map.elements.insert(Key(from.octets().to_vec()), element);
    }
    Arc::new(map)
}

/// The lab's plan with an edge and the node's namespace before it: private and public addresses in pairs.
fn plan(lab: &Lab, count: u32, public: &[(Ipv4Addr, Ipv4Addr)]) -> NodeConfig {
    let mut want = lab.plan(count, if count > 1 { &[(1, 2)] } else { &[] });
    let home = home_link(lab);
    join(&mut want, (NamespaceId::Home, &home), (NamespaceId::Edge, "home"), [169, 254, 2, 1], [169, 254, 2, 2]);
    join(&mut want, (NamespaceId::Edge, VPC), (vpc(), "edge"), [169, 254, 2, 3], [169, 254, 2, 4]);

    for (id, gateway, link) in
        [(NamespaceId::Home, [169, 254, 2, 2], home.as_str()), (NamespaceId::Edge, [169, 254, 2, 4], VPC)]
    {
        let namespace = Arc::make_mut(want.namespaces.get_mut(&id).unwrap());
        namespace.forwarding = true;
        for (_, public) in public {
            namespace.routes.insert(to(&format!("{public}/32"), MAIN), via(gateway, link));
        }
        if id == NamespaceId::Edge {
            namespace.routes.insert(to("0.0.0.0/0", MAIN), via([169, 254, 2, 1], "home"));
        }
    }

    edit(&mut want, |router| {
        router.routes.insert(to("0.0.0.0/0", ROUTE_TABLE), via([169, 254, 2, 3], "edge"));
        let back: Vec<_> = public.iter().map(|(private, public)| (*public, *private)).collect();
        let firewall = &mut router.firewall;
        firewall.sets.insert("public-in".to_string(), addresses4(Field::Destination4, &back));
        firewall.sets.insert("public-out".to_string(), addresses4(Field::Source4, public));
        let translate = |side, field, link, of: Field, map: &str| {
            let map = Statement::TranslateFrom { side, fields: vec![of], map: map.to_string() };
            vec![vec![over(field, link), Statement::Family(2), map]]
        };
        let into = translate(Side::Destination, Field::InputLink, "edge", Field::Destination4, "public-in");
        let out = translate(Side::Source, Field::OutputLink, "edge", Field::Source4, "public-out");
        let chains = &mut firewall.chains;
        chains.insert("into".to_string(), hook(HookKind::Nat, HookPoint::Prerouting, -100, into));
        chains.insert("out".to_string(), hook(HookKind::Nat, HookPoint::Postrouting, 100, out));
        add_rule(chains, "raw", vec![over(Field::InputLink, "edge"), accept()]);
        // What nobody has goes no further: a flow that was let through untranslated would stay so.
        let back = vec![over(Field::InputLink, "edge"), over(Field::OutputLink, "edge")];
        add_rule(chains, "to-receiver", [back, vec![Statement::Verdict(Verdict::Drop)]].concat());
        add_rule(chains, "to-receiver", vec![over(Field::OutputLink, "edge"), accept()]);
        let receiver = Statement::Verdict(Verdict::Goto("to-receiver".to_string()));
        add_rule(chains, "forward", vec![over(Field::InputLink, "edge"), receiver]);
        for number in 1..=count {
            let set = Arc::make_mut(firewall.sets.get_mut(&format!("in-{number}-4")).unwrap());
            let key = |port: u16| {
                Key([WORLD.octets().to_vec(), vec![17, 0, 0, 0], port.to_be_bytes().to_vec(), vec![0, 0]].concat())
            };
            set.elements.insert(key(PORT), Element { last: Some(key(PORT)), data: Data::None });
        }
    });
    want
}

/// A namespace beyond the node's.
struct World(String);

impl World {
    fn new(lab: &Lab) -> World {
        let name = format!("world-{}", lab.place.tag);
        namespace::create(&name, || ()).unwrap();
        run(&format!("ip link add out type veth peer name eth0 netns {name}"));
        run(&format!("ip address add {NODE}/24 dev out"));
        run("ip link set out up");
        tool(&name, &format!("ip address add {WORLD}/24 dev eth0"));
        tool(&name, "ip link set eth0 up");
        tool(&name, &format!("ip route add default via {NODE}"));
        World(name)
    }

    fn udp(&self, at: impl Into<IpAddr>, port: u16) -> UdpSocket {
        let at = SocketAddr::new(at.into(), port);
        let socket = within(self.0.clone(), move || bind(at));
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = namespace::remove(&self.0);
    }
}

/// Runs a tool of the machine in the node's own namespace, which is the test's.
fn run(line: &str) -> String {
    let mut words = line.split_whitespace();
    let output = std::process::Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Who it says sent the one datagram that arrives.
#[track_caller]
fn arrival(receiver: &UdpSocket) -> SocketAddr {
    receiver.recv_from(&mut [0; 16]).expect("a datagram arrives").1
}

fn own(number: u32) -> Ipv4Addr {
    let IpAddr::V4(address) = addresses(number)[0] else { unreachable!() };
    address
}

#[test]
fn a_public_address_stands_for_a_private_one_both_ways() {
    let mut lab = Lab::new();
    lab.realise(&plan(&lab, 2, &[(own(1), PUBLIC)]));
    let world = World::new(&lab);
    let (there, here) = (world.udp(WORLD, 9000), lab.udp(1, SocketAddr::new(own(1).into(), PORT)));
    here.set_read_timeout(Some(PATIENCE)).unwrap();
    // From outside in, and the answer.
    there.send_to(b"x", (PUBLIC, PORT)).unwrap();
    assert_eq!(arrival(&here), SocketAddr::new(WORLD.into(), 9000));
    here.send_to(b"x", (WORLD, 9000)).unwrap();
    assert_eq!(arrival(&there), SocketAddr::new(PUBLIC.into(), PORT));
    // From inside out, and the answer, which no rule lets in.
    let here = lab.udp(1, SocketAddr::new(own(1).into(), 5000));
    here.send_to(b"x", (WORLD, 9000)).unwrap();
    assert_eq!(arrival(&there), SocketAddr::new(PUBLIC.into(), 5000));
    there.send_to(b"x", (PUBLIC, 5000)).unwrap();
    assert_eq!(arrival(&here), SocketAddr::new(WORLD.into(), 9000));
    // What the group does not let in does not come in.
    let before = received(&lab.router(), "edge");
    let closed = lab.udp(1, SocketAddr::new(own(1).into(), CLOSED_PORT));
    there.send_to(b"x", (PUBLIC, CLOSED_PORT)).unwrap();
    eventually("it comes to the router", || received(&lab.router(), "edge") > before);
    assert!(closed.recv(&mut [0; 8]).is_err());
}

#[test]
fn an_address_that_is_taken_back_stops_at_once_and_other_flows_go_on() {
    let mut lab = Lab::new();
    let with = plan(&lab, 2, &[(own(1), PUBLIC)]);
    lab.realise(&with);
    let world = World::new(&lab);
    let (there, here) = (world.udp(WORLD, 9000), lab.udp(1, SocketAddr::new(own(1).into(), PORT)));
    let neighbour = lab.udp(2, SocketAddr::new(own(2).into(), PORT));
    there.send_to(b"x", (PUBLIC, PORT)).unwrap();
    assert_eq!(arrival(&here), SocketAddr::new(WORLD.into(), 9000));
    here.send_to(b"x", (own(2), PORT)).unwrap();
    assert_eq!(arrival(&neighbour), SocketAddr::new(own(1).into(), PORT));

    // Only the translation goes; the routes still lead to the router.
    let mut without = with.clone();
    edit(&mut without, |router| {
        router.firewall.sets.insert("public-in".to_string(), addresses4(Field::Destination4, &[]));
        router.firewall.sets.insert("public-out".to_string(), addresses4(Field::Source4, &[]));
    });
    lab.realise(&without);
    let before = received(&lab.router(), "edge");
    there.send_to(b"x", (PUBLIC, PORT)).unwrap();
    eventually("it comes to the router", || received(&lab.router(), "edge") > before);
    assert_eq!(here.recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    // No rule lets this in but the flow.
    neighbour.send_to(b"x", (own(1), PORT)).unwrap();
    assert_eq!(arrival(&here), SocketAddr::new(own(2).into(), PORT));

    // The next owner.
    lab.realise(&plan(&lab, 2, &[(own(2), PUBLIC)]));
    there.send_to(b"x", (PUBLIC, PORT)).unwrap();
    assert_eq!(arrival(&neighbour), SocketAddr::new(WORLD.into(), 9000));
}

#[test]
fn what_is_new_carries_the_first_packet_from_outside() {
    let mut lab = Lab::new();
    let world = World::new(&lab);
    let there = world.udp(WORLD, 9000);
    for _ in 0..10 {
        let want = plan(&lab, 1, &[(own(1), PUBLIC)]);
        lab.realise(&want);
        let here = lab.udp(1, SocketAddr::new(own(1).into(), PORT));
        here.set_read_timeout(Some(PATIENCE)).unwrap();
        there.send_to(b"x", (PUBLIC, PORT)).unwrap();
        arrival(&here);
        drop(here);
        lab.realise(&NodeConfig::default());
    }
}

#[test]
fn the_nodes_own_namespace_is_left_as_it_was() {
    let mut lab = Lab::new();
    let world = World::new(&lab);
    run("ip link add dev other type veth peer name rehto");
    run("ip link set other up");
    run("ip route add 192.0.2.0/24 dev other proto 67");
    run("ip rule add pref 5 fwmark 9 lookup 9");
    run("ip rule del pref 32767");
    run("nft add table inet culvert");
    run("nft add table inet culvert-other");
    let state = || {
        let parts = ["ip -o link show type veth", "ip address", "ip rule", "ip -6 rule", "nft list ruleset"].map(run);
        let routes = ["ip route show table all", "ip -6 route show table all"].map(run);
        let settings = ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv6.conf.out.accept_ra"];
        (parts, routes, settings.map(|it| run(&format!("sysctl -n {it}"))))
    };
    let before = state();
    let mut want = plan(&lab, 1, &[(own(1), PUBLIC)]);
    let node = Arc::make_mut(want.namespaces.get_mut(&NamespaceId::Home).unwrap());
    let masquerade = vec![vec![over(Field::InputLink, "out"), Statement::Masquerade]];
    let chain = hook(HookKind::Nat, HookPoint::Postrouting, 100, masquerade);
    node.firewall.chains.insert("out".to_string(), chain);
    lab.realise(&want);
    let during = state();
    assert_eq!(during.2, ["1\n", "0\n", "1\n"]);
    assert!(run("nft list tables").contains(&format!("culvert-{}", lab.place.tag)));
    assert_eq!((&during.0[2], &during.0[3]), (&before.0[2], &before.0[3]), "rules");

    // With a route of IPv6, forwarding of it comes, and the node goes on taking router advertisements.
    let node = Arc::make_mut(want.namespaces.get_mut(&NamespaceId::Home).unwrap());
    let route = Route::Via { gateway: "fe80::2".parse().unwrap(), link: home_link(&lab), source: None };
    node.routes.insert(to("2001:db8::/56", MAIN), route);
    lab.realise(&want);
    assert_eq!(state().2, ["1\n", "1\n", "2\n"]);
    lab.restart();
    assert_eq!(lab.realise(&want), 0);
    node_of(&mut want).routes.remove(&to("2001:db8::/56", MAIN));
    lab.realise(&want);
    assert_eq!(state().2, ["1\n", "0\n", "1\n"]);

    lab.restart();
    assert_good(&lab.kernel.remove_all());
    assert_eq!(state(), before);
    assert_eq!(fs::read_dir(&lab.place.run_dir).unwrap().count(), 0);
    // What the node forwarded already it goes on to forward.
    run("sysctl -qw net.ipv4.ip_forward=1");
    lab.restart();
    lab.realise(&want);
    assert_good(&lab.kernel.remove_all());
    assert_eq!(run("sysctl -n net.ipv4.ip_forward"), "1\n");
    drop(world);
}

fn node_of(want: &mut NodeConfig) -> &mut Namespace {
    Arc::make_mut(want.namespaces.get_mut(&NamespaceId::Home).unwrap())
}

#[test]
fn nodes_share_the_namespace_and_the_last_puts_forwarding_back() {
    let mut one = Lab::new();
    let mut other = one.beside();
    assert_eq!(run("sysctl -n net.ipv4.ip_forward"), "0\n");
    one.realise(&plan(&one, 1, &[(own(1), PUBLIC)]));
    let mut want = plan(&other, 1, &[(own(1), Ipv4Addr::new(203, 0, 113, 11))]);
    // The same key as the first node's, in another table so that both fit.
    node_of(&mut want).routes.insert(to(&format!("{PUBLIC}/32"), 77), via([169, 254, 2, 2], &home_link(&other)));
    other.realise(&want);
    assert_eq!(other.realise(&want), 0);
    other.restart();
    assert_eq!(other.realise(&want), 0);

    assert_good(&one.kernel.remove_all());
    assert_eq!(run("sysctl -n net.ipv4.ip_forward"), "1\n");
    other.restart();
    assert_eq!(other.realise(&want), 0, "the other node's are gone with the first's");
    assert_good(&other.kernel.remove_all());
    assert_eq!(run("sysctl -n net.ipv4.ip_forward"), "0\n");
}

/// Instance 1 goes out through a NAT gateway with two addresses of its own.
fn plan_with_gateway(lab: &Lab) -> NodeConfig {
    let (one, two) = (Ipv4Addr::new(10, 0, 9, 1), Ipv4Addr::new(10, 0, 9, 2));
    let [public_one, public_two] = PUBLICS;
    let mut want = plan(lab, 1, &[(one, public_one), (two, public_two)]);
    let gateway = gateway();
    join(&mut want, (vpc(), "eni-nat"), (gateway.clone(), "eth0"), [169, 254, 2, 5], [169, 254, 2, 6]);
    edit(&mut want, |router| {
        router.rules.insert(50, RoutingRule { mark: None, from: Some("10.0.0.0/24".parse().unwrap()), table: 50 });
        router.routes.insert(to("198.51.100.0/24", 50), via([169, 254, 2, 6], "eni-nat"));
        for address in [one, two] {
            router.routes.insert(to(&format!("{address}/32"), ROUTE_TABLE), via([169, 254, 2, 6], "eni-nat"));
        }
        let chains = &mut router.firewall.chains;
        add_rule(chains, "raw", vec![over(Field::InputLink, "eni-nat"), accept()]);
        add_rule(chains, "to-receiver", vec![over(Field::OutputLink, "eni-nat"), accept()]);
        let receiver = Statement::Verdict(Verdict::Goto("to-receiver".to_string()));
        add_rule(chains, "forward", vec![over(Field::InputLink, "eni-nat"), receiver]);
    });
    let namespace = Arc::make_mut(want.namespaces.get_mut(&gateway).unwrap());
    namespace.forwarding = true;
    namespace.flow_idle = Some(350);
    namespace.routes.insert(to("0.0.0.0/0", MAIN), via([169, 254, 2, 5], "eth0"));
    let rules = vec![vec![Statement::Family(2), Statement::SourceAmong { addresses: vec![one, two], ports: None }]];
    let chain = hook(HookKind::Nat, HookPoint::Postrouting, 100, rules);
    namespace.firewall.chains.insert("source".to_string(), chain);
    want
}

const PUBLICS: [Ipv4Addr; 2] = [Ipv4Addr::new(203, 0, 113, 20), Ipv4Addr::new(203, 0, 113, 21)];

fn gateway() -> NamespaceId {
    NamespaceId::NatGateway("nat-1".to_string())
}

#[test]
fn a_nat_gateway_that_cannot_be_joined_to_its_router_fails_by_name() {
    let mut lab = Lab::new();
    let want = plan_with_gateway(&lab);
    lab.realise(&lab.plan(1, &[]));
    tool(&lab.router(), "ip link add eni-nat type bridge");
    let pass = lab.kernel.realise(&want);
    for object in [VPC, "nat-1"] {
        assert!(pass.failures.iter().any(|it| it.object == object), "{object}: {:?}", pass.failures);
    }
    tool(&lab.router(), "ip link del eni-nat");
    lab.realise(&want);
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn a_nat_gateway_lends_its_addresses_by_endpoints_and_forgets_idle_flows() {
    let mut lab = Lab::new();
    let mut want = plan_with_gateway(&lab);
    lab.realise(&want);
    let world = World::new(&lab);
    let mut lent = Vec::new();
    for last in 10..26 {
        let at = Ipv4Addr::new(198, 51, 100, last);
        tool(&world.0, &format!("ip address add {at}/24 dev eth0"));
        let there = world.udp(at, 9000);
        // The same endpoints meet the same address, and each flow keeps its port.
        let mut sources = [5000, 5001, 5002].map(|port| {
            let here = lab.udp(1, SocketAddr::new(own(1).into(), port));
            here.set_read_timeout(Some(PATIENCE)).unwrap();
            here.send_to(b"x", (at, 9000)).unwrap();
            let source = arrival(&there);
            assert_eq!(source.port(), port);
            there.send_to(b"x", source).unwrap();
            assert_eq!(arrival(&here), SocketAddr::new(at.into(), 9000));
            source.ip()
        });
        sources.sort_unstable();
        assert_eq!(sources[0], sources[2]);
        lent.push(sources[0]);
    }
    for public in PUBLICS {
        assert!(lent.contains(&public.into()), "{public} is never lent: {lent:?}");
    }

    let name = format!("culvert-{}-nat-1", lab.place.tag);
    let setting = |name: &str, setting: &str| {
        let setting = setting.to_string();
        let read = move || fs::read_to_string(format!("/proc/sys/net/netfilter/nf_conntrack_{setting}")).unwrap();
        within(name.to_string(), read)
    };
    assert_eq!(setting(&name, "tcp_timeout_established"), "350\n");
    assert_eq!(setting(&name, "udp_timeout"), "350\n");
    assert_eq!(setting(&name, "tcp_loose"), "0\n");
    assert_eq!(setting(&lab.router(), "tcp_loose"), "1\n");
    for (name, seconds) in [("udp_timeout", "30\n"), ("udp_timeout_stream", "180\n"), ("generic_timeout", "600\n")] {
        assert_eq!(setting(&lab.router(), name), seconds, "{name}");
    }
    // Not every kernel tells GRE from other protocols.
    let gre = ["gre_timeout", "gre_timeout_stream"];
    let known = |it: &&str| fs::exists(format!("/proc/sys/net/netfilter/nf_conntrack_{it}")).unwrap();
    let gre: Vec<_> = within(name.clone(), move || gre.into_iter().filter(known).collect());
    for it in &gre {
        assert_eq!((setting(&lab.router(), it), setting(&name, it)), ("600\n".to_owned(), "350\n".to_owned()), "{it}");
    }
    tool(&name, "sysctl -qw net.netfilter.nf_conntrack_udp_timeout=7");
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 1);
    let namespace = want.namespaces.get_mut(&gateway()).unwrap();
    Arc::make_mut(namespace).flow_idle = None;
    assert_eq!(lab.realise(&want), 8 + u64::try_from(gre.len()).unwrap());
    assert_eq!(setting(&name, "udp_timeout"), "30\n");
    assert_eq!(setting(&name, "tcp_loose"), "1\n");
}

#[test]
fn a_restarted_agent_adopts_edges_and_gateways_and_they_go_without_a_trace() {
    let mut lab = Lab::new();
    let want = plan_with_gateway(&lab);
    lab.realise(&want);
    assert_eq!(namespaces(&lab).len(), 4);
    for _ in 0..2 {
        lab.restart();
        assert_eq!(lab.realise(&want), 0);
    }
    // One by one, as a planner would take them away.
    let mut without = plan(&lab, 1, &[]);
    lab.realise(&without);
    assert_eq!(namespaces(&lab).len(), 3);
    without = lab.plan(1, &[]);
    lab.realise(&without);
    assert_eq!(namespaces(&lab).len(), 2);
    assert!(!run("ip link").contains("cv-"));
    lab.kernel.forget();
    assert_eq!(lab.realise(&without), 0);
    lab.realise(&want);
    let world = World::new(&lab);
    let (there, here) = (world.udp(WORLD, 9000), lab.udp(1, SocketAddr::new(own(1).into(), 5000)));
    here.send_to(b"x", (WORLD, 9000)).unwrap();
    assert!(PUBLICS.contains(&match arrival(&there).ip() {
        IpAddr::V4(it) => it,
        IpAddr::V6(_) => unreachable!(),
    }));
}

#[test]
fn a_link_of_the_node_that_would_not_be_known_for_its_is_not_made() {
    let mut lab = Lab::new();
    let mut want = lab.plan(1, &[]);
    join(&mut want, (NamespaceId::Home, "edge0"), (NamespaceId::Edge, "home"), [169, 254, 2, 1], [169, 254, 2, 2]);
    let pass = lab.kernel.realise(&want);
    assert_eq!(pass.failures.iter().map(|it| it.object.as_str()).collect::<Vec<_>>(), ["home"]);
    assert!(!run("ip link").contains("edge0"));
    lab.realise(&lab.plan(1, &[]));
}

/// Whatever was made when the agent was killed, the next one finds it.
#[test]
fn another_agent_removes_all_of_it() {
    let mut lab = Lab::new();
    lab.realise(&plan_with_gateway(&lab));
    let mut later = Kernel::open(lab.place.clone()).unwrap();
    assert_good(&later.remove_all());
    assert_eq!(namespaces(&lab).len(), 0);
    assert!(!run("ip link").contains("cv-"));
    lab.restart();
}
