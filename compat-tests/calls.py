"""Words for tests of the API: a call that is refused, a stretch in which nothing may change, pages, parallel calls."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

# Every kind of thing that an account has, as the API lists it: the call, and where its rows are.
EVERYTHING = {
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_route_tables": "RouteTables",
    "describe_network_acls": "NetworkAcls",
    "describe_internet_gateways": "InternetGateways",
    "describe_egress_only_internet_gateways": "EgressOnlyInternetGateways",
    "describe_security_groups": "SecurityGroups",
    "describe_security_group_rules": "SecurityGroupRules",
    "describe_network_interfaces": "NetworkInterfaces",
    "describe_addresses": "Addresses",
    "describe_nat_gateways": "NatGateways",
    "describe_instances": "Reservations",
    "describe_flow_logs": "FlowLogs",
    "describe_tags": "Tags",
}

NOBODYS = "0" * 17


def nobodys(prefix):
    """An id in the right form that belongs to nothing."""
    return f"{prefix}-{NOBODYS}"


def refused(code, call, /, **parameters):
    """Asserts that EC2 refuses the call with this code, and returns its sentence."""
    with pytest.raises(ClientError) as caught:
        answer = call(**parameters)
        pytest.fail(f"not refused with {code}: {parameters}\n{answer}")
    error = caught.value.response["Error"]
    assert error["Code"] == code, f"{parameters}: {error}"
    return error["Message"]


def unsupported(name, call, /, **parameters):
    """Asserts that EC2 says of the parameter that it is not supported, by its name."""
    message = refused("UnsupportedOperation", call, **parameters)
    assert name in message, f"the refusal does not name {name}: {message}"


def everything(ec2):
    """All that the caller's account has."""
    return {call: getattr(ec2, call)()[rows] for call, rows in EVERYTHING.items()}


@contextmanager
def untouched(ec2):
    """Asserts that what happens inside leaves everything as it was."""
    before = everything(ec2)
    yield
    after = everything(ec2)
    for call, rows in before.items():
        assert after[call] == rows, f"{call} tells of a change"


def pages(call, rows, size, **parameters):
    """The pages of a Describe call, one after another."""
    token = None
    while True:
        more = {"NextToken": token} if token else {}
        answer = call(MaxResults=size, **parameters, **more)
        token = answer.get("NextToken")
        yield answer[rows]
        if not token:
            return


def at_once(count, call):
    """Calls `call(0)`, `call(1)`, … from as many threads, and returns what each returned or raised."""

    def outcome(number):
        try:
            return call(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(outcome, range(count)))


def filters(**given):
    """Filters as boto3 wants them: `filters(vpc_id=…)` is the filter `vpc-id`."""
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return [{"Name": name, "Values": [value] if isinstance(value, str) else value} for name, value in named.items()]


def by(name, *values):
    """One filter, for names that are no words of Python."""
    return [{"Name": name, "Values": list(values)}]


def tags(kind, **given):
    """Tag specifications for something that is being made."""
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in given.items()]}]
