//! Opening records: whole ones, their ends, and what is left of damaged ones.

use super::directory::Directory;
use super::page::{PAGE_BITS, Page};
use super::{Record, RecordError, follows, page_bytes};

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
            said.into_iter().chain(PAGE_BITS).find_map(|bits| Self::open_pages(bytes, 0, bits));
        opened.ok_or_else(|| match said.map(|bits| bytes.len() >> bits) {
            None | Some(0) => RecordError::NotARecord,
            Some(places) => {
                RecordError::Damaged { page: u32::try_from(places - 1).unwrap_or(u32::MAX) }
            }
        })
    }

    /// Opens a record of which only the end is here: `end` is its last bytes, and `length` how many it
    /// has altogether. Three pages will do, and what stands after the last full one where a write was cut off:
    /// so four in any case, 16,384 bytes where the writer left their size at 4096, and
    /// [`Record::END_BYTES`] whatever it is.
    ///
    /// What the end does not tell is asked for: [`Record::bytes_at`] says which bytes hold a
    /// moment, and so does the error [`RecordError::NotRead`] of all that need more;
    /// [`Record::with_bytes`] takes them. They are one page, as long as the record has so few pages
    /// as its directory has room for (some 500 of 4096 bytes); in a longer record they are a few.
    ///
    /// ```
    /// use hls_index::record::{Record, Recorder};
    /// use hls_index::{MediaPlaylist, Placement, seconds};
    ///
    /// # let segments: String =
    /// #     (0..9_000).map(|n| format!("#EXTINF:{}.{:03},\n{n}.ts\n", 3 + n % 3, n * n % 1000)).collect();
    /// # let text = format!("#EXTM3U\n{segments}");
    /// # let playlist = MediaPlaylist::parse(&text)?;
    /// # let (mut recorder, mut object) = (Recorder::new(7), Vec::new());
    /// # recorder.append(&playlist.index(), &Placement::new())?;
    /// # recorder.write_to(&mut object);
    /// // `object` is somewhere else: each of these is a request for a range of it.
    /// let last = object.len().saturating_sub(16_384);
    /// let record = Record::open_end(&object[last..], object.len() as u64)?;
    /// let range = record.bytes_at(seconds(7_000.0))?;
    /// assert_eq!(range.end - range.start, 4096);
    /// let page = &object[range.start as usize..range.end as usize];
    /// let entry = record.with_bytes(range.start, page).at(seconds(7_000.0))?;
    /// assert!(entry.start() <= seconds(7_000.0) && seconds(7_000.0) < entry.end());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the end of the record is damaged, as [`Record::open`], or not all of it is in `end`.
    pub fn open_end(end: &'r [u8], length: u64) -> Result<Self, RecordError> {
        let offset = length.checked_sub(end.len() as u64).ok_or(RecordError::NotARecord)?;
        if offset == 0 {
            return Self::open(end);
        }
        let opened = PAGE_BITS.into_iter().find_map(|bits| Self::open_pages(end, offset, bits));
        opened.ok_or(RecordError::NotARecord)
    }

    /// So many bytes are the end of a record whatever the size of its pages.
    pub const END_BYTES: u64 = 4 << *PAGE_BITS.end();

    /// The record of these bytes, the first of which is number `offset` of `length`, with pages of this size.
    fn open_pages(bytes: &'r [u8], offset: u64, page_bits: u32) -> Option<Self> {
        let length = offset.checked_add(bytes.len() as u64)?;
        let mut places = length >> page_bits;
        let is_cut = length > places << page_bits;
        let at = |place: u64| page_bytes(bytes, offset, place, page_bits);
        let directory = places.checked_sub(1).and_then(at).and_then(Directory::open);
        places -= u64::from(directory.is_some());
        let directory = directory.map(|directory| (directory, places));
        // The page at a place, and whether it is one that belongs at the place before.
        let page_at = |place: Option<u64>| {
            let (place, page) = (place?, Page::open(at(place?)?)?);
            let own = u64::from(page.header.page);
            (own == place || own + 1 == place).then_some((page, own == place))
        };
        let before = |places: u64, count| page_at(places.checked_sub(count));
        // One place may be torn: that of a page, or that of a directory after a page.
        let is_torn = before(places, 1).is_none();
        places = places.checked_sub(u64::from(is_torn))?;
        let end = before(places, 1)?;
        if !end.1 && at(places.checked_sub(2)?).is_none() {
            // The page itself is not here, and may be newer than its copy.
            return None;
        }
        let (last, last_is_at_own_place) = match (end, before(places, 2)) {
            // Two copies of one page: the newer one counts.
            ((end, false), Some((before, true)))
                if before.header.generation > end.header.generation =>
            {
                (before, true)
            }
            (end, _) => end,
        };
        let directory = directory.filter(|(it, _)| it.stream == last.header.stream);
        let is_whole = !is_torn && !is_cut;
        Some(Self { bytes, offset, places, last, last_is_at_own_place, directory, is_whole })
    }

    /// Opens what can be had of a damaged record: its first pages, up to the first that is damaged.
    /// It reads all of them.
    ///
    /// # Errors
    /// When not one page is whole.
    pub fn recover(bytes: &'r [u8]) -> Result<Self, RecordError> {
        let recovered = PAGE_BITS.filter_map(|bits| Self::recover_pages(bytes, bits));
        recovered.max_by_key(Self::len).ok_or(RecordError::NotARecord)
    }

    fn recover_pages(bytes: &'r [u8], page_bits: u32) -> Option<Self> {
        let places = (bytes.len() >> page_bits) as u64;
        let last_place = places.checked_sub(1).and_then(|at| page_bytes(bytes, 0, at, page_bits));
        let bytes = match last_place.and_then(Directory::open) {
            Some(_) => &bytes[..((places - 1) << page_bits) as usize],
            None => bytes,
        };
        let mut recovered: Option<Self> = None;
        let mut last: Option<Page<'r>> = None;
        for place in 0..bytes.len() >> page_bits {
            let page = bytes.get(place << page_bits..(place + 1) << page_bits).and_then(Page::open);
            let next = page.filter(|page| {
                page.header.page as usize == place
                    && last.map_or(page.header.first == 0, |last| follows(&last, page))
            });
            let Some(page) = next else {
                // It may be the one that is damaged, or older, of the two copies of the last page.
                let copy = [place, place + 1].into_iter().filter_map(|end_place| {
                    let end = (end_place + 1) << page_bits;
                    let record = Self::open_pages(bytes.get(..end)?, 0, page_bits)?;
                    let Page { header, .. } = record.last;
                    let goes_on = last.map_or(header.page == 0 && header.first == 0, |last| {
                        follows(&last, &record.last) || is_copy(&last, &record.last)
                    });
                    (record.is_whole && goes_on)
                        .then_some(Self { is_whole: end == bytes.len(), ..record })
                });
                recovered = copy.max_by_key(Self::len).or(recovered);
                break;
            };
            let end = (place + 1) << page_bits;
            recovered = Some(Self {
                bytes: &bytes[..end],
                offset: 0,
                places: place as u64 + 1,
                last: page,
                last_is_at_own_place: true,
                directory: None,
                is_whole: end == bytes.len(),
            });
            last = Some(page);
        }
        recovered
    }
}

/// Whether both are the same page, with more or fewer segments.
fn is_copy(page: &Page<'_>, other: &Page<'_>) -> bool {
    let (page, other) = (&page.header, &other.header);
    (page.page, page.first, page.chain, page.stream)
        == (other.page, other.first, other.chain, other.stream)
}
