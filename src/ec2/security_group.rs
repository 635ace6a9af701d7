//! Not served yet.

use super::error::{Error, Result};
use super::scope::{Call, View};
use crate::wire::shapes::*;

pub fn authorize_egress(_: &mut Call<'_>, _: AuthorizeSecurityGroupEgressRequest) -> Result<AuthorizeSecurityGroupEgressResult> {
    Err(Error::UnsupportedOperation("AuthorizeSecurityGroupEgress is not served yet.".to_owned()))
}

pub fn authorize_ingress(_: &mut Call<'_>, _: AuthorizeSecurityGroupIngressRequest) -> Result<AuthorizeSecurityGroupIngressResult> {
    Err(Error::UnsupportedOperation("AuthorizeSecurityGroupIngress is not served yet.".to_owned()))
}

pub fn create(_: &mut Call<'_>, _: CreateSecurityGroupRequest) -> Result<CreateSecurityGroupResult> {
    Err(Error::UnsupportedOperation("CreateSecurityGroup is not served yet.".to_owned()))
}

pub fn delete(_: &mut Call<'_>, _: DeleteSecurityGroupRequest) -> Result<DeleteSecurityGroupResult> {
    Err(Error::UnsupportedOperation("DeleteSecurityGroup is not served yet.".to_owned()))
}

pub fn describe(_: &View<'_>, _: DescribeSecurityGroupsRequest) -> Result<DescribeSecurityGroupsResult> {
    Err(Error::UnsupportedOperation("DescribeSecurityGroups is not served yet.".to_owned()))
}

pub fn revoke_egress(_: &mut Call<'_>, _: RevokeSecurityGroupEgressRequest) -> Result<RevokeSecurityGroupEgressResult> {
    Err(Error::UnsupportedOperation("RevokeSecurityGroupEgress is not served yet.".to_owned()))
}

pub fn revoke_ingress(_: &mut Call<'_>, _: RevokeSecurityGroupIngressRequest) -> Result<RevokeSecurityGroupIngressResult> {
    Err(Error::UnsupportedOperation("RevokeSecurityGroupIngress is not served yet.".to_owned()))
}

