//! What an instance is told when it asks what it is: the tree of EC2's instance metadata, as far as there is anything
//! behind it here.
//!
//! The tree is grown anew for each question: it is small, and nothing has to be kept in step. Who may ask how, is
//! `agent::services`' duty. Categories and their spelling are those of EC2's guide, "Access instance metadata".

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::Ipv4Addr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::services::domain;
use crate::state::State;
use crate::state::id::InterfaceId;
use crate::state::instance::{Instance, architecture, host_name, public_domain, public_host_name};
use crate::state::network_interface::NetworkInterface;
use crate::state::vpc::Vpc;
use crate::state::zone;

/// The versions that a path may begin with: those of EC2. All of them show the newest tree.
const VERSIONS: [&str; 29] = [
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "2011-01-01",
    "2011-05-01",
    "2012-01-12",
    "2014-02-25",
    "2014-11-05",
    "2015-10-20",
    "2016-04-19",
    "2016-06-30",
    "2016-09-02",
    "2018-03-28",
    "2018-08-17",
    "2018-09-24",
    "2019-10-01",
    "2020-10-27",
    "2021-01-03",
    "2021-03-23",
    "2021-07-15",
    "2022-09-24",
    "2024-04-11",
    "latest",
];

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Text, which is not always valid UTF-8 in user data.
    Value(Vec<u8>),
    Directory(BTreeMap<String, Entry>),
    /// A directory that is listed as something else than the name it is found by.
    Listed(String, BTreeMap<String, Entry>),
}

/// What the instance is answered to a path, if anything is there: a value, or the names below it, one a line.
pub fn look_up(state: &State, instance: &Instance, path: &str) -> Option<Vec<u8>> {
    let mut steps = path.split('/').filter(|it| !it.is_empty());
    let Some(version) = steps.next() else { return Some(VERSIONS.join("\n").into_bytes()) };
    if !VERSIONS.contains(&version) {
        return None;
    }
    let mut entry = &root(state, instance)?;
    let mut depth = 0;
    for step in steps {
        let (Entry::Directory(below) | Entry::Listed(_, below)) = entry else { return None };
        entry = below.get(step)?;
        depth += 1;
    }
    Some(match entry {
        Entry::Value(value) => value.clone(),
        Entry::Directory(below) | Entry::Listed(_, below) => {
            let shown = |(name, entry): (&String, &Entry)| match entry {
                // EC2 marks what is a directory, but not those that every version has.
                Entry::Directory(_) if depth > 0 => format!("{name}/"),
                Entry::Listed(text, _) => text.clone(),
                _ => name.clone(),
            };
            below.iter().map(shown).collect::<Vec<_>>().join("\n").into_bytes()
        }
    })
}

/// A directory that grows.
#[derive(Default)]
struct Directory(BTreeMap<String, Entry>);

impl Directory {
    fn value(&mut self, name: impl Display, value: impl Display) {
        self.0.insert(name.to_string(), Entry::Value(value.to_string().into_bytes()));
    }

    /// Values one a line; nothing without any.
    fn lines(&mut self, name: &str, values: impl IntoIterator<Item = impl Display>) {
        let values: Vec<String> = values.into_iter().map(|it| it.to_string()).collect();
        if !values.is_empty() {
            self.value(name, values.join("\n"));
        }
    }

    fn directory(&mut self, name: impl Display, below: Directory) {
        self.0.insert(name.to_string(), Entry::Directory(below.0));
    }
}

fn root(state: &State, instance: &Instance) -> Option<Entry> {
    let vpc = state.vpcs.get(&instance.vpc)?;
    let primary = state.interfaces_of_instance(instance.id).next()?;
    let mut root = Directory::default();
    root.directory("meta-data", meta_data(state, vpc, instance, primary));
    let mut identity = Directory::default();
    identity.value("document", document(instance, primary));
    let mut dynamic = Directory::default();
    dynamic.directory("instance-identity", identity);
    root.directory("dynamic", dynamic);
    if let Some(data) = instance.user_data.as_deref().and_then(|it| STANDARD.decode(it).ok()) {
        root.0.insert("user-data".to_owned(), Entry::Value(data));
    }
    Some(Entry::Directory(root.0))
}

fn meta_data(state: &State, vpc: &Vpc, instance: &Instance, primary: &NetworkInterface) -> Directory {
    let mut tree = Directory::default();
    tree.value("ami-id", &instance.image);
    tree.value("ami-launch-index", instance.launch_index);
    let name = format!("{}.{}", instance.host_name, domain(state, vpc));
    tree.value("hostname", &name);
    tree.value("local-hostname", &name);
    tree.value("instance-id", instance.id);
    tree.value("instance-type", &instance.instance_type);
    tree.lines("ipv6", primary.addresses6.first());
    tree.lines("local-ipv4", primary.addresses.first());
    tree.value("mac", primary.mac);
    let public = public_addresses(state, primary.id).find(|it| primary.addresses.first() == Some(&it.1));
    tree.lines("public-hostname", public.and_then(|it| public_name(vpc, it.0)));
    tree.lines("public-ipv4", public.map(|it| it.0));
    tree.value("reservation-id", instance.reservation);
    tree.lines("security-groups", group_names(state, primary));

    let mut placement = Directory::default();
    placement.value("availability-zone", &instance.zone);
    placement.value("availability-zone-id", zone::id(&instance.zone));
    placement.value("host-id", instance.node);
    placement.value("region", &instance.region);
    tree.directory("placement", placement);

    let mut macs = Directory::default();
    for interface in state.interfaces_of_instance(instance.id) {
        macs.directory(interface.mac, about(state, vpc, interface));
    }
    let mut interfaces = Directory::default();
    interfaces.directory("macs", macs);
    let mut network = Directory::default();
    network.directory("interfaces", interfaces);
    tree.directory("network", network);

    if let Some(key) = &instance.key {
        let mut first = Directory::default();
        first.value("openssh-key", &key.public_key);
        let mut keys = Directory::default();
        keys.0.insert("0".to_owned(), Entry::Listed(format!("0={}", key.name), first.0));
        tree.directory("public-keys", keys);
    }
    if instance.metadata.tags {
        let mut of_instance = Directory::default();
        let id = instance.id.to_string();
        let own = |it: &&std::sync::Arc<crate::state::tag::Tag>| {
            it.account == instance.account && it.region == instance.region
        };
        for tag in state.tags_of(&id).filter(own) {
            of_instance.value(&tag.key, &tag.value);
        }
        let mut tags = Directory::default();
        tags.directory("instance", of_instance);
        tree.directory("tags", tags);
    }
    tree
}

/// What there is to say of one interface.
fn about(state: &State, vpc: &Vpc, interface: &NetworkInterface) -> Directory {
    let mut tree = Directory::default();
    tree.lines("device-number", interface.attachment.as_ref().map(|it| it.device_index));
    tree.value("interface-id", interface.id);
    tree.lines("ipv4-prefix", &interface.prefixes);
    tree.lines("ipv6-prefix", &interface.prefixes6);
    tree.lines("ipv6s", &interface.addresses6);
    let first = interface.addresses.first();
    tree.lines("local-hostname", first.map(|it| format!("{}.{}", host_name(*it), domain(state, vpc))));
    tree.lines("local-ipv4s", &interface.addresses);
    tree.value("mac", interface.mac);
    tree.value("owner-id", interface.account);
    let public: Vec<(Ipv4Addr, Ipv4Addr)> = public_addresses(state, interface.id).collect();
    if !public.is_empty() {
        let mut associations = Directory::default();
        for (public, private) in &public {
            associations.value(public, private);
        }
        tree.directory("ipv4-associations", associations);
        tree.lines("public-hostname", public.first().and_then(|it| public_name(vpc, it.0)));
        tree.lines("public-ipv4s", public.iter().map(|it| it.0));
    }
    tree.lines("security-group-ids", &interface.groups);
    tree.lines("security-groups", group_names(state, interface));
    tree.value("subnet-id", interface.subnet);
    if let Some(subnet) = state.subnets.get(&interface.subnet) {
        tree.lines("subnet-ipv4-cidr-block", subnet.prefix);
        tree.lines("subnet-ipv6-cidr-blocks", subnet.block6.as_ref().map(|it| it.prefix));
    }
    tree.value("vpc-id", vpc.id);
    tree.value("vpc-ipv4-cidr-block", vpc.primary());
    tree.lines("vpc-ipv4-cidr-blocks", vpc.blocks.iter().map(|it| it.prefix));
    tree.lines("vpc-ipv6-cidr-blocks", vpc.blocks6.iter().map(|it| it.prefix));
    tree
}

/// The public addresses of an interface, each with the private one that it stands for.
fn public_addresses(state: &State, interface: InterfaceId) -> impl Iterator<Item = (Ipv4Addr, Ipv4Addr)> {
    let rows = state.indexes.addresses_of_interface.of(interface).filter_map(|it| state.addresses.get(&it));
    rows.filter_map(|it| Some((it.public, it.association.as_ref()?.private)))
}

fn public_name(vpc: &Vpc, address: Ipv4Addr) -> Option<String> {
    let named = vpc.dns_support && vpc.dns_hostnames;
    named.then(|| format!("{}.{}", public_host_name(address), public_domain(&vpc.region)))
}

fn group_names<'a>(state: &'a State, interface: &'a NetworkInterface) -> impl Iterator<Item = &'a str> {
    interface.groups.iter().filter_map(|it| Some(state.security_groups.get(it)?.name.as_str()))
}

/// The identity document. Nobody vouches for it: there is no signature beside it.
fn document(instance: &Instance, primary: &NetworkInterface) -> String {
    let launched = jiff::Timestamp::from_second(instance.launched.0.div_euclid(1000)).unwrap_or_default();
    let document = serde_json::json!({
        "accountId": instance.account.to_string(),
        "architecture": architecture(),
        "availabilityZone": instance.zone,
        "billingProducts": null,
        "devpayProductCodes": null,
        "imageId": instance.image,
        "instanceId": instance.id.to_string(),
        "instanceType": instance.instance_type,
        "kernelId": null,
        "marketplaceProductCodes": null,
        "pendingTime": launched.to_string(),
        "privateIp": primary.addresses.first().map(|it| it.to_string()),
        "ramdiskId": null,
        "region": instance.region,
        "version": "2017-09-30",
    });
    format!("{document:#}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::fixture::{IMAGE, World, text};
    use crate::state::address::{Address, AddressAssociation};
    use crate::state::id::{AddressAssociationId, AllocationId, Id, InstanceId};
    use crate::state::instance::InstanceKey;

    /// An instance with two interfaces, the first of them with both families and a public address.
    struct Lab {
        world: World,
        id: InstanceId,
    }

    impl Lab {
        fn new() -> Lab {
            let mut world = World::new();
            let made = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
            let vpc = text(&made, "vpcId").to_owned();
            world.ok("ModifyVpcAttribute", &[("VpcId", vpc.as_str()), ("EnableDnsHostnames.Value", "true")]);
            let shown = world.ok("DescribeVpcs", &[("VpcId.1", &vpc)]);
            let block6 = text(&shown, "ipv6CidrBlock").replace("/56", "/64");
            let zone = ("AvailabilityZone", "us-east-1b");
            let asked = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.0.0/24"), ("Ipv6CidrBlock", &block6), zone];
            let subnet = text(&world.ok("CreateSubnet", &asked), "subnetId").to_owned();
            let made = world.ok(
                "RunInstances",
                &[
                    ("ImageId", IMAGE),
                    ("MinCount", "1"),
                    ("MaxCount", "1"),
                    ("SubnetId", &subnet),
                    ("InstanceType", "t3.small"),
                    ("PrivateIpAddress", "10.0.0.5"),
                    ("Ipv6AddressCount", "1"),
                    ("UserData", "/wDDKA=="),
                    ("TagSpecification.1.ResourceType", "instance"),
                    ("TagSpecification.1.Tag.1.Key", "Name"),
                    ("TagSpecification.1.Tag.1.Value", "a b/c"),
                ],
            );
            let id = text(&made, "instanceId").to_owned();
            let asked = [("SubnetId", subnet.as_str()), ("PrivateIpAddress", "10.0.0.77")];
            let second = world.ok("CreateNetworkInterface", &asked);
            let second = text(&second, "networkInterfaceId").to_owned();
            let place = [("NetworkInterfaceId", second.as_str()), ("InstanceId", &id), ("DeviceIndex", "3")];
            world.ok("AttachNetworkInterface", &place);
            let id: InstanceId = id.parse().unwrap();
            let first = world.state.interfaces_of_instance(id).next().unwrap().clone();
            let (account, region) = world.caller.owner();
            world.commit(|tx| {
                let (id, vpc, interface) = (AddressAssociationId::from_number(1), first.vpc, first.id);
                let association = Some(AddressAssociation { id, vpc, interface, private: first.addresses[0] });
                let (id, public, created) = (AllocationId::from_number(1), Ipv4Addr::new(203, 0, 113, 5), tx.now());
                tx.put(Address { id, account, region, public, automatic: false, association, created });
            });
            Lab { world, id }
        }

        fn instance(&self) -> &Instance {
            self.world.state.instances.get(&self.id).unwrap()
        }

        fn at(&self, path: &str) -> Option<String> {
            look_up(&self.world.state, self.instance(), path).map(|it| String::from_utf8(it).unwrap())
        }

        fn mac(&self, index: usize) -> String {
            self.world.state.interfaces_of_instance(self.id).nth(index).unwrap().mac.to_string()
        }
    }

    #[test]
    fn an_instance_is_told_what_it_is() {
        let lab = Lab::new();
        let interfaces: Vec<_> = lab.world.state.interfaces_of_instance(lab.id).cloned().collect();
        let subnet = lab.world.state.subnets.get(&interfaces[0].subnet).unwrap();
        let instance = lab.instance();
        for (name, expect) in [
            ("ami-id", IMAGE),
            ("ami-launch-index", "0"),
            ("hostname", "ip-10-0-0-5.ec2.internal"),
            ("instance-id", &lab.id.to_string()),
            ("instance-type", "t3.small"),
            ("ipv6", &interfaces[0].addresses6[0].to_string()),
            ("local-hostname", "ip-10-0-0-5.ec2.internal"),
            ("local-ipv4", "10.0.0.5"),
            ("mac", &lab.mac(0)),
            ("placement/availability-zone", "us-east-1b"),
            ("placement/availability-zone-id", "use1-az2"),
            ("placement/host-id", &instance.node.to_string()),
            ("placement/region", "us-east-1"),
            ("public-hostname", "ec2-203-0-113-5.compute-1.amazonaws.com"),
            ("public-ipv4", "203.0.113.5"),
            ("reservation-id", &instance.reservation.to_string()),
            ("security-groups", "default"),
        ] {
            assert_eq!(lab.at(&format!("/latest/meta-data/{name}")).as_deref(), Some(expect), "{name}");
        }
        let vpc = lab.world.state.vpcs.get(&instance.vpc).unwrap();
        for (index, name, expect) in [
            (0, "device-number", "0"),
            (1, "device-number", "3"),
            (0, "interface-id", &*interfaces[0].id.to_string()),
            (1, "interface-id", &interfaces[1].id.to_string()),
            (0, "ipv4-associations/203.0.113.5", "10.0.0.5"),
            (0, "ipv6s", &interfaces[0].addresses6[0].to_string()),
            (1, "local-hostname", "ip-10-0-0-77.ec2.internal"),
            (1, "local-ipv4s", "10.0.0.77"),
            (1, "mac", &lab.mac(1)),
            (0, "owner-id", &instance.account.to_string()),
            (0, "public-hostname", "ec2-203-0-113-5.compute-1.amazonaws.com"),
            (0, "public-ipv4s", "203.0.113.5"),
            (0, "security-group-ids", &interfaces[0].groups[0].to_string()),
            (0, "security-groups", "default"),
            (0, "subnet-id", &subnet.id.to_string()),
            (0, "subnet-ipv4-cidr-block", "10.0.0.0/24"),
            (0, "subnet-ipv6-cidr-blocks", &subnet.block6.as_ref().unwrap().prefix.to_string()),
            (0, "vpc-id", &vpc.id.to_string()),
            (0, "vpc-ipv4-cidr-block", "10.0.0.0/16"),
            (0, "vpc-ipv4-cidr-blocks", "10.0.0.0/16"),
            (0, "vpc-ipv6-cidr-blocks", &vpc.blocks6[0].prefix.to_string()),
        ] {
            let path = format!("/latest/meta-data/network/interfaces/macs/{}/{name}", lab.mac(index));
            assert_eq!(lab.at(&path).as_deref(), Some(expect), "{path}");
        }
        for absent in ["ipv6s", "public-ipv4s", "public-hostname", "ipv4-associations", "ipv4-prefix"] {
            let path = format!("/latest/meta-data/network/interfaces/macs/{}/{absent}", lab.mac(1));
            assert_eq!(lab.at(&path), None, "{path}");
        }
    }

    #[test]
    fn directories_list_what_is_in_them() {
        let lab = Lab::new();
        for (path, expect) in [
            ("/latest", "dynamic\nmeta-data\nuser-data"),
            ("/latest/", "dynamic\nmeta-data\nuser-data"),
            ("//2021-07-15", "dynamic\nmeta-data\nuser-data"),
            ("/latest/dynamic", "instance-identity/"),
            ("/latest/dynamic/instance-identity/", "document"),
            ("/latest/meta-data/network", "interfaces/"),
            ("/latest/meta-data/placement/", "availability-zone\navailability-zone-id\nhost-id\nregion"),
        ] {
            assert_eq!(lab.at(path).as_deref(), Some(expect), "{path}");
        }
        let root = lab.at("/").unwrap();
        assert!(root.starts_with("1.0\n2007-01-19\n") && root.ends_with("\nlatest"), "{root}");
        let all = lab.at("/latest/meta-data/").unwrap();
        assert!(all.contains("mac\nnetwork/\nplacement/\npublic-hostname\n"), "{all}");
        let mut macs = [0, 1].map(|it| lab.mac(it) + "/");
        macs.sort();
        assert_eq!(lab.at("/latest/meta-data/network/interfaces/macs").unwrap(), macs.join("\n"));
        for absent in ["/newest", "/latest/meta", "/latest/meta-data/iam", "/latest/meta-data/mac/x", "/1999-01-01/"] {
            assert_eq!(lab.at(absent), None, "{absent}");
        }
    }

    #[test]
    fn user_data_comes_as_the_bytes_it_was_given_as() {
        let lab = Lab::new();
        let data = look_up(&lab.world.state, lab.instance(), "/latest/user-data");
        assert_eq!(data.as_deref(), Some(&[0xff, 0x00, 0xc3, 0x28][..]));
        let without = Instance { user_data: None, ..lab.instance().clone() };
        assert_eq!(look_up(&lab.world.state, &without, "/latest/user-data"), None);
        assert_eq!(look_up(&lab.world.state, &without, "/latest").unwrap(), b"dynamic\nmeta-data");
    }

    #[test]
    fn the_key_of_the_launch_is_listed_by_its_name() {
        let lab = Lab::new();
        assert_eq!(lab.at("/latest/meta-data/public-keys"), None);
        let key = InstanceKey { name: "mine".to_owned(), public_key: "ssh-ed25519 AAAA mine".to_owned() };
        let with = Instance { key: Some(key), ..lab.instance().clone() };
        let at = |path: &str| {
            let found = look_up(&lab.world.state, &with, &format!("/latest/meta-data/{path}"));
            String::from_utf8(found.unwrap()).unwrap()
        };
        assert_eq!(at("public-keys/"), "0=mine");
        assert_eq!(at("public-keys/0/"), "openssh-key");
        assert_eq!(at("public-keys/0/openssh-key"), "ssh-ed25519 AAAA mine");
    }

    #[test]
    fn tags_are_told_where_the_options_say_so() {
        let mut lab = Lab::new();
        assert_eq!(lab.at("/latest/meta-data/tags"), None);
        let id = lab.id.to_string();
        let on = [("InstanceId", id.as_str()), ("InstanceMetadataTags", "enabled")];
        lab.world.ok("ModifyInstanceMetadataOptions", &on);
        assert_eq!(lab.at("/latest/meta-data/tags/").as_deref(), Some("instance/"));
        assert_eq!(lab.at("/latest/meta-data/tags/instance").as_deref(), Some("Name"));
        assert_eq!(lab.at("/latest/meta-data/tags/instance/Name").as_deref(), Some("a b/c"));
        let tag = [("ResourceId.1", id.as_str()), ("Tag.1.Key", "Team"), ("Tag.1.Value", "")];
        lab.world.ok("CreateTags", &tag);
        assert_eq!(lab.at("/latest/meta-data/tags/instance/").as_deref(), Some("Name\nTeam"));
        assert_eq!(lab.at("/latest/meta-data/tags/instance/Team").as_deref(), Some(""));
    }

    #[test]
    fn the_identity_document_says_who_and_where() {
        let lab = Lab::new();
        let document = lab.at("/latest/dynamic/instance-identity/document").unwrap();
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        for (name, expect) in [
            ("accountId", lab.instance().account.to_string()),
            ("availabilityZone", "us-east-1b".to_owned()),
            ("imageId", IMAGE.to_owned()),
            ("instanceId", lab.id.to_string()),
            ("instanceType", "t3.small".to_owned()),
            ("privateIp", "10.0.0.5".to_owned()),
            ("region", "us-east-1".to_owned()),
        ] {
            assert_eq!(document[name], expect, "{name}");
        }
        let time = document["pendingTime"].as_str().unwrap();
        assert!(time.len() == 20 && time.starts_with("2026-11-1") && time.ends_with('Z'), "{time}");
    }
}
