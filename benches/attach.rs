//! How long it takes until the kernel holds what a call asked for: interfaces that come and go, rules that change.
//!
//! A mutating call answers when its effect is enforced, so that its latency is what is measured. The part of it that
//! the kernel took is read from the server's histogram `culvert_realise_seconds` after every call, and the plan's
//! from `culvert_plan_seconds`; what is left is HTTP, the signature, the log and its fsync.

mod common;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use common::client::{Caller, all, one};
use common::report::{Bars, Memory, Table, disk, median, millis, quantile, spread};
use common::{Server, Sum, begin, net};

/// How many interfaces are there while is measured.
const PRESENT: [usize; 3] = [10, 100, 1000];
const SAMPLES: usize = 25;
/// With the most interfaces present there are more, so that the slowest in a hundred is not the slowest of all.
const SAMPLES_MOST: usize = 200;
/// The most time that the samples of one table may take.
const SAMPLING: Duration = Duration::from_secs(10);
const SAMPLING_MOST: Duration = Duration::from_secs(60);
const RULES: [usize; 2] = [10, 10_000];
const RULE_SAMPLES: usize = 100;
/// How many instances one call makes while the scene is set.
const AT_ONCE: usize = 50;

fn main() -> ExitCode {
    begin("Culvert attach: from a call to what the kernel enforces");
    let server = Server::start("attach");
    let mut scene = Scene::set(&server);
    let mut bars = Bars::default();
    references(&server);

    scene.enforced();
    for rules in RULES {
        scene.rules(rules, &mut bars);
    }
    let mut table = Timings::table();
    for present in PRESENT {
        scene.fill(present);
        scene.updates(present, &mut table, &mut bars);
        if present == PRESENT[0] {
            scene.run_true();
        }
    }
    println!(
        "What comes, goes and changes, with others of the same VPC present; medians of {SAMPLES}, of {SAMPLES_MOST} with {}",
        PRESENT[2]
    );
    table.print();
    bars.judge()
}

/// What the figures are to be held against: they are parts of every call.
fn references(server: &Server) {
    let disk = disk(&server.data_dir, Duration::from_secs(1));
    let health: Vec<f64> = {
        let mut caller = server.caller();
        let time = |_| timed(|| assert_eq!(caller.get("/healthz").status, 200)).1;
        (0..500).map(time).collect()
    };
    let namespaces: Vec<f64> = (0..50).map(|_| net::bare_namespace()).collect();
    println!("For comparison, in this run");
    let mut table = Table::new(&["", "median", "p99"]);
    for (what, mut samples) in
        [("write and fdatasync 300 bytes", disk), ("GET /healthz", health), ("a bare network namespace", namespaces)]
    {
        table.row(vec![what.to_owned(), millis(median(&samples)), millis(quantile(&mut samples, 0.99))]);
    }
    table.print();
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let result = work();
    (result, began.elapsed().as_secs_f64())
}

/// What calls of one kind took, in seconds, and the agent's part of it.
#[derive(Default)]
struct Timings {
    whole: Vec<f64>,
    kernel: Vec<f64>,
    plan: Vec<f64>,
}

impl Timings {
    fn table() -> Table {
        Table::new(&["", "present", "call", "middle half ms", "p99", "kernel", "plan"])
    }

    fn row(&self, what: &str, present: usize, table: &mut Table) {
        let in_ms: Vec<f64> = self.whole.iter().map(|it| it * 1e3).collect();
        table.row(vec![
            what.to_owned(),
            present.to_string(),
            millis(median(&self.whole)),
            spread(&in_ms, 1),
            millis(quantile(&mut self.whole.clone(), 0.99)),
            millis(median(&self.kernel)),
            millis(median(&self.plan)),
        ]);
    }
}

struct Scene<'a> {
    server: &'a Server,
    api: Caller,
    image: String,
    subnet: String,
    vpc: String,
    group: String,
    public: Public,
    instances: Vec<String>,
}

/// The VPC's way out, and an address there.
#[derive(Clone)]
struct Public {
    gateway: String,
    table: String,
    allocation: String,
}

impl<'a> Scene<'a> {
    fn set(server: &'a Server) -> Scene<'a> {
        let mut api = server.caller();
        let vpc = one(&api.call("CreateVpc", &[("CidrBlock", "10.50.0.0/16")]), "vpcId");
        let block = [("VpcId", vpc.as_str()), ("CidrBlock", "10.50.0.0/19"), ("AvailabilityZone", "us-east-1a")];
        let subnet = one(&api.call("CreateSubnet", &block), "subnetId");
        let image = one(&api.call("DescribeImages", &[]), "imageId");
        let gateway = one(&api.call("CreateInternetGateway", &[]), "internetGatewayId");
        api.call("AttachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc)]);
        let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc.as_str())];
        let table = one(&api.call("DescribeRouteTables", &of_vpc), "routeTableId");
        let route = [("DestinationCidrBlock", "0.0.0.0/0"), ("GatewayId", gateway.as_str())];
        api.call("CreateRoute", &[&[("RouteTableId", table.as_str())][..], &route].concat());
        let allocation = one(&api.call("AllocateAddress", &[("Domain", "vpc")]), "allocationId");
        let public = Public { gateway, table, allocation };
        let mut scene = Scene { server, api, image, subnet, vpc, group: String::new(), public, instances: Vec::new() };
        scene.group = scene.new_group("present");
        scene
    }

    fn new_group(&mut self, name: &str) -> String {
        let params = [("VpcId", self.vpc.as_str()), ("GroupName", name), ("GroupDescription", "benchmark")];
        one(&self.api.call("CreateSecurityGroup", &params), "groupId")
    }

    fn run(&mut self, count: usize, group: &str) -> String {
        let count = count.to_string();
        let params = [
            ("ImageId", self.image.as_str()),
            ("MinCount", &count),
            ("MaxCount", &count),
            ("SubnetId", &self.subnet),
            ("SecurityGroupId.1", group),
        ];
        self.api.call("RunInstances", &params)
    }

    fn terminate(&mut self, id: &str) {
        self.api.call("TerminateInstances", &[("InstanceId.1", id)]);
    }

    /// Makes instances until there are so many interfaces.
    fn fill(&mut self, present: usize) {
        let group = self.group.clone();
        let (before, began) = (self.instances.len(), Instant::now());
        let memory = Memory::now(self.server.memory());
        while self.instances.len() < present {
            let answer = self.run(AT_ONCE.min(present - self.instances.len()), &group);
            self.instances.extend(all(&answer, "instanceId").into_iter().map(str::to_owned));
        }
        let (made, took) = ((self.instances.len() - before).max(1), began.elapsed().as_secs_f64());
        println!(
            "{present} instances of one interface present: {:.2} ms each, made {AT_ONCE} a call; {}",
            took * 1e3 / made as f64,
            Memory::now(self.server.memory()).each(memory, made)
        );
    }

    /// Makes the call again and again, and takes notes of what it took the server's parts.
    fn measure<T>(&mut self, timings: &mut Timings, call: impl FnOnce(&mut Self) -> T) -> T {
        let read = |name| self.server.histogram(name).unwrap_or_default();
        let names = ["culvert_realise_seconds", "culvert_plan_seconds"];
        let before = names.map(read);
        let (result, took) = timed(|| call(self));
        let after = names.map(|name| self.server.histogram(name).unwrap_or_default());
        let spent = |at: usize| part(before[at], after[at]);
        timings.whole.push(took);
        timings.kernel.push(spent(0));
        timings.plan.push(spent(1));
        result
    }

    /// An answer to a call means that packets meet it: a connection opens right after the rule, and the new instance
    /// can be reached right after the call that made it.
    fn enforced(&mut self) {
        let group = self.new_group("checked");
        let answer = self.run(2, &group);
        let (ids, addresses) = (all(&answer, "instanceId"), all(&answer, "privateIpAddress"));
        let address = *addresses.iter().find(|it| **it != addresses[0]).expect("two instances have two addresses");
        let to: SocketAddr = format!("{address}:7000").parse().expect("an address");
        let _listener =
            net::open_in(&net::instance(ids[1]), || TcpListener::bind("0.0.0.0:7000").expect("the port is free"));
        let opens = || {
            let tried = net::open_in(&net::instance(ids[0]), move || {
                TcpStream::connect_timeout(&to, Duration::from_millis(300))
            });
            tried.is_ok()
        };
        assert!(!opens(), "a packet passed that no rule admits");
        self.authorize(&group, "10.50.0.0/16", 7000);
        assert!(opens(), "a rule is enforced when the call is answered");
        for id in ids {
            self.terminate(id);
        }
    }

    fn change(&mut self, action: &str, group: &str, block: &str, port: usize) {
        let port = port.to_string();
        let params = [
            ("GroupId", group),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", &port),
            ("IpPermissions.1.ToPort", &port),
            ("IpPermissions.1.IpRanges.1.CidrIp", block),
        ];
        self.api.call(action, &params);
    }

    fn authorize(&mut self, group: &str, block: &str, port: usize) {
        self.change("AuthorizeSecurityGroupIngress", group, block, port);
    }

    fn revoke(&mut self, group: &str, block: &str, port: usize) {
        self.change("RevokeSecurityGroupIngress", group, block, port);
    }

    /// One rule more, one rule less, in a group that an interface on this node wears.
    fn rules(&mut self, rules: usize, bars: &mut Bars) {
        let group = self.new_group(&format!("rules-{rules}"));
        let answer = self.run(1, &group);
        let id = one(&answer, "instanceId");
        let began = Instant::now();
        // One lets everything out from the start, and one comes and goes.
        let present = rules - 2;
        for first in (0..present).step_by(500) {
            let mut params = vec![
                ("GroupId".to_owned(), group.clone()),
                ("IpPermissions.1.IpProtocol".to_owned(), "tcp".to_owned()),
                ("IpPermissions.1.FromPort".to_owned(), "80".to_owned()),
                ("IpPermissions.1.ToPort".to_owned(), "80".to_owned()),
            ];
            for (number, at) in (1..).zip(first..present.min(first + 500)) {
                let block = format!("172.16.{}.{}/32", at / 256, at % 256);
                params.push((format!("IpPermissions.1.IpRanges.{number}.CidrIp"), block));
            }
            let params: Vec<_> = params.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
            self.api.call("AuthorizeSecurityGroupIngress", &params);
        }
        let filled = began.elapsed().as_secs_f64();

        let (mut authorize, mut revoke) = (Timings::default(), Timings::default());
        let end = Instant::now() + SAMPLING;
        for sample in 0..RULE_SAMPLES {
            let port = 1000 + sample;
            self.measure(&mut authorize, |it| it.authorize(&group, "192.168.0.0/16", port));
            self.measure(&mut revoke, |it| it.revoke(&group, "192.168.0.0/16", port));
            if Instant::now() > end {
                break;
            }
        }
        println!(
            "One rule of a group with {rules}, worn on this node (filled in {filled:.2} s); {} samples",
            authorize.whole.len()
        );
        let mut table = Timings::table();
        authorize.row("AuthorizeSecurityGroupIngress", rules, &mut table);
        revoke.row("RevokeSecurityGroupIngress", rules, &mut table);
        table.print();
        let bar = if rules <= 1000 { 1.0 } else { 5.0 };
        for (what, timings) in [("authorized", &authorize), ("revoked", &revoke)] {
            let what = format!("a rule {what}, in the kernel, {rules} rules");
            bars.at_most(&what, median(&timings.kernel) * 1e3, bar, " ms");
        }
        self.terminate(&id);
    }

    /// A second interface to an instance and away from it, a whole instance, and what changes for those that stay: a
    /// rule of the group that all of them wear, a public address that moves, a route.
    fn updates(&mut self, present: usize, table: &mut Table, bars: &mut Bars) {
        let group = self.group.clone();
        let instances = [self.instances[0].clone(), self.instances[1].clone()];
        let params = [("SubnetId", self.subnet.as_str()), ("SecurityGroupId.1", &group)];
        let interface = one(&self.api.call("CreateNetworkInterface", &params), "networkInterfaceId");
        let public = self.public.clone();
        let (mut attach, mut detach, mut run, mut terminate) = Default::default();
        let (mut authorize, mut revoke, mut moved, mut routed, mut unrouted) = Default::default();
        let most = present == PRESENT[PRESENT.len() - 1];
        let (samples, time) = if most { (SAMPLES_MOST, SAMPLING_MOST) } else { (SAMPLES, SAMPLING) };
        let end = Instant::now() + time;
        for sample in 0..samples {
            let params =
                [("NetworkInterfaceId", interface.as_str()), ("InstanceId", &instances[0]), ("DeviceIndex", "1")];
            let answer = self.measure(&mut attach, |it| it.api.call("AttachNetworkInterface", &params));
            let attachment = one(&answer, "attachmentId");
            let params = [("AttachmentId", attachment.as_str()), ("Force", "true")];
            self.measure(&mut detach, |it| it.api.call("DetachNetworkInterface", &params));

            let answer = self.measure(&mut run, |it| it.run(1, &group));
            let id = one(&answer, "instanceId");
            self.measure(&mut terminate, |it| it.terminate(&id));

            self.measure(&mut authorize, |it| it.authorize(&group, "192.168.0.0/16", 1000 + sample));
            self.measure(&mut revoke, |it| it.revoke(&group, "192.168.0.0/16", 1000 + sample));
            let to = instances[sample % 2].as_str();
            let params =
                [("AllocationId", public.allocation.as_str()), ("InstanceId", to), ("AllowReassociation", "true")];
            self.measure(&mut moved, |it| it.api.call("AssociateAddress", &params));
            let route = [("RouteTableId", public.table.as_str()), ("DestinationCidrBlock", "192.0.2.0/24")];
            let params = [&route[..], &[("GatewayId", public.gateway.as_str())]].concat();
            self.measure(&mut routed, |it| it.api.call("CreateRoute", &params));
            self.measure(&mut unrouted, |it| it.api.call("DeleteRoute", &route));
            if Instant::now() > end {
                break;
            }
        }
        self.api.call("DeleteNetworkInterface", &[("NetworkInterfaceId", &interface)]);
        let kinds: [(&str, &Timings); 9] = [
            ("AttachNetworkInterface", &attach),
            ("DetachNetworkInterface", &detach),
            ("RunInstances", &run),
            ("TerminateInstances", &terminate),
            ("AuthorizeSecurityGroupIngress", &authorize),
            ("RevokeSecurityGroupIngress", &revoke),
            ("AssociateAddress, from another", &moved),
            ("CreateRoute", &routed),
            ("DeleteRoute", &unrouted),
        ];
        for (what, timings) in kinds {
            timings.row(what, present, table);
            if most {
                bars.at_most(&format!("{what}, {present} present, p50"), median(&timings.whole) * 1e3, 20.0, " ms");
                let p99 = quantile(&mut timings.whole.clone(), 0.99);
                bars.at_most(&format!("{what}, {present} present, p99"), p99 * 1e3, 100.0, " ms");
            }
        }
        bars.at_most(&format!("attach in the kernel, {present} present"), median(&attach.kernel) * 1e3, 5.0, " ms");
    }

    /// The shortest life of an instance from a shell's point of view, against the command alone.
    fn run_true(&mut self) {
        let run = ["run", "--subnet", &self.subnet, "--", "true"];
        let time = |command: &mut std::process::Command| {
            let (status, took) = timed(|| command.stdin(Stdio::null()).status().expect("it starts"));
            assert!(status.success(), "culvert run: {status}");
            took
        };
        let (mut whole, mut version, mut alone) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..SAMPLES {
            whole.push(time(&mut self.server.command(&run)));
            version.push(time(self.server.command(&["--version"]).stdout(Stdio::null())));
            alone.push(time(&mut std::process::Command::new("true")));
        }
        println!("A command in an instance of its own, started from a shell; medians of {SAMPLES}");
        let mut table = Table::new(&["", "median", "middle half ms", "p99"]);
        for (what, mut samples) in [("culvert run -- true", whole), ("culvert --version", version), ("true", alone)] {
            let in_ms: Vec<f64> = samples.iter().map(|it| it * 1e3).collect();
            let p99 = millis(quantile(&mut samples, 0.99));
            table.row(vec![what.to_owned(), millis(median(&samples)), spread(&in_ms, 1), p99]);
        }
        table.print();
    }
}

/// What was added to a histogram; not a number where nothing was.
fn part(before: Sum, after: Sum) -> f64 {
    if after.count > before.count { after.seconds - before.seconds } else { f64::NAN }
}
