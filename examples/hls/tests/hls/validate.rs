use crate::program::{FILM, Folder, hls, json, refusal, text, with_stdin};

#[test]
fn what_breaks_no_rule_is_clean() {
    let folder = Folder::new("validate-clean");
    let film = folder.write("film.m3u8", FILM);
    assert_eq!(text(&["validate", &film]), format!("{film}: nothing to fix\n"));
    let report = json(&["validate", "--json", &film]);
    assert_eq!(report["valid"], true);
    assert_eq!(report["findings"], serde_json::json!([]));
}

#[test]
fn findings_have_rule_line_and_column() {
    let folder = Folder::new("validate-must");
    let bad = FILM
        .replace("#EXTINF:3,", "#EXTINF:8,")
        .replace("\n#EXTINF:5,\nSegment_2", "\n#EXTINF:5\nSegment_2");
    let bad = folder.write("bad.m3u8", bad);
    let output = hls(&["validate", &bad]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr, b"", "the report is all there is to say");
    let shown = String::from_utf8(output.stdout).unwrap();
    for words in ["must fix", "line 7, column", "§4.4.3.1", "7 | #EXTINF:8,", "must be fixed"] {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }

    let output = hls(&["validate", &bad, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["valid"], &report["must_fix"]), (&false.into(), &2.into()));
    let finding = &report["findings"][1];
    assert_eq!(finding["severity"], "must fix");
    assert_eq!(finding["line"], 7);
    assert_eq!(finding["section"], "4.4.3.1");
    assert_eq!(finding["specification"], "RFC 8216bis");
}

#[test]
fn what_should_be_fixed_does_no_harm() {
    let folder = Folder::new("validate-should");
    let high = FILM.replace("#EXTM3U\n", "#EXTM3U\n#EXT-X-VERSION:7\n");
    let high = folder.write("high.m3u8", high);
    assert!(text(&["validate", &high]).contains("should fix: EXT-X-VERSION"));
    let report = json(&["validate", &high, "--json"]);
    assert_eq!((&report["valid"], &report["should_fix"]), (&true.into(), &1.into()));
}

#[test]
fn what_is_no_playlist_is_told_so() {
    for bytes in [&b"<html>"[..], b"", b"\xFF\xFE", b"#EXTM3U\n#EXTINF:5,\n\xC3\n"] {
        let output = with_stdin(&["validate", "-"], bytes);
        assert_eq!(output.status.code(), Some(1), "{bytes:?}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.contains("must fix") && shown.contains("line "), "{shown}");
    }
    assert!(refusal(2, &["validate", "absent.m3u8"]).contains("no such file"));
}
