//! What the sharer has: a playlist, and the files that it names and no others.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Cursor, SeekFrom};
use std::path::{Component, Path, PathBuf};

use command_line::plain;
use hls_index::{ByteRange, MediaPlaylist, uri};
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeekExt as _};

use crate::failure::Failure;
use crate::plan::{self, MAX_PLAYLIST, Plan};

/// A stream to share.
#[derive(Debug)]
pub(crate) struct Source {
    name: String,
    playlist: Vec<u8>,
    /// The URIs that the playlist names. Nothing else can be asked for.
    named: BTreeSet<String>,
    files: Files,
}

#[derive(Debug)]
enum Files {
    /// The stream that is part of this program.
    BuiltIn,
    /// Those of the folder that the playlist lies in, its path without links and dots.
    Folder(PathBuf),
}

/// A file of a source, or a part of it, to be read from its start.
pub(crate) struct Content {
    reader: Box<dyn AsyncRead + Send + Unpin>,
    length: u64,
}

/// Why a source does not give a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Unavailable {
    NotNamed,
    Remote,
    Outside,
    Missing,
    NotAFile,
    PastEnd { length: u64 },
    Io(String),
}

impl Source {
    /// The stream that is part of this program: `examples/tour/stream`.
    pub(crate) fn built_in() -> Result<Self, Failure> {
        Self::new("the built-in stream.m3u8".to_owned(), PLAYLIST.to_vec(), Files::BuiltIn)
    }

    /// Somebody's own stream.
    pub(crate) async fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let unreadable = |error: io::Error| {
            let advice = "give --playlist an HLS media playlist (.m3u8) that you may read";
            Failure::bad_input(format!("{name}: {}; {advice}", plain(&error)))
        };
        let file = File::open(path).await.map_err(unreadable)?;
        if file.metadata().await.map_err(unreadable)?.is_dir() {
            return Err(Failure::bad_input(format!(
                "{name}: it is a folder; give --playlist the .m3u8 file in it"
            )));
        }
        let mut playlist = Vec::new();
        file.take(MAX_PLAYLIST + 1).read_to_end(&mut playlist).await.map_err(unreadable)?;
        if playlist.len() as u64 > MAX_PLAYLIST {
            return Err(Failure::bad_input(format!(
                "{name}: it is longer than {} MiB; give --playlist an HLS media playlist (.m3u8)",
                MAX_PLAYLIST >> 20
            )));
        }
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let folder = tokio::fs::canonicalize(folder).await.map_err(unreadable)?;
        Self::new(name, playlist, Files::Folder(folder))
    }

    fn new(name: String, playlist: Vec<u8>, files: Files) -> Result<Self, Failure> {
        let parsed = plan::parse(&name, &playlist)?;
        let named = named_files(&parsed);
        Ok(Self { name, playlist, named, files })
    }

    /// What to call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The playlist, byte for byte.
    pub(crate) fn playlist(&self) -> &[u8] {
        &self.playlist
    }

    /// Makes sure that everything that `plan` asks for is there, so that a user hears of a mistake
    /// before the story begins.
    pub(crate) async fn check(&self, plan: &Plan) -> Result<(), Failure> {
        for piece in &plan.pieces {
            self.content(&piece.uri, piece.range).await.map_err(|why| {
                let (name, line, uri) = (&self.name, piece.line, &piece.uri);
                Failure::bad_input(format!("{name}, line {line}: {uri}: {why}; {}", why.advice()))
            })?;
        }
        Ok(())
    }

    /// Opens a file that the playlist names, or a part of it.
    pub(crate) async fn content(
        &self,
        uri: &str,
        range: Option<ByteRange>,
    ) -> Result<Content, Unavailable> {
        if !self.named.contains(uri) {
            return Err(Unavailable::NotNamed);
        }
        match &self.files {
            Files::BuiltIn => {
                let (_, bytes) =
                    BUILT_IN.iter().find(|(name, _)| *name == uri).ok_or(Unavailable::Missing)?;
                let (start, length) = part(range, bytes.len() as u64)?;
                let mut reader = Cursor::new(*bytes);
                reader.set_position(start);
                Ok(Content { reader: Box::new(reader.take(length)), length })
            }
            Files::Folder(folder) => {
                let path = locate(folder, uri).await?;
                let mut file = File::open(path).await?;
                let (start, length) = part(range, file.metadata().await?.len())?;
                file.seek(SeekFrom::Start(start)).await?;
                Ok(Content { reader: Box::new(file.take(length)), length })
            }
        }
    }
}

impl Content {
    /// How many bytes it has.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Its bytes.
    pub(crate) fn into_reader(self) -> impl AsyncRead + Send + Unpin {
        self.reader
    }

    /// Reads all of it for its SHA-256.
    pub(crate) async fn digest(mut self) -> io::Result<[u8; 32]> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.reader.read(&mut buffer).await? {
                0 => return Ok(hash.finalize().into()),
                length => hash.update(buffer.get(..length).unwrap_or_default()),
            }
        }
    }
}

impl Unavailable {
    /// What the user can do.
    const fn advice(&self) -> &'static str {
        match self {
            Self::Remote => "the tour plays local files: download it and name the copy",
            Self::Outside => "put it beside the playlist",
            Self::PastEnd { .. } => "correct the byte range",
            Self::NotNamed | Self::Missing | Self::NotAFile | Self::Io(_) => {
                "put it there or correct the line"
            }
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNamed => f.write_str("the playlist does not name it"),
            Self::Remote => f.write_str("it lies on another machine"),
            Self::Outside => f.write_str("it lies outside of the playlist's folder"),
            Self::Missing => f.write_str("there is no such file"),
            Self::NotAFile => f.write_str("it is not a file"),
            Self::PastEnd { length } => write!(f, "the file has only {length} bytes"),
            Self::Io(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for Unavailable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Io(plain(&error)),
        }
    }
}

fn named_files(playlist: &MediaPlaylist<'_>) -> BTreeSet<String> {
    let segments = playlist.segments();
    segments
        .flat_map(|segment| [Some(segment.uri()), segment.map().map(|map| map.uri)])
        .flatten()
        .map(str::to_owned)
        .collect()
}

/// Where a part of a file of `length` bytes starts, and how long it is.
fn part(range: Option<ByteRange>, length: u64) -> Result<(u64, u64), Unavailable> {
    match range {
        None => Ok((0, length)),
        Some(range) if range.end() <= length => Ok((range.offset(), range.length())),
        Some(_) => Err(Unavailable::PastEnd { length }),
    }
}

/// The file that `uri` means: under that name, else with its %-escapes taken as what they stand
/// for. It never lies outside of `folder`, whatever dots and links there are: a playlist from a
/// stranger must not make the sharer give away other files.
async fn locate(folder: &Path, uri: &str) -> Result<PathBuf, Unavailable> {
    if uri::scheme(uri).is_some() || uri.starts_with("//") {
        return Err(Unavailable::Remote);
    }
    let mut outcome = Err(Unavailable::Missing);
    for name in [Some(uri.to_owned()), unescaped(uri)].into_iter().flatten() {
        let relative = Path::new(&name);
        let leads_away =
            |part| !matches!(part, Component::Normal(_) | Component::CurDir | Component::ParentDir);
        if relative.components().any(leads_away) {
            return Err(Unavailable::Outside);
        }
        match tokio::fs::canonicalize(folder.join(relative)).await {
            Ok(path) if !path.starts_with(folder) => return Err(Unavailable::Outside),
            Ok(path) if !path.is_file() => return Err(Unavailable::NotAFile),
            Ok(path) => return Ok(path),
            Err(error) => outcome = Err(error.into()),
        }
    }
    outcome
}

/// The path of a URI reference with its %-escapes undone; `None` when they make no sense.
fn unescaped(uri: &str) -> Option<String> {
    let path = uri.split(['?', '#']).next()?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(digit()? * 16 + digit()?).ok()?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))
}

const PLAYLIST: &[u8] = include_bytes!("../stream/stream.m3u8");

const BUILT_IN: [(&str, &[u8]); 3] = [
    ("Segment_1.mp4", include_bytes!("../stream/Segment_1.mp4")),
    ("Segment_2.mp4", include_bytes!("../stream/Segment_2.mp4")),
    ("Segment_3.mp4", include_bytes!("../stream/Segment_3.mp4")),
];

#[cfg(test)]
mod tests;
