//! The master record: what goes in comes out, and damage never passes for truth.

mod damage;
mod live;
mod made_up;
mod recovery;
mod two_reads;

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

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
