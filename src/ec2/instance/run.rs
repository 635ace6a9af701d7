//! `RunInstances`: instances with their interfaces, on the nodes that have fewest.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::device::{self, Device, Source};
use super::{Phase, describe, metadata, name, type_named};
use crate::ec2::error::{Error, Result, refuse, refuse_unless};
use crate::ec2::network_interface::{self, Plan, attachment, room};
use crate::ec2::scope::{Call, Scope};
use crate::ec2::{address as public, host, image, key_pair, tag, zone};
use crate::state::id::{InstanceId, NodeId, ReservationId};
use crate::state::instance::{Instance, InstanceKey, Lifecycle};
use crate::state::metadata::MetadataOptions;
use crate::state::network_interface::NetworkInterface;
use crate::state::node::Node;
use crate::state::subnet::HostNameType;
use crate::wire::shapes::{Placement, Reservation, RunInstancesRequest, TagSpecification};

const COUNT_MAX: i32 = 1000;
const USER_DATA_BYTES_MAX: usize = 16_384;
/// Amazon EC2 API Reference, `RunInstances`: "Default: m1.small".
const TYPE_WHEN_NONE_GIVEN: &str = "m1.small";

/// What every instance of the call has alike.
struct Order<'a> {
    input: &'a RunInstancesRequest,
    reservation: ReservationId,
    image: String,
    instance_type: String,
    user_data: Option<String>,
    key: Option<InstanceKey>,
    metadata: MetadataOptions,
    host: Option<Arc<Node>>,
    /// In the order of their indices, the primary one first.
    devices: Vec<Device>,
    instance_tags: Vec<TagSpecification>,
    interface_tags: Vec<TagSpecification>,
}

/// `RunInstances`: as many instances as fit between the two counts, all with the same answer to every question.
pub fn run(call: &mut Call<'_>, input: RunInstancesRequest) -> Result<Reservation> {
    refuse_what_is_not_served(&input)?;
    let image = input.image_id.clone().ok_or(Error::MissingParameter("ImageId"))?;
    image::find(std::slice::from_ref(&image))?;
    let instance_type = input.instance_type.clone().unwrap_or_else(|| TYPE_WHEN_NONE_GIVEN.to_owned());
    type_named(&instance_type)?;
    let user_data = input.user_data.as_deref().map(user_data).transpose()?;
    let metadata = metadata::at_launch(call, input.metadata_options.as_ref())?;
    let placement = input.placement.clone().unwrap_or_default();
    let host = host(call, &placement)?;
    let zone = named_zone(call, &placement)?;
    let devices = device::devices(call, &input, zone.as_deref(), host.as_deref())?;
    device::check(&devices, &instance_type)?;
    check_zone(zone.as_deref(), host.as_deref(), devices[0].place().1)?;
    let count = count(call, &input, &devices)?;
    let tags = |resource: &str| -> Vec<TagSpecification> {
        input.tag_specifications.iter().filter(|it| it.resource_type.as_deref() == Some(resource)).cloned().collect()
    };
    let key = input.key_name.as_deref().map(|name| key(call, name)).transpose()?;
    let order = Order {
        input: &input,
        key,
        reservation: call.tx.mint(),
        image,
        instance_type,
        user_data,
        metadata,
        host,
        devices,
        instance_tags: tags("instance"),
        interface_tags: tags("network-interface"),
    };

    let instances = (0..count).map(|index| launch(call, &order, index)).collect::<Result<Vec<_>>>()?;
    let shown = instances.iter().map(|it| describe::show(call, it, Phase::Pending, None));
    Ok(Reservation {
        instances: shown.collect(),
        owner_id: Some(call.caller.account.to_string()),
        reservation_id: Some(order.reservation.to_string()),
        ..Default::default()
    })
}

fn key(call: &Call<'_>, name: &str) -> Result<InstanceKey> {
    let pair = key_pair::named(call, name).ok_or_else(|| Error::KeyPairNotFound(name.to_owned()))?;
    Ok(InstanceKey { name: pair.name.clone(), public_key: pair.public_key.clone() })
}

/// Makes one of the call's instances.
fn launch(call: &mut Call<'_>, order: &Order<'_>, launch_index: u32) -> Result<Instance> {
    let Order { input, host, .. } = order;
    let id: InstanceId = call.tx.mint();
    let (account, region) = call.caller().owner();
    let (vpc, zone) = order.devices[0].place();
    let node = match host {
        Some(host) => host.id,
        None => emptiest_node(call, zone)?,
    };
    let tenancy = input.placement.as_ref().and_then(|it| it.tenancy.as_deref());
    let mut instance = Instance {
        id,
        reservation: order.reservation,
        account,
        region,
        vpc,
        zone: zone.to_owned(),
        node,
        image: order.image.clone(),
        instance_type: order.instance_type.clone(),
        lifecycle: Lifecycle::Running,
        launch: 1,
        launched: call.now(),
        changed: call.now(),
        reason: None,
        user_data: order.user_data.clone(),
        launch_index,
        protected_from_termination: input.disable_api_termination.unwrap_or(false),
        protected_from_stop: input.disable_api_stop.unwrap_or(false),
        terminates_on_shutdown: input.instance_initiated_shutdown_behavior.as_deref() == Some("terminate"),
        client_token: call.token.clone(),
        key: order.key.clone(),
        host_name: String::new(),
        host_name_type: HostNameType::IpName,
        a_record: false,
        aaaa_record: false,
        host_tenancy: host.is_some() && tenancy != Some("default"),
        created: call.now(),
        placed: call.tx.revision(),
        metadata: order.metadata,
    };
    let primary = plug_in(call, &instance, &order.devices, &order.interface_tags)?;
    name::at_launch(call, &mut instance, &primary, input.private_dns_name_options.as_ref())?;
    call.tx.put(instance.clone());
    public::renew(call, id)?;
    tag::specified(call, "instance", id, &order.instance_tags)?;
    Ok(instance)
}

/// Refuses by name whatever could not be made true, unless it is asked for at the value that is true anyway.
fn refuse_what_is_not_served(input: &RunInstancesRequest) -> Result<()> {
    refuse("AdditionalInfo", &input.additional_info)?;
    refuse("BlockDeviceMapping", &input.block_device_mappings)?;
    if let Some(reservation) = &input.capacity_reservation_specification {
        let name = "CapacityReservationSpecification.CapacityReservationPreference";
        refuse_unless(name, &reservation.capacity_reservation_preference, "open")?;
        let name = "CapacityReservationSpecification.CapacityReservationTarget";
        refuse(name, &reservation.capacity_reservation_target)?;
    }
    refuse("CpuOptions", &input.cpu_options)?;
    // Nobody's processors are held back here, which is what unlimited says.
    if let Some(credits) = &input.credit_specification {
        refuse_unless("CreditSpecification.CpuCredits", &Some(credits.cpu_credits.clone()), "unlimited")?;
    }
    refuse_unless("EbsOptimized", &input.ebs_optimized, false)?;
    refuse("ElasticGpuSpecification", &input.elastic_gpu_specification)?;
    refuse("ElasticInferenceAccelerator", &input.elastic_inference_accelerators)?;
    refuse_unless("EnablePrimaryIpv6", &input.enable_primary_ipv6, false)?;
    let enclave = input.enclave_options.as_ref().and_then(|it| it.enabled);
    refuse_unless("EnclaveOptions.Enabled", &enclave, false)?;
    let hibernation = input.hibernation_options.as_ref().and_then(|it| it.configured);
    refuse_unless("HibernationOptions.Configured", &hibernation, false)?;
    refuse("IamInstanceProfile", &input.iam_instance_profile)?;
    refuse("InstanceMarketOptions", &input.instance_market_options)?;
    refuse("KernelId", &input.kernel_id)?;
    refuse("LaunchTemplate", &input.launch_template)?;
    refuse("LicenseSpecification", &input.license_specifications)?;
    // An instance whose node is lost stays where it is.
    let recovery = input.maintenance_options.as_ref().and_then(|it| it.auto_recovery.clone());
    refuse_unless("MaintenanceOptions.AutoRecovery", &recovery, "disabled")?;
    let monitoring = input.monitoring.as_ref().map(|it| it.enabled);
    refuse_unless("Monitoring.Enabled", &monitoring, false)?;
    let weighting = input.network_performance_options.as_ref().and_then(|it| it.bandwidth_weighting.clone());
    refuse_unless("NetworkPerformanceOptions.BandwidthWeighting", &weighting, "default")?;
    refuse("Operator", &input.operator)?;
    refuse("RamdiskId", &input.ramdisk_id)?;
    refuse("SecondaryInterface", &input.secondary_interfaces)?;
    for specification in &input.tag_specifications {
        match specification.resource_type.as_deref() {
            // A launch makes no volumes, so that all of them have the tags.
            Some("instance" | "network-interface" | "volume") => {}
            Some(other) => {
                let text = format!("Tags for resources of type '{other}' are not supported in RunInstances.");
                return Err(Error::UnsupportedOperation(text));
            }
            None => return Err(Error::MissingParameter("TagSpecification.ResourceType")),
        }
    }
    Ok(())
}

/// Checks user data. It is kept without the line breaks that the program base64 makes, so that nobody who decodes it
/// has to think of them.
pub fn user_data(text: &str) -> Result<String> {
    let joined: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(&joined).map_err(|_| Error::UserDataMalformed)?;
    if bytes.len() > USER_DATA_BYTES_MAX { Err(Error::UserDataTooLong) } else { Ok(joined) }
}

/// The node that the call names, having refused what else it says of the place.
fn host(call: &Call<'_>, placement: &Placement) -> Result<Option<Arc<Node>>> {
    refuse_unless("Placement.Affinity", &placement.affinity, "default")?;
    refuse("Placement.GroupId", &placement.group_id)?;
    refuse("Placement.GroupName", &placement.group_name)?;
    refuse("Placement.HostResourceGroupArn", &placement.host_resource_group_arn)?;
    refuse("Placement.PartitionNumber", &placement.partition_number)?;
    refuse("Placement.SpreadDomain", &placement.spread_domain)?;
    if placement.tenancy.as_deref() != Some("host") || placement.host_id.is_none() {
        refuse_unless("Placement.Tenancy", &placement.tenancy, "default")?;
    }
    placement.host_id.as_deref().map(|id| host::find(call, id)).transpose()
}

/// The zone that the call names, if it names one.
fn named_zone(call: &Call<'_>, placement: &Placement) -> Result<Option<String>> {
    let zones = call.caller.zones();
    match (&placement.availability_zone, &placement.availability_zone_id) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            let text = "The parameter availabilityZone cannot be used with the parameter availabilityZoneId";
            Err(Error::InvalidParameterCombination(text.to_owned()))
        }
        (Some(name), None) if zones.contains(name) => Ok(Some(name.clone())),
        (Some(name), None) => Err(Error::InvalidParameterValue(format!("Invalid availability zone: [{name}]"))),
        (None, Some(id)) => {
            let found = zones.into_iter().find(|it| zone::id(it) == *id);
            found.map(Some).ok_or_else(|| Error::InvalidParameterValue(format!("Invalid availability zone-id: [{id}]")))
        }
    }
}

/// Whether the interfaces' zone is the one that was asked for, and one that the node serves.
fn check_zone(named: Option<&str>, host: Option<&Node>, zone: &str) -> Result<()> {
    if let Some(named) = named.filter(|it| *it != zone) {
        let text = format!("Value ({named}) for parameter availabilityZone is invalid. The subnet is in {zone}.");
        return Err(Error::InvalidParameterValue(text));
    }
    match host {
        Some(host) if !host.serves(zone) => {
            let text = format!("The host '{}' is not in the availability zone '{zone}'.", host.id);
            Err(Error::InvalidParameterCombination(text))
        }
        _ => Ok(()),
    }
}

/// The node of the zone with the fewest instances.
pub fn emptiest_node(call: &Call<'_>, zone: &str) -> Result<NodeId> {
    let len = |node: &NodeId| call.state().indexes.instances_len_on_node.get(node).copied().unwrap_or(0);
    let nodes = call.state().nodes.iter().filter(|it| it.serves(zone)).map(|it| it.id);
    nodes.min_by_key(|it| (len(it), *it)).ok_or_else(|| Error::InsufficientCapacity(zone.to_owned()))
}

/// How many instances there will be.
fn count(call: &Call<'_>, input: &RunInstancesRequest, devices: &[Device]) -> Result<u32> {
    let (least, most) = (input.min_count, input.max_count);
    for (name, value) in [("minCount", least), ("maxCount", most)] {
        if !(1..=COUNT_MAX).contains(&value) {
            let text =
                format!("Value ({value}) for parameter {name} is invalid. It must be between 1 and {COUNT_MAX}.");
            return Err(Error::InvalidParameterValue(text));
        }
    }
    if least > most {
        let text = format!("The parameter minCount ({least}) must not be greater than maxCount ({most}).");
        return Err(Error::InvalidParameterCombination(text));
    }
    let unique = devices.iter().any(|it| match &it.source {
        Source::Existing(_) => true,
        Source::New { plan, .. } => plan.addresses.names_addresses(),
    });
    if unique && most > 1 {
        let text = "A network interface ID or an IP address can be specified for one instance only.".to_owned();
        return Err(Error::InvalidParameterCombination(text));
    }
    let mut fitting = usize::try_from(most).unwrap_or(0);
    for device in devices {
        let Source::New { plan: Plan { subnet, .. }, .. } = &device.source else { continue };
        let in_subnet = || {
            devices.iter().filter_map(|it| match &it.source {
                Source::New { plan, .. } if plan.subnet.id == subnet.id => Some(plan.addresses.any(subnet)),
                _ => None,
            })
        };
        let addresses: usize = in_subnet().map(|it| it.0).sum();
        let fit = room::choosable_len(call.state(), subnet).checked_div(addresses);
        fitting = fitting.min(fit.unwrap_or(usize::MAX));
        for (at, block) in subnet.blocks().into_iter().enumerate() {
            let (Some(block), prefixes @ 1..) = (block, in_subnet().map(|it| it.1[at]).sum::<usize>()) else {
                continue;
            };
            let most = fitting.saturating_mul(prefixes);
            fitting = room::prefixes_that_fit(call.state(), subnet, block, most) / prefixes;
        }
        if fitting < usize::try_from(least).unwrap_or(0) {
            return Err(Error::InsufficientFreeAddresses(subnet.id.to_string()));
        }
    }
    Ok(u32::try_from(fitting).unwrap_or(0))
}

/// Gives the instance its interfaces, and answers the primary one.
fn plug_in(
    call: &mut Call<'_>,
    instance: &Instance,
    devices: &[Device],
    tags: &[TagSpecification],
) -> Result<NetworkInterface> {
    let mut primary = None;
    for device in devices {
        let place = attachment::place(call, instance, device.index, device.delete_on_termination);
        let interface = match &device.source {
            Source::Existing(interface) => {
                let interface = NetworkInterface { attachment: Some(place), ..interface.as_ref().clone() };
                call.tx.put(interface.clone());
                interface
            }
            Source::New { plan, public } => {
                let made = network_interface::make(call, plan, Some(place))?;
                let interface = NetworkInterface { map_public_address: *public, ..made };
                call.tx.put(interface.clone());
                tag::specified(call, "network-interface", interface.id, tags)?;
                interface
            }
        };
        primary.get_or_insert(interface);
    }
    Ok(primary.expect("a device at index 0 was asked for"))
}
