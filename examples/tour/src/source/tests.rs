use hls_index::Ticks;

use super::*;
use crate::plan::Wanted;

/// A folder of its own for each test, which goes away with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("tour-source-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("shared")).unwrap();
        for (name, content) in files {
            std::fs::write(path.join(name), content).unwrap();
        }
        Self(path)
    }

    async fn source(&self, playlist: &str) -> Source {
        let path = self.0.join("shared/index.m3u8");
        std::fs::write(&path, playlist).unwrap();
        Source::open(&path).await.unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn playlist_of(uris: &[&str]) -> String {
    let segments = uris.iter().map(|uri| format!("#EXTINF:5,\n{uri}\n"));
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n{}", segments.collect::<String>())
}

async fn read(source: &Source, uri: &str, range: Option<ByteRange>) -> Result<String, Unavailable> {
    let mut text = String::new();
    source.content(uri, range).await?.into_reader().read_to_string(&mut text).await.unwrap();
    Ok(text)
}

#[test]
fn the_built_in_stream_is_three_segments_of_5_5_and_3_seconds() {
    let source = Source::built_in().unwrap();
    let playlist = plan::parse("built-in", source.playlist()).unwrap();
    let segments: Vec<_> =
        playlist.segments().map(|segment| (segment.uri(), segment.duration())).collect();
    assert_eq!(
        segments,
        [
            ("Segment_1.mp4", Ticks::from_seconds(5)),
            ("Segment_2.mp4", Ticks::from_seconds(5)),
            ("Segment_3.mp4", Ticks::from_seconds(3)),
        ]
    );
    assert!(playlist.is_ended());
    let total: usize = BUILT_IN.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(total < 400_000, "{total}");
}

#[tokio::test]
async fn every_moment_of_the_built_in_stream_can_be_played() {
    let source = Source::built_in().unwrap();
    let playlist = plan::parse("built-in", source.playlist()).unwrap();
    for tenth in 0..130 {
        let wanted = Wanted { at: Ticks::from_millis(tenth * 100), ahead: Ticks::ZERO };
        let plan = Plan::new("built-in", &playlist, wanted).unwrap();
        source.check(&plan).await.unwrap();
        assert_eq!(plan.files(), [format!("Segment_{}.mp4", tenth / 50 + 1)]);
        // The head that EXT-X-MAP names and the rest of the file are one request.
        assert_eq!(plan.pieces.len(), 1);
    }
}

#[tokio::test]
async fn files_are_found_as_written_and_unescaped() {
    let folder = Folder::new(
        "names",
        &[
            ("shared/a b.ts", "spaced"),
            ("shared/50%25.ts", "literal"),
            ("shared/c.ts", "0123456789"),
        ],
    );
    let source =
        folder.source(&playlist_of(&["a%20b.ts", "a b.ts", "50%25.ts", "c.ts?token=1"])).await;
    assert_eq!(read(&source, "a%20b.ts", None).await.as_deref(), Ok("spaced"));
    assert_eq!(read(&source, "a b.ts", None).await.as_deref(), Ok("spaced"));
    assert_eq!(read(&source, "50%25.ts", None).await.as_deref(), Ok("literal"));
    let range = ByteRange::new(3, 4);
    assert_eq!(read(&source, "c.ts?token=1", range).await.as_deref(), Ok("3456"));
    let range = ByteRange::new(3, 8);
    let past_end = Err(Unavailable::PastEnd { length: 10 });
    assert_eq!(read(&source, "c.ts?token=1", range).await, past_end);
}

#[tokio::test]
async fn only_what_the_playlist_names_is_given() {
    let folder = Folder::new("named", &[("shared/a.ts", "a"), ("shared/secret", "no")]);
    let source = folder.source(&playlist_of(&["a.ts"])).await;
    assert_eq!(read(&source, "a.ts", None).await.as_deref(), Ok("a"));
    for uri in ["secret", "./a.ts", "", "index.m3u8"] {
        assert_eq!(read(&source, uri, None).await, Err(Unavailable::NotNamed), "{uri}");
    }
}

#[tokio::test]
async fn e03_a_playlist_leads_to_no_file_outside_of_its_folder() {
    let folder = Folder::new("outside", &[("secret", "no"), ("shared/a.ts", "a")]);
    let outside = ["../secret", "%2e%2e/secret", "x/../../secret", "/etc/hostname", "/"];
    std::fs::create_dir_all(folder.0.join("shared/x")).unwrap();
    let source = folder.source(&playlist_of(&outside)).await;
    for uri in outside {
        assert_eq!(read(&source, uri, None).await, Err(Unavailable::Outside), "{uri}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn e03_a_link_leads_to_no_file_outside_of_its_folder() {
    let folder = Folder::new("link", &[("secret", "no")]);
    std::os::unix::fs::symlink(folder.0.join("secret"), folder.0.join("shared/a.ts")).unwrap();
    let source = folder.source(&playlist_of(&["a.ts"])).await;
    assert_eq!(read(&source, "a.ts", None).await, Err(Unavailable::Outside));
}

#[tokio::test]
async fn what_is_elsewhere_or_nowhere_is_named_with_its_line() {
    let folder = Folder::new("missing", &[]);
    for (uri, expected) in [
        ("https://example.org/a.ts", "another machine"),
        ("//example.org/a.ts", "another machine"),
        ("gone.ts", "no such file"),
        ("", "no segments"),
    ] {
        let source = folder.source(&playlist_of(&[uri])).await;
        let playlist = plan::parse(source.name(), source.playlist()).unwrap();
        let wanted = Wanted { at: Ticks::ZERO, ahead: Ticks::ZERO };
        let outcome = match Plan::new(source.name(), &playlist, wanted) {
            Ok(plan) => source.check(&plan).await,
            Err(failure) => Err(failure),
        };
        let line = outcome.unwrap_err().to_string();
        assert!(line.contains(expected) && line.contains("index.m3u8"), "{line}");
        assert!(uri.is_empty() || line.contains("line 4") && line.contains(uri), "{line}");
    }
}
