//! `culvert ps`: the account's instances, as EC2 describes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::client::{Client, Items, Paged};
use super::table::{print, table};

/// Options of `culvert ps`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Lists terminated instances too
    #[arg(long, short)]
    all: bool,
    /// Prints an array of objects for programs
    #[arg(long)]
    json: bool,
}

pub(crate) fn ps(client: &Client, args: &Args) -> anyhow::Result<()> {
    let hosts: Vec<DescribeHosts> = client.ec2_pages("DescribeHosts")?;
    let names: BTreeMap<String, String> = hosts
        .into_iter()
        .flat_map(|it| it.host_set.item)
        .filter_map(|it| Some((it.host_id.clone(), name(&it.tag_set)?)))
        .collect();
    let pages: Vec<DescribeInstances> = client.ec2_pages("DescribeInstances")?;
    let instances = pages.into_iter().flat_map(|it| it.reservation_set.item).flat_map(|it| it.instances_set.item);
    let now = jiff::Timestamp::now();
    let lines: Vec<Line> =
        instances.map(|it| Line::of(it, &names, now)).filter(|it| args.all || it.state != "terminated").collect();
    let text = match args.json {
        true => serde_json::to_string_pretty(&lines)? + "\n",
        false => shown(&lines),
    };
    Ok(print(&text)?)
}

/// An answer of `DescribeHosts`, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeHosts {
    #[serde(default)]
    pub(crate) host_set: Items<Host>,
    next_token: Option<String>,
}

/// A node as EC2's dedicated host.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Host {
    pub(crate) host_id: String,
    #[serde(default)]
    pub(crate) tag_set: Items<Tag>,
}

/// A tag of a resource.
#[derive(Debug, Deserialize)]
pub(crate) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// The value of the tag `Name`.
pub(crate) fn name(tags: &Items<Tag>) -> Option<String> {
    tags.item.iter().find(|it| it.key == "Name").map(|it| it.value.clone())
}

/// An answer of `DescribeInstances`, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeInstances {
    #[serde(default)]
    pub(crate) reservation_set: Items<Reservation>,
    next_token: Option<String>,
}

/// Instances that were launched together; also the answer of `RunInstances`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reservation {
    #[serde(default)]
    pub(crate) instances_set: Items<Instance>,
}

/// An instance, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Instance {
    pub(crate) instance_id: String,
    pub(crate) instance_state: InstanceState,
    pub(crate) state_reason: Option<StateReason>,
    #[serde(default)]
    tag_set: Items<Tag>,
    placement: Option<Placement>,
    subnet_id: Option<String>,
    launch_time: Option<String>,
    private_ip_address: Option<String>,
    #[serde(default)]
    group_set: Items<Group>,
    #[serde(default)]
    network_interface_set: Items<Interface>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InstanceState {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StateReason {
    pub(crate) message: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Placement {
    host_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    group_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interface {
    #[serde(default)]
    private_ip_addresses_set: Items<PrivateAddress>,
    #[serde(default)]
    ipv6_addresses_set: Items<Ipv6Address>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrivateAddress {
    private_ip_address: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ipv6Address {
    ipv6_address: String,
}

impl Paged for DescribeHosts {
    fn next_token(&mut self) -> Option<String> {
        self.next_token.take()
    }
}

impl Paged for DescribeInstances {
    fn next_token(&mut self) -> Option<String> {
        self.next_token.take()
    }
}

/// What is said of an instance, named as EC2 names it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    instance_id: String,
    name: Option<String>,
    state: String,
    /// The name of the node, or its id where it has none.
    node: Option<String>,
    private_ip_addresses: Vec<String>,
    ipv6_addresses: Vec<String>,
    security_groups: Vec<String>,
    subnet_id: Option<String>,
    launch_time: Option<String>,
    age_seconds: Option<i64>,
}

impl Line {
    fn of(instance: Instance, nodes: &BTreeMap<String, String>, now: jiff::Timestamp) -> Line {
        let (mut four, mut six) = (Vec::new(), Vec::new());
        for interface in instance.network_interface_set.item {
            four.extend(interface.private_ip_addresses_set.item.into_iter().map(|it| it.private_ip_address));
            six.extend(interface.ipv6_addresses_set.item.into_iter().map(|it| it.ipv6_address));
        }
        if four.is_empty() {
            four.extend(instance.private_ip_address);
        }
        let node = instance.placement.and_then(|it| it.host_id);
        let launched = instance.launch_time.as_deref().and_then(|it| it.parse::<jiff::Timestamp>().ok());
        Line {
            name: name(&instance.tag_set),
            instance_id: instance.instance_id,
            state: instance.instance_state.name,
            node: node.map(|it| nodes.get(&it).cloned().unwrap_or(it)),
            private_ip_addresses: four,
            ipv6_addresses: six,
            security_groups: instance.group_set.item.into_iter().map(|it| it.group_id).collect(),
            subnet_id: instance.subnet_id,
            launch_time: instance.launch_time,
            age_seconds: launched.map(|it| (now.as_second() - it.as_second()).max(0)),
        }
    }
}

fn shown(lines: &[Line]) -> String {
    let or_dash = |it: Option<&str>| it.filter(|it| !it.is_empty()).unwrap_or("-").to_owned();
    let rows: Vec<_> = lines
        .iter()
        .map(|it| {
            let addresses = [it.private_ip_addresses.as_slice(), &it.ipv6_addresses].concat().join(",");
            [
                it.instance_id.clone(),
                or_dash(it.name.as_deref()),
                it.state.clone(),
                or_dash(it.node.as_deref()),
                or_dash(Some(&addresses)),
                or_dash(Some(&it.security_groups.join(","))),
                or_dash(it.subnet_id.as_deref()),
                it.age_seconds.map(age).unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    table(["INSTANCE", "NAME", "STATE", "NODE", "ADDRESSES", "SECURITY GROUPS", "SUBNET", "AGE"], &rows)
}

/// The age in its largest whole unit.
fn age(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><reservationSet>
<item><reservationId>r-1</reservationId><groupSet/><instancesSet><item><instanceId>i-1</instanceId><instanceState>
<code>16</code><name>running</name></instanceState><launchTime>2026-11-22T03:01:52.000Z</launchTime>
<placement><hostId>h-1</hostId></placement><subnetId>subnet-1</subnetId><groupSet><item><groupId>sg-1</groupId>
<groupName>a &amp; b</groupName></item><item><groupId>sg-2</groupId></item></groupSet><tagSet><item><key>Name</key>
<value>we&lt;b</value></item></tagSet><networkInterfaceSet><item><ipv6AddressesSet><item><ipv6Address>fd00::1</ipv6Address>
</item></ipv6AddressesSet><privateIpAddressesSet><item><privateIpAddress>10.0.0.4</privateIpAddress><primary>true</primary>
</item><item><privateIpAddress>10.0.0.5</privateIpAddress></item></privateIpAddressesSet></item></networkInterfaceSet></item>
</instancesSet></item><item><instancesSet><item><instanceId>i-2</instanceId><instanceState><code>48</code>
<name>terminated</name></instanceState><tagSet/><networkInterfaceSet/></item></instancesSet></item></reservationSet>
<nextToken>more</nextToken></DescribeInstancesResponse>"#;

    fn lines() -> Vec<Line> {
        let mut answer: DescribeInstances = quick_xml::de::from_str(ANSWER).unwrap();
        assert_eq!(answer.next_token().as_deref(), Some("more"));
        let nodes = BTreeMap::from([("h-1".to_owned(), "laptop".to_owned())]);
        let now = "2026-11-22T05:01:53Z".parse().unwrap();
        let instances = answer.reservation_set.item.into_iter().flat_map(|it| it.instances_set.item);
        instances.map(|it| Line::of(it, &nodes, now)).collect()
    }

    #[test]
    fn instances_are_listed_with_all_their_addresses() {
        let text = shown(&lines());
        let words: Vec<Vec<&str>> = text.lines().map(|it| it.split_whitespace().collect()).collect();
        let first = ["i-1", "we<b", "running", "laptop", "10.0.0.4,10.0.0.5,fd00::1", "sg-1,sg-2", "subnet-1", "2h"];
        assert_eq!(words[1], first);
        assert_eq!(words[2], ["i-2", "-", "terminated", "-", "-", "-", "-", "-"]);
    }

    #[test]
    fn programs_read_the_same_facts() {
        let json = serde_json::to_value(lines()).unwrap();
        assert_eq!(json[0]["PrivateIpAddresses"][1], "10.0.0.5");
        assert_eq!(json[0]["AgeSeconds"], 7201);
        assert_eq!(json[1]["Name"], serde_json::Value::Null);
    }

    #[test]
    fn an_empty_answer_is_an_empty_list() {
        let none = "<DescribeHostsResponse><requestId>r</requestId><hostSet/></DescribeHostsResponse>";
        assert!(quick_xml::de::from_str::<DescribeHosts>(none).unwrap().host_set.item.is_empty());
        let none = "<DescribeInstancesResponse><requestId>r</requestId></DescribeInstancesResponse>";
        assert!(quick_xml::de::from_str::<DescribeInstances>(none).unwrap().reservation_set.item.is_empty());
    }
}
