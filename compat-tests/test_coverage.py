"""What the README says of EC2's operations is true of the server: each is served, or refused by its name."""

import subprocess
import sys
from urllib.parse import urlencode

import pytest

import coverage
import model
from calls import untouched
from rawhttp import VERSION, call
from test_api_whole import required

UNSUPPORTED = sorted(set(model.SERVICE.operation_names) - set(model.SERVED))


def ask(server, action):
    """Calls an operation with what its model requires, in vain, and as a trial where it can be tried."""
    trial = {"DryRun": "true"} if "DryRun" in model.SERVICE.operation_model(action).input_shape.members else {}
    return call(server, body=urlencode({"Action": action, "Version": VERSION, **required(action), **trial}).encode())


def test_every_operation_of_ec2_is_one_of_a_network_or_known_not_to_be():
    assert coverage.unclassified() == []


def test_the_table_in_the_readme_is_up_to_date():
    command = [sys.executable, str(model.ROOT / "compat-tests/coverage.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


def test_an_old_table_is_noticed(monkeypatch, tmp_path):
    old = tmp_path / "README.md"
    old.write_text(coverage.README.read_text().replace(" CreateVpc ", " "))
    monkeypatch.setattr(coverage, "README", old)
    assert coverage.written() != old.read_text()
    old.write_text(coverage.written())
    assert coverage.written() == old.read_text()


@pytest.mark.parametrize("action", sorted(model.SERVED))
def test_what_the_readme_calls_served_is_served(shared, action):
    with untouched(shared.ec2):
        answer = ask(shared, action)
    # What is not supported may be a value that the call had to have.
    unsupported = answer.code == "UnsupportedOperation" and action in answer.text("Message")
    assert answer.code != "InvalidAction" and not unsupported, answer


def test_what_the_readme_calls_refused_is_refused_by_its_name(shared):
    with untouched(shared.ec2):
        for action in UNSUPPORTED:
            answer = ask(shared, action).is_refusal("UnsupportedOperation", 400)
            assert action in answer.text("Message"), f"the refusal does not name {action}: {answer}"


@pytest.mark.parametrize("action", ["CreateVpcs", "createVpc", "DescribeVpc", "Vpc", "CreateVpc ", "DeleteEverything"])
def test_what_ec2_does_not_know_is_no_action(shared, action):
    call(shared, body=urlencode({"Action": action, "Version": VERSION}).encode()).is_refusal("InvalidAction", 400)
