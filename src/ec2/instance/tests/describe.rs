//! What clients see of instances, and how they look for them.

use super::{Lab, ONE, ids};
use crate::ec2::fixture::{text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::ec2::realised::Report;
use crate::wire::shapes::documented_filters;

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
        ("httpEndpoint", "enabled"),
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
    assert!(texts(&shown, "groupSet").iter().any(|it| texts(it, "groupName") == ["default"]), "{shown}");
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
    assert_eq!(texts(text(&status, "systemStatus"), "status"), ["failed", "impaired"]);
}

#[test]
fn a_status_is_shown_of_running_instances_or_of_all() {
    let mut lab = Lab::new();
    let (runs, stopped) = (lab.instance(&[]), lab.instance(&[]));
    lab.world.ok("StopInstances", &[("InstanceId.1", &stopped)]);
    let shown = lab.world.ok("DescribeInstanceStatus", &[]);
    assert_eq!(texts(&shown, "instanceId"), [runs.as_str()]);
    assert_eq!(texts(text(&shown, "instanceStatus"), "status"), ["passed", "ok"]);
    assert_eq!(text(text(&shown, "details"), "name"), "reachability");
    let all = lab.world.ok("DescribeInstanceStatus", &[("IncludeAllInstances", "true")]);
    assert_eq!(texts(&all, "instanceId").len(), 2);
    assert!(all.contains("not-applicable"));
    lab.world.report = Some(Report::default());
    let pending = [
        ("IncludeAllInstances", "true"),
        ("Filter.1.Name", "instance-status.status"),
        ("Filter.1.Value.1", "initializing"),
    ];
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
        assert_eq!(lab.find(name, value), [id.as_str()], "{name}");
    }
    assert_eq!(lab.find("vpc-id", &vpc).len(), 2);
    assert_eq!(lab.find("state-reason-code", "Client.*"), [other.as_str()]);
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &other)]);
    assert_eq!(lab.find("vpc-id", &vpc), [id.as_str()], "an ended instance is in no VPC");
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
