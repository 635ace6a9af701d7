//! Where records are kept: files under `flow-logs` in the data directory, as AWS names objects and streams.
//!
//! ```text
//!  s3/BUCKET/PREFIX/AWSLogs/ACCOUNT/vpcflowlogs/REGION/YEAR/MONTH/DAY/ACCOUNT_vpcflowlogs_REGION_LOG_TIME_NUMBER.log
//!  cloud-watch-logs/ACCOUNT/REGION/GROUP/INTERFACE-all/TIME_NUMBER.log
//! ```
//!
//! What is written and up to where the kernel was counted then are one step, however the program ends: `counted` says
//! both before any file is touched, and the next start finishes what it says.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::plan::flow;
use crate::state::flow_log::{Destination, FlowLog, Recorded};
use crate::state::id::InterfaceId;

/// For how long one object is written to, in seconds, as on AWS.
const WINDOW_SECONDS: i64 = 300;
/// AWS begins a new object at 75 MB.
const FILE_BYTES_MAX: u64 = 75_000_000;
/// Of all that may be kept, the part that one file may take.
const FILES_MIN: u64 = 32;

const COUNTED: &str = "counted";

/// The files of one node.
pub struct Files {
    root: PathBuf,
    /// The first eight digits of the node's id, as a number: files of nodes that share a directory differ in it.
    tag: u32,
    /// How many bytes all files may have together.
    most: u64,
    /// How many were written since it was looked at that.
    unchecked: u64,
}

/// What the next start must know: `C` is where counting had come to.
#[derive(Serialize, Deserialize)]
struct Step<C> {
    counted: C,
    pending: Vec<Pending>,
}

/// What is to stand at the end of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    file: PathBuf,
    /// The length of what is before it, in bytes.
    offset: u64,
    text: String,
}

impl Files {
    /// Files under `data_dir`.
    pub fn open(data_dir: &Path, tag: &str, most: u64) -> Files {
        let tag = u32::from_str_radix(tag, 16).unwrap_or(0);
        Files { root: data_dir.join("flow-logs"), tag, most, unchecked: u64::MAX }
    }

    /// Finishes what was begun, and says where counting had come to; nothing where nothing was ever counted.
    pub fn recover<C: DeserializeOwned>(&self) -> io::Result<Option<C>> {
        let bytes = match fs::read(self.root.join(COUNTED)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // One of another release is of no use: what the kernel holds is counted anew.
        let Ok(step) = rmp_serde::from_slice::<Step<C>>(&bytes) else { return Ok(None) };
        for it in &step.pending {
            if (it.offset..it.offset + it.text.len() as u64).contains(&length(&it.file)?) {
                append(it)?;
            }
        }
        Ok(Some(step.counted))
    }

    /// Adds texts to files, and notes where counting has come to: both or neither.
    pub fn write<C: Serialize>(&mut self, texts: &BTreeMap<Place, String>, counted: &C) -> io::Result<()> {
        fs::create_dir_all(&self.root)?;
        let mut pending = Vec::new();
        for (place, text) in texts {
            self.share_out(place, text, &mut pending)?;
        }
        let step = Step { counted, pending };
        let (new, file) = (self.root.join(".counted"), self.root.join(COUNTED));
        fs::write(&new, rmp_serde::to_vec_named(&step).map_err(io::Error::other)?)?;
        fs::rename(&new, &file)?;
        for it in &step.pending {
            append(it)?;
            self.unchecked = self.unchecked.saturating_add(it.text.len() as u64);
        }
        if self.unchecked >= self.most / FILES_MIN {
            self.trim()?;
        }
        Ok(())
    }

    fn file_bytes_max(&self) -> u64 {
        FILE_BYTES_MAX.min(self.most / FILES_MIN)
    }

    /// Where a text goes: to the end of a file that is not full, and on into others.
    fn share_out(&self, place: &Place, text: &str, pending: &mut Vec<Pending>) -> io::Result<()> {
        let directory = self.root.join(&place.directory);
        fs::create_dir_all(&directory)?;
        let mut lines = text.split_inclusive('\n').peekable();
        for number in 0.. {
            if lines.peek().is_none() {
                break;
            }
            let file = directory.join(format!("{}_{:08x}.log", place.stem, self.tag.wrapping_add(number)));
            let offset = length(&file)?;
            let header = if offset == 0 { place.header.as_str() } else { "" };
            let mut text = header.to_owned();
            while offset + (text.len() as u64) < self.file_bytes_max() {
                let Some(line) = lines.next() else { break };
                text += line;
            }
            if text.len() > header.len() {
                pending.push(Pending { file, offset, text });
            }
        }
        Ok(())
    }

    /// Removes the oldest files until the rest may stay.
    fn trim(&mut self) -> io::Result<()> {
        let mut found: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
        let mut directories = vec![self.root.join("s3"), self.root.join("cloud-watch-logs")];
        while let Some(directory) = directories.pop() {
            let Ok(entries) = fs::read_dir(&directory) else { continue };
            for entry in entries.flatten() {
                let Ok(data) = entry.metadata() else { continue };
                match data.is_dir() {
                    true => directories.push(entry.path()),
                    false => found.push((data.modified()?, entry.path(), data.len())),
                }
            }
        }
        found.sort();
        let mut sum: u64 = found.iter().map(|it| it.2).sum();
        for (_, file, length) in found {
            if sum <= self.most {
                break;
            }
            fs::remove_file(&file)?;
            sum -= length;
            // Directories that are empty now; the first that is not ends it.
            let above = file.ancestors().skip(1).take_while(|it| *it != self.root);
            for directory in above.take_while(|it| fs::remove_dir(it).is_ok()) {
                tracing::debug!(directory = %directory.display(), "all its flow log records are gone");
            }
        }
        self.unchecked = 0;
        Ok(())
    }
}

fn length(file: &Path) -> io::Result<u64> {
    match fs::metadata(file) {
        Ok(it) => Ok(it.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Makes the text the end of its file, whatever of it is there already.
fn append(pending: &Pending) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create(true).truncate(false).open(&pending.file)?;
    file.set_len(pending.offset)?;
    file.seek(SeekFrom::Start(pending.offset))?;
    file.write_all(pending.text.as_bytes())
}

/// Where the records of one log, and perhaps of one interface, go at one time. A number completes the stem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    directory: PathBuf,
    stem: String,
    /// The first line of each file; may be empty.
    header: String,
}

/// Where a record of an interface is written to, at a time in seconds since 1970.
pub fn place(log: &FlowLog, interface: InterfaceId, now: i64) -> Place {
    let (account, region) = (log.account, &log.region);
    match &log.destination {
        Destination::Bucket { bucket, prefix, hive, hourly, .. } => {
            let window = now - now.rem_euclid(WINDOW_SECONDS);
            let mut directory = PathBuf::from("s3").join(bucket).join(prefix).join("AWSLogs");
            let format = if *hive {
                directory.push(format!("aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}"));
                if *hourly { "year=%Y/month=%m/day=%d/hour=%H" } else { "year=%Y/month=%m/day=%d" }
            } else {
                directory.push(format!("{account}/vpcflowlogs/{region}"));
                if *hourly { "%Y/%m/%d/%H" } else { "%Y/%m/%d" }
            };
            directory.push(time(window, format));
            let stem = format!("{account}_vpcflowlogs_{region}_{}_{}", log.id, time(window, "%Y%m%dT%H%MZ"));
            Place { directory, stem, header: flow::header(log) }
        }
        Destination::LogGroup { group, .. } => {
            let directory = PathBuf::from("cloud-watch-logs").join(account.to_string()).join(region);
            let traffic = match log.traffic {
                Recorded::Accepted => "accept",
                Recorded::Rejected => "reject",
                Recorded::All => "all",
            };
            let directory = directory.join(group.trim_matches('/')).join(format!("{interface}-{traffic}"));
            Place { directory, stem: time(now, "%Y%m%dT%HZ"), header: String::new() }
        }
    }
}

fn time(seconds: i64, format: &str) -> String {
    let moment = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::state::Moment;
    use crate::state::flow_log::{LogField, Resource};

    /// A directory of its own for a test, and a place in it for texts.
    struct Scene(PathBuf);

    impl Scene {
        fn new(name: &str) -> Scene {
            let directory = std::env::temp_dir().join(format!("culvert-flows-{}-{name}", std::process::id()));
            fs::create_dir_all(&directory).unwrap();
            Scene(directory)
        }

        fn files(&self, most: u64) -> Files {
            Files::open(&self.0, "000000a0", most)
        }

        /// All that was written, by file.
        fn texts(&self) -> BTreeMap<String, String> {
            let mut found = BTreeMap::new();
            for entry in fs::read_dir(self.0.join("flow-logs/s3")).unwrap().flatten() {
                let mut text = String::new();
                File::open(entry.path()).unwrap().read_to_string(&mut text).unwrap();
                found.insert(entry.file_name().into_string().unwrap(), text);
            }
            found
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn object(stem: &str) -> Place {
        Place { directory: "s3".into(), stem: stem.to_owned(), header: "h\n".to_owned() }
    }

    #[test]
    fn what_was_begun_is_finished_once_wherever_it_ended() {
        let scene = Scene::new("finished");
        let mut files = scene.files(1 << 20);
        files.write(&[(object("a"), "one\n".to_owned())].into(), &1_u64).unwrap();
        files.write(&[(object("a"), "two\n".to_owned())].into(), &2_u64).unwrap();
        let whole = scene.texts();
        assert_eq!(whole["a_000000a0.log"], "h\none\ntwo\n");
        let file = scene.0.join("flow-logs/s3/a_000000a0.log");
        for length in 6..=10 {
            OpenOptions::new().write(true).open(&file).unwrap().set_len(length).unwrap();
            assert_eq!(scene.files(1 << 20).recover::<u64>().unwrap(), Some(2));
            assert_eq!(scene.texts(), whole, "cut off at {length}");
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(scene.files(1 << 20).recover::<u64>().unwrap(), Some(2));
        assert!(scene.texts().is_empty(), "what others took away does not come back in part");
    }

    #[test]
    fn a_full_file_is_followed_by_another_and_the_oldest_go() {
        let scene = Scene::new("full");
        let most = 32 * 64;
        let mut files = scene.files(most);
        for at in 0..400 {
            files.write(&[(object("a"), format!("record {at:06}\n"))].into(), &()).unwrap();
        }
        let texts = scene.texts();
        let sum: usize = texts.values().map(String::len).sum();
        assert!(sum as u64 <= most + 64, "{sum} bytes are kept");
        assert!(texts.values().all(|it| it.starts_with("h\n") && it.len() < 64 + 16), "{texts:?}");
        assert!(texts.values().any(|it| it.ends_with("record 000399\n")), "the newest stays");
        assert!(!texts.values().any(|it| it.contains("record 000000\n")), "the oldest is gone");
    }

    #[test]
    fn files_are_named_as_aws_names_objects_and_streams() {
        let place_of = |destination| {
            let log = FlowLog {
                id: "fl-00000000000000001".parse().unwrap(),
                account: "123456789012".parse().unwrap(),
                region: "us-east-1".to_owned(),
                vpc: "vpc-00000000000000001".parse().unwrap(),
                resource: Resource::Vpc("vpc-00000000000000001".parse().unwrap()),
                traffic: Recorded::Rejected,
                destination,
                format: vec![LogField::Version, LogField::Action],
                interval: 60,
                created: Moment(0),
            };
            let place = place(&log, "eni-00000000000000001".parse().unwrap(), 1_795_000_000);
            (place.directory.join(place.stem).to_str().unwrap().to_owned(), place.header)
        };
        let bucket = |hive, hourly| Destination::Bucket {
            arn: String::new(),
            bucket: "flows".to_owned(),
            prefix: "of/shop".to_owned(),
            hive,
            hourly,
            options_given: true,
        };
        let name = "123456789012_vpcflowlogs_us-east-1_fl-00000000000000001_TIME";
        for (hive, hourly, directory) in [
            (false, false, "123456789012/vpcflowlogs/us-east-1/2026/11/18"),
            (false, true, "123456789012/vpcflowlogs/us-east-1/2026/11/18/HOUR"),
            (
                true,
                true,
                "aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=us-east-1/year=2026/month=11/day=18/hour=HOUR",
            ),
        ] {
            let expected = format!("s3/flows/of/shop/AWSLogs/{directory}/{name}");
            let expected = expected.replace("TIME", "20261118T1105Z").replace("HOUR", "11");
            assert_eq!(place_of(bucket(hive, hourly)), (expected, "version action\n".to_owned()));
        }
        let group = Destination::LogGroup { group: "/shop/flows".to_owned(), arn: None, role: String::new() };
        let stream = "cloud-watch-logs/123456789012/us-east-1/shop/flows/eni-00000000000000001-reject/20261118T11Z";
        assert_eq!(place_of(group), (stream.to_owned(), String::new()));
    }
}
