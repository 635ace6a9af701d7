//! Namespaces, and threads that measure in them.

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;

use nix::sched::{CloneFlags, CpuSet, sched_setaffinity, setns};
use nix::unistd::Pid;

use super::Undo;

/// Where an address is reached from where.
#[derive(Clone)]
pub struct Pair {
    pub name: &'static str,
    pub client: PathBuf,
    pub server: PathBuf,
    pub address: Ipv4Addr,
}

/// The namespace of an instance on this machine.
pub fn instance(id: &str) -> PathBuf {
    Path::new("/run/netns").join(id)
}

/// A veth pair between two namespaces of this program: what a path through the product is compared with.
pub fn direct() -> (Pair, Undo) {
    let names = ["a", "b"].map(|it| format!("bench-{it}-{}", std::process::id()));
    let undo = {
        let names = names.clone();
        Undo::later(move || names.iter().for_each(|it| drop(Command::new("ip").args(["netns", "del", it]).status())))
    };
    let [a, b] = &names;
    ip(&format!("netns add {a}"));
    ip(&format!("netns add {b}"));
    ip(&format!("-n {a} link add eth0 type veth peer name eth0 netns {b}"));
    for (name, address) in [(a, "10.255.0.1/30"), (b, "10.255.0.2/30")] {
        ip(&format!("-n {name} address add {address} dev eth0"));
        ip(&format!("-n {name} link set eth0 up"));
        ip(&format!("-n {name} link set lo up"));
    }
    let pair = Pair { name: "direct veth", client: instance(a), server: instance(b), address: [10, 255, 0, 2].into() };
    (pair, undo)
}

/// Two namespaces with so many between them that forward and do nothing else: what a path through as many routers of
/// the product is compared with.
pub fn routed(name: &'static str, routers: usize) -> (Pair, Undo) {
    let names: Vec<String> =
        (0..routers + 2).map(|at| format!("bench-{}-{routers}-{at}", std::process::id())).collect();
    let undo = {
        let names = names.clone();
        Undo::later(move || names.iter().for_each(|it| drop(Command::new("ip").args(["netns", "del", it]).status())))
    };
    let address = |link: usize, end: usize| Ipv4Addr::new(10, 254, routers as u8, (4 * link + end) as u8);
    for name in &names {
        ip(&format!("netns add {name}"));
        ip(&format!("-n {name} link set lo up"));
    }
    for (link, ends) in names.windows(2).enumerate() {
        let [near, far] = ends else { unreachable!("windows of two") };
        ip(&format!("-n {near} link add next type veth peer name back netns {far}"));
        for (name, device, end) in [(near, "next", 1), (far, "back", 2)] {
            ip(&format!("-n {name} address add {}/30 dev {device}", address(link, end)));
            ip(&format!("-n {name} link set {device} up"));
        }
    }
    let server = address(routers, 2);
    for (at, name) in names.iter().enumerate() {
        if at <= routers {
            ip(&format!("-n {name} route replace {server}/32 via {} dev next", address(at, 2)));
        }
        if at > 0 {
            ip(&format!("-n {name} route add default via {} dev back", address(at - 1, 1)));
        }
        let forward = || std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").expect("a namespace of ours forwards");
        open_in(&instance(name), forward);
    }
    let pair = Pair { name, client: instance(&names[0]), server: instance(&names[routers + 1]), address: server };
    (pair, undo)
}

fn ip(line: &str) {
    let status = Command::new("ip").args(line.split_whitespace()).status().expect("iproute2 is installed");
    assert!(status.success(), "ip {line}");
}

/// Starts a thread in a namespace, on one CPU or wherever, ahead of the machine's other work.
pub fn enter<T: Send + 'static>(
    namespace: &Path,
    cpu: Option<usize>,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let there = File::open(namespace).unwrap_or_else(|error| panic!("{}: {error}", namespace.display()));
    std::thread::spawn(move || {
        setns(there, CloneFlags::CLONE_NEWNET).expect("the namespace can be entered");
        settle(cpu);
        work()
    })
}

/// Puts this thread on a CPU and ahead of others.
pub fn settle(cpu: Option<usize>) {
    if let Some(cpu) = cpu {
        let mut cpus = CpuSet::new();
        cpus.set(cpu).expect("the CPU has a number");
        sched_setaffinity(Pid::from_raw(0), &cpus).expect("the CPU is there");
    }
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -15) };
}

/// The last CPU, on which a quiet machine has the least to do.
pub fn last_cpu() -> usize {
    std::thread::available_parallelism().map_or(0, |it| usize::from(it) - 1)
}

/// Sets an option of a socket.
pub fn option<T>(socket: &impl AsRawFd, level: i32, name: i32, value: &T) {
    let size = size_of::<T>() as libc::socklen_t;
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, std::ptr::from_ref(value).cast(), size) };
    assert_eq!(done, 0, "setsockopt {level} {name}: {}", io::Error::last_os_error());
}

/// The sockets' own congestion control: the machine's default may be another.
pub fn cubic(socket: &impl AsRawFd) {
    option(socket, libc::IPPROTO_TCP, libc::TCP_CONGESTION, b"cubic");
}

/// Opens what `open` makes in a namespace, without going there for longer.
pub fn open_in<T: Send + 'static>(namespace: &Path, open: impl FnOnce() -> T + Send + 'static) -> T {
    enter(namespace, None, open).join().expect("sockets can be opened")
}

/// How long the kernel takes to make a network namespace with nothing in it.
pub fn bare_namespace() -> f64 {
    std::thread::spawn(|| {
        let began = std::time::Instant::now();
        nix::sched::unshare(CloneFlags::CLONE_NEWNET).expect("a namespace can be made");
        began.elapsed().as_secs_f64()
    })
    .join()
    .expect("the thread ends")
}
