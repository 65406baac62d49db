//! The rules that `validate` knows: each broken once, and each at its edge.

mod attributes;
mod edges;
mod multivariant;
mod once;
mod together;

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
