//! How much passes a link in each direction, at this end of it: who is at the other end cannot lift it.
//!
//! What goes out over the link waits in a token bucket on it. What comes in cannot wait there, so a filter hands it to
//! the link's shaper, a device of its own (an `ifb`), where it waits in a second bucket and comes in from afterwards.
//! Ours are the buckets with our handle, and the filter with our priority on a limited link. Where that filter hangs others
//! may hang theirs, so that the place stays when the limit goes.
//!
//! ```text
//!  tc qdisc add dev eni-x root handle 6375: tbf rate …          ip link add ifb-x type ifb
//!  tc qdisc add dev eni-x clsact                                tc qdisc add dev ifb-x root handle 6375: tbf rate …
//!  tc filter add dev eni-x ingress pref 25461 u32 match u32 0 0 action mirred egress redirect dev ifb-x
//! ```

use std::collections::BTreeMap;

use imbl::OrdMap;
use netlink_packet_core::DefaultNla;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{
    TcAction, TcActionAttribute, TcActionMirrorOption, TcActionOption, TcActionType, TcAttribute, TcFilterU32Option,
    TcHandle, TcMessage, TcMirror, TcOption, TcU32Key, TcU32Selector, TcU32SelectorFlags,
};

use super::attribute;
use super::diff::Change;
use super::link::{self, Links};
use super::netlink::{CREATE, Conversation, Error, REPLACE, Request};
use crate::net::Bandwidth;
use crate::plan::config::LinkName;

/// What a link lets pass; nothing where something of ours is there and something else is missing.
pub type Held = Option<Bandwidth>;

/// Marks our buckets and, as a number, our filter ("cu").
const OURS: u16 = 0x6375;
const BUCKET: TcHandle = TcHandle { major: OURS, minor: 0 };
/// Where a filter of what comes in hangs.
const INCOMING: TcHandle = TcHandle { major: TcHandle::CLSACT.major, minor: TcHandle::MIN_INGRESS };
/// Every protocol, as a filter's header has it beside its priority.
const EVERY_PROTOCOL: u32 = (libc::ETH_P_ALL as u16).to_be() as u32;

/// `TCA_…` and, of a bucket, `TCA_TBF_…` (linux/rtnetlink.h, linux/pkt_sched.h).
const KIND: u16 = 1;
const OPTIONS: u16 = 2;
const TBF_PARAMETERS: u16 = 1;
const TBF_RATE64: u16 = 4;
const TBF_BURST: u16 = 6;
/// `TC_LINKLAYER_ETHERNET`: packets count as long as they are.
const AS_LONG_AS_THEY_ARE: u8 = 1;
/// The bytes of `struct tc_ratespec`, whose last four are the rate.
const RATE_BYTES: usize = 12;

/// The bytes of a full packet with its Ethernet header.
const PACKET: u64 = 1514;
/// What a bucket holds: so many milliseconds' worth, and two packets at the least.
const BURST_MS: u64 = 10;
/// What waits at most, besides: so many milliseconds' worth, and twenty packets at the least.
const WAIT_MS: u64 = 50;

/// The name of a link's shaper.
pub fn shaper(link: &str) -> LinkName {
    format!("ifb{}", link.get(3..).unwrap_or_default())
}

/// What is read of one object: the number of its device, its handle, its parent, its priority and its attributes.
struct Read<'a> {
    index: u32,
    handle: u32,
    parent: u32,
    priority: u16,
    attributes: &'a [u8],
}

impl Read<'_> {
    fn of(body: &[u8]) -> Option<Read<'_>> {
        let number = |at: usize| body.get(at..at + 4).and_then(|it| Some(u32::from_ne_bytes(it.try_into().ok()?)));
        let priority = (number(16)? >> 16) as u16;
        Some(Read { index: number(4)?, handle: number(8)?, parent: number(12)?, priority, attributes: body.get(20..)? })
    }

    /// The rate of a bucket of ours.
    fn rate(&self) -> Held {
        let options = attribute::find(self.attributes, OPTIONS)?;
        let rate64 = attribute::find(options, TBF_RATE64).and_then(|it| Some(u64::from_ne_bytes(it.try_into().ok()?)));
        let rate = attribute::find(options, TBF_PARAMETERS)?.get(RATE_BYTES - 4..RATE_BYTES)?;
        let rate = u32::from_ne_bytes(rate.try_into().ok()?);
        Bandwidth::from_bytes(rate64.unwrap_or(u64::from(rate)))
    }
}

/// The number of the device that a message about buckets and filters is about.
pub fn index(kind: u16, body: &[u8]) -> Option<u32> {
    let ours = matches!(kind, libc::RTM_NEWQDISC | libc::RTM_DELQDISC | libc::RTM_NEWTFILTER | libc::RTM_DELTFILTER);
    Some(Read::of(body).filter(|_| ours)?.index)
}

/// Lists the links on which there is something of ours.
pub fn observe(conversation: &mut Conversation, links: &Links) -> Result<OrdMap<LinkName, Held>, Error> {
    let mut body = [0; 20];
    let place = (u32::from(TcHandle::ROOT), u32::from(BUCKET));
    let found = conversation.dump("buckets", libc::RTM_GETQDISC, &body, |_, body| {
        let read = Read::of(body)?;
        let is_bucket =
            (read.parent, read.handle) == place && attribute::find_text(read.attributes, KIND) == Some("tbf");
        is_bucket.then(|| (read.index, read.rate()))
    })?;
    let buckets: BTreeMap<u32, Held> = found.into_iter().collect();
    let mut limits = OrdMap::new();
    for (name, held) in &links.ours {
        let shaper = links.shapers.get(&shaper(name));
        let Some(out) = buckets.get(&held.index) else {
            // A shaper that is left over is one that goes, or is used again.
            limits.extend(shaper.map(|_| (name.clone(), None)));
            continue;
        };
        body[4..8].copy_from_slice(&held.index.to_ne_bytes());
        body[12..16].copy_from_slice(&u32::from(INCOMING).to_ne_bytes());
        let filters = conversation.dump("filters", libc::RTM_GETTFILTER, &body, |_, body| {
            let read = Read::of(body).filter(|it| it.priority == OURS)?;
            redirected(read.attributes)
        })?;
        let whole = shaper.is_some_and(|it| {
            it.up && filters.contains(&it.index) && buckets.get(&it.index).is_some_and(|back| back == out)
        });
        limits.insert(name.clone(), out.filter(|_| whole));
    }
    Ok(limits)
}

/// The number of the device to which a filter hands what it sees.
fn redirected(attributes: &[u8]) -> Option<u32> {
    const U32_ACTIONS: u16 = 7;
    const FIRST: u16 = 1;
    const ACTION_OPTIONS: u16 = 2;
    const MIRRED_PARAMETERS: u16 = 2;
    let path = [OPTIONS, U32_ACTIONS, FIRST, ACTION_OPTIONS, MIRRED_PARAMETERS];
    let parameters = path.into_iter().try_fold(attributes, attribute::find)?;
    Some(u32::from_ne_bytes(parameters.get(24..28)?.try_into().ok()?))
}

/// The requests that limit a link, or lift its limit, in this order. None if the link is not there.
pub fn apply(change: &Change<LinkName, Held>, have: &OrdMap<LinkName, Held>, links: &Links) -> Vec<Request> {
    let (Change::Remove(link) | Change::Replace(link, _) | Change::Add(link, _)) = change;
    let Some(index) = links.index(link) else { return Vec::new() };
    let (Change::Replace(_, Some(limit)) | Change::Add(_, Some(limit))) = change else {
        return vec![let_in(link, index), let_out(link, index)];
    };
    let name = shaper(link);
    let shaper = links.shapers.get(&name).map_or(link::shaper_index(index), |it| it.index);
    let buckets = [bucket(&name, shaper, *limit), bucket(link, index, *limit)];
    // Another rate for a bucket that is there loses nothing that waits in it.
    if have.get(link).is_some_and(Option::is_some) {
        return buckets.into();
    }
    let mut requests = vec![let_in(link, index)];
    requests.push(match links.shapers.contains_key(&name) {
        true => link::shaper_up(&name, shaper),
        false => link::create_shaper(&name, shaper),
    });
    requests.extend(buckets);
    requests.push(incoming(link, index));
    requests.push(redirect(link, index, shaper));
    requests
}

fn message(index: u32, parent: TcHandle, handle: TcHandle) -> TcMessage {
    let mut message = TcMessage::with_index(index as i32);
    (message.header.parent, message.header.handle) = (parent, handle);
    message
}

/// `tc filter del dev eni-x ingress pref 25461`
fn let_in(name: &str, index: u32) -> Request {
    let mut message = message(index, INCOMING, TcHandle::UNSPEC);
    message.header.info = u32::from(OURS) << 16 | EVERY_PROTOCOL;
    lift(name, RouteNetlinkMessage::DelTrafficFilter(message))
}

/// `tc qdisc del dev eni-x root handle 6375:`
fn let_out(name: &str, index: u32) -> Request {
    lift(name, RouteNetlinkMessage::DelQueueDiscipline(message(index, TcHandle::ROOT, BUCKET)))
}

fn lift(name: &str, request: RouteNetlinkMessage) -> Request {
    let request = Request::route("lift bandwidth limit of", name.to_string(), 0, request);
    // What the kernel says of nothing there depends on the place.
    request.unless(&[libc::ENOENT, libc::EINVAL, libc::ENODEV])
}

fn bucket(name: &str, index: u32, limit: Bandwidth) -> Request {
    let rate = limit.bytes();
    let burst = (rate * BURST_MS / 1000).max(2 * PACKET);
    let waiting = burst + (rate * WAIT_MS / 1000).max(20 * PACKET);
    let narrow = |it: u64| u32::try_from(it).unwrap_or(u32::MAX).to_ne_bytes();
    // struct tc_tbf_qopt: rate, peak rate, bytes that may wait, and two that the attributes below say better.
    let mut parameters = [0; 36];
    parameters[1] = AS_LONG_AS_THEY_ARE;
    parameters[RATE_BYTES - 4..RATE_BYTES].copy_from_slice(&narrow(rate));
    parameters[2 * RATE_BYTES..2 * RATE_BYTES + 4].copy_from_slice(&narrow(waiting));
    let mut options = vec![DefaultNla::new(TBF_PARAMETERS, parameters.into())];
    options.push(DefaultNla::new(TBF_BURST, narrow(burst).into()));
    if u32::try_from(rate).is_err() {
        options.push(DefaultNla::new(TBF_RATE64, rate.to_ne_bytes().into()));
    }
    let mut message = message(index, TcHandle::ROOT, BUCKET);
    message.attributes.push(TcAttribute::Kind("tbf".to_string()));
    message.attributes.push(TcAttribute::Options(options.into_iter().map(TcOption::Other).collect()));
    let request = RouteNetlinkMessage::NewQueueDiscipline(message);
    Request::route("limit bandwidth of", name.to_string(), REPLACE, request)
}

fn incoming(name: &str, index: u32) -> Request {
    let mut message = message(index, TcHandle::CLSACT, TcHandle { major: TcHandle::CLSACT.major, minor: 0 });
    message.attributes.push(TcAttribute::Kind("clsact".to_string()));
    let request = RouteNetlinkMessage::NewQueueDiscipline(message);
    Request::route("filter incoming packets of", name.to_string(), CREATE, request).unless(&[libc::EEXIST])
}

fn redirect(name: &str, index: u32, shaper: u32) -> Request {
    let mut mirror = TcMirror::default();
    (mirror.ifindex, mirror.generic.action) = (shaper, TcActionType::Stolen);
    let mut action = TcAction::default();
    let parameters = TcActionOption::Mirror(TcActionMirrorOption::Parms(mirror));
    action.attributes =
        vec![TcActionAttribute::Kind("mirred".to_string()), TcActionAttribute::Options(vec![parameters])];
    let mut every = TcU32Selector::default();
    (every.flags, every.nkeys) = (TcU32SelectorFlags::Terminal, 1);
    every.keys = vec![TcU32Key::default()];

    let mut message = message(index, INCOMING, TcHandle::UNSPEC);
    message.header.info = u32::from(OURS) << 16 | EVERY_PROTOCOL;
    message.attributes.push(TcAttribute::Kind("u32".to_string()));
    let options = [TcFilterU32Option::Selector(every), TcFilterU32Option::Action(vec![action])];
    message.attributes.push(TcAttribute::Options(options.map(TcOption::U32).into()));
    let request = RouteNetlinkMessage::NewTrafficFilter(message);
    Request::route("shape incoming packets of", name.to_string(), CREATE, request)
}
