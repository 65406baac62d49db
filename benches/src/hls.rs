//! What is measured of `hls-index`, and the searches that it is held against.

use core::mem::take;

use hls_index::record::{Record, Recorder};
use hls_index::write::MediaBuilder;
use hls_index::{
    Buffers, DateIndex, DateTime, LivePlaylist, MediaPlaylist, Placement, SegmentIndex, Source,
    Ticks,
};

/// Reads a playlist: everything that `hls-index` has a type for is typed.
#[inline]
pub fn parse(text: &str) -> Option<MediaPlaylist<'_>> {
    MediaPlaylist::parse(text).ok()
}

/// The same, into memory that was used before: how many segments there are.
#[inline]
pub fn parse_into(text: &str, memory: &mut Buffers) -> Option<usize> {
    let playlist = MediaPlaylist::parse_into(text, &Source::new(), take(memory)).ok()?;
    let segments = playlist.len();
    *memory = playlist.into_buffers();
    Some(segments)
}

/// The number of the segment that holds this moment, in ticks.
#[inline]
pub fn seek(index: &SegmentIndex<'_>, moment: u64) -> u64 {
    index.at(Ticks::new(moment)).map_or(u64::MAX, |segment| segment.number() as u64)
}

/// The numbers of the segments that hold these moments, all in one go; what they are goes into one
/// number.
#[inline]
pub fn seek_many(index: &SegmentIndex<'_>, moments: &[Ticks]) -> u64 {
    let number = |hit: Option<usize>| hit.map_or(u64::MAX, |number| number as u64);
    let hits = index.at_many(moments).map(|hit| hit.ok().map(|segment| segment.number()));
    hits.fold(0, |all, hit| all ^ number(hit))
}

/// The number of the segment that holds this moment of the wall clock.
#[inline]
pub fn seek_date(dates: &DateIndex<'_, '_>, moment: DateTime) -> u64 {
    dates.at(moment).map_or(u64::MAX, |segment| segment.number() as u64)
}

/// Writes a playlist.
#[inline]
pub fn write(playlist: &MediaBuilder) -> Option<String> {
    playlist.to_text().ok()
}

/// The master record of a playlist.
pub fn record(index: &SegmentIndex<'_>, placement: &Placement) -> Vec<u8> {
    let (mut recorder, mut bytes) = (Recorder::new(1), Vec::new());
    recorder.append(index, placement).expect("all of it can be recorded");
    recorder.write_to(&mut bytes);
    bytes
}

/// Opens a record and finds the segment that holds this moment.
#[inline]
pub fn seek_in_record(record: &[u8], moment: u64) -> u64 {
    let entry = Record::open(record).and_then(|record| record.at(Ticks::new(moment)));
    entry.map_or(u64::MAX, |entry| entry.number())
}

/// A live playlist of very many segments, each load of which has one more and one less.
#[derive(Debug)]
pub struct Window {
    text: String,
    segments: usize,
    /// How many segments are gone, and how many may go.
    gone: usize,
    spare: usize,
    live: LivePlaylist,
}

impl Window {
    /// How many bytes each segment has; the head takes the place of two that are gone.
    const SEGMENT: usize = 64;

    /// A window of `segments` segments, which slides by `spare` before it begins anew.
    pub fn new(segments: usize, spare: usize) -> Self {
        let segment =
            |n| format!("#EXTINF:{}.500,\nhttps://cdn.example.com/v/seg-{n:015}.ts\n", 3 + n % 3);
        let body: String = (0..segments + spare).map(segment).collect();
        let mut text = " ".repeat(2 * Self::SEGMENT) + &body;
        assert_eq!(text.len(), (segments + spare + 2) * Self::SEGMENT);
        Self::put_head(&mut text, 0);
        let window = &text[..(segments + 2) * Self::SEGMENT];
        let live = LivePlaylist::new(window, &Source::new()).expect("the playlist is right");
        Self { text, segments, gone: 0, spare, live }
    }

    fn put_head(text: &mut String, gone: usize) {
        let head = format!("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:{gone}\n#");
        let head = format!("{head:-<width$}\n", width = 2 * Self::SEGMENT - 1);
        let at = gone * Self::SEGMENT;
        text.replace_range(at..at + head.len(), &head);
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text[self.gone * Self::SEGMENT..][..(self.segments + 2) * Self::SEGMENT]
    }

    /// Lets one segment go and another come, and loads the playlist again: how many segments it has then.
    #[inline]
    pub fn reload(&mut self) -> usize {
        if self.gone == self.spare {
            *self = Self::new(self.segments, self.spare);
        }
        self.gone += 1;
        Self::put_head(&mut self.text, self.gone);
        let text = &self.text[self.gone * Self::SEGMENT..][..(self.segments + 2) * Self::SEGMENT];
        let update = self.live.reload(text, &Source::new());
        assert!(update.is_ok_and(|update| (update.added, update.evicted) == (1, 1)));
        self.live.len()
    }
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
