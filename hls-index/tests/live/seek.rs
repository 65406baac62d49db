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
