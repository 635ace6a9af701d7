//! Tags: on any resource, given when it is made or later.

use super::error::{Error, Limit, Result};
use super::scope::{Call, Scope, View};
use crate::state;
use crate::wire::shapes::*;

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
        let given = specification.resource_type.as_deref().ok_or(Error::MissingParameter("TagSpecification.ResourceType"))?;
        if given != resource_type {
            let text = format!("'{given}' is not a valid taggable resource type for this operation.");
            return Err(Error::InvalidParameterValue(text));
        }
        put(call, &id.to_string(), &specification.tags)?;
    }
    Ok(())
}

/// Adds tags to a resource, or replaces their values.
fn put(call: &mut Call<'_>, resource: &str, tags: &[Tag]) -> Result<()> {
    for tag in tags {
        let key = tag.key.clone().ok_or(Error::MissingParameter("Tag.Key"))?;
        let value = tag.value.clone().unwrap_or_default();
        if key.is_empty() || key.chars().count() > KEY_CHARS_MAX {
            return Err(Error::InvalidTag(key, "a key has 1 to 128 characters."));
        }
        if key.starts_with("aws:") {
            return Err(Error::InvalidTag(key, "keys that start with aws: are reserved."));
        }
        if value.chars().count() > VALUE_CHARS_MAX {
            return Err(Error::InvalidTag(key, "a value has at most 256 characters."));
        }
        let (account, region) = call.caller().owner();
        call.tx.put(state::tag::Tag { account, region, resource: resource.to_owned(), key, value });
    }
    if call.state().tags_of(resource).count() > TAGS_MAX {
        return Err(Error::LimitExceeded(Limit::Tags));
    }
    Ok(())
}

/// Removes every tag of a resource that is going.
pub fn forget(call: &mut Call<'_>, id: impl std::fmt::Display) {
    let keys: Vec<_> = call.state().tags_of(&id.to_string()).map(|it| crate::state::Row::key(it.as_ref())).collect();
    for key in keys {
        call.tx.remove::<state::tag::Tag>(key);
    }
}

pub fn create(_: &mut Call<'_>, _: CreateTagsRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("CreateTags is not served yet.".to_owned()))
}

pub fn delete(_: &mut Call<'_>, _: DeleteTagsRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("DeleteTags is not served yet.".to_owned()))
}

pub fn describe(_: &View<'_>, _: DescribeTagsRequest) -> Result<DescribeTagsResult> {
    Err(Error::UnsupportedOperation("DescribeTags is not served yet.".to_owned()))
}
