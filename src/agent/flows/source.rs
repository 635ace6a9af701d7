//! The counts of one router, and by how much they have grown.

use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use crate::agent::netlink::{self, Conversation};
use crate::agent::space::Site;
use crate::agent::{namespace, nft};
use crate::plan::config::{LinkName, NamespaceId};
use crate::plan::flow::{self, Decision, FLOWS4, FLOWS6, SKIPPED, Seen};
use crate::state::id::{InterfaceId, VpcId};

/// At how many looks without a packet a count is taken out of the kernel; and if it has more than so many.
const IDLE_LOOKS: u8 = 15;
const IDLE_LOOKS_OF_MANY: u8 = 2;
const MANY: usize = 16_384;
/// How many are taken out in one transaction: what the kernel echoes of them surely fits the receive buffer. And how
/// many transactions there are at one look.
const REMOVALS_MAX: usize = 512;
const TRANSACTIONS_MAX: usize = 64;

/// What has been told of all counts: this outlives the program.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Told {
    /// When, in seconds since 1970; 0 for never.
    pub at: i64,
    pub sources: BTreeMap<VpcId, ToldSource>,
}

/// What has been told of one router's counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ToldSource {
    /// The number by which the kernel knows the router's namespace: those of another are others.
    namespace: u64,
    counts: BTreeMap<Key, ToldCount>,
}

/// The set, by its place in [`SETS`], and the key in it.
pub type Key = (u8, Vec<u8>);

const SETS: [&str; 3] = [FLOWS4, FLOWS6, SKIPPED];
const SKIPPED_AT: u8 = 2;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct ToldCount {
    packets: u64,
    bytes: u64,
    /// The rule that admitted the flow.
    by: Option<String>,
    /// Looks since it has grown.
    #[serde(skip)]
    idle: u8,
    /// Looks since the kernel had it last.
    #[serde(skip)]
    missing: u8,
}

/// After as many looks without it, what the kernel counts under a key has begun anew.
const MISSING_LOOKS: u8 = 3;

impl Told {
    /// The rule that admitted a flow when it was told of last.
    pub fn by(&self, vpc: VpcId, key: &Key) -> Option<&str> {
        self.sources.get(&vpc)?.counts.get(key)?.by.as_deref()
    }

    /// Remembers the rule that admitted a flow.
    pub fn remember(&mut self, vpc: VpcId, key: &Key, decision: &Decision) {
        if let Some(count) = self.sources.get_mut(&vpc).and_then(|it| it.counts.get_mut(key)) {
            count.by = decision.by.clone().filter(|_| decision.accepted);
        }
    }

    pub fn forget_all_but(&mut self, kept: impl Fn(&VpcId) -> bool) {
        self.sources.retain(|vpc, _| kept(vpc));
    }
}

/// By how much a count has grown.
#[derive(Debug)]
pub enum Growth {
    Flow {
        seen: Seen,
        packets: u64,
        bytes: u64,
        key: Key,
    },
    /// Packets of a link were not counted.
    Skipped {
        link: String,
    },
}

impl Growth {
    /// The link that the packets are counted for.
    pub fn link(&self) -> &str {
        match self {
            Growth::Flow { seen, .. } => &seen.link,
            Growth::Skipped { link } => link,
        }
    }
}

/// One router's firewall, to ask.
pub struct Source {
    conversation: Conversation,
    namespace: u64,
}

/// Why counts cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Namespace(#[from] namespace::Error),
    #[error(transparent)]
    Netlink(#[from] netlink::Error),
}

/// Looks at a router's counts; what has grown is told from now on, but for what is counted of other links than these.
/// What of it cannot be read again goes to what is `left`.
pub fn look(
    site: &Site,
    sources: &mut BTreeMap<VpcId, Source>,
    left: &mut Vec<(VpcId, Growth)>,
    vpc: VpcId,
    links: &BTreeMap<LinkName, InterfaceId>,
    told: &mut Told,
) -> Result<Vec<Growth>, Error> {
    let name = site.name(&router(vpc)).expect("a router has a namespace of its own");
    let told = told.sources.entry(vpc).or_default();
    // A namespace that is gone is looked at to its end: the conversation has kept it.
    let present = namespace::inode(&name).ok();
    if let Some(source) = sources.get_mut(&vpc) {
        let grown = source.look(links, told)?;
        if present.is_none_or(|it| it == source.namespace) {
            return Ok(grown);
        }
        left.extend(grown.into_iter().map(|it| (vpc, it)));
        sources.remove(&vpc);
    }
    let Some(namespace) = present else { return Ok(Vec::new()) };
    let home = namespace::home()?;
    let conversation = namespace::within(&name, home.as_fd(), || Conversation::open(netlink::NETFILTER))??;
    let mut source = Source { conversation, namespace };
    let grown = source.look(links, told)?;
    sources.insert(vpc, source);
    Ok(grown)
}

fn router(vpc: VpcId) -> NamespaceId {
    NamespaceId::Router(vpc.to_string())
}

impl Source {
    fn look(
        &mut self,
        links: &BTreeMap<LinkName, InterfaceId>,
        told: &mut ToldSource,
    ) -> Result<Vec<Growth>, netlink::Error> {
        if told.namespace != self.namespace {
            *told = ToldSource { namespace: self.namespace, counts: BTreeMap::new() };
        }
        let mut found = Vec::new();
        for (at, set) in (0..).zip(SETS) {
            let counts = nft::counts(&mut self.conversation, nft::TABLE, set)?;
            found.extend(counts.into_iter().map(|it| (at, it)));
        }
        let mut growths = Vec::new();
        told.counts.values_mut().for_each(|it| it.missing = it.missing.saturating_add(1));
        for (at, count) in found {
            let key = (at, count.key);
            let before = told.counts.entry(key.clone()).or_default();
            before.missing = 0;
            if count.packets < before.packets {
                // Others have thrown away what there was.
                *before = ToldCount::default();
            }
            let (packets, bytes) = (count.packets - before.packets, count.bytes.saturating_sub(before.bytes));
            let grown = growth(key, packets, bytes);
            // A link that is not known yet will be, and what is counted of it is told then.
            let waits = grown.as_ref().is_some_and(|it| !links.contains_key(it.link()));
            if packets == 0 || waits {
                before.idle = before.idle.saturating_add(1);
                continue;
            }
            (before.packets, before.bytes, before.idle) = (count.packets, count.bytes, 0);
            growths.extend(grown);
        }
        told.counts.retain(|_, it| it.missing < MISSING_LOOKS);
        Ok(growths)
    }

    /// Takes out of the kernel what nothing has been counted of for a while. Says whether there was any. What came between
    /// the look before and the removal is `left` to tell.
    pub fn remove_idle(
        &mut self,
        site: &Site,
        left: &mut Vec<(VpcId, Growth)>,
        vpc: VpcId,
        told: &mut Told,
    ) -> Result<bool, netlink::Error> {
        let Some(told) = told.sources.get_mut(&vpc) else { return Ok(false) };
        let looks = if told.counts.len() > MANY { IDLE_LOOKS_OF_MANY } else { IDLE_LOOKS };
        let idle = told.counts.iter().filter(|(_, it)| it.idle >= looks && it.missing == 0).map(|(key, _)| key.clone());
        let idle: Vec<Key> = idle.take(TRANSACTIONS_MAX * REMOVALS_MAX).collect();
        // In the order of keys those of one set come together.
        for keys in idle.chunk_by(|one, other| one.0 == other.0).flat_map(|it| it.chunks(REMOVALS_MAX)) {
            let at = keys[0].0;
            let keys: Vec<&[u8]> = keys.iter().map(|it| it.1.as_slice()).collect();
            let mut removals = site.removals.lock().unwrap_or_else(PoisonError::into_inner);
            let last = nft::remove(&mut self.conversation, nft::TABLE, SETS[usize::from(at)], &keys)?;
            *removals.entry(router(vpc)).or_default() += 1;
            drop(removals);
            for count in last {
                let key = (at, count.key);
                let Some(before) = told.counts.remove(&key) else { continue };
                let packets = count.packets.saturating_sub(before.packets);
                if packets > 0 {
                    let grown = growth(key, packets, count.bytes.saturating_sub(before.bytes));
                    left.extend(grown.map(|it| (vpc, it)));
                }
            }
        }
        Ok(!idle.is_empty())
    }
}

/// What a count has grown by; nothing where its key is none of ours.
fn growth(key: Key, packets: u64, bytes: u64) -> Option<Growth> {
    if key.0 == SKIPPED_AT {
        let name = key.1.split(|it| *it == 0).next()?;
        return Some(Growth::Skipped { link: String::from_utf8(name.to_vec()).ok()? });
    }
    Some(Growth::Flow { seen: flow::read(&key.1)?, packets, bytes, key })
}
