//! A piece of the window: some hundred segments with their text.

use alloc::string::String;
use core::fmt::Write as _;
use core::ops::Range;

use crate::date::DateTime;
use crate::define::Source;
use crate::error::{Fault, ParseErrorKind};
use crate::key::Keys;
use crate::media::MediaPlaylist;
use crate::scan::{Line, Lines};
use crate::segment::{Segment, Segments};
use crate::time::{Decimal, Ticks};

/// A piece of the window.
///
/// Its text is a playlist of its own: what is said of the whole playlist, then what holds at its
/// start (its _state_), then the segments as the server wrote them. The state ends with a segment
/// that stands for everything before, as long as all of that together: so the parser itself brings
/// times, numbers, dates, keys and byte ranges to where the piece begins.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    playlist: MediaPlaylist<'static>,
    state: State,
    /// Where in the text the segments begin.
    body: usize,
    /// Where that is in the text of all pieces, as if nothing had gone since it was last read whole.
    offset: u64,
    /// The segments in it that are still there, by their numbers in the playlist.
    visible: Range<u32>,
    dates: Option<Range<DateTime>>,
}

/// What holds where a piece begins.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The number of the first segment.
    pub(super) sequence: u64,
    /// When it begins.
    start: Decimal,
    text: String,
    /// How many bytes longer that is with variables replaced.
    growth: usize,
    /// Whether there is a segment that stands for everything before.
    is_after: bool,
}

impl State {
    /// The state before the segment `sequence`, which begins at `start` and says by itself what holds.
    pub(super) fn new(sequence: u64, discontinuity_sequence: u64, start: Decimal) -> Self {
        // Only number 0 has no number before it, and then nothing was there before.
        let is_after = start != Decimal::ZERO && sequence > 0;
        let mut text = numbers(sequence - u64::from(is_after), discontinuity_sequence);
        if is_after {
            let _ = write!(text, "#EXTINF:{start},\n.");
        }
        Self { sequence, start, text, growth: 0, is_after }
    }

    /// The state after `segment`, which ends at `end`.
    pub(super) fn after(segment: &Segment<'_>, end: Decimal) -> Self {
        let sequence = segment.sequence().0;
        let (playlist, number) = (segment.playlist(), segment.number() as u32);
        let mut state = Self {
            sequence: sequence + 1,
            start: end,
            text: numbers(sequence, segment.discontinuity_sequence()),
            growth: 0,
            is_after: true,
        };
        // Everything as it is written: what replaces a reference may look like another.
        if let Some((map, written)) = segment.map().zip(playlist.written_map(number)) {
            state.push_keys(map.keys, playlist);
            state.push_tag("#EXT-X-MAP:", written, playlist);
            if map.keys != segment.keys() {
                state.text.push_str("#EXT-X-KEY:METHOD=NONE\n");
                state.push_keys(segment.keys(), playlist);
            }
        } else {
            state.push_keys(segment.keys(), playlist);
        }
        if let Some(bitrate) = playlist.bitrate(number) {
            let _ = writeln!(state.text, "#EXT-X-BITRATE:{bitrate}");
        }
        let length = end.ceil().unwrap_or(Ticks::MAX);
        if let Some(date) = segment.date() {
            let date: DateTime = (date + segment.duration()) - length;
            let _ = writeln!(state.text, "#EXT-X-PROGRAM-DATE-TIME:{date}");
        }
        if let Some(range) = segment.byte_range() {
            let _ = writeln!(state.text, "#EXT-X-BYTERANGE:{range}");
        }
        let uri = playlist.written_uri(number);
        let _ = write!(state.text, "#EXTINF:{end},\n{uri}");
        state.growth += segment.uri().len().saturating_sub(uri.len());
        state
    }

    /// How many bytes it takes.
    pub(super) const fn len(&self) -> usize {
        self.text.len().saturating_add(self.growth)
    }

    fn push_keys(&mut self, keys: Keys<'_>, playlist: &MediaPlaylist<'_>) {
        for key in keys {
            self.push_tag("#EXT-X-KEY:", key.attributes.as_str(), playlist);
        }
    }

    /// Appends a tag of `playlist` with its attribute list.
    fn push_tag(&mut self, tag: &str, list: &str, playlist: &MediaPlaylist<'_>) {
        self.text.extend([tag, list, "\n"]);
        self.growth += playlist.growth_of_list(list);
    }
}

fn numbers(sequence: u64, discontinuity_sequence: u64) -> String {
    alloc::format!(
        "#EXT-X-MEDIA-SEQUENCE:{sequence}\n#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuity_sequence}\n"
    )
}

impl Chunk {
    /// The piece with `head` before the state, and the pieces of `body` one after the other behind it.
    pub(super) fn new(
        head: &str,
        state: State,
        body: &[&str],
        offset: u64,
        source: &Source<'_>,
    ) -> Result<Self, Fault> {
        let length = body.iter().map(|piece| piece.len()).sum::<usize>();
        let mut text = String::with_capacity(head.len() + state.text.len() + length);
        text.extend([head, &state.text]);
        let start = text.len();
        text.extend(body.iter().copied());
        let playlist = MediaPlaylist::parse_owned(text, source)?;
        if playlist.skipped_segments().is_some() {
            // Its numbers would not be those of the window.
            return Err(Fault::new(0, ParseErrorKind::DuplicateTag { tag: "EXT-X-SKIP" }));
        }
        let visible = u32::from(state.is_after)..playlist.len() as u32;
        if state.sequence.checked_add(visible.len() as u64).is_none() {
            // There would be no number for the next one.
            return Err(Fault::new(0, ParseErrorKind::MediaSequenceTooLarge));
        }
        let dates = dates(playlist.segments_within(visible.start as usize..playlist.len()));
        Ok(Self { playlist, state, body: start, offset, visible, dates })
    }

    pub(super) const fn playlist(&self) -> &MediaPlaylist<'static> {
        &self.playlist
    }

    pub(super) fn into_playlist(self) -> MediaPlaylist<'static> {
        self.playlist
    }

    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    /// The segments that are still there.
    pub(super) fn segments(&self) -> Segments<'_> {
        self.playlist.segments_within(self.visible.start as usize..self.visible.end as usize)
    }

    /// The number of the first segment that is still there.
    pub(super) fn first(&self) -> u64 {
        self.sequence(self.visible.start)
    }

    /// The number after that of the last segment.
    pub(super) fn next(&self) -> u64 {
        self.sequence(self.visible.end)
    }

    /// The numbers of the segments by their places in the text.
    pub(super) const fn visible(&self) -> &Range<u32> {
        &self.visible
    }

    /// Where in the text the segments begin.
    pub(super) const fn body(&self) -> usize {
        self.body
    }

    /// How many bytes it takes beside its segments.
    pub(super) fn repeated(&self) -> usize {
        self.body + self.playlist.expanded_bytes_before(self.body)
    }

    /// How many bytes variables take in its segments.
    pub(super) fn expanded_bytes(&self) -> usize {
        self.playlist.expanded_bytes_from(self.body)
    }

    /// When the first segment begins.
    pub(super) fn start(&self) -> Ticks {
        self.playlist.boundaries()[self.visible.start as usize]
    }

    /// The earliest date of its segments, and the end of the latest; `None` when they have none.
    pub(super) fn dates(&self) -> Option<Range<DateTime>> {
        self.dates.clone()
    }

    /// When the last segment ends.
    pub(super) fn end(&self) -> Ticks {
        self.playlist.boundaries()[self.visible.end as usize]
    }

    pub(super) fn sequence(&self, number: u32) -> u64 {
        self.state.sequence + u64::from(number - u32::from(self.state.is_after))
    }

    /// The place of a segment in the playlist, also of one that is gone but is still in the text.
    pub(super) fn number(&self, sequence: u64) -> Option<u32> {
        let number = u32::try_from(sequence.checked_sub(self.state.sequence)?).ok()?;
        number
            .checked_add(u32::from(self.state.is_after))
            .filter(|&number| number < self.visible.end)
    }

    /// Lets go of the segments before `sequence`.
    pub(super) fn evict_before(&mut self, sequence: u64) {
        let count = u32::try_from(sequence.saturating_sub(self.first())).unwrap_or(u32::MAX);
        self.visible.start = self.visible.start.saturating_add(count).min(self.visible.end);
    }

    /// Lets go of the segments from `sequence` on.
    pub(super) fn truncate(&mut self, sequence: u64) {
        let count = u32::try_from(self.next().saturating_sub(sequence)).unwrap_or(u32::MAX);
        self.visible.end = self.visible.end.saturating_sub(count).max(self.visible.start);
    }

    /// The end of a segment by its exact durations; equally the start of the next.
    pub(super) fn exact_end(&self, number: u32) -> Decimal {
        if number as usize + 1 == self.playlist.len() {
            return self.playlist.exact_duration();
        }
        let first = usize::from(self.state.is_after);
        let mut segments = self.playlist.segments_within(first..number as usize + 1);
        let sum = segments
            .try_fold(self.state.start, |sum, segment| sum.checked_add(exact_duration(&segment)));
        sum.unwrap_or_else(|| self.playlist.boundaries()[number as usize + 1].into())
    }

    /// The start of a segment by its exact durations.
    pub(super) fn exact_start(&self, number: u32) -> Decimal {
        match number.checked_sub(1) {
            Some(before) if number > u32::from(self.state.is_after) => self.exact_end(before),
            _ => self.state.start,
        }
    }

    /// Where the URI of a segment ends in the text; where the segments begin, for the one that stands
    /// for everything before.
    pub(super) fn uri_end(&self, number: u32) -> usize {
        if number < u32::from(self.state.is_after) {
            self.body
        } else {
            self.playlist.uri_end(number)
        }
    }

    /// Where the text of a segment begins: behind the URI before it.
    pub(super) fn block_start(&self, number: u32) -> usize {
        number.checked_sub(1).map_or(self.body, |before| self.uri_end(before))
    }

    /// The text of the segments from the piece's first up to `number`, that one not among them.
    pub(super) fn text_before(&self, number: u32) -> &str {
        &self.playlist.text()[self.body..self.block_start(number)]
    }

    /// A place in the text as one in that of the whole stream.
    pub(super) const fn offset_of(&self, place: usize) -> u64 {
        self.offset + (place - self.body) as u64
    }

    /// The place in this text of one in that of the whole stream, no less than where segments begin.
    pub(super) fn place_of(&self, offset: u64) -> usize {
        // The text is at most 4 GiB long.
        self.body + offset.saturating_sub(self.offset) as usize
    }
}

fn dates(segments: Segments<'_>) -> Option<Range<DateTime>> {
    // With no tag at all, there is nothing to look for.
    segments.clone().next()?.date()?;
    let spans = segments.filter_map(|segment| {
        let start = segment.date()?;
        Some(start..start + segment.duration())
    });
    spans.reduce(|all, span| all.start.min(span.start)..all.end.max(span.end))
}

/// How long the segment is by its EXTINF, to all places.
fn exact_duration(segment: &Segment<'_>) -> Decimal {
    let extinf = |line| match line {
        Line::Tag(tag) if tag.name == "EXTINF" => Decimal::read(tag.value?.as_bytes()).ok(),
        _ => None,
    };
    let block = segment.playlist().block(segment.number() as u32);
    let written = Lines::from_within(block).filter_map(extinf).last().map(|(duration, _)| duration);
    // Where there is none, it is in ticks.
    let ticks = Decimal::from(segment.duration());
    written.filter(|written| is_about(*written, ticks)).unwrap_or(ticks)
}

/// Whether two decimals differ by less than two ticks, as a sum that was taken up to the next may.
fn is_about(exact: Decimal, ticks: Decimal) -> bool {
    let (exact, ticks) = (exact.ceil().unwrap_or_default(), ticks.ceil().unwrap_or_default());
    (exact - ticks).max(ticks - exact) <= Ticks::new(1)
}
