//! Machines that run an agent.

use serde::{Deserialize, Serialize};

use super::id::NodeId;
use super::{Indexes, Moment, Row};

/// A machine whose agent makes its kernel hold what State says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    pub name: String,
    /// The availability zones that the node serves; none named means all.
    pub zones: Vec<String>,
    #[serde(default)]
    pub egress: Egress,
    pub created: Moment,
}

/// How far packets from and to public addresses go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Egress {
    /// To the node itself, and not beyond.
    #[default]
    Local,
    /// Through the node as they are: the network around it routes the public pools here.
    Routed,
    /// Through the node, on the way out behind the node's own address.
    Masquerade,
}

impl Node {
    /// Whether instances of this zone may be placed here.
    pub fn serves(&self, zone: &str) -> bool {
        self.zones.is_empty() || self.zones.iter().any(|it| it == zone)
    }
}

/// The mark of a node's kernel objects: the first eight digits of its id.
pub fn tag(node: NodeId) -> String {
    node.to_string()[2..10].to_owned()
}

impl Row for Node {
    type Key = NodeId;

    fn key(&self) -> NodeId {
        self.id
    }

    fn index(&self, _: &mut Indexes, _: bool) {}
}
