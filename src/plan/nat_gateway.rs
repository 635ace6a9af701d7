//! A NAT gateway: a namespace that takes packets from its router and gives them back with another source.
//!
//! Nothing opens inwards: a packet to its own address that belongs to no flow ends in the `input` chain, and flows are
//! forgotten after 350 seconds without a packet, as EC2's guide says.

use std::net::IpAddr;

use super::config::{Link, Namespace, NamespaceId, Peer, RouteKey};
use super::group::IPV4;
use super::mutant::Mutant;
use super::ruleset::{Chain, Field, Hook, HookKind, HookPoint, Policy, Statement, Verdict};
use super::wiring::{EVERYTHING4, FIRST_DEVICE, GATEWAY4, MAIN_TABLE, MTU, nat_link};
use crate::net::{Mac, Prefix};
use crate::plan::config::Route;
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::NetworkInterface;

/// In seconds; EC2 guide, "NAT gateway basics".
const FLOW_IDLE: u32 = 350;

const INVALID: u32 = 1;
const TCP: u8 = 6;
const SOURCE_NAT: i32 = 100;

/// The namespace of a gateway.
pub fn nat_gateway(gateway: &NatGateway, interface: &NetworkInterface) -> Namespace {
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
    let mut translate = vec![vec![Statement::Family(IPV4), Statement::SourceAmong(interface.addresses.clone())]];
    translate.retain(|_| !Mutant::NatSource.lives());
    let hook = hook(HookKind::Nat, HookPoint::Postrouting, SOURCE_NAT, Policy::Accept);
    namespace.firewall.put_chain("translate", Chain { hook, rules: translate });
    namespace
}
