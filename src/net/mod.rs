//! Addresses as values: prefixes, hardware addresses, ranges. No I/O, nothing of EC2.

#![allow(dead_code)]

mod allocate;
mod mac;
mod ports;

pub use allocate::{first_free, nth};
pub use ipnet::{IpNet as Prefix, Ipv4Net, Ipv6Net};
pub use mac::Mac;
pub use ports::Span;
