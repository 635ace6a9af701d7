//! `RunInstances`: instances with their interfaces, on the nodes that have fewest.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Phase, describe, type_named};
use crate::ec2::error::{Error, Kind, Result, refuse, refuse_unless};
use crate::ec2::network_interface::{self, Plan, address, attachment, attribute};
use crate::ec2::scope::{Call, Scope};
use crate::ec2::{host, image, tag, zone};
use crate::state::id::{InstanceId, NodeId, ReservationId, SecurityGroupId, VpcId};
use crate::state::instance::{Instance, Lifecycle};
use crate::state::network_interface::NetworkInterface;
use crate::state::node::Node;
use crate::state::subnet::{HostNameType, Subnet};
use crate::wire::shapes::{
    InstanceMetadataOptionsRequest, InstanceNetworkInterfaceSpecification, Placement,
    PrivateDnsNameOptionsRequest, Reservation, RunInstancesRequest, TagSpecification,
};

const COUNT_MAX: i32 = 1000;
const USER_DATA_BYTES_MAX: usize = 16_384;
/// EC2's own default, m1.small, is a type of long ago.
const TYPE_WHEN_NONE_GIVEN: &str = "t3.micro";

/// An interface that a new instance is to have.
#[derive(Debug, Clone)]
struct Device {
    index: u8,
    delete_on_termination: bool,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Existing(Arc<NetworkInterface>),
    New(Plan),
}

impl Device {
    fn place(&self) -> (VpcId, &str) {
        match &self.source {
            Source::Existing(interface) => (interface.vpc, &interface.zone),
            Source::New(plan) => (plan.subnet.vpc, &plan.subnet.zone),
        }
    }
}

/// `RunInstances`: as many instances as fit between the two counts, all with the same answer to every question.
pub fn run(call: &mut Call<'_>, input: RunInstancesRequest) -> Result<Reservation> {
    refuse_what_is_not_served(&input)?;
    let image = input.image_id.clone().ok_or(Error::MissingParameter("ImageId"))?;
    image::find(&image)?;
    let instance_type = input.instance_type.clone().unwrap_or_else(|| TYPE_WHEN_NONE_GIVEN.to_owned());
    type_named(&instance_type)?;
    let user_data = input.user_data.as_deref().map(user_data).transpose()?;
    let placement = input.placement.clone().unwrap_or_default();
    let host = host(call, &placement)?;
    let mut devices = devices(call, &input, host.as_deref())?;
    devices.sort_by_key(|it| it.index);
    let (vpc, zone) = {
        let (vpc, zone) = devices[0].place();
        (vpc, zone.to_owned())
    };
    check_devices(&devices, &instance_type)?;
    check_zone(call, &placement, host.as_deref(), &zone)?;
    let count = count(call, &input, &devices)?;
    let tags = |resource: &str| -> Vec<TagSpecification> {
        input.tag_specifications.iter().filter(|it| it.resource_type.as_deref() == Some(resource)).cloned().collect()
    };
    let (instance_tags, interface_tags) = (tags("instance"), tags("network-interface"));

    let reservation: ReservationId = call.tx.mint();
    let (account, region) = call.caller().owner();
    let mut shown = Vec::new();
    for launch_index in 0..count {
        let id: InstanceId = call.tx.mint();
        let node = match &host {
            Some(host) => host.id,
            None => emptiest_node(call, &zone)?,
        };
        let mut instance = Instance {
            id,
            reservation,
            account,
            region: region.clone(),
            vpc,
            zone: zone.clone(),
            node,
            image: image.clone(),
            instance_type: instance_type.clone(),
            lifecycle: Lifecycle::Running,
            launch: 1,
            launched: call.now(),
            changed: call.now(),
            reason: None,
            user_data: user_data.clone(),
            launch_index,
            protected_from_termination: input.disable_api_termination.unwrap_or(false),
            protected_from_stop: input.disable_api_stop.unwrap_or(false),
            terminates_on_shutdown: input.instance_initiated_shutdown_behavior.as_deref() == Some("terminate"),
            client_token: call.token.clone(),
            host_name: String::new(),
            host_name_type: HostNameType::IpName,
            a_record: false,
            aaaa_record: false,
            host_tenancy: host.is_some() && placement.tenancy.as_deref() != Some("default"),
            created: call.now(),
            placed: call.tx.revision(),
        };
        let primary = plug_in(call, &instance, &devices, &interface_tags)?;
        name(call, &mut instance, &primary, input.private_dns_name_options.as_ref())?;
        call.tx.put(instance.clone());
        tag::specified(call, "instance", id, &instance_tags)?;
        shown.push(describe::show(call, &instance, Phase::Pending, None));
    }
    Ok(Reservation {
        instances: shown,
        owner_id: Some(account.to_string()),
        reservation_id: Some(reservation.to_string()),
        ..Default::default()
    })
}

/// Refuses by name whatever could not be made true, unless it is asked for at the value that is true anyway.
fn refuse_what_is_not_served(input: &RunInstancesRequest) -> Result<()> {
    refuse("AdditionalInfo", &input.additional_info)?;
    refuse("BlockDeviceMapping", &input.block_device_mappings)?;
    if let Some(reservation) = &input.capacity_reservation_specification {
        let name = "CapacityReservationSpecification.CapacityReservationPreference";
        refuse_unless(name, &reservation.capacity_reservation_preference, "open")?;
        let target = reservation.capacity_reservation_target.as_ref();
        let target = target.map(|it| (&it.capacity_reservation_id, &it.capacity_reservation_resource_group_arn));
        refuse("CapacityReservationSpecification.CapacityReservationTarget", &target)?;
    }
    let cpu = input.cpu_options.as_ref();
    let cpu = cpu.map(|it| (&it.amd_sev_snp, it.core_count, &it.nested_virtualization, it.threads_per_core));
    refuse("CpuOptions", &cpu)?;
    if let Some(credits) = &input.credit_specification {
        refuse_unless("CreditSpecification.CpuCredits", &Some(credits.cpu_credits.clone()), "standard")?;
    }
    refuse_unless("EbsOptimized", &input.ebs_optimized, false)?;
    let gpus: Vec<_> = input.elastic_gpu_specification.iter().map(|it| &it.r#type).collect();
    refuse("ElasticGpuSpecification", &gpus)?;
    let accelerators: Vec<_> = input.elastic_inference_accelerators.iter().map(|it| (it.count, &it.r#type)).collect();
    refuse("ElasticInferenceAccelerator", &accelerators)?;
    refuse_unless("EnablePrimaryIpv6", &input.enable_primary_ipv6, false)?;
    let enclave = input.enclave_options.as_ref().and_then(|it| it.enabled);
    refuse_unless("EnclaveOptions.Enabled", &enclave, false)?;
    let hibernation = input.hibernation_options.as_ref().and_then(|it| it.configured);
    refuse_unless("HibernationOptions.Configured", &hibernation, false)?;
    let profile = input.iam_instance_profile.as_ref().map(|it| (&it.arn, &it.name));
    refuse("IamInstanceProfile", &profile)?;
    let market = input.instance_market_options.as_ref().map(|it| (&it.market_type, &it.spot_options));
    refuse("InstanceMarketOptions", &market)?;
    refuse("KernelId", &input.kernel_id)?;
    if let Some(name) = &input.key_name {
        return Err(Error::KeyPairNotFound(name.clone()));
    }
    let template = input.launch_template.as_ref();
    let template = template.map(|it| (&it.launch_template_id, &it.launch_template_name, &it.version));
    refuse("LaunchTemplate", &template)?;
    let licenses: Vec<_> = input.license_specifications.iter().map(|it| &it.license_configuration_arn).collect();
    refuse("LicenseSpecification", &licenses)?;
    // An instance whose node is lost stays where it is.
    let recovery = input.maintenance_options.as_ref().and_then(|it| it.auto_recovery.clone());
    refuse_unless("MaintenanceOptions.AutoRecovery", &recovery, "disabled")?;
    input.metadata_options.as_ref().map_or(Ok(()), refuse_metadata)?;
    let monitoring = input.monitoring.as_ref().map(|it| it.enabled);
    refuse_unless("Monitoring.Enabled", &monitoring, false)?;
    let weighting = input.network_performance_options.as_ref().and_then(|it| it.bandwidth_weighting.clone());
    refuse_unless("NetworkPerformanceOptions.BandwidthWeighting", &weighting, "default")?;
    refuse("Operator", &input.operator)?;
    refuse("RamdiskId", &input.ramdisk_id)?;
    refuse("SecondaryInterface", &input.secondary_interfaces)?;
    for specification in &input.tag_specifications {
        match specification.resource_type.as_deref() {
            Some("instance" | "network-interface") => {}
            Some(other) => {
                let text = format!("Tags for resources of type '{other}' are not supported in RunInstances.");
                return Err(Error::UnsupportedOperation(text));
            }
            None => return Err(Error::MissingParameter("TagSpecification.ResourceType")),
        }
    }
    Ok(())
}

/// Refuses to serve instance metadata; there is none yet.
fn refuse_metadata(options: &InstanceMetadataOptionsRequest) -> Result<()> {
    refuse_unless("MetadataOptions.HttpEndpoint", &options.http_endpoint, "disabled")?;
    refuse_unless("MetadataOptions.HttpProtocolIpv6", &options.http_protocol_ipv6, "disabled")?;
    refuse_unless("MetadataOptions.HttpPutResponseHopLimit", &options.http_put_response_hop_limit, 1)?;
    refuse_unless("MetadataOptions.HttpTokens", &options.http_tokens, describe::HTTP_TOKENS)?;
    refuse_unless("MetadataOptions.InstanceMetadataTags", &options.instance_metadata_tags, "disabled")
}

/// Checks user data, which is kept as it came.
pub fn user_data(text: &str) -> Result<String> {
    // What comes out of the program base64 has line breaks.
    let joined: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(joined).map_err(|_| Error::UserDataMalformed)?;
    if bytes.len() > USER_DATA_BYTES_MAX { Err(Error::UserDataTooLong) } else { Ok(text.to_owned()) }
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
fn check_zone(call: &Call<'_>, placement: &Placement, host: Option<&Node>, zone: &str) -> Result<()> {
    if let Some(named) = named_zone(call, placement)?
        && named != zone
    {
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
fn emptiest_node(call: &Call<'_>, zone: &str) -> Result<NodeId> {
    let len = |node: &NodeId| call.state().indexes.instances_len_on_node.get(node).copied().unwrap_or(0);
    let nodes = call.state().nodes.iter().filter(|it| it.serves(zone)).map(|it| it.id);
    nodes.min_by_key(|it| (len(it), *it)).ok_or_else(|| Error::InsufficientCapacity(zone.to_owned()))
}

/// The interfaces that each instance is to have.
fn devices(call: &Call<'_>, input: &RunInstancesRequest, host: Option<&Node>) -> Result<Vec<Device>> {
    if input.network_interfaces.is_empty() {
        return Ok(vec![only_device(call, input, host)?]);
    }
    let both = |what: &str| {
        let text = format!("Network interfaces and an instance-level {what} may not be specified on the same request");
        Error::InvalidParameterCombination(text)
    };
    if input.subnet_id.is_some() {
        return Err(both("subnet ID"));
    }
    if !input.security_group_ids.is_empty() || !input.security_groups.is_empty() {
        return Err(both("security groups"));
    }
    if input.private_ip_address.is_some() {
        return Err(both("private address"));
    }
    if input.ipv6_address_count.is_some() || !input.ipv6_addresses.is_empty() {
        return Err(both("IPv6 addresses"));
    }
    input.network_interfaces.iter().map(|it| device(call, input, it, host)).collect()
}

/// The interface of an instance for which none is described.
fn only_device(call: &Call<'_>, input: &RunInstancesRequest, host: Option<&Node>) -> Result<Device> {
    if input.subnet_id.is_some() && !input.security_groups.is_empty() {
        let text = "The parameter groupName cannot be used with the parameter subnet".to_owned();
        return Err(Error::InvalidParameterCombination(text));
    }
    let subnet = subnet(call, input, input.subnet_id.as_deref(), host)?;
    let mut groups = input.security_group_ids.clone();
    for name in &input.security_groups {
        let group = call.state().group_named(subnet.vpc, name).ok_or_else(|| {
            let id = name.clone();
            Error::NotFound { kind: Kind::SecurityGroup, id }
        })?;
        groups.push(group.id.to_string());
    }
    let asked = address::Asked {
        address: input.private_ip_address.as_deref(),
        addresses6: &input.ipv6_addresses,
        count6: input.ipv6_address_count,
        ..Default::default()
    };
    let addresses = asked.in_subnet(&subnet)?;
    let groups = groups_in(call, &subnet, &groups)?;
    let plan = Plan { subnet, addresses, groups, description: String::new() };
    Ok(Device { index: 0, delete_on_termination: true, source: Source::New(plan) })
}

/// The interface that a specification describes.
fn device(
    call: &Call<'_>,
    input: &RunInstancesRequest,
    given: &InstanceNetworkInterfaceSpecification,
    host: Option<&Node>,
) -> Result<Device> {
    refuse_of_interface(given)?;
    let index = given.device_index.ok_or_else(|| {
        Error::InvalidParameterValue("Each network interface requires a device index.".to_owned())
    })?;
    let index = attachment::device_index(index)?;
    if let Some(id) = &given.network_interface_id {
        return existing(call, given, id, index);
    }
    let subnet = subnet(call, input, given.subnet_id.as_deref(), host)?;
    let asked = address::Asked {
        address: given.private_ip_address.as_deref(),
        addresses: &given.private_ip_addresses,
        secondary_count: given.secondary_private_ip_address_count,
        addresses6: &given.ipv6_addresses,
        count6: given.ipv6_address_count,
    };
    let addresses = asked.in_subnet(&subnet)?;
    let groups = groups_in(call, &subnet, &given.groups)?;
    let plan = Plan { subnet, addresses, groups, description: given.description.clone().unwrap_or_default() };
    let delete_on_termination = given.delete_on_termination.unwrap_or(true);
    Ok(Device { index, delete_on_termination, source: Source::New(plan) })
}

/// Refuses what no interface can have.
fn refuse_of_interface(given: &InstanceNetworkInterfaceSpecification) -> Result<()> {
    refuse_unless("NetworkInterface.AssociateCarrierIpAddress", &given.associate_carrier_ip_address, false)?;
    refuse_unless("NetworkInterface.AssociatePublicIpAddress", &given.associate_public_ip_address, false)?;
    refuse("NetworkInterface.ConnectionTrackingSpecification", &given.connection_tracking_specification)?;
    refuse("NetworkInterface.EnaQueueCount", &given.ena_queue_count)?;
    if let Some(express) = &given.ena_srd_specification {
        refuse_unless("NetworkInterface.EnaSrdSpecification", &express.ena_srd_enabled, false)?;
        let udp = express.ena_srd_udp_specification.as_ref().and_then(|it| it.ena_srd_udp_enabled);
        refuse_unless("NetworkInterface.EnaSrdSpecification.EnaSrdUdpSpecification", &udp, false)?;
    }
    refuse_unless("NetworkInterface.InterfaceType", &given.interface_type, "interface")?;
    refuse_unless("NetworkInterface.Ipv4PrefixCount", &given.ipv4_prefix_count, 0)?;
    refuse("NetworkInterface.Ipv4Prefix", &given.ipv4_prefixes)?;
    refuse_unless("NetworkInterface.Ipv6PrefixCount", &given.ipv6_prefix_count, 0)?;
    refuse("NetworkInterface.Ipv6Prefix", &given.ipv6_prefixes)?;
    refuse_unless("NetworkInterface.PrimaryIpv6", &given.primary_ipv6, false)?;
    attachment::card(given.network_card_index)
}

/// An interface that exists: nothing else can be said of it.
fn existing(call: &Call<'_>, given: &InstanceNetworkInterfaceSpecification, id: &str, index: u8) -> Result<Device> {
    let said = [
        ("subnet ID", given.subnet_id.is_some()),
        ("security group", !given.groups.is_empty()),
        ("description", given.description.is_some()),
        ("private IP address", given.private_ip_address.is_some() || !given.private_ip_addresses.is_empty()),
        ("secondary private IP address count", given.secondary_private_ip_address_count.is_some()),
        ("IPv6 address", given.ipv6_address_count.is_some() || !given.ipv6_addresses.is_empty()),
        ("delete on termination", given.delete_on_termination == Some(true)),
    ];
    if let Some((what, _)) = said.iter().find(|it| it.1) {
        let text = format!("A network interface may not specify both a network interface ID and a {what}");
        return Err(Error::InvalidParameterCombination(text));
    }
    let interface = call.network_interface(id)?;
    if interface.attachment.is_some() {
        return Err(Error::InterfaceInUse(interface.id.to_string()));
    }
    Ok(Device { index, delete_on_termination: false, source: Source::Existing(interface) })
}

/// The subnet that is named, or a default one: in the zone that is named, or else the first in which a node serves.
fn subnet(call: &Call<'_>, input: &RunInstancesRequest, id: Option<&str>, host: Option<&Node>) -> Result<Arc<Subnet>> {
    if let Some(id) = id {
        return call.subnet(id);
    }
    let zone = match &input.placement {
        Some(placement) => named_zone(call, placement)?,
        None => None,
    };
    let vpc = call.default_vpc().ok_or(Error::VpcIdNotSpecified)?;
    let state = call.state();
    let subnets = state.indexes.subnets_of_vpc.of(vpc.id).filter_map(|it| state.subnets.get(&it));
    let mut subnets: Vec<_> = subnets.filter(|it| it.default).collect();
    subnets.sort_by_key(|it| &it.zone);
    if subnets.is_empty() {
        let text = format!("No subnets found for the default VPC '{}'. Please specify a subnet.", vpc.id);
        return Err(Error::MissingInput(text));
    }
    if let Some(zone) = zone {
        let found = subnets.into_iter().find(|it| it.zone == zone);
        return found.cloned().ok_or_else(|| {
            Error::MissingInput(format!("No default subnet for availability zone: '{zone}'. Please specify a subnet."))
        });
    }
    let serves = |zone: &str| match host {
        Some(host) => host.serves(zone),
        None => state.nodes.iter().any(|it| it.serves(zone)),
    };
    Ok(subnets.iter().find(|it| serves(&it.zone)).unwrap_or(&subnets[0]).as_ref().clone().into())
}

/// The groups for an interface in the subnet.
fn groups_in(call: &Call<'_>, subnet: &Subnet, ids: &[String]) -> Result<Vec<SecurityGroupId>> {
    attribute::groups(call, subnet.vpc, ids).map_err(|error| match error {
        Error::NetworksDiffer { group } => Error::GroupAndSubnetDiffer { group, subnet: subnet.id.to_string() },
        error => error,
    })
}

/// Whether the interfaces, in the order of their indices, can all be one instance's.
fn check_devices(devices: &[Device], instance_type: &str) -> Result<()> {
    if devices[0].index != 0 {
        let text = "When specifying network interfaces, you must include a device at index 0.".to_owned();
        return Err(Error::InvalidParameterValue(text));
    }
    if let Some([twin, _]) = devices.array_windows().find(|[a, b]| a.index == b.index) {
        let text = format!("The device index '{}' is used more than once in the same request", twin.index);
        return Err(Error::InvalidParameterValue(text));
    }
    let (vpc, zone) = devices[0].place();
    if devices.iter().any(|it| it.place().0 != vpc) {
        let text = "Network interfaces must all be in the same VPC".to_owned();
        return Err(Error::InvalidParameterCombination(text));
    }
    if devices.iter().any(|it| it.place().1 != zone) {
        let text = "Network interfaces must all be in the same availability zone".to_owned();
        return Err(Error::InvalidParameterCombination(text));
    }
    let mut existing = Vec::new();
    for device in devices {
        let lens = match &device.source {
            Source::Existing(interface) if existing.contains(&interface.id) => {
                return Err(Error::InterfaceInUse(interface.id.to_string()));
            }
            Source::Existing(interface) => {
                existing.push(interface.id);
                (interface.addresses.len(), interface.addresses6.len())
            }
            Source::New(plan) => (plan.addresses.len4(&plan.subnet), plan.addresses.len6()),
        };
        attachment::fits(instance_type, devices.len(), lens)?;
    }
    Ok(())
}

/// How many instances there will be.
fn count(call: &Call<'_>, input: &RunInstancesRequest, devices: &[Device]) -> Result<u32> {
    let (least, most) = (input.min_count, input.max_count);
    for (name, value) in [("minCount", least), ("maxCount", most)] {
        if !(1..=COUNT_MAX).contains(&value) {
            let text = format!("Value ({value}) for parameter {name} is invalid. It must be between 1 and {COUNT_MAX}.");
            return Err(Error::InvalidParameterValue(text));
        }
    }
    if least > most {
        let text = format!("The parameter minCount ({least}) must not be greater than maxCount ({most}).");
        return Err(Error::InvalidParameterCombination(text));
    }
    let unique = devices.iter().any(|it| match &it.source {
        Source::Existing(_) => true,
        Source::New(plan) => plan.addresses.names_addresses(),
    });
    if unique && most > 1 {
        let text = "A network interface ID or an IP address can be specified for one instance only.".to_owned();
        return Err(Error::InvalidParameterCombination(text));
    }
    let mut fitting = usize::try_from(most).unwrap_or(0);
    for device in devices {
        let Source::New(Plan { subnet, .. }) = &device.source else { continue };
        let in_subnet = devices.iter().filter_map(|it| match &it.source {
            Source::New(plan) if plan.subnet.id == subnet.id => Some(plan.addresses.len4(subnet)),
            _ => None,
        });
        let each: usize = in_subnet.sum();
        if each > 0 {
            fitting = fitting.min(address::free_len(call.state(), subnet) / each);
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
            Source::New(plan) => {
                let interface = network_interface::make(call, plan, Some(place))?;
                tag::specified(call, "network-interface", interface.id, tags)?;
                interface
            }
        };
        primary.get_or_insert(interface);
    }
    Ok(primary.expect("a device at index 0 was asked for"))
}

/// Names the instance as its subnet says, or as the call says instead.
fn name(
    call: &Call<'_>,
    instance: &mut Instance,
    primary: &NetworkInterface,
    options: Option<&PrivateDnsNameOptionsRequest>,
) -> Result<()> {
    let subnet = call.tx.get::<Subnet>(&primary.subnet).expect("an interface lies in a subnet");
    instance.host_name_type = match options.and_then(|it| it.hostname_type.as_deref()) {
        Some("resource-name") => HostNameType::ResourceName,
        Some(_) => HostNameType::IpName,
        None => subnet.host_name_type,
    };
    instance.a_record = options.and_then(|it| it.enable_resource_name_dns_a_record).unwrap_or(subnet.a_record);
    instance.aaaa_record = options.and_then(|it| it.enable_resource_name_dns_aaaa_record).unwrap_or(subnet.aaaa_record);
    instance.host_name = match (instance.host_name_type, primary.addresses.first()) {
        (HostNameType::ResourceName, _) => instance.id.to_string(),
        (HostNameType::IpName, Some(address)) => network_interface::host_name(*address),
        (HostNameType::IpName, None) => {
            let text = "The hostname type ip-name cannot be used without an IPv4 address.".to_owned();
            return Err(Error::InvalidParameterCombination(text));
        }
    };
    Ok(())
}
