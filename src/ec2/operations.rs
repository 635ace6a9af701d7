//! The operations that Culvert serves, one line each: whether it reads or writes, its EC2 name, its function.
//!
//! The wire shapes are generated from this list: after a change run `python3 api-models/extract.py` and
//! `cargo run --features shapes --example shapes`.

use super::operation::operations;

operations! {
    write AssignPrivateIpAddresses => network_interface::assign_private_addresses;
    write AssociateRouteTable => route_table::associate;
    write AttachInternetGateway => internet_gateway::attach;
    write AttachNetworkInterface => network_interface::attach;
    write AuthorizeSecurityGroupEgress => security_group::authorize_egress;
    write AuthorizeSecurityGroupIngress => security_group::authorize_ingress;
    write CreateDefaultVpc => vpc::create_default;
    write CreateEgressOnlyInternetGateway => egress_only_gateway::create;
    write CreateInternetGateway => internet_gateway::create;
    write CreateNetworkAcl => network_acl::create;
    write CreateNetworkAclEntry => network_acl_entry::create;
    write CreateNetworkInterface => network_interface::create;
    write CreateRoute => route::create;
    write CreateRouteTable => route_table::create;
    write CreateSecurityGroup => security_group::create;
    write CreateSubnet => subnet::create;
    write CreateTags => tag::create;
    write CreateVpc => vpc::create;
    write DeleteEgressOnlyInternetGateway => egress_only_gateway::delete;
    write DeleteInternetGateway => internet_gateway::delete;
    write DeleteNetworkAcl => network_acl::delete;
    write DeleteNetworkAclEntry => network_acl_entry::delete;
    write DeleteNetworkInterface => network_interface::delete;
    write DeleteRoute => route::delete;
    write DeleteRouteTable => route_table::delete;
    write DeleteSecurityGroup => security_group::delete;
    write DeleteSubnet => subnet::delete;
    write DeleteTags => tag::delete;
    write DeleteVpc => vpc::delete;
    read DescribeAccountAttributes => account::describe_attributes;
    read DescribeAvailabilityZones => zone::describe;
    read DescribeEgressOnlyInternetGateways => egress_only_gateway::describe;
    read DescribeHosts => host::describe;
    read DescribeImages => image::describe;
    read DescribeInstanceAttribute => instance::describe_attribute;
    read DescribeInstanceStatus => instance::describe_status;
    read DescribeInstanceTypes => instance_type::describe;
    read DescribeInstances => instance::describe;
    read DescribeInternetGateways => internet_gateway::describe;
    read DescribeNetworkAcls => network_acl::describe;
    read DescribeNetworkInterfaceAttribute => network_interface::describe_attribute;
    read DescribeNetworkInterfaces => network_interface::describe;
    read DescribeRegions => region::describe;
    read DescribeRouteTables => route_table::describe;
    read DescribeSecurityGroupRules => security_group_rule::describe;
    read DescribeSecurityGroups => security_group::describe;
    read DescribeSubnets => subnet::describe;
    read DescribeTags => tag::describe;
    read DescribeVpcAttribute => vpc::describe_attribute;
    read DescribeVpcs => vpc::describe;
    write DetachInternetGateway => internet_gateway::detach;
    write DetachNetworkInterface => network_interface::detach;
    write DisableVgwRoutePropagation => route_table::disable_propagation;
    write DisassociateRouteTable => route_table::disassociate;
    write EnableVgwRoutePropagation => route_table::enable_propagation;
    write ModifyInstanceAttribute => instance::modify_attribute;
    write ModifyNetworkInterfaceAttribute => network_interface::modify_attribute;
    write ModifySecurityGroupRules => security_group_rule::modify;
    write ModifySubnetAttribute => subnet::modify_attribute;
    write ModifyVpcAttribute => vpc::modify_attribute;
    write ReplaceNetworkAclAssociation => network_acl::replace_association;
    write ReplaceNetworkAclEntry => network_acl_entry::replace;
    write ReplaceRoute => route::replace;
    write ReplaceRouteTableAssociation => route_table::replace_association;
    write RevokeSecurityGroupEgress => security_group::revoke_egress;
    write RevokeSecurityGroupIngress => security_group::revoke_ingress;
    write RunInstances => instance::run;
    write StartInstances => instance::start;
    write StopInstances => instance::stop;
    write TerminateInstances => instance::terminate;
    write UnassignPrivateIpAddresses => network_interface::unassign_private_addresses;
    write UpdateSecurityGroupRuleDescriptionsEgress => security_group_rule::update_descriptions_egress;
    write UpdateSecurityGroupRuleDescriptionsIngress => security_group_rule::update_descriptions_ingress;
}
