//! Tags and their attributes, one by one.

use super::*;

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
