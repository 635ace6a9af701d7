//! The types with which openraft is instantiated, and their bytes on disk.
//!
//! The bytes are our own: openraft's types may change between its releases, a data directory may not. The
//! version byte that guards them stands in front of each log value and snapshot, not here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::Arc;

use openraft::entry::RaftEntry;
use openraft::type_config::alias::{CommittedLeaderIdOf, DefaultEntryOf, LogIdOf, StoredMembershipOf, VoteOf};
use openraft::{BasicNode, EntryPayload};
use serde::{Deserialize, Serialize};

use super::Applied;

openraft::declare_raft_types!(
    /// The types with which openraft is instantiated.
    pub(crate) Types:
        D = Payload,
        R = Applied,
);

pub(crate) type Entry = DefaultEntryOf<Types>;
pub(crate) type LogId = LogIdOf<Types>;
pub(crate) type Membership = openraft::Membership<u64, BasicNode>;
pub(crate) type StoredMembership = StoredMembershipOf<Types>;
pub(crate) type Vote = VoteOf<Types>;

/// What a caller proposed: bytes that mean nothing here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload(pub(crate) Arc<[u8]>);

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Why bytes that passed their checksum still do not decode: another release wrote them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("{object} ends early")]
    Short { object: &'static str },
    #[error("an entry has the unknown kind {0}")]
    Kind(u8),
    #[error("the membership does not decode")]
    Membership(#[source] rmp_serde::decode::Error),
}

impl From<DecodeError> for io::Error {
    fn from(error: DecodeError) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

const BLANK: u8 = 0;
const NORMAL: u8 = 1;
const MEMBERSHIP: u8 = 2;

/// Writes an entry: term, node, kind, then what the kind carries; the index is the log's.
pub(crate) fn encode_entry(entry: &Entry) -> Vec<u8> {
    let leader = entry.log_id.leader_id;
    let mut bytes = Vec::with_capacity(32);
    bytes.extend_from_slice(&leader.term.to_le_bytes());
    bytes.extend_from_slice(&leader.node_id.to_le_bytes());
    match &entry.payload {
        EntryPayload::Blank => bytes.push(BLANK),
        EntryPayload::Normal(payload) => {
            bytes.reserve_exact(1 + payload.0.len());
            bytes.push(NORMAL);
            bytes.extend_from_slice(&payload.0);
        }
        EntryPayload::Membership(membership) => {
            bytes.push(MEMBERSHIP);
            bytes.extend_from_slice(&encode_membership(membership));
        }
    }
    bytes
}

/// Reads what `encode_entry` wrote.
pub(crate) fn decode_entry(index: u64, bytes: &[u8]) -> Result<Entry, DecodeError> {
    let short = DecodeError::Short { object: "an entry" };
    let (Some(term), Some(node), Some(&kind)) = (number(bytes, 0), number(bytes, 8), bytes.get(16)) else {
        return Err(short);
    };
    let rest = &bytes[17..];
    let payload = match kind {
        BLANK => EntryPayload::Blank,
        NORMAL => EntryPayload::Normal(Payload(rest.into())),
        MEMBERSHIP => EntryPayload::Membership(decode_membership(rest)?),
        other => return Err(DecodeError::Kind(other)),
    };
    Ok(Entry::new(log_id(term, node, index), payload))
}

/// Writes a vote.
pub(crate) fn encode_vote(vote: &Vote) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(17);
    bytes.extend_from_slice(&vote.leader_id.term.to_le_bytes());
    bytes.extend_from_slice(&vote.leader_id.node_id.to_le_bytes());
    bytes.push(vote.committed.into());
    bytes
}

/// Reads what `encode_vote` wrote.
pub(crate) fn decode_vote(bytes: &[u8]) -> Result<Vote, DecodeError> {
    match (number(bytes, 0), number(bytes, 8), bytes.get(16)) {
        (Some(term), Some(node), Some(0)) => Ok(Vote::new(term, node)),
        (Some(term), Some(node), Some(_)) => Ok(Vote::new_committed(term, node)),
        _ => Err(DecodeError::Short { object: "the vote" }),
    }
}

/// Writes a log id.
pub(crate) fn encode_log_id(id: &LogId) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24);
    for number in [id.leader_id.term, id.leader_id.node_id, id.index] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes
}

/// Reads what `encode_log_id` wrote.
pub(crate) fn decode_log_id(bytes: &[u8]) -> Result<LogId, DecodeError> {
    match (number(bytes, 0), number(bytes, 8), number(bytes, 16)) {
        (Some(term), Some(node), Some(index)) => Ok(log_id(term, node, index)),
        _ => Err(DecodeError::Short { object: "a log id" }),
    }
}

#[derive(Serialize, Deserialize)]
struct Members {
    configs: Vec<BTreeSet<u64>>,
    nodes: BTreeMap<u64, String>,
}

/// Writes a membership: the voters of each configuration, and every node's address.
pub(crate) fn encode_membership(membership: &Membership) -> Vec<u8> {
    let members = Members {
        configs: membership.get_joint_config().clone(),
        nodes: membership.nodes().map(|(id, node)| (*id, node.addr.clone())).collect(),
    };
    rmp_serde::to_vec_named(&members).expect("numbers and strings always encode")
}

/// Reads what `encode_membership` wrote.
pub(crate) fn decode_membership(bytes: &[u8]) -> Result<Membership, DecodeError> {
    let members: Members = rmp_serde::from_slice(bytes).map_err(DecodeError::Membership)?;
    let nodes: BTreeMap<u64, BasicNode> =
        members.nodes.into_iter().map(|(id, addr)| (id, BasicNode::new(addr))).collect();
    Ok(Membership::new_with_defaults(members.configs, []).with_addresses(nodes))
}

trait Addresses {
    fn with_addresses(self, nodes: BTreeMap<u64, BasicNode>) -> Self;
}

impl Addresses for Membership {
    /// Only `new` takes addresses and only `new_with_defaults` takes an empty set of voters, which is what a
    /// node holds before it has joined.
    fn with_addresses(self, nodes: BTreeMap<u64, BasicNode>) -> Self {
        Membership::new(self.get_joint_config().clone(), nodes).unwrap_or(self)
    }
}

fn log_id(term: u64, node: u64, index: u64) -> LogId {
    LogId::new(CommittedLeaderIdOf::<Types> { term, node_id: node }, index)
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().expect("eight bytes were taken")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(payload: EntryPayload<Payload, u64, BasicNode>) {
        let entry = Entry::new(log_id(3, 2, 7), payload);
        let back = decode_entry(7, &encode_entry(&entry)).unwrap();
        assert_eq!(back, entry);
    }

    #[test]
    fn an_entry_of_each_kind_comes_back_as_it_was() {
        round_trip(EntryPayload::Blank);
        round_trip(EntryPayload::Normal(Payload(vec![1, 2, 3].into())));
        round_trip(EntryPayload::Normal(Payload(vec![].into())));
        let nodes =
            BTreeMap::from([(1, BasicNode::new("a:1")), (2, BasicNode::new("b:2")), (3, BasicNode::new("c:3"))]);
        round_trip(EntryPayload::Membership(Membership::new(vec![BTreeSet::from([1, 2])], nodes).unwrap()));
        round_trip(EntryPayload::Membership(Membership::new_with_defaults(vec![], [])));
    }

    #[test]
    fn a_cut_entry_is_an_error_and_no_panic() {
        let entry = Entry::new(log_id(3, 2, 7), EntryPayload::Blank);
        let bytes = encode_entry(&entry);
        for length in 0..bytes.len() {
            assert!(decode_entry(7, &bytes[..length]).is_err(), "{length} bytes decoded");
        }
        assert!(decode_vote(&[0; 16]).is_err());
        assert!(decode_log_id(&[0; 23]).is_err());
    }
}
