//! `hls serve` of what grows: blocking reload, delta updates, parts.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use hls_index::{MediaPlaylist, MediaSequence, validate};
use sansio::Clock;

use crate::origin::{Answer, Origin};
use crate::program::{Folder, live};

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap();
    [&size.to_be_bytes(), &kind[..], content].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// One video track, 1,000 a second, its samples of 40 ms no sync samples.
fn init() -> Vec<u8> {
    let tkhd = boxed(b"tkhd", &numbers(&[0, 0, 0, 1]));
    let mdhd = boxed(b"mdhd", &numbers(&[0, 0, 0, 1_000, 0]));
    let hdlr = boxed(b"hdlr", &[&[0; 8], &b"vide"[..]].concat());
    let trak = boxed(b"trak", &[tkhd, boxed(b"mdia", &[mdhd, hdlr].concat())].concat());
    let trex = boxed(b"trex", &numbers(&[0, 1, 1, 40, 0, 0x1_0000]));
    boxed(b"moov", &[trak, boxed(b"mvex", &trex)].concat())
}

/// A fragment of half a second.
pub(crate) fn fragment(is_independent: bool, content: u8) -> Vec<u8> {
    let flags = if is_independent { 0 } else { 0x1_0000 };
    let tfhd = boxed(b"tfhd", &numbers(&[0, 1]));
    let trun = boxed(b"trun", &numbers(&[0x105, 1, 0, flags, 500]));
    let traf = boxed(b"traf", &[tfhd, trun].concat());
    [boxed(b"moof", &traf), boxed(b"mdat", &[content; 1000])].concat()
}

/// A stream whose segments have four fragments, the first `whole` of which are listed.
pub(crate) struct News(pub(crate) Folder);

impl News {
    pub(crate) fn new(name: &str, whole: u64) -> Self {
        let news = Self(Folder::new(name));
        news.0.write("init.mp4", init());
        for number in 0..whole {
            for fragment in 0..4 {
                news.add(number, fragment);
            }
            news.whole(number);
        }
        news.list(whole);
        news
    }

    /// A fragment is written.
    pub(crate) fn add(&self, number: u64, fragment_number: u8) {
        let path = self.0.path(&format!("n{number:03}.m4s.tmp"));
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(&fragment(fragment_number == 0, fragment_number)).unwrap();
    }

    /// All of a segment is there.
    pub(crate) fn whole(&self, number: u64) {
        let name = self.0.path(&format!("n{number:03}.m4s"));
        std::fs::rename(format!("{name}.tmp"), name).unwrap();
    }

    pub(crate) fn list(&self, count: u64) {
        let mut text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n\
            #EXT-X-MAP:URI=\"init.mp4\"\n"
            .to_owned();
        for number in 0..count {
            text.push_str(&format!("#EXTINF:2.0,\nn{number:03}.m4s\n"));
        }
        self.0.write("new.m3u8", text);
        std::fs::rename(self.0.path("new.m3u8"), self.0.path("live.m3u8")).unwrap();
    }

    pub(crate) fn serve(&self, args: &[&str]) -> Origin {
        Origin::start(self.0.folder(), args)
    }
}

/// Asks, does something after a while, and gives the answer and how long it took.
pub(crate) fn ask_and_do(origin: &Origin, path: &str, then: impl FnOnce()) -> (Answer, Duration) {
    let clock = Clock::start();
    thread::scope(|scope| {
        let asking = scope.spawn(|| (origin.get(path), clock.now().since_epoch()));
        thread::sleep(Duration::from_millis(400));
        if asking.is_finished() {
            let (answer, took) = asking.join().unwrap();
            panic!("{path} must wait: {} after {took:?}: {}", answer.status, answer.text());
        }
        then();
        asking.join().unwrap()
    })
}

pub(crate) fn without_must_fix(text: &str) {
    let report = validate(text);
    let must: Vec<_> = report.must_fix().collect();
    assert!(must.is_empty(), "{must:?}\n{text}");
}

#[test]
fn a_playlist_that_grows_can_be_waited_for() {
    let folder = Folder::new("live-ts");
    folder.write("live.m3u8", live(10, 5));
    let origin = Origin::start(folder.folder(), &["--live"]);
    let now = origin.get("/live.m3u8");
    assert!(now.text().contains("CAN-BLOCK-RELOAD=YES"), "{}", now.text());
    assert!(!now.text().contains("PART"), "{}", now.text());
    without_must_fix(now.text());
    assert_eq!(origin.get("/live.m3u8?_HLS_msn=14").text(), now.text());
    let (next, took) = ask_and_do(&origin, "/live.m3u8?_HLS_msn=15", || {
        folder.write("live.m3u8", live(11, 5));
    });
    assert_eq!(next.status, 200);
    assert!(next.text().contains("live15.ts") && !next.text().contains("live10.ts"));
    assert!(took < Duration::from_secs(3), "{took:?}");
    let (ended, _) = ask_and_do(&origin, "/live.m3u8?_HLS_msn=16", || {
        folder.write("live.m3u8", live(11, 5) + "#EXT-X-ENDLIST\n");
    });
    assert!(ended.text().contains("#EXT-X-ENDLIST"), "{}", ended.text());
    // Directives mean nothing any more.
    assert_eq!(origin.get("/live.m3u8?_HLS_msn=999&_HLS_skip=YES").text(), ended.text());
    assert_eq!(origin.get("/live.m3u8?_HLS_part=1").status, 200);
}

#[test]
fn h15_directives_that_ask_too_much_are_refused() {
    let news = News::new("live-h15", 5);
    let origin = news.serve(&["--low-latency"]);
    for query in [
        "_HLS_part=0",
        "_HLS_msn=7",
        "_HLS_msn=18446744073709551615",
        "_HLS_msn=99999999999999999999",
        "_HLS_msn=-1",
        "_HLS_msn=x",
        "_HLS_msn=5&_HLS_part=6",
        "_HLS_msn=5&_HLS_part=18446744073709551615",
        "_HLS_msn=5&_HLS_msn=5",
    ] {
        assert_eq!(origin.get(&format!("/live.m3u8?{query}")).status, 400, "{query}");
    }
    // What was long ago is there at once, and all of the playlist with it.
    assert_eq!(origin.get("/live.m3u8?_HLS_msn=0&_HLS_part=99").status, 200);
}

#[test]
fn h15_who_waits_in_vain_is_sent_away_and_so_are_too_many() {
    let news = News::new("live-waiters", 5);
    let origin = news.serve(&["--live"]);
    let clock = Clock::start();
    thread::scope(|scope| {
        let asking: Vec<_> = (0..300)
            .map(|_| {
                let asking = scope.spawn(|| {
                    let answer = origin.get("/live.m3u8?_HLS_msn=5");
                    (answer.status, clock.now().since_epoch())
                });
                thread::sleep(Duration::from_millis(1));
                asking
            })
            .collect();
        let answers: Vec<_> = asking.into_iter().map(|asking| asking.join().unwrap()).collect();
        assert!(answers.iter().all(|(status, _)| *status == 503));
        // Three target durations are six seconds.
        let late = answers.iter().filter(|(_, when)| *when > Duration::from_secs(5)).count();
        assert_eq!(late, 256, "so many may wait");
    });
    assert_eq!(origin.get("/live.m3u8").status, 200);
}

#[test]
fn segments_are_offered_in_parts_as_they_grow() {
    let news = News::new("live-parts", 5);
    let origin = news.serve(&["--low-latency"]);
    let begun = origin.get("/live.m3u8");
    without_must_fix(begun.text());
    let playlist = MediaPlaylist::parse(begun.text()).unwrap();
    assert_eq!(playlist.part_count(), 12, "of the last three segments");
    assert_eq!(playlist.part_target().unwrap().to_string(), "0.5");
    let hint = playlist.preload_hints().next().unwrap();
    assert_eq!(hint.uri, "n005.m4s?part=0");

    // The first part of the next segment, asked for before it is there, by both ways.
    let (part, _) = ask_and_do(&origin, "/n005.m4s?part=0", || news.add(5, 0));
    assert_eq!((part.status, part.header("content-type")), (200, "video/mp4"));
    assert!(part.body == fragment(true, 0));
    let (next, _) = ask_and_do(&origin, "/live.m3u8?_HLS_msn=5&_HLS_part=1", || news.add(5, 1));
    without_must_fix(next.text());
    let playlist = MediaPlaylist::parse(next.text()).unwrap();
    let parts: Vec<_> = playlist.trailing_parts().collect();
    assert_eq!(parts.len(), 2);
    assert!(parts[0].is_independent && !parts[1].is_independent);
    assert_eq!(playlist.preload_hints().next().unwrap().uri, "n005.m4s?part=2");
    assert_eq!(origin.get("/n005.m4s?part=1").body, fragment(false, 1));
    // It is not whole yet, and of its parts only the next one may be waited for.
    assert_eq!(origin.get("/n005.m4s").status, 404);
    assert_eq!(origin.get("/n005.m4s?part=3").status, 404);
    assert_eq!(origin.get("/n004.m4s?part=4").status, 404);
    assert_eq!(origin.get("/n006.m4s?part=0").status, 404);

    // Half a fragment is no part.
    let path = news.0.path("n005.m4s.tmp");
    let third = fragment(false, 2);
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(&third[..500]).unwrap();
    let (third_part, _) = ask_and_do(&origin, "/n005.m4s?part=2", || {
        file.write_all(&third[500..]).unwrap();
    });
    assert!(third_part.body == third);

    // A part that the segment turns out not to have is the first one of the next.
    let (after, _) = ask_and_do(&origin, "/live.m3u8?_HLS_msn=5&_HLS_part=4", || {
        news.add(5, 3);
        news.whole(5);
        news.list(6);
        thread::sleep(Duration::from_millis(300));
        news.add(6, 0);
    });
    let playlist = MediaPlaylist::parse(after.text()).unwrap();
    assert_eq!((playlist.len(), playlist.trailing_parts().count()), (6, 1));
    // The parts are those of the whole segment, and that is to be had now.
    let whole = origin.get("/n005.m4s").body;
    let parts: Vec<u8> =
        (0..4).flat_map(|part| origin.get(&format!("/n005.m4s?part={part}")).body).collect();
    assert!(whole == parts);
}

#[test]
fn a_restart_offers_the_same_parts() {
    let news = News::new("live-restart", 5);
    news.add(5, 0);
    news.add(5, 1);
    let mut answers = Vec::new();
    for _ in 0..5 {
        // Dropped: killed.
        let origin = news.serve(&["--low-latency"]);
        let playlist = origin.get("/live.m3u8");
        let etag = playlist.header("etag").to_owned();
        let parts = ["/n003.m4s?part=2", "/n004.m4s?part=0", "/n005.m4s?part=1"];
        let parts = parts.map(|path| origin.get(path).body);
        answers.push((playlist.body, etag, parts));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert!(answers[0].2.iter().all(|part| part.len() > 1000));
}

#[test]
fn a_delta_update_leaves_out_what_is_long_ago_and_nothing_else() {
    let news = News::new("live-delta", 20);
    let origin = news.serve(&["--low-latency"]);
    let full = origin.get("/live.m3u8");
    for value in ["YES", "v2"] {
        let delta = origin.get(&format!("/live.m3u8?_HLS_skip={value}"));
        without_must_fix(delta.text());
        let playlist = MediaPlaylist::parse(delta.text()).unwrap();
        // Six target durations are six of the segments.
        assert_eq!(playlist.skip().unwrap().skipped_segments, 14);
        assert_eq!(playlist.len(), 6);
        assert!(!delta.text().contains("n013.m4s"), "{}", delta.text());
        assert!(delta.text().contains("n014.m4s"), "{}", delta.text());
    }
    assert_eq!(origin.get("/live.m3u8?_HLS_skip=NO").text(), full.text());
    let short = News::new("live-delta-short", 3);
    let origin = short.serve(&["--live"]);
    assert!(!origin.get("/live.m3u8?_HLS_skip=YES").text().contains("EXT-X-SKIP"));
}

#[test]
fn other_renditions_are_reported() {
    let news = News::new("live-reports", 3);
    news.0.write("sound.m3u8", live(0, 3));
    news.0.write("unrelated.m3u8", live(0, 3));
    news.0.write(
        "main.m3u8",
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",URI=\"sound.m3u8\"\n\
         #EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO=\"a\"\nlive.m3u8\n",
    );
    let origin = news.serve(&["--low-latency"]);
    let picture = origin.get("/live.m3u8");
    let playlist = MediaPlaylist::parse(picture.text()).unwrap();
    let reports: Vec<_> = playlist.rendition_reports().collect();
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].uri, reports[0].last_sequence), ("sound.m3u8", Some(MediaSequence(2))));
    let sound = origin.get("/sound.m3u8");
    assert!(sound.text().contains("URI=\"live.m3u8\",LAST-MSN=2,LAST-PART=3"), "{}", sound.text());
    assert!(!origin.get("/unrelated.m3u8").text().contains("REPORT"));
}

#[test]
fn a_playlist_without_the_option_is_served_as_it_lies_there() {
    let folder = Folder::new("live-not");
    folder.write("live.m3u8", live(10, 5));
    let origin = Origin::start(folder.folder(), &[]);
    assert_eq!(origin.get("/live.m3u8?_HLS_msn=99").text(), live(10, 5));
}
