//! Opening by two range reads.

use super::damage::small_records;
use super::*;

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
