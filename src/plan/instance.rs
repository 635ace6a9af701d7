//! An instance as a namespace.
//!
//! Layer 3 only. Each interface is a veth pair; a workload has its address as a single host and one gateway, whose
//! hardware address it knows beforehand, so that nothing is ever asked or learned on a link.

use std::net::IpAddr;
use std::sync::Arc;

use super::config::{Instance, Link, Namespace, NamespaceId, Peer, Route, RouteKey, RoutingRule};
use super::services;
use super::wiring::{EVERYTHING4, EVERYTHING6, GATEWAY4, GATEWAY6, MAIN_TABLE, MTU, device, interface_link};
use crate::net::{Mac, Prefix};
use crate::state::State;
use crate::state::instance;
use crate::state::network_interface::NetworkInterface;
use crate::state::vpc::Vpc;

/// The place of the main table among the rules.
const MAIN_PRIORITY: u32 = 32766;

/// The tables of an instance's second interface and those behind it: this, and the device index. The kernel's own
/// lie at 253 to 255, which are device indices too.
const DEVICE_TABLES: u32 = 1000;

/// An instance's own namespace.
pub fn instance(state: &State, vpc: &Vpc, row: &instance::Instance) -> Instance {
    let mut namespace = Namespace::default();
    for interface in state.interfaces_of_instance(row.id) {
        let Some(attachment) = &interface.attachment else { continue };
        attach(&mut namespace, &vpc.id.to_string(), interface, attachment.device_index);
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
fn attach(namespace: &mut Namespace, vpc: &str, interface: &NetworkInterface, index: u8) {
    let link = device(index);
    let peer = Peer { namespace: NamespaceId::Router(vpc.to_owned()), link: interface_link(interface.id) };
    namespace.links.insert(link.clone(), Link { mac: interface.mac, mtu: MTU, peer });
    for address in interface.all_addresses() {
        namespace.addresses.insert((link.clone(), Prefix::from(address)));
    }

    // The first interface serves packets to everywhere; each other one those from its own addresses, through a table
    // of its own: a packet that left by another interface than its source's would be taken for forged.
    let table = if index == 0 { MAIN_TABLE } else { DEVICE_TABLES + u32::from(index) };
    let families = [
        (EVERYTHING4, IpAddr::V4(GATEWAY4), interface.addresses.first().copied().map(IpAddr::V4)),
        (EVERYTHING6, IpAddr::V6(GATEWAY6), interface.addresses6.first().copied().map(IpAddr::V6)),
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
