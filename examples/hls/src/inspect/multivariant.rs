//! `hls inspect` of a multivariant playlist: what there is to choose from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use command_line::{FAINT, Failure, Painted, STRONG, Visible, print, print_json};
use hls_index::{AttributeList, ClosedCaptions, MultivariantPlaylist, Rendition, Variant};
use serde::Serialize;

use crate::table::Table;

pub(super) fn run(
    name: &str,
    playlist: &MultivariantPlaylist<'_>,
    as_json: bool,
) -> Result<(), Failure> {
    if as_json {
        return print_json(&Facts::new(name, playlist));
    }
    let mut out = String::new();
    let _ = writeln!(out, "{}: multivariant playlist", Painted(STRONG, Visible(name)));
    let mut section = |title: &str, table: &Table| {
        if !table.is_empty() {
            let _ = writeln!(out, "\n  {STRONG}{title}{STRONG:#}");
            table.write(&mut out);
        }
    };
    section("Variants", &variants(playlist.variants()));
    section("I-frames", &variants(playlist.i_frame_variants()));
    section("Renditions", &renditions(playlist));
    let mut others = Table::new().texts("tag").texts("what").texts("value");
    for data in playlist.session_data() {
        let value = data.value.or(data.uri).unwrap_or_default();
        others.row(["session data", data.data_id, value].map(str::to_owned));
    }
    for key in playlist.session_keys() {
        others.row(["session key", key.method.0, key.uri].map(str::to_owned));
    }
    if let Some(steering) = playlist.content_steering() {
        let pathway = steering.pathway_id.unwrap_or(".");
        others.row(["content steering", pathway, steering.server_uri].map(str::to_owned));
    }
    for (name, value) in playlist.variables().iter() {
        others.row(["variable", name, value].map(str::to_owned));
    }
    if let Some(start) = playlist.start() {
        others.row(["start".to_owned(), "TIME-OFFSET".to_owned(), start.time_offset.to_string()]);
    }
    section("Others", &others);
    if playlist.variants().next().is_none() {
        let _ = writeln!(out, "\n  {FAINT}It lists no variants.{FAINT:#}");
    }
    print(&out)
}

fn variants<'p>(variants: impl Iterator<Item = Variant<'p>>) -> Table {
    let mut table = Table::new()
        .numbers("kbit/s")
        .numbers("average")
        .texts("resolution")
        .numbers("fps")
        .texts("range")
        .texts("codecs")
        .texts("groups")
        .texts("pathway")
        .texts("uri");
    for variant in variants {
        let kilobits = |bits: Option<u64>| match bits {
            Some(bits) => (bits / 1000).to_string(),
            None => String::new(),
        };
        let is_default_range = variant.video_range.0 == "SDR";
        let is_default_pathway = variant.pathway_id == ".";
        table.row([
            kilobits(variant.bandwidth),
            kilobits(variant.average_bandwidth),
            variant.resolution.map(|resolution| resolution.to_string()).unwrap_or_default(),
            variant.frame_rate.map(|rate| rate.to_string()).unwrap_or_default(),
            if is_default_range { "" } else { variant.video_range.0 }.to_owned(),
            variant.codecs.unwrap_or_default().to_owned(),
            groups(&variant),
            if is_default_pathway { "" } else { variant.pathway_id }.to_owned(),
            variant.uri.to_owned(),
        ]);
    }
    table
}

fn groups(variant: &Variant<'_>) -> String {
    let captions = match variant.closed_captions {
        Some(ClosedCaptions::Group(group)) => Some(group),
        _ => None,
    };
    let groups = [
        ("audio", variant.audio),
        ("video", variant.video),
        ("subtitles", variant.subtitles),
        ("captions", captions),
    ];
    let groups = groups.into_iter().filter_map(|(what, group)| Some(format!("{what} {}", group?)));
    groups.collect::<Vec<_>>().join(", ")
}

fn renditions(playlist: &MultivariantPlaylist<'_>) -> Table {
    let mut table = Table::new()
        .texts("type")
        .texts("group")
        .texts("name")
        .texts("language")
        .texts("channels")
        .texts("")
        .texts("uri");
    for rendition in playlist.renditions() {
        table.row([
            rendition.rendition_type.as_str().to_lowercase(),
            rendition.group_id.to_owned(),
            rendition.name.to_owned(),
            rendition.language.unwrap_or_default().to_owned(),
            rendition.channels.unwrap_or_default().to_owned(),
            flags(&rendition),
            rendition.uri.unwrap_or("in the variant itself").to_owned(),
        ]);
    }
    table
}

fn flags(rendition: &Rendition<'_>) -> String {
    let flags = [
        ("default", rendition.is_default),
        ("autoselect", rendition.is_autoselect && !rendition.is_default),
        ("forced", rendition.is_forced),
    ];
    let set = flags.into_iter().filter(|&(_, is_set)| is_set).map(|(flag, _)| flag);
    set.collect::<Vec<_>>().join(", ")
}

/// What is printed with `--json`, in this order.
#[derive(Debug, Serialize)]
struct Facts<'p> {
    file: &'p str,
    kind: &'static str,
    version: Option<u64>,
    independent_segments: bool,
    variants: Vec<VariantFacts<'p>>,
    i_frame_variants: Vec<VariantFacts<'p>>,
    renditions: Vec<RenditionFacts<'p>>,
    session_data: Vec<DataFacts<'p>>,
    session_keys: Vec<KeyFacts<'p>>,
    content_steering: Option<SteeringFacts<'p>>,
    variables: BTreeMap<&'p str, &'p str>,
}

#[derive(Debug, Serialize)]
struct VariantFacts<'p> {
    uri: &'p str,
    bandwidth: Option<u64>,
    average_bandwidth: Option<u64>,
    resolution: Option<(u64, u64)>,
    frame_rate: Option<f64>,
    codecs: Vec<&'p str>,
    video_range: &'p str,
    audio: Option<&'p str>,
    video: Option<&'p str>,
    subtitles: Option<&'p str>,
    pathway_id: &'p str,
    /// All attributes as they are written.
    attributes: BTreeMap<&'p str, &'p str>,
}

#[derive(Debug, Serialize)]
struct RenditionFacts<'p> {
    #[serde(rename = "type")]
    rendition_type: &'static str,
    uri: Option<&'p str>,
    group_id: &'p str,
    name: &'p str,
    language: Option<&'p str>,
    default: bool,
    autoselect: bool,
    forced: bool,
    channels: Option<&'p str>,
    attributes: BTreeMap<&'p str, &'p str>,
}

#[derive(Debug, Serialize)]
struct DataFacts<'p> {
    data_id: &'p str,
    value: Option<&'p str>,
    uri: Option<&'p str>,
    language: Option<&'p str>,
}

#[derive(Debug, Serialize)]
struct KeyFacts<'p> {
    method: &'p str,
    uri: &'p str,
    key_format: &'p str,
}

#[derive(Debug, Serialize)]
struct SteeringFacts<'p> {
    server_uri: &'p str,
    pathway_id: Option<&'p str>,
}

impl<'p> Facts<'p> {
    fn new(file: &'p str, playlist: &'p MultivariantPlaylist<'_>) -> Self {
        let data = playlist.session_data().map(|data| DataFacts {
            data_id: data.data_id,
            value: data.value,
            uri: data.uri,
            language: data.language,
        });
        let keys = playlist.session_keys().map(|key| KeyFacts {
            method: key.method.0,
            uri: key.uri,
            key_format: key.key_format,
        });
        let steering = playlist.content_steering().map(|steering| SteeringFacts {
            server_uri: steering.server_uri,
            pathway_id: steering.pathway_id,
        });
        Self {
            file,
            kind: "multivariant",
            version: playlist.version(),
            independent_segments: playlist.has_independent_segments(),
            variants: playlist.variants().map(VariantFacts::from).collect(),
            i_frame_variants: playlist.i_frame_variants().map(VariantFacts::from).collect(),
            renditions: playlist.renditions().map(RenditionFacts::from).collect(),
            session_data: data.collect(),
            session_keys: keys.collect(),
            content_steering: steering,
            variables: playlist.variables().iter().collect(),
        }
    }
}

impl<'p> From<Variant<'p>> for VariantFacts<'p> {
    fn from(variant: Variant<'p>) -> Self {
        Self {
            uri: variant.uri,
            bandwidth: variant.bandwidth,
            average_bandwidth: variant.average_bandwidth,
            resolution: variant.resolution.map(|it| (it.width, it.height)),
            frame_rate: variant.frame_rate.map(hls_index::Number::as_f64),
            codecs: variant.codec_list().collect(),
            video_range: variant.video_range.0,
            audio: variant.audio,
            video: variant.video,
            subtitles: variant.subtitles,
            pathway_id: variant.pathway_id,
            attributes: attributes(variant.attributes),
        }
    }
}

impl<'p> From<Rendition<'p>> for RenditionFacts<'p> {
    fn from(rendition: Rendition<'p>) -> Self {
        Self {
            rendition_type: rendition.rendition_type.as_str(),
            uri: rendition.uri,
            group_id: rendition.group_id,
            name: rendition.name,
            language: rendition.language,
            default: rendition.is_default,
            autoselect: rendition.is_autoselect,
            forced: rendition.is_forced,
            channels: rendition.channels,
            attributes: attributes(rendition.attributes),
        }
    }
}

fn attributes(list: AttributeList<'_>) -> BTreeMap<&str, &str> {
    list.iter().flatten().map(|attribute| (attribute.name, attribute.value.text())).collect()
}
