"""Numbered datagrams at a steady rate, sent back by whoever they are for, and counted at both ends.

A program of its own, so that nothing else that the tests do slows it. The sockets are handed to it, and it knows nothing
of the networks that they are in. It ends when its standard input does, and then prints what it has counted.
"""

import contextlib
import json
import select
import socket
import struct
import sys
import time

# So many at once that a late turn is made up for, and so few that no receiver's buffer overflows.
BURST = 64
# How long what is under way at the end may take. In one machine a packet is delivered by the call that sends it.
LAST_SECONDS = 2.0


class Flow:
    """Datagrams from one socket to another; what arrives is sent back."""

    def __init__(self, client, server, address, port, echoes):
        self.client, self.server = socket.socket(fileno=client), socket.socket(fileno=server)
        self.to, self.echoes = (address, port), echoes
        self.arrived, self.returned = bytearray(), bytearray()

    def send(self, number):
        self.arrived.append(0)
        self.returned.append(0)
        self.client.sendto(struct.pack("!Q", number), self.to)

    def receive(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                datagram, peer = self.server.recvfrom(64)
                self.count(self.arrived, datagram)
                if self.echoes:
                    self.server.sendto(datagram, peer)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.count(self.returned, self.client.recv(64))

    @staticmethod
    def count(table, datagram):
        (number,) = struct.unpack("!Q", datagram)
        table[number] = min(table[number] + 1, 255)

    def is_whole(self):
        return all(self.returned)

    def told(self):
        lost = [number for number, count in enumerate(self.returned) if not count]
        doubled = sum(count > 1 for count in self.arrived) + sum(count > 1 for count in self.returned)
        return {"arrived": sum(map(bool, self.arrived)), "lost": len(lost), "first": lost[:20], "doubled": doubled}


def main():
    asked = json.loads(sys.argv[1])
    flows = [Flow(**it) for it in asked["flows"]]
    waiting = select.poll()
    waiting.register(0, select.POLLIN | select.POLLHUP)
    for it in flows:
        for one in (it.client, it.server):
            one.setblocking(False)
            waiting.register(one, select.POLLIN)
    sent, began, told = 0, time.monotonic(), 0.0
    ended = False
    while not ended:
        ended = any(number == 0 for number, _ in waiting.poll(1))
        for it in flows:
            it.receive()
        passed = time.monotonic() - began
        for _ in range(min(BURST, int(passed * asked["rate"]) - sent)):
            for it in flows:
                it.send(sent)
            sent += 1
        if passed - told > 0.1:
            told = passed
            print(sent, flush=True)
    seconds = time.monotonic() - began
    while time.monotonic() - began - seconds < LAST_SECONDS and not all(it.is_whole() for it in flows):
        waiting.poll(1)
        for it in flows:
            it.receive()
    print(json.dumps({"sent": sent, "seconds": seconds, "flows": [it.told() for it in flows]}), flush=True)


if __name__ == "__main__":
    main()
