//! Playlists of other projects' test suites, where they are at hand.
//!
//! They are looked for in `corpus/hls` of the folder that `THALWEG_SHARED` names, else of `shared`
//! beside the workspace.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use hls_index::{MediaPlaylist, ParseErrorKind, Ticks};

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
    for path in playlists(&folder) {
        let bytes = fs::read(&path).unwrap();
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        match MediaPlaylist::parse_bytes(&bytes) {
            Ok(playlist) => {
                media += 1;
                check(&playlist, &name);
            }
            Err(error) if error.kind == ParseErrorKind::Multivariant => multivariant += 1,
            Err(error) => refused.push(format!("{name}: {error}")),
        }
    }
    eprintln!("{media} media playlists, {multivariant} multivariant playlists; refused:");
    for refused in &refused {
        eprintln!("  {refused}");
    }
    assert!(media >= 340, "only {media} media playlists were read");
    assert!(multivariant >= 150, "only {multivariant} multivariant playlists were recognised");
    assert!(refused.len() <= 110, "{} files were refused", refused.len());
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
