//! Seek by the wall clock, against a plain walk over all segments.

use hls_index::{Ahead, DateSeekError, DateTime, MediaPlaylist, MediaSequence, Ticks, seconds};
use proptest::prelude::*;

fn date(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn uri_at(text: &str, moment: &str) -> Result<String, DateSeekError> {
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    index.by_date().at(date(moment)).map(|segment| segment.uri().to_owned())
}

#[test]
fn one_base_holds_for_all_segments_before_and_after_it() {
    let text = "#EXTM3U\n#EXTINF:6,\na\n#EXTINF:6,\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06Z\nb\n#EXTINF:6,\nc\n";
    for (moment, uri) in [
        ("2026-01-01T00:00:00Z", "a"),
        ("2026-01-01T00:00:05.999999999Z", "a"),
        ("2026-01-01T00:00:06Z", "b"),
        ("2026-01-01T01:00:17.5+01:00", "c"),
    ] {
        assert_eq!(uri_at(text, moment).as_deref(), Ok(uri), "{moment}");
    }
    assert_eq!(
        uri_at(text, "2025-12-31T23:59:59.999Z"),
        Err(DateSeekError::BeforeStart { start: date("2026-01-01T00:00:00Z") })
    );
    let end = date("2026-01-01T00:00:18Z");
    assert_eq!(uri_at(text, "2026-01-01T00:00:18Z"), Err(DateSeekError::PastEnd { end }));
    assert_eq!(uri_at(text, "9999-01-01T00:00:18Z"), Err(DateSeekError::PastEnd { end }));
}

#[test]
fn several_bases_across_discontinuities() {
    // An advertisement that was recorded long before stands between two parts of a program.
    let text = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T20:00:00Z\n#EXTINF:6,\np1\n#EXTINF:6,\np2\n\
        #EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2024-05-05T00:00:00Z\n#EXTINF:10,\nad1\n#EXTINF:10,\nad2\n\
        #EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T20:00:12Z\n#EXTINF:6,\np3\n#EXTINF:6,\np4\n";
    for (moment, uri) in [
        ("2026-01-01T20:00:11Z", "p2"),
        ("2026-01-01T20:00:12Z", "p3"),
        ("2026-01-01T20:00:18Z", "p4"),
        ("2024-05-05T00:00:10Z", "ad2"),
        ("2025-01-01T00:00:00Z", "p1"),
    ] {
        assert_eq!(uri_at(text, moment).as_deref(), Ok(uri), "{moment}");
    }
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    let by_date = index.by_date();
    let span = (date("2024-05-05T00:00:00Z"), date("2026-01-01T20:00:24Z"));
    assert_eq!(by_date.span(), Some(span));
    // Media time counts the advertisement; the program goes on after it.
    let moment = by_date.moment(date("2026-01-01T20:00:13.5Z")).unwrap();
    assert_eq!(moment, seconds(33.5));
    assert_eq!(by_date.moment(date("2025-01-01T00:00:00Z")), Ok(Ticks::ZERO), "p1 comes next");
    let uris: Vec<&str> = index.window(moment, Ahead::seconds(5)).map(|fetch| fetch.uri).collect();
    assert_eq!(uris, ["p3", "p4"]);
}

#[test]
fn where_dates_overlap_the_last_segment_has_them_and_gaps_belong_to_what_comes_next() {
    let text = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:6,\na\n\
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:05.990Z\n#EXTINF:6,\nb\n\
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:12.010Z\n#EXTINF:6,\nc\n";
    assert_eq!(uri_at(text, "2026-01-01T00:00:05.995Z").as_deref(), Ok("b"));
    assert_eq!(uri_at(text, "2026-01-01T00:00:05.989Z").as_deref(), Ok("a"));
    assert_eq!(uri_at(text, "2026-01-01T00:00:06.000Z").as_deref(), Ok("b"));
    assert_eq!(uri_at(text, "2026-01-01T00:00:11.989Z").as_deref(), Ok("b"));
    assert_eq!(uri_at(text, "2026-01-01T00:00:11.990Z").as_deref(), Ok("c"));
}

#[test]
fn without_dates_nothing_is_found() {
    let none = Err(DateSeekError::NoDates);
    assert_eq!(uri_at("#EXTM3U\n#EXTINF:6,\na\n", "2026-01-01T00:00:00Z"), none);
    assert_eq!(uri_at("#EXTM3U\n#EXT-X-TARGETDURATION:6\n", "2026-01-01T00:00:00Z"), none);
    let empty = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n";
    assert_eq!(uri_at(empty, "2026-01-01T00:00:00Z"), none, "a tag without segment");
    let no_length = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:0,\na\n";
    assert_eq!(uri_at(no_length, "2026-01-01T00:00:00Z"), none);
}

#[test]
fn h17_dates_that_go_backwards_or_far_away() {
    let text = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:60Z\n#EXTINF:6,\na\n\
        #EXT-X-PROGRAM-DATE-TIME:0000-01-01T00:00:00Z\n#EXTINF:6,\nb\n";
    assert_eq!(uri_at(text, "0000-01-01T00:00:03Z").as_deref(), Ok("b"));
    assert!(matches!(uri_at(text, "9999-12-31T23:59:60Z"), Err(DateSeekError::PastEnd { .. })));
    let long = "#EXTM3U\n#EXTINF:18000000000,\na\n#EXT-X-PROGRAM-DATE-TIME:0000-01-01T00:00:00Z\n#EXTINF:6,\nb\n";
    assert_eq!(uri_at(long, "0000-01-01T00:00:00Z").as_deref(), Ok("b"));
    assert_eq!(uri_at(long, "0000-01-01T00:00:06Z").ok(), None);
}

#[test]
fn measured_times_move_the_moment_of_a_date() {
    let text =
        "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:6,\na\n#EXTINF:6,\nb\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let mut index = playlist.index();
    index.set_measured(MediaSequence(1), seconds(6.25), seconds(11.0)).unwrap();
    let by_date = index.by_date();
    assert_eq!(by_date.moment(date("2026-01-01T00:00:07Z")), Ok(seconds(7.25)));
    let last = Ticks::from_seconds(11) - Ticks::new(1);
    assert_eq!(by_date.moment(date("2026-01-01T00:00:11.9Z")), Ok(last), "within the segment");
}

/// What the documentation says, without any table.
fn plain(playlist: &MediaPlaylist<'_>, date: DateTime) -> Option<usize> {
    let spans: Vec<(usize, DateTime, DateTime)> = playlist
        .segments()
        .filter(|segment| segment.duration() > Ticks::ZERO)
        .filter_map(|segment| Some((segment.number(), segment.date()?)))
        .map(|(number, start)| {
            (number, start, start + playlist.segment(number).unwrap().duration())
        })
        .collect();
    let first = spans.iter().map(|&(_, start, _)| start).min()?;
    if date < first {
        return None;
    }
    let holds = spans.iter().rev().find(|&&(_, start, end)| start <= date && date < end);
    let next =
        || spans.iter().rev().filter(|&&(_, start, _)| start > date).min_by_key(|&&(_, s, _)| s);
    holds.or_else(next).map(|&(number, ..)| number)
}

#[derive(Clone, Debug)]
struct Written {
    millis: u32,
    date: Option<i64>,
}

fn segments(most: usize) -> impl Strategy<Value = Vec<Written>> {
    let exactly_on = prop_oneof![
        4 => Just(None),
        3 => (-40..40i64).prop_map(Some),
        1 => (-40_000..40_000i64).prop_map(Some),
    ];
    let millis = prop_oneof![9 => 1..8000u32, 1 => Just(0)];
    prop::collection::vec((millis, exactly_on), 1..most).prop_map(|segments| {
        let mut sum = 0;
        let written = |(millis, off): (u32, Option<i64>)| {
            let date = off.map(|off| 1_767_225_600_000 + sum + off);
            sum += i64::from(millis);
            Written { millis, date }
        };
        segments.into_iter().map(written).collect()
    })
}

fn text(segments: &[Written]) -> String {
    let mut text = String::from("#EXTM3U\n");
    for (number, Written { millis, date }) in segments.iter().enumerate() {
        if let Some(date) = date {
            let date = DateTime::from_unix_nanos(i128::from(*date) * 1_000_000);
            text += &format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n");
        }
        text += &format!("#EXTINF:{}.{:03},\n{number}\n", millis / 1000, millis % 1000);
    }
    text
}

fn check(segments: &[Written]) -> Result<(), TestCaseError> {
    let text = text(segments);
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let by_date = index.by_date();
    let edges = playlist.segments().filter_map(|s| Some((s.date()?, s.date()? + s.duration())));
    let tick = Ticks::new(1);
    for edge in edges.flat_map(|(start, end)| [start, end]) {
        for date in [edge - tick, edge, edge + tick] {
            let found = by_date.at(date);
            let number = found.map(|segment| segment.number()).ok();
            prop_assert_eq!(number, plain(&playlist, date), "{} in {}", date, text);
            if let Ok(segment) = found {
                let moment = by_date.moment(date).unwrap();
                prop_assert_eq!(index.at(moment).unwrap().number(), segment.number());
                let start = segment.date().unwrap();
                let into = date.since(start).unwrap_or_default();
                prop_assert_eq!(moment, segment.start() + into);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn dates_agree_with_a_plain_walk(segments in segments(60)) {
        check(&segments)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn dates_agree_with_a_plain_walk_where_the_clock_jumps_often(segments in segments(400)) {
        check(&segments)?;
    }
}
