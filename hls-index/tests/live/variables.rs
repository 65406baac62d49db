//! Variables in a live playlist: what they stand for, and attack H03, that they stand for too much.

use hls_index::{
    Limits, LivePlaylist, MediaPlaylist, MediaSequence, ParseErrorKind, ReloadError, Source,
};

use super::*;

const DEFINE_BRACE: &str = "#EXT-X-DEFINE:NAME=\"brace\",VALUE=\"{\"\n";

/// The same segments, with definitions before them.
fn defining(definitions: &str, text: &str) -> String {
    text.replace("#EXTM3U\n", &format!("#EXTM3U\n{definitions}"))
}

/// A definition whose value is as long as `length` says.
fn long(length: usize) -> String {
    format!("#EXT-X-DEFINE:NAME=\"long\",VALUE=\"{}\"\n", "v".repeat(length))
}

/// What is held takes no more than the text may, however it came in.
#[test]
fn h03_what_variables_stand_for_is_limited_over_all_reloads() {
    let text = |next: u64| defining(&long(100), &plain(0, next)).replace(",\n", ",\n{$long}/");
    let limit = 60_000;
    let source = Source::new().limits(Limits { expanded_bytes: limit, ..Limits::default() });
    let too_long = ParseErrorKind::ExpansionTooLong { limit };
    for step in [1, 20, 300] {
        let mut live = LivePlaylist::new(&text(100), &source).unwrap();
        live.set_read_whole(0);
        for next in (100 + step..700).step_by(step as usize) {
            let text = text(next);
            let fresh = MediaPlaylist::parse_from(&text, &source).err();
            let reloaded = live.reload(&text, &source).err();
            assert_eq!(reloaded, fresh.map(ReloadError::Parse), "{next} segments");
            if let Some(error) = fresh {
                assert_eq!(error.kind, too_long);
                break;
            }
            check(&live, &text);
        }
        assert!((200..600).contains(&live.len()), "{} segments", live.len());
    }
}

/// What a delta update skips counts as well; the whole text then says what is wrong.
#[test]
fn h03_what_variables_stand_for_is_limited_over_all_delta_updates() {
    let limits = Limits { expanded_bytes: 60_000, ..Limits::default() };
    let source = Source::new().limits(limits);
    let of = |text: String| defining(&long(100), &text).replace(",\n", ",\n{$long}/");
    let mut live = LivePlaylist::new(&of(plain(0, 100)), &source).unwrap();
    let error = (101..1000).find_map(|next| {
        let update = of(delta(0, next, next - 10));
        live.reload(&update, &source).err()
    });
    assert_eq!(error, Some(ReloadError::NotHeld { first: MediaSequence(0) }));
    assert!((400..600).contains(&live.len()), "{} segments", live.len());
    check(&live, &of(plain(0, live.len() as u64)));
    // What is gone does not count: a window slides on.
    for next in 600..2000 {
        let first = next - 300;
        let update = match next {
            600 => of(plain(first, next)),
            _ => of(delta(first, next, 290)),
        };
        live.reload(&update, &source).unwrap();
    }
    check(&live, &of(plain(1699, 1999)));
}

/// Each piece says the variables anew, which counts once.
#[test]
fn variables_that_hold_of_a_long_window_are_no_bomb() {
    let limits = Limits { expanded_bytes: 3000, ..Limits::default() };
    let source = Source::new().limits(limits);
    let of = |text: String| defining(&long(1000), &text);
    let mut live = LivePlaylist::new(&of(plain(0, 3000)), &source).unwrap();
    live.set_read_whole(0);
    for next in (3001..3300).step_by(2) {
        live.reload(&of(delta(0, next, next - 5)), &source).unwrap();
        live.reload(&of(plain(0, next + 1)), &source).unwrap();
    }
    check(&live, &of(plain(0, 3300)));
}

/// A key of the initialization section that is one of the segments as well.
#[test]
fn what_a_fresh_reading_just_accepts_is_held() {
    let key = |format: &str| {
        format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{{$long}}\",KEYFORMAT=\"{format}\"\n")
    };
    let said = format!("{}#EXT-X-MAP:URI=\"init\"\n{}", key("a"), key("b"));
    let text = defining(&long(100), &plain(0, 300)).replacen("#EXTINF", &(said + "#EXTINF"), 1);
    // The value, and twice a URI.
    for (expanded_bytes, is_accepted) in [(299, false), (300, true)] {
        let source = Source::new().limits(Limits { expanded_bytes, ..Limits::default() });
        assert_eq!(MediaPlaylist::parse_from(&text, &source).is_ok(), is_accepted);
        let live = LivePlaylist::new(&text, &source);
        assert_eq!(live.is_ok(), is_accepted, "{live:?}");
        if let Ok(mut live) = live {
            check(&live, &text);
            live.set_read_whole(0);
            let more = text.clone() + "#EXTINF:5,\n300.ts\n";
            live.reload(&more, &source).unwrap();
            check(&live, &more);
        }
    }
}

/// Date ranges that delta updates skip are held without their segments.
#[test]
fn h03_what_date_ranges_say_by_variables_is_limited_over_all_delta_updates() {
    let limits = Limits { expanded_bytes: 10_000, ..Limits::default() };
    let source = Source::new().limits(limits);
    let of = |text: String| defining(&long(1000), &text);
    let mut live = LivePlaylist::new(&of(plain(0, 20)), &source).unwrap();
    for next in 21..100 {
        let skip = format!("SKIPPED-SEGMENTS={},RECENTLY-REMOVED-DATERANGES=\"\"", next - 5);
        let range = format!("#EXT-X-DATERANGE:ID=\"{next}\",X-A=\"{{$long}}\"\n");
        let update = delta(0, next, next - 5);
        let update = update.replace(&format!("SKIPPED-SEGMENTS={}", next - 5), &skip) + &range;
        live.reload(&of(update), &source).unwrap();
        let length = |range: hls_index::DateRange<'_>| range.attributes().as_str().len();
        let bytes = live.date_ranges().map(length).sum::<usize>();
        assert!(bytes < 11_000, "{bytes} bytes");
        assert_eq!(live.date_ranges().last().unwrap().id, next.to_string());
    }
    assert!(live.date_ranges().count() > 5);
}

/// A token that the query brings anew is in all URIs; a delta update could not say so.
#[test]
fn a_variable_that_a_delta_update_has_otherwise_asks_for_the_whole_playlist() {
    let of = |text: String, value: &str| {
        let define = format!("#EXT-X-DEFINE:NAME=\"token\",VALUE=\"{value}\"\n");
        defining(&define, &text).replace(".ts", ".ts?{$token}")
    };
    let mut live = live(&of(plain(0, 300), "old"));
    live.reload(&of(delta(0, 301, 290), "old"), &source()).unwrap();
    let error = live.reload(&of(delta(0, 302, 290), "new"), &source()).unwrap_err();
    assert_eq!(error, ReloadError::NotHeld { first: MediaSequence(0) });
    check(&live, &of(plain(0, 301), "old"));
    live.reload(&of(plain(0, 302), "new"), &source()).unwrap();
    check(&live, &of(plain(0, 302), "new"));
}

/// What replaces a reference is not replaced again, nor read as a line, wherever a piece ends.
#[test]
fn what_variables_stand_for_is_not_read_again() {
    let ladder =
        format!("{}#EXT-X-DEFINE:NAME=\"long\",VALUE=\"{}\"\n", DEFINE_BRACE, "v".repeat(90));
    let sayings = [
        "#EXT-X-MAP:URI=\"{$brace}$none}/init.mp4\",BYTERANGE=\"7@9\"\n",
        "#EXT-X-MAP:URI=\"{$brace}$brace}\"\n",
        "#EXT-X-MAP:URI=\"{$long}{$long}\"\n",
        "#EXT-X-MAP:BYTERANGE=\"5\",X-A=\"a\",URI=\"a\"\n",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"{$brace}$none}\",KEYFORMAT=\"{$brace}$x}\"\n",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"{$long}{$long}\"\n",
    ];
    let limits = Limits { line_bytes: 150, ..Limits::default() };
    let source = Source::new().limits(limits);
    for said in sayings {
        let text = |first, next| {
            let text = defining(&ladder, &plain(first, next));
            text.replacen("#EXTINF", &format!("{said}#EXTINF"), 1)
                .replace("\n2", "\n{$brace}$long}{$long}{$long}2")
        };
        let mut live = LivePlaylist::new(&text(0, 300), &source)
            .unwrap_or_else(|error| panic!("{error}: {said}"));
        check(&live, &text(0, 300));
        for (read_whole, next) in [(0, 310), (0, 500), (usize::MAX, 501), (0, 800)] {
            live.set_read_whole(read_whole);
            live.reload(&text(next - 300, next), &source).unwrap();
            check(&live, &text(next - 300, next));
        }
    }
}

#[test]
fn what_date_ranges_say_by_variables_is_not_read_again() {
    let range = "#EXT-X-DATERANGE:ID=\"{$brace}$none}\",X-A=\"{$brace}$brace}\"\n";
    let of = |text: String| {
        defining(DEFINE_BRACE, &text).replacen("#EXTINF", &format!("{range}#EXTINF"), 1)
    };
    let mut live = live(&of(plain(0, 300)));
    let skip = "SKIPPED-SEGMENTS=290,RECENTLY-REMOVED-DATERANGES=\"other\"";
    let update = delta(0, 302, 290).replace("SKIPPED-SEGMENTS=290", skip);
    for (read_whole, text) in [
        (0, of(plain(0, 301))),
        (0, defining(DEFINE_BRACE, &update)),
        (usize::MAX, of(plain(0, 303))),
    ] {
        live.set_read_whole(read_whole);
        live.reload(&text, &source()).unwrap();
        let ranges: Vec<_> = live.date_ranges().collect();
        let [range] = &ranges[..] else { panic!("{ranges:?}") };
        assert_eq!(range.id, "{$none}");
        assert_eq!(range.attribute("X-A").unwrap(), "{$brace}");
    }
}

#[test]
fn variables_are_carried_over() {
    let text = |first: u64| {
        let mut text = format!(
            "#EXTM3U\n#EXT-X-DEFINE:NAME=\"host\",VALUE=\"https://a.example.com\"\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-KEY:METHOD=AES-128,URI=\"{{$host}}/key\"\n#EXT-X-MAP:URI=\"{{$host}}/init.mp4\"\n"
        );
        for number in first..first + 900 {
            text += &format!("#EXTINF:5,\n{{$host}}/{number}.ts\n");
        }
        text
    };
    let mut live = live(&text(0));
    for first in 1..300 {
        live.reload(&text(first), &source()).unwrap();
    }
    check(&live, &text(299));
    let last = live.segments().next_back().unwrap();
    assert_eq!(last.keys().first().unwrap().uri, "https://a.example.com/key");
    assert_eq!(last.map().unwrap().uri, "https://a.example.com/init.mp4");
}

#[test]
fn a_variable_that_changes_changes_what_is_held() {
    let text = |host: &str, next: u64| {
        let define = format!("#EXTM3U\n#EXT-X-DEFINE:NAME=\"host\",VALUE=\"{host}\"\n");
        plain(0, next).replace("#EXTM3U\n", &define).replace(",\n", ",\n{$host}/")
    };
    let mut live = live(&text("a", 20));
    live.set_read_whole(0);
    let update = live.reload(&text("b", 21), &source()).unwrap();
    assert_eq!((update.added, update.changed), (1, Some(MediaSequence(0))));
    check(&live, &text("b", 21));
    assert_eq!(live.segments().next().unwrap().uri(), "b/0.ts");
}
