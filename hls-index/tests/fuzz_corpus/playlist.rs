//! Parsing a playlist, asking it for everything, and seeking in it.

use hls_index::{Ahead, Limits, MediaPlaylist, Segment, Ticks, uri};

pub(crate) fn run(data: &[u8]) {
    let limits = Limits {
        line_bytes: 4096,
        segments: 1000,
        attributes: 32,
        key_formats: 4,
        ..Limits::default()
    };
    let playlist = match MediaPlaylist::parse_bytes_with(data, &limits) {
        Ok(playlist) => playlist,
        Err(error) => {
            let lines = 1 + data.iter().filter(|&&byte| byte == b'\n').count();
            assert!((1..=lines).contains(&(error.line as usize)), "{error}");
            assert!((1..=data.len() + 1).contains(&(error.column as usize)), "{error}");
            return;
        }
    };
    let index = playlist.index();
    let mut end = Ticks::ZERO;
    for (number, segment) in playlist.segments().enumerate() {
        assert_eq!((segment.number(), segment.start()), (number, end));
        end = segment.end();
        if segment.start() < end {
            for moment in [segment.start(), end - Ticks::new(1)] {
                assert_eq!(index.at(moment).map(|found| found.number()), Ok(number));
            }
        } else {
            assert_eq!(segment.start(), end);
        }
        look_at(segment);
    }
    assert_eq!((end, index.end()), (playlist.duration(), end));
    assert!(index.at(end).is_err());
    // A moment that the text chooses.
    let chosen =
        data.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    let moment = Ticks::new(chosen % end.count().max(1));
    for ahead in [Ahead::seconds(10), Ahead::segments(2), Ahead::time(Ticks::MAX)] {
        let mut last = Ticks::ZERO;
        for fetch in index.window(moment, ahead) {
            assert!(fetch.start >= last && !fetch.segment.is_gap());
            last = fetch.start;
            assert!(uri::scheme(&uri::resolve("https://example.com/a/b", fetch.uri)).is_some());
        }
    }
    let _ = (format!("{playlist:?}"), playlist.lines().count());
}

fn look_at(segment: Segment<'_>) {
    if let Some(range) = segment.byte_range() {
        assert_eq!(range.offset() + range.length(), range.end());
    }
    for key in segment.keys() {
        let _ = (key.initialization_vector(segment.sequence()), key.attributes.iter().count());
    }
    let _ = (segment.map(), segment.title(), segment.bitrate(), segment.discontinuity_sequence());
    let _ = segment.date().map(|date| (date.to_string(), date.unix_millis()));
    assert!(segment.lines().count() >= 1);
}
