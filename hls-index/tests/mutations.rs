//! 100,000 playlists, each broken in some other way, by a fixed seed: nothing panics, and what is
//! accepted holds together.

use hls_index::{
    Ahead, Limits, Line, MediaPlaylist, MultivariantPlaylist, Playlist, Segment, Ticks, uri,
    validate,
};

const SEED: u64 = 0x7468_616C_7765_6701;
const COUNT: usize = 100_000;

const PLAYLISTS: [&str; 7] = [
    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:18446744073709551600\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:5.005,title\na.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:6.006\nb.ts\n#EXTINF:.5,\nhttps://example.com/c.ts?x=1#y\n#EXT-X-ENDLIST\n",
    "\u{FEFF}#EXTM3U\r\n#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"720@0\"\r\n#EXTINF:2,\r\n#EXT-X-BYTERANGE:500@720\r\nv.mp4\r\n#EXTINF:2,\r\n#EXT-X-BYTERANGE:18446744073709550000\r\nv.mp4\r\n#EXT-X-GAP\r\n#EXTINF:0,\r\nv.mp4\r\n",
    "#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\",KEYFORMAT=\"com.apple\",KEYFORMATVERSIONS=\"1/2\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1234567890ABCDEF\n#EXTINF:3,\na\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:3.999999999999999999,\nb\n#EXT-X-BITRATE:800\n#EXTINF:18446744000,\nc\n",
    "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n# comment \u{E9}\u{1F3AC}\n#EXTINF:4,\na\n#EXT-X-PROGRAM-DATE-TIME:2024-02-29T23:59:60.123+0530\n#EXT-X-CUE-OUT:DURATION=30\n#EXTINF:4,\nb\n#EXTINF:4,\n#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:59-23:59\nc\n#EXT-X-DISCONTINUITY-SEQUENCE:18446744073709551615\n",
    "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"x{y\"\n#EXT-X-DEFINE:NAME=\"b\",VALUE=\"{$a}{$a}\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"{$b}\",IV=0x{$c}\n#EXTINF:5,\n{$a}/{$b}.ts\n#EXT-X-DATERANGE:ID=\"{$a}\",CLASS=\"com.apple.hls.interstitial\",START-DATE=\"2020-01-01T00:00:00Z\",X-ASSET-URI=\"u\",SCTE35-OUT=0xFC3,X-RESUME-OFFSET=-1,CUE=\"PRE\"\n",
    "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24,PART-HOLD-BACK=3\n#EXT-X-START:TIME-OFFSET=-3,PRECISE=YES\n#EXTINF:4,\na\n#EXT-X-PART:URI=\"p\",DURATION=1.5,BYTERANGE=\"5@7\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1,BYTERANGE=\"18446744073709551600\",URI=\"p\",GAP=YES\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"q\",BYTERANGE-START=9\n#EXT-X-RENDITION-REPORT:URI=\"r\",LAST-MSN=7,LAST-PART=1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2,RECENTLY-REMOVED-DATERANGES=\"a\tb\"\n",
    "#EXTM3U\n#EXT-X-DEFINE:NAME=\"v\",VALUE=\"w\"\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"{$v}\",DEFAULT=YES,CHANNELS=\"6/JOC\",URI=\"u\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=1x2,SCORE=1.5,AUDIO=\"g\",REQ-VIDEO-LAYOUT=\"CH-MONO\",CLOSED-CAPTIONS=NONE\n{$v}.m3u8\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"\n#EXT-X-SESSION-DATA:DATA-ID=\"d\",VALUE=\"v\"\n#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\",PATHWAY-ID=\".\"\n",
];

const WORDS: [&str; 24] = [
    "\n",
    "\r",
    "\r\n",
    ",",
    ":",
    "=",
    "\"",
    "@",
    ".",
    "-",
    " ",
    "\t",
    "\0",
    "\u{85}",
    "é",
    "0",
    "9",
    "18446744073709551615",
    "#EXTINF:",
    "#EXT-X-KEY:",
    "#EXT-X-STREAM-INF:",
    "URI=",
    "Z",
    "\u{FEFF}",
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Breaks `text` in one place.
fn mutate(text: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(text.len() + 1);
    let end = (at + 1 + random.below(12)).min(text.len());
    match random.below(7) {
        0 if at < text.len() => text[at] ^= 1 << random.below(8),
        1 if at < text.len() => text[at] = random.next() as u8,
        2 => drop(text.drain(at..end)),
        3 => {
            let copy = text[at..end].to_vec();
            let to = random.below(text.len() + 1);
            text.splice(to..to, copy);
        }
        4 => text.truncate(at),
        5 => {
            let other = PLAYLISTS[random.below(PLAYLISTS.len())].as_bytes();
            let start = random.below(other.len());
            let end = (start + random.below(60)).min(other.len());
            text.splice(at..at, other[start..end].iter().copied());
        }
        _ => {
            let word = WORDS[random.below(WORDS.len())].bytes();
            text.splice(at..end, word);
        }
    }
}

/// Looks at everything that an accepted playlist can be asked.
fn look(playlist: &MediaPlaylist<'_>, moment: Ticks) {
    let index = playlist.index();
    let mut end = Ticks::ZERO;
    for (number, segment) in playlist.segments().enumerate() {
        assert_eq!(segment.number(), number);
        assert_eq!(segment.start(), end);
        assert!(segment.end() >= segment.start());
        end = segment.end();
        if segment.duration() > Ticks::ZERO {
            assert_eq!(index.at(segment.start()).unwrap().number(), number);
            assert_eq!(index.at(segment.end() - Ticks::new(1)).unwrap().number(), number);
        }
        look_at_segment(segment);
    }
    assert_eq!((end, index.end()), (playlist.duration(), playlist.duration()));
    assert!(index.at(end).is_err());
    for ahead in [Ahead::seconds(10), Ahead::segments(2), Ahead::time(Ticks::MAX)] {
        for fetch in index.window(moment, ahead) {
            assert!(!fetch.segment.is_gap());
            assert!(uri::scheme(&uri::resolve("https://example.com/a/b", fetch.uri)).is_some());
        }
    }
    let uris = playlist.lines().filter(|line| matches!(line, Line::Uri(_))).count();
    assert_eq!(uris, playlist.len());
    assert_eq!(playlist.trailing_parts().len(), playlist.trailing_parts().count());
    let _ =
        (playlist.skip(), playlist.preload_hints().count(), playlist.rendition_reports().count());
    for range in playlist.date_ranges() {
        assert!(playlist.date_range(range.id).is_some());
        let _ = (playlist.date_range_end(&range), range.interstitial(), range.preload());
    }
    look_at_written(playlist);
}

/// What can be written reads back as the same.
fn look_at_written(playlist: &MediaPlaylist<'_>) {
    assert_eq!(playlist.to_string(), playlist.text());
    let Ok(text) = playlist.to_builder().and_then(|builder| builder.to_text()) else { return };
    let written = MediaPlaylist::parse(&text).unwrap_or_else(|error| {
        panic!("{error}\n{text}\nfrom\n{}", playlist.text());
    });
    assert_eq!(written.duration(), playlist.duration(), "{text}");
    for (new, old) in written.segments().zip(playlist.segments()) {
        assert_eq!((new.uri(), new.byte_range()), (old.uri(), old.byte_range()), "{text}");
        assert_eq!(new.keys().len(), old.keys().len(), "{text}");
    }
}

/// Looks at everything that an accepted multivariant playlist can be asked.
fn look_at_variants(playlist: &MultivariantPlaylist<'_>) {
    for variant in playlist.variants().chain(playlist.i_frame_variants()) {
        assert!(variant.attributes.iter().all(|attribute| attribute.is_ok()));
        let _ = variant.codec_list().count();
    }
    for rendition in playlist.renditions() {
        assert!(playlist.group(rendition.rendition_type, rendition.group_id).count() > 0);
        let _ = rendition.channel_count();
    }
    let _ = (playlist.session_data().count(), playlist.session_keys().count());
    let _ = (playlist.content_steering(), playlist.variables().iter().count());
    assert_eq!(playlist.to_string(), playlist.text());
    let Ok(text) = playlist.to_builder().and_then(|builder| builder.to_text()) else { return };
    let written = MultivariantPlaylist::parse(&text).unwrap_or_else(|error| {
        panic!("{error}\n{text}\nfrom\n{}", playlist.text());
    });
    assert_eq!(written.variants().count(), playlist.variants().count(), "{text}");
}

fn look_at_segment(segment: Segment<'_>) {
    let Some(Line::Uri(uri)) = segment.lines().last() else { panic!("no URI") };
    assert!(uri == segment.uri() || uri.contains("{$"));
    assert_eq!(segment.parts().len(), segment.parts().count());
    for key in segment.keys() {
        let attributes = key.attributes.iter().filter(Result::is_ok).count();
        assert!(attributes >= 2);
        let _ = key.initialization_vector(segment.sequence());
    }
    if let Some(range) = segment.byte_range() {
        assert!(range.end() >= range.offset());
    }
    let _ = (segment.map(), segment.title(), segment.bitrate(), segment.discontinuity_sequence());
    let _ = segment.date().map(|date| (date.to_string(), date.unix_millis()));
}

#[test]
fn no_mutation_panics() {
    let mut random = Random(SEED);
    let limits = Limits {
        line_bytes: 400,
        segments: 12,
        attributes: 6,
        key_formats: 2,
        ..Limits::default()
    };
    let mut accepted = 0;
    for round in 0..COUNT {
        let mut text = PLAYLISTS[round % PLAYLISTS.len()].as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            mutate(&mut text, &mut random);
        }
        let limits = if round % 3 == 0 { limits } else { Limits::default() };
        if let Ok(playlist) = MultivariantPlaylist::parse_bytes_with(&text, &limits) {
            look_at_variants(&playlist);
        }
        if let Ok(text) = str::from_utf8(&text)
            && round % 4 == 0
        {
            let report = validate(text);
            assert!(!report.is_valid() || Playlist::parse(text).is_ok(), "{text}");
            let lines = 1 + text.bytes().filter(|&byte| byte == b'\n').count();
            assert!(report.findings().iter().all(|finding| finding.line as usize <= lines));
        }
        match MediaPlaylist::parse_bytes_with(&text, &limits) {
            Ok(playlist) => {
                accepted += 1;
                let moment = Ticks::new(random.next() % playlist.duration().count().max(1));
                look(&playlist, moment);
            }
            Err(error) => {
                let lines = 1 + text.iter().filter(|&&byte| byte == b'\n').count();
                assert!(error.line >= 1 && error.line as usize <= lines, "{error}");
                assert!(error.column >= 1 && error.column as usize <= text.len() + 1, "{error}");
                assert!(!error.to_string().is_empty());
            }
        }
    }
    // The mutations neither break everything nor leave everything whole.
    assert!((COUNT / 10..COUNT * 9 / 10).contains(&accepted), "{accepted} were accepted");
}

#[test]
fn every_truncation_is_read_or_refused() {
    for text in PLAYLISTS {
        for end in 0..text.len() {
            if let Ok(playlist) = MediaPlaylist::parse_bytes(&text.as_bytes()[..end]) {
                look(&playlist, Ticks::ZERO);
            }
        }
    }
}
