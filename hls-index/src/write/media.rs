use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::output::{Output, check_text, check_uri};
use super::{NewTag, WriteError, version};
use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::digits::{push_number, push_seconds};
use crate::media::PlaylistType;
use crate::server_control::ServerControl;
use crate::start::Start;
use crate::time::Ticks;

/// A media playlist that can be changed, and written.
///
/// Each segment has all that holds for it, so that segments can come and go anywhere: KEY, MAP and
/// BITRATE are written where they change.
#[derive(Clone, Debug, Default)]
pub struct MediaBuilder {
    /// EXT-X-TARGETDURATION, in seconds: no segment may be longer, rounded.
    pub target_duration: u64,
    /// EXT-X-MEDIA-SEQUENCE: the number of the first segment.
    pub media_sequence: u64,
    /// EXT-X-DISCONTINUITY-SEQUENCE.
    pub discontinuity_sequence: u64,
    /// EXT-X-PLAYLIST-TYPE.
    pub playlist_type: Option<PlaylistType>,
    /// EXT-X-ENDLIST.
    pub is_ended: bool,
    /// EXT-X-I-FRAMES-ONLY.
    pub is_i_frames_only: bool,
    /// EXT-X-INDEPENDENT-SEGMENTS.
    pub has_independent_segments: bool,
    /// EXT-X-START.
    pub start: Option<Start>,
    /// PART-TARGET of EXT-X-PART-INF.
    pub part_target: Option<Ticks>,
    /// EXT-X-SERVER-CONTROL.
    pub server_control: Option<ServerControl>,
    /// Other tags and comments before the first segment.
    pub head: Vec<NewTag>,
    /// The segments.
    pub segments: VecDeque<NewSegment>,
    /// What comes after the last segment: EXT-X-PART of the next one, EXT-X-PRELOAD-HINT,
    /// EXT-X-RENDITION-REPORT and others.
    pub tail: Vec<NewTag>,
}

/// A segment to be written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NewSegment {
    /// Its URI.
    pub uri: String,
    /// EXTINF: how long it is.
    pub duration: Ticks,
    /// The title after the comma of EXTINF; none when it is empty.
    pub title: String,
    /// EXT-X-BYTERANGE, always written with its offset.
    pub byte_range: Option<ByteRange>,
    /// How many EXT-X-DISCONTINUITY stand before it: none or one, as a rule. Each of them counts for the
    /// discontinuity sequence numbers of this segment and those after it.
    pub discontinuities: u32,
    /// EXT-X-GAP.
    pub is_gap: bool,
    /// EXT-X-PROGRAM-DATE-TIME.
    pub program_date_time: Option<DateTime>,
    /// EXT-X-BITRATE, in kilobits a second.
    pub bitrate: Option<u64>,
    /// EXT-X-MAP.
    pub map: Option<Arc<NewMap>>,
    /// The EXT-X-KEY tags that hold for it, each of another KEYFORMAT; none when it is clear.
    pub keys: Vec<Arc<NewTag>>,
    /// EXT-X-PART.
    pub parts: Vec<NewTag>,
    /// Other tags and comments before it.
    pub tags: Vec<NewTag>,
}

/// An initialization section to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewMap {
    /// The tag: see [`NewTag::map`].
    pub tag: NewTag,
    /// The EXT-X-KEY tags that hold for it.
    pub keys: Vec<Arc<NewTag>>,
}

impl NewSegment {
    /// A segment with nothing but its URI and its length.
    #[must_use]
    pub fn new(uri: impl Into<String>, duration: Ticks) -> Self {
        Self { uri: uri.into(), duration, ..Self::default() }
    }
}

/// So many segments are checked before they are written: a short loop over them waits for the memory of
/// several at once.
const BATCH: usize = 16;

impl MediaBuilder {
    /// A playlist without segments, which are `target_duration` seconds long at most.
    #[must_use]
    pub fn new(target_duration: u64) -> Self {
        Self { target_duration, ..Self::default() }
    }

    /// Removes the first segment, so that the numbers of the others stay what they are.
    pub fn evict(&mut self) -> Option<NewSegment> {
        let segment = self.segments.pop_front()?;
        self.media_sequence = self.media_sequence.saturating_add(1);
        let discontinuities = u64::from(segment.discontinuities);
        self.discontinuity_sequence = self.discontinuity_sequence.saturating_add(discontinuities);
        Some(segment)
    }

    /// The playlist as text.
    ///
    /// # Errors
    /// When something in it cannot be written.
    pub fn to_text(&self) -> Result<String, WriteError> {
        let mut text = String::with_capacity(256 + self.segments.len() * 64);
        self.write(&mut text)?;
        Ok(text)
    }

    /// Appends the playlist to `text`: canonical, with the EXT-X-VERSION that it takes.
    ///
    /// # Errors
    /// When something in it cannot be written; `text` is then as it was.
    pub fn write(&self, text: &mut String) -> Result<(), WriteError> {
        self.write_from(text, 0)
    }

    /// Appends a delta update that leaves out the first `skipped` segments (RFC 8216bis §6.2.5.1).
    ///
    /// # Errors
    /// When there are not as many segments, or something cannot be written; `text` is then as it
    /// was.
    pub fn write_delta(&self, text: &mut String, skipped: usize) -> Result<(), WriteError> {
        if skipped > self.segments.len() {
            return Err(WriteError::TooManySkipped);
        }
        self.write_from(text, skipped)
    }

    fn write_from(&self, text: &mut String, skipped: usize) -> Result<(), WriteError> {
        Output::playlist(text, |output| {
            self.write_head(output)?;
            let mut before = None;
            if skipped > 0 {
                output.takes_version(9);
                output.number("#EXT-X-SKIP:SKIPPED-SEGMENTS=", skipped as u64);
                before = self.segments.get(skipped - 1);
            }
            let mut keys = before.map_or(&[][..], |segment| &segment.keys);
            // Half a second longer is still rounded down to it.
            let limit = Ticks::from_seconds(self.target_duration) + Ticks::from_millis(500);
            for first in (skipped..self.segments.len()).step_by(BATCH) {
                let batch = self.segments.range(first..self.segments.len().min(first + BATCH));
                for (segment, number) in batch.clone().zip(first..) {
                    if segment.duration >= limit {
                        return Err(WriteError::SegmentTooLong { segment: number });
                    }
                    segment.check()?;
                }
                for segment in batch {
                    keys = segment.write(output, before, keys, self.is_i_frames_only);
                    before = Some(segment);
                }
            }
            write_tags(output, &self.tail);
            if self.is_ended {
                output.line("#EXT-X-ENDLIST");
            }
            Ok(())
        })
    }

    fn write_head(&self, output: &mut Output<'_>) -> Result<(), WriteError> {
        if self.target_duration == 0 {
            return Err(WriteError::NoTargetDuration);
        }
        if self.has_independent_segments {
            output.line("#EXT-X-INDEPENDENT-SEGMENTS");
        }
        if let Some(start) = self.start {
            write_start(output, start);
        }
        output.number("#EXT-X-TARGETDURATION:", self.target_duration);
        if self.media_sequence > 0 {
            output.number("#EXT-X-MEDIA-SEQUENCE:", self.media_sequence);
        }
        if self.discontinuity_sequence > 0 {
            output.number("#EXT-X-DISCONTINUITY-SEQUENCE:", self.discontinuity_sequence);
        }
        match self.playlist_type {
            Some(PlaylistType::Event) => output.line("#EXT-X-PLAYLIST-TYPE:EVENT"),
            Some(PlaylistType::Vod) => output.line("#EXT-X-PLAYLIST-TYPE:VOD"),
            None => {}
        }
        if self.is_i_frames_only {
            output.takes_version(4);
            output.line("#EXT-X-I-FRAMES-ONLY");
        }
        if let Some(target) = self.part_target {
            output.text.push_str("#EXT-X-PART-INF:PART-TARGET=");
            push_seconds(output.text, target);
            output.text.push('\n');
        }
        if let Some(control) = self.server_control {
            let tag = control.tag()?;
            if tag.attributes().iter().next().is_some() {
                write_tag(output, &tag);
            }
        }
        write_tags(output, &self.head);
        Ok(())
    }
}

impl NewSegment {
    /// Whether it can be written; its tags have been checked when they were made.
    #[inline]
    fn check(&self) -> Result<(), WriteError> {
        check_text(&self.title)?;
        check_uri(&self.uri)
    }

    /// Writes it after the segment `before`, with `keys` in force; gives the keys then in force.
    #[inline]
    fn write<'s>(
        &'s self,
        output: &mut Output<'_>,
        before: Option<&Self>,
        keys: &'s [Arc<NewTag>],
        is_i_frame: bool,
    ) -> &'s [Arc<NewTag>] {
        write_tags(output, &self.tags);
        for _ in 0..self.discontinuities {
            output.line("#EXT-X-DISCONTINUITY");
        }
        let mut keys = keys;
        if let Some(map) = &self.map
            && before.and_then(|before| before.map.as_ref()) != Some(map)
        {
            write_keys(output, keys, &map.keys);
            keys = &map.keys;
            output.takes_version(if is_i_frame { 5 } else { 6 });
            write_tag(output, &map.tag);
        }
        write_keys(output, keys, &self.keys);
        if let Some(date) = self.program_date_time {
            output.date("#EXT-X-PROGRAM-DATE-TIME:", date);
        }
        if self.is_gap {
            output.line("#EXT-X-GAP");
        }
        if let Some(bitrate) = self.bitrate
            && before.and_then(|before| before.bitrate) != Some(bitrate)
        {
            output.number("#EXT-X-BITRATE:", bitrate);
        }
        write_tags(output, &self.parts);
        if let Some(range) = self.byte_range {
            output.takes_version(4);
            output.text.push_str("#EXT-X-BYTERANGE:");
            push_number(output.text, range.length());
            output.text.push('@');
            push_number(output.text, range.offset());
            output.text.push('\n');
        }
        output.text.push_str("#EXTINF:");
        if !self.duration.count().is_multiple_of(1_000_000_000) {
            output.takes_version(3);
        }
        push_seconds(output.text, self.duration);
        if self.title.is_empty() {
            output.text.push_str(",\n");
        } else {
            output.text.push(',');
            output.line(&self.title);
        }
        output.line(&self.uri);
        &self.keys
    }
}

/// Writes the EXT-X-KEY tags that lead from the keys `held` to `wanted`.
#[inline]
fn write_keys(output: &mut Output<'_>, held: &[Arc<NewTag>], wanted: &[Arc<NewTag>]) {
    let are_none = held.is_empty() && wanted.is_empty();
    if !are_none && held != wanted {
        change_keys(output, held, wanted);
    }
}

#[inline(never)]
fn change_keys(output: &mut Output<'_>, held: &[Arc<NewTag>], wanted: &[Arc<NewTag>]) {
    let format = |key: &NewTag| {
        let found = key.attributes().find("KEYFORMAT").ok().flatten();
        found.map_or_else(|| String::from("identity"), |value| value.text().into())
    };
    let is_replaced = |key: &Arc<NewTag>| wanted.iter().any(|other| format(other) == format(key));
    let keeps = !wanted.is_empty() && held.iter().all(is_replaced);
    if !keeps && !held.is_empty() {
        output.line("#EXT-X-KEY:METHOD=NONE");
    }
    for key in wanted.iter().filter(|key| !keeps || !held.contains(key)) {
        write_tag(output, key);
    }
}

/// Writes tags as they are.
#[inline]
pub(super) fn write_tags(output: &mut Output<'_>, tags: &[NewTag]) {
    tags.iter().for_each(|tag| write_tag(output, tag));
}

fn write_tag(output: &mut Output<'_>, tag: &NewTag) {
    output.takes_version(version::of(tag));
    output.text.push('#');
    output.line(tag.text());
}

pub(super) fn write_start(output: &mut Output<'_>, start: Start) {
    output.text.push_str("#EXT-X-START:TIME-OFFSET=");
    if start.time_offset.is_negative {
        output.text.push('-');
    }
    push_seconds(output.text, start.time_offset.length);
    output.line(if start.is_precise { ",PRECISE=YES" } else { "" });
}

impl ServerControl {
    fn tag(self) -> Result<NewTag, WriteError> {
        let mut tag = NewTag::new("EXT-X-SERVER-CONTROL")?;
        if self.can_block_reload {
            tag = tag.yes("CAN-BLOCK-RELOAD")?;
        }
        let times = [
            ("CAN-SKIP-UNTIL", self.can_skip_until),
            ("HOLD-BACK", self.hold_back),
            ("PART-HOLD-BACK", self.part_hold_back),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                tag = tag.seconds(name, time)?;
            }
        }
        if self.can_skip_date_ranges {
            tag = tag.yes("CAN-SKIP-DATERANGES")?;
        }
        Ok(tag)
    }
}
