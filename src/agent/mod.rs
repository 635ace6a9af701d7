//! Makes this node's kernel hold what the plan says.
//!
//! Level-triggered: every pass compares what is with what should be and applies the difference. Only objects that
//! bear our mark exist here: namespaces named after this node's tag, links in our device group, routes, rules,
//! neighbours and addresses with our protocol number, our nftables table.

mod address;
mod attribute;
mod conntrack;
mod diff;
mod flows;
mod follow;
mod home;
mod instance;
mod kernel;
mod limit;
mod link;
pub mod namespace;
mod neighbour;
mod netlink;
mod nft;
pub mod process;
mod route;
mod rule;
mod services;
mod space;
mod sysctl;
#[cfg(test)]
mod tests;
mod watch;

pub use flows::Flows;
pub use follow::follow;
pub use kernel::{Failure, Kernel, Place};

/// The protocol number that marks our addresses, neighbours, routes and rules.
const PROTOCOL: u8 = 67;
