//! What an instance is called, at its launch and later.

use super::Lab;
use crate::ec2::fixture::text;

#[test]
fn an_instance_is_renamed_while_it_is_stopped() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let by_address = text(&lab.describe(&id), "privateDnsName").to_owned();
    let modify = "ModifyPrivateDnsNameOptions";
    let renamed = [("InstanceId", id.as_str()), ("PrivateDnsHostnameType", "resource-name")];
    assert_eq!(lab.world.code(modify, &renamed), "IncorrectInstanceState");
    lab.world.ok("StopInstances", &[("InstanceId.1", &id)]);
    lab.world.ok(modify, &renamed);
    let shown = lab.describe(&id);
    assert_eq!(text(&shown, "privateDnsName"), format!("{id}.ec2.internal"));
    assert_eq!(text(&shown, "hostnameType"), "resource-name");
    lab.world.ok(modify, &[("InstanceId", &id), ("PrivateDnsHostnameType", "ip-name")]);
    assert_eq!(text(&lab.describe(&id), "privateDnsName"), by_address);
}

#[test]
fn records_of_resource_names_are_switched_while_it_runs() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let modify = "ModifyPrivateDnsNameOptions";
    lab.world.ok(modify, &[("InstanceId", &id), ("EnableResourceNameDnsARecord", "true")]);
    lab.world.ok(modify, &[("InstanceId", &id), ("EnableResourceNameDnsAAAARecord", "true")]);
    let shown = lab.describe(&id);
    assert_eq!(text(&shown, "enableResourceNameDnsARecord"), "true");
    assert_eq!(text(&shown, "enableResourceNameDnsAAAARecord"), "true");
    lab.world.ok("TerminateInstances", &[("InstanceId.1", &id)]);
    let off = [("InstanceId", id.as_str()), ("EnableResourceNameDnsARecord", "false")];
    assert_eq!(lab.world.code(modify, &off), "IncorrectInstanceState");
    assert_eq!(lab.world.code(modify, &[("InstanceId", "i-00000000000000000")]), "InvalidInstanceID.NotFound");
}
