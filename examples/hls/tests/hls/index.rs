use crate::program::{FILM, Folder, RICH, hls, json, live, program, refusal, text};

#[test]
fn streams_are_recorded_listed_and_removed() {
    let folder = Folder::new("index-list");
    let (film, rich) = (folder.write("film.m3u8", FILM), folder.write("rich.m3u8", RICH));
    let db = folder.path("master.db");
    let said = text(&["index", "--db", &db, &film, &rich]);
    assert_eq!(
        said,
        format!("{film}: recorded, 3 segments, 13 s\n{rich}: recorded, 4 segments, 19.005 s\n")
    );

    let list = json(&["index", "--db", &db, "--list", "--json"]);
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["stream"], *film);
    assert_eq!(list[0]["segments"], 3);
    assert_eq!(list[0]["end"].to_string(), "13.0");
    assert_eq!(list[0]["ended"], true);
    let shown = text(&["index", "--db", &db, "--list"]);
    assert!(shown.contains("film.m3u8") && shown.contains("rich.m3u8"), "{shown}");

    assert!(text(&["index", "--db", &db, "--remove", &rich]).contains("removed"));
    assert!(refusal(2, &["index", "--db", &db, "--remove", &rich]).contains("--list"));
    assert_eq!(json(&["index", "--db", &db, "--list", "--json"]).as_array().unwrap().len(), 1);
    assert!(text(&["inspect", "--db", &db]).contains("master record"));
    let row: (i64, i64) = rusqlite::Connection::open(&db)
        .unwrap()
        .query_row("SELECT count(*), sum(length(record)) FROM stream", (), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(row, (1, 4096), "one row a stream, the record as a BLOB");
}

#[test]
fn to_index_again_changes_nothing() {
    let folder = Folder::new("index-again");
    let film = folder.write("film.m3u8", FILM);
    let db = folder.path("master.db");
    text(&["index", "--db", &db, "--server", "a=https://a.example.com/", &film]);
    let before = std::fs::read(&db).unwrap();
    for _ in 0..2 {
        assert!(text(&["index", "--db", &db, &film]).contains("unchanged, 3 segments"));
    }
    assert_eq!(std::fs::read(&db).unwrap(), before, "not one byte of the file");
    let plan = json(&["seek", "--db", &db, "--at", "0", "--json"]);
    assert_eq!(plan["fetch"][0]["servers"][0]["name"], "a", "servers stay as they were");
}

#[test]
fn segments_lie_on_several_servers() {
    let folder = Folder::new("index-servers");
    let film = folder.write("film.m3u8", FILM);
    let db = folder.path("master.db");
    text(&["index", "--db", &db, "--server", "a=https://a.example.com/film", &film]);
    let said = text(&[
        "index",
        "--db",
        &db,
        "--server",
        "a=https://a.example.com/film",
        "--server",
        "b@1-1=https://b.example.com/",
        &film,
    ]);
    assert!(said.contains("recorded anew"), "{said}");
    let plan = json(&["seek", "--db", &db, "--at", "0", "--json"]);
    let names = |number: usize| -> Vec<String> {
        let servers = plan["fetch"][number]["servers"].as_array().unwrap();
        servers.iter().map(|server| server["uri"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(0), ["https://a.example.com/film/Segment_1.mp4"]);
    assert_eq!(
        names(1),
        ["https://a.example.com/film/Segment_2.mp4", "https://b.example.com/Segment_2.mp4"]
    );
    assert!(text(&["inspect", "--db", &db]).contains("servers             a, b"));
}

#[test]
fn a_live_stream_is_added_to() {
    let folder = Folder::new("index-live");
    let playlist = folder.write("live.m3u8", live(100, 5));
    let db = folder.path("master.db");
    let index = |more: &[&str]| {
        json(&[&["index", "--db", &db, "--name", "news", "--json", &playlist], more].concat())
    };
    assert_eq!(index(&[])["action"], "recorded");
    folder.write("live.m3u8", live(103, 6));
    let outcome = index(&["--server", "new=https://new.example.com/"]);
    assert_eq!(outcome["action"], "appended");
    assert_eq!((&outcome["added"], &outcome["segments"]), (&4.into(), &9.into()));
    assert_eq!(outcome["end"].to_string(), "18.0");
    assert_eq!(index(&[])["action"], "unchanged");

    // An older playlist from a cache adds nothing and breaks nothing.
    folder.write("live.m3u8", live(100, 5));
    assert_eq!(index(&[])["action"], "unchanged");

    let plan = json(&["seek", "--db", &db, "--at", "15", "--json"]);
    assert_eq!(plan["segment"]["sequence"], 107);
    assert_eq!(plan["fetch"][0]["servers"][0]["uri"], "https://new.example.com/live107.ts");
    let plan = json(&["seek", "--db", &db, "--at", "0", "--ahead", "0", "--json"]);
    assert_eq!(plan["fetch"][0]["servers"].as_array().unwrap().len(), 0, "as it was recorded");

    // The stream has ended.
    folder.write("live.m3u8", live(107, 2) + "#EXT-X-ENDLIST\n");
    assert_eq!(index(&[])["ended"], true);
}

#[test]
fn what_does_not_go_on_is_refused_until_it_is_asked_for() {
    let folder = Folder::new("index-refused");
    let playlist = folder.write("live.m3u8", live(100, 5));
    let db = folder.path("master.db");
    text(&["index", "--db", &db, &playlist]);
    let before = std::fs::read(&db).unwrap();
    for (content, words) in [
        (live(110, 5), "segment 105 is the next"),
        (live(100, 6).replace("live103", "other"), "the URI of segment 103 has changed"),
        (live(100, 6).replace("#EXTINF:2,\nlive103", "#EXTINF:1.9,\nlive103"), "the duration"),
        ("#EXTM3U\n#EXT-X-TARGETDURATION:2\n".to_owned(), "no segments"),
        ("<html>".to_owned(), "line 1"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n".to_owned(), "low.m3u8"),
    ] {
        folder.write("live.m3u8", content);
        let line = refusal(2, &["index", "--db", &db, &playlist]);
        assert!(line.contains(words) && line.contains(&playlist), "{line}");
        assert_eq!(std::fs::read(&db).unwrap(), before, "{words}");
    }
    folder.write("live.m3u8", live(110, 5));
    assert!(refusal(2, &["index", "--db", &db, &playlist]).contains("--replace"));
    assert!(text(&["index", "--db", &db, "--replace", &playlist]).contains("recorded anew"));
    assert_eq!(json(&["seek", "--db", &db, "--at", "0", "--json"])["segment"]["sequence"], 110);
}

#[test]
fn what_is_good_is_recorded_beside_what_is_not() {
    let folder = Folder::new("index-beside");
    let film = folder.write("film.m3u8", FILM);
    let broken = folder.write("broken.m3u8", "#EXTM3U\n#EXTINF:five,\na\n");
    let db = folder.path("master.db");
    let output = hls(&["index", "--db", &db, &broken, &film, &folder.path("absent.m3u8")]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
    let errors = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = errors.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("broken.m3u8") && lines[1].contains("absent"));
    assert!(lines.iter().all(|line| line.starts_with("hls: ")), "{errors}");
}

#[test]
fn long_uris_are_recorded_too() {
    let folder = Folder::new("index-long");
    let long = |length| FILM.replace("Segment_2", &"x".repeat(length));
    let db = folder.path("master.db");
    for length in [3_000, 10_000, 50_000] {
        let file = folder.write("long.m3u8", long(length));
        text(&["index", "--db", &db, "--replace", "--name", "long", &file]);
        let plan = json(&["seek", "--db", &db, "--at", "7", "--json"]);
        assert_eq!(plan["segment"]["uri"].as_str().unwrap().len(), length + ".mp4".len());
    }
    let file = folder.write("long.m3u8", long(100_000));
    let line = refusal(2, &["index", "--db", &db, "--replace", "--name", "long", &file]);
    assert!(line.contains("do not fit"), "{line}");
    assert!(json(&["seek", "--db", &db, "--at", "7", "--json"])["segment"]["uri"].is_string());
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let folder = Folder::new("index-other");
    let film = folder.write("film.m3u8", FILM);
    let other = folder.write("other.db", "not a database, though it is long enough".repeat(100));
    for args in [&["index", "--db", &other, &film][..], &["index", "--db", &other, "--list"]] {
        assert!(refusal(2, args).contains("not a database"));
    }
    assert!(refusal(2, &["index", "--db", &folder.path("no/such/a.db"), &film]).contains("folder"));
    assert!(
        refusal(2, &["index", "--db", &folder.path("no.db"), "--list"]).contains("no such file")
    );
}

/// On a real file system that is full. It takes a mount, which this test may make in a name space of
/// its own where the system lets it.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_the_old_record_stays_readable() {
    use std::process::Command;

    let folder = Folder::new("index-full");
    let mount = folder.path("disk");
    std::fs::create_dir(&mount).unwrap();
    let small = folder.write("small.m3u8", live(0, 50));
    // Names without order, so that they take room.
    let mut large = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n".to_owned();
    let mut random: u64 = 1;
    for _ in 0..20_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        large.push_str(&format!("#EXTINF:2,\n{random:x}.ts\n"));
    }
    let large = folder.write("large.m3u8", large);
    let script = "mount -t tmpfs -o size=128k tmpfs \"$1\" || exit 77
        \"$2\" index --db \"$1/m.db\" --name s \"$3\" || exit 1
        \"$2\" index --db \"$1/m.db\" --name s --replace \"$4\"; echo \"code $?\"
        \"$2\" index --db \"$1/m.db\" --name t \"$4\"; echo \"code $?\"
        \"$2\" seek --db \"$1/m.db\" --at 99 --json || exit 1
        \"$2\" index --db \"$1/m.db\" --list --json || exit 1";
    let hls = program();
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh", &mount])
        .arg(hls.get_program())
        .args([&small, &large])
        .output();
    let output = match output {
        Ok(output) if output.status.code() != Some(77) => output,
        _ => return eprintln!("left out: this system lets no test mount a file system"),
    };
    let (shown, errors) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    if shown.is_empty() && errors.contains("unshare") {
        return eprintln!("left out: this system lets no test have name spaces: {errors}");
    }
    assert!(output.status.success(), "{shown}{errors}");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 5, "{shown}{errors}");
    assert!(lines[0].contains("recorded, 50 segments"));
    assert_eq!(&lines[1..3], ["code 2", "code 2"]);
    assert_eq!(errors.matches("the disk is full").count(), 2, "{errors}");
    assert!(lines[3].contains("live49.ts"), "{shown}");
    assert!(lines[4].contains("\"segments\":50") && !lines[4].contains("\"t\""), "{shown}");
}
