//! Not served yet.

use super::error::{Error, Result};
use super::scope::View;
use crate::wire::shapes::*;

pub fn describe(_: &View<'_>, _: DescribeNetworkAclsRequest) -> Result<DescribeNetworkAclsResult> {
    Err(Error::UnsupportedOperation("DescribeNetworkAcls is not served yet.".to_owned()))
}

