//! A record of what is live: it grows, and its writing may end at any step.

use super::damage::answers;
use super::*;

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
