//! The rules of multivariant playlists (RFC 8216bis §4.4.6).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::lines::{Attributes, Item, Text};
use super::{Findings, Problem, keys, version};
use crate::error::ParseErrorKind;
use crate::reader::TagLine;

pub(super) fn check(text: &Text<'_>, findings: &mut Findings) {
    version::check(text, findings);
    uris(text, findings);
    let groups = renditions(text, findings);
    variants(text, &groups, findings);
    session(text, findings);
}

/// EXT-X-STREAM-INF and the URIs after them.
fn uris(text: &Text<'_>, findings: &mut Findings) {
    let mut waiting: Option<TagLine<'_>> = None;
    let mut ids = StableIds::new();
    for item in &text.items {
        match item {
            Item::Tag(tag) if tag.name == "EXT-X-STREAM-INF" => {
                if let Some(before) = waiting.replace(*tag) {
                    findings.add(before.line.start, Problem::VariantWithoutUri);
                }
            }
            Item::Tag(tag) if tag.name == "EXT-X-DEFINE" => {
                let is_import = text.attributes(*tag).has("IMPORT");
                let problem = Problem::Refused(ParseErrorKind::ImportInMultivariant);
                findings.add_if(is_import, tag.value.start(), problem);
            }
            Item::Tag(_) => {}
            Item::Uri(line) => match waiting.take() {
                Some(tag) => {
                    let attributes = text.attributes(tag);
                    let start = tag.value.start();
                    stable_id(
                        &mut ids,
                        text.uri(*line),
                        &attributes,
                        "STABLE-VARIANT-ID",
                        start,
                        findings,
                    );
                }
                None => findings.add(line.start, Problem::UriWithoutVariant),
            },
        }
    }
    if let Some(before) = waiting {
        findings.add(before.line.start, Problem::VariantWithoutUri);
    }
}

/// By URI.
type StableIds = BTreeMap<String, Option<String>>;

/// What has the same URI should have the same ID.
fn stable_id(
    ids: &mut StableIds,
    uri: &str,
    attributes: &Attributes<'_>,
    name: &'static str,
    start: usize,
    findings: &mut Findings,
) {
    let id = attributes.text(name).map(String::from);
    let known = ids.entry(uri.into()).or_insert_with(|| id.clone());
    findings.add_if(*known != id, start, Problem::StableIdsDiffer(name));
}

/// The members of each group, by TYPE and GROUP-ID.
type Groups = BTreeMap<String, BTreeMap<String, Group>>;

#[derive(Default)]
struct Group {
    /// By NAME.
    members: BTreeMap<String, Member>,
    /// What tells those apart that are chosen by themselves.
    selectable: BTreeSet<[Option<String>; 4]>,
    has_default: bool,
    at: usize,
}

struct Member {
    at: usize,
    /// The attributes that must be the same in all groups.
    facts: BTreeMap<String, String>,
}

/// EXT-X-MEDIA, RFC 8216bis §4.4.6.1.
fn renditions(text: &Text<'_>, findings: &mut Findings) -> Groups {
    let (mut groups, mut ids) = (Groups::new(), StableIds::new());
    for tag in text.tags("EXT-X-MEDIA") {
        let start = tag.value.start();
        let attributes = text.attributes(tag);
        let rendition_type = attributes.text("TYPE").unwrap_or_default();
        rendition(&attributes, rendition_type, start, findings);
        if let Some(uri) = attributes.text("URI") {
            stable_id(&mut ids, uri, &attributes, "STABLE-RENDITION-ID", start, findings);
        }
        let Some(group) = attributes.text("GROUP-ID") else { continue };
        let group = groups
            .entry(rendition_type.into())
            .or_default()
            .entry(group.into())
            .or_insert_with(|| Group { at: start, ..Group::default() });
        group_member(group, &attributes, start, findings);
    }
    for of_type in groups.values() {
        let mut of_type = of_type.values();
        let Some(first) = of_type.next() else { continue };
        for group in of_type {
            let is_same = group.members.keys().eq(first.members.keys());
            findings.add_if(!is_same, group.at, Problem::GroupsDiffer);
            for (name, member) in &group.members {
                let other = first.members.get(name);
                let differs = other.is_some_and(|other| other.facts != member.facts);
                findings.add_if(differs, member.at, Problem::MembersDiffer);
            }
        }
    }
    groups
}

/// RFC 8216bis §4.4.6.1.1.
fn group_member(
    group: &mut Group,
    attributes: &Attributes<'_>,
    start: usize,
    findings: &mut Findings,
) {
    let is_yes = |name| attributes.text(name) == Some("YES");
    if let Some(name) = attributes.find("NAME") {
        // What is NO may as well be left out.
        let facts = attributes.0.iter().filter(|named| {
            !MAY_DIFFER.contains(&named.name) && (named.is_quoted || named.value.text != "NO")
        });
        let facts = facts.map(|named| (named.name.into(), named.value.text.into())).collect();
        let is_known = group.members.contains_key(name.text);
        findings.add_if(is_known, name.offset, Problem::SameName);
        group.members.entry(name.text.into()).or_insert(Member { at: start, facts });
    }
    if is_yes("DEFAULT") {
        findings.add_if(group.has_default, start, Problem::SecondDefault);
        group.has_default = true;
    }
    if is_yes("AUTOSELECT") {
        let forced = if is_yes("FORCED") { Some("YES") } else { None };
        let [language, other, what] =
            ["LANGUAGE", "ASSOC-LANGUAGE", "CHARACTERISTICS"].map(|name| attributes.text(name));
        let is_new = group
            .selectable
            .insert([language, other, forced, what].map(|text| text.map(String::from)));
        findings.add_if(!is_new, start, Problem::SameAutoselect);
    }
}

/// What may differ between members of one NAME in several groups (RFC 8216bis §4.4.6.1.1).
const MAY_DIFFER: [&str; 7] = [
    "GROUP-ID",
    "URI",
    "CHANNELS",
    "BIT-DEPTH",
    "STABLE-RENDITION-ID",
    "INSTREAM-ID",
    "SAMPLE-RATE",
];

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
    if let Some(id) = attributes.find("INSTREAM-ID")
        && rendition_type != "CLOSED-CAPTIONS"
    {
        let is_id = id.text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        let problem = Problem::NotAValue("INSTREAM-ID", "letters, digits and points");
        findings.add_if(!is_id, id.offset, problem);
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
        codecs(&attributes, is_variant, start, findings);
        if is_variant {
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

fn codecs(attributes: &Attributes<'_>, is_variant: bool, start: usize, findings: &mut Findings) {
    if attributes.has("CODECS") {
        return;
    }
    let has_group = ["AUDIO", "VIDEO", "SUBTITLES"].iter().any(|name| attributes.has(name));
    findings.add_if(has_group, start, Problem::GroupNeedsCodecs);
    findings.add_if(is_variant && !has_group, start, Problem::NoCodecs);
    if let Some(supplement) = attributes.find("SUPPLEMENTAL-CODECS") {
        findings.add(supplement.offset, Problem::SupplementWithoutCodecs);
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
    // What a specifier is about stands before its first dash.
    let subject = |specifier: &'_ str| specifier.split('-').next().map(String::from);
    let is_repeated = layout.text.split(',').any(|entry| {
        let mut seen = BTreeSet::new();
        entry.split('/').any(|specifier| !seen.insert(subject(specifier)))
    });
    findings.add_if(is_repeated, layout.offset, Problem::RepeatedLayout);
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
    let mut known = BTreeSet::new();
    for tag in text.tags("EXT-X-SESSION-KEY") {
        let start = tag.value.start();
        let attributes = text.attributes(tag);
        let is_none = attributes.text("METHOD") == Some("NONE");
        findings.add_if(is_none, start, Problem::SessionKeyNone);
        if !is_none {
            keys::check(&attributes, "EXT-X-SESSION-KEY", start, findings);
        }
        let names = ["METHOD", "URI", "IV", "KEYFORMAT", "KEYFORMATVERSIONS"];
        let is_new = known.insert(names.map(|name| attributes.text(name).map(String::from)));
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
