//! Regions: those that the cluster is configured to serve.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{Error, Result};
use super::list::list_by;
use super::realised::ServedRegion;
use super::scope::View;
use crate::wire::shapes::{self, DescribeRegionsRequest, DescribeRegionsResult};

const OPT_IN_STATUS: &str = "opt-in-not-required";

pub fn describe(view: &View<'_>, input: DescribeRegionsRequest) -> Result<DescribeRegionsResult> {
    // Nobody must opt in to a region, so that the regions that are open and all regions are the same.
    let _ = input.all_regions;
    let mut regions: BTreeMap<&str, Arc<ServedRegion>> =
        view.realised.regions.iter().map(|it| (it.name.as_str(), Arc::new(it.clone()))).collect();
    // The call came in by the caller's region: it is served, whatever the configuration has been told.
    let name = &view.caller.region;
    regions.entry(name).or_insert_with(|| Arc::new(ServedRegion { name: name.clone(), endpoint: None }));

    let names = &input.region_names;
    if let Some(unknown) = names.iter().find(|it| !regions.contains_key(it.as_str())) {
        return Err(Error::InvalidParameterValue(format!("Invalid region: [{unknown}]")));
    }
    regions.retain(|name, _| names.is_empty() || names.iter().any(|it| it == name));
    let (regions, _) = list_by(view, regions.values(), |it| it.name.clone(), values, show)?;
    Ok(DescribeRegionsResult { regions })
}

/// What a region holds for a filter.
fn values(region: &ServedRegion, filter: &str) -> Option<Vec<String>> {
    match filter {
        "endpoint" => Some(vec![endpoint(region)]),
        "opt-in-status" => Some(vec![OPT_IN_STATUS.to_owned()]),
        "region-name" => Some(vec![region.name.clone()]),
        _ => None,
    }
}

/// A region as the wire shows it.
fn show(region: &ServedRegion) -> shapes::Region {
    shapes::Region {
        endpoint: Some(endpoint(region)),
        opt_in_status: Some(OPT_IN_STATUS.to_owned()),
        region_name: Some(region.name.clone()),
        ..Default::default()
    }
}

/// Where the region's API is found. A name must stand here for clients to print; without configuration it is AWS's,
/// which those who set up their clients for Culvert do not use.
fn endpoint(region: &ServedRegion) -> String {
    region.endpoint.clone().unwrap_or_else(|| format!("ec2.{}.amazonaws.com", region.name))
}

#[cfg(test)]
mod tests {
    use crate::ec2::fixture::{World, text, texts};

    #[test]
    fn the_regions_are_those_that_the_cluster_serves() {
        let mut world = World::new();
        let mut names = |parameters: &[(&str, &str)]| {
            let answer = world.ok("DescribeRegions", parameters);
            texts(&answer, "regionName").join(" ")
        };
        assert_eq!(names(&[]), "eu-central-1 us-east-1");
        assert_eq!(names(&[("AllRegions", "true")]), "eu-central-1 us-east-1");
        assert_eq!(names(&[("RegionName.1", "us-east-1")]), "us-east-1");
        let mut by = |name: &str, value: &str| names(&[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        assert_eq!(by("region-name", "eu-*"), "eu-central-1");
        assert_eq!(by("endpoint", "127.0.0.1:8773"), "us-east-1");
        assert_eq!(by("opt-in-status", "opted-in"), "");
        world.assert_filters("DescribeRegions");
        let answer = world.ok("DescribeRegions", &[]);
        assert_eq!(texts(&answer, "regionEndpoint"), ["ec2.eu-central-1.amazonaws.com", "127.0.0.1:8773"]);
        assert_eq!(text(&answer, "optInStatus"), "opt-in-not-required");
        assert_eq!(world.code("DescribeRegions", &[("DryRun", "true")]), "DryRunOperation");
    }

    #[test]
    fn the_callers_region_is_served_whatever_is_configured() {
        let mut world = World::new();
        world.caller.region = "ap-south-1".to_owned();
        let answer = world.ok("DescribeRegions", &[("RegionName.1", "ap-south-1")]);
        assert_eq!(texts(&answer, "regionName"), ["ap-south-1"]);
    }

    #[test]
    fn a_region_that_is_not_served_is_refused() {
        let mut world = World::new();
        let error = world.call("DescribeRegions", &[("RegionName.1", "ap-south-1")]).expect_err("not served");
        assert_eq!(error.code(), "InvalidParameterValue");
        assert_eq!(error.to_string(), "Invalid region: [ap-south-1]");
    }
}
