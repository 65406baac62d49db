//! One text after the other, with the byte 0xFF between them: the window is what a fresh reading of the
//! newest one gives.

use core::ops::Range;

use hls_index::{
    Limits, LivePlaylist, MediaPlaylist, MediaSequence, ReloadError, Segment, Source, Ticks,
};

pub(crate) fn run(data: &[u8]) {
    let limits = Limits { line_bytes: 4096, segments: 1000, attributes: 32, ..Limits::default() };
    let source = Source::new().limits(limits);
    let mut texts =
        data.split(|&byte| byte == 0xFF).filter_map(|text| core::str::from_utf8(text).ok());
    let Some(mut live) = texts.find_map(|text| LivePlaylist::new(text, &source).ok()) else {
        return;
    };
    live.set_read_whole(data.first().map_or(0, |&byte| usize::from(byte) % 2 * 4096));
    live.set_checked_bytes(usize::MAX);
    // The same with measured times: one more with each text.
    let mut measured = live.clone();
    for text in texts.take(50) {
        let before = (live.first_sequence(), live.next_sequence(), live.start(), live.end());
        let reloaded = live.reload(text, &source);
        assert_eq!(measured.reload(text, &source), reloaded);
        measure(&mut measured);
        let update = match reloaded {
            Ok(update) => update,
            Err(error) => {
                let after = (live.first_sequence(), live.next_sequence(), live.start(), live.end());
                assert_eq!(before, after, "{error}");
                if let ReloadError::Parse(error) = error {
                    assert!(error.line as usize <= text.lines().count() + 1, "{error}");
                }
                continue;
            }
        };
        assert_eq!(live.next_sequence().0, before.1.0 + update.missed + update.added);
        assert_eq!(live.segments().count(), live.len());
        let mut end = live.start();
        for segment in live.segments() {
            assert_eq!(segment.start(), end);
            end = segment.end();
            if segment.start() < end {
                let found = live.at(segment.start()).map(|found| found.sequence());
                assert_eq!(found, Ok(segment.sequence()));
            }
        }
        assert_eq!(live.end(), end);
        check(&live, text, &source);
    }
}

/// The segment in the middle begins half a second later than the durations say.
fn measure(live: &mut LivePlaylist) {
    let middle = live.first_sequence().0 + live.len() as u64 / 2;
    if let Some(segment) = live.segment(MediaSequence(middle)) {
        let Range { start, end } = live.span(&segment);
        let late = Ticks::from_millis(500);
        // Refused where the next one was measured to begin earlier.
        let _ = live.set_measured(MediaSequence(middle), start + late, end + late);
    }
    let mut end = live.start();
    for segment in live.segments() {
        let span = live.span(&segment);
        assert_eq!(span.start, end);
        end = span.end;
        if span.start < end {
            assert_eq!(live.at(span.start).map(|found| found.sequence()), Ok(segment.sequence()));
        }
    }
    assert_eq!(live.end(), end);
}

/// Holds what is held against a fresh reading, where the text has all of it.
fn check(live: &LivePlaylist, text: &str, source: &Source<'_>) {
    let Ok(fresh) = MediaPlaylist::parse_from(text, source) else { return };
    if fresh.skipped_segments().is_some() {
        return;
    }
    let gone = (live.first_sequence().0 - fresh.first_sequence().0) as usize;
    assert_eq!(live.len() + gone, fresh.len());
    for (held, new) in live.segments().zip(fresh.segments().skip(gone)) {
        assert_eq!(facts(&held), facts(&new));
        let differ = |a: Ticks, b: Ticks| (a - b).max(b - a);
        assert!(differ(held.duration(), new.duration()) <= Ticks::new(1));
        if let Some((held, new)) = held.date().zip(new.date()) {
            let apart = held.since(new).or_else(|| new.since(held)).unwrap();
            assert!(apart <= Ticks::from_millis(2), "{held} {new}");
        }
    }
    assert_eq!(live.is_ended(), fresh.is_ended());
    assert_eq!(live.trailing_parts().len(), fresh.trailing_parts().len());
    assert_eq!(live.preload_hints().count(), fresh.preload_hints().count());
    assert_eq!(live.date_ranges().count(), fresh.date_ranges().count());
}

fn facts(segment: &Segment<'_>) -> String {
    let keys: Vec<&str> = segment.keys().iter().map(|key| key.uri).collect();
    format!(
        "{} {} {:?} {:?} {keys:?} {} {} {:?} {}",
        segment.sequence(),
        segment.uri(),
        segment.byte_range(),
        segment.map().map(|map| (map.uri, map.byte_range, map.keys.len())),
        segment.is_gap(),
        segment.discontinuity_sequence(),
        segment.bitrate(),
        segment.parts().len(),
    )
}
