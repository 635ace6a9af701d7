//! Questions that the node's own name servers answer.
//!
//! Messages go through as they are, but for their number: what they carry is between the two ends. Each question has a
//! socket of its own, in the node's namespace, so that who wants to forge an answer has a port to guess as well.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long one name server has for its answer. Whoever asks us gives up after five seconds, mostly.
const PATIENCE: Duration = Duration::from_millis(1500);
/// As many as the C library looks at.
const SERVERS_MAX: usize = 3;
/// Questions of all VPCs on this node that wait for an answer at a time.
const WAITING_MAX: usize = 2048;
const PORT: u16 = 53;

const HEADER_BYTES: usize = 12;
const NO_SUCH_NAME: u8 = 3;

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    Datagrams,
    Connection,
}

/// What tells one version of a file from another.
type Version = (SystemTime, u64, u64);

/// Asks the node's own name servers.
pub struct Forwarder {
    resolver_file: PathBuf,
    /// The servers that the file named when it was read last.
    known: Mutex<Option<(Version, Arc<[SocketAddr]>)>>,
    waiting: Semaphore,
}

impl Forwarder {
    pub fn new(resolver_file: PathBuf) -> Forwarder {
        Forwarder { resolver_file, known: Mutex::default(), waiting: Semaphore::new(WAITING_MAX) }
    }

    /// The answer to a message with one question, if there is one in time; its number is not that of the question.
    pub async fn ask(&self, question: &[u8], carrier: Carrier) -> Option<Vec<u8>> {
        let _waiting = self.waiting.try_acquire().ok()?;
        let servers = self.servers();
        // The only one has a second chance.
        let tries = servers.iter().chain(servers.first().filter(|_| servers.len() == 1));
        let mut last = None;
        for server in tries {
            let Ok(Ok(answer)) = timeout(PATIENCE, exchange(question, *server, carrier)).await else { continue };
            if matches!(answer[3] & 0x0f, 0 | NO_SUCH_NAME) {
                return Some(answer);
            }
            last = Some(answer);
        }
        last
    }

    /// The name servers of the node as they are now.
    fn servers(&self) -> Arc<[SocketAddr]> {
        let version = fs::metadata(&self.resolver_file).and_then(|it| Ok((it.modified()?, it.len(), it.ino())));
        let Ok(version) = version else { return Arc::default() };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((read, servers)) if *read == version => servers.clone(),
            _ => {
                let servers = servers(&fs::read_to_string(&self.resolver_file).unwrap_or_default());
                *known = Some((version, servers.clone()));
                servers
            }
        }
    }
}

/// The name servers in a resolver file; see `resolv.conf(5)`.
fn servers(text: &str) -> Arc<[SocketAddr]> {
    let addresses = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()?.parse::<IpAddr>().ok())?
    });
    addresses.take(SERVERS_MAX).map(|it| SocketAddr::new(it, PORT)).collect()
}

/// Asks one server once.
async fn exchange(question: &[u8], server: SocketAddr, carrier: Carrier) -> io::Result<Vec<u8>> {
    let mut question = question.to_vec();
    question[..2].copy_from_slice(&rand::random::<[u8; 2]>());
    match carrier {
        Carrier::Datagrams => {
            let any = if server.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
            let socket = UdpSocket::bind((any, 0)).await?;
            socket.connect(server).await?;
            socket.send(&question).await?;
            let mut buffer = vec![0; usize::from(u16::MAX)];
            loop {
                let len = socket.recv(&mut buffer).await?;
                if answers(&question, &buffer[..len]) {
                    buffer.truncate(len);
                    return Ok(buffer);
                }
            }
        }
        Carrier::Connection => {
            let mut stream = TcpStream::connect(server).await?;
            write(&mut stream, &question).await?;
            let answer = read(&mut stream).await?;
            if answers(&question, &answer) { Ok(answer) } else { Err(io::ErrorKind::InvalidData.into()) }
        }
    }
}

/// Whether the message answers the question and no other.
fn answers(question: &[u8], message: &[u8]) -> bool {
    message.len() >= HEADER_BYTES
        && message[..2] == question[..2]
        && message[2] & 0x80 != 0
        && asked(message).zip(asked(question)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// The first question of a message, as it is spelled.
fn asked(message: &[u8]) -> Option<&[u8]> {
    let mut at = HEADER_BYTES;
    loop {
        match message.get(at)? {
            0 => break,
            // Nothing comes before it that it could point to.
            len if *len >= 0x40 => return None,
            len => at += 1 + usize::from(*len),
        }
    }
    message.get(HEADER_BYTES..at + 5)
}

/// Reads one message from a connection.
pub async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut message = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

/// Writes one message to a connection, in one piece: some who read take what comes first for all of it.
pub async fn write(stream: &mut (impl tokio::io::AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let len = u16::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&len.to_be_bytes(), message].concat()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_file_names_three_servers_at_most() {
        let check = |text: &str, expect: &[&str]| {
            let expect: Vec<SocketAddr> = expect.iter().map(|it| it.parse().unwrap()).collect();
            assert_eq!(servers(text)[..], expect[..], "{text}");
        };
        check("", &[]);
        check("# nameserver 9.9.9.9\nsearch example.com\noptions edns0\n", &[]);
        check("nameserver 127.0.0.53\n  nameserver\t::1 # here\n", &["127.0.0.53:53", "[::1]:53"]);
        check("nameserver nonsense\nnameserver 1.1.1.1\nnameserver", &["1.1.1.1:53"]);
        let four = "nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4\n";
        check(four, &["1.1.1.1:53", "1.1.1.2:53", "1.1.1.3:53"]);
    }

    #[test]
    fn an_answer_repeats_the_number_and_the_question() {
        let question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x02of\x00\x00\x01\x00\x01";
        let mut answer = question.to_vec();
        assert!(!answers(question, &answer), "a question is no answer");
        answer[2] |= 0x80;
        assert!(answers(question, &answer));
        answer[13] = b'W';
        assert!(answers(question, &answer), "case does not matter");
        let changed = |at: usize| {
            let mut answer = answer.clone();
            answer[at] ^= 1;
            answer
        };
        for at in [0, 1, 12, 14, 18, 21, 23] {
            assert!(!answers(question, &changed(at)), "{at}");
        }
        for len in 0..answer.len() {
            assert!(!answers(question, &answer[..len]), "{len}");
        }
    }
}
