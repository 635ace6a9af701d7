//! DHCP options sets as clients meet them.

use crate::ec2::fixture::{World, text, texts};

fn created(world: &mut World, parameters: &[(&str, &str)]) -> String {
    text(&world.ok("CreateDhcpOptions", parameters), "dhcpOptionsId").to_owned()
}

/// What a call with these options, as pairs of a key and its values, is answered.
fn options<'a>(given: &[(&'a str, &[&'a str])]) -> Vec<(String, &'a str)> {
    let mut parameters = Vec::new();
    for (n, (key, values)) in (1..).zip(given) {
        parameters.push((format!("DhcpConfiguration.{n}.Key"), *key));
        for (m, value) in (1..).zip(*values) {
            parameters.push((format!("DhcpConfiguration.{n}.Value.{m}"), *value));
        }
    }
    parameters
}

fn call(world: &mut World, given: &[(&str, &[&str])]) -> Result<String, crate::ec2::Error> {
    let parameters = options(given);
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    world.call("CreateDhcpOptions", &parameters)
}

#[test]
fn a_set_is_answered_and_described_alike() {
    let mut world = World::new();
    let answer = world.ok(
        "CreateDhcpOptions",
        &[
            ("DhcpConfiguration.1.Key", "domain-name-servers"),
            ("DhcpConfiguration.1.Value.1", "10.2.0.5"),
            ("DhcpConfiguration.1.Value.2", "AmazonProvidedDNS"),
            ("DhcpConfiguration.2.Key", "domain-name"),
            ("DhcpConfiguration.2.Value.1", "example.com"),
            ("TagSpecification.1.ResourceType", "dhcp-options"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", "corp"),
        ],
    );
    let id = text(&answer, "dhcpOptionsId").to_owned();
    assert!(id.starts_with("dopt-"));
    assert_eq!(text(&answer, "ownerId"), world.caller.account.to_string());
    assert_eq!(text(&answer, "tagSet"), "<item><key>Name</key><value>corp</value></item>");
    assert_eq!(
        text(&answer, "dhcpConfigurationSet"),
        "<item><key>domain-name</key><valueSet><item><value>example.com</value></item></valueSet></item>\
         <item><key>domain-name-servers</key><valueSet><item><value>10.2.0.5</value></item>\
         <item><value>AmazonProvidedDNS</value></item></valueSet></item>"
    );
    let described = world.ok("DescribeDhcpOptions", &[("DhcpOptionsId.1", &id)]);
    assert_eq!(text(&described, "dhcpOptionsSet"), format!("<item>{}</item>", text(&answer, "dhcpOptions")));
}

#[test]
fn every_option_takes_what_ec2_takes() {
    let mut world = World::new();
    for (key, values) in [
        ("domain-name", &["example.com"][..]),
        ("domain-name", &["corp.example.com example.com"]),
        ("domain-name", &["_tcp.example-1.com."]),
        ("domain-name-servers", &["AmazonProvidedDNS"]),
        ("domain-name-servers", &["10.0.0.1", "10.0.0.2", "10.0.0.3", "AmazonProvidedDNS"]),
        ("domain-name-servers", &["10.0.0.1", "fd00::1", "fd00::2", "fd00::3", "fd00::4"]),
        ("ntp-servers", &["169.254.169.123", "fd00:ec2::123"]),
        ("netbios-name-servers", &["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]),
        ("netbios-node-type", &["2"]),
        ("ipv6-address-preferred-lease-time", &["140"]),
        ("ipv6-address-preferred-lease-time", &["2147483647"]),
    ] {
        let answer = call(&mut world, &[(key, values)]).unwrap_or_else(|error| panic!("{key} {values:?}: {error}"));
        assert_eq!(texts(text(&answer, "valueSet"), "value"), values, "{key}");
    }
    let answer = call(&mut world, &[("ntp-servers", &["10.0.0.1,10.0.0.2"])]).expect("two in one");
    assert_eq!(texts(text(&answer, "valueSet"), "value"), ["10.0.0.1", "10.0.0.2"]);
}

#[test]
fn what_no_option_can_be_is_refused() {
    let mut world = World::new();
    let mut check = |given: &[(&str, &[&str])], code: &str| {
        let error = call(&mut world, given).expect_err("refused");
        assert_eq!(error.code(), code, "{given:?}: {error}");
    };
    check(&[], "MissingParameter");
    check(&[("domain-name", &[])], "MissingParameter");
    check(&[("domain-name", &["a.example"]), ("domain-name", &["b.example"])], "InvalidParameterCombination");
    for (key, values) in [
        ("routers", &["10.0.0.1"][..]),
        ("Domain-Name", &["example.com"]),
        ("domain-name", &["a.example", "b.example"]),
        ("domain-name", &[""]),
        ("domain-name", &["exa mple..com"]),
        // A line of its own in the resolver file.
        ("domain-name", &["example.com\nnameserver 198.51.100.1"]),
        ("domain-name", &["example.com#"]),
        ("domain-name-servers", &["dns.example.com"]),
        ("domain-name-servers", &["10.0.0.1/24"]),
        ("domain-name-servers", &["amazonprovideddns"]),
        ("domain-name-servers", &["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "AmazonProvidedDNS"]),
        ("domain-name-servers", &["fd00::1", "fd00::2", "fd00::3", "fd00::4", "fd00::5"]),
        ("ntp-servers", &["AmazonProvidedDNS"]),
        ("ntp-servers", &["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]),
        ("netbios-name-servers", &["fd00::1"]),
        ("netbios-name-servers", &["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]),
        ("netbios-node-type", &["3"]),
        ("netbios-node-type", &["1", "2"]),
        ("ipv6-address-preferred-lease-time", &["139"]),
        ("ipv6-address-preferred-lease-time", &["2147483648"]),
        ("ipv6-address-preferred-lease-time", &["long"]),
    ] {
        check(&[(key, values)], "InvalidParameterValue");
    }
    let error = call(&mut world, &[("routers", &["10.0.0.1"])]).expect_err("unknown");
    assert_eq!(error.to_string(), "Value (routers) for parameter name is invalid. Unknown DHCP option");
    let long = format!("{}.example", "a".repeat(255));
    assert_eq!(call(&mut world, &[("domain-name", &[&long])]).expect_err("long").code(), "InvalidParameterValue");
    assert_eq!(world.state.dhcp_options.len(), 0);
}

#[test]
fn every_owner_has_a_set_from_the_start() {
    let mut world = World::new();
    let mut seen = Vec::new();
    for (region, domain) in [("us-east-1", "ec2.internal"), ("eu-central-1", "eu-central-1.compute.internal")] {
        world.caller.region = region.to_owned();
        let answer = world.ok("DescribeDhcpOptions", &[]);
        assert_eq!(texts(&answer, "value"), [domain, "AmazonProvidedDNS"]);
        assert_eq!(texts(&answer, "key"), ["domain-name", "domain-name-servers"]);
        let vpc = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]);
        assert_eq!(text(&vpc, "dhcpOptionsId"), text(&answer, "dhcpOptionsId"));
        seen.push(text(&answer, "dhcpOptionsId").to_owned());
    }
    assert_ne!(seen[0], seen[1]);
    // It has tags as any other, and is as little another account's.
    world.ok("CreateTags", &[("ResourceId.1", &seen[1]), ("Tag.1.Key", "k"), ("Tag.1.Value", "v")]);
    let described = world.ok("DescribeDhcpOptions", &[("DhcpOptionsId.1", &seen[1])]);
    assert_eq!(text(&described, "tagSet"), "<item><key>k</key><value>v</value></item>");
    assert_eq!(world.code("DescribeDhcpOptions", &[("DhcpOptionsId.1", &seen[0])]), "InvalidDhcpOptionID.NotFound");
    world.become_account(2);
    assert_eq!(world.code("DescribeDhcpOptions", &[("DhcpOptionsId.1", &seen[1])]), "InvalidDhcpOptionID.NotFound");
}

#[test]
fn a_vpc_uses_one_set_and_goes_back_to_the_default() {
    let mut world = World::new();
    let vpc = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]);
    let (vpc, default) = (text(&vpc, "vpcId").to_owned(), text(&vpc, "dhcpOptionsId").to_owned());
    let id = text(&call(&mut world, &[("domain-name", &["example.com"])]).expect("a set"), "dhcpOptionsId").to_owned();
    let used = |world: &mut World| {
        let answer = world.ok("DescribeVpcs", &[("VpcId.1", &vpc)]);
        text(&answer, "dhcpOptionsId").to_owned()
    };
    world.ok("AssociateDhcpOptions", &[("DhcpOptionsId", &id), ("VpcId", &vpc)]);
    assert_eq!(used(&mut world), id);
    let by = [("Filter.1.Name", "dhcp-options-id"), ("Filter.1.Value.1", id.as_str())];
    assert_eq!(texts(&world.ok("DescribeVpcs", &by), "vpcId"), [vpc.as_str()]);

    let error = world.call("DeleteDhcpOptions", &[("DhcpOptionsId", &id)]).expect_err("in use");
    let sentence = format!("The dhcpOptions '{id}' has dependencies and cannot be deleted.");
    assert_eq!((error.code(), error.to_string()), ("DependencyViolation".to_owned(), sentence));
    for name in ["default", &default] {
        world.ok("AssociateDhcpOptions", &[("DhcpOptionsId", &id), ("VpcId", &vpc)]);
        world.ok("AssociateDhcpOptions", &[("DhcpOptionsId", name), ("VpcId", &vpc)]);
        assert_eq!(used(&mut world), default, "{name}");
    }
    world.ok("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "k")]);
    assert_eq!(world.code("DeleteDhcpOptions", &[("DhcpOptionsId", &id), ("DryRun", "true")]), "DryRunOperation");
    assert!(world.ok("DeleteDhcpOptions", &[("DhcpOptionsId", &id)]).contains("<return>true</return>"));
    assert_eq!(world.state.tags_of(&id).count(), 0);
    assert_eq!(world.code("DescribeDhcpOptions", &[("DhcpOptionsId.1", &id)]), "InvalidDhcpOptionID.NotFound");
    assert_eq!(world.code("DeleteDhcpOptions", &[("DhcpOptionsId", &id)]), "InvalidDhcpOptionsID.NotFound");
    let gone = [("DhcpOptionsId", id.as_str()), ("VpcId", &vpc)];
    assert_eq!(world.code("AssociateDhcpOptions", &gone), "InvalidDhcpOptionID.NotFound");
    // The default set goes never, used or not.
    assert_eq!(world.code("DeleteDhcpOptions", &[("DhcpOptionsId", &default)]), "DependencyViolation");
    world.ok("DeleteVpc", &[("VpcId", &vpc)]);
    assert_eq!(world.code("DeleteDhcpOptions", &[("DhcpOptionsId", &default)]), "DependencyViolation");
}

#[test]
fn ids_that_are_none_or_another_accounts_are_refused() {
    let mut world = World::new();
    let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    let id =
        created(&mut world, &[("DhcpConfiguration.1.Key", "ntp-servers"), ("DhcpConfiguration.1.Value.1", "10.0.0.1")]);
    for (action, name) in [
        ("DescribeDhcpOptions", "DhcpOptionsId.1"),
        ("DeleteDhcpOptions", "DhcpOptionsId"),
        ("AssociateDhcpOptions", "DhcpOptionsId"),
    ] {
        let more = if action == "AssociateDhcpOptions" { vec![("VpcId", vpc.as_str())] } else { Vec::new() };
        let malformed = [&[(name, "dopt-1")], &more[..]].concat();
        assert_eq!(world.code(action, &malformed), "InvalidDhcpOptionsId.Malformed", "{action}");
    }
    let nowhere = [("DhcpOptionsId", id.as_str()), ("VpcId", "vpc-12345678")];
    assert_eq!(world.code("AssociateDhcpOptions", &nowhere), "InvalidVpcID.NotFound");
    world.become_account(2);
    let theirs = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    let foreign = [("DhcpOptionsId", id.as_str()), ("VpcId", &theirs)];
    assert_eq!(world.code("AssociateDhcpOptions", &foreign), "InvalidDhcpOptionID.NotFound");
    assert_eq!(world.code("DeleteDhcpOptions", &[("DhcpOptionsId", &id)]), "InvalidDhcpOptionsID.NotFound");
    assert!(!world.ok("DescribeDhcpOptions", &[]).contains(&id));
}

#[test]
fn sets_are_found_by_what_they_say_and_paged() {
    let mut world = World::new();
    let mut ids: Vec<String> = Vec::new();
    for n in 0..7 {
        let value = format!("10.0.0.{n}");
        let parameters = [
            ("DhcpConfiguration.1.Key", "ntp-servers"),
            ("DhcpConfiguration.1.Value.1", value.as_str()),
            ("TagSpecification.1.ResourceType", "dhcp-options"),
            ("TagSpecification.1.Tag.1.Key", "n"),
            ("TagSpecification.1.Tag.1.Value", &value),
        ];
        ids.push(created(&mut world, &parameters));
    }
    let find = |world: &mut World, name: &str, value: &str| {
        let answer = world.ok("DescribeDhcpOptions", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        texts(&answer, "dhcpOptionsId").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for (name, value) in [("dhcp-options-id", ids[3].as_str()), ("value", "10.0.0.3"), ("tag:n", "10.0.0.3")] {
        assert_eq!(find(&mut world, name, value), [ids[3].as_str()], "{name}");
    }
    assert_eq!(find(&mut world, "key", "ntp-servers").len(), 7);
    assert_eq!(find(&mut world, "key", "domain-name").len(), 1);
    assert_eq!(find(&mut world, "tag-key", "n").len(), 7);
    let owner = world.caller.account.to_string();
    assert_eq!(find(&mut world, "owner-id", &owner).len(), 8);
    world.assert_filters("DescribeDhcpOptions");

    let first = world.ok("DescribeDhcpOptions", &[("MaxResults", "5")]);
    let token = text(&first, "nextToken").to_owned();
    let second = world.ok("DescribeDhcpOptions", &[("MaxResults", "5"), ("NextToken", &token)]);
    let mut seen = [texts(&first, "dhcpOptionsId"), texts(&second, "dhcpOptionsId")].concat();
    assert!(!second.contains("nextToken") && seen.len() == 8);
    seen.dedup();
    assert_eq!(seen.len(), 8);
    let both = [("MaxResults", "5"), ("DhcpOptionsId.1", ids[0].as_str())];
    assert_eq!(world.code("DescribeDhcpOptions", &both), "InvalidParameterCombination");
    let subnet_tags = [
        ("DhcpConfiguration.1.Key", "ntp-servers"),
        ("DhcpConfiguration.1.Value.1", "10.0.0.1"),
        ("TagSpecification.1.ResourceType", "subnet"),
    ];
    assert_eq!(world.code("CreateDhcpOptions", &subnet_tags), "InvalidParameterValue");
    let dry = [subnet_tags[0], subnet_tags[1], ("DryRun", "true")];
    assert_eq!(world.code("CreateDhcpOptions", &dry), "DryRunOperation");
}
