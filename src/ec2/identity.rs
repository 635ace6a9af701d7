//! The numbers by which packets say which security groups their sender wears.

use super::error::{Error, Limit, Result};
use super::scope::{Call, Scope};
use crate::state::id::{SecurityGroupId, VpcId};
use crate::state::security_group::Identity;
use crate::state::vpc::Vpc;

/// The number of a set of groups (in ascending order) in a VPC; a new set gets the next free one.
pub fn of_groups(call: &mut Call<'_>, vpc: VpcId, groups: &[SecurityGroupId]) -> Result<u16> {
    let worn = (vpc, groups.to_vec());
    if let Some(number) = call.state().indexes.identity_of_groups.get(&worn) {
        return Ok(*number);
    }
    let row = call.tx.get::<Vpc>(&vpc).expect("the caller has the VPC");
    // Numbers are given out round and round, so that one that has just gone is not soon another's.
    let after = (row.last_identity..u16::MAX).map(|it| it + 1).chain(1..=row.last_identity);
    let free = after.into_iter().find(|number| call.state().identities.get(&(vpc, *number)).is_none());
    let number = free.ok_or(Error::LimitExceeded(Limit::Identities))?;
    call.tx.put(Vpc { last_identity: number, ..row.as_ref().clone() });
    call.tx.put(Identity { vpc, number, groups: groups.to_vec() });
    Ok(number)
}

/// Gives back the number of the empty set, which NAT gateways wear: the VPC is going.
pub fn forget_empty(call: &mut Call<'_>, vpc: VpcId) {
    if let Some(number) = call.state().indexes.identity_of_groups.get(&(vpc, Vec::new())).copied() {
        call.tx.remove::<Identity>((vpc, number));
    }
}

/// Gives back the numbers of every set with a group that is going; no interface wears it any more.
pub fn forget(call: &mut Call<'_>, vpc: VpcId, group: SecurityGroupId) {
    let numbers: Vec<u16> = call.state().indexes.identities_with_group(group, vpc).collect();
    for number in numbers {
        call.tx.remove::<Identity>((vpc, number));
    }
}
