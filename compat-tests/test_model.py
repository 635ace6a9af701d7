"""The facts of EC2 that are pinned in api-models/ are those of the model that AWS publishes with botocore."""

import json
import subprocess
import sys
from email.utils import formatdate

import pytest

import model
from model import PINNED, ROOT, SERVED


def extract(*arguments, where=ROOT):
    command = [sys.executable, str(where / "api-models/extract.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_pinned_model_is_the_published_one():
    result = extract("--check")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_pinned_fact_that_is_not_the_published_one_is_noticed(tmp_path):
    (tmp_path / "src/ec2").mkdir(parents=True)
    (tmp_path / "api-models").mkdir()
    for name in ("src/ec2/operations.rs", "api-models/extract.py", "api-models/ec2.json"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    assert extract("--check", where=tmp_path).returncode == 0
    changed = json.loads(json.dumps(PINNED))
    changed["shapes"]["CreateVpcRequest"]["members"][0]["request"] += "x"
    (tmp_path / "api-models/ec2.json").write_text(json.dumps(changed, indent=1, sort_keys=True) + "\n")
    assert extract("--check", where=tmp_path).returncode == 1


def test_what_is_served_is_what_is_pinned():
    assert sorted(PINNED["operations"]) == sorted(SERVED)


# The reader of answers is itself put to the test: it sees no fault in a good answer, and every one of these.

GOOD = (
    "<DescribeSubnetsResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><requestId>r</requestId><subnetSet><item>"
    "<defaultForAz>true</defaultForAz><availableIpAddressCount>251</availableIpAddressCount><state>available</state>"
    "<subnetId>subnet-1</subnetId><tagSet><item><key>k</key><value/></item></tagSet></item></subnetSet>"
    "</DescribeSubnetsResponse>"
)
REFUSAL = (
    "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>m</Message></Error></Errors>"
    "<RequestID>r</RequestID></Response>"
)


def faults(text, status=200, action="DescribeSubnets", **headers):
    given = {"content-type": "text/xml;charset=UTF-8", "date": formatdate(usegmt=True), "x-amzn-requestid": "r"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return list(model.faults_of(action, status, given, text.encode()))


def test_a_good_answer_has_no_fault():
    assert faults(GOOD) == [] and faults(REFUSAL, 400) == []
    nothing = "<DeleteVpcResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><return>true</return><requestId>r</requestId></DeleteVpcResponse>"
    assert faults(nothing, action="DeleteVpc", x_culvert_revision="7") == []
    assert faults(nothing, action="DeleteVpc") == ["a write answers without x-culvert-revision"]
    assert faults(nothing.replace("<return>true</return>", ""), action="DeleteVpc", x_culvert_revision="7")


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("<state>available</state>", "<colour>red</colour>"),
        ("<state>available</state>", "<State>available</State>"),
        ("<state>available</state>", "<state>purple</state>"),
        ("<state>available</state>", "<state>available</state><state>available</state>"),
        ("<state>available</state>", "<state><x/></state>"),
        ("<state>available</state>", "<state a='b'>available</state>"),
        ("<defaultForAz>true</defaultForAz>", "<defaultForAz>True</defaultForAz>"),
        ("<defaultForAz>true</defaultForAz>", "<defaultForAz>1</defaultForAz>"),
        (">251<", ">251.0<"),
        (">251<", "><"),
        ("<state>available</state>", "<privateDnsNameOptionsOnLaunch/>"),
        ("<tagSet><item><key>k</key><value/></item></tagSet>", ""),
        ("<tagSet><item><key>k</key><value/></item></tagSet>", "<tagSet><member><key>k</key></member></tagSet>"),
        ("<tagSet>", "<tagSet>words"),
        ("<requestId>r</requestId>", ""),
        ("<requestId>r</requestId>", "<requestId>s</requestId>"),
        ("DescribeSubnetsResponse", "DescribeSubnetsResult"),
        ("2016-11-15", "2015-10-01"),
        ("</subnetSet>", ""),
    ],
)
def test_a_fault_in_an_answer_is_seen(right, wrong):
    assert right in GOOD and faults(GOOD.replace(right, wrong))


def test_a_list_that_is_left_out_and_a_time_of_another_form_are_seen():
    assert faults("<DescribeVpcsResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><requestId>r</requestId></DescribeVpcsResponse>", action="DescribeVpcs")
    hosts = "<DescribeHostsResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><requestId>r</requestId><hostSet><item><allocationTime>{}</allocationTime><tagSet/></item></hostSet></DescribeHostsResponse>"
    assert faults(hosts.format("2026-11-22T03:01:52.000Z"), action="DescribeHosts") == []
    for time in ("2026-11-22T03:01:52Z", "2026-11-22 03:01:52", "1795318978", "2026-11-22T03:01:52.000+00:00"):
        assert faults(hosts.format(time), action="DescribeHosts"), time


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("<Errors>", "<Errors><x/>"),
        ("Response>", "ErrorResponse>"),
        ("RequestID", "RequestId"),
        ("<Message>m</Message>", ""),
        ("<Message>m</Message>", "<Message/>"),
        ("InvalidVpcID.NotFound", "InternalError"),
        ("InvalidVpcID.NotFound", "not a code"),
    ],
)
def test_a_fault_in_a_refusal_is_seen(right, wrong):
    assert right in REFUSAL and faults(REFUSAL.replace(right, wrong), 400)


def test_a_fault_in_the_head_of_an_answer_is_seen():
    assert faults(REFUSAL, 500) and faults(REFUSAL, 503) and faults(REFUSAL, 302)
    for name, value in {"content_type": "text/xml", "date": "", "x_amzn_requestid": "other"}.items():
        assert faults(GOOD, **{name: value}), name
    assert faults(GOOD, date=formatdate(0, usegmt=True))
    assert faults("no xml") and faults("")
