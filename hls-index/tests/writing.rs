//! Writing: untouched playlists byte for byte, changed ones in canonical form.

use std::sync::Arc;

use hls_index::write::{MediaBuilder, MultivariantBuilder, NewMap, NewSegment, NewTag, WriteError};
use hls_index::{
    ByteRange, MediaPlaylist, Method, MultivariantPlaylist, Playlist, PlaylistType, ServerControl,
    Start, Ticks, seconds, validate,
};

fn parse(text: &str) -> MediaPlaylist<'_> {
    MediaPlaylist::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn an_untouched_playlist_is_written_byte_for_byte() {
    let text = "\u{FEFF}#EXTM3U\r\n\r\n #EXT-X-TARGETDURATION: 5\t\n# c\n#EXT-X-NEW:x\n#EXTINF:5.0000\n\na \n\n";
    assert_eq!(parse(text).to_string(), text);
    assert!(matches!(Playlist::parse(text), Ok(playlist) if playlist.text() == text));
}

#[test]
fn everything_is_written_in_canonical_order() {
    let mut builder = MediaBuilder::new(6);
    builder.media_sequence = 7;
    builder.discontinuity_sequence = 2;
    builder.playlist_type = Some(PlaylistType::Event);
    builder.is_ended = true;
    builder.has_independent_segments = true;
    let time_offset = "-4.5".parse().unwrap();
    builder.start = Some(Start { time_offset, is_precise: true });
    builder.part_target = Some(Ticks::from_seconds(2));
    builder.server_control = Some(ServerControl {
        part_hold_back: Some(Ticks::from_seconds(6)),
        can_block_reload: true,
        ..ServerControl::default()
    });
    builder.head.push(NewTag::comment(" made here").unwrap());
    let key =
        Arc::new(NewTag::key(Method::AES_128, "k").unwrap().hexadecimal("IV", &[0xAB, 1]).unwrap());
    let mut segment = NewSegment::new("a.mp4", seconds(5.5));
    segment.title = "first".into();
    segment.byte_range = ByteRange::new(10, 20);
    segment.discontinuities = 1;
    segment.is_gap = true;
    segment.program_date_time = Some("2024-01-01T00:00:00Z".parse().unwrap());
    segment.bitrate = Some(800);
    segment.keys = vec![Arc::clone(&key)];
    let map = NewMap { tag: NewTag::map("i.mp4", ByteRange::new(0, 9)).unwrap(), keys: vec![key] };
    segment.map = Some(Arc::new(map));
    segment.parts.push(NewTag::part("p", seconds(2.0)).unwrap().yes("INDEPENDENT").unwrap());
    segment.tags.push(NewTag::with_value("EXT-X-CUE-OUT", "30").unwrap());
    let next = NewSegment { uri: "b.mp4".into(), parts: vec![], tags: vec![], ..segment.clone() };
    let next = NewSegment {
        discontinuities: 0,
        is_gap: false,
        title: String::new(),
        program_date_time: None,
        byte_range: None,
        ..next
    };
    builder.segments.extend([segment, next, NewSegment::new("c.mp4", Ticks::from_seconds(6))]);
    builder.tail.push(NewTag::date_range("ad", "2024-01-01T00:00:01.5Z".parse().unwrap()).unwrap());
    let text = builder.to_text().unwrap();
    assert_eq!(
        text,
        "#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=-4.5,PRECISE=YES
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:2
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-PART-INF:PART-TARGET=2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=6
# made here
#EXT-X-CUE-OUT:30
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xAB01
#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"9@0\"
#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00.000Z
#EXT-X-GAP
#EXT-X-BITRATE:800
#EXT-X-PART:DURATION=2,URI=\"p\",INDEPENDENT=YES
#EXT-X-BYTERANGE:20@10
#EXTINF:5.5,first
a.mp4
#EXTINF:5.5,
b.mp4
#EXT-X-KEY:METHOD=NONE
#EXTINF:6,
c.mp4
#EXT-X-DATERANGE:ID=\"ad\",START-DATE=\"2024-01-01T00:00:01.500Z\"
#EXT-X-ENDLIST
"
    );
    let report = validate(&text);
    assert!(report.is_valid(), "{report}");
}

#[test]
fn a_value_that_a_variable_would_end_is_refused() {
    let text = |part: &str| {
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-DEFINE:NAME=\"h\",VALUE=\"b,c\"\n#EXT-X-DEFINE:NAME=\"e\",VALUE=\"\"\n\
             #EXT-X-PART:DURATION=2,{part}\n"
        )
    };
    for (part, expected) in [
        ("URI=\"{$h}\"", Ok("#EXT-X-PART:DURATION=2,URI=\"b,c\"")),
        ("URI={$h}", Err(WriteError::NotUnquoted)),
        ("URI=\"p\",X-E={$e}", Err(WriteError::NotUnquoted)),
    ] {
        let text = text(part);
        let playlist = parse(&text);
        let written = playlist.to_builder().and_then(|builder| builder.to_text());
        let last = written.as_ref().map(|written| written.lines().last().unwrap());
        assert_eq!(last.map_err(|error| *error), expected, "{part}");
    }
}

#[test]
fn every_discontinuity_counts_where_several_stand_before_one_segment() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-DISCONTINUITY\n\
        #EXTINF:5,\na\n#EXTINF:5,\nb\n#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY\n#EXTINF:5,\nc\n";
    let numbers = |text: &str| -> Vec<u64> {
        let playlist = MediaPlaylist::parse(text).unwrap();
        playlist.segments().map(|segment| segment.discontinuity_sequence()).collect()
    };
    let mut builder = MediaPlaylist::parse(text).unwrap().to_builder().unwrap();
    assert_eq!(numbers(&builder.to_text().unwrap()), [4, 4, 6]);
    for left in [&[4, 6][..], &[6], &[]] {
        builder.evict().unwrap();
        assert_eq!(numbers(&builder.to_text().unwrap()), left);
    }
    assert_eq!(builder.discontinuity_sequence, 6);
}

/// What a playlist says, whatever its text.
fn facts(playlist: &MediaPlaylist<'_>) -> Vec<String> {
    let segments = playlist.segments().map(|segment| {
        format!(
            "{segment:?} {:?} {:?} {:?} {:?} {:?} {} {} {:?} {:?}",
            segment.byte_range(),
            segment.map().map(|map| (map.uri, map.byte_range, keys(map.keys))),
            keys(segment.keys()),
            segment.program_date_time(),
            segment.title(),
            segment.is_gap(),
            segment.discontinuity_sequence(),
            segment.bitrate(),
            segment.parts().map(|part| (part.uri, part.end, part.byte_range)).collect::<Vec<_>>(),
        )
    });
    segments.collect()
}

fn keys(keys: hls_index::Keys<'_>) -> Vec<(String, Option<[u8; 16]>, String)> {
    let all = keys.iter().map(|key| (key.uri.to_owned(), key.iv, key.key_format.to_owned()));
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

const RICH: &str = "\
#EXTM3U
#EXT-X-TARGETDURATION:5
#EXT-X-DEFINE:NAME=\"h\",VALUE=\"https://a\"
#EXT-X-MEDIA-SEQUENCE:9
# head
#EXT-X-MAP:URI=\"clear.mp4\"
#EXT-X-KEY:METHOD=AES-128,URI=\"{$h}/k1\",IV=0x1
#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k2\",KEYFORMAT=\"f\",X-MINE=7
#EXTINF:4.9999999994,one
{$h}/a.mp4
#EXT-X-NEW
#EXT-X-KEY:METHOD=AES-128,URI=\"k3\"
#EXT-X-BITRATE:7
#EXT-X-BYTERANGE:5@0
#EXTINF:5
b.mp4
#EXT-X-BYTERANGE:7
#EXTINF:5
b.mp4
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI=\"{$h}/m\",BYTERANGE=\"7@1\"
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2024-01-01T01:00:00.123456+0100
#EXT-X-PART:URI=\"{$h}/p\",DURATION=2
#EXT-X-GAP
#EXTINF:5
c.mp4
#EXT-X-DATERANGE:ID=\"{$h}\",START-DATE=\"2024-01-01T00:00:00.000Z\"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p2\"
";

#[test]
fn a_changed_playlist_says_the_same_of_what_was_not_changed() {
    let playlist = parse(RICH);
    let mut builder = playlist.to_builder().unwrap();
    let text = builder.to_text().unwrap();
    let written = parse(&text);
    assert_eq!(facts(&written), facts(&playlist), "{text}");
    assert_eq!(written.date_ranges().next().unwrap().id, "https://a");
    assert_eq!(written.preload_hints().count(), 1);
    assert_eq!(written.version(), Some(6));
    assert!(!text.contains("{$") && text.contains("# head\n") && text.contains("#EXT-X-NEW\n"));
    // Written again it is the same, and nothing in it is wrong but for what the text brought.
    assert_eq!(parse(&text).to_builder().unwrap().to_text().unwrap(), text);

    // With the first segments gone, the others are what they were.
    for gone in 1..4 {
        builder.evict();
        let text = builder.to_text().unwrap();
        let written = parse(&text);
        assert_eq!(written.first_sequence().0, 9 + gone);
        for (new, old) in written.segments().zip(playlist.segments().skip(gone as usize)) {
            assert_eq!(keys(new.keys()), keys(old.keys()), "{text}");
            assert_eq!(
                new.map().map(|map| (map.uri, keys(map.keys))),
                old.map().map(|map| (map.uri, keys(map.keys)))
            );
            assert_eq!((new.bitrate(), new.uri()), (old.bitrate(), old.uri()));
            assert_eq!(new.discontinuity_sequence(), old.discontinuity_sequence());
            assert_eq!(new.byte_range(), old.byte_range());
        }
    }
}

#[test]
fn the_version_is_what_the_playlist_takes() {
    let version = |change: &dyn Fn(&mut MediaBuilder)| {
        let mut builder = MediaBuilder::new(5);
        builder.segments.push_back(NewSegment::new("a", Ticks::from_seconds(5)));
        change(&mut builder);
        let text = builder.to_text().unwrap();
        let report = validate(&text);
        assert!(report.is_valid(), "{report}{text}");
        parse(&text).version().unwrap_or(1)
    };
    let key = |tag: NewTag| vec![Arc::new(tag)];
    let aes = || NewTag::key(Method::AES_128, "k").unwrap();
    let map = |builder: &mut MediaBuilder| {
        let tag = NewTag::map("m", None).unwrap();
        builder.segments[0].map = Some(Arc::new(NewMap { tag, keys: vec![] }));
    };
    assert_eq!(version(&|_| {}), 1);
    assert_eq!(version(&|b| b.segments[0].keys = key(aes())), 1);
    assert_eq!(
        version(&|b| b.segments[0].keys = key(aes().hexadecimal("IV", &[1; 16]).unwrap())),
        2
    );
    assert_eq!(version(&|b| b.segments[0].duration = seconds(4.5)), 3);
    assert_eq!(version(&|b| b.segments[0].byte_range = ByteRange::new(0, 1)), 4);
    assert_eq!(version(&|b| b.is_i_frames_only = true), 4);
    let sample = || NewTag::key(Method::SAMPLE_AES, "k").unwrap();
    assert_eq!(version(&|b| b.segments[0].keys = key(sample())), 5);
    assert_eq!(version(&|b| b.segments[0].keys = key(aes().quoted("KEYFORMAT", "f").unwrap())), 5);
    assert_eq!(
        version(&|b| {
            b.is_i_frames_only = true;
            map(b);
        }),
        5
    );
    assert_eq!(version(&map), 6);
    let required = || NewTag::new("EXT-X-NEW").unwrap().quoted("REQ-WHAT", "x").unwrap();
    assert_eq!(version(&|b| b.tail.push(required())), 12);
    assert_eq!(version(&|b| b.tail.push(NewTag::new("EXT-X-REQ-NEW").unwrap())), 1);
}

#[test]
fn a_delta_update_leaves_out_what_it_says() {
    let playlist = parse(RICH);
    let builder = playlist.to_builder().unwrap();
    let mut text = String::from("before");
    builder.write_delta(&mut text, 2).unwrap();
    let delta = parse(text.strip_prefix("before").unwrap());
    assert_eq!((delta.skipped_segments(), delta.len(), delta.version()), (Some(2), 2, Some(9)));
    assert_eq!(delta.first_sequence().0, 11);
    assert!(!text.contains("k3"), "what already holds is not said again");
    assert_eq!(builder.write_delta(&mut text, 5), Err(WriteError::TooManySkipped));
}

#[test]
fn h12_what_would_break_out_of_its_place_is_refused() {
    let write = |change: &dyn Fn(&mut NewSegment)| {
        let mut builder = MediaBuilder::new(5);
        let mut segment = NewSegment::new("a", Ticks::from_seconds(5));
        change(&mut segment);
        builder.segments.push_back(segment);
        let mut text = String::from("kept");
        let result = builder.write(&mut text);
        assert!(result.is_ok() || text == "kept");
        result
    };
    for uri in ["a\nb", "a\r", "\na", "a\u{85}b", "a\0", "a\tb\u{7F}"] {
        assert_eq!(
            write(&|segment| segment.uri = uri.into()).unwrap_err(),
            if uri.starts_with('\n') || uri.ends_with('\r') {
                WriteError::NotAUri
            } else {
                WriteError::ControlCharacter
            },
            "{uri:?}"
        );
    }
    for uri in ["", "#EXT-X-ENDLIST", "#", " a", "a "] {
        assert_eq!(write(&|segment| segment.uri = uri.into()), Err(WriteError::NotAUri), "{uri}");
    }
    assert_eq!(write(&|segment| segment.uri = "{$a}".into()), Err(WriteError::VariableReference));
    assert_eq!(
        write(&|segment| segment.title = "x\n#EXT-X-ENDLIST".into()),
        Err(WriteError::ControlCharacter)
    );
    assert_eq!(write(&|segment| segment.title = "a, \"b\" {c} é".into()), Ok(()));
    let long = Err(WriteError::SegmentTooLong { segment: 0 });
    assert_eq!(write(&|segment| segment.duration = seconds(5.5)), long);
    assert_eq!(write(&|segment| segment.duration = seconds(5.499_999_999)), Ok(()));
    assert_eq!(MediaBuilder::new(0).to_text(), Err(WriteError::NoTargetDuration));

    let tag = || NewTag::new("EXT-X-KEY").unwrap();
    for value in ["a\"b", "\""] {
        assert_eq!(tag().quoted("URI", value), Err(WriteError::Quote));
    }
    for value in ["a\nb", "a\rb", "\u{1}"] {
        assert_eq!(tag().quoted("URI", value), Err(WriteError::ControlCharacter));
        assert_eq!(NewTag::with_value("EXT-X-A", value), Err(WriteError::ControlCharacter));
        assert_eq!(NewTag::comment(value), Err(WriteError::ControlCharacter));
    }
    for value in ["", "a,B=1", "a b", "\"a\"", "a\tb"] {
        assert_eq!(tag().unquoted("METHOD", value), Err(WriteError::NotUnquoted), "{value}");
    }
    for name in ["", "uri", "A=B", "A B", "Ä"] {
        assert_eq!(tag().integer(name, 1), Err(WriteError::NotAnAttributeName), "{name}");
    }
    let twice = tag().integer("A", 1).unwrap().quoted("A", "b");
    assert_eq!(twice, Err(WriteError::DuplicateAttribute));
    for name in ["", "X", "ext", "EXT-X:A", "EXT A"] {
        assert_eq!(NewTag::new(name), Err(WriteError::NotATagName), "{name}");
    }
    assert_eq!(NewTag::comment("EXT-X-ENDLIST"), Err(WriteError::NotATagName));
}

#[test]
fn a_multivariant_playlist_is_written_and_changed() {
    let text = "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-DEFINE:NAME=\"h\",VALUE=\"x\"\n# c\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"{$h}\",NAME=\"n\",INSTREAM-ID=\"SERVICE3\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,CLOSED-CAPTIONS=\"x\"\n{$h}/a\n#EXT-X-NEW:1\n";
    let playlist = MultivariantPlaylist::parse(text).unwrap();
    assert_eq!(playlist.to_string(), text);
    let mut builder = playlist.to_builder().unwrap();
    let tag = NewTag::new("EXT-X-STREAM-INF").unwrap().integer("BANDWIDTH", 2).unwrap();
    builder.push_variant(tag, "b");
    let written = builder.to_text().unwrap();
    assert_eq!(
        written,
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n# c\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"x\",NAME=\"n\",INSTREAM-ID=\"SERVICE3\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,CLOSED-CAPTIONS=\"x\"\nx/a\n#EXT-X-NEW:1\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb\n"
    );
    let version = |tag: NewTag| {
        let mut builder = MultivariantBuilder::default();
        builder.push_variant(tag, "a");
        let text = builder.to_text().unwrap();
        let version = text.lines().find_map(|line| line.strip_prefix("#EXT-X-VERSION:"));
        version.map_or(1, |version| version.parse::<u64>().unwrap())
    };
    let tag = || NewTag::new("EXT-X-STREAM-INF").unwrap().integer("BANDWIDTH", 2).unwrap();
    assert_eq!(version(tag()), 1);
    assert_eq!(version(tag().quoted("REQ-VIDEO-LAYOUT", "CH-STEREO").unwrap()), 12);
    let captions = |id: &str| {
        let tag = NewTag::new("EXT-X-MEDIA").unwrap().unquoted("TYPE", "CLOSED-CAPTIONS").unwrap();
        tag.quoted("GROUP-ID", "g").unwrap().quoted("INSTREAM-ID", id).unwrap()
    };
    assert_eq!(version(captions("CC1")), 1);
    assert_eq!(version(captions("SERVICE1")), 7);
    assert_eq!(version(captions("SERVICE1").quoted("REQ-WHAT", "x").unwrap()), 12);
    let subtitles = NewTag::new("EXT-X-MEDIA").unwrap().unquoted("TYPE", "SUBTITLES").unwrap();
    let subtitles = subtitles.quoted("INSTREAM-ID", "SERVICE1").unwrap();
    assert_eq!(version(subtitles.clone()), 13);
    assert_eq!(version(subtitles.quoted("REQ-WHAT", "x").unwrap()), 13);
    let define = |name| NewTag::new("EXT-X-DEFINE").unwrap().quoted(name, "x").unwrap();
    assert_eq!(version(define("IMPORT")), 8);
    assert_eq!(version(define("QUERYPARAM")), 11);
    builder.push_variant(tag(), "x\ny");
    assert_eq!(builder.to_text(), Err(WriteError::ControlCharacter));
}

#[test]
fn durations_do_not_drift_when_they_are_written() {
    let third = "#EXTINF:0.33333333333333333,\na\n".repeat(3000);
    let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n{third}");
    let playlist = parse(&text);
    let written = playlist.to_builder().unwrap().to_text().unwrap();
    assert_eq!(parse(&written).duration(), playlist.duration());
}
