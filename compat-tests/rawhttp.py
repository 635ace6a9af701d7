"""Calls of the API below boto3, where every byte is the test's own; signed by botocore where a signature matters."""

import http.client
import re
import socket
from datetime import datetime, timedelta, timezone
from unittest import mock
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import model

FORM = "application/x-www-form-urlencoded; charset=utf-8"
VERSION = "2016-11-15"


class Answer:
    """What came back: status, headers, body, and `code` where it is an error of any service."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, {key.lower(): value for key, value in headers}, body
        try:
            self.root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            self.root = None

    def text(self, name):
        """The text of the first element of this name."""
        elements = [] if self.root is None else self.root.iter()
        return next((it.text for it in elements if it.tag.rpartition("}")[2] == name), None)

    @property
    def code(self):
        return self.text("Code")

    def is_refusal(self, code=None, status=None):
        """Asserts that this is an error document of EC2, and returns itself."""
        assert 400 <= self.status < 500, self
        faults = list(model.faults_of(None, self.status, self.headers, self.body))
        assert not faults, f"{faults}\n{self}"
        assert code in (None, self.code) and status in (None, self.status), self
        return self

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:1000]!r}"


def signed(
    server, form=None, *, body=None, method="POST", path="/", headers=None, keys=None, token=None,
    service="ec2", region="us-east-1", shift=0, presign=None,
):  # fmt: skip
    """A request as `(method, target, headers, body)`; `shift` is by how many seconds the signer's clock is fast.

    `presign` is for how many seconds the signature, which then is in the query string, shall be good.
    """
    if body is None:
        body = {"Version": VERSION, **(form or {})}
        body = body if presign is not None else urlencode(body).encode()
    request = AWSRequest(method=method, url=f"{server.endpoint}{path}", data=body, headers={"Content-Type": FORM, **(headers or {})})
    credentials = Credentials(*(keys or server.credentials), token)
    now = datetime.now(timezone.utc) + timedelta(seconds=shift)
    with mock.patch("botocore.auth.get_current_datetime", lambda *_: now):
        if presign is None:
            SigV4Auth(credentials, service, region).add_auth(request)
        else:
            SigV4QueryAuth(credentials, service, region, expires=presign).add_auth(request)
    url = urlsplit(request.url)
    sent = dict(request.headers.items())
    return method, url.path + (f"?{url.query}" if url.query else ""), sent, request.data or b""


def send(server, request, connection=None):
    """Sends a request as it is, and returns the answer."""
    method, target, headers, body = request
    connection = connection or http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
        connection.putheader("Content-Length", str(len(body)))
    try:
        connection.endheaders(body)
    except (BrokenPipeError, ConnectionResetError):
        pass  # The server may answer before it has read all.
    answer = connection.getresponse()
    answer = Answer(answer.status, answer.getheaders(), answer.read())
    if answer.status != 200:
        action = re.search(rb"(?:^|&)Action=(\w+)", body if isinstance(body, bytes) else b"")
        model.codes[action and action[1].decode(), answer.code] += 1
    return answer


def call(server, form=None, **more):
    """Signs and sends."""
    return send(server, signed(server, form, **more))


def connect(server, seconds=30):
    """A connection on which nothing has been said."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=seconds)


def raw(server, request, version="HTTP/1.1"):
    """The bytes of a request."""
    method, target, headers, body = request
    host = f"127.0.0.1:{server.port}"
    lines = [f"{method} {target} {version}", "Connection: close", f"Content-Length: {len(body)}"]
    if "Host" not in headers:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_answer(connection):
    """What the server says until the answer is complete."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return Answer(answer.status, answer.getheaders(), answer.read())
