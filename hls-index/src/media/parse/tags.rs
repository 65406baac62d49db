//! Every tag but EXTINF and EXT-X-PART.

use super::Parser;
use crate::byte_range::WrittenByteRange;
use crate::date::DateTime;
use crate::date_range::DateRange;
use crate::error::{Fault, ParseErrorKind};
use crate::growth;
use crate::hint::PreloadHint;
use crate::kind::is_multivariant_tag;
use crate::media::tables::MapTag;
use crate::media::{DATE_RANGE, HINT, PlaylistType, REPORT};
use crate::reader::TagLine;
use crate::report::RenditionReport;
use crate::scan::Span;
use crate::server_control::ServerControl;
use crate::skip::Skip;
use crate::start::Start;
use crate::time::Ticks;
use crate::value::{Named, Value};

impl Parser<'_, '_> {
    /// Any line that begins with `#`: all tags of RFC 8216bis §4.4, in its order.
    pub(super) fn tag(&mut self, line: Span) -> Result<(), Fault> {
        let Some(tag) = self.reader.tag(line) else { return Ok(()) };
        let TagLine { name, value: span, .. } = tag;
        let next = self.next_segment();
        match name {
            "EXT-X-BYTERANGE" => {
                let range = self.reader.given("EXT-X-BYTERANGE", span)?.byte_range()?;
                self.begin_segment_range(range, span.start())?;
            }
            "EXT-X-PROGRAM-DATE-TIME" => {
                self.begin_date(self.reader.given("EXT-X-PROGRAM-DATE-TIME", span)?.date());
            }
            "EXT-X-KEY" => self.key(span)?,
            "EXT-X-MAP" => self.map(span)?,
            "EXT-X-DISCONTINUITY" => {
                // Fewer than the text has bytes.
                self.seen.discontinuities += 1;
                let so_far = self.seen.discontinuities;
                self.tables.discontinuities.begin(next, so_far, self.progress);
            }
            "EXT-X-GAP" => self.tables.gaps.begin(next, (), self.progress),
            "EXT-X-BITRATE" => {
                let bitrate = self.reader.given("EXT-X-BITRATE", span)?.integer()?;
                self.tables.bitrates.begin(next, bitrate, self.progress);
            }
            "EXT-X-PART" => self.part(self.reader.given("EXT-X-PART", span).map(|_| span)?)?,
            // The one with a colon never comes here.
            "EXTINF" => return self.reader.given("EXTINF", span).map(|_| ()),

            "EXTM3U" => return Ok(()),
            "EXT-X-VERSION" => {
                let version = self.reader.given("EXT-X-VERSION", span)?.integer()?;
                let is_first = self.head.version.replace(version).is_none();
                return tag.once("EXT-X-VERSION", is_first);
            }
            "EXT-X-INDEPENDENT-SEGMENTS" => {
                self.head.has_independent_segments = true;
                return Ok(());
            }
            "EXT-X-START" => {
                self.reader.expand_list(span)?;
                // A wish that cannot be read is none.
                let start = Start::read(
                    self.reader.value("EXT-X-START", span),
                    self.reader.limits.attributes,
                );
                let is_first = !core::mem::replace(&mut self.seen.start, true);
                self.head.start = start.ok();
                return tag.once("EXT-X-START", is_first);
            }
            "EXT-X-DEFINE" => return self.reader.define(span),

            "EXT-X-TARGETDURATION" => {
                // One that cannot be read is as good as none.
                self.head.target_duration =
                    self.reader.given("EXT-X-TARGETDURATION", span)?.duration().ok();
                let is_first = !core::mem::replace(&mut self.seen.target_duration, true);
                tag.once("EXT-X-TARGETDURATION", is_first)?;
            }
            "EXT-X-MEDIA-SEQUENCE" => {
                self.head.media_sequence =
                    self.reader.given("EXT-X-MEDIA-SEQUENCE", span)?.integer()?;
                let is_first = self.seen.media_sequence.replace(span.start()).is_none();
                tag.once("EXT-X-MEDIA-SEQUENCE", is_first)?;
            }
            "EXT-X-DISCONTINUITY-SEQUENCE" => {
                let value = self.reader.given("EXT-X-DISCONTINUITY-SEQUENCE", span)?;
                self.head.discontinuity_sequence = value.integer()?;
                let is_first = self.seen.discontinuity_sequence.replace(span.start()).is_none();
                tag.once("EXT-X-DISCONTINUITY-SEQUENCE", is_first)?;
            }
            "EXT-X-ENDLIST" => self.head.is_ended = true,
            "EXT-X-PLAYLIST-TYPE" => {
                self.head.playlist_type = match span.of(self.reader.text) {
                    "EVENT" => Some(PlaylistType::Event),
                    "VOD" => Some(PlaylistType::Vod),
                    _ => None,
                };
                let is_first = !core::mem::replace(&mut self.seen.playlist_type, true);
                tag.once("EXT-X-PLAYLIST-TYPE", is_first)?;
            }
            "EXT-X-I-FRAMES-ONLY" => self.head.is_i_frames_only = true,
            "EXT-X-PART-INF" => {
                let target = part_target(
                    self.reader.given("EXT-X-PART-INF", span)?,
                    self.reader.limits.attributes,
                )?;
                let is_first = self.head.part_target.replace(target).is_none();
                tag.once("EXT-X-PART-INF", is_first)?;
            }
            "EXT-X-SERVER-CONTROL" => {
                let value = self.reader.given("EXT-X-SERVER-CONTROL", span)?;
                let control = ServerControl::read(value, self.reader.limits.attributes)?;
                let is_first = self.head.server_control.replace(control).is_none();
                tag.once("EXT-X-SERVER-CONTROL", is_first)?;
            }

            "EXT-X-DATERANGE" => {
                self.reader.expand_list(span)?;
                let value = self.reader.value(DATE_RANGE, span);
                if DateRange::read(value, self.reader.limits.attributes).is_ok() {
                    growth::push(&mut self.tables.date_ranges, span, self.progress);
                }
            }
            "EXT-X-SKIP" => {
                self.reader.expand_list(span)?;
                let value = self.reader.given("EXT-X-SKIP", span)?;
                let skipped = Skip::read(value, self.reader.limits.attributes)?.skipped_segments;
                self.head.skipped_segments = Some(skipped);
                tag.once("EXT-X-SKIP", self.head.skip.replace(span).is_none())?;
            }
            "EXT-X-PRELOAD-HINT" => {
                self.reader.expand_list(span)?;
                let value = self.reader.given(HINT, span)?;
                if PreloadHint::read(value, self.reader.limits.attributes)?.is_some() {
                    growth::push(&mut self.tables.hints, span, self.progress);
                }
            }
            "EXT-X-RENDITION-REPORT" => {
                self.reader.expand_list(span)?;
                RenditionReport::read(
                    self.reader.given(REPORT, span)?,
                    self.reader.limits.attributes,
                )?;
                growth::push(&mut self.tables.reports, span, self.progress);
            }

            _ if is_multivariant_tag(name) => {
                let kind = match self.seen.media_tag {
                    true => ParseErrorKind::Mixed,
                    false => ParseErrorKind::Multivariant,
                };
                return Err(Fault::new(line.start, kind));
            }
            _ => return Ok(()),
        }
        self.seen.media_tag = true;
        Ok(())
    }

    /// EXT-X-PROGRAM-DATE-TIME, RFC 8216 §4.3.2.6. One that cannot be read is passed over, as
    /// players do.
    #[inline]
    pub(super) fn begin_date<E>(&mut self, date: Result<DateTime, E>) {
        if let Ok(date) = date {
            self.tables.dates.begin(self.next_segment(), date, self.progress);
        }
        self.seen.media_tag = true;
    }

    /// EXT-X-BYTERANGE, RFC 8216 §4.3.2.2, whose value begins at the offset `start`.
    #[inline]
    pub(super) fn begin_segment_range(
        &mut self,
        written: WrittenByteRange,
        start: usize,
    ) -> Result<(), Fault> {
        if let Some((of_map, offset)) = self.byte_range.replace((written, start))
            && self.map_after_range
        {
            // Of two ranges with an EXT-X-MAP between them, the first is the map's for ExoPlayer.
            let range = of_map.resolve(0).map_err(|kind| Fault::new(offset, kind))?;
            let next = self.next_segment();
            if let Some(&map) = self.tables.maps.starting_at(next) {
                let byte_range = Some(range);
                let map = MapTag { byte_range, ..map };
                self.tables.maps.begin(next, map, self.progress);
            }
        }
        self.map_after_range = false;
        self.seen.media_tag = true;
        Ok(())
    }
}

/// EXT-X-PART-INF, RFC 8216bis §4.4.3.7.
fn part_target(value: Value<'_>, limit: usize) -> Result<Ticks, Fault> {
    let mut target = None;
    for attribute in value.attributes(limit) {
        let Named { name, value, .. } = attribute?;
        if name == "PART-TARGET" {
            target = Some(value.duration()?);
        }
    }
    target.ok_or_else(|| value.missing("PART-TARGET"))
}
