//! A small client of the API: signs a call, sends it, reads the answer.
//!
//! Only what the commands need is read of an answer. Calls are not repeated here: a command knows whether it may.

use std::time::Duration;

use http::{Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::profile::{Flags, Keys, Settings, Sources};
use crate::wire::Timestamp;
use crate::wire::sigv4::{self, Credentials};

const EC2: (&str, &str) = ("ec2", "2016-11-15");
const CULVERT: (&str, &str) = ("culvert", "2026-11-22");
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The API's own words.
    #[error("{code}: {message}")]
    Refused { code: String, message: String },
    #[error("cannot reach the API at {endpoint}: {problem}; is 'culvert up' running there?")]
    Unreachable { endpoint: String, problem: String },
    #[error("'{0}' is not an address of the API; an example is http://127.0.0.1:8773")]
    Endpoint(String),
    #[error("{0}: https is not available yet; use an http:// address")]
    Https(String),
    #[error("the API at {endpoint} answered {status}, which this client does not understand")]
    NotUnderstood { endpoint: String, status: StatusCode },
    #[error("the API's answer to {action} cannot be read: {problem}")]
    Answer { action: String, problem: String },
    #[error("the keys cannot be put into a request: they hold other characters than letters, digits and signs")]
    Keys,
}

/// The parameters of a call, in order.
pub(crate) type Params = Vec<(String, String)>;

/// Calls one API with one account's keys.
pub(crate) struct Client {
    endpoint: String,
    region: String,
    keys: Keys,
}

/// Connects nothing yet; says why if there is nothing to sign with.
pub(crate) fn client(flags: &Flags) -> anyhow::Result<Client> {
    with_settings(flags, |settings| {
        let (endpoint, region) = (settings.endpoint(), settings.region());
        checked(&endpoint)?;
        Ok(Client { endpoint, region, keys: settings.keys()? })
    })
}

/// Asks for a path that needs no signature, and gives the answer's status and text.
pub(crate) fn get(flags: &Flags, path: &str, patience: Duration) -> anyhow::Result<(StatusCode, String)> {
    let endpoint = with_settings(flags, |settings| settings.endpoint());
    checked(&endpoint)?;
    let request = Request::get(format!("{endpoint}{path}")).body(Vec::new());
    Ok(exchange(&endpoint, request.map_err(|_| Error::Endpoint(endpoint.clone()))?, patience)?)
}

fn with_settings<T>(flags: &Flags, work: impl FnOnce(&Settings<'_>) -> T) -> T {
    let sources =
        Sources { variable: &|name| std::env::var(name).ok(), read: &|path| std::fs::read_to_string(path).ok() };
    work(&Settings::read(flags, &sources))
}

impl Client {
    /// Calls EC2.
    pub(crate) fn ec2<T: DeserializeOwned>(&self, action: &str, params: Params) -> Result<T, Error> {
        let text = self.call(EC2, action, params)?;
        quick_xml::de::from_str(&text).map_err(|problem| unreadable(action, &problem))
    }

    /// Calls Culvert's own service, which has what EC2 has no word for.
    pub(crate) fn culvert<T: DeserializeOwned>(&self, action: &str, params: Params) -> Result<T, Error> {
        let text = self.call(CULVERT, action, params)?;
        let text = if text.trim().is_empty() { "null" } else { &text };
        serde_json::from_str(text).map_err(|problem| unreadable(action, &problem))
    }

    /// Calls EC2 until there are no more pages.
    pub(crate) fn ec2_pages<T: DeserializeOwned + Paged>(&self, action: &str) -> Result<Vec<T>, Error> {
        let mut pages: Vec<T> = Vec::new();
        loop {
            let token = pages.last_mut().and_then(T::next_token).filter(|it| !it.is_empty());
            match token {
                None if !pages.is_empty() => return Ok(pages),
                token => {
                    pages.push(self.ec2(action, token.map(|it| ("NextToken".to_owned(), it)).into_iter().collect())?)
                }
            }
        }
    }

    fn call(&self, (service, version): (&str, &str), action: &str, params: Params) -> Result<String, Error> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", version).extend_pairs(params);
        let body = form.finish().into_bytes();
        let request = Request::post(format!("{}/", self.endpoint))
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(());
        let (mut parts, ()) = request.map_err(|_| Error::Endpoint(self.endpoint.clone()))?.into_parts();
        let credentials = Credentials {
            access_key_id: &self.keys.access_key_id,
            secret_access_key: &self.keys.secret_access_key,
            session_token: self.keys.session_token.as_deref(),
        };
        let now = Timestamp(jiff::Timestamp::now().as_millisecond());
        sigv4::sign(&mut parts, &body, &credentials, &self.region, service, now).map_err(|_| Error::Keys)?;
        let (status, text) = exchange(&self.endpoint, Request::from_parts(parts, body), Duration::from_secs(60))?;
        match status.is_success() {
            true => Ok(text),
            false => Err(refusal(&text).unwrap_or(Error::NotUnderstood { endpoint: self.endpoint.clone(), status })),
        }
    }
}

fn unreadable(action: &str, problem: &dyn std::fmt::Display) -> Error {
    Error::Answer { action: action.to_owned(), problem: problem.to_string() }
}

/// Refuses what is no address, or none that can be spoken to.
fn checked(endpoint: &str) -> Result<(), Error> {
    let uri: http::Uri = endpoint.parse().map_err(|_| Error::Endpoint(endpoint.to_owned()))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http"), Some(_)) => Ok(()),
        (Some("https"), Some(_)) => Err(Error::Https(endpoint.to_owned())),
        _ => Err(Error::Endpoint(endpoint.to_owned())),
    }
}

fn exchange(endpoint: &str, request: Request<Vec<u8>>, patience: Duration) -> Result<(StatusCode, String), Error> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(Duration::from_secs(5)))
        .timeout_global(Some(patience));
    // A proxy of the environment leads to the network outside, never back to this machine.
    let host = request.uri().host().unwrap_or("").trim_matches(['[', ']']).to_owned();
    if host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback()) {
        config = config.proxy(None);
    }
    let failed = |error: ureq::Error| {
        let problem = match error {
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        Error::Unreachable { endpoint: endpoint.to_owned(), problem }
    };
    let agent = ureq::Agent::new_with_config(config.build());
    let mut response = agent.run(request).map_err(failed)?;
    let text = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string().map_err(failed)?;
    Ok((response.status(), text))
}

/// An answer that may go on.
pub(crate) trait Paged {
    fn next_token(&mut self) -> Option<String>;
}

/// A list in XML: `<things><item>…</item></things>`.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Items<T> {
    #[serde(default = "Vec::new")]
    pub(crate) item: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Items { item: Vec::new() }
    }
}

/// The error in an answer of EC2, of STS or of our own service.
fn refusal(text: &str) -> Option<Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Fault {
        #[serde(alias = "Code", alias = "__type")]
        code: Option<String>,
        #[serde(alias = "Message")]
        message: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Faults {
        errors: Option<Box<Faults>>,
        error: Option<Fault>,
    }
    fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
        match text.trim_start().starts_with('{') {
            true => serde_json::from_str(text).ok(),
            false => quick_xml::de::from_str(text).ok(),
        }
    }
    let faults: Faults = read(text)?;
    let wrapped = faults.errors.and_then(|it| it.error).or(faults.error);
    let fault = wrapped.or_else(|| read(text))?;
    Some(Error::Refused { code: fault.code?, message: fault.message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(refusal(text).map(|it| it.to_string()).unwrap_or_default(), expect, "{text}");
    }

    #[test]
    fn an_error_is_shown_as_its_code_and_its_sentence() {
        let shown = "InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist";
        check(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>InvalidSubnetID.NotFound</Code>\
            <Message>The subnet ID 'subnet-1' does not exist</Message></Error></Errors><RequestID>a</RequestID></Response>",
            shown,
        );
        check(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
            <Code>InvalidSubnetID.NotFound</Code><Message>The subnet ID &apos;subnet-1&apos; does not exist</Message>\
            </Error><RequestId>a</RequestId></ErrorResponse>",
            shown,
        );
        check(r#"{"Code":"InvalidSubnetID.NotFound","Message":"The subnet ID 'subnet-1' does not exist"}"#, shown);
        check(r#"{"__type":"InvalidSubnetID.NotFound","message":"The subnet ID 'subnet-1' does not exist"}"#, shown);
        check(
            r#"{"Error":{"Code":"InvalidSubnetID.NotFound","Message":"The subnet ID 'subnet-1' does not exist"}}"#,
            shown,
        );
        check("<html>404</html>", "");
        check("not found", "");
    }

    #[test]
    fn only_an_http_address_is_an_endpoint() {
        let check = |endpoint: &str, expect: &str| {
            let complaint = checked(endpoint).err().map(|it| it.to_string()).unwrap_or_default();
            assert!(complaint.contains(expect) && complaint.is_empty() == expect.is_empty(), "{endpoint}: {complaint}");
        };
        check("http://127.0.0.1:8773", "");
        check("http://[::1]:8773", "");
        check("https://127.0.0.1:8773", "https is not available yet");
        check("127.0.0.1:8773", "is not an address");
        check("", "is not an address");
    }
}
