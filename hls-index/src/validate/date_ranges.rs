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
    let mut ranges: BTreeMap<&str, Range<'_>> = BTreeMap::new();
    for (number, tag) in text.tags("EXT-X-DATERANGE").enumerate() {
        let start = tag.value.start();
        let no_dates = number == 0 && !has_dates;
        findings.add_if(no_dates, tag.line.start, Problem::DateRangeWithoutDates);
        let attributes = text.attributes(tag);
        let Some(id) = attributes.text("ID") else { continue };
        let range = ranges.entry(id).or_insert_with(|| Range::new(start));
        // A later tag of the same ID may leave out what an earlier one has said.
        for named in &attributes.0 {
            match range.known.find(named.name) {
                None => range.known.0.push(*named),
                Some(before) => {
                    let contradicts = before.text != named.value.text;
                    findings.add_if(contradicts, named.value.offset, Problem::AttributesContradict);
                }
            }
        }
        one(&attributes, range, start, findings);
    }
    let mut by_class: BTreeMap<&str, Vec<&Range<'_>>> = BTreeMap::new();
    for range in ranges.values() {
        if let Some(class) = range.known.text("CLASS") {
            by_class.entry(class).or_default().push(range);
        }
    }
    for mut class in by_class.into_values() {
        if !class.iter().any(|range| range.known.has("END-ON-NEXT")) {
            continue;
        }
        class.sort_by_key(|range| (date(&range.known, "START-DATE"), range.at));
        let mut latest: Option<DateTime> = None;
        for range in class {
            let (Some(from), Some(to)) = (date(&range.known, "START-DATE"), end(&range.known))
            else {
                continue;
            };
            let overlaps = latest.is_some_and(|latest| from < latest);
            findings.add_if(overlaps, range.at, Problem::OverlapsEndOnNext);
            latest = latest.max(Some(to));
        }
    }
}

/// What all tags of one ID say together.
struct Range<'t> {
    known: Attributes<'t>,
    at: usize,
    has_wrong_end: bool,
}

impl Range<'_> {
    const fn new(at: usize) -> Self {
        Self { known: Attributes(Vec::new()), at, has_wrong_end: false }
    }
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

/// One tag, after all that its ID has had before.
fn one(attributes: &Attributes<'_>, range: &mut Range<'_>, start: usize, findings: &mut Findings) {
    let known = &range.known;
    let (from, to) = (date(known, "START-DATE"), date(known, "END-DATE"));
    findings.add_if(!known.has("START-DATE"), start, Problem::NoStartDate);
    if let (Some(from), Some(to), false) = (from, to, range.has_wrong_end) {
        let contradicts = duration(known).is_some_and(|length| from + length != to);
        findings.add_if(to < from, start, Problem::EndsBeforeItStarts);
        findings.add_if(contradicts, start, Problem::EndContradicts);
        range.has_wrong_end = to < from || contradicts;
    }
    let known = &range.known;
    let has_end = attributes.has("DURATION") || attributes.has("END-DATE");
    if attributes.has("END-ON-NEXT") {
        findings.add_if(!known.has("CLASS"), start, Problem::EndOnNextNeedsClass);
        findings.add_if(has_end, start, Problem::EndOnNextWithEnd);
    }
    if let Some(cue) = attributes.find("CUE") {
        let has = |it| cue.text.split(',').any(|other| other == it);
        findings.add_if(has("PRE") && has("POST"), cue.offset, Problem::CueBeforeAndAfter);
    }
    // A later tag of the same ID may leave out what an earlier one has said.
    match attributes.text("CLASS") {
        Some(Interstitial::CLASS) => {
            let is_one = known.has("X-ASSET-URI") != known.has("X-ASSET-LIST");
            findings.add_if(!is_one, start, Problem::NotOneAsset);
        }
        Some(Preload::CLASS) => {
            let is_whole = ["X-URI", "X-TARGET-ID", "X-TARGET-CLASS"];
            let has_end = known.has("DURATION") || known.has("END-DATE");
            let is_whole = is_whole.iter().all(|name| known.has(name)) && has_end;
            let has_more = known.has("CUE") || known.has("END-ON-NEXT");
            findings.add_if(!is_whole || has_more, start, Problem::PreloadNotWhole);
        }
        _ => {}
    }
}
