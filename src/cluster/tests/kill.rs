//! Kills a process that writes the log, a hundred times at random moments, and checks after each that
//! everything it acknowledged is there and that the vote never went backwards.
//!
//! The child is this test binary again, with its directory and seed in the environment. It says each change on
//! stdout before it begins and when it is acknowledged, so the parent knows every state that may be found.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use openraft::entry::RaftEntry;
use openraft::storage::{IOFlushed, RaftLogStorage};
use openraft::type_config::TypeConfigExt;
use openraft::{EntryPayload, RaftLogReader};

use super::{Floor, Journal, SledLog, TestDir, Types, log_id};
use crate::cluster::consensus::{Entry, Payload, Vote};

const KILLS: u64 = 100;
const DIR: &str = "CULVERT_KILL_TEST_DIR";
const SEED: &str = "CULVERT_KILL_TEST_SEED";
const BUDGET: Duration = Duration::from_secs(120);

/// One change of the log, as it is drawn, said and modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Append { from: u64, to: u64, term: u64 },
    Truncate { from: u64 },
    Purge { upto: u64 },
    Vote { term: u64 },
}

/// What the log should hold: the term of each entry, from which its payload follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model {
    entries: BTreeMap<u64, u64>,
    purged: Option<u64>,
    vote: Option<u64>,
}

impl Model {
    fn next(&self) -> u64 {
        let last = self.entries.last_key_value().map(|it| *it.0).or(self.purged);
        last.map_or(0, |it| it + 1)
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Append { from, to, term } => self.entries.extend((from..to).map(|it| (it, term))),
            Change::Truncate { from } => drop(self.entries.split_off(&from)),
            Change::Purge { upto } => {
                self.entries = self.entries.split_off(&(upto + 1));
                self.purged = Some(upto);
            }
            Change::Vote { term } => self.vote = Some(term),
        }
    }

    fn draw(&self, random: &mut Random) -> Change {
        let term = self.vote.unwrap_or(0);
        let (first, next) = (self.entries.first_key_value().map(|it| *it.0), self.next());
        match (random.below(20), first) {
            _ if term == 0 => Change::Vote { term: 1 },
            (0..2, _) => Change::Vote { term: term + 1 },
            (2..4, Some(first)) => Change::Truncate { from: next - random.below((next - first).min(5)) },
            (4, Some(first)) => Change::Purge { upto: first + random.below(next - first) },
            _ => Change::Append { from: next, to: next + 1 + random.below(16), term },
        }
    }
}

/// A small generator: the same seed draws the same changes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }
}

fn entry(index: u64, term: u64) -> Entry {
    // Now and then one that takes many parts.
    let bytes = if index.is_multiple_of(37) { 30_000 } else { 40 + index % 300 };
    let payload = (0..bytes).map(|it| (it ^ index ^ term) as u8).collect::<Vec<u8>>();
    Entry::new(log_id(term, index), EntryPayload::Normal(Payload(payload.into())))
}

fn journal(dir: &std::path::Path) -> Journal {
    let store = SledLog::open(&dir.join("log")).unwrap();
    Journal::open(Arc::new(store), 0, Arc::new(Floor::free())).unwrap()
}

/// Reads what a log holds, and checks each payload.
async fn found(journal: &mut Journal) -> Model {
    let state = journal.get_log_state().await.unwrap();
    let vote = journal.read_vote().await.unwrap();
    let entries = journal.try_get_log_entries(..).await.unwrap();
    let terms = entries.iter().map(|it| {
        let id = it.log_id();
        assert_eq!(*it, entry(id.index, id.leader_id.term), "entry {} came back changed", id.index);
        (id.index, id.leader_id.term)
    });
    Model {
        entries: terms.collect(),
        purged: state.last_purged_log_id.map(|it| it.index),
        vote: vote.map(|it| it.leader_id.term),
    }
}

fn said(change: Change) -> String {
    match change {
        Change::Append { from, to, term } => format!("append {from} {to} {term}"),
        Change::Truncate { from } => format!("truncate {from} 0 0"),
        Change::Purge { upto } => format!("purge {upto} 0 0"),
        Change::Vote { term } => format!("vote {term} 0 0"),
    }
}

fn heard(words: &[&str]) -> Option<Change> {
    let &[what, a, b, c] = words else { return None };
    let (a, b, c) = (a.parse().ok()?, b.parse().ok()?, c.parse().ok()?);
    match what {
        "append" => Some(Change::Append { from: a, to: b, term: c }),
        "truncate" => Some(Change::Truncate { from: a }),
        "purge" => Some(Change::Purge { upto: a }),
        "vote" => Some(Change::Vote { term: a }),
        _ => None,
    }
}

/// The child: writes until it is killed. Without its variables it is no test and does nothing.
#[tokio::test]
async fn child() {
    let (Ok(dir), Ok(seed)) = (std::env::var(DIR), std::env::var(SEED)) else {
        return;
    };
    let mut random = Random(seed.parse().unwrap());
    let mut journal = journal(dir.as_ref());
    let mut model = found(&mut journal).await;
    let say = |text: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}").and_then(|()| out.flush()).unwrap();
    };
    let mut unacknowledged = Vec::new();
    loop {
        let change = model.draw(&mut random);
        say(format!("@begin {}", said(change)));
        // The id of an entry carries the term in which it was written, not that of today.
        let terms = model.entries.clone();
        let id = |index| log_id(terms.get(&index).copied().unwrap_or(0), index);
        model.change(change);
        match change {
            Change::Append { from, to, term } => {
                let (flushed, done) = Types::oneshot();
                let entries: Vec<Entry> = (from..to).map(|it| entry(it, term)).collect();
                journal.append(entries, IOFlushed::signal(flushed)).await.unwrap();
                unacknowledged.push(done);
                // Sometimes several appends wait for one sync.
                if random.below(3) == 0 {
                    continue;
                }
            }
            Change::Truncate { from } => {
                journal.truncate_after(from.checked_sub(1).map(id)).await.unwrap();
            }
            Change::Purge { upto } => journal.purge(id(upto)).await.unwrap(),
            Change::Vote { term } => journal.save_vote(&Vote::new_committed(term, 0)).await.unwrap(),
        }
        for done in unacknowledged.drain(..) {
            done.await.unwrap().unwrap();
        }
        say("@done".into());
    }
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    let seed = std::env::var(SEED).ok().and_then(|it| it.parse().ok()).unwrap_or_else(|| u64::from(std::process::id()));
    println!("to repeat: {SEED}={seed} cargo test --lib a_killed_writer");
    let mut random = Random(seed);
    let dir = TestDir::new();
    let mut model = Model::default();
    let (mut changes, mut in_flight) = (0, 0);
    let start = Instant::now();
    for kill in 0..KILLS {
        let before = model.vote;
        let (begun, acknowledged) = run_and_kill(&dir, &mut random);
        changes += acknowledged;
        for change in &begun[..acknowledged] {
            model.change(*change);
        }
        let mut allowed = vec![model.clone()];
        for change in &begun[acknowledged..] {
            let mut next = allowed.last().unwrap().clone();
            next.change(*change);
            allowed.push(next);
        }
        let mut journal = journal(dir.path());
        let found = found(&mut journal).await;
        journal.stop();
        let Some(place) = allowed.iter().position(|it| *it == found) else {
            panic!("kill {kill}, seed {seed}: found {found:?}\nallowed {allowed:?}");
        };
        assert!(found.vote >= before, "the vote went backwards");
        in_flight += u64::from(place > 0);
        model = found;
        assert!(start.elapsed() < BUDGET, "{kill} kills took {:?}", start.elapsed());
    }
    println!("{KILLS} kills, {changes} changes, {in_flight} times more than acknowledged, {:?}", start.elapsed());
    assert!(changes > KILLS as usize);
}

/// Runs a child, kills it at a random moment, and returns what it began and how much of that it acknowledged.
fn run_and_kill(dir: &TestDir, random: &mut Random) -> (Vec<Change>, usize) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cluster::tests::kill::child", "--nocapture"])
        .env(DIR, dir.path())
        .env(SEED, random.below(u64::MAX).to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (lines, heard_lines) = channel();
    let reader = std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    let (mut begun, mut acknowledged) = (Vec::new(), 0);
    let mut hear = |line: String| {
        // A line without its end was cut by the kill: what it says had not begun.
        let Some((_, line)) = line.split_once('@') else {
            return;
        };
        let words: Vec<&str> = line.split(' ').collect();
        match words.split_first() {
            Some((&"begin", change)) => begun.extend(heard(change)),
            Some((&"done", [])) => acknowledged = begun.len(),
            _ => {}
        }
    };
    for _ in 0..=random.below(40) {
        match heard_lines.recv_timeout(Duration::from_secs(20)) {
            Ok(line) => hear(line),
            Err(error) => panic!("the child said nothing more: {error}"),
        }
    }
    let moment = Instant::now() + Duration::from_micros(random.below(4000));
    loop {
        match heard_lines.recv_timeout(moment.saturating_duration_since(Instant::now())) {
            Ok(line) => hear(line),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => panic!("the child ended by itself"),
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    heard_lines.iter().for_each(hear);
    reader.join().unwrap();
    (begun, acknowledged)
}
