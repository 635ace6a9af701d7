#!/usr/bin/env python3
"""Writes the README's table of EC2's operations: which of those that concern networks are served, and which are refused.

The names are those of the EC2 model of the installed botocore, so that an operation which AWS has added since shows up
here. With --check nothing is written; the exit code is 1 if the table in the README is not what would be written.
"""

import re
import sys
from pathlib import Path

import model

README = model.ROOT / "README.md"
BEGIN, END = "<!-- Operations: written by compat-tests/coverage.py -->", "<!-- End of the operations -->"

# The families of operations of a VPC, in the order of the table: what the name is, or what it is after its verb. The
# first that matches has the operation.
FAMILIES = [
    ("Block public access", r"VpcBlockPublicAccess\w+"),
    ("Peering", r"VpcPeeringConnections?(Options)?"),
    ("Endpoints and PrivateLink", r"VpcEndpoint\w*"),
    ("Encryption control", r"VpcEncryptionControls?|VpcResourcesBlockingEncryptionEnforcement"),
    ("ClassicLink", r"(VpcClassicLink|ClassicLink)\w*|AddressToVpc|AddressToClassic|MovingAddresses"),
    ("Security groups", r"SecurityGroup(s|Ingress|Egress|Rules|Vpc|VpcAssociations|References|sForVpc|RuleDescriptions\w+)?|StaleSecurityGroups"),
    ("VPCs", r"(Default)?Vpcs?(Attribute|Tenancy|CidrBlock)?"),
    ("Subnets", r"(Default)?Subnets?(Attribute|CidrBlock|CidrReservations?)?"),
    ("DHCP options", r"DhcpOptions"),
    ("Route tables", r"RouteTables?(Association)?|Routes?|VgwRoutePropagation"),
    ("Internet gateways", r"(EgressOnly)?InternetGateways?"),
    ("NAT gateways", r"(Private)?NatGateway(s|Address)?"),
    ("Public addresses", r"Address(es|esAttribute|Attribute|Transfers?)?|PublicIpDnsNameOptions"),
    ("Address pools", r"ByoipCidrs?|ByoipCidrToIpam|PublicIpv4Pool(s|Cidr)?|Ipv6Pools|AssociatedIpv6PoolCidrs|Coip\w+"),
    ("Network ACLs", r"NetworkAcls?(Entry|Association)?"),
    ("Prefix lists", r"(Managed)?PrefixLists?(Entries|Associations|Version)?"),
    ("Interfaces", r"NetworkInterfaces?(Attribute|Permissions?)?|(Private)?IpAddresses|PrivateIpAddresses|Ipv6Addresses|TrunkInterface(Associations)?|Secondary(Networks?|Subnets?|Interfaces)"),
    ("Instances", r"Instances|InstanceAttribute|InstanceStatus|InstanceTypes|InstanceTypeOfferings|InstanceMetadata(Defaults|Options)|InstanceCreditSpecifications?|PrivateDnsNameOptions|ConsoleOutput|InstanceConnectEndpoints?|InstanceNetworkPerformanceOptions|InstanceUefiData"),
    ("Key pairs", r"KeyPairs?"),
    ("Tags", r"Tags"),
    ("Flow logs", r"FlowLogs(IntegrationTemplate)?"),
    ("Reachability", r"NetworkInsights\w+|ReachabilityAnalyzerOrganizationSharing"),
    ("To look at", r"Describe(AccountAttributes|Regions|AvailabilityZones|Hosts|Images|Volumes)|AvailabilityZoneGroup"),
    ("Transit gateways", r"TransitGateway\w*"),
    ("VPN", r"Vpn\w+|CustomerGateways?|ActiveVpnTunnelStatus"),
    ("Client VPN", r"ClientVpn\w+|SecurityGroupsToClientVpnTargetNetwork"),
    ("IPAM", r"(Enabled)?Ipam\w*"),
    ("Traffic mirroring", r"TrafficMirror\w+"),
    ("Route servers", r"RouteServer\w*"),
    ("Carrier and local gateways", r"CarrierGateways?|LocalGateway\w*|OutpostLags|ServiceLinkVirtualInterfaces"),
    ("Verified Access", r"VerifiedAccess\w+"),
    ("Network performance", r"AwsNetworkPerformance\w+"),
]
# What concerns no network: capacity, disks, images, fleets, reservations and the like. Refused just so, and not listed.
ELSEWHERE = (
    r"\w*(Capacity|Reserved|Reservation|Spot|Fleet|Snapshot|Volume|Image|Fpga|LaunchTemplate|Scheduled|Bundle|Conversion|"
    r"Export|Import|Enclave|IamInstanceProfile|Ebs|ElasticGpu|FastLaunch|IdFormat|MacHost|MacModification|"
    r"MacSystemIntegrity|PlacementGroup|SerialConsole|EventWindow|EventNotification|DeclarativePolicies|SqlHa|RecycleBin|"
    r"Hosts?$|InstanceCpuOptions|InstanceEventStartTime|InstanceMaintenance|InstancePlacement|InstanceTopology|"
    r"InstanceTpm|InstanceTypesFromInstanceRequirements|ProductInstance|ConsoleScreenshot|PasswordData|"
    r"CreditSpecification|DiagnosticInterrupt|ManagedResourceVisibility|^Instance$)\w*"
)


def noun(action):
    """What an operation's name says after its verb."""
    return re.sub("^[A-Z][a-z]+", "", action)


def family(action):
    """The family of an operation; None if it concerns no network."""
    matches = lambda pattern: re.fullmatch(pattern, noun(action)) or re.fullmatch(pattern, action)
    return next((name for name, pattern in FAMILIES if matches(pattern)), None)


def families():
    """The operations of each family, in the order of the table."""
    found = {name: [] for name, _ in FAMILIES}
    for action in sorted(model.SERVICE.operation_names):
        name = family(action)
        if name:
            found[name].append(action)
    return found


def unclassified():
    """Operations that are in no family and not known to be none of a network's."""
    rest = [it for it in sorted(model.SERVICE.operation_names) if family(it) is None]
    return [it for it in rest if it in model.SERVED or not re.fullmatch(ELSEWHERE, noun(it))]


def table():
    listed = families()
    served = {name: " ".join(it for it in actions if it in model.SERVED) for name, actions in listed.items()}
    refused = {name: " ".join(it for it in actions if it not in model.SERVED) for name, actions in listed.items()}
    total, ours = sum(map(len, listed.values())), sum(len(it.split()) for it in served.values())
    return "\n".join(
        [
            f"{total} of EC2's {len(model.SERVICE.operation_names)} operations concern networks and what is in them."
            f" {ours} of these are served:",
            "",
            *rows(served),
            "",
            "<details>",
            f"<summary>The {total - ours} that are refused with <code>UnsupportedOperation</code></summary>",
            "",
            *rows(refused),
            "",
            "</details>",
        ]
    )


def rows(cells):
    return ["| | |", "| --- | --- |", *(f"| {name} | {actions} |" for name, actions in cells.items() if actions)]


def written():
    """The README with the table as it should be."""
    text = README.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, f"the README has no place for the table, between {BEGIN} and {END}"
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main():
    if unclassified():
        sys.exit(f"say in compat-tests/coverage.py what these concern: {' '.join(unclassified())}")
    if "--check" in sys.argv[1:]:
        if written() != README.read_text():
            sys.exit("the table of operations in README.md is not up to date: run python3 compat-tests/coverage.py")
    else:
        README.write_text(written())


if __name__ == "__main__":
    main()
