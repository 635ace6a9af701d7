"""Web reaches app, app reaches db, and nothing else reaches anything: by packets, in three subnets."""

import pytest

from packets import can_connect, cannot_connect, connection, echoes, ping_is_dropped, udp_is_dropped, udp_reaches


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
    from network import Vpc

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
