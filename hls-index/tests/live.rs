//! Live playlists: whatever way the texts come, the window is what a fresh reading of the newest text gives.

use std::sync::Arc;

use hls_index::write::{MediaBuilder, NewMap, NewSegment, NewTag};
use hls_index::{
    Ahead, ByteRange, DateTime, LivePlaylist, LiveSeekError, MeasureError, MediaPlaylist,
    MediaSequence, Method, ReloadError, Segment, Source, Ticks, Update, seconds,
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
fn times_count_from_the_first_segment_that_there_was() {
    let mut live = live(&plain(0, 3));
    for first in 1..1000 {
        let update = live.reload(&plain(first, first + 3), &source()).unwrap();
        assert_eq!((update.added, update.evicted), (1, 1));
        assert_eq!(live.start(), Ticks::from_seconds(5 * first));
        let held = live.at(Ticks::from_seconds(5 * first + 7)).unwrap();
        assert_eq!(held.sequence(), MediaSequence(first + 1));
        assert_eq!(held.start(), Ticks::from_seconds(5 * first + 5));
    }
}

#[test]
fn sums_do_not_drift_over_reloads() {
    let text = |first: u64| {
        let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
        for number in first..first + 3 {
            text += &format!("#EXTINF:0.333333333333333333,\n{number}.ts\n");
        }
        text
    };
    let mut live = live(&text(0));
    for first in 1..=3000 {
        // Rounded from another start, a length may be a tick off: it is the same segment.
        assert_eq!(live.reload(&text(first), &source()).unwrap().changed, None);
    }
    // 3003 thirds less 3003 · ⅓ · 10⁻¹⁸: taken up to the next tick, 1001 s.
    assert_eq!(live.end(), Ticks::from_seconds(1001));
    assert_eq!(live.start(), Ticks::from_seconds(1000));
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
fn h22_a_playlist_that_goes_back_is_reported() {
    for (first, window) in [(5, 4), (500, 1500)] {
        let mut live = live(&plain(first, first + window));
        let before = format!("{live:?}");
        for (first, next) in [(first, first + window - 1), (first - 3, first + window - 3), (0, 2)]
        {
            let error = live.reload(&plain(first, next), &source()).unwrap_err();
            let held = MediaSequence(live.next_sequence().0);
            assert_eq!(error, ReloadError::Backwards { held, found: MediaSequence(next) });
            assert_eq!(format!("{live:?}"), before, "it is as it was");
        }
        check(&live, &plain(first, first + window));
        // Only the start goes back: what was gone stays gone.
        let text = plain(first - 2, first + window + 1);
        let update = live.reload(&text, &source()).unwrap();
        assert!(update.has_returned && update.added == 1 && update.changed.is_none());
        assert_eq!(live.first_sequence(), MediaSequence(first));
        check(&live, &plain(first, first + window + 1));
    }
}

#[test]
fn h22_fewer_parts_are_an_older_copy() {
    let parts = |count: usize| plain(3, 5) + &"#EXT-X-PART:URI=\"p\",DURATION=1\n".repeat(count);
    let mut live = live(&parts(1));
    assert_eq!(live.reload(&parts(3), &source()).unwrap().added_parts, 2);
    assert!(matches!(live.reload(&parts(2), &source()), Err(ReloadError::Backwards { .. })));
    assert_eq!(live.trailing_parts().len(), 3);
    let whole = plain(3, 6) + "#EXT-X-PART:URI=\"p\",DURATION=1\n";
    let update = live.reload(&whole, &source()).unwrap();
    assert_eq!((update.added, update.added_parts), (1, 1));
}

#[test]
fn h22_a_changed_old_segment_is_reported() {
    // One with another name as long, another length, another byte range; in a short text and in a long one.
    for (first, window) in [(5, 8), (500, 1600)] {
        for (old, new) in [("ts\n", "tX\n"), ("ts\n", "longer\n")] {
            for changed in [first + 1, first + window / 2, first + window - 1] {
                let text = plain(first, first + window);
                let mut live = live(&text);
                live.set_checked_bytes(usize::MAX);
                let (old, new) = (format!("\n{changed}.{old}"), format!("\n{changed}.{new}"));
                let text = plain(first, first + window + 1).replace(&old, &new);
                let update = live.reload(&text, &source()).unwrap();
                assert_eq!(update.changed, Some(MediaSequence(changed)), "{new}");
                // The new one counts.
                check(&live, &text);
                assert_eq!(live.reload(&text, &source()).unwrap().changed, None);
            }
        }
    }
    let mut live = live(&plain(0, 4));
    let text = plain(0, 5).replace("5,\n2.ts", "4,\n2.ts");
    assert_eq!(live.reload(&text, &source()).unwrap().changed, Some(MediaSequence(2)));
    let text = text.replace("\n3.ts", "\n#EXT-X-BYTERANGE:5@0\n3.ts");
    assert_eq!(live.reload(&text, &source()).unwrap().changed, Some(MediaSequence(3)));
}

#[test]
fn h22_what_is_not_compared_at_once_is_compared_in_turns() {
    let (first, window) = (1000, 3000);
    let size = plain(first, first + window).len();
    let mut live = live(&plain(first, first + window));
    live.set_checked_bytes(size / 8);
    let changed = first + window / 2;
    let mut reloads = 0;
    let found = loop {
        reloads += 1;
        let (first, next) = (first + reloads, first + window + reloads);
        let text =
            plain(first, next).replace(&format!("\n{changed}.ts"), &format!("\n{changed}.XX"));
        let update = live.reload(&text, &source()).unwrap();
        check_ends(&live, first, next);
        if let Some(changed) = update.changed {
            break changed;
        }
    };
    assert_eq!(found, MediaSequence(changed));
    assert!((2..=9).contains(&reloads), "{reloads}");
    // A change that moves what comes after it is seen at once.
    let (first, next) = (first + reloads, first + window + reloads);
    let moved = plain(first, next).replace(&format!("\n{}.ts", changed + 9), "\nmoved.ts");
    assert_eq!(live.reload(&moved, &source()).unwrap().changed, Some(MediaSequence(changed)));
}

fn check_ends(live: &LivePlaylist, first: u64, next: u64) {
    assert_eq!(
        (live.first_sequence(), live.next_sequence()),
        (MediaSequence(first), MediaSequence(next))
    );
    assert_eq!(live.segment(MediaSequence(next - 1)).unwrap().uri(), format!("{}.ts", next - 1));
}

#[test]
fn h16_a_delta_update_that_skips_what_is_not_held_asks_for_the_whole_playlist() {
    let mut live = live(&plain(10, 20));
    let not_held = |first| Err(ReloadError::NotHeld { first: MediaSequence(first) });
    // More than there is, or another start.
    for (first, next, skipped) in [(10, 30, 11), (12, 40, 9), (9, 22, 5), (30, 40, 3)] {
        assert_eq!(live.reload(&delta(first, next, skipped), &source()), not_held(first));
    }
    let huge = "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=4000000000\n#EXTINF:5,\na\n";
    assert_eq!(live.reload(huge, &source()), not_held(0));
    let huge =
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:10\n#EXT-X-SKIP:SKIPPED-SEGMENTS=18446744073709551615\n";
    assert!(matches!(live.reload(huge, &source()), Err(ReloadError::Parse(_))));
    check(&live, &plain(10, 20));
    // All that is held, and no more.
    assert_eq!(live.reload(&delta(10, 22, 10), &source()).unwrap().added, 2);
    check(&live, &plain(10, 22));
    assert_eq!(live.reload(&delta(15, 23, 7), &source()).unwrap().evicted, 5);
    check(&live, &plain(15, 23));
    assert_eq!(live.reload(&delta(22, 24, 0), &source()).unwrap().added, 1);
    check(&live, &plain(22, 24));
}

#[test]
fn h16_a_delta_update_that_is_broken_says_where() {
    let mut live = live(&plain(10, 20));
    let text = delta(10, 21, 9).replace("#EXTINF:5,\n20", "#EXTINF:-5,\n20");
    let Err(ReloadError::Parse(error)) = live.reload(&text, &source()) else { panic!() };
    assert_eq!((error.line, error.column), (9, 9));
    check(&live, &plain(10, 20));
}

#[test]
fn date_ranges_come_and_go_with_delta_updates() {
    let range =
        |id: &str| format!("#EXT-X-DATERANGE:ID=\"{id}\",START-DATE=\"2026-01-01T00:00:00Z\"\n");
    let mut live = live(&(plain(0, 20) + &range("a") + &range("b")));
    let ids = |live: &LivePlaylist| {
        live.date_ranges().map(|range| range.id.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&live), ["a", "b"]);
    // Ranges are skipped as well, when the tag has this attribute.
    let removed = |ids: &str| format!("SKIPPED-SEGMENTS=15,RECENTLY-REMOVED-DATERANGES=\"{ids}\"");
    let update = |ids: &str, next: u64, ranges: &str| {
        delta(0, next, 15).replace("SKIPPED-SEGMENTS=15", &removed(ids)) + ranges
    };
    live.reload(&update("", 21, &range("c")), &source()).unwrap();
    assert_eq!(ids(&live), ["a", "b", "c"]);
    live.reload(&update("", 22, &range("c")), &source()).unwrap();
    assert_eq!(ids(&live), ["a", "b", "c"], "none twice");
    live.reload(&update("a\tunknown", 23, &range("c")), &source()).unwrap();
    assert_eq!(ids(&live), ["b", "c"]);
    // Without it the update lists all there are.
    live.reload(&(delta(0, 24, 15) + &range("c") + &range("d")), &source()).unwrap();
    assert_eq!(ids(&live), ["c", "d"]);
    live.reload(&plain(0, 25), &source()).unwrap();
    assert!(ids(&live).is_empty());
}

#[test]
fn h18_many_date_ranges_take_no_longer_each() {
    // Held against each other one by one, these would take minutes.
    let ranges = |from: u64| {
        let range = |number| {
            format!("#EXT-X-DATERANGE:ID=\"{number:07}\",START-DATE=\"2026-01-01T00:00:00Z\"\n")
        };
        (from..from + 60_000).map(range).collect::<String>()
    };
    let mut live = live(&(plain(0, 20) + &ranges(0)));
    let delta = delta(0, 21, 15);
    let skip = "SKIPPED-SEGMENTS=15,RECENTLY-REMOVED-DATERANGES=\"0000007\tx\"";
    live.reload(&(delta.replace("SKIPPED-SEGMENTS=15", skip) + &ranges(59_990)), &source())
        .unwrap();
    // As many as are kept at most, the newest.
    assert_eq!(live.date_ranges().count(), 65_536);
    let ids: Vec<String> = live.date_ranges().map(|range| range.id.to_owned()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(ids.last().unwrap(), "0119989");
}

#[test]
fn measured_times_hold_through_reloads() {
    let mut live = live(&plain(0, 4));
    live.set_measured(MediaSequence(1), seconds(5.5), seconds(10.7)).unwrap();
    assert_eq!(live.end(), seconds(20.7));
    for first in 1..400 {
        live.reload(&plain(first, first + 4), &source()).unwrap();
        // Later segments move along, also when the measured one is gone.
        assert_eq!(live.end(), seconds(0.7) + Ticks::from_seconds(5 * (first + 4)));
        let last = live.segment(MediaSequence(first + 3)).unwrap();
        assert_eq!(live.at(live.span(&last).start).unwrap().sequence(), last.sequence());
        let before = live.at(live.span(&last).start - Ticks::new(1)).unwrap();
        assert_eq!(before.sequence(), MediaSequence(first + 2));
    }
    let start = live.span(&live.segment(MediaSequence(402)).unwrap()).start + seconds(0.1);
    live.set_measured(MediaSequence(402), start, start + seconds(5.0)).unwrap();
    live.reload(&plain(402, 406), &source()).unwrap();
    assert_eq!(live.start(), start);
    assert_eq!(
        live.set_measured(MediaSequence(401), start, start + seconds(1.0)),
        Err(MeasureError::NoSuchSegment)
    );
    // Times go on over what was missed.
    let end = live.end();
    live.reload(&plain(5000, 5003), &source()).unwrap();
    assert_eq!((live.start(), live.end()), (end, end + seconds(15.0)));
}

/// The playlist is at fault, but what is held must agree with itself.
#[test]
fn what_was_measured_of_segments_that_change_is_forgotten() {
    let before = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na\n#EXTINF:5,\nb\n#EXTINF:5,\nc\n";
    // Read whole, and read from the end only.
    for read_whole in [usize::MAX, 0] {
        for (b, ends) in [("3", [5.5, 8.5, 13.5]), ("0", [5.5, 5.5, 10.5])] {
            let mut live = live(before);
            live.set_read_whole(read_whole);
            live.set_checked_bytes(usize::MAX);
            live.set_measured(MediaSequence(1), seconds(5.5), seconds(10.7)).unwrap();
            live.set_measured(MediaSequence(2), seconds(10.7), seconds(15.0)).unwrap();
            let changed = before.replace("#EXTINF:5,\nb", &format!("#EXTINF:{b},\nb"));
            let update = live.reload(&changed, &source()).unwrap();
            assert_eq!(update.changed, Some(MediaSequence(1)));
            let spans: Vec<_> = live.segments().map(|segment| live.span(&segment)).collect();
            assert_eq!(spans.iter().map(|span| span.end).collect::<Vec<_>>(), ends.map(seconds));
            for (number, span) in spans.iter().enumerate().filter(|(_, span)| !span.is_empty()) {
                let found = live.at(span.start).map(|found| found.sequence());
                assert_eq!(found, Ok(MediaSequence(number as u64)));
            }
        }
    }
}

#[test]
fn seeks_agree_with_the_index_of_a_fresh_reading() {
    let mut origin = Origin::new(77);
    for _ in 0..700 {
        origin.push();
    }
    let mut live = live(&origin.text());
    for _ in 0..30 {
        for _ in 0..9 {
            origin.push();
            origin.playlist.evict();
        }
        live.reload(&origin.text(), &source()).unwrap();
    }
    let text = origin.text();
    let fresh = MediaPlaylist::parse(&text).unwrap();
    let index = fresh.index();
    let by_date = index.by_date();
    let offset = live.start();
    for step in 0..2000 {
        let moment = Ticks::new(fresh.duration().count() / 2000 * step + step);
        let (held, new) = (live.at(offset + moment).unwrap(), index.at(moment).unwrap());
        assert_eq!(held.sequence(), new.sequence());
        let uris = |ahead| {
            let held: Vec<_> =
                live.window(offset + moment, ahead).map(|fetch| fetch.uri.to_owned()).collect();
            let new: Vec<_> =
                index.window(moment, ahead).map(|fetch| fetch.uri.to_owned()).collect();
            assert_eq!(held, new);
        };
        for ahead in [Ahead::seconds(20), Ahead::segments(3), Ahead::bytes(5_000_000)] {
            uris(ahead);
        }
        let date = new.date().unwrap();
        let found = live.at_date(date).unwrap();
        let expected = by_date.at(date).unwrap();
        // Tags a millisecond off leave gaps and overlaps as long.
        assert!(found.sequence().0.abs_diff(expected.sequence().0) <= 1, "{date}");
    }
    for moment in [live.end(), live.end() + seconds(9.0)] {
        assert_eq!(live.at(moment).unwrap_err(), LiveSeekError::PastEnd { end: live.end() });
    }
    let before = live.at(live.start() - Ticks::new(1)).unwrap_err();
    assert_eq!(before, LiveSeekError::BeforeStart { start: live.start() });
    let preroll = live.at_with_preroll(live.start() + seconds(0.1), seconds(9.0)).unwrap();
    assert_eq!(preroll.sequence(), live.first_sequence());
}

#[test]
fn dates_of_segments_that_are_gone_are_not_found() {
    let dated = |first: u64, next: u64| {
        let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
        for number in first..next {
            let date = DateTime::from_unix_nanos(i128::from(number) * 5_000_000_000);
            text += &format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n#EXTINF:5,\n{number}.ts\n");
        }
        text
    };
    let mut live = live(&dated(100, 1100));
    live.reload(&dated(120, 1101), &source()).unwrap();
    let at = |seconds: i128| {
        live.at_date(DateTime::from_unix_nanos(seconds * 1_000_000_000)).map(|s| s.sequence().0)
    };
    assert_eq!(at(5 * 120), Ok(120));
    assert_eq!(at(5 * 700 + 4), Ok(700));
    assert_eq!(at(5 * 120 - 1), Err(LiveSeekError::BeforeAllDates));
    assert_eq!(at(5 * 1101), Err(LiveSeekError::AfterAllDates));
    let undated = LivePlaylist::new(&plain(0, 3), &source()).unwrap();
    assert_eq!(undated.at_date(DateTime::from_unix_nanos(0)).unwrap_err(), LiveSeekError::NoDates);
}

#[test]
fn dates_that_were_moved_count() {
    let dated = |first: u64, year: u64| {
        let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
        text += &format!("#EXT-X-PROGRAM-DATE-TIME:{year}-01-01T00:00:00Z\n");
        text + &(first..first + 9)
            .map(|number| format!("#EXTINF:5,\n{number}.ts\n"))
            .collect::<String>()
    };
    let mut live = live(&dated(0, 2026));
    live.set_read_whole(0);
    // So far that no length of time tells it, and a little.
    for (first, year) in [(1, 4048), (2, 4049), (3, 2026)] {
        live.reload(&dated(first, year), &source()).unwrap();
        check(&live, &dated(first, year));
    }
}

#[test]
fn tags_of_the_whole_playlist_may_stand_anywhere() {
    let text = |first: u64| {
        let mut text = String::from("#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        for number in first..first + 700 {
            text += &format!("#EXTINF:5,\n{number:020}.ts\n");
            if number == first + 300 {
                text += &format!("#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
            }
        }
        text
    };
    let mut live = live(&text(3));
    check(&live, &text(3));
    for first in 4..9 {
        assert_eq!(live.reload(&text(first), &source()).unwrap().added, 1);
        check(&live, &text(first));
    }
}

#[test]
fn variables_are_carried_over() {
    let text = |first: u64| {
        let mut text = format!(
            "#EXTM3U\n#EXT-X-DEFINE:NAME=\"host\",VALUE=\"https://a.example.com\"\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-KEY:METHOD=AES-128,URI=\"{{$host}}/key\"\n#EXT-X-MAP:URI=\"{{$host}}/init.mp4\"\n"
        );
        for number in first..first + 900 {
            text += &format!("#EXTINF:5,\n{{$host}}/{number}.ts\n");
        }
        text
    };
    let mut live = live(&text(0));
    for first in 1..300 {
        live.reload(&text(first), &source()).unwrap();
    }
    check(&live, &text(299));
    let last = live.segments().next_back().unwrap();
    assert_eq!(last.keys().first().unwrap().uri, "https://a.example.com/key");
    assert_eq!(last.map().unwrap().uri, "https://a.example.com/init.mp4");
}

#[test]
fn a_variable_that_changes_changes_what_is_held() {
    let text = |host: &str, next: u64| {
        let define = format!("#EXTM3U\n#EXT-X-DEFINE:NAME=\"host\",VALUE=\"{host}\"\n");
        plain(0, next).replace("#EXTM3U\n", &define).replace(",\n", ",\n{$host}/")
    };
    let mut live = live(&text("a", 20));
    live.set_read_whole(0);
    let update = live.reload(&text("b", 21), &source()).unwrap();
    assert_eq!((update.added, update.changed), (1, Some(MediaSequence(0))));
    check(&live, &text("b", 21));
    assert_eq!(live.segments().next().unwrap().uri(), "b/0.ts");
}

#[test]
fn a_date_range_after_the_last_segment_is_one_when_more_follows() {
    let range =
        |id: u64| format!("#EXT-X-DATERANGE:ID=\"{id}\",START-DATE=\"2026-01-01T00:00:00Z\"\n");
    let mut text = plain(0, 20) + &range(0);
    let mut live = live(&text);
    live.set_read_whole(0);
    for next in 20..25 {
        text += &format!("#EXTINF:5,\n{next}.ts\n{}", range(next));
        live.reload(&text, &source()).unwrap();
        check(&live, &text);
    }
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
}
