//! Each rule of `validate` at its edge: the last playlist that keeps it, and the first that breaks it.

use hls_index::{Limits, ParseErrorKind, Problem, Severity, Source, validate, validate_from};

/// What is found in `text` with its lines, but for the version.
fn found(text: &str) -> Vec<(u32, Problem)> {
    let report = validate(text);
    let found = report.findings().iter().map(|it| (it.line, it.problem));
    found
        .filter(|(_, it)| !matches!(it, Problem::VersionTooLow(_) | Problem::VersionTooHigh(_)))
        .collect()
}

/// Whether that is found in each of `cases` which stands beside it; line 1 is the first of the case, behind
/// `head`.
fn cases(head: &str, cases: &[(&str, &[(u32, Problem)])]) {
    let before = head.lines().count() as u32;
    for &(lines, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|&(line, it)| (before + line, it)).collect();
        assert_eq!(found(&format!("{head}{lines}\n")), expected, "{lines}");
    }
}

const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n";
const DATE: &str = "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00.000Z\n";

#[test]
fn the_playlist_as_a_whole_at_its_edges() {
    use Problem::*;
    let control = "#EXT-X-SERVER-CONTROL";
    let report = format!("{control}:PART-HOLD-BACK=3");
    cases(
        MEDIA,
        &[
            (&format!("{control}:CAN-SKIP-UNTIL=30,CAN-SKIP-DATERANGES=YES,HOLD-BACK=15"), &[]),
            (
                &format!("{control}:CAN-SKIP-UNTIL=29.9,HOLD-BACK=14.9"),
                &[(1, SkipBoundaryTooShort), (1, HoldBackTooShort)],
            ),
            (&format!("#EXT-X-PART-INF:PART-TARGET=1\n{report}"), &[]),
            (&format!("#EXT-X-PART-INF:PART-TARGET=1.5\n{report}"), &[(2, PartHoldBackShort)]),
            (
                &format!("#EXT-X-PART-INF:PART-TARGET=1\n{report}\n{report}"),
                &[(3, Duplicate("EXT-X-SERVER-CONTROL"))],
            ),
            ("#EXT-X-PLAYLIST-TYPE:EVENT", &[]),
            ("#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-ENDLIST", &[]),
            ("#EXT-X-PLAYLIST-TYPE", &[(1, NotAPlaylistType)]),
            ("#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-MEDIA-SEQUENCE:4\n#EXT-X-DISCONTINUITY", &[]),
            (
                "#EXTINF:5,\na\n#EXT-X-DISCONTINUITY-SEQUENCE:3",
                &[(3, AfterSegment("EXT-X-DISCONTINUITY-SEQUENCE"))],
            ),
            (
                "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p\"\n#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"m\"",
                &[],
            ),
        ],
    );
    // Thirty seconds, of which the last fifteen are near the end.
    let segments = "#EXTINF:5,\na\n".repeat(6);
    for (offset, ended, problem) in [
        ("15", false, None),
        ("16", false, Some(StartNearEnd)),
        ("-15", false, None),
        ("-14", false, Some(StartNearEnd)),
        ("16", true, None),
        ("30", true, None),
        ("30.1", true, Some(StartPastEnd)),
        ("-30.1", false, Some(StartPastEnd)),
    ] {
        let end = if ended { "#EXT-X-ENDLIST\n" } else { "" };
        let text = format!("{MEDIA}#EXT-X-START:TIME-OFFSET={offset}\n{segments}{end}");
        let expected: Vec<_> = problem.into_iter().map(|it| (3, it)).collect();
        assert_eq!(found(&text), expected, "{offset}");
    }
    let text = "#EXTM3U\n#EXT-X-START:TIME-OFFSET=5\n#EXTINF:5,\na\n";
    assert_eq!(found(text), [(1, Missing("EXT-X-TARGETDURATION"))]);
    cases("#EXTM3U\n", &[("#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na", &[])]);
}

#[test]
fn segments_at_their_edges() {
    use Problem::*;
    let lone_date = DATE.trim_end();
    cases(
        MEDIA,
        &[
            ("#EXTINF:5.4999,\na", &[]),
            ("#EXTINF:5.5,\na", &[(1, SegmentTooLong)]),
            ("#EXTINF:5,\n#EXTINF:5,\na", &[(1, NoSegment)]),
            ("#EXT-X-BYTERANGE:2@0\n#EXTINF:5,\na\n#EXT-X-BYTERANGE:2\n#EXTINF:5,\na", &[]),
            (
                "#EXT-X-BYTERANGE:2@0\n#EXTINF:5,\na\n#EXTINF:5,\na\n#EXT-X-BYTERANGE:2\n#EXTINF:5,\na",
                &[(6, RangeWithoutOffset)],
            ),
            (&format!("#EXT-X-DISCONTINUITY\n{DATE}#EXTINF:5,\na"), &[]),
            (&format!("{DATE}#EXT-X-DISCONTINUITY\n#EXTINF:5,\na"), &[(2, NoDateAtDiscontinuity)]),
            (&format!("{DATE}#EXTINF:5,\na\n#EXT-X-DISCONTINUITY\n{lone_date}"), &[]),
            ("#EXT-X-KEY:METHOD=NONE\n#EXTINF:5,\na", &[]),
            ("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMATVERSIONS=\"1\"\n#EXTINF:5,\na", &[]),
            ("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMATVERSIONS=\"1/2\"\n#EXTINF:5,\na", &[]),
            (
                "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMAT=\"drm\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1\n#EXT-X-MAP:URI=\"m\"",
                &[(3, MapNeedsIv)],
            ),
            (
                "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1\n#EXT-X-MAP:URI=\"m\",BYTERANGE=\"5@0\"",
                &[],
            ),
            ("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\",IV=0x1", &[]),
        ],
    );
}

#[test]
fn parts_at_their_edges() {
    use Problem::*;
    let head =
        format!("{MEDIA}#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=3\n");
    let part = |list: &str| format!("#EXT-X-PART:URI=\"p\",{list}");
    let whole = part("DURATION=1");
    let segment = "#EXTINF:5,\na";
    for tag in
        ["#EXT-X-DISCONTINUITY", "#EXT-X-KEY:METHOD=NONE", "#EXT-X-MAP:URI=\"m\"", DATE.trim_end()]
    {
        // Behind a part the tag would need to stand before it; before the next segment's it may.
        let late = format!("{DATE}{whole}\n{tag}\n{segment}");
        assert!(found(&format!("{head}{late}\n")).contains(&(7, AfterPart)), "{tag}");
        let early = format!("{DATE}{whole}\n{segment}\n{tag}\n{DATE}{whole}\n{segment}");
        assert_eq!(found(&format!("{head}{early}\n")), [], "{tag}");
    }
    for (duration, problem) in [
        ("0.845", Some(PartTooShort)),
        ("0.85", None),
        ("0.855", None),
        ("1.001", Some(PartTooLong)),
    ] {
        let lines = format!("{}\n{whole}\n{segment}", part(&format!("DURATION={duration}")));
        let expected: Vec<_> = problem.into_iter().map(|it| (1, it)).collect();
        cases(&head, &[(&lines, &expected)]);
    }
    let [first, next] =
        ["1@0", "1"].map(|range| part(&format!("DURATION=1,BYTERANGE=\"{range}\"")));
    cases(
        &head,
        &[
            (&format!("{first}\n{next}\n{next}\n{segment}"), &[]),
            (&format!("{first}\n{whole}\n{next}\n{segment}"), &[(3, PartRangeWithoutOffset)]),
            (&format!("{first}\n{segment}\n{next}"), &[(4, PartRangeWithoutOffset)]),
            // The last part of a segment may be as short as it likes.
            (&format!("{whole}\n{}\n{segment}\n{whole}", part("DURATION=0.1")), &[]),
        ],
    );
}

#[test]
fn date_ranges_at_their_edges() {
    use Problem::*;
    let start = "START-DATE=\"2024-01-01T00:00:00.000Z\"";
    let end = |second: u32| format!("END-DATE=\"2024-01-01T00:00:0{second}.000Z\"");
    let range = |list: &str| format!("#EXT-X-DATERANGE:ID=\"a\",{start},{list}");
    let later = |list: &str| format!("#EXT-X-DATERANGE:ID=\"a\",{list}");
    let head = format!("{MEDIA}{DATE}");
    let [interstitial, preload] =
        ["interstitial", "preload"].map(|it| format!("CLASS=\"com.apple.hls.{it}\""));
    let [uri, list] = ["X-ASSET-URI=\"u\"", "X-ASSET-LIST=\"l\""];
    let asset = |list: &str| range(&format!("{interstitial},{list}"));
    let wanted = "X-URI=\"u\",X-TARGET-ID=\"i\",X-TARGET-CLASS=\"c\"";
    let preloads = |list: &str| range(&format!("{preload},{list}"));
    let class = |id: &str, second: u32, list: &str| {
        format!(
            "#EXT-X-DATERANGE:ID=\"{id}\",CLASS=\"c\",START-DATE=\"2024-01-01T00:00:0{second}.000Z\"{list}"
        )
    };
    let next = ",END-ON-NEXT=YES";
    cases(
        &head,
        &[
            (&range(&end(0)), &[]),
            (&format!("{}\n{}", range(&end(0)), later("DURATION=5")), &[(2, EndContradicts)]),
            (&range(&format!("CLASS=\"c\",END-ON-NEXT=YES,{}", end(5))), &[(1, EndOnNextWithEnd)]),
            (
                &[class("x", 0, next), class("y", 1, &format!(",{}", end(4))), class("z", 3, "")]
                    .join("\n"),
                &[],
            ),
            (
                &[
                    class("x", 0, next),
                    class("y", 1, &format!(",{}", end(4))),
                    class("z", 3, ",DURATION=1"),
                ]
                .join("\n"),
                &[(3, OverlapsEndOnNext)],
            ),
            (
                &[
                    class("x", 0, next),
                    class("y", 1, &format!(",{}", end(3))),
                    class("z", 3, ",DURATION=1"),
                ]
                .join("\n"),
                &[],
            ),
            (&range("CUE=\"PRE\""), &[]),
            (&range("CUE=\"POST,ONCE\""), &[]),
            (&range("CUE=\"\""), &[(1, EmptyValue("CUE"))]),
            (&range("X-COM-A=\"\""), &[(1, EmptyValue("an X- attribute"))]),
            (&asset(uri), &[]),
            (&asset(list), &[]),
            (&asset(&format!("{uri},{list}")), &[(1, NotOneAsset)]),
            (&asset("X-SNAP=\"IN\""), &[(1, NotOneAsset)]),
            // What an earlier tag has said need not be said again.
            (&format!("{}\n{}", asset(uri), asset("DURATION=5")), &[]),
            (
                &format!("{}\n{}", asset(uri), later(&format!("{interstitial},{list}"))),
                &[(2, NotOneAsset)],
            ),
            (&preloads(&format!("{wanted},DURATION=1")), &[]),
            (&preloads(&format!("{wanted},{}", end(1))), &[]),
            (&preloads(wanted), &[(1, PreloadNotWhole)]),
            (
                &preloads("X-TARGET-ID=\"i\",X-TARGET-CLASS=\"c\",DURATION=1"),
                &[(1, PreloadNotWhole)],
            ),
            (&preloads("X-URI=\"u\",X-TARGET-CLASS=\"c\",DURATION=1"), &[(1, PreloadNotWhole)]),
            (&preloads("X-URI=\"u\",X-TARGET-ID=\"i\",DURATION=1"), &[(1, PreloadNotWhole)]),
            (&preloads(&format!("{wanted},DURATION=1,CUE=\"PRE\"")), &[(1, PreloadNotWhole)]),
            (
                &preloads(&format!("{wanted},DURATION=1{next}")),
                &[(1, EndOnNextWithEnd), (1, PreloadNotWhole)],
            ),
            (
                &format!(
                    "{}\n{}",
                    preloads(&format!("{wanted},DURATION=1")),
                    later(&format!("{preload},X-A=1"))
                ),
                &[],
            ),
        ],
    );
    for (date, is_exact) in [
        ("2024-01-01T00:00:00.000Z", true),
        ("2024-01-01T00:00:00.000z", true),
        ("2024-01-01T00:00:00.000+08:00", true),
        ("2024-01-01T00:00:00.000-08:00", true),
        ("2024-01-01T00:00:00,000Z", true),
        ("2024-01-01T00:00:00.12Z", false),
        ("2024-01-01T00:00:00.123", false),
    ] {
        let expected: &[_] = if is_exact { &[] } else { &[(1, DateNotExact)] };
        cases(MEDIA, &[(&format!("#EXT-X-PROGRAM-DATE-TIME:{date}"), expected)]);
    }
}

#[test]
fn variants_at_their_edges() {
    use Problem::*;
    let variant = "#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\"";
    let captions = "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,NAME=\"n\",INSTREAM-ID=\"CC1\"";
    let i_frames = "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"";
    let none = "CLOSED-CAPTIONS=NONE";
    let layout = |layout: &str| format!("{variant},REQ-VIDEO-LAYOUT=\"{layout}\"\na");
    let mut all: Vec<(String, Vec<(u32, Problem)>)> = vec![
        (format!("{variant}\n{variant}\na"), vec![(1, VariantWithoutUri)]),
        (format!("{variant},SCORE=1\na\n{i_frames}"), vec![]),
        (format!("{variant},{none}\na\n{i_frames}"), vec![]),
        (
            format!("{variant},{none}\na\n{variant},{none}\nb\n{variant}\nc"),
            vec![(5, NotAllWithoutCaptions)],
        ),
        (
            format!("{captions},GROUP-ID=\"g\"\n{variant},CLOSED-CAPTIONS=\"g\"\na\n{variant}\nb"),
            vec![],
        ),
        (
            format!(
                "{captions},GROUP-ID=\"NONE\"\n{variant},CLOSED-CAPTIONS=\"NONE\"\na\n{variant}\nb"
            ),
            vec![],
        ),
        (
            format!("{captions},GROUP-ID=\"g\",AUDIO=\"x\""),
            vec![(1, UnknownAttribute("EXT-X-MEDIA"))],
        ),
        (layout("CH-STEREO"), vec![]),
        (layout("CH-STEREO/"), vec![(1, EmptyLayout)]),
        (layout("CH-STEREO/CH-MONO,PROJ-EQUI"), vec![(1, RepeatedLayout)]),
        (layout("CH-STEREO/PROJ-EQUI,CH-MONO/PROJ-RECT"), vec![]),
        (layout("PROJ-RECT"), vec![(1, LayoutNotNeeded)]),
        (layout("CH-MONO/PROJ-RECT"), vec![(1, LayoutNotNeeded)]),
        (
            format!("{variant},CLOSED-CAPTIONS=\"\"\na"),
            vec![(1, NoSuchGroup("CLOSED-CAPTIONS")), (1, EmptyValue("CLOSED-CAPTIONS"))],
        ),
    ];
    let entries = "entries, none of them empty";
    for (codecs, supplement, wrong) in [
        ("a,b", "s/x/y,t", None),
        ("a,", "s", Some("CODECS")),
        (",a", "s", Some("CODECS")),
        ("a", "s,", Some("SUPPLEMENTAL-CODECS")),
        ("a", "/x", Some("SUPPLEMENTAL-CODECS")),
        ("a", "s/", Some("SUPPLEMENTAL-CODECS")),
    ] {
        let list = format!("BANDWIDTH=1,CODECS=\"{codecs}\",SUPPLEMENTAL-CODECS=\"{supplement}\"");
        let problems: Vec<_> = wrong.into_iter().map(|it| (1, NotAValue(it, entries))).collect();
        all.push((format!("#EXT-X-STREAM-INF:{list}\na"), problems.clone()));
        all.push((format!("#EXT-X-I-FRAME-STREAM-INF:{list},URI=\"i\""), problems));
    }
    for (lines, mut expected) in all {
        let mut found: Vec<_> = found(&format!("#EXTM3U\n{lines}\n"));
        let key = |(line, it): &(u32, Problem)| (*line, it.to_string());
        found.sort_by_key(key);
        expected.iter_mut().for_each(|(line, _)| *line += 1);
        expected.sort_by_key(key);
        assert_eq!(found, expected, "{lines}");
    }
}

#[test]
fn renditions_and_session_at_their_edges() {
    use Problem::*;
    let media = |list: &str| format!("#EXT-X-MEDIA:GROUP-ID=\"g\",{list}");
    let subtitles = |name: &str, list: &str| {
        media(&format!("TYPE=SUBTITLES,URI=\"{name}\",NAME=\"{name}\",AUTOSELECT=YES{list}"))
    };
    for differs in
        [",LANGUAGE=\"en\"", ",ASSOC-LANGUAGE=\"en\"", ",FORCED=YES", ",CHARACTERISTICS=\"a,b\""]
    {
        let two = format!("{}\n{}", subtitles("a", ""), subtitles("b", differs));
        cases("#EXTM3U\n", &[(&two, &[])]);
        let two = format!("{}\n{}", subtitles("a", differs), subtitles("b", differs));
        cases("#EXTM3U\n", &[(&two, &[(2, SameAutoselect)])]);
    }
    let characteristics = NotAValue("CHARACTERISTICS", "entries, none of them empty");
    for wrong in ["a,", ",a", "a,,b"] {
        let text = subtitles("a", &format!(",CHARACTERISTICS=\"{wrong}\""));
        cases("#EXTM3U\n", &[(&text, &[(1, characteristics)])]);
    }
    for (id, is_right) in [
        ("CC1", true),
        ("CC2", true),
        ("CC3", true),
        ("CC4", true),
        ("CC5", false),
        ("SERVICE1", true),
        ("SERVICE63", true),
        ("SERVICE64", false),
        ("SERVICE0", false),
        ("a-b", false),
    ] {
        let text = media(&format!("TYPE=CLOSED-CAPTIONS,NAME=\"n\",INSTREAM-ID=\"{id}\""));
        let expected: &[_] = if is_right { &[] } else { &[(1, NotAnInstreamId)] };
        cases("#EXTM3U\n", &[(&text, expected)]);
    }
    let video = |list: &str| media(&format!("TYPE=VIDEO,NAME=\"n\"{list}"));
    let data = |list: &str| format!("#EXT-X-SESSION-DATA:VALUE=\"v\",{list}\n");
    let steering = "#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\"";
    let variant = "#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\"";
    cases(
        "#EXTM3U\n",
        &[
            (&media("TYPE=CLOSED-CAPTIONS,NAME=\"n\""), &[(1, NotAnInstreamId)]),
            (&video(",BIT-DEPTH=8"), &[(1, OnlyForAudio("BIT-DEPTH"))]),
            (&video(",SAMPLE-RATE=8"), &[(1, OnlyForAudio("SAMPLE-RATE"))]),
            (&video(",CHANNELS=\"8\""), &[(1, OnlyForAudio("CHANNELS"))]),
            (&media("TYPE=AUDIO,NAME=\"n\",BIT-DEPTH=8,SAMPLE-RATE=9,CHANNELS=\"2\""), &[]),
            (&video(",DEFAULT=YES"), &[]),
            (&video(",DEFAULT=YES,AUTOSELECT=YES"), &[]),
            (&video(",DEFAULT=NO,AUTOSELECT=NO"), &[]),
            (&[data("DATA-ID=\"a\""), data("DATA-ID=\"b\"")].concat(), &[]),
            (&[data("DATA-ID=\"a\""), data("DATA-ID=\"a\",LANGUAGE=\"en\"")].concat(), &[]),
            (&[data("DATA-ID=\"a\""), data("DATA-ID=\"a\"")].concat(), &[(2, SameData)]),
            (&format!("{steering},PATHWAY-ID=\"P\"\n{variant},PATHWAY-ID=\"P\"\na"), &[]),
            (&format!("{steering},PATHWAY-ID=\".\"\n{variant}\na"), &[]),
            (&format!("{steering},PATHWAY-ID=\"P\"\n{variant}\na"), &[(1, NoSuchPathway)]),
            (&format!("{steering}\n{variant}\na"), &[]),
        ],
    );
    // What members of one NAME need not have in common.
    let audio = |group: &str, list: &str| {
        format!("#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"n\",GROUP-ID=\"{group}\",{list}\n")
    };
    let first = "CHANNELS=\"2\",URI=\"u\",BIT-DEPTH=8,STABLE-RENDITION-ID=\"i\",INSTREAM-ID=\"a\",SAMPLE-RATE=8";
    let other = "CHANNELS=\"6\",URI=\"v\",BIT-DEPTH=9,STABLE-RENDITION-ID=\"j\",INSTREAM-ID=\"b\",SAMPLE-RATE=9";
    cases(
        "#EXTM3U\n",
        &[
            (&[audio("g", first), audio("h", other)].concat(), &[]),
            (
                &[audio("g", first), audio("h", &format!("{other},X=1"))].concat(),
                &[(2, MembersDiffer), (2, UnknownAttribute("EXT-X-MEDIA"))],
            ),
        ],
    );
    let key = |list: &str| format!("#EXT-X-SESSION-KEY:{list}\n");
    let first = "METHOD=SAMPLE-AES,URI=\"k\",IV=0x1,KEYFORMAT=\"f\",KEYFORMATVERSIONS=\"1\"";
    for (from, to) in [
        ("SAMPLE-AES", "AES-128"),
        ("\"k\"", "\"l\""),
        ("0x1", "0x2"),
        ("\"f\"", "\"g\""),
        ("\"1\"", "\"2\""),
    ] {
        cases("#EXTM3U\n", &[(&[key(first), key(&first.replace(from, to))].concat(), &[])]);
    }
    cases("#EXTM3U\n", &[(&[key(first), key(first)].concat(), &[(2, SameSessionKey)])]);
}

/// What stands where, to the column.
#[test]
fn each_finding_has_its_place() {
    use Problem::*;
    let refused = |kind| Refused(kind);
    for (text, expected) in [
        (
            "#EXTM3U\n#EXTINF:5.0,\na\n",
            &[(1, 1, VersionTooLow(3)), (1, 1, Missing("EXT-X-TARGETDURATION"))][..],
        ),
        (
            "\u{FEFF}#EXTM3U x\n#EXT-X-TARGETDURATION:5\n",
            &[(1, 1, ByteOrderMark), (1, 1, FirstLine)],
        ),
        (
            "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n\té1 a.ts\n",
            &[(4, 1, WhiteSpace), (4, 4, WhiteSpaceWithin)],
        ),
        ("#EXTM3U\n\t#EXT-X-TARGETDURATION:5\t\n", &[(2, 1, WhiteSpace)]),
        // Each line with a control character, once.
        (
            "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#\u{1}\u{2}\n#a\u{7F}\n#a\rb\n#\u{85}\n#a\r",
            &[
                (3, 2, refused(ParseErrorKind::ControlCharacter)),
                (4, 3, refused(ParseErrorKind::ControlCharacter)),
                (5, 3, refused(ParseErrorKind::LoneCarriageReturn)),
                (6, 2, refused(ParseErrorKind::ControlCharacter)),
                (7, 3, refused(ParseErrorKind::LoneCarriageReturn)),
            ],
        ),
        (
            "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{$x}\n#EXTINF:5,\n{$y}\n",
            &[(5, 1, Undefined), (7, 1, Undefined)],
        ),
        // What only the parser finds is told beside what breaks a rule elsewhere.
        (
            "#EXTM3U\n#EXT-X-VERSION:4\n #EXT-X-TARGETDURATION:5\n#EXT-X-BYTERANGE:2@18446744073709551614\n#EXTINF:5,\na\n",
            &[(3, 1, WhiteSpace), (4, 18, refused(ParseErrorKind::ByteRangeTooLarge))],
        ),
        (
            "#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID=\"a\",VALUE=\"b\"\n#EXT-X-SESSION-DATA:DATA-ID=\"b\",VALUE=\"b\"\n#EXT-X-GAP\n",
            &[(4, 1, Mixed)],
        ),
        // One that mixes is told wherever the sort changes.
        (
            "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\"\nb\n#EXTINF:5,\nc\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\"\nd\n",
            &[(5, 1, Mixed), (9, 1, Mixed)],
        ),
    ] {
        let report = validate(text);
        let found: Vec<_> =
            report.findings().iter().map(|it| (it.line, it.column, it.problem)).collect();
        let found: Vec<_> = found.into_iter().filter(|it| !matches!(it.2, NoDuration)).collect();
        assert_eq!(found, expected, "{text:?}");
    }
    let limits = Limits { line_bytes: 30, ..Limits::default() };
    let source = Source::new().limits(limits);
    let too_long = |line: &str| {
        let report = validate_from(&format!("{MEDIA}#\n{line}\n{line}\n"), &source);
        report.findings().iter().map(|it| (it.line, it.problem)).collect::<Vec<_>>()
    };
    assert_eq!(too_long(&format!("#{:29}.", "").replace(' ', "x")[..30]), []);
    let problem = refused(ParseErrorKind::LineTooLong { limit: 30 });
    let line = format!("#{}", "x".repeat(30));
    assert_eq!(too_long(&line), [(4, problem), (5, problem)]);
}

#[test]
fn each_version_is_needed_for_what_it_brought() {
    let media = |line: &str| format!("#EXT-X-TARGETDURATION:5\n{line}");
    let multi = str::to_owned;
    let required = |tag: &str, list: &str| format!("#{tag}:{list},REQ-X=\"y\"");
    for (lines, needed) in [
        (media("#EXTINF:5,a.b\na"), 1),
        (media("#EXTINF:5.,\na"), 3),
        (media("#EXT-X-KEY:URI=\"k\""), 1),
        (media("#EXT-X-KEY:METHOD=AES-128,URI=\"k\""), 1),
        (media("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1"), 2),
        (media("#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"k\""), 5),
        (media("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMATVERSIONS=\"1\""), 5),
        (media("#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:URI=\"m\""), 5),
        (media("#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\""), 1),
        (media("#EXT-X-DEFINE:QUERYPARAM=\"a\""), 11),
        (multi("#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,INSTREAM-ID=\"CC1\""), 1),
        (multi("#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,INSTREAM-ID=\"SERVICE1\""), 7),
        (multi("#EXT-X-MEDIA:TYPE=AUDIO,INSTREAM-ID=\"a\""), 13),
        // Whatever the tag, who must know an attribute must know version 12.
        (required("EXT-X-MEDIA", "TYPE=CLOSED-CAPTIONS,INSTREAM-ID=\"SERVICE1\""), 12),
        (required("EXT-X-STREAM-INF", "BANDWIDTH=1"), 12),
        (required("EXT-X-I-FRAME-STREAM-INF", "BANDWIDTH=1,URI=\"i\""), 12),
        (required("EXT-X-SESSION-DATA", "DATA-ID=\"d\""), 12),
        (media(&required("EXT-X-MAP", "URI=\"m\"")), 12),
        (media(&required("EXT-X-MY-OWN", "A=1")), 1),
    ] {
        for version in [needed - 1, needed, needed + 1].into_iter().filter(|&it| it > 0) {
            let report = validate(&format!("#EXTM3U\n#EXT-X-VERSION:{version}\n{lines}\n"));
            let found = report.findings().iter().map(|it| it.problem);
            let of_version =
                |it: &Problem| matches!(it, Problem::VersionTooLow(_) | Problem::VersionTooHigh(_));
            let found: Vec<_> = found.filter(of_version).collect();
            let expected = match version.cmp(&needed) {
                core::cmp::Ordering::Less => vec![Problem::VersionTooLow(needed)],
                core::cmp::Ordering::Equal => vec![],
                core::cmp::Ordering::Greater => vec![Problem::VersionTooHigh(needed)],
            };
            assert_eq!(found, expected, "{version}: {lines}");
        }
    }
}

#[test]
fn tags_by_themselves_at_their_edges() {
    use Problem::*;
    for name in [
        "EXT-X-INDEPENDENT-SEGMENTS",
        "EXT-X-ENDLIST",
        "EXT-X-I-FRAMES-ONLY",
        "EXT-X-DISCONTINUITY",
        "EXT-X-GAP",
    ] {
        cases(
            MEDIA,
            &[(&format!("#{name}"), &[]), (&format!("#{name}:"), &[(1, ValueNotExpected(name))])],
        );
    }
    for name in
        ["EXT-X-VERSION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-BITRATE"]
    {
        cases(MEDIA, &[(&format!("#{name}:1"), &[])]);
        for wrong in [":-1", ":1.0", ":18446744073709551616", ":", ""] {
            cases(MEDIA, &[(&format!("#{name}{wrong}"), &[(1, NotAnInteger(name))])]);
        }
        // Blanks before a value.
        let blank = format!("#{name}: 1");
        cases(MEDIA, &[(&blank, &[(1, WhiteSpaceWithin)])]);
    }
    for line in
        ["#EXT-X-START: TIME-OFFSET=0", "#EXT-X-DEFINE: NAME=\"a\",VALUE=\"b\"", "#EXTINF: 5,\na"]
    {
        let text = format!("{MEDIA}{line}\n#EXT-X-ENDLIST\n");
        assert_eq!(found(&text), [(3, WhiteSpaceWithin)], "{line}");
    }
    let flag = "#EXT-X-INDEPENDENT-SEGMENTS: YES";
    let both = [ValueNotExpected("EXT-X-INDEPENDENT-SEGMENTS"), WhiteSpaceWithin].map(|it| (1, it));
    cases(MEDIA, &[(flag, &both)]);
    for (name, value, is_once) in [
        ("EXT-X-VERSION", ":1", true),
        ("EXT-X-INDEPENDENT-SEGMENTS", "", true),
        ("EXT-X-START", ":TIME-OFFSET=0", true),
        ("EXT-X-MEDIA-SEQUENCE", ":1", true),
        ("EXT-X-DISCONTINUITY-SEQUENCE", ":1", true),
        ("EXT-X-ENDLIST", "", true),
        ("EXT-X-PLAYLIST-TYPE", ":EVENT", true),
        ("EXT-X-I-FRAMES-ONLY", "", true),
        ("EXT-X-PART-INF", ":PART-TARGET=1", true),
        ("EXT-X-SERVER-CONTROL", ":CAN-BLOCK-RELOAD=YES", true),
        ("EXT-X-SKIP", ":SKIPPED-SEGMENTS=1", true),
        ("EXT-X-TARGETDURATION", ":5", true),
        ("EXT-X-CONTENT-STEERING", ":SERVER-URI=\"s\"", true),
        ("EXT-X-DATERANGE", ":ID=\"a\"", false),
        ("EXT-X-BITRATE", ":1", false),
        ("EXT-X-GAP", "", false),
        ("EXT-X-SESSION-KEY", ":METHOD=AES-128,URI=\"k\"", false),
    ] {
        let line = format!("#{name}{value}\n");
        let of_two = |text: String| {
            found(&text)
                .into_iter()
                .filter(|(_, it)| matches!(it, Duplicate(_)))
                .collect::<Vec<_>>()
        };
        assert_eq!(of_two(format!("#EXTM3U\n{line}")), [], "{name}");
        let expected: &[_] = if is_once { &[(3, Duplicate(name))] } else { &[] };
        assert_eq!(of_two(format!("#EXTM3U\n{line}{line}")), expected, "{name}");
    }
}

/// Every attribute of the draft: a value that it may have, and some that it may not.
#[test]
fn each_attribute_has_the_form_that_the_draft_gives_it() {
    let key = "METHOD=AES-128,URI=\"k\"";
    let media = "TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\"";
    let range = "ID=\"i\"";
    let hint = "TYPE=PART,URI=\"p\"";
    let (quoted, yes) = (("\"x\"", &["\"\""][..]), ("YES", &["NO", "yes"][..]));
    let yes_no = [("YES", &["yes"][..]), ("NO", &["0"][..])];
    let integer = ("7", &["7.5", "-7", "0x7", "18446744073709551616"][..]);
    let decimal = ("7.5", &["-7", "x", "7s"][..]);
    let date = ("\"2024-01-01T00:00:00.000Z\"", &["\"2024\"", "\"\""][..]);
    let hexadecimal = [("0xFC", &["FC", "0xFg", "0x"][..]), ("0XFC0", &["0xfc"][..])];
    let bytes = [("\"5@0\"", &["\"5@\"", "\"x\""][..]), ("\"5@7\"", &["\"@7\""][..])];
    let word = ("X-WORD", &[][..]);
    let id = ("\"aZ09+/=.-_\"", &["\"a b\"", "\"\"", "\"é\""][..]);
    let language =
        ("\"en-a1b2c3d4\"", &["\"en_US\"", "\"en-U_S\"", "\"sl-nedisnedi\"", "\"\""][..]);
    let pathway = ("\"aZ09.-_\"", &["\"a/b\"", "\"\""][..]);
    let resolution = ("1920x1080", &["1920X1080", "1920", "1920x", "ax1"][..]);
    let labels = ("\"f:PC,g:HW/B-1\"", &["\"f:pc,g:HW\"", "\"f\"", "\"f:PC,g\""][..]);
    let channels = ("\"16/JOC,3OA/BED-4\"", &["\"x\"", "\"2/JOc\"", "\"2//A\""][..]);
    let level = [("TYPE-0", &["TYPE-2"][..]), ("TYPE-1", &["X"][..]), ("NONE", &["none"][..])];
    let entries = ("\"a.1,b\"", &["\"a,\"", "\"\""][..]);
    let score = ("0.5", &["0", "-1"][..]);
    let variable = ("\"a\"", &[][..]);
    let variant = "BANDWIDTH=1";
    let i_frames = "BANDWIDTH=1,URI=\"i\"";
    type Value<'v> = (&'v str, &'v [&'v str]);
    let all: &[(&str, &str, &str, &[Value<'_>])] = &[
        ("EXT-X-START", "", "TIME-OFFSET", &[("-7.5", &["x", "+1"]), ("0", &["--1"])]),
        ("EXT-X-START", "TIME-OFFSET=0", "PRECISE", &yes_no),
        ("EXT-X-DEFINE", "VALUE=\"x\"", "NAME", &[variable]),
        ("EXT-X-DEFINE", "NAME=\"x\"", "VALUE", &[("\"v\"", &[]), ("\"\"", &[])]),
        ("EXT-X-DEFINE", "", "IMPORT", &[variable]),
        ("EXT-X-DEFINE", "", "QUERYPARAM", &[variable]),
        ("EXT-X-PART-INF", "", "PART-TARGET", &[decimal]),
        ("EXT-X-SERVER-CONTROL", "", "CAN-SKIP-UNTIL", &[decimal]),
        ("EXT-X-SERVER-CONTROL", "", "CAN-SKIP-DATERANGES", &[yes]),
        ("EXT-X-SERVER-CONTROL", "", "HOLD-BACK", &[decimal]),
        ("EXT-X-SERVER-CONTROL", "", "PART-HOLD-BACK", &[decimal]),
        ("EXT-X-SERVER-CONTROL", "", "CAN-BLOCK-RELOAD", &[yes]),
        ("EXT-X-KEY", "URI=\"k\"", "METHOD", &[word]),
        ("EXT-X-KEY", "METHOD=AES-128", "URI", &[quoted]),
        ("EXT-X-KEY", key, "IV", &hexadecimal),
        ("EXT-X-KEY", key, "KEYFORMAT", &[quoted]),
        ("EXT-X-KEY", key, "KEYFORMATVERSIONS", &[("\"1/2\"", &["\"\"", "\"0\"", "\"1/\""])]),
        ("EXT-X-SESSION-KEY", "URI=\"k\"", "METHOD", &[word]),
        ("EXT-X-SESSION-KEY", "METHOD=AES-128", "URI", &[quoted]),
        ("EXT-X-SESSION-KEY", key, "IV", &hexadecimal),
        ("EXT-X-SESSION-KEY", key, "KEYFORMAT", &[quoted]),
        ("EXT-X-SESSION-KEY", key, "KEYFORMATVERSIONS", &[("\"1\"", &["\"\"", "\"x\""])]),
        ("EXT-X-MAP", "", "URI", &[quoted]),
        ("EXT-X-MAP", "URI=\"m\"", "BYTERANGE", &bytes),
        ("EXT-X-PART", "DURATION=1", "URI", &[quoted]),
        ("EXT-X-PART", "URI=\"p\"", "DURATION", &[decimal]),
        ("EXT-X-PART", "URI=\"p\",DURATION=1", "INDEPENDENT", &[yes]),
        ("EXT-X-PART", "URI=\"p\",DURATION=1", "BYTERANGE", &bytes),
        ("EXT-X-PART", "URI=\"p\",DURATION=1", "GAP", &[yes]),
        ("EXT-X-DATERANGE", "", "ID", &[quoted]),
        ("EXT-X-DATERANGE", range, "CLASS", &[quoted]),
        ("EXT-X-DATERANGE", range, "START-DATE", &[date]),
        ("EXT-X-DATERANGE", range, "CUE", &[("\"PRE,ONCE\"", &["\"\""])]),
        ("EXT-X-DATERANGE", range, "END-DATE", &[date]),
        ("EXT-X-DATERANGE", range, "DURATION", &[decimal]),
        ("EXT-X-DATERANGE", range, "PLANNED-DURATION", &[decimal]),
        ("EXT-X-DATERANGE", range, "SCTE35-CMD", &hexadecimal),
        ("EXT-X-DATERANGE", range, "SCTE35-OUT", &hexadecimal),
        ("EXT-X-DATERANGE", range, "SCTE35-IN", &hexadecimal),
        ("EXT-X-DATERANGE", range, "END-ON-NEXT", &[yes]),
        ("EXT-X-SKIP", "", "SKIPPED-SEGMENTS", &[integer]),
        (
            "EXT-X-SKIP",
            "SKIPPED-SEGMENTS=1",
            "RECENTLY-REMOVED-DATERANGES",
            &[("\"a\tb\"", &[]), ("\"\"", &[])],
        ),
        ("EXT-X-PRELOAD-HINT", "URI=\"p\"", "TYPE", &[word]),
        ("EXT-X-PRELOAD-HINT", "TYPE=PART", "URI", &[quoted]),
        ("EXT-X-PRELOAD-HINT", hint, "BYTERANGE-START", &[integer]),
        ("EXT-X-PRELOAD-HINT", hint, "BYTERANGE-LENGTH", &[integer]),
        ("EXT-X-RENDITION-REPORT", "", "URI", &[quoted]),
        ("EXT-X-RENDITION-REPORT", "URI=\"r\"", "LAST-MSN", &[integer]),
        ("EXT-X-RENDITION-REPORT", "URI=\"r\"", "LAST-PART", &[integer]),
        (
            "EXT-X-MEDIA",
            "GROUP-ID=\"g\",NAME=\"n\"",
            "TYPE",
            &[
                ("AUDIO", &["TEXT"]),
                ("VIDEO", &["video"]),
                ("SUBTITLES", &[]),
                ("CLOSED-CAPTIONS", &[]),
            ],
        ),
        ("EXT-X-MEDIA", media, "URI", &[quoted]),
        ("EXT-X-MEDIA", "TYPE=AUDIO,NAME=\"n\"", "GROUP-ID", &[quoted]),
        ("EXT-X-MEDIA", media, "LANGUAGE", &[language]),
        ("EXT-X-MEDIA", media, "ASSOC-LANGUAGE", &[language]),
        ("EXT-X-MEDIA", "TYPE=AUDIO,GROUP-ID=\"g\"", "NAME", &[quoted]),
        ("EXT-X-MEDIA", media, "STABLE-RENDITION-ID", &[id]),
        ("EXT-X-MEDIA", media, "DEFAULT", &yes_no),
        ("EXT-X-MEDIA", media, "AUTOSELECT", &yes_no),
        ("EXT-X-MEDIA", media, "FORCED", &yes_no),
        ("EXT-X-MEDIA", media, "INSTREAM-ID", &[quoted]),
        ("EXT-X-MEDIA", media, "BIT-DEPTH", &[integer]),
        ("EXT-X-MEDIA", media, "SAMPLE-RATE", &[integer]),
        ("EXT-X-MEDIA", media, "CHARACTERISTICS", &[entries]),
        ("EXT-X-MEDIA", media, "CHANNELS", &[channels]),
        ("EXT-X-STREAM-INF", "", "BANDWIDTH", &[integer]),
        ("EXT-X-STREAM-INF", variant, "AVERAGE-BANDWIDTH", &[integer]),
        ("EXT-X-STREAM-INF", variant, "SCORE", &[score]),
        ("EXT-X-STREAM-INF", variant, "CODECS", &[entries]),
        ("EXT-X-STREAM-INF", variant, "SUPPLEMENTAL-CODECS", &[entries]),
        ("EXT-X-STREAM-INF", variant, "RESOLUTION", &[resolution]),
        ("EXT-X-STREAM-INF", variant, "FRAME-RATE", &[decimal]),
        ("EXT-X-STREAM-INF", variant, "HDCP-LEVEL", &level),
        ("EXT-X-STREAM-INF", variant, "ALLOWED-CPC", &[labels]),
        ("EXT-X-STREAM-INF", variant, "VIDEO-RANGE", &[word]),
        ("EXT-X-STREAM-INF", variant, "REQ-VIDEO-LAYOUT", &[quoted]),
        ("EXT-X-STREAM-INF", variant, "STABLE-VARIANT-ID", &[id]),
        ("EXT-X-STREAM-INF", variant, "AUDIO", &[quoted]),
        ("EXT-X-STREAM-INF", variant, "VIDEO", &[quoted]),
        ("EXT-X-STREAM-INF", variant, "SUBTITLES", &[quoted]),
        ("EXT-X-STREAM-INF", variant, "PATHWAY-ID", &[pathway]),
        ("EXT-X-I-FRAME-STREAM-INF", "BANDWIDTH=1", "URI", &[quoted]),
        ("EXT-X-I-FRAME-STREAM-INF", "URI=\"i\"", "BANDWIDTH", &[integer]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "AVERAGE-BANDWIDTH", &[integer]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "SCORE", &[score]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "CODECS", &[entries]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "SUPPLEMENTAL-CODECS", &[entries]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "RESOLUTION", &[resolution]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "HDCP-LEVEL", &level),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "ALLOWED-CPC", &[labels]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "VIDEO-RANGE", &[word]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "REQ-VIDEO-LAYOUT", &[quoted]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "STABLE-VARIANT-ID", &[id]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "VIDEO", &[quoted]),
        ("EXT-X-I-FRAME-STREAM-INF", i_frames, "PATHWAY-ID", &[pathway]),
        ("EXT-X-SESSION-DATA", "VALUE=\"v\"", "DATA-ID", &[quoted]),
        ("EXT-X-SESSION-DATA", "DATA-ID=\"d\"", "VALUE", &[quoted]),
        ("EXT-X-SESSION-DATA", "DATA-ID=\"d\"", "URI", &[quoted]),
        (
            "EXT-X-SESSION-DATA",
            "DATA-ID=\"d\",URI=\"u\"",
            "FORMAT",
            &[("JSON", &["XML"]), ("RAW", &["raw"])],
        ),
        ("EXT-X-SESSION-DATA", "DATA-ID=\"d\",VALUE=\"v\"", "LANGUAGE", &[language]),
        ("EXT-X-CONTENT-STEERING", "", "SERVER-URI", &[quoted]),
        ("EXT-X-CONTENT-STEERING", "SERVER-URI=\"s\"", "PATHWAY-ID", &[pathway]),
    ];
    for &(tag, others, name, values) in all {
        // What is said of the value of this attribute.
        let said = |value: &str| {
            let comma = if others.is_empty() { "" } else { "," };
            let text = format!("#EXTM3U\n#{tag}:{others}{comma}{name}={value}\n");
            let is_of_it = |it: &Problem| match it {
                Problem::NotAValue(attribute, _)
                | Problem::EmptyValue(attribute)
                | Problem::NotAStableId(attribute) => *attribute == name,
                Problem::NotAPathwayId => name == "PATHWAY-ID",
                Problem::UnknownAttribute(_)
                | Problem::NotAnExtensionValue
                | Problem::MissingAttribute(..)
                | Problem::ListWhiteSpace
                | Problem::List(_) => true,
                _ => false,
            };
            let found = found(&text).into_iter().map(|(_, it)| it);
            found.filter(is_of_it).collect::<Vec<_>>()
        };
        for &(right, wrong) in values {
            assert_eq!(said(right), [], "{tag} {name} {right}");
            for wrong in wrong {
                assert!(!said(wrong).is_empty(), "{tag} {name} {wrong}");
            }
            // With quotes instead of without, and the other way round.
            let other = match right.strip_prefix('"') {
                Some(bare) => {
                    bare.trim_end_matches('"').split(',').next().unwrap_or_default().into()
                }
                None => format!("\"{right}\""),
            };
            assert!(!said(&other).is_empty(), "{tag} {name} {other}");
        }
    }
}

#[test]
fn each_attribute_that_must_be_there_is_missed() {
    use Problem::*;
    for (tag, required) in [
        ("EXT-X-START", &["TIME-OFFSET=0"][..]),
        ("EXT-X-PART-INF", &["PART-TARGET=1"]),
        ("EXT-X-KEY", &["METHOD=AES-128", "URI=\"k\""]),
        ("EXT-X-SESSION-KEY", &["METHOD=AES-128", "URI=\"k\""]),
        ("EXT-X-MAP", &["URI=\"m\""]),
        ("EXT-X-PART", &["URI=\"p\"", "DURATION=1"]),
        ("EXT-X-DATERANGE", &["ID=\"i\""]),
        ("EXT-X-SKIP", &["SKIPPED-SEGMENTS=1"]),
        ("EXT-X-PRELOAD-HINT", &["TYPE=PART", "URI=\"p\""]),
        ("EXT-X-RENDITION-REPORT", &["URI=\"r\""]),
        ("EXT-X-MEDIA", &["TYPE=AUDIO", "GROUP-ID=\"g\"", "NAME=\"n\""]),
        ("EXT-X-STREAM-INF", &["BANDWIDTH=1"]),
        ("EXT-X-I-FRAME-STREAM-INF", &["BANDWIDTH=1", "URI=\"i\""]),
        ("EXT-X-SESSION-DATA", &["DATA-ID=\"d\""]),
        ("EXT-X-CONTENT-STEERING", &["SERVER-URI=\"s\""]),
        ("EXT-X-SERVER-CONTROL", &[]),
        ("EXT-X-DEFINE", &[]),
    ] {
        let missing = |list: &[&str]| {
            let all = found(&format!("#EXTM3U\n#{tag}:{}\n", list.join(",")));
            let all = all.into_iter().filter_map(|(_, it)| match it {
                MissingAttribute(tag, name) => Some((tag, name)),
                _ => None,
            });
            all.collect::<Vec<_>>()
        };
        assert_eq!(missing(required), [], "{tag}");
        for (at, attribute) in required.iter().enumerate() {
            let others = [&required[..at], &required[at + 1..]].concat();
            let name = attribute.split('=').next().unwrap_or_default();
            assert_eq!(missing(&others), [(tag, name)], "{tag}");
        }
    }
    // Behind what cannot be read, nothing is missed.
    let list = found(&format!("{MEDIA}#EXT-X-MAP:BYTERANGE\n"));
    assert!(matches!(list[..], [(3, List(_))]), "{list:?}");
    let skip = "#EXT-X-SKIP:SKIPPED-SEGMENTS=1,\tRECENTLY-REMOVED-DATERANGES=\"a\tb\"";
    cases(MEDIA, &[(skip, &[(1, ListWhiteSpace)])]);
}

#[test]
fn what_a_should_forbids_leaves_a_playlist_valid() {
    use Problem::*;
    for should in [
        VersionTooHigh(3),
        RepeatedWord("CUE"),
        UnknownAttribute("EXT-X-KEY"),
        VodWithoutEnd,
        PartHoldBackShort,
        DateNotExact,
        NoDateAtDiscontinuity,
        PartsOfIFrames,
        SecondHint,
        StartPastEnd,
        StartNearEnd,
        NoCodecs,
        NotAllHaveScores,
        LayoutNotNeeded,
        StableIdsDiffer("STABLE-VARIANT-ID"),
        SameAutoselect,
        NoChannels,
    ] {
        assert_eq!(should.severity(), Severity::ShouldFix, "{should}");
    }
    for must in [
        VersionTooLow(3),
        EmptyValue("URI"),
        MissingAttribute("EXT-X-KEY", "URI"),
        NotAValue("URI", ""),
        SegmentTooLong,
        NoComma,
        NoDuration,
        PartTooLong,
        PartTooShort,
        PartHoldBackTooShort,
        HoldBackTooShort,
        SkipBoundaryTooShort,
        AfterPart,
        HintAfterEnd,
        MapNeedsIv,
        IvForbidden,
        NotADate,
        EndContradicts,
        OverlapsEndOnNext,
        NotOneAsset,
        VariantWithoutUri,
        GroupNeedsCodecs,
        NoSuchGroup("AUDIO"),
        NotAnInstreamId,
        SameName,
        SecondDefault,
        GroupsDiffer,
        MembersDiffer,
        SameData,
        SessionKeyNone,
        NoSuchPathway,
        Mixed,
        Undefined,
    ] {
        assert_eq!(must.severity(), Severity::MustFix, "{must}");
    }
}
