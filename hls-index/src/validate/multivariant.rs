//! The rules of multivariant playlists (RFC 8216bis §4.4.6).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::lines::{Attributes, Item, Text};
use super::{Findings, Problem, version};

pub(super) fn check(text: &Text<'_>, findings: &mut Findings) {
    version::check(text, findings);
    uris(text, findings);
    let groups = renditions(text, findings);
    variants(text, &groups, findings);
    session(text, findings);
}

/// EXT-X-STREAM-INF and the URIs after them.
fn uris(text: &Text<'_>, findings: &mut Findings) {
    let mut waiting = None;
    for item in &text.items {
        match item {
            Item::Tag(tag) if tag.name == "EXT-X-STREAM-INF" => {
                if let Some(before) = waiting.replace(tag.line.start) {
                    findings.add(before, Problem::VariantWithoutUri);
                }
            }
            Item::Tag(_) => {}
            Item::Uri(line) => {
                let is_alone = waiting.take().is_none();
                findings.add_if(is_alone, line.start, Problem::UriWithoutVariant);
            }
        }
    }
    if let Some(before) = waiting {
        findings.add(before, Problem::VariantWithoutUri);
    }
}

/// The members of each group, by TYPE and GROUP-ID: their names.
type Groups = BTreeMap<String, BTreeMap<String, Group>>;

#[derive(Default)]
struct Group {
    names: BTreeSet<String>,
    has_default: bool,
    at: usize,
}

/// EXT-X-MEDIA, RFC 8216bis §4.4.6.1.
fn renditions(text: &Text<'_>, findings: &mut Findings) -> Groups {
    let mut groups = Groups::new();
    for tag in text.tags("EXT-X-MEDIA") {
        let start = tag.value.start();
        let attributes = text.attributes(tag);
        let rendition_type = attributes.text("TYPE").unwrap_or_default();
        rendition(&attributes, rendition_type, start, findings);
        let Some(group) = attributes.text("GROUP-ID") else { continue };
        let group = groups
            .entry(rendition_type.into())
            .or_default()
            .entry(group.into())
            .or_insert_with(|| Group { at: start, ..Group::default() });
        if let Some(name) = attributes.find("NAME") {
            let is_new = group.names.insert(name.text.into());
            findings.add_if(!is_new, name.offset, Problem::SameName);
        }
        if attributes.text("DEFAULT") == Some("YES") {
            findings.add_if(group.has_default, start, Problem::SecondDefault);
            group.has_default = true;
        }
    }
    for of_type in groups.values() {
        let mut of_type = of_type.values();
        if let Some(first) = of_type.next() {
            for group in of_type.filter(|group| group.names != first.names) {
                findings.add(group.at, Problem::GroupsDiffer);
            }
        }
    }
    groups
}

fn rendition(
    attributes: &Attributes<'_>,
    rendition_type: &str,
    start: usize,
    findings: &mut Findings,
) {
    let has_uri = attributes.has("URI");
    match rendition_type {
        "SUBTITLES" => findings.add_if(!has_uri, start, Problem::SubtitlesNeedUri),
        "CLOSED-CAPTIONS" => {
            findings.add_if(has_uri, start, Problem::CaptionsHaveNoUri);
            let is_id = attributes.text("INSTREAM-ID").is_some_and(is_captions_id);
            findings.add_if(!is_id, start, Problem::NotAnInstreamId);
        }
        "AUDIO" => findings.add_if(!attributes.has("CHANNELS"), start, Problem::NoChannels),
        _ => {}
    }
    if rendition_type != "AUDIO" {
        for name in ["BIT-DEPTH", "SAMPLE-RATE", "CHANNELS"] {
            findings.add_if(attributes.has(name), start, Problem::OnlyForAudio(name));
        }
    }
    let is_forced = attributes.has("FORCED") && rendition_type != "SUBTITLES";
    findings.add_if(is_forced, start, Problem::ForcedOnlyForSubtitles);
    let autoselect = attributes.text("AUTOSELECT");
    let is_refused = attributes.text("DEFAULT") == Some("YES")
        && autoselect.is_some_and(|autoselect| autoselect != "YES");
    findings.add_if(is_refused, start, Problem::DefaultNotAutoselect);
}

fn is_captions_id(id: &str) -> bool {
    let service = id.strip_prefix("SERVICE").map(crate::integer::read);
    matches!(id, "CC1" | "CC2" | "CC3" | "CC4") || matches!(service, Some(Ok(1..=63)))
}

/// EXT-X-STREAM-INF and EXT-X-I-FRAME-STREAM-INF, RFC 8216bis §4.4.6.2.
fn variants(text: &Text<'_>, groups: &Groups, findings: &mut Findings) {
    let mut scored = Vec::new();
    let (mut captions, mut has_none) = (Vec::new(), false);
    for item in &text.items {
        let Item::Tag(tag) = item else { continue };
        let is_variant = tag.name == "EXT-X-STREAM-INF";
        if !is_variant && tag.name != "EXT-X-I-FRAME-STREAM-INF" {
            continue;
        }
        let start = tag.value.start();
        let attributes = text.attributes(*tag);
        for name in ["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"] {
            let Some(group) = attributes.0.iter().find(|named| named.name == name) else {
                continue;
            };
            let is_there = groups.get(name).is_some_and(|ids| ids.contains_key(group.value.text));
            let is_wrong = group.is_quoted && !is_there;
            findings.add_if(is_wrong, group.value.offset, Problem::NoSuchGroup(name_of(name)));
        }
        layout(&attributes, findings);
        if is_variant {
            findings.add_if(!attributes.has("CODECS"), start, Problem::NoCodecs);
            let none = attributes.0.iter().any(|named| {
                named.name == "CLOSED-CAPTIONS" && !named.is_quoted && named.value.text == "NONE"
            });
            has_none |= none;
            captions.push((start, none));
            scored.push((start, attributes.has("SCORE")));
        }
    }
    let some_scored = scored.iter().any(|&(_, has)| has);
    for (start, _) in scored.into_iter().filter(|&(_, has)| some_scored && !has) {
        findings.add(start, Problem::NotAllHaveScores);
    }
    for (start, _) in captions.into_iter().filter(|&(_, none)| has_none && !none) {
        findings.add(start, Problem::NotAllWithoutCaptions);
    }
}

fn name_of(name: &str) -> &'static str {
    match name {
        "AUDIO" => "AUDIO",
        "VIDEO" => "VIDEO",
        "SUBTITLES" => "SUBTITLES",
        _ => "CLOSED-CAPTIONS",
    }
}

fn layout(attributes: &Attributes<'_>, findings: &mut Findings) {
    let Some(layout) = attributes.find("REQ-VIDEO-LAYOUT") else { return };
    let entries = || layout.text.split(',').flat_map(|entry| entry.split('/'));
    findings.add_if(entries().any(str::is_empty), layout.offset, Problem::EmptyLayout);
    let is_plain = entries().all(|specifier| matches!(specifier, "CH-MONO" | "PROJ-RECT"));
    findings.add_if(is_plain, layout.offset, Problem::LayoutNotNeeded);
}

/// EXT-X-SESSION-DATA, EXT-X-SESSION-KEY and EXT-X-CONTENT-STEERING.
fn session(text: &Text<'_>, findings: &mut Findings) {
    let mut data = BTreeSet::new();
    for tag in text.tags("EXT-X-SESSION-DATA") {
        let start = tag.value.start();
        let attributes = text.attributes(tag);
        let is_one = attributes.has("VALUE") != attributes.has("URI");
        findings.add_if(!is_one, start, Problem::NotOneValue);
        let owned = |name| attributes.text(name).map(String::from);
        let is_new = data.insert((owned("DATA-ID"), owned("LANGUAGE")));
        findings.add_if(!is_new, start, Problem::SameData);
    }
    let mut keys = BTreeSet::new();
    for tag in text.tags("EXT-X-SESSION-KEY") {
        let start = tag.value.start();
        let attributes = text.attributes(tag);
        let is_none = attributes.text("METHOD") == Some("NONE");
        findings.add_if(is_none, start, Problem::SessionKeyNone);
        let missing = Problem::MissingAttribute("EXT-X-SESSION-KEY", "URI");
        findings.add_if(!is_none && !attributes.has("URI"), start, missing);
        let names = ["METHOD", "URI", "IV", "KEYFORMAT", "KEYFORMATVERSIONS"];
        let is_new = keys.insert(names.map(|name| attributes.text(name).map(String::from)));
        findings.add_if(!is_new, start, Problem::SameSessionKey);
    }
    for tag in text.tags("EXT-X-CONTENT-STEERING") {
        let Some(pathway) =
            text.attributes(tag).find("PATHWAY-ID").map(|it| (it.offset, String::from(it.text)))
        else {
            continue;
        };
        let mut variants = text.tags("EXT-X-STREAM-INF").map(|tag| {
            text.attributes(tag).text("PATHWAY-ID").map_or_else(|| ".".into(), String::from)
        });
        let is_known = variants.any(|other: String| other == pathway.1);
        findings.add_if(!is_known, pathway.0, Problem::NoSuchPathway);
    }
}
