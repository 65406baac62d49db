//! The master record: what goes in comes out, and damage never passes for truth.

use hls_index::record::{Record, RecordError, Recorder, RecorderError};
use hls_index::{
    AttributeList, ByteRange, DateTime, LivePlaylist, MediaPlaylist, MediaSequence, Placement,
    Replacement, SegmentIndex, Source, Ticks, UriTemplate, seconds,
};
use proptest::prelude::*;

/// A playlist with everything that a record keeps, of `count` segments.
fn rich(count: usize) -> String {
    let mut text = String::from("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"init.mp4\"\n");
    let mut state = 1u64;
    for number in 0..count {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = state >> 33;
        if number % 10 == 3 {
            text += "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"600@0\"\n";
            text += &format!("#EXT-X-PROGRAM-DATE-TIME:2026-01-0{}T00:00:00.5Z\n", number % 9 + 1);
        }
        if number % 15 == 5 {
            text += &format!("#EXT-X-KEY:METHOD=AES-128,URI=\"key{number}\"\n");
        }
        if number % 17 == 9 {
            text += "#EXT-X-GAP\n";
        }
        if number % 4 < 2 {
            text += &format!("#EXT-X-BYTERANGE:{}@{}\n", random % 5_000_000, number * 5_000_000);
        }
        let name = match number % 12 {
            0 => format!("intro/{random:x}.m4s?a=b"),
            _ => format!("v/seg_{number:05}.m4s"),
        };
        text += &format!("#EXTINF:{}.{:06},\n{name}\n", 3 + random % 4, random % 1_000_000);
    }
    text
}

fn servers() -> Placement {
    let mut placement = Placement::new();
    let a = placement.add_server("a", "https://a.example.com/film/").unwrap();
    let b = placement.add_server("b", "https://b.example.com/x/film/").unwrap();
    let clone = Replacement::new().host("c.example.com").parameter("t", "1");
    placement.clone_pathway("a", "c", clone).unwrap();
    placement.place(MediaSequence(0), &[a, b]).unwrap();
    placement.place(MediaSequence(20), &[b]).unwrap();
    placement.place(MediaSequence(21), &[]).unwrap();
    placement.place(MediaSequence(25), &[b, a]).unwrap();
    let archive = placement.add_server("archive", "https://d.example.com/").unwrap();
    placement.place(MediaSequence(40), &[b]).unwrap();
    placement.place_as(archive, UriTemplate::new("old/", 6, ".m4s"), 1).unwrap();
    placement.place_as(a, UriTemplate::new("é", 0, ""), u64::MAX - 3).unwrap();
    placement
}

fn record(text: &str, placement: &Placement, page_bits: u32) -> Vec<u8> {
    let playlist = MediaPlaylist::parse(text).unwrap();
    let mut recorder = Recorder::with_page_bits(99, page_bits);
    recorder.append(&playlist.index(), placement).unwrap();
    let mut bytes = Vec::new();
    recorder.write_to(&mut bytes);
    bytes
}

/// Holds everything that the record says of its first `count` segments against the playlist.
fn check(record: &Record<'_>, index: &SegmentIndex<'_>, placement: &Placement) -> usize {
    let count = record.len() as usize;
    for (number, segment) in index.playlist().segments().take(count).enumerate() {
        let entry = record.entry(number as u64).unwrap();
        let span = index.span(&segment);
        assert_eq!(entry.number(), number as u64);
        assert_eq!(entry.sequence(), segment.sequence());
        assert_eq!((entry.start(), entry.end()), (span.start, span.end));
        assert_eq!(entry.uri(), segment.uri());
        assert_eq!(entry.byte_range(), segment.byte_range());
        assert_eq!(entry.bytes(), segment.byte_range().map(ByteRange::length));
        assert_eq!(entry.is_gap(), segment.is_gap());
        assert_eq!(entry.is_discontinuity(), segment.is_discontinuity());
        assert_eq!(entry.date(), segment.date());
        let map = segment.map();
        assert_eq!(entry.map().map(|map| map.uri), map.map(|map| map.uri));
        let range = entry.map().and_then(|map| map.byte_range);
        assert_eq!(range, map.and_then(|map| map.byte_range));
        let keys = segment.keys().iter().map(|key| key.attributes.as_str());
        assert!(entry.keys().map(|key| key.as_str()).eq(keys));
        let keys = map.iter().flat_map(|map| map.keys).map(|key| key.attributes.as_str());
        assert!(entry.map_keys().map(|key| key.as_str()).eq(keys));
        let candidates = entry.candidates().map(|candidate| candidate.uri);
        assert!(candidates.eq(placement.candidates(&segment).map(|candidate| candidate.uri)));
        let at = |moment| record.at(moment).map(|entry| entry.sequence());
        if entry.start() < entry.end() {
            assert_eq!(at(entry.start()), Ok(entry.sequence()));
            assert_eq!(at(entry.end() - Ticks::new(1)), Ok(entry.sequence()));
        }
        assert_eq!(record.with_sequence(segment.sequence()).unwrap().number(), number as u64);
    }
    assert_eq!(record.at(record.end()).unwrap_err(), RecordError::PastEnd { end: record.end() });
    assert_eq!(record.entry(count as u64).unwrap_err(), RecordError::NoSuchSegment);
    let entries: Vec<u64> =
        record.entries(0..u64::MAX).map(|entry| entry.unwrap().number()).collect();
    assert!(entries.into_iter().eq(0..count as u64));
    count
}

#[test]
fn everything_comes_back_from_pages_of_every_size() {
    let (text, placement) = (rich(300), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    for page_bits in 10..=16 {
        let bytes = record(&text, &placement, page_bits);
        let record = Record::open(&bytes).unwrap();
        assert!(record.is_whole() && !record.is_ended() && !record.is_empty());
        assert_eq!(record.stream(), 99);
        assert_eq!(record.verify(), Ok(()));
        assert_eq!(check(&record, &index, &placement), 300);
        let recovered = Record::recover(&bytes).unwrap();
        assert_eq!(check(&recovered, &index, &placement), 300);
    }
    let before = Record::open(&record(&text, &placement, 12))
        .unwrap()
        .with_sequence(MediaSequence(6))
        .map(|_| ());
    assert_eq!(before, Err(RecordError::NoSuchSegment));
}

#[test]
fn a_live_record_grows_one_segment_at_a_time() {
    let (text, placement) = (rich(160), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let mut bytes = Vec::new();
    let mut recorder = Recorder::with_page_bits(1, 10);
    for (number, segment) in playlist.segments().enumerate() {
        if number % 3 == 2 {
            // As after a restart.
            recorder = Recorder::resume(&Record::open(&bytes).unwrap()).unwrap();
        }
        recorder.push(&index, &segment, &placement, None).unwrap();
        let patches = recorder.take_patches();
        assert!(!patches.is_empty());
        for patch in patches {
            // Cut off anywhere in the middle of a write, what was there before stays.
            let mut torn = bytes.clone();
            let at = patch.offset as usize;
            assert!(at <= bytes.len() && patch.bytes.len() == 1024);
            torn.resize(torn.len().max(at + 500), 0);
            torn[at..at + 500].copy_from_slice(&patch.bytes[..500]);
            if number > 0 {
                let record = Record::open(&torn).unwrap();
                assert!(record.len() >= number as u64, "{number}");
                assert_eq!(record.verify(), Ok(()));
                let last = record.entry(number as u64 - 1).unwrap();
                assert_eq!(last.uri(), playlist.segment(number - 1).unwrap().uri());
            }
            bytes.resize(bytes.len().max(at + 1024), 0);
            bytes[at..at + 1024].copy_from_slice(&patch.bytes);
        }
        let record = Record::open(&bytes).unwrap();
        assert!(record.is_whole());
        assert_eq!(record.len(), number as u64 + 1);
        assert!(recorder.take_patches().is_empty());
    }
    let record = Record::open(&bytes).unwrap();
    assert_eq!(record.verify(), Ok(()));
    assert_eq!(check(&record, &index, &placement), 160);
    assert_eq!(check(&Record::recover(&bytes).unwrap(), &index, &placement), 160);
}

#[test]
fn a_sliding_window_adds_what_is_new() {
    let window = |first: usize, end: &str| {
        let segments: String =
            (first..first + 4).map(|n| format!("#EXTINF:5.5,\ns{n}.ts\n")).collect();
        format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{first}\n{segments}{end}")
    };
    let placement = Placement::new();
    let (mut recorder, mut bytes) = (Recorder::new(1), Vec::new());
    let mut append = |first, end| {
        let text = window(first, end);
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let added = recorder.append(&playlist.index(), &placement);
        recorder.write_to(&mut bytes);
        added
    };
    assert_eq!(append(10, ""), Ok(4));
    assert_eq!(append(10, ""), Ok(0));
    assert_eq!(append(12, ""), Ok(2));
    assert_eq!(append(8, "#EXT-X-ENDLIST\n"), Ok(0), "an older one");
    let expected = MediaSequence(16);
    assert_eq!(append(17, ""), Err(RecorderError::NotTheNext { expected }), "one was missed");
    assert_eq!(append(13, "#EXT-X-ENDLIST\n"), Ok(1));
    let record = Record::open(&bytes).unwrap();
    assert!(record.is_ended());
    assert_eq!((record.len(), record.end()), (7, seconds(38.5)));
    assert_eq!(record.at(seconds(33.0)).unwrap().uri(), "s16.ts");
    assert_eq!(record.at(seconds(33.0)).unwrap().candidates().count(), 0);
}

#[test]
fn a_live_playlist_is_recorded_as_it_goes() {
    let text = |first: u64, end: &str| {
        let segments: String =
            (first..first + 4).map(|n| format!("#EXTINF:5.5,\ns{n}.ts\n")).collect();
        format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{first}\n{segments}{end}")
    };
    let (source, placement) = (Source::new(), Placement::new());
    let mut live = LivePlaylist::new(&text(10, ""), &source).unwrap();
    let mut late = Recorder::new(2);
    assert_eq!(late.append_live(&live, &placement), Ok(4));
    let mut recorder = Recorder::new(1);
    assert_eq!(recorder.append_live(&live, &placement), Ok(4));
    assert_eq!(recorder.append_live(&live, &placement), Ok(0));
    live.reload(&text(12, ""), &source).unwrap();
    assert_eq!(recorder.append_live(&live, &placement), Ok(2));
    live.reload(&text(15, "#EXT-X-ENDLIST\n"), &source).unwrap();
    assert_eq!(recorder.append_live(&live, &placement), Ok(3));
    let expected = MediaSequence(14);
    assert_eq!(late.append_live(&live, &placement), Err(RecorderError::NotTheNext { expected }));
    let mut bytes = Vec::new();
    recorder.write_to(&mut bytes);
    let record = Record::open(&bytes).unwrap();
    assert!(record.is_ended());
    assert_eq!((record.len(), record.end()), (9, seconds(49.5)));
    assert_eq!(record.with_sequence(MediaSequence(16)).unwrap().uri(), "s16.ts");
}

#[test]
fn dates_stay_right_as_a_window_slides() {
    let window = |first: u64| {
        let date = DateTime::from_unix_nanos(0) + Ticks::from_seconds(61_200 + (first - 100) * 2);
        let segments: String =
            (first..first + 3).map(|n| format!("#EXTINF:2,\n{n}.ts\n")).collect();
        format!(
            "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-PROGRAM-DATE-TIME:{date}\n{segments}"
        )
    };
    let (mut recorder, mut bytes) = (Recorder::new(1), Vec::new());
    for first in [100, 101, 103, 105] {
        let text = window(first);
        let playlist = MediaPlaylist::parse(&text).unwrap();
        recorder.append(&playlist.index(), &Placement::new()).unwrap();
        recorder.write_to(&mut bytes);
        // As after a restart.
        recorder = Recorder::resume(&Record::open(&bytes).unwrap()).unwrap();
    }
    let record = Record::open(&bytes).unwrap();
    let dates: Vec<String> =
        record.entries(0..9).map(|entry| entry.unwrap().date().unwrap().to_string()).collect();
    let expected: Vec<String> =
        (0..8).map(|n| format!("1970-01-01T17:00:{:02}.000Z", 2 * n)).collect();
    assert_eq!(dates, expected);
}

#[test]
fn variables_are_replaced_in_what_is_recorded() {
    let text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"host\",VALUE=\"https://k.example.com\"\n\
        #EXT-X-DEFINE:NAME=\"n\",VALUE=\"7\"\n\
        #EXT-X-KEY:METHOD=AES-128,URI=\"{$host}/m?a={$n}\",X-NOTE=\"{$n}\"\n\
        #EXT-X-MAP:URI=\"{$n}.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"{$host}/k\"\n\
        #EXTINF:5,\n{$n}.ts\n";
    let bytes = record(text, &Placement::new(), 12);
    let record = Record::open(&bytes).unwrap();
    let entry = record.entry(0).unwrap();
    let lists = |keys: Vec<AttributeList<'_>>| -> Vec<String> {
        keys.iter().map(|list| list.as_str().to_owned()).collect()
    };
    assert_eq!(entry.uri(), "7.ts");
    assert_eq!(entry.map().unwrap().uri, "7.mp4");
    assert_eq!(lists(entry.keys().collect()), ["METHOD=AES-128,URI=\"https://k.example.com/k\""]);
    assert_eq!(
        lists(entry.map_keys().collect()),
        ["METHOD=AES-128,URI=\"https://k.example.com/m?a=7\",X-NOTE=\"7\""]
    );
}

#[test]
fn measured_times_are_recorded() {
    let playlist = MediaPlaylist::parse("#EXTM3U\n#EXTINF:5,\na\n#EXTINF:5,\nb\n").unwrap();
    let mut index = playlist.index();
    index.set_measured(MediaSequence(1), seconds(5.25), seconds(10.0)).unwrap();
    let (mut recorder, mut bytes) = (Recorder::new(1), Vec::new());
    recorder.append(&index, &Placement::new()).unwrap();
    recorder.write_to(&mut bytes);
    let record = Record::open(&bytes).unwrap();
    assert_eq!(record.entry(1).unwrap().end() - record.entry(1).unwrap().start(), seconds(4.75));
}

#[test]
fn it_is_small() {
    let placement = {
        let mut placement = Placement::new();
        let a = placement.add_server("a", "https://a.example.com/film/").unwrap();
        let b = placement.add_server("b", "https://b.example.com/film/").unwrap();
        placement.place(MediaSequence(0), &[a, b]).unwrap();
        placement
    };
    let count = 100_000;
    let mut state = 1u64;
    let mut random = |range: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 16) % range
    };
    // Nine random decimals: the worst there is.
    let mut text = |with_sizes| -> String {
        let mut offset = 0;
        let segment = |number| {
            let size = 1_000_000 + random(3_000_000);
            let range = format!("#EXT-X-BYTERANGE:{size}@{offset}\n");
            offset += size;
            let time = format!("{}.{:09}", 3 + random(3), random(1_000_000_000));
            let range = if with_sizes { range } else { String::new() };
            format!("{range}#EXTINF:{time},\nsegment{number}.mp4\n")
        };
        format!("#EXTM3U\n{}", (0..count).map(segment).collect::<String>())
    };
    let per_segment = |text: &str, placement: &Placement| {
        record(text, placement, 12).len() as f64 / f64::from(count)
    };
    let time = per_segment(&text(false), &Placement::new());
    assert!(time <= 8.0, "{time} bytes for the time of a segment");
    let all = per_segment(&text(true), &placement);
    assert!(all <= 16.0, "{all} bytes for time, sizes and places of a segment");
    let uniform: String = (0..count).map(|n| format!("#EXTINF:6.006,\nseg{n:06}.ts\n")).collect();
    let uniform = per_segment(&format!("#EXTM3U\n{uniform}"), &placement);
    assert!(uniform <= 0.1, "{uniform} bytes for one of many equal segments");
}

/// A record in two states: with the last page at its own place, and with a newer copy after it.
fn small_records() -> [(Vec<u8>, u64); 2] {
    let (text, placement) = (rich(52), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let mut recorder = Recorder::with_page_bits(3, 10);
    let mut bytes = Vec::new();
    for segment in playlist.segments().take(50) {
        recorder.push(&index, &segment, &placement, None).unwrap();
    }
    recorder.write_to(&mut bytes);
    let own = (bytes.clone(), 50);
    recorder.push(&index, &playlist.segment(50).unwrap(), &placement, None).unwrap();
    recorder.write_to(&mut bytes);
    assert_eq!(bytes.len(), own.0.len() + 1024);
    [own, (bytes, 51)]
}

/// That what `record` answers is right or an error, at segments in every page; and whether there was
/// an error.
fn answers(record: &Record<'_>, playlist: &MediaPlaylist<'_>) -> bool {
    let mut has_error = false;
    let segments = playlist.segments().take(record.len() as usize);
    for (number, segment) in segments.enumerate().step_by(3) {
        match record.entry(number as u64) {
            Ok(entry) => {
                assert_eq!(entry.uri(), segment.uri());
                assert_eq!((entry.start(), entry.end()), (segment.start(), segment.end()));
            }
            Err(error) => has_error |= matches!(error, RecordError::Damaged { .. }),
        }
        match record.at(segment.start()) {
            Ok(entry) => assert_eq!(entry.uri(), segment.uri()),
            Err(error) => has_error |= matches!(error, RecordError::Damaged { .. }),
        }
    }
    has_error
}

#[test]
fn h21_every_flipped_bit_is_found() {
    let text = rich(52);
    let playlist = MediaPlaylist::parse(&text).unwrap();
    for (bytes, len) in small_records() {
        assert!(bytes.len() >= 3 << 10, "{}", bytes.len());
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match Record::open(&damaged) {
                Ok(record) => {
                    let has_error = answers(&record, &playlist);
                    let is_known = has_error || !record.is_whole();
                    assert_eq!(has_error, record.verify().is_err(), "{bit}");
                    // Unless all is there: then the flip was in what is no longer read.
                    assert!(is_known || record.len() == len, "{bit}");
                }
                Err(error) => {
                    assert!(matches!(error, RecordError::Damaged { .. } | RecordError::NotARecord));
                }
            }
            // Everything before the damaged page is there.
            let page = bit >> 13;
            match Record::recover(&damaged) {
                Ok(recovered) => {
                    assert_eq!(recovered.verify(), Ok(()), "{bit}");
                    assert!(!answers(&recovered, &playlist));
                    assert!(page == 0 || !recovered.is_empty());
                }
                Err(error) => assert!(page == 0 && error == RecordError::NotARecord, "{bit}"),
            }
        }
    }
}

#[test]
fn h21_every_truncation_is_found_or_leaves_a_valid_prefix() {
    let text = rich(52);
    let playlist = MediaPlaylist::parse(&text).unwrap();
    for (bytes, _) in small_records() {
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            let pages = length >> 10;
            match Record::open(cut) {
                Ok(record) => {
                    assert!(!answers(&record, &playlist));
                    assert_eq!(record.verify(), Ok(()));
                    assert_eq!(record.is_whole(), length % 1024 == 0, "{length}");
                }
                Err(error) => assert!(pages == 0 && error == RecordError::NotARecord, "{length}"),
            }
            assert_eq!(Record::recover(cut).is_ok(), pages > 0, "{length}");
        }
    }
}

#[test]
fn h21_what_is_no_record_is_refused() {
    let bytes = record(&rich(5), &servers(), 12);
    for (at, value) in [(0, b'x'), (4, 2), (4, 0), (5, 13), (5, 255), (6, 1), (7, 2)] {
        let mut other = bytes.clone();
        other[at] = value;
        assert!(Record::open(&other).is_err(), "byte {at} is {value}");
        // With the checksum put right as well.
        let checksum = checksum(&other);
        other[8..12].copy_from_slice(&checksum.to_le_bytes());
        assert!(Record::open(&other).is_err(), "byte {at} is {value}");
        assert!(Record::recover(&other).is_err());
    }
    assert_eq!(Record::open(&[]).unwrap_err(), RecordError::NotARecord);
    assert_eq!(Record::recover(&[]).unwrap_err(), RecordError::NotARecord);
    // Pages of two streams do not make one record.
    let mut mixed = record(&rich(100), &servers(), 10);
    let playlist_text = rich(100);
    let playlist = MediaPlaylist::parse(&playlist_text).unwrap();
    let mut recorder = Recorder::with_page_bits(98, 10);
    recorder.append(&playlist.index(), &servers()).unwrap();
    let mut other = Vec::new();
    recorder.write_to(&mut other);
    mixed[1024..2048].copy_from_slice(&other[1024..2048]);
    let mixed = Record::open(&mixed).unwrap();
    assert_eq!(mixed.verify(), Err(RecordError::Damaged { page: 1 }));
}

/// CRC-32 of a page but its own place, bit by bit.
fn checksum(page: &[u8]) -> u32 {
    let bytes = page[..8].iter().chain(&page[12..]);
    !bytes.fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn a_segment_that_does_not_fit_a_page_is_refused_and_the_record_goes_on() {
    let text =
        format!("#EXTM3U\n#EXTINF:5,\na.ts\n#EXTINF:5,\n{}\n#EXTINF:5,\nc.ts\n", "x".repeat(5000));
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let mut recorder = Recorder::new(1);
    assert_eq!(recorder.append(&index, &Placement::new()), Err(RecorderError::TooLong));
    assert_eq!(recorder.next_sequence(), Some(MediaSequence(1)));
    let last = playlist.segment(2).unwrap();
    let error = recorder.push(&index, &last, &Placement::new(), None).unwrap_err();
    assert_eq!(error, RecorderError::NotTheNext { expected: MediaSequence(1) });
    let mut bytes = Vec::new();
    recorder.write_to(&mut bytes);
    assert_eq!(Record::open(&bytes).unwrap().len(), 1);
    // A larger page has room for it.
    let mut recorder = Recorder::with_page_bits(1, 13);
    assert_eq!(recorder.append(&index, &Placement::new()), Ok(3));
}

/// What two reads tell: one of the last three pages, and one of the bytes that they name.
fn by_two_reads<T: std::fmt::Debug>(
    object: &[u8],
    page: usize,
    bytes: impl Fn(&Record<'_>) -> Result<std::ops::Range<u64>, RecordError>,
    ask: impl Fn(&Record<'_>) -> Result<T, RecordError>,
) -> Result<(T, usize), RecordError> {
    let last = object.len().saturating_sub(3 * page);
    let record = Record::open_end(&object[last..], object.len() as u64)?;
    let range = bytes(&record)?;
    let piece = &object[range.start as usize..range.end as usize];
    let is_needed = !piece.is_empty();
    if is_needed && last as u64 > range.start {
        let Err(RecordError::NotRead { offset, length }) = ask(&record) else {
            panic!("{range:?}")
        };
        assert!(offset == range.start && offset + length <= range.end);
    }
    let answer = if is_needed { ask(&record.with_bytes(range.start, piece)) } else { ask(&record) };
    answer.map(|answer| (answer, piece.len()))
}

#[test]
fn two_reads_find_any_segment() {
    let (text, placement) = (rich(3_000), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    for page_bits in [9, 10, 12] {
        let page = 1 << page_bits;
        let plain: String = playlist
            .segments()
            .map(|segment| format!("#EXTINF:{},\ns{}.ts\n", segment.duration(), segment.number()))
            .collect();
        // Texts of the rich ones do not fit the smallest page.
        let plain = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n{plain}");
        let object = match page_bits {
            9 => record(&plain, &Placement::new(), 9),
            _ => record(&text, &placement, page_bits),
        };
        let mut most = 0;
        for segment in playlist.segments().step_by(7) {
            let at = |moment| {
                by_two_reads(
                    &object,
                    page,
                    |record| record.bytes_at(moment),
                    |record| Ok(record.at(moment)?.number()),
                )
            };
            for moment in [segment.start(), segment.end() - Ticks::new(1)] {
                let (number, read) = at(moment).unwrap();
                assert_eq!(number, segment.number() as u64);
                most = most.max(read);
            }
            let numbers = segment.number() as u64..segment.number() as u64 + 40;
            let (entries, _) = by_two_reads(
                &object,
                page,
                |record| Ok(record.bytes_of(numbers.clone())),
                |record| {
                    record
                        .entries(numbers.clone())
                        .map(|entry| Ok(entry?.sequence()))
                        .collect::<Result<Vec<_>, _>>()
                },
            )
            .unwrap();
            let all = playlist.segments().skip(segment.number()).take(40);
            assert!(entries.into_iter().eq(all.map(|segment| segment.sequence())));
        }
        // One page while the directory has room for all of them.
        let pages = object.len() / page;
        println!("{pages} pages of {page} bytes: {most} bytes read for a segment");
        assert!(most == page || (pages > 60 && most <= 4 * page), "{most} of {}", object.len());
        let past = by_two_reads(&object, page, |record| record.bytes_at(record.end()), |_| Ok(()));
        assert!(matches!(past, Err(RecordError::PastEnd { .. })));
    }
}

#[test]
fn two_reads_will_do_at_every_moment_of_a_live_record() {
    let (text, placement) = (rich(400), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let mut object = Vec::new();
    let mut recorder = Recorder::with_page_bits(1, 10);
    for segment in playlist.segments() {
        if segment.number() % 5 == 4 {
            recorder = Recorder::resume(&Record::open(&object).unwrap()).unwrap();
        }
        recorder.push(&index, &segment, &placement, None).unwrap();
        recorder.write_to(&mut object);
        assert_eq!(Record::open(&object).unwrap().byte_length(), object.len() as u64);
        for moment in [Ticks::ZERO, Ticks::new(segment.start().count() / 3), segment.start()] {
            let (number, read) = by_two_reads(
                &object,
                1024,
                |record| record.bytes_at(moment),
                |record| Ok(record.at(moment)?.number()),
            )
            .unwrap();
            assert_eq!(number, index.at(moment).unwrap().number() as u64);
            assert!(read <= 1024, "{read} at {}", segment.number());
        }
    }
    assert_eq!(Record::open(&object).unwrap().verify(), Ok(()));
    // Without its directory it takes more, and finds the same.
    let last_page = object.len() - 1024;
    for torn in [&object[..last_page], &object[..last_page + 100]] {
        let record = Record::open_end(&torn[torn.len() - 3 * 1024..], torn.len() as u64).unwrap();
        assert_eq!(record.len(), 400);
        let range = record.bytes_at(Ticks::ZERO).unwrap();
        assert!(range.start == 0 && range.end > 10 * 1024);
        let all = record.with_bytes(0, torn);
        assert_eq!(all.at(Ticks::ZERO).unwrap().number(), 0);
        // With the next segment there is a directory again.
        let more = rich(401);
        let playlist = MediaPlaylist::parse(&more).unwrap();
        let mut recorder = Recorder::resume(&Record::open(torn).unwrap()).unwrap();
        let mut object = torn.to_vec();
        assert_eq!(recorder.append(&playlist.index(), &placement), Ok(1));
        recorder.write_to(&mut object);
        let record = Record::open_end(&object[object.len() - 3 * 1024..], object.len() as u64);
        assert_eq!(record.unwrap().bytes_at(Ticks::ZERO), Ok(0..1024));
    }
}

#[test]
fn h21_every_flipped_bit_of_two_reads_is_found() {
    let text = rich(52);
    let playlist = MediaPlaylist::parse(&text).unwrap();
    for (bytes, len) in small_records() {
        let last = bytes.len() - 3 * 1024;
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let Ok(record) = Record::open_end(&damaged[last..], bytes.len() as u64) else {
                continue;
            };
            // What was damaged shows, unless it is not read: then all is there.
            assert!(!record.is_whole() || record.len() == len, "{bit}");
            for segment in playlist.segments().step_by(9) {
                let Ok(range) = record.bytes_at(segment.start()) else { continue };
                let piece = &damaged[range.start as usize..range.end as usize];
                let record =
                    if piece.is_empty() { record } else { record.with_bytes(range.start, piece) };
                match record.at(segment.start()) {
                    Ok(entry) => assert_eq!(entry.uri(), segment.uri(), "{bit}"),
                    Err(error) => assert!(matches!(error, RecordError::Damaged { .. }), "{bit}"),
                }
            }
        }
    }
}

#[test]
fn h21_an_end_that_is_too_short_is_refused() {
    let object = record(&rich(300), &servers(), 10);
    for length in 0..1024 {
        let end = &object[object.len() - length..];
        let error = Record::open_end(end, object.len() as u64).unwrap_err();
        assert_eq!(error, RecordError::NotARecord, "{length}");
    }
    assert_eq!(Record::open_end(&object, 9).unwrap_err(), RecordError::NotARecord);
    let end = &object[object.len() - 3 * 1024..];
    assert_eq!(Record::open_end(end, u64::MAX).unwrap_err(), RecordError::NotARecord);
    let large = record(&rich(2_000), &servers(), 16);
    let end = large.len() - large.len().min(Record::END_BYTES as usize);
    assert_eq!(Record::open_end(&large[end..], large.len() as u64).unwrap().len(), 2_000);
}

#[test]
fn a_recovered_record_goes_on() {
    let (text, placement) = (rich(120), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let mut bytes = record(&text, &placement, 10);
    bytes[3 * 1024 + 500] ^= 1;
    let recovered = Record::recover(&bytes).unwrap();
    assert_eq!(recovered.byte_length(), 3 * 1024);
    let (len, length) = (recovered.len(), recovered.byte_length() as usize);
    let mut recorder = Recorder::resume(&recovered).unwrap();
    bytes.truncate(length);
    assert_eq!(recorder.append(&index, &placement), Ok(120 - len as usize));
    recorder.write_to(&mut bytes);
    let record = Record::open(&bytes).unwrap();
    assert_eq!(record.verify(), Ok(()));
    assert_eq!(check(&record, &index, &placement), 120);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// With checksums that are right, whatever else is wrong: no panic, and no work without bound.
    #[test]
    fn h21_made_up_pages_do_no_harm(
        changes in prop::collection::vec((0..1024usize, any::<u8>()), 1..8),
        header in prop::collection::vec((12..72usize, any::<u8>()), 0..3),
        moments in prop::collection::vec(any::<u64>(), 4),
    ) {
        let mut bytes = record(&rich(40), &servers(), 10);
        for (place, page) in bytes.chunks_exact_mut(1024).enumerate() {
            for &(at, value) in changes.iter().chain(&header).filter(|(at, _)| at % 3 == place % 3) {
                page[at] = value;
            }
            let checksum = checksum(page);
            page[8..12].copy_from_slice(&checksum.to_le_bytes());
        }
        let end = bytes.len().saturating_sub(3 * 1024);
        let end = Record::open_end(&bytes[end..], bytes.len() as u64);
        for record in [Record::open(&bytes), Record::recover(&bytes), end].into_iter().flatten() {
            let _ = record.verify();
            for entry in record.entries(0..100).flatten() {
                let _ = (entry.uri(), entry.date(), entry.bytes(), entry.byte_range(), entry.end());
                let _ = (entry.map(), entry.keys().count(), entry.map_keys().count());
                let _ = entry.candidates().map(|candidate| candidate.uri.len()).sum::<usize>();
            }
            for &moment in &moments {
                let _ = (record.bytes_at(Ticks::new(moment)), record.bytes_of(moment..u64::MAX));
                let _ = record.at(Ticks::new(moment));
                let _ = record.at(Ticks::new(moment % (record.end().count() + 1)));
                let _ = record.entry(moment);
                let _ = record.with_sequence(MediaSequence(moment));
            }
            let _ = Recorder::resume(&record);
        }
    }

    #[test]
    fn the_record_answers_as_the_index_does(
        lengths in prop::collection::vec(prop_oneof![Just(6_006_000_000), 0..9_000_000_000u64], 1..400),
    ) {
        let segment = |length: &u64| format!("#EXTINF:{},\ns\n", Ticks::new(*length));
        let text = format!("#EXTM3U\n{}", lengths.iter().map(segment).collect::<String>());
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let index = playlist.index();
        let bytes = record(&text, &Placement::new(), 10);
        let record = Record::open(&bytes).unwrap();
        for segment in playlist.segments() {
            for moment in [segment.start() - Ticks::new(1), segment.start(), segment.start() + Ticks::new(1)] {
                let expected = index.at(moment).ok().map(|segment| segment.number() as u64);
                prop_assert_eq!(record.at(moment).ok().map(|entry| entry.number()), expected);
            }
        }
    }
}

/// A page of 2⁹ bytes as anyone could make it: fields at their offsets, and a checksum that is right.
fn made_up(fields: &[(usize, u64, usize)]) -> Vec<u8> {
    let mut page = vec![0; 512];
    page[..6].copy_from_slice(b"hlsR\x01\x09");
    for &(at, value, width) in fields {
        page[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }
    let checksum = checksum(&page);
    page[8..12].copy_from_slice(&checksum.to_le_bytes());
    page
}

const COUNT: usize = 32;
const END: usize = 56;
const STEP_OF_STARTS: usize = 80;
const UNIT_OF_STARTS: usize = 88;
const WIDTH_OF_STARTS: usize = 92;

#[test]
fn h21_a_page_whose_segments_are_out_of_order_is_refused() {
    let count = |count: u64, end: u64, step: u64| {
        made_up(&[(COUNT, count, 4), (END, end, 8), (STEP_OF_STARTS, step, 8)])
    };
    assert_eq!(Record::open(&count(3, 30, 10)).unwrap().len(), 3);
    assert_eq!(Record::open(&count(3, 20, 10)).unwrap().len(), 3, "the last takes no time");
    for (count, what) in [
        (count(3, 19, 10), "the last begins after the end"),
        (count(3, 30, u64::MAX), "they go backwards"),
        (count(u64::from(u32::MAX), u64::MAX, u64::MAX / 2), "they go round and round"),
        (made_up(&[(COUNT, 1, 4), (END, 9, 8), (72, 3, 8)]), "the first begins later"),
        (made_up(&[(COUNT, 0, 4), (END, 9, 8)]), "there is none"),
    ] {
        assert!(Record::open(&count).is_err() && Record::recover(&count).is_err(), "{what}");
    }
    // Differences that are kept: 0, 9, 5.
    let kept = |differences: u64, end: u64| {
        made_up(&[
            (COUNT, 3, 4),
            (END, end, 8),
            (UNIT_OF_STARTS, 1, 4),
            (WIDTH_OF_STARTS, 1, 1),
            (336, differences, 3),
        ])
    };
    assert_eq!(Record::open(&kept(0x09_05_00, 9)).unwrap().at(Ticks::new(6)).unwrap().number(), 1);
    assert!(
        Record::open(&kept(0x05_09_00, 9)).is_err(),
        "the last begins before the one before it"
    );
    assert!(Record::open(&kept(0x09_05_00, 8)).is_err(), "the last begins after the end");
    assert!(Record::open(&kept(0x09_05_01, 9)).is_err(), "the first begins later");
}

#[test]
fn h21_a_page_of_billions_of_segments_costs_no_more_than_its_size() {
    // Two segments a tick apart, as many as can be counted: one page of 512 bytes.
    let bytes = made_up(&[
        (COUNT, u64::from(u32::MAX), 4),
        (END, u64::from(u32::MAX), 8),
        (STEP_OF_STARTS, 1, 8),
    ]);
    let record = Record::open(&bytes).unwrap();
    assert_eq!(record.at(Ticks::new(3_000_000_000)).unwrap().number(), 3_000_000_000);
    assert_eq!(record.verify(), Ok(()));
    // To go on with it does not take a step for each of them.
    let mut recorder = Recorder::resume(&record).unwrap();
    let playlist =
        format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{}\n#EXTINF:1,\na.ts\n", u64::from(u32::MAX));
    let playlist = MediaPlaylist::parse(&playlist).unwrap();
    assert_eq!(recorder.append(&playlist.index(), &Placement::new()), Ok(1));
    let mut bytes = bytes.clone();
    recorder.write_to(&mut bytes);
    let record = Record::open(&bytes).unwrap();
    assert_eq!((record.verify(), record.len()), (Ok(()), u64::from(u32::MAX) + 1));
    assert_eq!(record.entry(u64::from(u32::MAX)).unwrap().uri(), "a.ts");
}

#[test]
fn a_page_that_another_writer_packed_is_kept_as_it_is() {
    // A column that goes past 2⁶⁴ and on from 0, which this writer has no use for.
    let (number, flags) = (72 + 4 * 24, 72 + 8 * 24);
    let bytes = made_up(&[
        (COUNT, 3, 4),
        (36, 7, 4),
        (END, 30, 8),
        (STEP_OF_STARTS, 10, 8),
        (72 + 3 * 24, 336, 8),
        (number, u64::MAX - 1, 8),
        (number + 8, 1, 8),
        (flags, 32, 8),
        (336, 5, 2),
        (338, 0, 5),
    ]);
    let names = |record: &Record<'_>| -> Vec<String> {
        record.entries(0..u64::MAX).map(|entry| entry.unwrap().uri()).collect()
    };
    let record = Record::open(&bytes).unwrap();
    assert_eq!(names(&record), ["18446744073709551614", "18446744073709551615", "0"]);
    let text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:3\n#EXTINF:1,\n4.ts\n#EXTINF:1,\n5.ts\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    let mut recorder = Recorder::resume(&record).unwrap();
    assert_eq!(recorder.next_sequence(), Some(MediaSequence(3)));
    recorder.push(&index, &playlist.segment(0).unwrap(), &Placement::new(), None).unwrap();
    let mut grown = bytes.clone();
    recorder.write_to(&mut grown);
    assert_eq!(grown[..512], bytes[..], "it need not be written again");
    let record = Record::open(&grown).unwrap();
    assert_eq!(record.verify(), Ok(()));
    assert_eq!(names(&record), ["18446744073709551614", "18446744073709551615", "0", "4.ts"]);
    // The end of the stream is written into it all the same.
    let mut recorder = Recorder::resume(&Record::open(&bytes).unwrap()).unwrap();
    let ended = MediaPlaylist::parse(
        "#EXTM3U\n#EXTINF:1,\na\n#EXTINF:1,\nb\n#EXTINF:1,\nc\n#EXT-X-ENDLIST\n",
    )
    .unwrap();
    assert_eq!(recorder.append(&ended.index(), &Placement::new()), Ok(0));
    let mut ended = bytes.clone();
    recorder.write_to(&mut ended);
    let record = Record::open(&ended).unwrap();
    assert!(record.is_ended() && record.verify().is_ok());
    assert_eq!(names(&record).len(), 3);
    // And where its newest copy is at the place after its own, it comes home first.
    let mut recorder = Recorder::resume(&record).unwrap();
    recorder.push(&index, &playlist.segment(0).unwrap(), &Placement::new(), None).unwrap();
    recorder.write_to(&mut ended);
    let record = Record::open(&ended).unwrap();
    assert_eq!((record.verify(), record.len()), (Ok(()), 4));
}

#[test]
fn recover_gives_no_less_than_open() {
    let (text, placement) = (rich(60), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let (mut recorder, mut bytes) = (Recorder::with_page_bits(3, 10), Vec::new());
    for segment in playlist.segments() {
        recorder.push(&index, &segment, &placement, None).unwrap();
        recorder.write_to(&mut bytes);
        let len = Record::open(&bytes).unwrap().len();
        for page in 0..bytes.len() / 1024 {
            let mut torn = bytes.clone();
            torn[page * 1024 + 700] ^= 4;
            let opened = Record::open(&torn).ok().filter(|record| record.verify().is_ok());
            let Ok(recovered) = Record::recover(&torn) else {
                assert!(opened.is_none(), "{page} of {}", segment.number());
                continue;
            };
            assert_eq!(recovered.verify(), Ok(()));
            let opened = opened.map_or(0, |record| record.len());
            assert!(recovered.len() >= opened && recovered.len() <= len, "{page}");
            // It goes on from there.
            let mut cut = torn[..recovered.byte_length() as usize].to_vec();
            let mut recorder = Recorder::resume(&recovered).unwrap();
            recorder.append(&index, &placement).unwrap();
            recorder.write_to(&mut cut);
            let record = Record::open(&cut).unwrap();
            assert_eq!((record.verify(), record.len()), (Ok(()), 60), "{page}");
        }
    }
}

#[test]
fn an_end_without_the_other_copy_of_the_last_page_is_too_short() {
    let (text, placement) = (rich(60), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let (mut recorder, mut bytes) = (Recorder::with_page_bits(3, 10), Vec::new());
    let mut refused = 0;
    for segment in playlist.segments() {
        recorder.push(&index, &segment, &placement, None).unwrap();
        recorder.write_to(&mut bytes);
        for tail in 0..2 {
            let mut object = bytes.clone();
            object.extend(&[7; 100][..tail * 100]);
            for pages in 1..=4 {
                let start = object.len().saturating_sub(pages << 10);
                match Record::open_end(&object[start..], object.len() as u64) {
                    // Never an older state.
                    Ok(record) => assert_eq!(record.len(), segment.number() as u64 + 1),
                    Err(error) => {
                        assert_eq!(error, RecordError::NotARecord);
                        assert!(pages < 3 + tail, "{pages} of {}", segment.number());
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 0);
    assert_eq!(Record::END_BYTES, 4 << 16);
}

/// Puts the checksums of all pages right, each with that of the page before in it.
fn seal(bytes: &mut [u8], page_size: usize) {
    let mut before = [0; 4];
    for page in bytes.chunks_exact_mut(page_size).filter(|page| page.starts_with(b"hlsR")) {
        page[12..16].copy_from_slice(&before);
        let checksum = checksum(page).to_le_bytes();
        page[8..12].copy_from_slice(&checksum);
        before = checksum;
    }
}

#[test]
fn h21_pages_that_do_not_go_on_are_no_row_of_entries() {
    let good = record(&rich(100), &servers(), 10);
    let count = u32::from_le_bytes(good[1024 + 32..1024 + 36].try_into().unwrap());
    // The second page again: its numbers, its moments, its media sequence numbers are those of another.
    for (at, what) in [(24, "first"), (40, "sequence"), (48, "start")] {
        let mut bytes = good.clone();
        let field = 1024 + at..1024 + at + 8;
        let value = u64::from_le_bytes(bytes[field.clone()].try_into().unwrap());
        bytes[field].copy_from_slice(&(value - 1).to_le_bytes());
        if at == 48 {
            // The starts of its segments as well: that is the base of their column.
            bytes[1024 + 72..1024 + 80].copy_from_slice(&(value - 1).to_le_bytes());
        }
        seal(&mut bytes, 1024);
        let record = Record::open(&bytes).unwrap();
        assert!(record.verify().is_err(), "{what}");
        let entries: Vec<_> = record.entries(0..record.len()).collect();
        let (last, whole) = entries.split_last().unwrap();
        assert!(matches!(last, Err(RecordError::Damaged { .. })), "{what}: {last:?}");
        let mut end = Ticks::ZERO;
        for (number, entry) in whole.iter().enumerate() {
            let entry = entry.as_ref().unwrap();
            assert_eq!((entry.number(), entry.start()), (number as u64, end));
            end = entry.end();
        }
        // A segment under a number that it does not say it has is none.
        if at == 40 {
            let number = whole.len() as u64 + u64::from(count) / 2;
            let sequence = MediaSequence(7 + number);
            assert_eq!(
                record.with_sequence(sequence).unwrap_err(),
                RecordError::Damaged { page: 1 }
            );
        }
    }
}

#[test]
fn every_step_of_the_writing_leaves_a_record_that_answers() {
    let (text, placement) = (rich(90), servers());
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let (mut recorder, mut bytes) = (Recorder::with_page_bits(3, 10), Vec::new());
    let mut directories = 0;
    for segment in playlist.segments() {
        recorder.push(&index, &segment, &placement, None).unwrap();
        for patch in recorder.take_patches() {
            let at = patch.offset as usize;
            bytes.resize(bytes.len().max(at + 1024), 0);
            bytes[at..at + 1024].copy_from_slice(&patch.bytes);
            directories += usize::from(patch.bytes.starts_with(b"hlsD"));
            // An old directory may still stand there, or none.
            let record = Record::open(&bytes).unwrap();
            assert!(!answers(&record, &playlist), "{}", segment.number());
            assert_eq!(record.verify(), Ok(()));
            assert!(record.len() >= segment.number() as u64);
        }
    }
    // The directory is written when a page is full, and where a page has taken its place.
    let pages = bytes.len() / 1024;
    assert!((pages - 2..=2 * pages).contains(&directories), "{directories} for {pages} pages");
}
