//! The canonical request: the one text that client and server make out of the same request.
//!
//! Only text is made here; which headers must be signed is decided by `sigv4`. All services but S3 agree on this
//! form: the path is cleaned and escaped once more than it came.

use crate::wire::query::{escape, unescape_bytes};
use crate::wire::timestamp::Timestamp;
use http::HeaderMap;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Everything of the canonical request before the hash of the payload, or nothing if a signed header is missing or
/// the query string is broken.
pub(super) fn head(method: &str, path: &str, query: &str, headers: &HeaderMap, signed: &[&str]) -> Option<Vec<u8>> {
    let mut text = format!("{method}\n{}\n{}\n", canonical_path(path), canonical_query(query)?).into_bytes();
    for name in signed {
        let mut values = headers.get_all(*name).iter().peekable();
        values.peek()?;
        text.extend_from_slice(name.as_bytes());
        let mut separator = b':';
        for value in values {
            text.push(separator);
            push_trimmed(value.as_bytes(), &mut text);
            separator = b',';
        }
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(signed.join(";").as_bytes());
    text.push(b'\n');
    Some(text)
}

/// What is signed: the moment, the scope, and the hash of the canonical request.
pub(super) fn string_to_sign(moment: Timestamp, scope: &str, head: &[u8], payload_hash: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(head);
    hash.update(payload_hash);
    format!("{}\n{}\n{scope}\n{}", super::ALGORITHM, basic(moment), hex(&hash.finalize()))
}

/// The hash of a body as it stands in the canonical request.
pub(super) fn payload_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// The path without `.`, `..` and empty segments, each segment escaped.
pub(super) fn canonical_path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => (),
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let mut text = String::new();
    for segment in &segments {
        text.push('/');
        escape(segment.as_bytes(), &mut text);
    }
    if segments.is_empty() || path.ends_with('/') {
        text.push('/');
    }
    text
}

/// The query string in order and uniformly escaped, without the signature; nothing for a broken escape.
///
/// A plus is the space that it stands for in a form. Were it a plus here, two requests with different parameters
/// would have one signature.
pub(super) fn canonical_query(query: &str) -> Option<String> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|it| !it.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let [mut escaped_name, mut escaped_value] = [String::new(), String::new()];
        escape(&unescape_bytes(name.as_bytes(), b' ')?, &mut escaped_name);
        escape(&unescape_bytes(value.as_bytes(), b' ')?, &mut escaped_value);
        if escaped_name != "X-Amz-Signature" {
            pairs.push((escaped_name, escaped_value));
        }
    }
    pairs.sort();
    let mut text = String::new();
    for (name, value) in &pairs {
        let separator = if text.is_empty() { "" } else { "&" };
        write!(text, "{separator}{name}={value}").expect("a string takes everything");
    }
    Some(text)
}

/// Appends a header's value without blanks around it and with runs of blanks as one.
fn push_trimmed(value: &[u8], out: &mut Vec<u8>) {
    let mut is_after_blank = false;
    for byte in value.trim_ascii() {
        if *byte != b' ' || !is_after_blank {
            out.push(*byte);
        }
        is_after_blank = *byte == b' ';
    }
}

/// A moment as signatures write it: `20261122T030152Z`.
pub(super) fn basic(moment: Timestamp) -> String {
    let text = moment.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    seconds.chars().filter(|it| !matches!(it, '-' | ':')).chain(['Z']).collect()
}

/// The moment that a text such as `20261122T030152Z` names.
pub(super) fn parse_basic(text: &str) -> Option<Timestamp> {
    let has_shape = text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    if !has_shape {
        return None;
    }
    let [year, month, day] = [&text[0..4], &text[4..6], &text[6..8]];
    let [hour, minute, second] = [&text[9..11], &text[11..13], &text[13..15]];
    let moment = Timestamp::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))?;
    // Keys are made with the system's clock type, which need not know earlier moments.
    if moment.0 >= 0 { Some(moment) } else { None }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}
