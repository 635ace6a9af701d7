//! VPC peering connections.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, PeeringConnectionId, VpcId};
use super::{Indexes, Moment, Owner, Row};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A peering connection between two VPCs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeeringConnection {
    pub id: PeeringConnectionId,
    pub requester: PeeringSide,
    pub accepter: PeeringSide,
    /// As it was left; see [`PeeringConnection::status_at`].
    pub status: PeeringStatus,
    pub created: Moment,
    /// When it failed, was rejected or deleted: it is shown for a while more.
    pub ended: Option<Moment>,
    /// Who rejected or deleted it.
    #[serde(default)]
    pub ended_by: Option<AccountId>,
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
    Deleted,
    /// The other VPC does not exist, or the two overlap.
    Failed,
    /// Nobody accepted it in time. It follows from the time; a row says so only once one of its VPCs is gone.
    Expired,
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

    /// When a request that nobody has accepted expires.
    pub fn expiry(&self) -> Moment {
        Moment(self.created.0 + 7 * DAY_MS)
    }

    pub fn status_at(&self, now: Moment) -> PeeringStatus {
        match self.status {
            PeeringStatus::PendingAcceptance if now >= self.expiry() => PeeringStatus::Expired,
            status => status,
        }
    }

    /// Until when an owner of one of the VPCs sees the connection, if not forever: the times are those of the peering
    /// guide, "VPC peering connection lifecycle".
    pub fn seen_until(&self, account: AccountId) -> Option<Moment> {
        let ended = self.ended.unwrap_or(self.expiry()).0;
        let [long, short] = [2 * DAY_MS, 2 * HOUR_MS].map(|it| Some(Moment(ended + it)));
        let own = self.requester.account == self.accepter.account;
        match self.status {
            PeeringStatus::Active => None,
            PeeringStatus::PendingAcceptance | PeeringStatus::Expired => long,
            PeeringStatus::Failed => short,
            PeeringStatus::Rejected | PeeringStatus::Deleted if own || self.ended_by == Some(account) => short,
            PeeringStatus::Rejected | PeeringStatus::Deleted => long,
        }
    }

    /// Whether an owner sees the connection: it has one of the VPCs, and the connection has not ended long ago.
    pub fn is_seen_by(&self, owner: &Owner, now: Moment) -> bool {
        let has_side = self.concerned().any(|it| it.account == owner.0 && it.region == owner.1);
        has_side && self.seen_until(owner.0).is_none_or(|until| now < until)
    }

    /// The sides that the connection concerns: a request that failed never reached the other VPC, which may not exist.
    pub fn concerned(&self) -> impl Iterator<Item = &PeeringSide> {
        let reached = self.status != PeeringStatus::Failed;
        std::iter::once(&self.requester).chain(Some(&self.accepter).filter(|_| reached))
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
        self.concerned().map(|it| it.vpc).collect()
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        for side in self.concerned() {
            let owner = (side.account, side.region.clone());
            indexes.peering_connections_of_owner.set((owner, self.id), on);
            indexes.peering_connections_of_vpc.set((side.vpc, self.id), on);
        }
        if let Some(gone) = self.concerned().filter_map(|it| self.seen_until(it.account)).max() {
            indexes.ended_peering_connections.set((gone, self.id), on);
        }
    }
}
