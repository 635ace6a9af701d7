//! Records of flow logs, in AWS's words: "Flow log records" in the Amazon VPC User Guide.

use std::net::IpAddr;

use super::deciding::Decision;
use super::seen::Seen;
use crate::plan::routing;
use crate::state::flow_log::{FlowLog, LogField};
use crate::state::network_interface::NetworkInterface;
use crate::state::route_table::Target;
use crate::state::{State, zone};

/// What was counted of one flow at one interface.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    pub interface: &'a NetworkInterface,
    pub seen: &'a Seen,
    pub decision: &'a Decision,
    pub packets: u64,
    pub bytes: u64,
    /// TCP's flags, or of several packets.
    pub flags: u8,
    /// In seconds since 1970.
    pub start: i64,
    pub end: i64,
}

/// What stands for a value that there is none of.
const NONE: &str = "-";

const ACK: u8 = 0x10;
const SYN: u8 = 0x02;

/// The first line of a file: the names of the fields.
pub fn header(log: &FlowLog) -> String {
    let names: Vec<_> = log.format.iter().map(|it| it.name()).collect();
    names.join(" ") + "\n"
}

/// The line of a record.
pub fn line(state: &State, log: &FlowLog, record: &Record<'_>) -> String {
    let seen = record.seen;
    let (source_port, destination_port) = seen.ports();
    write(log, |field| {
        Some(match field {
            LogField::Start => record.start.to_string(),
            LogField::End => record.end.to_string(),
            LogField::LogStatus => "OK".to_owned(),
            LogField::SourceAddress if seen.leaves => own(record.interface, seen.source).to_string(),
            LogField::DestinationAddress if !seen.leaves => own(record.interface, seen.destination).to_string(),
            LogField::SourceAddress | LogField::PacketSourceAddress => seen.source.to_string(),
            LogField::DestinationAddress | LogField::PacketDestinationAddress => seen.destination.to_string(),
            LogField::SourcePort => source_port.to_string(),
            LogField::DestinationPort => destination_port.to_string(),
            LogField::Protocol => seen.protocol().to_string(),
            LogField::Packets => record.packets.to_string(),
            LogField::Bytes => record.bytes.to_string(),
            LogField::Action => if record.decision.accepted { "ACCEPT" } else { "REJECT" }.to_owned(),
            LogField::TcpFlags => record.flags.to_string(),
            LogField::Type => if seen.source.is_ipv4() { "IPv4" } else { "IPv6" }.to_owned(),
            LogField::Direction => if seen.leaves { "egress" } else { "ingress" }.to_owned(),
            LogField::TrafficPath if seen.leaves => path(state, record.interface, seen.destination)?.to_owned(),
            LogField::RejectReason if seen.is_public_access_blocked() => "BPA".to_owned(),
            LogField::DecidingRule => record.decision.by.clone()?,
            _ => return of_interface(log, record.interface, field),
        })
    })
}

/// The line for an interface of which there is nothing to tell: without traffic (`NODATA`), or with traffic that could
/// not be counted (`SKIPDATA`).
pub fn empty(log: &FlowLog, interface: &NetworkInterface, start: i64, end: i64, status: &str) -> String {
    write(log, |field| match field {
        LogField::Start => Some(start.to_string()),
        LogField::End => Some(end.to_string()),
        LogField::LogStatus => Some(status.to_owned()),
        _ => of_interface(log, interface, field),
    })
}

fn write(log: &FlowLog, value: impl Fn(LogField) -> Option<String>) -> String {
    let values: Vec<_> = log.format.iter().map(|it| value(*it).unwrap_or_else(|| NONE.to_owned())).collect();
    values.join(" ") + "\n"
}

/// What is so of an interface whatever passes it. Nothing here lies in an outpost or is an address of an AWS service.
fn of_interface(log: &FlowLog, interface: &NetworkInterface, field: LogField) -> Option<String> {
    Some(match field {
        LogField::Version => {
            // "If you specify a custom format, the version is the highest version among the specified fields."
            log.format.iter().map(|it| it.version()).max().unwrap_or(2).to_string()
        }
        LogField::AccountId => interface.account.to_string(),
        LogField::InterfaceId => interface.id.to_string(),
        LogField::VpcId => interface.vpc.to_string(),
        LogField::SubnetId => interface.subnet.to_string(),
        LogField::InstanceId => interface.attachment.as_ref()?.instance.to_string(),
        LogField::Region => interface.region.clone(),
        LogField::ZoneId => zone::id(&interface.zone),
        _ => return None,
    })
}

/// What a record calls the interface's own side of a packet: "The IPv4 address of the network interface is always its
/// private IPv4 address", the primary one.
fn own(interface: &NetworkInterface, address: IpAddr) -> IpAddr {
    match (address, interface.addresses.first(), interface.addresses6.first()) {
        (IpAddr::V4(_), Some(primary), _) => IpAddr::V4(*primary),
        (IpAddr::V6(six), _, Some(first)) if !interface.addresses6.contains(&six) => IpAddr::V6(*first),
        _ => address,
    }
}

/// TCP's flags as records tell them: an ACK counts only beside a SYN.
pub fn told(flags: u8) -> u8 {
    if flags & SYN == 0 { flags & !ACK } else { flags }
}

/// The way that packets take from an interface, as AWS numbers them: 1 through the VPC, 4 through a peering
/// connection, 8 through an internet gateway.
fn path(state: &State, interface: &NetworkInterface, destination: IpAddr) -> Option<&'static str> {
    let subnet = state.subnets.get(&interface.subnet)?;
    let table = state.route_table_of(subnet)?;
    let routes = routing::expanded(state, table);
    let fitting = routes.into_iter().filter(|(prefix, _)| prefix.contains(&destination));
    let best = fitting.max_by_key(|(prefix, _)| prefix.prefix_len());
    let vpc = state.vpcs.get(&interface.vpc)?;
    let local = vpc.prefixes().filter(|it| it.contains(&destination)).map(|it| it.prefix_len()).max();
    match best {
        Some((prefix, target)) if local.is_none_or(|it| prefix.prefix_len() >= it) => match target {
            Target::InternetGateway(_) => Some("8"),
            Target::Peering(_) => Some("4"),
            Target::NatGateway(_) | Target::Interface(_) => Some("1"),
            Target::EgressOnlyInternetGateway(_) => None,
        },
        _ => local.map(|_| "1"),
    }
}
