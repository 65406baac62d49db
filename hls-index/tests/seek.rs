//! Seek: exact at every boundary, against an oracle that knows nothing of ticks.

use hls_index::{Ahead, MediaPlaylist, SeekError, Ticks, seconds};
use proptest::prelude::*;

const FIVE_FIVE_THREE: &str = "\
#EXTM3U
#EXT-X-TARGETDURATION:5
#EXTINF:5,
Segment_1.mp4
#EXTINF:5,
Segment_2.mp4
#EXTINF:3,
Segment_3.mp4
#EXT-X-ENDLIST
";

fn uri_at(text: &str, moment: Ticks) -> Result<String, SeekError> {
    let playlist = MediaPlaylist::parse(text).unwrap();
    playlist.index().at(moment).map(|segment| segment.uri().to_owned())
}

fn window(text: &str, moment: Ticks, ahead: Ahead) -> Vec<String> {
    let playlist = MediaPlaylist::parse(text).unwrap();
    playlist.index().window(moment, ahead).map(|fetch| fetch.uri.to_owned()).collect()
}

#[test]
fn every_boundary_of_five_five_three_to_the_tick() {
    let tick = Ticks::new(1);
    let at = |moment| uri_at(FIVE_FIVE_THREE, moment);
    let (five, ten, end) =
        (Ticks::from_seconds(5), Ticks::from_seconds(10), Ticks::from_seconds(13));
    let past_end = Err(SeekError::PastEnd { end });

    assert_eq!(at(Ticks::ZERO).as_deref(), Ok("Segment_1.mp4"));
    assert_eq!(at(tick).as_deref(), Ok("Segment_1.mp4"));
    assert_eq!(at(five - tick).as_deref(), Ok("Segment_1.mp4"));
    assert_eq!(at(five).as_deref(), Ok("Segment_2.mp4"));
    assert_eq!(at(five + tick).as_deref(), Ok("Segment_2.mp4"));
    assert_eq!(at(ten - tick).as_deref(), Ok("Segment_2.mp4"));
    assert_eq!(at(ten).as_deref(), Ok("Segment_3.mp4"));
    assert_eq!(at(ten + tick).as_deref(), Ok("Segment_3.mp4"));
    assert_eq!(at(end - tick).as_deref(), Ok("Segment_3.mp4"));
    assert_eq!(at(end), past_end);
    assert_eq!(at(end + tick), past_end);
    assert_eq!(at(Ticks::MAX), past_end);
}

#[test]
fn the_eleventh_second_lies_in_the_third_segment() {
    for moment in [10.0, 10.25, 10.5, 10.999] {
        let playlist = MediaPlaylist::parse(FIVE_FIVE_THREE).unwrap();
        let segment = playlist.index().at(seconds(moment)).unwrap();
        assert_eq!(segment.uri(), "Segment_3.mp4");
        assert_eq!((segment.number(), segment.sequence().0), (2, 2));
        assert_eq!(
            (segment.start(), segment.end()),
            (Ticks::from_seconds(10), Ticks::from_seconds(13))
        );
        assert_eq!(segment.duration(), Ticks::from_seconds(3));
    }
    assert_eq!(window(FIVE_FIVE_THREE, seconds(10.5), Ahead::seconds(10)), ["Segment_3.mp4"]);
}

#[test]
fn a_negative_moment_is_the_start() {
    assert_eq!(uri_at(FIVE_FIVE_THREE, seconds(-3.0)).as_deref(), Ok("Segment_1.mp4"));
}

#[test]
fn an_empty_playlist_holds_no_moment() {
    let playlist = MediaPlaylist::parse("#EXTM3U\n#EXT-X-TARGETDURATION:5\n").unwrap();
    let index = playlist.index();
    assert!(index.is_empty() && playlist.is_empty());
    assert_eq!(index.at(Ticks::ZERO).unwrap_err(), SeekError::Empty);
    assert_eq!(index.end(), Ticks::ZERO);
    assert_eq!(index.window(Ticks::ZERO, Ahead::seconds(10)).count(), 0);
    assert_eq!(playlist.segments().len(), 0);
    assert_eq!(playlist.lines().count(), 2);
}

#[test]
fn a_playlist_of_no_length_holds_no_moment() {
    let text = "#EXTM3U\n#EXTINF:0,\na\n#EXTINF:0,\nb\n#EXTINF:0,\nc\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let past_end = SeekError::PastEnd { end: Ticks::ZERO };
    assert_eq!(playlist.index().at(Ticks::ZERO).unwrap_err(), past_end);
}

#[test]
fn seek_errors_read_as_sentences() {
    let playlist = MediaPlaylist::parse(FIVE_FIVE_THREE).unwrap();
    let error = playlist.index().at(seconds(20.0)).unwrap_err();
    assert_eq!(error.to_string(), "the playlist ends at 13 s");
    assert_eq!(SeekError::Empty.to_string(), "the playlist has no segments");
}

#[test]
fn a_window_ends_when_all_that_plays_within_it_is_fetched() {
    let uris = |moment, ahead| window(FIVE_FIVE_THREE, moment, ahead);
    let tick = Ticks::new(1);
    let five = Ticks::from_seconds(5);
    assert_eq!(uris(Ticks::ZERO, Ahead::seconds(0)), ["Segment_1.mp4"]);
    assert_eq!(uris(five - tick, Ahead::seconds(0)), ["Segment_1.mp4"]);
    assert_eq!(uris(Ticks::ZERO, Ahead::seconds(5)), ["Segment_1.mp4"]);
    assert_eq!(uris(Ticks::ZERO, Ahead::time(five + tick)), ["Segment_1.mp4", "Segment_2.mp4"]);
    assert_eq!(uris(tick, Ahead::seconds(5)), ["Segment_1.mp4", "Segment_2.mp4"]);
    assert_eq!(uris(seconds(4.0), Ahead::seconds(6)), ["Segment_1.mp4", "Segment_2.mp4"]);
    assert_eq!(uris(seconds(4.0), Ahead::seconds(u64::MAX)).len(), 3);
    assert_eq!(uris(seconds(13.0), Ahead::seconds(10)), [""; 0]);
}

#[test]
fn a_window_of_segments_counts_those_after_the_first() {
    let uris = |moment, count| window(FIVE_FIVE_THREE, seconds(moment), Ahead::segments(count));
    assert_eq!(uris(6.0, 0), ["Segment_2.mp4"]);
    assert_eq!(uris(6.0, 1), ["Segment_2.mp4", "Segment_3.mp4"]);
    assert_eq!(uris(6.0, usize::MAX), ["Segment_2.mp4", "Segment_3.mp4"]);
}

#[test]
fn a_window_leaves_gaps_out() {
    let text = "#EXTM3U\n#EXTINF:5,\na\n#EXT-X-GAP\n#EXTINF:5,\nb\n#EXTINF:5,\n#EXT-X-GAP\nc\n#EXTINF:5,\nd\n";
    assert_eq!(window(text, Ticks::ZERO, Ahead::seconds(20)), ["a", "d"]);
    assert_eq!(window(text, seconds(7.0), Ahead::seconds(20)), ["d"]);
    assert_eq!(window(text, Ticks::ZERO, Ahead::segments(2)), ["a"], "gaps count as segments");
    assert_eq!(uri_at(text, seconds(7.0)).as_deref(), Ok("b"), "a gap holds its time");
    let playlist = MediaPlaylist::parse(text).unwrap();
    let gaps: Vec<bool> = playlist.segments().map(|segment| segment.is_gap()).collect();
    assert_eq!(gaps, [false, true, true, false]);
}

#[test]
fn sums_do_not_drift_in_a_day() {
    let day = "#EXTINF:6.006,\ns.ts\n".repeat(14_386);
    let text = format!("#EXTM3U\n{day}");
    let playlist = MediaPlaylist::parse(&text).unwrap();
    assert_eq!(playlist.duration(), Ticks::from_millis(6_006 * 14_386));
}

/// A decimal as it is written: the whole seconds, and the decimals as digits.
type Written = (u32, Vec<u8>);

fn print((whole, decimals): &Written) -> String {
    let digits: String = decimals.iter().map(|&digit| char::from(b'0' + digit)).collect();
    if digits.is_empty() { whole.to_string() } else { format!("{whole}.{digits}") }
}

/// The oracle's unit is 10⁻¹⁸ s: enough for the 18 decimals that are promised to be exact.
const UNITS_PER_TICK: u128 = 1_000_000_000;

fn units((whole, decimals): &Written) -> u128 {
    let fraction = (0..18)
        .fold(0, |sum, place| sum * 10 + u128::from(decimals.get(place).copied().unwrap_or(0)));
    u128::from(*whole) * UNITS_PER_TICK * 1_000_000_000 + fraction
}

fn durations() -> impl Strategy<Value = Vec<Written>> {
    let decimals = |most| prop::collection::vec(0..10u8, 0..=most);
    let written = prop_oneof![
        4 => (0..12u32, decimals(6)),
        1 => (0..12u32, decimals(18)),
        1 => Just((6, vec![0, 0, 6])),
        1 => (0..1u32, Just(vec![])),
        1 => (0..100_000u32, decimals(9)),
    ];
    prop::collection::vec(written, 1..120)
}

#[test]
fn every_boundary_of_200_000_segments_to_the_tick() {
    let (mut state, mut text) = (1u64, String::from("#EXTM3U\n"));
    let mut boundaries = vec![0u128];
    for _ in 0..200_000 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (whole, fraction) = (state >> 61, (state >> 20) % 10_000_000_000_000);
        text += &format!("#EXTINF:{whole}.{fraction:013},\nx\n");
        let units = u128::from(whole) * 1_000_000_000_000_000_000 + u128::from(fraction) * 100_000;
        boundaries.push(boundaries.last().unwrap() + units);
    }
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    for (segment, boundary) in boundaries.iter().enumerate().skip(1) {
        // The last tick before the boundary, the first one not before it, and those beside them.
        let first = boundary.div_ceil(UNITS_PER_TICK) as u64;
        let number = |tick| index.at(Ticks::new(tick)).ok().map(|segment| segment.number());
        let is_last = segment == boundaries.len() - 1;
        let next = Some(segment).filter(|_| !is_last);
        assert_eq!([first - 2, first - 1].map(number), [Some(segment - 1); 2], "{segment}");
        assert_eq!([first, first + 1].map(number), [next; 2], "{segment}");
    }
}

proptest! {
    #[test]
    fn at_agrees_with_exact_decimal_arithmetic(durations in durations(), extra in any::<u64>()) {
        let mut text = String::from("#EXTM3U\n");
        for (number, duration) in durations.iter().enumerate() {
            text += &format!("#EXTINF:{},\n{number}\n", print(duration));
        }
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let index = playlist.index();

        let mut boundaries = vec![0];
        for duration in &durations {
            boundaries.push(boundaries.last().unwrap() + units(duration));
        }
        let end = *boundaries.last().unwrap();
        // Either side of each boundary to the tick, and some moment anywhere.
        let mut moments = vec![u128::from(extra) % (end / UNITS_PER_TICK + 2)];
        for boundary in &boundaries {
            let tick = boundary / UNITS_PER_TICK;
            moments.extend([tick.saturating_sub(1), tick, tick + 1, tick + 2]);
        }
        for moment in moments {
            let units = moment * UNITS_PER_TICK;
            let expected = boundaries.windows(2).position(|pair| pair[0] <= units && units < pair[1]);
            let found = index.at(Ticks::new(moment as u64)).ok().map(|segment| segment.number());
            prop_assert_eq!(found, expected, "at {} of {}", moment, text);
        }
    }

    #[test]
    fn windows_agree_with_a_plain_filter(
        durations in durations(),
        start in 0..1_000_000_000_000u64,
        length in 0..40_000_000_000u64,
        count in 0..10usize,
    ) {
        let mut text = String::from("#EXTM3U\n");
        for duration in &durations {
            text += &format!("#EXTINF:{},\nx\n", print(duration));
        }
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let index = playlist.index();
        let end = playlist.duration().count();
        prop_assume!(end > 0);
        let moment = Ticks::new(start % end);
        let first = playlist
            .segments()
            .position(|segment| segment.start() <= moment && moment < segment.end())
            .unwrap();

        let until = moment + Ticks::new(length);
        let expected: Vec<usize> = (first..playlist.len())
            .filter(|&n| n == first || playlist.segment(n).unwrap().start() < until)
            .collect();
        let numbers = |ahead| -> Vec<usize> {
            index.window(moment, ahead).map(|fetch| fetch.segment.number()).collect()
        };
        prop_assert_eq!(numbers(Ahead::time(Ticks::new(length))), expected);
        let expected: Vec<usize> = (first..playlist.len()).take(count + 1).collect();
        prop_assert_eq!(numbers(Ahead::segments(count)), expected);
    }
}
