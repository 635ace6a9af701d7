//! Columns of text for people; programs read `--json`.

use std::io::{self, Write};

/// Lines whose columns stand below each other, the last one ragged.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&head.map(str::to_owned)).chain(rows) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Writes to standard output. That nobody reads on (`culvert ps | head -1`) is no failure.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let row = |one: &str, two: &str| [one.to_owned(), two.to_owned()];
        assert_eq!(
            table(["A", "LONG"], &[row("höher", "x"), row("", "yyyyy")]),
            "A      LONG\nhöher  x\n       yyyyy\n"
        );
        assert_eq!(table(["A", "B"], &[]), "A  B\n");
    }
}
