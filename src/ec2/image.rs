//! Not served yet.

use super::error::{Error, Result};
use super::scope::View;
use crate::wire::shapes::*;

pub fn describe(_: &View<'_>, _: DescribeImagesRequest) -> Result<DescribeImagesResult> {
    Err(Error::UnsupportedOperation("DescribeImages is not served yet.".to_owned()))
}

