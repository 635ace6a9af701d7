"""Ansible's collection amazon.aws, unmodified: a playbook that makes a VPC changes nothing when it is run again, and
another one takes all away."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks import everything, ids
from test_terraform import lacking

PLAYBOOKS = Path(__file__).parent / "ansible"
# Generous: each task starts a Python of its own, and two cores may be at other things.
PLAYBOOK_SECONDS = 600


class Ansible:
    """Ansible in an account of its own."""

    def __init__(self, server, home):
        self.program = Path(sys.executable).parent / "ansible-playbook"
        if not self.program.exists():
            lacking("Ansible is missing: `make test` installs it")
        made = json.loads(server.culvert("account", "create", "ansible").stdout)
        keys = made["AccessKeyId"], made["SecretAccessKey"]
        self.ec2 = server.client("ec2", keys=keys)
        self.environment = {
            **server.shell_environment(),
            "AWS_ACCESS_KEY_ID": keys[0],
            "AWS_SECRET_ACCESS_KEY": keys[1],
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            # Python's own libraries are those of the tests, also for the modules.
            "PATH": f"{self.program.parent}:{os.environ['PATH']}",
        }

    def play(self, name):
        """Runs a playbook and returns the names of the tasks that changed something."""
        command = [str(self.program), "--inventory", "localhost,", "--connection", "local", str(PLAYBOOKS / f"{name}.yaml")]
        command += ["--extra-vars", json.dumps({"ansible_python_interpreter": sys.executable})]
        result = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PLAYBOOK_SECONDS)
        said = result.stdout[max(result.stdout.find("{"), 0) :]
        try:
            told = json.loads(said)
        except ValueError:
            raise AssertionError(f"{name}: {said[-3000:]}{result.stderr[-3000:]}") from None
        tasks = [(it["task"]["name"], it["hosts"].get("localhost", {})) for play in told["plays"] for it in play["tasks"]]
        failed = [f"{task}: {it.get('msg') or it}" for task, it in tasks if it.get("failed")]
        assert result.returncode == 0 and not failed, f"{name}: " + "\n".join([*failed, result.stderr[-3000:]])
        return [task for task, it in tasks if it.get("changed")]


@pytest.fixture(scope="module")
def ansible(shared, tmp_path_factory):
    return Ansible(shared, tmp_path_factory.mktemp("ansible"))


def test_a_playbook_makes_a_vpc_then_changes_nothing_and_its_counterpart_leaves_nothing(ansible):
    before = everything(ansible.ec2)
    first = ansible.play("present")
    assert len(first) == 19 and not [it for it in first if "as it is" in it or "as they are" in it]
    made = everything(ansible.ec2)
    assert ansible.play("present") == []
    assert everything(ansible.ec2) == made
    ansible.play("absent")
    after = everything(ansible.ec2)
    assert ids(after) == ids(before)
    for call, rows in before.items():
        assert after[call] == rows, f"{call} tells of a change"
