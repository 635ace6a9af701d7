//! What has had its time: terminated instances, deleted NAT gateways and addresses that were taken from living ones,
//! ended peering connections, answers to client tokens, attachments that have ended.
//!
//! EC2 shows terminated instances and NAT gateways for about an hour, and honours a client token for a day.

use super::nat_gateway::release;
use crate::state::client_token::ClientToken;
use crate::state::id::{AccountId, Id, InstanceId, InterfaceId, NatGatewayId, PeeringConnectionId};
use crate::state::instance::Instance;
use crate::state::nat_gateway::NatGateway;
use crate::state::network_interface::NetworkInterface;
use crate::state::peering::PeeringConnection;
use crate::state::tag::Tag;
use crate::state::{Moment, State, Stored, Tx};

const HOUR_MS: i64 = 3_600_000;
/// How many rows go at a time, so that no sweep holds up the calls behind it; the next one goes on.
const ROWS_MAX: usize = 1000;

/// When next something has had its time that somebody waits for.
pub fn due(state: &State) -> Option<Moment> {
    let first = (Moment(i64::MIN), NatGatewayId::from_number(0));
    state.indexes.draining_nat_gateways.from(first).next().map(|it| it.0)
}

/// Removes rows that have had their time, the oldest first.
pub fn sweep(tx: &mut Tx) {
    let now = tx.now().0;
    let mut left = ROWS_MAX;

    let first = (Moment(i64::MIN), InstanceId::from_number(0));
    let found = tx.state().indexes.terminated_instances.from(first);
    let old = found.take_while(|it| it.0.0 < now - HOUR_MS).take(left).map(|it| it.1).collect::<Vec<_>>();
    for id in old {
        let Some(rest) = remove_tagged::<Instance>(tx, id, left) else { return };
        left = rest;
    }

    let first = (Moment(i64::MIN), NatGatewayId::from_number(0));
    let found = tx.state().indexes.deleted_nat_gateways.from(first);
    let old = found.take_while(|it| it.0.0 < now - HOUR_MS).take(left).map(|it| it.1).collect::<Vec<_>>();
    for id in old {
        let Some(rest) = remove_tagged::<NatGateway>(tx, id, left) else { return };
        left = rest;
    }

    let first = (Moment(i64::MIN), NatGatewayId::from_number(0));
    let found = tx.state().indexes.draining_nat_gateways.from(first);
    let due = found.take_while(|it| it.0.0 <= now).take(left).map(|it| it.1).collect::<Vec<_>>();
    left -= due.len();
    for id in due {
        let Some(row) = tx.get::<NatGateway>(&id) else { continue };
        let over = row.addresses.iter().filter(|it| it.drained.is_some_and(|it| it.0 <= now));
        release(tx, &row, &over.map(|it| it.private).collect::<Vec<_>>());
    }

    let first = (Moment(i64::MIN), PeeringConnectionId::from_number(0));
    let found = tx.state().indexes.ended_peering_connections.from(first);
    let old = found.take_while(|it| it.0.0 <= now).take(left).map(|it| it.1).collect::<Vec<_>>();
    for id in old {
        let Some(rest) = remove_tagged::<PeeringConnection>(tx, id, left) else { return };
        left = rest;
    }

    let first = (Moment(i64::MIN), (AccountId::from_number(0), String::new(), String::new(), String::new()));
    let found = tx.state().indexes.client_tokens_by_age.from(first);
    let old = found.take_while(|it| it.0.0 < now - 24 * HOUR_MS).take(left).map(|it| it.1.clone()).collect::<Vec<_>>();
    left -= old.len();
    for key in old {
        tx.remove::<ClientToken>(key);
    }

    let first = (Moment(i64::MIN), InterfaceId::from_number(0));
    let found = tx.state().indexes.detached_interfaces.from(first);
    let old = found.take_while(|it| it.0.0 < now - HOUR_MS).take(left).map(|it| it.1).collect::<Vec<_>>();
    for id in old {
        if let Some(interface) = tx.get::<NetworkInterface>(&id) {
            tx.put(NetworkInterface { detached: None, ..interface.as_ref().clone() });
        }
    }
}

/// Removes a row with its tags, unless these are more than may go, and answers how many rows may still go.
fn remove_tagged<R: Stored>(tx: &mut Tx, id: R::Key, left: usize) -> Option<usize>
where
    R::Key: std::fmt::Display,
{
    let tags: Vec<_> = tx.state().tags_of(&id.to_string()).map(|it| key(it.as_ref())).collect();
    let rest = left.checked_sub(1 + tags.len())?;
    for tag in tags {
        tx.remove::<Tag>(tag);
    }
    tx.remove::<R>(id);
    Some(rest)
}

fn key<R: Stored>(row: &R) -> R::Key {
    row.key()
}
