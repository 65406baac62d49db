//! The rules of date ranges (RFC 8216bis §4.4.5.1, appendices D and F).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::lines::{Attributes, Text};
use super::{Findings, Problem};
use crate::date::DateTime;
use crate::interstitial::{Interstitial, Preload};
use crate::time::Ticks;

pub(super) fn check(text: &Text<'_>, findings: &mut Findings) {
    let has_dates = text.tags("EXT-X-PROGRAM-DATE-TIME").next().is_some();
    let mut known: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut by_class: BTreeMap<&str, Class> = BTreeMap::new();
    for (number, tag) in text.tags("EXT-X-DATERANGE").enumerate() {
        let start = tag.value.start();
        let no_dates = number == 0 && !has_dates;
        findings.add_if(no_dates, tag.line.start, Problem::DateRangeWithoutDates);
        let attributes = text.attributes(tag);
        let Some(id) = attributes.text("ID") else { continue };
        let before = known.entry(id).or_default();
        for named in &attributes.0 {
            let other = *before.entry(named.name).or_insert(named.value.text);
            let contradicts = other != named.value.text;
            findings.add_if(contradicts, named.value.offset, Problem::AttributesContradict);
        }
        findings.add_if(!before.contains_key("START-DATE"), start, Problem::NoStartDate);
        one(&attributes, start, findings);
        let range = (date(&attributes, "START-DATE"), end(&attributes));
        if let (Some(class), (Some(from), Some(to))) = (attributes.text("CLASS"), range) {
            let class = by_class.entry(class).or_default();
            class.is_end_on_next |= attributes.has("END-ON-NEXT");
            class.ranges.push((from, to, start));
        } else if let Some(class) = attributes.text("CLASS") {
            by_class.entry(class).or_default().is_end_on_next |= attributes.has("END-ON-NEXT");
        }
    }
    for mut class in by_class.into_values().filter(|class| class.is_end_on_next) {
        class.ranges.sort_by_key(|&(from, _, _)| from);
        let mut latest: Option<DateTime> = None;
        for (from, to, at) in class.ranges {
            let overlaps = latest.is_some_and(|latest| from < latest);
            findings.add_if(overlaps, at, Problem::OverlapsEndOnNext);
            latest = latest.max(Some(to));
        }
    }
}

/// The date ranges of a class that have an end of their own.
#[derive(Default)]
struct Class {
    is_end_on_next: bool,
    ranges: Vec<(DateTime, DateTime, usize)>,
}

fn date(attributes: &Attributes<'_>, name: &str) -> Option<DateTime> {
    attributes.find(name)?.date().ok()
}

fn duration(attributes: &Attributes<'_>) -> Option<Ticks> {
    attributes.find("DURATION")?.duration().ok()
}

fn end(attributes: &Attributes<'_>) -> Option<DateTime> {
    date(attributes, "END-DATE")
        .or_else(|| Some(date(attributes, "START-DATE")? + duration(attributes)?))
}

/// One tag by itself.
fn one(attributes: &Attributes<'_>, start: usize, findings: &mut Findings) {
    let (from, to) = (date(attributes, "START-DATE"), date(attributes, "END-DATE"));
    if let (Some(from), Some(to)) = (from, to) {
        findings.add_if(to < from, start, Problem::EndsBeforeItStarts);
        let contradicts = duration(attributes).is_some_and(|length| from + length != to);
        findings.add_if(contradicts, start, Problem::EndContradicts);
    }
    let has_end = attributes.has("DURATION") || attributes.has("END-DATE");
    if attributes.has("END-ON-NEXT") {
        findings.add_if(!attributes.has("CLASS"), start, Problem::EndOnNextNeedsClass);
        findings.add_if(has_end, start, Problem::EndOnNextWithEnd);
    }
    if let Some(cue) = attributes.find("CUE") {
        let has = |it| cue.text.split(',').any(|other| other == it);
        findings.add_if(has("PRE") && has("POST"), cue.offset, Problem::CueBeforeAndAfter);
    }
    match attributes.text("CLASS") {
        Some(Interstitial::CLASS) => {
            let both = [attributes.has("X-ASSET-URI"), attributes.has("X-ASSET-LIST")];
            // A later tag of the same ID may leave them out.
            let is_wrong = both == [true, true] || both == [false, false] && from.is_some();
            findings.add_if(is_wrong, start, Problem::NotOneAsset);
        }
        Some(Preload::CLASS) => {
            let is_whole = ["X-URI", "X-TARGET-ID", "X-TARGET-CLASS"];
            let is_whole = is_whole.iter().all(|name| attributes.has(name)) && has_end;
            let has_more = attributes.has("CUE") || attributes.has("END-ON-NEXT");
            findings.add_if(!is_whole || has_more, start, Problem::PreloadNotWhole);
        }
        _ => {}
    }
}
