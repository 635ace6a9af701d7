//! The kernel's settings of a namespace, under `/proc/sys/net`. What is there is that of the calling thread's
//! namespace, so all of this runs inside `namespace::create` or `namespace::within`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

/// A setting could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot set {name} to {value}")]
pub struct Error {
    pub name: String,
    value: String,
    #[source]
    source: io::Error,
}

/// A setting and its value.
pub type Setting = (&'static str, Cow<'static, str>);

type Fixed = (&'static str, &'static str);

/// Nothing learned, nothing announced, no address of the kernel's own making: everything comes from the plan.
/// The links come later and begin with the defaults.
const QUIET: [Fixed; 6] = [
    ("ipv6/conf/default/accept_ra", "0"),
    ("ipv6/conf/default/accept_dad", "0"),
    ("ipv6/conf/default/router_solicitations", "0"),
    ("ipv6/conf/default/addr_gen_mode", "1"),
    ("ipv4/conf/all/accept_redirects", "0"),
    ("ipv4/conf/default/accept_redirects", "0"),
];

/// Whether a namespace forwards, by family.
pub const FORWARDING: [&str; 2] = ["ipv4/ip_forward", "ipv6/conf/all/forwarding"];

/// The source check is the firewall's.
const ROUTER: [Fixed; 4] = [
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv4/conf/all/send_redirects", "0"),
    ("ipv4/conf/default/send_redirects", "0"),
];

/// The ports and the ping sockets of a sandbox are its own, so its unprivileged processes may use them all.
const SANDBOX: [Fixed; 2] = [("ipv4/ip_unprivileged_port_start", "0"), ("ipv4/ping_group_range", "0\t2147483647")];

/// How long a flow is remembered without a packet, in seconds: EC2's times ("Connection tracking timeouts" in its
/// guide), where it tells none the kernel's own (`net/netfilter/nf_conntrack_proto_*.c`). Of TCP only the states in
/// which both ends may rest. Of the other protocols GRE alone has times of its own that differ; a kernel may not know it.
const FLOW_TIMES: [(&str, u32); 9] = [
    ("netfilter/nf_conntrack_tcp_timeout_established", 432_000),
    ("netfilter/nf_conntrack_tcp_timeout_close_wait", 60),
    ("netfilter/nf_conntrack_udp_timeout", 30),
    ("netfilter/nf_conntrack_udp_timeout_stream", 180),
    ("netfilter/nf_conntrack_icmp_timeout", 30),
    ("netfilter/nf_conntrack_icmpv6_timeout", 30),
    ("netfilter/nf_conntrack_gre_timeout", 600),
    ("netfilter/nf_conntrack_gre_timeout_stream", 600),
    ("netfilter/nf_conntrack_generic_timeout", 600),
];
/// Whether a TCP flow may be taken up in its middle: not where it is forgotten on purpose.
const TAKE_UP: &str = "netfilter/nf_conntrack_tcp_loose";

/// The settings of a namespace that lies between others.
pub fn of_router() -> Vec<Setting> {
    ROUTER.into_iter().chain(QUIET).map(fixed).collect()
}

/// The settings that make a namespace forward packets between its links, or not.
pub fn of_forwarding(on: bool) -> Vec<Setting> {
    FORWARDING.map(|name| fixed((name, if on { "1" } else { "0" }))).into()
}

/// The settings of an instance's namespace.
pub fn of_instance() -> Vec<Setting> {
    SANDBOX.into_iter().chain(QUIET).map(fixed).collect()
}

/// The settings that make a namespace forget flows after so many seconds, or after EC2's times.
pub fn of_flows(idle: Option<u32>) -> Vec<Setting> {
    let times = FLOW_TIMES.iter().map(|(name, own)| (*name, idle.unwrap_or(*own).to_string().into()));
    times.chain([fixed((TAKE_UP, if idle.is_some() { "0" } else { "1" }))]).collect()
}

fn fixed((name, value): Fixed) -> Setting {
    (name, value.into())
}

/// Makes the settings what is wanted and returns how many were otherwise.
///
/// Every namespace has directories of its own for each family, of the same names, and the kernel finds one by looking
/// at those of all namespaces in turn. So they are opened once, and what is in them from there.
pub fn apply(wanted: &[Setting]) -> Result<u64, Error> {
    let mut families: BTreeMap<&str, io::Result<OwnedFd>> = BTreeMap::new();
    let mut changes = 0;
    for (name, value) in wanted {
        let (family, rest) = name.split_once('/').unwrap_or((".", name));
        let directory = families.entry(family).or_insert_with(|| Ok(fs::File::open(file(family))?.into()));
        let settled = match directory {
            Ok(directory) => settle(directory.as_fd(), rest, value),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        };
        changes += u64::from(taken(name, value, settled)?);
    }
    Ok(changes)
}

/// Writes a setting in a directory unless it has the value; says whether it had another.
fn settle(directory: BorrowedFd<'_>, name: &str, value: &str) -> io::Result<bool> {
    let file = openat(directory, name, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?;
    let file = fs::File::from(file);
    let held = io::read_to_string(&file)?;
    if held.trim_end() == value {
        return Ok(false);
    }
    file.write_all_at(value.as_bytes(), 0)?;
    Ok(true)
}

/// `sysctl -n net.ipv4.ip_forward`, or nothing where the kernel has no such setting.
pub fn read(name: &str) -> Option<String> {
    fs::read_to_string(file(name)).ok().map(|it| it.trim_end().to_string())
}

/// `sysctl -w net.ipv4.ip_forward=1`; says whether there is such a setting.
pub fn write(name: &str, value: &str) -> Result<bool, Error> {
    taken(name, value, fs::write(file(name), value).map(|()| true))
}

/// What an attempt to set came to. A kernel without IPv6, or one that has not tracked a flow yet, has nothing to set.
fn taken(name: &str, value: &str, attempt: io::Result<bool>) -> Result<bool, Error> {
    match attempt {
        Err(source) if source.kind() == io::ErrorKind::NotFound && !name.starts_with("ipv4/") => Ok(false),
        Err(source) => Err(Error { name: name.to_string(), value: value.to_string(), source }),
        Ok(changed) => Ok(changed),
    }
}

/// The names in a directory of settings.
pub fn list(directory: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(file(directory)) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn file(name: &str) -> String {
    format!("/proc/sys/net/{name}")
}
