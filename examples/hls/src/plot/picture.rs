//! The whole picture: title, strips, legend.

use std::fmt::Write as _;

use command_line::Failure;
use hls_index::{PlaylistType, Ticks};

use super::scale::{Scale, label};
use super::strip::{Drawn, ONE_BY_ONE, Strip};
use super::svg::{Escaped, Px, Rect, text};
use crate::media::{Form, Media, Plan};

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 36.0;

/// Where segments are narrower than this, in pixels, those around the moment get a strip of their own.
const NARROW: f64 = 12.0;

/// Draws a timeline of segments, of which there is at least one.
pub(super) fn draw(
    name: &str,
    media: &Media<'_>,
    plan: Option<&Plan<'_>>,
) -> Result<String, Failure> {
    // Parts may go on where segments end.
    let trailing = media.playlist().and_then(|playlist| playlist.trailing_parts().last());
    let end = trailing.map_or(Ticks::ZERO, |part| part.end).max(media.end());
    let scale = |times| Scale::new(times, MARGIN, WIDTH - 2.0 * MARGIN);
    let whole = scale(Ticks::ZERO..end);

    let mut body = String::new();
    let is_narrow = whole.width() / (media.len() as f64) < NARROW;
    let zoomed = plan.filter(|_| is_narrow);
    let is_overview = zoomed.is_some();
    let numbers = 0..media.len();
    let strip = Strip { media, plan, scale: whole, numbers, top: 84.0, is_overview };
    let mut drawn = strip.draw(&mut body)?;
    if let Some(plan) = zoomed {
        let numbers = around(plan, media.len());
        let (first, last) = (numbers.start, numbers.end - 1);
        let edge = |number| media.rows(number..number + 1).next().transpose();
        if let (Some(first), Some(last)) = (edge(first)?, edge(last)?) {
            let times = first.start..last.end;
            let top = drawn.bottom + 40.0;
            lens(&mut body, whole, &times, drawn.bottom, top);
            let scale = scale(times);
            let plan = Some(plan);
            let detail = Strip { media, plan, scale, numbers, top, is_overview: false };
            drawn = drawn.and(detail.draw(&mut body)?);
        }
    }
    let height = legend(&mut body, &drawn) + 24.0;

    let subtitle = subtitle(media);
    let description = describe(name, &subtitle, plan);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"title description\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">",
        width = Px(WIDTH),
        height = Px(height),
    );
    let file = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(name);
    let _ =
        writeln!(out, "<title id=\"title\">{}</title>", Escaped(&format!("Timeline of {name}")));
    let _ = writeln!(out, "<desc id=\"description\">{}</desc>", Escaped(&description));
    let _ = writeln!(out, "<style>{}</style>", include_str!("style.css"));
    out.push_str(
        "<defs><pattern id=\"hatch\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V8\"/></pattern></defs>\n",
    );
    Rect { x: 0.0, y: 0.0, width: WIDTH, height }.write(&mut out, "paper", 0.0);
    text(&mut out, "title", MARGIN, 44.0, &shortened(file));
    text(&mut out, "subtitle", MARGIN, 66.0, &subtitle);
    out.push('\n');
    out.push_str(&body);
    out.push_str("</svg>\n");
    Ok(out)
}

/// The segments that are fetched, and some on each side.
fn around(plan: &Plan<'_>, count: u64) -> std::ops::Range<u64> {
    let held = plan.segment.index;
    let first = plan.fetch.first().map_or(held, |row| row.index.min(held));
    let last = plan.fetch.last().map_or(held, |row| row.index.max(held));
    let last = last.min(first.saturating_add(ONE_BY_ONE / 2));
    let more = ((last - first) / 4).clamp(2, 20);
    first.saturating_sub(more)..last.saturating_add(more + 1).min(count)
}

/// What leads the eye from a stretch of the whole to the strip that shows it larger.
fn lens(out: &mut String, whole: Scale, times: &std::ops::Range<Ticks>, from: f64, to: f64) {
    let (left, right) = (whole.x(times.start), whole.x(times.end).max(whole.x(times.start) + 1.0));
    let from = from + 4.0;
    let _ = writeln!(
        out,
        "<path class=\"lens\" d=\"M{} {from}H{}L{} {to}H{}Z\"/>",
        Px(left),
        Px(right),
        Px(whole.right()),
        Px(whole.left()),
        from = Px(from),
        to = Px(to),
    );
}

fn subtitle(media: &Media<'_>) -> String {
    let mut facts = Vec::new();
    let end = media.end();
    if end < Ticks::from_seconds(60) {
        facts.push(format!("{end} s"));
    } else {
        facts.push(label(Ticks::new(end.count() / 1_000_000_000 * 1_000_000_000), end));
    }
    facts.push(match media.len() {
        1 => "1 segment".to_owned(),
        count => format!("{} segments", grouped(count)),
    });
    match &media.form {
        Form::Record(_) => facts.push("master record".to_owned()),
        Form::Playlist { index, .. } => {
            let playlist = index.playlist();
            if let Some(target) = playlist.target_duration() {
                facts.push(format!("target duration {target} s"));
            }
            match playlist.playlist_type() {
                Some(PlaylistType::Vod) => facts.push("VOD".to_owned()),
                Some(PlaylistType::Event) => facts.push("EVENT".to_owned()),
                None => {}
            }
            let first = playlist.first_sequence().0;
            if first > 0 {
                facts.push(format!("from media sequence number {first} on"));
            }
        }
    }
    if !media.is_ended() {
        facts.push("live".to_owned());
    }
    facts.join("  ·  ")
}

/// `100,000`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What the picture shows, for those who cannot see it.
fn describe(name: &str, subtitle: &str, plan: Option<&Plan<'_>>) -> String {
    let mut words = format!("{name}: {}.", subtitle.replace("  ·  ", ", "));
    if let Some(plan) = plan {
        let Plan { at, segment, fetch } = plan;
        let _ = write!(
            words,
            " {at} s is in segment {}, {}, which lasts from {} s to {} s.",
            segment.index, segment.uri, segment.start, segment.end
        );
        if let (Some(first), Some(last)) = (fetch.first(), fetch.last()) {
            let count = fetch.len();
            let (start, end) = (first.start, last.end);
            let _ = write!(words, " To be fetched: {count} segments, from {start} s to {end} s.");
        }
    }
    words
}

fn shortened(name: &str) -> String {
    const LONGEST: usize = 90;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// What the colours mean, of all that is there. Gives where it ends.
fn legend(out: &mut String, drawn: &Drawn) -> f64 {
    let top = drawn.bottom + 22.0;
    let mut x = MARGIN;
    let mut item = |out: &mut String, classes: &[&str], words: &str| {
        if classes.is_empty() {
            let (x, y) = (Px(x + 8.0), Px(top + 11.0));
            let _ = write!(out, "<path class=\"break-mark\" d=\"M{x} {y}l5 -5l-5 -5l-5 5Z\"/>");
        }
        for (number, class) in classes.iter().enumerate() {
            let x = x + 8.0 * number as f64;
            let width = if classes.len() > 1 { 8.0 } else { 16.0 };
            Rect { x, y: top, width, height: 12.0 }.write(out, class, 2.0);
        }
        text(out, "legend", x + 23.0, top + 10.0, words);
        x += 23.0 + words.chars().count() as f64 * 6.1 + 24.0;
    };
    if drawn.has_profile {
        item(out, &["longest"], "longest segment");
        item(out, &["shortest"], "shortest");
    }
    if !drawn.has_profile || drawn.has_fetch {
        item(out, &["segment", "segment odd"], "segments");
    }
    if drawn.has_fetch {
        item(out, &["held"], "holds the moment");
        item(out, &["fetch"], "to be fetched");
    }
    if drawn.has_gaps {
        item(out, &["gap"], "gap");
    }
    if drawn.has_keys {
        item(out, &["key k0", "key k1"], "keys");
    }
    if drawn.has_parts {
        item(out, &["part"], "parts");
    }
    if drawn.has_independent_parts {
        item(out, &["part independent"], "independent parts");
    }
    if drawn.has_discontinuities {
        // No colour but a mark.
        item(out, &[], "discontinuity");
    }
    out.push('\n');
    top + 12.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        for (count, expected) in [(1, "1"), (999, "999"), (1_000, "1,000"), (100_000, "100,000")] {
            assert_eq!(grouped(count), expected);
        }
    }
}
