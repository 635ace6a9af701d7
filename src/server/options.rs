//! What a server and its node are told when they start.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::net::Ipv4Net;
use crate::state::node::Egress;

/// The settings of `culvert up`, checked.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    /// The first is the one that printed instructions name.
    pub(crate) regions: Vec<String>,
    /// The zones that this node serves; none named means all.
    pub(crate) zones: Vec<String>,
    pub(crate) node_name: String,
    pub(crate) ack: Ack,
    pub(crate) instance_user: String,
    /// Where public addresses are taken from.
    pub(crate) public_pools: Vec<Ipv4Net>,
    pub(crate) egress: Egress,
    /// How much flow log records may take, in bytes.
    pub(crate) flow_logs_bytes: u64,
    /// Whether AWS's default quotas hold.
    pub(crate) quotas: bool,
    /// The root account's first key, where the user chose it.
    pub(crate) root_key: Option<RootKey>,
}

/// An access key that the user chose.
#[derive(Clone)]
pub(crate) struct RootKey {
    pub(crate) id: String,
    pub(crate) secret: Zeroizing<String>,
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey({})", self.id)
    }
}

/// When a mutating call is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ack {
    /// When the nodes that it concerns enforce it.
    Enforced,
    /// When it is on disk.
    Committed,
}
