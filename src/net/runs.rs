//! Sets of IPv4 addresses that stay small when their members are neighbours, and in which a gap is found at once.

use std::net::Ipv4Addr;

use imbl::OrdMap;

/// A set of IPv4 addresses: the first and the last of every run of neighbours.
#[derive(Debug, Clone, Default)]
pub struct Runs(OrdMap<Ipv4Addr, Ipv4Addr>);

impl Runs {
    /// Puts the address in.
    pub fn insert(&mut self, address: Ipv4Addr) {
        if self.run(address).is_some() {
            return;
        }
        let below = before(address).and_then(|it| self.run(it));
        let first = below.map_or(address, |it| it.0);
        let last = after(address).and_then(|it| self.0.remove(&it)).unwrap_or(address);
        self.0.insert(first, last);
    }

    /// Takes the address out.
    pub fn remove(&mut self, address: Ipv4Addr) {
        let Some((first, last)) = self.run(address) else { return };
        self.0.remove(&first);
        if let Some(below) = before(address).filter(|_| first < address) {
            self.0.insert(first, below);
        }
        if let Some(above) = after(address).filter(|_| address < last) {
            self.0.insert(above, last);
        }
    }

    /// The first address from `first` to `last` that is not in the set.
    pub fn gap(&self, first: Ipv4Addr, last: Ipv4Addr) -> Option<Ipv4Addr> {
        let free = match self.run(first) {
            Some((_, end)) => after(end)?,
            None => first,
        };
        (free <= last).then_some(free)
    }

    /// The run in which the address is.
    fn run(&self, address: Ipv4Addr) -> Option<(Ipv4Addr, Ipv4Addr)> {
        let (first, last) = self.0.get_prev(&address)?;
        (address <= *last).then_some((*first, *last))
    }
}

fn before(address: Ipv4Addr) -> Option<Ipv4Addr> {
    u32::from(address).checked_sub(1).map(Ipv4Addr::from)
}

fn after(address: Ipv4Addr) -> Option<Ipv4Addr> {
    u32::from(address).checked_add(1).map(Ipv4Addr::from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_gap_is_the_first_address_that_a_plain_set_has_not() {
        let address = |number: u32| Ipv4Addr::from(number);
        // The ends of the address space are in it, where there is no neighbour on one side.
        for base in [0, 0xcb00_7100, u32::MAX - 15] {
            let (mut runs, mut plain) = (Runs::default(), BTreeSet::new());
            let mut random = 1_u32;
            for _ in 0..2000 {
                random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
                let (number, on) = (base + (random >> 8) % 16, random >> 20 & 1 == 1);
                if on {
                    runs.insert(address(number));
                    plain.insert(number);
                } else {
                    runs.remove(address(number));
                    plain.remove(&number);
                }
                for from in base..=base + 15 {
                    let expected = (from..=base + 15).find(|it| !plain.contains(it)).map(address);
                    assert_eq!(runs.gap(address(from), address(base + 15)), expected, "{plain:?} from {from}");
                }
            }
        }
    }
}
