//! One call's changes, made on a working copy of State.
//!
//! Dropping a `Tx` undoes everything; there is no other undo. Time and randomness come from the `Tx`, so that a
//! handler is a function of what it is given.

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use super::id::Id;
use super::{Change, Effect, Moment, State, Stored};

/// The time and the entropy of a call.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    pub now: Moment,
    pub seed: [u8; 32],
}

/// A working copy of State, with the effects that made it differ.
pub struct Tx {
    state: State,
    effects: Vec<Effect>,
    now: Moment,
    random: StdRng,
}

impl Tx {
    /// Starts from `state`.
    pub fn new(state: State, stamp: Stamp) -> Tx {
        Tx { state, effects: Vec::new(), now: stamp.now, random: StdRng::from_seed(stamp.seed) }
    }

    /// The state as changed so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The time of the call.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// The revision that this call's effects will make.
    pub fn revision(&self) -> u64 {
        self.state.revision + 1
    }

    /// A fresh id.
    pub fn mint<I: Id>(&mut self) -> I {
        I::from_number(self.random.random::<u128>())
    }

    /// Fresh random bytes.
    pub fn entropy<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill_bytes(&mut bytes);
        bytes
    }

    /// The row with this key.
    pub fn get<R: Stored>(&self, key: &R::Key) -> Option<Arc<R>> {
        R::table(&self.state).get(key).cloned()
    }

    /// Adds the row, or replaces the one with its key.
    pub fn put<R: Stored>(&mut self, row: R) {
        if R::table(&self.state).get(&row.key()).is_some_and(|old| **old == row) {
            return;
        }
        self.make(R::effect(Change::Put(row)));
    }

    /// Removes the row with this key, if it is there.
    pub fn remove<R: Stored>(&mut self, key: R::Key) {
        if R::table(&self.state).get(&key).is_some() {
            self.make(R::effect(Change::Remove(key)));
        }
    }

    fn make(&mut self, effect: Effect) {
        let revision = self.revision();
        self.state.apply(&effect, revision);
        self.effects.push(effect);
    }

    /// The state as changed, and what changed it.
    pub fn finish(self) -> (State, Vec<Effect>) {
        (self.state, self.effects)
    }
}
