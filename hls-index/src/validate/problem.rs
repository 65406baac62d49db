use crate::attributes::AttributeErrorKind;
use crate::error::ParseErrorKind;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Severity {
    /// It breaks a MUST: clients may refuse the playlist.
    MustFix,
    /// It breaks a SHOULD: it plays, but some clients will play it worse.
    ShouldFix,
}

macro_rules! problems {
    ($($(#[$meta:meta])* $name:ident $(($($value:ident: $type:ty),+))? = $severity:ident, $rule:literal, $message:literal;)+) => {
        /// What is wrong with a playlist, as [`validate`](crate::validate) finds it.
        #[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
        #[non_exhaustive]
        pub enum Problem {
            $(
                #[doc = $message]
                #[error($message)]
                $name $(($($type),+))?,
            )+
            /// What the parser refuses however lenient it is.
            #[error("{0}")]
            Refused(ParseErrorKind),
        }

        impl Problem {
            /// The section of RFC 8216bis (revision 22) that has the rule, as `4.4.3.1`.
            #[must_use]
            pub const fn rule(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $rule,)+
                    Self::Refused(kind) => kind.rule(),
                }
            }

            /// Whether the rule is a MUST or a SHOULD.
            #[must_use]
            pub const fn severity(&self) -> Severity {
                match self {
                    $(Self::$name { .. } => Severity::$severity,)+
                    Self::Refused(_) => Severity::MustFix,
                }
            }
        }
    };
}

problems! {
    ByteOrderMark = MustFix, "4.1", "a byte order mark";
    WhiteSpace = MustFix, "4.1", "white space at an end of the line";
    WhiteSpaceWithin = MustFix, "4.1", "white space where none may be: before a value or in a URI, or a tab";
    FirstLine = MustFix, "4.4.1.1", "the first line is not #EXTM3U";
    Mixed = MustFix, "4.4.6", "tags of media playlists and of multivariant playlists";
    Duplicate(tag: &'static str) = MustFix, "4.4", "a second {0}";
    Missing(tag: &'static str) = MustFix, "4.4", "there is no {0}";
    ValueNotExpected(tag: &'static str) = MustFix, "4.4", "{0} takes no value";
    NotAnInteger(tag: &'static str) = MustFix, "4.2", "the value of {0} is not a decimal integer";
    VersionTooLow(version: u64) = MustFix, "8", "EXT-X-VERSION must be at least {0}";
    VersionTooHigh(version: u64) = ShouldFix, "6.2.1", "EXT-X-VERSION need not be more than {0}";

    List(kind: AttributeErrorKind) = MustFix, "4.2", "attribute list: {0}";
    ListWhiteSpace = MustFix, "4.2", "white space or a last comma in an attribute list";
    MissingAttribute(tag: &'static str, attribute: &'static str) = MustFix, "4.4", "{0} has no {1}";
    NotAValue(attribute: &'static str, expected: &'static str) = MustFix, "4.2", "{0} is not {1}";
    EmptyValue(attribute: &'static str) = MustFix, "4.2", "{0} is empty";
    RepeatedWord(attribute: &'static str) = ShouldFix, "4.2", "{0} has a word twice";
    UnknownAttribute(tag: &'static str) = ShouldFix, "4.4", "an attribute that {0} has not";
    Undefined = MustFix, "6.3.1", "no EXT-X-DEFINE before it defines the variable";

    AfterSegment(tag: &'static str) = MustFix, "4.4.3", "{0} after the first segment";
    AfterDiscontinuity = MustFix, "4.4.3.3", "EXT-X-DISCONTINUITY-SEQUENCE after EXT-X-DISCONTINUITY";
    NotATargetDuration = MustFix, "4.4.3.1", "the target duration is not an integer of at least 1";
    NotAPlaylistType = MustFix, "4.4.3.5", "the playlist type is neither EVENT nor VOD";
    VodWithoutEnd = ShouldFix, "6.2.1", "a VOD playlist without EXT-X-ENDLIST";
    SkipBoundaryTooShort = MustFix, "4.4.3.8", "CAN-SKIP-UNTIL is less than six target durations";
    SkipDateRangesAlone = MustFix, "4.4.3.8", "CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL";
    HoldBackTooShort = MustFix, "4.4.3.8", "HOLD-BACK is less than three target durations";
    PartHoldBackTooShort = MustFix, "4.4.3.8", "PART-HOLD-BACK is less than two part targets";
    PartHoldBackShort = ShouldFix, "4.4.3.8", "PART-HOLD-BACK is less than three part targets";
    NoPartHoldBack = MustFix, "4.4.3.8", "EXT-X-PART-INF without PART-HOLD-BACK";

    SegmentTooLong = MustFix, "4.4.3.1", "the segment is longer than the target duration";
    NoDuration = MustFix, "4.4.4.1", "a segment without EXTINF";
    NoSegment = MustFix, "4.4.4.1", "EXTINF without a segment";
    NotADuration = MustFix, "4.4.4.1", "the duration is not a decimal number of seconds";
    NoComma = MustFix, "4.4.4.1", "EXTINF without a comma after the duration";
    NotAByteRange = MustFix, "4.4.4.2", "a byte range is a length, or a length, @ and an offset";
    RangeWithoutOffset = MustFix, "4.4.4.2", "a byte range without offset that does not follow one of the same resource";
    MapRangeWithoutOffset = MustFix, "4.4.4.5", "the byte range of EXT-X-MAP has no offset";
    KeyNoneWithAttributes = MustFix, "4.4.4.4", "other attributes beside METHOD=NONE";
    IvForbidden = MustFix, "4.4.4.4", "an IV with a METHOD that has none";
    MapNeedsIv = MustFix, "4.4.4.5", "an EXT-X-MAP encrypted with AES-128 whose EXT-X-KEY has no IV";
    NotADate = MustFix, "4.4.4.6", "the date cannot be read";
    DateNotExact = ShouldFix, "4.4.4.6", "the date has no time zone or no milliseconds";
    AmbiguousDate = MustFix, "6.2.1", "this EXT-X-PROGRAM-DATE-TIME gives segments dates that earlier ones have";
    NoDateAtDiscontinuity = ShouldFix, "6.2.1", "EXT-X-DISCONTINUITY without EXT-X-PROGRAM-DATE-TIME, which other segments have";

    PartTooLong = MustFix, "4.4.4.9", "the part is longer than the part target";
    PartTooShort = MustFix, "4.4.4.9", "the part is shorter than 85% of the part target";
    AfterPart = MustFix, "4.4.4.9", "a tag that must come before the first part of its segment";
    PartRangeWithoutOffset = MustFix, "4.4.4.9", "a byte range without offset that follows none of the same segment";
    PartsOfIFrames = ShouldFix, "4.4.4.9", "parts in a playlist of I-frames";
    HintAfterEnd = MustFix, "4.4.5.3", "EXT-X-PRELOAD-HINT in a playlist with EXT-X-ENDLIST";
    SecondHint = ShouldFix, "6.2.6", "a second EXT-X-PRELOAD-HINT of one TYPE";
    StartPastEnd = ShouldFix, "4.4.2.2", "TIME-OFFSET is longer than the playlist";
    StartNearEnd = ShouldFix, "4.4.2.2", "TIME-OFFSET within three target durations of the end";

    ReportNotRelative = MustFix, "4.4.5.4", "the URI of EXT-X-RENDITION-REPORT is not relative";
    DateRangeWithoutDates = MustFix, "4.4.5.1", "EXT-X-DATERANGE in a playlist without EXT-X-PROGRAM-DATE-TIME";
    NoStartDate = MustFix, "4.4.5.1", "EXT-X-DATERANGE has no START-DATE, nor has an earlier one of its ID";
    EndsBeforeItStarts = MustFix, "4.4.5.1", "the date range ends before it starts";
    EndContradicts = MustFix, "4.4.5.1", "END-DATE is not START-DATE and DURATION";
    AttributesContradict = MustFix, "4.4.5.1", "an attribute that an earlier EXT-X-DATERANGE of its ID has with another value";
    EndOnNextNeedsClass = MustFix, "4.4.5.1", "END-ON-NEXT without CLASS";
    EndOnNextWithEnd = MustFix, "4.4.5.1", "END-ON-NEXT with DURATION or END-DATE";
    OverlapsEndOnNext = MustFix, "4.4.5.1", "date ranges of a class with END-ON-NEXT overlap";
    NotAnExtensionValue = MustFix, "4.4.5.1", "the value of an X- attribute is not in double quotes, hexadecimal or a number";
    CueBeforeAndAfter = MustFix, "4.4.5.1", "CUE with both PRE and POST";
    NotOneAsset = MustFix, "D.2", "an interstitial has either X-ASSET-URI or X-ASSET-LIST";
    PreloadNotWhole = MustFix, "F", "a preload has X-URI, X-TARGET-ID, X-TARGET-CLASS and an end, and neither CUE nor END-ON-NEXT";

    VariantWithoutUri = MustFix, "4.4.6.2", "EXT-X-STREAM-INF without a URI after it";
    UriWithoutVariant = MustFix, "4.4.6.2", "a URI without EXT-X-STREAM-INF before it";
    NoCodecs = ShouldFix, "4.4.6.2", "EXT-X-STREAM-INF has no CODECS";
    GroupNeedsCodecs = MustFix, "4.4.6.1.1", "a variant that names a group of renditions has no CODECS";
    SupplementWithoutCodecs = MustFix, "4.4.6.2", "SUPPLEMENTAL-CODECS without CODECS";
    NotAllHaveScores = ShouldFix, "4.4.6.2", "some variants have a SCORE and this one has not";
    NoSuchGroup(attribute: &'static str) = MustFix, "4.4.6.2", "{0} names a group that no EXT-X-MEDIA belongs to";
    NotAllWithoutCaptions = MustFix, "4.4.6.2", "some variants have CLOSED-CAPTIONS=NONE and this one has not";
    LayoutNotNeeded = ShouldFix, "4.4.6.2", "REQ-VIDEO-LAYOUT says no more than what is so without it";
    EmptyLayout = MustFix, "4.4.6.2", "an empty entry in REQ-VIDEO-LAYOUT";
    RepeatedLayout = MustFix, "4.4.6.2", "an entry in REQ-VIDEO-LAYOUT says the same twice";
    StableIdsDiffer(attribute: &'static str) = ShouldFix, "4.4.6", "the same URI has another {0} elsewhere";
    NotAStableId(attribute: &'static str) = MustFix, "4.4.6", "{0} has other characters than letters, digits and +/=.-_";

    SubtitlesNeedUri = MustFix, "4.4.6.2.1", "subtitles without URI";
    CaptionsHaveNoUri = MustFix, "4.4.6.1", "closed captions with a URI";
    NotAnInstreamId = MustFix, "4.4.6.1", "closed captions need an INSTREAM-ID of CC1 to CC4 or SERVICE1 to SERVICE63";
    OnlyForAudio(attribute: &'static str) = MustFix, "4.4.6.1", "{0} is for audio only";
    ForcedOnlyForSubtitles = MustFix, "4.4.6.1", "FORCED is for subtitles only";
    DefaultNotAutoselect = MustFix, "4.4.6.1", "AUTOSELECT must be YES where DEFAULT is";
    SameName = MustFix, "4.4.6.1.1", "another rendition of the group has the same NAME";
    SecondDefault = MustFix, "4.4.6.1.1", "another rendition of the group is the default";
    GroupsDiffer = MustFix, "4.4.6.1.1", "groups of one TYPE must have the same members";
    MembersDiffer = MustFix, "4.4.6.1.1", "the member of this NAME in another group of the TYPE has other attributes";
    SameAutoselect = ShouldFix, "4.4.6.1.1", "another rendition of the group that is chosen by itself has the same LANGUAGE, ASSOC-LANGUAGE, FORCED and CHARACTERISTICS";
    NoChannels = ShouldFix, "4.4.6.1", "audio without CHANNELS";
    NotOneValue = MustFix, "4.4.6.4", "EXT-X-SESSION-DATA has either VALUE or URI";
    SameData = MustFix, "4.4.6.4", "another EXT-X-SESSION-DATA has the same DATA-ID and LANGUAGE";
    SessionKeyNone = MustFix, "4.4.6.5", "EXT-X-SESSION-KEY with METHOD=NONE";
    SameSessionKey = MustFix, "4.4.6.5", "another EXT-X-SESSION-KEY says the same";
    NotAPathwayId = MustFix, "7.2", "a pathway ID has other characters than letters, digits and .-_";
    NoSuchPathway = MustFix, "4.4.6.6", "PATHWAY-ID names a pathway that no variant belongs to";
}

impl ParseErrorKind {
    /// The section of RFC 8216bis that has the rule, or the guard that stands for it.
    pub(crate) const fn rule(&self) -> &'static str {
        match self {
            Self::Empty | Self::NotAPlaylist => "4.4.1.1",
            Self::NotUtf8 | Self::ControlCharacter | Self::LoneCarriageReturn => "4.1",
            Self::NotADefinition
            | Self::NotAVariableName
            | Self::DuplicateVariable
            | Self::VariableNotImported
            | Self::NoSuchQueryParameter
            | Self::ImportInMultivariant => "4.4.2.3",
            Self::UndefinedVariable => "6.3.1",
            Self::Attribute(_) | Self::NotAnInteger { .. } | Self::IntegerTooLarge { .. } => "4.2",
            Self::MissingDuration => "4.4.4.1",
            Self::NotAByteRange | Self::ByteRangeTooLarge | Self::ByteRangeWithoutOffset => {
                "4.4.4.2"
            }
            _ => "4",
        }
    }
}
