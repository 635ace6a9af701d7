//! Reservations, and what they mean for those who ask for any address or prefix.

use crate::ec2::fixture::{World, text, texts};

/// A VPC with IPv6 and a subnet of 10.0.1.0/24 in it, which has 251 addresses for interfaces.
struct Lab {
    world: World,
    subnet: String,
    /// The subnet's IPv6 block, without its length.
    six: String,
}

impl Lab {
    fn new() -> Lab {
        let mut world = World::new();
        let vpc = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
        let six = text(&vpc, "ipv6CidrBlock").split('/').next().expect("a block").to_owned();
        let block6 = format!("{six}/64");
        let parameters =
            [("VpcId", text(&vpc, "vpcId")), ("CidrBlock", "10.0.1.0/24"), ("Ipv6CidrBlock", block6.as_str())];
        let subnet = text(&world.ok("CreateSubnet", &parameters), "subnetId").to_owned();
        Lab { world, subnet, six }
    }

    /// Reserves a range, and answers the reservation's id.
    fn reserve(&mut self, kind: &str, block: &str) -> String {
        let subnet = self.subnet.clone();
        let parameters = [("SubnetId", subnet.as_str()), ("ReservationType", kind), ("Cidr", block)];
        let answer = self.world.ok("CreateSubnetCidrReservation", &parameters);
        text(&answer, "subnetCidrReservationId").to_owned()
    }

    fn give_up(&mut self, id: &str) -> String {
        self.world.ok("DeleteSubnetCidrReservation", &[("SubnetCidrReservationId", id)])
    }

    fn interface(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.ok("CreateNetworkInterface", &[&[("SubnetId", subnet.as_str())], parameters].concat())
    }

    fn refused(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.code("CreateNetworkInterface", &[&[("SubnetId", subnet.as_str())], parameters].concat())
    }

    fn free(&mut self) -> usize {
        let answer = self.world.ok("DescribeSubnets", &[("SubnetId.1", &self.subnet)]);
        text(&answer, "availableIpAddressCount").parse().expect("a number")
    }

    fn list(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.ok("GetSubnetCidrReservations", &[&[("SubnetId", subnet.as_str())], parameters].concat())
    }
}

#[test]
fn a_reservation_is_answered_and_listed_by_family() {
    let mut lab = Lab::new();
    let subnet = lab.subnet.clone();
    let answer = lab.world.ok(
        "CreateSubnetCidrReservation",
        &[
            ("SubnetId", &subnet),
            ("ReservationType", "explicit"),
            ("Cidr", "10.0.1.20/28"),
            ("Description", "for printers"),
            ("TagSpecification.1.ResourceType", "subnet-cidr-reservation"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", "printers"),
        ],
    );
    let id = text(&answer, "subnetCidrReservationId").to_owned();
    assert!(id.starts_with("scr-"));
    for (element, value) in [
        ("cidr", "10.0.1.16/28"),
        ("description", "for printers"),
        ("ownerId", "100000000001"),
        ("reservationType", "explicit"),
        ("subnetId", &subnet),
        ("tagSet", "<item><key>Name</key><value>printers</value></item>"),
    ] {
        assert_eq!(text(&answer, element), value, "{element}");
    }
    let block6 = format!("{}/80", lab.six);
    let six = lab.reserve("prefix", &block6);
    let all = lab.list(&[]);
    let (four, of6) = (text(&all, "subnetIpv4CidrReservationSet"), text(&all, "subnetIpv6CidrReservationSet"));
    assert_eq!(four, format!("<item>{}</item>", text(&answer, "subnetCidrReservation")));
    assert_eq!((text(of6, "cidr"), text(of6, "subnetCidrReservationId")), (block6.as_str(), six.as_str()));
    assert!(!of6.contains("description"));

    for (name, value, found) in [
        ("reservationType", "prefix", [six.as_str()].as_slice()),
        ("reservationType", "explicit", &[&id]),
        ("tag:Name", "printers", &[&id]),
        ("tag-key", "Name", &[&id]),
        ("subnet-id", "subnet-0", &[]),
    ] {
        let answer = lab.list(&[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        assert_eq!(texts(&answer, "subnetCidrReservationId"), found, "{name} = {value}");
    }
    for name in ["cidr", "colour"] {
        let filter = [("SubnetId", subnet.as_str()), ("Filter.1.Name", name), ("Filter.1.Value.1", "*")];
        assert_eq!(lab.world.code("GetSubnetCidrReservations", &filter), "InvalidParameterValue");
    }

    let gone = lab.give_up(&id);
    assert_eq!(text(&gone, "deletedSubnetCidrReservation"), text(&answer, "subnetCidrReservation"));
    assert_eq!(lab.world.state.tags_of(&id).count(), 0);
    assert_eq!(texts(&lab.list(&[]), "subnetCidrReservationId"), [six.as_str()]);
    let again = [("SubnetCidrReservationId", id.as_str())];
    assert_eq!(lab.world.code("DeleteSubnetCidrReservation", &again), "InvalidSubnetCidrReservationID.NotFound");
}

#[test]
fn a_range_lies_in_the_subnet_and_is_reserved_once() {
    let mut lab = Lab::new();
    lab.reserve("explicit", "10.0.1.16/28");
    let subnet = lab.subnet.clone();
    let mut check = |kind: &str, block: &str, code: &str, sentence: &str| {
        let parameters = [("SubnetId", subnet.as_str()), ("ReservationType", kind), ("Cidr", block)];
        let error = lab.world.call("CreateSubnetCidrReservation", &parameters).expect_err(block);
        assert_eq!(error.code(), code, "{block}");
        assert!(error.to_string().starts_with(sentence), "{error}");
    };
    let wrong = "InvalidParameterValue";
    for block in ["10.0.1.16/28", "10.0.1.16/29", "10.0.1.0/24"] {
        let sentence = format!("Reservation CIDR {block} has overlap with existing reserved CIDR block");
        check("prefix", block, wrong, &sentence);
    }
    for block in ["10.0.2.0/28", "10.0.0.0/16", "fd00::/80"] {
        check("prefix", block, wrong, &format!("Reservation CIDR {block} is not within the CIDR of subnet"));
    }
    check("prefix", "everything", wrong, "Value (everything) for parameter cidr is invalid.");
    check("prefix", "10.0.1.032/28", wrong, "Value (10.0.1.032/28) for parameter cidr is invalid.");
    check("some", "10.0.1.32/28", wrong, "");
    let tag = [
        ("SubnetId", subnet.as_str()),
        ("ReservationType", "prefix"),
        ("Cidr", "10.0.1.32/28"),
        ("TagSpecification.1.ResourceType", "subnet"),
    ];
    assert_eq!(lab.world.code("CreateSubnetCidrReservation", &tag), "InvalidParameterValue");
    let dry = [tag[0], tag[1], tag[2], ("DryRun", "true")];
    assert_eq!(lab.world.code("CreateSubnetCidrReservation", &dry), "DryRunOperation");
}

#[test]
fn another_accounts_reservation_is_not_there() {
    let mut lab = Lab::new();
    let id = lab.reserve("explicit", "10.0.1.16/28");
    let subnet = lab.subnet.clone();
    let malformed = [("SubnetCidrReservationId", "scr-1")];
    assert_eq!(lab.world.code("DeleteSubnetCidrReservation", &malformed), "InvalidSubnetCidrReservationID.Malformed");
    lab.world.become_account(2);
    let theirs = [("SubnetCidrReservationId", id.as_str())];
    assert_eq!(lab.world.code("DeleteSubnetCidrReservation", &theirs), "InvalidSubnetCidrReservationID.NotFound");
    let by_subnet = [("SubnetId", subnet.as_str())];
    assert_eq!(lab.world.code("GetSubnetCidrReservations", &by_subnet), "InvalidSubnetID.NotFound");
    let create = [by_subnet[0], ("ReservationType", "prefix"), ("Cidr", "10.0.1.32/28")];
    assert_eq!(lab.world.code("CreateSubnetCidrReservation", &create), "InvalidSubnetID.NotFound");
    let tag = [("ResourceId.1", id.as_str()), ("Tag.1.Key", "k")];
    assert_eq!(lab.world.code("CreateTags", &tag), "InvalidSubnetCidrReservationID.NotFound");
}

#[test]
fn pages_show_every_reservation_once() {
    let mut lab = Lab::new();
    for n in 0..11 {
        lab.reserve("explicit", &format!("10.0.1.{}/32", 100 + n));
    }
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page = lab.list(&[("MaxResults", "5"), ("NextToken", &token)]);
        seen.extend(texts(&page, "cidr").into_iter().map(str::to_owned));
        let Some(next) = texts(&page, "nextToken").first().map(|it| (*it).to_owned()) else { break };
        token = next;
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 11);
}

#[test]
fn nobody_is_given_a_reserved_address_who_did_not_ask_for_it() {
    let mut lab = Lab::new();
    // What remains are .4 to .15.
    for block in ["10.0.1.16/28", "10.0.1.32/27", "10.0.1.64/26", "10.0.1.128/25"] {
        lab.reserve("explicit", block);
    }
    let mut given: Vec<u8> = (0..12)
        .map(|_| {
            let made = lab.interface(&[]);
            text(&made, "privateIpAddress").rsplit('.').next().expect("a part").parse().expect("a number")
        })
        .collect();
    given.sort_unstable();
    assert_eq!(given, (4..16).collect::<Vec<u8>>());
    assert_eq!(lab.refused(&[]), "InsufficientFreeAddressesInSubnet");
    let made = lab.interface(&[("PrivateIpAddress", "10.0.1.200")]);
    assert_eq!(text(&made, "privateIpAddress"), "10.0.1.200");
    let id = text(&made, "networkInterfaceId").to_owned();
    let more = [("NetworkInterfaceId", id.as_str()), ("SecondaryPrivateIpAddressCount", "1")];
    assert_eq!(lab.world.code("AssignPrivateIpAddresses", &more), "InsufficientFreeAddressesInSubnet");
    let named = [more[0], ("PrivateIpAddress.1", "10.0.1.201")];
    lab.world.ok("AssignPrivateIpAddresses", &named);
    assert_eq!(lab.refused(&[("PrivateIpAddress", "10.0.1.201")]), "InvalidIPAddress.InUse");
}

#[test]
fn ipv6_addresses_are_reserved_alike() {
    let mut lab = Lab::new();
    let six = lab.six.clone();
    // The upper half, the upper half of the rest, and so on: free are the first 2^17 addresses.
    let base = u128::from(six.parse::<std::net::Ipv6Addr>().expect("an address"));
    for bits in 1..48_u32 {
        let block = std::net::Ipv6Addr::from(base + (1 << (64 - bits)));
        lab.reserve("explicit", &format!("{block}/{}", 64 + bits));
    }
    for _ in 0..20 {
        let made = lab.interface(&[("Ipv6AddressCount", "2")]);
        for address in texts(text(&made, "ipv6AddressesSet"), "ipv6Address") {
            let number = u128::from(address.parse::<std::net::Ipv6Addr>().expect("an address")) - base;
            assert!((4..1 << 17).contains(&number), "{address}");
        }
    }
}

#[test]
fn prefixes_come_from_what_is_reserved_for_them_first() {
    let mut lab = Lab::new();
    lab.reserve("prefix", "10.0.1.64/27");
    lab.reserve("prefix", "10.0.1.160/28");
    lab.reserve("explicit", "10.0.1.128/27");
    let made = lab.interface(&[("PrivateIpAddress", "10.0.1.4")]);
    let id = text(&made, "networkInterfaceId").to_owned();
    let mut assign = |parameter: (&str, &str)| -> Vec<String> {
        let answer = lab.world.ok("AssignPrivateIpAddresses", &[("NetworkInterfaceId", &id), parameter]);
        let set = text(&answer, "assignedIpv4PrefixSet");
        let mut given: Vec<_> = texts(set, "ipv4Prefix").into_iter().map(str::to_owned).collect();
        given.sort();
        given
    };
    assert_eq!(assign(("Ipv4PrefixCount", "3")), ["10.0.1.160/28", "10.0.1.64/28", "10.0.1.80/28"]);
    // Then from anywhere, but for what is reserved for other things, and where EC2 keeps an address.
    let mut rest: Vec<String> = [16, 32, 48, 96, 112, 176, 192, 208, 224].map(|it| format!("10.0.1.{it}/28")).into();
    rest.sort();
    assert_eq!(assign(("Ipv4PrefixCount", "9")), rest);
    assert_eq!(assign(("Ipv4Prefix.1", "10.0.1.128/28")), ["10.0.1.128/28"], "by name");
    let one_more = [("NetworkInterfaceId", id.as_str()), ("Ipv4PrefixCount", "1")];
    assert_eq!(lab.world.code("AssignPrivateIpAddresses", &one_more), "InsufficientCidrBlocks");
}

#[test]
fn the_count_of_free_addresses_leaves_out_what_is_for_prefixes() {
    let mut lab = Lab::new();
    assert_eq!(lab.free(), 251);
    let explicit = lab.reserve("explicit", "10.0.1.32/28");
    assert_eq!(lab.free(), 251, "they can be had by name");
    lab.give_up(&explicit);
    let held = lab.interface(&[("PrivateIpAddress", "10.0.1.65")]);
    assert_eq!(lab.free(), 250);
    let prefixes = lab.reserve("prefix", "10.0.1.64/27");
    assert_eq!(lab.free(), 219, "31 more: one was held already");
    let delegated = lab.interface(&[("Ipv4PrefixCount", "1"), ("PrivateIpAddress", "10.0.1.200")]);
    assert_eq!(text(text(&delegated, "ipv4PrefixSet"), "ipv4Prefix"), "10.0.1.80/28");
    assert_eq!(lab.free(), 218, "the prefix was set aside already");
    lab.give_up(&prefixes);
    assert_eq!(lab.free(), 233, "251 less two addresses and sixteen");
    let first = lab.reserve("prefix", "10.0.1.0/28");
    assert_eq!(lab.free(), 221, "EC2 keeps four of them");
    lab.give_up(&first);
    for interface in [held, delegated] {
        lab.world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", text(&interface, "networkInterfaceId"))]);
    }
    assert_eq!(lab.free(), 251);
}

#[test]
fn a_reservation_goes_with_its_subnet() {
    let mut lab = Lab::new();
    let id = lab.reserve("explicit", "10.0.1.16/28");
    lab.world.ok("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "k")]);
    lab.world.ok("DeleteSubnet", &[("SubnetId", &lab.subnet)]);
    assert_eq!(lab.world.state.subnet_reservations.len(), 0);
    assert_eq!(lab.world.state.tags_of(&id).count(), 0);
}

#[test]
fn as_many_instances_are_launched_as_unreserved_addresses_are_there_for() {
    let mut lab = Lab::new();
    for block in ["10.0.1.32/27", "10.0.1.64/26", "10.0.1.128/25"] {
        lab.reserve("explicit", block);
    }
    lab.reserve("prefix", "10.0.1.16/28");
    let subnet = lab.subnet.clone();
    let mut launched = |parameters: &[(&str, &str)]| {
        let basis = [("ImageId", crate::ec2::image::HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "100")];
        let answer = lab.world.call("RunInstances", &[&basis, parameters].concat());
        answer.map_or_else(|error| error.code(), |it| texts(&it, "instanceId").len().to_string())
    };
    let interface = [("NetworkInterface.1.DeviceIndex", "0"), ("NetworkInterface.1.SubnetId", subnet.as_str())];
    let one_prefix = [&interface[..], &[("NetworkInterface.1.Ipv4PrefixCount", "1")]].concat();
    assert_eq!(launched(&one_prefix), "1", "one prefix is there");
    assert_eq!(launched(&one_prefix), "InsufficientFreeAddressesInSubnet");
    assert_eq!(launched(&[("SubnetId", &subnet)]), "11");
    assert_eq!(launched(&[("SubnetId", &subnet)]), "InsufficientFreeAddressesInSubnet");
}
