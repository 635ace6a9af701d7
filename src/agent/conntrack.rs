//! Flows that the kernel tracks in a namespace. When an address changes hands its flows are forgotten, so that the next
//! owner inherits nothing that was once allowed; when a translation ends, those that it made.

use std::net::{IpAddr, Ipv4Addr};

use super::attribute::Attributes;
use super::netlink::Request;

const DELETE: u16 = 1 << 8 | 2;
/// The version from which the kernel heeds the family of a request.
const VERSION: u8 = 1;

const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const TUPLE_IP: u16 = 1;
const FILTER: u16 = 25;
const FILTER_ORIGINAL_FLAGS: u16 = 1;
const FILTER_REPLY_FLAGS: u16 = 2;

/// A place in which a flow names an address: as source (1) or destination (2) of its packets in one direction.
#[derive(Debug, Clone, Copy)]
struct At {
    tuple: u16,
    side: u32,
}

const ORIGINAL_SOURCE: At = At { tuple: TUPLE_ORIGINAL, side: 1 };
const ORIGINAL_DESTINATION: At = At { tuple: TUPLE_ORIGINAL, side: 2 };
const REPLY_SOURCE: At = At { tuple: TUPLE_REPLY, side: 1 };
const REPLY_DESTINATION: At = At { tuple: TUPLE_REPLY, side: 2 };

/// `conntrack -D --orig-src 10.0.1.10`, and so for each place in which a flow can name the address. The kernel
/// searches; nothing is listed.
pub fn forget(address: IpAddr) -> Vec<Request> {
    let places = [ORIGINAL_SOURCE, ORIGINAL_DESTINATION, REPLY_SOURCE, REPLY_DESTINATION];
    places.map(|at| request(address.to_string(), &[(at, address)])).into()
}

/// Forgets the flows in which the one address is translated to the other: of a source
/// (`conntrack -D --orig-src FROM --reply-dst TO`) or of a destination.
pub fn forget_translated(from: Ipv4Addr, to: Ipv4Addr) -> Vec<Request> {
    let object = format!("{from} as {to}");
    let (from, to) = (IpAddr::V4(from), IpAddr::V4(to));
    let source = [(ORIGINAL_SOURCE, from), (REPLY_DESTINATION, to)];
    let destination = [(ORIGINAL_DESTINATION, from), (REPLY_SOURCE, to)];
    [source, destination].map(|it| request(object.clone(), &it)).into()
}

/// Forgets the flows that name all these addresses there, which are of one family.
fn request(object: String, places: &[(At, IpAddr)]) -> Request {
    let family = if places.iter().all(|(_, it)| it.is_ipv4()) { libc::AF_INET } else { libc::AF_INET6 };
    let mut body = Attributes::netfilter(family as u8, VERSION, 0);
    let mut sides = [0; 2];
    for (at, address) in places {
        sides[usize::from(at.tuple == TUPLE_REPLY)] |= at.side;
        body.nested(at.tuple, |it| {
            it.nested(TUPLE_IP, |it| {
                // The attributes of sources and destinations are numbered as the sides are, from 1 and from 3.
                match address {
                    IpAddr::V4(address) => it.bytes(at.side as u16, &address.octets()),
                    IpAddr::V6(address) => it.bytes(at.side as u16 + 2, &address.octets()),
                };
            });
        });
    }
    // The sides that must agree.
    let [original, reply] = sides;
    body.nested(FILTER, |it| {
        it.bytes(FILTER_ORIGINAL_FLAGS, &original.to_ne_bytes()).bytes(FILTER_REPLY_FLAGS, &reply.to_ne_bytes());
    });
    Request { what: "forget the flows of", object, kind: DELETE, flags: 0, body: body.0, harmless: &[libc::ENOENT] }
}
