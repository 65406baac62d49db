use alloc::vec::Vec;
use core::ops::Range;

use super::builder::PageBuilder;
use super::directory::{DirectoryBuilder, PageStart};
use super::page::{Header, PAGE_BITS};
use super::row::{Known, Row};
use super::{Record, RecordError};
use crate::index::SegmentIndex;
use crate::live::LivePlaylist;
use crate::media::MediaSequence;
use crate::placement::Placement;
use crate::segment::Segment;
use crate::time::Ticks;

/// Writes a [`Record`]: see the [module](super).
#[derive(Clone, Debug)]
pub struct Recorder {
    /// The header of the page that is being filled.
    header: Header,
    page: PageBuilder,
    /// Another page, for what it has allocated.
    spare: PageBuilder,
    /// Where it was last written: at its own place, or at the one after it. Nowhere yet at first.
    written: Option<Slot>,
    /// The checksum that it had there.
    checksum: u32,
    /// Whether there is something that was not written.
    is_changed: bool,
    /// How many places for pages were written to.
    places: u64,
    /// What the directory will be; `None` when a page that it should tell of is damaged.
    directory: Option<DirectoryBuilder>,
    /// The place of the directory that was written last, and of how many pages it tells.
    written_directory: Option<(u64, u32)>,
    patches: Vec<Patch>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Slot {
    Own,
    Next,
}

/// Bytes to be written: all of one page.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Patch {
    /// Where in the record; at most its length, so that nothing is left open.
    pub offset: u64,
    /// What stands there from now on.
    pub bytes: Vec<u8>,
}

/// Why a segment was not recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecorderError {
    /// Its media sequence number is not the one after the last one's.
    #[error("the next segment to be recorded is number {expected}")]
    NotTheNext {
        /// The number that it should have.
        expected: MediaSequence,
    },
    /// Its texts do not fit into one page.
    #[error("the texts of the segment do not fit into a page")]
    TooLong,
    /// The time or the numbers run past 2⁶⁴ − 1, or the pages past 2³² − 1.
    #[error("the record is full")]
    Full,
    /// The record that is to go on is damaged.
    #[error("{0}")]
    Record(#[from] RecordError),
}

impl Recorder {
    /// The size of a page: 2¹² = 4096 bytes.
    const PAGE_BITS: u32 = 12;

    /// A new record of pages of 4096 bytes. Every page bears the number `stream`: so that pages of
    /// two records are never taken for one, let it be a random one.
    #[must_use]
    pub fn new(stream: u64) -> Self {
        Self::with_page_bits(stream, Self::PAGE_BITS)
    }

    /// A new record of pages of 2^`page_bits` bytes, where `page_bits` is from 9 to 16: what is
    /// less or more is taken for the nearest. All texts of a segment must fit into one page.
    #[must_use]
    pub fn with_page_bits(stream: u64, page_bits: u32) -> Self {
        let page_bits = page_bits.clamp(*PAGE_BITS.start(), *PAGE_BITS.end()) as u8;
        Self {
            header: Header { page_bits, stream, ..Header::default() },
            page: PageBuilder::default(),
            spare: PageBuilder::default(),
            written: None,
            checksum: 0,
            is_changed: false,
            places: 0,
            directory: Some(DirectoryBuilder::default()),
            written_directory: None,
            patches: Vec::new(),
        }
    }

    /// Goes on with a record: its last page will be filled up.
    ///
    /// # Errors
    /// When the last page was written as often as can be counted, 2³² − 1 times.
    pub fn resume(record: &Record<'_>) -> Result<Self, RecorderError> {
        let (page, is_at_own_place) = record.last_page();
        let mut header = page.header;
        header.generation = header.generation.checked_add(1).ok_or(RecorderError::Full)?;
        let written = Some(if is_at_own_place { Slot::Own } else { Slot::Next });
        Ok(Self {
            header,
            page: PageBuilder::of_page(page),
            spare: PageBuilder::default(),
            written,
            checksum: page.checksum,
            is_changed: false,
            places: record.places(),
            directory: record.to_directory(),
            written_directory: record.directory_place(),
            patches: Vec::new(),
        })
    }

    /// The media sequence number of the next segment; `None` when any one may come first.
    #[must_use]
    pub fn next_sequence(&self) -> Option<MediaSequence> {
        let count = self.header.first + u64::from(self.page.count);
        let next = self.header.sequence + u64::from(self.page.count);
        (count > 0).then_some(MediaSequence(next))
    }

    /// When the last segment ends.
    #[must_use]
    pub const fn end(&self) -> Ticks {
        Ticks::new(self.header.end)
    }

    /// Records all segments of a playlist that are not recorded yet, on the servers that
    /// `placement` knows for them, and EXT-X-ENDLIST. Gives their number. An older
    /// playlist, which ends before what is recorded, adds nothing.
    ///
    /// # Errors
    /// When the first of them is not the next one, because the playlist no longer has that; or a
    /// segment cannot be recorded. Those before it are.
    pub fn append(
        &mut self,
        index: &SegmentIndex<'_>,
        placement: &Placement,
    ) -> Result<usize, RecorderError> {
        let first = index.playlist().first_sequence();
        let next = self.next_sequence().unwrap_or(first);
        let past_first = next.0.checked_sub(first.0);
        let past_first = past_first.ok_or(RecorderError::NotTheNext { expected: next })?;
        let from = usize::try_from(past_first).unwrap_or(usize::MAX);
        let (mut count, mut known) = (0, Known::default());
        for segment in index.playlist().segments_within(from..index.len()) {
            self.push_played(&segment, index.span(&segment), placement, None, &mut known)?;
            count += 1;
        }
        if from <= index.len() {
            self.set_ended(index.playlist().is_ended());
        }
        Ok(count)
    }

    /// Records all segments of a live playlist that are not recorded yet, as [`Recorder::append`] does, in
    /// time that depends on their number alone.
    ///
    /// ```
    /// use hls_index::record::{Record, Recorder};
    /// use hls_index::{LivePlaylist, Placement, Source};
    ///
    /// let source = Source::new();
    /// let (mut recorder, mut bytes) = (Recorder::new(7), Vec::new());
    /// let mut live = LivePlaylist::new("#EXTM3U\n#EXTINF:5,\n0.ts\n#EXTINF:5,\n1.ts\n", &source)?;
    /// assert_eq!(recorder.append_live(&live, &Placement::new())?, 2);
    /// live.reload("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:5,\n1.ts\n#EXTINF:5,\n2.ts\n", &source)?;
    /// assert_eq!(recorder.append_live(&live, &Placement::new())?, 1);
    /// recorder.write_to(&mut bytes);
    /// assert_eq!(Record::open(&bytes)?.entry(2)?.uri(), "2.ts");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the first of them is not the next one, because the window no longer has that; or a
    /// segment cannot be recorded. Those before it are.
    pub fn append_live(
        &mut self,
        live: &LivePlaylist,
        placement: &Placement,
    ) -> Result<usize, RecorderError> {
        let Some(first) = live.segments().next() else { return Ok(0) };
        let next = self.next_sequence().unwrap_or_else(|| first.sequence());
        if first.sequence() > next {
            return Err(RecorderError::NotTheNext { expected: next });
        }
        let (mut count, mut sequence, mut known) = (0, next, Known::default());
        while let Some(segment) = live.segment(sequence) {
            self.push_played(&segment, live.span(&segment), placement, None, &mut known)?;
            sequence.0 += 1;
            count += 1;
        }
        let last = live.segments().next_back().map(|last| last.sequence());
        let is_last = last.is_some_and(|last| last.0.checked_add(1) == Some(sequence.0));
        if is_last {
            self.set_ended(live.is_ended());
        }
        Ok(count)
    }

    /// Records one segment of `index`; `bytes` is its size, where it is known from elsewhere.
    ///
    /// # Errors
    /// When it is not the next one, or cannot be recorded.
    pub fn push(
        &mut self,
        index: &SegmentIndex<'_>,
        segment: &Segment<'_>,
        placement: &Placement,
        bytes: Option<u64>,
    ) -> Result<(), RecorderError> {
        self.push_played(segment, index.span(segment), placement, bytes, &mut Known::default())
    }

    /// Records a segment that plays at `span`. What is `known` comes from segments before it of the same
    /// playlist and placement.
    fn push_played<'p>(
        &mut self,
        segment: &Segment<'p>,
        span: Range<Ticks>,
        placement: &Placement,
        bytes: Option<u64>,
        known: &mut Known<'p>,
    ) -> Result<(), RecorderError> {
        let sequence = segment.sequence();
        match self.next_sequence() {
            Some(expected) if expected != sequence => {
                return Err(RecorderError::NotTheNext { expected });
            }
            Some(_) => {}
            None => self.header.sequence = sequence.0,
        }
        // Numbers after the last must be there to be told.
        sequence.0.checked_add(1).ok_or(RecorderError::Full)?;
        let start = Ticks::new(self.header.end);
        let row = Row::new(segment, span.end - span.start, start, bytes);
        known.find_servers(placement, sequence);
        let end = self.header.end.checked_add(row.length).ok_or(RecorderError::Full)?;
        // A stream that goes on had not ended.
        self.set_ended(false);
        let size = 1 << self.header.page_bits;
        if !self.page.push(&row, known, self.header.end, size) {
            known.forget_places();
            // Whether it fits a page at all, before one is begun for it.
            self.spare.clear();
            if !self.spare.push(&row, known, self.header.end, size) {
                return Err(RecorderError::TooLong);
            }
            self.begin_page()?;
        }
        self.header.end = end;
        self.is_changed = true;
        Ok(())
    }

    /// What is to be written so that the record has everything that was pushed: each piece after
    /// the one before it has reached the storage. A crash at any moment leaves the record with
    /// what it had before, at least.
    #[must_use]
    pub fn take_patches(&mut self) -> Vec<Patch> {
        if core::mem::take(&mut self.is_changed) && self.page.count > 0 {
            self.write(match self.written {
                Some(Slot::Own) => Slot::Next,
                Some(Slot::Next) | None => Slot::Own,
            });
        }
        if !self.patches.is_empty() && self.header.page > 0 {
            self.write_directory();
        }
        core::mem::take(&mut self.patches)
    }

    /// Writes what [`Recorder::take_patches`] gives to a record in memory.
    pub fn write_to(&mut self, record: &mut Vec<u8>) {
        for Patch { offset, bytes } in self.take_patches() {
            let start = (offset as usize).min(record.len());
            let end = start + bytes.len();
            if record.len() < end {
                record.resize(end, 0);
            }
            record[start..end].copy_from_slice(&bytes);
        }
    }

    fn set_ended(&mut self, is_ended: bool) {
        self.is_changed |= self.header.is_ended != is_ended;
        self.header.is_ended = is_ended;
    }

    /// Writes the page that is full for good and goes on with the spare one, which has one segment.
    fn begin_page(&mut self) -> Result<(), RecorderError> {
        let next = self.header.page.checked_add(1).ok_or(RecorderError::Full)?;
        if self.written == Some(Slot::Own) && self.is_changed {
            // Its own place has the only copy that is whole, until the other one is.
            self.write(Slot::Next);
        }
        if self.written == Some(Slot::Next) || self.is_changed {
            self.write(Slot::Own);
        }
        if let Some(directory) = &mut self.directory {
            directory.push(PageStart::from(&self.header));
        }
        let count = u64::from(self.page.count);
        self.header = Header {
            page: next,
            generation: 0,
            chain: self.checksum,
            first: self.header.first + count,
            sequence: self.header.sequence + count,
            start: self.header.end,
            ..self.header
        };
        core::mem::swap(&mut self.page, &mut self.spare);
        self.written = None;
        Ok(())
    }

    fn write(&mut self, slot: Slot) {
        let (bytes, checksum) = self.page.write(self.header);
        self.checksum = checksum;
        let place = u64::from(self.header.page) + u64::from(slot == Slot::Next);
        self.patches.push(Patch { offset: place << self.header.page_bits, bytes });
        self.places = self.places.max(place + 1);
        self.header.generation = self.header.generation.saturating_add(1);
        self.written = Some(slot);
    }

    /// Writes the directory after all pages, unless it stands there.
    fn write_directory(&mut self) {
        let Some(directory) = &mut self.directory else { return };
        let wanted = Some((self.places, directory.pages()));
        if self.written_directory != wanted {
            let Header { page_bits, stream, .. } = self.header;
            let bytes = directory.write(page_bits, stream);
            self.patches.push(Patch { offset: self.places << page_bits, bytes });
            self.written_directory = wanted;
        }
    }
}
