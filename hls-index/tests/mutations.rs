//! 100,000 playlists, each broken in some other way, by a fixed seed: nothing panics, and what is
//! accepted holds together.

use hls_index::{Ahead, Limits, Line, MediaPlaylist, Segment, Ticks, uri};

const SEED: u64 = 0x7468_616C_7765_6701;
const COUNT: usize = 100_000;

const PLAYLISTS: [&str; 4] = [
    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:18446744073709551600\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:5.005,title\na.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:6.006\nb.ts\n#EXTINF:.5,\nhttps://example.com/c.ts?x=1#y\n#EXT-X-ENDLIST\n",
    "\u{FEFF}#EXTM3U\r\n#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"720@0\"\r\n#EXTINF:2,\r\n#EXT-X-BYTERANGE:500@720\r\nv.mp4\r\n#EXTINF:2,\r\n#EXT-X-BYTERANGE:18446744073709550000\r\nv.mp4\r\n#EXT-X-GAP\r\n#EXTINF:0,\r\nv.mp4\r\n",
    "#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\",KEYFORMAT=\"com.apple\",KEYFORMATVERSIONS=\"1/2\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1234567890ABCDEF\n#EXTINF:3,\na\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:3.999999999999999999,\nb\n#EXT-X-BITRATE:800\n#EXTINF:18446744000,\nc\n",
    "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n# comment \u{E9}\u{1F3AC}\n#EXTINF:4,\na\n#EXT-X-PROGRAM-DATE-TIME:2024-02-29T23:59:60.123+0530\n#EXT-X-CUE-OUT:DURATION=30\n#EXTINF:4,\nb\n#EXTINF:4,\n#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:59-23:59\nc\n#EXT-X-DISCONTINUITY-SEQUENCE:18446744073709551615\n",
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
}

fn look_at_segment(segment: Segment<'_>) {
    assert_eq!(segment.lines().last(), Some(Line::Uri(segment.uri())));
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
    let limits = Limits { line_bytes: 400, segments: 12, attributes: 6, key_formats: 2 };
    let mut accepted = 0;
    for round in 0..COUNT {
        let mut text = PLAYLISTS[round % PLAYLISTS.len()].as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            mutate(&mut text, &mut random);
        }
        let limits = if round % 3 == 0 { limits } else { Limits::default() };
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
