//! Rules of media playlists: the last playlist that keeps each, and the first that breaks it.

use super::*;

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
        let later = DATE.replace("00:00:00", "00:00:05");
        let early = format!("{DATE}{whole}\n{segment}\n{tag}\n{later}{whole}\n{segment}");
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
fn dates_at_their_edges() {
    use Problem::AmbiguousDate;
    // Segments of 4 s with these dates, in seconds and thousandths of one day.
    let dated = |dates: &[&str]| -> String {
        let segment = |date: &&str| match *date {
            "" => String::from("#EXTINF:4,\na\n"),
            date => format!("#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:{date}Z\n#EXTINF:4,\na\n"),
        };
        format!("{MEDIA}{}", dates.iter().map(segment).collect::<String>())
    };
    for (dates, line) in [
        (&["10.000", "14.000", "18.000"][..], None),
        // A gap, and a clock that was set back to where nobody was.
        (&["10.000", "20.000"], None),
        (&["10.000", "30.000", "20.000"], None),
        (&["10.000", "30.000", "14.000", "26.000"], None),
        // Less than a second is the drift of a clock.
        (&["10.000", "13.001", "17.000"], None),
        (&["10.000", "13.000"], Some(6)),
        (&["10.000", "", "17.001"], None),
        (&["10.000", "", "17.000"], Some(8)),
        // But the neighbour's alone.
        (&["10.000", "30.000", "13.500"], Some(9)),
        (&["10.000", "30.000", "26.500", "35.000"], Some(9)),
        (&["10.000", "10.000"], Some(6)),
        (&["30.000", "10.000", "10.000"], Some(9)),
        // Those before the first date go by it.
        (&["", "10.000", "06.000"], Some(8)),
        (&["", "10.000", "02.000"], None),
        (&["", "10.000", "02.001"], Some(8)),
        (&["", "10.000", "14.000"], None),
    ] {
        let expected: Vec<_> = line.map(|line| (line, AmbiguousDate)).into_iter().collect();
        assert_eq!(found(&dated(dates)), expected, "{dates:?}");
    }
    let short = |length: &str| {
        let date = |second| format!("#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:{second}.000Z\n");
        format!("{MEDIA}{}#EXTINF:4,\na\n{}", date(10), date(13).replace(".000", ".500"))
            + &format!("#EXTINF:{length},\nb\n#EXTINF:4,\nc\n")
    };
    assert_eq!(found(&short("0.501")), []);
    assert_eq!(found(&short("0.5")), [(6, AmbiguousDate)], "all of it is within the other");
    assert_eq!(found(&short("0")), [(6, AmbiguousDate)]);
    let date = DATE.replace("00:00:00", "00:00:14");
    let whole = |lines: &str| format!("{MEDIA}{}{lines}", DATE.replace("00:00:00", "00:00:10"));
    let last = whole(&format!("#EXTINF:4,\na\n#EXTINF:0.5,\nb\n{date}#EXTINF:4,\nc\n"));
    assert_eq!(found(&last), [(8, AmbiguousDate)], "all of the neighbour");
    let nothing = whole(&format!("#EXTINF:5,\na\n{date}#EXTINF:0,\nb\n"));
    assert_eq!(found(&nothing), [], "what takes no time has no dates");
}
