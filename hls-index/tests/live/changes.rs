//! Attack H22: playlists that go back, and segments that change.

use hls_index::{DateTime, LivePlaylist, MediaSequence, ReloadError, Ticks, Update};

use super::{check, live, plain, source};

#[test]
fn h22_a_playlist_that_goes_back_is_reported() {
    for (first, window) in [(5, 4), (500, 1500)] {
        let mut live = live(&plain(first, first + window));
        let before = format!("{live:?}");
        for (first, next) in [(first, first + window - 1), (first - 3, first + window - 3), (0, 2)]
        {
            let error = live.reload(&plain(first, next), &source()).unwrap_err();
            let held = MediaSequence(live.next_sequence().0);
            assert_eq!(error, ReloadError::Backwards { held, found: MediaSequence(next) });
            assert_eq!(format!("{live:?}"), before, "it is as it was");
        }
        check(&live, &plain(first, first + window));
        // Only the start goes back: what was gone stays gone.
        let text = plain(first - 2, first + window + 1);
        let update = live.reload(&text, &source()).unwrap();
        assert!(update.has_returned && update.added == 1 && update.changed.is_none());
        assert_eq!(live.first_sequence(), MediaSequence(first));
        assert_eq!((live.start(), live.len() as u64), (Ticks::ZERO, window + 1));
        check(&live, &plain(first, first + window + 1));
    }
}

#[test]
fn h22_fewer_parts_are_an_older_copy() {
    let parts = |count: usize| plain(3, 5) + &"#EXT-X-PART:URI=\"p\",DURATION=1\n".repeat(count);
    let mut live = live(&parts(1));
    assert_eq!(live.reload(&parts(3), &source()).unwrap().added_parts, 2);
    assert!(matches!(live.reload(&parts(2), &source()), Err(ReloadError::Backwards { .. })));
    assert_eq!(live.trailing_parts().len(), 3);
    let whole = plain(3, 6) + "#EXT-X-PART:URI=\"p\",DURATION=1\n";
    let update = live.reload(&whole, &source()).unwrap();
    assert_eq!((update.added, update.added_parts), (1, 1));
}

#[test]
fn h22_a_changed_old_segment_is_reported() {
    // One with another name as long, another length, another byte range; in a short text and in a long one.
    for (first, window) in [(5, 8), (500, 1600)] {
        for (old, new) in [("ts\n", "tX\n"), ("ts\n", "longer\n")] {
            for changed in [first + 1, first + window / 2, first + window - 1] {
                let text = plain(first, first + window);
                let mut live = live(&text);
                live.set_checked_bytes(usize::MAX);
                let (old, new) = (format!("\n{changed}.{old}"), format!("\n{changed}.{new}"));
                let text = plain(first, first + window + 1).replace(&old, &new);
                let update = live.reload(&text, &source()).unwrap();
                assert_eq!(update.changed, Some(MediaSequence(changed)), "{new}");
                // The new one counts.
                check(&live, &text);
                assert_eq!(live.reload(&text, &source()).unwrap().changed, None);
            }
        }
    }
    let mut live = live(&plain(0, 4));
    let text = plain(0, 5).replace("5,\n2.ts", "4,\n2.ts");
    assert_eq!(live.reload(&text, &source()).unwrap().changed, Some(MediaSequence(2)));
    let text = text.replace("\n3.ts", "\n#EXT-X-BYTERANGE:5@0\n3.ts");
    assert_eq!(live.reload(&text, &source()).unwrap().changed, Some(MediaSequence(3)));
}

#[test]
fn h22_what_is_not_compared_at_once_is_compared_in_turns() {
    let (first, window) = (1000, 3000);
    let size = plain(first, first + window).len();
    let mut live = live(&plain(first, first + window));
    live.set_checked_bytes(size / 8);
    let changed = first + window / 2;
    let mut reloads = 0;
    let found = loop {
        reloads += 1;
        let (first, next) = (first + reloads, first + window + reloads);
        let text =
            plain(first, next).replace(&format!("\n{changed}.ts"), &format!("\n{changed}.XX"));
        let update = live.reload(&text, &source()).unwrap();
        check_ends(&live, first, next);
        if let Some(changed) = update.changed {
            break changed;
        }
    };
    assert_eq!(found, MediaSequence(changed));
    assert!((2..=9).contains(&reloads), "{reloads}");
    // A change that moves what comes after it is seen at once.
    let (first, next) = (first + reloads, first + window + reloads);
    let moved = plain(first, next).replace(&format!("\n{}.ts", changed + 9), "\nmoved.ts");
    assert_eq!(live.reload(&moved, &source()).unwrap().changed, Some(MediaSequence(changed)));
}

fn check_ends(live: &LivePlaylist, first: u64, next: u64) {
    assert_eq!(
        (live.first_sequence(), live.next_sequence()),
        (MediaSequence(first), MediaSequence(next))
    );
    assert_eq!(live.segment(MediaSequence(next - 1)).unwrap().uri(), format!("{}.ts", next - 1));
}

/// An event only grows, so the turns begin at the same place each time.
#[test]
fn h22_every_byte_of_what_is_held_has_its_turn() {
    let text = |changed: u64, next: u64| {
        let uri = |number: u64| if number == changed { "XX" } else { "ts" };
        let segment = |number| format!("#EXTINF:5,\n{number}.{}\n", uri(number));
        let head = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-PLAYLIST-TYPE:EVENT\n";
        head.to_owned() + &(0..next).map(segment).collect::<String>()
    };
    for checked in [5, 64, 1000] {
        for changed in 10..40 {
            let mut live = live(&text(u64::MAX, 300));
            live.set_read_whole(0);
            live.set_checked_bytes(checked);
            let turns = text(u64::MAX, 300).len() / checked + 2;
            let reload = |next| live.reload(&text(changed, next), &source()).unwrap().changed;
            let found = (301..).take(turns).find_map(reload);
            assert_eq!(found, Some(MediaSequence(changed)), "{checked} bytes");
        }
    }
}

#[test]
fn h22_a_uri_that_goes_on_after_a_blank_is_another() {
    for (end, is_same) in [(" ", true), ("\t\r", true), (" .ts", false), ("\t.ts", false)] {
        for next in [20, 140] {
            let mut live = live(&plain(0, next - 15));
            live.set_read_whole(0);
            live.reload(&plain(0, next), &source()).unwrap();
            let last = next - 1;
            let text =
                plain(0, next).replace(&format!("\n{last}.ts"), &format!("\n{last}.ts{end}"));
            let update = live.reload(&text, &source()).unwrap();
            assert_eq!(update.added, 0);
            assert_eq!(update.changed, (!is_same).then_some(MediaSequence(last)), "{end:?}");
            check(&live, &text);
        }
    }
}

/// Where nothing differs at the ends of a long text, what is between is left to its turn.
#[test]
fn h22_no_more_is_compared_than_is_asked_for() {
    let date = |number: u64| {
        let nanos = 1_700_000_000_000_000_000 + i128::from(number) * 5_000_400_000;
        // Written in whole milliseconds.
        let date = DateTime::from_unix_nanos(nanos / 1_000_000 * 1_000_000);
        format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n")
    };
    let range = |_| {
        let date = "START-DATE=\"2026-01-01T00:00:00Z\"";
        format!("#EXT-X-DATERANGE:ID=\"a\",{date}\n")
    };
    let nothing = |_| String::new();
    for said in [nothing, date, range] {
        let text = |first, next| {
            let text = plain(first, next).replace("#EXTINF:5,", "#EXTINF:5.0004,");
            text.replacen("#EXTINF", &format!("{}#EXTINF", said(first)), 1)
        };
        let mut live = live(&text(0, 300));
        live.set_read_whole(0);
        live.set_checked_bytes(1);
        for first in 1..40 {
            let text = text(first, 300 + first).replace("\n150.ts", "\n150.XX");
            let update = live.reload(&text, &source()).unwrap();
            assert_eq!((update.added, update.changed), (1, None), "{}", said(first));
        }
        assert_eq!(live.segment(MediaSequence(150)).unwrap().uri(), "150.ts");
        live.set_checked_bytes(usize::MAX);
        let text = text(40, 340).replace("\n150.ts", "\n150.XX");
        let update = live.reload(&text, &source()).unwrap();
        assert_eq!((update.added, update.changed), (1, Some(MediaSequence(150))));
        assert_eq!(live.segment(MediaSequence(150)).unwrap().uri(), "150.XX");
    }
}

/// Of a long text no more is read than its start and its end, and what the start says counts.
#[test]
fn h22_what_is_said_anew_of_the_first_segment_counts() {
    let first = "#EXTINF:5,\n7.ts\n";
    let with = |lines: &str| plain(7, 27).replace(first, &format!("{lines}{first}"));
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n";
    let map = "#EXT-X-MAP:URI=\"init.mp4\"\n";
    let after_a_key = format!("{key}{map}#EXT-X-KEY:METHOD=NONE\n");
    let sayings = [
        "",
        key,
        "#EXT-X-KEY:METHOD=AES-128,URI=\"other\"\n",
        map,
        &after_a_key,
        "#EXT-X-BITRATE:800\n",
        "#EXT-X-BITRATE:900\n",
        "#EXT-X-GAP\n",
        "#EXT-X-DISCONTINUITY\n",
        "#EXT-X-DISCONTINUITY-SEQUENCE:1\n",
        "#EXT-X-BYTERANGE:100@5\n",
        "#EXT-X-PART:DURATION=5,URI=\"part\"\n",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:01Z\n",
        "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"2026-01-01T00:00:00Z\"\n",
    ];
    for before in sayings {
        for after in sayings {
            let mut live = live(&with(before));
            live.set_read_whole(0);
            let update = live.reload(&with(after), &source()).unwrap();
            let is_range = |lines: &str| lines.contains("BYTERANGE");
            let is_changed = is_range(before) != is_range(after);
            let mut expected = Update::default();
            expected.changed = is_changed.then_some(MediaSequence(7));
            assert_eq!(update, expected, "{before}{after}");
            check(&live, &with(after));
        }
    }
    for (old, new) in [("\n7.ts", "\nX.ts"), ("5,\n7.ts", "4,\n7.ts")] {
        let mut live = live(&plain(7, 27));
        live.set_read_whole(0);
        let text = plain(7, 28).replace(old, new);
        let update = live.reload(&text, &source()).unwrap();
        assert_eq!((update.added, update.changed), (1, Some(MediaSequence(7))));
        check(&live, &text);
    }
}

/// What holds of all segments holds of those, too, that are not read again.
#[test]
fn h22_what_is_said_anew_of_the_whole_playlist_counts() {
    // Segments without EXTINF are as long as the target duration.
    let lasting = |seconds: u64| {
        let text = plain(0, 300).replace("#EXTINF:5,\n15.ts", "15.ts");
        text.replace("DURATION:5", &format!("DURATION:{seconds}"))
    };
    let mut live = live(&lasting(5));
    live.set_read_whole(0);
    let update = live.reload(&lasting(6), &source()).unwrap();
    assert_eq!(update.changed, Some(MediaSequence(15)));
    check(&live, &lasting(6));
    // And the URIs of those that have the variable in theirs.
    let on = |host: &str| {
        let define = format!("#EXTM3U\n#EXT-X-DEFINE:NAME=\"host\",VALUE=\"{host}\"\n");
        plain(0, 300).replace("#EXTM3U\n", &define).replace("\n15.ts", "\n{$host}/15.ts")
    };
    live = super::live(&on("a"));
    live.set_read_whole(0);
    let update = live.reload(&on("b"), &source()).unwrap();
    assert_eq!(update.changed, Some(MediaSequence(15)));
    check(&live, &on("b"));
}

#[test]
fn h22_a_text_that_is_no_playlist_is_refused_however_much_of_it_is_held() {
    for first in [0, 3] {
        let mut live = live(&plain(first, 30));
        live.set_read_whole(0);
        let before = format!("{live:?}");
        let (whole, head) = (plain(first, 31), "#EXTM3U\n");
        let sequence = &*format!("#EXT-X-MEDIA-SEQUENCE:{first}\n");
        for text in [
            whole.replace("#EXTM3U", "#EXTM4U"),
            whole.replace(head, &format!("{head}{sequence}")),
            whole.replace(sequence, "#EXT-X-MEDIA-SEQUENCE:three\n"),
            whole.replace("DURATION:5\n", "DURATION:5\n#EXT-X-TARGETDURATION:5\n"),
            whole.clone() + "#EXTINF:-5,\n31.ts\n",
            whole.clone() + "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXTINF:5,\n32.ts\n",
        ] {
            assert!(live.reload(&text, &source()).is_err(), "{text}");
            assert_eq!(format!("{live:?}"), before, "it is as it was");
        }
        live.reload(&whole, &source()).unwrap();
        check(&live, &whole);
    }
}

#[test]
fn h22_the_parts_of_a_segment_that_never_came_may_go_at_the_end() {
    for read_whole in [0, usize::MAX] {
        let mut live = live(&(plain(3, 5) + "#EXT-X-PART:URI=\"p\",DURATION=1\n"));
        live.set_read_whole(read_whole);
        let ended = plain(3, 5) + "#EXT-X-ENDLIST\n";
        let update = live.reload(&ended, &source()).unwrap();
        let mut expected = Update::default();
        expected.has_ended = true;
        assert_eq!(update, expected);
        assert!(update.is_progress());
        check(&live, &ended);
        // It ends once.
        assert_eq!(live.reload(&ended, &source()), Ok(Update::default()));
        check(&live, &ended);
    }
}
