//! Which packets an analysis tries.
//!
//! A path leaves open what it does not name: any port, any address outside. Whether a packet passes changes only where
//! a rule, an entry or a route begins or ends; so it is enough to try one packet from each stretch between two such
//! points, those that people mean first.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::net::{Prefix, Span};
use crate::reach::{Origin, Question};
use crate::state::State;
use crate::state::id::VpcId;
use crate::state::insights::{End, Header, InsightsPath, Missing, PathFilter, Payload, Transport};
use crate::state::network_interface::NetworkInterface;
use crate::state::route_table::Destination;
use crate::state::security_group::{Peer, Traffic};

/// More packets than this are not tried: calls that write wait for one another.
const QUESTIONS_MAX: usize = 2_000;
/// The source port where none is named: one that every system picks from.
const EPHEMERAL: u16 = 49152;
/// Addresses that nobody has, if they are of no public pool and of no VPC: for documentation (RFC 5737), and for
/// measurements (RFC 2544).
const NOBODYS: [Ipv4Addr; 4] = [
    Ipv4Addr::new(198, 51, 100, 1),
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv4Addr::new(203, 0, 113, 1),
    Ipv4Addr::new(198, 18, 0, 1),
];

/// What is tried for each part of a packet.
pub struct Candidates {
    sources: Vec<(Origin, IpAddr)>,
    destinations: Vec<IpAddr>,
    source_ports: Vec<u16>,
    destination_ports: Vec<u16>,
}

impl Candidates {
    /// Whatever packets could go the path, or why none can.
    pub fn of(state: &State, path: &InsightsPath) -> Result<Candidates, Missing> {
        let none = PathFilter::default();
        let filter = path.filter_at_source.as_ref().unwrap_or(&none);
        let source_address = path.source_address.or(filter.source_address);
        let at_destination = path.filter_at_destination.as_ref().and_then(|it| it.destination_address);
        let destination_address = path.destination_address.or(filter.destination_address).or(at_destination);
        let source = Place::of(state, path.source)?;
        let destination = path.destination.map(|it| Place::of(state, it)).transpose()?;
        let called = destination_address.into_iter().flat_map(|it| holders(state, path, it));
        let mut rules = Rules::default();
        for place in std::iter::once(&source).chain(&destination) {
            rules.take_place(state, place);
        }
        for interface in called {
            rules.take_interface(state, &interface);
        }

        let sources = match (&source, source_address) {
            (Place::Outside(_), Some(address)) => vec![(Origin::Outside, address)],
            (Place::Outside(_), None) => rules.somewhere(state).into_iter().map(|it| (Origin::Outside, it)).collect(),
            (Place::Interfaces(them), address) => {
                let of = |it: &Arc<NetworkInterface>| {
                    let own = it.addresses.iter().copied().map(IpAddr::V4).collect();
                    let origin = Origin::Interface(it.id);
                    address.map_or(own, |it| vec![it]).into_iter().map(move |it| (origin, it)).collect::<Vec<_>>()
                };
                them.iter().flat_map(of).collect()
            }
        };
        let destinations = match (&destination, destination_address) {
            (_, Some(address)) => vec![address],
            (Some(Place::Interfaces(them)), None) => {
                let outside = matches!(source, Place::Outside(_));
                them.iter().flat_map(|it| if outside { called_from_outside(state, it) } else { privates(it) }).collect()
            }
            (Some(Place::Outside(_)), None) => rules.somewhere(state),
            (None, None) => Vec::new(),
        };
        if sources.is_empty() || destinations.is_empty() {
            return Err(Missing::Unassociated);
        }
        let destination_ports = match path.destination_port {
            Some(port) => vec![port],
            None => rules.points(filter.destination_ports.unwrap_or(Span::ALL), None),
        };
        let source_ports = rules.points(filter.source_ports.unwrap_or(Span::ALL), Some(EPHEMERAL));
        Ok(Candidates { sources, destinations, source_ports, destination_ports })
    }

    /// The packets in the order in which they are tried, unless they are too many.
    pub fn questions(&self, protocol: Transport) -> Option<Vec<Question>> {
        let ports = self.source_ports.len().checked_mul(self.destination_ports.len())?;
        let addresses = self.sources.len().checked_mul(self.destinations.len())?;
        ports.checked_mul(addresses).filter(|it| *it <= QUESTIONS_MAX)?;
        let mut questions = Vec::new();
        for source_port in &self.source_ports {
            for (origin, source) in &self.sources {
                for destination in &self.destinations {
                    for destination_port in &self.destination_ports {
                        let (from, to) = (*source_port, *destination_port);
                        let payload = match protocol {
                            Transport::Tcp => Payload::Tcp { source: from, destination: to },
                            Transport::Udp => Payload::Udp { source: from, destination: to },
                        };
                        let header = Header { source: *source, destination: *destination, payload };
                        questions.push(Question { origin: *origin, header });
                    }
                }
            }
        }
        Some(questions)
    }
}

/// The ports of a packet, the source's first; 0 where it has none.
pub fn ports(payload: &Payload) -> (u16, u16) {
    match payload {
        Payload::Tcp { source, destination } | Payload::Udp { source, destination } => (*source, *destination),
        Payload::Icmp { .. } | Payload::Icmpv6 { .. } | Payload::Other(_) => (0, 0),
    }
}

/// What an end of a path stands for.
enum Place {
    Interfaces(Vec<Arc<NetworkInterface>>),
    /// Beyond the internet gateway of the VPC, if it is attached to one.
    Outside(Option<VpcId>),
}

impl Place {
    fn of(state: &State, end: End) -> Result<Place, Missing> {
        match end {
            End::Interface(id) => {
                let row = state.network_interfaces.get(&id).ok_or(Missing::End)?;
                Ok(Place::Interfaces(vec![row.clone()]))
            }
            End::Instance(id) => {
                state.instances.get(&id).ok_or(Missing::End)?;
                Ok(Place::Interfaces(state.interfaces_of_instance(id).cloned().collect()))
            }
            End::InternetGateway(id) => Ok(Place::Outside(state.internet_gateways.get(&id).ok_or(Missing::End)?.vpc)),
        }
    }
}

/// The interfaces of the path's owner that an address means.
fn holders(state: &State, path: &InsightsPath, address: IpAddr) -> Vec<Arc<NetworkInterface>> {
    let own = (path.account, path.region.clone());
    let first = <crate::state::id::InterfaceId as crate::state::id::Id>::from_number(0);
    let all = state.network_interfaces.of(&own, first);
    all.filter(|it| privates(it).contains(&address) || publics(state, it).contains(&address)).cloned().collect()
}

fn privates(interface: &NetworkInterface) -> Vec<IpAddr> {
    interface.addresses.iter().copied().map(IpAddr::V4).collect()
}

/// The addresses by which an interface is called from outside; the private ones, by which it is not, if it has none.
fn called_from_outside(state: &State, interface: &NetworkInterface) -> Vec<IpAddr> {
    let publics = publics(state, interface);
    if publics.is_empty() { privates(interface) } else { publics }
}

/// The public addresses of an interface.
fn publics(state: &State, interface: &NetworkInterface) -> Vec<IpAddr> {
    let ids = state.indexes.addresses_of_interface.of(interface.id);
    ids.filter_map(|it| state.addresses.get(&it)).map(|it| IpAddr::V4(it.public)).collect()
}

/// Where the rules, entries and routes begin and end that a packet of the path may meet.
#[derive(Default)]
struct Rules {
    spans: Vec<Span>,
    blocks: Vec<Prefix>,
}

impl Rules {
    fn take_place(&mut self, state: &State, place: &Place) {
        match place {
            Place::Interfaces(them) => them.iter().for_each(|it| self.take_interface(state, it)),
            Place::Outside(vpc) => vpc.iter().for_each(|it| self.take_vpc(state, *it)),
        }
    }

    fn take_interface(&mut self, state: &State, interface: &NetworkInterface) {
        for rule in interface.groups.iter().flat_map(|it| state.rules_of_group(*it)) {
            if let Traffic::Tcp(span) | Traffic::Udp(span) = rule.protocol {
                self.spans.push(span);
            }
            match rule.peer {
                Peer::V4(block) => self.blocks.push(Prefix::V4(block)),
                Peer::PrefixList(list) => {
                    let entries = state.prefix_lists.get(&list).into_iter().flat_map(|it| it.entries());
                    self.blocks.extend(entries.map(|it| it.prefix));
                }
                Peer::V6(_) | Peer::Group { .. } => {}
            }
        }
        self.take_vpc(state, interface.vpc);
    }

    fn take_vpc(&mut self, state: &State, vpc: VpcId) {
        let acls = state.indexes.network_acls_of_vpc.of(vpc).filter_map(|it| state.network_acls.get(&it));
        for entry in acls.flat_map(|it| &it.entries) {
            self.spans.extend(entry.ports);
            self.blocks.push(entry.prefix);
        }
        let tables = state.indexes.route_tables_of_vpc.of(vpc).filter_map(|it| state.route_tables.get(&it));
        for route in tables.flat_map(|it| &it.routes) {
            match route.destination {
                Destination::Prefix(block) => self.blocks.push(block),
                Destination::PrefixList(list) => {
                    let entries = state.prefix_lists.get(&list).into_iter().flat_map(|it| it.entries());
                    self.blocks.extend(entries.map(|it| it.prefix));
                }
            }
        }
    }

    /// The ports of a range at which anything begins, or has just ended, the preferred one first.
    fn points(&self, range: Span, preferred: Option<u16>) -> Vec<u16> {
        let ends = self.spans.iter().flat_map(|it| [Some(it.first), it.last.checked_add(1)]).flatten();
        let mut points: Vec<u16> =
            ends.chain([range.first]).filter(|it| range.first <= *it && *it <= range.last).collect();
        points.sort_unstable();
        points.dedup();
        if let Some(preferred) = preferred.filter(|it| range.first <= *it && *it <= range.last) {
            points.retain(|it| *it != preferred);
            points.insert(0, preferred);
        }
        points
    }

    /// Addresses outside: one that nobody has, and one of each block that anything is said of, but for those of VPCs.
    fn somewhere(&self, state: &State) -> Vec<IpAddr> {
        let inside = |address: &IpAddr| state.vpcs.iter().any(|it| it.prefixes().any(|block| block.contains(address)));
        let begins = self.blocks.iter().filter(|it| it.prefix_len() > 0).map(Prefix::network);
        // Where a block ends, what is said of a wider one holds again.
        let ends = self.blocks.iter().filter_map(|it| behind(*it));
        let mut addresses: Vec<IpAddr> = begins.chain(ends).filter(|it| it.is_ipv4() && !inside(it)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        if let Some(preferred) = nobodys(state) {
            addresses.retain(|it| *it != preferred);
            addresses.insert(0, preferred);
        }
        addresses
    }
}

/// An address outside that nobody has: what leaves for one of a public pool comes back in.
fn nobodys(state: &State) -> Option<IpAddr> {
    let pools = state.settings.get(&()).into_iter().flat_map(|it| &it.public_pools).copied().map(Prefix::V4);
    let taken: Vec<Prefix> = pools.chain(state.vpcs.iter().flat_map(|it| it.prefixes())).collect();
    // Somebody may have all of the usual ones. What lies behind the last block is nobody's then.
    let others = taken.iter().filter_map(|it| behind(*it));
    let is_free = |address: &IpAddr| {
        !taken.iter().any(|it| it.contains(address))
            && !state.addresses.iter().any(|it| IpAddr::V4(it.public) == *address)
    };
    NOBODYS.map(IpAddr::V4).into_iter().chain(others).find(is_free)
}

/// The first IPv4 address behind a block.
fn behind(block: Prefix) -> Option<IpAddr> {
    match block.broadcast() {
        IpAddr::V4(last) => u32::from(last).checked_add(1).map(|it| IpAddr::V4(Ipv4Addr::from(it))),
        IpAddr::V6(_) => None,
    }
}
