//! Public IPv4 addresses: Elastic IPs, and those that an instance is given for as long as it runs.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, AddressAssociationId, AllocationId, InterfaceId, VpcId};
use super::{Indexes, Moment, Owner, Row};

/// A public address of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    pub id: AllocationId,
    pub account: AccountId,
    pub region: Region,
    pub public: Ipv4Addr,
    /// Given to an interface by its subnet or by `AssociatePublicIpAddress`: no Elastic IP, and gone with its
    /// association.
    pub automatic: bool,
    pub association: Option<AddressAssociation>,
    pub created: Moment,
}

/// The one private address that a public one stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddressAssociation {
    pub id: AddressAssociationId,
    pub vpc: VpcId,
    pub interface: InterfaceId,
    pub private: Ipv4Addr,
}

impl Row for Address {
    type Key = AllocationId;

    fn key(&self) -> AllocationId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn vpc(&self) -> Option<VpcId> {
        self.association.as_ref().map(|it| it.vpc)
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        if on {
            indexes.address_of_public.insert(self.public, self.id);
            indexes.public_addresses.insert(self.public);
        } else {
            indexes.address_of_public.remove(&self.public);
            indexes.public_addresses.remove(self.public);
        }
        let Some(association) = &self.association else { return };
        indexes.addresses_of_vpc.set((association.vpc, self.id), on);
        indexes.addresses_of_interface.set((association.interface, self.id), on);
        if on {
            indexes.address_of_association.insert(association.id, self.id);
        } else {
            indexes.address_of_association.remove(&association.id);
        }
    }
}
