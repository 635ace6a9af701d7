//! What the API answers a second, with one caller and with many, every write durable and enforced before its answer.
//!
//! Each cell is measured in short rounds, turn by turn, with the two references among them: an unsigned GET, which is
//! what HTTP costs here alone, and durable writes to the same disk, which is what no single write can beat. The load
//! comes from this machine too; the server's own processor time a call is given, which does not depend on that.

mod common;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use common::client::{Caller, one};
use common::report::{Table, disk, load, median, micros, pairwise, quantile};
use common::{Server, begin};

const INTERFACES: usize = 10_000;
const SUBNETS: usize = 4;
const CALLERS: [usize; 3] = [1, 8, 64];
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_millis(700);
/// How many calls an untimed caller makes before it counts.
const WARM_UP: usize = 3;

fn main() -> ExitCode {
    begin("Culvert API: calls a second, signed, on kept connections, durable and enforced");
    let server = Server::start("api");
    let scene = Arc::new(Scene::set(&server));

    // `cargo bench --bench api -- CreateTags 1` measures one kind, or one number of callers, beside the reference.
    let asked: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let (numbers, names): (Vec<_>, Vec<_>) = asked.iter().partition(|it| it.parse::<usize>().is_ok());
    let kinds = [Kind::Health, Kind::Vpcs, Kind::Interface, Kind::Tags, Kind::Rules];
    let mut cells: Vec<(Kind, usize, Vec<Round>)> = Vec::new();
    for kind in kinds {
        let wanted = names.is_empty() || kind == Kind::Health || names.iter().any(|it| kind.name().contains(*it));
        for callers in CALLERS.into_iter().filter(|_| wanted) {
            if numbers.is_empty() || numbers.contains(&&callers.to_string()) {
                cells.push((kind, callers, Vec::new()));
            }
        }
    }
    let (mut disk_rates, mut disk_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let samples = disk(&server.data_dir, ROUND);
        disk_rates.push(samples.len() as f64 / samples.iter().sum::<f64>());
        disk_times.extend(samples);
        for (kind, callers, rounds) in &mut cells {
            rounds.push(round(&server, &scene, *kind, *callers));
        }
    }

    println!("Medians of {ROUNDS} rounds of {} ms each, with {INTERFACES} interfaces in the store", ROUND.as_millis());
    println!(
        "write and fdatasync of 300 bytes on the same disk: {:.0}/s, p50 {}, p99 {}",
        median(&disk_rates),
        micros(median(&disk_times)),
        micros(quantile(&mut disk_times, 0.99))
    );
    println!();
    let mut table =
        Table::new(&["", "callers", "calls/s", "p50", "p99", "server CPU/call", "of healthz", "of fdatasync"]);
    let health: Vec<(usize, Vec<f64>)> =
        cells.iter().filter(|it| it.0 == Kind::Health).map(|it| (it.1, rates(&it.2))).collect();
    for (kind, callers, rounds) in &cells {
        let of = |pick: fn(&Round) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
        let http = &health.iter().find(|it| it.0 == *callers).expect("it was measured").1;
        let writes = matches!(kind, Kind::Tags | Kind::Rules);
        table.row(vec![
            kind.name().to_owned(),
            callers.to_string(),
            format!("{:.0}", of(|it| it.rate)),
            micros(of(|it| it.p50)),
            micros(of(|it| it.p99)),
            micros(of(|it| it.cpu)),
            format!("{:.2}", pairwise(&rates(rounds), http, |a, b| a / b)),
            if writes { format!("{:.2}", pairwise(&rates(rounds), &disk_rates, |a, b| a / b)) } else { "".to_owned() },
        ]);
    }
    table.print();
    println!("Server: {:.0} MiB resident; load average now: {}", server.memory(), load());
    ExitCode::SUCCESS
}

fn rates(rounds: &[Round]) -> Vec<f64> {
    rounds.iter().map(|it| it.rate).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Health,
    Vpcs,
    Interface,
    Tags,
    Rules,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Health => "GET /healthz, unsigned",
            Kind::Vpcs => "DescribeVpcs",
            Kind::Interface => "DescribeNetworkInterfaces by id",
            Kind::Tags => "CreateTags",
            Kind::Rules => "Authorize, then Revoke …Ingress",
        }
    }
}

/// One cell in one round.
struct Round {
    rate: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
}

/// Lets callers call for a while.
fn round(server: &Server, scene: &Arc<Scene>, kind: Kind, callers: usize) -> Round {
    let (start, stop) = (Arc::new(Barrier::new(callers + 1)), Arc::new(AtomicBool::new(false)));
    let threads: Vec<_> = (0..callers)
        .map(|number| {
            let (scene, start, stop) = (scene.clone(), start.clone(), stop.clone());
            let mut caller = server.caller();
            std::thread::spawn(move || {
                let mut turn = 0;
                let mut call = || {
                    scene.call(kind, &mut caller, number, turn);
                    turn += 1;
                };
                (0..WARM_UP + WARM_UP % 2).for_each(|_| call());
                start.wait();
                let mut times = Vec::new();
                // Pairs of calls are completed, so that the next round finds what this one found.
                while !stop.load(Ordering::Relaxed) || times.len() % 2 == 1 {
                    let began = Instant::now();
                    call();
                    times.push(began.elapsed().as_secs_f64());
                }
                times
            })
        })
        .collect();
    start.wait();
    let (cpu, began) = (server.cpu(), Instant::now());
    std::thread::sleep(ROUND);
    stop.store(true, Ordering::Relaxed);
    let mut times: Vec<f64> = threads.into_iter().flat_map(|it| it.join().expect("a caller ends")).collect();
    let (cpu, took) = (server.cpu() - cpu, began.elapsed());
    Round {
        rate: times.len() as f64 / took.as_secs_f64(),
        cpu: cpu.as_secs_f64() / times.len() as f64,
        p50: quantile(&mut times, 0.5),
        p99: quantile(&mut times, 0.99),
    }
}

struct Scene {
    vpc: String,
    interfaces: Vec<String>,
    /// One for each caller, so that callers meet in the log and not in what the calls mean.
    groups: Vec<String>,
}

impl Scene {
    /// A /16 VPC with [`INTERFACES`], made by as many callers as there are at most.
    fn set(server: &Server) -> Scene {
        let mut api = server.caller();
        let vpc = one(&api.call("CreateVpc", &[("CidrBlock", "10.60.0.0/16")]), "vpcId");
        let subnet = |number: usize| {
            let block = format!("10.60.{}.0/19", number * 32);
            one(&server.caller().call("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", &block)]), "subnetId")
        };
        let subnets: Arc<Vec<String>> = Arc::new((0..SUBNETS).map(subnet).collect());
        let callers = *CALLERS.last().expect("there are some");
        let group = |number: usize| {
            let name = format!("caller-{number}");
            let params = [("VpcId", vpc.as_str()), ("GroupName", &name), ("GroupDescription", "benchmark")];
            one(&server.caller().call("CreateSecurityGroup", &params), "groupId")
        };
        let groups: Vec<String> = (0..callers).map(group).collect();

        let began = Instant::now();
        let next = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..callers)
            .map(|_| {
                let (next, subnets, mut caller) = (next.clone(), subnets.clone(), server.caller());
                std::thread::spawn(move || {
                    let mut made = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= INTERFACES {
                            return made;
                        }
                        let answer = caller.call("CreateNetworkInterface", &[("SubnetId", &subnets[at % SUBNETS])]);
                        made.push(one(&answer, "networkInterfaceId"));
                    }
                })
            })
            .collect();
        let interfaces: Vec<_> = threads.into_iter().flat_map(|it| it.join().expect("a caller ends")).collect();
        let took = began.elapsed().as_secs_f64();
        println!(
            "{INTERFACES} interfaces created by {callers} callers in {took:.1} s: {:.0}/s; server {:.0} MiB",
            INTERFACES as f64 / took,
            server.memory()
        );
        Scene { vpc, interfaces, groups }
    }

    fn call(&self, kind: Kind, caller: &mut Caller, number: usize, turn: usize) {
        match kind {
            Kind::Health => assert_eq!(caller.get("/healthz").status, 200),
            Kind::Vpcs => caller.drive("DescribeVpcs", &[("VpcId.1", &self.vpc)]),
            Kind::Interface => {
                let id = &self.interfaces[(number * 7919 + turn * 104_729) % self.interfaces.len()];
                caller.drive("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", id)]);
            }
            Kind::Tags => {
                let id = &self.interfaces[number];
                let value = turn.to_string();
                caller.drive("CreateTags", &[("ResourceId.1", id), ("Tag.1.Key", "turn"), ("Tag.1.Value", &value)]);
            }
            Kind::Rules => {
                let action = ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"][turn % 2];
                let params = [
                    ("GroupId", self.groups[number].as_str()),
                    ("IpPermissions.1.IpProtocol", "tcp"),
                    ("IpPermissions.1.FromPort", "443"),
                    ("IpPermissions.1.ToPort", "443"),
                    ("IpPermissions.1.IpRanges.1.CidrIp", "192.0.2.0/24"),
                ];
                caller.drive(action, &params);
            }
        }
    }
}
