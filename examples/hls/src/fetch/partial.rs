//! A file that is being fetched, and what of it is still to be asked for.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use command_line::Failure;
use hls_index::ByteRange;
use ureq::http::HeaderMap;

use super::download::cannot_write;
use super::version::{ContentRange, Version};

/// A file until it is whole: it has another name, and goes away unless it is [kept](Self::keep).
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    file: File,
    /// How many there are.
    pub(super) bytes: u64,
    /// What they are of, when the rest can be asked for.
    pub(super) version: Option<Version>,
}

impl Partial {
    pub(super) fn create(whole: &Path) -> Result<Self, Failure> {
        let mut name = whole.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        let file = File::create(&path).map_err(|error| cannot_write(&path, &error))?;
        Ok(Self { path, file, bytes: 0, version: None })
    }

    /// What `If-Range` says when the rest is asked for at `uri`; `None` when it has to be all.
    pub(super) fn condition(&self, uri: &str) -> Option<&str> {
        self.version.as_ref().filter(|_| self.bytes > 0)?.condition(uri)
    }

    pub(super) fn begin_anew(&mut self) -> Result<(), Failure> {
        self.version = None;
        self.bytes = 0;
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map(|_| ()).map_err(|error| cannot_write(&self.path, &error))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| cannot_write(&self.path, &error))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// It is whole: gives it its name, and tells how many bytes it has.
    pub(super) fn keep(self, whole: &Path) -> Result<u64, Failure> {
        let kept = self.file.sync_all().and_then(|()| fs::rename(&self.path, whole));
        kept.map_err(|error| cannot_write(whole, &error))?;
        Ok(self.bytes)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The bytes that a server is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    first: u64,
    /// The byte after the last one, where that is known.
    end: Option<u64>,
}

impl Wanted {
    /// Of the range, or of all, what is not there yet.
    pub(super) fn new(range: Option<ByteRange>, partial: &Partial) -> Self {
        let length = partial.version.as_ref().and_then(|version| version.length);
        Self {
            first: range.map_or(0, ByteRange::offset).saturating_add(partial.bytes),
            end: range.map(ByteRange::end).or(length),
        }
    }

    /// What `Range` says; nothing when all is wanted.
    pub(super) fn header(self) -> Option<String> {
        match (self.first, self.end) {
            (first, Some(end)) if first < end => Some(format!("bytes={first}-{}", end - 1)),
            (0, _) => None,
            (first, _) => Some(format!("bytes={first}-")),
        }
    }

    /// Whether 206 with these headers is exactly what was asked for, and goes on where it broke off.
    pub(super) fn is_answered(self, uri: &str, headers: &HeaderMap, partial: &Partial) -> bool {
        let Some(told) = ContentRange::of(headers) else { return false };
        let is_rest = match &partial.version {
            Some(version) if partial.bytes > 0 => version.has_rest(uri, headers, told.length),
            _ => true,
        };
        is_rest && told.first == self.first && self.end.or(told.length) == Some(told.end)
    }
}
