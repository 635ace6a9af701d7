//! Not served yet.

use super::error::{Error, Result};
use super::scope::View;
use crate::wire::shapes::*;

pub fn describe_attributes(_: &View<'_>, _: DescribeAccountAttributesRequest) -> Result<DescribeAccountAttributesResult> {
    Err(Error::UnsupportedOperation("DescribeAccountAttributes is not served yet.".to_owned()))
}

