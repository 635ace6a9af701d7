//! Reachability Analyzer: the paths that are asked about, and what an analysis found on one.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::*;
use super::network_acl::NetworkAclEntry;
use super::route_table::Route;
use super::security_group::SecurityGroupRule;
use super::{Indexes, Moment, Owner, Row};
use crate::net::{Prefix, Span};

/// A path from a source to a destination, to be analysed any number of times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InsightsPath {
    pub id: InsightsPathId,
    pub account: AccountId,
    pub region: Region,
    pub source: End,
    /// Absent where an address alone is the destination.
    pub destination: Option<End>,
    pub source_address: Option<IpAddr>,
    pub destination_address: Option<IpAddr>,
    pub protocol: Transport,
    pub destination_port: Option<u16>,
    pub filter_at_source: Option<PathFilter>,
    pub filter_at_destination: Option<PathFilter>,
    pub created: Moment,
}

/// Where a path begins or ends. What it names may be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Interface(InterfaceId),
    /// Any of its interfaces.
    Instance(InstanceId),
    /// The world outside, as far as it is beyond this gateway.
    InternetGateway(InternetGatewayId),
}

/// What a path's packets carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transport {
    Tcp,
    Udp,
}

/// What a packet must look like at one end of a path; absent is anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathFilter {
    pub source_address: Option<IpAddr>,
    pub source_ports: Option<Span>,
    pub destination_address: Option<IpAddr>,
    pub destination_ports: Option<Span>,
}

impl Row for InsightsPath {
    type Key = InsightsPathId;

    fn key(&self) -> InsightsPathId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}

/// What came of analysing a path, as things were then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InsightsAnalysis {
    pub id: InsightsAnalysisId,
    pub account: AccountId,
    pub region: Region,
    pub path: InsightsPathId,
    /// The ARNs of what the packet had to meet, and of what it had not to.
    pub filter_in: Vec<String>,
    pub filter_out: Vec<String>,
    pub found: bool,
    /// What the first packet met, in order; the last one refused it where it was refused.
    pub forward: Vec<Component>,
    /// What its reply met.
    pub back: Vec<Component>,
    /// Why no path was found, where no component refused anything.
    pub missing: Option<Missing>,
    pub started: Moment,
}

/// Why there is no path although nothing refuses the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// An end of the path does not exist any more.
    End,
    /// An end of the path has no IPv4 address, or is attached to nothing.
    Unassociated,
    /// The packet reaches another place than the path's destination, or one that the account does not own.
    Destination,
    /// The packet does not meet what it must, or meets what it must not.
    Component,
    /// The packet that arrives has another address or port than the filter at the destination asks for.
    AtDestination(Field),
}

/// A part of a packet's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    SourceAddress,
    SourcePort,
    DestinationAddress,
    DestinationPort,
}

impl Row for InsightsAnalysis {
    type Key = InsightsAnalysisId;

    fn key(&self) -> InsightsAnalysisId {
        self.id
    }

    fn owner(&self) -> Option<Owner> {
        Some((self.account, self.region.clone()))
    }

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.analyses_of_insights_path.set((self.path, self.id), on);
    }
}

/// What decides about packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub payload: Payload,
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    Tcp {
        source: u16,
        destination: u16,
    },
    Udp {
        source: u16,
        destination: u16,
    },
    Icmp {
        kind: u8,
        code: u8,
    },
    Icmpv6 {
        kind: u8,
        code: u8,
    },
    /// Another IP protocol, by number.
    Other(u8),
}

/// Something that a packet met on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// The VPC that it belongs to; absent outside of all.
    pub vpc: Option<VpcId>,
    pub part: Part,
    /// The packet as it came.
    pub header: Header,
    /// The packet as it went on, where addresses were translated.
    pub translated: Option<Header>,
    /// Why the packet went no further, where it did not.
    pub refusal: Option<Refusal>,
}

/// What kind of thing a packet met, with what decided in it as it was then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Part {
    Interface {
        id: InterfaceId,
        subnet: SubnetId,
        /// What it is attached to.
        instance: Option<InstanceId>,
    },
    /// The groups that an interface wears, and the rule that lets the packet pass; a reply passes without.
    SecurityGroups {
        interface: InterfaceId,
        groups: Vec<SecurityGroupId>,
        egress: bool,
        rule: Option<SecurityGroupRule>,
    },
    /// The first entry that fits; absent is the last one, which denies.
    NetworkAcl {
        id: NetworkAclId,
        subnet: SubnetId,
        egress: bool,
        entry: Option<NetworkAclEntry>,
    },
    RouteTable {
        id: RouteTableId,
        subnet: SubnetId,
        taken: Option<Taken>,
    },
    InternetGateway(InternetGatewayId),
    EgressOnlyInternetGateway(EgressOnlyInternetGatewayId),
    NatGateway(NatGatewayId),
    Peering(PeeringConnectionId),
    /// The VPC as such, where it is not known who in it a packet is for.
    Vpc,
    Service(Service),
    /// The world outside, or an address that should be in it.
    Outside,
}

/// The route that a packet takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// What matches: the route's destination, or the entry of the prefix list that is its destination.
    pub block: Prefix,
    /// Absent for a local route.
    pub route: Option<Route>,
}

/// Something that every VPC has besides what was made in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Service {
    Dns,
    Metadata,
}

/// Why a packet goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The interface is not attached to a running instance.
    NotRunning,
    /// The interface checks sources, and the source is not its own.
    ForeignSource,
    /// The interface checks destinations, and the destination is not its own.
    ForeignDestination,
    /// No rule of the groups fits.
    NoRuleFits,
    /// The groups have no rule of the direction.
    NoRules,
    /// The network ACL denies it.
    Denied,
    /// No route fits.
    NoRoute,
    /// The route's target is not there, or not usable.
    Blackhole,
    /// The destination is no address that is routed: multicast, link-local and such.
    Unroutable,
    /// Nobody has the address.
    NobodyThere,
    /// The service does not take such packets.
    NotServed,
    /// The source has no public address.
    NoPublicAddress,
    /// The source is not an IPv6 address of the VPC.
    NotOfVpc,
    /// The VPC has no internet gateway by which packets could come in.
    NoGateway,
    /// The receiver's subnet does not send its answers by the gateway that the packet comes from.
    NotRoutedBack,
    /// The gateway does not carry the protocol or the family of addresses.
    Protocol,
    /// The gateway lets only answers through.
    Unasked,
    /// The account blocks public access.
    PublicAccessBlocked,
    /// The source or the destination is not of the VPCs that are peered.
    NotOfPeers,
    /// NAT gateways send it round in a circle.
    Loop,
    /// The reply comes to somebody who did not ask, or in another form than was asked.
    NotAsked,
}
