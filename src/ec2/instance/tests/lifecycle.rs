//! Instances that stop, start and end.

use super::{HOUR_MS, Lab, ids};
use crate::ec2::fixture::{text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::ec2::realised::Report;
use crate::ec2::sweep::sweep;
use crate::state::Moment;

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
    let (one, two) =
        (lab.instance(&[]), lab.instance(&[("DisableApiTermination", "true"), ("DisableApiStop", "true")]));
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
