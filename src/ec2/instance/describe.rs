//! `DescribeInstances`: the caller's instances, by the reservations in which they were launched.
//!
//! What an instance shows of the network is its primary interface's; one that has been terminated has none.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::{Phase, metadata};
use crate::ec2::address;
use crate::ec2::error::Result;
use crate::ec2::image;
use crate::ec2::list::{Ways, list, named_or_found};
use crate::ec2::network_interface::{self as interface, attached, by_index};
use crate::ec2::scope::{Scope, View};
use crate::ec2::zone;
use crate::state::id::{Id, InstanceId, InterfaceId, NodeId, ReservationId, VpcId};
use crate::state::instance::{Instance as Row, Lifecycle, private_domain};
use crate::state::network_interface::{Attachment, NetworkInterface};
use crate::wire::Timestamp;
use crate::wire::shapes::*;

/// `DescribeInstances`.
pub fn describe(view: &View<'_>, input: DescribeInstancesRequest) -> Result<DescribeInstancesResult> {
    // Nothing is managed by a service for the caller, so that there is nothing more to include.
    let _ = input.include_managed_resources;
    let find = |id: &str| view.instance(id);
    let rows = named_or_found(view, &input.instance_ids, "InstanceId", find, found(view))?;
    let values = |row: &Row, name: &str| values(view, row, name);
    let show = |row: &Row| {
        let failure = view.realised.failure(row);
        (row.reservation, show(view, row, Phase::of(view, row), failure))
    };
    let (shown, next_token) = list(view, rows, values, show)?;

    let mut together: BTreeMap<ReservationId, Vec<Instance>> = BTreeMap::new();
    for (id, instance) in shown {
        together.entry(id).or_default().push(instance);
    }
    let reservations = together.into_iter().map(|(id, instances)| Reservation {
        instances,
        owner_id: Some(view.caller.account.to_string()),
        reservation_id: Some(id.to_string()),
        ..Default::default()
    });
    Ok(DescribeInstancesResult { next_token, reservations: reservations.collect() })
}

/// What the indexes know of the instances that the filters ask for.
fn found<'a>(view: &'a View<'_>) -> Ways<'a, InstanceId> {
    let on_node = move |node: NodeId| {
        let first = (node, VpcId::from_number(0), InstanceId::from_number(0));
        let found = view.state.indexes.instances_on_node.from(first);
        found.take_while(move |it| it.0 == node).map(|it| it.2)
    };
    // The names without a prefix ask for the same of the primary interface.
    let interfaces = by_index(view, "network-interface.").and(by_index(view, "instance.")).and(by_index(view, ""));
    let wearer = move |it: InterfaceId| Some(view.state.network_interfaces.get(&it)?.attachment.as_ref()?.instance);
    Ways::of(&view.query).by("instance-id", Some).by("host-id", on_node).and(interfaces.to(wearer))
}

/// The instance's interface at device index 0.
pub fn primary<'s>(scope: &'s impl Scope, row: &Row) -> Option<&'s Arc<NetworkInterface>> {
    scope.state().interfaces_of_instance(row.id).next()
}

/// What an instance holds for a filter: what is shown of it, mostly.
fn values(view: &View<'_>, row: &Row, name: &str) -> Option<Vec<String>> {
    if let Some(name) = name.strip_prefix("network-interface.") {
        let mut held = Vec::new();
        // The names are checked on an instance without interfaces too.
        for row in view.state.interfaces_of_instance(row.id) {
            held.extend(interface::values(view, row, attached(row), name)?);
        }
        return Some(held);
    }
    if let Some(name) = name.strip_prefix("metadata-options.") {
        return metadata::values(row.metadata, name);
    }
    let primary = || primary(view, row);
    let of_primary = |name: &str| match primary() {
        Some(primary) => interface::values(view, primary, None, name),
        None => Some(Vec::new()),
    };
    let one = |text: &str| vec![text.to_owned()];
    let of_shown = |value: fn(Instance) -> Option<String>| {
        let shown = show(view, row, Phase::of(view, row), view.realised.failure(row));
        value(shown).into_iter().collect()
    };
    Some(match name {
        "affinity" => one("default"),
        "architecture" => one(image::architecture()),
        "availability-zone" => one(&row.zone),
        "availability-zone-id" => vec![zone::id(&row.zone)],
        "capacity-reservation-specification.capacity-reservation-preference" => one("open"),
        "client-token" => row.client_token.iter().cloned().collect(),
        "dns-name" => return of_primary("association.public-dns-name"),
        "ebs-optimized" | "ena-support" | "enclave-options.enabled" | "hibernation-options.configured" => one("false"),
        "host-id" if row.lifecycle != Lifecycle::Terminated => vec![row.node.to_string()],
        "image-id" => one(&row.image),
        "instance-id" => vec![row.id.to_string()],
        "instance-state-code" => vec![Phase::of(view, row).code().to_string()],
        "instance-state-name" => one(Phase::of(view, row).name()),
        "instance-type" => one(&row.instance_type),
        "instance.group-id" => return of_primary("group-id"),
        "instance.group-name" => return of_primary("group-name"),
        "ipv6-address" => return of_primary("ipv6-address"),
        "ip-address" => return of_primary("association.public-ip"),
        "launch-index" => vec![row.launch_index.to_string()],
        "launch-time" => vec![Timestamp(row.launched.0).to_string()],
        "maintenance-options.auto-recovery" | "monitoring-state" => one("disabled"),
        "network-performance-options.bandwidth-weighting" => one("default"),
        "operator.managed" => one("false"),
        "owner-id" => vec![row.account.to_string()],
        "platform-details" => one("Linux/UNIX"),
        "private-dns-name" => of_shown(|it| it.private_dns_name.filter(|name| !name.is_empty())),
        "private-dns-name-options.enable-resource-name-dns-a-record" => vec![row.a_record.to_string()],
        "private-dns-name-options.enable-resource-name-dns-aaaa-record" => vec![row.aaaa_record.to_string()],
        "private-dns-name-options.hostname-type" => one(row.host_name_type.name()),
        "private-ip-address" => return of_primary("private-ip-address"),
        "reason" => of_shown(|it| it.state_transition_reason),
        "reservation-id" => vec![row.reservation.to_string()],
        "root-device-name" => one(image::ROOT_DEVICE_NAME),
        "root-device-type" => one(image::ROOT_DEVICE_TYPE),
        "source-dest-check" => return of_primary("source-dest-check"),
        "state-reason-code" => of_shown(|it| it.state_reason.and_then(|reason| reason.code)),
        "state-reason-message" => of_shown(|it| it.state_reason.and_then(|reason| reason.message)),
        "subnet-id" => return of_primary("subnet-id"),
        "tenancy" => one(tenancy(row)),
        "usage-operation" => one("RunInstances"),
        "hypervisor" => one("xen"),
        "virtualization-type" => one("hvm"),
        "vpc-id" => return of_primary("vpc-id"),
        "key-name" => row.key.iter().map(|it| it.name.clone()).collect(),
        // No instance has any of these.
        "boot-mode" | "capacity-reservation-id" | "current-instance-boot-mode" | "host-id" => vec![],
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id" => vec![],
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn" => {
            vec![]
        }
        "iam-instance-profile.arn" | "iam-instance-profile.id" | "instance-lifecycle" => vec![],
        "kernel-id" | "operator.principal" | "outpost-arn" | "placement-group-name" => vec![],
        "placement-partition-number" | "platform" | "product-code" | "product-code.type" | "ramdisk-id" => vec![],
        "requester-id" | "spot-instance-request-id" | "tpm-support" | "usage-operation-update-time" => vec![],
        _ if name.starts_with("block-device-mapping.") => vec![],
        _ => return None,
    })
}

fn tenancy(row: &Row) -> &'static str {
    if row.host_tenancy { "host" } else { "default" }
}

/// The instance as the wire shows it, in a phase; `failure` is why its node cannot do what was asked.
pub fn show(scope: &impl Scope, row: &Row, phase: Phase, failure: Option<&str>) -> Instance {
    let text = |it: &str| Some(it.to_owned());
    let interfaces: Vec<_> = scope.state().interfaces_of_instance(row.id).collect();
    let primary = interfaces.first();
    let public = primary.and_then(|it| public_address(scope, it, *it.addresses.first()?));
    let gone = row.lifecycle == Lifecycle::Terminated;
    let shown_interfaces = interfaces.iter().filter_map(|it| Some(show_interface(scope, it, it.attachment.as_ref()?)));
    Instance {
        ami_launch_index: i32::try_from(row.launch_index).ok(),
        architecture: text(image::architecture()),
        capacity_reservation_specification: Some(CapacityReservationSpecificationResponse {
            capacity_reservation_preference: text("open"),
            ..Default::default()
        }),
        client_token: Some(row.client_token.clone().unwrap_or_default()),
        ebs_optimized: Some(false),
        ena_support: Some(false),
        enclave_options: Some(EnclaveOptions { enabled: Some(false) }),
        hibernation_options: Some(HibernationOptions { configured: Some(false) }),
        image_id: text(&row.image),
        instance_id: Some(row.id.to_string()),
        instance_type: text(&row.instance_type),
        ipv6_address: primary.and_then(|it| it.addresses6.first()).map(|it| it.to_string()),
        key_name: row.key.as_ref().map(|it| it.name.clone()),
        launch_time: Some(Timestamp(row.launched.0)),
        maintenance_options: Some(InstanceMaintenanceOptions { auto_recovery: text("disabled"), ..Default::default() }),
        metadata_options: Some(metadata::show(row.metadata)),
        monitoring: Some(Monitoring { state: text("disabled") }),
        network_interfaces: shown_interfaces.collect(),
        network_performance_options: Some(InstanceNetworkPerformanceOptions { bandwidth_weighting: text("default") }),
        operator: Some(OperatorResponse { managed: Some(false), ..Default::default() }),
        placement: Some(Placement {
            availability_zone: text(&row.zone),
            availability_zone_id: Some(zone::id(&row.zone)),
            group_name: text(""),
            host_id: (!gone).then(|| row.node.to_string()),
            tenancy: text(tenancy(row)),
            ..Default::default()
        }),
        platform_details: text("Linux/UNIX"),
        // EC2 shows these names as empty rather than not at all.
        private_dns_name: Some(if gone { String::new() } else { private_dns_name(row) }),
        private_dns_name_options: Some(PrivateDnsNameOptionsResponse {
            enable_resource_name_dns_a_record: Some(row.a_record),
            enable_resource_name_dns_aaaa_record: Some(row.aaaa_record),
            hostname_type: text(row.host_name_type.name()),
        }),
        private_ip_address: primary.and_then(|it| it.addresses.first()).map(Ipv4Addr::to_string),
        public_dns_name: Some(public.as_ref().and_then(|it| it.public_dns_name.clone()).unwrap_or_default()),
        public_ip_address: public.and_then(|it| it.public_ip),
        // An instance sees its host's file system: no volume is behind it, as with EC2's instance store.
        root_device_name: text(image::ROOT_DEVICE_NAME),
        root_device_type: text(image::ROOT_DEVICE_TYPE),
        security_groups: primary.map(|it| interface::show_groups(scope, &it.groups)).unwrap_or_default(),
        source_dest_check: primary.map(|it| it.source_dest_check),
        state: phase.show(),
        state_reason: state_reason(row, phase, failure),
        state_transition_reason: Some(transition_reason(row)),
        // Of Nitro ones, too.
        hypervisor: text("xen"),
        subnet_id: primary.map(|it| it.subnet.to_string()),
        tags: scope.tags(row.id),
        usage_operation: text("RunInstances"),
        virtualization_type: text("hvm"),
        vpc_id: primary.map(|it| it.vpc.to_string()),
        ..Default::default()
    }
}

/// The instance's name in the network.
fn private_dns_name(row: &Row) -> String {
    format!("{}.{}", row.host_name, private_domain(&row.region))
}

/// Why the instance is where it is, by code.
fn state_reason(row: &Row, phase: Phase, failure: Option<&str>) -> Option<StateReason> {
    let reason =
        |code: &str, message: String| Some(StateReason { code: Some(code.to_owned()), message: Some(message) });
    match (failure, &row.reason) {
        (Some(failure), _) => reason("Server.InternalError", format!("Server.InternalError: {failure}")),
        (None, Some(given)) => reason(&given.code, given.message.clone()),
        (None, None) if phase == Phase::Pending => reason("pending", "pending".to_owned()),
        (None, None) => None,
    }
}

/// Why the instance is where it is, in EC2's older words: with the time, and empty while it runs.
fn transition_reason(row: &Row) -> String {
    if row.reason.is_none() {
        return String::new();
    }
    let moment = Timestamp(row.changed.0).to_string();
    let (day, time) = moment.split_once('T').unwrap_or((&moment, ""));
    let time = time.split_once('.').map_or(time, |it| it.0);
    format!("User initiated ({day} {time} GMT)")
}

/// The public address that stands for a private one of the interface, as the wire shows it within the instance.
fn public_address(
    scope: &impl Scope,
    row: &NetworkInterface,
    private: Ipv4Addr,
) -> Option<InstanceNetworkInterfaceAssociation> {
    let shown = address::show_association(scope, row, private)?;
    Some(InstanceNetworkInterfaceAssociation {
        ip_owner_id: shown.ip_owner_id,
        public_dns_name: shown.public_dns_name,
        public_ip: shown.public_ip,
        ..Default::default()
    })
}

/// One of the instance's interfaces as the wire shows it within the instance.
fn show_interface(scope: &impl Scope, row: &NetworkInterface, attachment: &Attachment) -> InstanceNetworkInterface {
    let addresses = row.addresses.iter().enumerate().map(|(at, address)| InstancePrivateIpAddress {
        primary: Some(at == 0),
        private_dns_name: interface::private_dns_name(scope, row, *address),
        private_ip_address: Some(address.to_string()),
        association: public_address(scope, row, *address),
    });
    let addresses6 = row
        .addresses6
        .iter()
        .map(|address| InstanceIpv6Address { ipv6_address: Some(address.to_string()), is_primary_ipv6: Some(false) });
    let prefixes = row.prefixes.iter().map(|it| InstanceIpv4Prefix { ipv4_prefix: Some(it.to_string()) });
    let prefixes6 = row.prefixes6.iter().map(|it| InstanceIpv6Prefix { ipv6_prefix: Some(it.to_string()) });
    InstanceNetworkInterface {
        association: row.addresses.first().and_then(|it| public_address(scope, row, *it)),
        attachment: Some(InstanceNetworkInterfaceAttachment {
            attach_time: Some(Timestamp(attachment.attached.0)),
            attachment_id: Some(attachment.id.to_string()),
            delete_on_termination: Some(attachment.delete_on_termination),
            device_index: Some(i32::from(attachment.device_index)),
            network_card_index: Some(0),
            status: Some("attached".to_owned()),
            ..Default::default()
        }),
        description: Some(row.description.clone()),
        groups: interface::show_groups(scope, &row.groups),
        interface_type: Some("interface".to_owned()),
        ipv4_prefixes: prefixes.collect(),
        ipv6_addresses: addresses6.collect(),
        ipv6_prefixes: prefixes6.collect(),
        mac_address: Some(row.mac.to_string()),
        network_interface_id: Some(row.id.to_string()),
        operator: Some(OperatorResponse { managed: Some(false), ..Default::default() }),
        owner_id: Some(row.account.to_string()),
        private_dns_name: row.addresses.first().and_then(|it| interface::private_dns_name(scope, row, *it)),
        private_ip_address: row.addresses.first().map(Ipv4Addr::to_string),
        private_ip_addresses: addresses.collect(),
        source_dest_check: Some(row.source_dest_check),
        status: Some("in-use".to_owned()),
        subnet_id: Some(row.subnet.to_string()),
        vpc_id: Some(row.vpc.to_string()),
        ..Default::default()
    }
}
