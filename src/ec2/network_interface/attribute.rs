//! What can be asked and changed of an interface one by one, first of all the groups that it wears.

use crate::ec2::address as public;
use crate::ec2::attribute::single;
use crate::ec2::error::{Error, Kind, Limit, Result, refuse, refuse_unless};
use crate::ec2::identity;
use crate::ec2::scope::{Call, Scope, View, parse_id};
use crate::state::State;
use crate::state::id::{AttachmentId, SecurityGroupId, VpcId};
use crate::state::instance::{Instance, Lifecycle};
use crate::state::network_interface::NetworkInterface;
use crate::wire::shapes::*;

/// How many groups an interface may wear: on EC2 at the most, and where AWS's quotas hold.
const GROUPS_MAX: usize = 16;
const GROUPS_QUOTA: usize = 5;
const DESCRIPTION_CHARS_MAX: usize = 255;

/// `DescribeNetworkInterfaceAttribute`: one attribute of one interface.
pub fn describe_attribute(
    view: &View<'_>,
    input: DescribeNetworkInterfaceAttributeRequest,
) -> Result<DescribeNetworkInterfaceAttributeResult> {
    let interface = view.network_interface(&input.network_interface_id)?;
    let mut shown = DescribeNetworkInterfaceAttributeResult {
        network_interface_id: Some(interface.id.to_string()),
        ..Default::default()
    };
    match input.attribute.as_deref().ok_or(Error::MissingParameter("attribute"))? {
        "associatePublicIpAddress" => {
            shown.associate_public_ip_address = Some(interface.map_public_address);
        }
        "attachment" => shown.attachment = super::show_attachment(&interface, super::attached(&interface)),
        "description" => shown.description = Some(AttributeValue { value: Some(interface.description.clone()) }),
        "groupSet" => shown.groups = super::show_groups(view, &interface.groups),
        // The decoder lets no other name through than these and the last one.
        _ => shown.source_dest_check = crate::ec2::attribute::shown(interface.source_dest_check),
    }
    Ok(shown)
}

/// `ModifyNetworkInterfaceAttribute`: changes one attribute of one interface.
pub fn modify_attribute(call: &mut Call<'_>, input: ModifyNetworkInterfaceAttributeRequest) -> Result<()> {
    refuse("AssociatedSubnetId", &input.associated_subnet_ids)?;
    refuse("ConnectionTrackingSpecification", &input.connection_tracking_specification)?;
    super::attachment::refuse_ena_express(&input.ena_srd_specification)?;
    refuse_unless("EnablePrimaryIpv6", &input.enable_primary_ipv6, false)?;
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    let change = single([
        ("associatePublicIpAddress", input.associate_public_ip_address.map(Attribute::PublicAddress)),
        ("attachment", input.attachment.map(Attribute::Attachment)),
        ("description", input.description.map(Attribute::Description)),
        ("enaSrdSpecification", input.ena_srd_specification.map(|_| Attribute::AsItIs)),
        ("enablePrimaryIpv6", input.enable_primary_ipv6.map(|_| Attribute::AsItIs)),
        ("groupSet", (!input.groups.is_empty()).then_some(Attribute::Groups(input.groups))),
        ("sourceDestCheck", input.source_dest_check.map(Attribute::SourceDestCheck)),
    ])?;
    let mut changed = interface.as_ref().clone();
    match change {
        Attribute::Attachment(changes) => change_attachment(&mut changed, &changes)?,
        Attribute::Description(given) => {
            changed.description = description(given.value.ok_or(Error::MissingParameter("Description.Value"))?)?;
        }
        Attribute::Groups(ids) => {
            let groups = groups(call, interface.vpc, &ids)?;
            return wear(call, &interface, groups);
        }
        Attribute::PublicAddress(wanted) => return map_public_address(call, &interface, wanted),
        Attribute::SourceDestCheck(given) => {
            changed.source_dest_check = given.value.ok_or(Error::MissingParameter("SourceDestCheck.Value"))?;
        }
        Attribute::AsItIs => {}
    }
    call.tx.put(changed);
    Ok(())
}

/// Gives the instance whose primary interface it is a public address, or takes it away: now, if the instance runs, and
/// at every start from now on.
fn map_public_address(call: &mut Call<'_>, interface: &NetworkInterface, wanted: bool) -> Result<()> {
    if wanted && interface.addresses.is_empty() {
        let text = format!("The network interface '{}' has no IPv4 address.", interface.id);
        return Err(Error::InvalidParameterValue(text));
    }
    call.tx.put(NetworkInterface { map_public_address: wanted, ..interface.clone() });
    if !wanted {
        public::withdraw(call, interface.id);
        return Ok(());
    }
    let primary = interface.attachment.as_ref().filter(|it| it.device_index == 0);
    let instance = primary.and_then(|it| call.tx.get::<Instance>(&it.instance));
    let running = instance.is_some_and(|it| it.lifecycle == Lifecycle::Running);
    if running && !public::has_public(call.state(), interface.id) { public::give(call, interface) } else { Ok(()) }
}

/// `ResetNetworkInterfaceAttribute`: makes the source and destination check as it was in the beginning, on.
pub fn reset_attribute(call: &mut Call<'_>, input: ResetNetworkInterfaceAttributeRequest) -> Result<()> {
    let interface = super::unmanaged(call, &input.network_interface_id)?;
    // EC2 takes a text here and says nothing of its meaning: what counts is that the attribute is named.
    single([("sourceDestCheck", input.source_dest_check)])?;
    call.tx.put(NetworkInterface { source_dest_check: true, ..interface.as_ref().clone() });
    Ok(())
}

/// Refuses a description that is too long.
pub fn description(given: String) -> Result<String> {
    if given.chars().nth(DESCRIPTION_CHARS_MAX).is_none() {
        return Ok(given);
    }
    let text = format!("Value ({given}) for parameter description is invalid. It exceeds 255 characters");
    Err(Error::InvalidParameterValue(text))
}

/// One attribute with its new value.
enum Attribute {
    Attachment(NetworkInterfaceAttachmentChanges),
    Description(AttributeValue),
    Groups(Vec<String>),
    PublicAddress(bool),
    SourceDestCheck(AttributeBooleanValue),
    /// One whose only possible value was given.
    AsItIs,
}

fn change_attachment(interface: &mut NetworkInterface, changes: &NetworkInterfaceAttachmentChanges) -> Result<()> {
    refuse("Attachment.EnaQueueCount", &changes.ena_queue_count)?;
    refuse_unless("Attachment.DefaultEnaQueueCount", &changes.default_ena_queue_count, true)?;
    let id = changes.attachment_id.as_deref().ok_or(Error::MissingParameter("Attachment.AttachmentId"))?;
    let wanted: AttachmentId = parse_id(Kind::Attachment, id)?;
    let found = interface.attachment.as_mut().filter(|it| it.id == wanted);
    let attachment = found.ok_or_else(|| Error::NotFound { kind: Kind::Attachment, id: id.to_owned() })?;
    attachment.delete_on_termination =
        changes.delete_on_termination.ok_or(Error::MissingParameter("Attachment.DeleteOnTermination"))?;
    Ok(())
}

/// The groups of these ids in ascending order, all of the VPC or associated with it; the VPC's default group when none is
/// named.
pub fn groups(call: &Call<'_>, vpc: VpcId, ids: &[String]) -> Result<Vec<SecurityGroupId>> {
    let mut groups = Vec::with_capacity(ids.len());
    for id in ids {
        let group = call.security_group(id)?;
        let associated = || call.state().security_group_associations.get(&(group.id, vpc)).is_some();
        if group.vpc != vpc && !associated() {
            return Err(Error::NetworksDiffer { group: group.id.to_string() });
        }
        groups.push(group.id);
    }
    groups.sort();
    groups.dedup();
    if groups.is_empty() {
        groups.extend(call.state().default_group(vpc).map(|it| it.id));
    }
    if groups.len() > groups_max(call.state()) {
        return Err(Error::LimitExceeded(Limit::GroupsPerInterface));
    }
    Ok(groups)
}

/// How many groups an interface may wear.
pub fn groups_max(state: &State) -> usize {
    if state.has_quotas() { GROUPS_QUOTA } else { GROUPS_MAX }
}

/// Puts groups of the interface's VPC on it, instead of those that it wears.
pub fn wear(call: &mut Call<'_>, interface: &NetworkInterface, groups: Vec<SecurityGroupId>) -> Result<()> {
    let identity = identity::of_groups(call, interface.vpc, &groups)?;
    call.tx.put(NetworkInterface { groups, identity, ..interface.clone() });
    Ok(())
}
