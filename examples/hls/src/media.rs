//! A media stream to look into and to seek in: a playlist, or the master record of one.

use std::ops::Range;

use command_line::Failure;
use hls_index::record::{Entry, EntryMap, Record, RecordError};
use hls_index::{
    AttributeList, AttributeValue, ByteRange, DateSeekError, DateTime, Fetch, Key, Keys, Map,
    MediaPlaylist, MediaSequence, Placement, SeekError, Segment, SegmentIndex, Ticks,
};

use crate::amount::Amount;
use crate::args::WindowArgs;
use crate::document::{Document, Parsed};

/// Segments, and how to find them.
#[derive(Debug)]
pub(crate) struct Media<'m> {
    /// What it is called in messages.
    name: &'m str,
    pub(crate) form: Form<'m>,
}

#[derive(Debug)]
pub(crate) enum Form<'m> {
    Playlist { index: SegmentIndex<'m>, placement: Placement },
    Record(Record<'m>),
}

/// What both forms know of one segment.
#[derive(Clone, Debug)]
pub(crate) struct Row<'m> {
    /// Counted from 0.
    pub(crate) index: u64,
    pub(crate) sequence: MediaSequence,
    /// As the playlist writes it.
    pub(crate) uri: String,
    pub(crate) start: Ticks,
    pub(crate) end: Ticks,
    pub(crate) byte_range: Option<ByteRange>,
    /// How many bytes it has, or about as many.
    pub(crate) bytes: Option<u64>,
    pub(crate) map: Option<RowMap<'m>>,
    pub(crate) keys: Vec<RowKey<'m>>,
    pub(crate) is_gap: bool,
    pub(crate) is_discontinuity: bool,
    pub(crate) date: Option<DateTime>,
    pub(crate) servers: Vec<Place>,
    /// What only a playlist tells.
    pub(crate) segment: Option<Segment<'m>>,
}

/// An initialization section.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RowMap<'m> {
    pub(crate) uri: &'m str,
    pub(crate) byte_range: Option<ByteRange>,
}

/// How to come by the key of an encrypted segment.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct RowKey<'m> {
    pub(crate) method: &'m str,
    pub(crate) uri: &'m str,
    pub(crate) key_format: &'m str,
}

/// Where a segment can be fetched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) server: String,
    pub(crate) uri: String,
}

/// What is fetched in order to play from a moment on.
#[derive(Debug)]
pub(crate) struct Plan<'m> {
    pub(crate) at: Ticks,
    /// The one that holds the moment.
    pub(crate) segment: Row<'m>,
    /// In order.
    pub(crate) fetch: Vec<Row<'m>>,
}

impl<'m> Media<'m> {
    /// The stream that `parsed`, which comes from `document`, is.
    pub(crate) fn new(
        document: &'m Document,
        parsed: &'m Parsed<'m>,
        placement: Placement,
    ) -> Result<Self, Failure> {
        let form = match parsed {
            Parsed::Media(playlist) => Form::Playlist { index: playlist.index(), placement },
            Parsed::Record(record) => Form::Record(*record),
            Parsed::Multivariant(playlist) => {
                let first = playlist.variants().next();
                let such = first.map(|variant| format!(", such as {}", variant.uri));
                let what = "a multivariant playlist; give one of the media playlists that it lists";
                return Err(document.refuse(&format_args!("{what}{}", such.unwrap_or_default())));
            }
        };
        Ok(Self { name: &document.name, form })
    }

    /// The playlist, when it is one.
    pub(crate) fn playlist(&self) -> Option<&'m MediaPlaylist<'m>> {
        match &self.form {
            Form::Playlist { index, .. } => Some(index.playlist()),
            Form::Record(_) => None,
        }
    }

    /// How many segments there are.
    pub(crate) fn len(&self) -> u64 {
        match &self.form {
            Form::Playlist { index, .. } => index.len() as u64,
            Form::Record(record) => record.len(),
        }
    }

    /// The end of the last segment.
    pub(crate) fn end(&self) -> Ticks {
        match &self.form {
            Form::Playlist { index, .. } => index.end(),
            Form::Record(record) => record.end(),
        }
    }

    /// Whether no segment will be added any more.
    pub(crate) fn is_ended(&self) -> bool {
        match &self.form {
            Form::Playlist { index, .. } => index.playlist().is_ended(),
            Form::Record(record) => record.is_ended(),
        }
    }

    /// The segments with these numbers, in order.
    pub(crate) fn rows<'s>(
        &'s self,
        numbers: Range<u64>,
    ) -> Box<dyn Iterator<Item = Result<Row<'m>, Failure>> + 's> {
        match &self.form {
            Form::Playlist { index, placement } => {
                let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
                let segments =
                    index.playlist().segments_within(number(numbers.start)..number(numbers.end));
                Box::new(segments.map(|segment| Ok(Row::of_segment(segment, placement))))
            }
            Form::Record(record) => Box::new(record.entries(numbers).map(|entry| match entry {
                Ok(entry) => Ok(Row::of_entry(entry)),
                Err(error) => Err(self.refuse_record(error)),
            })),
        }
    }

    /// The segment that holds `moment`.
    pub(crate) fn at(&self, moment: Ticks) -> Result<Row<'m>, Failure> {
        match &self.form {
            Form::Playlist { index, placement } => match index.at(moment) {
                Ok(segment) => Ok(Row::of_segment(segment, placement)),
                Err(SeekError::Empty) => Err(self.no("there are no segments yet")),
                Err(SeekError::PastEnd { end }) => Err(self.past_end(moment, end)),
            },
            Form::Record(record) => match record.at(moment) {
                Ok(entry) => Ok(Row::of_entry(entry)),
                Err(RecordError::PastEnd { end }) => Err(self.past_end(moment, end)),
                Err(error) => Err(self.refuse_record(error)),
            },
        }
    }

    /// What to fetch for the moment that the arguments name; `None` when they name none.
    pub(crate) fn plan(&self, args: &WindowArgs) -> Result<Option<Plan<'m>>, Failure> {
        let at = match (args.at, args.date) {
            (Some(at), _) => at,
            (None, Some(date)) => self.moment_of(date)?,
            (None, None) => return Ok(None),
        };
        let segment = self.at(at)?;
        let fetch = match &self.form {
            Form::Playlist { index, placement } => index
                .window_with_preroll(at, args.preroll, args.ahead.into())
                .map(|fetch| Row::of_fetch(fetch, placement))
                .collect(),
            Form::Record(_) => self.window(at, args.preroll, args.ahead, &segment)?,
        };
        Ok(Some(Plan { at, segment, fetch }))
    }

    /// The window of a record, by the rules of [`SegmentIndex::window_with_preroll`].
    fn window(
        &self,
        at: Ticks,
        preroll: Ticks,
        ahead: Amount,
        held: &Row<'m>,
    ) -> Result<Vec<Row<'m>>, Failure> {
        let first = self.at(at - preroll)?;
        let mut fetch = Vec::new();
        let mut bytes: u64 = 0;
        for row in self.rows(first.index..self.len()) {
            let row = row?;
            if row.is_gap {
                continue;
            }
            let is_wanted = match ahead {
                Amount::Time(length) => row.start < at + length.max(Ticks::new(1)),
                Amount::Segments(more) => row.index.saturating_sub(held.index) <= more as u64,
                Amount::Bytes(most) => {
                    let sum = row.bytes.and_then(|size| bytes.checked_add(size));
                    bytes = sum.unwrap_or(u64::MAX);
                    fetch.is_empty() || bytes <= most
                }
            };
            if !is_wanted {
                break;
            }
            fetch.push(row);
        }
        Ok(fetch)
    }

    /// The moment of media time that goes with a date.
    fn moment_of(&self, date: DateTime) -> Result<Ticks, Failure> {
        let found = match &self.form {
            Form::Playlist { index, .. } => index.by_date().moment(date),
            Form::Record(_) => self.moment_in_record(date)?,
        };
        found.map_err(|error| match error {
            DateSeekError::NoDates => {
                self.no("it has no dates (EXT-X-PROGRAM-DATE-TIME); use --at")
            }
            DateSeekError::BeforeStart { start } => {
                self.no(&format!("{date} is before its start; it begins at {start}"))
            }
            DateSeekError::PastEnd { end } => {
                self.no(&format!("{date} is past its end; give --date before {end}"))
            }
        })
    }

    /// By the rules of [`hls_index::DateIndex`]: the first segment that holds the date, else the one
    /// with the next date after it.
    fn moment_in_record(&self, date: DateTime) -> Result<Result<Ticks, DateSeekError>, Failure> {
        let mut first: Option<DateTime> = None;
        let mut last: Option<DateTime> = None;
        let mut next: Option<(DateTime, Ticks)> = None;
        for row in self.rows(0..self.len()) {
            let row = row?;
            let Some(start) = row.date.filter(|_| row.end > row.start) else { continue };
            let end = start + (row.end - row.start);
            if start <= date && date < end {
                let into = date.since(start).unwrap_or_default();
                return Ok(Ok(row.start + into));
            }
            first = Some(first.map_or(start, |first| first.min(start)));
            last = Some(last.map_or(end, |last| last.max(end)));
            if start > date && next.is_none_or(|(next, _)| start < next) {
                next = Some((start, row.start));
            }
        }
        Ok(match (first, next, last) {
            (Some(start), _, _) if date < start => Err(DateSeekError::BeforeStart { start }),
            (_, Some((_, moment)), _) => Ok(moment),
            (_, None, Some(end)) => Err(DateSeekError::PastEnd { end }),
            (_, None, None) => Err(DateSeekError::NoDates),
        })
    }

    fn past_end(&self, moment: Ticks, end: Ticks) -> Failure {
        self.no(&format!("{moment} s is past its end; give --at below {end}"))
    }

    /// A failure that names the stream, whose answer is no.
    pub(crate) fn no(&self, why: &str) -> Failure {
        Failure::no(format!("{}: {why}", self.name))
    }

    /// A failure that names the stream.
    pub(crate) fn cannot(&self, why: &str) -> Failure {
        Failure::cannot(format!("{}: {why}", self.name))
    }

    fn refuse_record(&self, error: RecordError) -> Failure {
        Failure::cannot(format!("{}: {error}; index the stream anew", self.name))
    }
}

impl<'m> Row<'m> {
    fn of_segment(segment: Segment<'m>, placement: &Placement) -> Self {
        Self::of_fetch(segment.into(), placement)
    }

    fn of_fetch(fetch: Fetch<'m>, placement: &Placement) -> Self {
        let segment = fetch.segment;
        let candidates = placement.candidates_of(segment.sequence(), fetch.uri);
        let servers = candidates.map(|candidate| Place {
            server: candidate.server.id().to_owned(),
            uri: candidate.uri,
        });
        Self {
            index: segment.number() as u64,
            sequence: segment.sequence(),
            uri: fetch.uri.to_owned(),
            start: fetch.start,
            end: fetch.end,
            byte_range: fetch.byte_range,
            bytes: fetch.estimated_bytes(),
            map: fetch.map.map(RowMap::from),
            keys: keys(fetch.keys),
            is_gap: segment.is_gap(),
            is_discontinuity: segment.is_discontinuity(),
            date: segment.date(),
            servers: servers.collect(),
            segment: Some(segment),
        }
    }

    fn of_entry(entry: Entry<'m>) -> Self {
        let servers = entry
            .candidates()
            .map(|candidate| Place { server: candidate.server.to_owned(), uri: candidate.uri });
        Self {
            index: entry.number(),
            sequence: entry.sequence(),
            uri: entry.uri(),
            start: entry.start(),
            end: entry.end(),
            byte_range: entry.byte_range(),
            bytes: entry.bytes(),
            map: entry.map().map(RowMap::from),
            keys: entry.keys().map(RowKey::from).collect(),
            is_gap: entry.is_gap(),
            is_discontinuity: entry.is_discontinuity(),
            date: entry.date(),
            servers: servers.collect(),
            segment: None,
        }
    }

    pub(crate) fn length(&self) -> Ticks {
        self.end - self.start
    }
}

fn keys(keys: Keys<'_>) -> Vec<RowKey<'_>> {
    keys.iter().map(RowKey::from).collect()
}

impl<'m> From<Map<'m>> for RowMap<'m> {
    fn from(map: Map<'m>) -> Self {
        Self { uri: map.uri, byte_range: map.byte_range }
    }
}

impl<'m> From<EntryMap<'m>> for RowMap<'m> {
    fn from(map: EntryMap<'m>) -> Self {
        Self { uri: map.uri, byte_range: map.byte_range }
    }
}

impl<'m> From<Key<'m>> for RowKey<'m> {
    fn from(key: Key<'m>) -> Self {
        Self { method: key.method.0, uri: key.uri, key_format: key.key_format }
    }
}

impl<'m> From<AttributeList<'m>> for RowKey<'m> {
    /// What an EXT-X-KEY says, as a record keeps it.
    fn from(attributes: AttributeList<'m>) -> Self {
        let text = |name| attributes.find(name).ok().flatten().map(AttributeValue::text);
        Self {
            method: text("METHOD").unwrap_or("?"),
            uri: text("URI").unwrap_or_default(),
            key_format: text("KEYFORMAT").unwrap_or("identity"),
        }
    }
}
