//! A live playlist as it is given out at one moment.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::ops::Range;
use std::time::Duration;

use hls_index::Ticks;
use hls_index::write::MediaBuilder;
use hyper::body::Bytes;
use sansio::Timestamp;

use super::Gone;
use super::date_ranges::DateRanges;
use super::directives::{Progress, Skip};
use super::parts::SegmentPart;

/// One state of a playlist, and of the parts that it tells of.
#[derive(Debug)]
pub(super) struct Issue {
    pub(super) text: Bytes,
    pub(super) is_ended: bool,
    pub(super) progress: Progress,
    /// Three target durations: who has waited so long waits in vain.
    pub(super) longest_wait: Duration,
    pub(super) builder: MediaBuilder,
    pub(super) date_ranges: DateRanges,
    /// By the path of the segment.
    pub(super) segments: BTreeMap<String, SegmentParts>,
}

/// The parts of a segment.
#[derive(Clone, Debug)]
pub(super) struct SegmentParts {
    pub(super) parts: Vec<SegmentPart>,
    /// Whether there will be no more.
    pub(super) is_whole: bool,
}

impl Issue {
    /// The playlist without what is longer ago than the Skip Boundary; `None` when nothing may be left
    /// out, or there is nothing to.
    pub(super) fn delta(&self, skip: Skip, now: Timestamp) -> Option<String> {
        if skip == Skip::Nothing || self.is_ended {
            return None;
        }
        let boundary = self.builder.server_control?.can_skip_until?;
        let mut length = Ticks::ZERO;
        let mut kept = 0;
        for segment in self.builder.segments.iter().rev() {
            if length >= boundary {
                break;
            }
            length = length.checked_add(segment.duration)?;
            kept += 1;
        }
        let skipped = self.builder.segments.len().checked_sub(kept).filter(|&count| count > 0)?;
        let mut text = String::new();
        if skip == Skip::Segments {
            self.builder.write_delta(&mut text, skipped).ok()?;
            return Some(text);
        }
        let limit = Duration::from(boundary);
        let mut builder = self.builder.clone();
        builder.tail.retain(|tag| !self.date_ranges.is_old(tag, limit, now));
        builder.write_delta(&mut text, skipped).ok()?;
        Some(with_date_ranges_skipped(&text, &self.date_ranges.gone(limit, now)))
    }

    pub(super) fn has_parts_of(&self, path: &str) -> bool {
        self.segments.contains_key(path)
    }

    /// Whether it is the segment that is being written.
    pub(super) fn is_growing(&self, path: &str) -> bool {
        self.segments.get(path).is_some_and(|segment| !segment.is_whole)
    }

    /// Where a part is in its segment; `None` while it is still to come.
    pub(super) fn part(&self, path: &str, number: usize) -> Result<Option<Range<u64>>, Gone> {
        let segment = self.segments.get(path).ok_or(Gone)?;
        match segment.parts.get(number) {
            Some(part) => Ok(Some(part.bytes.clone())),
            // The next one only, which was hinted.
            None if !segment.is_whole && !self.is_ended && number == segment.parts.len() => {
                Ok(None)
            }
            None => Err(Gone),
        }
    }
}

/// A delta update that says which date ranges have gone, as it must when it leaves out others.
fn with_date_ranges_skipped(delta: &str, gone: &str) -> String {
    let mut text = String::with_capacity(delta.len() + gone.len() + 40);
    for line in delta.lines() {
        match line {
            // What only EXT-X-SKIP needed.
            "#EXT-X-VERSION:9" => text.push_str("#EXT-X-VERSION:10"),
            _ => text.push_str(line),
        }
        if line.starts_with("#EXT-X-SKIP:") {
            text.extend([",RECENTLY-REMOVED-DATERANGES=\"", gone, "\""]);
        }
        text.push('\n');
    }
    text
}

/// The same text has the same tag, also after a restart.
pub(in crate::serve) fn etag(text: &[u8]) -> String {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(text);
    format!("\"{:x}-{hash:x}\"", text.len())
}
