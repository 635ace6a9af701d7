//! What the cluster remembers: typed rows in persistent maps, and the indexes that calls and the planner need.
//!
//! A `State` is a value: a clone costs nothing, so that a [`Tx`], readers and history can each hold one. It changes
//! only by [`Effect`]s. What the rows mean is `ec2`'s duty; what must always hold of them is in [`check`].

pub mod account;
pub mod address;
pub mod block_public_access;
pub mod check;
pub mod client_token;
pub mod dhcp_options;
pub mod flow_log;
pub mod id;
pub mod index;
pub mod insights;
pub mod instance;
pub mod internet_gateway;
pub mod key_pair;
pub mod metadata;
pub mod nat_gateway;
pub mod network_acl;
pub mod network_interface;
pub mod node;
pub mod peering;
pub mod prefix_list;
pub mod route_table;
pub mod security_group;
pub mod settings;
pub mod subnet;
pub mod subnet_reservation;
pub mod tag;
mod tx;
pub mod vpc;
pub mod zone;

use std::sync::Arc;

use imbl::ordmap::DiffItem;
use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use account::{AccessKey, Account, Region};
use address::Address;
use block_public_access::{BlockPublicAccess, BlockPublicAccessExclusion};
use client_token::ClientToken;
use dhcp_options::DhcpOptions;
use flow_log::FlowLog;
use id::{AccountId, SecurityGroupId, VpcId};
pub use index::Indexes;
use insights::{InsightsAnalysis, InsightsPath};
use instance::Instance;
use internet_gateway::{EgressOnlyInternetGateway, InternetGateway};
use key_pair::KeyPair;
use metadata::MetadataDefaults;
use nat_gateway::NatGateway;
use network_acl::{NetworkAcl, NetworkAclAssociation};
use network_interface::NetworkInterface;
use node::Node;
use peering::PeeringConnection;
use prefix_list::{PrefixList, PrefixListVersion};
use route_table::{RouteTable, RouteTableAssociation};
use security_group::{Identity, SecurityGroup, SecurityGroupAssociation, SecurityGroupRule};
use settings::Settings;
use subnet::Subnet;
use subnet_reservation::SubnetReservation;
use tag::Tag;
pub use tx::{Stamp, Tx};
use vpc::Vpc;

/// A point in time, in milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment(pub i64);

/// Who owns a resource, and in which region.
pub type Owner = (AccountId, Region);

/// Something that the cluster remembers.
pub trait Row: Clone + PartialEq {
    type Key: Ord + Clone;

    /// What the row is found by.
    fn key(&self) -> Self::Key;

    /// The account and region whose Describe calls list it.
    fn owner(&self) -> Option<Owner> {
        None
    }

    /// The VPC that the row belongs to.
    fn vpc(&self) -> Option<VpcId> {
        None
    }

    /// The security group that the row belongs to.
    fn group(&self) -> Option<SecurityGroupId> {
        None
    }

    /// The VPCs whose routers must be planned again when the row changes.
    fn vpcs(&self, _: &Indexes) -> Vec<VpcId> {
        self.vpc().into_iter().collect()
    }

    /// The security groups that must be compiled again when the row changes.
    fn groups(&self, _: &Indexes) -> Vec<SecurityGroupId> {
        self.group().into_iter().collect()
    }

    /// Enters the row into the indexes, or takes it out.
    fn index(&self, indexes: &mut Indexes, on: bool);
}

/// The part of [`Row`] that is the same for every resource of an account in a VPC: `belongs!(SubnetId, vpc)` for a row
/// that is found by its `id`, and whose VPC is in the member `vpc`.
macro_rules! belongs {
    ($key:ty, $vpc:ident) => {
        type Key = $key;

        fn key(&self) -> $key {
            self.id
        }

        fn owner(&self) -> Option<$crate::state::Owner> {
            Some((self.account, self.region.clone()))
        }

        fn vpc(&self) -> Option<$crate::state::id::VpcId> {
            Some(self.$vpc)
        }
    };
}
use belongs;

/// Rows of one kind, by key and by owner.
#[derive(Debug, Clone)]
pub struct Table<R: Row> {
    rows: OrdMap<R::Key, Arc<R>>,
    owned: OrdSet<(Owner, R::Key)>,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Table { rows: OrdMap::new(), owned: OrdSet::new() }
    }
}

impl<R: Row> Table<R> {
    /// The row with this key.
    pub fn get(&self, key: &R::Key) -> Option<&Arc<R>> {
        self.rows.get(key)
    }

    /// Every row, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<R>> {
        self.rows.values()
    }

    /// The rows whose keys lie in the range.
    pub fn range(&self, range: impl std::ops::RangeBounds<R::Key>) -> impl Iterator<Item = &Arc<R>> {
        self.rows.range(range).map(|(_, row)| row)
    }

    /// The rows that differ from those of a table before, each as it was and as it is. What both share is not looked at.
    pub fn since<'a>(&'a self, before: &'a Table<R>) -> impl Iterator<Item = [Option<&'a Arc<R>>; 2]>
    where
        R: PartialEq,
    {
        before.rows.diff(&self.rows).map(|it| match it {
            DiffItem::Add(_, new) => [None, Some(new)],
            DiffItem::Update { old: (_, old), new: (_, new) } => [Some(old), Some(new)],
            DiffItem::Remove(_, old) => [Some(old), None],
        })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows of one owner, in the order of keys.
    pub fn of(&self, owner: &Owner, first: R::Key) -> impl Iterator<Item = &Arc<R>> + use<'_, R> {
        let (owner, from) = (owner.clone(), (owner.clone(), first));
        self.owned.range(from..).take_while(move |it| it.0 == owner).filter_map(|it| self.rows.get(&it.1))
    }
}

macro_rules! tables {
    ($($table:ident: $row:ident),* $(,)?) => {
        /// Everything that the cluster remembers, at one revision.
        #[derive(Debug, Clone, Default)]
        pub struct State {
            /// The number of log entries that made this state.
            pub revision: u64,
            $(pub $table: Table<$row>,)*
            pub indexes: Indexes,
        }

        /// One row put or removed: what the log replicates.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Effect {
            $($row(Change<$row>),)*
        }

        $(impl Stored for $row {
            fn table(state: &State) -> &Table<$row> {
                &state.$table
            }

            fn table_mut(state: &mut State) -> &mut Table<$row> {
                &mut state.$table
            }

            fn effect(change: Change<$row>) -> Effect {
                Effect::$row(change)
            }
        })*

        impl State {
            /// Makes one change, at the revision that is being made.
            fn apply(&mut self, effect: &Effect, revision: u64) {
                match effect {
                    $(Effect::$row(change) => self.change(change, revision),)*
                }
            }

            /// The effects that make this state out of an empty one.
            pub fn effects(&self) -> impl Iterator<Item = Effect> + '_ {
                let none = std::iter::empty();
                $(let none = none.chain(
                    self.$table.iter().map(|row| Effect::$row(Change::Put(row.as_ref().clone()))),
                );)*
                none
            }
        }
    };
}

/// A row that has a table in [`State`].
pub trait Stored: Row {
    fn table(state: &State) -> &Table<Self>;
    fn table_mut(state: &mut State) -> &mut Table<Self>;
    fn effect(change: Change<Self>) -> Effect;
}

/// What happens to one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "R: Serialize + for<'a> Deserialize<'a>, R::Key: Serialize + for<'a> Deserialize<'a>")]
pub enum Change<R: Row> {
    Put(R),
    Remove(R::Key),
}

tables! {
    accounts: Account,
    access_keys: AccessKey,
    nodes: Node,
    vpcs: Vpc,
    subnets: Subnet,
    route_tables: RouteTable,
    route_table_associations: RouteTableAssociation,
    network_acls: NetworkAcl,
    network_acl_associations: NetworkAclAssociation,
    security_groups: SecurityGroup,
    security_group_rules: SecurityGroupRule,
    security_group_associations: SecurityGroupAssociation,
    key_pairs: KeyPair,
    block_public_access: BlockPublicAccess,
    block_public_access_exclusions: BlockPublicAccessExclusion,
    identities: Identity,
    network_interfaces: NetworkInterface,
    instances: Instance,
    tags: Tag,
    client_tokens: ClientToken,
    settings: Settings,
    internet_gateways: InternetGateway,
    egress_only_internet_gateways: EgressOnlyInternetGateway,
    addresses: Address,
    nat_gateways: NatGateway,
    peering_connections: PeeringConnection,
    prefix_lists: PrefixList,
    prefix_list_versions: PrefixListVersion,
    dhcp_options: DhcpOptions,
    subnet_reservations: SubnetReservation,
    metadata_defaults: MetadataDefaults,
    insights_paths: InsightsPath,
    insights_analyses: InsightsAnalysis,
    flow_logs: FlowLog,
}

impl State {
    fn change<R: Stored>(&mut self, change: &Change<R>, revision: u64) {
        let (key, new) = match change {
            Change::Put(row) => (row.key(), Some(Arc::new(row.clone()))),
            Change::Remove(key) => (key.clone(), None),
        };
        let table = R::table_mut(self);
        let old = match &new {
            Some(row) => table.rows.insert(key.clone(), row.clone()),
            None => table.rows.remove(&key),
        };
        if let Some(owner) = old.as_ref().and_then(|row| row.owner()) {
            table.owned.remove(&(owner, key.clone()));
        }
        if let Some(owner) = new.as_ref().and_then(|row| row.owner()) {
            table.owned.insert((owner, key));
        }
        if let Some(row) = &old {
            row.index(&mut self.indexes, false);
        }
        if let Some(row) = &new {
            row.index(&mut self.indexes, true);
        }
        for row in old.iter().chain(new.iter()) {
            let (vpcs, groups) = (row.vpcs(&self.indexes), row.groups(&self.indexes));
            self.indexes.touch(vpcs, groups, revision);
        }
    }
}

/// One entry of the replicated log: a compare-and-set of the whole state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The revision that the effects were computed from.
    pub base: u64,
    pub effects: Vec<Effect>,
    pub audit: Vec<Audit>,
}

/// Which call an entry carries out, for the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    pub action: String,
    pub caller: AccountId,
    pub request: String,
}

/// The entry was computed from another revision than the current one; it changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("computed from revision {base}, but the current one is {current}")]
pub struct Stale {
    pub base: u64,
    pub current: u64,
}

impl State {
    /// The state after the entry, or why the entry does not apply.
    pub fn after(&self, entry: &Entry) -> Result<State, Stale> {
        if entry.base != self.revision {
            return Err(Stale { base: entry.base, current: self.revision });
        }
        let mut state = self.clone();
        state.revision += 1;
        let revision = state.revision;
        for effect in &entry.effects {
            state.apply(effect, revision);
        }
        Ok(state)
    }

    /// The state that a snapshot's rows make, at its revision.
    pub fn restored(revision: u64, effects: &[Effect]) -> State {
        let mut state = State { revision, ..State::default() };
        for effect in effects {
            state.apply(effect, revision);
        }
        state
    }
}

impl State {
    /// The route table by which packets that leave a subnet are routed: its own, or the main one of its VPC.
    pub fn route_table_of(&self, subnet: &Subnet) -> Option<&Arc<RouteTable>> {
        let own = self.indexes.route_table_of_subnet.get(&subnet.id);
        let association = own.or_else(|| self.indexes.main_route_table_of_vpc.get(&subnet.vpc))?;
        self.route_tables.get(&self.route_table_associations.get(association)?.table)
    }

    /// The network ACL at a subnet's edge.
    pub fn network_acl_of(&self, subnet: id::SubnetId) -> Option<&Arc<NetworkAcl>> {
        let association = self.indexes.network_acl_association_of_subnet.of(subnet).next()?;
        self.network_acls.get(&self.network_acl_associations.get(&association)?.acl)
    }

    /// The VPC's default security group.
    pub fn default_group(&self, vpc: VpcId) -> Option<&Arc<SecurityGroup>> {
        self.group_named(vpc, "default")
    }

    /// The security group with this name in the VPC, in whatever case: names that differ only in it are the same.
    pub fn group_named(&self, vpc: VpcId, name: &str) -> Option<&Arc<SecurityGroup>> {
        let name = name.to_ascii_lowercase();
        let first = (vpc, name.clone(), <SecurityGroupId as index::Least>::LEAST);
        let found = self.indexes.security_groups_of_vpc.from(first).next()?;
        (found.0 == vpc && found.1 == name).then(|| self.security_groups.get(&found.2))?
    }

    /// The VPC's security groups, by name.
    pub fn groups_of_vpc(&self, vpc: VpcId) -> impl Iterator<Item = &Arc<SecurityGroup>> {
        let first = (vpc, String::new(), <SecurityGroupId as index::Least>::LEAST);
        let found = self.indexes.security_groups_of_vpc.from(first).take_while(move |it| it.0 == vpc);
        found.filter_map(|it| self.security_groups.get(&it.2))
    }

    /// The rules of a security group.
    pub fn rules_of_group(&self, group: SecurityGroupId) -> impl Iterator<Item = &Arc<SecurityGroupRule>> {
        let least = (group, false, security_group::Traffic::All, security_group::Peer::LEAST);
        let found = self.indexes.rules_of_group.range(least..).take_while(move |it| it.0.0 == group);
        found.filter_map(|it| self.security_group_rules.get(it.1))
    }

    /// The rules of one direction of a security group: those of one protocol with its ports come together.
    pub fn rules_of_direction(
        &self,
        group: SecurityGroupId,
        egress: bool,
    ) -> impl Iterator<Item = &Arc<SecurityGroupRule>> {
        let least = (group, egress, security_group::Traffic::All, security_group::Peer::LEAST);
        let found =
            self.indexes.rules_of_group.range(least..).take_while(move |it| (it.0.0, it.0.1) == (group, egress));
        found.filter_map(|it| self.security_group_rules.get(it.1))
    }

    /// The instance's interfaces, by device index.
    pub fn interfaces_of_instance(&self, instance: id::InstanceId) -> impl Iterator<Item = &Arc<NetworkInterface>> {
        let first = (instance, 0, <id::InterfaceId as index::Least>::LEAST);
        let found = self.indexes.interfaces_of_instance.from(first).take_while(move |it| it.0 == instance);
        found.filter_map(|it| self.network_interfaces.get(&it.2))
    }

    /// The tags of a resource, by key: of every account that has tagged it, and in every region.
    pub fn tags_of(&self, resource: &str) -> impl Iterator<Item = &Arc<Tag>> {
        let first = (resource.to_owned(), String::new(), AccountId::from_number(0), Region::new());
        let resource = resource.to_owned();
        self.tags.range(first..).take_while(move |it| it.resource == resource)
    }
}
