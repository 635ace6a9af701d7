//! Volumes: there are none, since instances see their host's files. Clients that read an instance ask for them.

use std::sync::Arc;

use super::error::{Error, Kind, Result};
use super::list::list_by;
use super::scope::{View, parse_id};
use crate::state::id::VolumeId;
use crate::wire::shapes::{DescribeVolumesRequest, DescribeVolumesResult, Volume};

/// `DescribeVolumes`: nothing, or that the volume asked for is not there.
pub fn describe(view: &View<'_>, input: DescribeVolumesRequest) -> Result<DescribeVolumesResult> {
    // Nothing is managed by a service for the caller, so that there is nothing more to include.
    let _ = input.include_managed_resources;
    if let Some(id) = input.volume_ids.into_iter().next() {
        parse_id::<VolumeId>(Kind::Volume, &id)?;
        return Err(Error::NotFound { kind: Kind::Volume, id });
    }
    let none: [Arc<Volume>; 0] = [];
    let id = |it: &Volume| it.volume_id.clone().unwrap_or_default();
    let (volumes, next_token) = list_by(view, none.iter(), id, |_, _| Some(Vec::new()), Volume::clone)?;
    Ok(DescribeVolumesResult { next_token, volumes })
}

#[cfg(test)]
mod tests {
    use crate::ec2::fixture::World;

    #[test]
    fn there_are_no_volumes() {
        let mut world = World::new();
        assert!(!world.ok("DescribeVolumes", &[]).contains("<item>"));
        let attached = [("Filter.1.Name", "attachment.instance-id"), ("Filter.1.Value.1", "i-12345678")];
        assert!(!world.ok("DescribeVolumes", &attached).contains("<item>"));
        assert_eq!(world.code("DescribeVolumes", &[("VolumeId.1", "vol-12345678")]), "InvalidVolume.NotFound");
        assert_eq!(world.code("DescribeVolumes", &[("VolumeId.1", "vol")]), "InvalidVolumeID.Malformed");
        assert_eq!(
            world.code("DescribeVolumes", &[("Filter.1.Name", "colour"), ("Filter.1.Value.1", "red")]),
            "InvalidParameterValue"
        );
    }
}
