//! The realiser against the kernel: real namespaces, real packets. Needs root.

mod counts;
pub mod lab;
mod limits;
mod outside;
mod packets;
mod repairs;
mod rules;
mod scale;
