"""Who decides about packets: what flow logs tell, beside what the analyzer says.

Each VPC has a flow log with the deciding rule. `expected` says, from the components that the analyzer names, which
records each interface must have of a probe; `Deciders.faults` holds the records to it, to the packet: one that is
missing, that names another decider or that nobody sent is a fault.

What is not compared, and why:

- Where the router asks in another order than AWS, either of the two that refuse may be named: what comes from the world
  outside is asked by the receiver's ACL before the gateway's block and the way back are looked at, and an egress-only
  gateway's block before whether it was asked for.
- A packet that no route leads on meets no filter in the router, and so has no record. That its sender's groups or ACL
  refuse it too is said by the analyzer, which asks them first. So a refusal of theirs may be without a record, but only
  where no other packet shows that the subnet has a way to that destination.
- Who writes another's source, or passes its packets on, is known to records by that source. What the rules of the
  receiver say about groups is then about somebody else: whether it lets the packet in is compared, not by which rule. Nor
  is it known then whether the sender's groups have refused what the receiver's ACL, which the router asks first, refuses.
- What middleboxes send round until nobody passes it on any more is counted as often as it goes round.
- Behind a NAT gateway a flow has another source port, and ICMP has none: such packets are told apart by who sends and
  receives alone, and counted together.
- Replies: their records name what admitted the flow, where the analyzer says that groups remember it. Whether they
  arrive is compared by the packets themselves.
"""

import collections
import itertools
import os

from analyzer import TCP, UDP, run

FORMAT = (
    "${vpc-id} ${subnet-id} ${interface-id} ${flow-direction} ${pkt-srcaddr} ${pkt-dstaddr} ${srcport} ${dstport}"
    " ${protocol} ${packets} ${action} ${deciding-rule} ${log-status}"
)
buckets = (f"deciders-{os.getpid()}-{number}" for number in itertools.count(1))
BLOCKED = "block-public-access"
GATEWAYS = ("internet-gateway", "egress-only-internet-gateway", "natgateway", "vpc-peering-connection")
# Whichever decided.
ANY = "any"

# A record that there must be: at an interface, or at one of a subnet where the analyzer names no interface, with one of
# these outcomes, `(action, decider)`. If it is not needed it may be missing.
Met = collections.namedtuple("Met", "place way source destination outcomes is_needed")


def passed(*rules):
    return [("ACCEPT", it) for it in rules]


def refused(*rules):
    return [("REJECT", it) for it in rules]


def listed(ids):
    return ",".join(sorted(ids.split(", ")))


class Deciders:
    """The flow logs of a network, and what they have told so far."""

    def __init__(self, network):
        self.network, self.ec2 = network, network.ec2
        self.logs, self.read = [], collections.Counter()
        self.bucket = next(buckets)
        vpcs = [it.id for it in network.clouds]
        self.logs += self.log(vpcs, self.bucket, FORMAT)
        self.compared = collections.Counter()

    def log(self, vpcs, bucket, form):
        made = self.ec2.create_flow_logs(
            ResourceIds=vpcs, ResourceType="VPC", TrafficType="ALL", LogFormat=form, MaxAggregationInterval=60,
            LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{bucket}",
        )  # fmt: skip
        assert not made["Unsuccessful"], made["Unsuccessful"]
        return made["FlowLogIds"]

    def told(self):
        """The records since the last call: before a log goes the node writes what was counted, so one is made to go."""
        brief = self.log([self.network.clouds[0].id], f"{self.bucket}-brief", "${version}")
        self.ec2.delete_flow_logs(FlowLogIds=brief)
        found = []
        for file in (self.network.server.data_dir / "flow-logs/s3" / self.bucket).rglob("*.log"):
            with file.open() as lines:
                lines.seek(self.read[file])
                new = lines.read()
                self.read[file] += len(new)
            found += [line.split() for line in new.splitlines() if not line.startswith("vpc-id")]
        assert not any(it[-1] == "SKIPDATA" for it in found), "more than the router counts"
        return [it for it in found if it[-1] == "OK"]

    def close(self):
        self.ec2.delete_flow_logs(FlowLogIds=self.logs)

    def send(self, probes):
        """Sends the probes, and says of some what is wrong with them: `(probe, fault)`."""
        self.told()
        run(probes, self.network.senders)
        return [(it, fault) for it in probes for fault in it.faults()] + self.faults(probes)

    def flow(self, probe, source, destination):
        """What tells the flow's packets from others, as far as anything does."""
        if probe.protocol not in (TCP, UDP):
            return source, destination, "0", "0", "58" if ":" in probe.to else "1"
        port = "*" if source in self.network.translators else str(probe.source_port)
        return source, destination, port, str(probe.port), str(probe.protocol)

    def faults(self, probes):
        """What records and analyzer say differently of these probes, which alone were sent since the last call."""
        told = collections.defaultdict(collections.Counter)
        for _, subnet, interface, way, source, destination, port, to, protocol, packets, action, rule, _ in self.told():
            port = "*" if source in self.network.translators and protocol in ("6", "17") else port
            rule = ",".join(sorted(rule.split(",")))
            told[way, source, destination, port, to, protocol][interface, subnet, action, rule] += int(packets)
        routed = {way for probe in probes for way in self.ways(probe)}
        wanted = collections.defaultdict(list)
        for probe in probes:
            for met in self.expected(probe, routed):
                wanted[met.way, *self.flow(probe, met.source, met.destination)].append((met, probe))
        faults = []
        for key, rows in wanted.items():
            records = told.pop(key, collections.Counter())
            # Those with the least choice first.
            choice = lambda row: (not row[0].is_needed, len(row[0].outcomes), ANY in row[0].outcomes[0])  # noqa: E731
            for met, probe in sorted(rows, key=choice):
                fits = next((it for it in records if records[it] and is_told(met, it)), None)
                if fits:
                    records[fits] -= 1
                    self.compared[met.way, *met.outcomes[0][:1], kind(fits[3])] += 1
                elif met.is_needed:
                    others = [it for it in records if records[it]]
                    faults.append((probe, f"no record of {met}, but {others}"))
                else:
                    self.compared["no record"] += 1
            left = [it for it in records if records[it]]
            # An answer to ICMP, or an error, bears nothing that tells it from what is asked.
            if left and key[-1] in ("6", "17") and not any(it.goes_round() for _, it in rows):
                faults.append((rows[0][1], f"beside {[it for it, _ in rows]} there is {left}"))
        by_flow = {(str(it.source_port), str(it.port), str(it.protocol)): it for it in probes}
        for key, records in told.items():
            probe = by_flow.get(key[3:])
            # The router asks the receiver's ACL before the sender's groups, and by this source nobody knows the sender.
            is_asked_first = key[0] == "ingress" and all(it[2] == "REJECT" and it[3].startswith("acl-") for it in records)
            if probe and not probe.goes_round() and not (probe.pretended and is_asked_first):
                faults.append((probe, f"is not expected at all: {key} {dict(records)}"))
        return faults

    def expected(self, probe, routed):
        """The records of a probe on its way to the receiver."""
        network = self.network
        sender, let_out, let_in, from_outside = None, None, None, False
        is_anothers, taken = probe.pretended, ""
        found = []

        def met(place, way, it, outcomes, is_needed=True, destination=None):
            is_needed = is_needed and not probe.goes_round()
            found.append(Met(place, way, it["Source"], destination or it["Destination"], outcomes, is_needed))

        def left(is_needed=True):
            """The interface from which it came to this component has let it go."""
            if sender:
                met(sender, "egress", let_out[0], let_out[1], is_needed)

        components = probe.said["Forward"]["Components"]
        for before, it in zip([None, *components], components, strict=False):
            # What lets it out stands behind the interface that it leaves.
            leaves = before is not None and before["Kind"] == "network-interface"
            kind, passes = it["Kind"], it["Passes"]
            taken = it["Explanation"] if kind == "route-table" else taken
            if before is None and kind == "network-interface":
                if not passes:
                    break
                sender, subnet = it["Interface"], it["Subnet"]
            elif kind == "network-interface":
                # An interface that takes nothing for others is one that no route leads to.
                if passes:
                    left()
                    met(it["Interface"], "ingress", it, let_in)
                # If it is a middlebox it sends the packet on.
                sender, subnet, is_anothers = it["Interface"], it["Subnet"], True
            elif kind.startswith("security-group") and leaves:
                way = (subnet, it["Destination"])
                if not passes:
                    met(sender, "egress", it, refused(listed(it["Id"])), way in routed)
                let_out = it, passed(it["Id"])
            elif kind.startswith("security-group"):
                let_in = passed(ANY if is_anothers else it["Id"])
                if not passes:
                    left()
                    met(it["Interface"], "ingress", it, refused(listed(it["Id"])))
            elif kind == "route-table" and sender is None and not passes:
                # With a NAT gateway nobody outside begins a flow, wherever its subnet's routes lead.
                by = "-" if it["Destination"] in network.translators else it["Id"].split()[0]
                met(it["Subnet"], "ingress", it, refused(by, f"{ANY} acl"))
            elif kind == "network-acl":
                acl, direction, number = it["Id"].split()
                if not passes and direction == "outbound":
                    way = (it["Subnet"], it["Destination"])
                    met(it["Subnet"], "egress", it, refused(f"{acl}/{number}"), way in routed)
                elif not passes:
                    # To an interface that takes nothing for others no route leads.
                    is_routed = "leads to eni-" not in taken or (subnet, it["Destination"]) in routed
                    left(is_routed)
                    met(it["Subnet"], "ingress", it, refused(f"{acl}/{number}"), is_routed and not is_anothers)
            elif kind in ("internet-gateway", "egress-only-internet-gateway") and sender:
                if it["Refusal"] == "PublicAccessBlocked":
                    met(sender, "egress", it, refused(BLOCKED))
                else:
                    left()
                sender = None
            elif kind in ("internet-gateway", "egress-only-internet-gateway") and not passes:
                by = [BLOCKED] if it["Refusal"] == "PublicAccessBlocked" else [f"{ANY} rtb", BLOCKED]
                place, private = network.holders[it["Destination"]]
                met(place, "ingress", it, refused(*by, f"{ANY} acl"), destination=private)
            elif it["Refusal"] == "NoGateway":
                # Without any way to the world outside, nothing comes so far.
                place, private = network.holders[it["Destination"]]
                met(place, "ingress", it, refused(f"{ANY} rtb", BLOCKED, f"{ANY} acl"), False, private)
            elif kind == "internet-gateway":
                from_outside = True
            elif kind == "natgateway":
                interface, subnet, private = network.nats[it["Id"]]
                if passes:
                    left()
                    met(interface, "ingress", it, passed("-"))
                    sender = interface
                    let_out = {"Source": private, "Destination": it["Destination"]}, passed("-")
                else:
                    # Its subnet's gateway leads nothing to it; what comes from within it takes, and throws away.
                    left()
                    met(interface, "ingress", it, refused("-") if from_outside else passed("-"))
            elif kind == "vpc-peering-connection":
                left()
                sender = None
        return found

    def ways(self, probe):
        """The subnets and destinations between which a packet has shown that there is a way."""
        subnet, components = None, probe.said["Forward"]["Components"]
        for it, following in itertools.pairwise(components):
            if it["Kind"] == "network-interface":
                subnet = it["Subnet"]
            elif it["Kind"] == "natgateway":
                subnet = self.network.nats[it["Id"]][1]
            # What lets it out stands behind the interface that it leaves, what lets it in before the one that it enters.
            arrived = following["Kind"].startswith("security-group") and it["Kind"] != "network-interface"
            if subnet and (arrived or following["Kind"] in GATEWAYS):
                yield subnet, it["Destination"]


def kind(rule):
    return rule.split("-")[0] if rule != BLOCKED else rule


def is_told(met, record):
    interface, subnet, action, rule = record
    if met.place not in (interface, subnet):
        return False
    return any(
        action == wanted and (by in (rule, ANY) or by.startswith(f"{ANY} ") and rule.startswith(by.split()[1]))
        for wanted, by in met.outcomes
    )
