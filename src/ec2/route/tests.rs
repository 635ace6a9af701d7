//! Routes as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::net::Prefix;
use crate::state::route_table::RouteTable;

/// A VPC of 10.0.0.0/16 with IPv6, an internet gateway, a subnet of 10.0.1.0/24 and a route table of its own.
struct Lab {
    world: World,
    vpc: String,
    subnet: String,
    gateway: String,
    table: String,
}

impl Lab {
    fn new() -> Lab {
        let mut world = World::new();
        let vpc = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
        let vpc = text(&vpc, "vpcId").to_owned();
        let subnet = world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", "10.0.1.0/24")]);
        let subnet = text(&subnet, "subnetId").to_owned();
        let gateway = text(&world.ok("CreateInternetGateway", &[]), "internetGatewayId").to_owned();
        world.ok("AttachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc)]);
        let table = text(&world.ok("CreateRouteTable", &[("VpcId", &vpc)]), "routeTableId").to_owned();
        Lab { world, vpc, subnet, gateway, table }
    }

    /// Makes a call about the table; the outcome is `ok` or the code.
    fn outcome(&mut self, action: &str, parameters: &[(&str, &str)]) -> String {
        let table = self.table.clone();
        let before = self.world.state.revision;
        let parameters = [parameters, &[("RouteTableId", table.as_str())]].concat();
        self.world.call(action, &parameters).map_or_else(
            |error| {
                assert_eq!(self.world.state.revision, before, "a failed call changes nothing");
                error.code()
            },
            |_| "ok".to_owned(),
        )
    }

    fn create(&mut self, parameters: &[(&str, &str)]) -> String {
        self.outcome("CreateRoute", parameters)
    }

    /// The code and the sentence with which a call about the table is refused.
    fn refusal(&mut self, action: &str, parameters: &[(&str, &str)]) -> (String, String) {
        let table = self.table.clone();
        let parameters = [parameters, &[("RouteTableId", table.as_str())]].concat();
        let error = self.world.call(action, &parameters).expect_err(action);
        (error.code(), error.to_string())
    }

    /// The table's routes as the wire shows them, but for the local ones.
    fn routes(&mut self) -> Vec<String> {
        let shown = self.world.ok("DescribeRouteTables", &[("RouteTableId.1", &self.table)]);
        let routes = texts(text(&shown, "routeSet"), "item").into_iter();
        routes.filter(|it| !it.contains("<gatewayId>local</gatewayId>")).map(str::to_owned).collect()
    }

    /// The state of the table's only route.
    fn state(&mut self) -> String {
        let routes = self.routes();
        assert_eq!(routes.len(), 1, "{routes:?}");
        text(&routes[0], "state").to_owned()
    }

    fn instance(&mut self) -> String {
        let subnet = self.subnet.clone();
        let parameters = [("ImageId", HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "1"), ("SubnetId", subnet.as_str())];
        text(&self.world.ok("RunInstances", &parameters), "instanceId").to_owned()
    }

    fn interface(&mut self) -> String {
        let subnet = self.subnet.clone();
        text(&self.world.ok("CreateNetworkInterface", &[("SubnetId", &subnet)]), "networkInterfaceId").to_owned()
    }

    fn interface_of(&mut self, instance: &str) -> String {
        let shown = self.world.ok("DescribeInstances", &[("InstanceId.1", instance)]);
        text(&shown, "networkInterfaceId").to_owned()
    }

    fn egress_only(&mut self) -> String {
        let vpc = self.vpc.clone();
        let answer = self.world.ok("CreateEgressOnlyInternetGateway", &[("VpcId", &vpc)]);
        text(&answer, "egressOnlyInternetGatewayId").to_owned()
    }

    /// A private NAT gateway in a subnet.
    fn nat_gateway(&mut self, subnet: &str) -> String {
        let parameters = [("SubnetId", subnet), ("ConnectivityType", "private")];
        text(&self.world.ok("CreateNatGateway", &parameters), "natGatewayId").to_owned()
    }

    /// A peering connection of two VPCs that waits to be accepted.
    fn peering(&mut self, vpc: &str, other: &str) -> String {
        let parameters = [("VpcId", vpc), ("PeerVpcId", other)];
        text(&self.world.ok("CreateVpcPeeringConnection", &parameters), "vpcPeeringConnectionId").to_owned()
    }

    /// A prefix list with one block, of as many as it may hold.
    fn list(&mut self, block: &str, entries_max: u32) -> String {
        let family = if block.contains(':') { "IPv6" } else { "IPv4" };
        let most = entries_max.to_string();
        let parameters = [
            ("PrefixListName", "list"),
            ("AddressFamily", family),
            ("MaxEntries", most.as_str()),
            ("Entry.1.Cidr", block),
        ];
        text(&self.world.ok("CreateManagedPrefixList", &parameters), "prefixListId").to_owned()
    }

    fn block6(&self) -> Prefix {
        let vpc = self.world.state.vpcs.get(&self.vpc.parse().expect("an id")).expect("a VPC");
        Prefix::V6(vpc.blocks6[0].prefix)
    }
}

/// Another VPC, with a subnet of the whole block.
fn other_vpc(world: &mut World, block: &str) -> (String, String) {
    let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", block)]), "vpcId").to_owned();
    let subnet = world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", block)]);
    (vpc, text(&subnet, "subnetId").to_owned())
}

const ANY4: (&str, &str) = ("DestinationCidrBlock", "0.0.0.0/0");
const ANY6: (&str, &str) = ("DestinationIpv6CidrBlock", "::/0");

#[test]
fn a_route_is_made_once_and_shown_and_deleted() {
    let mut lab = Lab::new();
    let gateway = lab.gateway.clone();
    let to_gateway = ("GatewayId", gateway.as_str());
    assert_eq!(lab.create(&[ANY4, to_gateway, ("DryRun", "true")]), "DryRunOperation");
    assert_eq!(lab.create(&[ANY4, to_gateway]), "ok");
    let shown = format!(
        "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>{gateway}</gatewayId>\
         <origin>CreateRoute</origin><state>active</state>"
    );
    assert_eq!(lab.routes(), [shown]);
    let twice = ("RouteAlreadyExists".to_owned(), "The route identified by 0.0.0.0/0 already exists.".to_owned());
    assert_eq!(lab.refusal("CreateRoute", &[ANY4, to_gateway]), twice);
    assert_eq!(lab.create(&[ANY6, to_gateway]), "ok", "another family is another destination");
    assert_eq!(lab.routes().len(), 2);

    assert_eq!(lab.outcome("DeleteRoute", &[ANY4, ("DryRun", "true")]), "DryRunOperation");
    assert_eq!(lab.outcome("DeleteRoute", &[ANY4]), "ok");
    let sentence = format!("no route with destination-cidr-block 0.0.0.0/0 in route table {}", lab.table);
    assert_eq!(lab.refusal("DeleteRoute", &[ANY4]), ("InvalidRoute.NotFound".to_owned(), sentence));
    assert_eq!(lab.outcome("DeleteRoute", &[ANY6]), "ok");
    assert_eq!(lab.refusal("DeleteRoute", &[ANY6]).0, "InvalidRoute.NotFound");
    assert_eq!(lab.routes(), Vec::<String>::new());
}

#[test]
fn a_destination_is_kept_in_its_canonical_form() {
    let mut lab = Lab::new();
    let gateway = lab.gateway.clone();
    let to_gateway = ("GatewayId", gateway.as_str());
    assert_eq!(lab.create(&[("DestinationCidrBlock", "100.68.0.18/18"), to_gateway]), "ok");
    assert_eq!(lab.create(&[("DestinationIpv6CidrBlock", "2001:DB8:0::1/32"), to_gateway]), "ok");
    let shown = lab.routes().concat();
    assert_eq!(texts(&shown, "destinationCidrBlock"), ["100.68.0.0/18"]);
    assert_eq!(texts(&shown, "destinationIpv6CidrBlock"), ["2001:db8::/32"]);
    assert_eq!(lab.create(&[("DestinationCidrBlock", "100.68.3.0/18"), to_gateway]), "RouteAlreadyExists");
    assert_eq!(lab.outcome("DeleteRoute", &[("DestinationIpv6CidrBlock", "2001:db8::ffff/32")]), "ok");
    for text in ["10.0.0.0", "10.0.0.0/33", "::/0", "everywhere"] {
        assert_eq!(lab.create(&[("DestinationCidrBlock", text), to_gateway]), "InvalidParameterValue", "{text}");
    }
    for text in ["::", "::/129", "10.0.0.0/8", "everywhere"] {
        assert_eq!(lab.create(&[("DestinationIpv6CidrBlock", text), to_gateway]), "InvalidParameterValue", "{text}");
    }
    let sentence = "Value (::/0) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.";
    assert_eq!(lab.refusal("CreateRoute", &[("DestinationCidrBlock", "::/0"), to_gateway]).1, sentence);
}

#[test]
fn a_route_has_one_destination_and_one_target() {
    let mut lab = Lab::new();
    let gateway = lab.gateway.clone();
    let to_gateway = ("GatewayId", gateway.as_str());
    for action in ["CreateRoute", "ReplaceRoute"] {
        assert_eq!(lab.outcome(action, &[to_gateway]), "MissingParameter");
        assert_eq!(lab.outcome(action, &[ANY4]), "MissingParameter");
        assert_eq!(lab.outcome(action, &[ANY4, ANY6, to_gateway]), "InvalidParameterCombination");
        let two = [ANY4, to_gateway, ("NetworkInterfaceId", "eni-00000000000000000")];
        assert_eq!(lab.outcome(action, &two), "InvalidParameterCombination");
    }
    assert_eq!(
        lab.outcome("ReplaceRoute", &[ANY4, to_gateway, ("LocalTarget", "true")]),
        "InvalidParameterCombination"
    );
    assert_eq!(lab.outcome("ReplaceRoute", &[ANY4, ("LocalTarget", "false")]), "MissingParameter");
    assert_eq!(lab.outcome("DeleteRoute", &[]), "MissingParameter");
    assert_eq!(lab.outcome("DeleteRoute", &[ANY4, ANY6]), "InvalidParameterCombination");
}

#[test]
fn targets_that_are_not_served_are_refused_by_name() {
    let mut lab = Lab::new();
    for (name, id) in [
        ("CarrierGatewayId", "cagw-00000000000000000"),
        ("CoreNetworkArn", "arn:aws:networkmanager::1:core-network/core-network-1"),
        ("LocalGatewayId", "lgw-00000000000000000"),
        ("OdbNetworkArn", "arn:aws:odb:us-east-1:1:odb-network/odbnet-1"),
        ("TransitGatewayId", "tgw-00000000000000000"),
        ("VpcEndpointId", "vpce-00000000000000000"),
    ] {
        let (code, sentence) = lab.refusal("CreateRoute", &[ANY4, (name, id)]);
        assert_eq!(
            (code.as_str(), sentence),
            ("UnsupportedOperation", format!("The parameter {name} is not supported."))
        );
    }
    for id in ["vgw-00000000000000000", "vpce-00000000000000000"] {
        assert_eq!(lab.create(&[ANY4, ("GatewayId", id)]), "UnsupportedOperation");
    }
}

#[test]
fn a_target_has_to_be_there() {
    let mut lab = Lab::new();
    for (name, id, code) in [
        ("GatewayId", "igw-00000000000000000", "InvalidGatewayID.NotFound"),
        ("GatewayId", "local", "InvalidGatewayID.NotFound"),
        ("GatewayId", "nonsense", "InvalidGatewayID.NotFound"),
        ("EgressOnlyInternetGatewayId", "eigw-00000000000000000", "InvalidGatewayID.NotFound"),
        ("NatGatewayId", "nat-00000000000000000", "InvalidNatGatewayID.NotFound"),
        ("NatGatewayId", "nat-test", "InvalidNatGatewayID.NotFound"),
        ("NetworkInterfaceId", "eni-00000000000000000", "InvalidNetworkInterfaceID.NotFound"),
        ("NetworkInterfaceId", "eni-x", "InvalidNetworkInterfaceId.Malformed"),
        ("InstanceId", "i-00000000000000000", "InvalidInstanceID.NotFound"),
        ("InstanceId", "i-x", "InvalidInstanceID.Malformed"),
        ("VpcPeeringConnectionId", "pcx-00000000000000000", "InvalidVpcPeeringConnectionID.NotFound"),
        ("VpcPeeringConnectionId", "pcx", "InvalidVpcPeeringConnectionId.Malformed"),
    ] {
        assert_eq!(lab.create(&[ANY4, (name, id)]), code, "{name} {id}");
    }
    assert_eq!(lab.refusal("CreateRoute", &[ANY4, ("GatewayId", "local")]).1, "The gateway ID 'local' does not exist");
    let gateway = lab.gateway.clone();
    let to_gateway = ("GatewayId", gateway.as_str());
    let list = [("DestinationPrefixListId", "pl-00000000000000000"), to_gateway];
    assert_eq!(lab.create(&list), "InvalidPrefixListID.NotFound");
    assert_eq!(lab.create(&[("DestinationPrefixListId", "pl-x"), to_gateway]), "InvalidPrefixListId.Malformed");
    let table = lab.table.clone();
    lab.table = "rtb-00000000000000000".to_owned();
    for action in ["CreateRoute", "ReplaceRoute"] {
        assert_eq!(lab.outcome(action, &[ANY4, to_gateway]), "InvalidRouteTableID.NotFound");
    }
    assert_eq!(lab.outcome("DeleteRoute", &[ANY4]), "InvalidRouteTableID.NotFound");
    lab.table = table;
    lab.world.become_account(2);
    assert_eq!(lab.create(&[ANY4, to_gateway]), "InvalidRouteTableID.NotFound");
    let vpc = text(&lab.world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    lab.table = text(&lab.world.ok("CreateRouteTable", &[("VpcId", &vpc)]), "routeTableId").to_owned();
    assert_eq!(lab.create(&[ANY4, to_gateway]), "InvalidGatewayID.NotFound", "it is another account's");
}

#[test]
fn a_target_is_of_the_tables_vpc() {
    let mut lab = Lab::new();
    let (vpc, subnet) = other_vpc(&mut lab.world, "10.1.0.0/16");
    let gateway = text(&lab.world.ok("CreateInternetGateway", &[]), "internetGatewayId").to_owned();
    let eigw = lab.world.ok("CreateEgressOnlyInternetGateway", &[("VpcId", &vpc)]);
    let eigw = text(&eigw, "egressOnlyInternetGatewayId").to_owned();
    let interface = lab.world.ok("CreateNetworkInterface", &[("SubnetId", &subnet)]);
    let interface = text(&interface, "networkInterfaceId").to_owned();
    let basis = [("ImageId", HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "1"), ("SubnetId", subnet.as_str())];
    let instance = text(&lab.world.ok("RunInstances", &basis), "instanceId").to_owned();
    let nat = lab.nat_gateway(&subnet);
    let (third, _) = other_vpc(&mut lab.world, "10.2.0.0/16");
    let peering = lab.peering(&vpc, &third);
    let table = lab.table.clone();
    let mut check = |destination: (&str, &str), name: &str, id: &str, what: &str| {
        let refused = lab.refusal("CreateRoute", &[destination, (name, id)]);
        let sentence = format!("route table {table} and {what} {id} belong to different networks");
        assert_eq!(refused, ("InvalidParameterValue".to_owned(), sentence));
    };
    check(ANY4, "GatewayId", &gateway, "network gateway");
    check(ANY6, "EgressOnlyInternetGatewayId", &eigw, "network gateway");
    check(ANY4, "NatGatewayId", &nat, "NAT gateway");
    check(ANY4, "NetworkInterfaceId", &interface, "interface");
    check(ANY4, "InstanceId", &instance, "interface");
    check(ANY4, "VpcPeeringConnectionId", &peering, "peering connection");
    let attach = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc.as_str())];
    lab.world.ok("AttachInternetGateway", &attach);
    assert_eq!(lab.create(&[ANY4, ("GatewayId", &gateway)]), "InvalidParameterValue", "it is attached elsewhere");
}

#[test]
fn an_instance_stands_for_its_only_interface() {
    let mut lab = Lab::new();
    let instance = lab.instance();
    assert_eq!(lab.create(&[ANY4, ("InstanceId", &instance)]), "ok");
    let interface = lab.interface_of(&instance);
    let route = lab.routes().concat();
    assert_eq!(text(&route, "networkInterfaceId"), interface);
    assert_eq!((text(&route, "instanceId"), text(&route, "instanceOwnerId")), (instance.as_str(), "100000000001"));
    let second = lab.interface();
    let attach = [("NetworkInterfaceId", second.as_str()), ("InstanceId", &instance), ("DeviceIndex", "1")];
    lab.world.ok("AttachNetworkInterface", &attach);
    let refused = lab.refusal("CreateRoute", &[ANY6, ("InstanceId", &instance)]);
    assert_eq!(refused.0, "InvalidInstanceID");
    assert!(refused.1.starts_with("There are multiple interfaces attached to instance"), "{}", refused.1);
    let gone = lab.instance();
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &gone)]);
    assert_eq!(lab.create(&[ANY6, ("InstanceId", &gone)]), "IncorrectInstanceState");
}

#[test]
fn an_interface_is_a_black_hole_until_its_instance_runs() {
    let mut lab = Lab::new();
    let (interface, instance) = (lab.interface(), lab.instance());
    assert_eq!(lab.create(&[ANY4, ("NetworkInterfaceId", &interface)]), "ok");
    assert_eq!(lab.state(), "blackhole", "it is attached to nothing");
    assert!(!lab.routes().concat().contains("instanceId"));
    let attach = [("NetworkInterfaceId", interface.as_str()), ("InstanceId", &instance), ("DeviceIndex", "1")];
    let attachment = text(&lab.world.ok("AttachNetworkInterface", &attach), "attachmentId").to_owned();
    assert_eq!(lab.state(), "active");
    lab.world.ok("StopInstances", &[("InstanceId.1", &instance)]);
    assert_eq!(lab.state(), "blackhole");
    lab.world.ok("StartInstances", &[("InstanceId.1", &instance)]);
    assert_eq!(lab.state(), "active");
    lab.world.ok("DetachNetworkInterface", &[("AttachmentId", &attachment)]);
    assert_eq!(lab.state(), "blackhole");
    lab.world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", &interface)]);
    assert_eq!(lab.state(), "blackhole", "the route outlives its target");
    assert_eq!(text(&lab.routes()[0], "networkInterfaceId"), interface);
}

#[test]
fn a_gateway_that_is_gone_leaves_a_black_hole() {
    let mut lab = Lab::new();
    let (gateway, vpc) = (lab.gateway.clone(), lab.vpc.clone());
    let both = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc.as_str())];
    assert_eq!(lab.create(&[ANY4, ("GatewayId", &gateway)]), "ok");
    lab.world.ok("DetachInternetGateway", &both);
    assert_eq!(lab.state(), "blackhole");
    lab.world.ok("AttachInternetGateway", &both);
    assert_eq!(lab.state(), "active");
    lab.world.ok("DetachInternetGateway", &both);
    lab.world.ok("DeleteInternetGateway", &[("InternetGatewayId", &gateway)]);
    assert_eq!(lab.state(), "blackhole");
    assert_eq!(lab.outcome("DeleteRoute", &[ANY4]), "ok");

    let eigw = lab.egress_only();
    assert_eq!(lab.create(&[ANY6, ("EgressOnlyInternetGatewayId", &eigw)]), "ok");
    assert_eq!(lab.state(), "active");
    lab.world.ok("DeleteEgressOnlyInternetGateway", &[("EgressOnlyInternetGatewayId", &eigw)]);
    assert_eq!(lab.state(), "blackhole");
    assert_eq!(lab.outcome("DeleteRoute", &[ANY6]), "ok");

    let subnet = lab.subnet.clone();
    let nat = lab.nat_gateway(&subnet);
    assert_eq!(lab.create(&[ANY4, ("NatGatewayId", &nat)]), "ok");
    assert_eq!(lab.state(), "active");
    lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &nat)]);
    assert_eq!(lab.state(), "blackhole");
    let second = [("DestinationCidrBlock", "192.0.2.0/24"), ("NatGatewayId", nat.as_str())];
    assert_eq!(lab.create(&second), "InvalidNatGatewayID.NotFound");
}

#[test]
fn a_peering_connection_is_a_black_hole_unless_active() {
    let mut lab = Lab::new();
    let (other, _) = other_vpc(&mut lab.world, "10.1.0.0/16");
    let vpc = lab.vpc.clone();
    let id = lab.peering(&other, &vpc);
    let named = ("VpcPeeringConnectionId", id.as_str());
    assert_eq!(lab.create(&[("DestinationCidrBlock", "10.1.0.0/16"), named]), "ok");
    assert_eq!(text(&lab.routes()[0], "vpcPeeringConnectionId"), id);
    assert_eq!(lab.state(), "blackhole", "it waits to be accepted");
    lab.world.ok("AcceptVpcPeeringConnection", &[named]);
    assert_eq!(lab.state(), "active");
    lab.world.ok("DeleteVpcPeeringConnection", &[named]);
    assert_eq!(lab.state(), "blackhole");
    let second = ("DestinationCidrBlock", "10.2.0.0/16");
    assert_eq!(lab.create(&[second, named]), "InvalidVpcPeeringConnectionID.NotFound");
    let late = lab.peering(&other, &vpc);
    lab.world.now.0 += 7 * 24 * 3_600_000;
    let late = [second, ("VpcPeeringConnectionId", late.as_str())];
    assert_eq!(lab.create(&late), "InvalidVpcPeeringConnectionID.NotFound", "it has expired");
}

fn list(id: &str) -> (&str, &str) {
    ("DestinationPrefixListId", id)
}

#[test]
fn a_prefix_list_is_a_destination_of_its_family() {
    let mut lab = Lab::new();
    let (four, six, eigw) = (lab.list("192.0.2.0/24", 1), lab.list("2001:db8::/32", 1), lab.egress_only());
    let gateway = lab.gateway.clone();
    let to_eigw = ("EgressOnlyInternetGatewayId", eigw.as_str());
    assert_eq!(lab.create(&[list(&four), to_eigw]), "InvalidParameterValue");
    assert_eq!(lab.create(&[list(&four), ("GatewayId", &gateway)]), "ok");
    assert_eq!(lab.create(&[list(&six), to_eigw]), "ok");
    assert_eq!(lab.create(&[list(&six), ("GatewayId", &gateway)]), "RouteAlreadyExists");
    let shown = lab.routes().concat();
    let mut shown = texts(&shown, "destinationPrefixListId");
    shown.sort_unstable();
    let mut expected = [four.as_str(), six.as_str()];
    expected.sort_unstable();
    assert_eq!(shown, expected);
    assert_eq!(lab.outcome("DeleteRoute", &[list(&four)]), "ok");
    let sentence = format!("no route with destination-prefix-list-id {four} in route table {}", lab.table);
    assert_eq!(lab.refusal("DeleteRoute", &[list(&four)]), ("InvalidRoute.NotFound".to_owned(), sentence));
    lab.world.become_account(2);
    let vpc = text(&lab.world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    lab.table = text(&lab.world.ok("CreateRouteTable", &[("VpcId", &vpc)]), "routeTableId").to_owned();
    let theirs = lab.world.ok("CreateEgressOnlyInternetGateway", &[("VpcId", &vpc)]);
    let to_theirs = ("EgressOnlyInternetGatewayId", text(&theirs, "egressOnlyInternetGatewayId"));
    assert_eq!(lab.create(&[list(&six), to_theirs]), "InvalidPrefixListID.NotFound");
}

#[test]
fn an_egress_only_gateway_takes_ipv6_and_a_nat_gateway_ipv4() {
    let mut lab = Lab::new();
    let (subnet, eigw) = (lab.subnet.clone(), lab.egress_only());
    let nat = lab.nat_gateway(&subnet);
    assert_eq!(lab.create(&[ANY4, ("EgressOnlyInternetGatewayId", &eigw)]), "InvalidParameterValue");
    assert_eq!(lab.create(&[ANY6, ("NatGatewayId", &nat)]), "InvalidParameterValue");
    // What stands for IPv4 in IPv6 is for a NAT gateway, on EC2.
    let nat64 = ("DestinationIpv6CidrBlock", "64:ff9b::/96");
    assert_eq!(lab.create(&[nat64, ("NatGatewayId", &nat)]), "UnsupportedOperation");
    assert_eq!(lab.create(&[ANY6, ("EgressOnlyInternetGatewayId", &eigw)]), "ok");
}

#[test]
fn what_aws_keeps_for_itself_is_no_destination() {
    let mut lab = Lab::new();
    let interface = lab.interface();
    let target = ("NetworkInterfaceId", interface.as_str());
    for block in ["169.254.168.0/22", "169.254.169.254/32", "169.254.170.0/24"] {
        assert_eq!(lab.create(&[("DestinationCidrBlock", block), target]), "InvalidParameterValue", "{block}");
    }
    for block in ["fd00:ec2::/32", "fd00:ec2::254/128"] {
        assert_eq!(lab.create(&[("DestinationIpv6CidrBlock", block), target]), "InvalidParameterValue", "{block}");
    }
    assert_eq!(lab.create(&[("DestinationCidrBlock", "169.254.0.0/16"), target]), "ok", "larger ones may be");
    assert_eq!(lab.create(&[("DestinationCidrBlock", "169.254.172.0/22"), target]), "ok");
    assert_eq!(lab.create(&[("DestinationIpv6CidrBlock", "fd00::/16"), target]), "ok");
}

#[test]
fn a_route_inside_the_vpc_is_for_a_whole_subnet() {
    let mut lab = Lab::new();
    let interface = lab.interface();
    let (vpc, subnet, gateway) = (lab.vpc.clone(), lab.subnet.clone(), lab.gateway.clone());
    let (other, _) = other_vpc(&mut lab.world, "10.1.0.0/16");
    let peering = lab.peering(&vpc, &other);
    let nat = lab.nat_gateway(&subnet);
    let to_interface = ("NetworkInterfaceId", interface.as_str());
    for target in [("GatewayId", gateway.as_str()), ("VpcPeeringConnectionId", peering.as_str())] {
        for block in ["10.0.0.0/16", "10.0.1.0/24", "10.0.1.0/25"] {
            let (code, sentence) = lab.refusal("CreateRoute", &[("DestinationCidrBlock", block), target]);
            let expected = format!(
                "The destination CIDR block {block} is equal to or more specific than one of this VPC's CIDR blocks. \
                 This route can target only an interface or an instance, or a NAT gateway."
            );
            assert_eq!((code.as_str(), sentence), ("InvalidParameterValue", expected));
        }
    }
    for block in ["10.0.1.0/25", "10.0.0.0/20", "10.0.2.0/24"] {
        assert_eq!(lab.create(&[("DestinationCidrBlock", block), to_interface]), "InvalidParameterValue", "{block}");
    }
    assert_eq!(lab.create(&[("DestinationCidrBlock", "10.0.0.0/16"), to_interface]), "RouteAlreadyExists");
    assert_eq!(lab.create(&[("DestinationCidrBlock", "10.0.1.0/24"), to_interface]), "ok");
    let whole = ("DestinationCidrBlock", "10.0.1.0/24");
    assert_eq!(lab.outcome("ReplaceRoute", &[whole, ("GatewayId", &gateway)]), "InvalidParameterValue");
    assert_eq!(lab.outcome("ReplaceRoute", &[whole, ("NatGatewayId", &nat)]), "ok");
    assert_eq!(lab.outcome("ReplaceRoute", &[whole, ("LocalTarget", "true")]), "InvalidParameterValue");
    assert_eq!(lab.create(&[("DestinationCidrBlock", "10.0.0.0/8"), ("GatewayId", &gateway)]), "ok", "it is wider");
    let block6 = lab.block6().to_string();
    assert_eq!(lab.create(&[("DestinationIpv6CidrBlock", &block6), to_interface]), "RouteAlreadyExists");
    assert_eq!(lab.create(&[("DestinationIpv6CidrBlock", &block6), ("GatewayId", &gateway)]), "InvalidParameterValue");
}

#[test]
fn a_local_route_can_lead_elsewhere_and_back_and_never_goes() {
    let mut lab = Lab::new();
    let (interface, gateway) = (lab.interface(), lab.gateway.clone());
    let block6 = lab.block6().to_string();
    let shown = |lab: &mut Lab| {
        let shown = lab.world.ok("DescribeRouteTables", &[("RouteTableId.1", &lab.table)]);
        text(&shown, "routeSet").to_owned()
    };
    let before = shown(&mut lab);
    for block in [("DestinationCidrBlock", "10.0.0.0/16"), ("DestinationIpv6CidrBlock", block6.as_str())] {
        let sentence = format!("cannot remove local route {} in route table {}", block.1, lab.table);
        let local = ("InvalidParameterValue".to_owned(), sentence);
        assert_eq!(lab.refusal("DeleteRoute", &[block]), local);
        assert_eq!(lab.outcome("ReplaceRoute", &[block, ("GatewayId", &gateway)]), "InvalidParameterValue");
        assert_eq!(lab.outcome("ReplaceRoute", &[block, ("NetworkInterfaceId", &interface)]), "ok");
        let routes = lab.routes();
        assert_eq!(routes.len(), 1);
        assert_eq!(text(&routes[0], "networkInterfaceId"), interface);
        assert_eq!(text(&routes[0], "origin"), "CreateRouteTable");
        assert_eq!(lab.refusal("DeleteRoute", &[block]), local, "it is the local route still");
        assert_eq!(lab.outcome("ReplaceRoute", &[block, ("LocalTarget", "true")]), "ok");
        assert_eq!(shown(&mut lab), before);
        assert_eq!(lab.outcome("ReplaceRoute", &[block, ("GatewayId", "local")]), "ok");
        assert_eq!(shown(&mut lab), before);
    }
}

#[test]
fn a_route_is_replaced_where_there_is_one() {
    let mut lab = Lab::new();
    let (interface, gateway) = (lab.interface(), lab.gateway.clone());
    let onto = [ANY4, ("NetworkInterfaceId", interface.as_str())];
    let sentence = "There is no route defined for '0.0.0.0/0' in the route table. Use CreateRoute instead.";
    let missing = ("InvalidParameterValue".to_owned(), sentence.to_owned());
    assert_eq!(lab.refusal("ReplaceRoute", &onto), missing);
    assert_eq!(lab.create(&[ANY4, ("GatewayId", &gateway)]), "ok");
    assert_eq!(lab.outcome("ReplaceRoute", &[&onto[..], &[("DryRun", "true")]].concat()), "DryRunOperation");
    assert_eq!(lab.outcome("ReplaceRoute", &onto), "ok");
    let routes = lab.routes();
    assert_eq!(routes.len(), 1);
    assert_eq!(text(&routes[0], "networkInterfaceId"), interface);
    assert_eq!(texts(&routes[0], "gatewayId"), Vec::<&str>::new());
    assert_eq!(lab.outcome("ReplaceRoute", &[ANY4, ("GatewayId", "local")]), "InvalidParameterValue");
}

#[test]
fn tables_are_found_by_their_routes() {
    let mut lab = Lab::new();
    let (vpc, gateway, eigw, instance) = (lab.vpc.clone(), lab.gateway.clone(), lab.egress_only(), lab.instance());
    let subnet = lab.subnet.clone();
    let (nat, list) = (lab.nat_gateway(&subnet), lab.list("198.51.100.0/24", 1));
    let (other, _) = other_vpc(&mut lab.world, "10.1.0.0/16");
    let peering = lab.peering(&vpc, &other);
    for route in [
        [ANY4, ("GatewayId", gateway.as_str())],
        [ANY6, ("EgressOnlyInternetGatewayId", &eigw)],
        [("DestinationCidrBlock", "192.0.2.0/24"), ("NatGatewayId", &nat)],
        [("DestinationCidrBlock", "10.1.0.0/16"), ("VpcPeeringConnectionId", &peering)],
        [("DestinationPrefixListId", &list), ("InstanceId", &instance)],
    ] {
        assert_eq!(lab.create(&route), "ok", "{route:?}");
    }
    let table = lab.table.clone();
    let mut check = |name: &str, value: &str, expected: bool| {
        let answer = lab.world.ok("DescribeRouteTables", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        let is_found = answer.contains(&format!("<routeTableId>{table}</routeTableId><routeSet>"));
        assert_eq!(is_found, expected, "{name} = {value}");
    };
    check("route.destination-cidr-block", "0.0.0.0/0", true);
    check("route.destination-cidr-block", "10.0.0.0/16", true);
    check("route.destination-cidr-block", "10.9.0.0/16", false);
    check("route.destination-ipv6-cidr-block", "::/0", true);
    check("route.destination-prefix-list-id", &list, true);
    check("route.egress-only-internet-gateway-id", &eigw, true);
    check("route.gateway-id", &gateway, true);
    check("route.gateway-id", "local", true);
    check("route.instance-id", &instance, true);
    check("route.nat-gateway-id", &nat, true);
    check("route.origin", "CreateRoute", true);
    check("route.origin", "EnableVgwRoutePropagation", false);
    check("route.state", "blackhole", true);
    check("route.state", "gone", false);
    check("route.transit-gateway-id", "*", false);
    check("route.vpc-peering-connection-id", &peering, true);
}

#[test]
fn a_table_holds_so_many_routes() {
    let mut lab = Lab::new();
    let gateway = lab.gateway.clone();
    let target = ("GatewayId", gateway.as_str());
    assert_eq!(lab.create(&[ANY4, target]), "ok");
    let id = lab.table.parse().expect("an id");
    let row = lab.world.state.route_tables.get(&id).expect("a table").as_ref().clone();
    let mut routes = row.routes.clone();
    for n in 0..999 {
        let mut route = routes[0].clone();
        let destination: Prefix = format!("11.{}.{}.0/24", n / 256, n % 256).parse().expect("a block");
        route.destination = crate::state::route_table::Destination::Prefix(destination);
        routes.push(route);
    }
    lab.world.commit(|tx| tx.put(RouteTable { routes, ..row }));
    let more = ("DestinationCidrBlock", "12.0.0.0/8");
    assert_eq!(lab.create(&[more, target]), "RouteLimitExceeded");
    assert_eq!(lab.outcome("DeleteRoute", &[("DestinationCidrBlock", "11.0.0.0/24")]), "ok");
    let (one, two) = (lab.list("192.0.2.0/24", 1), lab.list("198.51.100.0/24", 2));
    assert_eq!(lab.create(&[list(&two), target]), "RouteLimitExceeded", "a list counts with all that it may hold");
    assert_eq!(lab.create(&[list(&one), target]), "ok");
    assert_eq!(lab.create(&[more, target]), "RouteLimitExceeded");
}

#[test]
fn awss_quota_of_routes_holds_where_quotas_do() {
    let mut lab = Lab::new();
    let gateway = lab.gateway.clone();
    let target = ("GatewayId", gateway.as_str());
    lab.world.enforce_quotas();
    let four = lab.list("192.0.2.0/24", 499);
    assert_eq!(lab.create(&[list(&four), target]), "ok");
    assert_eq!(lab.create(&[ANY4, target]), "ok");
    assert_eq!(lab.create(&[ANY6, target]), "RouteLimitExceeded");
}
