//! Links: veth pairs between a router and its instances. Ours are those in our device group.
//!
//! A pair is one object with two ends. It is made from its router's end, with the other end directly in the
//! instance's namespace, and it is gone when either end is. Device numbers are chosen here, so that routes and
//! neighbours can be asked for without looking the new link up.

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkMessage};
use rtnetlink::{LinkMessageBuilder, LinkUnspec, LinkVeth};

use super::netlink::{CREATE, Conversation, Error, Request};
use crate::net::Mac;
use crate::plan::config::{Link, LinkName};

/// The device group that marks our links ("culv").
const OURS: u32 = 0x6375_6c76;
/// The device group of links that are about to go, all at once.
const LEAVING: u32 = OURS + 1;

pub const LOOPBACK: u32 = 1;
pub const LOOPBACK_NAME: &str = "lo";

/// A link as the kernel holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub index: u32,
    pub mac: Mac,
    pub mtu: u32,
    pub up: bool,
    /// The number of the other end in its own namespace.
    pub peer: u32,
}

/// The links of one namespace.
#[derive(Debug, Default)]
pub struct Links {
    pub ours: BTreeMap<LinkName, Held>,
    pub loopback_up: bool,
    /// The lowest number above every link's.
    pub next: u32,
}

impl Links {
    /// The names of our links by their numbers, to read a list with.
    pub fn names(&self) -> BTreeMap<u32, &LinkName> {
        self.ours.iter().map(|(name, held)| (held.index, name)).collect()
    }

    /// The number of our link with this name.
    pub fn index(&self, name: &str) -> Option<u32> {
        self.ours.get(name).map(|held| held.index)
    }
}

/// One end of a pair that is to be made.
pub struct End<'a> {
    pub name: &'a str,
    pub index: u32,
    pub link: &'a Link,
}

/// Lists the links that bear our mark.
pub fn observe(conversation: &mut Conversation) -> Result<Links, Error> {
    let mut links = Links { next: LOOPBACK + 1, ..Links::default() };
    let request = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let all = conversation.dump_route("links", request, |message| match message {
        RouteNetlinkMessage::NewLink(it) => Some(it),
        _ => None,
    })?;
    for message in all {
        let up = message.header.flags.contains(LinkFlags::Up);
        links.next = links.next.max(message.header.index + 1);
        links.loopback_up |= message.header.index == LOOPBACK && up;
        let mut held = Held { index: message.header.index, mac: Mac([0; 6]), mtu: 0, up, peer: 0 };
        let (mut name, mut ours) = (String::new(), false);
        for attribute in message.attributes {
            match attribute {
                LinkAttribute::IfName(it) => name = it,
                LinkAttribute::Mtu(it) => held.mtu = it,
                LinkAttribute::Link(it) => held.peer = it,
                LinkAttribute::Group(it) => ours = it == OURS || it == LEAVING,
                LinkAttribute::Address(it) => held.mac = it.try_into().map_or(held.mac, Mac),
                _ => {}
            }
        }
        if ours {
            links.ours.insert(name, held);
        }
    }
    Ok(links)
}

/// `ip link add eni-x index 7 address … mtu … group … type veth peer name eth0 index 2 netns i-… address … mtu …`
pub fn create(router: &End, instance: &End, namespace: BorrowedFd) -> Request {
    let ours = |builder: LinkMessageBuilder<LinkUnspec>, end: &End| {
        let address = end.link.mac.0.to_vec();
        builder.name(end.name).index(end.index).mtu(end.link.mtu).address(address).link_group(OURS)
    };
    let other = ours(LinkMessageBuilder::<LinkUnspec>::new(), instance).setns_by_fd(namespace.as_raw_fd()).build();
    let message = LinkMessageBuilder::<LinkVeth>::new_with_info_kind(InfoKind::Veth)
        .set_info_data(InfoData::Veth(InfoVeth::Peer(other)))
        .name(router.name)
        .index(router.index)
        .mtu(router.link.mtu)
        .address(router.link.mac.0.to_vec())
        .link_group(OURS)
        .build();
    Request::route("add link", router.name.to_string(), CREATE, RouteNetlinkMessage::NewLink(message))
}

/// `ip link set eni-x mtu … up`
pub fn up(name: &str, index: u32, mtu: u32) -> Request {
    let message = LinkUnspec::new_with_index(index).mtu(mtu).up().build();
    Request::route("set link up", name.to_string(), 0, RouteNetlinkMessage::SetLink(message))
}

/// `ip link set lo up`
pub fn loopback_up() -> Request {
    let message = LinkUnspec::new_with_index(LOOPBACK).up().build();
    Request::route("set link up", "lo".to_string(), 0, RouteNetlinkMessage::SetLink(message))
}

/// `ip link set eni-x group LEAVING` for each, then `ip link del group LEAVING`: the kernel waits some 20 ms for
/// its readers in each removal of links, however many go in it.
pub fn remove(links: &[(LinkName, u32)]) -> Vec<Request> {
    let marks = links.iter().map(|(name, index)| {
        let message = LinkUnspec::new_with_index(*index).link_group(LEAVING).build();
        let request = RouteNetlinkMessage::SetLink(message);
        Request::route("mark link as leaving", name.clone(), 0, request).unless(&[libc::ENODEV])
    });
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::Group(LEAVING));
    let names: Vec<&str> = links.iter().map(|(name, _)| name.as_str()).collect();
    let request = RouteNetlinkMessage::DelLink(message);
    let removal = Request::route("remove links", names.join(", "), 0, request).unless(&[libc::ENODEV]);
    marks.chain([removal]).collect()
}
