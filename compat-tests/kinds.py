"""Every kind of thing that the API can make, each described once, so that a test can be about all of them.

A `World` is an account with a VPC and what else a thing needs in order to be made. `KINDS` has a kind for each resource
whose operations are served.
"""

import ipaddress
import itertools
from dataclasses import dataclass, field
from typing import Callable

import botocore

import model

KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGLEi2vG1xNPiKUbgyi5UCybook4dx70q7s7RHyiKt33 key"


class World:
    """An account of one's own, and in it a VPC with two subnets, and a second VPC."""

    def __init__(self, server, name):
        self.account, self.ec2 = server.account(name)
        ec2 = self.ec2
        self.numbers = itertools.count(1)
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.other_vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        self.blocks = ipaddress.ip_network("10.0.0.0/16").subnets(new_prefix=24)
        self.subnet, self.other_subnet = (self.new_subnet(zone) for zone in ("us-east-1a", "us-east-1a"))
        self.group = ec2.create_security_group(VpcId=self.vpc, GroupName="world", Description="world")["GroupId"]
        self.image = ec2.describe_images()["Images"][0]["ImageId"]

    def number(self):
        """A number that nothing has been named after."""
        return next(self.numbers)

    def block(self):
        """A /24 of the VPC that no subnet has."""
        return str(next(self.blocks))

    def new_subnet(self, zone="us-east-1a"):
        return self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=self.block(), AvailabilityZone=zone)["Subnet"]["SubnetId"]

    def new_interface(self):
        return self.ec2.create_network_interface(SubnetId=self.subnet)["NetworkInterface"]["NetworkInterfaceId"]

    def new_vpc(self):
        """A VPC of addresses that no other has."""
        return self.ec2.create_vpc(CidrBlock=f"172.16.{self.number()}.0/24")["Vpc"]["VpcId"]


@dataclass(frozen=True)
class Kind:
    # The type in tag specifications, and what the kind is called.
    type: str
    # What ids begin with.
    prefix: str
    # The operation that makes one, what to call it with, and where its answer has the id.
    creates: str
    parameters: Callable
    made: Callable
    # The operation that lists them, where its rows are, the parameter that names some by id, and a row's id.
    describes: str
    rows: str
    ids: str
    id: str
    # The operation that removes one, and what to call it with.
    deletes: str
    removal: Callable
    # What says that there is no such thing.
    missing: str
    # Other parameters that make of a repeated call another one, of calls that can be repeated.
    otherwise: Callable | None = None
    # Whether what was removed stays in the list for a while.
    lingers: bool = False
    # Whether a list by an id of nobody's is empty, and not refused.
    silent: bool = False
    # How a row of the answer becomes rows of the kind.
    within: Callable = field(default=lambda row: [row])

    def __str__(self):
        return self.type

    def call(self, ec2, action, **parameters):
        return getattr(ec2, botocore.xform_name(action))(**parameters)

    def has(self, action, member):
        return member in model.SERVICE.operation_model(action).input_shape.members

    def make(self, world, **more):
        """Makes one and returns its id."""
        return self.create(world.ec2, **self.parameters(world), **more)

    def create(self, ec2, **parameters):
        """Makes one of just these parameters and returns its id."""
        return self.made(self.call(ec2, self.creates, **parameters))

    def delete(self, world, id):
        return self.call(world.ec2, self.deletes, **self.removal(id))

    def list(self, ec2, **parameters):
        """The rows that a Describe call answers."""
        return self.rows_of(self.call(ec2, self.describes, **parameters))

    def rows_of(self, answer):
        return [it for row in answer[self.rows] for it in self.within(row)]

    def listed(self, ec2, **parameters):
        """The ids that a Describe call answers."""
        return [it[self.id] for it in self.list(ec2, **parameters)]

    def filtered(self, ec2, *filters):
        """The ids that pass filters, each a name and values."""
        name = "Filters" if self.has(self.describes, "Filters") else "Filter"
        return self.listed(ec2, **{name: [{"Name": name, "Values": list(values)} for name, *values in filters]})

    def pages(self):
        """The least number of rows in a page; nothing where there are no pages."""
        members = model.SERVICE.operation_model(self.describes).input_shape.members
        return members["MaxResults"].metadata.get("min", 5) if "MaxResults" in members else None


ALL = [
    Kind(
        "vpc", "vpc", "CreateVpc", lambda it: {"CidrBlock": f"172.17.{it.number()}.0/24"}, lambda it: it["Vpc"]["VpcId"],
        "DescribeVpcs", "Vpcs", "VpcIds", "VpcId",
        "DeleteVpc", lambda id: {"VpcId": id}, "InvalidVpcID.NotFound",
    ),
    Kind(
        "subnet", "subnet", "CreateSubnet", lambda it: {"VpcId": it.vpc, "CidrBlock": it.block()}, lambda it: it["Subnet"]["SubnetId"],
        "DescribeSubnets", "Subnets", "SubnetIds", "SubnetId",
        "DeleteSubnet", lambda id: {"SubnetId": id}, "InvalidSubnetID.NotFound",
    ),
    Kind(
        "security-group", "sg", "CreateSecurityGroup", lambda it: {"VpcId": it.vpc, "GroupName": f"group {it.number()}", "Description": "d"}, lambda it: it["GroupId"],
        "DescribeSecurityGroups", "SecurityGroups", "GroupIds", "GroupId",
        "DeleteSecurityGroup", lambda id: {"GroupId": id}, "InvalidGroup.NotFound",
    ),
    Kind(
        "network-interface", "eni", "CreateNetworkInterface", lambda it: {"SubnetId": it.subnet}, lambda it: it["NetworkInterface"]["NetworkInterfaceId"],
        "DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceIds", "NetworkInterfaceId",
        "DeleteNetworkInterface", lambda id: {"NetworkInterfaceId": id}, "InvalidNetworkInterfaceID.NotFound",
        otherwise=lambda it: {"Description": "another"},
    ),
    Kind(
        "instance", "i", "RunInstances", lambda it: {"ImageId": it.image, "MinCount": 1, "MaxCount": 1, "SubnetId": it.subnet}, lambda it: it["Instances"][0]["InstanceId"],
        "DescribeInstances", "Reservations", "InstanceIds", "InstanceId",
        "TerminateInstances", lambda id: {"InstanceIds": [id]}, "InvalidInstanceID.NotFound",
        otherwise=lambda it: {"UserData": "another"}, lingers=True, within=lambda row: row["Instances"],
    ),
    Kind(
        "route-table", "rtb", "CreateRouteTable", lambda it: {"VpcId": it.vpc}, lambda it: it["RouteTable"]["RouteTableId"],
        "DescribeRouteTables", "RouteTables", "RouteTableIds", "RouteTableId",
        "DeleteRouteTable", lambda id: {"RouteTableId": id}, "InvalidRouteTableID.NotFound",
        otherwise=lambda it: {"VpcId": it.other_vpc},
    ),
    Kind(
        "network-acl", "acl", "CreateNetworkAcl", lambda it: {"VpcId": it.vpc}, lambda it: it["NetworkAcl"]["NetworkAclId"],
        "DescribeNetworkAcls", "NetworkAcls", "NetworkAclIds", "NetworkAclId",
        "DeleteNetworkAcl", lambda id: {"NetworkAclId": id}, "InvalidNetworkAclID.NotFound",
        otherwise=lambda it: {"VpcId": it.other_vpc},
    ),
    Kind(
        "internet-gateway", "igw", "CreateInternetGateway", lambda it: {}, lambda it: it["InternetGateway"]["InternetGatewayId"],
        "DescribeInternetGateways", "InternetGateways", "InternetGatewayIds", "InternetGatewayId",
        "DeleteInternetGateway", lambda id: {"InternetGatewayId": id}, "InvalidInternetGatewayID.NotFound",
    ),
    Kind(
        "egress-only-internet-gateway", "eigw", "CreateEgressOnlyInternetGateway", lambda it: {"VpcId": it.new_vpc()}, lambda it: it["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"],
        "DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayIds", "EgressOnlyInternetGatewayId",
        "DeleteEgressOnlyInternetGateway", lambda id: {"EgressOnlyInternetGatewayId": id}, "InvalidGatewayID.NotFound",
        otherwise=lambda it: {"VpcId": it.new_vpc()}, silent=True,
    ),
    Kind(
        "natgateway", "nat", "CreateNatGateway", lambda it: {"SubnetId": it.subnet, "ConnectivityType": "private"}, lambda it: it["NatGateway"]["NatGatewayId"],
        "DescribeNatGateways", "NatGateways", "NatGatewayIds", "NatGatewayId",
        "DeleteNatGateway", lambda id: {"NatGatewayId": id}, "NatGatewayNotFound",
        otherwise=lambda it: {"SubnetId": it.other_subnet}, lingers=True,
    ),
    Kind(
        "elastic-ip", "eipalloc", "AllocateAddress", lambda it: {"Domain": "vpc"}, lambda it: it["AllocationId"],
        "DescribeAddresses", "Addresses", "AllocationIds", "AllocationId",
        "ReleaseAddress", lambda id: {"AllocationId": id}, "InvalidAllocationID.NotFound",
    ),
    Kind(
        "dhcp-options", "dopt", "CreateDhcpOptions", lambda it: {"DhcpConfigurations": [{"Key": "domain-name", "Values": [f"n{it.number()}.example"]}]}, lambda it: it["DhcpOptions"]["DhcpOptionsId"],
        "DescribeDhcpOptions", "DhcpOptions", "DhcpOptionsIds", "DhcpOptionsId",
        "DeleteDhcpOptions", lambda id: {"DhcpOptionsId": id}, "InvalidDhcpOptionID.NotFound",
    ),
    Kind(
        "vpc-peering-connection", "pcx", "CreateVpcPeeringConnection", lambda it: {"VpcId": it.vpc, "PeerVpcId": it.new_vpc()}, lambda it: it["VpcPeeringConnection"]["VpcPeeringConnectionId"],
        "DescribeVpcPeeringConnections", "VpcPeeringConnections", "VpcPeeringConnectionIds", "VpcPeeringConnectionId",
        "DeleteVpcPeeringConnection", lambda id: {"VpcPeeringConnectionId": id}, "InvalidVpcPeeringConnectionID.NotFound",
        lingers=True,
    ),
    Kind(
        "prefix-list", "pl", "CreateManagedPrefixList", lambda it: {"PrefixListName": f"list {it.number()}", "MaxEntries": 5, "AddressFamily": "IPv4"}, lambda it: it["PrefixList"]["PrefixListId"],
        "DescribeManagedPrefixLists", "PrefixLists", "PrefixListIds", "PrefixListId",
        "DeleteManagedPrefixList", lambda id: {"PrefixListId": id}, "InvalidPrefixListID.NotFound",
        otherwise=lambda it: {"MaxEntries": 6},
    ),
    Kind(
        "key-pair", "key", "ImportKeyPair", lambda it: {"KeyName": f"key {it.number()}", "PublicKeyMaterial": KEY}, lambda it: it["KeyPairId"],
        "DescribeKeyPairs", "KeyPairs", "KeyPairIds", "KeyPairId",
        "DeleteKeyPair", lambda id: {"KeyPairId": id}, "InvalidKeyPair.NotFound",
    ),
    Kind(
        "vpc-flow-log", "fl", "CreateFlowLogs", lambda it: {"ResourceIds": [it.new_interface()], "ResourceType": "NetworkInterface", "TrafficType": "ALL", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::flows"}, lambda it: it["FlowLogIds"][0],
        "DescribeFlowLogs", "FlowLogs", "FlowLogIds", "FlowLogId",
        "DeleteFlowLogs", lambda id: {"FlowLogIds": [id]}, "InvalidFlowLogId.NotFound",
        otherwise=lambda it: {"TrafficType": "REJECT"}, silent=True,
    ),
    Kind(
        "network-insights-path", "nip", "CreateNetworkInsightsPath", lambda it: {"Source": it.new_interface(), "Destination": it.new_interface(), "Protocol": "tcp"}, lambda it: it["NetworkInsightsPath"]["NetworkInsightsPathId"],
        "DescribeNetworkInsightsPaths", "NetworkInsightsPaths", "NetworkInsightsPathIds", "NetworkInsightsPathId",
        "DeleteNetworkInsightsPath", lambda id: {"NetworkInsightsPathId": id}, "InvalidNetworkInsightsPathId.NotFound",
        otherwise=lambda it: {"Protocol": "udp"},
    ),
    Kind(
        "vpc-block-public-access-exclusion", "vpcbpa-exclude", "CreateVpcBlockPublicAccessExclusion", lambda it: {"VpcId": it.new_vpc(), "InternetGatewayExclusionMode": "allow-egress"}, lambda it: it["VpcBlockPublicAccessExclusion"]["ExclusionId"],
        "DescribeVpcBlockPublicAccessExclusions", "VpcBlockPublicAccessExclusions", "ExclusionIds", "ExclusionId",
        "DeleteVpcBlockPublicAccessExclusion", lambda id: {"ExclusionId": id}, "InvalidVpcBlockPublicAccessExclusionId.NotFound",
    ),
]  # fmt: skip

KINDS = [it for it in ALL if {it.creates, it.describes, it.deletes} <= set(model.SERVED)]
