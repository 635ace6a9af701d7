//! `DescribeInstanceStatus`: whether an instance's node has made it, and why not.

use super::Phase;
use crate::ec2::error::Result;
use crate::ec2::list::{Ways, list, named_or_found};
use crate::ec2::scope::{Scope, View};
use crate::ec2::{instance_type, zone};
use crate::state::instance::Instance;
use crate::wire::shapes::*;

/// `DescribeInstanceStatus`: of running instances, or of all of them.
pub fn describe_status(view: &View<'_>, input: DescribeInstanceStatusRequest) -> Result<DescribeInstanceStatusResult> {
    // Nothing is managed by a service for the caller, so that there is nothing more to include.
    let _ = input.include_managed_resources;
    let all = input.include_all_instances.unwrap_or(false);
    let find = |id: &str| view.instance(id);
    let rows = named_or_found(view, &input.instance_ids, "InstanceId", find, Ways::of(&view.query))?;
    let rows = rows.filter(|it| all || Phase::of(view, it) == Phase::Running);
    let values = |row: &Instance, name: &str| values(view, row, name);
    let (instance_statuses, next_token) = list(view, rows, values, |row| show(view, row))?;
    Ok(DescribeInstanceStatusResult { instance_statuses, next_token })
}

/// `DescribeInstanceCreditSpecifications`: of instances whose types are burstable on AWS. Nobody's processors are held
/// back here, which is what unlimited says.
pub fn describe_credits(
    view: &View<'_>,
    input: DescribeInstanceCreditSpecificationsRequest,
) -> Result<DescribeInstanceCreditSpecificationsResult> {
    let find = |id: &str| view.instance(id);
    let by_id = Ways::of(&view.query).by("instance-id", Some);
    let rows = named_or_found(view, &input.instance_ids, "InstanceId", find, by_id)?;
    let rows = rows.filter(|it| instance_type::find(&it.instance_type).is_some_and(|it| it.is_burstable()));
    let values = |row: &Instance, name: &str| (name == "instance-id").then(|| vec![row.id.to_string()]);
    let credits = |row: &Instance| InstanceCreditSpecification {
        cpu_credits: Some("unlimited".to_owned()),
        instance_id: Some(row.id.to_string()),
    };
    let (instance_credit_specifications, next_token) = list(view, rows, values, credits)?;
    Ok(DescribeInstanceCreditSpecificationsResult { instance_credit_specifications, next_token })
}

/// What an instance's status holds for a filter.
fn values(view: &View<'_>, row: &Instance, name: &str) -> Option<Vec<String>> {
    Some(match name {
        "availability-zone" => vec![row.zone.clone()],
        "availability-zone-id" => vec![zone::id(&row.zone)],
        "instance-state-code" => vec![Phase::of(view, row).code().to_string()],
        "instance-state-name" => vec![Phase::of(view, row).name().to_owned()],
        "instance-status.reachability" | "system-status.reachability" => {
            checks(view, row).1.map(str::to_owned).into_iter().collect()
        }
        "instance-status.status" | "system-status.status" => vec![checks(view, row).0.to_owned()],
        "operator.managed" => vec!["false".to_owned()],
        // Nothing is scheduled for an instance, no volume is behind it, and nobody else operates it.
        "attached-ebs-status.status" | "operator.principal" => Vec::new(),
        _ if name.starts_with("event.") => Vec::new(),
        _ => return None,
    })
}

/// How an instance does, and whether it can be reached.
fn checks(view: &View<'_>, row: &Instance) -> (&'static str, Option<&'static str>) {
    match (Phase::of(view, row), view.realised.failure(row)) {
        (Phase::Pending | Phase::Running, Some(_)) => ("impaired", Some("failed")),
        (Phase::Running, None) => ("ok", Some("passed")),
        (Phase::Pending, None) => ("initializing", Some("initializing")),
        _ => ("not-applicable", None),
    }
}

fn show(view: &View<'_>, row: &Instance) -> InstanceStatus {
    let (status, reachability) = checks(view, row);
    let detail = |it: &str| InstanceStatusDetails {
        name: Some("reachability".to_owned()),
        status: Some(it.to_owned()),
        ..Default::default()
    };
    let summary = || {
        let details = reachability.map(detail).into_iter().collect();
        Some(InstanceStatusSummary { details, status: Some(status.to_owned()) })
    };
    InstanceStatus {
        availability_zone: Some(row.zone.clone()),
        availability_zone_id: Some(zone::id(&row.zone)),
        instance_id: Some(row.id.to_string()),
        instance_state: Phase::of(view, row).show(),
        instance_status: summary(),
        operator: Some(OperatorResponse { managed: Some(false), ..Default::default() }),
        system_status: summary(),
        ..Default::default()
    }
}
