//! From what rules admit to ranges that do not overlap: the kernel's interval sets refuse those that do.
//!
//! A block inside another loses what the outer one admits already. Where that would cut its ranges into many more
//! pieces, they stay whole and go to a layer of their own, a further set: so the pieces stay in proportion to the
//! rules, whatever the rules are.
//!
//! ```text
//!  10.0.0.0/8   80-90            10.0.0.0/8   80-90
//!  10.1.0.0/16  85-95     ==>    10.1.0.0/16  91-95        (85-90 is admitted by the block around it)
//!  10.1.0.0/16  100              10.1.0.0/16  100
//! ```

use std::collections::BTreeMap;

use crate::net::{Prefix, Span};

/// A range of a block, in a layer in which no other overlaps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// From 0; there are at most as many as blocks are nested.
    pub layer: usize,
    pub block: Prefix,
    pub span: Span,
}

/// Into how many pieces a block's ranges may be cut, besides two for each range.
const PIECES_MAX: usize = 8;

/// A block around those that come next.
struct Around {
    block: Prefix,
    /// All that it and the blocks around it admit.
    spans: Vec<Span>,
    /// The highest layer that they use.
    layer: usize,
}

/// The ranges of each block, less what a block around it admits already. Blocks must be of one family.
pub fn disjoint(admitted: impl IntoIterator<Item = (Prefix, Span)>) -> Vec<Piece> {
    // A block comes right before the blocks inside it: networks ascend, and of equal ones the wider comes first.
    let mut blocks: BTreeMap<(std::net::IpAddr, u8), (Prefix, Vec<Span>)> = BTreeMap::new();
    for (block, span) in admitted {
        let block = block.trunc();
        blocks.entry((block.addr(), block.prefix_len())).or_insert((block, Vec::new())).1.push(span);
    }

    let mut result = Vec::new();
    let mut around: Vec<Around> = Vec::new();
    let mut blocks = blocks.into_values().peekable();
    while let Some((block, spans)) = blocks.next() {
        while around.last().is_some_and(|it| !it.block.contains(&block)) {
            around.pop();
        }
        let own = merged(spans);
        let (outer, highest) = around.last().map_or((&[][..], 0), |it| (&it.spans, it.layer));
        let (layer, pieces) = match without(&own, outer, 2 * own.len() + PIECES_MAX) {
            // They overlap nothing around them, in whichever layer that is.
            Some(pieces) => (0, pieces),
            None => (highest + 1, own.clone()),
        };
        result.extend(pieces.into_iter().map(|span| Piece { layer, block, span }));
        // Few blocks have others inside them, while a wide one around them may have thousands of ranges.
        if blocks.peek().is_some_and(|(next, _)| block.contains(next)) {
            let spans = merged(own.iter().chain(outer).copied().collect());
            around.push(Around { block, spans, layer: highest.max(layer) });
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

/// The numbers of `spans` that are not in `taken` (both merged), unless they are in more than so many ranges.
fn without(spans: &[Span], taken: &[Span], ranges_max: usize) -> Option<Vec<Span>> {
    let mut result = Vec::new();
    for span in spans {
        let mut next = u32::from(span.first);
        let before = taken.partition_point(|cut| cut.last < span.first);
        for cut in taken[before..].iter().take_while(|cut| cut.first <= span.last) {
            if u32::from(cut.first) > next {
                result.push(range(next, u32::from(cut.first) - 1));
            }
            next = next.max(u32::from(cut.last) + 1);
            if result.len() > ranges_max {
                return None;
            }
        }
        if next <= u32::from(span.last) {
            result.push(range(next, u32::from(span.last)));
        }
    }
    (result.len() <= ranges_max).then_some(result)
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
        fn the_same_is_admitted_and_nothing_twice_in_a_layer(admitted in blocks(), narrow in any::<bool>()) {
            // Every other number around the rest, so that whole ranges are cut into more pieces than may be.
            let comb = (0..40).map(|it| (Prefix::V4("10.0.0.0/24".parse().expect("a block")), Span { first: 2 * it, last: 2 * it }));
            let admitted: Vec<_> = if narrow { admitted } else { admitted.into_iter().map(|(block, _)| (block, Span::ALL)).chain(comb).collect() };
            let result = disjoint(admitted.clone());
            prop_assert!(result.len() <= 3 * admitted.len() + PIECES_MAX * admitted.len());
            for low in 0u32..16 {
                let address = std::net::IpAddr::from(std::net::Ipv4Addr::from(0x0a00_0000 + low));
                for port in 0u16..20 {
                    let before = admitted.iter().any(|(block, span)| block.contains(&address) && span.contains(port));
                    let after = result.iter().filter(|it| it.block.contains(&address) && it.span.contains(port));
                    let layers: Vec<usize> = after.map(|it| it.layer).collect();
                    prop_assert_eq!(!layers.is_empty(), before, "{} {}", address, port);
                    let different: std::collections::BTreeSet<_> = layers.iter().collect();
                    prop_assert_eq!(different.len(), layers.len(), "{} {}", address, port);
                }
            }
        }
    }

    #[test]
    fn neighbouring_ranges_of_one_block_become_one() {
        let block: Prefix = "10.0.0.0/24".parse().expect("a block");
        let span = |first, last| Span { first, last };
        let result = disjoint([(block, span(80, 80)), (block, span(81, 90)), (block, span(65535, 65535))]);
        let piece = |span| Piece { layer: 0, block, span };
        assert_eq!(result, [piece(span(80, 90)), piece(span(65535, 65535))]);
    }

    #[test]
    fn rules_that_cut_each_other_up_stay_in_proportion() {
        let everything: Prefix = "0.0.0.0/0".parse().expect("a block");
        let comb = (0..5_000).map(|it| (everything, Span { first: 2 * it + 1, last: 2 * it + 1 }));
        let hosts = (0..5_000u32).map(|it| (Prefix::from(std::net::IpAddr::from(it.to_be_bytes())), Span::ALL));
        assert_eq!(disjoint(comb.chain(hosts)).len(), 10_000);
    }
}
