//! Which copy of a page counts, what is left of a damaged record, and what a reader does not believe.

use hls_index::record::{Record, RecordError, Recorder, RecorderError};
use hls_index::{ByteRange, MediaPlaylist, MediaSequence, Placement, Replacement, Ticks};

use super::checksum;

const SIZE: usize = 512;

/// A page of segments of 10 ticks each, as the form has it.
#[derive(Clone, Copy, Default)]
struct Made {
    page: u32,
    generation: u32,
    first: u64,
    count: u32,
    chain: u32,
    stream: u64,
}

impl Made {
    fn bytes(self) -> Vec<u8> {
        self.bytes_with(9, &[])
    }

    /// The page of 2^`bits` bytes with these fields besides, each with its offset and width.
    fn bytes_with(self, bits: u8, fields: &[(usize, u64, usize)]) -> Vec<u8> {
        let mut page = vec![0; 1 << bits];
        page[..6].copy_from_slice(&[b'h', b'l', b's', b'R', 1, bits]);
        let (start, count) = (self.first.wrapping_mul(10), u64::from(self.count));
        let own = [
            (12, self.chain.into(), 4),
            (16, self.page.into(), 4),
            (20, self.generation.into(), 4),
            (24, self.first, 8),
            (32, count, 4),
            (40, self.first, 8),
            (48, start, 8),
            (56, start + count * 10, 8),
            (64, self.stream, 8),
            (72, start, 8),
            (80, 10, 8),
        ];
        for &(at, value, width) in own.iter().chain(fields) {
            page[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        }
        let checksum = checksum(&page);
        page[8..12].copy_from_slice(&checksum.to_le_bytes());
        page
    }

    /// The page after it.
    fn next(self, count: u32) -> Self {
        let chain = checksum(&self.bytes());
        let first = self.first + u64::from(self.count);
        Self { page: self.page + 1, generation: 0, first, count, chain, ..self }
    }
}

fn first(count: u32) -> Made {
    Made { count, stream: 5, ..Made::default() }
}

fn torn() -> Vec<u8> {
    vec![0xA5; SIZE]
}

/// Segments of irregular lengths from `base` ms on, and names of no pattern.
fn playlist(count: usize, base: usize) -> String {
    let segment = |n: usize| {
        let name = n.wrapping_mul(0x9E37_79B9) % 99_991;
        format!("#EXTINF:{}.{:03},\n{name:x}.ts\n", base + n * n % 3, n * 7919 % 1000)
    };
    format!("#EXTM3U\n{}", (0..count).map(segment).collect::<String>())
}

fn record(text: &str, stream: u64) -> Vec<u8> {
    let playlist = MediaPlaylist::parse(text).unwrap();
    let (mut recorder, mut bytes) = (Recorder::with_page_bits(stream, 9), Vec::new());
    recorder.append(&playlist.index(), &Placement::new()).unwrap();
    recorder.write_to(&mut bytes);
    bytes
}

/// The directory at the end of a record, and what is before it.
fn with_directory_apart(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (pages, directory) = bytes.split_at(bytes.len() - SIZE);
    assert!(directory.starts_with(b"hlsD") && pages.len() >= 8 * SIZE);
    (pages, directory)
}

#[test]
fn of_two_copies_the_newer_one_counts() {
    let copies = |own, after| {
        let own = Made { generation: own, ..first(2) }.bytes();
        let after = Made { generation: after, ..first(3) }.bytes();
        [own, after].concat()
    };
    for (own, after, len) in [(4, 5, 3), (5, 5, 3), (6, 5, 2), (0, u32::MAX, 3), (u32::MAX, 0, 2)] {
        let bytes = copies(own, after);
        let record = Record::open(&bytes).unwrap();
        assert_eq!((record.len(), record.is_whole()), (len, true), "{own} and {after}");
        assert_eq!(record.verify(), Ok(()));
    }
}

#[test]
fn it_is_whole_when_all_of_it_was_written() {
    let page = first(2);
    let whole = [page.bytes(), page.next(3).bytes()].concat();
    let is_whole = |bytes: &[u8]| {
        let record = Record::open(bytes).unwrap();
        assert_eq!(record.len(), 5);
        let recovered = Record::recover(bytes).unwrap();
        assert_eq!(recovered.len(), 5);
        assert_eq!(recovered.byte_length(), 1024);
        (record.is_whole(), recovered.is_whole())
    };
    assert_eq!(is_whole(&whole), (true, true));
    assert_eq!(is_whole(&[&whole[..], &[7; 100]].concat()), (false, false), "a write was cut off");
    assert_eq!(is_whole(&[&whole[..], &torn()].concat()), (false, false), "a page was torn");
}

#[test]
fn a_record_that_was_recovered_whole_is_whole() {
    let text = playlist(400, 3);
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    let (mut recorder, mut bytes) = (Recorder::with_page_bits(5, 9), Vec::new());
    for segment in playlist.segments() {
        recorder.push(&index, &segment, &Placement::new(), None).unwrap();
        recorder.write_to(&mut bytes);
        let (opened, recovered) = (Record::open(&bytes).unwrap(), Record::recover(&bytes).unwrap());
        assert_eq!((opened.len(), opened.is_whole()), (recovered.len(), true));
        assert!(recovered.is_whole(), "{}", segment.number());
        assert_eq!(recovered.verify(), Ok(()));
    }
}

#[test]
fn what_goes_on_after_a_recovery_leaves_the_only_copy_alone() {
    let page = first(2);
    let bytes = [page.bytes(), page.next(3).bytes()].concat();
    let recovered = Record::recover(&bytes).unwrap();
    let mut recorder = Recorder::resume(&recovered).unwrap();
    let text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:5,\na.ts\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    recorder.append(&playlist.index(), &Placement::new()).unwrap();
    let patches = recorder.take_patches();
    assert_eq!(patches[0].offset, 1024);
}

#[test]
fn only_pages_that_go_on_are_recovered() {
    let page = first(2);
    let second = page.next(3);
    for wrong in [
        Made { stream: 6, ..second },
        Made { chain: second.chain ^ 1, ..second },
        Made { page: 2, ..second },
        Made { first: 3, ..second },
    ] {
        // At its own place, and as the copy of one that is damaged.
        let own = [page.bytes(), wrong.bytes(), page.bytes()].concat();
        let copy = [page.bytes(), torn(), wrong.bytes()].concat();
        for bytes in [own, copy] {
            let recovered = Record::recover(&bytes).unwrap();
            assert_eq!((recovered.len(), recovered.byte_length()), (2, 512));
            assert!(!recovered.is_whole());
        }
    }
    let copy = [page.bytes(), torn(), second.bytes()].concat();
    let recovered = Record::recover(&copy).unwrap();
    assert_eq!((recovered.len(), recovered.byte_length(), recovered.is_whole()), (5, 1536, true));
    assert_eq!(recovered.verify(), Ok(()));
    // A second page that says it is the first one's segments has none before it.
    let bytes = [torn(), Made { page: 1, ..page }.bytes()].concat();
    assert_eq!(Record::recover(&bytes).unwrap_err(), RecordError::NotARecord);
    let bytes = Made { first: 1, ..page }.bytes();
    assert_eq!(Record::recover(&bytes).unwrap_err(), RecordError::NotARecord);
}

#[test]
fn the_most_that_can_be_had_is_recovered() {
    let page = first(2);
    let newer = Made { generation: 1, count: 3, ..page };
    let bytes = [page.bytes(), newer.bytes(), page.next(4).bytes()].concat();
    let recovered = Record::recover(&bytes).unwrap();
    assert_eq!((recovered.len(), recovered.verify()), (6, Ok(())));
    // What looks like a record of smaller pages lies in what is left of a larger one.
    let larger = first(3).bytes_with(10, &[]);
    let bytes = [torn(), page.bytes(), larger].concat();
    assert_eq!(Record::recover(&bytes).unwrap().len(), 3);
}

#[test]
fn a_damaged_end_is_told_as_such() {
    let mut bytes = record(&playlist(400, 3), 5);
    let places = bytes.len() / SIZE;
    bytes[(places - 3) * SIZE..].fill(0xA5);
    let damaged = RecordError::Damaged { page: u32::try_from(places).unwrap() - 1 };
    assert_eq!(Record::open(&bytes).unwrap_err(), damaged);
    let length = bytes.len() as u64;
    assert_eq!(Record::open_end(&bytes, length).unwrap_err(), damaged, "all of it is there");
    assert_eq!(Record::open_end(&bytes[SIZE..], length).unwrap_err(), RecordError::NotARecord);
    assert_eq!(Record::open(&bytes[..300]).unwrap_err(), RecordError::NotARecord);
}

#[test]
fn a_directory_of_another_stream_is_left_aside() {
    let (mine, other) = (record(&playlist(400, 3), 5), record(&playlist(400, 4), 6));
    let (pages, _) = with_directory_apart(&mine);
    let bytes = [pages, with_directory_apart(&other).1].concat();
    let record = Record::open(&bytes).unwrap();
    assert_eq!((record.len(), record.verify(), record.is_whole()), (400, Ok(()), true));
    assert_eq!(record.byte_length(), pages.len() as u64);
    for number in 0..400 {
        assert_eq!(record.entry(number).unwrap().number(), number);
    }
}

#[test]
fn h21_a_directory_that_was_made_up_leads_to_errors_alone() {
    let mine = record(&playlist(400, 3), 5);
    let (pages, _) = with_directory_apart(&mine);
    let mut errors = [0; 2];
    for (base, each) in [(4, 1), (2, 1), (3, 3)] {
        // Pages of other moments; and of other numbers of segments.
        let text = playlist(600, base).replace(".ts", &".ts".repeat(each));
        let other = record(&text, 5);
        let (_, directory) = with_directory_apart(&other);
        // As many pages as there are, whatever it says.
        let mut directory = directory.to_vec();
        let count = (pages.len() / SIZE - 1) as u32;
        if u32::from_le_bytes(directory[16..20].try_into().unwrap()) < count {
            continue;
        }
        directory[12..16].copy_from_slice(&count.to_le_bytes());
        directory[16..20].copy_from_slice(&count.to_le_bytes());
        let sum = checksum(&directory);
        directory[8..12].copy_from_slice(&sum.to_le_bytes());
        let bytes = [pages, &directory].concat();
        let record = Record::open(&bytes).unwrap();
        let place = u32::try_from(pages.len() / SIZE).unwrap();
        assert_eq!(record.byte_length(), bytes.len() as u64, "it is taken for its directory");
        assert_eq!(record.verify(), Err(RecordError::Damaged { page: place }));
        let recovered = Record::recover(&bytes).unwrap();
        assert_eq!((recovered.len(), recovered.verify()), (400, Ok(())), "it is left aside");
        let good = Record::open(&mine).unwrap();
        let count = u64::from(count) + 1;
        for number in 0..400 {
            let expected = good.entry(number).unwrap();
            match record.entry(number) {
                Ok(entry) => assert_eq!((entry.number(), entry.uri()), (number, expected.uri())),
                Err(RecordError::Damaged { .. }) => errors[0] += 1,
                Err(error) => panic!("{error}"),
            }
            for moment in [expected.start(), expected.end() - Ticks::new(1)] {
                match record.at(moment) {
                    Ok(entry) => assert_eq!(entry.number(), number),
                    Err(RecordError::Damaged { page }) => {
                        // The page that it came to is not far from the right one.
                        assert!(u64::from(page) + 1 >= number * count / 400 / 2, "{page}");
                        errors[1] += 1;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
    assert!(errors.iter().all(|&errors| errors > 0), "{errors:?}");
}

#[test]
fn the_last_page_is_verified_as_well() {
    let page = first(2);
    let last = Made { chain: 1, ..page.next(3) };
    let bytes = [page.bytes(), last.bytes()].concat();
    let record = Record::open(&bytes).unwrap();
    assert_eq!(record.verify(), Err(RecordError::Damaged { page: 1 }));
}

#[test]
fn the_bytes_to_be_read_are_those_of_the_pages() {
    let (a, b) = (first(2), first(2).next(3));
    let c = b.next(4);
    let bytes = [a.bytes(), b.bytes(), c.bytes(), c.next(1).bytes()].concat();
    // Without a directory all pages but the last may be needed.
    let record = Record::open_end(&bytes[512..], 2048).unwrap();
    assert_eq!(record.bytes_of(0..0), 0..0);
    assert_eq!(record.bytes_of(7..7), 0..0);
    assert_eq!(record.bytes_at(Ticks::ZERO), Ok(0..1536));
    let missing = RecordError::NotRead { offset: 0, length: 1536 };
    assert_eq!(record.at(Ticks::ZERO).unwrap_err(), missing);
    assert_eq!(record.verify(), Err(RecordError::NotRead { offset: 0, length: 512 }));
    let second = RecordError::NotRead { offset: 512, length: 512 };
    assert_eq!(record.with_bytes(0, &bytes[..512]).verify(), Err(second));
    assert_eq!(record.bytes_of(9..10), 0..0, "the last page is here");
    assert_eq!(record.bytes_of(8..9), 0..1536);
    // With one, those that hold the segments.
    let object = self::record(&playlist(400, 3), 5);
    let record = Record::open(&object).unwrap();
    let mut starts: Vec<u64> = Vec::new();
    for page in object.chunks_exact(SIZE).filter(|page| page.starts_with(b"hlsR")) {
        starts.push(u64::from_le_bytes(page[24..32].try_into().unwrap()));
    }
    for (page, numbers) in starts.windows(2).enumerate() {
        let bytes = (page * SIZE) as u64..((page + 1) * SIZE) as u64;
        if numbers[1] > numbers[0] {
            assert_eq!(record.bytes_of(numbers[0]..numbers[1]), bytes);
        }
    }
}

#[test]
fn h21_numbers_and_widths_that_cannot_be_are_refused() {
    let page = first(1);
    let opens = |fields: &[(usize, u64, usize)]| {
        let bytes = page.bytes_with(9, fields);
        assert_eq!(Record::open(&bytes).is_ok(), Record::recover(&bytes).is_ok());
        Record::open(&bytes).is_ok()
    };
    assert!(opens(&[]) && opens(&[(40, u64::MAX - 1, 8)]));
    assert!(!opens(&[(40, u64::MAX, 8)]), "no number for the next segment");
    let bytes = page.bytes_with(9, &[(24, u64::MAX, 8)]);
    assert!(Record::open(&bytes).is_err(), "more segments than can be counted");
    for column in 0..11 {
        let width = 72 + column * 24 + 20;
        assert!(opens(&[(width, 8, 1)]) && !opens(&[(width, 9, 1)]), "column {column}");
        // Differences that do not end within the page.
        let fits = |count: u64| opens(&[(32, count, 4), (56, count * 10, 8), (width, 1, 1)]);
        assert!(fits(512 - 336) && !fits(512 - 336 + 1), "column {column}");
    }
}

#[test]
fn h21_no_text_stands_in_the_header() {
    // The stream's number would read as a text of two bytes.
    let stream = (64, u64::from_le_bytes([2, 0, b'a', b'b', 0, 0, 0, 0]), 8);
    let template = 72 + 3 * 24;
    let bytes = first(1).bytes_with(9, &[stream, (template, 64, 8)]);
    assert_eq!(Record::open(&bytes).unwrap().entry(0).unwrap().uri(), "");
    let bytes = first(1).bytes_with(
        9,
        &[
            (36, 4, 4),
            (336, 2, 2),
            (338, u64::from(b'c'), 1),
            (339, u64::from(b'd'), 1),
            (template, 336, 8),
        ],
    );
    assert_eq!(Record::open(&bytes).unwrap().entry(0).unwrap().uri(), "cd");
}

#[test]
fn a_crash_while_several_segments_are_written_loses_none_from_before() {
    let text = playlist(300, 3);
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let index = playlist.index();
    for batch in [2, 3, 5, 7, 11, 40] {
        let (mut recorder, mut bytes) = (Recorder::with_page_bits(5, 9), Vec::<u8>::new());
        let mut had = 0;
        for segment in playlist.segments() {
            recorder.push(&index, &segment, &Placement::new(), None).unwrap();
            let count = segment.number() as u64 + 1;
            if !count.is_multiple_of(batch) {
                continue;
            }
            for patch in recorder.take_patches() {
                let at = patch.offset as usize;
                let mut cut = bytes.clone();
                cut.resize(cut.len().max(at + 300), 0);
                cut[at..at + 300].copy_from_slice(&patch.bytes[..300]);
                if had > 0 {
                    let record = Record::open(&cut).unwrap();
                    assert!(record.len() >= had, "{} of {had}, {batch} at once", record.len());
                    assert_eq!(record.verify(), Ok(()));
                }
                bytes.resize(bytes.len().max(at + SIZE), 0);
                bytes[at..at + SIZE].copy_from_slice(&patch.bytes);
                assert!(Record::open(&bytes).unwrap().len() >= had);
            }
            had = count;
            assert_eq!(Record::open(&bytes).unwrap().len(), had);
        }
    }
}

#[test]
fn only_the_newest_playlist_says_whether_it_has_ended() {
    let window = |first: u64, count: u64, end: &str| {
        let segments: String =
            (first..first + count).map(|n| format!("#EXTINF:5.5,\ns{n}.ts\n")).collect();
        format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{first}\n{segments}{end}")
    };
    let end = "#EXT-X-ENDLIST\n";
    let (mut recorder, mut bytes) = (Recorder::with_page_bits(5, 9), Vec::new());
    let mut append = |text: String| {
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let count = recorder.append(&playlist.index(), &Placement::new()).unwrap();
        recorder.write_to(&mut bytes);
        (count, Record::open(&bytes).unwrap().is_ended())
    };
    assert_eq!(append(window(10, 1, "")), (1, false));
    assert_eq!(append(window(10, 1, end)), (0, true), "the only segment");
    assert_eq!(append(window(10, 1, "")), (0, false));
    assert_eq!(append(window(10, 4, "")), (3, false));
    assert_eq!(append(window(8, 4, end)), (0, false), "an older one");
    assert_eq!(append(window(10, 4, end)), (0, true));
    assert_eq!(append(window(8, 4, "")), (0, true), "an older one");
}

#[test]
fn a_stream_that_goes_on_had_not_ended() {
    let text = playlist(300, 3);
    let whole = MediaPlaylist::parse(&text).unwrap();
    let ended = playlist(40, 3) + "#EXT-X-ENDLIST\n";
    let ended = MediaPlaylist::parse(&ended).unwrap();
    let (mut recorder, mut bytes) = (Recorder::with_page_bits(5, 9), Vec::new());
    recorder.append(&ended.index(), &Placement::new()).unwrap();
    recorder.write_to(&mut bytes);
    assert!(Record::open(&bytes).unwrap().is_ended());
    let index = whole.index();
    for segment in whole.segments().skip(40) {
        recorder.push(&index, &segment, &Placement::new(), None).unwrap();
        recorder.write_to(&mut bytes);
        assert!(!Record::open(&bytes).unwrap().is_ended(), "{}", segment.number());
    }
}

#[test]
fn numbers_go_up_to_the_last_that_has_one_after_it() {
    let append = |first: u64| {
        let text = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXTINF:5,\na.ts\n");
        let playlist = MediaPlaylist::parse(&text).unwrap();
        let mut recorder = Recorder::new(1);
        let added = recorder.append(&playlist.index(), &Placement::new());
        (added, recorder.next_sequence())
    };
    assert_eq!(append(u64::MAX - 1), (Ok(1), Some(MediaSequence(u64::MAX))));
    assert_eq!(append(u64::MAX).0, Err(RecorderError::Full));
}

#[test]
fn h21_a_page_of_another_place_or_stream_is_not_read() {
    let (a, b) = (first(2), first(2).next(3));
    let last = b.next(4);
    for wrong in [Made { stream: 6, ..b }, Made { page: 7, ..b }] {
        let bytes = [a.bytes(), wrong.bytes(), last.bytes()].concat();
        let record = Record::open(&bytes).unwrap();
        let damaged = RecordError::Damaged { page: 1 };
        assert_eq!(record.entry(3).unwrap_err(), damaged);
        assert_eq!(record.at(Ticks::new(30)).unwrap_err(), damaged);
        assert_eq!((record.entry(1).unwrap().number(), record.len()), (1, 9));
    }
}

#[test]
fn a_directory_that_tells_of_more_pages_is_not_gone_on_with() {
    let text = playlist(400, 3);
    let object = record(&text, 5);
    let (pages, directory) = with_directory_apart(&object);
    let mut bytes = [&pages[..6 * SIZE], directory].concat();
    let record = Record::open(&bytes).unwrap();
    let len = record.len() as usize;
    assert_eq!(record.byte_length(), bytes.len() as u64);
    let playlist = MediaPlaylist::parse(&text).unwrap();
    let mut recorder = Recorder::resume(&record).unwrap();
    assert_eq!(recorder.append(&playlist.index(), &Placement::new()), Ok(400 - len));
    recorder.write_to(&mut bytes);
    let record = Record::open(&bytes).unwrap();
    assert_eq!((record.len(), record.verify()), (400, Ok(())));
    for segment in playlist.segments() {
        assert_eq!(record.at(segment.start()).unwrap().uri(), segment.uri());
    }
}

#[test]
fn h21_a_name_without_its_parts_is_the_number_alone() {
    let (template, number, flags) = (72 + 3 * 24, 72 + 4 * 24, 72 + 8 * 24);
    let fields =
        [(36, 3, 4), (336, 1, 2), (338, 5, 1), (template, 336, 8), (number, 42, 8), (flags, 32, 8)];
    let bytes = first(1).bytes_with(9, &fields);
    assert_eq!(Record::open(&bytes).unwrap().entry(0).unwrap().uri(), "00042");
}

#[test]
fn a_part_of_a_map_and_a_clone_with_the_same_host_come_back() {
    let text = "#EXTM3U\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"600@1234567\"\n#EXTINF:5,\na.mp4\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let mut placement = Placement::new();
    let a = placement.add_server("a", "https://a.example.com/film/").unwrap();
    placement.clone_pathway("a", "b", Replacement::new().parameter("t", "1")).unwrap();
    placement.place(MediaSequence(0), &[a]).unwrap();
    let (mut recorder, mut bytes) = (Recorder::new(5), Vec::new());
    recorder.append(&playlist.index(), &placement).unwrap();
    recorder.write_to(&mut bytes);
    let entry = Record::open(&bytes).unwrap().entry(0).unwrap();
    assert_eq!(entry.map().unwrap().byte_range, ByteRange::new(1_234_567, 600));
    let uris: Vec<String> = entry.candidates().map(|candidate| candidate.uri).collect();
    let expected = ["https://a.example.com/film/a.mp4", "https://a.example.com/film/a.mp4?t=1"];
    assert_eq!(uris, expected);
}
