//! VPCs as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::state::id::VpcId;

fn created(world: &mut World, parameters: &[(&str, &str)]) -> String {
    let answer = world.ok("CreateVpc", parameters);
    text(&answer, "vpcId").to_owned()
}

fn ids(world: &mut World, parameters: &[(&str, &str)]) -> Vec<String> {
    let answer = world.ok("DescribeVpcs", parameters);
    texts(&answer, "vpcId").into_iter().map(str::to_owned).collect()
}

fn by(name: &str, value: &str) -> [(&'static str, String); 2] {
    [("Filter.1.Name", name.to_owned()), ("Filter.1.Value.1", value.to_owned())]
}

#[test]
fn a_new_vpc_is_answered_and_described_alike() {
    let mut world = World::new();
    let tag = "TagSpecification.1.Tag.1";
    let answer = world.ok(
        "CreateVpc",
        &[
            ("CidrBlock", "10.0.0.0/16"),
            ("InstanceTenancy", "default"),
            ("AmazonProvidedIpv6CidrBlock", "false"),
            ("TagSpecification.1.ResourceType", "vpc"),
            (&format!("{tag}.Key"), "Name"),
            (&format!("{tag}.Value"), "first"),
        ],
    );
    assert_eq!(text(&answer, "cidrBlock"), "10.0.0.0/16");
    assert_eq!(text(&answer, "isDefault"), "false");
    assert_eq!(text(&answer, "instanceTenancy"), "default");
    assert_eq!(text(&answer, "cidrBlockState"), "<state>associated</state>");
    assert_eq!(text(&answer, "tagSet"), "<item><key>Name</key><value>first</value></item>");
    assert_eq!(text(&answer, "ipv6CidrBlockAssociationSet"), "");
    assert!(text(&answer, "dhcpOptionsId").starts_with("dopt-"));

    let id = text(&answer, "vpcId");
    let described = world.ok("DescribeVpcs", &[("VpcId.1", id)]);
    assert_eq!(text(&described, "vpcSet"), format!("<item>{}</item>", text(&answer, "vpc")));
}

#[test]
fn a_vpc_with_ipv6_has_a_block_that_no_other_has() {
    let mut world = World::new();
    let mut blocks = Vec::new();
    for region in ["us-east-1", "eu-central-1"] {
        world.caller.region = region.to_owned();
        let parameters = [
            ("CidrBlock", "10.0.0.0/16"),
            ("AmazonProvidedIpv6CidrBlock", "true"),
            ("Ipv6CidrBlockNetworkBorderGroup", region),
        ];
        let answer = world.ok("CreateVpc", &parameters);
        assert_eq!(text(&answer, "ipv6CidrBlockState"), "<state>associated</state>");
        assert_eq!(text(&answer, "ipv6Pool"), "Amazon");
        assert_eq!(text(&answer, "networkBorderGroup"), region);
        let block: crate::net::Ipv6Net = text(&answer, "ipv6CidrBlock").parse().expect("a block");
        assert_eq!((block.prefix_len(), block.network().octets()[0], block.trunc()), (56, 0xfd, block));
        blocks.push(block);
    }
    assert_ne!(blocks[0], blocks[1]);
    assert_eq!(world.state.indexes.vpc_of_block6.len(), 2);
    let (one, other) = (world.caller.region.clone(), "us-east-1");
    world.caller.region = other.to_owned();
    let parameters = [("CidrBlock", "10.1.0.0/16"), ("Ipv6CidrBlockNetworkBorderGroup", other)];
    assert_eq!(world.code("CreateVpc", &parameters), "InvalidParameterCombination");
    let elsewhere = [
        ("CidrBlock", "10.1.0.0/16"),
        ("AmazonProvidedIpv6CidrBlock", "true"),
        ("Ipv6CidrBlockNetworkBorderGroup", one.as_str()),
    ];
    assert_eq!(world.code("CreateVpc", &elsewhere), "UnsupportedOperation");
}

#[test]
fn a_block_that_no_vpc_can_have_is_refused() {
    let mut world = World::new();
    let mut check = |block: &str, code: &str, sentence: &str| {
        let error = world.call("CreateVpc", &[("CidrBlock", block)]).expect_err(block);
        assert_eq!((error.code().as_str(), error.to_string().as_str()), (code, sentence), "{block}");
    };
    let malformed =
        |it: &str| format!("Value ({it}) for parameter cidrBlock is invalid. This is not a valid CIDR block.");
    for text in ["10.0.0.0", "10.0.0.0/33", "fd00::/56", "ten"] {
        check(text, "InvalidParameterValue", &malformed(text));
    }
    check("10.0.0.0/15", "InvalidVpc.Range", "The CIDR '10.0.0.0/15' is invalid.");
    check("10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid.");
    for text in ["0.0.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "169.254.169.240/28", "224.0.0.0/24", "255.255.0.0/16"]
    {
        check(text, "InvalidVpc.Range", &format!("The CIDR '{text}' is restricted."));
    }
    let missing = "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.";
    let error = world.call("CreateVpc", &[]).expect_err("no block");
    assert_eq!((error.code().as_str(), error.to_string().as_str()), ("MissingParameter", missing));
    for text in ["10.0.0.0/16", "10.0.0.0/28", "172.32.0.0/16", "198.51.100.0/24"] {
        world.ok("CreateVpc", &[("CidrBlock", text)]);
    }
}

#[test]
fn what_create_vpc_cannot_make_true_is_refused_by_name() {
    let mut world = World::new();
    for (name, value) in [
        ("InstanceTenancy", "dedicated"),
        ("InstanceTenancy", "host"),
        ("Ipv4IpamPoolId", "ipam-pool-1"),
        ("Ipv4NetmaskLength", "16"),
        ("Ipv6CidrBlock", "2001:db8::/56"),
        ("Ipv6Pool", "ipv6pool-ec2-1"),
        ("Ipv6IpamPoolId", "ipam-pool-1"),
        ("Ipv6NetmaskLength", "56"),
        ("VpcEncryptionControl.Mode", "monitor"),
    ] {
        let error = world.call("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), (name, value)]).expect_err(name);
        let parameter = name.split('.').next().unwrap_or(name);
        assert_eq!(error.code(), "UnsupportedOperation", "{name}");
        assert_eq!(error.to_string(), format!("The parameter {parameter} is not supported."));
    }
    let subnet_tags = [("CidrBlock", "10.0.0.0/16"), ("TagSpecification.1.ResourceType", "subnet")];
    assert_eq!(world.code("CreateVpc", &subnet_tags), "InvalidParameterValue");
    assert_eq!(world.code("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("DryRun", "true")]), "DryRunOperation");
    assert_eq!(world.state.vpcs.len(), 0);
}

#[test]
fn a_vpc_comes_with_the_group_that_ec2_makes() {
    let mut world = World::new();
    let id: VpcId = created(&mut world, &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")])
        .parse()
        .expect("an id");
    let group = world.state.default_group(id).expect("a group").clone();
    assert_eq!((group.name.as_str(), group.description.as_str()), ("default", "default VPC security group"));
    let rules: Vec<String> = world
        .state
        .rules_of_group(group.id)
        .map(|it| format!("{} {:?} {:?}", it.egress, it.protocol, it.peer))
        .collect();
    let itself = format!("Group {{ group: {}, account: {} }}", group.id, world.caller.account);
    assert_eq!(
        rules,
        [format!("false All {itself}"), "true All V4(0.0.0.0/0)".to_owned(), "true All V6(::/0)".to_owned()]
    );
}

#[test]
fn the_default_vpc_has_a_subnet_in_each_zone_and_is_made_once() {
    let mut world = World::new();
    let answer = world.ok("CreateDefaultVpc", &[]);
    assert_eq!(text(&answer, "cidrBlock"), "172.31.0.0/16");
    assert_eq!(text(&answer, "isDefault"), "true");
    let subnets = world.ok("DescribeSubnets", &[]);
    let mut pairs: Vec<_> = texts(&subnets, "availabilityZone").into_iter().zip(texts(&subnets, "cidrBlock")).collect();
    pairs.sort_unstable();
    let expected =
        [("us-east-1a", "172.31.0.0/20"), ("us-east-1b", "172.31.16.0/20"), ("us-east-1c", "172.31.32.0/20")];
    assert_eq!(pairs, expected);
    assert_eq!(texts(&subnets, "defaultForAz"), ["true"; 3]);
    assert_eq!(texts(&subnets, "mapPublicIpOnLaunch"), ["true"; 3]);
    let vpc = text(&answer, "vpcId");
    let hostnames = world.ok("DescribeVpcAttribute", &[("VpcId", vpc), ("Attribute", "enableDnsHostnames")]);
    assert_eq!(text(&hostnames, "enableDnsHostnames"), "<value>true</value>");

    let gateway = world.ok("DescribeInternetGateways", &[]);
    let attached = format!("<item><state>available</state><vpcId>{vpc}</vpcId></item>");
    assert_eq!(text(&gateway, "attachmentSet"), attached);
    let gateway = text(&gateway, "internetGatewayId");
    let tables = world.ok("DescribeRouteTables", &[]);
    assert_eq!(texts(&tables, "destinationCidrBlock"), ["172.31.0.0/16", "0.0.0.0/0"]);
    assert_eq!(texts(&tables, "gatewayId"), ["local", gateway]);

    assert_eq!(world.code("CreateDefaultVpc", &[]), "DefaultVpcAlreadyExists");
    world.caller.region = "eu-central-1".to_owned();
    world.ok("CreateDefaultVpc", &[]);
    world.become_account(2);
    assert_eq!(world.code("CreateDefaultVpc", &[("DryRun", "true")]), "DryRunOperation");
    world.ok("CreateDefaultVpc", &[]);
}

#[test]
fn the_default_vpc_goes_once_its_gateway_is_detached() {
    let mut world = World::new();
    let vpc = text(&world.ok("CreateDefaultVpc", &[]), "vpcId").to_owned();
    let subnets = world.ok("DescribeSubnets", &[]);
    for subnet in texts(&subnets, "subnetId") {
        world.ok("DeleteSubnet", &[("SubnetId", subnet)]);
    }
    assert_eq!(world.code("DeleteVpc", &[("VpcId", &vpc)]), "DependencyViolation");
    let gateway = text(&world.ok("DescribeInternetGateways", &[]), "internetGatewayId").to_owned();
    world.ok("DetachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc)]);
    world.ok("DeleteVpc", &[("VpcId", &vpc)]);
    world.ok("DeleteInternetGateway", &[("InternetGatewayId", &gateway)]);
    world.ok("CreateDefaultVpc", &[]);
}

#[test]
fn a_deleted_vpc_leaves_nothing_behind() {
    let mut world = World::new();
    let rows = |world: &World| world.state.effects().map(|it| format!("{it:?}")).collect::<Vec<_>>();
    let before = rows(&world);
    let id = created(&mut world, &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
    let vpc: VpcId = id.parse().expect("an id");
    // What came with the VPC has tags of its own.
    let group = world.state.default_group(vpc).expect("a group").id;
    let mut tagged = vec![id.clone(), group.to_string()];
    tagged.extend(world.state.rules_of_group(group).map(|it| it.id.to_string()));
    tagged.extend(world.state.indexes.route_tables_of_vpc.of(vpc).map(|it| it.to_string()));
    tagged.extend(world.state.indexes.network_acls_of_vpc.of(vpc).map(|it| it.to_string()));
    let (account, region) = world.caller.owner();
    world.commit(|tx| {
        for resource in tagged {
            let (key, value) = ("Name".to_owned(), String::new());
            tx.put(crate::state::tag::Tag { account, region: region.clone(), resource, key, value });
        }
    });
    assert_eq!(world.code("DeleteVpc", &[("VpcId", &id), ("DryRun", "true")]), "DryRunOperation");
    assert_eq!(text(&format!("<x>{}</x>", world.ok("DeleteVpc", &[("VpcId", &id)])), "return"), "true");
    assert_eq!(rows(&world), before);
    assert!(world.state.indexes.vpc_of_block6.is_empty());
    assert_eq!(world.code("DeleteVpc", &[("VpcId", &id)]), "InvalidVpcID.NotFound");
}

#[test]
fn a_vpc_with_anything_else_in_it_stays() {
    let mut world = World::new();
    let id = created(&mut world, &[("CidrBlock", "10.0.0.0/16")]);
    let vpc: VpcId = id.parse().expect("an id");
    let (account, region) = world.caller.owner();
    let check = |world: &mut World, what: &str| {
        let error = world.call("DeleteVpc", &[("VpcId", &id)]).expect_err(what);
        assert_eq!(error.code(), "DependencyViolation", "{what}");
        assert_eq!(error.to_string(), format!("The vpc '{id}' has dependencies and cannot be deleted."));
    };

    let subnet = world.ok("CreateSubnet", &[("VpcId", &id), ("CidrBlock", "10.0.0.0/24")]);
    check(&mut world, "a subnet");
    world.ok("DeleteSubnet", &[("SubnetId", text(&subnet, "subnetId"))]);

    let mut group = world.state.default_group(vpc).expect("a group").as_ref().clone();
    group.name = "other".to_owned();
    world.commit(|tx| {
        group.id = tx.mint();
        tx.put(group.clone());
    });
    check(&mut world, "another group");
    world.commit(|tx| tx.remove::<crate::state::security_group::SecurityGroup>(group.id));

    let mut table = None;
    world.commit(|tx| {
        let (id, created) = (tx.mint(), tx.now());
        table = Some(id);
        let region = region.clone();
        let (number, routes) = (2, Vec::new());
        tx.put(crate::state::route_table::RouteTable { id, account, region, vpc, number, routes, created });
    });
    check(&mut world, "another route table");
    world.commit(|tx| tx.remove::<crate::state::route_table::RouteTable>(table.expect("it was made")));

    let acl = world.state.indexes.network_acls_of_vpc.of(vpc).next().expect("an ACL");
    let mut acl = world.state.network_acls.get(&acl).expect("an ACL").as_ref().clone();
    acl.default = false;
    world.commit(|tx| {
        acl.id = tx.mint();
        tx.put(acl.clone());
    });
    check(&mut world, "another ACL");
    world.commit(|tx| tx.remove::<crate::state::network_acl::NetworkAcl>(acl.id));
    world.ok("DeleteVpc", &[("VpcId", &id)]);
}

#[test]
fn vpcs_are_found_by_what_they_are() {
    let mut world = World::new();
    let plain = created(&mut world, &[("CidrBlock", "10.0.0.0/16")]);
    let six = created(&mut world, &[("CidrBlock", "10.1.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
    let default = world.ok("CreateDefaultVpc", &[]);
    let default = text(&default, "vpcId").to_owned();
    let whole = world.ok("DescribeVpcs", &[("VpcId.1", &six)]);
    let block6 = text(&whole, "ipv6CidrBlock");
    let association = text(text(&whole, "ipv6CidrBlockAssociationSet"), "associationId");
    let dhcp = text(&whole, "dhcpOptionsId");

    let mut check = |name: &str, value: &str, expected: &[&str]| {
        let [name, value] = by(name, value);
        let mut found = ids(&mut world, &[(name.0, &name.1), (value.0, &value.1)]);
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{} = {}", name.1, value.1);
    };
    for name in ["cidr", "cidr-block", "cidrBlock", "cidr-block-association.cidr-block"] {
        check(name, "10.1.0.0/16", &[&six]);
    }
    for name in ["is-default", "isDefault"] {
        check(name, "true", &[&default]);
    }
    check("cidr", "10.*", &[&plain, &six]);
    check("ipv6-cidr-block-association.ipv6-cidr-block", block6, &[&six]);
    check("ipv6-cidr-block-association.association-id", association, &[&six]);
    check("ipv6-cidr-block-association.ipv6-pool", "Amazon", &[&six]);
    check("ipv6-cidr-block-association.state", "associated", &[&six]);
    check("cidr-block-association.state", "associated", &[&plain, &six, &default]);
    check("dhcp-options-id", dhcp, &[&plain, &six, &default]);
    check("owner-id", "000000000000", &[]);
    check("state", "available", &[&plain, &six, &default]);
    check("vpc-id", &plain, &[&plain]);
    check("vpc-id", "vpc-?????????????????", &[&plain, &six, &default]);
    check("vpc-id", "nonsense", &[]);
    world.assert_filters("DescribeVpcs");
}

#[test]
fn pages_of_vpcs_hold_each_once() {
    let mut world = World::new();
    for n in 0..12 {
        created(&mut world, &[("CidrBlock", &format!("10.{n}.0.0/16"))]);
    }
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let page = world.ok("DescribeVpcs", &[("MaxResults", "5"), ("NextToken", &token)]);
        found.extend(texts(&page, "vpcId").into_iter().map(str::to_owned));
        let Some(next) = texts(&page, "nextToken").first().map(|it| (*it).to_owned()) else { break };
        token = next;
    }
    assert_eq!(found, ids(&mut world, &[]));
    assert_eq!(found.len(), 12);
    assert_eq!(world.code("DescribeVpcs", &[("MaxResults", "4")]), "InvalidParameterValue");
    let both = [("MaxResults", "5"), ("VpcId.1", found[0].as_str())];
    assert_eq!(world.code("DescribeVpcs", &both), "InvalidParameterCombination");
}

#[test]
fn another_accounts_or_regions_vpc_is_not_found() {
    let mut world = World::new();
    let id = created(&mut world, &[("CidrBlock", "10.0.0.0/16")]);
    let attribute = [("VpcId", id.as_str()), ("Attribute", "enableDnsSupport")];
    let value = [("VpcId", id.as_str()), ("EnableDnsSupport.Value", "false")];
    let check = |world: &mut World| {
        assert_eq!(world.code("DescribeVpcs", &[("VpcId.1", &id)]), "InvalidVpcID.NotFound");
        assert_eq!(world.code("DeleteVpc", &[("VpcId", &id)]), "InvalidVpcID.NotFound");
        assert_eq!(world.code("DescribeVpcAttribute", &attribute), "InvalidVpcID.NotFound");
        assert_eq!(world.code("ModifyVpcAttribute", &value), "InvalidVpcID.NotFound");
        assert!(ids(world, &[]).is_empty());
        assert!(ids(world, &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &id)]).is_empty());
    };
    world.caller.region = "eu-central-1".to_owned();
    check(&mut world);
    world.caller.region = "us-east-1".to_owned();
    world.become_account(2);
    check(&mut world);
    assert_eq!(world.code("DeleteVpc", &[("VpcId", "vpc-1")]), "InvalidVpcID.Malformed");
    assert_eq!(world.code("DescribeVpcs", &[("VpcId.1", "subnet-0")]), "InvalidVpcID.Malformed");
    assert_eq!(world.code("DescribeVpcs", &[("VpcId.1", "vpc-1a2b3c4d")]), "InvalidVpcID.NotFound");
}

#[test]
fn attributes_are_changed_one_at_a_time() {
    let mut world = World::new();
    let id = created(&mut world, &[("CidrBlock", "10.0.0.0/16")]);
    let is = |world: &mut World, attribute: &str, expected: &str| {
        let answer = world.ok("DescribeVpcAttribute", &[("VpcId", &id), ("Attribute", attribute)]);
        assert_eq!(text(&answer, "vpcId"), id);
        assert_eq!(text(&answer, attribute), format!("<value>{expected}</value>"), "{attribute}");
    };
    is(&mut world, "enableDnsHostnames", "false");
    is(&mut world, "enableDnsSupport", "true");
    is(&mut world, "enableNetworkAddressUsageMetrics", "false");
    for (parameter, attribute, value) in [
        ("EnableDnsHostnames.Value", "enableDnsHostnames", "true"),
        ("EnableNetworkAddressUsageMetrics.Value", "enableNetworkAddressUsageMetrics", "true"),
        ("EnableDnsSupport.Value", "enableDnsSupport", "false"),
        ("EnableDnsHostnames.Value", "enableDnsHostnames", "false"),
    ] {
        world.ok("ModifyVpcAttribute", &[("VpcId", &id), (parameter, value)]);
        is(&mut world, attribute, value);
    }
    // Host names need DNS, which is off now.
    let on = [("VpcId", id.as_str()), ("EnableDnsHostnames.Value", "true")];
    assert_eq!(world.code("ModifyVpcAttribute", &on), "InvalidParameterCombination");

    assert_eq!(world.code("ModifyVpcAttribute", &[("VpcId", &id)]), "InvalidParameterCombination");
    let two = [("VpcId", id.as_str()), ("EnableDnsHostnames.Value", "false"), ("EnableDnsSupport.Value", "true")];
    let error = world.call("ModifyVpcAttribute", &two).expect_err("two attributes");
    let sentence = "Fields for multiple attribute types specified: enableDnsHostnames, enableDnsSupport";
    assert_eq!((error.code().as_str(), error.to_string().as_str()), ("InvalidParameterCombination", sentence));
    let unknown = [("VpcId", id.as_str()), ("Attribute", "enableTeleport")];
    assert_eq!(world.code("DescribeVpcAttribute", &unknown), "InvalidParameterValue");
}

#[test]
fn a_block_is_kept_in_its_canonical_form() {
    let mut world = World::new();
    let answer = world.ok("CreateVpc", &[("CidrBlock", "100.68.0.18/18")]);
    assert_eq!(text(&answer, "cidrBlock"), "100.68.0.0/18");
}

#[test]
fn tenancy_is_and_becomes_the_default_one() {
    let mut world = World::new();
    let id = created(&mut world, &[("CidrBlock", "10.0.0.0/16")]);
    let default = [("VpcId", id.as_str()), ("InstanceTenancy", "default")];
    assert!(world.ok("ModifyVpcTenancy", &default).contains("<return>true</return>"));
    let dedicated = [default[0], ("InstanceTenancy", "dedicated")];
    assert_eq!(world.code("ModifyVpcTenancy", &dedicated), "InvalidParameterValue");
    assert_eq!(world.code("ModifyVpcTenancy", &[default[0]]), "MissingParameter");
    assert_eq!(world.code("ModifyVpcTenancy", &[default[0], default[1], ("DryRun", "true")]), "DryRunOperation");
    world.become_account(2);
    assert_eq!(world.code("ModifyVpcTenancy", &default), "InvalidVpcID.NotFound");
}
