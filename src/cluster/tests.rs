//! The room as its callers meet it: openraft's own suite on our store, and members that are opened, written,
//! closed and opened again. What a kill leaves behind is in `kill.rs`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};
use tokio::sync::Notify;

use super::consensus::{LogId, Types};
use super::journal::Journal;
use super::log::{LogError, LogStore, Meta, PART_BYTES, Record};
use super::machine::Replica;
use super::sled_log::SledLog;
use super::snapshot::{Floor, Snapshots};
use super::{Applied, Capture, Cluster, FirstStart, Machine, OpenError, Options, Role, Undecodable};

mod kill;

/// A directory that goes with the test.
pub(super) struct TestDir(PathBuf);

impl TestDir {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("culvert-cluster-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        TestDir(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's directory for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn log_id(term: u64, index: u64) -> LogId {
    openraft::testing::log_id::<Types>(term, 0, index)
}

/// Remembers every payload; one that begins with `!` it takes for stale.
#[derive(Default)]
struct Memory(Mutex<Vec<Vec<u8>>>);

impl Memory {
    fn payloads(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().clone()
    }
}

impl Machine for Memory {
    fn apply(&self, _index: u64, payload: &[u8]) -> Applied {
        if payload.first() == Some(&b'!') {
            return Applied::Stale;
        }
        self.0.lock().unwrap().push(payload.to_vec());
        Applied::Accepted
    }

    fn settle(&self, _: u64) {}

    fn snapshot(&self) -> Capture {
        let payloads = self.payloads();
        Box::new(move || rmp_serde::to_vec(&payloads).unwrap())
    }

    fn restore(&self, snapshot: &[u8]) -> Result<(), Undecodable> {
        let payloads = rmp_serde::from_slice(snapshot).map_err(|it| Undecodable { reason: it.to_string() })?;
        *self.0.lock().unwrap() = payloads;
        Ok(())
    }
}

struct Builder;

impl StoreBuilder<Types, Journal, Replica, TestDir> for Builder {
    async fn build(&self) -> Result<(TestDir, Journal, Replica), StorageError<Types>> {
        let dir = TestDir::new();
        let store = SledLog::open(&dir.path().join("log")).unwrap();
        let journal = Journal::open(Arc::new(store), 0, Arc::new(Floor::free())).unwrap();
        let snapshots = Arc::new(Snapshots::open(&dir.path().join("snapshots")).unwrap());
        let replica = Replica::open(Arc::new(Memory::default()), snapshots, Arc::new(Notify::new())).unwrap();
        Ok((dir, journal, replica))
    }
}

#[tokio::test]
async fn our_store_passes_the_suite_of_openraft() {
    Suite::test_all(Builder).await.unwrap();
}

fn options(dir: &TestDir) -> Options {
    Options {
        data_dir: dir.path().to_path_buf(),
        node_id: 1,
        address: "127.0.0.1:1".into(),
        first_start: FirstStart::Found,
    }
}

async fn opened(dir: &TestDir) -> (Cluster, Arc<Memory>) {
    let memory = Arc::new(Memory::default());
    (Cluster::open(options(dir), memory.clone()).await.unwrap(), memory)
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let dir = TestDir::new();
    let (cluster, memory) = opened(&dir).await;
    assert_eq!(cluster.propose(b"one".to_vec()).await, Ok(Applied::Accepted));
    assert_eq!(cluster.propose(b"!two".to_vec()).await, Ok(Applied::Stale));
    let long = vec![7; 300_000];
    assert_eq!(cluster.propose(long.clone()).await, Ok(Applied::Accepted));
    assert_eq!(cluster.linearizable().await, Ok(()));
    assert_eq!(memory.payloads(), [b"one".to_vec(), long.clone()]);
    let status = cluster.status();
    assert_eq!((status.role, status.leader.unwrap().id, status.term), (Role::Leader, 1, 1));
    cluster.shutdown().await;

    let from = Instant::now();
    let (cluster, memory) = opened(&dir).await;
    assert_eq!(memory.payloads(), [b"one".to_vec(), long], "the log is replayed before `open` returns");
    assert_eq!(cluster.propose(b"three".to_vec()).await, Ok(Applied::Accepted));
    let took = from.elapsed();
    println!("reopened and written after {took:?}");
    assert!(took < Duration::from_secs(5), "a restart took {took:?}");
    drop(cluster);
    let (cluster, memory) = opened(&dir).await;
    assert_eq!(memory.payloads().last().unwrap(), b"three", "a drop is as good as a shutdown");
    cluster.shutdown().await;
}

#[tokio::test]
async fn concurrent_proposals_are_all_applied_in_one_order() {
    let dir = TestDir::new();
    let (cluster, memory) = opened(&dir).await;
    let cluster = Arc::new(cluster);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..16_u8 {
        let cluster = cluster.clone();
        writers.spawn(async move {
            for count in 0..20_u8 {
                assert_eq!(cluster.propose(vec![writer, count]).await, Ok(Applied::Accepted));
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let payloads = memory.payloads();
    assert_eq!(payloads.len(), 16 * 20);
    for writer in 0..16 {
        let counts: Vec<u8> = payloads.iter().filter(|it| it[0] == writer).map(|it| it[1]).collect();
        assert_eq!(counts, (0..20).collect::<Vec<u8>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_shorten_the_log_and_a_torn_one_costs_nothing() {
    let dir = TestDir::new();
    let (cluster, _) = opened(&dir).await;
    let cluster = Arc::new(cluster);
    // Three snapshots' worth, so that the log is purged behind the older of two.
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..64_u32 {
        let cluster = cluster.clone();
        writers.spawn(async move {
            for count in 0..260_u32 {
                cluster.propose((writer << 16 | count).to_be_bytes().to_vec()).await.unwrap();
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let written = 64 * 260;
    Arc::into_inner(cluster).unwrap().shutdown().await;

    let snapshots = dir.path().join("snapshots");
    let mut names: Vec<(u64, String)> = std::fs::read_dir(&snapshots)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .map(|it| (it.rsplit_once('-').unwrap().1.parse().unwrap(), it))
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    let store = SledLog::open(&dir.path().join("log")).unwrap();
    let first = store.first().unwrap().unwrap();
    assert!(first > 1 && first <= names[0].0 + 1, "the log begins at {first}, snapshots are {names:?}");
    drop(store);

    let newest = snapshots.join(&names[1].1);
    let length = std::fs::metadata(&newest).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&newest).unwrap().set_len(length - 1).unwrap();
    let (cluster, memory) = opened(&dir).await;
    assert_eq!(memory.payloads().len(), written);
    cluster.shutdown().await;

    std::fs::remove_dir_all(&snapshots).unwrap();
    let opened = Cluster::open(options(&dir), Arc::new(Memory::default())).await;
    let Err(OpenError::Apart { .. }) = opened else { panic!("a log without its snapshot was accepted") };
}

#[tokio::test]
async fn one_directory_serves_one_node_and_one_process() {
    let dir = TestDir::new();
    let (cluster, _) = opened(&dir).await;
    let second = Cluster::open(options(&dir), Arc::new(Memory::default())).await;
    let Err(OpenError::Lock(held)) = second else { panic!("the directory was opened twice") };
    assert!(held.to_string().contains(&std::process::id().to_string()), "{held}");
    cluster.shutdown().await;
    let other = Options { node_id: 2, ..options(&dir) };
    let other = Cluster::open(other, Arc::new(Memory::default())).await;
    assert!(matches!(other, Err(OpenError::Log(LogError::Foreign { found: 1, node: 2 }))));
}

#[tokio::test]
async fn a_member_that_is_to_join_waits_and_leads_nothing() {
    let dir = TestDir::new();
    let options = Options { first_start: FirstStart::Join, ..options(&dir) };
    let cluster = Cluster::open(options, Arc::new(Memory::default())).await.unwrap();
    assert_eq!(cluster.propose(b"one".to_vec()).await, Err(super::Unavailable::NotLeader { leader: None }));
    assert_eq!(cluster.linearizable().await, Err(super::Unavailable::NotLeader { leader: None }));
    assert_eq!(cluster.status().role, Role::Learner);
    cluster.shutdown().await;
}

#[test]
fn long_entries_never_reach_the_files_that_sled_does_not_sync() {
    let dir = TestDir::new();
    let path = dir.path().join("log");
    let records: Vec<Record> =
        (0..40).map(|index| Record { index, bytes: vec![index as u8; 64 * PART_BYTES - 7] }).collect();
    {
        let store = SledLog::open(&path).unwrap();
        for record in &records {
            store.append(std::slice::from_ref(record)).unwrap();
            store.sync().unwrap();
        }
    }
    let store = SledLog::open(&path).unwrap();
    assert_eq!(store.read(0, 40).unwrap(), records);
    assert_eq!(std::fs::read_dir(path.join("blobs")).unwrap().count(), 0);
}

/// Opens a journal on a log that `damage` has changed.
fn damaged(damage: impl Fn(&SledLog)) -> LogError {
    let dir = TestDir::new();
    let store = SledLog::open(&dir.path().join("log")).unwrap();
    store.put_meta(Meta::Vote, &super::consensus::encode_vote(&super::consensus::Vote::new_committed(2, 0))).unwrap();
    let mut records = Vec::new();
    for index in 0..20 {
        let entry = openraft::testing::blank_ent::<Types>(2, 0, index);
        records.push(Record { index, bytes: super::consensus::encode_entry(&entry) });
    }
    store.append(&records).unwrap();
    damage(&store);
    let floor = Arc::new(Floor::free());
    let opened = Journal::open(Arc::new(store), 0, floor);
    opened.err().expect("a damaged log was accepted")
}

#[test]
fn a_log_that_no_crash_can_leave_is_refused() {
    let gap = damaged(|store| {
        let behind = store.read(11, 20).unwrap();
        store.truncate_from(10).unwrap();
        store.append(&behind).unwrap();
    });
    assert!(matches!(gap, LogError::Gap { expected: 10, found: 11 }), "{gap}");

    let headless = damaged(|store| assert_eq!(store.purge_to(3).unwrap(), super::log::Remains::Nothing));
    assert!(matches!(headless, LogError::Gap { expected: 0, found: 4 }), "{headless}");

    let old_vote = damaged(|store| {
        let vote = super::consensus::Vote::new_committed(1, 0);
        store.put_meta(Meta::Vote, &super::consensus::encode_vote(&vote)).unwrap();
    });
    assert!(matches!(old_vote, LogError::OldVote { last: 19, term: 2, vote: 1 }), "{old_vote}");

    let no_vote = damaged(|store| store.forget(Meta::Vote));
    assert!(matches!(no_vote, LogError::NoVote { last: 19, term: 2 }), "{no_vote}");

    let changed = damaged(|store| store.spoil(7));
    assert!(matches!(changed, LogError::Entry { index: 7, .. }), "{changed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_proposal_costs_little_more_than_its_sync() {
    let dir = TestDir::new();
    let (cluster, _) = opened(&dir).await;
    let mut proposals = Vec::new();
    let cluster = tokio::spawn(async move {
        for _ in 0..300 {
            let from = Instant::now();
            cluster.propose(vec![7; 300]).await.unwrap();
            proposals.push(from.elapsed());
        }
        cluster.shutdown().await;
        proposals
    });
    let mut proposals = cluster.await.unwrap();
    let store = SledLog::open(&dir.path().join("bare")).unwrap();
    let mut syncs: Vec<Duration> = (0..300)
        .map(|index| {
            let from = Instant::now();
            store.append(&[Record { index, bytes: vec![7; 300] }]).unwrap();
            store.sync().unwrap();
            from.elapsed()
        })
        .collect();
    let file = std::fs::File::create(dir.path().join("raw")).unwrap();
    let mut raw: Vec<Duration> = (0..300)
        .map(|index| {
            let from = Instant::now();
            std::os::unix::fs::FileExt::write_all_at(&file, &[7; 300], index * 300).unwrap();
            file.sync_data().unwrap();
            from.elapsed()
        })
        .collect();
    for times in [&mut proposals, &mut syncs, &mut raw] {
        times.sort();
    }
    println!(
        "median of a proposal {:?}, of the engine {:?}, of a raw write {:?}",
        proposals[150], syncs[150], raw[150]
    );
}
