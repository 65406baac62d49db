//! Many segments on few pixels: what those that begin within a few pixels have in common.

use hls_index::Ticks;

use super::scale::Scale;
use crate::media::Row;

/// The segments that begin within some pixels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bin {
    pub(super) x: f64,
    pub(super) width: f64,
    /// How many segments; the first one's number, and the last one's.
    pub(super) count: u64,
    pub(super) first: u64,
    pub(super) last: u64,
    /// When they begin, and when the last one ends.
    pub(super) start: Ticks,
    pub(super) end: Ticks,
    pub(super) shortest: Ticks,
    pub(super) longest: Ticks,
    pub(super) discontinuities: u64,
    pub(super) gaps: u64,
    pub(super) encrypted: u64,
}

/// Bins of equal width over a whole scale.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    scale: Scale,
    bins: Vec<Bin>,
}

/// How wide a bin is, in pixels.
const WIDTH: f64 = 2.0;

impl Bins {
    pub(super) fn new(scale: Scale) -> Self {
        let count = (scale.width() / WIDTH).ceil().max(1.0) as usize;
        let width = scale.width() / count as f64;
        let bin = |number| Bin { x: scale.left() + number as f64 * width, width, ..Bin::default() };
        Self { scale, bins: (0..count).map(bin).collect() }
    }

    /// Counts a segment in. They come in order.
    pub(super) fn add(&mut self, row: &Row<'_>) {
        let into = (self.scale.x(row.start) - self.scale.left()) / self.scale.width();
        let number = (into * self.bins.len() as f64) as usize;
        let last = self.bins.len() - 1;
        let bin = &mut self.bins[number.min(last)];
        let length = row.length();
        if bin.count == 0 {
            (bin.first, bin.start, bin.shortest) = (row.index, row.start, length);
        }
        bin.count += 1;
        bin.last = row.index;
        bin.end = row.end;
        bin.shortest = bin.shortest.min(length);
        bin.longest = bin.longest.max(length);
        bin.discontinuities += u64::from(row.is_discontinuity);
        bin.gaps += u64::from(row.is_gap);
        bin.encrypted += u64::from(!row.keys.is_empty());
    }

    /// The bins in which a segment begins, each as wide as it is to the next one.
    pub(super) fn filled(self) -> Vec<Bin> {
        let mut filled: Vec<Bin> = Vec::new();
        for bin in self.bins {
            match filled.last_mut() {
                Some(last) if bin.count == 0 => last.width = bin.x + bin.width - last.x,
                _ if bin.count > 0 => filled.push(bin),
                _ => {}
            }
        }
        filled
    }
}
