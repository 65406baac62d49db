//! `hls fetch`: what is fetched, from where, and what is left when it fails.

use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::origin::Origin;
use crate::program::{FILM, Folder, hls, json, refusal};
use crate::url::{respond, serve};

/// What each segment of the film holds.
fn segment(number: u8) -> Vec<u8> {
    vec![number; 5000 * usize::from(number)]
}

fn film(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("film.m3u8", FILM);
    for number in 1..=3 {
        folder.write(&format!("Segment_{number}.mp4"), segment(number));
    }
    folder
}

/// A film in one file, with its initialization section at the start.
const RANGES: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MAP:URI=\"all.mp4\",BYTERANGE=\"100@0\"\n\
    #EXTINF:5,\n#EXT-X-BYTERANGE:1000@100\nall.mp4\n#EXTINF:5,\n#EXT-X-BYTERANGE:2000\nall.mp4\n\
    #EXTINF:3,\n#EXT-X-BYTERANGE:500\nall.mp4\n#EXT-X-ENDLIST\n";

fn all() -> Vec<u8> {
    (0..3600_u32).map(|at| (at ^ at >> 8) as u8).collect()
}

#[test]
fn the_window_is_fetched_and_nothing_else() {
    let film = film("fetch-window");
    let origin = Origin::start(film.folder(), &[]);
    let out = Folder::new("fetch-window-out");
    let folder = out.path("clip");
    let url = origin.url("/film.m3u8");
    let report = json(&["fetch", &url, "--at", "6", "--ahead", "5", "-o", &folder, "--json"]);
    assert_eq!(fs::read(out.path("clip/Segment_2.mp4")).unwrap(), segment(2));
    assert_eq!(fs::read(out.path("clip/Segment_3.mp4")).unwrap(), segment(3));
    let mut names: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["Segment_2.mp4", "Segment_3.mp4", "window.m3u8"]);
    assert_eq!(
        fs::read_to_string(out.path("clip/window.m3u8")).unwrap(),
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:5,\nSegment_2.mp4\n\
         #EXTINF:3,\nSegment_3.mp4\n#EXT-X-ENDLIST\n"
    );
    assert_eq!(report["bytes"], 25_000);
    let piece = &report["pieces"][0];
    assert_eq!((&piece["state"], &piece["start"]), (&"fetched".into(), &5.0.into()));
    assert_eq!(piece["server"], origin.address.to_string());
    // Again: it is all there.
    let report = json(&["fetch", &url, "--at", "6", "--ahead", "5", "-o", &folder, "--json"]);
    assert_eq!(report["pieces"][1]["state"], "kept");
}

#[test]
fn byte_ranges_are_fetched_from_servers_that_know_them_and_others() {
    let ranges = Folder::new("fetch-ranges");
    ranges.write("i.m3u8", RANGES);
    ranges.write("all.mp4", all());
    let origin = Origin::start(ranges.folder(), &[]);
    let plain = serve(|path, stream| match path {
        "/i.m3u8" => respond(stream, "200 OK", RANGES.as_bytes()),
        _ => respond(stream, "200 OK", &all()),
    });
    let lying = serve(|_, stream| {
        respond(stream, "206 Partial Content\r\nContent-Range: bytes 0-1999/3600", &all()[..2000]);
    });
    let short = serve(|_, stream| respond(stream, "200 OK", &all()[..1500]));
    let expected = [&all()[..100], &all()[1100..3600]].concat();
    for url in [origin.url("/i.m3u8"), format!("{plain}/i.m3u8")] {
        let out = Folder::new("fetch-ranges-out");
        let file = out.path("clip.mp4");
        let report = json(&["fetch", &url, "--at", "6", "-o", &file, "--json"]);
        assert!(fs::read(&file).unwrap() == expected, "{url}");
        let kinds: Vec<_> =
            report["pieces"].as_array().unwrap().iter().map(|piece| &piece["kind"]).collect();
        assert_eq!(kinds, ["init", "segment", "segment"], "what decodes it comes first");
        assert_eq!(report["pieces"][1]["byte_range"], serde_json::json!([1100, 2000]));
        let names: Vec<_> = fs::read_dir(out.folder()).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing is left beside it");
    }
    // Other bytes than those asked for, or too few, are no answer.
    let out = Folder::new("fetch-ranges-bad");
    let (lying, short) = (format!("lying={lying}/"), format!("short={short}/"));
    let good = format!("good={plain}/");
    let report = json(&[
        "fetch",
        &ranges.path("i.m3u8"),
        "--at",
        "6",
        "-o",
        &out.path("c.mp4"),
        "--json",
        "--server",
        &lying,
        "--server",
        &short,
        "--server",
        &good,
    ]);
    assert!(fs::read(out.path("c.mp4")).unwrap() == expected);
    let failed = &report["pieces"][1]["failed"];
    assert!(failed.to_string().contains("other bytes"), "{failed}");
    assert!(failed.to_string().contains("fewer bytes"), "{failed}");
}

#[test]
fn the_next_server_is_asked_when_one_fails_and_it_is_told() {
    let film = film("fetch-failover");
    let origin = Origin::start(film.folder(), &[]);
    let count = Arc::new(AtomicU32::new(0));
    let asked = Arc::clone(&count);
    let broken = serve(move |_, stream| {
        asked.fetch_add(1, Ordering::Relaxed);
        respond(stream, "500 Internal Server Error", b"");
    });
    let missing = serve(|_, stream| respond(stream, "404 Not Found", b""));
    let cut = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\nabc");
    });
    let servers = [
        format!("broken={broken}/"),
        format!("missing={missing}/"),
        format!("cut={cut}/"),
        format!("good={}", origin.url("/")),
    ];
    let out = Folder::new("fetch-failover-out");
    let (playlist, folder) = (film.path("film.m3u8"), out.path("clip"));
    let mut args = vec!["fetch", &playlist, "--at", "0", "--ahead", "13", "-o", &folder];
    args.extend(servers.iter().flat_map(|server| ["--server", server]));
    let text = crate::program::text(&args);
    for number in 1..=3 {
        let path = out.path(&format!("clip/Segment_{number}.mp4"));
        assert_eq!(fs::read(path).unwrap(), segment(number));
    }
    for told in ["broken", "500", "missing", "404", "cut", "from good"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(count.load(Ordering::Relaxed) <= 3, "at most one for each that was under way");
}

#[test]
fn what_nobody_has_is_told_and_the_rest_is_kept() {
    let film = film("fetch-missing");
    fs::remove_file(film.path("Segment_2.mp4")).unwrap();
    let origin = Origin::start(film.folder(), &[]);
    let out = Folder::new("fetch-missing-out");
    let (url, folder) = (origin.url("/film.m3u8"), out.path("clip"));
    let output = hls(&["fetch", &url, "--at", "0", "--ahead", "13", "-o", &folder, "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("1 of 3 pieces") && errors.lines().count() == 1, "{errors}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["pieces"][1]["state"], "failed");
    assert!(report["pieces"][1]["failed"][0]["why"].as_str().unwrap().contains("404"));
    assert!(report["result"].is_null());
    let mut names: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["Segment_1.mp4", "Segment_3.mp4"], "no part of what failed");
    // Once it is there, only that one is fetched.
    film.write("Segment_2.mp4", segment(2));
    let report = json(&["fetch", &url, "--at", "0", "--ahead", "13", "-o", &folder, "--json"]);
    let states: Vec<_> =
        report["pieces"].as_array().unwrap().iter().map(|piece| &piece["state"]).collect();
    assert_eq!(states, ["kept", "fetched", "kept"]);
}

#[test]
fn a_partial_file_is_never_taken_for_a_whole_one() {
    let film = film("fetch-partial");
    let origin = Origin::start(film.folder(), &[]);
    let out = Folder::new("fetch-partial-out");
    // As a fetch that was killed leaves it.
    out.write("Segment_3.mp4.partial", b"half");
    let url = origin.url("/film.m3u8");
    let report =
        json(&["fetch", &url, "--at", "11", "-o", out.folder().to_str().unwrap(), "--json"]);
    assert_eq!(report["pieces"][0]["state"], "fetched");
    assert_eq!(fs::read(out.path("Segment_3.mp4")).unwrap(), segment(3));
    assert!(!fs::exists(out.path("Segment_3.mp4.partial")).unwrap());
}

#[test]
fn sizes_are_bounded() {
    let endless = serve(|path, stream| match path {
        "/film.m3u8" => respond(stream, "200 OK", FILM.as_bytes()),
        _ => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while stream.write_all(&[7; 4096]).is_ok() {}
        }
    });
    let out = Folder::new("fetch-endless");
    let url = format!("{endless}/film.m3u8");
    let folder = out.path("clip");
    let line = refusal(2, &["fetch", &url, "--at", "11", "-o", &folder, "--max-media", "1MB"]);
    assert!(line.contains("more than 1000000 bytes") && line.contains("--max-media"), "{line}");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
}

#[test]
fn h10_nobody_else_sends_us_into_our_own_network() {
    let film = film("fetch-private");
    let origin = Origin::start(film.folder(), &[]);
    let port = origin.address.port();
    // The server that the user names goes by another name than where it leads to.
    let named = serve(move |path, stream| {
        let absolute = FILM.replace("Segment_3", &format!("http://127.0.0.2:{port}/Segment_3"));
        let elsewhere = format!("302 Found\r\nLocation: http://localhost:{port}{path}");
        match path {
            "/absolute.m3u8" => respond(stream, "200 OK", absolute.as_bytes()),
            "/film.m3u8" => respond(stream, "200 OK", FILM.as_bytes()),
            _ => respond(stream, &elsewhere, b""),
        }
    });
    let out = Folder::new("fetch-private-out");
    for name in ["absolute.m3u8", "film.m3u8"] {
        let (url, folder) = (format!("{named}/{name}"), out.path(name));
        let output = hls(&["fetch", &url, "--at", "11", "-o", &folder]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {text}");
        assert!(text.contains("private network") && text.contains("--allow-private"), "{text}");
    }
    let allowed = [format!("{named}/film.m3u8"), out.path("allowed")];
    json(&["fetch", &allowed[0], "--at", "11", "-o", &allowed[1], "--json", "--allow-private"]);
    assert_eq!(fs::read(out.path("allowed/Segment_3.mp4")).unwrap(), segment(3));
    // Playlists are led astray no more than media.
    let line = refusal(2, &["inspect", &format!("{named}/elsewhere.m3u8")]);
    assert!(line.contains("private network"), "{line}");
    // Nor is anything but http spoken.
    let files = serve(|path, stream| match path {
        "/i.m3u8" => respond(stream, "200 OK", b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n"),
        _ => respond(stream, "302 Found\r\nLocation: file:///etc/passwd", b""),
    });
    let (url, folder) = (format!("{files}/i.m3u8"), out.path("files"));
    let output = hls(&["fetch", &url, "--at", "1", "-o", &folder]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_dir(out.path("files/etc")).unwrap().count(), 0, "no file is there");
}

#[test]
fn a_record_knows_where_to_fetch() {
    let film = film("fetch-record");
    let origin = Origin::start(film.folder(), &[]);
    let out = Folder::new("fetch-record-out");
    let (db, playlist) = (out.path("m.db"), film.path("film.m3u8"));
    let server = format!("a={}", origin.url("/"));
    crate::program::text(&["index", "--db", &db, "--server", &server, &playlist]);
    let folder = out.path("clip");
    json(&["fetch", "--db", &db, "--at", "11", "-o", &folder, "--json"]);
    assert_eq!(fs::read(out.path("clip/Segment_3.mp4")).unwrap(), segment(3));
}

#[test]
fn parts_of_the_segment_to_come_belong_to_the_window() {
    let folder = Folder::new("fetch-parts");
    folder.write(
        "live.m3u8",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=1\n#EXTINF:2,\na.mp4\n\
         #EXT-X-PART:DURATION=1,URI=\"b.mp4\",BYTERANGE=\"4@0\"\n\
         #EXT-X-PART:DURATION=1,URI=\"b.mp4\",BYTERANGE=\"3@4\"\n",
    );
    folder.write("a.mp4", "whole");
    folder.write("b.mp4", "PARTpar");
    let origin = Origin::start(folder.folder(), &[]);
    let file = folder.path("clip.mp4");
    json(&["fetch", &origin.url("/live.m3u8"), "--at", "1", "-o", &file, "--json"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "wholePARTpar");
    json(&[
        "fetch",
        &origin.url("/live.m3u8"),
        "--at",
        "1",
        "--ahead",
        "1.5",
        "--json",
        "-o",
        &folder.path("shorter.mp4"),
    ]);
    assert_eq!(fs::read_to_string(folder.path("shorter.mp4")).unwrap(), "wholePART");
}

#[test]
fn what_is_listed_twice_is_fetched_once() {
    let folder = Folder::new("fetch-twice");
    let again = "#EXTINF:2,\na.ts\n";
    folder.write("i.m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n{}", again.repeat(40)));
    folder.write("a.ts", "abc");
    let mut origin = Origin::start(folder.folder(), &[]);
    let file = folder.path("clip.ts");
    let report = json(&[
        "fetch",
        &origin.url("/i.m3u8"),
        "--at",
        "0",
        "--ahead",
        "80",
        "-o",
        &file,
        "--json",
    ]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "abc".repeat(40));
    assert_eq!(report["bytes"], 3);
    origin.get("/over");
    let lines: Vec<String> = (0..3).map(|_| origin.log_line()).collect();
    assert!(lines[1].contains("/a.ts") && lines[2].contains("/over"), "{lines:?}");
}

#[test]
fn what_cannot_be_fetched_is_told() {
    let film = film("fetch-refusals");
    let playlist = film.path("film.m3u8");
    let line = refusal(2, &["fetch", &playlist, "--at", "11"]);
    assert!(line.contains("--server"), "{line}");
    let line = refusal(1, &["fetch", &playlist, "--at", "13", "--server", "a=http://127.0.0.1/"]);
    assert!(line.contains("past its end"), "{line}");
    let keys =
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:5,\na.ts\n";
    let playlist = film.write("keys.m3u8", keys);
    let server = "a=http://127.0.0.1/";
    let out = film.path("a.ts");
    let line = refusal(2, &["fetch", &playlist, "--at", "1", "--server", server, "-o", &out]);
    assert!(line.contains("encrypted"), "{line}");
}

#[test]
fn what_is_read_is_not_written_over() {
    let film = film("fetch-over");
    let origin = Origin::start(film.folder(), &[]);
    let server = format!("a={}", origin.url("/"));
    let playlist = film.path("film.m3u8");
    let folder = Folder::new("fetch-over-out");
    let window = folder.write("window.m3u8", FILM);
    let args = |input, out| {
        ["fetch", input, "--at", "6", "--server", &server, "-o", out].map(str::to_owned)
    };
    let out = folder.path("");
    for args in [args(&playlist, &playlist), args(&window, &out)] {
        let line = refusal(2, &args.each_ref().map(String::as_str));
        assert!(line.contains("what is read"), "{line}");
    }
    let line = refusal(2, &["plot", &playlist, "-o", &film.path("./film.m3u8")]);
    assert!(line.contains("what is read"), "{line}");
    for kept in [playlist, window] {
        assert_eq!(fs::read_to_string(kept).unwrap(), FILM);
    }
}
