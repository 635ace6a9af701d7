//! Finding addresses and smaller prefixes in a prefix.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Ipv4Net, Ipv6Net, Prefix};

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

/// How many addresses the prefix has; of `::/0`, one less than that.
pub fn size(prefix: Prefix) -> u128 {
    let bits = u32::from(prefix.max_prefix_len() - prefix.prefix_len());
    1_u128.checked_shl(bits).unwrap_or(u128::MAX)
}

/// The prefix of `len` bits in which the address at `offset` from the start of the prefix lies.
pub fn part(prefix: Prefix, len: u8, offset: u128) -> Option<Prefix> {
    let found = match nth(prefix, offset)? {
        IpAddr::V4(address) => Prefix::V4(Ipv4Net::new(address, len).ok()?.trunc()),
        IpAddr::V6(address) => Prefix::V6(Ipv6Net::new(address, len).ok()?.trunc()),
    };
    prefix.contains(&found).then_some(found)
}

/// How far behind the start of the prefix the first address is that lies behind `other`, which begins in it or before.
pub fn behind(prefix: Prefix, other: Prefix) -> u128 {
    let number = |it: Prefix| match it.network() {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    number(other).saturating_add(size(other)).saturating_sub(number(prefix))
}

/// Whether two prefixes share an address.
pub fn overlap(a: Prefix, b: Prefix) -> bool {
    a.contains(&b) || b.contains(&a)
}
