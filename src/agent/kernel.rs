//! The pass: from what this node's kernel holds to what it should hold.
//!
//! The order is the promise "policy before packet". Firewalls change first, in one transaction a namespace: what
//! leaves is dead from then on, what comes is judged from its first packet. Then the old goes: routes, links,
//! processes, namespaces. Then the new comes: namespaces, links, what is inside instances, and last the routes to
//! them. When the pass is over, packets pass; links that went are still to be swept away, which is slow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::Bound;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use imbl::OrdMap;

use super::diff::differences;
use super::instance::{self, Records};
use super::link::{self, End, Held};
use super::namespace::{self, Found};
use super::process::{self, User};
use super::space::{FIRST_INDEX, Site, Space, Sweep, Swept};
use super::watch::Watches;
use super::{home, netlink, services, sysctl};
use crate::plan::config::{Instance, Link, LinkName, Namespace, NamespaceId, NodeConfig, Peer};

/// Pairs whose namespaces are open at a time.
const PAIRS_PER_REQUEST_MAX: usize = 128;

/// Why a part of a pass failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Netlink(#[from] netlink::Error),
    #[error(transparent)]
    Namespace(#[from] namespace::Error),
    #[error(transparent)]
    Setting(#[from] sysctl::Error),
    #[error(transparent)]
    Home(#[from] home::Error),
    #[error(transparent)]
    Instance(#[from] instance::Error),
    #[error(transparent)]
    Process(#[from] process::Error),
    #[error(transparent)]
    Services(#[from] services::Error),
    #[error("the other end of link {link} is not planned on this node")]
    OneEnded { link: LinkName },
    #[error("link {link} waits for {other}")]
    Waiting { link: LinkName, other: NamespaceId },
    #[error("link {link} was not made")]
    Unmade { link: LinkName },
    #[error("link {link} would not be known for one of this node's")]
    Unmarked { link: LinkName },
    #[error("cannot listen to what others change")]
    Listen(#[source] std::io::Error),
    #[error("link {link} is up and carries nothing")]
    Unready { link: LinkName },
}

/// What failed for one object; everything else went on.
#[derive(Debug)]
pub struct Failure {
    /// The id of the VPC, the NAT gateway or the instance; `edge`; `home`.
    pub object: String,
    pub source: Error,
}

/// What a pass did.
#[derive(Debug, Default)]
pub struct Pass {
    /// Requests to the kernel that change anything.
    pub changes: u64,
    pub failures: Vec<Failure>,
    /// Those for which something failed, or about which something failed that was reported for another.
    blamed: BTreeSet<NamespaceId>,
}

impl Pass {
    fn fail<E: Into<Error>>(&mut self, id: &NamespaceId, errors: impl IntoIterator<Item = E>) {
        for error in errors {
            self.failures.push(Failure { object: id.to_string(), source: error.into() });
            self.blame(id);
        }
    }

    fn blame(&mut self, id: &NamespaceId) {
        self.blamed.insert(id.clone());
    }

    fn blames(&self, id: &NamespaceId) -> bool {
        self.blamed.contains(id)
    }

    /// Counts the changes or reports what failed.
    fn take(&mut self, id: &NamespaceId, result: Result<u64, Vec<impl Into<Error>>>) {
        match result {
            Ok(changes) => self.changes += changes,
            Err(errors) => self.fail(id, errors),
        }
    }
}

/// Where a node's objects are and whose they are.
#[derive(Debug, Clone)]
pub struct Place {
    /// Eight hexadecimal digits that mark this node's objects on a machine that several nodes may share.
    pub tag: String,
    /// `/run/culvert`: which instances are ours, and what is known of them until the machine restarts.
    pub run_dir: PathBuf,
    /// Scripts and logs of main processes are under `instances` in it.
    pub data_dir: PathBuf,
    /// As whom main processes run.
    pub user: User,
}

/// The kernel of this node, as far as it is ours.
pub struct Kernel {
    records: Records,
    site: Arc<Site>,
    home: File,
    spaces: BTreeMap<NamespaceId, Known>,
    /// The last of those that were forgotten in turn.
    turn: Option<NamespaceId>,
    /// Whether all namespaces of ours are known, not only those in the map.
    listed: bool,
    /// The instances that were ours when they were listed.
    recorded: Vec<String>,
    /// The other namespaces that were ours when they were listed.
    strays: BTreeSet<NamespaceId>,
    /// The lowest device number that no link had in any namespace of ours but instances': both ends of a pair are told
    /// by their numbers, so these are given once.
    next_index: u32,
    watches: Watches,
    children: process::Children,
}

/// A namespace that is known.
struct Known {
    space: Space,
    /// What it was made to hold, unless that may not be so any more.
    done: Option<Plan>,
}

/// What is wanted of one namespace. Equal pointers need no look at what they point to.
#[derive(Clone)]
enum Plan {
    Network(Arc<Namespace>),
    Instance(Arc<Instance>),
}

impl Plan {
    fn of(want: &NodeConfig, id: &NamespaceId) -> Option<Plan> {
        match id {
            NamespaceId::Instance(name) => want.instances.get(name).cloned().map(Plan::Instance),
            _ => want.namespaces.get(id).cloned().map(Plan::Network),
        }
    }

    fn namespace(&self) -> &Namespace {
        match self {
            Plan::Network(it) => it,
            Plan::Instance(it) => &it.namespace,
        }
    }

    fn is(&self, other: &Plan) -> bool {
        match (self, other) {
            (Plan::Network(one), Plan::Network(other)) => Arc::ptr_eq(one, other),
            (Plan::Instance(one), Plan::Instance(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// All that is planned, with its ids.
fn planned(want: &NodeConfig) -> impl Iterator<Item = (NamespaceId, Plan)> {
    let networks = want.namespaces.iter().map(|(id, it)| (id.clone(), Plan::Network(it.clone())));
    let instances = want.instances.iter();
    networks.chain(instances.map(|(id, it)| (NamespaceId::Instance(id.clone()), Plan::Instance(it.clone()))))
}

/// The planned other end of a link.
fn end<'a>(want: &'a NodeConfig, id: &NamespaceId, name: &str, link: &Link) -> Option<&'a Link> {
    let other = match &link.peer.namespace {
        NamespaceId::Instance(id) => &want.instances.get(id)?.namespace,
        id => want.namespaces.get(id)?,
    };
    other.links.get(&link.peer.link).filter(|it| it.peer.namespace == *id && it.peer.link == name)
}

impl Kernel {
    /// Knows nothing yet; the first pass looks. The calling thread's network namespace becomes home: passes must run
    /// in it.
    pub fn open(place: Place) -> Result<Kernel, Error> {
        let directory = place.run_dir.join(&place.tag);
        let site = Site { tag: place.tag.clone(), directory, removals: Mutex::default() };
        Ok(Kernel {
            records: Records::open(place)?,
            site: Arc::new(site),
            home: namespace::home()?,
            spaces: BTreeMap::new(),
            turn: None,
            listed: false,
            recorded: Vec::new(),
            strays: BTreeSet::new(),
            next_index: FIRST_INDEX,
            watches: Watches::new().map_err(Error::Listen)?,
            children: process::Children::default(),
        })
    }

    /// How this node's namespaces are found.
    pub fn site(&self) -> Arc<Site> {
        self.site.clone()
    }

    /// Throws away what is known of the kernel, so that the next pass looks at all of it.
    pub fn forget(&mut self) {
        self.spaces.clear();
        self.listed = false;
    }

    /// Throws away what is known of the next namespaces in turn, so that the next pass looks at these. Says whether all
    /// have had their turn; then the next pass also looks which there are.
    pub fn forget_some(&mut self, count: usize) -> bool {
        let rest = match self.turn.take() {
            Some(last) => self.spaces.range((Bound::Excluded(last), Bound::Unbounded)),
            None => self.spaces.range::<NamespaceId, _>(..),
        };
        let next: Vec<_> = rest.take(count).map(|(id, _)| id.clone()).collect();
        for id in &next {
            self.spaces.remove(id);
        }
        let over = next.len() < count;
        self.turn = next.into_iter().last().filter(|_| !over);
        self.listed &= !over;
        over
    }

    /// How many namespaces are known.
    pub fn known(&self) -> usize {
        self.spaces.len()
    }

    /// Removes everything that bears this tag, running processes included.
    pub fn remove_all(&mut self) -> Pass {
        self.forget();
        let mut pass = self.realise(&NodeConfig::default());
        self.sweep(&mut pass);
        if pass.failures.is_empty() {
            self.records.remove_tag();
        }
        pass
    }

    /// Makes the kernel hold what is wanted, as far as it lets us.
    pub fn realise(&mut self, want: &NodeConfig) -> Pass {
        let mut pass = Pass::default();
        self.children.reap();
        self.meet(want, &mut pass);
        let down = self.ending(want);
        let mut changed = self.changed(want, &down);

        let unprotected = self.protect(want, &changed, &mut pass);
        for id in changed.clone() {
            self.clear(&id, want, &down, &mut changed, &mut pass);
        }
        self.end_instances(&down, &mut pass);
        self.end_networks(want, &mut pass);

        self.begin_instances(want, &mut pass);
        for id in changed.clone() {
            self.create_links(&id, want, &unprotected, &mut changed, &mut pass);
        }
        // Those behind come before those in front of them, so that what is let in finds its way.
        for id in changed.iter().rev().filter(|id| !unprotected.contains(*id)) {
            self.fill(id, want, &mut pass);
        }
        self.confirm(&changed, want, &mut pass);
        self.start_processes(want, &changed, &mut pass);
        self.settle(&pass);
        pass
    }

    /// Whether links wait to be swept away: how many.
    pub fn leaving(&self) -> usize {
        self.spaces.values().map(|it| it.space.links.leaving.len()).sum()
    }

    /// The removal of the links that passes have put down for good. Slow: some 20 ms a namespace, however many they are,
    /// in which nobody else can change links, but all else.
    pub fn begin_sweep(&mut self, pass: &mut Pass) -> Vec<Sweep> {
        let mut sweeps = Vec::new();
        for (id, known) in &mut self.spaces {
            match known.space.begin_sweep(&self.home) {
                Ok(sweep) => sweeps.extend(sweep),
                Err(error) => pass.fail(id, [error]),
            }
        }
        self.settle(pass);
        sweeps
    }

    /// Takes note of how removals have ended.
    pub fn end_sweep(&mut self, swept: Vec<Swept>, pass: &mut Pass) {
        for swept in swept {
            let id = swept.id.clone();
            if let Some(known) = self.spaces.get_mut(&id) {
                pass.take(&id, known.space.end_sweep(swept));
            }
        }
        self.settle(pass);
    }

    /// Removes the links that passes have put down for good, and waits for it.
    pub fn sweep(&mut self, pass: &mut Pass) {
        let sweeps = self.begin_sweep(pass);
        self.end_sweep(sweeps.into_iter().map(Sweep::run).collect(), pass);
    }

    /// A descriptor that turns readable when `notice` has something to look at.
    pub fn watched(&self) -> BorrowedFd<'_> {
        self.watches.fd()
    }

    /// Looks whether others have changed firewalls, which is not told. Says whether the next pass looks at any.
    pub fn look(&mut self) -> bool {
        let known = self.spaces.len();
        self.spaces.retain(|_, it| !it.space.is_firewall_stale());
        self.spaces.len() < known
    }

    /// Takes notice of what others have done to namespaces of ours. Says whether anything is not as it was left: then
    /// the next pass looks at it.
    pub fn notice(&mut self) -> bool {
        let known = self.spaces.len();
        loop {
            let heard = self.watches.heard();
            if heard.is_empty() {
                return self.spaces.len() < known;
            }
            self.spaces.retain(|_, it| !heard.contains(&it.space.number) || !it.space.has_heard_of_damage());
        }
    }

    /// Opens every wanted namespace that is not an instance's, the node's own also if something of ours may be left
    /// in it, and of instances' those that are there.
    fn meet(&mut self, want: &NodeConfig, pass: &mut Pass) {
        let mut unknown: Vec<_> = want.namespaces.keys().filter(|id| !self.spaces.contains_key(*id)).cloned().collect();
        if !self.listed {
            let names = namespace::observe(&self.site.prefix());
            self.strays = names.iter().map(|name| self.site.owner(name)).collect();
            self.recorded = self.records.list();
            if !self.spaces.contains_key(&NamespaceId::Home) && !want.namespaces.contains_key(&NamespaceId::Home) {
                unknown.push(NamespaceId::Home);
            }
            self.listed = true;
        }
        // Instances that are not wanted, or in another launch, end below; they need no space for that.
        for (name, instance) in &want.instances {
            let id = NamespaceId::Instance(name.clone());
            if !self.spaces.contains_key(&id) && self.is_complete(name, instance.launch) {
                unknown.push(id);
            }
        }
        for id in unknown {
            match Space::open(&id, &self.site, &self.home, pass) {
                Ok(space) => self.know(id, space, pass),
                Err(error) => pass.fail(&id, [error]),
            }
        }
    }

    fn know(&mut self, id: NamespaceId, mut space: Space, pass: &mut Pass) {
        pass.fail(&id, space.listen(&mut self.watches).err().map(Error::Listen));
        if !matches!(id, NamespaceId::Instance(_) | NamespaceId::Home) {
            self.next_index = self.next_index.max(space.links.next);
        }
        self.spaces.insert(id, Known { space, done: None });
    }

    /// Whether the instance is there as it was made for this launch.
    fn is_complete(&self, name: &str, launch: u32) -> bool {
        self.records.launch(name) == Some(launch) && namespace::find(name) == Found::Namespace
    }

    /// The instances of ours that are gone from the plan or were started again since.
    fn ending(&mut self, want: &NodeConfig) -> BTreeSet<NamespaceId> {
        let known = self.spaces.keys().filter_map(|id| match id {
            NamespaceId::Instance(name) => Some(name),
            _ => None,
        });
        let recorded = std::mem::take(&mut self.recorded);
        let unknown = want.instances.keys();
        let unknown = unknown.filter(|name| !self.spaces.contains_key(&NamespaceId::Instance((*name).clone())));
        let ends = |id: &NamespaceId, name: &str| {
            let done = self.spaces.get(id).and_then(|it| it.done.as_ref());
            match (want.instances.get(name), done) {
                (None, _) => true,
                (Some(want), Some(Plan::Instance(done))) => want.launch != done.launch,
                (Some(want), _) => self.records.exists(name) && !self.is_complete(name, want.launch),
            }
        };
        let candidates = known.chain(unknown).cloned().chain(recorded).map(NamespaceId::Instance);
        candidates.filter(|id| ends(id, &id.to_string())).collect()
    }

    /// What to look at: namespaces whose plan has changed, and those from which a link leads to a changed one that is
    /// not as it was, since a pair is made from its lesser end.
    fn changed(&self, want: &NodeConfig, down: &BTreeSet<NamespaceId>) -> BTreeSet<NamespaceId> {
        let mut changed = BTreeSet::new();
        for (id, plan) in planned(want) {
            let done = self.spaces.get(&id).and_then(|it| it.done.as_ref()).filter(|_| !down.contains(&id));
            if done.is_some_and(|done| done.is(&plan)) {
                continue;
            }
            let none = OrdMap::new();
            let before = done.map_or(&none, |it| &it.namespace().links);
            let ends = differences(before, &plan.namespace().links).flat_map(|(_, was, is)| [was, is]).flatten();
            changed.extend(ends.map(|it| &it.peer.namespace).filter(|it| **it < id).cloned());
            changed.insert(id);
        }
        for (id, known) in &self.spaces {
            if Plan::of(want, id).is_none() || down.contains(id) {
                let links = known.done.iter().flat_map(|it| it.namespace().links.values());
                changed.extend(links.map(|it| &it.peer.namespace).filter(|it| *it < id).cloned());
            }
        }
        if self.spaces.contains_key(&NamespaceId::Home) && !want.namespaces.contains_key(&NamespaceId::Home) {
            changed.insert(NamespaceId::Home);
        }
        changed.retain(|id| *id == NamespaceId::Home || Plan::of(want, id).is_some());
        changed
    }

    /// Makes the firewalls what is wanted; gives those that are not. New links stay away from these.
    fn protect(
        &mut self,
        want: &NodeConfig,
        changed: &BTreeSet<NamespaceId>,
        pass: &mut Pass,
    ) -> BTreeSet<NamespaceId> {
        let mut unprotected = BTreeSet::new();
        for id in changed {
            let (Some(plan), Some(known)) = (Plan::of(want, id), self.spaces.get_mut(id)) else { continue };
            let protected = known.space.protect(plan.namespace());
            if protected.is_err() {
                unprotected.insert(id.clone());
            }
            pass.take(id, protected);
        }
        unprotected
    }

    /// Takes away from a namespace what is not wanted in it, its unwanted links among that.
    fn clear(
        &mut self,
        id: &NamespaceId,
        want: &NodeConfig,
        down: &BTreeSet<NamespaceId>,
        changed: &mut BTreeSet<NamespaceId>,
        pass: &mut Pass,
    ) {
        let plan = Plan::of(want, id).unwrap_or_else(|| Plan::Network(Arc::default()));
        let Some(known) = self.spaces.get(id).filter(|_| !down.contains(id)) else { return };
        let suspects = self.suspects(id, &plan, want, down, changed);
        let gone = suspects.iter().filter_map(|name| Some((*name, known.space.links.ours.get(*name)?)));
        let gone = gone.filter(|(name, held)| !self.stays(id, name, held, want, down, pass));
        let gone: Vec<_> = gone.map(|(name, held)| (name.clone(), held.clone())).collect();
        // The other ends go with them.
        let mut others = BTreeSet::new();
        for (name, held) in &gone {
            for plan in [Some(&plan), known.done.as_ref()].into_iter().flatten() {
                let Some(peer) = plan.namespace().links.get(name).map(|it| &it.peer) else { continue };
                let other = self.spaces.get(&peer.namespace).and_then(|it| it.space.links.ours.get(&peer.link));
                if other.is_some_and(|other| is_pair(held, other)) {
                    others.insert(peer.clone());
                }
            }
        }

        let gone: Vec<_> = gone.into_iter().map(|(name, _)| name).collect();
        let Some(known) = self.spaces.get_mut(id) else { return };
        pass.take(id, known.space.clear(plan.namespace(), &gone, &self.home));
        for other in others.into_iter().filter(|it| !down.contains(&it.namespace)) {
            let Some(known) = self.spaces.get_mut(&other.namespace) else { continue };
            pass.take(&other.namespace, known.space.drop_links(&[other.link], &self.home));
            known.done = None;
            changed.insert(other.namespace);
        }
    }

    /// The links of a namespace that may have to go: those of which either end is not wanted as it was. Where it is not
    /// known how it was, all.
    fn suspects<'a>(
        &'a self,
        id: &NamespaceId,
        plan: &'a Plan,
        want: &'a NodeConfig,
        down: &BTreeSet<NamespaceId>,
        changed: &BTreeSet<NamespaceId>,
    ) -> BTreeSet<&'a LinkName> {
        let Some(known) = self.spaces.get(id) else { return BTreeSet::new() };
        let Some(done) = &known.done else { return known.space.links.ours.keys().collect() };
        let own = differences(&done.namespace().links, &plan.namespace().links).map(|(name, ..)| name);
        let others = changed.iter().chain(down).filter(|it| *it != id);
        let others = others.flat_map(|it| {
            let done = self.spaces.get(it).and_then(|it| it.done.as_ref()).map(Plan::namespace);
            let network = want.namespaces.get(it).map(Arc::as_ref);
            let instance = || want.instances.get(&it.to_string()).map(|it| &it.namespace);
            [done, network.or_else(instance)].into_iter().flatten()
        });
        let others = others.flat_map(|it| it.links.values()).filter(|it| it.peer.namespace == *id);
        own.chain(others.map(|it| &it.peer.link)).collect()
    }

    /// Whether a link is as it is wanted, and the pair that it is an end of too.
    fn stays(
        &self,
        id: &NamespaceId,
        name: &str,
        held: &Held,
        want: &NodeConfig,
        down: &BTreeSet<NamespaceId>,
        pass: &Pass,
    ) -> bool {
        let Some(plan) = Plan::of(want, id) else { return false };
        let Some(link) = plan.namespace().links.get(name) else { return false };
        let Some(other_link) = end(want, id, name, link) else { return false };
        if link.mac != held.mac || down.contains(&link.peer.namespace) {
            return false;
        }
        match self.spaces.get(&link.peer.namespace) {
            // One that is there and could not be looked at keeps what it has.
            None => pass.blames(&link.peer.namespace),
            Some(known) => {
                let other = known.space.links.ours.get(&link.peer.link);
                other.is_some_and(|other| is_pair(held, other) && other.mac == other_link.mac)
            }
        }
    }

    fn end_instances(&mut self, down: &BTreeSet<NamespaceId>, pass: &mut Pass) {
        if down.is_empty() {
            return;
        }
        for id in down {
            self.spaces.remove(id);
        }
        let endings: Vec<_> = down.iter().map(|id| self.records.ending(&id.to_string())).collect();
        let ended = process::end(&endings, &mut self.children);
        pass.changes += ended.count;
        for id in down {
            let name = id.to_string();
            if ended.unfinished.contains(&name) {
                // Its namespace and its record stay, since by them the next pass finds what is left.
                pass.fail(id, [process::Error::Unfinished(name)]);
                self.listed = false;
                continue;
            }
            let removed = namespace::remove(&name).map_err(Error::from);
            match removed.and_then(|()| self.records.remove(&name).map_err(Error::from)) {
                Ok(()) => pass.changes += 1,
                Err(error) => {
                    pass.fail(id, [error]);
                    self.listed = false;
                }
            }
        }
    }

    /// Removes the namespaces that are not wanted. Their firewalls stay as they are to the end; the links in them go
    /// with them, but not at once, so the namespaces on the other sides let go of them on their own.
    fn end_networks(&mut self, want: &NodeConfig, pass: &mut Pass) {
        let strays = std::mem::take(&mut self.strays);
        let known = self.spaces.keys().filter(|id| !matches!(id, NamespaceId::Instance(_))).cloned().chain(strays);
        let gone: BTreeSet<_> = known.filter(|id| !want.namespaces.contains_key(id)).collect();
        for id in gone {
            let Some(name) = self.site.name(&id) else {
                self.leave_home(pass);
                continue;
            };
            // The conversations go first, since a socket keeps its namespace alive.
            self.spaces.remove(&id);
            match namespace::remove(&name) {
                Ok(()) => pass.changes += 1,
                Err(error) => {
                    pass.fail(&id, [error]);
                    self.listed = false;
                }
            }
        }
    }

    /// Takes away what is ours in the node's own namespace besides links and routes, which are gone by now.
    fn leave_home(&mut self, pass: &mut Pass) {
        let Some(known) = self.spaces.get_mut(&NamespaceId::Home) else { return };
        let nothing = Namespace::default();
        pass.take(&NamespaceId::Home, known.space.protect(&nothing));
        pass.take(&NamespaceId::Home, known.space.fill(&nothing, &self.home));
        if pass.blames(&NamespaceId::Home) {
            self.listed = false;
        } else if known.space.links.leaving.is_empty() && known.space.links.sweeping.is_empty() {
            self.spaces.remove(&NamespaceId::Home);
        }
    }

    fn begin_instances(&mut self, want: &NodeConfig, pass: &mut Pass) {
        for (name, instance) in &want.instances {
            let id = NamespaceId::Instance(name.clone());
            // One that could not be ended would begin in what is left of its earlier launch.
            if self.spaces.contains_key(&id) || pass.blames(&id) {
                continue;
            }
            let begun = self.records.begin(name).map_err(Error::from).and_then(|()| {
                let space = Space::open(&id, &self.site, &self.home, pass)?;
                self.records.set_launch(name, instance.launch)?;
                Ok(space)
            });
            match begun {
                Ok(space) => self.know(id, space, pass),
                Err(error) => pass.fail(&id, [error]),
            }
        }
    }

    /// Makes the links that a namespace lacks and that are its to make.
    fn create_links(
        &mut self,
        id: &NamespaceId,
        want: &NodeConfig,
        unprotected: &BTreeSet<NamespaceId>,
        changed: &mut BTreeSet<NamespaceId>,
        pass: &mut Pass,
    ) {
        let Some(plan) = Plan::of(want, id) else { return };
        let Some(known) = self.spaces.get(id) else { return };
        let ours = &known.space.links.ours;
        let missing = plan.namespace().links.iter();
        let missing = missing.filter(|(name, link)| *id < link.peer.namespace && !ours.contains_key(*name));
        if unprotected.contains(id) {
            for (_, link) in missing {
                let waiting = Error::Waiting { link: link.peer.link.clone(), other: id.clone() };
                pass.fail(&link.peer.namespace, [waiting]);
            }
            return;
        }
        let mut pairs = Vec::new();
        for (name, link) in missing {
            let other = &link.peer.namespace;
            if !name.starts_with(&self.site.link_prefix(id)) {
                pass.fail(id, [Error::Unmarked { link: name.clone() }]);
            } else if let Some(there) = end(want, id, name, link) {
                match self.spaces.contains_key(other) && !unprotected.contains(other) {
                    true => pairs.push((name, link, there)),
                    false => pass.fail(id, [Error::Waiting { link: name.clone(), other: other.clone() }]),
                }
            } else {
                pass.fail(id, [Error::OneEnded { link: name.clone() }]);
            }
        }
        if pairs.is_empty() {
            return;
        }
        self.make_way(id, &pairs, pass);

        let Some(mut known) = self.spaces.remove(id) else { return };
        for chunk in pairs.chunks(PAIRS_PER_REQUEST_MAX) {
            self.create_pairs(id, &mut known.space, chunk, changed, pass);
        }
        if *id == NamespaceId::Home {
            pass.fail(id, known.space.observe_links().err());
            self.tell_numbers(&known.space, &pairs);
        }
        self.spaces.insert(id.clone(), known);
    }

    /// Makes sure that the names of new links are free on both sides.
    fn make_way(&mut self, id: &NamespaceId, pairs: &[(&LinkName, &Link, &Link)], pass: &mut Pass) {
        let mut taken = false;
        for (name, link, _) in pairs {
            if let Some(known) = self.spaces.get_mut(&link.peer.namespace) {
                // An end whose other end is elsewhere: its namespace was lost.
                let orphan = [link.peer.link.clone()];
                pass.take(&link.peer.namespace, known.space.drop_links(&orphan, &self.home));
                taken |= known.space.links.is_to_go(&link.peer.link);
            }
            taken |= self.spaces.get(id).is_some_and(|it| it.space.links.is_to_go(name));
        }
        if taken {
            for (id, known) in &mut self.spaces {
                pass.take(id, known.space.sweep(&self.home));
            }
        }
    }

    /// Makes pairs, `space` being that of the ends that are made.
    fn create_pairs(
        &mut self,
        id: &NamespaceId,
        space: &mut Space,
        pairs: &[(&LinkName, &Link, &Link)],
        changed: &mut BTreeSet<NamespaceId>,
        pass: &mut Pass,
    ) {
        let (mut requests, mut namespaces, mut made) = (Vec::new(), Vec::new(), Vec::new());
        for (name, link, other) in pairs.iter().copied() {
            let peer = &link.peer;
            let opened = self.site.name(&peer.namespace).map(|name| namespace::open(&name));
            let (Some(known), Some(opened)) = (self.spaces.get_mut(&peer.namespace), opened) else { continue };
            let there = match opened {
                Ok(there) => there,
                Err(error) => {
                    pass.fail(&peer.namespace, [error]);
                    continue;
                }
            };
            let number = |next: &mut u32| {
                *next += 1;
                *next - 1
            };
            // The node's own namespace is not ours to number, and the kernel numbers both ends or neither. In an
            // instance others may have numbered links too.
            let (here_index, there_index) = match (id, &peer.namespace) {
                (NamespaceId::Home, _) => (0, 0),
                (_, NamespaceId::Instance(_)) => (number(&mut self.next_index), number(&mut known.space.links.next)),
                _ => (number(&mut self.next_index), number(&mut self.next_index)),
            };
            let here_end = End { name, index: here_index, link };
            let there_end = End { name: &peer.link, index: there_index, link: other };
            requests.push(link::create(&here_end, &there_end, there.as_fd()));
            namespaces.push(there);
            made.push((name, link, here_index, other, there_index));
        }
        let failures = space.ask(&requests, &self.home);
        pass.changes += requests.len() as u64;
        let failed: BTreeSet<String> = failures
            .iter()
            .filter_map(|error| match error {
                Error::Netlink(error) => Some(error.object().to_string()),
                _ => None,
            })
            .collect();
        for (name, link, here, other, there) in made {
            let Some(known) = self.spaces.get_mut(&link.peer.namespace) else { continue };
            known.done = None;
            changed.insert(link.peer.namespace.clone());
            if failed.contains(name) {
                pass.fail(&link.peer.namespace, [Error::Unmade { link: link.peer.link.clone() }]);
            } else {
                space.add_link(name, link, here, there);
                known.space.add_link(&link.peer.link, other, there, here);
            }
        }
        pass.fail(id, failures);
    }

    /// Records of the other ends of new links the numbers that the kernel has chosen.
    fn tell_numbers(&mut self, space: &Space, pairs: &[(&LinkName, &Link, &Link)]) {
        for (name, link, _) in pairs {
            let Some(held) = space.links.ours.get(*name) else { continue };
            let other = self.spaces.get_mut(&link.peer.namespace);
            if let Some(other) = other.and_then(|it| it.space.links.ours.get_mut(&link.peer.link)) {
                (other.index, other.peer) = (held.peer, held.index);
                self.next_index = self.next_index.max(held.peer + 1);
            }
        }
    }

    /// Adds what a namespace lacks.
    fn fill(&mut self, id: &NamespaceId, want: &NodeConfig, pass: &mut Pass) {
        let (Some(plan), Some(known)) = (Plan::of(want, id), self.spaces.get_mut(id)) else { return };
        pass.take(id, known.space.fill(plan.namespace(), &self.home));
        known.space.hush();
        if let (NamespaceId::Instance(name), Plan::Instance(instance)) = (id, &plan) {
            match self.records.write_files(name, instance) {
                Ok(changes) => pass.changes += changes,
                Err(error) => pass.fail(id, [error]),
            }
        }
        known.done = Some(plan);
    }

    /// Makes sure that what was put up carries packets, from the first one on.
    fn confirm(&mut self, changed: &BTreeSet<NamespaceId>, want: &NodeConfig, pass: &mut Pass) {
        let mut pairs: BTreeMap<NamespaceId, BTreeMap<LinkName, Peer>> = BTreeMap::new();
        for id in changed {
            let (Some(plan), Some(known)) = (Plan::of(want, id), self.spaces.get(id)) else { continue };
            for (name, _) in known.space.links.ours.iter().filter(|(_, it)| it.up && !it.ready) {
                let Some(peer) = plan.namespace().links.get(name).map(|it| &it.peer) else { continue };
                let other = self.spaces.get(&peer.namespace).and_then(|it| it.space.links.ours.get(&peer.link));
                if other.is_some_and(|it| it.up) {
                    // Asked from the lesser end, which is never in an instance.
                    let this = Peer { namespace: id.clone(), link: name.clone() };
                    let (lesser, greater) =
                        if *id < peer.namespace { (this, peer.clone()) } else { (peer.clone(), this) };
                    pairs.entry(lesser.namespace).or_default().insert(lesser.link, greater);
                }
            }
        }
        for (id, pairs) in pairs {
            let Some(known) = self.spaces.get_mut(&id) else { continue };
            let unready = match known.space.ready(pairs.keys()) {
                Ok(unready) => unready,
                Err(error) => {
                    pass.fail(&id, [error]);
                    continue;
                }
            };
            for (name, other) in pairs {
                if unready.contains(&name) {
                    pass.fail(&other.namespace, [Error::Unready { link: other.link }]);
                    pass.fail(&id, [Error::Unready { link: name }]);
                    continue;
                }
                for (id, name) in [(&id, &name), (&other.namespace, &other.link)] {
                    let held = self.spaces.get_mut(id).and_then(|it| it.space.links.ours.get_mut(name));
                    held.into_iter().for_each(|it| it.ready = true);
                }
            }
        }
    }

    fn start_processes(&mut self, want: &NodeConfig, changed: &BTreeSet<NamespaceId>, pass: &mut Pass) {
        for id in changed {
            let NamespaceId::Instance(name) = id else { continue };
            let Some(instance) = want.instances.get(name).filter(|it| it.main.is_some() && !pass.blames(id)) else {
                continue;
            };
            if !self.spaces.contains_key(id) || self.records.has_started(name) {
                continue;
            }
            match self.records.start(name, instance, &mut self.children) {
                Ok(()) => pass.changes += 1,
                Err(error) => pass.fail(id, [error]),
            }
        }
    }

    /// Throws away what is known of that which failed; the next pass looks again.
    fn settle(&mut self, pass: &Pass) {
        self.spaces.retain(|id, _| !pass.blames(id));
    }
}

/// Whether these are the two ends of one pair, as their numbers say.
fn is_pair(one: &Held, other: &Held) -> bool {
    one.peer == other.index && other.peer == one.index
}
