use core::fmt;

use crate::attributes::AttributeList;
use crate::error::Fault;
use crate::number::Number;
use crate::value::{Named, Value};

/// A variant stream: one version of the presentation (RFC 8216bis §4.4.6.2), or a playlist of its
/// I-frames (§4.4.6.3).
///
/// An attribute whose value cannot be read counts as if it were not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Variant<'p> {
    /// The URI of its media playlist.
    pub uri: &'p str,
    /// BANDWIDTH: the peak bit rate, in bits a second. Required, but not all playlists have it.
    pub bandwidth: Option<u64>,
    /// AVERAGE-BANDWIDTH: the average bit rate, in bits a second.
    pub average_bandwidth: Option<u64>,
    /// SCORE: how good it is, beside the other variants.
    pub score: Option<Number>,
    /// CODECS: the formats of its media, with commas between them.
    pub codecs: Option<&'p str>,
    /// SUPPLEMENTAL-CODECS: the formats of layers that add to those.
    pub supplemental_codecs: Option<&'p str>,
    /// RESOLUTION: how large to show it.
    pub resolution: Option<Resolution>,
    /// FRAME-RATE: pictures a second, at most.
    pub frame_rate: Option<Number>,
    /// HDCP-LEVEL: how its output must be protected.
    pub hdcp_level: Option<HdcpLevel<'p>>,
    /// ALLOWED-CPC: which classes of devices may play it, by KEYFORMAT.
    pub allowed_cpc: Option<&'p str>,
    /// VIDEO-RANGE: the dynamic range; SDR without it.
    pub video_range: VideoRange<'p>,
    /// REQ-VIDEO-LAYOUT: how its video must be shown. All specifiers in it are known ones.
    pub req_video_layout: Option<&'p str>,
    /// STABLE-VARIANT-ID: its name, whatever its URI.
    pub stable_variant_id: Option<&'p str>,
    /// AUDIO: the group of renditions to choose from.
    pub audio: Option<&'p str>,
    /// VIDEO: the same for pictures.
    pub video: Option<&'p str>,
    /// SUBTITLES: the same for subtitles.
    pub subtitles: Option<&'p str>,
    /// CLOSED-CAPTIONS: the same for closed captions, or that there are none.
    pub closed_captions: Option<ClosedCaptions<'p>>,
    /// PATHWAY-ID: the pathway that it belongs to; `.` without it.
    pub pathway_id: &'p str,
    /// All attributes as they are written.
    pub attributes: AttributeList<'p>,
}

impl<'p> Variant<'p> {
    /// Reads the tag's value; `None` when it must be ignored. A tag with no URI after it has one
    /// among its attributes.
    pub(super) fn read(
        value: Value<'p>,
        uri: Option<&'p str>,
        limit: usize,
    ) -> Result<Option<Self>, Fault> {
        let mut uri = uri;
        let has_uri_line = uri.is_some();
        let mut read = Self::empty(value.list());
        let mut is_known = true;
        for attribute in value.attributes(limit) {
            let Named { name, value, is_quoted } = attribute?;
            let text = value.text;
            match name {
                "URI" if !has_uri_line => uri = Some(text),
                "BANDWIDTH" => read.bandwidth = value.integer().ok(),
                "AVERAGE-BANDWIDTH" => read.average_bandwidth = value.integer().ok(),
                "SCORE" => read.score = value.number().ok(),
                "CODECS" => read.codecs = Some(text),
                "SUPPLEMENTAL-CODECS" => read.supplemental_codecs = Some(text),
                "RESOLUTION" => read.resolution = Resolution::read(text),
                "FRAME-RATE" => read.frame_rate = value.number().ok(),
                "HDCP-LEVEL" => read.hdcp_level = Some(HdcpLevel(text)),
                "ALLOWED-CPC" => read.allowed_cpc = Some(text),
                "VIDEO-RANGE" => read.video_range = VideoRange(text),
                "REQ-VIDEO-LAYOUT" => {
                    is_known &= is_known_layout(text);
                    read.req_video_layout = Some(text);
                }
                "STABLE-VARIANT-ID" => read.stable_variant_id = Some(text),
                "AUDIO" => read.audio = Some(text),
                "VIDEO" => read.video = Some(text),
                "SUBTITLES" => read.subtitles = Some(text),
                "CLOSED-CAPTIONS" => {
                    read.closed_captions = Some(match text {
                        "NONE" if !is_quoted => ClosedCaptions::None,
                        _ => ClosedCaptions::Group(text),
                    });
                }
                "PATHWAY-ID" => read.pathway_id = text,
                _ => is_known &= !name.starts_with("REQ-"),
            }
        }
        let Some(uri) = uri else { return Ok(None) };
        read.uri = uri;
        Ok(is_known.then_some(read))
    }

    const fn empty(attributes: AttributeList<'p>) -> Self {
        Self {
            uri: "",
            bandwidth: None,
            average_bandwidth: None,
            score: None,
            codecs: None,
            supplemental_codecs: None,
            resolution: None,
            frame_rate: None,
            hdcp_level: None,
            allowed_cpc: None,
            video_range: VideoRange::SDR,
            req_video_layout: None,
            stable_variant_id: None,
            audio: None,
            video: None,
            subtitles: None,
            closed_captions: None,
            pathway_id: ".",
            attributes,
        }
    }

    /// The formats of CODECS, one by one.
    pub fn codec_list(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        self.codecs.into_iter().flat_map(|codecs| codecs.split(',')).map(str::trim)
    }
}

/// Whether all specifiers of a REQ-VIDEO-LAYOUT are known.
fn is_known_layout(text: &str) -> bool {
    let known = ["CH-STEREO", "CH-MONO", "PROJ-RECT", "PROJ-EQUI", "PROJ-HEQU", "PROJ-PRIM"];
    text.split(',').flat_map(|entry| entry.split('/')).all(|it| known.contains(&it.trim()))
}

/// How large a picture is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Resolution {
    /// Pixels from left to right.
    pub width: u64,
    /// Pixels from top to bottom.
    pub height: u64,
}

impl Resolution {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (width, height) = text.split_once(['x', 'X'])?;
        let number = |text| crate::integer::read(text).ok();
        Some(Self { width: number(width)?, height: number(height)? })
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// How the output must be protected: any level, those of the draft as constants.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent, bound(deserialize = "'de: 'p")))]
pub struct HdcpLevel<'p>(pub &'p str);

impl HdcpLevel<'static> {
    /// Not at all.
    pub const NONE: Self = Self("NONE");
    /// By HDCP Type 0 or the like.
    pub const TYPE_0: Self = Self("TYPE-0");
    /// By HDCP Type 1 or the like.
    pub const TYPE_1: Self = Self("TYPE-1");
}

/// A dynamic range: any name, those of the draft as constants. A client that does not know the
/// range does not choose the variant.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent, bound(deserialize = "'de: 'p")))]
pub struct VideoRange<'p>(pub &'p str);

impl VideoRange<'static> {
    /// The standard range.
    pub const SDR: Self = Self("SDR");
    /// Hybrid log-gamma.
    pub const HLG: Self = Self("HLG");
    /// The perceptual quantizer.
    pub const PQ: Self = Self("PQ");
}

/// CLOSED-CAPTIONS of a variant.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ClosedCaptions<'p> {
    /// There are none in any variant.
    None,
    /// Those of this group.
    Group(&'p str),
}
