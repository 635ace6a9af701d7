"""What every test shares: a server that all may use, servers of one's own, and the rule that errors count.

- `shared`: one server for the whole run. Tests that use it keep to a VPC of their own: the fixture `vpc`.
- `start`: starts further servers, each with its own data directory: `start("--region", "eu-west-1")`.
- `fresh`: one server for this test alone, to be stopped and killed at will.
- `world` and `server`: a node with a network of its own, and a server on it, for the tests of one module.

A line of level ERROR in the log of any server that runs during a test fails that test. A test that provokes one says
so: `@pytest.mark.logs_errors`.
"""

import contextlib
import os
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from culvert import Culvert  # noqa: E402
from network import Vpc  # noqa: E402
from world import POOL, World  # noqa: E402

running = []
ERROR = re.compile(r"^\S+\s+ERROR\b.*|.*\bpanicked at\b.*", re.MULTILINE)


def pytest_configure(config):
    config.addinivalue_line("markers", "logs_errors: the test provokes lines of level ERROR in a server's log")


def pytest_collection_modifyitems(session, items):
    if session.items and os.geteuid() != 0:
        pytest.exit("these tests make network namespaces and need root: sudo -E make test", returncode=1)
    # Last, so that what lives beside the others has come far by then.
    items.sort(key=lambda it: hasattr(it.module, "beside"))


def end(server):
    try:
        server.down()
        complain(server)
    finally:
        running.remove(server)
        server.forget()


def complain(server):
    """Fails if the server has logged an error since it was last asked."""
    since, server.log_read = server.log_read, server.log_length()
    found = [] if server.may_log_errors else ERROR.findall(server.log_since(since))
    assert not found, "errors in the server's log:\n" + "\n".join(found[:20])


@pytest.fixture(scope="session", autouse=True)
def beside(request, tmp_path_factory):
    """What the modules' functions `beside` give, by module.

    Clients that take minutes, most of them asleep, begin before the first test and live beside all others; their own
    tests come last and ask how it went. Such a function is a context manager with a server of its own.
    """
    modules = dict.fromkeys(it.module for it in request.session.items if hasattr(it.module, "beside"))
    with contextlib.ExitStack() as stack:
        yield {it.__name__: stack.enter_context(it.beside(tmp_path_factory)) for it in modules}


@contextlib.contextmanager
def served():
    """A server for what lives beside the tests: what it logs counts for no test but those that say so."""
    server = Culvert()
    try:
        yield server.start()
    finally:
        try:
            server.down()
            complain(server)
        finally:
            server.forget()


@contextlib.contextmanager
def counted(server):
    """In this block, what the server has logged since it began counts for the test that runs."""
    running.append(server)
    try:
        yield
    finally:
        running.remove(server)


@pytest.fixture(scope="session")
def shared():
    """A server that all tests may use; nobody stops it."""
    server = Culvert()
    running.append(server)
    try:
        yield server.start()
    finally:
        end(server)


@pytest.fixture(scope="module")
def world():
    """A node with a network of its own, for the module."""
    with World() as made:
        yield made


@pytest.fixture(scope="module")
def server(world):
    """A server of the module's own on a node with a network of its own."""
    with world.culvert("--public-pool", POOL) as made, made:
        yield made.start()


@pytest.fixture
def start(request):
    """Starts servers that end with the test."""
    mine = []

    def start(*options, **more):
        server = Culvert(*options, **more)
        server.may_log_errors = provokes_errors(request)
        running.append(server)
        mine.append(server)
        return server.start()

    yield start
    with contextlib.ExitStack() as stack:
        for server in mine:
            stack.callback(end, server)


@pytest.fixture
def fresh(start):
    """A server that is this test's alone."""
    return start()


@pytest.fixture
def ec2(shared):
    """A boto3 client of the shared server."""
    return shared.ec2


@pytest.fixture
def vpc(shared):
    """A VPC of 10.0.0.0/16 on the shared server; it is deleted with all that is in it."""
    made = Vpc(shared.ec2)
    yield made
    made.delete()


def provokes_errors(request):
    return request.node.get_closest_marker("logs_errors") is not None


@pytest.fixture(autouse=True)
def no_errors_in_logs(request):
    """Fails a test during which a server logged an error."""
    yield
    for server in running:
        if provokes_errors(request):
            server.log_read = server.log_length()
        complain(server)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Shows the end of every server's log with a failure."""
    report = (yield).get_result()
    if report.failed:
        for server in running:
            report.sections.append((f"log of the server at {server.endpoint}", server.log_tail()))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Ends with one line that says how it went."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    count = {kind: len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")}
    failed = count["failed"] + count["error"]
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {failed} failed{skipped}")
