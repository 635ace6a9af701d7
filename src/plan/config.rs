//! What one node's kernel should hold: namespaces, and in each its links, addresses, neighbours, routes, rules and
//! firewall. Ordered, comparable, printable; says nothing about what the kernel holds now.
//!
//! ```text
//!  instance ── router ── edge ── home
//!  instance ──┘ │  └── router of a peer
//!  NAT gateway ─┘
//! ```
//!
//! A router is one VPC on this node. Behind the routers with a way out lies the edge, where public addresses live; it
//! alone touches the node's own network, its home. All of them are just namespaces here, joined by pairs of links.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Serialize, Serializer};

use crate::net::{Bandwidth, Mac, Prefix};
use crate::plan::flow::Counted;
use crate::plan::printed;
use crate::plan::ruleset::Ruleset;
use crate::state::id::VpcId;

/// Everything of ours on one node. Values are shared with the plan before where nothing changed, so that a pass
/// compares pointers first.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NodeConfig {
    /// Every namespace but those of instances. Of the node's own one, what is ours in it; absent when nothing is.
    pub namespaces: OrdMap<NamespaceId, Arc<Namespace>>,
    /// One per instance on this node, by its id (`i-…`).
    pub instances: OrdMap<String, Arc<Instance>>,
    /// What is answered inside the routers, by VPC.
    pub services: OrdMap<VpcId, Arc<Services>>,
    /// What is counted for flow logs, by VPC.
    pub flows: OrdMap<VpcId, Arc<Counted>>,
}

/// Where a router answers by itself. All of these are addresses of its own, on its link `lo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Services {
    /// Where names are looked up, at port 53; nowhere in a VPC without DNS support.
    pub resolvers: Vec<IpAddr>,
    /// Where instances ask what they are, at port 80.
    pub metadata: Vec<IpAddr>,
}

/// Which namespace of a node this is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamespaceId {
    /// The node's own network namespace, which is not ours.
    Home,
    /// Where the public addresses of all VPCs on this node meet.
    Edge,
    /// One per VPC with an interface on this node, by the VPC's id (`vpc-…`).
    Router(String),
    /// One per NAT gateway on this node, by its id (`nat-…`).
    NatGateway(String),
    /// One per instance on this node, by its id (`i-…`).
    Instance(String),
}

impl fmt::Display for NamespaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NamespaceId::Home => f.write_str("home"),
            NamespaceId::Edge => f.write_str("edge"),
            NamespaceId::Router(id) | NamespaceId::NatGateway(id) | NamespaceId::Instance(id) => f.write_str(id),
        }
    }
}

impl Serialize for NamespaceId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// An instance: a namespace with, perhaps, a main process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Instance {
    /// Counts the instance's starts: a namespace of an earlier start is torn down, with its processes, and made anew.
    pub launch: u32,
    pub namespace: Namespace,
    /// The script (its first line begins with `#!`) that runs as the main process of this start.
    #[serde(serialize_with = "printed::text")]
    pub main: Option<Arc<[u8]>>,
    /// The name servers of the resolver file that processes of the instance see.
    pub resolvers: Vec<IpAddr>,
    /// The domain that the resolver file searches.
    pub domain: String,
    /// The instance's host name inside its VPC.
    pub host_name: String,
}

/// What one network namespace holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Namespace {
    pub links: OrdMap<LinkName, Link>,
    /// How much passes a link at most, in each direction by itself. What is not here is not limited.
    pub limits: OrdMap<LinkName, Bandwidth>,
    /// Addresses on links, with their prefix lengths.
    pub addresses: BTreeSet<(LinkName, Prefix)>,
    /// Permanent neighbour entries: nothing is learned by ARP or neighbour discovery.
    #[serde(serialize_with = "printed::entries")]
    pub neighbours: OrdMap<(LinkName, IpAddr), Mac>,
    #[serde(serialize_with = "printed::entries")]
    pub routes: OrdMap<RouteKey, Route>,
    /// Policy rules by priority, for both families where they name none. Where there are any, they are all there
    /// are, but for the kernel's own `local` rule (priority 0); where there are none, the kernel's own stay.
    pub rules: BTreeMap<u32, RoutingRule>,
    /// Whether packets are forwarded between the links.
    pub forwarding: bool,
    /// After how many seconds without a packet a flow is forgotten, whatever its protocol and state; the kernel's own
    /// times if absent.
    pub flow_idle: Option<u32>,
    pub firewall: Ruleset,
}

/// A kernel device name: at most 15 bytes.
pub type LinkName = String;

/// One end of a veth pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Link {
    pub mac: Mac,
    /// In bytes.
    pub mtu: u32,
    pub peer: Peer,
}

/// The other end of a veth pair. Of two ends the one in the lesser namespace is created; the other comes with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Peer {
    pub namespace: NamespaceId,
    pub link: LinkName,
}

/// What identifies a route: its kernel table and its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RouteKey {
    pub table: u32,
    pub destination: Prefix,
}

/// Where a route sends its packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Route {
    /// To the link itself: `ip route add 10.0.1.10/32 dev eni-x`.
    Link { link: LinkName, source: Option<IpAddr> },
    /// Through a neighbour on the link: `ip route add default via 169.254.1.1 dev eth0 onlink`.
    Via { gateway: IpAddr, link: LinkName, source: Option<IpAddr> },
    /// Dropped without an answer.
    Blackhole,
    /// Not decided by this table: the look-up goes on with the next rule.
    Throw,
}

/// `ip rule`: packets with this mark and this source look at this table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoutingRule {
    /// Value and mask of the packet mark, or every packet.
    pub mark: Option<(u32, u32)>,
    /// The block that the source lies in, or any source; the rule is then of that family only.
    pub from: Option<Prefix>,
    pub table: u32,
}
