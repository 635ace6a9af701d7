//! Addresses and rates as values: prefixes, hardware addresses, ranges. No I/O, nothing of EC2.

mod allocate;
mod bandwidth;
mod mac;
mod ports;
mod runs;

pub use allocate::{behind, nth, overlap, part, size};
pub use bandwidth::Bandwidth;
pub use ipnet::{IpNet as Prefix, Ipv4Net, Ipv6Net};
pub use mac::Mac;
pub use ports::Span;
pub use runs::Runs;

/// Reads an IPv4 block. The library's own way takes `010.0.0.0/8`, which is 8.0.0.0/8 to some readers.
pub fn ipv4_block(text: &str) -> Option<Ipv4Net> {
    let (address, _) = text.split_once('/')?;
    address.parse::<std::net::Ipv4Addr>().ok()?;
    text.parse().ok()
}
