//! Flows that the kernel tracks in a router. When an address changes hands its flows are forgotten, so that the next
//! owner inherits nothing that was once allowed.

use std::net::IpAddr;

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

/// `conntrack -D --orig-src 10.0.1.10`, and so for each place in which a flow can name the address. The kernel
/// searches; nothing is listed.
pub fn forget(address: IpAddr) -> Vec<Request> {
    let places = [(TUPLE_ORIGINAL, Side::Source), (TUPLE_ORIGINAL, Side::Destination)];
    let replies = [(TUPLE_REPLY, Side::Source), (TUPLE_REPLY, Side::Destination)];
    let requests = places.iter().chain(&replies).map(|(tuple, side)| Request {
        what: "forget the flows of",
        object: address.to_string(),
        kind: DELETE,
        flags: 0,
        body: body(address, *tuple, *side),
        harmless: &[libc::ENOENT],
    });
    requests.collect()
}

#[derive(Clone, Copy)]
enum Side {
    Source,
    Destination,
}

fn body(address: IpAddr, tuple: u16, side: Side) -> Vec<u8> {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let mut body = Attributes::netfilter(family as u8, VERSION, 0);
    body.nested(tuple, |it| {
        it.nested(TUPLE_IP, |it| {
            let other = match side {
                Side::Source => 0,
                Side::Destination => 1,
            };
            match address {
                IpAddr::V4(address) => it.bytes(1 + other, &address.octets()),
                IpAddr::V6(address) => it.bytes(3 + other, &address.octets()),
            };
        });
    });
    // The fields that must agree, a bit each: 1 the source address, 2 the destination address.
    let flags: u32 = match side {
        Side::Source => 1,
        Side::Destination => 2,
    };
    let (original, reply) = if tuple == TUPLE_ORIGINAL { (flags, 0) } else { (0, flags) };
    body.nested(FILTER, |it| {
        it.bytes(FILTER_ORIGINAL_FLAGS, &original.to_ne_bytes()).bytes(FILTER_REPLY_FLAGS, &reply.to_ne_bytes());
    });
    body.0
}
