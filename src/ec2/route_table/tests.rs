//! Route tables as clients meet them.

use crate::ec2::fixture::{World, text, texts};

fn vpc(world: &mut World, ipv6: &str) -> String {
    let answer = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", ipv6)]);
    text(&answer, "vpcId").to_owned()
}

#[test]
fn the_main_table_has_a_local_route_for_each_block() {
    let mut world = World::new();
    let id = vpc(&mut world, "true");
    let filters = [
        ("Filter.1.Name", "vpc-id"),
        ("Filter.1.Value.1", id.as_str()),
        ("Filter.2.Name", "association.main"),
        ("Filter.2.Value.1", "true"),
    ];
    let answer = world.ok("DescribeRouteTables", &filters);
    let table = text(&answer, "routeTableId").to_owned();
    let routes = text(&answer, "routeSet");
    assert_eq!(texts(routes, "destinationCidrBlock"), ["10.0.0.0/16"]);
    let block6 = world.ok("DescribeVpcs", &[("VpcId.1", &id)]);
    assert_eq!(texts(routes, "destinationIpv6CidrBlock"), [text(&block6, "ipv6CidrBlock")]);
    assert_eq!(texts(routes, "gatewayId"), ["local", "local"]);
    assert_eq!(texts(routes, "state"), ["active", "active"]);
    assert_eq!(texts(routes, "origin"), ["CreateRouteTable", "CreateRouteTable"]);
    let association = text(&answer, "associationSet");
    assert_eq!(text(association, "main"), "true");
    assert_eq!(text(association, "associationState"), "<state>associated</state>");
    assert_eq!(text(association, "routeTableId"), table);
    assert_eq!(texts(association, "subnetId"), Vec::<&str>::new());
    assert_eq!(text(&answer, "propagatingVgwSet"), "");
    assert_eq!(text(&answer, "tagSet"), "");
    assert_eq!(text(&answer, "ownerId"), "100000000001");
}

#[test]
fn route_tables_are_found_by_what_they_are() {
    let mut world = World::new();
    let (six, four) = (vpc(&mut world, "true"), vpc(&mut world, "false"));
    let of = |world: &mut World, name: &str, value: &str| {
        let answer = world.ok("DescribeRouteTables", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        // A table's id stands at its end, after those of its associations.
        texts(&answer, "vpcId").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of(&mut world, "vpc-id", &four), std::slice::from_ref(&four));
    assert_eq!(of(&mut world, "route.destination-ipv6-cidr-block", "fd*"), std::slice::from_ref(&six));
    assert_eq!(of(&mut world, "route.gateway-id", "local").len(), 2);
    assert_eq!(of(&mut world, "association.main", "false"), Vec::<String>::new());
    let whole = world.ok("DescribeRouteTables", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &six)]);
    let association = text(&whole, "routeTableAssociationId");
    assert_eq!(of(&mut world, "association.route-table-association-id", association), std::slice::from_ref(&six));
    let table = text(&whole, "routeTableId");
    for name in ["route-table-id", "association.route-table-id"] {
        assert_eq!(of(&mut world, name, table), std::slice::from_ref(&six));
    }
    assert_eq!(texts(&world.ok("DescribeRouteTables", &[("RouteTableId.1", table)]), "vpcId"), [six]);
    world.assert_filters("DescribeRouteTables");
    assert_eq!(world.code("DescribeRouteTables", &[("DryRun", "true")]), "DryRunOperation");
    assert_eq!(world.code("DescribeRouteTables", &[("MaxResults", "101")]), "InvalidParameterValue");
    assert_eq!(world.code("DescribeRouteTables", &[("RouteTableId.1", "rtb-1")]), "InvalidRouteTableId.Malformed");
    world.become_account(2);
    assert_eq!(world.code("DescribeRouteTables", &[("RouteTableId.1", table)]), "InvalidRouteTableID.NotFound");
    assert_eq!(text(&world.ok("DescribeRouteTables", &[]), "routeTableSet"), "");
}

/// A table that is made in the VPC.
fn table(world: &mut World, vpc: &str) -> String {
    text(&world.ok("CreateRouteTable", &[("VpcId", vpc)]), "routeTableId").to_owned()
}

fn subnet(world: &mut World, vpc: &str, block: &str) -> String {
    text(&world.ok("CreateSubnet", &[("VpcId", vpc), ("CidrBlock", block)]), "subnetId").to_owned()
}

fn both<'a>(table: &'a str, subnet: &'a str) -> [(&'a str, &'a str); 2] {
    [("RouteTableId", table), ("SubnetId", subnet)]
}

fn onto<'a>(association: &'a str, table: &'a str) -> [(&'a str, &'a str); 2] {
    [("AssociationId", association), ("RouteTableId", table)]
}

/// The associations of a table, as `id main subnet`.
fn associations(world: &mut World, table: &str) -> Vec<String> {
    let shown = world.ok("DescribeRouteTables", &[("RouteTableId.1", table)]);
    let items = text(&shown, "associationSet").split("<associationState>").skip(1);
    let subnet = |it: &str| texts(it, "subnetId").first().map_or("", |it| it).to_owned();
    items.map(|it| format!("{} {} {}", text(it, "routeTableAssociationId"), text(it, "main"), subnet(it))).collect()
}

/// The main table of a VPC, and its association.
fn main_table(world: &mut World, vpc: &str) -> (String, String) {
    let filters = [
        ("Filter.1.Name", "vpc-id"),
        ("Filter.1.Value.1", vpc),
        ("Filter.2.Name", "association.main"),
        ("Filter.2.Value.1", "true"),
    ];
    let shown = world.ok("DescribeRouteTables", &filters);
    let association = text(text(&shown, "associationSet"), "routeTableAssociationId").to_owned();
    (text(text(&shown, "associationSet"), "routeTableId").to_owned(), association)
}

#[test]
fn a_new_table_is_answered_and_described_alike_and_goes() {
    let mut world = World::new();
    let vpc = vpc(&mut world, "false");
    let parameters = [
        ("VpcId", vpc.as_str()),
        ("ClientToken", "one"),
        ("TagSpecification.1.ResourceType", "route-table"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "private"),
    ];
    let answer = world.ok("CreateRouteTable", &parameters);
    assert_eq!(world.ok("CreateRouteTable", &parameters), answer, "the same token makes one table");
    assert_eq!(text(&answer, "clientToken"), "one");
    let made = text(&answer, "routeTable");
    let id = text(made, "routeTableId").to_owned();
    assert_eq!((text(made, "vpcId"), text(made, "associationSet")), (vpc.as_str(), ""));
    assert_eq!(texts(made, "destinationCidrBlock"), ["10.0.0.0/16"]);
    assert_eq!(text(made, "tagSet"), "<item><key>Name</key><value>private</value></item>");
    let shown = world.ok("DescribeRouteTables", &[("RouteTableId.1", &id)]);
    assert_eq!(text(&shown, "routeTableSet"), format!("<item>{made}</item>"));
    let tagged = world.ok("DescribeRouteTables", &[("Filter.1.Name", "tag:Name"), ("Filter.1.Value.1", "priv*")]);
    assert_eq!(text(&tagged, "routeTableSet"), format!("<item>{made}</item>"));

    assert_eq!(world.code("DeleteVpc", &[("VpcId", &vpc)]), "DependencyViolation");
    assert_eq!(world.code("DeleteRouteTable", &[("RouteTableId", &id), ("DryRun", "true")]), "DryRunOperation");
    world.ok("DeleteRouteTable", &[("RouteTableId", &id)]);
    assert_eq!(world.state.tags.len(), 0);
    assert_eq!(world.code("DeleteRouteTable", &[("RouteTableId", &id)]), "InvalidRouteTableID.NotFound");
    assert_eq!(world.code("DeleteRouteTable", &[("RouteTableId", "rtb")]), "InvalidRouteTableId.Malformed");
    world.ok("DeleteVpc", &[("VpcId", &vpc)]);
    assert_eq!(world.code("CreateRouteTable", &[("VpcId", &vpc)]), "InvalidVpcID.NotFound");
    assert_eq!(world.code("CreateRouteTable", &[]), "MissingParameter");
}

#[test]
fn a_table_takes_the_lowest_free_number_of_its_vpc() {
    let mut world = World::new();
    let (a, b) = (vpc(&mut world, "false"), vpc(&mut world, "false"));
    let number = |world: &World, table: &str| {
        world.state.route_tables.get(&table.parse().expect("an id")).expect("a table").number
    };
    let tables: Vec<String> = (0..3).map(|_| table(&mut world, &a)).collect();
    assert_eq!(tables.iter().map(|it| number(&world, it)).collect::<Vec<_>>(), [2, 3, 4]);
    let other = table(&mut world, &b);
    assert_eq!(number(&world, &other), 2);
    world.ok("DeleteRouteTable", &[("RouteTableId", &tables[1])]);
    let next = table(&mut world, &a);
    assert_eq!(number(&world, &next), 3);

    let row = world.state.route_tables.get(&next.parse().expect("an id")).expect("a table").as_ref().clone();
    world.commit(|tx| {
        for number in 5..=super::NUMBER_MAX {
            let id = tx.mint();
            tx.put(crate::state::route_table::RouteTable { id, number, ..row.clone() });
        }
    });
    assert_eq!(world.code("CreateRouteTable", &[("VpcId", &a)]), "RouteTableLimitExceeded");
}

#[test]
fn awss_quota_of_tables_holds_where_quotas_do() {
    let mut world = World::new();
    let id = vpc(&mut world, "false");
    world.enforce_quotas();
    for _ in 1..200 {
        table(&mut world, &id);
    }
    assert_eq!(world.code("CreateRouteTable", &[("VpcId", &id)]), "RouteTableLimitExceeded");
}

#[test]
fn a_subnet_uses_the_table_that_it_is_associated_with() {
    let mut world = World::new();
    let id = vpc(&mut world, "false");
    let (one, two) = (table(&mut world, &id), table(&mut world, &id));
    let (a, b) = (subnet(&mut world, &id, "10.0.0.0/24"), subnet(&mut world, &id, "10.0.1.0/24"));
    let dry = [&both(&one, &a)[..], &[("DryRun", "true")]].concat();
    assert_eq!(world.code("AssociateRouteTable", &dry), "DryRunOperation");
    let answer = world.ok("AssociateRouteTable", &both(&one, &a));
    let association = text(&answer, "associationId").to_owned();
    assert!(association.starts_with("rtbassoc-"));
    assert_eq!(text(&answer, "associationState"), "<state>associated</state>");
    assert_eq!(associations(&mut world, &one), [format!("{association} false {a}")]);
    let row = world.state.subnets.get(&a.parse().expect("an id")).expect("a subnet").clone();
    assert_eq!(world.state.route_table_of(&row).expect("a table").id.to_string(), one);
    for (name, value) in [("association.subnet-id", &a), ("association.route-table-association-id", &association)] {
        let found = world.ok("DescribeRouteTables", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        assert_eq!(text(text(&found, "associationSet"), "routeTableId"), one, "{name}");
    }

    let error = world.call("AssociateRouteTable", &both(&two, &a)).expect_err("it has one");
    let sentence = format!("the specified association for route table {two} conflicts with an existing association");
    assert_eq!((error.code().as_str(), error.to_string()), ("Resource.AlreadyAssociated", sentence));
    world.ok("AssociateRouteTable", &both(&one, &b));
    assert_eq!(world.code("DeleteRouteTable", &[("RouteTableId", &one)]), "DependencyViolation");

    world.ok("DeleteSubnet", &[("SubnetId", &b)]);
    assert_eq!(associations(&mut world, &one), [format!("{association} false {a}")]);
    let gone = [("AssociationId", association.as_str())];
    assert_eq!(world.code("DisassociateRouteTable", &[gone[0], ("DryRun", "true")]), "DryRunOperation");
    world.ok("DisassociateRouteTable", &gone);
    let error = world.call("DisassociateRouteTable", &gone).expect_err("it is gone");
    let sentence = format!("The association ID '{association}' does not exist");
    assert_eq!((error.code().as_str(), error.to_string()), ("InvalidAssociationID.NotFound", sentence));
    let (main, _) = main_table(&mut world, &id);
    assert_eq!(world.state.route_table_of(&row).expect("a table").id.to_string(), main);
    world.ok("DeleteRouteTable", &[("RouteTableId", &one)]);
}

#[test]
fn an_association_that_cannot_be_is_refused() {
    let mut world = World::new();
    let (a, b) = (vpc(&mut world, "false"), vpc(&mut world, "false"));
    let (one, other) = (table(&mut world, &a), table(&mut world, &b));
    let subnet = subnet(&mut world, &a, "10.0.0.0/24");
    let check = |world: &mut World, parameters: &[(&str, &str)], code: &str| {
        assert_eq!(world.code("AssociateRouteTable", parameters), code, "{parameters:?}");
    };
    let at_one = ("RouteTableId", one.as_str());
    check(&mut world, &[at_one], "MissingParameter");
    check(&mut world, &[at_one, ("GatewayId", "igw-00000000000000000")], "UnsupportedOperation");
    check(&mut world, &[at_one, ("SubnetId", &subnet), ("PublicIpv4Pool", "p")], "UnsupportedOperation");
    check(&mut world, &[at_one, ("SubnetId", "subnet-00000000000000000")], "InvalidSubnetID.NotFound");
    check(
        &mut world,
        &[("RouteTableId", "rtb-00000000000000000"), ("SubnetId", &subnet)],
        "InvalidRouteTableID.NotFound",
    );
    let error = world.call("AssociateRouteTable", &[("RouteTableId", &other), ("SubnetId", &subnet)]);
    let error = error.expect_err("the subnet is elsewhere");
    let sentence = format!("Route table {other} and subnet {subnet} belong to different networks.");
    assert_eq!((error.code().as_str(), error.to_string()), ("InvalidParameterValue", sentence));

    let association = world.ok("AssociateRouteTable", &[at_one, ("SubnetId", &subnet)]);
    let association = text(&association, "associationId").to_owned();
    let replace = "ReplaceRouteTableAssociation";
    assert_eq!(world.code(replace, &onto(&association, &other)), "InvalidParameterValue");
    assert_eq!(world.code(replace, &onto(&association, "rtb-00000000000000000")), "InvalidRouteTableID.NotFound");
    assert_eq!(world.code(replace, &onto("rtbassoc-00000000000000000", &one)), "InvalidAssociationID.NotFound");
    assert_eq!(world.code(replace, &onto("rtbassoc", &one)), "InvalidAssociationID.Malformed");
    world.become_account(2);
    assert_eq!(world.code(replace, &onto(&association, &one)), "InvalidAssociationID.NotFound");
    assert_eq!(
        world.code("DisassociateRouteTable", &[("AssociationId", &association)]),
        "InvalidAssociationID.NotFound"
    );
    assert_eq!(world.code("DeleteRouteTable", &[at_one]), "InvalidRouteTableID.NotFound");
}

#[test]
fn a_replaced_association_has_a_new_id() {
    let mut world = World::new();
    let id = vpc(&mut world, "false");
    let (one, two) = (table(&mut world, &id), table(&mut world, &id));
    let subnet = subnet(&mut world, &id, "10.0.0.0/24");
    let first = world.ok("AssociateRouteTable", &[("RouteTableId", &one), ("SubnetId", &subnet)]);
    let first = text(&first, "associationId").to_owned();
    let replace = "ReplaceRouteTableAssociation";
    let dry = [&onto(&first, &two)[..], &[("DryRun", "true")]].concat();
    assert_eq!(world.code(replace, &dry), "DryRunOperation");
    let answer = world.ok(replace, &onto(&first, &two));
    let second = text(&answer, "newAssociationId").to_owned();
    assert_eq!(text(&answer, "associationState"), "<state>associated</state>");
    assert_ne!(first, second);
    assert_eq!(associations(&mut world, &one), Vec::<String>::new());
    assert_eq!(associations(&mut world, &two), [format!("{second} false {subnet}")]);
    assert_eq!(world.code(replace, &onto(&first, &one)), "InvalidAssociationID.NotFound");
}

#[test]
fn the_main_table_is_swapped_and_never_left_out() {
    let mut world = World::new();
    let id = vpc(&mut world, "false");
    let (old, association) = main_table(&mut world, &id);
    let new = table(&mut world, &id);
    let error = world.call("DisassociateRouteTable", &[("AssociationId", &association)]).expect_err("it is the main");
    let sentence = format!("cannot disassociate the main route table association {association}");
    assert_eq!((error.code().as_str(), error.to_string()), ("InvalidParameterValue", sentence));
    let error = world.call("DeleteRouteTable", &[("RouteTableId", &old)]).expect_err("it is the main");
    let sentence = format!("The routeTable '{old}' has dependencies and cannot be deleted.");
    assert_eq!((error.code().as_str(), error.to_string()), ("DependencyViolation", sentence));

    let swap = [("AssociationId", association.as_str()), ("RouteTableId", new.as_str())];
    let answer = world.ok("ReplaceRouteTableAssociation", &swap);
    let second = text(&answer, "newAssociationId").to_owned();
    assert_eq!(main_table(&mut world, &id), (new.clone(), second.clone()));
    assert_eq!(associations(&mut world, &new), [format!("{second} true ")]);
    world.ok("DeleteRouteTable", &[("RouteTableId", &old)]);
    assert_eq!(world.code("DeleteRouteTable", &[("RouteTableId", &new)]), "DependencyViolation");
    world.ok("DeleteVpc", &[("VpcId", &id)]);
}

#[test]
fn no_table_takes_routes_of_a_private_gateway() {
    let mut world = World::new();
    let id = vpc(&mut world, "false");
    let (table, _) = main_table(&mut world, &id);
    for action in ["EnableVgwRoutePropagation", "DisableVgwRoutePropagation"] {
        let mut check = |table: &str, gateway: &str, code: &str| {
            assert_eq!(world.code(action, &[("RouteTableId", table), ("GatewayId", gateway)]), code, "{action}");
        };
        check(&table, "vgw-00000000000000000", "UnsupportedOperation");
        check("rtb-00000000000000000", "vgw-00000000000000000", "InvalidRouteTableID.NotFound");
        check(&table, "igw-00000000000000000", "InvalidGatewayID.NotFound");
        assert_eq!(world.code(action, &[("RouteTableId", &table)]), "MissingParameter");
    }
}
