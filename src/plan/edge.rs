//! The edge, where the public addresses of a node's VPCs meet, and what lies of it in the node's own namespace.
//!
//! The edge forwards what has passed a router's gateway or is for one. It stops what comes from outside and says that it
//! comes from behind the edge, and what is for services that every machine has by itself. The node's own namespace holds
//! one link, a route for each public address, and a chain that keeps workloads from the node's own services.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use imbl::OrdMap;

use super::acl::within;
use super::config::{Namespace, NamespaceId, Route, RouteKey};
use super::key::KeyRange;
use super::mutant::Mutant;
use super::number::{ESTABLISHED, IPV4, IPV6, RAW, RELATED, SOURCE_NAT};
use super::ruleset::{
    Chain, Data, DataKind, Element, Field, Hook, HookKind, HookPoint, Policy, Ruleset, Statement, Verdict,
};
use super::wiring::{EVERYTHING4, EVERYTHING6, HOME, INTERNET, MAIN_TABLE, edge_link, far, router_link};
use crate::net::{Ipv4Net, Ipv6Net, Mac, Prefix};
use crate::state::id::VpcId;
use crate::state::node::Egress;

/// What one VPC has at the edge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shore {
    /// The public addresses whose private ones are on this node.
    pub public: OrdMap<Ipv4Addr, ()>,
    pub blocks6: Vec<Ipv6Net>,
}

impl Shore {
    fn prefixes(&self) -> impl Iterator<Item = Prefix> + '_ {
        let four = self.public.keys().map(|it| Prefix::from(IpAddr::V4(*it)));
        let six = self.blocks6.iter().filter(|_| !Mutant::EdgeIpv6.lives());
        four.chain(six.map(|it| Prefix::V6(*it)))
    }
}

/// The edge, and what is ours in the node's own namespace.
pub fn edge(tag: &str, egress: Egress, pools: &[Ipv4Net], shores: &BTreeMap<VpcId, Shore>) -> (Namespace, Namespace) {
    let mut edge = Namespace { forwarding: true, ..Namespace::default() };
    let mut home = Namespace { forwarding: egress != Egress::Local, ..Namespace::default() };
    let link = edge_link(tag);
    edge.join(HOME, NamespaceId::Home, &link, Mac::GATEWAY);
    home.join(&link, NamespaceId::Edge, HOME, Mac::GATEWAY);
    let key = |destination| RouteKey { table: MAIN_TABLE, destination };
    for everything in [EVERYTHING4, EVERYTHING6] {
        edge.routes.insert(key(everything), far(HOME, everything));
    }
    for pool in pools {
        edge.routes.insert(key(Prefix::V4(*pool)), Route::Blackhole);
    }
    for (vpc, shore) in shores {
        let name = router_link(*vpc);
        edge.join(&name, NamespaceId::Router(vpc.to_string()), INTERNET, Mac::GATEWAY);
        for prefix in shore.prefixes() {
            edge.routes.insert(key(prefix), far(&name, prefix));
            home.routes.insert(key(prefix), far(&link, prefix));
        }
    }
    edge.firewall = edge_firewall(shores);
    home.firewall = home_firewall(&link, egress, pools, shores);
    (edge, home)
}

/// Addresses that mean something else on each machine: link-local ones, where the node may have services of its own
/// cloud, and those that EC2 keeps of IPv6.
const MACHINE: [Prefix; 2] = [
    Prefix::V4(Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16)),
    Prefix::V6(Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32)),
];

/// Rules trust public addresses as they trust private ones, so nobody outside may bear one that is behind this edge.
fn edge_firewall(shores: &BTreeMap<VpcId, Shore>) -> Ruleset {
    let mut ruleset = Ruleset::default();
    let home = || Statement::Equals { field: Field::InputLink, value: KeyRange::default().link(HOME).exact().0 };
    let drop = || [Statement::Counter, Statement::Verdict(Verdict::Drop)];
    let element = |it: &Ipv4Addr| {
        let key = KeyRange::default().address(IpAddr::V4(*it)).exact();
        (key, Element { last: None, data: Data::None })
    };
    let public = shores.values().flat_map(|it| it.public.keys()).map(element).collect();
    ruleset.set("public", &[Field::Source4], DataKind::None, public);
    let known = Statement::InSet { fields: vec![Field::Source4], set: "public".to_owned() };
    let mut rules = vec![[vec![home(), Statement::Family(IPV4), known], drop().into()].concat()];
    for block in shores.values().flat_map(|it| &it.blocks6) {
        let inside = within(Field::Source6, Prefix::V6(*block));
        rules.push([home(), Statement::Family(IPV6)].into_iter().chain(inside).chain(drop()).collect());
    }
    for block in MACHINE {
        let (family, field) = match block {
            Prefix::V4(_) => (IPV4, Field::Destination4),
            Prefix::V6(_) => (IPV6, Field::Destination6),
        };
        rules.push([Statement::Family(family)].into_iter().chain(within(field, block)).chain(drop()).collect());
    }
    let hook = Hook { kind: HookKind::Filter, point: HookPoint::Prerouting, priority: RAW, policy: Policy::Accept };
    ruleset.put_chain("prerouting", Chain { hook: Some(hook), rules });
    ruleset
}

fn home_firewall(link: &str, egress: Egress, pools: &[Ipv4Net], shores: &BTreeMap<VpcId, Shore>) -> Ruleset {
    let mut ruleset = Ruleset::default();
    let accept = || Statement::Verdict(Verdict::Accept);
    let name = KeyRange::default().link(link).exact();
    let ours = || Statement::Equals { field: Field::InputLink, value: name.0.clone() };
    let chain = |kind, point, priority, rules| Chain {
        hook: Some(Hook { kind, point, priority, policy: Policy::Accept }),
        rules,
    };
    // The node may talk to workloads, and they answer; they do not begin.
    let guard = vec![
        vec![ours(), Statement::FlowState(ESTABLISHED | RELATED), accept()],
        vec![ours(), Statement::Counter, Statement::Verdict(Verdict::Drop)],
    ];
    ruleset.put_chain("input", chain(HookKind::Filter, HookPoint::Input, 0, guard));

    if egress == Egress::Masquerade {
        let element = Element { last: None, data: Data::None };
        ruleset.set("edge", &[Field::OutputLink], DataKind::None, OrdMap::unit(name.clone(), element));
        let away = || Statement::NotInSet { fields: vec![Field::OutputLink], set: "edge".to_owned() };
        let four = pools.iter().map(|it| (IPV4, within(Field::Source4, Prefix::V4(*it))));
        let blocks6 = shores.values().flat_map(|it| it.blocks6.iter());
        let six = blocks6.map(|it| (IPV6, within(Field::Source6, Prefix::V6(*it))));
        let rules = four.chain(six).map(|(family, source)| {
            let source = source.into_iter().collect();
            [vec![Statement::Family(family)], source, vec![away(), Statement::Masquerade]].concat()
        });
        let rules = rules.collect();
        ruleset.put_chain("masquerade", chain(HookKind::Nat, HookPoint::Postrouting, SOURCE_NAT, rules));
    }
    ruleset
}

/// The two as a pass takes them, with what is the same as before shared.
pub fn shared(before: Option<&Arc<Namespace>>, now: Namespace) -> Arc<Namespace> {
    match before {
        Some(before) if **before == now => before.clone(),
        _ => Arc::new(now),
    }
}
