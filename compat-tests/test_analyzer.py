"""The analyzer says what the kernel does: random networks, random packets, and `explain` asked about each of them.

Every round makes a network by chance, sends a batch of packets from everywhere to everywhere, and changes something.
Flows that nobody has answered are judged anew then, so that some go on with another packet, as does everything else
about which the analyzer is asked. Not only what becomes of packets must be as it says, but also who decided it:
`deciders.py` holds the records of flow logs to that.

`CULVERT_PROBES` (10,000) says how many packets are sent, `CULVERT_SEED` with which chance. A packet that is judged
differently is sent once more by itself, with what the analyzer says of it printed, before the test fails.
"""

import collections
import itertools
import os
import random

from analyzer import UDP, Network, asking
from deciders import Deciders

PROBES = int(os.environ.get("CULVERT_PROBES", "10000"))
SEED = int(os.environ.get("CULVERT_SEED", "1000"))
BATCH = 420
BATCHES_PER_WORLD = 6
EDITS_PER_BATCH = 4


def judged_differently(probes, deciders, analyzer):
    """Sends the probes; of those that the kernel did otherwise by, and does again, the stories."""
    again = []
    for probe in dict(deciders.send(probes)):
        twin = probe.again() if probe.is_of_running_flow else probe.twin()
        assert twin.ask(analyzer)
        if wrong := deciders.send([twin]):
            again.append(f"{twin!r}: {[fault for _, fault in wrong]}\n{twin.story()}")
    return again


def test_the_kernel_does_what_the_analyzer_says(server, world):
    done = passed = refused = replied = running = crossed = 0
    deciding, told = collections.Counter(), collections.Counter()
    for seed in itertools.count(SEED):
        if done >= PROBES:
            break
        network = Network(server, world, random.Random(seed))
        try:
            network.make()
            analyzer = asking(server, network)
            deciders = Deciders(network)
            unanswered = []
            for batch in range(BATCHES_PER_WORLD):
                going_on = [it for it in unanswered if it.ask(analyzer)]
                probes = going_on + network.probes(BATCH - len(going_on), analyzer)
                wrong = judged_differently(probes, deciders, analyzer)
                assert not wrong, f"world {seed}, batch {batch}: {len(wrong)} judged differently\n" + "\n".join(wrong[:3])
                done += len(probes)
                running += len(going_on)
                passed += sum(bool(it.arrivals) for it in probes)
                refused += sum(not it.arrivals for it in probes)
                crossed += sum(it.crosses() for it in probes)
                replied += sum(bool(it.replies) for it in probes)
                for it in probes:
                    decider = (it.said["Decider"] or {}).get("Kind", "none")
                    deciding[decider] += 1
                ways_stay = network.chance.random() < 0.5
                for _ in range(EDITS_PER_BATCH):
                    network.edit(ways_stay)
                # By another way a flow would meet translations that were not made for it.
                silent = [it for it in probes if it.protocol == UDP and it.silent and not it.pretended and it.arrivals]
                unanswered = [it.again() for it in silent[: BATCH // 4]] if ways_stay else []
            told += deciders.compared
            deciders.close()
        finally:
            network.close()
    print(
        f"{done} packets, {running} of them of running flows: {passed} arrived, {crossed} over a middlebox, {refused} did not, {replied} were answered; "
        f"decided by {dict(deciding)}; records: {dict(told)}"
    )
    # Chance must have made both, or nothing has been shown.
    assert passed > done / 20 and crossed > done / 100 and refused > done / 20 and replied > done / 50
    assert len(deciding) >= 5
    assert len(told) >= 6 and told["no record"] < done / 10
