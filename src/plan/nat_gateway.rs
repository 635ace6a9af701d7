//! A NAT gateway: a namespace that takes packets from its router and gives them back with another source.
//!
//! The ports of its addresses are shared out between the interfaces that use it, so that none takes those of others:
//! thirty-one shares are theirs, one each while there are no more of them, and one is for sources that are nobody's
//! address, such as those behind a middlebox.
//!
//! Nothing opens inwards: a packet to its own address that belongs to no flow ends in the `input` chain, and flows are
//! forgotten after 350 seconds without a packet, as EC2's guide says.

use std::net::{IpAddr, Ipv4Addr};

use super::config::{Link, Namespace, NamespaceId, Peer, RouteKey};
use super::key::KeyRange;
use super::member::held;
use super::mutant::Mutant;
use super::number::{INVALID, IPV4, SOURCE_NAT, TCP};
use super::ruleset::{Chain, Data, DataKind, Element, Field, Hook, HookKind, HookPoint, Policy, Statement, Verdict};
use super::wiring::{EVERYTHING4, FIRST_DEVICE, GATEWAY4, MAIN_TABLE, MTU, nat_link};
use crate::net::{Mac, Prefix, Span};
use crate::plan::config::Route;
use crate::state::id::Id;
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::NetworkInterface;

/// In seconds; EC2 guide, "NAT gateway basics".
const FLOW_IDLE: u32 = 350;

/// The ports of one address that are lent: all but those that the kernel keeps for sources below them.
const PORTS: Span = Span { first: 1024, last: u16::MAX };
/// How many shares of them there are.
const SHARES: u16 = 32;
const SHARE: u16 = (PORTS.last - PORTS.first) / SHARES + 1;
/// Whose addresses have which share.
const SHARE_OF: &str = "shares";

/// The namespace of a gateway, which these interfaces use.
pub fn nat_gateway<'a>(
    gateway: &NatGateway,
    interface: &NetworkInterface,
    users: impl Iterator<Item = &'a NetworkInterface>,
) -> Namespace {
    let mut namespace = Namespace { forwarding: true, flow_idle: Some(FLOW_IDLE), ..Namespace::default() };
    let device = FIRST_DEVICE.to_owned();
    let router = NamespaceId::Router(gateway.vpc.to_string());
    let peer = Peer { namespace: router, link: nat_link(gateway.id) };
    namespace.links.insert(device.clone(), Link { mac: interface.mac, mtu: MTU, peer });
    namespace.neighbours.insert((device.clone(), IpAddr::V4(GATEWAY4)), Mac::GATEWAY);
    for address in &interface.addresses {
        namespace.addresses.insert((device.clone(), Prefix::from(IpAddr::V4(*address))));
    }
    let route = Route::Via { gateway: IpAddr::V4(GATEWAY4), link: device, source: None };
    namespace.routes.insert(RouteKey { table: MAIN_TABLE, destination: EVERYTHING4 }, route);

    let hook = |kind, point, priority, policy| Some(Hook { kind, point, priority, policy });
    // A connection that was forgotten is ended, so that its owner does not wait for an answer that never comes.
    let forgotten = vec![
        vec![
            Statement::FlowState(INVALID),
            Statement::Equals { field: Field::Protocol, value: vec![TCP] },
            Statement::Reset,
        ],
        vec![Statement::FlowState(INVALID), Statement::Counter, Statement::Verdict(Verdict::Drop)],
        vec![Statement::Family(IPV4), Statement::Verdict(Verdict::Accept)],
    ];
    let forward = Chain { hook: hook(HookKind::Filter, HookPoint::Forward, 0, Policy::Drop), rules: forgotten };
    namespace.firewall.put_chain("forward", forward);
    let own = if Mutant::NatInput.lives() { Policy::Accept } else { Policy::Drop };
    let input = Chain { hook: hook(HookKind::Filter, HookPoint::Input, 0, own), rules: Vec::new() };
    namespace.firewall.put_chain("input", input);

    let addresses: Vec<Ipv4Addr> = gateway.lent().collect();
    let translate = |share: u16| {
        let first = PORTS.first + share * SHARE;
        let ports = Span::new(first, first + (SHARE - 1));
        vec![Statement::Family(IPV4), Statement::SourceAmong { addresses: addresses.clone(), ports }]
    };
    let users: Vec<&NetworkInterface> = users.collect();
    let shares = shares(users.iter().map(|it| it.id.number()));
    for share in &shares {
        namespace.firewall.chain(&share_chain(*share), vec![translate(*share)]);
    }
    let elements = users.into_iter().zip(shares).flat_map(|(interface, share)| {
        let data = Data::Verdict(Verdict::Goto(share_chain(share)));
        let element = Element { last: None, data };
        let four = held(interface).into_iter().filter(IpAddr::is_ipv4);
        four.map(move |it| (KeyRange::default().address(it).exact(), element.clone()))
    });
    namespace.firewall.set(SHARE_OF, &[Field::Source4], DataKind::Verdict, elements.collect());
    let look = Statement::VerdictFrom { fields: vec![Field::Source4], map: SHARE_OF.to_owned() };
    let mut translate = vec![vec![Statement::Family(IPV4), look], translate(0)];
    translate.retain(|_| !Mutant::NatSource.lives());
    let hook = hook(HookKind::Nat, HookPoint::Postrouting, SOURCE_NAT, Policy::Accept);
    namespace.firewall.put_chain("translate", Chain { hook, rules: translate });
    namespace
}

fn share_chain(share: u16) -> String {
    format!("share-{share}")
}

/// Which share each of the interfaces with these numbers has: one of its own for as long as there are some, and the
/// same for as long as those before it stay.
fn shares(interfaces: impl Iterator<Item = u128>) -> Vec<u16> {
    let mut takers = [0_usize; SHARES as usize];
    let share = |number: u128| {
        let least = takers[1..].iter().min().copied().unwrap_or(0);
        let first = (number % u128::from(SHARES - 1)) as u16;
        let mut shares = (0..SHARES - 1).map(|it| 1 + (first + it) % (SHARES - 1));
        let share = shares.find(|it| takers[usize::from(*it)] == least).unwrap_or(1);
        takers[usize::from(share)] += 1;
        share
    };
    interfaces.map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_shares_before_everybody_has_to() {
        // All would have the same share.
        let numbers = || (0_u128..).map(|it| it * u128::from(SHARES - 1));
        let mut taken = shares(numbers().take(31));
        taken.sort_unstable();
        assert_eq!(taken, (1..SHARES).collect::<Vec<_>>());
        let taken = shares(numbers().take(62));
        assert!((1..SHARES).all(|share| taken.iter().filter(|it| **it == share).count() == 2), "{taken:?}");
    }

    #[test]
    fn the_shares_are_all_of_the_ports_and_no_two_overlap() {
        assert_eq!(u32::from(PORTS.first) + u32::from(SHARE) * u32::from(SHARES), u32::from(PORTS.last) + 1);
    }
}
