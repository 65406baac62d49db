use alloc::string::String;
use alloc::vec::Vec;
use core::mem::take;

use super::column::{Column, ColumnBuilder};
use super::entry::Entry;
use super::page::{CHECKSUM, HEADER, Header, Page, checksum_of, column, flag, split_text};
use super::row::{Known, Place, Row, put_template, put_text, texts};
use crate::key::Keys;
use crate::media::Map;
use crate::placement::Names;

/// A page as it comes about, one segment after the other. What it has allocated, it uses again for the next
/// page.
#[derive(Clone, Debug, Default)]
pub(super) struct PageBuilder {
    pub(super) count: u32,
    columns: [ColumnBuilder; column::COUNT],
    texts: Vec<u8>,
    /// Where the texts stand, in the order of the texts themselves.
    places: Vec<u16>,
    last: LastName,
    last_clock: i128,
    /// A text in the making.
    text: Vec<u8>,
    /// The page of another writer, who packed it as this one cannot: nothing more is put in.
    finished: Option<Vec<u8>>,
}

/// The last name that had a number.
#[derive(Clone, Debug, Default)]
struct LastName {
    name: String,
    prefix: usize,
    digits: u8,
    suffix: usize,
    /// The place of its template's text; 0 when there was no such name yet.
    place: u64,
}

impl LastName {
    fn names(&self) -> Option<Names<'_>> {
        let prefix = self.name.get(..self.prefix)?;
        let suffix = self.name.get(self.name.len().checked_sub(self.suffix)?..)?;
        (self.place > 0).then_some(Names { prefix, digits: self.digits, suffix })
    }

    fn set(&mut self, name: &str, names: Names<'_>, place: u64) {
        self.name.clear();
        self.name.push_str(name);
        (self.prefix, self.suffix) = (names.prefix.len(), names.suffix.len());
        (self.digits, self.place) = (names.digits, place);
    }
}

impl PageBuilder {
    /// Goes on with a page that was written.
    pub(super) fn of_page(page: Page<'_>) -> Self {
        Self::of_own_page(page).unwrap_or_else(|| Self {
            count: page.header.count,
            texts: page.texts().to_vec(),
            finished: Some(page.bytes.to_vec()),
            ..Self::default()
        })
    }

    fn of_own_page(page: Page<'_>) -> Option<Self> {
        let count = page.header.count;
        let mut builder = Self { count, texts: page.texts().to_vec(), ..Self::default() };
        for (number, column) in builder.columns.iter_mut().enumerate() {
            let (written, differences) = page.column_with_differences(number);
            *column = ColumnBuilder::of(written, count, differences)?;
        }
        let mut place = fixed_size();
        for text in texts(&builder.texts) {
            builder.places.push(u16::try_from(place).ok()?);
            place += 2 + text.len();
        }
        let of_texts = &builder.texts;
        builder.places.sort_unstable_by_key(|&place| (text_at(of_texts, place), place));
        builder.places.dedup_by_key(|place| text_at(of_texts, *place));
        let last = Entry { page, number: count - 1 };
        let template = last.template().filter(|_| last.has(flag::NUMBERED));
        if let Some((names, place)) = template {
            builder.last.set(&last.uri(), names, place);
        }
        builder.last_clock = last.clock_or_last();
        let width = builder.columns.iter().map(|column| column.column().width()).sum();
        (builder.size(count, width) <= page.bytes.len()).then_some(builder)
    }

    /// As if there had never been a segment.
    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.columns.iter_mut().for_each(ColumnBuilder::clear);
        self.texts.clear();
        self.places.clear();
        self.last.place = 0;
        self.last_clock = 0;
        self.finished = None;
    }

    /// Takes one more segment, which begins at `start`, when there is room for it in a page of
    /// `size` bytes. When there is not, the page stays as it is, and the places in `known` are no longer right.
    pub(super) fn push<'p>(
        &mut self,
        row: &Row<'p>,
        known: &mut Known<'p>,
        start: u64,
        size: usize,
    ) -> bool {
        let texts_before = self.texts.len();
        let clock_before = self.last_clock;
        let fits = self.finished.is_none()
            && self.count < u32::MAX
            && self.values(row, known, start).is_some_and(|values| self.push_values(values, size));
        if !fits {
            self.texts.truncate(texts_before);
            let end = fixed_size() + texts_before;
            self.places.retain(|place| usize::from(*place) < end);
            self.last.place = 0;
            self.last_clock = clock_before;
        }
        fits
    }

    fn push_values(&mut self, values: [u64; column::COUNT], size: usize) -> bool {
        let count = self.count;
        let columns = self.columns.iter().zip(values);
        let width = columns.map(|(column, value)| column.width_with(count, value)).sum();
        let fits = self.size(count + 1, width) <= size;
        if fits {
            for (column, value) in self.columns.iter_mut().zip(values) {
                column.push(count, value);
            }
            self.count += 1;
        }
        fits
    }

    /// The size of a page with so many segments, the differences of each of which take `width` bytes.
    fn size(&self, count: u32, width: usize) -> usize {
        fixed_size() + self.texts.len() + width * count as usize
    }

    /// The numbers of the columns for one segment; `None` when a text has no room.
    fn values<'p>(
        &mut self,
        row: &Row<'p>,
        known: &mut Known<'p>,
        start: u64,
    ) -> Option<[u64; column::COUNT]> {
        let (template, number) = self.name(row.name)?;
        let mut flags = 0;
        for (flag, is_set) in [
            (flag::GAP, row.is_gap),
            (flag::DISCONTINUITY, row.is_discontinuity),
            (flag::SIZE, row.size.is_some()),
            (flag::RANGE, row.offset.is_some()),
            (flag::DATE, row.clock.is_some()),
            (flag::NUMBERED, number.is_some()),
        ] {
            flags |= if is_set { flag } else { 0 };
        }
        self.last_clock = row.clock.unwrap_or(self.last_clock);
        let mut values = [0; column::COUNT];
        values[column::START] = start;
        values[column::SIZE] = row.size.unwrap_or_default();
        values[column::OFFSET] = row.offset.unwrap_or_default();
        values[column::TEMPLATE] = template;
        values[column::NUMBER] = number.unwrap_or_default();
        values[column::SERVERS] = match known.servers_at {
            Some(place) => place,
            None => *known.servers_at.insert(self.servers(&known.servers)?),
        };
        values[column::MAP] = match &known.map {
            Some((map, place)) if is_same_map(map, row.map.as_ref()) => *place,
            _ => {
                let place = self.map(row.map.as_ref())?;
                known.map = Some((row.map, place));
                place
            }
        };
        values[column::KEYS] = match &known.keys {
            Some((keys, place)) if keys.is_same_list(&row.keys) => *place,
            _ => {
                let place = self.keys(row.keys)?;
                known.keys = Some((row.keys, place));
                place
            }
        };
        values[column::FLAGS] = flags;
        values[column::CLOCK_SECONDS] = self.last_clock.div_euclid(1_000_000_000) as u64;
        values[column::CLOCK_NANOS] = self.last_clock.rem_euclid(1_000_000_000) as u64;
        Some(values)
    }

    /// The place of a name and the number in it: by the last template when it will do, else by what the
    /// name and the last one have in common, else by what looks like a number.
    fn name(&mut self, name: &str) -> Option<(u64, Option<u64>)> {
        let number = self.last.names().and_then(|names| names.number(name));
        if number.is_some() {
            // What stands before and after the number is as long as it was.
            self.last.name.clear();
            self.last.name.push_str(name);
            return Some((self.last.place, number));
        }
        let last = self.last.names().map(|_| self.last.name.as_str());
        let known = last.and_then(|last| Names::between(last, name));
        let Some((names, number)) = known.or_else(|| Names::of(name)) else {
            return Some((self.text(name.as_bytes())?, None));
        };
        let place = self.put(|_, text| {
            put_template(text, names);
            Some(())
        })?;
        self.last.set(name, names, place);
        Some((place, Some(number)))
    }

    fn servers(&mut self, servers: &[Place]) -> Option<u64> {
        if servers.is_empty() {
            return Some(0);
        }
        self.put(|page, text| {
            for Place { server, names } in servers {
                let names = names.as_ref().map_or(Some(0), |names| page.text(names))?;
                for place in [page.text(server)?, names] {
                    text.extend(u16::try_from(place).ok()?.to_le_bytes());
                }
            }
            Some(())
        })
    }

    fn keys(&mut self, keys: Keys<'_>) -> Option<u64> {
        if keys.is_empty() {
            return Some(0);
        }
        self.put(|_, text| {
            keys.expanded_lists().for_each(|key| put_text(text, key.as_bytes()));
            Some(())
        })
    }

    fn map(&mut self, map: Option<&Map<'_>>) -> Option<u64> {
        let Some(map) = map else { return Some(0) };
        let keys = self.keys(map.keys)?;
        self.put(|_, text| {
            text.extend(u16::try_from(keys).ok()?.to_le_bytes());
            let (offset, length) =
                map.byte_range.map_or((0, 0), |range| (range.offset(), range.length()));
            text.push(u8::from(map.byte_range.is_some()));
            text.extend(offset.to_le_bytes());
            text.extend(length.to_le_bytes());
            text.extend(map.uri.as_bytes());
            Some(())
        })
    }

    /// The place of the text that `write` writes.
    fn put(&mut self, write: impl FnOnce(&mut Self, &mut Vec<u8>) -> Option<()>) -> Option<u64> {
        let mut text = take(&mut self.text);
        text.clear();
        let place = write(self, &mut text).and_then(|()| self.text(&text));
        self.text = text;
        place
    }

    /// The place of a text, which is kept once; `None` past what a place can tell.
    fn text(&mut self, text: &[u8]) -> Option<u64> {
        let known = self.places.binary_search_by(|&place| text_at(&self.texts, place).cmp(text));
        let place = match known {
            Ok(at) => self.places[at],
            Err(at) => {
                let place = u16::try_from(fixed_size() + self.texts.len()).ok()?;
                u16::try_from(text.len()).ok()?;
                put_text(&mut self.texts, text);
                self.places.insert(at, place);
                place
            }
        };
        Some(u64::from(place))
    }

    /// The page, with this header, and its checksum.
    pub(super) fn write(&self, header: Header) -> (Vec<u8>, u32) {
        let size = 1 << header.page_bits;
        // The last difference is written as eight bytes.
        let mut page = Vec::with_capacity(size + 8);
        let (count, texts) = (self.count, self.texts.len() as u32);
        page.extend(Header { count, texts, ..header }.write());
        match &self.finished {
            Some(finished) => page.extend(finished.get(HEADER..).unwrap_or_default()),
            None => {
                self.columns.iter().for_each(|column| column.write(&mut page));
                page.extend(&self.texts);
                self.columns.iter().for_each(|column| column.write_differences(&mut page));
            }
        }
        page.resize(size, 0);
        let checksum = checksum_of(&page);
        page[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
        (page, checksum)
    }
}

fn is_same_map(map: &Option<Map<'_>>, other: Option<&Map<'_>>) -> bool {
    match (map, other) {
        (None, None) => true,
        (Some(map), Some(other)) => {
            core::ptr::eq(map.uri, other.uri)
                && map.byte_range == other.byte_range
                && map.keys.is_same_list(&other.keys)
        }
        _ => false,
    }
}

/// The text that was put at a place.
fn text_at(texts: &[u8], place: u16) -> &[u8] {
    let text = usize::from(place).checked_sub(fixed_size()).and_then(|at| texts.get(at..));
    text.and_then(split_text).map_or(&[], |(text, _)| text)
}

const fn fixed_size() -> usize {
    HEADER + Column::BYTES * column::COUNT
}
