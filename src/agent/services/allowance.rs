//! How much one interface may ask: what is beyond it costs us next to nothing, and others nothing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Names and metadata together, in a second: EC2's limit for an interface's packets to such addresses.
const PER_SECOND_MAX: u32 = 1024;
const SECOND: Duration = Duration::from_secs(1);

/// Counts what each source asks, one second after another.
pub struct Allowance(Mutex<Asked>);

struct Asked {
    since: Instant,
    count: HashMap<IpAddr, u32>,
}

impl Allowance {
    pub fn new() -> Allowance {
        Allowance(Mutex::new(Asked { since: Instant::now(), count: HashMap::new() }))
    }

    /// Counts one question of the source, unless it has had its share of this second.
    pub fn admits(&self, source: IpAddr) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.since.elapsed() >= SECOND {
            asked.since = Instant::now();
            asked.count.clear();
        }
        let count = asked.count.entry(source).or_insert(0);
        *count = count.saturating_add(1);
        *count <= PER_SECOND_MAX
    }
}
