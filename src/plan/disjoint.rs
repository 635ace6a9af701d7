//! From what rules admit to ranges that do not overlap: the kernel's interval sets refuse those that do.
//!
//! ```text
//!  10.0.0.0/8   80-90            10.0.0.0/8   80-90
//!  10.1.0.0/16  85-95     ==>    10.1.0.0/16  91-95        (85-90 is admitted by the block around it)
//!  10.1.0.0/16  100              10.1.0.0/16  100
//! ```

use std::collections::BTreeMap;

use crate::net::{Prefix, Span};

/// The ranges of each block, less what a block around it admits already. Blocks must be of one family.
pub fn disjoint(admitted: impl IntoIterator<Item = (Prefix, Span)>) -> Vec<(Prefix, Span)> {
    // A block comes right before the blocks inside it: networks ascend, and of equal ones the wider comes first.
    let mut blocks: BTreeMap<(std::net::IpAddr, u8), (Prefix, Vec<Span>)> = BTreeMap::new();
    for (block, span) in admitted {
        let block = block.trunc();
        blocks.entry((block.addr(), block.prefix_len())).or_insert((block, Vec::new())).1.push(span);
    }

    let mut result = Vec::new();
    let mut around: Vec<(Prefix, Vec<Span>)> = Vec::new();
    let mut blocks = blocks.into_values().peekable();
    while let Some((block, spans)) = blocks.next() {
        while around.last().is_some_and(|(outer, _)| !outer.contains(&block)) {
            around.pop();
        }
        let own = merged(spans);
        let outer = around.last().map_or(&[][..], |it| &it.1);
        result.extend(without(&own, outer).into_iter().map(|span| (block, span)));
        // Few blocks have others inside them, while a wide one around them may have thousands of ranges.
        if blocks.peek().is_some_and(|(next, _)| block.contains(next)) {
            let all = merged(own.iter().chain(outer).copied().collect());
            around.push((block, all));
        }
    }
    result
}

/// The same numbers in as few ranges as can be, in order.
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut result: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match result.last_mut() {
            Some(last) if u32::from(span.first) <= u32::from(last.last) + 1 => last.last = last.last.max(span.last),
            _ => result.push(span),
        }
    }
    result
}

/// The numbers of `spans` that are not in `taken`; both merged.
fn without(spans: &[Span], taken: &[Span]) -> Vec<Span> {
    let mut result = Vec::new();
    for span in spans {
        let mut next = u32::from(span.first);
        let before = taken.partition_point(|cut| cut.last < span.first);
        for cut in taken[before..].iter().take_while(|cut| cut.first <= span.last) {
            if u32::from(cut.first) > next {
                result.push(range(next, u32::from(cut.first) - 1));
            }
            next = next.max(u32::from(cut.last) + 1);
        }
        if next <= u32::from(span.last) {
            result.push(range(next, u32::from(span.last)));
        }
    }
    result
}

fn range(first: u32, last: u32) -> Span {
    let number = |it: u32| u16::try_from(it).expect("both ends come from 16-bit numbers");
    Span { first: number(first), last: number(last) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn blocks() -> impl Strategy<Value = Vec<(Prefix, Span)>> {
        let block = (0u32..16, 28u8..=32).prop_map(|(low, len)| {
            Prefix::new(std::net::Ipv4Addr::from(0x0a00_0000 + low).into(), len).expect("a length up to 32")
        });
        let span = (0u16..20, 0u16..20).prop_map(|(a, b)| Span { first: a.min(b), last: a.max(b) });
        prop::collection::vec((block, span), 0..12)
    }

    proptest! {
        #[test]
        fn the_same_is_admitted_and_nothing_twice(admitted in blocks()) {
            let result = disjoint(admitted.clone());
            for low in 0u32..16 {
                let address = std::net::IpAddr::from(std::net::Ipv4Addr::from(0x0a00_0000 + low));
                for port in 0u16..20 {
                    let before = admitted.iter().any(|(block, span)| block.contains(&address) && span.contains(port));
                    let after = result.iter().filter(|(block, span)| block.contains(&address) && span.contains(port));
                    prop_assert_eq!(after.count(), usize::from(before), "{} {}", address, port);
                }
            }
        }
    }

    #[test]
    fn neighbouring_ranges_of_one_block_become_one() {
        let block: Prefix = "10.0.0.0/24".parse().expect("a block");
        let span = |first, last| Span { first, last };
        let result = disjoint([(block, span(80, 80)), (block, span(81, 90)), (block, span(65535, 65535))]);
        assert_eq!(result, [(block, span(80, 90)), (block, span(65535, 65535))]);
    }
}
