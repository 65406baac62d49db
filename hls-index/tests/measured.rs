//! Measured times of decoded media: the index goes by them, exactly.

use hls_index::{Ahead, MeasureError, MediaPlaylist, MediaSequence, SegmentIndex, Ticks, seconds};
use proptest::prelude::*;

const FOUR_FIVES: &str = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:10\n#EXTINF:5,\na\n#EXTINF:5,\nb\n#EXTINF:5,\nc\n#EXTINF:5,\nd\n";

fn spans(index: &SegmentIndex<'_>) -> Vec<(f64, f64)> {
    let span = |segment| index.span(&segment);
    let seconds = |ticks: Ticks| ticks.as_seconds_f64();
    index.playlist().segments().map(span).map(|s| (seconds(s.start), seconds(s.end))).collect()
}

#[test]
fn segments_around_a_measured_one_move_along() {
    let playlist = MediaPlaylist::parse(FOUR_FIVES).unwrap();
    let mut index = playlist.index();
    index.set_measured(MediaSequence(11), seconds(5.5), seconds(10.25)).unwrap();
    assert_eq!(spans(&index), [(0.5, 5.5), (5.5, 10.25), (10.25, 15.25), (15.25, 20.25)]);
    assert_eq!(index.end(), seconds(20.25));
    assert_eq!(index.at(seconds(20.2)).unwrap().uri(), "d");
    assert!(index.at(seconds(20.25)).is_err());
    assert_eq!(index.at(Ticks::ZERO).unwrap().uri(), "a", "before all is the first");
    let fetches: Vec<_> = index.window(seconds(10.3), Ahead::seconds(4)).collect();
    assert_eq!(fetches.len(), 1);
    assert_eq!((fetches[0].start, fetches[0].end), (seconds(10.25), seconds(15.25)));
    assert_eq!(fetches[0].segment.start(), seconds(10.0), "the playlist's own stays");
    assert_eq!(index.at_with_preroll(seconds(10.3), seconds(0.1)).unwrap().uri(), "b");
    assert_eq!(index.at_many(&[seconds(10.2), seconds(20.25)]).flatten().count(), 1);
}

#[test]
fn what_lies_between_two_measured_segments_shares_the_difference() {
    let playlist = MediaPlaylist::parse(FOUR_FIVES).unwrap();
    let mut index = playlist.index();
    index.set_measured(MediaSequence(10), seconds(0.0), seconds(5.0)).unwrap();
    index.set_measured(MediaSequence(13), seconds(17.0), seconds(22.0)).unwrap();
    assert_eq!(spans(&index), [(0.0, 5.0), (5.0, 11.0), (11.0, 17.0), (17.0, 22.0)]);
    // Measured after all, it takes the place of what was shared.
    index.set_measured(MediaSequence(11), seconds(5.1), seconds(10.1)).unwrap();
    assert_eq!(spans(&index), [(0.0, 5.1), (5.1, 10.1), (10.1, 17.0), (17.0, 22.0)]);
}

#[test]
fn the_start_of_a_segment_counts_for_more_than_the_end_before_it() {
    let playlist = MediaPlaylist::parse(FOUR_FIVES).unwrap();
    let mut index = playlist.index();
    index.set_measured(MediaSequence(11), seconds(5.0), seconds(10.5)).unwrap();
    index.set_measured(MediaSequence(12), seconds(10.25), seconds(15.0)).unwrap();
    assert_eq!(spans(&index)[1..3], [(5.0, 10.25), (10.25, 15.0)]);
    index.set_measured(MediaSequence(11), seconds(5.0), seconds(10.0)).unwrap();
    assert_eq!(spans(&index)[1..3], [(5.0, 10.25), (10.25, 15.0)]);
    index.set_measured(MediaSequence(12), seconds(10.0), seconds(16.0)).unwrap();
    assert_eq!(spans(&index)[2..], [(10.0, 16.0), (16.0, 21.0)]);
}

#[test]
fn times_that_cannot_be_are_refused_and_change_nothing() {
    let playlist = MediaPlaylist::parse(FOUR_FIVES).unwrap();
    let mut index = playlist.index();
    index.set_measured(MediaSequence(11), seconds(6.0), seconds(11.0)).unwrap();
    let before = spans(&index);
    let mut set = |sequence, start, end| {
        index.set_measured(MediaSequence(sequence), seconds(start), seconds(end)).unwrap_err()
    };
    assert_eq!(set(9, 0.0, 1.0), MeasureError::NoSuchSegment);
    assert_eq!(set(14, 0.0, 1.0), MeasureError::NoSuchSegment);
    assert_eq!(set(u64::MAX, 0.0, 1.0), MeasureError::NoSuchSegment);
    assert_eq!(set(12, 11.0, 11.0), MeasureError::Backwards);
    assert_eq!(set(12, 5.0, 9.0), MeasureError::OutOfOrder);
    assert_eq!(set(10, 7.0, 9.0), MeasureError::OutOfOrder);
    assert_eq!(spans(&index), before);
}

#[test]
fn what_was_measured_before_its_time_cuts_the_segments_before_it() {
    let playlist = MediaPlaylist::parse(FOUR_FIVES).unwrap();
    let mut index = playlist.index();
    index.set_measured(MediaSequence(12), seconds(3.0), seconds(8.0)).unwrap();
    assert_eq!(spans(&index), [(0.0, 0.0), (0.0, 3.0), (3.0, 8.0), (8.0, 13.0)]);
    assert_eq!(index.at(Ticks::ZERO).unwrap().uri(), "b");
    index.set_measured(MediaSequence(13), Ticks::MAX - Ticks::new(1), Ticks::MAX).unwrap();
    assert_eq!(index.end(), Ticks::MAX);
    assert_eq!(index.at(Ticks::MAX - Ticks::new(1)).unwrap().uri(), "d");
}

proptest! {
    #[test]
    fn at_and_span_agree_whatever_was_measured(
        lengths in prop::collection::vec(prop_oneof![9 => 1..9_000_000_000u64, 1 => Just(0)], 1..40),
        measured in prop::collection::vec((0..40u64, -3_000_000_000..3_000_000_000i64, 1..9_000_000_000u64), 0..30),
        extra in prop::collection::vec(any::<u64>(), 8),
    ) {
        let segment = |length: &u64| format!("#EXTINF:{},\nx\n", Ticks::new(*length));
        let text = format!("#EXTM3U\n{}", lengths.iter().map(segment).collect::<String>());
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let mut index = playlist.index();
        let mut taken = Vec::new();
        for (number, off, length) in measured {
            let Some(segment) = playlist.segment(number as usize) else { continue };
            let start = Ticks::new(segment.start().count().saturating_add_signed(off));
            if index.set_measured(segment.sequence(), start, start + Ticks::new(length)).is_ok() {
                taken.retain(|&(other, _)| other != number);
                taken.push((number, start));
            }
        }
        let spans: Vec<_> = playlist.segments().map(|segment| index.span(&segment)).collect();
        for (number, start) in taken {
            prop_assert_eq!(spans[number as usize].start, start);
        }
        for pair in spans.windows(2) {
            prop_assert!(pair[0].start <= pair[0].end);
            prop_assert_eq!(pair[0].end, pair[1].start);
        }
        let end = spans.last().unwrap().end;
        prop_assert_eq!(index.end(), end);
        let edges = spans.iter().flat_map(|span| [span.start, span.end]);
        let moments: Vec<Ticks> = edges
            .flat_map(|edge| [edge - Ticks::new(1), edge, edge + Ticks::new(1)])
            .chain(extra.iter().map(|extra| Ticks::new(extra % (end.count() + 2))))
            .collect();
        let at = |moment: Ticks| index.at(moment).ok().map(|segment| segment.number());
        for &moment in moments.iter().filter(|&&moment| moment >= spans[0].start) {
            let expected = spans.iter().position(|span| span.contains(&moment));
            prop_assert_eq!(at(moment), expected, "{:?} in {:?}", moment, spans);
        }
        let many: Vec<_> = index.at_many(&moments).map(|hit| hit.ok().map(|s| s.number())).collect();
        prop_assert_eq!(many, moments.into_iter().map(at).collect::<Vec<_>>());
    }
}
