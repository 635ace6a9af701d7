//! Flow logs: what packets passed which interfaces, and which did not.
//!
//! There are no buckets and no log groups here: records are written to files of the node, under a directory that the
//! destination names. So every destination exists, and its name must be one that can be a path.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::{Error, Kind, Result, refuse};
use super::list::{Ways, existing_or_found, list};
use super::scope::{Call, Scope, View};
use super::tag;
use crate::state::flow_log::{Destination, FlowLog, LogField, Recorded, Resource};
use crate::state::id::{FlowLogId, VpcId};
use crate::wire::Timestamp;
use crate::wire::shapes::{self, *};

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::FlowLog;
/// Amazon EC2 API Reference, `CreateFlowLogs`: "1000 for the other resource types".
const RESOURCES_MAX: usize = 1_000;
/// Of flow logs of one resource; each costs as much as the first.
const LOGS_OF_RESOURCE_MAX: usize = 10;
const FORMAT_CHARS_MAX: usize = 2_048;
/// In seconds.
const INTERVALS: [u16; 2] = [600, 60];

pub fn create(call: &mut Call<'_>, input: CreateFlowLogsRequest) -> Result<CreateFlowLogsResult> {
    refuse("DeliverCrossAccountRole", &input.deliver_cross_account_role)?;
    let traffic = match input.traffic_type.as_deref() {
        Some("ACCEPT") => Recorded::Accepted,
        Some("REJECT") => Recorded::Rejected,
        Some(_) => Recorded::All,
        // It is not required of transit gateways only.
        None => return Err(Error::MissingParameter("TrafficType")),
    };
    let interval = match input.max_aggregation_interval {
        None => INTERVALS[0],
        Some(given) => INTERVALS
            .into_iter()
            .find(|it| i32::from(*it) == given)
            .ok_or_else(|| invalid("Invalid Flow Log Max Aggregation Interval".to_owned()))?,
    };
    let format = format(input.log_format.as_deref())?;
    let destination = destination(call, &input)?;
    if input.resource_ids.len() > RESOURCES_MAX {
        return Err(invalid(format!("The maximum number of resources in a call is {RESOURCES_MAX}.")));
    }

    let (mut flow_log_ids, mut unsuccessful) = (Vec::new(), Vec::new());
    for given in &input.resource_ids {
        let made = watched(call, &input.resource_type, given).and_then(|(resource, vpc)| {
            let (account, region) = call.caller().owner();
            let created = call.now();
            let (destination, format) = (destination.clone(), format.clone());
            let id = call.tx.mint();
            let row = FlowLog { id, account, region, vpc, resource, traffic, destination, format, interval, created };
            expect_new(call, &row)?;
            Ok(row)
        });
        match made {
            Ok(row) => {
                flow_log_ids.push(row.id.to_string());
                let id = row.id;
                call.tx.put(row);
                tag::specified(call, "vpc-flow-log", id, &input.tag_specifications)?;
            }
            // Of one resource alone, clients expect a call that is refused.
            Err(Error::FlowLogAlreadyExists) if input.resource_ids.len() == 1 => {
                return Err(Error::FlowLogAlreadyExists);
            }
            Err(error @ (Error::NotFound { .. } | Error::FlowLogAlreadyExists)) => {
                unsuccessful.push(item(given, &error));
            }
            Err(error) => return Err(error),
        }
    }
    // EC2 answers a token of its own where the call has none.
    let token = call.token.clone().unwrap_or_else(|| STANDARD.encode(call.tx.entropy::<32>()));
    Ok(CreateFlowLogsResult { client_token: Some(token), flow_log_ids, unsuccessful })
}

/// What a call did not do for one of its resources, and why.
fn item(id: &str, error: &Error) -> UnsuccessfulItem {
    let error = UnsuccessfulItemError { code: Some(error.code()), message: Some(error.to_string()) };
    UnsuccessfulItem { error: Some(error), resource_id: Some(id.to_owned()) }
}

/// The resource of the caller, and the VPC that it is in.
fn watched(scope: &impl Scope, kind: &str, id: &str) -> Result<(Resource, VpcId)> {
    match kind {
        "VPC" => scope.vpc(id).map(|it| (Resource::Vpc(it.id), it.id)),
        "Subnet" => scope.subnet(id).map(|it| (Resource::Subnet(it.id), it.vpc)),
        "NetworkInterface" => scope.network_interface(id).map(|it| (Resource::Interface(it.id), it.vpc)),
        other => {
            let text = format!("Flow logs of a {other} are not supported: there is nothing here that could be one.");
            Err(Error::UnsupportedOperation(text))
        }
    }
}

/// Refuses a second log that would write the same to the same place, and more logs than a packet should pay for.
fn expect_new(call: &Call<'_>, new: &FlowLog) -> Result<()> {
    let others: Vec<_> = call.state().flow_logs_of_vpc(new.vpc).filter(|it| it.resource == new.resource).collect();
    let place = |destination: &Destination| match destination {
        Destination::Bucket { bucket, prefix, .. } => (bucket.clone(), prefix.clone()),
        Destination::LogGroup { group, .. } => (String::new(), group.clone()),
    };
    let same = |it: &FlowLog| it.traffic == new.traffic && place(&it.destination) == place(&new.destination);
    if others.iter().any(|it| same(it)) {
        return Err(Error::FlowLogAlreadyExists);
    }
    if others.len() >= LOGS_OF_RESOURCE_MAX {
        return Err(Error::FlowLogsLimitExceeded(LOGS_OF_RESOURCE_MAX));
    }
    Ok(())
}

/// The fields that a format names: `${version} ${action}`.
fn format(given: Option<&str>) -> Result<Vec<LogField>> {
    let Some(given) = given else { return Ok(LogField::DEFAULT.to_vec()) };
    if given.len() > FORMAT_CHARS_MAX {
        return Err(invalid(format!("The log format is longer than {FORMAT_CHARS_MAX} characters.")));
    }
    let mut fields = Vec::new();
    for word in given.split_whitespace() {
        let name = word.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
        let name = name.ok_or_else(|| invalid(format!("LogFormat: '{word}' is not a field such as ${{version}}.")))?;
        match LogField::named(name) {
            Some(field) if fields.contains(&field) => {
                return Err(invalid(format!("Duplicate fields provided: [{name}]")));
            }
            Some(field) => fields.push(field),
            None if UNFILLED.contains(&name) || name.starts_with("ecs-") => {
                let text = format!("The field {name} of LogFormat is not supported: nothing here could fill it.");
                return Err(Error::UnsupportedOperation(text));
            }
            None => return Err(invalid(format!("Unknown fields provided: [{name}]"))),
        }
    }
    if fields.is_empty() {
        return Err(invalid("LogFormat names no field.".to_owned()));
    }
    Ok(fields)
}

/// Fields of AWS's that mean nothing here, besides those about ECS.
const UNFILLED: [&str; 2] = ["resource-id", "encryption-status"];

fn destination(scope: &impl Scope, input: &CreateFlowLogsRequest) -> Result<Destination> {
    let options = input.destination_options.as_ref();
    match input.log_destination_type.as_deref() {
        Some("s3") => bucket(input, options),
        Some("kinesis-data-firehose") => Err(Error::UnsupportedOperation(
            "LogDestinationType: kinesis-data-firehose is not supported: records are written to files.".to_owned(),
        )),
        _ => log_group(scope, input, options),
    }
}

fn bucket(input: &CreateFlowLogsRequest, options: Option<&DestinationOptionsRequest>) -> Result<Destination> {
    if input.log_group_name.is_some() {
        return Err(invalid("LogDestination type must be cloud-watch-logs if LogGroupName is provided.".to_owned()));
    }
    if input.deliver_logs_permission_arn.is_some() {
        let text = "DeliverLogsPermissionArn cannot be provided if LogDestinationType is s3.";
        return Err(Error::InvalidParameterCombination(text.to_owned()));
    }
    let arn = input
        .log_destination
        .clone()
        .ok_or_else(|| invalid("LogDestination can't be empty if LogDestinationType is s3.".to_owned()))?;
    let place = arn.strip_prefix("arn:aws:s3:::").ok_or_else(|| no_destination(&arn))?;
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    // Amazon S3 User Guide, "General purpose bucket naming rules".
    let lower = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let ends = bucket.bytes().next().is_some_and(lower) && bucket.bytes().last().is_some_and(lower);
    let inside = bucket.bytes().all(|it| lower(it) || matches!(it, b'-' | b'.')) && !bucket.contains("..");
    if !ends || !inside || !(3..=63).contains(&bucket.len()) {
        return Err(no_destination(&arn));
    }
    let prefix = prefix.trim_matches('/');
    if !prefix.is_empty() && !is_path(prefix) {
        return Err(no_destination(&arn));
    }
    if prefix.split('/').any(|it| it == "AWSLogs") {
        return Err(invalid(format!("LogDestination: AWSLogs is a reserved word: {arn}")));
    }
    if options.and_then(|it| it.file_format.as_deref()) == Some("parquet") {
        let text = "DestinationOptions.FileFormat: parquet is not supported: records are lines of text.";
        return Err(Error::UnsupportedOperation(text.to_owned()));
    }
    Ok(Destination::Bucket {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        hive: options.and_then(|it| it.hive_compatible_partitions).unwrap_or(false),
        hourly: options.and_then(|it| it.per_hour_partition).unwrap_or(false),
        options_given: options.is_some(),
        arn,
    })
}

fn log_group(
    scope: &impl Scope,
    input: &CreateFlowLogsRequest,
    options: Option<&DestinationOptionsRequest>,
) -> Result<Destination> {
    if options.is_some() {
        let text = "DestinationOptions can only be specified if LogDestinationType is s3.";
        return Err(Error::InvalidParameterCombination(text.to_owned()));
    }
    let arn = input.log_destination.clone();
    let named = match &arn {
        None => None,
        Some(arn) => {
            let prefix = format!("arn:aws:logs:{}:{}:log-group:", scope.caller().region, scope.caller().account);
            let name = arn.strip_prefix(&prefix).ok_or_else(|| no_destination(arn))?;
            Some(name.strip_suffix(":*").unwrap_or(name).to_owned())
        }
    };
    let group = match (named, input.log_group_name.clone()) {
        (Some(_), Some(_)) => {
            let text = "Only one of LogDestination and LogGroupName can be provided.";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
        (None, None) => {
            return Err(invalid("LogDestination can't be empty if LogGroupName is not provided.".to_owned()));
        }
        (Some(group), None) | (None, Some(group)) => group,
    };
    let role = input.deliver_logs_permission_arn.clone().ok_or_else(|| {
        invalid("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.".to_owned())
    })?;
    // The streams of a group are called after interfaces, and lie in it.
    let like_a_stream = group.split('/').any(|it| it.starts_with("eni-"));
    if !is_path(group.trim_matches('/')) || like_a_stream || group.len() > 512 {
        return Err(no_destination(&group));
    }
    Ok(Destination::LogGroup { group, arn, role })
}

/// Whether a name that may have parts can be a path below the directory of its kind, and names nothing else.
fn is_path(name: &str) -> bool {
    // What log groups and objects may be called, but for what is special to a shell or to a file system.
    let fits = |it: u8| it.is_ascii_alphanumeric() || b"._-+=@#!()'".contains(&it);
    name.split('/')
        .all(|part| (1..=200).contains(&part.len()) && part.bytes().all(fits) && !part.bytes().all(|it| it == b'.'))
        && name.len() <= 1_024
}

fn no_destination(given: &str) -> Error {
    invalid(format!("LogDestination: {given} is not a destination that flow logs can be written to."))
}

fn invalid(text: String) -> Error {
    Error::InvalidParameter(text)
}

/// `DeleteFlowLogs`: all of them, or none.
pub fn delete(call: &mut Call<'_>, input: DeleteFlowLogsRequest) -> Result<DeleteFlowLogsResult> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for id in &input.flow_log_ids {
        match call.own::<FlowLog>(KIND, id) {
            Ok(row) => found.push(row.id),
            Err(Error::NotFound { id, .. }) => missing.push(id),
            Err(error) => return Err(error),
        }
    }
    if !missing.is_empty() {
        return Err(Error::FlowLogsNotFound(missing));
    }
    for id in found {
        remove(call, id);
    }
    Ok(DeleteFlowLogsResult { unsuccessful: Vec::new() })
}

fn remove(call: &mut Call<'_>, id: FlowLogId) {
    tag::forget(call, id);
    call.tx.remove::<FlowLog>(id);
}

/// Removes the flow logs of a resource that is going.
pub fn forget(call: &mut Call<'_>, vpc: VpcId, resource: Resource) {
    let logs = call.state().flow_logs_of_vpc(vpc).filter(|it| it.resource == resource);
    let logs: Vec<_> = logs.map(|it| it.id).collect();
    for id in logs {
        remove(call, id);
    }
}

/// `DescribeFlowLogs`: an id that is nobody's is no error, by which Terraform knows that a log is gone.
pub fn describe(view: &View<'_>, input: DescribeFlowLogsRequest) -> Result<DescribeFlowLogsResult> {
    let find = |id: &str| view.own::<FlowLog>(KIND, id);
    let rows = existing_or_found(view, &input.flow_log_ids, "flowLogIds", find, Ways::of(&view.query))?;
    let (flow_logs, next_token) = list(view, rows, values, |it| show(view, it))?;
    Ok(DescribeFlowLogsResult { flow_logs, next_token })
}

fn traffic_type(traffic: Recorded) -> &'static str {
    match traffic {
        Recorded::Accepted => "ACCEPT",
        Recorded::Rejected => "REJECT",
        Recorded::All => "ALL",
    }
}

fn destination_type(destination: &Destination) -> &'static str {
    match destination {
        Destination::Bucket { .. } => "s3",
        Destination::LogGroup { .. } => "cloud-watch-logs",
    }
}

/// What a flow log holds for a filter.
fn values(log: &FlowLog, filter: &str) -> Option<Vec<String>> {
    Some(match filter {
        "deliver-log-status" => vec!["SUCCESS".to_owned()],
        "flow-log-id" => vec![log.id.to_string()],
        "log-destination-type" => vec![destination_type(&log.destination).to_owned()],
        "log-group-name" => match &log.destination {
            Destination::LogGroup { group, .. } => vec![group.clone()],
            Destination::Bucket { .. } => Vec::new(),
        },
        "resource-id" => vec![log.resource.to_string()],
        "traffic-type" => vec![traffic_type(log.traffic).to_owned()],
        _ => return None,
    })
}

/// A flow log as the wire shows it.
fn show(scope: &impl Scope, log: &FlowLog) -> shapes::FlowLog {
    let mut shown = shapes::FlowLog {
        creation_time: Some(Timestamp(log.created.0)),
        deliver_cross_account_role: None,
        deliver_logs_error_message: None,
        deliver_logs_permission_arn: None,
        deliver_logs_status: Some("SUCCESS".to_owned()),
        destination_options: None,
        flow_log_id: Some(log.id.to_string()),
        flow_log_status: Some("ACTIVE".to_owned()),
        log_destination: None,
        log_destination_type: Some(destination_type(&log.destination).to_owned()),
        log_format: Some(log.format.iter().map(|it| format!("${{{}}}", it.name())).collect::<Vec<_>>().join(" ")),
        log_group_name: None,
        max_aggregation_interval: Some(log.interval.into()),
        resource_id: Some(log.resource.to_string()),
        tags: scope.tags(log.id),
        traffic_type: Some(traffic_type(log.traffic).to_owned()),
    };
    match &log.destination {
        Destination::Bucket { arn, hive, hourly, options_given, .. } => {
            shown.log_destination = Some(arn.clone());
            shown.destination_options = options_given.then(|| DestinationOptionsResponse {
                file_format: Some("plain-text".to_owned()),
                hive_compatible_partitions: Some(*hive),
                per_hour_partition: Some(*hourly),
            });
        }
        Destination::LogGroup { group, arn, role } => {
            shown.log_destination.clone_from(arn);
            shown.log_group_name = Some(group.clone());
            shown.deliver_logs_permission_arn = Some(role.clone());
        }
    }
    shown
}
