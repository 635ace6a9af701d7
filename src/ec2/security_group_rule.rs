//! Not served yet.

use super::error::{Error, Result};
use super::scope::{Call, View};
use crate::wire::shapes::*;

pub fn describe(_: &View<'_>, _: DescribeSecurityGroupRulesRequest) -> Result<DescribeSecurityGroupRulesResult> {
    Err(Error::UnsupportedOperation("DescribeSecurityGroupRules is not served yet.".to_owned()))
}

pub fn modify(_: &mut Call<'_>, _: ModifySecurityGroupRulesRequest) -> Result<ModifySecurityGroupRulesResult> {
    Err(Error::UnsupportedOperation("ModifySecurityGroupRules is not served yet.".to_owned()))
}

pub fn update_descriptions_egress(_: &mut Call<'_>, _: UpdateSecurityGroupRuleDescriptionsEgressRequest) -> Result<UpdateSecurityGroupRuleDescriptionsEgressResult> {
    Err(Error::UnsupportedOperation("UpdateSecurityGroupRuleDescriptionsEgress is not served yet.".to_owned()))
}

pub fn update_descriptions_ingress(_: &mut Call<'_>, _: UpdateSecurityGroupRuleDescriptionsIngressRequest) -> Result<UpdateSecurityGroupRuleDescriptionsIngressResult> {
    Err(Error::UnsupportedOperation("UpdateSecurityGroupRuleDescriptionsIngress is not served yet.".to_owned()))
}

