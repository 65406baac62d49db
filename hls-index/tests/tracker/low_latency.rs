//! Low latency: blocking reload, delta updates, parts and hints.

use std::collections::BTreeSet;
use std::time::Duration;

use hls_index::tracker::{Config, Event, Resource};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, LATENCY, Stream};

const EDGE: Stream = Stream { window: 6, has_parts: true, can_skip: false };
const LONG: Stream = Stream { window: 30, has_parts: true, can_skip: true };

#[test]
fn the_next_part_is_asked_for_and_blocks() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(60), &mut |now, request| EDGE.answer(now, request));
    let (next, parts) = Stream::edge(Timestamp::from_secs(1));
    let asked = client.playlists();
    assert_eq!(asked[0], "live.m3u8", "nothing is known yet");
    for (expected, uri) in (next * 4 + parts..).zip(&asked[1..]) {
        let (sequence, part) = (expected / 4, expected % 4);
        assert_eq!(uri, &format!("live.m3u8?_HLS_msn={sequence}&_HLS_part={part}"));
    }
    // One answer a part: a second each.
    assert!((59..=62).contains(&asked.len()), "{}", asked.len());
}

#[test]
fn every_part_is_fetched_once_and_no_segment_twice() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(60), &mut |now, request| EDGE.answer(now, request));
    // The simulation checks that no URI is asked for twice. Here: nothing of it in two forms.
    let (mut whole, mut in_parts, mut hinted) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (_, request) in &client.requests {
        let name = request.uri.rsplit('/').next().unwrap();
        let number = name.split('.').next().unwrap().to_owned();
        match request.resource {
            Resource::Segment { .. } => _ = whole.insert(number),
            Resource::Part { .. } => _ = in_parts.insert(number),
            Resource::HintedPart => {
                hinted += 1;
                in_parts.insert(number);
            }
            _ => {}
        }
    }
    let both: Vec<_> = whole.intersection(&in_parts).collect();
    assert!(both.is_empty(), "{both:?}");
    assert!(in_parts.len() >= 14, "{in_parts:?}");
    // Nearly all parts are there before they are listed, and each is told by its number.
    assert!((58..=61).contains(&hinted), "{hinted}");
    let told = client.count(|event| matches!(event, Event::HintedPart { .. }));
    assert!(told + 2 >= hinted, "{told} of {hinted}");
    assert_eq!(
        client.count(|event| matches!(event, Event::Cancelled { .. } | Event::Lost { .. })),
        0
    );
    // What is complete by now is held.
    let live = client.tracker.live().unwrap();
    let held = live.segments().filter(|segment| client.tracker.is_held(segment.sequence())).count();
    assert_eq!(held, 6);
}

#[test]
fn it_plays_three_seconds_behind() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(60), &mut |now, request| EDGE.answer(now, request));
    let live = client.tracker.live().unwrap();
    let parts = live.trailing_parts().len() as u64;
    let edge = live.end() + hls_index::Ticks::from_seconds(parts);
    let behind = edge - client.tracker.position().unwrap();
    assert!(behind <= hls_index::seconds(4.5), "{behind:?}");
}

#[test]
fn delta_updates_are_asked_for_while_the_copy_is_fresh() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    let slow = Timestamp::from_secs(20)..Timestamp::from_secs(35);
    client.run(Duration::from_secs(60), &mut |now, request| {
        if request.resource == Resource::Playlist && slow.contains(&now) {
            return Answer { after: LATENCY, ..Answer::status(503) };
        }
        LONG.answer(now, request)
    });
    let asked = client.playlists();
    assert_eq!(asked[0], "live.m3u8");
    assert!(asked[1..15].iter().all(|uri| uri.ends_with("&_HLS_skip=v2")), "{asked:?}");
    // After a failure, all of it.
    let failed: Vec<_> = client.loads.iter().filter(|(at, _)| slow.contains(at)).collect();
    assert!((3..=6).contains(&failed.len()), "{failed:?}");
    let full = asked[1..].iter().filter(|uri| !uri.contains("_HLS_skip")).count();
    assert_eq!(full, failed.len());
    assert_eq!(client.tracker.live().unwrap().len(), 30);
    assert_eq!(
        client.count(|event| matches!(event, Event::SegmentChanged { .. } | Event::GaveUp(_))),
        0
    );

    let mut client = Client::new(Config {
        delta_updates: false,
        ..Config::new("https://a.example.com/live.m3u8")
    });
    client.run(Duration::from_secs(20), &mut |now, request| LONG.answer(now, request));
    assert!(client.playlists().iter().all(|uri| !uri.contains("_HLS_skip")));
}

#[test]
fn a_copy_older_than_half_the_skip_boundary_is_replaced_by_the_whole_playlist() {
    // The boundary is 24 s, and a copy is as old as the request that brought it.
    for (takes, asks_for_a_delta) in [(11, true), (13, false)] {
        let config = Config::new("https://a.example.com/live.m3u8");
        let mut client = Client::new(Config { timeout: Duration::from_secs(60), ..config });
        let mut slow = None;
        client.run(Duration::from_secs(45), &mut |now, request| {
            let mut answer = LONG.answer(now, request);
            let is_playlist = request.resource == Resource::Playlist;
            if is_playlist && slow.is_none() && now >= Timestamp::from_secs(20) {
                slow = Some(now);
                answer.after = Duration::from_secs(takes);
            }
            answer
        });
        let slow = client.loads.iter().position(|(at, _)| Some(*at) == slow).unwrap();
        let next = &client.playlists()[slow + 1];
        assert_eq!(next.contains("_HLS_skip"), asks_for_a_delta, "{takes} s: {next}");
    }
}

#[test]
fn h16_a_delta_update_that_does_not_fit_is_followed_by_the_whole_playlist_at_once() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    let mut broken = 0;
    client.run(Duration::from_secs(30), &mut |now, request| {
        let mut answer = LONG.answer(now, request);
        if request.uri.contains("_HLS_skip") && broken < 3 {
            broken += 1;
            answer.body = answer.body.replace("SKIPPED-SEGMENTS=22", "SKIPPED-SEGMENTS=4000000000");
        }
        answer
    });
    let asked = client.playlists();
    for at in [1, 3, 5] {
        assert!(
            asked[at].contains("_HLS_skip") && !asked[at + 1].contains("_HLS_skip"),
            "{asked:?}"
        );
        assert!(asked[at + 1].contains("_HLS_msn"));
        assert_eq!(client.loads[at].1, Some(client.loads[at + 1].0));
    }
    assert_eq!(client.tracker.live().unwrap().len(), 30);

    // One that sends nothing else, although nobody asks for it, is no better than one that fails.
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(300), &mut |now, request| {
        let mut answer = LONG.answer(now, request);
        if client_has_begun(now) && request.resource == Resource::Playlist {
            answer.body = LONG
                .playlist(now, Some("v2"))
                .replace("SKIPPED-SEGMENTS=22", "SKIPPED-SEGMENTS=99");
        }
        answer
    });
    assert_eq!(client.count(|event| matches!(event, Event::GaveUp(_))), 1);
    assert!(client.loads.len() < 40, "{}", client.loads.len());
}

fn client_has_begun(now: Timestamp) -> bool {
    now > Timestamp::from_secs(2)
}

#[test]
fn a_hint_that_is_dropped_is_cancelled() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    // From the 10th second on something else comes than was hinted.
    client.run(Duration::from_secs(14), &mut |now, request| {
        if request.uri.ends_with(".m4s") {
            return Answer::ok("");
        }
        let mut answer = EDGE.answer(now, request);
        if request.resource == Resource::HintedPart && now > Timestamp::from_secs(10) {
            answer.after = Duration::from_secs(60);
        }
        if request.resource == Resource::Playlist && now > Timestamp::from_secs(10) {
            answer.body = answer.body.replace(".mp4", ".m4s");
        }
        answer
    });
    let hints: Vec<_> =
        client.requests.iter().filter(|(_, it)| it.resource == Resource::HintedPart).collect();
    let cancelled = client.count(|event| matches!(event, Event::Cancelled { .. }));
    assert!(cancelled >= 1, "{:?}", client.events);
    assert!(hints.len() > 10);
}

#[test]
fn a_part_within_a_longer_hint_is_not_fetched_again() {
    // All parts of a segment lie in one resource, and the hint says where they begin only.
    let text = |parts: u64| {
        let mut text = String::from(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART-INF:PART-TARGET=1\n\
             #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3\n#EXTINF:4,\n0.mp4\n",
        );
        for part in 0..parts {
            text +=
                &format!("#EXT-X-PART:DURATION=1,URI=\"1.mp4\",BYTERANGE=\"100@{}\"\n", part * 100);
        }
        if parts < 4 {
            text += &format!(
                "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1.mp4\",BYTERANGE-START={}\n",
                parts * 100
            );
            text += "#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"next.mp4\"\n";
            text
        } else {
            text + "#EXTINF:4,\n1.mp4\n#EXT-X-ENDLIST\n"
        }
    };
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(20), &mut |now, request| match request.resource {
        Resource::Playlist => {
            let part =
                request.uri.rsplit_once("_HLS_part=").map_or(0, |(_, part)| part.parse().unwrap());
            let there = Timestamp::from_secs(part + 2).max(now);
            Answer { after: (there - now) + LATENCY, ..Answer::ok(text(part + 1)) }
        }
        Resource::HintedPart => Answer { after: Duration::from_secs(6), ..Answer::ok("") },
        _ => Answer::ok(""),
    });
    let media = client.media();
    assert_eq!(
        media,
        ["0.mp4", "1.mp4[bytes=0-99]", "next.mp4", "1.mp4[bytes=100-9007199254740991]"]
    );
    assert!(client.tracker.is_held(hls_index::MediaSequence(1)));
    assert_eq!(client.count(|event| matches!(event, Event::HintedPart { .. })), 3);
}

#[test]
fn a_server_that_does_not_like_directives_is_asked_without() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(30), &mut |now, request| {
        if request.uri.contains("_HLS_") {
            return Answer::status(400);
        }
        EDGE.answer(now, request)
    });
    let asked = client.playlists();
    assert!(asked[1].contains("_HLS_msn") && asked[2] == "live.m3u8", "{asked:?}");
    assert_eq!(client.count(|event| matches!(event, Event::GaveUp(_))), 0);
    assert!(client.count(|event| matches!(event, Event::Updated(_))) > 4);
}

#[test]
fn without_low_latency_only_whole_segments_are_fetched() {
    let mut client = Client::new(Config {
        low_latency: false,
        ..Config::new("https://a.example.com/live.m3u8")
    });
    client.run(Duration::from_secs(30), &mut |now, request| EDGE.answer(now, request));
    let is_whole = |resource| matches!(resource, Resource::Segment { .. } | Resource::Map);
    assert_eq!(client.asked(is_whole).len(), client.media().len());
    assert!(client.playlists().iter().all(|uri| !uri.contains("_HLS_part")));
    assert_eq!(client.loads.len(), 9, "one for each segment");
}
