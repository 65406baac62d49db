//! Files that appear whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Writes a file: under another name first, in the same folder, so that whatever had its name before
/// stays until the new one is whole and safe.
///
/// # Errors
/// When it cannot be written; then nothing of it is left.
pub fn write_whole(
    path: &Path,
    content: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it is not a file's name"))?;
    if path.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut unfinished = OsString::from(".");
    unfinished.push(name);
    unfinished.push(format!(".{}.part", std::process::id()));
    let unfinished = Unfinished(path.with_file_name(unfinished));
    let mut file = File::create(&unfinished.0).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("no such folder"),
        _ => error,
    })?;
    content(&mut file)?;
    file.flush()?;
    file.sync_all()?;
    fs::rename(&unfinished.0, path)
}

/// A file that goes away, unless it has got another name.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let folder = std::env::temp_dir().join(format!("write-whole-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("film.svg");
        write_whole(&path, |out| out.write_all(b"former")).unwrap();
        let failed = write_whole(&path, |out| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"former");
        write_whole(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left behind");
        for path in [folder.clone(), folder.join("no/such"), PathBuf::from("..")] {
            assert!(write_whole(&path, |_| Ok(())).is_err(), "{}", path.display());
        }
        let nowhere = write_whole(&folder.join("no/such"), |_| Ok(())).unwrap_err();
        assert_eq!(nowhere.to_string(), "no such folder");
        fs::remove_dir_all(folder).unwrap();
    }
}
