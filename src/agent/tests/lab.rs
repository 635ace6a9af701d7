//! A node in a corner of this machine, with plans that are made by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use imbl::OrdMap;
use nix::sched::{CloneFlags, setns, unshare};

use crate::agent::kernel::{Kernel, Pass, Place};
use crate::agent::namespace;
use crate::agent::process::User;
use crate::agent::space::Sweep;
use crate::net::Mac;
use crate::plan::config::{Instance, Link, Namespace, NamespaceId, NodeConfig, Peer, Route, RouteKey, RoutingRule};
use crate::plan::ruleset::*;

pub const VPC: &str = "vpc-1";
pub const PORT: u16 = 7000;
pub const CLOSED_PORT: u16 = 7001;
pub const ROUTE_TABLE: u32 = 100;
pub const MAIN: u32 = 254;

/// Removes all it made when dropped, also when the test panics. The thread of the test is in a network namespace of
/// its own meanwhile, which is the node's.
pub struct Lab {
    pub kernel: Kernel,
    pub place: Place,
    _home: Option<Home>,
}

/// The calling thread's stay in a new network namespace.
struct Home {
    before: File,
}

impl Home {
    fn enter() -> Home {
        let before = namespace::home().unwrap();
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        Home { before }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        setns(&self.before, CloneFlags::CLONE_NEWNET).unwrap();
    }
}

impl Lab {
    pub fn new() -> Lab {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let tag = format!("{:08x}", std::process::id().wrapping_mul(256).wrapping_add(number));
        let directory = std::env::temp_dir().join(format!("culvert-test-{tag}"));
        let user = User::named("nobody").unwrap();
        let place = Place { tag, run_dir: directory.join("run"), data_dir: directory.join("data"), user };
        let home = Home::enter();
        Lab { kernel: Kernel::open(place.clone()).unwrap(), place, _home: Some(home) }
    }

    /// Another node in the same namespace of the machine.
    pub fn beside(&self) -> Lab {
        let tag = format!("{:08x}", u32::from_str_radix(&self.place.tag, 16).unwrap() ^ 0x8000_0000);
        let data_dir = self.place.data_dir.with_file_name("other");
        let place = Place { tag, data_dir, ..self.place.clone() };
        Lab { kernel: Kernel::open(place.clone()).unwrap(), place, _home: None }
    }

    /// The agent's death and return.
    pub fn restart(&mut self) {
        self.kernel = Kernel::open(self.place.clone()).unwrap();
    }

    /// A pass in which nothing fails, and the sweep that follows it when nothing else is to be done.
    pub fn realise(&mut self, want: &NodeConfig) -> u64 {
        let mut pass = self.kernel.realise(want);
        self.kernel.sweep(&mut pass);
        assert_good(&pass);
        // What it did itself is no damage.
        assert!(!self.kernel.notice() && !self.kernel.look());
        pass.changes
    }

    /// Two passes, the second one while links that went with the first are swept away elsewhere: so far it is `swept`.
    pub fn realise_while_swept(&mut self, first: &NodeConfig, second: &NodeConfig, swept: bool) {
        let mut pass = self.kernel.realise(first);
        let sweeps = self.kernel.begin_sweep(&mut pass);
        assert!(!sweeps.is_empty());
        let sweep = || sweeps.into_iter().map(Sweep::run).collect();
        let done = if swept { Ok(sweep()) } else { Err(sweep) };
        assert_good(&self.kernel.realise(second));
        self.kernel.end_sweep(done.unwrap_or_else(|sweep| sweep()), &mut pass);
        assert_good(&pass);
        assert_eq!(self.kernel.leaving(), 0);
        assert!(!self.kernel.notice() && !self.kernel.look());
    }

    pub fn router(&self) -> String {
        format!("culvert-{}-{VPC}", self.place.tag)
    }

    /// The id of the instance of this number, which no other lab uses.
    pub fn id(&self, number: u32) -> String {
        format!("i-{}-{number}", self.place.tag)
    }

    /// One VPC with `count` instances, numbered from 1; `open` lists whose port is open to whom.
    pub fn plan(&self, count: u32, open: &[(u32, u32)]) -> NodeConfig {
        let mut want = NodeConfig::default();
        let mut router = Namespace { forwarding: true, ..Namespace::default() };
        for number in 1..=count {
            want.instances.insert(self.id(number), Arc::new(self.instance(number)));
            self.attach(&mut router, number);
        }
        for (mark, table) in [(None, ROUTE_TABLE), (Some((0x0100_0000, 0xff00_0000)), 1001)] {
            router.rules.insert(table, RoutingRule { mark, from: None, table });
        }
        for prefix in ["10.0.0.0/16", "fd00::/64"] {
            let key = RouteKey { table: ROUTE_TABLE, destination: prefix.parse().unwrap() };
            router.routes.insert(key, Route::Blackhole);
        }
        router.firewall = ruleset(count, open);
        want.namespaces.insert(vpc(), Arc::new(router));
        want
    }

    pub fn instance(&self, number: u32) -> Instance {
        let mut namespace = Namespace::default();
        let peer = Peer { namespace: vpc(), link: link_name(number) };
        namespace.links.insert("eth0".to_string(), Link { mac: Mac::derived(number.into()), mtu: 1450, peer });
        let gateways: [IpAddr; 2] = ["169.254.1.1".parse().unwrap(), "fe80::1".parse().unwrap()];
        for (address, gateway) in addresses(number).into_iter().zip(gateways) {
            let link = || "eth0".to_string();
            namespace.addresses.insert((link(), address.into()));
            namespace.neighbours.insert((link(), gateway), Mac::GATEWAY);
            let default = if address.is_ipv4() { "0.0.0.0/0" } else { "::/0" };
            let key = RouteKey { table: 254, destination: default.parse().unwrap() };
            let source = Some(address);
            namespace.routes.insert(key, Route::Via { gateway, link: link(), source });
        }
        Instance {
            launch: 1,
            namespace,
            main: None,
            resolvers: vec!["10.0.0.2".parse().unwrap()],
            domain: "ec2.internal".to_string(),
            host_name: format!("ip-10-0-0-{number}"),
        }
    }

    pub fn attach(&self, router: &mut Namespace, number: u32) {
        let link = link_name(number);
        let peer = Peer { namespace: NamespaceId::Instance(self.id(number)), link: "eth0".to_string() };
        router.links.insert(link.clone(), Link { mac: Mac::GATEWAY, mtu: 1450, peer });
        for address in addresses(number) {
            router.neighbours.insert((link.clone(), address), Mac::derived(number.into()));
            let key = RouteKey { table: ROUTE_TABLE, destination: address.into() };
            router.routes.insert(key, Route::Link { link: link.clone(), source: None });
        }
    }

    /// A socket inside the instance.
    pub fn udp(&self, number: u32, at: SocketAddr) -> UdpSocket {
        let socket = self.inside(number, move || bind(at));
        socket.set_read_timeout(Some(GLANCE)).unwrap();
        socket
    }

    /// Does something inside the instance.
    pub fn inside<T: Send + 'static>(&self, number: u32, work: impl FnOnce() -> T + Send + 'static) -> T {
        within(self.id(number), work)
    }

    /// Whether a datagram from one instance arrives at a port of another, where it should.
    pub fn arrives(&self, from: u32, to: u32, family: usize, port: u16) -> bool {
        self.probe(from, to, family, port, Expect::Arrival)
    }

    /// The same where it should not, so that the wait is short.
    pub fn reaches(&self, from: u32, to: u32, family: usize, port: u16) -> bool {
        self.probe(from, to, family, port, Expect::Nothing)
    }

    fn probe(&self, from: u32, to: u32, family: usize, port: u16, expect: Expect) -> bool {
        let target = SocketAddr::new(addresses(to)[family], port);
        let receiver = self.udp(to, target);
        let sender = self.udp(from, SocketAddr::new(addresses(from)[family], 0));
        if expect == Expect::Arrival {
            receiver.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        send_to_router(&sender, target, &self.router(), &link_name(from));
        receiver.recv(&mut [0; 16]).is_ok()
    }
}

/// A socket in the thread's namespace. Its address may be taken for a moment: a program that another test starts holds
/// this one's sockets too until it has begun.
pub fn bind(at: SocketAddr) -> UdpSocket {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match UdpSocket::bind(at) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < deadline => std::thread::yield_now(),
            bound => return bound.unwrap(),
        }
    }
}

/// Sends once, and it arrives.
#[track_caller]
pub fn deliver(sender: &UdpSocket, to: SocketAddr, receiver: &UdpSocket) {
    sender.send_to(b"hello", to).unwrap();
    receiver.set_read_timeout(Some(PATIENCE)).unwrap();
    receiver.recv(&mut [0; 8]).unwrap_or_else(|error| panic!("nothing arrives at {to}: {error}"));
    receiver.set_read_timeout(Some(GLANCE)).unwrap();
}

/// Sends once and waits until the router's end of the link has taken it.
#[track_caller]
pub fn send_to_router(sender: &UdpSocket, to: SocketAddr, router: &str, link: &str) {
    let before = received(router, link);
    sender.send_to(b"x", to).unwrap();
    eventually("the packet comes to the router", || received(router, link) > before);
}

/// How long is waited for a packet that should not arrive.
pub const GLANCE: Duration = Duration::from_millis(300);
/// How long is waited for one that should.
pub const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Arrival,
    Nothing,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let pass = self.kernel.remove_all();
        let left = namespace::observe(&format!("culvert-{}", self.place.tag));
        let _ = fs::remove_dir_all(self.place.run_dir.parent().unwrap());
        if !std::thread::panicking() {
            assert_good(&pass);
            assert!(left.is_empty(), "{left:?}");
            assert!(namespace::observe(&self.id(0)[..self.id(0).len() - 1]).is_empty());
        }
    }
}

#[track_caller]
pub fn assert_good(pass: &Pass) {
    let chain = |error: &dyn std::error::Error| match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let failures: Vec<_> = pass.failures.iter().map(|it| format!("{}: {}", it.object, chain(&it.source))).collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Runs on a thread that ends in the namespace.
pub fn within<T: Send + 'static>(name: String, work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::spawn(move || {
        let home = namespace::home().unwrap();
        namespace::within(&name, std::os::fd::AsFd::as_fd(&home), work).unwrap()
    });
    thread.join().unwrap()
}

/// Waits until it is so, with a deadline.
pub fn eventually(what: &str, so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

/// The packets that a link has received, as the kernel's own count says.
pub fn received(namespace: &str, link: &str) -> u64 {
    let link = format!("{link}:");
    within(namespace.to_string(), move || {
        let text = fs::read_to_string("/proc/thread-self/net/dev").unwrap();
        let line = text.lines().find_map(|line| line.trim().strip_prefix(&link).map(str::to_string)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    })
}

pub fn vpc() -> NamespaceId {
    NamespaceId::Router(VPC.to_string())
}

pub fn link_name(number: u32) -> String {
    format!("eni-{number}")
}

pub fn addresses(number: u32) -> [IpAddr; 2] {
    let [_, _, high, low] = number.to_be_bytes();
    [IpAddr::from([10, 0, high, low]), format!("fd00::{number:x}").parse().unwrap()]
}

/// The smallest ruleset with every gate of the design.
pub fn ruleset(count: u32, open: &[(u32, u32)]) -> Ruleset {
    let mut sets: BTreeMap<String, Set> = BTreeMap::new();
    let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
    let (v4, v6) = (vec![Field::InputLink, Field::Source4], vec![Field::InputLink, Field::Source6]);
    sets.insert("src4".to_string(), set(&v4, DataKind::Mark));
    sets.insert("src6".to_string(), set(&v6, DataKind::Mark));
    sets.insert("sg_out".to_string(), set(&[Field::InputLink], DataKind::Verdict));
    sets.insert("sg_in".to_string(), set(&[Field::OutputLink], DataKind::Verdict));
    let port4 = [Field::Source4, Field::Protocol, Field::DestinationPort];
    let port6 = [Field::Source6, Field::Protocol, Field::DestinationPort];
    for number in 1..=count {
        let link = link_key(&link_name(number));
        for (address, map) in addresses(number).into_iter().zip(["src4", "src6"]) {
            let key = Key([link.clone(), octets(address)].concat());
            let data = Data::Mark(number);
            sets.get_mut(map).unwrap().elements.insert(key, Element { last: None, data });
        }
        let jump = |map: &str, verdict| (map.to_string(), Element { last: None, data: Data::Verdict(verdict) });
        for (map, element) in [jump("sg_out", Verdict::Accept), jump("sg_in", Verdict::Jump(format!("in-{number}")))] {
            sets.get_mut(&map).unwrap().elements.insert(Key(link.clone()), element);
        }
        let mut rules = Vec::new();
        for (fields, family, protocol) in [(&port4, 4, 2), (&port6, 6, 10)] {
            let name = format!("in-{number}-{family}");
            sets.insert(name.clone(), Set { interval: true, ..set(fields, DataKind::None) });
            let set = Statement::InSet { fields: fields.to_vec(), set: name };
            rules.push(vec![Statement::Family(protocol), set, Statement::Verdict(Verdict::Accept)]);
        }
        rules.push(vec![Statement::Counter, Statement::Verdict(Verdict::Drop)]);
        chains.insert(format!("in-{number}"), Chain { hook: None, rules });
    }
    // The sender's gate leads on to the receiver's.
    let leads_on = |it: &mut Element| it.data = Data::Verdict(Verdict::Goto("to-receiver".to_string()));
    each(&mut sets.get_mut("sg_out").unwrap().elements, leads_on);
    for (from, to) in open {
        for (family, address) in addresses(*from).into_iter().enumerate() {
            let name = format!("in-{to}-{}", [4, 6][family]);
            let key =
                |port: u16| Key([octets(address), vec![17, 0, 0, 0], port.to_be_bytes().to_vec(), vec![0, 0]].concat());
            let element = Element { last: Some(key(PORT)), data: Data::None };
            sets.get_mut(&name).unwrap().elements.insert(key(PORT - 10), element);
        }
    }
    let map = |fields: &[Field], map: &str| Statement::VerdictFrom { fields: fields.to_vec(), map: map.to_string() };
    let mark = |fields: &[Field], map: &str| Statement::MarkFrom { fields: fields.to_vec(), map: map.to_string() };
    let accept = || Statement::Verdict(Verdict::Accept);
    chains
        .insert("to-receiver".to_string(), Chain { hook: None, rules: vec![vec![map(&[Field::OutputLink], "sg_in")]] });
    chains.insert(
        "raw".to_string(),
        Chain {
            hook: Some(Hook {
                kind: HookKind::Filter,
                point: HookPoint::Prerouting,
                priority: -300,
                policy: Policy::Drop,
            }),
            rules: vec![
                vec![Statement::Family(2), mark(&v4, "src4"), accept()],
                vec![Statement::Family(10), mark(&v6, "src6"), accept()],
            ],
        },
    );
    let state = |key: u8| Key(vec![key, 0, 0, 0, 0xef, 0xbe, 0, 0]);
    chains.insert(
        "forward".to_string(),
        Chain {
            hook: Some(Hook { kind: HookKind::Filter, point: HookPoint::Forward, priority: 0, policy: Policy::Drop }),
            rules: vec![
                vec![Statement::VerdictAmong {
                    fields: vec![Field::Direction, Field::FlowMark],
                    elements: vec![(state(0), Verdict::Accept), (state(1), Verdict::Accept)],
                }],
                vec![Statement::FlowState(6), accept()],
                vec![map(&[Field::InputLink], "sg_out")],
            ],
        },
    );
    Ruleset {
        sets: sets.into_iter().map(|(name, set)| (name, Arc::new(set))).collect(),
        chains: chains.into_iter().map(|(name, chain)| (name, Arc::new(chain))).collect(),
    }
}

pub fn set(key: &[Field], data: DataKind) -> Set {
    Set { key: key.to_vec(), interval: false, data, elements: OrdMap::new() }
}

/// Changes every value of a map.
pub fn each<K: Ord + Clone, V: Clone>(map: &mut OrdMap<K, V>, mut change: impl FnMut(&mut V)) {
    for (key, mut value) in map.clone() {
        change(&mut value);
        map.insert(key, value);
    }
}

/// Leaves what this holds of.
pub fn retain<K: Ord + Clone, V: Clone>(map: &mut OrdMap<K, V>, holds: impl Fn(&K, &V) -> bool) {
    *map = std::mem::take(map).into_iter().filter(|(key, value)| holds(key, value)).collect();
}

pub fn link_key(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(16, 0);
    bytes
}

pub fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(it) => it.octets().to_vec(),
        IpAddr::V6(it) => it.octets().to_vec(),
    }
}

/// The plan with all that did not change taken from the plan before, as the planner hands it over.
pub fn shared(mut want: NodeConfig, before: &NodeConfig) -> NodeConfig {
    fn share<T: PartialEq>(new: &mut BTreeMap<String, Arc<T>>, old: &BTreeMap<String, Arc<T>>) {
        for (name, value) in new {
            if let Some(old) = old.get(name).filter(|old| *old == value) {
                *value = old.clone();
            }
        }
    }
    for (name, old) in &before.instances {
        if want.instances.get(name).is_some_and(|it| it == old) {
            want.instances.insert(name.clone(), old.clone());
        }
    }
    if let Some(old) = before.namespaces.get(&vpc()) {
        let router = Arc::make_mut(want.namespaces.get_mut(&vpc()).unwrap());
        share(&mut router.firewall.sets, &old.firewall.sets);
        share(&mut router.firewall.chains, &old.firewall.chains);
    }
    want
}

/// Changes the router of a plan.
pub fn edit(want: &mut NodeConfig, change: impl FnOnce(&mut Namespace)) {
    change(Arc::make_mut(want.namespaces.get_mut(&vpc()).unwrap()));
}

/// The names under `/run/netns` that belong to a lab.
pub fn namespaces(lab: &Lab) -> BTreeSet<String> {
    let all = namespace::observe("");
    all.into_iter().filter(|name| name.contains(&lab.place.tag)).collect()
}

/// Where a main process writes what a test looks for.
pub fn log(lab: &Lab, number: u32) -> PathBuf {
    lab.place.data_dir.join("instances").join(lab.id(number)).join("log")
}

/// Joins two planned namespaces, and makes each end the neighbour of the other: the end in `one` is `a`.
pub fn join(want: &mut NodeConfig, one: (NamespaceId, &str), other: (NamespaceId, &str), a: [u8; 4], b: [u8; 4]) {
    let ends = [(one.clone(), other.clone(), a, b), (other, one, b, a)];
    for ((id, name), (peer, link), own, opposite) in ends {
        let namespace = Arc::make_mut(want.namespaces.entry(id).or_default());
        let peer = Peer { namespace: peer, link: link.to_string() };
        namespace.links.insert(name.to_string(), Link { mac: mac(own), mtu: 1500, peer });
        namespace.addresses.insert((name.to_string(), IpAddr::from(own).into()));
        namespace.neighbours.insert((name.to_string(), opposite.into()), mac(opposite));
    }
}

fn mac([_, _, c, d]: [u8; 4]) -> Mac {
    Mac([2, 0, 0, 0, c, d])
}

pub fn to(destination: &str, table: u32) -> RouteKey {
    RouteKey { table, destination: destination.parse().unwrap() }
}

pub fn via(gateway: [u8; 4], link: &str) -> Route {
    Route::Via { gateway: gateway.into(), link: link.to_string(), source: None }
}

pub fn hook(kind: HookKind, point: HookPoint, priority: i32, rules: Vec<Rule>) -> Arc<Chain> {
    Arc::new(Chain { hook: Some(Hook { kind, point, priority, policy: Policy::Accept }), rules })
}

pub fn over(field: Field, link: &str) -> Statement {
    Statement::Equals { field, value: link_key(link) }
}

pub fn accept() -> Statement {
    Statement::Verdict(Verdict::Accept)
}

pub fn add_rule(chains: &mut BTreeMap<String, Arc<Chain>>, name: &str, rule: Rule) {
    Arc::make_mut(chains.get_mut(name).unwrap()).rules.push(rule);
}
