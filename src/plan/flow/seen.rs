//! The keys of counts, read: which packets were counted, and where on their way.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Class;
use crate::plan::config::LinkName;
use crate::plan::number::{ICMP, ICMPV6, TCP, UDP};
use crate::state::id::{Id, PeeringConnectionId};

/// Packets that were counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The link of the interface that they are counted for.
    pub link: LinkName,
    /// Whether they leave the interface; else they enter it.
    pub leaves: bool,
    pub stage: Stage,
    /// The number of the peering connection that they come from or go to; 0 where it is none.
    pub peering: u16,
    /// Whether they answer others.
    pub reply: bool,
    pub source: IpAddr,
    pub destination: IpAddr,
    pub transport: Transport,
    /// Of TCP, those of FIN, SYN, RST and ACK that are set, where any log tells them.
    pub flags: u8,
}

/// What is read of a transport header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// Source and destination port.
    Tcp(u16, u16),
    Udp(u16, u16),
    /// Type and code as one number, of either family's ICMP.
    Icmp(u16),
    /// Another protocol, by its number.
    Other(u8),
}

/// Where on their way packets were counted: passed, or by what they were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Passed,
    /// The ACL of the subnet that they leave.
    AclOut,
    /// The ACL of the subnet that they enter.
    AclIn,
    /// The account's block of public access, on the way to the world outside.
    PublicAccessOut,
    /// The same, on the way from there.
    PublicAccessIn,
    /// The sender's groups.
    GroupOut,
    /// The receiver's groups.
    GroupIn,
    /// They belong to no flow, and none may begin with them.
    Untracked,
    /// The internet gateway, on the way out.
    NoWayOut,
    /// The receiver's route table, which leads nowhere that answers could take.
    NoWayBack,
}

impl Stage {
    const ALL: [Stage; 10] = [
        Stage::Passed,
        Stage::AclOut,
        Stage::AclIn,
        Stage::PublicAccessOut,
        Stage::PublicAccessIn,
        Stage::GroupOut,
        Stage::GroupIn,
        Stage::Untracked,
        Stage::NoWayOut,
        Stage::NoWayBack,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Stage::Passed => "passed",
            Stage::AclOut => "acl-out",
            Stage::AclIn => "acl-in",
            Stage::PublicAccessOut => "public-access-out",
            Stage::PublicAccessIn => "public-access-in",
            Stage::GroupOut => "group-out",
            Stage::GroupIn => "group-in",
            Stage::Untracked => "untracked",
            Stage::NoWayOut => "no-way-out",
            Stage::NoWayBack => "no-way-back",
        }
    }

    /// Whether packets that come from a peer or go to one may come to this stage.
    pub(super) fn is_of_peers(self) -> bool {
        match self {
            Stage::Passed | Stage::AclOut | Stage::AclIn | Stage::GroupOut | Stage::GroupIn | Stage::Untracked => true,
            Stage::PublicAccessOut | Stage::PublicAccessIn | Stage::NoWayOut | Stage::NoWayBack => false,
        }
    }

    /// Whether packets that come to this stage have met the interface that they leave, or the one that they enter.
    pub(super) fn is_met(self, leaves: bool) -> bool {
        match self {
            Stage::Passed | Stage::AclIn | Stage::GroupIn | Stage::Untracked => true,
            Stage::AclOut | Stage::PublicAccessOut | Stage::GroupOut | Stage::NoWayOut => leaves,
            Stage::PublicAccessIn | Stage::NoWayBack => !leaves,
        }
    }
}

/// Stage, side, class and peering connection as the number that is in a key.
pub(super) fn event(stage: Stage, leaves: bool, class: Class, peering: u16) -> u32 {
    u32::from(peering) << 16 | (stage as u32) << 8 | u32::from(leaves) << 4 | class as u32
}

/// A number for a peering connection, which tells it from the others of a VPC; never 0.
pub(super) fn peering_number(connection: PeeringConnectionId) -> u16 {
    u16::try_from(connection.number() % u128::from(u16::MAX)).expect("a remainder is less than the divisor") + 1
}

/// Reads the key of a count; nothing where it is none of ours.
pub fn read(key: &[u8]) -> Option<Seen> {
    let (link, rest) = key.split_at_checked(16)?;
    let length = rest.len().checked_sub(16)? / 2;
    let (addresses, rest) = rest.split_at_checked(2 * length)?;
    let (source, destination) = addresses.split_at_checked(length)?;
    let (numbers, rest) = rest.split_first_chunk::<4>()?;
    let (event, rest) = rest.split_first_chunk::<4>()?;
    let [reply, _, _, _, flags, ..] = *rest.first_chunk::<8>()?;
    let event = u32::from_ne_bytes(*event);
    let stage = *Stage::ALL.iter().find(|it| **it as u32 == event >> 8 & 0xff)?;
    let class = *Class::ALL.iter().find(|it| **it as u32 == event & 0xf)?;
    let [a, b, c, d] = *numbers;
    let (first, second) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let transport = match class {
        Class::Tcp => Transport::Tcp(first, second),
        Class::Udp => Transport::Udp(first, second),
        Class::Icmp => Transport::Icmp(first),
        Class::Other => Transport::Other(a),
    };
    let name = link.split(|it| *it == 0).next()?;
    Some(Seen {
        link: String::from_utf8(name.to_vec()).ok()?,
        leaves: event & 0xf0 != 0,
        stage,
        peering: (event >> 16) as u16,
        reply: reply != 0,
        source: address(source)?,
        destination: address(destination)?,
        transport,
        flags,
    })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(four).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|it| Ipv6Addr::from(it).into())
}

impl Seen {
    /// The number of the packets' IP protocol.
    pub fn protocol(&self) -> u8 {
        match self.transport {
            Transport::Tcp(..) => TCP,
            Transport::Udp(..) => UDP,
            Transport::Icmp(_) if self.source.is_ipv4() => ICMP,
            Transport::Icmp(_) => ICMPV6,
            Transport::Other(number) => number,
        }
    }

    /// Whether the account's block of public access has stopped them.
    pub fn is_public_access_blocked(&self) -> bool {
        matches!(self.stage, Stage::PublicAccessOut | Stage::PublicAccessIn)
    }

    /// Source and destination port; 0 where there are none.
    pub fn ports(&self) -> (u16, u16) {
        match self.transport {
            Transport::Tcp(source, destination) | Transport::Udp(source, destination) => (source, destination),
            Transport::Icmp(_) | Transport::Other(_) => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::key::KeyRange;

    #[test]
    fn a_key_reads_back_as_it_was_made() {
        for stage in Stage::ALL {
            for leaves in [true, false] {
                let key = KeyRange::default().link("eni-0123456789a").address("10.0.0.1".parse().unwrap());
                let key = key.address("10.0.0.2".parse().unwrap());
                let event = event(stage, leaves, Class::Udp, 0xfedc);
                let mut key = key.exact().0;
                key.extend([0x30, 0x39, 0x00, 0x35]);
                key.extend(event.to_ne_bytes());
                key.extend([1, 0, 0, 0, 0, 0, 0, 0]);
                let expected = Seen {
                    link: "eni-0123456789a".to_owned(),
                    leaves,
                    stage,
                    peering: 0xfedc,
                    reply: true,
                    source: "10.0.0.1".parse().unwrap(),
                    destination: "10.0.0.2".parse().unwrap(),
                    transport: Transport::Udp(12345, 53),
                    flags: 0,
                };
                assert_eq!(read(&key), Some(expected));
                assert_eq!(read(&key[..key.len() - 4]), None, "a key that is too short");
            }
        }
    }
}
