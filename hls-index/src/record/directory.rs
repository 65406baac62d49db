use alloc::vec::Vec;

use super::column::{Column, ColumnBuilder};
use super::page::{CHECKSUM, Header, PAGE_BITS, VERSION, checksum_of};

/// The page after all others, which tells where in the stream pages begin: so that a reader who has
/// only the end of a record knows where to look for a moment. Nothing is lost without it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directory<'r> {
    bytes: &'r [u8],
    /// How many pages it tells of: all but the last, when it was written.
    pub(super) pages: u32,
    pub(super) stream: u64,
    /// There is an entry for each 2^`stride_bits` pages.
    stride_bits: u32,
    count: u32,
}

/// Where a page begins in the stream.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct PageStart {
    /// In ticks.
    pub(super) start: u64,
    /// How many segments are before it.
    pub(super) first: u64,
}

impl From<&Header> for PageStart {
    fn from(header: &Header) -> Self {
        Self { start: header.start, first: header.first }
    }
}

const MAGIC: [u8; 4] = *b"hlsD";
const HEADER: usize = 32;
const COLUMNS: usize = 2;

impl<'r> Directory<'r> {
    /// The directory that these bytes are, as long as a page is; `None` when they are none.
    pub(super) fn open(bytes: &'r [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER>()?;
        let [m, a, g, i, VERSION, page_bits, stride_bits, 0, fields @ ..] = header else {
            return None;
        };
        let (page_bits, stride_bits) = (u32::from(*page_bits), u32::from(*stride_bits));
        let is_known = [*m, *a, *g, *i] == MAGIC && PAGE_BITS.contains(&page_bits);
        if !is_known || bytes.len() != 1 << page_bits || stride_bits >= u32::BITS {
            return None;
        }
        let [fields @ .., a, b, c, d, e, f, g, h] = fields;
        let (words, _) = fields.as_chunks::<4>();
        let &[checksum, count, pages, _] = words else { return None };
        let [count, pages] = [count, pages].map(u32::from_le_bytes);
        if checksum_of(bytes) != u32::from_le_bytes(checksum) {
            return None;
        }
        let stream = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
        let directory = Self { bytes, pages, stream, stride_bits, count };
        let widths = [0, 1].map(|number| directory.column(number).width());
        let differences = (widths[0] + widths[1]).checked_mul(count as usize)?;
        let needed = differences.checked_add(HEADER + COLUMNS * Column::BYTES)?;
        let is_right = widths.iter().all(|&width| width <= 8)
            && needed <= bytes.len()
            && count == pages.div_ceil(1 << stride_bits)
            && count > 0;
        is_right.then_some(directory)
    }

    /// The pages among which is the last one that `is_before` accepts, as it does with all up to some
    /// page: two numbers, of the first and past the last.
    pub(super) fn narrow(&self, is_before: impl Fn(PageStart) -> bool) -> (u32, u32) {
        let (mut low, mut high) = (0, self.count);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_before(self.entry(middle)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        // Below the number of pages, or where the last entry is, no end at all.
        let past = if high < self.count { high << self.stride_bits } else { u32::MAX };
        (low << self.stride_bits, past)
    }

    /// What it says of a page, if anything.
    pub(super) fn page(&self, page: u32) -> Option<PageStart> {
        let is_told = page < self.pages && page.trailing_zeros() >= self.stride_bits;
        is_told.then(|| self.entry(page >> self.stride_bits))
    }

    fn entry(&self, number: u32) -> PageStart {
        let starts = self.column(0);
        let differences = self.bytes.get(HEADER + COLUMNS * Column::BYTES..).unwrap_or_default();
        let all_starts = starts.width() * self.count as usize;
        let (of_starts, of_firsts) = differences.split_at(all_starts.min(differences.len()));
        PageStart {
            start: starts.value(number, of_starts),
            first: self.column(1).value(number, of_firsts),
        }
    }

    fn column(&self, number: usize) -> Column {
        let at = HEADER + number * Column::BYTES;
        let bytes = self.bytes.get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or_else(Column::default, Column::read)
    }
}

/// A directory as it comes about, one page after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct DirectoryBuilder {
    entries: Vec<PageStart>,
    stride_bits: u32,
    pages: u32,
}

impl DirectoryBuilder {
    /// Goes on with what was written.
    pub(super) fn of(directory: &Directory<'_>) -> Self {
        Self {
            entries: (0..directory.count).map(|number| directory.entry(number)).collect(),
            stride_bits: directory.stride_bits,
            pages: directory.pages,
        }
    }

    /// How many pages it tells of: the number of the next one.
    pub(super) const fn pages(&self) -> u32 {
        self.pages
    }

    /// Takes the next page.
    pub(super) fn push(&mut self, page: PageStart) {
        if self.pages.trailing_zeros() >= self.stride_bits {
            self.entries.push(page);
        }
        self.pages = self.pages.saturating_add(1);
    }

    /// The directory as a page of 2^`page_bits` bytes. Where there is no room for all entries, every second
    /// one goes.
    pub(super) fn write(&mut self, page_bits: u8, stream: u64) -> Vec<u8> {
        let size = 1 << page_bits;
        let mut columns = self.columns();
        while self.size(&columns) > size {
            let mut number = 0;
            self.entries.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.stride_bits += 1;
            columns = self.columns();
        }
        let mut page = Vec::with_capacity(size);
        page.extend(MAGIC);
        page.extend([VERSION, page_bits, self.stride_bits as u8, 0]);
        page.extend([0; 4]);
        page.extend((self.entries.len() as u32).to_le_bytes());
        page.extend(self.pages.to_le_bytes());
        page.extend([0; 4]);
        page.extend(stream.to_le_bytes());
        columns.iter().for_each(|column| column.write(&mut page));
        columns.iter().for_each(|column| column.write_differences(&mut page));
        page.resize(size, 0);
        let checksum = checksum_of(&page);
        page[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
        page
    }

    fn columns(&self) -> [ColumnBuilder; COLUMNS] {
        let mut columns = [ColumnBuilder::default(), ColumnBuilder::default()];
        for (count, entry) in (0..).zip(&self.entries) {
            for (column, value) in columns.iter_mut().zip([entry.start, entry.first]) {
                column.push(count, value);
            }
        }
        columns
    }

    fn size(&self, columns: &[ColumnBuilder; COLUMNS]) -> usize {
        let width: usize = columns.iter().map(|column| column.column().width()).sum();
        HEADER + COLUMNS * Column::BYTES + width * self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_start(page: u32) -> PageStart {
        let page = u64::from(page);
        PageStart {
            start: page * 1_000_000_007 + page * page % 1_000_003,
            first: page * 500 + page % 7,
        }
    }

    #[test]
    fn it_leads_to_the_page_whatever_their_number() {
        let mut builder = DirectoryBuilder::default();
        for pages in 1..3_000u32 {
            builder.push(page_start(pages - 1));
            if pages > 300 && !pages.is_multiple_of(97) {
                continue;
            }
            let bytes = builder.write(9, 7);
            let directory = Directory::open(&bytes).unwrap();
            assert_eq!((directory.pages, directory.stream), (pages, 7));
            assert_eq!(DirectoryBuilder::of(&directory).write(9, 7), bytes);
            // A quarter of the entries that have room at the least, so that few pages are to be read.
            assert!(pages < 30 || directory.count >= 16, "{pages}: {}", directory.count);
            for page in (0..pages).step_by(1 + pages as usize / 50) {
                let start = page_start(page);
                for (low, past) in [
                    directory.narrow(|before| before.start <= start.start),
                    directory.narrow(|before| before.first <= start.first),
                ] {
                    assert!(low <= page && page < past, "{page} of {pages}: {low}..{past}");
                    assert!(past == u32::MAX || past - low == 1 << directory.stride_bits);
                }
                assert!(directory.page(page).is_none_or(|told| told == start));
            }
        }
    }

    #[test]
    fn h21_what_is_no_directory_is_refused() {
        let mut builder = DirectoryBuilder::default();
        (0..9).for_each(|page| builder.push(page_start(page)));
        let bytes = builder.write(9, 7);
        assert!(Directory::open(&bytes[..511]).is_none());
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(Directory::open(&other).is_none(), "{bit}");
        }
        // With the checksum put right as well.
        for (at, value) in [
            (0, b'x'),
            (4, 2),
            (5, 10),
            (5, 200),
            (6, 1),
            (6, 99),
            (7, 1),
            (12, 8),
            (12, 0),
            (15, 255),
            (16, 10),
            (52, 9),
            (76, 200),
        ] {
            let mut other = bytes.clone();
            other[at] = value;
            let checksum = checksum_of(&other);
            other[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
            assert!(Directory::open(&other).is_none(), "byte {at} is {value}");
        }
    }
}
