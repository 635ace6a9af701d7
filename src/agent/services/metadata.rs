//! The instance metadata service: who may ask how. What is answered is `plan::metadata`'s duty.
//!
//! Who asks is known by the source address alone, which the router has checked. Each connection is for one request, as
//! with EC2: so nothing follows the answer with a token, which may not travel as far as others.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::serve::IncomingStream;
use tokio::sync::watch;

use super::Shared;
use super::allowance::Allowance;
use super::door::{Door, Hops};
use crate::plan::metadata;
use crate::plan::services::asker;
use crate::state::id::VpcId;

const TOKEN_PATH: &str = "/latest/api/token";
const TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");
const TOKEN_SECONDS: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Six hours.
const TOKEN_SECONDS_MAX: u32 = 21_600;

/// One router's side of it.
pub struct Service {
    pub shared: Arc<Shared>,
    pub vpc: VpcId,
    pub allowance: Arc<Allowance>,
}

/// Who asks.
#[derive(Clone)]
struct Client {
    source: std::net::IpAddr,
    hops: Hops,
}

impl Connected<IncomingStream<'_, Door>> for Client {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Client {
        Client { source: stream.remote_addr().ip(), hops: stream.io().hops.clone() }
    }
}

/// Serves until the sender of `stopped` is dropped.
pub async fn serve(service: Service, door: Door, mut stopped: watch::Receiver<()>) {
    let routes = Router::new().fallback(answer).with_state(Arc::new(service));
    let stop = async move { while stopped.changed().await.is_ok() {} };
    let serving = axum::serve(door, routes.into_make_service_with_connect_info::<Client>());
    // It ends only as it is asked to.
    let _ = serving.with_graceful_shutdown(stop).await;
}

async fn answer(
    State(service): State<Arc<Service>>,
    ConnectInfo(client): ConnectInfo<Client>,
    request: Request,
) -> Response {
    let mut response = service.answer(&client, &request).unwrap_or_else(refusal);
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::SERVER, HeaderValue::from_static("EC2ws"));
    response
}

impl Service {
    fn answer(&self, client: &Client, request: &Request) -> Result<Response, StatusCode> {
        if !self.allowance.admits(client.source) {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        let state = self.shared.state.load();
        let interface = asker(&state, self.shared.node, self.vpc, client.source);
        let attachment = interface.and_then(|it| it.attachment.as_ref()).ok_or(StatusCode::FORBIDDEN)?;
        let instance = state.instances.get(&attachment.instance).ok_or(StatusCode::FORBIDDEN)?;
        let options = instance.metadata;
        if !options.enabled || client.source.is_ipv6() && !options.ipv6 {
            return Err(StatusCode::FORBIDDEN);
        }

        let headers = request.headers();
        if request.uri().path() == TOKEN_PATH && request.method() == Method::PUT {
            // A proxy that is talked into asking for others gives itself away.
            if headers.contains_key(FORWARDED_FOR) {
                return Err(StatusCode::FORBIDDEN);
            }
            let seconds = seconds(headers).ok_or(StatusCode::BAD_REQUEST)?;
            client.hops.limit(options.hop_limit);
            let mut response = Response::new(Body::from(self.shared.tokens.issue(instance.id, seconds)));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            response.headers_mut().insert(TOKEN_SECONDS, seconds.into());
            return Ok(response);
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        match headers.get(TOKEN) {
            Some(token) if self.shared.tokens.accepts(token.as_bytes(), instance.id) => {}
            None if !options.token_required => {}
            _ => return Err(StatusCode::UNAUTHORIZED),
        }
        let path = request.uri().path();
        let found = metadata::look_up(&state, instance, path).ok_or(StatusCode::NOT_FOUND)?;
        let kind = if path.ends_with("/user-data") { "application/octet-stream" } else { "text/plain" };
        let mut response = Response::new(Body::from(found));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        Ok(response)
    }
}

/// For how long a token is asked.
fn seconds(headers: &HeaderMap) -> Option<u32> {
    let seconds: u32 = headers.get(TOKEN_SECONDS)?.to_str().ok()?.parse().ok()?;
    (1..=TOKEN_SECONDS_MAX).contains(&seconds).then_some(seconds)
}

/// A refusal as EC2 words it.
fn refusal(status: StatusCode) -> Response {
    let title = format!("{} - {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let page = format!(
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 \
         Transitional//EN\"\n\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html \
         xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n <head>\n  <title>{title}</title>\n \
         </head>\n <body>\n  <h1>{title}</h1>\n </body>\n</html>\n"
    );
    let mut response = Response::new(Body::from(page));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}
