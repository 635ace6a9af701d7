//! What a router holds because of its links, link by link. A router with one member more differs from the one before in
//! what that member adds, and shares all else with it: so what a change costs is not the number of members.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use imbl::OrdMap;

use super::config::{Link, LinkName, Namespace, NamespaceId, Route, RouteKey};
use super::firewall::Gate;
use super::key::KeyRange;
use super::mutant::Mutant;
use super::ruleset::{Data, Element, Key};
use super::wiring::{FIRST_DEVICE, VPC_TABLE, device, end, far, interface_link, nat_link, neighbours};
use super::{acl, firewall, internet, public_access, routing};
use crate::net::{Bandwidth, Ipv4Net, Mac, Prefix};
use crate::state::State;
use crate::state::block_public_access::PublicAccess;
use crate::state::id::{NodeId, RouteTableId, SubnetId};
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::NetworkInterface;
use crate::state::vpc::Vpc;

/// What a subnet gives to the links that lie in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Footing {
    pub subnet: SubnetId,
    pub table: Option<RouteTableId>,
    /// The bits of a packet's mark that say by which table it is routed.
    mark: u32,
    /// Whether anything is ever denied of what leaves it, and of what enters it.
    pub judged: [bool; 2],
    /// Whether the router has a way to the world outside.
    leads_out: bool,
    pub access: PublicAccess,
}

/// The subnets of a VPC.
pub type Ground = BTreeMap<SubnetId, Footing>;

impl Footing {
    pub fn of(state: &State, vpc: &Vpc, subnet: SubnetId, leads_out: bool) -> Footing {
        let table = state.subnets.get(&subnet).and_then(|it| state.route_table_of(it));
        let marked = table.filter(|_| !Mutant::SubnetTable.lives());
        Footing {
            subnet,
            table: table.map(|it| it.id),
            mark: marked.map_or(0, |it| routing::mark(it)),
            judged: [true, false].map(|egress| acl::denies(state, vpc, subnet, egress)),
            leads_out,
            access: public_access::left(state, vpc.id, subnet),
        }
    }
}

/// What one link adds to its router.
#[derive(Debug, Default)]
pub struct Member {
    links: Vec<(LinkName, Link)>,
    limits: Vec<(LinkName, Bandwidth)>,
    neighbours: Vec<((LinkName, IpAddr), Mac)>,
    routes: Vec<(RouteKey, Route)>,
    elements: Elements,
    public: Vec<Ipv4Addr>,
    /// Of an interface's.
    identity: Option<u16>,
    subnet: Option<SubnetId>,
}

/// Elements of a firewall's sets, with the sets' names.
#[derive(Debug, Default)]
pub struct Elements(Vec<(String, Key, Element)>);

impl Elements {
    pub fn put(&mut self, set: &str, key: Key, data: Data) {
        self.0.push((set.to_owned(), key, Element { last: None, data }));
    }

    pub fn put_range(&mut self, set: &str, key: KeyRange, data: Data) {
        let (key, element) = key.ranged();
        self.0.push((set.to_owned(), key, Element { data, ..element }));
    }
}

impl Member {
    /// An interface of the VPC, whatever node it is on.
    pub fn interface(state: &State, node: NodeId, interface: &NetworkInterface, footing: Option<&Footing>) -> Member {
        let mut member = Member::default();
        for address in held(interface) {
            firewall::receiver(&mut member.elements, address, interface.identity);
        }
        let here = interface.attachment.as_ref().filter(|_| routing::is_here(state, node, interface));
        let (Some(attachment), Some(footing)) = (here, footing) else { return member };
        let link = interface_link(interface.id);
        let instance = NamespaceId::Instance(attachment.instance.to_string());
        member.join(&link, instance, &device(attachment.device_index), interface.mac);
        member.limits.extend(interface.bandwidth.map(|it| (link.clone(), it)));
        for address in interface.all_addresses() {
            member.neighbours.push(((link.clone(), address), interface.mac));
            member.route(Prefix::from(address), Route::Link { link: link.clone(), source: None });
        }
        let four = interface.prefixes.iter().map(|it| Prefix::V4(*it));
        for block in four.chain(interface.prefixes6.iter().map(|it| Prefix::V6(*it))) {
            member.route(block, far(&link, block));
        }
        member.identity = Some(interface.identity);
        member.subnet = Some(footing.subnet);
        firewall::interface(&mut member.elements, &link, interface, footing.mark);
        acl::link(&mut member.elements, &link, footing);
        if footing.leads_out {
            internet::interface(&mut member.elements, &link, footing);
            public_access::link(&mut member.elements, &link, footing, false);
            member.publish(state, interface);
        }
        member
    }

    /// A NAT gateway of the node.
    pub fn nat_gateway(state: &State, gateway: &NatGateway, own: &NetworkInterface, footing: &Footing) -> Member {
        let mut member = Member::default();
        let link = nat_link(gateway.id);
        member.join(&link, NamespaceId::NatGateway(gateway.id.to_string()), FIRST_DEVICE, own.mac);
        member.limits.extend(own.bandwidth.map(|it| (link.clone(), it)));
        for address in own.all_addresses() {
            let destination = Prefix::from(address);
            member.route(destination, far(&link, destination));
        }
        firewall::nat_gateway(&mut member.elements, &link, footing.mark);
        acl::link(&mut member.elements, &link, footing);
        if footing.leads_out {
            public_access::link(&mut member.elements, &link, footing, true);
            member.publish(state, own);
        }
        member
    }

    /// A link that leads out of the VPC, to one of this name in another namespace.
    pub fn gate(gate: &Gate, namespace: NamespaceId, peer: &str) -> Member {
        let mut member = Member::default();
        member.join(gate.link(), namespace, peer, Mac::GATEWAY);
        firewall::gate(&mut member.elements, gate);
        member
    }

    /// A link whose other end has this hardware address, and can be routed to.
    fn join(&mut self, name: &str, namespace: NamespaceId, peer: &str, mac: Mac) {
        self.links.push((name.to_owned(), end(namespace, peer)));
        self.neighbours.extend(neighbours(name, mac));
    }

    fn route(&mut self, destination: Prefix, route: Route) {
        self.routes.push((RouteKey { table: VPC_TABLE, destination }, route));
    }

    fn publish(&mut self, state: &State, interface: &NetworkInterface) {
        let addresses = state.indexes.addresses_of_interface.of(interface.id);
        for address in addresses.filter_map(|it| state.addresses.get(&it)) {
            let Some(association) = &address.association else { continue };
            internet::translation(&mut self.elements, association.private, address.public);
            self.public.push(address.public);
        }
    }
}

/// An interface's addresses, those of its IPv4 blocks among them.
pub fn held(interface: &NetworkInterface) -> Vec<IpAddr> {
    let blocks = interface.prefixes.iter().flat_map(|it: &Ipv4Net| {
        let first = u32::from(it.network());
        (first..=u32::from(it.broadcast())).map(|it| IpAddr::V4(it.into()))
    });
    interface.all_addresses().chain(blocks).collect()
}

/// What all links of a router add to it. No two have a key in common.
#[derive(Debug, Clone, Default)]
pub struct Members {
    links: OrdMap<LinkName, Link>,
    limits: OrdMap<LinkName, Bandwidth>,
    neighbours: OrdMap<(LinkName, IpAddr), Mac>,
    routes: OrdMap<RouteKey, Route>,
    sets: OrdMap<String, OrdMap<Key, Element>>,
    pub public: OrdMap<Ipv4Addr, ()>,
    /// How many interfaces wear each identity, and how many are in each subnet.
    pub identities: OrdMap<u16, usize>,
    pub subnets: OrdMap<SubnetId, usize>,
}

impl Members {
    pub fn add(&mut self, member: Member) {
        self.links.extend(member.links);
        self.limits.extend(member.limits);
        self.neighbours.extend(member.neighbours);
        self.routes.extend(member.routes);
        for (set, key, element) in member.elements.0 {
            self.sets.entry(set).or_default().insert(key, element);
        }
        self.public.extend(member.public.into_iter().map(|it| (it, ())));
        member.identity.into_iter().for_each(|it| *self.identities.entry(it).or_default() += 1);
        member.subnet.into_iter().for_each(|it| *self.subnets.entry(it).or_default() += 1);
    }

    /// Takes away what the member added.
    pub fn remove(&mut self, member: &Member) {
        fn all<K: Ord + Clone, V: Clone>(map: &mut OrdMap<K, V>, entries: &[(K, V)]) {
            for (key, _) in entries {
                map.remove(key);
            }
        }
        fn one<K: Ord + Clone>(counts: &mut OrdMap<K, usize>, key: Option<K>) {
            if let Some(key) = key
                && let Some(count) = counts.get_mut(&key)
            {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&key);
                }
            }
        }
        all(&mut self.links, &member.links);
        all(&mut self.limits, &member.limits);
        all(&mut self.neighbours, &member.neighbours);
        all(&mut self.routes, &member.routes);
        for (set, key, _) in &member.elements.0 {
            let Some(elements) = self.sets.get_mut(set) else { continue };
            elements.remove(key);
            if elements.is_empty() {
                self.sets.remove(set);
            }
        }
        for public in &member.public {
            self.public.remove(public);
        }
        one(&mut self.identities, member.identity);
        one(&mut self.subnets, member.subnet);
    }

    /// The elements of a set of the firewall.
    pub fn set(&self, name: &str) -> OrdMap<Key, Element> {
        self.sets.get(name).cloned().unwrap_or_default()
    }

    /// The router with these links and nothing else.
    pub fn namespace(&self) -> Namespace {
        Namespace {
            links: self.links.clone(),
            limits: self.limits.clone(),
            neighbours: self.neighbours.clone(),
            routes: self.routes.clone(),
            forwarding: true,
            ..Namespace::default()
        }
    }
}
