//! AWS's figures of instance types.
//!
//! Of the types that AWS's model names, those of its fifth generation and later, and older ones that AWS still counts
//! as current. Types with several network cards, with accelerators, and those that are a whole machine are left out:
//! nothing here is like them. So are those of a Mac, of high-performance computing, and of whole terabytes of memory.

use super::InstanceType;

/// All types.
pub fn types() -> impl Iterator<Item = InstanceType> {
    let regular = LADDERS.iter().flat_map(|(sizes, families)| {
        sizes.split(' ').flat_map(|size| families.split("; ").flat_map(move |them| of_size(size, them)))
    });
    let singular = SINGULAR.iter().map(|(name, vcpus, memory_mib, interfaces_max, addresses_max)| InstanceType {
        name: (*name).to_owned(),
        vcpus: *vcpus,
        memory_mib: *memory_mib,
        interfaces_max: *interfaces_max,
        addresses_max: *addresses_max,
    });
    regular.chain(singular)
}

/// One size of families with the same memory a processor.
fn of_size<'a>(size: &'a str, families: &'a str) -> impl Iterator<Item = InstanceType> + 'a {
    let (size, limits) = size.split_once(':').expect("a size has its limits");
    let (interfaces, addresses) = limits.split_once('x').expect("there are two limits");
    let (memory, families) = families.split_once(' ').expect("the memory comes before the families");
    let vcpus = match size {
        "medium" => 1,
        "large" => 2,
        "xlarge" => 4,
        _ => 4 * number::<u16>(size.trim_end_matches("xlarge")),
    };
    families.split(' ').map(move |family| InstanceType {
        name: format!("{family}.{size}"),
        vcpus,
        memory_mib: u32::from(vcpus) * number::<u32>(memory),
        interfaces_max: number(interfaces),
        addresses_max: number(addresses),
    })
}

fn number<N: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> N {
    text.parse().expect("the table holds numbers")
}

/// Sizes with the interfaces that they take and the addresses an interface, then the families that come in just these,
/// behind the MiB of memory that they have for each processor. A size has as many processors in every family.
#[rustfmt::skip]
const LADDERS: &[(&str, &str)] = &[
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50 \
      24xlarge:15x50",
     "2048 c5a c5ad c6in; 4096 m5 m5a m5ad m5d m5dn m5n m6idn m6in; 8192 r5 r5a r5ad r5b r5d r5dn r5n r6idn \
      r6in"),
    ("medium:2x4 large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50",
     "2048 c6g c6gd c6gn c7g c7gd c7gn; 4096 m6g m6gd m7g m7gd; 8192 r6g r6gd r7g r7gd; 16384 x2gd"),
    ("medium:2x4 large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50 \
      24xlarge:15x50 48xlarge:15x50",
     "2048 c8g c8gd; 4096 m8g m8gd; 8192 r8g r8gd; 16384 x8g"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50 \
      24xlarge:15x50 32xlarge:15x50",
     "2048 c6i c6id; 4096 m6i m6id; 8192 r6i r6id"),
    ("medium:2x4 large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:10x30 12xlarge:12x30 16xlarge:16x50 \
      24xlarge:24x50",
     "2048 c8gb c8gn; 4096 m8gb m8gn; 8192 r8gb r8gn"),
    ("large:3x20 xlarge:4x30 2xlarge:4x30 4xlarge:8x50 8xlarge:10x50 12xlarge:12x50 16xlarge:16x64 \
      24xlarge:16x64 32xlarge:24x64 48xlarge:24x64 96xlarge:24x64",
     "2048 c8i c8id; 4096 m8i m8id; 8192 r8i r8id"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50 \
      24xlarge:15x50 48xlarge:15x50",
     "2048 c7i; 4096 m7i; 8192 i7i i8g r7i"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50 \
      24xlarge:15x50 32xlarge:15x50 48xlarge:15x50",
     "2048 c6a; 4096 m6a; 8192 r6a"),
    ("medium:2x4 large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50 \
      24xlarge:15x50 32xlarge:15x50 48xlarge:15x50",
     "2048 c7a; 4096 m7a; 8192 r7a"),
    ("medium:2x4 large:3x20 xlarge:4x20 2xlarge:4x40 4xlarge:8x40 8xlarge:10x40 12xlarge:12x64 16xlarge:16x64 \
      24xlarge:16x64 48xlarge:24x64",
     "2048 c8a; 4096 m8a; 8192 r8a"),
    ("large:3x20 xlarge:4x30 2xlarge:4x30 4xlarge:8x50 8xlarge:10x50 12xlarge:12x50 16xlarge:16x64",
     "2048 c8i-flex; 4096 m8i-flex; 8192 r8i-flex"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 16xlarge:15x50",
     "4096 im4gn; 7808 i3; 8192 i4g"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 9xlarge:8x30 12xlarge:8x30 18xlarge:15x50 \
      24xlarge:15x50",
     "2048 c5 c5d"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50",
     "2048 c7i-flex; 4096 m7i-flex"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 3xlarge:8x30 6xlarge:8x30 12xlarge:15x50",
     "4096 m5zn; 8192 z1d"),
    ("xlarge:4x3 2xlarge:4x5 4xlarge:4x10 8xlarge:3x20",
     "8192 d3"),
    ("xlarge:4x3 2xlarge:4x5 4xlarge:4x10 6xlarge:4x15 8xlarge:4x20 12xlarge:3x30",
     "4096 d3en"),
    ("2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 16xlarge:8x50",
     "4096 h1"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 3xlarge:4x15 6xlarge:8x30 12xlarge:8x30 24xlarge:15x50",
     "8192 i3en"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50 \
      24xlarge:15x30 32xlarge:15x50",
     "8192 i4i"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 3xlarge:4x15 6xlarge:8x30 12xlarge:8x50 18xlarge:15x50 \
      24xlarge:15x50",
     "8192 i7ie"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 3xlarge:6x30 6xlarge:10x30 12xlarge:12x30 18xlarge:16x50 \
      24xlarge:16x50",
     "8192 i8ge"),
    ("medium:2x4 large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30",
     "6144 is4gen"),
    ("medium:3x4 large:4x20 xlarge:4x20 3xlarge:8x40 6xlarge:8x40 12xlarge:16x64 24xlarge:16x64",
     "4096 m8azn"),
    ("large:3x10 xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 12xlarge:8x30 16xlarge:15x50 \
      32xlarge:15x50",
     "8192 r7iz"),
    ("16xlarge:8x30 32xlarge:8x30",
     "15616 x1"),
    ("xlarge:3x10 2xlarge:4x15 4xlarge:4x15 8xlarge:4x15 16xlarge:8x30 32xlarge:8x30",
     "31232 x1e"),
    ("16xlarge:15x50 24xlarge:15x50 32xlarge:15x50",
     "16384 x2idn"),
    ("xlarge:4x15 2xlarge:4x15 4xlarge:8x30 8xlarge:8x30 16xlarge:15x50 24xlarge:15x50 32xlarge:15x50",
     "32768 x2iedn"),
    ("2xlarge:4x15 4xlarge:8x30 6xlarge:8x30 8xlarge:8x30 12xlarge:15x50",
     "32768 x2iezn"),
    ("large:4x20 xlarge:4x20 3xlarge:8x40 6xlarge:8x40 12xlarge:16x64 24xlarge:16x64",
     "32768 x8aedz"),
    ("large:3x20 xlarge:4x30 2xlarge:4x30 4xlarge:8x50 8xlarge:10x50 12xlarge:12x50 16xlarge:16x64 \
      24xlarge:16x64 32xlarge:24x64 48xlarge:24x64 64xlarge:24x64 96xlarge:24x64",
     "16384 x8i"),
];

/// Types that follow no rule: name, processors, MiB of memory, interfaces, addresses an interface.
#[rustfmt::skip]
const SINGULAR: &[(&str, u16, u32, u8, u8)] = &[
    // What EC2 takes when a call names no type. On AWS it has no IPv6 addresses at all.
    ("m1.small", 1, 1_740, 2, 4),

    ("t2.nano", 1, 512, 2, 2),
    ("t2.micro", 1, 1_024, 2, 2),
    ("t2.small", 1, 2_048, 3, 4),
    ("t2.medium", 2, 4_096, 3, 6),
    ("t2.large", 2, 8_192, 3, 12),
    ("t2.xlarge", 4, 16_384, 3, 15),
    ("t2.2xlarge", 8, 32_768, 3, 15),

    ("t3.nano", 2, 512, 2, 2),
    ("t3.micro", 2, 1_024, 2, 2),
    ("t3.small", 2, 2_048, 3, 4),
    ("t3.medium", 2, 4_096, 3, 6),
    ("t3.large", 2, 8_192, 3, 12),
    ("t3.xlarge", 4, 16_384, 4, 15),
    ("t3.2xlarge", 8, 32_768, 4, 15),

    ("t3a.nano", 2, 512, 2, 2),
    ("t3a.micro", 2, 1_024, 2, 2),
    ("t3a.small", 2, 2_048, 2, 4),
    ("t3a.medium", 2, 4_096, 3, 6),
    ("t3a.large", 2, 8_192, 3, 12),
    ("t3a.xlarge", 4, 16_384, 4, 15),
    ("t3a.2xlarge", 8, 32_768, 4, 15),

    ("t4g.nano", 2, 512, 2, 2),
    ("t4g.micro", 2, 1_024, 2, 2),
    ("t4g.small", 2, 2_048, 3, 4),
    ("t4g.medium", 2, 4_096, 3, 6),
    ("t4g.large", 2, 8_192, 3, 12),
    ("t4g.xlarge", 4, 16_384, 4, 15),
    ("t4g.2xlarge", 8, 32_768, 4, 15),

    ("c5n.large", 2, 5_376, 3, 10),
    ("c5n.xlarge", 4, 10_752, 4, 15),
    ("c5n.2xlarge", 8, 21_504, 4, 15),
    ("c5n.4xlarge", 16, 43_008, 8, 30),
    ("c5n.9xlarge", 36, 98_304, 8, 30),
    ("c5n.18xlarge", 72, 196_608, 15, 50),
];
