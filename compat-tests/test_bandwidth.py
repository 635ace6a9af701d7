"""How much passes an interface with the tag `culvert:bandwidth`, by what TCP gets through it."""

import contextlib
import os
import socket
import threading
import time

import pytest
from botocore.exceptions import ClientError
from culvert import Culvert
from network import Vpc
from packets import PASS_SECONDS

TAG = "culvert:bandwidth"
PORT = 5001
CHUNK = bytes(1 << 16)
# What TCP carries of what passes: a full packet is 1514 bytes with its headers, of which 1448 are the user's.
CARRIED = 1448 / 1514
# For how long is measured, and which part of what may pass does at least and at most.
SECONDS = 1.0
LEAST, MOST = 0.85, 1.15
FAST = 80e6


@pytest.fixture(scope="module")
def ec2():
    with Culvert() as made:
        yield made.start().ec2


@pytest.fixture(scope="module")
def vpc(ec2):
    made = Vpc(ec2)
    made.subnet()
    made.allowing = made.group("tcp from 0.0.0.0/0")
    yield made
    made.delete()


def tag(value):
    return [{"Key": TAG, "Value": value}]


def specified(value):
    return [{"ResourceType": "network-interface", "Tags": tag(value)}]


@contextlib.contextmanager
def stream(sender, receiver):
    """Sends all that a connection takes, and gives the end that receives."""
    listener = receiver.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((receiver.address, PORT))
    listener.listen()
    client = sender.socket()
    client.settimeout(PASS_SECONDS)
    client.connect((receiver.address, PORT))
    server, _ = listener.accept()
    server.settimeout(PASS_SECONDS)

    def send():
        with contextlib.suppress(OSError):
            while True:
                client.sendall(CHUNK)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield server
    finally:
        for it in (client, server, listener):
            with contextlib.suppress(OSError):
                it.shutdown(socket.SHUT_RDWR)
            it.close()
        sending.join()


def received(server, seconds):
    """Bits a second, for so many at the least."""
    began, count = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        count += len(server.recv(1 << 16))
    return count * 8 / seconds


def goodput(sender, receiver, seconds=SECONDS):
    # From before the connection on, so that nothing has come before that is counted.
    began = time.monotonic()
    with stream(sender, receiver) as server:
        bits = received(server, seconds) * seconds
        return bits / (time.monotonic() - began)


def is_fast(sender, receiver):
    """Whether far more passes than any limit here lets, at least once: this machine may be busy."""
    return any(goodput(sender, receiver, 0.3) > FAST for _ in range(8))


def expect(megabits, *pairs):
    """Never more than so much passes; and so much does, unless this machine was busy each time."""
    for sender, receiver in pairs:
        rates = []
        while not rates or rates[-1] < LEAST * megabits and len(rates) < 5:
            rates.append(goodput(sender, receiver) / 1e6 / CARRIED)
            assert rates[-1] < MOST * megabits, (sender, receiver, rates)
        assert rates[-1] > LEAST * megabits or is_busy(), (sender, receiver, rates)


def is_busy():
    """Whether this machine has so much else to do that TCP cannot use what it may."""
    return os.getloadavg()[0] > 4 * os.cpu_count()


def test_a_tag_limits_an_interface_both_ways_and_no_other(ec2, vpc):
    limited, one, other = vpc.run(3, None, vpc.allowing)
    assert is_fast(one, limited), "without the tag there is no limit"
    ec2.create_tags(Resources=[limited.interface], Tags=tag("20mbit"))
    expect(20, (one, limited), (limited, one))
    with stream(one, limited):
        assert is_fast(one, other), "the neighbours have all of theirs meanwhile"
    # The other end of the link is root's in the instance; the limit is not there.
    limited.run("tc", "qdisc", "replace", "dev", "eth0", "root", "pfifo")
    limited.run("tc", "qdisc", "del", "dev", "eth0", "root")
    expect(20, (limited, one))

    with stream(one, limited) as running:
        ec2.create_tags(Resources=[limited.interface], Tags=tag("40mbit"))
        received(running, 0.2)
        rate = max(received(running, 0.5) for _ in range(4)) / 1e6 / CARRIED
        assert rate > LEAST * 40 or is_busy(), "a connection that is there has the new rate at once"
    ec2.delete_tags(Resources=[limited.interface], Tags=[{"Key": TAG}])
    assert is_fast(one, limited) and is_fast(limited, one)


def test_a_tag_that_is_given_with_the_interface_holds_from_the_first_packet(ec2, vpc):
    (peer,) = vpc.run(1, None, vpc.allowing)
    (born,) = vpc.run(1, None, vpc.allowing, TagSpecifications=specified("30mbit"))
    expect(30, (peer, born), (born, peer))


@pytest.mark.parametrize("value", ["", "20", "20m", "20 mbit", "1.5gbit", "-1mbit", "0mbit", "63kbit", "101gbit"])
def test_a_value_that_is_no_bandwidth_is_refused(ec2, vpc, value):
    subnet = vpc.subnets[0]
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    calls = [
        lambda: ec2.create_tags(Resources=[made], Tags=tag(value)),
        lambda: ec2.create_network_interface(SubnetId=subnet, TagSpecifications=specified(value)),
        lambda: ec2.run_instances(
            ImageId=image, SubnetId=subnet, MinCount=1, MaxCount=1, TagSpecifications=specified(value)
        ),
        # Of a subnet it would limit nothing.
        lambda: ec2.create_tags(Resources=[subnet], Tags=tag("20mbit")),
    ]
    for call in calls:
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    row = ec2.describe_network_interfaces(NetworkInterfaceIds=[made])["NetworkInterfaces"][0]
    assert row["TagSet"] == []
    ec2.delete_network_interface(NetworkInterfaceId=made)
