//! Not served yet.

use super::error::{Error, Result};
use super::scope::{Call, View};
use crate::wire::shapes::*;

pub fn create(_: &mut Call<'_>, _: CreateSubnetRequest) -> Result<CreateSubnetResult> {
    Err(Error::UnsupportedOperation("CreateSubnet is not served yet.".to_owned()))
}

pub fn delete(_: &mut Call<'_>, _: DeleteSubnetRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("DeleteSubnet is not served yet.".to_owned()))
}

pub fn describe(_: &View<'_>, _: DescribeSubnetsRequest) -> Result<DescribeSubnetsResult> {
    Err(Error::UnsupportedOperation("DescribeSubnets is not served yet.".to_owned()))
}

pub fn modify_attribute(_: &mut Call<'_>, _: ModifySubnetAttributeRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("ModifySubnetAttribute is not served yet.".to_owned()))
}

