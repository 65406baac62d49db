use crate::attributes::AttributeErrorKind;
use crate::date::ParseDateTimeError;

/// Why a text is no playlist, and where.
///
/// ```
/// use hls_index::{MediaPlaylist, ParseErrorKind};
///
/// let error = MediaPlaylist::parse("#EXTM3U\n#EXTINF:-1,\na.mp4\n").unwrap_err();
/// assert_eq!((error.line, error.column), (2, 9));
/// assert_eq!(error.kind, ParseErrorKind::NotADuration);
/// assert_eq!(
///     error.to_string(),
///     "line 2, column 9: the duration is not a decimal number of seconds"
/// );
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct ParseError {
    /// The line, counted from 1.
    pub line: u32,
    /// The character within the line, counted from 1 (a byte order mark counts for nothing).
    pub column: u32,
    /// What is wrong there.
    pub kind: ParseErrorKind,
}

/// What is wrong with a playlist.
///
/// `tag` is the name without its `#`: `EXT-X-KEY`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// There is nothing in the text.
    #[error("not a playlist: it is empty")]
    Empty,
    /// The text does not begin with the `#EXTM3U` line (RFC 8216 §4.3.1.1).
    #[error("not a playlist: the first line is not #EXTM3U")]
    NotAPlaylist,
    /// It lists playlists, not segments (RFC 8216 §4.3.4).
    #[error("this is a multivariant playlist; choose one of the media playlists that it lists")]
    Multivariant,
    /// It has tags of both sorts of playlist (RFC 8216 §4.3.4).
    #[error("a tag of a multivariant playlist in a media playlist")]
    Mixed,
    /// There is a first line and nothing after it that makes a media playlist.
    #[error("not a media playlist: it has neither a segment nor a media playlist tag")]
    NoMediaTag,

    /// The text is longer than `u32::MAX` bytes.
    #[error("the playlist is longer than 4 GiB")]
    TextTooLong,
    /// See [`Limits::line_bytes`](crate::Limits::line_bytes).
    #[error("the line is longer than {limit} bytes")]
    LineTooLong {
        /// The limit.
        limit: usize,
    },
    /// See [`Limits::segments`](crate::Limits::segments).
    #[error("more than {limit} segments")]
    TooManySegments {
        /// The limit.
        limit: usize,
    },
    /// See [`Limits::key_formats`](crate::Limits::key_formats).
    #[error("more than {limit} KEYFORMATs at once")]
    TooManyKeyFormats {
        /// The limit.
        limit: usize,
    },

    /// See [`Limits::variables`](crate::Limits::variables).
    #[error("more than {limit} variables")]
    TooManyVariables {
        /// The limit.
        limit: usize,
    },
    /// See [`Limits::expanded_bytes`](crate::Limits::expanded_bytes).
    #[error("the values of variables take more than {limit} bytes")]
    ExpansionTooLong {
        /// The limit.
        limit: usize,
    },

    /// The bytes are not UTF-8 (RFC 8216 §4.1).
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A control character other than CR, LF and TAB (RFC 8216 §4.1).
    #[error("a control character")]
    ControlCharacter,
    /// A CR that no LF follows (RFC 8216 §4.1).
    #[error("a carriage return that no line feed follows")]
    LoneCarriageReturn,

    /// A tag that stands for one fact of the playlist stands there twice.
    #[error("a second {tag}")]
    DuplicateTag {
        /// The tag.
        tag: &'static str,
    },
    /// A tag that needs a value has none.
    #[error("{tag} has no value")]
    MissingValue {
        /// The tag.
        tag: &'static str,
    },
    /// The value should be a decimal integer (RFC 8216 §4.2).
    #[error("the value of {tag} is not a decimal integer")]
    NotAnInteger {
        /// The tag.
        tag: &'static str,
    },
    /// The value is an integer past 2⁶⁴ − 1 (RFC 8216 §4.2).
    #[error("the value of {tag} is past 2^64 - 1")]
    IntegerTooLarge {
        /// The tag.
        tag: &'static str,
    },
    /// The duration of EXTINF or EXT-X-TARGETDURATION cannot be read.
    #[error("the duration is not a decimal number of seconds")]
    NotADuration,
    /// One duration, or the sum of all, is more than 584 years.
    #[error("the duration is more than 584 years")]
    DurationTooLong,
    /// A segment's URI with no EXTINF before it (RFC 8216 §4.3.2.1).
    #[error("a segment without EXTINF")]
    MissingDuration,
    /// The last segment's number would be past 2⁶⁴ − 1.
    #[error("the media sequence numbers run past 2^64 - 1")]
    MediaSequenceTooLarge,
    /// The last segment's discontinuity number would be past 2⁶⁴ − 1.
    #[error("the discontinuity sequence numbers run past 2^64 - 1")]
    DiscontinuitySequenceTooLarge,

    /// The value of EXT-X-BYTERANGE or BYTERANGE is not `n` or `n@o` (RFC 8216 §4.3.2.2).
    #[error("a byte range is written <length>[@<offset>]")]
    NotAByteRange,
    /// The range ends past 2⁶⁴ − 1.
    #[error("the byte range ends past 2^64 - 1")]
    ByteRangeTooLarge,
    /// The range has no offset, and the segment before it is no range of the same resource
    /// (RFC 8216 §4.3.2.2).
    #[error("a byte range without offset that does not follow one of the same resource")]
    ByteRangeWithoutOffset,
    /// The value of EXT-X-PROGRAM-DATE-TIME cannot be read (RFC 8216 §4.3.2.6).
    #[error("the date: {0}")]
    Date(ParseDateTimeError),

    /// An attribute list is broken (RFC 8216 §4.2).
    #[error("attribute list: {0}")]
    Attribute(AttributeErrorKind),
    /// An attribute that must be there is not.
    #[error("{tag} has no {attribute}")]
    MissingAttribute {
        /// The tag.
        tag: &'static str,
        /// The attribute.
        attribute: &'static str,
    },
    /// EXT-X-DEFINE has not just one of NAME, IMPORT and QUERYPARAM (RFC 8216bis §4.4.2.3).
    #[error("EXT-X-DEFINE must have NAME with VALUE, or IMPORT, or QUERYPARAM")]
    NotADefinition,
    /// A Variable Name has other characters than letters, digits, `-` and `_`.
    #[error("a variable name has letters, digits, - and _ only")]
    NotAVariableName,
    /// A Variable Name is defined for the second time.
    #[error("the variable is defined twice")]
    DuplicateVariable,
    /// A reference to a variable that no EXT-X-DEFINE before it defines (RFC 8216bis §6.3.1).
    #[error("no EXT-X-DEFINE before it defines the variable")]
    UndefinedVariable,
    /// IMPORT of a variable that the multivariant playlist has not, or there is none: see
    /// [`Source::imports`](crate::Source::imports).
    #[error("the multivariant playlist does not define the variable to import")]
    VariableNotImported,
    /// QUERYPARAM of a parameter that the playlist's URI has not, or not with a value that can
    /// stand in quotes, or the URI is not known: see [`Source::uri`](crate::Source::uri).
    #[error("the playlist's URI has no such query parameter with a proper value")]
    NoSuchQueryParameter,
    /// IMPORT in a multivariant playlist (RFC 8216bis §4.4.2.3).
    #[error("a multivariant playlist cannot import variables")]
    ImportInMultivariant,

    /// A value is not a decimal number (RFC 8216bis §4.2).
    #[error("the value is not a decimal number")]
    NotADecimal,
    /// A value is not `0x` with hexadecimal digits (RFC 8216bis §4.2).
    #[error("the value is not a hexadecimal sequence")]
    NotHexadecimal,
    /// END-DATE is before START-DATE (RFC 8216bis §4.4.5.1).
    #[error("the date range ends before it starts")]
    EndsBeforeItStarts,
    /// IV is not `0x` with 1 to 32 hexadecimal digits (RFC 8216 §4.3.2.4).
    #[error("the IV is not a hexadecimal number of at most 128 bits")]
    NotAnInitializationVector,
}

/// What is wrong, and at which byte of the text: what the parser's parts hand upward. Line and
/// column are counted only when there is somebody to read them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    pub(crate) offset: usize,
    pub(crate) kind: ParseErrorKind,
}

impl Fault {
    pub(crate) const fn new(offset: usize, kind: ParseErrorKind) -> Self {
        Self { offset, kind }
    }

    /// The error with its line and column, for a fault in `text`.
    pub(crate) fn locate(self, text: &[u8]) -> ParseError {
        let before = &text[..self.offset.min(text.len())];
        let before = before.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(before);
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let newlines = memchr::memchr_iter(b'\n', before).count();
        // Every byte but the ones that continue a character starts one.
        let characters = before[line_start..].iter().filter(|&&b| b & 0xC0 != 0x80).count();
        ParseError { line: one_based(newlines), column: one_based(characters), kind: self.kind }
    }
}

/// The mark that some editors put before a text in UTF-8.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{FEFF}";

fn one_based(count: usize) -> u32 {
    u32::try_from(count).map_or(u32::MAX, |count| count.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let text = "#EXTM3U\r\nähm\n\nx".as_bytes();
        let place = |offset| {
            let ParseError { line, column, .. } =
                Fault::new(offset, ParseErrorKind::Empty).locate(text);
            (line, column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(7), (1, 8));
        assert_eq!(place(9), (2, 1));
        assert_eq!(place(11), (2, 2), "a character of two bytes is one column");
        assert_eq!(place(text.len() - 1), (4, 1));
        assert_eq!(place(1000), (4, 2), "past the end is the end");
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let fault = Fault::new(3, ParseErrorKind::NotAPlaylist).locate("\u{FEFF}x".as_bytes());
        assert_eq!((fault.line, fault.column), (1, 1));
    }
}
