//! The wire shapes of the operations that Culvert serves, one line a field.
//!
//! Generated from api-models/ec2.json for the actions in src/ec2/operations.rs.
//! Do not edit; run `cargo run --features shapes --example shapes`.

use super::{Blob, Timestamp};

operation! { AcceptVpcPeeringConnection(AcceptVpcPeeringConnectionRequest) -> AcceptVpcPeeringConnectionResult, DryRun }
operation! { AllocateAddress(AllocateAddressRequest) -> AllocateAddressResult, DryRun }
operation! { AssignIpv6Addresses(AssignIpv6AddressesRequest) -> AssignIpv6AddressesResult }
operation! { AssignPrivateIpAddresses(AssignPrivateIpAddressesRequest) -> AssignPrivateIpAddressesResult }
operation! { AssignPrivateNatGatewayAddress(AssignPrivateNatGatewayAddressRequest) -> AssignPrivateNatGatewayAddressResult, DryRun }
operation! { AssociateAddress(AssociateAddressRequest) -> AssociateAddressResult, DryRun }
operation! { AssociateDhcpOptions(AssociateDhcpOptionsRequest) -> (), DryRun }
operation! { AssociateNatGatewayAddress(AssociateNatGatewayAddressRequest) -> AssociateNatGatewayAddressResult, DryRun }
operation! { AssociateRouteTable(AssociateRouteTableRequest) -> AssociateRouteTableResult, DryRun }
operation! { AssociateSecurityGroupVpc(AssociateSecurityGroupVpcRequest) -> AssociateSecurityGroupVpcResult, DryRun }
operation! { AssociateSubnetCidrBlock(AssociateSubnetCidrBlockRequest) -> AssociateSubnetCidrBlockResult }
operation! { AssociateVpcCidrBlock(AssociateVpcCidrBlockRequest) -> AssociateVpcCidrBlockResult }
operation! { AttachInternetGateway(AttachInternetGatewayRequest) -> (), DryRun }
operation! { AttachNetworkInterface(AttachNetworkInterfaceRequest) -> AttachNetworkInterfaceResult, DryRun }
operation! { AuthorizeSecurityGroupEgress(AuthorizeSecurityGroupEgressRequest) -> AuthorizeSecurityGroupEgressResult, DryRun }
operation! { AuthorizeSecurityGroupIngress(AuthorizeSecurityGroupIngressRequest) -> AuthorizeSecurityGroupIngressResult, DryRun }
operation! { CreateDefaultSubnet(CreateDefaultSubnetRequest) -> CreateDefaultSubnetResult, DryRun }
operation! { CreateDefaultVpc(CreateDefaultVpcRequest) -> CreateDefaultVpcResult, DryRun }
operation! { CreateDhcpOptions(CreateDhcpOptionsRequest) -> CreateDhcpOptionsResult, DryRun }
operation! { CreateEgressOnlyInternetGateway(CreateEgressOnlyInternetGatewayRequest) -> CreateEgressOnlyInternetGatewayResult, ClientToken DryRun }
operation! { CreateFlowLogs(CreateFlowLogsRequest) -> CreateFlowLogsResult, ClientToken DryRun }
operation! { CreateInternetGateway(CreateInternetGatewayRequest) -> CreateInternetGatewayResult, DryRun }
operation! { CreateKeyPair(CreateKeyPairRequest) -> KeyPair, DryRun }
operation! { CreateManagedPrefixList(CreateManagedPrefixListRequest) -> CreateManagedPrefixListResult, ClientToken DryRun }
operation! { CreateNatGateway(CreateNatGatewayRequest) -> CreateNatGatewayResult, ClientToken DryRun }
operation! { CreateNetworkAcl(CreateNetworkAclRequest) -> CreateNetworkAclResult, ClientToken DryRun }
operation! { CreateNetworkAclEntry(CreateNetworkAclEntryRequest) -> (), DryRun }
operation! { CreateNetworkInsightsPath(CreateNetworkInsightsPathRequest) -> CreateNetworkInsightsPathResult, ClientToken DryRun }
operation! { CreateNetworkInterface(CreateNetworkInterfaceRequest) -> CreateNetworkInterfaceResult, ClientToken DryRun }
operation! { CreateRoute(CreateRouteRequest) -> CreateRouteResult, DryRun }
operation! { CreateRouteTable(CreateRouteTableRequest) -> CreateRouteTableResult, ClientToken DryRun }
operation! { CreateSecurityGroup(CreateSecurityGroupRequest) -> CreateSecurityGroupResult, DryRun }
operation! { CreateSubnet(CreateSubnetRequest) -> CreateSubnetResult, DryRun }
operation! { CreateSubnetCidrReservation(CreateSubnetCidrReservationRequest) -> CreateSubnetCidrReservationResult, DryRun }
operation! { CreateTags(CreateTagsRequest) -> (), DryRun }
operation! { CreateVpc(CreateVpcRequest) -> CreateVpcResult, DryRun }
operation! { CreateVpcBlockPublicAccessExclusion(CreateVpcBlockPublicAccessExclusionRequest) -> CreateVpcBlockPublicAccessExclusionResult, DryRun }
operation! { CreateVpcPeeringConnection(CreateVpcPeeringConnectionRequest) -> CreateVpcPeeringConnectionResult, DryRun }
operation! { DeleteDhcpOptions(DeleteDhcpOptionsRequest) -> (), DryRun }
operation! { DeleteEgressOnlyInternetGateway(DeleteEgressOnlyInternetGatewayRequest) -> DeleteEgressOnlyInternetGatewayResult, DryRun }
operation! { DeleteFlowLogs(DeleteFlowLogsRequest) -> DeleteFlowLogsResult, DryRun }
operation! { DeleteInternetGateway(DeleteInternetGatewayRequest) -> (), DryRun }
operation! { DeleteKeyPair(DeleteKeyPairRequest) -> DeleteKeyPairResult, DryRun }
operation! { DeleteManagedPrefixList(DeleteManagedPrefixListRequest) -> DeleteManagedPrefixListResult, DryRun }
operation! { DeleteNatGateway(DeleteNatGatewayRequest) -> DeleteNatGatewayResult, DryRun }
operation! { DeleteNetworkAcl(DeleteNetworkAclRequest) -> (), DryRun }
operation! { DeleteNetworkAclEntry(DeleteNetworkAclEntryRequest) -> (), DryRun }
operation! { DeleteNetworkInsightsAnalysis(DeleteNetworkInsightsAnalysisRequest) -> DeleteNetworkInsightsAnalysisResult, DryRun }
operation! { DeleteNetworkInsightsPath(DeleteNetworkInsightsPathRequest) -> DeleteNetworkInsightsPathResult, DryRun }
operation! { DeleteNetworkInterface(DeleteNetworkInterfaceRequest) -> (), DryRun }
operation! { DeleteRoute(DeleteRouteRequest) -> (), DryRun }
operation! { DeleteRouteTable(DeleteRouteTableRequest) -> (), DryRun }
operation! { DeleteSecurityGroup(DeleteSecurityGroupRequest) -> DeleteSecurityGroupResult, DryRun }
operation! { DeleteSubnet(DeleteSubnetRequest) -> (), DryRun }
operation! { DeleteSubnetCidrReservation(DeleteSubnetCidrReservationRequest) -> DeleteSubnetCidrReservationResult, DryRun }
operation! { DeleteTags(DeleteTagsRequest) -> (), DryRun }
operation! { DeleteVpc(DeleteVpcRequest) -> (), DryRun }
operation! { DeleteVpcBlockPublicAccessExclusion(DeleteVpcBlockPublicAccessExclusionRequest) -> DeleteVpcBlockPublicAccessExclusionResult, DryRun }
operation! { DeleteVpcPeeringConnection(DeleteVpcPeeringConnectionRequest) -> DeleteVpcPeeringConnectionResult, DryRun }
operation! { DescribeAccountAttributes(DescribeAccountAttributesRequest) -> DescribeAccountAttributesResult, DryRun }
operation! { DescribeAddresses(DescribeAddressesRequest) -> DescribeAddressesResult, DryRun Filter }
operation! { DescribeAddressesAttribute(DescribeAddressesAttributeRequest) -> DescribeAddressesAttributeResult, DryRun MaxResults(1, 1000) NextToken }
operation! { DescribeAvailabilityZones(DescribeAvailabilityZonesRequest) -> DescribeAvailabilityZonesResult, DryRun Filter }
operation! { DescribeDhcpOptions(DescribeDhcpOptionsRequest) -> DescribeDhcpOptionsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeEgressOnlyInternetGateways(DescribeEgressOnlyInternetGatewaysRequest) -> DescribeEgressOnlyInternetGatewaysResult, DryRun Filter MaxResults(5, 255) NextToken }
operation! { DescribeFlowLogs(DescribeFlowLogsRequest) -> DescribeFlowLogsResult, DryRun Filter MaxResults(1, 1000) NextToken }
operation! { DescribeHosts(DescribeHostsRequest) -> DescribeHostsResult, Filter MaxResults(1, 1000) NextToken }
operation! { DescribeImages(DescribeImagesRequest) -> DescribeImagesResult, DryRun Filter MaxResults(1, 1000) NextToken }
operation! { DescribeInstanceAttribute(DescribeInstanceAttributeRequest) -> InstanceAttribute, DryRun }
operation! { DescribeInstanceCreditSpecifications(DescribeInstanceCreditSpecificationsRequest) -> DescribeInstanceCreditSpecificationsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeInstanceStatus(DescribeInstanceStatusRequest) -> DescribeInstanceStatusResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeInstanceTypeOfferings(DescribeInstanceTypeOfferingsRequest) -> DescribeInstanceTypeOfferingsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeInstanceTypes(DescribeInstanceTypesRequest) -> DescribeInstanceTypesResult, DryRun Filter MaxResults(5, 100) NextToken }
operation! { DescribeInstances(DescribeInstancesRequest) -> DescribeInstancesResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeInternetGateways(DescribeInternetGatewaysRequest) -> DescribeInternetGatewaysResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeKeyPairs(DescribeKeyPairsRequest) -> DescribeKeyPairsResult, DryRun Filter }
operation! { DescribeManagedPrefixLists(DescribeManagedPrefixListsRequest) -> DescribeManagedPrefixListsResult, DryRun Filter MaxResults(1, 100) NextToken }
operation! { DescribeNatGateways(DescribeNatGatewaysRequest) -> DescribeNatGatewaysResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeNetworkAcls(DescribeNetworkAclsRequest) -> DescribeNetworkAclsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeNetworkInsightsAnalyses(DescribeNetworkInsightsAnalysesRequest) -> DescribeNetworkInsightsAnalysesResult, DryRun Filter MaxResults(1, 100) NextToken }
operation! { DescribeNetworkInsightsPaths(DescribeNetworkInsightsPathsRequest) -> DescribeNetworkInsightsPathsResult, DryRun Filter MaxResults(1, 100) NextToken }
operation! { DescribeNetworkInterfaceAttribute(DescribeNetworkInterfaceAttributeRequest) -> DescribeNetworkInterfaceAttributeResult, DryRun }
operation! { DescribeNetworkInterfaces(DescribeNetworkInterfacesRequest) -> DescribeNetworkInterfacesResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribePrefixLists(DescribePrefixListsRequest) -> DescribePrefixListsResult, DryRun Filter MaxResults(1, 1000) NextToken }
operation! { DescribeRegions(DescribeRegionsRequest) -> DescribeRegionsResult, DryRun Filter }
operation! { DescribeRouteTables(DescribeRouteTablesRequest) -> DescribeRouteTablesResult, DryRun Filter MaxResults(5, 100) NextToken }
operation! { DescribeSecurityGroupReferences(DescribeSecurityGroupReferencesRequest) -> DescribeSecurityGroupReferencesResult, DryRun }
operation! { DescribeSecurityGroupRules(DescribeSecurityGroupRulesRequest) -> DescribeSecurityGroupRulesResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeSecurityGroupVpcAssociations(DescribeSecurityGroupVpcAssociationsRequest) -> DescribeSecurityGroupVpcAssociationsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeSecurityGroups(DescribeSecurityGroupsRequest) -> DescribeSecurityGroupsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeStaleSecurityGroups(DescribeStaleSecurityGroupsRequest) -> DescribeStaleSecurityGroupsResult, DryRun MaxResults(5, 255) NextToken }
operation! { DescribeSubnets(DescribeSubnetsRequest) -> DescribeSubnetsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeTags(DescribeTagsRequest) -> DescribeTagsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeVolumes(DescribeVolumesRequest) -> DescribeVolumesResult, DryRun Filter MaxResults(1, 1000) NextToken }
operation! { DescribeVpcAttribute(DescribeVpcAttributeRequest) -> DescribeVpcAttributeResult, DryRun }
operation! { DescribeVpcBlockPublicAccessExclusions(DescribeVpcBlockPublicAccessExclusionsRequest) -> DescribeVpcBlockPublicAccessExclusionsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeVpcBlockPublicAccessOptions(DescribeVpcBlockPublicAccessOptionsRequest) -> DescribeVpcBlockPublicAccessOptionsResult, DryRun }
operation! { DescribeVpcPeeringConnections(DescribeVpcPeeringConnectionsRequest) -> DescribeVpcPeeringConnectionsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DescribeVpcs(DescribeVpcsRequest) -> DescribeVpcsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { DetachInternetGateway(DetachInternetGatewayRequest) -> (), DryRun }
operation! { DetachNetworkInterface(DetachNetworkInterfaceRequest) -> (), DryRun }
operation! { DisableVgwRoutePropagation(DisableVgwRoutePropagationRequest) -> (), DryRun }
operation! { DisassociateAddress(DisassociateAddressRequest) -> (), DryRun }
operation! { DisassociateNatGatewayAddress(DisassociateNatGatewayAddressRequest) -> DisassociateNatGatewayAddressResult, DryRun }
operation! { DisassociateRouteTable(DisassociateRouteTableRequest) -> (), DryRun }
operation! { DisassociateSecurityGroupVpc(DisassociateSecurityGroupVpcRequest) -> DisassociateSecurityGroupVpcResult, DryRun }
operation! { DisassociateSubnetCidrBlock(DisassociateSubnetCidrBlockRequest) -> DisassociateSubnetCidrBlockResult }
operation! { DisassociateVpcCidrBlock(DisassociateVpcCidrBlockRequest) -> DisassociateVpcCidrBlockResult }
operation! { EnableVgwRoutePropagation(EnableVgwRoutePropagationRequest) -> (), DryRun }
operation! { GetInstanceMetadataDefaults(GetInstanceMetadataDefaultsRequest) -> GetInstanceMetadataDefaultsResult, DryRun }
operation! { GetManagedPrefixListAssociations(GetManagedPrefixListAssociationsRequest) -> GetManagedPrefixListAssociationsResult, DryRun MaxResults(5, 255) NextToken }
operation! { GetManagedPrefixListEntries(GetManagedPrefixListEntriesRequest) -> GetManagedPrefixListEntriesResult, DryRun MaxResults(1, 100) NextToken }
operation! { GetSecurityGroupsForVpc(GetSecurityGroupsForVpcRequest) -> GetSecurityGroupsForVpcResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { GetSubnetCidrReservations(GetSubnetCidrReservationsRequest) -> GetSubnetCidrReservationsResult, DryRun Filter MaxResults(5, 1000) NextToken }
operation! { ImportKeyPair(ImportKeyPairRequest) -> ImportKeyPairResult, DryRun }
operation! { ModifyInstanceAttribute(ModifyInstanceAttributeRequest) -> (), DryRun }
operation! { ModifyInstanceMetadataDefaults(ModifyInstanceMetadataDefaultsRequest) -> ModifyInstanceMetadataDefaultsResult, DryRun }
operation! { ModifyInstanceMetadataOptions(ModifyInstanceMetadataOptionsRequest) -> ModifyInstanceMetadataOptionsResult, DryRun }
operation! { ModifyManagedPrefixList(ModifyManagedPrefixListRequest) -> ModifyManagedPrefixListResult, DryRun }
operation! { ModifyNetworkInterfaceAttribute(ModifyNetworkInterfaceAttributeRequest) -> (), DryRun }
operation! { ModifyPrivateDnsNameOptions(ModifyPrivateDnsNameOptionsRequest) -> ModifyPrivateDnsNameOptionsResult, DryRun }
operation! { ModifySecurityGroupRules(ModifySecurityGroupRulesRequest) -> ModifySecurityGroupRulesResult, DryRun }
operation! { ModifySubnetAttribute(ModifySubnetAttributeRequest) -> () }
operation! { ModifyVpcAttribute(ModifyVpcAttributeRequest) -> () }
operation! { ModifyVpcBlockPublicAccessExclusion(ModifyVpcBlockPublicAccessExclusionRequest) -> ModifyVpcBlockPublicAccessExclusionResult, DryRun }
operation! { ModifyVpcBlockPublicAccessOptions(ModifyVpcBlockPublicAccessOptionsRequest) -> ModifyVpcBlockPublicAccessOptionsResult, DryRun }
operation! { ModifyVpcPeeringConnectionOptions(ModifyVpcPeeringConnectionOptionsRequest) -> ModifyVpcPeeringConnectionOptionsResult, DryRun }
operation! { ModifyVpcTenancy(ModifyVpcTenancyRequest) -> ModifyVpcTenancyResult, DryRun }
operation! { RebootInstances(RebootInstancesRequest) -> (), DryRun }
operation! { RejectVpcPeeringConnection(RejectVpcPeeringConnectionRequest) -> RejectVpcPeeringConnectionResult, DryRun }
operation! { ReleaseAddress(ReleaseAddressRequest) -> (), DryRun }
operation! { ReplaceNetworkAclAssociation(ReplaceNetworkAclAssociationRequest) -> ReplaceNetworkAclAssociationResult, DryRun }
operation! { ReplaceNetworkAclEntry(ReplaceNetworkAclEntryRequest) -> (), DryRun }
operation! { ReplaceRoute(ReplaceRouteRequest) -> (), DryRun }
operation! { ReplaceRouteTableAssociation(ReplaceRouteTableAssociationRequest) -> ReplaceRouteTableAssociationResult, DryRun }
operation! { ResetNetworkInterfaceAttribute(ResetNetworkInterfaceAttributeRequest) -> (), DryRun }
operation! { RestoreManagedPrefixListVersion(RestoreManagedPrefixListVersionRequest) -> RestoreManagedPrefixListVersionResult, DryRun }
operation! { RevokeSecurityGroupEgress(RevokeSecurityGroupEgressRequest) -> RevokeSecurityGroupEgressResult, DryRun }
operation! { RevokeSecurityGroupIngress(RevokeSecurityGroupIngressRequest) -> RevokeSecurityGroupIngressResult, DryRun }
operation! { RunInstances(RunInstancesRequest) -> Reservation, ClientToken DryRun }
operation! { StartInstances(StartInstancesRequest) -> StartInstancesResult, DryRun }
operation! { StartNetworkInsightsAnalysis(StartNetworkInsightsAnalysisRequest) -> StartNetworkInsightsAnalysisResult, ClientToken DryRun }
operation! { StopInstances(StopInstancesRequest) -> StopInstancesResult, DryRun }
operation! { TerminateInstances(TerminateInstancesRequest) -> TerminateInstancesResult, DryRun }
operation! { UnassignIpv6Addresses(UnassignIpv6AddressesRequest) -> UnassignIpv6AddressesResult }
operation! { UnassignPrivateIpAddresses(UnassignPrivateIpAddressesRequest) -> () }
operation! { UnassignPrivateNatGatewayAddress(UnassignPrivateNatGatewayAddressRequest) -> UnassignPrivateNatGatewayAddressResult, DryRun }
operation! { UpdateSecurityGroupRuleDescriptionsEgress(UpdateSecurityGroupRuleDescriptionsEgressRequest) -> UpdateSecurityGroupRuleDescriptionsEgressResult, DryRun }
operation! { UpdateSecurityGroupRuleDescriptionsIngress(UpdateSecurityGroupRuleDescriptionsIngressRequest) -> UpdateSecurityGroupRuleDescriptionsIngressResult, DryRun }

actions! {
    AcceptVpcPeeringConnection AllocateAddress AssignIpv6Addresses AssignPrivateIpAddresses
    AssignPrivateNatGatewayAddress AssociateAddress AssociateDhcpOptions AssociateNatGatewayAddress
    AssociateRouteTable AssociateSecurityGroupVpc AssociateSubnetCidrBlock AssociateVpcCidrBlock
    AttachInternetGateway AttachNetworkInterface AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress
    CreateDefaultSubnet CreateDefaultVpc CreateDhcpOptions CreateEgressOnlyInternetGateway CreateFlowLogs
    CreateInternetGateway CreateKeyPair CreateManagedPrefixList CreateNatGateway CreateNetworkAcl
    CreateNetworkAclEntry CreateNetworkInsightsPath CreateNetworkInterface CreateRoute CreateRouteTable
    CreateSecurityGroup CreateSubnet CreateSubnetCidrReservation CreateTags CreateVpc
    CreateVpcBlockPublicAccessExclusion CreateVpcPeeringConnection DeleteDhcpOptions
    DeleteEgressOnlyInternetGateway DeleteFlowLogs DeleteInternetGateway DeleteKeyPair DeleteManagedPrefixList
    DeleteNatGateway DeleteNetworkAcl DeleteNetworkAclEntry DeleteNetworkInsightsAnalysis
    DeleteNetworkInsightsPath DeleteNetworkInterface DeleteRoute DeleteRouteTable DeleteSecurityGroup
    DeleteSubnet DeleteSubnetCidrReservation DeleteTags DeleteVpc DeleteVpcBlockPublicAccessExclusion
    DeleteVpcPeeringConnection DescribeAccountAttributes DescribeAddresses DescribeAddressesAttribute
    DescribeAvailabilityZones DescribeDhcpOptions DescribeEgressOnlyInternetGateways DescribeFlowLogs
    DescribeHosts DescribeImages DescribeInstanceAttribute DescribeInstanceCreditSpecifications
    DescribeInstanceStatus DescribeInstanceTypeOfferings DescribeInstanceTypes DescribeInstances
    DescribeInternetGateways DescribeKeyPairs DescribeManagedPrefixLists DescribeNatGateways DescribeNetworkAcls
    DescribeNetworkInsightsAnalyses DescribeNetworkInsightsPaths DescribeNetworkInterfaceAttribute
    DescribeNetworkInterfaces DescribePrefixLists DescribeRegions DescribeRouteTables
    DescribeSecurityGroupReferences DescribeSecurityGroupRules DescribeSecurityGroupVpcAssociations
    DescribeSecurityGroups DescribeStaleSecurityGroups DescribeSubnets DescribeTags DescribeVolumes
    DescribeVpcAttribute DescribeVpcBlockPublicAccessExclusions DescribeVpcBlockPublicAccessOptions
    DescribeVpcPeeringConnections DescribeVpcs DetachInternetGateway DetachNetworkInterface
    DisableVgwRoutePropagation DisassociateAddress DisassociateNatGatewayAddress DisassociateRouteTable
    DisassociateSecurityGroupVpc DisassociateSubnetCidrBlock DisassociateVpcCidrBlock EnableVgwRoutePropagation
    GetInstanceMetadataDefaults GetManagedPrefixListAssociations GetManagedPrefixListEntries
    GetSecurityGroupsForVpc GetSubnetCidrReservations ImportKeyPair ModifyInstanceAttribute
    ModifyInstanceMetadataDefaults ModifyInstanceMetadataOptions ModifyManagedPrefixList
    ModifyNetworkInterfaceAttribute ModifyPrivateDnsNameOptions ModifySecurityGroupRules ModifySubnetAttribute
    ModifyVpcAttribute ModifyVpcBlockPublicAccessExclusion ModifyVpcBlockPublicAccessOptions
    ModifyVpcPeeringConnectionOptions ModifyVpcTenancy RebootInstances RejectVpcPeeringConnection ReleaseAddress
    ReplaceNetworkAclAssociation ReplaceNetworkAclEntry ReplaceRoute ReplaceRouteTableAssociation
    ResetNetworkInterfaceAttribute RestoreManagedPrefixListVersion RevokeSecurityGroupEgress
    RevokeSecurityGroupIngress RunInstances StartInstances StartNetworkInsightsAnalysis StopInstances
    TerminateInstances UnassignIpv6Addresses UnassignPrivateIpAddresses UnassignPrivateNatGatewayAddress
    UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress
}

filters! {
    DescribeAddresses:
        "allocation-id" "association-id" "instance-id" "network-border-group" "network-interface-id"
        "network-interface-owner-id" "private-ip-address" "public-ip" "tag-key" "tag:<key>";
    DescribeAvailabilityZones:
        "group-long-name" "group-name" "message" "opt-in-status" "parent-zone-id" "parent-zone-name" "region-name"
        "state" "zone-id" "zone-name" "zone-type";
    DescribeDhcpOptions:
        "dhcp-options-id" "key" "owner-id" "tag-key" "tag:<key>" "value";
    DescribeEgressOnlyInternetGateways:
        "tag-key" "tag:<key>";
    DescribeFlowLogs:
        "deliver-log-status" "flow-log-id" "log-destination-type" "log-group-name" "resource-id" "tag-key"
        "tag:<key>" "traffic-type";
    DescribeHosts:
        "auto-placement" "availability-zone" "client-token" "host-reservation-id" "instance-type" "state" "tag-key";
    DescribeImages:
        "architecture" "block-device-mapping.delete-on-termination" "block-device-mapping.device-name"
        "block-device-mapping.encrypted" "block-device-mapping.snapshot-id" "block-device-mapping.volume-size"
        "block-device-mapping.volume-type" "creation-date" "description" "ena-support" "free-tier-eligible"
        "hypervisor" "image-allowed" "image-id" "image-type" "is-public" "kernel-id" "manifest-location" "name"
        "owner-alias" "owner-id" "platform" "product-code" "product-code.type" "ramdisk-id" "root-device-name"
        "root-device-type" "source-image-id" "source-image-region" "source-instance-id" "sriov-net-support" "state"
        "state-reason-code" "state-reason-message" "tag-key" "tag:<key>" "virtualization-type";
    DescribeInstanceCreditSpecifications:
        "instance-id";
    DescribeInstanceStatus:
        "attached-ebs-status.status" "availability-zone" "availability-zone-id" "event.code" "event.description"
        "event.instance-event-id" "event.not-after" "event.not-before" "event.not-before-deadline"
        "instance-state-code" "instance-state-name" "instance-status.reachability" "instance-status.status"
        "operator.managed" "operator.principal" "system-status.reachability" "system-status.status";
    DescribeInstanceTypeOfferings:
        "instance-type" "location";
    DescribeInstanceTypes:
        "auto-recovery-supported" "bare-metal" "burstable-performance-supported" "current-generation"
        "dedicated-hosts-supported" "ebs-info.attachment-limit-type"
        "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps" "ebs-info.ebs-optimized-info.baseline-iops"
        "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps"
        "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps" "ebs-info.ebs-optimized-info.maximum-iops"
        "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps" "ebs-info.ebs-optimized-support"
        "ebs-info.encryption-support" "ebs-info.maximum-ebs-attachments" "ebs-info.nvme-support"
        "free-tier-eligible" "hibernation-supported" "hypervisor" "instance-storage-info.disk.count"
        "instance-storage-info.disk.size-in-gb" "instance-storage-info.disk.type"
        "instance-storage-info.encryption-support" "instance-storage-info.nvme-support"
        "instance-storage-info.total-size-in-gb" "instance-storage-supported" "instance-type"
        "memory-info.size-in-mib" "network-info.bandwidth-weightings" "network-info.efa-info.maximum-efa-interfaces"
        "network-info.efa-supported" "network-info.ena-support" "network-info.encryption-in-transit-supported"
        "network-info.flexible-ena-queues-support" "network-info.ipv4-addresses-per-interface"
        "network-info.ipv6-addresses-per-interface" "network-info.ipv6-supported"
        "network-info.maximum-network-cards" "network-info.maximum-network-interfaces"
        "network-info.network-performance" "nitro-enclaves-support" "nitro-tpm-info.supported-versions"
        "nitro-tpm-support" "processor-info.supported-architecture" "processor-info.supported-features"
        "processor-info.sustained-clock-speed-in-ghz" "reboot-migration-support" "supported-boot-mode"
        "supported-root-device-type" "supported-usage-class" "supported-virtualization-type"
        "vcpu-info.default-cores" "vcpu-info.default-threads-per-core" "vcpu-info.default-vcpus"
        "vcpu-info.valid-cores" "vcpu-info.valid-threads-per-core";
    DescribeInstances:
        "affinity" "architecture" "availability-zone" "availability-zone-id" "block-device-mapping.attach-time"
        "block-device-mapping.delete-on-termination" "block-device-mapping.device-name"
        "block-device-mapping.status" "block-device-mapping.volume-id" "boot-mode" "capacity-reservation-id"
        "capacity-reservation-specification.capacity-reservation-preference"
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id"
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn"
        "client-token" "current-instance-boot-mode" "dns-name" "ebs-optimized" "ena-support"
        "enclave-options.enabled" "hibernation-options.configured" "host-id" "hypervisor" "iam-instance-profile.arn"
        "iam-instance-profile.id" "image-id" "instance-id" "instance-lifecycle" "instance-state-code"
        "instance-state-name" "instance-type" "instance.group-id" "instance.group-name" "ip-address" "ipv6-address"
        "kernel-id" "key-name" "launch-index" "launch-time" "maintenance-options.auto-recovery"
        "metadata-options.http-endpoint" "metadata-options.http-protocol-ipv4" "metadata-options.http-protocol-ipv6"
        "metadata-options.http-put-response-hop-limit" "metadata-options.http-tokens"
        "metadata-options.instance-metadata-tags" "metadata-options.state" "monitoring-state"
        "network-interface.addresses.association.allocation-id"
        "network-interface.addresses.association.association-id"
        "network-interface.addresses.association.carrier-ip"
        "network-interface.addresses.association.customer-owned-ip"
        "network-interface.addresses.association.ip-owner-id"
        "network-interface.addresses.association.public-dns-name"
        "network-interface.addresses.association.public-ip" "network-interface.addresses.primary"
        "network-interface.addresses.private-dns-name" "network-interface.addresses.private-ip-address"
        "network-interface.association.allocation-id" "network-interface.association.association-id"
        "network-interface.association.carrier-ip" "network-interface.association.customer-owned-ip"
        "network-interface.association.ip-owner-id" "network-interface.association.public-dns-name"
        "network-interface.association.public-ip" "network-interface.attachment.attach-time"
        "network-interface.attachment.attachment-id" "network-interface.attachment.delete-on-termination"
        "network-interface.attachment.device-index" "network-interface.attachment.instance-id"
        "network-interface.attachment.instance-owner-id" "network-interface.attachment.network-card-index"
        "network-interface.attachment.status" "network-interface.availability-zone"
        "network-interface.deny-all-igw-traffic" "network-interface.description" "network-interface.group-id"
        "network-interface.group-name" "network-interface.ipv4-prefixes.ipv4-prefix"
        "network-interface.ipv6-address" "network-interface.ipv6-addresses.ipv6-address"
        "network-interface.ipv6-addresses.is-primary-ipv6" "network-interface.ipv6-native"
        "network-interface.ipv6-prefixes.ipv6-prefix" "network-interface.mac-address"
        "network-interface.network-interface-id" "network-interface.operator.managed"
        "network-interface.operator.principal" "network-interface.outpost-arn" "network-interface.owner-id"
        "network-interface.private-dns-name" "network-interface.private-ip-address"
        "network-interface.public-dns-name" "network-interface.requester-id" "network-interface.requester-managed"
        "network-interface.source-dest-check" "network-interface.status" "network-interface.subnet-id"
        "network-interface.tag-key" "network-interface.tag-value" "network-interface.vpc-id"
        "network-performance-options.bandwidth-weighting" "operator.managed" "operator.principal" "outpost-arn"
        "owner-id" "placement-group-name" "placement-partition-number" "platform" "platform-details"
        "private-dns-name" "private-dns-name-options.enable-resource-name-dns-a-record"
        "private-dns-name-options.enable-resource-name-dns-aaaa-record" "private-dns-name-options.hostname-type"
        "private-ip-address" "product-code" "product-code.type" "ramdisk-id" "reason" "requester-id"
        "reservation-id" "root-device-name" "root-device-type" "source-dest-check" "spot-instance-request-id"
        "state-reason-code" "state-reason-message" "subnet-id" "tag-key" "tag:<key>" "tenancy" "tpm-support"
        "usage-operation" "usage-operation-update-time" "virtualization-type" "vpc-id";
    DescribeInternetGateways:
        "attachment.state" "attachment.vpc-id" "internet-gateway-id" "owner-id" "tag-key" "tag:<key>";
    DescribeKeyPairs:
        "fingerprint" "key-name" "key-pair-id" "tag-key" "tag:<key>";
    DescribeManagedPrefixLists:
        "owner-id" "prefix-list-id" "prefix-list-name";
    DescribeNatGateways:
        "nat-gateway-id" "state" "subnet-id" "tag-key" "tag:<key>" "vpc-id";
    DescribeNetworkAcls:
        "association.association-id" "association.network-acl-id" "association.subnet-id" "default" "entry.cidr"
        "entry.egress" "entry.icmp.code" "entry.icmp.type" "entry.ipv6-cidr" "entry.port-range.from"
        "entry.port-range.to" "entry.protocol" "entry.rule-action" "entry.rule-number" "network-acl-id" "owner-id"
        "tag-key" "tag:<key>" "vpc-id";
    DescribeNetworkInsightsAnalyses:
        "path-found" "status";
    DescribeNetworkInsightsPaths:
        "destination" "filter-at-destination.destination-address" "filter-at-destination.destination-port-range"
        "filter-at-destination.source-address" "filter-at-destination.source-port-range"
        "filter-at-source.destination-address" "filter-at-source.destination-port-range"
        "filter-at-source.source-address" "filter-at-source.source-port-range" "protocol" "source";
    DescribeNetworkInterfaces:
        "addresses.association.owner-id" "addresses.association.public-ip" "addresses.primary"
        "addresses.private-ip-address" "association.allocation-id" "association.association-id"
        "association.ip-owner-id" "association.public-dns-name" "association.public-ip" "attachment.attach-time"
        "attachment.attachment-id" "attachment.delete-on-termination" "attachment.device-index"
        "attachment.instance-id" "attachment.instance-owner-id" "attachment.status" "availability-zone"
        "availability-zone-id" "description" "group-id" "interface-type" "ipv6-addresses.ipv6-address" "mac-address"
        "network-interface-id" "operator.managed" "operator.principal" "owner-id" "private-dns-name"
        "private-ip-address" "requester-id" "requester-managed" "source-dest-check" "status" "subnet-id" "tag-key"
        "tag:<key>" "vpc-id";
    DescribePrefixLists:
        "prefix-list-id" "prefix-list-name";
    DescribeRegions:
        "endpoint" "opt-in-status" "region-name";
    DescribeRouteTables:
        "association.gateway-id" "association.main" "association.route-table-association-id"
        "association.route-table-id" "association.subnet-id" "owner-id" "route-table-id"
        "route.destination-cidr-block" "route.destination-ipv6-cidr-block" "route.destination-prefix-list-id"
        "route.egress-only-internet-gateway-id" "route.gateway-id" "route.instance-id" "route.nat-gateway-id"
        "route.origin" "route.state" "route.transit-gateway-id" "route.vpc-peering-connection-id" "tag-key"
        "tag:<key>" "vpc-id";
    DescribeSecurityGroupRules:
        "group-id" "security-group-rule-id" "tag:<key>";
    DescribeSecurityGroupVpcAssociations:
        "group-id" "group-owner-id" "state" "vpc-id" "vpc-owner-id";
    DescribeSecurityGroups:
        "description" "egress.ip-permission.cidr" "egress.ip-permission.from-port" "egress.ip-permission.group-id"
        "egress.ip-permission.group-name" "egress.ip-permission.ipv6-cidr" "egress.ip-permission.prefix-list-id"
        "egress.ip-permission.protocol" "egress.ip-permission.to-port" "egress.ip-permission.user-id" "group-id"
        "group-name" "ip-permission.cidr" "ip-permission.from-port" "ip-permission.group-id"
        "ip-permission.group-name" "ip-permission.ipv6-cidr" "ip-permission.prefix-list-id" "ip-permission.protocol"
        "ip-permission.to-port" "ip-permission.user-id" "owner-id" "tag-key" "tag:<key>" "vpc-id";
    DescribeSubnets:
        "availability-zone" "availability-zone-id" "availabilityZone" "availabilityZoneId"
        "available-ip-address-count" "cidr" "cidr-block" "cidrBlock" "customer-owned-ipv4-pool" "default-for-az"
        "defaultForAz" "enable-dns64" "enable-lni-at-device-index" "ipv6-cidr-block-association.association-id"
        "ipv6-cidr-block-association.ipv6-cidr-block" "ipv6-cidr-block-association.state" "ipv6-native"
        "map-customer-owned-ip-on-launch" "map-public-ip-on-launch" "outpost-arn" "owner-id"
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record"
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record"
        "private-dns-name-options-on-launch.hostname-type" "state" "subnet-arn" "subnet-id" "tag-key" "tag:<key>"
        "vpc-id";
    DescribeTags:
        "key" "resource-id" "resource-type" "tag:<key>" "value";
    DescribeVolumes:
        "attachment.attach-time" "attachment.delete-on-termination" "attachment.device" "attachment.instance-id"
        "attachment.status" "availability-zone" "availability-zone-id" "create-time" "encrypted" "fast-restored"
        "multi-attach-enabled" "operator.managed" "operator.principal" "size" "snapshot-id" "status" "tag-key"
        "tag:<key>" "volume-id" "volume-type";
    DescribeVpcBlockPublicAccessExclusions:
        "internet-gateway-exclusion-mode" "resource-arn" "state" "tag-key" "tag-value" "tag:<key>";
    DescribeVpcPeeringConnections:
        "accepter-vpc-info.cidr-block" "accepter-vpc-info.owner-id" "accepter-vpc-info.vpc-id" "expiration-time"
        "requester-vpc-info.cidr-block" "requester-vpc-info.owner-id" "requester-vpc-info.vpc-id" "status-code"
        "status-message" "tag-key" "tag:<key>" "vpc-peering-connection-id";
    DescribeVpcs:
        "cidr" "cidr-block-association.association-id" "cidr-block-association.cidr-block"
        "cidr-block-association.state" "dhcp-options-id" "ipv6-cidr-block-association.association-id"
        "ipv6-cidr-block-association.ipv6-cidr-block" "ipv6-cidr-block-association.ipv6-pool"
        "ipv6-cidr-block-association.state" "is-default" "owner-id" "state" "tag-key" "tag:<key>" "vpc-id";
    GetSecurityGroupsForVpc:
        "description" "group-id" "group-name" "owner-id" "primary-vpc-id";
    GetSubnetCidrReservations:
        "reservationType" "subnet-id" "tag-key" "tag:<key>";
}

values! { OTHER_ACTIONS
    "AcceptAddressTransfer" "AcceptCapacityReservationBillingOwnership" "AcceptReservedInstancesExchangeQuote"
    "AcceptTransitGatewayClientVpnAttachment" "AcceptTransitGatewayMulticastDomainAssociations"
    "AcceptTransitGatewayPeeringAttachment" "AcceptTransitGatewayVpcAttachment" "AcceptVpcEndpointConnections"
    "AdvertiseByoipCidr" "AllocateHosts" "AllocateIpamPoolCidr" "ApplySecurityGroupsToClientVpnTargetNetwork"
    "AssociateCapacityReservationBillingOwner" "AssociateClientVpnTargetNetwork"
    "AssociateEnclaveCertificateIamRole" "AssociateIamInstanceProfile" "AssociateInstanceEventWindow"
    "AssociateIpamByoasn" "AssociateIpamResourceDiscovery" "AssociateRouteServer"
    "AssociateTransitGatewayMulticastDomain" "AssociateTransitGatewayPolicyTable"
    "AssociateTransitGatewayRouteTable" "AssociateTrunkInterface" "AttachClassicLinkVpc"
    "AttachVerifiedAccessTrustProvider" "AttachVolume" "AttachVpnGateway" "AuthorizeClientVpnIngress"
    "BundleInstance" "CancelBundleTask" "CancelCapacityReservation" "CancelCapacityReservationFleets"
    "CancelConversionTask" "CancelDeclarativePoliciesReport" "CancelExportTask" "CancelImageLaunchPermission"
    "CancelImportTask" "CancelReservedInstancesListing" "CancelSpotFleetRequests" "CancelSpotInstanceRequests"
    "ConfirmProductInstance" "CopyFpgaImage" "CopyImage" "CopySnapshot" "CopyVolumes"
    "CreateCapacityManagerDataExport" "CreateCapacityReservation" "CreateCapacityReservationBySplitting"
    "CreateCapacityReservationFleet" "CreateCarrierGateway" "CreateClientVpnEndpoint" "CreateClientVpnRoute"
    "CreateCoipCidr" "CreateCoipPool" "CreateCustomerGateway" "CreateDelegateMacVolumeOwnershipTask"
    "CreateFleet" "CreateFpgaImage" "CreateImage" "CreateImageUsageReport" "CreateInstanceConnectEndpoint"
    "CreateInstanceEventWindow" "CreateInstanceExportTask" "CreateInterruptibleCapacityReservationAllocation"
    "CreateIpam" "CreateIpamExternalResourceVerificationToken" "CreateIpamPolicy" "CreateIpamPool"
    "CreateIpamPrefixListResolver" "CreateIpamPrefixListResolverTarget" "CreateIpamResourceDiscovery"
    "CreateIpamScope" "CreateLaunchTemplate" "CreateLaunchTemplateVersion" "CreateLocalGatewayRoute"
    "CreateLocalGatewayRouteTable" "CreateLocalGatewayRouteTableVirtualInterfaceGroupAssociation"
    "CreateLocalGatewayRouteTableVpcAssociation" "CreateLocalGatewayVirtualInterface"
    "CreateLocalGatewayVirtualInterfaceGroup" "CreateMacSystemIntegrityProtectionModificationTask"
    "CreateNetworkInsightsAccessScope" "CreateNetworkInterfacePermission" "CreatePlacementGroup"
    "CreatePublicIpv4Pool" "CreateReplaceRootVolumeTask" "CreateReservedInstancesListing"
    "CreateRestoreImageTask" "CreateRouteServer" "CreateRouteServerEndpoint" "CreateRouteServerPeer"
    "CreateSecondaryNetwork" "CreateSecondarySubnet" "CreateSnapshot" "CreateSnapshots"
    "CreateSpotDatafeedSubscription" "CreateStoreImageTask" "CreateTrafficMirrorFilter"
    "CreateTrafficMirrorFilterRule" "CreateTrafficMirrorSession" "CreateTrafficMirrorTarget"
    "CreateTransitGateway" "CreateTransitGatewayConnect" "CreateTransitGatewayConnectPeer"
    "CreateTransitGatewayMeteringPolicy" "CreateTransitGatewayMeteringPolicyEntry"
    "CreateTransitGatewayMulticastDomain" "CreateTransitGatewayPeeringAttachment"
    "CreateTransitGatewayPolicyTable" "CreateTransitGatewayPrefixListReference" "CreateTransitGatewayRoute"
    "CreateTransitGatewayRouteTable" "CreateTransitGatewayRouteTableAnnouncement"
    "CreateTransitGatewayVpcAttachment" "CreateVerifiedAccessEndpoint" "CreateVerifiedAccessGroup"
    "CreateVerifiedAccessInstance" "CreateVerifiedAccessTrustProvider" "CreateVolume"
    "CreateVpcEncryptionControl" "CreateVpcEndpoint" "CreateVpcEndpointConnectionNotification"
    "CreateVpcEndpointServiceConfiguration" "CreateVpnConcentrator" "CreateVpnConnection"
    "CreateVpnConnectionRoute" "CreateVpnGateway" "DeleteCapacityManagerDataExport" "DeleteCarrierGateway"
    "DeleteClientVpnEndpoint" "DeleteClientVpnRoute" "DeleteCoipCidr" "DeleteCoipPool" "DeleteCustomerGateway"
    "DeleteFleets" "DeleteFpgaImage" "DeleteImageUsageReport" "DeleteInstanceConnectEndpoint"
    "DeleteInstanceEventWindow" "DeleteIpam" "DeleteIpamExternalResourceVerificationToken" "DeleteIpamPolicy"
    "DeleteIpamPool" "DeleteIpamPrefixListResolver" "DeleteIpamPrefixListResolverTarget"
    "DeleteIpamResourceDiscovery" "DeleteIpamScope" "DeleteLaunchTemplate" "DeleteLaunchTemplateVersions"
    "DeleteLocalGatewayRoute" "DeleteLocalGatewayRouteTable"
    "DeleteLocalGatewayRouteTableVirtualInterfaceGroupAssociation" "DeleteLocalGatewayRouteTableVpcAssociation"
    "DeleteLocalGatewayVirtualInterface" "DeleteLocalGatewayVirtualInterfaceGroup"
    "DeleteNetworkInsightsAccessScope" "DeleteNetworkInsightsAccessScopeAnalysis"
    "DeleteNetworkInterfacePermission" "DeletePlacementGroup" "DeletePublicIpv4Pool"
    "DeleteQueuedReservedInstances" "DeleteRouteServer" "DeleteRouteServerEndpoint" "DeleteRouteServerPeer"
    "DeleteSecondaryNetwork" "DeleteSecondarySubnet" "DeleteSnapshot" "DeleteSpotDatafeedSubscription"
    "DeleteTrafficMirrorFilter" "DeleteTrafficMirrorFilterRule" "DeleteTrafficMirrorSession"
    "DeleteTrafficMirrorTarget" "DeleteTransitGateway" "DeleteTransitGatewayClientVpnAttachment"
    "DeleteTransitGatewayConnect" "DeleteTransitGatewayConnectPeer" "DeleteTransitGatewayMeteringPolicy"
    "DeleteTransitGatewayMeteringPolicyEntry" "DeleteTransitGatewayMulticastDomain"
    "DeleteTransitGatewayPeeringAttachment" "DeleteTransitGatewayPolicyTable"
    "DeleteTransitGatewayPrefixListReference" "DeleteTransitGatewayRoute" "DeleteTransitGatewayRouteTable"
    "DeleteTransitGatewayRouteTableAnnouncement" "DeleteTransitGatewayVpcAttachment"
    "DeleteVerifiedAccessEndpoint" "DeleteVerifiedAccessGroup" "DeleteVerifiedAccessInstance"
    "DeleteVerifiedAccessTrustProvider" "DeleteVolume" "DeleteVpcEncryptionControl"
    "DeleteVpcEndpointConnectionNotifications" "DeleteVpcEndpointServiceConfigurations" "DeleteVpcEndpoints"
    "DeleteVpnConcentrator" "DeleteVpnConnection" "DeleteVpnConnectionRoute" "DeleteVpnGateway"
    "DeprovisionByoipCidr" "DeprovisionIpamByoasn" "DeprovisionIpamPoolCidr" "DeprovisionPublicIpv4PoolCidr"
    "DeregisterImage" "DeregisterInstanceEventNotificationAttributes"
    "DeregisterTransitGatewayMulticastGroupMembers" "DeregisterTransitGatewayMulticastGroupSources"
    "DescribeAddressTransfers" "DescribeAggregateIdFormat" "DescribeAwsNetworkPerformanceMetricSubscriptions"
    "DescribeBundleTasks" "DescribeByoipCidrs" "DescribeCapacityBlockExtensionHistory"
    "DescribeCapacityBlockExtensionOfferings" "DescribeCapacityBlockOfferings" "DescribeCapacityBlockStatus"
    "DescribeCapacityBlocks" "DescribeCapacityManagerDataExports" "DescribeCapacityReservationBillingRequests"
    "DescribeCapacityReservationFleets" "DescribeCapacityReservationTopology" "DescribeCapacityReservations"
    "DescribeCarrierGateways" "DescribeClassicLinkInstances" "DescribeClientVpnAuthorizationRules"
    "DescribeClientVpnConnections" "DescribeClientVpnEndpoints" "DescribeClientVpnRoutes"
    "DescribeClientVpnTargetNetworks" "DescribeCoipPools" "DescribeConversionTasks" "DescribeCustomerGateways"
    "DescribeDeclarativePoliciesReports" "DescribeElasticGpus" "DescribeExportImageTasks" "DescribeExportTasks"
    "DescribeFastLaunchImages" "DescribeFastSnapshotRestores" "DescribeFleetHistory" "DescribeFleetInstances"
    "DescribeFleets" "DescribeFpgaImageAttribute" "DescribeFpgaImages" "DescribeHostReservationOfferings"
    "DescribeHostReservations" "DescribeIamInstanceProfileAssociations" "DescribeIdFormat"
    "DescribeIdentityIdFormat" "DescribeImageAttribute" "DescribeImageReferences"
    "DescribeImageUsageReportEntries" "DescribeImageUsageReports" "DescribeImportImageTasks"
    "DescribeImportSnapshotTasks" "DescribeInstanceConnectEndpoints"
    "DescribeInstanceEventNotificationAttributes" "DescribeInstanceEventWindows" "DescribeInstanceImageMetadata"
    "DescribeInstanceSqlHaHistoryStates" "DescribeInstanceSqlHaStates" "DescribeInstanceTopology"
    "DescribeIpamByoasn" "DescribeIpamExternalResourceVerificationTokens" "DescribeIpamPolicies"
    "DescribeIpamPoolAllocations" "DescribeIpamPools" "DescribeIpamPrefixListResolverTargets"
    "DescribeIpamPrefixListResolvers" "DescribeIpamResourceDiscoveries"
    "DescribeIpamResourceDiscoveryAssociations" "DescribeIpamScopes" "DescribeIpams" "DescribeIpv6Pools"
    "DescribeLaunchTemplateVersions" "DescribeLaunchTemplates"
    "DescribeLocalGatewayRouteTableVirtualInterfaceGroupAssociations"
    "DescribeLocalGatewayRouteTableVpcAssociations" "DescribeLocalGatewayRouteTables"
    "DescribeLocalGatewayVirtualInterfaceGroups" "DescribeLocalGatewayVirtualInterfaces" "DescribeLocalGateways"
    "DescribeLockedSnapshots" "DescribeMacHosts" "DescribeMacModificationTasks" "DescribeMovingAddresses"
    "DescribeNetworkInsightsAccessScopeAnalyses" "DescribeNetworkInsightsAccessScopes"
    "DescribeNetworkInterfacePermissions" "DescribeOutpostLags" "DescribePlacementGroups"
    "DescribePrincipalIdFormat" "DescribePublicIpv4Pools" "DescribeReplaceRootVolumeTasks"
    "DescribeReservedInstances" "DescribeReservedInstancesListings" "DescribeReservedInstancesModifications"
    "DescribeReservedInstancesOfferings" "DescribeRouteServerEndpoints" "DescribeRouteServerPeers"
    "DescribeRouteServers" "DescribeScheduledInstanceAvailability" "DescribeScheduledInstances"
    "DescribeSecondaryInterfaces" "DescribeSecondaryNetworks" "DescribeSecondarySubnets"
    "DescribeServiceLinkVirtualInterfaces" "DescribeSnapshotAttribute" "DescribeSnapshotTierStatus"
    "DescribeSnapshots" "DescribeSpotDatafeedSubscription" "DescribeSpotFleetInstances"
    "DescribeSpotFleetRequestHistory" "DescribeSpotFleetRequests" "DescribeSpotInstanceRequests"
    "DescribeSpotPriceHistory" "DescribeStoreImageTasks" "DescribeTrafficMirrorFilterRules"
    "DescribeTrafficMirrorFilters" "DescribeTrafficMirrorSessions" "DescribeTrafficMirrorTargets"
    "DescribeTransitGatewayAttachments" "DescribeTransitGatewayConnectPeers" "DescribeTransitGatewayConnects"
    "DescribeTransitGatewayMeteringPolicies" "DescribeTransitGatewayMulticastDomains"
    "DescribeTransitGatewayPeeringAttachments" "DescribeTransitGatewayPolicyTables"
    "DescribeTransitGatewayRouteTableAnnouncements" "DescribeTransitGatewayRouteTables"
    "DescribeTransitGatewayVpcAttachments" "DescribeTransitGateways" "DescribeTrunkInterfaceAssociations"
    "DescribeVerifiedAccessEndpoints" "DescribeVerifiedAccessGroups"
    "DescribeVerifiedAccessInstanceLoggingConfigurations" "DescribeVerifiedAccessInstances"
    "DescribeVerifiedAccessTrustProviders" "DescribeVolumeAttribute" "DescribeVolumeStatus"
    "DescribeVolumesModifications" "DescribeVpcClassicLink" "DescribeVpcClassicLinkDnsSupport"
    "DescribeVpcEncryptionControls" "DescribeVpcEndpointAssociations"
    "DescribeVpcEndpointConnectionNotifications" "DescribeVpcEndpointConnections"
    "DescribeVpcEndpointServiceConfigurations" "DescribeVpcEndpointServicePermissions"
    "DescribeVpcEndpointServices" "DescribeVpcEndpoints" "DescribeVpnConcentrators" "DescribeVpnConnections"
    "DescribeVpnGateways" "DetachClassicLinkVpc" "DetachVerifiedAccessTrustProvider" "DetachVolume"
    "DetachVpnGateway" "DisableAddressTransfer" "DisableAllowedImagesSettings"
    "DisableAwsNetworkPerformanceMetricSubscription" "DisableCapacityManager" "DisableEbsEncryptionByDefault"
    "DisableFastLaunch" "DisableFastSnapshotRestores" "DisableImage" "DisableImageBlockPublicAccess"
    "DisableImageDeprecation" "DisableImageDeregistrationProtection" "DisableInstanceSqlHaStandbyDetections"
    "DisableIpamOrganizationAdminAccount" "DisableIpamPolicy" "DisableRouteServerPropagation"
    "DisableSerialConsoleAccess" "DisableSnapshotBlockPublicAccess" "DisableTransitGatewayRouteTablePropagation"
    "DisableVpcClassicLink" "DisableVpcClassicLinkDnsSupport" "DisassociateCapacityReservationBillingOwner"
    "DisassociateClientVpnTargetNetwork" "DisassociateEnclaveCertificateIamRole"
    "DisassociateIamInstanceProfile" "DisassociateInstanceEventWindow" "DisassociateIpamByoasn"
    "DisassociateIpamResourceDiscovery" "DisassociateRouteServer" "DisassociateTransitGatewayMulticastDomain"
    "DisassociateTransitGatewayPolicyTable" "DisassociateTransitGatewayRouteTable" "DisassociateTrunkInterface"
    "EnableAddressTransfer" "EnableAllowedImagesSettings" "EnableAwsNetworkPerformanceMetricSubscription"
    "EnableCapacityManager" "EnableEbsEncryptionByDefault" "EnableFastLaunch" "EnableFastSnapshotRestores"
    "EnableImage" "EnableImageBlockPublicAccess" "EnableImageDeprecation" "EnableImageDeregistrationProtection"
    "EnableInstanceSqlHaStandbyDetections" "EnableIpamOrganizationAdminAccount" "EnableIpamPolicy"
    "EnableReachabilityAnalyzerOrganizationSharing" "EnableRouteServerPropagation" "EnableSerialConsoleAccess"
    "EnableSnapshotBlockPublicAccess" "EnableTransitGatewayRouteTablePropagation" "EnableVolumeIO"
    "EnableVpcClassicLink" "EnableVpcClassicLinkDnsSupport" "ExportClientVpnClientCertificateRevocationList"
    "ExportClientVpnClientConfiguration" "ExportImage" "ExportTransitGatewayRoutes"
    "ExportVerifiedAccessInstanceClientConfiguration" "GetActiveVpnTunnelStatus" "GetAllowedImagesSettings"
    "GetAssociatedEnclaveCertificateIamRoles" "GetAssociatedIpv6PoolCidrs" "GetAwsNetworkPerformanceData"
    "GetCapacityManagerAttributes" "GetCapacityManagerMetricData" "GetCapacityManagerMetricDimensions"
    "GetCapacityManagerMonitoredTagKeys" "GetCapacityReservationUsage" "GetCoipPoolUsage" "GetConsoleOutput"
    "GetConsoleScreenshot" "GetDeclarativePoliciesReportSummary" "GetDefaultCreditSpecification"
    "GetEbsDefaultKmsKeyId" "GetEbsEncryptionByDefault" "GetEnabledIpamPolicy" "GetFlowLogsIntegrationTemplate"
    "GetGroupsForCapacityReservation" "GetHostReservationPurchasePreview" "GetImageAncestry"
    "GetImageBlockPublicAccessState" "GetInstanceTpmEkPub" "GetInstanceTypesFromInstanceRequirements"
    "GetInstanceUefiData" "GetIpamAddressHistory" "GetIpamDiscoveredAccounts" "GetIpamDiscoveredPublicAddresses"
    "GetIpamDiscoveredResourceCidrs" "GetIpamPolicyAllocationRules" "GetIpamPolicyOrganizationTargets"
    "GetIpamPoolAllocations" "GetIpamPoolCidrs" "GetIpamPrefixListResolverRules"
    "GetIpamPrefixListResolverVersionEntries" "GetIpamPrefixListResolverVersions" "GetIpamResourceCidrs"
    "GetLaunchTemplateData" "GetManagedResourceVisibility" "GetNetworkInsightsAccessScopeAnalysisFindings"
    "GetNetworkInsightsAccessScopeContent" "GetPasswordData" "GetReservedInstancesExchangeQuote"
    "GetRouteServerAssociations" "GetRouteServerPropagations" "GetRouteServerRoutingDatabase"
    "GetSerialConsoleAccessStatus" "GetSnapshotBlockPublicAccessState" "GetSpotPlacementScores"
    "GetTransitGatewayAttachmentPropagations" "GetTransitGatewayMeteringPolicyEntries"
    "GetTransitGatewayMulticastDomainAssociations" "GetTransitGatewayPolicyTableAssociations"
    "GetTransitGatewayPolicyTableEntries" "GetTransitGatewayPrefixListReferences"
    "GetTransitGatewayRouteTableAssociations" "GetTransitGatewayRouteTablePropagations"
    "GetVerifiedAccessEndpointPolicy" "GetVerifiedAccessEndpointTargets" "GetVerifiedAccessGroupPolicy"
    "GetVpcResourcesBlockingEncryptionEnforcement" "GetVpnConnectionDeviceSampleConfiguration"
    "GetVpnConnectionDeviceTypes" "GetVpnTunnelReplacementStatus"
    "ImportClientVpnClientCertificateRevocationList" "ImportImage" "ImportInstance" "ImportSnapshot"
    "ImportVolume" "ListImagesInRecycleBin" "ListSnapshotsInRecycleBin" "ListVolumesInRecycleBin" "LockSnapshot"
    "ModifyAddressAttribute" "ModifyAvailabilityZoneGroup" "ModifyCapacityReservation"
    "ModifyCapacityReservationFleet" "ModifyClientVpnEndpoint" "ModifyDefaultCreditSpecification"
    "ModifyEbsDefaultKmsKeyId" "ModifyFleet" "ModifyFpgaImageAttribute" "ModifyHosts" "ModifyIdFormat"
    "ModifyIdentityIdFormat" "ModifyImageAttribute" "ModifyInstanceCapacityReservationAttributes"
    "ModifyInstanceConnectEndpoint" "ModifyInstanceCpuOptions" "ModifyInstanceCreditSpecification"
    "ModifyInstanceEventStartTime" "ModifyInstanceEventWindow" "ModifyInstanceMaintenanceOptions"
    "ModifyInstanceNetworkPerformanceOptions" "ModifyInstancePlacement" "ModifyIpam"
    "ModifyIpamPolicyAllocationRules" "ModifyIpamPool" "ModifyIpamPoolAllocation" "ModifyIpamPrefixListResolver"
    "ModifyIpamPrefixListResolverTarget" "ModifyIpamResourceCidr" "ModifyIpamResourceDiscovery"
    "ModifyIpamScope" "ModifyLaunchTemplate" "ModifyLocalGatewayRoute" "ModifyManagedResourceVisibility"
    "ModifyPublicIpDnsNameOptions" "ModifyReservedInstances" "ModifyRouteServer" "ModifySnapshotAttribute"
    "ModifySnapshotTier" "ModifySpotFleetRequest" "ModifyTrafficMirrorFilterNetworkServices"
    "ModifyTrafficMirrorFilterRule" "ModifyTrafficMirrorSession" "ModifyTransitGateway"
    "ModifyTransitGatewayMeteringPolicy" "ModifyTransitGatewayPrefixListReference"
    "ModifyTransitGatewayVpcAttachment" "ModifyVerifiedAccessEndpoint" "ModifyVerifiedAccessEndpointPolicy"
    "ModifyVerifiedAccessGroup" "ModifyVerifiedAccessGroupPolicy" "ModifyVerifiedAccessInstance"
    "ModifyVerifiedAccessInstanceLoggingConfiguration" "ModifyVerifiedAccessTrustProvider" "ModifyVolume"
    "ModifyVolumeAttribute" "ModifyVpcEncryptionControl" "ModifyVpcEndpoint"
    "ModifyVpcEndpointConnectionNotification" "ModifyVpcEndpointServiceConfiguration"
    "ModifyVpcEndpointServicePayerResponsibility" "ModifyVpcEndpointServicePermissions" "ModifyVpnConnection"
    "ModifyVpnConnectionOptions" "ModifyVpnTunnelCertificate" "ModifyVpnTunnelOptions" "MonitorInstances"
    "MoveAddressToVpc" "MoveByoipCidrToIpam" "MoveCapacityReservationInstances" "ProvisionByoipCidr"
    "ProvisionIpamByoasn" "ProvisionIpamPoolCidr" "ProvisionPublicIpv4PoolCidr" "PurchaseCapacityBlock"
    "PurchaseCapacityBlockExtension" "PurchaseHostReservation" "PurchaseReservedInstancesOffering"
    "PurchaseScheduledInstances" "RegisterImage" "RegisterInstanceEventNotificationAttributes"
    "RegisterTransitGatewayMulticastGroupMembers" "RegisterTransitGatewayMulticastGroupSources"
    "RejectCapacityReservationBillingOwnership" "RejectTransitGatewayClientVpnAttachment"
    "RejectTransitGatewayMulticastDomainAssociations" "RejectTransitGatewayPeeringAttachment"
    "RejectTransitGatewayVpcAttachment" "RejectVpcEndpointConnections" "ReleaseHosts"
    "ReleaseIpamPoolAllocation" "ReplaceIamInstanceProfileAssociation"
    "ReplaceImageCriteriaInAllowedImagesSettings" "ReplaceTransitGatewayRoute" "ReplaceVpnTunnel"
    "ReportInstanceStatus" "RequestSpotFleet" "RequestSpotInstances" "ResetAddressAttribute"
    "ResetEbsDefaultKmsKeyId" "ResetFpgaImageAttribute" "ResetImageAttribute" "ResetInstanceAttribute"
    "ResetSnapshotAttribute" "RestoreAddressToClassic" "RestoreImageFromRecycleBin"
    "RestoreSnapshotFromRecycleBin" "RestoreSnapshotTier" "RestoreVolumeFromRecycleBin" "RevokeClientVpnIngress"
    "RunScheduledInstances" "SearchLocalGatewayRoutes" "SearchTransitGatewayMulticastGroups"
    "SearchTransitGatewayRoutes" "SendDiagnosticInterrupt" "StartDeclarativePoliciesReport"
    "StartNetworkInsightsAccessScopeAnalysis" "StartVpcEndpointServicePrivateDnsVerification"
    "TerminateClientVpnConnections" "UnlockSnapshot" "UnmonitorInstances"
    "UpdateCapacityManagerMonitoredTagKeys" "UpdateCapacityManagerOrganizationsAccess"
    "UpdateInterruptibleCapacityReservationAllocation" "WithdrawByoipCidr"
 }

input! { AcceptVpcPeeringConnectionRequest {
    vpc_peering_connection_id: String = "VpcPeeringConnectionId",
} }

output! { AcceptVpcPeeringConnectionResult {
    vpc_peering_connection: Option<VpcPeeringConnection> = "vpcPeeringConnection",
} }

output! { AccountAttribute {
    attribute_name: Option<String> = "attributeName",
    attribute_values: Vec<AccountAttributeValue> = "attributeValueSet",
} }

output! { AccountAttributeValue {
    attribute_value: Option<String> = "attributeValue",
} }

input! { AddPrefixListEntry {
    cidr: String = "Cidr",
    description: Option<String> = "Description",
} }

output! { AdditionalDetail {
    additional_detail_type: Option<String> = "additionalDetailType",
    component: Option<AnalysisComponent> = "component",
    load_balancers: Vec<AnalysisComponent> = "loadBalancerSet",
    rule_group_rule_options_pairs: Vec<RuleGroupRuleOptionsPair> = "ruleGroupRuleOptionsPairSet",
    rule_group_type_pairs: Vec<RuleGroupTypePair> = "ruleGroupTypePairSet",
    rule_options: Vec<RuleOption> = "ruleOptionSet",
    service_name: Option<String> = "serviceName",
    vpc_endpoint_service: Option<AnalysisComponent> = "vpcEndpointService",
} }

output! { Address {
    allocation_id: Option<String> = "allocationId",
    association_id: Option<String> = "associationId",
    carrier_ip: Option<String> = "carrierIp",
    customer_owned_ip: Option<String> = "customerOwnedIp",
    customer_owned_ipv4_pool: Option<String> = "customerOwnedIpv4Pool",
    domain: Option<String> = "domain",
    instance_id: Option<String> = "instanceId",
    network_border_group: Option<String> = "networkBorderGroup",
    network_interface_id: Option<String> = "networkInterfaceId",
    network_interface_owner_id: Option<String> = "networkInterfaceOwnerId",
    private_ip_address: Option<String> = "privateIpAddress",
    public_ip: Option<String> = "publicIp",
    public_ipv4_pool: Option<String> = "publicIpv4Pool",
    service_managed: Option<String> = "serviceManaged",
    subnet_id: Option<String> = "subnetId",
    tags: Vec<Tag> = "tagSet",
} }

output! { AddressAttribute {
    allocation_id: Option<String> = "allocationId",
    ptr_record: Option<String> = "ptrRecord",
    ptr_record_update: Option<PtrUpdateStatus> = "ptrRecordUpdate",
    public_ip: Option<String> = "publicIp",
} }

input! { AllocateAddressRequest {
    address: Option<String> = "Address",
    customer_owned_ipv4_pool: Option<String> = "CustomerOwnedIpv4Pool",
    domain: Option<String> = "Domain" of DOMAIN_TYPE,
    ipam_pool_id: Option<String> = "IpamPoolId",
    network_border_group: Option<String> = "NetworkBorderGroup",
    public_ipv4_pool: Option<String> = "PublicIpv4Pool",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { AllocateAddressResult {
    allocation_id: Option<String> = "allocationId",
    carrier_ip: Option<String> = "carrierIp",
    customer_owned_ip: Option<String> = "customerOwnedIp",
    customer_owned_ipv4_pool: Option<String> = "customerOwnedIpv4Pool",
    domain: Option<String> = "domain",
    network_border_group: Option<String> = "networkBorderGroup",
    public_ip: Option<String> = "publicIp",
    public_ipv4_pool: Option<String> = "publicIpv4Pool",
} }

output! { AlternatePathHint {
    component_arn: Option<String> = "componentArn",
    component_id: Option<String> = "componentId",
} }

output! { AnalysisAclRule {
    cidr: Option<String> = "cidr",
    egress: Option<bool> = "egress",
    port_range: Option<PortRange> = "portRange",
    protocol: Option<String> = "protocol",
    rule_action: Option<String> = "ruleAction",
    rule_number: Option<i32> = "ruleNumber",
} }

output! { AnalysisComponent {
    arn: Option<String> = "arn",
    id: Option<String> = "id",
    name: Option<String> = "name",
} }

output! { AnalysisLoadBalancerListener {
    instance_port: Option<i32> = "instancePort",
    load_balancer_port: Option<i32> = "loadBalancerPort",
} }

output! { AnalysisLoadBalancerTarget {
    address: Option<String> = "address",
    availability_zone: Option<String> = "availabilityZone",
    availability_zone_id: Option<String> = "availabilityZoneId",
    instance: Option<AnalysisComponent> = "instance",
    port: Option<i32> = "port",
} }

output! { AnalysisPacketHeader {
    destination_addresses: Vec<String> = "destinationAddressSet",
    destination_port_ranges: Vec<PortRange> = "destinationPortRangeSet",
    protocol: Option<String> = "protocol",
    source_addresses: Vec<String> = "sourceAddressSet",
    source_port_ranges: Vec<PortRange> = "sourcePortRangeSet",
} }

output! { AnalysisRouteTableRoute {
    carrier_gateway_id: Option<String> = "carrierGatewayId",
    core_network_arn: Option<String> = "coreNetworkArn",
    destination_cidr: Option<String> = "destinationCidr",
    destination_prefix_list_id: Option<String> = "destinationPrefixListId",
    egress_only_internet_gateway_id: Option<String> = "egressOnlyInternetGatewayId",
    gateway_id: Option<String> = "gatewayId",
    instance_id: Option<String> = "instanceId",
    local_gateway_id: Option<String> = "localGatewayId",
    nat_gateway_id: Option<String> = "natGatewayId",
    network_interface_id: Option<String> = "networkInterfaceId",
    origin: Option<String> = "origin",
    state: Option<String> = "state",
    transit_gateway_id: Option<String> = "transitGatewayId",
    vpc_peering_connection_id: Option<String> = "vpcPeeringConnectionId",
} }

output! { AnalysisSecurityGroupRule {
    cidr: Option<String> = "cidr",
    direction: Option<String> = "direction",
    port_range: Option<PortRange> = "portRange",
    prefix_list_id: Option<String> = "prefixListId",
    protocol: Option<String> = "protocol",
    security_group_id: Option<String> = "securityGroupId",
} }

input! { AssignIpv6AddressesRequest {
    ipv6_address_count: Option<i32> = "Ipv6AddressCount",
    ipv6_addresses: Vec<String> = "Ipv6Addresses",
    ipv6_prefix_count: Option<i32> = "Ipv6PrefixCount",
    ipv6_prefixes: Vec<String> = "Ipv6Prefix",
    network_interface_id: String = "NetworkInterfaceId",
} }

output! { AssignIpv6AddressesResult {
    assigned_ipv6_addresses: Vec<String> = "assignedIpv6Addresses",
    assigned_ipv6_prefixes: Vec<String> = "assignedIpv6PrefixSet",
    network_interface_id: Option<String> = "networkInterfaceId",
} }

input! { AssignPrivateIpAddressesRequest {
    allow_reassignment: Option<bool> = "AllowReassignment",
    ipv4_prefix_count: Option<i32> = "Ipv4PrefixCount",
    ipv4_prefixes: Vec<String> = "Ipv4Prefix",
    network_interface_id: String = "NetworkInterfaceId",
    private_ip_addresses: Vec<String> = "PrivateIpAddress",
    secondary_private_ip_address_count: Option<i32> = "SecondaryPrivateIpAddressCount",
} }

output! { AssignPrivateIpAddressesResult {
    assigned_ipv4_prefixes: Vec<Ipv4PrefixSpecification> = "assignedIpv4PrefixSet",
    assigned_private_ip_addresses: Vec<AssignedPrivateIpAddress> = "assignedPrivateIpAddressesSet",
    network_interface_id: Option<String> = "networkInterfaceId",
} }

input! { AssignPrivateNatGatewayAddressRequest {
    nat_gateway_id: String = "NatGatewayId",
    private_ip_address_count: Option<i32> = "PrivateIpAddressCount",
    private_ip_addresses: Vec<String> = "PrivateIpAddress",
} }

output! { AssignPrivateNatGatewayAddressResult {
    nat_gateway_addresses: Vec<NatGatewayAddress> = "natGatewayAddressSet",
    nat_gateway_id: Option<String> = "natGatewayId",
} }

output! { AssignedPrivateIpAddress {
    private_ip_address: Option<String> = "privateIpAddress",
} }

input! { AssociateAddressRequest {
    allocation_id: Option<String> = "AllocationId",
    allow_reassociation: Option<bool> = "AllowReassociation",
    instance_id: Option<String> = "InstanceId",
    network_interface_id: Option<String> = "NetworkInterfaceId",
    private_ip_address: Option<String> = "PrivateIpAddress",
    public_ip: Option<String> = "PublicIp",
} }

output! { AssociateAddressResult {
    association_id: Option<String> = "associationId",
} }

input! { AssociateDhcpOptionsRequest {
    dhcp_options_id: String = "DhcpOptionsId",
    vpc_id: String = "VpcId",
} }

input! { AssociateNatGatewayAddressRequest {
    allocation_ids: Vec<String> = "AllocationId" at_least 1,
    availability_zone: Option<String> = "AvailabilityZone",
    availability_zone_id: Option<String> = "AvailabilityZoneId",
    nat_gateway_id: String = "NatGatewayId",
    private_ip_addresses: Vec<String> = "PrivateIpAddress",
} }

output! { AssociateNatGatewayAddressResult {
    nat_gateway_addresses: Vec<NatGatewayAddress> = "natGatewayAddressSet",
    nat_gateway_id: Option<String> = "natGatewayId",
} }

input! { AssociateRouteTableRequest {
    gateway_id: Option<String> = "GatewayId",
    public_ipv4_pool: Option<String> = "PublicIpv4Pool",
    route_table_id: String = "RouteTableId",
    subnet_id: Option<String> = "SubnetId",
} }

output! { AssociateRouteTableResult {
    association_id: Option<String> = "associationId",
    association_state: Option<RouteTableAssociationState> = "associationState",
} }

input! { AssociateSecurityGroupVpcRequest {
    group_id: String = "GroupId",
    vpc_id: String = "VpcId",
} }

output! { AssociateSecurityGroupVpcResult {
    state: Option<String> = "state",
} }

input! { AssociateSubnetCidrBlockRequest {
    ipv6_cidr_block: Option<String> = "Ipv6CidrBlock",
    ipv6_ipam_pool_id: Option<String> = "Ipv6IpamPoolId",
    ipv6_netmask_length: Option<i32> = "Ipv6NetmaskLength",
    subnet_id: String = "SubnetId",
} }

output! { AssociateSubnetCidrBlockResult {
    ipv6_cidr_block_association: Option<SubnetIpv6CidrBlockAssociation> = "ipv6CidrBlockAssociation",
    subnet_id: Option<String> = "subnetId",
} }

input! { AssociateVpcCidrBlockRequest {
    amazon_provided_ipv6_cidr_block: Option<bool> = "AmazonProvidedIpv6CidrBlock",
    cidr_block: Option<String> = "CidrBlock",
    ipv4_ipam_pool_id: Option<String> = "Ipv4IpamPoolId",
    ipv4_netmask_length: Option<i32> = "Ipv4NetmaskLength",
    ipv6_cidr_block: Option<String> = "Ipv6CidrBlock",
    ipv6_cidr_block_network_border_group: Option<String> = "Ipv6CidrBlockNetworkBorderGroup",
    ipv6_ipam_pool_id: Option<String> = "Ipv6IpamPoolId",
    ipv6_netmask_length: Option<i32> = "Ipv6NetmaskLength",
    ipv6_pool: Option<String> = "Ipv6Pool",
    vpc_id: String = "VpcId",
} }

output! { AssociateVpcCidrBlockResult {
    cidr_block_association: Option<VpcCidrBlockAssociation> = "cidrBlockAssociation",
    ipv6_cidr_block_association: Option<VpcIpv6CidrBlockAssociation> = "ipv6CidrBlockAssociation",
    vpc_id: Option<String> = "vpcId",
} }

input! { AttachInternetGatewayRequest {
    internet_gateway_id: String = "InternetGatewayId",
    vpc_id: String = "VpcId",
} }

input! { AttachNetworkInterfaceRequest {
    device_index: i32 = "DeviceIndex",
    ena_queue_count: Option<i32> = "EnaQueueCount",
    ena_srd_specification: Option<EnaSrdSpecification> = "EnaSrdSpecification",
    instance_id: String = "InstanceId",
    network_card_index: Option<i32> = "NetworkCardIndex",
    network_interface_id: String = "NetworkInterfaceId",
} }

output! { AttachNetworkInterfaceResult {
    attachment_id: Option<String> = "attachmentId",
    network_card_index: Option<i32> = "networkCardIndex",
} }

output! { AttachmentEnaSrdSpecification {
    ena_srd_enabled: Option<bool> = "enaSrdEnabled",
    ena_srd_udp_specification: Option<AttachmentEnaSrdUdpSpecification> = "enaSrdUdpSpecification",
} }

output! { AttachmentEnaSrdUdpSpecification {
    ena_srd_udp_enabled: Option<bool> = "enaSrdUdpEnabled",
} }

shape! { AttributeBooleanValue {
    value: Option<bool> = "Value" "value",
} }

shape! { AttributeValue {
    value: Option<String> = "Value" "value",
} }

input! { AuthorizeSecurityGroupEgressRequest {
    cidr_ip: Option<String> = "CidrIp",
    from_port: Option<i32> = "FromPort",
    group_id: String = "GroupId",
    ip_permissions: Vec<IpPermission> = "IpPermissions",
    ip_protocol: Option<String> = "IpProtocol",
    source_security_group_name: Option<String> = "SourceSecurityGroupName",
    source_security_group_owner_id: Option<String> = "SourceSecurityGroupOwnerId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    to_port: Option<i32> = "ToPort",
} }

output! { AuthorizeSecurityGroupEgressResult {
    r#return: Option<bool> = "return",
    security_group_rules: Vec<SecurityGroupRule> = "securityGroupRuleSet",
} }

input! { AuthorizeSecurityGroupIngressRequest {
    cidr_ip: Option<String> = "CidrIp",
    from_port: Option<i32> = "FromPort",
    group_id: Option<String> = "GroupId",
    group_name: Option<String> = "GroupName",
    ip_permissions: Vec<IpPermission> = "IpPermissions",
    ip_protocol: Option<String> = "IpProtocol",
    source_security_group_name: Option<String> = "SourceSecurityGroupName",
    source_security_group_owner_id: Option<String> = "SourceSecurityGroupOwnerId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    to_port: Option<i32> = "ToPort",
} }

output! { AuthorizeSecurityGroupIngressResult {
    r#return: Option<bool> = "return",
    security_group_rules: Vec<SecurityGroupRule> = "securityGroupRuleSet",
} }

output! { AvailabilityZone {
    geography: Vec<AvailabilityZoneGeography> = "geographySet",
    group_long_name: Option<String> = "groupLongName",
    group_name: Option<String> = "groupName",
    messages: Vec<AvailabilityZoneMessage> = "messageSet",
    network_border_group: Option<String> = "networkBorderGroup",
    opt_in_status: Option<String> = "optInStatus",
    parent_zone_id: Option<String> = "parentZoneId",
    parent_zone_name: Option<String> = "parentZoneName",
    region_name: Option<String> = "regionName",
    state: Option<String> = "zoneState",
    sub_geography: Vec<AvailabilityZoneSubGeography> = "subGeographySet",
    zone_id: Option<String> = "zoneId",
    zone_name: Option<String> = "zoneName",
    zone_type: Option<String> = "zoneType",
} }

input! { AvailabilityZoneAddress {
    allocation_ids: Vec<String> = "AllocationId",
    availability_zone: Option<String> = "AvailabilityZone",
    availability_zone_id: Option<String> = "AvailabilityZoneId",
} }

output! { AvailabilityZoneGeography {
    name: Option<String> = "name",
} }

output! { AvailabilityZoneMessage {
    message: Option<String> = "message",
} }

output! { AvailabilityZoneSubGeography {
    name: Option<String> = "name",
} }

output! { AvailableCapacity {
    available_instance_capacity: Vec<InstanceCapacity> = "availableInstanceCapacity",
    available_vcpus: Option<i32> = "availableVCpus",
} }

input! { BlobAttributeValue {
    value: Option<Blob> = "Value",
} }

shape! { BlockDeviceMapping {
    device_name: Option<String> = "DeviceName" "deviceName",
    ebs: Option<EbsBlockDevice> = "Ebs" "ebs",
    no_device: Option<String> = "NoDevice" "noDevice",
    virtual_name: Option<String> = "VirtualName" "virtualName",
} }

output! { BlockPublicAccessStates {
    internet_gateway_block_mode: Option<String> = "internetGatewayBlockMode",
} }

input! { CapacityReservationSpecification {
    capacity_reservation_preference: Option<String> = "CapacityReservationPreference" of CAPACITY_RESERVATION_PREFERENCE,
    capacity_reservation_target: Option<CapacityReservationTarget> = "CapacityReservationTarget",
} }

output! { CapacityReservationSpecificationResponse {
    capacity_reservation_preference: Option<String> = "capacityReservationPreference",
    capacity_reservation_target: Option<CapacityReservationTargetResponse> = "capacityReservationTarget",
} }

input! { CapacityReservationTarget {
    capacity_reservation_id: Option<String> = "CapacityReservationId",
    capacity_reservation_resource_group_arn: Option<String> = "CapacityReservationResourceGroupArn",
} }

output! { CapacityReservationTargetResponse {
    capacity_reservation_id: Option<String> = "capacityReservationId",
    capacity_reservation_resource_group_arn: Option<String> = "capacityReservationResourceGroupArn",
} }

output! { CidrBlock {
    cidr_block: Option<String> = "cidrBlock",
} }

output! { ConnectionTrackingConfiguration {
    tcp_established_timeout: Option<i32> = "tcpEstablishedTimeout",
    udp_stream_timeout: Option<i32> = "udpStreamTimeout",
    udp_timeout: Option<i32> = "udpTimeout",
} }

input! { ConnectionTrackingSpecificationRequest {
    tcp_established_timeout: Option<i32> = "TcpEstablishedTimeout",
    udp_stream_timeout: Option<i32> = "UdpStreamTimeout",
    udp_timeout: Option<i32> = "UdpTimeout",
} }

output! { ConnectionTrackingSpecificationResponse {
    tcp_established_timeout: Option<i32> = "tcpEstablishedTimeout",
    udp_stream_timeout: Option<i32> = "udpStreamTimeout",
    udp_timeout: Option<i32> = "udpTimeout",
} }

output! { CpuOptions {
    amd_sev_snp: Option<String> = "amdSevSnp",
    core_count: Option<i32> = "coreCount",
    nested_virtualization: Option<String> = "nestedVirtualization",
    threads_per_core: Option<i32> = "threadsPerCore",
} }

input! { CpuOptionsRequest {
    amd_sev_snp: Option<String> = "AmdSevSnp" of AMD_SEV_SNP_SPECIFICATION,
    core_count: Option<i32> = "CoreCount",
    nested_virtualization: Option<String> = "NestedVirtualization" of NESTED_VIRTUALIZATION_SPECIFICATION,
    threads_per_core: Option<i32> = "ThreadsPerCore",
} }

input! { CreateDefaultSubnetRequest {
    availability_zone: Option<String> = "AvailabilityZone",
    availability_zone_id: Option<String> = "AvailabilityZoneId",
    ipv6_native: Option<bool> = "Ipv6Native",
} }

output! { CreateDefaultSubnetResult {
    subnet: Option<Subnet> = "subnet",
} }

input! { CreateDefaultVpcRequest {
} }

output! { CreateDefaultVpcResult {
    vpc: Option<Vpc> = "vpc",
} }

input! { CreateDhcpOptionsRequest {
    dhcp_configurations: Vec<NewDhcpConfiguration> = "DhcpConfiguration" at_least 1,
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { CreateDhcpOptionsResult {
    dhcp_options: Option<DhcpOptions> = "dhcpOptions",
} }

input! { CreateEgressOnlyInternetGatewayRequest {
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_id: String = "VpcId",
} }

output! { CreateEgressOnlyInternetGatewayResult {
    client_token: Option<String> = "clientToken",
    egress_only_internet_gateway: Option<EgressOnlyInternetGateway> = "egressOnlyInternetGateway",
} }

input! { CreateFlowLogsRequest {
    deliver_cross_account_role: Option<String> = "DeliverCrossAccountRole",
    deliver_logs_permission_arn: Option<String> = "DeliverLogsPermissionArn",
    destination_options: Option<DestinationOptionsRequest> = "DestinationOptions",
    log_destination: Option<String> = "LogDestination",
    log_destination_type: Option<String> = "LogDestinationType" of LOG_DESTINATION_TYPE,
    log_format: Option<String> = "LogFormat",
    log_group_name: Option<String> = "LogGroupName",
    max_aggregation_interval: Option<i32> = "MaxAggregationInterval",
    resource_ids: Vec<String> = "ResourceId" at_least 1,
    resource_type: String = "ResourceType" of FLOW_LOGS_RESOURCE_TYPE,
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    traffic_type: Option<String> = "TrafficType" of TRAFFIC_TYPE,
} }

output! { CreateFlowLogsResult {
    client_token: Option<String> = "clientToken",
    flow_log_ids: Vec<String> = "flowLogIdSet",
    unsuccessful: Vec<UnsuccessfulItem> = "unsuccessful",
} }

input! { CreateInternetGatewayRequest {
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { CreateInternetGatewayResult {
    internet_gateway: Option<InternetGateway> = "internetGateway",
} }

input! { CreateKeyPairRequest {
    key_format: Option<String> = "KeyFormat" of KEY_FORMAT,
    key_name: String = "KeyName",
    key_type: Option<String> = "KeyType" of KEY_TYPE,
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

input! { CreateManagedPrefixListRequest {
    address_family: String = "AddressFamily",
    entries: Vec<AddPrefixListEntry> = "Entry",
    max_entries: i32 = "MaxEntries",
    prefix_list_name: String = "PrefixListName",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { CreateManagedPrefixListResult {
    prefix_list: Option<ManagedPrefixList> = "prefixList",
} }

input! { CreateNatGatewayRequest {
    allocation_id: Option<String> = "AllocationId",
    availability_mode: Option<String> = "AvailabilityMode" of AVAILABILITY_MODE,
    availability_zone_addresses: Vec<AvailabilityZoneAddress> = "AvailabilityZoneAddress",
    connectivity_type: Option<String> = "ConnectivityType" of CONNECTIVITY_TYPE,
    private_ip_address: Option<String> = "PrivateIpAddress",
    secondary_allocation_ids: Vec<String> = "SecondaryAllocationId",
    secondary_private_ip_address_count: Option<i32> = "SecondaryPrivateIpAddressCount",
    secondary_private_ip_addresses: Vec<String> = "SecondaryPrivateIpAddress",
    subnet_id: Option<String> = "SubnetId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_id: Option<String> = "VpcId",
} }

output! { CreateNatGatewayResult {
    client_token: Option<String> = "clientToken",
    nat_gateway: Option<NatGateway> = "natGateway",
} }

input! { CreateNetworkAclEntryRequest {
    cidr_block: Option<String> = "CidrBlock",
    egress: bool = "Egress",
    icmp_type_code: Option<IcmpTypeCode> = "Icmp",
    ipv6_cidr_block: Option<String> = "Ipv6CidrBlock",
    network_acl_id: String = "NetworkAclId",
    port_range: Option<PortRange> = "PortRange",
    protocol: String = "Protocol",
    rule_action: String = "RuleAction" of RULE_ACTION,
    rule_number: i32 = "RuleNumber",
} }

input! { CreateNetworkAclRequest {
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_id: String = "VpcId",
} }

output! { CreateNetworkAclResult {
    client_token: Option<String> = "clientToken",
    network_acl: Option<NetworkAcl> = "networkAcl",
} }

input! { CreateNetworkInsightsPathRequest {
    destination: Option<String> = "Destination",
    destination_ip: Option<String> = "DestinationIp",
    destination_port: Option<i32> = "DestinationPort",
    filter_at_destination: Option<PathRequestFilter> = "FilterAtDestination",
    filter_at_source: Option<PathRequestFilter> = "FilterAtSource",
    protocol: String = "Protocol" of PROTOCOL,
    source: String = "Source",
    source_ip: Option<String> = "SourceIp",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { CreateNetworkInsightsPathResult {
    network_insights_path: Option<NetworkInsightsPath> = "networkInsightsPath",
} }

input! { CreateNetworkInterfaceRequest {
    connection_tracking_specification: Option<ConnectionTrackingSpecificationRequest> = "ConnectionTrackingSpecification",
    description: Option<String> = "Description",
    enable_primary_ipv6: Option<bool> = "EnablePrimaryIpv6",
    groups: Vec<String> = "SecurityGroupId",
    interface_type: Option<String> = "InterfaceType" of NETWORK_INTERFACE_CREATION_TYPE,
    ipv4_prefix_count: Option<i32> = "Ipv4PrefixCount",
    ipv4_prefixes: Vec<Ipv4PrefixSpecificationRequest> = "Ipv4Prefix",
    ipv6_address_count: Option<i32> = "Ipv6AddressCount",
    ipv6_addresses: Vec<InstanceIpv6Address> = "Ipv6Addresses",
    ipv6_prefix_count: Option<i32> = "Ipv6PrefixCount",
    ipv6_prefixes: Vec<Ipv6PrefixSpecificationRequest> = "Ipv6Prefix",
    operator: Option<OperatorRequest> = "Operator",
    private_ip_address: Option<String> = "PrivateIpAddress",
    private_ip_addresses: Vec<PrivateIpAddressSpecification> = "PrivateIpAddresses",
    secondary_private_ip_address_count: Option<i32> = "SecondaryPrivateIpAddressCount",
    subnet_id: String = "SubnetId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { CreateNetworkInterfaceResult {
    client_token: Option<String> = "clientToken",
    network_interface: Option<NetworkInterface> = "networkInterface",
} }

input! { CreateRouteRequest {
    carrier_gateway_id: Option<String> = "CarrierGatewayId",
    core_network_arn: Option<String> = "CoreNetworkArn",
    destination_cidr_block: Option<String> = "DestinationCidrBlock",
    destination_ipv6_cidr_block: Option<String> = "DestinationIpv6CidrBlock",
    destination_prefix_list_id: Option<String> = "DestinationPrefixListId",
    egress_only_internet_gateway_id: Option<String> = "EgressOnlyInternetGatewayId",
    gateway_id: Option<String> = "GatewayId",
    instance_id: Option<String> = "InstanceId",
    local_gateway_id: Option<String> = "LocalGatewayId",
    nat_gateway_id: Option<String> = "NatGatewayId",
    network_interface_id: Option<String> = "NetworkInterfaceId",
    odb_network_arn: Option<String> = "OdbNetworkArn",
    route_table_id: String = "RouteTableId",
    transit_gateway_id: Option<String> = "TransitGatewayId",
    vpc_endpoint_id: Option<String> = "VpcEndpointId",
    vpc_peering_connection_id: Option<String> = "VpcPeeringConnectionId",
} }

output! { CreateRouteResult {
    r#return: Option<bool> = "return",
} }

input! { CreateRouteTableRequest {
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_id: String = "VpcId",
} }

output! { CreateRouteTableResult {
    client_token: Option<String> = "clientToken",
    route_table: Option<RouteTable> = "routeTable",
} }

input! { CreateSecurityGroupRequest {
    description: String = "GroupDescription",
    group_name: String = "GroupName",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_id: Option<String> = "VpcId",
} }

output! { CreateSecurityGroupResult {
    group_id: Option<String> = "groupId",
    security_group_arn: Option<String> = "securityGroupArn",
    tags: Vec<Tag> = "tagSet",
} }

input! { CreateSubnetCidrReservationRequest {
    cidr: String = "Cidr",
    description: Option<String> = "Description",
    reservation_type: String = "ReservationType" of SUBNET_CIDR_RESERVATION_TYPE,
    subnet_id: String = "SubnetId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { CreateSubnetCidrReservationResult {
    subnet_cidr_reservation: Option<SubnetCidrReservation> = "subnetCidrReservation",
} }

input! { CreateSubnetRequest {
    availability_zone: Option<String> = "AvailabilityZone",
    availability_zone_id: Option<String> = "AvailabilityZoneId",
    cidr_block: Option<String> = "CidrBlock",
    ipv4_ipam_pool_id: Option<String> = "Ipv4IpamPoolId",
    ipv4_netmask_length: Option<i32> = "Ipv4NetmaskLength",
    ipv6_cidr_block: Option<String> = "Ipv6CidrBlock",
    ipv6_ipam_pool_id: Option<String> = "Ipv6IpamPoolId",
    ipv6_native: Option<bool> = "Ipv6Native",
    ipv6_netmask_length: Option<i32> = "Ipv6NetmaskLength",
    outpost_arn: Option<String> = "OutpostArn",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_id: String = "VpcId",
} }

output! { CreateSubnetResult {
    subnet: Option<Subnet> = "subnet",
} }

input! { CreateTagsRequest {
    resources: Vec<String> = "ResourceId" at_least 1,
    tags: Vec<Tag> = "Tag" at_least 1,
} }

input! { CreateVpcBlockPublicAccessExclusionRequest {
    internet_gateway_exclusion_mode: String = "InternetGatewayExclusionMode" of INTERNET_GATEWAY_EXCLUSION_MODE,
    subnet_id: Option<String> = "SubnetId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_id: Option<String> = "VpcId",
} }

output! { CreateVpcBlockPublicAccessExclusionResult {
    vpc_block_public_access_exclusion: Option<VpcBlockPublicAccessExclusion> = "vpcBlockPublicAccessExclusion",
} }

input! { CreateVpcPeeringConnectionRequest {
    peer_owner_id: Option<String> = "PeerOwnerId",
    peer_region: Option<String> = "PeerRegion",
    peer_vpc_id: Option<String> = "PeerVpcId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_id: String = "VpcId",
} }

output! { CreateVpcPeeringConnectionResult {
    vpc_peering_connection: Option<VpcPeeringConnection> = "vpcPeeringConnection",
} }

input! { CreateVpcRequest {
    amazon_provided_ipv6_cidr_block: Option<bool> = "AmazonProvidedIpv6CidrBlock",
    cidr_block: Option<String> = "CidrBlock",
    instance_tenancy: Option<String> = "InstanceTenancy" of TENANCY,
    ipv4_ipam_pool_id: Option<String> = "Ipv4IpamPoolId",
    ipv4_netmask_length: Option<i32> = "Ipv4NetmaskLength",
    ipv6_cidr_block: Option<String> = "Ipv6CidrBlock",
    ipv6_cidr_block_network_border_group: Option<String> = "Ipv6CidrBlockNetworkBorderGroup",
    ipv6_ipam_pool_id: Option<String> = "Ipv6IpamPoolId",
    ipv6_netmask_length: Option<i32> = "Ipv6NetmaskLength",
    ipv6_pool: Option<String> = "Ipv6Pool",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    vpc_encryption_control: Option<VpcEncryptionControlConfiguration> = "VpcEncryptionControl",
} }

output! { CreateVpcResult {
    vpc: Option<Vpc> = "vpc",
} }

input! { CreditSpecificationRequest {
    cpu_credits: String = "CpuCredits",
} }

output! { DefaultConnectionTrackingConfiguration {
    default_tcp_established_timeout: Option<i32> = "defaultTcpEstablishedTimeout",
    default_udp_stream_timeout: Option<i32> = "defaultUdpStreamTimeout",
    default_udp_timeout: Option<i32> = "defaultUdpTimeout",
} }

input! { DeleteDhcpOptionsRequest {
    dhcp_options_id: String = "DhcpOptionsId",
} }

input! { DeleteEgressOnlyInternetGatewayRequest {
    egress_only_internet_gateway_id: String = "EgressOnlyInternetGatewayId",
} }

output! { DeleteEgressOnlyInternetGatewayResult {
    return_code: Option<bool> = "returnCode",
} }

input! { DeleteFlowLogsRequest {
    flow_log_ids: Vec<String> = "FlowLogId" at_least 1,
} }

output! { DeleteFlowLogsResult {
    unsuccessful: Vec<UnsuccessfulItem> = "unsuccessful",
} }

input! { DeleteInternetGatewayRequest {
    internet_gateway_id: String = "InternetGatewayId",
} }

input! { DeleteKeyPairRequest {
    key_name: Option<String> = "KeyName",
    key_pair_id: Option<String> = "KeyPairId",
} }

output! { DeleteKeyPairResult {
    key_pair_id: Option<String> = "keyPairId",
    r#return: Option<bool> = "return",
} }

input! { DeleteManagedPrefixListRequest {
    prefix_list_id: String = "PrefixListId",
} }

output! { DeleteManagedPrefixListResult {
    prefix_list: Option<ManagedPrefixList> = "prefixList",
} }

input! { DeleteNatGatewayRequest {
    nat_gateway_id: String = "NatGatewayId",
} }

output! { DeleteNatGatewayResult {
    nat_gateway_id: Option<String> = "natGatewayId",
} }

input! { DeleteNetworkAclEntryRequest {
    egress: bool = "Egress",
    network_acl_id: String = "NetworkAclId",
    rule_number: i32 = "RuleNumber",
} }

input! { DeleteNetworkAclRequest {
    network_acl_id: String = "NetworkAclId",
} }

input! { DeleteNetworkInsightsAnalysisRequest {
    network_insights_analysis_id: String = "NetworkInsightsAnalysisId",
} }

output! { DeleteNetworkInsightsAnalysisResult {
    network_insights_analysis_id: Option<String> = "networkInsightsAnalysisId",
} }

input! { DeleteNetworkInsightsPathRequest {
    network_insights_path_id: String = "NetworkInsightsPathId",
} }

output! { DeleteNetworkInsightsPathResult {
    network_insights_path_id: Option<String> = "networkInsightsPathId",
} }

input! { DeleteNetworkInterfaceRequest {
    network_interface_id: String = "NetworkInterfaceId",
} }

input! { DeleteRouteRequest {
    destination_cidr_block: Option<String> = "DestinationCidrBlock",
    destination_ipv6_cidr_block: Option<String> = "DestinationIpv6CidrBlock",
    destination_prefix_list_id: Option<String> = "DestinationPrefixListId",
    route_table_id: String = "RouteTableId",
} }

input! { DeleteRouteTableRequest {
    route_table_id: String = "RouteTableId",
} }

input! { DeleteSecurityGroupRequest {
    group_id: Option<String> = "GroupId",
    group_name: Option<String> = "GroupName",
} }

output! { DeleteSecurityGroupResult {
    group_id: Option<String> = "groupId",
    r#return: Option<bool> = "return",
} }

input! { DeleteSubnetCidrReservationRequest {
    subnet_cidr_reservation_id: String = "SubnetCidrReservationId",
} }

output! { DeleteSubnetCidrReservationResult {
    deleted_subnet_cidr_reservation: Option<SubnetCidrReservation> = "deletedSubnetCidrReservation",
} }

input! { DeleteSubnetRequest {
    subnet_id: String = "SubnetId",
} }

input! { DeleteTagsRequest {
    resources: Vec<String> = "ResourceId" at_least 1,
    tags: Vec<Tag> = "Tag",
} }

input! { DeleteVpcBlockPublicAccessExclusionRequest {
    exclusion_id: String = "ExclusionId",
} }

output! { DeleteVpcBlockPublicAccessExclusionResult {
    vpc_block_public_access_exclusion: Option<VpcBlockPublicAccessExclusion> = "vpcBlockPublicAccessExclusion",
} }

input! { DeleteVpcPeeringConnectionRequest {
    vpc_peering_connection_id: String = "VpcPeeringConnectionId",
} }

output! { DeleteVpcPeeringConnectionResult {
    r#return: Option<bool> = "return",
} }

input! { DeleteVpcRequest {
    vpc_id: String = "VpcId",
} }

input! { DescribeAccountAttributesRequest {
    attribute_names: Vec<String> = "AttributeName" of ACCOUNT_ATTRIBUTE_NAME,
} }

output! { DescribeAccountAttributesResult {
    account_attributes: Vec<AccountAttribute> = "accountAttributeSet",
} }

input! { DescribeAddressesAttributeRequest {
    allocation_ids: Vec<String> = "AllocationId",
    attribute: Option<String> = "Attribute" of ADDRESS_ATTRIBUTE_NAME,
} }

output! { DescribeAddressesAttributeResult {
    addresses: Vec<AddressAttribute> = "addressSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeAddressesRequest {
    allocation_ids: Vec<String> = "AllocationId",
    public_ips: Vec<String> = "PublicIp",
} }

output! { DescribeAddressesResult {
    addresses: Vec<Address> = "addressesSet",
} }

input! { DescribeAvailabilityZonesRequest {
    all_availability_zones: Option<bool> = "AllAvailabilityZones",
    zone_ids: Vec<String> = "ZoneId",
    zone_names: Vec<String> = "ZoneName",
} }

output! { DescribeAvailabilityZonesResult {
    availability_zones: Vec<AvailabilityZone> = "availabilityZoneInfo",
} }

input! { DescribeDhcpOptionsRequest {
    dhcp_options_ids: Vec<String> = "DhcpOptionsId",
} }

output! { DescribeDhcpOptionsResult {
    dhcp_options: Vec<DhcpOptions> = "dhcpOptionsSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeEgressOnlyInternetGatewaysRequest {
    egress_only_internet_gateway_ids: Vec<String> = "EgressOnlyInternetGatewayId",
} }

output! { DescribeEgressOnlyInternetGatewaysResult {
    egress_only_internet_gateways: Vec<EgressOnlyInternetGateway> = "egressOnlyInternetGatewaySet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeFlowLogsRequest {
    flow_log_ids: Vec<String> = "FlowLogId",
} }

output! { DescribeFlowLogsResult {
    flow_logs: Vec<FlowLog> = "flowLogSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeHostsRequest {
    host_ids: Vec<String> = "HostId",
} }

output! { DescribeHostsResult {
    hosts: Vec<Host> = "hostSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeImagesRequest {
    executable_users: Vec<String> = "ExecutableBy",
    image_ids: Vec<String> = "ImageId",
    include_deprecated: Option<bool> = "IncludeDeprecated",
    include_disabled: Option<bool> = "IncludeDisabled",
    owners: Vec<String> = "Owner",
} }

output! { DescribeImagesResult {
    images: Vec<Image> = "imagesSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeInstanceAttributeRequest {
    attribute: String = "Attribute" of INSTANCE_ATTRIBUTE_NAME,
    instance_id: String = "InstanceId",
} }

input! { DescribeInstanceCreditSpecificationsRequest {
    instance_ids: Vec<String> = "InstanceId",
} }

output! { DescribeInstanceCreditSpecificationsResult {
    instance_credit_specifications: Vec<InstanceCreditSpecification> = "instanceCreditSpecificationSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeInstanceStatusRequest {
    include_all_instances: Option<bool> = "IncludeAllInstances",
    include_managed_resources: Option<bool> = "IncludeManagedResources",
    instance_ids: Vec<String> = "InstanceId",
} }

output! { DescribeInstanceStatusResult {
    instance_statuses: Vec<InstanceStatus> = "instanceStatusSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeInstanceTypeOfferingsRequest {
    location_type: Option<String> = "LocationType" of LOCATION_TYPE,
} }

output! { DescribeInstanceTypeOfferingsResult {
    instance_type_offerings: Vec<InstanceTypeOffering> = "instanceTypeOfferingSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeInstanceTypesRequest {
    include_unsupported_in_region: Option<bool> = "IncludeUnsupportedInRegion",
    instance_types: Vec<String> = "InstanceType",
} }

output! { DescribeInstanceTypesResult {
    instance_types: Vec<InstanceTypeInfo> = "instanceTypeSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeInstancesRequest {
    include_managed_resources: Option<bool> = "IncludeManagedResources",
    instance_ids: Vec<String> = "InstanceId",
} }

output! { DescribeInstancesResult {
    next_token: Option<String> = "nextToken",
    reservations: Vec<Reservation> = "reservationSet",
} }

input! { DescribeInternetGatewaysRequest {
    internet_gateway_ids: Vec<String> = "InternetGatewayId",
} }

output! { DescribeInternetGatewaysResult {
    internet_gateways: Vec<InternetGateway> = "internetGatewaySet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeKeyPairsRequest {
    include_public_key: Option<bool> = "IncludePublicKey",
    key_names: Vec<String> = "KeyName",
    key_pair_ids: Vec<String> = "KeyPairId",
} }

output! { DescribeKeyPairsResult {
    key_pairs: Vec<KeyPairInfo> = "keySet",
} }

input! { DescribeManagedPrefixListsRequest {
    prefix_list_ids: Vec<String> = "PrefixListId",
} }

output! { DescribeManagedPrefixListsResult {
    next_token: Option<String> = "nextToken",
    prefix_lists: Vec<ManagedPrefixList> = "prefixListSet",
} }

input! { DescribeNatGatewaysRequest {
    nat_gateway_ids: Vec<String> = "NatGatewayId",
} }

output! { DescribeNatGatewaysResult {
    nat_gateways: Vec<NatGateway> = "natGatewaySet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeNetworkAclsRequest {
    network_acl_ids: Vec<String> = "NetworkAclId",
} }

output! { DescribeNetworkAclsResult {
    network_acls: Vec<NetworkAcl> = "networkAclSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeNetworkInsightsAnalysesRequest {
    analysis_end_time: Option<Timestamp> = "AnalysisEndTime",
    analysis_start_time: Option<Timestamp> = "AnalysisStartTime",
    network_insights_analysis_ids: Vec<String> = "NetworkInsightsAnalysisId",
    network_insights_path_id: Option<String> = "NetworkInsightsPathId",
} }

output! { DescribeNetworkInsightsAnalysesResult {
    network_insights_analyses: Vec<NetworkInsightsAnalysis> = "networkInsightsAnalysisSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeNetworkInsightsPathsRequest {
    network_insights_path_ids: Vec<String> = "NetworkInsightsPathId",
} }

output! { DescribeNetworkInsightsPathsResult {
    network_insights_paths: Vec<NetworkInsightsPath> = "networkInsightsPathSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribeNetworkInterfaceAttributeRequest {
    attribute: Option<String> = "Attribute" of NETWORK_INTERFACE_ATTRIBUTE,
    network_interface_id: String = "NetworkInterfaceId",
} }

output! { DescribeNetworkInterfaceAttributeResult {
    associate_public_ip_address: Option<bool> = "associatePublicIpAddress",
    attachment: Option<NetworkInterfaceAttachment> = "attachment",
    description: Option<AttributeValue> = "description",
    groups: Vec<GroupIdentifier> = "groupSet",
    network_interface_id: Option<String> = "networkInterfaceId",
    source_dest_check: Option<AttributeBooleanValue> = "sourceDestCheck",
} }

input! { DescribeNetworkInterfacesRequest {
    include_managed_resources: Option<bool> = "IncludeManagedResources",
    network_interface_ids: Vec<String> = "NetworkInterfaceId",
} }

output! { DescribeNetworkInterfacesResult {
    network_interfaces: Vec<NetworkInterface> = "networkInterfaceSet",
    next_token: Option<String> = "nextToken",
} }

input! { DescribePrefixListsRequest {
    prefix_list_ids: Vec<String> = "PrefixListId",
} }

output! { DescribePrefixListsResult {
    next_token: Option<String> = "nextToken",
    prefix_lists: Vec<PrefixList> = "prefixListSet",
} }

input! { DescribeRegionsRequest {
    all_regions: Option<bool> = "AllRegions",
    region_names: Vec<String> = "RegionName",
} }

output! { DescribeRegionsResult {
    regions: Vec<Region> = "regionInfo",
} }

input! { DescribeRouteTablesRequest {
    route_table_ids: Vec<String> = "RouteTableId",
} }

output! { DescribeRouteTablesResult {
    next_token: Option<String> = "nextToken",
    route_tables: Vec<RouteTable> = "routeTableSet",
} }

input! { DescribeSecurityGroupReferencesRequest {
    group_id: Vec<String> = "GroupId" at_least 1,
} }

output! { DescribeSecurityGroupReferencesResult {
    security_group_reference_set: Vec<SecurityGroupReference> = "securityGroupReferenceSet",
} }

input! { DescribeSecurityGroupRulesRequest {
    security_group_rule_ids: Vec<String> = "SecurityGroupRuleId",
} }

output! { DescribeSecurityGroupRulesResult {
    next_token: Option<String> = "nextToken",
    security_group_rules: Vec<SecurityGroupRule> = "securityGroupRuleSet",
} }

input! { DescribeSecurityGroupVpcAssociationsRequest {
} }

output! { DescribeSecurityGroupVpcAssociationsResult {
    next_token: Option<String> = "nextToken",
    security_group_vpc_associations: Vec<SecurityGroupVpcAssociation> = "securityGroupVpcAssociationSet",
} }

input! { DescribeSecurityGroupsRequest {
    group_ids: Vec<String> = "GroupId",
    group_names: Vec<String> = "GroupName",
} }

output! { DescribeSecurityGroupsResult {
    next_token: Option<String> = "nextToken",
    security_groups: Vec<SecurityGroup> = "securityGroupInfo",
} }

input! { DescribeStaleSecurityGroupsRequest {
    vpc_id: String = "VpcId",
} }

output! { DescribeStaleSecurityGroupsResult {
    next_token: Option<String> = "nextToken",
    stale_security_group_set: Vec<StaleSecurityGroup> = "staleSecurityGroupSet",
} }

input! { DescribeSubnetsRequest {
    subnet_ids: Vec<String> = "SubnetId",
} }

output! { DescribeSubnetsResult {
    next_token: Option<String> = "nextToken",
    subnets: Vec<Subnet> = "subnetSet",
} }

input! { DescribeTagsRequest {
} }

output! { DescribeTagsResult {
    next_token: Option<String> = "nextToken",
    tags: Vec<TagDescription> = "tagSet",
} }

input! { DescribeVolumesRequest {
    include_managed_resources: Option<bool> = "IncludeManagedResources",
    volume_ids: Vec<String> = "VolumeId",
} }

output! { DescribeVolumesResult {
    next_token: Option<String> = "nextToken",
    volumes: Vec<Volume> = "volumeSet",
} }

input! { DescribeVpcAttributeRequest {
    attribute: String = "Attribute" of VPC_ATTRIBUTE_NAME,
    vpc_id: String = "VpcId",
} }

output! { DescribeVpcAttributeResult {
    enable_dns_hostnames: Option<AttributeBooleanValue> = "enableDnsHostnames",
    enable_dns_support: Option<AttributeBooleanValue> = "enableDnsSupport",
    enable_network_address_usage_metrics: Option<AttributeBooleanValue> = "enableNetworkAddressUsageMetrics",
    vpc_id: Option<String> = "vpcId",
} }

input! { DescribeVpcBlockPublicAccessExclusionsRequest {
    exclusion_ids: Vec<String> = "ExclusionId",
} }

output! { DescribeVpcBlockPublicAccessExclusionsResult {
    next_token: Option<String> = "nextToken",
    vpc_block_public_access_exclusions: Vec<VpcBlockPublicAccessExclusion> = "vpcBlockPublicAccessExclusionSet",
} }

input! { DescribeVpcBlockPublicAccessOptionsRequest {
} }

output! { DescribeVpcBlockPublicAccessOptionsResult {
    vpc_block_public_access_options: Option<VpcBlockPublicAccessOptions> = "vpcBlockPublicAccessOptions",
} }

input! { DescribeVpcPeeringConnectionsRequest {
    vpc_peering_connection_ids: Vec<String> = "VpcPeeringConnectionId",
} }

output! { DescribeVpcPeeringConnectionsResult {
    next_token: Option<String> = "nextToken",
    vpc_peering_connections: Vec<VpcPeeringConnection> = "vpcPeeringConnectionSet",
} }

input! { DescribeVpcsRequest {
    vpc_ids: Vec<String> = "VpcId",
} }

output! { DescribeVpcsResult {
    next_token: Option<String> = "nextToken",
    vpcs: Vec<Vpc> = "vpcSet",
} }

input! { DestinationOptionsRequest {
    file_format: Option<String> = "FileFormat" of DESTINATION_FILE_FORMAT,
    hive_compatible_partitions: Option<bool> = "HiveCompatiblePartitions",
    per_hour_partition: Option<bool> = "PerHourPartition",
} }

output! { DestinationOptionsResponse {
    file_format: Option<String> = "fileFormat",
    hive_compatible_partitions: Option<bool> = "hiveCompatiblePartitions",
    per_hour_partition: Option<bool> = "perHourPartition",
} }

input! { DetachInternetGatewayRequest {
    internet_gateway_id: String = "InternetGatewayId",
    vpc_id: String = "VpcId",
} }

input! { DetachNetworkInterfaceRequest {
    attachment_id: String = "AttachmentId",
    force: Option<bool> = "Force",
} }

output! { DhcpConfiguration {
    key: Option<String> = "key",
    values: Vec<AttributeValue> = "valueSet",
} }

output! { DhcpOptions {
    dhcp_configurations: Vec<DhcpConfiguration> = "dhcpConfigurationSet",
    dhcp_options_id: Option<String> = "dhcpOptionsId",
    owner_id: Option<String> = "ownerId",
    tags: Vec<Tag> = "tagSet",
} }

input! { DisableVgwRoutePropagationRequest {
    gateway_id: String = "GatewayId",
    route_table_id: String = "RouteTableId",
} }

input! { DisassociateAddressRequest {
    association_id: Option<String> = "AssociationId",
    public_ip: Option<String> = "PublicIp",
} }

input! { DisassociateNatGatewayAddressRequest {
    association_ids: Vec<String> = "AssociationId" at_least 1,
    max_drain_duration_seconds: Option<i32> = "MaxDrainDurationSeconds",
    nat_gateway_id: String = "NatGatewayId",
} }

output! { DisassociateNatGatewayAddressResult {
    nat_gateway_addresses: Vec<NatGatewayAddress> = "natGatewayAddressSet",
    nat_gateway_id: Option<String> = "natGatewayId",
} }

input! { DisassociateRouteTableRequest {
    association_id: String = "AssociationId",
} }

input! { DisassociateSecurityGroupVpcRequest {
    group_id: String = "GroupId",
    vpc_id: String = "VpcId",
} }

output! { DisassociateSecurityGroupVpcResult {
    state: Option<String> = "state",
} }

input! { DisassociateSubnetCidrBlockRequest {
    association_id: String = "AssociationId",
} }

output! { DisassociateSubnetCidrBlockResult {
    ipv6_cidr_block_association: Option<SubnetIpv6CidrBlockAssociation> = "ipv6CidrBlockAssociation",
    subnet_id: Option<String> = "subnetId",
} }

input! { DisassociateVpcCidrBlockRequest {
    association_id: String = "AssociationId",
} }

output! { DisassociateVpcCidrBlockResult {
    cidr_block_association: Option<VpcCidrBlockAssociation> = "cidrBlockAssociation",
    ipv6_cidr_block_association: Option<VpcIpv6CidrBlockAssociation> = "ipv6CidrBlockAssociation",
    vpc_id: Option<String> = "vpcId",
} }

output! { DiskInfo {
    count: Option<i32> = "count",
    r#type: Option<String> = "type",
    size_in_gb: Option<i64> = "sizeInGB",
} }

shape! { EbsBlockDevice {
    availability_zone: Option<String> = "AvailabilityZone" "availabilityZone",
    availability_zone_id: Option<String> = "AvailabilityZoneId" "AvailabilityZoneId",
    delete_on_termination: Option<bool> = "DeleteOnTermination" "deleteOnTermination",
    ebs_card_index: Option<i32> = "EbsCardIndex" "EbsCardIndex",
    encrypted: Option<bool> = "Encrypted" "encrypted",
    iops: Option<i32> = "Iops" "iops",
    kms_key_id: Option<String> = "KmsKeyId" "kmsKeyId",
    outpost_arn: Option<String> = "OutpostArn" "outpostArn",
    snapshot_id: Option<String> = "SnapshotId" "snapshotId",
    throughput: Option<i32> = "Throughput" "throughput",
    volume_initialization_rate: Option<i32> = "VolumeInitializationRate" "VolumeInitializationRate",
    volume_size: Option<i32> = "VolumeSize" "volumeSize",
    volume_type: Option<String> = "VolumeType" "volumeType" of VOLUME_TYPE,
} }

output! { EbsCardInfo {
    baseline_bandwidth_in_mbps: Option<i32> = "baselineBandwidthInMbps",
    baseline_iops: Option<i32> = "baselineIops",
    baseline_throughput_in_mbps: Option<f64> = "baselineThroughputInMBps",
    ebs_card_index: Option<i32> = "ebsCardIndex",
    maximum_bandwidth_in_mbps: Option<i32> = "maximumBandwidthInMbps",
    maximum_iops: Option<i32> = "maximumIops",
    maximum_throughput_in_mbps: Option<f64> = "maximumThroughputInMBps",
} }

output! { EbsInfo {
    attachment_limit_type: Option<String> = "attachmentLimitType",
    ebs_cards: Vec<EbsCardInfo> = "ebsCardSet",
    ebs_optimized_info: Option<EbsOptimizedInfo> = "ebsOptimizedInfo",
    ebs_optimized_support: Option<String> = "ebsOptimizedSupport",
    encryption_support: Option<String> = "encryptionSupport",
    maximum_ebs_attachments: Option<i32> = "maximumEbsAttachments",
    maximum_ebs_cards: Option<i32> = "maximumEbsCards",
    nvme_support: Option<String> = "nvmeSupport",
} }

output! { EbsInstanceBlockDevice {
    associated_resource: Option<String> = "associatedResource",
    attach_time: Option<Timestamp> = "attachTime",
    delete_on_termination: Option<bool> = "deleteOnTermination",
    ebs_card_index: Option<i32> = "ebsCardIndex",
    operator: Option<OperatorResponse> = "operator",
    status: Option<String> = "status",
    volume_id: Option<String> = "volumeId",
    volume_owner_id: Option<String> = "volumeOwnerId",
} }

input! { EbsInstanceBlockDeviceSpecification {
    delete_on_termination: Option<bool> = "DeleteOnTermination",
    volume_id: Option<String> = "VolumeId",
} }

output! { EbsOptimizedInfo {
    baseline_bandwidth_in_mbps: Option<i32> = "baselineBandwidthInMbps",
    baseline_iops: Option<i32> = "baselineIops",
    baseline_throughput_in_mbps: Option<f64> = "baselineThroughputInMBps",
    maximum_bandwidth_in_mbps: Option<i32> = "maximumBandwidthInMbps",
    maximum_iops: Option<i32> = "maximumIops",
    maximum_throughput_in_mbps: Option<f64> = "maximumThroughputInMBps",
} }

output! { EbsStatusDetails {
    impaired_since: Option<Timestamp> = "impairedSince",
    name: Option<String> = "name",
    status: Option<String> = "status",
} }

output! { EbsStatusSummary {
    details: Vec<EbsStatusDetails> = "details",
    status: Option<String> = "status",
} }

output! { EfaInfo {
    maximum_efa_interfaces: Option<i32> = "maximumEfaInterfaces",
} }

output! { EgressOnlyInternetGateway {
    attachments: Vec<InternetGatewayAttachment> = "attachmentSet",
    egress_only_internet_gateway_id: Option<String> = "egressOnlyInternetGatewayId",
    tags: Vec<Tag> = "tagSet",
} }

output! { ElasticGpuAssociation {
    elastic_gpu_association_id: Option<String> = "elasticGpuAssociationId",
    elastic_gpu_association_state: Option<String> = "elasticGpuAssociationState",
    elastic_gpu_association_time: Option<String> = "elasticGpuAssociationTime",
    elastic_gpu_id: Option<String> = "elasticGpuId",
} }

input! { ElasticGpuSpecification {
    r#type: String = "Type",
} }

input! { ElasticInferenceAccelerator {
    count: Option<i32> = "Count",
    r#type: String = "Type",
} }

output! { ElasticInferenceAcceleratorAssociation {
    elastic_inference_accelerator_arn: Option<String> = "elasticInferenceAcceleratorArn",
    elastic_inference_accelerator_association_id: Option<String> = "elasticInferenceAcceleratorAssociationId",
    elastic_inference_accelerator_association_state: Option<String> = "elasticInferenceAcceleratorAssociationState",
    elastic_inference_accelerator_association_time: Option<Timestamp> = "elasticInferenceAcceleratorAssociationTime",
} }

input! { EnaSrdSpecification {
    ena_srd_enabled: Option<bool> = "EnaSrdEnabled",
    ena_srd_udp_specification: Option<EnaSrdUdpSpecification> = "EnaSrdUdpSpecification",
} }

input! { EnaSrdSpecificationRequest {
    ena_srd_enabled: Option<bool> = "EnaSrdEnabled",
    ena_srd_udp_specification: Option<EnaSrdUdpSpecificationRequest> = "EnaSrdUdpSpecification",
} }

input! { EnaSrdUdpSpecification {
    ena_srd_udp_enabled: Option<bool> = "EnaSrdUdpEnabled",
} }

input! { EnaSrdUdpSpecificationRequest {
    ena_srd_udp_enabled: Option<bool> = "EnaSrdUdpEnabled",
} }

input! { EnableVgwRoutePropagationRequest {
    gateway_id: String = "GatewayId",
    route_table_id: String = "RouteTableId",
} }

output! { EnclaveOptions {
    enabled: Option<bool> = "enabled",
} }

input! { EnclaveOptionsRequest {
    enabled: Option<bool> = "Enabled",
} }

output! { Explanation {
    acl: Option<AnalysisComponent> = "acl",
    acl_rule: Option<AnalysisAclRule> = "aclRule",
    address: Option<String> = "address",
    addresses: Vec<String> = "addressSet",
    attached_to: Option<AnalysisComponent> = "attachedTo",
    availability_zone_ids: Vec<String> = "availabilityZoneIdSet",
    availability_zones: Vec<String> = "availabilityZoneSet",
    cidrs: Vec<String> = "cidrSet",
    classic_load_balancer_listener: Option<AnalysisLoadBalancerListener> = "classicLoadBalancerListener",
    component: Option<AnalysisComponent> = "component",
    component_account: Option<String> = "componentAccount",
    component_region: Option<String> = "componentRegion",
    customer_gateway: Option<AnalysisComponent> = "customerGateway",
    destination: Option<AnalysisComponent> = "destination",
    destination_vpc: Option<AnalysisComponent> = "destinationVpc",
    direction: Option<String> = "direction",
    elastic_load_balancer_listener: Option<AnalysisComponent> = "elasticLoadBalancerListener",
    explanation_code: Option<String> = "explanationCode",
    firewall_stateful_rule: Option<FirewallStatefulRule> = "firewallStatefulRule",
    firewall_stateless_rule: Option<FirewallStatelessRule> = "firewallStatelessRule",
    ingress_route_table: Option<AnalysisComponent> = "ingressRouteTable",
    internet_gateway: Option<AnalysisComponent> = "internetGateway",
    load_balancer_arn: Option<String> = "loadBalancerArn",
    load_balancer_listener_port: Option<i32> = "loadBalancerListenerPort",
    load_balancer_target: Option<AnalysisLoadBalancerTarget> = "loadBalancerTarget",
    load_balancer_target_group: Option<AnalysisComponent> = "loadBalancerTargetGroup",
    load_balancer_target_groups: Vec<AnalysisComponent> = "loadBalancerTargetGroupSet",
    load_balancer_target_port: Option<i32> = "loadBalancerTargetPort",
    missing_component: Option<String> = "missingComponent",
    nat_gateway: Option<AnalysisComponent> = "natGateway",
    network_interface: Option<AnalysisComponent> = "networkInterface",
    packet_field: Option<String> = "packetField",
    port: Option<i32> = "port",
    port_ranges: Vec<PortRange> = "portRangeSet",
    prefix_list: Option<AnalysisComponent> = "prefixList",
    protocols: Vec<String> = "protocolSet",
    route_table: Option<AnalysisComponent> = "routeTable",
    route_table_route: Option<AnalysisRouteTableRoute> = "routeTableRoute",
    security_group: Option<AnalysisComponent> = "securityGroup",
    security_group_rule: Option<AnalysisSecurityGroupRule> = "securityGroupRule",
    security_groups: Vec<AnalysisComponent> = "securityGroupSet",
    source_vpc: Option<AnalysisComponent> = "sourceVpc",
    state: Option<String> = "state",
    subnet: Option<AnalysisComponent> = "subnet",
    subnet_route_table: Option<AnalysisComponent> = "subnetRouteTable",
    transit_gateway: Option<AnalysisComponent> = "transitGateway",
    transit_gateway_attachment: Option<AnalysisComponent> = "transitGatewayAttachment",
    transit_gateway_route_table: Option<AnalysisComponent> = "transitGatewayRouteTable",
    transit_gateway_route_table_route: Option<TransitGatewayRouteTableRoute> = "transitGatewayRouteTableRoute",
    vpc: Option<AnalysisComponent> = "vpc",
    vpc_endpoint: Option<AnalysisComponent> = "vpcEndpoint",
    vpc_peering_connection: Option<AnalysisComponent> = "vpcPeeringConnection",
    vpn_connection: Option<AnalysisComponent> = "vpnConnection",
    vpn_gateway: Option<AnalysisComponent> = "vpnGateway",
} }

output! { FilterPortRange {
    from_port: Option<i32> = "fromPort",
    to_port: Option<i32> = "toPort",
} }

output! { FirewallStatefulRule {
    destination_ports: Vec<PortRange> = "destinationPortSet",
    destinations: Vec<String> = "destinationSet",
    direction: Option<String> = "direction",
    protocol: Option<String> = "protocol",
    rule_action: Option<String> = "ruleAction",
    rule_group_arn: Option<String> = "ruleGroupArn",
    source_ports: Vec<PortRange> = "sourcePortSet",
    sources: Vec<String> = "sourceSet",
} }

output! { FirewallStatelessRule {
    destination_ports: Vec<PortRange> = "destinationPortSet",
    destinations: Vec<String> = "destinationSet",
    priority: Option<i32> = "priority",
    protocols: Vec<i32> = "protocolSet",
    rule_action: Option<String> = "ruleAction",
    rule_group_arn: Option<String> = "ruleGroupArn",
    source_ports: Vec<PortRange> = "sourcePortSet",
    sources: Vec<String> = "sourceSet",
} }

output! { FlowLog {
    creation_time: Option<Timestamp> = "creationTime",
    deliver_cross_account_role: Option<String> = "deliverCrossAccountRole",
    deliver_logs_error_message: Option<String> = "deliverLogsErrorMessage",
    deliver_logs_permission_arn: Option<String> = "deliverLogsPermissionArn",
    deliver_logs_status: Option<String> = "deliverLogsStatus",
    destination_options: Option<DestinationOptionsResponse> = "destinationOptions",
    flow_log_id: Option<String> = "flowLogId",
    flow_log_status: Option<String> = "flowLogStatus",
    log_destination: Option<String> = "logDestination",
    log_destination_type: Option<String> = "logDestinationType",
    log_format: Option<String> = "logFormat",
    log_group_name: Option<String> = "logGroupName",
    max_aggregation_interval: Option<i32> = "maxAggregationInterval",
    resource_id: Option<String> = "resourceId",
    tags: Vec<Tag> = "tagSet",
    traffic_type: Option<String> = "trafficType",
} }

output! { FpgaDeviceInfo {
    count: Option<i32> = "count",
    manufacturer: Option<String> = "manufacturer",
    memory_info: Option<FpgaDeviceMemoryInfo> = "memoryInfo",
    name: Option<String> = "name",
} }

output! { FpgaDeviceMemoryInfo {
    size_in_mib: Option<i32> = "sizeInMiB",
} }

output! { FpgaInfo {
    fpgas: Vec<FpgaDeviceInfo> = "fpgas",
    total_fpga_memory_in_mib: Option<i32> = "totalFpgaMemoryInMiB",
} }

input! { GetInstanceMetadataDefaultsRequest {
} }

output! { GetInstanceMetadataDefaultsResult {
    account_level: Option<InstanceMetadataDefaultsResponse> = "accountLevel",
} }

input! { GetManagedPrefixListAssociationsRequest {
    prefix_list_id: String = "PrefixListId",
} }

output! { GetManagedPrefixListAssociationsResult {
    next_token: Option<String> = "nextToken",
    prefix_list_associations: Vec<PrefixListAssociation> = "prefixListAssociationSet",
} }

input! { GetManagedPrefixListEntriesRequest {
    prefix_list_id: String = "PrefixListId",
    target_version: Option<i64> = "TargetVersion",
} }

output! { GetManagedPrefixListEntriesResult {
    entries: Vec<PrefixListEntry> = "entrySet",
    next_token: Option<String> = "nextToken",
} }

input! { GetSecurityGroupsForVpcRequest {
    vpc_id: String = "VpcId",
} }

output! { GetSecurityGroupsForVpcResult {
    next_token: Option<String> = "nextToken",
    security_group_for_vpcs: Vec<SecurityGroupForVpc> = "securityGroupForVpcSet",
} }

input! { GetSubnetCidrReservationsRequest {
    subnet_id: String = "SubnetId",
} }

output! { GetSubnetCidrReservationsResult {
    next_token: Option<String> = "nextToken",
    subnet_ipv4_cidr_reservations: Vec<SubnetCidrReservation> = "subnetIpv4CidrReservationSet",
    subnet_ipv6_cidr_reservations: Vec<SubnetCidrReservation> = "subnetIpv6CidrReservationSet",
} }

output! { GpuDeviceInfo {
    count: Option<i32> = "count",
    gpu_partition_size: Option<f64> = "gpuPartitionSize",
    logical_gpu_count: Option<i32> = "logicalGpuCount",
    manufacturer: Option<String> = "manufacturer",
    memory_info: Option<GpuDeviceMemoryInfo> = "memoryInfo",
    name: Option<String> = "name",
    workloads: Vec<String> = "workloadSet",
} }

output! { GpuDeviceMemoryInfo {
    size_in_mib: Option<i32> = "sizeInMiB",
} }

output! { GpuInfo {
    gpus: Vec<GpuDeviceInfo> = "gpus",
    total_gpu_memory_in_mib: Option<i32> = "totalGpuMemoryInMiB",
} }

output! { GroupIdentifier {
    group_id: Option<String> = "groupId",
    group_name: Option<String> = "groupName",
} }

output! { HibernationOptions {
    configured: Option<bool> = "configured",
} }

input! { HibernationOptionsRequest {
    configured: Option<bool> = "Configured",
} }

output! { Host {
    allocation_time: Option<Timestamp> = "allocationTime",
    allows_multiple_instance_types: Option<String> = "allowsMultipleInstanceTypes",
    asset_id: Option<String> = "assetId",
    auto_placement: Option<String> = "autoPlacement",
    availability_zone: Option<String> = "availabilityZone",
    availability_zone_id: Option<String> = "availabilityZoneId",
    available_capacity: Option<AvailableCapacity> = "availableCapacity",
    client_token: Option<String> = "clientToken",
    host_id: Option<String> = "hostId",
    host_maintenance: Option<String> = "hostMaintenance",
    host_properties: Option<HostProperties> = "hostProperties",
    host_recovery: Option<String> = "hostRecovery",
    host_reservation_id: Option<String> = "hostReservationId",
    instances: Vec<HostInstance> = "instances",
    member_of_service_linked_resource_group: Option<bool> = "memberOfServiceLinkedResourceGroup",
    outpost_arn: Option<String> = "outpostArn",
    owner_id: Option<String> = "ownerId",
    release_time: Option<Timestamp> = "releaseTime",
    state: Option<String> = "state",
    tags: Vec<Tag> = "tagSet",
} }

output! { HostInstance {
    instance_id: Option<String> = "instanceId",
    instance_type: Option<String> = "instanceType",
    owner_id: Option<String> = "ownerId",
} }

output! { HostProperties {
    cores: Option<i32> = "cores",
    instance_family: Option<String> = "instanceFamily",
    instance_type: Option<String> = "instanceType",
    sockets: Option<i32> = "sockets",
    total_vcpus: Option<i32> = "totalVCpus",
} }

output! { IamInstanceProfile {
    arn: Option<String> = "arn",
    id: Option<String> = "id",
} }

input! { IamInstanceProfileSpecification {
    arn: Option<String> = "Arn",
    name: Option<String> = "Name",
} }

shape! { IcmpTypeCode {
    code: Option<i32> = "Code" "code",
    r#type: Option<i32> = "Type" "type",
} }

output! { Image {
    architecture: Option<String> = "architecture",
    block_device_mappings: Vec<BlockDeviceMapping> = "blockDeviceMapping",
    boot_mode: Option<String> = "bootMode",
    creation_date: Option<String> = "creationDate",
    deprecation_time: Option<String> = "deprecationTime",
    deregistration_protection: Option<String> = "deregistrationProtection",
    description: Option<String> = "description",
    ena_support: Option<bool> = "enaSupport",
    free_tier_eligible: Option<bool> = "freeTierEligible",
    hypervisor: Option<String> = "hypervisor",
    image_allowed: Option<bool> = "imageAllowed",
    image_id: Option<String> = "imageId",
    image_location: Option<String> = "imageLocation",
    image_owner_alias: Option<String> = "imageOwnerAlias",
    image_type: Option<String> = "imageType",
    imds_support: Option<String> = "imdsSupport",
    kernel_id: Option<String> = "kernelId",
    last_launched_time: Option<String> = "lastLaunchedTime",
    name: Option<String> = "name",
    owner_id: Option<String> = "imageOwnerId",
    platform: Option<String> = "platform",
    platform_details: Option<String> = "platformDetails",
    product_codes: Vec<ProductCode> = "productCodes",
    public: Option<bool> = "isPublic",
    ramdisk_id: Option<String> = "ramdiskId",
    root_device_name: Option<String> = "rootDeviceName",
    root_device_type: Option<String> = "rootDeviceType",
    source_image_id: Option<String> = "sourceImageId",
    source_image_region: Option<String> = "sourceImageRegion",
    source_instance_id: Option<String> = "sourceInstanceId",
    sriov_net_support: Option<String> = "sriovNetSupport",
    state: Option<String> = "imageState",
    state_reason: Option<StateReason> = "stateReason",
    tags: Vec<Tag> = "tagSet",
    tpm_support: Option<String> = "tpmSupport",
    usage_operation: Option<String> = "usageOperation",
    virtualization_type: Option<String> = "virtualizationType",
} }

input! { ImportKeyPairRequest {
    key_name: String = "KeyName",
    public_key_material: Blob = "PublicKeyMaterial",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { ImportKeyPairResult {
    key_fingerprint: Option<String> = "keyFingerprint",
    key_name: Option<String> = "keyName",
    key_pair_id: Option<String> = "keyPairId",
    tags: Vec<Tag> = "tagSet",
} }

output! { InferenceAcceleratorInfo {
    accelerators: Vec<InferenceDeviceInfo> = "accelerators",
    total_inference_memory_in_mib: Option<i32> = "totalInferenceMemoryInMiB",
} }

output! { InferenceDeviceInfo {
    count: Option<i32> = "count",
    manufacturer: Option<String> = "manufacturer",
    memory_info: Option<InferenceDeviceMemoryInfo> = "memoryInfo",
    name: Option<String> = "name",
} }

output! { InferenceDeviceMemoryInfo {
    size_in_mib: Option<i32> = "sizeInMiB",
} }

output! { Instance {
    ami_launch_index: Option<i32> = "amiLaunchIndex",
    architecture: Option<String> = "architecture",
    block_device_mappings: Vec<InstanceBlockDeviceMapping> = "blockDeviceMapping",
    boot_mode: Option<String> = "bootMode",
    capacity_block_id: Option<String> = "capacityBlockId",
    capacity_reservation_id: Option<String> = "capacityReservationId",
    capacity_reservation_specification: Option<CapacityReservationSpecificationResponse> = "capacityReservationSpecification",
    client_token: Option<String> = "clientToken",
    cpu_options: Option<CpuOptions> = "cpuOptions",
    current_instance_boot_mode: Option<String> = "currentInstanceBootMode",
    ebs_optimized: Option<bool> = "ebsOptimized",
    elastic_gpu_associations: Vec<ElasticGpuAssociation> = "elasticGpuAssociationSet",
    elastic_inference_accelerator_associations: Vec<ElasticInferenceAcceleratorAssociation> = "elasticInferenceAcceleratorAssociationSet",
    ena_support: Option<bool> = "enaSupport",
    enclave_options: Option<EnclaveOptions> = "enclaveOptions",
    hibernation_options: Option<HibernationOptions> = "hibernationOptions",
    hypervisor: Option<String> = "hypervisor",
    iam_instance_profile: Option<IamInstanceProfile> = "iamInstanceProfile",
    image_id: Option<String> = "imageId",
    instance_id: Option<String> = "instanceId",
    instance_lifecycle: Option<String> = "instanceLifecycle",
    instance_type: Option<String> = "instanceType",
    ipv6_address: Option<String> = "ipv6Address",
    kernel_id: Option<String> = "kernelId",
    key_name: Option<String> = "keyName",
    launch_time: Option<Timestamp> = "launchTime",
    licenses: Vec<LicenseConfiguration> = "licenseSet",
    maintenance_options: Option<InstanceMaintenanceOptions> = "maintenanceOptions",
    metadata_options: Option<InstanceMetadataOptionsResponse> = "metadataOptions",
    monitoring: Option<Monitoring> = "monitoring",
    network_interfaces: Vec<InstanceNetworkInterface> = "networkInterfaceSet",
    network_performance_options: Option<InstanceNetworkPerformanceOptions> = "networkPerformanceOptions",
    operator: Option<OperatorResponse> = "operator",
    outpost_arn: Option<String> = "outpostArn",
    placement: Option<Placement> = "placement",
    platform: Option<String> = "platform",
    platform_details: Option<String> = "platformDetails",
    private_dns_name: Option<String> = "privateDnsName",
    private_dns_name_options: Option<PrivateDnsNameOptionsResponse> = "privateDnsNameOptions",
    private_ip_address: Option<String> = "privateIpAddress",
    product_codes: Vec<ProductCode> = "productCodes",
    public_dns_name: Option<String> = "dnsName",
    public_ip_address: Option<String> = "ipAddress",
    ramdisk_id: Option<String> = "ramdiskId",
    root_device_name: Option<String> = "rootDeviceName",
    root_device_type: Option<String> = "rootDeviceType",
    secondary_interfaces: Vec<InstanceSecondaryInterface> = "secondaryInterfaceSet",
    security_groups: Vec<GroupIdentifier> = "groupSet",
    source_dest_check: Option<bool> = "sourceDestCheck",
    spot_instance_request_id: Option<String> = "spotInstanceRequestId",
    sriov_net_support: Option<String> = "sriovNetSupport",
    state: Option<InstanceState> = "instanceState",
    state_reason: Option<StateReason> = "stateReason",
    state_transition_reason: Option<String> = "reason",
    subnet_id: Option<String> = "subnetId",
    tags: Vec<Tag> = "tagSet",
    tpm_support: Option<String> = "tpmSupport",
    usage_operation: Option<String> = "usageOperation",
    usage_operation_update_time: Option<Timestamp> = "usageOperationUpdateTime",
    virtualization_type: Option<String> = "virtualizationType",
    vpc_id: Option<String> = "vpcId",
} }

output! { InstanceAttachmentEnaSrdSpecification {
    ena_srd_enabled: Option<bool> = "enaSrdEnabled",
    ena_srd_udp_specification: Option<InstanceAttachmentEnaSrdUdpSpecification> = "enaSrdUdpSpecification",
} }

output! { InstanceAttachmentEnaSrdUdpSpecification {
    ena_srd_udp_enabled: Option<bool> = "enaSrdUdpEnabled",
} }

output! { InstanceAttribute {
    block_device_mappings: Vec<InstanceBlockDeviceMapping> = "blockDeviceMapping",
    disable_api_stop: Option<AttributeBooleanValue> = "disableApiStop",
    disable_api_termination: Option<AttributeBooleanValue> = "disableApiTermination",
    ebs_optimized: Option<AttributeBooleanValue> = "ebsOptimized",
    ena_support: Option<AttributeBooleanValue> = "enaSupport",
    enclave_options: Option<EnclaveOptions> = "enclaveOptions",
    groups: Vec<GroupIdentifier> = "groupSet",
    instance_id: Option<String> = "instanceId",
    instance_initiated_shutdown_behavior: Option<AttributeValue> = "instanceInitiatedShutdownBehavior",
    instance_type: Option<AttributeValue> = "instanceType",
    kernel_id: Option<AttributeValue> = "kernel",
    product_codes: Vec<ProductCode> = "productCodes",
    ramdisk_id: Option<AttributeValue> = "ramdisk",
    root_device_name: Option<AttributeValue> = "rootDeviceName",
    source_dest_check: Option<AttributeBooleanValue> = "sourceDestCheck",
    sriov_net_support: Option<AttributeValue> = "sriovNetSupport",
    user_data: Option<AttributeValue> = "userData",
} }

output! { InstanceBlockDeviceMapping {
    device_name: Option<String> = "deviceName",
    ebs: Option<EbsInstanceBlockDevice> = "ebs",
} }

input! { InstanceBlockDeviceMappingSpecification {
    device_name: Option<String> = "DeviceName",
    ebs: Option<EbsInstanceBlockDeviceSpecification> = "Ebs",
    no_device: Option<String> = "NoDevice",
    virtual_name: Option<String> = "VirtualName",
} }

output! { InstanceCapacity {
    available_capacity: Option<i32> = "availableCapacity",
    instance_type: Option<String> = "instanceType",
    total_capacity: Option<i32> = "totalCapacity",
} }

output! { InstanceCreditSpecification {
    cpu_credits: Option<String> = "cpuCredits",
    instance_id: Option<String> = "instanceId",
} }

output! { InstanceIpv4Prefix {
    ipv4_prefix: Option<String> = "ipv4Prefix",
} }

shape! { InstanceIpv6Address {
    ipv6_address: Option<String> = "Ipv6Address" "ipv6Address",
    is_primary_ipv6: Option<bool> = "IsPrimaryIpv6" "isPrimaryIpv6",
} }

output! { InstanceIpv6Prefix {
    ipv6_prefix: Option<String> = "ipv6Prefix",
} }

output! { InstanceMaintenanceOptions {
    auto_recovery: Option<String> = "autoRecovery",
    reboot_migration: Option<String> = "rebootMigration",
} }

input! { InstanceMaintenanceOptionsRequest {
    auto_recovery: Option<String> = "AutoRecovery" of INSTANCE_AUTO_RECOVERY_STATE,
} }

input! { InstanceMarketOptionsRequest {
    market_type: Option<String> = "MarketType" of MARKET_TYPE,
    spot_options: Option<SpotMarketOptions> = "SpotOptions",
} }

output! { InstanceMetadataDefaultsResponse {
    http_endpoint: Option<String> = "httpEndpoint",
    http_put_response_hop_limit: Option<i32> = "httpPutResponseHopLimit",
    http_tokens: Option<String> = "httpTokens",
    http_tokens_enforced: Option<String> = "httpTokensEnforced",
    instance_metadata_tags: Option<String> = "instanceMetadataTags",
    managed_by: Option<String> = "managedBy",
    managed_exception_message: Option<String> = "managedExceptionMessage",
} }

input! { InstanceMetadataOptionsRequest {
    http_endpoint: Option<String> = "HttpEndpoint" of INSTANCE_METADATA_ENDPOINT_STATE,
    http_protocol_ipv6: Option<String> = "HttpProtocolIpv6" of INSTANCE_METADATA_PROTOCOL_STATE,
    http_put_response_hop_limit: Option<i32> = "HttpPutResponseHopLimit",
    http_tokens: Option<String> = "HttpTokens" of HTTP_TOKENS_STATE,
    instance_metadata_tags: Option<String> = "InstanceMetadataTags" of INSTANCE_METADATA_TAGS_STATE,
} }

output! { InstanceMetadataOptionsResponse {
    http_endpoint: Option<String> = "httpEndpoint",
    http_protocol_ipv6: Option<String> = "httpProtocolIpv6",
    http_put_response_hop_limit: Option<i32> = "httpPutResponseHopLimit",
    http_tokens: Option<String> = "httpTokens",
    instance_metadata_tags: Option<String> = "instanceMetadataTags",
    state: Option<String> = "state",
} }

output! { InstanceNetworkInterface {
    association: Option<InstanceNetworkInterfaceAssociation> = "association",
    attachment: Option<InstanceNetworkInterfaceAttachment> = "attachment",
    connection_tracking_configuration: Option<ConnectionTrackingSpecificationResponse> = "connectionTrackingConfiguration",
    description: Option<String> = "description",
    groups: Vec<GroupIdentifier> = "groupSet",
    interface_type: Option<String> = "interfaceType",
    ipv4_prefixes: Vec<InstanceIpv4Prefix> = "ipv4PrefixSet",
    ipv6_addresses: Vec<InstanceIpv6Address> = "ipv6AddressesSet",
    ipv6_prefixes: Vec<InstanceIpv6Prefix> = "ipv6PrefixSet",
    mac_address: Option<String> = "macAddress",
    network_interface_id: Option<String> = "networkInterfaceId",
    operator: Option<OperatorResponse> = "operator",
    owner_id: Option<String> = "ownerId",
    private_dns_name: Option<String> = "privateDnsName",
    private_ip_address: Option<String> = "privateIpAddress",
    private_ip_addresses: Vec<InstancePrivateIpAddress> = "privateIpAddressesSet",
    source_dest_check: Option<bool> = "sourceDestCheck",
    status: Option<String> = "status",
    subnet_id: Option<String> = "subnetId",
    vpc_id: Option<String> = "vpcId",
} }

output! { InstanceNetworkInterfaceAssociation {
    carrier_ip: Option<String> = "carrierIp",
    customer_owned_ip: Option<String> = "customerOwnedIp",
    ip_owner_id: Option<String> = "ipOwnerId",
    public_dns_name: Option<String> = "publicDnsName",
    public_ip: Option<String> = "publicIp",
} }

output! { InstanceNetworkInterfaceAttachment {
    attach_time: Option<Timestamp> = "attachTime",
    attachment_id: Option<String> = "attachmentId",
    delete_on_termination: Option<bool> = "deleteOnTermination",
    device_index: Option<i32> = "deviceIndex",
    ena_queue_count: Option<i32> = "enaQueueCount",
    ena_srd_specification: Option<InstanceAttachmentEnaSrdSpecification> = "enaSrdSpecification",
    network_card_index: Option<i32> = "networkCardIndex",
    status: Option<String> = "status",
} }

input! { InstanceNetworkInterfaceSpecification {
    associate_carrier_ip_address: Option<bool> = "AssociateCarrierIpAddress",
    associate_public_ip_address: Option<bool> = "AssociatePublicIpAddress",
    connection_tracking_specification: Option<ConnectionTrackingSpecificationRequest> = "ConnectionTrackingSpecification",
    delete_on_termination: Option<bool> = "DeleteOnTermination",
    description: Option<String> = "Description",
    device_index: Option<i32> = "DeviceIndex",
    ena_queue_count: Option<i32> = "EnaQueueCount",
    ena_srd_specification: Option<EnaSrdSpecificationRequest> = "EnaSrdSpecification",
    groups: Vec<String> = "SecurityGroupId",
    interface_type: Option<String> = "InterfaceType",
    ipv4_prefix_count: Option<i32> = "Ipv4PrefixCount",
    ipv4_prefixes: Vec<Ipv4PrefixSpecificationRequest> = "Ipv4Prefix",
    ipv6_address_count: Option<i32> = "Ipv6AddressCount",
    ipv6_addresses: Vec<InstanceIpv6Address> = "Ipv6Addresses",
    ipv6_prefix_count: Option<i32> = "Ipv6PrefixCount",
    ipv6_prefixes: Vec<Ipv6PrefixSpecificationRequest> = "Ipv6Prefix",
    network_card_index: Option<i32> = "NetworkCardIndex",
    network_interface_id: Option<String> = "NetworkInterfaceId",
    primary_ipv6: Option<bool> = "PrimaryIpv6",
    private_ip_address: Option<String> = "PrivateIpAddress",
    private_ip_addresses: Vec<PrivateIpAddressSpecification> = "PrivateIpAddresses",
    secondary_private_ip_address_count: Option<i32> = "SecondaryPrivateIpAddressCount",
    subnet_id: Option<String> = "SubnetId",
} }

output! { InstanceNetworkPerformanceOptions {
    bandwidth_weighting: Option<String> = "bandwidthWeighting",
} }

input! { InstanceNetworkPerformanceOptionsRequest {
    bandwidth_weighting: Option<String> = "BandwidthWeighting" of INSTANCE_BANDWIDTH_WEIGHTING,
} }

output! { InstancePrivateIpAddress {
    association: Option<InstanceNetworkInterfaceAssociation> = "association",
    primary: Option<bool> = "primary",
    private_dns_name: Option<String> = "privateDnsName",
    private_ip_address: Option<String> = "privateIpAddress",
} }

output! { InstanceSecondaryInterface {
    attachment: Option<InstanceSecondaryInterfaceAttachment> = "attachment",
    interface_type: Option<String> = "interfaceType",
    mac_address: Option<String> = "macAddress",
    owner_id: Option<String> = "ownerId",
    private_ip_addresses: Vec<InstanceSecondaryInterfacePrivateIpAddress> = "privateIpAddressSet",
    secondary_interface_id: Option<String> = "secondaryInterfaceId",
    secondary_network_id: Option<String> = "secondaryNetworkId",
    secondary_subnet_id: Option<String> = "secondarySubnetId",
    source_dest_check: Option<bool> = "sourceDestCheck",
    status: Option<String> = "status",
} }

output! { InstanceSecondaryInterfaceAttachment {
    attach_time: Option<Timestamp> = "attachTime",
    attachment_id: Option<String> = "attachmentId",
    delete_on_termination: Option<bool> = "deleteOnTermination",
    device_index: Option<i32> = "deviceIndex",
    network_card_index: Option<i32> = "networkCardIndex",
    status: Option<String> = "status",
} }

output! { InstanceSecondaryInterfacePrivateIpAddress {
    private_ip_address: Option<String> = "privateIpAddress",
} }

input! { InstanceSecondaryInterfacePrivateIpAddressRequest {
    private_ip_address: String = "PrivateIpAddress",
} }

input! { InstanceSecondaryInterfaceSpecificationRequest {
    delete_on_termination: Option<bool> = "DeleteOnTermination",
    device_index: Option<i32> = "DeviceIndex",
    interface_type: Option<String> = "InterfaceType" of SECONDARY_INTERFACE_TYPE,
    network_card_index: Option<i32> = "NetworkCardIndex",
    private_ip_address_count: Option<i32> = "PrivateIpAddressCount",
    private_ip_addresses: Vec<InstanceSecondaryInterfacePrivateIpAddressRequest> = "PrivateIpAddress",
    secondary_subnet_id: Option<String> = "SecondarySubnetId",
} }

output! { InstanceState {
    code: Option<i32> = "code",
    name: Option<String> = "name",
} }

output! { InstanceStateChange {
    current_state: Option<InstanceState> = "currentState",
    instance_id: Option<String> = "instanceId",
    previous_state: Option<InstanceState> = "previousState",
} }

output! { InstanceStatus {
    attached_ebs_status: Option<EbsStatusSummary> = "attachedEbsStatus",
    availability_zone: Option<String> = "availabilityZone",
    availability_zone_id: Option<String> = "availabilityZoneId",
    events: Vec<InstanceStatusEvent> = "eventsSet",
    instance_id: Option<String> = "instanceId",
    instance_state: Option<InstanceState> = "instanceState",
    instance_status: Option<InstanceStatusSummary> = "instanceStatus",
    operator: Option<OperatorResponse> = "operator",
    outpost_arn: Option<String> = "outpostArn",
    system_status: Option<InstanceStatusSummary> = "systemStatus",
} }

output! { InstanceStatusDetails {
    impaired_since: Option<Timestamp> = "impairedSince",
    name: Option<String> = "name",
    status: Option<String> = "status",
} }

output! { InstanceStatusEvent {
    code: Option<String> = "code",
    description: Option<String> = "description",
    instance_event_id: Option<String> = "instanceEventId",
    not_after: Option<Timestamp> = "notAfter",
    not_before: Option<Timestamp> = "notBefore",
    not_before_deadline: Option<Timestamp> = "notBeforeDeadline",
} }

output! { InstanceStatusSummary {
    details: Vec<InstanceStatusDetails> = "details",
    status: Option<String> = "status",
} }

output! { InstanceStorageInfo {
    disks: Vec<DiskInfo> = "disks",
    encryption_support: Option<String> = "encryptionSupport",
    nvme_support: Option<String> = "nvmeSupport",
    total_size_in_gb: Option<i64> = "totalSizeInGB",
} }

output! { InstanceTypeInfo {
    auto_recovery_supported: Option<bool> = "autoRecoverySupported",
    bare_metal: Option<bool> = "bareMetal",
    burstable_performance_supported: Option<bool> = "burstablePerformanceSupported",
    current_generation: Option<bool> = "currentGeneration",
    dedicated_hosts_supported: Option<bool> = "dedicatedHostsSupported",
    ebs_info: Option<EbsInfo> = "ebsInfo",
    fpga_info: Option<FpgaInfo> = "fpgaInfo",
    free_tier_eligible: Option<bool> = "freeTierEligible",
    gpu_info: Option<GpuInfo> = "gpuInfo",
    hibernation_supported: Option<bool> = "hibernationSupported",
    hypervisor: Option<String> = "hypervisor",
    inference_accelerator_info: Option<InferenceAcceleratorInfo> = "inferenceAcceleratorInfo",
    instance_storage_info: Option<InstanceStorageInfo> = "instanceStorageInfo",
    instance_storage_supported: Option<bool> = "instanceStorageSupported",
    instance_type: Option<String> = "instanceType",
    media_accelerator_info: Option<MediaAcceleratorInfo> = "mediaAcceleratorInfo",
    memory_info: Option<MemoryInfo> = "memoryInfo",
    network_info: Option<NetworkInfo> = "networkInfo",
    neuron_info: Option<NeuronInfo> = "neuronInfo",
    nitro_enclaves_support: Option<String> = "nitroEnclavesSupport",
    nitro_tpm_info: Option<NitroTpmInfo> = "nitroTpmInfo",
    nitro_tpm_support: Option<String> = "nitroTpmSupport",
    phc_support: Option<String> = "phcSupport",
    placement_group_info: Option<PlacementGroupInfo> = "placementGroupInfo",
    processor_info: Option<ProcessorInfo> = "processorInfo",
    reboot_migration_support: Option<String> = "rebootMigrationSupport",
    supported_boot_modes: Vec<String> = "supportedBootModes",
    supported_in_region: Option<bool> = "supportedInRegion",
    supported_root_device_types: Vec<String> = "supportedRootDeviceTypes",
    supported_usage_classes: Vec<String> = "supportedUsageClasses",
    supported_virtualization_types: Vec<String> = "supportedVirtualizationTypes",
    vcpu_info: Option<VCpuInfo> = "vCpuInfo",
} }

output! { InstanceTypeOffering {
    instance_type: Option<String> = "instanceType",
    location: Option<String> = "location",
    location_type: Option<String> = "locationType",
} }

output! { InternetGateway {
    attachments: Vec<InternetGatewayAttachment> = "attachmentSet",
    internet_gateway_id: Option<String> = "internetGatewayId",
    owner_id: Option<String> = "ownerId",
    tags: Vec<Tag> = "tagSet",
} }

output! { InternetGatewayAttachment {
    state: Option<String> = "state",
    vpc_id: Option<String> = "vpcId",
} }

shape! { IpPermission {
    from_port: Option<i32> = "FromPort" "fromPort",
    ip_protocol: Option<String> = "IpProtocol" "ipProtocol",
    ip_ranges: Vec<IpRange> = "IpRanges" "ipRanges",
    ipv6_ranges: Vec<Ipv6Range> = "Ipv6Ranges" "ipv6Ranges",
    prefix_list_ids: Vec<PrefixListId> = "PrefixListIds" "prefixListIds",
    to_port: Option<i32> = "ToPort" "toPort",
    user_id_group_pairs: Vec<UserIdGroupPair> = "Groups" "groups",
} }

shape! { IpRange {
    cidr_ip: Option<String> = "CidrIp" "cidrIp",
    description: Option<String> = "Description" "description",
} }

output! { Ipv4PrefixSpecification {
    ipv4_prefix: Option<String> = "ipv4Prefix",
} }

input! { Ipv4PrefixSpecificationRequest {
    ipv4_prefix: Option<String> = "Ipv4Prefix",
} }

output! { Ipv6CidrBlock {
    ipv6_cidr_block: Option<String> = "ipv6CidrBlock",
} }

output! { Ipv6PrefixSpecification {
    ipv6_prefix: Option<String> = "ipv6Prefix",
} }

input! { Ipv6PrefixSpecificationRequest {
    ipv6_prefix: Option<String> = "Ipv6Prefix",
} }

shape! { Ipv6Range {
    cidr_ipv6: Option<String> = "CidrIpv6" "cidrIpv6",
    description: Option<String> = "Description" "description",
} }

output! { KeyPair {
    key_fingerprint: Option<String> = "keyFingerprint",
    key_material: Option<String> = "keyMaterial",
    key_name: Option<String> = "keyName",
    key_pair_id: Option<String> = "keyPairId",
    tags: Vec<Tag> = "tagSet",
} }

output! { KeyPairInfo {
    create_time: Option<Timestamp> = "createTime",
    key_fingerprint: Option<String> = "keyFingerprint",
    key_name: Option<String> = "keyName",
    key_pair_id: Option<String> = "keyPairId",
    key_type: Option<String> = "keyType",
    public_key: Option<String> = "publicKey",
    tags: Vec<Tag> = "tagSet",
} }

input! { LaunchTemplateSpecification {
    launch_template_id: Option<String> = "LaunchTemplateId",
    launch_template_name: Option<String> = "LaunchTemplateName",
    version: Option<String> = "Version",
} }

output! { LicenseConfiguration {
    license_configuration_arn: Option<String> = "licenseConfigurationArn",
} }

input! { LicenseConfigurationRequest {
    license_configuration_arn: Option<String> = "LicenseConfigurationArn",
} }

output! { ManagedPrefixList {
    address_family: Option<String> = "addressFamily",
    ipam_prefix_list_resolver_sync_enabled: Option<bool> = "ipamPrefixListResolverSyncEnabled",
    ipam_prefix_list_resolver_target_id: Option<String> = "ipamPrefixListResolverTargetId",
    max_entries: Option<i32> = "maxEntries",
    owner_id: Option<String> = "ownerId",
    prefix_list_arn: Option<String> = "prefixListArn",
    prefix_list_id: Option<String> = "prefixListId",
    prefix_list_name: Option<String> = "prefixListName",
    state: Option<String> = "state",
    state_message: Option<String> = "stateMessage",
    tags: Vec<Tag> = "tagSet",
    version: Option<i64> = "version",
} }

output! { MediaAcceleratorInfo {
    accelerators: Vec<MediaDeviceInfo> = "accelerators",
    total_media_memory_in_mib: Option<i32> = "totalMediaMemoryInMiB",
} }

output! { MediaDeviceInfo {
    count: Option<i32> = "count",
    manufacturer: Option<String> = "manufacturer",
    memory_info: Option<MediaDeviceMemoryInfo> = "memoryInfo",
    name: Option<String> = "name",
} }

output! { MediaDeviceMemoryInfo {
    size_in_mib: Option<i32> = "sizeInMiB",
} }

output! { MemoryInfo {
    size_in_mib: Option<i64> = "sizeInMiB",
} }

input! { ModifyInstanceAttributeRequest {
    attribute: Option<String> = "Attribute" of INSTANCE_ATTRIBUTE_NAME,
    block_device_mappings: Vec<InstanceBlockDeviceMappingSpecification> = "BlockDeviceMapping",
    disable_api_stop: Option<AttributeBooleanValue> = "DisableApiStop",
    disable_api_termination: Option<AttributeBooleanValue> = "DisableApiTermination",
    ebs_optimized: Option<AttributeBooleanValue> = "EbsOptimized",
    ena_support: Option<AttributeBooleanValue> = "EnaSupport",
    groups: Vec<String> = "GroupId",
    instance_id: String = "InstanceId",
    instance_initiated_shutdown_behavior: Option<AttributeValue> = "InstanceInitiatedShutdownBehavior",
    instance_type: Option<AttributeValue> = "InstanceType",
    kernel: Option<AttributeValue> = "Kernel",
    ramdisk: Option<AttributeValue> = "Ramdisk",
    source_dest_check: Option<AttributeBooleanValue> = "SourceDestCheck",
    sriov_net_support: Option<AttributeValue> = "SriovNetSupport",
    user_data: Option<BlobAttributeValue> = "UserData",
    value: Option<String> = "Value",
} }

input! { ModifyInstanceMetadataDefaultsRequest {
    http_endpoint: Option<String> = "HttpEndpoint" of DEFAULT_INSTANCE_METADATA_ENDPOINT_STATE,
    http_put_response_hop_limit: Option<i32> = "HttpPutResponseHopLimit",
    http_tokens: Option<String> = "HttpTokens" of METADATA_DEFAULT_HTTP_TOKENS_STATE,
    http_tokens_enforced: Option<String> = "HttpTokensEnforced" of DEFAULT_HTTP_TOKENS_ENFORCED_STATE,
    instance_metadata_tags: Option<String> = "InstanceMetadataTags" of DEFAULT_INSTANCE_METADATA_TAGS_STATE,
} }

output! { ModifyInstanceMetadataDefaultsResult {
    r#return: Option<bool> = "return",
} }

input! { ModifyInstanceMetadataOptionsRequest {
    http_endpoint: Option<String> = "HttpEndpoint" of INSTANCE_METADATA_ENDPOINT_STATE,
    http_protocol_ipv6: Option<String> = "HttpProtocolIpv6" of INSTANCE_METADATA_PROTOCOL_STATE,
    http_put_response_hop_limit: Option<i32> = "HttpPutResponseHopLimit",
    http_tokens: Option<String> = "HttpTokens" of HTTP_TOKENS_STATE,
    instance_id: String = "InstanceId",
    instance_metadata_tags: Option<String> = "InstanceMetadataTags" of INSTANCE_METADATA_TAGS_STATE,
} }

output! { ModifyInstanceMetadataOptionsResult {
    instance_id: Option<String> = "instanceId",
    instance_metadata_options: Option<InstanceMetadataOptionsResponse> = "instanceMetadataOptions",
} }

input! { ModifyManagedPrefixListRequest {
    add_entries: Vec<AddPrefixListEntry> = "AddEntry",
    current_version: Option<i64> = "CurrentVersion",
    ipam_prefix_list_resolver_sync_enabled: Option<bool> = "IpamPrefixListResolverSyncEnabled",
    max_entries: Option<i32> = "MaxEntries",
    prefix_list_id: String = "PrefixListId",
    prefix_list_name: Option<String> = "PrefixListName",
    remove_entries: Vec<RemovePrefixListEntry> = "RemoveEntry",
} }

output! { ModifyManagedPrefixListResult {
    prefix_list: Option<ManagedPrefixList> = "prefixList",
} }

input! { ModifyNetworkInterfaceAttributeRequest {
    associate_public_ip_address: Option<bool> = "AssociatePublicIpAddress",
    associated_subnet_ids: Vec<String> = "AssociatedSubnetId",
    attachment: Option<NetworkInterfaceAttachmentChanges> = "Attachment",
    connection_tracking_specification: Option<ConnectionTrackingSpecificationRequest> = "ConnectionTrackingSpecification",
    description: Option<AttributeValue> = "Description",
    ena_srd_specification: Option<EnaSrdSpecification> = "EnaSrdSpecification",
    enable_primary_ipv6: Option<bool> = "EnablePrimaryIpv6",
    groups: Vec<String> = "SecurityGroupId",
    network_interface_id: String = "NetworkInterfaceId",
    source_dest_check: Option<AttributeBooleanValue> = "SourceDestCheck",
} }

input! { ModifyPrivateDnsNameOptionsRequest {
    enable_resource_name_dns_a_record: Option<bool> = "EnableResourceNameDnsARecord",
    enable_resource_name_dns_aaaa_record: Option<bool> = "EnableResourceNameDnsAAAARecord",
    instance_id: String = "InstanceId",
    private_dns_hostname_type: Option<String> = "PrivateDnsHostnameType" of HOSTNAME_TYPE,
} }

output! { ModifyPrivateDnsNameOptionsResult {
    r#return: Option<bool> = "return",
} }

input! { ModifySecurityGroupRulesRequest {
    group_id: String = "GroupId",
    security_group_rules: Vec<SecurityGroupRuleUpdate> = "SecurityGroupRule" at_least 1,
} }

output! { ModifySecurityGroupRulesResult {
    r#return: Option<bool> = "return",
} }

input! { ModifySubnetAttributeRequest {
    assign_ipv6_address_on_creation: Option<AttributeBooleanValue> = "AssignIpv6AddressOnCreation",
    customer_owned_ipv4_pool: Option<String> = "CustomerOwnedIpv4Pool",
    disable_lni_at_device_index: Option<AttributeBooleanValue> = "DisableLniAtDeviceIndex",
    enable_dns64: Option<AttributeBooleanValue> = "EnableDns64",
    enable_lni_at_device_index: Option<i32> = "EnableLniAtDeviceIndex",
    enable_resource_name_dns_a_record_on_launch: Option<AttributeBooleanValue> = "EnableResourceNameDnsARecordOnLaunch",
    enable_resource_name_dns_aaaa_record_on_launch: Option<AttributeBooleanValue> = "EnableResourceNameDnsAAAARecordOnLaunch",
    map_customer_owned_ip_on_launch: Option<AttributeBooleanValue> = "MapCustomerOwnedIpOnLaunch",
    map_public_ip_on_launch: Option<AttributeBooleanValue> = "MapPublicIpOnLaunch",
    private_dns_hostname_type_on_launch: Option<String> = "PrivateDnsHostnameTypeOnLaunch" of HOSTNAME_TYPE,
    subnet_id: String = "SubnetId",
} }

input! { ModifyVpcAttributeRequest {
    enable_dns_hostnames: Option<AttributeBooleanValue> = "EnableDnsHostnames",
    enable_dns_support: Option<AttributeBooleanValue> = "EnableDnsSupport",
    enable_network_address_usage_metrics: Option<AttributeBooleanValue> = "EnableNetworkAddressUsageMetrics",
    vpc_id: String = "VpcId",
} }

input! { ModifyVpcBlockPublicAccessExclusionRequest {
    exclusion_id: String = "ExclusionId",
    internet_gateway_exclusion_mode: String = "InternetGatewayExclusionMode" of INTERNET_GATEWAY_EXCLUSION_MODE,
} }

output! { ModifyVpcBlockPublicAccessExclusionResult {
    vpc_block_public_access_exclusion: Option<VpcBlockPublicAccessExclusion> = "vpcBlockPublicAccessExclusion",
} }

input! { ModifyVpcBlockPublicAccessOptionsRequest {
    internet_gateway_block_mode: String = "InternetGatewayBlockMode" of INTERNET_GATEWAY_BLOCK_MODE,
} }

output! { ModifyVpcBlockPublicAccessOptionsResult {
    vpc_block_public_access_options: Option<VpcBlockPublicAccessOptions> = "vpcBlockPublicAccessOptions",
} }

input! { ModifyVpcPeeringConnectionOptionsRequest {
    accepter_peering_connection_options: Option<PeeringConnectionOptionsRequest> = "AccepterPeeringConnectionOptions",
    requester_peering_connection_options: Option<PeeringConnectionOptionsRequest> = "RequesterPeeringConnectionOptions",
    vpc_peering_connection_id: String = "VpcPeeringConnectionId",
} }

output! { ModifyVpcPeeringConnectionOptionsResult {
    accepter_peering_connection_options: Option<PeeringConnectionOptions> = "accepterPeeringConnectionOptions",
    requester_peering_connection_options: Option<PeeringConnectionOptions> = "requesterPeeringConnectionOptions",
} }

input! { ModifyVpcTenancyRequest {
    instance_tenancy: String = "InstanceTenancy" of VPC_TENANCY,
    vpc_id: String = "VpcId",
} }

output! { ModifyVpcTenancyResult {
    return_value: Option<bool> = "return",
} }

output! { Monitoring {
    state: Option<String> = "state",
} }

output! { NatGateway {
    attached_appliances: Vec<NatGatewayAttachedAppliance> = "attachedApplianceSet",
    auto_provision_zones: Option<String> = "autoProvisionZones",
    auto_scaling_ips: Option<String> = "autoScalingIps",
    availability_mode: Option<String> = "availabilityMode",
    connectivity_type: Option<String> = "connectivityType",
    create_time: Option<Timestamp> = "createTime",
    delete_time: Option<Timestamp> = "deleteTime",
    failure_code: Option<String> = "failureCode",
    failure_message: Option<String> = "failureMessage",
    nat_gateway_addresses: Vec<NatGatewayAddress> = "natGatewayAddressSet",
    nat_gateway_id: Option<String> = "natGatewayId",
    provisioned_bandwidth: Option<ProvisionedBandwidth> = "provisionedBandwidth",
    route_table_id: Option<String> = "routeTableId",
    state: Option<String> = "state",
    subnet_id: Option<String> = "subnetId",
    tags: Vec<Tag> = "tagSet",
    vpc_id: Option<String> = "vpcId",
} }

output! { NatGatewayAddress {
    allocation_id: Option<String> = "allocationId",
    association_id: Option<String> = "associationId",
    availability_zone: Option<String> = "availabilityZone",
    availability_zone_id: Option<String> = "availabilityZoneId",
    failure_message: Option<String> = "failureMessage",
    is_primary: Option<bool> = "isPrimary",
    network_interface_id: Option<String> = "networkInterfaceId",
    private_ip: Option<String> = "privateIp",
    public_ip: Option<String> = "publicIp",
    status: Option<String> = "status",
} }

output! { NatGatewayAttachedAppliance {
    appliance_arn: Option<String> = "applianceArn",
    attachment_state: Option<String> = "attachmentState",
    failure_code: Option<String> = "failureCode",
    failure_message: Option<String> = "failureMessage",
    modification_state: Option<String> = "modificationState",
    r#type: Option<String> = "type",
    vpc_endpoint_id: Option<String> = "vpcEndpointId",
} }

output! { NetworkAcl {
    associations: Vec<NetworkAclAssociation> = "associationSet",
    entries: Vec<NetworkAclEntry> = "entrySet",
    is_default: Option<bool> = "default",
    network_acl_id: Option<String> = "networkAclId",
    owner_id: Option<String> = "ownerId",
    tags: Vec<Tag> = "tagSet",
    vpc_id: Option<String> = "vpcId",
} }

output! { NetworkAclAssociation {
    network_acl_association_id: Option<String> = "networkAclAssociationId",
    network_acl_id: Option<String> = "networkAclId",
    subnet_id: Option<String> = "subnetId",
} }

output! { NetworkAclEntry {
    cidr_block: Option<String> = "cidrBlock",
    egress: Option<bool> = "egress",
    icmp_type_code: Option<IcmpTypeCode> = "icmpTypeCode",
    ipv6_cidr_block: Option<String> = "ipv6CidrBlock",
    port_range: Option<PortRange> = "portRange",
    protocol: Option<String> = "protocol",
    rule_action: Option<String> = "ruleAction",
    rule_number: Option<i32> = "ruleNumber",
} }

output! { NetworkCardInfo {
    additional_flexible_network_interfaces: Option<i32> = "additionalFlexibleNetworkInterfaces",
    baseline_bandwidth_in_gbps: Option<f64> = "baselineBandwidthInGbps",
    default_ena_queue_count_per_interface: Option<i32> = "defaultEnaQueueCountPerInterface",
    maximum_ena_queue_count: Option<i32> = "maximumEnaQueueCount",
    maximum_ena_queue_count_per_interface: Option<i32> = "maximumEnaQueueCountPerInterface",
    maximum_network_interfaces: Option<i32> = "maximumNetworkInterfaces",
    network_card_index: Option<i32> = "networkCardIndex",
    network_performance: Option<String> = "networkPerformance",
    peak_bandwidth_in_gbps: Option<f64> = "peakBandwidthInGbps",
} }

output! { NetworkInfo {
    bandwidth_weightings: Vec<String> = "bandwidthWeightings",
    connection_tracking_configuration: Option<DefaultConnectionTrackingConfiguration> = "connectionTrackingConfiguration",
    default_network_card_index: Option<i32> = "defaultNetworkCardIndex",
    efa_info: Option<EfaInfo> = "efaInfo",
    efa_supported: Option<bool> = "efaSupported",
    ena_srd_supported: Option<bool> = "enaSrdSupported",
    ena_support: Option<String> = "enaSupport",
    encryption_in_transit_supported: Option<bool> = "encryptionInTransitSupported",
    flexible_ena_queues_support: Option<String> = "flexibleEnaQueuesSupport",
    ipv4_addresses_per_interface: Option<i32> = "ipv4AddressesPerInterface",
    ipv4_addresses_per_secondary_interface: Option<i32> = "ipv4AddressesPerSecondaryInterface",
    ipv6_addresses_per_interface: Option<i32> = "ipv6AddressesPerInterface",
    ipv6_supported: Option<bool> = "ipv6Supported",
    maximum_network_cards: Option<i32> = "maximumNetworkCards",
    maximum_network_interfaces: Option<i32> = "maximumNetworkInterfaces",
    maximum_secondary_network_interfaces: Option<i32> = "maximumSecondaryNetworkInterfaces",
    network_cards: Vec<NetworkCardInfo> = "networkCards",
    network_performance: Option<String> = "networkPerformance",
    secondary_network_supported: Option<bool> = "secondaryNetworkSupported",
} }

output! { NetworkInsightsAnalysis {
    additional_accounts: Vec<String> = "additionalAccountSet",
    alternate_path_hints: Vec<AlternatePathHint> = "alternatePathHintSet",
    explanations: Vec<Explanation> = "explanationSet",
    filter_in_arns: Vec<String> = "filterInArnSet",
    filter_out_arns: Vec<String> = "filterOutArnSet",
    forward_path_components: Vec<PathComponent> = "forwardPathComponentSet",
    network_insights_analysis_arn: Option<String> = "networkInsightsAnalysisArn",
    network_insights_analysis_id: Option<String> = "networkInsightsAnalysisId",
    network_insights_path_id: Option<String> = "networkInsightsPathId",
    network_path_found: Option<bool> = "networkPathFound",
    return_path_components: Vec<PathComponent> = "returnPathComponentSet",
    start_date: Option<Timestamp> = "startDate",
    status: Option<String> = "status",
    status_message: Option<String> = "statusMessage",
    suggested_accounts: Vec<String> = "suggestedAccountSet",
    tags: Vec<Tag> = "tagSet",
    warning_message: Option<String> = "warningMessage",
} }

output! { NetworkInsightsPath {
    created_date: Option<Timestamp> = "createdDate",
    destination: Option<String> = "destination",
    destination_arn: Option<String> = "destinationArn",
    destination_ip: Option<String> = "destinationIp",
    destination_port: Option<i32> = "destinationPort",
    filter_at_destination: Option<PathFilter> = "filterAtDestination",
    filter_at_source: Option<PathFilter> = "filterAtSource",
    network_insights_path_arn: Option<String> = "networkInsightsPathArn",
    network_insights_path_id: Option<String> = "networkInsightsPathId",
    protocol: Option<String> = "protocol",
    source: Option<String> = "source",
    source_arn: Option<String> = "sourceArn",
    source_ip: Option<String> = "sourceIp",
    tags: Vec<Tag> = "tagSet",
} }

output! { NetworkInterface {
    associated_subnets: Vec<String> = "associatedSubnetSet",
    association: Option<NetworkInterfaceAssociation> = "association",
    attachment: Option<NetworkInterfaceAttachment> = "attachment",
    availability_zone: Option<String> = "availabilityZone",
    availability_zone_id: Option<String> = "availabilityZoneId",
    connection_tracking_configuration: Option<ConnectionTrackingConfiguration> = "connectionTrackingConfiguration",
    deny_all_igw_traffic: Option<bool> = "denyAllIgwTraffic",
    description: Option<String> = "description",
    groups: Vec<GroupIdentifier> = "groupSet",
    interface_type: Option<String> = "interfaceType",
    ipv4_prefixes: Vec<Ipv4PrefixSpecification> = "ipv4PrefixSet",
    ipv6_address: Option<String> = "ipv6Address",
    ipv6_addresses: Vec<NetworkInterfaceIpv6Address> = "ipv6AddressesSet",
    ipv6_native: Option<bool> = "ipv6Native",
    ipv6_prefixes: Vec<Ipv6PrefixSpecification> = "ipv6PrefixSet",
    mac_address: Option<String> = "macAddress",
    network_interface_id: Option<String> = "networkInterfaceId",
    operator: Option<OperatorResponse> = "operator",
    outpost_arn: Option<String> = "outpostArn",
    owner_id: Option<String> = "ownerId",
    private_dns_name: Option<String> = "privateDnsName",
    private_ip_address: Option<String> = "privateIpAddress",
    private_ip_addresses: Vec<NetworkInterfacePrivateIpAddress> = "privateIpAddressesSet",
    public_dns_name: Option<String> = "publicDnsName",
    public_ip_dns_name_options: Option<PublicIpDnsNameOptions> = "publicIpDnsNameOptions",
    requester_id: Option<String> = "requesterId",
    requester_managed: Option<bool> = "requesterManaged",
    source_dest_check: Option<bool> = "sourceDestCheck",
    status: Option<String> = "status",
    subnet_id: Option<String> = "subnetId",
    tag_set: Vec<Tag> = "tagSet",
    vpc_id: Option<String> = "vpcId",
} }

output! { NetworkInterfaceAssociation {
    allocation_id: Option<String> = "allocationId",
    association_id: Option<String> = "associationId",
    carrier_ip: Option<String> = "carrierIp",
    customer_owned_ip: Option<String> = "customerOwnedIp",
    ip_owner_id: Option<String> = "ipOwnerId",
    public_dns_name: Option<String> = "publicDnsName",
    public_ip: Option<String> = "publicIp",
} }

output! { NetworkInterfaceAttachment {
    attach_time: Option<Timestamp> = "attachTime",
    attachment_id: Option<String> = "attachmentId",
    delete_on_termination: Option<bool> = "deleteOnTermination",
    device_index: Option<i32> = "deviceIndex",
    ena_queue_count: Option<i32> = "enaQueueCount",
    ena_srd_specification: Option<AttachmentEnaSrdSpecification> = "enaSrdSpecification",
    instance_id: Option<String> = "instanceId",
    instance_owner_id: Option<String> = "instanceOwnerId",
    network_card_index: Option<i32> = "networkCardIndex",
    status: Option<String> = "status",
} }

input! { NetworkInterfaceAttachmentChanges {
    attachment_id: Option<String> = "AttachmentId",
    default_ena_queue_count: Option<bool> = "DefaultEnaQueueCount",
    delete_on_termination: Option<bool> = "DeleteOnTermination",
    ena_queue_count: Option<i32> = "EnaQueueCount",
} }

output! { NetworkInterfaceIpv6Address {
    ipv6_address: Option<String> = "ipv6Address",
    is_primary_ipv6: Option<bool> = "isPrimaryIpv6",
    public_ipv6_dns_name: Option<String> = "publicIpv6DnsName",
} }

output! { NetworkInterfacePrivateIpAddress {
    association: Option<NetworkInterfaceAssociation> = "association",
    primary: Option<bool> = "primary",
    private_dns_name: Option<String> = "privateDnsName",
    private_ip_address: Option<String> = "privateIpAddress",
} }

output! { NeuronDeviceCoreInfo {
    count: Option<i32> = "count",
    version: Option<i32> = "version",
} }

output! { NeuronDeviceInfo {
    core_info: Option<NeuronDeviceCoreInfo> = "coreInfo",
    count: Option<i32> = "count",
    memory_info: Option<NeuronDeviceMemoryInfo> = "memoryInfo",
    name: Option<String> = "name",
} }

output! { NeuronDeviceMemoryInfo {
    size_in_mib: Option<i32> = "sizeInMiB",
} }

output! { NeuronInfo {
    neuron_devices: Vec<NeuronDeviceInfo> = "neuronDevices",
    total_neuron_device_memory_in_mib: Option<i32> = "totalNeuronDeviceMemoryInMiB",
} }

input! { NewDhcpConfiguration {
    key: Option<String> = "Key",
    values: Vec<String> = "Value",
} }

output! { NitroTpmInfo {
    supported_versions: Vec<String> = "supportedVersions",
} }

input! { OperatorRequest {
    principal: Option<String> = "Principal",
} }

output! { OperatorResponse {
    hidden_by_default: Option<bool> = "hiddenByDefault",
    managed: Option<bool> = "managed",
    principal: Option<String> = "principal",
} }

output! { PathComponent {
    acl_rule: Option<AnalysisAclRule> = "aclRule",
    additional_details: Vec<AdditionalDetail> = "additionalDetailSet",
    attached_to: Option<AnalysisComponent> = "attachedTo",
    component: Option<AnalysisComponent> = "component",
    destination_vpc: Option<AnalysisComponent> = "destinationVpc",
    elastic_load_balancer_listener: Option<AnalysisComponent> = "elasticLoadBalancerListener",
    explanations: Vec<Explanation> = "explanationSet",
    firewall_stateful_rule: Option<FirewallStatefulRule> = "firewallStatefulRule",
    firewall_stateless_rule: Option<FirewallStatelessRule> = "firewallStatelessRule",
    inbound_header: Option<AnalysisPacketHeader> = "inboundHeader",
    outbound_header: Option<AnalysisPacketHeader> = "outboundHeader",
    route_table_route: Option<AnalysisRouteTableRoute> = "routeTableRoute",
    security_group_rule: Option<AnalysisSecurityGroupRule> = "securityGroupRule",
    sequence_number: Option<i32> = "sequenceNumber",
    service_name: Option<String> = "serviceName",
    source_vpc: Option<AnalysisComponent> = "sourceVpc",
    subnet: Option<AnalysisComponent> = "subnet",
    transit_gateway: Option<AnalysisComponent> = "transitGateway",
    transit_gateway_route_table_route: Option<TransitGatewayRouteTableRoute> = "transitGatewayRouteTableRoute",
    vpc: Option<AnalysisComponent> = "vpc",
} }

output! { PathFilter {
    destination_address: Option<String> = "destinationAddress",
    destination_port_range: Option<FilterPortRange> = "destinationPortRange",
    source_address: Option<String> = "sourceAddress",
    source_port_range: Option<FilterPortRange> = "sourcePortRange",
} }

input! { PathRequestFilter {
    destination_address: Option<String> = "DestinationAddress",
    destination_port_range: Option<RequestFilterPortRange> = "DestinationPortRange",
    source_address: Option<String> = "SourceAddress",
    source_port_range: Option<RequestFilterPortRange> = "SourcePortRange",
} }

output! { PeeringConnectionOptions {
    allow_dns_resolution_from_remote_vpc: Option<bool> = "allowDnsResolutionFromRemoteVpc",
    allow_egress_from_local_classic_link_to_remote_vpc: Option<bool> = "allowEgressFromLocalClassicLinkToRemoteVpc",
    allow_egress_from_local_vpc_to_remote_classic_link: Option<bool> = "allowEgressFromLocalVpcToRemoteClassicLink",
} }

input! { PeeringConnectionOptionsRequest {
    allow_dns_resolution_from_remote_vpc: Option<bool> = "AllowDnsResolutionFromRemoteVpc",
    allow_egress_from_local_classic_link_to_remote_vpc: Option<bool> = "AllowEgressFromLocalClassicLinkToRemoteVpc",
    allow_egress_from_local_vpc_to_remote_classic_link: Option<bool> = "AllowEgressFromLocalVpcToRemoteClassicLink",
} }

shape! { Placement {
    affinity: Option<String> = "Affinity" "affinity",
    availability_zone: Option<String> = "AvailabilityZone" "availabilityZone",
    availability_zone_id: Option<String> = "AvailabilityZoneId" "availabilityZoneId",
    group_id: Option<String> = "GroupId" "groupId",
    group_name: Option<String> = "GroupName" "groupName",
    host_id: Option<String> = "HostId" "hostId",
    host_resource_group_arn: Option<String> = "HostResourceGroupArn" "hostResourceGroupArn",
    partition_number: Option<i32> = "PartitionNumber" "partitionNumber",
    spread_domain: Option<String> = "SpreadDomain" "spreadDomain",
    tenancy: Option<String> = "Tenancy" "tenancy" of TENANCY,
} }

output! { PlacementGroupInfo {
    supported_strategies: Vec<String> = "supportedStrategies",
} }

shape! { PortRange {
    from: Option<i32> = "From" "from",
    to: Option<i32> = "To" "to",
} }

output! { PrefixList {
    cidrs: Vec<String> = "cidrSet",
    prefix_list_id: Option<String> = "prefixListId",
    prefix_list_name: Option<String> = "prefixListName",
} }

output! { PrefixListAssociation {
    resource_id: Option<String> = "resourceId",
    resource_owner: Option<String> = "resourceOwner",
} }

output! { PrefixListEntry {
    cidr: Option<String> = "cidr",
    description: Option<String> = "description",
} }

shape! { PrefixListId {
    description: Option<String> = "Description" "description",
    prefix_list_id: Option<String> = "PrefixListId" "prefixListId",
} }

output! { PrivateDnsNameOptionsOnLaunch {
    enable_resource_name_dns_a_record: Option<bool> = "enableResourceNameDnsARecord",
    enable_resource_name_dns_aaaa_record: Option<bool> = "enableResourceNameDnsAAAARecord",
    hostname_type: Option<String> = "hostnameType",
} }

input! { PrivateDnsNameOptionsRequest {
    enable_resource_name_dns_a_record: Option<bool> = "EnableResourceNameDnsARecord",
    enable_resource_name_dns_aaaa_record: Option<bool> = "EnableResourceNameDnsAAAARecord",
    hostname_type: Option<String> = "HostnameType" of HOSTNAME_TYPE,
} }

output! { PrivateDnsNameOptionsResponse {
    enable_resource_name_dns_a_record: Option<bool> = "enableResourceNameDnsARecord",
    enable_resource_name_dns_aaaa_record: Option<bool> = "enableResourceNameDnsAAAARecord",
    hostname_type: Option<String> = "hostnameType",
} }

input! { PrivateIpAddressSpecification {
    primary: Option<bool> = "Primary",
    private_ip_address: Option<String> = "PrivateIpAddress",
} }

output! { ProcessorInfo {
    manufacturer: Option<String> = "manufacturer",
    supported_architectures: Vec<String> = "supportedArchitectures",
    supported_features: Vec<String> = "supportedFeatures",
    sustained_clock_speed_in_ghz: Option<f64> = "sustainedClockSpeedInGhz",
} }

output! { ProductCode {
    product_code_id: Option<String> = "productCode",
    product_code_type: Option<String> = "type",
} }

output! { PropagatingVgw {
    gateway_id: Option<String> = "gatewayId",
} }

output! { ProvisionedBandwidth {
    provision_time: Option<Timestamp> = "provisionTime",
    provisioned: Option<String> = "provisioned",
    request_time: Option<Timestamp> = "requestTime",
    requested: Option<String> = "requested",
    status: Option<String> = "status",
} }

output! { PtrUpdateStatus {
    reason: Option<String> = "reason",
    status: Option<String> = "status",
    value: Option<String> = "value",
} }

output! { PublicIpDnsNameOptions {
    dns_hostname_type: Option<String> = "dnsHostnameType",
    public_dual_stack_dns_name: Option<String> = "publicDualStackDnsName",
    public_ipv4_dns_name: Option<String> = "publicIpv4DnsName",
    public_ipv6_dns_name: Option<String> = "publicIpv6DnsName",
} }

input! { RebootInstancesRequest {
    instance_ids: Vec<String> = "InstanceId" at_least 1,
} }

output! { ReferencedSecurityGroup {
    group_id: Option<String> = "groupId",
    peering_status: Option<String> = "peeringStatus",
    user_id: Option<String> = "userId",
    vpc_id: Option<String> = "vpcId",
    vpc_peering_connection_id: Option<String> = "vpcPeeringConnectionId",
} }

output! { Region {
    endpoint: Option<String> = "regionEndpoint",
    geography: Vec<RegionGeography> = "geographySet",
    opt_in_status: Option<String> = "optInStatus",
    region_name: Option<String> = "regionName",
} }

output! { RegionGeography {
    name: Option<String> = "name",
} }

input! { RejectVpcPeeringConnectionRequest {
    vpc_peering_connection_id: String = "VpcPeeringConnectionId",
} }

output! { RejectVpcPeeringConnectionResult {
    r#return: Option<bool> = "return",
} }

input! { ReleaseAddressRequest {
    allocation_id: Option<String> = "AllocationId",
    network_border_group: Option<String> = "NetworkBorderGroup",
    public_ip: Option<String> = "PublicIp",
} }

input! { RemovePrefixListEntry {
    cidr: String = "Cidr",
} }

input! { ReplaceNetworkAclAssociationRequest {
    association_id: String = "AssociationId",
    network_acl_id: String = "NetworkAclId",
} }

output! { ReplaceNetworkAclAssociationResult {
    new_association_id: Option<String> = "newAssociationId",
} }

input! { ReplaceNetworkAclEntryRequest {
    cidr_block: Option<String> = "CidrBlock",
    egress: bool = "Egress",
    icmp_type_code: Option<IcmpTypeCode> = "Icmp",
    ipv6_cidr_block: Option<String> = "Ipv6CidrBlock",
    network_acl_id: String = "NetworkAclId",
    port_range: Option<PortRange> = "PortRange",
    protocol: String = "Protocol",
    rule_action: String = "RuleAction" of RULE_ACTION,
    rule_number: i32 = "RuleNumber",
} }

input! { ReplaceRouteRequest {
    carrier_gateway_id: Option<String> = "CarrierGatewayId",
    core_network_arn: Option<String> = "CoreNetworkArn",
    destination_cidr_block: Option<String> = "DestinationCidrBlock",
    destination_ipv6_cidr_block: Option<String> = "DestinationIpv6CidrBlock",
    destination_prefix_list_id: Option<String> = "DestinationPrefixListId",
    egress_only_internet_gateway_id: Option<String> = "EgressOnlyInternetGatewayId",
    gateway_id: Option<String> = "GatewayId",
    instance_id: Option<String> = "InstanceId",
    local_gateway_id: Option<String> = "LocalGatewayId",
    local_target: Option<bool> = "LocalTarget",
    nat_gateway_id: Option<String> = "NatGatewayId",
    network_interface_id: Option<String> = "NetworkInterfaceId",
    odb_network_arn: Option<String> = "OdbNetworkArn",
    route_table_id: String = "RouteTableId",
    transit_gateway_id: Option<String> = "TransitGatewayId",
    vpc_endpoint_id: Option<String> = "VpcEndpointId",
    vpc_peering_connection_id: Option<String> = "VpcPeeringConnectionId",
} }

input! { ReplaceRouteTableAssociationRequest {
    association_id: String = "AssociationId",
    route_table_id: String = "RouteTableId",
} }

output! { ReplaceRouteTableAssociationResult {
    association_state: Option<RouteTableAssociationState> = "associationState",
    new_association_id: Option<String> = "newAssociationId",
} }

input! { RequestFilterPortRange {
    from_port: Option<i32> = "FromPort",
    to_port: Option<i32> = "ToPort",
} }

output! { Reservation {
    groups: Vec<GroupIdentifier> = "groupSet",
    instances: Vec<Instance> = "instancesSet",
    owner_id: Option<String> = "ownerId",
    requester_id: Option<String> = "requesterId",
    reservation_id: Option<String> = "reservationId",
} }

input! { ResetNetworkInterfaceAttributeRequest {
    network_interface_id: String = "NetworkInterfaceId",
    source_dest_check: Option<String> = "SourceDestCheck",
} }

input! { RestoreManagedPrefixListVersionRequest {
    current_version: i64 = "CurrentVersion",
    prefix_list_id: String = "PrefixListId",
    previous_version: i64 = "PreviousVersion",
} }

output! { RestoreManagedPrefixListVersionResult {
    prefix_list: Option<ManagedPrefixList> = "prefixList",
} }

input! { RevokeSecurityGroupEgressRequest {
    cidr_ip: Option<String> = "CidrIp",
    from_port: Option<i32> = "FromPort",
    group_id: String = "GroupId",
    ip_permissions: Vec<IpPermission> = "IpPermissions",
    ip_protocol: Option<String> = "IpProtocol",
    security_group_rule_ids: Vec<String> = "SecurityGroupRuleId",
    source_security_group_name: Option<String> = "SourceSecurityGroupName",
    source_security_group_owner_id: Option<String> = "SourceSecurityGroupOwnerId",
    to_port: Option<i32> = "ToPort",
} }

output! { RevokeSecurityGroupEgressResult {
    r#return: Option<bool> = "return",
    revoked_security_group_rules: Vec<RevokedSecurityGroupRule> = "revokedSecurityGroupRuleSet",
    unknown_ip_permissions: Vec<IpPermission> = "unknownIpPermissionSet",
} }

input! { RevokeSecurityGroupIngressRequest {
    cidr_ip: Option<String> = "CidrIp",
    from_port: Option<i32> = "FromPort",
    group_id: Option<String> = "GroupId",
    group_name: Option<String> = "GroupName",
    ip_permissions: Vec<IpPermission> = "IpPermissions",
    ip_protocol: Option<String> = "IpProtocol",
    security_group_rule_ids: Vec<String> = "SecurityGroupRuleId",
    source_security_group_name: Option<String> = "SourceSecurityGroupName",
    source_security_group_owner_id: Option<String> = "SourceSecurityGroupOwnerId",
    to_port: Option<i32> = "ToPort",
} }

output! { RevokeSecurityGroupIngressResult {
    r#return: Option<bool> = "return",
    revoked_security_group_rules: Vec<RevokedSecurityGroupRule> = "revokedSecurityGroupRuleSet",
    unknown_ip_permissions: Vec<IpPermission> = "unknownIpPermissionSet",
} }

output! { RevokedSecurityGroupRule {
    cidr_ipv4: Option<String> = "cidrIpv4",
    cidr_ipv6: Option<String> = "cidrIpv6",
    description: Option<String> = "description",
    from_port: Option<i32> = "fromPort",
    group_id: Option<String> = "groupId",
    ip_protocol: Option<String> = "ipProtocol",
    is_egress: Option<bool> = "isEgress",
    prefix_list_id: Option<String> = "prefixListId",
    referenced_group_id: Option<String> = "referencedGroupId",
    security_group_rule_id: Option<String> = "securityGroupRuleId",
    to_port: Option<i32> = "toPort",
} }

output! { Route {
    carrier_gateway_id: Option<String> = "carrierGatewayId",
    core_network_arn: Option<String> = "coreNetworkArn",
    destination_cidr_block: Option<String> = "destinationCidrBlock",
    destination_ipv6_cidr_block: Option<String> = "destinationIpv6CidrBlock",
    destination_prefix_list_id: Option<String> = "destinationPrefixListId",
    egress_only_internet_gateway_id: Option<String> = "egressOnlyInternetGatewayId",
    gateway_id: Option<String> = "gatewayId",
    instance_id: Option<String> = "instanceId",
    instance_owner_id: Option<String> = "instanceOwnerId",
    ip_address: Option<String> = "ipAddress",
    local_gateway_id: Option<String> = "localGatewayId",
    nat_gateway_id: Option<String> = "natGatewayId",
    network_interface_id: Option<String> = "networkInterfaceId",
    odb_network_arn: Option<String> = "odbNetworkArn",
    origin: Option<String> = "origin",
    state: Option<String> = "state",
    transit_gateway_id: Option<String> = "transitGatewayId",
    vpc_peering_connection_id: Option<String> = "vpcPeeringConnectionId",
} }

output! { RouteTable {
    associations: Vec<RouteTableAssociation> = "associationSet",
    owner_id: Option<String> = "ownerId",
    propagating_vgws: Vec<PropagatingVgw> = "propagatingVgwSet",
    route_table_id: Option<String> = "routeTableId",
    routes: Vec<Route> = "routeSet",
    tags: Vec<Tag> = "tagSet",
    vpc_id: Option<String> = "vpcId",
} }

output! { RouteTableAssociation {
    association_state: Option<RouteTableAssociationState> = "associationState",
    gateway_id: Option<String> = "gatewayId",
    main: Option<bool> = "main",
    public_ipv4_pool: Option<String> = "publicIpv4Pool",
    route_table_association_id: Option<String> = "routeTableAssociationId",
    route_table_id: Option<String> = "routeTableId",
    subnet_id: Option<String> = "subnetId",
} }

output! { RouteTableAssociationState {
    state: Option<String> = "state",
    status_message: Option<String> = "statusMessage",
} }

output! { RuleGroupRuleOptionsPair {
    rule_group_arn: Option<String> = "ruleGroupArn",
    rule_options: Vec<RuleOption> = "ruleOptionSet",
} }

output! { RuleGroupTypePair {
    rule_group_arn: Option<String> = "ruleGroupArn",
    rule_group_type: Option<String> = "ruleGroupType",
} }

output! { RuleOption {
    keyword: Option<String> = "keyword",
    settings: Vec<String> = "settingSet",
} }

input! { RunInstancesMonitoringEnabled {
    enabled: bool = "Enabled",
} }

input! { RunInstancesRequest {
    additional_info: Option<String> = "AdditionalInfo",
    block_device_mappings: Vec<BlockDeviceMapping> = "BlockDeviceMapping",
    capacity_reservation_specification: Option<CapacityReservationSpecification> = "CapacityReservationSpecification",
    cpu_options: Option<CpuOptionsRequest> = "CpuOptions",
    credit_specification: Option<CreditSpecificationRequest> = "CreditSpecification",
    disable_api_stop: Option<bool> = "DisableApiStop",
    disable_api_termination: Option<bool> = "DisableApiTermination",
    ebs_optimized: Option<bool> = "EbsOptimized",
    elastic_gpu_specification: Vec<ElasticGpuSpecification> = "ElasticGpuSpecification",
    elastic_inference_accelerators: Vec<ElasticInferenceAccelerator> = "ElasticInferenceAccelerator",
    enable_primary_ipv6: Option<bool> = "EnablePrimaryIpv6",
    enclave_options: Option<EnclaveOptionsRequest> = "EnclaveOptions",
    hibernation_options: Option<HibernationOptionsRequest> = "HibernationOptions",
    iam_instance_profile: Option<IamInstanceProfileSpecification> = "IamInstanceProfile",
    image_id: Option<String> = "ImageId",
    instance_initiated_shutdown_behavior: Option<String> = "InstanceInitiatedShutdownBehavior" of SHUTDOWN_BEHAVIOR,
    instance_market_options: Option<InstanceMarketOptionsRequest> = "InstanceMarketOptions",
    instance_type: Option<String> = "InstanceType",
    ipv6_address_count: Option<i32> = "Ipv6AddressCount",
    ipv6_addresses: Vec<InstanceIpv6Address> = "Ipv6Address",
    kernel_id: Option<String> = "KernelId",
    key_name: Option<String> = "KeyName",
    launch_template: Option<LaunchTemplateSpecification> = "LaunchTemplate",
    license_specifications: Vec<LicenseConfigurationRequest> = "LicenseSpecification",
    maintenance_options: Option<InstanceMaintenanceOptionsRequest> = "MaintenanceOptions",
    max_count: i32 = "MaxCount",
    metadata_options: Option<InstanceMetadataOptionsRequest> = "MetadataOptions",
    min_count: i32 = "MinCount",
    monitoring: Option<RunInstancesMonitoringEnabled> = "Monitoring",
    network_interfaces: Vec<InstanceNetworkInterfaceSpecification> = "NetworkInterface",
    network_performance_options: Option<InstanceNetworkPerformanceOptionsRequest> = "NetworkPerformanceOptions",
    operator: Option<OperatorRequest> = "Operator",
    placement: Option<Placement> = "Placement",
    private_dns_name_options: Option<PrivateDnsNameOptionsRequest> = "PrivateDnsNameOptions",
    private_ip_address: Option<String> = "PrivateIpAddress",
    ramdisk_id: Option<String> = "RamdiskId",
    secondary_interfaces: Vec<InstanceSecondaryInterfaceSpecificationRequest> = "SecondaryInterface",
    security_group_ids: Vec<String> = "SecurityGroupId",
    security_groups: Vec<String> = "SecurityGroup",
    subnet_id: Option<String> = "SubnetId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
    user_data: Option<String> = "UserData",
} }

output! { SecurityGroup {
    description: Option<String> = "groupDescription",
    group_id: Option<String> = "groupId",
    group_name: Option<String> = "groupName",
    ip_permissions: Vec<IpPermission> = "ipPermissions",
    ip_permissions_egress: Vec<IpPermission> = "ipPermissionsEgress",
    owner_id: Option<String> = "ownerId",
    security_group_arn: Option<String> = "securityGroupArn",
    tags: Vec<Tag> = "tagSet",
    vpc_id: Option<String> = "vpcId",
} }

output! { SecurityGroupForVpc {
    description: Option<String> = "description",
    group_id: Option<String> = "groupId",
    group_name: Option<String> = "groupName",
    owner_id: Option<String> = "ownerId",
    primary_vpc_id: Option<String> = "primaryVpcId",
    tags: Vec<Tag> = "tagSet",
} }

output! { SecurityGroupReference {
    group_id: Option<String> = "groupId",
    referencing_vpc_id: Option<String> = "referencingVpcId",
    transit_gateway_id: Option<String> = "transitGatewayId",
    vpc_peering_connection_id: Option<String> = "vpcPeeringConnectionId",
} }

output! { SecurityGroupRule {
    cidr_ipv4: Option<String> = "cidrIpv4",
    cidr_ipv6: Option<String> = "cidrIpv6",
    description: Option<String> = "description",
    from_port: Option<i32> = "fromPort",
    group_id: Option<String> = "groupId",
    group_owner_id: Option<String> = "groupOwnerId",
    ip_protocol: Option<String> = "ipProtocol",
    is_egress: Option<bool> = "isEgress",
    prefix_list_id: Option<String> = "prefixListId",
    referenced_group_info: Option<ReferencedSecurityGroup> = "referencedGroupInfo",
    security_group_rule_arn: Option<String> = "securityGroupRuleArn",
    security_group_rule_id: Option<String> = "securityGroupRuleId",
    tags: Vec<Tag> = "tagSet",
    to_port: Option<i32> = "toPort",
} }

input! { SecurityGroupRuleDescription {
    description: Option<String> = "Description",
    security_group_rule_id: Option<String> = "SecurityGroupRuleId",
} }

input! { SecurityGroupRuleRequest {
    cidr_ipv4: Option<String> = "CidrIpv4",
    cidr_ipv6: Option<String> = "CidrIpv6",
    description: Option<String> = "Description",
    from_port: Option<i32> = "FromPort",
    ip_protocol: Option<String> = "IpProtocol",
    prefix_list_id: Option<String> = "PrefixListId",
    referenced_group_id: Option<String> = "ReferencedGroupId",
    to_port: Option<i32> = "ToPort",
} }

input! { SecurityGroupRuleUpdate {
    security_group_rule: Option<SecurityGroupRuleRequest> = "SecurityGroupRule",
    security_group_rule_id: String = "SecurityGroupRuleId",
} }

output! { SecurityGroupVpcAssociation {
    group_id: Option<String> = "groupId",
    group_owner_id: Option<String> = "groupOwnerId",
    state: Option<String> = "state",
    state_reason: Option<String> = "stateReason",
    vpc_id: Option<String> = "vpcId",
    vpc_owner_id: Option<String> = "vpcOwnerId",
} }

input! { SpotMarketOptions {
    block_duration_minutes: Option<i32> = "BlockDurationMinutes",
    instance_interruption_behavior: Option<String> = "InstanceInterruptionBehavior" of INSTANCE_INTERRUPTION_BEHAVIOR,
    max_price: Option<String> = "MaxPrice",
    spot_instance_type: Option<String> = "SpotInstanceType" of SPOT_INSTANCE_TYPE,
    valid_until: Option<Timestamp> = "ValidUntil",
} }

output! { StaleIpPermission {
    from_port: Option<i32> = "fromPort",
    ip_protocol: Option<String> = "ipProtocol",
    ip_ranges: Vec<String> = "ipRanges",
    prefix_list_ids: Vec<String> = "prefixListIds",
    to_port: Option<i32> = "toPort",
    user_id_group_pairs: Vec<UserIdGroupPair> = "groups",
} }

output! { StaleSecurityGroup {
    description: Option<String> = "description",
    group_id: Option<String> = "groupId",
    group_name: Option<String> = "groupName",
    stale_ip_permissions: Vec<StaleIpPermission> = "staleIpPermissions",
    stale_ip_permissions_egress: Vec<StaleIpPermission> = "staleIpPermissionsEgress",
    vpc_id: Option<String> = "vpcId",
} }

input! { StartInstancesRequest {
    additional_info: Option<String> = "AdditionalInfo",
    instance_ids: Vec<String> = "InstanceId" at_least 1,
} }

output! { StartInstancesResult {
    starting_instances: Vec<InstanceStateChange> = "instancesSet",
} }

input! { StartNetworkInsightsAnalysisRequest {
    additional_accounts: Vec<String> = "AdditionalAccount",
    filter_in_arns: Vec<String> = "FilterInArn",
    filter_out_arns: Vec<String> = "FilterOutArn",
    network_insights_path_id: String = "NetworkInsightsPathId",
    tag_specifications: Vec<TagSpecification> = "TagSpecification",
} }

output! { StartNetworkInsightsAnalysisResult {
    network_insights_analysis: Option<NetworkInsightsAnalysis> = "networkInsightsAnalysis",
} }

output! { StateReason {
    code: Option<String> = "code",
    message: Option<String> = "message",
} }

input! { StopInstancesRequest {
    force: Option<bool> = "Force",
    hibernate: Option<bool> = "Hibernate",
    instance_ids: Vec<String> = "InstanceId" at_least 1,
    skip_os_shutdown: Option<bool> = "SkipOsShutdown",
} }

output! { StopInstancesResult {
    stopping_instances: Vec<InstanceStateChange> = "instancesSet",
} }

output! { Subnet {
    assign_ipv6_address_on_creation: Option<bool> = "assignIpv6AddressOnCreation",
    availability_zone: Option<String> = "availabilityZone",
    availability_zone_id: Option<String> = "availabilityZoneId",
    available_ip_address_count: Option<i32> = "availableIpAddressCount",
    block_public_access_states: Option<BlockPublicAccessStates> = "blockPublicAccessStates",
    cidr_block: Option<String> = "cidrBlock",
    customer_owned_ipv4_pool: Option<String> = "customerOwnedIpv4Pool",
    default_for_az: Option<bool> = "defaultForAz",
    enable_dns64: Option<bool> = "enableDns64",
    enable_lni_at_device_index: Option<i32> = "enableLniAtDeviceIndex",
    ipv6_cidr_block_association_set: Vec<SubnetIpv6CidrBlockAssociation> = "ipv6CidrBlockAssociationSet",
    ipv6_native: Option<bool> = "ipv6Native",
    map_customer_owned_ip_on_launch: Option<bool> = "mapCustomerOwnedIpOnLaunch",
    map_public_ip_on_launch: Option<bool> = "mapPublicIpOnLaunch",
    outpost_arn: Option<String> = "outpostArn",
    owner_id: Option<String> = "ownerId",
    private_dns_name_options_on_launch: Option<PrivateDnsNameOptionsOnLaunch> = "privateDnsNameOptionsOnLaunch",
    r#type: Option<String> = "type",
    state: Option<String> = "state",
    subnet_arn: Option<String> = "subnetArn",
    subnet_id: Option<String> = "subnetId",
    tags: Vec<Tag> = "tagSet",
    vpc_id: Option<String> = "vpcId",
} }

output! { SubnetCidrBlockState {
    state: Option<String> = "state",
    status_message: Option<String> = "statusMessage",
} }

output! { SubnetCidrReservation {
    cidr: Option<String> = "cidr",
    description: Option<String> = "description",
    owner_id: Option<String> = "ownerId",
    reservation_type: Option<String> = "reservationType",
    subnet_cidr_reservation_id: Option<String> = "subnetCidrReservationId",
    subnet_id: Option<String> = "subnetId",
    tags: Vec<Tag> = "tagSet",
} }

output! { SubnetIpv6CidrBlockAssociation {
    association_id: Option<String> = "associationId",
    ip_source: Option<String> = "ipSource",
    ipv6_address_attribute: Option<String> = "ipv6AddressAttribute",
    ipv6_cidr_block: Option<String> = "ipv6CidrBlock",
    ipv6_cidr_block_state: Option<SubnetCidrBlockState> = "ipv6CidrBlockState",
} }

shape! { Tag {
    key: Option<String> = "Key" "key",
    value: Option<String> = "Value" "value",
} }

output! { TagDescription {
    key: Option<String> = "key",
    resource_id: Option<String> = "resourceId",
    resource_type: Option<String> = "resourceType",
    value: Option<String> = "value",
} }

input! { TagSpecification {
    resource_type: Option<String> = "ResourceType" of RESOURCE_TYPE,
    tags: Vec<Tag> = "Tag",
} }

input! { TerminateInstancesRequest {
    force: Option<bool> = "Force",
    instance_ids: Vec<String> = "InstanceId" at_least 1,
    skip_os_shutdown: Option<bool> = "SkipOsShutdown",
} }

output! { TerminateInstancesResult {
    terminating_instances: Vec<InstanceStateChange> = "instancesSet",
} }

output! { TransitGatewayRouteTableRoute {
    attachment_id: Option<String> = "attachmentId",
    destination_cidr: Option<String> = "destinationCidr",
    prefix_list_id: Option<String> = "prefixListId",
    resource_id: Option<String> = "resourceId",
    resource_type: Option<String> = "resourceType",
    route_origin: Option<String> = "routeOrigin",
    state: Option<String> = "state",
} }

input! { UnassignIpv6AddressesRequest {
    ipv6_addresses: Vec<String> = "Ipv6Addresses",
    ipv6_prefixes: Vec<String> = "Ipv6Prefix",
    network_interface_id: String = "NetworkInterfaceId",
} }

output! { UnassignIpv6AddressesResult {
    network_interface_id: Option<String> = "networkInterfaceId",
    unassigned_ipv6_addresses: Vec<String> = "unassignedIpv6Addresses",
    unassigned_ipv6_prefixes: Vec<String> = "unassignedIpv6PrefixSet",
} }

input! { UnassignPrivateIpAddressesRequest {
    ipv4_prefixes: Vec<String> = "Ipv4Prefix",
    network_interface_id: String = "NetworkInterfaceId",
    private_ip_addresses: Vec<String> = "PrivateIpAddress",
} }

input! { UnassignPrivateNatGatewayAddressRequest {
    max_drain_duration_seconds: Option<i32> = "MaxDrainDurationSeconds",
    nat_gateway_id: String = "NatGatewayId",
    private_ip_addresses: Vec<String> = "PrivateIpAddress" at_least 1,
} }

output! { UnassignPrivateNatGatewayAddressResult {
    nat_gateway_addresses: Vec<NatGatewayAddress> = "natGatewayAddressSet",
    nat_gateway_id: Option<String> = "natGatewayId",
} }

output! { UnsuccessfulItem {
    error: Option<UnsuccessfulItemError> = "error",
    resource_id: Option<String> = "resourceId",
} }

output! { UnsuccessfulItemError {
    code: Option<String> = "code",
    message: Option<String> = "message",
} }

input! { UpdateSecurityGroupRuleDescriptionsEgressRequest {
    group_id: Option<String> = "GroupId",
    group_name: Option<String> = "GroupName",
    ip_permissions: Vec<IpPermission> = "IpPermissions",
    security_group_rule_descriptions: Vec<SecurityGroupRuleDescription> = "SecurityGroupRuleDescription",
} }

output! { UpdateSecurityGroupRuleDescriptionsEgressResult {
    r#return: Option<bool> = "return",
} }

input! { UpdateSecurityGroupRuleDescriptionsIngressRequest {
    group_id: Option<String> = "GroupId",
    group_name: Option<String> = "GroupName",
    ip_permissions: Vec<IpPermission> = "IpPermissions",
    security_group_rule_descriptions: Vec<SecurityGroupRuleDescription> = "SecurityGroupRuleDescription",
} }

output! { UpdateSecurityGroupRuleDescriptionsIngressResult {
    r#return: Option<bool> = "return",
} }

shape! { UserIdGroupPair {
    description: Option<String> = "Description" "description",
    group_id: Option<String> = "GroupId" "groupId",
    group_name: Option<String> = "GroupName" "groupName",
    peering_status: Option<String> = "PeeringStatus" "peeringStatus",
    user_id: Option<String> = "UserId" "userId",
    vpc_id: Option<String> = "VpcId" "vpcId",
    vpc_peering_connection_id: Option<String> = "VpcPeeringConnectionId" "vpcPeeringConnectionId",
} }

output! { VCpuInfo {
    default_cores: Option<i32> = "defaultCores",
    default_threads_per_core: Option<i32> = "defaultThreadsPerCore",
    default_vcpus: Option<i32> = "defaultVCpus",
    valid_cores: Vec<i32> = "validCores",
    valid_threads_per_core: Vec<i32> = "validThreadsPerCore",
} }

output! { Volume {
    attachments: Vec<VolumeAttachment> = "attachmentSet",
    availability_zone: Option<String> = "availabilityZone",
    availability_zone_id: Option<String> = "availabilityZoneId",
    create_time: Option<Timestamp> = "createTime",
    encrypted: Option<bool> = "encrypted",
    fast_restored: Option<bool> = "fastRestored",
    iops: Option<i32> = "iops",
    kms_key_id: Option<String> = "kmsKeyId",
    multi_attach_enabled: Option<bool> = "multiAttachEnabled",
    operator: Option<OperatorResponse> = "operator",
    outpost_arn: Option<String> = "outpostArn",
    size: Option<i32> = "size",
    snapshot_id: Option<String> = "snapshotId",
    source_volume_id: Option<String> = "sourceVolumeId",
    sse_type: Option<String> = "sseType",
    state: Option<String> = "status",
    tags: Vec<Tag> = "tagSet",
    throughput: Option<i32> = "throughput",
    volume_id: Option<String> = "volumeId",
    volume_initialization_rate: Option<i32> = "volumeInitializationRate",
    volume_type: Option<String> = "volumeType",
} }

output! { VolumeAttachment {
    associated_resource: Option<String> = "associatedResource",
    attach_time: Option<Timestamp> = "attachTime",
    delete_on_termination: Option<bool> = "deleteOnTermination",
    device: Option<String> = "device",
    ebs_card_index: Option<i32> = "ebsCardIndex",
    instance_id: Option<String> = "instanceId",
    instance_owning_service: Option<String> = "instanceOwningService",
    state: Option<String> = "status",
    volume_id: Option<String> = "volumeId",
} }

output! { Vpc {
    block_public_access_states: Option<BlockPublicAccessStates> = "blockPublicAccessStates",
    cidr_block: Option<String> = "cidrBlock",
    cidr_block_association_set: Vec<VpcCidrBlockAssociation> = "cidrBlockAssociationSet",
    dhcp_options_id: Option<String> = "dhcpOptionsId",
    encryption_control: Option<VpcEncryptionControl> = "encryptionControl",
    instance_tenancy: Option<String> = "instanceTenancy",
    ipv6_cidr_block_association_set: Vec<VpcIpv6CidrBlockAssociation> = "ipv6CidrBlockAssociationSet",
    is_default: Option<bool> = "isDefault",
    owner_id: Option<String> = "ownerId",
    state: Option<String> = "state",
    tags: Vec<Tag> = "tagSet",
    vpc_id: Option<String> = "vpcId",
} }

output! { VpcBlockPublicAccessExclusion {
    creation_timestamp: Option<Timestamp> = "creationTimestamp",
    deletion_timestamp: Option<Timestamp> = "deletionTimestamp",
    exclusion_id: Option<String> = "exclusionId",
    internet_gateway_exclusion_mode: Option<String> = "internetGatewayExclusionMode",
    last_update_timestamp: Option<Timestamp> = "lastUpdateTimestamp",
    reason: Option<String> = "reason",
    resource_arn: Option<String> = "resourceArn",
    state: Option<String> = "state",
    tags: Vec<Tag> = "tagSet",
} }

output! { VpcBlockPublicAccessOptions {
    aws_account_id: Option<String> = "awsAccountId",
    aws_region: Option<String> = "awsRegion",
    exclusions_allowed: Option<String> = "exclusionsAllowed",
    internet_gateway_block_mode: Option<String> = "internetGatewayBlockMode",
    last_update_timestamp: Option<Timestamp> = "lastUpdateTimestamp",
    managed_by: Option<String> = "managedBy",
    reason: Option<String> = "reason",
    state: Option<String> = "state",
} }

output! { VpcCidrBlockAssociation {
    association_id: Option<String> = "associationId",
    cidr_block: Option<String> = "cidrBlock",
    cidr_block_state: Option<VpcCidrBlockState> = "cidrBlockState",
} }

output! { VpcCidrBlockState {
    state: Option<String> = "state",
    status_message: Option<String> = "statusMessage",
} }

output! { VpcEncryptionControl {
    mode: Option<String> = "mode",
    resource_exclusions: Option<VpcEncryptionControlExclusions> = "resourceExclusions",
    state: Option<String> = "state",
    state_message: Option<String> = "stateMessage",
    tags: Vec<Tag> = "tagSet",
    vpc_encryption_control_id: Option<String> = "vpcEncryptionControlId",
    vpc_id: Option<String> = "vpcId",
} }

input! { VpcEncryptionControlConfiguration {
    egress_only_internet_gateway_exclusion: Option<String> = "EgressOnlyInternetGatewayExclusion" of VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT,
    elastic_file_system_exclusion: Option<String> = "ElasticFileSystemExclusion" of VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT,
    internet_gateway_exclusion: Option<String> = "InternetGatewayExclusion" of VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT,
    lambda_exclusion: Option<String> = "LambdaExclusion" of VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT,
    mode: String = "Mode" of VPC_ENCRYPTION_CONTROL_MODE,
    nat_gateway_exclusion: Option<String> = "NatGatewayExclusion" of VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT,
    virtual_private_gateway_exclusion: Option<String> = "VirtualPrivateGatewayExclusion" of VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT,
    vpc_lattice_exclusion: Option<String> = "VpcLatticeExclusion" of VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT,
    vpc_peering_exclusion: Option<String> = "VpcPeeringExclusion" of VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT,
} }

output! { VpcEncryptionControlExclusion {
    state: Option<String> = "state",
    state_message: Option<String> = "stateMessage",
} }

output! { VpcEncryptionControlExclusions {
    egress_only_internet_gateway: Option<VpcEncryptionControlExclusion> = "egressOnlyInternetGateway",
    elastic_file_system: Option<VpcEncryptionControlExclusion> = "elasticFileSystem",
    internet_gateway: Option<VpcEncryptionControlExclusion> = "internetGateway",
    lambda: Option<VpcEncryptionControlExclusion> = "lambda",
    nat_gateway: Option<VpcEncryptionControlExclusion> = "natGateway",
    virtual_private_gateway: Option<VpcEncryptionControlExclusion> = "virtualPrivateGateway",
    vpc_lattice: Option<VpcEncryptionControlExclusion> = "vpcLattice",
    vpc_peering: Option<VpcEncryptionControlExclusion> = "vpcPeering",
} }

output! { VpcIpv6CidrBlockAssociation {
    association_id: Option<String> = "associationId",
    ip_source: Option<String> = "ipSource",
    ipv6_address_attribute: Option<String> = "ipv6AddressAttribute",
    ipv6_cidr_block: Option<String> = "ipv6CidrBlock",
    ipv6_cidr_block_state: Option<VpcCidrBlockState> = "ipv6CidrBlockState",
    ipv6_pool: Option<String> = "ipv6Pool",
    network_border_group: Option<String> = "networkBorderGroup",
} }

output! { VpcPeeringConnection {
    accepter_vpc_info: Option<VpcPeeringConnectionVpcInfo> = "accepterVpcInfo",
    expiration_time: Option<Timestamp> = "expirationTime",
    requester_vpc_info: Option<VpcPeeringConnectionVpcInfo> = "requesterVpcInfo",
    status: Option<VpcPeeringConnectionStateReason> = "status",
    tags: Vec<Tag> = "tagSet",
    vpc_peering_connection_id: Option<String> = "vpcPeeringConnectionId",
} }

output! { VpcPeeringConnectionOptionsDescription {
    allow_dns_resolution_from_remote_vpc: Option<bool> = "allowDnsResolutionFromRemoteVpc",
    allow_egress_from_local_classic_link_to_remote_vpc: Option<bool> = "allowEgressFromLocalClassicLinkToRemoteVpc",
    allow_egress_from_local_vpc_to_remote_classic_link: Option<bool> = "allowEgressFromLocalVpcToRemoteClassicLink",
} }

output! { VpcPeeringConnectionStateReason {
    code: Option<String> = "code",
    message: Option<String> = "message",
} }

output! { VpcPeeringConnectionVpcInfo {
    cidr_block: Option<String> = "cidrBlock",
    cidr_block_set: Vec<CidrBlock> = "cidrBlockSet",
    ipv6_cidr_block_set: Vec<Ipv6CidrBlock> = "ipv6CidrBlockSet",
    owner_id: Option<String> = "ownerId",
    peering_options: Option<VpcPeeringConnectionOptionsDescription> = "peeringOptions",
    region: Option<String> = "region",
    vpc_id: Option<String> = "vpcId",
} }

values! { ACCOUNT_ATTRIBUTE_NAME
    "default-vpc" "max-elastic-ips" "max-instances" "supported-platforms" "vpc-max-elastic-ips"
    "vpc-max-security-groups-per-interface"
 }

values! { ADDRESS_ATTRIBUTE_NAME "domain-name" }

values! { AMD_SEV_SNP_SPECIFICATION "disabled" "enabled" }

values! { AVAILABILITY_MODE "regional" "zonal" }

values! { CAPACITY_RESERVATION_PREFERENCE "capacity-reservations-only" "none" "open" }

values! { CONNECTIVITY_TYPE "private" "public" }

values! { DEFAULT_HTTP_TOKENS_ENFORCED_STATE "disabled" "enabled" "no-preference" }

values! { DEFAULT_INSTANCE_METADATA_ENDPOINT_STATE "disabled" "enabled" "no-preference" }

values! { DEFAULT_INSTANCE_METADATA_TAGS_STATE "disabled" "enabled" "no-preference" }

values! { DESTINATION_FILE_FORMAT "parquet" "plain-text" }

values! { DOMAIN_TYPE "standard" "vpc" }

values! { FLOW_LOGS_RESOURCE_TYPE
    "NetworkInterface" "RegionalNatGateway" "Subnet" "TransitGateway" "TransitGatewayAttachment" "VPC"
 }

values! { HOSTNAME_TYPE "ip-name" "resource-name" }

values! { HTTP_TOKENS_STATE "optional" "required" }

values! { INSTANCE_ATTRIBUTE_NAME
    "blockDeviceMapping" "disableApiStop" "disableApiTermination" "ebsOptimized" "enaSupport" "enclaveOptions"
    "groupSet" "instanceInitiatedShutdownBehavior" "instanceType" "kernel" "productCodes" "ramdisk"
    "rootDeviceName" "sourceDestCheck" "sriovNetSupport" "userData"
 }

values! { INSTANCE_AUTO_RECOVERY_STATE "default" "disabled" }

values! { INSTANCE_BANDWIDTH_WEIGHTING "default" "ebs-1" "vpc-1" }

values! { INSTANCE_INTERRUPTION_BEHAVIOR "hibernate" "stop" "terminate" }

values! { INSTANCE_METADATA_ENDPOINT_STATE "disabled" "enabled" }

values! { INSTANCE_METADATA_PROTOCOL_STATE "disabled" "enabled" }

values! { INSTANCE_METADATA_TAGS_STATE "disabled" "enabled" }

values! { INTERNET_GATEWAY_BLOCK_MODE "block-bidirectional" "block-ingress" "off" }

values! { INTERNET_GATEWAY_EXCLUSION_MODE "allow-bidirectional" "allow-egress" }

values! { KEY_FORMAT "pem" "ppk" }

values! { KEY_TYPE "ed25519" "rsa" }

values! { LOCATION_TYPE "availability-zone" "availability-zone-id" "outpost" "region" }

values! { LOG_DESTINATION_TYPE "cloud-watch-logs" "kinesis-data-firehose" "s3" }

values! { MARKET_TYPE "capacity-block" "interruptible-capacity-reservation" "spot" }

values! { METADATA_DEFAULT_HTTP_TOKENS_STATE "no-preference" "optional" "required" }

values! { NESTED_VIRTUALIZATION_SPECIFICATION "disabled" "enabled" }

values! { NETWORK_INTERFACE_ATTRIBUTE
    "associatePublicIpAddress" "attachment" "description" "groupSet" "sourceDestCheck"
 }

values! { NETWORK_INTERFACE_CREATION_TYPE "branch" "efa" "efa-only" "trunk" }

values! { PROTOCOL "tcp" "udp" }

values! { RESOURCE_TYPE
    "capacity-block" "capacity-manager-data-export" "capacity-reservation" "capacity-reservation-fleet"
    "carrier-gateway" "client-vpn-endpoint" "coip-pool" "customer-gateway" "declarative-policies-report"
    "dedicated-host" "dhcp-options" "egress-only-internet-gateway" "elastic-gpu" "elastic-ip"
    "export-image-task" "export-instance-task" "fleet" "fpga-image" "host-reservation" "image"
    "image-usage-report" "import-image-task" "import-snapshot-task" "instance" "instance-connect-endpoint"
    "instance-event-window" "internet-gateway" "ipam" "ipam-external-resource-verification-token" "ipam-policy"
    "ipam-pool" "ipam-pool-allocation" "ipam-prefix-list-resolver" "ipam-prefix-list-resolver-target"
    "ipam-resource-discovery" "ipam-resource-discovery-association" "ipam-scope" "ipv4pool-ec2" "ipv6pool-ec2"
    "key-pair" "launch-template" "local-gateway" "local-gateway-route-table"
    "local-gateway-route-table-virtual-interface-group-association" "local-gateway-route-table-vpc-association"
    "local-gateway-virtual-interface" "local-gateway-virtual-interface-group" "mac-modification-task"
    "natgateway" "network-acl" "network-insights-access-scope" "network-insights-access-scope-analysis"
    "network-insights-analysis" "network-insights-path" "network-interface" "outpost-lag" "placement-group"
    "prefix-list" "replace-root-volume-task" "reserved-instances" "route-server" "route-server-endpoint"
    "route-server-peer" "route-table" "secondary-interface" "secondary-network" "secondary-subnet"
    "security-group" "security-group-rule" "service-link-virtual-interface" "snapshot" "spot-fleet-request"
    "spot-instances-request" "subnet" "subnet-cidr-reservation" "traffic-mirror-filter"
    "traffic-mirror-filter-rule" "traffic-mirror-session" "traffic-mirror-target" "transit-gateway"
    "transit-gateway-attachment" "transit-gateway-connect-peer" "transit-gateway-metering-policy"
    "transit-gateway-multicast-domain" "transit-gateway-policy-table" "transit-gateway-route-table"
    "transit-gateway-route-table-announcement" "verified-access-endpoint" "verified-access-endpoint-target"
    "verified-access-group" "verified-access-instance" "verified-access-policy" "verified-access-trust-provider"
    "volume" "vpc" "vpc-block-public-access-exclusion" "vpc-encryption-control" "vpc-endpoint"
    "vpc-endpoint-connection" "vpc-endpoint-connection-device-type" "vpc-endpoint-service"
    "vpc-endpoint-service-permission" "vpc-flow-log" "vpc-peering-connection" "vpn-concentrator"
    "vpn-connection" "vpn-connection-device-type" "vpn-gateway"
 }

values! { RULE_ACTION "allow" "deny" }

values! { SECONDARY_INTERFACE_TYPE "secondary" }

values! { SHUTDOWN_BEHAVIOR "stop" "terminate" }

values! { SPOT_INSTANCE_TYPE "one-time" "persistent" }

values! { SUBNET_CIDR_RESERVATION_TYPE "explicit" "prefix" }

values! { TENANCY "dedicated" "default" "host" }

values! { TRAFFIC_TYPE "ACCEPT" "ALL" "REJECT" }

values! { VOLUME_TYPE "gp2" "gp3" "io1" "io2" "sc1" "st1" "standard" }

values! { VPC_ATTRIBUTE_NAME
    "enableDnsHostnames" "enableDnsSupport" "enableNetworkAddressUsageMetrics"
 }

values! { VPC_ENCRYPTION_CONTROL_EXCLUSION_STATE_INPUT "disable" "enable" }

values! { VPC_ENCRYPTION_CONTROL_MODE "enforce" "monitor" }

values! { VPC_TENANCY "default" }
