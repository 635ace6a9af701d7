//! What a Describe call with a filter costs when the tables behind it grow: the answer stays as it is, a few rows.
//!
//! Interfaces are made until there are a hundred, a thousand, ten thousand and a hundred thousand, every ten of them in
//! a security group of their own up to a thousand groups, half of them tagged. At each size the same calls are timed,
//! turn by turn, on one kept connection.

mod common;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use common::client::{Caller, one};
use common::report::{Bars, Table, median, micros};
use common::{Server, begin};

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];
const GROUPS_MAX: usize = 1_000;
/// How many interfaces a VPC gets at most: a /16 has addresses for 65,000.
const IN_VPC_MAX: usize = 50_000;
/// How many rows each call is answered with, at the most.
const WANTED: usize = 10;
const SAMPLES: usize = 60;
const FILLERS: usize = 32;
/// How much more a call may cost at the largest size than at the smallest: indexes are trees.
const GROWTH_MAX: f64 = 1.5;

fn main() -> ExitCode {
    begin("Culvert Describe: the same few rows out of tables of all sizes");
    let server = Server::start("describe");
    let mut scene = Scene::set(&server);
    let mut api = server.caller();
    let names: Vec<&str> = scene.calls().iter().map(|it| it.name).collect();
    let mut times: Vec<Vec<f64>> = names.iter().map(|_| Vec::new()).collect();
    for size in SIZES {
        let began = Instant::now();
        let before = scene.made;
        scene.fill(&server, size);
        let took = began.elapsed().as_secs_f64();
        println!(
            "{size} interfaces: {:.0} made a second; server {:.0} MiB",
            (size - before) as f64 / took,
            server.memory()
        );
        for (of, samples) in times.iter_mut().zip(sample(&mut api, &scene.calls())) {
            of.push(median(&samples));
        }
    }
    println!();

    println!("Medians of {SAMPLES} calls, signed, on one connection; at most {WANTED} rows are answered");
    let head: Vec<String> = SIZES.iter().map(usize::to_string).collect();
    let head: Vec<&str> =
        [""].into_iter().chain(head.iter().map(String::as_str)).chain(["largest to smallest"]).collect();
    let mut table = Table::new(&head);
    let mut bars = Bars::default();
    for (name, of) in names.iter().zip(&times) {
        let growth = of[SIZES.len() - 1] / of[0];
        let cells = of.iter().map(|it| micros(*it)).chain([format!("{growth:.2}")]);
        table.row(std::iter::once((*name).to_owned()).chain(cells).collect());
        bars.at_most(&format!("{name}, largest to smallest"), growth, GROWTH_MAX, "");
    }
    table.print();
    bars.judge()
}

/// One kind of call.
struct Call {
    name: &'static str,
    action: &'static str,
    params: Vec<(String, String)>,
    /// The element that each row of the answer has once, and how many rows there must be.
    row: &'static str,
    rows: usize,
}

/// Times each call in turn.
fn sample(api: &mut Caller, calls: &[Call]) -> Vec<Vec<f64>> {
    let mut samples: Vec<Vec<f64>> = calls.iter().map(|_| Vec::new()).collect();
    for turn in 0..SAMPLES + 2 {
        for (call, samples) in calls.iter().zip(&mut samples) {
            let params: Vec<_> = call.params.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
            let began = Instant::now();
            let answer = api.send("ec2", call.action, &params);
            let took = began.elapsed().as_secs_f64();
            assert_eq!(answer.status, 200, "{}: {}", call.name, answer.body);
            let rows = answer.body.matches(&format!("<{}>", call.row)).count();
            assert_eq!(rows, call.rows, "{}: {}", call.name, answer.body);
            // The first two warm up.
            if turn >= 2 {
                samples.push(took);
            }
        }
    }
    samples
}

struct Scene {
    /// One a VPC.
    subnets: Vec<String>,
    groups: Vec<String>,
    made: usize,
    wanted: Wanted,
}

/// What the calls ask for.
struct Wanted {
    vpc: String,
    subnet: String,
    group: String,
    instance: String,
    interface: String,
    mac: String,
    address: String,
}

impl Scene {
    fn set(server: &Server) -> Scene {
        let mut api = server.caller();
        Scene { subnets: Vec::new(), groups: Vec::new(), made: 0, wanted: Wanted::make(&mut api) }
    }

    /// Makes interfaces until there are so many. The first VPC is the one that calls ask for, and has all groups.
    fn fill(&mut self, server: &Server, size: usize) {
        let mut api = server.caller();
        while self.subnets.len() < size.div_ceil(IN_VPC_MAX) {
            let (vpc, block) = match self.subnets.len() {
                0 => (self.wanted.vpc.clone(), "10.70.0.0/16"),
                _ => (one(&api.call("CreateVpc", &[("CidrBlock", "10.80.0.0/16")]), "vpcId"), "10.80.0.0/16"),
            };
            self.subnets.push(one(&api.call("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", block)]), "subnetId"));
        }
        while self.groups.len() < (size / WANTED).min(GROUPS_MAX) {
            let name = format!("group-{}", self.groups.len());
            let params = [("VpcId", self.wanted.vpc.as_str()), ("GroupName", &name), ("GroupDescription", "benchmark")];
            self.groups.push(one(&api.call("CreateSecurityGroup", &params), "groupId"));
        }
        let next = Arc::new(AtomicUsize::new(self.made));
        let (subnets, groups) = (Arc::new(self.subnets.clone()), Arc::new(self.groups.clone()));
        let threads: Vec<_> = (0..FILLERS)
            .map(|_| {
                let (next, subnets, groups, mut caller) =
                    (next.clone(), subnets.clone(), groups.clone(), server.caller());
                std::thread::spawn(move || {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= size {
                            return;
                        }
                        let subnet = at / IN_VPC_MAX;
                        let value = format!("interface-{at}");
                        let mut params = vec![("SubnetId", subnets[subnet].as_str())];
                        if subnet == 0 {
                            params.push(("SecurityGroupId.1", &groups[at % groups.len()]));
                        }
                        if at % 2 == 0 {
                            params.extend([
                                ("TagSpecification.1.ResourceType", "network-interface"),
                                ("TagSpecification.1.Tag.1.Key", "Name"),
                                ("TagSpecification.1.Tag.1.Value", &value),
                            ]);
                        }
                        caller.drive("CreateNetworkInterface", &params);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("a caller ends");
        }
        self.made = size;
    }

    fn calls(&self) -> Vec<Call> {
        let it = &self.wanted;
        let call = |name, action, row, rows, filters: &[(&str, &str)]| {
            let named = |(at, (name, value)): (usize, &(&str, &str))| {
                [
                    (format!("Filter.{}.Name", at + 1), (*name).to_owned()),
                    (format!("Filter.{}.Value.1", at + 1), (*value).to_owned()),
                ]
            };
            Call { name, action, params: filters.iter().enumerate().flat_map(named).collect(), row, rows }
        };
        let interfaces = |name, rows, filters: &[(&str, &str)]| {
            call(name, "DescribeNetworkInterfaces", "sourceDestCheck", rows, filters)
        };
        let mut page = interfaces("interfaces, the first page", WANTED, &[]);
        page.params.push(("MaxResults".to_owned(), WANTED.to_string()));
        vec![
            interfaces("interfaces by network-interface-id", 1, &[("network-interface-id", &it.interface)]),
            interfaces("interfaces by group-id", WANTED, &[("group-id", &it.group)]),
            interfaces("interfaces by subnet-id", WANTED, &[("subnet-id", &it.subnet)]),
            interfaces("interfaces by private-ip-address", 1, &[("private-ip-address", &it.address)]),
            interfaces("interfaces by mac-address", 1, &[("mac-address", &it.mac)]),
            interfaces("interfaces by attachment.instance-id", 1, &[("attachment.instance-id", &it.instance)]),
            interfaces("interfaces by tag:Name", WANTED, &[("tag:Name", "wanted")]),
            interfaces("interfaces by vpc-id and tag:Name", WANTED, &[("vpc-id", &it.vpc), ("tag:Name", "wanted")]),
            interfaces("interfaces by vpc-id and group-id", WANTED, &[("vpc-id", &it.vpc), ("group-id", &it.group)]),
            page,
            call(
                "groups by vpc-id and group-name",
                "DescribeSecurityGroups",
                "groupDescription",
                1,
                &[("vpc-id", &it.vpc), ("group-name", "wanted")],
            ),
            call("groups by tag:Name", "DescribeSecurityGroups", "groupDescription", 1, &[("tag:Name", "wanted")]),
            call(
                "tags by key and value",
                "DescribeTags",
                "resourceType",
                WANTED + 1,
                &[("key", "Name"), ("value", "wanted")],
            ),
            call(
                "instances by private-ip-address",
                "DescribeInstances",
                "instanceId",
                1,
                &[("private-ip-address", &it.address)],
            ),
        ]
    }
}

impl Wanted {
    /// Ten interfaces in a subnet, a group and a tag of their own; one of them is an instance's.
    fn make(api: &mut Caller) -> Wanted {
        let vpc = one(&api.call("CreateVpc", &[("CidrBlock", "10.69.0.0/16")]), "vpcId");
        api.call("AssociateVpcCidrBlock", &[("VpcId", &vpc), ("CidrBlock", "10.70.0.0/16")]);
        let subnet = one(&api.call("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", "10.69.1.0/24")]), "subnetId");
        let params = [
            ("VpcId", vpc.as_str()),
            ("GroupName", "wanted"),
            ("GroupDescription", "benchmark"),
            ("TagSpecification.1.ResourceType", "security-group"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", "wanted"),
        ];
        let group = one(&api.call("CreateSecurityGroup", &params), "groupId");
        let tagged = [
            ("TagSpecification.1.ResourceType", "network-interface"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", "wanted"),
        ];
        for _ in 1..WANTED {
            let place = [("SubnetId", subnet.as_str()), ("SecurityGroupId.1", &group)];
            api.call("CreateNetworkInterface", &[&place[..], &tagged].concat());
        }
        let image = one(&api.call("DescribeImages", &[]), "imageId");
        let place = [
            ("ImageId", image.as_str()),
            ("MinCount", "1"),
            ("MaxCount", "1"),
            ("SubnetId", &subnet),
            ("SecurityGroupId.1", &group),
        ];
        let answer = api.call("RunInstances", &[&place[..], &tagged].concat());
        Wanted {
            instance: one(&answer, "instanceId"),
            interface: one(&answer, "networkInterfaceId"),
            mac: one(&answer, "macAddress"),
            address: one(&answer, "privateIpAddress"),
            vpc,
            subnet,
            group,
        }
    }
}
