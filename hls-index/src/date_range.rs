//! Date ranges: EXT-X-DATERANGE (RFC 8216bis §4.4.5.1).

use core::fmt;

use crate::attributes::AttributeList;
use crate::date::DateTime;
use crate::error::{Fault, ParseErrorKind};
use crate::hexadecimal::Hexadecimal;
use crate::interstitial::{Interstitial, Preload};
use crate::time::Ticks;
use crate::value::{Named, Value};

/// A range of time on the wall clock with facts about it: an advertisement, a programme, a splice.
///
/// ```
/// use hls_index::MediaPlaylist;
///
/// let playlist = MediaPlaylist::parse(
///     "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-PROGRAM-DATE-TIME:2020-01-02T21:55:40Z\n#EXTINF:6,\na\n\
///      #EXT-X-DATERANGE:ID=\"ad\",START-DATE=\"2020-01-02T21:55:44Z\",DURATION=15,X-COM-EXAMPLE=\"7\"\n",
/// )?;
/// let range = playlist.date_range("ad").unwrap();
/// assert_eq!(range.end().unwrap().to_string(), "2020-01-02T21:55:59.000Z");
/// assert_eq!(range.attribute("X-COM-EXAMPLE"), Some("7"));
/// # Ok::<(), hls_index::ParseError>(())
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct DateRange<'p> {
    /// ID: the range's name. Tags of one ID tell of one range.
    pub id: &'p str,
    /// CLASS: what its attributes mean.
    pub class: Option<&'p str>,
    /// START-DATE: when it begins; `None` where an earlier tag of this ID has it.
    pub start_date: Option<DateTime>,
    /// END-DATE; see [`DateRange::end`].
    pub end_date: Option<DateTime>,
    /// DURATION.
    pub duration: Option<Ticks>,
    /// PLANNED-DURATION: how long it is expected to be.
    pub planned_duration: Option<Ticks>,
    /// CUE: when to act on it.
    pub cue: Cue,
    /// END-ON-NEXT: whether it ends where the next one of its class begins.
    pub is_end_on_next: bool,
    /// SCTE35-CMD: a `splice_info_section` that neither begins nor ends a splice.
    pub scte35_cmd: Option<Hexadecimal<'p>>,
    /// SCTE35-OUT: the one that begins a splice.
    pub scte35_out: Option<Hexadecimal<'p>>,
    /// SCTE35-IN: the one that ends it.
    pub scte35_in: Option<Hexadecimal<'p>>,
    value: Value<'p>,
}

/// CUE: when to act on a [`DateRange`].
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Cue {
    /// PRE: before anything is played.
    pub pre: bool,
    /// POST: when all has been played.
    pub post: bool,
    /// ONCE: not a second time.
    pub once: bool,
}

impl<'p> DateRange<'p> {
    pub(crate) fn read(value: Value<'p>, limit: usize) -> Result<Self, Fault> {
        let mut id = None;
        let mut range = Self::empty(value);
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "ID" => id = Some(value.text),
                "CLASS" => range.class = Some(value.text),
                "START-DATE" => range.start_date = Some(value.date()?),
                "END-DATE" => range.end_date = Some(value.date()?),
                "DURATION" => range.duration = Some(value.duration()?),
                "PLANNED-DURATION" => range.planned_duration = Some(value.duration()?),
                "CUE" => range.cue = Cue::read(value.text),
                "END-ON-NEXT" => range.is_end_on_next = value.is_yes(),
                "SCTE35-CMD" => range.scte35_cmd = Some(Hexadecimal::read(value)?),
                "SCTE35-OUT" => range.scte35_out = Some(Hexadecimal::read(value)?),
                "SCTE35-IN" => range.scte35_in = Some(Hexadecimal::read(value)?),
                _ => {}
            }
        }
        range.id = id.ok_or_else(|| value.missing("ID"))?;
        if let (Some(start), Some(end)) = (range.start_date, range.end_date)
            && end < start
        {
            return Err(value.fault(ParseErrorKind::EndsBeforeItStarts));
        }
        Ok(range)
    }

    const fn empty(value: Value<'p>) -> Self {
        Self {
            id: "",
            class: None,
            start_date: None,
            end_date: None,
            duration: None,
            planned_duration: None,
            cue: Cue { pre: false, post: false, once: false },
            is_end_on_next: false,
            scte35_cmd: None,
            scte35_out: None,
            scte35_in: None,
            value,
        }
    }

    /// When it ends by END-DATE, or START-DATE and DURATION; `None` when it has neither. With
    /// [`DateRange::is_end_on_next`] see [`MediaPlaylist::date_range_end`].
    ///
    /// [`MediaPlaylist::date_range_end`]: crate::MediaPlaylist::date_range_end
    #[must_use]
    pub fn end(&self) -> Option<DateTime> {
        self.end_date.or_else(|| Some(self.start_date? + self.duration?))
    }

    /// The value of any of its attributes: `X-COM-EXAMPLE-AD-ID` for instance. Of a range that
    /// several tags tell of, those of the first tag.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'p str> {
        let mut attributes = self.value.attributes(usize::MAX).filter_map(Result::ok);
        attributes.find(|attribute| attribute.name == name).map(|attribute| attribute.value.text)
    }

    /// All attributes of the tag as they are written.
    #[must_use]
    pub const fn attributes(&self) -> AttributeList<'p> {
        self.value.list()
    }

    /// What it says as an interstitial; `None` when its class is another, or it names no asset.
    #[must_use]
    pub fn interstitial(&self) -> Option<Interstitial<'p>> {
        Interstitial::read(self, self.value)
    }

    /// What it says as a hint to preload; `None` when its class is another, or it names nothing.
    #[must_use]
    pub fn preload(&self) -> Option<Preload<'p>> {
        Preload::read(self, self.value)
    }

    /// What a later tag of the same ID adds.
    pub(crate) fn add(&mut self, later: &Self) {
        self.class = self.class.or(later.class);
        self.start_date = self.start_date.or(later.start_date);
        self.end_date = self.end_date.or(later.end_date);
        self.duration = self.duration.or(later.duration);
        self.planned_duration = self.planned_duration.or(later.planned_duration);
        if self.cue == Cue::default() {
            self.cue = later.cue;
        }
        self.is_end_on_next |= later.is_end_on_next;
        self.scte35_cmd = self.scte35_cmd.or(later.scte35_cmd);
        self.scte35_out = self.scte35_out.or(later.scte35_out);
        self.scte35_in = self.scte35_in.or(later.scte35_in);
    }
}

impl Cue {
    /// Trigger Identifiers that are not known are passed over.
    fn read(text: &str) -> Self {
        let has = |cue| text.split(',').any(|other| other.trim() == cue);
        Self { pre: has("PRE"), post: has("POST"), once: has("ONCE") }
    }
}

impl fmt::Debug for DateRange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DateRange")
            .field("id", &self.id)
            .field("class", &self.class)
            .field("start_date", &self.start_date)
            .field("end", &self.end())
            .field("attributes", &self.attributes().as_str())
            .finish_non_exhaustive()
    }
}
