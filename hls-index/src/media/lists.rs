//! The tags that stand for themselves: hints, reports and date ranges, read when they are asked for.

use super::{DATE_RANGE, HINT, MediaPlaylist, REPORT};
use crate::date::DateTime;
use crate::date_range::DateRange;
use crate::hint::PreloadHint;
use crate::report::RenditionReport;

impl MediaPlaylist<'_> {
    /// EXT-X-PRELOAD-HINT: what will soon be there; those of an unknown TYPE are left out.
    pub fn preload_hints(&self) -> impl Iterator<Item = PreloadHint<'_>> {
        let hints = self.tables.hints.iter().map(|&span| self.text.value(HINT, span));
        hints.filter_map(|value| PreloadHint::read(value, usize::MAX).ok()?)
    }

    /// EXT-X-RENDITION-REPORT: how far other renditions are.
    pub fn rendition_reports(&self) -> impl Iterator<Item = RenditionReport<'_>> {
        let reports = self.tables.reports.iter().map(|&span| self.text.value(REPORT, span));
        reports.filter_map(|value| RenditionReport::read(value, usize::MAX).ok())
    }

    /// The EXT-X-DATERANGE tags in order; those that are broken are left out (RFC 8216bis
    /// §4.4.5.1). Several may tell of one range.
    pub fn date_ranges(&self) -> impl Iterator<Item = DateRange<'_>> {
        let ranges = self.tables.date_ranges.iter().map(|&span| self.text.value(DATE_RANGE, span));
        ranges.filter_map(|value| DateRange::read(value, usize::MAX).ok())
    }

    /// All that the tags with this ID tell; what an earlier one says counts.
    #[must_use]
    pub fn date_range(&self, id: &str) -> Option<DateRange<'_>> {
        let mut tags = self.date_ranges().filter(|range| range.id == id);
        let mut range = tags.next()?;
        tags.for_each(|later| range.add(&later));
        Some(range)
    }

    /// When `range` ends: as [`DateRange::end`], and with END-ON-NEXT at the start of the next one
    /// of its class. `None` when that is not known yet.
    #[must_use]
    pub fn date_range_end(&self, range: &DateRange<'_>) -> Option<DateTime> {
        if !range.is_end_on_next {
            return range.end();
        }
        let start = range.start_date?;
        let same_class = self.date_ranges().filter(|other| other.class == range.class);
        same_class.filter_map(|other| other.start_date).filter(|&other| other > start).min()
    }
}
