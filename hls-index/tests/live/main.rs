//! Live playlists: whatever way the texts come, the window is what a fresh reading of the newest text gives.

mod changes;
mod delta;
mod seek;
mod texts;
mod times;
mod variables;

use std::sync::Arc;

use hls_index::write::{MediaBuilder, NewMap, NewSegment, NewTag};
use hls_index::{
    Ahead, ByteRange, DateTime, LivePlaylist, LiveSeekError, MediaPlaylist, MediaSequence, Method,
    Segment, Source, Ticks, Update, seconds,
};

fn source() -> Source<'static> {
    Source::new()
}

fn live(text: &str) -> LivePlaylist {
    LivePlaylist::new(text, &source()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A small playlist of the segments `first..next`, 5 s each.
fn plain(first: u64, next: u64) -> String {
    let mut text = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=30\n"
    );
    for number in first..next {
        text += &format!("#EXTINF:5,\n{number}.ts\n");
    }
    text
}

/// A delta update of the same that leaves out the first `skipped`.
fn delta(first: u64, next: u64, skipped: u64) -> String {
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=30\n#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n"
    );
    for number in first + skipped..next {
        text += &format!("#EXTINF:5,\n{number}.ts\n");
    }
    text
}

/// What a segment says, but for its times and where they count from.
fn facts(segment: &Segment<'_>) -> String {
    let keys = |keys: hls_index::Keys<'_>| {
        keys.iter().map(|key| key.attributes.as_str().to_owned()).collect::<Vec<_>>()
    };
    format!(
        "{} {} {:?} {:?} {:?} {:?} {} {} {} {:?} {:?} {:?}",
        segment.sequence(),
        segment.uri(),
        segment.byte_range(),
        segment.map().map(|map| (map.uri, map.byte_range, keys(map.keys))),
        keys(segment.keys()),
        segment.title(),
        segment.is_gap(),
        segment.is_discontinuity(),
        segment.discontinuity_sequence(),
        segment.bitrate(),
        segment.program_date_time(),
        segment.parts().map(|part| (part.uri, part.byte_range)).collect::<Vec<_>>(),
    )
}

/// Holds the window against a fresh reading of the newest text.
fn check(live: &LivePlaylist, text: &str) {
    let fresh = MediaPlaylist::parse(text).unwrap();
    assert_eq!(live.first_sequence(), fresh.first_sequence());
    assert_eq!(live.len(), fresh.len());
    assert_eq!(live.end() - live.start(), fresh.duration());
    let offset = live.start();
    for (held, new) in live.segments().zip(fresh.segments()) {
        assert_eq!(facts(&held), facts(&new));
        assert_eq!((held.start(), held.end()), (offset + new.start(), offset + new.end()));
        assert_eq!(live.segment(held.sequence()).map(|s| s.start()), Some(held.start()));
        let millisecond =
            |date: Option<DateTime>| date.map(|date| (date.unix_nanos() + 500_000) / 1_000_000);
        let dates = (millisecond(held.date()), millisecond(new.date()));
        assert!(
            dates.0.zip(dates.1).map_or(dates.0 == dates.1, |(a, b)| (a - b).abs() <= 1),
            "{} {:?} {:?}",
            held.sequence(),
            held.date(),
            new.date()
        );
    }
    assert_eq!(live.is_ended(), fresh.is_ended());
    assert_eq!(live.target_duration(), fresh.target_duration());
    assert_eq!(live.server_control(), fresh.server_control());
    let parts = |parts: hls_index::Parts<'_>| {
        parts.map(|part| (part.uri.to_owned(), part.end - part.start)).collect::<Vec<_>>()
    };
    assert_eq!(parts(live.trailing_parts()), parts(fresh.trailing_parts()));
    let hints = |uri: &str| uri.to_owned();
    assert_eq!(
        live.preload_hints().map(|hint| hints(hint.uri)).collect::<Vec<_>>(),
        fresh.preload_hints().map(|hint| hints(hint.uri)).collect::<Vec<_>>()
    );
    let ranges = |range: hls_index::DateRange<'_>| range.attributes().as_str().to_owned();
    assert_eq!(
        live.date_ranges().map(ranges).collect::<Vec<_>>(),
        fresh.date_ranges().map(ranges).collect::<Vec<_>>()
    );
}

/// An origin of random segments with everything that a playlist can say of them.
struct Origin {
    playlist: MediaBuilder,
    state: u64,
    made: u64,
}

impl Origin {
    fn new(seed: u64) -> Self {
        let mut playlist = MediaBuilder::new(9);
        playlist.media_sequence = seed % 3 * 1000;
        playlist.part_target = Some(Ticks::from_seconds(1));
        Self { playlist, state: seed, made: 0 }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % below
    }

    fn push(&mut self) {
        let number = self.made;
        self.made += 1;
        let length = Ticks::new(2_000_000_000 + self.random(6_000_000_000));
        let mut segment = NewSegment::new(format!("segment_{number}.mp4"), length);
        if let Some(before) = self.playlist.segments.back() {
            segment.keys = before.keys.clone();
            segment.map = before.map.clone();
            segment.bitrate = before.bitrate;
        }
        match self.random(24) {
            0 => segment.discontinuities = 1,
            1 => segment.is_gap = true,
            2 => segment.bitrate = Some(100 + number),
            3 => segment.keys = vec![],
            4 => {
                let key = NewTag::key(Method::AES_128, &format!("key{number}")).unwrap();
                segment.keys = vec![Arc::new(key)];
            }
            5 => {
                let tag =
                    NewTag::map(&format!("init{number}.mp4"), ByteRange::new(7, number)).unwrap();
                segment.map = Some(Arc::new(NewMap { tag, keys: segment.keys.clone() }));
            }
            6 | 7 => {
                let date = 1_700_000_000_000_000_000 + i128::from(number) * 5_000_000_000;
                segment.program_date_time = Some(DateTime::from_unix_nanos(date));
            }
            8 | 9 => segment.byte_range = ByteRange::new(number * 1000, 1000),
            10 => segment.title = format!("title {number}"),
            11 => segment.tags.push(NewTag::with_value("EXT-X-CUE-OUT", "30").unwrap()),
            12 => {
                let date = DateTime::from_unix_nanos(i128::from(number) * 1_000_000_000);
                segment.tags.push(NewTag::date_range(&format!("range{number}"), date).unwrap());
            }
            _ => {}
        }
        // A server lists the parts of the last few segments.
        for part in 0..self.random(3) {
            segment
                .parts
                .push(NewTag::part(&format!("{number}.{part}.mp4"), seconds(1.0)).unwrap());
        }
        self.playlist.segments.push_back(segment);
        if let Some(old) = self.playlist.segments.len().checked_sub(4) {
            self.playlist.segments[old].parts.clear();
        }
        self.playlist.tail.clear();
        for part in 0..self.random(3) {
            self.playlist
                .tail
                .push(NewTag::part(&format!("{}.{part}.mp4", self.made), seconds(0.5)).unwrap());
        }
        let hint = format!("TYPE=PART,URI=\"hint{}\"", self.made);
        self.playlist.tail.push(NewTag::with_value("EXT-X-PRELOAD-HINT", &hint).unwrap());
    }

    fn next(&self) -> u64 {
        self.playlist.media_sequence + self.playlist.segments.len() as u64
    }

    fn text(&self) -> String {
        self.playlist.to_text().unwrap()
    }
}

#[test]
fn every_reload_is_as_a_fresh_reading() {
    for seed in 1..12 {
        let mut origin = Origin::new(seed);
        let window = [5, 40, 300, 900][seed as usize % 4];
        for _ in 0..=origin.random(window) {
            origin.push();
        }
        let mut live = live(&origin.text());
        live.set_checked_bytes([0, 2000, usize::MAX][seed as usize % 3]);
        live.set_read_whole([0, 16384][seed as usize % 2]);
        check(&live, &origin.text());
        for _ in 0..120 {
            let (had, first) = (origin.next(), origin.playlist.media_sequence);
            for _ in 0..origin.random(5) {
                origin.push();
            }
            while origin.playlist.segments.len() as u64 > window {
                origin.playlist.evict();
            }
            let text = origin.text();
            let update = live.reload(&text, &source()).unwrap();
            assert_eq!(update.added, origin.next() - had);
            assert_eq!(update.evicted, origin.playlist.media_sequence - first);
            assert_eq!((update.changed, update.missed, update.has_returned), (None, 0, false));
            check(&live, &text);
        }
        origin.playlist.is_ended = true;
        assert!(live.reload(&origin.text(), &source()).unwrap().has_ended);
        check(&live, &origin.text());
    }
}

#[test]
fn delta_updates_are_as_the_whole_text() {
    for seed in 1..9 {
        let mut origin = Origin::new(seed);
        let window = [20, 300, 700][seed as usize % 3];
        for _ in 0..window {
            origin.push();
        }
        let mut live = live(&origin.text());
        for step in 0..200 {
            for _ in 0..=origin.random(3) {
                origin.push();
            }
            while origin.playlist.segments.len() as u64 > window {
                origin.playlist.evict();
            }
            let mut text = String::new();
            // What changes of what is held: the parts of the last few segments.
            let skipped = window - 12 - origin.random(4);
            origin.playlist.write_delta(&mut text, skipped as usize).unwrap();
            let update = if step % 17 == 16 {
                live.reload(&origin.text(), &source())
            } else {
                live.reload(&text, &source())
            };
            assert_eq!(update.unwrap().changed, None);
            // This origin keeps date ranges with the segments that it skips.
            let whole = origin.text();
            let fresh = MediaPlaylist::parse(&whole).unwrap();
            assert_eq!(live.end() - live.start(), fresh.duration());
            let all = |live: &LivePlaylist| live.segments().map(|s| facts(&s)).collect::<Vec<_>>();
            assert_eq!(all(&live), fresh.segments().map(|s| facts(&s)).collect::<Vec<_>>());
        }
    }
}

#[test]
fn missed_segments_are_told() {
    let mut live = live(&plain(0, 3));
    let update = live.reload(&plain(10, 13), &source()).unwrap();
    assert_eq!((update.added, update.evicted, update.missed), (3, 3, 7));
    assert_eq!((live.start(), live.end()), (seconds(15.0), seconds(30.0)));
    assert_eq!(live.at(seconds(15.0)).unwrap().uri(), "10.ts");
}

#[test]
fn a_text_that_says_nothing_new_changes_nothing() {
    let mut live = live(&plain(4, 9));
    for _ in 0..3 {
        assert_eq!(live.reload(&plain(4, 9), &source()), Ok(Update::default()));
    }
    assert!(!live.reload(&plain(4, 9), &source()).unwrap().is_progress());
    assert!(live.reload(&plain(4, 10), &source()).unwrap().is_progress());
}

#[test]
fn a_playlist_that_has_not_begun_fills() {
    let mut live = live("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:7\n");
    assert!(live.is_empty() && live.next_sequence() == MediaSequence(7));
    assert_eq!(live.at(Ticks::ZERO).unwrap_err(), LiveSeekError::Empty);
    assert_eq!(live.window(Ticks::ZERO, Ahead::seconds(9)).count(), 0);
    assert_eq!(live.reload(&plain(7, 9), &source()).unwrap().added, 2);
    check(&live, &plain(7, 9));
    // And may be empty again.
    let empty = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:9\n";
    assert_eq!(live.reload(empty, &source()).unwrap().evicted, 2);
    assert!(live.is_empty());
    assert_eq!(live.reload(&plain(9, 11), &source()).unwrap().added, 2);
    assert_eq!(live.start(), seconds(10.0));
}

#[test]
fn numbers_at_the_end_of_all_numbers() {
    let text = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{}\n#EXTINF:5,\na\n", u64::MAX);
    // There would be no next number.
    let live = LivePlaylist::new(&text, &source());
    assert!(live.is_err(), "{live:?}");
    let text = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{}\n#EXTINF:5,\na\n", u64::MAX - 1);
    let mut live = LivePlaylist::new(&text, &source()).unwrap();
    assert_eq!(live.segments().count(), 1);
    let more = text.clone() + "#EXTINF:5,\nb\n";
    assert!(live.reload(&more, &source()).is_err());
    let delta = format!(
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{}\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXTINF:5,\nb\n",
        u64::MAX - 1
    );
    assert!(live.reload(&delta, &source()).is_err());
}

#[test]
fn the_limit_of_segments_is_that_of_the_window() {
    let limits = hls_index::Limits { segments: 600, ..Default::default() };
    let source = Source::new().limits(limits);
    let mut live = LivePlaylist::new(&plain(0, 600), &source).unwrap();
    for next in 601..900 {
        assert!(live.reload(&delta(0, next, 595), &source).is_err());
        assert!(live.reload(&plain(0, next), &source).is_err());
        live.reload(&plain(next - 600, next), &source).unwrap();
    }
    // Also of one that is held in a single piece.
    let source = Source::new().limits(hls_index::Limits { segments: 10, ..limits });
    let mut live = LivePlaylist::new(&plain(0, 10), &source).unwrap();
    live.reload(&plain(5, 15), &source).unwrap();
    assert!(live.reload(&plain(5, 16), &source).is_err());
    check(&live, &plain(5, 15));
}

/// A server that starts anew while nothing is held: what was gone is as long gone as before.
#[test]
fn segments_that_return_to_an_empty_window_stay_gone() {
    for first in [0, 1, 4, 8] {
        let mut live = live(&plain(7, 9));
        let empty = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:9\n";
        live.reload(empty, &source()).unwrap();
        let update = live.reload(&plain(first, 11), &source()).unwrap();
        assert_eq!((update.added, update.evicted, update.has_returned), (2, 0, true));
        // The two of before were 10 s long.
        assert_eq!((live.start(), live.end()), (seconds(10.0), seconds(20.0)), "from {first}");
        check(&live, &plain(9, 11));
    }
}
