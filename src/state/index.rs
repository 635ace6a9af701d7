//! What is found by something else than its key. Derived from the rows; never stored.

use std::net::{IpAddr, Ipv4Addr};

use imbl::{OrdMap, OrdSet};

use super::account::Region;
use super::id::*;
use super::prefix_list::PrefixListUse;
use super::security_group::{Peer, Traffic};
use super::{Moment, Owner};
use crate::net::{Ipv6Net, Mac, Prefix, Runs};

/// Every secondary index of State.
#[derive(Debug, Clone, Default)]
pub struct Indexes {
    /// The IPv6 blocks of all VPCs: no two are the same, whoever owns them.
    pub vpc_of_block6: OrdMap<Ipv6Net, VpcId>,
    pub vpc_of_block_association: OrdMap<VpcCidrAssociationId, VpcId>,
    pub subnet_of_block_association: OrdMap<SubnetCidrAssociationId, SubnetId>,
    /// Of one subnet in ascending order; no two share an address.
    pub reservation_of_prefix: OrdMap<(SubnetId, Prefix), SubnetReservationId>,
    pub subnets_of_vpc: Pairs<VpcId, SubnetId>,
    pub route_tables_of_vpc: Pairs<VpcId, RouteTableId>,
    pub associations_of_route_table: Pairs<RouteTableId, RouteTableAssociationId>,
    pub network_acls_of_vpc: Pairs<VpcId, NetworkAclId>,
    pub associations_of_network_acl: Pairs<NetworkAclId, NetworkAclAssociationId>,
    pub network_acl_association_of_subnet: Pairs<SubnetId, NetworkAclAssociationId>,
    /// With the group's name in lower case, which is unique in its VPC.
    pub security_groups_of_vpc: Set<(VpcId, String, SecurityGroupId)>,
    pub(super) security_groups_of_name: Set<(Owner, String, SecurityGroupId)>,
    /// A group's rules by what they say: two rules that say the same cannot be.
    pub rules_of_group: OrdMap<(SecurityGroupId, bool, Traffic, Peer), SecurityGroupRuleId>,
    /// How many rules a group has, both directions together; absent for none.
    pub rules_len_of_group: OrdMap<SecurityGroupId, usize>,
    /// A group's rules whose peer is a prefix list: each counts for as many as the list may have entries.
    pub prefix_list_rules_of_group: Pairs<SecurityGroupId, SecurityGroupRuleId>,
    /// The rules, of any group, whose peer is the group.
    pub rules_naming_group: Pairs<SecurityGroupId, SecurityGroupRuleId>,
    /// Those of them that are of another VPC than the group.
    pub rules_naming_group_from_vpc: Set<(SecurityGroupId, VpcId, SecurityGroupRuleId)>,
    /// The VPCs, besides its own, whose interfaces may wear a group.
    pub vpcs_associated_with_group: Pairs<SecurityGroupId, VpcId>,
    pub groups_associated_with_vpc: Pairs<VpcId, SecurityGroupId>,
    pub identity_of_groups: OrdMap<(VpcId, Vec<SecurityGroupId>), u16>,
    pub identities_with_group: Set<(SecurityGroupId, VpcId, u16)>,
    pub interfaces_of_vpc: Pairs<VpcId, InterfaceId>,
    pub interfaces_of_subnet: Pairs<SubnetId, InterfaceId>,
    /// How many IPv4 addresses the subnet's interfaces hold, those of their prefixes included, if any.
    pub addresses_in_subnet: OrdMap<SubnetId, u32>,
    pub interfaces_of_group: Pairs<SecurityGroupId, InterfaceId>,
    pub interface_of_address: OrdMap<(VpcId, IpAddr), InterfaceId>,
    /// In whatever VPCs.
    pub interfaces_of_address: Pairs<IpAddr, InterfaceId>,
    pub interfaces_of_mac: Pairs<Mac, InterfaceId>,
    /// Of one VPC in ascending order; no two share an address, nor one with an interface's address.
    pub interface_of_prefix: OrdMap<(VpcId, Prefix), InterfaceId>,
    /// By device index.
    pub interfaces_of_instance: Set<(InstanceId, u8, InterfaceId)>,
    pub interfaces_on_node: Set<(NodeId, VpcId, InterfaceId)>,
    /// Of attachments that are and of those that ended last.
    pub interface_of_attachment: OrdMap<AttachmentId, InterfaceId>,
    /// By when their last attachment ended.
    pub detached_interfaces: Set<(Moment, InterfaceId)>,
    /// Running and stopped ones.
    pub instances_on_node: Set<(NodeId, VpcId, InstanceId)>,
    /// How many there are; a node that has none is not listed.
    pub instances_len_on_node: OrdMap<NodeId, u64>,
    /// By when they were terminated.
    pub terminated_instances: Set<(Moment, InstanceId)>,
    pub vpcs_of_owner: Set<(Owner, VpcId)>,
    /// By what they exclude: a VPC, or one of its subnets.
    pub block_public_access_exclusions: OrdMap<(VpcId, Option<SubnetId>), BlockPublicAccessExclusionId>,
    pub key_pair_of_name: OrdMap<(Owner, String), KeyPairId>,
    pub client_tokens_by_age: Set<(Moment, (AccountId, Region, String, String))>,
    pub internet_gateway_of_vpc: OrdMap<VpcId, InternetGatewayId>,
    pub egress_only_gateways_of_vpc: Pairs<VpcId, EgressOnlyInternetGatewayId>,
    pub route_table_of_subnet: OrdMap<SubnetId, RouteTableAssociationId>,
    /// The association that makes a table the main one of its VPC.
    pub main_route_table_of_vpc: OrdMap<VpcId, RouteTableAssociationId>,
    pub address_of_public: OrdMap<Ipv4Addr, AllocationId>,
    /// The same addresses, so that a free one is found at once in a pool that is nearly full.
    pub public_addresses: Runs,
    pub address_of_association: OrdMap<AddressAssociationId, AllocationId>,
    pub addresses_of_interface: Pairs<InterfaceId, AllocationId>,
    pub addresses_of_vpc: Pairs<VpcId, AllocationId>,
    /// Of gateways that are not deleted.
    pub nat_gateways_of_vpc: Pairs<VpcId, NatGatewayId>,
    pub nat_gateways_of_subnet: Pairs<SubnetId, NatGatewayId>,
    pub nat_gateways_on_node: Set<(NodeId, VpcId, NatGatewayId)>,
    /// By when they were deleted.
    pub deleted_nat_gateways: Set<(Moment, NatGatewayId)>,
    /// By when the first of their addresses is taken from them.
    pub draining_nat_gateways: Set<(Moment, NatGatewayId)>,
    /// Of either side.
    pub peering_connections_of_owner: Set<(Owner, PeeringConnectionId)>,
    pub peering_connections_of_vpc: Pairs<VpcId, PeeringConnectionId>,
    /// By when the last of their owners ceases to see them; active ones are not listed.
    pub ended_peering_connections: Set<(Moment, PeeringConnectionId)>,
    /// What names a prefix list, with the VPC that it is in.
    pub prefix_list_uses: Set<(PrefixListId, VpcId, PrefixListUse)>,
    pub flow_logs_of_vpc: Pairs<VpcId, FlowLogId>,
    pub analyses_of_insights_path: Pairs<InsightsPathId, InsightsAnalysisId>,
    /// By who gave the tag, the prefix of the resource's id, the tag's key and its value: the resource.
    pub(super) tagged: Set<(Owner, String, String, String, String)>,
    /// The revision at which something of the VPC changed last.
    vpc_revisions: OrdMap<VpcId, u64>,
    vpcs_by_revision: OrdSet<(u64, VpcId)>,
    /// The revision at which a rule of the group changed last.
    group_revisions: OrdMap<SecurityGroupId, u64>,
}

impl Indexes {
    /// Notes that something of the VPCs, and perhaps of the groups' rules, changes in this revision.
    pub(super) fn touch(&mut self, vpcs: Vec<VpcId>, groups: Vec<SecurityGroupId>, revision: u64) {
        for vpc in vpcs {
            if let Some(old) = self.vpc_revisions.insert(vpc, revision) {
                self.vpcs_by_revision.remove(&(old, vpc));
            }
            self.vpcs_by_revision.insert((revision, vpc));
        }
        for group in groups {
            self.group_revisions.insert(group, revision);
        }
    }

    /// The numbers, in a VPC, of the sets of groups with this one.
    pub fn identities_with_group(&self, group: SecurityGroupId, vpc: VpcId) -> impl Iterator<Item = u16> + '_ {
        let found = self.identities_with_group.from((group, vpc, 0)).take_while(move |it| (it.0, it.1) == (group, vpc));
        found.map(|it| it.2)
    }

    /// The VPCs whose interfaces may wear a group of this VPC.
    pub fn vpcs_with_group(&self, group: SecurityGroupId, own: VpcId) -> impl Iterator<Item = VpcId> + '_ {
        std::iter::once(own).chain(self.vpcs_associated_with_group.of(group))
    }

    /// The other VPCs that have a rule which names the group.
    pub fn vpcs_naming_group(&self, group: SecurityGroupId) -> impl Iterator<Item = VpcId> + '_ {
        let next = move |from: VpcId| {
            let first = (group, from, SecurityGroupRuleId::LEAST);
            self.rules_naming_group_from_vpc.from(first).next().filter(|it| it.0 == group).map(|it| it.1)
        };
        // However many rules a VPC has, it is looked up once.
        std::iter::successors(next(VpcId::LEAST), move |last| next(VpcId::from_number(last.number() + 1)))
    }

    /// The security groups of an account with this name, in whatever VPCs.
    pub fn security_groups_of_name(
        &self,
        owner: Owner,
        name: String,
    ) -> impl Iterator<Item = SecurityGroupId> + use<'_> {
        let first = (owner.clone(), name.clone(), SecurityGroupId::LEAST);
        let found = self.security_groups_of_name.from(first);
        found.take_while(move |it| it.0 == owner && it.1 == name).map(|it| it.2)
    }

    /// The resources of one kind, which is what their ids begin with, that somebody has given a tag with this key, and
    /// with this value if one is asked for.
    pub fn tagged(
        &self,
        owner: Owner,
        kind: &str,
        key: &str,
        value: Option<&str>,
    ) -> impl Iterator<Item = &str> + use<'_> {
        let (kind, key, value) = (kind.to_owned(), key.to_owned(), value.map(str::to_owned));
        let first = (owner, kind, key, value.clone().unwrap_or_default(), String::new());
        let same = {
            let first = first.clone();
            move |it: &(Owner, String, String, String, String)| {
                it.0 == first.0
                    && it.1 == first.1
                    && it.2 == first.2
                    && value.as_deref().is_none_or(|value| value == it.3)
            }
        };
        self.tagged.from(first).take_while(move |it| same(it)).map(|it| it.4.as_str())
    }

    /// What names a prefix list, with its VPC.
    pub fn uses_of_prefix_list(&self, list: PrefixListId) -> impl Iterator<Item = (VpcId, PrefixListUse)> + '_ {
        let least = PrefixListUse::Rule(SecurityGroupId::LEAST, SecurityGroupRuleId::LEAST);
        let first = (list, VpcId::LEAST, least);
        self.prefix_list_uses.from(first).take_while(move |it| it.0 == list).map(|it| (it.1, it.2))
    }

    /// The revision at which something of the VPC changed last; 0 if it never was.
    pub fn vpc_revision(&self, vpc: VpcId) -> u64 {
        self.vpc_revisions.get(&vpc).copied().unwrap_or(0)
    }

    /// The revision at which a rule of the group changed last; 0 if it never had one.
    pub fn group_revision(&self, group: SecurityGroupId) -> u64 {
        self.group_revisions.get(&group).copied().unwrap_or(0)
    }

    /// The VPCs, present or gone, of which something changed after the revision.
    pub fn vpcs_changed_after(&self, revision: u64) -> impl Iterator<Item = VpcId> + '_ {
        let first = (revision + 1, VpcId::from_number(0));
        self.vpcs_by_revision.range(first..).map(|it| it.1)
    }
}

/// An ordered set that rows enter and leave.
#[derive(Debug, Clone)]
pub struct Set<T: Ord + Clone>(OrdSet<T>);

impl<T: Ord + Clone> Default for Set<T> {
    fn default() -> Self {
        Set(OrdSet::new())
    }
}

impl<T: Ord + Clone> Set<T> {
    /// Puts the element in, or takes it out.
    pub(super) fn set(&mut self, element: T, on: bool) {
        if on {
            self.0.insert(element);
        } else {
            self.0.remove(&element);
        }
    }

    /// The elements that are not less than `first`, in order.
    pub fn from(&self, first: T) -> impl Iterator<Item = &T> {
        self.0.range(first..)
    }
}

/// Which `B`s belong to an `A`.
pub type Pairs<A, B> = Set<(A, B)>;

/// A kind of key that has a least value.
pub trait Least {
    const LEAST: Self;
}

impl<A: Ord + Copy, B: Ord + Copy + Least> Pairs<A, B> {
    /// The `B`s of one `A`, in order.
    pub fn of(&self, key: A) -> impl Iterator<Item = B> + '_ {
        self.0.range((key, B::LEAST)..).take_while(move |it| it.0 == key).map(|it| it.1)
    }

    /// Whether the `A` has any `B`.
    pub fn any(&self, key: A) -> bool {
        self.of(key).next().is_some()
    }
}

impl Least for u16 {
    const LEAST: u16 = 0;
}
