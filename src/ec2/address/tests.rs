//! Public addresses as clients meet them, whether they are Elastic IPs or come and go with an instance.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::ec2::fixture::{World, text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::state::id::VpcId;
use crate::state::internet_gateway::InternetGateway;
use crate::state::settings::Settings;

const ONE: [(&str, &str); 4] =
    [("ImageId", HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "1"), ("InstanceType", "m5.large")];

/// A VPC of 10.0.0.0/16 with host names, an internet gateway, and a subnet of 10.0.1.0/24 in the first zone.
struct Lab {
    world: World,
    vpc: String,
    subnet: String,
}

impl Lab {
    fn new() -> Lab {
        let mut lab = Lab::without_gateway();
        attach_gateway(&mut lab.world, &lab.vpc);
        lab
    }

    fn without_gateway() -> Lab {
        let mut world = World::new();
        let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
        world.ok("ModifyVpcAttribute", &[("VpcId", &vpc), ("EnableDnsHostnames.Value", "true")]);
        let subnet = world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", "10.0.1.0/24")]);
        Lab { world, vpc, subnet: text(&subnet, "subnetId").to_owned() }
    }

    /// Allocates an Elastic IP, and answers its id and the address.
    fn allocate(&mut self) -> (String, String) {
        let answer = self.world.ok("AllocateAddress", &[]);
        (text(&answer, "allocationId").to_owned(), text(&answer, "publicIp").to_owned())
    }

    fn associate(&mut self, parameters: &[(&str, &str)]) -> String {
        text(&self.world.ok("AssociateAddress", parameters), "associationId").to_owned()
    }

    fn interface(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        let parameters = [&[("SubnetId", subnet.as_str())], parameters].concat();
        text(&self.world.ok("CreateNetworkInterface", &parameters), "networkInterfaceId").to_owned()
    }

    /// Launches an instance with these parameters, and answers its id and that of its primary interface.
    fn launch(&mut self, parameters: &[(&str, &str)]) -> (String, String) {
        let answer = self.world.ok("RunInstances", &[&ONE, parameters].concat());
        (text(&answer, "instanceId").to_owned(), text(&answer, "networkInterfaceId").to_owned())
    }

    /// Launches an instance that is asked to have a public address, or not to.
    fn instance(&mut self, public: bool) -> (String, String) {
        let (subnet, public) = (self.subnet.clone(), public.to_string());
        self.launch(&[
            ("NetworkInterface.1.DeviceIndex", "0"),
            ("NetworkInterface.1.SubnetId", &subnet),
            ("NetworkInterface.1.AssociatePublicIpAddress", &public),
        ])
    }

    /// The instance's public address, if it has one.
    fn public_of(&mut self, instance: &str) -> Option<String> {
        let shown = self.world.ok("DescribeInstances", &[("InstanceId.1", instance)]);
        texts(&shown, "ipAddress").first().map(|it| (*it).to_owned())
    }

    fn shown(&mut self, allocation: &str) -> String {
        self.world.ok("DescribeAddresses", &[("AllocationId.1", allocation)])
    }

    fn interface_shown(&mut self, id: &str) -> String {
        self.world.ok("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", id)])
    }

    /// The addresses of Elastic IPs that a filter finds.
    fn find(&mut self, name: &str, value: &str) -> Vec<String> {
        let answer = self.world.ok("DescribeAddresses", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        texts(&answer, "publicIp").into_iter().map(str::to_owned).collect()
    }
}

fn attach_gateway(world: &mut World, vpc: &str) {
    let vpc: VpcId = vpc.parse().expect("an id");
    let (account, region) = world.caller.owner();
    world.commit(|tx| {
        let (id, created) = (tx.mint(), tx.now());
        tx.put(InternetGateway { id, account, region, vpc: Some(vpc), created });
    });
}

fn set_pools(world: &mut World, pools: &[&str]) {
    let public_pools = pools.iter().map(|it| it.parse().expect("a block")).collect();
    world.commit(|tx| tx.put(Settings { public_pools, quotas: false }));
}

#[test]
fn an_elastic_ip_is_allocated_shown_and_released() {
    let mut lab = Lab::new();
    let answer = lab.world.ok(
        "AllocateAddress",
        &[
            ("Domain", "vpc"),
            ("PublicIpv4Pool", "amazon"),
            ("NetworkBorderGroup", "us-east-1"),
            ("TagSpecification.1.ResourceType", "elastic-ip"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", "front"),
        ],
    );
    let id = text(&answer, "allocationId").to_owned();
    let shown = lab.shown(&id);
    for (element, value) in [("domain", "vpc"), ("networkBorderGroup", "us-east-1"), ("publicIpv4Pool", "amazon")] {
        assert_eq!((text(&answer, element), text(&shown, element)), (value, value), "{element}");
    }
    assert_eq!(text(&shown, "publicIp"), text(&answer, "publicIp"));
    assert_eq!((text(&shown, "key"), text(&shown, "value")), ("Name", "front"));
    for absent in ["associationId", "instanceId", "networkInterfaceId", "privateIpAddress"] {
        assert!(!shown.contains(&format!("<{absent}>")), "{absent}: it stands for nothing yet");
    }
    let by_public = lab.world.ok("DescribeAddresses", &[("PublicIp.1", text(&answer, "publicIp"))]);
    assert_eq!(by_public, shown);

    let attribute = [("AllocationId.1", id.as_str()), ("Attribute", "domain-name")];
    assert_eq!(text(&lab.world.ok("DescribeAddressesAttribute", &attribute), "addressSet"), "");
    lab.world.ok("ReleaseAddress", &[("AllocationId", &id), ("NetworkBorderGroup", "us-east-1")]);
    assert_eq!(lab.world.state.tags_of(&id).count(), 0);
    assert_eq!(lab.world.state.addresses.len(), 0);
    for (action, parameter) in [
        ("DescribeAddresses", "AllocationId.1"),
        ("DescribeAddressesAttribute", "AllocationId.1"),
        ("ReleaseAddress", "AllocationId"),
    ] {
        assert_eq!(lab.world.code(action, &[(parameter, &id)]), "InvalidAllocationID.NotFound", "{action}");
    }
}

#[test]
fn what_allocation_cannot_make_true_is_refused_by_name() {
    let mut lab = Lab::new();
    for (name, value) in [
        ("CustomerOwnedIpv4Pool", "ipv4pool-coip-1"),
        ("Domain", "standard"),
        ("IpamPoolId", "ipam-pool-1"),
        ("NetworkBorderGroup", "us-east-1-wl1"),
        ("PublicIpv4Pool", "ipv4pool-ec2-1"),
    ] {
        let error = lab.world.call("AllocateAddress", &[(name, value)]).expect_err(name);
        assert_eq!(error.code(), "UnsupportedOperation", "{name}");
        assert_eq!(error.to_string(), format!("The parameter {name} is not supported."));
    }
    let other = [("TagSpecification.1.ResourceType", "vpc"), ("TagSpecification.1.Tag.1.Key", "k")];
    assert_eq!(lab.world.code("AllocateAddress", &other), "InvalidParameterValue");
    assert_eq!(lab.world.code("AllocateAddress", &[("DryRun", "true")]), "DryRunOperation");
}

#[test]
fn an_address_of_a_pool_can_be_asked_for_by_itself() {
    let mut lab = Lab::new();
    let ask = |lab: &mut Lab, address: &str| {
        let answer = lab.world.call("AllocateAddress", &[("Address", address)]);
        answer.map(|it| text(&it, "publicIp").to_owned()).map_err(|it| it.code())
    };
    assert_eq!(ask(&mut lab, "203.0.113.7").as_deref(), Ok("203.0.113.7"));
    assert_eq!(ask(&mut lab, "203.0.113.7").unwrap_err(), "InvalidIPAddress.InUse");
    for outside in ["203.0.113.0", "203.0.113.255", "203.0.112.7"] {
        assert_eq!(ask(&mut lab, outside).unwrap_err(), "InvalidAddress.NotFound", "{outside}");
    }
    assert_eq!(ask(&mut lab, "203.0.113").unwrap_err(), "InvalidAddress.Malformed");
    // As after a release by mistake.
    lab.world.ok("ReleaseAddress", &[("PublicIp", "203.0.113.7")]);
    assert_eq!(ask(&mut lab, "203.0.113.7").as_deref(), Ok("203.0.113.7"));
}

#[test]
fn pools_are_used_up_but_for_their_own_and_their_broadcast_addresses() {
    let mut lab = Lab::new();
    set_pools(&mut lab.world, &["198.51.100.0/29", "203.0.113.8/31", "203.0.113.5/32"]);
    let given: BTreeSet<String> = (0..9).map(|_| lab.allocate().1).collect();
    let mut expected: BTreeSet<String> = (1..=6).map(|it| format!("198.51.100.{it}")).collect();
    expected.extend(["203.0.113.5", "203.0.113.8", "203.0.113.9"].map(str::to_owned));
    assert_eq!(given, expected);
    assert_eq!(lab.world.code("AllocateAddress", &[]), "InsufficientAddressCapacity");
    lab.world.ok("ReleaseAddress", &[("PublicIp", "198.51.100.4")]);
    assert_eq!(lab.allocate().1, "198.51.100.4");

    // What is given out stays so when the pools change.
    set_pools(&mut lab.world, &[]);
    assert_eq!(lab.world.code("AllocateAddress", &[]), "InsufficientAddressCapacity");
    assert_eq!(texts(&lab.world.ok("DescribeAddresses", &[]), "publicIp").len(), 9);
    set_pools(&mut lab.world, &["198.51.100.0/29", "192.0.2.0/30"]);
    assert!(["192.0.2.1", "192.0.2.2"].contains(&lab.allocate().1.as_str()));
}

#[test]
fn the_last_address_of_a_large_pool_is_found_like_the_first() {
    let mut lab = Lab::new();
    set_pools(&mut lab.world, &["198.18.0.0/16"]);
    let (account, region) = lab.world.caller.owner();
    let free = Ipv4Addr::new(198, 18, 77, 7);
    lab.world.commit(|tx| {
        let first = u32::from(Ipv4Addr::new(198, 18, 0, 1));
        for public in (first..first + 65_534).map(Ipv4Addr::from).filter(|it| *it != free) {
            let (id, region, created) = (tx.mint(), region.clone(), tx.now());
            let (automatic, association) = (false, None);
            tx.put(super::Address { id, account, region, public, automatic, association, created });
        }
    });
    assert_eq!(lab.allocate().1, free.to_string());
    assert_eq!(lab.world.code("AllocateAddress", &[]), "InsufficientAddressCapacity");
}

#[test]
fn a_quota_holds_only_where_it_is_wanted() {
    let mut lab = Lab::new();
    for _ in 0..6 {
        lab.allocate();
    }
    lab.world.commit(|tx| {
        let pools = tx.get::<Settings>(&()).expect("settings").public_pools.clone();
        tx.put(Settings { public_pools: pools, quotas: true });
    });
    assert_eq!(lab.world.code("AllocateAddress", &[]), "AddressLimitExceeded");
    lab.world.become_account(2);
    for _ in 0..5 {
        lab.allocate();
    }
    assert_eq!(lab.world.code("AllocateAddress", &[]), "AddressLimitExceeded");
    lab.world.caller.region = "eu-central-1".to_owned();
    lab.allocate();
}

#[test]
fn an_elastic_ip_stands_for_an_instances_address() {
    let mut lab = Lab::new();
    let ((instance, interface), (id, public)) = (lab.instance(false), lab.allocate());
    assert_eq!(lab.public_of(&instance), None);
    let association = lab.associate(&[("InstanceId", &instance), ("AllocationId", &id)]);
    let shown = lab.shown(&id);
    let account = lab.world.caller.account.to_string();
    let private = text(&lab.interface_shown(&interface), "privateIpAddress").to_owned();
    for (element, value) in [
        ("associationId", association.as_str()),
        ("instanceId", &instance),
        ("networkInterfaceId", &interface),
        ("networkInterfaceOwnerId", &account),
        ("privateIpAddress", &private),
    ] {
        assert_eq!(text(&shown, element), value, "{element}");
    }

    let name = format!("ec2-{}.compute-1.amazonaws.com", public.replace('.', "-"));
    let shown = lab.interface_shown(&interface);
    for (element, value) in [
        ("allocationId", id.as_str()),
        ("associationId", &association),
        ("ipOwnerId", &account),
        ("publicDnsName", &name),
        ("publicIp", &public),
    ] {
        assert_eq!(texts(&shown, element), [value; 2], "{element}, of the interface and of its address");
    }
    let shown = lab.world.ok("DescribeInstances", &[("InstanceId.1", &instance)]);
    assert_eq!((text(&shown, "ipAddress"), text(&shown, "dnsName")), (public.as_str(), name.as_str()));
    assert_eq!(texts(&shown, "publicIp"), [&public; 2]);
    assert_eq!(texts(&shown, "ipOwnerId"), [&account; 2]);
    let without = [("VpcId", lab.vpc.as_str()), ("EnableDnsHostnames.Value", "false")];
    lab.world.ok("ModifyVpcAttribute", &without);
    let shown = lab.world.ok("DescribeInstances", &[("InstanceId.1", &instance)]);
    assert_eq!((text(&shown, "ipAddress"), text(&shown, "dnsName")), (public.as_str(), ""));
    assert_eq!(texts(&shown, "publicDnsName"), [""; 2]);

    assert_eq!(lab.world.code("ReleaseAddress", &[("AllocationId", &id)]), "InvalidIPAddress.InUse");
    lab.world.ok("DisassociateAddress", &[("AssociationId", &association)]);
    assert_eq!(lab.public_of(&instance), None);
    let again = [("AssociationId", association.as_str())];
    assert_eq!(lab.world.code("DisassociateAddress", &again), "InvalidAssociationID.NotFound");
    lab.world.ok("DisassociateAddress", &[("PublicIp", &public)]);
    lab.world.ok("ReleaseAddress", &[("AllocationId", &id)]);
}

#[test]
fn an_elastic_ip_stands_for_one_address_at_a_time_and_an_address_has_one() {
    let mut lab = Lab::new();
    let (one, other) = (lab.interface(&[("PrivateIpAddress", "10.0.1.10")]), lab.interface(&[]));
    lab.world.ok("AssignPrivateIpAddresses", &[("NetworkInterfaceId", &one), ("PrivateIpAddress.1", "10.0.1.11")]);
    let ((first, first_public), (second, second_public)) = (lab.allocate(), lab.allocate());
    let here = [("AllocationId", first.as_str()), ("NetworkInterfaceId", &one), ("PrivateIpAddress", "10.0.1.11")];
    let association = lab.associate(&here);
    assert_eq!(lab.associate(&here), association, "the same once more changes nothing");
    lab.associate(&[("PublicIp", &second_public), ("NetworkInterfaceId", &one)]);
    let shown = lab.interface_shown(&one);
    let of_addresses = text(&shown, "privateIpAddressesSet");
    assert_eq!(texts(of_addresses, "publicIp"), [&second_public, &first_public]);
    assert_eq!(texts(&shown, "publicIp")[0], second_public, "the interface shows its primary address's");

    let there = [("AllocationId", first.as_str()), ("NetworkInterfaceId", &other)];
    let stay = [&there[..], &[("AllowReassociation", "false")]].concat();
    assert_eq!(lab.world.code("AssociateAddress", &stay), "Resource.AlreadyAssociated");
    let moved = lab.associate(&there);
    assert_ne!(moved, association);
    assert_eq!(texts(&lab.interface_shown(&one), "publicIp"), [&second_public; 2]);
    let stale = [("AssociationId", association.as_str())];
    assert_eq!(lab.world.code("DisassociateAddress", &stale), "InvalidAssociationID.NotFound");

    lab.associate(&[("AllocationId", &second), ("NetworkInterfaceId", &other)]);
    assert!(!lab.shown(&first).contains("associationId"), "the other one has its place, and it is free");
    assert_eq!(lab.world.state.addresses.len(), 2);
}

#[test]
fn what_cannot_be_associated_is_refused() {
    let mut lab = Lab::without_gateway();
    let ((instance, interface), (id, public)) = (lab.instance(false), lab.allocate());
    let basis = [("AllocationId", id.as_str()), ("NetworkInterfaceId", &interface)];
    let error = lab.world.call("AssociateAddress", &basis).expect_err("no gateway");
    assert_eq!(error.code(), "Gateway.NotAttached");
    assert_eq!(error.to_string(), format!("Network {} is not attached to any internet gateway", lab.vpc));
    attach_gateway(&mut lab.world, &lab.vpc);

    let mut check = |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(lab.world.code("AssociateAddress", parameters), expect, "{parameters:?}");
    };
    let (allocation, interface) = (basis[0], basis[1]);
    check(&[interface], "MissingParameter");
    check(&[allocation], "MissingParameter");
    check(&[allocation, interface, ("PublicIp", &public)], "InvalidParameterCombination");
    check(&[allocation, interface, ("InstanceId", &instance)], "InvalidParameterCombination");
    check(&[allocation, interface, ("PrivateIpAddress", "10.0.1.250")], "InvalidParameterValue");
    check(&[allocation, interface, ("PrivateIpAddress", "ten")], "InvalidParameterValue");
    check(&[interface, ("AllocationId", "eipalloc-00000000000000000")], "InvalidAllocationID.NotFound");
    check(&[interface, ("AllocationId", "eip")], "InvalidAllocationID.Malformed");
    check(&[interface, ("PublicIp", "203.0.113.254")], "InvalidAddress.NotFound");
    check(&[allocation, ("NetworkInterfaceId", "eni-00000000000000000")], "InvalidNetworkInterfaceID.NotFound");
    check(&[allocation, ("InstanceId", "i-00000000000000000")], "InvalidInstanceID.NotFound");

    let second = lab.interface(&[]);
    lab.world.ok(
        "AttachNetworkInterface",
        &[("NetworkInterfaceId", &second), ("InstanceId", &instance), ("DeviceIndex", "1")],
    );
    let both = [allocation, ("InstanceId", instance.as_str())];
    assert_eq!(lab.world.code("AssociateAddress", &both), "InvalidInstanceID");
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &instance)]);
    assert_eq!(lab.world.code("AssociateAddress", &both), "IncorrectInstanceState");

    let unnamed = [("AssociationId", "eipassoc-1"), ("PublicIp", public.as_str())];
    assert_eq!(lab.world.code("DisassociateAddress", &unnamed), "InvalidParameterCombination");
    assert_eq!(lab.world.code("DisassociateAddress", &[]), "MissingParameter");
    assert_eq!(lab.world.code("DisassociateAddress", &unnamed[..1]), "InvalidAssociationID.Malformed");
    assert_eq!(lab.world.code("ReleaseAddress", &[]), "MissingParameter");
    let elsewhere = [("AllocationId", id.as_str()), ("NetworkBorderGroup", "eu-central-1")];
    assert_eq!(lab.world.code("ReleaseAddress", &elsewhere), "InvalidAddress.NotFound");
    assert_eq!(lab.world.code("DescribeAddresses", &[("PublicIp.1", "203.0.113.254")]), "InvalidAddress.NotFound");
    assert_eq!(lab.world.code("DescribeAddresses", &[("PublicIp.1", "x")]), "InvalidAddress.Malformed");
}

#[test]
fn another_accounts_elastic_ip_does_not_exist() {
    let mut lab = Lab::new();
    let ((_, interface), (id, public)) = (lab.instance(false), lab.allocate());
    let association = lab.associate(&[("AllocationId", &id), ("NetworkInterfaceId", &interface)]);
    let filter = |name: &'static str, value: &str| (name, value.to_owned());
    let found = [filter("allocation-id", &id), filter("public-ip", &public), filter("association-id", &association)];
    for (name, value) in &found {
        assert_eq!(lab.find(name, value), [public.as_str()], "{name}");
    }
    lab.world.become_account(2);
    for (name, value) in &found {
        assert_eq!(lab.find(name, value), [""; 0], "{name}");
    }
    assert_eq!(texts(&lab.world.ok("DescribeAddresses", &[]), "publicIp"), [""; 0]);
    for (action, parameter, value, code) in [
        ("DescribeAddresses", "AllocationId.1", &id, "InvalidAllocationID.NotFound"),
        ("DescribeAddresses", "PublicIp.1", &public, "InvalidAddress.NotFound"),
        ("DescribeAddressesAttribute", "AllocationId.1", &id, "InvalidAllocationID.NotFound"),
        ("DisassociateAddress", "AssociationId", &association, "InvalidAssociationID.NotFound"),
        ("DisassociateAddress", "PublicIp", &public, "InvalidAddress.NotFound"),
        ("ReleaseAddress", "AllocationId", &id, "InvalidAllocationID.NotFound"),
        ("ReleaseAddress", "PublicIp", &public, "InvalidAddress.NotFound"),
        ("AllocateAddress", "Address", &public, "InvalidIPAddress.InUse"),
    ] {
        assert_eq!(lab.world.code(action, &[(parameter, value.as_str())]), code, "{action} by {parameter}");
    }
}

#[test]
fn elastic_ips_are_found_by_what_they_are() {
    let mut lab = Lab::new();
    lab.world.assert_filters("DescribeAddresses");
    let ((instance, interface), (id, public), (other, _)) = (lab.instance(false), lab.allocate(), lab.allocate());
    let association = lab.associate(&[("AllocationId", &id), ("InstanceId", &instance)]);
    let private = text(&lab.shown(&id), "privateIpAddress").to_owned();
    let account = lab.world.caller.account.to_string();
    let wild = format!("{}*", &id[..14]);
    for (name, value) in [
        ("allocation-id", id.as_str()),
        ("allocation-id", &wild),
        ("association-id", &association),
        ("instance-id", &instance),
        ("network-interface-id", &interface),
        ("network-interface-owner-id", &account),
        ("private-ip-address", &private),
        ("public-ip", &public),
    ] {
        assert_eq!(lab.find(name, value), [public.as_str()], "{name}");
    }
    assert_eq!(lab.find("network-border-group", "us-east-1").len(), 2);
    for name in ["allocation-id", "association-id", "public-ip", "instance-id"] {
        assert_eq!(lab.find(name, "nonsense"), [""; 0], "{name}");
    }
    let both = [("AllocationId.1", other.as_str()), ("AllocationId.2", id.as_str()), ("PublicIp.1", public.as_str())];
    assert_eq!(texts(&lab.world.ok("DescribeAddresses", &both), "allocationId").len(), 2, "each is listed once");
    let one = [both[0], ("Filter.1.Name", "public-ip"), ("Filter.1.Value.1", public.as_str())];
    assert_eq!(texts(&lab.world.ok("DescribeAddresses", &one), "publicIp"), [""; 0]);
    // An instance that is gone leaves no trace.
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &instance)]);
    assert_eq!(lab.find("instance-id", "*"), [""; 0]);
    assert_eq!(lab.find("association-id", "*"), [""; 0]);
}

#[test]
fn an_instance_has_a_public_address_for_as_long_as_it_runs() {
    let mut lab = Lab::without_gateway();
    let (id, interface) = lab.instance(true);
    let first = lab.public_of(&id).expect("a public address, with or without a gateway");
    let shown = lab.interface_shown(&interface);
    assert_eq!(texts(&shown, "ipOwnerId"), ["amazon"; 2]);
    assert_eq!(texts(&shown, "publicIp"), [&first; 2]);
    let name = format!("ec2-{}.compute-1.amazonaws.com", first.replace('.', "-"));
    assert_eq!(text(&shown, "publicDnsName"), name);
    for absent in ["allocationId", "associationId"] {
        assert!(!shown.contains(&format!("<{absent}>")), "{absent}: it is no Elastic IP");
    }
    assert_eq!(texts(&lab.world.ok("DescribeAddresses", &[]), "publicIp"), [""; 0]);
    let row = lab.world.state.addresses.iter().next().expect("a row").id.to_string();
    assert_eq!(lab.world.code("ReleaseAddress", &[("AllocationId", &row)]), "InvalidAllocationID.NotFound");
    assert_eq!(lab.world.code("DisassociateAddress", &[("PublicIp", &first)]), "InvalidAddress.NotFound");
    assert_eq!(lab.find("public-ip", &first), [""; 0]);

    let instance = [("InstanceId.1", id.as_str())];
    lab.world.ok("StopInstances", &instance);
    assert_eq!(lab.public_of(&id), None);
    assert_eq!(lab.world.state.addresses.len(), 0);
    lab.world.ok("StartInstances", &instance);
    let second = lab.public_of(&id).expect("another public address");
    assert_ne!(second, first);
    lab.world.ok("StartInstances", &instance);
    assert_eq!(lab.public_of(&id).as_ref(), Some(&second), "it was running");
    lab.world.ok("TerminateInstances", &instance);
    assert_eq!(lab.world.state.addresses.len(), 0);
    assert_eq!(lab.public_of(&id), None);
}

#[test]
fn an_elastic_ip_takes_the_place_of_an_instances_public_address() {
    let mut lab = Lab::new();
    let ((id, _), (allocation, elastic)) = (lab.instance(true), lab.allocate());
    let instance = [("InstanceId.1", id.as_str())];
    let given = lab.public_of(&id).expect("a public address");
    let association = lab.associate(&[("AllocationId", &allocation), ("InstanceId", &id)]);
    assert_eq!(lab.public_of(&id).as_ref(), Some(&elastic));
    assert_eq!(lab.world.state.addresses.len(), 1, "{given} is free again");
    lab.world.ok("StopInstances", &instance);
    assert_eq!(lab.public_of(&id).as_ref(), Some(&elastic), "an Elastic IP stays");
    lab.world.ok("StartInstances", &instance);
    assert_eq!(lab.public_of(&id).as_ref(), Some(&elastic));
    lab.world.ok("DisassociateAddress", &[("AssociationId", &association)]);
    let renewed = lab.public_of(&id).expect("a new public address");
    assert_ne!(renewed, elastic);

    // It goes to another instance, and this one is given a public address again.
    let (other, _) = lab.instance(true);
    lab.associate(&[("AllocationId", &allocation), ("InstanceId", &id)]);
    lab.associate(&[("AllocationId", &allocation), ("InstanceId", &other)]);
    assert_eq!(lab.public_of(&other).as_ref(), Some(&elastic));
    assert!(lab.public_of(&id).is_some_and(|it| it != elastic));
    assert_eq!(lab.world.state.addresses.len(), 2);

    lab.world.ok("StopInstances", &instance);
    let association = lab.associate(&[("AllocationId", &allocation), ("InstanceId", &id)]);
    lab.world.ok("DisassociateAddress", &[("AssociationId", &association)]);
    assert_eq!(lab.public_of(&id), None, "a stopped instance is given none");
}

#[test]
fn an_instance_goes_without_where_ec2_gives_none_again() {
    let mut lab = Lab::new();
    let instance = |id: &str| [("InstanceId.1", id.to_owned())];
    let restart = |lab: &mut Lab, id: &str| {
        for action in ["StopInstances", "StartInstances"] {
            lab.world.ok(action, &instance(id).each_ref().map(|(name, id)| (*name, id.as_str())));
        }
    };
    let (several, _) = lab.instance(true);
    let second = lab.interface(&[]);
    let attach = [("NetworkInterfaceId", second.as_str()), ("InstanceId", &several), ("DeviceIndex", "1")];
    lab.world.ok("AttachNetworkInterface", &attach);
    assert!(lab.public_of(&several).is_some(), "it keeps what it has");
    restart(&mut lab, &several);
    assert_eq!(lab.public_of(&several), None, "it has two interfaces");

    let (secondary, interface) = lab.instance(true);
    lab.world
        .ok("AssignPrivateIpAddresses", &[("NetworkInterfaceId", &interface), ("PrivateIpAddress.1", "10.0.1.11")]);
    let (allocation, _) = lab.allocate();
    let behind = [("NetworkInterfaceId", interface.as_str()), ("PrivateIpAddress", "10.0.1.11")];
    lab.associate(&[&behind[..], &[("AllocationId", &allocation)]].concat());
    assert!(lab.public_of(&secondary).is_some(), "the Elastic IP stands for the other address");
    restart(&mut lab, &secondary);
    assert_eq!(lab.public_of(&secondary), None, "an Elastic IP leads to it");

    let (full, _) = lab.instance(true);
    lab.world.ok("StopInstances", &[("InstanceId.1", &full)]);
    set_pools(&mut lab.world, &[]);
    assert_eq!(lab.world.code("StartInstances", &[("InstanceId.1", &full)]), "InsufficientAddressCapacity");
}

#[test]
fn a_launch_gives_a_public_address_where_the_call_or_the_subnet_says_so() {
    let mut lab = Lab::new();
    let subnet = lab.subnet.clone();
    let plain = [("SubnetId", subnet.as_str())];
    let described = [("NetworkInterface.1.DeviceIndex", "0"), ("NetworkInterface.1.SubnetId", subnet.as_str())];
    let second = [("NetworkInterface.2.DeviceIndex", "1"), ("NetworkInterface.2.SubnetId", subnet.as_str())];
    let ask = |value: &'static str| ("NetworkInterface.1.AssociatePublicIpAddress", value);
    let mut has = |parameters: &[(&str, &str)]| {
        let (id, _) = lab.launch(parameters);
        lab.public_of(&id).is_some()
    };
    assert!(!has(&plain));
    assert!(!has(&described));
    assert!(has(&[&described[..], &[ask("true")]].concat()));
    lab.world.ok("ModifySubnetAttribute", &[("SubnetId", &subnet), ("MapPublicIpOnLaunch.Value", "true")]);
    let mut has = |parameters: &[(&str, &str)]| {
        let (id, _) = lab.launch(parameters);
        lab.public_of(&id).is_some()
    };
    assert!(has(&plain));
    assert!(has(&described));
    assert!(!has(&[&described[..], &[ask("false")]].concat()));
    assert!(!has(&[&described[..], &second].concat()), "EC2 gives none to an instance with several interfaces");

    let mut refused = |parameters: &[&[(&str, &str)]], expect: &str| {
        let parameters = [&[&ONE[..]], parameters].concat().concat();
        assert_eq!(lab.world.code("RunInstances", &parameters), expect, "{parameters:?}");
    };
    refused(&[&described, &second, &[ask("true")]], "InvalidParameterCombination");
    refused(&[&[("NetworkInterface.1.DeviceIndex", "1"), described[1], ask("true")]], "InvalidParameterCombination");
    let existing = lab.interface(&[]);
    let taken = [described[0], ("NetworkInterface.1.NetworkInterfaceId", existing.as_str())];
    let mut refused = |parameters: &[&[(&str, &str)]], expect: &str| {
        let parameters = [&[&ONE[..]], parameters].concat().concat();
        assert_eq!(lab.world.code("RunInstances", &parameters), expect, "{parameters:?}");
    };
    refused(&[&taken, &[ask("true")]], "InvalidParameterCombination");
    set_pools(&mut lab.world, &["203.0.113.0/32"]);
    let two = [("ImageId", HOST_IMAGE), ("MinCount", "2"), ("MaxCount", "2"), plain[0]];
    assert_eq!(lab.world.code("RunInstances", &two), "InsufficientAddressCapacity");
    let (id, _) = lab.launch(&taken);
    assert_eq!(lab.public_of(&id), None, "the subnet speaks of new interfaces");
}

#[test]
fn the_default_vpcs_instances_have_public_addresses_and_names() {
    let mut world = World::new();
    world.caller.region = "eu-central-1".to_owned();
    world.ok("CreateDefaultVpc", &[]);
    let answer = world.ok("RunInstances", &ONE);
    let public = text(&answer, "publicIp").replace('.', "-");
    assert_eq!(text(&answer, "publicDnsName"), format!("ec2-{public}.eu-central-1.compute.amazonaws.com"));
}

#[test]
fn an_interfaces_attribute_gives_a_running_instance_its_public_address_and_takes_it() {
    let mut lab = Lab::new();
    let (id, interface) = lab.instance(false);
    let modify = |lab: &mut Lab, interface: &str, value: &str| {
        let parameters = [("NetworkInterfaceId", interface), ("AssociatePublicIpAddress", value)];
        lab.world.ok("ModifyNetworkInterfaceAttribute", &parameters);
    };
    modify(&mut lab, &interface, "true");
    let given = lab.public_of(&id);
    assert!(given.is_some());
    modify(&mut lab, &interface, "true");
    assert_eq!(lab.public_of(&id), given, "it has one");
    modify(&mut lab, &interface, "false");
    assert_eq!(lab.public_of(&id), None);
    lab.world.ok("StopInstances", &[("InstanceId.1", &id)]);
    modify(&mut lab, &interface, "true");
    assert_eq!(lab.public_of(&id), None, "it does not run");
    lab.world.ok("StartInstances", &[("InstanceId.1", &id)]);
    assert!(lab.public_of(&id).is_some());

    let loose = lab.interface(&[]);
    modify(&mut lab, &loose, "true");
    assert!(!lab.interface_shown(&loose).contains("association"), "it is in no instance");
    let taken = [("NetworkInterface.1.DeviceIndex", "0"), ("NetworkInterface.1.NetworkInterfaceId", loose.as_str())];
    let (id, _) = lab.launch(&taken);
    assert!(lab.public_of(&id).is_some());
}

#[test]
fn elastic_ips_go_their_way_when_their_private_address_does() {
    let mut lab = Lab::new();
    let (giver, receiver) = (lab.interface(&[]), lab.interface(&[]));
    let secondary = ("PrivateIpAddress.1", "10.0.1.11");
    lab.world.ok("AssignPrivateIpAddresses", &[("NetworkInterfaceId", &giver), secondary]);
    let (id, public) = lab.allocate();
    let at = [("NetworkInterfaceId", giver.as_str()), ("PrivateIpAddress", "10.0.1.11")];
    let association = lab.associate(&[&at[..], &[("AllocationId", &id)]].concat());

    // The reference of AssignPrivateIpAddresses: it is also moved.
    let there = [("NetworkInterfaceId", receiver.as_str()), secondary, ("AllowReassignment", "true")];
    lab.world.ok("AssignPrivateIpAddresses", &there);
    let shown = lab.shown(&id);
    assert_eq!((text(&shown, "networkInterfaceId"), text(&shown, "associationId")), (receiver.as_str(), &*association));
    assert_eq!(text(text(&lab.interface_shown(&receiver), "privateIpAddressesSet"), "publicIp"), public);
    assert!(!lab.interface_shown(&giver).contains("publicIp"));

    lab.world.ok("UnassignPrivateIpAddresses", &[("NetworkInterfaceId", &receiver), secondary]);
    assert!(!lab.shown(&id).contains("associationId"));
    lab.associate(&[("AllocationId", &id), ("NetworkInterfaceId", &receiver)]);
    lab.world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", &receiver)]);
    assert!(!lab.shown(&id).contains("associationId"));

    // An interface that an instance leaves behind keeps its Elastic IP, but not what the instance was given.
    let (instance, interface) = lab.instance(true);
    let attachment = text(&lab.interface_shown(&interface), "attachmentId").to_owned();
    let keep = [
        ("NetworkInterfaceId", interface.as_str()),
        ("Attachment.AttachmentId", &attachment),
        ("Attachment.DeleteOnTermination", "false"),
    ];
    lab.world.ok("ModifyNetworkInterfaceAttribute", &keep);
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &instance)]);
    assert!(!lab.interface_shown(&interface).contains("publicIp"));
    let taken =
        [("NetworkInterface.1.DeviceIndex", "0"), ("NetworkInterface.1.NetworkInterfaceId", interface.as_str())];
    let (instance, _) = lab.launch(&taken);
    lab.associate(&[("AllocationId", &id), ("InstanceId", &instance)]);
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &instance)]);
    assert_eq!(text(&lab.shown(&id), "networkInterfaceId"), interface);
}

#[test]
fn interfaces_and_instances_are_found_by_their_public_addresses() {
    let mut lab = Lab::new();
    let ((first, one), (second, other)) = (lab.instance(true), lab.instance(false));
    lab.world.ok("AssignPrivateIpAddresses", &[("NetworkInterfaceId", &other), ("PrivateIpAddress.1", "10.0.1.11")]);
    let (id, elastic) = lab.allocate();
    let at = [("NetworkInterfaceId", other.as_str()), ("PrivateIpAddress", "10.0.1.11")];
    let association = lab.associate(&[&at[..], &[("AllocationId", &id)]].concat());
    let given = lab.public_of(&first).expect("a public address");
    let name = format!("ec2-{}.compute-1.amazonaws.com", given.replace('.', "-"));
    let wild = format!("{}*", &given[..given.len() - 1]);
    let account = lab.world.caller.account.to_string();

    let mut found = |action: &str, element: &str, name: &str, value: &str| {
        let answer = lab.world.ok(action, &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        texts(&answer, element).first().map(|it| (*it).to_owned())
    };
    for (filter, value, expect) in [
        ("association.public-ip", given.as_str(), Some(&one)),
        ("association.public-ip", &elastic, None),
        ("association.public-dns-name", &name, Some(&one)),
        ("association.ip-owner-id", "amazon", Some(&one)),
        ("association.ip-owner-id", &account, None),
        ("association.allocation-id", &id, None),
        ("addresses.association.public-ip", &elastic, Some(&other)),
        ("addresses.association.owner-id", &account, Some(&other)),
    ] {
        let interface = found("DescribeNetworkInterfaces", "networkInterfaceId", filter, value);
        assert_eq!(interface.as_ref(), expect, "{filter} {value}");
        if filter == "addresses.association.owner-id" {
            continue;
        }
        let filter = format!("network-interface.{filter}");
        let instance = found("DescribeInstances", "instanceId", &filter, value);
        let expect = expect.map(|it| if *it == one { &first } else { &second });
        assert_eq!(instance.as_ref(), expect, "{filter} {value}");
    }
    for (filter, value, expect) in [
        ("ip-address", given.as_str(), Some(&first)),
        ("ip-address", &wild, Some(&first)),
        ("ip-address", &elastic, None),
        ("dns-name", &name, Some(&first)),
        ("dns-name", "", None),
        ("network-interface.addresses.association.association-id", &association, Some(&second)),
        ("network-interface.addresses.association.allocation-id", &id, Some(&second)),
        ("network-interface.association.carrier-ip", "*", None),
    ] {
        assert_eq!(found("DescribeInstances", "instanceId", filter, value).as_ref(), expect, "{filter} {value}");
    }
}
