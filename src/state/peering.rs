//! VPC peering connections.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, PeeringConnectionId, VpcId};
use super::{Indexes, Moment, Owner, Row};

/// A peering connection between two VPCs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeeringConnection {
    pub id: PeeringConnectionId,
    pub requester: PeeringSide,
    pub accepter: PeeringSide,
    pub status: PeeringStatus,
    pub created: Moment,
    /// When it was rejected or deleted: it is shown for a while more.
    pub ended: Option<Moment>,
}

/// One of the two VPCs, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeeringSide {
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    /// Whether public host names of this side resolve to private addresses when asked from the other.
    pub dns_resolution: bool,
}

/// Where in its life a peering connection is; only an active one passes packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeeringStatus {
    /// Expires seven days after it was requested.
    PendingAcceptance,
    Active,
    Rejected,
    /// By which side, is not remembered: EC2 shows only that.
    Deleted,
}

impl PeeringConnection {
    /// Both sides, the requester first.
    pub fn sides(&self) -> [&PeeringSide; 2] {
        [&self.requester, &self.accepter]
    }

    /// The side of this VPC, and the other one.
    pub fn seen_from(&self, vpc: VpcId) -> Option<(&PeeringSide, &PeeringSide)> {
        match (self.requester.vpc == vpc, self.accepter.vpc == vpc) {
            (true, _) => Some((&self.requester, &self.accepter)),
            (_, true) => Some((&self.accepter, &self.requester)),
            _ => None,
        }
    }
}

impl Row for PeeringConnection {
    type Key = PeeringConnectionId;

    fn key(&self) -> PeeringConnectionId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.requester.account, self.requester.region.clone()))
    }

    fn vpcs(&self, _: &Indexes) -> Vec<VpcId> {
        self.sides().map(|it| it.vpc).into()
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        for side in self.sides() {
            let owner = (side.account, side.region.clone());
            indexes.peering_connections_of_owner.set((owner, self.id), on);
            indexes.peering_connections_of_vpc.set((side.vpc, self.id), on);
        }
        if let Some(ended) = self.ended {
            indexes.ended_peering_connections.set((ended, self.id), on);
        }
    }
}
