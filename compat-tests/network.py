"""VPCs for tests, in few words: `vpc.subnet()`, `vpc.group("web", "tcp 80 from 0.0.0.0/0")`, `vpc.instance(…)`.

What a `Vpc` made, it can remove again in the order that EC2 asks for, which is a test of its own.
"""

import functools
import ipaddress
import itertools

from packets import Host


def permission(rule):
    """EC2's form of a rule that a person would write: `tcp 80-90 from 10.0.0.0/8`, `icmp to sg-…`, `all from ::/0`.

    The word before the peer is for the reader; a call to authorize says which way a rule goes.
    """
    words = rule.split()
    protocol, peer = words[0], words[-1]
    ports = words[1] if words[1] not in ("from", "to") else None
    made = {"IpProtocol": {"all": "-1"}.get(protocol, protocol)}
    if protocol in ("tcp", "udp"):
        first, _, last = (ports or "0-65535").partition("-")
        made |= {"FromPort": int(first), "ToPort": int(last or first)}
    elif protocol in ("icmp", "icmpv6"):
        kind, _, code = (ports or "-1/-1").partition("/")
        made |= {"FromPort": int(kind), "ToPort": int(code or -1)}
    if peer.startswith("sg-"):
        made["UserIdGroupPairs"] = [{"GroupId": peer}]
    elif peer.startswith("pl-"):
        made["PrefixListIds"] = [{"PrefixListId": peer}]
    elif ":" in peer:
        made["Ipv6Ranges"] = [{"CidrIpv6": peer}]
    else:
        made["IpRanges"] = [{"CidrIp": peer}]
    return made


class Instance(Host):
    """A running instance: its ids, its addresses, its namespace."""

    def __init__(self, ec2, row):
        interface = row["NetworkInterfaces"][0]
        ipv6 = [it["Ipv6Address"] for it in interface.get("Ipv6Addresses", [])]
        super().__init__(row["InstanceId"], row["PrivateIpAddress"], ipv6[0] if ipv6 else None)
        self.ec2, self.interface, self.subnet = ec2, interface["NetworkInterfaceId"], row["SubnetId"]

    @property
    def state(self):
        reservations = self.ec2.describe_instances(InstanceIds=[self.id])["Reservations"]
        return reservations[0]["Instances"][0]["State"]["Name"]

    def wear(self, *groups):
        """Changes the security groups of its interface to these."""
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=self.interface, Groups=list(groups))

    def terminate(self):
        self.ec2.terminate_instances(InstanceIds=[self.id])


def unused(ec2, subnet):
    """An address of the subnet that no interface holds and that is kept for nobody."""
    (block,) = [ipaddress.ip_network(it["CidrBlock"]) for it in ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]]
    pages = ec2.get_paginator("describe_network_interfaces").paginate(Filters=[{"Name": "subnet-id", "Values": [subnet]}])
    held = {it["PrivateIpAddress"] for page in pages for row in page["NetworkInterfaces"] for it in row["PrivateIpAddresses"]}
    return next(str(it) for it in list(block)[-2:4:-1] if str(it) not in held)


def block(at, number, length=64):
    """A block of a network, by its number among those of the length."""
    at = ipaddress.ip_network(at)
    return str(ipaddress.ip_network((int(at.network_address) + (number << at.max_prefixlen - length), length)))


class Vpc:
    """A VPC and what a test makes in it, through one boto3 client."""

    def __init__(self, ec2, prefix="10.0.0.0/16", **more):
        self.ec2, self.prefix = ec2, ipaddress.ip_network(prefix)
        self.id = ec2.create_vpc(CidrBlock=prefix, **more)["Vpc"]["VpcId"]
        self.blocks = self.prefix.subnets(new_prefix=24) if self.prefix.prefixlen < 24 else iter([self.prefix])
        self.subnets, self.groups, self.instances = [], [], []
        self.blocks6 = map(lambda number: block(self.prefix6, number), itertools.count())
        self.names = map("group-{}".format, itertools.count(1))

    @functools.cached_property
    def prefix6(self):
        """The block of IPv6 addresses that the VPC was given when it was made."""
        (row,) = self.ec2.describe_vpcs(VpcIds=[self.id])["Vpcs"]
        return ipaddress.ip_network(row["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])

    def dual_subnet(self, prefix=None, **more):
        """Makes a subnet of both families, of the next free blocks, and returns its id."""
        return self.subnet(prefix, Ipv6CidrBlock=next(self.blocks6), **more)

    def subnet(self, prefix=None, zone="us-east-1a", **more):
        """Makes a subnet, of the next free /24 where no block is given, and returns its id."""
        block = prefix or str(next(self.blocks))
        made = self.ec2.create_subnet(VpcId=self.id, CidrBlock=block, AvailabilityZone=zone, **more)["Subnet"]
        self.subnets.append(made["SubnetId"])
        return made["SubnetId"]

    def group(self, *rules, name=None):
        """Makes a security group whose rules say `from`, and returns its id; it lets everything out."""
        name = name or next(self.names)
        made = self.ec2.create_security_group(VpcId=self.id, GroupName=name, Description=name)
        self.groups.append(made["GroupId"])
        self.allow(made["GroupId"], *rules)
        return made["GroupId"]

    def allow(self, group, *rules):
        for calls, which in ((self.ec2.authorize_security_group_ingress, "from"), (self.ec2.authorize_security_group_egress, "to")):
            wanted = [permission(rule) for rule in rules if which in rule.split()]
            if wanted:
                calls(GroupId=group, IpPermissions=wanted)

    def revoke(self, group, *rules):
        for calls, which in ((self.ec2.revoke_security_group_ingress, "from"), (self.ec2.revoke_security_group_egress, "to")):
            wanted = [permission(rule) for rule in rules if which in rule.split()]
            if wanted:
                calls(GroupId=group, IpPermissions=wanted)

    def lock_egress(self, group):
        """Takes away the rule that lets everything out."""
        self.revoke(group, "all to 0.0.0.0/0")

    def instance(self, subnet=None, *groups, **more):
        """Runs an instance and returns it, running."""
        return self.run(1, subnet, *groups, **more)[0]

    def run(self, count, subnet=None, *groups, **more):
        """Runs instances that are alike."""
        subnet = subnet or (self.subnets[0] if self.subnets else self.subnet())
        if groups:
            more["SecurityGroupIds"] = list(groups)
        more.setdefault("ImageId", self.ec2.describe_images()["Images"][0]["ImageId"])
        made = self.ec2.run_instances(SubnetId=subnet, MinCount=count, MaxCount=count, **more)
        ids = [it["InstanceId"] for it in made["Instances"]]
        rows = [
            it
            for page in self.ec2.get_paginator("describe_instances").paginate(InstanceIds=ids)
            for reservation in page["Reservations"]
            for it in reservation["Instances"]
        ]
        rows.sort(key=lambda it: it["AmiLaunchIndex"])
        for row in rows:
            assert row["State"]["Name"] == "running", row["State"]
        self.instances += [Instance(self.ec2, row) for row in rows]
        return self.instances[-count:]

    def delete(self):
        """Removes the VPC and everything that was made in it, also what a test made by other ways."""
        mine = [{"Name": "vpc-id", "Values": [self.id]}]
        rows = [
            it
            for reservation in self.ec2.describe_instances(Filters=mine)["Reservations"]
            for it in reservation["Instances"]
        ]
        ids = [it["InstanceId"] for it in rows if it["State"]["Name"] != "terminated"]
        if ids:
            self.ec2.terminate_instances(InstanceIds=ids)
        living = [{"Name": "state", "Values": ["pending", "available"]}]
        for it in self.ec2.describe_nat_gateways(Filter=mine + living)["NatGateways"]:
            self.ec2.delete_nat_gateway(NatGatewayId=it["NatGatewayId"])
        for it in self.ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]:
            self.ec2.delete_network_interface(NetworkInterfaceId=it["NetworkInterfaceId"])
        for it in self.ec2.describe_subnets(Filters=mine)["Subnets"]:
            self.ec2.delete_subnet(SubnetId=it["SubnetId"])
        groups = [it for it in self.ec2.describe_security_groups(Filters=mine)["SecurityGroups"] if it["GroupName"] != "default"]
        # Groups may refer to each other, so all rules go before the first group.
        for it in groups:
            if it["IpPermissions"]:
                self.ec2.revoke_security_group_ingress(GroupId=it["GroupId"], IpPermissions=it["IpPermissions"])
            if it["IpPermissionsEgress"]:
                self.ec2.revoke_security_group_egress(GroupId=it["GroupId"], IpPermissions=it["IpPermissionsEgress"])
        for it in groups:
            self.ec2.delete_security_group(GroupId=it["GroupId"])
        self.ec2.delete_vpc(VpcId=self.id)
