//! One packet's way, from component to component, until it is delivered or refused.
//!
//! ```text
//!  interface ─ groups ─ route table ─┬─ local ─────────────────────────────────────┬─ ACLs ─ groups ─ interface
//!      ▲          ▲                  ├─ interface: a middlebox ────────────────────┤             │
//!      │          │                  ├─ peering connection ─ the peer's interface ─┤             │
//!      │          └─ NAT gateway ────┤                                             │             │
//!      │                             └─ internet gateway ─ outside ─ its gateway ──┘             │
//!      └──────────────────────── a middlebox that is known to pass packets on ───────────────────┘
//! ```
//!
//! A reply goes the same way with two differences: groups let it pass where they remember the flow, and NAT gateways
//! undo what they did to the flow. What is remembered is [`Stretch`] by stretch.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::filter::{self, Sender, has, holder};
use super::{Delivery, Origin, Place, Question, refused, route};
use crate::net::Prefix;
use crate::state::State;
use crate::state::address::Address;
use crate::state::block_public_access::{BlockMode, ExclusionMode};
use crate::state::id::{
    EgressOnlyInternetGatewayId, InterfaceId, InternetGatewayId, NatGatewayId, PeeringConnectionId, SubnetId, VpcId,
};
use crate::state::insights::{Component, Header, Part, Payload, Refusal, Service};
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::{Kind, NetworkInterface};
use crate::state::route_table::Target;
use crate::state::vpc::Vpc;

/// Where the services of every VPC are, besides the resolver at the VPC's base address plus two.
const RESOLVER4: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 253);
const RESOLVER6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x253);
const METADATA4: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
const METADATA6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// A packet on its way.
pub struct Walk<'a> {
    state: &'a State,
    header: Header,
    is_reply: bool,
    /// Middleboxes of which it is known that they pass on what they get, as it is.
    forwarders: &'a BTreeSet<InterfaceId>,
    /// What who sends it, and they, have sent on.
    handled: Vec<(InterfaceId, Header)>,
    /// The stretches that the flow has gone; a reply's way adds none.
    gone: Vec<Gone>,
    /// The gateways by which it has left VPCs, with the source and the destination that it had then.
    left: Vec<(Target, IpAddr, IpAddr)>,
    /// What NAT gateways did to the flow, in order; on a reply's way, what is yet to be undone.
    translations: Vec<Translation>,
    /// Which of its addresses a NAT gateway takes, as far as it has that many.
    choice: usize,
    components: Vec<Component>,
}

/// What lies between two who hand packets to each other in a VPC, by which of them are middleboxes: neither their own
/// addresses are in the packets, nor do they translate or lead out of the VPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stretch {
    Straight,
    To,
    From,
    Between,
}

impl Stretch {
    fn new(from_middlebox: bool, to_middlebox: bool) -> Stretch {
        match (from_middlebox, to_middlebox) {
            (false, false) => Stretch::Straight,
            (false, true) => Stretch::To,
            (true, false) => Stretch::From,
            (true, true) => Stretch::Between,
        }
    }
}

/// A stretch that a flow has gone, with these addresses.
#[derive(Clone, PartialEq, Eq)]
struct Gone {
    vpc: VpcId,
    stretch: Stretch,
    source: IpAddr,
    destination: IpAddr,
}

/// What a NAT gateway did to a flow.
#[derive(Clone)]
struct Translation {
    gateway: NatGatewayId,
    /// The source that came, and the one that it got.
    before: IpAddr,
    after: IpAddr,
    /// How many addresses the gateway could have chosen from.
    choices: usize,
}

/// The packet goes no further; the last component says why.
struct Refused;

type Going<T> = Result<T, Refused>;

impl<'a> Walk<'a> {
    /// The first packet of a flow, before it has left.
    pub fn there(state: &'a State, forwarders: &'a BTreeSet<InterfaceId>, header: Header, choice: usize) -> Walk<'a> {
        Walk {
            state,
            header,
            is_reply: false,
            forwarders,
            handled: Vec::new(),
            gone: Vec::new(),
            left: Vec::new(),
            translations: Vec::new(),
            choice,
            components: Vec::new(),
        }
    }

    /// The reply to this packet, before it has left.
    pub fn back(&self, header: Header) -> Walk<'a> {
        let (gone, left, translations) = (self.gone.clone(), self.left.clone(), self.translations.clone());
        let walk = Walk::there(self.state, self.forwarders, header, self.choice);
        Walk { is_reply: true, gone, left, translations, ..walk }
    }

    /// Follows the packet.
    pub fn start(&mut self, origin: Origin) -> Option<Delivery> {
        let going = match origin {
            Origin::Interface(id) => self.leave(id),
            Origin::Outside => {
                self.pass(Part::Outside, None);
                self.tracked(None).and_then(|()| self.enter())
            }
        };
        going.ok()
    }

    /// The delivery of a reply, if it comes to who sent the first packet, and as the reply to that.
    pub fn expect(&mut self, delivery: Delivery, question: &Question) -> Option<Delivery> {
        let asked = question.header;
        let is_the_reply = (delivery.header.source, delivery.header.destination) == (asked.destination, asked.source);
        let (comes_back, wrote_own_source) = match question.origin {
            Origin::Interface(origin) => {
                let back = matches!(delivery.place, Place::Interface(id) | Place::Middlebox(id) if id == origin);
                let row = self.state.network_interfaces.get(&origin);
                (back.then_some(Place::Interface(origin)), row.is_some_and(|it| has(it, asked.source)))
            }
            Origin::Outside => ((delivery.place == Place::Outside).then_some(Place::Outside), true),
        };
        match (delivery.place, comes_back) {
            (_, Some(place)) if is_the_reply => Some(Delivery { place, ..delivery }),
            // Deciding stops there, for a reply too.
            (Place::Middlebox(_), _) => Some(delivery),
            // Who sends for others is not answered itself.
            _ if is_the_reply && !wrote_own_source => Some(delivery),
            (place, _) => {
                let row = match place {
                    Place::Interface(id) => self.state.network_interfaces.get(&id),
                    _ => None,
                };
                let part = row.map_or(Part::Outside, |it| interface(it));
                self.components.push(refused(part, row.map(|it| it.vpc), self.header, Refusal::NotAsked));
                None
            }
        }
    }

    /// How many different ways the choices of NAT gateways make.
    pub fn choices(&self) -> usize {
        self.translations.iter().map(|it| it.choices).max().unwrap_or(1)
    }

    pub fn into_components(self) -> Vec<Component> {
        self.components
    }

    /// The packet as it is now, delivered.
    pub fn delivery(&self, place: Place) -> Delivery {
        Delivery { place, header: self.header, sources: vec![self.header.source] }
    }

    fn pass(&mut self, part: Part, vpc: Option<VpcId>) {
        self.components.push(Component { vpc, part, header: self.header, translated: None, refusal: None });
    }

    fn refuse<T>(&mut self, part: Part, vpc: Option<VpcId>, refusal: Refusal) -> Going<T> {
        self.components.push(refused(part, vpc, self.header, refusal));
        Err(Refused)
    }

    /// Passes a component that writes other addresses.
    fn translate(&mut self, part: Part, vpc: VpcId, header: Header) {
        let translated = (header != self.header).then_some(header);
        self.components.push(Component { vpc: Some(vpc), part, header: self.header, translated, refusal: None });
        self.header = header;
    }

    /// Out of an instance, by one of its interfaces.
    fn leave(&mut self, id: InterfaceId) -> Going<Delivery> {
        let Some(from) = self.state.network_interfaces.get(&id) else {
            return self.refuse(Part::Outside, None, Refusal::NobodyThere);
        };
        let (part, vpc) = (interface(from), Some(from.vpc));
        if !route::is_running(self.state, from) {
            return self.refuse(part, vpc, Refusal::NotRunning);
        }
        if from.source_dest_check && !has(from, self.header.source) {
            return self.refuse(part, vpc, Refusal::ForeignSource);
        }
        self.pass(part, vpc);
        // What an instance sends to itself never leaves it.
        if has(from, self.header.destination) {
            return Ok(self.delivery(Place::Interface(id)));
        }
        if let Some(service) = self.service(from.vpc) {
            return self.serve(service, from);
        }
        self.handled.push((id, self.header));
        self.send(from)
    }

    /// What an instance has made, or passes on for others.
    fn send(&mut self, from: &'a NetworkInterface) -> Going<Delivery> {
        let stretch = Stretch::new(self.is_middlebox(from), self.goes_by_middlebox(from));
        let Header { source, destination, .. } = self.header;
        // Where a part of a flow comes by it is not known how it began.
        let comes_in = !self.is_of(from.vpc, source) && self.is_of(from.vpc, destination);
        if stretch == Stretch::Straight || stretch == Stretch::From && !comes_in {
            self.tracked(Some(from.vpc))?;
        }
        self.groups(from, true, Sender::Outside, stretch)?;
        self.route(from)
    }

    /// Whether the packet is not from the interface that sends it.
    fn is_middlebox(&self, from: &NetworkInterface) -> bool {
        !is_nat(from) && !has(from, self.header.source)
    }

    /// The packet has gone this stretch in the VPC.
    fn went(&mut self, vpc: VpcId, stretch: Stretch) {
        let Header { source, destination, .. } = self.header;
        if !self.is_reply {
            self.gone.push(Gone { vpc, stretch, source, destination });
        }
    }

    /// The packet leaves the VPC by a gateway, or for a NAT gateway.
    fn went_out(&mut self, from: &NetworkInterface) {
        if self.is_middlebox(from) {
            self.went(from.vpc, Stretch::From);
            // Outside the VPC nobody knows who had it first: the answer may go straight to who has the source.
            self.went(from.vpc, Stretch::To);
        } else {
            self.went(from.vpc, Stretch::Straight);
        }
    }

    /// Whether groups at the ends of the stretch that a reply takes remember the flow: it has gone that stretch. Straight
    /// goes what has been over a middlebox, too. Between two middleboxes nothing is remembered.
    fn is_remembered(&self, vpc: VpcId, stretch: Stretch) -> bool {
        let (source, destination) = (self.header.destination, self.header.source);
        let gone = |stretch| self.gone.contains(&Gone { vpc, stretch, source, destination });
        self.is_reply
            && match stretch {
                Stretch::Straight => gone(Stretch::Straight) || gone(Stretch::To) && gone(Stretch::From),
                Stretch::To => gone(Stretch::From),
                Stretch::From => gone(Stretch::To),
                Stretch::Between => false,
            }
    }

    /// The service of the VPC that the packet is for. Neither groups, nor routes, nor network ACLs are asked.
    fn service(&self, vpc: VpcId) -> Option<Service> {
        let vpc = self.state.vpcs.get(&vpc)?;
        let resolver = Ipv4Addr::from(u32::from(vpc.primary().network()) + 2);
        match self.header.destination {
            IpAddr::V4(it) if it == resolver || it == RESOLVER4 => Some(Service::Dns),
            IpAddr::V6(RESOLVER6) => Some(Service::Dns),
            IpAddr::V4(METADATA4) | IpAddr::V6(METADATA6) => Some(Service::Metadata),
            _ => None,
        }
    }

    fn serve(&mut self, service: Service, from: &NetworkInterface) -> Going<Delivery> {
        let (part, vpc) = (Part::Service(service), Some(from.vpc));
        let resolves = self.state.vpcs.get(&from.vpc).is_some_and(|it| it.dns_support);
        let served = match (service, self.header.payload) {
            (Service::Dns, Payload::Tcp { destination: 53, .. } | Payload::Udp { destination: 53, .. }) => resolves,
            (Service::Metadata, Payload::Tcp { destination: 80, .. }) => true,
            _ => false,
        };
        if !served {
            return self.refuse(part, vpc, Refusal::NotServed);
        }
        // Also from an interface that may write any source: the answer goes to who has it.
        if !has(from, self.header.source) {
            return self.refuse(part, vpc, Refusal::ForeignSource);
        }
        self.pass(part, vpc);
        Ok(self.delivery(Place::Service(service)))
    }

    /// Flows are tracked, and what neither begins one nor belongs to one is dropped.
    fn tracked(&mut self, vpc: Option<VpcId>) -> Going<()> {
        match self.header.payload {
            // Requests: echo, timestamp, information, address mask.
            Payload::Icmp { kind, .. } if !self.is_reply && !matches!(kind, 8 | 13 | 15 | 17) => {
                self.refuse(Part::Vpc, vpc, Refusal::Protocol)
            }
            // Errors, the answer to an echo, and what concerns neighbours on a link.
            Payload::Icmpv6 { kind, .. } if !self.is_reply && matches!(kind, 1..=4 | 129 | 133..=137 | 143) => {
                self.refuse(Part::Vpc, vpc, Refusal::Protocol)
            }
            _ => Ok(()),
        }
    }

    /// Whether the route table of an interface's subnet sends the packet to who is not its receiver.
    fn goes_by_middlebox(&self, from: &NetworkInterface) -> bool {
        let table = route::table(self.state, from.vpc, from.subnet);
        let taken = table.and_then(|it| route::taken(self.state, it, self.header.destination));
        match taken.and_then(|it| it.route).map(|it| it.target) {
            Some(Target::Interface(id)) => {
                self.state.network_interfaces.get(&id).is_some_and(|it| !has(it, self.header.destination))
            }
            _ => false,
        }
    }

    /// One direction of the groups that an interface at an end of the stretch wears.
    fn groups(&mut self, wearer: &NetworkInterface, egress: bool, sender: Sender<'_>, stretch: Stretch) -> Going<()> {
        let (interface, groups) = (wearer.id, wearer.groups.clone());
        if self.is_remembered(wearer.vpc, stretch) {
            self.pass(Part::SecurityGroups { interface, groups, egress, rule: None }, Some(wearer.vpc));
            return Ok(());
        }
        let rule = filter::admitting(self.state, wearer, egress, &self.header, sender);
        let rule = rule.map(|it| it.as_ref().clone());
        let refusal = match (&rule, filter::rules(self.state, wearer, egress).next()) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(Refusal::NoRuleFits),
            (None, None) => Some(Refusal::NoRules),
        };
        let part = Part::SecurityGroups { interface, groups, egress, rule };
        match refusal {
            Some(refusal) => self.refuse(part, Some(wearer.vpc), refusal),
            None => {
                self.pass(part, Some(wearer.vpc));
                Ok(())
            }
        }
    }

    /// One direction of a subnet's network ACL.
    fn acl(&mut self, vpc: VpcId, subnet: SubnetId, egress: bool) -> Going<()> {
        let Some(acl) = filter::network_acl(self.state, subnet) else {
            return self.refuse(Part::Vpc, Some(vpc), Refusal::Denied);
        };
        let entry = filter::first_entry(acl, egress, &self.header).cloned();
        let allowed = entry.as_ref().is_some_and(|it| it.allow);
        let part = Part::NetworkAcl { id: acl.id, subnet, egress, entry };
        if !allowed {
            return self.refuse(part, Some(vpc), Refusal::Denied);
        }
        self.pass(part, Some(vpc));
        Ok(())
    }

    /// By the route table of the subnet of an interface: an instance's, or a NAT gateway's.
    fn route(&mut self, from: &'a NetworkInterface) -> Going<Delivery> {
        let (vpc, subnet) = (from.vpc, from.subnet);
        if !is_routed(self.header.destination) {
            return self.refuse(Part::Vpc, Some(vpc), Refusal::Unroutable);
        }
        let Some(table) = route::table(self.state, vpc, subnet) else {
            return self.refuse(Part::Vpc, Some(vpc), Refusal::NoRoute);
        };
        let taken = route::taken(self.state, table, self.header.destination);
        let part = Part::RouteTable { id: table.id, subnet, taken: taken.clone() };
        let Some(taken) = taken else {
            return self.refuse(part, Some(vpc), Refusal::NoRoute);
        };
        let target = taken.route.map(|it| it.target);
        if target.is_some_and(|it| !route::takes_packets(self.state, vpc, it)) {
            return self.refuse(part, Some(vpc), Refusal::Blackhole);
        }
        self.pass(part, Some(vpc));
        match target {
            None => self.local(from),
            Some(Target::Interface(id)) => {
                let receiver = self.state.network_interfaces.get(&id).expect("a target that takes packets is there");
                self.arrive(receiver, Sender::Interface(from))
            }
            Some(Target::InternetGateway(id)) => self.internet_gateway(id, from),
            Some(Target::EgressOnlyInternetGateway(id)) => self.egress_only_gateway(id, from),
            Some(Target::NatGateway(id)) => self.nat_gateway(id, from),
            Some(Target::Peering(id)) => self.peering(id, from),
        }
    }

    /// Within the VPC.
    fn local(&mut self, from: &'a NetworkInterface) -> Going<Delivery> {
        match holder(self.state, from.vpc, self.header.destination) {
            Some(receiver) => self.arrive(receiver, Sender::Interface(from)),
            None => self.refuse(Part::Vpc, Some(from.vpc), Refusal::NobodyThere),
        }
    }

    /// To the VPC at the other end, and no further: what comes from a peer reaches interfaces, no gateways.
    fn peering(&mut self, id: PeeringConnectionId, from: &'a NetworkInterface) -> Going<Delivery> {
        self.acl(from.vpc, from.subnet, true)?;
        let row = self.state.peering_connections.get(&id).expect("a target that takes packets is there");
        let (_, other) = row.seen_from(from.vpc).expect("a target that takes packets is of the VPC");
        let (source, destination) = (self.header.source, self.header.destination);
        if !self.is_of(from.vpc, source) || !self.is_of(other.vpc, destination) {
            return self.refuse(Part::Peering(id), Some(from.vpc), Refusal::NotOfPeers);
        }
        self.pass(Part::Peering(id), Some(from.vpc));
        self.went_out(from);
        match holder(self.state, other.vpc, destination) {
            Some(receiver) => self.arrive(receiver, Sender::Peer(from.vpc)),
            None => self.refuse(Part::Vpc, Some(other.vpc), Refusal::NobodyThere),
        }
    }

    /// To a NAT gateway, which sends it on from its own subnet, with one of its own addresses.
    fn nat_gateway(&mut self, id: NatGatewayId, from: &'a NetworkInterface) -> Going<Delivery> {
        let (gateway, interface) = self.nat(id);
        if from.subnet != interface.subnet {
            self.acl(from.vpc, from.subnet, true)?;
            self.acl(interface.vpc, interface.subnet, false)?;
        }
        let (part, vpc) = (Part::NatGateway(id), Some(interface.vpc));
        // It did not see the packet that is answered.
        if self.is_reply {
            return self.refuse(part, vpc, Refusal::Unasked);
        }
        let carried = matches!(self.header.payload, Payload::Tcp { .. } | Payload::Udp { .. } | Payload::Icmp { .. });
        if !carried || self.header.source.is_ipv6() {
            return self.refuse(part, vpc, Refusal::Protocol);
        }
        if self.translations.iter().any(|it| it.gateway == id) {
            return self.refuse(part, vpc, Refusal::Loop);
        }
        // Under which port is its own affair: what is asked for is taken to stay.
        let addresses: Vec<IpAddr> = gateway.lent().map(IpAddr::V4).collect();
        let Some(after) = addresses.get(self.choice).or(addresses.first()).copied() else {
            return self.refuse(part, vpc, Refusal::NobodyThere);
        };
        self.went_out(from);
        let before = self.header.source;
        self.translations.push(Translation { gateway: id, before, after, choices: addresses.len() });
        self.translate(part, interface.vpc, Header { source: after, ..self.header });
        self.route(interface)
    }

    fn nat(&self, id: NatGatewayId) -> (&'a NatGateway, &'a Arc<NetworkInterface>) {
        let gateway = self.state.nat_gateways.get(&id).expect("a target that takes packets is there");
        let interface = self.state.network_interfaces.get(&gateway.interface);
        (gateway, interface.expect("a target that takes packets has an interface"))
    }

    /// Back through a NAT gateway, to who began the flow.
    fn untranslate(&mut self, id: NatGatewayId, interface: &'a NetworkInterface) -> Going<Delivery> {
        let (part, vpc) = (Part::NatGateway(id), interface.vpc);
        let did =
            self.translations.pop_if(|it| self.is_reply && it.gateway == id && it.after == self.header.destination);
        let Some(translation) = did else {
            return self.refuse(part, Some(vpc), Refusal::Unasked);
        };
        self.translate(part, vpc, Header { destination: translation.before, ..self.header });
        self.route(interface)
    }

    /// Out by an internet gateway. All that goes from a subnet to the world outside goes through here, or through the
    /// egress-only gateway; all that comes goes through [`Walk::enter`].
    fn internet_gateway(&mut self, id: InternetGatewayId, from: &'a NetworkInterface) -> Going<Delivery> {
        self.acl(from.vpc, from.subnet, true)?;
        let part = Part::InternetGateway(id);
        if self.is_blocked(from, true, is_nat(from)) {
            return self.refuse(part, Some(from.vpc), Refusal::PublicAccessBlocked);
        }
        let source = match self.header.source {
            IpAddr::V4(private) => match self.public(from.vpc, private) {
                Some(address) => IpAddr::V4(address.public),
                None => return self.refuse(part, Some(from.vpc), Refusal::NoPublicAddress),
            },
            source if self.is_of(from.vpc, source) => source,
            _ => return self.refuse(part, Some(from.vpc), Refusal::NotOfVpc),
        };
        self.went_out(from);
        self.translate(part, from.vpc, Header { source, ..self.header });
        self.outside(Target::InternetGateway(id))
    }

    /// Whether the account blocks the public access that a packet makes, out of the subnet of an interface or into it.
    /// A flow is out or in by who began it: replies to what goes out may come in, and no others go out.
    ///
    /// | mode          | excluded for | out | out by a NAT or an egress-only gateway | in |
    /// |---------------|--------------|-----|----------------------------------------|----|
    /// | off           |              | yes | yes | yes |
    /// | any           | both ways    | yes | yes | yes |
    /// | ingress       |              | no  | yes | no  |
    /// | ingress       | egress       | no  | yes | no  |
    /// | bidirectional | egress       | yes | yes | no  |
    /// | bidirectional |              | no  | no  | no  |
    fn is_blocked(&self, interface: &NetworkInterface, egress: bool, by_outward_gateway: bool) -> bool {
        let owner = (interface.account, interface.region.clone());
        let mode = self.state.block_public_access.get(&owner).map_or(BlockMode::Off, |it| it.mode);
        let excluded = |subnet: Option<SubnetId>| {
            let mut exclusions = self.state.block_public_access_exclusions.iter();
            exclusions.find(|it| it.vpc == interface.vpc && it.subnet == subnet).map(|it| it.mode)
        };
        // The exclusion of the subnet counts before that of the VPC.
        let exclusion = excluded(Some(interface.subnet)).or_else(|| excluded(None));
        let began_inside = egress != self.is_reply;
        match (mode, exclusion) {
            (BlockMode::Off, _) | (_, Some(ExclusionMode::Bidirectional)) => false,
            (BlockMode::Ingress, _) => !began_inside || !by_outward_gateway,
            (BlockMode::Bidirectional, Some(ExclusionMode::Egress)) => !began_inside,
            (BlockMode::Bidirectional, None) => true,
        }
    }

    /// Out by an egress-only gateway.
    fn egress_only_gateway(&mut self, id: EgressOnlyInternetGatewayId, from: &'a NetworkInterface) -> Going<Delivery> {
        self.acl(from.vpc, from.subnet, true)?;
        let (part, vpc) = (Part::EgressOnlyInternetGateway(id), Some(from.vpc));
        if self.header.source.is_ipv4() {
            return self.refuse(part, vpc, Refusal::Protocol);
        }
        if self.is_blocked(from, true, true) {
            return self.refuse(part, vpc, Refusal::PublicAccessBlocked);
        }
        if !self.is_of(from.vpc, self.header.source) {
            return self.refuse(part, vpc, Refusal::NotOfVpc);
        }
        self.pass(part, vpc);
        self.went_out(from);
        self.outside(Target::EgressOnlyInternetGateway(id))
    }

    /// Beyond this gateway: back in if the destination is a public address of some VPC, else away.
    fn outside(&mut self, gateway: Target) -> Going<Delivery> {
        if !self.is_reply {
            self.left.push((gateway, self.header.source, self.header.destination));
        }
        if self.is_ours(self.header.destination) {
            return self.enter();
        }
        self.pass(Part::Outside, None);
        Ok(self.delivery(Place::Outside))
    }

    /// Whether an address outside is one that VPCs have, or would if anybody had it.
    fn is_ours(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => {
                let pools = self.state.settings.get(&()).into_iter().flat_map(|it| &it.public_pools);
                pools.into_iter().any(|it| it.contains(&address))
                    || self.state.addresses.iter().any(|it| it.public == address)
            }
            IpAddr::V6(_) => self.vpc_of(address).is_some(),
        }
    }

    /// In from the world outside, to a public address.
    fn enter(&mut self) -> Going<Delivery> {
        let (vpc, private) = match self.header.destination {
            IpAddr::V4(public) => {
                let row = self.state.addresses.iter().find(|it| it.public == public);
                let Some(association) = row.and_then(|it| it.association.as_ref()) else {
                    return self.refuse(Part::Outside, None, Refusal::NobodyThere);
                };
                (association.vpc, IpAddr::V4(association.private))
            }
            address => {
                let Some(vpc) = self.vpc_of(address) else {
                    return self.refuse(Part::Outside, None, Refusal::NobodyThere);
                };
                (vpc.id, address)
            }
        };
        let Some(receiver) = holder(self.state, vpc, private) else {
            return self.refuse(Part::Vpc, Some(vpc), Refusal::NobodyThere);
        };
        // By which gateway the receiver's subnet sends its answers.
        let table = route::table(self.state, vpc, receiver.subnet);
        let taken = table.and_then(|it| route::taken(self.state, it, self.header.source));
        let answers = taken.as_ref().and_then(|it| it.route.as_ref()).map(|it| it.target);
        // An answer comes by the gateway by which the flow went, wherever the receiver's subnet leads by now: to a
        // middlebox before that gateway, perhaps.
        let (source, destination) = (self.header.destination, self.header.source);
        let went = |it: &&(Target, IpAddr, IpAddr)| self.is_reply && (it.1, it.2) == (source, destination);
        let went = self.left.iter().find(went).map(|it| it.0);
        if let Some(Target::EgressOnlyInternetGateway(id)) = went.or(answers)
            && route::takes_packets(self.state, vpc, Target::EgressOnlyInternetGateway(id))
            && self.header.source.is_ipv6()
        {
            let part = Part::EgressOnlyInternetGateway(id);
            if !self.is_reply {
                return self.refuse(part, Some(vpc), Refusal::Unasked);
            }
            if self.is_blocked(receiver, false, true) {
                return self.refuse(part, Some(vpc), Refusal::PublicAccessBlocked);
            }
            self.pass(part, Some(vpc));
            return self.arrive(receiver, Sender::Outside);
        }
        let Some(gateway) = self.state.internet_gateways.iter().find(|it| it.vpc == Some(vpc)) else {
            return self.refuse(Part::Vpc, Some(vpc), Refusal::NoGateway);
        };
        if self.is_blocked(receiver, false, is_nat(receiver)) {
            return self.refuse(Part::InternetGateway(gateway.id), Some(vpc), Refusal::PublicAccessBlocked);
        }
        self.translate(Part::InternetGateway(gateway.id), vpc, Header { destination: private, ..self.header });
        if went.or(answers) != Some(Target::InternetGateway(gateway.id)) {
            let subnet = receiver.subnet;
            let part = table.map_or(Part::Vpc, |it| Part::RouteTable { id: it.id, subnet, taken });
            return self.refuse(part, Some(vpc), Refusal::NotRoutedBack);
        }
        self.arrive(receiver, Sender::Outside)
    }

    /// To an interface.
    fn arrive(&mut self, receiver: &'a NetworkInterface, sender: Sender<'a>) -> Going<Delivery> {
        match sender {
            Sender::Interface(from) if from.subnet == receiver.subnet => {}
            Sender::Interface(from) => {
                self.acl(from.vpc, from.subnet, true)?;
                self.acl(receiver.vpc, receiver.subnet, false)?;
            }
            // The sender's subnet was left on the way to the gateway.
            Sender::Peer(_) | Sender::Outside => self.acl(receiver.vpc, receiver.subnet, false)?,
        }
        if let Kind::NatGateway(id) = receiver.kind {
            return self.untranslate(id, receiver);
        }
        let part = interface(receiver);
        if !route::is_running(self.state, receiver) {
            return self.refuse(part, Some(receiver.vpc), Refusal::NotRunning);
        }
        let own = has(receiver, self.header.destination);
        if !own && receiver.source_dest_check {
            return self.refuse(part, Some(receiver.vpc), Refusal::ForeignDestination);
        }
        let from_middlebox = matches!(sender, Sender::Interface(from) if self.is_middlebox(from));
        let stretch = Stretch::new(from_middlebox, !own);
        self.groups(receiver, false, sender, stretch)?;
        let handled = (receiver.id, self.header);
        if self.handled.contains(&handled) {
            return self.refuse(part, Some(receiver.vpc), Refusal::Loop);
        }
        self.pass(part, Some(receiver.vpc));
        self.went(receiver.vpc, stretch);
        if own {
            return Ok(self.delivery(Place::Interface(receiver.id)));
        }
        if !self.forwarders.contains(&receiver.id) {
            return Ok(self.delivery(Place::Middlebox(receiver.id)));
        }
        self.handled.push(handled);
        self.send(receiver)
    }

    /// The public address that stands for a private one.
    fn public(&self, vpc: VpcId, private: Ipv4Addr) -> Option<&'a Arc<Address>> {
        let stands_for = |it: &&Arc<Address>| {
            it.association.as_ref().is_some_and(|association| (association.vpc, association.private) == (vpc, private))
        };
        self.state.addresses.iter().find(stands_for)
    }

    /// Whether the address lies in a block of the VPC.
    fn is_of(&self, vpc: VpcId, address: IpAddr) -> bool {
        self.state.vpcs.get(&vpc).is_some_and(|it| it.prefixes().any(|block| block.contains(&address)))
    }

    /// The VPC with an IPv6 block that the address lies in.
    fn vpc_of(&self, address: IpAddr) -> Option<&'a Arc<Vpc>> {
        let has_block = |vpc: &Vpc| vpc.blocks6.iter().any(|it| Prefix::V6(it.prefix).contains(&address));
        self.state.vpcs.iter().find(|it| has_block(it))
    }
}

fn is_nat(interface: &NetworkInterface) -> bool {
    matches!(interface.kind, Kind::NatGateway(_))
}

fn interface(row: &NetworkInterface) -> Part {
    let instance = row.attachment.as_ref().map(|it| it.instance);
    Part::Interface { id: row.id, subnet: row.subnet, instance }
}

/// Whether packets for the address are routed at all: not those for many, or for a neighbour on a link.
fn is_routed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            !(it.is_multicast() || it.is_broadcast() || it.is_link_local() || it.is_loopback() || it.is_unspecified())
        }
        IpAddr::V6(it) => !(it.is_multicast() || it.is_unicast_link_local() || it.is_loopback() || it.is_unspecified()),
    }
}
