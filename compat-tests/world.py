"""A node with a network of its own, and the world behind it.

    instances ── routers ── edge ── node ── outside
                                 192.0.2.1  192.0.2.9

The node and the outside are network namespaces that a `World` makes and removes, so that gateways, public addresses and
forwarding can be tried without touching the network of this machine.
"""

import contextlib
import itertools
import os
import socket
import subprocess
import threading

from culvert import Culvert
from packets import Host, inside

POOL = "198.51.100.0/24"
NODE, OUTSIDE, FURTHER = "192.0.2.1", "192.0.2.9", "192.0.2.10"
NODE6, OUTSIDE6 = "2001:db8::1", "2001:db8::9"
worlds = itertools.count(1)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class World:
    """The two namespaces, joined by one link. `outside` is a host with two addresses."""

    def __init__(self):
        number = next(worlds)
        self.node, self.far = (f"test-{os.getpid()}-{number}-{name}" for name in ("node", "outside"))
        self.outside = Host(self.far, OUTSIDE, OUTSIDE6)
        self.further = Host(self.far, FURTHER)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for name in (self.node, self.far):
                ip("netns", "add", name)
                stack.callback(ip, "netns", "del", name)
                ip("-n", name, "link", "set", "lo", "up")
            ip("-n", self.node, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.far)
            for name, addresses in ((self.node, (NODE, NODE6)), (self.far, (OUTSIDE, FURTHER, OUTSIDE6))):
                for it in addresses:
                    six = ":" in it
                    ip("-n", name, "address", "add", f"{it}/{64 if six else 24}", "dev", "eth0", *(["nodad"] if six else []))
                ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", self.far, "route", "add", POOL, "via", NODE)
            # The world would send on what is addressed to a VPC, if anybody knew the way.
            ip("-n", self.far, "route", "add", "10.0.0.0/8", "via", NODE)
            ip("-n", self.far, "-6", "route", "add", "fd00::/8", "via", NODE6)
            self.resources = stack.pop_all()
        return self

    def __exit__(self, *problem):
        self.resources.close()

    @contextlib.contextmanager
    def culvert(self, *options):
        """A server on the node, whose API is reached from this process."""
        server = Culvert(*options, namespace=self.node)
        with Relay(server.port, self.node):
            yield server


class Relay:
    """Takes connections to a port of this machine's loopback address to the same port of a namespace's."""

    def __init__(self, port, namespace):
        self.port, self.namespace = port, namespace

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.listener.accept()
                with inside(self.namespace):
                    there = socket.socket()
                try:
                    there.connect(("127.0.0.1", self.port))
                except OSError:
                    here.close()
                    there.close()
                    continue
                for one, other in ((here, there), (there, here)):
                    # What is sent in two parts would wait for an acknowledgement in between.
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self.pump, args=(one, other), daemon=True).start()

    @staticmethod
    def pump(one, other):
        with contextlib.suppress(OSError):
            while received := one.recv(65536):
                other.sendall(received)
        for it in (one, other):
            with contextlib.suppress(OSError):
                it.shutdown(socket.SHUT_RDWR)
