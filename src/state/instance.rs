//! Instances: network sandboxes on a node.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, InstanceId, NodeId, ReservationId, VpcId};
use super::metadata::MetadataOptions;
use super::subnet::HostNameType;
use super::{Indexes, Moment, Row, belongs};

/// A network namespace on a node with interfaces, in which any process may run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub id: InstanceId,
    pub reservation: ReservationId,
    pub account: AccountId,
    pub region: Region,
    pub vpc: VpcId,
    pub zone: String,
    pub node: NodeId,
    pub image: String,
    pub instance_type: String,
    pub lifecycle: Lifecycle,
    /// Counts the starts, from 1.
    pub launch: u32,
    /// When it was last started.
    pub launched: Moment,
    /// When it last changed its life cycle.
    pub changed: Moment,
    /// Why it was stopped or terminated, with EC2's code and sentence.
    pub reason: Option<Reason>,
    /// The user data as base64, without line breaks.
    pub user_data: Option<String>,
    /// Its position among the instances of its reservation.
    pub launch_index: u32,
    pub protected_from_termination: bool,
    pub protected_from_stop: bool,
    pub terminates_on_shutdown: bool,
    pub client_token: Option<String>,
    /// What it was launched with; the pair itself may be gone.
    #[serde(default)]
    pub key: Option<InstanceKey>,
    /// The host name in its VPC's domain, without the domain.
    pub host_name: String,
    pub host_name_type: HostNameType,
    /// Whether the name made of the instance's id has an A record, and an AAAA record.
    pub a_record: bool,
    pub aaaa_record: bool,
    /// Whether it was launched for a node by name, which EC2 calls the tenancy `host`.
    pub host_tenancy: bool,
    pub created: Moment,
    /// The revision of State at which its node last had something to do for it; see [`super::State::revision`].
    #[serde(default)]
    pub placed: u64,
    #[serde(default)]
    pub metadata: MetadataOptions,
}

/// What the API wants of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifecycle {
    Running,
    Stopped,
    /// Kept for an hour, so that clients see the end.
    Terminated,
}

/// A key pair as an instance knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceKey {
    pub name: String,
    /// As in a file of authorized keys.
    pub public_key: String,
}

/// EC2's state reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    pub message: String,
}

/// The domain of private host names in a region; the first region has none in its name.
pub fn private_domain(region: &str) -> String {
    if region == "us-east-1" { "ec2.internal".to_owned() } else { format!("{region}.compute.internal") }
}

/// The domain of public host names in a region.
pub fn public_domain(region: &str) -> String {
    if region == "us-east-1" { "compute-1.amazonaws.com".to_owned() } else { format!("{region}.compute.amazonaws.com") }
}

/// The host name that is made of a private address.
pub fn host_name(address: Ipv4Addr) -> String {
    format!("ip-{}", address.to_string().replace('.', "-"))
}

/// The host name that is made of a public address.
pub fn public_host_name(address: Ipv4Addr) -> String {
    format!("ec2-{}", address.to_string().replace('.', "-"))
}

/// The architecture of the nodes, which run the same program as this server.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    }
}

impl Row for Instance {
    belongs!(InstanceId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        if self.lifecycle != Lifecycle::Terminated {
            indexes.instances_on_node.set((self.node, self.vpc, self.id), on);
            let others = indexes.instances_len_on_node.get(&self.node).copied().unwrap_or(0) - u64::from(!on);
            match others + u64::from(on) {
                0 => indexes.instances_len_on_node.remove(&self.node),
                len => indexes.instances_len_on_node.insert(self.node, len),
            };
        } else {
            indexes.terminated_instances.set((self.changed, self.id), on);
        }
    }
}
