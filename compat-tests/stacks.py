"""Terraform as its users have it: a directory with a configuration, a state, an environment with keys.

A `Stack` takes one configuration of `terraform/` through its life, once, in the account of its own that it is given;
each step's outcome is kept, so that a test can ask for the step that it is about.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import Future
from pathlib import Path

import model
from culvert import ROOT

CONFIGURATIONS = ROOT / "terraform"
# Generous: a step of the provider has sleeps of its own, ten seconds each, and two cores may be at other things.
STEP_SECONDS = 900
# Where providers lie that were put on the machine beforehand; without such a directory Terraform asks its registry.
PLUGINS = Path(os.environ.get("CULVERT_TF_PLUGINS", "/opt/tf-plugins"))
STEPS = ["plan", "apply", "second plan", "update", "plan after the update", "import", "plan after the import", "destroy"]
# What `plan -detailed-exitcode` ends with.
NOTHING_TO_DO, SOMETHING_TO_DO = 0, 2


class Missing(Exception):
    """A program that these tests need is not on this machine."""


class NotReached(AssertionError):
    """A step before this one has failed."""


# The ids by which resources are imported, where they are not just the attribute `id`; None where the provider cannot
# import the type. From the documentation of the AWS provider 5.100.
IMPORT_IDS = {
    "aws_default_network_acl": lambda it: it["default_network_acl_id"],
    "aws_default_route_table": lambda it: it["vpc_id"],
    "aws_ec2_instance_metadata_defaults": None,
    "aws_ec2_managed_prefix_list_entry": lambda it: f"{it['prefix_list_id']},{it['cidr']}",
    "aws_ec2_subnet_cidr_reservation": lambda it: f"{it['subnet_id']}:{it['id']}",
    "aws_ec2_tag": lambda it: f"{it['resource_id']},{it['key']}",
    "aws_internet_gateway_attachment": lambda it: f"{it['internet_gateway_id']}:{it['vpc_id']}",
    # EC2 does not tell the public key, so that the provider would replace what it has imported.
    "aws_key_pair": None,
    "aws_main_route_table_association": None,
    "aws_network_acl_rule": lambda it: f"{it['network_acl_id']}:{it['rule_number']}:{it['protocol']}:{str(it['egress']).lower()}",
    "aws_network_interface_attachment": lambda it: it["attachment_id"],
    "aws_network_interface_sg_attachment": lambda it: f"{it['network_interface_id']}_{it['security_group_id']}",
    "aws_route": lambda it: f"{it['route_table_id']}_{destination(it)}",
    "aws_route_table_association": lambda it: f"{it['subnet_id'] or it['gateway_id']}/{it['route_table_id']}",
    "aws_security_group_rule": lambda it: security_group_rule(it),
    "aws_vpc_block_public_access_options": lambda it: it["aws_account_id"],
    "aws_vpc_dhcp_options_association": lambda it: it["vpc_id"],
    "aws_vpc_security_group_vpc_association": lambda it: f"{it['security_group_id']},{it['vpc_id']}",
}


def destination(route):
    names = ("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id")
    return next(route[name] for name in names if route[name])


def security_group_rule(it):
    protocol = "all" if it["protocol"] == "-1" else it["protocol"]
    peers = [*(it["cidr_blocks"] or []), *(it["ipv6_cidr_blocks"] or []), *(it["prefix_list_ids"] or [])]
    peers += [it["source_security_group_id"]] if it["source_security_group_id"] else []
    return "_".join(map(str, [it["security_group_id"], it["type"], protocol, it["from_port"], it["to_port"], *peers]))


def terraform_program():
    program = shutil.which("terraform")
    if program is None:
        raise Missing("terraform is missing: see https://developer.hashicorp.com/terraform/install")
    return program


class Program:
    """What runs programs, one after another, until another thread halts it. Tests that wait for packets go first."""

    def __init__(self):
        self.child, self.halted = None, False

    def run(self, command, seconds, **options):
        """Runs a program to its end and returns what `subprocess.run` does, with text."""
        if self.halted:
            raise NotReached(f"{command[0]} was not begun, since nobody asks any more")
        pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # With what it starts it is a group, so that all can be ended at once.
        self.child = subprocess.Popen(["nice", "-n", "5", *command], process_group=0, **pipes, **options)
        try:
            stdout, stderr = self.child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.end()
            raise
        return subprocess.CompletedProcess(command, self.child.returncode, stdout, stderr)

    def halt(self):
        self.halted = True
        self.end()

    def end(self):
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)


class Stack:
    """A configuration of `terraform/`, in an account of its own."""

    def __init__(self, server, name, directory, change, leave_out=()):
        self.server, self.name, self.change = server, name, change
        self.directory = Path(directory) / name
        shutil.copytree(CONFIGURATIONS / name, self.directory, ignore=shutil.ignore_patterns(".terraform*", "terraform.*", *leave_out))
        made = json.loads(server.culvert("account", "create", name).stdout)
        self.account, self.keys = made["AccountId"], (made["AccessKeyId"], made["SecretAccessKey"])
        self.ec2 = server.client("ec2", keys=self.keys)
        self.steps = {step: Future() for step in STEPS}
        self.seconds = {}
        self.program = Program()

    # Terraform itself.

    def environment(self):
        return {
            **self.server.shell_environment(),
            "AWS_ACCESS_KEY_ID": self.keys[0],
            "AWS_SECRET_ACCESS_KEY": self.keys[1],
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
        }

    def terraform(self, *arguments, where=None, may_end_with=(0,)):
        """Runs Terraform and returns what `subprocess.run` does."""
        command = [terraform_program(), *arguments]
        result = self.program.run(command, STEP_SECONDS, cwd=where or self.directory, env=self.environment())
        if result.returncode not in may_end_with:
            said = result.stderr[-6000:].strip() or result.stdout[-3000:]
            raise AssertionError(f"{self.name}: terraform {' '.join(arguments)}: exit code {result.returncode}\n{said}")
        return result

    def init(self, where=None):
        local = [f"-plugin-dir={PLUGINS}"] if PLUGINS.is_dir() else []
        try:
            self.terraform("init", "-no-color", *local, where=where)
        except AssertionError as error:
            if "Failed to query available provider packages" in str(error):
                raise Missing(f"the AWS provider of Terraform is missing: put it below {PLUGINS}\n{error}") from None
            raise

    def plan(self, *arguments, where=None):
        """What Terraform says that it would do, and the resources that it means, by address."""
        said = self.terraform(
            "plan", "-no-color", "-detailed-exitcode", "-out=planned", *arguments, where=where, may_end_with=(NOTHING_TO_DO, SOMETHING_TO_DO)
        )
        if said.returncode == NOTHING_TO_DO:
            return said, {}
        plan = json.loads(self.terraform("show", "-json", "planned", where=where).stdout)
        changes = [it for it in plan.get("resource_changes", []) if it["mode"] == "managed"]
        asked_for = [it for it in changes if it["change"]["actions"] not in (["no-op"], ["read"]) or it["change"].get("importing")]
        return said, {it["address"]: it for it in asked_for}

    def apply(self, where=None):
        self.terraform("apply", "-no-color", "-parallelism=20", "planned", where=where)

    def must_be_done(self, *arguments, where=None):
        """Asserts that Terraform finds nothing to do."""
        said, changes = self.plan(*arguments, where=where)
        described = "\n".join(f"{address}: {difference(it)}" for address, it in changes.items())
        assert said.returncode == NOTHING_TO_DO, f"{self.name}: not what was asked for:\n{described}\n{said.stdout[-3000:]}"

    def state(self):
        return json.loads((self.directory / "terraform.tfstate").read_text())

    def resources(self):
        """The managed resources of the state: address, type and attributes of each."""
        for it in self.state()["resources"]:
            for one in it["instances"] if it["mode"] == "managed" else ():
                index = f"[{json.dumps(one['index_key'])}]" if "index_key" in one else ""
                yield f"{it['type']}.{it['name']}{index}", it["type"], one["attributes"]

    def outputs(self):
        return {name: it["value"] for name, it in json.loads(self.terraform("output", "-json").stdout).items()}

    # Its life.

    def live(self, applied=lambda stack: None):
        """Takes the steps, one after another, and keeps the outcome of each. `applied` is called in between."""
        failed = None
        for step in STEPS:
            if failed and not (step == "destroy" and self.steps["apply"].done()):
                self.steps[step].set_exception(NotReached(f"{self.name}: {failed} failed"))
                continue
            began = time.monotonic()
            try:
                outcome = getattr(self, "step_" + step.replace(" ", "_"))()
                if step == "apply":
                    applied(self)
                self.steps[step].set_result(outcome)
            except BaseException as error:
                self.steps[step].set_exception(error)
                failed = failed or step
            finally:
                self.seconds[step] = time.monotonic() - began

    def step(self, name):
        """The outcome of a step, once it is there; what it raised is raised."""
        return self.steps[name].result(timeout=len(STEPS) * STEP_SECONDS)

    def variables(self):
        return [f"-var={name}={json.dumps(value) if isinstance(value, (dict, list)) else value}" for name, value in self.change.items()]

    def step_plan(self):
        self.init()
        self.before = everything(self.ec2)
        _, changes = self.plan()
        assert {tuple(it["change"]["actions"]) for it in changes.values()} == {("create",)}
        return changes

    def step_apply(self):
        self.apply()

    def step_second_plan(self):
        self.must_be_done()

    def step_update(self):
        _, changes = self.plan(*self.variables())
        self.apply()
        return changes

    def step_plan_after_the_update(self):
        self.must_be_done(*self.variables())

    def step_import(self):
        """Imports all into a state that knows only what the provider cannot import, and returns what the plan said."""
        self.second = self.directory.with_name(f"{self.name}-imported")
        shutil.copytree(self.directory, self.second, ignore=shutil.ignore_patterns(".terraform*", "terraform.*", "planned"))
        blocks = []
        for address, kind, attributes in self.resources():
            form = IMPORT_IDS.get(kind, lambda it: it["id"])
            if form is not None:
                blocks.append(f"import {{\n  to = {address}\n  id = {json.dumps(form(attributes))}\n}}\n")
        (self.second / "imports.tf").write_text("\n".join(blocks))
        state = self.state()
        state["resources"] = [it for it in state["resources"] if it["mode"] == "managed" and IMPORT_IDS.get(it["type"], "") is None]
        (self.second / "terraform.tfstate").write_text(json.dumps(state))
        self.init(where=self.second)
        _, changes = self.plan(*self.variables(), where=self.second)
        unwanted = [f"{address}: {difference(it)}" for address, it in changes.items() if it["change"]["actions"] not in (["no-op"], ["update"])]
        assert not unwanted, f"{self.name}: importing would do more than read:\n" + "\n".join(unwanted)
        self.apply(where=self.second)
        return changes

    def step_plan_after_the_import(self):
        (self.second / "imports.tf").unlink()
        self.must_be_done(*self.variables(), where=self.second)

    def step_destroy(self):
        self.terraform("destroy", "-no-color", "-auto-approve", "-parallelism=20", *(self.variables() if self.steps["update"].done() else []))
        return self.before, everything(self.ec2)


def difference(change):
    """What a planned change would change, in words for a failure."""
    before, after = (change["change"][it] or {} for it in ("before", "after"))
    unknown = change["change"].get("after_unknown") or {}
    parts = [f"{name}: {before.get(name)!r} -> {after.get(name)!r}" for name in sorted({*before, *after}) if before.get(name) != after.get(name) and name not in unknown]
    because = change["change"].get("replace_paths")
    return f"{'/'.join(change['change']['actions'])} {'; '.join(parts)}" + (f" (replaced for {because})" if because else "")


def changed_attributes(change):
    """The names of the attributes that a change in place changes."""
    before, after = change["change"]["before"] or {}, change["change"]["after"] or {}
    unknown = change["change"].get("after_unknown") or {}
    return {name for name in {*before, *after} if before.get(name) != after.get(name) and not unknown.get(name)}


# Everything that an account has.

GONE = {"deleted", "terminated", "detached", "rejected", "expired", "failed", "disassociated", "delete-complete"}


def everything(ec2):
    """All rows that the account's Describe calls show, but for those that only tell that something is gone."""
    found = {}
    for action in sorted(model.SERVED):
        operation = model.SERVICE.operation_model(action)
        if action.startswith("Describe") and not operation.input_shape.required_members:
            answer = getattr(ec2, method_name(action))()
            found |= {f"{action}.{name}": [it for it in rows if not is_gone(it)] for name, rows in answer.items() if isinstance(rows, list)}
    reservations, tags = found["DescribeInstances.Reservations"], found.pop("DescribeTags.Tags")
    found["DescribeInstances.Reservations"] = [it for it in reservations if not all(is_gone(one) for one in it["Instances"])]
    # What is gone keeps its credits and tags for as long as it can be seen.
    credits = found.pop("DescribeInstanceCreditSpecifications.InstanceCreditSpecifications")
    there = ids(found)
    found["DescribeInstanceCreditSpecifications.InstanceCreditSpecifications"] = [it for it in credits if it["InstanceId"] in there]
    return {**found, "DescribeTags.Tags": [it for it in tags if it["ResourceId"] in there]}


def is_gone(row):
    if not isinstance(row, dict):
        return False
    state = row.get("State", row.get("Status"))
    if isinstance(state, dict):
        state = state.get("Name", state.get("Code"))
    return state in GONE


def method_name(action):
    """The name of the method of a boto3 client that calls an action."""
    import botocore

    return botocore.xform_name(action)


def ids(value):
    """Every id in an answer."""
    return set(re.findall(r"\b[a-z]+(?:-[a-z]+)*-[0-9a-f]{17}\b", json.dumps(value, default=str)))
