//! Which EXT-X-VERSION a playlist takes (RFC 8216bis §8).

use super::lines::{Item, Text};
use super::{Findings, Problem, schema};

/// Holds EXT-X-VERSION against what the playlist uses.
pub(super) fn check(text: &Text<'_>, findings: &mut Findings) {
    let needed = needed(text);
    let tag = text.tags("EXT-X-VERSION").next();
    let version = tag.map_or(Some(1), |tag| text.value(tag.value).integer().ok());
    let offset = tag.map_or(0, |tag| tag.value.start());
    if let Some(version) = version {
        findings.add_if(version < needed, offset, Problem::VersionTooLow(needed));
        findings.add_if(version > needed.max(1), offset, Problem::VersionTooHigh(needed));
    }
}

fn needed(text: &Text<'_>) -> u64 {
    let is_i_frames = text.tags("EXT-X-I-FRAMES-ONLY").next().is_some();
    let mut needed = if crate::define::first_reference(text.text).is_some() { 8 } else { 1 };
    for item in &text.items {
        let Item::Tag(tag) = item else { continue };
        needed = needed.max(match tag.name {
            "EXTINF" => {
                let duration = text.value(tag.value).text.split(',').next();
                if duration.is_some_and(|duration| duration.contains('.')) { 3 } else { 1 }
            }
            "EXT-X-BYTERANGE" | "EXT-X-I-FRAMES-ONLY" => 4,
            "EXT-X-MAP" => 5 + u64::from(!is_i_frames),
            "EXT-X-KEY" => {
                let attributes = text.attributes(*tag);
                if attributes.text("METHOD").is_some_and(|method| method.starts_with("SAMPLE-AES"))
                    || attributes.has("KEYFORMAT")
                    || attributes.has("KEYFORMATVERSIONS")
                {
                    5
                } else {
                    1 + u64::from(attributes.has("IV"))
                }
            }
            "EXT-X-SKIP" => 9 + u64::from(text.attributes(*tag).has("RECENTLY-REMOVED-DATERANGES")),
            "EXT-X-DEFINE" if text.attributes(*tag).has("QUERYPARAM") => 11,
            "EXT-X-MEDIA" => {
                let attributes = text.attributes(*tag);
                let id = attributes.text("INSTREAM-ID");
                match id {
                    Some(_) if attributes.text("TYPE") != Some("CLOSED-CAPTIONS") => 13,
                    Some(id) if id.starts_with("SERVICE") => 7,
                    _ => 1,
                }
            }
            _ => 1,
        });
        if schema::of(tag.name).is_some() {
            needed = needed.max(required(text, *tag));
        }
    }
    needed
}

/// 12 for a tag with an attribute that must be known.
fn required(text: &Text<'_>, tag: crate::reader::TagLine<'_>) -> u64 {
    let is_required = text.attributes(tag).0.iter().any(|named| named.name.starts_with("REQ-"));
    if is_required { 12 } else { 1 }
}
