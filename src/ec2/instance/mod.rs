//! Instances: network sandboxes on nodes, as EC2 speaks of them.
//!
//! They are launched in `run` with the interfaces that `device` finds for them, listed in `describe`, stopped, started
//! and ended in `lifecycle`, and changed one attribute at a time in `attribute`; what they are called is in `name`, how
//! they ask what they are in `metadata`. Volumes do not exist.

mod attribute;
mod describe;
mod device;
mod lifecycle;
mod metadata;
mod name;
mod run;
mod status;
#[cfg(test)]
mod tests;

pub use attribute::{describe_attribute, modify_attribute, only_interface};
pub use describe::describe;
pub use lifecycle::{reboot, start, stop, terminate};
pub use metadata::{fits_metadata, get_metadata_defaults, modify_metadata_defaults, modify_metadata_options};
pub use name::modify_options as modify_private_dns_name_options;
pub use run::{emptiest_node, run};
pub use status::{describe_credits, describe_status};

use super::error::{Error, Result};
use super::instance_type::{self, InstanceType};
use super::scope::View;
use crate::state::instance::{Instance, Lifecycle};
use crate::wire::shapes::InstanceState;

/// Where an instance is in its life, as EC2 says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

impl Phase {
    /// Where the instance is: what is wanted of it, and whether its node has made that true.
    pub fn of(view: &View<'_>, instance: &Instance) -> Phase {
        match (instance.lifecycle, view.realised.holds(instance)) {
            (Lifecycle::Running, true) => Phase::Running,
            (Lifecycle::Running, false) => Phase::Pending,
            (Lifecycle::Stopped, true) => Phase::Stopped,
            (Lifecycle::Stopped, false) => Phase::Stopping,
            (Lifecycle::Terminated, true) => Phase::Terminated,
            (Lifecycle::Terminated, false) => Phase::ShuttingDown,
        }
    }

    pub fn code(self) -> i32 {
        match self {
            Phase::Pending => 0,
            Phase::Running => 16,
            Phase::ShuttingDown => 32,
            Phase::Terminated => 48,
            Phase::Stopping => 64,
            Phase::Stopped => 80,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Phase::Pending => "pending",
            Phase::Running => "running",
            Phase::ShuttingDown => "shutting-down",
            Phase::Terminated => "terminated",
            Phase::Stopping => "stopping",
            Phase::Stopped => "stopped",
        }
    }

    /// The phase as the wire shows it.
    pub fn show(self) -> Option<InstanceState> {
        Some(InstanceState { code: Some(self.code()), name: Some(self.name().to_owned()) })
    }
}

/// The type of this name.
pub fn type_named(name: &str) -> Result<&'static InstanceType> {
    let found = instance_type::find(name);
    found.ok_or_else(|| Error::InvalidParameterValue(format!("Invalid value '{name}' for InstanceType.")))
}
