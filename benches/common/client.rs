//! The cheapest client that is still a real one: HTTP/1.1 on a blocking socket, kept alive, every request signed.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use sha2::{Digest, Sha256};

use super::REGION;

const TIMEOUT: Duration = Duration::from_secs(30);
const KIND: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// An access key.
#[derive(Clone)]
pub struct Key {
    id: String,
    secret: String,
}

impl Key {
    /// Reads the first profile of a shared credentials file.
    pub fn read(path: &Path) -> Key {
        let text = std::fs::read_to_string(path).expect("the server has written its credentials");
        let value = |name: &str| {
            let found = text.lines().filter_map(|it| it.split_once('=')).find(|it| it.0.trim() == name);
            found.expect("the credentials are complete").1.trim().to_owned()
        };
        Key { id: value("aws_access_key_id"), secret: value("aws_secret_access_key") }
    }
}

/// One connection of one caller.
pub struct Caller {
    stream: TcpStream,
    host: String,
    key: Key,
    /// The second that the last request was signed in, spelled, and the key for its day.
    spelled: (u64, String),
    signing: (String, Vec<u8>),
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// What the API answered.
pub struct Answer<'a> {
    pub status: u16,
    /// False where the answer came before the nodes enforced the change.
    pub enforced: bool,
    pub body: &'a str,
}

impl Caller {
    pub fn connect(address: SocketAddr, key: Key) -> Caller {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket takes it");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a socket takes it");
        Caller {
            stream,
            host: address.to_string(),
            key,
            spelled: (0, String::new()),
            signing: (String::new(), Vec::new()),
            request: Vec::new(),
            answer: Vec::new(),
        }
    }

    /// Makes a call that must succeed, and be enforced if it changes anything.
    pub fn call(&mut self, action: &str, params: &[(&str, &str)]) -> String {
        let answer = self.send("ec2", action, params);
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        assert!(answer.enforced, "{action} was answered before it was enforced");
        answer.body.to_owned()
    }

    /// Makes a call that must succeed, and lets the answer be.
    pub fn drive(&mut self, action: &str, params: &[(&str, &str)]) {
        let answer = self.send("ec2", action, params);
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
    }

    /// Makes a call.
    pub fn send(&mut self, service: &str, action: &str, params: &[(&str, &str)]) -> Answer<'_> {
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(256));
        form.append_pair("Action", action).append_pair("Version", "2016-11-15").extend_pairs(params);
        let body = form.finish();
        self.sign(service, &body);
        self.stream.write_all(&self.request).expect("the server takes the request");
        self.read()
    }

    /// An unsigned GET on the same connection: what HTTP costs alone.
    pub fn get(&mut self, path: &str) -> Answer<'_> {
        self.request.clear();
        write!(self.request, "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host).expect("memory takes it");
        self.stream.write_all(&self.request).expect("the server takes the request");
        self.read()
    }

    fn sign(&mut self, service: &str, body: &str) {
        let now = SystemTime::now();
        let second = now.duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970").as_secs();
        if self.spelled.0 != second {
            let time = jiff::Timestamp::from_second(second as i64).expect("a time of today");
            self.spelled = (second, time.strftime("%Y%m%dT%H%M%SZ").to_string());
        }
        let time = &self.spelled.1;
        let scope = format!("{}/{REGION}/{service}/aws4_request", &time[..8]);
        if self.signing.0 != scope {
            let key = generate_signing_key(&self.key.secret, now, REGION, service);
            self.signing = (scope.clone(), key.as_ref().to_vec());
        }
        let canonical = format!(
            "POST\n/\n\ncontent-type:{KIND}\nhost:{}\nx-amz-date:{time}\n\ncontent-type;host;x-amz-date\n{}",
            self.host,
            hex(&Sha256::digest(body))
        );
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let signature = calculate_signature(&self.signing.1, text.as_bytes());
        self.request.clear();
        write!(
            self.request,
            "POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: {KIND}\r\nx-amz-date: {time}\r\ncontent-length: {}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=content-type;host;x-amz-date, \
             Signature={signature}\r\n\r\n{body}",
            self.host,
            body.len(),
            self.key.id,
        )
        .expect("memory takes it");
    }

    fn read(&mut self) -> Answer<'_> {
        self.answer.clear();
        let mut piece = [0; 16 << 10];
        let (head, length) = loop {
            let got = self.stream.read(&mut piece).expect("the server answers");
            assert_ne!(got, 0, "the server closed the connection");
            self.answer.extend_from_slice(&piece[..got]);
            if let Some(head) = self.answer.windows(4).position(|it| it == b"\r\n\r\n") {
                let length = header(&self.answer[..head], "content-length").expect("the answer says its length");
                break (head, length.parse::<usize>().expect("a length is a number"));
            }
        };
        let whole = head + 4 + length;
        while self.answer.len() < whole {
            let got = self.stream.read(&mut piece).expect("the server answers");
            assert_ne!(got, 0, "the server closed the connection");
            self.answer.extend_from_slice(&piece[..got]);
        }
        let (lines, body) = self.answer.split_at(head + 4);
        Answer {
            status: std::str::from_utf8(&lines[9..12]).ok().and_then(|it| it.parse().ok()).expect("HTTP has a status"),
            enforced: header(lines, "x-culvert-enforced") != Some("false"),
            body: std::str::from_utf8(body).expect("answers are UTF-8"),
        }
    }
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = std::str::from_utf8(head).ok()?.split("\r\n").skip(1);
    let mut pairs = lines.filter_map(|it| it.split_once(':'));
    pairs.find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1.trim())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|it| [DIGITS[usize::from(it >> 4)], DIGITS[usize::from(it & 15)]]).map(char::from).collect()
}

/// Authorizes rules of ingress in calls of five hundred.
pub fn fill(api: &mut Caller, group: &str, count: usize, rule: impl Fn(usize) -> Vec<(&'static str, String)>) {
    for first in (0..count).step_by(500) {
        let mut params = vec![("GroupId".to_owned(), group.to_owned())];
        for (number, at) in (1..).zip(first..count.min(first + 500)) {
            let named = |(name, value)| (format!("IpPermissions.{number}.{name}"), value);
            params.extend(rule(at).into_iter().map(named));
        }
        let params: Vec<_> = params.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        api.call("AuthorizeSecurityGroupIngress", &params);
    }
}

/// One GET on a connection of its own: status and body.
pub fn get(address: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let status = text.get(9..12).and_then(|it| it.parse().ok()).unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map(|it| it.1.to_owned()).unwrap_or_default();
    Ok((status, body))
}

/// The texts of all elements of this name, in order.
pub fn all<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let pieces = xml.split(open.as_str()).skip(1);
    pieces.filter_map(|it| it.split(close.as_str()).next()).collect()
}

/// The text of the first element of this name.
pub fn one(xml: &str, name: &str) -> String {
    let found = all(xml, name);
    found.first().unwrap_or_else(|| panic!("no {name} in {xml}")).to_string()
}
