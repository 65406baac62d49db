//! The multivariant playlist: which media playlists there are to choose from.

mod parse;
mod rendition;
mod session;
mod variant;

use alloc::vec::Vec;
use core::fmt;

pub use self::rendition::{Rendition, RenditionType};
pub use self::session::{ContentSteering, SessionData, SessionDataFormat};
pub use self::variant::{ClosedCaptions, HdcpLevel, Resolution, Variant, VideoRange};
use crate::define::{Source, Variables};
use crate::error::{Fault, ParseError};
use crate::key::Key;
use crate::limits::Limits;
use crate::scan::{self, Lines};
use crate::start::Start;
use crate::text::{Text, TextSpan};
use crate::value::Value;

/// A multivariant (master) playlist (RFC 8216bis §4.4.6): the variants and renditions of one
/// presentation, parsed without copying any text.
///
/// ```
/// use hls_index::{MultivariantPlaylist, RenditionType};
///
/// let playlist = MultivariantPlaylist::parse(
///     "#EXTM3U\n\
///      #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,URI=\"en.m3u8\"\n\
///      #EXT-X-STREAM-INF:BANDWIDTH=1280000,RESOLUTION=640x360,AUDIO=\"aac\"\n\
///      low.m3u8\n\
///      #EXT-X-STREAM-INF:BANDWIDTH=7680000,RESOLUTION=1920x1080,AUDIO=\"aac\"\n\
///      high.m3u8\n",
/// )?;
/// let best = playlist.variants().max_by_key(|variant| variant.bandwidth).unwrap();
/// assert_eq!((best.uri, best.resolution.unwrap().height), ("high.m3u8", 1080));
/// let mut audio = playlist.group(RenditionType::Audio, best.audio.unwrap());
/// assert_eq!(audio.next().unwrap().uri, Some("en.m3u8"));
/// # Ok::<(), hls_index::ParseError>(())
/// ```
#[derive(Clone)]
pub struct MultivariantPlaylist<'a> {
    text: Text<'a>,
    version: Option<u64>,
    start: Option<Start>,
    has_independent_segments: bool,
    variants: Vec<VariantPlace>,
    i_frame_variants: Vec<TextSpan>,
    renditions: Vec<TextSpan>,
    session_data: Vec<TextSpan>,
    session_keys: Vec<TextSpan>,
    content_steering: Option<TextSpan>,
}

/// Where an EXT-X-STREAM-INF and the URI after it stand.
#[derive(Clone, Copy, Debug)]
struct VariantPlace {
    attributes: TextSpan,
    uri: TextSpan,
}

impl<'a> MultivariantPlaylist<'a> {
    /// Parses `text` with the default [`Limits`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        Self::parse_from(text, &Source::new())
    }

    /// Parses `text`, which comes from `source`: with its URI, for EXT-X-DEFINE, and limits.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_from(text: &'a str, source: &Source<'_>) -> Result<Self, ParseError> {
        parse::parse(text, source).map_err(|fault| fault.locate(text.as_bytes()))
    }

    /// Parses `bytes`, which must be UTF-8, within `limits`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_bytes_with(bytes: &'a [u8], limits: &Limits) -> Result<Self, ParseError> {
        Self::parse_from(scan::utf8(bytes)?, &Source::new().limits(*limits))
    }

    /// EXT-X-STREAM-INF: the variants in order.
    ///
    /// One that needs what the crate does not know is left out with its URI, as RFC 8216bis §6.3.1
    /// demands: an attribute whose name begins with `REQ-`, or an unknown specifier in
    /// REQ-VIDEO-LAYOUT. So is one with no URI after it.
    pub fn variants(&self) -> impl Iterator<Item = Variant<'_>> {
        self.variants.iter().filter_map(|place| {
            let value = self.text.value(STREAM_INF, place.attributes);
            // Here and below: the parser has read it before.
            let uri = self.text.expanded(place.uri);
            Variant::read(value, Some(uri), usize::MAX).ok()?
        })
    }

    /// EXT-X-I-FRAME-STREAM-INF: the playlists of I-frames, in order.
    pub fn i_frame_variants(&self) -> impl Iterator<Item = Variant<'_>> {
        let values = self.values(I_FRAME_STREAM_INF, &self.i_frame_variants);
        values.filter_map(|value| Variant::read(value, None, usize::MAX).ok()?)
    }

    /// EXT-X-MEDIA: the renditions in order; those of an unknown TYPE are left out.
    pub fn renditions(&self) -> impl Iterator<Item = Rendition<'_>> {
        let values = self.values(MEDIA, &self.renditions);
        values.filter_map(|value| Rendition::read(value, usize::MAX).ok()?)
    }

    /// The renditions of one group, which is what AUDIO, VIDEO, SUBTITLES and CLOSED-CAPTIONS of
    /// a variant name.
    pub fn group<'p>(
        &'p self,
        rendition_type: RenditionType,
        group_id: &'p str,
    ) -> impl Iterator<Item = Rendition<'p>> {
        self.renditions().filter(move |rendition| {
            rendition.rendition_type == rendition_type && rendition.group_id == group_id
        })
    }

    /// EXT-X-SESSION-DATA in order.
    pub fn session_data(&self) -> impl Iterator<Item = SessionData<'_>> {
        let values = self.values(SESSION_DATA, &self.session_data);
        values.filter_map(|value| SessionData::read(value, usize::MAX).ok())
    }

    /// EXT-X-SESSION-KEY in order: keys that can be loaded ahead.
    pub fn session_keys(&self) -> impl Iterator<Item = Key<'_>> {
        let values = self.values(SESSION_KEY, &self.session_keys);
        values.filter_map(|value| Key::read(value, usize::MAX).ok()?)
    }

    /// EXT-X-CONTENT-STEERING: where to ask which pathway to take.
    #[must_use]
    pub fn content_steering(&self) -> Option<ContentSteering<'_>> {
        let value = self.text.value(CONTENT_STEERING, self.content_steering?);
        ContentSteering::read(value, usize::MAX).ok()
    }

    /// EXT-X-VERSION: which version of the protocol it takes, any number accepted.
    #[must_use]
    pub const fn version(&self) -> Option<u64> {
        self.version
    }

    /// EXT-X-START: where to begin to play, whatever variant.
    #[must_use]
    pub const fn start(&self) -> Option<Start> {
        self.start
    }

    /// EXT-X-INDEPENDENT-SEGMENTS: whether each segment of each variant decodes without any other.
    #[must_use]
    pub const fn has_independent_segments(&self) -> bool {
        self.has_independent_segments
    }

    /// The variables that EXT-X-DEFINE defines, for [`Source::imports`] of the media playlists.
    #[must_use]
    pub fn variables(&self) -> Variables<'_> {
        self.text.variables()
    }

    /// All lines of the text, with the tags that the crate does not know and the comments, each in
    /// its place.
    #[must_use]
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(&self.text.written)
    }

    /// The text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text.written
    }

    /// The same playlist with a copy of its text, where it had borrowed one: to keep it for as long as
    /// one likes.
    #[must_use]
    pub fn into_owned(self) -> MultivariantPlaylist<'static> {
        MultivariantPlaylist { text: self.text.into_owned(), ..self }
    }

    /// What the parser refuses in `text`, if anything.
    pub(crate) fn fault(text: &str, source: &Source<'_>) -> Option<Fault> {
        parse::parse(text, source).err()
    }

    pub(crate) const fn text_parts(&self) -> &Text<'a> {
        &self.text
    }

    fn values<'p>(
        &'p self,
        tag: &'static str,
        spans: &'p [TextSpan],
    ) -> impl Iterator<Item = Value<'p>> {
        spans.iter().map(move |&span| self.text.value(tag, span))
    }
}

impl fmt::Debug for MultivariantPlaylist<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultivariantPlaylist")
            .field("version", &self.version)
            .field("variants", &self.variants.len())
            .field("i_frame_variants", &self.i_frame_variants.len())
            .field("renditions", &self.renditions.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for MultivariantPlaylist<'_> {
    /// The text that was parsed, byte for byte.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

const STREAM_INF: &str = "EXT-X-STREAM-INF";
const I_FRAME_STREAM_INF: &str = "EXT-X-I-FRAME-STREAM-INF";
const MEDIA: &str = "EXT-X-MEDIA";
const SESSION_DATA: &str = "EXT-X-SESSION-DATA";
const SESSION_KEY: &str = "EXT-X-SESSION-KEY";
const CONTENT_STEERING: &str = "EXT-X-CONTENT-STEERING";
