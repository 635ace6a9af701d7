//! What an account may have, and its default VPC.

use super::error::Result;
use super::scope::{Scope, View};
use crate::wire::shapes::{
    AccountAttribute, AccountAttributeValue, DescribeAccountAttributesRequest, DescribeAccountAttributesResult,
};

/// The attributes that are the same for every account, with AWS's values.
const FIXED: [(&str, &str); 5] = [
    ("max-elastic-ips", "5"),
    ("max-instances", "20"),
    ("supported-platforms", "VPC"),
    ("vpc-max-elastic-ips", "5"),
    ("vpc-max-security-groups-per-interface", "5"),
];

pub fn describe_attributes(
    view: &View<'_>,
    input: DescribeAccountAttributesRequest,
) -> Result<DescribeAccountAttributesResult> {
    let default_vpc = view.default_vpc().map_or_else(|| "none".to_owned(), |vpc| vpc.id.to_string());
    let fixed = FIXED.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let all = std::iter::once(("default-vpc", default_vpc)).chain(fixed);
    let names = &input.attribute_names;
    let wanted = all.filter(|(name, _)| names.is_empty() || names.iter().any(|it| it == name));
    let attributes = wanted.map(|(name, value)| AccountAttribute {
        attribute_name: Some(name.to_owned()),
        attribute_values: vec![AccountAttributeValue { attribute_value: Some(value) }],
    });
    Ok(DescribeAccountAttributesResult { account_attributes: attributes.collect() })
}
