//! Not served yet.

use super::error::{Error, Result};
use super::scope::View;
use crate::wire::shapes::*;

pub fn describe(_: &View<'_>, _: DescribeRegionsRequest) -> Result<DescribeRegionsResult> {
    Err(Error::UnsupportedOperation("DescribeRegions is not served yet.".to_owned()))
}

