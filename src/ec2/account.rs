//! What an account may have, and its default VPC.

use super::address::elastic_max;
use super::error::Result;
use super::network_interface::attribute::groups_max;
use super::scope::{Scope, View};
use crate::wire::shapes::{
    AccountAttribute, AccountAttributeValue, DescribeAccountAttributesRequest, DescribeAccountAttributesResult,
};

/// The attributes that are the same for every account, with AWS's values where there is no limit of ours.
const FIXED: [(&str, &str); 2] = [("max-instances", "20"), ("supported-platforms", "VPC")];

pub fn describe_attributes(
    view: &View<'_>,
    input: DescribeAccountAttributesRequest,
) -> Result<DescribeAccountAttributesResult> {
    let default_vpc = view.default_vpc().map_or_else(|| "none".to_owned(), |vpc| vpc.id.to_string());
    let fixed = FIXED.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let groups = groups_max(view.state()).to_string();
    let addresses = elastic_max(view.state()).to_string();
    let own = [
        ("default-vpc", default_vpc),
        ("max-elastic-ips", addresses.clone()),
        ("vpc-max-elastic-ips", addresses),
        ("vpc-max-security-groups-per-interface", groups),
    ];
    let all = own.into_iter().chain(fixed);
    let names = &input.attribute_names;
    let wanted = all.filter(|(name, _)| names.is_empty() || names.iter().any(|it| it == name));
    let attributes = wanted.map(|(name, value)| AccountAttribute {
        attribute_name: Some(name.to_owned()),
        attribute_values: vec![AccountAttributeValue { attribute_value: Some(value) }],
    });
    Ok(DescribeAccountAttributesResult { account_attributes: attributes.collect() })
}

#[cfg(test)]
mod tests {
    use crate::ec2::fixture::{World, text, texts};

    #[test]
    fn the_default_vpc_is_an_attribute_of_the_account() {
        let mut world = World::new();
        let asked = [("AttributeName.1", "default-vpc")];
        assert_eq!(text(&world.ok("DescribeAccountAttributes", &asked), "attributeValue"), "none");
        let vpc = world.ok("CreateDefaultVpc", &[]);
        let answer = world.ok("DescribeAccountAttributes", &asked);
        assert_eq!(texts(&answer, "attributeName"), ["default-vpc"]);
        assert_eq!(text(&answer, "attributeValue"), text(&vpc, "vpcId"));
        world.become_account(2);
        assert_eq!(text(&world.ok("DescribeAccountAttributes", &asked), "attributeValue"), "none");
    }

    #[test]
    fn all_attributes_are_answered_unless_some_are_named() {
        let mut world = World::new();
        let answer = world.ok("DescribeAccountAttributes", &[]);
        let names = texts(&answer, "attributeName");
        assert_eq!(names.len(), 6);
        for name in names {
            let one = world.ok("DescribeAccountAttributes", &[("AttributeName.1", name)]);
            assert_eq!(texts(&one, "attributeName"), [name]);
        }
        let platforms = world.ok("DescribeAccountAttributes", &[("AttributeName.1", "supported-platforms")]);
        assert_eq!(texts(&platforms, "attributeValue"), ["VPC"]);
        let groups =
            world.ok("DescribeAccountAttributes", &[("AttributeName.1", "vpc-max-security-groups-per-interface")]);
        assert_eq!(texts(&groups, "attributeValue"), ["16"], "as many as an interface takes");
        let unknown = [("AttributeName.1", "max-wishes")];
        assert_eq!(world.code("DescribeAccountAttributes", &unknown), "InvalidParameterValue");
        assert_eq!(world.code("DescribeAccountAttributes", &[("DryRun", "true")]), "DryRunOperation");
    }
}
