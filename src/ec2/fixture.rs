//! A cluster in memory for tests: calls go the product's own way from parameters to XML, and what must hold of a
//! State is checked after each.

use std::collections::BTreeMap;

use crate::ec2::error::Error;
use crate::ec2::operation::{self, Kind};
use crate::ec2::realised::{Realised, Report, ServedRegion};
use crate::ec2::scope::{Call, Caller};
use crate::plan::Planner;
use crate::state::account::Account;
use crate::state::id::{AccountId, NodeId};
use crate::state::node::Node;
use crate::state::settings::Settings;
use crate::state::{Entry, Moment, Stamp, State, Tx, check};
use crate::wire::Params;

/// What instances are made of.
pub use crate::ec2::image::HOST_IMAGE as IMAGE;

/// One state, one node, and the account that calls.
pub struct World {
    pub state: State,
    pub caller: Caller,
    pub now: Moment,
    /// What every node reports, if it is not that it has done all that is asked.
    pub report: Option<Report>,
    /// They follow the state: what a planner makes of a change must be what one makes from nothing.
    planners: BTreeMap<NodeId, Planner>,
}

impl World {
    /// An account and a node, nothing else.
    pub fn new() -> World {
        let account = AccountId::from_number(1);
        let caller = Caller { account, region: "us-east-1".to_owned(), access_key: "AKIATEST".to_owned() };
        let (now, planners) = (Moment(1_795_000_000_000), BTreeMap::new());
        let mut world = World { state: State::default(), caller, now, report: None, planners };
        world.commit(|tx| {
            tx.put(Account { id: account, name: "root".to_owned(), root: true, created: tx.now() });
            let id = tx.mint::<NodeId>();
            let public_pools = vec!["203.0.113.0/24".parse().expect("a block")];
            tx.put(Settings { public_pools, quotas: false });
            tx.put(Node {
                id,
                name: "node-1".to_owned(),
                zones: Vec::new(),
                egress: Default::default(),
                created: tx.now(),
            });
        });
        world
    }

    /// From here on AWS's default quotas hold.
    pub fn enforce_quotas(&mut self) {
        let settings = self.state.settings.get(&()).expect("a world has settings").as_ref().clone();
        self.commit(|tx| tx.put(Settings { quotas: true, ..settings }));
    }

    /// Changes the state directly.
    pub fn commit(&mut self, change: impl FnOnce(&mut Tx)) {
        let mut tx = Tx::new(self.state.clone(), self.stamp());
        change(&mut tx);
        self.take(tx);
    }

    /// The next calls come from another account (it is made if it does not exist).
    pub fn become_account(&mut self, number: u64) {
        let id = AccountId::from_number(number);
        self.caller.account = id;
        self.commit(|tx| {
            if tx.get::<Account>(&id).is_none() {
                tx.put(Account { id, name: format!("account-{number}"), root: false, created: tx.now() });
            }
        });
    }

    /// Makes a call and answers the content of its document.
    pub fn call(&mut self, action: &str, parameters: &[(&str, &str)]) -> Result<String, Error> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2016-11-15").extend_pairs(parameters);
        let params = Params::parse(b"", form.finish().as_bytes())?;
        let operation = super::operation(action).ok_or_else(|| super::unserved(action))?;
        match operation.kind {
            Kind::Read(_) => {
                let done = Report { revision: self.state.revision, ..Report::default() };
                let report = self.report.clone().unwrap_or(done);
                let nodes = self.state.nodes.iter().map(|it| (it.id, report.clone())).collect();
                let realised = Realised { nodes, regions: regions() };
                operation::read(&operation, &params, &self.state, &realised, &self.caller, self.now)
            }
            Kind::Write(_) => {
                let caller = self.caller.clone();
                let mut tx = Tx::new(self.state.clone(), self.stamp());
                let mut call = Call { tx: &mut tx, caller: &caller, token: None };
                let answer = operation::write(&operation, &params, &mut call)?;
                self.take(tx);
                Ok(answer)
            }
        }
    }

    /// Makes a call that must succeed.
    pub fn ok(&mut self, action: &str, parameters: &[(&str, &str)]) -> String {
        self.call(action, parameters).unwrap_or_else(|error| panic!("{action}: {}: {error}", error.code()))
    }

    /// Makes a call that must fail, and answers the code.
    pub fn code(&mut self, action: &str, parameters: &[(&str, &str)]) -> String {
        let before = self.state.revision;
        let error = self.call(action, parameters).expect_err(action);
        assert_eq!(self.state.revision, before, "a failed call changes nothing");
        error.code()
    }

    /// Asserts that a Describe call knows every filter that EC2 documents for it, and no other. There must be
    /// something to describe, for the filters are asked of rows.
    pub fn assert_filters(&mut self, action: &str) {
        let documented = crate::wire::shapes::documented_filters(action);
        assert!(!documented.is_empty(), "{action} has filters");
        for name in documented {
            self.ok(action, &[("Filter.1.Name", name), ("Filter.1.Value.1", "nothing")]);
        }
        for name in ["colour", "Vpc-Id"] {
            let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", "*")];
            assert_eq!(self.code(action, &filter), "InvalidParameterValue", "{action} by {name}");
        }
    }

    fn stamp(&mut self) -> Stamp {
        self.now = Moment(self.now.0 + 1);
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.now.0.to_le_bytes());
        Stamp { now: self.now, seed }
    }

    /// Replays the effects on the state before, as every replica does, and checks the outcome.
    fn take(&mut self, tx: Tx) {
        let (_, effects) = tx.finish();
        let entry = Entry { base: self.state.revision, effects, audit: Vec::new() };
        self.state = self.state.after(&entry).expect("the entry is of this state");
        assert_eq!(check::broken(&self.state), Vec::<String>::new());
        for node in self.state.nodes.iter().map(|it| it.id) {
            let planner = self.planners.entry(node).or_insert_with(|| Planner::new(node));
            assert!(planner.plan(&self.state) == Planner::new(node).plan(&self.state), "the plan has lost its way");
        }
    }
}

/// The regions of the cluster: two, of which one knows its endpoint.
fn regions() -> std::sync::Arc<[ServedRegion]> {
    let endpoint = Some("127.0.0.1:8773".to_owned());
    let near = ServedRegion { name: "us-east-1".to_owned(), endpoint };
    [near, ServedRegion { name: "eu-central-1".to_owned(), endpoint: None }].into()
}

/// The text of the first element of this name.
pub fn text<'a>(xml: &'a str, element: &str) -> &'a str {
    texts(xml, element).into_iter().next().unwrap_or_else(|| panic!("no <{element}> in {xml}"))
}

/// The texts of every element of this name, in order.
pub fn texts<'a>(xml: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let pieces = xml.split(open.as_str()).skip(1);
    pieces.map(|it| it.split(close.as_str()).next().unwrap_or(it)).collect()
}
