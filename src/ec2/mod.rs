//! What EC2 means: one file a resource, each with one function an operation.
//!
//! A handler is a function of a state and an input. It knows no clock, no randomness, no kernel and no network; what
//! it needs of them its [`scope::Call`] or [`scope::View`] hands it. To add an operation: a line in `operations.rs`,
//! regenerated shapes, a handler, tests.

pub mod error;
pub mod identity;
pub mod list;
pub mod operation;
pub mod realised;
pub mod scope;
pub mod sweep;

#[cfg(test)]
pub mod fixture;

mod account;
mod address;
mod attribute;
mod block;
mod block_public_access;
mod dhcp_options;
mod egress_only_gateway;
mod flow_log;
mod host;
mod image;
mod instance;
mod instance_type;
pub mod internet_gateway;
mod key_pair;
mod nat_gateway;
mod network_acl;
mod network_acl_entry;
mod network_insights;
mod network_interface;
mod operations;
mod peering;
mod prefix_list;
mod refused;
mod region;
mod route;
mod route_table;
mod security_group;
mod security_group_reference;
mod security_group_rule;
mod security_group_vpc;
pub mod subnet;
mod subnet_reservation;
mod tag;
mod volume;
pub mod vpc;
mod zone;

pub use error::Error;
pub use operations::operation;

/// Why an operation of this name is not carried out: EC2 has it and Culvert has not, or nobody has.
pub fn unserved(action: &str) -> Error {
    if crate::wire::shapes::OTHER_ACTIONS.contains(&action) {
        let text =
            format!("The operation {action} is not supported: there is nothing in Culvert that could carry it out.");
        return Error::UnsupportedOperation(text);
    }
    Error::InvalidAction(action.to_owned())
}
