//! Whether this process may do what it is about to do to the kernel.

use anyhow::bail;

const CAP_NET_ADMIN: u32 = 12;
const CAP_SYS_ADMIN: u32 = 21;

/// Fails, and says what to type, if the process may not manage namespaces and networks; `why` completes the sentence.
pub(crate) fn require(why: &str) -> anyhow::Result<()> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lacks = missing(&status);
    if lacks.is_empty() {
        return Ok(());
    }
    let command: Vec<String> = std::env::args().map(|it| quoted(&it)).collect();
    bail!(
        "this needs root (the {} {}), because {why}; type: sudo -E {}",
        if lacks.len() == 1 { "capability" } else { "capabilities" },
        lacks.join(" and "),
        command.join(" "),
    )
}

/// Which of the capabilities that we need are not in force, by what the kernel says of the process.
fn missing(status: &str) -> Vec<&'static str> {
    let line = status.lines().find_map(|it| it.strip_prefix("CapEff:"));
    let mask = line.and_then(|it| u64::from_str_radix(it.trim(), 16).ok()).unwrap_or(0);
    let wanted = [("CAP_SYS_ADMIN", CAP_SYS_ADMIN), ("CAP_NET_ADMIN", CAP_NET_ADMIN)];
    wanted.into_iter().filter(|it| mask & (1 << it.1) == 0).map(|it| it.0).collect()
}

/// The word as a shell must see it.
fn quoted(word: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_./:=,@%+".contains(it);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing("Name:\tculvert\nCapEff:\t000001ffffffffff\n"), [""; 0]);
        assert_eq!(missing("CapEff:\t0000000000001000\n"), ["CAP_SYS_ADMIN"]);
        assert_eq!(missing("CapEff:\t0000000000000000\n"), ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]);
        assert_eq!(missing(""), ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]);
    }

    #[test]
    fn a_command_is_shown_so_that_it_can_be_typed() {
        assert_eq!(["run", "--", "a b", "it's", ""].map(quoted).join(" "), r"run -- 'a b' 'it'\''s' ''");
    }
}
