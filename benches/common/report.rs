//! Numbers made readable: medians, tables, bars, and what the machine was doing meanwhile.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The value below which this part of the samples lies; sorts them.
pub fn quantile(samples: &mut [f64], part: f64) -> f64 {
    if samples.is_empty() {
        return f64::NAN;
    }
    samples.sort_by(f64::total_cmp);
    samples[((samples.len() as f64 * part) as usize).min(samples.len() - 1)]
}

pub fn median(samples: &[f64]) -> f64 {
    quantile(&mut samples.to_vec(), 0.5)
}

/// The median of what `of` makes of the samples of each round, pairwise.
pub fn pairwise(a: &[f64], b: &[f64], of: impl Fn(f64, f64) -> f64) -> f64 {
    median(&a.iter().zip(b).map(|(a, b)| of(*a, *b)).collect::<Vec<_>>())
}

/// The middle half of the samples, which says how much to believe their median.
pub fn spread(samples: &[f64], digits: usize) -> String {
    let mut sorted = samples.to_vec();
    let (low, high) = (quantile(&mut sorted, 0.25), quantile(&mut sorted, 0.75));
    format!("{low:.digits$}–{high:.digits$}")
}

/// A table that is printed when it is complete.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Table {
        Table { rows: vec![head.iter().map(|it| (*it).to_owned()).collect()] }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.rows[0].len(), "a row has as many cells as its head");
        self.rows.push(cells);
    }

    /// Prints with the first column to the left and the others to the right.
    pub fn print(&self) {
        let width = |at: usize| self.rows.iter().map(|it| it[at].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.rows[0].len()).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| match at {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            println!("  {}", cells.collect::<Vec<_>>().join("   ").trim_end());
            if number == 0 {
                println!("  {}", "─".repeat(widths.iter().sum::<usize>() + 3 * (widths.len() - 1)));
            }
        }
        println!();
    }
}

/// What was promised, and whether it was kept.
#[derive(Default)]
pub struct Bars {
    lines: Vec<(bool, String)>,
}

impl Bars {
    pub fn at_least(&mut self, what: &str, value: f64, bar: f64, unit: &str) {
        self.lines.push((value >= bar, format!("{what}: {value:.2}{unit}, bar ≥ {bar:.2}{unit}")));
    }

    pub fn at_most(&mut self, what: &str, value: f64, bar: f64, unit: &str) {
        self.lines.push((value <= bar, format!("{what}: {value:.2}{unit}, bar ≤ {bar:.2}{unit}")));
    }

    /// Prints the verdicts. With `CULVERT_BENCH_STRICT` set a missed bar fails the program.
    pub fn judge(self) -> std::process::ExitCode {
        println!("Bars");
        for (met, text) in &self.lines {
            println!("  {}  {text}", if *met { "met   " } else { "MISSED" });
        }
        println!("Load average now: {}", load());
        println!();
        let all = self.lines.iter().all(|it| it.0);
        let strict = std::env::var_os("CULVERT_BENCH_STRICT").is_some();
        if all || !strict { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
    }
}

/// The machine in one line.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model =
        info.lines().find_map(|it| it.strip_prefix("model name")?.split_once(':')).map_or("?", |it| it.1.trim());
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cpus} × {model}, Linux {}, load average {}", read("/proc/sys/kernel/osrelease").trim(), load())
}

pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// Memory in MiB.
#[derive(Clone, Copy)]
pub struct Memory {
    /// What is in use of the machine's: all but what it could still give.
    pub machine: f64,
    /// Of that, the kernel's own objects.
    pub slab: f64,
    /// What is resident of the server.
    pub server: f64,
}

impl Memory {
    /// What is in use now, with what is resident of the server.
    pub fn now(server: f64) -> Memory {
        let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let read = |name: &str| {
            let line = text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
        };
        Memory { machine: read("MemTotal") - read("MemAvailable"), slab: read("Slab"), server }
    }

    /// What one of so many things costs that were made since, in words.
    pub fn each(self, before: Memory, made: usize) -> String {
        let of = |now: f64, before: f64| (now - before) / made as f64;
        format!(
            "{:.2} MiB of the machine's memory each, of which {:.2} MiB are the kernel's objects and {:.3} MiB the server's",
            of(self.machine, before.machine),
            of(self.slab, before.slab),
            of(self.server, before.server)
        )
    }
}

/// The processor time that a process has used.
pub fn cpu_of(pid: i32) -> Duration {
    let mut clock = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let failed =
        unsafe { libc::clock_getcpuclockid(pid, &mut clock) != 0 || libc::clock_gettime(clock, &mut time) != 0 };
    assert!(!failed, "process {pid} has a clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Writes of 300 bytes to a file that has its full size already, each made durable: how long each takes in seconds.
/// No single durable write can be cheaper; one that makes its file grow pays for the journal as well.
pub fn disk(directory: &Path, time: Duration) -> Vec<f64> {
    const SIZE: usize = 8 << 20;
    let path = directory.join("bench-disk");
    let mut file = File::create(&path).expect("the directory can be written");
    file.write_all(&vec![b'-'; SIZE]).and_then(|()| file.sync_all()).expect("the disk takes it");
    let mut samples = Vec::new();
    let end = Instant::now() + time;
    while Instant::now() < end {
        let at = samples.len() * 300 % (SIZE - 300);
        let began = Instant::now();
        file.write_all_at(&[b'x'; 300], at as u64).and_then(|()| file.sync_data()).expect("the disk takes it");
        samples.push(began.elapsed().as_secs_f64());
    }
    let _ = std::fs::remove_file(path);
    samples
}

pub fn micros(seconds: f64) -> String {
    format!("{:.0} µs", seconds * 1e6)
}

pub fn millis(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1e3)
}
