//! Peers of a VPC may share addresses. What one of them sends must not be taken for a packet of a flow with another, so
//! flows with each peer are in a zone of the connection table of their own: what comes by its link, and what goes by it.
//! A zone is a connection's for as long as that lives, whoever else comes or goes.

use std::collections::{BTreeMap, BTreeSet};

use super::acl::within;
use super::firewall::Gate;
use super::key::KeyRange;
use super::number::{IPV4, IPV6};
use super::ruleset::{Field, Rule, Ruleset, Statement, Verdict};
use crate::state::id::{Id, PeeringConnectionId};

const ZONES: &str = "peer-zones";
/// Below are the zone of everything else and that of `stretches`.
const FIRST_ZONE: u16 = 2;

/// The zones of peering connections: the number follows from the id, and is the next where an earlier one has it.
pub fn zones(connections: impl Iterator<Item = PeeringConnectionId>) -> BTreeMap<PeeringConnectionId, u16> {
    let (mut zones, mut used) = (BTreeMap::new(), BTreeSet::new());
    for id in connections {
        let mut zone = FIRST_ZONE.max(id.number() as u16);
        while !used.insert(zone) {
            zone = FIRST_ZONE.max(zone.wrapping_add(1));
        }
        zones.insert(id, zone);
    }
    zones
}

/// Makes the chain that chooses the zone of what goes to a gate; the rest goes on to `known`. Says where it begins.
pub fn outward(ruleset: &mut Ruleset, gates: &[Gate], known: Verdict) -> Verdict {
    let mut rules = Vec::new();
    for gate in gates {
        let Gate::Peer { link, blocks, zone } = gate else { continue };
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
    fn every_connection_has_a_zone_of_its_own() {
        let id = |number| PeeringConnectionId::from_number(number);
        // Zones 0 and 1 are taken; of two connections that would have one number, the later has the next.
        let expected = [(0x1_ffff, 0xffff), (0x2_0007, 7), (0x3_0000, 2), (0x4_0001, 3), (0x5_ffff, 4), (0x6_0009, 9)];
        assert_eq!(zones(expected.iter().map(|it| id(it.0))), expected.map(|(number, zone)| (id(number), zone)).into());
    }
}
