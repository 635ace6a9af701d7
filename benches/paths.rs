//! What every way that a packet may take costs it, with few rules and with many, and with a thousand VPCs on the node.
//!
//! The ways: within a subnet, between subnets one of which has an ACL of its own, to a peer, to a public address from
//! one, and through a NAT gateway. Each leads to two receivers, whose groups have ten and ten thousand rules. They are
//! held against a direct veth pair, and against namespaces that only forward: as many as the way has routers.

mod common;

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::client::{Caller, fill, one};
use common::flows::{connections, datagrams, opens, ping_pong, rounds, throughput};
use common::net::{self, Pair, last_cpu};
use common::report::{Bars, Memory, Table, median, millis, pairwise, quantile};
use common::{Server, begin};

/// The receivers' groups have so many rules in all.
const RULES: [usize; 2] = [10, 10_000];
/// A VPC's router with one instance, a thousand times.
const VPCS: usize = 1_000;
const ROUNDS: usize = 8;
const STREAM: Duration = Duration::from_millis(250);
const PING: Duration = Duration::from_millis(100);
const CONNECT: Duration = Duration::from_millis(100);
const ONE_WAY: Duration = Duration::from_millis(80);
const UPDATES: usize = 100;

/// Name and number of namespaces that forward, per way and number of rules.
const WAYS: [(&str, &str, usize); 5] = [
    ("same subnet, 10 rules", "same subnet, 10,000 rules", 1),
    ("other subnet with ACL, 10 rules", "other subnet with ACL, 10,000 rules", 1),
    ("peering, 10 rules", "peering, 10,000 rules", 2),
    ("public to public, 10 rules", "public to public, 10,000 rules", 3),
    ("NAT gateway, 10 rules", "NAT gateway, 10,000 rules", 5),
];
const REFERENCES: [(&str, usize); 4] =
    [("1 bare router", 1), ("2 bare routers", 2), ("3 bare routers", 3), ("5 bare routers", 5)];

fn main() -> ExitCode {
    begin("Culvert paths: every way between two instances against a veth pair and against bare forwarding");
    let server = Server::start("paths");
    let mut api = server.caller();
    let mut pairs = Vec::new();
    let mut undo = Vec::new();
    let references = std::iter::once(net::direct()).chain(REFERENCES.map(|(name, count)| net::routed(name, count)));
    for (pair, remove) in references {
        pairs.push(pair);
        undo.push(remove);
    }
    let scene = Scene::set(&mut api);
    pairs.extend(scene.pairs.iter().cloned());
    for pair in &pairs {
        assert!(opens(pair), "{} is open", pair.name);
    }
    let mut bars = Bars::default();
    let alone = Measured::take(&pairs);
    alone.print(&pairs, "alone");
    alone.judge(&pairs, &mut bars);
    let few = updates(&mut api, &scene.group);

    let before = Memory::now(server.memory());
    let began = Instant::now();
    let vpcs: Vec<String> = (0..VPCS).map(|_| another(&mut api, &scene.image)).collect();
    let (took, memory) = (began.elapsed(), Memory::now(server.memory()));
    println!(
        "{} VPCs more, each with a subnet and a running instance: {:.1} ms each; {}",
        vpcs.len(),
        took.as_secs_f64() * 1e3 / vpcs.len() as f64,
        memory.each(before, vpcs.len()),
    );
    println!();
    let crowded = Measured::take(&pairs);
    crowded.print(&pairs, "with 1,000 VPCs more on the node");
    crowded.judge_against(&alone, &pairs, &mut bars);
    let many = updates(&mut api, &scene.group);
    println!("AuthorizeSecurityGroupIngress of a group worn on the node, from the call to the answer; {UPDATES} calls");
    let mut table = Table::new(&["", "p50", "p99"]);
    for (name, mut times) in [("alone", few), ("with 1,000 VPCs more", many)] {
        let (p50, p99) = (median(&times), quantile(&mut times, 0.99));
        table.row(vec![name.to_owned(), millis(p50), millis(p99)]);
        bars.at_most(&format!("a rule enforced, {name}, p50"), p50 * 1e3, 20.0, " ms");
        bars.at_most(&format!("a rule enforced, {name}, p99"), p99 * 1e3, 100.0, " ms");
    }
    table.print();
    bars.judge()
}

/// What the rounds said of each pair.
struct Measured {
    /// Gbit/s.
    stream: Vec<Vec<f64>>,
    /// Microseconds.
    ping: Vec<Vec<f64>>,
    connect: Vec<Vec<f64>>,
    /// Nanoseconds.
    packet: Vec<Vec<f64>>,
}

impl Measured {
    fn take(pairs: &[Pair]) -> Measured {
        let cpu = Some(last_cpu());
        let mut result = Measured { stream: Vec::new(), ping: Vec::new(), connect: Vec::new(), packet: Vec::new() };
        let all = rounds(ROUNDS, pairs, |pair| {
            let stream = throughput(pair, cpu, STREAM);
            (stream, ping_pong(pair, PING), connections(pair, CONNECT).0, datagrams(pair, ONE_WAY))
        });
        for of in all {
            result.stream.push(of.iter().map(|it| it.0).collect());
            result.ping.push(of.iter().map(|it| it.1).collect());
            result.connect.push(of.iter().map(|it| it.2).collect());
            result.packet.push(of.iter().map(|it| it.3).collect());
        }
        result
    }

    /// The kinds of figures, times last.
    fn times(&self) -> [(&'static str, &[Vec<f64>]); 3] {
        [("round trip", &self.ping), ("new connection", &self.connect), ("UDP packet", &self.packet)]
    }

    fn print(&self, pairs: &[Pair], when: &str) {
        println!("All on one CPU, medians of {ROUNDS} rounds, {when}; × is that of as many bare routers");
        let head =
            ["", "Gbit/s", "of direct", "×", "there and back µs", "×", "connection µs", "×", "UDP packet ns", "×"];
        let mut table = Table::new(&head);
        for (at, pair) in pairs.iter().enumerate() {
            let reference = reference(pairs, at);
            let ratio = |of: &[Vec<f64>], to: usize| format!("{:.2}", pairwise(&of[at], &of[to], |a, b| a / b));
            table.row(vec![
                pair.name.to_owned(),
                format!("{:.1}", median(&self.stream[at])),
                ratio(&self.stream, 0),
                ratio(&self.stream, reference),
                format!("{:.1}", median(&self.ping[at])),
                ratio(&self.ping, reference),
                format!("{:.1}", median(&self.connect[at])),
                ratio(&self.connect, reference),
                format!("{:.0}", median(&self.packet[at])),
                ratio(&self.packet, reference),
            ]);
        }
        table.print();
    }

    /// Rules must cost nothing: 10,000 to 10, the same way.
    fn judge(&self, pairs: &[Pair], bars: &mut Bars) {
        for at in (1 + REFERENCES.len()..pairs.len()).step_by(2) {
            for (what, of) in self.times() {
                let growth = pairwise(&of[at + 1], &of[at], |a, b| a / b);
                bars.at_most(&format!("{what}, {} to 10", pairs[at + 1].name), growth, 1.2, "");
            }
        }
    }

    /// Neither must other VPCs: what a way costs of the direct pair now, to what it cost before.
    fn judge_against(&self, before: &Measured, pairs: &[Pair], bars: &mut Bars) {
        for at in (1 + REFERENCES.len()..pairs.len()).step_by(2) {
            for ((what, now), (_, then)) in self.times().into_iter().zip(before.times()) {
                let cost = |of: &[Vec<f64>]| pairwise(&of[at], &of[0], |a, b| a / b);
                let what = format!("{what}, {}, 1,000 VPCs more", pairs[at].name);
                bars.at_most(&what, cost(now) / cost(then), 1.2, "");
            }
        }
    }
}

/// Which of the pairs has as many bare routers as this one has routers; references are held against the direct one.
fn reference(pairs: &[Pair], at: usize) -> usize {
    let Some(way) = at.checked_sub(1 + REFERENCES.len()) else { return 0 };
    let routers = WAYS[way / RULES.len()].2;
    let found = REFERENCES.iter().position(|it| it.1 == routers).expect("every length has its reference");
    assert!(pairs[found + 1].name.starts_with(&routers.to_string()));
    found + 1
}

/// How long one rule takes to be enforced, of one more and one less in turn.
fn updates(api: &mut Caller, group: &str) -> Vec<f64> {
    let mut times = Vec::new();
    for turn in 0..UPDATES {
        let action = ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"][turn % 2];
        let params = [
            ("GroupId", group),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "443"),
            ("IpPermissions.1.ToPort", "443"),
            ("IpPermissions.1.IpRanges.1.CidrIp", "192.0.2.0/24"),
        ];
        let began = Instant::now();
        api.call(action, &params);
        times.push(began.elapsed().as_secs_f64());
    }
    times
}

/// A VPC with one instance; its id.
fn another(api: &mut Caller, image: &str) -> String {
    let vpc = one(&api.call("CreateVpc", &[("CidrBlock", "10.99.0.0/16")]), "vpcId");
    let subnet = one(&api.call("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", "10.99.1.0/24")]), "subnetId");
    run(api, image, &subnet, None);
    vpc
}

/// Runs an instance: its id and its address.
fn run(api: &mut Caller, image: &str, subnet: &str, group: Option<&str>) -> (String, Ipv4Addr) {
    let mut params = vec![("ImageId", image), ("MinCount", "1"), ("MaxCount", "1"), ("SubnetId", subnet)];
    params.extend(group.map(|it| ("SecurityGroupId.1", it)));
    let answer = api.call("RunInstances", &params);
    (one(&answer, "instanceId"), one(&answer, "privateIpAddress").parse().expect("an address"))
}

struct Scene {
    pairs: Vec<Pair>,
    image: String,
    /// One that is worn on the node.
    group: String,
}

/// One VPC of the scene.
struct Vpc {
    id: String,
    /// The main route table.
    table: String,
    /// With few rules and with many.
    groups: [String; 2],
}

impl Scene {
    fn set(api: &mut Caller) -> Scene {
        let image = one(&api.call("DescribeImages", &[]), "imageId");
        let [near, peer, far] = ["10.41", "10.42", "10.43"].map(|start| Vpc::make(api, start));
        let subnet = |api: &mut Caller, vpc: &Vpc, block: &str| {
            one(&api.call("CreateSubnet", &[("VpcId", &vpc.id), ("CidrBlock", block)]), "subnetId")
        };
        let own_table = |api: &mut Caller, vpc: &Vpc, subnet: &str| {
            let table = one(&api.call("CreateRouteTable", &[("VpcId", &vpc.id)]), "routeTableId");
            api.call("AssociateRouteTable", &[("RouteTableId", &table), ("SubnetId", subnet)]);
            table
        };
        let clients = subnet(api, &near, "10.41.1.0/24");
        let guarded = subnet(api, &near, "10.41.2.0/24");
        let public = subnet(api, &near, "10.41.3.0/24");
        let hidden = subnet(api, &near, "10.41.4.0/24");
        guard(api, &near, &guarded);

        let connection = [("VpcId", near.id.as_str()), ("PeerVpcId", &peer.id)];
        let connection = one(&api.call("CreateVpcPeeringConnection", &connection), "vpcPeeringConnectionId");
        api.call("AcceptVpcPeeringConnection", &[("VpcPeeringConnectionId", &connection)]);
        for (table, block) in [(&near.table, "10.42.0.0/16"), (&peer.table, "10.41.0.0/16")] {
            let target = ("VpcPeeringConnectionId", connection.as_str());
            api.call("CreateRoute", &[("RouteTableId", table), ("DestinationCidrBlock", block), target]);
        }

        let everywhere = ("DestinationCidrBlock", "0.0.0.0/0");
        let public_table = own_table(api, &near, &public);
        for (vpc, table) in [(&near, &public_table), (&far, &far.table)] {
            let gateway = one(&api.call("CreateInternetGateway", &[]), "internetGatewayId");
            api.call("AttachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc.id)]);
            api.call("CreateRoute", &[("RouteTableId", table), everywhere, ("GatewayId", &gateway)]);
        }
        let allocate = |api: &mut Caller| {
            let answer = api.call("AllocateAddress", &[("Domain", "vpc")]);
            (one(&answer, "allocationId"), one(&answer, "publicIp"))
        };
        let (allocation, translated) = allocate(api);
        let params = [("SubnetId", public.as_str()), ("AllocationId", &allocation)];
        let gateway = one(&api.call("CreateNatGateway", &params), "natGatewayId");
        let hidden_table = own_table(api, &near, &hidden);
        api.call("CreateRoute", &[("RouteTableId", &hidden_table), everywhere, ("NatGatewayId", &gateway)]);

        let client = run(api, &image, &clients, None).0;
        let behind = run(api, &image, &hidden, None).0;
        let (open, known) = (run(api, &image, &public, None).0, allocate(api));
        api.call("AssociateAddress", &[("InstanceId", &open), ("AllocationId", &known.0)]);

        let (peers, outside) = (subnet(api, &peer, "10.42.1.0/24"), subnet(api, &far, "10.43.1.0/24"));
        let mut pairs: Vec<Vec<Pair>> = WAYS.iter().map(|_| Vec::new()).collect();
        let admitted = ["10.41.0.0/16".to_owned(), format!("{translated}/32"), format!("{}/32", known.1)];
        for (at, rules) in RULES.into_iter().enumerate() {
            let name = |way: usize| if at == 0 { WAYS[way].0 } else { WAYS[way].1 };
            for vpc in [&near, &peer, &far] {
                admit(api, &vpc.groups[at], &admitted, rules);
            }
            for (way, vpc, subnet) in [(0, &near, &clients), (1, &near, &guarded), (2, &peer, &peers)] {
                let (id, address) = run(api, &image, subnet, Some(&vpc.groups[at]));
                let (client, server) = (net::instance(&client), net::instance(&id));
                pairs[way].push(Pair { name: name(way), client, server, address });
            }
            let (id, _) = run(api, &image, &outside, Some(&far.groups[at]));
            let (allocation, address) = allocate(api);
            api.call("AssociateAddress", &[("InstanceId", &id), ("AllocationId", &allocation)]);
            for (way, client) in [(3, &open), (4, &behind)] {
                let address = address.parse().expect("an address");
                let (client, server) = (net::instance(client), net::instance(&id));
                pairs[way].push(Pair { name: name(way), client, server, address });
            }
        }
        Scene { pairs: pairs.into_iter().flatten().collect(), image, group: near.groups[0].clone() }
    }
}

impl Vpc {
    fn make(api: &mut Caller, start: &str) -> Vpc {
        let id = one(&api.call("CreateVpc", &[("CidrBlock", &format!("{start}.0.0/16"))]), "vpcId");
        let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", id.as_str())];
        let table = one(&api.call("DescribeRouteTables", &of_vpc), "routeTableId");
        let groups = ["few", "many"].map(|name| {
            let params = [("VpcId", id.as_str()), ("GroupName", name), ("GroupDescription", "benchmark")];
            one(&api.call("CreateSecurityGroup", &params), "groupId")
        });
        Vpc { id, table, groups }
    }
}

/// Gives a subnet an ACL of its own, as long as AWS lets them be, by whose last entries everything passes.
fn guard(api: &mut Caller, vpc: &Vpc, subnet: &str) {
    const ENTRIES: usize = 19;
    let acl = one(&api.call("CreateNetworkAcl", &[("VpcId", &vpc.id)]), "networkAclId");
    for egress in ["true", "false"] {
        for number in 1..=ENTRIES {
            let (action, block) = match number {
                ENTRIES => ("allow", "0.0.0.0/0".to_owned()),
                _ => ("deny", format!("172.16.{number}.0/24")),
            };
            let number = number.to_string();
            let params = [
                ("NetworkAclId", acl.as_str()),
                ("RuleNumber", &number),
                ("Protocol", "-1"),
                ("RuleAction", action),
                ("Egress", egress),
                ("CidrBlock", &block),
            ];
            api.call("CreateNetworkAclEntry", &params);
        }
    }
    let filter = [("Filter.1.Name", "association.subnet-id"), ("Filter.1.Value.1", subnet)];
    let answer = api.call("DescribeNetworkAcls", &filter);
    // One ACL has many associations; the subnet's own stands right before its id.
    let before = answer.split(&format!("<subnetId>{subnet}</subnetId>")).next().expect("a split has a first part");
    let association = common::client::all(before, "networkAclAssociationId").last().map(|it| (*it).to_owned());
    let association = association.expect("a subnet has an ACL");
    api.call("ReplaceNetworkAclAssociation", &[("AssociationId", &association), ("NetworkAclId", &acl)]);
}

/// Gives a group rules that admit the benchmark's packets from these blocks, and others until there are so many; one
/// lets everything out from the start.
fn admit(api: &mut Caller, group: &str, blocks: &[String], rules: usize) {
    let wanted: Vec<_> =
        blocks.iter().flat_map(|block| ["tcp", "udp"].map(|protocol| (protocol, block.clone()))).collect();
    let rule = |protocol: &str, first: usize, last: usize, block: String| {
        vec![
            ("IpProtocol", protocol.to_owned()),
            ("FromPort", first.to_string()),
            ("ToPort", last.to_string()),
            ("IpRanges.1.CidrIp", block),
        ]
    };
    fill(api, group, wanted.len(), |at| rule(wanted[at].0, 7000, 7010, wanted[at].1.clone()));
    fill(api, group, rules - wanted.len() - 1, |at| {
        let port = 1 + at % 60_000;
        rule("tcp", port, port, format!("172.16.{}.{}/32", at / 256, at % 256))
    });
}
