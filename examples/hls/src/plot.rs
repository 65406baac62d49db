//! `hls plot`: a timeline as an SVG file.

mod aggregate;
mod picture;
mod scale;
mod strip;
mod svg;

use command_line::{Failure, plain, print_plain, write_whole};
use hls_index::Ticks;

use crate::args::PlotArgs;
use crate::document::Document;
use crate::media::Media;
use crate::servers::placement_or_origin;

/// Does what the arguments say.
pub(crate) fn run(args: &PlotArgs) -> Result<(), Failure> {
    let document = Document::of_stream(&args.stream)?;
    let parsed = document.parse()?;
    let placement = placement_or_origin(&[], document.uri.as_deref())?;
    let media = Media::new(&document, &parsed, placement)?;
    if media.len() == 0 || media.end() == Ticks::ZERO {
        return Err(media.no("there are no segments to draw"));
    }
    let plan = media.plan(&args.window)?;
    let title = args.stream.stream.as_deref().unwrap_or(&document.name);
    let picture = picture::draw(title, &media, plan.as_ref())?;
    match &args.out {
        Some(path) => {
            Document::spare(&args.stream, path)?;
            let advice = "give -o a file that you may write";
            let written = write_whole(path, |out| out.write_all(picture.as_bytes()));
            written.map_err(|error| {
                Failure::cannot(format!("{}: {}; {advice}", path.display(), plain(&error)))
            })
        }
        None => print_plain(|out| out.write_all(picture.as_bytes())),
    }
}
