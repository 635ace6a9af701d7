//! What the benchmarks share: a server of their own, signed calls to it, namespaces, and numbers made readable.
//!
//! Black-box: nothing of the product is used but its binary and its API. Each program takes what it needs.
#![allow(dead_code)]

pub mod client;
pub mod flows;
pub mod net;
pub mod report;

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};

use client::{Caller, Key};

const BINARY: &str = env!("CARGO_BIN_EXE_culvert");
pub const REGION: &str = "us-east-1";
/// How long a server may take to come up, or to go.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has to be undone if the program is told to stop in the middle: the newest is undone first.
static UNDO: Mutex<Vec<(u64, Step)>> = Mutex::new(Vec::new());

type Step = Box<dyn FnOnce() + Send>;

/// Undoes something when it goes out of scope or when a signal ends the program, whichever comes first.
pub struct Undo(u64);

impl Undo {
    pub fn later(undo: impl FnOnce() + Send + 'static) -> Undo {
        let mut all = UNDO.lock().unwrap();
        let number = all.last().map_or(0, |it| it.0 + 1);
        all.push((number, Box::new(undo)));
        Undo(number)
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        let mut all = UNDO.lock().unwrap();
        if let Some(at) = all.iter().position(|it| it.0 == self.0) {
            (all.remove(at).1)();
        }
    }
}

/// To be called before any thread is started: cleans up when a signal asks the program to stop.
pub fn begin(what: &str) {
    assert!(nix::unistd::geteuid().is_root(), "the benchmarks make network namespaces: run them as root");
    let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
    signals.thread_block().expect("signals can be blocked");
    std::thread::spawn(move || {
        let _ = signals.wait();
        eprintln!("stopped; cleaning up");
        let mut all = UNDO.lock().unwrap();
        while let Some((_, undo)) = all.pop() {
            undo();
        }
        std::process::exit(130);
    });
    println!("{what}");
    println!("{}", report::machine());
    println!();
}

/// A command of the product, with nothing of the user's environment that could turn it elsewhere.
fn culvert() -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("AWS_") || name_text.starts_with("CULVERT_") || name_text == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    // This program blocks signals, and what a child is started with it keeps.
    unsafe {
        command.pre_exec(|| SigSet::all().thread_unblock().map_err(io::Error::from));
    }
    command
}

/// A `culvert up` with a data directory of its own.
pub struct Server {
    pub address: SocketAddr,
    pub data_dir: PathBuf,
    pub key: Key,
    pub pid: i32,
    _undo: Undo,
}

impl Server {
    /// Starts and waits until it serves writes. The data directory lies beside the build, on its disk.
    pub fn start(name: &str) -> Server {
        let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{}", std::process::id()));
        let data_dir = place.join("data");
        fs::create_dir_all(&data_dir).expect("the target directory can be written");
        let address = free_address();
        let log = place.join("log");
        let mut child = culvert()
            .args([
                "up",
                "--listen",
                &address.to_string(),
                "--node-name",
                &format!("bench-{name}-{}", std::process::id()),
            ])
            .arg("--data-dir")
            .arg(&data_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).expect("the log can be made"))
            .spawn()
            .expect("the product's binary starts");
        let pid = child.id() as i32;
        let ready = ready(&mut child, address);
        let undo = {
            let data_dir = data_dir.clone();
            Undo::later(move || {
                down(child, &data_dir);
                let _ = fs::remove_dir_all(place);
            })
        };
        if !ready {
            let text = fs::read_to_string(&log).unwrap_or_default();
            drop(undo);
            panic!("culvert up does not serve:\n{text}");
        }
        let key = Key::read(&data_dir.join("credentials"));
        Server { address, data_dir, key, pid, _undo: undo }
    }

    /// A connection of its own, kept alive, whose requests are signed by the root account.
    pub fn caller(&self) -> Caller {
        Caller::connect(self.address, self.key.clone())
    }

    /// A command of the product that talks to this server.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = culvert();
        command
            .args(args)
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.data_dir.join("credentials"))
            .env("AWS_REGION", REGION);
        command
    }

    /// The processor time that the server has used.
    pub fn cpu(&self) -> Duration {
        report::cpu_of(self.pid)
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let line = text.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
    }
}

fn ready(child: &mut Child, address: SocketAddr) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && child.try_wait().is_ok_and(|it| it.is_none()) {
        if client::get(address, "/readyz").is_ok_and(|(status, _)| status == 200) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn down(mut child: Child, data_dir: &std::path::Path) {
    let gone = culvert().arg("down").arg("--data-dir").arg(data_dir).stdout(Stdio::null()).status();
    if !gone.as_ref().is_ok_and(|it| it.success()) {
        eprintln!("culvert down --data-dir {} failed: {gone:?}", data_dir.display());
    }
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().is_ok_and(|it| it.is_none()) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("loopback has a free port")
}

/// The sum and the count of a histogram of the server.
#[derive(Clone, Copy, Default)]
pub struct Sum {
    pub seconds: f64,
    pub count: f64,
}

impl Server {
    /// Reads a histogram from `/metrics`; `None` where the server has no such.
    pub fn histogram(&self, name: &str) -> Option<Sum> {
        let (_, text) = client::get(self.address, "/metrics").ok()?;
        let read = |suffix: &str| {
            let prefix = format!("{name}_{suffix} ");
            text.lines().find_map(|it| it.strip_prefix(&prefix)?.trim().parse().ok())
        };
        Some(Sum { seconds: read("sum")?, count: read("count")? })
    }
}
