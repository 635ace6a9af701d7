//! The interfaces that a new instance is to have: described in the call, existing before it, or the usual one.

use std::sync::Arc;

use crate::ec2::error::{Error, Kind, Result, refuse, refuse_unless};
use crate::ec2::network_interface::{self, Plan, address, attachment, attribute};
use crate::ec2::scope::{Call, Scope};
use crate::state::id::{SecurityGroupId, VpcId};
use crate::state::network_interface::NetworkInterface;
use crate::state::node::Node;
use crate::state::subnet::Subnet;
use crate::wire::shapes::{InstanceNetworkInterfaceSpecification, RunInstancesRequest};

/// An interface that a new instance is to have.
#[derive(Debug, Clone)]
pub struct Device {
    pub index: u8,
    pub delete_on_termination: bool,
    pub source: Source,
}

/// Where the interface comes from.
#[derive(Debug, Clone)]
pub enum Source {
    Existing(Arc<NetworkInterface>),
    New {
        plan: Plan,
        /// Whether the instance is to have a public address for as long as it runs.
        public: bool,
    },
}

impl Device {
    /// The VPC and the zone of the interface.
    pub fn place(&self) -> (VpcId, &str) {
        match &self.source {
            Source::Existing(interface) => (interface.vpc, &interface.zone),
            Source::New { plan, .. } => (plan.subnet.vpc, &plan.subnet.zone),
        }
    }
}

/// The interfaces that each instance is to have, in the order of their indices.
pub fn devices(
    call: &Call<'_>,
    input: &RunInstancesRequest,
    zone: Option<&str>,
    host: Option<&Node>,
) -> Result<Vec<Device>> {
    if input.network_interfaces.is_empty() {
        let subnet = subnet(call, input.subnet_id.as_deref(), zone, host)?;
        return Ok(vec![only_device(call, input, subnet)?]);
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
    let described = input.network_interfaces.iter();
    let alone = described.len() == 1;
    let mut devices = described.map(|it| device(call, it, alone, zone, host)).collect::<Result<Vec<_>>>()?;
    devices.sort_by_key(|it| it.index);
    Ok(devices)
}

/// The interface of an instance for which none is described.
fn only_device(call: &Call<'_>, input: &RunInstancesRequest, subnet: Arc<Subnet>) -> Result<Device> {
    if input.subnet_id.is_some() && !input.security_groups.is_empty() {
        let text = "The parameter groupName cannot be used with the parameter subnet".to_owned();
        return Err(Error::InvalidParameterCombination(text));
    }
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
    let public = subnet.map_public_address;
    let plan = Plan { subnet, addresses, groups, description: String::new() };
    Ok(Device { index: 0, delete_on_termination: true, source: Source::New { plan, public } })
}

/// The interface that a specification, perhaps the only one, describes.
fn device(
    call: &Call<'_>,
    given: &InstanceNetworkInterfaceSpecification,
    alone: bool,
    zone: Option<&str>,
    host: Option<&Node>,
) -> Result<Device> {
    refuse_of_interface(given)?;
    let index = given
        .device_index
        .ok_or_else(|| Error::InvalidParameterValue("Each network interface requires a device index.".to_owned()))?;
    let index = attachment::device_index(index)?;
    if let Some(id) = &given.network_interface_id {
        return existing(call, given, id, index);
    }
    let subnet = subnet(call, given.subnet_id.as_deref(), zone, host)?;
    let asked = address::Asked {
        address: given.private_ip_address.as_deref(),
        addresses: &given.private_ip_addresses,
        secondary_count: given.secondary_private_ip_address_count,
        addresses6: &given.ipv6_addresses,
        count6: given.ipv6_address_count,
        prefixes: &given.ipv4_prefixes,
        prefix_count: given.ipv4_prefix_count,
        prefixes6: &given.ipv6_prefixes,
        prefix_count6: given.ipv6_prefix_count,
    };
    let addresses = asked.in_subnet(&subnet)?;
    let groups = groups_in(call, &subnet, &given.groups)?;
    let description = attribute::description(given.description.clone().unwrap_or_default())?;
    let public = public(given.associate_public_ip_address, &subnet, index, alone)?;
    let plan = Plan { subnet, addresses, groups, description };
    let delete_on_termination = given.delete_on_termination.unwrap_or(true);
    Ok(Device { index, delete_on_termination, source: Source::New { plan, public } })
}

/// Whether the instance is to have a public address: as the call says, or else as the subnet does. Only an instance's
/// only interface can have it.
fn public(given: Option<bool>, subnet: &Subnet, index: u8, alone: bool) -> Result<bool> {
    if given != Some(true) {
        return Ok(given.unwrap_or(subnet.map_public_address) && alone);
    }
    let refused = |text: &str| Err(Error::InvalidParameterCombination(text.to_owned()));
    if !alone {
        let text = "The associatePublicIPAddress parameter cannot be specified when launching with multiple network \
                    interfaces.";
        return refused(text);
    }
    if index != 0 {
        let text = "The associatePublicIPAddress parameter can only be specified for the network interface with DeviceIndex 0.";
        return refused(text);
    }
    if subnet.prefix.is_none() {
        return refused("The associatePublicIPAddress parameter cannot be specified for an IPv6-only subnet.");
    }
    Ok(true)
}

/// Refuses what no interface can have.
fn refuse_of_interface(given: &InstanceNetworkInterfaceSpecification) -> Result<()> {
    refuse_unless("NetworkInterface.AssociateCarrierIpAddress", &given.associate_carrier_ip_address, false)?;
    refuse("NetworkInterface.ConnectionTrackingSpecification", &given.connection_tracking_specification)?;
    refuse("NetworkInterface.EnaQueueCount", &given.ena_queue_count)?;
    if let Some(express) = &given.ena_srd_specification {
        refuse_unless("NetworkInterface.EnaSrdSpecification", &express.ena_srd_enabled, false)?;
        let udp = express.ena_srd_udp_specification.as_ref().and_then(|it| it.ena_srd_udp_enabled);
        refuse_unless("NetworkInterface.EnaSrdSpecification.EnaSrdUdpSpecification", &udp, false)?;
    }
    refuse_unless("NetworkInterface.InterfaceType", &given.interface_type, "interface")?;
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
        ("IPv4 prefix", given.ipv4_prefix_count.is_some() || !given.ipv4_prefixes.is_empty()),
        ("IPv6 prefix", given.ipv6_prefix_count.is_some() || !given.ipv6_prefixes.is_empty()),
        ("public IP address", given.associate_public_ip_address == Some(true)),
        ("delete on termination", given.delete_on_termination == Some(true)),
    ];
    if let Some((what, _)) = said.iter().find(|it| it.1) {
        let text = format!("A network interface may not specify both a network interface ID and a {what}");
        return Err(Error::InvalidParameterCombination(text));
    }
    let interface = network_interface::unmanaged(call, id)?;
    if interface.attachment.is_some() {
        return Err(Error::InterfaceInUse(interface.id.to_string()));
    }
    Ok(Device { index, delete_on_termination: false, source: Source::Existing(interface) })
}

/// The subnet that is named, or a default one: in the zone that is named, or else the first in which a node serves.
fn subnet(call: &Call<'_>, id: Option<&str>, zone: Option<&str>, host: Option<&Node>) -> Result<Arc<Subnet>> {
    if let Some(id) = id {
        return call.subnet(id);
    }
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
    Ok(Arc::clone(subnets.iter().find(|it| serves(&it.zone)).unwrap_or(&subnets[0])))
}

/// The groups for an interface in the subnet.
fn groups_in(call: &Call<'_>, subnet: &Subnet, ids: &[String]) -> Result<Vec<SecurityGroupId>> {
    attribute::groups(call, subnet.vpc, ids).map_err(|error| match error {
        Error::NetworksDiffer { group } => Error::GroupAndSubnetDiffer { group, subnet: subnet.id.to_string() },
        error => error,
    })
}

/// Whether the interfaces, in the order of their indices, can all be one instance's.
pub fn check(devices: &[Device], instance_type: &str) -> Result<()> {
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
                interface.lens()
            }
            Source::New { plan, .. } => plan.addresses.lens(&plan.subnet),
        };
        attachment::fits(instance_type, devices.len(), lens)?;
    }
    Ok(())
}
