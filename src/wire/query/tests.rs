//! What requests become, and which are refused.

use super::*;
use crate::wire::Operation;
use crate::wire::shapes::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn params(form: &str) -> Result<Params, Error> {
    Params::parse(b"", form.as_bytes())
}

/// The input that a form becomes, as debug text, or the refusal.
fn check<O: Operation>(form: &str, expect: &str)
where
    O::Input: std::fmt::Debug,
{
    let form = format!("Action=X&Version=2016-11-15&{form}");
    let outcome = match params(&form).and_then(|it| O::input(&it)) {
        Ok(input) => format!("{input:?}"),
        Err(error) => format!("{}: {error}", error.code()),
    };
    assert!(outcome.contains(expect), "{form}\n    gave {outcome}\n    not  {expect}");
}

#[test]
fn values_are_unescaped_once_and_strictly() {
    check::<DeleteVpc>("VpcId=a+b%20c%2B%C3%A9", r#"vpc_id: "a b c+é""#);
    check::<DeleteVpc>("VpcId=%2541", r#"vpc_id: "%41""#);
    check::<DeleteVpc>("VpcId=a=b", r#"vpc_id: "a=b""#);
    check::<DeleteVpc>("%56pcId=a", r#"vpc_id: "a""#);
    check::<DeleteVpc>("VpcId=%4", "MalformedQueryString");
    check::<DeleteVpc>("VpcId=%+1", "MalformedQueryString");
    check::<DeleteVpc>("VpcId=%ff", "MalformedQueryString");
    check::<DeleteVpc>("VpcId=%ED%A0%80", "MalformedQueryString");
    check::<DeleteVpc>("VpcId=a%00", "InvalidParameterValue: Value (a\u{FFFD}) for parameter VpcId is invalid.");
    check::<DeleteVpc>("VpcId=%EF%BF%BF", "InvalidParameterValue");
    check::<DeleteVpc>("Vpc%07Id=a", "MalformedQueryString");
    check::<CreateTags>("ResourceId.1=a&Tag.1.Key=%0A%09", r#"key: Some("\n\t")"#);
}

#[test]
fn required_members_must_be_there() {
    check::<DeleteVpc>("", "MissingParameter: The request must contain the parameter VpcId");
    check::<DeleteVpc>("VpcId=", "MissingParameter: The request must contain the parameter VpcId");
    check::<CreateTags>("Tag.1.Key=a", "MissingParameter: The request must contain the parameter ResourceId");
    check::<TerminateInstances>("", "MissingParameter: The request must contain the parameter InstanceId");
    check::<ModifySecurityGroupRules>(
        "GroupId=sg-1&SecurityGroupRule.7.SecurityGroupRule.CidrIpv4=10.0.0.0/8",
        "MissingParameter: The request must contain the parameter SecurityGroupRule.7.SecurityGroupRuleId",
    );
}

#[test]
fn unknown_parameters_are_refused_by_their_full_name() {
    check::<DeleteVpc>("VpcId=a&Colour=red", "UnknownParameter: The parameter Colour is not recognized");
    check::<DeleteVpc>("VpcId.1=a", "UnknownParameter: The parameter VpcId.1 is not recognized");
    check::<DeleteVpc>("VpcId=a&VpcId.1=a", "UnknownParameter: The parameter VpcId.1 is not recognized");
    check::<DeleteVpc>("VpcId=a&.=a", "UnknownParameter: The parameter . is not recognized");
    check::<DeleteVpc>("VpcId=a&Filter.1.Name=a", "UnknownParameter: The parameter Filter.1.Name is not recognized");
    check::<DeleteVpc>("VpcId=a&MaxResults=5", "UnknownParameter: The parameter MaxResults is not recognized");
    check::<DeleteVpc>("VpcId=a&DryRun=true", r#"vpc_id: "a""#);
    check::<ModifyVpcAttribute>("VpcId=a&DryRun=true", "UnknownParameter: The parameter DryRun is not recognized");
    check::<DescribeVpcs>("VpcId=vpc-1", "UnknownParameter: The parameter VpcId is not recognized");
    check::<DescribeVpcs>("VpcId.0=vpc-1", "UnknownParameter: The parameter VpcId.0 is not recognized");
    check::<DescribeVpcs>("VpcId.01=vpc-1", "UnknownParameter: The parameter VpcId.01 is not recognized");
    check::<DescribeVpcs>("VpcId.x=vpc-1", "UnknownParameter: The parameter VpcId.x is not recognized");
    check::<CreateTags>("ResourceId.1=a&Tag.1=a", "UnknownParameter: The parameter Tag.1 is not recognized");
    check::<CreateTags>("ResourceId.1=a&Tag.1.Size=a", "UnknownParameter: The parameter Tag.1.Size is not recognized");
}

#[test]
fn lists_are_in_the_order_of_their_numbers_and_may_have_gaps() {
    check::<DescribeVpcs>("VpcId.10=c&VpcId.9=b&VpcId.2=a&VpcId.999999999=d", r#"vpc_ids: ["a", "b", "c", "d"]"#);
    check::<DescribeVpcs>("", "vpc_ids: []");
    check::<DescribeVpcs>("VpcId=", "vpc_ids: []");
    check::<DescribeVpcs>("VpcId.1=&VpcId.2=a", r#"vpc_ids: ["", "a"]"#);
    check::<DescribeVpcs>("VpcId.9999999999=a", "UnknownParameter");
}

#[test]
fn an_empty_value_is_absent_unless_it_is_a_value() {
    check::<CreateSubnet>("VpcId=a&AvailabilityZone=", "availability_zone: None");
    check::<CreateTags>("ResourceId.1=a&Tag.1.Key=k&Tag.1.Value=", r#"value: Some("")"#);
    check::<CreateTags>("ResourceId.1=a&Tag.1.Key=k", "value: None");
    check::<ModifyNetworkInterfaceAttribute>("NetworkInterfaceId=a&Description.Value=", r#"value: Some("")"#);
    check::<ModifyNetworkInterfaceAttribute>("NetworkInterfaceId=a&Description=", "description: None");
    check::<RunInstances>("MinCount=1&MaxCount=1&Placement.AvailabilityZone=", "availability_zone: None");
}

#[test]
fn scalars_have_their_types() {
    check::<CreateVpc>("AmazonProvidedIpv6CidrBlock=True", "amazon_provided_ipv6_cidr_block: Some(true)");
    check::<CreateVpc>("AmazonProvidedIpv6CidrBlock=0", "amazon_provided_ipv6_cidr_block: Some(false)");
    check::<CreateVpc>(
        "AmazonProvidedIpv6CidrBlock=yes",
        "Value (yes) for parameter AmazonProvidedIpv6CidrBlock is invalid. Expecting true or false.",
    );
    check::<RunInstances>("MinCount=-1&MaxCount=2147483647", "max_count: 2147483647");
    check::<RunInstances>("MinCount=1&MaxCount=2147483648", "InvalidParameterValue: Value (2147483648)");
    check::<CreateVpc>("InstanceTenancy=default", r#"instance_tenancy: Some("default")"#);
    check::<CreateVpc>(
        "InstanceTenancy=mine",
        "Value (mine) for parameter InstanceTenancy is invalid. Expecting one of: dedicated, default, host.",
    );
    check::<ModifyInstanceAttribute>("InstanceId=i&UserData.Value=aGk%3D", "Blob([104, 105])");
    check::<ModifyInstanceAttribute>("InstanceId=i&UserData.Value=%21", "InvalidParameterValue");
    let long = "x".repeat(10_000);
    let refusal = params(&format!("A=x&InstanceTenancy={long}")).and_then(|it| it.input::<CreateVpcRequest>(&["A"]));
    assert!(refusal.unwrap_err().to_string().len() < 600);
}

#[test]
fn the_shared_parameters_are_taken_out() {
    let form = "Version=2016-11-15&Action=DescribeVpcs&DryRun=true&MaxResults=5&NextToken=t&VpcId.1=v";
    let parsed = params(form).unwrap();
    assert_eq!((parsed.action(), parsed.version(), parsed.dry_run()), (Ok("DescribeVpcs"), Ok("2016-11-15"), Ok(true)));
    let request = "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=v".to_owned();
    assert_eq!(parsed.paging(), Ok(Paging { max_results: Some(5), next_token: Some("t".to_owned()), request }));
    assert_eq!(params("Action=DescribeVpcs&VpcId.1=v").unwrap().paging(), Ok(Paging::default()));
    let code = |form: &str, ask: fn(&Params) -> Option<Error>| ask(&params(form).unwrap()).map_or("", |it| it.code());
    assert_eq!(code("Action=", |it| it.action().err()), "MissingAction");
    assert_eq!(code("", |it| it.version().err()), "MissingParameter");
    assert_eq!(code("Version=latest", |it| it.version().err()), "NoSuchVersion");
    assert_eq!(code("DryRun=maybe", |it| it.dry_run().err()), "InvalidParameterValue");
    assert_eq!(code("Action=DescribeVpcs&MaxResults=4", |it| it.paging().err()), "InvalidParameterValue");
    assert_eq!(code("Action=DescribeVpcs&MaxResults=1001", |it| it.paging().err()), "InvalidParameterValue");
    assert_eq!(code("Action=DescribeRouteTables&MaxResults=101", |it| it.paging().err()), "InvalidParameterValue");
    assert_eq!(code("Action=DescribeVpcs&MaxResults=", |it| it.paging().err()), "");
}

#[test]
fn a_client_token_is_as_long_and_of_the_characters_that_aws_documents_for_the_action() {
    let token = |action: &str, token: &str| {
        let parsed = params(&format!("Action={action}&ClientToken={token}")).unwrap();
        parsed.client_token().map_err(|it| it.to_string())
    };
    let check = |action: &str, character: &str, max: usize, why: &str| {
        assert_eq!(token(action, &character.repeat(max)), Ok(Some(character.repeat(max))), "{action}");
        let refused = token(action, &character.repeat(max + 1)).unwrap_err();
        assert!(refused.ends_with(why), "{action}: {refused}");
    };
    check("RunInstances", "t", 64, "Expecting at most 64 ASCII characters.");
    check("CreateManagedPrefixList", "t", 255, "Expecting at most 255 UTF-8 characters.");
    check("CreateManagedPrefixList", "ü", 255, "Expecting at most 255 UTF-8 characters.");
    assert!(token("RunInstances", "ü").is_err());
    assert_eq!(token("RunInstances", ""), Ok(None));
}

#[test]
fn filters_come_in_order_and_bounded() {
    let form = "Filter.10.Name=b&Filter.10.Value.1=2&Filter.2.Name=a&Filter.2.Value.3=1&Filter.2.Value.1=";
    let filter = |name: &str, values: &[&str]| Filter {
        name: name.to_owned(),
        values: values.iter().map(|it| (*it).to_owned()).collect(),
    };
    assert_eq!(params(form).unwrap().filters(), Ok(vec![filter("a", &["", "1"]), filter("b", &["2"])]));
    let code = |form: &str| params(form).unwrap().filters().map_or_else(|it| it.code(), |_| "");
    assert_eq!(code("Filter.1.Value.1=a"), "MissingParameter");
    assert_eq!(code("Filter.1.Name=a"), "MissingParameter");
    assert_eq!(code("Filter.1.Name=a&Filter.1.Values.1=a"), "UnknownParameter");
    let many = |filters: usize, values: usize| {
        let value = |filter, value| format!("&Filter.{filter}.Value.{value}=v");
        let filter = |it| format!("&Filter.{it}.Name=a") + &(1..=values).map(|at| value(it, at)).collect::<String>();
        (1..=filters).map(filter).collect::<String>()
    };
    assert_eq!(code(&many(50, 4)), "");
    assert_eq!(code(&many(51, 1)), "FilterLimitExceeded");
    assert_eq!(code(&many(1, 201)), "FilterLimitExceeded");
    let long = |length: usize| format!("Filter.1.Name=a&Filter.1.Value.1={}", "*a".repeat(length / 2));
    assert_eq!(code(&long(254)), "");
    assert_eq!(code(&long(256)), "FilterLimitExceeded");
    let refused = |form: &str| params(form).unwrap().filters().unwrap_err().to_string();
    assert_eq!(refused(&many(2, 101)), "The maximum number of filter values specified on a single call is 200");
    assert_eq!(refused(&long(256)), "The maximum length for a filter value is 255 characters");
}

#[test]
fn duplicates_depth_and_length_are_bounded() {
    let code = |form: &str| params(form).map_or_else(|it| it.code(), |_| "");
    assert_eq!(code("A=1&B=2&A=1"), "MalformedQueryString");
    assert_eq!(code("A=1&%41=1"), "MalformedQueryString");
    assert_eq!(code("a=1&A=1"), "");
    assert_eq!(code(&["A"; 16].join(".")), "");
    assert_eq!(code(&["A"; 17].join(".")), "MalformedQueryString");
    assert_eq!(code(&"A".repeat(512)), "");
    assert_eq!(code(&"A".repeat(513)), "MalformedQueryString");
    let many = |count: usize| (0..count).map(|it| format!("A{it}=&")).collect::<String>();
    assert_eq!(code(&many(20_000)), "");
    assert_eq!(code(&many(20_001)), "MalformedQueryString");
}

#[test]
fn ten_thousand_parameters_are_read_in_a_moment() {
    let started = Instant::now();
    let form: String = (1..=10_000).rev().map(|it| format!("InstanceId.{it}=i-{it}&")).collect();
    let input = TerminateInstances::input(&params(&form).unwrap()).unwrap();
    assert_eq!(input.instance_ids.len(), 10_000);
    assert_eq!(input.instance_ids[9_999], "i-10000");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn query_string_and_body_are_one_request_without_the_signature() {
    let parsed = Params::parse(b"Action=DeleteVpc&X-Amz-Date=1", b"VpcId=a").unwrap();
    assert_eq!(parsed.encode(), "Action=DeleteVpc&VpcId=a");
    assert!(matches!(Params::parse(b"Action=A", b"Action=B"), Err(Error::Duplicate(_))));
    assert_eq!(params("X-Amz-Date=1").unwrap().encode(), "X-Amz-Date=1");
}

#[test]
fn every_action_has_its_facts() {
    for action in ACTIONS {
        assert_eq!(facts(action).map(|it| it.action), Some(*action));
    }
    assert!(facts("DescribeEverything").is_none());
    assert!(documented_filters("DescribeVpcs").contains(&"tag:<key>"));
    assert!(documented_filters("DescribeSubnets").contains(&"availabilityZone"));
    assert!(ACTIONS.is_sorted());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(form in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(parsed) = Params::parse(&[], &form) {
            let _ = RunInstances::input(&parsed);
            let _ = (parsed.action().is_ok(), parsed.version().is_ok(), parsed.paging().is_ok(), parsed.filters().is_ok());
        }
    }

    #[test]
    fn likely_forms_never_panic(form in "((Tag|Filter|Action|NetworkInterface|MinCount|Placement|1|2|01|Value|Name|Groups|Ebs)[.=&]?){0,40}") {
        if let Ok(parsed) = Params::parse(&[], form.as_bytes()) {
            let _ = (RunInstances::input(&parsed).is_ok(), CreateTags::input(&parsed).is_ok(), parsed.filters().is_ok());
        }
    }

    #[test]
    fn encoding_and_reading_again_changes_nothing(
        pairs in proptest::collection::btree_map("[A-Za-z]{1,4}(\\.[A-Za-z0-9é]{1,4}){0,3}", "[ -~é\\n\u{1F600}]{0,10}", 0..30),
    ) {
        let mut form = String::new();
        for (key, value) in &pairs {
            escape(key.as_bytes(), &mut form);
            form.push('=');
            escape(value.as_bytes(), &mut form);
            form.push('&');
        }
        let parsed = params(&form).unwrap();
        prop_assert_eq!(parsed.entries.len(), pairs.len());
        prop_assert!(parsed.entries.iter().all(|it| pairs[&it.key] == it.value));
        prop_assert_eq!(params(&parsed.encode()).unwrap(), parsed);
    }
}
