//! Network interfaces: made in a subnet, shown, deleted.
//!
//! Their addresses and prefixes are in `address`, `address6` and `prefix`, what is free for them in `room`, their places
//! in instances in `attachment`, what else can be changed in `attribute`.

pub mod address;
mod address6;
pub mod attachment;
pub mod attribute;
mod prefix;
pub mod room;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

pub use address::{assign_private_addresses, unassign_private_addresses};
pub use address6::{assign_ipv6_addresses, unassign_ipv6_addresses};
pub use attachment::{attach, detach};
pub use attribute::{describe_attribute, modify_attribute, reset_attribute};

use super::error::{Error, Result, refuse, refuse_unless};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View};
use super::{address as public, flow_log, identity, tag, zone};
use crate::net::{Bandwidth, Ipv4Net, Ipv6Net, Mac};
use crate::state;
use crate::state::flow_log::Resource;
use crate::state::id::{AttachmentId, Id, InstanceId, InterfaceId, SecurityGroupId, SubnetId, VpcId};
use crate::state::instance::{host_name, private_domain};
use crate::state::network_interface::{Attachment, BANDWIDTH, Kind};
use crate::state::subnet::Subnet;
use crate::state::vpc::Vpc;
use crate::wire::Timestamp;
use crate::wire::shapes::*;

/// For how long an attachment that has ended is shown to those who ask for it by its id: clients wait to see its end.
const DETACHED_SHOWN_MS: i64 = 10_000;

/// EC2's name for the owner of what its services hold.
const SERVICE: &str = "amazon-aws";
/// What the ids of attachments to services begin with.
const SERVICE_ATTACHMENT: &str = "ela-attach-";

type Row = state::network_interface::NetworkInterface;

/// An interface that is to be made.
#[derive(Debug, Clone)]
pub struct Plan {
    pub subnet: Arc<Subnet>,
    pub addresses: address::Wanted,
    /// In ascending order.
    pub groups: Vec<SecurityGroupId>,
    pub description: String,
}

/// `CreateNetworkInterface`: makes an interface in a subnet.
pub fn create(call: &mut Call<'_>, input: CreateNetworkInterfaceRequest) -> Result<CreateNetworkInterfaceResult> {
    refuse("ConnectionTrackingSpecification", &input.connection_tracking_specification)?;
    refuse_unless("EnablePrimaryIpv6", &input.enable_primary_ipv6, false)?;
    refuse("InterfaceType", &input.interface_type)?;
    refuse("Operator", &input.operator)?;
    let subnet = call.subnet(&input.subnet_id)?;
    let asked = address::Asked {
        address: input.private_ip_address.as_deref(),
        addresses: &input.private_ip_addresses,
        secondary_count: input.secondary_private_ip_address_count,
        addresses6: &input.ipv6_addresses,
        count6: input.ipv6_address_count,
        prefixes: &input.ipv4_prefixes,
        prefix_count: input.ipv4_prefix_count,
        prefixes6: &input.ipv6_prefixes,
        prefix_count6: input.ipv6_prefix_count,
    };
    let addresses = asked.in_subnet(&subnet)?;
    let groups = attribute::groups(call, subnet.vpc, &input.groups)?;
    let description = attribute::description(input.description.unwrap_or_default())?;

    let plan = Plan { subnet, addresses, groups, description };
    let interface = make(call, &plan, None)?;
    tag::specified(call, "network-interface", interface.id, &input.tag_specifications)?;
    Ok(CreateNetworkInterfaceResult {
        client_token: call.token.clone(),
        network_interface: Some(show(call, &interface, None)),
    })
}

/// Makes an interface, in an instance or in none.
pub fn make(call: &mut Call<'_>, plan: &Plan, attachment: Option<Attachment>) -> Result<Row> {
    let subnet = &plan.subnet;
    let chosen = plan.addresses.choose(call, subnet)?;
    let identity = identity::of_groups(call, subnet.vpc, &plan.groups)?;
    let id: InterfaceId = call.tx.mint();
    let (account, region) = call.caller().owner();
    // The low bits of an id are as random as the high ones.
    let mac = Mac::derived(id.number() as u64);
    let interface = Row {
        id,
        account,
        region,
        vpc: subnet.vpc,
        subnet: subnet.id,
        zone: subnet.zone.clone(),
        mac,
        description: plan.description.clone(),
        addresses: chosen.addresses,
        addresses6: chosen.addresses6,
        groups: plan.groups.clone(),
        identity,
        prefixes: chosen.prefixes,
        prefixes6: chosen.prefixes6,
        kind: Kind::Interface,
        source_dest_check: true,
        map_public_address: false,
        bandwidth: None,
        attachment,
        detached: None,
        created: call.now(),
    };
    call.tx.put(interface.clone());
    Ok(interface)
}

/// `DeleteNetworkInterface`: removes an interface that is in no instance.
pub fn delete(call: &mut Call<'_>, input: DeleteNetworkInterfaceRequest) -> Result<()> {
    let interface = unmanaged(call, &input.network_interface_id)?;
    if interface.attachment.is_some() {
        return Err(Error::InterfaceAttached(interface.id.to_string()));
    }
    remove(call, interface.id);
    Ok(())
}

/// The caller's interface with this id, if the caller may change it: what serves a NAT gateway changes with it alone.
pub fn unmanaged(scope: &impl Scope, id: &str) -> Result<Arc<Row>> {
    let interface = scope.network_interface(id)?;
    match interface.kind {
        Kind::Interface => Ok(interface),
        Kind::NatGateway(gateway) => {
            let text = format!("The network interface '{id}' is managed by the NAT gateway '{gateway}'.");
            Err(Error::OperationNotPermitted(text))
        }
    }
}

/// Takes what the tag [`BANDWIDTH`] of a resource says, or that it has none any more.
pub fn limit(call: &mut Call<'_>, resource: &str, value: Option<&str>) -> Result<()> {
    if !resource.starts_with("eni-") {
        let text = format!("The tag '{BANDWIDTH}' is of network interfaces only.");
        return Err(Error::InvalidParameterValue(text));
    }
    let bandwidth = value.map(str::parse).transpose().map_err(|()| {
        Error::InvalidParameterValue(format!(
            "Value ({}) for tag '{BANDWIDTH}' is invalid. It must be a whole number with kbit, mbit or gbit behind it, \
             from {} to {}.",
            value.unwrap_or_default(),
            Bandwidth::LEAST,
            Bandwidth::MOST
        ))
    })?;
    let interface = call.network_interface(resource)?;
    call.tx.put(Row { bandwidth, ..interface.as_ref().clone() });
    Ok(())
}

/// Removes an interface with its tags; no public address leads to it any more.
pub fn remove(call: &mut Call<'_>, id: InterfaceId) {
    public::forget(call, id);
    if let Some(row) = call.tx.get::<Row>(&id) {
        flow_log::forget(call, row.vpc, Resource::Interface(id));
    }
    tag::forget(call, id);
    call.tx.remove::<Row>(id);
}

/// `DescribeNetworkInterfaces`: the caller's interfaces.
pub fn describe(view: &View<'_>, input: DescribeNetworkInterfacesRequest) -> Result<DescribeNetworkInterfacesResult> {
    // Nothing is managed by a service for the caller, so that there is nothing more to include.
    let _either_way = input.include_managed_resources;
    let find = |id: &str| view.network_interface(id);
    let found = by_index(view, "");
    let rows = named_or_found(view, &input.network_interface_ids, "NetworkInterfaceId", find, found)?;
    let values = |row: &Row, name: &str| values(view, row, seen(view, row), name);
    let (network_interfaces, next_token) = list(view, rows, values, |row| show(view, row, seen(view, row)))?;
    Ok(DescribeNetworkInterfacesResult { network_interfaces, next_token })
}

/// What the indexes know of the interfaces that the filters ask for; other accounts' may be among them.
///
/// `prefix` stands before the filters' names.
pub fn by_index<'a>(view: &'a View<'_>, prefix: &str) -> Ways<'a, InterfaceId> {
    let name = |name: &str| format!("{prefix}{name}");
    let (state, indexes) = (view.state, &view.state.indexes);
    let of_instance = move |it: InstanceId| state.interfaces_of_instance(it).map(|it| it.id);
    let of_public = move |it: Ipv4Addr| {
        let address = state.addresses.get(indexes.address_of_public.get(&it)?)?;
        Some(address.association.as_ref()?.interface)
    };
    let mut ways = Ways::of(&view.query)
        .by(&name("network-interface-id"), Some)
        .by(&name("attachment.attachment-id"), move |it: String| of_attachment(state, &it))
        .by(&name("attachment.instance-id"), of_instance)
        .by(&name("mac-address"), move |it: Mac| indexes.interfaces_of_mac.of(it))
        .by(&name("subnet-id"), move |it: SubnetId| indexes.interfaces_of_subnet.of(it))
        .by(&name("group-id"), move |it: SecurityGroupId| indexes.interfaces_of_group.of(it))
        .by(&name("vpc-id"), move |it: VpcId| indexes.interfaces_of_vpc.of(it));
    for public in ["association.public-ip", "addresses.association.public-ip", "ip-address"] {
        ways = ways.by(&name(public), of_public);
    }
    for address in ["private-ip-address", "addresses.private-ip-address", "ipv6-address", "ipv6-addresses.ipv6-address"]
    {
        ways = ways.by(&name(address), move |it: IpAddr| indexes.interfaces_of_address.of(it));
    }
    ways
}

/// The interface with the attachment of this id.
fn of_attachment(state: &state::State, id: &str) -> Option<InterfaceId> {
    match id.strip_prefix(SERVICE_ATTACHMENT) {
        Some(digits) => format!("eni-{digits}").parse().ok(),
        None => state.indexes.interface_of_attachment.get(&id.parse::<AttachmentId>().ok()?).copied(),
    }
}

/// The attachment as which the call sees the interface, with its status.
fn seen<'r>(view: &View<'_>, row: &'r Row) -> Option<(&'r Attachment, &'static str)> {
    let ended = row.detached.as_ref().filter(|it| view.now.0 - it.when.0 < DETACHED_SHOWN_MS);
    let asked_for = |attachment: &Attachment| {
        let ids = view.query.plain("attachment.attachment-id");
        ids.is_some_and(|ids| ids.contains(&attachment.id.to_string()))
    };
    match ended.map(|it| &it.attachment).filter(|it| asked_for(it)) {
        Some(attachment) => Some((attachment, "detached")),
        None => attached(row),
    }
}

/// The interface's attachment, if it has one, with its status.
pub fn attached(row: &Row) -> Option<(&Attachment, &'static str)> {
    row.attachment.as_ref().map(|it| (it, "attached"))
}

/// What an interface holds for a filter.
pub fn values(
    scope: &impl Scope,
    row: &Row,
    attachment: Option<(&Attachment, &str)>,
    name: &str,
) -> Option<Vec<String>> {
    let of_attachment = |text: fn(NetworkInterfaceAttachment) -> Option<String>| {
        show_attachment(row, attachment).and_then(text).into_iter().collect::<Vec<_>>()
    };
    // What speaks of the association without more words speaks of the primary address.
    if let Some(part) = name.strip_prefix("association.") {
        return of_associations(scope, row, row.addresses.iter().take(1), part);
    }
    if let Some(part) = name.strip_prefix("addresses.association.") {
        return of_associations(scope, row, row.addresses.iter(), part);
    }
    let names = || row.addresses.iter().filter_map(|it| private_dns_name(scope, row, *it));
    Some(match name {
        "addresses.primary" if row.addresses.len() > 1 => vec!["true".to_owned(), "false".to_owned()],
        "addresses.primary" => row.addresses.iter().map(|_| "true".to_owned()).collect(),
        "addresses.private-dns-name" => names().collect(),
        "addresses.private-ip-address" => row.addresses.iter().map(Ipv4Addr::to_string).collect(),
        "attachment.attach-time" => of_attachment(|it| it.attach_time.map(|it| it.to_string())),
        "attachment.attachment-id" => of_attachment(|it| it.attachment_id),
        "attachment.delete-on-termination" => of_attachment(|it| it.delete_on_termination.map(|it| it.to_string())),
        "attachment.device-index" => of_attachment(|it| it.device_index.map(|it| it.to_string())),
        "attachment.instance-id" => of_attachment(|it| it.instance_id),
        "attachment.instance-owner-id" => of_attachment(|it| it.instance_owner_id),
        "attachment.network-card-index" => of_attachment(|it| it.network_card_index.map(|it| it.to_string())),
        "attachment.status" => of_attachment(|it| it.status),
        "availability-zone" => vec![row.zone.clone()],
        "availability-zone-id" => vec![zone::id(&row.zone)],
        "description" => vec![row.description.clone()],
        "group-id" => row.groups.iter().map(SecurityGroupId::to_string).collect(),
        "group-name" => show_groups(scope, &row.groups).into_iter().filter_map(|it| it.group_name).collect(),
        "interface-type" => vec![interface_type(row).to_owned()],
        "ipv4-prefixes.ipv4-prefix" => row.prefixes.iter().map(Ipv4Net::to_string).collect(),
        "ipv6-address" | "ipv6-addresses.ipv6-address" => row.addresses6.iter().map(|it| it.to_string()).collect(),
        "ipv6-addresses.is-primary-ipv6" => row.addresses6.iter().map(|_| "false".to_owned()).collect(),
        "ipv6-native" => vec![row.addresses.is_empty().to_string()],
        "ipv6-prefixes.ipv6-prefix" => row.prefixes6.iter().map(Ipv6Net::to_string).collect(),
        "mac-address" => vec![row.mac.to_string()],
        "network-interface-id" => vec![row.id.to_string()],
        "operator.managed" => vec!["false".to_owned()],
        "owner-id" => vec![row.account.to_string()],
        "private-dns-name" => names().take(1).collect(),
        "private-ip-address" => row.addresses.iter().take(1).map(Ipv4Addr::to_string).collect(),
        "requester-id" => requester(row).map(str::to_owned).into_iter().collect(),
        "requester-managed" => vec![requester(row).is_some().to_string()],
        "source-dest-check" => vec![row.source_dest_check.to_string()],
        "status" => vec![status(row).to_owned()],
        "subnet-id" => vec![row.subnet.to_string()],
        "tag-key" => scope.tags(row.id).into_iter().filter_map(|it| it.key).collect(),
        "tag-value" => scope.tags(row.id).into_iter().filter_map(|it| it.value).collect(),
        "vpc-id" => vec![row.vpc.to_string()],
        // No interface has any of these.
        "deny-all-igw-traffic" | "operator.principal" | "outpost-arn" | "public-dns-name" => vec![],
        _ => return None,
    })
}

/// What the public addresses of some of the interface's addresses hold for a filter.
fn of_associations<'a>(
    scope: &impl Scope,
    row: &Row,
    addresses: impl Iterator<Item = &'a Ipv4Addr>,
    part: &str,
) -> Option<Vec<String>> {
    let part: fn(NetworkInterfaceAssociation) -> Option<String> = match part {
        "allocation-id" => |it| it.allocation_id,
        "association-id" => |it| it.association_id,
        "ip-owner-id" | "owner-id" => |it| it.ip_owner_id,
        "public-dns-name" => |it| it.public_dns_name.filter(|it| !it.is_empty()),
        "public-ip" => |it| it.public_ip,
        "carrier-ip" | "customer-owned-ip" => |_| None,
        _ => return None,
    };
    Some(addresses.filter_map(|it| public::show_association(scope, row, *it)).filter_map(part).collect())
}

fn status(row: &Row) -> &'static str {
    if row.attachment.is_some() || row.kind != Kind::Interface { "in-use" } else { "available" }
}

fn interface_type(row: &Row) -> &'static str {
    match row.kind {
        Kind::Interface => "interface",
        Kind::NatGateway(_) => "nat_gateway",
    }
}

/// Who made the interface, where that is no caller.
fn requester(row: &Row) -> Option<&'static str> {
    (row.kind != Kind::Interface).then_some(SERVICE)
}

/// The interface as the wire shows it.
pub fn show(scope: &impl Scope, row: &Row, attachment: Option<(&Attachment, &str)>) -> NetworkInterface {
    let private_ip_addresses = row.addresses.iter().enumerate().map(|(at, address)| NetworkInterfacePrivateIpAddress {
        primary: Some(at == 0),
        private_dns_name: private_dns_name(scope, row, *address),
        private_ip_address: Some(address.to_string()),
        association: public::show_association(scope, row, *address),
    });
    let ipv6_addresses = row.addresses6.iter().map(|address| NetworkInterfaceIpv6Address {
        ipv6_address: Some(address.to_string()),
        is_primary_ipv6: Some(false),
        ..Default::default()
    });
    let ipv6_prefixes = row.prefixes6.iter().map(|it| Ipv6PrefixSpecification { ipv6_prefix: Some(it.to_string()) });
    NetworkInterface {
        association: row.addresses.first().and_then(|it| public::show_association(scope, row, *it)),
        attachment: show_attachment(row, attachment),
        availability_zone: Some(row.zone.clone()),
        availability_zone_id: Some(zone::id(&row.zone)),
        description: Some(row.description.clone()),
        groups: show_groups(scope, &row.groups),
        interface_type: Some(interface_type(row).to_owned()),
        ipv4_prefixes: address::show_prefixes(&row.prefixes),
        ipv6_address: row.addresses6.first().map(|it| it.to_string()),
        ipv6_addresses: ipv6_addresses.collect(),
        ipv6_native: row.addresses.is_empty().then_some(true),
        ipv6_prefixes: ipv6_prefixes.collect(),
        mac_address: Some(row.mac.to_string()),
        network_interface_id: Some(row.id.to_string()),
        operator: Some(OperatorResponse { managed: Some(false), ..Default::default() }),
        owner_id: Some(row.account.to_string()),
        private_dns_name: row.addresses.first().and_then(|it| private_dns_name(scope, row, *it)),
        private_ip_address: row.addresses.first().map(Ipv4Addr::to_string),
        private_ip_addresses: private_ip_addresses.collect(),
        requester_id: requester(row).map(str::to_owned),
        requester_managed: Some(requester(row).is_some()),
        source_dest_check: Some(row.source_dest_check),
        status: Some(status(row).to_owned()),
        subnet_id: Some(row.subnet.to_string()),
        tag_set: scope.tags(row.id),
        vpc_id: Some(row.vpc.to_string()),
        ..Default::default()
    }
}

/// An attachment of the interface, with its status, as the wire shows it. That of a NAT gateway's is to no instance.
pub fn show_attachment(row: &Row, attachment: Option<(&Attachment, &str)>) -> Option<NetworkInterfaceAttachment> {
    if row.kind != Kind::Interface {
        return Some(NetworkInterfaceAttachment {
            attachment_id: Some(format!("{SERVICE_ATTACHMENT}{:017x}", row.id.number())),
            delete_on_termination: Some(false),
            device_index: Some(1),
            instance_owner_id: Some(SERVICE.to_owned()),
            network_card_index: Some(0),
            status: Some("attached".to_owned()),
            ..Default::default()
        });
    }
    let (attachment, status) = attachment?;
    Some(NetworkInterfaceAttachment {
        attach_time: Some(Timestamp(attachment.attached.0)),
        attachment_id: Some(attachment.id.to_string()),
        delete_on_termination: Some(attachment.delete_on_termination),
        device_index: Some(i32::from(attachment.device_index)),
        instance_id: Some(attachment.instance.to_string()),
        instance_owner_id: Some(row.account.to_string()),
        network_card_index: Some(0),
        status: Some(status.to_owned()),
        ..Default::default()
    })
}

/// The groups with their names.
pub fn show_groups(scope: &impl Scope, groups: &[SecurityGroupId]) -> Vec<GroupIdentifier> {
    let name = |id: &SecurityGroupId| scope.state().security_groups.get(id).map(|it| it.name.clone());
    groups.iter().map(|it| GroupIdentifier { group_id: Some(it.to_string()), group_name: name(it) }).collect()
}

/// The name of one of the interface's addresses; a VPC without host names has none.
pub fn private_dns_name(scope: &impl Scope, row: &Row, address: Ipv4Addr) -> Option<String> {
    let vpc: &Vpc = scope.state().vpcs.get(&row.vpc)?;
    vpc.dns_hostnames.then(|| format!("{}.{}", host_name(address), private_domain(&row.region)))
}
