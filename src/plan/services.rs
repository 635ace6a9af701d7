//! Where a router answers by itself, and who asks it there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::config::Services;
use crate::net::Prefix;
use crate::state::State;
use crate::state::id::{InterfaceId, NodeId, VpcId};
use crate::state::index::Least;
use crate::state::instance::private_domain;
use crate::state::network_interface::NetworkInterface;
use crate::state::vpc::Vpc;

const RESOLVER4: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 253);
const RESOLVER6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x253);
const METADATA4: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
const METADATA6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// What the router of the VPC answers, on every node. IPv6 is spoken where the VPC has a block of it.
pub fn services(vpc: &Vpc) -> Services {
    let six = !vpc.blocks6.is_empty();
    let mut resolvers = Vec::new();
    if vpc.dns_support {
        resolvers.extend([IpAddr::V4(resolver(vpc)), IpAddr::V4(RESOLVER4)]);
        resolvers.extend(six.then_some(IpAddr::V6(RESOLVER6)));
    }
    let mut metadata = vec![IpAddr::V4(METADATA4)];
    metadata.extend(six.then_some(IpAddr::V6(METADATA6)));
    Services { resolvers, metadata }
}

/// The VPC's own name server, which DHCP options call `AmazonProvidedDNS`: the third address of its primary block.
fn resolver(vpc: &Vpc) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(vpc.primary().network()) + 2)
}

/// What the resolver file of an instance with these interfaces names: name servers, and the domain that is searched.
pub fn resolver_file(state: &State, vpc: &Vpc, four: bool) -> (Vec<IpAddr>, String) {
    let own = if four { IpAddr::V4(resolver(vpc)) } else { IpAddr::V6(RESOLVER6) };
    // A name server that is silent makes every look-up wait: with none named, look-ups fail at once.
    let own = vpc.dns_support.then_some(own);
    // The default set has no row.
    let Some(row) = state.dhcp_options.get(&vpc.dhcp_options) else {
        return (own.into_iter().collect(), private_domain(&vpc.region));
    };
    let values = |name: &str| row.options.get(name).into_iter().flatten();
    let servers = values("domain-name-servers").filter_map(|it| match it.as_str() {
        "AmazonProvidedDNS" => own,
        address => address.parse().ok(),
    });
    // One value may hold several domains; it must not hold lines.
    let domains = values("domain-name").flat_map(|it| it.split_whitespace());
    (servers.collect(), domains.collect::<Vec<_>>().join(" "))
}

/// The domain of the VPC's private host names, as its instances are told.
pub fn domain(state: &State, vpc: &Vpc) -> String {
    let (_, searched) = resolver_file(state, vpc, true);
    let first = searched.split_whitespace().next().map(str::to_owned);
    first.unwrap_or_else(|| private_domain(&vpc.region))
}

/// The interface, attached on this node, from which a packet with this source came into the router. The router lets
/// no other interface use the address.
pub fn asker(state: &State, node: NodeId, vpc: VpcId, source: IpAddr) -> Option<&Arc<NetworkInterface>> {
    let id = state.indexes.interface_of_address.get(&(vpc, source));
    let by_address = id.and_then(|it| state.network_interfaces.get(it));
    by_address.or_else(|| {
        // Behind an interface there may be a block of addresses.
        let here = state.indexes.interfaces_on_node.from((node, vpc, InterfaceId::LEAST));
        let here = here.take_while(|it| (it.0, it.1) == (node, vpc));
        here.filter_map(|it| state.network_interfaces.get(&it.2)).find(|it| {
            let blocks = it.prefixes.iter().copied().map(Prefix::V4);
            blocks.chain(it.prefixes6.iter().copied().map(Prefix::V6)).any(|block| block.contains(&source))
        })
    })
}
