"""Instances: launched, shown, found, stopped, started, changed, ended."""

import base64

import pytest

from calls import NOBODYS, at_once, by, everything, filters, nobodys, pages, refused, tags, unsupported, untouched
from culvert import until
from network import Vpc
from rawhttp import call


@pytest.fixture
def image(ec2):
    return ec2.describe_images()["Images"][0]["ImageId"]


@pytest.fixture
def run(ec2, image):
    """Calls RunInstances for one instance, unless told otherwise."""

    def run(**more):
        return ec2.run_instances(**{"ImageId": image, "MinCount": 1, "MaxCount": 1, **more})

    return run


@pytest.fixture
def subnet(vpc):
    return vpc.subnet("10.0.1.0/24", "us-east-1a")


def row(ec2, id):
    ((reservation,),) = [ec2.describe_instances(InstanceIds=[id])["Reservations"]]
    return reservation["Instances"][0]


def state(ec2, id):
    return row(ec2, id)["State"]["Name"]


def reach(ec2, id, wanted):
    until(f"{id} is {wanted}", lambda: state(ec2, id) == wanted)


# Launching.


def test_an_instance_shows_what_it_was_launched_with(ec2, vpc, subnet, run, image):
    group = vpc.group(name="web")
    answer = run(SubnetId=subnet, SecurityGroupIds=[group], PrivateIpAddress="10.0.1.9", InstanceType="t3.small", ClientToken=vpc.id, TagSpecifications=tags("instance", Name="n"))
    assert answer["ReservationId"].startswith("r-") and len(answer["Instances"]) == 1
    id = answer["Instances"][0]["InstanceId"]
    reach(ec2, id, "running")
    shown = row(ec2, id)
    assert (shown["ImageId"], shown["InstanceType"], shown["AmiLaunchIndex"], shown["ClientToken"]) == (image, "t3.small", 0, vpc.id)
    assert (shown["VpcId"], shown["SubnetId"], shown["PrivateIpAddress"]) == (vpc.id, subnet, "10.0.1.9")
    assert shown["PrivateDnsName"] == "ip-10-0-1-9.ec2.internal" and shown["PublicDnsName"] == ""
    assert shown["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}] and shown["Tags"] == [{"Key": "Name", "Value": "n"}]
    assert shown["Placement"]["AvailabilityZone"] == "us-east-1a" and shown["Placement"]["HostId"] == ec2.describe_hosts()["Hosts"][0]["HostId"]
    assert shown["State"] == {"Code": 16, "Name": "running"} and shown["StateTransitionReason"] == ""
    assert shown["SourceDestCheck"] is True and shown["Monitoring"] == {"State": "disabled"}
    (interface,) = shown["NetworkInterfaces"]
    assert interface["PrivateIpAddress"] == "10.0.1.9" and interface["Status"] == "in-use"
    assert interface["Attachment"]["DeviceIndex"] == 0 and interface["Attachment"]["DeleteOnTermination"] is True
    (alone,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])["NetworkInterfaces"]
    assert alone["Attachment"]["InstanceId"] == id and alone["MacAddress"] == interface["MacAddress"]
    (host,) = ec2.describe_hosts()["Hosts"]
    assert id in [it["InstanceId"] for it in host["Instances"]]


def test_instances_of_one_call_are_one_reservation(ec2, vpc, subnet, run):
    answer = run(SubnetId=subnet, MinCount=2, MaxCount=3)
    assert [(it["AmiLaunchIndex"], it["InstanceType"]) for it in answer["Instances"]] == [(at, "m1.small") for at in range(3)]
    (reservation,) = ec2.describe_instances(Filters=filters(reservation_id=answer["ReservationId"]))["Reservations"]
    assert sorted(it["InstanceId"] for it in reservation["Instances"]) == sorted(it["InstanceId"] for it in answer["Instances"])
    assert len({it["PrivateIpAddress"] for it in reservation["Instances"]}) == 3


def test_as_many_instances_are_launched_as_addresses_are_left(ec2, vpc, run):
    small = vpc.subnet("10.0.2.0/28")
    with untouched(ec2):
        refused("InsufficientFreeAddressesInSubnet", run, SubnetId=small, MinCount=12, MaxCount=12)
    assert len(run(SubnetId=small, MinCount=3, MaxCount=20)["Instances"]) == 11
    with untouched(ec2):
        refused("InsufficientFreeAddressesInSubnet", run, SubnetId=small)


def test_an_instance_without_a_subnet_is_in_the_default_vpc(ec2, run, image):
    id = run()["Instances"][0]["InstanceId"]
    try:
        (vpc,) = ec2.describe_vpcs(VpcIds=[row(ec2, id)["VpcId"]])["Vpcs"]
        assert vpc["IsDefault"] is True
        zone = {"AvailabilityZone": "us-east-1c"}
        second = run(Placement=zone)["Instances"][0]["InstanceId"]
        assert row(ec2, second)["Placement"]["AvailabilityZone"] == "us-east-1c"
        ec2.terminate_instances(InstanceIds=[second])
    finally:
        ec2.terminate_instances(InstanceIds=[id])


def test_an_instance_takes_the_interfaces_that_are_described_or_exist(ec2, vpc, subnet, run):
    group = vpc.group()
    mine = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.1.40")["NetworkInterface"]["NetworkInterfaceId"]
    wanted = [
        {"DeviceIndex": 1, "NetworkInterfaceId": mine},
        {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "Description": "first", "DeleteOnTermination": False, "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.50", "Primary": True}, {"PrivateIpAddress": "10.0.1.51"}]},
    ]
    id = run(NetworkInterfaces=wanted, TagSpecifications=tags("network-interface", of="it"))["Instances"][0]["InstanceId"]
    shown = sorted(row(ec2, id)["NetworkInterfaces"], key=lambda it: it["Attachment"]["DeviceIndex"])
    assert [it["Attachment"]["DeviceIndex"] for it in shown] == [0, 1]
    assert [it["Description"] for it in shown] == ["first", ""] and shown[1]["NetworkInterfaceId"] == mine
    assert [it["PrivateIpAddress"] for it in shown[0]["PrivateIpAddresses"]] == ["10.0.1.50", "10.0.1.51"]
    with untouched(ec2):
        refused("InvalidNetworkInterface.InUse", run, NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": mine}])
    ec2.terminate_instances(InstanceIds=[id])
    left = {it["NetworkInterfaceId"]: it["Status"] for it in ec2.describe_network_interfaces(Filters=filters(vpc_id=vpc.id))["NetworkInterfaces"]}
    assert left == {mine: "available", shown[0]["NetworkInterfaceId"]: "available"}


def test_a_launch_that_makes_no_sense_is_refused(shared, ec2, vpc, subnet, run, image):
    other = Vpc(ec2, "10.5.0.0/16")
    foreign, there = other.group(), other.subnet()
    taken = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.1.9")["NetworkInterface"]["NetworkInterfaceId"]
    first = {"DeviceIndex": 0, "SubnetId": subnet}
    try:
        with untouched(ec2):
            for code, parameters in [
                ("InvalidAMIID.NotFound", {"ImageId": f"ami-{NOBODYS}"}),
                ("InvalidAMIID.Malformed", {"ImageId": "ami-x"}),
                ("InvalidSubnetID.NotFound", {"SubnetId": nobodys("subnet")}),
                ("InvalidGroup.NotFound", {"SubnetId": subnet, "SecurityGroupIds": [nobodys("sg")]}),
                ("InvalidParameterCombination", {"SubnetId": subnet, "SecurityGroups": ["default"]}),
                ("InvalidParameterValue", {"SubnetId": subnet, "MinCount": 0}),
                ("InvalidParameterValue", {"SubnetId": subnet, "MaxCount": 1001}),
                ("InvalidParameterCombination", {"SubnetId": subnet, "MinCount": 3, "MaxCount": 2}),
                ("InvalidParameterValue", {"SubnetId": subnet, "InstanceType": "t3.gigantic"}),
                ("InvalidIPAddress.InUse", {"SubnetId": subnet, "PrivateIpAddress": "10.0.1.9"}),
                ("InvalidParameterValue", {"SubnetId": subnet, "PrivateIpAddress": "10.0.1.3"}),
                ("InvalidParameterValue", {"SubnetId": subnet, "PrivateIpAddress": "10.0.9.9"}),
                ("InvalidParameterCombination", {"SubnetId": subnet, "PrivateIpAddress": "10.0.1.10", "MaxCount": 2}),
                ("InvalidParameterValue", {"SubnetId": subnet, "Ipv6AddressCount": 1}),
                ("InvalidParameterCombination", {"SubnetId": subnet, "NetworkInterfaces": [first]}),
                ("InvalidParameterCombination", {"SecurityGroupIds": [foreign], "NetworkInterfaces": [first]}),
                ("InvalidParameterValue", {"NetworkInterfaces": [{"DeviceIndex": 1, "SubnetId": subnet}]}),
                ("InvalidParameterValue", {"NetworkInterfaces": [first, first]}),
                ("InvalidParameterValue", {"NetworkInterfaces": [{"SubnetId": subnet}]}),
                ("InvalidParameterCombination", {"NetworkInterfaces": [first, {"DeviceIndex": 1, "SubnetId": there}]}),
                ("InvalidParameterCombination", {"NetworkInterfaces": [{**first, "NetworkInterfaceId": taken}]}),
                ("InvalidParameterCombination", {"MaxCount": 2, "NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": taken}]}),
                ("InvalidNetworkInterfaceID.NotFound", {"NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": nobodys("eni")}]}),
                ("AttachmentLimitExceeded", {"NetworkInterfaces": [{**first, "DeviceIndex": at} for at in range(3)], "InstanceType": "t3.micro"}),
                ("InvalidParameterValue", {"SubnetId": subnet, "Placement": {"AvailabilityZone": "us-east-1b"}}),
                ("InvalidParameterValue", {"Placement": {"AvailabilityZone": "us-east-1z"}}),
                ("InvalidHostID.NotFound", {"SubnetId": subnet, "Placement": {"HostId": nobodys("h")}}),
                ("InvalidHostID.Malformed", {"SubnetId": subnet, "Placement": {"HostId": "h"}}),
                ("InvalidKeyPair.NotFound", {"SubnetId": subnet, "KeyName": "mine"}),
                ("DryRunOperation", {"SubnetId": subnet, "DryRun": True}),
            ]:
                refused(code, run, **parameters)
            # boto3 makes base64 of whatever it is given, so this goes without it.
            form = {"Action": "RunInstances", "ImageId": image, "MinCount": "1", "MaxCount": "1", "SubnetId": subnet}
            call(shared, {**form, "UserData": "not base64!"}).is_refusal("InvalidUserData.Malformed")
            refused("InvalidParameterValue", run, SubnetId=subnet, UserData="x" * 16385)
            assert "different networks" in refused("InvalidParameter", run, SubnetId=subnet, SecurityGroupIds=[foreign])
    finally:
        other.delete()


def test_what_no_instance_can_have_is_refused_by_name(ec2, subnet, run):
    first = {"DeviceIndex": 0, "SubnetId": subnet}
    with untouched(ec2):
        for name, parameters in [
            ("AdditionalInfo", {"AdditionalInfo": "x"}),
            ("BlockDeviceMapping", {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8}}]}),
            ("CapacityReservation", {"CapacityReservationSpecification": {"CapacityReservationPreference": "none"}}),
            ("CpuOptions", {"CpuOptions": {"CoreCount": 1}}),
            ("CreditSpecification", {"CreditSpecification": {"CpuCredits": "standard"}}),
            ("EbsOptimized", {"EbsOptimized": True}),
            ("ElasticGpuSpecification", {"ElasticGpuSpecification": [{"Type": "eg1.medium"}]}),
            ("ElasticInferenceAccelerator", {"ElasticInferenceAccelerators": [{"Type": "eia1.medium"}]}),
            ("EnablePrimaryIpv6", {"EnablePrimaryIpv6": True}),
            ("EnclaveOptions", {"EnclaveOptions": {"Enabled": True}}),
            ("HibernationOptions", {"HibernationOptions": {"Configured": True}}),
            ("IamInstanceProfile", {"IamInstanceProfile": {"Name": "p"}}),
            ("InstanceMarketOptions", {"InstanceMarketOptions": {"MarketType": "spot"}}),
            ("KernelId", {"KernelId": "aki-1"}),
            ("LaunchTemplate", {"LaunchTemplate": {"LaunchTemplateName": "t"}}),
            ("LicenseSpecification", {"LicenseSpecifications": [{"LicenseConfigurationArn": "arn:aws:x"}]}),
            ("MaintenanceOptions", {"MaintenanceOptions": {"AutoRecovery": "default"}}),
            ("Monitoring", {"Monitoring": {"Enabled": True}}),
            ("NetworkPerformanceOptions", {"NetworkPerformanceOptions": {"BandwidthWeighting": "vpc-1"}}),
            ("Operator", {"Operator": {"Principal": "p"}}),
            ("Placement.GroupName", {"Placement": {"GroupName": "g"}}),
            ("Placement.Tenancy", {"Placement": {"Tenancy": "dedicated"}}),
            ("Placement.PartitionNumber", {"Placement": {"PartitionNumber": 1}}),
            ("RamdiskId", {"RamdiskId": "ari-1"}),
            ("SecondaryInterface", {"SecondaryInterfaces": [{"DeviceIndex": 1}]}),
        ]:
            unsupported(name, run, SubnetId=subnet, **parameters)
        for name, value in [
            ("AssociateCarrierIpAddress", True),
            ("InterfaceType", "efa"),
            ("PrimaryIpv6", True),
            ("EnaQueueCount", 2),
        ]:
            unsupported(name, run, NetworkInterfaces=[{**first, name: value}])


def test_user_data_comes_back_as_it_was_given(ec2, vpc, subnet, run):
    script = "#!/bin/sh\nexec sleep 1000 # \u00fc <&>\n"
    id = run(SubnetId=subnet, UserData=script)["Instances"][0]["InstanceId"]
    shown = ec2.describe_instance_attribute(InstanceId=id, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(shown).decode() == script


# Stopping, starting, ending.


def test_an_instance_stops_starts_and_ends(ec2, vpc, subnet, run):
    instance = vpc.instance(subnet)
    before = row(ec2, instance.id)
    (change,) = ec2.stop_instances(InstanceIds=[instance.id])["StoppingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    reach(ec2, instance.id, "stopped")
    stopped = row(ec2, instance.id)
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert stopped["PrivateIpAddress"] == before["PrivateIpAddress"], "a stopped instance keeps its address"
    assert stopped["NetworkInterfaces"] == before["NetworkInterfaces"]
    (change,) = ec2.stop_instances(InstanceIds=[instance.id])["StoppingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("stopped", "stopped")
    (change,) = ec2.start_instances(InstanceIds=[instance.id])["StartingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("stopped", "pending")
    reach(ec2, instance.id, "running")
    (change,) = ec2.terminate_instances(InstanceIds=[instance.id])["TerminatingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "shutting-down")
    reach(ec2, instance.id, "terminated")
    ended = row(ec2, instance.id)
    assert ended["NetworkInterfaces"] == [] and "VpcId" not in ended and "PrivateIpAddress" not in ended
    (change,) = ec2.terminate_instances(InstanceIds=[instance.id])["TerminatingInstances"]
    assert change["CurrentState"]["Name"] == "terminated", "ending it again is no error"
    with untouched(ec2):
        refused("IncorrectInstanceState", ec2.start_instances, InstanceIds=[instance.id])
        refused("IncorrectInstanceState", ec2.stop_instances, InstanceIds=[instance.id])
        refused("IncorrectInstanceState", ec2.modify_instance_attribute, InstanceId=instance.id, DisableApiStop={"Value": True})
        interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
        refused("IncorrectState", ec2.attach_network_interface, InstanceId=instance.id, NetworkInterfaceId=interface, DeviceIndex=1)
        ec2.delete_network_interface(NetworkInterfaceId=interface)


def test_an_instance_that_is_rebooted_runs_on(ec2, vpc, subnet):
    id = vpc.instance(subnet).id
    reach(ec2, id, "running")
    before = row(ec2, id)
    ec2.reboot_instances(InstanceIds=[id])
    reach(ec2, id, "running")
    assert row(ec2, id) == before
    refused("InvalidInstanceID.NotFound", ec2.reboot_instances, InstanceIds=[id, nobodys("i")])
    ec2.stop_instances(InstanceIds=[id])
    reach(ec2, id, "stopped")
    refused("IncorrectInstanceState", ec2.reboot_instances, InstanceIds=[id])


def test_a_stopped_instance_takes_another_host_name(ec2, vpc, subnet):
    id = vpc.instance(subnet).id
    by_address = row(ec2, id)["PrivateDnsName"]
    rename = {"InstanceId": id, "PrivateDnsHostnameType": "resource-name", "EnableResourceNameDnsARecord": True}
    refused("IncorrectInstanceState", ec2.modify_private_dns_name_options, **rename)
    ec2.stop_instances(InstanceIds=[id])
    reach(ec2, id, "stopped")
    ec2.modify_private_dns_name_options(**rename)
    shown = row(ec2, id)
    assert shown["PrivateDnsName"] == f"{id}.ec2.internal" != by_address
    assert shown["PrivateDnsNameOptions"] == {"HostnameType": "resource-name", "EnableResourceNameDnsARecord": True, "EnableResourceNameDnsAAAARecord": False}


def test_metadata_options_are_the_accounts_unless_a_launch_says_otherwise(shared):
    id, ec2 = shared.account("metadata")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    vpc = Vpc(ec2)
    subnet = vpc.subnet()

    def launch(**more):
        return ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, **more)["Instances"][0]

    try:
        assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {"ManagedBy": "account"}
        refused("InvalidParameterValue", ec2.modify_instance_metadata_defaults, HttpPutResponseHopLimit=65)
        refused("DryRunOperation", ec2.get_instance_metadata_defaults, DryRun=True)
        ec2.modify_instance_metadata_defaults(HttpTokens="optional", HttpPutResponseHopLimit=3, InstanceMetadataTags="enabled")
        wanted = {"ManagedBy": "account", "HttpTokens": "optional", "HttpPutResponseHopLimit": 3, "InstanceMetadataTags": "enabled"}
        assert ec2.get_instance_metadata_defaults()["AccountLevel"] == wanted
        made, told = launch(), launch(MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "disabled"})
        options = {"State": "applied", "HttpTokens": "optional", "HttpPutResponseHopLimit": 3, "HttpEndpoint": "enabled", "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "enabled"}
        assert made["MetadataOptions"] == options
        assert told["MetadataOptions"] == options | {"HttpTokens": "required", "InstanceMetadataTags": "disabled"}
        change = {"InstanceId": made["InstanceId"], "HttpEndpoint": "disabled", "HttpPutResponseHopLimit": 64}
        changed = ec2.modify_instance_metadata_options(**change)["InstanceMetadataOptions"]
        assert changed == options | {"HttpEndpoint": "disabled", "HttpPutResponseHopLimit": 64} == row(ec2, made["InstanceId"])["MetadataOptions"]
        refused("InvalidParameterValue", ec2.modify_instance_metadata_options, InstanceId=made["InstanceId"], HttpPutResponseHopLimit=0)
        refused("InvalidInstanceID.NotFound", ec2.modify_instance_metadata_options, InstanceId=nobodys("i"), HttpTokens="optional")

        ec2.modify_instance_metadata_defaults(HttpTokens="no-preference", HttpTokensEnforced="enabled", HttpPutResponseHopLimit=-1, InstanceMetadataTags="no-preference")
        assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {"ManagedBy": "account", "HttpTokensEnforced": "enabled"}
        refused("UnsupportedOperation", ec2.modify_instance_metadata_options, InstanceId=told["InstanceId"], HttpTokens="optional")
    finally:
        gone = [it["InstanceId"] for made in ec2.describe_instances()["Reservations"] for it in made["Instances"]]
        ec2.terminate_instances(InstanceIds=gone)
        for it in gone:
            reach(ec2, it, "terminated")
        vpc.delete()


def test_all_instances_that_are_not_there_are_named(ec2, vpc, subnet):
    id, gone = vpc.instance(subnet).id, [f"i-{at:017x}" for at in (2, 1)]
    with untouched(ec2):
        for call in (ec2.describe_instances, ec2.describe_instance_status, ec2.stop_instances, ec2.terminate_instances, ec2.reboot_instances):
            assert refused("InvalidInstanceID.NotFound", call, InstanceIds=[id, gone[0]]) == f"The instance ID '{gone[0]}' does not exist"
            message = refused("InvalidInstanceID.NotFound", call, InstanceIds=[gone[0], id, gone[1]])
            assert message == f"The instance IDs '{gone[0]}, {gone[1]}' do not exist"


def test_a_call_on_several_instances_does_all_or_nothing(ec2, vpc, subnet):
    a, b = vpc.run(2, subnet)
    with untouched(ec2):
        for call, more in ((ec2.stop_instances, "Hibernate"), (ec2.start_instances, "AdditionalInfo"), (ec2.terminate_instances, "SkipOsShutdown")):
            refused("InvalidInstanceID.NotFound", call, InstanceIds=[a.id, nobodys("i")])
            refused("InvalidInstanceID.Malformed", call, InstanceIds=[nobodys("i"), a.id, "i-1"])
            refused("DryRunOperation", call, InstanceIds=[a.id], DryRun=True)
            unsupported(more, call, InstanceIds=[a.id], **{more: "x" if more == "AdditionalInfo" else True})
    ec2.modify_instance_attribute(InstanceId=b.id, DisableApiTermination={"Value": True})
    with untouched(ec2):
        refused("OperationNotPermitted", ec2.terminate_instances, InstanceIds=[a.id, b.id])
    ec2.modify_instance_attribute(InstanceId=b.id, DisableApiTermination={"Value": False})
    ec2.modify_instance_attribute(InstanceId=b.id, DisableApiStop={"Value": True})
    with untouched(ec2):
        refused("OperationNotPermitted", ec2.stop_instances, InstanceIds=[a.id, b.id])


# Attributes.


def test_what_an_instances_attribute_is_set_to_is_shown(ec2, vpc, subnet):
    id, groups = vpc.instance(subnet).id, sorted([vpc.group(), vpc.group()])
    modify = ec2.modify_instance_attribute

    def shown(name):
        return ec2.describe_instance_attribute(InstanceId=id, Attribute=name)[name[0].upper() + name[1:]]["Value"]

    for name in ("disableApiStop", "disableApiTermination", "sourceDestCheck"):
        for value in (True, False):
            modify(InstanceId=id, **{name[0].upper() + name[1:]: {"Value": value}})
            assert shown(name) is value
    modify(InstanceId=id, Attribute="sourceDestCheck", Value="true")
    assert shown("sourceDestCheck") is True and row(ec2, id)["SourceDestCheck"] is True
    for value in ("terminate", "stop"):
        modify(InstanceId=id, InstanceInitiatedShutdownBehavior={"Value": value})
        assert shown("instanceInitiatedShutdownBehavior") == value
    modify(InstanceId=id, Groups=groups)
    assert [it["GroupId"] for it in row(ec2, id)["SecurityGroups"]] == groups
    listed = ec2.describe_instance_attribute(InstanceId=id, Attribute="groupSet")["Groups"]
    assert [it["GroupId"] for it in listed] == groups
    refused("IncorrectInstanceState", modify, InstanceId=id, InstanceType={"Value": "t3.large"})
    refused("InvalidInstanceAttributeValue", modify, InstanceId=id, InstanceType={"Value": "t3.gigantic"})
    refused("IncorrectInstanceState", modify, InstanceId=id, UserData={"Value": b"x"})
    ec2.stop_instances(InstanceIds=[id])
    reach(ec2, id, "stopped")
    modify(InstanceId=id, InstanceType={"Value": "t3.large"})
    assert shown("instanceType") == "t3.large"
    modify(InstanceId=id, UserData={"Value": b"some data"})
    assert base64.b64decode(shown("userData")) == b"some data"
    for name in ("kernel", "ramdisk", "rootDeviceName", "blockDeviceMapping", "productCodes", "ebsOptimized", "sriovNetSupport", "enaSupport", "enclaveOptions"):
        ec2.describe_instance_attribute(InstanceId=id, Attribute=name)


def test_an_instances_attribute_that_makes_no_sense_is_refused(ec2, vpc, subnet):
    id, on = vpc.instance(subnet).id, {"Value": True}
    modify = ec2.modify_instance_attribute
    with untouched(ec2):
        refused("InvalidParameterCombination", modify, InstanceId=id)
        refused("InvalidParameterCombination", modify, InstanceId=id, DisableApiStop=on, DisableApiTermination=on)
        refused("MissingParameter", modify, InstanceId=id, Attribute="disableApiStop")
        refused("MissingParameter", modify, InstanceId=id, Value="true")
        refused("InvalidParameterValue", modify, InstanceId=id, Attribute="disableApiStop", Value="perhaps")
        refused("InvalidParameterValue", modify, InstanceId=id, InstanceInitiatedShutdownBehavior={"Value": "explode"})
        refused("InvalidInstanceID.NotFound", modify, InstanceId=nobodys("i"), DisableApiStop=on)
        refused("InvalidInstanceID.Malformed", modify, InstanceId="i", DisableApiStop=on)
        refused("InvalidGroup.NotFound", modify, InstanceId=id, Groups=[nobodys("sg")])
        refused("DryRunOperation", modify, InstanceId=id, DisableApiStop=on, DryRun=True)
        for name, parameter, value in [
            ("BlockDeviceMapping", "BlockDeviceMappings", [{"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": True}}]),
            ("EbsOptimized", None, on),
            ("EnaSupport", None, on),
            ("Kernel", None, {"Value": "aki-1"}),
            ("Ramdisk", None, {"Value": "ari-1"}),
            ("SriovNetSupport", None, {"Value": "simple"}),
        ]:
            unsupported(name, modify, InstanceId=id, **{parameter or name: value})
        describe = ec2.describe_instance_attribute
        refused("InvalidInstanceID.NotFound", describe, InstanceId=nobodys("i"), Attribute="userData")
        refused("InvalidParameterValue", describe, InstanceId=id, Attribute="colour")


# Finding.


def test_each_filter_finds_the_instances_that_it_names_and_no_others(ec2, vpc, subnet, run):
    group, elsewhere = vpc.group(name="web"), vpc.subnet("10.0.2.0/24", "us-east-1b")
    one = vpc.instance(subnet, group, PrivateIpAddress="10.0.1.9", InstanceType="t3.small", ClientToken=f"t-{vpc.id}", TagSpecifications=tags("instance", Name="one"))
    two = vpc.instance(elsewhere)
    ec2.stop_instances(InstanceIds=[two.id])
    reach(ec2, two.id, "stopped")
    a, b, shown = one.id, two.id, row(ec2, one.id)
    interface = shown["NetworkInterfaces"][0]

    def found(*wanted, call=ec2.describe_instances):
        answer = call(Filters=[{"Name": name, "Values": values} for name, values in wanted])
        return {it["InstanceId"] for reservation in answer["Reservations"] for it in reservation["Instances"]} & {a, b}

    owner = ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0]["OwnerId"]
    for name, values, expected in [
        ("instance-id", [a, nobodys("i")], {a}),
        ("vpc-id", [vpc.id], {a, b}),
        ("subnet-id", [subnet], {a}),
        ("availability-zone", ["us-east-1b"], {b}),
        ("instance-state-name", ["running"], {a}),
        ("instance-state-name", ["stopped", "stopping"], {b}),
        ("instance-state-code", ["16"], {a}),
        ("instance-type", ["t3.s*"], {a}),
        ("image-id", [shown["ImageId"]], {a, b}),
        ("private-ip-address", ["10.0.1.9"], {a}),
        ("private-dns-name", ["ip-10-0-1-9.ec2.internal"], {a}),
        ("client-token", [f"t-{vpc.id}"], {a}),
        ("instance.group-id", [group], {a}),
        ("instance.group-name", ["web"], {a}),
        ("network-interface.group-id", [group], {a}),
        ("network-interface.network-interface-id", [interface["NetworkInterfaceId"]], {a}),
        ("network-interface.subnet-id", [elsewhere], {b}),
        ("network-interface.vpc-id", [vpc.id], {a, b}),
        ("network-interface.addresses.private-ip-address", ["10.0.1.9"], {a}),
        ("network-interface.mac-address", [interface["MacAddress"]], {a}),
        ("network-interface.attachment.device-index", ["0"], {a, b}),
        ("owner-id", [owner], {a, b}),
        ("host-id", [shown["Placement"]["HostId"]], {a, b}),
        ("launch-index", ["0"], {a, b}),
        ("source-dest-check", ["true"], {a, b}),
        ("state-reason-code", ["Client.UserInitiatedShutdown"], {b}),
        ("tenancy", ["default"], {a, b}),
        ("tag:Name", ["one"], {a}),
        ("tag-key", ["Name"], {a}),
        ("key-name", ["*"], set()),
        ("ip-address", ["*"], set()),
        ("spot-instance-request-id", ["*"], set()),
    ]:
        assert found((name, values)) == expected, (name, values)
    assert found(("vpc-id", [vpc.id]), ("instance-state-name", ["running"])) == {a}
    assert found(("tag:Name", ["one"]), ("instance-state-name", ["stopped"])) == set()
    refused("InvalidParameterValue", ec2.describe_instances, Filters=by("colour", "x"))
    refused("InvalidParameterValue", ec2.describe_instances, Filters=by("network-interface.colour", "x"))
    refused("InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=[a, nobodys("i")])
    refused("InvalidInstanceID.Malformed", ec2.describe_instances, InstanceIds=["i"])
    refused("InvalidParameterCombination", ec2.describe_instances, InstanceIds=[a], MaxResults=5)

    def statuses(**more):
        return {it["InstanceId"]: it["InstanceStatus"]["Status"] for it in ec2.describe_instance_status(**more)["InstanceStatuses"]}

    assert statuses().get(a) == "ok" and b not in statuses()
    assert statuses(IncludeAllInstances=True)[b] == "not-applicable"
    assert set(statuses(InstanceIds=[a, b], IncludeAllInstances=True, Filters=by("instance-state-name", "stopped"))) == {b}
    assert set(statuses(InstanceIds=[a, b], Filters=by("availability-zone", "us-east-1a"))) == {a}
    refused("InvalidInstanceID.NotFound", ec2.describe_instance_status, InstanceIds=[nobodys("i")])
    refused("InvalidParameterValue", ec2.describe_instance_status, Filters=by("vpc-id", vpc.id))


def test_pages_hold_every_instance_once_though_others_come_and_go(ec2, vpc, subnet):
    made, seen = {it.id for it in vpc.run(11, subnet)}, []
    for page in pages(ec2.describe_instances, "Reservations", 5, Filters=filters(subnet_id=subnet)):
        here = [it["InstanceId"] for reservation in page for it in reservation["Instances"]]
        assert len(here) <= 5, "a page counts instances, not reservations"
        seen += here
        ec2.terminate_instances(InstanceIds=[here[-1]])
        vpc.instance(subnet)
    assert len(seen) == len(set(seen)) and made <= set(seen)


# Calls at once, calls sent again.


def test_ten_launches_at_once_are_ten_instances(ec2, vpc, subnet, run):
    made = at_once(10, lambda _: run(SubnetId=subnet))
    assert not [it for it in made if isinstance(it, Exception)], made
    rows = [it["Instances"][0] for it in made]
    assert len({it["InstanceId"] for it in rows}) == len({it["PrivateIpAddress"] for it in rows}) == 10


def test_a_launch_sent_again_launches_nothing_not_even_after_a_restart(fresh):
    ec2 = fresh.ec2
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    call = {"ImageId": ec2.describe_images()["Images"][0]["ImageId"], "MinCount": 2, "MaxCount": 2, "SubnetId": subnet, "ClientToken": "t"}
    made = ec2.run_instances(**call)
    ids = sorted(it["InstanceId"] for it in made["Instances"])
    again = ec2.run_instances(**call)
    assert again["ReservationId"] == made["ReservationId"] and sorted(it["InstanceId"] for it in again["Instances"]) == ids
    for id in ids:
        reach(ec2, id, "running")
    refused("IdempotentParameterMismatch", ec2.run_instances, **{**call, "MaxCount": 3})
    before = everything(ec2)
    fresh.kill9()
    fresh.start()
    assert fresh.ec2.run_instances(**call)["ReservationId"] == made["ReservationId"]
    assert everything(fresh.ec2) == before
    assert {state(fresh.ec2, id) for id in ids} == {"running"}
