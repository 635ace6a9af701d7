//! Structures of requests that are refused as a whole, because nothing here could make any of them true.
//!
//! Naming their fields says to rustc, which warns of input fields that no handler reads, that none of these is passed
//! over. A field that EC2 adds to one of them is warned of until it stands here too.

use crate::wire::shapes::*;

macro_rules! refused {
    ($($shape:ident { $($field:ident)* })*) => {
        $(const _: fn(&$shape) = |it| {
            $(let _ = &it.$field;)*
        };)*
    };
}

refused! {
    AvailabilityZoneAddress { allocation_ids availability_zone availability_zone_id }
    CapacityReservationTarget { capacity_reservation_id capacity_reservation_resource_group_arn }
    ConnectionTrackingSpecificationRequest { tcp_established_timeout udp_stream_timeout udp_timeout }
    CpuOptionsRequest { amd_sev_snp core_count nested_virtualization threads_per_core }
    EbsInstanceBlockDeviceSpecification { delete_on_termination volume_id }
    ElasticGpuSpecification { r#type }
    ElasticInferenceAccelerator { count r#type }
    IamInstanceProfileSpecification { arn name }
    InstanceBlockDeviceMappingSpecification { device_name ebs no_device virtual_name }
    InstanceMarketOptionsRequest { market_type spot_options }
    InstanceSecondaryInterfacePrivateIpAddressRequest { private_ip_address }
    InstanceSecondaryInterfaceSpecificationRequest {
        delete_on_termination device_index interface_type network_card_index private_ip_address_count
        private_ip_addresses secondary_subnet_id
    }
    LaunchTemplateSpecification { launch_template_id launch_template_name version }
    LicenseConfigurationRequest { license_configuration_arn }
    OperatorRequest { principal }
    SpotMarketOptions {
        block_duration_minutes instance_interruption_behavior max_price spot_instance_type valid_until
    }
    VpcEncryptionControlConfiguration {
        egress_only_internet_gateway_exclusion elastic_file_system_exclusion internet_gateway_exclusion
        lambda_exclusion mode nat_gateway_exclusion virtual_private_gateway_exclusion vpc_lattice_exclusion
        vpc_peering_exclusion
    }
}
