//! Launches: what is honoured, what is refused, and where instances come to lie.

use super::{HOUR_MS, Lab, ONE, ids};
use crate::ec2::fixture::{World, text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::ec2::realised::Report;
use crate::ec2::sweep::sweep;
use crate::plan::Planner;
use crate::state::id::{Id, NodeId};
use crate::state::node::Node;

#[test]
fn an_instance_runs_once_its_node_has_made_it() {
    let mut lab = Lab::new();
    let answer = lab.launch(&[]);
    assert_eq!((text(&answer, "code"), text(&answer, "name")), ("0", "pending"));
    let id = text(&answer, "instanceId").to_owned();
    let state = |lab: &mut Lab| lab.state(&id).1;
    lab.world.report = Some(Report { revision: lab.world.state.revision - 1, ..Report::default() });
    assert_eq!(state(&mut lab), "pending");
    lab.world.report = None;
    assert_eq!(lab.state(&id), ("16".to_owned(), "running".to_owned()));
}

#[test]
fn what_cannot_be_made_true_is_refused_by_name() {
    let mut lab = Lab::new();
    for (name, value) in [
        ("AdditionalInfo", "x"),
        ("BlockDeviceMapping.1.DeviceName", "/dev/sda1"),
        ("CapacityReservationSpecification.CapacityReservationPreference", "none"),
        ("CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId", "cr-1"),
        ("CpuOptions.CoreCount", "1"),
        ("CreditSpecification.CpuCredits", "standard"),
        ("EbsOptimized", "true"),
        ("ElasticGpuSpecification.1.Type", "x"),
        ("ElasticInferenceAccelerator.1.Type", "x"),
        ("EnablePrimaryIpv6", "true"),
        ("EnclaveOptions.Enabled", "true"),
        ("HibernationOptions.Configured", "true"),
        ("IamInstanceProfile.Name", "x"),
        ("InstanceMarketOptions.MarketType", "spot"),
        ("KernelId", "aki-1"),
        ("LaunchTemplate.LaunchTemplateName", "x"),
        ("LicenseSpecification.1.LicenseConfigurationArn", "x"),
        ("MaintenanceOptions.AutoRecovery", "default"),
        ("Monitoring.Enabled", "true"),
        ("NetworkPerformanceOptions.BandwidthWeighting", "vpc-1"),
        ("Operator.Principal", "x"),
        ("Placement.Affinity", "host"),
        ("Placement.GroupId", "pg-1"),
        ("Placement.GroupName", "x"),
        ("Placement.HostResourceGroupArn", "x"),
        ("Placement.PartitionNumber", "1"),
        ("Placement.SpreadDomain", "x"),
        ("Placement.Tenancy", "dedicated"),
        ("Placement.Tenancy", "host"),
        ("RamdiskId", "ari-1"),
        ("SecondaryInterface.1.DeviceIndex", "1"),
        ("TagSpecification.1.ResourceType", "spot-instances-request"),
    ] {
        assert_eq!(lab.refused(&[(name, value)]), "UnsupportedOperation", "{name}");
    }
    assert_eq!(lab.refused(&[("KeyName", "mine")]), "InvalidKeyPair.NotFound");
    lab.launch(&[
        ("CapacityReservationSpecification.CapacityReservationPreference", "open"),
        ("CreditSpecification.CpuCredits", "unlimited"),
        ("EbsOptimized", "false"),
        ("HibernationOptions.Configured", "false"),
        ("Monitoring.Enabled", "false"),
        ("Placement.AvailabilityZone", ""),
        ("Placement.Tenancy", "default"),
    ]);
}

#[test]
fn what_is_wrong_is_refused_with_ec2s_code() {
    let mut lab = Lab::new();
    let subnet = lab.subnet.clone();
    let mut check = |parameters: &[(&str, &str)], expect: &str| {
        let given = |name: &str| parameters.iter().any(|it| it.0 == name);
        let mut all: Vec<_> = ONE.into_iter().filter(|it| !given(it.0)).collect();
        all.extend((!given("SubnetId")).then_some(("SubnetId", subnet.as_str())));
        all.extend(parameters);
        assert_eq!(lab.world.code("RunInstances", &all), expect, "{parameters:?}");
    };
    check(&[("ImageId", "")], "MissingParameter");
    check(&[("ImageId", "ami-00000000000000000")], "InvalidAMIID.NotFound");
    check(&[("ImageId", "image")], "InvalidAMIID.Malformed");
    check(&[("InstanceType", "z9.huge")], "InvalidParameterValue");
    check(&[("MinCount", "0")], "InvalidParameterValue");
    check(&[("MaxCount", "1001")], "InvalidParameterValue");
    check(&[("MinCount", "3"), ("MaxCount", "2")], "InvalidParameterCombination");
    check(&[("MinCount", "12"), ("MaxCount", "12")], "InsufficientFreeAddressesInSubnet");
    check(&[("MaxCount", "2"), ("PrivateIpAddress", "10.0.1.5")], "InvalidParameterCombination");
    check(&[("PrivateIpAddress", "10.0.1.1")], "InvalidParameterValue");
    check(&[("SubnetId", "subnet-00000000000000000")], "InvalidSubnetID.NotFound");
    check(&[("SecurityGroupId.1", "sg-00000000000000000")], "InvalidGroup.NotFound");
    check(&[("SecurityGroup.1", "default")], "InvalidParameterCombination");
    check(&[("UserData", "%%%")], "InvalidUserData.Malformed");
    check(&[("Placement.AvailabilityZone", "us-east-1q")], "InvalidParameterValue");
    check(&[("Placement.AvailabilityZone", "us-east-1b")], "InvalidParameterValue");
    check(&[("Placement.AvailabilityZoneId", "use1-az9")], "InvalidParameterValue");
    check(&[("Placement.HostId", "h-00000000000000000")], "InvalidHostID.NotFound");
    check(&[("Placement.HostId", "host")], "InvalidHostID.Malformed");
    check(&[("TagSpecification.1.Tag.1.Key", "k")], "MissingParameter");
    check(&[("SubnetId", "")], "VPCIdNotSpecified");
    check(&[("DryRun", "true")], "DryRunOperation");
}

#[test]
fn user_data_is_kept_without_line_breaks_and_has_at_most_16_kib() {
    use base64::Engine;
    let encode = |len: usize| base64::engine::general_purpose::STANDARD.encode(vec![b'x'; len]);
    let mut lab = Lab::new();
    let id = lab.instance(&[("UserData", "IyEvYmluL3No\nCg==")]);
    assert_eq!(text(text(&lab.attribute(&id, "userData"), "userData"), "value"), "IyEvYmluL3NoCg==");
    let row = lab.world.state.instances.iter().next().expect("it was launched");
    let plan = Planner::new(row.node).plan(&lab.world.state);
    assert_eq!(plan.instances[&id].main.as_deref(), Some(b"#!/bin/sh\n".as_slice()), "the script runs");
    lab.launch(&[("UserData", &encode(16_384))]);
    assert_eq!(lab.refused(&[("UserData", &encode(16_385))]), "InvalidParameterValue");
    let none = lab.instance(&[]);
    assert!(lab.attribute(&none, "userData").contains("<userData></userData>"));
}

#[test]
fn as_many_instances_run_as_fit_between_the_counts() {
    let mut lab = Lab::new();
    let answer = lab.launch(&[]);
    assert_eq!(ids(&answer).len(), 1);
    let subnet = lab.subnet.clone();
    let several = [("ImageId", HOST_IMAGE), ("SubnetId", &subnet), ("MinCount", "2"), ("MaxCount", "100")];
    let answer = lab.world.ok("RunInstances", &several);
    assert_eq!(ids(&answer).len(), 10, "a /28 has eleven addresses, one was taken");
    let indices = texts(&answer, "amiLaunchIndex");
    assert_eq!(indices, (0..10).map(|it| it.to_string()).collect::<Vec<_>>());
    assert_eq!(lab.world.code("RunInstances", &several), "InsufficientFreeAddressesInSubnet");

    let all = lab.world.ok("DescribeInstances", &[]);
    let mut by_reservation: Vec<usize> =
        texts(&all, "instancesSet").into_iter().map(|it| texts(it, "amiLaunchIndex").len()).collect();
    by_reservation.sort_unstable();
    assert_eq!(by_reservation, [1, 10], "instances that were launched together are shown together");
}

#[test]
fn without_a_subnet_the_default_vpc_is_taken() {
    let mut lab = Lab::new();
    lab.world.ok("CreateDefaultVpc", &[]);
    let vpc =
        text(&lab.world.ok("DescribeVpcs", &[("Filter.1.Name", "is-default"), ("Filter.1.Value.1", "true")]), "vpcId")
            .to_owned();
    let answer = lab.world.ok("RunInstances", &ONE);
    assert_eq!((text(&answer, "vpcId"), text(&answer, "availabilityZone")), (vpc.as_str(), "us-east-1a"));
    let zone = [&ONE[..], &[("Placement.AvailabilityZone", "us-east-1c"), ("SecurityGroup.1", "default")]].concat();
    assert_eq!(text(&lab.world.ok("RunInstances", &zone), "availabilityZone"), "us-east-1c");
    let unknown = [&ONE[..], &[("SecurityGroup.1", "nobody")]].concat();
    assert_eq!(lab.world.code("RunInstances", &unknown), "InvalidGroup.NotFound");
}

#[test]
fn a_group_of_another_vpc_is_refused_with_ec2s_words() {
    let mut lab = Lab::new();
    let other = text(&lab.world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    let group = [("VpcId", other.as_str()), ("GroupName", "g"), ("GroupDescription", "d")];
    let group = text(&lab.world.ok("CreateSecurityGroup", &group), "groupId").to_owned();
    let subnet = lab.subnet.clone();
    let run = [&ONE[..], &[("SubnetId", &subnet), ("SecurityGroupId.1", &group)]].concat();
    let error = lab.world.call("RunInstances", &run).expect_err("of another VPC");
    assert_eq!(error.code(), "InvalidParameter");
    assert_eq!(error.to_string(), format!("Security group {group} and subnet {subnet} belong to different networks."));
}

#[test]
fn an_instance_takes_described_interfaces_and_existing_ones() {
    let mut lab = Lab::new();
    let (existing, unattached, subnet) = (lab.interface(), lab.interface(), lab.subnet.clone());
    let run = |lab: &mut Lab, parameters: &[(&str, &str)]| {
        lab.world.call("RunInstances", &[&ONE, parameters].concat()).map_err(|it| it.code())
    };
    let first = [("NetworkInterface.1.DeviceIndex", "0"), ("NetworkInterface.1.SubnetId", subnet.as_str())];
    let second =
        [("NetworkInterface.2.DeviceIndex", "1"), ("NetworkInterface.2.NetworkInterfaceId", existing.as_str())];
    let is_held =
        |it: &String| lab.world.state.indexes.interface_of_address.keys().any(|held| held.1.to_string() == *it);
    let free = (4..15).map(|n| format!("10.0.1.{n}")).find(|it| !is_held(it)).expect("two of eleven are held");
    let more = [
        ("NetworkInterface.1.Description", "front"),
        ("NetworkInterface.1.PrivateIpAddress", free.as_str()),
        ("NetworkInterface.1.SecondaryPrivateIpAddressCount", "1"),
        ("NetworkInterface.1.DeleteOnTermination", "false"),
        ("NetworkInterface.1.AssociatePublicIpAddress", "false"),
        ("NetworkInterface.1.InterfaceType", "interface"),
        ("TagSpecification.1.ResourceType", "network-interface"),
        ("TagSpecification.1.Tag.1.Key", "k"),
    ];
    let answer = run(&mut lab, &[&second[..], &first, &more].concat()).unwrap();
    let set = text(&answer, "networkInterfaceSet");
    assert_eq!(texts(set, "deviceIndex"), ["0", "1"]);
    assert_eq!(texts(set, "deleteOnTermination"), ["false", "false"]);
    assert_eq!(texts(set, "networkInterfaceId")[1], existing);
    assert_eq!(texts(set, "description")[0], "front");
    let new = texts(set, "networkInterfaceId")[0];
    assert_eq!(lab.world.state.tags_of(new).count(), 1);
    assert_eq!(lab.world.state.tags_of(&existing).count(), 0, "only what is made is tagged");

    let mut check = |parameters: &[&[(&str, &str)]], expect: &str| {
        assert_eq!(run(&mut lab, &parameters.concat()).unwrap_err(), expect, "{parameters:?}");
    };
    check(&[&[second[0], ("NetworkInterface.2.NetworkInterfaceId", unattached.as_str())]], "InvalidParameterValue");
    check(&[&first, &second], "InvalidNetworkInterface.InUse");
    check(&[&first[1..]], "InvalidParameterValue");
    check(
        &[&first, &[("NetworkInterface.2.DeviceIndex", "0"), ("NetworkInterface.2.SubnetId", &subnet)]],
        "InvalidParameterValue",
    );
    for (name, value) in [
        ("SubnetId", subnet.as_str()),
        ("SecurityGroupId.1", "sg-1"),
        ("SecurityGroup.1", "default"),
        ("PrivateIpAddress", "10.0.1.6"),
        ("Ipv6AddressCount", "1"),
        ("Ipv6Address.1.Ipv6Address", "2001:db8::1"),
    ] {
        check(&[&first, &[(name, value)]], "InvalidParameterCombination");
    }
    for (name, value) in [
        ("NetworkInterface.1.AssociateCarrierIpAddress", "true"),
        ("NetworkInterface.1.ConnectionTrackingSpecification.UdpTimeout", "30"),
        ("NetworkInterface.1.EnaQueueCount", "2"),
        ("NetworkInterface.1.EnaSrdSpecification.EnaSrdEnabled", "true"),
        ("NetworkInterface.1.InterfaceType", "efa"),
        ("NetworkInterface.1.PrimaryIpv6", "true"),
    ] {
        check(&[&first, &[(name, value)]], "UnsupportedOperation");
    }
    check(&[&first, &[("NetworkInterface.1.NetworkCardIndex", "1")]], "InvalidParameterValue");
    check(&[&first, &[("NetworkInterface.1.NetworkInterfaceId", &existing)]], "InvalidParameterCombination");
    let third = [("NetworkInterface.2.DeviceIndex", "1"), ("NetworkInterface.2.SubnetId", subnet.as_str())];
    let fourth = [("NetworkInterface.3.DeviceIndex", "2"), ("NetworkInterface.3.SubnetId", subnet.as_str())];
    check(&[&first, &third, &fourth], "AttachmentLimitExceeded");
    check(&[&first, &[("NetworkInterface.1.SecondaryPrivateIpAddressCount", "4")]], "PrivateIpAddressLimitExceeded");
    let elsewhere = lab.subnet("10.0.2.0/24", "us-east-1b");
    let far = [("NetworkInterface.2.DeviceIndex", "1"), ("NetworkInterface.2.SubnetId", elsewhere.as_str())];
    assert_eq!(run(&mut lab, &[first, far].concat()).unwrap_err(), "InvalidParameterCombination");
}

/// Adds a node that serves one zone, and answers its id.
fn node(world: &mut World, number: u128, zone: &str) -> String {
    let id = NodeId::from_number(number);
    world.commit(|tx| {
        let created = tx.now();
        tx.put(Node {
            id,
            name: format!("node-{number}"),
            zones: vec![zone.to_owned()],
            egress: Default::default(),
            created,
        });
    });
    id.to_string()
}

#[test]
fn an_instance_runs_on_the_node_of_its_zone_that_has_fewest_or_on_the_one_that_is_named() {
    let mut lab = Lab::new();
    let first = lab.world.state.nodes.iter().next().unwrap().id;
    let beside = node(&mut lab.world, 1, "us-east-1a");
    let far = node(&mut lab.world, 2, "us-east-1b");
    let mut hosts: Vec<String> = (0..4).map(|_| text(&lab.launch(&[]), "hostId").to_owned()).collect();
    assert_ne!(hosts[0], hosts[1]);
    assert_ne!(hosts[2], hosts[3]);
    hosts.sort();
    hosts.dedup();
    assert_eq!(hosts.len(), 2);
    assert!(!hosts.contains(&far));

    let answer = lab.launch(&[("Placement.HostId", &beside)]);
    assert_eq!((text(&answer, "hostId"), text(&answer, "tenancy")), (beside.as_str(), "host"));
    lab.launch(&[("Placement.HostId", &beside), ("Placement.Tenancy", "host")]);
    assert_eq!(lab.refused(&[("Placement.HostId", &far)]), "InvalidParameterCombination");
    assert_eq!(lab.find("host-id", &beside).len(), 4);
    assert_eq!(lab.find("tenancy", "host").len(), 2);

    lab.world.commit(|tx| tx.remove::<Node>(first));
    let empty = lab.subnet("10.0.3.0/24", "us-east-1c");
    let run = [&ONE[..], &[("SubnetId", &empty)]].concat();
    assert_eq!(lab.world.code("RunInstances", &run), "InsufficientInstanceCapacity");
}

#[test]
fn the_answer_to_a_client_token_is_kept_for_a_day() {
    let mut lab = Lab::new();
    let token = [("ClientToken", "t")];
    let id = lab.instance(&token);
    assert_eq!(lab.instance(&token), id);
    assert_eq!(lab.refused(&[token[0], ("UserData", "eA==")]), "IdempotentParameterMismatch");
    lab.world.now.0 += 23 * HOUR_MS;
    lab.world.commit(sweep);
    assert_eq!(lab.instance(&token), id);
    lab.world.now.0 += 2 * HOUR_MS;
    lab.world.commit(sweep);
    assert_ne!(lab.instance(&token), id);
}

#[test]
fn a_host_name_is_made_of_the_address_or_of_the_id() {
    let mut lab = Lab::new();
    let options = [
        ("PrivateDnsNameOptions.HostnameType", "resource-name"),
        ("PrivateDnsNameOptions.EnableResourceNameDnsARecord", "true"),
    ];
    let answer = lab.launch(&options);
    let id = text(&answer, "instanceId");
    assert_eq!(text(&answer, "privateDnsName"), format!("{id}.ec2.internal"));
    assert_eq!(text(&answer, "hostnameType"), "resource-name");
    assert_eq!(text(&answer, "enableResourceNameDnsARecord"), "true");
    let subnet = lab.subnet.clone();
    lab.world
        .ok("ModifySubnetAttribute", &[("SubnetId", &subnet), ("PrivateDnsHostnameTypeOnLaunch", "resource-name")]);
    assert_eq!(text(&lab.launch(&[]), "hostnameType"), "resource-name");
}

#[test]
fn an_instance_shows_the_key_pair_that_it_was_launched_with() {
    let mut lab = Lab::new();
    let pair = lab.world.ok("CreateKeyPair", &[("KeyName", "mine"), ("KeyType", "ed25519")]);
    assert!(!text(&pair, "keyFingerprint").is_empty());
    let id = lab.instance(&[("KeyName", "mine")]);
    lab.world.ok("DeleteKeyPair", &[("KeyName", "mine")]);
    let filter = [("Filter.1.Name", "key-name"), ("Filter.1.Value.1", "mine")];
    let shown = lab.world.ok("DescribeInstances", &filter);
    assert_eq!([text(&shown, "instanceId"), text(&shown, "keyName")], [id.as_str(), "mine"]);
    let row = lab.world.state.instances.iter().next().expect("it was launched");
    assert!(row.key.as_ref().is_some_and(|it| it.public_key.starts_with("ssh-ed25519 ")));
}
