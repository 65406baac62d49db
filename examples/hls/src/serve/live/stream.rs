//! One media playlist that grows: read whenever it has changed, and given out with what is to be said of it.

use std::fs;
use std::time::Duration;

use hls_index::write::{MediaBuilder, NewTag, WriteError};
use hls_index::{MediaPlaylist, Ticks};
use sansio::Timestamp;

use super::date_ranges::DateRanges;
use super::directives::Progress;
use super::issue::{Issue, SegmentParts};
use super::limits::{Limits, times};
use super::reference;
use super::segments::{Segments, Stamp, part_uri, stamp};
use super::source::Source;
use crate::serve::root::Root;

/// A playlist of more is not watched.
pub(super) const MAX_PLAYLIST: u64 = 16 << 20;
/// A playlist whose numbers go back must stay so for as long: before, somebody is just writing it.
const GOES_BACK: Duration = Duration::from_secs(1);

/// A playlist, and what is known of it so far.
#[derive(Debug)]
pub(super) struct Stream {
    /// As it is asked for: `/news/live.m3u8`.
    path: String,
    stamp: Option<Stamp>,
    source: Option<Source>,
    segments: Segments,
    date_ranges: DateRanges,
    /// A state of the file that goes back, and since when it is there.
    back: Option<(Stamp, Timestamp)>,
    /// Whether it has been given out as one that grows: what says so stays.
    has_grown: bool,
}

impl Stream {
    pub(super) fn new(path: String) -> Self {
        Self {
            segments: Segments::new(path.clone()),
            path,
            stamp: None,
            source: None,
            date_ranges: DateRanges::default(),
            back: None,
            has_grown: false,
        }
    }

    /// Looks at the files; gives whether anything has changed. Segments are cut into parts when they have
    /// a length.
    pub(super) fn look(&mut self, root: &Root, part: Option<Ticks>, now: Timestamp) -> bool {
        let has_changed = self.read_playlist(root, now);
        match (&self.source, part) {
            (Some(source), Some(part)) => self.segments.cut(root, source, part, now) || has_changed,
            _ => has_changed,
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
            self.segments.begin_anew();
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

    /// What is to be the same in the playlists beside it; `None` when this is none that grows.
    pub(super) fn limits(&self) -> Option<Limits> {
        let builder = &self.source.as_ref()?.builder;
        Some(Limits {
            target: builder.target_duration,
            part: self.segments.part_target(),
            hold_back: builder.server_control.and_then(|control| control.hold_back),
        })
    }

    /// How far it has come: the last segment, and the last part of it or of the next one.
    pub(super) fn report(&self, from: &str) -> Option<NewTag> {
        let source = self.source.as_ref()?;
        let (last, next) = (source.last, source.last.checked_add(1)?);
        let (sequence, parts) = match self.segments.count(next) {
            _ if source.builder.is_ended => (last, 0),
            0 => (last, self.segments.count(last)),
            parts => (next, parts),
        };
        let tag = NewTag::new("EXT-X-RENDITION-REPORT").ok()?;
        let tag = tag.quoted("URI", &reference::relative(from, &self.path)).ok()?;
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
        if !builder.is_ended && self.segments.part_target().is_some() {
            next_parts = self.list_parts(source, &mut builder).ok()?;
        }
        // At its end a playlist loses the parts, but not the tags of the whole playlist.
        if self.has_grown {
            builder.part_target = self.segments.part_target();
            builder.server_control = Some(limits.control());
        }
        if !builder.is_ended {
            builder.tail.extend(reports);
        }
        let part_target = builder.part_target.filter(|_| !builder.is_ended);
        let progress = Progress {
            last: source.last,
            parts_of_last: part_target.map(|_| self.segments.count(source.last) as u64),
            parts_of_next: next_parts as u64,
            advance_limit: part_target.map_or(3, advance_limit),
        };
        let mut segments = self.segments.parts();
        if let Some(to_come) = source.to_come().filter(|_| part_target.is_some()) {
            let nothing = SegmentParts { parts: Vec::new(), is_whole: false };
            let path = reference::path(&self.path, &to_come.uri)?;
            segments.entry(path).or_insert(nothing);
        }
        Some(Issue {
            text: builder.to_text().ok()?.into(),
            is_ended: builder.is_ended,
            progress,
            longest_wait: Duration::from(times(target, 3)),
            segments,
            builder,
            date_ranges: self.date_ranges.clone(),
        })
    }

    /// Lists the parts, and hints at the next one. Gives how many there are of the segment to come.
    fn list_parts(&self, source: &Source, builder: &mut MediaBuilder) -> Result<usize, WriteError> {
        let first = builder.media_sequence;
        for (segment, sequence) in builder.segments.iter_mut().zip(first..) {
            segment.parts = self.segments.tags(sequence, &segment.uri)?;
        }
        let Some(to_come) = source.to_come() else { return Ok(0) };
        let growing = self.segments.tags(to_come.sequence, &to_come.uri)?;
        let count = growing.len();
        builder.tail.extend(growing);
        let hint = NewTag::new("EXT-X-PRELOAD-HINT")?.unquoted("TYPE", "PART")?;
        builder.tail.push(hint.quoted("URI", &part_uri(&to_come.uri, count))?);
        Ok(count)
    }
}

/// 3 / part target below one second, else 3 (RFC 8216bis §6.2.5.2).
fn advance_limit(part_target: Ticks) -> u64 {
    let second = Ticks::from_seconds(1).count();
    if part_target.count() < second { 3 * second / part_target.count().max(1) } else { 3 }
}
