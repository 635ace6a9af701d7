//! One namespace of ours as we know it: what was observed in it when it was first met, and what was changed since.
//!
//! Knowledge spares the hot path all listing. It is thrown away after any failure, and the next pass looks again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use imbl::OrdMap;

use super::diff::{Change, diff, differences};
use super::kernel::{Error, Pass};
use super::link::{Held, Links, Shaper};
use super::namespace::{self, Found};
use super::netlink::{self, Conversation, Request};
use super::watch::{self, Watch, Watches};
use super::{address, conntrack, home, limit, link, neighbour, nft, route, rule, sysctl};
use crate::net::{Mac, Prefix};
use crate::plan::config::{Link, LinkName, Namespace, NamespaceId, Route, RouteKey, RoutingRule};

/// The lowest device number for links in a namespace that we made: the kernel numbers its own from below.
pub const FIRST_INDEX: u32 = 16;

/// How a node's namespaces are found, and what is its own in those that it shares.
#[derive(Debug)]
pub struct Site {
    pub tag: String,
    /// The node's run directory.
    pub directory: PathBuf,
    /// Transactions on firewalls that [`super::Flows`] has made and that are not yet known of, by namespace. Held while one
    /// is made.
    pub removals: Mutex<BTreeMap<NamespaceId, u32>>,
}

impl Site {
    /// What the names begin with of all its namespaces but those of instances.
    pub fn prefix(&self) -> String {
        format!("culvert-{}-", self.tag)
    }

    /// The name under which a namespace is mounted; nothing for the node's own.
    pub fn name(&self, id: &NamespaceId) -> Option<String> {
        match id {
            NamespaceId::Home => None,
            NamespaceId::Edge => Some(self.prefix() + EDGE),
            NamespaceId::Router(id) | NamespaceId::NatGateway(id) => Some(self.prefix() + id),
            NamespaceId::Instance(id) => Some(id.clone()),
        }
    }

    /// Whose namespace is mounted under a name that begins with the prefix.
    pub fn owner(&self, name: &str) -> NamespaceId {
        match name.strip_prefix(&self.prefix()).unwrap_or(name) {
            EDGE => NamespaceId::Edge,
            id if id.starts_with("nat-") => NamespaceId::NatGateway(id.to_string()),
            id => NamespaceId::Router(id.to_string()),
        }
    }

    /// What the names begin with of our links in a namespace that others use too.
    pub fn link_prefix(&self, id: &NamespaceId) -> String {
        if *id == NamespaceId::Home { format!("cv-{}", self.tag) } else { String::new() }
    }

    /// The name of our table.
    pub fn table(&self, id: &NamespaceId) -> String {
        if *id == NamespaceId::Home { format!("{}-{}", nft::TABLE, self.tag) } else { nft::TABLE.to_string() }
    }
}

const EDGE: &str = "edge";

/// A namespace and what it holds of ours.
pub struct Space {
    id: NamespaceId,
    site: Arc<Site>,
    pub links: Links,
    /// Speaks for the namespace. Instances, of which there may be many, do not keep theirs.
    talk: Option<Conversation>,
    filter: Option<Conversation>,
    firewall: nft::Held,
    addresses: OrdMap<address::Key, ()>,
    neighbours: OrdMap<neighbour::Key, Mac>,
    limits: OrdMap<LinkName, limit::Held>,
    routes: OrdMap<RouteKey, Route>,
    rules: OrdMap<rule::Key, RoutingRule>,
    /// Listens to what others do here, and the number by which it is told that there is something to hear. Not in
    /// instances.
    watch: Option<Watch>,
    pub number: u64,
    /// Whether the settings are those of a plan with this forwarding and idle time.
    settled: Option<(bool, Option<u32>)>,
}

/// The removal of links of one namespace, which any thread can carry out.
pub struct Sweep {
    id: NamespaceId,
    talk: Conversation,
    names: BTreeSet<LinkName>,
}

impl Sweep {
    pub fn run(mut self) -> Swept {
        let failures = self.talk.ask(&[link::sweep(&self.names)]);
        Swept { id: self.id, names: self.names, failures }
    }
}

/// A removal that has ended.
pub struct Swept {
    pub id: NamespaceId,
    names: BTreeSet<LinkName>,
    failures: Vec<netlink::Error>,
}

impl Space {
    /// Adopts the namespace or makes it; then its contents are known, and an instance's settings are right.
    pub fn open(id: &NamespaceId, site: &Arc<Site>, home: &File, pass: &mut Pass) -> Result<Space, Error> {
        let instance = matches!(id, NamespaceId::Instance(_));
        let talks = || {
            let talk = Conversation::open(netlink::ROUTE)?;
            if instance {
                return Ok::<_, Error>((talk, None, None));
            }
            Ok((talk, Some(Conversation::open(netlink::NETFILTER)?), Some(Watch::open()?)))
        };
        // What a link begins with is set before there are any.
        let enter = || {
            let wanted = if instance { sysctl::of_instance() } else { sysctl::of_router() };
            let changes = sysctl::apply(&wanted)?;
            talks().map(|it| (it, changes))
        };
        let (talks, changes, fresh) = match site.name(id) {
            None => (talks()?, 0, false),
            Some(name) if namespace::find(&name) == Found::Namespace => {
                let (talks, changes) = namespace::within(&name, home.as_fd(), enter)??;
                (talks, changes, false)
            }
            Some(name) => {
                let (talks, changes) = namespace::create(&name, enter)??;
                (talks, changes + 1, true)
            }
        };
        pass.changes += changes;

        let mut space = Space {
            id: id.clone(),
            site: site.clone(),
            links: Links { next: FIRST_INDEX, ..Links::default() },
            talk: Some(talks.0),
            filter: talks.1,
            watch: talks.2,
            number: 0,
            firewall: nft::Held::default(),
            addresses: OrdMap::new(),
            neighbours: OrdMap::new(),
            limits: OrdMap::new(),
            routes: OrdMap::new(),
            rules: rule::wanted(&BTreeMap::new()),
            settled: None,
        };
        if !fresh {
            space.observe()?;
        } else if let Some(filter) = &mut space.filter {
            space.firewall = nft::observe(filter, &site.table(id))?;
        }
        Ok(space)
    }

    fn observe(&mut self) -> Result<(), Error> {
        let shared = self.is_shared();
        let talk = self.talk.as_mut().expect("a space has just been opened with it");
        self.links = link::observe(talk, &self.site.link_prefix(&self.id))?;
        self.links.next = self.links.next.max(FIRST_INDEX);
        self.links.loopback_up |= shared;
        self.addresses = address::observe(talk, &self.links)?;
        self.neighbours = neighbour::observe(talk, &self.links)?;
        self.routes = route::observe(talk, &self.links, shared)?;
        if !shared {
            self.rules = rule::observe(talk)?;
        }
        if let Some(filter) = &mut self.filter {
            let mut removals = self.site.removals.lock().expect("nobody panics with it");
            removals.remove(&self.id);
            self.firewall = nft::observe(filter, &self.site.table(&self.id))?;
            if !shared {
                self.limits = limit::observe(talk, &self.links)?;
            }
        }
        Ok(())
    }

    /// Lets it be told, by a number, that there is something to hear in this namespace.
    pub fn listen(&mut self, watches: &mut Watches) -> std::io::Result<()> {
        if let Some(watch) = &self.watch {
            self.number = watches.add(watch)?;
        }
        Ok(())
    }

    /// Whether what was heard says that something here is not as it is known.
    pub fn has_heard_of_damage(&mut self) -> bool {
        let (Some(watch), Some(talk)) = (&mut self.watch, &self.talk) else { return false };
        watch.has_heard_of_damage(&watch::Known {
            links: &self.links,
            addresses: &self.addresses,
            neighbours: &self.neighbours,
            limits: &self.limits,
            routes: &self.routes,
            shared: self.id == NamespaceId::Home,
            port: talk.port,
        })
    }

    /// Whether somebody has changed a firewall here.
    pub fn is_firewall_stale(&mut self) -> bool {
        // What cannot be asked about is looked at.
        let Some(filter) = &mut self.filter else { return false };
        let mut removals = self.site.removals.lock().expect("nobody panics with it");
        let own = removals.remove(&self.id).unwrap_or(0);
        nft::is_stale(filter, &mut self.firewall, own).unwrap_or(true)
    }

    /// Whether others use the namespace too: then its loopback link, its rules and its settings are theirs.
    fn is_shared(&self) -> bool {
        self.id == NamespaceId::Home
    }

    /// Looks again at what the kernel has numbered by itself.
    pub fn observe_links(&mut self) -> Result<(), Error> {
        let Some(talk) = self.talk.as_mut() else { return Ok(()) };
        let observed = link::observe(talk, &self.site.link_prefix(&self.id))?;
        self.links = Links { loopback_up: self.links.loopback_up, ..observed };
        Ok(())
    }

    /// Makes the firewall what is wanted, in one transaction. The flows of translations that end are forgotten.
    pub fn protect(&mut self, want: &Namespace) -> Result<u64, Vec<netlink::Error>> {
        let Some(filter) = &mut self.filter else { return Ok(0) };
        let applied = nft::apply(filter, &self.site.table(&self.id), &mut self.firewall, &want.firewall)?;
        let forgotten: Vec<_> =
            applied.ended.iter().flat_map(|(from, to)| conntrack::forget_translated(*from, *to)).collect();
        let failures = filter.ask(&forgotten);
        if failures.is_empty() { Ok(applied.changes + forgotten.len() as u64) } else { Err(failures) }
    }

    /// Takes away what is not wanted any more, and these links with all that hangs on them. The flows of addresses
    /// that leave are forgotten.
    pub fn clear(&mut self, want: &Namespace, leaving: &[LinkName], home: &File) -> Result<u64, Vec<Error>> {
        // What was thrown on was not there.
        let was_there = |held: Option<&Route>| held.is_some_and(|it| *it != Route::Throw);
        let moved =
            differences(&self.routes, &want.routes).filter(|(_, held, _)| was_there(*held)).map(|(key, ..)| key);
        let leaving_routes = self.routes_over(&leaving.iter().collect());
        let addresses: BTreeSet<IpAddr> = moved.chain(&leaving_routes).filter_map(|it| host(it.destination)).collect();

        let mut requests = self.removals(want);
        requests.extend(self.leave(leaving));
        let mut failures = self.ask(&requests, home);
        let mut changes = requests.len() as u64;
        if let Some(filter) = &mut self.filter {
            let requests: Vec<_> = addresses.into_iter().flat_map(conntrack::forget).collect();
            changes += requests.len() as u64;
            failures.extend(filter.ask(&requests).into_iter().map(Error::from));
        }
        if failures.is_empty() { Ok(changes) } else { Err(failures) }
    }

    /// Puts these links down for good, which ends all that goes over them.
    pub fn drop_links(&mut self, names: &[LinkName], home: &File) -> Result<u64, Vec<Error>> {
        let requests = self.leave(names);
        let failures = self.ask(&requests, home);
        if failures.is_empty() { Ok(requests.len() as u64) } else { Err(failures) }
    }

    /// The requests that put links down for good, which this records.
    fn leave(&mut self, names: &[LinkName]) -> Vec<Request> {
        let there: Vec<_> = names.iter().filter_map(|name| Some((name, self.links.index(name)?))).collect();
        let mut requests: Vec<_> = there.iter().map(|(name, index)| link::leave(name, *index)).collect();
        if !self.is_shared() {
            requests.extend(there.iter().map(|(name, index)| link::rename(name, *index, link::parted(*index))));
        }
        let names = there.into_iter().map(|(name, _)| name).collect();
        self.forget_links(&names);
        requests
    }

    /// Removes the links that were put down for good, those included whose removal has begun elsewhere.
    pub fn sweep(&mut self, home: &File) -> Result<u64, Vec<Error>> {
        let leaving: BTreeSet<_> = self.links.leaving.union(&self.links.sweeping).cloned().collect();
        if leaving.is_empty() {
            return Ok(0);
        }
        let failures = self.ask(&[link::sweep(&leaving)], home);
        if !failures.is_empty() {
            return Err(failures);
        }
        self.links.leaving.clear();
        Ok(1)
    }

    /// The removal of the links that were put down for good, to be carried out elsewhere.
    pub fn begin_sweep(&mut self, home: &File) -> Result<Option<Sweep>, Error> {
        if self.links.leaving.is_empty() {
            return Ok(None);
        }
        let talk = self.within(home, || Conversation::open(netlink::ROUTE))??;
        let names = std::mem::take(&mut self.links.leaving);
        self.links.sweeping.extend(names.iter().cloned());
        Ok(Some(Sweep { id: self.id.clone(), talk, names }))
    }

    /// Takes note of how a removal elsewhere has ended.
    pub fn end_sweep(&mut self, swept: Swept) -> Result<u64, Vec<netlink::Error>> {
        self.links.sweeping.retain(|it| !swept.names.contains(it));
        if swept.failures.is_empty() { Ok(1) } else { Err(swept.failures) }
    }

    /// Waits until these links of ours carry packets; gives those that do not.
    pub fn ready<'a>(&mut self, names: impl Iterator<Item = &'a LinkName>) -> Result<Vec<LinkName>, netlink::Error> {
        let links: Vec<_> = names.filter_map(|name| Some((name.clone(), self.links.index(name)?))).collect();
        self.talk.as_mut().map_or(Ok(Vec::new()), |talk| link::ready(talk, &links))
    }

    /// The requests that remove routes, neighbours, addresses and rules that are not wanted, which this records.
    fn removals(&mut self, want: &Namespace) -> Vec<Request> {
        let mut requests = Vec::new();
        let (links, shared) = (&self.links, self.is_shared());
        for change in removed(&self.routes, &want.routes) {
            requests.extend(route::apply(&change, &self.routes, links, shared).into_iter().flatten());
            change.make(&mut self.routes);
        }
        for change in removed(&self.neighbours, &want.neighbours) {
            requests.extend(neighbour::apply(&change, links));
            change.make(&mut self.neighbours);
        }
        for change in removed(&self.addresses, &addresses(want)) {
            requests.extend(address::apply(&change, links));
            change.make(&mut self.addresses);
        }
        let want_limits = limits(want);
        for change in removed(&self.limits, &want_limits) {
            requests.extend(limit::apply(&change, &self.limits, links));
        }
        let useful: BTreeSet<LinkName> = want_limits.keys().map(|link| limit::shaper(link)).collect();
        let useless: Vec<_> = links.shapers.iter().filter(|(name, _)| !useful.contains(*name)).collect();
        requests.extend(useless.iter().map(|(name, shaper)| link::leave(name, shaper.index)));
        let useless: Vec<_> = useless.into_iter().map(|(name, _)| name.clone()).collect();
        forget(&mut self.limits, |key, _| !want.limits.contains_key(key));
        self.links.shapers.retain(|name, _| useful.contains(name));
        self.links.leaving.extend(useless);
        requests
    }

    /// Adds what is wanted and not there: settings, addresses, neighbours and limits, then the links go up, then rules
    /// and routes. What is wanted on a link that is not there waits for it.
    pub fn fill(&mut self, want: &Namespace, home: &File) -> Result<u64, Vec<Error>> {
        let mut settings = self.settle(want, home).map_err(|error| vec![error])?;
        let shapers: BTreeSet<LinkName> = want.limits.keys().map(|link| limit::shaper(link)).collect();
        if shapers.iter().any(|it| self.links.is_to_go(it)) {
            settings += self.sweep(home)?;
        }
        let (links, shared) = (&self.links, self.is_shared());
        let mut requests = Vec::new();
        if !links.loopback_up {
            requests.push(link::loopback_up());
        }
        let want_addresses = addresses(want);
        let want_rules = if shared { self.rules.clone() } else { rule::wanted(&want.rules) };
        let addresses = diff(&self.addresses, &want_addresses);
        requests.extend(addresses.iter().filter_map(|change| address::apply(change, links)));
        let neighbours = diff(&self.neighbours, &want.neighbours);
        requests.extend(neighbours.iter().filter_map(|change| neighbour::apply(change, links)));
        let want_limits = limits(want);
        for change in diff(&self.limits, &want_limits) {
            requests.extend(limit::apply(&change, &self.limits, links));
        }
        for (name, held) in &links.ours {
            if let Some(link) = want.links.get(name).filter(|link| !held.up || held.mtu != link.mtu) {
                requests.push(link::up(name, held.index, link.mtu));
            }
        }
        for change in diff(&self.rules, &want_rules) {
            requests.extend(rule::apply(&change));
        }
        let routes = diff(&self.routes, &want.routes);
        requests.extend(routes.iter().filter_map(|it| route::apply(it, &self.routes, links, shared)).flatten());
        if requests.is_empty() {
            return Ok(settings);
        }
        let failures = self.ask(&requests, home);
        if !failures.is_empty() {
            return Err(failures);
        }
        // What waits for its link is not there yet.
        let there = |link: &LinkName| self.links.ours.contains_key(link);
        let has_address = |link: &LinkName| there(link) || link == link::LOOPBACK_NAME;
        let made = addresses.into_iter().filter(|it| it.value().is_none() || has_address(&it.key().0));
        made.for_each(|change| change.make(&mut self.addresses));
        self.neighbours = held(&self.neighbours, neighbours, &want.neighbours, |(link, _), _| there(link));
        self.routes = held(&self.routes, routes, &want.routes, |_, it| route::over(it).is_none_or(there));
        self.limits = want_limits.into_iter().filter(|(link, _)| there(link)).collect();
        self.rules = want_rules;
        for link in self.limits.keys() {
            let shaper = self.links.shapers.entry(limit::shaper(link));
            let index = self.links.ours[link].index;
            shaper.or_insert(Shaper { index: link::shaper_index(index), up: true }).up = true;
        }
        self.links.loopback_up = true;
        for (name, held) in &mut self.links.ours {
            if let Some(link) = want.links.get(name) {
                held.ready &= held.up;
                (held.up, held.mtu) = (true, link.mtu);
            }
        }
        Ok(settings + requests.len() as u64)
    }

    /// Makes the settings what is wanted. The firewall comes first, since the kernel has those of flows only once it
    /// has something to track flows for.
    fn settle(&mut self, want: &Namespace, home: &File) -> Result<u64, Error> {
        let wanted = (want.forwarding, want.flow_idle);
        if self.is_shared() {
            return Ok(home::forward(&self.site.directory, want)?);
        }
        if self.settled == Some(wanted) || self.filter.is_none() {
            return Ok(0);
        }
        let settings = || {
            // Forwarding first: the kernel resets other settings with it.
            let settings = sysctl::of_forwarding(want.forwarding).into_iter().chain(sysctl::of_router());
            Ok::<_, Error>(sysctl::apply(&settings.chain(sysctl::of_flows(want.flow_idle)).collect::<Vec<_>>())?)
        };
        let changes = self.within(home, settings)??;
        self.settled = Some(wanted);
        Ok(changes)
    }

    /// Runs `work` in this namespace.
    fn within<T>(&self, home: &File, work: impl FnOnce() -> T) -> Result<T, namespace::Error> {
        match self.site.name(&self.id) {
            Some(name) => namespace::within(&name, home.as_fd(), work),
            None => Ok(work()),
        }
    }

    /// Asks for changes in this namespace.
    pub fn ask(&mut self, requests: &[Request], home: &File) -> Vec<Error> {
        if requests.is_empty() {
            return Vec::new();
        }
        if self.talk.is_none() {
            match self.within(home, || Conversation::open(netlink::ROUTE)) {
                Ok(Ok(talk)) => self.talk = Some(talk),
                Ok(Err(error)) => return vec![error.into()],
                Err(error) => return vec![error.into()],
            }
        }
        let talk = self.talk.as_mut().expect("opened above");
        talk.ask(requests).into_iter().map(Error::from).collect()
    }

    /// Closes the conversation of an instance, which the next request opens again.
    pub fn hush(&mut self) {
        if self.filter.is_none() {
            self.talk = None;
        }
    }

    /// Records that a link was made.
    pub fn add_link(&mut self, name: &str, link: &Link, index: u32, peer: u32) {
        let held = Held { index, mac: link.mac, mtu: link.mtu, up: false, ready: false, peer };
        self.links.ours.insert(name.to_string(), held);
    }

    /// Records that links are about to be removed, and with them gone what the kernel removes with a link.
    fn forget_links(&mut self, names: &BTreeSet<&LinkName>) {
        if names.is_empty() {
            return;
        }
        let shared = self.is_shared();
        for name in names {
            let Some(held) = self.links.ours.remove(*name) else { continue };
            self.links.leaving.insert(if shared { (*name).clone() } else { link::parted(held.index) });
        }
        forget(&mut self.addresses, |(link, _), ()| names.contains(link));
        forget(&mut self.neighbours, |(link, _), _| names.contains(link));
        forget(&mut self.limits, |link, _| names.contains(link));
        for key in self.routes_over(names) {
            self.routes.remove(&key);
        }
    }

    /// The routes over any of these links.
    fn routes_over(&self, names: &BTreeSet<&LinkName>) -> Vec<RouteKey> {
        let over = |route| !names.is_empty() && route::over(route).is_some_and(|link| names.contains(link));
        self.routes.iter().filter(|(_, route)| over(route)).map(|(key, _)| *key).collect()
    }
}

/// What a map is after the steps to `want`, but for what is not there yet. Where nothing is missing that is the wanted
/// map itself: the next one shares most of its parts, and need not be compared with these.
fn held<K: Ord + Clone, V: Clone>(
    have: &OrdMap<K, V>,
    steps: Vec<Change<K, V>>,
    want: &OrdMap<K, V>,
    there: impl Fn(&K, &V) -> bool,
) -> OrdMap<K, V> {
    let is_made = |it: &Change<K, V>| it.value().is_none_or(|value| there(it.key(), value));
    if steps.iter().all(is_made) {
        return want.clone();
    }
    let mut map = have.clone();
    steps.into_iter().filter(is_made).for_each(|it| it.make(&mut map));
    map
}

/// The removals among the steps from `have` to `want`.
fn removed<K: Ord + Clone, V: PartialEq>(have: &OrdMap<K, V>, want: &OrdMap<K, V>) -> Vec<Change<K, V>> {
    let gone = differences(have, want).filter(|(_, _, wanted)| wanted.is_none());
    gone.map(|(key, ..)| Change::Remove(key.clone())).collect()
}

/// Removes the entries of which this holds.
fn forget<K: Ord + Clone, V: Clone>(map: &mut OrdMap<K, V>, holds: impl Fn(&K, &V) -> bool) {
    let gone: Vec<K> = map.iter().filter(|(key, value)| holds(key, value)).map(|(key, _)| key.clone()).collect();
    for key in gone {
        map.remove(&key);
    }
}

fn limits(want: &Namespace) -> OrdMap<LinkName, limit::Held> {
    want.limits.iter().map(|(link, limit)| (link.clone(), Some(*limit))).collect()
}

fn addresses(want: &Namespace) -> OrdMap<address::Key, ()> {
    want.addresses.iter().map(|key| (key.clone(), ())).collect()
}

/// The address of a destination that is a single one.
fn host(destination: Prefix) -> Option<IpAddr> {
    (destination.prefix_len() == destination.max_prefix_len()).then(|| destination.addr())
}
