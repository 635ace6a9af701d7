//! Reachability Analyzer as clients meet it.

use crate::ec2::fixture::{World, text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::state::settings::Settings;

const TO_ALL: [(&str, &str); 2] =
    [("IpPermissions.1.IpProtocol", "-1"), ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0")];

/// A VPC with two subnets and an instance in each, with the default group.
struct Lab {
    world: World,
    vpc: String,
    group: String,
    /// Instances and their interfaces: 10.0.1.10 and 10.0.2.10.
    ends: [(String, String); 2],
}

impl Lab {
    fn new() -> Lab {
        let mut world = World::new();
        let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
        let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc.as_str())];
        let group = text(&world.ok("DescribeSecurityGroups", &of_vpc), "groupId").to_owned();
        let ends = ["10.0.1", "10.0.2"].map(|net| {
            let block = format!("{net}.0/24");
            let subnet = world.ok("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", &block)]);
            let subnet = text(&subnet, "subnetId").to_owned();
            let address = format!("{net}.10");
            let parameters = [
                ("ImageId", HOST_IMAGE),
                ("MinCount", "1"),
                ("MaxCount", "1"),
                ("SubnetId", subnet.as_str()),
                ("PrivateIpAddress", address.as_str()),
            ];
            let launched = world.ok("RunInstances", &parameters);
            (text(&launched, "instanceId").to_owned(), text(&launched, "networkInterfaceId").to_owned())
        });
        Lab { world, vpc, group, ends }
    }

    /// A path from the first instance to the second one, and what else is said of it.
    fn path(&mut self, parameters: &[(&str, &str)]) -> String {
        let (source, destination) = (self.ends[0].0.clone(), self.ends[1].0.clone());
        let ends = [("Source", source.as_str()), ("Destination", destination.as_str()), ("Protocol", "tcp")];
        let answer = self.world.ok("CreateNetworkInsightsPath", &[&ends, parameters].concat());
        text(&answer, "networkInsightsPathId").to_owned()
    }

    /// Analyses a path, and says what was found: nothing, or the code of the first explanation.
    fn analyse(&mut self, path: &str) -> (bool, String) {
        let answer = self.world.ok("StartNetworkInsightsAnalysis", &[("NetworkInsightsPathId", path)]);
        assert_eq!(text(&answer, "status"), "succeeded");
        let found = text(&answer, "networkPathFound") == "true";
        let codes = texts(&answer, "explanationCode");
        assert_eq!(codes.is_empty(), found, "{answer}");
        (found, codes.last().copied().unwrap_or_default().to_owned())
    }

    /// What comes of a path from one end to another.
    fn between(&mut self, source: &str, destination: &str, parameters: &[(&str, &str)]) -> (bool, String) {
        let ends = [("Source", source), ("Destination", destination), ("Protocol", "tcp")];
        let ends: Vec<_> = ends.into_iter().filter(|it| !it.1.is_empty()).collect();
        let answer = self.world.ok("CreateNetworkInsightsPath", &[&ends[..], parameters].concat());
        let path = text(&answer, "networkInsightsPathId").to_owned();
        self.analyse(&path)
    }

    fn close(&mut self) {
        let group = self.group.clone();
        let parameters = [
            ("GroupId", group.as_str()),
            ("IpPermissions.1.IpProtocol", "-1"),
            ("IpPermissions.1.Groups.1.GroupId", group.as_str()),
        ];
        self.world.ok("RevokeSecurityGroupIngress", &parameters);
    }

    /// Lets TCP in at these ports.
    fn admit(&mut self, from: &str, to: &str, block: &str) {
        let group = self.group.clone();
        let parameters = [
            ("GroupId", group.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", from),
            ("IpPermissions.1.ToPort", to),
            ("IpPermissions.1.IpRanges.1.CidrIp", block),
        ];
        self.world.ok("AuthorizeSecurityGroupIngress", &parameters);
    }

    /// An attached internet gateway, with a route to it from every subnet.
    fn gateway(&mut self) -> String {
        let answer = self.world.ok("CreateInternetGateway", &[]);
        let id = text(&answer, "internetGatewayId").to_owned();
        let vpc = self.vpc.clone();
        self.world.ok("AttachInternetGateway", &[("InternetGatewayId", id.as_str()), ("VpcId", vpc.as_str())]);
        let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc.as_str())];
        let tables = self.world.ok("DescribeRouteTables", &of_vpc);
        let table = text(&tables, "routeTableId");
        let route = [("RouteTableId", table), ("DestinationCidrBlock", "0.0.0.0/0"), ("GatewayId", id.as_str())];
        self.world.ok("CreateRoute", &route);
        id
    }

    /// A public address for the first instance.
    fn public(&mut self) -> String {
        let answer = self.world.ok("AllocateAddress", &[]);
        let (allocation, public) = (text(&answer, "allocationId"), text(&answer, "publicIp").to_owned());
        let interface = self.ends[0].1.clone();
        let parameters = [("AllocationId", allocation), ("NetworkInterfaceId", interface.as_str())];
        self.world.ok("AssociateAddress", &parameters);
        public
    }
}

fn found() -> (bool, String) {
    (true, String::new())
}

fn refused(code: &str) -> (bool, String) {
    (false, code.to_owned())
}

#[test]
fn a_path_is_shown_as_it_was_made() {
    let mut lab = Lab::new();
    let (source, destination) = (lab.ends[0].0.clone(), lab.ends[1].1.clone());
    let arn = format!("arn:aws:ec2:us-east-1:100000000001:network-interface/{destination}");
    let parameters = [
        ("Source", source.as_str()),
        ("Destination", arn.as_str()),
        ("Protocol", "udp"),
        ("SourceIp", "10.0.1.10"),
        ("DestinationIp", "10.0.2.10"),
        ("DestinationPort", "53"),
        ("TagSpecification.1.ResourceType", "network-insights-path"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "names"),
    ];
    let made = lab.world.ok("CreateNetworkInsightsPath", &parameters);
    let id = text(&made, "networkInsightsPathId").to_owned();
    assert!(id.starts_with("nip-"));
    let shown = lab.world.ok("DescribeNetworkInsightsPaths", &[("NetworkInsightsPathId.1", &id)]);
    assert!(shown.contains(text(&made, "networkInsightsPath")), "{shown}");
    for (element, value) in [
        ("networkInsightsPathArn", &*format!("arn:aws:ec2:us-east-1:100000000001:network-insights-path/{id}")),
        ("source", &source),
        ("sourceArn", &format!("arn:aws:ec2:us-east-1:100000000001:instance/{source}")),
        ("destination", &destination),
        ("destinationArn", &arn),
        ("sourceIp", "10.0.1.10"),
        ("destinationIp", "10.0.2.10"),
        ("destinationPort", "53"),
        ("protocol", "udp"),
        ("key", "Name"),
    ] {
        assert_eq!(text(&shown, element), value, "{element}");
    }
    assert!(text(&shown, "createdDate").ends_with('Z'));
    let tags = lab.world.ok("DescribeTags", &[("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", &id)]);
    assert_eq!(text(&tags, "resourceType"), "network-insights-path");
    lab.world.ok("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "a"), ("Tag.1.Value", "b")]);

    lab.world.become_account(2);
    let other = [("NetworkInsightsPathId.1", id.as_str())];
    assert_eq!(lab.world.code("DescribeNetworkInsightsPaths", &other), "InvalidNetworkInsightsPathId.NotFound");
    assert_eq!(text(&lab.world.ok("DescribeNetworkInsightsPaths", &[]), "networkInsightsPathSet"), "");
}

#[test]
fn a_path_that_cannot_be_meant_is_refused() {
    let mut lab = Lab::new();
    let [(instance, interface), _] = lab.ends.clone();
    let mut check = |parameters: &[(&str, &str)], code: &str| {
        let given = [&[("Protocol", "tcp")], parameters].concat();
        assert_eq!(lab.world.code("CreateNetworkInsightsPath", &given), code, "{parameters:?}");
    };
    let (from, to) = (("Source", instance.as_str()), ("Destination", interface.as_str()));
    check(&[from], "MissingParameter");
    check(&[to], "MissingParameter");
    check(&[("Source", "i-00000000000000009"), to], "InvalidInstanceID.NotFound");
    check(&[("Source", "eni-0"), to], "InvalidNetworkInterfaceId.Malformed");
    check(&[from, ("Destination", "igw-00000000000000009")], "InvalidInternetGatewayID.NotFound");
    check(&[from, ("Destination", "tgw-00000000000000009")], "UnsupportedOperation");
    check(&[from, ("Destination", "arn:aws:ec2:us-east-1:100000000002:instance/i-1")], "UnsupportedOperation");
    check(&[from, to, ("DestinationPort", "65536")], "InvalidParameterValue");
    check(&[from, to, ("DestinationIp", "10.0.2")], "InvalidParameterValue");
    check(&[from, to, ("SourceIp", "2001:db8::1")], "InvalidParameterValue");
    check(
        &[from, to, ("FilterAtSource.SourceAddress", "10.0.1.10"), ("SourceIp", "10.0.1.10")],
        "InvalidParameterCombination",
    );
    check(
        &[from, to, ("FilterAtSource.SourceAddress", "10.0.1.10"), ("DestinationPort", "1")],
        "InvalidParameterCombination",
    );
    let at_destination = ("FilterAtDestination.SourceAddress", "10.0.1.10");
    check(&[from, to, at_destination, ("DestinationIp", "10.0.2.10")], "InvalidParameterCombination");
    check(&[from, to, ("FilterAtSource.SourcePortRange.FromPort", "1")], "InvalidParameterValue");
    let backward = [("FilterAtSource.SourcePortRange.FromPort", "2"), ("FilterAtSource.SourcePortRange.ToPort", "1")];
    check(&[&[from, to], &backward[..]].concat(), "InvalidParameterValue");
    check(&[from, to, ("TagSpecification.1.ResourceType", "vpc")], "InvalidParameterValue");
    check(&[from, to, ("DryRun", "true")], "DryRunOperation");
    let wrong = [("Protocol", "icmp"), from, to];
    assert_eq!(lab.world.code("CreateNetworkInsightsPath", &wrong), "InvalidParameterValue");
}

#[test]
fn paths_are_found_by_what_they_are() {
    let mut lab = Lab::new();
    let filters = [
        ("FilterAtSource.SourceAddress", "10.0.1.10"),
        ("FilterAtSource.DestinationPortRange.FromPort", "80"),
        ("FilterAtSource.DestinationPortRange.ToPort", "90"),
        ("FilterAtDestination.DestinationAddress", "10.0.2.10"),
    ];
    let filtered = lab.path(&filters);
    let plain = lab.path(&[("DestinationPort", "443")]);
    let source = lab.ends[0].0.clone();
    let mut by = |name: &str, value: &str| {
        let answer =
            lab.world.ok("DescribeNetworkInsightsPaths", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        texts(&answer, "networkInsightsPathId").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(by("source", &source).len(), 2);
    assert_eq!(by("protocol", "udp").len(), 0);
    assert_eq!(by("filter-at-source.destination-port-range", "80-90"), [filtered.as_str()]);
    assert_eq!(by("filter-at-source.source-address", "10.0.1.*"), [filtered.as_str()]);
    assert_eq!(by("filter-at-destination.destination-address", "10.0.2.10"), [filtered.as_str()]);
    lab.world.assert_filters("DescribeNetworkInsightsPaths");
    let shown = lab.world.ok("DescribeNetworkInsightsPaths", &[("NetworkInsightsPathId.1", &filtered)]);
    assert_eq!(
        text(text(&shown, "filterAtSource"), "destinationPortRange"),
        "<fromPort>80</fromPort><toPort>90</toPort>"
    );
    let page = lab.world.ok("DescribeNetworkInsightsPaths", &[("MaxResults", "1")]);
    let token = text(&page, "nextToken");
    let rest = lab.world.ok("DescribeNetworkInsightsPaths", &[("MaxResults", "1"), ("NextToken", token)]);
    let mut both = [text(&page, "networkInsightsPathId"), text(&rest, "networkInsightsPathId")];
    both.sort_unstable();
    let mut expected = [filtered.as_str(), plain.as_str()];
    expected.sort_unstable();
    assert_eq!(both, expected);
}

#[test]
fn an_analysis_says_what_the_packet_and_its_reply_meet() {
    let mut lab = Lab::new();
    let path = lab.path(&[("DestinationPort", "443")]);
    let parameters = [
        ("NetworkInsightsPathId", path.as_str()),
        ("TagSpecification.1.ResourceType", "network-insights-analysis"),
        ("TagSpecification.1.Tag.1.Key", "a"),
        ("TagSpecification.1.Tag.1.Value", "b"),
    ];
    let started = lab.world.ok("StartNetworkInsightsAnalysis", &parameters);
    let id = text(&started, "networkInsightsAnalysisId").to_owned();
    assert!(id.starts_with("nia-"));
    assert_eq!(text(&started, "networkPathFound"), "true");
    assert_eq!(text(&started, "explanationSet"), "");
    assert!(text(&started, "startDate").ends_with('Z'));
    let shown = lab.world.ok("DescribeNetworkInsightsAnalyses", &[("NetworkInsightsAnalysisId.1", &id)]);
    assert!(shown.contains(text(&started, "networkInsightsAnalysis")));

    let kinds = |set: &str| {
        let components = texts(set, "component").into_iter().map(|it| text(it, "id").to_owned());
        components.map(|it| it.split('-').next().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let (forward, back) = (text(&started, "forwardPathComponentSet"), text(&started, "returnPathComponentSet"));
    assert_eq!(kinds(forward), "i eni sg rtb acl acl sg eni i");
    assert_eq!(kinds(back), "i eni sg rtb acl acl sg eni i");
    assert_eq!(texts(forward, "sequenceNumber"), ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(text(forward, "sourceAddressSet"), "<item>10.0.1.10/32</item>");
    assert_eq!(text(back, "sourceAddressSet"), "<item>10.0.2.10/32</item>");
    assert_eq!(text(text(forward, "outboundHeader"), "protocol"), "6");
    assert!(text(forward, "routeTableRoute").contains("<gatewayId>local</gatewayId>"));
    assert!(text(forward, "aclRule").contains("<ruleNumber>100</ruleNumber>"));
    assert!(text(forward, "securityGroupRule").contains("<direction>egress</direction>"));
    assert!(!back.contains("securityGroupRule"), "a reply needs no rule");
}

#[test]
fn an_analysis_names_what_stops_the_packet() {
    let mut lab = Lab::new();
    lab.close();
    let path = lab.path(&[("DestinationPort", "443")]);
    assert_eq!(lab.analyse(&path), refused("SG_HAS_NO_RULES"));
    lab.admit("80", "80", "0.0.0.0/0");
    let answer = lab.world.ok("StartNetworkInsightsAnalysis", &[("NetworkInsightsPathId", &path)]);
    let explanations = texts(&answer, "explanationSet");
    let explanation = explanations.last().expect("there is one");
    assert_eq!(text(explanation, "explanationCode"), "ENI_SG_RULES_MISMATCH");
    assert_eq!(text(explanation, "direction"), "ingress");
    assert!(text(explanation, "networkInterface").contains(&lab.ends[1].1));
    assert!(text(explanation, "securityGroupSet").contains(&lab.group));
    assert_eq!(text(&answer, "returnPathComponentSet"), "");
    lab.admit("443", "443", "10.0.1.0/24");
    assert_eq!(lab.analyse(&path), found());

    let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", lab.vpc.as_str())];
    let acl = text(&lab.world.ok("DescribeNetworkAcls", &of_vpc), "networkAclId").to_owned();
    let entry = [
        ("NetworkAclId", acl.as_str()),
        ("RuleNumber", "50"),
        ("Protocol", "6"),
        ("RuleAction", "deny"),
        ("Egress", "true"),
        ("CidrBlock", "10.0.1.0/24"),
        ("PortRange.From", "0"),
        ("PortRange.To", "65535"),
    ];
    lab.world.ok("CreateNetworkAclEntry", &entry);
    let answer = lab.world.ok("StartNetworkInsightsAnalysis", &[("NetworkInsightsPathId", &path)]);
    let explanations = texts(&answer, "explanationSet");
    let explanation = explanations.last().expect("there is one");
    assert_eq!(text(explanation, "explanationCode"), "SUBNET_ACL_RESTRICTION");
    assert!(text(explanation, "aclRule").contains("<ruleNumber>50</ruleNumber>"));
    assert!(!text(&answer, "returnPathComponentSet").is_empty(), "it is the reply that is stopped");
    let stopped = lab.ends[1].0.clone();
    lab.world.ok("StopInstances", &[("InstanceId.1", &stopped)]);
    assert_eq!(lab.analyse(&path), refused("BAD_STATE"));
}

#[test]
fn what_a_path_leaves_open_may_be_anything() {
    let mut lab = Lab::new();
    let path = lab.path(&[]);
    assert_eq!(lab.analyse(&path), found());
    lab.close();
    assert_eq!(lab.analyse(&path), refused("SG_HAS_NO_RULES"));
    lab.admit("5432", "5440", "10.0.1.10/32");
    assert_eq!(lab.analyse(&path), found(), "some port is open");
    let range = |from, to| {
        [("FilterAtSource.DestinationPortRange.FromPort", from), ("FilterAtSource.DestinationPortRange.ToPort", to)]
    };
    for (from, to, passes) in
        [("5440", "6000", true), ("1", "5432", true), ("1", "5431", false), ("5441", "6000", false)]
    {
        let path = lab.path(&range(from, to));
        assert_eq!(lab.analyse(&path).0, passes, "{from} to {to}");
    }
}

#[test]
fn a_path_may_begin_and_end_at_an_internet_gateway() {
    let mut lab = Lab::new();
    let interface = lab.ends[0].1.clone();
    let gateway = lab.gateway();
    assert_eq!(lab.between(&interface, &gateway, &[]), refused("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"));
    assert_eq!(lab.between(&gateway, &interface, &[]), refused("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"));
    lab.public();
    assert_eq!(lab.between(&interface, &gateway, &[]), found());
    assert_eq!(lab.between(&interface, "", &[("DestinationIp", "192.0.2.9")]), found());
    assert!(!lab.between(&gateway, &interface, &[]).0, "only the group's own may come in");
    // From some address, at some port.
    lab.admit("22", "22", "198.18.7.0/24");
    assert_eq!(lab.between(&gateway, &interface, &[]), found());
    assert_eq!(lab.between(&gateway, &interface, &[("DestinationPort", "22")]), found());
    let source = [("DestinationPort", "22"), ("SourceIp", "198.18.8.1")];
    assert_eq!(lab.between(&gateway, &interface, &source), refused("ENI_SG_RULES_MISMATCH"));
    assert_eq!(lab.between(&gateway, &interface, &[("DestinationPort", "23")]), refused("ENI_SG_RULES_MISMATCH"));
    // The other instance has a route out and no address there.
    let other = lab.ends[1].1.clone();
    assert_eq!(lab.between(&other, &gateway, &[]), refused("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"));
}

#[test]
fn whichever_pools_and_blocks_there_are_some_address_outside_is_nobodys() {
    let mut lab = Lab::new();
    let interface = lab.ends[0].1.clone();
    let gateway = lab.gateway();
    lab.public();
    lab.admit("22", "22", "0.0.0.0/0");
    let mut pools = vec!["203.0.113.0/24"];
    for pool in ["", "198.51.100.0/24", "192.0.2.0/24", "198.18.0.0/15"] {
        pools.extend(Some(pool).filter(|it| !it.is_empty()));
        let public_pools = pools.iter().map(|it| it.parse().expect("a block")).collect();
        lab.world.commit(|tx| tx.put(Settings { public_pools, quotas: false }));
        assert_eq!(lab.between(&interface, &gateway, &[]), found(), "{pools:?}");
        assert_eq!(lab.between(&gateway, &interface, &[("DestinationPort", "22")]), found(), "{pools:?}");
        assert_eq!(lab.between(&gateway, &interface, &[("DestinationPort", "23")]), refused("ENI_SG_RULES_MISMATCH"));
    }
    // Nobody outside has an address of a pool.
    assert!(!lab.between(&interface, &gateway, &[("DestinationIp", "198.51.100.1")]).0);
    // The VPC itself may have such a block as well.
    let public_pools = vec!["203.0.113.0/24".parse().expect("a block")];
    lab.world.commit(|tx| tx.put(Settings { public_pools, quotas: false }));
    let vpc = lab.vpc.clone();
    lab.world.ok("AssociateVpcCidrBlock", &[("VpcId", vpc.as_str()), ("CidrBlock", "198.51.100.0/24")]);
    assert_eq!(lab.between(&interface, &gateway, &[]), found());
}

#[test]
fn a_packet_that_comes_elsewhere_has_not_gone_the_path() {
    let mut lab = Lab::new();
    let [(_, one), (_, other)] = lab.ends.clone();
    assert_eq!(lab.between(&one, &other, &[("DestinationIp", "10.0.1.10")]), refused("NO_POSSIBLE_DESTINATION"));
    assert_eq!(lab.between(&one, "", &[("DestinationIp", "10.0.2.10")]), found());
    assert_eq!(lab.between(&one, "", &[("DestinationIp", "10.0.2.99")]), refused("NO_POSSIBLE_DESTINATION"));
    assert_eq!(lab.between(&one, "", &[("DestinationIp", "192.0.2.1")]), refused("NO_ROUTE_TO_DESTINATION"));
    let forged = [("SourceIp", "10.0.2.10")];
    assert_eq!(lab.between(&one, &other, &forged), refused("ENI_SOURCE_DEST_CHECK_RESTRICTION"));
}

#[test]
fn filters_at_the_destination_are_held_against_what_arrives() {
    let mut lab = Lab::new();
    let mut check = |parameters: &[(&str, &str)], code: &str| {
        let path = lab.path(parameters);
        assert_eq!(lab.analyse(&path), (code.is_empty(), code.to_owned()), "{parameters:?}");
    };
    check(&[("FilterAtDestination.SourceAddress", "10.0.1.10")], "");
    check(&[("FilterAtDestination.SourceAddress", "10.0.1.11")], "FILTER_AT_DESTINATION_SOURCE_ADDRESS");
    check(&[("FilterAtDestination.DestinationAddress", "10.0.2.10")], "");
    let range = |from, to| {
        [
            ("FilterAtDestination.DestinationPortRange.FromPort", from),
            ("FilterAtDestination.DestinationPortRange.ToPort", to),
            ("DestinationPort", "80"),
        ]
    };
    check(&range("80", "80"), "");
    check(&range("81", "90"), "FILTER_AT_DESTINATION_DESTINATION_PORT_RANGE");
    let source_port = |from, to| {
        [
            ("FilterAtDestination.SourcePortRange.FromPort", from),
            ("FilterAtDestination.SourcePortRange.ToPort", to),
            ("FilterAtSource.SourcePortRange.FromPort", "1024"),
            ("FilterAtSource.SourcePortRange.ToPort", "1024"),
        ]
    };
    check(&source_port("1024", "1024"), "");
    check(&source_port("1025", "1025"), "FILTER_AT_DESTINATION_SOURCE_PORT_RANGE");
}

#[test]
fn an_analysis_may_require_and_exclude_what_is_met() {
    let mut lab = Lab::new();
    let path = lab.path(&[]);
    let arn = |kind: &str, id: &str| format!("arn:aws:ec2:us-east-1:100000000001:{kind}/{id}");
    let vpc = arn("vpc", &lab.vpc);
    let gateway = arn("internet-gateway", "igw-00000000000000009");
    let mut check = |name: &str, value: &str, passes: &str| {
        let parameters = [("NetworkInsightsPathId", path.as_str()), (name, value)];
        let answer = lab.world.ok("StartNetworkInsightsAnalysis", &parameters);
        assert_eq!(text(&answer, "networkPathFound"), passes, "{name} {value}");
        if passes == "false" {
            assert_eq!(texts(&answer, "explanationCode"), ["COMPONENT_FILTER_RESTRICTION"]);
        }
    };
    check("FilterInArn.1", &vpc, "true");
    check("FilterOutArn.1", &vpc, "false");
    check("FilterInArn.1", &gateway, "false");
    check("FilterOutArn.1", &gateway, "true");
    let accounts = [("NetworkInsightsPathId", path.as_str()), ("AdditionalAccount.1", "100000000002")];
    assert_eq!(lab.world.code("StartNetworkInsightsAnalysis", &accounts), "UnsupportedOperation");
}

#[test]
fn analyses_are_found_and_deleted_before_their_path() {
    let mut lab = Lab::new();
    let path = lab.path(&[]);
    let start = |lab: &mut Lab| {
        let answer = lab.world.ok("StartNetworkInsightsAnalysis", &[("NetworkInsightsPathId", &path)]);
        text(&answer, "networkInsightsAnalysisId").to_owned()
    };
    let open = start(&mut lab);
    lab.close();
    let between = crate::wire::Timestamp(lab.world.now.0).to_string();
    let closed = start(&mut lab);
    let find = |lab: &mut Lab, parameters: &[(&str, &str)]| {
        let answer = lab.world.ok("DescribeNetworkInsightsAnalyses", parameters);
        texts(&answer, "networkInsightsAnalysisId").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let by = |lab: &mut Lab, name, value| find(lab, &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
    assert_eq!(by(&mut lab, "path-found", "true"), [open.as_str()]);
    assert_eq!(by(&mut lab, "path-found", "false"), [closed.as_str()]);
    assert_eq!(by(&mut lab, "status", "succeeded").len(), 2);
    assert_eq!(find(&mut lab, &[("NetworkInsightsPathId", &path)]).len(), 2);
    assert_eq!(find(&mut lab, &[("AnalysisStartTime", &between)]), [closed.as_str()]);
    assert_eq!(find(&mut lab, &[("AnalysisEndTime", &between)]), [open.as_str()]);
    lab.world.assert_filters("DescribeNetworkInsightsAnalyses");
    let wrong = [("NetworkInsightsPathId", "nip-00000000000000009")];
    assert_eq!(lab.world.code("DescribeNetworkInsightsAnalyses", &wrong), "InvalidNetworkInsightsPathId.NotFound");
    assert_eq!(lab.world.code("StartNetworkInsightsAnalysis", &wrong), "InvalidNetworkInsightsPathId.NotFound");
    let malformed = [("NetworkInsightsAnalysisId.1", "nia-9")];
    let code = lab.world.code("DescribeNetworkInsightsAnalyses", &malformed);
    assert_eq!(code, "InvalidNetworkInsightsAnalysisId.Malformed");

    let of_path = [("NetworkInsightsPathId", path.as_str())];
    let in_use = "AnalysisExistsForNetworkInsightsPath";
    assert_eq!(lab.world.code("DeleteNetworkInsightsPath", &of_path), in_use);
    for id in [&open, &closed] {
        let answer = lab.world.ok("DeleteNetworkInsightsAnalysis", &[("NetworkInsightsAnalysisId", id)]);
        assert_eq!(text(&answer, "networkInsightsAnalysisId"), id);
    }
    let gone = [("NetworkInsightsAnalysisId", open.as_str())];
    let code = lab.world.code("DeleteNetworkInsightsAnalysis", &gone);
    assert_eq!(code, "InvalidNetworkInsightsAnalysisId.NotFound");
    assert_eq!(text(&lab.world.ok("DeleteNetworkInsightsPath", &of_path), "networkInsightsPathId"), path);
    assert_eq!(lab.world.code("DeleteNetworkInsightsPath", &of_path), "InvalidNetworkInsightsPathId.NotFound");
    assert_eq!(lab.world.state.insights_paths.len() + lab.world.state.insights_analyses.len(), 0);
}

#[test]
fn an_end_that_is_gone_is_not_reached() {
    let mut lab = Lab::new();
    let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", lab.vpc.as_str())];
    let subnet = text(&lab.world.ok("DescribeSubnets", &of_vpc), "subnetId").to_owned();
    let interface = lab.world.ok("CreateNetworkInterface", &[("SubnetId", &subnet)]);
    let interface = text(&interface, "networkInterfaceId").to_owned();
    let source = lab.ends[0].0.clone();
    let ends = [("Source", source.as_str()), ("Destination", interface.as_str()), ("Protocol", "tcp")];
    let path = text(&lab.world.ok("CreateNetworkInsightsPath", &ends), "networkInsightsPathId").to_owned();
    assert_eq!(lab.analyse(&path), refused("BAD_STATE"));
    lab.world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", &interface)]);
    assert_eq!(lab.analyse(&path), refused("NO_SOURCE_OR_DESTINATION"));
}

#[test]
fn of_another_accounts_network_an_analysis_shows_nothing() {
    let mut lab = Lab::new();
    let [(_, one), _] = lab.ends.clone();
    lab.world.become_account(2);
    let theirs = text(&lab.world.ok("CreateVpc", &[("CidrBlock", "10.9.0.0/16")]), "vpcId").to_owned();
    let subnet = lab.world.ok("CreateSubnet", &[("VpcId", &theirs), ("CidrBlock", "10.9.1.0/24")]);
    let subnet = text(&subnet, "subnetId").to_owned();
    let parameters = [
        ("ImageId", HOST_IMAGE),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("SubnetId", subnet.as_str()),
        ("PrivateIpAddress", "10.9.1.10"),
    ];
    lab.world.ok("RunInstances", &parameters);
    lab.world.become_account(1);
    let request = [("VpcId", lab.vpc.as_str()), ("PeerVpcId", theirs.as_str()), ("PeerOwnerId", "100000000002")];
    let answer = lab.world.ok("CreateVpcPeeringConnection", &request);
    let peering = text(&answer, "vpcPeeringConnectionId").to_owned();
    lab.world.become_account(2);
    lab.world.ok("AcceptVpcPeeringConnection", &[("VpcPeeringConnectionId", &peering)]);
    let table = |lab: &mut Lab, vpc: &str, block: &str| {
        let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc)];
        let table = text(&lab.world.ok("DescribeRouteTables", &of_vpc), "routeTableId").to_owned();
        let route = [
            ("RouteTableId", table.as_str()),
            ("DestinationCidrBlock", block),
            ("VpcPeeringConnectionId", peering.as_str()),
        ];
        lab.world.ok("CreateRoute", &route);
    };
    table(&mut lab, &theirs, "10.0.0.0/16");
    lab.world.become_account(1);
    let own = lab.vpc.clone();
    table(&mut lab, &own, "10.9.0.0/16");
    let to_them = [("DestinationIp", "10.9.1.10")];
    // Their default group lets nobody in, which is theirs to know.
    assert_eq!(lab.between(&one, "", &to_them), refused("NO_POSSIBLE_DESTINATION"));
    lab.world.become_account(2);
    let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", theirs.as_str())];
    let group = text(&lab.world.ok("DescribeSecurityGroups", &of_vpc), "groupId").to_owned();
    lab.world.ok("AuthorizeSecurityGroupIngress", &[&[("GroupId", group.as_str())][..], &TO_ALL].concat());
    lab.world.become_account(1);
    let ends = [("Source", one.as_str()), ("Protocol", "tcp"), to_them[0]];
    let path = text(&lab.world.ok("CreateNetworkInsightsPath", &ends), "networkInsightsPathId").to_owned();
    let answer = lab.world.ok("StartNetworkInsightsAnalysis", &[("NetworkInsightsPathId", &path)]);
    assert_eq!(text(&answer, "networkPathFound"), "true");
    assert!(answer.contains(&peering) && !answer.contains(&theirs) && !answer.contains(&group), "{answer}");
}
