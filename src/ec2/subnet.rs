//! Subnets: blocks of a VPC's address space, each in one availability zone.
//!
//! Which names instances are to have is kept, though nothing but the API and an instance's own files knows the names yet.

use std::sync::Arc;

use super::attribute::{flag, single};
use super::error::{Error, Limit, Result, refuse};
use super::list::{Ways, list, named_or_found};
use super::network_interface::room::free_len;
use super::scope::{Call, Scope, View};
use super::vpc::{ASSOCIATED, block4, block6};
use super::{block_public_access, flow_log, subnet_reservation, tag, zone};
use crate::net::{Ipv4Net, Ipv6Net, Prefix, behind, overlap, part};
use crate::state::State;
use crate::state::flow_log::Resource;
use crate::state::id::{NetworkAclId, SubnetId, VpcId};
use crate::state::network_acl::NetworkAclAssociation;
use crate::state::route_table::RouteTableAssociation;
use crate::state::subnet::{HostNameType, Subnet, SubnetBlock};
use crate::state::vpc::Vpc;
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

/// How long the blocks of default subnets are.
pub(super) const DEFAULT_LEN: u8 = 20;
const DEFAULT_LEN6: u8 = 64;

/// For each VPC.
const QUOTA: usize = 200;

/// What a subnet is made with.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub zone: String,
    /// Absent in an IPv6-only subnet.
    pub prefix: Option<Ipv4Net>,
    pub prefix6: Option<Ipv6Net>,
    pub default: bool,
}

pub fn create(call: &mut Call<'_>, input: CreateSubnetRequest) -> Result<CreateSubnetResult> {
    refuse("Ipv4IpamPoolId", &input.ipv4_ipam_pool_id)?;
    refuse("Ipv4NetmaskLength", &input.ipv4_netmask_length)?;
    refuse("Ipv6IpamPoolId", &input.ipv6_ipam_pool_id)?;
    refuse("Ipv6NetmaskLength", &input.ipv6_netmask_length)?;
    refuse("OutpostArn", &input.outpost_arn)?;
    let prefix = input.cidr_block.map(|it| block4("cidrBlock", &it)).transpose()?;
    let prefix6 = input.ipv6_cidr_block.map(|it| block6("ipv6CidrBlock", &it)).transpose()?;
    if input.ipv6_native.unwrap_or(false) {
        if prefix.is_some() {
            let text = "An IPv6-only subnet cannot have the parameter cidrBlock.";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
        if prefix6.is_none() {
            return Err(Error::MissingParameter("ipv6CidrBlock"));
        }
    } else if prefix.is_none() {
        return Err(Error::MissingBlock);
    }
    let zone = chosen_zone(call, input.availability_zone.as_deref(), input.availability_zone_id.as_deref())?;
    let vpc = call.vpc(&input.vpc_id)?;
    if let Some(prefix) = prefix {
        let fits = (16..=28).contains(&prefix.prefix_len());
        place(call.state(), &vpc, Prefix::V4(prefix), fits)?;
    }
    if let Some(prefix) = prefix6 {
        place6(call.state(), &vpc, prefix)?;
    }
    expect_room(call, vpc.id)?;

    let subnet = make(call, &vpc, Wanted { zone, prefix, prefix6, default: false });
    tag::specified(call, "subnet", subnet.id, &input.tag_specifications)?;
    Ok(CreateSubnetResult { subnet: Some(show(call, &subnet)) })
}

/// Refuses more subnets than AWS lets a VPC have, where AWS's quotas hold.
fn expect_room(call: &Call<'_>, vpc: VpcId) -> Result<()> {
    call.expect_room(QUOTA, Limit::Subnets, call.state().indexes.subnets_of_vpc.of(vpc))
}

/// The zone that a call names, or the region's first.
fn chosen_zone(call: &Call<'_>, name: Option<&str>, id: Option<&str>) -> Result<String> {
    let zones = call.caller.zones();
    let (parameter, text, wanted) = match (name, id) {
        (None, None) => return Ok(zones[0].clone()),
        (Some(_), Some(_)) => {
            let text = "Only one of the parameters availabilityZone and availabilityZoneId can be specified.";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
        (Some(name), None) => ("availabilityZone", name, zones.iter().find(|it| *it == name)),
        (None, Some(id)) => ("availabilityZoneId", id, zones.iter().find(|it| zone::id(it) == id)),
    };
    wanted.cloned().ok_or_else(|| {
        let zones = zones.join(", ");
        Error::InvalidParameterValue(format!(
            "Value ({text}) for parameter {parameter} is invalid. Subnets can currently only be created in the \
             following availability zones: {zones}."
        ))
    })
}

/// Whether an IPv6 block can be a subnet's.
pub(super) fn place6(state: &State, vpc: &Vpc, wanted: Ipv6Net) -> Result<()> {
    let fits = (44..=64).contains(&wanted.prefix_len()) && wanted.prefix_len().is_multiple_of(4);
    place(state, vpc, Prefix::V6(wanted), fits)
}

/// Whether a block can be a subnet's: of a size that fits, in a block of the VPC, and clear of every other subnet.
fn place(state: &State, vpc: &Vpc, wanted: Prefix, fits: bool) -> Result<()> {
    if !fits || !vpc.prefixes().any(|it| it.contains(&wanted)) {
        return Err(Error::SubnetRange(wanted));
    }
    if of_vpc(state, vpc.id).any(|it| it.prefixes().any(|it| overlap(it, wanted))) {
        return Err(Error::SubnetConflict(wanted));
    }
    Ok(())
}

/// The VPC's subnets.
pub(super) fn of_vpc(state: &State, vpc: VpcId) -> impl Iterator<Item = &Arc<Subnet>> {
    state.indexes.subnets_of_vpc.of(vpc).filter_map(|it| state.subnets.get(&it))
}

/// `CreateDefaultSubnet`: the default VPC's default subnet in a zone that has none, in the first block that is free.
pub fn create_default(call: &mut Call<'_>, input: CreateDefaultSubnetRequest) -> Result<CreateDefaultSubnetResult> {
    if input.availability_zone.is_none() && input.availability_zone_id.is_none() {
        return Err(Error::MissingParameter("availabilityZone or availabilityZoneId"));
    }
    let zone = chosen_zone(call, input.availability_zone.as_deref(), input.availability_zone_id.as_deref())?;
    let vpc = call.default_vpc().ok_or(Error::DefaultVpcDoesNotExist)?;
    if let Some(subnet) = of_vpc(call.state(), vpc.id).find(|it| it.default && it.zone == zone) {
        return Err(Error::DefaultSubnetAlreadyExists { subnet: subnet.id.to_string(), zone });
    }
    let only6 = input.ipv6_native.unwrap_or(false);
    let blocks = vpc.prefixes().filter(|it| matches!(it, Prefix::V6(_)) == only6);
    let len = if only6 { DEFAULT_LEN6 } else { DEFAULT_LEN };
    let (prefix, prefix6) = match free_block(call.state(), &vpc, blocks, len)? {
        Prefix::V4(prefix) => (Some(prefix), None),
        Prefix::V6(prefix) => (None, Some(prefix)),
    };
    expect_room(call, vpc.id)?;
    let subnet = make(call, &vpc, Wanted { zone, prefix, prefix6, default: true });
    Ok(CreateDefaultSubnetResult { subnet: Some(show(call, &subnet)) })
}

/// The first block of the length in these blocks of the VPC that no subnet has anything of.
fn free_block(state: &State, vpc: &Vpc, blocks: impl Iterator<Item = Prefix>, len: u8) -> Result<Prefix> {
    for block in blocks {
        let mut offset = 0;
        while let Some(candidate) = part(block, len, offset) {
            let mut taken = of_vpc(state, vpc.id).flat_map(|it| it.prefixes());
            match taken.find(|it| overlap(*it, candidate)) {
                Some(other) => offset = behind(block, if other.contains(&candidate) { other } else { candidate }),
                None => return Ok(candidate),
            }
        }
    }
    Err(Error::InsufficientBlocks("VPC"))
}

/// Makes a subnet, whose blocks the caller has chosen well, with the VPC's default network ACL.
pub(super) fn make(call: &mut Call<'_>, vpc: &Vpc, wanted: Wanted) -> Arc<Subnet> {
    let id: SubnetId = call.tx.mint();
    let only6 = wanted.prefix.is_none();
    let block6 = wanted.prefix6.map(|prefix| SubnetBlock { id: call.tx.mint(), prefix });
    let created = call.now();
    call.tx.put(Subnet {
        id,
        account: vpc.account,
        region: vpc.region.clone(),
        vpc: vpc.id,
        zone: wanted.zone,
        prefix: wanted.prefix,
        block6,
        default: wanted.default,
        map_public_address: wanted.default,
        // An interface of an IPv6-only subnet has no other address to be given.
        assign_ipv6_on_creation: only6,
        dns64: false,
        host_name_type: if only6 { HostNameType::ResourceName } else { HostNameType::IpName },
        a_record: false,
        aaaa_record: false,
        created,
    });
    let acl = default_acl(call.state(), vpc.id).expect("every VPC has a default network ACL");
    let association = call.tx.mint();
    call.tx.put(NetworkAclAssociation { id: association, vpc: vpc.id, acl, subnet: id });
    call.tx.get::<Subnet>(&id).expect("it was put")
}

fn default_acl(state: &State, vpc: VpcId) -> Option<NetworkAclId> {
    let mut acls = state.indexes.network_acls_of_vpc.of(vpc);
    acls.find(|it| state.network_acls.get(it).is_some_and(|it| it.default))
}

pub fn delete(call: &mut Call<'_>, input: DeleteSubnetRequest) -> Result<()> {
    let subnet = call.subnet(&input.subnet_id)?;
    let id = subnet.id;
    if call.state().indexes.interfaces_of_subnet.any(id) {
        return Err(Error::DependencyViolation { what: "subnet", id: id.to_string() });
    }
    let acls: Vec<_> = call.state().indexes.network_acl_association_of_subnet.of(id).collect();
    for association in acls {
        call.tx.remove::<NetworkAclAssociation>(association);
    }
    let indexes = &call.state().indexes;
    let tables = indexes.route_tables_of_vpc.of(subnet.vpc);
    let associations = tables.flat_map(|table| indexes.associations_of_route_table.of(table));
    let of_subnet = |it: &_| call.state().route_table_associations.get(it).is_some_and(|it| it.subnet == Some(id));
    let explicit: Vec<_> = associations.filter(of_subnet).collect();
    for association in explicit {
        call.tx.remove::<RouteTableAssociation>(association);
    }
    flow_log::forget(call, subnet.vpc, Resource::Subnet(id));
    subnet_reservation::forget(call, id);
    block_public_access::forget(call, subnet.vpc, Some(id));
    tag::forget(call, id);
    call.tx.remove::<Subnet>(id);
    Ok(())
}

pub fn describe(view: &View<'_>, input: DescribeSubnetsRequest) -> Result<DescribeSubnetsResult> {
    let of_vpc = move |it: VpcId| view.state.indexes.subnets_of_vpc.of(it);
    let found = Ways::of(&view.query).by("subnet-id", Some).by("vpc-id", of_vpc);
    let rows = named_or_found(view, &input.subnet_ids, "subnetIds", |id| view.subnet(id), found)?;
    let value = |subnet: &Subnet, filter: &str| values(view, subnet, filter);
    let (subnets, next_token) = list(view, rows, value, |subnet| show(view, subnet))?;
    Ok(DescribeSubnetsResult { subnets, next_token })
}

/// What a subnet holds for a filter.
fn values(view: &View<'_>, subnet: &Subnet, filter: &str) -> Option<Vec<String>> {
    let block6 = || subnet.block6.iter();
    Some(match filter {
        "availability-zone" | "availabilityZone" => vec![subnet.zone.clone()],
        "availability-zone-id" | "availabilityZoneId" => vec![zone::id(&subnet.zone)],
        "available-ip-address-count" => vec![free_len(view.state, subnet).to_string()],
        "cidr" | "cidr-block" | "cidrBlock" => subnet.prefix.iter().map(|it| it.to_string()).collect(),
        "default-for-az" | "defaultForAz" => vec![subnet.default.to_string()],
        "enable-dns64" => vec![subnet.dns64.to_string()],
        "ipv6-cidr-block-association.association-id" => block6().map(|it| it.id.to_string()).collect(),
        "ipv6-cidr-block-association.ipv6-cidr-block" => block6().map(|it| it.prefix.to_string()).collect(),
        "ipv6-cidr-block-association.state" => block6().map(|_| "associated".to_owned()).collect(),
        "ipv6-native" => vec![subnet.prefix.is_none().to_string()],
        "map-customer-owned-ip-on-launch" => vec!["false".to_owned()],
        "map-public-ip-on-launch" => vec![subnet.map_public_address.to_string()],
        "owner-id" => vec![subnet.account.to_string()],
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record" => vec![subnet.a_record.to_string()],
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record" => {
            vec![subnet.aaaa_record.to_string()]
        }
        "private-dns-name-options-on-launch.hostname-type" => vec![subnet.host_name_type.name().to_owned()],
        "state" => vec!["available".to_owned()],
        "subnet-arn" => vec![view.caller.arn("subnet", subnet.id)],
        "subnet-id" => vec![subnet.id.to_string()],
        "vpc-id" => vec![subnet.vpc.to_string()],
        "customer-owned-ipv4-pool" | "enable-lni-at-device-index" | "outpost-arn" => Vec::new(),
        _ => return None,
    })
}

/// An IPv6 block of a subnet as the wire shows it.
pub(super) fn show_block6(block: &SubnetBlock, state: &str) -> SubnetIpv6CidrBlockAssociation {
    SubnetIpv6CidrBlockAssociation {
        association_id: Some(block.id.to_string()),
        ip_source: Some("amazon".to_owned()),
        ipv6_address_attribute: Some("private".to_owned()),
        ipv6_cidr_block: Some(block.prefix.to_string()),
        ipv6_cidr_block_state: Some(SubnetCidrBlockState { state: Some(state.to_owned()), status_message: None }),
    }
}

/// A subnet as the wire shows it.
fn show(scope: &impl Scope, subnet: &Subnet) -> shapes::Subnet {
    let blocks6 = subnet.block6.iter().map(|it| show_block6(it, ASSOCIATED));
    let host_names = PrivateDnsNameOptionsOnLaunch {
        enable_resource_name_dns_a_record: Some(subnet.a_record),
        enable_resource_name_dns_aaaa_record: Some(subnet.aaaa_record),
        hostname_type: Some(subnet.host_name_type.name().to_owned()),
    };
    shapes::Subnet {
        assign_ipv6_address_on_creation: Some(subnet.assign_ipv6_on_creation),
        availability_zone: Some(subnet.zone.clone()),
        availability_zone_id: Some(zone::id(&subnet.zone)),
        available_ip_address_count: i32::try_from(free_len(scope.state(), subnet)).ok(),
        block_public_access_states: block_public_access::states(scope, subnet.vpc, Some(subnet.id)),
        cidr_block: subnet.prefix.map(|it| it.to_string()),
        default_for_az: Some(subnet.default),
        enable_dns64: Some(subnet.dns64),
        ipv6_cidr_block_association_set: blocks6.collect(),
        ipv6_native: Some(subnet.prefix.is_none()),
        map_customer_owned_ip_on_launch: Some(false),
        map_public_ip_on_launch: Some(subnet.map_public_address),
        owner_id: Some(subnet.account.to_string()),
        private_dns_name_options_on_launch: Some(host_names),
        state: Some("available".to_owned()),
        subnet_arn: Some(scope.caller().arn("subnet", subnet.id)),
        subnet_id: Some(subnet.id.to_string()),
        tags: scope.tags(subnet.id),
        vpc_id: Some(subnet.vpc.to_string()),
        ..Default::default()
    }
}

/// An attribute of a subnet that can be changed, with its new value.
enum Attribute {
    ARecord(bool),
    AaaaRecord(bool),
    AssignIpv6(bool),
    Dns64(bool),
    HostNames(HostNameType),
    MapCustomerOwned(bool),
    MapPublic(bool),
}

pub fn modify_attribute(call: &mut Call<'_>, input: ModifySubnetAttributeRequest) -> Result<()> {
    refuse("CustomerOwnedIpv4Pool", &input.customer_owned_ipv4_pool)?;
    refuse("EnableLniAtDeviceIndex", &input.enable_lni_at_device_index)?;
    refuse("DisableLniAtDeviceIndex", &input.disable_lni_at_device_index)?;
    let a_record = flag(&input.enable_resource_name_dns_a_record_on_launch);
    let aaaa_record = flag(&input.enable_resource_name_dns_aaaa_record_on_launch);
    // The decoder lets no other name through.
    let host_names = input.private_dns_hostname_type_on_launch.as_deref().and_then(HostNameType::named);
    let attribute = single([
        ("assignIpv6AddressOnCreation", flag(&input.assign_ipv6_address_on_creation).map(Attribute::AssignIpv6)),
        ("enableDns64", flag(&input.enable_dns64).map(Attribute::Dns64)),
        ("enableResourceNameDnsAAAARecordOnLaunch", aaaa_record.map(Attribute::AaaaRecord)),
        ("enableResourceNameDnsARecordOnLaunch", a_record.map(Attribute::ARecord)),
        ("mapCustomerOwnedIpOnLaunch", flag(&input.map_customer_owned_ip_on_launch).map(Attribute::MapCustomerOwned)),
        ("mapPublicIpOnLaunch", flag(&input.map_public_ip_on_launch).map(Attribute::MapPublic)),
        ("privateDnsHostnameTypeOnLaunch", host_names.map(Attribute::HostNames)),
    ])?;
    let mut subnet = call.subnet(&input.subnet_id)?.as_ref().clone();
    let (only6, has6) = (subnet.prefix.is_none(), subnet.block6.is_some());
    match attribute {
        Attribute::MapCustomerOwned(true) => return Err(Error::UnsupportedParameter("MapCustomerOwnedIpOnLaunch")),
        Attribute::MapPublic(true) if only6 => {
            return Err(not_in_ipv6_only("true", "map-public-ip-on-launch", &subnet));
        }
        Attribute::AssignIpv6(true) if !has6 => return Err(needs_block6("assign-ipv6-address-on-creation", &subnet)),
        Attribute::Dns64(true) if !has6 => return Err(needs_block6("enable-dns64", &subnet)),
        Attribute::AaaaRecord(true) if !has6 => {
            return Err(needs_block6("enable-resource-name-dns-aaaa-record-on-launch", &subnet));
        }
        Attribute::ARecord(true) if only6 => {
            return Err(not_in_ipv6_only("true", "enable-resource-name-dns-a-record-on-launch", &subnet));
        }
        Attribute::HostNames(HostNameType::IpName) if only6 => {
            return Err(not_in_ipv6_only("ip-name", "private-dns-hostname-type-on-launch", &subnet));
        }
        Attribute::MapCustomerOwned(false) => {}
        Attribute::Dns64(value) => subnet.dns64 = value,
        Attribute::MapPublic(value) => subnet.map_public_address = value,
        Attribute::AssignIpv6(value) => subnet.assign_ipv6_on_creation = value,
        Attribute::ARecord(value) => subnet.a_record = value,
        Attribute::AaaaRecord(value) => subnet.aaaa_record = value,
        Attribute::HostNames(value) => subnet.host_name_type = value,
    }
    call.tx.put(subnet);
    Ok(())
}

fn needs_block6(attribute: &str, subnet: &Subnet) -> Error {
    Error::InvalidParameterValue(format!(
        "Invalid value 'true' for {attribute}. Cannot set {attribute} to true unless the subnet ({}) has an IPv6 CIDR \
         block associated with it.",
        subnet.id
    ))
}

fn not_in_ipv6_only(value: &str, attribute: &str, subnet: &Subnet) -> Error {
    Error::InvalidParameterValue(format!(
        "Invalid value '{value}' for {attribute}. Cannot set {attribute} to {value} for the IPv6-only subnet ({}).",
        subnet.id
    ))
}
