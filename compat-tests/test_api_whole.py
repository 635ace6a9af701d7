"""The API as a whole: nothing that AWS's model names is passed over, and nothing that is served is left untested.

The name of this file is the last of those of the API's tests, so that the last test here sees what they all did.
"""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

import model
from calls import untouched
from codes import DOCUMENTED, NEVER, OF_THE_PROTOCOL, UNLISTED
from rawhttp import VERSION, call

# Targets of routes that there are not here.
ROUTE_TARGETS = {
    "CarrierGatewayId": "cagw-00000000000000000",
    "CoreNetworkArn": "arn:aws:networkmanager::1:core-network/x",
    "LocalGatewayId": "lgw-00000000000000000",
    "OdbNetworkArn": "arn:aws:odb:us-east-1:1:odb-network/x",
    "TransitGatewayId": "tgw-00000000000000000",
    "VpcEndpointId": "vpce-00000000000000000",
}
# Ways to have the blocks of a VPC chosen.
VPC_BLOCKS = {
    "Ipv4IpamPoolId": "ipam-pool-1",
    "Ipv4NetmaskLength": "16",
    "Ipv6CidrBlock": "2001:db8::/56",
    "Ipv6IpamPoolId": "ipam-pool-1",
    "Ipv6NetmaskLength": "56",
    "Ipv6Pool": "pool",
}
# What the model gives a call and nothing here can make true, by the name on the wire, with a value that asks for it.
# What ModifyInstanceAttribute does not take, it says of an instance that is there: see test_api_instance.py.
NOT_SERVED = {
    "AllocateAddress": {
        "CustomerOwnedIpv4Pool": "ipv4pool-coip-1",
        "Domain": "standard",
        "IpamPoolId": "ipam-pool-1",
        "NetworkBorderGroup": "us-east-1-wl1-bos-wlz-1",
        "PublicIpv4Pool": "ipv4pool-ec2-1",
    },
    "AssociateNatGatewayAddress": {"AvailabilityZone": "us-east-1a", "AvailabilityZoneId": "use1-az1"},
    "AssociateRouteTable": {"GatewayId": "igw-00000000000000000", "PublicIpv4Pool": "pool"},
    "AssociateSubnetCidrBlock": {"Ipv6IpamPoolId": "ipam-pool-1", "Ipv6NetmaskLength": "64"},
    "AssociateVpcCidrBlock": VPC_BLOCKS,
    "AttachNetworkInterface": {"EnaQueueCount": "2", "EnaSrdSpecification.EnaSrdEnabled": "true"},
    "CreateNatGateway": {
        "AvailabilityMode": "regional",
        "AvailabilityZoneAddress.1.AvailabilityZone": "us-east-1a",
        "VpcId": "vpc-00000000000000000",
    },
    "CreateNetworkInterface": {
        "ConnectionTrackingSpecification.UdpTimeout": "30",
        "EnablePrimaryIpv6": "true",
        "InterfaceType": "efa",
        "Operator.Principal": "p",
    },
    "CreateRoute": ROUTE_TARGETS,
    "CreateSubnet": {
        "Ipv4IpamPoolId": "ipam-pool-1",
        "Ipv4NetmaskLength": "24",
        "Ipv6IpamPoolId": "ipam-pool-1",
        "Ipv6NetmaskLength": "64",
        "OutpostArn": "arn:aws:outposts:us-east-1:1:outpost/op-1",
    },
    "CreateVpc": {**VPC_BLOCKS, "InstanceTenancy": "dedicated", "VpcEncryptionControl.Mode": "monitor"},
    "ModifyNetworkInterfaceAttribute": {
        "AssociatedSubnetId.1": "subnet-00000000000000000",
        "ConnectionTrackingSpecification.UdpTimeout": "30",
        "EnaSrdSpecification.EnaSrdEnabled": "true",
        "EnablePrimaryIpv6": "true",
    },
    "ModifySubnetAttribute": {
        "CustomerOwnedIpv4Pool": "pool",
        "DisableLniAtDeviceIndex.Value": "true",
        "EnableLniAtDeviceIndex": "1",
    },
    "ReplaceRoute": ROUTE_TARGETS,
    "RunInstances": {
        "AdditionalInfo": "x",
        "BlockDeviceMapping.1.DeviceName": "/dev/sda1",
        "CapacityReservationSpecification.CapacityReservationPreference": "none",
        "CpuOptions.CoreCount": "1",
        "CreditSpecification.CpuCredits": "standard",
        "EbsOptimized": "true",
        "ElasticGpuSpecification.1.Type": "eg1.medium",
        "ElasticInferenceAccelerator.1.Type": "eia1.medium",
        "EnablePrimaryIpv6": "true",
        "EnclaveOptions.Enabled": "true",
        "HibernationOptions.Configured": "true",
        "IamInstanceProfile.Name": "p",
        "InstanceMarketOptions.MarketType": "spot",
        "KernelId": "aki-1",
        "LaunchTemplate.LaunchTemplateName": "t",
        "LicenseSpecification.1.LicenseConfigurationArn": "arn:aws:x",
        "MaintenanceOptions.AutoRecovery": "default",
        "Monitoring.Enabled": "true",
        "NetworkPerformanceOptions.BandwidthWeighting": "vpc-1",
        "Operator.Principal": "p",
        "RamdiskId": "ari-1",
        "SecondaryInterface.1.DeviceIndex": "1",
    },
    "StartInstances": {"AdditionalInfo": "x"},
    "StopInstances": {"Hibernate": "true", "SkipOsShutdown": "true"},
    "TerminateInstances": {"SkipOsShutdown": "true"},
}
# What a request says that is no part of what it asks for.
SHARED = {"DryRun", "NextToken", "MaxResults", "Filters", "Filter"}


def wire_name(name, shape):
    """The name of a member on the wire, by the rule of EC2's protocol."""
    if "queryName" in shape.serialization:
        return shape.serialization["queryName"]
    location = shape.serialization.get("name", name)
    return location[0].upper() + location[1:]


def plausible(shape, name):
    """Parameters that give a member a value, of those that its shape allows."""
    kind = shape.type_name
    if kind == "structure":
        # Of a structure the required members, or else the first.
        chosen = shape.required_members or list(shape.members)[:1]
        return {key: value for it in chosen for key, value in plausible(shape.members[it], f"{name}.{wire_name(it, shape.members[it])}").items()}
    if kind == "list":
        return plausible(shape.member, f"{name}.1")
    enum = getattr(shape, "enum", None)
    return {name: enum[0] if enum else {"boolean": "true", "integer": "1", "long": "1", "double": "1", "float": "1", "blob": "eA==", "timestamp": "2026-11-22T00:00:00.000Z"}.get(kind, "x")}


def required(action):
    """Parameters without which the call is refused at once."""
    shape = model.SERVICE.operation_model(action).input_shape
    return {key: value for it in shape.required_members for key, value in plausible(shape.members[it], wire_name(it, shape.members[it])).items()}


@pytest.mark.parametrize("action", sorted(model.SERVED))
def test_no_member_of_the_model_is_unknown_or_brings_the_server_down(shared, action):
    members = model.SERVICE.operation_model(action).input_shape.members
    with untouched(shared.ec2):
        for name, shape in members.items():
            given = {**required(action), **plausible(shape, wire_name(name, shape))}
            form = {"Action": action, "Version": VERSION, **({} if name == "DryRun" or "DryRun" not in members else {"DryRun": "true"}), **given}
            if "DryRun" not in members and action not in ("DescribeHosts",):
                # It cannot be tried, so it is given nothing that is there.
                form |= {it: "nonsense" for it in ("SubnetId", "VpcId", "NetworkInterfaceId") if it in members}
            answer = call(shared, body=urlencode(form).encode())
            assert answer.status < 500 and answer.code != "InternalError", f"{name}: {answer}"
            assert answer.code != "UnknownParameter", f"{action} does not know {name}: {answer}"
            if answer.status != 200:
                answer.is_refusal()


@pytest.mark.parametrize("action", sorted(NOT_SERVED))
def test_what_is_not_served_is_refused_by_its_name(shared, action):
    with untouched(shared.ec2):
        for name, value in NOT_SERVED[action].items():
            form = {"Action": action, "Version": VERSION, **required(action), name: value}
            answer = call(shared, body=urlencode(form).encode()).is_refusal("UnsupportedOperation", 400)
            assert name.partition(".")[0] in answer.text("Message"), f"the refusal does not name {name}: {answer}"


# What they ask for cannot be: the gateway that they name is of a kind that is not realised.
NEVER_RIGHT = {"DisableVgwRoutePropagation", "EnableVgwRoutePropagation"}


@pytest.fixture
def all_have_run(request):
    """What counts below is what the tests of the API called in this run."""
    here = Path(__file__).parent
    run = {Path(str(it.path)).name for it in request.session.items}
    missing = {it.name for it in here.glob("test_api_*.py")} - run
    assert not missing, f"this can be said only after {sorted(missing)} have run, too"


def test_every_operation_that_is_served_has_been_seen_to_succeed_and_to_fail(all_have_run):
    never_right = sorted(set(model.SERVED) - set(model.succeeded) - NEVER_RIGHT)
    never_wrong = sorted(set(model.SERVED) - set(model.refused))
    assert not never_right and not never_wrong, f"never seen to succeed: {never_right}; never seen to fail: {never_wrong}"


def served_codes():
    """The codes that the source has whole; those of what is not found and of malformed ids are made of parts."""
    source = (model.ROOT / "src/ec2/error.rs").read_text()
    body = re.search(r"pub fn code\(&self\).*?\n    }\n", source, re.DOTALL)[0]
    limits = re.search(r"impl Limit \{.*?\n}\n", source, re.DOTALL)[0]
    return set(re.findall(r'"([A-Z][A-Za-z.]+)"', body)) | set(re.findall(r'"([A-Z]\w+(?:Exceeded))"', limits))


def test_every_error_code_has_been_seen_or_is_said_never_to_be(all_have_run):
    seen = {code for _, code in model.codes}
    excused = frozenset().union(*NEVER.values())
    assert not (DOCUMENTED | UNLISTED) - seen, "never seen"
    assert not seen & excused, "seen all the same"
    unknown = {code for action, code in model.codes if action in model.SERVED} - DOCUMENTED - UNLISTED - OF_THE_PROTOCOL
    assert not unknown, f"in no table: {sorted(unknown)}"
    assert not served_codes() - DOCUMENTED - UNLISTED - OF_THE_PROTOCOL - excused, "served, and in no table"
    groups = [DOCUMENTED, UNLISTED, OF_THE_PROTOCOL, *NEVER.values()]
    assert sum(map(len, groups)) == len(frozenset().union(*groups)), "in two tables"
    protocol = (Path(__file__).parent / "test_protocol.py").read_text()
    assert not [it for it in OF_THE_PROTOCOL if f'"{it}"' not in protocol], "not seen by test_protocol.py"
