//! That no two segments have the same dates (RFC 8216bis §6.2.1).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::lines::{Item, Text};
use super::{Findings, Problem};
use crate::time::Ticks;

/// The segments that go by one EXT-X-PROGRAM-DATE-TIME, in nanoseconds since 1970.
struct Stretch {
    /// Where the date is written.
    at: usize,
    start: i128,
    end: i128,
    /// The end of the first segment, and the start of the last one.
    first_end: i128,
    last_start: i128,
}

pub(super) fn check(text: &Text<'_>, findings: &mut Findings) {
    // From start to end; no two touch.
    let mut taken: BTreeMap<i128, i128> = BTreeMap::new();
    let mut before: Option<&Stretch> = None;
    let stretches = stretches(text);
    for stretch in stretches.iter().filter(|stretch| stretch.start < stretch.end) {
        let drifts = before.replace(stretch).filter(|before| stretch.drifts_from(before));
        let free_from = drifts.map_or(stretch.start, |before| before.end);
        let last_before = taken.range(..stretch.end).next_back();
        let is_ambiguous = last_before.is_some_and(|(_, &end)| end > free_from);
        findings.add_if(is_ambiguous, stretch.at, Problem::AmbiguousDate);
        let (mut start, mut end) = (stretch.start, stretch.end);
        while let Some((&other, &other_end)) = taken.range(..=end).next_back()
            && other_end >= start
        {
            taken.remove(&other);
            (start, end) = (start.min(other), end.max(other_end));
        }
        taken.insert(start, end);
    }
}

impl Stretch {
    /// Whether it begins a little before the end of the stretch before it, as clocks and media are never quite
    /// in step: within the last segment there, and not all of it.
    const fn drifts_from(&self, before: &Self) -> bool {
        const SMALL: i128 = 1_000_000_000;
        self.start < before.end
            && before.end - self.start < SMALL
            && self.start > before.last_start
            && self.first_end > before.end
    }
}

/// In the order of the playlist. Segments before the first date go by it, too.
fn stretches(text: &Text<'_>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let (mut duration, mut date, mut lead) = (Ticks::ZERO, None, Ticks::ZERO);
    for item in &text.items {
        match item {
            Item::Tag(tag) if tag.name == "EXTINF" => {
                let value = text.value(tag.value).text;
                let written = value.split_once(',').map_or(value, |(duration, _)| duration);
                duration = written.parse().unwrap_or_default();
            }
            Item::Tag(tag) if tag.name == "EXT-X-PROGRAM-DATE-TIME" => {
                let value = text.value(tag.value);
                date = value.date().ok().map(|date| (value.offset, date)).or(date);
            }
            Item::Tag(_) => {}
            Item::Uri(_) => {
                let duration = core::mem::take(&mut duration);
                if let Some((at, date)) = date.take() {
                    let end = date.unix_nanos();
                    let start = end - i128::from(core::mem::take(&mut lead).count());
                    let first_end = end + i128::from(duration.count());
                    stretches.push(Stretch { at, start, end, first_end, last_start: end });
                }
                match stretches.last_mut() {
                    Some(last) => {
                        last.last_start = last.end;
                        last.end += i128::from(duration.count());
                    }
                    None => lead += duration,
                }
            }
        }
    }
    stretches
}
