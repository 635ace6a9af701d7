//! What a call may see: the rows of its caller's account and region, found by id as EC2 finds them.

use std::str::FromStr;
use std::sync::Arc;

use super::error::{Error, Kind, Limit, Result};
use super::realised::Realised;
use crate::state::account::Region;
use crate::state::block_public_access::BlockPublicAccessExclusion;
use crate::state::id::*;
use crate::state::instance::Instance;
use crate::state::internet_gateway::InternetGateway;
use crate::state::key_pair::KeyPair;
use crate::state::network_acl::NetworkAcl;
use crate::state::network_interface::NetworkInterface;
use crate::state::peering::PeeringConnection;
use crate::state::prefix_list::PrefixList;
use crate::state::route_table::RouteTable;
use crate::state::security_group::{SecurityGroup, SecurityGroupRule};
use crate::state::subnet::Subnet;
use crate::state::tag::Tag;
use crate::state::vpc::Vpc;
use crate::state::{Moment, Owner, State, Stored, Tx};

/// Who signed the call, and for which region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub account: AccountId,
    pub region: Region,
    pub access_key: String,
}

impl Caller {
    /// Whose rows the caller sees.
    pub fn owner(&self) -> Owner {
        (self.account, self.region.clone())
    }

    /// The ARN of a resource of the caller.
    pub fn arn(&self, resource: &str, id: impl std::fmt::Display) -> String {
        format!("arn:aws:ec2:{}:{}:{resource}/{id}", self.region, self.account)
    }

    /// The region's availability zones: every region has three.
    pub fn zones(&self) -> [String; 3] {
        ["a", "b", "c"].map(|it| format!("{}{it}", self.region))
    }
}

/// Reads an id of one kind.
pub fn parse_id<I: FromStr>(kind: Kind, text: &str) -> Result<I> {
    text.parse().map_err(|_| Error::Malformed { kind, id: text.to_owned() })
}

/// What read and write calls have in common: a state, a caller, and the caller's rows.
pub trait Scope {
    fn state(&self) -> &State;
    fn caller(&self) -> &Caller;
    fn now(&self) -> Moment;

    /// The caller's row with this id; another account's is not there.
    fn own<R: Stored>(&self, kind: Kind, text: &str) -> Result<Arc<R>>
    where
        R::Key: FromStr,
    {
        let id = parse_id::<R::Key>(kind, text)?;
        let caller = self.caller();
        let row = R::table(self.state()).get(&id);
        let row = row.filter(|row| row.owner().is_some_and(|it| it.0 == caller.account && it.1 == caller.region));
        row.cloned().ok_or_else(|| Error::NotFound { kind, id: text.to_owned() })
    }

    fn vpc(&self, id: &str) -> Result<Arc<Vpc>> {
        self.own(Kind::Vpc, id)
    }

    fn subnet(&self, id: &str) -> Result<Arc<Subnet>> {
        self.own(Kind::Subnet, id)
    }

    fn route_table(&self, id: &str) -> Result<Arc<RouteTable>> {
        self.own(Kind::RouteTable, id)
    }

    fn internet_gateway(&self, id: &str) -> Result<Arc<InternetGateway>> {
        self.own(Kind::InternetGateway, id)
    }

    fn network_acl(&self, id: &str) -> Result<Arc<NetworkAcl>> {
        self.own(Kind::NetworkAcl, id)
    }

    /// A peering connection of which the caller has either side, as long as EC2 shows it.
    fn peering_connection(&self, id: &str) -> Result<Arc<PeeringConnection>> {
        let kind = Kind::PeeringConnection;
        let found = self.state().peering_connections.get(&parse_id(kind, id)?);
        let found = found.filter(|it| it.is_seen_by(&self.caller().owner(), self.now()));
        found.cloned().ok_or_else(|| Error::NotFound { kind, id: id.to_owned() })
    }

    fn prefix_list(&self, id: &str) -> Result<Arc<PrefixList>> {
        self.own(Kind::PrefixList, id)
    }

    fn block_public_access_exclusion(&self, id: &str) -> Result<Arc<BlockPublicAccessExclusion>> {
        self.own(Kind::BlockPublicAccessExclusion, id)
    }

    fn key_pair(&self, id: &str) -> Result<Arc<KeyPair>> {
        self.own(Kind::KeyPair, id)
    }

    fn security_group(&self, id: &str) -> Result<Arc<SecurityGroup>> {
        self.own(Kind::SecurityGroup, id)
    }

    fn security_group_rule(&self, id: &str) -> Result<Arc<SecurityGroupRule>> {
        self.own(Kind::SecurityGroupRule, id)
    }

    fn network_interface(&self, id: &str) -> Result<Arc<NetworkInterface>> {
        self.own(Kind::NetworkInterface, id)
    }

    fn instance(&self, id: &str) -> Result<Arc<Instance>> {
        self.own(Kind::Instance, id)
    }

    /// The caller's default VPC in the region.
    fn default_vpc(&self) -> Option<Arc<Vpc>> {
        let first = VpcId::from_number(0);
        self.state().vpcs.of(&self.caller().owner(), first).find(|it| it.default).cloned()
    }

    /// The caller's tags of a resource.
    fn tags_of(&self, id: &str) -> impl Iterator<Item = &Arc<Tag>> {
        let caller = self.caller();
        self.state().tags_of(id).filter(|it| it.account == caller.account && it.region == caller.region)
    }

    /// The tags of a resource as the wire shows them.
    fn tags(&self, id: impl std::fmt::Display) -> Vec<crate::wire::shapes::Tag> {
        let id = id.to_string();
        let tags = self.tags_of(&id);
        let shown =
            tags.map(|it| crate::wire::shapes::Tag { key: Some(it.key.clone()), value: Some(it.value.clone()) });
        shown.collect()
    }
}

/// A call that reads.
pub struct View<'a> {
    pub state: &'a State,
    pub caller: &'a Caller,
    pub now: Moment,
    /// What the nodes have made true.
    pub realised: &'a Realised,
    /// The call's filters and page.
    pub query: super::list::Query,
}

impl Scope for View<'_> {
    fn state(&self) -> &State {
        self.state
    }

    fn caller(&self) -> &Caller {
        self.caller
    }

    fn now(&self) -> Moment {
        self.now
    }
}

/// A call that writes: the caller and a working copy of State.
pub struct Call<'a> {
    pub tx: &'a mut Tx,
    pub caller: &'a Caller,
    /// The client's own name for the call.
    pub token: Option<String>,
}

impl Scope for Call<'_> {
    fn state(&self) -> &State {
        self.tx.state()
    }

    fn caller(&self) -> &Caller {
        self.caller
    }

    fn now(&self) -> Moment {
        self.tx.now()
    }
}

impl Call<'_> {
    /// Refuses one more of what is held where AWS's quotas hold, and this one is reached.
    pub fn expect_room(&self, quota: usize, limit: Limit, held: impl Iterator) -> Result<()> {
        let is_full = || held.take(quota).count() == quota;
        if self.state().has_quotas() && is_full() { Err(Error::LimitExceeded(limit)) } else { Ok(()) }
    }
}
