//! Managed prefix lists: blocks that security group rules and routes name together, in versions.
//!
//! All lists are customers' own. Those that AWS manages hold the public addresses of its services, of which none is
//! here, so there are none; lists are not shared between accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::{Error, Kind, Result, refuse_unless};
use super::list::{Ways, list, list_by, named_or_found};
use super::scope::{Call, Scope, View, parse_id};
use super::{security_group, tag};
use crate::net::{Ipv6Net, Prefix, ipv4_block};
use crate::state::id::{PrefixListId, SecurityGroupId};
use crate::state::prefix_list::{Family, LastChange, PrefixList, PrefixListEntry, PrefixListUse, PrefixListVersion};
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

/// As many as the console lets a list have.
const ENTRIES_MAX: u32 = 1000;
const CHANGES_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 255;
/// AWS's quota; the oldest version goes when there is one more.
const VERSIONS_MAX: u64 = 1000;
/// What the names of AWS's own lists begin with.
const RESERVED: [&str; 3] = ["com.amazonaws.", "com.amazon.", "com.aws."];

/// `CreateManagedPrefixList`.
pub fn create(call: &mut Call<'_>, input: CreateManagedPrefixListRequest) -> Result<CreateManagedPrefixListResult> {
    let family = match input.address_family.as_str() {
        "IPv4" => Family::Ipv4,
        "IPv6" => Family::Ipv6,
        other => return Err(invalid(format!("Value ({other}) for parameter addressFamily is invalid."))),
    };
    let name = new_name(&input.prefix_list_name)?;
    let entries_max = size(input.max_entries)?;
    expect_few(input.entries.len())?;
    let mut entries = BTreeMap::new();
    for entry in &input.entries {
        let (prefix, description) = read(family, entry)?;
        if entries.insert(prefix, description).is_some() {
            return Err(twice(prefix));
        }
    }

    let (account, region) = call.caller().owner();
    let (id, created): (PrefixListId, _) = (call.tx.mint(), call.now());
    let (version, current, last) = (0, Vec::new(), LastChange::Created);
    let row = PrefixList { id, account, region, name, family, entries_max, version, current, last, created };
    let row = put(call, row, entries)?;
    tag::specified(call, "prefix-list", id, &input.tag_specifications)?;
    Ok(CreateManagedPrefixListResult { prefix_list: Some(show(call, &row)) })
}

fn new_name(given: &str) -> Result<String> {
    if given.chars().nth(TEXT_CHARS_MAX).is_some() {
        return Err(invalid("The prefix list name exceeds the maximum length of 255 characters.".to_owned()));
    }
    if RESERVED.iter().any(|it| given.starts_with(it)) {
        let names = RESERVED.join(", ");
        return Err(invalid(format!("The prefix list name cannot begin with ({names}).")));
    }
    Ok(given.to_owned())
}

fn size(given: i32) -> Result<u32> {
    let size = u32::try_from(given).ok().filter(|it| (1..=ENTRIES_MAX).contains(it));
    let text =
        || format!("Value ({given}) for parameter maxEntries is invalid. It must be between 1 and {ENTRIES_MAX}.");
    size.ok_or_else(|| invalid(text()))
}

fn expect_few(changes: usize) -> Result<()> {
    if changes <= CHANGES_MAX {
        return Ok(());
    }
    Err(invalid(format!("The request cannot contain more than {CHANGES_MAX} entry additions or removals.")))
}

/// An entry of the list's family. Host bits are cleared, as EC2 does wherever it takes a block.
fn read(family: Family, entry: &AddPrefixListEntry) -> Result<(Prefix, Option<String>)> {
    let description = entry.description.clone();
    if description.as_ref().is_some_and(|it| it.chars().nth(TEXT_CHARS_MAX).is_some()) {
        return Err(invalid("The entry description exceeds the maximum length of 255 characters.".to_owned()));
    }
    Ok((block(family, &entry.cidr)?, description))
}

fn block(family: Family, text: &str) -> Result<Prefix> {
    let read = match family {
        Family::Ipv4 => ipv4_block(text).map(|it| Prefix::V4(it.trunc())),
        Family::Ipv6 => text.parse().ok().map(|it: Ipv6Net| Prefix::V6(it.trunc())),
    };
    let family = family_words(family);
    read.ok_or_else(|| invalid(format!("Value ({text}) for parameter cidr is invalid. It is no {family} CIDR block.")))
}

fn twice(prefix: Prefix) -> Error {
    invalid(format!("The CIDR '{prefix}' must not appear multiple times."))
}

/// Makes a new version of the list with these entries.
fn put(call: &mut Call<'_>, row: PrefixList, entries: BTreeMap<Prefix, Option<String>>) -> Result<PrefixList> {
    if entries.len() > row.entries_max as usize {
        return Err(Error::PrefixListFull);
    }
    let entries = entries.into_iter().map(|(prefix, description)| PrefixListEntry { prefix, description });
    let (list, version, entries): (_, _, Vec<_>) = (row.id, row.version + 1, entries.collect());
    let row = PrefixList { version, current: entries.clone(), ..row };
    call.tx.put(row.clone());
    call.tx.put(PrefixListVersion { list, version, entries });
    if let Some(oldest) = version.checked_sub(VERSIONS_MAX) {
        call.tx.remove::<PrefixListVersion>((list, oldest));
    }
    Ok(row)
}

/// `ModifyManagedPrefixList`: another name, another size, or other entries, which make a new version.
pub fn modify(call: &mut Call<'_>, input: ModifyManagedPrefixListRequest) -> Result<ModifyManagedPrefixListResult> {
    refuse_unless("IpamPrefixListResolverSyncEnabled", &input.ipam_prefix_list_resolver_sync_enabled, false)?;
    let mut row = call.prefix_list(&input.prefix_list_id)?.as_ref().clone();
    if let Some(version) = input.current_version {
        expect_version(&row, version)?;
    }
    let changes_entries = !input.add_entries.is_empty() || !input.remove_entries.is_empty();
    if changes_entries && input.max_entries.is_some() {
        let text = "You cannot modify the entries and the maximum entries for the prefix list in the same request.";
        return Err(Error::InvalidParameterCombination(text.to_owned()));
    }
    expect_few(input.add_entries.len())?;
    expect_few(input.remove_entries.len())?;

    if let Some(name) = &input.prefix_list_name {
        row.name = new_name(name)?;
    }
    row.last = LastChange::Modified;
    if changes_entries {
        let entries = changed(&row, &input)?;
        row = put(call, row, entries)?;
    } else {
        if let Some(given) = input.max_entries {
            row.entries_max = size(given)?;
        }
        if row.current.len() > row.entries_max as usize {
            return Err(Error::PrefixListFull);
        }
        call.tx.put(row.clone());
    }
    for group in groups_naming(call, row.id) {
        security_group::expect_room(call.state(), group)?;
    }
    Ok(ModifyManagedPrefixListResult { prefix_list: Some(show(call, &row)) })
}

/// Refuses a call that was made with another version of the list in mind.
fn expect_version(row: &PrefixList, given: i64) -> Result<()> {
    match u64::try_from(given) {
        Ok(version) if version == row.version => Ok(()),
        Ok(1..) => Err(Error::PrefixListVersionMismatch),
        _ => Err(no_version(given)),
    }
}

fn no_version(given: i64) -> Error {
    invalid(format!("The specified value for version is not valid. The prefix list has no version {given}."))
}

/// The list's entries after a call: first some go, then others come, so that one can come again with another
/// description.
fn changed(row: &PrefixList, input: &ModifyManagedPrefixListRequest) -> Result<BTreeMap<Prefix, Option<String>>> {
    let mut entries: BTreeMap<_, _> = row.current.iter().map(|it| (it.prefix, it.description.clone())).collect();
    let mut seen = BTreeSet::new();
    for entry in &input.remove_entries {
        let prefix = block(row.family, &entry.cidr)?;
        if !seen.insert(prefix) {
            return Err(twice(prefix));
        }
        if entries.remove(&prefix).is_none() {
            return Err(Error::PrefixListModification(format!("The prefix list entry '{prefix}' does not exist.")));
        }
    }
    seen.clear();
    for entry in &input.add_entries {
        let (prefix, description) = read(row.family, entry)?;
        if !seen.insert(prefix) {
            return Err(twice(prefix));
        }
        if entries.insert(prefix, description).is_some() {
            return Err(Error::PrefixListModification(format!("The prefix list entry '{prefix}' already exists.")));
        }
    }
    Ok(entries)
}

fn groups_naming(scope: &impl Scope, list: PrefixListId) -> BTreeSet<SecurityGroupId> {
    let uses = scope.state().indexes.uses_of_prefix_list(list);
    let group = |(_, it)| if let PrefixListUse::Rule(group, _) = it { Some(group) } else { None };
    uses.filter_map(group).collect()
}

/// `RestoreManagedPrefixListVersion`: a new version with the entries of an earlier one.
pub fn restore(
    call: &mut Call<'_>,
    input: RestoreManagedPrefixListVersionRequest,
) -> Result<RestoreManagedPrefixListVersionResult> {
    let row = call.prefix_list(&input.prefix_list_id)?;
    expect_version(&row, input.current_version)?;
    let previous = version(call, row.id, input.previous_version)?;
    let entries = previous.entries.iter().map(|it| (it.prefix, it.description.clone())).collect();
    let row = put(call, PrefixList { last: LastChange::Restored, ..row.as_ref().clone() }, entries)?;
    Ok(RestoreManagedPrefixListVersionResult { prefix_list: Some(show(call, &row)) })
}

fn version(scope: &impl Scope, list: PrefixListId, given: i64) -> Result<Arc<PrefixListVersion>> {
    let number = u64::try_from(given).map_err(|_| no_version(given))?;
    scope.state().prefix_list_versions.get(&(list, number)).cloned().ok_or_else(|| no_version(given))
}

/// `DeleteManagedPrefixList`: a list that no rule and no route names.
pub fn delete(call: &mut Call<'_>, input: DeleteManagedPrefixListRequest) -> Result<DeleteManagedPrefixListResult> {
    let row = call.prefix_list(&input.prefix_list_id)?;
    if call.state().indexes.uses_of_prefix_list(row.id).next().is_some() {
        return Err(Error::DependencyViolation { what: "prefix list", id: row.id.to_string() });
    }
    let mut shown = show(call, &row);
    shown.state = Some("delete-complete".to_owned());
    let versions = call.state().prefix_list_versions.range((row.id, 0)..=(row.id, row.version));
    let versions: Vec<u64> = versions.map(|it| it.version).collect();
    for version in versions {
        call.tx.remove::<PrefixListVersion>((row.id, version));
    }
    tag::forget(call, row.id);
    call.tx.remove::<PrefixList>(row.id);
    Ok(DeleteManagedPrefixListResult { prefix_list: Some(shown) })
}

/// `DescribeManagedPrefixLists`.
pub fn describe(view: &View<'_>, input: DescribeManagedPrefixListsRequest) -> Result<DescribeManagedPrefixListsResult> {
    let found = Ways::of(&view.query).by("prefix-list-id", Some);
    let find = |id: &str| view.prefix_list(id);
    let rows = named_or_found(view, &input.prefix_list_ids, "prefixListIds", find, found)?;
    let (prefix_lists, next_token) = list(view, rows, values, |row| show(view, row))?;
    Ok(DescribeManagedPrefixListsResult { next_token, prefix_lists })
}

/// What a list holds for a filter.
fn values(row: &PrefixList, filter: &str) -> Option<Vec<String>> {
    Some(vec![match filter {
        "owner-id" => row.account.to_string(),
        "prefix-list-id" => row.id.to_string(),
        "prefix-list-name" => row.name.clone(),
        _ => return None,
    }])
}

fn family_words(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "IPv4",
        Family::Ipv6 => "IPv6",
    }
}

/// A list as the wire shows it.
fn show(scope: &impl Scope, row: &PrefixList) -> ManagedPrefixList {
    let state = match row.last {
        LastChange::Created => "create-complete",
        LastChange::Modified => "modify-complete",
        LastChange::Restored => "restore-complete",
    };
    ManagedPrefixList {
        address_family: Some(family_words(row.family).to_owned()),
        max_entries: i32::try_from(row.entries_max).ok(),
        owner_id: Some(row.account.to_string()),
        prefix_list_arn: Some(scope.caller().arn("prefix-list", row.id)),
        prefix_list_id: Some(row.id.to_string()),
        prefix_list_name: Some(row.name.clone()),
        state: Some(state.to_owned()),
        tags: scope.tags(row.id),
        version: i64::try_from(row.version).ok(),
        ..Default::default()
    }
}

/// `GetManagedPrefixListEntries`: those of the current version or of another, in the order of addresses.
pub fn entries(
    view: &View<'_>,
    input: GetManagedPrefixListEntriesRequest,
) -> Result<GetManagedPrefixListEntriesResult> {
    let row = view.prefix_list(&input.prefix_list_id)?;
    let entries = match input.target_version {
        Some(given) => version(view, row.id, given)?.entries.clone(),
        None => row.current.clone(),
    };
    let rows: Vec<Arc<PrefixListEntry>> = entries.into_iter().map(Arc::new).collect();
    let shown = |it: &PrefixListEntry| shapes::PrefixListEntry {
        cidr: Some(it.prefix.to_string()),
        description: it.description.clone(),
    };
    let (entries, next_token) = list_by(view, rows.iter(), |it| place(it.prefix), |_, _| None, shown)?;
    Ok(GetManagedPrefixListEntriesResult { entries, next_token })
}

/// A text that comes before another's as the block before the other.
fn place(prefix: Prefix) -> String {
    match prefix {
        Prefix::V4(it) => format!("{:08x}/{:03}", u32::from(it.network()), it.prefix_len()),
        Prefix::V6(it) => format!("{:032x}/{:03}", u128::from(it.network()), it.prefix_len()),
    }
}

/// `GetManagedPrefixListAssociations`: the security groups and route tables that name the list.
pub fn associations(
    view: &View<'_>,
    input: GetManagedPrefixListAssociationsRequest,
) -> Result<GetManagedPrefixListAssociationsResult> {
    let row = view.prefix_list(&input.prefix_list_id)?;
    let name = |it: PrefixListUse| match it {
        PrefixListUse::Rule(group, _) => group.to_string(),
        PrefixListUse::RouteTable(table) => table.to_string(),
    };
    let names: BTreeSet<_> = view.state.indexes.uses_of_prefix_list(row.id).map(|(_, it)| name(it)).collect();
    let rows: Vec<Arc<String>> = names.into_iter().map(Arc::new).collect();
    let shown = |it: &String| PrefixListAssociation {
        resource_id: Some(it.clone()),
        resource_owner: Some(row.account.to_string()),
    };
    let (prefix_list_associations, next_token) = list_by(view, rows.iter(), String::clone, |_, _| None, shown)?;
    Ok(GetManagedPrefixListAssociationsResult { next_token, prefix_list_associations })
}

/// `DescribePrefixLists`: only of AWS's own lists, and there are none.
pub fn describe_aws(view: &View<'_>, input: DescribePrefixListsRequest) -> Result<DescribePrefixListsResult> {
    if let Some(id) = input.prefix_list_ids.first() {
        parse_id::<PrefixListId>(Kind::PrefixList, id)?;
        return Err(Error::NoSuchAwsPrefixList(id.clone()));
    }
    let none: [Arc<PrefixList>; 0] = [];
    let shown = |_: &PrefixList| shapes::PrefixList::default();
    let (prefix_lists, next_token) = list(view, none.iter(), values, shown)?;
    Ok(DescribePrefixListsResult { next_token, prefix_lists })
}

fn invalid(text: String) -> Error {
    Error::InvalidParameterValue(text)
}
