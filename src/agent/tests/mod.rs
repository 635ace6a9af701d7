//! The realiser against the kernel: real namespaces, real packets. Needs root.

mod lab;
mod packets;
mod repairs;
mod scale;
