//! Lines that are read at a glance, as nearly all packagers write them, mean just what they mean to the
//! parser of all lines. That one reads them where a blank comes first, which changes nothing else.

use hls_index::{Limits, MediaPlaylist, ParseError, ParseErrorKind, Ticks};

/// All that the lines here can tell, or what is wrong, `shift` columns further to the left.
fn told(text: &str, shift: u32) -> Result<String, ParseError> {
    let playlist = MediaPlaylist::parse(text)
        .map_err(|error| ParseError { column: error.column - shift, ..error })?;
    let segments = playlist.segments().map(|segment| {
        let (start, end, title) = (segment.start(), segment.end(), segment.title());
        let (range, date) = (segment.byte_range(), segment.program_date_time());
        let parts: Vec<_> =
            segment.parts().map(|part| (part.uri, part.byte_range, part.end)).collect();
        let flags: Vec<_> =
            segment.parts().map(|part| (part.is_independent, part.is_gap)).collect();
        format!("{:?}", (segment.uri(), start, end, title, range, date, parts, flags))
    });
    Ok(segments.collect::<Vec<_>>().join("\n"))
}

/// The last bytes of a text are not read at a glance: they go here.
const TRAILER: &str = "#                                                                \n";

/// Whether each line of `tag` and one of `values` means the same with a blank before it, whatever its line
/// end is, and wherever the text ends behind it.
fn mean_the_same(tag: &str, values: &[&str]) {
    let mut accepted = 0;
    for value in values {
        for line_end in ["\n", "\r\n", " \n", "\t\r\n", "\r\r\n", "\r", ""] {
            let text = |blank: &str, trailer: &str| {
                let head = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"1\"\n#EXTINF:9.5,\n";
                let after = if line_end.is_empty() { "" } else { "some/segment-0000000001.mp4\n" };
                format!("{head}{blank}{tag}{value}{line_end}{after}{trailer}")
            };
            let spaced = text(" ", "");
            let error = MediaPlaylist::parse(&spaced).err();
            let shift = u32::from(error.is_some_and(|error| error.line == 5));
            let expected = told(&spaced, shift);
            // Behind a line without an end nothing follows.
            let trailers = if line_end.is_empty() { &[""][..] } else { &["", TRAILER][..] };
            for trailer in trailers {
                let plain = text("", trailer);
                assert_eq!(told(&plain, 0), expected, "{plain:?}");
                assert_eq!(told(&text(" ", trailer), shift), expected, "{plain:?}");
            }
            accepted += usize::from(error.is_none());
        }
    }
    assert!(accepted > values.len(), "some are right");
}

#[test]
fn durations() {
    mean_the_same(
        "#EXTINF:",
        &[
            "4.123,",
            "4,",
            "10,",
            "4.,",
            ".5,",
            ".,",
            "0,",
            "0.0,",
            "0004.5,",
            "10.010000,",
            "9.96666667,",
            "1234567.1234567,",
            "12345678.5,",
            "4.12345678,",
            "4.123456789123456789123,",
            "5.1234567890,",
            "18446744073.709551615,",
            "18446744074,",
            "99999999999999999999999999,",
            "4.123",
            "4",
            "4.123,title",
            "4.123, a title of several words,and a comma ",
            "4.123,{$a}",
            "4.123,{$b}",
            "4.123,日本",
            "4.123,a\u{7F}",
            "4.123,a\tb",
            "4.123 ,",
            "4.123x,",
            "4.123;",
            "4:5,",
            "4/5,",
            "4..5,",
            "4.1.2,",
            "-4,",
            "+4,",
            "NaN,",
            "inf,",
            "1e3,",
            "0x10,",
            "",
            ",",
            "٤,",
            "4\u{FF0E}5,",
            "4.5\u{85},",
        ],
    );
}

#[test]
fn byte_ranges() {
    mean_the_same(
        "#EXT-X-BYTERANGE:",
        &[
            "100@20",
            "100",
            "0@0",
            "1234567@1234567",
            "12345678@12345678",
            "123456789@123456789012345",
            "1@1234567890123456",
            "1@18446744073709551614",
            "18446744073709551615@0",
            "2@18446744073709551614",
            "18446744073709551616@0",
            "000000000000000000001@0",
            "00000000000000000001@0",
            "1@",
            "@1",
            "",
            "@",
            "1@2@3",
            "1 @2",
            "1@ 2",
            "-1@0",
            "0x1@2",
            "1.0@0",
            "1@2x",
            "1\u{2}@2",
            "{$a}@0",
            "1@{$b}",
            "١@0",
        ],
    );
}

#[test]
fn dates() {
    mean_the_same(
        "#EXT-X-PROGRAM-DATE-TIME:",
        &[
            "2026-01-31T04:44:59.123Z",
            "2026-01-31T04:44:59Z",
            "2026-01-31T04:44:59.5Z",
            "2026-01-31T04:44:59",
            "2026-01-31T04:44:59.123456789Z",
            "2026-01-31T04:44:59.1234567891234Z",
            "2026-01-31T04:44Z",
            "2026-01-31T04:44:59.123+08:00",
            "2026-01-31T04:44:59.123+0800",
            "2026-01-31T04:44:59.123-0000",
            "2026-01-31T04:44:59.123+08",
            "2026-01-31T04:44:59.123+8",
            "2026-01-31T04:44:59.123+08:",
            "2026-01-31T04:44:59.123+99:00",
            "2026-01-31T04:44:59.123z",
            "2026-01-31t04:44:59.123Z",
            "2026-01-31 04:44:59.123Z",
            "2026-01-31T04:44:59,123Z",
            "2026-01-31T04:44:59.Z",
            "2026-01-31T04:44:60Z",
            "2026-01-31T04:44:61Z",
            "2026-01-31T04:60:59Z",
            "2026-01-31T24:00:00Z",
            "2026-02-30T04:44:59Z",
            "2024-02-29T04:44:59Z",
            "2026-00-31T04:44:59Z",
            "2026-13-31T04:44:59Z",
            "2026-01-00T04:44:59Z",
            "0000-01-01T00:00:00.000Z",
            "9999-12-31T23:59:59.999Z",
            "2026-01-31T04:44:59.123Zx",
            "2026-01-31",
            "2026/01/31T04:44:59.123Z",
            "2026-01-31T04.44.59Z",
            "2026-1-31T04:44:59Z",
            "x026-01-31T04:44:59Z",
            "2026-01-3:T04:44:59Z",
            "2026-01-31T04:44:5/Z",
            "2026-01-31T04:44:59.123 Z",
            "",
            "{$a}",
            "é",
            "\u{1}",
        ],
    );
}

#[test]
fn parts() {
    mean_the_same(
        "#EXT-X-PART:",
        &[
            "DURATION=2.000,URI=\"part-0000001.0.mp4\",INDEPENDENT=YES",
            "DURATION=2.000,URI=\"part.mp4\"",
            "URI=\"a\",DURATION=2",
            "URI=\"\",DURATION=.5",
            "DURATION=2.123456789123,URI=\"a\"",
            "DURATION=2,URI=\"a, b=c#d\",BYTERANGE=\"10@5\"",
            "DURATION=2,URI=\"a\",BYTERANGE=\"10\"",
            "DURATION=2,URI=\"a\",BYTERANGE=\"10@x\"",
            "DURATION=2,URI=\"a\",BYTERANGE=10",
            "DURATION=2,URI=\"a\",BYTERANGE=\"2@18446744073709551614\"",
            "DURATION=2,URI=\"a\",GAP=YES",
            "DURATION=2,URI=\"a\",GAP=NO,INDEPENDENT=NO",
            "DURATION=2,URI=\"a\",INDEPENDENT=YESX",
            "DURATION=2,URI=\"a\",INDEPENDENT",
            "DURATION=2,URI=\"a\",X-OTHER=1",
            "DURATION=2,URI=\"a\",",
            "DURATION=2, URI=\"a\"",
            "DURATION=2 ,URI=\"a\"",
            "DURATION=2,,URI=\"a\"",
            "DURATION=2URI=\"a\"",
            "DURATION=2,URI=\"a\",URI=\"b\"",
            "DURATION=2,URI=\"a\",DURATION=2",
            "DURATION=2,URI=\"a\"#EXTINF:5,",
            "GAP=YES,GAP=YES,DURATION=2,URI=\"a\"",
            "DURATION=2",
            "URI=\"a\"",
            "",
            ",",
            "duration=2,URI=\"a\"",
            "DURATION=\"2\",URI=\"a\"",
            "DURATION=2x,URI=\"a\"",
            "DURATION=-2,URI=\"a\"",
            "DURATION=,URI=\"a\"",
            "DURATION=99999999999,URI=\"a\"",
            "DURATION=2,URI=a",
            "DURATION=2,URI=\"a",
            "DURATION=2,URI=\"a\"b",
            "DURATION=2,URI=\"{$a}.mp4\"",
            "DURATION=2,URI=\"{$b}.mp4\"",
            "DURATION=2,URI=\"{b}\"",
            "DURATION=2,URI=\"日本.mp4\"",
            "DURATION=2,URI=\"a\u{7F}\"",
            "DURATION=2,URI=\"a\tb\"",
        ],
    );
}

#[test]
fn uris() {
    mean_the_same(
        "",
        &[
            "a",
            "segment-0000001.mp4",
            "https://cdn.example.com/v/seg-000000000000001.ts",
            "a b",
            "~",
            "{$a}/b",
            "{$b}/b",
            "{b}",
            "/日本/1.ts",
            "exactly-16-bytes",
            "exactly-fifteen",
            "a\u{7F}b",
            "a\u{0}",
            "a\u{85}",
            "é",
            "!#\"$%&'()",
            "",
        ],
    );
}

#[test]
fn the_last_extinf_before_a_uri_counts_and_counts_once() {
    let text =
        "#EXTM3U\n#EXTINF:4,\n#EXT-X-GAP\n#EXTINF:6.5,\na.ts\n#EXTINF:7,\n#EXTINF:2.25,\nb.ts\n";
    for trailer in ["", TRAILER] {
        let two = format!("{text}{trailer}");
        let playlist = MediaPlaylist::parse(&two).unwrap();
        let ends: Vec<Ticks> = playlist.segments().map(|segment| segment.end()).collect();
        assert_eq!(ends, [Ticks::from_millis(6500), Ticks::from_millis(8750)]);

        let error = MediaPlaylist::parse(&format!("{text}c.ts\n{trailer}")).unwrap_err();
        assert_eq!((error.line, error.kind), (9, ParseErrorKind::MissingDuration));
    }
}

#[test]
fn the_first_of_two_mistakes_is_told() {
    for (text, line, column, kind) in [
        ("#EXTINF:x,\na.ts\u{1}\n", 2, 9, ParseErrorKind::NotADuration),
        ("#EXTINF:5,\n{$no}.ts\nb\rc\n", 3, 1, ParseErrorKind::UndefinedVariable),
        ("#EXTINF:5,\u{1}\n#EXTINF:x,\n", 2, 11, ParseErrorKind::ControlCharacter),
    ] {
        for trailer in ["", TRAILER] {
            let text = format!("#EXTM3U\n{text}{trailer}");
            let error = MediaPlaylist::parse(&text).unwrap_err();
            assert_eq!(error, ParseError { line, column, kind }, "{text:?}");
        }
    }
}

#[test]
fn limits_hold_for_plain_lines() {
    let longest = "#EXT-X-PART:DURATION=1,URI=\"p\"".len();
    for trailer in ["", &"#\n".repeat(40)] {
        let text = format!(
            "#EXTM3U\n#EXT-X-PART:DURATION=1,URI=\"p\"\n#EXTINF:5.125,title\nsegment-1.ts\n{trailer}"
        );
        let within = |line_bytes, attributes| {
            let limits = Limits { line_bytes, attributes, ..Limits::default() };
            MediaPlaylist::parse_with(&text, &limits).map(|playlist| playlist.len())
        };
        assert_eq!(within(longest, 2), Ok(1));
        let error = within(longest - 1, 2).unwrap_err();
        let kind = ParseErrorKind::LineTooLong { limit: longest - 1 };
        assert_eq!(error, ParseError { line: 2, column: 1, kind });
        assert!(within(longest, 1).is_err(), "a limit of attributes below what plain lists have");
    }
}

/// The second EXTINF takes the place of the first, and is used up by its URI.
#[test]
fn an_extinf_without_a_uri_does_not_wait_for_a_later_one() {
    let head = "#EXTM3U\n#EXT-X-TARGETDURATION:7\n#EXTINF:5,\n";
    for between in ["", "# a comment\n", "#EXT-X-BITRATE:9\n"] {
        for trailer in ["", TRAILER] {
            let text = format!("{head}{between}#EXTINF:3,\nb\nc\n{trailer}");
            let playlist = MediaPlaylist::parse(&text).unwrap();
            let lengths: Vec<_> = playlist.segments().map(|segment| segment.duration()).collect();
            // Without one of its own, a segment counts as long as the target duration.
            assert_eq!(lengths, [3, 7].map(Ticks::from_seconds), "{between}");
        }
    }
}

#[test]
fn plain_lines_keep_the_limit_of_a_line() {
    let limits = Limits { line_bytes: 50, ..Limits::default() };
    for (before, start, end, after, number) in [
        ("#EXTINF:5,\n", "", "", "", 3),
        ("", "#EXTINF:5,", "", "a\n", 2),
        ("", "#EXT-X-PART:DURATION=2,URI=\"", "\"", "#EXTINF:5,\na\n", 2),
        ("", "#EXT-X-BYTERANGE:00000000000000000005@", "", "#EXTINF:5,\na\n", 2),
        ("", "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T04:44:59.", "Z", "#EXTINF:5,\na\n", 2),
    ] {
        for (length, line_end) in [(49, "\r\n"), (50, "\n"), (51, "\n"), (51, "\r\n")] {
            let line = format!("{start}{}{end}", "0".repeat(length - start.len() - end.len()));
            for trailer in ["", &"#\n".repeat(40)] {
                let text = format!("#EXTM3U\n{before}{line}{line_end}{after}{trailer}");
                let kind = ParseErrorKind::LineTooLong { limit: 50 };
                let too_long = ParseError { line: number, column: 1, kind };
                let expected = if length > 50 { Err(too_long) } else { Ok(1) };
                let parsed = MediaPlaylist::parse_with(&text, &limits);
                assert_eq!(parsed.map(|playlist| playlist.len()), expected, "{text:?}");
            }
        }
    }
}

/// Lines as packagers write them, and with a few bytes changed anywhere: with a blank before each, so
/// that none is plain, they mean the same.
#[test]
fn whatever_is_changed_in_plain_lines_they_mean_what_they_mean_to_the_parser_of_all_lines() {
    const LINES: [&str; 12] = [
        "#EXTINF:4.123,\nsegment-0000001.mp4\n",
        "#EXTINF:6,a title\r\nhttps://cdn.example.com/v/2.ts\r\n",
        "#EXTINF:9.96666667,\na\n",
        "#EXTINF:1234567.1234567,\nseg.ts?x=1&y=#z\n",
        "#EXT-X-BYTERANGE:100@20\n#EXTINF:5,\nv.mp4\n",
        "#EXT-X-BYTERANGE:12345678@123456789\n#EXTINF:5.0,\nv.mp4\n",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T04:44:59.123Z\n",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T04:44:59.123456+08:00\r\n",
        "#EXT-X-PART:DURATION=2.000,URI=\"part-0000001.0.mp4\",INDEPENDENT=YES\n",
        "#EXT-X-PART:URI=\"p\",DURATION=1.33333,BYTERANGE=\"10@5\",GAP=YES\n",
        "#EXT-X-DISCONTINUITY\n",
        "segment-without-a-duration.mp4\n",
    ];
    const PIECES: [&str; 30] = [
        "",
        "",
        "0",
        "9",
        "7",
        "00000000",
        "123456789",
        ".",
        ",",
        ":",
        "/",
        "@",
        "-",
        "+",
        "=",
        "\"",
        "#",
        " ",
        "\t",
        "\r",
        "\n",
        "\0",
        "\u{7F}",
        "\u{85}",
        "{",
        "{$a}",
        "}",
        "é",
        "٤",
        "\u{FEFF}",
    ];
    let mut state = 0x7468_616C_7765_6701_u64;
    let mut below = |end: usize| {
        // Xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 33) % end as u64) as usize
    };
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut lines: String = (0..1 + below(4)).map(|_| LINES[below(LINES.len())]).collect();
        for _ in 0..below(3) {
            let places: Vec<usize> = lines.char_indices().map(|(at, _)| at).collect();
            let at = places[below(places.len())];
            let end = lines[at..].chars().next().map_or(at, |char| at + char.len_utf8());
            let end = if below(2) == 0 { at } else { end };
            lines.replace_range(at..end, PIECES[below(PIECES.len())]);
        }
        let head = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"1\"\n";
        let body = format!("{lines}{}{TRAILER}", if lines.ends_with('\n') { "" } else { "\n" });
        let spaced: String = body.split_inclusive('\n').map(|line| format!(" {line}")).collect();
        let (plain, spaced) = (format!("{head}{body}"), format!("{head}{spaced}"));
        let expected = told(&spaced, 0).map_err(|error| {
            let shift = u32::from(error.line > 3);
            ParseError { column: error.column - shift, ..error }
        });
        accepted += usize::from(expected.is_ok());
        assert_eq!(told(&plain, 0), expected, "{plain:?}");
    }
    assert!(accepted > 5_000, "{accepted} are right");
}
