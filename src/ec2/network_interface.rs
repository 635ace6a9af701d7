//! Not served yet.

use super::error::{Error, Result};
use super::scope::{Call, View};
use crate::wire::shapes::*;

pub fn assign_private_addresses(_: &mut Call<'_>, _: AssignPrivateIpAddressesRequest) -> Result<AssignPrivateIpAddressesResult> {
    Err(Error::UnsupportedOperation("AssignPrivateIpAddresses is not served yet.".to_owned()))
}

pub fn attach(_: &mut Call<'_>, _: AttachNetworkInterfaceRequest) -> Result<AttachNetworkInterfaceResult> {
    Err(Error::UnsupportedOperation("AttachNetworkInterface is not served yet.".to_owned()))
}

pub fn create(_: &mut Call<'_>, _: CreateNetworkInterfaceRequest) -> Result<CreateNetworkInterfaceResult> {
    Err(Error::UnsupportedOperation("CreateNetworkInterface is not served yet.".to_owned()))
}

pub fn delete(_: &mut Call<'_>, _: DeleteNetworkInterfaceRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("DeleteNetworkInterface is not served yet.".to_owned()))
}

pub fn describe_attribute(_: &View<'_>, _: DescribeNetworkInterfaceAttributeRequest) -> Result<DescribeNetworkInterfaceAttributeResult> {
    Err(Error::UnsupportedOperation("DescribeNetworkInterfaceAttribute is not served yet.".to_owned()))
}

pub fn describe(_: &View<'_>, _: DescribeNetworkInterfacesRequest) -> Result<DescribeNetworkInterfacesResult> {
    Err(Error::UnsupportedOperation("DescribeNetworkInterfaces is not served yet.".to_owned()))
}

pub fn detach(_: &mut Call<'_>, _: DetachNetworkInterfaceRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("DetachNetworkInterface is not served yet.".to_owned()))
}

pub fn modify_attribute(_: &mut Call<'_>, _: ModifyNetworkInterfaceAttributeRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("ModifyNetworkInterfaceAttribute is not served yet.".to_owned()))
}

pub fn unassign_private_addresses(_: &mut Call<'_>, _: UnassignPrivateIpAddressesRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("UnassignPrivateIpAddresses is not served yet.".to_owned()))
}

