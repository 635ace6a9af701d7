//! What the way through a router costs a packet, against a veth pair with nothing in between.
//!
//! Four servers of one client each are measured in short rounds, turn by turn, so that whatever else the machine does
//! hits all alike: the direct pair's; one in another subnet and group than its client's, which its group admits by
//! reference; and two more like it, whose groups have 10,000 rules: each names a block of addresses, or each names the
//! client's group and a port. Figures are medians of what each round says.

mod common;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::client::{Caller, fill, one};
use common::flows::{PORT, connections, datagrams, drain, opens, ping_pong, receiver, rounds, throughput};
use common::net::{self, Pair, enter, last_cpu};
use common::report::{Bars, Table, median, pairwise, quantile, spread};
use common::{Server, begin};

/// The rules by which the measured packets pass name these ports.
const PORTS: (u16, u16) = (7000, 7010);
/// A group may have 10,000, and one is there from the start: that which lets everything out.
const RULES: usize = 9_999;

const ROUNDS: usize = 12;
const STREAM: Duration = Duration::from_millis(500);
const PING: Duration = Duration::from_millis(150);
const CONNECT: Duration = Duration::from_millis(200);
const ONE_WAY: Duration = Duration::from_millis(100);
/// New flows a round; each has a source port of its own in the whole run.
const NEW_FLOWS: usize = 1200;

fn main() -> ExitCode {
    begin("Culvert datapath: two instances of one VPC on this node against a direct veth pair");
    let server = Server::start("datapath");
    let mut api = server.caller();
    let [few, blocks, references] = instances(&mut api);
    let (direct, _undo) = net::direct();
    let pairs = [direct, few, blocks, references];

    let mut bars = Bars::default();
    stream(&pairs, &mut bars);
    ping(&pairs, &mut bars);
    connect(&pairs, &mut bars);
    one_way(&pairs, &mut bars);
    bars.judge()
}

/// A client, and in another subnet three servers: one whose group has a rule a protocol, two with all that fit.
fn instances(api: &mut Caller) -> [Pair; 3] {
    let vpc = one(&api.call("CreateVpc", &[("CidrBlock", "10.40.0.0/16")]), "vpcId");
    let subnet = |api: &mut Caller, block: &str| {
        one(&api.call("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", block)]), "subnetId")
    };
    let (near, far) = (subnet(api, "10.40.1.0/24"), subnet(api, "10.40.2.0/24"));
    let group = |api: &mut Caller, name: &str| {
        let params = [("VpcId", vpc.as_str()), ("GroupName", name), ("GroupDescription", "benchmark")];
        one(&api.call("CreateSecurityGroup", &params), "groupId")
    };
    let [clients, few, blocks, references] = ["clients", "few", "blocks", "references"].map(|name| group(api, name));
    let image = one(&api.call("DescribeImages", &[]), "imageId");
    let instance = |api: &mut Caller, subnet: &str, group: &str| {
        let params = [
            ("ImageId", image.as_str()),
            ("MinCount", "1"),
            ("MaxCount", "1"),
            ("SubnetId", subnet),
            ("SecurityGroupId.1", group),
        ];
        let answer = api.call("RunInstances", &params);
        (one(&answer, "instanceId"), one(&answer, "privateIpAddress").parse::<Ipv4Addr>().expect("an address"))
    };
    let client = instance(api, &near, &clients);
    let pairs =
        [("1 rule", &few), ("10,000 blocks", &blocks), ("10,000 references", &references)].map(|(name, group)| {
            let server = instance(api, &far, group);
            Pair { name, client: net::instance(&client.0), server: net::instance(&server.0), address: server.1 }
        });

    assert!(!opens(&pairs[0]), "a packet passed that no rule admits");
    let began = Instant::now();
    for group in [&few, &blocks, &references] {
        for protocol in ["tcp", "udp"] {
            admit(api, group, protocol, &clients);
        }
    }
    let extra = RULES - 2;
    fill(api, &blocks, extra, |at| {
        vec![
            ("IpProtocol", "tcp".to_owned()),
            ("FromPort", format!("{}", 1 + at % 60_000)),
            ("ToPort", format!("{}", 1 + at % 60_000)),
            ("IpRanges.1.CidrIp", format!("172.16.{}.{}/32", at / 256, at % 256)),
        ]
    });
    // Neighbouring ports would become one range.
    fill(api, &references, extra, |at| {
        vec![
            ("IpProtocol", ["tcp", "udp"][at % 2].to_owned()),
            ("FromPort", format!("{}", 10_000 + at / 2 * 2)),
            ("ToPort", format!("{}", 10_000 + at / 2 * 2)),
            ("Groups.1.GroupId", clients.clone()),
        ]
    });
    println!("2 × 10,000 rules authorized and enforced in {:.1} s", began.elapsed().as_secs_f64());
    for pair in &pairs {
        assert!(opens(pair), "a rule is enforced when the call that made it is answered");
    }
    println!();
    pairs
}

fn admit(api: &mut Caller, group: &str, protocol: &str, from: &str) {
    let params = [
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", protocol),
        ("IpPermissions.1.FromPort", &PORTS.0.to_string()),
        ("IpPermissions.1.ToPort", &PORTS.1.to_string()),
        ("IpPermissions.1.Groups.1.GroupId", from),
    ];
    api.call("AuthorizeSecurityGroupIngress", &params);
}

/// The best of a pair: its least disturbed round.
fn least(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(f64::INFINITY, f64::min)
}

fn stream(pairs: &[Pair], bars: &mut Bars) {
    let (last, any) = (Some(last_cpu()), None);
    for (cpu, where_) in [(any, "wherever the scheduler puts the two ends"), (last, "both ends on one CPU")] {
        println!("TCP throughput, one stream, cubic, {where_}; {ROUNDS} rounds of {} ms", STREAM.as_millis());
        let rates = rounds(ROUNDS, &pairs[..2], |pair| throughput(pair, cpu, STREAM));
        let mut table = Table::new(&["", "Gbit/s", "middle half", "best", "of direct"]);
        for (pair, rates_of) in pairs.iter().zip(&rates) {
            table.row(vec![
                pair.name.to_owned(),
                format!("{:.1}", median(rates_of)),
                spread(rates_of, 1),
                format!("{:.1}", rates_of.iter().copied().fold(0.0, f64::max)),
                format!("{:.2}", pairwise(rates_of, &rates[0], |a, b| a / b)),
            ]);
        }
        table.print();
        let what = format!("TCP throughput of direct, {}", if cpu.is_some() { "one CPU" } else { "both CPUs" });
        bars.at_least(&what, pairwise(&rates[1], &rates[0], |a, b| a / b), 0.70, "");
    }
}

fn ping(pairs: &[Pair], bars: &mut Bars) {
    println!(
        "One byte there and back on one TCP connection, both ends on one CPU; {ROUNDS} rounds of {} ms",
        PING.as_millis()
    );
    let times = rounds(ROUNDS, pairs, |pair| ping_pong(pair, PING));
    let more = against(pairs, &times, "µs (p50)");
    bars.at_most("round trip over direct", more[1], 4.5, " µs");
    flat(pairs, &times, "round trip", bars);
}

/// Prints times against those of the first pair, and gives how much more each is.
fn against(pairs: &[Pair], times: &[Vec<f64>], unit: &str) -> Vec<f64> {
    let mut table = Table::new(&["", unit, "middle half", "best", "over direct", "of direct"]);
    let mut more = Vec::new();
    for (pair, of) in pairs.iter().zip(times) {
        more.push(pairwise(of, &times[0], |a, b| a - b));
        table.row(vec![
            pair.name.to_owned(),
            format!("{:.2}", median(of)),
            spread(of, 2),
            format!("{:.2}", least(of)),
            format!("{:+.2}", more[more.len() - 1]),
            format!("{:.2}", pairwise(of, &times[0], |a, b| a / b)),
        ]);
    }
    table.print();
    more
}

/// Holds both kinds of 10,000 rules to the cost of one.
fn flat(pairs: &[Pair], times: &[Vec<f64>], what: &str, bars: &mut Bars) {
    for (pair, of) in pairs.iter().zip(times).skip(2) {
        bars.at_most(&format!("{what}, {} to 1 rule", pair.name), pairwise(of, &times[1], |a, b| a / b), 1.2, "");
    }
}

fn connect(pairs: &[Pair], bars: &mut Bars) {
    println!(
        "Connect, one byte there and back, close: every one a new flow; both ends on one CPU; {ROUNDS} rounds of {} ms",
        CONNECT.as_millis()
    );
    let results = rounds(ROUNDS, pairs, |pair| connections(pair, CONNECT));
    let times: Vec<Vec<f64>> = results.iter().map(|of| of.iter().map(|it| it.0).collect()).collect();
    let rates: Vec<Vec<f64>> = results.iter().map(|of| of.iter().map(|it| it.1).collect()).collect();
    against(pairs, &times, "µs (p50)");
    let mut table = Table::new(&["", "connections/s", "best", "of direct"]);
    for (pair, of) in pairs.iter().zip(&rates) {
        table.row(vec![
            pair.name.to_owned(),
            format!("{:.0}", median(of)),
            format!("{:.0}", of.iter().copied().fold(0.0, f64::max)),
            format!("{:.2}", pairwise(of, &rates[0], |a, b| a / b)),
        ]);
    }
    table.print();
    flat(pairs, &times, "new connection", bars);
}

fn one_way(pairs: &[Pair], bars: &mut Bars) {
    println!(
        "UDP, 64 bytes one way on one flow: the sender's time a packet until it lies in the receiver's socket; one CPU; \
         {ROUNDS} rounds of {} ms",
        ONE_WAY.as_millis()
    );
    let times = rounds(ROUNDS, pairs, |pair| datagrams(pair, ONE_WAY));
    let more = against(pairs, &times, "ns");
    bars.at_most("UDP packet over direct", more[1] / 1e3, 1.4, " µs");
    flat(pairs, &times, "UDP packet", bars);

    println!("UDP, 64 bytes, every packet a new flow; one CPU; {ROUNDS} rounds of {NEW_FLOWS} flows");
    let mut used = vec![0; pairs.len()];
    let times = rounds(ROUNDS, pairs, |pair| {
        let at = pairs.iter().position(|it| it.name == pair.name).expect("it is one of them");
        used[at] += 1;
        new_flows(pair, 2000 + ((used[at] - 1) * NEW_FLOWS) as u16)
    });
    against(pairs, &times, "ns");
    flat(pairs, &times, "new UDP flow", bars);
}

/// The time of the first packet of a flow.
fn new_flows(pair: &Pair, first_port: u16) -> f64 {
    const BATCH: usize = 40;
    let receiver = receiver(pair);
    let to = SocketAddr::from((pair.address, PORT));
    let sender = enter(&pair.client, Some(last_cpu()), move || {
        let (mut times, mut came) = (Vec::new(), 0);
        for batch in 0..NEW_FLOWS / BATCH {
            let open = |at: usize| {
                let port = first_port + (batch * BATCH + at) as u16;
                let socket = UdpSocket::bind(("0.0.0.0", port)).expect("the port is free");
                socket.connect(to).map(|()| socket).expect("a UDP socket")
            };
            let sockets: Vec<_> = (0..BATCH).map(open).collect();
            let began = Instant::now();
            for socket in &sockets {
                socket.send(&[0; 64]).expect("the packet leaves");
            }
            times.push(began.elapsed().as_secs_f64() * 1e9 / BATCH as f64);
            came += drain(&receiver);
        }
        std::thread::sleep(Duration::from_millis(2));
        came += drain(&receiver);
        assert!(came * 100 >= NEW_FLOWS * 99, "of {NEW_FLOWS} datagrams {came} arrived");
        quantile(&mut times, 0.5)
    });
    sender.join().expect("the sender ends")
}
