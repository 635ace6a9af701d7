//! Inclusive ranges of 16-bit numbers: ports, or ICMP type and code read as one number.

use serde::{Deserialize, Serialize};

/// An inclusive range, `first <= last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub first: u16,
    pub last: u16,
}

impl Span {
    /// Every number.
    pub const ALL: Span = Span { first: 0, last: u16::MAX };

    /// The range from `first` to `last`, or nothing when they are the wrong way round.
    pub fn new(first: u16, last: u16) -> Option<Span> {
        (first <= last).then_some(Span { first, last })
    }

    /// Whether `number` lies in the range.
    #[cfg(test)]
    pub fn contains(self, number: u16) -> bool {
        self.first <= number && number <= self.last
    }
}
