"""Terraform with AWS's own provider, unmodified: every configuration of `terraform/` is planned, applied, changed,
imported and destroyed, and after each step Terraform finds nothing left to do.

The provider sleeps a lot, ten seconds for most attributes of a subnet alone. So the stacks live side by side and beside
all other tests, and each test asks for one step of one of them. Only the first has the server to itself while it is
applied: its calls are timed.
"""

import contextlib
import os
import re
import threading

import pytest

from conftest import counted, served
from culvert import until
from stacks import CONFIGURATIONS, IMPORT_IDS, STEPS, Missing, Stack, changed_attributes, ids, terraform_program

MEASURED = "three-tier"

# The other values that each configuration's variables take, so that each resource has something to change.
CHANGES = {
    "three-tier": {
        "environment": "staging",
        "app_port": 9090,
        "domain": "shop.staging.internal",
        "maintenance": "true",
        "nat_gateway_per_zone": "false",
        "partners": {"198.51.100.0/25": "first partner", "192.0.2.0/24": "third partner"},
    },
    "ipv6-only": {"environment": "staging", "legacy": "false"},
    "secondary-cidr": {"environment": "staging", "blocks": {"10.51.0.0/16": 0, "100.65.0.0/16": 1}},
    "network-acls": {"environment": "staging", "database_port": 3306},
    "manage-default-vpc": {"environment": "staging", "hardened": "false"},
}
# What the provider never changes in place: it replaces them.
REPLACED = {
    "aws_ec2_managed_prefix_list_entry",
    "aws_ec2_subnet_cidr_reservation",
    "aws_eip_association",
    "aws_internet_gateway_attachment",
    "aws_network_acl_association",
    "aws_network_acl_rule",
    "aws_network_interface_attachment",
    "aws_network_interface_sg_attachment",
    "aws_vpc_ipv4_cidr_block_association",
    "aws_vpc_ipv6_cidr_block_association",
    "aws_vpc_security_group_vpc_association",
}
# What the provider cannot read back from AWS either: after an import it writes them into its state, and changes nothing.
NOT_READ = {
    "aws_ec2_network_insights_analysis": {"wait_for_completion"},
    "aws_instance": {"user_data_replace_on_change"},
    "aws_vpc_peering_connection_accepter": {"auto_accept"},
}
# Configurations of what stays where it is when Terraform lets go of it.
ADOPTED = {"manage-default-vpc"}


def lacking(what):
    """Ends a test that cannot be made on this machine: in CI it has failed."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(what)
    pytest.skip(what)


@contextlib.contextmanager
def beside(tmp_path_factory):
    """The server and the stacks, which live from before the first test on."""
    directory = tmp_path_factory.mktemp("terraform")
    with served() as server:
        made = {name: Stack(server, name, directory, change) for name, change in CHANGES.items()}
        threads = live(made)
        try:
            yield server, made
        finally:
            for stack in made.values():
                stack.program.halt()
            for thread in threads:
                thread.join()


@pytest.fixture(scope="module")
def stacks(beside):
    try:
        terraform_program()
    except Missing as missing:
        lacking(str(missing))
    server, made = beside[__name__]
    with counted(server):
        yield made
    steps = {name: ", ".join(f"{step} {took:.0f} s" for step, took in it.seconds.items()) for name, it in made.items()}
    print("\n" + "\n".join(f"{name}: {it}" for name, it in steps.items()))


def live(made):
    """Starts the measured stack, and the others once it is there."""
    there = threading.Event()

    def measured(stack):
        stack.server_seconds, stack.server_calls = spent(stack.server)
        stack.packets = reach(stack)
        there.set()

    def first():
        try:
            made[MEASURED].live(applied=measured)
        finally:
            there.set()

    def other(stack):
        there.wait()
        stack.live()

    threads = [threading.Thread(target=first)]
    threads += [threading.Thread(target=other, args=(stack,)) for name, stack in made.items() if name != MEASURED]
    for thread in threads:
        thread.start()
    return threads


def spent(server):
    """Seconds and number of all calls that a server has answered."""
    text = server.metrics()
    of = lambda name: sum(float(it) for it in re.findall(rf"^culvert_api_seconds_{name}{{.*}} (\S+)$", text, re.MULTILINE))
    return of("sum"), int(of("count"))


def reach(stack):
    """Which tier gets a page from which, by name: what the user of the stack would try first."""
    there = stack.outputs()
    instances, addresses = there["instances"], there["private_addresses"]
    ports = {"app": 8080, "data": 5432}

    def gets(source, target):
        url = f"http://{addresses[target]}:{ports[target]}/"
        command = ["exec", instances[source], "--", "curl", "-sS", "-o", "/dev/null", "--max-time", "2", url]
        return stack.server.culvert(*command, check=False).returncode == 0

    for target in ports:
        # The instance's own main process may just be starting.
        until(f"{target} serves", lambda: gets(target, target))
    return {f"{source} to {target}": gets(source, target) for source in ("web", "app") for target in ports}


def outcome(stacks, name, step):
    try:
        return stacks[name].step(step)
    except Missing as missing:
        lacking(str(missing))


@pytest.mark.parametrize("name", sorted(CHANGES))
@pytest.mark.parametrize("step", STEPS)
def test_step(stacks, name, step):
    outcome(stacks, name, step)


def test_every_configuration_is_tested():
    assert {it.name for it in CONFIGURATIONS.iterdir() if it.is_dir()} == set(CHANGES)


def test_each_resource_type_is_changed_in_place(stacks):
    types, changed = set(), set()
    for name, stack in stacks.items():
        outcome(stacks, name, "plan after the update")
        types |= {it["type"] for it in outcome(stacks, name, "plan").values()}
        changed |= {it["type"] for it in outcome(stacks, name, "update").values() if it["change"]["actions"] == ["update"]}
    assert not changed & REPLACED, f"these can be changed in place: {changed & REPLACED}"
    unchanged = types - REPLACED - changed
    assert not unchanged, f"never changed in place: {unchanged}"


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_what_is_imported_is_what_is_there(stacks, name):
    outcome(stacks, name, "plan after the import")
    faults = []
    for address, it in outcome(stacks, name, "import").items():
        unread = changed_attributes(it) - NOT_READ.get(it["type"], set())
        if it["change"]["actions"] == ["update"] and unread:
            faults.append(f"{address}: {sorted(unread)}")
    assert not faults, "not read back:\n" + "\n".join(faults)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_destroy_leaves_nothing(stacks, name):
    before, after = outcome(stacks, name, "destroy")
    if name in ADOPTED:
        assert ids(drop_rules(after)) == ids(drop_rules(before))
        return
    assert ids(after) == ids(before)
    for call, rows in before.items():
        assert after[call] == rows, f"{call} tells of a change"


def drop_rules(found):
    """Without security group rules: those of an adopted group are Terraform's."""
    return {call: rows for call, rows in found.items() if "SecurityGroupRule" not in call}


def test_the_tiers_reach_each_other_as_the_configuration_says(stacks):
    outcome(stacks, MEASURED, "apply")
    assert stacks[MEASURED].packets == {"web to app": True, "web to data": False, "app to app": True, "app to data": True}


def test_the_three_tiers_cost_the_server_little(stacks, capsys):
    outcome(stacks, MEASURED, "apply")
    seconds, calls = stacks[MEASURED].server_seconds, stacks[MEASURED].server_calls
    with capsys.disabled():
        print(f"\nthree tiers, plan and apply: {calls} calls, {seconds:.2f} s in the server")
    assert calls > 100


