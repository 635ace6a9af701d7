//! Flow logs: what the routers have counted becomes records in files.
//!
//! Counts only grow; a record tells by how much since the record before. So nothing is lost while nobody looks, and
//! what was told is written down in one step with the record (`files`). A thread of its own looks (`collector`) every
//! few seconds; before a pass takes anything away that counts, the pass has it look at once.

mod collector;
mod files;
mod source;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use imbl::OrdMap;

use super::space::Site;
use crate::plan::config::LinkName;
use crate::plan::flow::Counted;
use crate::state::State;
use crate::state::id::VpcId;
use collector::Collector;
use files::Files;

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
        let states = Arc::<Mutex<Vec<Arc<State>>>>::default();
        let collector = Arc::new(Mutex::new(Collector::new(site, files, states.clone())));
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
