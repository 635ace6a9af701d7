"""Every parameter of every operation, spoiled one at a time in a call that is valid, is refused with EC2's own code.

What can be spoiled is read from botocore's model; which code tells of it, from EC2's list of error codes, in the tables
here. Where a parameter has another code than its like, the exception stands in a table of its own with its reason.
"""

import http.client
import ipaddress
import re
from typing import NamedTuple

import botocore.serialize
import pytest

import model
from calls import NOBODYS
from culvert import until
from rawhttp import send, signed
from test_api_whole import NOT_SERVED, plausible, wire_name
from valid import Account, valid

VALUE = "InvalidParameterValue"
MISSING = "MissingParameter"
SERIALIZER = botocore.serialize.create_serializer("ec2", include_validation=False)
ID = re.compile(r"([a-z-]+)-[0-9a-z]{17}")
# By what an id begins with: the code of one that is malformed, and of one that is nobody's or another account's.
CODES = {
    "acl": ("InvalidNetworkAclId.Malformed", "InvalidNetworkAclID.NotFound"),
    "aclassoc": ("InvalidAssociationID.Malformed", "InvalidAssociationID.NotFound"),
    "ami": ("InvalidAMIID.Malformed", "InvalidAMIID.NotFound"),
    "dopt": ("InvalidDhcpOptionsId.Malformed", "InvalidDhcpOptionID.NotFound"),
    "eigw": ("InvalidEgressOnlyInternetGatewayId.Malformed", "InvalidGatewayID.NotFound"),
    "eipalloc": ("InvalidAllocationID.Malformed", "InvalidAllocationID.NotFound"),
    "eipassoc": ("InvalidAssociationID.Malformed", "InvalidAssociationID.NotFound"),
    "eni": ("InvalidNetworkInterfaceId.Malformed", "InvalidNetworkInterfaceID.NotFound"),
    "eni-attach": ("InvalidNetworkInterfaceAttachmentId.Malformed", "InvalidAttachmentID.NotFound"),
    "fl": ("InvalidFlowLogId.Malformed", "InvalidFlowLogId.NotFound"),
    "h": ("InvalidHostID.Malformed", "InvalidHostID.NotFound"),
    "i": ("InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound"),
    "igw": ("InvalidInternetGatewayId.Malformed", "InvalidInternetGatewayID.NotFound"),
    "key": ("InvalidKeyPair.Malformed", "InvalidKeyPair.NotFound"),
    "nat": ("NatGatewayMalformed", "NatGatewayNotFound"),
    "nia": ("InvalidNetworkInsightsAnalysisId.Malformed", "InvalidNetworkInsightsAnalysisId.NotFound"),
    "nip": ("InvalidNetworkInsightsPathId.Malformed", "InvalidNetworkInsightsPathId.NotFound"),
    "pcx": ("InvalidVpcPeeringConnectionId.Malformed", "InvalidVpcPeeringConnectionID.NotFound"),
    "pl": ("InvalidPrefixListId.Malformed", "InvalidPrefixListID.NotFound"),
    "rtb": ("InvalidRouteTableId.Malformed", "InvalidRouteTableID.NotFound"),
    "rtbassoc": ("InvalidAssociationID.Malformed", "InvalidAssociationID.NotFound"),
    "scr": ("InvalidSubnetCidrReservationID.Malformed", "InvalidSubnetCidrReservationID.NotFound"),
    "sg": ("InvalidGroupId.Malformed", "InvalidGroup.NotFound"),
    "sgr": ("InvalidSecurityGroupRuleId.Malformed", "InvalidSecurityGroupRuleId.NotFound"),
    "subnet": ("InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound"),
    "subnet-cidr-assoc": ("InvalidSubnetCidrBlockAssociationId.Malformed", "InvalidSubnetCidrBlockAssociationID.NotFound"),
    "vgw": ("InvalidGatewayID.Malformed", "InvalidGatewayID.NotFound"),
    "vol": ("InvalidVolumeID.Malformed", "InvalidVolume.NotFound"),
    "vpc": ("InvalidVpcID.Malformed", "InvalidVpcID.NotFound"),
    "vpc-cidr-assoc": ("InvalidVpcCidrBlockAssociationId.Malformed", "InvalidVpcCidrBlockAssociationID.NotFound"),
    "vpcbpa-exclude": ("InvalidVpcBlockPublicAccessExclusionId.Malformed", "InvalidVpcBlockPublicAccessExclusionId.NotFound"),
}
# What no value of a type looks like.
NO_VALUE = {
    "boolean": ["maybe", "TRUE "],
    "integer": ["many", "1.5", str(2**31), " 1"],
    "long": ["many", "1.5", str(2**63)],
    "double": ["many", "nan"],
    "float": ["many", "nan"],
    "timestamp": ["yesterday", "2026-13-01T00:00:00Z"],
    "blob": ["*"],
}
NO_ADDRESS = ["nonsense", "10.0.0.256", "10.0.0.0/33", "2001:db8::/129", "1::2::3"]
NO_ACCOUNT = ["nonsense", "1234", "12345678901x"]
NO_ZONE = ["nonsense", "us-east-1z", "use1-az9"]

# The codes with which calls are refused that have nothing wrong, by the operation and which of its calls it is.
NEVER_CARRIED_OUT = {
    # The account has one, since every account begins with one.
    ("CreateDefaultVpc", 0): "DefaultVpcAlreadyExists",
    # Nobody has a volume, or a prefix list of AWS's services.
    ("DescribePrefixLists", 1): "InvalidPrefixListId.NotFound",
    ("DescribeVolumes", 1): "InvalidVolume.NotFound",
    # Virtual private gateways are not served.
    ("DisableVgwRoutePropagation", 0): "UnsupportedOperation",
    ("EnableVgwRoutePropagation", 0): "UnsupportedOperation",
}


class Other(NamedTuple):
    """Parameters for which EC2 has another code than for their like."""

    # As `Operation.Parameter`, the parameter as it is on the wire.
    places: set
    # What is wrong with them, and the code that says so; nothing where the call is right all the same.
    faults: set
    code: str | set | None
    why: str


WRONG = {"malformed", "nobody's", "another's"}
UNKNOWN = {"nobody's", "another's"}
ROUTES = {"CreateRoute", "ReplaceRoute"}
AUTHORIZE = {"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"}


def places(operations, *members):
    return {f"{operation}.{member}" for operation in operations for member in members}


EXCEPTIONS = [
    Other(
        places(ROUTES, "GatewayId", "EgressOnlyInternetGatewayId"),
        WRONG,
        "InvalidGatewayID.NotFound",
        "a route takes gateways of many kinds, and an id that is none's is not found",
    ),
    Other(
        places(ROUTES, "NatGatewayId"),
        WRONG,
        "InvalidNatGatewayID.NotFound",
        "so it is with a route's NAT gateway, whose code is another than that of a NAT gateway by itself",
    ),
    Other({"DeleteRoute.DestinationPrefixListId"}, UNKNOWN, "InvalidRoute.NotFound", "it is the route that is not found"),
    Other({"ReplaceRoute.DestinationPrefixListId"}, UNKNOWN, VALUE, "EC2 says that there is no such route to replace"),
    Other({"CreateTags.ResourceId.1", "DeleteTags.ResourceId.1"}, {"malformed"}, "InvalidID", "EC2's code for an id of something to be tagged"),
    Other({"DeleteTags.ResourceId.1"}, UNKNOWN, None, "tags that are not there are no error"),
    Other({"DeleteKeyPair.KeyPairId"}, UNKNOWN, None, "EC2 takes a key pair that is not there for deleted"),
    Other({"DescribeEgressOnlyInternetGateways.EgressOnlyInternetGatewayId.1", "DescribeFlowLogs.FlowLogId.1"}, UNKNOWN, None, "EC2 answers an empty list"),
    Other({"CreateFlowLogs.ResourceId.1"}, UNKNOWN, None, "the answer says of each resource whether it has a flow log now"),
    Other({"CreateVpcPeeringConnection.PeerVpcId"}, UNKNOWN, None, "the connection is made, and fails"),
    Other(
        {"DeleteDhcpOptions.DhcpOptionsId"}, UNKNOWN, "InvalidDhcpOptionsID.NotFound", "EC2 spells it so in this call only, and Terraform matches it"
    ),
    Other({"DescribePrefixLists.PrefixListId.1"}, UNKNOWN, "InvalidPrefixListId.NotFound", "EC2 spells it so in this call only"),
    Other(
        places({"CreateNatGateway"}, "AllocationId", "SecondaryAllocationId.1") | {"AssociateNatGatewayAddress.AllocationId.1"},
        {"malformed"},
        "InvalidElasticIpID.Malformed",
        "the code of an Elastic IP that a NAT gateway is to have",
    ),
    Other(
        places({"CreateNatGateway"}, "AllocationId", "SecondaryAllocationId.1") | {"AssociateNatGatewayAddress.AllocationId.1"},
        UNKNOWN,
        "InvalidElasticIpID.NotFound",
        "the code of an Elastic IP that a NAT gateway is to have",
    ),
    Other(
        places({"AssociateAddress", "DisassociateAddress", "ReleaseAddress"}, "PublicIp") | {"DescribeAddresses.PublicIp.1"},
        {"no address"},
        "InvalidAddress.Malformed",
        "the code of a public address",
    ),
    Other({"DescribeInstanceTypes.InstanceType.1"}, {"no value"}, "InvalidInstanceType", "the code of an instance type"),
    Other(
        places({"DisableVgwRoutePropagation", "EnableVgwRoutePropagation"}, "GatewayId"),
        UNKNOWN,
        "UnsupportedOperation",
        "virtual private gateways are not served",
    ),
    Other(
        places({"DisableVgwRoutePropagation", "EnableVgwRoutePropagation"}, "GatewayId"),
        {"malformed"},
        {"InvalidGatewayID.NotFound", "UnsupportedOperation"},
        "it is not said of all that is no id of such a gateway",
    ),
    Other(
        {"RunInstances.ElasticInferenceAccelerator.1.Count"}, {"out of range"}, "UnsupportedOperation", "accelerators are not served, however many"
    ),
    Other(
        places(AUTHORIZE, "IpPermissions.1.Groups.1.UserId", "IpPermissions.1.Groups.1.VpcId"),
        {*WRONG, "no account"},
        "InvalidGroup.NotFound",
        "there is no such group with this owner or in this VPC",
    ),
    Other(
        places(AUTHORIZE, "IpPermissions.1.Groups.1.VpcPeeringConnectionId"),
        WRONG,
        VALUE,
        "it only says how the VPC of the group is reached, which must be true",
    ),
    Other(
        places({"CreateNetworkInsightsPath"}, "Source", "Destination"),
        {"malformed"},
        {"InvalidNetworkInterfaceId.Malformed", "UnsupportedOperation"},
        "a path takes ends of many kinds, and what is of no kind that is served is not supported",
    ),
]
# Members that name things and yet stand in no valid call, by the name and the operations.
UNSPOILED = {
    "Address": ({"AllocateAddress"}, "chance decides which addresses are free; test_api_addresses.py names one that it has given back"),
    "SourceSecurityGroupOwnerId": (set(), "only groups of EC2-Classic were named so; test_api_security_group.py"),
    "CidrIp": ({"RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"}, "the short form of the permissions that are spoiled"),
    "UserId": (set(), "what is to be revoked or described is found by the group's id, which is spoiled"),
    "VpcId": (set(), "what is to be revoked or described is found by the group's id, which is spoiled"),
    "VpcPeeringConnectionId": (set(), "what is to be revoked or described is found by the group's id, which is spoiled"),
    "VolumeId": ({"ModifyInstanceAttribute"}, "block devices are not supported: test_api_instance.py"),
    "AvailabilityZoneId": ({"RunInstances"}, "test_api_instance.py"),
    "GroupId": ({"RunInstances"}, "placement groups are not supported: test_api_instance.py"),
    "SecurityGroup": ({"RunInstances"}, "a name, which is whatever one likes"),
}
# Codes other than that of a missing parameter for what a call cannot go without, by the operation and the parameter.
LEFT_OUT = {
    # A rule has no protocol or ports then, and EC2 says what is wrong with such a rule.
    ("AuthorizeSecurityGroupIngress", "IpProtocol"): {VALUE},
    ("AuthorizeSecurityGroupIngress", "FromPort"): {VALUE},
    ("AuthorizeSecurityGroupIngress", "ToPort"): {VALUE},
    ("AuthorizeSecurityGroupEgress", "IpProtocol"): {VALUE},
    ("AuthorizeSecurityGroupEgress", "FromPort"): {VALUE},
    ("AuthorizeSecurityGroupEgress", "ToPort"): {VALUE},
    # The destination is then of another type than it says, or missing, of which this is EC2's code.
    ("CreateFlowLogs", "LogDestinationType"): {"InvalidParameter"},
    ("CreateFlowLogs", "LogDestination"): {"InvalidParameter"},
    # To change nothing is a combination of parameters that makes no sense.
    ("ModifyInstanceAttribute", "DisableApiStop"): {"InvalidParameterCombination"},
    ("ModifyInstanceAttribute", "Groups"): {"InvalidParameterCombination"},
    ("ModifyInstanceMetadataOptions", "HttpTokens"): {"InvalidParameterCombination"},
    ("ModifyNetworkInterfaceAttribute", "Groups"): {"InvalidParameterCombination"},
    ("ModifyNetworkInterfaceAttribute", "Attachment"): {"InvalidParameterCombination"},
    ("ResetNetworkInterfaceAttribute", "SourceDestCheck"): {"InvalidParameterCombination"},
    # The instance is then in a default subnet, to which its group and its addresses do not fit.
    ("RunInstances", "SubnetId"): {"InvalidParameter", VALUE},
}
NAMES = re.compile(r"Ids?|.*(Id|Cidr|Cidrs|Ip|CidrBlock|Address|Ipv[46]Prefix|Ipv[46]|SecurityGroup)")


def form_of(action, parameters):
    """The call as it goes over the wire."""
    return SERIALIZER.serialize_to_request(parameters, model.SERVICE.operation_model(action))["body"]


def leaves(shape, name="", seen=()):
    """The scalar members at all depths, each as its name on the wire in a first element of lists, and its shape."""
    if shape.type_name == "structure":
        if shape.name not in seen:
            for key, member in shape.members.items():
                yield from leaves(member, f"{name}.{wire_name(key, member)}".lstrip("."), (*seen, shape.name))
    elif shape.type_name == "list":
        yield from leaves(shape.member, f"{name}.1", seen)
    else:
        yield name, shape


def without_required(shape, value, top=True):
    """Copies of a value that each lack one member that the model requires, with that member's name."""
    if shape.type_name == "structure":
        for key in value:
            # What is left of a structure without members is not on the wire at all.
            if key in shape.required_members and (top or len(value) > 1):
                yield wire_name(key, shape.members[key]), {name: it for name, it in value.items() if name != key}
            for name, spoiled in without_required(shape.members[key], value[key], False):
                yield name, {**value, key: spoiled}
    elif shape.type_name == "list":
        for at, element in enumerate(value):
            for name, spoiled in without_required(shape.member, element, False):
                yield name, [*value[:at], spoiled, *value[at + 1 :]]


def spoiled(action, calls, others):
    """The valid calls of an operation, each with one parameter spoiled.

    Each is what is wrong with it, the parameter, the form, and the code that says so; `others` are the same calls as
    another account would make them.
    """
    shape = model.SERVICE.operation_model(action).input_shape
    for parameters in calls:
        for name, rest in without_required(shape, parameters):
            yield "missing", name, form_of(action, rest), MISSING
    base = form_of(action, calls[0])
    for name, leaf in leaves(shape):
        top = name.partition(".")[0]
        member = next(it for key, it in shape.members.items() if wire_name(key, it) == top)
        around = {} if top in {it.partition(".")[0] for it in base} else plausible(member, top)
        wrong = ["no-such-value"] if getattr(leaf, "enum", None) else NO_VALUE.get(leaf.type_name, [])
        for value in wrong:
            yield "no value", name, {**base, **around, name: value}, VALUE
        for end, step in (("min", -1), ("max", 1)):
            if leaf.type_name in ("integer", "long") and end in leaf.metadata:
                yield "out of range", name, {**base, **around, name: leaf.metadata[end] + step}, VALUE
    for parameters, foreign in zip(calls, others):
        form, theirs = form_of(action, parameters), form_of(action, foreign)
        for name, value in form.items():
            for what, wrong, code in spoiled_value(str(value), str(theirs[name])):
                yield what, name, {**form, name: wrong}, code
                # One that is right does not make up for it.
                if name.endswith(".1") and what == "nobody's":
                    yield what, name, {**form, f"{name[:-1]}2": wrong}, code


def spoiled_value(value, theirs):
    """What a value can be spoiled to, with what is wrong then and the code that says so."""
    if found := ID.fullmatch(value):
        malformed, missing = CODES[found[1]]
        for wrong in ("nonsense", f"{found[1]}-1", f"{found[1]}-{'g' * 17}", f"x{value}"):
            yield "malformed", wrong, malformed
        yield "nobody's", f"{found[1]}-{NOBODYS}", missing
        # An image and a host are everybody's.
        if theirs != value:
            yield "another's", theirs, missing
    elif re.fullmatch(r"\d{12}", value):
        yield from (("no account", wrong, VALUE) for wrong in NO_ACCOUNT)
    elif re.fullmatch(r"us-east-1[a-c]|use1-az\d", value):
        yield from (("no zone", wrong, VALUE) for wrong in NO_ZONE)
    elif is_address(value):
        yield from (("no address", wrong, VALUE) for wrong in NO_ADDRESS)


def is_address(value):
    """Whether a value is an address or a block of addresses."""
    try:
        return bool(ipaddress.ip_network(value, strict=False)) and not value.isdigit()
    except ValueError:
        return False


class Asker:
    """An account of whose things calls are made, on one connection."""

    def __init__(self, server, name):
        self.server, self.account = server, Account(server, name)
        self.keys, self.calls = server.keys_of(self.account.ec2), valid(self.account)
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def ask(self, form, **more):
        return send(self.server, signed(self.server, {**form, **more}, keys=self.keys), self.connection)

    def all(self):
        """All that the account has, as every call that lists something tells of it."""
        lists = [
            it for it in sorted(model.SERVED) if it.startswith("Describe") and not model.SERVICE.operation_model(it).input_shape.required_members
        ]
        return {it: re.sub(rb"<requestId>.*?</requestId>", b"", self.ask({"Action": it}).body) for it in lists}

    def settled(self):
        """The same, once two looks in a row are alike."""
        return until("nothing changes by itself", lambda: (now := self.all()) == self.all() and now)


@pytest.fixture(scope="module")
def mine(shared):
    return Asker(shared, "refusals")


@pytest.fixture(scope="module")
def theirs(shared):
    return Asker(shared, "strangers")


@pytest.fixture(scope="module")
def had(mine, theirs):
    """What both accounts had before anything was refused."""
    return {it: it.settled() for it in (mine, theirs)}


def exception(action, what, name):
    """The exception for what is wrong with a parameter, if there is one."""
    return next((it for it in EXCEPTIONS if f"{action}.{name}" in it.places and what in it.faults), None)


def dry(action):
    """What makes of a call of this operation one that is not carried out."""
    return {"DryRun": "true"} if "DryRun" in model.SERVICE.operation_model(action).input_shape.members else {}


def test_every_operation_has_valid_calls(mine):
    assert set(mine.calls) == set(model.SERVED)


@pytest.mark.parametrize("action", sorted(model.SERVED))
def test_a_valid_call_would_succeed_and_changes_nothing_where_it_is_only_tried(mine, had, action):
    for at, parameters in enumerate(mine.calls[action]):
        if dry(action) or model.SERVED[action] == "read":
            answer = mine.ask(form_of(action, parameters), **dry(action))
            expected = NEVER_CARRIED_OUT.get((action, at), "DryRunOperation" if dry(action) else None)
            assert answer.code == expected, f"{parameters}: {answer}"
            assert answer.status == {"DryRunOperation": 412, None: 200}.get(expected, 400), answer


@pytest.mark.parametrize("action", sorted(model.SERVED))
def test_every_parameter_that_is_spoiled_is_refused_with_its_code(mine, theirs, had, action):
    faults = []
    for what, name, form, code in spoiled(action, mine.calls[action], theirs.calls[action]):
        other = exception(action, what, name)
        expected = other.code if other else code
        # What is right all the same is only tried.
        answer = mine.ask(form, **(dry(action) if expected is None else {}))
        got = answer.code if answer.code != "DryRunOperation" else None
        if got not in (expected if isinstance(expected, set) else {expected}):
            faults.append(f"{what}: {name}={form.get(name)}: {expected} expected, {answer.code}: {answer.text('Message')}")
        elif got:
            answer.is_refusal()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("action", sorted(it for it in model.SERVED if dry(it) or model.SERVED[it] == "read"))
def test_what_a_call_may_leave_out_it_need_not_have_or_is_said_to_be_missing(mine, had, action):
    shape, faults = model.SERVICE.operation_model(action).input_shape, []
    for at, parameters in enumerate(mine.calls[action]):
        for left in sorted(set(parameters) - set(shape.required_members)):
            rest = {name: value for name, value in parameters.items() if name != left}
            answer = mine.ask(form_of(action, rest), **dry(action))
            allowed = {MISSING, "DryRunOperation", None, NEVER_CARRIED_OUT.get((action, at)), *LEFT_OUT.get((action, left), ())}
            if answer.code not in allowed:
                faults.append(f"without {left}: {answer.code}: {answer.text('Message')}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("action", sorted(model.SERVED))
def test_a_parameter_that_nobody_knows_is_refused(mine, had, action):
    mine.ask(form_of(action, mine.calls[action][0]), Colour="red").is_refusal("UnknownParameter", 400)


def test_more_and_longer_values_of_filters_than_a_request_may_have_are_refused(mine):
    def ask(*lengths, size=1):
        """Asks with as many values of each filter, of so many characters."""
        names = {f"Filter.{number}.Name": "tag:Name" for number in range(1, len(lengths) + 1)}
        values = {f"Filter.{number}.Value.{at}": "ü" * size for number, length in enumerate(lengths, 1) for at in range(1, length + 1)}
        return mine.ask({"Action": "DescribeVpcs"}, **names, **values)

    for lengths in ((200,), (100, 100), (4,) * 50):
        assert ask(*lengths, size=255).status == 200
    for lengths, what in (((201,), "filter values"), ((100, 101), "filter values"), ((1,) * 51, "filters")):
        answer = ask(*lengths)
        answer.is_refusal("FilterLimitExceeded", 400)
        assert answer.text("Message").startswith(f"The maximum number of {what} specified on a single call is ")
    answer = ask(1, size=256)
    answer.is_refusal("FilterLimitExceeded", 400)
    assert answer.text("Message") == "The maximum length for a filter value is 255 characters"


# Of these operations AWS documents that a page is not asked for together with ids.
@pytest.mark.parametrize(
    "action", ["DescribeHosts", "DescribeInstanceCreditSpecifications", "DescribeInstanceStatus", "DescribeInstances", "DescribeNetworkInterfaces"]
)
def test_a_page_of_what_is_named_is_refused(mine, action):
    mine.ask(form_of(action, mine.calls[action][-1]), MaxResults="5").is_refusal("InvalidParameterCombination", 400)


def test_none_of_all_this_has_changed_anything(had):
    for asker, before in had.items():
        after = asker.settled()
        assert [it for it in before if before[it] != after[it]] == []


def test_whatever_names_something_is_spoiled_or_said_why_not(mine):
    faults, unused = [], set(UNSPOILED)
    for action, calls in mine.calls.items():
        present = {re.sub(r"\.\d+", ".1", name) for parameters in calls for name in form_of(action, parameters)}
        refused = {it.partition(".")[0] for it in NOT_SERVED.get(action, ())}
        for name, leaf in leaves(model.SERVICE.operation_model(action).input_shape):
            last = re.sub(r"(\.1)+$", "", name).rpartition(".")[2]
            if leaf.type_name != "string" or getattr(leaf, "enum", None) or not NAMES.fullmatch(last):
                continue
            operations, _ = UNSPOILED.get(last, (None, None))
            if name in present or name.partition(".")[0] in refused:
                continue
            if operations is None or (operations and action not in operations):
                faults.append(f"{action}.{name}")
            unused.discard(last)
    assert not faults and not unused, f"in no valid call: {faults}; exceptions of nothing: {unused}"


def test_every_exception_is_one(mine, theirs):
    usual = {
        (f"{action}.{name}", what): code for action in mine.calls for what, name, _, code in spoiled(action, mine.calls[action], theirs.calls[action])
    }
    stale = [place for it in EXCEPTIONS for place in it.places if all(usual.get((place, what), it.code) == it.code for what in it.faults)]
    assert not stale, f"no exceptions any more: {stale}"
