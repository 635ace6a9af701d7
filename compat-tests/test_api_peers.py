"""Peering, prefix lists, groups of other VPCs, key pairs, block public access: what two accounts may ask and see."""

import base64
import subprocess
from collections import namedtuple

import pytest

from calls import at_once, by, filters, nobodys, pages, refused, tags, unsupported
from network import Vpc, permission


Account = namedtuple("Account", ["id", "ec2"])


@pytest.fixture(scope="module")
def other(shared):
    """Another account."""
    return Account(*shared.account("peer"))


@pytest.fixture
def pair(shared, other):
    """A VPC with a group of the first account, and one of the other: not peered yet."""
    mine, theirs = Vpc(shared.ec2, "10.71.0.0/16"), Vpc(other.ec2, "10.72.0.0/16")
    mine.web, theirs.web = mine.group(), theirs.group()
    yield mine, theirs
    for made in (mine, theirs):
        for row in connections(made.ec2, status_code=["active", "pending-acceptance"]):
            if made.id in (row["RequesterVpcInfo"]["VpcId"], row["AccepterVpcInfo"]["VpcId"]):
                made.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=row["VpcPeeringConnectionId"])
    for made in (mine, theirs):
        made.delete()


def connections(ec2, **given):
    return ec2.describe_vpc_peering_connections(Filters=filters(**given))["VpcPeeringConnections"]


def connection(ec2, id):
    return ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[id])["VpcPeeringConnections"][0]


def request(mine, theirs, owner, **more):
    made = mine.ec2.create_vpc_peering_connection(VpcId=mine.id, PeerVpcId=theirs.id, PeerOwnerId=owner, **more)
    return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]


def peer(mine, theirs, owner):
    id = request(mine, theirs, owner)
    theirs.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id)
    return id


# Peering.


def test_both_owners_see_a_peering_connection_and_each_does_its_part(shared, other, pair):
    mine, theirs = pair
    id = request(mine, theirs, other.id, TagSpecifications=tags("vpc-peering-connection", Name="mine"))
    for ec2 in (mine.ec2, theirs.ec2):
        shown = connection(ec2, id)
        assert shown["Status"] == {"Code": "pending-acceptance", "Message": f"Pending Acceptance by {other.id}"}
        assert shown["RequesterVpcInfo"]["CidrBlock"] == "10.71.0.0/16"
        assert "CidrBlock" not in shown["AccepterVpcInfo"] and "PeeringOptions" not in shown["RequesterVpcInfo"]
    assert connection(theirs.ec2, id).get("Tags", []) == []
    refused("OperationNotPermitted", mine.ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=id)
    refused("OperationNotPermitted", theirs.ec2.delete_vpc_peering_connection, VpcPeeringConnectionId=id)
    answer = theirs.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id)["VpcPeeringConnection"]
    assert answer["Status"]["Code"] == "active" and answer["AccepterVpcInfo"]["CidrBlockSet"] == [{"CidrBlock": "10.72.0.0/16"}]
    mine.ec2.get_waiter("vpc_peering_connection_exists").wait(VpcPeeringConnectionIds=[id])

    theirs.ec2.create_tags(Resources=[id], Tags=[{"Key": "Name", "Value": "theirs"}])
    assert [it["Value"] for it in connection(mine.ec2, id)["Tags"]] == ["mine"]
    assert [it["Value"] for it in connection(theirs.ec2, id)["Tags"]] == ["theirs"]
    assert request(mine, theirs, other.id) == id, "asked for once more"

    mine.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=id)
    for ec2 in (mine.ec2, theirs.ec2):
        shown = connection(ec2, id)
        assert shown["Status"] == {"Code": "deleted", "Message": f"Deleted by {shown['RequesterVpcInfo']['OwnerId']}"}
    message = refused("InvalidStateTransition", theirs.ec2.delete_vpc_peering_connection, VpcPeeringConnectionId=id)
    assert "to deleting" in message, "Terraform looks for these words"
    mine.ec2.get_waiter("vpc_peering_connection_deleted").wait(VpcPeeringConnectionIds=[id])


def test_a_rejected_request_is_over(other, pair):
    mine, theirs = pair
    id = request(mine, theirs, other.id)
    refused("DependencyViolation", theirs.ec2.delete_vpc, VpcId=theirs.id)
    theirs.ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=id)
    assert connection(mine.ec2, id)["Status"] == {"Code": "rejected", "Message": f"Rejected by {other.id}"}
    refused("InvalidStateTransition", theirs.ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=id)


def test_a_request_that_can_come_to_nothing_fails(ec2, other, pair):
    mine, theirs = pair
    for owner, vpc in ((other.id, nobodys("vpc")), ("123456789012", theirs.id), (None, mine.id)):
        named = {"PeerOwnerId": owner} if owner else {}
        made = ec2.create_vpc_peering_connection(VpcId=mine.id, PeerVpcId=vpc, **named)["VpcPeeringConnection"]
        shown = connection(ec2, made["VpcPeeringConnectionId"])["Status"]
        assert shown["Code"] == "failed" and "overlapping CIDR" in shown["Message"]
    unsupported("PeerRegion", ec2.create_vpc_peering_connection, VpcId=mine.id, PeerVpcId=theirs.id, PeerRegion="eu-west-1")
    refused("InvalidVpcID.NotFound", ec2.create_vpc_peering_connection, VpcId=theirs.id, PeerVpcId=mine.id)
    unknown = nobodys("pcx")
    for call in ("accept", "reject", "delete"):
        do = getattr(ec2, f"{call}_vpc_peering_connection")
        refused("InvalidVpcPeeringConnectionID.NotFound", do, VpcPeeringConnectionId=unknown)
        refused("InvalidVpcPeeringConnectionId.Malformed", do, VpcPeeringConnectionId="pcx-1")


def test_names_resolve_across_a_connection_as_each_owner_says(other, pair):
    mine, theirs = pair
    id = peer(mine, theirs, other.id)
    modify = {"VpcPeeringConnectionId": id, "RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": True}}
    refused("InvalidVpcPeeringConnectionState.DnsHostnamesDisabled", mine.ec2.modify_vpc_peering_connection_options, **modify)
    refused("OperationNotPermitted", theirs.ec2.modify_vpc_peering_connection_options, **modify)
    for side in pair:
        side.ec2.modify_vpc_attribute(VpcId=side.id, EnableDnsHostnames={"Value": True})
    answer = mine.ec2.modify_vpc_peering_connection_options(**modify)
    assert answer["RequesterPeeringConnectionOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    shown = connection(theirs.ec2, id)
    sides = [shown[it]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] for it in ("RequesterVpcInfo", "AccepterVpcInfo")]
    assert sides == [True, False]


def test_of_many_that_ask_at_once_all_get_one_connection(other, pair):
    mine, theirs = pair
    made = at_once(8, lambda _: request(mine, theirs, other.id))
    assert len(set(made)) == 1, made
    accepted = at_once(8, lambda _: theirs.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made[0]))
    assert sum(isinstance(it, dict) for it in accepted) == 1, "it is accepted once"


# Prefix lists.


@pytest.fixture
def offices(ec2):
    """A prefix list of two blocks, with room for four."""
    entries = [{"Cidr": "192.0.2.0/24", "Description": "here"}, {"Cidr": "198.51.100.0/24"}]
    made = ec2.create_managed_prefix_list(
        PrefixListName="offices", AddressFamily="IPv4", MaxEntries=4, Entries=entries, TagSpecifications=tags("prefix-list", team="x")
    )["PrefixList"]
    yield made
    if ec2.describe_managed_prefix_lists(Filters=filters(prefix_list_id=made["PrefixListId"]))["PrefixLists"]:
        ec2.delete_managed_prefix_list(PrefixListId=made["PrefixListId"])


def entries(ec2, id, **more):
    return [it["Cidr"] for it in ec2.get_managed_prefix_list_entries(PrefixListId=id, **more)["Entries"]]


def test_a_prefix_list_keeps_its_versions(ec2, offices):
    id = offices["PrefixListId"]
    assert offices["State"] == "create-complete" and offices["Version"] == 1 and offices["Tags"] == [{"Key": "team", "Value": "x"}]
    (shown,) = ec2.describe_managed_prefix_lists(Filters=by("tag:team", "x") + filters(prefix_list_name="off*"))["PrefixLists"]
    assert shown == offices
    change = {"PrefixListId": id, "AddEntries": [{"Cidr": "203.0.113.0/24"}], "RemoveEntries": [{"Cidr": "192.0.2.0/24"}]}
    refused("PrefixListVersionMismatch", ec2.modify_managed_prefix_list, CurrentVersion=2, **change)
    refused("InvalidParameterCombination", ec2.modify_managed_prefix_list, CurrentVersion=1, MaxEntries=9, **change)
    assert ec2.modify_managed_prefix_list(CurrentVersion=1, **change)["PrefixList"]["Version"] == 2
    renamed = ec2.modify_managed_prefix_list(PrefixListId=id, PrefixListName="others")["PrefixList"]
    assert (renamed["Version"], renamed["State"], renamed["PrefixListName"]) == (2, "modify-complete", "others")
    assert entries(ec2, id) == ["198.51.100.0/24", "203.0.113.0/24"]
    assert entries(ec2, id, TargetVersion=1) == ["192.0.2.0/24", "198.51.100.0/24"]
    refused("PrefixListVersionMismatch", ec2.restore_managed_prefix_list_version, PrefixListId=id, PreviousVersion=1, CurrentVersion=1)
    restored = ec2.restore_managed_prefix_list_version(PrefixListId=id, PreviousVersion=1, CurrentVersion=2)["PrefixList"]
    assert (restored["Version"], restored["State"]) == (3, "restore-complete")
    assert list(pages(ec2.get_managed_prefix_list_entries, "Entries", 1, PrefixListId=id))[0][0] == {"Cidr": "192.0.2.0/24", "Description": "here"}
    too_many = [{"Cidr": f"10.{it}.0.0/16"} for it in range(3)]
    refused("PrefixListMaxEntriesExceeded", ec2.modify_managed_prefix_list, PrefixListId=id, CurrentVersion=3, AddEntries=too_many)
    assert ec2.describe_prefix_lists()["PrefixLists"] == [], "none is AWS's own"
    refused("InvalidPrefixListId.NotFound", ec2.describe_prefix_lists, PrefixListIds=[id])


def test_a_prefix_list_is_named_by_rules_and_stays_as_long(ec2, other, vpc, offices):
    id, web = offices["PrefixListId"], vpc.group()
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": id, "Description": "offices"}]}
    (made,) = ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[rule])["SecurityGroupRules"]
    assert made["PrefixListId"] == id
    (shown,) = ec2.describe_security_groups(GroupIds=[web])["SecurityGroups"]
    assert shown["IpPermissions"][0]["PrefixListIds"] == rule["PrefixListIds"]
    associations = ec2.get_managed_prefix_list_associations(PrefixListId=id)["PrefixListAssociations"]
    assert associations == [{"ResourceId": web, "ResourceOwner": shown["OwnerId"]}]
    refused("DependencyViolation", ec2.delete_managed_prefix_list, PrefixListId=id)
    refused("InvalidPrefixListID.NotFound", other.ec2.delete_managed_prefix_list, PrefixListId=id)
    ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=[rule])
    ec2.delete_managed_prefix_list(PrefixListId=id)
    refused("InvalidPrefixListID.NotFound", ec2.describe_managed_prefix_lists, PrefixListIds=[id])


def test_a_repeated_client_token_makes_one_list(ec2):
    asked = {"PrefixListName": "once", "AddressFamily": "IPv6", "MaxEntries": 1, "ClientToken": "a-token"}
    one, again = (ec2.create_managed_prefix_list(**asked)["PrefixList"] for _ in range(2))
    assert one == again
    refused("IdempotentParameterMismatch", ec2.create_managed_prefix_list, **(asked | {"MaxEntries": 2}))
    ec2.delete_managed_prefix_list(PrefixListId=one["PrefixListId"])


# Groups of other VPCs.


def test_rules_name_groups_of_a_peer_and_become_stale_without_it(other, pair):
    mine, theirs = pair
    rule = permission("tcp 443 from anywhere") | {"IpRanges": [], "UserIdGroupPairs": [{"GroupId": theirs.web, "UserId": other.id}]}
    authorize, revoke = mine.ec2.authorize_security_group_ingress, mine.ec2.revoke_security_group_ingress
    refused("InvalidGroup.NotFound", authorize, GroupId=mine.web, IpPermissions=[rule])
    id = peer(mine, theirs, other.id)
    (made,) = authorize(GroupId=mine.web, IpPermissions=[rule])["SecurityGroupRules"]
    expected = {"GroupId": theirs.web, "UserId": other.id, "VpcId": theirs.id, "VpcPeeringConnectionId": id, "PeeringStatus": "active"}
    assert made["ReferencedGroupInfo"] == expected
    (shown,) = mine.ec2.describe_security_groups(GroupIds=[mine.web])["SecurityGroups"]
    assert shown["IpPermissions"][0]["UserIdGroupPairs"] == [expected]
    references = theirs.ec2.describe_security_group_references(GroupId=[theirs.web])["SecurityGroupReferenceSet"]
    assert references == [{"GroupId": theirs.web, "ReferencingVpcId": mine.id, "VpcPeeringConnectionId": id}]
    refused("InvalidGroup.NotFound", mine.ec2.describe_security_group_references, GroupId=[nobodys("sg")])
    assert mine.ec2.describe_stale_security_groups(VpcId=mine.id)["StaleSecurityGroupSet"] == []

    theirs.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=id)
    (stale,) = mine.ec2.describe_stale_security_groups(VpcId=mine.id)["StaleSecurityGroupSet"]
    assert stale["GroupId"] == mine.web
    assert stale["StaleIpPermissions"][0]["UserIdGroupPairs"] == [expected | {"PeeringStatus": "deleted"}]
    theirs.ec2.delete_security_group(GroupId=theirs.web)
    theirs.groups.remove(theirs.web)
    revoke(GroupId=mine.web, IpPermissions=shown["IpPermissions"])
    assert mine.ec2.describe_stale_security_groups(VpcId=mine.id)["StaleSecurityGroupSet"] == []


def test_a_group_is_worn_in_an_associated_vpc(ec2, vpc):
    elsewhere = Vpc(ec2, "10.73.0.0/16")
    web, subnet = vpc.group("tcp 80 from 0.0.0.0/0"), elsewhere.subnet()
    both = {"GroupId": web, "VpcId": elsewhere.id}
    refused("InvalidGroup.NotFound", ec2.create_network_interface, SubnetId=subnet, Groups=[web])
    refused("InvalidVpcID.NotFound", ec2.associate_security_group_vpc, GroupId=web, VpcId=nobodys("vpc"))
    assert ec2.associate_security_group_vpc(**both)["State"] == "associated"
    (shown,) = ec2.describe_security_group_vpc_associations(Filters=filters(group_id=web))["SecurityGroupVpcAssociations"]
    assert shown["State"] == "associated" and shown["VpcId"] == elsewhere.id
    wearable = ec2.get_security_groups_for_vpc(VpcId=elsewhere.id, Filters=filters(group_id=web))["SecurityGroupForVpcs"]
    assert [it["PrimaryVpcId"] for it in wearable] == [vpc.id]
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[web])["NetworkInterface"]["NetworkInterfaceId"]
    refused("DependencyViolation", ec2.disassociate_security_group_vpc, **both)
    refused("DependencyViolation", ec2.delete_security_group, GroupId=web)
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    assert ec2.disassociate_security_group_vpc(**both)["State"] == "disassociated"
    refused("InvalidAssociationID.NotFound", ec2.disassociate_security_group_vpc, **both)
    elsewhere.delete()


# Key pairs.


def openssl(*arguments, given):
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def test_a_made_key_is_given_once_and_has_the_fingerprint_of_openssl(ec2):
    made = ec2.create_key_pair(KeyName="rsa", TagSpecifications=tags("key-pair", team="x"))
    der = openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", given=made["KeyMaterial"].encode())
    assert made["KeyFingerprint"] in openssl("sha1", "-c", given=der).decode()
    openssl("rsa", "-check", "-noout", given=made["KeyMaterial"].encode())
    (shown,) = ec2.describe_key_pairs(KeyNames=["rsa"], IncludePublicKey=True)["KeyPairs"]
    assert shown["KeyType"] == "rsa" and shown["PublicKey"].startswith("ssh-rsa ") and "KeyMaterial" not in shown
    refused("InvalidKeyPair.Duplicate", ec2.create_key_pair, KeyName="rsa")
    unsupported("KeyFormat", ec2.create_key_pair, KeyName="other", KeyFormat="ppk")
    assert ec2.delete_key_pair(KeyName="rsa")["KeyPairId"] == made["KeyPairId"]
    refused("InvalidKeyPair.NotFound", ec2.describe_key_pairs, KeyNames=["rsa"])
    ec2.delete_key_pair(KeyName="rsa")
    refused("MissingParameter", ec2.delete_key_pair)
    refused("InvalidParameterCombination", ec2.delete_key_pair, KeyName="rsa", KeyPairId=made["KeyPairId"])


def test_an_imported_key_has_the_fingerprint_of_ssh_keygen(ec2, other, tmp_path):
    for kind in ("ed25519", "rsa"):
        file = tmp_path / kind
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file], check=True)
        public = file.with_suffix(".pub").read_bytes()
        made = ec2.import_key_pair(KeyName=kind, PublicKeyMaterial=public)
        if kind == "rsa":
            pem = subprocess.run(["ssh-keygen", "-ef", file, "-m", "PKCS8"], capture_output=True, check=True).stdout
            expected = openssl("md5", "-c", given=openssl("rsa", "-pubin", "-outform", "DER", given=pem)).decode()
            assert made["KeyFingerprint"] in expected
        else:
            said = subprocess.run(["ssh-keygen", "-lf", file], capture_output=True, check=True).stdout.decode()
            assert made["KeyFingerprint"].rstrip("=") in said and len(base64.b64decode(made["KeyFingerprint"])) == 32
        refused("InvalidKeyPair.NotFound", other.ec2.describe_key_pairs, KeyNames=[kind])
        ec2.delete_key_pair(KeyPairId=made["KeyPairId"])
    refused("InvalidKey.Format", ec2.import_key_pair, KeyName="none", PublicKeyMaterial=b"ssh-dss AAAA")


def test_an_instance_is_launched_with_a_key_pair(ec2, vpc):
    ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    launch = {"ImageId": "ami-host0000000000000", "SubnetId": vpc.subnet(), "MinCount": 1, "MaxCount": 1}
    refused("InvalidKeyPair.NotFound", ec2.run_instances, KeyName="nobody's", **launch)
    (row,) = ec2.run_instances(KeyName="mine", **launch)["Instances"]
    assert row["KeyName"] == "mine"
    ec2.delete_key_pair(KeyName="mine")
    (reservation,) = ec2.describe_instances(Filters=filters(key_name="mine"))["Reservations"]
    assert reservation["Instances"][0]["InstanceId"] == row["InstanceId"]
    ec2.terminate_instances(InstanceIds=[row["InstanceId"]])


def test_public_access_is_blocked_for_an_account_with_exclusions(other):
    ec2 = other.ec2
    vpc = Vpc(ec2, "10.74.0.0/16")
    subnet = vpc.subnet()
    mode = lambda row: row["BlockPublicAccessStates"]["InternetGatewayBlockMode"]  # noqa: E731
    shown = lambda: (  # noqa: E731
        mode(ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0]),
        mode(ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]),
    )
    refused("DryRunOperation", ec2.describe_vpc_block_public_access_options, DryRun=True)
    refused("InvalidParameterValue", ec2.modify_vpc_block_public_access_options, InternetGatewayBlockMode="block-egress")
    options = ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
    assert options["InternetGatewayBlockMode"] == "off" and options["AwsAccountId"] == other.id and shown() == ("off", "off")
    changed = ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="block-bidirectional")
    assert changed["VpcBlockPublicAccessOptions"]["State"] == "update-complete"
    create, exclude = ec2.create_vpc_block_public_access_exclusion, {"InternetGatewayExclusionMode": "allow-egress"}
    refused("InvalidParameterCombination", create, VpcId=vpc.id, SubnetId=subnet, **exclude)
    made = create(SubnetId=subnet, TagSpecifications=tags("vpc-block-public-access-exclusion", team="x"), **exclude)
    made = made["VpcBlockPublicAccessExclusion"]
    assert made["State"] == "create-complete" and made["ResourceArn"].endswith(f":subnet/{subnet}")
    assert shown() == ("block-bidirectional", "block-ingress")
    ec2.modify_vpc_block_public_access_exclusion(ExclusionId=made["ExclusionId"], InternetGatewayExclusionMode="allow-bidirectional")
    assert shown() == ("block-bidirectional", "off")
    rows = ec2.describe_vpc_block_public_access_exclusions(Filters=by("tag:team", "x"))["VpcBlockPublicAccessExclusions"]
    assert [it["ExclusionId"] for it in rows] == [made["ExclusionId"]]
    ec2.delete_vpc_block_public_access_exclusion(ExclusionId=made["ExclusionId"])
    unknown = {"ExclusionId": made["ExclusionId"]}
    not_found = "InvalidVpcBlockPublicAccessExclusionId.NotFound"
    refused(not_found, ec2.delete_vpc_block_public_access_exclusion, **unknown)
    refused(not_found, ec2.modify_vpc_block_public_access_exclusion, **unknown, **exclude)
    refused(not_found, ec2.describe_vpc_block_public_access_exclusions, ExclusionIds=[made["ExclusionId"]])
    ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="off")
    assert shown() == ("off", "off")
    vpc.delete()
