//! A VPC on one node as namespaces: its router, and its instances.
//!
//! Layer 3 only. Each interface is a veth pair; a workload has its address as a single host and one gateway, whose
//! hardware address it knows beforehand, so that nothing is ever asked or learned on a link.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::config::{Instance, Link, LinkName, Namespace, NamespaceId, Peer, Route, RouteKey, RoutingRule};
use super::firewall::{Guarded, firewall};
use super::group::CompiledGroup;
use super::services;
use crate::net::{Ipv4Net, Ipv6Net, Mac, Prefix};
use crate::state::State;
use crate::state::id::{InterfaceId, SecurityGroupId};
use crate::state::instance;
use crate::state::network_interface::NetworkInterface;
use crate::state::vpc::Vpc;

/// The gateway that every workload sees, on every link.
const GATEWAY4: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);
const GATEWAY6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// The router's table with every interface of the VPC, and its place among the rules.
const VPC_TABLE: u32 = 100;

/// The kernel's own table, and the place of its rule.
const MAIN_TABLE: u32 = 254;
const MAIN_PRIORITY: u32 = 32766;

/// The tables of an instance's second interface and those behind it: this, and the device index. The kernel's own
/// lie at 253 to 255, which are device indices too.
const DEVICE_TABLES: u32 = 1000;

/// In bytes.
const MTU: u32 = 1500;

/// The name of an interface's link in the router: what fits of its id in the kernel's 15 bytes. Two interfaces of one
/// VPC share it once in 2^44.
pub fn link_name(interface: InterfaceId) -> LinkName {
    interface.to_string()[..15].to_owned()
}

/// The name of an interface's link in its instance.
fn device_name(index: u8) -> LinkName {
    format!("eth{index}")
}

/// The router of a VPC with these interfaces, all attached to running instances of one node.
pub fn router(
    state: &State,
    vpc: &Vpc,
    interfaces: &[Arc<NetworkInterface>],
    groups: &BTreeMap<SecurityGroupId, Arc<CompiledGroup>>,
) -> Namespace {
    let mut namespace = Namespace { forwarding: true, ..Namespace::default() };
    namespace.rules.insert(VPC_TABLE, RoutingRule { mark: None, from: None, table: VPC_TABLE });
    // An address that nobody has is nowhere: packets for it end here and are not answered.
    for everything in [Prefix::V4(Ipv4Net::default()), Prefix::V6(Ipv6Net::default())] {
        namespace.routes.insert(RouteKey { table: VPC_TABLE, destination: everything }, Route::Blackhole);
    }

    let mut links = Vec::with_capacity(interfaces.len());
    let mut identities = BTreeMap::new();
    for interface in interfaces {
        let Some(attachment) = &interface.attachment else { continue };
        let link = link_name(interface.id);
        let peer = Peer {
            namespace: NamespaceId::Instance(attachment.instance.to_string()),
            link: device_name(attachment.device_index),
        };
        namespace.links.insert(link.clone(), Link { mac: Mac::GATEWAY, mtu: MTU, peer });
        let addresses: Vec<IpAddr> = interface.all_addresses().collect();
        for address in &addresses {
            namespace.neighbours.insert((link.clone(), *address), interface.mac);
            let key = RouteKey { table: VPC_TABLE, destination: Prefix::from(*address) };
            namespace.routes.insert(key, Route::Link { link: link.clone(), source: None });
        }
        if let Some(identity) = state.identities.get(&(vpc.id, interface.identity)) {
            identities.insert(interface.identity, identity.groups.clone());
        }
        links.push((link, interface, addresses));
    }

    let guarded: Vec<_> = links
        .iter()
        .map(|(link, interface, addresses)| Guarded {
            link,
            identity: interface.identity,
            addresses,
            source_check: interface.source_dest_check,
        })
        .collect();
    let worn = identities.values().flatten().collect::<std::collections::BTreeSet<_>>();
    let compiled: Vec<_> = worn.into_iter().filter_map(|id| groups.get(id)).cloned().collect();
    let everyone = state.indexes.interfaces_of_vpc.of(vpc.id).filter_map(|id| state.network_interfaces.get(&id));
    let receivers = everyone.flat_map(|it| it.all_addresses().map(|address| (address, it.identity)));
    let generation = state.indexes.vpc_revision(vpc.id);
    namespace.firewall = firewall(&guarded, &identities, &compiled, receivers, generation);
    namespace
}

/// An instance's own namespace.
pub fn instance(state: &State, vpc: &Vpc, row: &instance::Instance) -> Instance {
    let mut namespace = Namespace::default();
    for interface in state.interfaces_of_instance(row.id) {
        let Some(attachment) = &interface.attachment else { continue };
        device(&mut namespace, &vpc.id.to_string(), interface, attachment.device_index);
    }
    let four = namespace.addresses.iter().any(|(_, prefix)| matches!(prefix, Prefix::V4(_)));
    let (resolvers, domain) = services::resolver_file(state, vpc, four);
    Instance {
        launch: row.launch,
        namespace,
        main: main_script(row),
        resolvers,
        domain,
        host_name: row.host_name.clone(),
    }
}

/// One interface inside its instance.
fn device(namespace: &mut Namespace, vpc: &str, interface: &NetworkInterface, index: u8) {
    let link = device_name(index);
    let peer = Peer { namespace: NamespaceId::Router(vpc.to_owned()), link: link_name(interface.id) };
    namespace.links.insert(link.clone(), Link { mac: interface.mac, mtu: MTU, peer });
    for address in interface.all_addresses() {
        namespace.addresses.insert((link.clone(), Prefix::from(address)));
    }

    // The first interface serves packets to everywhere; each other one those from its own addresses, through a table
    // of its own: a packet that left by another interface than its source's would be taken for forged.
    let table = if index == 0 { MAIN_TABLE } else { DEVICE_TABLES + u32::from(index) };
    let families = [
        (Prefix::V4(Ipv4Net::default()), IpAddr::V4(GATEWAY4), interface.addresses.first().copied().map(IpAddr::V4)),
        (Prefix::V6(Ipv6Net::default()), IpAddr::V6(GATEWAY6), interface.addresses6.first().copied().map(IpAddr::V6)),
    ];
    for (everything, gateway, source) in families {
        let Some(source) = source else { continue };
        namespace.neighbours.insert((link.clone(), gateway), Mac::GATEWAY);
        let route = Route::Via { gateway, link: link.clone(), source: Some(source) };
        namespace.routes.insert(RouteKey { table, destination: everything }, route);
    }
    if index > 0 {
        namespace.rules.insert(MAIN_PRIORITY, RoutingRule { mark: None, from: None, table: MAIN_TABLE });
        for (at, address) in interface.all_addresses().enumerate() {
            let priority = u32::from(index) * RULES_PER_DEVICE + u32::try_from(at).unwrap_or(RULES_PER_DEVICE);
            namespace.rules.insert(priority, RoutingRule { mark: None, from: Some(Prefix::from(address)), table });
        }
    }
}

/// The most addresses that an interface has: fifty of each family.
const RULES_PER_DEVICE: u32 = 100;

/// The user data, if it is a script.
fn main_script(row: &instance::Instance) -> Option<Arc<[u8]>> {
    use base64::Engine;
    let script = base64::engine::general_purpose::STANDARD.decode(row.user_data.as_deref()?).ok()?;
    script.starts_with(b"#!").then(|| script.into())
}
