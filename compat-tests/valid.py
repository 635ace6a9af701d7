"""Valid calls of every operation that is served, so that a test can spoil each of their parameters in turn."""

from calls import by, filters, nobodys
from kinds import KEY, KINDS, World
from network import Vpc, block, permission, unused

WEB = permission("tcp 80 from 10.0.0.0/8")


class Account(World):
    """An account with one of each kind of thing, by the type in tag specifications, and what ties them together."""

    def __init__(self, server, name):
        super().__init__(server, name)
        ec2 = self.ec2
        six = Vpc(ec2, "10.2.0.0/16", AmazonProvidedIpv6CidrBlock=True)
        self.vpc6, subnet6 = six.id, block(six.prefix6, 1)
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.made = {it.type: it.make(self) for it in KINDS}

        subnet = ec2.create_subnet(VpcId=self.vpc6, CidrBlock="10.2.1.0/24", Ipv6CidrBlock=subnet6)["Subnet"]
        self.subnet6, self.block6 = subnet["SubnetId"], block(six.prefix6, 2)
        self.subnet_block = subnet["Ipv6CidrBlockAssociationSet"][0]["AssociationId"]
        self.bare = ec2.create_subnet(VpcId=self.vpc6, CidrBlock="10.2.2.0/24")["Subnet"]["SubnetId"]
        # Nothing else is in this subnet, so that what is named of its addresses is known to be free or taken.
        self.inside, self.inside6, self.free6 = "10.2.1.11", *(block(subnet6, number, 128).removesuffix("/128") for number in (0x99, 0x98))
        self.prefix6, self.free_prefix6 = (block(subnet6, number, 80) for number in (1, 2))
        named = [{"PrivateIpAddress": it, "Primary": it == "10.2.1.10"} for it in ("10.2.1.10", self.inside)]
        self.interface6 = ec2.create_network_interface(
            SubnetId=self.subnet6, PrivateIpAddresses=named, Ipv6Addresses=[{"Ipv6Address": self.inside6}]
        )["NetworkInterface"]["NetworkInterfaceId"]
        self.prefixed = ec2.create_network_interface(
            SubnetId=self.subnet6,
            PrivateIpAddress="10.2.1.12",
            Ipv4Prefixes=[{"Ipv4Prefix": "10.2.1.32/28"}],
            Ipv6Prefixes=[{"Ipv6Prefix": self.prefix6}],
        )["NetworkInterface"]["NetworkInterfaceId"]
        self.vpc_block = ec2.associate_vpc_cidr_block(VpcId=self.vpc6, CidrBlock="10.3.0.0/16")["CidrBlockAssociation"]["AssociationId"]

        self.attached = self.new_interface()
        self.attachment = ec2.attach_network_interface(NetworkInterfaceId=self.attached, InstanceId=self["instance"], DeviceIndex=1)["AttachmentId"]
        addresses = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(3)]
        self.bound = ec2.describe_addresses(AllocationIds=[addresses[0]])["Addresses"][0]["PublicIp"]
        self.public = ec2.describe_addresses(AllocationIds=[self["elastic-ip"]])["Addresses"][0]["PublicIp"]
        self.address_association = ec2.associate_address(AllocationId=addresses[0], NetworkInterfaceId=self.attached)["AssociationId"]
        nat = ec2.create_nat_gateway(SubnetId=self.subnet, AllocationId=addresses[1], SecondaryAllocationIds=[addresses[2]])["NatGateway"]
        self.public_nat = nat["NatGatewayId"]
        self.nat_association = next(it["AssociationId"] for it in self.nat(self.public_nat) if not it["IsPrimary"])
        ec2.assign_private_nat_gateway_address(NatGatewayId=self["natgateway"], PrivateIpAddressCount=1)
        self.nat_address = next(it["PrivateIp"] for it in self.nat(self["natgateway"]) if not it["IsPrimary"])

        ec2.create_route(RouteTableId=self["route-table"], DestinationCidrBlock="192.0.2.0/24", GatewayId=self.gateway)
        self.table_association = ec2.associate_route_table(RouteTableId=self["route-table"], SubnetId=self.subnet)["AssociationId"]
        (acl,) = ec2.describe_network_acls(Filters=by("association.subnet-id", self.subnet))["NetworkAcls"]
        self.acl_association = acl["Associations"][0]["NetworkAclAssociationId"]
        ec2.create_network_acl_entry(NetworkAclId=self["network-acl"], **self.entry(100))
        ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[WEB])
        ec2.authorize_security_group_egress(GroupId=self.group, IpPermissions=[WEB])
        for peer in (self["security-group"], self["prefix-list"], "2001:db8::/32"):
            for authorize in (ec2.authorize_security_group_ingress, ec2.authorize_security_group_egress):
                authorize(GroupId=self.group, IpPermissions=[permission(f"udp 53 from {peer}")])
        self.rule, self.egress = self.rule_with(CidrIpv4="10.0.0.0/8", IsEgress=False), self.rule_with(CidrIpv4="10.0.0.0/8", IsEgress=True)
        ec2.associate_security_group_vpc(GroupId=self["security-group"], VpcId=self.vpc6)
        self.peering = ec2.create_vpc_peering_connection(VpcId=self.vpc, PeerVpcId=self.vpc6)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=self.peering)
        self.reservation = ec2.create_subnet_cidr_reservation(
            SubnetId=self.other_subnet, Cidr=f"{self.network(self.other_subnet)}.64/28", ReservationType="prefix"
        )["SubnetCidrReservation"]["SubnetCidrReservationId"]
        ec2.modify_managed_prefix_list(PrefixListId=self["prefix-list"], CurrentVersion=1, AddEntries=[{"Cidr": "10.0.0.0/8"}])
        self.key_name = ec2.describe_key_pairs(KeyPairIds=[self["key-pair"]])["KeyPairs"][0]["KeyName"]
        self.analysis = ec2.start_network_insights_analysis(NetworkInsightsPathId=self["network-insights-path"])["NetworkInsightsAnalysis"][
            "NetworkInsightsAnalysisId"
        ]
        # A zone without a default subnet can have one.
        (default,) = ec2.describe_subnets(Filters=filters(default_for_az="true", availability_zone="us-east-1a"))["Subnets"]
        ec2.delete_subnet(SubnetId=default["SubnetId"])
        self.host = ec2.describe_hosts()["Hosts"][0]["HostId"]

        # What is nobody's, so that it can be removed, and what only has one interface.
        self.single = self.new_instance()
        self.unused_table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.unused_group = ec2.create_security_group(VpcId=self.vpc, GroupName="unused", Description="d")["GroupId"]
        self.group6 = ec2.create_security_group(VpcId=self.vpc6, GroupName="six", Description="d")["GroupId"]
        self.unused_list = ec2.create_managed_prefix_list(PrefixListName="unused", MaxEntries=5, AddressFamily="IPv4")["PrefixList"]["PrefixListId"]
        self.unused_path = ec2.create_network_insights_path(Source=self.attached, Destination=self["network-interface"], Protocol="tcp")[
            "NetworkInsightsPath"
        ]["NetworkInsightsPathId"]
        self.table6 = ec2.create_route_table(VpcId=self.vpc6)["RouteTable"]["RouteTableId"]
        self.eigw6 = ec2.create_egress_only_internet_gateway(VpcId=self.vpc6)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
        self.gateway6 = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway6, VpcId=self.vpc6)
        for destination in ({"DestinationPrefixListId": self["prefix-list"]}, {"DestinationIpv6CidrBlock": "2001:db8::/32"}):
            ec2.create_route(RouteTableId=self.table6, NetworkInterfaceId=self.interface6, **destination)
        self.more = ec2.allocate_address(Domain="vpc")["AllocationId"]

    def __getitem__(self, kind):
        """The id of what was made of a kind."""
        return self.made[kind]

    def rule_with(self, **wanted):
        """The rule of the group that says this."""
        rules = self.ec2.describe_security_group_rules(Filters=by("group-id", self.group))["SecurityGroupRules"]
        return next(it["SecurityGroupRuleId"] for it in rules if wanted.items() <= it.items())

    def new_instance(self):
        """An instance with one interface."""
        made = self.ec2.run_instances(ImageId=self.image, MinCount=1, MaxCount=1, SubnetId=self.subnet)
        return made["Instances"][0]["InstanceId"]

    def nat(self, id):
        """The addresses of a NAT gateway."""
        return self.ec2.describe_nat_gateways(NatGatewayIds=[id])["NatGateways"][0]["NatGatewayAddresses"]

    def network(self, subnet):
        """The first three numbers of the addresses of a subnet."""
        return self.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["CidrBlock"].rpartition(".")[0]

    @staticmethod
    def entry(number):
        """An entry of a network ACL."""
        return {
            "RuleNumber": number,
            "Protocol": "6",
            "RuleAction": "allow",
            "Egress": False,
            "CidrBlock": "10.0.0.0/8",
            "PortRange": {"From": 80, "To": 90},
        }


def valid(it):
    """The calls, by operation: each is made of the things of an account, and none is carried out for good.

    Where parameters shut each other out an operation has several; what it can name is in one of them.
    """
    subnet, interface, instance, table = it.subnet, it["network-interface"], it["instance"], it["route-table"]
    acl, prefix_list, peering, group = it["network-acl"], it["prefix-list"], it["vpc-peering-connection"], it.group
    there = it.network(it.other_subnet)
    eni6, free, free6, block, block6 = (
        {"NetworkInterfaceId": it.interface6},
        "10.2.1.99",
        it.free6,
        "10.2.1.64/28",
        it.free_prefix6,
    )
    eni, route = {"NetworkInterfaceId": interface}, {"RouteTableId": table, "DestinationCidrBlock": "198.51.100.0/24"}
    replaced = {"RouteTableId": table, "DestinationCidrBlock": "192.0.2.0/24"}
    eigw_table = {"RouteTableId": table, "DestinationIpv6CidrBlock": "2001:db8:5::/48"}
    image = {"ImageId": it.image, "MinCount": 1, "MaxCount": 1}
    pairs = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    permissions = [
        {**pairs, "IpRanges": [{"CidrIp": "10.9.0.0/16"}], "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]},
        {**pairs, "UserIdGroupPairs": [{"GroupId": it["security-group"], "UserId": it.account, "VpcId": it.vpc}]},
        {**pairs, "UserIdGroupPairs": [{"GroupId": it.group6, "VpcPeeringConnectionId": it.peering, "PeeringStatus": "active"}]},
        {**pairs, "PrefixListIds": [{"PrefixListId": prefix_list}]},
    ]
    authorize = [{"GroupId": group, "IpPermissions": [permission]} for permission in permissions]
    flat = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.9.0.0/16"}
    revoke = [
        {"GroupId": group, "IpPermissions": [permission(f"udp 53 from {peer}")]} for peer in (it["security-group"], prefix_list, "2001:db8::/32")
    ]
    revoke.append({"GroupId": group, "IpPermissions": [WEB]})
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}
    changes = [
        (it.rule, {**rule, "CidrIpv4": "10.7.0.0/16"}),
        (it.rule_with(CidrIpv6="2001:db8::/32"), {**rule, "CidrIpv6": "2001:db8:1::/48"}),
        (it.rule_with(PrefixListId=prefix_list), {**rule, "PrefixListId": prefix_list}),
        (
            it.rule_with(ReferencedGroupInfo={"GroupId": it["security-group"], "UserId": it.account, "VpcId": it.vpc}),
            {**rule, "ReferencedGroupId": it["security-group"]},
        ),
    ]
    flow_log = {"TrafficType": "ALL", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::flows"}
    path = it["network-insights-path"]
    exclusion, options = it["vpc-block-public-access-exclusion"], it["dhcp-options"]
    described = {kind.describes: [{}, {kind.ids: [it[kind.type]]}] for kind in KINDS}
    return described | {
        "AcceptVpcPeeringConnection": [{"VpcPeeringConnectionId": peering}],
        "AllocateAddress": [{"Domain": "vpc"}],
        "AssignIpv6Addresses": [{**eni6, "Ipv6AddressCount": 1}, {**eni6, "Ipv6Addresses": [free6]}, {**eni6, "Ipv6Prefixes": [block6]}],
        "AssignPrivateIpAddresses": [
            {**eni6, "SecondaryPrivateIpAddressCount": 1},
            {**eni6, "PrivateIpAddresses": [free]},
            {**eni6, "Ipv4Prefixes": [block]},
        ],
        "AssignPrivateNatGatewayAddress": [
            {"NatGatewayId": it["natgateway"], "PrivateIpAddressCount": 1},
            {"NatGatewayId": it["natgateway"], "PrivateIpAddresses": [unused(it.ec2, subnet)]},
        ],
        "AssociateAddress": [
            {"AllocationId": it["elastic-ip"], **eni},
            {"AllocationId": it["elastic-ip"], "InstanceId": it.single},
            {"PublicIp": it.public, **eni},
            {"AllocationId": it["elastic-ip"], **eni6, "PrivateIpAddress": it.inside},
        ],
        "AssociateDhcpOptions": [{"DhcpOptionsId": options, "VpcId": it.vpc}],
        "AssociateNatGatewayAddress": [
            {"NatGatewayId": it.public_nat, "AllocationIds": [it["elastic-ip"]], "PrivateIpAddresses": [unused(it.ec2, subnet)]}
        ],
        "AssociateRouteTable": [{"RouteTableId": table, "SubnetId": it.other_subnet}],
        "AssociateSecurityGroupVpc": [{"GroupId": it["security-group"], "VpcId": it.other_vpc}],
        "AssociateSubnetCidrBlock": [{"SubnetId": it.bare, "Ipv6CidrBlock": it.block6}],
        "AssociateVpcCidrBlock": [{"VpcId": it.other_vpc, "CidrBlock": "10.99.0.0/16"}, {"VpcId": it.other_vpc, "AmazonProvidedIpv6CidrBlock": True}],
        "AttachInternetGateway": [{"InternetGatewayId": it["internet-gateway"], "VpcId": it.other_vpc}],
        "AttachNetworkInterface": [{**eni, "InstanceId": it.single, "DeviceIndex": 1}],
        "AuthorizeSecurityGroupEgress": [*authorize, flat],
        "AuthorizeSecurityGroupIngress": [*authorize, flat],
        "CreateDefaultSubnet": [{"AvailabilityZone": "us-east-1a"}, {"AvailabilityZoneId": "use1-az1"}],
        "CreateDefaultVpc": [{}],
        "CreateDhcpOptions": [{"DhcpConfigurations": [{"Key": "domain-name-servers", "Values": ["10.0.0.2"]}]}],
        "CreateEgressOnlyInternetGateway": [{"VpcId": it.other_vpc}],
        "CreateFlowLogs": [
            {**flow_log, "ResourceType": type, "ResourceIds": [id]}
            for type, id in (("VPC", it.vpc), ("Subnet", subnet), ("NetworkInterface", interface))
        ],
        "CreateInternetGateway": [{}],
        "CreateKeyPair": [{"KeyName": "another", "KeyType": "ed25519", "KeyFormat": "pem"}],
        "CreateManagedPrefixList": [
            {"PrefixListName": "another", "MaxEntries": 5, "AddressFamily": "IPv4", "Entries": [{"Cidr": "10.0.0.0/8", "Description": "d"}]}
        ],
        "CreateNatGateway": [
            {"SubnetId": subnet, "ConnectivityType": "private"},
            {"SubnetId": it.subnet6, "ConnectivityType": "private", "PrivateIpAddress": free, "SecondaryPrivateIpAddresses": ["10.2.1.98"]},
            {"SubnetId": subnet, "AllocationId": it["elastic-ip"], "SecondaryAllocationIds": [it.more]},
        ],
        "CreateNetworkAcl": [{"VpcId": it.vpc}],
        "CreateNetworkAclEntry": [
            {"NetworkAclId": acl, **it.entry(200)},
            {"NetworkAclId": acl, "RuleNumber": 200, "Protocol": "-1", "RuleAction": "deny", "Egress": True, "Ipv6CidrBlock": "::/0"},
        ],
        "CreateNetworkInsightsPath": [
            {"Source": interface, "Destination": it.attached, "Protocol": "tcp", "DestinationPort": 80},
            {"Source": interface, "SourceIp": "10.0.0.9", "DestinationIp": "192.0.2.1", "Protocol": "udp"},
            {
                "Source": interface,
                "Destination": it.attached,
                "Protocol": "tcp",
                "FilterAtSource": {"SourceAddress": "10.0.0.9", "DestinationAddress": "10.0.0.10"},
                "FilterAtDestination": {"SourceAddress": "10.0.0.9", "DestinationAddress": "10.0.0.10"},
            },
        ],
        "CreateNetworkInterface": [
            {"SubnetId": subnet, "Groups": [group]},
            {"SubnetId": it.subnet6, "PrivateIpAddress": free, "Ipv4Prefixes": [{"Ipv4Prefix": block}]},
            {"SubnetId": it.subnet6, "Ipv6Addresses": [{"Ipv6Address": free6}], "PrivateIpAddresses": [{"PrivateIpAddress": free, "Primary": True}]},
            {"SubnetId": it.subnet6, "Ipv6Prefixes": [{"Ipv6Prefix": block6}]},
        ],
        "CreateRoute": [
            {**route, "GatewayId": it.gateway},
            {**route, "NetworkInterfaceId": interface},
            {**route, "NatGatewayId": it["natgateway"]},
            {**route, "VpcPeeringConnectionId": it.peering},
            {**route, "InstanceId": it.single},
            {"RouteTableId": table, "DestinationPrefixListId": prefix_list, "NetworkInterfaceId": interface},
            {**eigw_table, "NetworkInterfaceId": interface},
            {**eigw_table, "RouteTableId": it.table6, "EgressOnlyInternetGatewayId": it.eigw6},
        ],
        "CreateRouteTable": [{"VpcId": it.vpc}],
        "CreateSecurityGroup": [{"VpcId": it.vpc, "GroupName": "another", "Description": "d"}],
        "CreateSubnet": [
            {"VpcId": it.vpc, "CidrBlock": "10.0.250.0/24", "AvailabilityZone": "us-east-1a"},
            {"VpcId": it.vpc6, "CidrBlock": "10.2.250.0/24", "Ipv6CidrBlock": it.block6, "AvailabilityZoneId": "use1-az1"},
        ],
        "CreateSubnetCidrReservation": [{"SubnetId": it.other_subnet, "Cidr": f"{there}.128/28", "ReservationType": "explicit"}],
        "CreateTags": [{"Resources": [id], "Tags": [{"Key": "team", "Value": "net"}]} for id in (it.vpc, subnet, group)],
        "CreateVpc": [{"CidrBlock": "10.50.0.0/16", "InstanceTenancy": "default"}],
        "CreateVpcBlockPublicAccessExclusion": [
            {"VpcId": it.vpc, "InternetGatewayExclusionMode": "allow-egress"},
            {"SubnetId": subnet, "InternetGatewayExclusionMode": "allow-egress"},
        ],
        "CreateVpcPeeringConnection": [{"VpcId": it.other_vpc, "PeerVpcId": it.vpc6, "PeerOwnerId": it.account}],
        "DeleteDhcpOptions": [{"DhcpOptionsId": options}],
        "DeleteEgressOnlyInternetGateway": [{"EgressOnlyInternetGatewayId": it["egress-only-internet-gateway"]}],
        "DeleteFlowLogs": [{"FlowLogIds": [it["vpc-flow-log"]]}],
        "DeleteInternetGateway": [{"InternetGatewayId": it["internet-gateway"]}],
        "DeleteKeyPair": [{"KeyPairId": it["key-pair"]}],
        "DeleteManagedPrefixList": [{"PrefixListId": it.unused_list}],
        "DeleteNatGateway": [{"NatGatewayId": it["natgateway"]}],
        "DeleteNetworkAcl": [{"NetworkAclId": acl}],
        "DeleteNetworkAclEntry": [{"NetworkAclId": acl, "RuleNumber": 100, "Egress": False}],
        "DeleteNetworkInsightsAnalysis": [{"NetworkInsightsAnalysisId": it.analysis}],
        "DeleteNetworkInsightsPath": [{"NetworkInsightsPathId": it.unused_path}],
        "DeleteNetworkInterface": [eni],
        "DeleteRoute": [
            replaced,
            {"RouteTableId": it.table6, "DestinationPrefixListId": prefix_list},
            {"RouteTableId": it.table6, "DestinationIpv6CidrBlock": "2001:db8::/32"},
        ],
        "DeleteRouteTable": [{"RouteTableId": it.unused_table}],
        "DeleteSecurityGroup": [{"GroupId": it.unused_group}],
        "DeleteSubnet": [{"SubnetId": it["subnet"]}],
        "DeleteSubnetCidrReservation": [{"SubnetCidrReservationId": it.reservation}],
        "DeleteTags": [{"Resources": [it.vpc], "Tags": [{"Key": "team"}]}],
        "DeleteVpc": [{"VpcId": it["vpc"]}],
        "DeleteVpcBlockPublicAccessExclusion": [{"ExclusionId": exclusion}],
        "DeleteVpcPeeringConnection": [{"VpcPeeringConnectionId": peering}],
        "DescribeAccountAttributes": [{"AttributeNames": ["default-vpc"]}],
        "DescribeAddresses": [{}, {"AllocationIds": [it["elastic-ip"]]}, {"PublicIps": [it.public]}],
        "DescribeAddressesAttribute": [{"AllocationIds": [it["elastic-ip"]], "Attribute": "domain-name"}],
        "DescribeAvailabilityZones": [{"ZoneNames": ["us-east-1a"], "ZoneIds": ["use1-az1"]}],
        "DescribeHosts": [{"HostIds": [it.host]}],
        "DescribeImages": [{"ImageIds": [it.image], "Owners": ["self"]}],
        "DescribeInstanceAttribute": [{"InstanceId": instance, "Attribute": "userData"}],
        "DescribeInstanceCreditSpecifications": [{"InstanceIds": [instance]}],
        "DescribeInstanceStatus": [{"InstanceIds": [instance]}],
        "DescribeInstanceTypeOfferings": [{"LocationType": "region"}],
        "DescribeInstanceTypes": [{"InstanceTypes": ["t3.micro"]}],
        "DescribeKeyPairs": [{"KeyPairIds": [it["key-pair"]]}, {"KeyNames": [it.key_name]}],
        "DescribeNetworkInsightsAnalyses": [{"NetworkInsightsAnalysisIds": [it.analysis]}, {"NetworkInsightsPathId": path}],
        "DescribeNetworkInterfaceAttribute": [{**eni, "Attribute": "description"}],
        "DescribePrefixLists": [{}, {"PrefixListIds": [nobodys("pl")]}],
        "DescribeRegions": [{"RegionNames": ["us-east-1"]}],
        "DescribeSecurityGroupReferences": [{"GroupId": [group]}],
        "DescribeSecurityGroupRules": [{"SecurityGroupRuleIds": [it.rule]}],
        "DescribeSecurityGroupVpcAssociations": [{}],
        "DescribeSecurityGroups": [{"GroupIds": [group]}, {"GroupNames": ["default"]}],
        "DescribeStaleSecurityGroups": [{"VpcId": it.vpc}],
        "DescribeTags": [{}],
        "DescribeVolumes": [{}, {"VolumeIds": [nobodys("vol")]}],
        "DescribeVpcAttribute": [{"VpcId": it.vpc, "Attribute": "enableDnsSupport"}],
        "DescribeVpcBlockPublicAccessOptions": [{}],
        "DetachInternetGateway": [{"InternetGatewayId": it.gateway6, "VpcId": it.vpc6}],
        "DetachNetworkInterface": [{"AttachmentId": it.attachment}],
        "DisableVgwRoutePropagation": [{"GatewayId": nobodys("vgw"), "RouteTableId": table}],
        "DisassociateAddress": [{"AssociationId": it.address_association}, {"PublicIp": it.bound}],
        "DisassociateNatGatewayAddress": [{"NatGatewayId": it.public_nat, "AssociationIds": [it.nat_association]}],
        "DisassociateRouteTable": [{"AssociationId": it.table_association}],
        "DisassociateSecurityGroupVpc": [{"GroupId": it["security-group"], "VpcId": it.vpc6}],
        "DisassociateSubnetCidrBlock": [{"AssociationId": it.subnet_block}],
        "DisassociateVpcCidrBlock": [{"AssociationId": it.vpc_block}],
        "EnableVgwRoutePropagation": [{"GatewayId": nobodys("vgw"), "RouteTableId": table}],
        "GetInstanceMetadataDefaults": [{}],
        "GetManagedPrefixListAssociations": [{"PrefixListId": prefix_list}],
        "GetManagedPrefixListEntries": [{"PrefixListId": prefix_list, "TargetVersion": 1}],
        "GetSecurityGroupsForVpc": [{"VpcId": it.vpc}],
        "GetSubnetCidrReservations": [{"SubnetId": subnet}],
        "ImportKeyPair": [{"KeyName": "another", "PublicKeyMaterial": KEY}],
        "ModifyInstanceAttribute": [{"InstanceId": instance, "DisableApiStop": {"Value": True}}, {"InstanceId": it.single, "Groups": [group]}],
        "ModifyInstanceMetadataDefaults": [{"HttpTokens": "required"}],
        "ModifyInstanceMetadataOptions": [{"InstanceId": instance, "HttpTokens": "required"}],
        "ModifyManagedPrefixList": [
            {"PrefixListId": prefix_list, "CurrentVersion": 2, "AddEntries": [{"Cidr": "172.16.0.0/12", "Description": "d"}]},
            {"PrefixListId": prefix_list, "CurrentVersion": 2, "RemoveEntries": [{"Cidr": "10.0.0.0/8"}]},
        ],
        "ModifyNetworkInterfaceAttribute": [
            {**eni, "Groups": [group]},
            {"NetworkInterfaceId": it.attached, "Attachment": {"AttachmentId": it.attachment, "DeleteOnTermination": True}},
        ],
        "ModifyPrivateDnsNameOptions": [{"InstanceId": instance, "EnableResourceNameDnsARecord": True}],
        "ModifySecurityGroupRules": [
            {"GroupId": group, "SecurityGroupRules": [{"SecurityGroupRuleId": id, "SecurityGroupRule": change}]} for id, change in changes
        ],
        "ModifySubnetAttribute": [{"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": True}}],
        "ModifyVpcAttribute": [{"VpcId": it.vpc, "EnableDnsSupport": {"Value": True}}],
        "ModifyVpcBlockPublicAccessExclusion": [{"ExclusionId": exclusion, "InternetGatewayExclusionMode": "allow-egress"}],
        "ModifyVpcBlockPublicAccessOptions": [{"InternetGatewayBlockMode": "block-ingress"}],
        "ModifyVpcPeeringConnectionOptions": [
            {"VpcPeeringConnectionId": it.peering, "RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": False}}
        ],
        "ModifyVpcTenancy": [{"VpcId": it.vpc, "InstanceTenancy": "default"}],
        "RebootInstances": [{"InstanceIds": [instance]}],
        "RejectVpcPeeringConnection": [{"VpcPeeringConnectionId": peering}],
        "ReleaseAddress": [{"AllocationId": it["elastic-ip"]}, {"PublicIp": it.public}],
        "ReplaceNetworkAclAssociation": [{"AssociationId": it.acl_association, "NetworkAclId": acl}],
        "ReplaceNetworkAclEntry": [
            {"NetworkAclId": acl, **it.entry(100)},
            {"NetworkAclId": acl, "RuleNumber": 100, "Protocol": "-1", "RuleAction": "deny", "Egress": False, "Ipv6CidrBlock": "::/0"},
        ],
        "ReplaceRoute": [
            {**replaced, "NetworkInterfaceId": interface},
            {**replaced, "GatewayId": it.gateway},
            {**replaced, "NatGatewayId": it["natgateway"]},
            {**replaced, "VpcPeeringConnectionId": it.peering},
            {**replaced, "InstanceId": it.single},
            {"RouteTableId": it.table6, "DestinationPrefixListId": prefix_list, "NetworkInterfaceId": it.interface6},
            {"RouteTableId": it.table6, "DestinationIpv6CidrBlock": "2001:db8::/32", "EgressOnlyInternetGatewayId": it.eigw6},
        ],
        "ReplaceRouteTableAssociation": [{"AssociationId": it.table_association, "RouteTableId": it.unused_table}],
        "ResetNetworkInterfaceAttribute": [{**eni, "SourceDestCheck": "true"}],
        "RestoreManagedPrefixListVersion": [{"PrefixListId": prefix_list, "PreviousVersion": 1, "CurrentVersion": 2}],
        "RevokeSecurityGroupEgress": [*revoke, {"GroupId": group, "SecurityGroupRuleIds": [it.egress]}],
        "RevokeSecurityGroupIngress": [*revoke, {"GroupId": group, "SecurityGroupRuleIds": [it.rule]}],
        "RunInstances": [
            {**image, "SubnetId": subnet, "SecurityGroupIds": [group], "KeyName": it.key_name, "InstanceType": "t3.micro"},
            {**image, "SubnetId": subnet, "Placement": {"HostId": it.host, "Tenancy": "host"}},
            {**image, "NetworkInterfaces": [{"DeviceIndex": 0, **eni}]},
            {**image, "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group]}]},
            {**image, "SubnetId": it.subnet6, "PrivateIpAddress": free, "Ipv6Addresses": [{"Ipv6Address": free6}]},
            {
                **image,
                "NetworkInterfaces": [
                    {"DeviceIndex": 0, "SubnetId": it.subnet6, "PrivateIpAddress": free, "Ipv6Addresses": [{"Ipv6Address": free6}]}
                ],
            },
            {
                **image,
                "NetworkInterfaces": [
                    {
                        "DeviceIndex": 0,
                        "SubnetId": it.subnet6,
                        "PrivateIpAddresses": [{"PrivateIpAddress": free, "Primary": True}],
                        "Ipv6Prefixes": [{"Ipv6Prefix": block6}],
                    }
                ],
            },
            {**image, "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": it.subnet6, "Ipv4Prefixes": [{"Ipv4Prefix": block}]}]},
        ],
        "StartInstances": [{"InstanceIds": [instance]}],
        "StartNetworkInsightsAnalysis": [{"NetworkInsightsPathId": path}],
        "StopInstances": [{"InstanceIds": [instance]}],
        "TerminateInstances": [{"InstanceIds": [instance]}],
        "UnassignIpv6Addresses": [{**eni6, "Ipv6Addresses": [it.inside6]}, {"NetworkInterfaceId": it.prefixed, "Ipv6Prefixes": [it.prefix6]}],
        "UnassignPrivateIpAddresses": [
            {**eni6, "PrivateIpAddresses": [it.inside]},
            {"NetworkInterfaceId": it.prefixed, "Ipv4Prefixes": ["10.2.1.32/28"]},
        ],
        "UnassignPrivateNatGatewayAddress": [{"NatGatewayId": it["natgateway"], "PrivateIpAddresses": [it.nat_address]}],
        "UpdateSecurityGroupRuleDescriptionsEgress": [
            *revoke,
            {"GroupId": group, "SecurityGroupRuleDescriptions": [{"SecurityGroupRuleId": it.egress, "Description": "d"}]},
        ],
        "UpdateSecurityGroupRuleDescriptionsIngress": [
            *revoke,
            {"GroupId": group, "SecurityGroupRuleDescriptions": [{"SecurityGroupRuleId": it.rule, "Description": "d"}]},
        ],
    }
