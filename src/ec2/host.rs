//! Not served yet.

use super::error::{Error, Result};
use super::scope::View;
use crate::wire::shapes::*;

pub fn describe(_: &View<'_>, _: DescribeHostsRequest) -> Result<DescribeHostsResult> {
    Err(Error::UnsupportedOperation("DescribeHosts is not served yet.".to_owned()))
}

