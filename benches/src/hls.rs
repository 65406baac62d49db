//! What is measured of `hls-index`, and the searches that it is held against.

use hls_index::{MediaPlaylist, SegmentIndex, Ticks};

/// Reads a playlist: everything that `hls-index` has a type for is typed.
#[inline]
pub fn parse(text: &str) -> Option<MediaPlaylist<'_>> {
    MediaPlaylist::parse(text).ok()
}

/// The number of the segment that holds this moment, in ticks.
#[inline]
pub fn seek(index: &SegmentIndex<'_>, moment: u64) -> u64 {
    index.at(Ticks::new(moment)).map_or(u64::MAX, |segment| segment.number() as u64)
}

/// The starts of all segments, as a program without an index would keep them.
#[derive(Debug)]
pub struct Starts {
    integers: Vec<u64>,
    floats: Vec<f64>,
}

impl Starts {
    /// Those of `playlist`, in ticks.
    pub fn new(playlist: &MediaPlaylist<'_>) -> Self {
        let integers: Vec<u64> =
            playlist.segments().map(|segment| segment.start().count()).collect();
        let floats = integers.iter().map(|&ticks| ticks as f64).collect();
        Self { integers, floats }
    }

    /// `partition_point` over floats.
    #[inline]
    pub fn among_floats(&self, moment: u64) -> u64 {
        let moment = moment as f64;
        self.floats.partition_point(|&start| start <= moment) as u64 - 1
    }

    /// `partition_point` over integers.
    #[inline]
    pub fn among_integers(&self, moment: u64) -> u64 {
        self.integers.partition_point(|&start| start <= moment) as u64 - 1
    }

    /// A binary search that the compiler turns into conditional moves.
    #[inline]
    pub fn without_branches(&self, moment: u64) -> u64 {
        let mut base = 0;
        let mut size = self.integers.len();
        while size > 1 {
            let half = size / 2;
            let middle = base + half;
            base = core::hint::select_unpredictable(self.integers[middle] <= moment, middle, base);
            size -= half;
        }
        base as u64
    }
}
