//! Network ACLs: stateless, ordered filters at the edge of a subnet.

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, NetworkAclAssociationId, NetworkAclId, SubnetId, VpcId};
use super::{Indexes, Moment, Row, belongs};
use crate::net::{Prefix, Span};

/// A network ACL. The final deny entries (`*`) are not stored: every ACL has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkAcl {
    pub id: NetworkAclId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub default: bool,
    /// Ordered by direction and number.
    pub entries: Vec<NetworkAclEntry>,
    pub created: Moment,
}

/// One numbered entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkAclEntry {
    pub egress: bool,
    /// 1 to 32766.
    pub number: u16,
    /// The IP protocol; absent means every protocol.
    pub protocol: Option<u8>,
    pub allow: bool,
    pub prefix: Prefix,
    pub ports: Option<Span>,
    /// ICMP type and code; -1 is every one.
    pub icmp: Option<(i16, i16)>,
}

impl Row for NetworkAcl {
    belongs!(NetworkAclId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.network_acls_of_vpc.set((self.vpc, self.id), on);
    }
}

/// The use of a network ACL by a subnet: every subnet has exactly one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkAclAssociation {
    pub id: NetworkAclAssociationId,
    pub vpc: VpcId,
    pub acl: NetworkAclId,
    pub subnet: SubnetId,
}

impl Row for NetworkAclAssociation {
    type Key = NetworkAclAssociationId;

    fn key(&self) -> NetworkAclAssociationId {
        self.id
    }

    fn vpc(&self) -> Option<VpcId> {
        Some(self.vpc)
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.associations_of_network_acl.set((self.acl, self.id), on);
        indexes.network_acl_association_of_subnet.set((self.subnet, self.id), on);
    }
}
