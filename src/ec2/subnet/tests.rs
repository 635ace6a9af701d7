//! Subnets as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::net::{Ipv6Net, Mac};
use crate::state::id::{SubnetId, VpcId};
use crate::state::network_interface::NetworkInterface;

fn vpc(world: &mut World, parameters: &[(&str, &str)]) -> String {
    let answer = world.ok("CreateVpc", &[&[("CidrBlock", "10.0.0.0/16")], parameters].concat());
    text(&answer, "vpcId").to_owned()
}

fn subnet(world: &mut World, vpc: &str, parameters: &[(&str, &str)]) -> String {
    let answer = world.ok("CreateSubnet", &[&[("VpcId", vpc)], parameters].concat());
    text(&answer, "subnetId").to_owned()
}

/// A VPC with IPv6, and a subnet's block of the given number in it.
fn vpc6(world: &mut World) -> (String, impl Fn(u16, u8) -> String + use<>) {
    let id = vpc(world, &[("AmazonProvidedIpv6CidrBlock", "true")]);
    let row = world.state.vpcs.get(&id.parse().expect("an id")).expect("a VPC");
    let first = row.blocks6[0].prefix.network().segments();
    (id, move |number, len| {
        let mut segments = first;
        segments[3] = segments[3] & 0xff00 | number;
        format!("{}/{len}", std::net::Ipv6Addr::from(segments))
    })
}

/// Puts an interface with these IPv4 addresses into the subnet.
fn interface(world: &mut World, subnet: &str, addresses: &[&str]) -> NetworkInterface {
    let id: SubnetId = subnet.parse().expect("an id");
    let subnet = world.state.subnets.get(&id).expect("a subnet").clone();
    let addresses = addresses.iter().map(|it| it.parse().expect("an address")).collect();
    let mut made = None;
    let caller = world.caller.clone();
    world.commit(|tx| {
        let mut call = crate::ec2::scope::Call { tx: &mut *tx, caller: &caller, token: None };
        let identity = crate::ec2::identity::of_groups(&mut call, subnet.vpc, &[]).expect("a number");
        let row = NetworkInterface {
            id: tx.mint(),
            account: subnet.account,
            region: subnet.region.clone(),
            vpc: subnet.vpc,
            subnet: subnet.id,
            zone: subnet.zone.clone(),
            mac: Mac::derived(1),
            description: String::new(),
            addresses,
            addresses6: Vec::new(),
            groups: Vec::new(),
            identity,
            prefixes: Vec::new(),
            prefixes6: Vec::new(),
            kind: Default::default(),
            source_dest_check: true,
            map_public_address: false,
            bandwidth: None,
            attachment: None,
            detached: None,
            created: tx.now(),
        };
        tx.put(row.clone());
        made = Some(row);
    });
    made.expect("it was made")
}

#[test]
fn a_new_subnet_is_answered_and_described_alike() {
    let mut world = World::new();
    let vpc = vpc(&mut world, &[]);
    let answer = world.ok(
        "CreateSubnet",
        &[
            ("VpcId", &vpc),
            ("CidrBlock", "10.0.1.0/24"),
            ("AvailabilityZone", "us-east-1b"),
            ("TagSpecification.1.ResourceType", "subnet"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", "b"),
        ],
    );
    let id = text(&answer, "subnetId");
    for (element, expected) in [
        ("assignIpv6AddressOnCreation", "false"),
        ("availabilityZone", "us-east-1b"),
        ("availabilityZoneId", "use1-az2"),
        ("availableIpAddressCount", "251"),
        ("cidrBlock", "10.0.1.0/24"),
        ("defaultForAz", "false"),
        ("enableDns64", "false"),
        ("ipv6CidrBlockAssociationSet", ""),
        ("ipv6Native", "false"),
        ("mapPublicIpOnLaunch", "false"),
        ("hostnameType", "ip-name"),
        ("enableResourceNameDnsARecord", "false"),
        ("enableResourceNameDnsAAAARecord", "false"),
        ("ownerId", "100000000001"),
        ("state", "available"),
        ("subnetArn", &format!("arn:aws:ec2:us-east-1:100000000001:subnet/{id}")),
        ("tagSet", "<item><key>Name</key><value>b</value></item>"),
        ("vpcId", &vpc),
    ] {
        assert_eq!(text(&answer, element), expected, "{element}");
    }
    let described = world.ok("DescribeSubnets", &[("SubnetId.1", id)]);
    assert_eq!(text(&described, "subnetSet"), format!("<item>{}</item>", text(&answer, "subnet")));
}

#[test]
fn a_zone_is_chosen_by_name_by_id_or_not_at_all() {
    let mut world = World::new();
    let vpc = vpc(&mut world, &[]);
    let mut check = |n: u8, zone: &[(&str, &str)], expected: &str| {
        let block = format!("10.0.{n}.0/24");
        let answer = world.ok("CreateSubnet", &[&[("VpcId", vpc.as_str()), ("CidrBlock", &block)], zone].concat());
        assert_eq!(text(&answer, "availabilityZone"), expected);
    };
    check(1, &[], "us-east-1a");
    check(2, &[("AvailabilityZone", "us-east-1c")], "us-east-1c");
    check(3, &[("AvailabilityZoneId", "use1-az2")], "us-east-1b");
    check(4, &[("AvailabilityZone", "")], "us-east-1a");
    let with = |name, value| [("VpcId", vpc.clone()), ("CidrBlock", "10.0.9.0/24".to_owned()), (name, value)];
    for (name, value, parameter) in [
        ("AvailabilityZone", "us-east-1d", "availabilityZone"),
        ("AvailabilityZone", "eu-central-1a", "availabilityZone"),
        ("AvailabilityZoneId", "use1-az4", "availabilityZoneId"),
    ] {
        let wrong = with(name, value.to_owned());
        let wrong: Vec<_> = wrong.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let error = world.call("CreateSubnet", &wrong).expect_err(value);
        let sentence = format!(
            "Value ({value}) for parameter {parameter} is invalid. Subnets can currently only be created in the \
             following availability zones: us-east-1a, us-east-1b, us-east-1c."
        );
        assert_eq!((error.code(), error.to_string()), ("InvalidParameterValue".to_owned(), sentence));
    }
    let both = [
        ("VpcId", vpc.as_str()),
        ("CidrBlock", "10.0.9.0/24"),
        ("AvailabilityZone", "us-east-1a"),
        ("AvailabilityZoneId", "use1-az1"),
    ];
    assert_eq!(world.code("CreateSubnet", &both), "InvalidParameterCombination");
}

#[test]
fn blocks_outside_the_vpc_or_on_each_other_are_refused() {
    let mut world = World::new();
    let vpc = vpc(&mut world, &[]);
    subnet(&mut world, &vpc, &[("CidrBlock", "10.0.16.0/20")]);
    let mut check = |block: &str, code: &str, sentence: &str| {
        let error = world.call("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", block)]).expect_err(block);
        assert_eq!((error.code().as_str(), error.to_string().as_str()), (code, sentence), "{block}");
    };
    for block in ["10.0.0.0/15", "10.0.0.0/29", "10.1.0.0/24", "192.168.0.0/24"] {
        check(block, "InvalidSubnet.Range", &format!("The CIDR '{block}' is invalid."));
    }
    for block in ["10.0.16.0/20", "10.0.17.0/24", "10.0.0.0/16"] {
        check(block, "InvalidSubnet.Conflict", &format!("The CIDR '{block}' conflicts with another subnet"));
    }
    let sentence = "Value (everything) for parameter cidrBlock is invalid. This is not a valid CIDR block.";
    check("everything", "InvalidParameterValue", sentence);
    let missing = [("VpcId", vpc.as_str())];
    assert_eq!(world.code("CreateSubnet", &missing), "MissingParameter");
    assert_eq!(world.code("CreateSubnet", &[("CidrBlock", "10.0.0.0/24")]), "MissingParameter");
    // Another VPC's subnets are no obstacle.
    let other = self::vpc(&mut world, &[]);
    subnet(&mut world, &other, &[("CidrBlock", "10.0.16.0/20")]);
}

#[test]
fn an_ipv6_block_lies_in_the_vpcs_on_a_boundary_of_four_bits() {
    let mut world = World::new();
    let plain = vpc(&mut world, &[]);
    let (id, block) = vpc6(&mut world);
    let answer =
        world.ok("CreateSubnet", &[("VpcId", &id), ("CidrBlock", "10.0.0.0/24"), ("Ipv6CidrBlock", &block(1, 64))]);
    assert_eq!(text(&answer, "ipv6CidrBlock"), block(1, 64));
    assert_eq!(text(&answer, "ipv6CidrBlockState"), "<state>associated</state>");
    assert!(text(&answer, "associationId").starts_with("subnet-cidr-assoc-"));
    subnet(&mut world, &id, &[("CidrBlock", "10.0.1.0/24"), ("Ipv6CidrBlock", &block(16, 60))]);

    let whole: Ipv6Net = block(0, 56).parse().expect("a block");
    let wider = format!("{}/52", Ipv6Net::new_assert(whole.network(), 52).trunc().network());
    let mut check = |vpc: &str, block: &str, code: &str| {
        let parameters = [("VpcId", vpc), ("CidrBlock", "10.0.2.0/24"), ("Ipv6CidrBlock", block)];
        assert_eq!(world.code("CreateSubnet", &parameters), code, "{block}");
    };
    check(&id, &block(1, 64), "InvalidSubnet.Conflict");
    check(&id, &block(17, 64), "InvalidSubnet.Conflict");
    check(&id, &block(0, 56), "InvalidSubnet.Conflict");
    check(&id, &block(2, 63), "InvalidSubnet.Range");
    check(&id, &block(2, 68), "InvalidSubnet.Range");
    check(&id, &wider, "InvalidSubnet.Range");
    check(&id, "fd00::/64", "InvalidSubnet.Range");
    check(&id, "fd00::/129", "InvalidParameterValue");
    check(&plain, &block(2, 64), "InvalidSubnet.Range");
    let error = world
        .call("CreateSubnet", &[("VpcId", &plain), ("CidrBlock", "10.0.2.0/24"), ("Ipv6CidrBlock", "fd00::/64")])
        .expect_err("no IPv6");
    assert_eq!(error.to_string(), "The IPv6 CIDR 'fd00::/64' is invalid.");
}

#[test]
fn an_ipv6_only_subnet_has_no_ipv4_block() {
    let mut world = World::new();
    let (id, block) = vpc6(&mut world);
    let native = [("VpcId", id.as_str()), ("Ipv6Native", "true")];
    assert_eq!(world.code("CreateSubnet", &native), "MissingParameter");
    let block = block(1, 64);
    let both = [&native[..], &[("Ipv6CidrBlock", &block), ("CidrBlock", "10.0.0.0/24")]].concat();
    assert_eq!(world.code("CreateSubnet", &both), "InvalidParameterCombination");
    let answer = world.ok("CreateSubnet", &[&native[..], &[("Ipv6CidrBlock", &block)]].concat());
    assert_eq!(text(&answer, "ipv6Native"), "true");
    assert_eq!(text(&answer, "assignIpv6AddressOnCreation"), "true");
    assert_eq!(text(&answer, "availableIpAddressCount"), "0");
    assert_eq!(text(&answer, "hostnameType"), "resource-name");
    assert_eq!(texts(&answer, "cidrBlock"), Vec::<&str>::new());

    let id = text(&answer, "subnetId");
    let mut check = |name: &str, value: &str| {
        assert_eq!(world.code("ModifySubnetAttribute", &[("SubnetId", id), (name, value)]), "InvalidParameterValue");
    };
    check("PrivateDnsHostnameTypeOnLaunch", "ip-name");
    check("EnableResourceNameDnsARecordOnLaunch.Value", "true");
    check("MapPublicIpOnLaunch.Value", "true");
}

#[test]
fn what_create_subnet_cannot_make_true_is_refused_by_name() {
    let mut world = World::new();
    let vpc = vpc(&mut world, &[]);
    for (name, value) in [
        ("Ipv4IpamPoolId", "ipam-pool-1"),
        ("Ipv4NetmaskLength", "24"),
        ("Ipv6IpamPoolId", "ipam-pool-1"),
        ("Ipv6NetmaskLength", "64"),
        ("OutpostArn", "arn:aws:outposts:us-east-1:100000000001:outpost/op-1"),
    ] {
        let parameters = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.0.0/24"), (name, value)];
        let error = world.call("CreateSubnet", &parameters).expect_err(name);
        assert_eq!(error.to_string(), format!("The parameter {name} is not supported."));
        assert_eq!(error.code(), "UnsupportedOperation");
    }
    let dry = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.0.0/24"), ("DryRun", "true")];
    assert_eq!(world.code("CreateSubnet", &dry), "DryRunOperation");
    assert_eq!(world.state.subnets.len(), 0);
}

#[test]
fn addresses_that_interfaces_hold_are_not_available_and_keep_the_subnet() {
    let mut world = World::new();
    let vpc = vpc(&mut world, &[]);
    let id = subnet(&mut world, &vpc, &[("CidrBlock", "10.0.0.0/28")]);
    let count = |world: &mut World| {
        let answer = world.ok("DescribeSubnets", &[("SubnetId.1", &id)]);
        text(&answer, "availableIpAddressCount").to_owned()
    };
    assert_eq!(count(&mut world), "11");
    let mut first = interface(&mut world, &id, &["10.0.0.4", "10.0.0.5"]);
    let second = interface(&mut world, &id, &["10.0.0.6"]);
    assert_eq!(count(&mut world), "8");
    first.addresses.pop();
    world.commit(|tx| tx.put(first.clone()));
    assert_eq!(count(&mut world), "9");

    let error = world.call("DeleteSubnet", &[("SubnetId", &id)]).expect_err("an interface is there");
    assert_eq!(error.code(), "DependencyViolation");
    assert_eq!(error.to_string(), format!("The subnet '{id}' has dependencies and cannot be deleted."));
    world.commit(|tx| {
        tx.remove::<NetworkInterface>(first.id);
        tx.remove::<NetworkInterface>(second.id);
    });
    assert_eq!(count(&mut world), "11");
    assert!(world.state.indexes.addresses_in_subnet.is_empty());
    world.ok("DeleteSubnet", &[("SubnetId", &id)]);
}

#[test]
fn a_deleted_subnet_leaves_nothing_behind() {
    let mut world = World::new();
    let vpc = vpc(&mut world, &[]);
    let rows = |world: &World| world.state.effects().map(|it| format!("{it:?}")).collect::<Vec<_>>();
    let before = rows(&world);
    let tags = [
        ("CidrBlock", "10.0.0.0/24"),
        ("TagSpecification.1.ResourceType", "subnet"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
    ];
    let id = subnet(&mut world, &vpc, &tags);
    // A subnet goes with its explicit association, as in EC2.
    let number: SubnetId = id.parse().expect("an id");
    let of: VpcId = vpc.parse().expect("an id");
    let table = world.state.indexes.route_tables_of_vpc.of(of).next().expect("a main table");
    world.commit(|tx| {
        let (id, subnet) = (tx.mint(), Some(number));
        tx.put(crate::state::route_table::RouteTableAssociation { id, vpc: of, table, subnet });
    });
    assert_eq!(world.code("DeleteSubnet", &[("SubnetId", &id), ("DryRun", "true")]), "DryRunOperation");
    world.ok("DeleteSubnet", &[("SubnetId", &id)]);
    assert_eq!(rows(&world), before);
    assert_eq!(world.code("DeleteSubnet", &[("SubnetId", &id)]), "InvalidSubnetID.NotFound");
}

#[test]
fn attributes_are_kept_or_refused_and_never_ignored() {
    let mut world = World::new();
    let (id, block) = vpc6(&mut world);
    let four = subnet(&mut world, &id, &[("CidrBlock", "10.0.0.0/24")]);
    let dual = subnet(&mut world, &id, &[("CidrBlock", "10.0.1.0/24"), ("Ipv6CidrBlock", &block(1, 64))]);

    for (name, value, element) in [
        ("AssignIpv6AddressOnCreation.Value", "true", "assignIpv6AddressOnCreation"),
        ("AssignIpv6AddressOnCreation.Value", "false", "assignIpv6AddressOnCreation"),
        ("EnableResourceNameDnsARecordOnLaunch.Value", "true", "enableResourceNameDnsARecord"),
        ("EnableResourceNameDnsAAAARecordOnLaunch.Value", "true", "enableResourceNameDnsAAAARecord"),
        ("PrivateDnsHostnameTypeOnLaunch", "resource-name", "hostnameType"),
        ("PrivateDnsHostnameTypeOnLaunch", "ip-name", "hostnameType"),
        ("MapPublicIpOnLaunch.Value", "true", "mapPublicIpOnLaunch"),
        ("MapPublicIpOnLaunch.Value", "false", "mapPublicIpOnLaunch"),
        ("MapCustomerOwnedIpOnLaunch.Value", "false", "mapCustomerOwnedIpOnLaunch"),
        ("EnableDns64.Value", "true", "enableDns64"),
        ("EnableDns64.Value", "false", "enableDns64"),
    ] {
        world.ok("ModifySubnetAttribute", &[("SubnetId", &dual), (name, value)]);
        let answer = world.ok("DescribeSubnets", &[("SubnetId.1", &dual)]);
        assert_eq!(text(&answer, element), value, "{name}");
    }
    let mut check = |subnet: &str, name: &str, value: &str, code: &str, sentence: &str| {
        let error = world.call("ModifySubnetAttribute", &[("SubnetId", subnet), (name, value)]).expect_err(name);
        assert_eq!((error.code().as_str(), error.to_string().as_str()), (code, sentence), "{name}");
    };
    for (name, value) in [
        ("MapCustomerOwnedIpOnLaunch.Value", "true"),
        ("CustomerOwnedIpv4Pool", "ipv4pool-coip-1"),
        ("EnableLniAtDeviceIndex", "1"),
        ("DisableLniAtDeviceIndex.Value", "true"),
    ] {
        let parameter = name.split('.').next().unwrap_or(name);
        let sentence = format!("The parameter {parameter} is not supported.");
        check(&dual, name, value, "UnsupportedOperation", &sentence);
    }
    for (name, words) in [
        ("AssignIpv6AddressOnCreation.Value", "assign-ipv6-address-on-creation"),
        ("EnableDns64.Value", "enable-dns64"),
        ("EnableResourceNameDnsAAAARecordOnLaunch.Value", "enable-resource-name-dns-aaaa-record-on-launch"),
    ] {
        let sentence = format!(
            "Invalid value 'true' for {words}. Cannot set {words} to true unless the subnet ({four}) has an IPv6 CIDR \
             block associated with it."
        );
        check(&four, name, "true", "InvalidParameterValue", &sentence);
    }
    assert_eq!(world.code("ModifySubnetAttribute", &[("SubnetId", &dual)]), "InvalidParameterCombination");
    let two = [("SubnetId", dual.as_str()), ("MapPublicIpOnLaunch.Value", "false"), ("EnableDns64.Value", "false")];
    assert_eq!(world.code("ModifySubnetAttribute", &two), "InvalidParameterCombination");
    let type_ = [("SubnetId", dual.as_str()), ("PrivateDnsHostnameTypeOnLaunch", "my-name")];
    assert_eq!(world.code("ModifySubnetAttribute", &type_), "InvalidParameterValue");
}

#[test]
fn subnets_are_found_by_what_they_are() {
    let mut world = World::new();
    let (id, block) = vpc6(&mut world);
    let other = vpc(&mut world, &[]);
    let a = subnet(&mut world, &id, &[("CidrBlock", "10.0.0.0/24")]);
    let six = [("CidrBlock", "10.0.1.0/28"), ("Ipv6CidrBlock", &block(1, 64)), ("AvailabilityZone", "us-east-1b")];
    let b = subnet(&mut world, &id, &six);
    let c = subnet(&mut world, &other, &[("CidrBlock", "10.0.0.0/24")]);
    let whole = world.ok("DescribeSubnets", &[("SubnetId.1", &b)]);
    let association = text(&whole, "associationId").to_owned();

    let mut check = |filters: &[(&str, &str)], expected: &[&String]| {
        let filters = filters.iter().zip(1..);
        let parameters = filters.flat_map(|((name, value), n)| {
            [(format!("Filter.{n}.Name"), *name), (format!("Filter.{n}.Value.1"), *value)]
        });
        let parameters: Vec<_> = parameters.collect();
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let answer = world.ok("DescribeSubnets", &parameters);
        let mut found = texts(&answer, "subnetId");
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{parameters:?}");
    };
    for name in ["availability-zone", "availabilityZone"] {
        check(&[(name, "us-east-1b")], &[&b]);
    }
    for name in ["availability-zone-id", "availabilityZoneId"] {
        check(&[(name, "use1-az2")], &[&b]);
    }
    for name in ["cidr", "cidr-block", "cidrBlock"] {
        check(&[(name, "10.0.1.0/28")], &[&b]);
        check(&[(name, "10.0.0.0/24"), ("vpc-id", &other)], &[&c]);
    }
    for name in ["default-for-az", "defaultForAz"] {
        check(&[(name, "true")], &[]);
    }
    check(&[("available-ip-address-count", "11")], &[&b]);
    check(&[("ipv6-cidr-block-association.association-id", &association)], &[&b]);
    check(&[("ipv6-cidr-block-association.ipv6-cidr-block", &block(1, 64))], &[&b]);
    check(&[("vpc-id", &id)], &[&a, &b]);
    check(&[("vpc-id", "vpc-*"), ("state", "available")], &[&a, &b, &c]);
    check(&[("subnet-id", &a), ("vpc-id", &other)], &[]);
    check(&[("subnet-arn", &format!("arn:aws:ec2:us-east-1:100000000001:subnet/{a}"))], &[&a]);
    check(&[("vpc-id", "nonsense")], &[]);
    world.assert_filters("DescribeSubnets");
}

#[test]
fn another_accounts_subnet_is_not_found() {
    let mut world = World::new();
    let vpc = vpc(&mut world, &[]);
    let id = subnet(&mut world, &vpc, &[("CidrBlock", "10.0.0.0/24")]);
    world.become_account(2);
    assert_eq!(world.code("DescribeSubnets", &[("SubnetId.1", &id)]), "InvalidSubnetID.NotFound");
    assert_eq!(world.code("DeleteSubnet", &[("SubnetId", &id)]), "InvalidSubnetID.NotFound");
    let modify = [("SubnetId", id.as_str()), ("MapPublicIpOnLaunch.Value", "false")];
    assert_eq!(world.code("ModifySubnetAttribute", &modify), "InvalidSubnetID.NotFound");
    let create = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.1.0/24")];
    assert_eq!(world.code("CreateSubnet", &create), "InvalidVpcID.NotFound");
    for filter in ["vpc-id", "subnet-id"] {
        let value = if filter == "vpc-id" { &vpc } else { &id };
        let answer = world.ok("DescribeSubnets", &[("Filter.1.Name", filter), ("Filter.1.Value.1", value)]);
        assert_eq!(text(&answer, "subnetSet"), "");
    }
    assert_eq!(world.code("DeleteSubnet", &[("SubnetId", "subnet-xyz")]), "InvalidSubnetID.Malformed");
}

#[test]
fn pages_of_subnets_hold_each_once() {
    let mut world = World::new();
    let vpc = vpc(&mut world, &[]);
    for n in 0..7 {
        subnet(&mut world, &vpc, &[("CidrBlock", &format!("10.0.{n}.0/24"))]);
    }
    let first = world.ok("DescribeSubnets", &[("MaxResults", "5")]);
    let rest = world.ok("DescribeSubnets", &[("MaxResults", "5"), ("NextToken", text(&first, "nextToken"))]);
    let found = [texts(&first, "subnetId"), texts(&rest, "subnetId")].concat();
    assert_eq!(texts(&rest, "nextToken"), Vec::<&str>::new());
    assert_eq!(found, texts(&world.ok("DescribeSubnets", &[]), "subnetId"));
}

#[test]
fn a_zone_that_has_lost_its_default_subnet_gets_another() {
    let mut world = World::new();
    let zone = [("AvailabilityZone", "us-east-1b")];
    let refusal = |world: &mut World, parameters: &[(&str, &str)]| {
        let error = world.call("CreateDefaultSubnet", parameters).expect_err("refused");
        (error.code(), error.to_string())
    };
    let sentence = "No default VPC exists for this account in this region.".to_owned();
    assert_eq!(refusal(&mut world, &zone), ("DefaultVpcDoesNotExist".to_owned(), sentence));
    let vpc = world.ok("CreateDefaultVpc", &[]);
    let vpc = text(&vpc, "vpcId").to_owned();
    let by_zone = [("Filter.1.Name", "availability-zone"), ("Filter.1.Value.1", "us-east-1b")];
    let old = text(&world.ok("DescribeSubnets", &by_zone), "subnetId").to_owned();
    let sentence = format!("'{old}' is already the default subnet in us-east-1b.");
    assert_eq!(refusal(&mut world, &zone), ("DefaultSubnetAlreadyExistsInAvailabilityZone".to_owned(), sentence));

    world.ok("DeleteSubnet", &[("SubnetId", &old)]);
    // The block that it had is partly taken now, and the next one as a whole is another default subnet's.
    subnet(&mut world, &vpc, &[("CidrBlock", "172.31.30.0/24")]);
    let made = world.ok("CreateDefaultSubnet", &[("AvailabilityZoneId", "use1-az2")]);
    for (element, expected) in [
        ("availabilityZone", "us-east-1b"),
        ("cidrBlock", "172.31.48.0/20"),
        ("defaultForAz", "true"),
        ("availableIpAddressCount", "4091"),
        ("vpcId", &vpc),
    ] {
        assert_eq!(text(&made, element), expected, "{element}");
    }
    for (parameters, code) in [
        (&[][..], "MissingParameter"),
        (&[("AvailabilityZone", "us-east-1a"), ("AvailabilityZoneId", "use1-az1")], "InvalidParameterCombination"),
        (&[("AvailabilityZone", "us-east-1d")], "InvalidParameterValue"),
        (&[("AvailabilityZone", "us-east-1b"), ("Ipv6Native", "true")], "DefaultSubnetAlreadyExistsInAvailabilityZone"),
    ] {
        assert_eq!(world.code("CreateDefaultSubnet", parameters), code, "{parameters:?}");
    }
}

#[test]
fn a_default_subnet_needs_room_and_may_be_ipv6_only() {
    let mut world = World::new();
    let vpc = text(&world.ok("CreateDefaultVpc", &[]), "vpcId").to_owned();
    let subnets = world.ok("DescribeSubnets", &[]);
    let pairs: Vec<_> = texts(&subnets, "subnetId").into_iter().zip(texts(&subnets, "availabilityZone")).collect();
    let of = |zone: &str| pairs.iter().find(|it| it.1 == zone).expect("a subnet").0;
    for zone in ["us-east-1a", "us-east-1b"] {
        world.ok("DeleteSubnet", &[("SubnetId", of(zone))]);
    }
    for n in (0..256).step_by(16).filter(|it| *it != 32) {
        subnet(&mut world, &vpc, &[("CidrBlock", &format!("172.31.{n}.0/24"))]);
    }
    let error = world.call("CreateDefaultSubnet", &[("AvailabilityZone", "us-east-1a")]).expect_err("no room");
    let sentence = "The specified VPC does not have enough free cidr blocks to satisfy the request.";
    assert_eq!((error.code().as_str(), error.to_string().as_str()), ("InsufficientCidrBlocks", sentence));
    let native = [("AvailabilityZone", "us-east-1a"), ("Ipv6Native", "true")];
    assert_eq!(world.code("CreateDefaultSubnet", &native), "InsufficientCidrBlocks", "it has no IPv6 block");
    let answer = world.ok("AssociateVpcCidrBlock", &[("VpcId", &vpc), ("AmazonProvidedIpv6CidrBlock", "true")]);
    let block: Ipv6Net = text(&answer, "ipv6CidrBlock").parse().expect("a block");
    let made = world.ok("CreateDefaultSubnet", &native);
    assert_eq!(text(&made, "ipv6CidrBlock"), format!("{}/64", block.network()));
    assert_eq!((text(&made, "ipv6Native"), text(&made, "defaultForAz")), ("true", "true"));
    // A second block of the VPC has room again.
    world.ok("AssociateVpcCidrBlock", &[("VpcId", &vpc), ("CidrBlock", "172.20.0.0/16")]);
    let made = world.ok("CreateDefaultSubnet", &[("AvailabilityZone", "us-east-1b")]);
    assert_eq!(text(&made, "cidrBlock"), "172.20.0.0/20");
}
