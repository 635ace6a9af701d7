//! Block public access: which packets an account's setting stops at the gateway of a router.
//!
//! ```text
//!  left of a subnet's access    out                              in
//!  nothing                      nothing                          nothing
//!  outward                      what begins inside               what answers it
//!  by outward gateways          the same, but only of NAT gateways and by egress-only gateways
//! ```
//!
//! Running flows are judged like first packets, as ACLs judge them: a change makes a new policy, and what it blocks is
//! cut. Where nothing is blocked, nothing is added and nothing is looked up.

use std::collections::BTreeSet;

use super::internet::{put_ranges, refused};
use super::key::KeyRange;
use super::member::{Elements, Footing, Ground, Members};
use super::mutant::Mutant;
use super::number::{IPV4, IPV6};
use super::routing;
use super::ruleset::{Data, DataKind, Field, Rule, Ruleset, Statement, Verdict};
use super::wiring::INTERNET;
use crate::state::State;
use crate::state::block_public_access::PublicAccess;
use crate::state::id::{RouteTableId, SubnetId, VpcId};
use crate::state::vpc::Vpc;

/// The maps from a link to what is left of its subnet's access.
const OUT: &str = "public-access-out";
const IN: &str = "public-access-in";

const CLOSED: &str = "public-access-closed";
const OUTWARD: &str = "public-access-outward";

/// Whether anything of the VPC's public access is blocked.
pub fn is_limited(state: &State, vpc: &Vpc) -> bool {
    let mut subnets = state.indexes.subnets_of_vpc.of(vpc.id);
    subnets.any(|it| state.public_access(vpc.id, Some(it)) != PublicAccess::Open)
}

/// The rules of the forward chain that lead packets to and from the gateway to what is added here.
pub fn looks() -> [Rule; 2] {
    let look = |gateway, other, map: &str| {
        let value = KeyRange::default().link(INTERNET).exact().0;
        let look = Statement::VerdictFrom { fields: vec![other], map: map.to_owned() };
        vec![Statement::Equals { field: gateway, value }, look]
    };
    // oifname "internet" iifname vmap @public-access-out
    [look(Field::OutputLink, Field::InputLink, OUT), look(Field::InputLink, Field::OutputLink, IN)]
}

/// What is left of a subnet's public access.
pub fn left(state: &State, vpc: VpcId, subnet: SubnetId) -> PublicAccess {
    state.public_access(vpc, Some(subnet).filter(|_| !Mutant::Exclusion.lives()))
}

/// What [`looks`] look up for a link, which may be that of a NAT gateway.
pub fn link(elements: &mut Elements, link: &str, footing: &Footing, nat: bool) {
    let name = match (footing.access, footing.table) {
        (PublicAccess::Open, _) => return,
        (PublicAccess::Outward, _) => OUTWARD.to_owned(),
        (PublicAccess::ByOutwardGateways, _) if nat => OUTWARD.to_owned(),
        (PublicAccess::ByOutwardGateways, Some(table)) => by_table(table),
        (PublicAccess::ByOutwardGateways, None) | (PublicAccess::Closed, _) => CLOSED.to_owned(),
    };
    for (map, egress) in [(OUT, true), (IN, false)] {
        let data = Data::Verdict(Verdict::Jump(chain(&name, egress)));
        elements.put(map, KeyRange::default().link(link).exact(), data);
    }
}

fn by_table(table: RouteTableId) -> String {
    format!("{table}-public-access")
}

/// Adds what [`looks`] look up.
pub fn public_access(ruleset: &mut Ruleset, state: &State, vpc: &Vpc, members: &Members, ground: &Ground) {
    let limited = members.subnets.keys().filter_map(|it| ground.get(it));
    let limited = limited.filter(|it| it.access == PublicAccess::ByOutwardGateways).filter_map(|it| it.table);
    let tables: BTreeSet<RouteTableId> = limited.collect();
    let tables: Vec<_> = tables.iter().filter_map(|it| state.route_tables.get(it)).collect();
    ruleset.set(OUT, &[Field::InputLink], DataKind::Verdict, members.set(OUT));
    ruleset.set(IN, &[Field::OutputLink], DataKind::Verdict, members.set(IN));
    for egress in [true, false] {
        ruleset.chain(&chain(CLOSED, egress), vec![refused()]);
        ruleset.chain(&chain(OUTWARD, egress), vec![began_inside(egress), refused()]);
        for table in &tables {
            let name = chain(&by_table(table.id), egress);
            let mut rules = vec![[vec![Statement::Family(IPV4)], refused()].concat()];
            rules.retain(|_| !Mutant::BlockedIpv4.lives());
            // What the table sends to the internet gateway instead of the egress-only one.
            let ranges = routing::from_internet(state, vpc.id, table);
            let field = if egress { Field::Destination6 } else { Field::Source6 };
            if let Some(inside) = put_ranges(ruleset, &name, field, &ranges) {
                rules.push([vec![Statement::Family(IPV6), inside], refused()].concat());
            }
            rules.extend([began_inside(egress), refused()]);
            ruleset.chain(&name, rules);
        }
    }
}

/// Whether the chain is one of those that stop packets here.
pub fn is_chain(name: &str) -> bool {
    name.contains("public-access")
}

fn chain(name: &str, egress: bool) -> String {
    format!("{name}-{}", if egress { "out" } else { "in" })
}

/// Lets on what goes the way of a flow that began inside: the original direction out, and that of replies in.
fn began_inside(egress: bool) -> Rule {
    let value = vec![if egress { 0 } else { 1 }];
    vec![Statement::Equals { field: Field::Direction, value }, Statement::Verdict(Verdict::Return)]
}
