//! The attributes of each tag (RFC 8216bis §4.4), one a line.

use crate::kind::{is_media_tag, is_multivariant_tag};

/// What an attribute's value must look like (RFC 8216bis §4.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shape {
    Integer,
    Hexadecimal,
    Decimal,
    Signed,
    Quoted,
    QuotedOrEmpty,
    /// One of these words, without quotes.
    Word(&'static [&'static str]),
    /// Any word, without quotes: what is not known is for the client to ignore.
    AnyWord,
    /// A word or a quoted string.
    WordOrQuoted(&'static str),
    Resolution,
    /// Quoted `n[@o]`.
    Range,
    /// Quoted.
    Date,
    /// Quoted: letters, digits, and some signs.
    StableId,
    /// Quoted: letters, digits, `-` and `_`.
    Variable,
    /// Quoted: letters, digits and `.-_`.
    PathwayId,
    /// Quoted: an RFC 5646 tag.
    Language,
    /// A decimal number above 0.
    Positive,
    /// Quoted: a number, and lists of identifiers after slashes.
    Channels,
    /// Quoted: for each KEYFORMAT the labels of devices.
    DeviceLabels,
    /// Quoted: entries with one of these between them, none of them empty.
    Entries(&'static [char]),
    /// Quoted: words with commas between them.
    Words,
}

/// An attribute of a tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) is_required: bool,
}

const fn may(name: &'static str, shape: Shape) -> Rule {
    Rule { name, shape, is_required: false }
}

const fn must(name: &'static str, shape: Shape) -> Rule {
    Rule { name, shape, is_required: true }
}

use Shape::*;

const YES: Shape = Word(&["YES"]);
const YES_NO: Shape = Word(&["YES", "NO"]);

/// The tags with attribute lists.
pub(super) const TAGS: &[(&str, &[Rule])] = &[
    ("EXT-X-START", &[must("TIME-OFFSET", Signed), may("PRECISE", YES_NO)]),
    (
        "EXT-X-DEFINE",
        &[
            may("NAME", Variable),
            may("VALUE", QuotedOrEmpty),
            may("IMPORT", Variable),
            may("QUERYPARAM", Variable),
        ],
    ),
    ("EXT-X-PART-INF", &[must("PART-TARGET", Decimal)]),
    (
        "EXT-X-SERVER-CONTROL",
        &[
            may("CAN-SKIP-UNTIL", Decimal),
            may("CAN-SKIP-DATERANGES", YES),
            may("HOLD-BACK", Decimal),
            may("PART-HOLD-BACK", Decimal),
            may("CAN-BLOCK-RELOAD", YES),
        ],
    ),
    ("EXT-X-KEY", KEY),
    ("EXT-X-SESSION-KEY", KEY),
    ("EXT-X-MAP", &[must("URI", Quoted), may("BYTERANGE", Range)]),
    (
        "EXT-X-PART",
        &[
            must("URI", Quoted),
            must("DURATION", Decimal),
            may("INDEPENDENT", YES),
            may("BYTERANGE", Range),
            may("GAP", YES),
        ],
    ),
    (
        "EXT-X-DATERANGE",
        &[
            must("ID", Quoted),
            may("CLASS", Quoted),
            may("START-DATE", Date),
            may("CUE", Words),
            may("END-DATE", Date),
            may("DURATION", Decimal),
            may("PLANNED-DURATION", Decimal),
            may("SCTE35-CMD", Hexadecimal),
            may("SCTE35-OUT", Hexadecimal),
            may("SCTE35-IN", Hexadecimal),
            may("END-ON-NEXT", YES),
        ],
    ),
    (
        "EXT-X-SKIP",
        &[must("SKIPPED-SEGMENTS", Integer), may("RECENTLY-REMOVED-DATERANGES", QuotedOrEmpty)],
    ),
    (
        "EXT-X-PRELOAD-HINT",
        &[
            must("TYPE", AnyWord),
            must("URI", Quoted),
            may("BYTERANGE-START", Integer),
            may("BYTERANGE-LENGTH", Integer),
        ],
    ),
    (
        "EXT-X-RENDITION-REPORT",
        &[must("URI", Quoted), may("LAST-MSN", Integer), may("LAST-PART", Integer)],
    ),
    (
        "EXT-X-MEDIA",
        &[
            must("TYPE", Word(&["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"])),
            may("URI", Quoted),
            must("GROUP-ID", Quoted),
            may("LANGUAGE", Language),
            may("ASSOC-LANGUAGE", Language),
            must("NAME", Quoted),
            may("STABLE-RENDITION-ID", StableId),
            may("DEFAULT", YES_NO),
            may("AUTOSELECT", YES_NO),
            may("FORCED", YES_NO),
            may("INSTREAM-ID", Quoted),
            may("BIT-DEPTH", Integer),
            may("SAMPLE-RATE", Integer),
            may("CHARACTERISTICS", Entries(&[','])),
            may("CHANNELS", Channels),
        ],
    ),
    (
        "EXT-X-STREAM-INF",
        &[
            must("BANDWIDTH", Integer),
            may("AVERAGE-BANDWIDTH", Integer),
            may("SCORE", Positive),
            may("CODECS", Entries(&[','])),
            may("SUPPLEMENTAL-CODECS", Entries(&[',', '/'])),
            may("RESOLUTION", Resolution),
            may("FRAME-RATE", Decimal),
            may("HDCP-LEVEL", Word(&["TYPE-0", "TYPE-1", "NONE"])),
            may("ALLOWED-CPC", DeviceLabels),
            may("VIDEO-RANGE", AnyWord),
            may("REQ-VIDEO-LAYOUT", Quoted),
            may("STABLE-VARIANT-ID", StableId),
            may("AUDIO", Quoted),
            may("VIDEO", Quoted),
            may("SUBTITLES", Quoted),
            may("CLOSED-CAPTIONS", WordOrQuoted("NONE")),
            may("PATHWAY-ID", PathwayId),
        ],
    ),
    (
        "EXT-X-I-FRAME-STREAM-INF",
        &[
            must("URI", Quoted),
            must("BANDWIDTH", Integer),
            may("AVERAGE-BANDWIDTH", Integer),
            may("SCORE", Positive),
            may("CODECS", Entries(&[','])),
            may("SUPPLEMENTAL-CODECS", Entries(&[',', '/'])),
            may("RESOLUTION", Resolution),
            may("HDCP-LEVEL", Word(&["TYPE-0", "TYPE-1", "NONE"])),
            may("ALLOWED-CPC", DeviceLabels),
            may("VIDEO-RANGE", AnyWord),
            may("REQ-VIDEO-LAYOUT", Quoted),
            may("STABLE-VARIANT-ID", StableId),
            may("VIDEO", Quoted),
            may("PATHWAY-ID", PathwayId),
        ],
    ),
    (
        "EXT-X-SESSION-DATA",
        &[
            must("DATA-ID", Quoted),
            may("VALUE", Quoted),
            may("URI", Quoted),
            may("FORMAT", Word(&["JSON", "RAW"])),
            may("LANGUAGE", Language),
        ],
    ),
    ("EXT-X-CONTENT-STEERING", &[must("SERVER-URI", Quoted), may("PATHWAY-ID", PathwayId)]),
];

const KEY: &[Rule] = &[
    must("METHOD", AnyWord),
    may("URI", Quoted),
    may("IV", Hexadecimal),
    may("KEYFORMAT", Quoted),
    may("KEYFORMATVERSIONS", Quoted),
];

/// The tags that stand alone, without a value.
pub(super) const FLAGS: &[&str] = &[
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-ENDLIST",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-DISCONTINUITY",
    "EXT-X-GAP",
];

/// The tags whose value is an integer.
pub(super) const INTEGERS: &[&str] =
    &["EXT-X-VERSION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-BITRATE"];

/// The tags that may stand once only.
pub(super) const ONCE: &[&str] = &[
    "EXT-X-VERSION",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-START",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-ENDLIST",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-SKIP",
    "EXT-X-CONTENT-STEERING",
];

/// The attributes of the tag, with its name.
pub(super) fn of(name: &str) -> Option<(&'static str, &'static [Rule])> {
    TAGS.iter().find(|(tag, _)| *tag == name).copied()
}

/// The name among `names`.
pub(super) fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().find(|known| **known == name).copied()
}

/// Whether the draft has a tag of this name, but for EXTM3U.
pub(super) fn is_known(name: &str) -> bool {
    is_media_tag(name)
        || is_multivariant_tag(name)
        || matches!(
            name,
            "EXT-X-VERSION" | "EXT-X-INDEPENDENT-SEGMENTS" | "EXT-X-START" | "EXT-X-DEFINE"
        )
}
