//! Interfaces that come to an instance and leave it, while it runs or is stopped.

use super::address::ADDRESSES_MAX;
use crate::ec2::address as public;
use crate::ec2::error::{Error, Kind, Result, refuse, refuse_unless};
use crate::ec2::instance::type_named;
use crate::ec2::instance_type;
use crate::ec2::scope::{Call, Scope, parse_id};
use crate::state::id::AttachmentId;
use crate::state::instance::{Instance, Lifecycle};
use crate::state::network_interface::{Attachment, Detached, NetworkInterface};
use crate::wire::shapes::*;

/// `AttachNetworkInterface`: gives an instance one more interface.
pub fn attach(call: &mut Call<'_>, input: AttachNetworkInterfaceRequest) -> Result<AttachNetworkInterfaceResult> {
    refuse("EnaQueueCount", &input.ena_queue_count)?;
    refuse_ena_express(&input.ena_srd_specification)?;
    card(input.network_card_index)?;
    let device_index = device_index(input.device_index)?;
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    let instance = call.instance(&input.instance_id)?;
    if interface.attachment.is_some() {
        return Err(Error::InterfaceInUse(interface.id.to_string()));
    }
    if instance.lifecycle == Lifecycle::Terminated {
        return Err(Error::IncorrectState(format!("Instance '{}' is not 'running' or 'stopped'.", instance.id)));
    }
    let apart = |what| {
        let text = "You may not attach a network interface to an instance if they are not in the same";
        Error::InvalidParameterCombination(format!("{text} {what}"))
    };
    if interface.vpc != instance.vpc {
        return Err(apart("VPC"));
    }
    if interface.zone != instance.zone {
        return Err(apart("availability zone"));
    }
    let places: Vec<u8> = {
        let others = call.state().interfaces_of_instance(instance.id);
        others.filter_map(|it| it.attachment.as_ref()).map(|it| it.device_index).collect()
    };
    if places.contains(&device_index) {
        return Err(Error::DeviceIndexInUse { instance: instance.id.to_string(), index: device_index });
    }
    fits(&instance.instance_type, places.len() + 1, interface.lens())?;

    let attachment = place(call, &instance, device_index, false);
    let id = attachment.id;
    call.tx.put(NetworkInterface { attachment: Some(attachment), ..interface.as_ref().clone() });
    Ok(AttachNetworkInterfaceResult { attachment_id: Some(id.to_string()), network_card_index: Some(0) })
}

/// A new place in an instance.
pub fn place(call: &mut Call<'_>, instance: &Instance, device_index: u8, delete_on_termination: bool) -> Attachment {
    let (id, attached) = (call.tx.mint(), call.now());
    Attachment { id, instance: instance.id, node: instance.node, device_index, delete_on_termination, attached }
}

/// Whether an instance of the type can hold `count` interfaces, and one with so many addresses and prefixes of the two
/// families.
pub fn fits(instance_type: &str, count: usize, (len4, len6): (usize, usize)) -> Result<()> {
    let limits = type_named(instance_type)?;
    if count > usize::from(limits.interfaces_max) {
        return Err(Error::InterfaceLimit { count, instance_type: instance_type.to_owned() });
    }
    if len4.max(len6) > usize::from(limits.addresses_max) { Err(Error::AddressLimit) } else { Ok(()) }
}

/// How many addresses and prefixes of a family the interface may have where it is.
pub fn addresses_max(call: &Call<'_>, interface: &NetworkInterface) -> usize {
    let instance = interface.attachment.as_ref().and_then(|it| call.tx.get::<Instance>(&it.instance));
    let limits = instance.and_then(|it| instance_type::find(&it.instance_type));
    limits.map_or(ADDRESSES_MAX, |it| usize::from(it.addresses_max))
}

/// Reads the number of an interface within its instance.
pub fn device_index(given: i32) -> Result<u8> {
    u8::try_from(given)
        .map_err(|_| Error::InvalidParameterValue(format!("Value ({given}) for parameter deviceIndex is invalid.")))
}

/// Refuses a network card other than the only one there is.
pub fn card(index: Option<i32>) -> Result<()> {
    match index {
        None | Some(0) => Ok(()),
        Some(index) => {
            let text = format!("Value ({index}) for parameter networkCardIndex is invalid. There is one card, 0.");
            Err(Error::InvalidParameterValue(text))
        }
    }
}

/// Refuses ENA Express, unless it is turned off.
pub fn refuse_ena_express(given: &Option<EnaSrdSpecification>) -> Result<()> {
    let Some(given) = given else { return Ok(()) };
    refuse_unless("EnaSrdSpecification.EnaSrdEnabled", &given.ena_srd_enabled, false)?;
    let Some(udp) = &given.ena_srd_udp_specification else { return Ok(()) };
    refuse_unless("EnaSrdSpecification.EnaSrdUdpSpecification.EnaSrdUdpEnabled", &udp.ena_srd_udp_enabled, false)
}

/// `DetachNetworkInterface`: takes an interface other than the primary one from its instance.
pub fn detach(call: &mut Call<'_>, input: DetachNetworkInterfaceRequest) -> Result<()> {
    // Detaching waits for no driver here, so that there is nothing for Force to cut short.
    let _either_way = input.force;
    if input.attachment_id.starts_with(super::SERVICE_ATTACHMENT) {
        let text = "You are not allowed to manage 'ela-attach' attachments.".to_owned();
        return Err(Error::OperationNotPermitted(text));
    }
    let id: AttachmentId = parse_id(Kind::Attachment, &input.attachment_id)?;
    let interface = call.state().indexes.interface_of_attachment.get(&id);
    let interface = interface.and_then(|it| call.state().network_interfaces.get(it)).cloned();
    let interface = interface.filter(|it| (it.account, &it.region) == (call.caller.account, &call.caller.region));
    let found = interface.as_ref().and_then(|it| Some((it, it.attachment.as_ref()?))).filter(|it| it.1.id == id);
    let Some((interface, attachment)) = found else {
        return Err(Error::NotFound { kind: Kind::Attachment, id: input.attachment_id });
    };
    if attachment.device_index == 0 {
        let text = "The network interface at device index 0 cannot be detached.".to_owned();
        return Err(Error::OperationNotPermitted(text));
    }
    end(call, interface);
    Ok(())
}

/// Ends the interface's attachment, and remembers it for those who wait for its end. Elastic IPs stay with the
/// interface.
pub fn end(call: &mut Call<'_>, interface: &NetworkInterface) {
    public::withdraw(call, interface.id);
    let when = call.now();
    let detached = interface.attachment.clone().map(|attachment| Detached { attachment, when });
    call.tx.put(NetworkInterface { attachment: None, detached, ..interface.clone() });
}
