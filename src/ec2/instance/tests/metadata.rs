//! How instances' metadata may be asked for: options of one instance, and defaults of an account.

use super::Lab;
use crate::ec2::fixture::text;

/// The options that are shown: endpoint, IPv6, hops, tokens, tags.
fn options(lab: &mut Lab, id: &str) -> String {
    let shown = lab.describe(id);
    let shown = text(&shown, "metadataOptions");
    assert_eq!(text(shown, "state"), "applied");
    let names = ["httpEndpoint", "httpProtocolIpv6", "httpPutResponseHopLimit", "httpTokens", "instanceMetadataTags"];
    names.map(|it| text(shown, it)).join(" ")
}

fn set(lab: &mut Lab, id: &str, parameters: &[(&str, &str)]) -> Result<String, String> {
    let parameters = [&[("InstanceId", id)], parameters].concat();
    lab.world.call("ModifyInstanceMetadataOptions", &parameters).map_err(|it| it.code())
}

const FRESH: &str = "enabled disabled 2 required disabled";

#[test]
fn an_instance_is_launched_with_the_options_that_the_call_gives() {
    let mut lab = Lab::new();
    let mut check = |parameters: &[(&str, &str)], expect: &str| {
        let id = lab.instance(parameters);
        assert_eq!(options(&mut lab, &id), expect, "{parameters:?}");
    };
    check(&[], FRESH);
    check(&[("MetadataOptions.HttpEndpoint", "disabled")], "disabled disabled 2 required disabled");
    check(&[("MetadataOptions.HttpTokens", "optional")], "enabled disabled 2 optional disabled");
    check(
        &[
            ("MetadataOptions.HttpProtocolIpv6", "enabled"),
            ("MetadataOptions.HttpPutResponseHopLimit", "64"),
            ("MetadataOptions.InstanceMetadataTags", "enabled"),
        ],
        "enabled enabled 64 required enabled",
    );
    for hops in ["0", "65", "-1", "257"] {
        let given = [("MetadataOptions.HttpPutResponseHopLimit", hops)];
        assert_eq!(lab.refused(&given), "InvalidParameterValue", "{hops}");
    }
    assert_eq!(lab.refused(&[("MetadataOptions.HttpTokens", "never")]), "InvalidParameterValue");
}

#[test]
fn options_change_one_by_one_and_the_others_stay() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    for (name, value, expect) in [
        ("HttpPutResponseHopLimit", "1", "enabled disabled 1 required disabled"),
        ("HttpTokens", "optional", "enabled disabled 1 optional disabled"),
        ("InstanceMetadataTags", "enabled", "enabled disabled 1 optional enabled"),
        ("HttpProtocolIpv6", "enabled", "enabled enabled 1 optional enabled"),
        ("HttpEndpoint", "disabled", "disabled enabled 1 optional enabled"),
        ("HttpTokens", "required", "disabled enabled 1 required enabled"),
    ] {
        let answer = set(&mut lab, &id, &[(name, value)]).unwrap();
        assert_eq!(text(&answer, "instanceId"), id);
        assert_eq!(text(text(&answer, "instanceMetadataOptions"), "state"), "applied");
        assert_eq!(options(&mut lab, &id), expect, "{name} {value}");
    }
    for (name, value) in [
        ("http-endpoint", "disabled"),
        ("http-protocol-ipv4", "disabled"),
        ("http-protocol-ipv6", "enabled"),
        ("http-put-response-hop-limit", "1"),
        ("http-tokens", "required"),
        ("instance-metadata-tags", "enabled"),
        ("state", "applied"),
    ] {
        assert_eq!(lab.find(&format!("metadata-options.{name}"), value), [id.as_str()], "{name}");
        assert!(lab.find(&format!("metadata-options.{name}"), "other").is_empty(), "{name}");
    }

    assert_eq!(set(&mut lab, &id, &[]), Err("InvalidParameterCombination".to_owned()));
    assert_eq!(set(&mut lab, &id, &[("HttpPutResponseHopLimit", "65")]), Err("InvalidParameterValue".to_owned()));
    assert_eq!(set(&mut lab, &id, &[("HttpEndpoint", "ajar")]), Err("InvalidParameterValue".to_owned()));
    let on = [("HttpEndpoint", "enabled")];
    assert_eq!(set(&mut lab, "i-00000000000000000", &on), Err("InvalidInstanceID.NotFound".to_owned()));
    lab.world.become_account(2);
    assert_eq!(set(&mut lab, &id, &on), Err("InvalidInstanceID.NotFound".to_owned()));
    lab.world.become_account(1);
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &id)]);
    assert_eq!(set(&mut lab, &id, &on), Err("IncorrectInstanceState".to_owned()));
}

#[test]
fn an_accounts_defaults_hold_where_a_launch_does_not_say() {
    let mut lab = Lab::new();
    let modify = |lab: &mut Lab, parameters: &[(&str, &str)]| {
        let answer = lab.world.ok("ModifyInstanceMetadataDefaults", parameters);
        assert_eq!(text(&answer, "return"), "true");
    };
    let shown = |lab: &mut Lab| {
        let answer = lab.world.ok("GetInstanceMetadataDefaults", &[]);
        text(&answer, "accountLevel").to_owned()
    };
    let before = lab.instance(&[]);
    assert_eq!(shown(&mut lab), "<managedBy>account</managedBy>");
    modify(
        &mut lab,
        &[("HttpTokens", "optional"), ("HttpPutResponseHopLimit", "5"), ("InstanceMetadataTags", "enabled")],
    );
    let one = lab.instance(&[]);
    assert_eq!(options(&mut lab, &one), "enabled disabled 5 optional enabled");
    let two = lab.instance(&[("MetadataOptions.HttpTokens", "required")]);
    assert_eq!(options(&mut lab, &two), "enabled disabled 5 required enabled");
    assert_eq!(options(&mut lab, &before), FRESH, "instances that are keep their options");
    let now = shown(&mut lab);
    assert_eq!(text(&now, "httpTokens"), "optional");
    assert_eq!(text(&now, "httpPutResponseHopLimit"), "5");
    assert_eq!(text(&now, "instanceMetadataTags"), "enabled");
    assert!(!now.contains("httpEndpoint") && !now.contains("httpTokensEnforced"), "{now}");

    // What is not given stays; what has no preference goes.
    modify(&mut lab, &[("HttpTokens", "no-preference"), ("HttpEndpoint", "disabled")]);
    let three = lab.instance(&[]);
    assert_eq!(options(&mut lab, &three), "disabled disabled 5 required enabled");
    modify(
        &mut lab,
        &[
            ("HttpPutResponseHopLimit", "-1"),
            ("HttpEndpoint", "no-preference"),
            ("InstanceMetadataTags", "no-preference"),
        ],
    );
    assert_eq!(shown(&mut lab), "<managedBy>account</managedBy>");
    for hops in ["0", "65", "-2"] {
        let given = [("HttpPutResponseHopLimit", hops)];
        assert_eq!(lab.world.code("ModifyInstanceMetadataDefaults", &given), "InvalidParameterValue");
    }

    modify(&mut lab, &[("HttpEndpoint", "disabled")]);
    for elsewhere in [
        |lab: &mut Lab| lab.world.become_account(2),
        |lab: &mut Lab| {
            lab.world.become_account(1);
            lab.world.caller.region = "eu-central-1".to_owned();
        },
    ] {
        elsewhere(&mut lab);
        assert_eq!(shown(&mut lab), "<managedBy>account</managedBy>");
    }
}

#[test]
fn an_account_that_enforces_tokens_lets_no_instance_do_without() {
    let mut lab = Lab::new();
    let id = lab.instance(&[("MetadataOptions.HttpTokens", "optional")]);
    lab.world.ok("ModifyInstanceMetadataDefaults", &[("HttpTokensEnforced", "enabled")]);
    assert_eq!(lab.refused(&[("MetadataOptions.HttpTokens", "optional")]), "UnsupportedOperation");
    assert_eq!(set(&mut lab, &id, &[("HttpTokens", "optional")]), Err("UnsupportedOperation".to_owned()));
    set(&mut lab, &id, &[("HttpPutResponseHopLimit", "3")]).unwrap();
    assert_eq!(options(&mut lab, &id), "enabled disabled 3 optional disabled", "one that did without goes on");
    lab.instance(&[]);
    lab.world.ok("ModifyInstanceMetadataDefaults", &[("HttpTokensEnforced", "disabled")]);
    lab.instance(&[("MetadataOptions.HttpTokens", "optional")]);
}

#[test]
fn tags_in_metadata_have_keys_that_fit_in_a_path() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let tag = |lab: &mut Lab, id: &str, key: &str| {
        let parameters = [("ResourceId.1", id), ("Tag.1.Key", key), ("Tag.1.Value", "v")];
        lab.world.call("CreateTags", &parameters).map(drop).map_err(|it| it.code())
    };
    tag(&mut lab, &id, "two words").unwrap();
    let on = [("InstanceMetadataTags", "enabled")];
    assert_eq!(set(&mut lab, &id, &on), Err("InvalidParameterValue".to_owned()));
    lab.world.ok("DeleteTags", &[("ResourceId.1", &id), ("Tag.1.Key", "two words")]);
    set(&mut lab, &id, &on).unwrap();
    for key in ["two words", "a/b", ".", "..", "_index", "é"] {
        assert_eq!(tag(&mut lab, &id, key), Err("InvalidParameterValue".to_owned()), "{key}");
    }
    for key in ["Name", "a.b", "team:web_1+2-3=4,5@6"] {
        tag(&mut lab, &id, key).unwrap();
    }
    let given = [
        ("MetadataOptions.InstanceMetadataTags", "enabled"),
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "two words"),
        ("TagSpecification.1.Tag.1.Value", "v"),
    ];
    assert_eq!(lab.refused(&given), "InvalidParameterValue");
    lab.instance(&given[1..]);
}
