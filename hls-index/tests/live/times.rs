//! Exact times over many reloads.

use super::*;

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
    // Nor over windows that have nothing in common, and over what was missed.
    for first in (3003..=6000).step_by(3) {
        live.reload(&text(2 * first), &source()).unwrap();
    }
    assert_eq!(live.end(), Ticks::from_seconds(2001));
}

#[test]
fn sums_do_not_drift_where_no_two_texts_have_a_segment_in_common() {
    let text = |first: u64| {
        let head = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
        format!("{head}#EXTINF:0.333333333333333333,\n{first}.ts\n")
    };
    let mut live = live(&text(0));
    for first in 1..300 {
        live.reload(&text(2 * first), &source()).unwrap();
    }
    assert_eq!(live.end(), Ticks::from_seconds(100));
}

/// Of two durations of a segment the last one counts, also where the line end before it is missing.
#[test]
fn times_do_not_drift_where_a_segment_says_its_duration_twice() {
    let third = "0.333333333333333333";
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"";
    for (said, between, counts, start) in [
        ("9", "", third, 200),
        (third, "", "7", 4200),
        ("9", key, "0.25", 150),
        ("0.25", key, "7", 4200),
    ] {
        let text = |first: u64| {
            let head = format!("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
            let segment =
                |number| format!("#EXTINF:{said},\n{between}#EXTINF:{counts},\n{number}.ts\n");
            head + &(first..first + 6).map(segment).collect::<String>()
        };
        for read_whole in [0, usize::MAX] {
            let mut live = live(&text(0));
            live.set_read_whole(read_whole);
            for first in 1..=600 {
                live.reload(&text(first), &source()).unwrap();
            }
            assert_eq!(live.start(), Ticks::from_seconds(start), "{said} {between}");
        }
    }
}
