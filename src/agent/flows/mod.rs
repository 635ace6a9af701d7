//! Flow logs: what the routers have counted becomes records in files.
//!
//! Counts only grow; a record tells by how much since the record before. So nothing is lost while nobody looks, and
//! what was told is written down in one step with the record (`files`). A thread of its own looks every few seconds;
//! before a pass takes anything away that counts, the pass has it look at once.

mod files;
mod source;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use imbl::OrdMap;

use super::space::Site;
use crate::plan::config::LinkName;
use crate::plan::flow::{self, Counted, Decision, Record, Seen};
use crate::state::State;
use crate::state::flow_log::FlowLog;
use crate::state::id::{FlowLogId, InterfaceId, VpcId};
use crate::state::network_interface::NetworkInterface;
use files::{Files, Place};
use source::{Growth, Source, Told};

/// How often counts become records. AWS takes a minute at the least, and publishes minutes later.
const PERIOD: Duration = Duration::from_secs(4);
/// States in which it is looked up by whom packets passed: that many may come between two looks.
const STATES_MAX: usize = 256;

/// The flow logs of one node. What was counted last is written when this is dropped.
pub struct Flows {
    collector: Arc<Mutex<Collector>>,
    /// The states that passes have realised since the last look, the one at that look first.
    states: Arc<Mutex<Vec<Arc<State>>>>,
    known: OrdMap<VpcId, Arc<Counted>>,
    thread: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Flows {
    /// Starts to look. Records are kept under `data_dir`, `most` bytes of them.
    pub fn start(site: Arc<Site>, data_dir: &Path, most: u64) -> std::io::Result<Flows> {
        let files = Files::open(data_dir, &site.tag, most);
        let told = files.recover().unwrap_or_else(|error| {
            tracing::error!(%error, "what flow logs have told is not known: it may be told again");
            None
        });
        let states = Arc::<Mutex<Vec<Arc<State>>>>::default();
        let collector = Collector {
            site,
            files,
            told: told.unwrap_or_default(),
            links: BTreeMap::new(),
            sources: BTreeMap::new(),
            states: states.clone(),
            removed: false,
            quiet: BTreeMap::new(),
        };
        let collector = Arc::new(Mutex::new(collector));
        let (stop, stopped) = mpsc::channel();
        let shared = collector.clone();
        let thread = std::thread::Builder::new().name("flows".to_owned()).spawn(move || {
            while stopped.recv_timeout(PERIOD) == Err(mpsc::RecvTimeoutError::Timeout) {
                let mut collector = lock(&shared);
                if collector.collect() {
                    collector.remove_idle();
                }
            }
            lock(&shared).collect();
        })?;
        Ok(Flows { collector, states, known: OrdMap::new(), thread: Some((stop, thread)) })
    }

    /// Before a pass: where it takes away what is counted, all that was counted is told first.
    pub fn before(&mut self, want: &OrdMap<VpcId, Arc<Counted>>) {
        if self.loses(want) {
            lock(&self.collector).collect();
        }
    }

    /// Whether a link or a log goes.
    fn loses(&self, want: &OrdMap<VpcId, Arc<Counted>>) -> bool {
        self.known.iter().any(|(vpc, known)| {
            let Some(want) = want.get(vpc) else { return true };
            let link = |it: &LinkName| !want.links.contains_key(it);
            !Arc::ptr_eq(known, want)
                && (known.links.keys().any(link) || known.logs.iter().any(|it| !want.logs.contains(it)))
        })
    }

    /// After a pass: from now on this is counted, and this state says by whom packets pass.
    pub fn after(&mut self, want: &OrdMap<VpcId, Arc<Counted>>, state: &Arc<State>) {
        if self.known.is_empty() && want.is_empty() {
            return;
        }
        let mut states = lock(&self.states);
        if states.last().is_none_or(|it| !Arc::ptr_eq(it, state)) {
            states.push(state.clone());
            if states.len() > STATES_MAX {
                states.remove(0);
            }
        }
        drop(states);
        if self.known != *want {
            lock(&self.collector).hold(want, self.loses(want));
            self.known.clone_from(want);
        }
    }
}

impl Drop for Flows {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            drop(stop);
            thread.join().ok();
        }
    }
}

/// What is behind a lock is whole after a panic too: it is changed by assignments alone.
fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes records of counts.
struct Collector {
    site: Arc<Site>,
    files: Files,
    told: Told,
    /// What is counted, and what was counted at the look before.
    links: BTreeMap<VpcId, BTreeMap<LinkName, InterfaceId>>,
    sources: BTreeMap<VpcId, Source>,
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
    addresses: (std::net::IpAddr, std::net::IpAddr),
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

impl Collector {
    /// From now on this is counted.
    fn hold(&mut self, want: &OrdMap<VpcId, Arc<Counted>>, loses: bool) {
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
    fn collect(&mut self) -> bool {
        let mut states = lock(&self.states).clone();
        if self.links.is_empty() || states.is_empty() {
            return false;
        }
        let now = seconds_now();
        let mut growths = Vec::new();
        let mut told = self.told.clone();
        for (vpc, links) in &self.links {
            let grown = source::look(&self.site, &mut self.sources, *vpc, links, &mut told);
            match grown {
                Ok(grown) => growths.push((*vpc, grown)),
                Err(error) => tracing::error!(%vpc, %error, "what its flow logs have counted cannot be read"),
            }
        }
        states.reverse();
        let start = if told.at == 0 { now } else { told.at.min(now) };
        let texts = self.texts(&states, &growths, &mut told, start, now);
        told.at = now;
        let grown = growths.iter().any(|(_, it)| !it.is_empty());
        let told_of = !texts.is_empty() || grown || self.removed;
        if told_of && let Err(error) = self.files.write(&texts, &told) {
            // What was not told grows on, and is told later.
            tracing::error!(%error, "flow log records cannot be written");
            return false;
        }
        self.told = told;
        let mut states = lock(&self.states);
        let newest = states.len().saturating_sub(1);
        states.drain(..newest);
        drop(states);
        self.removed = false;
        true
    }

    /// Takes out of the kernel what nothing has been counted of for a while.
    fn remove_idle(&mut self) {
        for (vpc, source) in &mut self.sources {
            match source.remove_idle(&self.site, *vpc, &mut self.told) {
                Ok(any) => self.removed |= any,
                // They may have gone with all that counts.
                Err(error) => tracing::debug!(%vpc, %error, "idle counts of flow logs stay"),
            }
        }
    }

    /// The lines of all logs, by where they go. `states` has the newest first.
    fn texts(
        &mut self,
        states: &[Arc<State>],
        growths: &[(VpcId, Vec<Growth>)],
        told: &mut Told,
        start: i64,
        now: i64,
    ) -> BTreeMap<Place, String> {
        let mut sums: BTreeMap<Line, Sum<'_>> = BTreeMap::new();
        let mut skipped = Vec::new();
        let mut busy = std::collections::BTreeSet::new();
        for (vpc, growths) in growths {
            let Some(links) = self.links.get(vpc) else { continue };
            for growth in growths {
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
        for ((log, interface), since) in &mut self.quiet {
            if busy.contains(interface) {
                *since = now;
                continue;
            }
            let found = find(states, *interface);
            let Some((log, (_, row))) = states[0].flow_logs.get(log).zip(found) else { continue };
            if now - *since >= i64::from(log.interval) && log.covers(row) {
                write(log, *interface, flow::empty(log, row, *since, now, "NODATA"));
                *since = now;
            }
        }
        texts
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
