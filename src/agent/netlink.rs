//! A conversation with the kernel over one netlink socket: requests out, acknowledgements and dumps in.
//!
//! Blocking. A socket speaks for the network namespace of the thread that opened it, for ever; so a conversation may
//! be carried out of the namespace that it is about. The kernel carries a request out within the `send` that brings
//! it, so several requests go out in one `send`, and all refusals are there when it returns.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use netlink_packet_core::{NetlinkSerializable, ParseableParametrized};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr};

use super::attribute;

pub const ROUTE: isize = libc::NETLINK_ROUTE as isize;
pub const NETFILTER: isize = libc::NETLINK_NETFILTER as isize;

const REQUEST: u16 = libc::NLM_F_REQUEST as u16;
const ACK: u16 = libc::NLM_F_ACK as u16;
/// Adds an object, which must not exist.
pub const CREATE: u16 = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
/// Adds an object or takes the place of the one with its key.
pub const REPLACE: u16 = (libc::NLM_F_CREATE | libc::NLM_F_REPLACE) as u16;
const DUMP: u16 = libc::NLM_F_DUMP as u16;
const DUMP_INTERRUPTED: u16 = libc::NLM_F_DUMP_INTR as u16;

const HEADER: usize = 16;
const ERROR: u16 = libc::NLMSG_ERROR as u16;
const DONE: u16 = libc::NLMSG_DONE as u16;
const CAPPED: u16 = 0x100;
const ERROR_TEXT: u16 = 1;

/// Requests whose acknowledgements surely fit the receive buffer together.
const REQUESTS_PER_SEND_MAX: usize = 256;
const RECEIVE_BUFFER_BYTES: i32 = 8 << 20;
const DUMP_TRIES_MAX: u32 = 10;
/// Above every datagram of the kernel's.
const BUFFER_BYTES: usize = 256 << 10;

thread_local! {
    /// Where a thread receives what the kernel says: conversations are many, and take turns.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends the thread's buffer; who asks again meanwhile gets another.
fn with_buffer<T>(receive: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = BUFFER.take();
    buffer.resize(BUFFER_BYTES, 0);
    let received = receive(&mut buffer);
    BUFFER.set(buffer);
    received
}

/// Why the kernel did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {call} a netlink socket")]
    Socket {
        call: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("the kernel refused to {request} {object}{text}")]
    Refused {
        request: &'static str,
        object: String,
        /// The kernel's own words, in parentheses, where it gave any.
        text: String,
        #[source]
        source: io::Error,
    },
    #[error("the kernel did not answer the request to {request} {object}")]
    Unanswered { request: &'static str, object: String },
    #[error("the kernel's list of {what} kept changing while it was read")]
    Unsteady { what: &'static str },
    #[error("what the kernel says of {what} cannot be read")]
    Unreadable { what: &'static str },
}

impl Error {
    /// The kernel's error number, where it gave one.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Error::Refused { source, .. } | Error::Socket { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }

    /// What the refused request was about.
    pub fn object(&self) -> &str {
        match self {
            Error::Refused { object, .. } | Error::Unanswered { object, .. } => object,
            Error::Unsteady { what } | Error::Unreadable { what } => what,
            Error::Socket { .. } => "netlink socket",
        }
    }
}

/// One change that the kernel is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The verb, for messages about it: `add route`.
    pub what: &'static str,
    pub object: String,
    pub kind: u16,
    pub flags: u16,
    pub body: Vec<u8>,
    /// Refusals that mean that there was nothing to do.
    pub harmless: &'static [i32],
}

impl Request {
    pub fn route(what: &'static str, object: String, flags: u16, message: RouteNetlinkMessage) -> Request {
        let mut body = vec![0; message.buffer_len()];
        message.serialize(&mut body);
        Request { what, object, kind: message.message_type(), flags, body, harmless: &[] }
    }

    /// Takes these refusals for success: what should go has gone already.
    pub fn unless(mut self, harmless: &'static [i32]) -> Request {
        self.harmless = harmless;
        self
    }
}

/// What the kernel said about one message of a send: its sequence number and how it fared.
pub struct Answer {
    pub sequence: u32,
    pub errno: i32,
    pub text: String,
}

/// One netlink socket with its sequence numbers.
pub struct Conversation {
    socket: Socket,
    /// The address of the socket, by which the kernel tells who changes something.
    pub port: u32,
    sequence: u32,
    send_buffer_bytes: usize,
}

impl Conversation {
    /// Opens a conversation with the network namespace of the calling thread.
    pub fn open(protocol: isize) -> Result<Conversation, Error> {
        let open = || {
            let mut socket = Socket::new(protocol)?;
            let port = socket.bind_auto()?.port_number();
            socket.connect(&SocketAddr::new(0, 0))?;
            socket.set_cap_ack(true)?;
            socket.set_ext_ack(true)?;
            set_buffer(&socket, libc::SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)?;
            Ok((socket, port))
        };
        let (socket, port) = open().map_err(|source| Error::Socket { call: "open", source })?;
        Ok(Conversation { socket, port, sequence: 0, send_buffer_bytes: 200 << 10 })
    }

    /// Opens one that only listens, to these groups.
    pub fn listen(protocol: isize, groups: &[u32]) -> Result<Conversation, Error> {
        let conversation = Conversation::open(protocol)?;
        for group in groups {
            let joined = conversation.socket.add_membership(*group);
            joined.map_err(|source| Error::Socket { call: "listen to", source })?;
        }
        Ok(conversation)
    }

    /// Takes every message that was heard: its type, the socket address of whom it is an echo of, and its body.
    pub fn hear(&mut self, mut take: impl FnMut(u16, u32, &[u8])) -> Result<(), Error> {
        self.receive(|message| take(message.kind, message.port, message.body))
    }

    /// Asks for changes and returns the refusals. One refusal does not stop the requests after it.
    pub fn ask(&mut self, requests: &[Request]) -> Vec<Error> {
        let mut failures = Vec::new();
        for chunk in requests.chunks(REQUESTS_PER_SEND_MAX) {
            let first = self.sequence + 1;
            let mut bytes = Vec::with_capacity(chunk.iter().map(|it| it.body.len() + HEADER + 4).sum());
            for (at, request) in chunk.iter().enumerate() {
                // The kernel tells of refusals in any case, so one acknowledgement stands for all.
                let ack = if at + 1 == chunk.len() { ACK } else { 0 };
                self.push(&mut bytes, request.kind, request.flags | ack, &request.body);
            }
            let answers = match self.exchange(&bytes) {
                Ok(answers) => answers,
                Err(error) => {
                    failures.push(error);
                    return failures;
                }
            };
            for (at, (request, sequence)) in chunk.iter().zip(first..).enumerate() {
                let answer = answers.iter().find(|it| it.sequence == sequence);
                if answer.is_some() || at + 1 == chunk.len() {
                    failures.extend(judge(request, answer));
                }
            }
        }
        failures
    }

    /// Appends one message to what the next `exchange` sends and returns its sequence number.
    pub fn push(&mut self, bytes: &mut Vec<u8>, kind: u16, flags: u16, body: &[u8]) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        let length = (HEADER + body.len()) as u32;
        bytes.extend_from_slice(&length.to_ne_bytes());
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&(flags | REQUEST).to_ne_bytes());
        bytes.extend_from_slice(&self.sequence.to_ne_bytes());
        bytes.extend_from_slice(&0u32.to_ne_bytes());
        bytes.extend_from_slice(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        self.sequence
    }

    /// Sends all messages at once and returns every answer.
    pub fn exchange(&mut self, bytes: &[u8]) -> Result<Vec<Answer>, Error> {
        self.send(bytes)?;
        let mut answers = Vec::new();
        self.receive(|message| answers.extend(answer(&message)))?;
        Ok(answers)
    }

    /// Sends all messages at once, hands over what the kernel echoes of them, and returns every answer.
    pub fn exchange_echoed(&mut self, bytes: &[u8], mut echoed: impl FnMut(u16, &[u8])) -> Result<Vec<Answer>, Error> {
        self.send(bytes)?;
        let mut answers = Vec::new();
        self.receive(|message| match answer(&message) {
            Some(it) => answers.push(it),
            None => echoed(message.kind, message.body),
        })?;
        Ok(answers)
    }

    /// Takes every message that is there.
    fn receive(&mut self, mut take: impl FnMut(Message)) -> Result<(), Error> {
        with_buffer(|buffer| {
            loop {
                match self.socket.recv(&mut &mut buffer[..], libc::MSG_DONTWAIT) {
                    Ok(length) => messages(&buffer[..length]).for_each(&mut take),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(source) => return Err(Error::Socket { call: "receive from", source }),
                }
            }
        })
    }

    /// Asks about objects and returns what `read` makes of the kernel's answers, one a request.
    pub fn fetch<T>(
        &mut self,
        requests: &[Request],
        mut read: impl FnMut(u16, &[u8]) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let first = self.sequence.wrapping_add(1);
        let mut bytes = Vec::new();
        for request in requests {
            self.push(&mut bytes, request.kind, request.flags, &request.body);
        }
        let mut found: Vec<Option<T>> = requests.iter().map(|_| None).collect();
        let mut failure = None;
        self.send(&bytes)?;
        self.receive(|message| {
            let at = message.sequence.wrapping_sub(first) as usize;
            let Some((request, found)) = requests.get(at).zip(found.get_mut(at)) else { return };
            if let Some(answer) = answer(&message) {
                failure = failure.take().or(judge(request, Some(&answer)));
                return;
            }
            *found = read(message.kind, message.body);
            if found.is_none() {
                failure = failure.take().or(Some(Error::Unreadable { what: request.what }));
            }
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let answered = requests.iter().zip(found).map(|(request, it)| it.ok_or_else(|| unanswered(request)));
        answered.collect()
    }

    /// Lists objects: the body of each message that `read` understands. Asks again when the list changed meanwhile.
    pub fn dump<T>(
        &mut self,
        what: &'static str,
        kind: u16,
        body: &[u8],
        mut read: impl FnMut(u16, &[u8]) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        for _ in 0..DUMP_TRIES_MAX {
            let mut bytes = Vec::new();
            let sequence = self.push(&mut bytes, kind, DUMP, body);
            self.send(&bytes)?;
            if let Some(found) = with_buffer(|buffer| self.dumped(buffer, what, sequence, &mut read))? {
                return Ok(found);
            }
        }
        Err(Error::Unsteady { what })
    }

    /// Lists objects of the route family with typed messages.
    pub fn dump_route<T>(
        &mut self,
        what: &'static str,
        request: RouteNetlinkMessage,
        mut read: impl FnMut(RouteNetlinkMessage) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let mut body = vec![0; request.buffer_len()];
        request.serialize(&mut body);
        let mut unreadable = false;
        let found = self.dump(what, request.message_type(), &body, |kind, body| {
            let message = RouteNetlinkMessage::parse_with_param(body, kind);
            unreadable |= message.is_err();
            read(message.ok()?)
        })?;
        if unreadable { Err(Error::Unreadable { what }) } else { Ok(found) }
    }

    /// Receives one dump; nothing when it must be asked for again.
    fn dumped<T>(
        &mut self,
        buffer: &mut [u8],
        what: &'static str,
        sequence: u32,
        read: &mut impl FnMut(u16, &[u8]) -> Option<T>,
    ) -> Result<Option<Vec<T>>, Error> {
        let mut found = Vec::new();
        let mut steady = true;
        loop {
            let length = match self.socket.recv(&mut &mut buffer[..], 0) {
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(Error::Socket { call: "receive from", source }),
            };
            for message in messages(&buffer[..length]).filter(|it| it.sequence == sequence) {
                steady &= message.flags & DUMP_INTERRUPTED == 0;
                if message.kind != ERROR && message.kind != DONE {
                    found.extend(read(message.kind, message.body));
                    continue;
                }
                let errno = message.body.first_chunk().map_or(0, |code| -i32::from_ne_bytes(*code));
                return match errno {
                    0 => Ok(steady.then_some(found)),
                    libc::EINTR | libc::EAGAIN => Ok(None),
                    _ => Err(Error::Refused {
                        request: "list",
                        object: what.to_string(),
                        text: String::new(),
                        source: io::Error::from_raw_os_error(errno),
                    }),
                };
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let send = |it: &mut Conversation| {
            if bytes.len() + 1024 > it.send_buffer_bytes {
                set_buffer(
                    &it.socket,
                    libc::SO_SNDBUFFORCE,
                    i32::try_from(bytes.len() + 4096).unwrap_or(i32::MAX / 2),
                )?;
                it.send_buffer_bytes = bytes.len() + 4096;
            }
            it.socket.send(bytes, 0)
        };
        send(self).map(drop).map_err(|source| Error::Socket { call: "send to", source })
    }
}

impl AsFd for Conversation {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What an answer, or the lack of one, means for a request.
pub fn judge(request: &Request, answer: Option<&Answer>) -> Option<Error> {
    let object = || request.object.clone();
    match answer {
        None => Some(unanswered(request)),
        Some(it) if it.errno == 0 || request.harmless.contains(&it.errno) => None,
        Some(it) => Some(Error::Refused {
            request: request.what,
            object: object(),
            text: it.text.clone(),
            source: io::Error::from_raw_os_error(it.errno),
        }),
    }
}

fn unanswered(request: &Request) -> Error {
    Error::Unanswered { request: request.what, object: request.object.clone() }
}

struct Message<'a> {
    kind: u16,
    flags: u16,
    sequence: u32,
    port: u32,
    body: &'a [u8],
}

/// Walks the messages of one datagram.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let header: &[u8; HEADER] = bytes.first_chunk()?;
        let length = u32::from_ne_bytes(*header.first_chunk()?) as usize;
        let message = Message {
            kind: u16::from_ne_bytes([header[4], header[5]]),
            flags: u16::from_ne_bytes([header[6], header[7]]),
            sequence: u32::from_ne_bytes([header[8], header[9], header[10], header[11]]),
            port: u32::from_ne_bytes([header[12], header[13], header[14], header[15]]),
            body: bytes.get(HEADER..length)?,
        };
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    })
}

/// Reads an acknowledgement: the error number, the header of what it answers, then what the kernel says about it.
fn answer(message: &Message) -> Option<Answer> {
    if message.kind != ERROR {
        return None;
    }
    let errno = -i32::from_ne_bytes(*message.body.first_chunk()?);
    let echoed = if message.flags & CAPPED != 0 || errno == 0 {
        HEADER
    } else {
        u32::from_ne_bytes(message.body.get(4..8)?.try_into().ok()?) as usize
    };
    let notes = message.body.get(4 + echoed.next_multiple_of(4)..).unwrap_or_default();
    let text = attribute::find_text(notes, ERROR_TEXT).map(|text| format!(" ({text})")).unwrap_or_default();
    Some(Answer { sequence: message.sequence, errno, text })
}

fn set_buffer(socket: &Socket, option: libc::c_int, bytes: i32) -> io::Result<()> {
    // SAFETY: the pointer is to an int that outlives the call, and its size is given.
    let result = unsafe {
        let value = std::ptr::from_ref(&bytes).cast();
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, value, size_of::<i32>() as u32)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
