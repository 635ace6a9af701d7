//! A small world for questions: rows without an API, in which everything is open until a test closes something.
//!
//! | VPC | blocks                         | subnets                                     | interfaces             |
//! |-----|--------------------------------|---------------------------------------------|------------------------|
//! | 1   | 10.1.0.0/16, fd00:1::/56       | 1: 10.1.1.0/24, 2: 10.1.2.0/24 (IPv6 alike) | 11, 12 in 1; 21, 22 in 2 |
//! | 2   | 10.2.0.0/16, fd00:2::/56       | 3: 10.2.3.0/24                              | 31, 32                 |
//!
//! Interface 21 has 10.1.2.21 and fd00:1:0:2::21, wears group 21, which lets everything out and in, and is its
//! instance's only one. Every subnet has a route table and a network ACL of its own number.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::net::{Mac, Prefix, Span};
use crate::reach::{Origin, Place, Question, Verdict, Way, reach_over};
use crate::state::address::{Address, AddressAssociation};
use crate::state::id::*;
use crate::state::insights::{Header, Payload};
use crate::state::instance::{Instance, Lifecycle};
use crate::state::internet_gateway::{EgressOnlyInternetGateway, InternetGateway};
use crate::state::nat_gateway::{Connectivity, NatAddress, NatGateway};
use crate::state::network_acl::{NetworkAcl, NetworkAclAssociation, NetworkAclEntry};
use crate::state::network_interface::{Attachment, Kind, NetworkInterface};
use crate::state::peering::{PeeringConnection, PeeringSide, PeeringStatus};
use crate::state::prefix_list::{Family, LastChange, PrefixList, PrefixListEntry};
use crate::state::route_table::{Destination, Route, RouteTable, RouteTableAssociation, Target};
use crate::state::security_group::{Peer, SecurityGroup, SecurityGroupRule, Traffic};
use crate::state::settings::Settings;
use crate::state::subnet::{HostNameType, Subnet, SubnetBlock};
use crate::state::vpc::{Vpc, VpcBlock};
use crate::state::{Entry, Moment, Stamp, State, Stored, Tx};

const NOW: Moment = Moment(0);
pub const REGION: &str = "us-east-1";

pub struct World {
    pub state: State,
    /// Middleboxes that pass packets on.
    forwarders: BTreeSet<InterfaceId>,
    rules: u128,
}

pub fn id<I: Id>(number: u128) -> I {
    I::from_number(number)
}

pub fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text} is no address"))
}

fn block(text: &str) -> Prefix {
    text.parse().unwrap_or_else(|_| panic!("{text} is no block"))
}

fn account() -> AccountId {
    AccountId::from_number(1)
}

/// TCP from the usual port to this one.
pub fn tcp(port: u16) -> Payload {
    Payload::Tcp { source: 49152, destination: port }
}

pub fn udp(port: u16) -> Payload {
    Payload::Udp { source: 49152, destination: port }
}

pub const PING: Payload = Payload::Icmp { kind: 8, code: 0 };
pub const PING6: Payload = Payload::Icmpv6 { kind: 128, code: 0 };
pub const EVERYONE: &str = "0.0.0.0/0";
pub const EVERYONE6: &str = "::/0";

impl World {
    pub fn new() -> World {
        let mut world = World { state: State::default(), forwarders: BTreeSet::new(), rules: 0 };
        world.put(Settings { public_pools: vec!["203.0.113.0/24".parse().expect("a block")], quotas: false });
        for (vpc, subnets) in [(1, vec![1, 2]), (2, vec![3])] {
            world.vpc(vpc);
            for subnet in subnets {
                world.subnet(vpc, subnet);
            }
        }
        for number in [11, 12, 21, 22, 31, 32] {
            world.interface(number);
        }
        world
    }

    pub fn put<R: Stored>(&mut self, row: R) {
        self.change(|tx| tx.put(row));
    }

    fn change(&mut self, change: impl FnOnce(&mut Tx)) {
        let mut tx = Tx::new(self.state.clone(), Stamp { now: NOW, seed: [0; 32] });
        change(&mut tx);
        let entry = Entry { base: self.state.revision, effects: tx.finish().1, audit: Vec::new() };
        self.state = self.state.after(&entry).expect("it is of this state");
    }

    pub fn edit<R: Stored>(&mut self, key: R::Key, edit: impl FnOnce(&mut R)) {
        let mut row = R::table(&self.state).get(&key).expect("it is there").as_ref().clone();
        edit(&mut row);
        self.put(row);
    }

    pub fn remove<R: Stored>(&mut self, key: R::Key) {
        self.change(|tx| tx.remove::<R>(key));
    }

    fn vpc(&mut self, number: u128) {
        let blocks = VpcBlock { id: id(number), prefix: format!("10.{number}.0.0/16").parse().expect("a block") };
        let blocks6 = VpcBlock { id: id(number), prefix: format!("fd00:{number}::/56").parse().expect("a block") };
        self.put(Vpc {
            id: id(number),
            account: account(),
            region: REGION.to_owned(),
            blocks: vec![blocks],
            blocks6: vec![blocks6],
            default: false,
            dns_support: true,
            dns_hostnames: false,
            address_usage_metrics: false,
            dhcp_options: id(1),
            last_identity: 0,
            created: NOW,
        });
        let table = 100 + number;
        self.table(number, table);
        self.put(RouteTableAssociation { id: id(table), vpc: id(number), table: id(table), subnet: None });
    }

    fn table(&mut self, vpc: u128, number: u128) {
        self.put(RouteTable {
            id: id(number),
            account: account(),
            region: REGION.to_owned(),
            vpc: id(vpc),
            number: u16::try_from(number).expect("few tables"),
            routes: Vec::new(),
            created: NOW,
        });
    }

    fn subnet(&mut self, vpc: u128, number: u128) {
        let prefix = format!("10.{vpc}.{number}.0/24").parse().expect("a block");
        let prefix6 = format!("fd00:{vpc}:0:{number}::/64").parse().expect("a block");
        self.put(Subnet {
            id: id(number),
            account: account(),
            region: REGION.to_owned(),
            vpc: id(vpc),
            zone: "us-east-1a".to_owned(),
            prefix: Some(prefix),
            block6: Some(SubnetBlock { id: id(number), prefix: prefix6 }),
            default: false,
            map_public_address: false,
            assign_ipv6_on_creation: false,
            dns64: false,
            host_name_type: HostNameType::IpName,
            a_record: false,
            aaaa_record: false,
            created: NOW,
        });
        self.table(vpc, number);
        self.put(RouteTableAssociation { id: id(number), vpc: id(vpc), table: id(number), subnet: Some(id(number)) });
        self.put(NetworkAcl {
            id: id(number),
            account: account(),
            region: REGION.to_owned(),
            vpc: id(vpc),
            default: false,
            entries: Vec::new(),
            created: NOW,
        });
        self.put(NetworkAclAssociation { id: id(number), vpc: id(vpc), acl: id(number), subnet: id(number) });
        self.open_acl(number);
    }

    fn group(&mut self, vpc: u128, number: u128) {
        let (name, description) = (number.to_string(), String::new());
        let (region, vpc) = (REGION.to_owned(), id(vpc));
        self.put(SecurityGroup { id: id(number), account: account(), region, vpc, name, description, created: NOW });
    }

    /// An interface that lies in the subnet of its first digit.
    fn interface(&mut self, number: u128) {
        let subnet = number / 10;
        let vpc: u128 = if subnet < 3 { 1 } else { 2 };
        self.group(vpc, number);
        for egress in [true, false] {
            for peer in [EVERYONE, EVERYONE6] {
                self.rule(number, egress, Traffic::All, to(peer));
            }
        }
        self.put(Instance {
            id: id(number),
            reservation: id(number),
            account: account(),
            region: REGION.to_owned(),
            vpc: id(vpc),
            zone: "us-east-1a".to_owned(),
            node: id(1),
            image: String::new(),
            instance_type: String::new(),
            lifecycle: Lifecycle::Running,
            launch: 1,
            launched: NOW,
            changed: NOW,
            reason: None,
            user_data: None,
            launch_index: 0,
            protected_from_termination: false,
            protected_from_stop: false,
            terminates_on_shutdown: false,
            client_token: None,
            key: None,
            host_name: String::new(),
            host_name_type: HostNameType::IpName,
            a_record: false,
            aaaa_record: false,
            host_tenancy: false,
            created: NOW,
            placed: 1,
            metadata: Default::default(),
        });
        let attachment = Attachment {
            id: id(number),
            instance: id(number),
            node: id(1),
            device_index: 0,
            delete_on_termination: true,
            attached: NOW,
        };
        self.put(NetworkInterface {
            id: id(number),
            account: account(),
            region: REGION.to_owned(),
            vpc: id(vpc),
            subnet: id(subnet),
            zone: "us-east-1a".to_owned(),
            mac: Mac::derived(u64::try_from(number).expect("few")),
            description: String::new(),
            addresses: vec![private(number)],
            addresses6: vec![private6(number)],
            groups: vec![id(number)],
            identity: 0,
            prefixes: Vec::new(),
            prefixes6: Vec::new(),
            kind: Kind::Interface,
            map_public_address: false,
            bandwidth: None,
            source_dest_check: true,
            attachment: Some(attachment),
            detached: None,
            created: NOW,
        });
    }

    pub fn rule(&mut self, group: u128, egress: bool, protocol: Traffic, peer: Peer) {
        self.rules += 1;
        let vpc = self.state.security_groups.get(&id(group)).expect("it is there").vpc;
        self.put(SecurityGroupRule {
            id: id(self.rules),
            account: account(),
            region: REGION.to_owned(),
            vpc,
            group: id(group),
            egress,
            protocol,
            peer,
            across: None,
            description: None,
        });
    }

    /// Takes away the rules of one direction of a group, and puts one in their place.
    pub fn only(&mut self, group: u128, egress: bool, protocol: Traffic, peer: Peer) {
        self.closed(group, egress);
        self.rule(group, egress, protocol, peer);
    }

    /// Takes away the rules of one direction of a group.
    pub fn closed(&mut self, group: u128, egress: bool) {
        let rules = self.state.security_group_rules.iter().filter(|it| it.group == id(group) && it.egress == egress);
        for rule in rules.map(|it| it.id).collect::<Vec<_>>() {
            self.remove::<SecurityGroupRule>(rule);
        }
    }

    pub fn wear(&mut self, interface: u128, groups: &[u128]) {
        self.edit::<NetworkInterface>(id(interface), |it| it.groups = groups.iter().map(|it| id(*it)).collect());
    }

    /// Lets everything through the ACL of a subnet.
    fn open_acl(&mut self, subnet: u128) {
        for (number, prefix) in [(100, EVERYONE), (101, EVERYONE6)] {
            for egress in [true, false] {
                self.entry(subnet, egress, number, true, prefix, |_| {});
            }
        }
    }

    /// An entry of the ACL of a subnet, for every protocol unless it is edited.
    pub fn entry(
        &mut self,
        subnet: u128,
        egress: bool,
        number: u16,
        allow: bool,
        prefix: &str,
        edit: impl FnOnce(&mut NetworkAclEntry),
    ) {
        let prefix = block(prefix);
        let mut entry = NetworkAclEntry { egress, number, protocol: None, allow, prefix, ports: None, icmp: None };
        edit(&mut entry);
        self.edit::<NetworkAcl>(id(subnet), |it| it.entries.push(entry));
    }

    /// Takes away the entries of one direction of the ACL of a subnet.
    pub fn closed_acl(&mut self, subnet: u128, egress: bool) {
        self.edit::<NetworkAcl>(id(subnet), |it| it.entries.retain(|entry| entry.egress != egress));
    }

    pub fn route(&mut self, table: u128, destination: &str, target: Target) {
        let destination = Destination::Prefix(block(destination));
        self.edit::<RouteTable>(id(table), |it| it.routes.push(Route { destination, target }));
    }

    pub fn list_route(&mut self, table: u128, list: u128, target: Target) {
        let destination = Destination::PrefixList(id(list));
        self.edit::<RouteTable>(id(table), |it| it.routes.push(Route { destination, target }));
    }

    pub fn no_routes(&mut self, table: u128) {
        self.edit::<RouteTable>(id(table), |it| it.routes.clear());
    }

    pub fn prefix_list(&mut self, number: u128, blocks: &[&str]) {
        let entry = |it: &&str| PrefixListEntry { prefix: block(it), description: None };
        self.put(PrefixList {
            id: id(number),
            account: account(),
            region: REGION.to_owned(),
            name: String::new(),
            family: Family::Ipv4,
            entries_max: 10,
            version: 2,
            current: blocks.iter().map(entry).collect(),
            last: LastChange::Modified,
            created: NOW,
        });
    }

    /// An internet gateway with the number of its VPC, to which all of the VPC's tables send all that has no better
    /// route.
    pub fn internet_gateway(&mut self, vpc: u128) {
        let region = REGION.to_owned();
        self.put(InternetGateway { id: id(vpc), account: account(), region, vpc: Some(id(vpc)), created: NOW });
        for table in if vpc == 1 { vec![1, 2] } else { vec![3] } {
            self.route(table, EVERYONE, Target::InternetGateway(id(vpc)));
            self.route(table, EVERYONE6, Target::InternetGateway(id(vpc)));
        }
    }

    pub fn egress_only_gateway(&mut self, vpc: u128) {
        let region = REGION.to_owned();
        self.put(EgressOnlyInternetGateway { id: id(vpc), account: account(), region, vpc: id(vpc), created: NOW });
    }

    /// The public address 203.0.113.N for interface N.
    pub fn public(&mut self, interface: u128) {
        let row = self.state.network_interfaces.get(&id(interface)).expect("it is there").clone();
        self.public_for(interface, row.vpc, row.id, row.addresses[0]);
    }

    fn public_for(&mut self, number: u128, vpc: VpcId, interface: InterfaceId, private: Ipv4Addr) {
        self.put(Address {
            id: id(number),
            account: account(),
            region: REGION.to_owned(),
            public: Ipv4Addr::new(203, 0, 113, u8::try_from(number).expect("few")),
            automatic: false,
            association: Some(AddressAssociation { id: id(number), vpc, interface, private }),
            created: NOW,
        });
    }

    /// A NAT gateway with the number of its interface, which lies in the subnet of its first digit. Its private
    /// addresses end with that number and those behind it; 203.0.113.N stands for each of a public one.
    pub fn nat_gateway(&mut self, number: u128, addresses: u128, connectivity: Connectivity) {
        self.interface(number);
        self.remove::<Instance>(id(number));
        let privates: Vec<Ipv4Addr> = (number..number + addresses).map(|it| in_subnet(number / 10, it)).collect();
        self.edit::<NetworkInterface>(id(number), |it| {
            it.addresses = privates.clone();
            it.addresses6 = Vec::new();
            it.groups = Vec::new();
            it.kind = Kind::NatGateway(id(number));
            it.source_dest_check = false;
            it.attachment = None;
        });
        let row = self.state.network_interfaces.get(&id(number)).expect("just made").clone();
        let mut nat_addresses = Vec::new();
        for (private, of) in privates.iter().zip(number..) {
            let public = connectivity == Connectivity::Public;
            if public {
                self.public_for(of, row.vpc, row.id, *private);
            }
            nat_addresses.push(NatAddress {
                private: *private,
                allocation: public.then(|| id(of)),
                placed: 1,
                drained: None,
            });
        }
        self.put(NatGateway {
            id: id(number),
            account: account(),
            region: REGION.to_owned(),
            vpc: row.vpc,
            subnet: row.subnet,
            node: id(1),
            connectivity,
            interface: row.id,
            addresses: nat_addresses,
            created: NOW,
            placed: 1,
            deleted: None,
            failure: None,
        });
    }

    /// An active peering connection 1 between the two VPCs, and routes over it in every table.
    pub fn peering(&mut self) {
        let side =
            |vpc| PeeringSide { account: account(), region: REGION.to_owned(), vpc: id(vpc), dns_resolution: false };
        self.put(PeeringConnection {
            id: id(1),
            requester: side(1),
            accepter: side(2),
            status: PeeringStatus::Active,
            created: NOW,
            ended: None,
            ended_by: None,
        });
        for (table, other) in [(1, 2), (2, 2), (3, 1)] {
            self.route(table, &format!("10.{other}.0.0/16"), Target::Peering(id(1)));
            self.route(table, &format!("fd00:{other}::/56"), Target::Peering(id(1)));
        }
    }

    /// What becomes of a packet that interface `from`, or 0 for outside, sends with this source.
    pub fn sent(&self, from: u128, source: &str, destination: &str, payload: Payload) -> String {
        let header = Header { source: address(source), destination: address(destination), payload };
        let origin = if from == 0 { Origin::Outside } else { Origin::Interface(id(from)) };
        told(&self.verdict(Question { origin, header }))
    }

    pub fn verdict(&self, question: Question) -> Verdict {
        reach_over(&self.state, &question, &self.forwarders)
    }

    /// Makes the interface a middlebox that passes on what it gets.
    pub fn forwards(&mut self, interface: u128) {
        self.edit::<NetworkInterface>(id(interface), |it| it.source_dest_check = false);
        self.forwarders.insert(id(interface));
    }

    /// What becomes of a packet from one interface to another one's address.
    pub fn between(&self, from: u128, to: u128, payload: Payload) -> String {
        let (source, destination) = match payload {
            Payload::Icmpv6 { .. } => (IpAddr::V6(private6(from)), IpAddr::V6(private6(to))),
            _ => (IpAddr::V4(private(from)), IpAddr::V4(private(to))),
        };
        self.sent(from, &source.to_string(), &destination.to_string(), payload)
    }
}

/// The peer of a rule: a block, or a group by `sg` and its number, or a prefix list by `pl` and its number.
pub fn to(text: &str) -> Peer {
    if let Some(number) = text.strip_prefix("sg") {
        return Peer::Group { group: id(number.parse().expect("a number")), account: account() };
    }
    if let Some(number) = text.strip_prefix("pl") {
        return Peer::PrefixList(id(number.parse().expect("a number")));
    }
    match block(text) {
        Prefix::V4(it) => Peer::V4(it),
        Prefix::V6(it) => Peer::V6(it),
    }
}

pub fn ports(first: u16, last: u16) -> Span {
    Span { first, last }
}

fn vpc_of(subnet: u128) -> u8 {
    if subnet < 3 { 1 } else { 2 }
}

fn in_subnet(subnet: u128, host: u128) -> Ipv4Addr {
    let byte = |it: u128| u8::try_from(it).expect("small");
    Ipv4Addr::new(10, vpc_of(subnet), byte(subnet), byte(host))
}

fn private(interface: u128) -> Ipv4Addr {
    in_subnet(interface / 10, interface)
}

fn private6(interface: u128) -> Ipv6Addr {
    let text = format!("fd00:{}:0:{}::{interface}", vpc_of(interface / 10), interface / 10);
    text.parse().expect("an address")
}

/// A verdict in a line: who gets the packet and what it sees, or who refuses it and why.
pub fn told(verdict: &Verdict) -> String {
    let stopped = |name: &str, way: &Way| {
        let last = way.components.last().expect("something refuses it");
        let refusal = last.refusal.expect("the last component refuses it");
        format!("{name}: {} {refusal:?}", crate::reach::sentence::kind(&last.part))
    };
    let Some(delivery) = &verdict.forward.delivered else { return stopped("there", &verdict.forward) };
    if let Place::Middlebox(id) = delivery.place {
        return format!("there: middlebox {}", id.number());
    }
    match verdict.back.as_ref().map(|it| (it, &it.delivered)) {
        Some((way, None)) => return stopped("back", way),
        Some((_, Some(reply))) => {
            if let Place::Middlebox(id) = reply.place {
                return format!("back: middlebox {}", id.number());
            }
        }
        None => {}
    }
    assert!(verdict.passes() && verdict.decider().is_none());
    let place = match delivery.place {
        Place::Interface(id) => id.number().to_string(),
        Place::Service(service) => format!("{service:?}"),
        _ => "outside".to_owned(),
    };
    format!("{place} sees {} to {}", delivery.header.source, delivery.header.destination)
}
