//! The rules of media playlists (RFC 8216bis §4.4.3, §4.4.4).

use alloc::collections::BTreeSet;
use alloc::string::String;

use super::lines::{Item, Text};
use super::{Findings, Problem, attributes, date_ranges, dates, keys, version};
use crate::byte_range::WrittenByteRange;
use crate::key::IDENTITY;
use crate::reader::TagLine;
use crate::scan::Span;
use crate::time::Ticks;
use crate::value::Value;

pub(super) fn check(text: &Text<'_>, findings: &mut Findings) {
    version::check(text, findings);
    let target = target_duration(text, findings);
    let part_target = part_target(text);
    server_control(text, target, part_target, findings);
    let mut walk = Walk::new(text, target, part_target);
    for item in &text.items {
        match item {
            Item::Tag(tag) => walk.tag(*tag, findings),
            Item::Uri(uri) => walk.uri(*uri, findings),
        }
    }
    if let Some(offset) = walk.duration_at {
        findings.add(offset, Problem::NoSegment);
    }
    whole(text, walk.duration, target, findings);
    dates::check(text, findings);
    date_ranges::check(text, findings);
}

fn target_duration(text: &Text<'_>, findings: &mut Findings) -> Option<u64> {
    let Some(tag) = text.tags("EXT-X-TARGETDURATION").next() else {
        findings.add(0, Problem::Missing("EXT-X-TARGETDURATION"));
        return None;
    };
    let target = text.value(tag.value).integer().ok().filter(|&target| target > 0);
    findings.add_if(target.is_none(), tag.value.start(), Problem::NotATargetDuration);
    target
}

fn part_target(text: &Text<'_>) -> Option<Ticks> {
    let tag = text.tags("EXT-X-PART-INF").next()?;
    text.attributes(tag).find("PART-TARGET")?.duration().ok()
}

/// EXT-X-SERVER-CONTROL, RFC 8216bis §4.4.3.8.
fn server_control(
    text: &Text<'_>,
    target: Option<u64>,
    part_target: Option<Ticks>,
    findings: &mut Findings,
) {
    let times = |count: u64| target.map(|target| Ticks::from_seconds(target.saturating_mul(count)));
    let parts =
        |count: u64| part_target.map(|target| Ticks::new(target.count().saturating_mul(count)));
    let mut has_part_hold_back = false;
    for tag in text.tags("EXT-X-SERVER-CONTROL") {
        let attributes = text.attributes(tag);
        let mut shorter = |name, least: Option<Ticks>, problem| {
            let value = attributes.find(name);
            let time = value.and_then(|value| value.duration().ok());
            if let (Some(value), Some(time), Some(least)) = (value, time, least) {
                findings.add_if(time < least, value.offset, problem);
                return time < least;
            }
            false
        };
        shorter("CAN-SKIP-UNTIL", times(6), Problem::SkipBoundaryTooShort);
        shorter("HOLD-BACK", times(3), Problem::HoldBackTooShort);
        if !shorter("PART-HOLD-BACK", parts(2), Problem::PartHoldBackTooShort) {
            shorter("PART-HOLD-BACK", parts(3), Problem::PartHoldBackShort);
        }
        let is_alone = attributes.has("CAN-SKIP-DATERANGES") && !attributes.has("CAN-SKIP-UNTIL");
        findings.add_if(is_alone, tag.value.start(), Problem::SkipDateRangesAlone);
        has_part_hold_back |= attributes.has("PART-HOLD-BACK");
    }
    if let Some(tag) = text.tags("EXT-X-PART-INF").next() {
        findings.add_if(!has_part_hold_back, tag.line.start, Problem::NoPartHoldBack);
    }
}

/// What concerns the playlist from one end to the other.
fn whole(text: &Text<'_>, duration: Ticks, target: Option<u64>, findings: &mut Findings) {
    let is_ended = text.tags("EXT-X-ENDLIST").next().is_some();
    for tag in text.tags("EXT-X-PLAYLIST-TYPE") {
        let playlist_type = text.value(tag.value).text;
        let is_known = matches!(playlist_type, "EVENT" | "VOD");
        findings.add_if(!is_known, tag.value.start(), Problem::NotAPlaylistType);
        let is_open = playlist_type == "VOD" && !is_ended;
        findings.add_if(is_open, tag.line.start, Problem::VodWithoutEnd);
    }
    if let Some(tag) = text.tags("EXT-X-START").next()
        && let Some(value) = text.attributes(tag).find("TIME-OFFSET")
        && let Ok(offset) = value.time_offset()
    {
        findings.add_if(offset.length > duration, value.offset, Problem::StartPastEnd);
        let from_end = if offset.is_negative { offset.length } else { duration - offset.length };
        let near = target.map(|target| Ticks::from_seconds(target.saturating_mul(3)));
        let is_near = !is_ended && near.is_some_and(|near| from_end < near);
        findings.add_if(is_near, value.offset, Problem::StartNearEnd);
    }
    let mut hints = BTreeSet::new();
    for tag in text.tags("EXT-X-PRELOAD-HINT") {
        findings.add_if(is_ended, tag.line.start, Problem::HintAfterEnd);
        let hint = text.attributes(tag).text("TYPE").map(String::from);
        findings.add_if(!hints.insert(hint), tag.line.start, Problem::SecondHint);
    }
    let has_dates = text.tags("EXT-X-PROGRAM-DATE-TIME").next().is_some();
    let mut discontinuity = None;
    for item in text.items.iter().filter(|_| has_dates) {
        match item {
            Item::Tag(tag) if tag.name == "EXT-X-DISCONTINUITY" => discontinuity = Some(tag.line),
            Item::Tag(tag) if tag.name == "EXT-X-PROGRAM-DATE-TIME" => discontinuity = None,
            Item::Uri(_) => {
                if let Some(line) = discontinuity.take() {
                    findings.add(line.start, Problem::NoDateAtDiscontinuity);
                }
            }
            Item::Tag(_) => {}
        }
    }
}

/// The walk from segment to segment.
struct Walk<'t> {
    text: &'t Text<'t>,
    target: Option<u64>,
    part_target: Option<Ticks>,
    has_part_inf: bool,
    is_i_frames_only: bool,
    duration: Ticks,
    /// Whether there was a segment, and a discontinuity.
    has_segment: bool,
    has_discontinuity: bool,
    /// Where the EXTINF stands that waits for its URI.
    duration_at: Option<usize>,
    range: Option<Value<'t>>,
    /// The URI of the last segment, if it was a range.
    range_of: Option<&'t str>,
    /// Whether there was a part of this segment, or of any.
    has_part: bool,
    has_any_part: bool,
    /// Whether the last part of this segment was a range.
    part_was_range: bool,
    /// The last part that was shorter than it should be: allowed if it is the last of its segment,
    /// or followed by a gap.
    short_part: Option<usize>,
    /// The KEYFORMATs of the keys in force with AES-128 and without IV.
    without_iv: BTreeSet<&'t str>,
}

impl<'t> Walk<'t> {
    fn new(text: &'t Text<'t>, target: Option<u64>, part_target: Option<Ticks>) -> Self {
        Self {
            text,
            target,
            part_target,
            has_part_inf: text.tags("EXT-X-PART-INF").next().is_some(),
            is_i_frames_only: text.tags("EXT-X-I-FRAMES-ONLY").next().is_some(),
            duration: Ticks::ZERO,
            has_segment: false,
            has_discontinuity: false,
            duration_at: None,
            range: None,
            range_of: None,
            has_part: false,
            has_any_part: false,
            part_was_range: false,
            short_part: None,
            without_iv: BTreeSet::new(),
        }
    }

    fn tag(&mut self, tag: TagLine<'t>, findings: &mut Findings) {
        let value = self.text.value(tag.value);
        let start = tag.line.start;
        if matches!(
            tag.name,
            "EXT-X-DISCONTINUITY" | "EXT-X-KEY" | "EXT-X-MAP" | "EXT-X-PROGRAM-DATE-TIME"
        ) {
            findings.add_if(self.has_part, start, Problem::AfterPart);
        }
        match tag.name {
            "EXTINF" => self.extinf(tag, value, findings),
            "EXT-X-BYTERANGE" => {
                let is_range = WrittenByteRange::read(value.text).is_ok();
                findings.add_if(!is_range, value.offset, Problem::NotAByteRange);
                self.range = Some(value);
            }
            "EXT-X-DISCONTINUITY" => self.has_discontinuity = true,
            "EXT-X-KEY" => self.key(tag, findings),
            "EXT-X-MAP" => {
                findings.add_if(!self.without_iv.is_empty(), start, Problem::MapNeedsIv);
                let range = self.text.attributes(tag).find("BYTERANGE");
                let written = range.map(|range| (range, WrittenByteRange::read(range.text)));
                if let Some((range, Ok(WrittenByteRange { offset: None, .. }))) = written {
                    findings.add(range.offset, Problem::MapRangeWithoutOffset);
                }
            }
            "EXT-X-PROGRAM-DATE-TIME" => {
                let is_date = attributes::check_date(value, findings);
                findings.add_if(!is_date, value.offset, Problem::NotADate);
            }
            "EXT-X-PART" => self.part(tag, findings),
            "EXT-X-RENDITION-REPORT" => {
                let uri = self.text.attributes(tag).find("URI");
                let absolute = uri.filter(|uri| crate::uri::scheme(uri.text).is_some());
                if let Some(uri) = absolute {
                    findings.add(uri.offset, Problem::ReportNotRelative);
                }
            }
            "EXT-X-MEDIA-SEQUENCE" => {
                let problem = Problem::AfterSegment("EXT-X-MEDIA-SEQUENCE");
                findings.add_if(self.has_segment, start, problem);
            }
            "EXT-X-DISCONTINUITY-SEQUENCE" => {
                let problem = Problem::AfterSegment("EXT-X-DISCONTINUITY-SEQUENCE");
                findings.add_if(self.has_segment, start, problem);
                findings.add_if(self.has_discontinuity, start, Problem::AfterDiscontinuity);
            }
            _ => {}
        }
    }

    fn extinf(&mut self, tag: TagLine<'t>, value: Value<'t>, findings: &mut Findings) {
        if let Some(before) = self.duration_at.replace(tag.line.start) {
            findings.add(before, Problem::NoSegment);
        }
        let (duration, has_comma) = match value.text.split_once(',') {
            Some((duration, _)) => (duration, true),
            None => (value.text, false),
        };
        let Ok(duration) = duration.parse::<Ticks>() else {
            findings.add(value.offset, Problem::NotADuration);
            return;
        };
        findings.add_if(!has_comma, value.offset, Problem::NoComma);
        self.duration += duration;
        let rounded = (duration + Ticks::from_millis(500)).count() / 1_000_000_000;
        let is_long = self.target.is_some_and(|target| rounded > target);
        findings.add_if(is_long, value.offset, Problem::SegmentTooLong);
    }

    fn uri(&mut self, line: Span, findings: &mut Findings) {
        findings.add_if(self.duration_at.take().is_none(), line.start, Problem::NoDuration);
        let uri = self.text.uri(line);
        let range = self.range.take();
        if let Some(range) = range
            && let Ok(WrittenByteRange { offset: None, .. }) = WrittenByteRange::read(range.text)
        {
            let follows = self.range_of == Some(uri);
            findings.add_if(!follows, range.offset, Problem::RangeWithoutOffset);
        }
        self.range_of = range.map(|_| uri);
        self.has_segment = true;
        self.has_part = false;
        self.part_was_range = false;
        self.short_part = None;
    }

    /// EXT-X-KEY, RFC 8216bis §4.4.4.4.
    fn key(&mut self, tag: TagLine<'t>, findings: &mut Findings) {
        let attributes = self.text.attributes(tag);
        let method = attributes.text("METHOD").unwrap_or_default();
        let start = tag.value.start();
        if method == "NONE" {
            findings.add_if(attributes.0.len() > 1, start, Problem::KeyNoneWithAttributes);
            self.without_iv.clear();
            return;
        }
        keys::check(&attributes, "EXT-X-KEY", start, findings);
        let format = attributes.text("KEYFORMAT").unwrap_or(IDENTITY);
        if method == "AES-128" && !attributes.has("IV") {
            self.without_iv.insert(format);
        } else {
            self.without_iv.remove(format);
        }
    }

    /// EXT-X-PART, RFC 8216bis §4.4.4.9.
    fn part(&mut self, tag: TagLine<'t>, findings: &mut Findings) {
        let start = tag.line.start;
        let attributes = self.text.attributes(tag);
        let is_first = !core::mem::replace(&mut self.has_any_part, true);
        findings.add_if(!self.has_part_inf && is_first, start, Problem::Missing("EXT-X-PART-INF"));
        findings.add_if(self.is_i_frames_only && is_first, start, Problem::PartsOfIFrames);
        self.has_part = true;
        let is_gap = attributes.text("GAP") == Some("YES");
        if let Some(short) = self.short_part.take() {
            findings.add_if(!is_gap, short, Problem::PartTooShort);
        }
        let is_exempt = is_gap || attributes.text("INDEPENDENT") == Some("YES");
        if let (Some(value), Some(target)) = (attributes.find("DURATION"), self.part_target)
            && let Ok(duration) = value.duration()
        {
            findings.add_if(duration > target, value.offset, Problem::PartTooLong);
            let is_short = u128::from(duration.count()) * 100 < u128::from(target.count()) * 85;
            self.short_part = Some(value.offset).filter(|_| is_short && !is_exempt);
        }
        let range = attributes.find("BYTERANGE");
        if let Some(range) = range
            && let Ok(WrittenByteRange { offset: None, .. }) = WrittenByteRange::read(range.text)
        {
            let problem = Problem::PartRangeWithoutOffset;
            findings.add_if(!self.part_was_range, range.offset, problem);
        }
        self.part_was_range = range.is_some();
    }
}
