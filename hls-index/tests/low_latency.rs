//! Parts and what goes with them (RFC 8216bis §4.4.3.7, §4.4.3.8, §4.4.4.9, §4.4.5.2 to §4.4.5.4).

use hls_index::{
    ByteRange, HintType, MediaPlaylist, MediaSequence, ParseErrorKind, Part, ServerControl, Ticks,
    seconds,
};

fn parse(text: &str) -> MediaPlaylist<'_> {
    MediaPlaylist::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> (u32, ParseErrorKind) {
    let error = MediaPlaylist::parse(text).expect_err(text);
    (error.line, error.kind)
}

const LIVE: &str = "\
#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-VERSION:6
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=24.0,HOLD-BACK=12,CAN-SKIP-DATERANGES=YES
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MEDIA-SEQUENCE:266
#EXTINF:4.00008,
266.mp4
#EXT-X-PART:DURATION=2.00004,INDEPENDENT=YES,URI=\"267.0.mp4\"
#EXT-X-PART:URI=\"267.1.mp4\",DURATION=2.00004,GAP=YES
#EXTINF:4.00008,
267.mp4
#EXT-X-PART:DURATION=0.33334,URI=\"268.mp4\",BYTERANGE=\"1000@50\"
#EXT-X-PART:DURATION=0.33334,URI=\"268.mp4\",BYTERANGE=\"200\"
#EXT-X-PART:DURATION=0.1,URI=\"268.mp4\",BYTERANGE=\"9@5\",X-NEW=1
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"268.mp4\",BYTERANGE-START=1250,BYTERANGE-LENGTH=100
#EXT-X-PRELOAD-HINT:TYPE=SEGMENT,URI=\"269.mp4\"
#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"init.mp4\"
#EXT-X-RENDITION-REPORT:URI=\"../1M/live.m3u8\",LAST-MSN=267,LAST-PART=3
#EXT-X-RENDITION-REPORT:URI=\"../4M/live.m3u8\"
";

#[test]
fn parts_lie_within_their_segments() {
    let playlist = parse(LIVE);
    assert_eq!(playlist.part_count(), 5);
    assert_eq!(playlist.segment(0).unwrap().parts().len(), 0);
    let parts: Vec<Part<'_>> = playlist.segment(1).unwrap().parts().collect();
    assert_eq!((parts[0].index, parts[0].uri), (0, "267.0.mp4"));
    assert_eq!((parts[0].start, parts[0].end), (seconds(4.00008), seconds(6.00012)));
    assert!(parts[0].is_independent && !parts[0].is_gap && parts[0].byte_range.is_none());
    assert_eq!((parts[1].index, parts[1].uri), (1, "267.1.mp4"));
    assert_eq!((parts[1].start, parts[1].end), (seconds(6.00012), seconds(8.00016)));
    assert!(!parts[1].is_independent && parts[1].is_gap);
}

#[test]
fn trailing_parts_follow_the_last_segment() {
    let playlist = parse(LIVE);
    let parts: Vec<Part<'_>> = playlist.trailing_parts().collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0].start, playlist.duration());
    assert_eq!(parts[2].end, playlist.duration() + seconds(0.76668));
    assert_eq!(parts[2].attributes.find("X-NEW").unwrap().unwrap().text(), "1");
    let none = parse("#EXTM3U\n#EXTINF:5,\na\n");
    assert_eq!(none.trailing_parts().len(), 0);
    let only = parse("#EXTM3U\n#EXT-X-PART:URI=\"a\",DURATION=1\n");
    assert_eq!(only.trailing_parts().len(), 1);
}

#[test]
fn a_part_without_offset_goes_on_where_the_last_one_of_its_segment_ended() {
    let playlist = parse(LIVE);
    let ranges: Vec<_> = playlist.trailing_parts().map(|part| part.byte_range).collect();
    let range = |offset, length| ByteRange::new(offset, length);
    assert_eq!(ranges, [range(50, 1000), range(1050, 200), range(5, 9)]);
    // The first of a segment has none to follow: it begins at 0, as players have it.
    let text = "#EXTM3U\n#EXT-X-PART:URI=\"a\",DURATION=1,BYTERANGE=\"5@7\"\n#EXTINF:1,\nx\n#EXT-X-PART:URI=\"a\",DURATION=1,BYTERANGE=\"5\"\n";
    let playlist = parse(text);
    assert_eq!(playlist.trailing_parts().next().unwrap().byte_range, range(0, 5));
}

#[test]
fn part_times_are_exact() {
    let third = "#EXT-X-PART:URI=\"a\",DURATION=0.3333333333333333\n".repeat(30);
    let text = format!("#EXTM3U\n{third}");
    let playlist = parse(&text);
    assert_eq!(playlist.trailing_parts().last().unwrap().end, Ticks::from_seconds(10));
}

#[test]
fn a_part_needs_uri_and_duration() {
    let missing = |attribute| ParseErrorKind::MissingAttribute { tag: "EXT-X-PART", attribute };
    assert_eq!(refused("#EXTM3U\n#EXT-X-PART:URI=\"a\"\n"), (2, missing("DURATION")));
    assert_eq!(refused("#EXTM3U\n#EXT-X-PART:DURATION=1\n"), (2, missing("URI")));
    let text = "#EXTM3U\n#EXT-X-PART:URI=\"a\",DURATION=-1\n";
    assert_eq!(refused(text), (2, ParseErrorKind::NotADuration));
    let text = "#EXTM3U\n#EXT-X-PART:URI=\"a\",DURATION=1,URI=\"b\"\n";
    let twice = ParseErrorKind::Attribute(hls_index::AttributeErrorKind::Duplicate);
    assert_eq!(refused(text), (2, twice));
    let text = "#EXTM3U\n#EXT-X-PART:URI=\"a\",DURATION=1,BYTERANGE=\"18446744073709551615@1\"\n";
    assert_eq!(refused(text), (2, ParseErrorKind::ByteRangeTooLarge));
}

#[test]
fn both_ways_to_read_a_part_agree() {
    for plain in [
        "DURATION=1.5,URI=\"a\"",
        "URI=\"a,b\",DURATION=.5,BYTERANGE=\"5@7\",INDEPENDENT=YES,GAP=YES",
        "URI=\"\",DURATION=1.",
    ] {
        // A blank, or an attribute that nobody knows, leads the other way.
        let texts = [plain.to_owned(), plain.replace(',', ", "), format!("{plain},X=1")];
        let read = texts.map(|list| {
            let text = format!("#EXTM3U\n#EXT-X-PART:{list}\n");
            let playlist = parse(&text);
            let part = playlist.trailing_parts().next().unwrap();
            (part.end, part.uri.replace(", ", ","), part.byte_range, part.is_gap)
        });
        assert!(read.iter().all(|other| *other == read[0]), "{read:?}");
    }
}

#[test]
fn what_the_server_can_do() {
    let playlist = parse(LIVE);
    assert_eq!(playlist.part_target(), Some(seconds(0.33334)));
    assert_eq!(
        playlist.server_control(),
        Some(ServerControl {
            can_skip_until: Some(Ticks::from_seconds(24)),
            can_skip_date_ranges: true,
            hold_back: Some(Ticks::from_seconds(12)),
            part_hold_back: Some(Ticks::from_seconds(1)),
            can_block_reload: true,
        })
    );
    for tag in ["EXT-X-PART-INF:PART-TARGET=1", "EXT-X-SERVER-CONTROL:HOLD-BACK=9"] {
        let (line, kind) = refused(&format!("#EXTM3U\n#{tag}\n#{tag}\n"));
        assert!(line == 3 && matches!(kind, ParseErrorKind::DuplicateTag { .. }), "{tag}");
    }
    let missing =
        ParseErrorKind::MissingAttribute { tag: "EXT-X-PART-INF", attribute: "PART-TARGET" };
    assert_eq!(refused("#EXTM3U\n#EXT-X-PART-INF:A=1\n"), (2, missing));
}

#[test]
fn hints_of_an_unknown_type_are_ignored() {
    let playlist = parse(LIVE);
    let hints: Vec<_> = playlist.preload_hints().collect();
    assert_eq!(hints.len(), 2);
    assert_eq!((hints[0].hint_type, hints[0].uri), (HintType::Part, "268.mp4"));
    assert_eq!((hints[0].byte_range_start, hints[0].byte_range_length), (1250, Some(100)));
    assert_eq!((hints[1].hint_type, hints[1].byte_range_start), (HintType::Map, 0));
    assert_eq!(hints[1].byte_range_length, None);
    let (line, kind) = refused("#EXTM3U\n#EXT-X-PRELOAD-HINT:TYPE=PART\n");
    let missing = ParseErrorKind::MissingAttribute { tag: "EXT-X-PRELOAD-HINT", attribute: "URI" };
    assert_eq!((line, kind), (2, missing));
}

#[test]
fn reports_may_leave_out_what_is_the_same() {
    let playlist = parse(LIVE);
    let reports: Vec<_> = playlist.rendition_reports().collect();
    assert_eq!(reports[0].uri, "../1M/live.m3u8");
    assert_eq!(reports[0].last_sequence, Some(MediaSequence(267)));
    assert_eq!(reports[0].last_part, Some(3));
    assert_eq!((reports[1].last_sequence, reports[1].last_part), (None, None));
}

#[test]
fn a_delta_update_names_what_was_removed() {
    let playlist = parse(
        "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"a\tb c\"\n#EXTINF:5,\nx\n",
    );
    let skip = playlist.skip().unwrap();
    assert_eq!(skip.skipped_segments, 3);
    assert_eq!(skip.removed_date_ranges().collect::<Vec<_>>(), ["a", "b c"]);
    let playlist =
        parse("#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"\"\n");
    assert_eq!(playlist.skip().unwrap().removed_date_ranges().count(), 0);
    assert!(parse(LIVE).skip().is_none());
}

#[test]
fn the_start_is_read_or_passed_over() {
    let of = |list: &str| {
        let text = format!("#EXTM3U\n#EXT-X-START:{list}\n#EXTINF:10,\na\n");
        let playlist = parse(&text);
        playlist.start().map(|start| (start.moment(playlist.duration()), start.is_precise))
    };
    assert_eq!(of("TIME-OFFSET=4.5,PRECISE=YES"), Some((seconds(4.5), true)));
    assert_eq!(of("TIME-OFFSET=-4"), Some((seconds(6.0), false)));
    assert_eq!(of("TIME-OFFSET=40"), Some((seconds(10.0), false)));
    assert_eq!(of("TIME-OFFSET=-40,PRECISE=NO"), Some((Ticks::ZERO, false)));
    assert_eq!(of("TIME-OFFSET=x"), None);
    assert_eq!(of("PRECISE=YES"), None);
    let twice = "#EXTM3U\n#EXT-X-START:TIME-OFFSET=1\n#EXT-X-START:TIME-OFFSET=1\n";
    assert_eq!(refused(twice), (3, ParseErrorKind::DuplicateTag { tag: "EXT-X-START" }));
}
