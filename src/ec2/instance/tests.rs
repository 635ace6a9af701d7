use crate::ec2::fixture::{World, text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::ec2::realised::Report;
use crate::ec2::sweep::sweep;
use crate::state::Moment;
use crate::state::id::{Id, NodeId};
use crate::state::node::Node;
use crate::wire::shapes::documented_filters;

const ONE: [(&str, &str); 3] = [("ImageId", HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "1")];
const HOUR_MS: i64 = 3_600_000;

/// A VPC of 10.0.0.0/16 with a subnet of 10.0.1.0/28 in the first zone.
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

    fn interface(&mut self) -> String {
        let answer = self.world.ok("CreateNetworkInterface", &[("SubnetId", &self.subnet)]);
        text(&answer, "networkInterfaceId").to_owned()
    }

    /// Launches one instance in the subnet and answers the document.
    fn launch(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.ok("RunInstances", &[&ONE, &[("SubnetId", subnet.as_str())][..], parameters].concat())
    }

    /// Launches one instance in the subnet and answers its id.
    fn instance(&mut self, parameters: &[(&str, &str)]) -> String {
        text(&self.launch(parameters), "instanceId").to_owned()
    }

    /// The code with which one instance in the subnet is refused.
    fn refused(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.code("RunInstances", &[&ONE, &[("SubnetId", subnet.as_str())][..], parameters].concat())
    }

    fn describe(&mut self, id: &str) -> String {
        self.world.ok("DescribeInstances", &[("InstanceId.1", id)])
    }

    /// The instance's state, by code and name.
    fn state(&mut self, id: &str) -> (String, String) {
        let shown = self.describe(id);
        let state = text(&shown, "instanceState");
        (text(state, "code").to_owned(), text(state, "name").to_owned())
    }

    /// The ids of the instances that a filter finds.
    fn find(&mut self, name: &str, value: &str) -> Vec<String> {
        let answer = self.world.ok("DescribeInstances", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        ids(&answer)
    }

    fn attribute(&mut self, id: &str, name: &str) -> String {
        self.world.ok("DescribeInstanceAttribute", &[("InstanceId", id), ("Attribute", name)])
    }

    fn modify(&mut self, id: &str, parameters: &[(&str, &str)]) -> Result<(), String> {
        let parameters = [&[("InstanceId", id)], parameters].concat();
        self.world.call("ModifyInstanceAttribute", &parameters).map(|_| ()).map_err(|it| it.code())
    }
}

/// The ids of the instances in a document of DescribeInstances, in order.
fn ids(answer: &str) -> Vec<String> {
    let items = texts(answer, "instancesSet").into_iter().flat_map(|it| texts(it, "instanceId"));
    items.map(str::to_owned).collect()
}

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
fn an_instance_shows_all_that_clients_read() {
    let mut lab = Lab::new();
    let id = lab.instance(&[("PrivateIpAddress", "10.0.1.5"), ("InstanceType", "t3.small"), ("ClientToken", "once")]);
    let shown = lab.describe(&id);
    for (element, value) in [
        ("imageId", HOST_IMAGE),
        ("instanceType", "t3.small"),
        ("subnetId", lab.subnet.as_str()),
        ("vpcId", &lab.vpc),
        ("privateIpAddress", "10.0.1.5"),
        ("privateDnsName", "ip-10-0-1-5.ec2.internal"),
        ("availabilityZone", "us-east-1a"),
        ("tenancy", "default"),
        ("groupName", ""),
        ("sourceDestCheck", "true"),
        ("ebsOptimized", "false"),
        ("rootDeviceType", "instance-store"),
        ("httpEndpoint", "disabled"),
        ("hostnameType", "ip-name"),
        ("capacityReservationPreference", "open"),
        ("clientToken", "once"),
        ("amiLaunchIndex", "0"),
        ("reason", ""),
        ("dnsName", ""),
    ] {
        assert!(texts(&shown, element).contains(&value), "{element}: {shown}");
    }
    assert_eq!(text(text(&shown, "monitoring"), "state"), "disabled");
    assert_eq!(text(text(&shown, "metadataOptions"), "state"), "applied");
    assert_eq!(text(text(&shown, "groupSet"), "groupName"), "default");
    let interface = text(&shown, "networkInterfaceSet");
    let attachment = text(interface, "attachment");
    assert_eq!((text(attachment, "deviceIndex"), text(attachment, "networkCardIndex")), ("0", "0"));
    assert_eq!((text(attachment, "deleteOnTermination"), text(attachment, "status")), ("true", "attached"));
    assert_eq!(text(text(interface, "privateIpAddressesSet"), "privateIpAddress"), "10.0.1.5");
    for absent in ["association", "ipAddress", "publicIp", "keyName"] {
        assert!(!shown.contains(&format!("<{absent}>")), "{absent}: there are no public addresses and no keys");
    }
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
        ("CreditSpecification.CpuCredits", "unlimited"),
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
        ("MetadataOptions.HttpEndpoint", "enabled"),
        ("MetadataOptions.HttpTokens", "required"),
        ("MetadataOptions.HttpPutResponseHopLimit", "2"),
        ("MetadataOptions.HttpProtocolIpv6", "enabled"),
        ("MetadataOptions.InstanceMetadataTags", "enabled"),
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
        ("TagSpecification.1.ResourceType", "volume"),
    ] {
        assert_eq!(lab.refused(&[(name, value)]), "UnsupportedOperation", "{name}");
    }
    assert_eq!(lab.refused(&[("KeyName", "mine")]), "InvalidKeyPair.NotFound");
    lab.launch(&[
        ("CapacityReservationSpecification.CapacityReservationPreference", "open"),
        ("CreditSpecification.CpuCredits", "standard"),
        ("EbsOptimized", "false"),
        ("HibernationOptions.Configured", "false"),
        ("MetadataOptions.HttpEndpoint", "disabled"),
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
fn user_data_is_kept_as_it_came_and_has_at_most_16_kib() {
    use base64::Engine;
    let encode = |len: usize| base64::engine::general_purpose::STANDARD.encode(vec![b'x'; len]);
    let mut lab = Lab::new();
    let id = lab.instance(&[("UserData", "IyEvYmluL3No\nCg==")]);
    assert_eq!(text(text(&lab.attribute(&id, "userData"), "userData"), "value"), "IyEvYmluL3No\nCg==");
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
    let vpc = text(&lab.world.ok("DescribeVpcs", &[("Filter.1.Name", "is-default"), ("Filter.1.Value.1", "true")]), "vpcId")
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
    let (existing, subnet) = (lab.interface(), lab.subnet.clone());
    let run = |lab: &mut Lab, parameters: &[(&str, &str)]| {
        lab.world.call("RunInstances", &[&ONE, parameters].concat()).map_err(|it| it.code())
    };
    let first = [("NetworkInterface.1.DeviceIndex", "0"), ("NetworkInterface.1.SubnetId", subnet.as_str())];
    let second = [("NetworkInterface.2.DeviceIndex", "1"), ("NetworkInterface.2.NetworkInterfaceId", existing.as_str())];
    let more = [
        ("NetworkInterface.1.Description", "front"),
        ("NetworkInterface.1.PrivateIpAddress", "10.0.1.5"),
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
    check(&[&second[..1], &first[..0]], "InvalidParameterValue");
    check(&[&first, &second], "InvalidNetworkInterface.InUse");
    check(&[&first[1..]], "InvalidParameterValue");
    check(&[&first, &[("NetworkInterface.2.DeviceIndex", "0"), ("NetworkInterface.2.SubnetId", &subnet)]], "InvalidParameterValue");
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
        ("NetworkInterface.1.AssociatePublicIpAddress", "true"),
        ("NetworkInterface.1.ConnectionTrackingSpecification.UdpTimeout", "30"),
        ("NetworkInterface.1.EnaQueueCount", "2"),
        ("NetworkInterface.1.EnaSrdSpecification.EnaSrdEnabled", "true"),
        ("NetworkInterface.1.InterfaceType", "efa"),
        ("NetworkInterface.1.Ipv4PrefixCount", "1"),
        ("NetworkInterface.1.Ipv4Prefix.1.Ipv4Prefix", "10.0.1.0/28"),
        ("NetworkInterface.1.Ipv6PrefixCount", "1"),
        ("NetworkInterface.1.Ipv6Prefix.1.Ipv6Prefix", "2001:db8::/80"),
        ("NetworkInterface.1.PrimaryIpv6", "true"),
    ] {
        check(&[&first, &[(name, value)]], "UnsupportedOperation");
    }
    check(&[&first, &[("NetworkInterface.1.NetworkCardIndex", "1")]], "InvalidParameterValue");
    check(&[&first, &[("NetworkInterface.1.NetworkInterfaceId", &existing)]], "InvalidParameterCombination");
    let third = [("NetworkInterface.2.DeviceIndex", "1"), ("NetworkInterface.2.SubnetId", subnet.as_str())];
    let fourth = [("NetworkInterface.3.DeviceIndex", "2"), ("NetworkInterface.3.SubnetId", subnet.as_str())];
    check(&[&first, &third, &fourth], "AttachmentLimitExceeded");
    check(&[&first, &[("NetworkInterface.1.SecondaryPrivateIpAddressCount", "2")]], "PrivateIpAddressLimitExceeded");
    let elsewhere = lab.subnet("10.0.2.0/24", "us-east-1b");
    let far = [("NetworkInterface.2.DeviceIndex", "1"), ("NetworkInterface.2.SubnetId", elsewhere.as_str())];
    assert_eq!(run(&mut lab, &[first, far].concat()).unwrap_err(), "InvalidParameterCombination");
}

/// Adds a node that serves one zone, and answers its id.
fn node(world: &mut World, number: u128, zone: &str) -> String {
    let id = NodeId::from_number(number);
    world.commit(|tx| {
        let created = tx.now();
        tx.put(Node { id, name: format!("node-{number}"), zones: vec![zone.to_owned()], created });
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
fn an_instance_is_stopped_started_and_ended() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let change = |lab: &mut Lab, action: &str| {
        let answer = lab.world.ok(action, &[("InstanceId.1", &id)]);
        let name = |element| text(text(&answer, element), "name").to_owned();
        format!("{} > {}", name("previousState"), name("currentState"))
    };
    assert_eq!(change(&mut lab, "StartInstances"), "running > running");
    assert_eq!(change(&mut lab, "StopInstances"), "running > stopping");
    let behind = Report { revision: lab.world.state.revision - 1, ..Report::default() };
    lab.world.report = Some(behind);
    assert_eq!(lab.state(&id).1, "stopping");
    lab.world.report = None;
    assert_eq!(lab.state(&id), ("80".to_owned(), "stopped".to_owned()));
    let shown = lab.describe(&id);
    assert!(text(&shown, "reason").starts_with("User initiated (20"), "{shown}");
    assert!(text(&shown, "reason").ends_with(" GMT)"));
    assert_eq!(text(text(&shown, "stateReason"), "code"), "Client.UserInitiatedShutdown");
    assert_eq!(text(&shown, "deviceIndex"), "0", "a stopped instance keeps its interfaces");
    assert_eq!(change(&mut lab, "StopInstances"), "stopped > stopped");
    assert_eq!(change(&mut lab, "StartInstances"), "stopped > pending");
    assert_eq!(lab.world.state.instances.iter().next().unwrap().launch, 2);
    assert_eq!(text(&lab.describe(&id), "reason"), "");
    assert_eq!(change(&mut lab, "TerminateInstances"), "running > shutting-down");
    assert_eq!(lab.state(&id), ("48".to_owned(), "terminated".to_owned()));
    assert_eq!(change(&mut lab, "TerminateInstances"), "terminated > terminated");
    for action in ["StopInstances", "StartInstances"] {
        assert_eq!(lab.world.code(action, &[("InstanceId.1", &id)]), "IncorrectInstanceState", "{action}");
    }
    let shown = lab.describe(&id);
    for absent in ["vpcId", "subnetId", "privateIpAddress", "hostId"] {
        assert!(!shown.contains(&format!("<{absent}>")), "{absent}");
    }
}

#[test]
fn several_instances_change_together_or_not_at_all() {
    let mut lab = Lab::new();
    let (one, two) = (lab.instance(&[]), lab.instance(&[("DisableApiTermination", "true"), ("DisableApiStop", "true")]));
    let both = [("InstanceId.1", one.as_str()), ("InstanceId.2", &two)];
    let error = lab.world.call("TerminateInstances", &both).expect_err("protected");
    assert_eq!(error.code(), "OperationNotPermitted");
    let words = "may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.";
    assert_eq!(error.to_string(), format!("The instance '{two}' {words}"));
    assert_eq!(lab.world.code("StopInstances", &both), "OperationNotPermitted");
    let unknown = [("InstanceId.1", one.as_str()), ("InstanceId.2", "i-00000000000000000")];
    for action in ["TerminateInstances", "StopInstances", "StartInstances"] {
        assert_eq!(lab.world.code(action, &unknown), "InvalidInstanceID.NotFound", "{action}");
        assert_eq!(lab.world.code(action, &[("InstanceId.1", "one")]), "InvalidInstanceID.Malformed", "{action}");
        assert_eq!(lab.world.code(action, &[]), "MissingParameter", "{action}");
    }
    assert_eq!(lab.state(&one).1, "running");

    lab.modify(&two, &[("DisableApiTermination.Value", "false")]).unwrap();
    assert_eq!(texts(&lab.world.ok("TerminateInstances", &both), "instanceId").len(), 2);
}

#[test]
fn only_plain_stops_starts_and_ends_are_served() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let code = |lab: &mut Lab, action, name, value| lab.world.code(action, &[("InstanceId.1", &id), (name, value)]);
    assert_eq!(code(&mut lab, "StopInstances", "Hibernate", "true"), "UnsupportedOperation");
    assert_eq!(code(&mut lab, "StopInstances", "SkipOsShutdown", "true"), "UnsupportedOperation");
    assert_eq!(code(&mut lab, "TerminateInstances", "SkipOsShutdown", "true"), "UnsupportedOperation");
    assert_eq!(code(&mut lab, "StartInstances", "AdditionalInfo", "x"), "UnsupportedOperation");
    for action in ["StopInstances", "StartInstances", "TerminateInstances"] {
        assert_eq!(code(&mut lab, action, "DryRun", "true"), "DryRunOperation", "{action}");
    }
    lab.world.ok("StopInstances", &[("InstanceId.1", &id), ("Force", "true")]);
}

#[test]
fn an_ended_instances_interfaces_go_or_become_free_and_the_rest_goes_within_two_hours() {
    let mut lab = Lab::new();
    let kept = lab.interface();
    let id = lab.instance(&[
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.2.ResourceType", "network-interface"),
        ("TagSpecification.2.Tag.1.Key", "Name"),
    ]);
    let attach = [("NetworkInterfaceId", kept.as_str()), ("InstanceId", &id), ("DeviceIndex", "1")];
    lab.world.ok("AttachNetworkInterface", &attach);
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &id)]);
    let left = lab.world.ok("DescribeNetworkInterfaces", &[]);
    assert_eq!((texts(&left, "networkInterfaceId"), text(&left, "status")), (vec![kept.as_str()], "available"));
    assert_eq!(lab.world.state.tags.len(), 1, "the instance's own");

    let row = lab.world.state.instances.iter().next().unwrap().clone();
    let after = |lab: &mut Lab, ms: i64| {
        lab.world.now = Moment(row.changed.0 + ms);
        lab.world.commit(sweep);
        (lab.world.state.instances.len(), lab.world.state.tags.len())
    };
    assert_eq!(after(&mut lab, HOUR_MS - 60_000), (1, 1));
    assert_eq!(after(&mut lab, HOUR_MS + 60_000), (0, 0));
    assert!(lab.world.state.network_interfaces.iter().all(|it| it.detached.is_none()));
    assert_eq!(lab.world.code("DescribeInstances", &[("InstanceId.1", &id)]), "InvalidInstanceID.NotFound");
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
fn a_sweep_removes_a_thousand_rows_at_most() {
    let mut lab = Lab::new();
    let subnet = lab.subnet("10.0.16.0/20", "us-east-1a");
    for _ in 0..2 {
        let run = [("ImageId", HOST_IMAGE), ("SubnetId", subnet.as_str()), ("MinCount", "600"), ("MaxCount", "600")];
        let all = ids(&lab.world.ok("RunInstances", &run));
        let names: Vec<String> = (1..=all.len()).map(|it| format!("InstanceId.{it}")).collect();
        let parameters: Vec<_> = names.iter().map(String::as_str).zip(all.iter().map(String::as_str)).collect();
        lab.world.ok("TerminateInstances", &parameters);
    }
    lab.world.now.0 += 2 * HOUR_MS;
    lab.world.commit(sweep);
    assert_eq!(lab.world.state.instances.len(), 200);
    lab.world.commit(sweep);
    assert_eq!(lab.world.state.instances.len(), 0);
}

#[test]
fn what_a_node_cannot_make_is_shown_with_its_reason() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let row = lab.world.state.instances.iter().next().unwrap().clone();
    let failures = [(row.id, "no such user".to_owned())].into_iter().collect();
    lab.world.report = Some(Report { revision: lab.world.state.revision, failures, ..Report::default() });
    let shown = lab.describe(&id);
    assert_eq!(text(text(&shown, "instanceState"), "name"), "pending");
    assert_eq!(text(text(&shown, "stateReason"), "message"), "Server.InternalError: no such user");
    let status = lab.world.ok("DescribeInstanceStatus", &[("InstanceId.1", &id), ("IncludeAllInstances", "true")]);
    assert_eq!(text(text(&status, "systemStatus"), "status"), "impaired");
    assert_eq!(text(text(&status, "details"), "status"), "failed");
}

#[test]
fn a_status_is_shown_of_running_instances_or_of_all() {
    let mut lab = Lab::new();
    let (runs, stopped) = (lab.instance(&[]), lab.instance(&[]));
    lab.world.ok("StopInstances", &[("InstanceId.1", &stopped)]);
    let shown = lab.world.ok("DescribeInstanceStatus", &[]);
    assert_eq!(texts(&shown, "instanceId"), [runs.as_str()]);
    assert_eq!(text(text(&shown, "instanceStatus"), "status"), "ok");
    assert_eq!(text(text(&shown, "details"), "name"), "reachability");
    let all = lab.world.ok("DescribeInstanceStatus", &[("IncludeAllInstances", "true")]);
    assert_eq!(texts(&all, "instanceId").len(), 2);
    assert!(all.contains("not-applicable"));
    lab.world.report = Some(Report::default());
    let pending = [("IncludeAllInstances", "true"), ("Filter.1.Name", "instance-status.status"), ("Filter.1.Value.1", "initializing")];
    assert_eq!(texts(&lab.world.ok("DescribeInstanceStatus", &pending), "instanceId"), [runs.as_str()]);
    lab.world.report = None;
    for name in documented_filters("DescribeInstanceStatus") {
        lab.world.ok("DescribeInstanceStatus", &[("Filter.1.Name", name), ("Filter.1.Value.1", "x")]);
    }
    let unknown = [("Filter.1.Name", "status"), ("Filter.1.Value.1", "ok")];
    assert_eq!(lab.world.code("DescribeInstanceStatus", &unknown), "InvalidParameterValue");
}

#[test]
fn every_documented_filter_is_known_and_no_other() {
    let mut lab = Lab::new();
    lab.instance(&[]);
    for name in documented_filters("DescribeInstances") {
        lab.find(name, "x");
    }
    for unknown in ["state", "network-interface.name"] {
        let filter = [("Filter.1.Name", unknown), ("Filter.1.Value.1", "x")];
        assert_eq!(lab.world.code("DescribeInstances", &filter), "InvalidParameterValue", "{unknown}");
    }
}

#[test]
fn filters_find_what_they_name_and_nothing_else() {
    let mut lab = Lab::new();
    let tag = [
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "web"),
    ];
    let id = lab.instance(&[&tag[..], &[("PrivateIpAddress", "10.0.1.5"), ("InstanceType", "t3.large")]].concat());
    let elsewhere = lab.subnet("10.0.2.0/24", "us-east-1b");
    let other = [&ONE[..], &[("SubnetId", &elsewhere)]].concat();
    let other = text(&lab.world.ok("RunInstances", &other), "instanceId").to_owned();
    lab.world.ok("StopInstances", &[("InstanceId.1", &other)]);
    let shown = lab.describe(&id);
    let (interface, reservation) = (text(&shown, "networkInterfaceId"), text(&shown, "reservationId"));
    let attachment = text(&shown, "attachmentId");
    let (vpc, subnet) = (lab.vpc.clone(), lab.subnet.clone());
    for (name, value) in [
        ("instance-id", id.as_str()),
        ("instance-state-name", "running"),
        ("instance-state-code", "16"),
        ("instance-type", "t3.l*"),
        ("private-ip-address", "10.0.1.5"),
        ("private-dns-name", "ip-10-0-1-5.ec2.internal"),
        ("subnet-id", &subnet),
        ("availability-zone", "us-east-1a"),
        ("reservation-id", reservation),
        ("network-interface.network-interface-id", interface),
        ("network-interface.attachment.attachment-id", attachment),
        ("network-interface.addresses.private-ip-address", "10.0.1.5"),
        ("network-interface.subnet-id", &subnet),
        ("tag:Name", "web"),
        ("tag-key", "Name"),
    ] {
        assert_eq!(lab.find(name, value), [id.clone()], "{name}");
    }
    assert_eq!(lab.find("vpc-id", &vpc).len(), 2);
    assert_eq!(lab.find("state-reason-code", "Client.*"), [other.clone()]);
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &other)]);
    assert_eq!(lab.find("vpc-id", &vpc), [id.clone()], "an ended instance is in no VPC");
    lab.world.become_account(2);
    assert_eq!(lab.find("vpc-id", &vpc), [""; 0]);
    assert_eq!(lab.find("instance-id", &id), [""; 0]);
}

#[test]
fn pages_show_every_instance_once() {
    let mut lab = Lab::new();
    let subnet = lab.subnet.clone();
    let run = [("ImageId", HOST_IMAGE), ("SubnetId", &subnet), ("MinCount", "11"), ("MaxCount", "11")];
    let mut all = ids(&lab.world.ok("RunInstances", &run));
    all.sort();
    let mut seen: Vec<String> = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page = [("MaxResults", "5"), ("NextToken", token.as_deref().unwrap_or(""))];
        let answer = lab.world.ok("DescribeInstances", &page);
        seen.extend(ids(&answer));
        token = texts(&answer, "nextToken").first().map(|it| (*it).to_owned());
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
    let both = [("MaxResults", "5"), ("InstanceId.1", all[0].as_str())];
    assert_eq!(lab.world.code("DescribeInstances", &both), "InvalidParameterCombination");
}

#[test]
fn attributes_are_shown_and_changed_one_at_a_time() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let value = |lab: &mut Lab, name: &str| text(text(&lab.attribute(&id, name), name), "value").to_owned();
    for (name, first, parameter, given, then) in [
        ("disableApiTermination", "false", "DisableApiTermination.Value", "true", "true"),
        ("disableApiStop", "false", "DisableApiStop.Value", "true", "true"),
        ("instanceInitiatedShutdownBehavior", "stop", "InstanceInitiatedShutdownBehavior.Value", "terminate", "terminate"),
        ("sourceDestCheck", "true", "SourceDestCheck.Value", "false", "false"),
        ("ebsOptimized", "false", "EbsOptimized.Value", "false", "false"),
        ("enaSupport", "false", "EnaSupport.Value", "false", "false"),
    ] {
        assert_eq!(value(&mut lab, name), first, "{name}");
        lab.modify(&id, &[(parameter, given)]).unwrap();
        assert_eq!(value(&mut lab, name), then, "{name}");
    }
    for (name, given) in [
        ("disableApiTermination", "false"),
        ("disableApiStop", "False"),
        ("instanceInitiatedShutdownBehavior", "stop"),
        ("sourceDestCheck", "true"),
    ] {
        lab.modify(&id, &[("Attribute", name), ("Value", given)]).unwrap();
        assert_eq!(value(&mut lab, name), given.to_lowercase(), "{name}");
    }
    for name in crate::wire::shapes::INSTANCE_ATTRIBUTE_NAME {
        lab.attribute(&id, name);
    }
    let unknown = [("InstanceId", id.as_str()), ("Attribute", "colour")];
    assert_eq!(lab.world.code("DescribeInstanceAttribute", &unknown), "InvalidParameterValue");

    let mut refused = |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(lab.modify(&id, parameters), Err(expect.to_owned()), "{parameters:?}");
    };
    refused(&[], "InvalidParameterCombination");
    refused(&[("DisableApiStop.Value", "true"), ("SourceDestCheck.Value", "true")], "InvalidParameterCombination");
    refused(&[("Attribute", "disableApiStop")], "MissingParameter");
    refused(&[("Value", "true")], "MissingParameter");
    refused(&[("Attribute", "disableApiStop"), ("Value", "perhaps")], "InvalidParameterValue");
    refused(&[("InstanceInitiatedShutdownBehavior.Value", "explode")], "InvalidParameterValue");
    refused(&[("InstanceType.Value", "z9.huge")], "InvalidParameterValue");
    refused(&[("InstanceType.Value", "t3.large")], "IncorrectInstanceState");
    refused(&[("UserData.Value", "eA==")], "IncorrectInstanceState");
    refused(&[("GroupId.1", "sg-00000000000000000")], "InvalidGroup.NotFound");
    refused(&[("EbsOptimized.Value", "true")], "UnsupportedOperation");
    refused(&[("EnaSupport.Value", "true")], "UnsupportedOperation");
    refused(&[("Kernel.Value", "aki-1")], "UnsupportedOperation");
    refused(&[("Ramdisk.Value", "ari-1")], "UnsupportedOperation");
    refused(&[("SriovNetSupport.Value", "simple")], "UnsupportedOperation");
    refused(&[("BlockDeviceMapping.1.DeviceName", "/dev/sda1")], "UnsupportedOperation");
    refused(&[("Attribute", "kernel"), ("Value", "aki-1")], "UnsupportedOperation");
}

#[test]
fn a_stopped_instance_changes_its_type_and_its_user_data() {
    let mut lab = Lab::new();
    let id = lab.instance(&[("InstanceType", "t3.large")]);
    for index in ["1", "2"] {
        let interface = lab.interface();
        let attach = [("NetworkInterfaceId", interface.as_str()), ("InstanceId", &id), ("DeviceIndex", index)];
        lab.world.ok("AttachNetworkInterface", &attach);
    }
    lab.world.ok("StopInstances", &[("InstanceId.1", &id)]);
    assert_eq!(lab.modify(&id, &[("InstanceType.Value", "t3.micro")]), Err("AttachmentLimitExceeded".to_owned()));
    lab.modify(&id, &[("InstanceType.Value", "t3.medium")]).unwrap();
    lab.modify(&id, &[("UserData.Value", "eA==")]).unwrap();
    assert_eq!(text(text(&lab.attribute(&id, "instanceType"), "instanceType"), "value"), "t3.medium");
    assert_eq!(text(text(&lab.attribute(&id, "userData"), "userData"), "value"), "eA==");
    lab.modify(&id, &[("Attribute", "userData"), ("Value", "eHg=")]).unwrap();
    assert_eq!(text(text(&lab.attribute(&id, "userData"), "userData"), "value"), "eHg=");
    assert_eq!(lab.modify(&id, &[("SourceDestCheck.Value", "false")]), Err("InvalidInstanceID".to_owned()));
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &id)]);
    assert_eq!(lab.modify(&id, &[("DisableApiStop.Value", "true")]), Err("IncorrectInstanceState".to_owned()));
}

#[test]
fn an_instance_changes_the_groups_of_its_one_interface() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let group = [("VpcId", lab.vpc.as_str()), ("GroupName", "web"), ("GroupDescription", "d")];
    let group = text(&lab.world.ok("CreateSecurityGroup", &group), "groupId").to_owned();
    lab.modify(&id, &[("GroupId.1", &group)]).unwrap();
    assert_eq!(text(&lab.attribute(&id, "groupSet"), "groupId"), group);
    assert_eq!(lab.find("instance.group-id", &group), [id.clone()]);
    assert_eq!(lab.find("instance.group-name", "web"), [id]);
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
    lab.world.ok("ModifySubnetAttribute", &[("SubnetId", &subnet), ("PrivateDnsHostnameTypeOnLaunch", "resource-name")]);
    assert_eq!(text(&lab.launch(&[]), "hostnameType"), "resource-name");
}

#[test]
fn another_accounts_instance_does_not_exist() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    lab.world.become_account(2);
    let not_found = "InvalidInstanceID.NotFound";
    for action in
        ["DescribeInstances", "DescribeInstanceStatus", "StopInstances", "StartInstances", "TerminateInstances"]
    {
        assert_eq!(lab.world.code(action, &[("InstanceId.1", &id)]), not_found, "{action}");
    }
    let attribute = [("InstanceId", id.as_str()), ("Attribute", "userData")];
    assert_eq!(lab.world.code("DescribeInstanceAttribute", &attribute), not_found);
    assert_eq!(lab.modify(&id, &[("DisableApiStop.Value", "true")]), Err(not_found.to_owned()));
    assert_eq!(ids(&lab.world.ok("DescribeInstances", &[])), [""; 0]);
}
