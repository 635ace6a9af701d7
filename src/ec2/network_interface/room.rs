//! What of a subnet is free: addresses and prefixes that no interface holds and nothing reserves.
//!
//! An address is a prefix of all bits here, so that there is one search for both.

use std::iter::Peekable;
use std::net::IpAddr;
use std::ops::Range;

use imbl::OrdMap;

use crate::ec2::error::{Error, Result};
use crate::ec2::scope::{Call, Scope};
use crate::net::{Prefix, behind, nth, overlap, part, size};
use crate::state::State;
use crate::state::id::{InterfaceId, VpcId};
use crate::state::subnet::Subnet;
use crate::state::subnet_reservation::Purpose;

/// How long the prefixes of interfaces are; EC2 has no others.
const PREFIX_LEN4: u8 = 28;
const PREFIX_LEN6: u8 = 80;

/// How many addresses of a subnet EC2 keeps for itself: the first four and the last one.
const KEPT: u128 = 5;

/// What a call has chosen in a subnet, which is not in State yet.
#[derive(Debug, Clone, Default)]
pub struct Taken(Vec<Prefix>);

impl Taken {
    fn has(&self, prefix: Prefix) -> bool {
        self.0.iter().any(|it| overlap(*it, prefix))
    }
}

/// Whose address it is.
pub fn holder(state: &State, vpc: VpcId, address: IpAddr) -> Option<InterfaceId> {
    state.indexes.interface_of_address.get(&(vpc, address)).copied()
}

/// The subnet's block of the prefix's family, if the prefix lies in it.
fn block_around(subnet: &Subnet, prefix: Prefix) -> Option<Prefix> {
    subnet.prefixes().find(|it| it.contains(&prefix))
}

/// What EC2 keeps of a subnet's block.
fn kept(block: Prefix) -> [Option<Prefix>; 2] {
    let whole = block.max_prefix_len();
    // Four addresses are as many as two bits tell apart.
    [part(block, whole - 2, 0), nth(block, size(block) - 1).map(Prefix::from)]
}

fn is_kept(block: Prefix, prefix: Prefix) -> bool {
    kept(block).into_iter().flatten().any(|it| overlap(it, prefix))
}

/// Takes an address that was asked for: one of the subnet that nobody holds. That it is reserved is no obstacle.
pub fn take_address(state: &State, subnet: &Subnet, address: IpAddr, taken: &mut Taken) -> Result<()> {
    expect_inside(subnet, address)?;
    let wanted = Prefix::from(address);
    if is_held(state, subnet.vpc, wanted) || taken.has(wanted) {
        return Err(Error::AddressInUse(address));
    }
    taken.0.push(wanted);
    Ok(())
}

/// Refuses an address that does not lie in the subnet, or that EC2 keeps for itself there.
pub fn expect_inside(subnet: &Subnet, address: IpAddr) -> Result<()> {
    let wanted = Prefix::from(address);
    let block = block_around(subnet, wanted).ok_or(Error::AddressOutside { address })?;
    if is_kept(block, wanted) { Err(Error::AddressReserved(address)) } else { Ok(()) }
}

/// Takes a prefix that was asked for: of EC2's length, in the subnet, and with no address that anyone holds.
pub fn take_prefix(state: &State, subnet: &Subnet, prefix: Prefix, taken: &mut Taken) -> Result<()> {
    let len = prefix_len(prefix);
    if prefix.prefix_len() != len || prefix != prefix.trunc() {
        let text = format!("The prefix '{prefix}' is invalid. It must be a block of the length /{len}.");
        return Err(Error::InvalidParameterValue(text));
    }
    let block = block_around(subnet, prefix).ok_or(Error::PrefixOutside(prefix))?;
    if is_kept(block, prefix) {
        return Err(Error::PrefixReserved(prefix));
    }
    if is_held(state, subnet.vpc, prefix) || taken.has(prefix) {
        return Err(Error::PrefixInUse(prefix));
    }
    taken.0.push(prefix);
    Ok(())
}

/// How long an interface's prefix is that lies in the block.
fn prefix_len(block: Prefix) -> u8 {
    if matches!(block, Prefix::V4(_)) { PREFIX_LEN4 } else { PREFIX_LEN6 }
}

/// Whether an interface of the VPC holds any address in the prefix.
pub fn is_held(state: &State, vpc: VpcId, prefix: Prefix) -> bool {
    addresses_in(state, vpc, prefix).next().is_some() || prefixes_in(state, vpc, prefix).next().is_some()
}

/// The addresses in the prefix that interfaces of the VPC hold.
fn addresses_in(state: &State, vpc: VpcId, prefix: Prefix) -> impl Iterator<Item = IpAddr> {
    let held = state.indexes.interface_of_address.range((vpc, prefix.network())..).map(|it| *it.0);
    held.take_while(move |it| it.0 == vpc && prefix.contains(&it.1)).map(|it| it.1)
}

/// The prefixes of interfaces of the VPC that share an address with the prefix.
fn prefixes_in(state: &State, vpc: VpcId, prefix: Prefix) -> impl Iterator<Item = Prefix> {
    let from = prefixes_from(&state.indexes.interface_of_prefix, vpc, prefix.network());
    let from = from.skip_while(move |it| !overlap(*it, prefix) && it.network() < prefix.network());
    from.take_while(move |it| overlap(*it, prefix))
}

/// The prefixes of one owner from the one on in which the address lies, or the one before it; none share an address.
fn prefixes_from<K: Ord + Copy, V: Clone>(
    map: &OrdMap<(K, Prefix), V>,
    owner: K,
    address: IpAddr,
) -> impl Iterator<Item = Prefix> {
    let at = (owner, Prefix::from(address));
    let before = map.range(..at).next_back().map(|it| *it.0);
    let behind = map.range(at..).map(|it| *it.0);
    before.into_iter().filter(move |it| it.0 == owner).chain(behind.take_while(move |it| it.0 == owner)).map(|it| it.1)
}

/// A free address of the subnet's block, chosen by chance.
pub fn free_address(call: &mut Call<'_>, subnet: &Subnet, block: Prefix, taken: &mut Taken) -> Result<IpAddr> {
    let found = somewhere(call, subnet, block, block.max_prefix_len(), Purpose::Explicit, taken);
    let found = found.ok_or_else(|| Error::InsufficientFreeAddresses(subnet.id.to_string()))?;
    taken.0.push(found);
    Ok(found.network())
}

/// A free prefix for an interface, chosen by chance: in what is reserved for prefixes, and when that is full,
/// anywhere in the subnet's block.
pub fn free_prefix(call: &mut Call<'_>, subnet: &Subnet, block: Prefix, taken: &mut Taken) -> Result<Prefix> {
    let len = prefix_len(block);
    let mut reserved = reserved_for_prefixes(call.state(), subnet, block);
    if !reserved.is_empty() {
        let first = u64::from_le_bytes(call.tx.entropy()) as usize % reserved.len();
        reserved.rotate_left(first);
    }
    let reserved = reserved.into_iter().find_map(|it| somewhere(call, subnet, it, len, Purpose::Prefixes, taken));
    let found = reserved.or_else(|| somewhere(call, subnet, block, len, Purpose::Explicit, taken));
    let found = found.ok_or(Error::InsufficientBlocks("subnet"))?;
    taken.0.push(found);
    Ok(found)
}

fn reserved_for_prefixes(state: &State, subnet: &Subnet, block: Prefix) -> Vec<Prefix> {
    reservations(state, subnet).filter(|it| it.1 == Purpose::Prefixes && block.contains(&it.0)).map(|it| it.0).collect()
}

/// What is reserved in the subnet, and for what.
pub fn reservations(state: &State, subnet: &Subnet) -> impl Iterator<Item = (Prefix, Purpose)> {
    let id = subnet.id;
    let least = (id, Prefix::V4(crate::net::Ipv4Net::default()));
    let found = state.indexes.reservation_of_prefix.range(least..).take_while(move |it| it.0.0 == id);
    found.filter_map(|it| Some((it.0.1, state.subnet_reservations.get(it.1)?.purpose)))
}

/// A free prefix of the length in the block. The search starts at a place chosen by chance and goes round: where much
/// is free it ends at once, and where little is, it walks what is held in the order of the indexes, without looking up
/// each.
///
/// For prefixes the block is reserved itself; otherwise everything that is reserved is an obstacle.
fn somewhere(
    call: &mut Call<'_>,
    subnet: &Subnet,
    block: Prefix,
    len: u8,
    purpose: Purpose,
    taken: &Taken,
) -> Option<Prefix> {
    let end = size(block);
    let start = u128::from_le_bytes(call.tx.entropy()) % end;
    let search = Search { state: call.state(), subnet, block, len, purpose, taken };
    search.first(start..end).or_else(|| search.first(0..start))
}

/// A search for a free prefix.
struct Search<'a> {
    state: &'a State,
    subnet: &'a Subnet,
    block: Prefix,
    len: u8,
    purpose: Purpose,
    taken: &'a Taken,
}

impl Search<'_> {
    /// The first free prefix in which one of these addresses of the block lies.
    fn first(&self, offsets: Range<u128>) -> Option<Prefix> {
        let (indexes, vpc) = (&self.state.indexes, self.subnet.vpc);
        let mut offset = offsets.start;
        let begin = part(self.block, self.len, offset)?.network();
        let held = indexes.interface_of_address.range((vpc, begin)..).map(|it| *it.0);
        let mut held = held.take_while(|it| it.0 == vpc).map(|it| Prefix::from(it.1)).peekable();
        let mut delegated = prefixes_from(&indexes.interface_of_prefix, vpc, begin).peekable();
        let mut reserved = prefixes_from(&indexes.reservation_of_prefix, self.subnet.id, begin).peekable();
        while offset < offsets.end {
            let candidate = part(self.block, self.len, offset)?;
            let obstacle = obstacle(&mut held, candidate).or_else(|| obstacle(&mut delegated, candidate));
            let obstacle = obstacle.or_else(|| match self.purpose {
                Purpose::Prefixes => None,
                Purpose::Explicit => self::obstacle(&mut reserved, candidate),
            });
            let in_the_way = match obstacle {
                Some(obstacle) if obstacle.contains(&candidate) => obstacle,
                Some(_) => candidate,
                None if self.taken.has(candidate) || self.is_kept(candidate) => candidate,
                None => return Some(candidate),
            };
            offset = behind(self.block, in_the_way);
        }
        None
    }

    fn is_kept(&self, candidate: Prefix) -> bool {
        block_around(self.subnet, candidate).is_some_and(|block| is_kept(block, candidate))
    }
}

/// The first of the prefixes, which come in order, that shares an address with the candidate; those before it will not
/// be asked for again.
fn obstacle(prefixes: &mut Peekable<impl Iterator<Item = Prefix>>, candidate: Prefix) -> Option<Prefix> {
    while prefixes.next_if(|it| it.network() < candidate.network() && !overlap(*it, candidate)).is_some() {}
    prefixes.peek().copied().filter(|it| overlap(*it, candidate))
}

/// How many IPv4 addresses of the subnet are free, as EC2 shows it: none of those that are reserved for prefixes, and
/// of IPv6 EC2 counts none.
pub fn free_len(state: &State, subnet: &Subnet) -> usize {
    free_without(state, subnet, |purpose| purpose == Purpose::Prefixes)
}

/// How many IPv4 addresses of the subnet may go to those who ask for any.
pub fn choosable_len(state: &State, subnet: &Subnet) -> usize {
    free_without(state, subnet, |_| true)
}

/// How many IPv4 addresses of the subnet nobody holds, without those that are reserved for such a purpose.
fn free_without(state: &State, subnet: &Subnet, reserved: impl Fn(Purpose) -> bool) -> usize {
    let Some(block) = subnet.prefix.map(Prefix::V4) else { return 0 };
    let held = state.indexes.addresses_in_subnet.get(&subnet.id).copied().unwrap_or(0);
    let set_aside = reservations(state, subnet).filter(|(it, purpose)| block.contains(it) && reserved(*purpose));
    let set_aside: u128 = set_aside.map(|it| unheld(state, subnet.vpc, block, it.0)).sum();
    let free = (size(block) - KEPT).saturating_sub(u128::from(held)).saturating_sub(set_aside);
    usize::try_from(free).unwrap_or(usize::MAX)
}

/// How many addresses of a part of the block neither EC2 nor an interface holds.
fn unheld(state: &State, vpc: VpcId, block: Prefix, reserved: Prefix) -> u128 {
    let shared = |it: Prefix| if overlap(it, reserved) { size(it).min(size(reserved)) } else { 0 };
    let kept: u128 = kept(block).into_iter().flatten().map(shared).sum();
    let addresses = addresses_in(state, vpc, reserved).count() as u128;
    let prefixes: u128 = prefixes_in(state, vpc, reserved).map(shared).sum();
    size(reserved).saturating_sub(kept + addresses + prefixes)
}

/// How many prefixes, up to `most`, interfaces could be given in the subnet's block.
pub fn prefixes_that_fit(state: &State, subnet: &Subnet, block: Prefix, most: usize) -> usize {
    let (len, taken) = (prefix_len(block), &Taken::default());
    let reserved = reserved_for_prefixes(state, subnet, block).into_iter().map(|it| (it, Purpose::Prefixes));
    let mut found = 0;
    for (block, purpose) in reserved.chain([(block, Purpose::Explicit)]) {
        let search = Search { state, subnet, block, len, purpose, taken };
        let mut from = 0;
        while found < most
            && let Some(prefix) = search.first(from..size(block))
        {
            found += 1;
            from = behind(block, prefix);
        }
    }
    found
}
