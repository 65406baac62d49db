use crate::program::{FILM, Folder, RICH, hls, json, refusal, text, with_stdin};

#[test]
fn the_answer_has_exactly_this_form() {
    let folder = Folder::new("seek-form");
    let film = folder.write("film.m3u8", FILM);
    assert_eq!(
        text(&["seek", &film, "--at", "10.5", "--json"]),
        "{\"at\":10.5,\"segment\":{\"index\":2,\"sequence\":2,\"uri\":\"Segment_3.mp4\",\
         \"start\":10.0,\"end\":13.0},\"fetch\":[{\"uri\":\"Segment_3.mp4\",\"byte_range\":null,\
         \"start\":10.0,\"end\":13.0,\"map\":null,\"servers\":[]}]}\n"
    );
    let output = with_stdin(&["seek", "-", "--at", "10.5", "--json"], FILM.as_bytes());
    assert!(output.stdout.starts_with(b"{\"at\":10.5,"));
}

#[test]
fn the_eleventh_second_is_in_the_third_segment() {
    let folder = Folder::new("seek-eleventh");
    let film = folder.write("film.m3u8", FILM);
    for at in ["10", "10.999999999", "0:11", "12.999999999"] {
        assert_eq!(json(&["seek", &film, "--at", at, "--json"])["segment"]["index"], 2, "{at}");
    }
    for (at, index) in [("0", 0), ("4.999999999", 0), ("5", 1), ("9.999999999", 1)] {
        assert_eq!(json(&["seek", &film, "--at", at, "--json"])["segment"]["index"], index, "{at}");
    }
    let shown = text(&["seek", &film, "--at", "11"]);
    assert!(shown.contains("11 s is in segment 2") && shown.contains("Segment_3.mp4"), "{shown}");
}

fn uris(args: &[&str]) -> Vec<String> {
    let plan = json(&[args, &["--json"]].concat());
    let fetch = plan["fetch"].as_array().unwrap();
    fetch.iter().map(|fetch| fetch["uri"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_window_is_a_time_a_count_or_a_size() {
    let folder = Folder::new("seek-window");
    let film = folder.write("film.m3u8", FILM);
    let (one, two, three) = ("Segment_1.mp4", "Segment_2.mp4", "Segment_3.mp4");
    assert_eq!(uris(&["seek", &film, "--at", "4"]), [one, two, three]);
    assert_eq!(uris(&["seek", &film, "--at", "4", "--ahead", "1"]), [one]);
    assert_eq!(uris(&["seek", &film, "--at", "4", "--ahead", "1.5"]), [one, two]);
    assert_eq!(uris(&["seek", &film, "--at", "4", "--ahead", "1seg"]), [one, two]);
    assert_eq!(uris(&["seek", &film, "--at", "5", "--preroll", "0.1", "--ahead", "0"]), [one, two]);
    assert_eq!(uris(&["seek", &film, "--at", "4", "--ahead", "5MB"]), [one], "no sizes are known");

    let sized = FILM.replace("#EXTINF", "#EXT-X-BITRATE:800\n#EXTINF");
    let sized = folder.write("sized.m3u8", sized);
    assert_eq!(uris(&["seek", &sized, "--at", "0", "--ahead", "1MB"]), [one, two]);
}

#[test]
fn byte_ranges_and_initialization_sections_are_resolved() {
    let folder = Folder::new("seek-ranges");
    let rich = folder.write("rich.m3u8", RICH);
    let plan = json(&["seek", &rich, "--at", "6", "--ahead", "1:00", "--json"]);
    assert_eq!(plan["segment"]["sequence"], 101);
    let fetch = plan["fetch"].as_array().unwrap();
    assert_eq!(fetch.len(), 2, "the gap is left out: {plan}");
    assert_eq!(fetch[0]["byte_range"], serde_json::json!([1700, 900]));
    assert_eq!(fetch[0]["map"], serde_json::json!({"uri": "init.mp4", "byte_range": [0, 700]}));
    assert_eq!(fetch[0]["end"].to_string(), "11.005");
    let shown = text(&["seek", &rich, "--at", "6"]);
    assert!(shown.contains("1700-2599") && shown.contains("encrypted: AES-128"), "{shown}");
}

#[test]
fn dates_find_segments_too() {
    let folder = Folder::new("seek-dates");
    let rich = folder.write("rich.m3u8", RICH);
    let plan = json(&["seek", &rich, "--date", "2026-11-22T18:00:00.5Z", "--json"]);
    assert_eq!(plan["segment"]["index"], 3);
    assert_eq!(plan["at"].to_string(), "17.505");
    let before = refusal(1, &["seek", &rich, "--date", "2026-11-22T16:59:59Z"]);
    assert!(before.contains("before its start"), "{before}");
    let after = refusal(1, &["seek", &rich, "--date", "2026-11-23T00:00:00Z"]);
    assert!(after.contains("past its end"), "{after}");
    let film = folder.write("film.m3u8", FILM);
    assert!(refusal(1, &["seek", &film, "--date", "2026-11-22T17:00:00Z"]).contains("--at"));
}

#[test]
fn a_moment_that_is_not_there_is_a_no() {
    let folder = Folder::new("seek-no");
    let film = folder.write("film.m3u8", FILM);
    for at in ["13", "1:00:00", "18446744073.709551615"] {
        let line = refusal(1, &["seek", &film, "--at", at]);
        assert!(line.contains("give --at below 13"), "{line}");
    }
    assert!(refusal(2, &["seek", &film, "--at", "-1"]).contains("negative"));
    let none = folder.write("none.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n");
    assert!(refusal(1, &["seek", &none, "--at", "0"]).contains("no segments"));
}

#[test]
fn servers_are_told_in_their_order() {
    let folder = Folder::new("seek-servers");
    let film = folder.write("film.m3u8", FILM);
    let plan = json(&[
        "seek",
        &film,
        "--at",
        "0",
        "--server",
        "a=https://a.example.com/film",
        "--server",
        "b@1-=https://b.example.com/x/index.m3u8",
        "--json",
    ]);
    assert_eq!(
        plan["fetch"][1]["servers"],
        serde_json::json!([
            {"name": "a", "uri": "https://a.example.com/film/Segment_2.mp4"},
            {"name": "b", "uri": "https://b.example.com/x/Segment_2.mp4"},
        ])
    );
    assert_eq!(plan["fetch"][0]["servers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_day_of_odd_lengths_does_not_drift() {
    let folder = Folder::new("seek-drift");
    let count = 14_385;
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n".to_owned()
        + &"#EXTINF:6.006006,\ns.ts\n".repeat(count);
    let file = folder.write("day.m3u8", text);
    // 14,384 · 6.006006
    let plan = json(&["seek", &file, "--at", "86390.390304", "--json"]);
    assert_eq!(plan["segment"]["index"], 14_384);
    assert_eq!(plan["segment"]["start"].to_string(), "86390.390304");
    let before = json(&["seek", &file, "--at", "86390.390303999", "--json"]);
    assert_eq!(before["segment"]["index"], 14_383);
}

#[test]
fn a_record_answers_as_its_playlist_does() {
    let folder = Folder::new("seek-record");
    let db = folder.path("master.db");
    for (name, playlist) in [("film.m3u8", FILM), ("rich.m3u8", RICH)] {
        let file = folder.write(name, playlist);
        text(&["index", "--db", &db, "--name", name, &file]);
        for at in ["0", "4.5", "6", "10.999", "12.5"] {
            for ahead in ["0", "3", "100", "1seg", "2seg", "1500B", "1B"] {
                for preroll in ["0", "2"] {
                    let rest = ["--at", at, "--ahead", ahead, "--preroll", preroll, "--json"];
                    let expected = text(&[&["seek", &file], &rest[..]].concat());
                    let args = [&["seek", "--db", &db, "--stream", name], &rest[..]].concat();
                    assert_eq!(text(&args), expected, "{args:?}");
                }
            }
        }
    }
    let rich = folder.path("rich.m3u8");
    for date in ["2026-11-22T17:00:07Z", "2026-11-22T17:30:00Z", "2026-11-22T18:00:01Z"] {
        let expected = text(&["seek", &rich, "--date", date, "--json"]);
        let args = ["seek", "--db", &db, "--stream", "rich.m3u8", "--date", date, "--json"];
        assert_eq!(text(&args), expected, "{date}");
    }
    let line = refusal(1, &["seek", "--db", &db, "--stream", "film.m3u8", "--at", "13"]);
    assert!(line.contains("give --at below 13"), "{line}");
    assert!(refusal(2, &["seek", "--db", &db, "--at", "1"]).contains("--stream"));
    assert!(refusal(2, &["seek", "--db", &db, "--stream", "x", "--at", "1"]).contains("--list"));
    assert!(
        refusal(2, &["seek", "--db", &folder.path("no.db"), "--at", "1"]).contains("no such file")
    );

    // The record by itself, as a file.
    let connection = rusqlite::Connection::open(&db).unwrap();
    let select = "SELECT record FROM stream WHERE name = 'film.m3u8'";
    let record: Vec<u8> = connection.query_row(select, (), |row| row.get(0)).unwrap();
    let record = folder.write("film.record", record);
    let plan = json(&["seek", &record, "--at", "10.5", "--json"]);
    assert_eq!(plan["segment"]["uri"], "Segment_3.mp4");
    assert!(text(&["inspect", &record]).contains("master record"));
    assert!(hls(&["plot", &record]).status.success());
}
