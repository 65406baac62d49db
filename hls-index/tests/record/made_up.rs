//! Pages that somebody made up, with checksums that are right.

use super::*;

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
