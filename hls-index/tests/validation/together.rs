//! Rules about what several tags and lines say together.

use hls_index::{Problem, validate};

use super::once::*;

#[test]
fn white_space_is_found_wherever_it_stands() {
    let start = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n";
    has_only("#EXTM3U\n#EXT-X-TARGETDURATION: 5\n", 2, Problem::WhiteSpaceWithin);
    has_only(&format!("{start}#EXTINF:5,\na b.ts\n"), 4, Problem::WhiteSpaceWithin);
    has_only(&format!("{start}#EXTINF:5,a\tb\nb.ts\n"), 3, Problem::WhiteSpaceWithin);
    has_only(
        &format!("{start}#EXT-X-SERVER-CONTROL: HOLD-BACK=18\n"),
        3,
        Problem::WhiteSpaceWithin,
    );
    // Titles and comments may have spaces, and what is nobody's tag is nobody's business.
    for line in ["#EXTINF:5,a title\nb.ts", "# a b", "#EXT-MY-TAG: 1", "#EXTINF:5, b\nb.ts"] {
        assert_eq!(problems(&format!("{start}{line}\n")), [], "{line}");
    }
    let skip = "#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"a\tb\"";
    let text = format!("#EXTM3U\n#EXT-X-VERSION:10\n#EXT-X-TARGETDURATION:5\n{skip}\n");
    assert_eq!(problems(&text), []);
    let report = validate(&format!("{start}#EXTINF:5,\n a\tb.ts\n"));
    let found: Vec<_> = report.findings().iter().map(|it| (it.column, it.problem)).collect();
    assert_eq!(found, [(1, Problem::WhiteSpace), (3, Problem::WhiteSpaceWithin)]);
}

#[test]
fn parts_are_held_to_their_rules_behind_a_segment_too() {
    let part = "#EXT-X-PART:URI=\"p\",DURATION=1";
    let text = format!("{HEAD}{MAP}#EXTINF:5.0,\na\n{part}\n{part}\n");
    has_only(&text, 7, Problem::Missing("EXT-X-PART-INF"));
    let text = format!(
        "#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:5\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=3\n{MAP}#EXTINF:5,\na\n{part}\n{part}\n"
    );
    has_only(&text, 10, Problem::PartsOfIFrames);
    let report = media("#EXT-X-RENDITION-REPORT:URI=\"https://a/b.m3u8\",LAST-MSN=1");
    has_only(&report, 5, Problem::ReportNotRelative);
    for uri in ["../b.m3u8", "/b.m3u8"] {
        assert_eq!(
            problems(&media(&format!("#EXT-X-RENDITION-REPORT:URI=\"{uri}\",LAST-MSN=1"))),
            []
        );
    }
}

#[test]
fn a_map_needs_the_iv_of_every_key_in_force() {
    let key = |list: &str| format!("#EXT-X-KEY:METHOD=AES-128,URI=\"k\"{list}");
    let iv = ",IV=0x00000000000000000000000000000001";
    let map = "#EXT-X-MAP:URI=\"j\"";
    let drm = ",KEYFORMAT=\"drm\"";
    let lines = |lines: &[&str]| media(&lines.join("\n"));
    has_only(&lines(&[&key(drm), map]), 6, Problem::MapNeedsIv);
    has_only(&lines(&[&key(&format!("{drm}{iv}")), &key(""), map]), 7, Problem::MapNeedsIv);
    let both = [&key(&format!("{drm}{iv}")), &key(iv), map];
    assert_eq!(problems(&lines(&both)), []);
    // A key of the same KEYFORMAT takes its place, and METHOD=NONE that of all.
    assert_eq!(problems(&lines(&[&key(""), &key(iv), map])), []);
    assert_eq!(problems(&lines(&[&key(""), &key(",KEYFORMAT=\"identity\",IV=0x1"), map])), []);
    assert_eq!(problems(&lines(&[&key(drm), "#EXT-X-KEY:METHOD=NONE", map])), []);
    assert_eq!(problems(&lines(&["#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"", map])), []);
}

#[test]
fn date_ranges_of_one_id_are_taken_together() {
    let date = "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00.000Z";
    let start = "START-DATE=\"2024-01-01T00:00:05.000Z\"";
    let end = |second| format!("END-DATE=\"2024-01-01T00:00:0{second}.000Z\"");
    let range = |id: &str, list: &str| format!("#EXT-X-DATERANGE:ID=\"{id}\",{list}");
    let with = |lines: &[String]| media(&format!("{date}\n{}", lines.join("\n")));
    // What contradicts stands in the later tag.
    let text = with(&[range("a", start), range("a", &end(4))]);
    has_only(&text, 7, Problem::EndsBeforeItStarts);
    let text = with(&[range("a", &format!("{start},DURATION=3")), range("a", &end(9))]);
    has_only(&text, 7, Problem::EndContradicts);
    let text = with(&[range("a", start), range("a", &end(9)), range("a", "DURATION=4")]);
    assert_eq!(problems(&text), []);
    // Once is enough.
    let text = with(&[range("a", start), range("a", &end(4)), range("a", "X-A=1")]);
    has_only(&text, 7, Problem::EndsBeforeItStarts);
    // CLASS may stand in the first one.
    let text = with(&[range("a", &format!("{start},CLASS=\"c\"")), range("a", "END-ON-NEXT=YES")]);
    assert_eq!(problems(&text), []);
    let ends = format!("{start},CLASS=\"c\",END-ON-NEXT=YES");
    let text = with(&[
        range("a", &ends),
        range("b", &format!("{start},CLASS=\"c\"")),
        range("b", "DURATION=5"),
        range("d", &format!("{start},CLASS=\"c\",DURATION=1")),
    ]);
    has_only(&text, 9, Problem::OverlapsEndOnNext);
    let other_class = format!("{start},CLASS=\"e\",DURATION=1");
    let text = with(&[range("b", &other_class), range("d", &other_class)]);
    assert_eq!(problems(&text), [], "no END-ON-NEXT in it");
    // One after the other, whatever the order of their tags.
    let later = "START-DATE=\"2024-01-01T00:00:07.000Z\",CLASS=\"c\",DURATION=1".to_owned();
    let earlier = format!("{start},CLASS=\"c\",DURATION=2");
    assert_eq!(problems(&with(&[range("a", &ends), range("b", &later), range("d", &earlier)])), []);
    // Without any dates of segments only the first one is told.
    let two = [range("a", start), range("b", start)].join("\n");
    has_only(&media(&two), 5, Problem::DateRangeWithoutDates);
    for (value, is_right) in [
        ("\"x\"", true),
        ("0xAF", true),
        ("-1.5", true),
        ("7", true),
        ("YES", false),
        ("0xaf", false),
    ] {
        let text = with(&[range("a", &format!("{start},X-COM-A={value}"))]);
        let expected = if is_right { vec![] } else { vec![Problem::NotAnExtensionValue] };
        assert_eq!(problems(&text), expected, "{value}");
    }
    let text = with(&[range("a", &format!("{start},CUE=\"PRE,ONCE,PRE\""))]);
    has_only(&text, 6, Problem::RepeatedWord("CUE"));
    assert_eq!(problems(&with(&[range("a", &format!("{start},CUE=\"PRE,ONCE\""))])), []);
}

#[test]
fn groups_of_renditions_agree() {
    let with = |lines: &[&str]| format!("#EXTM3U\n{}\n", lines.join("\n"));
    let audio = |group: &str, name: &str, list: &str| {
        format!("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{group}\",NAME=\"{name}\",CHANNELS=\"2\"{list}")
    };
    let english = audio("g", "n", ",LANGUAGE=\"en\",AUTOSELECT=YES");
    let others =
        ",LANGUAGE=\"en\",AUTOSELECT=YES,DEFAULT=NO,URI=\"u\",SAMPLE-RATE=48000,BIT-DEPTH=24";
    assert_eq!(problems(&with(&[&english, &audio("h", "n", others)])), []);
    for differs in ["", ",LANGUAGE=\"en\"", ",LANGUAGE=\"de\",AUTOSELECT=YES"] {
        has_only(&with(&[&english, &audio("h", "n", differs)]), 3, Problem::MembersDiffer);
    }
    let forced = ",LANGUAGE=\"en\",AUTOSELECT=YES,CHARACTERISTICS=\"c\"";
    has_only(
        &with(&[&english, &audio("g", "m", ",LANGUAGE=\"en\",AUTOSELECT=YES")]),
        3,
        Problem::SameAutoselect,
    );
    assert_eq!(problems(&with(&[&english, &audio("g", "m", forced)])), []);
    assert_eq!(problems(&with(&[&english, &audio("g", "m", ",LANGUAGE=\"en\"")])), []);
    let same =
        [audio("g", "n", ",URI=\"u\",STABLE-RENDITION-ID=\"a\""), audio("g", "m", ",URI=\"u\"")];
    has_only(&with(&[&same[0], &same[1]]), 3, Problem::StableIdsDiffer("STABLE-RENDITION-ID"));

    let variant = "#EXT-X-STREAM-INF:BANDWIDTH=1";
    let text = with(&[&english, &format!("{variant},AUDIO=\"g\""), "a"]);
    has_only(&text, 3, Problem::GroupNeedsCodecs);
    for name in ["AUDIO", "VIDEO", "SUBTITLES"] {
        let text = with(&[&format!("{variant},{name}=\"x\""), "a"]);
        assert!(problems(&text).contains(&Problem::GroupNeedsCodecs), "{name}");
    }
    let text = with(&[&format!("{variant},SUPPLEMENTAL-CODECS=\"s\",CODECS=\"c\""), "a"]);
    assert_eq!(problems(&text), []);
    let text = with(&[&format!("{variant},SUPPLEMENTAL-CODECS=\"s\""), "a"]);
    assert_eq!(problems(&text), [Problem::NoCodecs, Problem::SupplementWithoutCodecs]);
    let i_frames = "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"";
    assert_eq!(problems(&with(&[i_frames])), []);
    let video = "#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"v\",NAME=\"n\"";
    has_only(&with(&[video, &format!("{i_frames},VIDEO=\"v\"")]), 3, Problem::GroupNeedsCodecs);
    let good = format!("{variant},CODECS=\"c\"");
    let ids = [
        &format!("{good},STABLE-VARIANT-ID=\"a\""),
        "a",
        &format!("{good},STABLE-VARIANT-ID=\"b\""),
        "a",
    ];
    has_only(&with(&ids), 4, Problem::StableIdsDiffer("STABLE-VARIANT-ID"));
    assert_eq!(problems(&with(&[ids[0], "a", ids[2], "b", ids[0], "a"])), []);
}

#[test]
fn values_have_the_form_that_their_attribute_demands() {
    let variant = |list: &str| {
        format!(
            "#EXTM3U\n#EXT-X-VERSION:12\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\",REQ-VIDEO-LAYOUT=\"CH-STEREO\",{list}\na\n"
        )
    };
    let rendition =
        |list: &str| format!("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",{list}\n");
    let is_wrong = |text: &str, attribute| {
        let found = problems(text);
        let is_it = |it: &Problem| matches!(it, Problem::NotAValue(name, _) if *name == attribute);
        assert!(found.len() <= 1 && found.iter().all(is_it), "{text}: {found:?}");
        !found.is_empty()
    };
    for (score, wrong) in [("1", false), ("0.1", false), ("0", true), ("0.0", true), ("-1", true)] {
        assert_eq!(is_wrong(&variant(&format!("SCORE={score}")), "SCORE"), wrong, "{score}");
    }
    for (labels, wrong) in [
        ("com.example.drm1:SMART-TV/PC,com.example.drm2:HW", false),
        ("urn:uuid:1:PC", false),
        ("a", true),
        ("a:", true),
        ("a:pc", true),
        (":PC", true),
        ("a:PC/", true),
        ("a:PC,", true),
    ] {
        let text = variant(&format!("ALLOWED-CPC=\"{labels}\""));
        assert_eq!(is_wrong(&text, "ALLOWED-CPC"), wrong, "{labels}");
    }
    for (channels, wrong) in [
        ("6", false),
        ("16/JOC", false),
        ("2/-/BINAURAL", false),
        ("12/3OA,JOC/BED-4,DOF-6", false),
        ("x", true),
        ("/JOC", true),
        ("2/joc", true),
        ("2//BINAURAL", true),
        ("2/", false),
        ("2/-/BINAURAL/é", true),
    ] {
        let text = rendition(&format!("CHANNELS=\"{channels}\""));
        assert_eq!(is_wrong(&text, "CHANNELS"), wrong, "{channels}");
    }
    for (language, wrong) in [
        ("en", false),
        ("zh-Hant-TW", false),
        ("x-klingon1", false),
        ("es-419", false),
        ("en_US", true),
        ("en-", true),
        ("-en", true),
        ("1en", true),
        ("englishlanguage", true),
        ("sl-nedisnedis", true),
        ("sl-nedisned", false),
    ] {
        for name in ["LANGUAGE", "ASSOC-LANGUAGE"] {
            let text = rendition(&format!("CHANNELS=\"2\",{name}=\"{language}\""));
            assert_eq!(is_wrong(&text, name), wrong, "{language}");
        }
    }
    let id = |id: &str| {
        format!(
            "#EXTM3U\n#EXT-X-VERSION:13\n#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"g\",NAME=\"n\",INSTREAM-ID=\"{id}\"\n"
        )
    };
    assert!(!is_wrong(&id("a.B9"), "INSTREAM-ID") && is_wrong(&id("a-b"), "INSTREAM-ID"));

    let pathway = |id: &str| variant(&format!("PATHWAY-ID=\"{id}\""));
    assert_eq!(problems(&pathway("CDN-a_1.b")), []);
    has_only(&pathway("CDN/1"), 3, Problem::NotAPathwayId);
    let layout = |layout: &str| {
        format!(
            "#EXTM3U\n#EXT-X-VERSION:12\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\",REQ-VIDEO-LAYOUT=\"{layout}\"\na\n"
        )
    };
    has_only(&layout("CH-STEREO/CH-MONO"), 3, Problem::RepeatedLayout);
    assert_eq!(problems(&layout("CH-STEREO/PROJ-EQUI,CH-MONO")), []);

    let key = |list: &str| format!("#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-SESSION-KEY:{list}\n");
    let found = |list: &str| {
        let all = problems(&key(list));
        all.into_iter().filter(|it| !matches!(it, Problem::VersionTooHigh(_))).collect::<Vec<_>>()
    };
    let gcm = "METHOD=AES-256-GCM,URI=\"k\"";
    let iv = "0x00000000000000000000000000000001";
    assert_eq!(found(gcm), []);
    assert_eq!(found(&format!("{gcm},IV={iv}")), [Problem::IvForbidden]);
    assert_eq!(found(&format!("{gcm},KEYFORMATVERSIONS=\"0\"")).len(), 1);
    let missing = Problem::MissingAttribute("EXT-X-SESSION-KEY", "URI");
    assert_eq!(found("METHOD=AES-128"), [missing]);
    let long = "METHOD=AES-128,URI=\"k\",IV=0x100000000000000000000000000000000";
    assert_eq!(found(long), [Problem::NotAValue("IV", "a number of 128 bits")]);
    let import = "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"x\"\n#EXT-X-DEFINE:IMPORT=\"a\"\n";
    let imported = Problem::Refused(hls_index::ParseErrorKind::ImportInMultivariant);
    assert!(problems(import).contains(&imported), "whatever else is refused before it");
}
