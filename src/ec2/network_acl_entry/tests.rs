//! Entries of network ACLs as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::state::network_acl::NetworkAclEntry;

/// An ACL that is made in a new VPC, and so denies everything.
fn acl(world: &mut World) -> String {
    let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
    text(&world.ok("CreateNetworkAcl", &[("VpcId", &vpc)]), "networkAclId").to_owned()
}

/// An entry of number 10 that lets in, with what else is given.
fn entry<'a>(acl: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("NetworkAclId", acl)];
    for (name, value) in [("RuleNumber", "10"), ("RuleAction", "allow"), ("Egress", "false")] {
        if !more.iter().any(|it| it.0 == name) {
            all.push((name, value));
        }
    }
    all.extend(more);
    all
}

const ANY4: (&str, &str) = ("CidrBlock", "0.0.0.0/0");

/// The entries of one direction but for the last ones, as the wire shows them.
fn shown(world: &mut World, acl: &str, egress: &str) -> Vec<String> {
    let answer = world.ok("DescribeNetworkAcls", &[("NetworkAclId.1", acl)]);
    let entries = texts(text(&answer, "entrySet"), "item").into_iter();
    let mine = entries.filter(|it| text(it, "egress") == egress && text(it, "ruleNumber").len() < 5);
    mine.map(str::to_owned).collect()
}

#[test]
fn an_entry_is_shown_as_ec2_shows_it() {
    let check = |given: &[(&str, &str)], expected: &str| {
        let mut world = World::new();
        let acl = acl(&mut world);
        world.ok("CreateNetworkAclEntry", &entry(&acl, given));
        let expected = format!("{expected}<ruleAction>allow</ruleAction><ruleNumber>10</ruleNumber>");
        assert_eq!(shown(&mut world, &acl, "false"), [expected], "{given:?}");
        assert_eq!(shown(&mut world, &acl, "true"), Vec::<String>::new());
    };
    let any = "<cidrBlock>0.0.0.0/0</cidrBlock><egress>false</egress>";
    let any6 = "<egress>false</egress>";
    let ports = [("PortRange.From", "80"), ("PortRange.To", "443")];
    let shown_ports = "<portRange><from>80</from><to>443</to></portRange>";
    let with_ports = |protocol| [&[("Protocol", protocol), ANY4], &ports[..]].concat();
    check(&with_ports("6"), &format!("{any}{shown_ports}<protocol>6</protocol>"));
    check(&with_ports("tcp"), &format!("{any}{shown_ports}<protocol>6</protocol>"));
    check(&with_ports("UDP"), &format!("{any}{shown_ports}<protocol>17</protocol>"));
    check(&with_ports("-1"), &format!("{any}<protocol>-1</protocol>"));
    check(&with_ports("all"), &format!("{any}<protocol>-1</protocol>"));
    check(&with_ports("47"), &format!("{any}<protocol>47</protocol>"));
    let icmp = |kind: &str, code: &str| format!("<icmpTypeCode><code>{code}</code><type>{kind}</type></icmpTypeCode>");
    let echo = [("Icmp.Type", "8"), ("Icmp.Code", "0")];
    let all = [("Icmp.Type", "-1"), ("Icmp.Code", "-1")];
    let with_icmp =
        |protocol, numbers: &[(&'static str, &'static str)]| [&[("Protocol", protocol), ANY4], numbers].concat();
    check(&with_icmp("1", &echo), &format!("{any}{}<protocol>1</protocol>", icmp("8", "0")));
    check(&with_icmp("icmp", &all), &format!("{any}{}<protocol>1</protocol>", icmp("-1", "-1")));
    // Terraform sends ports with every protocol.
    let with_all = [&with_icmp("1", &echo)[..], &ports].concat();
    check(&with_all, &format!("{any}{}<protocol>1</protocol>", icmp("8", "0")));
    check(&with_icmp("58", &echo), &format!("{any}{}<protocol>58</protocol>", icmp("-1", "-1")));
    check(&with_icmp("58", &[]), &format!("{any}{}<protocol>58</protocol>", icmp("-1", "-1")));
    let six = [("Protocol", "58"), ("Ipv6CidrBlock", "2001:DB8::1/32"), ("Icmp.Type", "128"), ("Icmp.Code", "-1")];
    let block6 = "<ipv6CidrBlock>2001:db8::/32</ipv6CidrBlock>";
    check(&six, &format!("{any6}{}{block6}<protocol>58</protocol>", icmp("128", "-1")));
    let canonical = "<cidrBlock>10.0.0.0/8</cidrBlock><egress>false</egress><protocol>-1</protocol>";
    check(&[("Protocol", "-1"), ("CidrBlock", "10.1.2.3/8")], canonical);
}

#[test]
fn an_entry_that_ec2_refuses_leaves_nothing() {
    let mut world = World::new();
    let acl = acl(&mut world);
    for action in ["CreateNetworkAclEntry", "ReplaceNetworkAclEntry"] {
        let mut check = |given: &[(&str, &str)], code: &str| {
            assert_eq!(world.code(action, &entry(&acl, given)), code, "{action} {given:?}");
        };
        let all = ("Protocol", "-1");
        check(&[all], "MissingParameter");
        check(&[all, ANY4, ("Ipv6CidrBlock", "::/0")], "InvalidParameterCombination");
        check(&[all, ("CidrBlock", "::/0")], "InvalidParameterValue");
        check(&[all, ("Ipv6CidrBlock", "0.0.0.0/0")], "InvalidParameterValue");
        check(&[ANY4], "MissingParameter");
        for protocol in ["256", "-2", "tcpp", "6.0"] {
            check(&[ANY4, ("Protocol", protocol)], "InvalidParameterValue");
        }
        for number in ["0", "-1", "32767", "32768", "65536"] {
            check(&[all, ANY4, ("RuleNumber", number)], "InvalidParameterValue");
        }
        check(&[all, ANY4, ("RuleAction", "reject")], "InvalidParameterValue");
        for protocol in ["6", "17"] {
            let with = |from, to| [ANY4, ("Protocol", protocol), ("PortRange.From", from), ("PortRange.To", to)];
            check(&[ANY4, ("Protocol", protocol)], "MissingParameter");
            check(&with("1", "2")[..3], "MissingParameter");
            check(&with("2", "1"), "InvalidParameterValue");
            check(&with("-1", "1"), "InvalidParameterValue");
            check(&with("0", "65536"), "InvalidParameterValue");
        }
        let six = [("Ipv6CidrBlock", "::/0"), ("Protocol", "58")];
        let with = |kind, code| [ANY4, ("Protocol", "1"), ("Icmp.Type", kind), ("Icmp.Code", code)];
        check(&six, "MissingParameter");
        check(&with("8", "0")[..2], "MissingParameter");
        check(&with("8", "0")[..3], "MissingParameter");
        check(&with("256", "0"), "InvalidParameterValue");
        check(&with("8", "-2"), "InvalidParameterValue");
        check(&with("-1", "0"), "InvalidParameterValue");
    }
    assert_eq!(shown(&mut world, &acl, "false"), Vec::<String>::new());
}

#[test]
fn an_entry_is_known_by_its_direction_and_number() {
    let mut world = World::new();
    let acl = acl(&mut world);
    let all = ("Protocol", "-1");
    let (inward, outward) = (("Egress", "false"), ("Egress", "true"));
    let dry = ("DryRun", "true");
    assert_eq!(world.code("CreateNetworkAclEntry", &entry(&acl, &[all, ANY4, dry])), "DryRunOperation");
    for number in ["30", "1", "32766", "200"] {
        world.ok("CreateNetworkAclEntry", &entry(&acl, &[all, ANY4, ("RuleNumber", number)]));
    }
    world.ok("CreateNetworkAclEntry", &entry(&acl, &[all, ANY4, ("RuleNumber", "30"), outward]));
    let answer = world.ok("DescribeNetworkAcls", &[("NetworkAclId.1", &acl)]);
    assert_eq!(texts(&answer, "ruleNumber"), ["30", "32767", "1", "30", "200", "32766", "32767"]);

    let same = entry(&acl, &[all, ANY4, ("RuleNumber", "30")]);
    let error = world.call("CreateNetworkAclEntry", &same).expect_err("the number is taken");
    assert_eq!(error.code(), "NetworkAclEntryAlreadyExists");
    assert_eq!(error.to_string(), "The network acl entry identified by 30 already exists.");

    let denied = [all, ("CidrBlock", "192.0.2.0/24"), ("RuleNumber", "30"), ("RuleAction", "deny")];
    let tried = entry(&acl, &[&denied[..], &[dry]].concat()).clone();
    assert_eq!(world.code("ReplaceNetworkAclEntry", &tried), "DryRunOperation");
    world.ok("ReplaceNetworkAclEntry", &entry(&acl, &denied));
    let entries = shown(&mut world, &acl, "false");
    let replaced = entries.iter().find(|it| text(it, "ruleNumber") == "30").expect("the entry");
    assert_eq!((text(replaced, "ruleAction"), text(replaced, "cidrBlock")), ("deny", "192.0.2.0/24"));
    assert_eq!(text(&shown(&mut world, &acl, "true")[0], "ruleAction"), "allow", "of the other direction");
    let missing = entry(&acl, &[all, ANY4, ("RuleNumber", "200"), outward]);
    assert_eq!(world.code("ReplaceNetworkAclEntry", &missing), "InvalidNetworkAclEntry.NotFound");

    let of = |number, direction| [("NetworkAclId", acl.as_str()), ("RuleNumber", number), direction];
    assert_eq!(world.code("DeleteNetworkAclEntry", &of("200", outward)), "InvalidNetworkAclEntry.NotFound");
    assert_eq!(world.code("DeleteNetworkAclEntry", &of("32767", inward)), "InvalidParameterValue");
    assert_eq!(world.code("DeleteNetworkAclEntry", &[&of("30", inward)[..], &[dry]].concat()), "DryRunOperation");
    world.ok("DeleteNetworkAclEntry", &of("30", inward));
    assert_eq!(world.code("DeleteNetworkAclEntry", &of("30", inward)), "InvalidNetworkAclEntry.NotFound");
    assert_eq!(shown(&mut world, &acl, "true").len(), 1);

    for action in ["CreateNetworkAclEntry", "ReplaceNetworkAclEntry"] {
        let nobodys = entry("acl-00000000000000000", &[all, ANY4]);
        assert_eq!(world.code(action, &nobodys), "InvalidNetworkAclID.NotFound");
        assert_eq!(world.code(action, &entry("acl", &[all, ANY4])), "InvalidNetworkAclId.Malformed");
    }
    world.become_account(2);
    assert_eq!(world.code("CreateNetworkAclEntry", &entry(&acl, &[all, ANY4])), "InvalidNetworkAclID.NotFound");
    assert_eq!(world.code("DeleteNetworkAclEntry", &of("1", inward)), "InvalidNetworkAclID.NotFound");
}

#[test]
fn an_acl_holds_so_many_entries() {
    let mut world = World::new();
    let acl = acl(&mut world);
    world.ok("CreateNetworkAclEntry", &entry(&acl, &[("Protocol", "-1"), ANY4, ("RuleNumber", "1")]));
    let id = acl.parse().expect("an id");
    let mut row = world.state.network_acls.get(&id).expect("an ACL").as_ref().clone();
    let first = row.entries[0].clone();
    row.entries = (1..=1_000).map(|number| NetworkAclEntry { number, ..first.clone() }).collect();
    world.commit(|tx| tx.put(row));
    let more = entry(&acl, &[("Protocol", "-1"), ANY4, ("RuleNumber", "2000")]);
    assert_eq!(world.code("CreateNetworkAclEntry", &more), "NetworkAclEntryLimitExceeded");
    world.ok("ReplaceNetworkAclEntry", &entry(&acl, &[("Protocol", "-1"), ANY4]));
    world.ok("CreateNetworkAclEntry", &entry(&acl, &[("Protocol", "-1"), ANY4, ("Egress", "true")]));
}

#[test]
fn awss_quota_of_entries_holds_where_quotas_do() {
    let mut world = World::new();
    let acl = acl(&mut world);
    world.enforce_quotas();
    for number in 1..20 {
        let number = number.to_string();
        world.ok("CreateNetworkAclEntry", &entry(&acl, &[("Protocol", "-1"), ANY4, ("RuleNumber", &number)]));
    }
    let more = entry(&acl, &[("Protocol", "-1"), ANY4, ("RuleNumber", "20")]);
    assert_eq!(world.code("CreateNetworkAclEntry", &more), "NetworkAclEntryLimitExceeded", "the last one counts");
}
