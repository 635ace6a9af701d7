"""Every parameter of every operation, spoiled one at a time in a call that is valid, is refused with EC2's own code.

What can be spoiled is read from botocore's model; which code tells of it is EC2's list of error codes, in the tables
here. Where EC2 has another code than the tables', the exception stands in a table of its own with its reason.
"""

import copy
import http.client
import ipaddress
import re

import botocore.serialize
import pytest

import model
from calls import NOBODYS, everything
from rawhttp import VERSION, call
from test_api_whole import plausible, wire_name
from valid import Account, valid

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
    "vpc": ("InvalidVpcID.Malformed", "InvalidVpcID.NotFound"),
    "vpc-cidr-assoc": ("InvalidVpcCidrBlockAssociationId.Malformed", "InvalidVpcCidrBlockAssociationID.NotFound"),
    "vpcbpa-exclude": ("InvalidVpcBlockPublicAccessExclusionId.Malformed", "InvalidVpcBlockPublicAccessExclusionId.NotFound"),
}
# What no value of a type looks like.
NO_VALUE = {
    "boolean": ["maybe", "TRUE "],
    "integer": ["many", "1.5", str(2**31), """ 1"""],
    "long": ["many", "1.5", str(2**63)],
    "double": ["many", "nan"],
    "float": ["many", "nan"],
    "timestamp": ["yesterday", "2026-13-01T00:00:00Z"],
    "blob": ["*"],
}
VALUE = "InvalidParameterValue"
SERIALIZER = botocore.serialize.create_serializer("ec2", include_validation=False)
EXCEPTIONS = {}


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
    """What is wrong with the valid calls of an operation once a parameter is spoiled.

    Each is what is wrong, the parameter, the form, and the code that tells of it; `others` are the calls of another account.
    """
    shape = model.SERVICE.operation_model(action).input_shape
    for parameters in calls:
        for name, rest in without_required(shape, parameters):
            yield "missing", name, form_of(action, rest), "MissingParameter"
    base = form_of(action, calls[0])
    for name, leaf in leaves(shape):
        top = name.partition(".")[0]
        member = next(it for key, it in shape.members.items() if wire_name(key, it) == top)
        around = {} if top in {it.partition(".")[0] for it in base} else plausible(member, top)
        wrong = ["no-such-value"] if getattr(leaf, "enum", None) else NO_VALUE.get(leaf.type_name, [])
        if leaf.type_name in ("integer", "long"):
            bounds = leaf.metadata
            wrong = wrong + [str(bounds[end] + by) for end, by in (("min", -1), ("max", 1)) if end in bounds]
        for value in wrong:
            yield "no value", name, {**base, **around, name: value}, VALUE
    for parameters, foreign in zip(calls, others):
        form, theirs = form_of(action, parameters), form_of(action, foreign)
        for name, value in form.items():
            found = ID.fullmatch(str(value))
            if found:
                malformed, missing = CODES[found[1]]
                for wrong in ("nonsense", f"{found[1]}-1", f"{found[1]}-{'g' * 17}", f"x{value}"):
                    yield "malformed", name, {**form, name: wrong}, malformed
                yield "nobody's", name, {**form, name: f"{found[1]}-{NOBODYS}"}, missing
                if theirs[name] != value:
                    yield "another's", name, {**form, name: theirs[name]}, missing
            elif is_address(value):
                for wrong in ("nonsense", "10.0.0.256", "10.0.0.0/33", "2001:db8::/129", "1::2::3"):
                    yield "no address", name, {**form, name: wrong}, VALUE


def is_address(value):
    """Whether a value is an address or a block of addresses."""
    try:
        return bool(ipaddress.ip_network(str(value), strict=False)) and not str(value).isdigit()
    except ValueError:
        return False
