//! Writes `src/wire/shapes.rs`: the tables of the wire shapes of the operations in `src/ec2/operations.rs`.
//!
//! Reads the list of operations as text, so that a new line does not have to compile before its shapes exist, and
//! the facts from `api-models/ec2.json`. It knows shapes, never names: what is special about an action belongs to
//! its handler. Run `cargo run --features shapes --example shapes`.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What the model says wrongly or not at all: (action, member) and the range that the member has.
///
/// The model gives these three no range; their pages in the EC2 API reference say "between 5 and 1000".
const MAX_RESULTS: &[(&str, (i64, i64))] =
    &[("DescribeInstanceStatus", (5, 1000)), ("DescribeInstances", (5, 1000)), ("DescribeTags", (5, 1000))];

/// The range where neither the model nor the API reference gives one: what one answer may hold at all.
const MAX_RESULTS_UNSTATED: (i64, i64) = (1, 1000);

/// Values that the model leaves out of an enumeration.
///
/// The page of DescribeAccountAttributes in the EC2 API reference, and the model's own text, name these four beside
/// the two that the model lists.
const VALUES: &[(&str, &[&str])] = &[(
    "AccountAttributeName",
    &["max-elastic-ips", "max-instances", "vpc-max-elastic-ips", "vpc-max-security-groups-per-interface"],
)];

/// Parameters that are handled once for all operations; no input has them as fields.
const TAKEN: &[&str] = &["ClientToken", "DryRun", "Filter", "MaxResults", "NextToken"];

const COLUMNS: usize = 120;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(target(root), generate(root)).expect("src/wire/shapes.rs can be written");
}

fn target(root: &Path) -> PathBuf {
    root.join("src/wire/shapes.rs")
}

/// The whole text of `src/wire/shapes.rs`.
fn generate(root: &Path) -> String {
    let list = fs::read_to_string(root.join("src/ec2/operations.rs")).expect("the list of operations");
    let facts = fs::read_to_string(root.join("api-models/ec2.json")).expect("the facts");
    let facts: Value = serde_json::from_str(&facts).expect("the facts are JSON");
    let actions = actions(&list);
    let missing: Vec<_> = actions.iter().filter(|it| facts["operations"].get(it.as_str()).is_none()).collect();
    assert!(missing.is_empty(), "not in api-models/ec2.json: {missing:?}; run python3 api-models/extract.py");
    Shapes { facts: &facts }.text(&actions)
}

/// The actions of the list, in alphabetical order.
fn actions(list: &str) -> BTreeSet<String> {
    let entry = |line: &str| {
        let (kind, rest) = line.trim().split_once(char::is_whitespace)?;
        let (action, _) = rest.split_once("=>")?;
        matches!(kind, "read" | "write").then(|| action.trim().to_owned())
    };
    list.lines().filter_map(entry).collect()
}

struct Shapes<'a> {
    facts: &'a Value,
}

/// Where a shape is used.
#[derive(Default, Clone, Copy)]
struct Directions {
    request: bool,
    response: bool,
}

impl Shapes<'_> {
    fn text(&self, actions: &BTreeSet<String>) -> String {
        let mut uses: BTreeMap<&str, Directions> = BTreeMap::new();
        let mut out = String::from(
            "//! The wire shapes of the operations that Culvert serves, one line a field.\n\
             //!\n\
             //! Generated from api-models/ec2.json for the actions in src/ec2/operations.rs.\n\
             //! Do not edit; run `cargo run --features shapes --example shapes`.\n\n\
             use super::{Blob, Timestamp};\n\n",
        );
        for action in actions {
            let operation = &self.facts["operations"][action];
            let input = text(&operation["input"]);
            let output = operation["output"].as_str();
            self.visit(input, &mut uses, Side::Request, true);
            if let Some(output) = output {
                self.visit(output, &mut uses, Side::Response, true);
            }
            let taken = self.taken(action, input);
            let output = output.unwrap_or("()");
            writeln!(out, "operation! {{ {action}({input}) -> {output}{taken} }}").expect("a string");
        }
        self.tables(actions, &mut out);

        let inputs: BTreeSet<&str> = actions.iter().map(|it| text(&self.facts["operations"][it]["input"])).collect();
        let mut values = BTreeSet::new();
        for (name, used) in &uses {
            self.structure(name, *used, inputs.contains(name), &mut values, &mut out);
        }
        for name in values {
            out.push('\n');
            let mut words = strings(&self.facts["shapes"][name]["values"]);
            words.extend(VALUES.iter().filter(|it| it.0 == name).flat_map(|it| it.1));
            words.sort_unstable();
            writeln!(out, "values! {{ {}{} }}", screaming(name), wrapped(&words)).expect("a string");
        }
        out
    }

    /// The parameters of an action that are handled once for all operations.
    fn taken(&self, action: &str, input: &str) -> String {
        let members = self.members(input);
        let taken = members.iter().filter_map(|member| {
            let name = text(&member["request"]);
            let stated = || Some((member.get("min")?.as_i64()?, member.get("max")?.as_i64()?));
            let patched = || MAX_RESULTS.iter().find(|it| it.0 == action).map(|it| it.1);
            if !TAKEN.contains(&name) {
                return None;
            }
            let (min, max) = stated().or_else(patched).unwrap_or(MAX_RESULTS_UNSTATED);
            Some(if name == "MaxResults" { format!("{name}({min}, {max})") } else { name.to_owned() })
        });
        let taken: BTreeSet<String> = taken.collect();
        let taken: Vec<String> = taken.into_iter().collect();
        if taken.is_empty() { String::new() } else { format!(", {}", taken.join(" ")) }
    }

    /// The look-ups by action: all operations, the documented filters, and what else EC2 knows.
    fn tables(&self, actions: &BTreeSet<String>, out: &mut String) {
        let words: Vec<&str> = actions.iter().map(String::as_str).collect();
        let mut lines = String::new();
        fill(&words, &mut lines);
        writeln!(out, "\nactions! {{{lines}\n}}\n\nfilters! {{").expect("a string");
        for action in actions {
            if let Some(names) = self.facts["operations"][action].get("filters") {
                let mut lines = String::new();
                let names: Vec<String> = strings(names).iter().map(|it| format!("{it:?}")).collect();
                fill(&names, &mut lines);
                writeln!(out, "    {action}:{};", lines.replace('\n', "\n    ")).expect("a string");
            }
        }
        out.push_str("}\n\n");
        writeln!(out, "values! {{ OTHER_ACTIONS{} }}", wrapped(&strings(&self.facts["others"]))).expect("a string");
    }

    /// Notes which structures are reachable from here, and in which direction.
    fn visit<'a>(&'a self, name: &'a str, uses: &mut BTreeMap<&'a str, Directions>, side: Side, top: bool) {
        let Some(shape) = self.facts["shapes"].get(name) else { return };
        match text(&shape["type"]) {
            "list" => self.visit(text(&shape["element"]), uses, side, false),
            "structure" => {
                let used = uses.entry(name).or_default();
                let seen = match side {
                    Side::Request => std::mem::replace(&mut used.request, true),
                    Side::Response => std::mem::replace(&mut used.response, true),
                };
                for member in self.members(name) {
                    let taken = top && matches!(side, Side::Request) && TAKEN.contains(&text(&member["request"]));
                    if !seen && !taken {
                        self.visit(text(&member["type"]), uses, side, false);
                    }
                }
            }
            _ => (),
        }
    }

    fn members(&self, name: &str) -> &[Value] {
        self.facts["shapes"][name]["members"].as_array().map_or(&[], Vec::as_slice)
    }

    fn structure<'a>(
        &'a self,
        name: &str,
        used: Directions,
        is_input: bool,
        values: &mut BTreeSet<&'a str>,
        out: &mut String,
    ) {
        let table = match (used.request, used.response) {
            (true, true) => "shape",
            (true, false) => "input",
            _ => "output",
        };
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        for member in self.members(name) {
            let request = text(&member["request"]);
            if is_input && TAKEN.contains(&request) {
                continue;
            }
            let required = used.request && member["required"].as_bool() == Some(true);
            let (rust, is_list, choice) = self.rust_type(text(&member["type"]));
            let mut line = match required || is_list {
                true => format!("{rust} ="),
                false => format!("Option<{rust}> ="),
            };
            if used.request {
                write!(line, " {request:?}").expect("a string");
            }
            if used.response {
                write!(line, " {:?}", text(&member["response"])).expect("a string");
            }
            if let (true, Some(choice)) = (used.request, choice) {
                write!(line, " of {}", screaming(choice)).expect("a string");
                values.insert(choice);
            }
            if required && is_list {
                line.push_str(" at_least 1");
            }
            let twin = fields.insert(snake(text(&member["name"])), line);
            assert!(twin.is_none(), "two members of {name} have one name in snake case");
        }
        writeln!(out, "\n{table}! {{ {name} {{").expect("a string");
        for (field, line) in fields {
            writeln!(out, "    {field}: {line},").expect("a string");
        }
        out.push_str("} }\n");
    }

    /// The Rust type of a member, whether it is a list, and the enumeration that its text must be from.
    fn rust_type<'a>(&'a self, name: &'a str) -> (String, bool, Option<&'a str>) {
        let shape = &self.facts["shapes"][name];
        match shape["type"].as_str() {
            Some("enum") => ("String".to_owned(), false, Some(name)),
            Some("list") => {
                let (element, _, choice) = self.rust_type(text(&shape["element"]));
                (format!("Vec<{element}>"), true, choice)
            }
            Some(_) => (name.to_owned(), false, None),
            None => (scalar(name).to_owned(), false, None),
        }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Request,
    Response,
}

fn scalar(name: &str) -> &'static str {
    match name {
        "blob" => "Blob",
        "boolean" => "bool",
        "double" | "float" => "f64",
        "integer" => "i32",
        "long" => "i64",
        "string" => "String",
        "timestamp" => "Timestamp",
        other => panic!("no Rust type for {other}"),
    }
}

/// `EnableDns64` as `enable_dns64`, `SizeInMiB` as `size_in_mib`, and Rust's own words escaped.
fn snake(name: &str) -> String {
    let units = [("MiB", "Mib"), ("GiB", "Gib"), ("MBps", "Mbps"), ("VCpu", "Vcpu")];
    let name = units.iter().fold(name.to_owned(), |name, (unit, word)| name.replace(unit, word));
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_uppercase();
        let before_small = at > 0 && letters.get(at + 1).is_some_and(|it| it.is_lowercase());
        if letter.is_uppercase() && (after_small || before_small) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    match snake.as_str() {
        "type" | "return" | "ref" | "use" | "virtual" | "match" | "move" | "in" => format!("r#{snake}"),
        _ => snake,
    }
}

fn screaming(name: &str) -> String {
    snake(name).to_uppercase()
}

/// The words in quotes: on one line if they fit, else filled lines.
fn wrapped(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|it| format!("{it:?}")).collect();
    let line = words.iter().fold(String::new(), |line, word| line + " " + word);
    if line.len() < COLUMNS - 50 {
        return line;
    }
    let mut lines = String::new();
    fill(&words, &mut lines);
    lines + "\n"
}

/// Appends indented lines, each as full as the line length allows.
fn fill<T: AsRef<str>>(words: &[T], out: &mut String) {
    let mut column = COLUMNS;
    for word in words {
        let word = word.as_ref();
        if column + 1 + word.len() > COLUMNS - 8 {
            out.push_str("\n   ");
            column = 3;
        }
        out.push(' ');
        out.push_str(word);
        column += 1 + word.len();
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("the facts hold text here")
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().expect("the facts hold a list here").iter().map(text).collect()
}

#[test]
fn the_checked_in_shapes_are_what_would_be_generated() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let have = fs::read_to_string(target(root)).unwrap_or_default();
    assert!(have == generate(root), "src/wire/shapes.rs is stale: run `cargo run --features shapes --example shapes`");
}

#[test]
fn the_pinned_facts_are_those_of_the_published_model() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("api-models/extract.py");
    let outcome = std::process::Command::new("python3").arg(script).arg("--check").output();
    let undecided = match &outcome {
        Ok(outcome) => outcome.status.code() == Some(2),
        Err(_) => true,
    };
    if undecided && std::env::var_os("CI").is_none() {
        eprintln!("not checked: {outcome:?}");
        return;
    }
    let outcome = outcome.expect("python3 runs");
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
}
