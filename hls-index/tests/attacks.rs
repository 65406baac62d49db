//! Hostile input: a clear error or a documented behaviour, at once and without much memory.
//!
//! The parts' own tests have more of them: `scan`, `attributes`, `byte_range`, `integer`, `date`,
//! `uri`.

use std::time::{Duration, Instant};

use hls_index::{
    AttributeErrorKind, Buffers, DateTime, Limits, MediaPlaylist, MediaSequence,
    ParseDateTimeError, ParseError, ParseErrorKind, Source, Ticks,
};

fn refused(text: &str) -> (u32, u32, ParseErrorKind) {
    match MediaPlaylist::parse(text) {
        Ok(playlist) => panic!("accepted: {text:?} {playlist:?}"),
        Err(ParseError { line, column, kind }) => (line, column, kind),
    }
}

#[test]
fn h01_a_line_without_end() {
    let text = format!("#EXTM3U\n#EXTINF:5,\n{}", "a".repeat(64 << 20));
    let limit = Limits::default().line_bytes;
    assert_eq!(refused(&text), (3, 1, ParseErrorKind::LineTooLong { limit }));
    let longest = format!("#EXTM3U\n#EXTINF:5,\n{}\n", "a".repeat(limit));
    assert_eq!(MediaPlaylist::parse(&longest).unwrap().segment(0).unwrap().uri().len(), limit);
}

#[test]
fn h02_segments_are_limited() {
    let text = format!("#EXTM3U\n{}", "#EXTINF:5,\na\n".repeat(10));
    let limits = Limits { segments: 9, ..Limits::default() };
    let error = MediaPlaylist::parse_with(&text, &limits).unwrap_err();
    assert_eq!((error.line, error.kind), (21, ParseErrorKind::TooManySegments { limit: 9 }));
    let limits = Limits { segments: 10, ..Limits::default() };
    assert_eq!(MediaPlaylist::parse_with(&text, &limits).unwrap().len(), 10);
}

/// The shortest of several runs, as the machine may be busy.
fn time(mut run: impl FnMut()) -> Duration {
    let shortest = (0..9).map(|_| {
        #[expect(clippy::disallowed_methods, reason = "this test measures")]
        let start = Instant::now();
        run();
        start.elapsed()
    });
    shortest.min().unwrap()
}

#[test]
fn h02_time_is_linear() {
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"u\",KEYFORMAT=\"";
    let several =
        |n| (0..n).map(|n| format!("{key}{}\"\n#EXTINF:5,\na\n", n % 16)).collect::<String>();
    let attributes = |n| "#EXT-X-MAP:URI=\"u\",".to_owned() + &"A=1,".repeat(n);
    let inputs: [(&str, &dyn Fn(usize) -> String); 6] = [
        ("segments", &|n| "#EXTINF:5.005,\na\n".repeat(n)),
        ("blank lines", &|n| "\n".repeat(8 * n)),
        ("comments", &|n| "#\n".repeat(8 * n)),
        ("discontinuities", &|n| "#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n".repeat(n)),
        ("keys", &several),
        ("attributes", &attributes),
    ];
    for (name, body) in inputs {
        let [small, large] = [20_000, 160_000].map(|n| {
            let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n{}", body(n));
            // Into the same memory each time: the system's price for new memory is not linear.
            let mut buffers = Some(Buffers::default());
            time(|| {
                let memory = buffers.take().unwrap_or_default();
                let parsed = MediaPlaylist::parse_into(&text, &Source::new(), memory);
                buffers = parsed.ok().map(MediaPlaylist::into_buffers);
            })
        });
        // Eight times the input: linear work takes eight times as long, quadratic 64 times.
        let most = small * 32 + Duration::from_millis(20);
        assert!(large < most, "{name}: {small:?} grew to {large:?}");
    }
}

#[test]
fn h04_durations_that_are_none() {
    for value in
        ["-1", "NaN", "nan", "inf", "1e400", "1e3", "0x10", "", ",", "5.0.0", "+5", "5;", "五"]
    {
        let text = format!("#EXTM3U\n#EXTINF:{value}\na\n");
        assert_eq!(refused(&text), (2, 9, ParseErrorKind::NotADuration), "{value}");
    }
    let none = ParseErrorKind::MissingValue { tag: "EXTINF" };
    assert_eq!(refused("#EXTM3U\n#EXTINF\na\n"), (2, 8, none));
    // As a target duration it is passed over: nothing is timed by it.
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:NaN\n#EXTINF:5,\na\n";
    assert_eq!(MediaPlaylist::parse(text).unwrap().target_duration(), None);
}

#[test]
fn h04_durations_and_sums_that_are_too_long() {
    let too_long = ParseErrorKind::DurationTooLong;
    let huge = "9".repeat(400);
    assert_eq!(refused(&format!("#EXTM3U\n#EXTINF:{huge},\na\n")), (2, 9, too_long));
    let longest = "18446744073.709551615";
    let text = format!("#EXTM3U\n#EXTINF:{longest},\na\n");
    assert_eq!(MediaPlaylist::parse(&text).unwrap().duration(), Ticks::MAX);
    for more in ["0.000000001", "0.000000000000000001"] {
        let text = format!("#EXTM3U\n#EXTINF:{longest},\na\n#EXTINF:{more},\nb\n");
        assert_eq!(refused(&text), (4, 9, too_long), "{more}");
    }
}

#[test]
fn h05_integers_that_are_none() {
    for tag in
        ["EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-VERSION", "EXT-X-BITRATE"]
    {
        let column = tag.len() as u32 + 3;
        for value in ["-1", "+1", "1 2", "1.0", "0x1", "1e3", "one"] {
            let text = format!("#EXTM3U\n#{tag}:{value}\n#EXTINF:5,\na\n");
            assert_eq!(
                refused(&text),
                (2, column, ParseErrorKind::NotAnInteger { tag }),
                "{value}"
            );
        }
        for value in ["18446744073709551616", "000000000000000000000"] {
            let text = format!("#EXTM3U\n#{tag}:{value}\n#EXTINF:5,\na\n");
            assert_eq!(
                refused(&text),
                (2, column, ParseErrorKind::IntegerTooLarge { tag }),
                "{value}"
            );
        }
        let text = format!("#EXTM3U\n#{tag}:\n#EXTINF:5,\na\n");
        assert_eq!(refused(&text), (2, column, ParseErrorKind::MissingValue { tag }));
    }
}

#[test]
fn h06_sequence_numbers_at_the_end_of_all_numbers() {
    let max = u64::MAX;
    let text = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{max}\n#EXTINF:5,\na\n#EXTINF:5,\nb\n");
    assert_eq!(refused(&text), (2, 23, ParseErrorKind::MediaSequenceTooLarge));
    let text = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{max}\n#EXTINF:5,\na\n");
    let playlist = MediaPlaylist::parse(&text).unwrap();
    assert_eq!(playlist.segment(0).unwrap().sequence().0, max);
    assert_eq!(playlist.segment_with_sequence(MediaSequence(max)).unwrap().uri(), "a");

    let text = format!(
        "#EXTM3U\n#EXT-X-DISCONTINUITY-SEQUENCE:{max}\n#EXT-X-DISCONTINUITY\n#EXTINF:5,\na\n"
    );
    assert_eq!(refused(&text), (2, 31, ParseErrorKind::DiscontinuitySequenceTooLarge));
    let text = format!("#EXTM3U\n#EXT-X-DISCONTINUITY-SEQUENCE:{max}\n#EXTINF:5,\na\n");
    assert_eq!(
        MediaPlaylist::parse(&text).unwrap().segment(0).unwrap().discontinuity_sequence(),
        max
    );
}

#[test]
fn h07_byte_ranges_that_overflow() {
    let max = u64::MAX;
    let text = format!("#EXTM3U\n#EXTINF:5,\n#EXT-X-BYTERANGE:2@{}\na\n", max - 1);
    assert_eq!(refused(&text), (3, 18, ParseErrorKind::ByteRangeTooLarge));
    let text = format!(
        "#EXTM3U\n#EXT-X-BYTERANGE:{max}@0\n#EXTINF:5,\na\n#EXT-X-BYTERANGE:1\n#EXTINF:5,\na\n"
    );
    assert_eq!(refused(&text), (5, 18, ParseErrorKind::ByteRangeTooLarge));
    let text = "#EXTM3U\n#EXT-X-MAP:URI=\"i\",BYTERANGE=\"1@x\"\n";
    assert_eq!(refused(text), (2, 31, ParseErrorKind::NotAByteRange));
}

#[test]
fn h08_broken_attribute_lists_are_refused_with_their_place() {
    use AttributeErrorKind::{Comma, Duplicate, Equals, Name, Unterminated, Value};
    for (list, column, kind) in [
        ("METHOD=AES-128,URI=\"k\",URI=\"l\"", 35, Duplicate),
        ("METHOD=AES-128,URI=\"k", 31, Unterminated),
        ("METHOD=AES-128,URI", 30, Equals),
        ("METHOD=AES-128,uri=\"k\"", 27, Name),
        ("METHOD=,URI=\"k\"", 19, Value),
        ("METHOD=AES-128,URI=\"k\"IV=0x0", 34, Comma),
    ] {
        let text = format!("#EXTM3U\n#EXT-X-KEY:{list}\n#EXTINF:5,\na\n");
        assert_eq!(refused(&text), (2, column, ParseErrorKind::Attribute(kind)), "{list}");
    }
    let text = "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\nl\"\n";
    let unterminated = ParseErrorKind::Attribute(Unterminated);
    assert_eq!(refused(text), (2, 31, unterminated), "a line feed in a quote");
    let text = "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\rl\"\n";
    assert_eq!(refused(text).2, ParseErrorKind::LoneCarriageReturn);
}

#[test]
fn h09_texts_that_are_no_text() {
    for control in ["\0", "\u{1}", "\u{B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{9F}"] {
        let text = format!("#EXTM3U\n#EXTINF:5,\na{control}b\n");
        assert_eq!(refused(&text), (3, 2, ParseErrorKind::ControlCharacter), "{control:?}");
    }
    let lone = ParseErrorKind::LoneCarriageReturn;
    assert_eq!(refused("#EXTM3U\n#EXTINF:5,\ra\n"), (2, 11, lone));
    assert_eq!(refused("#EXTM3U\r#EXTINF:5,\ra\r"), (1, 8, lone));

    let bytes = b"#EXTM3U\n#EXTINF:5,\n\xC3\xA9\xFF\n";
    let error = MediaPlaylist::parse_bytes(bytes).unwrap_err();
    assert_eq!(error, ParseError { line: 3, column: 2, kind: ParseErrorKind::NotUtf8 });
    let cut = b"#EXTM3U\n#EXTINF:5,\n\xE2\x82";
    assert_eq!(MediaPlaylist::parse_bytes(cut).unwrap_err().line, 3);
    let utf16: Vec<u8> = "\u{FEFF}#EXTM3U\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(MediaPlaylist::parse_bytes(&utf16).unwrap_err().kind, ParseErrorKind::NotAPlaylist);
}

#[test]
fn h10_foreign_uris_come_through_as_text() {
    for uri in
        ["file:///etc/passwd", "concat:a|b", "data:,x", "//host/x", "\\\\host\\share", "..\\x"]
    {
        let text = format!("#EXTM3U\n#EXTINF:5,\n{uri}\n");
        assert_eq!(MediaPlaylist::parse(&text).unwrap().segment(0).unwrap().uri(), uri);
    }
}

#[test]
fn h16_a_count_of_skipped_segments_sizes_nothing() {
    let text = "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=18446744073709551614\n#EXTINF:5,\na\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    assert_eq!(playlist.segment(0).unwrap().sequence().0, u64::MAX - 1);
    let text =
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=18446744073709551615\n";
    assert_eq!(refused(text), (2, 23, ParseErrorKind::MediaSequenceTooLarge));
    for value in ["-1", "x", "4e9"] {
        let text = format!("#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS={value}\n");
        assert_eq!(refused(&text), (2, 30, ParseErrorKind::NotAnInteger { tag: "EXT-X-SKIP" }));
    }
    let missing =
        ParseErrorKind::MissingAttribute { tag: "EXT-X-SKIP", attribute: "SKIPPED-SEGMENTS" };
    assert_eq!(refused("#EXTM3U\n#EXT-X-SKIP:A=1\n"), (2, 13, missing));
}

#[test]
fn h17_dates_that_are_none() {
    for (value, error) in [
        ("foo", ParseDateTimeError::Format),
        ("2024-02-30T00:00:00Z", ParseDateTimeError::Day),
        ("2024-01-01T00:00:61Z", ParseDateTimeError::Time),
        ("2024-01-01T00:00:00+99:99", ParseDateTimeError::Zone),
    ] {
        assert_eq!(value.parse::<DateTime>(), Err(error), "{value}");
        // Passed over, as players do: the segment keeps the date that the others give it.
        let text = format!(
            "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00Z\n#EXTINF:5,\na\n#EXT-X-PROGRAM-DATE-TIME:{value}\n#EXTINF:5,\nb\n"
        );
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let segment = playlist.segment(1).unwrap();
        assert_eq!(segment.program_date_time(), None, "{value}");
        assert_eq!(segment.date().unwrap().to_string(), "2024-01-01T00:00:05.000Z");
    }
}

#[test]
fn h17_dates_at_the_end_of_the_calendar_and_backwards() {
    let text = "\
#EXTM3U
#EXTINF:18446744000,
a
#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:60Z
#EXTINF:5,
b
#EXT-X-PROGRAM-DATE-TIME:0000-01-01T00:00:00Z
#EXTINF:5,
c
";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let dates: Vec<String> =
        playlist.segments().map(|segment| segment.date().unwrap().to_string()).collect();
    assert_eq!(dates[1], "10000-01-01T00:00:00.000Z");
    assert_eq!(dates[2], "0000-01-01T00:00:00.000Z", "each date stands for itself");
    assert!(dates[0].starts_with("9415-"), "{}", dates[0]);
}

#[test]
fn h18_keys_that_are_none() {
    let vector = ParseErrorKind::NotAnInitializationVector;
    for iv in ["0x", "0x000000000000000000000000000000000", "00", "0xG", "-0x1", "\"\"", "0x+1"] {
        let text = format!("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV={iv}\n");
        let (line, _, kind) = refused(&text);
        assert_eq!((line, kind), (2, vector), "{iv}");
    }
    // A method that nobody has heard of is handed on under its name.
    let text = "#EXTM3U\n#EXT-X-KEY:METHOD=ROT13,URI=\"k\"\n#EXTINF:5,\na\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    assert_eq!(playlist.segment(0).unwrap().keys().first().unwrap().method.0, "ROT13");
}

#[test]
fn h18_attributes_and_key_formats_are_limited() {
    let attributes: String = (0..100_000).map(|n| format!(",X-{n}=1")).collect();
    let text = format!("#EXTM3U\n#EXT-X-KEY:METHOD=NONE{attributes}\n");
    let (line, _, kind) = refused(&text);
    assert_eq!((line, kind), (2, ParseErrorKind::Attribute(AttributeErrorKind::TooMany)));

    let keys = |count| -> String {
        let keys: String = (0..count)
            .map(|n| {
                format!("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMAT=\"{n}\"\n#EXTINF:5,\na\n")
            })
            .collect();
        format!("#EXTM3U\n{keys}")
    };
    assert!(MediaPlaylist::parse(&keys(16)).is_ok());
    let limit = Limits::default().key_formats;
    assert_eq!(refused(&keys(17)), (50, 12, ParseErrorKind::TooManyKeyFormats { limit }));
}

#[test]
fn errors_are_small_copies_that_compare() {
    fn assert_traits<T: Copy + Eq + Send + Sync + core::error::Error>() {}
    assert_traits::<ParseError>();
    assert_traits::<ParseErrorKind>();
    assert!(size_of::<ParseError>() <= 48);
}
