//! What routers answer by themselves: what names mean, and what instances are.
//!
//! A socket belongs to the namespace that it was made in. So it is made by a thread that goes into the router, and
//! served from then on by this process's other threads, which never go anywhere. It is bound whether or not its address
//! is there yet. What is answered is looked up in the State that was realised last.
//!
//! A workload decides how much it asks. So everything that it can make us hold is bounded: per source and in all.

mod door;
mod forward;
mod metadata;
mod name_server;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::namespace;
use crate::plan::config::Services;
use crate::state::State;
use crate::state::id::{NodeId, VpcId};
use crate::state::node::tag;
use door::Door;
use forward::Forwarder;
use name_server::NameServer;
use token::Tokens;

/// Connections of all workloads on this node that are open at a time.
const CONNECTIONS_MAX: usize = 4096;

const NAMES_PORT: u16 = 53;
const METADATA_PORT: u16 = 80;

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

/// The servers of one router; they end when this is dropped.
struct Running {
    services: Arc<Services>,
    /// The number by which the kernel knows the router's namespace.
    namespace: u64,
    _tasks: JoinSet<()>,
    _stop: watch::Sender<()>,
}

/// The servers in all routers of this node.
pub struct Servers {
    shared: Arc<Shared>,
    running: BTreeMap<VpcId, Running>,
    /// Whether the namespaces that are served are known to be those of the routers.
    looked: bool,
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
        Servers { shared: Arc::new(shared), running: BTreeMap::new(), looked: true }
    }

    /// Serves what is wanted and nothing else, and answers from this state on. Routers are there already, and those
    /// that are not wanted are gone. Wants the runtime's context.
    pub fn hold(&mut self, want: &BTreeMap<VpcId, Arc<Services>>, state: &Arc<State>) -> Vec<(VpcId, Error)> {
        self.shared.state.store(state.clone());
        let (shared, looked) = (&self.shared, self.looked);
        self.running.retain(|vpc, running| {
            want.get(vpc).is_some_and(|it| Arc::ptr_eq(it, &running.services) || **it == *running.services)
                && (looked || namespace::inode(&router(shared.node, *vpc)).is_ok_and(|it| it == running.namespace))
        });
        self.looked = true;
        let mut failures = Vec::new();
        for (vpc, services) in want {
            if self.running.contains_key(vpc) {
                continue;
            }
            match start(&self.shared, *vpc, services) {
                Ok(running) => {
                    self.running.insert(*vpc, running);
                }
                Err(error) => failures.push((*vpc, error)),
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
fn router(node: NodeId, vpc: VpcId) -> String {
    format!("culvert-{}-{vpc}", tag(node))
}

/// The sockets of one router.
#[derive(Default)]
struct Sockets {
    names: Vec<(std::net::UdpSocket, std::net::TcpListener)>,
    metadata: Vec<std::net::TcpListener>,
}

impl Sockets {
    /// Makes them in the namespace of the calling thread.
    fn bind(services: &Services) -> Result<Sockets, Error> {
        let mut sockets = Sockets::default();
        let at = |address: &IpAddr, port| SocketAddr::new(*address, port);
        let failed = |address| move |source| Error::Listen { address, source };
        for address in services.resolvers.iter().map(|it| at(it, NAMES_PORT)) {
            let datagrams = door::datagrams(address).map_err(failed(address))?;
            sockets.names.push((datagrams, door::connections(address).map_err(failed(address))?));
        }
        for address in services.metadata.iter().map(|it| at(it, METADATA_PORT)) {
            sockets.metadata.push(door::connections(address).map_err(failed(address))?);
        }
        Ok(sockets)
    }
}

/// Serves in a router.
fn start(shared: &Arc<Shared>, vpc: VpcId, services: &Arc<Services>) -> Result<Running, Error> {
    let name = router(shared.node, vpc);
    let namespace = namespace::inode(&name)?;
    let home = namespace::home()?;
    let sockets = namespace::within(&name, home.as_fd(), || Sockets::bind(services))??;

    let mut tasks = JoinSet::new();
    let (stop, stopped) = watch::channel(());
    let registered = |source| Error::Listen { address: SocketAddr::new(services.metadata[0], 0), source };
    let open = |listener| Door::new(listener, &shared.connections).map_err(registered);
    let names = Arc::new(NameServer::new(shared.clone(), vpc));
    for (datagrams, connections) in sockets.names {
        let datagrams = tokio::net::UdpSocket::from_std(datagrams).map_err(registered)?;
        tasks.spawn(name_server::serve_datagrams(names.clone(), datagrams));
        tasks.spawn(name_server::serve_connections(names.clone(), open(connections)?));
    }
    for listener in sockets.metadata {
        tasks.spawn(metadata::serve(shared.clone(), vpc, open(listener)?, stopped.clone()));
    }
    Ok(Running { services: services.clone(), namespace, _tasks: tasks, _stop: stop })
}
