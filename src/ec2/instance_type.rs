//! Not served yet.

use super::error::{Error, Result};
use super::scope::View;
use crate::wire::shapes::*;

pub fn describe(_: &View<'_>, _: DescribeInstanceTypesRequest) -> Result<DescribeInstanceTypesResult> {
    Err(Error::UnsupportedOperation("DescribeInstanceTypes is not served yet.".to_owned()))
}

