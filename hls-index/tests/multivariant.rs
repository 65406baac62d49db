//! Multivariant playlists (RFC 8216bis §4.4.6).

use hls_index::{
    ClosedCaptions, HdcpLevel, Line, Method, MultivariantPlaylist, ParseErrorKind, Playlist,
    RenditionType, Resolution, SessionDataFormat, VideoRange, seconds,
};

fn parse(text: &str) -> MultivariantPlaylist<'_> {
    MultivariantPlaylist::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> (u32, ParseErrorKind) {
    let error = MultivariantPlaylist::parse(text).expect_err(text);
    (error.line, error.kind)
}

#[test]
fn every_attribute_of_a_variant_is_read() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-VERSION:12
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=5
#EXT-X-STREAM-INF:BANDWIDTH=7680000,AVERAGE-BANDWIDTH=6000000,SCORE=2.5,CODECS=\"hvc1.2.4.L153.b0, mp4a.40.2\",SUPPLEMENTAL-CODECS=\"dvh1.08.07/db4h\",RESOLUTION=1920x1080,FRAME-RATE=59.940,HDCP-LEVEL=TYPE-1,ALLOWED-CPC=\"com.example:HW\",VIDEO-RANGE=PQ,REQ-VIDEO-LAYOUT=\"CH-STEREO/PROJ-EQUI,CH-MONO\",STABLE-VARIANT-ID=\"v1\",AUDIO=\"a\",VIDEO=\"v\",SUBTITLES=\"s\",CLOSED-CAPTIONS=\"c\",PATHWAY-ID=\"P\",NAME=\"best\"

high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1280000,CLOSED-CAPTIONS=NONE
# a comment
low.m3u8
",
    );
    assert_eq!((playlist.version(), playlist.has_independent_segments()), (Some(12), true));
    assert_eq!(playlist.start().unwrap().moment(seconds(9.0)), seconds(5.0));
    let variants: Vec<_> = playlist.variants().collect();
    let high = variants[0];
    assert_eq!(high.uri, "high.m3u8");
    assert_eq!((high.bandwidth, high.average_bandwidth), (Some(7_680_000), Some(6_000_000)));
    assert_eq!(high.score, Some("2.5".parse().unwrap()));
    assert_eq!(high.codec_list().collect::<Vec<_>>(), ["hvc1.2.4.L153.b0", "mp4a.40.2"]);
    assert_eq!(high.supplemental_codecs, Some("dvh1.08.07/db4h"));
    assert_eq!(high.resolution, Some(Resolution { width: 1920, height: 1080 }));
    assert_eq!(high.frame_rate.unwrap().to_string(), "59.94");
    assert_eq!(high.hdcp_level, Some(HdcpLevel::TYPE_1));
    assert_eq!(high.allowed_cpc, Some("com.example:HW"));
    assert_eq!(high.video_range, VideoRange::PQ);
    assert_eq!(high.req_video_layout, Some("CH-STEREO/PROJ-EQUI,CH-MONO"));
    assert_eq!(high.stable_variant_id, Some("v1"));
    assert_eq!((high.audio, high.video, high.subtitles), (Some("a"), Some("v"), Some("s")));
    assert_eq!(high.closed_captions, Some(ClosedCaptions::Group("c")));
    assert_eq!(high.pathway_id, "P");
    assert_eq!(high.attributes.find("NAME").unwrap().unwrap().text(), "best");
    let low = variants[1];
    assert_eq!(low.uri, "low.m3u8");
    assert_eq!(low.closed_captions, Some(ClosedCaptions::None));
    assert_eq!((low.video_range, low.pathway_id), (VideoRange::SDR, "."));
    assert!(low.resolution.is_none() && low.score.is_none() && low.codecs.is_none());
}

#[test]
fn values_that_cannot_be_read_count_as_missing() {
    let playlist = parse(
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=x,RESOLUTION=9,SCORE=-1,FRAME-RATE=inf\na\n#EXT-X-STREAM-INF:\nb\n",
    );
    for variant in playlist.variants() {
        assert_eq!((variant.bandwidth, variant.resolution), (None, None));
        assert_eq!((variant.score, variant.frame_rate), (None, None));
    }
    assert_eq!(playlist.variants().count(), 2);
}

#[test]
fn a_variant_that_needs_the_unknown_is_ignored_with_its_uri() {
    let playlist = parse(
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,REQ-SMELL=\"ROSE\"\na\n#EXT-X-STREAM-INF:BANDWIDTH=2,REQ-VIDEO-LAYOUT=\"CH-QUAD\"\nb\n#EXT-X-STREAM-INF:BANDWIDTH=3\nc\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=4,URI=\"d\",REQ-X=1\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",REQ-X=1\n",
    );
    assert_eq!(playlist.variants().map(|variant| variant.uri).collect::<Vec<_>>(), ["c"]);
    assert_eq!(playlist.i_frame_variants().count() + playlist.renditions().count(), 0);
}

#[test]
fn uris_go_with_the_last_stream_inf() {
    let playlist = parse(
        "#EXTM3U\nlost\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=2\na\nb\n#EXT-X-STREAM-INF:BANDWIDTH=3\n",
    );
    let variants: Vec<_> = playlist.variants().map(|v| (v.uri, v.bandwidth)).collect();
    assert_eq!(variants, [("a", Some(2))]);
}

#[test]
fn i_frame_variants_have_their_uri_within() {
    let playlist = parse(
        "#EXTM3U\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI=\"low/iframe.m3u8\",RESOLUTION=16x9\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1\n",
    );
    let variants: Vec<_> = playlist.i_frame_variants().collect();
    assert_eq!(variants.len(), 1, "one without URI is of no use");
    assert_eq!((variants[0].uri, variants[0].bandwidth), ("low/iframe.m3u8", Some(86_000)));
}

#[test]
fn every_attribute_of_a_rendition_is_read() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,URI=\"en.m3u8\",GROUP-ID=\"aac\",LANGUAGE=\"en\",ASSOC-LANGUAGE=\"fr\",NAME=\"English\",STABLE-RENDITION-ID=\"r\",DEFAULT=YES,AUTOSELECT=YES,BIT-DEPTH=24,SAMPLE-RATE=96000,CHARACTERISTICS=\"public.easy-to-read\",CHANNELS=\"16/JOC\"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"CC\",INSTREAM-ID=\"SERVICE9\"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"aac\",NAME=\"s\",FORCED=YES,URI=\"s.m3u8\"
#EXT-X-MEDIA:TYPE=SMELL,GROUP-ID=\"aac\",NAME=\"rose\"
",
    );
    let all: Vec<_> = playlist.renditions().collect();
    assert_eq!(all.len(), 3, "a rendition of an unknown TYPE is ignored");
    let audio = all[0];
    assert_eq!((audio.rendition_type, audio.uri), (RenditionType::Audio, Some("en.m3u8")));
    assert_eq!((audio.group_id, audio.name), ("aac", "English"));
    assert_eq!((audio.language, audio.assoc_language), (Some("en"), Some("fr")));
    assert_eq!(audio.stable_rendition_id, Some("r"));
    assert!(audio.is_default && audio.is_autoselect && !audio.is_forced);
    assert_eq!((audio.bit_depth, audio.sample_rate), (Some(24), Some(96_000)));
    assert_eq!(audio.characteristics, Some("public.easy-to-read"));
    assert_eq!((audio.channels, audio.channel_count()), (Some("16/JOC"), Some(16)));
    assert_eq!((all[1].instream_id, all[1].uri), (Some("SERVICE9"), None));
    assert!(all[2].is_forced);
    assert_eq!(playlist.group(RenditionType::Audio, "aac").count(), 1);
    assert_eq!(playlist.group(RenditionType::Subtitles, "aac").count(), 1);
    assert_eq!(playlist.group(RenditionType::Video, "aac").count(), 0);
}

#[test]
fn session_data_keys_and_steering_are_read() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-SESSION-DATA:DATA-ID=\"com.example.title\",VALUE=\"Film\",LANGUAGE=\"en\"
#EXT-X-SESSION-DATA:DATA-ID=\"com.example.raw\",URI=\"x.bin\",FORMAT=RAW
#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\",KEYFORMAT=\"com.apple.streamingkeydelivery\"
#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steering?video=1\",PATHWAY-ID=\"CDN-A\"
",
    );
    let data: Vec<_> = playlist.session_data().collect();
    assert_eq!((data[0].data_id, data[0].value), ("com.example.title", Some("Film")));
    assert_eq!((data[0].language, data[0].format), (Some("en"), SessionDataFormat::Json));
    assert_eq!((data[1].uri, data[1].format), (Some("x.bin"), SessionDataFormat::Raw));
    let key = playlist.session_keys().next().unwrap();
    assert_eq!((key.method, key.uri), (Method::SAMPLE_AES, "skd://k"));
    let steering = playlist.content_steering().unwrap();
    assert_eq!((steering.server_uri, steering.pathway_id), ("/steering?video=1", Some("CDN-A")));
}

#[test]
fn what_a_tag_needs_is_asked_for() {
    let missing = |tag, attribute| ParseErrorKind::MissingAttribute { tag, attribute };
    for (list, kind) in [
        ("EXT-X-SESSION-DATA:VALUE=\"x\"", missing("EXT-X-SESSION-DATA", "DATA-ID")),
        ("EXT-X-SESSION-KEY:METHOD=AES-128", missing("EXT-X-SESSION-KEY", "URI")),
        (
            "EXT-X-CONTENT-STEERING:PATHWAY-ID=\"x\"",
            missing("EXT-X-CONTENT-STEERING", "SERVER-URI"),
        ),
    ] {
        assert_eq!(refused(&format!("#EXTM3U\n#{list}\n")), (2, kind));
    }
    let twice = "#EXT-X-CONTENT-STEERING:SERVER-URI=\"a\"\n";
    let kind = ParseErrorKind::DuplicateTag { tag: "EXT-X-CONTENT-STEERING" };
    assert_eq!(refused(&format!("#EXTM3U\n{twice}{twice}")), (3, kind));
    let kind = ParseErrorKind::DuplicateTag { tag: "EXT-X-VERSION" };
    assert_eq!(refused("#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-VERSION:4\n"), (3, kind));
}

#[test]
fn a_playlist_is_read_as_what_it_is() {
    let kind = |text| match Playlist::parse(text).unwrap() {
        Playlist::Media(_) => "media",
        Playlist::Multivariant(_) => "multivariant",
    };
    assert_eq!(kind("#EXTM3U\n#EXTINF:5,\na\n"), "media");
    assert_eq!(kind("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-ENDLIST\n"), "media");
    assert_eq!(kind("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n"), "multivariant");
    assert_eq!(kind("#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID=\"a\",VALUE=\"b\"\n"), "multivariant");
    assert_eq!(kind("#EXTM3U\n"), "multivariant", "with no tag that tells, it is an empty one");
    assert_eq!(kind("#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n"), "multivariant");
}

#[test]
fn media_tags_do_not_stand_in_a_multivariant_playlist() {
    let mixed = ParseErrorKind::Mixed;
    for tag in ["EXTINF:5,", "EXT-X-TARGETDURATION:5", "EXT-X-KEY:METHOD=NONE", "EXT-X-ENDLIST"] {
        let text = format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n#{tag}\nb\n");
        assert_eq!(refused(&text), (4, mixed), "{tag}");
        assert_eq!(Playlist::parse(&text).unwrap_err().kind, mixed);
    }
}

#[test]
fn unknown_tags_and_comments_stay_in_a_multivariant_playlist() {
    let text = "#EXTM3U\n#EXT-X-NEW:1\n# comment\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n";
    let playlist = parse(text);
    let lines: Vec<_> = playlist.lines().collect();
    assert!(matches!(lines[1], Line::Tag(tag) if tag.name == "EXT-X-NEW"));
    assert_eq!(lines[2], Line::Comment("# comment"));
    assert_eq!(playlist.to_string(), text);
}

#[test]
fn h08_broken_lists_of_a_multivariant_playlist_are_refused() {
    for list in ["BANDWIDTH=1,BANDWIDTH=2", "BANDWIDTH", "AUDIO=\"x", "bandwidth=1"] {
        let (line, kind) = refused(&format!("#EXTM3U\n#EXT-X-STREAM-INF:{list}\na\n"));
        assert!(line == 2 && matches!(kind, ParseErrorKind::Attribute(_)), "{list}: {kind}");
    }
}

#[test]
fn what_must_be_known_is_left_out_wherever_it_stands() {
    let variants = |list: &str| {
        let text = format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,{list}\na\n");
        let count = parse(&text).variants().count();
        let text = format!("#EXTM3U\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\",{list}\n");
        assert_eq!(parse(&text).i_frame_variants().count(), count, "{list}");
        count
    };
    for known in ["CH-STEREO", "CH-MONO", "PROJ-RECT", "PROJ-EQUI", "PROJ-HEQU", "PROJ-PRIM"] {
        assert_eq!(variants(&format!("REQ-VIDEO-LAYOUT=\"{known}\"")), 1, "{known}");
    }
    for unknown in [
        "REQ-VIDEO-LAYOUT=\"CH-STEREO,CH-TRIO\"",
        "REQ-VIDEO-LAYOUT=\"CH-STEREO/PROJ-X\"",
        "REQ-A=1",
        "REQ-A=1,REQ-VIDEO-LAYOUT=\"CH-STEREO\"",
        "REQ-VIDEO-LAYOUT=\"CH-STEREO\",REQ-A=1",
    ] {
        assert_eq!(variants(unknown), 0, "{unknown}");
    }
    let media = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\"";
    let playlist = format!("{media}\n");
    let playlist = parse(&playlist);
    let rendition = playlist.renditions().next().unwrap();
    assert!(!rendition.is_default && !rendition.is_autoselect && !rendition.is_forced);
    for unknown in ["REQ-A=1", "REQ-A=1,LANGUAGE=\"en\""] {
        assert_eq!(parse(&format!("{media},{unknown}\n")).renditions().count(), 0);
    }
    assert_eq!(HdcpLevel("TYPE-0"), HdcpLevel::TYPE_0);
    assert_eq!(HdcpLevel("NONE"), HdcpLevel::NONE);
    assert_eq!([VideoRange("SDR"), VideoRange("HLG")], [VideoRange::SDR, VideoRange::HLG]);
}

/// Players play on, so the tag is not ignored.
#[test]
fn an_unknown_word_is_another_level_or_no() {
    let playlist = parse(
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",DEFAULT=MAYBE\n\
         #EXT-X-STREAM-INF:BANDWIDTH=1,HDCP-LEVEL=TYPE-9,VIDEO-RANGE=HDR9\na\n",
    );
    assert!(!playlist.renditions().next().unwrap().is_default);
    let variant = playlist.variants().next().unwrap();
    assert_eq!(variant.hdcp_level, Some(HdcpLevel("TYPE-9")));
    assert_eq!(variant.video_range, VideoRange("HDR9"));
}

#[test]
fn all_sorts_of_tags_count_towards_the_limit() {
    let limits = hls_index::Limits { segments: 5, ..hls_index::Limits::default() };
    let tags = [
        "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n",
        "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"\n",
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\"\n",
        "#EXT-X-SESSION-DATA:DATA-ID=\"d\",VALUE=\"v\"\n",
        "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"k\"\n",
    ];
    let all = format!("#EXTM3U\n{}", tags.concat());
    assert!(MultivariantPlaylist::parse_bytes_with(all.as_bytes(), &limits).is_ok());
    for tag in tags {
        let more = format!("{all}{tag}");
        let error = MultivariantPlaylist::parse_bytes_with(more.as_bytes(), &limits).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::TooManySegments { limit: 5 }, "{tag}");
        let alone = format!("#EXTM3U\n{}", tag.repeat(6));
        assert!(
            MultivariantPlaylist::parse_bytes_with(alone.as_bytes(), &limits).is_err(),
            "{tag}"
        );
    }
}

#[test]
fn what_may_stand_once_says_which_it_is() {
    let twice = |tag: &str| refused(&format!("#EXTM3U\n{tag}\n{tag}\n"));
    for (tag, name) in [
        ("#EXT-X-VERSION:3", "EXT-X-VERSION"),
        ("#EXT-X-START:TIME-OFFSET=1", "EXT-X-START"),
        ("#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\"", "EXT-X-CONTENT-STEERING"),
    ] {
        assert_eq!(twice(tag), (3, ParseErrorKind::DuplicateTag { tag: name }));
    }
    let import = "#EXTM3U\n#EXT-X-DEFINE:X-A=\"1\",IMPORT=\"a\"\n";
    assert_eq!(refused(import), (2, ParseErrorKind::ImportInMultivariant));
}
