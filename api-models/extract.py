#!/usr/bin/env python3
"""Pins the wire facts of the operations that Culvert serves: api-models/ec2.json.

The facts (names, types, wire names, required members, enum values, paging ranges, names of filters) are
taken from the EC2 model of the installed botocore; no documentation text is kept. Operations are read from
src/ec2/operations.rs; of all others only the names are kept. With --check nothing is written; the exit code is 1 if the pinned file would change, and 2 if
that cannot be said because botocore, or the version that the file was made with, is not installed.
"""

import gzip
import html
import json
import os
import re
import sys

try:
    import botocore
except ImportError:
    print("botocore is not installed", file=sys.stderr)
    sys.exit(2)

HERE = os.path.dirname(os.path.abspath(__file__))
PINNED = os.path.join(HERE, "ec2.json")
OPERATIONS = os.path.join(HERE, "..", "src", "ec2", "operations.rs")
MODEL = os.path.join(os.path.dirname(botocore.__file__), "data", "ec2", "2016-11-15", "service-2.json.gz")
CATALOGUE_MIN = 500  # More values than this are a catalogue that grows every month, not a choice: a plain string.
SCALARS = {"boolean", "integer", "long", "double", "float", "blob", "timestamp", "string"}


def served():
    with open(OPERATIONS, encoding="utf-8") as file:
        return sorted(set(re.findall(r"^\s*(?:read|write)\s+(\w+)\s*=>", file.read(), re.MULTILINE)))


def request_name(name, member):
    """EC2's rule: queryName, else locationName with its first letter upper-cased, else the member's name."""
    if "queryName" in member:
        return member["queryName"]
    if "locationName" in member:
        return member["locationName"][0].upper() + member["locationName"][1:]
    return name


def filter_names(documentation):
    """The names that head the items of the list in the documentation, and the other names given for them."""
    names = re.findall(r"<li>\s*<p>\s*<code>([^<]+)</code>", documentation)
    # Some calls' lists set the names off with a dash alone.
    names += re.findall(r"<li>\s*<p>\s*([a-z][a-z.-]*[a-z]) - ", documentation)
    for sentence in re.findall(r"You can also use (.*?) as (?:the|a) filter name", documentation):
        names += re.findall(r"<code>([^<]+)</code>", sentence)
    names = {html.unescape(name).strip() for name in names}
    return sorted({"tag:<key>" if name.split(":")[0] == "tag" else name for name in names})


class Facts:
    def __init__(self, model):
        self.model = model
        self.shapes = {}

    def reference(self, shape_name):
        """What a member's type is called here: a scalar by its type, everything else by the shape's name."""
        shape = self.model["shapes"][shape_name]
        kind = shape["type"]
        if kind in SCALARS and not 0 < len(shape.get("enum", ())) < CATALOGUE_MIN:
            return kind
        if shape_name in self.shapes:
            return shape_name
        if "enum" in shape:
            self.shapes[shape_name] = {"type": "enum", "values": sorted(shape["enum"])}
        elif kind == "list":
            self.shapes[shape_name] = fact = {"type": "list"}
            fact["element"] = self.reference(shape["member"]["shape"])
            fact["response"] = shape["member"].get("locationName", "member")
        elif kind == "structure":
            self.shapes[shape_name] = fact = {"type": "structure"}
            fact["members"] = self.members(shape)
        else:
            sys.exit(f"{shape_name}: the type {kind} is not known here")
        return shape_name

    def members(self, shape):
        required = set(shape.get("required", ()))
        facts = []
        for name, member in sorted(shape["members"].items()):
            fact = {
                "name": name,
                "type": self.reference(member["shape"]),
                "request": request_name(name, member),
                "response": member.get("locationName", name),
            }
            if name in required:
                fact["required"] = True
            if name == "MaxResults":
                target = self.model["shapes"][member["shape"]]
                fact.update({bound: target[bound] for bound in ("min", "max") if bound in target})
            facts.append(fact)
        return facts

    def operation(self, name):
        operation = self.model["operations"][name]
        fact = {}
        for side in ("input", "output"):
            if side in operation:
                fact[side] = self.reference(operation[side]["shape"])
        if name.startswith(("Describe", "Get")):
            members = self.model["shapes"][operation["input"]["shape"]]["members"]
            for name, member in members.items():
                if request_name(name, member) == "Filter":
                    fact["filters"] = filter_names(member.get("documentation", ""))
        return fact


def extract():
    with gzip.open(MODEL, "rt", encoding="utf-8") as file:
        facts = Facts(json.load(file))
    operations = {name: facts.operation(name) for name in served()}
    source = f"botocore {botocore.__version__}"
    version = facts.model["metadata"]["apiVersion"]
    others = sorted(set(facts.model["operations"]) - set(operations))
    pinned = {"source": source, "version": version, "operations": operations, "others": others, "shapes": facts.shapes}
    return json.dumps(pinned, indent=1, sort_keys=True) + "\n"


def main():
    fresh = extract()
    if "--check" in sys.argv[1:]:
        with open(PINNED, encoding="utf-8") as file:
            pinned = file.read()
        if json.loads(pinned)["source"] != json.loads(fresh)["source"]:
            print("another version of botocore is installed", file=sys.stderr)
            sys.exit(2)
        if pinned != fresh:
            sys.exit("api-models/ec2.json differs from the installed model: run python3 api-models/extract.py")
    else:
        with open(PINNED, "w", encoding="utf-8") as file:
            file.write(fresh)


main()
