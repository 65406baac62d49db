//! Flipped bits, truncations, and what is no record.

use super::*;

/// A record in two states: with the last page at its own place, and with a newer copy after it.
pub(super) fn small_records() -> [(Vec<u8>, u64); 2] {
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
pub(super) fn answers(record: &Record<'_>, playlist: &MediaPlaylist<'_>) -> bool {
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
