use crate::program::{FILM, Folder, RICH, hls, json, live, refusal, text, with_stdin};

#[test]
fn a_media_playlist_is_a_table_of_its_segments() {
    let folder = Folder::new("inspect-media");
    let film = folder.write("film.m3u8", FILM);
    let shown = text(&["inspect", &film]);
    for words in ["media playlist", "13 s", "target duration     5 s", "Segment_3.mp4"] {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
    let row = shown.lines().find(|line| line.contains("Segment_3.mp4")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["2", "10", "3", "Segment_3.mp4"]);
}

#[test]
fn everything_is_in_the_json() {
    let folder = Folder::new("inspect-json");
    let rich = folder.write("rich.m3u8", RICH);
    let facts = json(&["inspect", &rich, "--json"]);
    assert_eq!(facts["kind"], "media");
    assert_eq!(facts["ended"], false);
    assert_eq!(facts["version"], 9);
    assert_eq!(facts["duration"].to_string(), "19.005");
    assert_eq!(facts["first_sequence"], 100);
    assert_eq!(facts["server_control"]["can_block_reload"], true);
    assert_eq!(facts["trailing_parts"][0]["uri"], "p2.mp4");
    assert_eq!(facts["preload_hints"][0]["type"], "PART");
    let segments = facts["segments"].as_array().unwrap();
    assert_eq!(segments.len(), 4);
    assert_eq!(segments[1]["byte_range"], serde_json::json!([1700, 900]));
    assert_eq!(segments[0]["map"]["byte_range"], serde_json::json!([0, 700]));
    assert_eq!(segments[0]["keys"][0]["uri"], "key1.bin");
    assert_eq!(segments[0]["title"], "First");
    assert_eq!(segments[2]["gap"], true);
    assert_eq!(segments[3]["discontinuity"], true);
    assert_eq!(segments[3]["date"], "2026-11-22T18:00:00.000Z");
    assert_eq!(segments[3]["parts"][0]["independent"], true);

    let shown = text(&["inspect", &rich]);
    for words in ["media playlist, live", "discontinuity", "gap", "AES-128", "2 parts", "p3.mp4"] {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
}

#[test]
fn a_multivariant_playlist_is_a_table_of_its_variants() {
    let folder = Folder::new("inspect-multivariant");
    let main = folder.write(
        "main.m3u8",
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=YES,AUTOSELECT=YES,URI=\"de.m3u8\"\n\
         #EXT-X-STREAM-INF:BANDWIDTH=1280000,RESOLUTION=640x360,CODECS=\"avc1.4d401e,mp4a.40.2\",AUDIO=\"aac\"\nlow.m3u8\n\
         #EXT-X-STREAM-INF:BANDWIDTH=7680000,RESOLUTION=1920x1080,AUDIO=\"aac\"\nhigh.m3u8\n",
    );
    let shown = text(&["inspect", &main]);
    for words in ["multivariant playlist", "1920x1080", "7680", "audio aac", "Deutsch", "default"] {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
    let facts = json(&["inspect", &main, "--json"]);
    assert_eq!(facts["kind"], "multivariant");
    assert_eq!(facts["variants"][1]["resolution"], serde_json::json!([1920, 1080]));
    assert_eq!(facts["variants"][0]["codecs"], serde_json::json!(["avc1.4d401e", "mp4a.40.2"]));
    assert_eq!(facts["renditions"][0]["name"], "Deutsch");

    for command in ["seek", "plot"] {
        let args =
            if command == "seek" { &["seek", &main, "--at", "0"][..] } else { &["plot", &main] };
        assert!(refusal(2, args).contains("low.m3u8"));
    }
}

#[test]
fn long_lists_are_cut_unless_all_is_asked_for() {
    let folder = Folder::new("inspect-long");
    let long = folder.write("long.m3u8", live(0, 500));
    let shown = text(&["inspect", &long]);
    assert!(shown.contains("480 more; --all shows them") && shown.lines().count() < 40, "{shown}");
    assert!(text(&["inspect", &long, "--all"]).lines().count() > 500);
}

#[test]
fn stdin_is_read_too() {
    let output = with_stdin(&["inspect", "-"], FILM.as_bytes());
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("stdin: media playlist"));

    let output = with_stdin(&["inspect", "-", "--max-size", "1kB"], &[b'#'; 10_000]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--max-size"));
}

#[test]
fn a_playlist_may_import_from_its_multivariant_one() {
    let folder = Folder::new("inspect-import");
    let child =
        folder.write("i.m3u8", "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"cdn\"\n#EXTINF:5,\n{$cdn}/1.ts\n");
    let main = folder.write(
        "main.m3u8",
        "#EXTM3U\n#EXT-X-DEFINE:NAME=\"cdn\",VALUE=\"https://a.example.com\"\n\
         #EXT-X-STREAM-INF:BANDWIDTH=1\ni.m3u8\n",
    );
    assert!(refusal(2, &["inspect", &child]).contains("--main"));
    assert!(text(&["inspect", &child, "--main", &main]).contains("https://a.example.com/1.ts"));
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = Folder::new("inspect-bad");
    let html = folder.write("page.html", "<html></html>");
    let binary = folder.write("movie.m3u8", b"\xFF\xFE\x00");
    let empty = folder.write("empty.m3u8", "");
    let broken = folder.write("broken.m3u8", "#EXTM3U\n#EXTINF:five,\ngood.ts\n");
    let record = folder.write("record.bin", b"hlsR and nothing that is right");
    let absent = folder.path("absent.m3u8");
    let here = folder.path("");
    for (file, words) in [
        (&absent, "no such file"),
        (&here, "folder"),
        (&html, "line 1"),
        (&binary, "line 1"),
        (&empty, "empty"),
        (&broken, "line 2"),
        (&record, "record"),
        (&"ftp://example.com/a.m3u8".to_owned(), "http"),
    ] {
        let line = refusal(2, &["inspect", file]);
        assert!(line.contains(file.as_str()) && line.contains(words), "{file}: {line}");
        assert_eq!(refusal(2, &["inspect", "--json", file]), line);
    }
}

#[test]
fn nothing_that_a_terminal_obeys_comes_through() {
    let folder = Folder::new("inspect-escapes");
    let name = "a\x1b[2J\u{202e}.m3u8";
    let film = folder.write(name, FILM.replace("Segment_1", "Seg\u{202e}ment"));
    let output = hls(&["inspect", &film]);
    assert!(output.status.success());
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown:?}");
}
