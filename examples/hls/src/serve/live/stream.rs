//! One media playlist that grows, and its segments.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::{Duration, SystemTime};

use hls_index::write::{MediaBuilder, NewTag, WriteError};
use hls_index::{ByteRange, MediaPlaylist, PlaylistType, Ticks, uri};
use sansio::Timestamp;

use super::boxes::Tracks;
use super::date_ranges::{DateRanges, is_date_range};
use super::directives::Progress;
use super::issue::{Issue, SegmentParts};
use super::limits::{Limits, times};
use super::name;
use super::parts::{PartCutter, SegmentPart};
use crate::serve::root::{Root, clean, escaped};

/// A playlist of more is not watched.
pub(super) const MAX_PLAYLIST: u64 = 16 << 20;
/// An initialization section of more is not read.
const MAX_INIT: u64 = 4 << 20;
/// How long parts can still be had that are not listed any more, in target durations (RFC 8216bis
/// §6.2.2); and of how many segments at the most.
const KEPT: u64 = 3;
const MAX_KEPT: usize = 1000;
/// A playlist whose numbers go back must stay so for as long: before, somebody is just writing it.
const GOES_BACK: Duration = Duration::from_secs(1);

/// A playlist, and what is known of it so far.
#[derive(Debug)]
pub(super) struct Stream {
    /// As it is asked for: `/news/live.m3u8`.
    path: String,
    stamp: Option<Stamp>,
    source: Option<Source>,
    /// By media sequence number.
    segments: BTreeMap<u64, Cut>,
    /// Of all parts so far: the part target does not get smaller.
    longest_part: Ticks,
    tracks: Option<(Init, Stamp, Option<Tracks>)>,
    date_ranges: DateRanges,
    /// A state of the file that goes back, and since when it is there.
    back: Option<(Stamp, Timestamp)>,
    /// Whether it has been given out as one that grows, and with parts: what says so stays.
    has_grown: bool,
    has_parts: bool,
}

/// What changes when a file does.
pub(super) type Stamp = (u64, Option<SystemTime>);

/// What the playlist says.
#[derive(Debug)]
struct Source {
    builder: MediaBuilder,
    last: u64,
    /// Those whose parts are listed, in order, then the one to come, when its name is known.
    recent: Vec<Recent>,
}

#[derive(Clone, Debug)]
struct Recent {
    sequence: u64,
    uri: String,
    init: Init,
}

/// An initialization section.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Init {
    uri: String,
    byte_range: Option<ByteRange>,
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

impl Stream {
    pub(super) fn new(path: String) -> Self {
        Self {
            path,
            stamp: None,
            source: None,
            segments: BTreeMap::new(),
            longest_part: Ticks::ZERO,
            tracks: None,
            date_ranges: DateRanges::default(),
            back: None,
            has_grown: false,
            has_parts: false,
        }
    }

    /// Looks at the files; gives whether anything has changed. Segments are cut into parts when they have
    /// a length.
    pub(super) fn look(&mut self, root: &Root, part: Option<Ticks>, now: Timestamp) -> bool {
        let has_changed = self.read_playlist(root, now);
        match part {
            Some(part) => self.cut_segments(root, part, now) || has_changed,
            None => has_changed,
        }
    }

    fn read_playlist(&mut self, root: &Root, now: Timestamp) -> bool {
        let Some(real) = root.file(&self.path) else { return false };
        let Some(stamp) = fs::metadata(&real).ok().map(|metadata| stamp(&metadata)) else {
            return false;
        };
        if self.stamp == Some(stamp) || stamp.0 > MAX_PLAYLIST {
            return false;
        }
        let Ok(text) = fs::read_to_string(&real) else { return false };
        // Otherwise somebody is writing it just now.
        if !text.ends_with('\n') {
            return false;
        }
        let Ok(playlist) = MediaPlaylist::parse(&text) else { return false };
        let source = Source::of(&playlist);
        let last = |source: &Option<Source>| source.as_ref().map(|source| source.last);
        let goes_back = last(&source) < last(&self.source);
        if goes_back && source.is_some() && !self.has_gone_back(stamp, now) {
            return false;
        }
        self.stamp = Some(stamp);
        self.back = None;
        self.source = source;
        // The stream has begun anew, and uses its names again.
        if goes_back {
            self.segments.clear();
        }
        if let Some(source) = &self.source {
            self.date_ranges.update(source.builder.tail.iter(), now);
            self.has_grown |= !source.builder.is_ended;
        }
        true
    }

    /// Whether the file has been in this state for a while.
    fn has_gone_back(&mut self, stamp: Stamp, now: Timestamp) -> bool {
        let since = match self.back {
            Some((before, since)) if before == stamp => since,
            _ => now,
        };
        self.back = Some((stamp, since));
        now.since(since) >= GOES_BACK
    }

    fn cut_segments(&mut self, root: &Root, part: Ticks, now: Timestamp) -> bool {
        let Some(source) = &self.source else { return false };
        let (last, mut recent) = (source.last, source.recent.clone());
        if source.builder.is_ended {
            recent.retain(|segment| segment.sequence <= last);
        }
        let kept = Duration::from(times(Ticks::from_seconds(source.builder.target_duration), KEPT));
        self.segments.retain(|&sequence, cut| {
            if let Some(segment) = recent.iter().find(|segment| segment.sequence == sequence) {
                cut.left = None;
                return segment.uri == cut.uri;
            }
            let left = *cut.left.get_or_insert(now);
            now.since(left) <= kept
        });
        while self.segments.len() > recent.len().saturating_add(MAX_KEPT) {
            self.segments.pop_first();
        }
        let mut has_changed = false;
        for segment in &recent {
            has_changed |= self.cut(root, segment, segment.sequence <= last, part).unwrap_or(false);
        }
        has_changed
    }

    /// Cuts what there is of one segment.
    fn cut(&mut self, root: &Root, segment: &Recent, is_whole: bool, part: Ticks) -> Option<bool> {
        if self.segments.get(&segment.sequence).is_some_and(|cut| cut.is_whole) {
            return Some(false);
        }
        let path = self.path_of(&segment.uri)?;
        self.read_tracks(root, &segment.init)?;
        let before = segment.sequence.checked_sub(1).and_then(|before| self.segments.get(&before));
        let mut file = match before {
            Some(before) if !is_whole => open_newer(root, &path, &before.path)?,
            _ => File::open(root.file(&path)?).ok()?,
        };
        let (_, _, Some(tracks)) = self.tracks.as_ref()? else { return None };
        let cut = self.segments.entry(segment.sequence).or_insert_with(|| Cut {
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
        let real = root.file(&self.path_of(&init.uri)?)?;
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

    /// The path of what the playlist refers to, when that is in the folder.
    fn path_of(&self, reference: &str) -> Option<String> {
        const HERE: &str = "http://here";
        let resolved = uri::resolve(&format!("{HERE}{}", self.path), reference);
        clean(resolved.strip_prefix(HERE)?.split(['?', '#']).next()?)
    }

    /// How far it has come: the last segment, and the last part of it or of the next one.
    pub(super) fn report(&self, from: &str) -> Option<NewTag> {
        let source = self.source.as_ref()?;
        let count =
            |sequence| self.segments.get(&sequence).map_or(0, |cut| cut.cutter.parts().len());
        let (last, next) = (source.last, source.last.checked_add(1)?);
        let (sequence, parts) = match count(next) {
            _ if source.builder.is_ended => (last, 0),
            0 => (last, count(last)),
            parts => (next, parts),
        };
        let tag = NewTag::new("EXT-X-RENDITION-REPORT").ok()?;
        let tag = tag.quoted("URI", &relative(from, &self.path)).ok()?;
        let tag = tag.integer("LAST-MSN", sequence).ok()?;
        match parts.checked_sub(1) {
            Some(part) => tag.integer("LAST-PART", part as u64).ok(),
            None => Some(tag),
        }
    }

    /// The playlist to give out now, with reports of the streams beside it; `None` when it is none that
    /// grows.
    pub(super) fn issue(&self, reports: Vec<NewTag>, limits: Limits) -> Option<Issue> {
        let source = self.source.as_ref()?;
        let mut builder = source.builder.clone();
        let target = Ticks::from_seconds(builder.target_duration);
        let mut next_parts = 0;
        if !builder.is_ended && self.has_parts {
            next_parts = self.list_parts(&mut builder).ok()?;
        }
        // At its end a playlist loses the parts, but not the tags of the whole playlist.
        if self.has_grown {
            builder.part_target = Some(self.longest_part).filter(|_| self.has_parts);
            builder.server_control = Some(limits.control());
        }
        if !builder.is_ended {
            builder.tail.extend(reports);
        }
        let has_parts = builder.part_target.filter(|_| !builder.is_ended);
        let of_last = self.segments.get(&source.last).map_or(0, |cut| cut.cutter.parts().len());
        let progress = Progress {
            last: source.last,
            parts_of_last: has_parts.map(|_| of_last as u64),
            parts_of_next: next_parts as u64,
            advance_limit: has_parts.map_or(3, advance_limit),
        };
        let parts_of =
            |cut: &Cut| SegmentParts { parts: cut.cutter.parts().to_vec(), is_whole: cut.is_whole };
        let segments = self.segments.values().map(|cut| (cut.path.clone(), parts_of(cut)));
        let mut segments: BTreeMap<String, SegmentParts> = segments.collect();
        if let Some(to_come) = self.to_come().filter(|_| has_parts.is_some()) {
            let nothing = SegmentParts { parts: Vec::new(), is_whole: false };
            segments.entry(self.path_of(&to_come.uri)?).or_insert(nothing);
        }
        Some(Issue {
            text: builder.to_text().ok()?,
            is_ended: builder.is_ended,
            progress,
            longest_wait: Duration::from(times(target, 3)),
            segments,
            builder,
            date_ranges: self.date_ranges.clone(),
        })
    }

    /// What is to be the same in the playlists beside it; `None` when this is none that grows.
    pub(super) fn limits(&self) -> Option<Limits> {
        let builder = &self.source.as_ref()?.builder;
        Some(Limits {
            target: builder.target_duration,
            part: Some(self.longest_part).filter(|_| self.has_parts),
            hold_back: builder.server_control.and_then(|control| control.hold_back),
        })
    }

    /// The segment after the last one, when its name is known.
    fn to_come(&self) -> Option<&Recent> {
        let source = self.source.as_ref()?;
        source.recent.last().filter(|recent| recent.sequence > source.last)
    }

    /// Lists the parts, and hints at the next one. Gives how many there are of the segment to come.
    fn list_parts(&self, builder: &mut MediaBuilder) -> Result<usize, WriteError> {
        let first = builder.media_sequence;
        for (segment, sequence) in builder.segments.iter_mut().zip(first..) {
            let is_listed = |cut: &&Cut| cut.left.is_none() && cut.uri == segment.uri;
            if let Some(cut) = self.segments.get(&sequence).filter(is_listed) {
                segment.parts = part_tags(cut)?;
            }
        }
        let Some(to_come) = self.to_come() else { return Ok(0) };
        let mut count = 0;
        if let Some(growing) = self.segments.get(&to_come.sequence) {
            count = growing.cutter.parts().len();
            builder.tail.extend(part_tags(growing)?);
        }
        let hint = NewTag::new("EXT-X-PRELOAD-HINT")?.unquoted("TYPE", "PART")?;
        builder.tail.push(hint.quoted("URI", &part_uri(&to_come.uri, count))?);
        Ok(count)
    }
}

impl Source {
    /// `None` when it is no playlist that grows, or one that has parts of its own.
    fn of(playlist: &MediaPlaylist<'_>) -> Option<Self> {
        let is_vod = playlist.playlist_type() == Some(PlaylistType::Vod);
        if is_vod || playlist.is_empty() || playlist.part_target().is_some() {
            return None;
        }
        let mut builder = playlist.to_builder().ok()?;
        // They hold for the playlist, and must stay when a delta update leaves segments out.
        for segment in &mut builder.segments {
            builder.tail.extend(segment.tags.extract_if(.., |tag| is_date_range(tag)));
        }
        let listed = times(Ticks::from_seconds(builder.target_duration), 3);
        let from = playlist.duration().checked_sub(listed).unwrap_or_default();
        let mut recent: Vec<Recent> = Vec::new();
        for segment in playlist.segments().filter(|segment| segment.end() > from) {
            // Parts are pieces of whole files.
            let Some(map) = segment.map().filter(|_| segment.byte_range().is_none()) else {
                continue;
            };
            recent.push(Recent {
                sequence: segment.sequence().0,
                uri: segment.uri().to_owned(),
                init: Init { uri: map.uri.to_owned(), byte_range: map.byte_range },
            });
        }
        let count = u64::try_from(playlist.len()).ok()?;
        let last = playlist.first_sequence().0.checked_add(count - 1)?;
        if let Some(before) = recent.last().filter(|before| before.sequence == last)
            && let (Some(uri), Some(sequence)) = (name::next(&before.uri), last.checked_add(1))
        {
            recent.push(Recent { sequence, uri, init: before.init.clone() });
        }
        Some(Self { builder, last, recent })
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

fn part_tags(cut: &Cut) -> Result<Vec<NewTag>, WriteError> {
    let tag = |(number, part): (usize, &SegmentPart)| {
        let tag = NewTag::part(&part_uri(&cut.uri, number), part.duration)?;
        if part.is_independent { tag.yes("INDEPENDENT") } else { Ok(tag) }
    };
    cut.cutter.parts().iter().enumerate().map(tag).collect()
}

/// Each part is a resource of its own, so that nobody need ask for bytes whose number is not known.
fn part_uri(uri: &str, number: usize) -> String {
    let (path, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    let separator = if path.contains('?') { '&' } else { '?' };
    let hash = if fragment.is_empty() { "" } else { "#" };
    format!("{path}{separator}part={number}{hash}{fragment}")
}

/// 3 / part target below one second, else 3 (RFC 8216bis §6.2.5.2).
fn advance_limit(part_target: Ticks) -> u64 {
    let second = Ticks::from_seconds(1).count();
    if part_target.count() < second { 3 * second / part_target.count().max(1) } else { 3 }
}

/// The path `to`, as the playlist at the path `from` refers to it.
fn relative(from: &str, to: &str) -> String {
    let folder = from.rfind('/').map_or("", |slash| &from[..=slash]);
    escaped(to.strip_prefix(folder).unwrap_or(to))
}
