//! HTTP in front of the cluster: authentication, the writer, health; what a call means is `ec2`'s duty.

mod admin;
mod api;
mod auth;
mod body;
mod bootstrap;
mod enforced;
mod explain;
mod file;
mod health;
mod metrics;
mod options;
mod sts;
mod vault;
mod writer;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) use bootstrap::Bootstrapped;
pub(crate) use enforced::Board;
pub(crate) use options::{Ack, Options, RootKey};

use crate::cluster::{self, Cluster, Replica};
use crate::ec2::realised::Report;
use crate::state::State;
use vault::Vault;

/// A server that serves.
pub(crate) struct Server {
    pub(crate) bootstrapped: Bootstrapped,
    pub(crate) states: watch::Receiver<Arc<State>>,
    /// Where agents report what they have realised.
    pub(crate) board: Arc<Board>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    stop: watch::Sender<bool>,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("cannot listen on {address}; --listen takes another address and port, such as 127.0.0.1:8774")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("cannot open the store in {directory}")]
    Store { directory: std::path::PathBuf, source: cluster::OpenError },
    #[error("cannot read the key that seals secrets, {path}")]
    SealingKey { path: std::path::PathBuf, source: std::io::Error },
    #[error(transparent)]
    Bootstrap(#[from] bootstrap::BootstrapError),
}

impl Server {
    /// Opens the store, makes what a first start makes, and serves.
    pub(crate) async fn start(options: Options) -> Result<Server, StartError> {
        let listener = TcpListener::bind(options.listen)
            .await
            .map_err(|source| StartError::Listen { address: options.listen, source })?;
        let replica = Arc::new(Replica::new());
        let states = replica.watch();
        let store = cluster::Options {
            data_dir: options.data_dir.clone(),
            node_id: 1,
            address: options.listen.to_string(),
            first_start: cluster::FirstStart::Found,
        };
        let directory = options.data_dir.clone();
        let cluster = Cluster::open(store, replica).await.map_err(|source| StartError::Store { directory, source })?;
        let cluster = Arc::new(cluster);
        let writer = writer::Writer::start(cluster.clone(), states.clone());
        let sealing_key = options.data_dir.join("sealing-key");
        let vault = Vault::open(&sealing_key).map_err(|source| StartError::SealingKey { path: sealing_key, source })?;
        let bootstrapped = bootstrap::bootstrap(&options, &writer, &states, &vault).await?;

        let board = Arc::new(Board::new());
        // The node of this process is waited for from the first call on, although its agent has yet to report.
        board.report(bootstrapped.node, Report::default());
        let api = Arc::new(api::Api::new(&options, cluster, states.clone(), writer, board.clone(), vault));
        let (stop, mut stopped) = watch::channel(false);
        let serving = axum::serve(listener, api::routes(api)).with_graceful_shutdown(async move {
            let _ = stopped.wait_for(|it| *it).await;
        });
        let serving = tokio::spawn(serving.into_future());
        Ok(Server { bootstrapped, states, board, serving, stop })
    }

    /// Answers the calls that are under way. The store needs no closing: what was acknowledged is on disk.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        // A client that keeps its connection open must not keep the server.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), self.serving).await;
    }
}
