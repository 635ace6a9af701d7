//! Nodes, as the dedicated hosts that EC2 knows: what `Placement.HostId` can name.
//!
//! A node belongs to the cluster, not to an account: every account sees every node as its own host, but only its own
//! instances and tags on it.

use std::sync::Arc;

use super::error::{Error, Kind, Result};
use super::list::{list, named_or};
use super::scope::{Scope, View, parse_id};
use super::zone;
use crate::state::id::{Id, InstanceId, NodeId, VpcId};
use crate::state::node::Node;
use crate::wire::Timestamp;
use crate::wire::shapes::*;

/// The node with this id, if it serves the caller's region.
pub fn find(scope: &impl Scope, id: &str) -> Result<Arc<Node>> {
    let kind = Kind::Host;
    let node = scope.state().nodes.get(&parse_id::<NodeId>(kind, id)?);
    let here = node.filter(|it| zones(scope, it).next().is_some());
    here.cloned().ok_or_else(|| Error::NotFound { kind, id: id.to_owned() })
}

/// The zones of the caller's region that the node serves.
fn zones(scope: &impl Scope, node: &Node) -> impl Iterator<Item = String> {
    scope.caller().zones().into_iter().filter(|it| node.serves(it))
}

/// `DescribeHosts`: the nodes that serve the region.
pub fn describe(view: &View<'_>, input: DescribeHostsRequest) -> Result<DescribeHostsResult> {
    let here = view.state.nodes.iter().filter(|it| zones(view, it).next().is_some());
    let rows = named_or(view, &input.host_ids, "HostId", |id| find(view, id), here)?;
    let (hosts, next_token) = list(view, rows.iter(), |node, name| values(view, node, name), |node| show(view, node))?;
    Ok(DescribeHostsResult { hosts, next_token })
}

/// What a node holds for a filter. It is found under every zone that it serves, though it is shown in the first.
fn values(view: &View<'_>, node: &Node, filter: &str) -> Option<Vec<String>> {
    let tags = |one: fn(Tag) -> Option<String>| tags(view, node).into_iter().filter_map(one).collect();
    Some(match filter {
        "auto-placement" => vec!["on".to_owned()],
        "availability-zone" => zones(view, node).collect(),
        // A node is of no instance type, and nobody has allocated or reserved it.
        "client-token" | "host-reservation-id" | "instance-type" => Vec::new(),
        "state" => vec![state(view, node).to_owned()],
        "tag-key" => tags(|it| it.key),
        "tag-value" => tags(|it| it.value),
        _ => {
            let key = filter.strip_prefix("tag:")?;
            let held = self::tags(view, node).into_iter().filter(|it| it.key.as_deref() == Some(key));
            held.filter_map(|it| it.value).collect()
        }
    })
}

/// A node that has not been heard of lately may have failed.
fn state(view: &View<'_>, node: &Node) -> &'static str {
    if view.realised.nodes.contains_key(&node.id) { "available" } else { "under-assessment" }
}

/// The caller's tags of a node. EC2 has no place for a host's name, so that it is shown as the tag that consoles take
/// for a name, unless the caller has given one.
fn tags(scope: &impl Scope, node: &Node) -> Vec<Tag> {
    let mut tags = scope.tags(node.id);
    if !tags.iter().any(|it| it.key.as_deref() == Some("Name")) {
        tags.push(Tag { key: Some("Name".to_owned()), value: Some(node.name.clone()) });
    }
    tags
}

fn show(view: &View<'_>, node: &Node) -> Host {
    let zone = zones(view, node).next();
    Host {
        allocation_time: Some(Timestamp(node.created.0)),
        allows_multiple_instance_types: Some("on".to_owned()),
        auto_placement: Some("on".to_owned()),
        availability_zone_id: zone.as_deref().map(zone::id),
        availability_zone: zone,
        host_id: Some(node.id.to_string()),
        host_maintenance: Some("off".to_owned()),
        host_recovery: Some("off".to_owned()),
        instances: instances(view, node),
        member_of_service_linked_resource_group: Some(false),
        owner_id: Some(view.caller.account.to_string()),
        state: Some(state(view, node).to_owned()),
        tags: tags(view, node),
        ..Default::default()
    }
}

/// The caller's instances on a node.
fn instances(view: &View<'_>, node: &Node) -> Vec<HostInstance> {
    let first = (node.id, VpcId::from_number(0), InstanceId::from_number(0));
    let ids = view.state.indexes.instances_on_node.from(first).take_while(|it| it.0 == node.id).map(|it| it.2);
    let instances = ids.filter_map(|id| view.state.instances.get(&id));
    let own = instances.filter(|it| it.account == view.caller.account && it.region == view.caller.region);
    let shown = own.map(|it| HostInstance {
        instance_id: Some(it.id.to_string()),
        instance_type: Some(it.instance_type.clone()),
        owner_id: Some(it.account.to_string()),
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use crate::ec2::fixture::{World, text, texts};
    use crate::ec2::image::HOST_IMAGE;
    use crate::state::id::NodeId;
    use crate::state::node::Node;
    use crate::wire::shapes::documented_filters;

    /// Adds a node, and answers its id.
    fn node(world: &mut World, name: &str, zones: &[&str]) -> String {
        let zones = zones.iter().map(|it| (*it).to_owned()).collect();
        world.commit(|tx| {
            let id = tx.mint::<NodeId>();
            tx.put(Node { id, name: name.to_owned(), zones, egress: Default::default(), created: tx.now() });
        });
        let node = world.state.nodes.iter().find(|it| it.name == name);
        node.expect("it was put").id.to_string()
    }

    #[test]
    fn a_node_is_a_host_of_every_account_under_its_name() {
        let mut world = World::new();
        for account in [1, 2] {
            world.become_account(account);
            let answer = world.ok("DescribeHosts", &[]);
            assert_eq!(text(&answer, "ownerId"), world.caller.account.to_string());
            assert_eq!(text(&answer, "state"), "available");
            assert_eq!(text(&answer, "availabilityZone"), "us-east-1a");
            assert_eq!(text(&answer, "availabilityZoneId"), "use1-az1");
            assert_eq!((text(&answer, "key"), text(&answer, "value")), ("Name", "node-1"));
        }
    }

    #[test]
    fn a_node_is_seen_in_its_zones_only() {
        let mut world = World::new();
        let far = node(&mut world, "far", &["eu-central-1a"]);
        let near = node(&mut world, "near", &["us-east-1c", "us-east-1b"]);
        let hosts =
            world.ok("DescribeHosts", &[("Filter.1.Name", "availability-zone"), ("Filter.1.Value.1", "us-east-1c")]);
        assert_eq!(texts(&hosts, "hostId").len(), 2);
        let hosts = world.ok("DescribeHosts", &[("HostId.1", &near)]);
        assert_eq!(text(&hosts, "availabilityZone"), "us-east-1b");
        assert_eq!(world.code("DescribeHosts", &[("HostId.1", &far)]), "InvalidHostID.NotFound");
        assert_eq!(world.code("DescribeHosts", &[("HostId.1", "h-1")]), "InvalidHostID.Malformed");
    }

    /// Runs an instance of the caller on the only node, and answers its id.
    fn instance(world: &mut World) -> String {
        world.ok("CreateDefaultVpc", &[]);
        let parameters = [("ImageId", HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "1"), ("InstanceType", "t3.micro")];
        text(&world.ok("RunInstances", &parameters), "instanceId").to_owned()
    }

    #[test]
    fn an_account_sees_no_other_accounts_instances_on_a_node() {
        let mut world = World::new();
        let mine = instance(&mut world);
        world.become_account(2);
        assert_eq!(texts(&world.ok("DescribeHosts", &[]), "instanceId"), [""; 0]);
        let theirs = instance(&mut world);
        assert_eq!(texts(&world.ok("DescribeHosts", &[]), "instanceId"), [theirs]);
        world.become_account(1);
        assert_eq!(texts(&world.ok("DescribeHosts", &[]), "instanceId"), [mine]);
    }

    #[test]
    fn an_accounts_tags_on_a_node_are_its_own() {
        let mut world = World::new();
        let host = text(&world.ok("DescribeHosts", &[]), "hostId").to_owned();
        world.ok("CreateTags", &[("ResourceId.1", &host), ("Tag.1.Key", "Name"), ("Tag.1.Value", "mine")]);
        let named = |name| [("Filter.1.Name", "tag:Name"), ("Filter.1.Value.1", name)];
        assert_eq!(texts(&world.ok("DescribeHosts", &named("mine")), "hostId"), [&host]);
        assert_eq!(texts(&world.ok("DescribeHosts", &named("node-1")), "hostId"), [""; 0]);
        world.become_account(2);
        assert_eq!(texts(&world.ok("DescribeHosts", &named("mine")), "hostId"), [""; 0]);
        assert_eq!(texts(&world.ok("DescribeHosts", &named("node-1")), "hostId"), [&host]);
        world.ok("CreateTags", &[("ResourceId.1", &host), ("Tag.1.Key", "Name"), ("Tag.1.Value", "other")]);
        world.become_account(1);
        assert_eq!(texts(&world.ok("DescribeHosts", &named("mine")), "hostId"), [&host]);
    }

    #[test]
    fn every_documented_filter_is_known_and_no_other() {
        let mut world = World::new();
        for filter in documented_filters("DescribeHosts") {
            world.ok("DescribeHosts", &[("Filter.1.Name", filter), ("Filter.1.Value.1", "x")]);
        }
        let unknown = [("Filter.1.Name", "host-name"), ("Filter.1.Value.1", "x")];
        assert_eq!(world.code("DescribeHosts", &unknown), "InvalidParameterValue");
    }

    #[test]
    fn hosts_come_in_pages() {
        let mut world = World::new();
        node(&mut world, "second", &[]);
        let first = world.ok("DescribeHosts", &[("MaxResults", "1")]);
        let token = text(&first, "nextToken").to_owned();
        let second = world.ok("DescribeHosts", &[("MaxResults", "1"), ("NextToken", &token)]);
        assert_ne!(text(&first, "hostId"), text(&second, "hostId"));
        assert!(texts(&second, "nextToken").is_empty());
    }
}
