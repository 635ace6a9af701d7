"""Route tables and what routes lead to, gateways, network ACLs: what may be asked for, what is refused, what is found."""

import pytest

from calls import at_once, by, everything, filters, nobodys, pages, refused, tags, unsupported, untouched
from network import Vpc

ANY4, ANY6 = {"DestinationCidrBlock": "0.0.0.0/0"}, {"DestinationIpv6CidrBlock": "::/0"}
ONE = {"Protocol": "-1", "RuleAction": "allow", "RuleNumber": 10, "Egress": False, "CidrBlock": "0.0.0.0/0"}


class Net(Vpc):
    """A VPC with IPv6 and what this file makes in it, which goes with it."""

    def __init__(self, ec2):
        super().__init__(ec2, AmazonProvidedIpv6CidrBlock=True)
        self.mine = filters(vpc_id=self.id)

    def table(self, **more):
        return self.ec2.create_route_table(VpcId=self.id, **more)["RouteTable"]["RouteTableId"]

    def main(self):
        """The main table, and the association that makes it the main one."""
        (row,) = self.ec2.describe_route_tables(Filters=[*self.mine, *by("association.main", "true")])["RouteTables"]
        (association,) = [it for it in row["Associations"] if it["Main"]]
        return row["RouteTableId"], association["RouteTableAssociationId"]

    def gateway(self):
        """An internet gateway that is attached."""
        made = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=self.id)
        return made

    def egress_only(self):
        made = self.ec2.create_egress_only_internet_gateway(VpcId=self.id)["EgressOnlyInternetGateway"]
        return made["EgressOnlyInternetGatewayId"]

    def interface(self):
        subnet = self.subnets[0] if self.subnets else self.subnet()
        return self.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]

    def acl(self, **more):
        return self.ec2.create_network_acl(VpcId=self.id, **more)["NetworkAcl"]["NetworkAclId"]

    def acl_of(self, subnet):
        """The ACL of a subnet, and its association."""
        (row,) = self.ec2.describe_network_acls(Filters=by("association.subnet-id", subnet))["NetworkAcls"]
        (association,) = [it for it in row["Associations"] if it["SubnetId"] == subnet]
        return row["NetworkAclId"], association["NetworkAclAssociationId"]

    def delete(self):
        ec2 = self.ec2
        for it in ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"]:
            if it["Attachments"][0]["VpcId"] == self.id:
                ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=it["EgressOnlyInternetGatewayId"])
        for it in ec2.describe_internet_gateways(Filters=by("attachment.vpc-id", self.id))["InternetGateways"]:
            ec2.detach_internet_gateway(InternetGatewayId=it["InternetGatewayId"], VpcId=self.id)
            ec2.delete_internet_gateway(InternetGatewayId=it["InternetGatewayId"])
        for it in ec2.describe_route_tables(Filters=self.mine)["RouteTables"]:
            for association in it["Associations"]:
                if not association["Main"]:
                    ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
            if not any(association["Main"] for association in it["Associations"]):
                ec2.delete_route_table(RouteTableId=it["RouteTableId"])
        acls = ec2.describe_network_acls(Filters=self.mine)["NetworkAcls"]
        (default,) = [it["NetworkAclId"] for it in acls if it["IsDefault"]]
        for it in acls:
            if not it["IsDefault"]:
                for association in it["Associations"]:
                    ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=default)
                ec2.delete_network_acl(NetworkAclId=it["NetworkAclId"])
        super().delete()


@pytest.fixture
def net(ec2):
    made = Net(ec2)
    yield made
    made.delete()


@pytest.fixture
def other_net(ec2):
    made = Net(ec2)
    yield made
    made.delete()


def table_row(ec2, table):
    return ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]


def destination(route):
    return route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock") or route["DestinationPrefixListId"]


def routes(ec2, table):
    """A table's routes by destination, but for the local ones."""
    rows = table_row(ec2, table)["Routes"]
    return {destination(it): it for it in rows if it.get("GatewayId") != "local"}


def acl_row(ec2, acl):
    return ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]


def entries(ec2, acl, egress=False):
    """An ACL's entries of one direction by number, but for the last ones."""
    rows = [it for it in acl_row(ec2, acl)["Entries"] if it["Egress"] is egress]
    return {it["RuleNumber"]: it for it in rows if it["RuleNumber"] < 32767}


# Route tables.


def test_a_route_table_is_there_at_once_and_gone_at_once(ec2, net):
    made = ec2.create_route_table(VpcId=net.id, TagSpecifications=tags("route-table", Name="private"))["RouteTable"]
    id = made["RouteTableId"]
    assert table_row(ec2, id) == made
    assert made["VpcId"] == net.id and made["Associations"] == [] and made["PropagatingVgws"] == []
    assert made["Tags"] == [{"Key": "Name", "Value": "private"}]
    local = {"GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
    assert made["Routes"] == [{"DestinationCidrBlock": "10.0.0.0/16", **local}, {"DestinationIpv6CidrBlock": str(net.prefix6), **local}]
    assert [it["ResourceType"] for it in ec2.describe_tags(Filters=filters(resource_id=id))["Tags"]] == ["route-table"]
    with untouched(ec2):
        refused("DependencyViolation", ec2.delete_vpc, VpcId=net.id)
        refused("DryRunOperation", ec2.delete_route_table, RouteTableId=id, DryRun=True)
        refused("DryRunOperation", ec2.create_route_table, VpcId=net.id, DryRun=True)
        refused("InvalidParameterValue", ec2.create_route_table, VpcId=net.id, TagSpecifications=tags("vpc", a="b"))
        refused("InvalidVpcID.NotFound", ec2.create_route_table, VpcId=nobodys("vpc"))
    ec2.delete_route_table(RouteTableId=id)
    assert ec2.describe_tags(Filters=filters(resource_id=id))["Tags"] == []
    refused("InvalidRouteTableID.NotFound", ec2.delete_route_table, RouteTableId=id)
    refused("InvalidRouteTableID.NotFound", ec2.describe_route_tables, RouteTableIds=[id])
    refused("InvalidRouteTableId.Malformed", ec2.delete_route_table, RouteTableId="rtb-1")


def test_a_call_that_is_sent_again_makes_no_second_one(ec2, net):
    for call, rows, id, parameters in [
        ("create_route_table", "RouteTable", "RouteTableId", {}),
        ("create_network_acl", "NetworkAcl", "NetworkAclId", {}),
        ("create_egress_only_internet_gateway", "EgressOnlyInternetGateway", "EgressOnlyInternetGatewayId", {}),
    ]:
        token = f"again-{call}-{net.id}"
        answers = [getattr(ec2, call)(VpcId=net.id, ClientToken=token, **parameters) for _ in range(2)]
        assert answers[0][rows][id] == answers[1][rows][id], call
        assert answers[0]["ClientToken"] == token
        refused("IdempotentParameterMismatch", getattr(ec2, call), VpcId=nobodys("vpc"), ClientToken=token)


def test_a_subnet_has_one_table_of_its_own_or_the_main_one(ec2, net, other_net):
    one, two, subnet = net.table(), net.table(), net.subnet()
    made = ec2.associate_route_table(RouteTableId=one, SubnetId=subnet)
    id = made["AssociationId"]
    assert id.startswith("rtbassoc-") and made["AssociationState"] == {"State": "associated"}
    shown = {"RouteTableAssociationId": id, "RouteTableId": one, "SubnetId": subnet, "Main": False, "AssociationState": {"State": "associated"}}
    assert table_row(ec2, one)["Associations"] == [shown]
    with untouched(ec2):
        message = refused("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=two, SubnetId=subnet)
        assert message == f"the specified association for route table {two} conflicts with an existing association"
        refused("DependencyViolation", ec2.delete_route_table, RouteTableId=one)
        unsupported("GatewayId", ec2.associate_route_table, RouteTableId=one, GatewayId=nobodys("igw"))
        unsupported("PublicIpv4Pool", ec2.associate_route_table, RouteTableId=one, SubnetId=subnet, PublicIpv4Pool="p")
        refused("MissingParameter", ec2.associate_route_table, RouteTableId=one)
        refused("InvalidSubnetID.NotFound", ec2.associate_route_table, RouteTableId=one, SubnetId=nobodys("subnet"))
        refused("InvalidRouteTableID.NotFound", ec2.associate_route_table, RouteTableId=nobodys("rtb"), SubnetId=subnet)
        refused("InvalidParameterValue", ec2.replace_route_table_association, AssociationId=id, RouteTableId=other_net.main()[0])
    replaced = ec2.replace_route_table_association(AssociationId=id, RouteTableId=two)
    new = replaced["NewAssociationId"]
    assert new != id and replaced["AssociationState"] == {"State": "associated"}
    assert table_row(ec2, one)["Associations"] == []
    for call in ("replace_route_table_association", "disassociate_route_table"):
        table = {"RouteTableId": one} if "replace" in call else {}
        refused("InvalidAssociationID.NotFound", getattr(ec2, call), AssociationId=id, **table)
        refused("InvalidAssociationID.Malformed", getattr(ec2, call), AssociationId="rtbassoc-x", **table)
    ec2.disassociate_route_table(AssociationId=new)
    assert table_row(ec2, two)["Associations"] == []
    # A subnet that goes takes its association along.
    ec2.associate_route_table(RouteTableId=two, SubnetId=subnet)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_route_table(RouteTableId=two)
    elsewhere = other_net.subnet()
    refused("InvalidParameterValue", ec2.associate_route_table, RouteTableId=one, SubnetId=elsewhere)


def test_another_table_becomes_the_main_one(ec2, net):
    (first, association), second = net.main(), net.table()
    with untouched(ec2):
        message = refused("InvalidParameterValue", ec2.disassociate_route_table, AssociationId=association)
        assert message == f"cannot disassociate the main route table association {association}"
        refused("DependencyViolation", ec2.delete_route_table, RouteTableId=first)
    new = ec2.replace_route_table_association(AssociationId=association, RouteTableId=second)["NewAssociationId"]
    assert net.main() == (second, new)
    (shown,) = table_row(ec2, second)["Associations"]
    assert shown["Main"] is True and "SubnetId" not in shown
    ec2.delete_route_table(RouteTableId=first)
    refused("DependencyViolation", ec2.delete_route_table, RouteTableId=second)


def test_no_routes_are_propagated(ec2, net):
    table, _ = net.main()
    for call in (ec2.enable_vgw_route_propagation, ec2.disable_vgw_route_propagation):
        with untouched(ec2):
            refused("UnsupportedOperation", call, RouteTableId=table, GatewayId=nobodys("vgw"))
            refused("InvalidRouteTableID.NotFound", call, RouteTableId=nobodys("rtb"), GatewayId=nobodys("vgw"))
            refused("InvalidGatewayID.NotFound", call, RouteTableId=table, GatewayId=nobodys("igw"))


# Routes.


def test_a_route_is_made_replaced_and_deleted(ec2, net):
    table, gateway, eigw, interface = net.table(), net.gateway(), net.egress_only(), net.interface()
    assert ec2.create_route(RouteTableId=table, **ANY4, GatewayId=gateway)["Return"] is True
    ec2.create_route(RouteTableId=table, **ANY6, EgressOnlyInternetGatewayId=eigw)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.0.2.77/24", NetworkInterfaceId=interface)
    made = {"Origin": "CreateRoute", "State": "active"}
    assert routes(ec2, table) == {
        "0.0.0.0/0": {**ANY4, "GatewayId": gateway, **made},
        "::/0": {**ANY6, "EgressOnlyInternetGatewayId": eigw, **made},
        "192.0.2.0/24": {"DestinationCidrBlock": "192.0.2.0/24", "NetworkInterfaceId": interface, **made, "State": "blackhole"},
    }
    with untouched(ec2):
        message = refused("RouteAlreadyExists", ec2.create_route, RouteTableId=table, **ANY4, NetworkInterfaceId=interface)
        assert message == "The route identified by 0.0.0.0/0 already exists."
        refused("RouteAlreadyExists", ec2.create_route, RouteTableId=table, DestinationIpv6CidrBlock="0:0::/0", GatewayId=gateway)
        refused("DryRunOperation", ec2.replace_route, RouteTableId=table, **ANY4, NetworkInterfaceId=interface, DryRun=True)
        refused("DryRunOperation", ec2.delete_route, RouteTableId=table, **ANY4, DryRun=True)
        absent = {"RouteTableId": table, "DestinationCidrBlock": "198.51.100.0/24"}
        message = refused("InvalidParameterValue", ec2.replace_route, **absent, GatewayId=gateway)
        assert message == "There is no route defined for '198.51.100.0/24' in the route table. Use CreateRoute instead."
        message = refused("InvalidRoute.NotFound", ec2.delete_route, **absent)
        assert message == f"no route with destination-cidr-block 198.51.100.0/24 in route table {table}"
    ec2.replace_route(RouteTableId=table, **ANY4, NetworkInterfaceId=interface)
    assert routes(ec2, table)["0.0.0.0/0"]["NetworkInterfaceId"] == interface
    assert "GatewayId" not in routes(ec2, table)["0.0.0.0/0"]
    for it in (ANY4, ANY6, {"DestinationCidrBlock": "192.0.2.1/24"}):
        ec2.delete_route(RouteTableId=table, **it)
    assert routes(ec2, table) == {}


def test_a_route_needs_one_destination_and_one_target(ec2, net):
    table, gateway = net.table(), net.gateway()
    for call in (ec2.create_route, ec2.replace_route):
        with untouched(ec2):
            refused("MissingParameter", call, RouteTableId=table, **ANY4)
            refused("MissingParameter", call, RouteTableId=table, GatewayId=gateway)
            refused("InvalidParameterCombination", call, RouteTableId=table, **ANY4, **ANY6, GatewayId=gateway)
            refused("InvalidParameterCombination", call, RouteTableId=table, **ANY4, GatewayId=gateway, NatGatewayId=nobodys("nat"))
            for name, prefix in {"TransitGatewayId": "tgw", "LocalGatewayId": "lgw", "CarrierGatewayId": "cagw", "VpcEndpointId": "vpce"}.items():
                unsupported(name, call, RouteTableId=table, **ANY4, **{name: nobodys(prefix)})
            unsupported("CoreNetworkArn", call, RouteTableId=table, **ANY4, CoreNetworkArn="arn:aws:networkmanager::1:core-network/x")
    with untouched(ec2):
        refused("UnsupportedOperation", ec2.create_route, RouteTableId=table, **ANY4, GatewayId=nobodys("vgw"))
        refused("MissingParameter", ec2.delete_route, RouteTableId=table)
        for text in ("0.0.0.0", "10.0.0.0/33", "::/0", "010.0.0.0/8"):
            refused("InvalidParameterValue", ec2.create_route, RouteTableId=table, DestinationCidrBlock=text, GatewayId=gateway)
        for text in ("::", "::/129", "10.0.0.0/8"):
            refused("InvalidParameterValue", ec2.create_route, RouteTableId=table, DestinationIpv6CidrBlock=text, GatewayId=gateway)


def test_a_target_has_to_be_there_and_in_the_vpc(ec2, net, other_net):
    table = net.table()
    gateway, eigw, interface = other_net.gateway(), other_net.egress_only(), other_net.interface()
    create = ec2.create_route
    with untouched(ec2):
        for code, name, id in [
            ("InvalidGatewayID.NotFound", "GatewayId", nobodys("igw")),
            ("InvalidGatewayID.NotFound", "GatewayId", "local"),
            ("InvalidNatGatewayID.NotFound", "NatGatewayId", nobodys("nat")),
            ("InvalidNetworkInterfaceID.NotFound", "NetworkInterfaceId", nobodys("eni")),
            ("InvalidInstanceID.NotFound", "InstanceId", nobodys("i")),
            ("InvalidVpcPeeringConnectionID.NotFound", "VpcPeeringConnectionId", nobodys("pcx")),
        ]:
            refused(code, create, RouteTableId=table, **ANY4, **{name: id})
        assert refused("InvalidGatewayID.NotFound", create, RouteTableId=table, **ANY4, GatewayId="local") == "The gateway ID 'local' does not exist"
        refused("InvalidGatewayID.NotFound", create, RouteTableId=table, **ANY6, EgressOnlyInternetGatewayId=nobodys("eigw"))
        refused("InvalidPrefixListID.NotFound", create, RouteTableId=table, DestinationPrefixListId=nobodys("pl"), NetworkInterfaceId=interface)
        refused("InvalidRouteTableID.NotFound", create, RouteTableId=nobodys("rtb"), **ANY4, GatewayId=gateway)
        message = refused("InvalidParameterValue", create, RouteTableId=table, **ANY4, GatewayId=gateway)
        assert message == f"route table {table} and network gateway {gateway} belong to different networks"
        refused("InvalidParameterValue", create, RouteTableId=table, **ANY6, EgressOnlyInternetGatewayId=eigw)
        refused("InvalidParameterValue", create, RouteTableId=table, **ANY4, NetworkInterfaceId=interface)
    mine = net.egress_only()
    refused("InvalidParameterValue", create, RouteTableId=table, **ANY4, EgressOnlyInternetGatewayId=mine)


def test_a_route_outlives_its_target_as_a_black_hole(ec2, net):
    table, gateway, instance = net.table(), net.gateway(), net.instance(net.subnet())
    ec2.create_route(RouteTableId=table, **ANY4, GatewayId=gateway)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", InstanceId=instance.id)

    def states():
        return {name: it["State"] for name, it in routes(ec2, table).items()}

    shown = routes(ec2, table)["192.0.2.0/24"]
    (owner,) = {it["OwnerId"] for it in ec2.describe_vpcs(VpcIds=[net.id])["Vpcs"]}
    assert (shown["NetworkInterfaceId"], shown["InstanceId"], shown["InstanceOwnerId"]) == (instance.interface, instance.id, owner)
    assert states() == {"0.0.0.0/0": "active", "192.0.2.0/24": "active"}
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=net.id)
    ec2.stop_instances(InstanceIds=[instance.id])
    assert states() == {"0.0.0.0/0": "blackhole", "192.0.2.0/24": "blackhole"}
    assert [it["RouteTableId"] for it in ec2.describe_route_tables(Filters=[*net.mine, *by("route.state", "blackhole")])["RouteTables"]] == [table]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=net.id)
    ec2.start_instances(InstanceIds=[instance.id])
    assert states() == {"0.0.0.0/0": "active", "192.0.2.0/24": "active"}
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=net.id)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    instance.terminate()
    assert states() == {"0.0.0.0/0": "blackhole", "192.0.2.0/24": "blackhole"}
    assert routes(ec2, table)["0.0.0.0/0"]["GatewayId"] == gateway
    refused("InvalidParameterValue", ec2.replace_route, RouteTableId=table, **ANY4, LocalTarget=True)


def test_a_route_leads_to_a_nat_gateway_to_a_peer_and_for_a_prefix_list(ec2, net):
    table, gateway, eigw, subnet = net.table(), net.gateway(), net.egress_only(), net.subnet()
    peer = Vpc(ec2, "10.1.0.0/16")
    nat = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    peering = ec2.create_vpc_peering_connection(VpcId=net.id, PeerVpcId=peer.id)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    lists = {
        family: ec2.create_managed_prefix_list(PrefixListName=family, AddressFamily=family, MaxEntries=1, Entries=[{"Cidr": block}])["PrefixList"]["PrefixListId"]
        for family, block in (("IPv4", "198.51.100.0/24"), ("IPv6", "2001:db8::/32"))
    }

    def states():
        return {name: it["State"] for name, it in routes(ec2, table).items()}

    try:
        create = ec2.create_route
        create(RouteTableId=table, **ANY4, NatGatewayId=nat)
        create(RouteTableId=table, DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId=peering)
        create(RouteTableId=table, DestinationPrefixListId=lists["IPv4"], GatewayId=gateway)
        create(RouteTableId=table, DestinationPrefixListId=lists["IPv6"], EgressOnlyInternetGatewayId=eigw)
        assert states() == {"0.0.0.0/0": "active", "10.1.0.0/16": "blackhole", lists["IPv4"]: "active", lists["IPv6"]: "active"}
        with untouched(ec2):
            # Nothing translates IPv6 for a NAT gateway.
            refused("UnsupportedOperation", create, RouteTableId=table, DestinationIpv6CidrBlock="64:ff9b::/96", NatGatewayId=nat)
            refused("RouteAlreadyExists", create, RouteTableId=table, DestinationPrefixListId=lists["IPv4"], GatewayId=gateway)
            refused("InvalidParameterValue", create, RouteTableId=table, **ANY6, NatGatewayId=nat)
            refused("InvalidParameterValue", ec2.replace_route, RouteTableId=table, DestinationPrefixListId=lists["IPv4"], EgressOnlyInternetGatewayId=eigw)
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        assert states()["10.1.0.0/16"] == "active"
        for name, value in {"route.nat-gateway-id": nat, "route.vpc-peering-connection-id": peering, "route.destination-prefix-list-id": lists["IPv6"]}.items():
            assert [it["RouteTableId"] for it in ec2.describe_route_tables(Filters=by(name, value))["RouteTables"]] == [table], name
        ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
        ec2.delete_nat_gateway(NatGatewayId=nat)
        assert states()["10.1.0.0/16"] == "blackhole" and states()["0.0.0.0/0"] == "blackhole"
        refused("InvalidNatGatewayID.NotFound", create, RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", NatGatewayId=nat)
        refused("InvalidVpcPeeringConnectionID.NotFound", create, RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", VpcPeeringConnectionId=peering)
    finally:
        ec2.delete_route_table(RouteTableId=table)
        for it in lists.values():
            ec2.delete_managed_prefix_list(PrefixListId=it)
        peer.delete()


def test_a_gateway_stays_while_public_addresses_lead_through_it(ec2, net):
    gateway, interface = net.gateway(), net.interface()
    address = ec2.allocate_address()["AllocationId"]
    association = ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)["AssociationId"]
    both = {"InternetGatewayId": gateway, "VpcId": net.id}
    with untouched(ec2):
        message = refused("DependencyViolation", ec2.detach_internet_gateway, **both)
    assert message == (
        f"Network {net.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
    )
    ec2.disassociate_address(AssociationId=association)
    ec2.release_address(AllocationId=address)
    ec2.detach_internet_gateway(**both)


def test_a_route_inside_the_vpc_is_for_a_whole_subnet_and_for_a_target_inside(ec2, net):
    table, gateway, subnet = net.table(), net.gateway(), net.subnet("10.0.1.0/24")
    interface = net.interface()
    create, to = ec2.create_route, {"NetworkInterfaceId": interface}
    with untouched(ec2):
        for block in ("10.0.1.0/25", "10.0.2.0/24", "10.0.0.0/20"):
            refused("InvalidParameterValue", create, RouteTableId=table, DestinationCidrBlock=block, **to)
        refused("RouteAlreadyExists", create, RouteTableId=table, DestinationCidrBlock="10.0.0.0/16", **to)
        for block in ("10.0.0.0/16", "10.0.1.0/24"):
            message = refused("InvalidParameterValue", create, RouteTableId=table, DestinationCidrBlock=block, GatewayId=gateway)
            assert "equal to or more specific than one of this VPC's CIDR blocks" in message
        for block in ("169.254.168.0/22", "169.254.169.254/32"):
            refused("InvalidParameterValue", create, RouteTableId=table, DestinationCidrBlock=block, **to)
        refused("InvalidParameterValue", create, RouteTableId=table, DestinationIpv6CidrBlock="fd00:ec2::254/128", **to)
    create(RouteTableId=table, DestinationCidrBlock="10.0.1.0/24", **to)
    create(RouteTableId=table, DestinationCidrBlock="10.0.0.0/8", GatewayId=gateway)
    create(RouteTableId=table, DestinationCidrBlock="169.254.0.0/16", GatewayId=gateway)
    assert set(routes(ec2, table)) == {"10.0.1.0/24", "10.0.0.0/8", "169.254.0.0/16"}
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    ec2.delete_subnet(SubnetId=subnet)


def test_a_local_route_leads_elsewhere_and_back_and_never_goes(ec2, net):
    table, gateway, interface = net.table(), net.gateway(), net.interface()
    before = table_row(ec2, table)["Routes"]
    for block in ({"DestinationCidrBlock": "10.0.0.0/16"}, {"DestinationIpv6CidrBlock": str(net.prefix6)}):
        (text,) = block.values()
        message = refused("InvalidParameterValue", ec2.delete_route, RouteTableId=table, **block)
        assert message == f"cannot remove local route {text} in route table {table}"
        refused("InvalidParameterValue", ec2.replace_route, RouteTableId=table, **block, GatewayId=gateway)
        ec2.replace_route(RouteTableId=table, **block, NetworkInterfaceId=interface)
        assert {name: it["NetworkInterfaceId"] for name, it in routes(ec2, table).items()} == {text: interface}
        refused("InvalidParameterValue", ec2.delete_route, RouteTableId=table, **block)
        ec2.replace_route(RouteTableId=table, **block, LocalTarget=True)
        assert table_row(ec2, table)["Routes"] == before


def test_ten_calls_at_once_make_ten_routes_and_of_ten_for_one_destination_one_is_made(ec2, net):
    table, interface = net.table(), net.interface()

    def make(block):
        return ec2.create_route(RouteTableId=table, DestinationCidrBlock=block, NetworkInterfaceId=interface)["Return"]

    assert at_once(10, lambda at: make(f"192.0.{at}.0/24")) == [True] * 10
    assert len(routes(ec2, table)) == 10
    made = at_once(10, lambda _: make("198.51.100.0/24"))
    codes = [it.response["Error"]["Code"] for it in made if it is not True]
    assert codes == ["RouteAlreadyExists"] * 9, made
    assert at_once(10, lambda _: net.table().startswith("rtb-")) == [True] * 10


# Gateways.


def test_an_internet_gateway_comes_and_goes_and_is_attached_to_one_vpc(ec2, net, other_net):
    refused("InvalidParameterValue", ec2.create_internet_gateway, TagSpecifications=tags("vpc", Name="out"))
    made = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway", Name="out"))["InternetGateway"]
    id = made["InternetGatewayId"]

    def shown():
        return ec2.describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"][0]

    try:
        assert shown() == made and made["Attachments"] == [] and made["Tags"] == [{"Key": "Name", "Value": "out"}]
        both = {"InternetGatewayId": id, "VpcId": net.id}
        message = refused("Gateway.NotAttached", ec2.detach_internet_gateway, **both)
        assert message == f"resource {id} is not attached to network {net.id}"
        refused("DryRunOperation", ec2.attach_internet_gateway, **both, DryRun=True)
        ec2.attach_internet_gateway(**both)
        assert shown()["Attachments"] == [{"State": "available", "VpcId": net.id}]
        with untouched(ec2):
            for vpc in (net, other_net):
                message = refused("Resource.AlreadyAssociated", ec2.attach_internet_gateway, InternetGatewayId=id, VpcId=vpc.id)
                assert message == f"resource {id} is already attached to network {net.id}"
            refused("DependencyViolation", ec2.delete_internet_gateway, InternetGatewayId=id)
            refused("DependencyViolation", ec2.delete_vpc, VpcId=net.id)
            refused("Gateway.NotAttached", ec2.detach_internet_gateway, InternetGatewayId=id, VpcId=other_net.id)
            for call in (ec2.attach_internet_gateway, ec2.detach_internet_gateway):
                refused("InvalidInternetGatewayID.NotFound", call, InternetGatewayId=nobodys("igw"), VpcId=net.id)
                refused("InvalidInternetGatewayId.Malformed", call, InternetGatewayId="igw", VpcId=net.id)
                refused("InvalidVpcID.NotFound", call, InternetGatewayId=id, VpcId=nobodys("vpc"))
        attached = other_net.gateway()
        ec2.detach_internet_gateway(InternetGatewayId=attached, VpcId=other_net.id)
        message = refused("InvalidParameterValue", ec2.attach_internet_gateway, InternetGatewayId=attached, VpcId=net.id)
        assert message == f"Network {net.id} already has an internet gateway attached"
        ec2.delete_internet_gateway(InternetGatewayId=attached)
        ec2.detach_internet_gateway(**both)
        assert shown()["Attachments"] == []
    finally:
        ec2.delete_internet_gateway(InternetGatewayId=id)
    refused("InvalidInternetGatewayID.NotFound", ec2.delete_internet_gateway, InternetGatewayId=id)
    refused("InvalidInternetGatewayID.NotFound", ec2.describe_internet_gateways, InternetGatewayIds=[id])
    assert ec2.describe_tags(Filters=filters(resource_id=id))["Tags"] == []


def test_of_ten_gateways_at_once_a_vpc_takes_one(ec2, net):
    made = [ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(10)]
    try:
        done = at_once(10, lambda at: ec2.attach_internet_gateway(InternetGatewayId=made[at], VpcId=net.id))
        codes = [it.response["Error"]["Code"] for it in done if isinstance(it, Exception)]
        assert codes == ["InvalidParameterValue"] * 9, done
        seen = [it["InternetGatewayId"] for page in pages(ec2.describe_internet_gateways, "InternetGateways", 5) for it in page]
        assert len(seen) == len(set(seen)) and set(made) <= set(seen)
    finally:
        for it in ec2.describe_internet_gateways(Filters=by("attachment.vpc-id", net.id))["InternetGateways"]:
            ec2.detach_internet_gateway(InternetGatewayId=it["InternetGatewayId"], VpcId=net.id)
        for it in made:
            ec2.delete_internet_gateway(InternetGatewayId=it)


def test_an_egress_only_gateway_is_attached_as_long_as_it_is_there(ec2, net):
    made = ec2.create_egress_only_internet_gateway(VpcId=net.id, TagSpecifications=tags("egress-only-internet-gateway", Name="six"))
    made = made["EgressOnlyInternetGateway"]
    id = made["EgressOnlyInternetGatewayId"]
    describe = ec2.describe_egress_only_internet_gateways
    assert made["Attachments"] == [{"State": "attached", "VpcId": net.id}]
    assert made["Tags"] == [{"Key": "Name", "Value": "six"}]
    assert describe(EgressOnlyInternetGatewayIds=[id])["EgressOnlyInternetGateways"] == [made]
    # An id that is nobody's is no error here.
    assert describe(EgressOnlyInternetGatewayIds=[nobodys("eigw")])["EgressOnlyInternetGateways"] == []
    assert describe(EgressOnlyInternetGatewayIds=[nobodys("eigw"), id])["EgressOnlyInternetGateways"] == [made]
    assert describe(Filters=by("tag:Name", "s*"))["EgressOnlyInternetGateways"] == [made]
    assert describe(Filters=by("tag:Name", "other"))["EgressOnlyInternetGateways"] == []
    with untouched(ec2):
        refused("InvalidParameterValue", describe, Filters=by("vpc-id", net.id))
        refused("InvalidEgressOnlyInternetGatewayId.Malformed", describe, EgressOnlyInternetGatewayIds=["eigw"])
        refused("InvalidParameterValue", ec2.create_egress_only_internet_gateway, VpcId=net.id)
        refused("InvalidVpcID.NotFound", ec2.create_egress_only_internet_gateway, VpcId=nobodys("vpc"))
        refused("DependencyViolation", ec2.delete_vpc, VpcId=net.id)
        refused("DryRunOperation", ec2.delete_egress_only_internet_gateway, EgressOnlyInternetGatewayId=id, DryRun=True)
    assert ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=id)["ReturnCode"] is True
    refused("InvalidGatewayID.NotFound", ec2.delete_egress_only_internet_gateway, EgressOnlyInternetGatewayId=id)
    assert describe(EgressOnlyInternetGatewayIds=[id])["EgressOnlyInternetGateways"] == []


# Network ACLs.


def test_a_new_acl_denies_everything(ec2, net, vpc):
    made = ec2.create_network_acl(VpcId=net.id, TagSpecifications=tags("network-acl", Name="shut"))["NetworkAcl"]
    id = made["NetworkAclId"]
    assert acl_row(ec2, id) == made
    assert made["IsDefault"] is False and made["Associations"] == [] and made["VpcId"] == net.id
    assert made["Tags"] == [{"Key": "Name", "Value": "shut"}]
    last = {"Protocol": "-1", "RuleAction": "deny"}
    four, six = {"CidrBlock": "0.0.0.0/0", "RuleNumber": 32767}, {"Ipv6CidrBlock": "::/0", "RuleNumber": 32768}
    assert made["Entries"] == [{**last, **block, "Egress": egress} for egress in (True, False) for block in (four, six)]
    only4 = ec2.create_network_acl(VpcId=vpc.id)["NetworkAcl"]
    assert [it["RuleNumber"] for it in only4["Entries"]] == [32767, 32767]
    ec2.delete_network_acl(NetworkAclId=only4["NetworkAclId"])
    with untouched(ec2):
        refused("DependencyViolation", ec2.delete_vpc, VpcId=net.id)
        refused("DryRunOperation", ec2.delete_network_acl, NetworkAclId=id, DryRun=True)
        refused("InvalidVpcID.NotFound", ec2.create_network_acl, VpcId=nobodys("vpc"))
    ec2.delete_network_acl(NetworkAclId=id)
    refused("InvalidNetworkAclID.NotFound", ec2.delete_network_acl, NetworkAclId=id)
    refused("InvalidNetworkAclId.Malformed", ec2.delete_network_acl, NetworkAclId="acl-1")


@pytest.mark.parametrize(
    "given, shown",
    [
        ({"Protocol": "6", "PortRange": {"From": 80, "To": 443}}, {"Protocol": "6", "PortRange": {"From": 80, "To": 443}}),
        ({"Protocol": "udp", "PortRange": {"From": 53, "To": 53}}, {"Protocol": "17", "PortRange": {"From": 53, "To": 53}}),
        ({"Protocol": "-1", "PortRange": {"From": 0, "To": 0}}, {"Protocol": "-1"}),
        ({"Protocol": "all"}, {"Protocol": "-1"}),
        ({"Protocol": "50"}, {"Protocol": "50"}),
        ({"Protocol": "1", "IcmpTypeCode": {"Type": 8, "Code": -1}}, {"Protocol": "1", "IcmpTypeCode": {"Type": 8, "Code": -1}}),
        ({"Protocol": "icmp", "IcmpTypeCode": {"Type": -1, "Code": -1}, "PortRange": {"From": 0, "To": 0}}, {"Protocol": "1", "IcmpTypeCode": {"Type": -1, "Code": -1}}),
        ({"Protocol": "58", "IcmpTypeCode": {"Type": 128, "Code": 0}, "Ipv6CidrBlock": "2001:db8::1/32"}, {"Protocol": "58", "IcmpTypeCode": {"Type": 128, "Code": 0}, "Ipv6CidrBlock": "2001:db8::/32"}),
        ({"Protocol": "58", "IcmpTypeCode": {"Type": 128, "Code": 0}}, {"Protocol": "58", "IcmpTypeCode": {"Type": -1, "Code": -1}}),
        ({"Protocol": "-1", "CidrBlock": "10.1.2.3/8", "RuleAction": "deny", "Egress": True, "RuleNumber": 32766}, {"Protocol": "-1", "CidrBlock": "10.0.0.0/8", "RuleAction": "deny", "Egress": True, "RuleNumber": 32766}),
    ],
)
def test_an_entry_is_shown_as_ec2_shows_it(ec2, net, given, shown):
    acl = net.acl()
    basis = {"RuleAction": "allow", "RuleNumber": 10, "Egress": False}
    block = {} if "Ipv6CidrBlock" in given else {"CidrBlock": "0.0.0.0/0"}
    for call in (ec2.create_network_acl_entry, ec2.replace_network_acl_entry):
        call(NetworkAclId=acl, **{**basis, **block, **given})
        expected = {**basis, **block, **shown}
        assert entries(ec2, acl, expected["Egress"]) == {expected["RuleNumber"]: expected}


def test_an_entry_that_cannot_be_is_refused(ec2, net):
    acl = net.acl()
    tcp, icmp = {"Protocol": "6", "PortRange": {"From": 1, "To": 2}}, {"Protocol": "1", "IcmpTypeCode": {"Type": 8, "Code": 0}}
    for call in (ec2.create_network_acl_entry, ec2.replace_network_acl_entry):

        def no(code, **more):
            given = {key: value for key, value in {**ONE, **more}.items() if value is not None}
            refused(code, call, NetworkAclId=acl, **given)

        with untouched(ec2):
            for number in (0, -1, 32767, 32768, 65536):
                no("InvalidParameterValue", RuleNumber=number)
            for protocol in ("256", "-2", "foo", "6.0"):
                no("InvalidParameterValue", Protocol=protocol)
            no("InvalidParameterValue", RuleAction="reject")
            no("MissingParameter", CidrBlock=None)
            no("InvalidParameterCombination", Ipv6CidrBlock="::/0")
            no("InvalidParameterValue", CidrBlock="::/0")
            no("InvalidParameterValue", CidrBlock=None, Ipv6CidrBlock="10.0.0.0/8")
            no("MissingParameter", Protocol="6")
            no("MissingParameter", Protocol="17", PortRange={"From": 1})
            no("InvalidParameterValue", **{**tcp, "PortRange": {"From": 2, "To": 1}})
            no("InvalidParameterValue", **{**tcp, "PortRange": {"From": 0, "To": 65536}})
            no("MissingParameter", Protocol="1")
            no("MissingParameter", Protocol="58", CidrBlock=None, Ipv6CidrBlock="::/0")
            no("InvalidParameterValue", **{**icmp, "IcmpTypeCode": {"Type": 256, "Code": 0}})
            no("InvalidParameterValue", **{**icmp, "IcmpTypeCode": {"Type": -1, "Code": 0}})
            refused("InvalidNetworkAclID.NotFound", call, **{**ONE, "NetworkAclId": nobodys("acl")})
            refused("InvalidNetworkAclId.Malformed", call, **{**ONE, "NetworkAclId": "acl"})


def test_an_entry_is_known_by_its_direction_and_its_number(ec2, net):
    acl = net.acl()
    ec2.create_network_acl_entry(NetworkAclId=acl, **ONE)
    ec2.create_network_acl_entry(NetworkAclId=acl, **{**ONE, "Egress": True})
    with untouched(ec2):
        message = refused("NetworkAclEntryAlreadyExists", ec2.create_network_acl_entry, NetworkAclId=acl, **ONE)
        assert message == "The network acl entry identified by 10 already exists."
        refused("InvalidNetworkAclEntry.NotFound", ec2.replace_network_acl_entry, NetworkAclId=acl, **{**ONE, "RuleNumber": 11})
        refused("InvalidNetworkAclEntry.NotFound", ec2.delete_network_acl_entry, NetworkAclId=acl, RuleNumber=11, Egress=False)
        refused("InvalidParameterValue", ec2.delete_network_acl_entry, NetworkAclId=acl, RuleNumber=32767, Egress=False)
        refused("InvalidNetworkAclID.NotFound", ec2.delete_network_acl_entry, NetworkAclId=nobodys("acl"), RuleNumber=10, Egress=False)
        refused("DryRunOperation", ec2.delete_network_acl_entry, NetworkAclId=acl, RuleNumber=10, Egress=False, DryRun=True)
    ec2.replace_network_acl_entry(NetworkAclId=acl, **{**ONE, "RuleAction": "deny"})
    assert entries(ec2, acl)[10]["RuleAction"] == "deny" and entries(ec2, acl, True)[10]["RuleAction"] == "allow"
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=10, Egress=False)
    assert entries(ec2, acl) == {} and set(entries(ec2, acl, True)) == {10}

    # Terraform looks whether an entry is there before it makes it.
    def found(*wanted):
        given = [{"Name": f"entry.{name}", "Values": [value]} for name, value in wanted]
        return [it["NetworkAclId"] for it in ec2.describe_network_acls(NetworkAclIds=[acl], Filters=given)["NetworkAcls"]]

    assert found(("rule-number", "10"), ("egress", "true")) == [acl] and found(("rule-number", "11")) == []


def test_the_default_acls_entries_can_be_changed_but_not_the_acl_deleted(ec2, net):
    acl, _ = net.acl_of(net.subnet())
    assert set(entries(ec2, acl)) == {100, 101}
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
    ec2.create_network_acl_entry(NetworkAclId=acl, **ONE)
    assert set(entries(ec2, acl)) == {10, 101}
    assert refused("InvalidParameterValue", ec2.delete_network_acl, NetworkAclId=acl) == f"cannot delete default network ACL {acl}"


def test_a_subnet_changes_its_acl_and_the_association_its_id(ec2, net, other_net):
    subnet, acl, elsewhere = net.subnet(), net.acl(), other_net.acl()
    default, first = net.acl_of(subnet)
    replace = ec2.replace_network_acl_association
    refused("DryRunOperation", replace, AssociationId=first, NetworkAclId=acl, DryRun=True)
    second = replace(AssociationId=first, NetworkAclId=acl)["NewAssociationId"]
    assert second != first and second.startswith("aclassoc-") and net.acl_of(subnet) == (acl, second)
    with untouched(ec2):
        refused("DependencyViolation", ec2.delete_network_acl, NetworkAclId=acl)
        refused("InvalidAssociationID.NotFound", replace, AssociationId=first, NetworkAclId=default)
        refused("InvalidAssociationID.Malformed", replace, AssociationId="aclassoc", NetworkAclId=default)
        refused("InvalidNetworkAclID.NotFound", replace, AssociationId=second, NetworkAclId=nobodys("acl"))
        refused("InvalidParameterValue", replace, AssociationId=second, NetworkAclId=elsewhere)
    assert ec2.describe_network_acls(Filters=by("association.association-id", second))["NetworkAcls"][0]["NetworkAclId"] == acl
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_network_acl(NetworkAclId=acl)


# Finding, and what is another's.


def test_each_filter_finds_what_it_names_and_no_others(ec2, net, other_net):
    table, gateway, eigw = net.table(TagSpecifications=tags("route-table", Name="t")), net.gateway(), net.egress_only()
    other_gateway, subnet = other_net.gateway(), net.subnet()
    ec2.create_route(RouteTableId=table, **ANY4, GatewayId=gateway)
    ec2.create_route(RouteTableId=table, **ANY6, EgressOnlyInternetGatewayId=eigw)
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    main, other_main = net.main()[0], other_net.main()[0]
    all_tables = [table, main, other_main]

    def tables(name, *values):
        rows = ec2.describe_route_tables(Filters=by(name, *values))["RouteTables"]
        return sorted(it["RouteTableId"] for it in rows if it["RouteTableId"] in all_tables)

    for name, values, expected in [
        ("route-table-id", [table], [table]),
        ("vpc-id", [net.id], [table, main]),
        ("association.subnet-id", [subnet], [table]),
        ("association.subnet-id", ["subnet-*"], [table]),
        ("association.route-table-association-id", [association], [table]),
        ("association.main", ["true"], [main, other_main]),
        ("association.main", ["false"], [table]),
        ("association.gateway-id", ["*"], []),
        ("route.gateway-id", [gateway], [table]),
        ("route.gateway-id", ["local"], all_tables),
        ("route.egress-only-internet-gateway-id", [eigw], [table]),
        ("route.destination-cidr-block", ["0.0.0.0/0"], [table]),
        ("route.destination-ipv6-cidr-block", ["::/0"], [table]),
        ("route.origin", ["CreateRoute"], [table]),
        ("route.state", ["blackhole"], []),
        ("route.nat-gateway-id", ["*"], []),
        ("tag:Name", ["t"], [table]),
        ("tag-key", ["Name"], [table]),
    ]:
        assert tables(name, *values) == sorted(expected), (name, values)
    refused("InvalidParameterValue", ec2.describe_route_tables, Filters=by("route.color", "x"))

    def gateways(name, *values):
        rows = ec2.describe_internet_gateways(Filters=by(name, *values))["InternetGateways"]
        return sorted(it["InternetGatewayId"] for it in rows if it["InternetGatewayId"] in (gateway, other_gateway))

    for name, values, expected in [
        ("attachment.vpc-id", [net.id], [gateway]),
        ("attachment.vpc-id", ["vpc-*"], [gateway, other_gateway]),
        ("attachment.state", ["available"], [gateway, other_gateway]),
        ("attachment.state", ["attached"], []),
        ("internet-gateway-id", [other_gateway], [other_gateway]),
        ("tag-key", ["Name"], []),
    ]:
        assert gateways(name, *values) == sorted(expected), (name, values)
    refused("InvalidParameterValue", ec2.describe_internet_gateways, Filters=by("vpc-id", net.id))


def test_what_is_another_accounts_is_not_there(shared, ec2, net):
    _, theirs = shared.account("routes")
    table, gateway, eigw, acl, subnet = net.table(), net.gateway(), net.egress_only(), net.acl(), net.subnet()
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    _, acl_association = net.acl_of(subnet)
    own = Net(theirs)
    own_table, own_acl = own.table(), own.acl()
    try:
        with untouched(ec2):
            for code, call, parameters in [
                ("InvalidRouteTableID.NotFound", "create_route", {"RouteTableId": table, **ANY4, "GatewayId": gateway}),
                ("InvalidRouteTableID.NotFound", "replace_route", {"RouteTableId": table, **ANY4, "GatewayId": gateway}),
                ("InvalidRouteTableID.NotFound", "delete_route", {"RouteTableId": table, **ANY4}),
                ("InvalidRouteTableID.NotFound", "delete_route_table", {"RouteTableId": table}),
                ("InvalidRouteTableID.NotFound", "associate_route_table", {"RouteTableId": table, "SubnetId": subnet}),
                ("InvalidSubnetID.NotFound", "associate_route_table", {"RouteTableId": own_table, "SubnetId": subnet}),
                ("InvalidAssociationID.NotFound", "disassociate_route_table", {"AssociationId": association}),
                ("InvalidAssociationID.NotFound", "replace_route_table_association", {"AssociationId": association, "RouteTableId": own_table}),
                ("InvalidRouteTableID.NotFound", "enable_vgw_route_propagation", {"RouteTableId": table, "GatewayId": nobodys("vgw")}),
                ("InvalidGatewayID.NotFound", "create_route", {"RouteTableId": own_table, **ANY4, "GatewayId": gateway}),
                ("InvalidGatewayID.NotFound", "create_route", {"RouteTableId": own_table, **ANY6, "EgressOnlyInternetGatewayId": eigw}),
                ("InvalidInternetGatewayID.NotFound", "attach_internet_gateway", {"InternetGatewayId": gateway, "VpcId": own.id}),
                ("InvalidInternetGatewayID.NotFound", "detach_internet_gateway", {"InternetGatewayId": gateway, "VpcId": net.id}),
                ("InvalidInternetGatewayID.NotFound", "delete_internet_gateway", {"InternetGatewayId": gateway}),
                ("InvalidInternetGatewayID.NotFound", "describe_internet_gateways", {"InternetGatewayIds": [gateway]}),
                ("InvalidVpcID.NotFound", "create_egress_only_internet_gateway", {"VpcId": net.id}),
                ("InvalidGatewayID.NotFound", "delete_egress_only_internet_gateway", {"EgressOnlyInternetGatewayId": eigw}),
                ("InvalidVpcID.NotFound", "create_route_table", {"VpcId": net.id}),
                ("InvalidVpcID.NotFound", "create_network_acl", {"VpcId": net.id}),
                ("InvalidNetworkAclID.NotFound", "delete_network_acl", {"NetworkAclId": acl}),
                ("InvalidNetworkAclID.NotFound", "create_network_acl_entry", {"NetworkAclId": acl, **ONE}),
                ("InvalidAssociationID.NotFound", "replace_network_acl_association", {"AssociationId": acl_association, "NetworkAclId": own_acl}),
                ("InvalidInternetGatewayID.NotFound", "create_tags", {"Resources": [gateway], "Tags": [{"Key": "a", "Value": "b"}]}),
            ]:
                refused(code, getattr(theirs, call), **parameters)
            assert theirs.describe_egress_only_internet_gateways(EgressOnlyInternetGatewayIds=[eigw])["EgressOnlyInternetGateways"] == []
    finally:
        own.delete()


def test_the_default_vpc_has_the_way_to_the_internet(shared):
    _, ec2 = shared.account("with-default")
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    assert gateway["Attachments"] == [{"State": "available", "VpcId": vpc["VpcId"]}]
    (table,) = ec2.describe_route_tables()["RouteTables"]
    (route,) = routes(ec2, table["RouteTableId"]).values()
    assert route == {**ANY4, "GatewayId": gateway["InternetGatewayId"], "Origin": "CreateRoute", "State": "active"}


def test_everything_is_there_after_a_restart(fresh):
    ec2 = fresh.ec2
    net = Net(ec2)
    table, gateway, eigw, acl, subnet = net.table(), net.gateway(), net.egress_only(), net.acl(), net.subnet()
    ec2.create_route(RouteTableId=table, **ANY4, GatewayId=gateway)
    ec2.create_route(RouteTableId=table, **ANY6, EgressOnlyInternetGatewayId=eigw)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_network_acl_entry(NetworkAclId=acl, **ONE)
    ec2.replace_network_acl_association(AssociationId=net.acl_of(subnet)[1], NetworkAclId=acl)

    before = everything(ec2)
    fresh.kill9()
    fresh.start()
    assert everything(ec2) == before
