//! Spelling the keys of sets: fields in order, each in network byte order and padded to four bytes.

use std::net::IpAddr;

use super::ruleset::{Data, Element, Key};
use crate::net::Prefix;

/// A key that grows field by field; with ranges, its last value grows beside it.
#[derive(Debug, Clone, Default)]
pub struct KeyRange {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl KeyRange {
    /// A device name: 16 bytes.
    pub fn link(self, name: &str) -> KeyRange {
        let mut bytes = [0; 16];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        self.both(&bytes)
    }

    /// One address.
    pub fn address(self, address: IpAddr) -> KeyRange {
        match address {
            IpAddr::V4(it) => self.both(&it.octets()),
            IpAddr::V6(it) => self.both(&it.octets()),
        }
    }

    /// The addresses of a block.
    pub fn block(self, block: Prefix) -> KeyRange {
        match block {
            Prefix::V4(it) => self.field(&it.network().octets(), &it.broadcast().octets()),
            Prefix::V6(it) => self.field(&it.network().octets(), &it.broadcast().octets()),
        }
    }

    /// Addresses from the first to the last.
    pub fn addresses(self, first: IpAddr, last: IpAddr) -> KeyRange {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => self.field(&first.octets(), &last.octets()),
            (IpAddr::V6(first), IpAddr::V6(last)) => self.field(&first.octets(), &last.octets()),
            _ => unreachable!("both ends of a range are of one family"),
        }
    }

    /// IP protocols.
    pub fn protocols(self, first: u8, last: u8) -> KeyRange {
        self.field(&[first], &[last])
    }

    /// Ports, or ICMP type and code as one number.
    pub fn numbers(self, first: u16, last: u16) -> KeyRange {
        self.field(&first.to_be_bytes(), &last.to_be_bytes())
    }

    /// A 32-bit number that the kernel holds in its own byte order: a mark.
    pub fn mark(self, mark: u32) -> KeyRange {
        self.both(&mark.to_ne_bytes())
    }

    /// A connection's direction: 0 for the original one, 1 for replies.
    pub fn direction(self, direction: u8) -> KeyRange {
        self.both(&[direction])
    }

    /// The key for a set of single values.
    pub fn exact(self) -> Key {
        Key(self.first)
    }

    /// The key, if it is not a range in any field.
    pub fn single(&self) -> Option<Key> {
        (self.first == self.last).then(|| Key(self.first.clone()))
    }

    /// The key and the element for a set of ranges.
    pub fn ranged(self) -> (Key, Element) {
        (Key(self.first), Element { last: Some(Key(self.last)), data: Data::None })
    }

    fn both(self, bytes: &[u8]) -> KeyRange {
        self.field(bytes, bytes)
    }

    fn field(mut self, first: &[u8], last: &[u8]) -> KeyRange {
        for (end, bytes) in [(&mut self.first, first), (&mut self.last, last)] {
            end.extend_from_slice(bytes);
            end.resize(end.len().next_multiple_of(4), 0);
        }
        self
    }
}
