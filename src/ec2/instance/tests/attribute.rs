//! Attributes of instances, as clients read and change them.

use super::Lab;
use crate::ec2::fixture::text;

#[test]
fn attributes_are_shown_and_changed_one_at_a_time() {
    let mut lab = Lab::new();
    let id = lab.instance(&[]);
    let value = |lab: &mut Lab, name: &str| text(text(&lab.attribute(&id, name), name), "value").to_owned();
    for (name, first, parameter, given, then) in [
        ("disableApiTermination", "false", "DisableApiTermination.Value", "true", "true"),
        ("disableApiStop", "false", "DisableApiStop.Value", "true", "true"),
        (
            "instanceInitiatedShutdownBehavior",
            "stop",
            "InstanceInitiatedShutdownBehavior.Value",
            "terminate",
            "terminate",
        ),
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
    refused(&[("InstanceType.Value", "z9.huge")], "InvalidInstanceAttributeValue");
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
    assert_eq!(lab.find("instance.group-id", &group), [id.as_str()]);
    assert_eq!(lab.find("instance.group-name", "web"), [id.as_str()]);
}
