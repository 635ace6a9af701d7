//! How the parts of a plan that JSON has no form for are printed.

use std::fmt::Write;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Serialize, Serializer};

/// A map whose keys are no texts, as a list of pairs.
pub fn entries<K: Ord + Serialize, V: Serialize, S: Serializer>(map: &OrdMap<K, V>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(map.iter())
}

/// Bytes as hexadecimal digits, four bytes to a word.
pub fn hexadecimal<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let gap = if at > 0 && at % 4 == 0 { " " } else { "" };
        write!(text, "{gap}{byte:02x}").expect("a string takes everything");
    }
    to.serialize_str(&text)
}

/// A script as text.
pub fn text<S: Serializer>(script: &Option<Arc<[u8]>>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_some(&script.as_deref().map(String::from_utf8_lossy))
}
