//! How namespaces are joined: the names of links, and the addresses that are the same on all of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::config::{Link, LinkName, Namespace, NamespaceId, Peer, Route};
use crate::net::{Ipv4Net, Ipv6Net, Mac, Prefix};
use crate::state::id::{InterfaceId, NatGatewayId, PeeringConnectionId, VpcId};

/// The router as the workload on a link sees it.
pub const GATEWAY4: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);
pub const GATEWAY6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// Whoever is at the far end of a link, as routes name it.
const FAR4: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 2);
const FAR6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);

/// The router's table with every address of the VPC.
pub const VPC_TABLE: u32 = 100;

/// The kernel's main table.
pub const MAIN_TABLE: u32 = 254;

/// In bytes.
pub const MTU: u32 = 1500;

pub const EVERYTHING4: Prefix = Prefix::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));
pub const EVERYTHING6: Prefix = Prefix::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0));

/// The router's link to the edge.
pub const INTERNET: &str = "internet";

/// The edge's link to the node's own namespace.
pub const HOME: &str = "home";

/// The only link of a NAT gateway's namespace, and the first of an instance's.
pub const FIRST_DEVICE: &str = "eth0";

/// The name of an interface's link in the router: what fits of its id in the kernel's 15 bytes. Two interfaces of one
/// VPC share it once in 2^44.
pub fn interface_link(interface: InterfaceId) -> LinkName {
    shortened(interface)
}

/// The name of an interface's link in its instance.
pub fn device(index: u8) -> LinkName {
    format!("eth{index}")
}

/// The name of a NAT gateway's link in the router.
pub fn nat_link(gateway: NatGatewayId) -> LinkName {
    shortened(gateway)
}

/// The name of a peering connection's link in both routers.
pub fn peering_link(connection: PeeringConnectionId) -> LinkName {
    shortened(connection)
}

/// The name of a router's link in the edge.
pub fn router_link(vpc: VpcId) -> LinkName {
    shortened(vpc)
}

/// The name of the edge's link in the node's own namespace, which nodes on one machine share.
pub fn edge_link(tag: &str) -> LinkName {
    format!("cv-{tag}")
}

fn shortened(id: impl std::fmt::Display) -> LinkName {
    id.to_string()[..15].to_owned()
}

/// An end of a pair whose other end is this one.
pub fn end(namespace: NamespaceId, peer: &str) -> Link {
    Link { mac: Mac::GATEWAY, mtu: MTU, peer: Peer { namespace, link: peer.to_owned() } }
}

/// The neighbours by which the other end of a link, which has this hardware address, can be routed to.
pub fn neighbours(name: &str, far: Mac) -> [((LinkName, IpAddr), Mac); 2] {
    [IpAddr::V4(FAR4), IpAddr::V6(FAR6)].map(|it| ((name.to_owned(), it), far))
}

impl Namespace {
    /// Adds a link whose other end has this hardware address, and can be routed to.
    pub fn join(&mut self, name: &str, namespace: NamespaceId, peer: &str, far: Mac) {
        self.links.insert(name.to_owned(), end(namespace, peer));
        self.neighbours.extend(neighbours(name, far));
    }
}

/// The route of a destination to whoever is at the far end of the link.
pub fn far(link: &str, destination: Prefix) -> Route {
    let gateway = match destination {
        Prefix::V4(_) => IpAddr::V4(FAR4),
        Prefix::V6(_) => IpAddr::V6(FAR6),
    };
    Route::Via { gateway, link: link.to_owned(), source: None }
}
