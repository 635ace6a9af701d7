//! Not served yet.

use super::error::{Error, Result};
use super::scope::{Call, View};
use crate::wire::shapes::*;

pub fn create_default(_: &mut Call<'_>, _: CreateDefaultVpcRequest) -> Result<CreateDefaultVpcResult> {
    Err(Error::UnsupportedOperation("CreateDefaultVpc is not served yet.".to_owned()))
}

pub fn create(_: &mut Call<'_>, _: CreateVpcRequest) -> Result<CreateVpcResult> {
    Err(Error::UnsupportedOperation("CreateVpc is not served yet.".to_owned()))
}

pub fn delete(_: &mut Call<'_>, _: DeleteVpcRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("DeleteVpc is not served yet.".to_owned()))
}

pub fn describe_attribute(_: &View<'_>, _: DescribeVpcAttributeRequest) -> Result<DescribeVpcAttributeResult> {
    Err(Error::UnsupportedOperation("DescribeVpcAttribute is not served yet.".to_owned()))
}

pub fn describe(_: &View<'_>, _: DescribeVpcsRequest) -> Result<DescribeVpcsResult> {
    Err(Error::UnsupportedOperation("DescribeVpcs is not served yet.".to_owned()))
}

pub fn modify_attribute(_: &mut Call<'_>, _: ModifyVpcAttributeRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("ModifyVpcAttribute is not served yet.".to_owned()))
}

