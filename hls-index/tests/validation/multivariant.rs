//! Rules of multivariant playlists at their edges.

use super::*;

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
