//! Finding addresses in a prefix.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Prefix;

/// The address at `offset` from the start of the prefix, or nothing when that lies outside.
pub fn nth(prefix: Prefix, offset: u128) -> Option<IpAddr> {
    let address = match prefix {
        Prefix::V4(it) => {
            let number = u128::from(u32::from(it.network())).checked_add(offset)?;
            IpAddr::V4(Ipv4Addr::from(u32::try_from(number).ok()?))
        }
        Prefix::V6(it) => IpAddr::V6(Ipv6Addr::from(u128::from(it.network()).checked_add(offset)?)),
    };
    prefix.contains(&address).then_some(address)
}
