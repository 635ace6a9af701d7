//! Interfaces and their addresses, from parameters to XML.

use crate::ec2::fixture::{World, text, texts};
use crate::state::security_group::Identity;
use crate::wire::shapes::documented_filters;

/// A VPC of 10.0.0.0/16 with a subnet of 10.0.1.0/28, which has eleven addresses for interfaces.
struct Lab {
    world: World,
    vpc: String,
    subnet: String,
}

impl Lab {
    fn new() -> Lab {
        let mut world = World::new();
        let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
        let mut lab = Lab { world, vpc, subnet: String::new() };
        lab.subnet = lab.subnet("10.0.1.0/28", "us-east-1a");
        lab
    }

    fn subnet(&mut self, block: &str, zone: &str) -> String {
        let parameters = [("VpcId", self.vpc.as_str()), ("CidrBlock", block), ("AvailabilityZone", zone)];
        text(&self.world.ok("CreateSubnet", &parameters), "subnetId").to_owned()
    }

    fn group(&mut self, name: &str) -> String {
        let parameters = [("VpcId", self.vpc.as_str()), ("GroupName", name), ("GroupDescription", "d")];
        text(&self.world.ok("CreateSecurityGroup", &parameters), "groupId").to_owned()
    }

    /// Makes an interface in the subnet and answers the document.
    fn create(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.ok("CreateNetworkInterface", &[parameters, &[("SubnetId", &subnet)]].concat())
    }

    /// Makes an interface in the subnet and answers its id.
    fn interface(&mut self, parameters: &[(&str, &str)]) -> String {
        text(&self.create(parameters), "networkInterfaceId").to_owned()
    }

    /// The code with which an interface in the subnet is refused.
    fn refused(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.code("CreateNetworkInterface", &[parameters, &[("SubnetId", &subnet)]].concat())
    }

    fn instance(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        let basis =
            [("ImageId", crate::ec2::image::HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "1"), ("SubnetId", &subnet)];
        text(&self.world.ok("RunInstances", &[&basis, parameters].concat()), "instanceId").to_owned()
    }

    fn attach(&mut self, interface: &str, instance: &str, index: &str) -> String {
        let parameters = [("NetworkInterfaceId", interface), ("InstanceId", instance), ("DeviceIndex", index)];
        text(&self.world.ok("AttachNetworkInterface", &parameters), "attachmentId").to_owned()
    }

    fn describe(&mut self, interface: &str) -> String {
        self.world.ok("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", interface)])
    }

    /// The ids of the interfaces that a filter finds.
    fn find(&mut self, name: &str, value: &str) -> Vec<String> {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let answer = self.world.ok("DescribeNetworkInterfaces", &filter);
        texts(&answer, "networkInterfaceId").into_iter().map(str::to_owned).collect()
    }
}

#[test]
fn a_new_interface_shows_all_that_clients_read() {
    let mut lab = Lab::new();
    let made = lab.create(&[
        ("PrivateIpAddress", "10.0.1.5"),
        ("Description", "web"),
        ("ClientToken", "once"),
        ("TagSpecification.1.ResourceType", "network-interface"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "web"),
    ]);
    let id = text(&made, "networkInterfaceId").to_owned();
    assert_eq!(text(&made, "clientToken"), "once");
    let shown = lab.describe(&id);
    for (element, value) in [
        ("subnetId", lab.subnet.as_str()),
        ("vpcId", &lab.vpc),
        ("availabilityZone", "us-east-1a"),
        ("availabilityZoneId", "use1-az1"),
        ("requesterManaged", "false"),
        ("status", "available"),
        ("privateIpAddress", "10.0.1.5"),
        ("sourceDestCheck", "true"),
        ("groupName", "default"),
        ("interfaceType", "interface"),
        ("description", "web"),
        ("primary", "true"),
        ("key", "Name"),
    ] {
        assert_eq!(text(&shown, element), value, "{element}");
    }
    assert!(text(&shown, "macAddress").starts_with("0e:"));
    assert!(!shown.contains("<attachment>"), "an empty attachment panics Terraform's provider");
    assert!(!shown.contains("privateDnsName"), "the VPC gives no host names");

    lab.world.ok("ModifyVpcAttribute", &[("VpcId", &lab.vpc), ("EnableDnsHostnames.Value", "true")]);
    assert_eq!(text(&lab.describe(&id), "privateDnsName"), "ip-10-0-1-5.ec2.internal");
}

#[test]
fn an_address_must_lie_in_the_subnet_and_be_free() {
    let mut lab = Lab::new();
    lab.interface(&[("PrivateIpAddress", "10.0.1.5")]);
    let mut check = |address: &str, expect: &str| {
        assert_eq!(lab.refused(&[("PrivateIpAddress", address)]), expect, "{address}");
    };
    check("10.0.1.0", "InvalidParameterValue");
    check("10.0.1.3", "InvalidParameterValue");
    check("10.0.1.15", "InvalidParameterValue");
    check("10.0.1.16", "InvalidParameterValue");
    check("10.0.2.5", "InvalidParameterValue");
    check("2001:db8::1", "InvalidParameterValue");
    check("five", "InvalidParameterValue");
    check("10.0.1.5", "InvalidIPAddress.InUse");
    lab.interface(&[("PrivateIpAddress", "10.0.1.4")]);
    lab.interface(&[("PrivateIpAddress", "10.0.1.14")]);
}

#[test]
fn an_addresses_refusal_says_what_ec2_says() {
    let mut lab = Lab::new();
    lab.interface(&[("PrivateIpAddress", "10.0.1.5")]);
    let subnet = lab.subnet.clone();
    let mut check = |address: &str, expect: &str| {
        let parameters = [("SubnetId", subnet.as_str()), ("PrivateIpAddress", address)];
        let error = lab.world.call("CreateNetworkInterface", &parameters).expect_err(address);
        assert_eq!(error.to_string(), expect);
    };
    check("10.0.1.5", "Address 10.0.1.5 is in use.");
    check("10.0.1.1", "Address 10.0.1.1 is in subnet's reserved address range");
    check("10.0.9.1", "Address 10.0.9.1 does not fall within the subnet's address range");
}

#[test]
fn chosen_addresses_fill_the_subnet_but_for_the_five_reserved() {
    let mut lab = Lab::new();
    let mut held: Vec<String> = (0..11).map(|_| text(&lab.create(&[]), "privateIpAddress").to_owned()).collect();
    held.sort_by_key(|it| it.parse::<std::net::Ipv4Addr>().unwrap());
    assert_eq!(held, (4..15).map(|it| format!("10.0.1.{it}")).collect::<Vec<_>>());
    assert_eq!(lab.refused(&[]), "InsufficientFreeAddressesInSubnet");
    let gone = lab.find("private-ip-address", "10.0.1.9").remove(0);
    lab.world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", &gone)]);
    assert_eq!(text(&lab.create(&[]), "privateIpAddress"), "10.0.1.9");
}

#[test]
fn what_another_vpc_holds_takes_no_address_away() {
    let mut lab = Lab::new();
    for last in 4..14 {
        lab.create(&[("PrivateIpAddress", &format!("10.0.1.{last}"))]);
    }
    let (vpc, subnet) = (lab.vpc.clone(), lab.subnet.clone());
    lab.world.become_account(2);
    while lab.vpc <= vpc {
        lab.vpc = text(&lab.world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    }
    lab.subnet = lab.subnet("10.0.1.0/28", "us-east-1a");
    lab.create(&[("PrivateIpAddress", "10.0.1.14")]);
    lab.world.become_account(1);
    lab.subnet = subnet;
    assert_eq!(text(&lab.create(&[]), "privateIpAddress"), "10.0.1.14");
}

#[test]
fn the_choice_depends_on_the_entropy_alone() {
    let choice = || (0..5).map(|_| text(&Lab::new().create(&[]), "privateIpAddress").to_owned()).collect::<Vec<_>>();
    assert_eq!(choice(), choice());
}

#[test]
fn one_interface_takes_several_addresses_in_their_order() {
    let mut lab = Lab::new();
    let made = lab.create(&[
        ("PrivateIpAddresses.1.PrivateIpAddress", "10.0.1.9"),
        ("PrivateIpAddresses.1.Primary", "false"),
        ("PrivateIpAddresses.2.PrivateIpAddress", "10.0.1.6"),
        ("PrivateIpAddresses.2.Primary", "true"),
    ]);
    let set = text(&made, "privateIpAddressesSet");
    assert_eq!(texts(set, "privateIpAddress"), ["10.0.1.6", "10.0.1.9"]);
    assert_eq!(texts(set, "primary"), ["true", "false"]);
    let made = lab.create(&[("SecondaryPrivateIpAddressCount", "3")]);
    assert_eq!(texts(text(&made, "privateIpAddressesSet"), "privateIpAddress").len(), 4);

    let mut check = |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(lab.refused(parameters), expect, "{parameters:?}");
    };
    let two_primary = [
        ("PrivateIpAddress", "10.0.1.10"),
        ("PrivateIpAddresses.1.PrivateIpAddress", "10.0.1.11"),
        ("PrivateIpAddresses.1.Primary", "true"),
    ];
    check(&two_primary, "InvalidParameterCombination");
    let both = [("PrivateIpAddresses.1.PrivateIpAddress", "10.0.1.11"), ("SecondaryPrivateIpAddressCount", "1")];
    check(&both, "InvalidParameterCombination");
    check(&[("SecondaryPrivateIpAddressCount", "-1")], "InvalidParameterValue");
    check(&[("SecondaryPrivateIpAddressCount", "50")], "PrivateIpAddressLimitExceeded");
    check(&[("SecondaryPrivateIpAddressCount", "2147483647")], "PrivateIpAddressLimitExceeded");
    check(&[("SecondaryPrivateIpAddressCount", "9")], "InsufficientFreeAddressesInSubnet");
    let twice = [("PrivateIpAddress", "10.0.1.12"), ("PrivateIpAddresses.1.PrivateIpAddress", "10.0.1.12")];
    check(&twice, "InvalidIPAddress.InUse");
}

/// A lab whose subnet has an IPv6 block, and the block's start.
fn lab6() -> (Lab, String) {
    let mut lab = Lab::new();
    let made = lab.world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
    lab.vpc = text(&made, "vpcId").to_owned();
    let block = text(&lab.world.ok("DescribeVpcs", &[("VpcId.1", &lab.vpc)]), "ipv6CidrBlock").to_owned();
    let start = block.trim_end_matches("::/56").to_owned();
    let prefix = format!("{start}::/64");
    let parameters = [("VpcId", lab.vpc.as_str()), ("CidrBlock", "10.0.1.0/24"), ("Ipv6CidrBlock", &prefix)];
    lab.subnet = text(&lab.world.ok("CreateSubnet", &parameters), "subnetId").to_owned();
    (lab, start)
}

#[test]
fn ipv6_addresses_are_given_when_asked_for_or_when_the_subnet_says_so() {
    let (mut lab, start) = lab6();
    let len = |made: &str| texts(made, "ipv6Address").len().saturating_sub(1);
    assert_eq!(len(&lab.create(&[])), 0);
    assert_eq!(len(&lab.create(&[("Ipv6AddressCount", "2")])), 2);
    let wanted = format!("{start}::10");
    let made = lab.create(&[("Ipv6Addresses.1.Ipv6Address", &wanted)]);
    assert_eq!(texts(text(&made, "ipv6AddressesSet"), "ipv6Address"), [wanted.as_str()]);
    assert_eq!(lab.find("ipv6-addresses.ipv6-address", &wanted).len(), 1);

    let mut check = |address: String, expect: &str| {
        assert_eq!(lab.refused(&[("Ipv6Addresses.1.Ipv6Address", &address)]), expect, "{address}");
    };
    check(wanted.clone(), "InvalidIPAddress.InUse");
    check(format!("{start}::3"), "InvalidParameterValue");
    check(format!("{start}::ffff:ffff:ffff:ffff"), "InvalidParameterValue");
    check("2001:db8::10".to_owned(), "InvalidParameterValue");
    let both = [("Ipv6Addresses.1.Ipv6Address", wanted.as_str()), ("Ipv6AddressCount", "1")];
    assert_eq!(lab.refused(&both), "InvalidParameterCombination");

    let on = [("SubnetId", lab.subnet.as_str()), ("AssignIpv6AddressOnCreation.Value", "true")];
    lab.world.ok("ModifySubnetAttribute", &on);
    assert_eq!(len(&lab.create(&[])), 1);
    assert_eq!(len(&lab.create(&[("Ipv6AddressCount", "0")])), 0);
}

#[test]
fn a_subnet_without_an_ipv6_block_gives_no_ipv6_address() {
    let mut lab = Lab::new();
    assert_eq!(lab.refused(&[("Ipv6AddressCount", "1")]), "InvalidParameterValue");
}

#[test]
fn what_cannot_be_made_true_is_refused_by_name() {
    let mut lab = Lab::new();
    for (name, value) in [
        ("ConnectionTrackingSpecification.UdpTimeout", "30"),
        ("EnablePrimaryIpv6", "true"),
        ("InterfaceType", "efa"),
        ("Operator.Principal", "somebody"),
        ("Ipv6Addresses.1.IsPrimaryIpv6", "true"),
    ] {
        assert_eq!(lab.refused(&[(name, value)]), "UnsupportedOperation", "{name}");
    }
    lab.interface(&[("EnablePrimaryIpv6", "false"), ("Ipv4PrefixCount", "0"), ("Ipv6PrefixCount", "0")]);
}

#[test]
fn an_interface_wears_up_to_sixteen_groups_of_its_vpc() {
    let mut lab = Lab::new();
    let (one, two) = (lab.group("one"), lab.group("two"));
    let id = lab.interface(&[("SecurityGroupId.1", &two), ("SecurityGroupId.2", &one), ("SecurityGroupId.3", &one)]);
    let mut both = [one.clone(), two.clone()];
    both.sort();
    assert_eq!(texts(&lab.describe(&id), "groupId"), both);
    assert_eq!(lab.find("group-id", &one), [id.as_str()]);

    lab.world.ok("ModifyNetworkInterfaceAttribute", &[("NetworkInterfaceId", &id), ("SecurityGroupId.1", &one)]);
    assert_eq!(texts(&lab.describe(&id), "groupId"), [one.as_str()]);
    let row = lab.world.state.network_interfaces.iter().next().unwrap();
    let identity: &Identity = lab.world.state.identities.get(&(row.vpc, row.identity)).unwrap();
    assert_eq!(identity.groups, row.groups);

    let groups: Vec<String> = (0..17).map(|it| lab.group(&format!("g{it}"))).collect();
    let names: Vec<String> = (1..=17).map(|it| format!("SecurityGroupId.{it}")).collect();
    let parameters: Vec<_> = names.iter().map(String::as_str).zip(groups.iter().map(String::as_str)).collect();
    assert_eq!(lab.refused(&parameters), "SecurityGroupsPerInterfaceLimitExceeded");
    lab.interface(&parameters[..16]);
    assert_eq!(lab.refused(&[("SecurityGroupId.1", "sg-00000000000000000")]), "InvalidGroup.NotFound");

    let foreign = text(&lab.world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    let ours = std::mem::replace(&mut lab.vpc, foreign);
    let group = lab.group("foreign");
    lab.vpc = ours;
    assert_eq!(lab.refused(&[("SecurityGroupId.1", &group)]), "InvalidGroup.NotFound");
    let change = [("NetworkInterfaceId", id.as_str()), ("SecurityGroupId.1", &group)];
    assert_eq!(lab.world.code("ModifyNetworkInterfaceAttribute", &change), "InvalidGroup.NotFound");
}

#[test]
fn an_interface_comes_to_an_instance_and_leaves_it() {
    let mut lab = Lab::new();
    let (instance, id) = (lab.instance(&[]), lab.interface(&[]));
    let attachment = lab.attach(&id, &instance, "1");
    let shown = lab.describe(&id);
    let attached = text(&shown, "attachment");
    assert_eq!(text(attached, "attachmentId"), attachment);
    assert_eq!((text(attached, "status"), text(attached, "deviceIndex")), ("attached", "1"));
    assert_eq!((text(attached, "instanceId"), text(attached, "deleteOnTermination")), (instance.as_str(), "false"));
    assert_eq!(texts(&shown, "status"), ["attached", "in-use"]);
    assert_eq!(lab.find("attachment.instance-id", &instance).len(), 2);
    assert_eq!(lab.find("attachment.attachment-id", &attachment), [id.as_str()]);

    let primary = lab.find("attachment.device-index", "0").remove(0);
    let of_primary = text(&lab.describe(&primary), "attachmentId").to_owned();
    let detach = |lab: &mut Lab, id: &str| lab.world.code("DetachNetworkInterface", &[("AttachmentId", id)]);
    assert_eq!(detach(&mut lab, &of_primary), "OperationNotPermitted");
    assert_eq!(detach(&mut lab, "eni-attach-00000000000000000"), "InvalidAttachmentID.NotFound");
    assert_eq!(detach(&mut lab, "attachment"), "InvalidNetworkInterfaceAttachmentId.Malformed");

    let delete = [("NetworkInterfaceId", id.as_str())];
    let error = lab.world.call("DeleteNetworkInterface", &delete).expect_err("attached");
    assert_eq!(error.to_string(), format!("Network interface '{id}' is currently in use."));
    assert_eq!(error.code(), "InvalidParameterValue");

    lab.world.ok("DetachNetworkInterface", &[("AttachmentId", &attachment), ("Force", "true")]);
    assert_eq!(detach(&mut lab, &attachment), "InvalidAttachmentID.NotFound");
    assert_eq!(texts(&lab.describe(&id), "status"), ["available"]);
    lab.world.ok("DeleteNetworkInterface", &delete);
    assert_eq!(lab.world.code("DeleteNetworkInterface", &delete), "InvalidNetworkInterfaceID.NotFound");
}

#[test]
fn an_attachment_that_has_ended_is_shown_for_ten_seconds_to_those_who_ask_for_it() {
    let mut lab = Lab::new();
    let (instance, id) = (lab.instance(&[]), lab.interface(&[]));
    let attachment = lab.attach(&id, &instance, "1");
    lab.world.ok("DetachNetworkInterface", &[("AttachmentId", &attachment)]);

    let filter = [("Filter.1.Name", "attachment.attachment-id"), ("Filter.1.Value.1", attachment.as_str())];
    let shown = lab.world.ok("DescribeNetworkInterfaces", &filter);
    assert_eq!(texts(&shown, "status"), ["detached", "available"]);
    assert!(!lab.describe(&id).contains("<attachment>"));
    assert_eq!(lab.find("attachment.instance-id", &instance).len(), 1);

    let again = lab.attach(&id, &instance, "2");
    assert_eq!(texts(&lab.world.ok("DescribeNetworkInterfaces", &filter), "status"), ["detached", "in-use"]);
    assert_eq!(texts(&lab.describe(&id), "attachmentId"), [again.as_str()]);

    lab.world.now.0 += 10_000;
    assert_eq!(lab.find("attachment.attachment-id", &attachment), [""; 0]);
}

#[test]
fn an_interface_is_attached_only_where_it_fits() {
    let mut lab = Lab::new();
    let elsewhere = lab.subnet("10.0.2.0/24", "us-east-1b");
    let (instance, id, more) = (lab.instance(&[]), lab.interface(&[]), lab.interface(&[]));
    let far = lab.world.ok("CreateNetworkInterface", &[("SubnetId", &elsewhere)]);
    let far = text(&far, "networkInterfaceId").to_owned();
    let many = lab.interface(&[("SecondaryPrivateIpAddressCount", "4")]);
    let check = |lab: &mut Lab, interface: &str, index: &str, expect: &str| {
        let parameters = [("NetworkInterfaceId", interface), ("InstanceId", &instance), ("DeviceIndex", index)];
        assert_eq!(lab.world.code("AttachNetworkInterface", &parameters), expect, "{index}");
    };
    check(&mut lab, &id, "0", "InvalidParameterValue");
    check(&mut lab, &id, "-1", "InvalidParameterValue");
    check(&mut lab, &id, "256", "InvalidParameterValue");
    check(&mut lab, &far, "1", "InvalidParameterCombination");
    check(&mut lab, &many, "1", "PrivateIpAddressLimitExceeded");
    lab.attach(&id, &instance, "1");
    check(&mut lab, &id, "2", "InvalidNetworkInterface.InUse");
    check(&mut lab, &more, "1", "InvalidParameterValue");
    check(&mut lab, &more, "2", "AttachmentLimitExceeded");
    lab.world.ok("StopInstances", &[("InstanceId.1", &instance)]);
    check(&mut lab, &more, "2", "AttachmentLimitExceeded");
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &instance)]);
    check(&mut lab, &more, "1", "IncorrectState");

    for (name, value) in [("EnaQueueCount", "2"), ("EnaSrdSpecification.EnaSrdEnabled", "true")] {
        let parameters =
            [("NetworkInterfaceId", more.as_str()), ("InstanceId", &instance), ("DeviceIndex", "1"), (name, value)];
        assert_eq!(lab.world.code("AttachNetworkInterface", &parameters), "UnsupportedOperation", "{name}");
    }
    let card = [
        ("NetworkInterfaceId", more.as_str()),
        ("InstanceId", &instance),
        ("DeviceIndex", "1"),
        ("NetworkCardIndex", "1"),
    ];
    assert_eq!(lab.world.code("AttachNetworkInterface", &card), "InvalidParameterValue");
}

#[test]
fn secondary_addresses_are_assigned_and_unassigned() {
    let mut lab = Lab::new();
    let id = lab.interface(&[("PrivateIpAddress", "10.0.1.5")]);
    let other = lab.interface(&[("PrivateIpAddress", "10.0.1.6")]);
    let assign = |lab: &mut Lab, id: &str, parameters: &[(&str, &str)]| {
        let parameters = [&[("NetworkInterfaceId", id)], parameters].concat();
        lab.world.call("AssignPrivateIpAddresses", &parameters).map_err(|it| it.code())
    };
    let addresses = |lab: &mut Lab, id: &str| -> Vec<String> {
        let shown = lab.describe(id);
        texts(text(&shown, "privateIpAddressesSet"), "privateIpAddress").into_iter().map(str::to_owned).collect()
    };
    let seven: &[(&str, &str)] = &[("PrivateIpAddress.1", "10.0.1.7")];
    let answer = assign(&mut lab, &id, seven).unwrap();
    assert_eq!(texts(text(&answer, "assignedPrivateIpAddressesSet"), "privateIpAddress"), ["10.0.1.7"]);
    assert_eq!(addresses(&mut lab, &id), ["10.0.1.5", "10.0.1.7"]);

    // It stays where it is unless the caller lets it move.
    assert_eq!(assign(&mut lab, &other, seven), Err("InvalidParameterValue".to_owned()));
    assert_eq!(assign(&mut lab, &id, seven), Err("InvalidParameterValue".to_owned()));
    let moving = [seven, &[("AllowReassignment", "true")]].concat();
    assign(&mut lab, &id, &moving).unwrap();
    assign(&mut lab, &other, &moving).unwrap();
    assert_eq!((addresses(&mut lab, &id).len(), addresses(&mut lab, &other).len()), (1, 2));
    let primary = [("PrivateIpAddress.1", "10.0.1.5"), ("AllowReassignment", "true")];
    assert_eq!(assign(&mut lab, &other, &primary), Err("InvalidIPAddress.InUse".to_owned()));

    let answer = assign(&mut lab, &id, &[("SecondaryPrivateIpAddressCount", "3")]).unwrap();
    assert_eq!(texts(text(&answer, "assignedPrivateIpAddressesSet"), "privateIpAddress").len(), 3);
    let mut refused = |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(assign(&mut lab, &id, parameters), Err(expect.to_owned()), "{parameters:?}");
    };
    refused(&[], "MissingParameter");
    refused(
        &[("PrivateIpAddress.1", "10.0.1.8"), ("SecondaryPrivateIpAddressCount", "1")],
        "InvalidParameterCombination",
    );
    refused(&[("PrivateIpAddress.1", "10.0.1.2")], "InvalidParameterValue");
    refused(&[("PrivateIpAddress.1", "10.0.2.8")], "InvalidParameterValue");
    refused(&[("SecondaryPrivateIpAddressCount", "8")], "InsufficientFreeAddressesInSubnet");
    refused(&[("SecondaryPrivateIpAddressCount", "47")], "PrivateIpAddressLimitExceeded");

    let mut unassign = |address: &str| {
        let parameters = [("NetworkInterfaceId", other.as_str()), ("PrivateIpAddress.1", address)];
        lab.world.call("UnassignPrivateIpAddresses", &parameters).map(|_| ()).map_err(|it| it.to_string())
    };
    let not_there = format!("Some of [10.0.1.14] are not assigned to interface {other}");
    assert_eq!(unassign("10.0.1.14"), Err(not_there));
    assert!(unassign("10.0.1.6").is_err(), "the primary address stays");
    assert_eq!(unassign("10.0.1.7"), Ok(()));
    assert!(unassign("10.0.1.7").is_err());
}

#[test]
fn an_attached_interface_has_as_many_addresses_as_its_instances_type_takes() {
    let mut lab = Lab::new();
    lab.instance(&[("InstanceType", "t3.micro")]);
    let id = lab.find("attachment.device-index", "0").remove(0);
    let assign = [("NetworkInterfaceId", id.as_str()), ("SecondaryPrivateIpAddressCount", "1")];
    lab.world.ok("AssignPrivateIpAddresses", &assign);
    assert_eq!(lab.world.code("AssignPrivateIpAddresses", &assign), "PrivateIpAddressLimitExceeded");
}

#[test]
fn attributes_are_changed_one_at_a_time_and_shown() {
    let mut lab = Lab::new();
    let (instance, id) = (lab.instance(&[]), lab.interface(&[]));
    let attachment = lab.attach(&id, &instance, "1");
    let modify = |lab: &mut Lab, parameters: &[(&str, &str)]| {
        let parameters = [&[("NetworkInterfaceId", id.as_str())], parameters].concat();
        lab.world.call("ModifyNetworkInterfaceAttribute", &parameters).map(|_| ()).map_err(|it| it.code())
    };
    let attribute = |lab: &mut Lab, name: &str| {
        lab.world.ok("DescribeNetworkInterfaceAttribute", &[("NetworkInterfaceId", &id), ("Attribute", name)])
    };
    modify(&mut lab, &[("SourceDestCheck.Value", "false")]).unwrap();
    assert_eq!(text(text(&attribute(&mut lab, "sourceDestCheck"), "sourceDestCheck"), "value"), "false");
    let long = "é".repeat(256);
    let refusal = Err("InvalidParameterValue".to_owned());
    assert_eq!(modify(&mut lab, &[("Description.Value", &long)]), refusal);
    assert_eq!(lab.refused(&[("Description", &long)]), "InvalidParameterValue");
    modify(&mut lab, &[("Description.Value", &"é".repeat(255))]).unwrap();
    modify(&mut lab, &[("Description.Value", "x")]).unwrap();
    assert_eq!(text(text(&attribute(&mut lab, "description"), "description"), "value"), "x");
    modify(&mut lab, &[("Description.Value", "")]).unwrap();
    assert_eq!(text(&lab.describe(&id), "description"), "");
    let stay = [("Attachment.AttachmentId", attachment.as_str()), ("Attachment.DeleteOnTermination", "true")];
    modify(&mut lab, &stay).unwrap();
    let shown = attribute(&mut lab, "attachment");
    assert_eq!(text(text(&shown, "attachment"), "deleteOnTermination"), "true");
    assert_eq!(text(&attribute(&mut lab, "groupSet"), "groupName"), "default");
    assert_eq!(text(&attribute(&mut lab, "associatePublicIpAddress"), "associatePublicIpAddress"), "false");
    for value in ["true", "false"] {
        modify(&mut lab, &[("AssociatePublicIpAddress", value)]).unwrap();
        let shown = attribute(&mut lab, "associatePublicIpAddress");
        assert_eq!(text(&shown, "associatePublicIpAddress"), value);
    }

    let mut refused = |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(modify(&mut lab, parameters), Err(expect.to_owned()), "{parameters:?}");
    };
    refused(&[], "InvalidParameterCombination");
    refused(&[("Description.Value", "x"), ("SourceDestCheck.Value", "true")], "InvalidParameterCombination");
    refused(&[("AssociatedSubnetId.1", "subnet-1")], "UnsupportedOperation");
    refused(&[("ConnectionTrackingSpecification.UdpTimeout", "30")], "UnsupportedOperation");
    refused(&[("EnaSrdSpecification.EnaSrdEnabled", "true")], "UnsupportedOperation");
    refused(&[("EnablePrimaryIpv6", "true")], "UnsupportedOperation");
    refused(&[stay[0], ("Attachment.EnaQueueCount", "2")], "UnsupportedOperation");
    refused(&[stay[0]], "MissingParameter");
    refused(&[("Attachment.DeleteOnTermination", "true")], "MissingParameter");
    refused(&[("Attachment.AttachmentId", "eni-attach-00000000000000000"), stay[1]], "InvalidAttachmentID.NotFound");
    let none = [("NetworkInterfaceId", id.as_str())];
    assert_eq!(lab.world.code("DescribeNetworkInterfaceAttribute", &none), "MissingParameter");
}

#[test]
fn every_documented_filter_is_known_and_no_other() {
    let mut lab = Lab::new();
    lab.instance(&[]);
    for name in documented_filters("DescribeNetworkInterfaces") {
        lab.find(name, "x");
    }
    let unknown = [("Filter.1.Name", "mac"), ("Filter.1.Value.1", "x")];
    assert_eq!(lab.world.code("DescribeNetworkInterfaces", &unknown), "InvalidParameterValue");
}

#[test]
fn filters_find_what_they_name_and_nothing_else() {
    let mut lab = Lab::new();
    let tag = [
        ("TagSpecification.1.ResourceType", "network-interface"),
        ("TagSpecification.1.Tag.1.Key", "k"),
        ("TagSpecification.1.Tag.1.Value", "v"),
    ];
    let id = lab.interface(&[&tag[..], &[("PrivateIpAddress", "10.0.1.5"), ("Description", "the one")]].concat());
    let second = lab.subnet("10.0.2.0/24", "us-east-1b");
    lab.world.ok("CreateNetworkInterface", &[("SubnetId", &second)]);
    let (vpc, subnet) = (lab.vpc.clone(), lab.subnet.clone());
    let mac = text(&lab.describe(&id), "macAddress").to_owned();
    for (name, value) in [
        ("network-interface-id", id.as_str()),
        ("subnet-id", &subnet),
        ("private-ip-address", "10.0.1.5"),
        ("addresses.private-ip-address", "10.0.1.5"),
        ("addresses.private-ip-address", "10.0.1.?"),
        ("availability-zone", "us-east-1a"),
        ("availability-zone-id", "use1-az1"),
        ("description", "the *"),
        ("mac-address", &mac),
        ("tag:k", "v"),
        ("tag-key", "k"),
    ] {
        assert_eq!(lab.find(name, value), [id.as_str()], "{name}");
    }
    assert_eq!(lab.find("vpc-id", &vpc).len(), 2);
    assert_eq!(lab.find("status", "available").len(), 2);
    for name in
        ["vpc-id", "subnet-id", "group-id", "network-interface-id", "attachment.instance-id", "private-ip-address"]
    {
        assert_eq!(lab.find(name, "nonsense"), [""; 0], "{name}");
    }

    lab.world.become_account(2);
    for (name, value) in [("vpc-id", vpc.as_str()), ("subnet-id", &subnet), ("network-interface-id", &id)] {
        assert_eq!(lab.find(name, value), [""; 0], "{name}");
    }
}

#[test]
fn pages_show_every_interface_once() {
    let mut lab = Lab::new();
    let mut all: Vec<String> = (0..11).map(|_| lab.interface(&[])).collect();
    all.sort();
    let mut seen: Vec<String> = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page = [("MaxResults", "5"), ("NextToken", token.as_deref().unwrap_or(""))];
        let answer = lab.world.ok("DescribeNetworkInterfaces", &page);
        seen.extend(texts(&answer, "networkInterfaceId").into_iter().map(str::to_owned));
        token = texts(&answer, "nextToken").first().map(|it| (*it).to_owned());
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

#[test]
fn another_accounts_interface_does_not_exist() {
    let mut lab = Lab::new();
    let (instance, id) = (lab.instance(&[]), lab.interface(&[]));
    let attachment = lab.attach(&id, &instance, "1");
    let subnet = lab.subnet.clone();
    lab.world.become_account(2);
    let not_found = "InvalidNetworkInterfaceID.NotFound";
    let by_id = [("NetworkInterfaceId", id.as_str())];
    assert_eq!(lab.world.code("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", &id)]), not_found);
    assert_eq!(lab.world.code("DeleteNetworkInterface", &by_id), not_found);
    let attribute = [by_id[0], ("Attribute", "description")];
    assert_eq!(lab.world.code("DescribeNetworkInterfaceAttribute", &attribute), not_found);
    let modify = [by_id[0], ("Description.Value", "mine")];
    assert_eq!(lab.world.code("ModifyNetworkInterfaceAttribute", &modify), not_found);
    let assign = [by_id[0], ("SecondaryPrivateIpAddressCount", "1")];
    assert_eq!(lab.world.code("AssignPrivateIpAddresses", &assign), not_found);
    let unassign = [by_id[0], ("PrivateIpAddress.1", "10.0.1.5")];
    assert_eq!(lab.world.code("UnassignPrivateIpAddresses", &unassign), not_found);
    let detach = [("AttachmentId", attachment.as_str())];
    assert_eq!(lab.world.code("DetachNetworkInterface", &detach), "InvalidAttachmentID.NotFound");
    let create = [("SubnetId", subnet.as_str())];
    assert_eq!(lab.world.code("CreateNetworkInterface", &create), "InvalidSubnetID.NotFound");
    assert_eq!(
        lab.world.code("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", "eni")]),
        "InvalidNetworkInterfaceId.Malformed"
    );
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut lab = Lab::new();
    let id = lab.interface(&[]);
    assert_eq!(lab.refused(&[("DryRun", "true")]), "DryRunOperation");
    let delete = [("NetworkInterfaceId", id.as_str()), ("DryRun", "true")];
    assert_eq!(lab.world.code("DeleteNetworkInterface", &delete), "DryRunOperation");
}

#[test]
fn a_call_sent_again_with_its_token_makes_nothing_new() {
    let mut lab = Lab::new();
    let id = lab.interface(&[("ClientToken", "t")]);
    assert_eq!(lab.interface(&[("ClientToken", "t")]), id);
    assert_eq!(lab.refused(&[("ClientToken", "t"), ("Description", "d")]), "IdempotentParameterMismatch");
}

#[test]
fn a_deleted_interfaces_tags_go_with_it() {
    let mut lab = Lab::new();
    let id = lab
        .interface(&[("TagSpecification.1.ResourceType", "network-interface"), ("TagSpecification.1.Tag.1.Key", "k")]);
    assert_eq!(lab.world.state.tags_of(&id).count(), 1);
    lab.world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", &id)]);
    assert_eq!(lab.world.state.tags_of(&id).count(), 0);
    assert_eq!(lab.refused(&[("TagSpecification.1.ResourceType", "instance")]), "InvalidParameterValue");
}
