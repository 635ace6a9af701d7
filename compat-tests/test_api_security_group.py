"""Security groups and their rules: how rules are written, shown, found, changed and taken away."""

import pytest

from calls import at_once, by, filters, nobodys, pages, refused, tags, unsupported, untouched
from network import Vpc, permission


@pytest.fixture
def group(vpc):
    return vpc.group(name="web")


def shown(ec2, group):
    return ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]


def rules(ec2, group, egress=False):
    rows = ec2.describe_security_group_rules(Filters=filters(group_id=group))["SecurityGroupRules"]
    return [it for it in rows if it["IsEgress"] is egress]


# Groups.


def test_a_group_lets_everything_out_and_nothing_in(ec2, vpc):
    made = ec2.create_security_group(
        VpcId=vpc.id, GroupName="web", Description="for the web", TagSpecifications=tags("security-group", Name="n")
    )
    row = shown(ec2, made["GroupId"])
    assert made["SecurityGroupArn"] == row["SecurityGroupArn"] and made["Tags"] == row["Tags"] == [{"Key": "Name", "Value": "n"}]
    assert (row["GroupName"], row["Description"], row["VpcId"]) == ("web", "for the web", vpc.id)
    assert row["IpPermissions"] == []
    (out,) = row["IpPermissionsEgress"]
    assert out["IpProtocol"] == "-1" and out["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}] and out["Ipv6Ranges"] == []
    assert "FromPort" not in out and "ToPort" not in out, "Terraform takes ports of such a rule for a change"
    (rule,) = rules(ec2, made["GroupId"], egress=True)
    assert (rule["FromPort"], rule["ToPort"], rule["CidrIpv4"]) == (-1, -1, "0.0.0.0/0")


def test_a_group_that_cannot_be_made_is_refused(ec2, vpc, group):
    create = ec2.create_security_group
    with untouched(ec2):
        refused("InvalidGroup.Duplicate", create, VpcId=vpc.id, GroupName="web", Description="d")
        refused("InvalidGroup.Duplicate", create, VpcId=vpc.id, GroupName="web  ", Description="d")
        refused("InvalidGroup.Reserved", create, VpcId=vpc.id, GroupName="default", Description="d")
        for name in ("sg-web", "x" * 256, "caf\u00e9", "a\nb", "<b>"):
            refused("InvalidParameterValue", create, VpcId=vpc.id, GroupName=name, Description="d")
        refused("InvalidParameterValue", create, VpcId=vpc.id, GroupName="a", Description="x" * 256)
        refused("InvalidParameterValue", create, VpcId=vpc.id, GroupName="a", Description="na\u00efve")
        refused("InvalidVpcID.NotFound", create, VpcId=nobodys("vpc"), GroupName="a", Description="d")
        refused("InvalidVpcID.Malformed", create, VpcId="vpc-1", GroupName="a", Description="d")
        refused("InvalidParameterValue", create, VpcId=vpc.id, GroupName="a", Description="d", TagSpecifications=tags("vpc", a="b"))
        refused("DryRunOperation", create, VpcId=vpc.id, GroupName="a", Description="d", DryRun=True)


def test_two_vpcs_may_each_have_a_group_of_one_name(ec2, vpc, group):
    other = Vpc(ec2, "10.5.0.0/16")
    try:
        assert other.group(name="web") != group
    finally:
        other.delete()


def test_a_group_is_found_by_its_name_in_the_default_vpc_only(ec2, vpc, group):
    (default,) = ec2.describe_vpcs(Filters=filters(is_default="true"))["Vpcs"]
    made = ec2.create_security_group(GroupName="by-name", Description="d")["GroupId"]
    try:
        assert shown(ec2, made)["VpcId"] == default["VpcId"]
        assert [it["GroupId"] for it in ec2.describe_security_groups(GroupNames=["by-name"])["SecurityGroups"]] == [made]
        ec2.authorize_security_group_ingress(GroupName="by-name", IpPermissions=[permission("tcp 80 from 10.0.0.0/8")])
        ec2.revoke_security_group_ingress(GroupName="by-name", IpPermissions=[permission("tcp 80 from 10.0.0.0/8")])
        refused("InvalidGroup.NotFound", ec2.describe_security_groups, GroupNames=["web"])
        refused("InvalidParameterCombination", ec2.delete_security_group, GroupName="by-name", GroupId=made)
        refused("MissingParameter", ec2.delete_security_group)
    finally:
        ec2.delete_security_group(GroupName="by-name")
    refused("InvalidGroup.NotFound", ec2.delete_security_group, GroupName="by-name")


def test_a_group_that_something_needs_is_not_deleted(ec2, vpc, group):
    (default,) = ec2.describe_security_groups(Filters=filters(vpc_id=vpc.id, group_name="default"))["SecurityGroups"]
    refused("CannotDelete", ec2.delete_security_group, GroupId=default["GroupId"])
    other = vpc.group(f"tcp 22 from {group}")
    with untouched(ec2):
        refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    vpc.revoke(other, f"tcp 22 from {group}")
    interface = ec2.create_network_interface(SubnetId=vpc.subnet(), Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
    with untouched(ec2):
        refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    # A group that only itself names can go.
    vpc.allow(group, f"tcp 22 from {group}")
    assert ec2.delete_security_group(GroupId=group)["GroupId"] == group
    refused("InvalidGroup.NotFound", ec2.delete_security_group, GroupId=group)
    refused("InvalidGroupId.Malformed", ec2.delete_security_group, GroupId="sg-x")
    assert ec2.describe_security_group_rules(Filters=filters(group_id=group))["SecurityGroupRules"] == []


# Rules: written and shown.


def test_rules_of_one_protocol_and_ports_are_shown_as_one_permission(ec2, vpc, group):
    call = ec2.authorize_security_group_ingress
    call(GroupId=group, IpPermissions=[permission("tcp 80 from 10.0.0.0/8")])
    call(GroupId=group, IpPermissions=[permission("tcp 80 from fd00::/8"), permission(f"tcp 80 from {group}")])
    call(GroupId=group, IpPermissions=[permission("tcp 81 from 10.0.0.0/8")])
    eighty, next_one = shown(ec2, group)["IpPermissions"]
    assert (eighty["IpProtocol"], eighty["FromPort"], eighty["ToPort"]) == ("tcp", 80, 80)
    assert eighty["IpRanges"] == [{"CidrIp": "10.0.0.0/8"}] and eighty["Ipv6Ranges"] == [{"CidrIpv6": "fd00::/8"}]
    assert [it["GroupId"] for it in eighty["UserIdGroupPairs"]] == [group] and eighty["PrefixListIds"] == []
    assert (next_one["FromPort"], next_one["ToPort"]) == (81, 81)
    assert len(rules(ec2, group)) == 4


@pytest.mark.parametrize(
    "given, stored",
    [
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, ("tcp", 0, 65535)),
        ({"IpProtocol": "6", "FromPort": 1, "ToPort": 2}, ("tcp", 1, 2)),
        ({"IpProtocol": "17", "FromPort": 53, "ToPort": 53}, ("udp", 53, 53)),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, ("icmp", -1, -1)),
        ({"IpProtocol": "1", "FromPort": 8, "ToPort": 0}, ("icmp", 8, 0)),
        ({"IpProtocol": "icmpv6"}, ("icmpv6", -1, -1)),
        ({"IpProtocol": "58", "FromPort": 128, "ToPort": 0}, ("icmpv6", 128, 0)),
        ({"IpProtocol": "-1"}, ("-1", -1, -1)),
        ({"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}, ("-1", -1, -1)),
        ({"IpProtocol": "-1", "FromPort": 22, "ToPort": 22}, ("-1", -1, -1)),
        ({"IpProtocol": "50"}, ("50", -1, -1)),
        ({"IpProtocol": "TCP", "FromPort": 7, "ToPort": 7}, ("tcp", 7, 7)),
    ],
)
def test_a_rule_is_kept_in_one_form_however_it_was_written(ec2, group, given, stored):
    block = "10.9.8.7/16"  # Bits behind the prefix are cut off.
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**given, "IpRanges": [{"CidrIp": block}]}])
    (rule,) = made["SecurityGroupRules"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == stored
    assert rule["CidrIpv4"] == "10.9.0.0/16" and rule["IsEgress"] is False and rule["GroupId"] == group
    assert rules(ec2, group) == [rule]
    refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[{**given, "IpRanges": [{"CidrIp": block}]}])
    (row,) = shown(ec2, group)["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[row])
    assert rules(ec2, group) == []


def test_a_rule_in_the_old_flat_form_is_the_same_rule(ec2, vpc, group):
    flat = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "CidrIp": "10.0.0.0/8"}
    ec2.authorize_security_group_ingress(**flat)
    wanted = [permission("tcp 22-23 from 10.0.0.0/8")]
    refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=wanted)
    refused("InvalidParameterCombination", ec2.authorize_security_group_ingress, IpPermissions=wanted, **flat)
    ec2.revoke_security_group_ingress(**flat)
    refused("InvalidPermission.NotFound", ec2.revoke_security_group_ingress, **flat)
    out = {**flat, "CidrIp": "11.0.0.0/8"}
    ec2.authorize_security_group_egress(**out)
    ec2.revoke_security_group_egress(**out)
    assert [it["CidrIpv4"] for it in rules(ec2, group, egress=True)] == ["0.0.0.0/0"]


@pytest.mark.parametrize(
    "code, given",
    [
        ("InvalidParameterValue", {"IpProtocol": "tcp", "FromPort": 80}),
        ("InvalidParameterValue", {"IpProtocol": "tcp"}),
        ("InvalidParameterValue", {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 80}),
        ("InvalidParameterValue", {"IpProtocol": "tcp", "FromPort": -1, "ToPort": 80}),
        ("InvalidParameterValue", {"IpProtocol": "udp", "FromPort": 1, "ToPort": 65536}),
        ("InvalidParameterValue", {"IpProtocol": "icmp"}),
        ("InvalidParameterValue", {"IpProtocol": "icmp", "FromPort": 256, "ToPort": 0}),
        ("InvalidParameterValue", {"IpProtocol": "icmp", "FromPort": -1, "ToPort": 3}),
        ("InvalidParameterValue", {"IpProtocol": "sctp6", "FromPort": 1, "ToPort": 1}),
        ("InvalidParameterValue", {"IpProtocol": "256"}),
        ("InvalidParameterValue", {"IpProtocol": "-2"}),
        ("InvalidParameterValue", {"FromPort": 80, "ToPort": 80}),
        ("InvalidParameterValue", {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/33"}]}),
        ("InvalidParameterValue", {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "everywhere"}]}),
        ("InvalidParameterValue", {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "010.0.0.0/8"}]}),
        ("InvalidParameterValue", {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "fd00::/8"}]}),
        ("InvalidParameterValue", {"IpProtocol": "-1", "IpRanges": [], "Ipv6Ranges": [{"CidrIpv6": "10.0.0.0/8"}]}),
        ("InvalidParameterValue", {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "<b>"}]}),
        ("InvalidParameterValue", {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "x" * 256}]}),
        ("InvalidParameterValue", {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}] * 2}),
        ("MissingParameter", {"IpProtocol": "-1", "IpRanges": []}),
        ("MissingParameter", {"IpProtocol": "-1", "IpRanges": [{"Description": "x"}]}),
        ("InvalidGroup.NotFound", {"IpProtocol": "-1", "IpRanges": [], "UserIdGroupPairs": [{"GroupId": nobodys("sg")}]}),
        ("InvalidGroupId.Malformed", {"IpProtocol": "-1", "IpRanges": [], "UserIdGroupPairs": [{"GroupId": "sg-z"}]}),
        ("InvalidPrefixListID.NotFound", {"IpProtocol": "-1", "IpRanges": [], "PrefixListIds": [{"PrefixListId": nobodys("pl")}]}),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_all_of_its_call(ec2, group, code, given):
    good = permission("tcp 443 from 10.0.0.0/8")
    bad = {"IpRanges": [{"CidrIp": "10.0.0.0/8"}], **given}
    with untouched(ec2):
        refused(code, ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[good, bad])
        refused(code, ec2.authorize_security_group_egress, GroupId=group, IpPermissions=[good, bad])


def test_a_group_of_another_vpc_is_no_peer(ec2, vpc, group):
    other = Vpc(ec2, "10.5.0.0/16")
    try:
        foreign = other.group()
        with untouched(ec2):
            refused("InvalidGroup.NotFound", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[permission(f"all from {foreign}")])
            for code, said in {
                "InvalidParameterValue": {"VpcPeeringConnectionId": nobodys("pcx")},
                "UnsupportedOperation": {"PeeringStatus": "active"},
            }.items():
                pair = {"GroupId": group, **said}
                refused(code, ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [pair]}])
    finally:
        other.delete()


def test_a_rule_carries_a_description_and_tags(ec2, group):
    given = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "one"}]}
    (made,) = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[given], TagSpecifications=tags("security-group-rule", Name="r")
    )["SecurityGroupRules"]
    assert made["Description"] == "one" and made["Tags"] == [{"Key": "Name", "Value": "r"}]
    assert made["SecurityGroupRuleArn"].endswith(f":security-group-rule/{made['SecurityGroupRuleId']}")
    assert shown(ec2, group)["IpPermissions"][0]["IpRanges"] == given["IpRanges"]
    refused("InvalidParameterValue", ec2.authorize_security_group_egress, GroupId=group, IpPermissions=[permission("tcp 2 to 10.0.0.0/8")], TagSpecifications=tags("security-group", a="b"))
    # Descriptions do not matter when a rule is taken away.
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission("tcp 1 from 10.0.0.0/8")])
    assert ec2.describe_tags(Filters=filters(resource_id=made["SecurityGroupRuleId"]))["Tags"] == []


# Rules: changed and taken away.


def test_the_rule_that_lets_everything_out_goes_however_its_ports_are_written(ec2, vpc):
    for ports in ({}, {"FromPort": 0, "ToPort": 0}, {"FromPort": -1, "ToPort": -1}):
        group = vpc.group()
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], **ports}
        answer = ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
        assert answer["Return"] is True and [it["CidrIpv4"] for it in answer["RevokedSecurityGroupRules"]] == ["0.0.0.0/0"]
        six = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}], **ports}
        refused("InvalidPermission.NotFound", ec2.revoke_security_group_egress, GroupId=group, IpPermissions=[six])
        assert shown(ec2, group)["IpPermissionsEgress"] == []


def test_a_rule_is_taken_away_by_its_id(ec2, vpc, group):
    (rule,) = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission("tcp 1 from 10.0.0.0/8")])["SecurityGroupRules"]
    id, other = rule["SecurityGroupRuleId"], vpc.group()
    revoke, missing = ec2.revoke_security_group_ingress, "InvalidSecurityGroupRuleId.NotFound"
    with untouched(ec2):
        refused(missing, revoke, GroupId=group, SecurityGroupRuleIds=[id, nobodys("sgr")])
        refused(missing, revoke, GroupId=other, SecurityGroupRuleIds=[id])
        refused(missing, ec2.revoke_security_group_egress, GroupId=group, SecurityGroupRuleIds=[id])
        refused("InvalidSecurityGroupRuleId.Malformed", revoke, GroupId=group, SecurityGroupRuleIds=["sgr-1"])
        refused("InvalidParameterCombination", revoke, GroupId=group, SecurityGroupRuleIds=[id], IpPermissions=[permission("tcp 1 from 10.0.0.0/8")])
        refused("MissingParameter", revoke, GroupId=group)
        refused("InvalidGroup.NotFound", revoke, GroupId=nobodys("sg"), SecurityGroupRuleIds=[id])
        refused("DryRunOperation", revoke, GroupId=group, SecurityGroupRuleIds=[id], DryRun=True)
        refused("InvalidPermission.NotFound", revoke, GroupId=group, IpPermissions=[permission("tcp 1 from 10.0.0.0/8"), permission("tcp 2 from 10.0.0.0/8")])
    (gone,) = revoke(GroupId=group, SecurityGroupRuleIds=[id])["RevokedSecurityGroupRules"]
    assert gone["SecurityGroupRuleId"] == id
    refused(missing, revoke, GroupId=group, SecurityGroupRuleIds=[id])


def test_a_new_permission_that_is_there_already_refuses_the_whole_call(ec2, vpc, group):
    vpc.allow(group, "tcp 80 from 10.0.0.0/8", "tcp 80 to 10.0.0.0/8")
    with untouched(ec2):
        for authorize in (ec2.authorize_security_group_ingress, ec2.authorize_security_group_egress):
            wanted = [permission("tcp 81 from 10.0.0.0/8"), permission("tcp 80 from 10.0.0.0/8")]
            refused("InvalidPermission.Duplicate", authorize, GroupId=group, IpPermissions=wanted)
            refused("MissingParameter", authorize, GroupId=group)
            refused("InvalidGroup.NotFound", authorize, GroupId=nobodys("sg"), IpPermissions=wanted)
            refused("DryRunOperation", authorize, GroupId=group, IpPermissions=wanted[:1], DryRun=True)


def test_a_rule_keeps_its_id_when_it_is_changed(ec2, vpc, group):
    first, second = [
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission(f"tcp {port} from 10.0.0.0/8")])["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        for port in (1, 2)
    ]

    def change(id, **to):
        return {"SecurityGroupRuleId": id, "SecurityGroupRule": {"IpProtocol": "tcp", **to}}

    modify = ec2.modify_security_group_rules
    one, two = ({"FromPort": port, "ToPort": port, "CidrIpv4": "10.0.0.0/8"} for port in (1, 2))
    # They change places, in one call.
    modify(GroupId=group, SecurityGroupRules=[change(first, **two, Description="was one"), change(second, **one)])
    assert {it["SecurityGroupRuleId"]: it["FromPort"] for it in rules(ec2, group)} == {first: 2, second: 1}
    with untouched(ec2):
        refused("InvalidPermission.Duplicate", modify, GroupId=group, SecurityGroupRules=[change(first, **one)])
        refused("InvalidParameterValue", modify, GroupId=group, SecurityGroupRules=[change(first, **one), change(first, **two)])
        refused("InvalidParameterValue", modify, GroupId=group, SecurityGroupRules=[change(first, FromPort=1, ToPort=1, CidrIpv6="fd00::/8")])
        refused("InvalidParameterCombination", modify, GroupId=group, SecurityGroupRules=[change(first, **one, CidrIpv6="fd00::/8")])
        refused("InvalidParameterValue", modify, GroupId=group, SecurityGroupRules=[change(first, FromPort=2, ToPort=1, CidrIpv4="10.0.0.0/8")])
        refused("InvalidSecurityGroupRuleId.NotFound", modify, GroupId=group, SecurityGroupRules=[change(nobodys("sgr"), **one)])
        refused("InvalidGroup.NotFound", modify, GroupId=nobodys("sg"), SecurityGroupRules=[change(first, **one)])
        refused("MissingParameter", modify, GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": first}])
        refused("DryRunOperation", modify, GroupId=group, SecurityGroupRules=[change(first, FromPort=9, ToPort=9, CidrIpv4="10.0.0.0/8")], DryRun=True)


def test_a_description_is_changed_and_taken_away_alone(ec2, vpc, group):
    for egress, update in ((False, ec2.update_security_group_rule_descriptions_ingress), (True, ec2.update_security_group_rule_descriptions_egress)):
        vpc.allow(group, "tcp 80 to 10.0.0.0/8" if egress else "tcp 80 from 10.0.0.0/8")
        before = {it["SecurityGroupRuleId"]: it for it in rules(ec2, group, egress)}
        (id,) = [it for it, row in before.items() if row["IpProtocol"] == "tcp"]
        named = permission("tcp 80 from 10.0.0.0/8")
        update(GroupId=group, IpPermissions=[{**named, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "new"}]}])
        after = {it["SecurityGroupRuleId"]: it for it in rules(ec2, group, egress)}
        assert after == {**before, id: {**before[id], "Description": "new"}}
        update(GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": id, "Description": "newer"}])
        assert [it.get("Description") for it in rules(ec2, group, egress) if it["SecurityGroupRuleId"] == id] == ["newer"]
        with untouched(ec2):
            other = permission("tcp 81 from 10.0.0.0/8")
            refused("InvalidPermission.NotFound", update, GroupId=group, IpPermissions=[other])
            refused("MissingParameter", update, GroupId=group)
            refused("InvalidGroup.NotFound", update, GroupId=nobodys("sg"), IpPermissions=[named])
            refused("InvalidParameterValue", update, GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": id, "Description": "<"}])
            refused("InvalidSecurityGroupRuleId.NotFound", update, GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": nobodys("sgr")}])
            refused("InvalidParameterCombination", update, GroupId=group, IpPermissions=[named], SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": id}])
            refused("DryRunOperation", update, GroupId=group, IpPermissions=[named], DryRun=True)
        update(GroupId=group, IpPermissions=[named])
        assert {it["SecurityGroupRuleId"]: it for it in rules(ec2, group, egress)} == before


def test_ten_calls_at_once_add_ten_rules_to_one_group(ec2, group):
    made = at_once(10, lambda at: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission(f"udp {at + 1} from 10.0.0.0/8")]))
    assert not [it for it in made if isinstance(it, Exception)], made
    assert {it["FromPort"] for it in rules(ec2, group)} == set(range(1, 11))


def test_a_thousand_rules_are_one_groups(ec2, group):
    """More than AWS's own quota, in one call; one rule more than a group takes is refused with all of its call."""
    blocks = [{"CidrIp": f"10.{at // 250}.{at % 250}.0/24"} for at in range(1000)]
    wanted = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": blocks}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[wanted])["SecurityGroupRules"]
    assert len({it["SecurityGroupRuleId"] for it in made}) == 1000
    assert len(shown(ec2, group)["IpPermissions"][0]["IpRanges"]) == 1000
    seen = [it["SecurityGroupRuleId"] for page in pages(ec2.describe_security_group_rules, "SecurityGroupRules", 300, Filters=filters(group_id=group)) for it in page]
    assert len(seen) == len(set(seen)) == 1001
    assert len(ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[wanted])["RevokedSecurityGroupRules"]) == 1000
    assert shown(ec2, group)["IpPermissions"] == []


# Finding.


def test_each_filter_finds_the_groups_that_it_names_and_no_others(ec2, vpc):
    web = ec2.create_security_group(VpcId=vpc.id, GroupName="web", Description="the front", TagSpecifications=tags("security-group", tier="1"))["GroupId"]
    data = vpc.group(f"tcp 5432 from {web}", "udp 53 from fd00::/8", name="data")
    vpc.lock_egress(data)
    vpc.allow(web, "tcp 80-90 from 10.0.0.0/8", "icmp 8/0 to 192.0.2.0/24")
    owner = shown(ec2, web)["OwnerId"]

    def found(*wanted):
        rows = ec2.describe_security_groups(Filters=[{"Name": name, "Values": values} for name, values in wanted])["SecurityGroups"]
        return sorted(it["GroupName"] for it in rows if it["GroupId"] in (web, data))

    for name, values, expected in [
        ("group-id", [web, nobodys("sg")], ["web"]),
        ("group-name", ["w*"], ["web"]),
        ("group-name", ["web", "data", "none"], ["data", "web"]),
        ("group-name", ["Web"], []),
        ("description", ["the *"], ["web"]),
        ("owner-id", [owner], ["data", "web"]),
        ("owner-id", ["000000000000"], []),
        ("vpc-id", [vpc.id], ["data", "web"]),
        ("ip-permission.cidr", ["10.0.0.0/8"], ["web"]),
        ("ip-permission.ipv6-cidr", ["fd00::/8"], ["data"]),
        ("ip-permission.from-port", ["80"], ["web"]),
        ("ip-permission.to-port", ["90", "5432"], ["data", "web"]),
        ("ip-permission.protocol", ["udp"], ["data"]),
        ("ip-permission.group-id", [web], ["data"]),
        ("ip-permission.group-name", ["web"], ["data"]),
        ("ip-permission.user-id", [owner], ["data"]),
        ("ip-permission.prefix-list-id", ["*"], []),
        ("egress.ip-permission.protocol", ["icmp"], ["web"]),
        ("egress.ip-permission.cidr", ["0.0.0.0/0"], ["web"]),
        ("egress.ip-permission.from-port", ["8"], ["web"]),
        ("egress.ip-permission.group-id", ["*"], []),
        ("tag:tier", ["1"], ["web"]),
        ("tag-key", ["tier"], ["web"]),
    ]:
        assert found((name, values)) == expected, (name, values)
    assert found(("vpc-id", [vpc.id]), ("ip-permission.protocol", ["tcp"]), ("group-name", ["data"])) == ["data"]
    refused("InvalidParameterValue", ec2.describe_security_groups, Filters=by("ip-permission.colour", "x"))
    refused("InvalidParameterValue", ec2.describe_security_groups, Filters=by("egress.group-id", "x"))
    refused("InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[nobodys("sg")])
    refused("InvalidGroupId.Malformed", ec2.describe_security_groups, GroupIds=["sg-web"])
    # The name of a group is no id, also of a group that is there by that name.
    for text in ("web", "default"):
        refused("InvalidGroupId.Malformed", ec2.describe_security_groups, GroupIds=[text])


def test_each_filter_finds_the_rules_that_it_names_and_no_others(ec2, vpc):
    web, data = vpc.group("tcp 80 from 10.0.0.0/8"), vpc.group("tcp 81 from 10.0.0.0/8")
    (rule,) = rules(ec2, web)
    id = rule["SecurityGroupRuleId"]
    ec2.create_tags(Resources=[id], Tags=[{"Key": "k", "Value": "v"}])

    def found(name, *values):
        rows = ec2.describe_security_group_rules(Filters=by(name, *values))["SecurityGroupRules"]
        return sorted({it["GroupId"] for it in rows if it["GroupId"] in (web, data)})

    assert found("group-id", web, data) == sorted([web, data])
    assert found("group-id", f"{web[:-1]}?") in ([web], sorted([web, data]))
    assert found("security-group-rule-id", id) == [web]
    assert found("tag:k", "v") == [web] and found("tag:k", "w") == []
    assert [it["SecurityGroupRuleId"] for it in ec2.describe_security_group_rules(SecurityGroupRuleIds=[id])["SecurityGroupRules"]] == [id]
    refused("InvalidSecurityGroupRuleId.NotFound", ec2.describe_security_group_rules, SecurityGroupRuleIds=[nobodys("sgr")])
    refused("InvalidSecurityGroupRuleId.Malformed", ec2.describe_security_group_rules, SecurityGroupRuleIds=["sgr"])
    refused("InvalidParameterValue", ec2.describe_security_group_rules, Filters=by("vpc-id", vpc.id))
    refused("InvalidParameterCombination", ec2.describe_security_group_rules, SecurityGroupRuleIds=[id], MaxResults=5)
