//! From an HTTP request to an answer: bounded, authenticated, sent to the service that it is for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderValue, Method, StatusCode, header};
use tokio::sync::{Semaphore, watch};

use super::auth::{Authority, Service, Signed, claim};
use super::body::Bodies;
use super::enforced::{Board, ENFORCED_WAIT};
use super::metrics::Metrics;
use super::options::{Ack, Options};
use super::vault::Vault;
use super::writer::{WriteError, Writer, now};
use super::{admin, health, sts};
use crate::cluster::Cluster;
use crate::ec2::operation::{self, Kind};
use crate::ec2::realised::ServedRegion;
use crate::ec2::{self};
use crate::state::State;
use crate::wire::Params;
use crate::wire::sigv4::{Claim, Refusal};
use crate::wire::xml::{self, Fault, Written};

/// How many requests that have come in whole are worked on at once; others wait.
const REQUESTS_MAX: usize = 1024;

/// What requests need.
pub(crate) struct Api {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) states: watch::Receiver<Arc<State>>,
    pub(crate) writer: Writer,
    pub(crate) board: Arc<Board>,
    pub(crate) metrics: Metrics,
    pub(crate) regions: Arc<[String]>,
    served: Arc<[ServedRegion]>,
    pub(crate) vault: Vault,
    authority: Authority,
    ack: Ack,
    bodies: Bodies,
    turns: Semaphore,
}

impl Api {
    pub(crate) fn new(
        options: &Options,
        cluster: Arc<Cluster>,
        states: watch::Receiver<Arc<State>>,
        writer: Writer,
        board: Arc<Board>,
        vault: Vault,
    ) -> Api {
        Api {
            cluster,
            states,
            writer,
            metrics: Metrics::new(&board.passes),
            board,
            regions: options.regions.clone().into(),
            served: options.regions.iter().map(|name| served(name, options)).collect(),
            authority: Authority::new(&options.regions, vault.clone()),
            vault,
            ack: options.ack,
            bodies: Bodies::new(),
            turns: Semaphore::new(REQUESTS_MAX),
        }
    }
}

/// A region as clients are told of it: one port serves them all.
fn served(name: &str, options: &Options) -> ServedRegion {
    ServedRegion { name: name.to_owned(), endpoint: Some(options.listen.to_string()) }
}

/// Every path that is served; all that is none of ours is the API's.
pub(crate) fn routes(api: Arc<Api>) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/wait", get(health::wait))
        .fallback(serve)
        .with_state(api)
}

/// An answer before it becomes HTTP.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) content_type: &'static str,
    /// The code of a failure, for the metrics.
    pub(crate) code: String,
    /// The revision that a write made, and whether it is known to be enforced.
    pub(crate) revision: Option<(u64, bool)>,
    /// Whether the cluster could not confirm that the answer is of its newest state.
    pub(crate) stale: bool,
}

const XML: &str = "text/xml;charset=UTF-8";

impl Answer {
    pub(crate) fn xml(status: u16, body: String, code: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Answer { status, body, content_type: XML, code: code.to_owned(), revision: None, stale: false }
    }

    /// A failure, written the service's way.
    pub(crate) fn failure(service: Service, request: &str, status: u16, code: &str, message: &str) -> Answer {
        let fault = if status < 500 { Fault::Sender } else { Fault::Receiver };
        let body = match service {
            Service::Sts => xml::sts_error(fault, code, message, request),
            Service::Ec2 | Service::Culvert => xml::ec2_error(code, message, request),
        };
        Answer::xml(status, body, code)
    }

    fn refusal(service: Service, request: &str, refusal: &Refusal) -> Answer {
        let answer = match service {
            Service::Sts => refusal.for_sts(),
            Service::Ec2 | Service::Culvert => refusal.for_ec2(),
        };
        Answer::failure(service, request, answer.status, answer.code, &answer.message)
    }

    pub(crate) fn error(service: Service, request: &str, error: &ec2::Error) -> Answer {
        Answer::failure(service, request, error.status(), &error.code(), &error.to_string())
    }

    pub(crate) fn write_error(service: Service, request: &str, error: &WriteError) -> Answer {
        let text = error.to_string();
        match error {
            WriteError::Refused(error) => Answer::error(service, request, error),
            WriteError::Unavailable(_) => Answer::failure(service, request, 503, "Unavailable", &text),
            WriteError::Busy => Answer::failure(service, request, 503, "RequestLimitExceeded", &text),
            WriteError::Panicked => Answer::failure(service, request, 500, "InternalError", &text),
        }
    }
}

async fn serve(Shared(api): Shared<Arc<Api>>, request: Request) -> Response {
    let began = Instant::now();
    let id = uuid::Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    let mut action = String::new();
    let answer = match api.bodies.read(body).await {
        Ok(body) => {
            let _turn = api.turns.acquire().await.expect("nobody closes it");
            answer(&api, &parts, &body.bytes, &id, &mut action).await
        }
        Err(refusal) => {
            let (status, code, text) = refusal.answer();
            Answer::failure(Service::Ec2, &id, status, code, text)
        }
    };
    api.metrics.answered(&action, &answer.code, began.elapsed());
    tracing::debug!(action, request = id, status = answer.status.as_u16(), code = answer.code, "answered");
    respond(answer, &id)
}

fn respond(answer: Answer, id: &str) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Some((revision, enforced)) = answer.revision {
        headers.insert("x-culvert-revision", HeaderValue::from(revision));
        if !enforced {
            headers.insert("x-culvert-enforced", HeaderValue::from_static("false"));
        }
    }
    if answer.stale {
        headers.insert("x-culvert-stale", HeaderValue::from_static("true"));
    }
    response
}

async fn answer(api: &Api, parts: &http::request::Parts, body: &[u8], id: &str, action: &mut String) -> Answer {
    let query = parts.uri.query().unwrap_or("").as_bytes();
    let parsed = Params::parse(query, body);
    let claim: Result<Claim, Refusal> = claim(parts);
    let version = parsed.as_ref().ok().and_then(|it| it.version().ok());
    let service = Authority::service(claim.as_ref().ok(), version);

    let signed = claim.and_then(|claim| {
        let state = api.states.borrow().clone();
        api.authority.check(&claim, &state, now(), body)
    });
    let signed = match signed {
        Ok(signed) => signed,
        Err(refusal) => {
            // The answer tells a stranger less than the operator may want to know.
            tracing::debug!(request = id, ?refusal, "a request was not authenticated");
            return Answer::refusal(service, id, &refusal);
        }
    };
    if let Some(wrong) = unreadable(parts, body) {
        return Answer::failure(service, id, 400, "InvalidRequest", wrong);
    }
    let params = match parsed {
        Ok(params) => params,
        Err(error) => return Answer::error(service, id, &error.into()),
    };
    match params.action() {
        Ok(name) if name.len() <= 128 => *action = name.to_owned(),
        Ok(_) => action.clear(),
        Err(error) => return Answer::error(service, id, &error.into()),
    }
    match signed.service {
        Service::Ec2 => ec2(api, params, signed, id).await,
        Service::Sts => sts::answer(&params, &signed.caller, id),
        Service::Culvert => admin::answer(api, &params, &signed.caller, id).await,
    }
}

/// What is wrong with the request's method or content type.
fn unreadable(parts: &http::request::Parts, body: &[u8]) -> Option<&'static str> {
    if parts.method != Method::POST && parts.method != Method::GET {
        return Some("The request must be a POST or a GET.");
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).map(|it| it.as_bytes());
    let is_form = kind.is_none_or(|it| it.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded"));
    (!is_form && !body.is_empty()).then_some("The content type must be application/x-www-form-urlencoded.")
}

async fn ec2(api: &Api, params: Params, signed: Signed, id: &str) -> Answer {
    let service = Service::Ec2;
    let looked_up = params.version().map(str::to_owned).map_err(ec2::Error::from).and_then(|version| {
        let action = params.action()?.to_owned();
        let operation = ec2::operation(&action).ok_or_else(|| ec2::unserved(&action))?;
        Ok((version, action, operation))
    });
    let (version, action, operation) = match looked_up {
        Ok(it) => it,
        Err(error) => return Answer::error(service, id, &error),
    };
    let success = |content: String| xml::response(&action, &version, id, &Written(content));
    match operation.kind {
        Kind::Read(_) => {
            let confirmed = api.cluster.linearizable().await;
            if let Err(error) = &confirmed {
                // What this server has may be old; it answers all the same and says so.
                tracing::warn!(%error, "reads may be stale");
            }
            let state = api.states.borrow().clone();
            let mut realised = api.board.newest();
            realised.regions = api.served.clone();
            let read = || operation::read(&operation, &params, &state, &realised, &signed.caller, now());
            // A panic in a handler kills one request and nothing else.
            let answer = match catch_unwind(AssertUnwindSafe(read)) {
                Ok(Ok(content)) => Answer::xml(200, success(content), ""),
                Ok(Err(error)) => Answer::error(service, id, &error),
                Err(_) => Answer::write_error(service, id, &WriteError::Panicked),
            };
            Answer { stale: confirmed.is_err(), ..answer }
        }
        Kind::Write(_) => match api.writer.call(operation, params, signed.caller, id.to_owned()).await {
            Ok((content, revision)) => {
                let enforced = enforced(api, revision).await;
                Answer { revision: Some((revision, enforced)), ..Answer::xml(200, success(content), "") }
            }
            Err(error) => Answer::write_error(service, id, &error),
        },
    }
}

/// Whether the nodes enforce the revision; waits for them unless the operator does not want that.
pub(crate) async fn enforced(api: &Api, revision: u64) -> bool {
    let wait = if api.ack == Ack::Committed { Duration::ZERO } else { ENFORCED_WAIT };
    api.board.enforced(revision, wait).await
}
