use alloc::vec::Vec;

use super::{
    CONTENT_STEERING, ContentSteering, I_FRAME_STREAM_INF, MEDIA, MultivariantPlaylist, Rendition,
    SESSION_DATA, SESSION_KEY, STREAM_INF, SessionData, Variant, VariantPlace,
};
use crate::define::{Expansions, Source};
use crate::error::{Fault, ParseErrorKind};
use crate::key::Key;
use crate::kind::is_media_tag;
use crate::reader::{Reader, TagLine};
use crate::scan::{Scanner, Span, check_first_line};
use crate::start::Start;
use crate::text::{Text, TextSpan};

/// Parses `text`: one pass over the lines.
pub(super) fn parse<'a>(
    text: &'a str,
    source: &Source<'_>,
) -> Result<MultivariantPlaylist<'a>, Fault> {
    check_first_line(text.as_bytes())?;
    if u32::try_from(text.len()).is_err() {
        return Err(Fault::new(0, ParseErrorKind::TextTooLong));
    }
    let mut scanner = Scanner::new(text, source.accepted());
    let mut parser = Parser {
        reader: Reader::new(text, source, Expansions::default()),
        playlist: MultivariantPlaylist {
            text: Text { written: text.into(), expansions: Expansions::default() },
            version: None,
            start: None,
            has_independent_segments: false,
            variants: Vec::new(),
            i_frame_variants: Vec::new(),
            renditions: Vec::new(),
            session_data: Vec::new(),
            session_keys: Vec::new(),
            content_steering: None,
        },
        stream_inf: None,
        has_start: false,
    };
    while let Some(line) = scanner.next_line()? {
        parser.reader.has_brace = scanner.has_brace();
        parser.line(line)?;
    }
    parser.playlist.text.expansions = parser.reader.expander.expansions;
    Ok(parser.playlist)
}

struct Parser<'a, 's> {
    reader: Reader<'a, 's>,
    playlist: MultivariantPlaylist<'a>,
    /// The EXT-X-STREAM-INF that waits for its URI; within it, whether it is one to keep.
    stream_inf: Option<(TextSpan, bool)>,
    has_start: bool,
}

impl Parser<'_, '_> {
    fn line(&mut self, line: Span) -> Result<(), Fault> {
        if let Some(tag) = self.reader.tag(line) {
            return self.tag(tag);
        }
        let text = &self.reader.text[line.start..line.end];
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        // A URI that belongs to no tag is passed over, as players do.
        if let Some((attributes, is_known)) = self.stream_inf.take() {
            let uri = line.into();
            self.reader.expand_uri(uri)?;
            if is_known {
                self.count(line)?;
                self.playlist.variants.push(VariantPlace { attributes, uri });
            }
        }
        Ok(())
    }

    fn tag(&mut self, tag: TagLine<'_>) -> Result<(), Fault> {
        let (span, limit) = (tag.value, self.reader.limits.attributes);
        match tag.name {
            "EXT-X-VERSION" => {
                let version = self.reader.given("EXT-X-VERSION", span)?.integer()?;
                return tag.once("EXT-X-VERSION", self.playlist.version.replace(version).is_none());
            }
            "EXT-X-INDEPENDENT-SEGMENTS" => self.playlist.has_independent_segments = true,
            "EXT-X-DEFINE" => {
                self.refuse_import(span)?;
                self.reader.define(span)?;
            }
            "EXT-X-START" => {
                self.reader.expand_list(span)?;
                self.playlist.start =
                    Start::read(self.reader.value("EXT-X-START", span), limit).ok();
                return tag.once("EXT-X-START", !core::mem::replace(&mut self.has_start, true));
            }
            STREAM_INF => {
                self.reader.expand_list(span)?;
                let value = self.reader.value(STREAM_INF, span);
                let is_known = Variant::read(value, Some(""), limit)?.is_some();
                self.stream_inf = Some((span, is_known));
            }
            I_FRAME_STREAM_INF => {
                self.reader.expand_list(span)?;
                let value = self.reader.value(I_FRAME_STREAM_INF, span);
                if Variant::read(value, None, limit)?.is_some() {
                    self.count(tag.line)?;
                    self.playlist.i_frame_variants.push(span);
                }
            }
            MEDIA => {
                self.reader.expand_list(span)?;
                if Rendition::read(self.reader.value(MEDIA, span), limit)?.is_some() {
                    self.count(tag.line)?;
                    self.playlist.renditions.push(span);
                }
            }
            SESSION_DATA => {
                self.reader.expand_list(span)?;
                SessionData::read(self.reader.value(SESSION_DATA, span), limit)?;
                self.count(tag.line)?;
                self.playlist.session_data.push(span);
            }
            SESSION_KEY => {
                self.reader.expand_list(span)?;
                if Key::read(self.reader.value(SESSION_KEY, span), limit)?.is_some() {
                    self.count(tag.line)?;
                    self.playlist.session_keys.push(span);
                }
            }
            CONTENT_STEERING => {
                self.reader.expand_list(span)?;
                ContentSteering::read(self.reader.value(CONTENT_STEERING, span), limit)?;
                let is_first = self.playlist.content_steering.replace(span).is_none();
                return tag.once(CONTENT_STEERING, is_first);
            }
            name if is_media_tag(name) => {
                return Err(Fault::new(tag.line.start, ParseErrorKind::Mixed));
            }
            _ => {}
        }
        Ok(())
    }

    /// Holds the number of variants, renditions and the like to that of segments.
    fn count(&self, line: Span) -> Result<(), Fault> {
        let playlist = &self.playlist;
        let limit = self.reader.limits.segments;
        let count = playlist.variants.len()
            + playlist.i_frame_variants.len()
            + playlist.renditions.len()
            + playlist.session_data.len()
            + playlist.session_keys.len();
        match count < limit {
            true => Ok(()),
            false => Err(Fault::new(line.start, ParseErrorKind::TooManySegments { limit })),
        }
    }

    fn refuse_import(&self, span: TextSpan) -> Result<(), Fault> {
        let value = self.reader.value("EXT-X-DEFINE", span);
        let mut attributes = value.attributes(self.reader.limits.attributes);
        match attributes.any(|attribute| attribute.is_ok_and(|named| named.name == "IMPORT")) {
            true => Err(value.fault(ParseErrorKind::ImportInMultivariant)),
            false => Ok(()),
        }
    }
}
