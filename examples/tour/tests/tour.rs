//! The real program, from the command line to what it prints.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sansio::Clock;
use serde_json::Value;

const STREAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/stream");

fn tour(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tour")).args(args).stdin(Stdio::null()).output().unwrap()
}

/// What it prints with `--json`, and the whole of it.
fn json(args: &[&str]) -> (Value, String) {
    let output = tour(&[&["--json"], args].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {errors}");
    assert_eq!(errors, "", "{args:?}");
    (serde_json::from_str(&text).unwrap(), text)
}

/// The line on stderr, once the exit code is seen to be 2 and stdout empty.
fn refusal(args: &[&str]) -> String {
    let output = tour(args);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {errors}");
    assert_eq!(output.stdout, b"", "{args:?}");
    assert_eq!(errors.lines().count(), 1, "{args:?}: {errors}");
    assert!(errors.starts_with("tour: ") && errors.ends_with('\n'), "{args:?}: {errors}");
    errors
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(STREAM).join(name)).unwrap()
}

/// A folder of its own for each test, which goes away with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tour-test-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn is_reflexive(candidate_type: &Value) -> bool {
    candidate_type == "srflx" || candidate_type == "prflx"
}

#[test]
fn the_three_acts_end_as_they_should() {
    let clock = Clock::start();
    let (report, text) = json(&[]);
    let took = clock.now().since_epoch();
    assert!(took < Duration::from_secs(20), "{took:?}");

    let acts = report["acts"].as_array().unwrap();
    let letters: Vec<_> = acts.iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert_eq!(letters, ["a", "b", "c"]);
    let ends = |act: usize| (&acts[act]["selected"]["local"], &acts[act]["selected"]["remote"]);
    assert!(ends(0).0 == "host" && ends(0).1 == "host", "{text}");
    assert!(is_reflexive(ends(1).0) && is_reflexive(ends(1).1), "{text}");
    assert!(ends(2).0 == "relay" || ends(2).1 == "relay", "{text}");
    for act in acts {
        let connect = act["connect_ms"].as_f64().unwrap();
        let round_trip = act["rtt_ms"].as_f64().unwrap();
        assert!(connect > 0.0 && connect < 10_000.0, "{text}");
        assert!(round_trip > 0.0 && round_trip < 1000.0, "{text}");
        assert!(act["pairs_tried"].as_u64().unwrap() >= 1, "{text}");
    }

    assert_eq!(report["at"], 10.0);
    assert_eq!(report["segment"], "Segment_3.mp4");
    assert_eq!(report["fetched"], serde_json::json!(["Segment_3.mp4"]));
    assert_eq!(report["bytes"], file("Segment_3.mp4").len());
    assert_eq!(report["sha256_ok"], true);

    // Nothing but the object, with its keys in the order that the README promises.
    let mut rest = text.as_str();
    for key in ["acts", "act", "selected", "local", "remote", "connect_ms", "rtt_ms", "pairs_tried"]
        .into_iter()
        .chain(["at", "segment", "fetched", "bytes", "sha256_ok"])
    {
        let key = format!("\"{key}\":");
        let place = rest.find(&key).unwrap_or_else(|| panic!("no {key} in {rest}"));
        rest = &rest[place + key.len()..];
    }
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn a_single_act_is_the_only_one() {
    for act in ["a", "b", "c"] {
        let (report, text) = json(&["--act", act, "--at", "0:05", "--ahead", "0"]);
        let acts = report["acts"].as_array().unwrap();
        assert_eq!(acts.len(), 1, "{text}");
        assert_eq!(acts[0]["act"], act);
        assert_eq!(report["segment"], "Segment_2.mp4");
        assert_eq!(report["at"], 5.0);
    }
}

#[test]
fn the_story_tells_what_happens() {
    let output = tour(&["--act", "c"]);
    assert!(output.status.success());
    let story = String::from_utf8(output.stdout).unwrap();
    for words in [
        "STUN",
        "TURN",
        "a=ice-ufrag:",
        "a=fingerprint:sha-256 ",
        " typ srflx raddr ",
        " typ relay ",
        "public beats relay",
        "Connected",
        "the 11th second: that lies in Segment_3.mp4, [10 s, 13 s)",
        "Only Segment_3.mp4 was fetched",
    ] {
        assert!(story.contains(words), "{words:?} is not in\n{story}");
    }
    assert!(!story.contains('\x1b'), "colours are for terminals");
}

#[test]
fn quiet_says_nothing() {
    let output = tour(&["--quiet", "--act", "a"]);
    assert!(output.status.success());
    assert_eq!((output.stdout, output.stderr), (vec![], vec![]));
}

#[test]
fn out_gets_what_was_fetched() {
    let folder = Folder::new("out");
    let out = folder.write("clip.mp4", "former");
    json(&["--act", "a", "--out", &out]);
    assert_eq!(std::fs::read(&out).unwrap(), file("Segment_3.mp4"));

    json(&["--act", "a", "--out", &out, "--at", "3", "--ahead", "4"]);
    let both = [file("Segment_1.mp4"), file("Segment_2.mp4")].concat();
    assert!(std::fs::read(&out).unwrap() == both);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "nothing else is left behind");
}

#[test]
fn ones_own_stream_is_played_and_the_next_segments_preloaded() {
    let folder = Folder::new("own");
    // Larger than what fits into QUIC's windows and the queues of the link at once.
    let segments: Vec<Vec<u8>> =
        (1..=4_u32).map(|n| (0..700_000 * n).map(|i| (i * n) as u8).collect()).collect();
    folder.write("init.mp4", "init");
    for (segment, name) in segments.iter().zip(["1.m4s", "2.m4s", "3 of 4.m4s", "4.m4s"]) {
        folder.write(name, segment);
    }
    let playlist = folder.write(
        "own.m3u8",
        "#EXTM3U\r\n#EXT-X-TARGETDURATION:3\r\n#EXT-X-MAP:URI=\"init.mp4\"\r\n\
         #EXTINF:2.5,\r\n1.m4s\r\n#EXTINF:2.5,\r\n2.m4s\r\n#EXTINF:2.5,\r\n3%20of%204.m4s\r\n\
         #EXTINF:2.5,\r\n#EXT-X-BYTERANGE:1000@500\r\n4.m4s\r\n#EXT-X-ENDLIST\r\n",
    );
    let out = folder.path("out.mp4");

    let (report, _) = json(&[
        "--act",
        "c",
        "--playlist",
        &playlist,
        "--at",
        "2.5",
        "--ahead",
        "5",
        "--out",
        &out,
    ]);
    assert_eq!(report["segment"], "2.m4s");
    assert_eq!(report["fetched"], serde_json::json!(["init.mp4", "2.m4s", "3%20of%204.m4s"]));
    let expected = [b"init", &segments[1][..], &segments[2]].concat();
    assert_eq!(report["bytes"], expected.len());
    assert!(std::fs::read(&out).unwrap() == expected);

    let (report, _) = json(&["--act", "b", "--playlist", &playlist, "--at", "9.9", "--out", &out]);
    assert_eq!(report["fetched"], serde_json::json!(["init.mp4", "4.m4s"]));
    assert!(std::fs::read(&out).unwrap() == [b"init", &segments[3][500..1500]].concat());
}

#[test]
fn bad_input_gets_one_line_that_names_the_file() {
    let folder = Folder::new("bad");
    let segment = |uri: &str| format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{uri}\n");
    folder.write("good.ts", "0123456789");
    let html = folder.write("page.html", "<html></html>");
    let binary = folder.write("movie.m3u8", b"\xFF\xFE\x00");
    let empty = folder.write("empty.m3u8", "");
    let broken = folder.write("broken.m3u8", "#EXTM3U\n#EXTINF:five,\ngood.ts\n");
    let multivariant =
        folder.write("multi.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n");
    let none = folder.write("none.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n");
    let missing = folder.write("missing.m3u8", segment("gone.ts"));
    let remote = folder.write("remote.m3u8", segment("https://example.org/a.ts"));
    let outside = folder.write("outside.m3u8", segment("../../etc/passwd"));
    let short = "#EXTM3U\n#EXTINF:5,\n#EXT-X-BYTERANGE:11@0\ngood.ts\n";
    let short = folder.write("short.m3u8", short);
    let good = folder.write("good.m3u8", segment("good.ts"));
    let absent = folder.path("absent.m3u8");
    let here = folder.path("");
    let nowhere = folder.path("no/such/folder/out.mp4");

    for (args, name, words) in [
        (vec!["--playlist", &absent], &absent, "no such file"),
        (vec!["--playlist", &here], &here, "folder"),
        (vec!["--playlist", &html], &html, "line 1"),
        (vec!["--playlist", &binary], &binary, "line 1"),
        (vec!["--playlist", &empty], &empty, "empty"),
        (vec!["--playlist", &broken], &broken, "line 2"),
        (vec!["--playlist", &multivariant], &multivariant, "multivariant"),
        (vec!["--playlist", &none], &none, "no segments"),
        (vec!["--playlist", &missing, "--at", "0"], &missing, "line 4: gone.ts"),
        (vec!["--playlist", &remote, "--at", "0"], &remote, "line 4: https://example.org/a.ts"),
        (vec!["--playlist", &outside, "--at", "0"], &outside, "line 4: ../../etc/passwd"),
        (vec!["--playlist", &short, "--at", "0"], &short, "only 10 bytes"),
        (vec!["--playlist", &good, "--at", "5"], &good, "--at below 5"),
        (vec!["--out", &nowhere], &nowhere, "--out"),
        (vec!["--out", &here], &here, "folder"),
    ] {
        let line = refusal(&args);
        assert!(line.contains(name.as_str()) && line.contains(words), "{args:?}: {line}");
        // With --json it is no different.
        assert_eq!(refusal(&[&["--json"], &args[..]].concat()), line);
    }
    assert!(refusal(&["--at", "13"]).contains("--at below 13"));
}

#[test]
fn a_bad_command_line_gets_one_line() {
    for (args, words) in [
        (&["--plylist", "x"][..], "--playlist"),
        (&["--act", "d"], "a, b, c"),
        (&["--at", "-1"], "negative"),
        (&["--at", "NaN"], "1:30"),
        (&["--ahead", "soon"], "--ahead"),
        (&["--at"], "--at"),
        (&["stream.m3u8"], "stream.m3u8"),
    ] {
        let line = refusal(args);
        assert!(line.contains(words) && line.contains("--help"), "{args:?}: {line}");
    }
}

#[test]
fn help_and_version_are_answers() {
    let help = tour(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for option in ["--playlist", "--at", "--ahead", "--act", "--out", "--json", "Examples:"] {
        assert!(text.contains(option), "{option} is not in\n{text}");
    }
    let version = tour(&["--version"]);
    assert_eq!(version.stdout, format!("tour {}\n", env!("CARGO_PKG_VERSION")).as_bytes());
}

#[test]
fn nothing_breaks_when_nobody_listens() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tour"))
        .args(["--act", "a"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stderr, b"");
}

#[test]
fn two_tours_at_once_do_not_meet() {
    let tours: Vec<_> = (0..2).map(|_| std::thread::spawn(|| json(&[]).0)).collect();
    for tour in tours {
        assert_eq!(tour.join().unwrap()["sha256_ok"], true);
    }
}
