//! The master record: what is known of a stream's segments and where they lie, in a compact binary
//! form that is read where it stands.
//!
//! A [`Record`] is opened from bytes, a mapped file or a BLOB of a database, without parsing or
//! copying, and answers at once: it reads the pages that it needs and no others. Each page has a
//! checksum and all that belongs to its segments, the names of their servers as well; what is
//! damaged is found out before it is used, and what is whole can be read without the rest. The form
//! is described byte by byte in the workspace's `docs/record.md`.
//!
//! A [`Recorder`] writes it, all at once or while the stream is live: what is added to a record
//! never overwrites the only whole copy of anything in it, so that a crash loses nothing that had
//! been written.
//!
//! ```
//! use hls_index::record::{Record, Recorder};
//! use hls_index::{MediaPlaylist, MediaSequence, Placement, seconds};
//!
//! let mut placement = Placement::new();
//! let server = placement.add_server("a", "https://a.example.com/film/")?;
//! placement.place(MediaSequence(0), &[server])?;
//! let playlist = MediaPlaylist::parse("#EXTM3U\n#EXTINF:5,\n1.ts\n#EXTINF:5,\n2.ts\n#EXTINF:3,\n3.ts\n")?;
//!
//! let (mut recorder, mut bytes) = (Recorder::new(0x5EED), Vec::new());
//! recorder.append(&playlist.index(), &placement)?;
//! recorder.write_to(&mut bytes);
//!
//! let record = Record::open(&bytes)?;
//! let entry = record.at(seconds(10.5))?;
//! assert_eq!((entry.number(), entry.start()), (2, seconds(10.0)));
//! assert_eq!(entry.candidates().next().unwrap().uri, "https://a.example.com/film/3.ts");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod column;
mod entry;
mod page;
mod recorder;
mod row;

use core::ops::Range;

pub use self::entry::{Entry, EntryCandidate, EntryMap};
use self::page::{HEADER, Header, PAGE_BITS, Page};
pub use self::recorder::{Patch, Recorder, RecorderError};
use crate::media::MediaSequence;
use crate::time::Ticks;

/// A master record: see the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    bytes: &'r [u8],
    /// The last page, of whose two copies the other one may be older or torn.
    last: Page<'r>,
    last_is_at_own_place: bool,
    is_whole: bool,
}

/// What is wrong with a record, or with what was asked of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecordError {
    /// The bytes are no record, or not one page of it is whole.
    #[error("not a record, or nothing of it is whole")]
    NotARecord,
    /// A page is damaged. [`Record::recover`] gives what is before it.
    #[error("page {page} of the record is damaged")]
    Damaged {
        /// The first one that was found, counted from 0.
        page: u32,
    },
    /// The moment is the end of the record or after it.
    #[error("the record ends at {end} s")]
    PastEnd {
        /// The end of the last segment.
        end: Ticks,
    },
    /// The record has no such segment.
    #[error("the record has no such segment")]
    NoSuchSegment,
}

impl<'r> Record<'r> {
    /// Opens a record. This takes the same time for all lengths: only its end is read, and every
    /// other page when it is needed.
    ///
    /// # Errors
    /// When the end of the record is damaged, but for a page that was not wholly written: then it is
    /// opened without that, and [`Record::is_whole`] tells.
    pub fn open(bytes: &'r [u8]) -> Result<Self, RecordError> {
        // What the first page says of the size of pages, or else any size.
        let said =
            bytes.get(5).map(|&bits| u32::from(bits)).filter(|bits| PAGE_BITS.contains(bits));
        let opened =
            said.into_iter().chain(PAGE_BITS).find_map(|bits| Self::open_pages(bytes, bits));
        opened.ok_or_else(|| match said.map(|bits| bytes.len() >> bits) {
            None | Some(0) => RecordError::NotARecord,
            Some(places) => {
                RecordError::Damaged { page: u32::try_from(places - 1).unwrap_or(u32::MAX) }
            }
        })
    }

    /// The record that these bytes are with pages of this size.
    fn open_pages(bytes: &'r [u8], page_bits: u32) -> Option<Self> {
        let places = bytes.len() >> page_bits;
        let is_cut = bytes.len() > places << page_bits;
        // The page at a place, and whether it is one that belongs at the place before.
        let page_at = |place: Option<usize>| {
            let place = place?;
            let page = Page::open(bytes.get(place << page_bits..(place + 1) << page_bits)?)?;
            let own = page.header.page as usize;
            (own == place || own + 1 == place).then_some((page, own == place))
        };
        let end = page_at(places.checked_sub(1));
        let before = page_at(places.checked_sub(2));
        let (last, last_is_at_own_place, is_whole) = match (end, before) {
            (Some((end, true)), _) => (end, true, true),
            // Two copies of one page: the newer one counts.
            (Some((end, false)), Some((before, true)))
                if before.header.generation > end.header.generation =>
            {
                (before, true, true)
            }
            (Some((end, false)), _) => (end, false, true),
            (None, Some((before, true))) => (before, true, false),
            (None, _) => return None,
        };
        Some(Self { bytes, last, last_is_at_own_place, is_whole: is_whole && !is_cut })
    }

    /// Opens what can be had of a damaged record: its first pages, up to the first that is damaged.
    /// It reads all of them.
    ///
    /// # Errors
    /// When not one page is whole.
    pub fn recover(bytes: &'r [u8]) -> Result<Self, RecordError> {
        let said = bytes.get(5).map(|&bits| u32::from(bits));
        let bits = said.into_iter().chain(PAGE_BITS).filter(|bits| PAGE_BITS.contains(bits));
        bits.filter_map(|bits| Self::recover_pages(bytes, bits))
            .max_by_key(Self::len)
            .ok_or(RecordError::NotARecord)
    }

    fn recover_pages(bytes: &'r [u8], page_bits: u32) -> Option<Self> {
        let mut recovered: Option<Self> = None;
        let mut last: Option<Page<'r>> = None;
        for place in 0..bytes.len() >> page_bits {
            let page = bytes.get(place << page_bits..(place + 1) << page_bits).and_then(Page::open);
            let follows = page.filter(|page| {
                page.header.page as usize == place
                    && last.map_or(page.header.first == 0, |last| follows(&last, page))
            });
            let Some(page) = follows else {
                // A newer copy of the last page may stand here, or the only one of the first.
                let end = (place + 1) << page_bits;
                let with_copy = Self::open_pages(&bytes[..end], page_bits);
                let is_copy = |record: &Self| record.last.header.page as usize + 1 == place;
                let newer =
                    with_copy.filter(|record| is_copy(record) && !record.last_is_at_own_place);
                if let Some(newer) = newer.filter(|newer| newer.is_after(last.as_ref(), place)) {
                    recovered = Some(Self { is_whole: end == bytes.len(), ..newer });
                }
                break;
            };
            let end = (place + 1) << page_bits;
            recovered = Some(Self {
                bytes: &bytes[..end],
                last: page,
                last_is_at_own_place: true,
                is_whole: end == bytes.len(),
            });
            last = Some(page);
        }
        recovered
    }

    /// Whether its last page is a copy of the page before `place`, which is `own`, or the first.
    fn is_after(&self, own: Option<&Page<'_>>, place: usize) -> bool {
        match own {
            Some(own) => {
                let (copy, own) = (&self.last.header, &own.header);
                (copy.first, copy.chain, copy.stream) == (own.first, own.chain, own.stream)
            }
            None => place == 1 && self.last.header.first == 0,
        }
    }

    /// Whether the last page was wholly written. When not, segments that were added last may be
    /// missing; if their writing had been finished before, the record is damaged.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Reads all pages and checks that each is whole and follows the one before it.
    ///
    /// # Errors
    /// The first page that is damaged.
    pub fn verify(&self) -> Result<(), RecordError> {
        let mut last: Option<Page<'r>> = None;
        for number in 0..=self.last.header.page {
            let page = self.page(number)?;
            if !last.map_or(page.header.first == 0, |last| follows(&last, &page)) {
                return Err(RecordError::Damaged { page: number });
            }
            last = Some(page);
        }
        Ok(())
    }

    /// The number of segments.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.last.header.first + u64::from(self.last.header.count)
    }

    /// Whether there is no segment: never, as a record without segments has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The end of the last segment.
    #[must_use]
    pub const fn end(&self) -> Ticks {
        Ticks::new(self.last.header.end)
    }

    /// Whether the stream had ended when it was recorded (EXT-X-ENDLIST).
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.last.header.is_ended
    }

    /// The number that was given to the recorder.
    #[must_use]
    pub const fn stream(&self) -> u64 {
        self.last.header.stream
    }

    /// The segment whose `[start, end)` holds `moment`.
    ///
    /// # Errors
    /// When the record ends before, or what is needed is damaged.
    pub fn at(&self, moment: Ticks) -> Result<Entry<'r>, RecordError> {
        if moment >= self.end() {
            return Err(RecordError::PastEnd { end: self.end() });
        }
        let page = self.find_page(|header| header.start <= moment.count())?;
        let is_in = page.header.start <= moment.count() && moment.count() < page.header.end;
        let number = page.at(moment.count());
        // Checksums are no proof against a page that was made up.
        if !is_in || page.end(number) <= moment.count() {
            return Err(RecordError::Damaged { page: page.header.page });
        }
        Ok(Entry { page, number })
    }

    /// The segment with this number, counted from 0.
    ///
    /// # Errors
    /// When there is none, or what is needed is damaged.
    pub fn entry(&self, number: u64) -> Result<Entry<'r>, RecordError> {
        if number >= self.len() {
            return Err(RecordError::NoSuchSegment);
        }
        let page = self.find_page(|header| header.first <= number)?;
        let in_page = number.checked_sub(page.header.first).and_then(|n| u32::try_from(n).ok());
        match in_page.filter(|&in_page| in_page < page.header.count) {
            Some(number) => Ok(Entry { page, number }),
            None => Err(RecordError::Damaged { page: page.header.page }),
        }
    }

    /// The segment with this media sequence number.
    ///
    /// # Errors
    /// When there is none, or what is needed is damaged.
    pub fn with_sequence(&self, sequence: MediaSequence) -> Result<Entry<'r>, RecordError> {
        // The numbers of a record count up from its first.
        let first = self.last.header.sequence.wrapping_sub(self.last.header.first);
        self.entry(sequence.0.checked_sub(first).ok_or(RecordError::NoSuchSegment)?)
    }

    /// The segments with these numbers, in order, as far as there are any; ends after the first
    /// error.
    pub fn entries(
        &self,
        numbers: Range<u64>,
    ) -> impl Iterator<Item = Result<Entry<'r>, RecordError>> + use<'r> {
        let record = *self;
        let mut numbers = numbers.start..numbers.end.min(self.len());
        let mut page: Option<Page<'r>> = None;
        core::iter::from_fn(move || {
            let number = numbers.next()?;
            let next = page.and_then(|page| {
                let number = u32::try_from(number.checked_sub(page.header.first)?).ok()?;
                (number < page.header.count).then_some(Entry { page, number })
            });
            let entry = next.map_or_else(|| record.entry(number), Ok);
            match &entry {
                Ok(entry) => page = Some(entry.page),
                Err(_) => numbers = 0..0,
            }
            Some(entry)
        })
    }

    /// The last page whose header `is_before` accepts, as it does with all up to some page. Headers
    /// on the way are read on trust: the page itself is checked.
    fn find_page(&self, is_before: impl Fn(&Header) -> bool) -> Result<Page<'r>, RecordError> {
        if is_before(&self.last.header) {
            return Ok(self.last);
        }
        let bits = self.last.header.page_bits;
        let (mut low, mut high) = (0, self.last.header.page);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let header =
                self.bytes.get((middle as usize) << bits..).and_then(<[u8]>::first_chunk::<HEADER>);
            if header.is_some_and(|header| is_before(&Header::read(header))) {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.page(low)
    }

    /// The page with this number, checked.
    fn page(&self, number: u32) -> Result<Page<'r>, RecordError> {
        if number == self.last.header.page {
            return Ok(self.last);
        }
        let place = number as usize;
        let bits = self.last.header.page_bits;
        let bytes = self.bytes.get(place << bits..(place + 1) << bits).unwrap_or_default();
        let is_it = |page: &Page<'_>| {
            page.header.page == number && page.header.stream == self.last.header.stream
        };
        Page::open(bytes).filter(is_it).ok_or(RecordError::Damaged { page: number })
    }

    /// The last page, and whether it is at its own place.
    const fn last_page(&self) -> (Page<'r>, bool) {
        (self.last, self.last_is_at_own_place)
    }
}

/// Whether a page goes on where the one before it, as it finally was, ended.
fn follows(last: &Page<'_>, next: &Page<'_>) -> bool {
    let (last_header, header) = (&last.header, &next.header);
    header.page == last_header.page + 1
        && header.stream == last_header.stream
        && header.chain == last.checksum
        && header.first == last_header.first + u64::from(last_header.count)
        && header.sequence == last_header.sequence + u64::from(last_header.count)
        && header.start == last_header.end
}
