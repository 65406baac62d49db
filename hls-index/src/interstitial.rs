//! Interstitials: content played in between, as date ranges of a class of their own
//! (RFC 8216bis, appendices D and F).

use crate::date_range::DateRange;
use crate::offset::TimeOffset;
use crate::time::Ticks;
use crate::value::Value;

/// What a date range of the class `com.apple.hls.interstitial` says.
///
/// A value that cannot be read counts as if it were not there.
///
/// ```
/// use hls_index::{Asset, MediaPlaylist, Ticks};
///
/// let playlist = MediaPlaylist::parse(
///     "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-PROGRAM-DATE-TIME:2020-01-02T21:55:40Z\n#EXTINF:6,\na\n\
///      #EXT-X-DATERANGE:ID=\"ad\",CLASS=\"com.apple.hls.interstitial\",START-DATE=\"2020-01-02T21:55:44Z\",\
///      X-ASSET-URI=\"https://example.com/ad.m3u8\",X-RESUME-OFFSET=0,X-RESTRICT=\"SKIP,JUMP\"\n",
/// )?;
/// let interstitial = playlist.date_range("ad").unwrap().interstitial().unwrap();
/// assert_eq!(interstitial.asset, Asset::Uri("https://example.com/ad.m3u8"));
/// assert_eq!(interstitial.resume_offset, Some(Ticks::ZERO.into()));
/// assert!(interstitial.restricts_skip && interstitial.restricts_jump);
/// # Ok::<(), hls_index::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Interstitial<'p> {
    /// X-ASSET-URI or X-ASSET-LIST: what to play.
    pub asset: Asset<'p>,
    /// X-RESUME-OFFSET: where to go on, from where it began; without it, after its own length.
    pub resume_offset: Option<TimeOffset>,
    /// X-PLAYOUT-LIMIT: after how long to end it at the latest.
    pub playout_limit: Option<Ticks>,
    /// X-SNAP with OUT: begin at the segment boundary nearest to the start.
    pub snaps_out: bool,
    /// X-SNAP with IN: go on at the segment boundary nearest to where that would be.
    pub snaps_in: bool,
    /// X-RESTRICT with SKIP: nobody may seek or hurry while it is played.
    pub restricts_skip: bool,
    /// X-RESTRICT with JUMP: nobody may seek across it without it being played.
    pub restricts_jump: bool,
    /// X-CONTENT-MAY-VARY: whether clients may get different content; yes without it.
    pub content_may_vary: bool,
    /// X-TIMELINE-OCCUPIES: how much of a timeline it takes.
    pub timeline_occupies: TimelineOccupies,
    /// X-TIMELINE-STYLE: how it looks there.
    pub timeline_style: TimelineStyle,
    /// X-SKIP-CONTROL-OFFSET: when to show a button to skip it.
    pub skip_control_offset: Option<Ticks>,
    /// X-SKIP-CONTROL-DURATION: for how long; to its end without it.
    pub skip_control_duration: Option<Ticks>,
    /// X-SKIP-CONTROL-LABEL-ID: which label the button has.
    pub skip_control_label_id: Option<&'p str>,
}

/// What an [`Interstitial`] plays.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Asset<'p> {
    /// X-ASSET-URI: a playlist.
    Uri(&'p str),
    /// X-ASSET-LIST: a JSON object that lists playlists.
    List(&'p str),
}

/// How much of a timeline an [`Interstitial`] takes.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TimelineOccupies {
    /// A point.
    #[default]
    Point,
    /// As much as it is long.
    Range,
}

/// How an [`Interstitial`] looks on a timeline.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TimelineStyle {
    /// Set off from the rest.
    #[default]
    Highlight,
    /// Like the rest.
    Primary,
}

impl<'p> Interstitial<'p> {
    /// The CLASS of interstitials.
    pub const CLASS: &'static str = "com.apple.hls.interstitial";

    pub(crate) fn read(range: &DateRange<'p>, value: Value<'p>) -> Option<Self> {
        if range.class != Some(Self::CLASS) {
            return None;
        }
        let mut asset = None;
        let mut read = Self {
            asset: Asset::Uri(""),
            resume_offset: None,
            playout_limit: None,
            snaps_out: false,
            snaps_in: false,
            restricts_skip: false,
            restricts_jump: false,
            content_may_vary: true,
            timeline_occupies: TimelineOccupies::Point,
            timeline_style: TimelineStyle::Highlight,
            skip_control_offset: None,
            skip_control_duration: None,
            skip_control_label_id: None,
        };
        for attribute in value.attributes(usize::MAX).filter_map(Result::ok) {
            let value = attribute.value;
            let has = |identifier| value.text.split(',').any(|other| other.trim() == identifier);
            match attribute.name {
                "X-ASSET-URI" => asset = Some(Asset::Uri(value.text)),
                "X-ASSET-LIST" => asset = Some(Asset::List(value.text)),
                "X-RESUME-OFFSET" => read.resume_offset = value.time_offset().ok(),
                "X-PLAYOUT-LIMIT" => read.playout_limit = value.duration().ok(),
                "X-SNAP" => (read.snaps_out, read.snaps_in) = (has("OUT"), has("IN")),
                "X-RESTRICT" => {
                    (read.restricts_skip, read.restricts_jump) = (has("SKIP"), has("JUMP"));
                }
                "X-CONTENT-MAY-VARY" => read.content_may_vary = value.text != "NO",
                "X-TIMELINE-OCCUPIES" if value.text == "RANGE" => {
                    read.timeline_occupies = TimelineOccupies::Range;
                }
                "X-TIMELINE-STYLE" if value.text == "PRIMARY" => {
                    read.timeline_style = TimelineStyle::Primary;
                }
                "X-SKIP-CONTROL-OFFSET" => read.skip_control_offset = value.duration().ok(),
                "X-SKIP-CONTROL-DURATION" => read.skip_control_duration = value.duration().ok(),
                "X-SKIP-CONTROL-LABEL-ID" => read.skip_control_label_id = Some(value.text),
                _ => {}
            }
        }
        read.asset = asset?;
        Some(read)
    }
}

/// What a date range of the class `com.apple.hls.preload` says: load something for another date
/// range, while this one lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Preload<'p> {
    /// X-URI: what to load.
    pub uri: &'p str,
    /// X-TARGET-ID: for which date range.
    pub target_id: &'p str,
    /// X-TARGET-CLASS: the CLASS of that one.
    pub target_class: &'p str,
}

impl<'p> Preload<'p> {
    /// The CLASS of preloads.
    pub const CLASS: &'static str = "com.apple.hls.preload";

    pub(crate) fn read(range: &DateRange<'p>, value: Value<'p>) -> Option<Self> {
        if range.class != Some(Self::CLASS) {
            return None;
        }
        let (mut uri, mut target_id, mut target_class) = (None, None, None);
        for attribute in value.attributes(usize::MAX).filter_map(Result::ok) {
            let text = Some(attribute.value.text);
            match attribute.name {
                "X-URI" => uri = text,
                "X-TARGET-ID" => target_id = text,
                "X-TARGET-CLASS" => target_class = text,
                _ => {}
            }
        }
        Some(Self { uri: uri?, target_id: target_id?, target_class: target_class? })
    }
}
