//! How the operator has set up the cluster, as far as handlers and the planner must know.

use serde::{Deserialize, Serialize};

use super::{Indexes, Row, State};
use crate::net::Ipv4Net;

/// The one row of settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Where public addresses are taken from; without a block there are none.
    pub public_pools: Vec<Ipv4Net>,
    /// Whether AWS's default quotas hold.
    pub quotas: bool,
}

impl Row for Settings {
    type Key = ();

    fn key(&self) {}

    fn index(&self, _: &mut Indexes, _: bool) {}
}

impl State {
    /// Whether AWS's default quotas hold.
    pub fn has_quotas(&self) -> bool {
        self.settings.get(&()).is_some_and(|it| it.quotas)
    }
}
