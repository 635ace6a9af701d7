"""EC2's error codes: those of AWS's guide "Error codes for the Amazon EC2 API", and those that only its clients know.

Each is seen in the tests of the API, or stands here with why it cannot be.
"""


def words(text):
    return frozenset(text.split())


# Those that say what can go wrong with the operations that are served.
DOCUMENTED = words("""
    AddressLimitExceeded AttachmentLimitExceeded AuthFailure CannotDelete
    DefaultSubnetAlreadyExistsInAvailabilityZone DefaultVpcAlreadyExists DefaultVpcDoesNotExist DependencyViolation
    DryRunOperation FilterLimitExceeded FlowLogAlreadyExists FlowLogsLimitExceeded Gateway.NotAttached
    IdempotentParameterMismatch IncorrectInstanceState IncorrectState InsufficientAddressCapacity
    InsufficientFreeAddressesInSubnet InsufficientInstanceCapacity InternetGatewayLimitExceeded InvalidAMIID.Malformed
    InvalidAMIID.NotFound InvalidAddress.Malformed InvalidAddress.NotFound InvalidAllocationID.NotFound
    InvalidAssociationID.NotFound InvalidAttachmentID.NotFound InvalidDhcpOptionID.NotFound
    InvalidDhcpOptionsID.NotFound InvalidDhcpOptionsId.Malformed InvalidEgressOnlyInternetGatewayId.Malformed
    InvalidFlowLogId.NotFound InvalidGatewayID.NotFound InvalidGroup.Duplicate InvalidGroup.NotFound
    InvalidGroup.Reserved InvalidGroupId.Malformed InvalidHostID.Malformed InvalidHostID.NotFound InvalidID
    InvalidIPAddress.InUse InvalidInstanceAttributeValue InvalidInstanceID InvalidInstanceID.Malformed InvalidInstanceID.NotFound InvalidInstanceType
    InvalidInternetGatewayID.NotFound InvalidInternetGatewayId.Malformed InvalidKey.Format InvalidKeyPair.Duplicate
    InvalidKeyPair.NotFound InvalidNatGatewayID.NotFound InvalidNetworkAclEntry.NotFound InvalidNetworkAclID.NotFound
    InvalidNetworkAclId.Malformed InvalidNetworkInterface.InUse InvalidNetworkInterfaceAttachmentId.Malformed
    InvalidNetworkInterfaceID.NotFound InvalidNetworkInterfaceId.Malformed InvalidNextToken InvalidParameter
    InvalidParameterCombination InvalidParameterValue InvalidPermission.Duplicate InvalidPermission.NotFound
    InvalidPrefixListID.NotFound InvalidPrefixListId.Malformed InvalidRoute.NotFound InvalidRouteTableID.NotFound
    InvalidRouteTableId.Malformed InvalidSecurityGroupRuleId.Malformed InvalidSecurityGroupRuleId.NotFound
    InvalidStateTransition InvalidSubnet.Conflict InvalidSubnet.Range InvalidSubnetID.Malformed
    InvalidSubnetID.NotFound InvalidUserID.Malformed InvalidVolume.NotFound InvalidVolumeID.Malformed InvalidVpcID.Malformed
    InvalidVpcID.NotFound InvalidVpcPeeringConnectionID.NotFound InvalidVpcPeeringConnectionId.Malformed
    InvalidVpcPeeringConnectionState.DnsHostnamesDisabled MissingInput MissingParameter NatGatewayLimitExceeded
    NatGatewayMalformed NatGatewayNotFound NetworkAclEntryAlreadyExists NetworkAclEntryLimitExceeded
    NetworkAclLimitExceeded OperationNotPermitted OutstandingVpcPeeringConnectionLimitExceeded
    PrivateIpAddressLimitExceeded Resource.AlreadyAssociated RouteAlreadyExists RouteLimitExceeded
    RouteTableLimitExceeded RulesPerSecurityGroupLimitExceeded SecurityGroupsPerInterfaceLimitExceeded
    SubnetLimitExceeded TagLimitExceeded UnknownParameter UnsupportedOperation VPCIdNotSpecified VpcLimitExceeded
    VpcPeeringConnectionAlreadyExists VpcPeeringConnectionsPerVpcLimitExceeded
""")

# Those that the guide does not list, but EC2 answers: its clients and its users have met them.
UNLISTED = words("""
    AnalysisExistsForNetworkInsightsPath CidrConflict CidrLimitExceeded InsufficientCidrBlocks
    InvalidAllocationID.Malformed InvalidAssociationID.Malformed InvalidCidrBlock.InUse InvalidElasticIpID.Malformed
    InvalidElasticIpID.NotFound InvalidFlowLogId.Malformed InvalidKeyPair.Malformed
    InvalidNetworkInsightsAnalysisId.Malformed InvalidNetworkInsightsAnalysisId.NotFound
    InvalidNetworkInsightsPathId.Malformed InvalidNetworkInsightsPathId.NotFound InvalidPrefixListId.NotFound
    InvalidPrefixListModification InvalidSubnetCidrBlockAssociationID.NotFound
    InvalidSubnetCidrBlockAssociationId.Malformed InvalidSubnetCidrReservationID.Malformed
    InvalidSubnetCidrReservationID.NotFound InvalidUserData.Malformed InvalidVpc.Range
    InvalidVpcBlockPublicAccessExclusionId.Malformed InvalidVpcBlockPublicAccessExclusionId.NotFound
    InvalidVpcCidrBlockAssociationID.NotFound InvalidVpcCidrBlockAssociationId.Malformed
    PrefixListMaxEntriesExceeded PrefixListVersionMismatch VpcBlockPublicAccessExclusionLimitExceeded
""")

# Those that say what is wrong with a request before anybody asks what it means; test_protocol.py sees them.
OF_THE_PROTOCOL = words("""
    IncompleteSignature InvalidAction InvalidClientTokenId MalformedQueryString MissingAction
    MissingAuthenticationToken NoSuchVersion RequestExpired SignatureDoesNotMatch
""")

# Those of the guide that no call gets here, by why not.
NEVER = {
    "EC2 has two codes for the same, and its clients meet the other one": words("""
        InvalidAddressID.NotFound InvalidAvailabilityZone InvalidEgressOnlyInternetGatewayId.NotFound InvalidFilter
        InvalidGroup.InUse InvalidHostId InvalidHostId.Malformed InvalidHostId.NotFound
        InvalidInput InvalidInterface.IpAddressLimitExceeded InvalidKeyPair.Format InvalidMaxResults
        InvalidNetworkInterface.NotFound InvalidPaginationToken InvalidParameterDependency InvalidPermission.Malformed
        InvalidQueryParameter InvalidRegion InvalidRoute.InvalidState InvalidRoute.Malformed
        InvalidSecurity.RequestHasExpired InvalidSecurityGroupID.NotFound InvalidSecurityGroupId.Malformed
        InvalidState InvalidSubnet InvalidSubnetId.NotFound InvalidVpcRange InvalidZone.NotFound
        InvalidCharacter InvalidClientToken InvalidRequest InvalidTagKey.Malformed InvalidTenancy InvalidTime
        PendingVpcPeeringConnectionLimitExceeded ResourceCountExceeded ResourceCountLimitExceeded
        ResourceLimitExceeded Resource.AlreadyAssigned Unsupported UnsupportedInstanceAttribute UnsupportedTenancy
        ClientInvalidParameterValue InvalidInstanceState ValidationError
    """),
    "there is no such limit": words("""
        ActiveVpcPeeringConnectionPerVpcLimitExceeded InstanceLimitExceeded KeyPairLimitExceeded
        NetworkInterfaceLimitExceeded SecurityGroupsPerInstanceLimitExceeded VcpuLimitExceeded
    """),
    "it takes 65,535 combinations of groups in a VPC": words("SecurityGroupLimitExceeded"),
    "accounts are neither blocked, unpaid nor under policies, and nothing asks what a user may do": words("""
        AccountDisabled Blocked OptInRequired PendingVerification TagPolicyViolation UnauthorizedOperation
        UnknownPrincipalType.Unsupported
    """),
    "calls are carried out one after the other, and none waits for what another began": words("""
        ConcurrentTagAccess IncorrectStateException RetryableError
    """),
    "EC2-Classic, SOAP and the instances of either have gone": words("""
        InvalidInstanceID.NotLinkable LegacySecurityGroup UnsupportedProtocol VPCResourceNotSpecified
    """),
    "logs are written on the node, where every bucket there is can be written to": words("""
        LogDestinationNotFound LogDestinationPermissionIssue
    """),
    "a token is forgotten with what it made": words("IdempotentInstanceTerminated"),
    "an image here is the host itself, which nobody registers, names or takes away": words("""
        InvalidAMIAttributeItemValue InvalidAMIID.Unavailable InvalidAMIName.Duplicate InvalidAMIName.Malformed
        InvalidManifest
    """),
    "addresses have no name servers that could keep them": words("InvalidAddress.Locked"),
    "what it is about is refused as not supported, or by operations that are not served": words("""
        AsnConflict BootForVolumeTypeUnsupported BundlingInProgress CapacityBlockDescribeLimitExceeded
        ClientVpnAuthorizationRuleLimitExceeded ClientVpnCertificateRevocationListLimitExceeded
        ClientVpnEndpointAssociationExists ClientVpnEndpointLimitExceeded ClientVpnRouteLimitExceeded
        ClientVpnTerminateConnectionsLimitExceeded ConcurrentCreateImageNoRebootLimitExceeded
        ConcurrentSnapshotLimitExceeded CreditSpecificationUpdateInProgress CustomerGatewayLimitExceeded
        CustomerKeyHasBeenRevoked DeclarativePoliciesAccessDeniedException DeclarativePoliciesNotEnabledException
        DeleteConversionTaskError DiskImageSizeTooLarge DuplicateSubnetsInSameZone EncryptedVolumesNotSupported
        ExistingVpcEndpointConnections FleetNotInModifiableState HostAlreadyCoveredByReservation HostLimitExceeded
        InaccessibleStorageLocation InaccessibleStorageLocationException IncompatibleHostRequirements
        IncorrectModificationState IncorrectSpotRequestState InstanceCreditSpecification.NotSupported
        InstanceEventStartTimeCannotChange InstanceTpmEkPubNotFound InsufficientCapacityOnHost
        InsufficientReservedInstancesCapacity InterfaceInUseByTrafficMirrorSession InterfaceInUseByTrafficMirrorTarget
        InvalidAffinity InvalidAttachment.NotFound InvalidAutoPlacement InvalidBlockDeviceMapping
        InvalidBundleID.NotFound InvalidCapacityBlockOfferingIdExpired InvalidCapacityBlockOfferingIdMalformed
        InvalidCapacityBlockOfferingIdNotFound InvalidCapacityReservationId.Malformed
        InvalidCapacityReservationId.NotFound InvalidCapacityReservationState.PendingActivation
        InvalidCarrierGatewayID.NotFound InvalidCidr.InUse InvalidClientVpnActiveAssociationNotFound
        InvalidClientVpnAssociationIdNotFound InvalidClientVpnConnection.IdNotFound
        InvalidClientVpnConnection.UserNotFound InvalidClientVpnDuplicateAssociationException
        InvalidClientVpnDuplicateAuthorizationRule InvalidClientVpnDuplicateRoute
        InvalidClientVpnEndpointAuthorizationRuleNotFound InvalidClientVpnEndpointId.NotFound
        InvalidClientVpnRouteNotFound InvalidClientVpnSubnetId.DifferentAccount InvalidClientVpnSubnetId.DuplicateAz
        InvalidClientVpnSubnetId.NotFound InvalidClientVpnSubnetId.OverlappingCidr InvalidConversionTaskId
        InvalidConversionTaskId.Malformed InvalidCpuCredits InvalidCpuCredits.Malformed
        InvalidCustomerGateway.DuplicateIpAddress InvalidCustomerGatewayID.NotFound InvalidCustomerGatewayId.Malformed
        InvalidCustomerGatewayState InvalidDeclarativePoliciesReportId.Malformed InvalidElasticGpuID.Malformed
        InvalidElasticGpuID.NotFound InvalidExportTaskID.Malformed InvalidExportTaskID.NotFound InvalidFormat
        InvalidFpgaImageID.Malformed InvalidFpgaImageID.NotFound InvalidHostConfiguration
        InvalidHostReservationId.Malformed InvalidHostReservationOfferingId.Malformed InvalidHostState
        InvalidIamInstanceProfileArn.Malformed InvalidInstanceConnectEndpointId.Malformed
        InvalidInstanceConnectEndpointId.NotFound InvalidInstanceCreditSpecification
        InvalidInstanceCreditSpecification.DuplicateInstanceId InvalidInstanceEventIDNotFound
        InvalidInstanceEventStartTime InvalidInstanceFamily InvalidKernelId.Malformed InvalidLaunchTargets
        InvalidLaunchTemplateId.Malformed InvalidLaunchTemplateId.NotFound InvalidLaunchTemplateId.VersionNotFound
        InvalidLaunchTemplateName.AlreadyExistsException InvalidLaunchTemplateName.MalformedException
        InvalidLaunchTemplateName.NotFoundException InvalidNetworkLoadBalancerArn.Malformed
        InvalidNetworkLoadBalancerArn.NotFound InvalidOption.Conflict InvalidPlacementGroup.Duplicate
        InvalidPlacementGroup.InUse InvalidPlacementGroup.Unknown InvalidPlacementGroupId.Malformed
        InvalidPolicyDocument InvalidProductInfo InvalidPurchaseToken.Expired InvalidPurchaseToken.Malformed
        InvalidQuantity InvalidRamDiskId.Malformed InvalidReservationID.Malformed InvalidReservationID.NotFound
        InvalidReservedInstancesId InvalidReservedInstancesOfferingId InvalidResourceConfigurationArn.Malformed
        InvalidResourceConfigurationArn.NotFound InvalidResourceType.Unknown InvalidScheduledInstance
        InvalidServiceName InvalidSnapshot.InUse InvalidSnapshot.NotFound InvalidSnapshotID.Malformed
        InvalidSpotDatafeed.NotFound InvalidSpotFleetRequestConfig InvalidSpotFleetRequestId.Malformed
        InvalidSpotFleetRequestId.NotFound InvalidSpotInstanceRequestID.Malformed InvalidSpotInstanceRequestID.NotFound
        InvalidTargetArn.Unknown InvalidTargetException InvalidTrafficMirrorFilterNotFound
        InvalidTrafficMirrorFilterRuleNotFound InvalidTrafficMirrorSessionNotFound InvalidTrafficMirrorTargetNoFound
        InvalidVolume.ZoneMismatch InvalidVolumeID.Duplicate InvalidVolumeID.ZoneMismatch InvalidVpcEndpoint.NotFound
        InvalidVpcEndpointId.Malformed InvalidVpcEndpointId.NotFound InvalidVpcEndpointService.NotFound
        InvalidVpcEndpointServiceId.NotFound InvalidVpcEndpointServiceIdId.Malformed InvalidVpcEndpointType
        InvalidVpcState InvalidVpnConnection.InvalidState InvalidVpnConnection.InvalidType InvalidVpnConnectionID
        InvalidVpnConnectionID.NotFound InvalidVpnGatewayAttachment.NotFound InvalidVpnGatewayID.NotFound
        InvalidVpnGatewayState LimitPriceExceeded MaxConfigLimitExceededException MaxIOPSLimitExceeded
        MaxScheduledInstanceCapacityExceeded MaxSpotFleetRequestCountExceeded MaxSpotInstanceCountExceeded
        MaxTemplateLimitExceeded MaxTemplateVersionLimitExceeded NetworkInterfaceNotSupported
        NetworkLoadBalancerNotFoundException NlbInUseByTrafficMirrorTargetException NonEBSInstance NotExportable
        PendingSnapshotLimitExceeded PlacementGroupLimitExceeded RequestResourceCountExceeded
        ReservationCapacityExceeded ReservedInstancesCountExceeded ReservedInstancesLimitExceeded
        ReservedInstancesUnavailable ScheduledInstanceLimitExceeded ScheduledInstanceParameterMismatch
        ScheduledInstanceSlotNotOpen ScheduledInstanceSlotUnavailable SnapshotCopyUnsupported.InterRegion
        SnapshotCreationPerVolumeRateExceeded SnapshotLimitExceeded SpotMaxPriceTooLow
        TargetCapacityLimitExceededException TrafficMirrorFilterInUse TrafficMirrorFilterLimitExceeded
        TrafficMirrorFilterRuleAlreadyExists TrafficMirrorFilterRuleLimitExceeded TrafficMirrorSessionLimitExceeded
        TrafficMirrorSessionsPerInterfaceLimitExceeded TrafficMirrorSessionsPerTargetLimitExceeded
        TrafficMirrorSourcesPerTargetLimitExceeded TrafficMirrorTargetInUseException TrafficMirrorTargetLimitExceeded
        UnavailableHostRequirements UnfulfillableCapacity UnknownVolumeType UnsupportedException
        UnsupportedHibernationConfiguration UnsupportedHostConfiguration UnsupportedInstanceTypeOnHost
        UpdateLimitExceeded VolumeIOPSLimit VolumeInUse VolumeLimitExceeded VolumeModificationSizeLimitExceeded
        VolumeTypeNotAvailableInZone VpcEndpointLimitExceeded VpnConnectionLimitExceeded
        VpnGatewayAttachmentLimitExceeded VpnGatewayLimitExceeded ZonesMismatched
    """),
    "the guide counts it among the server's own, which only its faults bring about": words("""
        BandwidthLimitExceeded InsufficientCapacity InsufficientHostCapacity InsufficientReservedInstanceCapacity
        InsufficientVolumeCapacity InternalError InternalFailure RequestLimitExceeded ServerInternal
        ServiceUnavailable Unavailable
    """),
}
