use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::column::{Column, ColumnBuilder, Line};
use super::page::{CHECKSUM, HEADER, Header, checksum_of, column, flag};
use super::row::{Place, Row, put_template, put_text};
use crate::placement::UriTemplate;

/// A page as it comes about, one segment after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct PageBuilder {
    pub(super) count: u32,
    columns: [ColumnBuilder; column::COUNT],
    texts: Vec<u8>,
    /// Where each text stands.
    places: BTreeMap<Vec<u8>, u16>,
    /// The template of the last name, and that name.
    last: Option<(UriTemplate, String)>,
    last_clock: i128,
}

impl PageBuilder {
    /// Takes one more segment, which begins at `start`, when there is room for it in a page of
    /// `size` bytes. When there is not, the page stays as it is.
    pub(super) fn push(&mut self, row: &Row, start: u64, size: usize) -> bool {
        let texts_before = self.texts.len();
        let fits = self.values(row, start).is_some_and(|values| self.push_values(values, size));
        if !fits {
            self.texts.truncate(texts_before);
            let end = fixed_size() + texts_before;
            self.places.retain(|_, place| usize::from(*place) < end);
        }
        fits
    }

    fn push_values(&mut self, values: [u64; column::COUNT], size: usize) -> bool {
        let lines: [Line; column::COUNT] =
            core::array::from_fn(|number| self.columns[number].line_with(values[number]));
        let width: usize = lines.iter().map(|line| line.column().width()).sum();
        let differences = width * (self.count as usize + 1);
        let fits = fixed_size() + self.texts.len() + differences <= size && self.count < u32::MAX;
        if fits {
            for ((column, value), line) in self.columns.iter_mut().zip(values).zip(lines) {
                column.push(value, line);
            }
            self.count += 1;
        }
        fits
    }

    /// The numbers of the columns for one segment; `None` when a text has no room.
    fn values(&mut self, row: &Row, start: u64) -> Option<[u64; column::COUNT]> {
        let (template, number) = match self.template(&row.name) {
            Some((template, number)) => (self.template_text(&template)?, Some(number)),
            None => (self.text(row.name.as_bytes())?, None),
        };
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
        values[column::SERVERS] = self.servers(&row.servers)?;
        values[column::MAP] = self.map(row)?;
        values[column::KEYS] = self.keys(&row.keys)?;
        values[column::FLAGS] = flags;
        values[column::CLOCK_SECONDS] = self.last_clock.div_euclid(1_000_000_000) as u64;
        values[column::CLOCK_NANOS] = self.last_clock.rem_euclid(1_000_000_000) as u64;
        Some(values)
    }

    /// The template and the number of a name: the last template when it will do, else what the
    /// name and the last one have in common, else what looks like a number.
    fn template(&mut self, name: &str) -> Option<(UriTemplate, u64)> {
        let known = self.last.as_ref().and_then(|(template, last)| {
            let number = template.number(name).map(|number| (template.clone(), number));
            number.or_else(|| UriTemplate::between(last, name))
        });
        let found = known.or_else(|| UriTemplate::of(name));
        // A name that would not come back as it is, is kept as it is.
        let (template, number) =
            found.filter(|(template, number)| template.name(*number) == name)?;
        self.last = Some((template.clone(), String::from(name)));
        Some((template, number))
    }

    fn template_text(&mut self, template: &UriTemplate) -> Option<u64> {
        let mut text = Vec::new();
        put_template(&mut text, template);
        self.text(&text)
    }

    fn servers(&mut self, servers: &[Place]) -> Option<u64> {
        let mut places = Vec::new();
        for Place { server, names } in servers {
            let names = names.as_ref().map_or(Some(0), |names| self.text(names))?;
            for place in [self.text(server)?, names] {
                places.extend(u16::try_from(place).ok()?.to_le_bytes());
            }
        }
        if places.is_empty() { Some(0) } else { self.text(&places) }
    }

    fn keys(&mut self, keys: &[Vec<u8>]) -> Option<u64> {
        let mut text = Vec::new();
        for key in keys {
            put_text(&mut text, key);
        }
        if text.is_empty() { Some(0) } else { self.text(&text) }
    }

    fn map(&mut self, row: &Row) -> Option<u64> {
        let Some(map) = &row.map else { return Some(0) };
        let mut text = Vec::new();
        text.extend(u16::try_from(self.keys(&map.keys)?).ok()?.to_le_bytes());
        let (offset, length) =
            map.byte_range.map_or((0, 0), |range| (range.offset(), range.length()));
        text.push(u8::from(map.byte_range.is_some()));
        text.extend(offset.to_le_bytes());
        text.extend(length.to_le_bytes());
        text.extend(map.uri.as_bytes());
        self.text(&text)
    }

    /// The place of a text, which is kept once; `None` past what a place can tell.
    fn text(&mut self, text: &[u8]) -> Option<u64> {
        if let Some(&place) = self.places.get(text) {
            return Some(u64::from(place));
        }
        let place = u16::try_from(fixed_size() + self.texts.len()).ok()?;
        u16::try_from(text.len()).ok()?;
        put_text(&mut self.texts, text);
        self.places.insert(text.to_vec(), place);
        Some(u64::from(place))
    }

    /// The page, with this header, and its checksum.
    pub(super) fn write(&self, header: Header) -> (Vec<u8>, u32) {
        let mut page = Vec::with_capacity(1 << header.page_bits);
        let (count, texts) = (self.count, self.texts.len() as u32);
        page.extend(Header { count, texts, ..header }.write());
        for column in &self.columns {
            column.write(&mut page);
        }
        page.extend(&self.texts);
        for column in &self.columns {
            column.write_differences(&mut page);
        }
        page.resize(1 << header.page_bits, 0);
        let checksum = checksum_of(&page);
        page[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
        (page, checksum)
    }
}

const fn fixed_size() -> usize {
    HEADER + Column::BYTES * column::COUNT
}
