//! Blocks that come to VPCs and subnets, and go.

use crate::ec2::fixture::{World, text, texts};
use crate::state::id::VpcId;
use crate::state::route_table::{Destination, Route, RouteTable, Target};

fn vpc(world: &mut World, block: &str) -> String {
    text(&world.ok("CreateVpc", &[("CidrBlock", block)]), "vpcId").to_owned()
}

/// Gives the VPC another IPv4 block, and answers the association's id.
fn add(world: &mut World, vpc: &str, block: &str) -> String {
    let answer = world.ok("AssociateVpcCidrBlock", &[("VpcId", vpc), ("CidrBlock", block)]);
    text(&answer, "associationId").to_owned()
}

/// Gives the VPC an IPv6 block, and answers the association's id and the block.
fn add6(world: &mut World, vpc: &str) -> (String, String) {
    let answer = world.ok("AssociateVpcCidrBlock", &[("VpcId", vpc), ("AmazonProvidedIpv6CidrBlock", "true")]);
    (text(&answer, "associationId").to_owned(), text(&answer, "ipv6CidrBlock").to_owned())
}

/// The block of 64 bits with this number in the VPC's block.
fn part(block: &str, number: u16) -> String {
    let block: crate::net::Ipv6Net = block.parse().expect("a block");
    let mut segments = block.network().segments();
    segments[3] |= number;
    format!("{}/64", std::net::Ipv6Addr::from(segments))
}

fn refusal(world: &mut World, action: &str, parameters: &[(&str, &str)]) -> (String, String) {
    let error = world.call(action, parameters).expect_err(action);
    (error.code(), error.to_string())
}

#[test]
fn another_block_of_a_vpc_is_shown_found_and_used() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.0.0.0/16");
    let answer = world.ok("AssociateVpcCidrBlock", &[("VpcId", &id), ("CidrBlock", "10.2.3.4/16")]);
    assert_eq!(text(&answer, "vpcId"), id);
    assert_eq!(text(&answer, "cidrBlock"), "10.2.0.0/16", "in its canonical form");
    assert_eq!(text(&answer, "state"), "associated");
    let association = text(&answer, "associationId").to_owned();
    assert!(association.starts_with("vpc-cidr-assoc-"));

    let by = [("Filter.1.Name", "cidr-block-association.association-id"), ("Filter.1.Value.1", &association)];
    let found = world.ok("DescribeVpcs", &by);
    assert_eq!(texts(&found, "vpcId"), [id.as_str()]);
    assert_eq!(text(&found, "cidrBlock"), "10.0.0.0/16", "the primary block stays");
    let set = text(&found, "cidrBlockAssociationSet");
    assert_eq!(texts(set, "cidrBlock"), ["10.0.0.0/16", "10.2.0.0/16"]);
    let by = [("Filter.1.Name", "cidr-block-association.cidr-block"), ("Filter.1.Value.1", "10.2.0.0/16")];
    assert_eq!(texts(&world.ok("DescribeVpcs", &by), "vpcId"), [id.as_str()]);
    let by = [("Filter.1.Name", "cidr"), ("Filter.1.Value.1", "10.2.0.0/16")];
    assert!(texts(&world.ok("DescribeVpcs", &by), "vpcId").is_empty(), "the filter is of primary blocks");

    let tables = world.ok("DescribeRouteTables", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &id)]);
    assert_eq!(texts(&tables, "destinationCidrBlock"), ["10.0.0.0/16", "10.2.0.0/16"]);
    let subnet = world.ok("CreateSubnet", &[("VpcId", &id), ("CidrBlock", "10.2.9.0/24")]);
    let interface = world.ok("CreateNetworkInterface", &[("SubnetId", text(&subnet, "subnetId"))]);
    assert!(text(&interface, "privateIpAddress").starts_with("10.2.9."));
}

#[test]
fn blocks_that_aws_does_not_combine_are_refused() {
    let check = |has: &str, wanted: &str, sentence: &str| {
        let mut world = World::new();
        let id = vpc(&mut world, has);
        let answer = world.call("AssociateVpcCidrBlock", &[("VpcId", &id), ("CidrBlock", wanted)]);
        let said = answer.as_ref().map_or_else(|error| format!("{}: {error}", error.code()), |_| String::new());
        assert!(said.starts_with(sentence) && said.is_empty() == sentence.is_empty(), "{has} + {wanted}: {said}");
    };
    let restricted = "InvalidVpc.Range: The CIDR '";
    for (has, wanted) in [
        ("10.0.0.0/16", "10.1.0.0/16"),
        ("10.1.0.0/16", "10.2.0.0/16"),
        ("10.2.0.0/16", "10.0.0.0/16"),
        ("172.16.0.0/16", "172.17.0.0/16"),
        ("192.168.0.0/24", "192.168.1.0/24"),
        ("198.51.100.0/24", "203.0.113.0/24"),
        ("10.0.0.0/16", "100.64.0.0/16"),
        ("172.16.0.0/16", "198.18.0.0/16"),
        ("198.19.0.0/24", "198.19.1.0/24"),
        ("198.19.0.0/24", "203.0.113.0/24"),
        ("100.64.0.0/16", "198.51.100.0/24"),
    ] {
        check(has, wanted, "");
    }
    for (has, wanted) in [
        ("10.1.0.0/16", "10.0.0.0/24"),
        ("10.0.0.0/24", "10.0.1.0/24"),
        ("10.2.0.0/16", "172.16.0.0/16"),
        ("10.2.0.0/16", "192.168.0.0/16"),
        ("10.2.0.0/16", "198.19.0.0/16"),
        ("172.16.0.0/16", "10.2.0.0/16"),
        ("172.16.0.0/16", "172.31.0.0/24"),
        ("172.16.0.0/16", "198.19.0.0/16"),
        ("192.168.0.0/24", "10.2.0.0/16"),
        ("192.168.0.0/24", "198.19.0.0/16"),
        ("198.19.0.0/16", "10.2.0.0/16"),
        ("198.51.100.0/24", "10.2.0.0/16"),
        ("198.51.100.0/24", "198.19.0.0/16"),
        ("100.64.0.0/16", "192.168.0.0/16"),
    ] {
        let sentence = "' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use \
                        a publicly-routable CIDR. For additional restrictions, see https://docs.aws.amazon.com/";
        check(has, wanted, &format!("{restricted}{wanted}{sentence}"));
    }
    for wanted in ["169.254.0.0/24", "127.0.0.0/16", "224.0.0.0/16"] {
        check("10.0.0.0/16", wanted, &format!("{restricted}{wanted}' is restricted."));
    }
    for wanted in ["10.2.0.0/15", "10.2.0.0/29"] {
        check("10.0.0.0/16", wanted, &format!("{restricted}{wanted}' is invalid."));
    }
    check("10.0.0.0/16", "fd00::/64", "InvalidParameterValue: Value (fd00::/64) for parameter cidrBlock is invalid.");
}

#[test]
fn a_later_block_restricts_as_the_first_does() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    add(&mut world, &id, "10.1.0.0/16");
    let (code, _) = refusal(&mut world, "AssociateVpcCidrBlock", &[("VpcId", &id), ("CidrBlock", "10.0.0.0/16")]);
    assert_eq!(code, "InvalidVpc.Range");
    // A public block beside the private ones does not make these foreign.
    add(&mut world, &id, "100.64.0.0/16");
    add(&mut world, &id, "10.3.0.0/16");
}

#[test]
fn a_block_overlaps_none_of_its_vpc() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    add(&mut world, &id, "10.4.0.0/24");
    for (wanted, own) in
        [("10.2.0.0/16", "10.2.0.0/16"), ("10.2.9.0/24", "10.2.0.0/16"), ("10.4.0.0/16", "10.4.0.0/24")]
    {
        let said = refusal(&mut world, "AssociateVpcCidrBlock", &[("VpcId", &id), ("CidrBlock", wanted)]);
        let sentence = format!("The CIDR '{wanted}' overlaps with the CIDR '{own}' of {id}.");
        assert_eq!(said, ("CidrConflict".to_owned(), sentence));
    }
    let other = vpc(&mut world, "10.6.0.0/16");
    add(&mut world, &other, "10.2.0.0/16");
}

#[test]
fn a_vpc_has_five_blocks_of_a_family_at_most() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    for block in ["10.3.0.0/16", "10.4.0.0/16", "10.5.0.0/16", "10.6.0.0/16"] {
        add(&mut world, &id, block);
    }
    let sentence = format!("This network '{id}' has met its maximum number of allowed CIDRs: 5");
    let said = refusal(&mut world, "AssociateVpcCidrBlock", &[("VpcId", &id), ("CidrBlock", "10.7.0.0/16")]);
    assert_eq!(said, ("CidrLimitExceeded".to_owned(), sentence));
    for _ in 0..5 {
        add6(&mut world, &id);
    }
    let six = [("VpcId", id.as_str()), ("AmazonProvidedIpv6CidrBlock", "true")];
    assert_eq!(world.code("AssociateVpcCidrBlock", &six), "CidrLimitExceeded");
}

#[test]
fn a_block_is_refused_while_a_route_leads_into_it() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    let gateway = text(&world.ok("CreateInternetGateway", &[]), "internetGatewayId").to_owned();
    world.ok("AttachInternetGateway", &[("VpcId", &id), ("InternetGatewayId", &gateway)]);
    let tables = world.ok("DescribeRouteTables", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &id)]);
    let table = text(&tables, "routeTableId").to_owned();
    for destination in ["0.0.0.0/0", "10.3.0.0/24"] {
        let route = [("RouteTableId", table.as_str()), ("DestinationCidrBlock", destination), ("GatewayId", &gateway)];
        world.ok("CreateRoute", &route);
    }
    for block in ["10.3.0.0/24", "10.3.0.0/16"] {
        let (code, said) = refusal(&mut world, "AssociateVpcCidrBlock", &[("VpcId", &id), ("CidrBlock", block)]);
        assert_eq!(code, "CidrConflict", "{block}");
        assert!(said.contains("'10.3.0.0/24'") && said.contains(&table), "{said}");
    }
    add(&mut world, &id, "10.3.0.0/25");
    add(&mut world, &id, "10.4.0.0/16");
}

/// Asks for peering between two VPCs, and answers the connection's id.
fn ask(world: &mut World, requester: &str, accepter: &str) -> String {
    let answer = world.ok("CreateVpcPeeringConnection", &[("VpcId", requester), ("PeerVpcId", accepter)]);
    text(&answer, "vpcPeeringConnectionId").to_owned()
}

#[test]
fn a_peers_addresses_stay_the_peers() {
    let mut world = World::new();
    let [a, b] = ["10.2.0.0/16", "10.3.0.0/16"].map(|it| vpc(&mut world, it));
    let connection = ask(&mut world, &a, &b);
    world.ok("AcceptVpcPeeringConnection", &[("VpcPeeringConnectionId", &connection)]);
    for (id, wanted, theirs, peer) in [(&a, "10.3.1.0/24", "10.3.0.0/16", &b), (&b, "10.2.0.0/16", "10.2.0.0/16", &a)] {
        let (code, said) = refusal(&mut world, "AssociateVpcCidrBlock", &[("VpcId", id), ("CidrBlock", wanted)]);
        assert_eq!(code, "CidrConflict");
        assert!(
            said.starts_with(&format!("The CIDR '{wanted}' overlaps with the CIDR '{theirs}' of {peer}")),
            "{said}"
        );
    }
    add(&mut world, &a, "10.4.0.0/16");
    assert_eq!(world.code("AssociateVpcCidrBlock", &[("VpcId", &b), ("CidrBlock", "10.4.0.0/24")]), "CidrConflict");
}

#[test]
fn who_has_asked_for_peering_gets_no_block_before_the_answer() {
    let mut world = World::new();
    let [a, b] = ["10.2.0.0/16", "10.3.0.0/16"].map(|it| vpc(&mut world, it));
    let connection = ask(&mut world, &a, &b);
    let block = [("VpcId", a.as_str()), ("CidrBlock", "10.4.0.0/16")];
    assert_eq!(world.code("AssociateVpcCidrBlock", &block), "OperationNotPermitted");
    // The one who is asked may take any: the request can then not be accepted.
    add(&mut world, &b, "10.2.0.0/24");
    world.ok("DeleteVpcPeeringConnection", &[("VpcPeeringConnectionId", &connection)]);
    add(&mut world, &a, "10.4.0.0/16");
    // Nor does one wait for an answer that cannot come any more.
    let c = vpc(&mut world, "10.6.0.0/16");
    ask(&mut world, &c, &a);
    let block = [("VpcId", c.as_str()), ("CidrBlock", "10.7.0.0/16")];
    assert_eq!(world.code("AssociateVpcCidrBlock", &block), "OperationNotPermitted");
    world.now.0 += 8 * 24 * 3_600_000;
    world.ok("AssociateVpcCidrBlock", &block);
}

#[test]
fn what_is_asked_for_is_one_block_of_the_right_kind() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    let mut check = |parameters: &[(&str, &str)], code: &str| {
        let parameters = [&[("VpcId", id.as_str())], parameters].concat();
        assert_eq!(world.code("AssociateVpcCidrBlock", &parameters), code, "{parameters:?}");
    };
    let six = ("AmazonProvidedIpv6CidrBlock", "true");
    let four = ("CidrBlock", "10.3.0.0/16");
    check(&[], "MissingParameter");
    check(&[("AmazonProvidedIpv6CidrBlock", "false")], "MissingParameter");
    check(&[four, six], "InvalidParameterCombination");
    check(&[four, ("Ipv6CidrBlockNetworkBorderGroup", "us-east-1")], "InvalidParameterCombination");
    check(&[six, ("Ipv6CidrBlockNetworkBorderGroup", "eu-central-1")], "UnsupportedOperation");
    for (name, value) in [
        ("Ipv4IpamPoolId", "ipam-pool-1"),
        ("Ipv4NetmaskLength", "24"),
        ("Ipv6CidrBlock", "2001:db8::/56"),
        ("Ipv6Pool", "ipv6pool-ec2-1"),
        ("Ipv6IpamPoolId", "ipam-pool-1"),
        ("Ipv6NetmaskLength", "56"),
    ] {
        check(&[(name, value)], "UnsupportedOperation");
    }
    check(&[four, ("DryRun", "true")], "UnknownParameter");
    assert_eq!(world.code("AssociateVpcCidrBlock", &[("VpcId", "vpc-1"), four]), "InvalidVpcID.Malformed");
    world.become_account(2);
    assert_eq!(world.code("AssociateVpcCidrBlock", &[("VpcId", &id), four]), "InvalidVpcID.NotFound");
}

#[test]
fn the_first_ipv6_block_opens_what_nobody_has_changed() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    let by_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", id.as_str())];
    let numbers = |world: &mut World| {
        let acls = world.ok("DescribeNetworkAcls", &by_vpc);
        texts(&acls, "ruleNumber").join(" ")
    };
    let egress6 = |world: &mut World| {
        let groups = world.ok("DescribeSecurityGroups", &by_vpc);
        texts(text(&groups, "ipPermissionsEgress"), "cidrIpv6").join(" ")
    };
    assert_eq!((numbers(&mut world).as_str(), egress6(&mut world).as_str()), ("100 32767 100 32767", ""));
    let (association, block) = add6(&mut world, &id);
    assert_eq!(numbers(&mut world), "100 101 32767 32768 100 101 32767 32768");
    assert_eq!(egress6(&mut world), "::/0");
    let tables = world.ok("DescribeRouteTables", &by_vpc);
    assert_eq!(texts(&tables, "destinationIpv6CidrBlock"), [block.as_str()]);
    // A second one changes no rule.
    let (second, _) = add6(&mut world, &id);
    assert_eq!(numbers(&mut world), "100 101 32767 32768 100 101 32767 32768");
    assert_eq!(egress6(&mut world), "::/0");
    // Nor does it take any away when they go.
    for association in [association, second] {
        world.ok("DisassociateVpcCidrBlock", &[("AssociationId", &association)]);
    }
    assert_eq!(numbers(&mut world), "100 101 32767 100 101 32767");
    assert!(world.state.indexes.vpc_of_block6.is_empty());
    add6(&mut world, &id);
    assert_eq!(numbers(&mut world), "100 101 32767 32768 100 101 32767 32768");
    assert_eq!(egress6(&mut world), "::/0");
}

#[test]
fn changed_entries_and_rules_are_left_alone_by_the_first_ipv6_block() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    let vpc: VpcId = id.parse().expect("an id");
    let acl = world.state.indexes.network_acls_of_vpc.of(vpc).next().expect("an ACL").to_string();
    let entry = [
        ("NetworkAclId", acl.as_str()),
        ("Egress", "false"),
        ("RuleNumber", "90"),
        ("Protocol", "-1"),
        ("RuleAction", "deny"),
        ("CidrBlock", "198.51.100.0/24"),
    ];
    world.ok("CreateNetworkAclEntry", &entry);
    let group = world.state.default_group(vpc).expect("a group").id.to_string();
    let rule = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
    ];
    world.ok("RevokeSecurityGroupEgress", &rule);
    add6(&mut world, &id);
    let acls = world.ok("DescribeNetworkAcls", &[("NetworkAclId.1", &acl)]);
    assert_eq!(texts(&acls, "ruleNumber").join(" "), "100 101 32767 32768 90 100 32767 32768", "egress comes first");
    let groups = world.ok("DescribeSecurityGroups", &[("GroupId.1", &group)]);
    assert!(texts(&groups, "cidrIpv6").is_empty());
}

#[test]
fn a_block_goes_when_no_subnet_has_anything_of_it() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    let association = add(&mut world, &id, "10.3.0.0/16");
    let (association6, block6) = add6(&mut world, &id);
    let subnet = [("VpcId", id.as_str()), ("CidrBlock", "10.3.1.0/24"), ("Ipv6CidrBlock", &part(&block6, 1))];
    let subnet = text(&world.ok("CreateSubnet", &subnet), "subnetId").to_owned();
    for (association, block) in [(&association, "10.3.0.0/16"), (&association6, block6.as_str())] {
        let said = refusal(&mut world, "DisassociateVpcCidrBlock", &[("AssociationId", association)]);
        let sentence = format!("The vpc {id} currently has a subnet within CIDR block {block}");
        assert_eq!(said, ("InvalidCidrBlock.InUse".to_owned(), sentence));
    }
    world.ok("DeleteSubnet", &[("SubnetId", &subnet)]);

    let gone = world.ok("DisassociateVpcCidrBlock", &[("AssociationId", &association)]);
    assert_eq!((text(&gone, "vpcId"), text(&gone, "cidrBlock")), (id.as_str(), "10.3.0.0/16"));
    assert_eq!((text(&gone, "associationId"), text(&gone, "state")), (association.as_str(), "disassociated"));
    let gone = world.ok("DisassociateVpcCidrBlock", &[("AssociationId", &association6)]);
    assert_eq!((text(&gone, "ipv6CidrBlock"), text(&gone, "state")), (block6.as_str(), "disassociated"));
    let vpcs = world.ok("DescribeVpcs", &[("VpcId.1", &id)]);
    assert_eq!(texts(&vpcs, "associationId").len(), 1);
    let said = refusal(&mut world, "DisassociateVpcCidrBlock", &[("AssociationId", &association)]);
    let sentence = format!("The vpc CIDR block with association ID '{association}' does not exist");
    assert_eq!(said, ("InvalidVpcCidrBlockAssociationID.NotFound".to_owned(), sentence));
}

#[test]
fn the_primary_block_stays_and_so_does_another_accounts() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    let second = add(&mut world, &id, "10.3.0.0/16");
    let vpcs = world.ok("DescribeVpcs", &[("VpcId.1", &id)]);
    let primary = text(&vpcs, "associationId").to_owned();
    let said = refusal(&mut world, "DisassociateVpcCidrBlock", &[("AssociationId", &primary)]);
    let sentence = format!(
        "The vpc CIDR block with association ID {primary} may not be disassociated. It is the primary IPv4 CIDR block of \
         the VPC"
    );
    assert_eq!(said, ("OperationNotPermitted".to_owned(), sentence));
    let malformed = world.code("DisassociateVpcCidrBlock", &[("AssociationId", "vpc-cidr-assoc-1")]);
    assert_eq!(malformed, "InvalidVpcCidrBlockAssociationId.Malformed");
    world.become_account(2);
    let code = world.code("DisassociateVpcCidrBlock", &[("AssociationId", &second)]);
    assert_eq!(code, "InvalidVpcCidrBlockAssociationID.NotFound");
}

#[test]
fn what_stood_for_a_local_route_goes_with_its_block() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    let association = add(&mut world, &id, "10.3.0.0/16");
    let vpc: VpcId = id.parse().expect("an id");
    let table = world.state.indexes.route_tables_of_vpc.of(vpc).next().expect("a table");
    let table = world.state.route_tables.get(&table).expect("a table").clone();
    world.commit(|tx| {
        let destination = Destination::Prefix("10.3.0.0/16".parse().expect("a block"));
        let routes = vec![Route { destination, target: Target::Interface(tx.mint()) }];
        tx.put(RouteTable { routes, ..table.as_ref().clone() });
    });
    world.ok("DisassociateVpcCidrBlock", &[("AssociationId", &association)]);
    assert!(world.state.route_tables.get(&table.id).expect("a table").routes.is_empty());
}

/// A VPC with an IPv6 block, and a subnet without.
fn subnet(world: &mut World) -> (String, String) {
    let id = vpc(world, "10.2.0.0/16");
    let (_, block) = add6(world, &id);
    let answer = world.ok("CreateSubnet", &[("VpcId", &id), ("CidrBlock", "10.2.0.0/24")]);
    (text(&answer, "subnetId").to_owned(), block)
}

#[test]
fn a_subnet_takes_on_an_ipv6_block_and_gives_it_up() {
    let mut world = World::new();
    let (subnet, block) = subnet(&mut world);
    let wanted = part(&block, 7);
    let parameters = [("SubnetId", subnet.as_str()), ("Ipv6CidrBlock", wanted.as_str())];
    let answer = world.ok("AssociateSubnetCidrBlock", &parameters);
    assert_eq!((text(&answer, "subnetId"), text(&answer, "ipv6CidrBlock")), (subnet.as_str(), wanted.as_str()));
    assert_eq!(text(&answer, "state"), "associated");
    let association = text(&answer, "associationId").to_owned();
    let by =
        [("Filter.1.Name", "ipv6-cidr-block-association.association-id"), ("Filter.1.Value.1", association.as_str())];
    let found = world.ok("DescribeSubnets", &by);
    assert_eq!(texts(&found, "subnetId"), [subnet.as_str()]);
    assert_eq!(text(&found, "ipv6CidrBlock"), wanted);

    let said = refusal(&mut world, "AssociateSubnetCidrBlock", &parameters);
    let sentence = format!("This subnet '{subnet}' has met its maximum number of allowed CIDRs: 1");
    assert_eq!(said, ("CidrLimitExceeded".to_owned(), sentence));

    let gone = world.ok("DisassociateSubnetCidrBlock", &[("AssociationId", &association)]);
    assert_eq!((text(&gone, "subnetId"), text(&gone, "state")), (subnet.as_str(), "disassociated"));
    assert!(texts(&world.ok("DescribeSubnets", &[("SubnetId.1", &subnet)]), "ipv6CidrBlock").is_empty());
    let code = world.code("DisassociateSubnetCidrBlock", &[("AssociationId", &association)]);
    assert_eq!(code, "InvalidSubnetCidrBlockAssociationID.NotFound");
    world.ok("AssociateSubnetCidrBlock", &parameters);
}

#[test]
fn a_subnets_ipv6_block_lies_in_the_vpcs_and_beside_the_others() {
    let mut world = World::new();
    let (subnet, block) = subnet(&mut world);
    let vpc = world.state.vpcs.iter().next().expect("a VPC").id.to_string();
    let one = part(&block, 1);
    world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", "10.2.1.0/24"), ("Ipv6CidrBlock", &one)]);
    let mut check = |parameters: &[(&str, &str)], code: &str| {
        let parameters = [&[("SubnetId", subnet.as_str())], parameters].concat();
        assert_eq!(world.code("AssociateSubnetCidrBlock", &parameters), code, "{parameters:?}");
    };
    check(&[], "MissingParameter");
    check(&[("Ipv6CidrBlock", "everything")], "InvalidParameterValue");
    check(&[("Ipv6CidrBlock", "10.2.0.0/24")], "InvalidParameterValue");
    check(&[("Ipv6CidrBlock", "fd00::/64")], "InvalidSubnet.Range");
    check(&[("Ipv6CidrBlock", &one.replace("/64", "/65"))], "InvalidSubnet.Range");
    check(&[("Ipv6CidrBlock", &one)], "InvalidSubnet.Conflict");
    check(&[("Ipv6CidrBlock", &part(&block, 2)), ("Ipv6IpamPoolId", "ipam-pool-1")], "UnsupportedOperation");
    check(&[("Ipv6NetmaskLength", "64")], "UnsupportedOperation");
    let block = part(&block, 2);
    world.become_account(2);
    let foreign = [("SubnetId", subnet.as_str()), ("Ipv6CidrBlock", block.as_str())];
    assert_eq!(world.code("AssociateSubnetCidrBlock", &foreign), "InvalidSubnetID.NotFound");
}

#[test]
fn a_subnets_ipv6_block_stays_while_anything_uses_it() {
    let mut world = World::new();
    let (subnet, block) = subnet(&mut world);
    let wanted = part(&block, 7);
    let answer = world.ok("AssociateSubnetCidrBlock", &[("SubnetId", &subnet), ("Ipv6CidrBlock", &wanted)]);
    let association = text(&answer, "associationId").to_owned();
    let go = [("AssociationId", association.as_str())];
    let refused = |world: &mut World, ending: &str| {
        let (code, said) = refusal(world, "DisassociateSubnetCidrBlock", &go);
        assert_eq!(code, "InvalidCidrBlock.InUse");
        assert!(said.ends_with(ending), "{said}");
    };

    for (parameter, name) in [
        ("AssignIpv6AddressOnCreation.Value", "assign-ipv6-address-on-creation"),
        ("EnableDns64.Value", "enable-dns64"),
    ] {
        world.ok("ModifySubnetAttribute", &[("SubnetId", &subnet), (parameter, "true")]);
        let sentence = format!(
            "The subnet IPv6 CIDR block with association ID {association} may not be disassociated, because its subnet has \
             {name} set to true."
        );
        refused(&mut world, &sentence);
        world.ok("ModifySubnetAttribute", &[("SubnetId", &subnet), (parameter, "false")]);
    }

    let interface = world.ok("CreateNetworkInterface", &[("SubnetId", &subnet), ("Ipv6AddressCount", "1")]);
    refused(&mut world, &format!("currently has a network interface within CIDR block {wanted}"));
    let interface = [("NetworkInterfaceId", text(&interface, "networkInterfaceId"))];
    let address = world.ok("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", interface[0].1)]);
    let address = text(&address, "ipv6Address").to_owned();
    world.ok("UnassignIpv6Addresses", &[interface[0], ("Ipv6Addresses.1", &address)]);
    let prefix = world.ok("AssignIpv6Addresses", &[interface[0], ("Ipv6PrefixCount", "1")]);
    refused(&mut world, &format!("currently has a network interface within CIDR block {wanted}"));
    let prefix = text(text(&prefix, "assignedIpv6PrefixSet"), "item").to_owned();
    world.ok("UnassignIpv6Addresses", &[interface[0], ("Ipv6Prefix.1", &prefix)]);

    let reservation = [("SubnetId", subnet.as_str()), ("Cidr", prefix.as_str()), ("ReservationType", "prefix")];
    let reservation = world.ok("CreateSubnetCidrReservation", &reservation);
    refused(&mut world, &format!("currently has a CIDR reservation within CIDR block {wanted}"));
    let reservation = text(&reservation, "subnetCidrReservationId");
    world.ok("DeleteSubnetCidrReservation", &[("SubnetCidrReservationId", reservation)]);

    assert_eq!(
        world.code("DisassociateSubnetCidrBlock", &[("AssociationId", "subnet-cidr-assoc-1")]),
        "InvalidSubnetCidrBlockAssociationId.Malformed"
    );
    world.become_account(2);
    let code = world.code("DisassociateSubnetCidrBlock", &go);
    assert_eq!(code, "InvalidSubnetCidrBlockAssociationID.NotFound");
    world.become_account(1);
    world.ok("DisassociateSubnetCidrBlock", &go);
}

#[test]
fn an_ipv6_only_subnet_keeps_its_block() {
    let mut world = World::new();
    let id = vpc(&mut world, "10.2.0.0/16");
    let (_, block) = add6(&mut world, &id);
    let subnet = [("VpcId", id.as_str()), ("Ipv6Native", "true"), ("Ipv6CidrBlock", &part(&block, 1))];
    let answer = world.ok("CreateSubnet", &subnet);
    let association = text(&answer, "associationId").to_owned();
    assert_eq!(world.code("DisassociateSubnetCidrBlock", &[("AssociationId", &association)]), "OperationNotPermitted");
}
