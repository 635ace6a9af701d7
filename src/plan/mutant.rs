//! Mistakes that whoever compiles rules, or tells by which of them packets passed, could make, each at one place.
//!
//! They show that the analyzer finds mistakes: `compat-tests/test_mutants.py` lets a node make one after the other.
//! Only a build with the feature `mutants` can; in every other one [`Mutant::lives`] is a constant, and nothing is left
//! of them.

#[cfg(feature = "mutants")]
use std::sync::atomic::{AtomicUsize, Ordering};

macro_rules! mutants {
    ($($(#[$sentence:meta])* $name:ident),* $(,)?) => {
        /// One mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mutant {
            $($(#[$sentence])* $name),*
        }

        #[cfg(feature = "mutants")]
        const ALL: &[Mutant] = &[$(Mutant::$name),*];
    };
}

mutants! {
    /// An ACL entry's range of ports ends one too early.
    AclLastPort,
    /// Of an ACL's entries the last one that fits decides.
    AclOrder,
    /// An ACL looks at the destination of what comes and at the source of what goes.
    AclSides,
    /// An ACL entry for one ICMP type is one for all.
    AclIcmpType,
    /// An ACL entry for one protocol is one for all.
    AclProtocol,
    /// An ACL judges what stays within its subnet.
    AclInside,
    /// An ACL's entries for IPv6 are forgotten.
    AclIpv6,
    /// An ACL does not judge established flows.
    AclRunning,
    /// Every interface may write any source.
    SourceCheck,
    /// Of the groups of an interface only the first counts.
    SecondGroup,
    /// No group is asked what it lets out.
    EgressUnasked,
    /// What one policy has admitted, the next one takes over.
    Generation,
    /// A peer may send from any address.
    PeerSource,
    /// A public address is reached from where its subnet does not lead back.
    WayBack,
    /// An egress-only gateway lets everything in.
    EgressOnlyInwards,
    /// What has no public address leaves with its private one.
    Unpublished,
    /// A route within the VPC's blocks loses against the local one.
    Specific,
    /// A route that leads nowhere is passed over for a wider one.
    Blackhole,
    /// The first entry of a prefix list has no route.
    ListRoutes,
    /// A prefix list's entries within the VPC count in route tables.
    ListInside,
    /// A route table is everybody's, and so a peer's too.
    Transit,
    /// Subnets have no route tables.
    SubnetTable,
    /// A rule's range of TCP ports ends one too late.
    LastPort,
    /// A rule for UDP is one for TCP.
    UdpIsTcp,
    /// A rule for one ICMP code is one for all.
    IcmpCode,
    /// A rule looks at the destination of what comes and at the source of what goes.
    Sides,
    /// Whoever has the address of a peer's interface is taken for it.
    PeerAddress,
    /// Rules for IPv6 are forgotten.
    Ipv6Rules,
    /// The first entry of a prefix list is in no rule.
    ListRules,
    /// Of those who wear a group only some are known.
    FirstIdentity,
    /// Who comes to wear a group that is named elsewhere is not noticed.
    StaleWearers,
    /// A NAT gateway answers what comes from outside.
    NatInput,
    /// A NAT gateway keeps the source.
    NatSource,
    /// Where only NAT and egress-only gateways are left, public addresses are too.
    BlockedIpv4,
    /// An exclusion of a subnet is not looked at.
    Exclusion,
    /// The edge does not know the way back for IPv6.
    EdgeIpv6,
    /// What a middlebox passes on is not judged again.
    PassedOn,
    /// It is not remembered what was sent to a middlebox.
    Sent,
    /// Answers pass stretches that their flow has not gone.
    AnyStretch,
    /// What is sent to the world outside is taken to go to a middlebox first, wherever it is routed.
    NextHop,
    /// What goes to the world outside over a middlebox is one flow on both stretches.
    Zone,
    /// What groups refuse is counted as refused by ACLs.
    CountedStage,
    /// A record names a rule whatever the packets carry.
    NamedRule,
    /// A record names the number after that of the ACL entry.
    NamedEntry,
    /// A record blames the ACL where the sender's groups refuse too.
    NamedFirst,
    /// A record does not know to which of two peers with the same addresses packets belong.
    NamedPeer,
}

impl Mutant {
    /// Whether the mistake is to be made.
    #[cfg(not(feature = "mutants"))]
    pub const fn lives(self) -> bool {
        false
    }

    #[cfg(feature = "mutants")]
    pub fn lives(self) -> bool {
        ALL.get(CHOSEN.load(Ordering::Relaxed)) == Some(&self)
    }
}

/// The place of the chosen one in the list; none has the last.
#[cfg(feature = "mutants")]
static CHOSEN: AtomicUsize = AtomicUsize::new(usize::MAX);

/// The names of all mistakes.
#[cfg(feature = "mutants")]
pub fn names() -> impl Iterator<Item = String> {
    ALL.iter().map(|it| format!("{it:?}"))
}

/// Makes this mistake from now on; whether there is such a one.
#[cfg(feature = "mutants")]
pub fn choose(name: &str) -> bool {
    let place = names().position(|it| it == name);
    CHOSEN.store(place.unwrap_or(usize::MAX), Ordering::Relaxed);
    place.is_some()
}
