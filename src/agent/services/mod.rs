//! What routers answer by themselves: what names mean, and what instances are.
//!
//! A socket belongs to the namespace that it was made in. So it is made by a thread that goes into the router, and
//! served from then on by this process's other threads, which never go anywhere. It is bound whether or not its address
//! is there yet. What is answered is looked up in the State that was realised last.
//!
//! A workload decides how much it asks. So everything that it can make us hold is bounded: per source and in all.

mod allowance;
mod door;
mod forward;
mod metadata;
mod name_server;
#[cfg(test)]
mod tests;
mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use imbl::OrdMap;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::namespace;
use crate::plan::config::Services;
use crate::state::State;
use crate::state::id::{NodeId, VpcId};
use crate::state::node::tag;
use allowance::Allowance;
use door::Door;
use forward::Forwarder;
use name_server::NameServer;
use token::Tokens;

/// Connections of all workloads on this node that are open at a time.
const CONNECTIONS_MAX: usize = 4096;

/// Why a router does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Namespace(#[from] namespace::Error),
    #[error("cannot listen on {address} in the router")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
}

/// What the servers of all routers have in common.
struct Shared {
    node: NodeId,
    state: ArcSwap<State>,
    forwarder: Forwarder,
    tokens: Tokens,
    connections: Arc<Semaphore>,
}

/// The servers in all routers of this node.
pub struct Servers {
    shared: Arc<Shared>,
    routers: BTreeMap<VpcId, Router>,
    /// Whether the namespaces that are served are known to be those of the routers.
    looked: bool,
}

/// The servers in one router.
struct Router {
    /// What is served, if all of it is.
    done: Option<Arc<Services>>,
    /// The number by which the kernel knows the router's namespace.
    namespace: u64,
    names: Arc<NameServer>,
    allowance: Arc<Allowance>,
    running: BTreeMap<Place, Running>,
}

/// Where a server answers: its port says what it is.
type Place = SocketAddr;

const NAMES_PORT: u16 = 53;
const METADATA_PORT: u16 = 80;

/// A server; it ends some time after this is dropped.
struct Running {
    tasks: JoinSet<()>,
    _stop: watch::Sender<()>,
}

impl Running {
    /// Ends the server: then its place is free.
    fn end(mut self) {
        Handle::current().block_on(self.tasks.shutdown());
    }
}

impl Servers {
    /// Serves nothing yet. `resolver_file` names the node's own name servers.
    pub fn new(node: NodeId, resolver_file: PathBuf) -> Servers {
        let shared = Shared {
            node,
            state: ArcSwap::default(),
            forwarder: Forwarder::new(resolver_file),
            tokens: Tokens::new(),
            connections: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        };
        Servers { shared: Arc::new(shared), routers: BTreeMap::new(), looked: true }
    }

    /// Serves what is wanted and nothing else, and answers from this state on. Routers are there already, and those
    /// that are not wanted are gone. Blocks; wants the runtime's context.
    pub fn hold(&mut self, want: &OrdMap<VpcId, Arc<Services>>, state: &Arc<State>) -> Vec<(VpcId, Error)> {
        self.shared.state.store(state.clone());
        let (shared, looked) = (&self.shared, self.looked);
        let lost = |vpc: VpcId, router: &Router| {
            !looked && !namespace::inode(&name(shared.node, vpc)).is_ok_and(|it| it == router.namespace)
        };
        let gone = self.routers.iter().filter(|(vpc, router)| !want.contains_key(*vpc) || lost(**vpc, router));
        for vpc in gone.map(|it| *it.0).collect::<Vec<_>>() {
            if let Some(router) = self.routers.remove(&vpc) {
                router.running.into_values().for_each(Running::end);
            }
        }
        self.looked = true;

        let mut failures = Vec::new();
        for (vpc, services) in want {
            if !self.routers.contains_key(vpc) {
                match namespace::inode(&name(shared.node, *vpc)) {
                    Ok(namespace) => self.routers.insert(*vpc, Router::new(&self.shared, *vpc, namespace)),
                    Err(error) => {
                        failures.push((*vpc, error.into()));
                        continue;
                    }
                };
            }
            let router = self.routers.get_mut(vpc).expect("it was there or has come");
            if let Err(error) = router.hold(&self.shared, *vpc, services) {
                failures.push((*vpc, error));
            }
        }
        failures
    }

    /// Looks next time whether the routers are still those that are served.
    pub fn forget(&mut self) {
        self.looked = false;
    }
}

/// The name of a VPC's router.
fn name(node: NodeId, vpc: VpcId) -> String {
    format!("culvert-{}-{vpc}", tag(node))
}

impl Router {
    fn new(shared: &Arc<Shared>, vpc: VpcId, namespace: u64) -> Router {
        let allowance = Arc::new(Allowance::new());
        let names = Arc::new(NameServer::new(shared.clone(), vpc, allowance.clone()));
        Router { done: None, namespace, names, allowance, running: BTreeMap::new() }
    }

    /// Serves what is wanted and nothing else; what stays is not disturbed.
    fn hold(&mut self, shared: &Arc<Shared>, vpc: VpcId, want: &Arc<Services>) -> Result<(), Error> {
        if self.done.as_ref().is_some_and(|it| Arc::ptr_eq(it, want)) {
            return Ok(());
        }
        self.done = None;
        let resolvers = want.resolvers.iter().map(|it| Place::new(*it, NAMES_PORT));
        let metadata = want.metadata.iter().map(|it| Place::new(*it, METADATA_PORT));
        let wanted: BTreeSet<Place> = resolvers.chain(metadata).collect();
        let gone: Vec<Place> = self.running.keys().filter(|it| !wanted.contains(*it)).copied().collect();
        for place in gone {
            if let Some(running) = self.running.remove(&place) {
                running.end();
            }
        }
        let missing: Vec<Place> = wanted.into_iter().filter(|it| !self.running.contains_key(it)).collect();
        let home = namespace::home()?;
        let bind = || missing.into_iter().map(|it| (it, Sockets::bind(it))).collect::<Vec<_>>();
        for (place, sockets) in namespace::within(&name(shared.node, vpc), home.as_fd(), bind)? {
            let failed = |source| Error::Listen { address: place, source };
            let running = sockets.and_then(|it| self.serve(shared, vpc, it)).map_err(failed)?;
            self.running.insert(place, running);
        }
        self.done = Some(want.clone());
        Ok(())
    }

    fn serve(&self, shared: &Arc<Shared>, vpc: VpcId, sockets: Sockets) -> io::Result<Running> {
        let mut tasks = JoinSet::new();
        let (stop, stopped) = watch::channel(());
        let door = Door::new(sockets.connections, &shared.connections)?;
        match sockets.datagrams {
            Some(datagrams) => {
                let datagrams = tokio::net::UdpSocket::from_std(datagrams)?;
                tasks.spawn(name_server::serve_datagrams(self.names.clone(), datagrams));
                tasks.spawn(name_server::serve_connections(self.names.clone(), door));
            }
            None => {
                let service = metadata::Service { shared: shared.clone(), vpc, allowance: self.allowance.clone() };
                tasks.spawn(metadata::serve(service, door, stopped));
            }
        }
        Ok(Running { tasks, _stop: stop })
    }
}

/// The sockets of one server.
struct Sockets {
    connections: std::net::TcpListener,
    /// Of a name server.
    datagrams: Option<std::net::UdpSocket>,
}

impl Sockets {
    /// Makes them in the namespace of the calling thread.
    fn bind(place: Place) -> io::Result<Sockets> {
        let connections = door::connections(place)?;
        let datagrams = (place.port() == NAMES_PORT).then(|| door::datagrams(place)).transpose()?;
        Ok(Sockets { connections, datagrams })
    }
}
