//! Tags: on any resource, given when it is made or later.
//!
//! A tag is seen by the account that gave it, also on what belongs to no account (nodes, the image): as on EC2, where
//! the tags that an account puts on another's shared resource are its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::{Error, Kind, Limit, Result};
use super::list::list_by;
use super::scope::{Call, Scope, View};
use super::{address, dhcp_options, host, image, instance, network_interface};
use crate::state;
use crate::state::account::Region;
use crate::state::flow_log::FlowLog;
use crate::state::id::AccountId;
use crate::state::insights::{InsightsAnalysis, InsightsPath};
use crate::state::internet_gateway::EgressOnlyInternetGateway;
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::BANDWIDTH;
use crate::state::subnet_reservation::SubnetReservation;
use crate::wire::shapes::*;

const RESOURCES_MAX: usize = 1_000;
const TAGS_MAX: usize = 50;
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

/// Tags a resource that is being made; a specification of another type is refused.
pub fn specified(
    call: &mut Call<'_>,
    resource_type: &str,
    id: impl std::fmt::Display,
    specifications: &[TagSpecification],
) -> Result<()> {
    for specification in specifications {
        let given =
            specification.resource_type.as_deref().ok_or(Error::MissingParameter("TagSpecification.ResourceType"))?;
        if given != resource_type {
            return Err(invalid(format!("'{given}' is not a valid taggable resource type for this operation.")));
        }
        put(call, &id.to_string(), &specification.tags)?;
    }
    Ok(())
}

/// Adds tags to a resource, or replaces their values.
fn put(call: &mut Call<'_>, resource: &str, tags: &[Tag]) -> Result<()> {
    let mut keys = BTreeSet::new();
    for tag in tags {
        let key = key_of(tag)?;
        let value = tag.value.clone().unwrap_or_default();
        if key.chars().count() > KEY_CHARS_MAX {
            return Err(invalid("Tag key exceeds the maximum length of 128 characters".to_owned()));
        }
        if value.chars().count() > VALUE_CHARS_MAX {
            return Err(invalid("Tag value exceeds the maximum length of 256 characters".to_owned()));
        }
        if !keys.insert(key) {
            return Err(invalid(format!("Duplicate tag key '{key}' specified.")));
        }
        instance::fits_metadata(call, resource, key)?;
        if key == BANDWIDTH {
            network_interface::limit(call, resource, Some(&value))?;
        }
        let (account, region) = call.caller().owner();
        call.tx.put(state::tag::Tag { account, region, resource: resource.to_owned(), key: key.to_owned(), value });
    }
    if call.tags_of(resource).count() > TAGS_MAX {
        return Err(Error::LimitExceeded(Limit::Tags));
    }
    Ok(())
}

/// The key of a tag, which is a user's own.
fn key_of(tag: &Tag) -> Result<&str> {
    let key = tag.key.as_deref().ok_or(Error::MissingParameter("Tag.Key"))?;
    if key.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("aws:")) {
        return Err(invalid("Tag keys starting with 'aws:' are reserved for internal use".to_owned()));
    }
    Ok(key)
}

/// Removes every tag of a resource that is going.
pub fn forget(call: &mut Call<'_>, id: impl std::fmt::Display) {
    let keys: Vec<_> = call.state().tags_of(&id.to_string()).map(|it| state::Row::key(it.as_ref())).collect();
    for key in keys {
        call.tx.remove::<state::tag::Tag>(key);
    }
}

/// `CreateTags`: all of the tags on all of the resources, or none.
pub fn create(call: &mut Call<'_>, input: CreateTagsRequest) -> Result<()> {
    expect_few(&input.resources)?;
    for id in &input.resources {
        expect_resource(call, id)?;
        put(call, id, &input.tags)?;
    }
    Ok(())
}

/// `DeleteTags`: tags of that key, and of that value if one is given; without any, every tag. What is not there is no
/// error.
pub fn delete(call: &mut Call<'_>, input: DeleteTagsRequest) -> Result<()> {
    expect_few(&input.resources)?;
    let mut wanted = BTreeSet::new();
    for tag in &input.tags {
        wanted.insert((key_of(tag)?, tag.value.as_deref()));
    }
    for id in &input.resources {
        if let Err(error @ Error::InvalidId(_)) = expect_resource(call, id) {
            return Err(error);
        }
        let goes = |tag: &state::tag::Tag| {
            let key = tag.key.as_str();
            wanted.is_empty() || wanted.contains(&(key, None)) || wanted.contains(&(key, Some(tag.value.as_str())))
        };
        let keys: Vec<_> = call.tags_of(id).filter(|it| goes(it)).map(|it| state::Row::key(it.as_ref())).collect();
        for key in keys {
            if key.1 == BANDWIDTH {
                network_interface::limit(call, id, None)?;
            }
            call.tx.remove::<state::tag::Tag>(key);
        }
    }
    Ok(())
}

fn expect_few(resources: &[String]) -> Result<()> {
    if resources.len() <= RESOURCES_MAX {
        return Ok(());
    }
    Err(invalid(format!("The maximum number of resources in a call is {RESOURCES_MAX}.")))
}

/// What EC2 calls the kinds of resources that can be tagged, by what their ids begin with.
const TYPES: &[(&str, &str)] = &[
    ("acl", "network-acl"),
    ("ami", "image"),
    ("dopt", "dhcp-options"),
    ("eigw", "egress-only-internet-gateway"),
    ("eipalloc", "elastic-ip"),
    ("eni", "network-interface"),
    ("fl", "vpc-flow-log"),
    ("h", "dedicated-host"),
    ("i", "instance"),
    ("igw", "internet-gateway"),
    ("nat", "natgateway"),
    ("nia", "network-insights-analysis"),
    ("nip", "network-insights-path"),
    ("pcx", "vpc-peering-connection"),
    ("key", "key-pair"),
    ("pl", "prefix-list"),
    ("rtb", "route-table"),
    ("scr", "subnet-cidr-reservation"),
    ("sg", "security-group"),
    ("sgr", "security-group-rule"),
    ("subnet", "subnet"),
    ("vpc", "vpc"),
    ("vpcbpa-exclude", "vpc-block-public-access-exclusion"),
];

/// What EC2 calls the kind of resource that has this id; nothing for what is no id or cannot be tagged.
fn type_of(id: &str) -> Option<&'static str> {
    let (prefix, _) = id.rsplit_once('-')?;
    TYPES.iter().find(|it| it.0 == prefix).map(|it| it.1)
}

/// Refuses what is no id, and the id of a resource that the caller does not have.
fn expect_resource(scope: &impl Scope, id: &str) -> Result<()> {
    let found = match type_of(id) {
        Some("network-acl") => scope.network_acl(id).map(drop),
        Some("image") => image::find(&[id.to_owned()]),
        Some("dhcp-options") => dhcp_options::find(scope, id).map(drop),
        Some("egress-only-internet-gateway") => {
            scope.own::<EgressOnlyInternetGateway>(Kind::EgressOnlyInternetGateway, id).map(drop)
        }
        Some("elastic-ip") => address::find(scope, Kind::Allocation, id).map(drop),
        Some("network-interface") => scope.network_interface(id).map(drop),
        Some("vpc-flow-log") => scope.own::<FlowLog>(Kind::FlowLog, id).map(drop),
        Some("dedicated-host") => host::find(scope, id).map(drop),
        Some("instance") => scope.instance(id).map(drop),
        Some("internet-gateway") => scope.internet_gateway(id).map(drop),
        Some("natgateway") => scope.own::<NatGateway>(Kind::NatGateway, id).map(drop),
        Some("network-insights-analysis") => scope.own::<InsightsAnalysis>(Kind::InsightsAnalysis, id).map(drop),
        Some("network-insights-path") => scope.own::<InsightsPath>(Kind::InsightsPath, id).map(drop),
        Some("vpc-peering-connection") => scope.peering_connection(id).map(drop),
        Some("key-pair") => scope.key_pair(id).map(drop),
        Some("prefix-list") => scope.prefix_list(id).map(drop),
        Some("route-table") => scope.route_table(id).map(drop),
        Some("security-group") => scope.security_group(id).map(drop),
        Some("security-group-rule") => scope.security_group_rule(id).map(drop),
        Some("subnet") => scope.subnet(id).map(drop),
        Some("subnet-cidr-reservation") => scope.own::<SubnetReservation>(Kind::SubnetReservation, id).map(drop),
        Some("vpc") => scope.vpc(id).map(drop),
        Some("vpc-block-public-access-exclusion") => scope.block_public_access_exclusion(id).map(drop),
        _ => Err(Error::InvalidId(id.to_owned())),
    };
    found.map_err(|error| match error {
        Error::Malformed { id, .. } => Error::InvalidId(id),
        other => other,
    })
}

/// `DescribeTags`: the caller's tags, by resource and key.
pub fn describe(view: &View<'_>, _: DescribeTagsRequest) -> Result<DescribeTagsResult> {
    // No id has a character before the tab, so that the texts are in the order of resources and keys.
    let place = |tag: &state::tag::Tag| format!("{}\t{}", tag.resource, tag.key);
    let (tags, next_token) = if let Some(ids) = view.query.plain("resource-id") {
        let ids: BTreeSet<&String> = ids.iter().collect();
        list_by(view, ids.into_iter().flat_map(|id| view.tags_of(id)), place, values, show)?
    } else if let Some(keys) = view.query.plain("key") {
        list_by(view, with_keys(view, keys).into_values(), place, values, show)?
    } else {
        let first = (String::new(), String::new(), AccountId::from_number(0), Region::new());
        list_by(view, view.state.tags.of(&view.caller.owner(), first), place, values, show)?
    };
    Ok(DescribeTagsResult { next_token, tags })
}

/// The caller's tags with one of the keys, by resource and key: of them those with one of the values and of one of the
/// types that the call asks for, if it does so without wildcards.
fn with_keys<'a>(view: &'a View<'_>, keys: &[String]) -> BTreeMap<(&'a str, &'a str), &'a Arc<state::tag::Tag>> {
    let (account, region) = view.caller.owner();
    let values: Vec<Option<&str>> = match view.query.plain("value") {
        Some(values) => values.iter().map(|it| Some(it.as_str())).collect(),
        None => vec![None],
    };
    let wanted = view.query.plain("resource-type");
    let kinds = TYPES.iter().filter(|it| wanted.is_none_or(|wanted| wanted.iter().any(|name| name == it.1)));
    let mut found = BTreeMap::new();
    for ((kind, _), key) in kinds.flat_map(|kind| keys.iter().map(move |key| (kind, key))) {
        for value in &values {
            let ids = view.state.indexes.tagged(view.caller.owner(), kind, key, *value);
            let tags = ids.filter_map(|id| view.state.tags.get(&(id.to_owned(), key.clone(), account, region.clone())));
            found.extend(tags.map(|it| ((it.resource.as_str(), it.key.as_str()), it)));
        }
    }
    found
}

/// What a tag holds for a filter: itself, not the tags of a resource.
fn values(tag: &state::tag::Tag, filter: &str) -> Option<Vec<String>> {
    Some(match filter {
        "key" | "tag-key" => vec![tag.key.clone()],
        "resource-id" => vec![tag.resource.clone()],
        "resource-type" => type_of(&tag.resource).map(str::to_owned).into_iter().collect(),
        "value" | "tag-value" => vec![tag.value.clone()],
        _ if filter.strip_prefix("tag:")? == tag.key => vec![tag.value.clone()],
        _ => Vec::new(),
    })
}

fn show(tag: &state::tag::Tag) -> TagDescription {
    TagDescription {
        key: Some(tag.key.clone()),
        resource_id: Some(tag.resource.clone()),
        resource_type: type_of(&tag.resource).map(str::to_owned),
        value: Some(tag.value.clone()),
    }
}

fn invalid(text: String) -> Error {
    Error::InvalidParameterValue(text)
}

#[cfg(test)]
mod tests;
