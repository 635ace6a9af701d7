//! Regions: those that the cluster is configured to serve.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::{Error, Result};
use super::list::list_by;
use super::scope::View;
use crate::wire::shapes::{DescribeRegionsRequest, DescribeRegionsResult, Region};

pub fn describe(view: &View<'_>, input: DescribeRegionsRequest) -> Result<DescribeRegionsResult> {
    // Nobody must opt in to a region, so that the regions that are open and all regions are the same.
    let _ = input.all_regions;
    let mut regions: BTreeSet<&String> = view.realised.regions.iter().collect();
    // The call came in by the caller's region: it is served, whatever the configuration says.
    regions.insert(&view.caller.region);

    let names = &input.region_names;
    if let Some(unknown) = names.iter().find(|it| !regions.contains(it)) {
        return Err(Error::InvalidParameterValue(format!("Invalid region: [{unknown}]")));
    }
    regions.retain(|it| names.is_empty() || names.contains(it));
    let rows: Vec<Arc<String>> = regions.into_iter().cloned().map(Arc::new).collect();
    let value = |name: &String, filter: &str| values(view, name, filter);
    let (regions, _) = list_by(view, rows.iter(), String::clone, value, |name| show(view, name))?;
    Ok(DescribeRegionsResult { regions })
}

/// What a region holds for a filter.
fn values(view: &View<'_>, name: &str, filter: &str) -> Option<Vec<String>> {
    let shown = show(view, name);
    let value = match filter {
        "endpoint" => shown.endpoint,
        "opt-in-status" => shown.opt_in_status,
        "region-name" => shown.region_name,
        _ => return None,
    };
    Some(value.into_iter().collect())
}

/// A region as the wire shows it.
fn show(view: &View<'_>, name: &str) -> Region {
    // Clients print what stands here; where the cluster does not know better it is the name that AWS would say.
    let known = view.realised.endpoint.as_deref().map(str::to_owned);
    Region {
        endpoint: Some(known.unwrap_or_else(|| format!("ec2.{name}.amazonaws.com"))),
        opt_in_status: Some("opt-in-not-required".to_owned()),
        region_name: Some(name.to_owned()),
        ..Default::default()
    }
}
