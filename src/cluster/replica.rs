//! The replicated state: applies entries to a [`State`] and hands each new one to whoever watches.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Applied, Machine, Undecodable};
use crate::state::{Effect, Entry, State, check};

/// The format of payloads and snapshots. Rows are written with the names of their members, so that a release can add
/// members with a default and read what an older one wrote.
const FORMAT: u8 = 1;

/// In debug builds every state that a batch of entries leaves is checked whole, as long as it is small.
const CHECKED_ROWS_MAX: usize = 200;

/// The state machine of this server.
pub(crate) struct Replica {
    states: watch::Sender<Arc<State>>,
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    revision: u64,
    rows: Vec<Effect>,
}

impl Replica {
    /// Starts empty.
    pub(crate) fn new() -> Replica {
        Replica { states: watch::Sender::new(Arc::new(State::default())) }
    }

    /// The newest state, and a way to learn of newer ones.
    pub(crate) fn watch(&self) -> watch::Receiver<Arc<State>> {
        self.states.subscribe()
    }

    /// The bytes that replicate an entry.
    pub(crate) fn payload(entry: &Entry) -> Vec<u8> {
        encode(entry)
    }
}

impl Machine for Replica {
    fn apply(&self, index: u64, payload: &[u8]) -> Applied {
        let entry: Entry = decode(payload).unwrap_or_else(|error| panic!("log entry {index} does not decode: {error}"));
        let current = self.states.borrow().clone();
        let Ok(next) = current.after(&entry) else { return Applied::Stale };
        self.states.send_replace(Arc::new(next));
        Applied::Accepted
    }

    fn settle(&self, index: u64) {
        let state = self.states.borrow().clone();
        let rows_len = state.network_interfaces.len() + state.security_groups.len() + state.security_group_rules.len();
        if cfg!(debug_assertions) && rows_len <= CHECKED_ROWS_MAX {
            assert_eq!(check::broken(&state), Vec::<String>::new(), "after log entry {index}");
        }
    }

    fn snapshot(&self) -> Box<dyn FnOnce() -> Vec<u8> + Send> {
        let state = self.states.borrow().clone();
        Box::new(move || encode(&Snapshot { revision: state.revision, rows: state.effects().collect() }))
    }

    fn restore(&self, snapshot: &[u8]) -> Result<(), Undecodable> {
        let snapshot: Snapshot = decode(snapshot).map_err(|reason| Undecodable { reason })?;
        self.states.send_replace(Arc::new(State::restored(snapshot.revision, &snapshot.rows)));
        Ok(())
    }
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    rmp_serde::encode::write_named(&mut bytes, value).expect("rows of plain values always encode");
    bytes
}

fn decode<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, String> {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => rmp_serde::from_slice(rest).map_err(|error| error.to_string()),
        Some((other, _)) => Err(format!("format {other} is not known to this release")),
        None => Err("it is empty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::account::Account;
    use crate::state::id::AccountId;
    use crate::state::{Moment, Stamp, Tx};

    #[test]
    fn a_snapshot_restores_the_same_rows_and_indexes() {
        let mut tx = Tx::new(State::default(), Stamp { now: Moment(1), seed: [7; 32] });
        let id = AccountId::from_number(1);
        tx.put(Account { id, name: "one".to_owned(), root: true, created: Moment(1) });
        let entry = Entry { base: 0, effects: tx.finish().1, audit: Vec::new() };
        let replica = Replica::new();
        assert_eq!(replica.apply(1, &Replica::payload(&entry)), Applied::Accepted);
        assert_eq!(replica.apply(2, &Replica::payload(&entry)), Applied::Stale, "the same entry twice");

        let other = Replica::new();
        other.restore(&replica.snapshot()()).expect("a snapshot of our own");
        let (restored, original) = (other.states.borrow().clone(), replica.states.borrow().clone());
        assert_eq!(restored.revision, original.revision);
        assert!(restored.effects().eq(original.effects()));
        assert_eq!(check::broken(&restored), Vec::<String>::new());
    }
}
