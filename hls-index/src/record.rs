//! The master record: what is known of a stream's segments and where they lie, in a compact binary
//! form that is read where it stands.
//!
//! A [`Record`] is opened from bytes, a mapped file or a BLOB of a database, without parsing or
//! copying, and answers at once: it reads the pages that it needs and no others. Each page has a
//! checksum and all that belongs to its segments, the names of their servers as well; what is
//! damaged is found out before it is used, and what is whole can be read without the rest. The form
//! is described byte by byte in the workspace's `docs/record.md`.
//!
//! Where reading is dear, as from an object store, two reads will do: one of the record's end, and
//! one of the pages that [`Record::bytes_at`] names: see [`Record::open_end`].
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
mod directory;
mod entry;
mod open;
mod page;
mod recorder;
mod row;

use core::ops::Range;

use self::directory::{Directory, DirectoryBuilder, PageStart};
pub use self::entry::{Entry, EntryCandidate, EntryMap};
use self::page::{HEADER, Header, Page};
pub use self::recorder::{Patch, Recorder, RecorderError};
use crate::media::MediaSequence;
use crate::time::Ticks;

/// A master record: see the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// What there is of it, from byte `offset` on.
    bytes: &'r [u8],
    offset: u64,
    /// How many places for pages are in use, the directory not counted.
    places: u64,
    /// The last page, of whose two copies the other one may be older or torn.
    last: Page<'r>,
    last_is_at_own_place: bool,
    /// The directory, and the place where it stands.
    directory: Option<(Directory<'r>, u64)>,
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
    /// The answer is in bytes that are not here: see [`Record::open_end`].
    #[error("bytes {offset} to {offset} + {length} of the record are to be read for this")]
    NotRead {
        /// The first of them.
        offset: u64,
        /// How many they are.
        length: u64,
    },
}

impl<'r> Record<'r> {
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
            let told = self.directory.and_then(|(directory, _)| directory.page(number));
            if told.is_some_and(|told| told != PageStart::from(&page.header)) {
                let place = self.directory.map_or(self.places, |(_, place)| place);
                let page = u32::try_from(place).unwrap_or(u32::MAX);
                return Err(RecordError::Damaged { page });
            }
            last = Some(page);
        }
        Ok(())
    }

    /// How many bytes of it count. One that was recovered is to be cut to this length before
    /// [`Recorder::resume`] goes on with it.
    #[must_use]
    pub fn byte_length(&self) -> u64 {
        let places = self.directory.map_or(self.places, |(_, place)| place + 1);
        places << self.last.header.page_bits
    }

    /// Which bytes of the record hold the segment at `moment`; none when [`Record::at`] can tell already.
    ///
    /// # Errors
    /// When the record ends before.
    pub fn bytes_at(&self, moment: Ticks) -> Result<Range<u64>, RecordError> {
        if moment >= self.end() {
            return Err(RecordError::PastEnd { end: self.end() });
        }
        Ok(self.bytes_of_pages(self.pages_around(|page| page.start <= moment.count())))
    }

    /// Which bytes hold the segments with these numbers, counted from 0, as far as there are any; none when
    /// [`Record::entries`] can tell already.
    #[must_use]
    pub fn bytes_of(&self, numbers: Range<u64>) -> Range<u64> {
        let around = |number| self.pages_around(|page: PageStart| page.first <= number);
        if numbers.is_empty() {
            return 0..0;
        }
        let first = around(numbers.start);
        self.bytes_of_pages(first.start..around(numbers.end - 1).end)
    }

    /// The record with these bytes of it, the first of which is number `offset`, and of which there
    /// should be those that [`Record::bytes_at`] or [`Record::bytes_of`] asked for. What it had of the
    /// middle before, it has no longer.
    #[must_use]
    pub fn with_bytes<'b>(&self, offset: u64, bytes: &'b [u8]) -> Record<'b>
    where
        'r: 'b,
    {
        Record { bytes, offset, ..*self }
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
        let page = self.find_page(|page| page.start <= moment.count())?;
        // Checksums are no proof against a page that was made up.
        if moment.count() < page.header.start || page.header.end <= moment.count() {
            return Err(RecordError::Damaged { page: page.header.page });
        }
        Ok(Entry { page, number: page.at(moment.count()) })
    }

    /// The segment with this number, counted from 0.
    ///
    /// # Errors
    /// When there is none, or what is needed is damaged.
    pub fn entry(&self, number: u64) -> Result<Entry<'r>, RecordError> {
        if number >= self.len() {
            return Err(RecordError::NoSuchSegment);
        }
        let page = self.find_page(|page| page.first <= number)?;
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
        let number = sequence.0.checked_sub(first).ok_or(RecordError::NoSuchSegment)?;
        let entry = self.entry(number)?;
        match entry.sequence() == sequence {
            true => Ok(entry),
            // Its page was made up.
            false => Err(RecordError::Damaged { page: entry.page.header.page }),
        }
    }

    /// The segments with these numbers, in order, as far as there are any: each begins where the one before it
    /// ends. Ends after the first error, which is also where a page does not go on with the one before it.
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
            let entry = next.map_or_else(|| record.entry_after(page.as_ref(), number), Ok);
            match &entry {
                Ok(entry) => page = Some(entry.page),
                Err(_) => numbers = 0..0,
            }
            Some(entry)
        })
    }

    /// The segment with this number, which is the first after the page `last`.
    fn entry_after(&self, last: Option<&Page<'r>>, number: u64) -> Result<Entry<'r>, RecordError> {
        let entry = self.entry(number)?;
        match last.is_none_or(|last| follows(last, &entry.page)) {
            true => Ok(entry),
            false => Err(RecordError::Damaged { page: entry.page.header.page }),
        }
    }

    /// The last page that `is_before` accepts, as it does with all up to some page. Headers on the
    /// way are read on trust: the page itself is checked.
    fn find_page(&self, is_before: impl Fn(PageStart) -> bool) -> Result<Page<'r>, RecordError> {
        let Range { start: mut low, end: mut high } = self.pages_around(&is_before);
        if low >= high {
            return Ok(self.last);
        }
        let bytes = self.bytes_of_pages(low..high);
        let is_missing =
            bytes.start < self.offset || bytes.end - self.offset > self.bytes.len() as u64;
        if is_missing {
            let length = bytes.end - bytes.start;
            return Err(RecordError::NotRead { offset: bytes.start, length });
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let header = self.page_bytes(middle).and_then(<[u8]>::first_chunk::<HEADER>);
            if header.is_some_and(|header| is_before(PageStart::from(&Header::read(header)))) {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.page(low)
    }

    /// The pages among which is the last one that `is_before` accepts, as it does with all up to some
    /// page; none when it is the last page of all.
    fn pages_around(&self, is_before: impl Fn(PageStart) -> bool) -> Range<u32> {
        let last = self.last.header.page;
        if is_before(PageStart::from(&self.last.header)) {
            return last..last;
        }
        let (low, past) = self.directory.map_or((0, last), |(it, _)| it.narrow(is_before));
        low.min(last.saturating_sub(1))..past.min(last)
    }

    fn bytes_of_pages(&self, pages: Range<u32>) -> Range<u64> {
        let bits = self.last.header.page_bits;
        let pages = if pages.is_empty() { 0..0 } else { pages };
        u64::from(pages.start) << bits..u64::from(pages.end) << bits
    }

    /// The page with this number, checked.
    fn page(&self, number: u32) -> Result<Page<'r>, RecordError> {
        if number == self.last.header.page {
            return Ok(self.last);
        }
        let Some(bytes) = self.page_bytes(number) else {
            let Range { start, end } = self.bytes_of_pages(number..number + 1);
            return Err(RecordError::NotRead { offset: start, length: end - start });
        };
        let is_it = |page: &Page<'_>| {
            page.header.page == number && page.header.stream == self.last.header.stream
        };
        Page::open(bytes).filter(is_it).ok_or(RecordError::Damaged { page: number })
    }

    /// The bytes of a page, if they are here.
    fn page_bytes(&self, number: u32) -> Option<&'r [u8]> {
        let bits = u32::from(self.last.header.page_bits);
        page_bytes(self.bytes, self.offset, number.into(), bits)
    }

    /// How many places are in use, that of the directory not counted.
    const fn places(&self) -> u64 {
        self.places
    }

    /// Where the directory stands, and of how many pages it tells.
    fn directory_place(&self) -> Option<(u64, u32)> {
        self.directory.map(|(directory, place)| (place, directory.pages))
    }

    /// A directory of all pages but the last: what was written, and those that came later. `None` when
    /// one of these is damaged, or not here.
    fn to_directory(self) -> Option<DirectoryBuilder> {
        let last = self.last.header.page;
        let written = self.directory.filter(|(directory, _)| directory.pages <= last);
        let mut directory =
            written.map_or_else(DirectoryBuilder::default, |(it, _)| DirectoryBuilder::of(&it));
        for number in directory.pages()..last {
            directory.push(PageStart::from(&self.page(number).ok()?.header));
        }
        Some(directory)
    }

    /// The last page, and whether it is at its own place.
    const fn last_page(&self) -> (Page<'r>, bool) {
        (self.last, self.last_is_at_own_place)
    }
}

/// The bytes at a place for pages, where `bytes` begins at `offset` of the record; `None` when not all are
/// there.
fn page_bytes(bytes: &[u8], offset: u64, place: u64, page_bits: u32) -> Option<&[u8]> {
    let start = usize::try_from((place << page_bits).checked_sub(offset)?).ok()?;
    bytes.get(start..)?.get(..1 << page_bits)
}

/// Whether a page goes on where the one before it, as it finally was, ended.
fn follows(last: &Page<'_>, next: &Page<'_>) -> bool {
    let (last_header, header) = (&last.header, &next.header);
    last_header.page.checked_add(1) == Some(header.page)
        && header.stream == last_header.stream
        && header.chain == last.checksum
        && header.first == last_header.first + u64::from(last_header.count)
        && header.sequence == last_header.sequence + u64::from(last_header.count)
        && header.start == last_header.end
}
