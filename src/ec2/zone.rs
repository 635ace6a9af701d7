//! Availability zones: every region has three, whichever nodes serve them.

use std::sync::Arc;

use super::error::{Error, Result};
use super::list::list_by;
use super::scope::View;
pub use crate::state::zone::id;
use crate::wire::shapes::{AvailabilityZone, DescribeAvailabilityZonesRequest, DescribeAvailabilityZonesResult};

pub fn describe(view: &View<'_>, input: DescribeAvailabilityZonesRequest) -> Result<DescribeAvailabilityZonesResult> {
    // Nobody must opt in to a zone, so that the zones that are open and all zones are the same.
    let _ = input.all_availability_zones;
    let mut zones = view.caller.zones().to_vec();
    let (names, ids) = (&input.zone_names, &input.zone_ids);
    if let Some(unknown) = names.iter().find(|it| !zones.contains(it)) {
        return Err(Error::InvalidParameterValue(format!("Invalid availability zone: [{unknown}]")));
    }
    if let Some(unknown) = ids.iter().find(|wanted| !zones.iter().any(|it| id(it) == **wanted)) {
        return Err(Error::InvalidParameterValue(format!("Invalid availability zone-id: [{unknown}]")));
    }
    zones.retain(|it| (names.is_empty() || names.contains(it)) && (ids.is_empty() || ids.contains(&id(it))));
    let rows: Vec<Arc<String>> = zones.into_iter().map(Arc::new).collect();
    let value = |zone: &String, filter: &str| values(view, zone, filter);
    let (availability_zones, _) = list_by(view, rows.iter(), String::clone, value, |zone| show(view, zone))?;
    Ok(DescribeAvailabilityZonesResult { availability_zones })
}

/// What a zone holds for a filter.
fn values(view: &View<'_>, zone: &str, filter: &str) -> Option<Vec<String>> {
    let shown = show(view, zone);
    let value = match filter {
        "group-name" => shown.group_name,
        "opt-in-status" => shown.opt_in_status,
        "region-name" => shown.region_name,
        "state" => shown.state,
        "zone-id" => shown.zone_id,
        "zone-name" => shown.zone_name,
        "zone-type" => shown.zone_type,
        "group-long-name" | "message" | "parent-zone-id" | "parent-zone-name" => None,
        _ => return None,
    };
    Some(value.into_iter().collect())
}

/// A zone as the wire shows it.
fn show(view: &View<'_>, zone: &str) -> AvailabilityZone {
    let region = &view.caller.region;
    AvailabilityZone {
        group_name: Some(format!("{region}-zg-1")),
        network_border_group: Some(region.clone()),
        opt_in_status: Some("opt-in-not-required".to_owned()),
        region_name: Some(region.clone()),
        state: Some("available".to_owned()),
        zone_id: Some(id(zone)),
        zone_name: Some(zone.to_owned()),
        zone_type: Some("availability-zone".to_owned()),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::ec2::fixture::{World, text, texts};

    #[test]
    fn a_region_has_three_zones_that_are_found_by_name_id_and_filter() {
        let mut world = World::new();
        let mut names = |parameters: &[(&str, &str)]| {
            let answer = world.ok("DescribeAvailabilityZones", parameters);
            texts(&answer, "zoneName").join(" ")
        };
        let all = "us-east-1a us-east-1b us-east-1c";
        assert_eq!(names(&[]), all);
        assert_eq!(names(&[("AllAvailabilityZones", "true")]), all);
        assert_eq!(names(&[("ZoneName.1", "us-east-1c"), ("ZoneName.2", "us-east-1a")]), "us-east-1a us-east-1c");
        assert_eq!(names(&[("ZoneId.1", "use1-az2")]), "us-east-1b");
        assert_eq!(names(&[("ZoneId.1", "use1-az2"), ("ZoneName.1", "us-east-1a")]), "");
        let mut by = |name: &str, value: &str| names(&[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        assert_eq!(by("state", "available"), all);
        assert_eq!(by("state", "impaired"), "");
        assert_eq!(by("zone-id", "use1-az3"), "us-east-1c");
        assert_eq!(by("zone-name", "*b"), "us-east-1b");
        for (name, value) in [
            ("zone-type", "availability-zone"),
            ("opt-in-status", "opt-in-not-required"),
            ("region-name", "us-east-1"),
            ("group-name", "us-east-1-zg-1"),
        ] {
            assert_eq!(by(name, value), all);
        }
        world.assert_filters("DescribeAvailabilityZones");
        let answer = world.ok("DescribeAvailabilityZones", &[("ZoneName.1", "us-east-1a")]);
        for (element, expected) in [
            ("zoneState", "available"),
            ("zoneId", "use1-az1"),
            ("zoneType", "availability-zone"),
            ("groupName", "us-east-1-zg-1"),
            ("networkBorderGroup", "us-east-1"),
            ("regionName", "us-east-1"),
            ("optInStatus", "opt-in-not-required"),
            ("messageSet", ""),
        ] {
            assert_eq!(text(&answer, element), expected, "{element}");
        }
    }

    #[test]
    fn a_zone_that_is_not_of_the_region_is_refused() {
        let mut world = World::new();
        for (name, value, sentence) in [
            ("ZoneName.1", "eu-central-1a", "Invalid availability zone: [eu-central-1a]"),
            ("ZoneId.1", "use1-az4", "Invalid availability zone-id: [use1-az4]"),
        ] {
            let error = world.call("DescribeAvailabilityZones", &[(name, value)]).expect_err(value);
            assert_eq!((error.code().as_str(), error.to_string().as_str()), ("InvalidParameterValue", sentence));
        }
        assert_eq!(world.code("DescribeAvailabilityZones", &[("DryRun", "true")]), "DryRunOperation");
        let tag = [("Filter.1.Name", "tag:Name"), ("Filter.1.Value.1", "x")];
        assert_eq!(world.code("DescribeAvailabilityZones", &tag), "InvalidParameterValue");
    }
}
