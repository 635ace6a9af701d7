//! Peers of a VPC that share addresses. What one of them sends must not be taken for a packet of a flow with another, so
//! flows with each are in a zone of the connection table of their own: what comes by its link, and what goes by it.
//!
//! The oldest of them stays in the zone of everything else: its flows go on when another comes. Those of a younger one
//! are judged afresh once it is the only one left.

use std::collections::{BTreeMap, BTreeSet};

use super::acl::within;
use super::firewall::Gate;
use super::group::Peers;
use super::key::KeyRange;
use super::number::{IPV4, IPV6};
use super::ruleset::{Field, Rule, Ruleset, Statement, Verdict};
use crate::net::Prefix;
use crate::state::State;
use crate::state::id::{Id, PeeringConnectionId};

const ZONES: &str = "peer-zones";
/// Below are the zone of everything else and that of `stretches`.
const FIRST_ZONE: u16 = 2;

/// The zones of the peering connections that do not share that of everything else.
pub fn zones(state: &State, peers: &Peers) -> BTreeMap<PeeringConnectionId, u16> {
    let row = |id, peer| Some((state.peering_connections.get(id)?.created, *id, state.vpcs.get(peer)?));
    let mut by_age: Vec<_> = peers.iter().filter_map(|(id, peer)| row(id, peer)).collect();
    by_age.sort_by_key(|(created, id, _)| (*created, *id));
    numbered(&by_age.into_iter().map(|(_, id, peer)| (id, peer.prefixes().collect())).collect::<Vec<_>>())
}

/// The zones of connections to peers with these blocks, the oldest first. A number follows from the connection's id
/// where no other has it, so that it stays when others come and go.
fn numbered(by_age: &[(PeeringConnectionId, Vec<Prefix>)]) -> BTreeMap<PeeringConnectionId, u16> {
    let mut zones = BTreeMap::new();
    let mut used = BTreeSet::new();
    for (at, (id, blocks)) in by_age.iter().enumerate() {
        if by_age[..at].iter().any(|(_, older)| share_addresses(older, blocks)) {
            let mut zone = FIRST_ZONE.max(id.number() as u16);
            while !used.insert(zone) {
                zone = FIRST_ZONE.max(zone.wrapping_add(1));
            }
            zones.insert(*id, zone);
        }
    }
    zones
}

fn share_addresses(one: &[Prefix], other: &[Prefix]) -> bool {
    one.iter().any(|it| other.iter().any(|other| it.contains(other) || other.contains(it)))
}

/// Makes the chain that chooses the zone of what goes to a gate; the rest goes on to `known`. Says where it begins.
pub fn outward(ruleset: &mut Ruleset, gates: &[Gate], known: Verdict) -> Verdict {
    let mut rules = Vec::new();
    for gate in gates {
        let Gate::Peer { link, blocks, zone: Some(zone) } = gate else { continue };
        let leaves = Statement::Equals { field: Field::NextLink, value: KeyRange::default().link(link).exact().0 };
        rules.extend(blocks.iter().map(|block| -> Rule {
            let (family, field) =
                if block.addr().is_ipv4() { (IPV4, Field::Destination4) } else { (IPV6, Field::Destination6) };
            let to = [Statement::Family(family)].into_iter().chain(within(field, *block));
            to.chain([leaves.clone(), Statement::SetFlowZone(*zone), Statement::Verdict(Verdict::Accept)]).collect()
        }));
    }
    if rules.is_empty() {
        return known;
    }
    rules.push(vec![Statement::Verdict(known)]);
    ruleset.chain(ZONES, rules);
    Verdict::Goto(ZONES.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_share_addresses_with_an_older_one_have_a_zone_each() {
        let [wide, narrow, other, six] = ["10.0.0.0/16", "10.0.7.0/24", "10.1.0.0/16", "fd00::/56"]
            .map(|it| vec![it.parse::<Prefix>().expect("a block")]);
        let id = |number| PeeringConnectionId::from_number(number);
        let both = [other.clone(), six.clone()].concat();
        let zones = numbered(&[
            (id(0x5_0009), wide.clone()),
            (id(0x4_0000), other),
            (id(0x3_0000), narrow),
            (id(0x2_0001), wide.clone()),
            (id(0x1_ffff), both),
            (id(0x0_ffff), wide),
            (id(0x6_0007), six),
        ]);
        // Zones 0 and 1 are taken; where two connections would have one number, the younger has the next.
        let expected = [(0x3_0000, 2), (0x2_0001, 3), (0x1_ffff, 0xffff), (0x0_ffff, 4), (0x6_0007, 7)];
        assert_eq!(zones, expected.map(|(number, zone)| (id(number), zone)).into());
    }
}
