//! Instances stopped, started and ended: what is wanted of them; their nodes make it true.

use std::sync::Arc;

use super::Phase;
use crate::ec2::address;
use crate::ec2::error::{Error, Result, refuse, refuse_unless};
use crate::ec2::list::look_up;
use crate::ec2::network_interface::{self, attachment};
use crate::ec2::scope::{Call, Scope};
use crate::state::id::InterfaceId;
use crate::state::instance::{Instance, Lifecycle, Reason};
use crate::state::network_interface::NetworkInterface;
use crate::wire::shapes::*;

/// `StopInstances`: ends the instances' processes; their interfaces stay theirs.
pub fn stop(call: &mut Call<'_>, input: StopInstancesRequest) -> Result<StopInstancesResult> {
    // Nothing of an instance has to be asked to stop, so that there is nothing for Force to cut short.
    let _ = input.force;
    refuse_unless("Hibernate", &input.hibernate, false)?;
    refuse_unless("SkipOsShutdown", &input.skip_os_shutdown, false)?;
    let instances = named(call, &input.instance_ids)?;
    for instance in &instances {
        if instance.lifecycle == Lifecycle::Terminated {
            return Err(wrong_state(instance, "stopped"));
        }
        if instance.protected_from_stop && instance.lifecycle == Lifecycle::Running {
            return Err(protected(instance, "stopped", "disableApiStop"));
        }
    }
    let stopping_instances = instances.iter().map(|instance| {
        if instance.lifecycle == Lifecycle::Stopped {
            return changed(instance, Phase::Stopped, Phase::Stopped);
        }
        wish(call, instance, Lifecycle::Stopped);
        let interfaces: Vec<InterfaceId> = call.state().interfaces_of_instance(instance.id).map(|it| it.id).collect();
        for interface in interfaces {
            address::withdraw(call, interface);
        }
        changed(instance, Phase::Running, Phase::Stopping)
    });
    Ok(StopInstancesResult { stopping_instances: stopping_instances.collect() })
}

/// `StartInstances`: makes stopped instances anew, on the nodes where they were, with another public address.
pub fn start(call: &mut Call<'_>, input: StartInstancesRequest) -> Result<StartInstancesResult> {
    refuse("AdditionalInfo", &input.additional_info)?;
    let instances = named(call, &input.instance_ids)?;
    if let Some(instance) = instances.iter().find(|it| it.lifecycle == Lifecycle::Terminated) {
        return Err(wrong_state(instance, "started"));
    }
    let starting_instances = instances.iter().map(|instance| {
        if instance.lifecycle == Lifecycle::Running {
            return Ok(changed(instance, Phase::Running, Phase::Running));
        }
        wish(call, instance, Lifecycle::Running);
        address::renew(call, instance.id)?;
        Ok(changed(instance, Phase::Stopped, Phase::Pending))
    });
    Ok(StartInstancesResult { starting_instances: starting_instances.collect::<Result<_>>()? })
}

/// `TerminateInstances`: ends the instances; their interfaces go with them or become free.
pub fn terminate(call: &mut Call<'_>, input: TerminateInstancesRequest) -> Result<TerminateInstancesResult> {
    // As with stopping.
    let _ = input.force;
    refuse_unless("SkipOsShutdown", &input.skip_os_shutdown, false)?;
    let instances = named(call, &input.instance_ids)?;
    let ends = |it: &Instance| it.lifecycle != Lifecycle::Terminated;
    if let Some(instance) = instances.iter().find(|it| ends(it) && it.protected_from_termination) {
        return Err(protected(instance, "terminated", "disableApiTermination"));
    }
    let terminating_instances = instances.iter().map(|instance| {
        let previous = match instance.lifecycle {
            Lifecycle::Running => Phase::Running,
            Lifecycle::Stopped => Phase::Stopped,
            Lifecycle::Terminated => return changed(instance, Phase::Terminated, Phase::Terminated),
        };
        unplug(call, instance);
        wish(call, instance, Lifecycle::Terminated);
        changed(instance, previous, Phase::ShuttingDown)
    });
    Ok(TerminateInstancesResult { terminating_instances: terminating_instances.collect() })
}

/// `RebootInstances`: makes running instances anew, with all that is theirs.
pub fn reboot(call: &mut Call<'_>, input: RebootInstancesRequest) -> Result<()> {
    let instances = named(call, &input.instance_ids)?;
    if let Some(instance) = instances.iter().find(|it| it.lifecycle != Lifecycle::Running) {
        return Err(wrong_state(instance, "rebooted"));
    }
    for instance in instances {
        let (launch, placed) = (instance.launch + 1, call.tx.revision());
        call.tx.put(Instance { launch, placed, ..instance.as_ref().clone() });
    }
    Ok(())
}

/// The instances of these ids, each once, in the order of the call.
fn named(call: &Call<'_>, ids: &[String]) -> Result<Vec<Arc<Instance>>> {
    match look_up(ids, |id| call.instance(id))? {
        (instances, None) => Ok(instances),
        (_, Some(refusal)) => Err(refusal),
    }
}

/// Wants something else of the instance from now on.
fn wish(call: &mut Call<'_>, instance: &Instance, lifecycle: Lifecycle) {
    let now = call.now();
    let mut instance = Instance { lifecycle, changed: now, placed: call.tx.revision(), ..instance.clone() };
    if lifecycle == Lifecycle::Running {
        instance.launch += 1;
        instance.launched = now;
        instance.reason = None;
    } else {
        instance.reason = Some(Reason {
            code: "Client.UserInitiatedShutdown".to_owned(),
            message: "Client.UserInitiatedShutdown: User initiated shutdown".to_owned(),
        });
    }
    call.tx.put(instance);
}

/// Takes the instance's interfaces from it, and removes those that go with it.
fn unplug(call: &mut Call<'_>, instance: &Instance) {
    let interfaces: Vec<Arc<NetworkInterface>> = call.state().interfaces_of_instance(instance.id).cloned().collect();
    for interface in interfaces {
        if interface.attachment.as_ref().is_some_and(|it| it.delete_on_termination) {
            network_interface::remove(call, interface.id);
        } else {
            attachment::end(call, &interface);
        }
    }
}

fn changed(instance: &Instance, previous: Phase, current: Phase) -> InstanceStateChange {
    InstanceStateChange {
        current_state: current.show(),
        instance_id: Some(instance.id.to_string()),
        previous_state: previous.show(),
    }
}

fn wrong_state(instance: &Instance, participle: &str) -> Error {
    let text = format!("The instance '{}' is not in a state from which it can be {participle}.", instance.id);
    Error::IncorrectInstanceState(text)
}

fn protected(instance: &Instance, participle: &str, attribute: &str) -> Error {
    Error::OperationNotPermitted(format!(
        "The instance '{}' may not be {participle}. Modify its '{attribute}' instance attribute and try again.",
        instance.id
    ))
}
