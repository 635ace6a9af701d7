"""`culvert explain` and Reachability Analyzer say beforehand what packets then do."""

import json

import pytest

from network import Vpc
from packets import can_connect, cannot_connect, ping_is_dropped, pings, udp_is_dropped, udp_reaches
from test_gateways import Cloud


def explained(shared, *arguments, **options):
    return json.loads(shared.culvert("explain", "--json", *arguments, **options).stdout)


def flow(source, to, *packet):
    return "--from", getattr(source, "id", source), "--to", getattr(to, "id", to), "--protocol", *packet


@pytest.fixture
def vpc(shared):
    """Of a block that no other test has: an end may be named by its address, which must be one interface's."""
    made = Vpc(shared.ec2, "10.173.0.0/16")
    yield made
    made.delete()


@pytest.fixture
def cloud(shared):
    made = Cloud(shared.ec2, "10.174.0.0/16")
    yield made
    made.delete()


@pytest.fixture
def pair(vpc):
    """A client, and in another subnet a server whose group admits TCP 80 and ICMP."""
    group = vpc.group("tcp 80 from 0.0.0.0/0", "icmp from 0.0.0.0/0")
    one, other = vpc.subnet(), vpc.subnet()
    return vpc.instance(one, vpc.group()), vpc.instance(other, group)


def test_what_is_explained_is_what_packets_do(shared, vpc, pair):
    client, server = pair

    def passes(*packet):
        return explained(shared, *flow(client, server, *packet))["Passes"]

    assert passes("tcp", "--port", "80") and can_connect(client, server, 80)
    assert not passes("tcp", "--port", "81") and cannot_connect(client, server, 81)
    assert not passes("udp", "--port", "80") and udp_is_dropped(client, server, 80)
    assert passes("icmp") and pings(client, server)
    # A network ACL lets replies out to some ports only.
    acl = shared.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc.id]}])["NetworkAcls"][0]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "RuleNumber": 10, "Protocol": "1", "IcmpTypeCode": {"Type": 0, "Code": -1}}
    shared.ec2.create_network_acl_entry(**entry, RuleAction="deny", Egress=True, CidrBlock="0.0.0.0/0")
    assert not passes("icmp") and ping_is_dropped(client, server)
    shared.ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=10, Egress=True)
    assert passes("icmp") and pings(client, server)
    # A group by reference.
    group = vpc.group(f"udp 53 from {shared.ec2.describe_instances(InstanceIds=[client.id])['Reservations'][0]['Instances'][0]['SecurityGroups'][0]['GroupId']}")
    assert not passes("udp", "--port", "53") and udp_is_dropped(client, server, 53)
    server.wear(group)
    assert passes("udp", "--port", "53") and udp_reaches(client, server, 53)


def test_the_decider_is_named(shared, pair):
    client, server = pair
    verdict = explained(shared, *flow(client, server, "tcp", "--port", "81"))
    assert verdict["Decider"]["Kind"] == "security-group"
    assert verdict["Decider"]["Explanation"] == f"no inbound rule lets tcp port 81 in from {client.address}"
    assert verdict["Reply"] is None
    text = shared.culvert("explain", *flow(client, server, "tcp", "--port", "81")).stdout
    assert text.splitlines()[-1].startswith("The packet does not pass: security-group sg-")
    text = shared.culvert("explain", *flow(client.address, server, "tcp", "--port", "80")).stdout
    assert text.splitlines()[-1] == "The packet passes, and its reply."
    verdict = explained(shared, *flow(client, "198.51.100.1", "tcp", "--port", "80"))
    assert (verdict["Decider"]["Kind"], verdict["Decider"]["Explanation"]) == (
        "route-table",
        "has no route to 198.51.100.1",
    )


def test_a_way_over_a_middlebox_is_explained_to_its_end(shared, cloud):
    clients, servers = cloud.subnet(), cloud.subnet()
    client, server = cloud.instance(clients, cloud.group()), cloud.instance(servers, cloud.group("tcp 80 from 0.0.0.0/0"))
    box = cloud.instance(cloud.subnet(), cloud.group("tcp 80-81 from 0.0.0.0/0"))
    shared.ec2.modify_network_interface_attribute(NetworkInterfaceId=box.interface, SourceDestCheck={"Value": False})
    box.run("sysctl", "-w", "net.ipv4.ip_forward=1")
    block = shared.ec2.describe_subnets(SubnetIds=[servers])["Subnets"][0]["CidrBlock"]
    cloud.route(cloud.table(clients), block, NetworkInterfaceId=box.interface)

    def decider(port, *more):
        verdict = explained(shared, *flow(client, server, "tcp", "--port", port), *more)
        return verdict["Passes"] or (verdict["Decider"] or {}).get("Interface")

    over = "--forwarder", box.id
    assert decider("80") is None
    assert decider("80", *over) is True and can_connect(client, server, 80)
    assert decider("81", *over) == server.interface and cannot_connect(client, server, 81)
    assert decider("82", *over) == box.interface and cannot_connect(client, server, 82)
    wrong = shared.culvert("explain", *flow(client, server, "icmp"), "--forwarder", server.address, check=False)
    assert f"'{server.address}' is neither an interface (eni-…) nor an instance (i-…)" in wrong.stderr


def test_what_cannot_be_meant_is_refused(shared, pair):
    client, server = pair
    wrong = shared.culvert("explain", *flow(client, server, "tcp"), check=False)
    assert (wrong.returncode, wrong.stderr) == (2, "culvert: tcp and udp need --port\n")
    wrong = shared.culvert("explain", *flow(client, "i-00000000000000001", "icmp"), check=False)
    assert wrong.returncode == 1 and "there is no 'i-00000000000000001'" in wrong.stderr


def test_an_account_is_told_of_its_own_network_only(shared, pair):
    client, server = pair
    made = json.loads(shared.culvert("account", "create", "explained").stdout)
    keys = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    environment = {**shared.shell_environment(), **keys}
    wrong = shared.culvert("explain", *flow(client, server, "icmp"), check=False, environment=environment)
    assert wrong.returncode == 1 and f"there is no '{client.id}'" in wrong.stderr


def test_reachability_analyzer_finds_what_packets_find(shared, vpc, pair):
    client, server = pair
    ec2 = shared.ec2

    def analysed(port):
        path = ec2.create_network_insights_path(
            Source=client.id, Destination=server.interface, Protocol="tcp", DestinationPort=port
        )["NetworkInsightsPath"]["NetworkInsightsPathId"]
        started = ec2.start_network_insights_analysis(NetworkInsightsPathId=path)["NetworkInsightsAnalysis"]
        ids = [started["NetworkInsightsAnalysisId"]]
        shown = ec2.describe_network_insights_analyses(NetworkInsightsAnalysisIds=ids)["NetworkInsightsAnalyses"]
        ec2.delete_network_insights_analysis(NetworkInsightsAnalysisId=ids[0])
        ec2.delete_network_insights_path(NetworkInsightsPathId=path)
        assert shown == [started] and started["Status"] == "succeeded"
        return started

    open_port, closed_port = analysed(80), analysed(81)
    assert open_port["NetworkPathFound"] and can_connect(client, server, 80)
    forward = [it["Component"]["Id"] for it in open_port["ForwardPathComponents"]]
    assert forward[0] == client.id and forward[-1] == server.id
    assert [it["SequenceNumber"] for it in open_port["ReturnPathComponents"]] == list(
        range(1, len(open_port["ReturnPathComponents"]) + 1)
    )
    assert not closed_port["NetworkPathFound"] and cannot_connect(client, server, 81)
    explanation = closed_port["Explanations"][0]
    assert explanation["ExplanationCode"] == "ENI_SG_RULES_MISMATCH"
    assert explanation["NetworkInterface"]["Id"] == server.interface and explanation["Direction"] == "ingress"


def test_two_vpcs_explain_as_apart(shared, vpc, pair):
    client, _ = pair
    other = Vpc(shared.ec2, "10.9.0.0/16")
    try:
        stranger = other.instance(other.subnet())
        verdict = explained(shared, *flow(client, stranger, "tcp", "--port", "80"))
        assert not verdict["Passes"] and verdict["Decider"]["Kind"] == "route-table"
    finally:
        other.delete()
