//! Where pieces go: each into a file of its own in a folder, or all of them into one file.

use std::fs;
use std::path::{Path, PathBuf};

use command_line::{Failure, write_whole};
use hls_index::ByteRange;

use super::download::cannot_write;
use super::joined;
use super::piece::{Kind, Piece};
use crate::media::{Media, Plan};

/// Plays what was fetched.
pub(super) const PLAYLIST: &str = "window.m3u8";

#[derive(Debug)]
pub(super) enum Output {
    Folder(PathBuf),
    /// The pieces are in a folder beside it until it is whole.
    File {
        file: PathBuf,
        pieces: PathBuf,
    },
}

impl Output {
    /// Takes `path` for a folder when it is one, or is written like one.
    pub(super) fn open(path: &Path, pieces: &[Piece], plan: &Plan<'_>) -> Result<Self, Failure> {
        let is_like_a_folder =
            path.as_os_str().to_string_lossy().ends_with(['/', '\\']) || path.extension().is_none();
        if path.is_dir() || is_like_a_folder && !path.is_file() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let refuse =
            |why: &str| Failure::cannot(format!("{}: {why}; give a folder", path.display()));
        if pieces.iter().filter(|piece| piece.kind == Kind::Init).count() > 1 {
            return Err(refuse("segments with several initialization sections are not one file"));
        }
        if plan.fetch.iter().any(|row| !row.keys.is_empty()) {
            return Err(refuse("encrypted segments are not decrypted, and so not one file"));
        }
        let pieces = path.with_file_name(format!("{name}.pieces"));
        Ok(Self::File { file: path.to_owned(), pieces })
    }

    /// What is written when all pieces are there.
    pub(super) fn result(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(PLAYLIST),
            Self::File { file, .. } => file.clone(),
        }
    }

    fn folder(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::File { pieces, .. } => pieces,
        }
    }

    /// Where a piece goes.
    pub(super) fn path(&self, piece: &Piece) -> PathBuf {
        let mut path = self.folder().to_owned();
        path.extend(piece.file.split('/'));
        path
    }

    /// How many bytes a piece has that is there already: only what is whole has its name.
    pub(super) fn kept(&self, piece: &Piece) -> Option<u64> {
        let metadata = fs::metadata(self.path(piece)).ok().filter(fs::Metadata::is_file)?;
        let length = piece.byte_range.map_or(metadata.len(), ByteRange::length);
        (metadata.len() == length).then_some(length)
    }

    /// All pieces are there: makes what plays them, and tells its name.
    pub(super) fn complete(
        &self,
        media: &Media<'_>,
        plan: &Plan<'_>,
        pieces: &[Piece],
    ) -> Result<String, Failure> {
        let path = self.result();
        match self {
            Self::Folder(_) => {
                let text = joined::playlist(media, plan, pieces)?;
                write_whole(&path, |out| out.write_all(text.as_bytes()))
                    .map_err(|error| cannot_write(&path, &error))?;
            }
            Self::File { pieces: folder, .. } => {
                write_whole(&path, |out| {
                    for piece in pieces {
                        std::io::copy(&mut fs::File::open(self.path(piece))?, out)?;
                    }
                    Ok(())
                })
                .map_err(|error| cannot_write(&path, &error))?;
                fs::remove_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
            }
        }
        Ok(path.display().to_string())
    }
}
