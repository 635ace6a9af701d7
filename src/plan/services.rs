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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::fixture::{IMAGE, World, text};
    use crate::state::dhcp_options::DhcpOptions;
    use crate::state::id::{DhcpOptionsId, Id};
    use crate::state::network_interface::NetworkInterface as Row;

    fn vpc(world: &mut World, parameters: &[(&str, &str)]) -> VpcId {
        let made = world.ok("CreateVpc", &[&[("CidrBlock", "10.8.0.0/16")], parameters].concat());
        text(&made, "vpcId").parse().unwrap()
    }

    fn of(world: &World, vpc: VpcId) -> Arc<Vpc> {
        world.state.vpcs.get(&vpc).unwrap().clone()
    }

    #[test]
    fn a_router_answers_at_ec2s_addresses() {
        let mut world = World::new();
        let check = |world: &World, vpc: VpcId, resolvers: &[&str], metadata: &[&str]| {
            let addresses = |texts: &[&str]| -> Vec<IpAddr> { texts.iter().map(|it| it.parse().unwrap()).collect() };
            let expect = Services { resolvers: addresses(resolvers), metadata: addresses(metadata) };
            assert_eq!(services(&of(world, vpc)), expect);
        };
        let four = vpc(&mut world, &[]);
        check(&world, four, &["10.8.0.2", "169.254.169.253"], &["169.254.169.254"]);
        let both = vpc(&mut world, &[("AmazonProvidedIpv6CidrBlock", "true")]);
        let resolvers = ["10.8.0.2", "169.254.169.253", "fd00:ec2::253"];
        check(&world, both, &resolvers, &["169.254.169.254", "fd00:ec2::254"]);
        let id = four.to_string();
        world.ok("ModifyVpcAttribute", &[("VpcId", id.as_str()), ("EnableDnsSupport.Value", "false")]);
        check(&world, four, &[], &["169.254.169.254"]);
    }

    #[test]
    fn a_resolver_file_says_what_the_dhcp_options_say() {
        let mut world = World::new();
        let id = vpc(&mut world, &[]);
        let said = |world: &World, four| {
            let (servers, domain) = resolver_file(&world.state, &of(world, id), four);
            (servers.iter().map(|it| it.to_string()).collect::<Vec<_>>().join(" "), domain)
        };
        let pair = |servers: &str, domain: &str| (servers.to_owned(), domain.to_owned());
        assert_eq!(said(&world, true), pair("10.8.0.2", "ec2.internal"));
        assert_eq!(said(&world, false), pair("fd00:ec2::253", "ec2.internal"));

        let options = |world: &mut World, given: &[(&str, &[&str])]| {
            let row = Vpc { dhcp_options: DhcpOptionsId::from_number(7), ..of(world, id).as_ref().clone() };
            let (account, region) = world.caller.owner();
            let values = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
            let options = given.iter().map(|(name, it)| ((*name).to_owned(), values(it))).collect();
            world.commit(|tx| {
                tx.put(DhcpOptions { id: row.dhcp_options, account, region, options, created: tx.now() });
                tx.put(row);
            });
        };
        let servers: (&str, &[&str]) = ("domain-name-servers", &["10.8.0.9", "AmazonProvidedDNS", "2001:db8::53"]);
        options(&mut world, &[servers, ("domain-name", &["corp.example  lab.example"])]);
        assert_eq!(said(&world, true), pair("10.8.0.9 10.8.0.2 2001:db8::53", "corp.example lab.example"));
        assert_eq!(domain(&world.state, &of(&world, id)), "corp.example");
        options(&mut world, &[("domain-name", &["corp.example\nnameserver 192.0.2.1"])]);
        let (none, searched) = said(&world, true);
        assert!(none.is_empty() && !searched.contains('\n'), "{searched:?}");
        options(&mut world, &[servers]);
        assert_eq!(said(&world, true), pair("10.8.0.9 10.8.0.2 2001:db8::53", ""));
        assert_eq!(domain(&world.state, &of(&world, id)), "ec2.internal");
        let text = id.to_string();
        world.ok("ModifyVpcAttribute", &[("VpcId", text.as_str()), ("EnableDnsSupport.Value", "false")]);
        assert_eq!(said(&world, true), pair("10.8.0.9 2001:db8::53", ""));
    }

    #[test]
    fn who_asks_is_the_interface_that_may_send_from_there() {
        let mut world = World::new();
        let (here, elsewhere) = (vpc(&mut world, &[]), vpc(&mut world, &[]));
        let id = here.to_string();
        let subnet = world.ok("CreateSubnet", &[("VpcId", id.as_str()), ("CidrBlock", "10.8.0.0/24")]);
        let subnet = text(&subnet, "subnetId").to_owned();
        let one = [("ImageId", IMAGE), ("MinCount", "1"), ("MaxCount", "1"), ("SubnetId", subnet.as_str())];
        let made = world.ok("RunInstances", &[&one[..], &[("PrivateIpAddress", "10.8.0.5")]].concat());
        let instance = text(&made, "instanceId").parse().unwrap();
        let row = world.state.interfaces_of_instance(instance).next().unwrap().as_ref().clone();
        let (node, interface) = (row.attachment.as_ref().unwrap().node, row.id);
        world.commit(|tx| tx.put(Row { prefixes: vec!["10.8.0.64/28".parse().unwrap()], ..row }));
        let at = |node, vpc, address: &str| asker(&world.state, node, vpc, address.parse().unwrap()).map(|it| it.id);
        assert_eq!(at(node, here, "10.8.0.5"), Some(interface));
        assert_eq!(at(node, here, "10.8.0.6"), None);
        assert_eq!(at(node, here, "10.8.0.70"), Some(interface), "an address of its block");
        assert_eq!(at(node, here, "10.8.0.80"), None);
        assert_eq!(at(node, elsewhere, "10.8.0.5"), None);
        assert_eq!(at(NodeId::from_number(9), here, "10.8.0.70"), None);
    }
}
