//! Playlists of other projects' test suites, where they are at hand.
//!
//! They are looked for in `corpus/hls` of the folder that `THALWEG_SHARED` names, else of `shared`
//! beside the workspace.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use hls_index::{
    AttributeValue, Line, Lines, MediaPlaylist, MultivariantPlaylist, Playlist, Source, Ticks,
    validate_from,
};

fn folder() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    env::var_os("THALWEG_SHARED").map_or_else(beside, PathBuf::from).join("corpus/hls")
}

/// The playlists in `folder` and below, in order.
fn playlists(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "m3u8") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_corpus_is_read() {
    let folder = folder();
    if !folder.is_dir() {
        // Past the capture of the test's output, so that it is seen.
        let folder = folder.display();
        writeln!(
            io::stderr(),
            "LEFT OUT: no playlists in {folder}; set THALWEG_SHARED to the folder that has corpus/hls",
        )
        .unwrap();
        return;
    }
    let (mut media, mut multivariant, mut refused) = (0, 0, Vec::new());
    let mut not_played = Vec::new();
    for path in playlists(&folder) {
        let bytes = fs::read(&path).unwrap();
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let Ok(text) = str::from_utf8(&bytes) else {
            refused.push(format!("{name}: not UTF-8"));
            continue;
        };
        let (main, uri) = surroundings(text);
        let main = MultivariantPlaylist::parse(&main).unwrap();
        let source = Source::new().uri(&uri).imports(main.variables());
        let report = validate_from(text, &source);
        match Playlist::parse_from(text, &source) {
            Ok(Playlist::Media(playlist)) => {
                media += 1;
                assert_eq!(playlist.to_string(), text, "{name}");
                check(&playlist, &name);
                check_written(&playlist, &name);
            }
            Ok(Playlist::Multivariant(playlist)) => {
                multivariant += 1;
                assert_eq!(playlist.to_string(), text, "{name}");
                if let Ok(builder) = playlist.to_builder() {
                    let text = builder.to_text().unwrap();
                    let written = MultivariantPlaylist::parse(&text).unwrap();
                    let uris = |playlist: &MultivariantPlaylist<'_>| -> Vec<String> {
                        playlist.variants().map(|variant| variant.uri.to_owned()).collect()
                    };
                    assert_eq!(uris(&written), uris(&playlist), "{name}");
                }
            }
            Err(error) => {
                assert!(!report.is_valid(), "{name} is refused, and nothing is wrong with it");
                let of_player = PLAYERS.iter().any(|player| name.starts_with(player));
                let reason = NOT_PLAYED.iter().find(|(file, _)| name.contains(file));
                match reason {
                    Some((_, reason)) => refused.push(format!("{name}: {error} ({reason})")),
                    None if of_player => not_played.push(format!("{name}: {error}")),
                    None => refused.push(format!("{name}: {error}")),
                }
            }
        }
    }
    eprintln!("{media} media playlists, {multivariant} multivariant playlists; refused:");
    for refused in &refused {
        eprintln!("  {refused}");
    }
    assert!(not_played.is_empty(), "players play these: {not_played:#?}");
    assert!(media >= 370, "only {media} media playlists were read");
    assert!(multivariant >= 160, "only {multivariant} multivariant playlists were read");
}

/// The folders of real players' test suites.
const PLAYERS: [&str; 5] =
    ["hlsjs/", "shaka/", "media3/", "videojs-http-streaming/", "videojs-m3u8-parser/"];

/// The files of those suites that are refused, and why.
const NOT_PLAYED: [(&str, &str); 22] = [
    ("hlsjs/error-controller.ts__017", "the player's test expects an error: no such variable"),
    (
        "media3/HlsMediaPlaylistParserTest.java__072",
        "a variable that is not defined must be refused",
    ),
    ("integration__invalidMediaSequence", "a sequence number that is none: which segment is it?"),
    ("hlsjs/error-controller.ts__020", "the player's test expects an error: no such variable"),
    ("hlsjs/level-helper.ts__022", "the player's test expects an error: a second EXT-X-SKIP"),
    ("hlsjs/m3u8-parser.ts__000", "the player's test expects an error: no line ends"),
    ("hlsjs/m3u8-parser.ts__074", "the player's test expects an error: no such variable"),
    ("hlsjs/m3u8-parser.ts__085", "the player's test expects an error: a second tag"),
    ("hlsjs/m3u8-parser.ts__087", "the player's test expects an error: a second tag"),
    ("hlsjs/m3u8-parser.ts__088", "the player's test expects an error: a second tag"),
    ("media3/HlsMediaPlaylistParserTest.java__003", "an attribute twice: which one is meant?"),
    ("media3/HlsMediaPlaylistParserTest.java__075", "a variable defined twice must be refused"),
    ("media3/HlsMediaPlaylistParserTest.java__076", "a variable defined twice must be refused"),
    ("media3/HlsMediaPlaylistParserTest.java__077", "a variable defined twice must be refused"),
    ("playlist_allow_cache_template", "a template, not a playlist"),
    ("playlist_byte_range_template", "a template, not a playlist"),
    ("playlist_extinf_template", "a template, not a playlist"),
    ("playlist_type_template", "a template, not a playlist"),
    ("playlist_target_duration_template", "a template, not a playlist"),
    ("integration__byteRange", "a byte range without offset, of another resource: wrong bytes"),
    ("integration__empty", "it is empty"),
    ("integration__extinf", "a duration that is no number"),
];

/// What surrounds a playlist: a multivariant playlist with the variables that it imports, and a URI
/// with the query parameters that it asks for.
fn surroundings(text: &str) -> (String, String) {
    let (mut main, mut uri) = (String::from("#EXTM3U\n"), String::from("https://example.com/a?"));
    let mut seen = std::collections::BTreeSet::new();
    for line in Lines::new(text) {
        let Line::Tag(tag) = line else { continue };
        if tag.name != "EXT-X-DEFINE" {
            continue;
        }
        let find = |name| tag.attributes().find(name).ok().flatten().map(AttributeValue::text);
        if let Some(name) = find("IMPORT")
            && seen.insert(name)
        {
            main += &format!("#EXT-X-DEFINE:NAME=\"{name}\",VALUE=\"{name}-value\"\n");
        }
        if let Some(name) = find("QUERYPARAM") {
            uri += &format!("{name}={name}-value&");
        }
    }
    (main, uri)
}

/// Writes the playlist anew, and reads that.
fn check_written(playlist: &MediaPlaylist<'_>, name: &str) {
    // Some leniently read things cannot be written.
    let Ok(text) = playlist.to_builder().and_then(|builder| builder.to_text()) else { return };
    let written =
        MediaPlaylist::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    let facts = |playlist: &MediaPlaylist<'_>| -> Vec<String> {
        let fact = |segment: hls_index::Segment<'_>| {
            let keys: Vec<_> = segment.keys().iter().map(|key| key.uri.to_owned()).collect();
            format!(
                "{segment:?} {:?} {:?} {keys:?} {:?}",
                segment.byte_range(),
                segment.map().map(|map| map.uri),
                segment.title()
            )
        };
        playlist.segments().map(fact).collect()
    };
    assert_eq!(facts(&written), facts(playlist), "{name}");
}

/// Holds every boundary against a plain sum of the durations.
fn check(playlist: &MediaPlaylist<'_>, name: &str) {
    let index = playlist.index();
    let mut start = Ticks::ZERO;
    for segment in playlist.segments() {
        assert_eq!(segment.start(), start, "{name}");
        let end = start + segment.duration();
        if end > start {
            for moment in [start, end - Ticks::new(1)] {
                assert_eq!(index.at(moment).unwrap().number(), segment.number(), "{name}");
            }
        }
        start = end;
    }
    assert!(index.at(start).is_err(), "{name}");
}
