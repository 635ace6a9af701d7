//! Routes. Ours are those with our protocol number.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use imbl::OrdMap;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteProtocol, RouteScope, RouteType, RouteVia,
};

use super::link::Links;
use super::netlink::{CREATE, Conversation, Error, REPLACE, Request};
use super::{PROTOCOL, diff::Change};
use crate::net::Prefix;
use crate::plan::config::{LinkName, Route, RouteKey};

/// Lists the routes that bear our mark; those over our links only where others use the mark too.
pub fn observe(conversation: &mut Conversation, links: &Links, shared: bool) -> Result<OrdMap<RouteKey, Route>, Error> {
    let names = links.names();
    let theirs = |route: &Route| shared && over(route).is_none_or(|link| !links.ours.contains_key(link));
    let request = RouteNetlinkMessage::GetRoute(RouteMessage::default());
    let found = conversation.dump_route("routes", request, |message| match message {
        RouteNetlinkMessage::NewRoute(it) if is_ours(&it) => read(&it, &names),
        _ => None,
    })?;
    Ok(found.into_iter().filter(|(_, route)| !theirs(route)).collect())
}

/// The link that a route leads over.
pub fn over(route: &Route) -> Option<&LinkName> {
    match route {
        Route::Link { link, .. } | Route::Via { link, .. } => Some(link),
        Route::Blackhole | Route::Throw => None,
    }
}

/// Whether the route bears our mark.
pub fn is_ours(message: &RouteMessage) -> bool {
    message.header.protocol == RouteProtocol::Other(PROTOCOL)
}

/// The route, over one of these links or one that is not named.
pub fn read(message: &RouteMessage, names: &BTreeMap<u32, &LinkName>) -> Option<(RouteKey, Route)> {
    let mut destination: IpAddr = match message.header.address_family {
        netlink_packet_route::AddressFamily::Inet => Ipv4Addr::UNSPECIFIED.into(),
        _ => Ipv6Addr::UNSPECIFIED.into(),
    };
    let mut table = u32::from(message.header.table);
    let (mut link, mut gateway, mut source) = (None, None, None);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(it) => destination = address(it)?,
            RouteAttribute::Table(it) => table = *it,
            RouteAttribute::Oif(it) => link = names.get(it).copied().cloned(),
            RouteAttribute::Gateway(it) => gateway = address(it),
            RouteAttribute::Via(RouteVia::Inet6(it)) => gateway = Some(IpAddr::V6(*it)),
            RouteAttribute::PrefSource(it) => source = address(it),
            _ => {}
        }
    }
    let prefix = Prefix::new(destination, message.header.destination_prefix_length).ok()?;
    let key = RouteKey { table, destination: prefix };
    let route = match (message.header.kind, gateway) {
        (RouteType::BlackHole, _) => Route::Blackhole,
        (RouteType::Throw, _) => Route::Throw,
        // A route over a link that is not ours any more reads as over no link, so it never equals a wanted one.
        (_, Some(gateway)) => Route::Via { gateway, link: link.unwrap_or_default(), source },
        (_, None) => Route::Link { link: link.unwrap_or_default(), source },
    };
    Some((key, route))
}

fn address(it: &RouteAddress) -> Option<IpAddr> {
    match it {
        RouteAddress::Inet(it) => Some(IpAddr::V4(*it)),
        RouteAddress::Inet6(it) => Some(IpAddr::V6(*it)),
        _ => None,
    }
}

/// `ip route add 10.0.1.10/32 dev eni-x table 100 proto …`, its replacement or its removal; `held` are the routes that
/// are there. Nothing if the link is not there. In a namespace that is ours alone, a stranger's route gives way.
///
/// For IPv6 the kernel replaces only among routes of a kind, so there a replacement is a removal and an addition.
pub fn apply(
    change: &Change<RouteKey, Route>,
    held: &OrdMap<RouteKey, Route>,
    links: &Links,
    shared: bool,
) -> Option<Vec<Request>> {
    let remove = |key: &RouteKey| remove(key, held.get(key).and_then(over).and_then(|link| links.index(link)));
    let four = |key: &RouteKey| key.destination.addr().is_ipv4();
    Some(match change {
        Change::Remove(key) => vec![remove(key)],
        Change::Replace(key, route) if !four(key) => vec![remove(key), add(key, route, links, CREATE)?],
        Change::Add(key, route) if shared || !four(key) => vec![add(key, route, links, CREATE)?],
        Change::Replace(key, route) | Change::Add(key, route) => vec![add(key, route, links, REPLACE)?],
    })
}

/// Names the link, since another node's route may have the same key.
fn remove(key: &RouteKey, link: Option<u32>) -> Request {
    let mut message = message(key);
    message.header.scope = RouteScope::NoWhere;
    message.attributes.extend(link.map(RouteAttribute::Oif));
    Request::route("remove route", object(key), 0, RouteNetlinkMessage::DelRoute(message)).unless(&[libc::ESRCH])
}

fn add(key: &RouteKey, route: &Route, links: &Links, flags: u16) -> Option<Request> {
    let mut message = message(key);
    message.header.kind = RouteType::Unicast;
    let attributes = &mut message.attributes;
    match route {
        Route::Blackhole => message.header.kind = RouteType::BlackHole,
        Route::Throw => message.header.kind = RouteType::Throw,
        Route::Link { link, source } => {
            message.header.scope = RouteScope::Link;
            attributes.push(RouteAttribute::Oif(links.index(link)?));
            attributes.extend(source.map(|it| RouteAttribute::PrefSource(it.into())));
        }
        Route::Via { gateway, link, source } => {
            message.header.flags = RouteFlags::Onlink;
            attributes.push(RouteAttribute::Oif(links.index(link)?));
            // A gateway of the other family has an attribute of its own.
            attributes.push(match gateway {
                IpAddr::V6(it) if key.destination.addr().is_ipv4() => RouteAttribute::Via(RouteVia::Inet6(*it)),
                _ => RouteAttribute::Gateway((*gateway).into()),
            });
            attributes.extend(source.map(|it| RouteAttribute::PrefSource(it.into())));
        }
    }
    Some(Request::route("add route", object(key), flags, RouteNetlinkMessage::NewRoute(message)))
}

fn message(key: &RouteKey) -> RouteMessage {
    let mut message = RouteMessage::default();
    let destination = key.destination;
    message.header.address_family = match destination {
        Prefix::V4(_) => netlink_packet_route::AddressFamily::Inet,
        Prefix::V6(_) => netlink_packet_route::AddressFamily::Inet6,
    };
    message.header.destination_prefix_length = destination.prefix_len();
    message.header.protocol = RouteProtocol::Other(PROTOCOL);
    message.attributes.push(RouteAttribute::Table(key.table));
    message.attributes.push(RouteAttribute::Destination(destination.network().into()));
    message
}

fn object(key: &RouteKey) -> String {
    format!("{} in table {}", key.destination, key.table)
}
