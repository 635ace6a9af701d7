//! Looks at what the routers have counted, and tells it.
//!
//! What a look cannot write down is not told: the counts go on, and the next look tells what both have found.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use imbl::OrdMap;

use super::files::{self, Files, Place};
use super::lock;
use super::source::{self, Growth, Source, Told};
use crate::agent::space::Site;
use crate::plan::config::LinkName;
use crate::plan::flow::{self, Counted, Decision, Record, Seen};
use crate::state::State;
use crate::state::flow_log::FlowLog;
use crate::state::id::{FlowLogId, InterfaceId, VpcId};
use crate::state::network_interface::NetworkInterface;

/// Makes records of counts.
pub struct Collector {
    site: Arc<Site>,
    files: Files,
    told: Told,
    /// What is counted, and what was counted at the look before.
    links: BTreeMap<VpcId, BTreeMap<LinkName, InterfaceId>>,
    sources: BTreeMap<VpcId, Source>,
    /// What has grown and cannot be read again: it stays until it is told.
    left: Vec<(VpcId, Growth)>,
    states: Arc<Mutex<Vec<Arc<State>>>>,
    /// Whether counts were taken out of the kernel since the files were written to last.
    removed: bool,
    /// Since when there is nothing to tell of an interface, in seconds since 1970.
    quiet: BTreeMap<(FlowLogId, InterfaceId), i64>,
}

/// What becomes one line in each of its logs: flows that a record cannot tell apart are one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    interface: InterfaceId,
    leaves: bool,
    addresses: (IpAddr, IpAddr),
    protocol: u8,
    ports: (u16, u16),
    accepted: bool,
    by: Option<String>,
}

/// What is told in a line.
struct Sum<'a> {
    state: &'a State,
    interface: &'a NetworkInterface,
    seen: Seen,
    decision: Decision,
    packets: u64,
    bytes: u64,
    flags: u8,
}

/// What one look tells.
struct Looked {
    /// The lines of all logs, by where they go.
    texts: BTreeMap<Place, String>,
    /// The interfaces that were not quiet, or of which it is told that they were.
    heard: Vec<(FlowLogId, InterfaceId)>,
}

impl Collector {
    /// Goes on where the files say that counting had come to. `states` are those in which it is looked up by whom
    /// packets passed, the newest last.
    pub fn new(site: Arc<Site>, files: Files, states: Arc<Mutex<Vec<Arc<State>>>>) -> Collector {
        let told = files.recover().unwrap_or_else(|error| {
            tracing::error!(%error, "what flow logs have told is not known: it may be told again");
            None
        });
        Collector {
            site,
            files,
            told: told.unwrap_or_default(),
            links: BTreeMap::new(),
            sources: BTreeMap::new(),
            left: Vec::new(),
            states,
            removed: false,
            quiet: BTreeMap::new(),
        }
    }

    /// From now on this is counted.
    pub fn hold(&mut self, want: &OrdMap<VpcId, Arc<Counted>>, loses: bool) {
        if self.links.is_empty() {
            self.told.at = seconds_now();
        }
        if loses {
            // The last of what is not counted any more, as long as it is known whose it was; and of what is since the pass.
            for (vpc, counted) in want {
                self.links.entry(*vpc).or_default().extend(counted.links.clone());
            }
            self.collect();
        }
        self.links = want.iter().map(|(vpc, counted)| (*vpc, counted.links.clone())).collect();
        self.sources.retain(|vpc, _| want.contains_key(vpc));
        self.told.forget_all_but(|vpc| want.contains_key(vpc));
        let now = seconds_now();
        let quiet = std::mem::take(&mut self.quiet);
        for counted in want.values() {
            for log in &counted.logs {
                for interface in counted.links.values() {
                    let key = (*log, *interface);
                    self.quiet.insert(key, quiet.get(&key).copied().unwrap_or(now));
                }
            }
        }
    }

    /// Tells what was counted since the last look. Says whether it did.
    pub fn collect(&mut self) -> bool {
        let mut states = lock(&self.states).clone();
        if self.links.is_empty() || states.is_empty() {
            return false;
        }
        let now = seconds_now();
        let mut growths = Vec::new();
        let mut told = self.told.clone();
        for (vpc, links) in &self.links {
            let grown = source::look(&self.site, &mut self.sources, &mut self.left, *vpc, links, &mut told);
            match grown {
                Ok(grown) => growths.extend(grown.into_iter().map(|it| (*vpc, it))),
                Err(error) => tracing::error!(%vpc, %error, "what its flow logs have counted cannot be read"),
            }
        }
        states.reverse();
        let start = if told.at == 0 { now } else { told.at.min(now) };
        let looked = self.looked(&states, &growths, &mut told, start, now);
        told.at = now;
        let grown = !growths.is_empty() || !self.left.is_empty();
        let told_of = !looked.texts.is_empty() || grown || self.removed;
        if told_of && let Err(error) = self.files.write(&looked.texts, &told) {
            // What was not told grows on, and is told later.
            tracing::error!(%error, "flow log records cannot be written");
            return false;
        }
        self.told = told;
        self.left.clear();
        self.quiet.extend(looked.heard.into_iter().map(|it| (it, now)));
        let mut states = lock(&self.states);
        let newest = states.len().saturating_sub(1);
        states.drain(..newest);
        drop(states);
        self.removed = false;
        true
    }

    /// Takes out of the kernel what nothing has been counted of for a while.
    pub fn remove_idle(&mut self) {
        for (vpc, source) in &mut self.sources {
            match source.remove_idle(&self.site, &mut self.left, *vpc, &mut self.told) {
                Ok(any) => self.removed |= any,
                // They may have gone with all that counts.
                Err(error) => tracing::debug!(%vpc, %error, "idle counts of flow logs stay"),
            }
        }
    }

    /// What is told of what has grown, and of what was left. `states` has the newest first.
    fn looked(
        &self,
        states: &[Arc<State>],
        growths: &[(VpcId, Growth)],
        told: &mut Told,
        start: i64,
        now: i64,
    ) -> Looked {
        let mut sums: BTreeMap<Line, Sum<'_>> = BTreeMap::new();
        let mut skipped = Vec::new();
        let mut busy = BTreeSet::new();
        for (vpc, growth) in self.left.iter().chain(growths) {
            let Some(links) = self.links.get(vpc) else { continue };
            let Some((state, interface)) = links.get(growth.link()).and_then(|it| find(states, *it)) else {
                continue;
            };
            busy.insert(interface.id);
            let Growth::Flow { seen, packets, bytes, key } = growth else {
                skipped.push((state, interface));
                continue;
            };
            let Some(decision) = decide(states, interface, seen, told.by(*vpc, key)) else { continue };
            told.remember(*vpc, key, &decision);
            let line = Line {
                interface: interface.id,
                leaves: seen.leaves,
                addresses: (seen.source, seen.destination),
                protocol: seen.protocol(),
                ports: seen.ports(),
                accepted: decision.accepted,
                by: decision.by.clone(),
            };
            let sum = sums.entry(line).or_insert_with(|| Sum {
                state,
                interface,
                seen: seen.clone(),
                decision,
                packets: 0,
                bytes: 0,
                flags: 0,
            });
            sum.packets += *packets;
            sum.bytes += *bytes;
            sum.flags |= flow::told(seen.flags);
        }

        let mut texts: BTreeMap<Place, String> = BTreeMap::new();
        let mut write = |log: &FlowLog, interface: InterfaceId, line: String| {
            *texts.entry(files::place(log, interface, now)).or_default() += &line;
        };
        for sum in sums.values() {
            let record = Record {
                interface: sum.interface,
                seen: &sum.seen,
                decision: &sum.decision,
                packets: sum.packets,
                bytes: sum.bytes,
                flags: sum.flags,
                start,
                end: now,
            };
            let accepted = sum.decision.accepted;
            for log in logs(sum.state, sum.interface).filter(|it| it.traffic.includes(accepted)) {
                write(log, sum.interface.id, flow::line(sum.state, log, &record));
            }
        }
        for (state, interface) in skipped {
            for log in logs(state, interface) {
                write(log, interface.id, flow::empty(log, interface, start, now, "SKIPDATA"));
            }
        }
        let mut heard = Vec::new();
        for (key @ (log, interface), since) in &self.quiet {
            if busy.contains(interface) {
                heard.push(*key);
                continue;
            }
            let found = find(states, *interface);
            let Some((log, (_, row))) = states[0].flow_logs.get(log).zip(found) else { continue };
            if now - *since >= i64::from(log.interval) && log.covers(row) {
                write(log, *interface, flow::empty(log, row, *since, now, "NODATA"));
                heard.push(*key);
            }
        }
        Looked { texts, heard }
    }
}

/// The flow logs that cover an interface.
fn logs<'a>(state: &'a State, interface: &'a NetworkInterface) -> impl Iterator<Item = &'a Arc<FlowLog>> {
    state.flow_logs_of_vpc(interface.vpc).filter(|it| it.covers(interface))
}

/// The interface as the newest state has it that knows it.
fn find(states: &[Arc<State>], id: InterfaceId) -> Option<(&State, &NetworkInterface)> {
    states.iter().find_map(|it| Some((it.as_ref(), it.network_interfaces.get(&id)?.as_ref())))
}

/// By whom packets passed or did not: as the newest state has it that can name it. What admitted a flow once is
/// remembered, since the flow may outlive it.
fn decide(states: &[Arc<State>], interface: &NetworkInterface, seen: &Seen, before: Option<&str>) -> Option<Decision> {
    let mut unnamed = None;
    for state in states {
        let row = state.network_interfaces.get(&interface.id).map_or(interface, AsRef::as_ref);
        let decision = flow::decided(state, row, seen)?;
        if decision.by.is_some() {
            return Some(decision);
        }
        unnamed = unnamed.or(Some(decision));
    }
    unnamed.map(|it| Decision { by: it.by.or_else(|| before.filter(|_| it.accepted).map(str::to_owned)), ..it })
}

fn seconds_now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ec2::fixture::{World, text};

    /// A VPC with an interface, what is counted of it, and a collector that tells it to files of its own.
    fn scene(name: &str) -> (Collector, VpcId, (FlowLogId, InterfaceId), std::path::PathBuf) {
        let mut world = World::new();
        let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
        let subnet = world.ok("CreateSubnet", &[("CidrBlock", "10.0.0.0/24"), ("VpcId", &vpc)]);
        world.ok("CreateNetworkInterface", &[("SubnetId", text(&subnet, "subnetId"))]);
        let destination = [("LogDestinationType", "s3"), ("LogDestination", "arn:aws:s3:::flows")];
        let log =
            [("ResourceType", "VPC"), ("ResourceId.1", &vpc), ("TrafficType", "ALL"), ("LogFormat", "${log-status}")];
        world.ok("CreateFlowLogs", &[&log[..], &destination, &[("MaxAggregationInterval", "60")]].concat());
        let interface = world.state.network_interfaces.iter().next().expect("it was made").id;
        let log = world.state.flow_logs.iter().next().expect("it was made").id;

        let directory = std::env::temp_dir().join(format!("culvert-collector-{}-{name}", std::process::id()));
        let tag = "00c0ffee".to_owned();
        let files = Files::open(&directory, &tag, 1 << 20);
        let site = Site { tag, directory: directory.clone(), removals: Mutex::default() };
        let mut collector = Collector::new(Arc::new(site), files, Arc::new(Mutex::new(vec![Arc::new(world.state)])));
        let vpc = vpc.parse().expect("an id");
        collector.links.insert(vpc, [("eni-1".to_owned(), interface)].into());
        (collector, vpc, (log, interface), directory)
    }

    /// How often the records under a directory say so.
    fn told(directory: &std::path::Path, status: &str) -> usize {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let count = |it: fs::DirEntry| match it.path() {
            path if path.is_dir() => told(&path, status),
            path => fs::read_to_string(path).expect("text").lines().filter(|it| *it == status).count(),
        };
        entries.map(count).sum()
    }

    /// Looks while nothing can be written, and then twice while it can: what was to be told is told once.
    fn check(mut collector: Collector, directory: &std::path::Path, status: &str) {
        let (kept, blocked) = (directory.join("flow-logs/s3"), directory.join("flow-logs/.counted"));
        fs::create_dir_all(&blocked).expect("a place for tests");
        assert!(!collector.collect());
        assert_eq!(told(&kept, status), 0);
        fs::remove_dir(&blocked).expect("nobody has written there");
        for _ in 0..2 {
            assert!(collector.collect());
            assert_eq!(told(&kept, status), 1);
        }
        fs::remove_dir_all(directory).expect("it is the test's own");
    }

    #[test]
    fn what_cannot_be_read_again_waits_until_it_can_be_written_down() {
        let (mut collector, vpc, _, directory) = scene("left");
        collector.left.push((vpc, Growth::Skipped { link: "eni-1".to_owned() }));
        check(collector, &directory, "SKIPDATA");
    }

    #[test]
    fn that_an_interface_was_quiet_waits_until_it_can_be_written_down() {
        let (mut collector, _, key, directory) = scene("quiet");
        collector.quiet.insert(key, seconds_now() - 60);
        check(collector, &directory, "NODATA");
    }
}
