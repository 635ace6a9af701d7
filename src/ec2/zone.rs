//! Not served yet.

use super::error::{Error, Result};
use super::scope::View;
use crate::wire::shapes::*;

pub fn describe(_: &View<'_>, _: DescribeAvailabilityZonesRequest) -> Result<DescribeAvailabilityZonesResult> {
    Err(Error::UnsupportedOperation("DescribeAvailabilityZones is not served yet.".to_owned()))
}

