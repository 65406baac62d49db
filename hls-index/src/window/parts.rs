use alloc::string::String;
use core::iter::FusedIterator;

use super::{Ahead, Reach};
use crate::byte_range::ByteRange;
use crate::index::SegmentIndex;
use crate::key::Keys;
use crate::media::{Map, MediaSequence};
use crate::part::{Part, Parts};
use crate::time::Ticks;
use crate::uri;

/// One part to fetch, with all that is needed to play it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PartFetch<'p> {
    /// The part's URI.
    pub uri: &'p str,
    /// The piece of the resource; all of it when `None`.
    pub byte_range: Option<ByteRange>,
    /// The initialization section that must be there before it.
    pub map: Option<Map<'p>>,
    /// The keys to decrypt it with, any of which will do; none when it is not encrypted.
    pub keys: Keys<'p>,
    /// When it begins to play; where segments were measured, it moves along with its own.
    pub start: Ticks,
    /// When it has played.
    pub end: Ticks,
    /// The number of the segment that it is a part of, complete or not.
    pub sequence: MediaSequence,
    /// The part itself, for everything else about it.
    pub part: Part<'p>,
}

impl PartFetch<'_> {
    /// The absolute URI, where `base` is the one that the playlist was loaded from.
    #[must_use]
    pub fn resolve(&self, base: &str) -> String {
        uri::resolve(base, self.uri)
    }

    /// How many bytes it will be, where the playlist tells: it does with a byte range.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.byte_range.map(ByteRange::length)
    }
}

impl<'p> SegmentIndex<'p> {
    /// What to fetch part by part (EXT-X-PART) in order to play from `moment` on: the part that holds
    /// it, and those after it that `ahead` asks for, to the end of the segment that is not complete
    /// yet. Where `ahead` counts segments, parts are counted. Parts with GAP=YES are left out, as there
    /// is nothing to fetch.
    ///
    /// Nothing where no part holds `moment`, as [`SegmentIndex::part_at`] tells: a playlist lists parts
    /// near its end alone, and what comes before is fetched whole, with [`SegmentIndex::window`]. At
    /// the live edge the two go together: whole segments up to the last, and then parts.
    ///
    /// ```
    /// use hls_index::{Ahead, MediaPlaylist, seconds};
    ///
    /// let playlist = MediaPlaylist::parse(
    ///     "#EXTM3U\n#EXT-X-PART-INF:PART-TARGET=2\n#EXTINF:4,\n0.mp4\n\
    ///      #EXT-X-PART:DURATION=2,URI=\"1.0.mp4\"\n#EXT-X-PART:DURATION=2,URI=\"1.1.mp4\"\n",
    /// )?;
    /// let index = playlist.index();
    /// let (moment, ahead) = (seconds(3.0), Ahead::seconds(3));
    /// let whole = index.window(moment, ahead).map(|fetch| fetch.uri);
    /// let parts = index.part_window(moment.max(index.end()), ahead);
    /// assert_eq!(whole.chain(parts.map(|fetch| fetch.uri)).collect::<Vec<_>>(), ["0.mp4", "1.0.mp4", "1.1.mp4"]);
    /// # Ok::<(), hls_index::ParseError>(())
    /// ```
    #[must_use]
    pub fn part_window(&self, moment: Ticks, ahead: Ahead) -> PartWindow<'_, 'p> {
        let number = match self.part_at(moment) {
            Ok(Some(_)) => self.at(moment).map_or(self.len(), |segment| segment.number()),
            _ => usize::MAX,
        };
        let mut window = PartWindow {
            index: self,
            number,
            parts: Parts::none(self.playlist()),
            moment,
            left: ahead.count_of_parts(),
            reach: Reach::new(moment, ahead),
        };
        window.begin();
        window
    }
}

/// Parts to fetch, in order: see [`SegmentIndex::part_window`].
#[derive(Clone, Debug)]
pub struct PartWindow<'i, 'p> {
    index: &'i SegmentIndex<'p>,
    /// The segment whose parts are given now: past the last, the one that is not complete yet.
    number: usize,
    parts: Parts<'p>,
    /// Parts that end here or before are not asked for.
    moment: Ticks,
    /// How many more may be fetched, where they are counted.
    left: Option<u64>,
    reach: Reach,
}

impl<'p> PartWindow<'_, 'p> {
    /// Begins with the parts of the segment that `number` tells.
    fn begin(&mut self) {
        let playlist = self.index.playlist();
        self.parts = match playlist.segment(self.number) {
            Some(segment) => segment.parts(),
            None if self.number == playlist.len() => playlist.trailing_parts(),
            None => Parts::none(playlist),
        };
    }

    /// The next part, and in the next segment when this one has no more.
    fn next_part(&mut self) -> Option<PartFetch<'p>> {
        loop {
            if let Some(part) = self.parts.next() {
                return Some(self.fetch(part));
            }
            if self.number >= self.index.len() {
                return None;
            }
            self.number += 1;
            self.begin();
            // What has no parts is fetched whole: there the window ends.
            if self.parts.len() == 0 {
                self.number = usize::MAX;
            }
        }
    }

    fn fetch(&self, part: Part<'p>) -> PartFetch<'p> {
        let playlist = self.index.playlist();
        let (nominal, real) = match playlist.segment(self.number) {
            Some(segment) => (segment.start(), self.index.span(&segment).start),
            None => (playlist.duration(), self.index.end()),
        };
        // There are fewer segments than the text has bytes.
        let number = self.number as u32;
        PartFetch {
            uri: part.uri,
            byte_range: part.byte_range,
            map: playlist.map(number),
            keys: playlist.keys(number),
            start: real + (part.start - nominal),
            end: real + (part.end - nominal),
            sequence: MediaSequence(playlist.first_sequence().0.saturating_add(u64::from(number))),
            part,
        }
    }
}

impl<'p> Iterator for PartWindow<'_, 'p> {
    type Item = PartFetch<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let fetch = self.next_part()?;
            let is_before = fetch.end <= self.moment;
            if is_before || fetch.part.is_gap {
                continue;
            }
            let is_counted_out = self.left == Some(0);
            self.left = self.left.map(|left| left.saturating_sub(1));
            let takes = !is_counted_out && self.reach.takes_at(fetch.start, || fetch.bytes());
            if !takes {
                self.number = usize::MAX;
                self.begin();
            }
            return takes.then_some(fetch);
        }
    }
}

impl FusedIterator for PartWindow<'_, '_> {}
