//! What of Culvert is on this machine: the nodes that leave their mark under `/run/culvert`, and their instances.
//!
//! One directory a node, named after its tag: the first eight digits of the node's id `h-…`. In it are the node's
//! instances, a link `data` to its data directory, and `lock` and `agent.pid` of the agent that runs.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::client::Client;
use super::ps::{self, DescribeHosts, Host};
use crate::state::id::InstanceId;

const TAG_LEN: usize = 8;
/// Locked while an agent runs.
pub(crate) const LOCK: &str = "lock";
/// The number of the agent's process; to be believed only while the lock is held.
pub(crate) const PID: &str = "agent.pid";
/// Leads to the node's data directory.
pub(crate) const DATA: &str = "data";

/// This process is the node's agent as long as it holds this.
pub(crate) struct Held {
    _lock: File,
}

/// Takes the node for this process, and leaves the marks by which other commands find it.
pub(crate) fn hold(run: &Path, tag: &str, data_dir: &Path) -> anyhow::Result<Held> {
    let dir = run.join(tag);
    let failed = || format!("cannot prepare {}", dir.display());
    fs::create_dir_all(&dir).with_context(failed)?;
    let lock = loop {
        let lock = open_lock(&dir).with_context(failed)?;
        match lock.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => bail!("another 'culvert up' or 'culvert down' is at work on this node"),
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        // Removed by `culvert down` after it was opened: a lock on it keeps nobody out.
        let stands =
            fs::metadata(dir.join(LOCK)).is_ok_and(|it| lock.metadata().is_ok_and(|own| own.ino() == it.ino()));
        if stands {
            break lock;
        }
        fs::create_dir_all(&dir).with_context(failed)?;
    };
    fs::write(dir.join(PID), format!("{}\n", std::process::id())).with_context(failed)?;
    let data = dir.join(DATA);
    if fs::read_link(&data).ok().as_deref() != Some(data_dir) {
        match fs::remove_file(&data) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(failed),
            _ => symlink(data_dir, &data).with_context(failed)?,
        }
    }
    Ok(Held { _lock: lock })
}

/// Opens the file that a node's agent locks.
pub(crate) fn open_lock(dir: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(dir.join(LOCK))
}

/// The names in a directory, in order.
pub(crate) fn entries(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> = entries.flatten().filter_map(|it| it.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The tags of the nodes that have something on this machine.
pub(crate) fn tags(run: &Path) -> Vec<String> {
    let is_tag = |it: &String| it.len() == TAG_LEN && it.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    entries(run).into_iter().filter(is_tag).collect()
}

/// Where the node of this machine that has this instance keeps what it knows of it.
pub(crate) fn instance_dir(run: &Path, id: InstanceId) -> Option<PathBuf> {
    let dirs = tags(run).into_iter().map(|it| run.join(it).join("instances").join(id.to_string()));
    dirs.into_iter().find(|it| it.is_dir())
}

/// The id of this machine's node, by its name if there are several.
pub(crate) fn node(client: &Client, run: &Path, wanted: Option<&str>) -> anyhow::Result<String> {
    let pages: Vec<DescribeHosts> = client.ec2_pages("DescribeHosts")?;
    let hosts: Vec<Host> = pages.into_iter().flat_map(|it| it.host_set.item).collect();
    choose(&hosts, &tags(run), wanted)
}

fn choose(hosts: &[Host], tags: &[String], wanted: Option<&str>) -> anyhow::Result<String> {
    let tag = |host: &Host| host.host_id.strip_prefix("h-").and_then(|it| it.get(..TAG_LEN)).map(str::to_owned);
    let local: Vec<&Host> = hosts.iter().filter(|it| tag(it).is_some_and(|it| tags.contains(&it))).collect();
    let names = || {
        let names: Vec<String> = local.iter().filter_map(|it| ps::name(&it.tag_set)).collect();
        names.join(", ")
    };
    let named: Vec<&&Host> = match wanted {
        Some(wanted) => local.iter().filter(|it| ps::name(&it.tag_set).as_deref() == Some(wanted)).collect(),
        None => local.iter().collect(),
    };
    match (named.as_slice(), wanted) {
        ([host], _) => Ok(host.host_id.clone()),
        (_, _) if local.is_empty() => bail!("no node of this API is on this machine; start one with 'culvert up'"),
        ([], Some(wanted)) => bail!("this machine has no node named '{wanted}', only {}", names()),
        _ => bail!("several nodes are on this machine ({}); choose one with --node-name", names()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: &str = "<r><hostSet><item><hostId>h-0123456789abcdef0</hostId><tagSet><item><key>Name</key>\
        <value>one</value></item></tagSet></item><item><hostId>h-fedcba9876543210f</hostId><tagSet><item>\
        <key>Name</key><value>two</value></item></tagSet></item></hostSet></r>";

    /// Says which node is chosen on a machine with these tags.
    fn check(tags: &[&str], wanted: Option<&str>, expect: &str) {
        let hosts: DescribeHosts = quick_xml::de::from_str(HOSTS).unwrap();
        let tags: Vec<String> = tags.iter().map(|it| it.to_string()).collect();
        let chosen = choose(&hosts.host_set.item, &tags, wanted).unwrap_or_else(|it| it.to_string());
        assert!(chosen.contains(expect), "{tags:?} {wanted:?}: {chosen}");
    }

    #[test]
    fn the_node_of_this_machine_is_found_by_its_mark_and_by_name_if_there_are_several() {
        check(&["01234567"], None, "h-0123456789abcdef0");
        check(&["01234567", "aaaaaaaa"], None, "h-0123456789abcdef0");
        check(&["01234567"], Some("two"), "no node named 'two', only one");
        check(&["01234567", "fedcba98"], Some("two"), "h-fedcba9876543210f");
        check(&["01234567", "fedcba98"], None, "several nodes are on this machine (one, two)");
        check(&[], None, "no node of this API");
        check(&["aaaaaaaa"], Some("one"), "no node of this API");
    }

    #[test]
    fn a_node_has_one_agent_and_a_link_to_its_data() {
        let run = std::env::temp_dir().join(format!("culvert-hold-{}", std::process::id()));
        let held = hold(&run, "0a1b2c3d", Path::new("/one")).unwrap();
        assert!(hold(&run, "0a1b2c3d", Path::new("/one")).is_err());
        hold(&run, "ffffffff", Path::new("/other")).unwrap();
        assert_eq!(fs::read_link(run.join("0a1b2c3d/data")).unwrap(), Path::new("/one"));
        assert_eq!(fs::read_to_string(run.join("0a1b2c3d/agent.pid")).unwrap(), format!("{}\n", std::process::id()));
        drop(held);
        hold(&run, "0a1b2c3d", Path::new("/two")).unwrap();
        assert_eq!(fs::read_link(run.join("0a1b2c3d/data")).unwrap(), Path::new("/two"));
        fs::remove_dir_all(&run).unwrap();
    }

    #[test]
    fn only_tags_are_nodes_and_only_known_instances_have_a_place() {
        let run = std::env::temp_dir().join(format!("culvert-local-{}", std::process::id()));
        let id: InstanceId = "i-0123456789abcdef0".parse().unwrap();
        let dir = run.join("0a1b2c3d/instances/i-0123456789abcdef0");
        for dir in [&dir, &run.join("other"), &run.join("0A1B2C3D")] {
            fs::create_dir_all(dir).unwrap();
        }
        assert_eq!(tags(&run), ["0a1b2c3d"]);
        assert_eq!(instance_dir(&run, id), Some(dir));
        assert_eq!(instance_dir(&run, "i-0123456789abcdef1".parse().unwrap()), None);
        fs::remove_dir_all(&run).unwrap();
    }
}
