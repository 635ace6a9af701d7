//! Why EC2 refuses a request. Every variant is one of EC2's own error codes, with EC2's sentence.

use std::net::IpAddr;

use crate::net::{Ipv4Net, Prefix};

/// The answer of a handler.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of thing an id names, for the codes that differ only in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Vpc,
    Subnet,
    RouteTable,
    NetworkAcl,
    SecurityGroup,
    SecurityGroupRule,
    NetworkInterface,
    Attachment,
    Instance,
    Image,
    Host,
    DhcpOptions,
    PrefixList,
    InternetGateway,
    EgressOnlyInternetGateway,
    NatGateway,
    Allocation,
    Association,
    PeeringConnection,
    VpcCidrAssociation,
    SubnetCidrAssociation,
    SubnetReservation,
    KeyPair,
    BlockPublicAccessExclusion,
    Volume,
    InsightsPath,
    InsightsAnalysis,
    FlowLog,
    /// A gateway that a route leads to.
    TargetGateway,
    /// A NAT gateway that a route leads to.
    TargetNatGateway,
    /// A public address, by itself.
    Address,
    /// An Elastic IP that a NAT gateway is to have.
    ElasticIp,
}

impl Kind {
    /// The stem of the codes, and EC2's words for the thing.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Kind::Vpc => ("InvalidVpcID", "vpc ID"),
            Kind::Subnet => ("InvalidSubnetID", "subnet ID"),
            Kind::RouteTable => ("InvalidRouteTableID", "routeTable ID"),
            Kind::NetworkAcl => ("InvalidNetworkAclID", "networkAcl ID"),
            Kind::SecurityGroup => ("InvalidGroup", "security group"),
            Kind::SecurityGroupRule => ("InvalidSecurityGroupRuleId", "security group rule ID"),
            Kind::NetworkInterface => ("InvalidNetworkInterfaceID", "networkInterface ID"),
            Kind::Attachment => ("InvalidAttachmentID", "attachment ID"),
            Kind::Instance => ("InvalidInstanceID", "instance ID"),
            Kind::Image => ("InvalidAMIID", "image id"),
            Kind::Host => ("InvalidHostID", "host ID"),
            Kind::DhcpOptions => ("InvalidDhcpOptionID", "dhcpOption ID"),
            Kind::PrefixList => ("InvalidPrefixListID", "prefix list ID"),
            Kind::InternetGateway => ("InvalidInternetGatewayID", "internetGateway ID"),
            Kind::EgressOnlyInternetGateway => ("InvalidGatewayID", "gateway ID"),
            Kind::NatGateway => ("InvalidNatGatewayID", "NAT gateway ID"),
            Kind::Allocation => ("InvalidAllocationID", "allocation ID"),
            Kind::Association => ("InvalidAssociationID", "association ID"),
            Kind::PeeringConnection => ("InvalidVpcPeeringConnectionID", "vpcPeeringConnection ID"),
            Kind::VpcCidrAssociation => ("InvalidVpcCidrBlockAssociationID", "vpc CIDR block with association ID"),
            Kind::SubnetCidrAssociation => {
                ("InvalidSubnetCidrBlockAssociationID", "subnet CIDR block with association ID")
            }
            Kind::SubnetReservation => ("InvalidSubnetCidrReservationID", "subnet CIDR reservation ID"),
            Kind::Volume => ("InvalidVolume", "volume"),
            Kind::KeyPair => ("InvalidKeyPair", "key pair ID"),
            Kind::BlockPublicAccessExclusion => {
                ("InvalidVpcBlockPublicAccessExclusionId", "VPC block public access exclusion ID")
            }
            Kind::InsightsPath => ("InvalidNetworkInsightsPathId", "network insights path ID"),
            Kind::InsightsAnalysis => ("InvalidNetworkInsightsAnalysisId", "network insights analysis ID"),
            Kind::FlowLog => ("InvalidFlowLogId", "flow log ID"),
            Kind::TargetGateway => ("InvalidGatewayID", "gateway ID"),
            Kind::TargetNatGateway => ("InvalidNatGatewayID", "natGateway ID"),
            Kind::Address => ("InvalidAddress", "address"),
            Kind::ElasticIp => ("InvalidElasticIpID", "elasticIp ID"),
        }
    }

    /// The code of a malformed id: EC2 does not spell all of them as it spells those of what is not found.
    fn malformed(self) -> String {
        let stem = match self {
            Kind::NatGateway | Kind::TargetNatGateway => return "NatGatewayMalformed".to_owned(),
            Kind::RouteTable => "InvalidRouteTableId",
            Kind::NetworkAcl => "InvalidNetworkAclId",
            Kind::SecurityGroup => "InvalidGroupId",
            Kind::NetworkInterface => "InvalidNetworkInterfaceId",
            Kind::Attachment => "InvalidNetworkInterfaceAttachmentId",
            Kind::DhcpOptions => "InvalidDhcpOptionsId",
            Kind::PrefixList => "InvalidPrefixListId",
            Kind::InternetGateway => "InvalidInternetGatewayId",
            Kind::EgressOnlyInternetGateway => "InvalidEgressOnlyInternetGatewayId",
            Kind::PeeringConnection => "InvalidVpcPeeringConnectionId",
            Kind::VpcCidrAssociation => "InvalidVpcCidrBlockAssociationId",
            Kind::SubnetCidrAssociation => "InvalidSubnetCidrBlockAssociationId",
            Kind::Volume => "InvalidVolumeID",
            _ => self.words().0,
        };
        format!("{stem}.Malformed")
    }
}

/// Why EC2 refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Wire(#[from] crate::wire::Error),
    #[error("The action {0} is not valid for this web service.")]
    InvalidAction(String),
    #[error("The request must contain the parameter {0}")]
    MissingParameter(&'static str),
    /// A missing parameter that needs other words.
    #[error("{0}")]
    Missing(&'static str),
    /// The IPv4 block of a VPC or subnet; nothing here has IPAM pools, but EC2's sentence names them.
    #[error("Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")]
    MissingBlock,
    /// The value of a parameter is not one that the call takes.
    #[error("{0}")]
    InvalidParameterValue(String),
    /// A parameter of one of the calls that have this code for what others call an invalid value.
    #[error("{0}")]
    InvalidParameter(String),
    /// Parameters that do not go together.
    #[error("{0}")]
    InvalidParameterCombination(String),
    /// EC2 knows the parameter; nothing here could make it true.
    #[error("The parameter {0} is not supported.")]
    UnsupportedParameter(&'static str),
    /// EC2 knows the request; nothing here could make it true.
    #[error("{0}")]
    UnsupportedOperation(String),
    #[error("Error. There is an existing Flow Log with the same configuration and log destination.")]
    FlowLogAlreadyExists,
    #[error("These flow log ids in the input list are not found: [TotalCount: {}] {}", .0.len(), .0.join(" "))]
    FlowLogsNotFound(Vec<String>),
    #[error("A resource cannot have more than {0} flow logs.")]
    FlowLogsLimitExceeded(usize),
    #[error("The filter '{0}' is invalid")]
    UnknownFilter(String),
    #[error("The token '{0}' is invalid")]
    InvalidNextToken(String),
    #[error("Request would have succeeded, but DryRun flag is set.")]
    DryRun,
    #[error("The client token '{0}' has been used before with different parameters.")]
    IdempotentParameterMismatch(String),
    #[error("The {what} '{id}' does not exist", what = .kind.words().1)]
    NotFound { kind: Kind, id: String },
    #[error("The {what}s '{ids}' do not exist", what = .kind.words().1)]
    SeveralNotFound { kind: Kind, ids: String },
    #[error("Invalid id: \"{id}\"")]
    Malformed { kind: Kind, id: String },
    /// Not the id of anything that can be tagged.
    #[error("The ID '{0}' is not valid")]
    InvalidId(String),
    /// A security group that is not there, in other words.
    #[error("{0}")]
    GroupNotFound(String),
    #[error("The following supplied instance types do not exist: [{0}]")]
    NoSuchInstanceType(String),
    #[error("The {what} '{id}' has dependencies and cannot be deleted.")]
    DependencyViolation { what: &'static str, id: String },
    /// A dependency violation that needs other words.
    #[error("{0}")]
    Dependency(String),
    #[error("The CIDR '{0}' is invalid.")]
    VpcRange(Prefix),
    #[error("The {words} '{prefix}' is invalid.", words = block(.0), prefix = .0)]
    SubnetRange(Prefix),
    #[error("The {words} '{prefix}' conflicts with another subnet", words = block(.0), prefix = .0)]
    SubnetConflict(Prefix),
    #[error("The maximum number of {0} has been reached.")]
    LimitExceeded(Limit),
    #[error("A Default VPC already exists for this account in this region.")]
    DefaultVpcAlreadyExists,
    #[error("No default VPC for this user")]
    VpcIdNotSpecified,
    /// Something that the call would have to be told is not there to be chosen.
    #[error("{0}")]
    MissingInput(String),
    #[error("The security group '{name}' already exists for VPC '{vpc}'")]
    GroupDuplicate { name: String, vpc: String },
    #[error("Cannot use reserved security group name: {0}")]
    GroupReserved(String),
    #[error("the specified group: \"{0}\" name: \"default\" cannot be deleted by a user")]
    CannotDeleteDefaultGroup(String),
    #[error("the specified rule \"{0}\" already exists")]
    PermissionDuplicate(String),
    #[error("The specified rule does not exist in this security group.")]
    PermissionNotFound,
    #[error("Address {0} is in use.")]
    AddressInUse(IpAddr),
    #[error("Some of [{addresses}] are not assigned to interface {interface}")]
    AddressNotAssigned { addresses: String, interface: String },
    #[error("[{0}] assigned, but move is not allowed.")]
    AddressMayNotMove(IpAddr),
    #[error("Number of private addresses will exceed limit.")]
    AddressLimit,
    #[error("Address {address} does not fall within the subnet's address range")]
    AddressOutside { address: IpAddr },
    #[error("Address {0} is in subnet's reserved address range")]
    AddressReserved(IpAddr),
    #[error(
        "There are not enough free addresses in subnet '{0}' to satisfy the requested number of instances or addresses."
    )]
    InsufficientFreeAddresses(String),
    #[error("Interface: [{0}] in use.")]
    InterfaceInUse(String),
    /// The interface is to be deleted.
    #[error("Network interface '{0}' is currently in use.")]
    InterfaceAttached(String),
    #[error("Interface count {count} exceeds the limit for {instance_type}")]
    InterfaceLimit { count: usize, instance_type: String },
    /// The call speaks of an instance's interface, and there is not one alone.
    #[error(
        "There are multiple interfaces attached to instance '{0}'. Please specify an interface ID for the operation instead."
    )]
    MultipleInterfaces(String),
    /// A group is to be worn in a VPC that is not its own.
    #[error("You have specified two resources that belong to different networks.")]
    NetworksDiffer { group: String },
    #[error("Security group {group} and subnet {subnet} belong to different networks.")]
    GroupAndSubnetDiffer { group: String, subnet: String },
    #[error("{0}")]
    IncorrectState(String),
    #[error("{0}")]
    IncorrectInstanceState(String),
    #[error("{0}")]
    OperationNotPermitted(String),
    #[error("Instance '{instance}' already has an interface attached at device index '{index}'.")]
    DeviceIndexInUse { instance: String, index: u8 },
    #[error("The network insights path '{0}' has analyses and cannot be deleted.")]
    AnalysisExists(String),
    #[error("There is no node with room for the request in {0}.")]
    InsufficientCapacity(String),
    #[error("The key pair '{0}' does not exist")]
    KeyPairNotFound(String),
    #[error("The keypair already exists")]
    KeyPairDuplicate,
    #[error("Key is not in valid OpenSSH public key format")]
    KeyFormat,
    #[error("Invalid BASE64 encoding of user data.")]
    UserDataMalformed,
    #[error("User data is limited to 16384 bytes")]
    UserDataTooLong,
    #[error("Invalid value '{0}' for InstanceType.")]
    InstanceAttributeValue(String),
    #[error("Invalid user id: \"{0}\"")]
    UserIdMalformed(String),
    #[error("You are not authorized to perform this operation.")]
    Unauthorized,
    /// The IPv4 block of a VPC cannot be taken.
    #[error("The CIDR '{0}' is restricted.")]
    VpcRestricted(Ipv4Net),
    #[error("The route identified by {0} already exists.")]
    RouteAlreadyExists(String),
    #[error("no route with {destination} in route table {table}")]
    RouteNotFound { destination: String, table: String },
    /// What is to be tied together is tied to something already.
    #[error("{0}")]
    AlreadyAssociated(String),
    /// A VPC, or a gateway, is not attached to what the call needs.
    #[error("{0}")]
    GatewayNotAttached(String),
    #[error("The network acl entry identified by {0} already exists.")]
    NetworkAclEntryAlreadyExists(u16),
    #[error("The network acl entry identified by {0} does not exist.")]
    NetworkAclEntryNotFound(u16),
    /// An IPv4 block cannot be in one VPC with those that it has.
    #[error(
        "The CIDR '{0}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a \
         publicly-routable CIDR. For additional restrictions, see \
         https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"
    )]
    VpcRangeMixed(Ipv4Net),
    /// A block of a VPC would share addresses with something.
    #[error("{0}")]
    VpcConflict(String),
    #[error("This {what} '{id}' has met its maximum number of allowed CIDRs: {most}")]
    BlockLimit { what: &'static str, id: String, most: usize },
    #[error("{0}")]
    BlockInUse(String),
    #[error("The specified {0} does not have enough free cidr blocks to satisfy the request.")]
    InsufficientBlocks(&'static str),
    #[error("Prefix {0} does not fall within the subnet's address range")]
    PrefixOutside(Prefix),
    #[error("Prefix {0} is in subnet's reserved address range")]
    PrefixReserved(Prefix),
    #[error("Prefix {0} is in use.")]
    PrefixInUse(Prefix),
    #[error("No default VPC exists for this account in this region.")]
    DefaultVpcDoesNotExist,
    #[error("'{subnet}' is already the default subnet in {zone}.")]
    DefaultSubnetAlreadyExists { subnet: String, zone: String },
    /// In this one call EC2 has another code than elsewhere.
    #[error("The dhcpOptions ID '{0}' does not exist")]
    DhcpOptionsToDeleteNotFound(String),
    #[error("Invalid state transition for {id}, attempted to transition from {from} to {to}")]
    InvalidStateTransition { id: String, from: &'static str, to: &'static str },
    #[error("The vpc peering connection identified by {0} already exists.")]
    PeeringExists(String),
    #[error(
        "To enable DNS hostname resolution for the VPC peering connection, DNS hostname support must be enabled for the VPCs."
    )]
    DnsHostnamesDisabled,
    #[error("The prefix list has the incorrect version number.")]
    PrefixListVersionMismatch,
    #[error("{0}")]
    PrefixListModification(String),
    #[error("You've reached the maximum number of entries for the prefix list.")]
    PrefixListFull,
    /// Of `DescribePrefixLists`, which spells the code in its own way.
    #[error("The prefix list ID '{0}' does not exist")]
    NoSuchAwsPrefixList(String),
    #[error("There are not enough free public addresses to satisfy the request.")]
    InsufficientAddressCapacity,
    /// The caller's own, but in the hands of a service.
    #[error("You do not have permission to access the specified resource.")]
    AuthFailure,
}

/// EC2's word for an address block.
fn block(prefix: &Prefix) -> &'static str {
    match prefix {
        Prefix::V4(_) => "CIDR",
        Prefix::V6(_) => "IPv6 CIDR",
    }
}

/// What there may only be so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    RulesPerGroup,
    GroupsPerInterface,
    Tags,
    Identities,
    RouteTables,
    Routes,
    InternetGateways,
    EgressOnlyInternetGateways,
    Vpcs,
    Subnets,
    NetworkAcls,
    NetworkAclEntries,
    PeeringConnections,
    PendingPeeringConnections,
    BlockPublicAccessExclusions,
    Addresses,
    NatGateways,
}

impl Limit {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Limit::RulesPerGroup => ("RulesPerSecurityGroupLimitExceeded", "rules per security group"),
            Limit::GroupsPerInterface => ("SecurityGroupsPerInterfaceLimitExceeded", "security groups per interface"),
            Limit::Tags => ("TagLimitExceeded", "tags"),
            Limit::Identities => ("SecurityGroupLimitExceeded", "combinations of security groups in the VPC"),
            Limit::RouteTables => ("RouteTableLimitExceeded", "route tables in the VPC"),
            Limit::Routes => ("RouteLimitExceeded", "routes per route table"),
            Limit::InternetGateways => ("InternetGatewayLimitExceeded", "internet gateways"),
            // EC2's list of codes has none for these.
            Limit::EgressOnlyInternetGateways => ("InternetGatewayLimitExceeded", "egress-only internet gateways"),
            Limit::Vpcs => ("VpcLimitExceeded", "VPCs"),
            Limit::Subnets => ("SubnetLimitExceeded", "subnets in the VPC"),
            Limit::NetworkAcls => ("NetworkAclLimitExceeded", "network ACLs in the VPC"),
            Limit::NetworkAclEntries => ("NetworkAclEntryLimitExceeded", "entries per network ACL"),
            Limit::PeeringConnections => ("VpcPeeringConnectionsPerVpcLimitExceeded", "peering connections of the VPC"),
            Limit::BlockPublicAccessExclusions => {
                ("VpcBlockPublicAccessExclusionLimitExceeded", "VPC block public access exclusions")
            }
            Limit::PendingPeeringConnections => {
                ("OutstandingVpcPeeringConnectionLimitExceeded", "outstanding peering connection requests")
            }
            Limit::Addresses => ("AddressLimitExceeded", "addresses"),
            Limit::NatGateways => ("NatGatewayLimitExceeded", "NAT gateways in the availability zone"),
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words().1)
    }
}

impl Error {
    /// The refusal of ids, one at least, that are nobody's. Of these two kinds EC2 is known to name all of them.
    pub fn not_found(kind: Kind, ids: &[String]) -> Error {
        let id = match kind {
            Kind::Image => format!("[{}]", ids.join(", ")),
            Kind::Instance => ids.join(", "),
            _ => return Error::NotFound { kind, id: ids[0].clone() },
        };
        if ids.len() > 1 { Error::SeveralNotFound { kind, ids: id } } else { Error::NotFound { kind, id } }
    }

    /// The code that SDKs and Terraform match on.
    pub fn code(&self) -> String {
        let code = match self {
            Error::Wire(it) => it.code(),
            Error::InvalidAction(_) => "InvalidAction",
            Error::MissingParameter(_) | Error::Missing(_) | Error::MissingBlock => "MissingParameter",
            Error::InvalidId(_) => "InvalidID",
            Error::GroupNotFound(_) => "InvalidGroup.NotFound",
            Error::NoSuchInstanceType(_) => "InvalidInstanceType",
            Error::InvalidParameterValue(_)
            | Error::UnknownFilter(_)
            | Error::AddressOutside { .. }
            | Error::AddressReserved(_)
            | Error::AddressNotAssigned { .. }
            | Error::AddressMayNotMove(_)
            | Error::DeviceIndexInUse { .. }
            | Error::InterfaceAttached(_) => "InvalidParameterValue",
            Error::InvalidParameterCombination(_) => "InvalidParameterCombination",
            Error::UnsupportedParameter(_) | Error::UnsupportedOperation(_) => "UnsupportedOperation",
            Error::InvalidNextToken(_) => "InvalidNextToken",
            Error::DryRun => "DryRunOperation",
            Error::IdempotentParameterMismatch(_) => "IdempotentParameterMismatch",
            Error::NotFound { kind: Kind::NatGateway, .. } => "NatGatewayNotFound",
            Error::NotFound { kind, .. } | Error::SeveralNotFound { kind, .. } => {
                return format!("{}.NotFound", kind.words().0);
            }
            Error::Malformed { kind, .. } => return kind.malformed(),
            Error::DependencyViolation { .. } | Error::Dependency(_) => "DependencyViolation",
            Error::VpcRange(_) | Error::VpcRestricted(_) => "InvalidVpc.Range",
            Error::SubnetRange(_) => "InvalidSubnet.Range",
            Error::SubnetConflict(_) => "InvalidSubnet.Conflict",
            Error::LimitExceeded(limit) => limit.words().0,
            Error::DefaultVpcAlreadyExists => "DefaultVpcAlreadyExists",
            Error::VpcIdNotSpecified => "VPCIdNotSpecified",
            Error::MissingInput(_) => "MissingInput",
            Error::GroupDuplicate { .. } => "InvalidGroup.Duplicate",
            Error::GroupReserved(_) => "InvalidGroup.Reserved",
            Error::CannotDeleteDefaultGroup(_) => "CannotDelete",
            Error::PermissionDuplicate(_) => "InvalidPermission.Duplicate",
            Error::PermissionNotFound => "InvalidPermission.NotFound",
            Error::AddressInUse(_) => "InvalidIPAddress.InUse",
            Error::InsufficientFreeAddresses(_) => "InsufficientFreeAddressesInSubnet",
            Error::AddressLimit => "PrivateIpAddressLimitExceeded",
            Error::InterfaceInUse(_) => "InvalidNetworkInterface.InUse",
            Error::InterfaceLimit { .. } => "AttachmentLimitExceeded",
            Error::MultipleInterfaces(_) => "InvalidInstanceID",
            Error::NetworksDiffer { .. } => "InvalidGroup.NotFound",
            Error::GroupAndSubnetDiffer { .. } => "InvalidParameter",
            Error::IncorrectState(_) => "IncorrectState",
            Error::IncorrectInstanceState(_) => "IncorrectInstanceState",
            Error::OperationNotPermitted(_) => "OperationNotPermitted",
            Error::AnalysisExists(_) => "AnalysisExistsForNetworkInsightsPath",
            Error::InsufficientCapacity(_) => "InsufficientInstanceCapacity",
            Error::KeyPairNotFound(_) => "InvalidKeyPair.NotFound",
            Error::KeyPairDuplicate => "InvalidKeyPair.Duplicate",
            Error::KeyFormat => "InvalidKey.Format",
            Error::UserDataMalformed => "InvalidUserData.Malformed",
            Error::UserDataTooLong => "InvalidParameterValue",
            Error::InstanceAttributeValue(_) => "InvalidInstanceAttributeValue",
            Error::UserIdMalformed(_) => "InvalidUserID.Malformed",
            Error::Unauthorized => "UnauthorizedOperation",
            Error::RouteAlreadyExists(_) => "RouteAlreadyExists",
            Error::RouteNotFound { .. } => "InvalidRoute.NotFound",
            Error::AlreadyAssociated(_) => "Resource.AlreadyAssociated",
            Error::GatewayNotAttached(_) => "Gateway.NotAttached",
            Error::NetworkAclEntryAlreadyExists(_) => "NetworkAclEntryAlreadyExists",
            Error::NetworkAclEntryNotFound(_) => "InvalidNetworkAclEntry.NotFound",
            Error::InvalidParameter(_) => "InvalidParameter",
            Error::FlowLogsNotFound(_) => "InvalidFlowLogId.NotFound",
            Error::FlowLogAlreadyExists => "FlowLogAlreadyExists",
            Error::FlowLogsLimitExceeded(_) => "FlowLogsLimitExceeded",
            Error::VpcRangeMixed(_) => "InvalidVpc.Range",
            Error::VpcConflict(_) => "CidrConflict",
            Error::BlockLimit { .. } => "CidrLimitExceeded",
            Error::BlockInUse(_) => "InvalidCidrBlock.InUse",
            Error::InsufficientBlocks(_) => "InsufficientCidrBlocks",
            Error::PrefixOutside(_) | Error::PrefixReserved(_) => "InvalidParameterValue",
            Error::PrefixInUse(_) => "InvalidIPAddress.InUse",
            Error::DefaultVpcDoesNotExist => "DefaultVpcDoesNotExist",
            Error::DefaultSubnetAlreadyExists { .. } => "DefaultSubnetAlreadyExistsInAvailabilityZone",
            Error::DhcpOptionsToDeleteNotFound(_) => "InvalidDhcpOptionsID.NotFound",
            Error::InvalidStateTransition { .. } => "InvalidStateTransition",
            Error::PeeringExists(_) => "VpcPeeringConnectionAlreadyExists",
            Error::DnsHostnamesDisabled => "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
            Error::PrefixListVersionMismatch => "PrefixListVersionMismatch",
            Error::PrefixListModification(_) => "InvalidPrefixListModification",
            Error::PrefixListFull => "PrefixListMaxEntriesExceeded",
            Error::NoSuchAwsPrefixList(_) => "InvalidPrefixListId.NotFound",
            Error::InsufficientAddressCapacity => "InsufficientAddressCapacity",
            Error::AuthFailure => "AuthFailure",
        };
        code.to_owned()
    }

    /// The HTTP status that goes with the code.
    pub fn status(&self) -> u16 {
        match self {
            Error::DryRun => 412,
            Error::Unauthorized => 403,
            _ => 400,
        }
    }
}

/// Refuses a parameter that was given although nothing here could make it true.
pub fn refuse<T: Given>(name: &'static str, value: &T) -> Result<()> {
    if value.given() { Err(Error::UnsupportedParameter(name)) } else { Ok(()) }
}

/// Refuses a parameter that was given with another value than the one that is true here anyway.
pub fn refuse_unless<T: PartialEq>(name: &'static str, value: &Option<T>, truth: impl Into<T>) -> Result<()> {
    let truth = truth.into();
    if value.as_ref().is_some_and(|it| *it != truth) { Err(Error::UnsupportedParameter(name)) } else { Ok(()) }
}

/// Whether a parameter was given at all.
pub trait Given {
    fn given(&self) -> bool;
}

impl<T> Given for Option<T> {
    fn given(&self) -> bool {
        self.is_some()
    }
}

impl<T> Given for Vec<T> {
    fn given(&self) -> bool {
        !self.is_empty()
    }
}
