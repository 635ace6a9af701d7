"""A Culvert as its users have it: the real binary, a data directory, an endpoint, credentials.

Nothing here knows how Culvert works inside; what is relied on is what the README promises. Where a test waits, it
waits for something that can be asked, with a deadline; a deadline that passes is a failure that says what it waited for.
"""

import configparser
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

import model
import packets

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("CULVERT_BINARY", ROOT / "target/debug/culvert")).resolve()
RUN = Path("/run/culvert")
NETNS = Path("/run/netns")

# Generous, since two cores may be running other things as well.
START_SECONDS = 30
STOP_SECONDS = 15
COMMAND_SECONDS = 60


def until(what, question, seconds=30):
    """Asks until the answer is true, and returns it; fails, naming `what`, when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{seconds} s are over: {what}")
        time.sleep(0.02)


def free_port():
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class AwsError(AssertionError):
    """The AWS CLI ended with an error; `code` is EC2's."""

    def __init__(self, command, result):
        found = re.search(r"An error occurred \((\S+)\)", result.stderr)
        self.code = found.group(1) if found else None
        self.status = result.returncode
        super().__init__(f"{' '.join(command)}\nexit code {result.returncode}\n{result.stderr.strip()}")


class Culvert:
    """One node with its own data directory. Start it with `start()`; end it with `down()`.

    With `namespace`, the program runs in the network namespace of this name: its API is then reached through a `Relay`.
    """

    def __init__(self, *options, data_dir=None, environment=None, namespace=None):
        self.own_dir = data_dir is None
        self.data_dir = Path(data_dir or tempfile.mkdtemp(prefix="culvert-test-"))
        self.options = list(options)
        self.environment = dict(environment or {})
        self.namespace = namespace
        # What the next start runs.
        self.binary = BINARY
        self.port = free_port()
        self.process = None
        self.log_path = self.data_dir.parent / f"{self.data_dir.name}.log"
        self.clients = {}
        self.log_read = 0
        self.may_log_errors = False
        self.down_done = False

    # Starting and ending.

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Starts the binary and returns once it serves writes and its node has realised what was there."""
        assert self.binary.exists(), f"{self.binary} is not there: build it with `cargo build`, or name it in CULVERT_BINARY"
        command = [str(self.binary), "up", "--data-dir", str(self.data_dir), "--listen", f"127.0.0.1:{self.port}"]
        environment = {**bare_environment(), "NO_COLOR": "1", **self.environment}
        with open(self.log_path, "ab") as log, self.network():
            self.process = subprocess.Popen(
                command + self.options,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until("the server serves writes", self.is_ready, START_SECONDS)
        return self

    def network(self):
        """In this block, what is started is in the network that the node is to have."""
        return packets.inside(self.namespace) if self.namespace else contextlib.nullcontext()

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"culvert ended with {self.process.returncode}:\n{self.log_tail()}")
        ready = self.readyz()
        # A node that has not looked at its kernel yet is listed with revision 0.
        nodes = ready.get("nodes", {}).values()
        return ready.get("ready") and nodes and min(nodes) >= ready["revision"]

    def readyz(self):
        """What `/readyz` says, or nothing where nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/readyz", timeout=2) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except (OSError, ValueError):
            return {}

    def metrics(self):
        with urllib.request.urlopen(f"{self.endpoint}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def stop(self):
        """Asks the process to end, as Ctrl-C does, and returns its exit code. Packets keep flowing."""
        return self._end(signal.SIGTERM)

    def kill9(self):
        """Ends the process without a chance to say goodbye. Packets keep flowing."""
        return self._end(signal.SIGKILL)

    def _end(self, how):
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"culvert did not end within {STOP_SECONDS} s of signal {how}") from None

    def restart(self):
        self.stop()
        return self.start()

    def down(self):
        """Ends the node with all that is its own, and asserts that nothing of it is left in the kernel."""
        if self.down_done:
            return
        self.down_done = True
        try:
            self.stop()
        finally:
            # Also after a server that would not end: what it left would be in the way of every later test.
            before = self.kernel_objects()
            if (self.data_dir / "node").exists():
                # Not in the environment that the server printed: it may have ended before it printed one.
                self.culvert("down", "--data-dir", str(self.data_dir), environment=bare_environment())
            left = [path for path in [*before, *self.kernel_objects()] if path.exists()]
            assert not left, f"`culvert down` left behind: {sorted(map(str, left))}"

    def forget(self):
        """Removes the data directory and the log."""
        if self.own_dir:
            shutil.rmtree(self.data_dir, ignore_errors=True)
        self.log_path.unlink(missing_ok=True)

    @property
    def tag(self):
        """What marks this node's objects in the kernel: the first eight digits of its id."""
        return (self.data_dir / "node").read_text().strip()[2:10]

    def kernel_objects(self):
        """Every path by which something of this node in the kernel, or written down about it, can be reached."""
        if not (self.data_dir / "node").exists():
            return []
        mine = RUN / self.tag
        instances = list((mine / "instances").glob("*"))
        namespaces = [NETNS / it.name for it in instances if (NETNS / it.name).exists()]
        return [*NETNS.glob(f"culvert-{self.tag}-*"), *namespaces, *([mine] if mine.exists() else [])]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.down()
        finally:
            self.forget()

    # The log.

    def log_length(self):
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def log_since(self, position):
        if not self.log_path.exists():
            return ""
        with open(self.log_path, "rb") as log:
            log.seek(position)
            return log.read().decode(errors="replace")

    def log_tail(self, lines=60):
        return "\n".join(self.log_since(0).splitlines()[-lines:])

    # Calling it.

    @property
    def credentials(self):
        """Access key id and secret of the root account, out of the file that the first start wrote."""
        file = configparser.ConfigParser()
        assert file.read(self.data_dir / "credentials"), "there is no credentials file"
        return file["default"]["aws_access_key_id"], file["default"]["aws_secret_access_key"]

    def client(self, name="ec2", keys=None, region="us-east-1", **config):
        """A boto3 client that never repeats a call by itself."""
        keys = keys or self.credentials
        asked = (name, keys, region, self.port, tuple(config.items()))
        if asked not in self.clients:
            session = boto3.session.Session()
            self.clients[asked] = session.client(
                name,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=keys[0],
                aws_secret_access_key=keys[1],
                config=Config(
                    retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30, max_pool_connections=32, **config
                ),
            )
            if name == "ec2":
                model.watch(self.clients[asked])
        return self.clients[asked]

    @property
    def ec2(self):
        return self.client("ec2")

    def keys_of(self, client):
        """Access key id and secret of one of these clients."""
        return next(keys for (_, keys, *_), it in self.clients.items() if it is client)

    def shell_environment(self):
        """The environment of a user who typed the export lines that `culvert up` printed last."""
        lines = lambda: re.findall(r"^\s*export (\w+)=(\S+)$", self.log_since(0), re.MULTILINE)
        # A server that is asked serves a moment before it prints them.
        printed = until("the server prints three export lines", lambda: len(lines()) >= 3 and lines())
        return {**bare_environment(), **dict(printed)}

    def aws(self, *arguments, text=False, environment=None):
        """Runs the AWS CLI and returns what it printed: decoded JSON, or the text itself if `text`."""
        command = [aws_program(), *map(str, arguments)]
        result = subprocess.run(
            command,
            env={**self.shell_environment(), "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1", **(environment or {})},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        if result.returncode != 0:
            raise AwsError(["aws", *command[1:]], result)
        if text:
            return result.stdout.strip()
        return json.loads(result.stdout) if result.stdout.strip() else None

    def culvert(self, *arguments, check=True, environment=None, **options):
        """Runs one of the binary's other commands, and returns what `subprocess.run` does."""
        environment = environment or self.shell_environment()
        with self.network():
            result = subprocess.run(
                [str(self.binary), *map(str, arguments)],
                env=environment,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
                **options,
            )
        if check and result.returncode != 0:
            raise AssertionError(f"culvert {' '.join(arguments)}: exit code {result.returncode}\n{result.stderr}")
        return result

    def account(self, name):
        """Makes an account and returns its id and a boto3 EC2 client of its own."""
        made = json.loads(self.culvert("account", "create", name).stdout)
        return made["AccountId"], self.client("ec2", keys=(made["AccessKeyId"], made["SecretAccessKey"]))


def bare_environment():
    """This process's environment without what could point a client or the server somewhere else."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CULVERT_"))}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}


def aws_program():
    beside = Path(sys.executable).parent / "aws"
    program = str(beside) if beside.exists() else shutil.which("aws")
    assert program, "the AWS CLI is missing: `make test` installs it"
    return program
