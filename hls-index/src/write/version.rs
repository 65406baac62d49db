//! The EXT-X-VERSION that a tag takes (RFC 8216bis §8).

use super::NewTag;

/// What `tag` takes for itself, wherever it stands; 1 when any reader may have it.
pub(super) fn of(tag: &NewTag) -> u64 {
    let has = |name| find(tag, name).is_some();
    let by_name = match tag.name() {
        "EXT-X-KEY" if has("KEYFORMAT") || has("KEYFORMATVERSIONS") => 5,
        "EXT-X-KEY" if find(tag, "METHOD").is_some_and(|it| it.starts_with("SAMPLE-AES")) => 5,
        "EXT-X-KEY" if has("IV") => 2,
        "EXT-X-DEFINE" if has("QUERYPARAM") => 11,
        "EXT-X-DEFINE" => 8,
        "EXT-X-SKIP" if has("RECENTLY-REMOVED-DATERANGES") => 10,
        "EXT-X-SKIP" => 9,
        "EXT-X-MEDIA" => of_rendition(tag),
        _ => 1,
    };
    if has_required(tag) { by_name.max(12) } else { by_name }
}

fn of_rendition(tag: &NewTag) -> u64 {
    match find(tag, "INSTREAM-ID") {
        Some(_) if find(tag, "TYPE") != Some("CLOSED-CAPTIONS") => 13,
        Some(id) if id.starts_with("SERVICE") => 7,
        _ => 1,
    }
}

/// Whether readers must know an attribute of it.
fn has_required(tag: &NewTag) -> bool {
    const PREFIX: &str = "REQ-";
    // Most often it is not even in the text.
    let mut attributes = tag.attributes().iter().filter_map(Result::ok);
    tag.text().contains(PREFIX) && attributes.any(|it| it.name.starts_with(PREFIX))
}

fn find<'t>(tag: &'t NewTag, name: &str) -> Option<&'t str> {
    tag.attributes().find(name).ok().flatten().map(crate::AttributeValue::text)
}
