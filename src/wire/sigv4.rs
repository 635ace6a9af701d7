//! AWS Signature Version 4: who signed a request, and whether it is as it was signed.
//!
//! Pure: the time is an argument, keys and sessions are looked up by the caller between [`Claim::parse`] and
//! [`Claim::verify`]. A claim is only a claim until it is verified. What the caller may do is not known here.

mod canonical;
#[cfg(test)]
mod tests;

use super::query::unescape_bytes;
use super::timestamp::Timestamp;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use http::request::Parts;
use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, SystemTime};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const SKEW_S_MAX: i64 = 5 * 60;
const EXPIRES_S_MAX: i64 = 7 * 24 * 60 * 60;

/// What a request says about its signer, not yet verified.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// The key that the request says it is signed with.
    pub(crate) access_key_id: String,
    /// The day for which the key was derived, as in `20261122`.
    pub(crate) date: String,
    /// The region that the request is meant for.
    pub(crate) region: String,
    /// The service that the request is meant for.
    pub(crate) service: String,
    /// The token of a temporary session; it is signed.
    pub(crate) session_token: Option<String>,
    /// When the request says it was signed.
    pub(crate) signed_at: Timestamp,
    lifetime_s: Option<i64>,
    head: Vec<u8>,
    payload: Payload,
    signature: String,
}

/// What the request says about its body.
#[derive(Debug, Clone)]
enum Payload {
    Unstated,
    Unsigned,
    Hash(String),
}

/// A key derived for one day, region and service; it may be kept and used again.
#[derive(Clone)]
pub(crate) struct SigningKey(Zeroizing<Vec<u8>>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Derives the key that signs on this day, in this region, for this service.
pub(crate) fn signing_key(secret: &str, day: Timestamp, region: &str, service: &str) -> SigningKey {
    let seconds = u64::try_from(day.seconds()).unwrap_or(0);
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    SigningKey(Zeroizing::new(generate_signing_key(secret, time, region, service).as_ref().to_vec()))
}

impl Claim {
    /// Reads the signature of a request, in its header or in its query string.
    pub(crate) fn parse(parts: &Parts) -> Result<Claim, Refusal> {
        let query = parts.uri.query().unwrap_or("");
        let presigned = Presigned::find(query)?;
        match (single(&parts.headers, &AUTHORIZATION)?, presigned) {
            (Some(_), Some(_)) => Err(Refusal::Incomplete("The request is signed in two ways.")),
            (Some(header), None) => Claim::of_header(parts, query, header),
            (None, Some(presigned)) => Claim::of_query(parts, query, presigned),
            (None, None) => Err(Refusal::Unsigned),
        }
    }

    fn of_header(parts: &Parts, query: &str, header: &str) -> Result<Claim, Refusal> {
        let fields = header.strip_prefix(ALGORITHM).filter(|it| it.starts_with(' '));
        let fields = fields.ok_or(Refusal::Incomplete("The Authorization header requires AWS4-HMAC-SHA256."))?;
        let [mut credential, mut signed, mut signature] = [None; 3];
        for field in fields.split(',').map(str::trim) {
            let slot = match field.split_once('=') {
                Some(("Credential", value)) => credential.replace(value),
                Some(("SignedHeaders", value)) => signed.replace(value),
                Some(("Signature", value)) => signature.replace(value),
                _ => Some(field),
            };
            if slot.is_some() {
                return Err(Refusal::Incomplete("The Authorization header has a field that is unknown or repeated."));
            }
        }
        let (Some(credential), Some(signed), Some(signature)) = (credential, signed, signature) else {
            return Err(Refusal::Incomplete("Authorization requires Credential, SignedHeaders and Signature."));
        };
        let headers = with_host(parts);
        let (signed, date_header) = match headers.contains_key("x-amz-date") {
            true => (SignedHeaders::parse(signed, &headers, &["host", "x-amz-date"])?, "x-amz-date"),
            false => (SignedHeaders::parse(signed, &headers, &["host", "date"])?, "date"),
        };
        let moment = single(&headers, &HeaderName::from_static(date_header))?.and_then(moment);
        let token = single(&headers, &HeaderName::from_static("x-amz-security-token"))?;
        let hash = single(&headers, &HeaderName::from_static("x-amz-content-sha256"))?;
        let payload = Payload::parse(hash)?;
        if matches!(payload, Payload::Unsigned) {
            return Err(Refusal::UnsupportedPayload);
        }
        Claim {
            session_token: token.map(str::to_owned),
            payload,
            ..Claim::new(parts, query, &headers, credential, &signed, signature, moment)?
        }
        .with_own_date()
    }

    fn of_query(parts: &Parts, query: &str, presigned: Presigned) -> Result<Claim, Refusal> {
        let headers = with_host(parts);
        let signed = SignedHeaders::parse(&presigned.signed_headers, &headers, &["host"])?;
        let lifetime_s = presigned.expires.parse().ok().filter(|it| (1..=EXPIRES_S_MAX).contains(it));
        let lifetime_s = lifetime_s.ok_or(Refusal::Incomplete("X-Amz-Expires must be a number from 1 to 604800."))?;
        let moment = canonical::parse_basic(&presigned.date);
        let (credential, signature) = (&presigned.credential, &presigned.signature);
        let header_hash = single(&headers, &HeaderName::from_static("x-amz-content-sha256"))?;
        Claim {
            session_token: presigned.security_token,
            payload: Payload::parse(presigned.content_sha256.as_deref().or(header_hash))?,
            lifetime_s: Some(lifetime_s),
            ..Claim::new(parts, query, &headers, credential, &signed, signature, moment)?
        }
        .with_own_date()
    }

    fn new(
        parts: &Parts,
        query: &str,
        headers: &HeaderMap,
        credential: &str,
        signed: &SignedHeaders<'_>,
        signature: &str,
        moment: Option<Timestamp>,
    ) -> Result<Claim, Refusal> {
        let credential: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, "aws4_request"] = credential[..] else {
            return Err(Refusal::Incomplete("Credential must be key/date/region/service/aws4_request."));
        };
        if [access_key_id, date, region, service].iter().any(|it| it.is_empty() || it.len() > 128) {
            return Err(Refusal::Incomplete("Credential must be key/date/region/service/aws4_request."));
        }
        if signature.len() != 64 || !is_lower_hex(signature) {
            return Err(Refusal::Incomplete("Signature must be 64 hexadecimal digits."));
        }
        let head = canonical::head(parts.method.as_str(), parts.uri.path(), query, headers, &signed.0);
        Ok(Claim {
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            session_token: None,
            signed_at: moment.ok_or(Refusal::Incomplete("The date of the request is missing or malformed."))?,
            lifetime_s: None,
            head: head.ok_or(Refusal::Incomplete("The query string or a signed header is malformed."))?,
            payload: Payload::Unstated,
            signature: signature.to_owned(),
        })
    }

    /// The claim, if the day of its key is the day on which it was signed.
    fn with_own_date(self) -> Result<Claim, Refusal> {
        match canonical::basic(self.signed_at).strip_prefix(self.date.as_str()) {
            Some(time) if time.starts_with('T') => Ok(self),
            _ => Err(Refusal::WrongScope("Date in Credential scope does not match the date of the request.")),
        }
    }

    /// Refuses a request for a service or a region that is not served here.
    pub(crate) fn expect_scope(&self, services: &[&str], regions: &[&str]) -> Result<(), Refusal> {
        if !services.contains(&self.service.as_str()) {
            return Err(Refusal::WrongScope("Credential should be scoped to correct service."));
        }
        if !regions.contains(&self.region.as_str()) {
            return Err(Refusal::WrongScope("Credential should be scoped to a valid region."));
        }
        Ok(())
    }

    /// Derives the key for this request's scope.
    pub(crate) fn signing_key(&self, secret: &str) -> SigningKey {
        signing_key(secret, self.signed_at, &self.region, &self.service)
    }

    /// Refuses a request that is out of date, that was altered, or that was signed with another key.
    pub(crate) fn verify(&self, key: &SigningKey, now: Timestamp, body: &[u8]) -> Result<(), Refusal> {
        let age_s = now.seconds() - self.signed_at.seconds();
        if age_s > self.lifetime_s.unwrap_or(SKEW_S_MAX) {
            return Err(Refusal::Expired { signed_at: self.signed_at, now });
        }
        if age_s < -SKEW_S_MAX {
            return Err(Refusal::NotYetCurrent { signed_at: self.signed_at, now });
        }
        let hash = match &self.payload {
            Payload::Unstated => canonical::payload_hash(body),
            Payload::Hash(stated) if *stated == canonical::payload_hash(body) => stated.clone(),
            Payload::Hash(_) => return Err(Refusal::WrongSignature),
            // What is in an unsigned body could come from anyone on the way.
            Payload::Unsigned if body.is_empty() => UNSIGNED.to_owned(),
            Payload::Unsigned => return Err(Refusal::UnsupportedPayload),
        };
        let scope = scope(&self.date, &self.region, &self.service);
        let text = canonical::string_to_sign(self.signed_at, &scope, &self.head, &hash);
        let expect = calculate_signature(key.0.as_slice(), text.as_bytes());
        match bool::from(expect.as_bytes().ct_eq(self.signature.as_bytes())) {
            true => Ok(()),
            false => Err(Refusal::WrongSignature),
        }
    }
}

impl Payload {
    fn parse(stated: Option<&str>) -> Result<Payload, Refusal> {
        match stated {
            None => Ok(Payload::Unstated),
            Some(UNSIGNED) => Ok(Payload::Unsigned),
            Some(hash) if hash.len() == 64 && is_lower_hex(hash) => Ok(Payload::Hash(hash.to_owned())),
            Some(_) => Err(Refusal::UnsupportedPayload),
        }
    }
}

/// The names of the headers that are signed, in the client's order.
struct SignedHeaders<'a>(Vec<&'a str>);

impl<'a> SignedHeaders<'a> {
    /// Reads the list; refuses it if one of `required` or one of AWS's own headers that are present is not in it.
    fn parse(list: &'a str, headers: &HeaderMap, required: &[&str]) -> Result<SignedHeaders<'a>, Refusal> {
        let names: Vec<&str> = list.split(';').collect();
        let set: BTreeSet<&str> = names.iter().copied().collect();
        if set.len() != names.len() || names.iter().any(|it| it.bytes().any(|it| it.is_ascii_uppercase())) {
            return Err(Refusal::Incomplete("SignedHeaders must be distinct names in lower case."));
        }
        if names.iter().any(|it| !headers.contains_key(*it)) {
            return Err(Refusal::Incomplete("A header of SignedHeaders is not in the request."));
        }
        let own = headers.keys().map(HeaderName::as_str).filter(|it| it.starts_with("x-amz-"));
        if required.iter().copied().chain(own).any(|it| !set.contains(it)) {
            return Err(Refusal::Incomplete("Host, the date and every X-Amz header must be in SignedHeaders."));
        }
        if headers.get_all(HOST).iter().count() != 1 {
            return Err(Refusal::Incomplete("The request must have one Host header."));
        }
        Ok(SignedHeaders(names))
    }
}

/// What a presigned request carries in its query string.
#[derive(Default)]
struct Presigned {
    credential: String,
    date: String,
    expires: String,
    signed_headers: String,
    signature: String,
    security_token: Option<String>,
    content_sha256: Option<String>,
}

impl Presigned {
    /// What the query string holds of a signature; nothing if it holds none.
    fn find(query: &str) -> Result<Option<Presigned>, Refusal> {
        let malformed = Refusal::Incomplete("The query string is malformed.");
        let [mut algorithm, mut credential, mut date, mut expires, mut signed, mut signature, mut token, mut hash] =
            [const { None::<String> }; 8];
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = unescape_bytes(name.as_bytes(), b' ').ok_or_else(|| malformed.clone())?;
            let slot = match name.as_slice() {
                b"X-Amz-Algorithm" => &mut algorithm,
                b"X-Amz-Credential" => &mut credential,
                b"X-Amz-Date" => &mut date,
                b"X-Amz-Expires" => &mut expires,
                b"X-Amz-SignedHeaders" => &mut signed,
                b"X-Amz-Signature" => &mut signature,
                b"X-Amz-Security-Token" => &mut token,
                b"X-Amz-Content-Sha256" => &mut hash,
                _ => continue,
            };
            let value = unescape_bytes(value.as_bytes(), b' ').and_then(|it| String::from_utf8(it).ok());
            if slot.replace(value.ok_or_else(|| malformed.clone())?).is_some() {
                return Err(Refusal::Incomplete("A parameter of the signature is given more than once."));
            }
        }
        if algorithm.is_none() && signature.is_none() {
            return Ok(None);
        }
        if algorithm.as_deref() != Some(ALGORITHM) {
            return Err(Refusal::Incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256."));
        }
        let missing = Refusal::Incomplete(
            "X-Amz-Credential, X-Amz-Date, X-Amz-Expires, X-Amz-SignedHeaders and X-Amz-Signature are required.",
        );
        let required = |slot: Option<String>| slot.ok_or_else(|| missing.clone());
        Ok(Some(Presigned {
            credential: required(credential)?,
            date: required(date)?,
            expires: required(expires)?,
            signed_headers: required(signed)?,
            signature: required(signature)?,
            security_token: token,
            content_sha256: hash,
        }))
    }
}

/// The headers with the host that HTTP/2 carries outside of them.
fn with_host(parts: &Parts) -> HeaderMap {
    let mut headers = parts.headers.clone();
    if !headers.contains_key(HOST)
        && let Some(Ok(host)) = parts.uri.authority().map(|it| HeaderValue::from_str(it.as_str()))
    {
        headers.insert(HOST, host);
    }
    headers
}

/// The only value of a header.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(HeaderValue::to_str);
    match (first, values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(value)), None) => Ok(Some(value)),
        _ => Err(Refusal::Incomplete("A header of the signature is repeated or malformed.")),
    }
}

/// The moment in a date header, as signatures or as HTTP write it.
fn moment(text: &str) -> Option<Timestamp> {
    let http = || jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    canonical::parse_basic(text).or_else(|| http().map(|it| Timestamp(it.as_millisecond())))
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

fn scope(date: &str, region: &str, service: &str) -> String {
    format!("{date}/{region}/{service}/aws4_request")
}

/// Why a request is not taken for that of the one whom it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It has no signature.
    Unsigned,
    /// Its signature is malformed or leaves out what must be signed.
    Incomplete(&'static str),
    /// Nobody has this key; found by the caller.
    UnknownKey,
    /// It was signed with another secret, or altered since.
    WrongSignature,
    /// It was signed too long ago.
    Expired { signed_at: Timestamp, now: Timestamp },
    /// It was signed in the future.
    NotYetCurrent { signed_at: Timestamp, now: Timestamp },
    /// Its session token is not the key's; found by the caller.
    InvalidToken,
    /// Its session is over; found by the caller.
    ExpiredToken,
    /// It was signed for another day, service or region.
    WrongScope(&'static str),
    /// Its body is not signed, or signed in pieces as only S3 has it.
    UnsupportedPayload,
}

/// What the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status of HTTP.
    pub(crate) status: u16,
    /// The code that clients match on.
    pub(crate) code: &'static str,
    /// The sentence for people.
    pub(crate) message: String,
}

impl Refusal {
    /// What EC2 answers.
    pub(crate) fn for_ec2(&self) -> Answer {
        let (status, code, message) = match self {
            Refusal::Unsigned => (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
            Refusal::Incomplete(why) => (400, "IncompleteSignature", *why),
            Refusal::UnsupportedPayload => (400, "IncompleteSignature", UNSUPPORTED_PAYLOAD),
            Refusal::Expired { .. } | Refusal::NotYetCurrent { .. } | Refusal::ExpiredToken => {
                (400, "RequestExpired", "Request has expired.")
            }
            Refusal::UnknownKey | Refusal::WrongSignature | Refusal::InvalidToken | Refusal::WrongScope(_) => {
                (401, "AuthFailure", "AWS was not able to validate the provided access credentials")
            }
        };
        Answer { status, code, message: message.to_owned() }
    }

    /// What STS answers.
    pub(crate) fn for_sts(&self) -> Answer {
        let (status, code, message) = match self {
            Refusal::Unsigned => (403, "MissingAuthenticationToken", "Request is missing Authentication Token".into()),
            Refusal::Incomplete(why) => (400, "IncompleteSignature", (*why).to_owned()),
            Refusal::UnsupportedPayload => (400, "IncompleteSignature", UNSUPPORTED_PAYLOAD.to_owned()),
            Refusal::UnknownKey | Refusal::InvalidToken => {
                (403, "InvalidClientTokenId", "The security token included in the request is invalid.".to_owned())
            }
            Refusal::ExpiredToken => {
                (403, "ExpiredToken", "The security token included in the request is expired".to_owned())
            }
            Refusal::WrongSignature => (403, "SignatureDoesNotMatch", WRONG_SIGNATURE.to_owned()),
            Refusal::WrongScope(why) => (403, "SignatureDoesNotMatch", (*why).to_owned()),
            Refusal::Expired { signed_at, now } => {
                let (signed_at, now) = (canonical::basic(*signed_at), canonical::basic(*now));
                let message = format!("Signature expired: {signed_at} is too far before {now}");
                (403, "SignatureDoesNotMatch", message)
            }
            Refusal::NotYetCurrent { signed_at, now } => {
                let (signed_at, now) = (canonical::basic(*signed_at), canonical::basic(*now));
                let message = format!("Signature not yet current: {signed_at} is still later than {now}");
                (403, "SignatureDoesNotMatch", message)
            }
        };
        Answer { status, code, message }
    }
}

const UNSUPPORTED_PAYLOAD: &str = "The body must be signed as a whole, by its SHA-256.";
const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. \
    Check your AWS Secret Access Key and signing method.";

/// What a client signs with.
pub(crate) struct Credentials<'a> {
    /// The name of the key.
    pub(crate) access_key_id: &'a str,
    /// The secret of the key.
    pub(crate) secret_access_key: &'a str,
    /// The token of a temporary session.
    pub(crate) session_token: Option<&'a str>,
}

/// Signs a request that has a host: adds `X-Amz-Date`, the session token and `Authorization`.
pub(crate) fn sign(
    parts: &mut Parts,
    body: &[u8],
    credentials: &Credentials<'_>,
    region: &str,
    service: &str,
    now: Timestamp,
) -> Result<(), InvalidHeaderValue> {
    let moment = canonical::basic(now);
    let date = &moment[..8];
    let mut headers = with_host(parts);
    headers.remove(AUTHORIZATION);
    headers.insert("x-amz-date", HeaderValue::from_str(&moment)?);
    if let Some(token) = credentials.session_token {
        headers.insert("x-amz-security-token", HeaderValue::from_str(token)?);
    }
    let is_signed = |name: &&str| matches!(*name, "host" | "content-type") || name.starts_with("x-amz-");
    let signed: BTreeSet<&str> = headers.keys().map(HeaderName::as_str).filter(is_signed).collect();
    let signed: Vec<&str> = signed.into_iter().collect();
    let query = parts.uri.query().unwrap_or("");
    let head = canonical::head(parts.method.as_str(), parts.uri.path(), query, &headers, &signed).unwrap_or_default();
    let scope = scope(date, region, service);
    let hash = match headers.get("x-amz-content-sha256").map(HeaderValue::to_str) {
        Some(Ok(stated)) => stated.to_owned(),
        _ => canonical::payload_hash(body),
    };
    let text = canonical::string_to_sign(now, &scope, &head, &hash);
    let key = signing_key(credentials.secret_access_key, now, region, service);
    let signature = calculate_signature(key.0.as_slice(), text.as_bytes());
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={signature}",
        credentials.access_key_id,
        signed.join(";"),
    );
    headers.insert(AUTHORIZATION, HeaderValue::from_str(&authorization)?);
    parts.headers = headers;
    Ok(())
}
