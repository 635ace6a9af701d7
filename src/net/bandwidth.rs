//! How much may pass in a second.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Bits a second, of [`Bandwidth::LEAST`] to [`Bandwidth::MOST`]. Written as a whole number and `kbit`, `mbit` or
/// `gbit`, each a thousand of the one before: `100mbit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bandwidth(u64);

impl Bandwidth {
    pub const LEAST: Bandwidth = Bandwidth(64_000);
    pub const MOST: Bandwidth = Bandwidth(100_000_000_000);

    /// In bytes a second.
    pub fn bytes(self) -> u64 {
        self.0 / 8
    }

    /// The bandwidth of so many bytes a second, if it is one.
    pub fn from_bytes(bytes: u64) -> Option<Bandwidth> {
        let bandwidth = Bandwidth(bytes.checked_mul(8)?);
        (Bandwidth::LEAST..=Bandwidth::MOST).contains(&bandwidth).then_some(bandwidth)
    }
}

const UNITS: [(&str, u64); 3] = [("kbit", 1_000), ("mbit", 1_000_000), ("gbit", 1_000_000_000)];

impl FromStr for Bandwidth {
    type Err = ();

    fn from_str(text: &str) -> Result<Bandwidth, ()> {
        let (digits, unit) = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit))).ok_or(())?;
        // The library's own way takes a sign.
        if !digits.bytes().all(|it| it.is_ascii_digit()) {
            return Err(());
        }
        let bits = digits.parse::<u64>().ok().and_then(|it| it.checked_mul(*unit)).ok_or(())?;
        Bandwidth::from_bytes(bits / 8).ok_or(())
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = UNITS.iter().rev().find(|(_, unit)| self.0.is_multiple_of(*unit)).unwrap_or(&UNITS[0]);
        write!(f, "{}{name}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_bits_a_second() {
        let bytes = |text: &str| text.parse::<Bandwidth>().ok().map(Bandwidth::bytes);
        assert_eq!(bytes("64kbit"), Some(8_000));
        assert_eq!(bytes("20mbit"), Some(2_500_000));
        assert_eq!(bytes("1500mbit"), bytes("1500000kbit"));
        assert_eq!(bytes("100gbit"), Some(12_500_000_000));
        for wrong in ["", "mbit", "20", "20m", "20Mbit", "20 mbit", "+20mbit", "-1mbit", "1.5gbit", "0mbit", "63kbit"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
        assert_eq!(bytes("101gbit"), None);
        assert_eq!(bytes("99999999999999999999gbit"), None);
        assert_eq!(bytes("18446744073709551615gbit"), None);
    }

    #[test]
    fn it_is_printed_as_it_is_written() {
        for text in ["64kbit", "20mbit", "1500mbit", "2gbit", "2500kbit"] {
            assert_eq!(text.parse::<Bandwidth>().unwrap().to_string(), text);
        }
    }
}
