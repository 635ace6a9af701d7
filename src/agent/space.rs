//! One namespace of ours as we know it: what was observed in it when it was first met, and what was changed since.
//!
//! Knowledge spares the hot path all listing. It is thrown away after any failure, and the next pass looks again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::diff::{Change, diff};
use super::kernel::{Error, Pass};
use super::link::Links;
use super::namespace::{self, Found};
use super::netlink::{self, Conversation, Request};
use super::{address, conntrack, link, neighbour, nft, route, rule, sysctl};
use crate::net::{Mac, Prefix};
use crate::plan::config::{LinkName, Namespace, Route, RouteKey, RoutingRule};

/// The lowest device number for links in a namespace that we made: the kernel numbers its own from below.
const FIRST_INDEX: u32 = 16;

/// Who forwards and who is forwarded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Router,
    Instance,
}

/// A namespace and what it holds of ours.
pub struct Space {
    pub name: String,
    pub links: Links,
    /// Speaks for the namespace. Routers keep theirs; instances, of which there may be many more, do not.
    talk: Option<Conversation>,
    filter: Option<Conversation>,
    firewall: nft::Held,
    addresses: BTreeMap<address::Key, ()>,
    neighbours: BTreeMap<neighbour::Key, Mac>,
    routes: BTreeMap<RouteKey, Route>,
    rules: BTreeMap<rule::Key, RoutingRule>,
}

impl Space {
    /// Adopts the namespace of this name or makes it; then its settings are right and its contents known.
    pub fn open(name: &str, role: Role, home: &File, pass: &mut Pass) -> Result<Space, Error> {
        let forwarding = role == Role::Router;
        let fresh = namespace::find(name) != Found::Namespace;
        let enter = || {
            let settings = if fresh { sysctl::wanted(forwarding).collect() } else { sysctl::observe(forwarding) };
            for setting in &settings {
                sysctl::apply(setting)?;
            }
            let filter = if forwarding { Some(Conversation::open(netlink::NETFILTER)?) } else { None };
            Ok::<_, Error>((Conversation::open(netlink::ROUTE)?, filter, settings.len() as u64))
        };
        let entered =
            if fresh { namespace::create(name, enter)? } else { namespace::within(name, home.as_fd(), enter)? };
        let (talk, filter, settings) = entered?;
        pass.changes += settings + u64::from(fresh);

        let mut space = Space {
            name: name.to_string(),
            links: Links { next: FIRST_INDEX, ..Links::default() },
            talk: Some(talk),
            filter,
            firewall: nft::Held::default(),
            addresses: BTreeMap::new(),
            neighbours: BTreeMap::new(),
            routes: BTreeMap::new(),
            rules: rule::wanted(&BTreeMap::new()),
        };
        if !fresh {
            space.observe()?;
        }
        Ok(space)
    }

    fn observe(&mut self) -> Result<(), Error> {
        let talk = self.talk.as_mut().expect("a space has just been opened with it");
        self.links = link::observe(talk)?;
        self.links.next = self.links.next.max(FIRST_INDEX);
        self.addresses = address::observe(talk, &self.links)?;
        self.neighbours = neighbour::observe(talk, &self.links)?;
        self.routes = route::observe(talk, &self.links)?;
        self.rules = rule::observe(talk)?;
        if let Some(filter) = &mut self.filter {
            self.firewall = nft::observe(filter)?;
        }
        Ok(())
    }

    /// Makes the firewall what is wanted, in one transaction.
    pub fn protect(&mut self, want: &Namespace) -> Result<u64, Vec<netlink::Error>> {
        match &mut self.filter {
            Some(filter) => nft::apply(filter, &mut self.firewall, &want.firewall),
            None => Ok(0),
        }
    }

    /// Takes away what is not wanted any more, and these links with all that hangs on them. The flows of addresses
    /// that leave are forgotten.
    pub fn clear(&mut self, want: &Namespace, leaving: &[LinkName], home: &File) -> Result<u64, Vec<Error>> {
        let mut failures = Vec::new();
        let before = self.routes.clone();
        let mut requests = self.removals(want);
        let links: Vec<_> = leaving.iter().filter_map(|name| Some((name.clone(), self.links.index(name)?))).collect();
        if !links.is_empty() {
            requests.extend(link::remove(&links));
        }
        for name in leaving {
            self.forget_link(name);
        }
        failures.extend(self.ask(&requests, home));
        let mut changes = requests.len() as u64;

        let moved =
            before.iter().filter(|(key, old)| self.routes.get(key) != Some(old) || want.routes.get(key) != Some(old));
        let addresses: BTreeSet<IpAddr> = moved.filter_map(|(key, _)| host(key.destination)).collect();
        if let Some(filter) = &mut self.filter {
            let requests: Vec<_> = addresses.into_iter().flat_map(conntrack::forget).collect();
            changes += requests.len() as u64;
            failures.extend(filter.ask(&requests).into_iter().map(Error::from));
        }
        if failures.is_empty() { Ok(changes) } else { Err(failures) }
    }

    /// The requests that remove routes, neighbours, addresses and rules that are not wanted, which this records.
    fn removals(&mut self, want: &Namespace) -> Vec<Request> {
        let mut requests = Vec::new();
        let links = &self.links;
        for change in removed(&self.routes, &want.routes) {
            requests.extend(route::apply(&change, links).into_iter().flatten());
        }
        for change in removed(&self.neighbours, &want.neighbours) {
            requests.extend(neighbour::apply(&change, links));
        }
        for change in removed(&self.addresses, &addresses(want)) {
            requests.extend(address::apply(&change, links));
        }
        self.routes.retain(|key, _| want.routes.contains_key(key));
        self.neighbours.retain(|key, _| want.neighbours.contains_key(key));
        self.addresses.retain(|key, _| want.addresses.contains(key));
        requests
    }

    /// Adds what is wanted and not there: addresses and neighbours, then the links go up, then rules and routes.
    /// What is wanted on a link that is not there waits for it.
    pub fn fill(&mut self, want: &Namespace, home: &File) -> Result<u64, Vec<Error>> {
        let links = &self.links;
        let mut requests = Vec::new();
        if !links.loopback_up {
            requests.push(link::loopback_up());
        }
        let (want_addresses, want_rules) = (addresses(want), rule::wanted(&want.rules));
        for change in diff(&self.addresses, &want_addresses) {
            requests.extend(address::apply(&change, links));
        }
        for change in diff(&self.neighbours, &want.neighbours) {
            requests.extend(neighbour::apply(&change, links));
        }
        for (name, held) in &links.ours {
            if let Some(link) = want.links.get(name).filter(|link| !held.up || held.mtu != link.mtu) {
                requests.push(link::up(name, held.index, link.mtu));
            }
        }
        for change in diff(&self.rules, &want_rules) {
            requests.extend(rule::apply(&change));
        }
        for change in diff(&self.routes, &want.routes) {
            requests.extend(route::apply(&change, links).into_iter().flatten());
        }
        if requests.is_empty() {
            return Ok(0);
        }
        let failures = self.ask(&requests, home);
        if !failures.is_empty() {
            return Err(failures);
        }
        let there = |link: &LinkName| self.links.ours.contains_key(link);
        let has_address = |link: &LinkName| there(link) || link == link::LOOPBACK_NAME;
        self.addresses = want_addresses.into_iter().filter(|((link, _), ())| has_address(link)).collect();
        self.neighbours = want.neighbours.clone().into_iter().filter(|((link, _), _)| there(link)).collect();
        self.routes = want.routes.clone().into_iter().filter(|(_, it)| over(it).is_none_or(there)).collect();
        self.rules = want_rules;
        self.links.loopback_up = true;
        for (name, held) in &mut self.links.ours {
            if let Some(link) = want.links.get(name) {
                (held.up, held.mtu) = (true, link.mtu);
            }
        }
        Ok(requests.len() as u64)
    }

    /// Asks for changes in this namespace.
    pub fn ask(&mut self, requests: &[Request], home: &File) -> Vec<Error> {
        if requests.is_empty() {
            return Vec::new();
        }
        if self.talk.is_none() {
            match namespace::within(&self.name, home.as_fd(), || Conversation::open(netlink::ROUTE)) {
                Ok(Ok(talk)) => self.talk = Some(talk),
                Ok(Err(error)) => return vec![error.into()],
                Err(error) => return vec![error.into()],
            }
        }
        let talk = self.talk.as_mut().expect("opened above");
        talk.ask(requests).into_iter().map(Error::from).collect()
    }

    /// Closes the conversation, which the next request opens again.
    pub fn hush(&mut self) {
        self.talk = None;
    }

    /// Records that a link is gone, and with it what the kernel removes with a link.
    pub fn forget_link(&mut self, name: &str) {
        self.links.ours.remove(name);
        self.addresses.retain(|(link, _), ()| link != name);
        self.neighbours.retain(|(link, _), _| link != name);
        self.routes.retain(|_, route| over(route).is_none_or(|link| link != name));
    }
}

/// The removals among the steps from `have` to `want`.
fn removed<K: Ord + Clone, V: Clone>(have: &BTreeMap<K, V>, want: &BTreeMap<K, V>) -> Vec<Change<K, V>> {
    have.keys().filter(|key| !want.contains_key(key)).cloned().map(Change::Remove).collect()
}

fn addresses(want: &Namespace) -> BTreeMap<address::Key, ()> {
    want.addresses.iter().map(|key| (key.clone(), ())).collect()
}

/// The link that a route leads over.
fn over(route: &Route) -> Option<&LinkName> {
    match route {
        Route::Link { link, .. } | Route::Via { link, .. } => Some(link),
        Route::Blackhole | Route::Throw => None,
    }
}

/// The address of a destination that is a single one.
fn host(destination: Prefix) -> Option<IpAddr> {
    (destination.prefix_len() == destination.max_prefix_len()).then(|| destination.addr())
}

/// What has been realised, by pointer: equal pointers need no look at what they point to.
pub fn same<T>(done: Option<&Arc<T>>, want: &Arc<T>) -> bool {
    done.is_some_and(|done| Arc::ptr_eq(done, want))
}
