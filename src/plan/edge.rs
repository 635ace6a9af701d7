//! The edge, where the public addresses of a node's VPCs meet, and what lies of it in the node's own namespace.
//!
//! The edge forwards and judges nothing: what reaches it from a router has passed that router's gateway. The node's
//! own namespace holds one link, a route for each public address, and a chain that keeps workloads from the node's own
//! services.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::acl::within;
use super::config::{Namespace, NamespaceId, Route, RouteKey};
use super::group::{IPV4, IPV6};
use super::key::KeyRange;
use super::mutant::Mutant;
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
    pub public: BTreeSet<Ipv4Addr>,
    pub blocks6: Vec<Ipv6Net>,
}

impl Shore {
    fn prefixes(&self) -> impl Iterator<Item = Prefix> + '_ {
        let four = self.public.iter().map(|it| Prefix::from(IpAddr::V4(*it)));
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
    home.firewall = home_firewall(&link, egress, pools, shores);
    (edge, home)
}

/// Bits of `ct state`.
const ESTABLISHED_OR_RELATED: u32 = 2 | 4;
const SOURCE_NAT: i32 = 100;

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
        vec![ours(), Statement::FlowState(ESTABLISHED_OR_RELATED), accept()],
        vec![ours(), Statement::Counter, Statement::Verdict(Verdict::Drop)],
    ];
    ruleset.put_chain("input", chain(HookKind::Filter, HookPoint::Input, 0, guard));

    if egress == Egress::Masquerade {
        let element = Element { last: None, data: Data::None };
        ruleset.set("edge", &[Field::OutputLink], DataKind::None, [(name.clone(), element)].into());
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
