//! A long window is held in pieces, and nothing shows where one ends and the next begins.

use hls_index::{LivePlaylist, MediaPlaylist, MediaSequence, Source, Ticks};

/// The segments `first..next` of 5.0000000001 s; the last `open` of them with a part each, which the server
/// takes away later. A new text, or an update without the first `skipped`.
fn text(first: u64, next: u64, open: u64, skipped: u64) -> String {
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
         #EXT-X-PART-INF:PART-TARGET=5\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=30,PART-HOLD-BACK=15\n"
    );
    if skipped > 0 {
        text += &format!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n");
    }
    for number in first + skipped..next {
        if number + open >= next {
            text += &format!("#EXT-X-PART:DURATION=5,URI=\"{number}.p\"\n");
        }
        text += &format!("#EXTINF:5.0000000001,title {number}\n{number}.ts\n");
    }
    text
}

/// Holds every segment against what it is by its number.
fn check(live: &LivePlaylist, first: u64, next: u64, open: u64) {
    assert_eq!(
        (live.first_sequence(), live.next_sequence()),
        (MediaSequence(first), MediaSequence(next))
    );
    let segments: Vec<_> = live.segments().collect();
    assert_eq!(segments.len() as u64, next - first);
    // A tenth of a tick for each, taken up to the next tick.
    let start = |number: u64| Ticks::new(number * 5_000_000_000 + number.div_ceil(10));
    for (segment, number) in segments.iter().zip(first..) {
        assert_eq!(segment.sequence(), MediaSequence(number));
        assert_eq!(segment.uri(), format!("{number}.ts"));
        assert_eq!(segment.title(), Some(&*format!("title {number}")));
        assert_eq!(
            (segment.start(), segment.end()),
            (start(number), start(number + 1)),
            "{number}"
        );
        assert_eq!(segment.parts().len(), usize::from(number + open >= next), "{number} of {next}");
        let held = live.segment(MediaSequence(number)).unwrap();
        assert_eq!((held.uri(), held.start()), (segment.uri(), segment.start()));
    }
    assert!(live.segment(MediaSequence(next)).is_none());
    assert!(first == 0 || live.segment(MediaSequence(first - 1)).is_none());
    for number in [first, first + (next - first) / 2, next - 1] {
        assert_eq!(live.at(start(number)).unwrap().sequence(), MediaSequence(number));
        let last = start(number + 1) - Ticks::new(1);
        assert_eq!(live.at(last).unwrap().sequence(), MediaSequence(number));
    }
}

/// A window of `window` segments to which `step` come at once.
fn grow(window: u64, step: u64, open: u64, is_delta: bool) {
    let source = Source::new();
    let mut live = LivePlaylist::new(&text(0, 10, open, 0), &source).unwrap();
    live.set_read_whole(0);
    let mut next = 10;
    while next < 700 {
        next += step;
        let first = next.saturating_sub(window);
        let skipped = if is_delta { next - first - step - open - 1 } else { 0 };
        let text = text(first, next, open, skipped);
        let update = live.reload(&text, &source).unwrap();
        assert_eq!((update.added, update.changed, update.missed), (step, None, 0), "{next}");
        check(&live, first, next, open);
    }
    let whole = text(live.first_sequence().0, next, open, 0);
    let fresh = MediaPlaylist::parse(&whole).unwrap();
    assert!(
        fresh
            .segments()
            .map(|s| s.uri().to_owned())
            .eq(live.segments().map(|s| s.uri().to_owned()))
    );
}

#[test]
fn segments_are_what_they_are_as_a_window_grows_by_one() {
    grow(10_000, 1, 0, false);
    grow(10_000, 1, 0, true);
}

#[test]
fn segments_are_what_they_are_when_the_last_ones_change() {
    grow(10_000, 1, 3, false);
    grow(10_000, 2, 3, true);
    grow(10_000, 7, 5, false);
}

#[test]
fn segments_are_what_they_are_as_a_window_slides() {
    for window in [127, 128, 129, 300] {
        grow(window, 1, 3, false);
        grow(window, 3, 2, true);
    }
}

#[test]
fn segments_are_what_they_are_when_many_come_at_once() {
    for step in [118, 127, 128, 129, 246, 257, 300] {
        grow(10_000, step, 2, false);
        grow(10_000, step, 2, true);
    }
}
