"""AWS's published model of EC2, and whether an answer keeps to it, element by element.

boto3 is forgiving: what it does not know it drops, what is missing it leaves out, and `True` it takes for false. So
every answer that a test gets by boto3 is read here a second time, as it came over the wire.
"""

import json
import re
from collections import Counter
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree

import botocore.session

ROOT = Path(__file__).resolve().parent.parent
SERVICE = botocore.session.get_session().get_service_model("ec2")
PINNED = json.loads((ROOT / "api-models/ec2.json").read_text())

# The operations that are served, each with `read` or `write`.
SERVED = {
    action: kind
    for kind, action in re.findall(
        r"^\s*(read|write)\s+(\w+)\s*=>", (ROOT / "src/ec2/operations.rs").read_text(), re.MULTILINE
    )
}

# What this run has called, and how it went.
succeeded, refused = Counter(), Counter()
# The codes with which they were refused, each with its operation; nothing of it where a request had none.
codes = Counter()

SCALARS = {
    "boolean": re.compile(r"true|false"),
    "integer": re.compile(r"-?\d+"),
    "long": re.compile(r"-?\d+"),
    "float": re.compile(r"-?\d+(\.\d+)?"),
    "double": re.compile(r"-?\d+(\.\d+)?"),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "blob": re.compile(r"[A-Za-z0-9+/]*={0,2}"),
    "string": re.compile(r".*", re.DOTALL),
}
# EC2 shows an attribute without a value as an empty element; any other structure is then left out.
MAY_BE_EMPTY = {"AttributeValue"}
# What EC2 answers although its model does not list it, by the end of the path. Terraform and boto3's own waiter take an
# Internet gateway for attached in this state only. The type of a NAT gateway's interface has another spelling in the
# model's list than in its words about the filter of the same name, which are EC2's.
BEYOND_THE_MODEL = {
    "internetGateway.attachmentSet.state": {"available"},
    "internetGatewaySet.attachmentSet.state": {"available"},
    "networkInterfaceSet.interfaceType": {"nat_gateway"},
}


def documented_filters(operation):
    """The names of the filters that AWS documents for a Describe call."""
    return PINNED["operations"][operation].get("filters", [])


def watch(client):
    """Has every answer that this EC2 client gets checked against the model; a fault fails the call."""
    client.meta.events.register("before-parse.ec2", check)


def check(operation_model, response_dict, **_):
    """Asserts that an answer is one that EC2 could have given."""
    action, status = operation_model.name, response_dict["status_code"]
    (succeeded if status == 200 else refused)[action] += 1
    codes.update((action, it) for it in codes_of(response_dict["body"]))
    faults = list(faults_of(action, status, response_dict["headers"], response_dict["body"]))
    text = response_dict["body"].decode(errors="replace")
    assert not faults, f"{action} answered {status}:\n" + "\n".join(faults) + f"\n{text[:2000]}"


def codes_of(body):
    """The codes in an error document, or of what could not be done in an answer about many things."""
    return [it.decode() for it in re.findall(rb"<(?:E|e)rror><(?:C|c)ode>([^<]+)", body)]


def faults_of(action, status, headers, body):
    """Says what is wrong with an answer, a line a fault."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        yield f"the body is no XML: {error}"
        return
    yield from faults_of_headers(headers)
    if status == 200:
        request = root.findtext(namespaced(action_version(root), "requestId"))
        yield from faults_of_answer(action, root)
        if SERVED.get(action) == "write" and not (headers.get("x-culvert-revision") or "").isdigit():
            yield "a write answers without x-culvert-revision"
    else:
        request = root.findtext("RequestID")
        yield from faults_of_error(status, root)
    if not request or request != headers.get("x-amzn-requestid"):
        yield f"the request id is {request} in the body and {headers.get('x-amzn-requestid')} in the header"


def faults_of_headers(headers):
    if headers.get("content-type") != "text/xml;charset=UTF-8":
        yield f"the content type is {headers.get('content-type')}"
    date = headers.get("date")
    if not date:
        yield "there is no Date header"
    elif abs((datetime.now(timezone.utc) - parsedate_to_datetime(date)).total_seconds()) > 60:
        yield f"the Date header is off: {date}"


def faults_of_error(status, root):
    if not 400 <= status < 500:
        yield f"the status is {status}"
    shape = [root.tag, [it.tag for it in root], [it.tag for it in root.iterfind("Errors/*")]]
    if shape != ["Response", ["Errors", "RequestID"], ["Error"]]:
        yield f"the error document is not EC2's: {shape}"
    error = {it.tag: it.text for it in root.iterfind("Errors/Error/*")}
    if set(error) != {"Code", "Message"} or not all(error.values()):
        yield f"the error is not EC2's: {error}"
    elif not re.fullmatch(r"[A-Za-z]+(\.[A-Za-z]+)*", error["Code"]) or error["Code"] == "InternalError":
        yield f"the error code is {error['Code']}"


def action_version(root):
    return root.tag.partition("}")[0].lstrip("{")


def namespaced(namespace, name):
    return f"{{{namespace}}}{name}"


def faults_of_answer(action, root):
    namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"
    if root.tag != namespaced(namespace, f"{action}Response"):
        yield f"the root is {root.tag}"
    for element in root.iter():
        if not element.tag.startswith(f"{{{namespace}}}"):
            yield f"an element is in another namespace: {element.tag}"
        element.tag = element.tag.rpartition("}")[2]
    answer = [it for it in root if it.tag != "requestId"]
    shape = SERVICE.operation_model(action).output_shape
    if shape is None:
        if [(it.tag, it.text) for it in answer] != [("return", "true")]:
            yield "an action that answers nothing answers <return>true</return>"
        return
    yield from faults_of_members(shape, answer, action)
    # boto3 leaves an absent list out, and who asks for it gets a KeyError.
    if action.startswith("Describe") and not action.endswith("Attribute"):
        present = {it.tag for it in answer}
        for name, member in shape.members.items():
            if member.type_name == "list" and member.serialization.get("name", name) not in present:
                yield f"{action} answers without the list {name}"


def faults_of_members(shape, elements, path):
    members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    count = Counter(it.tag for it in elements)
    for element in elements:
        here = f"{path}.{element.tag}"
        if element.tag not in members:
            yield f"{here} is not in the model"
        elif count[element.tag] > 1:
            yield f"{here} stands there {count[element.tag]} times"
        else:
            yield from faults_of_value(members[element.tag][1], element, here)
    for tag, (name, member) in members.items():
        if name in shape.required_members and tag not in count:
            yield f"{path}.{tag} is required"
        # Terraform takes a missing tag set for the removal of all tags.
        if name in ("Tags", "TagSet") and member.type_name == "list" and tag not in count:
            yield f"{path}.{tag} is missing"


def faults_of_value(shape, element, path):
    kind = shape.type_name
    if element.attrib:
        yield f"{path} has attributes"
    if kind in ("structure", "list") and (element.text or "").strip():
        yield f"{path} is a {kind} and holds text"
    if kind == "structure":
        if not len(element) and shape.name not in MAY_BE_EMPTY:
            yield f"{path} is an empty structure"
        yield from faults_of_members(shape, list(element), path)
    elif kind == "list":
        item = shape.member.serialization.get("name", "member")
        for child in element:
            if child.tag != item:
                yield f"{path} holds <{child.tag}>, not <{item}>"
            else:
                yield from faults_of_value(shape.member, child, path)
    else:
        text = element.text or ""
        if len(element):
            yield f"{path} holds elements"
        if not SCALARS[kind].fullmatch(text):
            yield f"{path} is no {kind}: {text!r}"
        beyond = next((it for end, it in BEYOND_THE_MODEL.items() if path.endswith(end)), ())
        if getattr(shape, "enum", None) and text not in shape.enum and text not in beyond:
            yield f"{path} is none of {shape.enum[:20]}: {text!r}"
