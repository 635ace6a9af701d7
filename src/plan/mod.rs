//! What State means for one node's kernel. Pure: no I/O, no clock, no knowledge of what the kernel holds now.
#![allow(dead_code)]

pub mod config;
pub mod ruleset;
