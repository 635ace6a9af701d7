//! Links: veth pairs between namespaces. Ours are those in our device group. Shapers, through which `limit` sends what a
//! link receives, are in another.
//!
//! A pair is one object with two ends. It is made from one end, with the other end directly in its own namespace, and
//! it is gone when either end is. Device numbers are chosen by us, so that routes and neighbours can be asked for
//! without looking the new link up; only the node's own namespace chooses its own.
//!
//! A removal keeps the kernel busy for some 20 ms, however many links go in it. So links that are not wanted are only
//! put down and marked at first, which ends all that goes over them, and removed together later.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use netlink_packet_core::ParseableParametrized;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkExtentMask, LinkFlags, LinkMessage, State,
};
use rtnetlink::{LinkMessageBuilder, LinkUnspec, LinkVeth};

use super::netlink::{CREATE, Conversation, Error, Request};
use crate::net::Mac;
use crate::plan::config::{Link, LinkName};

/// The device group that marks our links ("culv").
const OURS: u32 = 0x6375_6c76;
/// The device group of links that are down for good and about to be removed.
const LEAVING: u32 = OURS + 1;

/// The device group of our shapers.
const SHAPING: u32 = OURS + 2;
/// The number of a link's shaper is the link's and this, so that no link has it.
const SHAPERS: u32 = 1 << 24;

pub const LOOPBACK: u32 = 1;
pub const LOOPBACK_NAME: &str = "lo";

/// A link as the kernel holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub index: u32,
    pub mac: Mac,
    pub mtu: u32,
    pub up: bool,
    /// Whether packets pass, which takes both ends.
    pub ready: bool,
    /// The number of the other end in its own namespace.
    pub peer: u32,
}

/// A device that sends on what it is given, no faster than it may, as if the link had only then received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shaper {
    pub index: u32,
    pub up: bool,
}

/// The links of one namespace.
#[derive(Debug, Default)]
pub struct Links {
    pub ours: BTreeMap<LinkName, Held>,
    /// Ours too, marked for removal.
    pub leaving: BTreeSet<LinkName>,
    /// Those whose removal has begun beside the passes.
    pub sweeping: BTreeSet<LinkName>,
    pub shapers: BTreeMap<LinkName, Shaper>,
    pub loopback_up: bool,
    /// The lowest number above every link's.
    pub next: u32,
}

impl Links {
    /// The names of our links by their numbers, to read a list with.
    pub fn names(&self) -> BTreeMap<u32, &LinkName> {
        self.ours.iter().map(|(name, held)| (held.index, name)).collect()
    }

    /// Whether a link of this name is still to go.
    pub fn is_to_go(&self, name: &str) -> bool {
        self.leaving.contains(name) || self.sweeping.contains(name)
    }

    /// The number of our link with this name.
    pub fn index(&self, name: &str) -> Option<u32> {
        self.ours.get(name).map(|held| held.index)
    }
}

/// One end of a pair that is to be made.
pub struct End<'a> {
    pub name: &'a str,
    /// Zero leaves the choice to the kernel, for both ends.
    pub index: u32,
    pub link: &'a Link,
}

/// Lists the links that bear our mark, and whose names begin with `prefix`.
pub fn observe(conversation: &mut Conversation, prefix: &str) -> Result<Links, Error> {
    let mut links = Links { next: LOOPBACK + 1, ..Links::default() };
    let request = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let all = conversation.dump_route("links", request, |message| match message {
        RouteNetlinkMessage::NewLink(it) => Some(it),
        _ => None,
    })?;
    for message in all {
        let up = message.header.flags.contains(LinkFlags::Up);
        if message.header.index < SHAPERS {
            links.next = links.next.max(message.header.index + 1);
        }
        links.loopback_up |= message.header.index == LOOPBACK && up;
        let mut held = Held { index: message.header.index, mac: Mac([0; 6]), mtu: 0, up, ready: false, peer: 0 };
        let (mut name, mut group) = (String::new(), 0);
        for attribute in message.attributes {
            match attribute {
                LinkAttribute::IfName(it) => name = it,
                LinkAttribute::Mtu(it) => held.mtu = it,
                LinkAttribute::Link(it) => held.peer = it,
                LinkAttribute::OperState(it) => held.ready = it == State::Up,
                LinkAttribute::Group(it) => group = it,
                LinkAttribute::Address(it) => held.mac = it.try_into().map_or(held.mac, Mac),
                _ => {}
            }
        }
        match group {
            OURS if name.starts_with(prefix) => drop(links.ours.insert(name, held)),
            SHAPING => drop(links.shapers.insert(name, Shaper { index: held.index, up })),
            LEAVING if name.starts_with(prefix) => drop(links.leaving.insert(name)),
            _ => {}
        }
    }
    Ok(links)
}

/// `ip link add eni-x index 7 address … mtu … group … type veth peer name eth0 index 2 netns i-… address … mtu …`
pub fn create(here: &End, there: &End, namespace: BorrowedFd) -> Request {
    let ours = |builder: LinkMessageBuilder<LinkUnspec>, end: &End| {
        let address = end.link.mac.0.to_vec();
        builder.name(end.name).index(end.index).mtu(end.link.mtu).address(address).link_group(OURS)
    };
    let other = ours(LinkMessageBuilder::<LinkUnspec>::new(), there).setns_by_fd(namespace.as_raw_fd()).build();
    let message = LinkMessageBuilder::<LinkVeth>::new_with_info_kind(InfoKind::Veth)
        .set_info_data(InfoData::Veth(InfoVeth::Peer(other)))
        .name(here.name)
        .index(here.index)
        .mtu(here.link.mtu)
        .address(here.link.mac.0.to_vec())
        .link_group(OURS)
        .build();
    Request::route("add link", here.name.to_string(), CREATE, RouteNetlinkMessage::NewLink(message))
}

/// The number of the shaper of a link with this number.
pub fn shaper_index(link: u32) -> u32 {
    SHAPERS + link
}

/// `ip link add ifb-x index 16777223 group … up type ifb`
pub fn create_shaper(name: &str, index: u32) -> Request {
    let message = LinkMessageBuilder::<LinkUnspec>::new_with_info_kind(InfoKind::Ifb)
        .name(name)
        .index(index)
        .link_group(SHAPING)
        .up()
        .build();
    Request::route("add shaper", name.to_string(), CREATE, RouteNetlinkMessage::NewLink(message))
}

/// `ip link set ifb-x up`
pub fn shaper_up(name: &str, index: u32) -> Request {
    let message = LinkUnspec::new_with_index(index).up().build();
    Request::route("set shaper up", name.to_string(), 0, RouteNetlinkMessage::SetLink(message))
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

/// `ip link set eni-x down group LEAVING`: with it go the routes and neighbours over the link.
pub fn leave(name: &str, index: u32) -> Request {
    let message = LinkUnspec::new_with_index(index).link_group(LEAVING).down().build();
    let request = RouteNetlinkMessage::SetLink(message);
    Request::route("put down link", name.to_string(), 0, request).unless(&[libc::ENODEV])
}

/// The name of a link that was put down for good, so that its own is free for the next one.
pub fn parted(index: u32) -> LinkName {
    format!("gone-{index}")
}

/// `ip link set eni-x name gone-7`
pub fn rename(name: &str, index: u32, to: String) -> Request {
    let message = LinkUnspec::new_with_index(index).name(to).build();
    Request::route("rename link", name.to_string(), 0, RouteNetlinkMessage::SetLink(message)).unless(&[libc::ENODEV])
}

/// `ip link del group LEAVING`
pub fn sweep(leaving: &BTreeSet<LinkName>) -> Request {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::Group(LEAVING));
    let names: Vec<&str> = leaving.iter().map(String::as_str).collect();
    Request::route("remove links", names.join(", "), 0, RouteNetlinkMessage::DelLink(message)).unless(&[libc::ENODEV])
}

/// How long the kernel may take to make a link ready whose ends are both up.
const READY: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(1);
const PAIRS_PER_REQUEST_MAX: usize = 64;

/// Waits until these links, both of whose ends are up, carry packets; gives those that do not.
///
/// The kernel activates the queue of a link a moment after its carrier has come, and drops what is sent before. From
/// version 6.8 on it does so at once for whoever asks about the link; where it does not, it is asked again.
pub fn ready(conversation: &mut Conversation, links: &[(LinkName, u32)]) -> Result<Vec<LinkName>, Error> {
    let deadline = Instant::now() + READY;
    let mut waiting = links.to_vec();
    loop {
        let mut unready = Vec::new();
        for chunk in waiting.chunks(PAIRS_PER_REQUEST_MAX) {
            let here = look(conversation, chunk.iter().map(|(name, index)| (name.as_str(), *index, None)))?;
            let others = chunk.iter().zip(&here).map(|((name, _), it)| (name.as_str(), it.peer, it.peer_namespace));
            let there = look(conversation, others)?;
            let both = here.iter().zip(&there).map(|(here, there)| here.up && there.up);
            unready.extend(chunk.iter().zip(both).filter(|(_, up)| !up).map(|(link, _)| link.clone()));
        }
        if unready.is_empty() || Instant::now() > deadline {
            return Ok(unready.into_iter().map(|(name, _)| name).collect());
        }
        waiting = unready;
        std::thread::sleep(GLANCE);
    }
}

/// What the kernel says of one end.
struct Looked {
    up: bool,
    /// The other end's number, in the namespace that has this number here.
    peer: u32,
    peer_namespace: Option<i32>,
}

/// `ip link show eni-x`, or of a link in the namespace that has a number in this one, for each.
fn look<'a>(
    conversation: &mut Conversation,
    links: impl Iterator<Item = (&'a str, u32, Option<i32>)>,
) -> Result<Vec<Looked>, Error> {
    let requests: Vec<_> = links
        .map(|(name, index, namespace)| {
            let mut message = LinkUnspec::new_with_index(index).build();
            message.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
            message.attributes.extend(namespace.map(LinkAttribute::IfNetnsId));
            Request::route("look at link", name.to_string(), 0, RouteNetlinkMessage::GetLink(message))
        })
        .collect();
    conversation.fetch(&requests, |kind, body| {
        let Ok(RouteNetlinkMessage::NewLink(it)) = RouteNetlinkMessage::parse_with_param(body, kind) else {
            return None;
        };
        let mut looked = Looked { up: false, peer: 0, peer_namespace: None };
        for attribute in it.attributes {
            match attribute {
                LinkAttribute::OperState(state) => looked.up = state == State::Up,
                LinkAttribute::Link(it) => looked.peer = it,
                LinkAttribute::LinkNetNsId(it) => looked.peer_namespace = Some(it),
                _ => {}
            }
        }
        Some(looked)
    })
}
