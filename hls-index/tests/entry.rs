//! Where to enter a stream: with preroll, by number, at a nearest picture, where decoding can begin.

use hls_index::{Ahead, MediaPlaylist, MediaSequence, SeekError, SegmentIndex, Ticks, seconds};

fn uri<'p>(found: Result<hls_index::Segment<'p>, SeekError>) -> Result<&'p str, SeekError> {
    found.map(|segment| segment.uri())
}

/// Starts that are not round numbers, as ffmpeg's own HLS muxer makes them.
const UNEVEN: [f64; 14] =
    [0.0, 2.0, 7.0, 9.4, 15.0, 21.0, 22.0, 28.0, 33.0, 40.0, 41.2, 47.0, 53.0, 60.0];

fn uneven() -> String {
    let length = |pair: &[f64]| seconds(pair[1]) - seconds(pair[0]);
    let segment = |pair| format!("#EXTINF:{},\nx\n", length(pair));
    format!("#EXTM3U\n{}", UNEVEN.windows(2).map(segment).collect::<String>())
}

#[test]
fn a_preroll_begins_in_the_segment_before_where_the_decoder_needs_it() {
    let text = uneven();
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    // ffmpeg seeks 3/23 s early. These are the first segments that it was seen to fetch.
    let preroll = Ticks::new(3_000_000_000 / 23);
    for (moment, number) in [
        (2.0, 0),
        (7.0, 1),
        (9.4, 2),
        (15.0, 3),
        (40.0, 8),
        (41.2, 9),
        (20.9, 4),
        (21.5, 5),
        (59.5, 12),
    ] {
        let first = index.at_with_preroll(seconds(moment), preroll).unwrap();
        assert_eq!(first.number(), number, "{moment}");
    }
    // A player without preroll: the segment that holds the moment, exactly.
    for (moment, number) in [(6.9, 1), (7.0, 2), (9.39, 2), (9.4, 3), (14.99, 3), (15.0, 4)] {
        assert_eq!(index.at(seconds(moment)).unwrap().number(), number, "{moment}");
        assert_eq!(index.at_with_preroll(seconds(moment), Ticks::ZERO).unwrap().number(), number);
    }
    assert_eq!(index.at_with_preroll(seconds(0.05), seconds(1.0)).unwrap().number(), 0);
    let past_end = SeekError::PastEnd { end: seconds(60.0) };
    assert_eq!(index.at_with_preroll(seconds(60.0), preroll).unwrap_err(), past_end);
}

#[test]
fn a_window_with_preroll_begins_early_and_ends_where_it_would() {
    let text = uneven();
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let numbers = |moment, preroll, ahead| -> Vec<usize> {
        let window = index.window_with_preroll(seconds(moment), seconds(preroll), ahead);
        window.map(|fetch| fetch.segment.number()).collect()
    };
    // What a player with a buffer of 10 s was seen to fetch.
    for (moment, fetched) in
        [(21.5, vec![5, 6, 7]), (40.0, vec![9, 10, 11]), (41.2, vec![10, 11]), (59.5, vec![12])]
    {
        assert_eq!(numbers(moment, 0.0, Ahead::seconds(10)), fetched, "{moment}");
    }
    assert_eq!(numbers(40.0, 0.1, Ahead::seconds(10)), [8, 9, 10, 11]);
    assert_eq!(numbers(40.0, 0.1, Ahead::segments(1)), [8, 9, 10]);
    assert_eq!(numbers(60.0, 10.0, Ahead::segments(1)), [0; 0]);
}

#[test]
fn by_media_sequence_number() {
    let text =
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:18446744073709551614\n#EXTINF:5,\na\n#EXTINF:5,\nb\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    let uri = |sequence| index.with_sequence(MediaSequence(sequence)).map(|s| s.uri());
    assert_eq!([uri(u64::MAX - 2), uri(u64::MAX - 1), uri(u64::MAX)], [None, Some("a"), Some("b")]);
}

#[test]
fn the_nearest_picture_of_an_i_frame_playlist() {
    let text = "#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n#EXTINF:4,\na\n#EXTINF:2,\nb\n#EXTINF:4,\nc\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    for (moment, picture) in
        [(0.0, "a"), (2.0, "a"), (2.1, "b"), (5.0, "b"), (5.1, "c"), (6.0, "c"), (9.9, "c")]
    {
        assert_eq!(uri(index.nearest(seconds(moment))), Ok(picture), "{moment}");
    }
    assert!(index.nearest(seconds(10.0)).is_err());
}

#[test]
fn decoding_begins_where_the_playlist_says_that_it_can() {
    let body = "#EXTINF:5,\na\n#EXTINF:5,\nb\n#EXT-X-DISCONTINUITY\n#EXTINF:5,\nc\n#EXTINF:5,\nd\n";
    let entry = |head: &str, moment| {
        let text = format!("#EXTM3U\n{head}{body}");
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let index: SegmentIndex<'_> = playlist.index();
        uri(index.independent_at(seconds(moment))).map(str::to_owned)
    };
    for (moment, any, known) in [(7.0, "b", "a"), (10.0, "c", "c"), (17.0, "d", "c")] {
        for head in ["#EXT-X-INDEPENDENT-SEGMENTS\n", "#EXT-X-I-FRAMES-ONLY\n"] {
            assert_eq!(entry(head, moment).as_deref(), Ok(any));
        }
        assert_eq!(entry("", moment).as_deref(), Ok(known));
    }
    assert_eq!(entry("", 20.0), Err(SeekError::PastEnd { end: seconds(20.0) }));
}

#[test]
fn by_part_in_the_last_segments_and_the_one_to_come() {
    let text = "#EXTM3U\n#EXT-X-PART-INF:PART-TARGET=1\n#EXTINF:4,\n0.mp4\n\
        #EXT-X-PART:DURATION=1,URI=\"1.1\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1,URI=\"1.2\"\n\
        #EXT-X-PART:DURATION=1,URI=\"1.3\"\n#EXTINF:3,\n1.mp4\n\
        #EXT-X-PART:DURATION=1,URI=\"2.1\"\n#EXT-X-PART:DURATION=1,URI=\"2.2\",INDEPENDENT=YES\n\
        #EXT-X-PART:DURATION=0.5,URI=\"2.3\"\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let mut index = playlist.index();
    let at = |index: &SegmentIndex<'_>, moment| {
        index.part_at(seconds(moment)).map(|part| part.map(|part| part.uri.to_owned()))
    };
    let independent = |moment| {
        index.independent_part_at(seconds(moment)).map(|part| part.map(|part| part.uri.to_owned()))
    };
    for (moment, part, entry) in [
        (4.0, "1.1", "1.1"),
        (5.0, "1.2", "1.1"),
        (6.99, "1.3", "1.1"),
        (7.0, "2.1", "1.1"),
        (8.5, "2.2", "2.2"),
        (9.0, "2.3", "2.2"),
    ] {
        assert_eq!(at(&index, moment).unwrap().as_deref(), Some(part), "{moment}");
        assert_eq!(independent(moment).unwrap().as_deref(), Some(entry), "{moment}");
    }
    assert_eq!(at(&index, 3.9), Ok(None), "a segment without parts");
    assert_eq!(independent(3.9), Ok(None));
    let past_end = SeekError::PastEnd { end: seconds(9.5) };
    assert_eq!(at(&index, 9.5), Err(past_end));
    index.set_measured(MediaSequence(1), seconds(4.5), seconds(7.5)).unwrap();
    assert_eq!(at(&index, 5.4).unwrap().as_deref(), Some("1.1"));
    assert_eq!(at(&index, 9.5).unwrap().as_deref(), Some("2.3"));
    assert_eq!(at(&index, 10.0), Err(SeekError::PastEnd { end: seconds(10.0) }));

    let empty = MediaPlaylist::parse("#EXTM3U\n#EXT-X-TARGETDURATION:4\n").unwrap();
    assert_eq!(empty.index().part_at(Ticks::ZERO), Err(SeekError::Empty));
    let first = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART:DURATION=1,URI=\"0.1\"\n";
    let first = MediaPlaylist::parse(first).unwrap();
    assert_eq!(first.index().part_at(Ticks::ZERO).unwrap().map(|part| part.uri), Some("0.1"));
}
