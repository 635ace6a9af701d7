//! References between security groups as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::state::id::VpcId;

/// Two accounts with a VPC and a group `web` in each, and a peering connection between them; the first calls.
struct Pair {
    world: World,
    vpcs: [String; 2],
    groups: [String; 2],
    owners: [String; 2],
    connection: String,
}

impl Pair {
    /// With VPCs of one account, or of two.
    fn of(accounts: [u64; 2]) -> Pair {
        let mut world = World::new();
        let sides = [(accounts[0], "10.1.0.0/16"), (accounts[1], "10.2.0.0/16")].map(|(account, block)| {
            world.become_account(account);
            let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", block)]), "vpcId").to_owned();
            let parameters = [("VpcId", vpc.as_str()), ("GroupName", "web"), ("GroupDescription", "web")];
            let group = text(&world.ok("CreateSecurityGroup", &parameters), "groupId").to_owned();
            (vpc, group, world.caller.account.to_string())
        });
        let [(one, first, owner), (other, second, peer)] = sides;
        let mut pair = Pair {
            world,
            vpcs: [one, other],
            groups: [first, second],
            owners: [owner, peer],
            connection: String::new(),
        };
        pair.world.become_account(accounts[0]);
        pair.request();
        pair
    }

    fn request(&mut self) {
        let [one, other] = &self.vpcs;
        let parameters = [("VpcId", one.as_str()), ("PeerVpcId", other), ("PeerOwnerId", &self.owners[1])];
        let answer = self.world.ok("CreateVpcPeeringConnection", &parameters);
        self.connection = text(&answer, "vpcPeeringConnectionId").to_owned();
    }

    fn accept(&mut self, account: u64) {
        self.world.become_account(account);
        self.world.ok("AcceptVpcPeeringConnection", &[("VpcPeeringConnectionId", &self.connection)]);
        self.world.become_account(1);
    }

    /// A rule of the first group that names the second.
    fn rule(&self, user: Option<&str>) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("GroupId", self.groups[0].clone()),
            ("IpPermissions.1.IpProtocol", "tcp".to_owned()),
            ("IpPermissions.1.FromPort", "443".to_owned()),
            ("IpPermissions.1.ToPort", "443".to_owned()),
            ("IpPermissions.1.Groups.1.GroupId", self.groups[1].clone()),
        ];
        parameters.extend(user.map(|it| ("IpPermissions.1.Groups.1.UserId", it.to_owned())));
        parameters
    }

    fn call(&mut self, action: &str, parameters: &[(&'static str, String)]) -> Result<String, String> {
        let parameters: Vec<_> = parameters.iter().map(|it| (it.0, it.1.as_str())).collect();
        self.world.call(action, &parameters).map_err(|it| it.code())
    }

    /// The first group's ingress permissions.
    fn ingress(&mut self) -> String {
        let answer = self.world.ok("DescribeSecurityGroups", &[("GroupId.1", &self.groups[0])]);
        text(&answer, "ipPermissions").to_owned()
    }

    /// How often the first VPC's stale rules name the second group.
    fn stale(&mut self) -> usize {
        let answer = self.world.ok("DescribeStaleSecurityGroups", &[("VpcId", &self.vpcs[0])]);
        texts(&answer, "groupId").into_iter().filter(|it| *it == self.groups[1]).count()
    }
}

#[test]
fn a_group_of_another_vpc_is_named_while_the_vpcs_are_peered() {
    for accounts in [[1, 1], [1, 2]] {
        let mut pair = Pair::of(accounts);
        let (second, user) = (pair.owners[1].clone(), pair.rule(Some(&pair.owners[1])));
        let action = "AuthorizeSecurityGroupIngress";
        assert_eq!(pair.call(action, &user), Err("InvalidGroup.NotFound".to_owned()), "nobody has accepted yet");
        pair.accept(accounts[1]);
        if accounts[1] == 2 {
            assert_eq!(pair.call(action, &pair.rule(None)), Err("InvalidGroup.NotFound".to_owned()), "of the caller");
        }
        let wrong = pair.rule(Some("123456789012"));
        assert_eq!(pair.call(action, &wrong), Err("InvalidGroup.NotFound".to_owned()), "of a third");
        let stated = [user.clone(), vec![("IpPermissions.1.Groups.1.VpcId", pair.vpcs[0].clone())]].concat();
        assert_eq!(pair.call(action, &stated), Err("InvalidGroup.NotFound".to_owned()), "in another VPC");
        let through = ("IpPermissions.1.Groups.1.VpcPeeringConnectionId", "pcx-12345678".to_owned());
        let through = [user.clone(), vec![through]].concat();
        assert_eq!(pair.call(action, &through), Err("InvalidParameterValue".to_owned()));

        let made = pair.call(action, &user).expect("they are peered");
        let info = text(&made, "referencedGroupInfo");
        assert_eq!([text(info, "groupId"), text(info, "userId")], [pair.groups[1].as_str(), second.as_str()]);
        assert_eq!([text(info, "vpcId"), text(info, "peeringStatus")], [pair.vpcs[1].as_str(), "active"]);
        assert_eq!(text(info, "vpcPeeringConnectionId"), pair.connection);
        assert_eq!(pair.call(action, &user), Err("InvalidPermission.Duplicate".to_owned()));
        let shown = pair.ingress();
        let shown = text(&shown, "groups");
        assert_eq!([text(shown, "vpcId"), text(shown, "peeringStatus")], [pair.vpcs[1].as_str(), "active"]);
        assert_eq!([text(shown, "userId"), text(shown, "vpcPeeringConnectionId")], [&second, &pair.connection]);

        let back = [
            user.clone(),
            vec![
                ("IpPermissions.1.Groups.1.VpcId", pair.vpcs[1].clone()),
                ("IpPermissions.1.Groups.1.PeeringStatus", "active".to_owned()),
                ("IpPermissions.1.Groups.1.VpcPeeringConnectionId", pair.connection.clone()),
            ],
        ];
        pair.call("RevokeSecurityGroupIngress", &back.concat()).expect("as it was shown");
        pair.call(action, &back.concat()).expect("as it was shown");
    }
}

#[test]
fn a_rule_is_stale_once_the_peering_or_the_group_is_gone() {
    for accounts in [[1, 1], [1, 2]] {
        let mut pair = Pair::of(accounts);
        pair.accept(accounts[1]);
        let rule = pair.rule(Some(&pair.owners[1]));
        pair.call("AuthorizeSecurityGroupIngress", &rule).expect("they are peered");
        pair.call("AuthorizeSecurityGroupEgress", &rule).expect("they are peered");
        assert_eq!(pair.stale(), 0);

        pair.world.ok("DeleteVpcPeeringConnection", &[("VpcPeeringConnectionId", &pair.connection)]);
        assert_eq!(pair.stale(), 2);
        let answer = pair.world.ok("DescribeStaleSecurityGroups", &[("VpcId", &pair.vpcs[0])]);
        let ingress = text(&answer, "staleIpPermissions");
        assert_eq!(
            [text(ingress, "ipProtocol"), text(ingress, "fromPort"), text(ingress, "toPort")],
            ["tcp", "443", "443"]
        );
        assert_eq!([text(ingress, "peeringStatus"), text(ingress, "vpcId")], ["deleted", pair.vpcs[1].as_str()]);
        assert_eq!(text(ingress, "vpcPeeringConnectionId"), pair.connection);
        assert_eq!([text(&answer, "groupName"), text(&answer, "description")], ["web"; 2]);
        assert_eq!(texts(&answer, "staleIpPermissionsEgress").len(), 1);

        // VPCs that are peered again make the rule what it was.
        pair.request();
        pair.accept(accounts[1]);
        assert_eq!(pair.stale(), 0);
        assert!(pair.ingress().contains(&pair.connection));

        pair.world.become_account(accounts[1]);
        pair.world.ok("DeleteSecurityGroup", &[("GroupId", &pair.groups[1])]);
        pair.world.become_account(1);
        assert_eq!(pair.stale(), 2);
        assert_eq!(text(&pair.ingress(), "peeringStatus"), "active", "it is the group that is gone");
        assert_eq!(pair.call("AuthorizeSecurityGroupIngress", &rule), Err("InvalidGroup.NotFound".to_owned()));
        pair.call("RevokeSecurityGroupIngress", &rule).expect("a stale rule can be revoked");
        assert_eq!(pair.stale(), 1);
        assert_eq!(pair.call("RevokeSecurityGroupIngress", &rule), Err("InvalidPermission.NotFound".to_owned()));
        pair.call("RevokeSecurityGroupEgress", &rule).expect("a stale rule can be revoked");
        assert_eq!(pair.call("RevokeSecurityGroupEgress", &rule), Err("InvalidGroup.NotFound".to_owned()));
    }
}

#[test]
fn the_vpc_of_a_named_group_can_go() {
    let mut pair = Pair::of([1, 2]);
    pair.accept(2);
    let rule = pair.rule(Some(&pair.owners[1]));
    pair.call("AuthorizeSecurityGroupIngress", &rule).expect("they are peered");
    pair.world.become_account(2);
    pair.world.ok("DeleteSecurityGroup", &[("GroupId", &pair.groups[1])]);
    pair.world.ok("DeleteVpc", &[("VpcId", &pair.vpcs[1])]);
    pair.world.become_account(1);
    assert_eq!(pair.stale(), 1);
    assert_eq!(text(&pair.ingress(), "peeringStatus"), "deleted");
}

#[test]
fn a_rule_is_changed_to_name_a_group_of_the_peer() {
    let mut pair = Pair::of([1, 2]);
    pair.accept(2);
    let itself = [
        ("GroupId", pair.groups[0].as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.Groups.1.GroupId", pair.groups[0].as_str()),
    ];
    let made = pair.world.ok("AuthorizeSecurityGroupIngress", &itself);
    let rule = text(&made, "securityGroupRuleId").to_owned();
    let modify = [
        ("GroupId", pair.groups[0].as_str()),
        ("SecurityGroupRule.1.SecurityGroupRuleId", &rule),
        ("SecurityGroupRule.1.SecurityGroupRule.IpProtocol", "-1"),
        ("SecurityGroupRule.1.SecurityGroupRule.ReferencedGroupId", &pair.groups[1]),
    ];
    pair.world.ok("ModifySecurityGroupRules", &modify);
    let shown = pair.world.ok("DescribeSecurityGroupRules", &[("SecurityGroupRuleId.1", &rule)]);
    assert_eq!([text(&shown, "userId"), text(&shown, "vpcId")], [&pair.owners[1], &pair.vpcs[1]]);
    let back = [modify[0], modify[1], modify[2], (modify[3].0, pair.groups[0].as_str())];
    pair.world.ok("ModifySecurityGroupRules", &back);
    let shown = pair.world.ok("DescribeSecurityGroupRules", &[("SecurityGroupRuleId.1", &rule)]);
    assert!(!shown.contains("peering"), "{shown}");
}

#[test]
fn the_owner_of_a_group_sees_which_vpcs_name_it() {
    let mut pair = Pair::of([1, 2]);
    pair.accept(2);
    let rule = pair.rule(Some(&pair.owners[1]));
    let asked = [("GroupId.1", pair.groups[1].clone())];
    pair.world.become_account(2);
    let answer = pair.call("DescribeSecurityGroupReferences", &asked).expect("its own group");
    assert_eq!(text(&answer, "securityGroupReferenceSet"), "");
    pair.world.become_account(1);
    pair.call("AuthorizeSecurityGroupIngress", &rule).expect("they are peered");
    pair.call("AuthorizeSecurityGroupEgress", &rule).expect("they are peered");
    assert_eq!(pair.call("DescribeSecurityGroupReferences", &asked), Err("InvalidGroup.NotFound".to_owned()));
    assert_eq!(pair.call("DescribeSecurityGroupReferences", &[]), Err("MissingParameter".to_owned()));
    pair.world.become_account(2);
    let answer = pair.call("DescribeSecurityGroupReferences", &asked).expect("its own group");
    assert_eq!(texts(&answer, "referencingVpcId"), [pair.vpcs[0].as_str()], "once, though two rules name it");
    assert_eq!(
        [text(&answer, "groupId"), text(&answer, "vpcPeeringConnectionId")],
        [&pair.groups[1], &pair.connection]
    );
    pair.world.ok("DeleteVpcPeeringConnection", &[("VpcPeeringConnectionId", &pair.connection)]);
    let answer = pair.call("DescribeSecurityGroupReferences", &asked).expect("its own group");
    assert_eq!(text(&answer, "securityGroupReferenceSet"), "");
}

#[test]
fn what_wears_a_named_group_concerns_the_vpc_that_names_it() {
    let mut pair = Pair::of([1, 2]);
    pair.accept(2);
    let rule = pair.rule(Some(&pair.owners[1]));
    pair.call("AuthorizeSecurityGroupIngress", &rule).expect("they are peered");
    pair.world.become_account(2);
    let subnet = pair.world.ok("CreateSubnet", &[("VpcId", &pair.vpcs[1]), ("CidrBlock", "10.2.0.0/24")]);
    let subnet = text(&subnet, "subnetId").to_owned();
    let changed =
        |pair: &Pair, before: u64| -> Vec<VpcId> { pair.world.state.indexes.vpcs_changed_after(before).collect() };
    let mut vpcs = [0, 1].map(|it| pair.vpcs[it].parse().expect("an id"));
    vpcs.sort();
    let before = pair.world.state.revision;
    let worn = [("SubnetId", subnet.as_str()), ("SecurityGroupId.1", pair.groups[1].as_str())];
    let interface = pair.world.ok("CreateNetworkInterface", &worn);
    assert_eq!(changed(&pair, before), vpcs);
    let before = pair.world.state.revision;
    let interface = text(&interface, "networkInterfaceId").to_owned();
    pair.world.ok("DeleteNetworkInterface", &[("NetworkInterfaceId", &interface)]);
    assert_eq!(changed(&pair, before), vpcs);
    let before = pair.world.state.revision;
    pair.world.ok("CreateNetworkInterface", &[("SubnetId", &subnet)]);
    assert_eq!(changed(&pair, before).len(), 1, "nobody names the default group");
}

#[test]
fn the_name_of_another_accounts_group_is_not_to_be_guessed() {
    let mut pair = Pair::of([1, 2]);
    pair.accept(2);
    let rule = pair.rule(Some(&pair.owners[1]));
    pair.call("AuthorizeSecurityGroupIngress", &rule).expect("they are peered");
    let mut found = |name: &str, value: &str| {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        texts(&pair.world.ok("DescribeSecurityGroups", &filter), "item").len()
    };
    assert_ne!(found("ip-permission.user-id", "100000000002"), 0);
    assert_eq!(found("ip-permission.group-name", "web"), 0);
}
