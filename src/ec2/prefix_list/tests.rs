//! Prefix lists as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::state::prefix_list::{PrefixList, PrefixListVersion};
use crate::state::settings::Settings;

const ENTRY: &str = "Entry.1.Cidr";

/// A list of IPv4 blocks with these entries and room for ten.
fn list(world: &mut World, blocks: &[&str]) -> String {
    let names: Vec<String> = (1..=blocks.len()).map(|it| format!("Entry.{it}.Cidr")).collect();
    let entries = names.iter().map(String::as_str).zip(blocks.iter().copied());
    let parameters = [("PrefixListName", "blocks"), ("AddressFamily", "IPv4"), ("MaxEntries", "10")];
    let answer = world.ok("CreateManagedPrefixList", &parameters.into_iter().chain(entries).collect::<Vec<_>>());
    text(&answer, "prefixListId").to_owned()
}

fn describe(world: &mut World, id: &str) -> String {
    world.ok("DescribeManagedPrefixLists", &[("PrefixListId.1", id)])
}

fn entries(world: &mut World, id: &str, more: &[(&str, &str)]) -> Vec<String> {
    let parameters = [&[("PrefixListId", id)], more].concat();
    let answer = world.ok("GetManagedPrefixListEntries", &parameters);
    texts(&answer, "cidr").into_iter().map(str::to_owned).collect()
}

/// Modifies the list and says how that fares: the new version, or the code.
fn modify(world: &mut World, id: &str, parameters: &[(&str, &str)]) -> String {
    let parameters = [&[("PrefixListId", id)], parameters].concat();
    match world.call("ModifyManagedPrefixList", &parameters) {
        Ok(answer) => text(&answer, "version").to_owned(),
        Err(error) => error.code(),
    }
}

/// A group of a new VPC.
fn group(world: &mut World) -> String {
    let vpc = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]);
    let parameters = [("VpcId", text(&vpc, "vpcId")), ("GroupName", "web"), ("GroupDescription", "web")];
    text(&world.ok("CreateSecurityGroup", &parameters), "groupId").to_owned()
}

fn port<'a>(group: &'a str, port: &'a str, list: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", port),
        ("IpPermissions.1.ToPort", port),
        ("IpPermissions.1.PrefixListIds.1.PrefixListId", list),
    ]
}

#[test]
fn a_list_shows_what_it_was_made_with() {
    let mut world = World::new();
    let parameters = [
        ("PrefixListName", "offices"),
        ("AddressFamily", "IPv6"),
        ("MaxEntries", "3"),
        (ENTRY, "2001:db8:2::/48"),
        ("Entry.1.Description", "second"),
        ("Entry.2.Cidr", "2001:db8:1::7/48"),
        ("TagSpecification.1.ResourceType", "prefix-list"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "x"),
    ];
    let made = world.ok("CreateManagedPrefixList", &parameters);
    let id = text(&made, "prefixListId").to_owned();
    assert!(id.starts_with("pl-"), "{id}");
    let shown = describe(&mut world, &id);
    assert_eq!(text(&shown, "prefixListSet"), format!("<item>{}</item>", text(&made, "prefixList")));
    for (element, expected) in [
        ("addressFamily", "IPv6"),
        ("maxEntries", "3"),
        ("ownerId", "100000000001"),
        ("prefixListName", "offices"),
        ("state", "create-complete"),
        ("version", "1"),
        ("value", "x"),
    ] {
        assert_eq!(text(&shown, element), expected, "{element}");
    }
    assert_eq!(text(&shown, "prefixListArn"), format!("arn:aws:ec2:us-east-1:100000000001:prefix-list/{id}"));
    let answer = world.ok("GetManagedPrefixListEntries", &[("PrefixListId", &id)]);
    assert_eq!(texts(&answer, "cidr"), ["2001:db8:1::/48", "2001:db8:2::/48"]);
    assert_eq!(texts(&answer, "description"), ["second"]);
}

#[test]
fn what_no_list_can_be_is_refused() {
    let mut world = World::new();
    let fine = [("PrefixListName", "x"), ("AddressFamily", "IPv4"), ("MaxEntries", "1"), (ENTRY, "10.0.0.0/8")];
    let mut check = |name: &str, value: &str, expected: &str| {
        let others = fine.iter().filter(|it| it.0 != name).copied();
        let parameters: Vec<_> = others.chain([(name, value)]).collect();
        assert_eq!(world.code("CreateManagedPrefixList", &parameters), expected, "{name}={value}");
    };
    check("DryRun", "true", "DryRunOperation");
    check("PrefixListName", "", "MissingParameter");
    check("PrefixListName", &"x".repeat(256), "InvalidParameterValue");
    check("PrefixListName", "com.amazonaws.mine", "InvalidParameterValue");
    check("AddressFamily", "ipv4", "InvalidParameterValue");
    check("AddressFamily", "IPv6", "InvalidParameterValue");
    check("MaxEntries", "0", "InvalidParameterValue");
    check("MaxEntries", "1001", "InvalidParameterValue");
    check(ENTRY, "10.0.0.0", "InvalidParameterValue");
    check(ENTRY, "::/0", "InvalidParameterValue");
    check("Entry.1.Description", &"x".repeat(256), "InvalidParameterValue");
    check("Entry.2.Cidr", "10.0.0.1/8", "InvalidParameterValue");
    check("Entry.2.Cidr", "11.0.0.0/8", "PrefixListMaxEntriesExceeded");
    check("TagSpecification.1.ResourceType", "vpc", "InvalidParameterValue");
    let names: Vec<String> = (1..=101).map(|it| format!("Entry.{it}.Cidr")).collect();
    let blocks: Vec<String> = (1..=101).map(|it| format!("10.{it}.0.0/16")).collect();
    let many = names.iter().map(String::as_str).zip(blocks.iter().map(String::as_str));
    let parameters = [fine[0], fine[1], ("MaxEntries", "200")].into_iter().chain(many).collect::<Vec<_>>();
    assert_eq!(world.code("CreateManagedPrefixList", &parameters), "InvalidParameterValue");
    world.ok("CreateManagedPrefixList", &parameters[..103]);
}

#[test]
fn entries_change_by_versions_and_nothing_else_does() {
    let mut world = World::new();
    let id = list(&mut world, &["10.1.0.0/16", "10.2.0.0/16"]);
    let mut check = |parameters: &[(&str, &str)], expected: &str| {
        assert_eq!(modify(&mut world, &id, parameters), expected, "{parameters:?}");
    };
    const ADD: &str = "AddEntry.1.Cidr";
    const REMOVE: &str = "RemoveEntry.1.Cidr";
    const NOW: &str = "CurrentVersion";
    check(&[("PrefixListName", "renamed")], "1");
    check(&[("MaxEntries", "3")], "1");
    check(&[(NOW, "2"), (ADD, "10.3.0.0/16")], "PrefixListVersionMismatch");
    check(&[(NOW, "0"), (ADD, "10.3.0.0/16")], "InvalidParameterValue");
    check(&[(NOW, "1"), (ADD, "10.3.0.0/16")], "2");
    check(&[(NOW, "2"), (ADD, "10.3.0.0/16")], "InvalidPrefixListModification");
    check(&[(NOW, "2"), (ADD, "10.4.0.0/16")], "PrefixListMaxEntriesExceeded");
    check(&[(NOW, "2"), (REMOVE, "10.4.0.0/16")], "InvalidPrefixListModification");
    check(&[(NOW, "2"), (REMOVE, "10.1.0.0/16"), ("RemoveEntry.2.Cidr", "10.1.0.0/16")], "InvalidParameterValue");
    check(&[(NOW, "2"), (ADD, "10.9.0.0/16"), ("AddEntry.2.Cidr", "10.9.0.0/16")], "InvalidParameterValue");
    check(&[(NOW, "2"), (ADD, "::/0")], "InvalidParameterValue");
    check(&[(NOW, "2"), (REMOVE, "10.1.0.0/16"), ("MaxEntries", "5")], "InvalidParameterCombination");
    check(&[("MaxEntries", "2")], "PrefixListMaxEntriesExceeded");
    check(&[("MaxEntries", "0")], "InvalidParameterValue");
    check(&[("PrefixListName", "com.amazon.x")], "InvalidParameterValue");
    check(&[("IpamPrefixListResolverSyncEnabled", "true")], "UnsupportedOperation");
    check(&[(NOW, "2"), (REMOVE, "10.3.0.0/16"), (ADD, "10.3.0.0/16"), ("AddEntry.1.Description", "new")], "3");
    check(&[(NOW, "3"), (REMOVE, "10.1.0.0/16")], "4");

    let shown = describe(&mut world, &id);
    assert_eq!([text(&shown, "state"), text(&shown, "prefixListName")], ["modify-complete", "renamed"]);
    assert_eq!(entries(&mut world, &id, &[]), ["10.2.0.0/16", "10.3.0.0/16"]);
    for (version, expected) in [
        ("1", "10.1.0.0/16 10.2.0.0/16"),
        ("2", "10.1.0.0/16 10.2.0.0/16 10.3.0.0/16"),
        ("4", "10.2.0.0/16 10.3.0.0/16"),
    ] {
        assert_eq!(entries(&mut world, &id, &[("TargetVersion", version)]).join(" "), expected);
    }
    for wrong in ["5", "0", "-1"] {
        let asked = [("PrefixListId", id.as_str()), ("TargetVersion", wrong)];
        assert_eq!(world.code("GetManagedPrefixListEntries", &asked), "InvalidParameterValue");
    }
}

#[test]
fn an_earlier_version_comes_back_as_a_new_one() {
    let mut world = World::new();
    let id = list(&mut world, &["10.1.0.0/16"]);
    assert_eq!(modify(&mut world, &id, &[("AddEntry.1.Cidr", "10.2.0.0/16")]), "2");
    let restore = |current: &'static str, previous: &'static str| {
        [("PrefixListId", id.clone()), ("CurrentVersion", current.to_owned()), ("PreviousVersion", previous.to_owned())]
    };
    let mut code = |current: &'static str, previous: &'static str| {
        let parameters = restore(current, previous);
        let parameters = parameters.iter().map(|it| (it.0, it.1.as_str())).collect::<Vec<_>>();
        match world.call("RestoreManagedPrefixListVersion", &parameters) {
            Ok(answer) => format!("{} {}", text(&answer, "version"), text(&answer, "state")),
            Err(error) => error.code(),
        }
    };
    assert_eq!(code("1", "1"), "PrefixListVersionMismatch");
    assert_eq!(code("2", "9"), "InvalidParameterValue");
    assert_eq!(code("2", "1"), "3 restore-complete");
    assert_eq!(entries(&mut world, &id, &[]), ["10.1.0.0/16"]);
    assert_eq!(modify(&mut world, &id, &[("MaxEntries", "1")]), "3");
    let too_long = restore("3", "2");
    let too_long = too_long.iter().map(|it| (it.0, it.1.as_str())).collect::<Vec<_>>();
    assert_eq!(world.code("RestoreManagedPrefixListVersion", &too_long), "PrefixListMaxEntriesExceeded");
}

#[test]
fn only_a_thousand_versions_are_kept() {
    let mut world = World::new();
    let id = list(&mut world, &["10.1.0.0/16"]);
    world.commit(|tx| {
        let row = tx.state().prefix_lists.iter().next().expect("it was made").as_ref().clone();
        for version in 2..=1000 {
            tx.put(PrefixListVersion { list: row.id, version, entries: row.current.clone() });
        }
        tx.put(PrefixList { version: 1000, ..row });
    });
    assert_eq!(modify(&mut world, &id, &[("RemoveEntry.1.Cidr", "10.1.0.0/16")]), "1001");
    assert_eq!(world.state.prefix_list_versions.len(), 1000);
    let first = [("PrefixListId", id.as_str()), ("TargetVersion", "1")];
    assert_eq!(world.code("GetManagedPrefixListEntries", &first), "InvalidParameterValue");
    assert_eq!(entries(&mut world, &id, &[("TargetVersion", "2")]), ["10.1.0.0/16"]);
    world.ok("DeleteManagedPrefixList", &[("PrefixListId", &id)]);
    assert_eq!(world.state.prefix_list_versions.len(), 0);
}

#[test]
fn rules_and_routes_name_a_list_and_keep_it() {
    let mut world = World::new();
    let id = list(&mut world, &["10.1.0.0/16"]);
    let group = group(&mut world);
    let rule = world.ok("AuthorizeSecurityGroupIngress", &port(&group, "443", &id));
    assert_eq!(text(&rule, "prefixListId"), id);
    let again = world.call("AuthorizeSecurityGroupIngress", &port(&group, "443", &id)).expect_err("it is there");
    assert_eq!(again.code(), "InvalidPermission.Duplicate");
    assert!(again.to_string().contains(&format!("peer: {id}, TCP")), "{again}");
    let described = [("PrefixListIds.1.Description", "offices")].map(|it| (format!("IpPermissions.1.{}", it.0), it.1));
    let egress: Vec<_> =
        port(&group, "80", &id).into_iter().chain(described.iter().map(|it| (it.0.as_str(), it.1))).collect();
    world.ok("AuthorizeSecurityGroupEgress", &egress);
    let shown = world.ok("DescribeSecurityGroups", &[("GroupId.1", &group)]);
    let lists = texts(&shown, "prefixListIds");
    assert_eq!(lists[0], format!("<item><prefixListId>{id}</prefixListId></item>"));
    assert!(lists.contains(
        &format!("<item><description>offices</description><prefixListId>{id}</prefixListId></item>").as_str()
    ));
    for name in ["ip-permission.prefix-list-id", "egress.ip-permission.prefix-list-id"] {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", id.as_str())];
        assert_eq!(texts(&world.ok("DescribeSecurityGroups", &filter), "groupId"), [group.as_str()], "{name}");
    }

    let associations = world.ok("GetManagedPrefixListAssociations", &[("PrefixListId", &id)]);
    assert_eq!(texts(&associations, "resourceId"), [group.as_str()], "once, though it has two rules");
    assert_eq!(texts(&associations, "resourceOwner"), ["100000000001"]);
    let refused = world.call("DeleteManagedPrefixList", &[("PrefixListId", &id)]).expect_err("it is named");
    assert_eq!(refused.code(), "DependencyViolation");
    assert_eq!(refused.to_string(), format!("The prefix list '{id}' has dependencies and cannot be deleted."));

    world.ok("RevokeSecurityGroupIngress", &port(&group, "443", &id));
    world.ok("RevokeSecurityGroupEgress", &port(&group, "80", &id));
    let vpc = text(&shown, "vpcId");
    let gateway = text(&world.ok("CreateInternetGateway", &[]), "internetGatewayId").to_owned();
    world.ok("AttachInternetGateway", &[("VpcId", vpc), ("InternetGatewayId", &gateway)]);
    let table = text(&world.ok("DescribeRouteTables", &[]), "routeTableId").to_owned();
    let route = [("RouteTableId", table.as_str()), ("DestinationPrefixListId", id.as_str())];
    world.ok("CreateRoute", &[route[0], route[1], ("GatewayId", &gateway)]);
    let associations = world.ok("GetManagedPrefixListAssociations", &[("PrefixListId", &id)]);
    assert_eq!(texts(&associations, "resourceId"), [table.as_str()]);
    assert_eq!(world.code("DeleteManagedPrefixList", &[("PrefixListId", &id)]), "DependencyViolation");
    world.ok("DeleteRoute", &route);
    let deleted = world.ok("DeleteManagedPrefixList", &[("PrefixListId", &id)]);
    assert_eq!(text(&deleted, "state"), "delete-complete");
    let asked = [("PrefixListId.1", id.as_str())];
    assert_eq!(world.code("DescribeManagedPrefixLists", &asked), "InvalidPrefixListID.NotFound");
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &port(&group, "443", &id)), "InvalidPrefixListID.NotFound");
    assert_eq!(world.code("RevokeSecurityGroupIngress", &port(&group, "443", &id)), "InvalidPrefixListID.NotFound");
}

#[test]
fn a_rule_takes_another_list_but_no_other_kind_of_peer() {
    let mut world = World::new();
    let (one, other) = (list(&mut world, &["10.1.0.0/16"]), list(&mut world, &[]));
    let group = group(&mut world);
    let rule = world.ok("AuthorizeSecurityGroupIngress", &port(&group, "443", &one));
    let rule = text(&rule, "securityGroupRuleId").to_owned();
    let request = |name: &'static str, value: &str| {
        let of = |it: &str| format!("SecurityGroupRule.1.SecurityGroupRule.{it}");
        [
            ("GroupId".to_owned(), group.clone()),
            ("SecurityGroupRule.1.SecurityGroupRuleId".to_owned(), rule.clone()),
            (of("IpProtocol"), "-1".to_owned()),
            (of(name), value.to_owned()),
        ]
    };
    let mut call = |name: &'static str, value: &str| {
        let parameters = request(name, value);
        let parameters: Vec<_> = parameters.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        world.call("ModifySecurityGroupRules", &parameters).map_err(|it| it.code())
    };
    assert_eq!(call("CidrIpv4", "10.0.0.0/8"), Err("InvalidParameterValue".to_owned()));
    assert!(call("PrefixListId", &other).is_ok());
    let shown = world.ok("DescribeSecurityGroupRules", &[("SecurityGroupRuleId.1", &rule)]);
    assert_eq!([text(&shown, "prefixListId"), text(&shown, "ipProtocol")], [other.as_str(), "-1"]);
}

#[test]
fn a_rule_counts_for_all_the_entries_that_its_list_may_have() {
    let mut world = World::new();
    let group = group(&mut world);
    let sized = |world: &mut World, entries: &str| {
        let parameters = [("PrefixListName", "big"), ("AddressFamily", "IPv4"), ("MaxEntries", entries)];
        text(&world.ok("CreateManagedPrefixList", &parameters), "prefixListId").to_owned()
    };
    let big = sized(&mut world, "1000");
    let limit = "RulesPerSecurityGroupLimitExceeded";
    let ports: Vec<String> = (1..=10).map(|it| it.to_string()).collect();
    for it in &ports[..9] {
        world.ok("AuthorizeSecurityGroupIngress", &port(&group, it, &big));
    }
    // The group's own rule, which lets everything out, makes it one too many.
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &port(&group, "10", &big)), limit);
    let small = sized(&mut world, "999");
    world.ok("AuthorizeSecurityGroupIngress", &port(&group, "10", &small));
    assert_eq!(modify(&mut world, &small, &[("MaxEntries", "1000")]), limit);
    assert_eq!(modify(&mut world, &small, &[("MaxEntries", "998")]), "1");

    world.commit(|tx| tx.put(Settings { public_pools: Vec::new(), quotas: true }));
    let vpc = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]);
    let parameters = [("VpcId", text(&vpc, "vpcId")), ("GroupName", "db"), ("GroupDescription", "db")];
    let group = text(&world.ok("CreateSecurityGroup", &parameters), "groupId").to_owned();
    let (sixty, one) = (sized(&mut world, "60"), sized(&mut world, "1"));
    world.ok("AuthorizeSecurityGroupIngress", &port(&group, "1", &sixty));
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &port(&group, "2", &one)), limit);
    let six = [port(&group, "1", &one)[0], ("IpPermissions.1.IpProtocol", "-1")];
    let six: Vec<_> = six.into_iter().chain([("IpPermissions.1.Ipv6Ranges.1.CidrIpv6", "::/0")]).collect();
    world.ok("AuthorizeSecurityGroupIngress", &six);
    world.ok("AuthorizeSecurityGroupEgress", &port(&group, "2", &one));
}

#[test]
fn lists_are_found_by_their_filters_pages_and_tags_and_only_by_their_owner() {
    let mut world = World::new();
    let (one, other) = (list(&mut world, &["10.9.0.0/16", "10.1.0.0/16", "10.1.0.0/24"]), list(&mut world, &[]));
    modify(&mut world, &other, &[("PrefixListName", "other")]);
    world.ok("CreateTags", &[("ResourceId.1", &other), ("Tag.1.Key", "team"), ("Tag.1.Value", "x")]);
    let mut check = |name: &str, value: &str, expected: &[&String]| {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let answer = world.ok("DescribeManagedPrefixLists", &filter);
        assert_eq!(texts(&answer, "prefixListId"), expected.iter().map(|it| it.as_str()).collect::<Vec<_>>(), "{name}");
    };
    let mut both = [&one, &other];
    both.sort();
    check("owner-id", "100000000001", &both);
    check("owner-id", "AWS", &[]);
    check("prefix-list-id", &one, &[&one]);
    check("prefix-list-name", "oth*", &[&other]);
    check("tag:team", "x", &[&other]);
    world.assert_filters("DescribeManagedPrefixLists");

    let first = world.ok("DescribeManagedPrefixLists", &[("MaxResults", "1")]);
    let next = [("MaxResults", "1"), ("NextToken", text(&first, "nextToken"))];
    assert_eq!(text(&world.ok("DescribeManagedPrefixLists", &next), "prefixListId"), both[1].as_str());
    let page = world.ok("GetManagedPrefixListEntries", &[("PrefixListId", &one), ("MaxResults", "2")]);
    assert_eq!(texts(&page, "cidr"), ["10.1.0.0/16", "10.1.0.0/24"]);
    let next = [("PrefixListId", one.as_str()), ("NextToken", text(&page, "nextToken"))];
    assert_eq!(texts(&world.ok("GetManagedPrefixListEntries", &next), "cidr"), ["10.9.0.0/16"]);

    assert_eq!(text(&world.ok("DescribePrefixLists", &[]), "prefixListSet"), "", "of AWS's own there is none");
    assert_eq!(world.code("DescribePrefixLists", &[("PrefixListId.1", &one)]), "InvalidPrefixListId.NotFound");

    world.become_account(2);
    assert_eq!(texts(&world.ok("DescribeManagedPrefixLists", &[]), "item").len(), 0);
    for action in [
        "ModifyManagedPrefixList",
        "DeleteManagedPrefixList",
        "GetManagedPrefixListEntries",
        "GetManagedPrefixListAssociations",
    ] {
        assert_eq!(world.code(action, &[("PrefixListId", &one)]), "InvalidPrefixListID.NotFound", "{action}");
        assert_eq!(world.code(action, &[("PrefixListId", "pl-1")]), "InvalidPrefixListId.Malformed", "{action}");
    }
    let group = group(&mut world);
    assert_eq!(world.code("AuthorizeSecurityGroupIngress", &port(&group, "1", &one)), "InvalidPrefixListID.NotFound");
}
