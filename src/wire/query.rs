//! The parameters of a request: read from a form, bounded, and those that all actions share.
//!
//! What a parameter means to an action is decided by the shapes; see `decode`. Everything here is linear or
//! n log n in the number of parameters.

use super::decode::{Decode, Entry, Place, compare_keys};
use super::error::{Error, Shown};
use super::shapes;
use std::fmt::Write;

const PARAMETERS_MAX: usize = 20_000;
const DEPTH_MAX: usize = 16;
const KEY_BYTES_MAX: usize = 512;
const CLIENT_TOKEN_CHARS_MAX: usize = 64;
/// AWS documents for `CreateManagedPrefixList` alone that a token is so long, and not only of ASCII.
const LONG_CLIENT_TOKEN: (&str, usize) = ("CreateManagedPrefixList", 255);
const FILTERS_MAX: usize = 50;
/// Of all filters together: AWS's guide says of each, EC2's refusals say "on a single call".
const FILTER_VALUES_MAX: usize = 200;
const FILTER_VALUE_CHARS_MAX: usize = 255;

/// The parameters of one request, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Params {
    entries: Vec<Entry>,
}

/// `Filter.N`: a resource matches if it has one of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    /// What to compare, `vpc-id` or `tag:Name` for instance.
    pub(crate) name: String,
    /// The values, wildcards not yet interpreted; at least one.
    pub(crate) values: Vec<String>,
}

/// Which part of a long answer is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paging {
    /// How many results to answer at most, inside the action's range.
    pub(crate) max_results: Option<i32>,
    /// The token of the answer that this one follows.
    pub(crate) next_token: Option<String>,
    /// All other parameters, the action's name among them, if the request has one of these two.
    pub(crate) request: String,
}

impl Params {
    /// Reads the query string and the form in the body, either of which may be empty.
    ///
    /// What a signature puts into the query string (`X-Amz-…`) is not a parameter and is left out.
    pub(crate) fn parse(query: &[u8], body: &[u8]) -> Result<Params, Error> {
        let mut entries = Vec::new();
        for (form, is_query) in [(query, true), (body, false)] {
            for pair in form.split(|it| *it == b'&').filter(|it| !it.is_empty()) {
                if entries.len() == PARAMETERS_MAX {
                    return Err(Error::Malformed("it has more than 20,000 parameters"));
                }
                let entry = entry(pair)?;
                if !(is_query && entry.key.starts_with("X-Amz-")) {
                    entries.push(entry);
                }
            }
        }
        entries.sort_by(|a, b| compare_keys(&a.key, &b.key));
        match entries.array_windows().find(|[a, b]| a.key == b.key) {
            Some([twin, _]) => Err(Error::Duplicate(twin.key.clone())),
            None => Ok(Params { entries }),
        }
    }

    /// The same parameters as a form, sorted: equal requests have equal texts.
    pub(crate) fn encode(&self) -> String {
        self.encode_but(&[])
    }

    fn encode_but(&self, left_out: &[&str]) -> String {
        let mut form = String::new();
        for Entry { key, value } in self.entries.iter().filter(|it| !left_out.contains(&it.key.as_str())) {
            if !form.is_empty() {
                form.push('&');
            }
            escape(key.as_bytes(), &mut form);
            form.push('=');
            escape(value.as_bytes(), &mut form);
        }
        form
    }

    /// What is to be done; that such an action is served is not yet known.
    pub(crate) fn action(&self) -> Result<&str, Error> {
        self.text("Action").ok_or(Error::MissingAction)
    }

    /// The version of the API that the client speaks, a date.
    pub(crate) fn version(&self) -> Result<&str, Error> {
        let version = self.text("Version").ok_or_else(|| Error::MissingParameter("Version".to_owned()))?;
        let is_date = version.len() == 10
            && version.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if is_date { Ok(version) } else { Err(Error::NoSuchVersion(Shown::from(version))) }
    }

    /// Whether the request is only to be checked.
    pub(crate) fn dry_run(&self) -> Result<bool, Error> {
        Ok(self.member::<Option<bool>>("DryRun")?.unwrap_or(false))
    }

    /// The client's own name for this request, by which a repetition is recognised.
    pub(crate) fn client_token(&self) -> Result<Option<String>, Error> {
        let Some(token) = self.member::<Option<String>>("ClientToken")? else { return Ok(None) };
        let (is_plain, max, kind) = match LONG_CLIENT_TOKEN {
            (action, max) if self.action()? == action => (true, max, "UTF-8"),
            _ => (token.bytes().all(|it| it.is_ascii_graphic() || it == b' '), CLIENT_TOKEN_CHARS_MAX, "ASCII"),
        };
        if is_plain && token.chars().nth(max).is_none() {
            return Ok(Some(token));
        }
        Err(Error::InvalidValue {
            name: "ClientToken".to_owned(),
            value: Shown::from(token.as_str()),
            why: format!("Expecting at most {max} {kind} characters."),
        })
    }

    /// Which part of a long answer is asked for, checked against the range of the action.
    pub(crate) fn paging(&self) -> Result<Paging, Error> {
        let (max_results, next_token) =
            (self.member::<Option<i32>>("MaxResults")?, self.member::<Option<String>>("NextToken")?);
        let has_pages = max_results.is_some() || next_token.is_some();
        let request = if has_pages { self.encode_but(&["DryRun", "MaxResults", "NextToken"]) } else { String::new() };
        let paging = Paging { max_results, next_token, request };
        let range = shapes::facts(self.action()?).and_then(|it| it.max_results);
        let (Some(asked), Some((min, max))) = (paging.max_results, range) else { return Ok(paging) };
        let bound = match asked {
            _ if asked < min => format!("Expecting a value greater than or equal to {min}."),
            _ if asked > max => format!("Expecting a value less than or equal to {max}."),
            _ => return Ok(paging),
        };
        let value = Shown::from(asked.to_string().as_str());
        Err(Error::InvalidValue { name: "MaxResults".to_owned(), value, why: bound })
    }

    /// The filters, in the order of their indices; that the action knows their names is not yet known.
    pub(crate) fn filters(&self) -> Result<Vec<Filter>, Error> {
        let filters: Vec<Filter> = self.member("Filter")?;
        if filters.len() > FILTERS_MAX {
            return Err(Error::TooMany { what: "filters", max: FILTERS_MAX });
        }
        if filters.iter().map(|it| it.values.len()).sum::<usize>() > FILTER_VALUES_MAX {
            return Err(Error::TooMany { what: "filter values", max: FILTER_VALUES_MAX });
        }
        // Each value is held against each resource, so that a long one would cost its length times their number.
        if filters.iter().flat_map(|it| &it.values).any(|it| it.chars().nth(FILTER_VALUE_CHARS_MAX).is_some()) {
            return Err(Error::LongFilter(FILTER_VALUE_CHARS_MAX));
        }
        Ok(filters)
    }

    /// Reads an action's input; `takes` are the shared parameters that the action has.
    pub(super) fn input<T: Decode>(&self, takes: &[&'static str]) -> Result<T, Error> {
        let also: Vec<&str> = ["Action", "Version"].iter().chain(takes).copied().collect();
        T::decode(Place::root(&self.entries, &also))
    }

    fn member<T: Decode>(&self, name: &str) -> Result<T, Error> {
        Place::root(&self.entries, &[]).member(name, &[], 0)
    }

    /// The text of a parameter that is given and not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        let at = self.entries.binary_search_by(|it| compare_keys(&it.key, key)).ok()?;
        Some(self.entries[at].value.as_str()).filter(|it| !it.is_empty())
    }
}

impl Decode for Filter {
    fn decode(place: Place<'_>) -> Result<Self, Error> {
        place.expect_members(&["Name", "Value"])?;
        Ok(Filter { name: place.member("Name", &[], 0)?, values: place.member("Value", &[], 1)? })
    }
}

/// One pair of a form.
fn entry(pair: &[u8]) -> Result<Entry, Error> {
    let equals = pair.iter().position(|it| *it == b'=').unwrap_or(pair.len());
    let key = unescape(&pair[..equals])?;
    let value = unescape(pair.get(equals + 1..).unwrap_or(&[]))?;
    if key.len() > KEY_BYTES_MAX {
        return Err(Error::Malformed("a parameter's name is longer than 512 bytes"));
    }
    if key.split('.').count() > DEPTH_MAX {
        return Err(Error::Malformed("a parameter is nested deeper than 16 levels"));
    }
    if key.contains(|it| !is_xml(it)) {
        return Err(Error::Malformed("a parameter's name holds a control character"));
    }
    if key.split('.').any(str::is_empty) {
        return Err(Error::UnknownParameter(Shown::from(key.as_str())));
    }
    if value.contains(|it| !is_xml(it)) {
        let value: String = value.chars().map(|it| if is_xml(it) { it } else { '\u{FFFD}' }).collect();
        let why = "It holds a character that XML cannot carry.".to_owned();
        return Err(Error::InvalidValue { name: key, value: Shown::from(value.as_str()), why });
    }
    Ok(Entry { key, value })
}

/// Whether XML 1.0 can carry the character.
pub(super) fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// The text that an escaped form value stands for: `+` and `%20` are spaces.
fn unescape(escaped: &[u8]) -> Result<String, Error> {
    let bytes =
        unescape_bytes(escaped, b' ').ok_or(Error::Malformed("a percent sign is not followed by two digits"))?;
    String::from_utf8(bytes).map_err(|_| Error::Malformed("it is not UTF-8"))
}

/// The bytes that percent-escapes stand for, and `plus` for each `+`; nothing for a broken escape.
pub(super) fn unescape_bytes(escaped: &[u8], plus: u8) -> Option<Vec<u8>> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16).map(|it| it as u8);
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => digit(rest.next())? << 4 | digit(rest.next())?,
            b'+' => plus,
            byte => *byte,
        });
    }
    Some(bytes)
}

/// Appends the bytes with all but RFC 3986's unreserved characters escaped, as signatures need it.
pub(super) fn escape(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(*byte)),
            _ => write!(out, "%{byte:02X}").expect("a string takes everything"),
        }
    }
}

#[cfg(test)]
mod tests;
