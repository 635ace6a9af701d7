//! What is written down about the instances of this node: one directory an instance, which marks it as ours.
//!
//! Under the run directory, so that a restart of the machine, which ends every instance, forgets them too. The
//! directory is made before the instance's namespace and removed after it.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::kernel::Place;
use super::namespace;
use super::process::{self, Children, Ending};
use crate::plan::config::Instance;

/// Why an instance's records could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot write {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("a network namespace {0} exists that is not of this node")]
    Foreign(String),
    #[error("cannot start the main process of {instance}")]
    Main {
        instance: String,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Process(#[from] process::Error),
}

/// The records of one node.
pub struct Records {
    place: Place,
    directory: PathBuf,
}

impl Records {
    pub fn open(place: Place) -> Result<Records, Error> {
        let directory = place.run_dir.join(&place.tag).join("instances");
        fs::create_dir_all(&directory).map_err(|source| Error::File { path: directory.clone(), source })?;
        Ok(Records { place, directory })
    }

    /// The instances that are ours.
    pub fn list(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.directory) else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    pub fn exists(&self, id: &str) -> bool {
        self.of(id).exists()
    }

    /// The launch whose namespace was completed.
    pub fn launch(&self, id: &str) -> Option<u32> {
        fs::read_to_string(self.of(id).join("launch")).ok()?.trim().parse().ok()
    }

    pub fn set_launch(&self, id: &str, launch: u32) -> Result<(), Error> {
        write(&self.of(id).join("launch"), launch.to_string().as_bytes()).map(drop)
    }

    /// Marks the instance as ours, unless its name is taken.
    pub fn begin(&self, id: &str) -> Result<(), Error> {
        let path = self.of(id);
        if !path.exists() && namespace::find(id) == namespace::Found::Namespace {
            return Err(Error::Foreign(id.to_string()));
        }
        fs::create_dir_all(&path).map_err(|source| Error::File { path, source })
    }

    /// Forgets the instance.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let path = self.of(id);
        match fs::remove_dir_all(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::File { path, source }),
            _ => Ok(()),
        }
    }

    /// Forgets this node.
    pub fn remove_tag(&self) {
        // What is left of it, if it cannot be removed, is an empty directory.
        let _ = fs::remove_dir(&self.directory).and_then(|()| fs::remove_dir(self.place.run_dir.join(&self.place.tag)));
    }

    /// How the instance's processes are found when it ends.
    pub fn ending(&self, id: &str) -> Ending {
        Ending { namespace: id.to_string(), main: process::recorded(&self.of(id)) }
    }

    /// Writes the resolver and host files; returns how many changed. They are written in place, since running
    /// processes see these very files.
    pub fn write_files(&self, id: &str, instance: &Instance) -> Result<u64, Error> {
        let directory = self.of(id);
        let mut changes = 0;
        for (name, text) in [("resolv.conf", resolver(instance)), ("hosts", hosts(instance))] {
            changes += u64::from(write(&directory.join(name), text.as_bytes())?);
        }
        Ok(changes)
    }

    /// Whether the main process of this launch was ever started.
    pub fn has_started(&self, id: &str) -> bool {
        self.of(id).join(process::RECORD).exists()
    }

    /// Starts the instance's main process: unprivileged, on its own, its output to the instance's log.
    pub fn start(&self, id: &str, instance: &Instance, children: &mut Children) -> Result<(), Error> {
        let Some(script) = &instance.main else { return Ok(()) };
        let data = self.place.data_dir.join("instances").join(id);
        let file = |path: &Path| {
            let path = path.to_path_buf();
            move |source| Error::File { path, source }
        };
        fs::create_dir_all(&data).map_err(file(&data))?;
        let main = data.join("main");
        write(&main, script)?;
        fs::set_permissions(&main, fs::Permissions::from_mode(0o755)).map_err(file(&main))?;
        let log = data.join("log");
        let output = fs::OpenOptions::new().create(true).append(true).open(&log).map_err(file(&log))?;
        let errors = output.try_clone().map_err(file(&log))?;
        let mut remarks = output.try_clone().map_err(file(&log))?;

        // The user may not see into the data directory, so the script is shown in the instance's own.
        let directory = self.of(id);
        let shown = directory.join("main");
        write(&shown, b"")?;
        let mut command = Command::new(&shown);
        command.stdin(std::process::Stdio::null()).stdout(output).stderr(errors).current_dir("/");
        command.env_clear().envs([
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOME", "/"),
            ("LANG", "C.UTF-8"),
            ("HOSTNAME", &instance.host_name),
            ("INSTANCE_ID", id),
        ]);
        process::enter_as_main(&mut command, &namespace::path(id), &directory, &self.place.user, &main, &shown)?;
        match command.spawn() {
            Ok(child) => children.add(child),
            // It left its record, so it came as far as the script, which is its owner's: said where its owner looks.
            Err(problem) if self.has_started(id) => {
                // A full disk leaves nowhere to say it.
                let _ = writeln!(remarks, "culvert: the user data cannot be run: {problem}");
            }
            Err(source) => return Err(Error::Main { instance: id.to_string(), source }),
        }
        Ok(())
    }

    fn of(&self, id: &str) -> PathBuf {
        self.directory.join(id)
    }
}

fn resolver(instance: &Instance) -> String {
    let mut text = String::new();
    if !instance.domain.is_empty() {
        let _ = writeln!(text, "search {}", instance.domain);
    }
    for server in &instance.resolvers {
        let _ = writeln!(text, "nameserver {server}");
    }
    text
}

fn hosts(instance: &Instance) -> String {
    let mut text = String::from("127.0.0.1 localhost\n::1 localhost\n");
    if let Some((_, prefix)) = instance.namespace.addresses.first() {
        let name = &instance.host_name;
        // The whole name first: it is what a look-up of the address answers.
        let whole = instance.domain.split(' ').next().filter(|it| !it.is_empty()).map(|it| format!("{name}.{it} "));
        let _ = writeln!(text, "{} {}{name}", prefix.addr(), whole.unwrap_or_default());
    }
    text
}

/// Writes the file if it does not hold this already, and says whether it had to.
fn write(path: &Path, bytes: &[u8]) -> Result<bool, Error> {
    if fs::read(path).is_ok_and(|held| held == bytes) {
        return Ok(false);
    }
    fs::write(path, bytes).map(|()| true).map_err(|source| Error::File { path: path.to_path_buf(), source })
}
