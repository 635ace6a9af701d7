//! From dotted parameters to typed inputs: the trait, the place in the request that it reads from, the scalars.
//!
//! Parameters come sorted, so a place is a slice of them, and each step down is a binary search.

use super::error::{Error, Shown};
use super::timestamp::{Blob, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::cmp::Ordering;

/// A value that a request can carry.
pub(crate) trait Decode: Sized {
    /// Reads the value at this place; an absent value is an error unless the type has a way to say so.
    fn decode(place: Place<'_>) -> Result<Self, Error>;
}

/// One parameter of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(super) key: String,
    pub(super) value: String,
}

/// A place in a request: `Filter.1.Value`, say, and all parameters at and below it.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    entries: &'a [Entry],
    parent: &'a str,
    name: &'a str,
    among: &'a [&'a [&'a str]],
    also: &'a [&'a str],
}

impl<'a> Place<'a> {
    /// The top of a request; `also` names members that are not refused although no shape has them.
    pub(super) fn root(entries: &'a [Entry], also: &'a [&'a str]) -> Place<'a> {
        Place { entries, parent: "", name: "", among: &[], also }
    }

    /// Refuses a missing structure, a plain value, and members other than these.
    pub(crate) fn expect_members(&self, names: &[&str]) -> Result<(), Error> {
        if self.entries.is_empty() && !self.name.is_empty() {
            return Err(Error::MissingParameter(self.path()));
        }
        self.expect_no_scalar()?;
        match self.children().find(|it| !names.contains(&it.name) && !self.also.contains(&it.name)) {
            Some(stranger) => Err(stranger.unknown()),
            None => Ok(()),
        }
    }

    /// Reads a member of the structure at this place.
    pub(crate) fn member<T: Decode>(&self, name: &str, among: &[&[&str]], least: usize) -> Result<T, Error> {
        let mut child = Place { among, ..self.child(name) };
        // EC2 takes an empty value for an absent one, except where the empty text is a value: of a tag, of an
        // attribute, and in a list.
        if let [Entry { key, value }] = child.entries
            && value.is_empty()
            && key.len() == child.depth()
            && name != "Value"
        {
            child.entries = &[];
        }
        if least > 0 && child.entries.is_empty() {
            return Err(Error::MissingParameter(child.path()));
        }
        T::decode(child)
    }

    /// The place of this name below this one, absent or not.
    pub(super) fn child<'b>(&self, name: &'b str) -> Place<'b>
    where
        'a: 'b,
    {
        let below = self.below();
        let from = below.partition_point(|it| compare(self.segment(it), name) == Ordering::Less);
        let len = below[from..].partition_point(|it| self.segment(it) == name);
        Place { entries: &below[from..from + len], parent: self.text(), name, among: &[], also: &[] }
    }

    /// The places right below this one.
    fn children(self) -> impl Iterator<Item = Place<'a>> {
        self.below().chunk_by(move |a, b| self.segment(a) == self.segment(b)).map(move |entries| {
            let name = self.segment(&entries[0]);
            Place { entries, parent: self.text(), name, among: self.among, also: &[] }
        })
    }

    /// The text of the value at this place.
    fn scalar(&self) -> Result<&'a str, Error> {
        match self.entries {
            [] => Err(Error::MissingParameter(self.path())),
            [only] if only.key.len() == self.depth() => Ok(&only.value),
            [.., last] => Err(Error::UnknownParameter(Shown::from(last.key.as_str()))),
        }
    }

    fn expect_no_scalar(&self) -> Result<(), Error> {
        match self.entries.first() {
            Some(first) if !self.name.is_empty() && first.key.len() == self.depth() => Err(self.unknown()),
            _ => Ok(()),
        }
    }

    /// The refusal of what stands here, by the name that the client wrote.
    fn unknown(&self) -> Error {
        let written = self.entries.first().map_or(self.name, |it| &it.key);
        Error::UnknownParameter(Shown::from(written))
    }

    /// The refusal of the value at this place.
    pub(super) fn invalid(&self, value: &str, why: &str) -> Error {
        Error::InvalidValue { name: self.path(), value: Shown::from(value), why: why.to_owned() }
    }

    /// The full name of this place.
    fn path(&self) -> String {
        if self.parent.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.parent, self.name) }
    }

    /// The full name of this place, as it stands in the keys; an absent place has nothing below that would ask.
    fn text(&self) -> &'a str {
        self.entries.first().map_or("", |it| &it.key[..self.depth()])
    }

    /// The length of the full name.
    fn depth(&self) -> usize {
        if self.parent.is_empty() { self.name.len() } else { self.parent.len() + 1 + self.name.len() }
    }

    fn below(&self) -> &'a [Entry] {
        let has_scalar = !self.name.is_empty() && self.entries.first().is_some_and(|it| it.key.len() == self.depth());
        &self.entries[usize::from(has_scalar)..]
    }

    /// The part of the key that comes right below this place.
    fn segment<'e>(&self, entry: &'e Entry) -> &'e str {
        let from = if self.name.is_empty() { 0 } else { self.depth() + 1 };
        let rest = entry.key.get(from..).unwrap_or("");
        rest.split_once('.').map_or(rest, |it| it.0)
    }
}

/// The order of parameters: name by name; indices as numbers, before names.
pub(super) fn compare_keys(a: &str, b: &str) -> Ordering {
    let mut pairs = a.split('.').zip(b.split('.'));
    let differ = pairs.find_map(|(a, b)| Some(compare(a, b)).filter(|it| it.is_ne()));
    differ.unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn compare(a: &str, b: &str) -> Ordering {
    match (index(a), index(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// The number that a segment is, if it is the index of a list: 1, 2, … without leading zeros.
fn index(segment: &str) -> Option<u32> {
    let is_index =
        (1..=9).contains(&segment.len()) && !segment.starts_with('0') && segment.bytes().all(|it| it.is_ascii_digit());
    if is_index { segment.parse().ok() } else { None }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        if place.entries.is_empty() { Ok(None) } else { T::decode(place).map(Some) }
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        place.expect_no_scalar()?;
        let element = |child: Place<'_>| match index(child.name) {
            Some(_) => T::decode(child),
            None => Err(child.unknown()),
        };
        place.children().map(element).collect()
    }
}

impl Decode for String {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        let text = place.scalar()?;
        match place.among.first() {
            Some(choice) if !choice.contains(&text) => {
                let why = match choice.len() {
                    ..=12 => format!("Expecting one of: {}.", choice.join(", ")),
                    _ => String::new(),
                };
                Err(place.invalid(text, &why))
            }
            _ => Ok(text.to_owned()),
        }
    }
}

impl Decode for bool {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        match place.scalar()? {
            "true" | "True" | "1" => Ok(true),
            "false" | "False" | "0" => Ok(false),
            text => Err(place.invalid(text, "Expecting true or false.")),
        }
    }
}

impl Decode for i32 {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        let text = place.scalar()?;
        text.parse().map_err(|_| place.invalid(text, "Expecting an integer of 32 bits."))
    }
}

impl Decode for i64 {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        let text = place.scalar()?;
        text.parse().map_err(|_| place.invalid(text, "Expecting an integer of 64 bits."))
    }
}

impl Decode for f64 {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        let text = place.scalar()?;
        let number = text.parse().ok().filter(|it: &f64| it.is_finite());
        number.ok_or_else(|| place.invalid(text, "Expecting a number."))
    }
}

impl Decode for Timestamp {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        let text = place.scalar()?;
        let why = "Expecting a moment in ISO 8601, such as 2026-11-22T03:01:52.000Z.";
        Timestamp::parse(text).ok_or_else(|| place.invalid(text, why))
    }
}

impl Decode for Blob {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        let text = place.scalar()?;
        let bytes = STANDARD.decode(text).map_err(|_| place.invalid(text, "Expecting base64."))?;
        Ok(Blob(bytes))
    }
}
