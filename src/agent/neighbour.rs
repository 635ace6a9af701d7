//! Permanent neighbour entries: which hardware address answers for an address. Ours are those with our protocol
//! number; nothing is ever learned.

use std::collections::BTreeMap;
use std::net::IpAddr;

use imbl::OrdMap;
use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState};
use netlink_packet_route::route::{RouteProtocol, RouteType};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::link::Links;
use super::netlink::{Conversation, Error, REPLACE, Request};
use super::{PROTOCOL, diff::Change};
use crate::net::Mac;
use crate::plan::config::LinkName;

/// An address with the link behind which it is.
pub type Key = (LinkName, IpAddr);

/// Lists the neighbour entries that bear our mark.
pub fn observe(conversation: &mut Conversation, links: &Links) -> Result<OrdMap<Key, Mac>, Error> {
    let names = links.names();
    let request = RouteNetlinkMessage::GetNeighbour(NeighbourMessage::default());
    let found = conversation.dump_route("neighbours", request, |message| {
        let RouteNetlinkMessage::NewNeighbour(it) = message else { return None };
        let (key, mac) = read(&it, &names).filter(|_| is_ours(&it))?;
        Some((key, mac?))
    })?;
    Ok(found.into_iter().collect())
}

/// Whether the entry bears our mark.
pub fn is_ours(message: &NeighbourMessage) -> bool {
    message.attributes.contains(&NeighbourAttribute::Protocol(RouteProtocol::Other(PROTOCOL)))
}

/// The neighbour's address, its link, which is one of these, and its hardware address if that is known.
pub fn read(message: &NeighbourMessage, names: &BTreeMap<u32, &LinkName>) -> Option<(Key, Option<Mac>)> {
    let link = names.get(&message.header.ifindex)?;
    let (mut address, mut mac) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(it)) => address = Some(IpAddr::V4(*it)),
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(it)) => address = Some(IpAddr::V6(*it)),
            NeighbourAttribute::LinkLayerAddress(it) => mac = it.clone().try_into().ok().map(Mac),
            _ => {}
        }
    }
    Some(((LinkName::clone(link), address?), mac))
}

/// `ip neighbour replace 10.0.1.10 lladdr … dev eni-x nud permanent proto …`, or its removal. Nothing if the link is
/// not there.
pub fn apply(change: &Change<Key, Mac>, links: &Links) -> Option<Request> {
    let (Change::Remove((link, address)) | Change::Replace((link, address), _) | Change::Add((link, address), _)) =
        change;
    let mut message = NeighbourMessage::default();
    message.header.family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    message.header.ifindex = links.index(link)?;
    message.header.state = NeighbourState::Permanent;
    message.header.kind = RouteType::Unspec;
    message.attributes.push(NeighbourAttribute::Destination((*address).into()));
    let object = format!("{address} on {link}");
    Some(match change {
        Change::Remove(_) => Request::route("remove neighbour", object, 0, RouteNetlinkMessage::DelNeighbour(message))
            .unless(&[libc::ENOENT, libc::ENODEV]),
        Change::Replace(_, mac) | Change::Add(_, mac) => {
            message.attributes.push(NeighbourAttribute::LinkLayerAddress(mac.0.to_vec()));
            message.attributes.push(NeighbourAttribute::Protocol(RouteProtocol::Other(PROTOCOL)));
            Request::route("add neighbour", object, REPLACE, RouteNetlinkMessage::NewNeighbour(message))
        }
    })
}
