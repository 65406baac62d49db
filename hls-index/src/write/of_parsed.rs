//! From parsed playlists to ones that can be changed.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::output::check_unquoted;
use super::{MediaBuilder, MultivariantBuilder, MultivariantEntry, NewMap, NewSegment, NewTag};
use crate::attributes::{AttributeList, AttributeValue};
use crate::key::Keys;
use crate::media::MediaPlaylist;
use crate::multivariant::MultivariantPlaylist;
use crate::scan::{Line, Lines};
use crate::segment::Segment;
use crate::tag::Tag;
use crate::text::Text;
use crate::time::Ticks;
use crate::write::WriteError;

impl MediaPlaylist<'_> {
    /// The playlist as one that can be changed. Variables are replaced by their values; the target
    /// duration is raised where a segment is longer; blank lines are lost. Tags that the crate
    /// does not know, and comments, keep their segments.
    ///
    /// # Errors
    /// When something that was read leniently cannot be written.
    pub fn to_builder(&self) -> Result<MediaBuilder, WriteError> {
        let mut builder = MediaBuilder {
            media_sequence: self.first_sequence().0,
            discontinuity_sequence: self.discontinuity_base(),
            playlist_type: self.playlist_type(),
            is_ended: self.is_ended(),
            is_i_frames_only: self.is_i_frames_only(),
            has_independent_segments: self.has_independent_segments(),
            start: self.start(),
            part_target: self.part_target(),
            server_control: self.server_control(),
            ..MediaBuilder::default()
        };
        let longest = self.segments().map(|segment| segment.duration()).max().unwrap_or_default();
        let rounded = |time: Ticks| (time + Ticks::from_millis(500)).count() / 1_000_000_000;
        let target = self.target_duration().map_or(1, rounded);
        builder.target_duration = target.max(rounded(longest)).max(1);

        let mut memory = Memory::default();
        for segment in self.segments() {
            let (head, segment) = self.new_segment(segment, &mut memory)?;
            builder.head.extend(head);
            builder.segments.push_back(segment);
        }
        let lines = Lines::from_within(self.text_after_segments());
        let lines = if self.is_empty() { self.lines() } else { lines };
        for line in lines {
            if let Some(tag) = other(self.text_parts(), line)? {
                builder.tail.push(tag);
            }
        }
        if self.is_empty() {
            core::mem::swap(&mut builder.head, &mut builder.tail);
        }
        Ok(builder)
    }

    /// The segment, and what stands before it but belongs to the playlist's head.
    fn new_segment(
        &self,
        segment: Segment<'_>,
        memory: &mut Memory,
    ) -> Result<(Vec<NewTag>, NewSegment), WriteError> {
        let mut new = NewSegment::new(segment.uri(), segment.duration());
        new.title = segment.title().unwrap_or_default().into();
        new.byte_range = segment.byte_range();
        let before = segment.number().checked_sub(1).and_then(|before| self.segment(before));
        let before =
            before.map_or_else(|| self.discontinuity_base(), |it| it.discontinuity_sequence());
        // The parser counts them in a `u32`.
        new.discontinuities = (segment.discontinuity_sequence() - before) as u32;
        new.is_gap = segment.is_gap();
        new.program_date_time = segment.program_date_time();
        new.bitrate = segment.bitrate();
        new.keys = memory.keys(segment.keys())?;
        if let Some(map) = segment.map() {
            let keys = memory.keys(map.keys)?;
            new.map = Some(memory.map(NewTag::map(map.uri, map.byte_range)?, keys));
        }
        let (mut head, mut is_head) = (Vec::new(), segment.number() == 0);
        for line in segment.lines() {
            if let Line::Tag(tag) = line {
                is_head &= !is_of_segment(tag.name);
            }
            match other(self.text_parts(), line)? {
                Some(tag) if tag.name() == "EXT-X-PART" => new.parts.push(tag),
                Some(tag) if is_head => head.push(tag),
                Some(tag) => new.tags.push(tag),
                None => {}
            }
        }
        Ok((head, new))
    }
}

impl MultivariantPlaylist<'_> {
    /// The playlist as one that can be changed. Variables are replaced by their values; blank lines
    /// are lost. Tags that the crate does not know, and comments, keep their places.
    ///
    /// # Errors
    /// When something that was read leniently cannot be written.
    pub fn to_builder(&self) -> Result<MultivariantBuilder, WriteError> {
        let mut builder = MultivariantBuilder {
            has_independent_segments: self.has_independent_segments(),
            start: self.start(),
            entries: Vec::new(),
        };
        let mut variant = None;
        for line in self.lines() {
            match line {
                Line::Uri(uri) => {
                    if let Some(tag) = variant.take() {
                        let uri = self.text_parts().expansions_of(uri).into();
                        builder.entries.push(MultivariantEntry::Variant(tag, uri));
                    }
                }
                Line::Tag(tag) if tag.name == "EXT-X-STREAM-INF" => {
                    variant = other(self.text_parts(), line)?;
                }
                _ => builder
                    .entries
                    .extend(other(self.text_parts(), line)?.map(MultivariantEntry::Tag)),
            }
        }
        Ok(builder)
    }
}

/// Tags that were made before: equal ones are kept once.
#[derive(Default)]
struct Memory {
    keys: Vec<Arc<NewTag>>,
    map: Option<Arc<NewMap>>,
}

impl Memory {
    fn keys(&mut self, keys: Keys<'_>) -> Result<Vec<Arc<NewTag>>, WriteError> {
        let mut all = Vec::with_capacity(keys.len());
        for key in keys {
            let mut tag = NewTag::new("EXT-X-KEY")?.unquoted("METHOD", key.method.0)?;
            tag = tag.quoted("URI", key.uri)?;
            if let Some(iv) = key.iv {
                tag = tag.hexadecimal("IV", &iv)?;
            }
            for attribute in key.attributes.iter().filter_map(Result::ok) {
                tag = match attribute.name {
                    "METHOD" | "URI" | "IV" => tag,
                    "KEYFORMAT" => tag.quoted("KEYFORMAT", key.key_format)?,
                    "KEYFORMATVERSIONS" => {
                        tag.quoted("KEYFORMATVERSIONS", key.key_format_versions)?
                    }
                    name => match attribute.value {
                        AttributeValue::Quoted(text) => tag.quoted(name, text)?,
                        AttributeValue::Unquoted(text) => tag.unquoted(name, text)?,
                    },
                };
            }
            let known = self.keys.iter().rev().take(16).find(|known| ***known == tag);
            let key = known.cloned().unwrap_or_else(|| Arc::new(tag));
            if !self.keys.iter().rev().take(16).any(|known| Arc::ptr_eq(known, &key)) {
                self.keys.push(Arc::clone(&key));
            }
            all.push(key);
        }
        Ok(all)
    }

    fn map(&mut self, tag: NewTag, keys: Vec<Arc<NewTag>>) -> Arc<NewMap> {
        let map = NewMap { tag, keys };
        match &self.map {
            Some(known) if **known == map => Arc::clone(known),
            _ => Arc::clone(self.map.insert(Arc::new(map))),
        }
    }
}

/// The line as a tag to be written, when the builder has no field of its own for it.
fn other(text: &Text<'_>, line: Line<'_>) -> Result<Option<NewTag>, WriteError> {
    match line {
        Line::Tag(tag) if has_field(tag.name) => Ok(None),
        Line::Tag(Tag { name, value: None }) => NewTag::new(name).map(Some),
        Line::Tag(Tag { name, value: Some(value) }) => {
            let list = until_next_tag(name, value);
            check_expansions(text, list)?;
            NewTag::with_value(name, &text.expanded_list(list)).map(Some)
        }
        Line::Comment(text) => NewTag::comment(&text[1..]).map(Some),
        Line::Uri(_) | Line::Blank => Ok(None),
    }
}

/// Whether the attributes are the same ones when variables are replaced: a value may hold what ends it.
fn check_expansions(text: &Text<'_>, list: &str) -> Result<(), WriteError> {
    for attribute in AttributeList::with_limit(list, usize::MAX).iter().filter_map(Result::ok) {
        let written = attribute.value.text();
        let expanded = text.expansions_of(written);
        // No variable holds a quote.
        if matches!(attribute.value, AttributeValue::Unquoted(_)) && expanded != written {
            check_unquoted(expanded)?;
        }
    }
    Ok(())
}

/// The value without another tag after it, where the parser saw that a line end was missing.
fn until_next_tag<'v>(name: &str, value: &'v str) -> &'v str {
    let is_read = matches!(name, "EXT-X-PRELOAD-HINT" | "EXT-X-RENDITION-REPORT");
    let list = AttributeList::with_limit(value, usize::MAX);
    match list.iter().find_map(Result::err).filter(|_| is_read) {
        Some(error) if value[error.offset..].starts_with("#EXT") => &value[..error.offset],
        _ => value,
    }
}

/// Whether a builder has a field for the tag, or works it out.
fn has_field(name: &str) -> bool {
    is_of_segment(name) && name != "EXT-X-PART"
        || matches!(
            name,
            "EXTM3U"
                | "EXT-X-VERSION"
                | "EXT-X-DEFINE"
                | "EXT-X-INDEPENDENT-SEGMENTS"
                | "EXT-X-START"
                | "EXT-X-TARGETDURATION"
                | "EXT-X-MEDIA-SEQUENCE"
                | "EXT-X-DISCONTINUITY-SEQUENCE"
                | "EXT-X-ENDLIST"
                | "EXT-X-PLAYLIST-TYPE"
                | "EXT-X-I-FRAMES-ONLY"
                | "EXT-X-PART-INF"
                | "EXT-X-SERVER-CONTROL"
                | "EXT-X-SKIP"
        )
}

/// Whether the tag belongs to the next segment.
fn is_of_segment(name: &str) -> bool {
    matches!(
        name,
        "EXTINF"
            | "EXT-X-BYTERANGE"
            | "EXT-X-DISCONTINUITY"
            | "EXT-X-KEY"
            | "EXT-X-MAP"
            | "EXT-X-PROGRAM-DATE-TIME"
            | "EXT-X-GAP"
            | "EXT-X-BITRATE"
            | "EXT-X-PART"
    )
}
