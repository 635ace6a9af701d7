"""The analyzer finds mistakes of the compiler of rules, and of records about who decided: a node makes one after the
other, and each is found.

The binary is built with the feature `mutants`, as no product is; `src/plan/mutant.rs` says which mistakes it can make.
One network is made, with everything that the analyzer's networks may have, and the analyzer, which makes no mistakes, is
asked once about packets in it, and about more of them after some changes. Then the node starts anew with one mistake
after the other, and sends these packets, and then others, until what becomes of one is not what was said. Without a
mistake none of these is such.
"""

import contextlib
import os
import random
import subprocess
import time
from pathlib import Path

import pytest
from analyzer import UDP, Network, asking
from culvert import ROOT
from deciders import Deciders
from world import POOL

MUTANTS = Path(os.environ.get("CULVERT_MUTANTS", ROOT / "target/culvert-mutants"))
SEED = int(os.environ.get("CULVERT_SEED", "1000"))
# The mistakes to try, with commas between them; all, if none is named.
ONLY = [it for it in os.environ.get("CULVERT_MUTANT", "").split(",") if it]
# How many packets are sent as things are, how many at a time, and how many after each change.
PROBES, BATCH, MORE = 1200, 300, 300
# How many more batches are made up for a mistake that none of these finds.
FURTHER_BATCHES = 8


@pytest.fixture(scope="module")
def server(world):
    assert MUTANTS.exists(), f"{MUTANTS} is not there: `make mutants` builds it; CULVERT_MUTANTS names another"
    with world.culvert("--public-pool", POOL) as made, made:
        made.binary = MUTANTS
        yield made.start()


class Trial:
    """A network, and packets in it with what the analyzer says of each."""

    def __init__(self, server, world):
        self.network = Network(server, world, random.Random(SEED), whole=True)
        self.network.make()
        self.deciders = Deciders(self.network)
        analyzer = asking(server, self.network)
        known = self.network.known_probes(analyzer)
        self.probes = known + self.network.probes(PROBES - len(known), analyzer)
        # Of flows that run already, what is said of their next packets when subnets are closed.
        with self.closed():
            flows = [it for it in self.probes if it.protocol == UDP and not it.pretended]
            self.next = {it: judged for it in flows if (judged := it.again()).ask(analyzer)}
        nobody = lambda analyzer: []  # noqa: E731
        changes = (self.dressed, self.network.dressed_probes), (self.blocked, nobody)
        self.changes = [(change, self.after(change, known, analyzer)) for change, known in changes]

    def after(self, change, known, analyzer):
        with change():
            return known(analyzer) + self.network.probes(MORE, analyzer)

    @contextlib.contextmanager
    def closed(self):
        """In this block, nothing passes the edge of the subnets that have ACLs of their own."""
        ec2 = self.network.ec2
        entries = [(acl, egress) for cloud in self.network.clouds for acl in cloud.acls for egress in (True, False)]
        for acl, egress in entries:
            ec2.create_network_acl_entry(
                NetworkAclId=acl, Egress=egress, RuleNumber=1, Protocol="-1", RuleAction="deny", CidrBlock="0.0.0.0/0"
            )
        yield
        for acl, egress in entries:
            ec2.delete_network_acl_entry(NetworkAclId=acl, Egress=egress, RuleNumber=1)

    @contextlib.contextmanager
    def dressed(self):
        """In this block, all in the VPC between the others wear what rules name, there and in the others."""
        cloud = self.network.clouds[1]
        ids = [it.interface for it in cloud.instances]
        rows = cloud.ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]
        worn = {row["NetworkInterfaceId"]: [it["GroupId"] for it in row["Groups"]] for row in rows}
        for it in cloud.instances:
            it.wear(*cloud.groups[1:3])
        yield
        for it in cloud.instances:
            it.wear(*worn[it.interface])

    @contextlib.contextmanager
    def blocked(self):
        """In this block, public access is blocked but for some subnets."""
        network = self.network
        network.block("block-ingress")
        excluded = [
            network.ec2.create_vpc_block_public_access_exclusion(
                SubnetId=cloud.subnets[at], InternetGatewayExclusionMode="allow-bidirectional"
            )["VpcBlockPublicAccessExclusion"]["ExclusionId"]
            for at, cloud in enumerate(network.clouds)
        ]
        yield
        for it in excluded:
            network.ec2.delete_vpc_block_public_access_exclusion(ExclusionId=it)
        network.block("off")

    def first_fault(self):
        """The first packet of which something else becomes than was said, or nothing."""
        flows = {}
        for at in range(0, PROBES, BATCH):
            twins = {it.twin(): it for it in self.probes[at : at + BATCH]}
            if fault := self.fault(list(twins)):
                return fault
            flows |= {original: twin for twin, original in twins.items()}
        with self.closed():
            if fault := self.fault([flows[it].again(judged) for it, judged in self.next.items()]):
                return fault
        for change, probes in self.changes:
            with change():
                if fault := self.fault([it.twin() for it in probes]):
                    return fault
        return None

    def fault_by_chance(self):
        """The first fault among packets that nobody has sent before: chance may have left out the one that tells."""
        analyzer = asking(self.network.server, self.network)
        batches = (self.network.probes(BATCH, analyzer) for _ in range(FURTHER_BATCHES))
        return next((fault for probes in batches if (fault := self.fault(probes))), None)

    def fault(self, probes):
        """The first packet that fares otherwise than was said, and so does another of its kind."""
        for probe in dict(self.deciders.send(probes)):
            twin = probe.again(probe) if probe.is_of_running_flow else probe.twin()
            if wrong := self.deciders.send([twin]):
                return f"{twin!r}: {[fault for _, fault in wrong]}\n{twin.story()}"
        return None


def test_every_mistake_is_found(server, world):
    names = subprocess.run([MUTANTS, "mutants"], check=True, capture_output=True, text=True).stdout.split()
    assert len(names) >= 20
    names = [it for it in names if it in ONLY] if ONLY else names
    trial = Trial(server, world)
    survivors = []
    try:
        assert (fault := trial.first_fault()) is None, f"without a mistake: {fault}"
        for name in names:
            began = time.monotonic()
            server.environment["CULVERT_MUTANT"] = name
            server.restart()
            fault = trial.first_fault() or trial.fault_by_chance()
            print(f"{name} after {time.monotonic() - began:.1f} s: {fault.splitlines()[0] if fault else 'NOT FOUND'}")
            survivors += [] if fault else [name]
    finally:
        server.environment.pop("CULVERT_MUTANT", None)
        server.restart()
        trial.deciders.close()
        trial.network.close()
    assert not survivors, f"not found: {survivors}"
