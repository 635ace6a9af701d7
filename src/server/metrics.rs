//! What Prometheus may read: calls, how long they took, how far the nodes are.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::ec2::realised::Realised;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    action: String,
    code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Action {
    action: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Node {
    node: String,
}

/// How long the passes of this process's agent took, of those that changed anything.
#[derive(Debug, Clone)]
pub(crate) struct Passes {
    plan: Histogram,
    realise: Histogram,
}

impl Passes {
    pub(crate) fn new() -> Passes {
        let histogram = || Histogram::new(exponential_buckets(0.0001, 2.0, 17));
        Passes { plan: histogram(), realise: histogram() }
    }

    /// Notes what a pass took for its plan and then in the kernel.
    pub(crate) fn took(&self, plan: Duration, realise: Duration) {
        self.plan.observe(plan.as_secs_f64());
        self.realise.observe(realise.as_secs_f64());
    }
}

/// The server's metrics.
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<Call, Counter>,
    seconds: Family<Action, Histogram>,
    revision: Gauge<u64, AtomicU64>,
    realised: Family<Node, Gauge<u64, AtomicU64>>,
}

impl Metrics {
    pub(crate) fn new(passes: &Passes) -> Metrics {
        let mut registry = Registry::with_prefix("culvert");
        let calls = Family::<Call, Counter>::default();
        let seconds: Family<Action, Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.0001, 2.0, 17)));
        let revision = Gauge::default();
        let realised = Family::<Node, Gauge<u64, AtomicU64>>::default();
        registry.register("api_calls", "API calls by action and error code", calls.clone());
        registry.register("api_seconds", "Time from a call's arrival to its answer", seconds.clone());
        registry.register("revision", "The revision of the state", revision.clone());
        registry.register("realised_revision", "The revision that a node's kernel holds", realised.clone());
        registry.register("plan_seconds", "Time to plan what a pass then changed", passes.plan.clone());
        registry.register("realise_seconds", "Time to make the kernel hold a plan", passes.realise.clone());
        Metrics { registry, calls, seconds, revision, realised }
    }

    /// Counts an answer. Actions that are not served count under one name: a caller cannot make series.
    pub(crate) fn answered(&self, action: &str, code: &str, took: Duration) {
        let served = crate::ec2::operation(action).is_some() || action == "GetCallerIdentity";
        let action = if served { action } else { "other" }.to_owned();
        self.calls.get_or_create(&Call { action: action.clone(), code: code.to_owned() }).inc();
        self.seconds.get_or_create(&Action { action }).observe(took.as_secs_f64());
    }

    /// The page that Prometheus reads.
    pub(crate) fn text(&self, revision: u64, realised: &Realised) -> String {
        self.revision.set(revision);
        for (node, report) in &realised.nodes {
            self.realised.get_or_create(&Node { node: node.to_string() }).set(report.revision);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes everything");
        text
    }
}
