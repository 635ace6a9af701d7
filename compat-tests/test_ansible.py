"""Ansible's collection amazon.aws, unmodified: a playbook that makes a VPC changes nothing when it is run again, and
another one takes all away."""

import contextlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conftest import counted, served
from stacks import Program, everything, ids
from test_terraform import lacking

PLAYBOOKS = Path(__file__).parent / "ansible"
PROGRAM = Path(sys.executable).parent / "ansible-playbook"
# Generous: each task starts a Python of its own, and two cores may be at other things.
PLAYBOOK_SECONDS = 1200


class Ansible:
    """Ansible in an account of its own."""

    def __init__(self, server, home):
        self.runner = Program()
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
            "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        }

    def play(self, name):
        """Runs a playbook and returns the names of the tasks that changed something."""
        command = [str(PROGRAM), "--inventory", "localhost,", "--connection", "local", str(PLAYBOOKS / f"{name}.yaml")]
        command += ["--extra-vars", json.dumps({"ansible_python_interpreter": sys.executable})]
        result = self.runner.run(command, PLAYBOOK_SECONDS, env=self.environment)
        said = result.stdout[max(result.stdout.find("{"), 0) :]
        try:
            told = json.loads(said)
        except ValueError:
            raise AssertionError(f"{name}: {said[-3000:]}{result.stderr[-3000:]}") from None
        tasks = [(it["task"]["name"], it["hosts"].get("localhost", {})) for play in told["plays"] for it in play["tasks"]]
        failed = [f"{task}: {it.get('msg') or it}" for task, it in tasks if it.get("failed")]
        assert result.returncode == 0 and not failed, f"{name}: " + "\n".join([*failed, result.stderr[-3000:]])
        return [task for task, it in tasks if it.get("changed")]

    def live(self):
        """What is there before and after each of three plays, and what each changed."""
        there, changed = [everything(self.ec2)], []
        for name in ("present", "present", "absent"):
            changed.append(self.play(name))
            there.append(everything(self.ec2))
        return there, changed


@contextlib.contextmanager
def beside(tmp_path_factory):
    """The server and what comes of the plays, which begin before the first test."""
    with served() as server, ThreadPoolExecutor(1) as thread:
        ansible = Ansible(server, tmp_path_factory.mktemp("ansible"))
        try:
            yield server, thread.submit(ansible.live)
        finally:
            ansible.runner.halt()


def test_a_playbook_makes_a_vpc_then_changes_nothing_and_its_counterpart_leaves_nothing(beside):
    if not PROGRAM.exists():
        lacking("Ansible is missing: `make test` installs it")
    server, plays = beside[__name__]
    with counted(server):
        (before, made, again, after), (first, second, _) = plays.result()
    assert len(first) == 20 and not [it for it in first if "as it is" in it or "as they are" in it]
    assert second == []
    assert again == made
    assert ids(after) == ids(before)
    for call, rows in before.items():
        assert after[call] == rows, f"{call} tells of a change"
