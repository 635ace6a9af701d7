"""AWS's quotas, where they are wanted, and what a node without room says: each is met, and then said by its code."""

import pytest

from calls import at_once, by, refused
from culvert import Culvert
from network import permission


@pytest.fixture(scope="module")
def server():
    """A server whose quotas begin to hold when there are more VPCs than they allow; `spare` are some of these."""
    with Culvert("--zone", "us-east-1a", "--zone", "eu-west-1a", "--region", "us-east-1", "--region", "eu-west-1") as made:
        ec2 = made.start().ec2
        made.spare = [ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(20)]
        made.peers = [it["Vpc"]["VpcId"] for it in fill(52, lambda at: ec2.create_vpc(CidrBlock=f"172.16.{at}.0/24"))]
        made.stop()
        made.options += ["--quotas", "aws"]
        yield made.start()


@pytest.fixture(scope="module")
def ec2(server):
    return server.ec2


@pytest.fixture
def vpc(server):
    return server.spare.pop()


def fill(count, call):
    """Calls so often, a few at a time; none is refused."""
    outcomes = [it for begin in range(0, count, 8) for it in at_once(min(8, count - begin), lambda at: call(begin + at))]
    assert not [it for it in outcomes if isinstance(it, Exception)], outcomes
    return outcomes


def test_a_vpc_has_so_many_route_tables_and_a_table_so_many_routes(ec2, vpc):
    made = fill(199, lambda _: ec2.create_route_table(VpcId=vpc))
    refused("RouteTableLimitExceeded", ec2.create_route_table, VpcId=vpc)
    table = made[0]["RouteTable"]["RouteTableId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    more = lambda at: ec2.create_route(RouteTableId=table, DestinationCidrBlock=f"172.16.{at // 256}.{at % 256}/32", GatewayId=gateway)
    # The VPC's own does not count.
    fill(500, more)
    refused("RouteLimitExceeded", lambda: more(500))


def test_a_region_has_so_many_vpcs_and_a_vpc_so_many_subnets(server, ec2, vpc):
    refused("VpcLimitExceeded", ec2.create_vpc, CidrBlock="10.0.0.0/16")
    there = server.client("ec2", region="eu-west-1")
    fill(5 - len(there.describe_vpcs()["Vpcs"]), lambda _: there.create_vpc(CidrBlock="10.0.0.0/16"))
    refused("VpcLimitExceeded", there.create_vpc, CidrBlock="10.0.0.0/16")
    there.delete_vpc(VpcId=next(it["VpcId"] for it in there.describe_vpcs()["Vpcs"] if not it["IsDefault"]))
    there.create_vpc(CidrBlock="10.0.0.0/16")
    more = lambda at: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{at}.0/24")
    fill(200, more)
    refused("SubnetLimitExceeded", lambda: more(200))


def test_an_interface_wears_so_many_groups(ec2, vpc):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    groups = [ec2.create_security_group(VpcId=vpc, GroupName=f"g{at}", Description="d")["GroupId"] for at in range(6)]
    refused("SecurityGroupsPerInterfaceLimitExceeded", ec2.create_network_interface, SubnetId=subnet, Groups=groups)
    ec2.create_network_interface(SubnetId=subnet, Groups=groups[:5])
    asked = ["vpc-max-security-groups-per-interface", "max-elastic-ips"]
    told = ec2.describe_account_attributes(AttributeNames=asked)["AccountAttributes"]
    assert [it["AttributeValues"][0]["AttributeValue"] for it in told] == ["5", "5"]


def test_a_region_has_so_many_egress_only_gateways(server, ec2):
    make = lambda at: ec2.create_egress_only_internet_gateway(VpcId=server.peers[at])
    fill(5, make)
    refused("InternetGatewayLimitExceeded", lambda: make(5))


def test_a_vpc_has_so_many_network_acls_and_an_acl_so_many_entries(ec2, vpc):
    made = fill(199, lambda _: ec2.create_network_acl(VpcId=vpc))
    refused("NetworkAclLimitExceeded", ec2.create_network_acl, VpcId=vpc)
    acl = made[0]["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "10.0.0.0/8"}
    # One of the twenty is that which denies what no other allows.
    fill(19, lambda at: ec2.create_network_acl_entry(RuleNumber=at + 1, **entry))
    refused("NetworkAclEntryLimitExceeded", ec2.create_network_acl_entry, RuleNumber=99, **entry)
    ec2.create_network_acl_entry(RuleNumber=99, **{**entry, "Egress": True})


def test_a_region_has_so_many_internet_gateways(ec2):
    fill(5 - len(ec2.describe_internet_gateways()["InternetGateways"]), lambda _: ec2.create_internet_gateway())
    refused("InternetGatewayLimitExceeded", ec2.create_internet_gateway)


def test_a_group_has_so_many_rules_of_each_direction(ec2, vpc):
    group = ec2.create_security_group(VpcId=vpc, GroupName="many", Description="d")["GroupId"]
    rules = [permission(f"tcp {port} from 10.0.0.0/8") for port in range(1, 62)]
    refused("RulesPerSecurityGroupLimitExceeded", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=rules)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules[:60])
    refused("RulesPerSecurityGroupLimitExceeded", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=rules[60:])


def test_so_many_peering_connections_wait_and_are_active(server, ec2, vpc):
    peers = server.peers
    ask = lambda peer: ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    accept = lambda id: ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id)
    asked = fill(25, lambda at: ask(peers[at]))
    refused("OutstandingVpcPeeringConnectionLimitExceeded", lambda: ask(peers[25]))
    fill(25, lambda at: accept(asked[at]))
    asked = fill(25, lambda at: ask(peers[25 + at]))
    fill(25, lambda at: accept(asked[at]))
    refused("VpcPeeringConnectionsPerVpcLimitExceeded", lambda: ask(peers[50]))


def test_so_many_vpcs_are_excluded_from_what_blocks_public_access(server, ec2):
    vpcs = server.peers
    exclude = lambda vpc: ec2.create_vpc_block_public_access_exclusion(VpcId=vpc, InternetGatewayExclusionMode="allow-egress")
    fill(50, lambda at: exclude(vpcs[at]))
    refused("VpcBlockPublicAccessExclusionLimitExceeded", lambda: exclude(vpcs[50]))


def test_a_resource_has_so_many_flow_logs(ec2, vpc):
    log = {"ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3"}
    more = lambda at: ec2.create_flow_logs(**log, LogDestination=f"arn:aws:s3:::flows-{at}")
    assert not [it for it in fill(10, more) if it["Unsuccessful"]]
    refused("FlowLogsLimitExceeded", lambda: more(10))


def test_a_zone_without_nodes_has_no_room(ec2, vpc):
    image = ec2.describe_images()["Images"][0]["ImageId"]
    subnets = {
        zone: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{at}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for at, zone in enumerate("ab")
    }
    run = lambda zone: ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets[zone])
    refused("InsufficientInstanceCapacity", lambda: run("b"))
    run("a")


def test_a_region_without_default_subnets_must_be_told_one(ec2):
    image = ec2.describe_images()["Images"][0]["ImageId"]
    for it in ec2.describe_subnets(Filters=by("default-for-az", "true"))["Subnets"]:
        ec2.delete_subnet(SubnetId=it["SubnetId"])
    refused("MissingInput", ec2.run_instances, ImageId=image, MinCount=1, MaxCount=1)


def test_an_instance_with_two_interfaces_is_no_target(ec2, vpc):
    image = ec2.describe_images()["Images"][0]["ImageId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.7.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    two = [{"DeviceIndex": at, "SubnetId": subnet} for at in (0, 1)]
    id = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, NetworkInterfaces=two)["Instances"][0]["InstanceId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    refused("InvalidInstanceID", ec2.create_route, RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", InstanceId=id)
    refused("InvalidInstanceID", ec2.modify_instance_attribute, InstanceId=id, SourceDestCheck={"Value": False})


def test_a_prefix_list_does_not_lose_what_it_has_not(ec2):
    asked = {"PrefixListName": "list", "MaxEntries": 5, "AddressFamily": "IPv4", "Entries": [{"Cidr": "10.0.0.0/8"}]}
    id = ec2.create_managed_prefix_list(**asked)["PrefixList"]["PrefixListId"]
    modify = {"PrefixListId": id, "CurrentVersion": 1}
    refused("InvalidPrefixListModification", ec2.modify_managed_prefix_list, **modify, RemoveEntries=[{"Cidr": "172.16.0.0/12"}])


def test_of_two_vpcs_that_ask_each_other_one_is_accepted(server, ec2, vpc):
    other = server.peers[51]
    ask = lambda one, two: ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=two)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    there, back = ask(vpc, other), ask(other, vpc)
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=there)
    refused("VpcPeeringConnectionAlreadyExists", ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=back)
