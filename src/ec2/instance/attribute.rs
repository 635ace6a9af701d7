//! What can be asked and changed of an instance one by one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{describe, run, type_named};
use crate::ec2::attribute::{shown, single};
use crate::ec2::error::{Error, Result, refuse, refuse_unless};
use crate::ec2::image;
use crate::ec2::network_interface::{attachment, attribute as of_interface, show_groups};
use crate::ec2::scope::{Call, Scope, View};
use crate::state::instance::{Instance, Lifecycle};
use crate::state::network_interface::NetworkInterface;
use crate::wire::shapes::*;

/// `DescribeInstanceAttribute`: one attribute of one instance.
pub fn describe_attribute(view: &View<'_>, input: DescribeInstanceAttributeRequest) -> Result<InstanceAttribute> {
    let instance = view.instance(&input.instance_id)?;
    let primary = describe::primary(view, &instance);
    let text = |it: &str| Some(AttributeValue { value: Some(it.to_owned()) });
    // An attribute without a value is an empty element: clients look into it without asking whether it is there.
    let nothing = || Some(AttributeValue { value: None });
    let mut answer = InstanceAttribute { instance_id: Some(instance.id.to_string()), ..Default::default() };
    match input.attribute.as_str() {
        "disableApiStop" => answer.disable_api_stop = shown(instance.protected_from_stop),
        "disableApiTermination" => answer.disable_api_termination = shown(instance.protected_from_termination),
        "ebsOptimized" => answer.ebs_optimized = shown(false),
        "enaSupport" => answer.ena_support = shown(false),
        "enclaveOptions" => answer.enclave_options = Some(EnclaveOptions { enabled: Some(false) }),
        "groupSet" => answer.groups = primary.map(|it| show_groups(view, &it.groups)).unwrap_or_default(),
        "instanceInitiatedShutdownBehavior" => {
            let behavior = if instance.terminates_on_shutdown { "terminate" } else { "stop" };
            answer.instance_initiated_shutdown_behavior = text(behavior);
        }
        "instanceType" => answer.instance_type = text(&instance.instance_type),
        "kernel" => answer.kernel_id = nothing(),
        "ramdisk" => answer.ramdisk_id = nothing(),
        "rootDeviceName" => answer.root_device_name = text(image::ROOT_DEVICE_NAME),
        "sourceDestCheck" => answer.source_dest_check = primary.and_then(|it| shown(it.source_dest_check)),
        "sriovNetSupport" => answer.sriov_net_support = nothing(),
        "userData" => answer.user_data = Some(AttributeValue { value: instance.user_data.clone() }),
        // The decoder lets no other name through than these and two lists that are empty: blockDeviceMapping and
        // productCodes.
        _ => {}
    }
    Ok(answer)
}

/// One attribute with its new value.
enum Attribute {
    DisableApiStop(bool),
    DisableApiTermination(bool),
    Groups(Vec<String>),
    InstanceType(String),
    ShutdownBehavior(String),
    SourceDestCheck(bool),
    /// In base64.
    UserData(String),
    /// One whose only possible value was given.
    AsItIs,
}

/// `ModifyInstanceAttribute`: changes one attribute of one instance.
pub fn modify_attribute(call: &mut Call<'_>, input: ModifyInstanceAttributeRequest) -> Result<()> {
    let instance = call.instance(&input.instance_id)?;
    let change = change(input)?;
    modifiable(&instance)?;
    let mut changed = instance.as_ref().clone();
    match change {
        Attribute::DisableApiStop(value) => changed.protected_from_stop = value,
        Attribute::DisableApiTermination(value) => changed.protected_from_termination = value,
        Attribute::Groups(ids) => {
            let interface = only_interface(call, &instance)?;
            let groups = of_interface::groups(call, interface.vpc, &ids)?;
            of_interface::wear(call, &interface, groups)?;
        }
        Attribute::InstanceType(name) => {
            type_named(&name).map_err(|_| Error::InstanceAttributeValue(name.clone()))?;
            stopped(&instance)?;
            let lens = |it: &NetworkInterface| (it.addresses.len(), it.addresses6.len());
            let lens: Vec<_> = call.state().interfaces_of_instance(instance.id).map(|it| lens(it)).collect();
            for each in &lens {
                attachment::fits(&name, lens.len(), *each)?;
            }
            changed.instance_type = name;
        }
        Attribute::ShutdownBehavior(value) => {
            changed.terminates_on_shutdown = match value.as_str() {
                "stop" => false,
                "terminate" => true,
                _ => {
                    let name = "instanceInitiatedShutdownBehavior";
                    let text = format!("Value ({value}) for parameter {name} is invalid. Expecting stop or terminate.");
                    return Err(Error::InvalidParameterValue(text));
                }
            };
        }
        Attribute::SourceDestCheck(source_dest_check) => {
            let interface = only_interface(call, &instance)?;
            call.tx.put(NetworkInterface { source_dest_check, ..interface });
        }
        Attribute::UserData(text) => {
            stopped(&instance)?;
            changed.user_data = Some(run::user_data(&text)?).filter(|it| !it.is_empty());
        }
        Attribute::AsItIs => {}
    }
    call.tx.put(changed);
    Ok(())
}

/// The one change that a call asks for, by the attribute's own parameter or by its name and a value.
fn change(input: ModifyInstanceAttributeRequest) -> Result<Attribute> {
    refuse("BlockDeviceMapping", &input.block_device_mappings)?;
    refuse("Kernel", &input.kernel)?;
    refuse("Ramdisk", &input.ramdisk)?;
    refuse("SriovNetSupport", &input.sriov_net_support)?;
    let named = match (input.attribute, input.value) {
        (Some(name), Some(value)) => Some(by_name(&name, value)?),
        (Some(_), None) => return Err(Error::MissingParameter("value")),
        (None, Some(_)) => return Err(Error::MissingParameter("attribute")),
        (None, None) => None,
    };
    let flag = |name, given: Option<AttributeBooleanValue>| match given {
        Some(given) => given.value.map(Some).ok_or(Error::MissingParameter(name)),
        None => Ok(None),
    };
    let text = |name, given: Option<AttributeValue>| match given {
        Some(given) => given.value.map(Some).ok_or(Error::MissingParameter(name)),
        None => Ok(None),
    };
    let ebs_optimized = flag("EbsOptimized.Value", input.ebs_optimized)?;
    refuse_unless("EbsOptimized", &ebs_optimized, false)?;
    let ena_support = flag("EnaSupport.Value", input.ena_support)?;
    refuse_unless("EnaSupport", &ena_support, false)?;
    let user_data = input.user_data.map(|it| STANDARD.encode(it.value.unwrap_or_default().0));
    let behavior = text("InstanceInitiatedShutdownBehavior.Value", input.instance_initiated_shutdown_behavior)?;
    let termination = flag("DisableApiTermination.Value", input.disable_api_termination)?;
    let source_dest_check = flag("SourceDestCheck.Value", input.source_dest_check)?;
    single([
        ("attribute", named),
        ("disableApiStop", flag("DisableApiStop.Value", input.disable_api_stop)?.map(Attribute::DisableApiStop)),
        ("disableApiTermination", termination.map(Attribute::DisableApiTermination)),
        ("ebsOptimized", ebs_optimized.map(|_| Attribute::AsItIs)),
        ("enaSupport", ena_support.map(|_| Attribute::AsItIs)),
        ("groupSet", (!input.groups.is_empty()).then_some(Attribute::Groups(input.groups))),
        ("instanceInitiatedShutdownBehavior", behavior.map(Attribute::ShutdownBehavior)),
        ("instanceType", text("InstanceType.Value", input.instance_type)?.map(Attribute::InstanceType)),
        ("sourceDestCheck", source_dest_check.map(Attribute::SourceDestCheck)),
        ("userData", user_data.map(Attribute::UserData)),
    ])
}

/// A change whose attribute is named by a parameter of its own.
fn by_name(name: &str, value: String) -> Result<Attribute> {
    let flag = match value.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let flag = flag.ok_or_else(|| {
        Error::InvalidParameterValue(format!(
            "Value ({value}) for parameter value is invalid. Expecting true or false."
        ))
    });
    Ok(match name {
        "disableApiStop" => Attribute::DisableApiStop(flag?),
        "disableApiTermination" => Attribute::DisableApiTermination(flag?),
        "instanceInitiatedShutdownBehavior" => Attribute::ShutdownBehavior(value),
        "instanceType" => Attribute::InstanceType(value),
        "sourceDestCheck" => Attribute::SourceDestCheck(flag?),
        "userData" => Attribute::UserData(value),
        "ebsOptimized" | "enaSupport" if flag == Ok(false) => Attribute::AsItIs,
        other => return Err(Error::UnsupportedOperation(format!("The attribute {other} cannot be modified."))),
    })
}

/// The instance's interface, where there is one alone.
pub fn only_interface(call: &Call<'_>, instance: &Instance) -> Result<NetworkInterface> {
    let mut interfaces = call.state().interfaces_of_instance(instance.id);
    match (interfaces.next(), interfaces.next()) {
        (Some(only), None) => Ok(only.as_ref().clone()),
        _ => Err(Error::MultipleInterfaces(instance.id.to_string())),
    }
}

/// Refuses changes of an instance that is not to live on.
pub fn modifiable(instance: &Instance) -> Result<()> {
    if instance.lifecycle != Lifecycle::Terminated {
        return Ok(());
    }
    let text = format!("The instance '{}' is not in a state in which it can be modified.", instance.id);
    Err(Error::IncorrectInstanceState(text))
}

/// Refuses what can be changed of a stopped instance only.
pub fn stopped(instance: &Instance) -> Result<()> {
    if instance.lifecycle == Lifecycle::Stopped {
        return Ok(());
    }
    Err(Error::IncorrectInstanceState(format!("The instance '{}' is not in the 'stopped' state.", instance.id)))
}
