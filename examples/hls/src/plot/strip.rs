//! One strip of the timeline: an axis, and below it segments, keys and parts.

mod profile;

use std::fmt::Write as _;

use command_line::Failure;
use hls_index::{Part, Ticks};

use super::aggregate::Bins;
use super::scale::{Scale, label};
use super::svg::{Escaped, Px, Rect, fitting, text};
use crate::media::{Media, Plan, Row, RowKey};

/// What is drawn, and where.
#[derive(Debug)]
pub(super) struct Strip<'s, 'm> {
    pub(super) media: &'s Media<'m>,
    pub(super) plan: Option<&'s Plan<'m>>,
    pub(super) scale: Scale,
    /// The segments, by number.
    pub(super) numbers: std::ops::Range<u64>,
    pub(super) top: f64,
    /// Whether another strip shows what is fetched larger.
    pub(super) is_overview: bool,
}

/// What was drawn, for the legend.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drawn {
    /// Where it ends.
    pub(super) bottom: f64,
    pub(super) has_profile: bool,
    pub(super) has_fetch: bool,
    pub(super) has_gaps: bool,
    pub(super) has_discontinuities: bool,
    pub(super) has_keys: bool,
    pub(super) has_parts: bool,
    pub(super) has_independent_parts: bool,
}

impl Drawn {
    /// What either has.
    pub(super) const fn and(self, other: Self) -> Self {
        Self {
            bottom: other.bottom,
            has_profile: self.has_profile || other.has_profile,
            has_fetch: self.has_fetch || other.has_fetch,
            has_gaps: self.has_gaps || other.has_gaps,
            has_discontinuities: self.has_discontinuities || other.has_discontinuities,
            has_keys: self.has_keys || other.has_keys,
            has_parts: self.has_parts || other.has_parts,
            has_independent_parts: self.has_independent_parts || other.has_independent_parts,
        }
    }
}

/// More segments than this are not drawn one by one.
pub(super) const ONE_BY_ONE: u64 = 320;

/// Where the lanes are, in pixels from the top of the strip.
const AXIS: f64 = 34.0;
const SEGMENTS: f64 = 46.0;
const SEGMENT_HEIGHT: f64 = 56.0;
const LANE_GAP: f64 = 8.0;
const KEY_HEIGHT: f64 = 20.0;
const PART_HEIGHT: f64 = 14.0;
const BRACKET_HEIGHT: f64 = 30.0;

impl Strip<'_, '_> {
    /// Draws it.
    pub(super) fn draw(&self, out: &mut String) -> Result<Drawn, Failure> {
        let count = self.numbers.end - self.numbers.start;
        let mut drawn = Drawn { has_fetch: self.plan.is_some(), ..Drawn::default() };
        // Words stand above the lines that are drawn before them, all lanes above the grid.
        let (mut content, mut words) = (String::new(), String::new());
        let bottom = if count <= ONE_BY_ONE {
            let rows: Vec<_> =
                self.media.rows(self.numbers.clone()).collect::<Result<_, Failure>>()?;
            self.one_by_one(&mut content, &mut words, &rows, &mut drawn)
        } else {
            let mut bins = Bins::new(self.scale);
            for row in self.media.rows(self.numbers.clone()) {
                bins.add(&row?);
            }
            self.profile(&mut content, &bins.filled(), &mut drawn)
        };
        self.axis(out, bottom);
        out.push_str(&content);
        drawn.bottom = self.seek(out, bottom);
        // What is pointed at is below.
        let _ = writeln!(out, "<g class=\"words\">{words}</g>");
        Ok(drawn)
    }

    fn axis(&self, out: &mut String, bottom: f64) {
        let (labels, lines) = (self.top + AXIS - 8.0, self.top + AXIS);
        for (moment, words) in self.scale.marks(96.0) {
            let x = Px(self.scale.x(moment));
            let (top, bottom) = (Px(lines), Px(bottom));
            let _ = write!(out, "<path class=\"grid\" d=\"M{x} {top}V{bottom}\"/>");
            let half = words.chars().count() as f64 * 3.2 + 4.0;
            let is_covered = self.pill().is_some_and(|(left, width)| {
                let x = self.scale.x(moment);
                x + half > left && x - half < left + width
            });
            if is_covered {
                continue;
            }
            // At the ends, so that it does not stick out.
            let anchor = if moment == Ticks::ZERO || moment == self.scale.times().start {
                "axis"
            } else if self.scale.right() - self.scale.x(moment) < 24.0 {
                "axis end"
            } else {
                "axis middle"
            };
            text(out, anchor, self.scale.x(moment), labels, &words);
        }
        let (left, right, y) = (Px(self.scale.left()), Px(self.scale.right()), Px(lines));
        let _ = writeln!(out, "<path class=\"rule\" d=\"M{left} {y}H{right}\"/>");
    }

    /// Each segment by itself. Gives where the lanes end.
    fn one_by_one(
        &self,
        out: &mut String,
        words: &mut String,
        rows: &[Row<'_>],
        drawn: &mut Drawn,
    ) -> f64 {
        let y = self.top + SEGMENTS;
        // A little room between neighbours, where there is some.
        let room = match self.scale.width() / rows.len() as f64 {
            14.0.. => 2.0,
            5.0.. => 1.0,
            _ => 0.0,
        };
        out.push_str("<g>");
        for row in rows {
            self.segment(out, words, row, y, room);
            drawn.has_gaps |= row.is_gap;
        }
        out.push_str("</g>\n");
        let mut bottom = y + SEGMENT_HEIGHT;
        if rows.iter().any(|row| !row.keys.is_empty()) {
            drawn.has_keys = true;
            self.keys(out, rows, bottom + LANE_GAP);
            bottom += LANE_GAP + KEY_HEIGHT;
        }
        let segments = rows.iter().filter_map(|row| row.segment);
        let trailing = self.media.playlist().filter(|_| self.numbers.end == self.media.len());
        let trailing = trailing.into_iter().flat_map(|playlist| playlist.trailing_parts());
        let parts: Vec<Part<'_>> =
            segments.flat_map(|segment| segment.parts()).chain(trailing).collect();
        if !parts.is_empty() {
            drawn.has_parts = true;
            drawn.has_independent_parts = parts.iter().any(|part| part.is_independent);
            self.parts(out, &parts, bottom + LANE_GAP);
            bottom += LANE_GAP + PART_HEIGHT;
        }
        for row in rows.iter().filter(|row| row.is_discontinuity) {
            drawn.has_discontinuities = true;
            let words = format!("discontinuity before segment {}, at {} s", row.index, row.start);
            self.discontinuity(out, self.scale.x(row.start), bottom, &words);
        }
        bottom
    }

    fn segment(&self, out: &mut String, labels: &mut String, row: &Row<'_>, y: f64, room: f64) {
        let (left, right) = (self.scale.x(row.start), self.scale.x(row.end));
        let width = (right - left - room).max(0.35);
        let is_held = self.plan.is_some_and(|plan| plan.segment.index == row.index);
        let is_fetched =
            self.plan.is_some_and(|plan| plan.fetch.iter().any(|it| it.index == row.index));
        let class = match (row.is_gap, is_held, is_fetched) {
            (true, ..) => "gap",
            (_, true, true) => "held",
            (.., true) => "fetch",
            _ if row.index.is_multiple_of(2) => "segment",
            _ => "segment odd",
        };
        let mut words = format!("segment {}", row.index);
        if row.sequence.0 != row.index {
            let _ = write!(words, ", media sequence number {}", row.sequence);
        }
        let _ =
            write!(words, "\n{}\n{} s to {} s: {} s", row.uri, row.start, row.end, row.length());
        if let Some(range) = row.byte_range {
            let _ = write!(words, "\n{} bytes from {} on", range.length(), range.offset());
        }
        if let Some(map) = row.map {
            let _ = write!(words, "\ninitialization section {}", map.uri);
        }
        if let Some(date) = row.date {
            let _ = write!(words, "\n{date}");
        }
        if let Some(title) = row.segment.and_then(|segment| segment.title()) {
            let _ = write!(words, "\n{title}");
        }
        for place in &row.servers {
            let _ = write!(words, "\n{}: {}", place.server, place.uri);
        }
        for (is_so, what) in [(row.is_gap, "gap: nothing to fetch"), (is_fetched, "to be fetched")]
        {
            if is_so {
                let _ = write!(words, "\n{what}");
            }
        }
        let _ = write!(out, "<g><title>{}</title>", Escaped(&words));
        let radius = if width > 12.0 { 4.0 } else { 0.0 };
        Rect { x: left, y, width, height: SEGMENT_HEIGHT }.write(out, class, radius);
        out.push_str("</g>");
        let ink = match class {
            "gap" => "label over-gap",
            "held" => "label over-held",
            "fetch" => "label on",
            _ => "label",
        };
        segment_label(labels, ink, row, Rect { x: left, y, width, height: SEGMENT_HEIGHT });
    }

    /// A band for each run of segments with the same keys.
    fn keys(&self, out: &mut String, rows: &[Row<'_>], y: f64) {
        let mut known: Vec<&[RowKey<'_>]> = Vec::new();
        out.push_str("<g>");
        for run in rows.chunk_by(|one, next| one.keys == next.keys) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let Some(key) = first.keys.first() else { continue };
            let number = known.iter().position(|keys| *keys == first.keys).unwrap_or_else(|| {
                known.push(&first.keys);
                known.len() - 1
            });
            let (left, right) = (self.scale.x(first.start), self.scale.x(last.end));
            let room = if right - left > 6.0 { 2.0 } else { 0.0 };
            let width = (right - left - room).max(0.35);
            let all = first
                .keys
                .iter()
                .map(|key| format!("{}, {}, key {}", key.method, key.key_format, key.uri));
            let words = all.collect::<Vec<_>>().join("\n");
            let _ = write!(out, "<g><title>{}</title>", Escaped(&words));
            let class = format!("key k{}", number % 4);
            Rect { x: left, y, width, height: KEY_HEIGHT }.write(out, &class, 3.0);
            let short = key.uri.rsplit('/').next().unwrap_or_default();
            let long = format!("{} · {short}", key.method);
            let fits = |words: &&str| words.chars().count() as f64 * 6.8 + 12.0 < width;
            if let Some(words) = [long.as_str(), key.method].iter().find(|words| fits(words)) {
                text(out, "on-key", left + 7.0, y + 14.0, words);
            }
            out.push_str("</g>");
        }
        out.push_str("</g>\n");
    }

    fn parts(&self, out: &mut String, parts: &[Part<'_>], y: f64) {
        out.push_str("<g>");
        for part in parts {
            let (left, right) = (self.scale.x(part.start), self.scale.x(part.end));
            let room = if right - left > 3.0 { 1.0 } else { 0.0 };
            let mut words =
                format!("part {}\n{}\n{} s to {} s", part.index, part.uri, part.start, part.end);
            for (is_so, what) in [(part.is_independent, "\nindependent"), (part.is_gap, "\ngap")] {
                words.push_str(if is_so { what } else { "" });
            }
            let class = match (part.is_gap, part.is_independent) {
                (true, _) => "gap",
                (_, true) => "part independent",
                _ => "part",
            };
            let _ = write!(out, "<g><title>{}</title>", Escaped(&words));
            let width = (right - left - room).max(0.35);
            Rect { x: left, y, width, height: PART_HEIGHT }.write(out, class, 2.0);
            out.push_str("</g>");
        }
        out.push_str("</g>\n");
    }

    fn discontinuity(&self, out: &mut String, x: f64, bottom: f64, words: &str) {
        let top = self.top + SEGMENTS - 6.0;
        let _ = writeln!(
            out,
            "<g><title>{}</title><path class=\"break\" d=\"M{x} {}V{}\"/>\
             <path class=\"break-mark\" d=\"M{x} {}l5 -5l-5 -5l-5 5Z\"/></g>",
            Escaped(words),
            Px(top),
            Px(bottom),
            Px(top + 2.0),
            x = Px(x),
        );
    }

    /// The moment and its window. Gives where the strip ends.
    fn seek(&self, out: &mut String, bottom: f64) -> f64 {
        let Some(plan) = self.plan else { return bottom };
        let ends = plan.fetch.first().zip(plan.fetch.last());
        let shown = ends.filter(|(first, last)| {
            let times = self.scale.times();
            first.start < times.end && last.end > times.start
        });
        if let Some((first, last)) = shown {
            let (left, right) = (self.scale.x(first.start), self.scale.x(last.end));
            let (left, right) = (left, right.max(left + 3.0));
            let (top, low) = (Px(bottom + 4.0), Px(bottom + 10.0));
            let _ = write!(
                out,
                "<path class=\"bracket\" d=\"M{} {top}V{low}H{}V{top}\"/>",
                Px(left),
                Px(right)
            );
            if self.is_overview {
                return self.seek_line(out, bottom, plan.at);
            }
            let count = match plan.fetch.len() {
                1 => "1 segment".to_owned(),
                count => format!("{count} segments"),
            };
            let end = self.media.end();
            let (from, to) = (label(first.start, end), label(last.end, end));
            let words = format!("to fetch: {count}, {from} to {to}");
            let room = words.chars().count() as f64 * 3.4;
            let middle = f64::midpoint(left, right);
            let least = self.scale.left() + room;
            let x = middle.clamp(least, (self.scale.right() - room).max(least));
            text(out, "window middle", x, bottom + 26.0, &words);
        }
        self.seek_line(out, bottom, plan.at) + BRACKET_HEIGHT - LANE_GAP
    }

    /// The line at the moment. Gives where it and the bracket end.
    fn seek_line(&self, out: &mut String, bottom: f64, at: Ticks) -> f64 {
        if let Some((left, width)) = self.pill() {
            let (x, top) = (self.scale.x(at), self.top + AXIS - 24.0);
            let _ = write!(
                out,
                "<g><title>the moment: {at} s</title><path class=\"seek\" d=\"M{} {}V{}\"/>",
                Px(x),
                Px(top + 18.0),
                Px(bottom + 4.0)
            );
            Rect { x: left, y: top, width, height: 20.0 }.write(out, "pill", 10.0);
            let words = label(at, self.media.end());
            text(out, "on-pill middle", left + width / 2.0, top + 14.5, &words);
            out.push_str("</g>\n");
        }
        bottom + LANE_GAP
    }

    /// The left end and the width of what bears the words of the moment.
    fn pill(&self) -> Option<(f64, f64)> {
        let at = self.plan?.at;
        if !self.scale.holds(at) {
            return None;
        }
        let width = label(at, self.media.end()).chars().count() as f64 * 7.2 + 18.0;
        let (least, most) = (self.scale.left() - 8.0, self.scale.right() + 8.0 - width);
        Some(((self.scale.x(at) - width / 2.0).clamp(least, most.max(least)), width))
    }
}

/// The name of a segment, its number and its length, as far as they fit into its rectangle.
fn segment_label(out: &mut String, ink: &str, row: &Row<'_>, Rect { x, y, width, height }: Rect) {
    let name = row.uri.split(['?', '#']).next().unwrap_or_default();
    let name = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or(&row.uri);
    let inside = width - 12.0;
    let Some(name) = fitting(name, inside, 7.3) else {
        let number = row.index.to_string();
        if number.len() as f64 * 6.6 + 4.0 < width {
            let class = format!("{ink} small middle");
            text(out, &class, x + width / 2.0, y + height / 2.0 + 4.0, &number);
        }
        return;
    };
    text(out, ink, x + 6.0, y + 24.0, &name);
    let facts = [format!("#{} · {} s", row.index, row.length()), format!("#{}", row.index)];
    let fits = facts.iter().find(|fact| fact.chars().count() as f64 * 6.6 < inside);
    if let Some(fact) = fits {
        text(out, &format!("{ink} small"), x + 6.0, y + 42.0, fact);
    }
}
