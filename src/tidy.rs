//! The rules of this house, as tests: who may use whom, and what no file may hold.
//!
//! The table in `ARCHITECTURE.md` is the one that is enforced: to allow more, change the table and say why there.
//! Tests may use everything, since judges have to know those whom they judge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The longest that a file may be, in lines; nobody reads more at a time.
const LINES_MAX: usize = 900;
/// Written by `api-models/shapes.rs` and read by nobody.
const GENERATED: &str = "wire/shapes.rs";
/// The rooms that decide. They are handed the time and chance, and touch nothing.
const PURE: [&str; 6] = ["net", "wire", "state", "ec2", "reach", "plan"];
/// What a room that decides has no business with.
const IMPURE: [&str; 16] = [
    "std::fs",
    "std::env::var",
    "std::env::args",
    "std::process",
    "std::thread",
    "TcpStream",
    "UdpSocket",
    "tokio::",
    "nix::",
    "libc::",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "rand::rng(",
    "rand::random",
    "tracing::",
];
/// Libraries that are known in one room only, so that another could take their place.
const CONFINED: [(&str, &[&str]); 6] = [
    ("openraft", &["cluster"]),
    ("sled", &["cluster"]),
    ("axum", &["server", "agent"]),
    ("hickory_server", &["agent"]),
    ("rtnetlink", &["agent"]),
    ("clap", &["cli"]),
];

/// A source file of the crate.
struct File {
    /// From `src/` on, such as `ec2/subnet.rs`.
    path: String,
    text: String,
}

impl File {
    /// The directory or file directly under `src/` that it belongs to.
    fn room(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Its lines but for comments and for the module of tests at the end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let lines = self.text[..end].lines().enumerate();
        lines.map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file, in order.
fn files() -> Vec<File> {
    let mut found = Vec::new();
    let mut directories = vec![source()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let name = path.strip_prefix(source()).unwrap().to_str().unwrap().to_owned();
                found.push(File { path: name, text: std::fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

/// The files that are part of the product: those that no `#[cfg(test)] mod …;` takes in.
fn product() -> Vec<File> {
    let files = files();
    let mut tests = BTreeSet::new();
    for file in &files {
        let parent = Path::new(&file.path);
        let inside = match parent.file_stem().unwrap().to_str().unwrap() {
            "mod" | "lib" | "main" => parent.parent().unwrap().to_owned(),
            _ => parent.with_extension(""),
        };
        for (marker, _) in file.text.match_indices("#[cfg(test)]\n") {
            let declared = file.text[marker..].lines().nth(1).unwrap_or_default();
            if let Some((_, name)) =
                declared.trim_end_matches(';').split_once("mod ").filter(|_| declared.ends_with(';'))
            {
                tests.insert(inside.join(name).to_str().unwrap().to_owned());
            }
        }
    }
    let is_test = |path: &str| {
        let stem = path.trim_end_matches(".rs");
        tests.iter().any(|it| stem == it || stem.starts_with(&format!("{it}/")))
    };
    files.into_iter().filter(|it| !is_test(&it.path)).collect()
}

/// Fails with every offence, one a line.
fn expect_none(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

/// Who may use whom, by the table in `ARCHITECTURE.md`; nobody named means everybody.
fn allowed() -> BTreeMap<String, Option<BTreeSet<String>>> {
    let text = std::fs::read_to_string(source().join("ARCHITECTURE.md")).unwrap();
    let words = |cell: &str| -> BTreeSet<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(|it| it.trim_end_matches(".rs").trim_end_matches('/').to_owned())
            .collect()
    };
    let mut table = BTreeMap::new();
    for line in text.lines().filter(|it| it.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [rooms, _, uses] = cells[..] else { continue };
        let uses = (uses != "all").then(|| words(uses));
        table.extend(words(rooms).into_iter().map(|it| (it, uses.clone())));
    }
    table
}

/// The names that follow `crate::` on the line, also those in braces; braces that only open the next line do not
/// occur, since rustfmt keeps one path a `use`.
fn used_rooms(line: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let first = |text| str::split(text, |it: char| !it.is_alphanumeric() && it != '_').next().unwrap_or_default();
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(group.split(',').map(|it| first(it.trim()))),
            None => rooms.push(first(rest)),
        }
    }
    rooms
}

#[test]
fn rooms_use_only_what_the_table_allows() {
    let table = allowed();
    let exists = |room: &str| source().join(room).is_dir() || source().join(format!("{room}.rs")).is_file();
    let absent = table.keys().filter(|it| !exists(it));
    let mut offences: Vec<String> = absent.map(|it| format!("the table speaks of {it}, which is not there")).collect();
    for file in product() {
        let room = file.room();
        let Some(uses) = table.get(room) else {
            offences.push(format!("{}: the table of ARCHITECTURE.md has no row for {room}", file.path));
            continue;
        };
        let Some(uses) = uses else { continue };
        for (number, line) in file.code() {
            let foreign = used_rooms(line).into_iter().filter(|it| table.contains_key(*it) && *it != room);
            let refused = foreign.filter(|it| !uses.contains(*it));
            offences.extend(refused.map(|it| format!("{}:{number}: {room} may not use {it}", file.path)));
        }
    }
    expect_none("the table of ARCHITECTURE.md says who may use whom", offences);
}

#[test]
fn the_table_allows_no_circle_and_no_talk_between_the_two_judges() {
    let table = allowed();
    assert!(table.len() >= 9, "the table of ARCHITECTURE.md was not understood: {table:?}");
    let reaches = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from.to_owned()];
        while let Some(room) = next.pop() {
            for used in table.get(&room).into_iter().flatten().flatten() {
                if seen.insert(used.clone()) {
                    next.push(used.clone());
                }
            }
        }
        seen
    };
    for (room, _) in table.iter().filter(|it| it.1.is_some()) {
        assert!(!reaches(room).contains(room), "{room} may use itself in a circle");
    }
    assert!(!reaches("plan").contains("reach") && !reaches("reach").contains("plan"), "each judges the other");
}

#[test]
fn rooms_that_decide_touch_nothing() {
    let mut offences = Vec::new();
    for file in product().iter().filter(|it| PURE.contains(&it.room())) {
        for (number, line) in file.code() {
            let found = IMPURE.iter().filter(|word| names(line, word));
            offences.extend(found.map(|word| format!("{}:{number}: {word}", file.path)));
        }
    }
    expect_none("time, chance and I/O are for the rooms around those that decide", offences);
}

#[test]
fn a_library_stays_in_its_room() {
    let mut offences = Vec::new();
    for file in product() {
        for (library, rooms) in CONFINED {
            let path = format!("{library}::");
            let found = file.code().find(|(_, line)| names(line, &path));
            if let Some((number, _)) = found.filter(|_| !rooms.contains(&file.room())) {
                offences.push(format!("{}:{number}: only {rooms:?} knows {library}", file.path));
            }
        }
    }
    expect_none("a library stays in its room", offences);
}

/// Whether the line names this path and not a longer word that ends like it.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|it| !it.is_alphanumeric() && it != '_' && it != ':')
    })
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent = files().into_iter().filter(|it| it.path != GENERATED && !it.text.starts_with("//! "));
    expect_none("a file opens with //!", silent.map(|it| it.path).collect());
}

#[test]
fn no_file_is_longer_than_one_reads() {
    let long = files().into_iter().filter(|it| it.path != GENERATED && it.text.lines().count() > LINES_MAX);
    expect_none("a file has 900 lines at most", long.map(|it| it.path).collect());
}

#[test]
fn the_generated_file_names_its_generator() {
    let files = files();
    let shapes = files.iter().find(|it| it.path == GENERATED).unwrap();
    assert!(shapes.text.lines().take(3).any(|it| it.contains("Generated")), "{GENERATED}");
    let others = files.iter().filter(|it| it.path != GENERATED && it.text.starts_with("// Generated"));
    expect_none("one file is generated", others.map(|it| it.path.clone()).collect());
}

#[test]
fn nothing_unfinished_is_left_behind() {
    // Written in two parts, so that this file does not hold them itself.
    let words = [["todo", "!("], ["unimplemented", "!("], ["dbg", "!("], ["TO", "DO"], ["FIX", "ME"], ["X", "XX"]];
    let mut offences = Vec::new();
    for file in files() {
        for (number, line) in file.text.lines().enumerate() {
            let found = words.iter().map(|it| it.concat()).filter(|word| line.contains(word.as_str()));
            offences.extend(found.map(|word| format!("{}:{}: {word}", file.path, number + 1)));
        }
    }
    expect_none("what is unfinished is not merged", offences);
}

#[test]
fn no_room_hides_dead_code() {
    // Written in two parts, so that this file does not hold them itself.
    let lints = [["dead", "_code"], ["unu", "sed"]].map(|it| it.concat());
    let hides = |line: &str| line.contains("allow(") && lints.iter().any(|it| line.contains(it.as_str()));
    let hiding = files().into_iter().filter(|it| it.text.lines().any(hides));
    expect_none("rustc names what nobody uses", hiding.map(|it| it.path).collect());
}

#[test]
fn names_say_something() {
    let empty =
        ["manager", "service", "helper", "helpers", "util", "utils", "common", "handler", "data", "info", "misc"];
    let stem = |it: &File| Path::new(&it.path).file_stem().unwrap().to_str().unwrap().to_owned();
    let named = files().into_iter().filter(|it| empty.contains(&stem(it).as_str()));
    expect_none("a file is named after what is in it", named.map(|it| it.path).collect());
}

#[test]
fn the_readme_names_the_operations_that_are_served_and_no_others() {
    let readme = std::fs::read_to_string(source().join("../README.md")).unwrap();
    let section = readme.split("\n## Operations\n").nth(1).unwrap().split("<details>").next().unwrap();
    let rows = section.lines().filter_map(|it| it.strip_prefix("| ")).filter_map(|it| it.split('|').nth(1));
    let named: BTreeSet<&str> = rows.flat_map(str::split_whitespace).filter(|it| !it.starts_with('-')).collect();
    let list = std::fs::read_to_string(source().join("ec2/operations.rs")).unwrap();
    let lines = list.lines().map(str::trim).filter(|it| it.starts_with("read ") || it.starts_with("write "));
    let served: BTreeSet<&str> = lines.filter_map(|it| it.split_whitespace().nth(1)).collect();
    assert!(served.len() > 40, "the list was not understood");
    let differ = named.symmetric_difference(&served).map(|it| it.to_string());
    expect_none("README.md lists what is served", differ.collect());
}

#[test]
fn uses_are_found_wherever_they_stand() {
    let check = |line: &str, expect: &[&str]| assert_eq!(used_rooms(line), expect, "{line}");
    check("use crate::state::id::VpcId;", &["state"]);
    check("use crate::{net, state::State};", &["net", "state"]);
    check("pub fn f(it: &crate::plan::Planner) -> crate::net::Mac {", &["plan", "net"]);
    check("let it = 1;", &[]);
}
