"""Web reaches app, app reaches db, and nothing else reaches anything: by packets, in three subnets."""

import pytest

from network import Vpc
from packets import (
    can_connect,
    cannot_connect,
    connection,
    echoes,
    forged_udp_arrives,
    ping_is_dropped,
    pings,
    udp_is_dropped,
    udp_reaches,
)


class Tiers:
    """A VPC with three subnets, three groups that name each other, and an instance of each."""

    def __init__(self, vpc):
        self.vpc = vpc
        self.web_group = vpc.group("tcp 80 from 0.0.0.0/0", name="web")
        self.app_group = vpc.group(f"tcp 8080 from {self.web_group}", name="app")
        self.db_group = vpc.group(f"tcp 5432 from {self.app_group}", name="db")
        self.web = vpc.instance(vpc.subnet(zone="us-east-1a"), self.web_group)
        self.app = vpc.instance(vpc.subnet(zone="us-east-1b"), self.app_group)
        self.db = vpc.instance(vpc.subnet(zone="us-east-1c"), self.db_group)


@pytest.fixture
def tiers(vpc):
    return Tiers(vpc)


def test_each_tier_reaches_the_next_and_no_other(tiers):
    web, app, db = tiers.web, tiers.app, tiers.db
    assert cannot_connect(web, db, 5432)
    assert cannot_connect(db, app, 8080)
    assert cannot_connect(app, web, 8080)
    assert can_connect(web, app, 8080)
    assert can_connect(app, db, 5432)
    assert can_connect(app, web, 80)


def test_only_the_port_and_the_protocol_of_the_rule_pass(tiers):
    web, app = tiers.web, tiers.app
    assert cannot_connect(web, app, 8081)
    assert udp_is_dropped(web, app, 8080)
    assert ping_is_dropped(web, app)
    assert can_connect(web, app, 8080)


def test_a_rule_holds_from_the_moment_of_its_answer_until_the_moment_of_its_revocation(tiers):
    web, db = tiers.web, tiers.db
    rule = f"tcp 5432 from {tiers.web_group}"
    assert cannot_connect(web, db, 5432)
    tiers.vpc.allow(tiers.db_group, rule)
    assert can_connect(web, db, 5432)
    tiers.vpc.revoke(tiers.db_group, rule)
    assert cannot_connect(web, db, 5432)


def test_a_revocation_ends_unanswered_flows_and_leaves_established_connections_as_in_ec2(tiers):
    web, db = tiers.web, tiers.db
    rules = [f"tcp 5432 from {tiers.web_group}", f"udp 514 from {tiers.web_group}"]
    tiers.vpc.allow(tiers.db_group, *rules)
    assert udp_reaches(web, db, 514, from_port=40000)
    with connection(web, db, 5432) as flow:
        tiers.vpc.revoke(tiers.db_group, *rules)
        assert udp_is_dropped(web, db, 514, from_port=40000)
        assert echoes(flow)
        assert cannot_connect(web, db, 5432)


def test_an_instance_cannot_send_under_the_address_of_another(tiers):
    web, app, db = tiers.web, tiers.app, tiers.db
    tiers.vpc.allow(tiers.db_group, f"udp 514 from {app.address}/32")
    assert forged_udp_arrives(app, db, 514, pretend=app.address)
    assert not forged_udp_arrives(web, db, 514, pretend=app.address)


def test_an_instance_that_puts_on_a_group_passes_as_its_members_do(tiers):
    web, db = tiers.web, tiers.db
    web.wear(tiers.web_group, tiers.app_group)
    assert can_connect(web, db, 5432)
    web.wear(tiers.web_group)
    assert cannot_connect(web, db, 5432)


def test_a_group_without_egress_rules_lets_nothing_out_but_answers(tiers):
    web, app, db = tiers.web, tiers.app, tiers.db
    tiers.vpc.lock_egress(tiers.app_group)
    assert cannot_connect(app, db, 5432)
    assert can_connect(web, app, 8080)
    tiers.vpc.allow(tiers.app_group, "udp 53 to 10.0.0.0/16")
    tiers.vpc.allow(tiers.db_group, "udp 53 from 0.0.0.0/0")
    assert udp_reaches(app, db, 53)
    assert cannot_connect(app, db, 5432)


def test_established_connections_survive_a_restart_and_a_kill_of_the_server(fresh):
    tiers = Tiers(Vpc(fresh.ec2))
    with connection(tiers.web, tiers.app, 8080) as flow:
        fresh.stop()
        assert echoes(flow)
        assert cannot_connect(tiers.web, tiers.db, 5432)
        fresh.start()
        assert echoes(flow)
        fresh.kill9()
        assert echoes(flow)
        assert cannot_connect(tiers.web, tiers.db, 5432)
        fresh.start()
        assert echoes(flow)
    assert can_connect(tiers.app, tiers.db, 5432)


def test_ipv6_obeys_the_same_rules(ec2):
    vpc = Vpc(ec2, "10.6.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    subnet = vpc.dual_subnet()
    group = vpc.group("tcp 80 from ::/0", "icmpv6 from ::/0")
    client, server = vpc.run(2, subnet, group, Ipv6AddressCount=1)
    assert cannot_connect(client, server, 81, server.address6)
    assert cannot_connect(client, server, 80, server.address)
    assert can_connect(client, server, 80, server.address6)
    assert pings(client, server, server.address6)
    vpc.delete()
