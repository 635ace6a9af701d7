//! The kernel's settings of a namespace, under `/proc/sys/net`. What is there is that of the calling thread's
//! namespace, so all of this runs inside `namespace::create` or `namespace::within`.

use std::fs;
use std::io;

/// A setting could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot set {name} to {value}")]
pub struct Error {
    pub name: &'static str,
    value: &'static str,
    #[source]
    source: io::Error,
}

/// A setting and its value.
pub type Setting = (&'static str, &'static str);

/// Nothing learned, nothing announced, no address of the kernel's own making: everything comes from the plan.
/// The links come later and begin with the defaults.
const QUIET: [Setting; 6] = [
    ("ipv6/conf/default/accept_ra", "0"),
    ("ipv6/conf/default/accept_dad", "0"),
    ("ipv6/conf/default/router_solicitations", "0"),
    ("ipv6/conf/default/addr_gen_mode", "1"),
    ("ipv4/conf/all/accept_redirects", "0"),
    ("ipv4/conf/default/accept_redirects", "0"),
];

/// Forwarding first: the kernel resets other settings with it. The source check is the firewall's.
const ROUTER: [Setting; 6] = [
    ("ipv4/ip_forward", "1"),
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv4/conf/all/send_redirects", "0"),
    ("ipv4/conf/default/send_redirects", "0"),
];

/// The ports and the ping sockets of a sandbox are its own, so its unprivileged processes may use them all.
const SANDBOX: [Setting; 2] = [("ipv4/ip_unprivileged_port_start", "0"), ("ipv4/ping_group_range", "0\t2147483647")];

/// The settings of a namespace.
pub fn wanted(forwarding: bool) -> impl Iterator<Item = Setting> {
    let role: &[Setting] = if forwarding { &ROUTER } else { &SANDBOX };
    role.iter().chain(&QUIET).copied()
}

/// Those of the wanted settings that are otherwise.
pub fn observe(forwarding: bool) -> Vec<Setting> {
    wanted(forwarding)
        .filter(|(name, value)| fs::read_to_string(file(name)).is_ok_and(|it| it.trim_end() != *value))
        .collect()
}

/// `sysctl -w net.ipv4.ip_forward=1`
pub fn apply(setting: &Setting) -> Result<(), Error> {
    let &(name, value) = setting;
    match fs::write(file(name), value) {
        // A kernel without IPv6 has nothing to set.
        Err(source) if source.kind() == io::ErrorKind::NotFound && name.starts_with("ipv6/") => Ok(()),
        other => other.map_err(|source| Error { name, value, source }),
    }
}

fn file(name: &str) -> String {
    format!("/proc/sys/net/{name}")
}
