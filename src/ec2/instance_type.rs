//! Instance types: the names that clients ask for, with AWS's own figures.
//!
//! A type sizes an instance's network here: how many interfaces it takes, and how many addresses each. Processors and
//! memory are shown because clients read them; Culvert does not limit them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use super::error::{Error, Result};
use super::list::list_by;
use super::scope::View;
use crate::state::zone;
use crate::wire::shapes::*;

mod table;

/// All types, by their names.
static TYPES: LazyLock<BTreeMap<String, Arc<InstanceType>>> =
    LazyLock::new(|| table::types().map(|it| (it.name.clone(), Arc::new(it))).collect());

/// An instance type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceType {
    pub name: String,
    pub vcpus: u16,
    pub memory_mib: u32,
    pub interfaces_max: u8,
    /// How many addresses of each family an interface takes.
    pub addresses_max: u8,
}

impl InstanceType {
    /// Whether the type earns CPU credits on AWS; clients ask for them if so.
    pub fn is_burstable(&self) -> bool {
        self.name.starts_with('t')
    }

    fn is_arm(&self) -> bool {
        self.processor().1.starts_with('g')
    }

    fn is_xen(&self) -> bool {
        matches!(self.family(), "h1" | "i3" | "m1" | "t2" | "x1" | "x1e")
    }

    /// How many processors a core is: AMD's have been whole cores since the seventh generation.
    fn threads(&self) -> i32 {
        let (generation, kind) = self.processor();
        let is_core = self.is_arm() || (kind.starts_with('a') && generation >= '7') || self.family() == "t2";
        if is_core || self.vcpus == 1 { 1 } else { 2 }
    }

    fn family(&self) -> &str {
        self.name.split_once('.').map_or("", |it| it.0)
    }

    /// The generation in the family's name, and what stands behind it, whose first letter tells the processor's maker.
    fn processor(&self) -> (char, &str) {
        let mut rest = self.family().trim_start_matches(|it: char| it.is_ascii_alphabetic()).chars();
        (rest.next().unwrap_or('0'), rest.as_str())
    }
}

/// The type with this name.
pub fn find(name: &str) -> Option<&'static InstanceType> {
    TYPES.get(name).map(|it| &**it)
}

/// `DescribeInstanceTypes`.
pub fn describe(view: &View<'_>, input: DescribeInstanceTypesRequest) -> Result<DescribeInstanceTypesResult> {
    if !input.instance_types.is_empty() && view.query.paging.max_results.is_some() {
        let text = "The parameter InstanceType cannot be used with the parameter MaxResults";
        return Err(Error::InvalidParameterCombination(text.to_owned()));
    }
    // Every type is to be had in every region.
    let _ = input.include_unsupported_in_region;
    let unknown: Vec<&str> = input.instance_types.iter().map(String::as_str).filter(|it| find(it).is_none()).collect();
    if !unknown.is_empty() {
        return Err(Error::NoSuchInstanceType(unknown.join(", ")));
    }

    let asked: BTreeSet<&String> = input.instance_types.iter().collect();
    let rows = TYPES.values().filter(|it| asked.is_empty() || asked.contains(&it.name));
    let values = |it: &InstanceType, filter: &str| values(&show(it), filter);
    let (instance_types, next_token) = list_by(view, rows, |it: &InstanceType| it.name.clone(), values, show)?;
    Ok(DescribeInstanceTypesResult { instance_types, next_token })
}

/// `DescribeInstanceTypeOfferings`: every type is to be had everywhere.
pub fn describe_offerings(
    view: &View<'_>,
    input: DescribeInstanceTypeOfferingsRequest,
) -> Result<DescribeInstanceTypeOfferingsResult> {
    let kind = input.location_type.unwrap_or_else(|| "region".to_owned());
    let locations: Vec<String> = match kind.as_str() {
        "region" => vec![view.caller.region.clone()],
        "availability-zone" => view.caller.zones().to_vec(),
        "availability-zone-id" => view.caller.zones().iter().map(|it| zone::id(it)).collect(),
        // There are no outposts.
        _ => Vec::new(),
    };
    let offering = |location: &String, it: &InstanceType| InstanceTypeOffering {
        instance_type: Some(it.name.clone()),
        location: Some(location.clone()),
        location_type: Some(kind.clone()),
    };
    let id = |it: &InstanceTypeOffering| {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        format!("{}/{}", text(&it.instance_type), text(&it.location))
    };
    let all = TYPES.values().flat_map(|it| locations.iter().map(move |location| offering(location, it)));
    let mut rows: Vec<Arc<InstanceTypeOffering>> = all.map(Arc::new).collect();
    rows.sort_by_key(|it| id(it));
    let values = |it: &InstanceTypeOffering, filter: &str| match filter {
        "instance-type" => Some(it.instance_type.iter().cloned().collect()),
        "location" => Some(it.location.iter().cloned().collect()),
        _ => None,
    };
    let (instance_type_offerings, next_token) = list_by(view, rows.iter(), id, values, InstanceTypeOffering::clone)?;
    Ok(DescribeInstanceTypeOfferingsResult { instance_type_offerings, next_token })
}

/// What a type holds for a filter: what is shown of it.
fn values(shown: &InstanceTypeInfo, filter: &str) -> Option<Vec<String>> {
    if let Some(rest) = filter.strip_prefix("network-info.") {
        return network_values(shown.network_info.as_ref()?, rest);
    }
    let (ebs, cpu) = (shown.ebs_info.as_ref()?, shown.vcpu_info.as_ref()?);
    let numbers = |them: &[i32]| them.iter().map(ToString::to_string).collect();
    Some(match filter {
        "auto-recovery-supported" => one(shown.auto_recovery_supported),
        "bare-metal" => one(shown.bare_metal),
        "burstable-performance-supported" => one(shown.burstable_performance_supported),
        "current-generation" => one(shown.current_generation),
        "dedicated-hosts-supported" => one(shown.dedicated_hosts_supported),
        "ebs-info.ebs-optimized-support" => one(ebs.ebs_optimized_support.clone()),
        "ebs-info.encryption-support" => one(ebs.encryption_support.clone()),
        "ebs-info.nvme-support" => one(ebs.nvme_support.clone()),
        "free-tier-eligible" => one(shown.free_tier_eligible),
        "hibernation-supported" => one(shown.hibernation_supported),
        "hypervisor" => one(shown.hypervisor.clone()),
        "instance-storage-supported" => one(shown.instance_storage_supported),
        "instance-type" => one(shown.instance_type.clone()),
        "memory-info.size-in-mib" => one(shown.memory_info.as_ref()?.size_in_mib),
        "nitro-enclaves-support" => one(shown.nitro_enclaves_support.clone()),
        "nitro-tpm-support" => one(shown.nitro_tpm_support.clone()),
        "processor-info.supported-architecture" => shown.processor_info.as_ref()?.supported_architectures.clone(),
        "supported-root-device-type" => shown.supported_root_device_types.clone(),
        "supported-usage-class" => shown.supported_usage_classes.clone(),
        "supported-virtualization-type" => shown.supported_virtualization_types.clone(),
        "vcpu-info.default-cores" => one(cpu.default_cores),
        "vcpu-info.default-threads-per-core" => one(cpu.default_threads_per_core),
        "vcpu-info.default-vcpus" => one(cpu.default_vcpus),
        "vcpu-info.valid-cores" => numbers(&cpu.valid_cores),
        "vcpu-info.valid-threads-per-core" => numbers(&cpu.valid_threads_per_core),
        // What no type has, or what a host does not tell.
        "ebs-info.attachment-limit-type"
        | "ebs-info.maximum-ebs-attachments"
        | "nitro-tpm-info.supported-versions"
        | "processor-info.supported-features"
        | "processor-info.sustained-clock-speed-in-ghz"
        | "reboot-migration-support"
        | "supported-boot-mode" => Vec::new(),
        _ if filter.starts_with("ebs-info.ebs-optimized-info.") => Vec::new(),
        _ if filter.starts_with("instance-storage-info.") => Vec::new(),
        _ => return None,
    })
}

/// What a type's network holds for a filter `network-info.…`.
fn network_values(network: &NetworkInfo, filter: &str) -> Option<Vec<String>> {
    Some(match filter {
        "efa-supported" => one(network.efa_supported),
        "ena-support" => one(network.ena_support.clone()),
        "ipv4-addresses-per-interface" => one(network.ipv4_addresses_per_interface),
        "ipv6-addresses-per-interface" => one(network.ipv6_addresses_per_interface),
        "ipv6-supported" => one(network.ipv6_supported),
        "maximum-network-cards" => one(network.maximum_network_cards),
        "maximum-network-interfaces" => one(network.maximum_network_interfaces),
        "bandwidth-weightings"
        | "efa-info.maximum-efa-interfaces"
        | "encryption-in-transit-supported"
        | "flexible-ena-queues-support"
        | "network-performance" => Vec::new(),
        _ => return None,
    })
}

fn one(value: Option<impl ToString>) -> Vec<String> {
    value.map(|it| it.to_string()).into_iter().collect()
}

fn show(it: &InstanceType) -> InstanceTypeInfo {
    let text = |it: &str| Some(it.to_owned());
    let unsupported = || text("unsupported");
    let threads = it.threads();
    let cores = i32::from(it.vcpus) / threads;
    let (interfaces, addresses) = (i32::from(it.interfaces_max), i32::from(it.addresses_max));
    InstanceTypeInfo {
        auto_recovery_supported: Some(false),
        bare_metal: Some(false),
        burstable_performance_supported: Some(it.is_burstable()),
        current_generation: Some(it.family() != "m1"),
        dedicated_hosts_supported: Some(true),
        ebs_info: Some(EbsInfo {
            ebs_optimized_support: unsupported(),
            encryption_support: unsupported(),
            nvme_support: unsupported(),
            ..Default::default()
        }),
        free_tier_eligible: Some(false),
        hibernation_supported: Some(false),
        hypervisor: text(if it.is_xen() { "xen" } else { "nitro" }),
        instance_storage_supported: Some(false),
        instance_type: text(&it.name),
        memory_info: Some(MemoryInfo { size_in_mib: Some(i64::from(it.memory_mib)) }),
        network_info: Some(NetworkInfo {
            default_network_card_index: Some(0),
            efa_supported: Some(false),
            ena_support: unsupported(),
            ipv4_addresses_per_interface: Some(addresses),
            ipv6_addresses_per_interface: Some(addresses),
            ipv6_supported: Some(true),
            maximum_network_cards: Some(1),
            maximum_network_interfaces: Some(interfaces),
            network_cards: vec![NetworkCardInfo {
                maximum_network_interfaces: Some(interfaces),
                network_card_index: Some(0),
                ..Default::default()
            }],
            ..Default::default()
        }),
        nitro_enclaves_support: unsupported(),
        nitro_tpm_support: unsupported(),
        placement_group_info: Some(PlacementGroupInfo::default()),
        processor_info: Some(ProcessorInfo {
            supported_architectures: vec![if it.is_arm() { "arm64" } else { "x86_64" }.to_owned()],
            ..Default::default()
        }),
        supported_root_device_types: vec![super::image::ROOT_DEVICE_TYPE.to_owned()],
        supported_usage_classes: vec!["on-demand".to_owned()],
        supported_virtualization_types: vec!["hvm".to_owned()],
        vcpu_info: Some(VCpuInfo {
            default_cores: Some(cores),
            default_threads_per_core: Some(threads),
            default_vcpus: Some(i32::from(it.vcpus)),
            valid_cores: vec![cores],
            valid_threads_per_core: vec![threads],
        }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{TYPES, find, table};
    use crate::ec2::fixture::{World, text, texts};
    use crate::wire::shapes::documented_filters;

    #[test]
    fn a_type_is_shown_with_awss_figures() {
        let answer = World::new().ok("DescribeInstanceTypes", &[("InstanceType.1", "t3.micro")]);
        let figure = |name| text(&answer, name);
        assert_eq!(figure("instanceType"), "t3.micro");
        assert_eq!((figure("defaultVCpus"), figure("defaultCores"), figure("sizeInMiB")), ("2", "1", "1024"));
        assert_eq!((figure("maximumNetworkInterfaces"), figure("ipv4AddressesPerInterface")), ("2", "2"));
        assert_eq!(figure("burstablePerformanceSupported"), "true");
    }

    /// One of each way in which a name tells its processor.
    #[test]
    fn a_name_tells_processors_memory_and_their_kind() {
        let check = |name: &str, vcpus: u16, gib: u32, limits: (u8, u8), kind: (bool, i32)| {
            let it = find(name).unwrap();
            assert_eq!((it.vcpus, it.memory_mib), (vcpus, gib * 1_024), "{name}");
            assert_eq!((it.interfaces_max, it.addresses_max), limits, "{name}");
            assert_eq!((it.is_arm(), it.threads()), kind, "{name}");
        };
        check("m5.large", 2, 8, (3, 10), (false, 2));
        check("c6a.48xlarge", 192, 384, (15, 50), (false, 2));
        check("m7a.medium", 1, 4, (2, 4), (false, 1));
        check("r8a.2xlarge", 8, 64, (4, 40), (false, 1));
        check("m6gd.4xlarge", 16, 64, (8, 30), (true, 1));
        check("im4gn.large", 2, 8, (3, 10), (true, 1));
        check("i8ge.18xlarge", 72, 576, (16, 50), (true, 1));
        check("m7i-flex.large", 2, 8, (3, 10), (false, 2));
        check("c5n.18xlarge", 72, 192, (15, 50), (false, 2));
        check("t3a.small", 2, 2, (2, 4), (false, 2));
    }

    #[test]
    fn an_unknown_type_is_refused_by_name() {
        let mut world = World::new();
        let asked = [("InstanceType.1", "t3.micro"), ("InstanceType.2", "z9.tiny"), ("InstanceType.3", "z9.huge")];
        let error = world.call("DescribeInstanceTypes", &asked).expect_err("unknown types");
        assert_eq!(error.code(), "InvalidInstanceType");
        assert_eq!(error.to_string(), "The following supplied instance types do not exist: [z9.tiny, z9.huge]");
    }

    #[test]
    fn names_are_unique_and_found() {
        let mut names = BTreeSet::new();
        assert!(table::types().all(|it| find(&it.name) == Some(&it) && names.insert(it.name)));
        assert!(names.len() > 800);
        assert_eq!(find("t3"), None);
    }

    #[test]
    fn pages_hold_every_type_once() {
        let mut world = World::new();
        let mut seen = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut parameters = vec![("MaxResults", "100")];
            if let Some(token) = &token {
                parameters.push(("NextToken", token));
            }
            let answer = world.ok("DescribeInstanceTypes", &parameters);
            seen.extend(texts(&answer, "instanceType").into_iter().map(str::to_owned));
            match texts(&answer, "nextToken").first() {
                Some(next) => token = Some((*next).to_owned()),
                None => break,
            }
        }
        assert_eq!(seen.len(), TYPES.len());
        assert!(seen.is_sorted());
        let both = [("MaxResults", "10"), ("InstanceType.1", "t3.micro")];
        assert_eq!(world.code("DescribeInstanceTypes", &both), "InvalidParameterCombination");
    }

    #[test]
    fn every_documented_filter_is_known_and_no_other() {
        let mut world = World::new();
        for filter in documented_filters("DescribeInstanceTypes") {
            world.ok("DescribeInstanceTypes", &[("Filter.1.Name", filter), ("Filter.1.Value.1", "x")]);
        }
        let unknown = [("Filter.1.Name", "vcpus"), ("Filter.1.Value.1", "2")];
        assert_eq!(world.code("DescribeInstanceTypes", &unknown), "InvalidParameterValue");
        let arm = [("Filter.1.Name", "processor-info.supported-architecture"), ("Filter.1.Value.1", "arm64")];
        assert!(
            texts(&world.ok("DescribeInstanceTypes", &arm), "instanceType")
                .iter()
                .all(|it| find(it).is_some_and(|it| it.is_arm()))
        );
    }
}
