//! VPC peering connections: requested by the owner of one VPC, accepted by that of the other.
//!
//! Both VPCs are in one region. A request is not refused when it cannot come to anything: as on EC2 the connection
//! has failed then, so that nothing is learned of the VPCs of other accounts.

use std::sync::Arc;

use super::error::{Error, Kind, Limit, Result, refuse_unless};
use super::list::{Ways, keys, list, named_or};
use super::scope::{Call, Scope, View, parse_id};
use super::tag;
use crate::net;
use crate::state::id::{AccountId, Id, PeeringConnectionId, VpcId};
use crate::state::index::Least;
use crate::state::peering::{PeeringConnection, PeeringSide, PeeringStatus};
use crate::state::vpc::Vpc;
use crate::state::{Moment, State};
use crate::wire::Timestamp;
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

/// AWS's default quota of active connections of a VPC.
const ACTIVE_MAX: usize = 50;
/// AWS's default quota of requests that an account has made and that nobody has accepted yet.
const PENDING_MAX: usize = 25;

/// `CreateVpcPeeringConnection`: asks for a connection to a VPC of the same account or of another one.
pub fn create(
    call: &mut Call<'_>,
    input: CreateVpcPeeringConnectionRequest,
) -> Result<CreateVpcPeeringConnectionResult> {
    let vpc = call.vpc(&input.vpc_id)?;
    let peer = input.peer_vpc_id.as_deref().ok_or(Error::MissingParameter("peerVpcId"))?;
    let peer: VpcId = parse_id(Kind::Vpc, peer)?;
    let owner = match &input.peer_owner_id {
        Some(text) => text.parse().map_err(|_| not_an_account(text))?,
        None => vpc.account,
    };
    refuse_unless("PeerRegion", &input.peer_region, call.caller.region.as_str())?;

    let id = match requested(call, vpc.id, peer) {
        Some(there) => there.id,
        None => request(call, &vpc, owner, peer)?,
    };
    tag::specified(call, "vpc-peering-connection", id, &input.tag_specifications)?;
    let row = call.tx.get::<PeeringConnection>(&id).expect("it is there or was put");
    Ok(CreateVpcPeeringConnectionResult { vpc_peering_connection: Some(show(call, &row)) })
}

fn not_an_account(text: &str) -> Error {
    Error::InvalidParameterValue(format!("Value ({text}) for parameter peerOwnerId is invalid."))
}

/// The connection from one VPC to the other that is there already: EC2 answers it to whoever asks once more.
fn requested(call: &Call<'_>, requester: VpcId, accepter: VpcId) -> Option<Arc<PeeringConnection>> {
    let ids = call.state().indexes.peering_connections_of_vpc.of(requester);
    let rows = ids.filter_map(|it| call.state().peering_connections.get(&it));
    let mut rows = rows.filter(|it| it.requester.vpc == requester && it.accepter.vpc == accepter);
    rows.find(|it| is_live(it.status_at(call.now()))).cloned()
}

fn is_live(status: PeeringStatus) -> bool {
    matches!(status, PeeringStatus::PendingAcceptance | PeeringStatus::Active)
}

fn request(call: &mut Call<'_>, vpc: &Vpc, owner: AccountId, peer: VpcId) -> Result<PeeringConnectionId> {
    let region = call.caller.region.clone();
    let other = call.state().vpcs.get(&peer).filter(|it| it.account == owner && it.region == region);
    let possible = other.is_some_and(|other| !overlap(vpc, other));
    if call.state().has_quotas() && possible {
        if number(call, vpc.id, PeeringStatus::Active) >= ACTIVE_MAX {
            return Err(Error::LimitExceeded(Limit::PeeringConnections));
        }
        let pending = all(call).filter(|it| it.requester.account == vpc.account);
        let pending = pending.filter(|it| it.status_at(call.now()) == PeeringStatus::PendingAcceptance);
        if pending.count() >= PENDING_MAX {
            return Err(Error::LimitExceeded(Limit::PendingPeeringConnections));
        }
    }

    let (id, created) = (call.tx.mint(), call.now());
    let side = |account, vpc| PeeringSide { account, region: region.clone(), vpc, dns_resolution: false };
    let (status, ended) = match possible {
        true => (PeeringStatus::PendingAcceptance, None),
        false => (PeeringStatus::Failed, Some(created)),
    };
    let (requester, accepter) = (side(vpc.account, vpc.id), side(owner, peer));
    call.tx.put(PeeringConnection { id, requester, accepter, status, created, ended, ended_by: None });
    Ok(id)
}

/// How many connections of this status the VPC has.
fn number(scope: &impl Scope, vpc: VpcId, status: PeeringStatus) -> usize {
    let ids = scope.state().indexes.peering_connections_of_vpc.of(vpc);
    ids.filter_map(|it| scope.state().peering_connections.get(&it)).filter(|it| it.status == status).count()
}

/// Whether the VPCs share an address.
fn overlap(one: &Vpc, other: &Vpc) -> bool {
    one.prefixes().any(|a| other.prefixes().any(|b| net::overlap(a, b)))
}

/// The connections that the caller sees, in the order of ids.
fn all(scope: &impl Scope) -> impl Iterator<Item = &Arc<PeeringConnection>> {
    let owner = scope.caller().owner();
    let first = (owner.clone(), PeeringConnectionId::from_number(0));
    let found = scope.state().indexes.peering_connections_of_owner.from(first).take_while(move |it| it.0 == owner);
    let rows = found.filter_map(|it| scope.state().peering_connections.get(&it.1));
    rows.filter(|it| it.is_seen_by(&scope.caller().owner(), scope.now()))
}

/// Refuses a caller that is not the owner of this side.
fn expect_owner(call: &Call<'_>, side: &PeeringSide, what: &str, id: PeeringConnectionId) -> Result<()> {
    if side.account == call.caller.account {
        return Ok(());
    }
    let text = format!("User ({}) cannot {what} peering {id}", call.caller.account);
    Err(Error::OperationNotPermitted(text))
}

/// Refuses a connection that cannot go over to the state `to` from the one that it is in.
fn expect(call: &Call<'_>, row: &PeeringConnection, from: &[PeeringStatus], to: &'static str) -> Result<()> {
    let status = row.status_at(call.now());
    if from.contains(&status) {
        return Ok(());
    }
    Err(Error::InvalidStateTransition { id: row.id.to_string(), from: code(status), to })
}

/// `AcceptVpcPeeringConnection`: from now on packets pass, where routes lead to the connection.
pub fn accept(
    call: &mut Call<'_>,
    input: AcceptVpcPeeringConnectionRequest,
) -> Result<AcceptVpcPeeringConnectionResult> {
    let row = call.peering_connection(&input.vpc_peering_connection_id)?;
    expect_owner(call, &row.accepter, "accept", row.id)?;
    expect(call, &row, &[PeeringStatus::PendingAcceptance], "provisioning")?;
    let (requester, accepter) = (row.requester.vpc, row.accepter.vpc);
    if active_between(call.state(), requester, accepter).is_some() {
        return Err(Error::PeeringExists(row.id.to_string()));
    }
    if call.state().has_quotas()
        && row.sides().iter().any(|it| number(call, it.vpc, PeeringStatus::Active) >= ACTIVE_MAX)
    {
        return Err(Error::LimitExceeded(Limit::PeeringConnections));
    }

    // Either VPC may have got another block since the request.
    let vpcs = (call.tx.get::<Vpc>(&requester), call.tx.get::<Vpc>(&accepter));
    let possible = matches!(&vpcs, (Some(one), Some(other)) if !overlap(one, other));
    let (status, ended) = match possible {
        true => (PeeringStatus::Active, None),
        false => (PeeringStatus::Failed, Some(call.now())),
    };
    let row = PeeringConnection { status, ended, ..row.as_ref().clone() };
    call.tx.put(row.clone());
    Ok(AcceptVpcPeeringConnectionResult { vpc_peering_connection: Some(show(call, &row)) })
}

/// The connection by which packets pass between two VPCs.
pub fn active_between(state: &State, one: VpcId, other: VpcId) -> Option<&Arc<PeeringConnection>> {
    let ids = state.indexes.peering_connections_of_vpc.of(one);
    let mut rows = ids.filter_map(|it| state.peering_connections.get(&it));
    rows.find(|it| it.status == PeeringStatus::Active && it.seen_from(one).is_some_and(|(_, peer)| peer.vpc == other))
}

/// `RejectVpcPeeringConnection`.
pub fn reject(
    call: &mut Call<'_>,
    input: RejectVpcPeeringConnectionRequest,
) -> Result<RejectVpcPeeringConnectionResult> {
    let row = call.peering_connection(&input.vpc_peering_connection_id)?;
    expect_owner(call, &row.accepter, "reject", row.id)?;
    expect(call, &row, &[PeeringStatus::PendingAcceptance], "rejected")?;
    end(call, &row, PeeringStatus::Rejected);
    Ok(RejectVpcPeeringConnectionResult { r#return: Some(true) })
}

/// `DeleteVpcPeeringConnection`: an active one by either owner, a request by who made it.
pub fn delete(
    call: &mut Call<'_>,
    input: DeleteVpcPeeringConnectionRequest,
) -> Result<DeleteVpcPeeringConnectionResult> {
    let row = call.peering_connection(&input.vpc_peering_connection_id)?;
    expect(call, &row, &[PeeringStatus::PendingAcceptance, PeeringStatus::Active], "deleting")?;
    if row.status == PeeringStatus::PendingAcceptance {
        expect_owner(call, &row.requester, "delete", row.id)?;
    }
    end(call, &row, PeeringStatus::Deleted);
    Ok(DeleteVpcPeeringConnectionResult { r#return: Some(true) })
}

fn end(call: &mut Call<'_>, row: &PeeringConnection, status: PeeringStatus) {
    let (ended, ended_by) = (Some(call.now()), Some(call.caller.account));
    call.tx.put(PeeringConnection { status, ended, ended_by, ..row.clone() });
}

/// Whether somebody waits for the VPC's owner to accept or reject a request: on EC2 that keeps the VPC.
pub fn awaits_answer(scope: &impl Scope, vpc: VpcId) -> bool {
    let ids = scope.state().indexes.peering_connections_of_vpc.of(vpc);
    let mut rows = ids.filter_map(|it| scope.state().peering_connections.get(&it));
    rows.any(|it| {
        it.status_at(scope.now()) == PeeringStatus::PendingAcceptance
            && it.accepter.vpc == vpc
            && it.requester.account != it.accepter.account
    })
}

/// Ends the connections of a VPC that is going.
pub fn forget(call: &mut Call<'_>, vpc: VpcId) {
    let ids = call.state().indexes.peering_connections_of_vpc.of(vpc);
    let rows: Vec<_> = ids.filter_map(|it| call.state().peering_connections.get(&it).cloned()).collect();
    for row in rows.iter().filter(|it| is_live(it.status)) {
        match row.status_at(call.now()) {
            status @ PeeringStatus::Expired => {
                let ended = Some(row.expiry());
                call.tx.put(PeeringConnection { status, ended, ..row.as_ref().clone() });
            }
            _ => end(call, row, PeeringStatus::Deleted),
        }
    }
}

/// `ModifyVpcPeeringConnectionOptions`: how the names of a side resolve when they are asked from the other; each owner
/// says so for its own side.
pub fn modify_options(
    call: &mut Call<'_>,
    input: ModifyVpcPeeringConnectionOptionsRequest,
) -> Result<ModifyVpcPeeringConnectionOptionsResult> {
    let mut row = call.peering_connection(&input.vpc_peering_connection_id)?.as_ref().clone();
    let (requester, accepter) =
        (&input.requester_peering_connection_options, &input.accepter_peering_connection_options);
    if row.status != PeeringStatus::Active {
        let id = row.id;
        let text = format!("Peering {id} is not active. Peering options can be added only to active peerings.");
        return Err(Error::OperationNotPermitted(text));
    }
    if requester.is_none() && accepter.is_none() {
        let text = "The request must contain accepterPeeringConnectionOptions or requesterPeeringConnectionOptions";
        return Err(Error::Missing(text));
    }
    for (given, side, what) in [
        (requester, &mut row.requester, "modify the requester options of"),
        (accepter, &mut row.accepter, "modify the accepter options of"),
    ] {
        let Some(given) = given else { continue };
        expect_owner(call, side, what, row.id)?;
        let link = &given.allow_egress_from_local_classic_link_to_remote_vpc;
        refuse_unless("AllowEgressFromLocalClassicLinkToRemoteVpc", link, false)?;
        let link = &given.allow_egress_from_local_vpc_to_remote_classic_link;
        refuse_unless("AllowEgressFromLocalVpcToRemoteClassicLink", link, false)?;
        side.dns_resolution = given.allow_dns_resolution_from_remote_vpc.unwrap_or(side.dns_resolution);
    }
    let asked = [requester, accepter].into_iter().flatten();
    let wants_names = asked.filter_map(|it| it.allow_dns_resolution_from_remote_vpc).any(|it| it);
    let named = |it: &&PeeringSide| call.state().vpcs.get(&it.vpc).is_some_and(|vpc| vpc.dns_hostnames);
    if wants_names && !row.sides().iter().all(named) {
        return Err(Error::DnsHostnamesDisabled);
    }

    let shown = |given: &Option<PeeringConnectionOptionsRequest>, side: &PeeringSide| {
        given.as_ref().map(|_| PeeringConnectionOptions {
            allow_dns_resolution_from_remote_vpc: Some(side.dns_resolution),
            allow_egress_from_local_classic_link_to_remote_vpc: Some(false),
            allow_egress_from_local_vpc_to_remote_classic_link: Some(false),
        })
    };
    let result = ModifyVpcPeeringConnectionOptionsResult {
        accepter_peering_connection_options: shown(accepter, &row.accepter),
        requester_peering_connection_options: shown(requester, &row.requester),
    };
    call.tx.put(row);
    Ok(result)
}

/// `DescribeVpcPeeringConnections`: those of which the caller has a side.
pub fn describe(
    view: &View<'_>,
    input: DescribeVpcPeeringConnectionsRequest,
) -> Result<DescribeVpcPeeringConnectionsResult> {
    let (state, indexes) = (view.state, &view.state.indexes);
    let ids = &input.vpc_peering_connection_ids;
    let of_vpc = move |vpc: VpcId| indexes.peering_connections_of_vpc.of(vpc);
    // A request that failed is seen by its requester, although it never reached the accepter's VPC.
    let of_accepter = move |vpc| {
        let ended = indexes.ended_peering_connections.from((Moment(0), PeeringConnectionId::LEAST)).map(|it| it.1);
        of_vpc(vpc).chain(ended)
    };
    let found = Ways::of(&view.query)
        .by("vpc-peering-connection-id", Some)
        .by("requester-vpc-info.vpc-id", of_vpc)
        .by("accepter-vpc-info.vpc-id", of_accepter);
    let rows = match keys(view, found).filter(|_| ids.is_empty()) {
        Some(keys) => {
            let rows = keys.iter().filter_map(|it| state.peering_connections.get(it));
            rows.filter(|it| it.is_seen_by(&view.caller.owner(), view.now)).cloned().collect()
        }
        None => named_or(view, ids, "vpcPeeringConnectionIds", |id| view.peering_connection(id), all(view))?,
    };
    let value = |row: &PeeringConnection, filter: &str| values(view, row, filter);
    let (vpc_peering_connections, next_token) = list(view, rows.iter(), value, |row| show(view, row))?;
    Ok(DescribeVpcPeeringConnectionsResult { next_token, vpc_peering_connections })
}

/// What a connection holds for a filter.
fn values(view: &View<'_>, row: &PeeringConnection, filter: &str) -> Option<Vec<String>> {
    let shown = show(view, row);
    let (info, field) = match filter.split_once('.') {
        Some(("requester-vpc-info", field)) => (shown.requester_vpc_info?, field),
        Some(("accepter-vpc-info", field)) => (shown.accepter_vpc_info?, field),
        _ => {
            let status = shown.status?;
            let held = match filter {
                "expiration-time" => shown.expiration_time.map(|it| it.to_string()),
                "status-code" => status.code,
                "status-message" => status.message,
                "vpc-peering-connection-id" => shown.vpc_peering_connection_id,
                _ => return None,
            };
            return Some(held.into_iter().collect());
        }
    };
    Some(match field {
        "cidr-block" => info.cidr_block_set.into_iter().filter_map(|it| it.cidr_block).collect(),
        "owner-id" => info.owner_id.into_iter().collect(),
        "vpc-id" => info.vpc_id.into_iter().collect(),
        _ => return None,
    })
}

/// EC2's name of a status.
pub fn code(status: PeeringStatus) -> &'static str {
    match status {
        PeeringStatus::PendingAcceptance => "pending-acceptance",
        PeeringStatus::Active => "active",
        PeeringStatus::Rejected => "rejected",
        PeeringStatus::Deleted => "deleted",
        PeeringStatus::Failed => "failed",
        PeeringStatus::Expired => "expired",
    }
}

/// EC2's sentence for a status.
fn message(row: &PeeringConnection, status: PeeringStatus) -> String {
    let by = |what: &str, account: AccountId| format!("{what} by {account}");
    match status {
        PeeringStatus::PendingAcceptance => by("Pending Acceptance", row.accepter.account),
        PeeringStatus::Active => "Active".to_owned(),
        PeeringStatus::Rejected => by("Rejected", row.accepter.account),
        PeeringStatus::Deleted => by("Deleted", row.ended_by.unwrap_or(row.requester.account)),
        PeeringStatus::Failed => "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range".to_owned(),
        PeeringStatus::Expired => "Expired".to_owned(),
    }
}

/// A connection as the wire shows it.
fn show(scope: &impl Scope, row: &PeeringConnection) -> VpcPeeringConnection {
    let status = row.status_at(scope.now());
    let active = status == PeeringStatus::Active;
    let unanswered = matches!(status, PeeringStatus::PendingAcceptance | PeeringStatus::Expired);
    // The accepter's blocks are nobody's business before it has accepted.
    let pending = status == PeeringStatus::PendingAcceptance;
    VpcPeeringConnection {
        accepter_vpc_info: Some(show_side(scope, &row.accepter, active, active)),
        expiration_time: unanswered.then(|| Timestamp(row.expiry().0)),
        requester_vpc_info: Some(show_side(scope, &row.requester, active || pending, active)),
        status: Some(VpcPeeringConnectionStateReason {
            code: Some(code(status).to_owned()),
            message: Some(message(row, status)),
        }),
        tags: scope.tags(row.id),
        vpc_peering_connection_id: Some(row.id.to_string()),
    }
}

fn show_side(scope: &impl Scope, side: &PeeringSide, blocks: bool, options: bool) -> VpcPeeringConnectionVpcInfo {
    let vpc = scope.state().vpcs.get(&side.vpc).filter(|_| blocks);
    let block = |it: String| shapes::CidrBlock { cidr_block: Some(it) };
    let block6 = |it: String| Ipv6CidrBlock { ipv6_cidr_block: Some(it) };
    VpcPeeringConnectionVpcInfo {
        cidr_block: vpc.map(|it| it.primary().to_string()),
        cidr_block_set: vpc.iter().flat_map(|it| &it.blocks).map(|it| block(it.prefix.to_string())).collect(),
        ipv6_cidr_block_set: vpc.iter().flat_map(|it| &it.blocks6).map(|it| block6(it.prefix.to_string())).collect(),
        owner_id: Some(side.account.to_string()),
        peering_options: options.then_some(VpcPeeringConnectionOptionsDescription {
            allow_dns_resolution_from_remote_vpc: Some(side.dns_resolution),
            allow_egress_from_local_classic_link_to_remote_vpc: Some(false),
            allow_egress_from_local_vpc_to_remote_classic_link: Some(false),
        }),
        region: Some(side.region.clone()),
        vpc_id: Some(side.vpc.to_string()),
    }
}
