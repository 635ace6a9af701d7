//! Reachability Analyzer: paths to ask about, and analyses of them. The answers are those of `reach`.
//!
//! Sources and destinations are instances, interfaces and internet gateways; a destination may also be an address
//! alone. As on AWS, addresses are of IPv4.

use std::net::{IpAddr, Ipv4Addr};

use super::error::{Error, Kind, Result};
use super::list::{list, named_or};
use super::scope::{Call, Scope, View};
use super::tag;
use crate::net::Span;
use crate::state::id::{Id, InsightsPathId};
use crate::state::insights::{End, InsightsPath, PathFilter, Transport};
use crate::wire::Timestamp;
use crate::wire::shapes::{self, *};

mod analysis;
mod candidate;
mod show;
#[cfg(test)]
mod tests;

pub use analysis::{delete as delete_analysis, describe as describe_analyses, start as start_analysis};

pub fn create_path(
    call: &mut Call<'_>,
    input: CreateNetworkInsightsPathRequest,
) -> Result<CreateNetworkInsightsPathResult> {
    let source = end(call, "Source", &input.source)?;
    let destination = input.destination.as_deref().map(|it| end(call, "Destination", it)).transpose()?;
    let source_address = address("SourceIp", input.source_ip.as_deref())?;
    let destination_address = address("DestinationIp", input.destination_ip.as_deref())?;
    let destination_port = input.destination_port.map(|it| port("DestinationPort", it)).transpose()?;
    let filter_at_source = input.filter_at_source.map(|it| filter("FilterAtSource", &it)).transpose()?;
    let filter_at_destination = input.filter_at_destination.map(|it| filter("FilterAtDestination", &it)).transpose()?;

    let exclude = |one: &str, other: &str| {
        Err(Error::InvalidParameterCombination(format!(
            "The parameter {one} cannot be used with the parameter {other}"
        )))
    };
    if filter_at_source.is_some() && source_address.is_some() {
        return exclude("SourceIp", "FilterAtSource");
    }
    if filter_at_source.is_some() && destination_port.is_some() {
        return exclude("DestinationPort", "FilterAtSource");
    }
    if filter_at_destination.is_some() && destination_address.is_some() {
        return exclude("DestinationIp", "FilterAtDestination");
    }
    let named = filter_at_source.as_ref().and_then(|it| it.destination_address);
    if destination.is_none() && destination_address.is_none() && named.is_none() {
        return Err(Error::Missing("The request must contain the parameter Destination or DestinationIp"));
    }

    let (account, region) = call.caller().owner();
    let path = InsightsPath {
        id: call.tx.mint(),
        account,
        region,
        source,
        destination,
        source_address,
        destination_address,
        protocol: if input.protocol == "udp" { Transport::Udp } else { Transport::Tcp },
        destination_port,
        filter_at_source,
        filter_at_destination,
        created: call.now(),
    };
    call.tx.put(path.clone());
    tag::specified(call, "network-insights-path", path.id, &input.tag_specifications)?;
    Ok(CreateNetworkInsightsPathResult { network_insights_path: Some(show_path(call, &path)) })
}

/// One end of a path: the id of a resource of the caller, or its ARN.
fn end(scope: &impl Scope, name: &'static str, text: &str) -> Result<End> {
    let caller = scope.caller();
    let id = match text.strip_prefix("arn:") {
        None => text,
        Some(_) => {
            let prefix = format!("arn:aws:ec2:{}:{}:", caller.region, caller.account);
            let resource = text.strip_prefix(&prefix).and_then(|it| it.split_once('/'));
            resource.map(|it| it.1).ok_or_else(|| {
                Error::UnsupportedOperation(format!("{name}: {text} is not an ARN of this account and region."))
            })?
        }
    };
    Ok(match id.split('-').next() {
        Some("eni") => End::Interface(scope.network_interface(id)?.id),
        Some("i") => End::Instance(scope.instance(id)?.id),
        Some("igw") => End::InternetGateway(scope.internet_gateway(id)?.id),
        _ => {
            let text = format!("{name}: '{id}' is not an instance, a network interface or an internet gateway.");
            return Err(Error::UnsupportedOperation(text));
        }
    })
}

fn invalid(name: &str, value: impl std::fmt::Display) -> Error {
    Error::InvalidParameterValue(format!("Value ({value}) for parameter {name} is invalid."))
}

fn address(name: &str, text: Option<&str>) -> Result<Option<IpAddr>> {
    let parsed = text.map(|text| text.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| invalid(name, text)));
    parsed.transpose()
}

fn port(name: &str, number: i32) -> Result<u16> {
    u16::try_from(number).map_err(|_| invalid(name, number))
}

fn filter(name: &str, given: &PathRequestFilter) -> Result<PathFilter> {
    let ports = |member: &str, range: &Option<RequestFilterPortRange>| {
        let Some(range) = range else { return Ok(None) };
        let name = format!("{name}.{member}");
        let bounds = (range.from_port, range.to_port);
        let (Some(first), Some(last)) = bounds else { return Err(invalid(&name, format_args!("{bounds:?}"))) };
        let span = Span::new(port(&name, first)?, port(&name, last)?);
        span.map(Some).ok_or_else(|| invalid(&name, format_args!("{first}-{last}")))
    };
    let filter = PathFilter {
        source_address: address(&format!("{name}.SourceAddress"), given.source_address.as_deref())?,
        source_ports: ports("SourcePortRange", &given.source_port_range)?,
        destination_address: address(&format!("{name}.DestinationAddress"), given.destination_address.as_deref())?,
        destination_ports: ports("DestinationPortRange", &given.destination_port_range)?,
    };
    Ok(filter)
}

/// `DeleteNetworkInsightsPath`: not while there are analyses of it.
pub fn delete_path(
    call: &mut Call<'_>,
    input: DeleteNetworkInsightsPathRequest,
) -> Result<DeleteNetworkInsightsPathResult> {
    let path = path(call, &input.network_insights_path_id)?;
    if call.state().indexes.analyses_of_insights_path.any(path) {
        return Err(Error::AnalysisExists(path.to_string()));
    }
    tag::forget(call, path);
    call.tx.remove::<InsightsPath>(path);
    Ok(DeleteNetworkInsightsPathResult { network_insights_path_id: Some(path.to_string()) })
}

/// The id of a path of the caller.
fn path(scope: &impl Scope, id: &str) -> Result<InsightsPathId> {
    Ok(scope.own::<InsightsPath>(Kind::InsightsPath, id)?.id)
}

pub fn describe_paths(
    view: &View<'_>,
    input: DescribeNetworkInsightsPathsRequest,
) -> Result<DescribeNetworkInsightsPathsResult> {
    let owner = view.caller.owner();
    let all = view.state.insights_paths.of(&owner, InsightsPathId::from_number(0));
    let find = |id: &str| view.own(Kind::InsightsPath, id);
    let rows = named_or(view, &input.network_insights_path_ids, "networkInsightsPathIds", find, all)?;
    let (network_insights_paths, next_token) = list(view, rows.iter(), values, |it| show_path(view, it))?;
    Ok(DescribeNetworkInsightsPathsResult { network_insights_paths, next_token })
}

/// What a path holds for a filter.
fn values(path: &InsightsPath, filter: &str) -> Option<Vec<String>> {
    if let Some(field) = filter.strip_prefix("filter-at-source.") {
        return filter_values(path.filter_at_source.as_ref(), field);
    }
    if let Some(field) = filter.strip_prefix("filter-at-destination.") {
        return filter_values(path.filter_at_destination.as_ref(), field);
    }
    Some(match filter {
        "destination" => path.destination.map(show::end_id).into_iter().collect(),
        "protocol" => vec![protocol(path.protocol).to_owned()],
        "source" => vec![show::end_id(path.source)],
        _ => return None,
    })
}

fn filter_values(filter: Option<&PathFilter>, field: &str) -> Option<Vec<String>> {
    let address = |it: Option<IpAddr>| it.map(|it| it.to_string()).into_iter().collect();
    let ports = |it: Option<Span>| it.map(|it| format!("{}-{}", it.first, it.last)).into_iter().collect();
    let none = PathFilter::default();
    let filter = filter.unwrap_or(&none);
    Some(match field {
        "source-address" => address(filter.source_address),
        "source-port-range" => ports(filter.source_ports),
        "destination-address" => address(filter.destination_address),
        "destination-port-range" => ports(filter.destination_ports),
        _ => return None,
    })
}

fn protocol(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    }
}

/// A path as the wire shows it.
fn show_path(scope: &impl Scope, path: &InsightsPath) -> NetworkInsightsPath {
    let caller = scope.caller();
    let text = |it: Option<IpAddr>| it.map(|it| it.to_string());
    let ports = |it: Option<Span>| {
        it.map(|it| FilterPortRange { from_port: Some(it.first.into()), to_port: Some(it.last.into()) })
    };
    let filter = |it: &Option<PathFilter>| {
        it.as_ref().map(|it| shapes::PathFilter {
            destination_address: text(it.destination_address),
            destination_port_range: ports(it.destination_ports),
            source_address: text(it.source_address),
            source_port_range: ports(it.source_ports),
        })
    };
    NetworkInsightsPath {
        created_date: Some(Timestamp(path.created.0)),
        destination: path.destination.map(show::end_id),
        destination_arn: path.destination.map(|it| show::end_arn(caller, it)),
        destination_ip: text(path.destination_address),
        destination_port: path.destination_port.map(i32::from),
        filter_at_destination: filter(&path.filter_at_destination),
        filter_at_source: filter(&path.filter_at_source),
        network_insights_path_arn: Some(caller.arn("network-insights-path", path.id)),
        network_insights_path_id: Some(path.id.to_string()),
        protocol: Some(protocol(path.protocol).to_owned()),
        source: Some(show::end_id(path.source)),
        source_arn: Some(show::end_arn(caller, path.source)),
        source_ip: text(path.source_address),
        tags: scope.tags(path.id),
    }
}
