//! The pass: from what this node's kernel holds to what it should hold.
//!
//! The order is the promise "policy before packet". Firewalls change first, in one transaction a router: what leaves
//! is dead from then on, what comes is judged from its first packet. Then the old goes: routes, links, processes,
//! namespaces. Then the new comes: namespaces, links, what is inside instances, and last the routes to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;

use super::instance::{self, Records};
use super::link::{self, End, Held};
use super::namespace::{self, Found};
use super::netlink;
use super::process::{self, User};
use super::services;
use super::space::{Role, Space, same};
use super::sysctl;
use crate::plan::config::{Instance, Link, LinkName, Namespace, NodeConfig, Peer};

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
    Instance(#[from] instance::Error),
    #[error(transparent)]
    Process(#[from] process::Error),
    #[error(transparent)]
    Services(#[from] services::Error),
    #[error("the other end of link {link} is not planned on this node")]
    OneEnded { link: LinkName },
    #[error("link {link} waits for its instance {instance}")]
    NoInstance { link: LinkName, instance: String },
}

/// What failed for one object; everything else went on.
#[derive(Debug)]
pub struct Failure {
    /// The router's or the instance's id.
    pub object: String,
    pub source: Error,
}

/// What a pass did.
#[derive(Debug, Default)]
pub struct Pass {
    /// Requests to the kernel that change anything.
    pub changes: u64,
    pub failures: Vec<Failure>,
    /// Those about which something failed that was reported for another.
    blamed: BTreeSet<String>,
}

impl Pass {
    fn fail<E: Into<Error>>(&mut self, object: &str, errors: impl IntoIterator<Item = E>) {
        let failures = errors.into_iter().map(|error| Failure { object: object.to_string(), source: error.into() });
        self.failures.extend(failures);
    }

    fn blame(&mut self, object: &str) {
        self.blamed.insert(object.to_string());
    }

    fn blames(&self, object: &str) -> bool {
        self.blamed.contains(object) || self.failures.iter().any(|it| it.object == object)
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
    tag: String,
    home: File,
    routers: BTreeMap<String, Router>,
    instances: BTreeMap<String, Sandbox>,
    /// Whether all namespaces of ours are known, not only those in the two maps.
    listed: bool,
    /// The instances that were ours when they were listed.
    recorded: Vec<String>,
    /// The routers that were ours when they were listed.
    strays: BTreeSet<String>,
    children: process::Children,
}

struct Router {
    space: Space,
    done: Option<Arc<Namespace>>,
}

struct Sandbox {
    space: Space,
    done: Option<Arc<Instance>>,
}

impl Kernel {
    /// Knows nothing yet; the first pass looks. The calling thread's network namespace becomes home: passes must run
    /// in it.
    pub fn open(place: Place) -> Result<Kernel, Error> {
        let tag = place.tag.clone();
        Ok(Kernel {
            records: Records::open(place)?,
            tag,
            home: namespace::home()?,
            routers: BTreeMap::new(),
            instances: BTreeMap::new(),
            listed: false,
            recorded: Vec::new(),
            strays: BTreeSet::new(),
            children: process::Children::default(),
        })
    }

    /// Throws away what is known of the kernel, so that the next pass looks at all of it.
    pub fn forget(&mut self) {
        self.routers.clear();
        self.instances.clear();
        self.listed = false;
    }

    /// Removes everything that bears this tag, running processes included.
    pub fn remove_all(&mut self) -> Pass {
        self.forget();
        let pass = self.realise(&NodeConfig::default());
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
        let nothing = Arc::new(Namespace::default());

        let routers = self.changed_routers(want, &down);
        let mut open_gates = BTreeSet::new();
        for id in &routers {
            let namespace = want.routers.get(id).unwrap_or(&nothing);
            match self.routers.get_mut(id).map(|it| it.space.protect(namespace)) {
                None | Some(Ok(0)) => {}
                Some(Ok(changes)) => pass.changes += changes,
                // New links of a router stay away while its firewall is not what it should be.
                Some(Err(errors)) => {
                    pass.fail(id, errors);
                    open_gates.insert(id.clone());
                }
            }
        }
        for id in &routers {
            self.clear_router(id, want, &down, &mut pass);
        }
        self.end_instances(&down, &mut pass);
        self.end_routers(want, &mut pass);

        self.begin_instances(want, &mut pass);
        for id in routers.difference(&open_gates) {
            self.create_links(id, want, &mut pass);
        }
        self.fill_instances(want, &mut pass);
        for id in routers.difference(&open_gates) {
            let Some(namespace) = want.routers.get(id) else { continue };
            let home = &self.home;
            let Some(router) = self.routers.get_mut(id) else { continue };
            match router.space.fill(namespace, home) {
                Ok(changes) => pass.changes += changes,
                Err(errors) => pass.fail(id, errors),
            }
            router.done = Some(namespace.clone());
        }
        self.start_processes(want, &mut pass);
        self.settle(&pass);
        pass
    }

    /// Opens every wanted router, and every namespace of ours that may have to go.
    fn meet(&mut self, want: &NodeConfig, pass: &mut Pass) {
        let mut routers: BTreeSet<String> = want.routers.keys().cloned().collect();
        if !self.listed {
            let prefix = self.router_name("");
            let names = namespace::observe(&prefix);
            self.strays = names.iter().map(|name| name[prefix.len()..].to_string()).collect();
            routers.extend(self.strays.iter().cloned());
            self.recorded = self.records.list();
            self.listed = true;
        }
        for id in routers {
            if !self.routers.contains_key(&id) {
                match Space::open(&self.router_name(&id), Role::Router, &self.home, pass) {
                    Ok(space) => {
                        self.routers.insert(id, Router { space, done: None });
                    }
                    Err(error) => pass.fail(&id, [error]),
                }
            }
        }
        // Instances that are not wanted, or in another launch, end below; they need no space for that.
        for (id, instance) in &want.instances {
            let adopt = !self.instances.contains_key(id) && self.is_complete(id, instance.launch);
            if adopt {
                match Space::open(id, Role::Instance, &self.home, pass) {
                    Ok(space) => {
                        self.instances.insert(id.clone(), Sandbox { space, done: None });
                    }
                    Err(error) => pass.fail(id, [error]),
                }
            }
        }
    }

    /// Whether the instance is there as it was made for this launch.
    fn is_complete(&self, id: &str, launch: u32) -> bool {
        self.records.launch(id) == Some(launch) && namespace::find(id) == Found::Namespace
    }

    /// The instances of ours that are gone from the plan or were started again since.
    fn ending(&mut self, want: &NodeConfig) -> BTreeSet<String> {
        let recorded = std::mem::take(&mut self.recorded);
        let unknown = want.instances.keys().filter(|id| !self.instances.contains_key(*id));
        let candidates = self.instances.keys().chain(unknown).cloned().chain(recorded);
        let ends = |id: &String| match (want.instances.get(id), self.instances.get(id)) {
            (None, _) => true,
            (Some(want), Some(Sandbox { done: Some(done), .. })) => want.launch != done.launch,
            (Some(want), _) => self.records.exists(id) && !self.is_complete(id, want.launch),
        };
        candidates.filter(ends).collect()
    }

    /// The routers to look at: changed themselves, or on the other side of an instance that changed.
    fn changed_routers(&self, want: &NodeConfig, down: &BTreeSet<String>) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        for (id, router) in &self.routers {
            if want.routers.get(id).is_none_or(|want| !same(router.done.as_ref(), want)) {
                changed.insert(id.clone());
            }
        }
        for (id, instance) in &want.instances {
            let known = self.instances.get(id);
            if down.contains(id) || !known.is_some_and(|known| same(known.done.as_ref(), instance)) {
                let old = known.and_then(|known| known.done.as_ref());
                let links = [Some(instance), old].into_iter().flatten().flat_map(|it| it.namespace.links.values());
                changed.extend(links.filter_map(|link| match &link.peer {
                    Peer::Router(router, _) if self.routers.contains_key(router) => Some(router.clone()),
                    _ => None,
                }));
            }
        }
        changed
    }

    /// Takes away from a router what is not wanted in it, its unwanted links among that.
    fn clear_router(&mut self, id: &str, want: &NodeConfig, down: &BTreeSet<String>, pass: &mut Pass) {
        let nothing = Arc::new(Namespace::default());
        let namespace = want.routers.get(id).unwrap_or(&nothing);
        let Some(router) = self.routers.get_mut(id) else { return };
        let stays = |name: &LinkName, held: &Held| {
            let Some(link) = namespace.links.get(name) else { return false };
            let Peer::Instance(instance, inside) = &link.peer else { return false };
            let other = self.instances.get(instance).and_then(|it| it.space.links.ours.get(inside));
            let paired = other.is_some_and(|it| it.peer == held.index && it.index == held.peer);
            paired
                && link.mac == held.mac
                && !down.contains(instance)
                && other.map(|it| it.mac) == end(want, link).map(|it| it.mac)
        };
        let ours = &router.space.links.ours;
        let leaving: Vec<_> =
            ours.iter().filter(|(name, held)| !stays(name, held)).map(|(name, _)| name.clone()).collect();
        let gone: BTreeSet<u32> = leaving.iter().filter_map(|name| router.space.links.index(name)).collect();
        let peers: BTreeSet<u32> = leaving.iter().map(|name| ours[name].peer).collect();

        match router.space.clear(namespace, &leaving, &self.home) {
            Ok(changes) => pass.changes += changes,
            Err(errors) => pass.fail(id, errors),
        }
        if leaving.is_empty() {
            return;
        }
        // The other ends went with them. Numbers of links are those of a namespace, so only instances on this router
        // are looked at: those on another have links of the same numbers.
        let here = |instance: &Instance| {
            let mut peers = instance.namespace.links.values().map(|it| &it.peer);
            peers.any(|it| matches!(it, Peer::Router(router, _) if router == id))
        };
        for (name, sandbox) in &mut self.instances {
            let plans = [want.instances.get(name), sandbox.done.as_ref()];
            if !plans.into_iter().flatten().any(|it| here(it)) {
                continue;
            }
            let ours = &sandbox.space.links.ours;
            let ends = ours.iter().filter(|(_, it)| gone.contains(&it.peer) && peers.contains(&it.index));
            for name in ends.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
                sandbox.space.forget_link(&name);
                sandbox.done = None;
            }
        }
    }

    fn end_instances(&mut self, down: &BTreeSet<String>, pass: &mut Pass) {
        if down.is_empty() {
            return;
        }
        for id in down {
            self.instances.remove(id);
        }
        let endings: Vec<_> = down.iter().map(|id| self.records.ending(id)).collect();
        let ended = process::end(&endings, &mut self.children);
        pass.changes += ended.count;
        for id in down {
            if ended.unfinished.contains(id) {
                // Its namespace and its record stay, since by them the next pass finds what is left.
                pass.fail(id, [process::Error::Unfinished(id.clone())]);
                self.listed = false;
                continue;
            }
            let removed = namespace::remove(id).map_err(Error::from);
            match removed.and_then(|()| self.records.remove(id).map_err(Error::from)) {
                Ok(()) => pass.changes += 1,
                Err(error) => {
                    pass.fail(id, [error]);
                    self.listed = false;
                }
            }
        }
    }

    fn end_routers(&mut self, want: &NodeConfig, pass: &mut Pass) {
        // Also those that could not be opened, or they could never be removed.
        let strays = std::mem::take(&mut self.strays);
        let known = self.routers.keys().cloned().chain(strays);
        let gone: BTreeSet<_> = known.filter(|id| !want.routers.contains_key(id)).collect();
        for id in gone {
            // The conversations go first, since a socket keeps its namespace alive.
            self.routers.remove(&id);
            match namespace::remove(&self.router_name(&id)) {
                Ok(()) => pass.changes += 1,
                Err(error) => {
                    pass.fail(&id, [Error::from(error)]);
                    self.listed = false;
                }
            }
        }
    }

    fn begin_instances(&mut self, want: &NodeConfig, pass: &mut Pass) {
        for (id, instance) in &want.instances {
            // One that could not be ended would begin in what is left of its earlier launch.
            if self.instances.contains_key(id) || pass.blames(id) {
                continue;
            }
            let begun = self.records.begin(id).map_err(Error::from).and_then(|()| {
                let space = Space::open(id, Role::Instance, &self.home, pass)?;
                self.records.set_launch(id, instance.launch)?;
                Ok(space)
            });
            match begun {
                Ok(space) => {
                    self.instances.insert(id.clone(), Sandbox { space, done: None });
                }
                Err(error) => pass.fail(id, [error]),
            }
        }
    }

    /// Makes the links that a router lacks.
    fn create_links(&mut self, id: &str, want: &NodeConfig, pass: &mut Pass) {
        let Some(namespace) = want.routers.get(id) else { return };
        let Some(router) = self.routers.get_mut(id) else { return };
        let missing: Vec<_> =
            namespace.links.iter().filter(|(name, _)| !router.space.links.ours.contains_key(*name)).collect();
        for chunk in missing.chunks(PAIRS_PER_REQUEST_MAX) {
            let (mut requests, mut namespaces, mut made) = (Vec::new(), Vec::new(), Vec::new());
            for (name, link) in chunk.iter().copied() {
                let Peer::Instance(instance, inside) = &link.peer else { continue };
                let Some(other) = end(want, link) else {
                    pass.fail(id, [Error::OneEnded { link: name.clone() }]);
                    continue;
                };
                let Some(sandbox) = self.instances.get_mut(instance) else {
                    pass.fail(id, [Error::NoInstance { link: name.clone(), instance: instance.clone() }]);
                    continue;
                };
                // An end whose other end is elsewhere: its router was lost.
                if let Some(index) = sandbox.space.links.index(inside) {
                    let errors = sandbox.space.ask(&link::remove(&[(inside.clone(), index)]), &self.home);
                    pass.fail(instance, errors);
                    pass.changes += 1;
                    sandbox.space.forget_link(inside);
                }
                let there = match namespace::open(instance) {
                    Ok(there) => there,
                    Err(error) => {
                        pass.fail(instance, [Error::from(error)]);
                        continue;
                    }
                };
                let (here_index, there_index) = (router.space.links.next, sandbox.space.links.next);
                router.space.links.next += 1;
                sandbox.space.links.next += 1;
                let here_end = End { name, index: here_index, link };
                let there_end = End { name: inside, index: there_index, link: other };
                requests.push(link::create(&here_end, &there_end, there.as_fd()));
                namespaces.push(there);
                made.push((
                    instance,
                    inside,
                    held(link, here_index, there_index),
                    name,
                    held(other, there_index, here_index),
                ));
            }
            let failures = router.space.ask(&requests, &self.home);
            pass.changes += requests.len() as u64;
            let failed: BTreeSet<String> = failures
                .iter()
                .filter_map(|error| match error {
                    Error::Netlink(error) => Some(error.object().to_string()),
                    _ => None,
                })
                .collect();
            for (instance, inside, here, name, there) in made {
                let Some(sandbox) = self.instances.get_mut(instance) else { continue };
                sandbox.done = None;
                if failed.contains(name) {
                    pass.blame(instance);
                } else {
                    router.space.links.ours.insert(name.clone(), here);
                    sandbox.space.links.ours.insert(inside.clone(), there);
                }
            }
            pass.fail(id, failures);
        }
    }

    fn fill_instances(&mut self, want: &NodeConfig, pass: &mut Pass) {
        for (id, instance) in &want.instances {
            let Some(sandbox) = self.instances.get_mut(id) else { continue };
            if same(sandbox.done.as_ref(), instance) {
                continue;
            }
            // A link that its router no longer has goes from this side.
            let planned = &instance.namespace.links;
            let leaving: Vec<_> =
                sandbox.space.links.ours.keys().filter(|name| !planned.contains_key(*name)).cloned().collect();
            let cleared = sandbox.space.clear(&instance.namespace, &leaving, &self.home);
            let filled = cleared.and_then(|cleared| Ok(cleared + sandbox.space.fill(&instance.namespace, &self.home)?));
            match filled {
                Ok(changes) => pass.changes += changes,
                Err(errors) => pass.fail(id, errors),
            }
            sandbox.space.hush();
            match self.records.write_files(id, instance) {
                Ok(changes) => pass.changes += changes,
                Err(error) => pass.fail(id, [Error::from(error)]),
            }
        }
    }

    fn start_processes(&mut self, want: &NodeConfig, pass: &mut Pass) {
        for (id, instance) in &want.instances {
            let Some(sandbox) = self.instances.get_mut(id) else { continue };
            if same(sandbox.done.as_ref(), instance) || pass.blames(id) {
                continue;
            }
            sandbox.done = Some(instance.clone());
            if instance.main.is_none() || self.records.has_started(id) {
                continue;
            }
            match self.records.start(id, instance, &mut self.children) {
                Ok(()) => pass.changes += 1,
                Err(error) => pass.fail(id, [Error::from(error)]),
            }
        }
    }

    /// Throws away what is known of that which failed; the next pass looks again.
    fn settle(&mut self, pass: &Pass) {
        self.routers.retain(|id, _| !pass.blames(id));
        self.instances.retain(|id, _| !pass.blames(id));
    }

    fn router_name(&self, id: &str) -> String {
        format!("culvert-{}-{id}", self.tag)
    }
}

/// The planned other end of a router's link.
fn end<'a>(want: &'a NodeConfig, link: &Link) -> Option<&'a Link> {
    let Peer::Instance(instance, inside) = &link.peer else { return None };
    want.instances.get(instance)?.namespace.links.get(inside)
}

fn held(link: &Link, index: u32, peer: u32) -> Held {
    Held { index, mac: link.mac, mtu: link.mtu, up: false, peer }
}
