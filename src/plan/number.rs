//! What nftables and the Internet's protocols call by number.

/// `meta nfproto`.
pub const IPV4: u8 = 2;
pub const IPV6: u8 = 10;

/// `meta l4proto`.
pub const ICMP: u8 = 1;
pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const ICMPV6: u8 = 58;

/// Bits of `ct state`.
pub const INVALID: u32 = 1;
pub const ESTABLISHED: u32 = 2;
pub const RELATED: u32 = 4;
pub const NEW: u32 = 8;

/// Priorities of hooks: before connection tracking (`raw`), `dstnat` and `srcnat`.
pub const RAW: i32 = -300;
pub const DESTINATION_NAT: i32 = -100;
pub const SOURCE_NAT: i32 = 100;
