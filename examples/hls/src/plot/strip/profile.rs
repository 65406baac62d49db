//! Segments too many to be drawn one by one: how long they are, over time.

use std::fmt::Write as _;

use hls_index::{MediaPlaylist, Ticks};

use super::{Drawn, KEY_HEIGHT, LANE_GAP, SEGMENT_HEIGHT, SEGMENTS, Strip};
use crate::plot::aggregate::Bin;
use crate::plot::scale::label;
use crate::plot::svg::{Px, Rect, text};

impl Strip<'_, '_> {
    /// Draws it. Gives where the lanes end.
    pub(super) fn profile(&self, out: &mut String, bins: &[Bin], drawn: &mut Drawn) -> f64 {
        drawn.has_profile = true;
        let base = self.top + SEGMENTS + SEGMENT_HEIGHT;
        let longest = bins.iter().map(|bin| bin.longest).max().unwrap_or_default();
        let target = self.media.playlist().and_then(MediaPlaylist::target_duration);
        let full = longest.max(target.unwrap_or_default()).count().max(1) as f64;
        let height = |length: Ticks| SEGMENT_HEIGHT * (length.count() as f64 / full);
        for (class, length) in [
            ("longest", (|bin: &Bin| bin.longest) as fn(&Bin) -> Ticks),
            ("shortest", |bin: &Bin| bin.shortest),
        ] {
            let mut path = format!("M{} {}", Px(self.scale.left()), Px(base));
            for bin in bins {
                let _ =
                    write!(path, "V{}H{}", Px(base - height(length(bin))), Px(bin.x + bin.width));
            }
            let _ = writeln!(out, "<path class=\"{class}\" d=\"{path}V{}Z\"/>", Px(base));
        }
        if let Some(target) = target {
            let y = base - height(target);
            let (left, right) = (Px(self.scale.left()), Px(self.scale.right()));
            let _ = write!(
                out,
                "<g><title>target duration {target} s</title>\
                 <path class=\"target\" d=\"M{left} {}H{right}\"/></g>",
                Px(y)
            );
        }
        self.runs_of_keys(out, bins, base + LANE_GAP, drawn);
        let bottom = if drawn.has_keys { base + LANE_GAP + KEY_HEIGHT } else { base };
        for bin in bins {
            let x = bin.x + bin.width.min(2.0) / 2.0;
            if bin.gaps > 0 {
                drawn.has_gaps = true;
                let words = format!("{} gaps from {} s on", bin.gaps, bin.start);
                let _ = write!(out, "<g><title>{words}</title>");
                let rect =
                    Rect { x: bin.x, y: base - 10.0, width: bin.width.min(2.0), height: 10.0 };
                rect.write(out, "gap-mark", 0.0);
                out.push_str("</g>");
            }
            if bin.discontinuities > 0 {
                drawn.has_discontinuities = true;
                let words = match bin.discontinuities {
                    1 => format!("discontinuity about {} s", bin.start),
                    count => format!("{count} discontinuities from {} s on", bin.start),
                };
                self.discontinuity(out, x, bottom, &words);
            }
        }
        // What to point at, above everything that is drawn.
        out.push_str("<g class=\"point\">");
        let last = self.scale.times().end;
        for bin in bins {
            let words = format!(
                "{} to {}\nsegments {} to {}\nfrom {} s to {} s long",
                label(bin.start, last),
                label(bin.end, last),
                bin.first,
                bin.last,
                bin.shortest,
                bin.longest
            );
            let _ = write!(out, "<g><title>{words}</title>");
            let (y, height) = (self.top + SEGMENTS, SEGMENT_HEIGHT);
            Rect { x: bin.x, y, width: bin.width, height }.write(out, "", 0.0);
            out.push_str("</g>");
        }
        out.push_str("</g>\n");
        bottom
    }

    /// A band wherever segments are encrypted.
    fn runs_of_keys(&self, out: &mut String, bins: &[Bin], y: f64, drawn: &mut Drawn) {
        for run in bins.chunk_by(|one, next| (one.encrypted > 0) == (next.encrypted > 0)) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            if first.encrypted == 0 {
                continue;
            }
            drawn.has_keys = true;
            let count: u64 = run.iter().map(|bin| bin.encrypted).sum();
            let words = format!("{count} encrypted segments, {} s to {} s", first.start, last.end);
            let _ = write!(out, "<g><title>{words}</title>");
            let width = last.x + last.width - first.x;
            Rect { x: first.x, y, width, height: KEY_HEIGHT }.write(out, "key k0", 3.0);
            if width > 90.0 {
                text(out, "on-key", first.x + 7.0, y + 14.0, "encrypted");
            }
            out.push_str("</g>");
        }
    }
}
