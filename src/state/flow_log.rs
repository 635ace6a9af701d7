//! Flow logs: who writes down what passed which interfaces, and where to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::account::Region;
use super::id::{AccountId, FlowLogId, InterfaceId, SubnetId, VpcId};
use super::network_interface::NetworkInterface;
use super::{Indexes, Moment, Row, State, belongs};

/// A flow log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowLog {
    pub id: FlowLogId,
    pub account: AccountId,
    pub region: Region,
    /// The VPC that the resource is, or lies in.
    pub vpc: VpcId,
    pub resource: Resource,
    pub traffic: Recorded,
    pub destination: Destination,
    /// What a record says, in this order; at least one field.
    pub format: Vec<LogField>,
    /// The longest time that one record may be about, in seconds: 60 or 600.
    pub interval: u16,
    pub created: Moment,
}

/// Whose interfaces are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Resource {
    Vpc(VpcId),
    Subnet(SubnetId),
    Interface(InterfaceId),
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Vpc(id) => id.fmt(f),
            Resource::Subnet(id) => id.fmt(f),
            Resource::Interface(id) => id.fmt(f),
        }
    }
}

/// Which packets are recorded: EC2's traffic type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recorded {
    Accepted,
    Rejected,
    All,
}

impl Recorded {
    /// Whether packets are recorded that were accepted, or that were not.
    pub fn includes(self, accepted: bool) -> bool {
        match self {
            Recorded::All => true,
            Recorded::Accepted => accepted,
            Recorded::Rejected => !accepted,
        }
    }
}

/// Where records are written to. The parts of names are such that they can be parts of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    Bucket {
        /// As it was given.
        arn: String,
        bucket: String,
        /// Without slashes around it; may be empty.
        prefix: String,
        /// Whether the directories are named as Hive names partitions: `year=2026`.
        hive: bool,
        /// Whether there is a directory for each hour.
        hourly: bool,
        /// Whether the options were given: they are shown then.
        options_given: bool,
    },
    LogGroup {
        group: String,
        /// As it was given, if the group was named by it.
        arn: Option<String>,
        role: String,
    },
}

impl FlowLog {
    /// Whether what passes the interface is written down.
    pub fn covers(&self, interface: &NetworkInterface) -> bool {
        match self.resource {
            Resource::Vpc(vpc) => vpc == interface.vpc,
            Resource::Subnet(subnet) => subnet == interface.subnet,
            Resource::Interface(id) => id == interface.id,
        }
    }
}

impl State {
    /// The flow logs of a VPC and of what lies in it.
    pub fn flow_logs_of_vpc(&self, vpc: VpcId) -> impl Iterator<Item = &std::sync::Arc<FlowLog>> {
        self.indexes.flow_logs_of_vpc.of(vpc).filter_map(|id| self.flow_logs.get(&id))
    }
}

impl Row for FlowLog {
    belongs!(FlowLogId, vpc);

    fn index(&self, indexes: &mut Indexes, on: bool) {
        indexes.flow_logs_of_vpc.set((self.vpc, self.id), on);
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident $name:literal $version:literal;)*) => {
        /// A field of a record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum LogField {
            $($(#[$doc])* $field,)*
        }

        impl LogField {
            /// Every field, in the order in which AWS lists them.
            pub const ALL: &[LogField] = &[$(LogField::$field,)*];

            /// The name in formats and in the first lines of files.
            pub fn name(self) -> &'static str {
                match self {
                    $(LogField::$field => $name,)*
                }
            }

            /// The version of flow logs that has brought the field.
            pub fn version(self) -> u8 {
                match self {
                    $(LogField::$field => $version,)*
                }
            }
        }
    };
}

// Amazon VPC User Guide, "Flow log records". Those are missing that nothing here could fill truthfully.
fields! {
    Version "version" 2;
    AccountId "account-id" 2;
    InterfaceId "interface-id" 2;
    SourceAddress "srcaddr" 2;
    DestinationAddress "dstaddr" 2;
    SourcePort "srcport" 2;
    DestinationPort "dstport" 2;
    Protocol "protocol" 2;
    Packets "packets" 2;
    Bytes "bytes" 2;
    Start "start" 2;
    End "end" 2;
    Action "action" 2;
    LogStatus "log-status" 2;
    VpcId "vpc-id" 3;
    SubnetId "subnet-id" 3;
    InstanceId "instance-id" 3;
    TcpFlags "tcp-flags" 3;
    Type "type" 3;
    PacketSourceAddress "pkt-srcaddr" 3;
    PacketDestinationAddress "pkt-dstaddr" 3;
    Region "region" 4;
    ZoneId "az-id" 4;
    SublocationType "sublocation-type" 4;
    SublocationId "sublocation-id" 4;
    PacketSourceService "pkt-src-aws-service" 5;
    PacketDestinationService "pkt-dst-aws-service" 5;
    Direction "flow-direction" 5;
    TrafficPath "traffic-path" 5;
    RejectReason "reject-reason" 8;
    /// Not AWS's: the rule, or else the component, by which the packets passed or did not.
    DecidingRule "deciding-rule" 2;
}

impl LogField {
    /// The fields of the default format.
    pub const DEFAULT: &[LogField] = LogField::ALL.split_at(14).0;

    /// The field of this name.
    pub fn named(name: &str) -> Option<LogField> {
        LogField::ALL.iter().copied().find(|it| it.name() == name)
    }
}
