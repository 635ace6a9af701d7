//! Filters and pages, the same for every Describe call.
//!
//! A filter is one of those that EC2 documents for the call (or one of the aliases that clients really send); any
//! other is refused, for a filter that is passed over makes clients act on the wrong resources.

use std::fmt::Display;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::error::{Error, Result};
use super::scope::{Scope, View};
use crate::state::id::Id;
use crate::state::{Row, Stored};
use crate::wire::{Filter, Paging};

/// The filters and the page of one call.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pub filters: Vec<Filter>,
    pub paging: Paging,
    /// The names that EC2 documents for the call.
    pub documented: &'static [&'static str],
}

impl Query {
    /// The values of a filter when they are plain (without wildcards), so that an index can answer for them.
    pub fn plain(&self, name: &str) -> Option<&[String]> {
        let filter = self.filters.iter().find(|it| it.name == name)?;
        let wild = filter.values.iter().any(|it| it.contains(['*', '?', '\\']));
        (!wild).then_some(filter.values.as_slice())
    }

    /// The ids that a filter asks for, as [`Query::plain`]; what is not an id of the kind fits no row.
    pub fn ids<I: Id>(&self, name: &str) -> Option<Vec<I>> {
        Some(self.plain(name)?.iter().filter_map(|it| it.parse().ok()).collect())
    }
}

/// One page of answers, and the token of the next.
pub type Page<T> = (Vec<T>, Option<String>);

/// The rows that match the call's filters, shown, a page of them.
///
/// `rows` come in the order of their ids. `values` says what a row holds for a filter, or `None` where it does not
/// know the filter. Tag filters that it does not know are answered here.
pub fn list<'a, R, T>(
    view: &View<'_>,
    rows: impl Iterator<Item = &'a Arc<R>>,
    values: impl Fn(&R, &str) -> Option<Vec<String>>,
    show: impl Fn(&R) -> T,
) -> Result<Page<T>>
where
    R: Row + 'a,
    R::Key: Display,
{
    list_by(view, rows, |row| row.key().to_string(), values, show)
}

/// As [`list`], for rows whose place in the order and whose tags go by another id than their key.
pub fn list_by<'a, R: 'a, T>(
    view: &View<'_>,
    rows: impl Iterator<Item = &'a Arc<R>>,
    id: impl Fn(&R) -> String,
    values: impl Fn(&R, &str) -> Option<Vec<String>>,
    show: impl Fn(&R) -> T,
) -> Result<Page<T>> {
    let query = &view.query;
    known(query)?;
    let after = query.paging.next_token.as_deref().map(last_id).transpose()?;
    let most = query.paging.max_results.map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(0));

    let mut page: Vec<T> = Vec::new();
    let mut last = String::new();
    for row in rows {
        let id = id(row);
        if after.as_deref().is_some_and(|after| id.as_str() <= after) || !matches(view, row.as_ref(), &id, &values)? {
            continue;
        }
        if page.len() == most {
            return Ok((page, Some(token(&last))));
        }
        page.push(show(row));
        last = id;
    }
    Ok((page, None))
}

/// Refuses filters that EC2 does not document for the call.
fn known(query: &Query) -> Result<()> {
    for filter in &query.filters {
        let name = filter.name.as_str();
        let taggable = query.documented.iter().any(|it| it.starts_with("tag") || UNDOCUMENTED_TAGS.contains(it));
        let tag = taggable && (name.starts_with("tag:") || matches!(name, "tag-key" | "tag-value"));
        let alias = ALIASES.iter().any(|(alias, of)| *alias == name && query.documented.contains(of));
        if !tag && !query.documented.contains(&name) && !alias {
            return Err(Error::UnknownFilter(filter.name.clone()));
        }
    }
    Ok(())
}

/// Names that EC2 takes but does not document, and the documented ones that they stand for; clients send them.
const ALIASES: &[(&str, &str)] = &[("cidr-block", "cidr"), ("cidrBlock", "cidr"), ("isDefault", "is-default")];

/// Documented names by which those calls are known that take tag filters too, although EC2 does not document it.
const UNDOCUMENTED_TAGS: &[&str] = &["prefix-list-name"];

fn matches<R>(view: &View<'_>, row: &R, id: &str, values: &impl Fn(&R, &str) -> Option<Vec<String>>) -> Result<bool> {
    for filter in &view.query.filters {
        let name = filter.name.as_str();
        let held = match values(row, name) {
            Some(held) => held,
            None => tag_values(view, id, name).ok_or_else(|| Error::UnknownFilter(name.to_owned()))?,
        };
        if !held.iter().any(|held| filter.values.iter().any(|pattern| like(pattern, held))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the resource's tags hold for a tag filter.
fn tag_values(view: &View<'_>, id: &str, name: &str) -> Option<Vec<String>> {
    match name {
        "tag-key" => Some(view.tags_of(id).map(|it| it.key.clone()).collect()),
        "tag-value" => Some(view.tags_of(id).map(|it| it.value.clone()).collect()),
        _ => {
            let key = name.strip_prefix("tag:")?;
            Some(view.tags_of(id).filter(|it| it.key == key).map(|it| it.value.clone()).collect())
        }
    }
}

/// Whether the text fits the pattern: `*` any characters, `?` one, `\` takes the next as it is.
pub fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last star stood, and how much of the text it has taken: there is no need to go back further.
    let mut star = None;
    while t < text.len() {
        let escaped = p + 1 < pattern.len() && pattern[p] == '\\';
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if escaped && pattern[p + 1] == text[t] {
            p += 2;
            t += 1;
        } else if p < pattern.len() && !escaped && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|it| *it == '*')
}

/// A page's token names the last id that was shown, so that it survives what is made and deleted in between. The digest
/// in front tells it from what was never a token.
fn token(last: &str) -> String {
    let bytes = [&digest(last)[..], last.as_bytes()].concat();
    URL_SAFE_NO_PAD.encode(bytes)
}

fn last_id(token: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let parts = bytes.as_deref().and_then(|it| it.split_first_chunk());
    let last = parts.and_then(|(digest_of_last, last)| {
        let last = str::from_utf8(last).ok()?;
        (digest(last) == *digest_of_last).then(|| last.to_owned())
    });
    last.ok_or_else(|| Error::InvalidNextToken(token.to_owned()))
}

fn digest(last: &str) -> [u8; 4] {
    let digest: [u8; 32] = Sha256::digest(last).into();
    let (first, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
    *first
}

/// The rows that an id list names, or all of them when it names none; in the order of ids.
pub fn named_or<'a, R: Row + 'a>(
    view: &View<'_>,
    ids: &[String],
    parameter: &str,
    find: impl Fn(&str) -> Result<Arc<R>>,
    all: impl Iterator<Item = &'a Arc<R>>,
) -> Result<Vec<Arc<R>>> {
    if ids.is_empty() {
        return Ok(all.cloned().collect());
    }
    if view.query.paging.max_results.is_some() {
        let text = format!("The parameter {parameter} cannot be used with the parameter MaxResults");
        return Err(Error::InvalidParameterCombination(text));
    }
    let mut rows = ids.iter().map(|id| find(id)).collect::<Result<Vec<_>>>()?;
    rows.sort_by_key(|row| row.key());
    rows.dedup_by_key(|row| row.key());
    Ok(rows)
}

/// The rows that an id list names; without one, those of the caller that an index found for the call's filters;
/// without that too, all of the caller's. In the order of ids.
pub fn named_or_found<R: Stored>(
    view: &View<'_>,
    ids: &[String],
    parameter: &str,
    find: impl Fn(&str) -> Result<Arc<R>>,
    found: impl FnOnce() -> Option<Vec<R::Key>>,
) -> Result<Vec<Arc<R>>>
where
    R::Key: Id,
{
    let (owner, table) = (view.caller.owner(), R::table(view.state));
    let found = if ids.is_empty() { found() } else { None };
    let Some(mut keys) = found else {
        return named_or(view, ids, parameter, find, table.of(&owner, R::Key::from_number(0)));
    };
    keys.sort();
    keys.dedup();
    let rows = keys.iter().filter_map(|key| table.get(key));
    Ok(rows.filter(|row| row.owner().as_ref() == Some(&owner)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn a_pattern_matches_as_ec2_says() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(like(pattern, text), expected, "{pattern} against {text}");
        };
        check("", "", true);
        check("*", "", true);
        check("*", "anything", true);
        check("a*c", "abc", true);
        check("a*c", "ac", true);
        check("a*c", "abd", false);
        check("?", "", false);
        check("?", "x", true);
        check("a\\*c", "a*c", true);
        check("a\\*c", "abc", false);
        check("*.*", "10.0.0.1", true);
        check("*ab*ab", "abxabab", true);
        check("Web", "web", false);
    }
}
