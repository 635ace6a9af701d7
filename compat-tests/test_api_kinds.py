"""What holds for every kind of thing alike: many calls at once, calls that are repeated, pages while things come and
go, filters by tag, and that nobody has what is another's."""

import itertools

import pytest
from botocore.exceptions import ClientError

import model
from calls import at_once, nobodys, refused, tags, untouched
from kinds import ALL, KINDS, World

TEN = 10


@pytest.fixture(scope="module")
def world(shared):
    return World(shared, "kinds")


@pytest.fixture(scope="module")
def stranger(shared):
    """Another account's client."""
    return shared.account("stranger")[1]


each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def code(outcome):
    """EC2's code if a call was refused; nothing if it succeeded."""
    if isinstance(outcome, ClientError):
        return outcome.response["Error"]["Code"]
    if isinstance(outcome, Exception):
        raise outcome
    return None


def with_token(kind):
    return kind.has(kind.creates, "ClientToken")


def test_every_operation_that_takes_a_token_is_one_of_a_kind():
    taking = {it for it in model.SERVED if "ClientToken" in model.SERVICE.operation_model(it).input_shape.members}
    assert taking - {"StartNetworkInsightsAnalysis"} <= {it.creates for it in ALL if it.otherwise}


# Many at once.


@each_kind
def test_ten_that_are_made_at_once_are_ten(world, kind):
    given = [kind.parameters(world) for _ in range(TEN)]
    made = at_once(TEN, lambda at: kind.create(world.ec2, **given[at]))
    assert all(isinstance(it, str) and it.startswith(f"{kind.prefix}-") for it in made), made
    assert len(set(made)) == TEN
    assert set(made) <= set(kind.listed(world.ec2))
    gone = at_once(TEN, lambda at: kind.delete(world, made[at]))
    assert [code(it) for it in gone] == [None] * TEN
    if not kind.lingers:
        assert not set(made) & set(kind.listed(world.ec2))


@each_kind
def test_of_ten_that_remove_the_same_at_once_one_does(world, kind):
    made = kind.make(world)
    codes = [code(it) for it in at_once(TEN, lambda _: kind.delete(world, made))]
    if kind.type in ("instance", "key-pair", "natgateway", "vpc-peering-connection"):
        # To remove what is gone already is no error, or one that says that it is going.
        assert None in codes, codes
    else:
        assert sorted(codes, key=str) == sorted([None, *[removal_refusal(kind)] * (TEN - 1)], key=str), codes


def removal_refusal(kind):
    """What says to a call to remove it that there is no such thing; of DHCP options it is another word than elsewhere."""
    return {"dhcp-options": "InvalidDhcpOptionsID.NotFound"}.get(kind.type, kind.missing)


# Calls that are repeated.


@pytest.mark.parametrize("kind", [it for it in KINDS if with_token(it)], ids=str)
def test_a_call_that_is_repeated_with_its_token_makes_one(world, kind):
    given, others, before = kind.parameters(world), kind.otherwise(world), set(kind.listed(world.ec2))
    token = f"{kind.type} {world.number()}"
    made = at_once(TEN, lambda _: kind.create(world.ec2, **given, ClientToken=token))
    assert len(set(map(str, made))) == 1, made
    assert set(kind.listed(world.ec2)) - before == {made[0]}
    assert kind.create(world.ec2, **given, ClientToken=token) == made[0]
    with untouched(world.ec2):
        refused("IdempotentParameterMismatch", kind.create, ec2=world.ec2, **{**given, **others}, ClientToken=token)
    another = kind.make(world, ClientToken=f"{token} again")
    assert another != made[0]
    for it in (made[0], another):
        kind.delete(world, it)


@pytest.mark.parametrize("kind", [it for it in KINDS if with_token(it)], ids=str)
def test_a_token_is_as_long_and_of_such_characters_as_aws_documents(world, kind):
    longest, beyond = 64, ["x" * 65, "ü"]
    if kind.type == "prefix-list":
        longest, beyond = 255, ["x" * 256, "ü" * 256]
        kind.delete(world, kind.make(world, ClientToken="ü" * 255))
    kind.delete(world, kind.make(world, ClientToken="x" * longest))
    given = kind.parameters(world)
    with untouched(world.ec2):
        for token in beyond:
            refused("InvalidParameterValue", kind.create, ec2=world.ec2, **given, ClientToken=token)


# Pages.


@pytest.mark.parametrize("kind", [it for it in KINDS if it.pages()], ids=str)
def test_pages_survive_what_comes_and_goes_in_between(world, kind):
    size = kind.pages()
    mine = {kind.make(world) for _ in range(2 * size + 2)}
    stay, seen, gone, come = set(kind.listed(world.ec2)), [], set(), set()
    token = None
    for at in itertools.count():
        answer = kind.call(world.ec2, kind.describes, MaxResults=size, **({"NextToken": token} if token else {}))
        page = [it[kind.id] for it in kind.rows_of(answer)]
        seen += page
        token = answer.get("NextToken")
        if not token:
            break
        if at < 2:
            # One that was shown goes, and one that was not; the last of the page, on which the token may lean; one comes.
            shown, unshown = [it for it in page if it in mine - gone], [it for it in mine - gone if it not in seen]
            for it in {*shown[:1], *shown[-1:], *unshown[:1]}:
                kind.delete(world, it)
                gone.add(it)
            come.add(kind.make(world))
    assert at >= 2, "these were too few to see anything"
    assert len(seen) == len(set(seen)), "something was shown twice"
    assert stay - gone <= set(seen), f"never shown: {stay - gone - set(seen)}"
    assert set(seen) <= stay | come
    for it in (mine - gone) | come:
        kind.delete(world, it)


def test_a_token_of_another_request_or_caller_is_refused(ec2, stranger):
    mine = [ec2.create_vpc(CidrBlock=f"10.{at}.0.0/16")["Vpc"]["VpcId"] for at in range(6)]
    theirs = [stranger.create_vpc(CidrBlock=f"10.{at}.0.0/16")["Vpc"]["VpcId"] for at in range(6)]
    try:
        found = [{"Name": "tag-key", "Values": ["none"]}]
        token = ec2.describe_vpcs(MaxResults=5)["NextToken"]
        for call, more in (
            (ec2.describe_security_groups, {}),
            (ec2.describe_vpcs, {"Filters": found}),
            (stranger.describe_vpcs, {}),
        ):
            refused("InvalidNextToken", call, NextToken=token, MaxResults=5, **more)
        # Into how many pages the rest is cut is the caller's to say, and to try the call first.
        refused("DryRunOperation", ec2.describe_vpcs, NextToken=token, MaxResults=5, DryRun=True)
        first, rest = ec2.describe_vpcs(MaxResults=5)["Vpcs"], ec2.describe_vpcs(NextToken=token)["Vpcs"]
        assert [*first, *rest] == ec2.describe_vpcs()["Vpcs"] and set(mine) <= {it["VpcId"] for it in (*first, *rest)}
    finally:
        for client, made in ((ec2, mine), (stranger, theirs)):
            for vpc in made:
                client.delete_vpc(VpcId=vpc)


# Filters by tag.


@pytest.mark.parametrize("kind", [it for it in KINDS if "tag:<key>" in model.documented_filters(it.describes)], ids=str)
def test_tags_are_found_by_name_by_pattern_and_by_key(world, kind):
    one = kind.make(world, TagSpecifications=tags(kind.type, Name="alpha-1", Colour="red*"))
    two, three = kind.make(world), kind.make(world)
    world.ec2.create_tags(Resources=[two], Tags=[{"Key": "Name", "Value": "alphabet"}, {"Key": "Colour", "Value": "reddish"}])
    world.ec2.create_tags(Resources=[three], Tags=[{"Key": "Name", "Value": ""}, {"Key": "name", "Value": "alpha-1"}])
    among = {one, two, three}
    found = lambda *given: set(kind.filtered(world.ec2, *given)) & among
    try:
        assert found(("tag:Name", "alpha-1")) == {one}
        assert found(("tag:Name", "alpha*")) == {one, two}
        assert found(("tag:Name", "alpha-?")) == {one}
        assert found(("tag:Name", "*pha*")) == {one, two}
        assert found(("tag:Name", "*")) == {one, two, three}
        assert found(("tag:Name", "")) == {three}
        assert found(("tag:Name", "alpha", "ALPHA-1")) == set()
        assert found(("tag:Name", "?")) == {three} and found(("tag:Name", "alpha-1?")) == {one}
        assert found(("tag:Name", "alphabet", "alpha-1")) == {one, two}
        assert found(("tag:Colour", "red\\*")) == {one}
        assert found(("tag:Colour", "red*")) == {one, two}
        assert found(("tag:Name", "alpha*"), ("tag:Colour", "reddish")) == {two}
        assert found(("tag:name", "alpha-1")) == {three}
        assert found(("tag:NAME", "*")) == set()
        if "tag-key" in model.documented_filters(kind.describes):
            assert found(("tag-key", "Name")) == {one, two, three}
            assert found(("tag-key", "Colour", "name")) == {one, two, three}
            assert found(("tag-key", "col*", "Colours")) == set()
            assert found(("tag-key", "Col*")) == {one, two}
        world.ec2.delete_tags(Resources=[one], Tags=[{"Key": "Name"}])
        assert found(("tag:Name", "alpha*")) == {two}
    finally:
        for it in among:
            kind.delete(world, it)


# What is another's.


@each_kind
def test_what_is_another_accounts_is_not_found(world, stranger, kind):
    theirs = kind.make(world)
    nobody = nobodys(kind.prefix)
    try:
        for id in (theirs, nobody):
            if kind.silent:
                assert kind.listed(stranger, **{kind.ids: [id]}) == []
            else:
                refused(kind.missing, kind.list, ec2=stranger, **{kind.ids: [id]})
            if kind.type == "key-pair":
                kind.call(stranger, kind.deletes, **kind.removal(id))
            else:
                refused(removal_refusal(kind), kind.call, ec2=stranger, action=kind.deletes, **kind.removal(id))
            with pytest.raises(ClientError) as caught:
                stranger.create_tags(Resources=[id], Tags=[{"Key": "k", "Value": "v"}])
            assert ".NotFound" in caught.value.response["Error"]["Code"] or kind.type == "natgateway", caught.value
        assert theirs not in kind.listed(stranger)
        assert theirs in kind.listed(world.ec2)
    finally:
        kind.delete(world, theirs)
