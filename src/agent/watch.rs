//! What others do to our namespaces, as the kernel tells it: what looks like damage wakes the loop at once, and is
//! repaired before the next look at everything.
//!
//! The kernel tells of our own changes too, and of what it does by itself, so what is heard is compared with what is
//! known: a change that leads to what is known is none.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use imbl::OrdMap;
use netlink_packet_core::ParseableParametrized;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};

use super::link::{Held, Links};
use super::netlink::{self, Conversation, Error};
use super::{address, limit, neighbour, route};
use crate::net::Mac;
use crate::plan::config::{LinkName, Route, RouteKey};

/// `RTNLGRP_…`: links, neighbours, queues, and by family addresses, routes and rules.
const GROUPS: [u32; 9] = [1, 3, 4, 5, 7, 8, 9, 11, 19];
/// Listens in one namespace. Not for changes of firewalls: while anyone listens for them, the kernel takes 20 µs to tell
/// of each element of a set, ten times what it takes to add it. It counts the transactions, which is as good.
pub struct Watch(Conversation);

/// What is known of a namespace, to compare with.
pub struct Known<'a> {
    pub links: &'a Links,
    pub addresses: &'a OrdMap<address::Key, ()>,
    pub neighbours: &'a OrdMap<neighbour::Key, Mac>,
    pub limits: &'a OrdMap<LinkName, limit::Held>,
    pub routes: &'a OrdMap<RouteKey, Route>,
    /// Whether others use the namespace too.
    pub shared: bool,
    /// The address of the socket by which we make changes.
    pub port: u32,
}

impl Watch {
    /// Listens in the network namespace of the calling thread.
    pub fn open() -> Result<Watch, Error> {
        Conversation::listen(netlink::ROUTE, &GROUPS).map(Watch)
    }

    /// Takes everything that was heard; says whether something of ours is not as it is known.
    pub fn has_heard_of_damage(&mut self, known: &Known) -> bool {
        let mut damaged = false;
        // Only the last that is told of a thing is so.
        let mut links: BTreeMap<u32, bool> = BTreeMap::new();
        let mut addresses: BTreeMap<address::Key, bool> = BTreeMap::new();
        let mut neighbours: BTreeMap<neighbour::Key, bool> = BTreeMap::new();
        let mut routes: BTreeMap<RouteKey, bool> = BTreeMap::new();
        let names = known.links.names();
        let shapers = known.links.shapers.values();
        let limited = known.limits.keys().filter_map(|link| known.links.index(link));
        let shaped: BTreeSet<u32> = limited.chain(shapers.clone().map(|it| it.index)).collect();
        let heard = self.0.hear(|kind, port, body| {
            if let Some(index) = limit::index(kind, body) {
                damaged |= known.port != port && shaped.contains(&index);
                return;
            }
            let Ok(message) = RouteNetlinkMessage::parse_with_param(body, kind) else { return };
            match message {
                RouteNetlinkMessage::NewLink(it) => {
                    let held = known.links.ours.values().find(|held| held.index == it.header.index);
                    links.extend(held.map(|held| (held.index, is_as_held(&it, held))));
                    let shaper = shapers.clone().find(|shaper| shaper.index == it.header.index);
                    links.extend(shaper.map(|shaper| (shaper.index, it.header.flags.contains(LinkFlags::Up))));
                }
                RouteNetlinkMessage::DelLink(it) => drop(links.insert(it.header.index, false)),
                RouteNetlinkMessage::NewAddress(it) if address::is_ours(&it) => {
                    addresses.extend(address::read(&it, &names).map(|key| (key, true)));
                }
                RouteNetlinkMessage::DelAddress(it) if address::is_ours(&it) => {
                    addresses.extend(address::read(&it, &names).map(|key| (key, false)));
                }
                RouteNetlinkMessage::NewNeighbour(it) => {
                    let heard = neighbour::read(&it, &names);
                    neighbours.extend(heard.map(|(key, mac)| {
                        let same = neighbour::is_ours(&it) && known.neighbours.get(&key).copied() == mac;
                        (key, same)
                    }));
                }
                RouteNetlinkMessage::DelNeighbour(it) => {
                    neighbours.extend(neighbour::read(&it, &names).map(|(key, _)| (key, false)));
                }
                RouteNetlinkMessage::NewRoute(it) => routes.extend(route::read(&it, &names).map(|(key, route)| {
                    // A stranger's in the place of ours is not ours.
                    let same = route::is_ours(&it) && known.routes.get(&key) == Some(&route);
                    (key, same)
                })),
                RouteNetlinkMessage::DelRoute(it) if route::is_ours(&it) => {
                    routes.extend(route::read(&it, &names).map(|(key, _)| (key, false)));
                }
                RouteNetlinkMessage::NewRule(_) | RouteNetlinkMessage::DelRule(_) => {
                    damaged |= !known.shared && known.port != port;
                }
                _ => {}
            }
        });
        // What was not heard for want of room may be anything.
        damaged |= heard.is_err();
        let known_links = |index| names.contains_key(index) || shaped.contains(index);
        damaged |= links.iter().any(|(index, good)| !good && known_links(index));
        damaged |= addresses.iter().any(|(key, there)| *there != known.addresses.contains_key(key));
        damaged |= neighbours.iter().any(|(key, good)| !good && known.neighbours.contains_key(key));
        damaged |= routes.iter().any(|(key, good)| !good && known.routes.contains_key(key));
        damaged
    }
}

/// Whether a link is as it is known, as far as others may change it.
fn is_as_held(message: &LinkMessage, held: &Held) -> bool {
    let up = message.header.flags.contains(LinkFlags::Up);
    up == held.up
        && message.attributes.iter().all(|attribute| match attribute {
            LinkAttribute::Mtu(it) => *it == held.mtu,
            LinkAttribute::Address(it) => *it == held.mac.0,
            _ => true,
        })
}

/// All that listen, as one descriptor to wait for.
pub struct Watches {
    epoll: OwnedFd,
    /// The number that the next namespace is told by.
    next: u64,
}

impl Watches {
    pub fn new() -> io::Result<Watches> {
        // SAFETY: the call takes a number; what it returns is a descriptor of ours.
        let epoll = unsafe {
            let fd = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(fd)
        };
        Ok(Watches { epoll, next: 0 })
    }

    /// Readable when something was heard anywhere.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    /// Adds the socket of a namespace, for as long as it is open, and gives the number that it is told by.
    pub fn add(&mut self, watch: &Watch) -> io::Result<u64> {
        self.next += 1;
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: self.next };
        let (epoll, socket) = (self.epoll.as_raw_fd(), watch.0.as_fd().as_raw_fd());
        // SAFETY: both descriptors are open, and the event outlives the call.
        let added = unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, socket, &raw mut event) };
        if added < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(self.next)
    }

    /// The numbers of some namespaces in which something was heard; none when there is nothing more.
    pub fn heard(&self) -> BTreeSet<u64> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
        // SAFETY: the pointer is to as many events as are announced. An interrupted call gives none.
        let count =
            unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), events.len() as libc::c_int, 0) };
        events.iter().take(usize::try_from(count).unwrap_or(0)).map(|it| it.u64).collect()
    }
}
