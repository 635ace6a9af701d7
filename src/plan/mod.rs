//! What State means for one node's kernel. Pure: no I/O, no clock, no knowledge of what the kernel holds now.
//!
//! The plan of a VPC depends on its own rows and those of its peers alone, and is made again only when one of them
//! changed; see [`Planner`]. What packets meet is decided in `routing`, `firewall`, `acl`, `group`, `internet` and `public_access`;
//! `config` and `ruleset` are the vocabulary. What instances are answered when they ask for names and for what they
//! are, is looked up in State: `names`, `metadata`.

mod acl;
pub mod config;
mod disjoint;
mod edge;
mod firewall;
pub mod flow;
mod group;
mod instance;
mod internet;
mod key;
mod member;
pub mod metadata;
pub mod mutant;
pub mod names;
mod nat_gateway;
mod number;
mod overlap;
mod planner;
mod printed;
mod public_access;
mod router;
mod routing;
pub mod ruleset;
pub mod services;
mod stretches;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;
mod wiring;

pub use firewall::{RECEIVER4, RECEIVER6};
pub use planner::Planner;
