//! Where tags stand in a text, and what its lines look like.

use super::*;

#[test]
fn tags_of_the_whole_playlist_may_stand_anywhere() {
    let text = |first: u64| {
        let mut text = String::from("#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        for number in first..first + 700 {
            text += &format!("#EXTINF:5,\n{number:020}.ts\n");
            if number == first + 300 {
                text += &format!("#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
            }
        }
        text
    };
    let mut live = live(&text(3));
    check(&live, &text(3));
    for first in 4..9 {
        assert_eq!(live.reload(&text(first), &source()).unwrap().added, 1);
        check(&live, &text(first));
    }
}

/// The line end of the last line may be missing.
#[test]
fn a_last_line_without_line_end_is_a_line() {
    let begin = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-MEDIA-SEQUENCE:7";
    let lines = [
        "#EXT-X-TARGETDURATION:5",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"",
        "#EXTINF:5,\n7.ts",
        "#EXTINF:5,\n8.ts",
        "#EXT-X-PART:DURATION=1,URI=\"9.1\"",
        "#EXT-X-PART:DURATION=1,URI=\"9.2\"\n#EXTINF:5,\n9.ts",
        "#EXT-X-ENDLIST",
    ];
    for read_whole in [0, usize::MAX] {
        let mut text = String::from(begin);
        let mut held = live(&text);
        held.set_read_whole(read_whole);
        for line in lines {
            text = format!("{text}\n{line}");
            held.reload(&text, &source()).unwrap();
            check(&held, &text);
            check(&live(&text), &text);
        }
        assert_eq!((held.target_duration(), held.version()), (Some(seconds(5.0)), Some(9)));
    }
}

/// A byte order mark (RFC 8216bis §4.1) says nothing.
#[test]
fn texts_with_a_byte_order_mark_go_on_as_any() {
    let marked = |text: String| format!("\u{FEFF}{text}");
    let late =
        |_, next| plain(0, next).replace("\n9.ts\n", "\n9.ts\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    for text in [plain, late] {
        let mut live = live(&marked(text(0, 300)));
        check(&live, &text(0, 300));
        live.set_read_whole(0);
        live.reload(&marked(text(0, 301)), &source()).unwrap();
        live.reload(&marked(delta(0, 302, 290)), &source()).unwrap();
        check(&live, &plain(0, 302));
    }
}

/// EXT-X-ENDLIST may stand anywhere (RFC 8216 §4.3.3.4), and so do some servers' other tags.
#[test]
fn tags_of_the_whole_playlist_among_new_segments_are_not_lost() {
    for new in [1, 40, 300, 700] {
        let tag = "#EXT-X-ENDLIST\n#EXTINF:5,\n1000.ts\n";
        let text = plain(900, 1000 + new).replace("#EXTINF:5,\n1000.ts\n", tag);
        let mut live = live(&plain(900, 1000));
        live.set_read_whole(0);
        assert!(live.reload(&text, &source()).unwrap().has_ended, "{new} more");
        check(&live, &text);
    }
    // One that comes, and stays when there is much behind it; and two on one line.
    let with = |next: u64, is_shared: bool| match is_shared {
        true => plain(0, next).replace(
            "\n#EXT-X-SERVER",
            "\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"#EXT-X-VERSION:7\n#EXT-X-SERVER",
        ),
        false => plain(0, next).replace("\n9.ts\n", "\n9.ts\n#EXT-X-VERSION:7\n"),
    };
    for is_shared in [true, false] {
        let mut live = live(&with(9, is_shared));
        live.set_read_whole(0);
        for next in (10..1000).step_by(30) {
            live.reload(&with(next, is_shared), &source()).unwrap();
            assert_eq!(live.version(), Some(7), "{next} segments");
            check(&live, &with(next, is_shared));
        }
    }
}

/// Where the line end between two tags is missing, each is what it would be on a line of its own.
#[test]
fn a_tag_on_the_line_of_another_holds_where_it_stands() {
    let key = "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF";
    let none = "#EXT-X-KEY:METHOD=NONE\n#EXTINF:5,\n7.ts";
    let text = |next| plain(0, next).replacen("#EXTINF", key, 1).replace("#EXTINF:5,\n7.ts", none);
    let mut live = live(&text(300));
    live.set_read_whole(0);
    for next in [300, 301, 600] {
        live.reload(&text(next), &source()).unwrap();
        check(&live, &text(next));
        assert_eq!(live.segments().filter(|segment| !segment.keys().is_empty()).count(), 7);
    }
}

/// Keys without an initialization section, and byte ranges that go on where the one before ended.
#[test]
fn what_the_segment_before_says_holds_over_hundreds() {
    let text = |next: u64| {
        let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-BYTERANGE:100@0\nall.ts\n";
        let segment = |_| "#EXTINF:5,\n#EXT-X-BYTERANGE:100\nall.ts\n";
        plain(0, 0) + "#EXTINF:5,\n" + key + &(1..next).map(segment).collect::<String>()
    };
    let mut live = live(&text(300));
    live.set_read_whole(0);
    for next in [301, 310, 700] {
        live.reload(&text(next), &source()).unwrap();
        check(&live, &text(next));
    }
}
