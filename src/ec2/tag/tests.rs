//! Tags, called as clients call.

use std::collections::BTreeMap;

use crate::ec2::fixture::{World, text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::ec2::security_group::tests::vpc;
use crate::state::address::Address;
use crate::state::dhcp_options::DhcpOptions;
use crate::state::id::{AccountId, AllocationId, DhcpOptionsId};
use crate::state::nat_gateway::{Connectivity, NatGateway};
use crate::state::peering::{PeeringConnection, PeeringSide, PeeringStatus};
use crate::state::prefix_list::{Family, LastChange, PrefixList, PrefixListVersion};
use crate::wire::shapes::documented_filters;

/// Tags a resource with `key=value` pairs; the outcome is the code.
fn tag(world: &mut World, resource: &str, tags: &[(&str, &str)]) -> String {
    let mut parameters = vec![("ResourceId.1".to_owned(), resource)];
    for (at, (key, value)) in tags.iter().enumerate() {
        parameters.push((format!("Tag.{}.Key", at + 1), key));
        parameters.push((format!("Tag.{}.Value", at + 1), value));
    }
    let parameters: Vec<_> = parameters.iter().map(|it| (it.0.as_str(), it.1)).collect();
    world.call("CreateTags", &parameters).map_or_else(|it| it.code(), |it| text(&it, "return").to_owned())
}

/// What `DescribeTags` answers, as `resource key=value`.
fn listed(world: &mut World, parameters: &[(&str, &str)]) -> Vec<String> {
    let answer = world.ok("DescribeTags", parameters);
    let item = |it: &str| format!("{} {}={}", text(it, "resourceType"), text(it, "key"), text(it, "value"));
    texts(&answer, "item").into_iter().map(item).collect()
}

#[test]
fn tags_of_several_resources_are_put_together_and_replaced() {
    let mut world = World::new();
    let (a, b) = (vpc(&mut world), vpc(&mut world));
    let both = [
        ("ResourceId.1", a.as_str()),
        ("ResourceId.2", &b),
        ("Tag.1.Key", "k"),
        ("Tag.1.Value", "1"),
        ("Tag.2.Key", "l"),
    ];
    world.ok("CreateTags", &both);
    assert_eq!(listed(&mut world, &[]), ["vpc k=1", "vpc l=", "vpc k=1", "vpc l="]);
    assert_eq!(tag(&mut world, &a, &[("k", "2")]), "true");
    let of_a = [("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", a.as_str())];
    assert_eq!(listed(&mut world, &of_a), ["vpc k=2", "vpc l="]);
    assert_eq!(texts(&world.ok("DescribeVpcs", &[("VpcId.1", &a)]), "value"), ["2", ""]);
}

#[test]
fn every_kind_of_resource_takes_tags() {
    let mut world = World::new();
    let vpc = vpc(&mut world);
    world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", "10.0.0.0/24")]);
    let gateway = text(&world.ok("CreateInternetGateway", &[]), "internetGatewayId").to_owned();
    let eigw = world.ok("CreateEgressOnlyInternetGateway", &[("VpcId", &vpc)]);
    let eigw = text(&eigw, "egressOnlyInternetGatewayId").to_owned();
    let rows = rows(&mut world, &vpc);
    let state = world.state.clone();
    let ids = [
        ("vpc", vpc),
        ("subnet", state.subnets.iter().next().expect("a subnet").id.to_string()),
        ("route-table", state.route_tables.iter().next().expect("a route table").id.to_string()),
        ("network-acl", state.network_acls.iter().next().expect("an ACL").id.to_string()),
        ("security-group", state.security_groups.iter().next().expect("a group").id.to_string()),
        ("security-group-rule", state.security_group_rules.iter().next().expect("a rule").id.to_string()),
        ("dhcp-options", state.vpcs.iter().next().expect("a VPC").dhcp_options.to_string()),
        ("dedicated-host", state.nodes.iter().next().expect("a node").id.to_string()),
        ("image", HOST_IMAGE.to_owned()),
        ("internet-gateway", gateway),
        ("egress-only-internet-gateway", eigw),
    ];
    let ids = [&ids[..], &rows].concat();
    for (kind, id) in &ids {
        assert_eq!(tag(&mut world, id, &[("a", "b")]), "true", "{id}");
        let by_id = [("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", id.as_str())];
        assert_eq!(listed(&mut world, &by_id), [format!("{kind} a=b")]);
        let by_kind = [("Filter.1.Name", "resource-type"), ("Filter.1.Value.1", *kind)];
        assert!(listed(&mut world, &by_kind).contains(&format!("{kind} a=b")));
    }
    assert_eq!(listed(&mut world, &[]).len(), ids.len());
}

/// One of each kind that is made by its row here: a NAT gateway, an Elastic IP, a prefix list, a set of DHCP options,
/// and a peering connection of which the caller has the accepter's side.
fn rows(world: &mut World, vpc: &str) -> Vec<(&'static str, String)> {
    let (account, region) = world.caller.owner();
    let node = world.state.nodes.iter().next().expect("a node").id;
    let vpc = vpc.parse().expect("an id");
    let mut made = Vec::new();
    world.commit(|tx| {
        let created = tx.now();
        let region = || region.clone();
        let gateway = NatGateway {
            id: tx.mint(),
            account,
            region: region(),
            vpc,
            subnet: tx.mint(),
            node,
            connectivity: Connectivity::Private,
            interface: tx.mint(),
            addresses: Vec::new(),
            created,
            placed: 0,
            deleted: Some(created),
            failure: None,
        };
        made.push(("natgateway", gateway.id.to_string()));
        tx.put(gateway);
        let id = tx.mint();
        made.push(("elastic-ip", AllocationId::to_string(&id)));
        let public = [203, 0, 113, 1].into();
        tx.put(Address { id, account, region: region(), public, automatic: false, association: None, created });
        let list = PrefixList {
            id: tx.mint(),
            account,
            region: region(),
            name: "list".to_owned(),
            family: Family::Ipv4,
            entries_max: 1,
            version: 1,
            current: Vec::new(),
            last: LastChange::Created,
            created,
        };
        made.push(("prefix-list", list.id.to_string()));
        tx.put(PrefixListVersion { list: list.id, version: 1, entries: Vec::new() });
        tx.put(list);
        let id = tx.mint();
        made.push(("dhcp-options", DhcpOptionsId::to_string(&id)));
        tx.put(DhcpOptions { id, account, region: region(), options: BTreeMap::new(), created });
        let side = |account, vpc| PeeringSide { account, region: region(), vpc, dns_resolution: false };
        let theirs = side(AccountId::from_number(2), tx.mint());
        let peering = PeeringConnection {
            id: tx.mint(),
            requester: theirs,
            accepter: side(account, vpc),
            status: PeeringStatus::Rejected,
            created,
            ended: Some(created),
            ended_by: Some(account),
        };
        made.push(("vpc-peering-connection", peering.id.to_string()));
        tx.put(peering);
    });
    made
}

#[test]
fn what_does_not_exist_takes_no_tags() {
    let mut world = World::new();
    let mine = vpc(&mut world);
    world.become_account(2);
    let mut check = |id: &str, expected: &str| {
        assert_eq!(tag(&mut world, id, &[("a", "b")]), expected, "{id}");
    };
    check(&mine, "InvalidVpcID.NotFound");
    for (prefix, code) in [
        ("acl", "InvalidNetworkAclID"),
        ("dopt", "InvalidDhcpOptionID"),
        ("eigw", "InvalidGatewayID"),
        ("eipalloc", "InvalidAllocationID"),
        ("igw", "InvalidInternetGatewayID"),
        ("pcx", "InvalidVpcPeeringConnectionID"),
        ("pl", "InvalidPrefixListID"),
        ("eni", "InvalidNetworkInterfaceID"),
        ("h", "InvalidHostID"),
        ("i", "InvalidInstanceID"),
        ("ami", "InvalidAMIID"),
        ("rtb", "InvalidRouteTableID"),
        ("sg", "InvalidGroup"),
        ("sgr", "InvalidSecurityGroupRuleId"),
        ("subnet", "InvalidSubnetID"),
        ("vpc", "InvalidVpcID"),
    ] {
        check(&format!("{prefix}-12345678901234567"), &format!("{code}.NotFound"));
        check(&format!("{prefix}-xyz"), "InvalidID");
    }
    check("nat-12345678901234567", "NatGatewayNotFound");
    check("nat-xyz", "InvalidID");
    for id in ["vpc", "eni-attach-12345678901234567", "xyz-12345678901234567", "-"] {
        check(id, "InvalidID");
    }
    let error = world.call("CreateTags", &[("ResourceId.1", "x"), ("Tag.1.Key", "a")]).expect_err("no id");
    assert_eq!(error.to_string(), "The ID 'x' is not valid");
}

#[test]
fn a_tag_that_ec2_refuses_leaves_no_other() {
    let mut world = World::new();
    let id = vpc(&mut world);
    let (key, value) = ("ä".repeat(129), "ä".repeat(257));
    let mut check = |tags: &[(&str, &str)], expected: &str| {
        assert_eq!(tag(&mut world, &id, tags), expected, "{tags:?}");
    };
    check(&[("good", ""), ("aws:x", "")], "InvalidParameterValue");
    check(&[("AWS:x", "")], "InvalidParameterValue");
    check(&[("good", ""), (&key, "")], "InvalidParameterValue");
    check(&[("good", &value)], "InvalidParameterValue");
    check(&[("good", "1"), ("good", "2")], "InvalidParameterValue");
    check(&[("good", ""), ("", "")], "MissingParameter");
    check(&[], "MissingParameter");
    assert_eq!(listed(&mut world, &[]), [""; 0]);
    assert_eq!(tag(&mut world, &id, &[(&key[2..], &value[2..])]), "true");
}

#[test]
fn a_resource_takes_fifty_tags() {
    let mut world = World::new();
    let id = vpc(&mut world);
    let keys: Vec<String> = (0..51).map(|it| format!("key-{it}")).collect();
    let tags: Vec<(&str, &str)> = keys.iter().map(|it| (it.as_str(), "")).collect();
    assert_eq!(tag(&mut world, &id, &tags), "TagLimitExceeded");
    assert_eq!(tag(&mut world, &id, &tags[..50]), "true");
    assert_eq!(tag(&mut world, &id, &tags[50..]), "TagLimitExceeded");
    assert_eq!(tag(&mut world, &id, &tags[49..50]), "true");
}

#[test]
fn a_dry_run_tags_nothing() {
    let mut world = World::new();
    let id = vpc(&mut world);
    let parameters = [("ResourceId.1", id.as_str()), ("Tag.1.Key", "a"), ("DryRun", "true")];
    assert_eq!(world.code("CreateTags", &parameters), "DryRunOperation");
    assert_eq!(listed(&mut world, &[]), [""; 0]);
}

#[test]
fn tags_are_deleted_by_key_by_value_or_all() {
    let mut world = World::new();
    let id = vpc(&mut world);
    let check = |world: &mut World, parameters: &[(&str, &str)], expected: &[&str]| {
        tag(world, &id, &[("a", "1"), ("b", ""), ("c", "3")]);
        let mut all = vec![("ResourceId.1", id.as_str())];
        all.extend(parameters);
        world.ok("DeleteTags", &all);
        assert_eq!(listed(world, &[]), expected, "{parameters:?}");
    };
    check(&mut world, &[("Tag.1.Key", "a")], &["vpc b=", "vpc c=3"]);
    check(&mut world, &[("Tag.1.Key", "a"), ("Tag.1.Value", "1")], &["vpc b=", "vpc c=3"]);
    check(&mut world, &[("Tag.1.Key", "a"), ("Tag.1.Value", "2")], &["vpc a=1", "vpc b=", "vpc c=3"]);
    check(&mut world, &[("Tag.1.Key", "a"), ("Tag.1.Value", "")], &["vpc a=1", "vpc b=", "vpc c=3"]);
    check(&mut world, &[("Tag.1.Key", "b"), ("Tag.1.Value", ""), ("Tag.2.Key", "c")], &["vpc a=1"]);
    check(&mut world, &[("Tag.1.Key", "none")], &["vpc a=1", "vpc b=", "vpc c=3"]);
    world.become_account(2);
    world.ok("DeleteTags", &[("ResourceId.1", &id)]);
    world.become_account(1);
    check(&mut world, &[], &[]);
    world.ok("DeleteTags", &[("ResourceId.1", "vpc-12345678901234567")]);
    assert_eq!(world.code("DeleteTags", &[("ResourceId.1", "x")]), "InvalidID");
    let reserved = [("ResourceId.1", id.as_str()), ("Tag.1.Key", "aws:a")];
    assert_eq!(world.code("DeleteTags", &reserved), "InvalidParameterValue");
}

#[test]
fn a_filter_is_about_the_tag_not_its_resource() {
    let mut world = World::new();
    let id = vpc(&mut world);
    tag(&mut world, &id, &[("a", "1"), ("b", "1"), ("c", "2")]);
    let check = |world: &mut World, name: &str, value: &str, expected: &[&str]| {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        assert_eq!(listed(world, &filter), expected, "{name} {value}");
    };
    check(&mut world, "key", "a", &["vpc a=1"]);
    check(&mut world, "value", "1", &["vpc a=1", "vpc b=1"]);
    check(&mut world, "tag:a", "1", &["vpc a=1"]);
    check(&mut world, "tag:a", "2", &[]);
    check(&mut world, "resource-id", "vpc-*", &["vpc a=1", "vpc b=1", "vpc c=2"]);
    check(&mut world, "resource-type", "subnet", &[]);
    for filter in documented_filters("DescribeTags") {
        check(&mut world, filter, "x", &[]);
    }
    let unknown = [("Filter.1.Name", "name"), ("Filter.1.Value.1", "x")];
    assert_eq!(world.code("DescribeTags", &unknown), "InvalidParameterValue");
    world.become_account(2);
    check(&mut world, "key", "a", &[]);
    check(&mut world, "resource-id", &id, &[]);
}

#[test]
fn tags_come_in_pages_by_resource_and_key() {
    let mut world = World::new();
    let ids = [vpc(&mut world), vpc(&mut world)];
    let keys = ["a", "a b", "ab", "b"];
    for id in &ids {
        tag(&mut world, id, &keys.map(|it| (it, "")));
    }
    let all = listed(&mut world, &[]);
    assert_eq!(all, [keys, keys].concat().iter().map(|it| format!("vpc {it}=")).collect::<Vec<_>>());
    let first = world.ok("DescribeTags", &[("MaxResults", "5")]);
    let second = world.ok("DescribeTags", &[("MaxResults", "5"), ("NextToken", text(&first, "nextToken"))]);
    let mut seen = texts(&first, "key");
    seen.extend(texts(&second, "key"));
    assert_eq!(seen, [keys, keys].concat());
}
