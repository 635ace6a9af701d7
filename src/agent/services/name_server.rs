//! A VPC's name server: answers what `plan::names` knows, and has the rest answered by the node's own.
//!
//! For subnets with DNS64, a name without an IPv6 address gets one that is made of its IPv4 address (RFC 6147), which
//! a NAT gateway translates back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use hickory_server::proto::op::{Edns, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_server::proto::rr::rdata::{A, AAAA, PTR};
use hickory_server::proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_server::proto::serialize::binary::{BinEncodable, BinEncoder};
use tokio::net::UdpSocket;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Shared;
use super::allowance::Allowance;
use super::door::{Connection, Door};
use super::forward::{self, Carrier};
use crate::plan::names::{self, Found};
use crate::plan::services::asker;
use crate::state::id::VpcId;

/// Questions of one VPC on this node that wait for others' answers at a time.
const WAITING_MAX: usize = 256;
/// For how long an answer of ours may be remembered, in seconds: EC2's.
const TTL: u32 = 60;
/// The largest datagram that reaches everybody whole.
const DATAGRAM_BYTES_MAX: u16 = 1232;
const HEADER_BYTES: usize = 12;

/// The name server in one router.
pub struct NameServer {
    shared: Arc<Shared>,
    vpc: VpcId,
    allowance: Arc<Allowance>,
    waiting: Semaphore,
}

/// Answers datagrams until it is dropped.
pub async fn serve_datagrams(server: Arc<NameServer>, socket: UdpSocket) {
    let socket = Arc::new(socket);
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        while tasks.try_join_next().is_some() {}
        let Ok((len, source)) = socket.recv_from(&mut buffer).await else {
            // What is wrong will not be right at once.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // What is beyond it is not answered at all, as with EC2.
        if !server.allowance.admits(source.ip()) {
            continue;
        }
        let (server, socket, message) = (server.clone(), socket.clone(), buffer[..len].to_vec());
        tasks.spawn(async move {
            if let Some(answer) = server.answer(&message, source.ip(), Carrier::Datagrams).await {
                // Whoever asked will ask again.
                let _ = socket.send_to(&answer, source).await;
            }
        });
    }
}

/// Answers on connections until it is dropped.
pub async fn serve_connections(server: Arc<NameServer>, mut door: Door) {
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let (connection, source) = door.accept().await;
        tasks.spawn(converse(server.clone(), connection, source.ip()));
    }
}

/// Answers one message after another, while they come.
async fn converse(server: Arc<NameServer>, mut connection: Connection, source: IpAddr) {
    while let Ok(message) = forward::read(&mut connection).await {
        if !server.allowance.admits(source) {
            return;
        }
        let Some(answer) = server.answer(&message, source, Carrier::Connection).await else { return };
        if forward::write(&mut connection, &answer).await.is_err() {
            return;
        }
    }
}

impl NameServer {
    pub fn new(shared: Arc<Shared>, vpc: VpcId, allowance: Arc<Allowance>) -> NameServer {
        NameServer { shared, vpc, allowance, waiting: Semaphore::new(WAITING_MAX) }
    }

    /// The answer to a message, unless it deserves none.
    async fn answer(&self, message: &[u8], source: IpAddr, carrier: Carrier) -> Option<Vec<u8>> {
        let Ok(request) = Message::from_vec(message) else { return malformed(message) };
        if request.metadata.message_type == MessageType::Response {
            return None;
        }
        let room = room(&request, carrier);
        let refuse = |code| Some(encoded(&reply(&request, code, Vec::new()), room));
        let [question] = request.queries.as_slice() else { return refuse(ResponseCode::FormErr) };
        if request.metadata.op_code != OpCode::Query {
            return refuse(ResponseCode::NotImp);
        }
        if question.query_class != DNSClass::IN {
            return refuse(ResponseCode::Refused);
        }
        let Some((found, dns64)) = self.look_up(&question.name, source) else { return refuse(ResponseCode::Refused) };
        match found {
            Found::Here(records) => {
                let records = records_for(question, &records, dns64 && wants_dns64(&request));
                Some(encoded(&reply(&request, ResponseCode::NoError, records), room))
            }
            Found::Nowhere => refuse(ResponseCode::NXDomain),
            Found::Elsewhere => match self.forward(message, &request, dns64, carrier).await {
                Some(answer) => Some(answer),
                None => refuse(ResponseCode::ServFail),
            },
        }
    }

    /// What is known of a name, and whether the subnet of who asks has DNS64; nothing if the VPC has no DNS.
    fn look_up(&self, name: &Name, source: IpAddr) -> Option<(Found, bool)> {
        let state = self.shared.state.load();
        let vpc = state.vpcs.get(&self.vpc).filter(|it| it.dns_support)?;
        let subnet = asker(&state, self.shared.node, self.vpc, source).and_then(|it| state.subnets.get(&it.subnet));
        Some((names::look_up(&state, vpc, &name.to_ascii()), subnet.is_some_and(|it| it.dns64)))
    }

    /// The answer of the node's name servers, if there is one in time.
    async fn forward(&self, message: &[u8], request: &Message, dns64: bool, carrier: Carrier) -> Option<Vec<u8>> {
        let _waiting = self.waiting.try_acquire().ok()?;
        let mut answer = self.shared.forwarder.ask(message, carrier).await?;
        if dns64 && wants_dns64(request) && lacks_address6(&answer) {
            let four = Query::query(request.queries[0].name.clone(), RecordType::A);
            if let Some(records) = self.addresses4(four, carrier).await {
                return Some(encoded(&reply(request, ResponseCode::NoError, records), room(request, carrier)));
            }
        }
        answer[..2].copy_from_slice(&message[..2]);
        if carrier == Carrier::Datagrams && answer.len() > usize::from(request.max_payload()) {
            let mut cut = reply(request, ResponseCode::NoError, Vec::new());
            cut.metadata.truncation = true;
            return Some(encoded(&cut, room(request, carrier)));
        }
        Some(answer)
    }

    /// The records on the way to a name's IPv4 addresses, with those as IPv6 addresses; nothing if it has none.
    async fn addresses4(&self, question: Query, carrier: Carrier) -> Option<Vec<Record>> {
        let mut query = Message::query();
        query.metadata.recursion_desired = true;
        query.add_query(question);
        query.set_edns(edns());
        let answer = self.shared.forwarder.ask(&query.to_vec().ok()?, carrier).await?;
        let mut records = Message::from_vec(&answer).ok()?.answers;
        let mut found = false;
        for record in &mut records {
            if let RData::A(address) = record.data {
                *record = Record::from_rdata(record.name.clone(), record.ttl, RData::AAAA(AAAA(translated(address.0))));
                found = true;
            }
        }
        found.then_some(records)
    }
}

/// The records of a name that are of the kind that is asked for.
fn records_for(question: &Query, found: &[names::Record], dns64: bool) -> Vec<Record> {
    let data = |it: &names::Record| match (it, question.query_type) {
        (names::Record::Address(IpAddr::V4(it)), RecordType::A) => Some(RData::A(A(*it))),
        (names::Record::Address(IpAddr::V6(it)), RecordType::AAAA) => Some(RData::AAAA(AAAA(*it))),
        (names::Record::Pointer(it), RecordType::PTR) => {
            Name::from_ascii(format!("{it}.")).ok().map(PTR).map(RData::PTR)
        }
        _ => None,
    };
    let mut data: Vec<RData> = found.iter().filter_map(data).collect();
    if data.is_empty() && dns64 {
        let four = found.iter().filter_map(|it| match it {
            names::Record::Address(IpAddr::V4(it)) => Some(RData::AAAA(AAAA(translated(*it)))),
            _ => None,
        });
        data.extend(four);
    }
    data.into_iter().map(|it| Record::from_rdata(question.name.clone(), TTL, it)).collect()
}

/// Whether an IPv6 address is asked for by somebody who takes one that is not signed.
fn wants_dns64(request: &Message) -> bool {
    let checks = request.metadata.checking_disabled && request.edns.as_ref().is_some_and(|it| it.flags().dnssec_ok);
    request.queries.first().is_some_and(|it| it.query_type == RecordType::AAAA) && !checks
}

/// Whether the answer says that a name exists and has no IPv6 address.
fn lacks_address6(answer: &[u8]) -> bool {
    Message::from_vec(answer).is_ok_and(|it| {
        let has = it.answers.iter().any(|it| matches!(it.data, RData::AAAA(_)));
        it.metadata.response_code == ResponseCode::NoError && !it.metadata.truncation && !has
    })
}

/// An IPv4 address as an IPv6 address of the prefix 64:ff9b::/96.
fn translated(address: Ipv4Addr) -> Ipv6Addr {
    Ipv6Addr::from(0x0064_ff9b_u128 << 96 | u128::from(u32::from(address)))
}

/// An answer to the request.
fn reply(request: &Message, code: ResponseCode, records: Vec<Record>) -> Message {
    let mut reply = Message::response(request.metadata.id, request.metadata.op_code);
    reply.metadata = Metadata::response_from_request(&request.metadata);
    reply.metadata.recursion_available = true;
    reply.metadata.response_code = code;
    reply.add_queries(request.queries.iter().cloned());
    reply.add_answers(records);
    if request.edns.is_some() {
        reply.set_edns(edns());
    }
    reply
}

/// Tells the other end that we take more than 512 bytes.
fn edns() -> Edns {
    let mut edns = Edns::new();
    edns.set_max_payload(DATAGRAM_BYTES_MAX);
    edns
}

/// How many bytes an answer to the request may have.
fn room(request: &Message, carrier: Carrier) -> u16 {
    match carrier {
        Carrier::Datagrams => request.max_payload().min(DATAGRAM_BYTES_MAX),
        Carrier::Connection => u16::MAX,
    }
}

/// A message as bytes. What does not fit is left out, and the message says so.
fn encoded(message: &Message, room: u16) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    let mut encoder = BinEncoder::new(&mut bytes);
    encoder.set_max_size(room);
    if message.emit(&mut encoder).is_err() {
        bytes.clear();
        bytes.extend(message.metadata.id.to_be_bytes());
        bytes.extend([0x80, 0x80 | u8::try_from(u16::from(ResponseCode::ServFail)).unwrap_or(2)]);
        bytes.resize(HEADER_BYTES, 0);
    }
    bytes
}

/// Says that a message cannot be read, if it can be said of which.
fn malformed(message: &[u8]) -> Option<Vec<u8>> {
    let header = message.get(..HEADER_BYTES).filter(|it| it[2] & 0x80 == 0)?;
    let mut answer = vec![header[0], header[1], 0x80 | header[2] & 0x79, 0x81];
    answer.resize(HEADER_BYTES, 0);
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_sent_is_answered_in_its_bounds_or_not_at_all(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            noise in prop::collection::vec(any::<u8>(), 0..300),
            noisy in any::<bool>(),
        ) {
            let mut question = Message::query();
            question.add_query(Query::query(Name::from_ascii("ip-10-0-0-5.ec2.internal.").unwrap(), RecordType::A));
            question.set_edns(edns());
            let mut message = if noisy { noise } else { question.to_vec().unwrap() };
            for (at, byte) in changes.into_iter().filter(|_| !noisy) {
                *at.get_mut(&mut message) = byte;
            }
            let answer = match Message::from_vec(&message) {
                Ok(request) => Some(encoded(&reply(&request, ResponseCode::NXDomain, Vec::new()), room(&request, Carrier::Datagrams))),
                Err(_) => malformed(&message),
            };
            if let Some(answer) = answer {
                prop_assert!(answer.len() >= HEADER_BYTES && answer.len() <= usize::from(DATAGRAM_BYTES_MAX));
                prop_assert_eq!(&answer[..2], &message[..2]);
                prop_assert!(answer[2] & 0x80 != 0);
            }
        }
    }
}
