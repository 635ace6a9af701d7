//! Not served yet.

use super::error::{Error, Result};
use super::scope::View;
use crate::wire::shapes::*;

pub fn describe(_: &View<'_>, _: DescribeRouteTablesRequest) -> Result<DescribeRouteTablesResult> {
    Err(Error::UnsupportedOperation("DescribeRouteTables is not served yet.".to_owned()))
}

