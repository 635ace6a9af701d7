//! Not served yet.

use super::error::{Error, Result};
use super::scope::{Call, View};
use crate::wire::shapes::*;

pub fn describe_attribute(_: &View<'_>, _: DescribeInstanceAttributeRequest) -> Result<InstanceAttribute> {
    Err(Error::UnsupportedOperation("DescribeInstanceAttribute is not served yet.".to_owned()))
}

pub fn describe_status(_: &View<'_>, _: DescribeInstanceStatusRequest) -> Result<DescribeInstanceStatusResult> {
    Err(Error::UnsupportedOperation("DescribeInstanceStatus is not served yet.".to_owned()))
}

pub fn describe(_: &View<'_>, _: DescribeInstancesRequest) -> Result<DescribeInstancesResult> {
    Err(Error::UnsupportedOperation("DescribeInstances is not served yet.".to_owned()))
}

pub fn modify_attribute(_: &mut Call<'_>, _: ModifyInstanceAttributeRequest) -> Result<()> {
    Err(Error::UnsupportedOperation("ModifyInstanceAttribute is not served yet.".to_owned()))
}

pub fn run(_: &mut Call<'_>, _: RunInstancesRequest) -> Result<Reservation> {
    Err(Error::UnsupportedOperation("RunInstances is not served yet.".to_owned()))
}

pub fn start(_: &mut Call<'_>, _: StartInstancesRequest) -> Result<StartInstancesResult> {
    Err(Error::UnsupportedOperation("StartInstances is not served yet.".to_owned()))
}

pub fn stop(_: &mut Call<'_>, _: StopInstancesRequest) -> Result<StopInstancesResult> {
    Err(Error::UnsupportedOperation("StopInstances is not served yet.".to_owned()))
}

pub fn terminate(_: &mut Call<'_>, _: TerminateInstancesRequest) -> Result<TerminateInstancesResult> {
    Err(Error::UnsupportedOperation("TerminateInstances is not served yet.".to_owned()))
}

