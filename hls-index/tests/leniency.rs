//! What players accept though the RFC does not: each leniency that the README states.

use hls_index::{MediaPlaylist, MediaSequence, Ticks};

fn parse(text: &str) -> MediaPlaylist<'_> {
    MediaPlaylist::parse(text).unwrap_or_else(|error| panic!("{error}\n{text:?}"))
}

const PLAIN: &str =
    "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.ts\n#EXTINF:2.5,two\nb.ts\n#EXT-X-ENDLIST\n";

/// Whether `text` reads as [`PLAIN`] does.
fn reads_as_plain(text: &str) {
    let (plain, playlist) = (parse(PLAIN), parse(text));
    assert_eq!(playlist.target_duration(), plain.target_duration(), "{text:?}");
    assert_eq!(playlist.is_ended(), plain.is_ended(), "{text:?}");
    assert_eq!(playlist.len(), plain.len(), "{text:?}");
    for (segment, plain) in playlist.segments().zip(plain.segments()) {
        assert_eq!(segment.uri(), plain.uri(), "{text:?}");
        assert_eq!(segment.start(), plain.start(), "{text:?}");
        assert_eq!(segment.end(), plain.end(), "{text:?}");
        assert_eq!(segment.title(), plain.title(), "{text:?}");
    }
}

#[test]
fn line_ends_may_be_crlf_or_mixed() {
    reads_as_plain(&PLAIN.replace('\n', "\r\n"));
    reads_as_plain(&PLAIN.replacen('\n', "\r\n", 3));
}

#[test]
fn the_last_line_needs_no_end() {
    reads_as_plain(PLAIN.trim_end());
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let text = format!("\u{FEFF}{PLAIN}");
    reads_as_plain(&text);
    assert_eq!(MediaPlaylist::parse_bytes(text.as_bytes()).unwrap().len(), 2);
}

#[test]
fn blanks_and_tabs_around_lines_and_values_do_no_harm() {
    reads_as_plain(&PLAIN.replace('\n', " \t\n"));
    reads_as_plain(&PLAIN.replace('\n', "\n\t  "));
    reads_as_plain(&PLAIN.replace(':', ": ").replace("two", "\ttwo "));
    reads_as_plain(&PLAIN.replace('\n', "\n\n"));
}

#[test]
fn blank_lines_and_comments_may_come_first() {
    reads_as_plain(&format!("\n \r\n{PLAIN}"));
    reads_as_plain(&format!("# made by\n\n#hand\n{PLAIN}"));
}

#[test]
fn extm3u_may_be_missing_before_other_tags() {
    reads_as_plain(PLAIN.strip_prefix("#EXTM3U\n").unwrap());
}

#[test]
fn a_segment_without_extinf_takes_the_target_duration() {
    let playlist = parse("#EXTM3U\n#EXT-X-TARGETDURATION:7\n#EXTINF:5,\na\nb\n");
    assert_eq!(playlist.segment(1).unwrap().duration(), Ticks::from_seconds(7));
}

#[test]
fn a_byte_range_may_follow_that_of_its_map() {
    let playlist = parse(
        "#EXTM3U\n#EXT-X-MAP:URI=\"v\",BYTERANGE=\"200@100\"\n#EXTINF:5,\n#EXT-X-BYTERANGE:400\nv\n#EXTINF:5,\n#EXT-X-BYTERANGE:5\nv\n",
    );
    let offsets: Vec<_> =
        playlist.segments().map(|segment| segment.byte_range().unwrap().offset()).collect();
    assert_eq!(offsets, [300, 700]);
    // Of two ranges with a map between them, the first is the map's.
    let playlist = parse(
        "#EXTM3U\n#EXT-X-BYTERANGE:200@100\n#EXT-X-MAP:URI=\"v\"\n#EXTINF:5,\n#EXT-X-BYTERANGE:400\nv\n",
    );
    let segment = playlist.segment(0).unwrap();
    assert_eq!(segment.map().unwrap().byte_range, hls_index::ByteRange::new(100, 200));
    assert_eq!(segment.byte_range(), hls_index::ByteRange::new(300, 400));
    // With one alone, it is the segment's.
    let playlist =
        parse("#EXTM3U\n#EXT-X-BYTERANGE:200@100\n#EXT-X-MAP:URI=\"v\"\n#EXTINF:5,\nv\n");
    let segment = playlist.segment(0).unwrap();
    assert_eq!(segment.map().unwrap().byte_range, None);
    assert_eq!(segment.byte_range(), hls_index::ByteRange::new(100, 200));
}

#[test]
fn a_line_end_may_be_missing_between_two_tags() {
    let playlist = parse("#EXTM3U\n#EXT-X-MAP:URI=\"i\"#EXTINF:5.005,\na\n");
    let segment = playlist.segment(0).unwrap();
    assert_eq!((segment.map().unwrap().uri, segment.duration()), ("i", Ticks::from_millis(5_005)));
    let text = "#EXTM3U\n#EXT-X-MAP:URI=\"i\"x\n#EXTINF:5,\na\n";
    assert!(MediaPlaylist::parse(text).is_err(), "anything else there is an error");
}

#[test]
fn something_may_follow_extm3u() {
    reads_as_plain(&PLAIN.replacen("#EXTM3U", "#EXTM3U url-tvg=\"x\"", 1));
}

#[test]
fn extinf_needs_no_comma() {
    reads_as_plain(&PLAIN.replace("5,\n", "5\n"));
}

#[test]
fn tags_may_stand_after_extinf() {
    let playlist = parse(
        "#EXTM3U\n#EXTINF:5,\n#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00+0000\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"m\"\n#EXT-X-BYTERANGE:5@1\na.ts\n",
    );
    let segment = playlist.segment(0).unwrap();
    assert_eq!(segment.date().unwrap().unix_seconds(), 1_704_067_200);
    assert!(segment.is_discontinuity() && segment.is_gap());
    assert_eq!(segment.keys().len(), 1);
    assert_eq!(segment.map().unwrap().uri, "m");
    assert_eq!(segment.byte_range().unwrap().length(), 5);
}

#[test]
fn the_last_of_two_extinf_counts() {
    reads_as_plain(&PLAIN.replacen("#EXTINF:5,", "#EXTINF:9,x\n#EXTINF:5,", 1));
}

#[test]
fn an_extinf_without_uri_at_the_end_is_let_go() {
    reads_as_plain(&format!("{PLAIN}#EXTINF:5,\n"));
}

#[test]
fn durations_may_begin_or_end_with_the_point() {
    let playlist = parse("#EXTM3U\n#EXTINF:.360,\na\n#EXTINF:5.,\nb\n");
    assert_eq!(playlist.duration(), Ticks::from_millis(5_360));
}

#[test]
fn the_target_duration_may_be_missing_zero_or_a_fraction() {
    assert_eq!(parse("#EXTM3U\n#EXTINF:5,\na\n").target_duration(), None);
    let of = |value: &str| {
        parse(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:{value}\n#EXTINF:66,\na\n"))
            .target_duration()
    };
    assert_eq!(of("0"), Some(Ticks::ZERO));
    assert_eq!(of("9.6"), Some(Ticks::from_millis(9_600)));
    assert_eq!(of("5"), Some(Ticks::from_seconds(5)), "longer segments do no harm");
}

#[test]
fn sequence_numbers_may_stand_after_segments() {
    let text = "#EXTM3U\n#EXT-X-DISCONTINUITY\n#EXTINF:5,\na\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n";
    let playlist = parse(text);
    assert_eq!(playlist.first_sequence(), MediaSequence(7));
    assert_eq!(playlist.segment(0).unwrap().discontinuity_sequence(), 4);
}

#[test]
fn an_unknown_playlist_type_is_none() {
    for value in ["LIVE", "vod", ""] {
        let text = format!("#EXTM3U\n#EXT-X-PLAYLIST-TYPE:{value}\n#EXTINF:5,\na\n");
        assert_eq!(parse(&text).playlist_type(), None);
    }
}

#[test]
fn flags_may_be_said_twice() {
    let flags = "#EXT-X-ENDLIST\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-INDEPENDENT-SEGMENTS\n";
    let text = format!("#EXTM3U\n{flags}{flags}#EXTINF:5,\na\n");
    let playlist = parse(&text);
    assert!(
        playlist.is_ended() && playlist.is_i_frames_only() && playlist.has_independent_segments()
    );
}

#[test]
fn attribute_lists_may_have_blanks_and_a_last_comma() {
    let playlist =
        parse("#EXTM3U\n#EXT-X-KEY: METHOD=AES-128 , URI=\"k\", IV=0xAb,\n#EXTINF:5,\na\n");
    let key = playlist.segment(0).unwrap().keys().first().unwrap();
    assert_eq!(key.uri, "k");
    assert_eq!(key.iv, Some(0xABu128.to_be_bytes()), "leading zeros may be missing");
}

#[test]
fn method_none_may_have_other_attributes() {
    let text = "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-KEY:METHOD=NONE,URI=\"\"\n#EXTINF:5,\na\n";
    assert!(parse(text).segment(0).unwrap().keys().is_empty());
}

#[test]
fn a_key_said_again_is_kept_once() {
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n";
    let text = format!("#EXTM3U\n{key}#EXTINF:5,\na\n{key}#EXTINF:5,\nb\n");
    let playlist = parse(&text);
    let keys: Vec<usize> = playlist.segments().map(|segment| segment.keys().len()).collect();
    assert_eq!(keys, [1, 1]);
}
