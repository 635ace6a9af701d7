//! Images: there is one, the file system of the host that an instance runs on.

use std::sync::Arc;

use super::error::{Error, Kind, Result};
use super::list::list_by;
use super::scope::{Scope, View};
use crate::state::id::AccountId;
pub use crate::state::instance::architecture;
use crate::wire::shapes::*;

/// The id of the image that stands for the host's own file system. It looks like EC2's ids but for its first letters,
/// so that none of AWS's own is ever taken for it.
pub const HOST_IMAGE: &str = "ami-host0000000000000";

/// Who the image belongs to. EC2 has aliases for owners that are no customers (`amazon`, `aws-marketplace`); ours is
/// our name, for the image is neither the caller's nor Amazon's.
const OWNER_ALIAS: &str = "culvert";
const OWNER_ALIASES: [&str; 5] = ["self", "amazon", "aws-backup-vault", "aws-marketplace", OWNER_ALIAS];
const OWNER: &str = "000000000000";

/// What `DescribeInstances` says of the root device too: there is no volume behind it.
pub const ROOT_DEVICE_TYPE: &str = "instance-store";
pub const ROOT_DEVICE_NAME: &str = "/dev/sda1";

/// Whether an instance can be made of the image.
pub fn exists(id: &str) -> bool {
    id == HOST_IMAGE
}

/// Refuses images that do not exist.
pub fn find(ids: &[String]) -> Result<()> {
    let kind = Kind::Image;
    let missing: Vec<String> = ids.iter().filter(|it| !exists(it)).cloned().collect();
    let is_well_formed = |id: &String| {
        let digits = id.strip_prefix("ami-").unwrap_or("");
        matches!(digits.len(), 8 | 17) && digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    };
    match missing.iter().find(|it| !is_well_formed(it)) {
        Some(id) => Err(Error::Malformed { kind, id: id.clone() }),
        None if missing.is_empty() => Ok(()),
        None => Err(Error::not_found(kind, &missing)),
    }
}

/// `DescribeImages`.
pub fn describe(view: &View<'_>, input: DescribeImagesRequest) -> Result<DescribeImagesResult> {
    find(&input.image_ids)?;
    if !input.image_ids.is_empty() && view.query.paging.max_results.is_some() {
        let text = "The parameter ImageId cannot be used with the parameter MaxResults";
        return Err(Error::InvalidParameterCombination(text.to_owned()));
    }
    // The image is neither deprecated nor disabled, so that it is listed whatever these say.
    let _ = (input.include_deprecated, input.include_disabled);
    let is_user = |it: &String, aliases: &[&str]| aliases.contains(&it.as_str()) || it.parse::<AccountId>().is_ok();
    let no_owner = input.owners.iter().find(|it| !is_user(it, &OWNER_ALIASES));
    if let Some(text) = no_owner.or_else(|| input.executable_users.iter().find(|it| !is_user(it, &["all", "self"]))) {
        return Err(Error::UserIdMalformed(text.clone()));
    }
    let owned = input.owners.is_empty() || input.owners.iter().any(|it| it == OWNER_ALIAS || it == OWNER);
    // Everybody may launch it, nobody by a permission of his own.
    let launchable = input.executable_users.is_empty() || input.executable_users.iter().any(|it| it == "all");

    let row = (owned && launchable).then(|| Arc::new(show(view)));
    let id = |_: &Image| HOST_IMAGE.to_owned();
    let (images, next_token) = list_by(view, row.iter(), id, values, Image::clone)?;
    Ok(DescribeImagesResult { images, next_token })
}

/// What the image holds for a filter.
fn values(image: &Image, filter: &str) -> Option<Vec<String>> {
    let value = match filter {
        "architecture" => image.architecture.clone(),
        "creation-date" => image.creation_date.clone(),
        "description" => image.description.clone(),
        "hypervisor" => image.hypervisor.clone(),
        "image-allowed" => image.image_allowed.map(|it| it.to_string()),
        "image-id" => image.image_id.clone(),
        "image-type" => image.image_type.clone(),
        "is-public" => image.public.map(|it| it.to_string()),
        "manifest-location" => image.image_location.clone(),
        "name" => image.name.clone(),
        "owner-alias" => image.image_owner_alias.clone(),
        "owner-id" => image.owner_id.clone(),
        "root-device-name" => image.root_device_name.clone(),
        "root-device-type" => image.root_device_type.clone(),
        "state" => image.state.clone(),
        "virtualization-type" => image.virtualization_type.clone(),
        // What the image does not have.
        "block-device-mapping.delete-on-termination"
        | "block-device-mapping.device-name"
        | "block-device-mapping.encrypted"
        | "block-device-mapping.snapshot-id"
        | "block-device-mapping.volume-size"
        | "block-device-mapping.volume-type"
        | "ena-support"
        | "free-tier-eligible"
        | "kernel-id"
        | "platform"
        | "product-code"
        | "product-code.type"
        | "ramdisk-id"
        | "source-image-id"
        | "source-image-region"
        | "source-instance-id"
        | "sriov-net-support"
        | "state-reason-code"
        | "state-reason-message" => None,
        _ => return None,
    };
    Some(value.into_iter().collect())
}

fn show(view: &View<'_>) -> Image {
    let text = |it: &str| Some(it.to_owned());
    Image {
        architecture: text(architecture()),
        // Clients sort by it, so that it must be there and never change.
        creation_date: text("2026-01-01T00:00:00.000Z"),
        description: text("The file system of the host that the instance runs on"),
        hypervisor: text("xen"),
        image_allowed: Some(true),
        image_id: text(HOST_IMAGE),
        image_location: text("culvert/host"),
        image_owner_alias: text(OWNER_ALIAS),
        image_type: text("machine"),
        imds_support: text("v2.0"),
        name: text("host"),
        owner_id: text(OWNER),
        platform_details: text("Linux/UNIX"),
        public: Some(true),
        root_device_name: text(ROOT_DEVICE_NAME),
        root_device_type: text(ROOT_DEVICE_TYPE),
        state: text("available"),
        tags: view.tags(HOST_IMAGE),
        usage_operation: text("RunInstances"),
        virtualization_type: text("hvm"),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::HOST_IMAGE;
    use crate::ec2::fixture::{World, text, texts};
    use crate::wire::shapes::documented_filters;

    /// The ids that are listed.
    fn images(parameters: &[(&str, &str)]) -> Vec<String> {
        let answer = World::new().ok("DescribeImages", parameters);
        texts(&answer, "imageId").into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn the_host_is_the_only_image_and_everybody_may_launch_it() {
        assert_eq!(images(&[]), [HOST_IMAGE]);
        assert_eq!(images(&[("ImageId.1", HOST_IMAGE), ("Owner.1", "culvert")]), [HOST_IMAGE]);
        assert_eq!(images(&[("Owner.1", "self"), ("Owner.2", "amazon")]), [""; 0]);
        assert_eq!(images(&[("ExecutableBy.1", "all")]), [HOST_IMAGE]);
        assert_eq!(images(&[("ExecutableBy.1", "self")]), [""; 0]);
        assert_eq!(images(&[("Filter.1.Name", "name"), ("Filter.1.Value.1", "h*t")]), [HOST_IMAGE]);
        assert_eq!(images(&[("Filter.1.Name", "name"), ("Filter.1.Value.1", "al2023-*")]), [""; 0]);
        assert_eq!(images(&[("IncludeDeprecated", "true"), ("IncludeDisabled", "true")]), [HOST_IMAGE]);
    }

    #[test]
    fn no_other_image_exists() {
        let mut world = World::new();
        let unknown = [("ImageId.1", "ami-0123456789abcdef0")];
        assert_eq!(world.code("DescribeImages", &unknown), "InvalidAMIID.NotFound");
        let error = world.call("DescribeImages", &unknown).expect_err("unknown");
        assert_eq!(error.to_string(), "The image id '[ami-0123456789abcdef0]' does not exist");
        for malformed in ["ami-1", "ami-host1", "i-0123456789abcdef0"] {
            assert_eq!(
                world.code("DescribeImages", &[("ImageId.1", malformed)]),
                "InvalidAMIID.Malformed",
                "{malformed}"
            );
        }
    }

    #[test]
    fn every_documented_filter_is_known_and_no_other() {
        let mut world = World::new();
        for filter in documented_filters("DescribeImages") {
            world.ok("DescribeImages", &[("Filter.1.Name", filter), ("Filter.1.Value.1", "x")]);
        }
        let unknown = [("Filter.1.Name", "image-name"), ("Filter.1.Value.1", "x")];
        assert_eq!(world.code("DescribeImages", &unknown), "InvalidParameterValue");
    }

    #[test]
    fn an_image_carries_the_callers_tags() {
        let mut world = World::new();
        world.ok("CreateTags", &[("ResourceId.1", HOST_IMAGE), ("Tag.1.Key", "a"), ("Tag.1.Value", "b")]);
        assert_eq!(text(&world.ok("DescribeImages", &[]), "value"), "b");
        world.become_account(2);
        assert_eq!(texts(&world.ok("DescribeImages", &[]), "value"), [""; 0]);
    }
}
