//! Whether the internet gateways of an account pass anything: for all its VPCs in a region, with exclusions.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, BlockPublicAccessExclusionId, SubnetId, VpcId};
use super::index::Least;
use super::{Indexes, Moment, Owner, Row, State};

/// What internet gateways and egress-only gateways let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockMode {
    /// Everything that routes and filters admit.
    Off,
    /// Nothing.
    Bidirectional,
    /// Only what begins inside: NAT gateways and egress-only gateways work on.
    Ingress,
}

/// What an account has set for a region; without it nothing is blocked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockPublicAccess {
    pub account: AccountId,
    pub region: Region,
    pub mode: BlockMode,
    pub updated: Moment,
}

/// A VPC or a subnet for which less is blocked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockPublicAccessExclusion {
    pub id: BlockPublicAccessExclusionId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    /// Absent for the whole VPC.
    pub subnet: Option<SubnetId>,
    pub mode: ExclusionMode,
    pub created: Moment,
    pub updated: Option<Moment>,
}

/// What passes in spite of the account's mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExclusionMode {
    Bidirectional,
    /// What begins inside.
    Egress,
}

/// What passes between a VPC or a subnet and the world outside, as far as block public access goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicAccess {
    Open,
    /// What begins inside, and what answers it.
    Outward,
    /// The same, by NAT gateways and egress-only gateways alone.
    ByOutwardGateways,
    Closed,
}

impl State {
    /// What is left of public access for a VPC, or for one of its subnets. An exclusion of the subnet counts before one
    /// of the VPC.
    pub fn public_access(&self, vpc: VpcId, subnet: Option<SubnetId>) -> PublicAccess {
        let Some(row) = self.vpcs.get(&vpc) else { return PublicAccess::Open };
        let Some(set) = self.block_public_access.get(&(row.account, row.region.clone())) else {
            return PublicAccess::Open;
        };
        let exclusions = &self.indexes.block_public_access_exclusions;
        let own = subnet.and_then(|it| exclusions.get(&(vpc, Some(it))));
        let exclusion = own.or_else(|| exclusions.get(&(vpc, None)));
        let excluded = exclusion.and_then(|it| self.block_public_access_exclusions.get(it)).map(|it| it.mode);
        match (set.mode, excluded) {
            (BlockMode::Off, _) | (_, Some(ExclusionMode::Bidirectional)) => PublicAccess::Open,
            (BlockMode::Bidirectional, None) => PublicAccess::Closed,
            (BlockMode::Bidirectional, Some(ExclusionMode::Egress)) => PublicAccess::Outward,
            // An exclusion for what goes out "only applies when VPC Block Public Access is set to Bidirectional".
            (BlockMode::Ingress, None | Some(ExclusionMode::Egress)) => PublicAccess::ByOutwardGateways,
        }
    }
}

impl Row for BlockPublicAccess {
    type Key = Owner;

    fn key(&self) -> Owner {
        (self.account, self.region.clone())
    }

    fn owner(&self) -> Option<Owner> {
        Some(self.key())
    }

    fn vpcs(&self, indexes: &Indexes) -> Vec<VpcId> {
        let owner = self.key();
        let first = (owner.clone(), VpcId::LEAST);
        indexes.vpcs_of_owner.from(first).take_while(|it| it.0 == owner).map(|it| it.1).collect()
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}

impl Row for BlockPublicAccessExclusion {
    type Key = BlockPublicAccessExclusionId;

    fn key(&self) -> BlockPublicAccessExclusionId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn vpc(&self) -> Option<VpcId> {
        Some(self.vpc)
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        let excluded = (self.vpc, self.subnet);
        if on {
            indexes.block_public_access_exclusions.insert(excluded, self.id);
        } else {
            indexes.block_public_access_exclusions.remove(&excluded);
        }
    }
}
