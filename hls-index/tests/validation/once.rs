//! Each rule broken once.

use hls_index::{
    MediaPlaylist, MultivariantPlaylist, Playlist, Problem, Severity, Source, validate,
    validate_from,
};

/// What is found in `text`, without its place.
pub(super) fn problems(text: &str) -> Vec<Problem> {
    validate(text).findings().iter().map(|finding| finding.problem).collect()
}

/// Whether `text` has this problem and no other, on this line.
pub(super) fn has_only(text: &str, line: u32, problem: Problem) {
    let report = validate(text);
    let found: Vec<_> = report.findings().iter().map(|it| (it.line, it.problem)).collect();
    assert_eq!(found, [(line, problem)], "{text}");
}

pub(super) const HEAD: &str = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:5\n";

pub(super) const MAP: &str = "#EXT-X-MAP:URI=\"i\"\n";

pub(super) fn media(lines: &str) -> String {
    format!("{HEAD}{MAP}{lines}\n#EXTINF:5.0,\na\n")
}

#[test]
fn a_good_playlist_has_nothing_wrong() {
    for text in [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-VERSION:3\n#EXTINF:9.009,\nhttp://media.example.com/first.ts\n#EXTINF:9,\nb.ts\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1280000,CODECS=\"mp4a.40.5\"\nlow.m3u8\n",
        "#EXTM3U\r\n#EXT-X-TARGETDURATION:10\r\n\r\n# c\r\n#EXTINF:9,\r\nb.ts\r\n",
    ] {
        assert_eq!(problems(text), [], "{text}");
        assert!(Playlist::parse_strict(text).is_ok());
    }
    assert_eq!(problems(&media("")), []);
}

#[test]
fn strict_parsing_lists_every_broken_must() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:6\na\n b\n";
    assert!(MediaPlaylist::parse(text).is_ok());
    let report = MediaPlaylist::parse_strict(text).unwrap_err();
    let found: Vec<_> = report.must_fix().map(|it| (it.line, it.column, it.rule())).collect();
    assert_eq!(found, [(3, 9, "4.4.4.1"), (3, 9, "4.4.3.1"), (5, 1, "4.1"), (5, 2, "4.4.4.1")]);
    assert!(report.to_string().starts_with("must fix: line 3, column 9: EXTINF without a comma"));
    assert!(MultivariantPlaylist::parse_strict("#EXTM3U\n#EXT-X-STREAM-INF:A=1\na\n").is_err());
    // What only a SHOULD forbids is no obstacle.
    let text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na\n";
    has_only(text, 2, Problem::VersionTooHigh(1));
    assert!(MediaPlaylist::parse_strict(text).is_ok());
    assert_eq!(validate(text).should_fix().count(), 1);
    assert_eq!(Problem::VersionTooHigh(1).severity(), Severity::ShouldFix);
}

#[test]
fn characters_and_lines() {
    has_only("\u{FEFF}#EXTM3U\n#EXT-X-TARGETDURATION:5\n", 1, Problem::ByteOrderMark);
    has_only("#EXTM3U\n#EXT-X-TARGETDURATION:5 \n", 2, Problem::WhiteSpace);
    has_only("\n#EXTM3U\n#EXT-X-TARGETDURATION:5\n", 1, Problem::FirstLine);
    let report = validate("#EXTM3U\n#EXT-X-TARGETDURATION:5\n# \u{1}\n");
    assert_eq!((report.findings()[0].line, report.findings()[0].column), (3, 3));
    assert_eq!(report.findings().len(), 1);
    assert!(!validate("<html>").is_valid() && !validate("").is_valid());
}

#[test]
fn media_playlist_tags() {
    let start = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n";
    has_only("#EXTM3U\n#EXTINF:5,\na\n", 1, Problem::Missing("EXT-X-TARGETDURATION"));
    for target in ["0", "5.5", "x"] {
        let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:{target}\n#EXTINF:5,\na\n");
        has_only(&text, 2, Problem::NotATargetDuration);
    }
    for tag in ["EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-ENDLIST"] {
        has_only(&format!("{start}#{tag}\n#{tag}\n"), 4, Problem::Duplicate(tag));
        has_only(&format!("{start}#{tag}:1\n"), 3, Problem::ValueNotExpected(tag));
    }
    let text = format!("{start}#EXTINF:5,\na\n#EXT-X-MEDIA-SEQUENCE:3\n");
    has_only(&text, 5, Problem::AfterSegment("EXT-X-MEDIA-SEQUENCE"));
    let text = format!("{start}#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n");
    has_only(&text, 4, Problem::AfterDiscontinuity);
    has_only(&format!("{start}#EXT-X-PLAYLIST-TYPE:LIVE\n"), 3, Problem::NotAPlaylistType);
    has_only(&format!("{start}#EXT-X-PLAYLIST-TYPE:VOD\n"), 3, Problem::VodWithoutEnd);
    let control = |list: &str| format!("{start}#EXT-X-SERVER-CONTROL:{list}\n");
    has_only(&control("CAN-SKIP-UNTIL=29.9"), 3, Problem::SkipBoundaryTooShort);
    has_only(&control("CAN-SKIP-DATERANGES=YES"), 3, Problem::SkipDateRangesAlone);
    has_only(&control("HOLD-BACK=14"), 3, Problem::HoldBackTooShort);
    let parts = |back| {
        format!(
            "{start}#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-SERVER-CONTROL:PART-HOLD-BACK={back}\n"
        )
    };
    has_only(&parts("1.9"), 4, Problem::PartHoldBackTooShort);
    has_only(&parts("2.9"), 4, Problem::PartHoldBackShort);
    has_only(&format!("{start}#EXT-X-PART-INF:PART-TARGET=1\n"), 3, Problem::NoPartHoldBack);
    let hold = Problem::UnknownAttribute("EXT-X-SERVER-CONTROL");
    has_only(&control("HOLDBACK=18"), 3, hold);
}

#[test]
fn segments() {
    let start = "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:5\n#EXT-X-BYTERANGE:1@0\n#EXTINF:4.5,\na\n";
    let with = |lines: &str| format!("{start}{lines}");
    has_only(&with("#EXTINF:5.5,\nb\n"), 7, Problem::SegmentTooLong);
    assert_eq!(problems(&with("#EXTINF:5.49,\nb\n")), [], "rounded it is 5");
    has_only(&with("b\n"), 7, Problem::NoDuration);
    has_only(&with("#EXTINF:5,\n"), 7, Problem::NoSegment);
    has_only(&with("#EXTINF:5\nb\n"), 7, Problem::NoComma);
    has_only(&with("#EXTINF:-1,\nb\n"), 7, Problem::NotADuration);
    has_only(&with("#EXT-X-BYTERANGE:x\n#EXTINF:5,\nb\n"), 7, Problem::NotAByteRange);
    has_only(&with("#EXT-X-BYTERANGE:1\n#EXTINF:5,\nb\n"), 7, Problem::RangeWithoutOffset);
    assert_eq!(problems(&with("#EXT-X-BYTERANGE:1\n#EXTINF:5,\na\n")), []);
    has_only(&with("#EXT-X-PROGRAM-DATE-TIME:foo\n#EXTINF:5,\nb\n"), 7, Problem::NotADate);
    for date in ["2024-01-01T00:00:00.000", "2024-01-01T00:00:00Z"] {
        let text = with(&format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n#EXTINF:5,\nb\n"));
        has_only(&text, 7, Problem::DateNotExact);
    }
    let text = with(
        "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00.000Z\n#EXTINF:5,\nb\n#EXT-X-DISCONTINUITY\n#EXTINF:5,\nc\n",
    );
    has_only(&text, 10, Problem::NoDateAtDiscontinuity);
    let text = with("#EXT-X-BITRATE:x\n#EXTINF:5,\nb\n");
    has_only(&text, 7, Problem::NotAnInteger("EXT-X-BITRATE"));
}

#[test]
fn keys_and_maps() {
    has_only(&media("#EXT-X-KEY:METHOD=NONE,URI=\"k\""), 5, Problem::KeyNoneWithAttributes);
    for method in ["AES-256-GCM", "SAMPLE-AES-CTR"] {
        let iv = "0x00000000000000000000000000000001";
        has_only(
            &media(&format!("#EXT-X-KEY:METHOD={method},URI=\"k\",IV={iv}")),
            5,
            Problem::IvForbidden,
        );
    }
    let text = media("#EXT-X-KEY:METHOD=AES-128");
    has_only(&text, 5, Problem::MissingAttribute("EXT-X-KEY", "URI"));
    let text = media("#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"j\"");
    has_only(&text, 6, Problem::MapNeedsIv);
    let text = media("#EXT-X-MAP:URI=\"j\",BYTERANGE=\"5\"");
    has_only(&text, 5, Problem::MapRangeWithoutOffset);
    let text = media("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMATVERSIONS=\"1/x\"");
    has_only(&text, 5, Problem::NotAValue("KEYFORMATVERSIONS", "integers with / between them"));
}

#[test]
fn attribute_lists() {
    let key = |list: &str| media(&format!("#EXT-X-KEY:METHOD=AES-128,{list}"));
    has_only(&key("URI=\"k\", KEYFORMAT=\"f\""), 5, Problem::ListWhiteSpace);
    has_only(&key("URI=\"k\","), 5, Problem::ListWhiteSpace);
    has_only(&key("URI=k"), 5, Problem::NotAValue("URI", "in double quotes"));
    has_only(&key("URI=\"\""), 5, Problem::EmptyValue("URI"));
    has_only(&key("URI=\"k\",X-MINE=1"), 5, Problem::UnknownAttribute("EXT-X-KEY"));
    let iv = Problem::NotAValue("IV", "a hexadecimal sequence");
    has_only(&key("URI=\"k\",IV=0xab"), 5, iv);
    assert!(matches!(problems(&key("URI=\"k\",URI=\"l\""))[..], [Problem::List(_)]));
    let text =
        media("#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"{$c}\"");
    assert!(problems(&text).contains(&Problem::Undefined));
    let text = "#EXTM3U\n#EXT-X-VERSION:11\n#EXT-X-TARGETDURATION:5\n#EXT-X-DEFINE:QUERYPARAM=\"q\"\n#EXTINF:5,\n{$q}\n";
    assert!(!validate(text).is_valid());
    assert!(validate_from(text, &Source::new().uri("a?q=1")).is_valid());
}

#[test]
fn parts_and_hints() {
    let start = format!(
        "{HEAD}#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=3\n{MAP}"
    );
    let part = "#EXT-X-PART:URI=\"p\",DURATION=";
    let with = |lines: &str| format!("{start}{lines}\n#EXTINF:5.0,\na\n");
    has_only(&with(&format!("{part}1.01")), 7, Problem::PartTooLong);
    has_only(&with(&format!("{part}0.84\n{part}1")), 7, Problem::PartTooShort);
    for allowed in [
        format!("{part}1\n{part}0.1"),
        format!("{part}0.1,INDEPENDENT=YES\n{part}1"),
        format!("{part}0.1\n{part}1,GAP=YES"),
    ] {
        assert_eq!(problems(&with(&allowed)), [], "{allowed}");
    }
    has_only(&with(&format!("{part}1\n#EXT-X-DISCONTINUITY")), 8, Problem::AfterPart);
    has_only(&with(&format!("{part}1,BYTERANGE=\"5\"")), 7, Problem::PartRangeWithoutOffset);
    let text = media(&format!("{part}1"));
    has_only(&text, 5, Problem::Missing("EXT-X-PART-INF"));
    let hint = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p\"";
    has_only(&with(&format!("{hint}\n{hint}")), 8, Problem::SecondHint);
    has_only(&with(&format!("{hint}\n#EXT-X-ENDLIST")), 7, Problem::HintAfterEnd);
    let text = format!(
        "#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:5\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=3\n{MAP}{part}1\n#EXTINF:5,\na\n"
    );
    has_only(&text, 8, Problem::PartsOfIFrames);
    has_only(&media("#EXT-X-START:TIME-OFFSET=6\n#EXT-X-ENDLIST"), 5, Problem::StartPastEnd);
    has_only(&media("#EXT-X-START:TIME-OFFSET=-4.5"), 5, Problem::StartNearEnd);
}

#[test]
fn date_ranges() {
    let date = "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00.000Z\n";
    let start = "START-DATE=\"2024-01-01T00:00:00.000Z\"";
    let end = |second| format!("END-DATE=\"2024-01-01T00:00:0{second}.000Z\"");
    let range = |list: &str| format!("#EXT-X-DATERANGE:ID=\"a\",{list}");
    let with = |lines: &str| media(&format!("{date}{lines}"));
    has_only(&media(&range(start)), 5, Problem::DateRangeWithoutDates);
    has_only(&with(&range("DURATION=5")), 6, Problem::NoStartDate);
    let before = "END-DATE=\"2023-01-01T00:00:00.000Z\"";
    has_only(&with(&range(&format!("{start},{before}"))), 6, Problem::EndsBeforeItStarts);
    has_only(&with(&range(&format!("{start},DURATION=4,{}", end(5)))), 6, Problem::EndContradicts);
    assert_eq!(problems(&with(&range(&format!("{start},DURATION=5,{}", end(5))))), []);
    let two = format!("{}\n{}", range(&format!("{start},X-A=1")), range("X-A=2"));
    has_only(&with(&two), 7, Problem::AttributesContradict);
    has_only(&with(&range(&format!("{start},END-ON-NEXT=YES"))), 6, Problem::EndOnNextNeedsClass);
    let text = with(&range(&format!("{start},CLASS=\"c\",END-ON-NEXT=YES,DURATION=1")));
    has_only(&text, 6, Problem::EndOnNextWithEnd);
    let text = with(&format!(
        "#EXT-X-DATERANGE:ID=\"x\",CLASS=\"c\",{start},END-ON-NEXT=YES\n#EXT-X-DATERANGE:ID=\"y\",CLASS=\"c\",{start},DURATION=5\n#EXT-X-DATERANGE:ID=\"z\",CLASS=\"c\",{start},DURATION=1"
    ));
    has_only(&text, 8, Problem::OverlapsEndOnNext);
    has_only(&with(&range(&format!("{start},CUE=\"PRE,POST\""))), 6, Problem::CueBeforeAndAfter);
    let text = with(&range(&format!("{start},CLASS=\"com.apple.hls.interstitial\"")));
    has_only(&text, 6, Problem::NotOneAsset);
    let text = with(&range(&format!("{start},CLASS=\"com.apple.hls.preload\",X-URI=\"u\"")));
    has_only(&text, 6, Problem::PreloadNotWhole);
}

#[test]
fn variants_and_renditions() {
    let variant = "#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\"";
    let with = |lines: &str| format!("#EXTM3U\n{lines}\n");
    has_only(&with(variant), 2, Problem::VariantWithoutUri);
    has_only(&with(&format!("{variant}\na\nb")), 4, Problem::UriWithoutVariant);
    has_only(&with("#EXT-X-STREAM-INF:BANDWIDTH=1\na"), 2, Problem::NoCodecs);
    let missing = Problem::MissingAttribute("EXT-X-STREAM-INF", "BANDWIDTH");
    has_only(&with("#EXT-X-STREAM-INF:CODECS=\"c\"\na"), 2, missing);
    let text = with(&format!("{variant},SCORE=1\na\n{variant}\nb"));
    has_only(&text, 4, Problem::NotAllHaveScores);
    has_only(&with(&format!("{variant},AUDIO=\"g\"\na")), 2, Problem::NoSuchGroup("AUDIO"));
    let text = with(&format!("{variant},CLOSED-CAPTIONS=NONE\na\n{variant}\nb"));
    has_only(&text, 4, Problem::NotAllWithoutCaptions);
    let text = with(&format!("#EXT-X-VERSION:12\n{variant},REQ-VIDEO-LAYOUT=\"CH-MONO\"\na"));
    has_only(&text, 3, Problem::LayoutNotNeeded);
    let text = with(&format!("#EXT-X-VERSION:12\n{variant},REQ-VIDEO-LAYOUT=\"CH-STEREO,\"\na"));
    has_only(&text, 3, Problem::EmptyLayout);
    let text = with(&format!("{variant},STABLE-VARIANT-ID=\"a b\"\na"));
    has_only(&text, 2, Problem::NotAStableId("STABLE-VARIANT-ID"));

    let rendition = |list: &str| with(&format!("#EXT-X-MEDIA:GROUP-ID=\"g\",NAME=\"n\",{list}"));
    has_only(&rendition("TYPE=SUBTITLES"), 2, Problem::SubtitlesNeedUri);
    let captions = "TYPE=CLOSED-CAPTIONS,INSTREAM-ID=\"CC1\"";
    has_only(&rendition(&format!("{captions},URI=\"u\"")), 2, Problem::CaptionsHaveNoUri);
    for id in ["CC5", "SERVICE0", "SERVICE64", "x"] {
        let text = with(&format!(
            "#EXT-X-VERSION:7\n#EXT-X-MEDIA:GROUP-ID=\"g\",NAME=\"n\",TYPE=CLOSED-CAPTIONS,INSTREAM-ID=\"{id}\""
        ));
        assert!(problems(&text).contains(&Problem::NotAnInstreamId), "{id}");
    }
    has_only(&rendition("TYPE=VIDEO,BIT-DEPTH=8"), 2, Problem::OnlyForAudio("BIT-DEPTH"));
    has_only(&rendition("TYPE=VIDEO,FORCED=NO"), 2, Problem::ForcedOnlyForSubtitles);
    has_only(&rendition("TYPE=VIDEO,DEFAULT=YES,AUTOSELECT=NO"), 2, Problem::DefaultNotAutoselect);
    has_only(&rendition("TYPE=AUDIO"), 2, Problem::NoChannels);
    let video = |group: &str, name: &str| {
        format!("#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"{group}\",NAME=\"{name}\"")
    };
    has_only(&with(&[video("g", "n"), video("g", "n")].join("\n")), 3, Problem::SameName);
    let two = format!("{},DEFAULT=YES\n{},DEFAULT=YES", video("g", "n"), video("g", "m"));
    has_only(&with(&two), 3, Problem::SecondDefault);
    has_only(&with(&[video("g", "n"), video("h", "m")].join("\n")), 3, Problem::GroupsDiffer);
    let missing = Problem::MissingAttribute("EXT-X-MEDIA", "NAME");
    has_only(&with("#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"g\""), 2, missing);
    for (name, of_type) in [
        ("AUDIO", "TYPE=AUDIO,CHANNELS=\"2\""),
        ("VIDEO", "TYPE=VIDEO"),
        ("SUBTITLES", "TYPE=SUBTITLES,URI=\"u\",FORCED=YES"),
        ("CLOSED-CAPTIONS", "TYPE=CLOSED-CAPTIONS,INSTREAM-ID=\"CC1\""),
    ] {
        let text = with(&format!("{variant},{name}=\"g\"\na"));
        has_only(&text, 2, Problem::NoSuchGroup(name));
        let text = format!("{}{variant},{name}=\"g\"\na\n", rendition(of_type));
        assert_eq!(problems(&text), [], "{name}");
    }
}

#[test]
fn session_tags_and_mixtures() {
    let with = |lines: &str| format!("#EXTM3U\n{lines}\n");
    let data = "#EXT-X-SESSION-DATA:DATA-ID=\"d\"";
    has_only(&with(data), 2, Problem::NotOneValue);
    has_only(&with(&format!("{data},VALUE=\"v\",URI=\"u\"")), 2, Problem::NotOneValue);
    let two = format!("{data},VALUE=\"v\"\n{data},VALUE=\"w\"");
    has_only(&with(&two), 3, Problem::SameData);
    has_only(&with("#EXT-X-SESSION-KEY:METHOD=NONE"), 2, Problem::SessionKeyNone);
    let key = "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"k\"";
    has_only(&with(&format!("{key}\n{key}")), 3, Problem::SameSessionKey);
    let text = with("#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\",PATHWAY-ID=\"P\"");
    has_only(&text, 2, Problem::NoSuchPathway);
    let text = with("#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\"\na\n#EXT-X-ENDLIST");
    has_only(&text, 4, Problem::Mixed);
}

#[test]
fn the_version_must_be_high_enough() {
    let with = |version: u64, line: &str| {
        format!(
            "#EXTM3U\n#EXT-X-VERSION:{version}\n#EXT-X-TARGETDURATION:5\n{line}\n#EXTINF:5,\na\n"
        )
    };
    for (needed, line) in [
        (2, "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x00000000000000000000000000000001"),
        (4, "#EXT-X-BYTERANGE:5@0"),
        (4, "#EXT-X-I-FRAMES-ONLY"),
        (5, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\""),
        (5, "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMAT=\"f\""),
        (6, "#EXT-X-MAP:URI=\"m\""),
        (9, "#EXT-X-SKIP:SKIPPED-SEGMENTS=3"),
        (10, "#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"\""),
    ] {
        assert_eq!(problems(&with(needed, line)), [], "{line}");
        has_only(&with(needed - 1, line), 2, Problem::VersionTooLow(needed));
        has_only(&with(needed + 1, line), 2, Problem::VersionTooHigh(needed));
    }
    let text = "#EXTM3U\n#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"g\",NAME=\"n\",INSTREAM-ID=\"x\"\n";
    has_only(text, 1, Problem::VersionTooLow(13));
    let text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"v\",VALUE=\"x\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"c\"\n{$v}\n";
    has_only(text, 1, Problem::VersionTooLow(8));
}
