//! VPCs, and what comes and goes with each: its main route table, default security group and default network ACL.
//!
//! A VPC is made with one IPv4 block and, if asked for, one IPv6 block that Culvert chooses; `block` gives it more. Pools
//! of addresses (IPAM, BYOIP) are not served.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::attribute::{flag, shown, single};
use super::error::{Error, Limit, Result, refuse};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View};
use super::{
    block_public_access, dhcp_options, flow_log, identity, internet_gateway, network_acl, peering, security_group,
    security_group_vpc, subnet, tag,
};
use crate::net::{Ipv4Net, Ipv6Net, Prefix, ipv4_block};
use crate::state::State;
use crate::state::flow_log::Resource;
use crate::state::id::{Id, VpcId};
use crate::state::network_acl::NetworkAcl;
use crate::state::route_table::{Destination, Route, RouteTable, RouteTableAssociation, Target};
use crate::state::security_group::{Peer, SecurityGroup, SecurityGroupRule, Traffic};
use crate::state::vpc::{Vpc, VpcBlock};
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

/// The blocks that no VPC may lie in: what a host takes for itself, its link, a group or the future.
const RESTRICTED: [Ipv4Net; 5] = [
    Ipv4Net::new_assert(Ipv4Addr::new(0, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4),
    Ipv4Net::new_assert(Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The block of every default VPC.
const DEFAULT: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(172, 31, 0, 0), 16);

const ANY4: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0);
const ANY6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0);

/// For each region.
const QUOTA: usize = 5;

/// What a VPC is made with.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub prefix: Ipv4Net,
    /// Whether it gets an IPv6 block.
    pub ipv6: bool,
    pub default: bool,
}

pub fn create(call: &mut Call<'_>, input: CreateVpcRequest) -> Result<CreateVpcResult> {
    refuse("Ipv4IpamPoolId", &input.ipv4_ipam_pool_id)?;
    refuse("Ipv4NetmaskLength", &input.ipv4_netmask_length)?;
    refuse("Ipv6CidrBlock", &input.ipv6_cidr_block)?;
    refuse("Ipv6Pool", &input.ipv6_pool)?;
    refuse("Ipv6IpamPoolId", &input.ipv6_ipam_pool_id)?;
    refuse("Ipv6NetmaskLength", &input.ipv6_netmask_length)?;
    refuse("VpcEncryptionControl", &input.vpc_encryption_control)?;
    if input.instance_tenancy.is_some_and(|it| it != "default") {
        return Err(Error::UnsupportedParameter("InstanceTenancy"));
    }
    let border_group = input.ipv6_cidr_block_network_border_group.as_deref();
    let ipv6 = wants_block6(call, input.amazon_provided_ipv6_cidr_block, border_group)?;
    let text = input.cidr_block.ok_or(Error::MissingBlock)?;
    let prefix = block4("cidrBlock", &text)?;
    expect_range(prefix)?;
    expect_room(call)?;

    let vpc = make(call, Wanted { prefix, ipv6, default: false });
    tag::specified(call, "vpc", vpc.id, &input.tag_specifications)?;
    Ok(CreateVpcResult { vpc: Some(show(call, &vpc)) })
}

/// Whether a call asks for an IPv6 block. There is one border group, that of the region.
pub(super) fn wants_block6(call: &Call<'_>, ipv6: Option<bool>, border_group: Option<&str>) -> Result<bool> {
    let ipv6 = ipv6.unwrap_or(false);
    if border_group.is_some() && !ipv6 {
        let text = "The parameter Ipv6CidrBlockNetworkBorderGroup needs AmazonProvidedIpv6CidrBlock=true.";
        return Err(Error::InvalidParameterCombination(text.to_owned()));
    }
    if border_group.is_some_and(|it| it != call.caller.region) {
        return Err(Error::UnsupportedParameter("Ipv6CidrBlockNetworkBorderGroup"));
    }
    Ok(ipv6)
}

/// Refuses a block that no VPC may have.
pub(super) fn expect_range(prefix: Ipv4Net) -> Result<()> {
    if !(16..=28).contains(&prefix.prefix_len()) {
        return Err(Error::VpcRange(Prefix::V4(prefix)));
    }
    if RESTRICTED.iter().any(|it| it.contains(&prefix)) { Err(Error::VpcRestricted(prefix)) } else { Ok(()) }
}

/// Refuses more VPCs than AWS lets an account have, where AWS's quotas hold.
fn expect_room(call: &Call<'_>) -> Result<()> {
    let (owner, first) = (call.caller().owner(), VpcId::from_number(0));
    call.expect_room(QUOTA, Limit::Vpcs, call.state().vpcs.of(&owner, first))
}

pub fn create_default(call: &mut Call<'_>, _: CreateDefaultVpcRequest) -> Result<CreateDefaultVpcResult> {
    let vpc = make_default(call)?;
    Ok(CreateDefaultVpcResult { vpc: Some(show(call, &vpc)) })
}

/// Makes the caller's default VPC, with a default subnet in each zone and the way to the internet.
pub fn make_default(call: &mut Call<'_>) -> Result<Arc<Vpc>> {
    if call.default_vpc().is_some() {
        return Err(Error::DefaultVpcAlreadyExists);
    }
    expect_room(call)?;
    let vpc = make(call, Wanted { prefix: DEFAULT, ipv6: false, default: true });
    let blocks = DEFAULT.subnets(subnet::DEFAULT_LEN).expect("a longer prefix than the VPC's");
    for (zone, prefix) in call.caller.zones().into_iter().zip(blocks) {
        subnet::make(call, &vpc, subnet::Wanted { zone, prefix: Some(prefix), prefix6: None, default: true });
    }
    let gateway = internet_gateway::make(call, Some(vpc.id)).id;
    let destination = Destination::Prefix(Prefix::V4(ANY4));
    for id in call.state().indexes.route_tables_of_vpc.of(vpc.id).collect::<Vec<_>>() {
        let table = call.tx.get::<RouteTable>(&id).expect("the index is of this state");
        let routes = vec![Route { destination, target: Target::InternetGateway(gateway) }];
        call.tx.put(RouteTable { routes, ..table.as_ref().clone() });
    }
    Ok(vpc)
}

/// Makes a VPC with what every VPC has.
pub fn make(call: &mut Call<'_>, wanted: Wanted) -> Arc<Vpc> {
    let (account, region) = call.caller.owner();
    let created = call.now();
    let id: VpcId = call.tx.mint();
    let blocks = vec![VpcBlock { id: call.tx.mint(), prefix: wanted.prefix }];
    let mut blocks6 = Vec::new();
    if wanted.ipv6 {
        blocks6.push(VpcBlock { id: call.tx.mint(), prefix: free_block6(call) });
    }
    call.tx.put(Vpc {
        id,
        account,
        region: region.clone(),
        blocks,
        blocks6,
        default: wanted.default,
        dns_support: true,
        dns_hostnames: wanted.default,
        address_usage_metrics: false,
        dhcp_options: dhcp_options::default_id(&(account, region.clone())),
        last_identity: 0,
        created,
    });

    let (table, main) = (call.tx.mint(), call.tx.mint());
    call.tx.put(RouteTable {
        id: table,
        account,
        region: region.clone(),
        vpc: id,
        number: 1,
        routes: Vec::new(),
        created,
    });
    call.tx.put(RouteTableAssociation { id: main, vpc: id, table, subnet: None });

    let acl = call.tx.mint();
    let mut entries: Vec<_> = [false, true].map(network_acl::everything4).into();
    if wanted.ipv6 {
        entries.extend([false, true].map(network_acl::everything6));
    }
    entries.sort_by_key(|it| (it.egress, it.number));
    call.tx.put(NetworkAcl { id: acl, account, region: region.clone(), vpc: id, default: true, entries, created });

    let group = call.tx.mint();
    let (name, description) = ("default".to_owned(), "default VPC security group".to_owned());
    call.tx.put(SecurityGroup { id: group, account, region: region.clone(), vpc: id, name, description, created });
    let mut peers = vec![(false, Peer::Group { group, account }), (true, Peer::V4(ANY4))];
    if wanted.ipv6 {
        peers.push((true, Peer::V6(ANY6)));
    }
    for (egress, peer) in peers {
        let (id, vpc, region) = (call.tx.mint(), id, region.clone());
        let (protocol, across, description) = (Traffic::All, None, None);
        call.tx.put(SecurityGroupRule { id, account, region, vpc, group, egress, protocol, peer, across, description });
    }
    call.tx.get::<Vpc>(&id).expect("it was put")
}

/// A block of 56 bits that no VPC of the cluster has. There is no public range to take it from, so it is one of the
/// unique local ones (RFC 4193), whose 40 random bits are followed here by eight more.
pub(super) fn free_block6(call: &mut Call<'_>) -> Ipv6Net {
    loop {
        let mut bytes = [0; 16];
        bytes[0] = 0xfd;
        bytes[1..7].copy_from_slice(&call.tx.entropy::<6>());
        let prefix = Ipv6Net::new_assert(Ipv6Addr::from(bytes), 56);
        if !call.state().indexes.vpc_of_block6.contains_key(&prefix) {
            return prefix;
        }
    }
}

pub fn delete(call: &mut Call<'_>, input: DeleteVpcRequest) -> Result<()> {
    let vpc = call.vpc(&input.vpc_id)?.id;
    let tables: Vec<_> = call.state().indexes.route_tables_of_vpc.of(vpc).collect();
    let acls: Vec<_> = call.state().indexes.network_acls_of_vpc.of(vpc).collect();
    if !is_bare(call.state(), vpc) || peering::awaits_answer(call, vpc) {
        return Err(Error::DependencyViolation { what: "vpc", id: vpc.to_string() });
    }

    let groups: Vec<_> = call.state().groups_of_vpc(vpc).cloned().collect();
    for group in groups {
        security_group::remove(call, &group);
    }
    identity::forget_empty(call, vpc);
    for acl in acls {
        tag::forget(call, acl);
        call.tx.remove::<NetworkAcl>(acl);
    }
    for table in tables {
        let associations: Vec<_> = call.state().indexes.associations_of_route_table.of(table).collect();
        for association in associations {
            call.tx.remove::<RouteTableAssociation>(association);
        }
        tag::forget(call, table);
        call.tx.remove::<RouteTable>(table);
    }
    flow_log::forget(call, vpc, Resource::Vpc(vpc));
    peering::forget(call, vpc);
    security_group_vpc::forget(call, vpc);
    block_public_access::forget(call, vpc, None);
    tag::forget(call, vpc);
    call.tx.remove::<Vpc>(vpc);
    Ok(())
}

/// Whether a VPC holds nothing but what it was made with.
fn is_bare(state: &State, vpc: VpcId) -> bool {
    let indexes = &state.indexes;
    !indexes.subnets_of_vpc.any(vpc)
        && !indexes.interfaces_of_vpc.any(vpc)
        && !indexes.internet_gateway_of_vpc.contains_key(&vpc)
        && !indexes.egress_only_gateways_of_vpc.any(vpc)
        && !indexes.nat_gateways_of_vpc.any(vpc)
        && indexes.route_tables_of_vpc.of(vpc).nth(1).is_none()
        && indexes.network_acls_of_vpc.of(vpc).nth(1).is_none()
        && state.groups_of_vpc(vpc).nth(1).is_none()
}

pub fn describe(view: &View<'_>, input: DescribeVpcsRequest) -> Result<DescribeVpcsResult> {
    let found = Ways::of(&view.query).by("vpc-id", Some);
    let rows = named_or_found(view, &input.vpc_ids, "vpcIds", |id| view.vpc(id), found)?;
    let (vpcs, next_token) = list(view, rows, values, |vpc| show(view, vpc))?;
    Ok(DescribeVpcsResult { vpcs, next_token })
}

/// What a VPC holds for a filter.
fn values(vpc: &Vpc, filter: &str) -> Option<Vec<String>> {
    let blocks = || vpc.blocks.iter();
    let blocks6 = || vpc.blocks6.iter();
    Some(match filter {
        "cidr" | "cidr-block" | "cidrBlock" => vec![vpc.primary().to_string()],
        "cidr-block-association.association-id" => blocks().map(|it| it.id.to_string()).collect(),
        "cidr-block-association.cidr-block" => blocks().map(|it| it.prefix.to_string()).collect(),
        "cidr-block-association.state" => blocks().map(|_| "associated".to_owned()).collect(),
        "dhcp-options-id" => vec![vpc.dhcp_options.to_string()],
        "ipv6-cidr-block-association.association-id" => blocks6().map(|it| it.id.to_string()).collect(),
        "ipv6-cidr-block-association.ipv6-cidr-block" => blocks6().map(|it| it.prefix.to_string()).collect(),
        "ipv6-cidr-block-association.ipv6-pool" => blocks6().map(|_| "Amazon".to_owned()).collect(),
        "ipv6-cidr-block-association.state" => blocks6().map(|_| "associated".to_owned()).collect(),
        "is-default" | "isDefault" => vec![vpc.default.to_string()],
        "owner-id" => vec![vpc.account.to_string()],
        "state" => vec!["available".to_owned()],
        "vpc-id" => vec![vpc.id.to_string()],
        _ => return None,
    })
}

/// The states of a block of a VPC or subnet that are ever seen here.
pub(super) const ASSOCIATED: &str = "associated";
pub(super) const DISASSOCIATED: &str = "disassociated";

/// An IPv4 block of a VPC as the wire shows it.
pub(super) fn show_block4(block: &VpcBlock<Ipv4Net>, state: &str) -> VpcCidrBlockAssociation {
    VpcCidrBlockAssociation {
        association_id: Some(block.id.to_string()),
        cidr_block: Some(block.prefix.to_string()),
        cidr_block_state: Some(VpcCidrBlockState { state: Some(state.to_owned()), status_message: None }),
    }
}

/// An IPv6 block of a VPC as the wire shows it.
pub(super) fn show_block6(region: &str, block: &VpcBlock<Ipv6Net>, state: &str) -> VpcIpv6CidrBlockAssociation {
    VpcIpv6CidrBlockAssociation {
        association_id: Some(block.id.to_string()),
        ip_source: Some("amazon".to_owned()),
        // Unique local addresses cannot be advertised on the internet, which is what EC2 means by private.
        ipv6_address_attribute: Some("private".to_owned()),
        ipv6_cidr_block: Some(block.prefix.to_string()),
        ipv6_cidr_block_state: Some(VpcCidrBlockState { state: Some(state.to_owned()), status_message: None }),
        // Terraform takes any other name for a block that it must replace.
        ipv6_pool: Some("Amazon".to_owned()),
        network_border_group: Some(region.to_owned()),
    }
}

/// A VPC as the wire shows it.
fn show(scope: &impl Scope, vpc: &Vpc) -> shapes::Vpc {
    let blocks = vpc.blocks.iter().map(|it| show_block4(it, ASSOCIATED));
    let blocks6 = vpc.blocks6.iter().map(|it| show_block6(&vpc.region, it, ASSOCIATED));
    shapes::Vpc {
        block_public_access_states: block_public_access::states(scope, vpc.id, None),
        cidr_block: Some(vpc.primary().to_string()),
        cidr_block_association_set: blocks.collect(),
        dhcp_options_id: Some(vpc.dhcp_options.to_string()),
        encryption_control: None,
        instance_tenancy: Some("default".to_owned()),
        ipv6_cidr_block_association_set: blocks6.collect(),
        is_default: Some(vpc.default),
        owner_id: Some(vpc.account.to_string()),
        state: Some("available".to_owned()),
        tags: scope.tags(vpc.id),
        vpc_id: Some(vpc.id.to_string()),
    }
}

pub fn describe_attribute(view: &View<'_>, input: DescribeVpcAttributeRequest) -> Result<DescribeVpcAttributeResult> {
    let vpc = view.vpc(&input.vpc_id)?;
    let mut result = DescribeVpcAttributeResult { vpc_id: Some(vpc.id.to_string()), ..Default::default() };
    match input.attribute.as_str() {
        "enableDnsHostnames" => result.enable_dns_hostnames = shown(vpc.dns_hostnames),
        "enableDnsSupport" => result.enable_dns_support = shown(vpc.dns_support),
        "enableNetworkAddressUsageMetrics" => {
            result.enable_network_address_usage_metrics = shown(vpc.address_usage_metrics);
        }
        other => {
            let text = format!("Value ({other}) for parameter attribute is invalid. Unknown attribute.");
            return Err(Error::InvalidParameterValue(text));
        }
    }
    Ok(result)
}

/// An attribute of a VPC that can be changed, with its new value.
enum Attribute {
    DnsHostnames(bool),
    DnsSupport(bool),
    AddressUsageMetrics(bool),
}

pub fn modify_attribute(call: &mut Call<'_>, input: ModifyVpcAttributeRequest) -> Result<()> {
    let mut vpc = call.vpc(&input.vpc_id)?.as_ref().clone();
    let metrics = flag(&input.enable_network_address_usage_metrics);
    let attribute = single([
        ("enableDnsHostnames", flag(&input.enable_dns_hostnames).map(Attribute::DnsHostnames)),
        ("enableDnsSupport", flag(&input.enable_dns_support).map(Attribute::DnsSupport)),
        ("enableNetworkAddressUsageMetrics", metrics.map(Attribute::AddressUsageMetrics)),
    ])?;
    match attribute {
        Attribute::DnsHostnames(true) if !vpc.dns_support => {
            let text = "You can only enable DNS hostnames if you've enabled DNS support.";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
        Attribute::DnsHostnames(value) => vpc.dns_hostnames = value,
        Attribute::DnsSupport(value) => vpc.dns_support = value,
        Attribute::AddressUsageMetrics(value) => vpc.address_usage_metrics = value,
    }
    call.tx.put(vpc);
    Ok(())
}

/// `ModifyVpcTenancy`: to what every VPC has here, and the only thing to which EC2 lets it be changed.
pub fn modify_tenancy(call: &mut Call<'_>, input: ModifyVpcTenancyRequest) -> Result<ModifyVpcTenancyResult> {
    call.vpc(&input.vpc_id)?;
    // The decoder lets no other value through.
    let _default = input.instance_tenancy;
    Ok(ModifyVpcTenancyResult { return_value: Some(true) })
}

/// Reads an IPv4 block. Host bits are cleared, as the reference of `CreateVpc` and `CreateSubnet` says.
pub(super) fn block4(parameter: &str, text: &str) -> Result<Ipv4Net> {
    ipv4_block(text).map(|it| it.trunc()).ok_or_else(|| not_a_block(parameter, text))
}

/// Reads an IPv6 block, and clears its host bits.
pub(super) fn block6(parameter: &str, text: &str) -> Result<Ipv6Net> {
    text.parse().map(|it: Ipv6Net| it.trunc()).map_err(|_| not_a_block(parameter, text))
}

fn not_a_block(parameter: &str, text: &str) -> Error {
    let text = format!("Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block.");
    Error::InvalidParameterValue(text)
}
