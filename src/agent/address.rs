//! Addresses on our links and on the loopback device. Ours are those with our protocol number.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use imbl::OrdMap;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, AddressProtocol};
use rtnetlink::AddressMessageBuilder;

use super::link::{LOOPBACK, LOOPBACK_NAME, Links};
use super::netlink::{Conversation, Error, REPLACE, Request};
use super::{PROTOCOL, diff::Change};
use crate::net::Prefix;
use crate::plan::config::LinkName;

/// An address with the link that it is on.
pub type Key = (LinkName, Prefix);

/// Lists the addresses that bear our mark.
pub fn observe(conversation: &mut Conversation, links: &Links) -> Result<OrdMap<Key, ()>, Error> {
    let names = links.names();
    let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    let found = conversation.dump_route("addresses", request, |message| {
        let RouteNetlinkMessage::NewAddress(it) = message else { return None };
        read(&it, &names).filter(|_| is_ours(&it)).map(|key| (key, ()))
    })?;
    Ok(found.into_iter().collect())
}

/// Whether the address bears our mark.
pub fn is_ours(message: &AddressMessage) -> bool {
    message.attributes.contains(&AddressAttribute::Protocol(AddressProtocol::Other(PROTOCOL)))
}

/// The address and its link, which is one of these or the loopback device.
pub fn read(message: &AddressMessage, names: &BTreeMap<u32, &LinkName>) -> Option<Key> {
    let link = match message.header.index {
        LOOPBACK => LOOPBACK_NAME.to_owned(),
        index => LinkName::clone(names.get(&index)?),
    };
    let address = message.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Address(address) => Some(*address),
        _ => None,
    })?;
    Some((link, Prefix::new(address, message.header.prefix_len).ok()?))
}

/// `ip address add 10.0.1.10/32 dev eth0 nodad proto …`, or its removal. Nothing if the link is not there.
pub fn apply(change: &Change<Key, ()>, links: &Links) -> Option<Request> {
    let (Change::Remove((link, prefix)) | Change::Replace((link, prefix), ()) | Change::Add((link, prefix), ())) =
        change;
    let index = if link == LOOPBACK_NAME { LOOPBACK } else { links.index(link)? };
    let mut message = match prefix.addr() {
        IpAddr::V4(it) => {
            AddressMessageBuilder::<Ipv4Addr>::new().index(index).address(it, prefix.prefix_len()).build()
        }
        IpAddr::V6(it) => {
            AddressMessageBuilder::<Ipv6Addr>::new().index(index).address(it, prefix.prefix_len()).build()
        }
    };
    message.attributes.push(AddressAttribute::Protocol(AddressProtocol::Other(PROTOCOL)));
    message.attributes.push(AddressAttribute::Flags(AddressFlags::Nodad));
    let object = format!("{prefix} on {link}");
    Some(match change {
        Change::Remove(_) => Request::route("remove address", object, 0, RouteNetlinkMessage::DelAddress(message))
            .unless(&[libc::EADDRNOTAVAIL, libc::ENODEV]),
        _ => Request::route("add address", object, REPLACE, RouteNetlinkMessage::NewAddress(message)),
    })
}
