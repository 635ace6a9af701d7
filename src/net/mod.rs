//! Addresses as values: prefixes, hardware addresses, ranges. No I/O, nothing of EC2.

mod allocate;
mod mac;
mod ports;

pub use allocate::nth;
pub use ipnet::{IpNet as Prefix, Ipv4Net, Ipv6Net};
pub use mac::Mac;
pub use ports::Span;
