//! Servers in a router, asked from inside it: a socket that is bound to an instance's address asks as the instance.
//!
//! The node is a network namespace of the test's own, with name servers of the test's own.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_server::proto::op::{Edns, Message, Query, ResponseCode};
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME};
use hickory_server::proto::rr::{Name, RData, Record, RecordType};
use imbl::OrdMap;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, socket};

use super::{Servers, door, name as router};
use crate::agent::tests::lab::{self, Lab};
use crate::ec2::fixture::{IMAGE, World, text};
use crate::net::Prefix;
use crate::plan::config::{Namespace, NamespaceId, NodeConfig};
use crate::plan::services::services;
use crate::state::id::{InstanceId, NodeId, VpcId};
use crate::state::subnet::Subnet;

const PATIENCE: Duration = Duration::from_secs(10);

/// A node with two VPCs of the same addresses; each has one instance, which has the address of `CLIENT`.
struct Corner {
    /// Before the namespaces that it serves in.
    servers: Servers,
    runtime: tokio::runtime::Runtime,
    lab: Lab,
    world: World,
    node: NodeId,
    resolver_file: PathBuf,
    vpcs: [VpcId; 2],
    instances: [InstanceId; 2],
}

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const STRANGER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 6);

impl Corner {
    fn new() -> Corner {
        let lab = Lab::new();
        // The node's own name servers are at home.
        assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
        let node: NodeId = format!("h-{}000000000", lab.place.tag).parse().unwrap();
        let resolver_file = lab.place.run_dir.parent().unwrap().join("resolv.conf");
        std::fs::write(&resolver_file, "nameserver 127.0.0.1\n").unwrap();
        let mut world = World::new();
        let [one, two] = [(); 2].map(|()| network(&mut world));
        let (vpcs, instances) = ([one.0, two.0], [one.1, two.1]);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let servers = Servers::new(node, resolver_file.clone());
        let mut corner = Corner { servers, runtime, lab, world, node, resolver_file, vpcs, instances };
        corner.realise();
        corner
    }

    fn want(&self) -> NodeConfig {
        let mut want = NodeConfig::default();
        for vpc in self.vpcs {
            let services = services(self.world.state.vpcs.get(&vpc).unwrap());
            let mut namespace = Namespace::default();
            let clients = [IpAddr::V4(CLIENT), IpAddr::V4(STRANGER)];
            for address in services.resolvers.iter().chain(&services.metadata).chain(&clients) {
                namespace.addresses.insert(("lo".to_owned(), Prefix::from(*address)));
            }
            want.namespaces.insert(NamespaceId::Router(vpc.to_string()), Arc::new(namespace));
            want.services.insert(vpc, Arc::new(services));
        }
        want
    }

    /// One pass.
    fn realise(&mut self) {
        let want = self.want();
        self.lab.realise(&want);
        self.hold(&want);
    }

    fn hold(&mut self, want: &NodeConfig) {
        let _context = self.runtime.enter();
        let failures = self.servers.hold(&want.services, &Arc::new(self.world.state.clone()));
        assert!(failures.is_empty(), "{failures:?}");
    }

    /// Another state, without a pass.
    fn learn(&mut self) {
        let want = self.want();
        self.hold(&want);
    }

    /// A stream from an instance's address.
    fn connection(&self, vpc: usize, from: IpAddr, to: SocketAddr) -> std::io::Result<TcpStream> {
        let stream = lab::within(router(self.node, self.vpcs[vpc]), move || -> std::io::Result<OwnedFd> {
            let family = if from.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
            let made = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
            bind(made.as_raw_fd(), &SockaddrStorage::from(SocketAddr::new(from, 0)))?;
            connect(made.as_raw_fd(), &SockaddrStorage::from(to))?;
            Ok(made)
        })?;
        let stream = TcpStream::from(stream);
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    fn datagrams(&self, vpc: usize, from: Ipv4Addr) -> UdpSocket {
        let socket = lab::within(router(self.node, self.vpcs[vpc]), move || UdpSocket::bind((from, 0)).unwrap());
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    }

    /// Asks for a name by datagram, at the VPC's own address.
    fn ask(&self, vpc: usize, name: &str, kind: RecordType) -> Message {
        self.send(vpc, &question(name, kind), SocketAddr::from(([10, 0, 0, 2], 53)))
    }

    fn send(&self, vpc: usize, question: &Message, to: SocketAddr) -> Message {
        let socket = self.datagrams(vpc, CLIENT);
        socket.send_to(&question.to_vec().unwrap(), to).unwrap();
        let mut buffer = [0; 4096];
        let (len, from) = socket.recv_from(&mut buffer).expect("an answer");
        assert_eq!(from, to, "who was asked answers");
        checked(question, &buffer[..len])
    }

    /// Asks for a name on a connection.
    fn converse(&self, vpc: usize, questions: &[Message]) -> Vec<Message> {
        let mut stream = self.connection(vpc, CLIENT.into(), ([169, 254, 169, 253], 53).into()).unwrap();
        let answer = |question: &Message| {
            let bytes = question.to_vec().unwrap();
            stream.write_all(&[&(bytes.len() as u16).to_be_bytes(), &bytes[..]].concat()).unwrap();
            let mut len = [0; 2];
            stream.read_exact(&mut len).unwrap();
            let mut bytes = vec![0; u16::from_be_bytes(len).into()];
            stream.read_exact(&mut bytes).unwrap();
            checked(question, &bytes)
        };
        questions.iter().map(answer).collect()
    }

    /// Makes a request of the metadata service and answers the status, the head and the body.
    fn request(&self, vpc: usize, from: Ipv4Addr, lines: &str) -> (u16, String, String) {
        exchange(self.connection(vpc, from.into(), ([169, 254, 169, 254], 80).into()).unwrap(), lines)
    }

    /// Fetches something, with a token.
    fn get(&self, vpc: usize, path: &str) -> (u16, String) {
        let token = self.token(vpc);
        let (status, _, body) =
            self.request(vpc, CLIENT, &format!("GET {path} HTTP/1.1\nX-aws-ec2-metadata-token: {token}"));
        (status, body)
    }

    fn token(&self, vpc: usize) -> String {
        let put = "PUT /latest/api/token HTTP/1.1\nX-aws-ec2-metadata-token-ttl-seconds: 60";
        let (status, head, token) = self.request(vpc, CLIENT, put);
        assert_eq!(status, 200, "{token}");
        assert!(head.to_lowercase().contains("x-aws-ec2-metadata-token-ttl-seconds: 60"), "{head}");
        token
    }

    fn options(&mut self, vpc: usize, name: &str, value: &str) {
        let id = self.instances[vpc].to_string();
        self.world.ok("ModifyInstanceMetadataOptions", &[("InstanceId", &id), (name, value)]);
        self.learn();
    }
}

impl Drop for Corner {
    fn drop(&mut self) {
        // No socket of ours may keep a namespace.
        let _context = self.runtime.enter();
        self.servers.hold(&OrdMap::new(), &Arc::default());
    }
}

/// A VPC with a subnet and an instance.
fn network(world: &mut World) -> (VpcId, InstanceId) {
    let made = world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
    let vpc = text(&made, "vpcId").to_owned();
    let subnet = world.ok("CreateSubnet", &[("VpcId", vpc.as_str()), ("CidrBlock", "10.0.0.0/24")]);
    let subnet = text(&subnet, "subnetId").to_owned();
    let address = CLIENT.to_string();
    let one = [("ImageId", IMAGE), ("MinCount", "1"), ("MaxCount", "1")];
    let place = [("SubnetId", subnet.as_str()), ("PrivateIpAddress", address.as_str())];
    let a_record = [("PrivateDnsNameOptions.EnableResourceNameDnsARecord", "true")];
    let made = world.ok("RunInstances", &[&one[..], &place, &a_record].concat());
    (vpc.parse().unwrap(), text(&made, "instanceId").parse().unwrap())
}

fn question(name: &str, kind: RecordType) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

fn checked(question: &Message, answer: &[u8]) -> Message {
    let answer = Message::from_vec(answer).unwrap();
    assert_eq!(answer.metadata.id, question.metadata.id);
    assert_eq!(answer.queries, question.queries);
    assert!(answer.metadata.recursion_available);
    assert_eq!(answer.edns.is_some(), question.edns.is_some());
    answer
}

/// The code of an answer and its records' data, in one line.
fn said(answer: &Message) -> String {
    let data: Vec<String> = answer.answers.iter().map(|it| it.data.to_string()).collect();
    format!("{} {}", answer.metadata.response_code, data.join(" ")).trim_end().to_owned()
}

fn exchange(mut stream: TcpStream, lines: &str) -> (u16, String, String) {
    let lines = lines.replace('\n', "\r\n");
    stream.write_all(format!("{lines}\r\nHost: 169.254.169.254\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.to_lowercase().contains("\r\nconnection: close"), "{head}");
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

/// A name server of the node: what it is asked, by datagram or on a connection, is for the function to answer.
fn upstream(address: &str, answer: impl Fn(&Message, bool) -> Option<Message> + Send + Sync + 'static) {
    let answer = Arc::new(answer);
    let socket = UdpSocket::bind((address, 53)).unwrap();
    let listener = TcpListener::bind((address, 53)).unwrap();
    let by_datagram = answer.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((len, from)) = socket.recv_from(&mut buffer) {
            let question = Message::from_vec(&buffer[..len]).unwrap();
            if let Some(answer) = by_datagram(&question, false) {
                socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
            }
        }
    });
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut len = [0; 2];
            stream.read_exact(&mut len).unwrap();
            let mut bytes = vec![0; u16::from_be_bytes(len).into()];
            stream.read_exact(&mut bytes).unwrap();
            let Some(answer) = answer(&Message::from_vec(&bytes).unwrap(), true) else { continue };
            let bytes = answer.to_vec().unwrap();
            stream.write_all(&[&(bytes.len() as u16).to_be_bytes(), &bytes[..]].concat()).unwrap();
        }
    });
}

/// An answer of these records for the name that is asked for.
fn answered(question: &Message, code: ResponseCode, data: Vec<RData>) -> Message {
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.metadata.response_code = code;
    answer.metadata.recursion_available = true;
    answer.add_queries(question.queries.iter().cloned());
    answer.add_answers(data.into_iter().map(|it| Record::from_rdata(question.queries[0].name.clone(), 30, it)));
    if question.edns.is_some() {
        answer.set_edns(Edns::new());
    }
    answer
}

fn v4(text: &str) -> RData {
    RData::A(A(text.parse().unwrap()))
}

#[test]
fn each_vpc_is_answered_of_its_own_at_the_same_addresses() {
    let corner = &mut Corner::new();
    for (vpc, other) in [(0, 1), (1, 0)] {
        let own = format!("{}.ec2.internal.", corner.instances[vpc]);
        let others = format!("{}.ec2.internal.", corner.instances[other]);
        assert_eq!(said(&corner.ask(vpc, &own, RecordType::A)), "No Error 10.0.0.5");
        assert_eq!(said(&corner.ask(vpc, &own, RecordType::AAAA)), "No Error");
        assert_eq!(said(&corner.ask(vpc, &own, RecordType::MX)), "No Error");
        assert_eq!(said(&corner.ask(vpc, &others, RecordType::A)), "Non-Existent Domain");
        let name = "IP-10-0-0-5.ec2.INTERNAL.";
        assert_eq!(said(&corner.ask(vpc, name, RecordType::A)), "No Error 10.0.0.5");
        let back = corner.ask(vpc, "5.0.0.10.in-addr.arpa.", RecordType::PTR);
        assert_eq!(said(&back), "No Error ip-10-0-0-5.ec2.internal.");
        let questions = [question(&own, RecordType::A), question(name, RecordType::A)];
        let answers = corner.converse(vpc, &questions);
        assert_eq!(answers.iter().map(said).collect::<Vec<_>>(), ["No Error 10.0.0.5", "No Error 10.0.0.5"]);
    }
    let mut question = question("ip-10-0-0-5.ec2.internal.", RecordType::A);
    question.set_edns(Edns::new());
    for address in ["10.0.0.2:53", "169.254.169.253:53"] {
        assert_eq!(said(&corner.send(0, &question, address.parse().unwrap())), "No Error 10.0.0.5", "{address}");
    }
    let stream = corner.connection(0, "fd00:ec2::253".parse().unwrap(), "[fd00:ec2::253]:53".parse().unwrap());
    assert!(stream.is_ok(), "{stream:?}");
}

#[test]
fn what_is_no_question_is_answered_with_its_fault_or_not_at_all() {
    let corner = &mut Corner::new();
    let socket = corner.datagrams(0, CLIENT);
    let to = SocketAddr::from(([10, 0, 0, 2], 53));
    let mut buffer = [0; 512];
    let mut check = |message: &[u8], code: u8| {
        socket.send_to(message, to).unwrap();
        let len = socket.recv(&mut buffer).expect("an answer");
        assert_eq!((&buffer[..2], buffer[3] & 0x0f), (&message[..2], code), "{message:?} {:?}", &buffer[..len]);
    };
    let good = question("ip-10-0-0-5.ec2.internal.", RecordType::A).to_vec().unwrap();
    let changed = |at: usize, value: u8| {
        let mut message = good.clone();
        message[at] = value;
        message
    };
    check(&changed(5, 2), 1);
    check(&changed(5, 0), 1);
    check(&changed(12, 0xff), 1);
    check(&good[..14], 1);
    check(&changed(2, 0x10), 4);
    check(&changed(good.len() - 1, 3), 5);
    // Neither half a header nor an answer; only the question behind them is answered.
    for silent in [&good[..11], &changed(2, 0x81), b""] {
        socket.send_to(silent, to).unwrap();
    }
    check(&good, 0);
}

#[test]
fn other_names_are_for_the_nodes_own_servers() {
    let corner = &mut Corner::new();
    let name = "www.example.com.";
    // Nobody listens there yet: that is known at once, and said.
    assert_eq!(said(&corner.ask(0, name, RecordType::A)), "Server Failure");
    upstream("127.0.0.1", |question, _| match question.queries[0].name.to_ascii().as_str() {
        "none.example.com." => Some(answered(question, ResponseCode::NXDomain, Vec::new())),
        "broken.example.com." => Some(answered(question, ResponseCode::ServFail, Vec::new())),
        "silent.example.com." => None,
        _ => Some(answered(question, ResponseCode::NoError, vec![v4("192.0.2.1")])),
    });
    assert_eq!(said(&corner.ask(0, name, RecordType::A)), "No Error 192.0.2.1");
    assert_eq!(said(&corner.ask(1, name, RecordType::A)), "No Error 192.0.2.1");
    assert_eq!(said(&corner.converse(0, &[question(name, RecordType::A)])[0]), "No Error 192.0.2.1");
    assert_eq!(said(&corner.ask(0, "none.example.com.", RecordType::A)), "Non-Existent Domain");
    assert_eq!(said(&corner.ask(0, "broken.example.com.", RecordType::A)), "Server Failure");
    let began = Instant::now();
    assert_eq!(said(&corner.ask(0, "silent.example.com.", RecordType::A)), "Server Failure");
    assert!(began.elapsed() < Duration::from_millis(4900), "{:?}", began.elapsed());

    // The second answers what the first does not know how to, from the moment that the file names it.
    upstream("127.0.0.2", |question, _| Some(answered(question, ResponseCode::NoError, vec![v4("192.0.2.2")])));
    std::fs::write(&corner.resolver_file, "nameserver 127.0.0.1\nnameserver 127.0.0.2\n").unwrap();
    assert_eq!(said(&corner.ask(0, "broken.example.com.", RecordType::A)), "No Error 192.0.2.2");
    assert_eq!(said(&corner.ask(0, "silent.example.com.", RecordType::A)), "No Error 192.0.2.2");
    assert_eq!(said(&corner.ask(0, "none.example.com.", RecordType::A)), "Non-Existent Domain");
    assert_eq!(said(&corner.ask(0, name, RecordType::A)), "No Error 192.0.2.1");
    std::fs::remove_file(&corner.resolver_file).unwrap();
    assert_eq!(said(&corner.ask(0, name, RecordType::A)), "Server Failure");
}

#[test]
fn a_private_name_is_never_asked_outside() {
    let corner = &mut Corner::new();
    upstream("127.0.0.1", |question, _| Some(answered(question, ResponseCode::NoError, vec![v4("192.0.2.1")])));
    for name in ["ip-10-9-9-9.ec2.internal.", "db.ec2.internal.", "x.eu-west-1.compute.internal."] {
        assert_eq!(said(&corner.ask(0, name, RecordType::A)), "Non-Existent Domain", "{name}");
    }
    let name = "9.9.9.10.in-addr.arpa.";
    assert_eq!(said(&corner.ask(0, name, RecordType::PTR)), "Non-Existent Domain");
}

#[test]
fn what_does_not_fit_a_datagram_comes_on_a_connection() {
    let corner = &mut Corner::new();
    upstream("127.0.0.1", |question, connection| {
        let data = (1..=100).map(|it| RData::A(A(Ipv4Addr::new(192, 0, 2, it)))).collect();
        let mut answer = answered(question, ResponseCode::NoError, if connection { data } else { Vec::new() });
        answer.metadata.truncation = !connection;
        Some(answer)
    });
    let answer = corner.ask(0, "many.example.com.", RecordType::A);
    assert!(answer.metadata.truncation && answer.answers.is_empty());
    let answers = corner.converse(0, &[question("many.example.com.", RecordType::A)]);
    assert_eq!((answers[0].metadata.truncation, answers[0].answers.len()), (false, 100));
}

#[test]
fn a_server_that_says_more_than_was_asked_for_is_cut_short() {
    let corner = &mut Corner::new();
    upstream("127.0.0.1", |question, _| {
        let data = (1..=100).map(|it| RData::A(A(Ipv4Addr::new(192, 0, 2, it)))).collect();
        Some(answered(question, ResponseCode::NoError, data))
    });
    assert!(corner.ask(0, "many.example.com.", RecordType::A).metadata.truncation);
    let mut wide = question("many.example.com.", RecordType::A);
    wide.set_edns(Edns::new().set_max_payload(4096).clone());
    let answer = corner.send(0, &wide, ([10, 0, 0, 2], 53).into());
    assert_eq!((answer.metadata.truncation, answer.answers.len()), (false, 100));
}

#[test]
fn a_subnet_with_dns64_is_given_ipv6_addresses_for_names_that_have_none() {
    let corner = &mut Corner::new();
    upstream("127.0.0.1", |question, _| {
        let alias = RData::CNAME(CNAME(Name::from_ascii("real.example.com.").unwrap()));
        let six = RData::AAAA(AAAA("2001:db8::1".parse().unwrap()));
        let name = question.queries[0].name.to_ascii();
        let data = match (name.as_str(), question.queries[0].query_type) {
            ("both.example.com.", RecordType::AAAA) => vec![six],
            ("both.example.com." | "four.example.com.", RecordType::A) => vec![v4("192.0.2.33")],
            ("alias.example.com.", RecordType::A) => vec![alias, v4("192.0.2.1"), v4("192.0.2.2")],
            ("alias.example.com.", RecordType::AAAA) => vec![alias],
            ("none.example.com.", _) => return Some(answered(question, ResponseCode::NXDomain, Vec::new())),
            _ => Vec::new(),
        };
        Some(answered(question, ResponseCode::NoError, data))
    });
    let own = "ip-10-0-0-5.ec2.internal.";
    let ask = |corner: &Corner, name: &str| said(&corner.ask(0, name, RecordType::AAAA));
    assert_eq!(ask(corner, "four.example.com."), "No Error");
    assert_eq!(ask(corner, own), "No Error");

    let subnet = corner.world.state.subnets.iter().find(|it| it.vpc == corner.vpcs[0]).unwrap();
    let subnet = Subnet { dns64: true, ..subnet.as_ref().clone() };
    corner.world.commit(|tx| tx.put(subnet));
    corner.learn();
    assert_eq!(ask(corner, "four.example.com."), "No Error 64:ff9b::c000:221");
    assert_eq!(ask(corner, own), "No Error 64:ff9b::a00:5");
    assert_eq!(ask(corner, "both.example.com."), "No Error 2001:db8::1");
    assert_eq!(ask(corner, "neither.example.com."), "No Error");
    assert_eq!(ask(corner, "none.example.com."), "Non-Existent Domain");
    let both = "No Error real.example.com. 64:ff9b::c000:201 64:ff9b::c000:202";
    assert_eq!(ask(corner, "alias.example.com."), both);
    assert_eq!(said(&corner.ask(0, "four.example.com.", RecordType::A)), "No Error 192.0.2.33");
    assert_eq!(said(&corner.ask(1, "four.example.com.", RecordType::AAAA)), "No Error", "the other VPC's has none");
}

#[test]
fn an_interface_is_answered_so_often_in_a_second_and_others_still_are() {
    let corner = &mut Corner::new();
    let (greedy, modest) = (corner.datagrams(0, CLIENT), corner.datagrams(0, STRANGER));
    greedy.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let to = SocketAddr::from(([10, 0, 0, 2], 53));
    let bytes = question("ip-10-0-0-5.ec2.internal.", RecordType::A).to_vec().unwrap();
    let (mut sent, mut answered) = (0, 0);
    let began = Instant::now();
    // No more at a time than its socket holds.
    while sent < 4000 {
        for _ in 0..50 {
            greedy.send_to(&bytes, to).unwrap();
        }
        sent += 50;
        greedy.set_nonblocking(sent % 1000 != 0).unwrap();
        while greedy.recv(&mut [0; 512]).is_ok() {
            answered += 1;
        }
    }
    modest.send_to(&bytes, to).unwrap();
    assert!(modest.recv(&mut [0; 512]).is_ok(), "another source is answered");
    let seconds = began.elapsed().as_secs() + 1;
    assert!(answered > 100 && answered <= 1024 * seconds, "{answered} of {sent} in {seconds} s");
    assert!(answered < sent);
}

#[test]
fn metadata_is_told_to_the_instance_that_asks_with_a_token() {
    let corner = &mut Corner::new();
    for vpc in [0, 1] {
        let id = corner.instances[vpc].to_string();
        assert_eq!(corner.get(vpc, "/latest/meta-data/instance-id"), (200, id));
        assert_eq!(corner.get(vpc, "/latest/meta-data/local-ipv4"), (200, "10.0.0.5".to_owned()));
        assert_eq!(corner.get(vpc, "/latest/meta-data/nothing").0, 404);
    }
    let status = |corner: &Corner, lines: &str| corner.request(0, CLIENT, lines).0;
    let get = "GET /latest/meta-data/instance-id HTTP/1.1";
    assert_eq!(status(corner, get), 401);
    assert_eq!(status(corner, &format!("{get}\nX-aws-ec2-metadata-token: AAAA")), 401);
    let others = corner.token(1);
    assert_eq!(status(corner, &format!("{get}\nX-aws-ec2-metadata-token: {others}")), 401, "another's token");
    let own = corner.token(0);
    let with = |method: &str| format!("{method} /latest/meta-data/mac HTTP/1.1\nX-aws-ec2-metadata-token: {own}");
    assert_eq!(status(corner, &with("GET")), 200);
    assert_eq!(corner.request(0, CLIENT, &with("HEAD")).2, "");
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(status(corner, &with(method)), 405, "{method}");
    }
    assert_eq!(corner.request(0, STRANGER, &with("GET")).0, 403, "an address that nobody has");

    let put = "PUT /latest/api/token HTTP/1.1";
    let seconds = |it: &str| format!("{put}\nX-aws-ec2-metadata-token-ttl-seconds: {it}");
    for wrong in ["0", "21601", "-1", "x", ""] {
        assert_eq!(status(corner, &seconds(wrong)), 400, "{wrong}");
    }
    assert_eq!(status(corner, put), 400);
    assert_eq!(status(corner, &seconds("21600")), 200);
    assert_eq!(status(corner, &format!("{}\nX-Forwarded-For: 10.0.0.9", seconds("60"))), 403);
}

#[test]
fn metadata_options_say_how_it_is_asked_for() {
    let corner = &mut Corner::new();
    let get = "GET /latest/meta-data/instance-id HTTP/1.1";
    let status = |corner: &Corner, lines: &str| corner.request(0, CLIENT, lines).0;
    corner.options(0, "HttpTokens", "optional");
    assert_eq!(status(corner, get), 200);
    assert_eq!(status(corner, &format!("{get}\nX-aws-ec2-metadata-token: AAAA")), 401, "a wrong token is wrong");
    assert_eq!(corner.request(1, CLIENT, get).0, 401, "the other's options are its own");
    corner.options(0, "HttpEndpoint", "disabled");
    assert_eq!(status(corner, get), 403);
    assert_eq!(status(corner, "PUT /latest/api/token HTTP/1.1\nX-aws-ec2-metadata-token-ttl-seconds: 60"), 403);
    corner.options(0, "HttpEndpoint", "enabled");
    assert_eq!(status(corner, get), 200);
    assert_eq!(status(corner, "GET /latest/meta-data/tags HTTP/1.1"), 404);
    corner.options(0, "InstanceMetadataTags", "enabled");
    assert_eq!(status(corner, "GET /latest/meta-data/tags HTTP/1.1"), 200);
}

#[test]
fn servers_come_and_go_with_what_is_wanted() {
    let corner = &mut Corner::new();
    let want = corner.want();
    let served = |corner: &Corner, vpc: usize, address: [u8; 4], port: u16| {
        corner.connection(vpc, CLIENT.into(), (address, port).into()).is_ok()
    };
    let (names, metadata) = (([169, 254, 169, 253], 53), ([169, 254, 169, 254], 80));
    // An agent comes after another: it binds anew, also where connections of the first still end.
    assert!(served(corner, 0, names.0, names.1) && served(corner, 0, metadata.0, metadata.1));
    corner.hold(&NodeConfig::default());
    assert!(!served(corner, 0, names.0, names.1) && !served(corner, 0, metadata.0, metadata.1));
    corner.servers = Servers::new(corner.node, corner.resolver_file.clone());
    corner.hold(&want);
    assert_eq!(corner.get(0, "/latest/meta-data/instance-id").0, 200);

    // A VPC without DNS support has no name server, and its metadata all the same.
    let vpc = corner.vpcs[0].to_string();
    corner.world.ok("ModifyVpcAttribute", &[("VpcId", vpc.as_str()), ("EnableDnsSupport.Value", "false")]);
    let without = corner.want();
    corner.hold(&without);
    assert!(!served(corner, 0, names.0, names.1));
    assert!(served(corner, 0, metadata.0, metadata.1) && served(corner, 1, names.0, names.1));

    // A router that was lost and made anew is served once that was looked at.
    corner.lab.realise(&NodeConfig::default());
    corner.lab.realise(&without);
    assert!(!served(corner, 1, metadata.0, metadata.1));
    corner.servers.forget();
    corner.hold(&without);
    assert!(served(corner, 1, metadata.0, metadata.1) && served(corner, 1, names.0, names.1));

    corner.hold(&NodeConfig::default());
    assert!(!served(corner, 1, metadata.0, metadata.1));
}

#[test]
fn a_router_that_is_not_there_is_a_failure_of_its_own() {
    let corner = &mut Corner::new();
    corner.lab.realise(&NodeConfig::default());
    let mut servers = Servers::new(corner.node, corner.resolver_file.clone());
    let want = corner.want();
    let _context = corner.runtime.enter();
    let failures = servers.hold(&want.services, &Arc::new(corner.world.state.clone()));
    assert_eq!(failures.iter().map(|it| it.0).collect::<Vec<_>>(), want.services.keys().copied().collect::<Vec<_>>());
    corner.lab.realise(&want);
    assert!(servers.hold(&want.services, &Arc::new(corner.world.state.clone())).is_empty());
}

#[test]
fn a_source_has_so_many_connections_at_a_time() {
    let corner = &mut Corner::new();
    let open = |from: Ipv4Addr| {
        let mut stream = corner.connection(0, from.into(), ([169, 254, 169, 254], 80).into()).unwrap();
        // One that was turned away is closed at once, one that was let in waits for its request.
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let closed = stream.read(&mut [0; 1]).is_ok_and(|it| it == 0);
        (stream, closed)
    };
    let held: Vec<_> = (0..door::CONNECTIONS_PER_SOURCE_MAX).map(|_| open(CLIENT)).collect();
    assert!(held.iter().all(|it| !it.1));
    assert!(open(CLIENT).1, "one more is turned away");
    assert!(!open(STRANGER).1, "another source is let in");
    drop(held);
    lab::eventually("places are free again", || !open(CLIENT).1);
}
