//! The prefixes that a call asks for, for one interface: by name, or so many of the subnet's free ones.

use super::address::count;
use super::room::{self, Taken};
use crate::ec2::error::{Error, Result};
use crate::ec2::scope::{Call, Scope};
use crate::net::{Ipv4Net, Ipv6Net, Prefix, ipv4_block};
use crate::state::network_interface::NetworkInterface;
use crate::state::subnet::Subnet;

#[cfg(test)]
mod tests;

/// Which prefixes are asked for, of one family.
#[derive(Debug, Clone, Default)]
pub struct Prefixes {
    named: Vec<Prefix>,
    count: usize,
}

impl Prefixes {
    /// Reads what is asked for of IPv4.
    pub fn asked4<'t>(named: impl Iterator<Item = Option<&'t str>>, count: Option<i32>) -> Result<Prefixes> {
        let missing = Error::MissingParameter("Ipv4Prefix.n.Ipv4Prefix");
        let named =
            named.map(|text| read4(text.ok_or(missing.clone())?).map(Prefix::V4)).collect::<Result<Vec<_>>>()?;
        Prefixes::of(named, "Ipv4Prefix", "Ipv4PrefixCount", count)
    }

    /// Reads what is asked for of IPv6.
    pub fn asked6<'t>(named: impl Iterator<Item = Option<&'t str>>, count: Option<i32>) -> Result<Prefixes> {
        let missing = Error::MissingParameter("Ipv6Prefix.n.Ipv6Prefix");
        let named =
            named.map(|text| read6(text.ok_or(missing.clone())?).map(Prefix::V6)).collect::<Result<Vec<_>>>()?;
        Prefixes::of(named, "Ipv6Prefix", "Ipv6PrefixCount", count)
    }

    fn of(named: Vec<Prefix>, name: &str, count_name: &str, given: Option<i32>) -> Result<Prefixes> {
        let count = count(count_name, given)?;
        if count > 0 && !named.is_empty() {
            let text = format!("The parameter {count_name} cannot be used with the parameter {name}.");
            return Err(Error::InvalidParameterCombination(text));
        }
        Ok(Prefixes { named, count })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.named.len() + self.count
    }

    /// How many may be any.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether one is asked for by name, which only one interface can then have.
    pub fn names_any(&self) -> bool {
        !self.named.is_empty()
    }

    /// Chooses the prefixes, of the block of the subnet that has their family.
    pub fn choose(
        &self,
        call: &mut Call<'_>,
        subnet: &Subnet,
        taken: &mut Taken,
        block: Prefix,
    ) -> Result<Vec<Prefix>> {
        for prefix in &self.named {
            room::take_prefix(call.state(), subnet, *prefix, taken)?;
        }
        let mut chosen = self.named.clone();
        for _ in 0..self.count {
            chosen.push(room::free_prefix(call, subnet, block, taken)?);
        }
        Ok(chosen)
    }
}

/// The prefixes of one family, for lists of one.
pub trait Families {
    fn only4(self) -> Vec<Ipv4Net>;
    fn only6(self) -> Vec<Ipv6Net>;
}

impl Families for Vec<Prefix> {
    fn only4(self) -> Vec<Ipv4Net> {
        self.into_iter().filter_map(|it| if let Prefix::V4(it) = it { Some(it) } else { None }).collect()
    }

    fn only6(self) -> Vec<Ipv6Net> {
        self.into_iter().filter_map(|it| if let Prefix::V6(it) = it { Some(it) } else { None }).collect()
    }
}

/// Reads an IPv4 prefix as it is written: bits behind its length make it another one than was meant.
pub fn read4(text: &str) -> Result<Ipv4Net> {
    ipv4_block(text).ok_or_else(|| not_a_prefix(text))
}

/// Reads an IPv6 prefix as it is written.
pub fn read6(text: &str) -> Result<Ipv6Net> {
    text.parse().map_err(|_| not_a_prefix(text))
}

fn not_a_prefix(text: &str) -> Error {
    Error::InvalidParameterValue(format!("Invalid prefix: {text}"))
}

/// What is left of the addresses or prefixes of an interface when these go, all of which it must have.
pub fn without<T: PartialEq + Copy + ToString>(interface: &NetworkInterface, has: &[T], go: &[T]) -> Result<Vec<T>> {
    let strangers: Vec<String> = go.iter().filter(|it| !has.contains(it)).map(T::to_string).collect();
    if !strangers.is_empty() {
        let interface = interface.id.to_string();
        return Err(Error::AddressNotAssigned { addresses: strangers.join(", "), interface });
    }
    Ok(has.iter().copied().filter(|it| !go.contains(it)).collect())
}
