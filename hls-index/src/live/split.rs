//! What stands before the first URI of a text: what is said of the whole playlist, and what belongs to
//! the first segment.

use alloc::string::String;

use crate::define::Source;
use crate::error::BYTE_ORDER_MARK;
use crate::integer;
use crate::media::MediaPlaylist;
use crate::scan::{Line, Lines};
use crate::tag::{BLANK, Tag};

/// A text taken apart up to the end of its first URI.
#[derive(Clone, Debug)]
pub(super) struct Split {
    /// The lines that are about the whole playlist, but for its numbers and EXT-X-SKIP.
    pub(super) head: String,
    /// All other lines, down to the first URI: what belongs to the first segment.
    pub(super) block: String,
    /// Where in the text the first URI ends; the end of the text when there is none.
    pub(super) uri_end: usize,
    pub(super) has_uri: bool,
    pub(super) media_sequence: u64,
    /// Whether each number was there at most once and could be read.
    pub(super) has_numbers: bool,
    pub(super) discontinuity_sequence: u64,
    /// The line of EXT-X-SKIP.
    skip: Option<String>,
}

/// EXT-X-SKIP of a delta update.
#[derive(Clone, Debug)]
pub(super) struct Skipped {
    pub(super) segments: u64,
    /// The IDs of RECENTLY-REMOVED-DATERANGES, where the tag has it: then ranges are skipped as well.
    pub(super) removed: Option<alloc::vec::Vec<String>>,
}

impl Split {
    pub(super) fn of(text: &str) -> Self {
        let mut split = Self {
            head: String::from("#EXTM3U\n"),
            block: String::new(),
            uri_end: text.len(),
            has_uri: false,
            media_sequence: 0,
            has_numbers: true,
            discontinuity_sequence: 0,
            skip: None,
        };
        let mut sequences = [None, None];
        let mut start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        while start < text.len() && !split.has_uri {
            let rest = &text[start..];
            let length = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
            let line = &rest[..length];
            match Lines::from_within(line).next() {
                Some(Line::Uri(_)) => {
                    let end = line.trim_ascii_end().len();
                    split.block.push_str(&line[..end]);
                    split.uri_end = start + end;
                    split.has_uri = true;
                }
                Some(Line::Tag(tag)) => split.tag(tag, line, &mut sequences),
                Some(Line::Comment(_) | Line::Blank) | None => push_line(&mut split.block, line),
            }
            start += length;
        }
        let [media, discontinuity] = sequences;
        split.media_sequence = media.unwrap_or_default();
        split.discontinuity_sequence = discontinuity.unwrap_or_default();
        split
    }

    fn tag(&mut self, tag: Tag<'_>, line: &str, sequences: &mut [Option<u64>; 2]) {
        let number = match tag.name {
            "EXT-X-MEDIA-SEQUENCE" => 0,
            "EXT-X-DISCONTINUITY-SEQUENCE" => 1,
            "EXT-X-SKIP" => {
                self.has_numbers &= self.skip.replace(line.into()).is_none();
                return;
            }
            "EXTM3U" => return,
            // With a tag of a segment on the line, the parser sees to it where it stands.
            name if is_of_playlist(name) && second_tag(line).is_none_or(is_of_playlist) => {
                return push_line(&mut self.head, line);
            }
            _ => return push_line(&mut self.block, line),
        };
        let value = tag.value.and_then(|value| integer::read(value).ok());
        self.has_numbers &= value.is_some() && sequences[number].is_none();
        sequences[number] = value;
    }

    pub(super) const fn is_delta(&self) -> bool {
        self.skip.is_some()
    }

    /// What EXT-X-SKIP says; `None` when it cannot be read.
    pub(super) fn skipped(&self, source: &Source<'_>) -> Option<Skipped> {
        let text = alloc::format!("{}{}", self.head, self.skip.as_deref()?);
        let playlist = MediaPlaylist::parse_from(&text, source).ok()?;
        let skip = playlist.skip()?;
        let ids = || skip.removed_date_ranges().map(String::from).collect();
        let removed = skip.recently_removed.map(|_| ids());
        Some(Skipped { segments: skip.skipped_segments, removed })
    }
}

/// The text with everything that is about the whole playlist moved to its start: for the rare one that
/// has some of it further down.
pub(super) fn in_order(text: &str) -> String {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let (mut head, mut rest) = (String::from("#EXTM3U\n"), String::with_capacity(text.len()));
    for line in text.split_inclusive('\n') {
        match Lines::from_within(line).next() {
            Some(Line::Tag(Tag { name: "EXTM3U", .. })) => {}
            Some(Line::Tag(tag)) if is_of_playlist(tag.name) || is_number(tag.name) => {
                push_line(&mut head, line);
            }
            _ => rest.push_str(line),
        }
    }
    head.push_str(&rest);
    head
}

/// Appends a line, which ends with a line end from now on.
fn push_line(lines: &mut String, line: &str) {
    lines.push_str(line);
    if !line.ends_with('\n') {
        lines.push('\n');
    }
}

/// The name of the tag that stands on the line of another, where only the line end between them is missing.
fn second_tag(line: &str) -> Option<&str> {
    let line = line.trim_matches(BLANK);
    let start = line.rfind("#EXT").filter(|&start| start > 0)?;
    Tag::on_line(&line[start..]).map(|tag| tag.name)
}

/// Whether the tag is about the whole playlist, wherever it stands.
fn is_of_playlist(name: &str) -> bool {
    matches!(
        name,
        "EXT-X-VERSION"
            | "EXT-X-INDEPENDENT-SEGMENTS"
            | "EXT-X-START"
            | "EXT-X-DEFINE"
            | "EXT-X-TARGETDURATION"
            | "EXT-X-ENDLIST"
            | "EXT-X-PLAYLIST-TYPE"
            | "EXT-X-I-FRAMES-ONLY"
            | "EXT-X-PART-INF"
            | "EXT-X-SERVER-CONTROL"
            | "EXT-X-PRELOAD-HINT"
            | "EXT-X-RENDITION-REPORT"
    )
}

fn is_number(name: &str) -> bool {
    matches!(name, "EXT-X-MEDIA-SEQUENCE" | "EXT-X-DISCONTINUITY-SEQUENCE" | "EXT-X-SKIP")
}
