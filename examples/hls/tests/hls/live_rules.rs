//! `hls serve` of what grows: what must stay as it is from one playlist to the next, and beside it.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use hls_index::MediaPlaylist;
use sansio::Clock;

use crate::live::{News, ask_and_do, fragment, without_must_fix};
use crate::origin::Origin;
use crate::program::{Folder, live};

/// The line of a playlist that begins with a tag's name.
fn line<'t>(text: &'t str, tag: &str) -> &'t str {
    text.lines().find(|line| line.starts_with(tag)).unwrap_or_default()
}

/// Asks until the answer is as it should be.
fn until(origin: &Origin, path: &str, is_so: impl Fn(&str) -> bool) -> String {
    let clock = Clock::start();
    loop {
        let text = origin.get(path).text().to_owned();
        if is_so(&text) {
            return text;
        }
        assert!(clock.now().since_epoch() < Duration::from_secs(10), "{path}: {text}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn at_its_end_a_playlist_loses_parts_and_hints_and_nothing_else() {
    let news = News::new("rules-end", 12);
    let origin = news.serve(&["--low-latency"]);
    let before = origin.get("/live.m3u8").text().to_owned();
    let (ended, _) = ask_and_do(&origin, "/live.m3u8?_HLS_msn=12&_HLS_skip=YES", || {
        let text = fs::read_to_string(news.0.path("live.m3u8")).unwrap() + "#EXT-X-ENDLIST\n";
        news.0.write("live.m3u8", text);
    });
    let ended = ended.text();
    for tag in ["#EXT-X-SERVER-CONTROL:", "#EXT-X-PART-INF:", "#EXT-X-TARGETDURATION:"] {
        assert!(!line(ended, tag).is_empty(), "{tag}: {ended}");
        assert_eq!(line(ended, tag), line(&before, tag));
    }
    for tag in ["#EXT-X-PART:", "#EXT-X-PRELOAD-HINT", "#EXT-X-SKIP"] {
        assert_eq!(line(ended, tag), "", "{ended}");
    }
    without_must_fix(ended);
    // What was listed as a part may still be on its way.
    assert_eq!(origin.get("/n011.m4s?part=3").body, fragment(false, 3));
}

#[test]
fn playlists_of_one_presentation_say_the_same_of_the_server() {
    let news = News::new("rules-control", 3);
    let sound = live(0, 3)
        .replace("TARGETDURATION:2\n", "TARGETDURATION:3\n#EXT-X-SERVER-CONTROL:HOLD-BACK=12\n");
    news.0.write("sound track#1.m3u8", sound);
    news.0.write(
        "main.m3u8",
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",URI=\"sound%20track%231.m3u8\"\n\
         #EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO=\"a\"\nlive.m3u8\n",
    );
    let origin = news.serve(&["--low-latency"]);
    let picture = origin.get("/live.m3u8").text().to_owned();
    let sound = origin.get("/sound%20track%231.m3u8").text().to_owned();
    let control = line(&picture, "#EXT-X-SERVER-CONTROL:");
    assert_eq!(control, line(&sound, "#EXT-X-SERVER-CONTROL:"));
    for told in ["CAN-SKIP-UNTIL=18", "HOLD-BACK=12", "PART-HOLD-BACK=1.5", "CAN-BLOCK-RELOAD=YES"]
    {
        assert!(control.contains(told), "{told}: {control}");
    }
    without_must_fix(&picture);
    without_must_fix(&sound);
    // A report names the other as a URI does.
    let playlist = MediaPlaylist::parse(&picture).unwrap();
    assert_eq!(playlist.rendition_reports().next().unwrap().uri, "sound%20track%231.m3u8");
}

#[test]
fn parts_can_be_had_for_a_while_after_they_are_listed() {
    let news = News::new("rules-kept", 5);
    let origin = news.serve(&["--low-latency"]);
    assert!(origin.get("/live.m3u8").text().contains("n002.m4s?part=0"));
    // Many short segments come within three target durations.
    for number in 5..25 {
        (0..4).for_each(|fragment| news.add(number, fragment));
        news.whole(number);
    }
    news.list(25);
    until(&origin, "/live.m3u8", |text| text.contains("n024.m4s?part=3"));
    assert!(!origin.get("/live.m3u8").text().contains("n002.m4s?part"));
    for number in 0..4 {
        let part = origin.get(&format!("/n002.m4s?part={number}"));
        assert!(part.body == fragment(number == 0, number));
    }
    // What somebody has left behind is not what was listed.
    news.0.write("n002.m4s.tmp", vec![9; 100_000]);
    assert!(origin.get("/n002.m4s?part=1").body == fragment(false, 1));
}

#[test]
fn h15_who_goes_away_leaves_the_seat_to_others() {
    let folder = Folder::new("rules-seats");
    folder.write("live.m3u8", live(10, 5));
    let origin = Origin::start(folder.folder(), &["--live"]);
    let request = "GET /live.m3u8?_HLS_msn=15 HTTP/1.1\r\nHost: h\r\n\r\n";
    let wait = || {
        let mut stream = TcpStream::connect(origin.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let waiting: Vec<TcpStream> = (0..260).map(|_| wait()).collect();
    thread::sleep(Duration::from_millis(500));
    assert!(origin.get("/live.m3u8?_HLS_msn=15").text().contains("too many"));
    drop(waiting);
    thread::sleep(Duration::from_millis(500));
    let (next, _) = ask_and_do(&origin, "/live.m3u8?_HLS_msn=15", || {
        folder.write("live.m3u8", live(11, 5));
    });
    assert_eq!(next.status, 200);
}

#[test]
fn a_playlist_that_is_being_written_is_not_given_out_by_halves() {
    let folder = Folder::new("rules-halves");
    folder.write("live.m3u8", live(10, 5));
    let origin = Origin::start(folder.folder(), &["--live"]);
    // It is written in place, and slowly.
    folder.write("live.m3u8", live(11, 2));
    for _ in 0..10 {
        assert!(origin.get("/live.m3u8").text().contains("live14.ts"));
        thread::sleep(Duration::from_millis(30));
    }
    folder.write("live.m3u8", live(11, 5));
    until(&origin, "/live.m3u8", |text| text.contains("live15.ts"));
    // What stays so is a stream that has begun anew.
    folder.write("live.m3u8", live(0, 3));
    until(&origin, "/live.m3u8", |text| text.contains("live0.ts") && !text.contains("live15.ts"));
}

#[test]
fn a_delta_update_can_leave_out_date_ranges() {
    let folder = Folder::new("rules-ranges");
    let range = |id: &str| {
        format!("#EXT-X-DATERANGE:ID=\"{id}\",START-DATE=\"2026-11-22T17:00:00Z\",DURATION=1\n")
    };
    let write = |ranges: &[&str]| {
        let ranges: String = ranges.iter().map(|id| range(id)).collect();
        let mut text = live(0, 20).replace("TARGETDURATION:2", "TARGETDURATION:1");
        for second in 0..20 {
            let date = format!("#EXT-X-PROGRAM-DATE-TIME:2026-11-22T17:00:{second:02}.000Z\n");
            text = text.replacen("#EXTINF:2,\n", &format!("{date}#EXTINF:1,\n"), 1);
        }
        folder.write("live.m3u8", text + &ranges);
    };
    write(&["old", "kept"]);
    let origin = Origin::start(folder.folder(), &["--live"]);
    assert!(
        line(origin.get("/live.m3u8").text(), "#EXT-X-SERVER").contains("CAN-SKIP-DATERANGES=YES")
    );
    let both = origin.get("/live.m3u8?_HLS_skip=v2").text().to_owned();
    assert!(both.contains(",RECENTLY-REMOVED-DATERANGES=\"\""), "{both}");
    assert!(both.contains("\"old\"") && both.contains("\"kept\""), "they are new: {both}");
    without_must_fix(&both);
    // Six target durations.
    thread::sleep(Duration::from_millis(6200));
    write(&["kept", "new"]);
    let path = "/live.m3u8?_HLS_skip=v2";
    let delta = until(&origin, path, |text| text.contains("\"new\""));
    assert!(delta.contains(",RECENTLY-REMOVED-DATERANGES=\"old\""), "{delta}");
    assert!(!delta.contains("\"kept\"") && delta.contains("#EXT-X-VERSION:10\n"), "{delta}");
    without_must_fix(&delta);
    // Only who asks for it misses them.
    let segments_only = origin.get("/live.m3u8?_HLS_skip=YES").text().to_owned();
    assert!(segments_only.contains("\"kept\"") && !segments_only.contains("REMOVED"));
}
