use crate::record::column::Column;

/// The smallest and the largest page: 2⁹ and 2¹⁶ bytes.
pub(super) const PAGE_BITS: core::ops::RangeInclusive<u32> = 9..=16;

pub(super) const MAGIC: [u8; 4] = *b"hlsR";
pub(super) const VERSION: u8 = 1;
pub(super) const HEADER: usize = 72;
pub(super) const CHECKSUM: core::ops::Range<usize> = 8..12;

/// The columns of a page, in their order.
pub(super) mod column {
    /// When the segment begins, in ticks.
    pub(in crate::record) const START: usize = 0;
    /// Its size, where `flag::SIZE` says that it is known.
    pub(in crate::record) const SIZE: usize = 1;
    /// Where it begins in its resource, where `flag::RANGE` says that it has a byte range.
    pub(in crate::record) const OFFSET: usize = 2;
    /// The template of its name, as a place in the page's texts.
    pub(in crate::record) const TEMPLATE: usize = 3;
    /// The number in its name.
    pub(in crate::record) const NUMBER: usize = 4;
    /// Its servers, as a place in the page's texts; 0 for none.
    pub(in crate::record) const SERVERS: usize = 5;
    /// Its initialization section, as a place in the page's texts; 0 for none.
    pub(in crate::record) const MAP: usize = 6;
    /// Its keys, as a place in the page's texts; 0 for none.
    pub(in crate::record) const KEYS: usize = 7;
    /// Its flags.
    pub(in crate::record) const FLAGS: usize = 8;
    /// The seconds since 1970 of its date less those of its start, modulo 2⁶⁴.
    pub(in crate::record) const CLOCK_SECONDS: usize = 9;
    /// The nanoseconds that the same leaves, below 10⁹.
    pub(in crate::record) const CLOCK_NANOS: usize = 10;
    /// How many they are.
    pub(in crate::record) const COUNT: usize = 11;
}

/// What the flags of a segment say.
pub(super) mod flag {
    pub(in crate::record) const GAP: u64 = 1;
    pub(in crate::record) const DISCONTINUITY: u64 = 2;
    pub(in crate::record) const SIZE: u64 = 4;
    pub(in crate::record) const RANGE: u64 = 8;
    pub(in crate::record) const DATE: u64 = 16;
    /// The name has a number.
    pub(in crate::record) const NUMBERED: u64 = 32;
}

/// The header of a page, as it is written or read, before anything of it is trusted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    pub(super) page_bits: u8,
    pub(super) is_ended: bool,
    /// The checksum of the page before it; 0 for the first.
    pub(super) chain: u32,
    pub(super) page: u32,
    /// Of two copies of a page the one with the higher generation counts.
    pub(super) generation: u32,
    /// How many segments are before the page.
    pub(super) first: u64,
    pub(super) count: u32,
    /// The bytes of the page's texts.
    pub(super) texts: u32,
    /// The media sequence number of the first segment.
    pub(super) sequence: u64,
    /// When the first segment begins and the last one ends, in ticks.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) stream: u64,
}

impl Header {
    pub(super) fn write(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &MAGIC);
        put(4, &[VERSION, self.page_bits, 0, u8::from(self.is_ended)]);
        put(12, &self.chain.to_le_bytes());
        put(16, &self.page.to_le_bytes());
        put(20, &self.generation.to_le_bytes());
        put(24, &self.first.to_le_bytes());
        put(32, &self.count.to_le_bytes());
        put(36, &self.texts.to_le_bytes());
        put(40, &self.sequence.to_le_bytes());
        put(48, &self.start.to_le_bytes());
        put(56, &self.end.to_le_bytes());
        put(64, &self.stream.to_le_bytes());
        bytes
    }

    /// Reads what stands there, right or wrong.
    pub(super) fn read(bytes: &[u8; HEADER]) -> Self {
        let short = |at| u32::from_le_bytes(field(bytes, at));
        let long = |at| u64::from_le_bytes(field(bytes, at));
        Self {
            page_bits: bytes[5],
            is_ended: bytes[7] != 0,
            chain: short(12),
            page: short(16),
            generation: short(20),
            first: long(24),
            count: short(32),
            texts: short(36),
            sequence: long(40),
            start: long(48),
            end: long(56),
            stream: long(64),
        }
    }
}

/// A page whose checksum was found right and whose parts lie within it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'r> {
    pub(super) bytes: &'r [u8],
    pub(super) header: Header,
    pub(super) checksum: u32,
}

impl<'r> Page<'r> {
    /// The page that these bytes are, as long as a page is; `None` when they are none.
    pub(super) fn open(bytes: &'r [u8]) -> Option<Self> {
        let header = Header::read(bytes.first_chunk()?);
        let is_known = bytes.starts_with(&MAGIC) && bytes[4] == VERSION && bytes[6] == 0;
        let bits = u32::from(header.page_bits);
        if !is_known || !PAGE_BITS.contains(&bits) || bytes.len() != 1 << bits {
            return None;
        }
        let checksum = u32::from_le_bytes(field(bytes.first_chunk::<HEADER>()?, CHECKSUM.start));
        if checksum_of(bytes) != checksum || bytes[7] > 1 {
            return None;
        }
        let page = Self { bytes, header, checksum };
        let in_columns: usize = (0..column::COUNT).map(|number| page.column(number).width()).sum();
        let needed = in_columns
            .checked_mul(header.count as usize)?
            .checked_add(page.texts_start().checked_add(header.texts as usize)?)?;
        let is_in_order = header.start <= header.end && header.count > 0;
        let widths = (0..column::COUNT).all(|number| page.column(number).width() <= 8);
        let numbers_fit = header.sequence.checked_add(u64::from(header.count)).is_some()
            && header.first.checked_add(u64::from(header.count)).is_some();
        let is_right = needed <= bytes.len() && is_in_order && widths && numbers_fit;
        (is_right && page.has_order()).then_some(page)
    }

    /// Whether its segments begin one after the other, from its start to its end. A checksum is no proof
    /// against a page that was made up.
    fn has_order(&self) -> bool {
        let (starts, differences) = self.column_with_differences(column::START);
        let Header { count, start, end, .. } = self.header;
        starts.ascends(count, differences, start, end)
    }

    /// Where the texts begin; they end `header.texts` bytes later, where the differences begin.
    fn texts_start(&self) -> usize {
        HEADER + Column::BYTES * column::COUNT
    }

    fn column(&self, number: usize) -> Column {
        let at = HEADER + number * Column::BYTES;
        self.bytes
            .get(at..)
            .and_then(|bytes| bytes.first_chunk())
            .map_or_else(Column::default, Column::read)
    }

    /// One column with its differences.
    pub(super) fn column_with_differences(&self, number: usize) -> (Column, &'r [u8]) {
        let count = self.header.count as usize;
        let before: usize = (0..number).map(|before| self.column(before).width() * count).sum();
        let column = self.column(number);
        let start = self.texts_start() + self.header.texts as usize + before;
        (column, self.bytes.get(start..start + column.width() * count).unwrap_or_default())
    }

    pub(super) fn value(&self, column: usize, number: u32) -> u64 {
        let (column, differences) = self.column_with_differences(column);
        column.value(number, differences)
    }

    /// When segment `number` of the page begins.
    pub(super) fn start(&self, number: u32) -> u64 {
        self.value(column::START, number)
    }

    /// When it ends.
    pub(super) fn end(&self, number: u32) -> u64 {
        if number + 1 < self.header.count { self.start(number + 1) } else { self.header.end }
    }

    /// The last segment that does not begin after `moment`, which is not before the page.
    pub(super) fn at(&self, moment: u64) -> u32 {
        let (starts, differences) = self.column_with_differences(column::START);
        let (mut low, mut high) = (0, self.header.count);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if starts.value(middle, differences) <= moment {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// All texts, one after the other.
    pub(super) fn texts(&self) -> &'r [u8] {
        let start = self.texts_start();
        self.bytes.get(start..start + self.header.texts as usize).unwrap_or_default()
    }

    /// The text at a place of the page, its length before it; empty where there is none.
    pub(super) fn text(&self, place: u64) -> &'r [u8] {
        let from = usize::try_from(place).unwrap_or(usize::MAX);
        let texts = self.texts_start()..self.texts_start() + self.header.texts as usize;
        let bytes = self.bytes.get(..texts.end).unwrap_or_default();
        if from < texts.start {
            return &[];
        }
        split_text(bytes.get(from..).unwrap_or_default()).map_or(&[], |(text, _)| text)
    }
}

/// A text and what follows it.
pub(super) fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))
}

/// The checksum of a page: over all of it but the checksum itself.
pub(super) fn checksum_of(page: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(page.get(..CHECKSUM.start).unwrap_or_default());
    hasher.update(page.get(CHECKSUM.end..).unwrap_or_default());
    hasher.finalize()
}

fn field<const N: usize>(bytes: &[u8; HEADER], at: usize) -> [u8; N] {
    core::array::from_fn(|n| bytes[at + n])
}
