//! Tuning in to low latency where a cache has held the playlist for a while.

use std::time::Duration;

use hls_index::tracker::{Config, Event, Request, Resource, Response, Tracker};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const EDGE: Stream = Stream { window: 6, has_parts: true, can_skip: false };

/// A cache that holds what it had at second 1 of each playlist without directives.
fn cached(age: u64) -> impl FnMut(Timestamp, &Request) -> Answer {
    let old = Timestamp::from_secs(100 - age);
    move |now, request| match request.resource {
        Resource::Playlist if !request.uri.contains("_HLS_") => {
            let age = Some(now - old);
            Answer { age, ..Answer::ok(EDGE.playlist(old, None)) }
        }
        _ => EDGE.answer(now, request),
    }
}

fn client() -> Client {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.now = Timestamp::from_secs(100);
    client.tracker =
        Tracker::new(client.now, Config::new("https://a.example.com/live.m3u8"), [3; 32]);
    client
}

fn behind(client: &Client) -> f64 {
    let (next, parts) = Stream::edge(client.now);
    let live = client.tracker.live().unwrap();
    let missing = next - live.next_sequence().0;
    let edge = live.end() + hls_index::Ticks::from_seconds(missing * 4 + parts);
    (edge - client.tracker.position().unwrap()).as_seconds_f64()
}

#[test]
fn an_old_copy_is_followed_by_the_newest_before_anything_is_fetched() {
    for age in [1, 3, 4, 7, 11] {
        let mut client = client();
        client.run(Duration::from_millis(1100), &mut cached(age));
        let asked = client.playlists();
        // One request for the newest part, which is there at once or within a part.
        let (next, parts) = Stream::edge(Timestamp::from_secs(100));
        let expected = format!("live.m3u8?_HLS_msn={next}&_HLS_part={}", parts.saturating_sub(1));
        let before = format!("live.m3u8?_HLS_msn={}&_HLS_part=3", next - 1);
        assert!(asked[1] == expected || asked[1] == before, "{age} s: {asked:?}");
        assert!(behind(&client) <= 4.5, "{age} s: {} s behind", behind(&client));
        let first = client.requests.iter().find(|(_, it)| !it.resource.needs_body()).unwrap();
        assert!(Some(first.0) >= client.loads[1].1, "the first load tells not where to begin");
        client.run(Duration::from_secs(10), &mut cached(age));
        assert_eq!(
            client.count(|event| matches!(event, Event::Lost { .. } | Event::WentBack { .. })),
            0
        );
    }
}

#[test]
fn a_copy_without_age_or_younger_than_a_part_is_the_newest() {
    for age in [None, Some(Duration::ZERO), Some(Duration::from_millis(999))] {
        let mut client = client();
        client.run(Duration::from_millis(100), &mut |now, request| Answer {
            age,
            ..EDGE.answer(now, request)
        });
        let (next, parts) = Stream::edge(Timestamp::from_secs(100));
        assert_eq!(client.playlists()[1], format!("live.m3u8?_HLS_msn={next}&_HLS_part={parts}"));
        assert!(client.media().len() > 1);
    }
}

#[test]
fn where_parts_are_shorter_than_a_second_the_age_may_be_one_more() {
    let text = |msn: u64| {
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART-INF:PART-TARGET=0.5\n#EXT-X-MEDIA-SEQUENCE:{msn}\n\
             #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5\n#EXTINF:4,\n{msn}.mp4\n\
             #EXT-X-PART:DURATION=0.5,URI=\"p\"\n"
        )
    };
    for (age, expected) in [
        (0, "_HLS_msn=8&_HLS_part=2"),
        (2, "_HLS_msn=8&_HLS_part=6"),
        (3, "_HLS_msn=9&_HLS_part=0"),
    ] {
        let mut client = client();
        client.run(Duration::from_millis(100), &mut |_, request| match request.resource {
            Resource::Playlist if !request.uri.contains("_HLS_") => Answer {
                age: Some(Duration::from_secs(age)),
                after: Duration::ZERO,
                ..Answer::ok(text(7))
            },
            _ => Answer::never(),
        });
        assert_eq!(client.playlists()[1], format!("live.m3u8?{expected}"), "{age} s");
        assert!(client.media().is_empty(), "it is not known where to begin");
    }
}

#[test]
fn what_cannot_be_tuned_in_is_played_as_it_is() {
    // The server does not like it, does not answer, or has nothing newer.
    for answer in [Answer::status(400), Answer::status(503), Answer::never(), Answer::ok("x")] {
        let mut client = client();
        let mut refused = 0;
        let mut origin = cached(7);
        client.run(Duration::from_secs(40), &mut |now, request| {
            if request.uri.contains("_HLS_") && refused == 0 {
                refused += 1;
                return answer.clone();
            }
            origin(now, request)
        });
        assert!(client.tracker.position().is_some(), "{answer:?}");
        assert!(client.media().len() > 5);
    }
    // Each copy is older than it should be: it does not go on for ever.
    let mut client = client();
    let mut origin = cached(9);
    client.run(Duration::from_secs(5), &mut |now, request| {
        let mut answer = origin(now, request);
        if request.uri.contains("_HLS_") {
            let loads = now - Timestamp::from_secs(100);
            answer = Answer::ok(EDGE.playlist(Timestamp::from_secs(91) + loads, None));
            answer.age = Some(Duration::from_secs(9));
        }
        answer
    });
    assert!(client.tracker.position().is_some());
}

#[test]
fn an_answer_without_age_is_the_newest_whatever_is_missing() {
    let mut client = client();
    let mut origin = cached(9);
    client.run(Duration::from_millis(80), &mut |now, request| {
        match request.uri.contains("_HLS_") && now < Timestamp::from_millis(100_030) {
            // The origin is behind what the cache's age promised.
            true => Answer::ok(EDGE.playlist(Timestamp::from_secs(94), None)),
            false => origin(now, request),
        }
    });
    assert!(client.tracker.position().is_some());
    assert_eq!(
        client.tracker.live().unwrap().next_sequence().0,
        Stream::edge(Timestamp::from_secs(94)).0
    );
}

#[test]
fn an_age_that_cannot_be_is_no_harm() {
    for age in [u64::MAX, 1 << 40, 86_400] {
        let mut client = client();
        client.run(Duration::from_secs(20), &mut |now, request| {
            if request.resource == Resource::Playlist && !request.uri.contains("_HLS_") {
                return Answer { age: Some(Duration::from_secs(age)), ..EDGE.answer(now, request) };
            }
            match request.uri.contains("_HLS_msn=12") {
                true => EDGE.answer(now, request),
                false if request.resource == Resource::Playlist => Answer::status(400),
                false => EDGE.answer(now, request),
            }
        });
        assert!(client.tracker.position().is_some(), "{age}");
        assert!(behind(&client) < 6.0, "{age} s: {}", behind(&client));
    }
}

#[test]
fn a_copy_that_a_cache_had_is_older_for_delta_updates() {
    const LONG: Stream = Stream { window: 30, has_parts: true, can_skip: true };
    for (age, asks_for_a_delta) in [(11, true), (13, false)] {
        let mut client = client();
        client.run(Duration::from_millis(900), &mut |now, request| {
            if request.resource == Resource::Playlist && !request.uri.contains("_HLS_") {
                let old = now - Duration::from_secs(age);
                let age = Some(Duration::from_secs(age));
                return Answer { age, ..Answer::ok(LONG.playlist(old, None)) };
            }
            LONG.answer(now, request)
        });
        assert_eq!(client.playlists()[1].contains("_HLS_skip"), asks_for_a_delta, "{age} s");
    }
}

#[test]
fn another_rendition_is_tuned_in_by_its_report() {
    let main = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/live.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/live.m3u8\n";
    for (uri, is_reported) in [("../high/live.m3u8", true), ("../other/live.m3u8", false)] {
        let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
        let origin = &mut |now, request: &Request| {
            if request.uri.ends_with("main.m3u8") {
                return Answer::ok(main);
            }
            let mut answer = EDGE.answer(now, request);
            if request.resource == Resource::Playlist {
                let (next, parts) = Stream::edge(now);
                answer.body += &format!(
                    "#EXT-X-RENDITION-REPORT:URI=\"{uri}\",LAST-MSN={next},LAST-PART={}\n",
                    parts.max(1) - 1
                );
                // An answer to directives is as new as it was asked for, whatever its age.
                let is_asked = request.uri.contains("_HLS_");
                answer.age = is_asked.then_some(Duration::from_secs(1));
            }
            answer
        };
        client.run(Duration::from_millis(9500), origin);
        let position = behind(&client);
        let loads = client.playlists().len();
        client.tracker.select(client.now, 1).unwrap();
        client.run(Duration::from_millis(100), origin);
        let first = &client.playlists()[loads];
        assert_eq!(
            first.contains("_HLS_msn") && first.contains("_HLS_part"),
            is_reported,
            "{first}"
        );
        assert!((behind(&client) - position).abs() < 0.3, "it goes on where it was");
        assert_eq!(client.count(|event| matches!(event, Event::GaveUp(_))), 0);
    }
}

/// What came of a first copy that is 10 s old, and of others after it, each 1 s longer than the one before
/// or as long as `made` says: the playlists asked for before playback began.
fn tuned_in(copies: impl Fn(u64) -> (u64, Option<u64>, &'static str), wait: u64) -> Vec<String> {
    let stream = Stream { window: 6, has_parts: true, can_skip: false };
    let mut now = Timestamp::from_secs(1);
    let config = Config::new("https://a.example.com/live.m3u8");
    let mut tracker = Tracker::new(now, config, [1; 32]);
    let mut asked = Vec::new();
    for number in 0..20 {
        let load = core::iter::from_fn(|| tracker.poll_request(now));
        let Some(load) = load.filter(|it| it.resource == Resource::Playlist).last() else { break };
        asked.push(load.uri.rsplit('/').next().unwrap().to_owned());
        let (made, age, end) = copies(number);
        let text = stream.playlist(Timestamp::from_secs(made), None) + end;
        let age = age.map(Duration::from_secs);
        let response = Response { age, ..Response::ok(text.as_bytes()) };
        tracker.handle_response(now, load.id, &response);
        if tracker.position().is_some() {
            break;
        }
        now += Duration::from_secs(wait);
    }
    asked
}

#[test]
fn tuning_in_ends_after_four_loads_or_with_what_is_new_enough() {
    let old = Some(10);
    assert_eq!(tuned_in(|number| (100 + number, old, ""), 0).len(), 5);
    // A fresh copy, whatever is in it; one with all that is missing, however old; the last one.
    for (made, age, end) in
        [(101, Some(0), ""), (101, None, ""), (110, old, ""), (101, old, "#EXT-X-ENDLIST\n")]
    {
        let first = |number| if number == 0 { (100, old, "") } else { (made, age, end) };
        assert_eq!(tuned_in(first, 0).len(), 2, "{made} {age:?} {end}");
    }
}

#[test]
fn tuning_in_ends_where_segments_were_missed() {
    // Ten segments come, of which the playlist has the last six: no time tells any more what is missing.
    let copies = |number| if number == 0 { (100, Some(40), "") } else { (140, Some(10), "") };
    assert_eq!(tuned_in(copies, 0).len(), 2);
    // And where the first of those that came is there, it goes on.
    let copies = |number| if number == 0 { (100, Some(40), "") } else { (124, Some(10), "") };
    assert!(tuned_in(copies, 0).len() > 2);
}

#[test]
fn what_has_come_since_the_first_copy_is_asked_for_too() {
    // 500 s since the start: 125 segments. Ten more are two and a half.
    for (wait, expected) in [(0, "_HLS_msn=127&_HLS_part=1"), (3, "_HLS_msn=128&_HLS_part=0")] {
        let asked = tuned_in(|number| (100 + number, Some(10), ""), wait);
        assert_eq!(asked[1], format!("live.m3u8?{expected}"));
    }
}

#[test]
fn without_parts_nothing_is_tuned_in() {
    let text = Stream { window: 6, has_parts: false, can_skip: false }
        .playlist(Timestamp::from_secs(100), None)
        + "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n";
    let now = Timestamp::from_secs(1);
    let mut tracker = Tracker::new(now, Config::new("https://a.example.com/live.m3u8"), [1; 32]);
    let load = tracker.poll_request(now).unwrap();
    let age = Some(Duration::from_secs(10));
    tracker.handle_response(now, load.id, &Response { age, ..Response::ok(text.as_bytes()) });
    assert!(tracker.position().is_some());
}

#[test]
fn who_jumps_while_it_tunes_in_begins_at_the_edge_when_the_stream_begins_anew() {
    let main = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/live.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/live.m3u8\n";
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_millis(20_500), &mut |now, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(main),
        _ => EDGE.answer(now, request),
    });
    client.plays = false;
    // Well behind the edge, the viewer takes the other variant, of which a cache has an old copy.
    let end = client.tracker.live().unwrap().end();
    client.tracker.play(client.now, end - hls_index::seconds(14.0));
    client.tracker.select(client.now, 1).unwrap();
    let anew = EDGE.playlist(Timestamp::ZERO, None);
    let anew = anew.replace("MEDIA-SEQUENCE:94", "MEDIA-SEQUENCE:0");
    let origin = &mut |now, request: &Request| match request.resource {
        Resource::Playlist if request.uri.contains("_HLS_") => {
            Answer { after: Duration::from_secs(1), ..Answer::ok(anew.clone()) }
        }
        Resource::Playlist => {
            let age = Duration::from_secs(10);
            Answer { age: Some(age), ..Answer::ok(EDGE.playlist(now - age, None)) }
        }
        _ => Answer::ok(""),
    };
    client.run(Duration::from_millis(500), origin);
    assert_eq!(client.tracker.position(), None, "it is not known where to go on");
    let end = client.tracker.live().unwrap().end();
    client.tracker.play(client.now, end - hls_index::seconds(2.0));
    // What comes then is another stream: six segments of 4 s, and parts of 1 s.
    client.run(Duration::from_secs(20), origin);
    assert_eq!(client.count(|event| *event == Event::Restarted), 1);
    assert_eq!(client.tracker.position(), Some(hls_index::seconds(21.0)));
}
