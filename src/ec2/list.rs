//! Filters and pages, the same for every Describe call.
//!
//! A filter is one of those that EC2 documents for the call (or one of the aliases that clients really send); any
//! other is refused, for a filter that is passed over makes clients act on the wrong resources.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;
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
}

/// What the indexes know of the rows that a call's filters ask for: for each filter that one answers, the keys among
/// which those of all matching rows are.
pub struct Ways<'a, K> {
    query: &'a Query,
    ways: Vec<Box<dyn Iterator<Item = K> + 'a>>,
}

impl<'a, K> Ways<'a, K> {
    pub fn of(query: &'a Query) -> Ways<'a, K> {
        Ways { query, ways: Vec::new() }
    }

    /// Adds the way by one filter, if the call has it without wildcards: `keys` gives what an index has for one of its
    /// values. What is not of the kind of these values fits no row.
    pub fn by<V: FromStr + 'a, I: IntoIterator<Item = K> + 'a>(
        mut self,
        filter: &str,
        keys: impl Fn(V) -> I + 'a,
    ) -> Ways<'a, K> {
        if let Some(values) = self.query.plain(filter) {
            self.ways.push(Box::new(values.iter().filter_map(|it| it.parse().ok()).flat_map(keys)));
        }
        self
    }

    /// Leads to other keys by the same ways.
    pub fn to<L: 'a, I: IntoIterator<Item = L> + 'a>(self, keys: impl Fn(K) -> I + Clone + 'a) -> Ways<'a, L>
    where
        K: 'a,
    {
        let lead = |way: Box<dyn Iterator<Item = K> + 'a>| Box::new(way.flat_map(keys.clone())) as Box<_>;
        Ways { query: self.query, ways: self.ways.into_iter().map(lead).collect() }
    }

    /// Adds these ways.
    pub fn and(mut self, others: Ways<'a, K>) -> Ways<'a, K> {
        self.ways.extend(others.ways);
        self
    }

    /// The keys on the shortest way, if there is any. All are walked side by side until one ends, so that a filter that
    /// fits half of the table costs nothing beside one that fits a single row.
    fn shortest(mut self) -> Option<Vec<K>> {
        let mut walked: Vec<Vec<K>> = self.ways.iter().map(|_| Vec::new()).collect();
        if walked.is_empty() {
            return None;
        }
        loop {
            for (way, walked) in self.ways.iter_mut().zip(&mut walked) {
                match way.next() {
                    Some(key) => walked.push(key),
                    None => return Some(std::mem::take(walked)),
                }
            }
        }
    }
}

/// One page of answers, and the token of the next.
pub type Page<T> = (Vec<T>, Option<String>);

/// The rows that match the call's filters, shown, a page of them.
///
/// `rows` come in the order of their ids. `values` says what a row holds for a filter, or `None` where it does not
/// know the filter. Tag filters that it does not know are answered here.
pub fn list<R, T>(
    view: &View<'_>,
    rows: impl Iterator<Item: AsRef<R>>,
    values: impl Fn(&R, &str) -> Option<Vec<String>>,
    show: impl Fn(&R) -> T,
) -> Result<Page<T>>
where
    R: Row,
    R::Key: Display,
{
    list_by(view, rows, |row| row.key().to_string(), values, show)
}

/// As [`list`], for rows whose place in the order and whose tags go by another id than their key.
pub fn list_by<R, T>(
    view: &View<'_>,
    rows: impl Iterator<Item: AsRef<R>>,
    id: impl Fn(&R) -> String,
    values: impl Fn(&R, &str) -> Option<Vec<String>>,
    show: impl Fn(&R) -> T,
) -> Result<Page<T>> {
    let query = &view.query;
    known(query)?;
    let after = last_id(view)?;
    let most = query.paging.max_results.map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(0));

    let mut page: Vec<T> = Vec::new();
    let mut last = String::new();
    for row in rows {
        let row = row.as_ref();
        let id = id(row);
        if after.as_deref().is_some_and(|after| id.as_str() <= after) || !matches(view, row, &id, &values)? {
            continue;
        }
        if page.len() == most {
            return Ok((page, Some(token(view, &last))));
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

/// Whether the text fits the pattern: `*` any characters, `?` one or none, `\\` takes the next as it is.
pub fn like(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?', '\\']) {
        return pattern == text;
    }
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(it) = characters.next() {
        parts.push(match it {
            '*' => Part::Any,
            '?' => Part::OneOrNone,
            '\\' => Part::This(characters.next().unwrap_or(it)),
            other => Part::This(other),
        });
    }
    // The parts before which the text so far can have come.
    let mut at = vec![false; parts.len() + 1];
    at[0] = true;
    pass_empty(&mut at, &parts);
    for character in text.chars() {
        let mut next = vec![false; parts.len() + 1];
        for (place, part) in parts.iter().enumerate().filter(|(place, _)| at[*place]) {
            match part {
                Part::Any => next[place] = true,
                Part::OneOrNone => next[place + 1] = true,
                Part::This(it) => next[place + 1] |= *it == character,
            }
        }
        pass_empty(&mut next, &parts);
        at = next;
    }
    at[parts.len()]
}

/// A part of a pattern.
enum Part {
    Any,
    OneOrNone,
    This(char),
}

/// Goes past parts that may stand for nothing.
fn pass_empty(at: &mut [bool], parts: &[Part]) {
    for (place, part) in parts.iter().enumerate() {
        at[place + 1] |= at[place] && !matches!(part, Part::This(_));
    }
}

/// A page's token names the last id that was shown, so that it survives what is made and deleted in between. The digest
/// in front tells it from what was never a token, and from those of other requests and callers. It is no secret: whoever
/// makes one up reaches into a list that is shown to them anyway.
fn token(view: &View<'_>, last: &str) -> String {
    let bytes = [&digest(view, last)[..], last.as_bytes()].concat();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The last id of the page before the one that is asked for.
fn last_id(view: &View<'_>) -> Result<Option<String>> {
    let Some(token) = &view.query.paging.next_token else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let parts = bytes.as_deref().and_then(|it| it.split_first_chunk());
    let last = parts.and_then(|(digest_of_last, last)| {
        let last = str::from_utf8(last).ok()?;
        (digest(view, last) == *digest_of_last).then(|| last.to_owned())
    });
    last.map(Some).ok_or_else(|| Error::InvalidNextToken(token.clone()))
}

fn digest(view: &View<'_>, last: &str) -> [u8; 8] {
    let (account, region) = view.caller.owner();
    // Escaped as the request is, it has no line of its own.
    let digest: [u8; 32] = Sha256::digest(format!("{account}\n{region}\n{}\n{last}", view.query.paging.request)).into();
    let (first, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
    *first
}

/// The rows that ids name, each once, in the order of the call, and the refusal of those ids that are nobody's.
pub fn look_up<R: Row>(ids: &[String], find: impl Fn(&str) -> Result<Arc<R>>) -> Result<(Vec<Arc<R>>, Option<Error>)> {
    let (mut rows, mut seen, mut missing) = (Vec::with_capacity(ids.len()), BTreeSet::new(), None);
    for id in ids {
        match find(id) {
            Ok(row) if seen.insert(row.key()) => rows.push(row),
            Ok(_) => {}
            Err(Error::NotFound { kind, id }) => missing.get_or_insert((kind, Vec::new())).1.push(id),
            Err(error) => return Err(error),
        }
    }
    Ok((rows, missing.map(|(kind, ids)| Error::not_found(kind, &ids))))
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
    match listed(view, ids, parameter, find)? {
        (rows, None) => Ok(rows),
        (_, Some(refusal)) => Err(refusal),
    }
}

/// As [`look_up`], in the order of ids, for a call that may not ask for pages beside.
fn listed<R: Row>(
    view: &View<'_>,
    ids: &[String],
    parameter: &str,
    find: impl Fn(&str) -> Result<Arc<R>>,
) -> Result<(Vec<Arc<R>>, Option<Error>)> {
    if view.query.paging.max_results.is_some() {
        let text = format!("The parameter {parameter} cannot be used with the parameter MaxResults");
        return Err(Error::InvalidParameterCombination(text));
    }
    let (mut rows, refusal) = look_up(ids, find)?;
    rows.sort_by_key(|row| row.key());
    Ok((rows, refusal))
}

/// Rows in the order of their ids. Those behind the end of the page are never looked at.
pub type Rows<'a, R> = Box<dyn Iterator<Item = Arc<R>> + 'a>;

/// The rows that an id list names; without one, those of the caller that an index found for the call's filters;
/// without that too, all of the caller's, from the page's first on. Tags are looked up in any case.
pub fn named_or_found<'a, R: Stored + 'a>(
    view: &'a View<'_>,
    ids: &[String],
    parameter: &str,
    find: impl Fn(&str) -> Result<Arc<R>>,
    found: Ways<'a, R::Key>,
) -> Result<Rows<'a, R>>
where
    R::Key: Id + 'a,
{
    if !ids.is_empty() {
        return Ok(Box::new(named_or(view, ids, parameter, find, std::iter::empty())?.into_iter()));
    }
    let (owner, table) = (view.caller.owner(), R::table(view.state));
    let Some(keys) = keys(view, found) else {
        let after = last_id(view)?.and_then(|it| it.parse().ok());
        return Ok(Box::new(table.of(&owner, after.unwrap_or(R::Key::from_number(0))).cloned()));
    };
    let rows = keys.into_iter().filter_map(|key| table.get(&key));
    Ok(Box::new(rows.filter(move |row| row.owner().as_ref() == Some(&owner)).cloned()))
}

/// As [`named_or_found`], for the calls that pass over ids that are nobody's.
pub fn existing_or_found<'a, R: Stored + 'a>(
    view: &'a View<'_>,
    ids: &[String],
    parameter: &str,
    find: impl Fn(&str) -> Result<Arc<R>>,
    found: Ways<'a, R::Key>,
) -> Result<Rows<'a, R>>
where
    R::Key: Id + 'a,
{
    if ids.is_empty() {
        return named_or_found(view, ids, parameter, find, found);
    }
    Ok(Box::new(listed(view, ids, parameter, find)?.0.into_iter()))
}

/// The keys among which those of all matching rows are, in order, if an index answers for any of the call's filters.
pub fn keys<'a, K: Id + 'a>(view: &'a View<'_>, found: Ways<'a, K>) -> Option<Vec<K>> {
    let mut keys = found.and(tagged(view)).shortest()?;
    keys.sort();
    keys.dedup();
    Some(keys)
}

/// The ways by the call's tag filters, where the caller's tags are on resources of one kind.
fn tagged<'a, K: Id + 'a>(view: &'a View<'_>) -> Ways<'a, K> {
    let prefix = K::from_number(0).to_string();
    let kind: Arc<str> = prefix.rsplit_once('-').map_or("", |it| it.0).into();
    let mut ways = Ways::of(&view.query);
    for filter in &view.query.filters {
        let kind = kind.clone();
        let of = move |key: &str, value: Option<&str>| {
            let found = view.state.indexes.tagged(view.caller.owner(), &kind, key, value);
            found.filter_map(|id| id.parse::<K>().ok())
        };
        if let Some(key) = filter.name.strip_prefix("tag:") {
            ways = ways.by(&filter.name, move |value: String| of(key, Some(&value)));
        } else if filter.name == "tag-key" {
            ways = ways.by(&filter.name, move |key: String| of(&key, None));
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Query, Ways, like};
    use crate::ec2::fixture::{IMAGE, World, text};
    use crate::wire::Filter;
    use crate::wire::shapes::documented_filters;

    /// Two VPCs with some of everything that is listed by an index, most of it tagged.
    fn furnished() -> World {
        let mut world = World::new();
        let mut made = Vec::new();
        for (block, name) in [("10.0.0.0/16", "first"), ("10.1.0.0/16", "second")] {
            let make = |world: &mut World, action: &str, element: &str, parameters: &[(&str, &str)]| {
                text(&world.ok(action, parameters), element).to_owned()
            };
            let vpc = make(&mut world, "CreateVpc", "vpcId", &[("CidrBlock", block)]);
            let within = ("VpcId", vpc.as_str());
            let part = block.replace("0.0/16", "1.0/24");
            let subnet = make(&mut world, "CreateSubnet", "subnetId", &[within, ("CidrBlock", &part)]);
            let group = [within, ("GroupName", "web"), ("GroupDescription", name)];
            let group = make(&mut world, "CreateSecurityGroup", "groupId", &group);
            let table = make(&mut world, "CreateRouteTable", "routeTableId", &[within]);
            world.ok("AssociateRouteTable", &[("RouteTableId", &table), ("SubnetId", &subnet)]);
            let gateway = make(&mut world, "CreateInternetGateway", "internetGatewayId", &[]);
            world.ok("AttachInternetGateway", &[("InternetGatewayId", &gateway), within]);
            let place = ("SubnetId", subnet.as_str());
            let interface = [place, ("SecurityGroupId.1", &group)];
            let interface = make(&mut world, "CreateNetworkInterface", "networkInterfaceId", &interface);
            let image = [place, ("ImageId", IMAGE), ("MinCount", "1"), ("MaxCount", "1")];
            let instance = make(&mut world, "RunInstances", "instanceId", &image);
            let address = make(&mut world, "AllocateAddress", "allocationId", &[("Domain", "vpc")]);
            world.ok("AssociateAddress", &[("AllocationId", &address), ("InstanceId", &instance)]);
            let nat = [place, ("ConnectivityType", "private")];
            let nat = make(&mut world, "CreateNatGateway", "natGatewayId", &nat);
            let key = make(&mut world, "CreateKeyPair", "keyPairId", &[("KeyName", name), ("KeyType", "ed25519")]);
            let tagged = [&vpc, &subnet, &group, &table, &gateway, &interface, &instance, &address, &nat, &key];
            for resource in tagged {
                let tag = [("Tag.1.Key", "Name"), ("Tag.1.Value", name), ("Tag.2.Key", name), ("Tag.2.Value", "x")];
                world.ok("CreateTags", &[&[("ResourceId.1", resource.as_str())][..], &tag].concat());
            }
            made.push((vpc, nat));
        }
        let [(requester, _), (accepter, nat)] = &made[..] else { unreachable!("two were made") };
        for accepter in [accepter, "vpc-00000000000000001"] {
            world.ok("CreateVpcPeeringConnection", &[("VpcId", requester), ("PeerVpcId", accepter)]);
        }
        world.ok("DeleteNatGateway", &[("NatGatewayId", nat)]);
        world
    }

    /// A backslash takes the next character as it is, and no index answers for a pattern.
    #[test]
    fn an_index_finds_what_a_look_at_every_row_finds() {
        let mut world = furnished();
        for action in [
            "DescribeAddresses",
            "DescribeInstances",
            "DescribeInternetGateways",
            "DescribeKeyPairs",
            "DescribeNatGateways",
            "DescribeNetworkAcls",
            "DescribeNetworkInterfaces",
            "DescribeRouteTables",
            "DescribeSecurityGroupRules",
            "DescribeSecurityGroups",
            "DescribeSubnets",
            "DescribeTags",
            "DescribeVpcPeeringConnections",
            "DescribeVpcs",
        ] {
            let all = world.ok(action, &[]);
            let texts: BTreeSet<&str> =
                all.split('<').filter_map(|it| it.split_once('>').map(|it| it.1)).filter(|it| !it.is_empty()).collect();
            let mut found = 0;
            for name in documented_filters(action).iter().copied().chain(["tag:Name", "tag-key"]) {
                for value in &texts {
                    let mut by =
                        |value: &str| world.ok(action, &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
                    let (index, rows) = (by(value), by(&format!("\\{value}")));
                    assert_eq!(index, rows, "{action} by {name} {value}");
                    found += usize::from(index.contains("<item>"));
                }
            }
            assert!(found > 0, "{action} finds nothing by any filter");
        }
    }

    #[test]
    fn the_shortest_way_is_walked_and_the_others_as_far() {
        let filter = |name: &str, value: &str| Filter { name: name.to_owned(), values: vec![value.to_owned()] };
        let query = Query { filters: vec![filter("few", "3"), filter("many", "1000000000")], ..Query::default() };
        let ways = || Ways::of(&query).by("many", |it: u64| 0..it).by("few", |it: u64| 7..7 + it);
        assert_eq!(ways().shortest(), Some(vec![7, 8, 9]));
        assert_eq!(ways().by("none", Some).shortest(), Some(vec![7, 8, 9]), "a filter that the call has not is no way");
        assert_eq!(Ways::<u64>::of(&query).shortest(), None);
    }

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
        check("?", "", true);
        check("?", "x", true);
        check("?", "xy", false);
        check("abc?", "abc", true);
        check("abc?", "abcd", true);
        check("a?c", "abbc", false);
        check("a\\?", "a?", true);
        check("a\\?", "a", false);
        check("*?b", "aab", true);
        check("a\\*c", "a*c", true);
        check("a\\*c", "abc", false);
        check("*.*", "10.0.0.1", true);
        check("*ab*ab", "abxabab", true);
        check("Web", "web", false);
    }
}
