//! Subnet CIDR reservations: parts of a subnet that nobody is given without asking for them.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, SubnetId, SubnetReservationId};
use super::{Indexes, Moment, Owner, Row};
use crate::net::Prefix;

/// A reservation. Those of one subnet share no address; what interfaces held before in its range, they keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubnetReservation {
    pub id: SubnetReservationId,
    pub account: AccountId,
    pub region: Region,
    pub subnet: SubnetId,
    /// Within the subnet's block of its family.
    pub prefix: Prefix,
    pub purpose: Purpose,
    pub description: Option<String>,
    pub created: Moment,
}

/// What a range is reserved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// For prefixes of interfaces, which are taken from here before anywhere else.
    Prefixes,
    /// For addresses and prefixes that are asked for by name.
    Explicit,
}

impl Row for SubnetReservation {
    type Key = SubnetReservationId;

    fn key(&self) -> SubnetReservationId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        if on {
            indexes.reservation_of_prefix.insert((self.subnet, self.prefix), self.id);
        } else {
            indexes.reservation_of_prefix.remove(&(self.subnet, self.prefix));
        }
    }
}
