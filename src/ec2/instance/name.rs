//! The names that an instance has in the DNS of its VPC.

use super::attribute::{modifiable, stopped};
use super::describe;
use crate::ec2::error::{Error, Result};
use crate::ec2::scope::{Call, Scope};
use crate::state::instance::{Instance, host_name};
use crate::state::network_interface::NetworkInterface;
use crate::state::subnet::{HostNameType, Subnet};
use crate::wire::shapes::*;

/// Names the instance as its subnet says, or as the call says instead.
pub fn at_launch(
    call: &Call<'_>,
    instance: &mut Instance,
    primary: &NetworkInterface,
    options: Option<&PrivateDnsNameOptionsRequest>,
) -> Result<()> {
    let subnet = call.tx.get::<Subnet>(&primary.subnet).expect("an interface lies in a subnet");
    // The decoder lets no other names through.
    let kind = options.and_then(|it| it.hostname_type.as_deref()).and_then(HostNameType::named);
    instance.a_record = options.and_then(|it| it.enable_resource_name_dns_a_record).unwrap_or(subnet.a_record);
    instance.aaaa_record = options.and_then(|it| it.enable_resource_name_dns_aaaa_record).unwrap_or(subnet.aaaa_record);
    rename(instance, kind.unwrap_or(subnet.host_name_type), primary)
}

/// `ModifyPrivateDnsNameOptions`: what is not given stays. The host name itself is what a stopped instance may change.
pub fn modify_options(
    call: &mut Call<'_>,
    input: ModifyPrivateDnsNameOptionsRequest,
) -> Result<ModifyPrivateDnsNameOptionsResult> {
    let row = call.instance(&input.instance_id)?;
    modifiable(&row)?;
    let mut instance = row.as_ref().clone();
    instance.a_record = input.enable_resource_name_dns_a_record.unwrap_or(instance.a_record);
    instance.aaaa_record = input.enable_resource_name_dns_aaaa_record.unwrap_or(instance.aaaa_record);
    let kind = input.private_dns_hostname_type.as_deref().and_then(HostNameType::named);
    let kind = kind.unwrap_or(instance.host_name_type);
    if kind != instance.host_name_type {
        stopped(&instance)?;
        let primary = describe::primary(call, &instance).expect("an instance has a primary interface").clone();
        rename(&mut instance, kind, &primary)?;
    }
    call.tx.put(instance);
    Ok(ModifyPrivateDnsNameOptionsResult { r#return: Some(true) })
}

fn rename(instance: &mut Instance, kind: HostNameType, primary: &NetworkInterface) -> Result<()> {
    instance.host_name = match (kind, primary.addresses.first()) {
        (HostNameType::ResourceName, _) => instance.id.to_string(),
        (HostNameType::IpName, Some(address)) => host_name(*address),
        (HostNameType::IpName, None) => {
            let text = "The hostname type ip-name cannot be used without an IPv4 address.".to_owned();
            return Err(Error::InvalidParameterCombination(text));
        }
    };
    instance.host_name_type = kind;
    Ok(())
}
