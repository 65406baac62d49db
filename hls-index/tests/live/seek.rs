//! Seeking by time and by date, and measured times.

use hls_index::{
    Ahead, DateTime, LivePlaylist, LiveSeekError, MeasureError, MediaPlaylist, MediaSequence,
    Ticks, seconds,
};

use super::{Origin, check, live, plain, source};

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
        // Tags a millisecond off leave gaps and overlaps as long.
        let date = new.date().unwrap();
        for date in [date, date + Ticks::from_micros(400), date + new.duration()] {
            let (found, expected) = (live.at_date(date).ok(), by_date.at(date).ok());
            assert_eq!(found.map(|it| it.sequence()), expected.map(|it| it.sequence()), "{date}");
        }
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
fn a_date_that_several_segments_have_is_the_last_ones() {
    let segment = |number: u64, date: &str| {
        format!("#EXT-X-PROGRAM-DATE-TIME:2026-01-01T{date}Z\n#EXTINF:6,\n{number}.ts\n")
    };
    let head = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n";
    let mut text = format!("{head}{}", segment(0, "00:00:00") + &segment(1, "00:00:05.990"));
    let mut live = live(&text);
    // The clock is set back, within the first segment.
    text += &segment(2, "00:00:01");
    live.reload(&text, &source()).unwrap();
    let at = |date: &str| {
        let date = format!("2026-01-01T{date}Z").parse().unwrap();
        live.at_date(date).map(|segment| segment.sequence().0)
    };
    assert_eq!(at("00:00:00.999"), Ok(0));
    assert_eq!(at("00:00:01"), Ok(2));
    assert_eq!(at("00:00:06.999"), Ok(2), "not 1, which is earlier");
    assert_eq!(at("00:00:07"), Ok(1));
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

/// Some servers number by the clock, or begin to.
#[test]
fn times_are_measured_whatever_the_numbers_are() {
    let first = 1_700_000_000_000;
    let mut live = live(&plain(first, first + 4));
    live.set_measured(MediaSequence(first + 3), seconds(15.5), seconds(20.5)).unwrap();
    for _ in 0..3 {
        // The last one's end is not forgotten.
        live.reload(&plain(first, first + 4), &source()).unwrap();
        assert_eq!(live.end(), seconds(20.5));
    }
    live.reload(&plain(2 * first, 2 * first + 4), &source()).unwrap();
    assert_eq!((live.start(), live.end()), (seconds(20.5), seconds(40.5)));
    live.set_measured(MediaSequence(2 * first), seconds(21.0), seconds(26.0)).unwrap();
    assert_eq!(live.end(), seconds(41.0));
    assert_eq!(live.at(seconds(21.0)).unwrap().sequence(), MediaSequence(2 * first));
}

#[test]
fn an_empty_window_is_at_no_date() {
    let date = "2026-01-01T00:00:00Z".parse().unwrap();
    let dated = format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n#EXTINF:5,\n7.ts");
    let mut live = live(&plain(7, 9).replace("#EXTINF:5,\n7.ts", &dated));
    assert_eq!(live.at_date(date).unwrap().sequence(), MediaSequence(7));
    // An update that skips nothing and has nothing.
    let empty = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:9\n#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n";
    assert_eq!(live.reload(empty, &source()).unwrap().evicted, 2);
    assert_eq!(live.at_date(date).unwrap_err(), LiveSeekError::Empty);
    assert_eq!(live.at(live.start()).unwrap_err(), LiveSeekError::Empty);
}

/// The clock of a long window goes back in the middle of it, for one segment.
#[test]
fn a_date_is_found_wherever_the_clock_was_set_back() {
    let minute = |number: u64| match number {
        60 => 0,
        _ if number < 150 => 10_000 + number,
        _ => 5_000 + number,
    };
    let text: String = (0..400)
        .map(|number| {
            let date = DateTime::from_unix_nanos(i128::from(minute(number)) * 60_000_000_000);
            format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n#EXTINF:5,\n{number}.ts\n")
        })
        .collect();
    let live = live(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n{text}"));
    for number in 0..400 {
        let date = DateTime::from_unix_nanos(i128::from(minute(number)) * 60_000_000_000);
        let found = live.at_date(date + seconds(4.0)).map(|found| found.sequence().0);
        assert_eq!(found, Ok(number));
    }
}

#[test]
fn preroll_is_before_a_moment_that_the_window_has() {
    let mut live = live(&plain(0, 6));
    live.reload(&plain(2, 8), &source()).unwrap();
    let at = |moment, preroll| {
        let found = live.at_with_preroll(seconds(moment), seconds(preroll));
        found.map(|found| found.sequence().0)
    };
    assert_eq!((live.start(), live.end()), (seconds(10.0), seconds(40.0)));
    assert_eq!(at(27.0, 0.0), Ok(5));
    assert_eq!(at(27.0, 3.0), Ok(4));
    assert_eq!(at(27.0, 7.0), Ok(4));
    assert_eq!(at(27.0, 26.0), Ok(2));
    assert_eq!(at(40.0, 3.0), Err(LiveSeekError::PastEnd { end: seconds(40.0) }));
    assert_eq!(at(9.0, 3.0), Err(LiveSeekError::BeforeStart { start: seconds(10.0) }));
}

/// Between dates the next one counts, whatever the order of the segments is.
#[test]
fn the_next_date_is_found_as_by_the_index() {
    // Each segment's date and length in seconds; and what is found at which date.
    type Dated = (&'static [(i128, u64)], &'static [(i128, Option<u64>)]);
    let all: [Dated; 4] = [
        // One without length is at no date.
        (&[(0, 5), (8, 0), (10, 5)], &[(7, Some(2)), (8, Some(2)), (-1, None)]),
        (&[(0, 5), (100, 5), (50, 5)], &[(20, Some(2)), (60, Some(1)), (105, None)]),
        (&[(0, 5), (50, 5), (50, 5)], &[(20, Some(2)), (52, Some(2)), (55, None)]),
        (&[(50, 5), (90, 5), (0, 5)], &[(20, Some(0)), (60, Some(1)), (-1, None)]),
    ];
    for (segments, expected) in all {
        // Alone, and as the starts of long pieces.
        for more in [0, 299] {
            let mut text = String::from("#EXTM3U\n#EXT-X-TARGETDURATION:5\n");
            for &(date, length) in segments {
                let date = DateTime::from_unix_nanos(date * 1_000_000_000);
                text += &format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n#EXTINF:{length},\na.ts\n");
                text += &"#EXTINF:0,\nb.ts\n".repeat(more);
            }
            let fresh = MediaPlaylist::parse(&text).unwrap();
            let (live, index) = (live(&text), fresh.index());
            for &(date, segment) in expected {
                let date = DateTime::from_unix_nanos(date * 1_000_000_000);
                let found = live.at_date(date).ok().map(|found| found.sequence().0);
                assert_eq!(found, segment.map(|it| it * (more as u64 + 1)), "{date} {text:.300}");
                let by_index = index.by_date().at(date).ok().map(|found| found.sequence().0);
                assert_eq!(found, by_index, "{date}");
            }
        }
    }
}

#[test]
fn a_date_before_all_others_is_told_whatever_their_order() {
    let dated = |date: &str, from: u64, to: u64| {
        let segments = (from..to).map(|number| format!("#EXTINF:5,\n{number}.ts\n"));
        format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n{}", segments.collect::<String>())
    };
    let text = dated("2026-01-02T00:00:00Z", 0, 300) + &dated("2026-01-01T00:00:00Z", 300, 600);
    let live = live(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n{text}"));
    let at = |date: &str| live.at_date(date.parse().unwrap()).map(|found| found.sequence().0);
    assert_eq!(at("2025-12-31T23:59:59Z"), Err(LiveSeekError::BeforeAllDates));
    assert_eq!(at("2026-01-01T23:59:59Z"), Ok(0));
    assert_eq!(at("2026-01-03T00:00:00Z"), Err(LiveSeekError::AfterAllDates));
}

#[test]
fn there_is_nothing_to_fetch_at_a_moment_that_is_not_held() {
    let mut live = live(&plain(0, 6));
    live.reload(&plain(2, 8), &source()).unwrap();
    let all =
        [Ahead::seconds(100), Ahead::segments(3), Ahead::bytes(1), Ahead::segments(usize::MAX)];
    for ahead in all {
        for moment in [0.0, 9.9, 40.0, 41.0] {
            assert_eq!(live.window(seconds(moment), ahead).count(), 0, "{moment} {ahead:?}");
        }
    }
    // However many are asked for, those that are there.
    let all = live.window(seconds(32.0), Ahead::segments(usize::MAX)).map(|fetch| fetch.uri);
    assert_eq!(all.collect::<Vec<_>>(), ["6.ts", "7.ts"]);
}
