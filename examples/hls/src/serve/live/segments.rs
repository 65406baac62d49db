//! The last segments of a playlist that grows, and the one to come, cut into parts.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::{Duration, SystemTime};

use hls_index::write::{NewTag, WriteError};
use hls_index::{ByteRange, Ticks};
use sansio::Timestamp;

use super::boxes::Tracks;
use super::issue::SegmentParts;
use super::limits::times;
use super::parts::{PartCutter, SegmentPart};
use super::reference;
use super::source::{Init, Recent, Source};
use crate::serve::root::Root;

/// An initialization section of more is not read.
const MAX_INIT: u64 = 4 << 20;
/// How long parts can still be had that are not listed any more, in target durations (RFC 8216bis
/// §6.2.2); and of how many segments at the most.
const KEPT: u64 = 3;
const MAX_KEPT: usize = 1000;

/// What changes when a file does.
pub(super) type Stamp = (u64, Option<SystemTime>);

/// The segments of one playlist that have parts.
#[derive(Debug)]
pub(super) struct Segments {
    /// The path of the playlist, which URIs are relative to.
    playlist: String,
    /// By media sequence number.
    cuts: BTreeMap<u64, Cut>,
    /// Of all parts so far: the part target does not get smaller.
    longest_part: Ticks,
    /// Whether there has ever been a part: what says so stays.
    has_parts: bool,
    tracks: Option<(Init, Stamp, Option<Tracks>)>,
}

/// A segment that is cut into parts.
#[derive(Debug)]
struct Cut {
    uri: String,
    path: String,
    cutter: PartCutter,
    is_whole: bool,
    /// Since when it is not listed any more.
    left: Option<Timestamp>,
}

impl Segments {
    pub(super) fn new(playlist: String) -> Self {
        Self {
            playlist,
            cuts: BTreeMap::new(),
            longest_part: Ticks::ZERO,
            has_parts: false,
            tracks: None,
        }
    }

    /// The stream uses its numbers and names again.
    pub(super) fn begin_anew(&mut self) {
        self.cuts.clear();
    }

    /// Looks at the files, and cuts what has come into parts of this length; gives whether there is more
    /// than before.
    pub(super) fn cut(
        &mut self,
        root: &Root,
        source: &Source,
        part: Ticks,
        now: Timestamp,
    ) -> bool {
        let recent = source.recent();
        let kept = Duration::from(times(Ticks::from_seconds(source.builder.target_duration), KEPT));
        self.cuts.retain(|sequence, cut| {
            if let Ok(at) = recent.binary_search_by_key(sequence, |segment| segment.sequence) {
                cut.left = None;
                return recent[at].uri == cut.uri;
            }
            let left = *cut.left.get_or_insert(now);
            now.since(left) <= kept
        });
        while self.cuts.len() > recent.len().saturating_add(MAX_KEPT) {
            self.cuts.pop_first();
        }
        let mut has_changed = false;
        for segment in recent {
            let is_whole = segment.sequence <= source.last;
            has_changed |= self.cut_one(root, segment, is_whole, part).unwrap_or(false);
        }
        has_changed
    }

    /// Cuts what there is of one segment.
    fn cut_one(
        &mut self,
        root: &Root,
        segment: &Recent,
        is_whole: bool,
        part: Ticks,
    ) -> Option<bool> {
        if self.cuts.get(&segment.sequence).is_some_and(|cut| cut.is_whole) {
            return Some(false);
        }
        let path = reference::path(&self.playlist, &segment.uri)?;
        self.read_tracks(root, &segment.init)?;
        let before = segment.sequence.checked_sub(1).and_then(|before| self.cuts.get(&before));
        let mut file = match before {
            Some(before) if !is_whole => open_newer(root, &path, &before.path)?,
            _ => File::open(root.file(&path)?).ok()?,
        };
        let (_, _, Some(tracks)) = self.tracks.as_ref()? else { return None };
        let cut = self.cuts.entry(segment.sequence).or_insert_with(|| Cut {
            uri: segment.uri.clone(),
            path,
            cutter: PartCutter::default(),
            is_whole: false,
            left: None,
        });
        let mut has_changed = cut.cutter.advance(&mut file, tracks, part).ok()?;
        if is_whole {
            cut.cutter.finish();
            cut.is_whole = true;
            has_changed = true;
        }
        let longest = cut.cutter.parts().iter().map(|part| part.duration).max();
        self.has_parts |= longest.is_some();
        self.longest_part = self.longest_part.max(part).max(longest.unwrap_or_default());
        Some(has_changed)
    }

    /// Reads the initialization section, unless it is known.
    fn read_tracks(&mut self, root: &Root, init: &Init) -> Option<()> {
        let real = root.file(&reference::path(&self.playlist, &init.uri)?)?;
        let stamp = stamp(&fs::metadata(&real).ok()?);
        if self.tracks.as_ref().is_some_and(|known| known.0 == *init && known.1 == stamp) {
            return Some(());
        }
        let mut file = File::open(real).ok()?;
        let range = init.byte_range;
        file.seek(SeekFrom::Start(range.map_or(0, ByteRange::offset))).ok()?;
        let length = range.map_or(MAX_INIT, ByteRange::length).min(MAX_INIT);
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).ok()?;
        self.tracks = Some((init.clone(), stamp, Tracks::read(&bytes)));
        Some(())
    }

    /// The longest part so far; `None` when there has never been one.
    pub(super) fn part_target(&self) -> Option<Ticks> {
        Some(self.longest_part).filter(|_| self.has_parts)
    }

    /// How many parts there are of a segment.
    pub(super) fn count(&self, sequence: u64) -> usize {
        self.cuts.get(&sequence).map_or(0, |cut| cut.cutter.parts().len())
    }

    /// EXT-X-PART for each part of a segment that is listed, or is to come, under this URI.
    pub(super) fn tags(&self, sequence: u64, uri: &str) -> Result<Vec<NewTag>, WriteError> {
        let is_listed = |cut: &&Cut| cut.left.is_none() && cut.uri == uri;
        let cut = self.cuts.get(&sequence).filter(is_listed);
        let parts = cut.map_or(&[][..], |cut| cut.cutter.parts());
        let tag = |(number, part): (usize, &SegmentPart)| {
            let tag = NewTag::part(&part_uri(uri, number), part.duration)?;
            if part.is_independent { tag.yes("INDEPENDENT") } else { Ok(tag) }
        };
        parts.iter().enumerate().map(tag).collect()
    }

    /// All parts that can be had, by the path of their segment.
    pub(super) fn parts(&self) -> BTreeMap<String, SegmentParts> {
        let parts_of =
            |cut: &Cut| SegmentParts { parts: cut.cutter.parts().to_vec(), is_whole: cut.is_whole };
        self.cuts.values().map(|cut| (cut.path.clone(), parts_of(cut))).collect()
    }
}

/// The segment that is being written: perhaps with `.tmp` after its name, and, as names are used again,
/// not from an earlier stream.
fn open_newer(root: &Root, path: &str, before: &str) -> Option<File> {
    let modified = |file: &File| file.metadata().ok()?.modified().ok();
    let before = modified(&File::open(root.file(before)?).ok()?)?;
    [&format!("{path}.tmp"), path].into_iter().find_map(|path| {
        let file = File::open(root.file(path)?).ok()?;
        (modified(&file)? >= before).then_some(file)
    })
}

pub(super) fn stamp(metadata: &fs::Metadata) -> Stamp {
    (metadata.len(), metadata.modified().ok())
}

/// Each part is a resource of its own, so that nobody need ask for bytes whose number is not known.
pub(super) fn part_uri(uri: &str, number: usize) -> String {
    let (path, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    let separator = if path.contains('?') { '&' } else { '?' };
    let hash = if fragment.is_empty() { "" } else { "#" };
    format!("{path}{separator}part={number}{hash}{fragment}")
}
