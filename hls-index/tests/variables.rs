//! EXT-X-DEFINE and variable substitution (RFC 8216bis §4.3, §4.4.2.3, §6.3.1).

use hls_index::{Limits, MediaPlaylist, MultivariantPlaylist, ParseErrorKind, Source};

fn parse(text: &str) -> MediaPlaylist<'_> {
    MediaPlaylist::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> (u32, u32, ParseErrorKind) {
    let error = MediaPlaylist::parse(text).expect_err(text);
    (error.line, error.column, error.kind)
}

#[test]
fn uris_quoted_strings_and_hexadecimal_sequences_are_substituted() {
    let playlist = parse(
        "#EXTM3U
#EXT-X-DEFINE:NAME=\"host\",VALUE=\"https://a.example.com\"
#EXT-X-DEFINE:NAME=\"iv_1\",VALUE=\"0B\"
#EXT-X-DEFINE:NAME=\"empty\",VALUE=\"\"
#EXT-X-KEY:METHOD=AES-128,URI=\"{$host}/key\",IV=0x0A{$iv_1}
#EXT-X-MAP:URI=\"{$host}/init{$empty}.mp4\",BYTERANGE=\"7@1\"
#EXT-X-PART:DURATION=5,URI=\"{$host}/p\"
#EXT-X-DATERANGE:ID=\"{$iv_1}\",START-DATE=\"2020-01-01T00:00:00Z\",X-A=\"<{$host}>\"
#EXTINF:5,{$host}
{$host}/{$iv_1}{$empty}{$iv_1}.ts
#EXTINF:5,
plain.ts
",
    );
    let segment = playlist.segment(0).unwrap();
    assert_eq!(segment.uri(), "https://a.example.com/0B0B.ts");
    assert_eq!(segment.title(), Some("{$host}"), "a title is not substituted");
    let key = segment.keys().first().unwrap();
    assert_eq!(key.uri, "https://a.example.com/key");
    assert_eq!(key.iv, Some(0x0A0Bu128.to_be_bytes()));
    assert_eq!(segment.map().unwrap().uri, "https://a.example.com/init.mp4");
    assert_eq!(segment.parts().next().unwrap().uri, "https://a.example.com/p");
    let range = playlist.date_range("0B").unwrap();
    assert_eq!(range.attribute("X-A"), Some("<https://a.example.com>"));
    assert_eq!(playlist.segment(1).unwrap().uri(), "plain.ts");
    let variables: Vec<_> = playlist.variables().iter().collect();
    assert_eq!(variables, [("host", "https://a.example.com"), ("iv_1", "0B"), ("empty", "")]);
    assert_eq!(playlist.variables().find("iv_1"), Some("0B"));
    assert_eq!(playlist.variables().find("IV_1"), None, "names are case-sensitive");
    assert!(playlist.text().contains("{$host}/key"), "the text itself stays");
}

#[test]
fn a_playlist_without_references_is_not_copied() {
    let text = "#EXTM3U\n#EXTINF:5,\na{b}$c.ts\n";
    let playlist = parse(text);
    let uri = playlist.segment(0).unwrap().uri();
    assert!(text.as_bytes().as_ptr_range().contains(&uri.as_ptr()));
    assert_eq!(uri, "a{b}$c.ts");
}

#[test]
fn what_a_value_brings_is_never_read_as_a_line() {
    let playlist =
        parse("#EXTM3U\n#EXT-X-DEFINE:NAME=\"x\",VALUE=\"#EXT-X-ENDLIST\"\n#EXTINF:5,\n{$x}\n");
    assert!(!playlist.is_ended());
    assert_eq!(playlist.segment(0).unwrap().uri(), "#EXT-X-ENDLIST");
    // Nor as an attribute.
    let text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"x\",VALUE=\"0,URI=k\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"u\",IV=0x{$x}\n";
    assert_eq!(refused(text).2, ParseErrorKind::NotAnInitializationVector);
}

#[test]
fn h03_replacements_are_not_substituted_again() {
    let playlist = parse(
        "#EXTM3U\n#EXT-X-DEFINE:NAME=\"open\",VALUE=\"{\"\n#EXT-X-DEFINE:NAME=\"b\",VALUE=\"B\"\n#EXTINF:5,\n{$open}$b}\n",
    );
    assert_eq!(playlist.segment(0).unwrap().uri(), "{$b}");
}

#[test]
fn h03_a_chain_of_definitions_is_stopped() {
    let mut text = String::from("#EXTM3U\n#EXT-X-DEFINE:NAME=\"a0\",VALUE=\"0123456789\"\n");
    for n in 1..=30 {
        let before = n - 1;
        text += &format!("#EXT-X-DEFINE:NAME=\"a{n}\",VALUE=\"{{$a{before}}}{{$a{before}}}\"\n");
    }
    text += "#EXTINF:5,\n{$a30}\n";
    let (line, _, kind) = refused(&text);
    let limit = Limits::default().expanded_bytes;
    assert_eq!(kind, ParseErrorKind::ExpansionTooLong { limit });
    assert!((20..30).contains(&line), "{line}");
    let limits = Limits { expanded_bytes: 100, ..Limits::default() };
    let error = MediaPlaylist::parse_with(&text, &limits).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::ExpansionTooLong { limit: 100 });
    // Many references to one long value.
    let value = "v".repeat(1000);
    let lines = "#EXTINF:5,\n{$v}\n".repeat(200);
    let text = format!("#EXTM3U\n#EXT-X-DEFINE:NAME=\"v\",VALUE=\"{value}\"\n{lines}");
    let limits = Limits { expanded_bytes: 100_000, ..Limits::default() };
    let error = MediaPlaylist::parse_with(&text, &limits).unwrap_err();
    assert_eq!(
        (error.line, error.kind),
        (202, ParseErrorKind::ExpansionTooLong { limit: 100_000 })
    );
}

#[test]
fn h03_variables_are_limited() {
    let text: String =
        (0..1001).map(|n| format!("#EXT-X-DEFINE:NAME=\"v{n}\",VALUE=\"\"\n")).collect();
    let (line, _, kind) = refused(&format!("#EXTM3U\n{text}"));
    assert_eq!((line, kind), (1002, ParseErrorKind::TooManyVariables { limit: 1000 }));
}

#[test]
fn h03_definitions_that_are_none() {
    use ParseErrorKind::*;
    for (list, column, kind) in [
        ("NAME=\"a\"", 15, NotADefinition),
        ("VALUE=\"a\"", 15, NotADefinition),
        ("NAME=\"a\",VALUE=\"b\",IMPORT=\"c\"", 15, NotADefinition),
        ("IMPORT=\"a\",QUERYPARAM=\"b\"", 15, NotADefinition),
        ("NAME=\"\",VALUE=\"b\"", 21, NotAVariableName),
        ("NAME=\"a b\",VALUE=\"b\"", 21, NotAVariableName),
        ("NAME=\"é\",VALUE=\"b\"", 21, NotAVariableName),
        ("NAME=\"known\",VALUE=\"b\"", 21, DuplicateVariable),
        ("IMPORT=\"a\"", 23, VariableNotImported),
        ("QUERYPARAM=\"a\"", 27, NoSuchQueryParameter),
        ("NAME=\"a\",VALUE=\"{$b}\"", 31, UndefinedVariable),
        ("NAME=\"a\",VALUE=\"{$a}\"", 31, UndefinedVariable),
    ] {
        let text = format!(
            "#EXTM3U\n#EXT-X-DEFINE:NAME=\"known\",VALUE=\"\"\n#EXT-X-DEFINE:{list}\n#EXTINF:5,\na\n"
        );
        assert_eq!(refused(&text), (3, column, kind), "{list}");
    }
}

#[test]
fn h03_a_reference_needs_a_definition_before_it() {
    let undefined = ParseErrorKind::UndefinedVariable;
    assert_eq!(refused("#EXTM3U\n#EXTINF:5,\nx{$a}\n"), (3, 2, undefined));
    let text = "#EXTM3U\n#EXTINF:5,\n{$a}\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n";
    assert_eq!(refused(text), (3, 1, undefined));
    assert_eq!(refused("#EXTM3U\n#EXT-X-MAP:URI=\"{$a}\"\n"), (2, 17, undefined));
    // Where nothing is substituted, nothing is missing.
    assert_eq!(parse("#EXTM3U\n# {$a}\n#EXT-X-OTHER:{$a}\n#EXTINF:5,{$a}\nb\n").len(), 1);
}

#[test]
fn variables_are_imported_from_the_multivariant_playlist() {
    let main = MultivariantPlaylist::parse(
        "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"1\"\n#EXT-X-DEFINE:NAME=\"b\",VALUE=\"{$a}2\"\n",
    )
    .unwrap();
    let source = Source::new().imports(main.variables());
    let text = "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"b\"\n#EXTINF:5,\n{$b}.ts\n";
    let playlist = MediaPlaylist::parse_from(text, &source).unwrap();
    assert_eq!(playlist.segment(0).unwrap().uri(), "12.ts");
    let text = "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"c\"\n#EXTINF:5,\na\n";
    let error = MediaPlaylist::parse_from(text, &source).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::VariableNotImported);
}

#[test]
fn a_multivariant_playlist_imports_nothing() {
    let error = MultivariantPlaylist::parse("#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"a\"\n").unwrap_err();
    assert_eq!((error.line, error.kind), (2, ParseErrorKind::ImportInMultivariant));
}

#[test]
fn variables_come_from_the_query_of_the_uri() {
    let text = "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"token\"\n#EXTINF:5,\na?t={$token}\n";
    let source = Source::new().uri("https://example.com/live.m3u8?x=1&token=a%2Fb#f");
    let playlist = MediaPlaylist::parse_from(text, &source).unwrap();
    assert_eq!(playlist.segment(0).unwrap().uri(), "a?t=a/b");
    for uri in ["live.m3u8", "live.m3u8?token", "live.m3u8?Token=1", "live.m3u8?token=%22"] {
        let error = MediaPlaylist::parse_from(text, &Source::new().uri(uri)).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::NoSuchQueryParameter, "{uri}");
    }
}
