//! How much one interface may ask: what is beyond it costs us next to nothing, and others nothing.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Names and metadata together, in a second: EC2's limit for an interface's packets to such addresses.
const PER_SECOND_MAX: usize = 1024;
const SECOND: Duration = Duration::from_secs(1);

/// Counts what each source asks, in whichever second: not in seconds one after another, of which the end of one and the
/// beginning of the next would let twice as much through at once.
pub struct Allowance(Mutex<Asked>);

struct Asked {
    /// When the silent were last forgotten.
    swept: Instant,
    /// When each source was admitted, the oldest first, of the last second and no more than it may have.
    admitted: HashMap<IpAddr, VecDeque<Instant>>,
}

impl Allowance {
    pub fn new() -> Allowance {
        Allowance(Mutex::new(Asked { swept: Instant::now(), admitted: HashMap::new() }))
    }

    /// Counts one question of the source, unless it has had its share of the second that ends now.
    pub fn admits(&self, source: IpAddr) -> bool {
        self.admits_at(source, Instant::now())
    }

    fn admits_at(&self, source: IpAddr, now: Instant) -> bool {
        let is_past = |it: &Instant| now.saturating_duration_since(*it) >= SECOND;
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_past(&asked.swept) {
            asked.swept = now;
            asked.admitted.retain(|_, times| times.back().is_some_and(|it| !is_past(it)));
        }
        let times = asked.admitted.entry(source).or_default();
        while times.pop_front_if(|it| is_past(it)).is_some() {}
        let admits = times.len() < PER_SECOND_MAX;
        if admits {
            times.push_back(now);
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const GREEDY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5));
    const MODEST: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 6));

    #[test]
    fn no_second_has_more_than_its_share_wherever_it_begins() {
        // First alone, then behind a question that came that long before.
        for before_ms in [None, Some(1), Some(500), Some(999)] {
            let allowance = Allowance::new();
            let began = Instant::now() + SECOND;
            let first = before_ms.map(|it| began - Duration::from_millis(it));
            let mut admitted: Vec<Instant> = first.into_iter().filter(|it| allowance.admits_at(GREEDY, *it)).collect();
            // Four times what it may, for three seconds.
            for at in (0..3 * 4096).map(|it| began + SECOND * it / 4096) {
                admitted.extend(Some(at).filter(|it| allowance.admits_at(GREEDY, *it)));
            }
            for since in &admitted {
                let in_second = admitted.iter().filter(|it| *since <= **it && **it < *since + SECOND).count();
                assert!(in_second <= PER_SECOND_MAX, "{in_second}");
            }
            let most = 3 * PER_SECOND_MAX;
            assert!(most <= admitted.len() && admitted.len() <= most + 1, "{} {before_ms:?}", admitted.len());
        }
    }

    #[test]
    fn a_source_takes_nothing_from_another_and_is_forgotten() {
        let allowance = Allowance::new();
        let now = Instant::now();
        assert_eq!((0..2000).filter(|_| allowance.admits_at(GREEDY, now)).count(), PER_SECOND_MAX);
        assert!(allowance.admits_at(MODEST, now));
        assert!(!allowance.admits_at(GREEDY, now + SECOND - Duration::from_millis(1)));
        assert!(allowance.admits_at(MODEST, now + SECOND));
        assert_eq!(allowance.0.lock().unwrap().admitted.len(), 1);
        assert!(allowance.admits_at(GREEDY, now + SECOND));
    }
}
