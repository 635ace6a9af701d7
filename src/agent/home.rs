//! Forwarding in the node's own network namespace, which is not ours: it is switched on where a plan needs it, what
//! was set before is written down, and put back when no plan needs it any more.
//!
//! Each family on its own, and IPv6 only where an IPv6 route is planned here: the kernel then takes no more router
//! advertisements on interfaces that merely allow them (`accept_ra` 1), so those are told to insist (2), lest the node
//! loses its own address and default route.
//!
//! Several nodes may share the namespace. The last of them puts back what the first found.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::sysctl::{self, FORWARDING};
use crate::plan::config::Namespace;

/// Why the settings of the node's own namespace could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Setting(#[from] sysctl::Error),
    #[error("cannot keep {}", path.display())]
    Record {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// The file in a node's run directory that says what was set before.
const RECORD: &str = "forwarding";

const INTERFACES6: &str = "ipv6/conf";

/// What was found where something was wanted: settings with their values before.
struct Record {
    /// The number by which the kernel knows the namespace.
    namespace: u64,
    before: BTreeMap<String, String>,
}

/// Makes the namespace of the calling thread forward what the plan needs, and no more if it did not before; returns
/// the number of changes. `directory` is the node's run directory, beside those of other nodes.
pub fn forward(directory: &Path, want: &Namespace) -> Result<u64, Error> {
    let path = directory.join(RECORD);
    let here = fs::metadata("/proc/thread-self/ns/net").map_err(|source| error(&path, source))?.ino();
    // A record of another namespace is of no use in this one.
    let known = Record::read(&path).filter(|it| it.namespace == here);
    let mut record = known.unwrap_or(Record { namespace: here, before: BTreeMap::new() });
    let wanted = wanted(want, &record);

    let mut changes = 0;
    for name in &wanted {
        let Some(held) = sysctl::read(name) else { continue };
        // Written down before it is set, so that it is put back wherever we are interrupted.
        if !record.before.contains_key(name) {
            record.before.insert(name.clone(), held.clone());
            record.write(&path)?;
        }
        if held != set_to(name) {
            changes += u64::from(sysctl::write(name, set_to(name))?);
        }
    }
    let mut done: Vec<_> = record.before.keys().filter(|name| !wanted.contains(name)).cloned().collect();
    // What is set for the sake of forwarding goes after it.
    done.sort_by_key(|name| !FORWARDING.contains(&name.as_str()));
    for name in done {
        changes += record.put_back(&name, directory)?;
        record.write(&path)?;
    }
    if record.before.is_empty() {
        record.write(&path)?;
    }
    Ok(changes)
}

/// The settings that the plan needs, in the order in which they are to be set.
fn wanted(want: &Namespace, record: &Record) -> Vec<String> {
    let mut wanted = Vec::new();
    if !want.forwarding {
        return wanted;
    }
    let [forward4, forward6] = FORWARDING.map(str::to_string);
    wanted.push(forward4);
    if want.routes.keys().any(|key| key.destination.addr().is_ipv6()) {
        let others = |it: &String| it != "all" && it != "lo" && !want.links.contains_key(it);
        let interfaces = sysctl::list(INTERFACES6).into_iter().filter(others);
        let settings = interfaces.map(|it| format!("{INTERFACES6}/{it}/accept_ra"));
        let merely_allow = |it: &String| record.before.contains_key(it) || sysctl::read(it).as_deref() == Some("1");
        wanted.extend(settings.filter(merely_allow));
        wanted.push(forward6);
    }
    wanted
}

/// What we set it to.
fn set_to(name: &str) -> &'static str {
    if FORWARDING.contains(&name) { "1" } else { "2" }
}

impl Record {
    /// Puts back what was found, or leaves it to another node that needs the setting too.
    fn put_back(&mut self, name: &str, directory: &Path) -> Result<u64, Error> {
        let Some(before) = self.before.remove(name) else { return Ok(0) };
        // Either it needed no change, or somebody has changed it since.
        if before == set_to(name) || sysctl::read(name).as_deref() != Some(set_to(name)) {
            return Ok(0);
        }
        if let Some((path, mut heir)) = self.heir(name, directory) {
            heir.before.insert(name.to_string(), before);
            heir.write(&path)?;
            return Ok(0);
        }
        Ok(sysctl::write(name, &before)?.into())
    }

    /// The record of another node that needs the setting in the same namespace.
    fn heir(&self, name: &str, directory: &Path) -> Option<(PathBuf, Record)> {
        let nodes = fs::read_dir(directory.parent()?).ok()?.flatten().map(|it| it.path());
        let paths = nodes.filter(|it| it != directory).map(|it| it.join(RECORD));
        let mut records = paths.filter_map(|path| Record::read(&path).map(|it| (path, it)));
        records.find(|(_, it)| it.namespace == self.namespace && it.before.contains_key(name))
    }

    fn read(path: &Path) -> Option<Record> {
        let text = fs::read_to_string(path).ok()?;
        let mut lines = text.lines();
        let namespace = lines.next()?.parse().ok()?;
        let before = lines.filter_map(|line| line.split_once(' ')).map(|(name, value)| (name.into(), value.into()));
        Some(Record { namespace, before: before.collect() })
    }

    /// Replaces the file in one step; there is none where nothing is remembered.
    fn write(&self, path: &Path) -> Result<(), Error> {
        if self.before.is_empty() {
            return match fs::remove_file(path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => Err(error(path, source)),
                _ => Ok(()),
            };
        }
        let mut text = format!("{}\n", self.namespace);
        for (name, value) in &self.before {
            let _ = writeln!(text, "{name} {value}");
        }
        let new = path.with_extension("new");
        fs::write(&new, text).and_then(|()| fs::rename(&new, path)).map_err(|source| error(path, source))
    }
}

fn error(path: &Path, source: io::Error) -> Error {
    Error::Record { path: path.to_path_buf(), source }
}
