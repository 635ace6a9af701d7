//! Prefixes of interfaces, and IPv6 addresses that come and go.

use crate::ec2::fixture::{World, text, texts};
use crate::net::{Ipv4Net, Ipv6Net};

/// A VPC with IPv6, and a subnet of 10.0.1.0/24 in it.
struct Lab {
    world: World,
    vpc: String,
    subnet: String,
    /// The VPC's IPv6 block, without its length; the subnet's begins with it.
    six: String,
}

impl Lab {
    fn new() -> Lab {
        let mut world = World::new();
        let made = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
        let vpc = text(&made, "vpcId").to_owned();
        let six = text(&made, "ipv6CidrBlock").split('/').next().expect("a block").to_owned();
        let block6 = format!("{six}/64");
        let parameters = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.1.0/24"), ("Ipv6CidrBlock", block6.as_str())];
        let subnet = text(&world.ok("CreateSubnet", &parameters), "subnetId").to_owned();
        Lab { world, vpc, subnet, six }
    }

    /// An address or block in the subnet: `suffix` is what follows the VPC's bits and a colon, as in `1`.
    fn six(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.six)
    }

    fn create(&mut self, parameters: &[(&str, &str)]) -> Result<String, String> {
        let subnet = self.subnet.clone();
        let parameters = [&[("SubnetId", subnet.as_str())], parameters].concat();
        self.world.call("CreateNetworkInterface", &parameters).map_err(|it| it.code())
    }

    fn interface(&mut self, parameters: &[(&str, &str)]) -> String {
        text(&self.create(parameters).expect("an interface"), "networkInterfaceId").to_owned()
    }

    fn describe(&mut self, interface: &str) -> String {
        self.world.ok("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", interface)])
    }

    fn call(&mut self, action: &str, interface: &str, parameters: &[(&str, &str)]) -> Result<String, String> {
        let parameters = [&[("NetworkInterfaceId", interface)], parameters].concat();
        self.world.call(action, &parameters).map_err(|it| format!("{}: {it}", it.code()))
    }

    fn find(&mut self, name: &str, value: &str) -> Vec<String> {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let answer = self.world.ok("DescribeNetworkInterfaces", &filter);
        texts(&answer, "networkInterfaceId").into_iter().map(str::to_owned).collect()
    }
}

fn code(answer: Result<String, String>) -> String {
    let error = answer.expect_err("refused");
    error.split(':').next().unwrap_or_default().to_owned()
}

#[test]
fn a_new_interface_has_the_prefixes_that_were_asked_for() {
    let mut lab = Lab::new();
    let base = u128::from(lab.six("").parse::<std::net::Ipv6Addr>().expect("an address"));
    let wanted6 = Ipv6Net::new_assert(std::net::Ipv6Addr::from(base + (7 << 48)), 80);
    let made = lab
        .create(&[
            ("PrivateIpAddress", "10.0.1.200"),
            ("Ipv4Prefix.1.Ipv4Prefix", "10.0.1.32/28"),
            ("Ipv4Prefix.2.Ipv4Prefix", "10.0.1.16/28"),
            ("Ipv6Prefix.1.Ipv6Prefix", &wanted6.to_string()),
        ])
        .expect("an interface");
    let id = text(&made, "networkInterfaceId").to_owned();
    let shown = lab.describe(&id);
    for answer in [&made, &shown] {
        assert_eq!(texts(text(answer, "ipv4PrefixSet"), "ipv4Prefix"), ["10.0.1.32/28", "10.0.1.16/28"]);
        assert_eq!(texts(text(answer, "ipv6PrefixSet"), "ipv6Prefix"), [wanted6.to_string()]);
        assert_eq!(texts(text(answer, "privateIpAddressesSet"), "privateIpAddress"), ["10.0.1.200"]);
        assert_eq!(text(answer, "ipv6AddressesSet"), "");
    }
    assert!(lab.find("addresses.private-ip-address", "10.0.1.17").is_empty(), "it is no address of its own");

    let by_number = lab.create(&[("Ipv4PrefixCount", "2"), ("Ipv6PrefixCount", "3")]).expect("an interface");
    let four: Vec<Ipv4Net> =
        texts(text(&by_number, "ipv4PrefixSet"), "ipv4Prefix").iter().map(|it| it.parse().expect("a block")).collect();
    let six: Vec<Ipv6Net> =
        texts(text(&by_number, "ipv6PrefixSet"), "ipv6Prefix").iter().map(|it| it.parse().expect("a block")).collect();
    assert_eq!((four.len(), six.len()), (2, 3));
    assert!(four.iter().all(|it| it.prefix_len() == 28) && six.iter().all(|it| it.prefix_len() == 80));
    let none = lab.create(&[("Ipv4PrefixCount", "0"), ("Ipv6PrefixCount", "0")]).expect("an interface");
    assert_eq!((text(&none, "ipv4PrefixSet"), text(&none, "ipv6PrefixSet")), ("", ""));
}

#[test]
fn a_prefix_has_its_length_lies_in_the_subnet_and_is_free() {
    let mut lab = Lab::new();
    lab.interface(&[("PrivateIpAddress", "10.0.1.20"), ("Ipv4Prefix.1.Ipv4Prefix", "10.0.1.32/28")]);
    let (fifth, all) = (lab.six("5"), lab.six("/64"));
    lab.interface(&[("PrivateIpAddress", "10.0.1.4"), ("Ipv6Addresses.1.Ipv6Address", &fifth)]);
    let with6 = lab.interface(&[("PrivateIpAddress", "10.0.1.5"), ("Ipv6PrefixCount", "1")]);
    let held6 = text(text(&lab.describe(&with6), "ipv6PrefixSet"), "ipv6Prefix").to_owned();
    let first6 = lab.six("/80");
    for (name, prefix, expect) in [
        ("Ipv4Prefix", "everything", "InvalidParameterValue"),
        ("Ipv4Prefix", "10.0.1.48/27", "InvalidParameterValue"),
        ("Ipv4Prefix", "10.0.1.48/29", "InvalidParameterValue"),
        ("Ipv4Prefix", "10.0.1.50/28", "InvalidParameterValue"),
        ("Ipv4Prefix", "10.0.2.48/28", "InvalidParameterValue"),
        ("Ipv4Prefix", "fd00::/80", "InvalidParameterValue"),
        ("Ipv4Prefix", "10.0.1.0/28", "InvalidParameterValue"),
        ("Ipv4Prefix", "10.0.1.240/28", "InvalidParameterValue"),
        ("Ipv4Prefix", "10.0.1.16/28", "InvalidIPAddress.InUse"),
        ("Ipv4Prefix", "10.0.1.32/28", "InvalidIPAddress.InUse"),
        ("Ipv6Prefix", "fd00::/80", "InvalidParameterValue"),
        ("Ipv6Prefix", "10.0.1.48/28", "InvalidParameterValue"),
        ("Ipv6Prefix", all.as_str(), "InvalidParameterValue"),
        ("Ipv6Prefix", first6.as_str(), "InvalidParameterValue"),
        ("Ipv6Prefix", held6.as_str(), "InvalidIPAddress.InUse"),
    ] {
        let parameter = format!("{name}.1.{name}");
        assert_eq!(lab.create(&[(&parameter, prefix)]), Err(expect.to_owned()), "{prefix}");
    }
    let mut refused = |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(lab.create(parameters), Err(expect.to_owned()), "{parameters:?}");
    };
    let named = ("Ipv4Prefix.1.Ipv4Prefix", "10.0.1.48/28");
    refused(&[named, ("Ipv4Prefix.2.Ipv4Prefix", "10.0.1.48/28")], "InvalidIPAddress.InUse");
    refused(&[named, ("PrivateIpAddress", "10.0.1.49")], "InvalidIPAddress.InUse");
    refused(&[named, ("Ipv4PrefixCount", "1")], "InvalidParameterCombination");
    refused(&[named, ("SecondaryPrivateIpAddressCount", "1")], "InvalidParameterCombination");
    refused(&[named, ("PrivateIpAddresses.1.PrivateIpAddress", "10.0.1.60")], "InvalidParameterCombination");
    refused(&[("Ipv6PrefixCount", "1"), ("Ipv6AddressCount", "1")], "InvalidParameterCombination");
    refused(&[("Ipv6PrefixCount", "1"), ("Ipv6Addresses.1.Ipv6Address", &fifth)], "InvalidParameterCombination");
    refused(&[("Ipv4PrefixCount", "-1")], "InvalidParameterValue");
    refused(&[("Ipv4PrefixCount", "50")], "PrivateIpAddressLimitExceeded");
    refused(&[("Ipv6PrefixCount", "51")], "PrivateIpAddressLimitExceeded");
    refused(&[("Ipv4Prefix.1.Ipv4Prefix", "")], "MissingParameter");
    // And no address is taken out of a prefix.
    refused(&[("PrivateIpAddress", "10.0.1.33")], "InvalidIPAddress.InUse");
    let inside = held6.replace("/80", "7");
    refused(&[("Ipv6Addresses.1.Ipv6Address", &inside)], "InvalidIPAddress.InUse");
}

#[test]
fn prefixes_need_a_block_of_their_family() {
    let mut lab = Lab::new();
    let vpc = lab.vpc.clone();
    let four = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.2.0/24")];
    let four = text(&lab.world.ok("CreateSubnet", &four), "subnetId").to_owned();
    let block6 = lab.six("/64").parse::<Ipv6Net>().expect("a block");
    let mut segments = block6.network().segments();
    segments[3] += 1;
    let block6 = format!("{}/64", std::net::Ipv6Addr::from(segments));
    let six = [("VpcId", vpc.as_str()), ("Ipv6Native", "true"), ("Ipv6CidrBlock", block6.as_str())];
    let six = text(&lab.world.ok("CreateSubnet", &six), "subnetId").to_owned();
    lab.subnet = four;
    assert_eq!(lab.create(&[("Ipv6PrefixCount", "1")]), Err("InvalidParameterValue".to_owned()));
    let id = lab.interface(&[]);
    assert_eq!(code(lab.call("AssignIpv6Addresses", &id, &[("Ipv6PrefixCount", "1")])), "InvalidParameterValue");
    assert_eq!(code(lab.call("AssignIpv6Addresses", &id, &[("Ipv6AddressCount", "1")])), "InvalidParameterValue");
    lab.subnet = six;
    assert_eq!(lab.create(&[("Ipv4PrefixCount", "1")]), Err("InvalidParameterCombination".to_owned()));
    let id = lab.interface(&[("Ipv6PrefixCount", "1")]);
    let shown = lab.describe(&id);
    assert_eq!(texts(text(&shown, "ipv6AddressesSet"), "ipv6Address").len(), 1, "it has no other address");
    assert_eq!(code(lab.call("AssignPrivateIpAddresses", &id, &[("Ipv4PrefixCount", "1")])), "InvalidParameterValue");
}

#[test]
fn ipv4_prefixes_are_assigned_and_unassigned() {
    let mut lab = Lab::new();
    let id = lab.interface(&[("PrivateIpAddress", "10.0.1.200")]);
    let other = lab.interface(&[("PrivateIpAddress", "10.0.1.201")]);
    let free = |lab: &mut Lab| {
        let answer = lab.world.ok("DescribeSubnets", &[("SubnetId.1", &lab.subnet)]);
        text(&answer, "availableIpAddressCount").to_owned()
    };
    assert_eq!(free(&mut lab), "249");
    let both = [("Ipv4Prefix.1", "10.0.1.16/28"), ("PrivateIpAddress.1", "10.0.1.50")];
    let answer = lab.call("AssignPrivateIpAddresses", &id, &both).expect("assigned");
    assert_eq!(texts(text(&answer, "assignedIpv4PrefixSet"), "ipv4Prefix"), ["10.0.1.16/28"]);
    assert_eq!(texts(text(&answer, "assignedPrivateIpAddressesSet"), "privateIpAddress"), ["10.0.1.50"]);
    assert_eq!(free(&mut lab), "232");
    let answer = lab.call("AssignPrivateIpAddresses", &id, &[("Ipv4PrefixCount", "1")]).expect("assigned");
    let second = text(text(&answer, "assignedIpv4PrefixSet"), "ipv4Prefix").to_owned();
    assert_eq!(texts(text(&lab.describe(&id), "ipv4PrefixSet"), "ipv4Prefix"), ["10.0.1.16/28", second.as_str()]);

    let mut refused = |interface: &str, parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(code(lab.call("AssignPrivateIpAddresses", interface, parameters)), expect, "{parameters:?}");
    };
    let moving = ("AllowReassignment", "true");
    refused(&other, &[("Ipv4Prefix.1", "10.0.1.16/28"), moving], "InvalidIPAddress.InUse");
    refused(&other, &[("PrivateIpAddress.1", "10.0.1.17"), moving], "InvalidIPAddress.InUse");
    refused(&other, &[("Ipv4Prefix.1", "10.0.1.48/28")], "InvalidIPAddress.InUse");
    refused(&other, &[("Ipv4Prefix.1", "10.0.1.64/28"), ("PrivateIpAddress.1", "10.0.1.70")], "InvalidIPAddress.InUse");
    refused(&other, &[("Ipv4Prefix.1", "10.0.1.64/28"), ("Ipv4PrefixCount", "1")], "InvalidParameterCombination");
    refused(&other, &[("Ipv4PrefixCount", "0")], "MissingParameter");
    refused(&other, &[("Ipv4PrefixCount", "50")], "PrivateIpAddressLimitExceeded");
    refused(&other, &[("Ipv4PrefixCount", "14")], "InsufficientCidrBlocks");

    let unassign = "UnassignPrivateIpAddresses";
    let strange = lab.call(unassign, &other, &[("Ipv4Prefix.1", "10.0.1.16/28")]);
    let sentence = format!("InvalidParameterValue: Some of [10.0.1.16/28] are not assigned to interface {other}");
    assert_eq!(strange, Err(sentence));
    assert_eq!(code(lab.call(unassign, &id, &[])), "MissingParameter");
    assert_eq!(code(lab.call(unassign, &id, &[("Ipv4Prefix.1", "nothing")])), "InvalidParameterValue");
    lab.call(unassign, &id, &[("Ipv4Prefix.1", &second), ("PrivateIpAddress.1", "10.0.1.50")]).expect("unassigned");
    assert_eq!(free(&mut lab), "233");
    lab.call(unassign, &id, &[("Ipv4Prefix.1", "10.0.1.16/28")]).expect("unassigned");
    assert_eq!((free(&mut lab).as_str(), text(&lab.describe(&id), "ipv4PrefixSet")), ("249", ""));
    lab.call("AssignPrivateIpAddresses", &other, &[("Ipv4Prefix.1", "10.0.1.16/28")]).expect("free again");
    lab.world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", &other)]);
    assert_eq!(free(&mut lab), "250");
    assert!(lab.world.state.indexes.interface_of_prefix.is_empty());
}

#[test]
fn ipv6_addresses_and_prefixes_are_assigned_and_unassigned() {
    let mut lab = Lab::new();
    let id = lab.interface(&[]);
    let other = lab.interface(&[]);
    let (five, six) = (lab.six("5"), lab.six("6"));
    let named = [("Ipv6Addresses.1", five.as_str()), ("Ipv6Addresses.2", six.as_str())];
    let answer = lab.call("AssignIpv6Addresses", &id, &named).expect("assigned");
    assert_eq!(text(&answer, "networkInterfaceId"), id);
    assert_eq!(texts(text(&answer, "assignedIpv6Addresses"), "item"), [five.as_str(), &six]);
    let counted = [("Ipv6AddressCount", "2"), ("Ipv6PrefixCount", "2")];
    let answer = lab.call("AssignIpv6Addresses", &id, &counted).expect("assigned");
    let addresses: Vec<_> =
        texts(text(&answer, "assignedIpv6Addresses"), "item").into_iter().map(str::to_owned).collect();
    let prefixes: Vec<_> =
        texts(text(&answer, "assignedIpv6PrefixSet"), "item").into_iter().map(str::to_owned).collect();
    assert_eq!((addresses.len(), prefixes.len()), (2, 2));
    let shown = lab.describe(&id);
    let set = texts(text(&shown, "ipv6AddressesSet"), "ipv6Address");
    assert_eq!(set, [&five, &six, &addresses[0], &addresses[1]]);
    assert_eq!(texts(text(&shown, "ipv6PrefixSet"), "ipv6Prefix"), prefixes);
    assert_eq!(lab.find("ipv6-addresses.ipv6-address", &addresses[0]), [id.as_str()]);

    let mut refused = |interface: &str, parameters: &[(&str, &str)], expect: &str| {
        let error = lab.call("AssignIpv6Addresses", interface, parameters).expect_err("refused");
        assert!(error.starts_with(expect), "{parameters:?}: {error}");
    };
    let held = format!("InvalidParameterValue: [{five}] assigned, but move is not allowed.");
    refused(&other, &[("Ipv6Addresses.1", &five)], &held);
    refused(&id, &[("Ipv6Addresses.1", &five)], &held);
    refused(&other, &[("Ipv6Prefix.1", &prefixes[0])], "InvalidIPAddress.InUse");
    refused(&other, &[("Ipv6Addresses.1", "fd00::7")], "InvalidParameterValue");
    refused(&other, &[("Ipv6Addresses.1", &lab_first(&five))], "InvalidParameterValue");
    refused(&other, &[("Ipv6Addresses.1", "10.0.1.9")], "InvalidParameterValue");
    refused(&other, &[], "MissingParameter");
    refused(&other, &[named[0], ("Ipv6AddressCount", "1")], "InvalidParameterCombination");
    refused(&other, &[("Ipv6Prefix.1", &prefixes[0]), ("Ipv6PrefixCount", "1")], "InvalidParameterCombination");
    refused(&other, &[("Ipv6AddressCount", "30"), ("Ipv6PrefixCount", "21")], "PrivateIpAddressLimitExceeded");

    let unassign = "UnassignIpv6Addresses";
    let strange = lab.call(unassign, &other, &[("Ipv6Addresses.1", &five)]);
    let sentence = format!("InvalidParameterValue: Some of [{five}] are not assigned to interface {other}");
    assert_eq!(strange, Err(sentence));
    assert_eq!(code(lab.call(unassign, &other, &[("Ipv6Prefix.1", &prefixes[0])])), "InvalidParameterValue");
    assert_eq!(code(lab.call(unassign, &id, &[])), "MissingParameter");
    let go = [("Ipv6Addresses.1", five.as_str()), ("Ipv6Prefix.1", &prefixes[0])];
    let answer = lab.call(unassign, &id, &go).expect("unassigned");
    assert_eq!(texts(text(&answer, "unassignedIpv6Addresses"), "item"), [five.as_str()]);
    assert_eq!(texts(text(&answer, "unassignedIpv6PrefixSet"), "item"), [prefixes[0].as_str()]);
    lab.call("AssignIpv6Addresses", &other, &[go[0]]).expect("free again");

    lab.world.become_account(2);
    for action in ["AssignIpv6Addresses", "UnassignIpv6Addresses"] {
        assert_eq!(code(lab.call(action, &id, &[("Ipv6Addresses.1", &six)])), "InvalidNetworkInterfaceID.NotFound");
        assert_eq!(
            code(lab.call(action, "eni-1", &[("Ipv6Addresses.1", &six)])),
            "InvalidNetworkInterfaceId.Malformed"
        );
    }
}

/// The second address of the block in which this is the sixth; EC2 keeps it.
fn lab_first(sixth: &str) -> String {
    let number = u128::from(sixth.parse::<std::net::Ipv6Addr>().expect("an address"));
    std::net::Ipv6Addr::from(number - 4).to_string()
}

#[test]
fn each_prefix_counts_as_one_address_of_what_the_instance_type_allows() {
    let mut lab = Lab::new();
    let subnet = lab.subnet.clone();
    let basis = [
        ("ImageId", crate::ec2::image::HOST_IMAGE),
        ("InstanceType", "t3.micro"),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("NetworkInterface.1.DeviceIndex", "0"),
        ("NetworkInterface.1.SubnetId", subnet.as_str()),
    ];
    let too_many = [&basis[..], &[("NetworkInterface.1.Ipv4PrefixCount", "2")]].concat();
    assert_eq!(lab.world.code("RunInstances", &too_many), "PrivateIpAddressLimitExceeded");
    let parameters =
        [&basis[..], &[("NetworkInterface.1.Ipv4PrefixCount", "1"), ("NetworkInterface.1.Ipv6PrefixCount", "1")]]
            .concat();
    let answer = lab.world.ok("RunInstances", &parameters);
    let set = text(&answer, "networkInterfaceSet");
    for element in ["ipv4Prefix", "ipv6Prefix"] {
        let kind = if element == "ipv4Prefix" { "ipv4-prefixes.ipv4-prefix" } else { "ipv6-prefixes.ipv6-prefix" };
        let name = format!("network-interface.{kind}");
        for (value, found) in [(text(set, element), 1), ("10.0.9.0/28", 0)] {
            let filter = [("Filter.1.Name", name.as_str()), ("Filter.1.Value.1", value)];
            let answer = lab.world.ok("DescribeInstances", &filter);
            assert_eq!(texts(&answer, "instanceId").len(), found, "{name} = {value}");
        }
    }
    assert_eq!(texts(text(set, "ipv4PrefixSet"), "ipv4Prefix").len(), 1);
    assert_eq!(texts(text(set, "ipv6PrefixSet"), "ipv6Prefix").len(), 1);
    let id = text(set, "networkInterfaceId").to_owned();
    let more = [("Ipv4PrefixCount", "1")];
    assert_eq!(code(lab.call("AssignPrivateIpAddresses", &id, &more)), "PrivateIpAddressLimitExceeded");
    let more = [("SecondaryPrivateIpAddressCount", "1")];
    assert_eq!(code(lab.call("AssignPrivateIpAddresses", &id, &more)), "PrivateIpAddressLimitExceeded");
    lab.call("AssignIpv6Addresses", &id, &[("Ipv6PrefixCount", "1")]).expect("two are allowed");
    assert_eq!(
        code(lab.call("AssignIpv6Addresses", &id, &[("Ipv6AddressCount", "1")])),
        "PrivateIpAddressLimitExceeded"
    );

    let big = lab.interface(&[("Ipv4PrefixCount", "2")]);
    let attach =
        [("NetworkInterfaceId", big.as_str()), ("InstanceId", text(&answer, "instanceId")), ("DeviceIndex", "1")];
    assert_eq!(lab.world.code("AttachNetworkInterface", &attach), "PrivateIpAddressLimitExceeded");

    let named = [&basis[..], &[("NetworkInterface.1.Ipv4Prefix.1.Ipv4Prefix", "10.0.1.96/28")]].concat();
    let two: Vec<_> = named.iter().map(|it| if it.0 == "MaxCount" { ("MaxCount", "2") } else { *it }).collect();
    assert_eq!(lab.world.code("RunInstances", &two), "InvalidParameterCombination", "one instance only can have it");
    let existing = [&basis[..5], &[("NetworkInterface.1.NetworkInterfaceId", big.as_str())]].concat();
    let both = [&existing[..], &[("NetworkInterface.1.Ipv4PrefixCount", "1")]].concat();
    assert_eq!(lab.world.code("RunInstances", &both), "InvalidParameterCombination");
}

#[test]
fn the_source_check_is_reset_to_what_it_was() {
    let mut lab = Lab::new();
    let id = lab.interface(&[]);
    lab.call("ModifyNetworkInterfaceAttribute", &id, &[("SourceDestCheck.Value", "false")]).expect("off");
    assert_eq!(text(&lab.describe(&id), "sourceDestCheck"), "false");
    let reset = "ResetNetworkInterfaceAttribute";
    assert_eq!(code(lab.call(reset, &id, &[])), "InvalidParameterCombination");
    assert_eq!(code(lab.call(reset, &id, &[("SourceDestCheck", "true"), ("DryRun", "true")])), "DryRunOperation");
    assert_eq!(text(&lab.describe(&id), "sourceDestCheck"), "false");
    let answer = lab.call(reset, &id, &[("SourceDestCheck", "true")]).expect("on");
    assert!(answer.contains("<return>true</return>"));
    assert_eq!(text(&lab.describe(&id), "sourceDestCheck"), "true");
    lab.world.become_account(2);
    assert_eq!(code(lab.call(reset, &id, &[("SourceDestCheck", "true")])), "InvalidNetworkInterfaceID.NotFound");
}

#[test]
fn a_subnet_full_of_prefixes_and_addresses_gives_every_one_of_them_out() {
    let mut lab = Lab::new();
    let id = lab.interface(&[("PrivateIpAddress", "10.0.1.4")]);
    lab.call("AssignPrivateIpAddresses", &id, &[("Ipv4PrefixCount", "14")]).expect("all of them");
    let mut given: Vec<_> = lab.world.state.indexes.interface_of_prefix.keys().map(|it| it.1.to_string()).collect();
    given.dedup();
    assert_eq!(given.len(), 14);
    // Of 251, 1 and 224 are gone: 11 in the first sixteenth, 15 in the last.
    for _ in 0..26 {
        lab.interface(&[]);
    }
    assert_eq!(lab.create(&[]), Err("InsufficientFreeAddressesInSubnet".to_owned()));
    let answer = lab.world.ok("DescribeSubnets", &[("SubnetId.1", &lab.subnet)]);
    assert_eq!(text(&answer, "availableIpAddressCount"), "0");
}
