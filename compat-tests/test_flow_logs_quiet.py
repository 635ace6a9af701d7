"""Flow logs of interfaces that nothing passes: `NODATA`, once an interval is over, which is a minute at the least.

So the server lives beside all other tests, and is asked at the end.
"""

import contextlib
from types import SimpleNamespace

from conftest import counted, served
from culvert import until
from network import Vpc
from test_flow_logs import HEADERS, VISIBLE_SECONDS, FlowLog, datagrams, sink

# An interval and what a record takes to be seen.
QUIET_SECONDS = 60 + VISIBLE_SECONDS
FORMAT = "${interface-id} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"


@contextlib.contextmanager
def beside(_):
    """A VPC in which two instances talk once, and a third is never heard of."""
    with served() as server:
        vpc = Vpc(server.ec2)
        group = vpc.group("udp 53 from 10.0.0.0/16")
        a, b, silent = (vpc.instance(None, group) for _ in range(3))
        log = FlowLog(server, vpc.id, format=FORMAT)
        refused = FlowLog(server, vpc.id, "REJECT", format=FORMAT)
        with sink(b, 53):
            datagrams(a, b, 53, 2, 10)
        yield SimpleNamespace(server=server, a=a, b=b, silent=silent, log=log, refused=refused)


def rows(log, host, status):
    return [it for it in log.records() if it["interface-id"] == host.interface and it["log-status"] == status]


def test_an_interface_that_nothing_passed_for_an_interval_is_told_of(beside):
    scene = beside[__name__]
    with counted(scene.server):
        for host in (scene.a, scene.b, scene.silent):
            for log in (scene.log, scene.refused):
                until(f"it is told that nothing passes {host}", lambda: rows(log, host, "NODATA"), QUIET_SECONDS)
        for host in (scene.a, scene.b):
            assert scene.log.sums(interface_id=host.interface) == {(): (2, 2 * (10 + HEADERS))}
            over = max(int(it["end"]) for it in rows(scene.log, host, "OK"))
            for it in rows(scene.log, host, "NODATA"):
                assert int(it["start"]) >= over, "it is said to be quiet while packets passed it"
        assert not rows(scene.log, scene.silent, "OK")
        for it in rows(scene.log, scene.silent, "NODATA"):
            assert int(it["end"]) - int(it["start"]) >= 60
            assert {it[name] for name in ("packets", "bytes", "action")} == {"-"}
        before = len(rows(scene.log, scene.a, "NODATA"))
        with sink(scene.b, 53):
            datagrams(scene.a, scene.b, 53, 3, 10)
        scene.log.tells({(): (5, 5 * (10 + HEADERS))}, interface_id=scene.b.interface)
        assert len(rows(scene.log, scene.a, "NODATA")) == before
