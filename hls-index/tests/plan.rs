//! What to fetch: sizes, absolute URIs, what goes with a segment.

use hls_index::{Ahead, MediaPlaylist, MediaSequence, PartFetch, Placement, Ticks, seconds};

fn numbers(text: &str, moment: f64, bytes: u64) -> Vec<usize> {
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    let window = index.window(seconds(moment), Ahead::bytes(bytes));
    window.map(|fetch| fetch.segment.number()).collect()
}

#[test]
fn a_window_of_bytes_ends_before_the_segment_that_is_too_much() {
    let segment = |size| format!("#EXT-X-BYTERANGE:{size}\n#EXTINF:5,\nall.ts\n");
    let sizes: String = [500, 1, 2000, 3].into_iter().map(segment).collect();
    let text = format!("#EXTM3U\n#EXT-X-BYTERANGE:1000@0\n#EXTINF:5,\nall.ts\n{sizes}");
    for (bytes, expected) in [
        (0, vec![0]),
        (999, vec![0]),
        (1499, vec![0]),
        (1500, vec![0, 1]),
        (1501, vec![0, 1, 2]),
        (3500, vec![0, 1, 2]),
        (3501, vec![0, 1, 2, 3]),
        (u64::MAX, vec![0, 1, 2, 3, 4]),
    ] {
        assert_eq!(numbers(&text, 0.0, bytes), expected, "{bytes}");
    }
    assert_eq!(numbers(&text, 11.0, 2001), [2, 3]);
    assert_eq!(numbers(&text, 25.0, 2001), [0; 0]);
}

#[test]
fn without_byte_ranges_sizes_come_from_the_bit_rate() {
    let text = "#EXTM3U\n#EXT-X-BITRATE:800\n#EXTINF:5,\na\n#EXT-X-GAP\n#EXTINF:5,\nb\n#EXTINF:2.5,\nc\n#EXTINF:5,\nd\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    let sizes: Vec<_> = index
        .window(Ticks::ZERO, Ahead::segments(9))
        .map(|fetch| fetch.estimated_bytes())
        .collect();
    assert_eq!(sizes, [Some(500_000), Some(250_000), Some(500_000)]);
    assert_eq!(numbers(text, 0.0, 750_000), [0, 2], "a gap costs nothing");
    assert_eq!(numbers(text, 0.0, 749_999), [0]);
    let fast =
        "#EXTM3U\n#EXT-X-BITRATE:18446744073709551615\n#EXTINF:18446744073,\na\n#EXTINF:0,\nb\n";
    assert_eq!(numbers(fast, 0.0, u64::MAX), [0, 1]);
}

#[test]
fn a_segment_of_unknown_size_ends_a_window_of_bytes() {
    let text = "#EXTM3U\n#EXTINF:5,\na\n#EXTINF:5,\nb\n";
    assert_eq!(numbers(text, 0.0, u64::MAX), [0]);
    let text = "#EXTM3U\n#EXT-X-BYTERANGE:10@0\n#EXTINF:5,\na\n#EXTINF:5,\nb\n#EXT-X-BYTERANGE:10@0\n#EXTINF:5,\nc\n";
    assert_eq!(numbers(text, 0.0, u64::MAX), [0]);
}

#[test]
fn a_fetch_has_all_that_it_takes_to_play_it() {
    let text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"700@0\"\n\
        #EXT-X-KEY:METHOD=AES-128,URI=\"../k\"\n#EXT-X-BYTERANGE:100@700\n#EXTINF:5,\nall.mp4\n\
        #EXT-X-BYTERANGE:50\n#EXTINF:5,\nall.mp4\n";
    let mut placement = Placement::new();
    let near = placement.add_server("near", "https://near.example.com/a/").unwrap();
    let far = placement.add_server("far", "https://far.example.com/b/").unwrap();
    placement.place(MediaSequence(0), &[near, far]).unwrap();
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    let fetch = index.window(seconds(7.0), Ahead::seconds(1)).next().unwrap();
    assert_eq!(fetch.resolve("https://x.example.com/v/i.m3u8"), "https://x.example.com/v/all.mp4");
    let range = fetch.byte_range.unwrap();
    assert_eq!((range.offset(), range.length(), fetch.bytes()), (800, 50, Some(50)));
    assert_eq!(fetch.map.unwrap().byte_range.unwrap().length(), 700);
    assert_eq!(fetch.keys.first().unwrap().uri, "../k");
    assert_eq!((fetch.start, fetch.end), (seconds(5.0), seconds(10.0)));
    let servers: Vec<&str> =
        placement.candidates(&fetch.segment).map(|place| place.server.id()).collect();
    assert_eq!(servers, ["near", "far"]);
}

/// Segment 7 whole, 8 with parts, and two parts of 9, which has another key and map.
const EDGE: &str = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"a.mp4\"\n\
    #EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n#EXTINF:4,\n7.mp4\n\
    #EXT-X-PART:DURATION=2,URI=\"8.mp4\",BYTERANGE=\"100@0\",INDEPENDENT=YES\n\
    #EXT-X-PART:DURATION=1,URI=\"8.mp4\",BYTERANGE=\"50\",GAP=YES\n\
    #EXT-X-PART:DURATION=1,URI=\"8.mp4\",BYTERANGE=\"60\"\n#EXTINF:4,\n8.mp4\n\
    #EXT-X-MAP:URI=\"b.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"\n\
    #EXT-X-PART:DURATION=2,URI=\"9.0.mp4\"\n#EXT-X-PART:DURATION=2,URI=\"9.1.mp4\"\n";

#[test]
fn a_window_of_parts_goes_on_to_the_live_edge() {
    let playlist = MediaPlaylist::parse(EDGE).unwrap();
    let index = playlist.index();
    let parts = |moment, ahead| -> Vec<(u64, usize)> {
        let window = index.part_window(seconds(moment), ahead);
        window.map(|fetch| (fetch.sequence.0, fetch.part.index)).collect()
    };
    let all = [(8, 0), (8, 2), (9, 0), (9, 1)];
    assert_eq!(parts(4.0, Ahead::seconds(60)), all);
    assert_eq!(parts(6.5, Ahead::seconds(60)), all[1..], "a part that is a gap is left out");
    assert_eq!(parts(7.0, Ahead::seconds(1)), all[1..2]);
    assert_eq!(parts(7.0, Ahead::time(Ticks::from_millis(1_001))), all[1..3]);
    assert_eq!(parts(4.0, Ahead::segments(0)), all[..1]);
    assert_eq!(parts(4.0, Ahead::segments(2)), all[..3]);
    assert_eq!(parts(4.0, Ahead::bytes(160)), all[..2]);
    assert_eq!(parts(4.0, Ahead::bytes(u64::MAX)), all[..2], "what follows is of unknown size");
    assert_eq!(parts(11.999, Ahead::seconds(1)), all[3..]);
    assert_eq!(parts(3.9, Ahead::seconds(9)), [], "segment 7 is to be fetched whole");
    assert_eq!(parts(12.0, Ahead::seconds(9)), [], "nobody knows yet");
}

#[test]
fn a_part_has_all_that_it_takes_to_play_it() {
    let playlist = MediaPlaylist::parse(EDGE).unwrap();
    let mut index = playlist.index();
    let fetches: Vec<PartFetch<'_>> = index.part_window(seconds(7.0), Ahead::seconds(60)).collect();
    let range = fetches[0].byte_range.unwrap();
    assert_eq!((range.offset(), range.length(), fetches[0].bytes()), (150, 60, Some(60)));
    assert_eq!((fetches[0].start, fetches[0].end), (seconds(7.0), seconds(8.0)));
    let needs = |fetch: &PartFetch<'_>| {
        (fetch.map.unwrap().uri.to_owned(), fetch.keys.first().unwrap().uri.to_owned())
    };
    assert_eq!(needs(&fetches[0]), ("a.mp4".into(), "k1".into()));
    assert_eq!(needs(&fetches[1]), ("b.mp4".into(), "k2".into()));
    assert_eq!(fetches[1].keys.len(), 1);
    assert_eq!(
        fetches[1].resolve("https://x.example.com/v/i.m3u8"),
        "https://x.example.com/v/9.0.mp4"
    );
    index.set_measured(MediaSequence(8), seconds(4.5), seconds(8.25)).unwrap();
    let starts: Vec<Ticks> =
        index.part_window(seconds(4.5), Ahead::seconds(60)).map(|fetch| fetch.start).collect();
    assert_eq!(starts, [4.5, 7.5, 8.25, 10.25].map(seconds));
}
