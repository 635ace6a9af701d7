//! Whether this server lives, can serve writes, and what has been realised. Not signed: monitors ask it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::api::Api;
use crate::cluster::Role;

/// The longest that a caller may wait for a revision.
const WAIT_MAX: Duration = Duration::from_secs(300);

pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

pub(crate) async fn ready(Shared(api): Shared<Arc<Api>>) -> Response {
    let writable = api.cluster.linearizable().await.is_ok();
    let status = api.cluster.status();
    let realised = api.board.newest();
    let body = serde_json::json!({
        "ready": writable,
        "role": role(status.role),
        "leader": status.leader.map(|it| it.id),
        "term": status.term,
        "revision": api.states.borrow().revision,
        "nodes": realised.nodes.iter().map(|(id, report)| (id.to_string(), report.revision)).collect::<std::collections::BTreeMap<_, _>>(),
    });
    let code = if writable { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, axum::Json(body)).into_response()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Leader => "leader",
        Role::Candidate => "candidate",
        Role::Follower => "follower",
        Role::Learner => "learner",
        Role::Stopped => "stopped",
    }
}

pub(crate) async fn metrics(Shared(api): Shared<Arc<Api>>) -> String {
    api.metrics.text(api.states.borrow().revision, &api.board.newest())
}

/// The question of `culvert wait`.
#[derive(Debug, Deserialize)]
pub(crate) struct Wait {
    revision: u64,
    /// In seconds.
    #[serde(default = "default_timeout")]
    timeout: f64,
}

fn default_timeout() -> f64 {
    30.0
}

pub(crate) async fn wait(Shared(api): Shared<Arc<Api>>, Query(asked): Query<Wait>) -> Response {
    let wait = Duration::try_from_secs_f64(asked.timeout).unwrap_or(WAIT_MAX).min(WAIT_MAX);
    if api.board.whole(asked.revision, wait).await {
        (StatusCode::OK, format!("revision {} is realised\n", asked.revision)).into_response()
    } else {
        (StatusCode::GATEWAY_TIMEOUT, format!("revision {} is not realised everywhere\n", asked.revision))
            .into_response()
    }
}
