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
    assert_eq!(world.code("DescribeRouteTables", &[("RouteTableId.1", "rtb-1")]), "InvalidRouteTableID.Malformed");
    world.become_account(2);
    assert_eq!(world.code("DescribeRouteTables", &[("RouteTableId.1", table)]), "InvalidRouteTableID.NotFound");
    assert_eq!(text(&world.ok("DescribeRouteTables", &[]), "routeTableSet"), "");
}
