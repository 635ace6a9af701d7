//! Random groups, rules and packets: the planned router must let through exactly what EC2's rules say, read
//! literally. And the plan that follows a state step by step must be the one made from nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::config::NamespaceId;
use super::flow;
use super::planner::Planner;
use super::walk::{Packet, deepest, walk, walk_counted};
use super::wiring::interface_link;
use crate::net::{Ipv4Net, Ipv6Net, Mac, Span};
use crate::state::flow_log::{Destination, FlowLog, LogField, Recorded, Resource};
use crate::state::id::*;
use crate::state::instance::{Instance, Lifecycle};
use crate::state::metadata::MetadataOptions;
use crate::state::network_interface::{Attachment, NetworkInterface};
use crate::state::security_group::{Identity, Peer, SecurityGroup, SecurityGroupRule, Traffic};
use crate::state::subnet::{HostNameType, Subnet};
use crate::state::vpc::{Vpc, VpcBlock};
use crate::state::{Entry, Moment, Stamp, State, Tx};

const VPC: u128 = 1;
const GROUPS: u128 = 3;
const INTERFACES: u128 = 4;
const NOW: Moment = Moment(0);
/// The kernel nests 16 chains; what leads to and from gateways adds up to one to those of this router.
const DEPTH: usize = 15;

fn node() -> NodeId {
    NodeId::from_number(1)
}

fn account() -> AccountId {
    AccountId::from_number(1)
}

fn group(number: u128) -> SecurityGroupId {
    SecurityGroupId::from_number(number % GROUPS)
}

fn address4(interface: u128) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 | (interface as u32 + 4))
}

fn address6(interface: u128) -> Ipv6Addr {
    Ipv6Addr::from(0xfd00_u128 << 112 | (interface + 4))
}

fn interface_id(number: u128) -> InterfaceId {
    // The numbers must differ in the digits that link names keep.
    InterfaceId::from_number(number << 40)
}

/// One step: something is put.
#[derive(Debug, Clone)]
enum Step {
    Rule { number: u128, group: u128, egress: bool, traffic: Traffic, peer: Peer },
    Revoke { number: u128 },
    Wear { interface: u128, groups: Vec<u128> },
    Check { interface: u128, on: bool },
    Run { interface: u128, on: bool },
}

fn apply(state: &State, step: &Step) -> State {
    let mut tx = Tx::new(state.clone(), Stamp { now: NOW, seed: [0; 32] });
    match step {
        Step::Rule { number, group: of, egress, traffic, peer } => {
            let content = (group(*of), *egress, *traffic, *peer);
            if !tx.state().indexes.rules_of_group.contains_key(&content) {
                let id = SecurityGroupRuleId::from_number(*number);
                tx.remove::<SecurityGroupRule>(id);
                tx.put(SecurityGroupRule {
                    id,
                    account: account(),
                    region: String::new(),
                    vpc: VpcId::from_number(VPC),
                    group: group(*of),
                    egress: *egress,
                    protocol: *traffic,
                    peer: *peer,
                    across: None,
                    description: None,
                });
            }
        }
        Step::Revoke { number } => tx.remove::<SecurityGroupRule>(SecurityGroupRuleId::from_number(*number)),
        Step::Wear { interface, groups } => wear(&mut tx, *interface, groups),
        Step::Check { interface, on } => {
            let row = tx.get::<NetworkInterface>(&interface_id(*interface)).expect("made at the start");
            tx.put(NetworkInterface { source_dest_check: *on, ..row.as_ref().clone() });
        }
        Step::Run { interface, on } => {
            let row = tx.get::<Instance>(&InstanceId::from_number(*interface)).expect("made at the start");
            let lifecycle = if *on { Lifecycle::Running } else { Lifecycle::Stopped };
            tx.put(Instance { lifecycle, ..row.as_ref().clone() });
        }
    }
    commit(state, tx)
}

fn commit(state: &State, tx: Tx) -> State {
    let entry = Entry { base: state.revision, effects: tx.finish().1, audit: Vec::new() };
    state.after(&entry).expect("it is of this state")
}

fn wear(tx: &mut Tx, interface: u128, groups: &[u128]) {
    let mut groups: Vec<_> = groups.iter().map(|it| group(*it)).collect();
    groups.sort();
    groups.dedup();
    let vpc = VpcId::from_number(VPC);
    let known = tx.state().indexes.identity_of_groups.get(&(vpc, groups.clone())).copied();
    let number = known.unwrap_or_else(|| u16::try_from(tx.state().identities.len()).expect("few") + 1);
    tx.put(Identity { vpc, number, groups: groups.clone() });
    let row = tx.get::<NetworkInterface>(&interface_id(interface)).expect("made at the start");
    tx.put(NetworkInterface { groups, identity: number, ..row.as_ref().clone() });
}

/// A VPC with groups without rules, and interfaces that each are their instance's only one.
fn start() -> State {
    let state = State::default();
    let mut tx = Tx::new(state.clone(), Stamp { now: NOW, seed: [0; 32] });
    let (vpc, region) = (VpcId::from_number(VPC), String::new());
    let block = VpcBlock { id: VpcCidrAssociationId::from_number(1), prefix: "10.0.0.0/16".parse().expect("a block") };
    tx.put(Vpc {
        id: vpc,
        account: account(),
        region: region.clone(),
        blocks: vec![block],
        blocks6: Vec::new(),
        default: false,
        dns_support: true,
        dns_hostnames: false,
        address_usage_metrics: false,
        dhcp_options: DhcpOptionsId::from_number(1),
        last_identity: 0,
        created: NOW,
    });
    tx.put(Subnet {
        id: SubnetId::from_number(1),
        account: account(),
        region: region.clone(),
        vpc,
        zone: String::new(),
        prefix: Some("10.0.0.0/24".parse().expect("a block")),
        block6: None,
        default: false,
        map_public_address: false,
        assign_ipv6_on_creation: false,
        dns64: false,
        host_name_type: HostNameType::IpName,
        a_record: false,
        aaaa_record: false,
        created: NOW,
    });
    for number in 0..GROUPS {
        let (name, description) = (format!("group-{number}"), String::new());
        let (id, region) = (group(number), region.clone());
        tx.put(SecurityGroup { id, account: account(), region, vpc, name, description, created: NOW });
    }
    for number in 0..INTERFACES {
        let instance = InstanceId::from_number(number);
        tx.put(self::instance(instance, vpc));
        tx.put(NetworkInterface {
            id: interface_id(number),
            account: account(),
            region: region.clone(),
            vpc,
            subnet: SubnetId::from_number(1),
            zone: String::new(),
            mac: Mac::derived(number as u64),
            description: String::new(),
            addresses: vec![address4(number)],
            addresses6: vec![address6(number)],
            groups: Vec::new(),
            identity: 0,
            prefixes: Vec::new(),
            prefixes6: Vec::new(),
            kind: Default::default(),
            source_dest_check: true,
            map_public_address: false,
            bandwidth: None,
            attachment: Some(Attachment {
                id: AttachmentId::from_number(number),
                instance,
                node: node(),
                device_index: 0,
                delete_on_termination: true,
                attached: NOW,
            }),
            detached: None,
            created: NOW,
        });
        wear(&mut tx, number, &[number]);
    }
    commit(&state, tx)
}

fn instance(id: InstanceId, vpc: VpcId) -> Instance {
    Instance {
        id,
        reservation: ReservationId::from_number(1),
        account: account(),
        region: String::new(),
        vpc,
        zone: String::new(),
        node: node(),
        image: String::new(),
        instance_type: String::new(),
        lifecycle: Lifecycle::Running,
        launch: 1,
        launched: NOW,
        changed: NOW,
        reason: None,
        user_data: None,
        launch_index: 0,
        protected_from_termination: false,
        protected_from_stop: false,
        terminates_on_shutdown: false,
        client_token: None,
        key: None,
        host_name: String::new(),
        host_name_type: HostNameType::IpName,
        a_record: false,
        aaaa_record: false,
        host_tenancy: false,
        created: NOW,
        placed: 1,
        metadata: MetadataOptions::default(),
    }
}

/// EC2's rules, read literally: one of the sender's groups must let the packet out, one of the receiver's let it in.
fn passes(state: &State, from: u128, to: u128, packet: &Packet) -> bool {
    [from, to].into_iter().all(|it| runs(state, it))
        && sends(state, from, packet)
        && !admitting(state, from, to, packet, true).is_empty()
        && !admitting(state, from, to, packet, false).is_empty()
}

fn interface(state: &State, number: u128) -> &NetworkInterface {
    state.network_interfaces.get(&interface_id(number)).expect("made at the start")
}

/// Whether the instance of an interface runs.
fn runs(state: &State, number: u128) -> bool {
    state.instances.get(&InstanceId::from_number(number)).is_some_and(|it| it.lifecycle == Lifecycle::Running)
}

/// Whether the sender may send as whom the packet says.
fn sends(state: &State, from: u128, packet: &Packet) -> bool {
    let sender = interface(state, from);
    sender.all_addresses().any(|it| it == packet.source) || !sender.source_dest_check
}

/// The rules by which the sender's groups let the packet out, or the receiver's let it in.
fn admitting(state: &State, from: u128, to: u128, packet: &Packet, egress: bool) -> Vec<SecurityGroupRuleId> {
    let (sender, receiver) = (interface(state, from), interface(state, to));
    let (wearer, other, address) =
        if egress { (sender, receiver, packet.destination) } else { (receiver, sender, packet.source) };
    let rules = state.security_group_rules.iter();
    let rules = rules.filter(|rule| wearer.groups.contains(&rule.group) && rule.egress == egress);
    let fitting = rules.filter(|rule| peer(rule.peer, other, address) && carries(rule.protocol, packet));
    fitting.map(|it| it.id).collect()
}

/// The state with a flow log of the VPC.
fn logged(state: &State) -> State {
    let mut tx = Tx::new(state.clone(), Stamp { now: NOW, seed: [0; 32] });
    let vpc = VpcId::from_number(VPC);
    tx.put(FlowLog {
        id: FlowLogId::from_number(1),
        account: account(),
        region: String::new(),
        vpc,
        resource: Resource::Vpc(vpc),
        traffic: Recorded::All,
        destination: Destination::LogGroup { group: "flows".to_owned(), arn: None, role: String::new() },
        format: LogField::ALL.to_vec(),
        interval: 60,
        created: NOW,
    });
    commit(state, tx)
}

fn peer(peer: Peer, other: &NetworkInterface, address: IpAddr) -> bool {
    match (peer, address) {
        (Peer::V4(block), IpAddr::V4(address)) => block.contains(&address),
        (Peer::V6(block), IpAddr::V6(address)) => block.contains(&address),
        (Peer::Group { group, .. }, _) => other.groups.contains(&group),
        _ => false,
    }
}

fn carries(traffic: Traffic, packet: &Packet) -> bool {
    let icmp = |kind: i16, code: i16| {
        let [own_kind, own_code] = packet.number.to_be_bytes().map(i16::from);
        (kind == -1 || kind == own_kind) && (kind == -1 || code == -1 || code == own_code)
    };
    match traffic {
        Traffic::All => true,
        Traffic::Tcp(ports) => packet.protocol == 6 && ports.contains(packet.number),
        Traffic::Udp(ports) => packet.protocol == 17 && ports.contains(packet.number),
        Traffic::Icmp(kind, code) => packet.protocol == 1 && icmp(kind, code),
        Traffic::Icmpv6(kind, code) => packet.protocol == 58 && icmp(kind, code),
        Traffic::Other(number) => packet.protocol == number,
    }
}

fn traffic() -> impl Strategy<Value = Traffic> {
    let ports = || (0u16..6, 0u16..6).prop_map(|(a, b)| Span { first: a.min(b), last: a.max(b) });
    prop_oneof![
        Just(Traffic::All),
        ports().prop_map(Traffic::Tcp),
        ports().prop_map(Traffic::Udp),
        (-1i16..3, -1i16..3).prop_map(|(kind, code)| Traffic::Icmp(kind, code)),
        (-1i16..3, -1i16..3).prop_map(|(kind, code)| Traffic::Icmpv6(kind, code)),
        prop_oneof![Just(47u8), Just(50)].prop_map(Traffic::Other),
    ]
}

fn any_peer() -> impl Strategy<Value = Peer> {
    prop_oneof![
        (0..INTERFACES, prop_oneof![Just(0u8), Just(8), 29u8..=32]).prop_map(|(of, length)| {
            Peer::V4(Ipv4Net::new(address4(of), length).expect("a length up to 32").trunc())
        }),
        (0..INTERFACES, prop_oneof![Just(0u8), Just(16), 125u8..=128]).prop_map(|(of, length)| {
            Peer::V6(Ipv6Net::new(address6(of), length).expect("a length up to 128").trunc())
        }),
        (0..GROUPS).prop_map(|it| Peer::Group { group: group(it), account: account() }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let rule = (0u128..40, 0..GROUPS, any::<bool>(), traffic(), any_peer())
        .prop_map(|(number, group, egress, traffic, peer)| Step::Rule { number, group, egress, traffic, peer });
    let groups = prop::collection::vec(0..GROUPS, 1..=3);
    prop_oneof![
        8 => rule,
        1 => (0u128..40).prop_map(|number| Step::Revoke { number }),
        2 => (0..INTERFACES, groups).prop_map(|(interface, groups)| Step::Wear { interface, groups }),
        1 => (0..INTERFACES, any::<bool>()).prop_map(|(interface, on)| Step::Check { interface, on }),
    ]
}

fn run() -> impl Strategy<Value = Step> {
    (0..INTERFACES, any::<bool>()).prop_map(|(interface, on)| Step::Run { interface, on })
}

fn probes() -> impl Iterator<Item = (u128, u128, Packet)> {
    let pairs = (0..INTERFACES).flat_map(|from| (0..INTERFACES).map(move |to| (from, to))).filter(|it| it.0 != it.1);
    let numbers =
        [(6u8, 0u16), (6, 3), (6, 5), (17, 3), (1, 0x0000), (1, 0x0102), (58, 0x0201), (47, 9), (50, 0), (132, 3)];
    pairs.flat_map(move |(from, to)| {
        numbers.into_iter().flat_map(move |(protocol, number)| {
            let ways = [
                (IpAddr::V4(address4(from)), IpAddr::V4(address4(to))),
                (IpAddr::V6(address6(from)), IpAddr::V6(address6(to))),
                // Forged: the source of another interface.
                (IpAddr::V4(address4((from + 1) % INTERFACES)), IpAddr::V4(address4(to))),
            ];
            ways.map(|(source, destination)| {
                let input = interface_link(interface_id(from));
                (from, to, Packet { input, source, destination, protocol, number })
            })
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_packet_passes_the_planned_router_when_the_rules_say_so(
        steps in prop::collection::vec(prop_oneof![9 => step(), 1 => run()], 1..30),
    ) {
        let mut planner = Planner::new(node());
        let mut state = start();
        planner.plan(&state);
        for step in &steps {
            state = apply(&state, step);
            prop_assert_eq!(planner.plan(&state), Planner::new(node()).plan(&state), "after {:?}", step);
        }
        let plan = planner.plan(&state);
        let router = plan.namespaces.get(&NamespaceId::Router(VpcId::from_number(VPC).to_string()));
        prop_assert!(router.is_none_or(|it| deepest(it) <= DEPTH));
        for (from, to, packet) in probes() {
            let expected = passes(&state, from, to, &packet).then(|| interface_link(interface_id(to)));
            prop_assert_eq!(router.and_then(|it| walk(it, &packet)), expected, "{:?}", packet);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_flow_log_changes_no_verdict_and_tells_whose_it_was(steps in prop::collection::vec(step(), 1..30)) {
        let plain = steps.iter().fold(start(), |state, step| apply(&state, step));
        let state = logged(&plain);
        let router = NamespaceId::Router(VpcId::from_number(VPC).to_string());
        let (plain, counting) = (Planner::new(node()).plan(&plain), Planner::new(node()).plan(&state));
        let (plain, counting) = (&plain.namespaces[&router], &counting.namespaces[&router]);
        prop_assert!(deepest(counting) <= DEPTH);
        for (from, to, packet) in probes() {
            let (output, counted) = walk_counted(counting, &packet);
            prop_assert_eq!(&output, &walk(plain, &packet), "{:?}", &packet);
            let mut told = Vec::new();
            for key in counted {
                let seen = flow::read(&key.0).expect("it was counted for one of our keys");
                let met = if seen.leaves { from } else { to };
                prop_assert_eq!(&seen.link, &interface_link(interface_id(met)));
                prop_assert_eq!((seen.source, seen.destination), (packet.source, packet.destination));
                prop_assert_eq!(seen.protocol(), packet.protocol);
                let decision = flow::decided(&state, interface(&state, met), &seen).expect("it met the interface");
                let rules = admitting(&state, from, to, &packet, seen.leaves);
                let own = interface(&state, from).all_addresses().any(|it| it == packet.source);
                // A packet from an address that is not its sender's is let in by the sender's groups all the same; an
                // error of ICMPv6 passes with the flow that it is about, and nobody has ICMP over IPv6.
                let usual = match packet.protocol {
                    1 => packet.source.is_ipv4(),
                    58 => false,
                    _ => true,
                };
                if decision.accepted && own && usual {
                    let by = decision.by.clone().expect("a rule has let it pass");
                    prop_assert!(rules.iter().any(|it| it.to_string() == by), "{by} has not let pass {packet:?}");
                }
                told.push((seen.leaves, decision.accepted));
            }
            let out = !admitting(&state, from, to, &packet, true).is_empty();
            let into = !admitting(&state, from, to, &packet, false).is_empty();
            let expected = match (sends(&state, from, &packet), out) {
                (false, _) => vec![],
                (true, false) => vec![(true, false)],
                (true, true) => vec![(true, true), (false, into)],
            };
            told.sort();
            told.reverse();
            prop_assert_eq!(told, expected, "{:?}", &packet);
        }
    }
}

#[test]
fn a_record_is_worded_as_the_user_guide_shows() {
    let state = logged(&start());
    let log = state.flow_logs_of_vpc(VpcId::from_number(VPC)).next().expect("it was made");
    let interface = interface(&state, 1);
    let seen = flow::Seen {
        link: interface_link(interface.id),
        leaves: false,
        stage: flow::Stage::Passed,
        peering: 0,
        reply: false,
        source: address4(0).into(),
        destination: address4(1).into(),
        transport: flow::Transport::Tcp(20641, 22),
        flags: 0x12,
    };
    let decision = flow::Decision { accepted: true, by: None };
    let (start, end) = (1418530010, 1418530070);
    let record = flow::Record {
        interface,
        seen: &seen,
        decision: &decision,
        packets: 20,
        bytes: 4249,
        flags: seen.flags,
        start,
        end,
    };
    let check = |format: &[LogField], expected: [&str; 2]| {
        let log = FlowLog { format: format.to_vec(), ..log.as_ref().clone() };
        let lines = [flow::line(&state, &log, &record), flow::empty(&log, interface, start, end, "NODATA")];
        let fill =
            |it: &str| it.replace("ACCOUNT", &account().to_string()).replace("ENI", &interface.id.to_string()) + "\n";
        assert_eq!(lines, expected.map(fill));
    };
    let ok = "2 ACCOUNT ENI 10.0.0.4 10.0.0.5 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";
    let nothing = "2 ACCOUNT ENI - - - - - - - 1418530010 1418530070 - NODATA";
    check(LogField::DEFAULT, [ok, nothing]);
    check(&[LogField::Version, LogField::TcpFlags, LogField::Type], ["3 18 IPv4", "3 - -"]);
    check(&[LogField::DecidingRule, LogField::Direction, LogField::TrafficPath], ["- ingress -", "- - -"]);
}

#[test]
fn an_interface_at_any_device_index_leaves_the_first_ones_routes_alone() {
    let one = InstanceId::from_number(0);
    let routes = |state: &State| Planner::new(node()).plan(state).instances[&one.to_string()].namespace.routes.clone();
    let alone = routes(&start());
    for index in [1, 100, 253, 254, 255] {
        let state = start();
        let mut tx = Tx::new(state.clone(), Stamp { now: NOW, seed: [0; 32] });
        let row = tx.get::<NetworkInterface>(&interface_id(1)).expect("made at the start");
        let there = row.attachment.clone().expect("it is attached");
        let attachment = Some(Attachment { instance: one, device_index: index, ..there });
        tx.put(NetworkInterface { attachment, ..row.as_ref().clone() });
        tx.remove::<Instance>(InstanceId::from_number(1));
        let both = routes(&commit(&state, tx));
        assert_eq!(both.len(), 2 * alone.len(), "at {index}");
        assert!(alone.iter().all(|(key, route)| both.get(key) == Some(route)), "at {index}");
        assert!(both.keys().all(|it| it.table != 255), "at {index}: the kernel's table of its own addresses");
    }
}

#[test]
fn a_plan_prints_whole() {
    let mut state = start();
    let (traffic, peer) = (Traffic::All, Peer::Group { group: group(1), account: account() });
    for egress in [false, true] {
        state = apply(&state, &Step::Rule { number: u128::from(egress), group: 0, egress, traffic, peer });
    }
    let printed = serde_json::to_value(Planner::new(node()).plan(&state)).expect("every part has a form in JSON");
    let router = &printed["namespaces"][VpcId::from_number(VPC).to_string()];
    assert_eq!(router["routes"].as_array().map(Vec::len), Some(3 + 2 * INTERFACES as usize));
}
