//! Netlink attributes as bytes, for the two protocols that no crate of ours speaks: nftables and conntrack.
//!
//! An attribute is a length, a type and a value, padded to four bytes; a nested one holds attributes. Numbers of
//! these protocols are big-endian.

const HEADER: usize = 4;
const NESTED: u16 = 0x8000;
const TYPE_MASK: u16 = 0x3fff;

/// A message body that grows by attributes.
#[derive(Debug, Default, Clone)]
pub struct Attributes(pub Vec<u8>);

impl Attributes {
    /// Starts a body with the four bytes that netfilter puts before the attributes: family, version, resource.
    pub fn netfilter(family: u8, version: u8, resource: u16) -> Attributes {
        let [high, low] = resource.to_be_bytes();
        Attributes(vec![family, version, high, low])
    }

    pub fn bytes(&mut self, kind: u16, value: &[u8]) -> &mut Attributes {
        let length = (HEADER + value.len()) as u16;
        self.0.extend_from_slice(&length.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.pad();
        self
    }

    pub fn text(&mut self, kind: u16, value: &str) -> &mut Attributes {
        let start = self.0.len();
        self.bytes(kind, value.as_bytes());
        // The terminating zero counts towards the length.
        self.0.truncate(start + HEADER + value.len());
        self.0.push(0);
        self.close(start);
        self
    }

    pub fn number(&mut self, kind: u16, value: u32) -> &mut Attributes {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// An attribute that holds what `fill` writes.
    pub fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Attributes)) -> &mut Attributes {
        let start = self.0.len();
        self.bytes(kind | NESTED, &[]);
        fill(self);
        self.close(start);
        self
    }

    /// Writes the true length of the attribute that began at `start`.
    fn close(&mut self, start: usize) {
        let length = (self.0.len() - start) as u16;
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.pad();
    }

    fn pad(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }
}

/// Walks the attributes in `bytes`: type and value of each. Ends where the bytes make no sense.
pub fn read(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(bytes.get(0..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(bytes.get(2..4)?.try_into().ok()?);
        let value = bytes.get(HEADER..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind & TYPE_MASK, value))
    })
}

/// The value of the first attribute of this type.
pub fn find(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    read(bytes).find(|(it, _)| *it == kind).map(|(_, value)| value)
}

/// The big-endian number in the first attribute of this type.
pub fn find_number(bytes: &[u8], kind: u16) -> Option<u32> {
    Some(u32::from_be_bytes(find(bytes, kind)?.try_into().ok()?))
}

/// The text in the first attribute of this type.
pub fn find_text(bytes: &[u8], kind: u16) -> Option<&str> {
    let value = find(bytes, kind)?;
    std::str::from_utf8(value.strip_suffix(&[0]).unwrap_or(value)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut body = Attributes::default();
        body.text(1, "ab").number(2, 7).nested(3, |inner| {
            inner.bytes(4, &[1, 2, 3, 4, 5]);
        });
        assert_eq!(find_text(&body.0, 1), Some("ab"));
        assert_eq!(find_number(&body.0, 2), Some(7));
        assert_eq!(find(find(&body.0, 3).unwrap(), 4), Some(&[1, 2, 3, 4, 5][..]));
        assert_eq!(body.0.len() % 4, 0);
    }

    #[test]
    fn broken_bytes_end_the_walk() {
        assert_eq!(read(&[8, 0, 1, 0, 1]).count(), 0);
        assert_eq!(read(&[0, 0, 1, 0, 1, 2, 3, 4]).count(), 0);
        assert_eq!(read(&[1]).count(), 0);
    }
}
