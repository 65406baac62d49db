use crate::attributes::AttributeList;
use crate::error::Fault;
use crate::value::{Named, Value};

/// A rendition: one of several ways to hear, see or read the same (EXT-X-MEDIA, RFC 8216bis
/// §4.4.6.1).
///
/// An attribute whose value cannot be read counts as if it were not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Rendition<'p> {
    /// TYPE.
    pub rendition_type: RenditionType,
    /// The URI of its media playlist; where there is none, it is in the variant's own.
    pub uri: Option<&'p str>,
    /// GROUP-ID: the group that variants refer to. Required; empty where it is missing.
    pub group_id: &'p str,
    /// LANGUAGE: its language, as an RFC 5646 tag.
    pub language: Option<&'p str>,
    /// ASSOC-LANGUAGE: a language that goes with it.
    pub assoc_language: Option<&'p str>,
    /// NAME: what to show to people. Required; empty where it is missing.
    pub name: &'p str,
    /// STABLE-RENDITION-ID: its name, whatever its URI.
    pub stable_rendition_id: Option<&'p str>,
    /// DEFAULT: whether to play it when nobody says otherwise.
    pub is_default: bool,
    /// AUTOSELECT: whether it may be chosen by itself, as for the language of the system.
    pub is_autoselect: bool,
    /// FORCED: whether these subtitles are essential.
    pub is_forced: bool,
    /// INSTREAM-ID: which one within the segments it is.
    pub instream_id: Option<&'p str>,
    /// BIT-DEPTH: bits a sample.
    pub bit_depth: Option<u64>,
    /// SAMPLE-RATE: samples a second.
    pub sample_rate: Option<u64>,
    /// CHARACTERISTICS, with commas between them.
    pub characteristics: Option<&'p str>,
    /// CHANNELS as it is written, as `6` or `16/JOC`; see [`Rendition::channel_count`].
    pub channels: Option<&'p str>,
    /// All attributes as they are written.
    pub attributes: AttributeList<'p>,
}

/// What sort of [`Rendition`] it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum RenditionType {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// Subtitles.
    Subtitles,
    /// Closed captions, within the segments of the video.
    ClosedCaptions,
}

impl RenditionType {
    /// The name that playlists have for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "AUDIO",
            Self::Video => "VIDEO",
            Self::Subtitles => "SUBTITLES",
            Self::ClosedCaptions => "CLOSED-CAPTIONS",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let all = [Self::Audio, Self::Video, Self::Subtitles, Self::ClosedCaptions];
        all.into_iter().find(|it| it.as_str() == text)
    }
}

impl<'p> Rendition<'p> {
    /// Reads the tag's value; `None` when its TYPE is not known, or it has an attribute that
    /// must be known.
    pub(super) fn read(value: Value<'p>, limit: usize) -> Result<Option<Self>, Fault> {
        let mut rendition_type = None;
        let mut is_known = true;
        let mut read = Self::empty(value.list());
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            let text = value.text;
            match name {
                "TYPE" => rendition_type = RenditionType::read(text),
                "URI" => read.uri = Some(text),
                "GROUP-ID" => read.group_id = text,
                "LANGUAGE" => read.language = Some(text),
                "ASSOC-LANGUAGE" => read.assoc_language = Some(text),
                "NAME" => read.name = text,
                "STABLE-RENDITION-ID" => read.stable_rendition_id = Some(text),
                "DEFAULT" => read.is_default = value.is_yes(),
                "AUTOSELECT" => read.is_autoselect = value.is_yes(),
                "FORCED" => read.is_forced = value.is_yes(),
                "INSTREAM-ID" => read.instream_id = Some(text),
                "BIT-DEPTH" => read.bit_depth = value.integer().ok(),
                "SAMPLE-RATE" => read.sample_rate = value.integer().ok(),
                "CHARACTERISTICS" => read.characteristics = Some(text),
                "CHANNELS" => read.channels = Some(text),
                _ => is_known &= !name.starts_with("REQ-"),
            }
        }
        let Some(rendition_type) = rendition_type.filter(|_| is_known) else { return Ok(None) };
        Ok(Some(Self { rendition_type, ..read }))
    }

    const fn empty(attributes: AttributeList<'p>) -> Self {
        Self {
            rendition_type: RenditionType::Audio,
            uri: None,
            group_id: "",
            language: None,
            assoc_language: None,
            name: "",
            stable_rendition_id: None,
            is_default: false,
            is_autoselect: false,
            is_forced: false,
            instream_id: None,
            bit_depth: None,
            sample_rate: None,
            characteristics: None,
            channels: None,
            attributes,
        }
    }

    /// The first parameter of CHANNELS: how many channels there are at most.
    #[must_use]
    pub fn channel_count(&self) -> Option<u64> {
        crate::integer::read(self.channels?.split('/').next()?).ok()
    }
}
