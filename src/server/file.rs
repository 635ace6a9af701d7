//! Files that are there whole or not at all, for what a server could not start without.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a file durably, in the place of one that is there.
pub(super) fn write_whole(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // A file of our own: one that stood there could have another mode, or be a link to somewhere else.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_secret_is_not_written_through_what_stands_in_its_way() {
        let dir = std::env::temp_dir().join(format!("culvert-file-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory for the test");
        let (path, elsewhere) = (dir.join("credentials"), dir.join("elsewhere"));
        symlink(&elsewhere, dir.join("credentials.new")).expect("a link");
        write_whole(&path, 0o600, b"secret").expect("the link is removed");
        assert!(!elsewhere.exists());
        fs::write(dir.join("credentials.new"), "left by an interrupted start").expect("a file that others may read");
        write_whole(&path, 0o600, b"other").expect("the file is removed");
        assert_eq!(fs::read(&path).expect("it was written"), b"other");
        assert_eq!(fs::metadata(&path).expect("it was written").permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&dir).expect("it was made above");
    }
}
