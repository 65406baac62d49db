//! `hls plot`: a timeline as an SVG file.

mod aggregate;
mod picture;
mod scale;
mod strip;
mod svg;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hls_index::{Placement, Ticks};

use crate::args::PlotArgs;
use crate::document::{Document, plain};
use crate::failure::Failure;
use crate::media::Media;
use crate::servers::{ServerArg, placement};
use crate::terminal::print_plain;

/// Does what the arguments say.
pub(crate) fn run(args: &PlotArgs) -> Result<(), Failure> {
    let document = Document::of_stream(&args.stream)?;
    let parsed = document.parse()?;
    let placement = match &document.uri {
        Some(uri) => placement(&[ServerArg::origin(uri)])?,
        None => Placement::new(),
    };
    let media = Media::new(&document, &parsed, placement)?;
    if media.len() == 0 || media.end() == Ticks::ZERO {
        return Err(media.no("there are no segments to draw"));
    }
    let plan = media.plan(&args.window)?;
    let title = args.stream.stream.as_deref().unwrap_or(&document.name);
    let picture = picture::draw(title, &media, plan.as_ref())?;
    match &args.out {
        Some(path) => write_whole(path, picture.as_bytes()),
        None => print_plain(|out| out.write_all(picture.as_bytes())),
    }
}

/// Writes a file, whole or not at all: under another name first, in the same folder.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let refuse = |why: &str| {
        let advice = "give -o a file that you may write";
        Failure::cannot(format!("{}: {why}; {advice}", path.display()))
    };
    let name = path.file_name().ok_or_else(|| refuse("it is not a file's name"))?;
    if path.is_dir() {
        return Err(refuse("it is a folder"));
    }
    let mut unfinished = OsString::from(".");
    unfinished.push(name);
    unfinished.push(format!(".{}.part", std::process::id()));
    let unfinished = Unfinished(path.with_file_name(unfinished));
    let write = || -> io::Result<()> {
        let mut file = File::create(&unfinished.0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished.0, path)
    };
    write().map_err(|error| refuse(&plain(&error)))
}

/// A file that goes away, unless it has got another name.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
