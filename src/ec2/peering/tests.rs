//! Peering connections as clients meet them, on both sides.

use crate::ec2::fixture::{World, text, texts};
use crate::ec2::sweep::sweep;
use crate::state::Moment;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A VPC of the account that calls.
fn vpc(world: &mut World, block: &str) -> String {
    text(&world.ok("CreateVpc", &[("CidrBlock", block)]), "vpcId").to_owned()
}

/// A connection that one VPC's owner asks the other's for.
fn request(world: &mut World, vpc: &str, peer: &str, owner: &str) -> String {
    let parameters = [("VpcId", vpc), ("PeerVpcId", peer), ("PeerOwnerId", owner)];
    text(&world.ok("CreateVpcPeeringConnection", &parameters), "vpcPeeringConnectionId").to_owned()
}

fn account(world: &World) -> String {
    world.caller.account.to_string()
}

fn named(id: &str) -> [(&str, &str); 1] {
    [("VpcPeeringConnectionId", id)]
}

fn describe(world: &mut World, id: &str) -> String {
    world.ok("DescribeVpcPeeringConnections", &[("VpcPeeringConnectionId.1", id)])
}

/// The code and the sentence of the connection's status.
fn status(world: &mut World, id: &str) -> (String, String) {
    let answer = describe(world, id);
    let status = text(&answer, "status");
    (text(status, "code").to_owned(), text(status, "message").to_owned())
}

/// The ids that a description with this filter finds.
fn found(world: &mut World, name: &str, value: &str) -> Vec<String> {
    let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
    let answer = world.ok("DescribeVpcPeeringConnections", &filter);
    texts(&answer, "vpcPeeringConnectionId").into_iter().map(str::to_owned).collect()
}

/// Two accounts with a VPC each, and a request from the first to the second; the first calls.
struct Pair {
    world: World,
    one: String,
    other: String,
    owners: [String; 2],
    id: String,
}

impl Pair {
    fn new() -> Pair {
        let mut world = World::new();
        world.become_account(2);
        let other = vpc(&mut world, "10.2.0.0/16");
        let second = account(&world);
        world.become_account(1);
        let one = vpc(&mut world, "10.1.0.0/16");
        let owners = [account(&world), second];
        let id = request(&mut world, &one, &other, &owners[1]);
        Pair { world, one, other, owners, id }
    }

    fn active() -> Pair {
        let mut pair = Pair::new();
        pair.world.become_account(2);
        pair.world.ok("AcceptVpcPeeringConnection", &named(&pair.id));
        pair.world.become_account(1);
        pair
    }
}

#[test]
fn a_request_waits_for_the_owner_of_the_other_vpc() {
    let mut pair = Pair::new();
    let answer = describe(&mut pair.world, &pair.id);
    let [requester, accepter] = ["requesterVpcInfo", "accepterVpcInfo"].map(|it| text(&answer, it));
    assert_eq!(text(&answer, "code"), "pending-acceptance");
    assert_eq!(text(&answer, "message"), format!("Pending Acceptance by {}", pair.owners[1]));
    assert_eq!(text(requester, "cidrBlockSet"), "<item><cidrBlock>10.1.0.0/16</cidrBlock></item>");
    assert_eq!([text(requester, "ownerId"), text(requester, "vpcId")], [&pair.owners[0], &pair.one]);
    assert_eq!([text(accepter, "ownerId"), text(accepter, "vpcId")], [&pair.owners[1], &pair.other]);
    assert_eq!([text(requester, "region"), text(accepter, "region")], ["us-east-1"; 2]);
    assert!(!accepter.contains("10.2"), "its owner has said nothing yet");
    assert!(!answer.contains("peeringOptions"), "{answer}");
    assert!(answer.contains("<expirationTime>"), "{answer}");

    let refused = pair.world.call("AcceptVpcPeeringConnection", &named(&pair.id)).expect_err("of the requester");
    assert_eq!(refused.code(), "OperationNotPermitted");
    assert_eq!(refused.to_string(), format!("User ({}) cannot accept peering {}", pair.owners[0], pair.id));
    assert_eq!(pair.world.code("RejectVpcPeeringConnection", &named(&pair.id)), "OperationNotPermitted");
    pair.world.become_account(2);
    assert_eq!(pair.world.code("DeleteVpcPeeringConnection", &named(&pair.id)), "OperationNotPermitted");

    let accepted = pair.world.ok("AcceptVpcPeeringConnection", &named(&pair.id));
    assert_eq!([text(&accepted, "code"), text(&accepted, "message")], ["active", "Active"]);
    for number in [1, 2] {
        pair.world.become_account(number);
        let answer = describe(&mut pair.world, &pair.id);
        assert_eq!(text(text(&answer, "accepterVpcInfo"), "cidrBlock"), "10.2.0.0/16");
        assert_eq!(texts(&answer, "allowDnsResolutionFromRemoteVpc"), ["false"; 2]);
        assert!(!answer.contains("expirationTime"), "{answer}");
    }
    pair.world.become_account(3);
    let asked = [("VpcPeeringConnectionId.1", pair.id.as_str())];
    assert_eq!(pair.world.code("DescribeVpcPeeringConnections", &asked), "InvalidVpcPeeringConnectionID.NotFound");
    assert_eq!(texts(&pair.world.ok("DescribeVpcPeeringConnections", &[]), "item").len(), 0);
    for action in ["AcceptVpcPeeringConnection", "RejectVpcPeeringConnection", "DeleteVpcPeeringConnection"] {
        assert_eq!(pair.world.code(action, &named(&pair.id)), "InvalidVpcPeeringConnectionID.NotFound");
        assert_eq!(pair.world.code(action, &named("pcx-")), "InvalidVpcPeeringConnectionId.Malformed");
    }
}

#[test]
fn a_request_that_can_come_to_nothing_has_failed() {
    let mut world = World::new();
    let one = vpc(&mut world, "10.1.0.0/16");
    let inside = vpc(&mut world, "10.1.128.0/20");
    let beside = vpc(&mut world, "10.2.0.0/16");
    let own = account(&world);
    world.become_account(2);
    let (foreign, second) = (vpc(&mut world, "10.3.0.0/16"), account(&world));
    world.become_account(1);

    let nobody = "123456789012";
    for (peer, owner) in
        [(&inside, &own), (&one, &own), (&beside, &second), (&foreign, &own), (&"vpc-12345678".to_owned(), &own)]
    {
        let id = request(&mut world, &one, peer, owner);
        let (code, message) = status(&mut world, &id);
        assert_eq!(code, "failed", "to {peer} of {owner}");
        assert_eq!(message, "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range");
        for action in ["AcceptVpcPeeringConnection", "RejectVpcPeeringConnection", "DeleteVpcPeeringConnection"] {
            let code = world.code(action, &named(&id));
            assert!(["InvalidStateTransition", "OperationNotPermitted"].contains(&code.as_str()), "{action}: {code}");
        }
        world.become_account(2);
        let asked = [("VpcPeeringConnectionId.1", id.as_str())];
        assert_eq!(world.code("DescribeVpcPeeringConnections", &asked), "InvalidVpcPeeringConnectionID.NotFound");
        world.become_account(1);
    }
    let failed = request(&mut world, &one, &beside, nobody);
    assert_eq!(status(&mut world, &failed).0, "failed");
    let deleted = world.call("DeleteVpcPeeringConnection", &named(&failed)).expect_err("it has failed");
    let sentence = format!("Invalid state transition for {failed}, attempted to transition from failed to deleting");
    assert_eq!(deleted.to_string(), sentence);

    let mut code = |parameters: &[(&str, &str)]| world.code("CreateVpcPeeringConnection", parameters);
    let (one, beside) = (one.as_str(), beside.as_str());
    assert_eq!(code(&[("PeerVpcId", beside)]), "MissingParameter");
    assert_eq!(code(&[("VpcId", one)]), "MissingParameter");
    assert_eq!(code(&[("VpcId", &foreign), ("PeerVpcId", beside)]), "InvalidVpcID.NotFound");
    assert_eq!(code(&[("VpcId", one), ("PeerVpcId", "vpc-x")]), "InvalidVpcID.Malformed");
    assert_eq!(code(&[("VpcId", one), ("PeerVpcId", beside), ("PeerOwnerId", "me")]), "InvalidParameterValue");
    let elsewhere = [("VpcId", one), ("PeerVpcId", beside), ("PeerRegion", "eu-central-1")];
    assert_eq!(code(&elsewhere), "UnsupportedOperation");
    assert_eq!(code(&[("VpcId", one), ("PeerVpcId", beside), ("DryRun", "true")]), "DryRunOperation");
    let here = [("VpcId", one), ("PeerVpcId", beside), ("PeerRegion", "us-east-1")];
    assert_eq!(text(&world.ok("CreateVpcPeeringConnection", &here), "code"), "pending-acceptance");
}

#[test]
fn two_vpcs_are_joined_once() {
    let mut world = World::new();
    let (one, other) = (vpc(&mut world, "10.1.0.0/16"), vpc(&mut world, "10.2.0.0/16"));
    let own = account(&world);
    let id = request(&mut world, &one, &other, &own);
    assert_eq!(request(&mut world, &one, &other, &own), id, "asked for again");
    let back = request(&mut world, &other, &one, &own);
    assert_ne!(back, id, "the other way round");
    world.ok("AcceptVpcPeeringConnection", &named(&id));
    assert_eq!(request(&mut world, &one, &other, &own), id, "of one that is active");
    let again = world.call("AcceptVpcPeeringConnection", &named(&id)).expect_err("it is active");
    assert_eq!(again.code(), "InvalidStateTransition");
    let refused = world.call("AcceptVpcPeeringConnection", &named(&back)).expect_err("joined already");
    assert_eq!(refused.code(), "VpcPeeringConnectionAlreadyExists");
    assert_eq!(refused.to_string(), format!("The vpc peering connection identified by {back} already exists."));

    world.ok("DeleteVpcPeeringConnection", &named(&id));
    assert_ne!(request(&mut world, &one, &other, &own), id, "a deleted one does not come back");
    world.ok("AcceptVpcPeeringConnection", &named(&back));
}

#[test]
fn a_request_expires_after_seven_days() {
    let mut pair = Pair::new();
    pair.world.now = Moment(pair.world.now.0 + 7 * DAY_MS);
    assert_eq!(status(&mut pair.world, &pair.id), ("expired".to_owned(), "Expired".to_owned()));
    assert_eq!(found(&mut pair.world, "status-code", "expired"), [pair.id.as_str()]);
    assert_eq!(pair.world.code("DeleteVpcPeeringConnection", &named(&pair.id)), "InvalidStateTransition");
    let newer = request(&mut pair.world, &pair.one, &pair.other, &pair.owners[1]);
    assert_ne!(newer, pair.id);
    pair.world.become_account(2);
    assert_eq!(pair.world.code("DeleteVpc", &[("VpcId", &pair.other)]), "DependencyViolation");
    pair.world.ok("RejectVpcPeeringConnection", &named(&newer));
    assert_eq!(pair.world.code("AcceptVpcPeeringConnection", &named(&pair.id)), "InvalidStateTransition");
    pair.world.ok("DeleteVpc", &[("VpcId", &pair.other)]);
    assert_eq!(status(&mut pair.world, &pair.id).0, "expired", "the request of then awaits no answer any more");
}

#[test]
fn an_ended_connection_is_seen_as_long_as_ec2_shows_it() {
    // Who rejected or deleted it sees it for two hours, the other one for two days.
    let check = |end: &str, ends: u64, expected: [i64; 2]| {
        let mut pair = Pair::new();
        if end == "DeleteVpcPeeringConnection" {
            pair.world.become_account(2);
            pair.world.ok("AcceptVpcPeeringConnection", &named(&pair.id));
        }
        pair.world.become_account(1);
        let tags = [("ResourceId.1", pair.id.as_str()), ("Tag.1.Key", "k"), ("Tag.1.Value", "v")];
        pair.world.ok("CreateTags", &tags);
        pair.world.become_account(ends);
        pair.world.ok(end, &named(&pair.id));
        let ended = pair.world.now.0;
        for (number, lasts) in [1, 2].into_iter().zip(expected) {
            pair.world.become_account(number);
            pair.world.now = Moment(ended + lasts - 1000);
            let (_, message) = status(&mut pair.world, &pair.id);
            let by = &pair.owners[usize::try_from(ends - 1).expect("one or two")];
            assert!(message.ends_with(&format!("ed by {by}")), "{message}");
            pair.world.now = Moment(ended + lasts);
            assert!(found(&mut pair.world, "status-code", "*").is_empty(), "{end} by {ends}, as {number}");
        }
        pair.world.now = Moment(ended + 2 * DAY_MS - 1000);
        pair.world.commit(sweep);
        assert_eq!((pair.world.state.peering_connections.len(), pair.world.state.tags.len()), (1, 1));
        pair.world.now = Moment(ended + 2 * DAY_MS);
        pair.world.commit(sweep);
        assert_eq!((pair.world.state.peering_connections.len(), pair.world.state.tags.len()), (0, 0));
    };
    check("RejectVpcPeeringConnection", 2, [2 * DAY_MS, 2 * HOUR_MS]);
    check("DeleteVpcPeeringConnection", 1, [2 * HOUR_MS, 2 * DAY_MS]);
    check("DeleteVpcPeeringConnection", 2, [2 * DAY_MS, 2 * HOUR_MS]);
}

#[test]
fn a_rejected_request_cannot_be_accepted_or_deleted() {
    let mut pair = Pair::new();
    pair.world.become_account(2);
    pair.world.ok("RejectVpcPeeringConnection", &named(&pair.id));
    assert_eq!(pair.world.code("AcceptVpcPeeringConnection", &named(&pair.id)), "InvalidStateTransition");
    assert_eq!(pair.world.code("DeleteVpcPeeringConnection", &named(&pair.id)), "InvalidStateTransition");
    let answer = describe(&mut pair.world, &pair.id);
    assert_eq!(text(&answer, "code"), "rejected");
    assert!(!answer.contains("cidrBlock>"), "{answer}");
}

#[test]
fn the_vpc_takes_its_connections_along_but_not_a_request_to_it() {
    let mut pair = Pair::new();
    pair.world.become_account(2);
    assert_eq!(pair.world.code("DeleteVpc", &[("VpcId", &pair.other)]), "DependencyViolation");
    pair.world.become_account(1);
    pair.world.ok("DeleteVpc", &[("VpcId", &pair.one)]);
    let expected = ("deleted".to_owned(), format!("Deleted by {}", pair.owners[0]));
    assert_eq!(status(&mut pair.world, &pair.id), expected);
    pair.world.become_account(2);
    assert_eq!(status(&mut pair.world, &pair.id), expected);
    pair.world.ok("DeleteVpc", &[("VpcId", &pair.other)]);
    assert_eq!(status(&mut pair.world, &pair.id), expected, "it was deleted before");

    let mut pair = Pair::active();
    pair.world.become_account(2);
    pair.world.ok("DeleteVpc", &[("VpcId", &pair.other)]);
    pair.world.become_account(1);
    assert_eq!(status(&mut pair.world, &pair.id).1, format!("Deleted by {}", pair.owners[1]));
}

#[test]
fn each_owner_sets_the_options_of_its_side() {
    let mut pair = Pair::new();
    let (requester, accepter) = (
        "RequesterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc",
        "AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc",
    );
    let id = pair.id.clone();
    let with = |name: &'static str, value: &'static str| [("VpcPeeringConnectionId", id.as_str()), (name, value)];
    let modify = "ModifyVpcPeeringConnectionOptions";
    let early = pair.world.call(modify, &with(requester, "true")).expect_err("not active");
    assert_eq!(early.code(), "OperationNotPermitted");
    let sentence = format!("Peering {id} is not active. Peering options can be added only to active peerings.");
    assert_eq!(early.to_string(), sentence);

    pair.world.become_account(2);
    pair.world.ok("AcceptVpcPeeringConnection", &named(&id));
    assert_eq!(pair.world.code(modify, &with(requester, "true")), "OperationNotPermitted");
    assert_eq!(pair.world.code(modify, &named(&id)), "MissingParameter");
    let off = "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled";
    assert_eq!(pair.world.code(modify, &with(accepter, "true")), off);
    pair.world.ok(modify, &with(accepter, "false"));
    for (number, vpc, own) in [(2, pair.other.as_str(), accepter), (1, pair.one.as_str(), requester)] {
        pair.world.become_account(number);
        assert_eq!(pair.world.code(modify, &with(own, "true")), off, "of account {number}");
        pair.world.ok("ModifyVpcAttribute", &[("VpcId", vpc), ("EnableDnsHostnames.Value", "true")]);
    }
    let answer = pair.world.ok(modify, &with(requester, "true"));
    assert_eq!(text(text(&answer, "requesterPeeringConnectionOptions"), "allowDnsResolutionFromRemoteVpc"), "true");
    assert!(!answer.contains("accepter"), "{answer}");
    let answer = describe(&mut pair.world, &id);
    let own = |side: &str| text(text(&answer, side), "allowDnsResolutionFromRemoteVpc").to_owned();
    assert_eq!([own("requesterVpcInfo"), own("accepterVpcInfo")], ["true", "false"]);

    for name in ["AllowEgressFromLocalClassicLinkToRemoteVpc", "AllowEgressFromLocalVpcToRemoteClassicLink"] {
        let name = format!("RequesterPeeringConnectionOptions.{name}");
        let on = [("VpcPeeringConnectionId", id.as_str()), (name.as_str(), "true")];
        assert_eq!(pair.world.code(modify, &on), "UnsupportedOperation");
        pair.world.ok(modify, &[on[0], (name.as_str(), "false")]);
    }
    assert!(describe(&mut pair.world, &id).contains("<allowDnsResolutionFromRemoteVpc>true<"), "as it was");
}

#[test]
fn connections_are_found_by_their_filters_pages_and_tags() {
    let mut pair = Pair::active();
    let world = &mut pair.world;
    let third = vpc(world, "10.3.0.0/16");
    let own = [("VpcId", pair.one.as_str()), ("PeerVpcId", third.as_str())];
    let tagged = [own[0], own[1]].into_iter().chain([
        ("TagSpecification.1.ResourceType", "vpc-peering-connection"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "inner"),
    ]);
    let answer = world.ok("CreateVpcPeeringConnection", &tagged.collect::<Vec<_>>());
    assert_eq!([text(&answer, "key"), text(&answer, "value")], ["Name", "inner"]);
    let inner = text(&answer, "vpcPeeringConnectionId").to_owned();
    let wrong = [own[0], own[1], ("TagSpecification.1.ResourceType", "vpc")];
    assert_eq!(world.code("CreateVpcPeeringConnection", &wrong), "InvalidParameterValue");

    let mut both = [pair.id.clone(), inner.clone()];
    both.sort();
    let mut check = |name: &str, value: &str, expected: &[&String]| {
        assert_eq!(found(world, name, value).iter().collect::<Vec<_>>(), expected, "{name}={value}");
    };
    check("status-code", "active", &[&pair.id]);
    check("status-message", "Pending*", &[&inner]);
    check("vpc-peering-connection-id", &inner, &[&inner]);
    check("requester-vpc-info.vpc-id", &pair.one, &[&both[0], &both[1]]);
    check("requester-vpc-info.owner-id", &pair.owners[0], &[&both[0], &both[1]]);
    check("requester-vpc-info.cidr-block", "10.1.0.0/16", &[&both[0], &both[1]]);
    check("accepter-vpc-info.vpc-id", &third, &[&inner]);
    check("accepter-vpc-info.owner-id", &pair.owners[1], &[&pair.id]);
    check("accepter-vpc-info.cidr-block", "10.2.*", &[&pair.id]);
    check("accepter-vpc-info.cidr-block", "10.3.*", &[]);
    check("tag:Name", "in?er", &[&inner]);
    check("tag-key", "Name", &[&inner]);
    world.assert_filters("DescribeVpcPeeringConnections");

    for number in 4..9 {
        let peer = vpc(world, &format!("10.{number}.0.0/16"));
        request(world, &pair.one, &peer, &pair.owners[0]);
    }
    let first = world.ok("DescribeVpcPeeringConnections", &[("MaxResults", "5")]);
    assert_eq!(texts(&first, "vpcPeeringConnectionId").len(), 5);
    let next = [("MaxResults", "5"), ("NextToken", text(&first, "nextToken"))];
    let second = world.ok("DescribeVpcPeeringConnections", &next);
    assert_eq!(texts(&second, "vpcPeeringConnectionId").len(), 2);

    // Each owner tags the connection for itself.
    world.become_account(2);
    let tags = [("ResourceId.1", pair.id.as_str()), ("Tag.1.Key", "Name"), ("Tag.1.Value", "theirs")];
    world.ok("CreateTags", &tags);
    assert_eq!(text(&describe(world, &pair.id), "value"), "theirs");
    let answer = world.ok("DescribeTags", &[]);
    assert_eq!(texts(&answer, "resourceType"), ["vpc-peering-connection"]);
    world.become_account(1);
    assert!(!describe(world, &pair.id).contains("theirs"));
    let foreign = [("ResourceId.1", "pcx-12345678901234567"), ("Tag.1.Key", "k")];
    assert_eq!(world.code("CreateTags", &foreign), "InvalidVpcPeeringConnectionID.NotFound");
}

#[test]
fn awss_quotas_hold_where_they_are_asked_for() {
    let mut world = World::new();
    let one = vpc(&mut world, "10.0.0.0/16");
    let own = account(&world);
    let peers: Vec<String> = (1..=51).map(|it| vpc(&mut world, &format!("10.{it}.0.0/16"))).collect();
    world.enforce_quotas();
    for peer in &peers[..25] {
        request(&mut world, &one, peer, &own);
    }
    let more = [("VpcId", one.as_str()), ("PeerVpcId", peers[25].as_str())];
    let limit = "OutstandingVpcPeeringConnectionLimitExceeded";
    assert_eq!(world.code("CreateVpcPeeringConnection", &more), limit);
    for peer in &peers[..50] {
        let id = request(&mut world, &one, peer, &own);
        world.ok("AcceptVpcPeeringConnection", &named(&id));
    }
    let more = [("VpcId", one.as_str()), ("PeerVpcId", peers[50].as_str())];
    let limit = "VpcPeeringConnectionsPerVpcLimitExceeded";
    assert_eq!(world.code("CreateVpcPeeringConnection", &more), limit);
    let back = request(&mut world, &peers[50], &one, &own);
    assert_eq!(world.code("AcceptVpcPeeringConnection", &named(&back)), limit);
}
