use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::key::Keys;
use crate::media::{Map, MediaPlaylist, MediaSequence};
use crate::part::Parts;
use crate::scan::{Line, Lines};
use crate::time::Ticks;

/// One segment of a playlist: a handle of two words, whose facts are looked up when they are asked
/// for.
#[derive(Clone, Copy)]
pub struct Segment<'p> {
    playlist: &'p MediaPlaylist<'p>,
    number: u32,
}

impl<'p> Segment<'p> {
    /// `number` is below the playlist's `len()`.
    pub(crate) const fn new(playlist: &'p MediaPlaylist<'p>, number: u32) -> Self {
        Self { playlist, number }
    }

    pub(crate) const fn playlist(&self) -> &'p MediaPlaylist<'p> {
        self.playlist
    }

    /// Its place in this playlist, counted from 0.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number as usize
    }

    /// Its media sequence number, the same whenever the playlist is loaded again.
    #[must_use]
    pub const fn sequence(&self) -> MediaSequence {
        // The parser has checked the last one.
        MediaSequence(self.playlist.first_sequence().0 + self.number as u64)
    }

    /// The URI, as it is written but with variables replaced: see [`uri::resolve`](crate::uri::resolve).
    #[must_use]
    pub fn uri(&self) -> &'p str {
        self.playlist.uri(self.number)
    }

    /// When it begins: the exact sum of the durations before it, taken up to the next tick.
    #[must_use]
    pub fn start(&self) -> Ticks {
        self.playlist.boundaries()[self.number()]
    }

    /// When it ends and the next one begins: this moment is no longer in it.
    #[must_use]
    pub fn end(&self) -> Ticks {
        self.playlist.boundaries()[self.number() + 1]
    }

    /// How long it is (EXTINF): its end less its start.
    #[must_use]
    pub fn duration(&self) -> Ticks {
        self.end() - self.start()
    }

    /// EXT-X-BYTERANGE with its offset resolved; the whole resource when `None`.
    #[must_use]
    pub fn byte_range(&self) -> Option<ByteRange> {
        self.playlist.byte_range(self.number)
    }

    /// The initialization section that it needs (EXT-X-MAP).
    #[must_use]
    pub fn map(&self) -> Option<Map<'p>> {
        self.playlist.map(self.number)
    }

    /// The keys that it is encrypted with (EXT-X-KEY); none when it is not.
    #[must_use]
    pub fn keys(&self) -> Keys<'p> {
        self.playlist.keys(self.number)
    }

    /// Its parts in order (EXT-X-PART), where the playlist lists them: it does near its end.
    #[must_use]
    pub fn parts(&self) -> Parts<'p> {
        self.playlist.parts(self.number)
    }

    /// EXT-X-GAP: whether there is no media behind the URI, and it should not be loaded.
    #[must_use]
    pub fn is_gap(&self) -> bool {
        self.playlist.is_gap(self.number)
    }

    /// EXT-X-DISCONTINUITY: whether decoders start afresh with it.
    #[must_use]
    pub fn is_discontinuity(&self) -> bool {
        self.playlist.is_discontinuity(self.number)
    }

    /// Its discontinuity sequence number: EXT-X-DISCONTINUITY-SEQUENCE and one for every
    /// EXT-X-DISCONTINUITY before its URI (RFC 8216 §6.2.1).
    #[must_use]
    pub fn discontinuity_sequence(&self) -> u64 {
        self.playlist.discontinuity_sequence(self.number)
    }

    /// The moment on the wall clock that its own EXT-X-PROGRAM-DATE-TIME names for its start.
    #[must_use]
    pub fn program_date_time(&self) -> Option<DateTime> {
        self.playlist.dates().starting_at(self.number).copied()
    }

    /// The moment on the wall clock at its start: its own EXT-X-PROGRAM-DATE-TIME, else the last
    /// one before it and the durations since, else the first one after it less the durations until
    /// then (RFC 8216 §6.3.3). `None` when the playlist has none.
    #[must_use]
    pub fn date(&self) -> Option<DateTime> {
        let dates = self.playlist.dates();
        let (segment, &date) = dates.since(self.number).or_else(|| dates.first())?;
        let anchor = self.playlist.boundaries()[segment as usize];
        let start = self.start();
        Some(if start >= anchor { date + (start - anchor) } else { date - (anchor - start) })
    }

    /// EXT-X-BITRATE: its approximate bit rate in kilobits a second. It says nothing of segments
    /// with a byte range, whose size is known.
    #[must_use]
    pub fn bitrate(&self) -> Option<u64> {
        match self.byte_range() {
            Some(_) => None,
            None => self.playlist.bitrate(self.number),
        }
    }

    /// The title after the comma of EXTINF; `None` when it is empty.
    #[must_use]
    pub fn title(&self) -> Option<&'p str> {
        let extinf = self.lines().filter_map(|line| match line {
            Line::Tag(tag) if tag.name == "EXTINF" => tag.value,
            _ => None,
        });
        let (_, title) = extinf.last()?.split_once(',')?;
        Some(title.trim()).filter(|title| !title.is_empty())
    }

    /// The lines that lead to it, from the one after the last segment's URI to its own: tags that
    /// the crate does not know and comments among them.
    #[must_use]
    pub fn lines(&self) -> Lines<'p> {
        let block = self.playlist.block(self.number);
        if self.number == 0 { Lines::new(block) } else { Lines::from_within(block) }
    }
}

impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("number", &self.number)
            .field("sequence", &self.sequence().0)
            .field("uri", &self.uri())
            .field("start", &self.start())
            .field("end", &self.end())
            .finish_non_exhaustive()
    }
}

/// The segments of a playlist in order, from either end.
#[derive(Clone, Debug)]
pub struct Segments<'p> {
    playlist: &'p MediaPlaylist<'p>,
    numbers: Range<u32>,
}

impl<'p> Segments<'p> {
    pub(crate) fn within(playlist: &'p MediaPlaylist<'p>, numbers: Range<usize>) -> Self {
        // There are fewer segments than the text has bytes, and those fit a u32.
        let number = |number: usize| number.min(playlist.len()) as u32;
        Self { playlist, numbers: number(numbers.start)..number(numbers.end) }
    }
}

impl<'p> Iterator for Segments<'p> {
    type Item = Segment<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        self.numbers.next().map(|number| Segment::new(self.playlist, number))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.numbers.nth(n).map(|number| Segment::new(self.playlist, number))
    }
}

impl DoubleEndedIterator for Segments<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.numbers.next_back().map(|number| Segment::new(self.playlist, number))
    }
}

impl ExactSizeIterator for Segments<'_> {}
impl FusedIterator for Segments<'_> {}
