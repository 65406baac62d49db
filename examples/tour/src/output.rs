//! `--out FILE`: what was fetched goes into a file, whole or not at all.

use std::io;
use std::path::{Path, PathBuf};

use command_line::plain;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::failure::Failure;

/// A file that is being written under another name. It gets its own name with
/// [`keep`](Self::keep), and goes away without.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    path: PathBuf,
    unfinished: Unfinished,
}

impl Output {
    /// Begins a file. When there is one of that name, it stays as it is until the new one is whole.
    pub(crate) async fn create(path: &Path) -> Result<Self, Failure> {
        let refuse = |why: &str| {
            let advice = "give --out a file that you may write";
            Failure::bad_input(format!("{}: {why}; {advice}", path.display()))
        };
        let name = path.file_name().ok_or_else(|| refuse("it is not a file's name"))?;
        if path.is_dir() {
            return Err(refuse("it is a folder"));
        }
        // In the same folder, as a file can't be renamed across file systems.
        let mut unfinished = std::ffi::OsString::from(".");
        unfinished.push(name);
        unfinished.push(format!(".{}.part", std::process::id()));
        let unfinished = path.with_file_name(unfinished);
        let file = File::create(&unfinished).await.map_err(|error| refuse(&plain(&error)))?;
        Ok(Self { file, path: path.to_owned(), unfinished: Unfinished(unfinished) })
    }

    /// Appends bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).await.map_err(|error| failed(&self.path, &error))
    }

    /// Gives the file its name, in the place of any former one.
    pub(crate) async fn keep(mut self) -> Result<(), Failure> {
        let path = &self.path;
        self.file.flush().await.map_err(|error| failed(path, &error))?;
        self.file.sync_all().await.map_err(|error| failed(path, &error))?;
        tokio::fs::rename(&self.unfinished.0, path).await.map_err(|error| failed(path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::run(format!("can't write {}: {}", path.display(), plain(error)))
}

/// Removes the file, unless it has been renamed.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("tour-output-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[tokio::test]
    async fn a_file_appears_whole_or_not_at_all() {
        let folder = folder("whole");
        let path = folder.join("clip.mp4");
        std::fs::write(&path, "former").unwrap();

        let mut output = Output::create(&path).await.unwrap();
        output.write(b"half").await.unwrap();
        drop(output);
        assert_eq!(std::fs::read(&path).unwrap(), b"former");

        let mut output = Output::create(&path).await.unwrap();
        output.write(b"new").await.unwrap();
        output.write(b" one").await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"former");
        output.keep().await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new one");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left behind");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_named() {
        let folder = folder("refused");
        for path in [folder.clone(), folder.join("no/such/folder"), PathBuf::from("..")] {
            let failure = Output::create(&path).await.unwrap_err();
            assert!(matches!(failure, Failure::BadInput(_)));
            assert!(failure.to_string().contains(&*path.to_string_lossy()), "{failure}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
