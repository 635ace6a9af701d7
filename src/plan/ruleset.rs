//! The vocabulary of a router's firewall: one nftables table of family `inet` as a value.
//!
//! It can say what the planner needs and no more. How it is spelled on the netlink wire is `agent::nft`'s duty; what
//! it means is `plan::firewall`'s.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use imbl::OrdMap;
use serde::Serialize;

use crate::net::Span;
use crate::plan::printed;

/// One table: named sets and maps, and chains. Names are unique within their kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Ruleset {
    pub sets: BTreeMap<String, Arc<Set>>,
    pub chains: BTreeMap<String, Arc<Chain>>,
}

impl Ruleset {
    /// Adds a set of single values.
    pub fn set(&mut self, name: &str, key: &[Field], data: DataKind, elements: OrdMap<Key, Element>) {
        self.put_set(name, Set { key: key.to_vec(), interval: false, data, elements });
    }

    /// Adds a set.
    pub fn put_set(&mut self, name: &str, set: Set) {
        self.sets.insert(name.to_owned(), Arc::new(set));
    }

    /// Adds a chain without a hook.
    pub fn chain(&mut self, name: &str, rules: Vec<Rule>) {
        self.put_chain(name, Chain { hook: None, rules });
    }

    /// Adds a chain.
    pub fn put_chain(&mut self, name: &str, chain: Chain) {
        self.chains.insert(name.to_owned(), Arc::new(chain));
    }
}

/// A named set, map or verdict map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Set {
    /// The fields of the key, concatenated.
    pub key: Vec<Field>,
    /// Whether the elements are ranges (`flags interval`; the kernel's pipapo). They must not overlap.
    pub interval: bool,
    pub data: DataKind,
    /// By the key's first value in each field (network byte order, each field padded as the kernel does).
    pub elements: OrdMap<Key, Element>,
}

/// The bytes of one key: each field in network byte order (`meta mark` in host order, as the kernel holds it), each
/// padded to a multiple of four bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key(#[serde(serialize_with = "printed::hexadecimal")] pub Vec<u8>);

/// What an element holds besides its key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Element {
    /// The last value of the range in each field, for sets with ranges.
    pub last: Option<Key>,
    pub data: Data,
}

/// What the elements of a set map to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum DataKind {
    None,
    Mark,
    Verdict,
    Address4,
    /// The packets and bytes of its key: rules add the elements.
    Count,
}

/// What one element maps to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Data {
    None,
    Mark(u32),
    Verdict(Verdict),
    Address4(Ipv4Addr),
}

/// What a rule reads from a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Field {
    /// `iifname`, 16 bytes.
    InputLink,
    /// `oifname`, 16 bytes.
    OutputLink,
    /// `fib daddr . mark oifname`: the link that the packet will leave by, 16 bytes. Before routing, after marking; zeros
    /// where it will leave by none.
    NextLink,
    /// `ip saddr`, `ip daddr`.
    Source4,
    Destination4,
    /// `ip6 saddr`, `ip6 daddr`.
    Source6,
    Destination6,
    /// `meta l4proto`, one byte.
    Protocol,
    /// `th dport`, two bytes.
    DestinationPort,
    /// The first two bytes of the transport header: ICMP type and code read as one number.
    IcmpTypeCode,
    /// `meta mark & 0xffff`, four bytes in host order: the sender's identity.
    Identity,
    /// `ip daddr map @receiver4`, four bytes in host order: the receiver's identity. A miss stops the rule.
    DestinationIdentity4,
    /// `ip6 daddr map @receiver6`.
    DestinationIdentity6,
    /// `ct direction`, one byte: 0 original, 1 reply.
    Direction,
    /// `ct state`, four bytes in host order: one bit is set, as in [`Statement::FlowState`].
    State,
    /// `ct original ip saddr`, `ct reply ip saddr`: who began the flow, and who answers it, whatever is translated.
    FlowSource4,
    FlowReplier4,
    /// `ct original ip6 saddr`, `ct reply ip6 saddr`.
    FlowSource6,
    FlowReplier6,
    /// `ct mark`, four bytes in host order.
    FlowMark,
    /// `th sport . th dport`, four bytes.
    Ports,
    /// `tcp flags & mask`, one byte.
    TcpFlags(u8),
    /// A number that is no packet's, four bytes in host order.
    Constant(u32),
}

/// A chain; with a hook it is a base chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chain {
    pub hook: Option<Hook>,
    pub rules: Vec<Rule>,
}

/// Where a base chain hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Hook {
    pub kind: HookKind,
    pub point: HookPoint,
    pub priority: i32,
    /// What happens to a packet that the chain does not decide.
    pub policy: Policy,
}

/// The type of a base chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum HookKind {
    /// Sees every packet.
    Filter,
    /// Sees the first packet of each flow; what it translates holds for the flow.
    Nat,
}

/// The netfilter hooks that the planner uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum HookPoint {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

/// The default verdict of a base chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Policy {
    Accept,
    Drop,
}

/// One rule: matches from left to right, then what happens.
pub type Rule = Vec<Statement>;

/// A part of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Statement {
    /// `meta nfproto ipv4` (2) or `ipv6` (10). Fields of one family need it before them in an `inet` table.
    Family(u8),
    /// `ip saddr . th dport @set`: goes on when the fields are in the named set.
    InSet {
        fields: Vec<Field>,
        set: String,
    },
    /// The same of a named map, whatever the fields map to there.
    InMap {
        fields: Vec<Field>,
        map: String,
    },
    /// `iifname . ip saddr map @set`, into the packet's mark: stops the rule when the key is not there.
    MarkFrom {
        fields: Vec<Field>,
        map: String,
    },
    /// `iifname vmap @map`: goes on when the key is not there.
    VerdictFrom {
        fields: Vec<Field>,
        map: String,
    },
    /// `ct direction . ct mark vmap { … }`: an anonymous verdict map.
    VerdictAmong {
        fields: Vec<Field>,
        elements: Vec<(Key, Verdict)>,
    },
    /// `ct state established,related`: any of the bits (invalid 1, established 2, related 4, new 8).
    FlowState(u32),
    /// `field == value` on the field's bytes.
    Equals {
        field: Field,
        value: Vec<u8>,
    },
    /// `field & mask == value`, for addresses within a prefix.
    Masked {
        field: Field,
        mask: Vec<u8>,
        value: Vec<u8>,
    },
    /// `field >= first`, `field <= last` on the field's bytes.
    Between {
        field: Field,
        first: Vec<u8>,
        last: Vec<u8>,
    },
    /// `ip saddr . th dport != @set`: goes on when the fields are not in the named set.
    NotInSet {
        fields: Vec<Field>,
        set: String,
    },
    /// `snat ip to ip saddr map @map`, or `dnat ip to ip daddr map @map`: stops the rule when the key is not there.
    /// Ports stay. Of IPv4 only, in chains of kind [`HookKind::Nat`] only.
    TranslateFrom {
        side: Side,
        fields: Vec<Field>,
        map: String,
    },
    /// `snat ip to jhash ip saddr . ip daddr mod 2 map { 0 : 10.0.1.10, 1 : 10.0.1.11 }`: one flow's source becomes
    /// one of the addresses, whole endpoint pairs always the same; ports change only where they must, and are of the
    /// range where one is given (`10.0.1.10:1024-3039`).
    SourceAmong {
        addresses: Vec<Ipv4Addr>,
        ports: Option<Span>,
    },
    /// `masquerade`.
    Masquerade,
    /// `reject with tcp reset`.
    Reset,
    /// `ct mark set (ct mark & and) | or`.
    SetFlowMark {
        and: u32,
        or: u32,
    },
    /// `ct zone set 1`: the packet's flow is told from those with the same addresses and ports in other zones. Before the
    /// kernel looks for the flow.
    SetFlowZone(u16),
    /// `add @set { iifname . ip saddr counter }`: counts the packet for the fields' values. Where the set is full, the rule
    /// ends.
    Count {
        fields: Vec<Field>,
        set: String,
    },
    /// `counter`.
    Counter,
    Verdict(Verdict),
}

/// Which address of a packet is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Side {
    Source,
    Destination,
}

/// What happens to a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Verdict {
    Accept,
    Drop,
    Return,
    Jump(String),
    Goto(String),
}
