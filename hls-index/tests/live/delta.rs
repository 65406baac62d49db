//! Delta updates (EXT-X-SKIP), and date ranges, which are carried over them.

use hls_index::{LivePlaylist, MediaSequence, ReloadError};

use super::{check, delta, live, plain, source};

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
    for (old, new) in [
        ("#EXTM3U", "#EXTM4U"),
        ("#EXT-X-MEDIA", "#EXT-X-MEDIA-SEQUENCE:10\n#EXT-X-MEDIA"),
        ("#EXT-X-SKIP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=9\n#EXT-X-SKIP"),
    ] {
        let text = delta(10, 21, 9).replace(old, new);
        assert!(matches!(live.reload(&text, &source()), Err(ReloadError::Parse(_))), "{text}");
    }
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

/// A delta update has the ranges of what it skips, and where they stand among it cannot be seen.
#[test]
fn date_ranges_of_a_delta_update_are_not_lost_in_the_next_whole_text() {
    let range = "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"2026-01-01T00:00:00Z\"\n";
    let whole = |next| plain(0, next).replace("\n500.ts", &format!("\n{range}500.ts"));
    let mut live = live(&whole(1000));
    live.set_read_whole(0);
    for next in [1000, 1001, 1001] {
        live.reload(&(delta(0, next, 990) + range), &source()).unwrap();
        assert_eq!(live.date_ranges().count(), 1);
        live.reload(&whole(next), &source()).unwrap();
        check(&live, &whole(next));
    }
}
