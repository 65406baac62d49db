//! What the tags of a media playlist mean (RFC 8216 §4.3.1–§4.3.3, RFC 8216bis §4.4).

use hls_index::{
    AttributeValue, ByteRange, Limits, Line, MediaPlaylist, MediaSequence, Method, ParseErrorKind,
    PlaylistType, Segment, Tag, Ticks, seconds,
};

fn parse(text: &str) -> MediaPlaylist<'_> {
    MediaPlaylist::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> (u32, u32, ParseErrorKind) {
    let error = MediaPlaylist::parse(text).expect_err(text);
    (error.line, error.column, error.kind)
}

/// What `fact` is of each segment.
fn each<T>(playlist: &MediaPlaylist<'_>, fact: impl Fn(Segment<'_>) -> T) -> Vec<T> {
    playlist.segments().map(fact).collect()
}

#[test]
fn tags_of_the_whole_playlist() {
    let text = "\
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:2680
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-I-FRAMES-ONLY
#EXTINF:5.5,first
a.ts
#EXTINF:6,
b.ts
#EXT-X-ENDLIST
";
    let playlist = parse(text);
    assert_eq!(playlist.version(), Some(7));
    assert_eq!(playlist.target_duration(), Some(Ticks::from_seconds(6)));
    assert_eq!(playlist.first_sequence(), MediaSequence(2680));
    assert_eq!(playlist.playlist_type(), Some(PlaylistType::Vod));
    assert!(playlist.has_independent_segments());
    assert!(playlist.is_i_frames_only());
    assert!(playlist.is_ended());
    assert_eq!(playlist.skipped_segments(), None);
    assert_eq!(playlist.len(), 2);
    assert_eq!(playlist.duration(), Ticks::from_millis(11_500));
    assert_eq!(each(&playlist, |segment| segment.sequence().0), [2680, 2681]);
    assert_eq!(each(&playlist, |segment| segment.discontinuity_sequence()), [3, 3]);
    assert_eq!(
        each(&playlist, |segment| segment.title().map(str::to_owned)),
        [Some("first".into()), None]
    );
    assert_eq!(playlist.segment_with_sequence(MediaSequence(2681)).unwrap().uri(), "b.ts");
    assert!(playlist.segment_with_sequence(MediaSequence(2679)).is_none());
    assert!(playlist.segment_with_sequence(MediaSequence(2682)).is_none());
    assert_eq!(playlist.text(), text);
}

#[test]
fn a_playlist_without_optional_tags() {
    let playlist = parse("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na\n");
    assert_eq!(playlist.version(), None);
    assert_eq!(playlist.first_sequence(), MediaSequence(0));
    assert_eq!(playlist.playlist_type(), None);
    assert!(!playlist.has_independent_segments());
    assert!(!playlist.is_i_frames_only());
    assert!(!playlist.is_ended());
    let segment = playlist.segment(0).unwrap();
    assert_eq!(segment.discontinuity_sequence(), 0);
    assert!(segment.keys().is_empty());
    assert!(segment.map().is_none() && segment.byte_range().is_none() && segment.date().is_none());
    assert!(playlist.segment(1).is_none() && playlist.segment(usize::MAX).is_none());
}

#[test]
fn endlist_may_stand_anywhere() {
    let playlist = parse("#EXTM3U\n#EXT-X-ENDLIST\n#EXTINF:5,\na\n#EXTINF:5,\nb\n");
    assert!(playlist.is_ended());
    assert_eq!(playlist.len(), 2);
}

#[test]
fn segments_walk_from_both_ends() {
    let text = format!("#EXTM3U\n{}", "#EXTINF:1,\nx\n".repeat(5));
    let playlist = parse(&text);
    let numbers = |segments: hls_index::Segments<'_>| -> Vec<usize> {
        segments.map(|segment| segment.number()).collect()
    };
    assert_eq!(numbers(playlist.segments()), [0, 1, 2, 3, 4]);
    assert_eq!(playlist.segments().rev().map(|s| s.number()).collect::<Vec<_>>(), [4, 3, 2, 1, 0]);
    assert_eq!(numbers(playlist.segments_within(1..3)), [1, 2]);
    assert_eq!(numbers(playlist.segments_within(3..99)), [3, 4]);
    assert_eq!(numbers(playlist.segments_within(9..99)), [0; 0]);
    assert_eq!(playlist.segments().len(), 5);
    assert_eq!(playlist.segments().nth(3).unwrap().number(), 3);
}

#[test]
fn a_byte_range_without_offset_goes_on_where_the_last_one_ended() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-BYTERANGE:100@20
#EXTINF:5,
a.ts
#EXTINF:5,
#EXT-X-BYTERANGE:50
a.ts
#EXTINF:5,
#EXT-X-BYTERANGE:7
a.ts
#EXTINF:5,
whole.ts
#EXTINF:5,
#EXT-X-BYTERANGE:5@0
a.ts
",
    );
    let range = |offset, length| Some(ByteRange::new(offset, length).unwrap());
    let expected = [range(20, 100), range(120, 50), range(170, 7), None, range(0, 5)];
    assert_eq!(each(&playlist, |segment| segment.byte_range()), expected);
    assert_eq!(
        playlist.index().window(Ticks::ZERO, hls_index::Ahead::segments(0)).next().unwrap().bytes(),
        Some(100)
    );
}

#[test]
fn a_byte_range_without_offset_needs_one_of_the_same_resource_before_it() {
    let kind = ParseErrorKind::ByteRangeWithoutOffset;
    for (text, line) in [
        ("#EXTM3U\n#EXTINF:5,\n#EXT-X-BYTERANGE:5\na\n", 3),
        ("#EXTM3U\n#EXTINF:5,\na\n#EXTINF:5,\n#EXT-X-BYTERANGE:5\na\n", 5),
        ("#EXTM3U\n#EXT-X-BYTERANGE:5@0\n#EXTINF:5,\na\n#EXTINF:5,\n#EXT-X-BYTERANGE:5\nb\n", 6),
        (
            "#EXTM3U\n#EXT-X-BYTERANGE:5@0\n#EXTINF:5,\na\n#EXTINF:5,\nb\n#EXT-X-BYTERANGE:5\n#EXTINF:5,\na\n",
            7,
        ),
    ] {
        assert_eq!(refused(text), (line, 18, kind), "{text}");
    }
}

#[test]
fn a_map_holds_until_the_next() {
    let playlist = parse(
        "#EXTM3U
#EXTINF:5,
a
#EXT-X-MAP:URI=\"i1\"
#EXTINF:5,
b
#EXTINF:5,
c
#EXT-X-MAP:URI=\"i2\",BYTERANGE=\"720@10\"
#EXT-X-DISCONTINUITY
#EXTINF:5,
d
",
    );
    let maps =
        each(&playlist, |segment| segment.map().map(|map| (map.uri.to_owned(), map.byte_range)));
    let first = Some(("i1".to_owned(), None));
    let second = Some(("i2".to_owned(), ByteRange::new(10, 720)));
    assert_eq!(maps, [None, first.clone(), first, second]);
}

#[test]
fn the_byte_range_of_a_map_begins_at_0_when_it_says_nothing_else() {
    let playlist = parse("#EXTM3U\n#EXT-X-MAP:URI=\"i\",BYTERANGE=\"720\"\n#EXTINF:5,\na\n");
    assert_eq!(playlist.segment(0).unwrap().map().unwrap().byte_range, ByteRange::new(0, 720));
}

#[test]
fn a_map_needs_its_uri() {
    let missing = ParseErrorKind::MissingAttribute { tag: "EXT-X-MAP", attribute: "URI" };
    assert_eq!(refused("#EXTM3U\n#EXT-X-MAP:BYTERANGE=\"1@0\"\n"), (2, 12, missing));
    // One with nothing at all is passed over, as players do.
    let playlist = parse("#EXTM3U\n#EXT-X-MAP\n#EXTINF:5,\na\n");
    assert!(playlist.segment(0).unwrap().map().is_none());
}

fn key_uris(segment: Segment<'_>) -> Vec<String> {
    segment.keys().iter().map(|key| key.uri.to_owned()).collect()
}

#[test]
fn a_key_holds_until_the_next_of_its_format() {
    let playlist = parse(
        "#EXTM3U
#EXTINF:5,
clear
#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"
#EXTINF:5,
a
#EXTINF:5,
b
#EXT-X-KEY:METHOD=AES-128,URI=\"k2\",KEYFORMAT=\"identity\"
#EXTINF:5,
c
#EXT-X-KEY:METHOD=NONE
#EXTINF:5,
d
",
    );
    let expected: [&[&str]; 5] = [&[], &["k1"], &["k1"], &["k2"], &[]];
    assert_eq!(each(&playlist, key_uris), expected);
}

#[test]
fn keys_of_several_formats_hold_at_once() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"f1\",KEYFORMAT=\"com.apple.streamingkeydelivery\",KEYFORMATVERSIONS=\"1/2\"
#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"w1\",KEYFORMAT=\"urn:uuid:edef8ba9\"
#EXTINF:5,
a
#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"f2\",KEYFORMAT=\"com.apple.streamingkeydelivery\"
#EXTINF:5,
b
#EXT-X-KEY:METHOD=NONE
#EXTINF:5,
c
",
    );
    let expected: [&[&str]; 3] = [&["f1", "w1"], &["w1", "f2"], &[]];
    assert_eq!(each(&playlist, key_uris), expected);
    let keys = playlist.segment(0).unwrap().keys();
    assert_eq!(keys.len(), 2);
    let first = keys.first().unwrap();
    assert_eq!(first.method, Method::SAMPLE_AES);
    assert_eq!(first.key_format, "com.apple.streamingkeydelivery");
    assert_eq!(first.key_format_versions, "1/2");
    assert_eq!(keys.iter().nth(1).unwrap().key_format_versions, "1");
}

#[test]
fn a_key_keeps_all_its_attributes() {
    let playlist =
        parse("#EXTM3U\n#EXT-X-KEY:METHOD=X-ROT13,URI=\"k\",X-COM-EXAMPLE=\"7\"\n#EXTINF:5,\na\n");
    let key = playlist.segment(0).unwrap().keys().first().unwrap();
    assert_eq!(key.method, Method("X-ROT13"));
    assert_eq!(key.key_format, "identity");
    assert_eq!(key.attributes.find("X-COM-EXAMPLE"), Ok(Some(AttributeValue::Quoted("7"))));
    assert_eq!(key.attributes.as_str(), "METHOD=X-ROT13,URI=\"k\",X-COM-EXAMPLE=\"7\"");
}

#[test]
fn a_key_needs_method_and_uri() {
    let missing = |attribute| ParseErrorKind::MissingAttribute { tag: "EXT-X-KEY", attribute };
    assert_eq!(refused("#EXTM3U\n#EXT-X-KEY:URI=\"k\"\n"), (2, 12, missing("METHOD")));
    assert_eq!(refused("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128\n"), (2, 12, missing("URI")));
    assert!(MediaPlaylist::parse("#EXTM3U\n#EXT-X-KEY:METHOD=NONE\n").is_ok());
}

#[test]
fn the_initialization_vector_is_the_sequence_number_unless_it_is_written() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-MEDIA-SEQUENCE:258
#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"
#EXTINF:5,
a
#EXT-X-KEY:METHOD=AES-128,URI=\"k2\",IV=0x000102030405060708090A0B0C0D0E0F
#EXTINF:5,
b
#EXT-X-KEY:METHOD=NONE
#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k3\",KEYFORMAT=\"com.apple.streamingkeydelivery\"
#EXTINF:5,
c
#EXT-X-KEY:METHOD=NONE
#EXT-X-KEY:METHOD=AES-256-GCM,URI=\"k4\"
#EXTINF:5,
d
",
    );
    let vectors = each(&playlist, |segment| {
        segment.keys().first().unwrap().initialization_vector(segment.sequence())
    });
    assert_eq!(vectors[0], Some([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]));
    assert_eq!(vectors[1], Some(core::array::from_fn(|n| n as u8)));
    assert_eq!(vectors[2..], [None, None], "these come with the key or the segment");
}

#[test]
fn a_map_is_encrypted_with_the_keys_before_it() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-MAP:URI=\"clear\"
#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"
#EXTINF:5,
a
#EXT-X-MAP:URI=\"locked\"
#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"
#EXTINF:5,
b
#EXTINF:5,
c
",
    );
    let keys = each(&playlist, |segment| {
        let map = segment.map().unwrap();
        let map_keys: Vec<&str> = map.keys.iter().map(|key| key.uri).collect();
        (map.uri.to_owned(), map_keys.join(" "), key_uris(segment).join(" "))
    });
    let row = |map: &str, map_keys: &str, keys: &str| (map.into(), map_keys.into(), keys.into());
    assert_eq!(
        keys,
        [row("clear", "", "k1"), row("locked", "k1", "k2"), row("locked", "k1", "k2")]
    );
}

#[test]
fn discontinuities_count_up() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-DISCONTINUITY-SEQUENCE:10
#EXTINF:5,
a
#EXT-X-DISCONTINUITY
#EXTINF:5,
b
#EXTINF:5,
c
#EXTINF:5,
#EXT-X-DISCONTINUITY
#EXT-X-DISCONTINUITY
d
#EXT-X-DISCONTINUITY
",
    );
    assert_eq!(each(&playlist, |s| s.discontinuity_sequence()), [10, 11, 11, 13]);
    assert_eq!(each(&playlist, |s| s.is_discontinuity()), [false, true, false, true]);
}

#[test]
fn dates_run_on_from_their_tag_and_back_from_the_first() {
    let playlist = parse(
        "#EXTM3U
#EXTINF:2.5,
a
#EXT-X-PROGRAM-DATE-TIME:2024-02-29T23:59:58.5Z
#EXTINF:5,
b
#EXTINF:5,
c
#EXT-X-DISCONTINUITY
#EXTINF:5,
#EXT-X-PROGRAM-DATE-TIME:2030-01-01T00:00:00+0100
d
#EXTINF:5,
e
",
    );
    let dates = each(&playlist, |segment| segment.date().unwrap().to_string());
    assert_eq!(
        dates,
        [
            "2024-02-29T23:59:56.000Z",
            "2024-02-29T23:59:58.500Z",
            "2024-03-01T00:00:03.500Z",
            "2029-12-31T23:00:00.000Z",
            "2029-12-31T23:00:05.000Z",
        ]
    );
    let own = each(&playlist, |segment| segment.program_date_time().is_some());
    assert_eq!(own, [false, true, false, true, false]);
}

#[test]
fn a_bit_rate_holds_until_the_next_for_segments_without_byte_range() {
    let playlist = parse(
        "#EXTM3U
#EXTINF:5,
a
#EXT-X-BITRATE:800
#EXTINF:5,
b
#EXTINF:5,
#EXT-X-BYTERANGE:5@0
c
#EXTINF:5,
d
#EXT-X-BITRATE:900
#EXTINF:5,
e
",
    );
    let expected = [None, Some(800), None, Some(800), Some(900)];
    assert_eq!(each(&playlist, |segment| segment.bitrate()), expected);
}

#[test]
fn unknown_tags_and_comments_are_kept_in_place() {
    let text = "\
#EXTM3U
## made by hand
#EXT-X-TARGETDURATION:5
#EXT-X-CUE-OUT:30
#EXTINF:5,
# in between
a.ts
#EXT-X-CUE-IN
#EXTINF:5,b
b.ts
#EXT-X-ENDLIST
";
    let playlist = parse(text);
    let cue_out = Line::Tag(Tag { name: "EXT-X-CUE-OUT", value: Some("30") });
    let cue_in = Line::Tag(Tag { name: "EXT-X-CUE-IN", value: None });
    let lines: Vec<Line<'_>> = playlist.lines().collect();
    assert_eq!(lines.len(), text.lines().count());
    assert_eq!(lines[1], Line::Comment("## made by hand"));
    assert_eq!(lines[3], cue_out);
    assert_eq!(lines[5], Line::Comment("# in between"));

    let first: Vec<Line<'_>> = playlist.segment(0).unwrap().lines().collect();
    assert_eq!(first, lines[..7]);
    let second: Vec<Line<'_>> = playlist.segment(1).unwrap().lines().collect();
    assert_eq!(second, lines[7..10]);
    assert_eq!(second[0], cue_in);
}

#[test]
fn a_delta_update_counts_what_it_skips() {
    let playlist = parse(
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-SKIP:SKIPPED-SEGMENTS=20\n#EXTINF:5,\na\n",
    );
    assert_eq!(playlist.skipped_segments(), Some(20));
    assert_eq!(playlist.segment(0).unwrap().sequence(), MediaSequence(120));
    let kind = ParseErrorKind::DuplicateTag { tag: "EXT-X-SKIP" };
    let twice = "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n";
    assert_eq!(refused(twice).2, kind);
}

#[test]
fn the_first_line_is_extm3u() {
    let not_a_playlist = (1, 1, ParseErrorKind::NotAPlaylist);
    for text in [
        "<!DOCTYPE html>\n<html></html>\n",
        "#EXTM3U8\n",
        "#EXTENDED\n#EXTM3U\n",
        "# only a comment",
        "a.ts\n#EXTM3U\n",
        "\0\0\0\u{18}ftypiso5",
        "x",
    ] {
        assert_eq!(refused(text), not_a_playlist, "{text}");
        let bytes = MediaPlaylist::parse_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(bytes, MediaPlaylist::parse(text).unwrap_err());
    }
    assert_eq!(refused("").2, ParseErrorKind::Empty);
    assert_eq!(refused(" \r\n\n").2, ParseErrorKind::Empty);
    let binary = MediaPlaylist::parse_bytes(b"\x00\x00\x00\x18ftyp\xFF\xFE").unwrap_err();
    assert_eq!(binary.kind, ParseErrorKind::NotAPlaylist);
    let error = MediaPlaylist::parse("<html>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 1: not a playlist: the first line is not #EXTM3U"
    );
}

#[test]
fn a_multivariant_playlist_is_refused_as_what_it_is() {
    let text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n";
    assert_eq!(refused(text), (3, 1, ParseErrorKind::Multivariant));
    let error = MediaPlaylist::parse(text).unwrap_err();
    assert!(error.to_string().contains("this is a multivariant playlist"), "{error}");
    for tag in
        ["EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-DATA", "EXT-X-SESSION-KEY"]
    {
        assert_eq!(refused(&format!("#EXTM3U\n#{tag}:A=1\n")).2, ParseErrorKind::Multivariant);
    }
}

#[test]
fn tags_of_both_sorts_of_playlist_do_not_mix() {
    let text = "#EXTM3U\n#EXTINF:5,\na\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n";
    assert_eq!(refused(text), (4, 1, ParseErrorKind::Mixed));
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA:TYPE=AUDIO\n";
    assert_eq!(refused(text), (3, 1, ParseErrorKind::Mixed));
}

#[test]
fn a_playlist_has_a_media_tag() {
    assert_eq!(refused("#EXTM3U\n").2, ParseErrorKind::NoMediaTag);
    assert_eq!(refused("#EXTM3U\n#EXT-X-VERSION:3\n# x\n").2, ParseErrorKind::NoMediaTag);
}

#[test]
fn a_segment_needs_its_extinf() {
    assert_eq!(refused("#EXTM3U\na.ts\n"), (2, 1, ParseErrorKind::MissingDuration));
    let text = "#EXTM3U\n#EXTINF:5,\na.ts\nb.ts\n";
    assert_eq!(refused(text), (4, 1, ParseErrorKind::MissingDuration));
}

#[test]
fn what_may_stand_once_is_refused_the_second_time() {
    for (tag, value) in [
        ("EXT-X-VERSION", "3"),
        ("EXT-X-TARGETDURATION", "5"),
        ("EXT-X-MEDIA-SEQUENCE", "7"),
        ("EXT-X-DISCONTINUITY-SEQUENCE", "7"),
        ("EXT-X-PLAYLIST-TYPE", "VOD"),
    ] {
        let text = format!("#EXTM3U\n#{tag}:{value}\n#{tag}:{value}\n");
        assert_eq!(refused(&text), (3, 1, ParseErrorKind::DuplicateTag { tag }), "{text}");
    }
}

#[test]
fn any_version_is_accepted() {
    for version in [0, 1, 3, 13, 99, u64::MAX] {
        let text = format!("#EXTM3U\n#EXT-X-VERSION:{version}\n#EXTINF:5.5,\na\n");
        assert_eq!(parse(&text).version(), Some(version));
    }
}

#[test]
fn durations_are_the_same_however_their_lines_are_written() {
    let numbers = [
        "0",
        "4",
        "4.",
        "4.5",
        "4.004",
        "4.0040000",
        "4.00400001",
        "4.123456789",
        "4.1234567891234",
        "9999999",
        "9999999.9999999",
        "12345678",
        "12345678.5",
        ".5",
        "0004.5",
        "4.12345678",
        "18446744073.709551615",
    ];
    for number in numbers {
        let duration = |line: &str| {
            let text = format!("#EXTM3U\n{line}\na.ts\n");
            let playlist =
                MediaPlaylist::parse(&text).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(playlist.segment(0).unwrap().uri(), "a.ts", "{line}");
            playlist.duration()
        };
        // A blank before the number, as nearly nobody writes it.
        let expected = duration(&format!("#EXTINF: {number},"));
        for (before, after) in
            [("", ","), ("", ",\r"), ("", ""), ("", ", t"), ("", ",t"), (" ", ",")]
        {
            assert_eq!(
                duration(&format!("{before}#EXTINF:{number}{after}")),
                expected,
                "{number}{after}"
            );
        }
    }
    for line in [
        "#EXTINF:",
        "#EXTINF:,",
        "#EXTINF:.,",
        "#EXTINF:-1,",
        "#EXTINF:4.5.5,",
        "#EXTINF:4x,",
        "#EXTINF:1e4,",
        "#EXTINF:4,5\r,",
    ] {
        assert!(MediaPlaylist::parse(&format!("#EXTM3U\n{line}\na.ts\n")).is_err(), "{line}");
    }
    // However little of the text is left.
    for rest in ["", "a", "\na", "#", "#EXTINF:5,", "#EXTINF:5,\n"] {
        let text = format!("#EXTM3U\n#EXTINF:4.5,\na\n#EXTINF:3.25,\n{rest}");
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let has_more = rest.trim().starts_with('a');
        assert_eq!(playlist.duration(), seconds(if has_more { 7.75 } else { 4.5 }), "{rest:?}");
    }
    let text = "#EXTM3U\n#EXTINF:4.5,\na\n";
    for limit in 0..20 {
        let limits = Limits { line_bytes: limit, ..Limits::default() };
        assert_eq!(MediaPlaylist::parse_with(text, &limits).is_ok(), limit >= 12, "{limit}");
    }
}
