//! What State means for one node's kernel. Pure: no I/O, no clock, no knowledge of what the kernel holds now.
//!
//! The plan of a VPC depends on that VPC's rows alone, and is made again only when one of them changed; see
//! [`Planner`]. What packets meet is decided in `firewall` and `group`; `config` and `ruleset` are the vocabulary. What
//! instances are answered when they ask for names and for what they are, is looked up in State: `names`, `metadata`.

pub mod config;
mod disjoint;
mod firewall;
mod group;
mod key;
pub mod metadata;
pub mod names;
mod network;
mod planner;
mod printed;
pub mod ruleset;
pub mod services;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

pub use firewall::{RECEIVER4, RECEIVER6};
pub use planner::Planner;
