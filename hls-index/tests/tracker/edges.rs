//! Small things that would go unnoticed: one fact each.

use std::time::Duration;

use hls_index::MediaSequence;
use hls_index::tracker::{Config, Event, GiveUp, Request, Resource, Response, Tracker};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const POLLED: Stream = Stream { window: 6, has_parts: false, can_skip: false };
const MAIN: &str = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://a.example.com/live.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://b.example.com/live.m3u8\n";
const VOD: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXTINF:4,\n1.ts\n\
    #EXTINF:4,\n2.ts\n#EXTINF:4,\n3.ts\n#EXT-X-ENDLIST\n";
const START: Timestamp = Timestamp::from_secs(1);

fn config() -> Config {
    Config::new("https://a.example.com/main.m3u8")
}

/// A tracker with this playlist, and what it asks for.
fn loaded(config: Config, text: &str) -> (Tracker, Vec<Request>) {
    let mut tracker = Tracker::new(START, config, [1; 32]);
    let first = tracker.poll_request(START).unwrap();
    tracker.handle_response(START, first.id, &Response::ok(text.as_bytes()));
    let requests = drained(&mut tracker);
    while tracker.poll_event().is_some() {}
    (tracker, requests)
}

fn drained(tracker: &mut Tracker) -> Vec<Request> {
    core::iter::from_fn(|| tracker.poll_request(START)).collect()
}

fn cancelled(tracker: &mut Tracker) -> Vec<u64> {
    let events = core::iter::from_fn(|| tracker.poll_event());
    let ids = events.filter_map(|event| match event {
        Event::Cancelled { id } => Some(id.0),
        _ => None,
    });
    ids.collect()
}

fn host(request: &Request) -> &str {
    request.uri.trim_start_matches("https://").split('.').next().unwrap()
}

#[test]
fn at_least_one_may_be_under_way() {
    let (_, requests) = loaded(Config { in_flight: 0, ..config() }, VOD);
    assert_eq!(requests.len(), 1);
}

#[test]
fn only_what_the_caller_has_is_cancelled() {
    let (mut tracker, requests) = loaded(config(), VOD);
    tracker.hold(MediaSequence(1));
    assert_eq!(cancelled(&mut tracker), [requests[1].id.0]);
    // And if it was on its way elsewhere, it does not go there.
    let response = Response { location: Some("x.ts"), ..Response::status(302) };
    tracker.handle_response(START, requests[2].id, &response);
    tracker.hold(MediaSequence(2));
    assert!(drained(&mut tracker).is_empty());
    assert!(tracker.is_held(MediaSequence(2)) && !tracker.is_held(MediaSequence(0)));
}

#[test]
fn a_hint_may_be_held_back_for_three_target_durations() {
    let text = POLLED.playlist(START, None).replace(
        "#EXT-X-VERSION",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3\n\
         #EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"h.mp4\"\n#EXT-X-VERSION",
    );
    let (mut tracker, requests) = loaded(Config { in_flight: 9, ..config() }, &text);
    let hint = requests.iter().find(|it| it.resource == Resource::HintedPart).unwrap();
    let segment = requests.iter().find(|it| matches!(it.resource, Resource::Segment { .. }));
    tracker.handle_timeout(START + Duration::from_secs(11));
    let ids = cancelled(&mut tracker);
    assert!(ids.contains(&segment.unwrap().id.0) && !ids.contains(&hint.id.0), "{ids:?}");
}

#[test]
fn a_body_may_be_as_long_as_the_limit() {
    for (max_body, is_taken) in [(VOD.len(), true), (VOD.len() - 1, false)] {
        let (tracker, _) = loaded(Config { max_body, ..config() }, VOD);
        assert_eq!(tracker.live().is_some(), is_taken);
    }
}

#[test]
fn what_was_never_sent_cannot_be_unchanged() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(200), &mut |_, _| Answer::status(304));
    assert_eq!((client.loads.len(), client.tracker.gave_up()), (8, Some(GiveUp::Unavailable)));
}

#[test]
fn another_server_is_not_asked_about_the_copy_of_the_first() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(40), &mut |now, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
        Resource::Playlist if host(request) == "a" && now > Timestamp::from_secs(9) => {
            Answer::status(500)
        }
        Resource::Playlist => {
            Answer { etag: Some(host(request).into()), ..POLLED.answer(now, request) }
        }
        _ => POLLED.answer(now, request),
    });
    let asked =
        client.requests.iter().filter_map(|(_, it)| Some((host(it), it.if_none_match.as_deref()?)));
    let asked: Vec<_> = asked.collect();
    assert!(asked.contains(&("a", "a")) && asked.contains(&("b", "b")), "{asked:?}");
    assert!(asked.iter().all(|(host, etag)| host == etag), "{asked:?}");
}

#[test]
fn a_segment_is_asked_for_on_each_server_by_its_own_name_and_then_lost() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(60), &mut |_, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
        Resource::Playlist => {
            Answer { uri: Some("https://moved.example.com/x/live.m3u8".into()), ..Answer::ok(VOD) }
        }
        _ if request.uri.ends_with("/1.ts") => Answer::status(404),
        _ => Answer::ok(""),
    });
    let tries = client.requests.iter().filter(|(_, it)| it.uri.ends_with("/1.ts"));
    let tries: Vec<_> = tries.map(|(_, it)| it.uri.as_str()).collect();
    let both = ["https://moved.example.com/x/1.ts", "https://b.example.com/1.ts"];
    assert_eq!(tries, [both; 4].concat());
    assert_eq!(client.count(|event| matches!(event, Event::Lost { .. })), 1);
}

#[test]
fn what_is_the_same_on_two_servers_is_asked_for_once() {
    let text = VOD.replace("1.ts", "https://c.example.com/1.ts");
    let mut client = Client::new(config());
    client.run(Duration::from_secs(60), &mut |_, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
        Resource::Playlist => Answer::ok(text.clone()),
        _ if host(request) == "c" => Answer::status(404),
        _ => Answer::ok(""),
    });
    assert_eq!(client.requests.iter().filter(|(_, it)| host(it) == "c").count(), 4);
}

#[test]
fn who_goes_on_has_forgotten_who_failed() {
    let mut client = Client::new(Config { attempts: 2, ..config() });
    for _ in 0..2 {
        client.run(Duration::from_secs(9), &mut |_, request| match request
            .uri
            .ends_with("main.m3u8")
        {
            true => Answer::ok(MAIN),
            false => Answer::status(500),
        });
        assert_eq!(client.tracker.gave_up(), Some(GiveUp::Unavailable));
        client.tracker.resume(client.now);
    }
    let hosts: Vec<_> = client.requests[1..].iter().map(|(_, it)| host(it)).collect();
    assert_eq!(hosts, ["a", "b", "a", "b"]);
}

#[test]
fn segments_that_were_under_way_when_it_stopped_are_asked_for_again() {
    let mut client = Client::new(Config { attempts: 1, ..config() });
    client.run(Duration::from_secs(9), &mut |now, request| match request.resource {
        Resource::Playlist if now == START => POLLED.answer(now, request),
        Resource::Playlist => Answer::status(500),
        _ => Answer::never(),
    });
    assert_eq!(client.tracker.gave_up(), Some(GiveUp::Unavailable));
    let media = ["init.mp4", "97.mp4", "98.mp4", "99.mp4"];
    assert_eq!(client.media(), media);
    client.tracker.resume(client.now);
    client.run(Duration::from_secs(3), &mut |now, request| POLLED.answer(now, request));
    assert_eq!(client.media()[4..8], media);
}

#[test]
fn h13_who_goes_on_may_be_led_on_as_often_as_before() {
    let mut client = Client::new(config());
    for loads in [3, 6] {
        client.run(Duration::from_secs(9), &mut |_, _| {
            Answer::ok("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmain.m3u8\n")
        });
        assert_eq!(client.tracker.gave_up(), Some(GiveUp::TooDeep));
        assert_eq!(client.loads.len(), loads);
        client.tracker.resume(client.now);
    }
}

#[test]
fn reports_are_used_only_where_the_server_blocks() {
    for (control, low_latency, expected) in [
        ("", true, "b/live.m3u8"),
        (
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n",
            true,
            "live.m3u8?_HLS_msn=107&_HLS_part=2",
        ),
        ("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n", false, "live.m3u8?_HLS_msn=107"),
    ] {
        let main = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/live.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=2\nb/live.m3u8\n";
        let (mut tracker, requests) = loaded(Config { low_latency, ..config() }, main);
        let report = "#EXT-X-RENDITION-REPORT:URI=\"../b/live.m3u8\",LAST-MSN=107,LAST-PART=2\n";
        let text = POLLED
            .playlist(START, None)
            .replace("#EXT-X-VERSION", &format!("{control}#EXT-X-VERSION"));
        tracker.handle_response(START, requests[0].id, &Response::ok((text + report).as_bytes()));
        tracker.select(START, 1).unwrap();
        let next = drained(&mut tracker);
        assert!(next[0].uri.ends_with(expected), "{} {expected}", next[0].uri);
    }
}

#[test]
fn a_playlist_that_has_nothing_to_skip_is_loaded_whole() {
    let stream = Stream { can_skip: true, ..POLLED };
    let mut client = Client::new(config());
    client.run(Duration::from_secs(30), &mut |now, request| stream.answer(now, request));
    assert!(client.playlists().len() > 5);
    assert!(
        client.playlists().iter().all(|uri| uri == "main.m3u8"),
        "it is no longer than the boundary"
    );
}

#[test]
fn h14_a_stall_is_told_after_one_and_a_half_target_durations_and_waited_for() {
    let text = POLLED.playlist(START, None);
    let mut client = Client::new(Config { patience: Duration::from_secs(1), ..config() });
    client.run(Duration::from_secs(60), &mut |_, _| Answer::ok(text.clone()));
    let stalled = client.events.iter().find_map(|(_, event)| match event {
        Event::Stalled { since } => Some(*since),
        _ => None,
    });
    let range = Duration::from_secs(6)..Duration::from_secs(8);
    assert!(range.contains(&stalled.unwrap()), "{stalled:?}");
    let (at, last) = client.events.last().unwrap();
    assert_eq!(*last, Event::GaveUp(GiveUp::NoProgress));
    assert!((13..16).contains(&at.since_epoch().as_secs()), "three target durations: {at}");
}

#[test]
fn who_slept_has_seen_no_stall_before_asking() {
    let text = POLLED.playlist(START, None);
    let (mut tracker, _) = loaded(config(), &text);
    let is_stalled = |tracker: &mut Tracker| {
        let mut events = core::iter::from_fn(|| tracker.poll_event());
        events.any(|event| matches!(event, Event::Stalled { .. }))
    };
    let later = START + Duration::from_secs(30);
    tracker.handle_timeout(later);
    assert!(!is_stalled(&mut tracker), "nobody has asked since");
    let load = tracker.poll_request(later).unwrap();
    assert_eq!(load.resource, Resource::Playlist);
    tracker.handle_response(later, load.id, &Response::ok(text.as_bytes()));
    assert!(is_stalled(&mut tracker));
}

#[test]
fn h14_a_stream_that_stood_still_and_begins_anew_has_as_much_time_as_any() {
    let new = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nnew0.ts\n#EXTINF:4,\nnew1.ts\n";
    let mut client = Client::new(config());
    client.run(Duration::from_secs(200), &mut |now, request| match request.resource {
        Resource::Playlist if now < Timestamp::from_secs(12) => {
            Answer::ok(POLLED.playlist(START, None))
        }
        Resource::Playlist => Answer::ok(new),
        _ => Answer::ok(""),
    });
    let at = |wanted: fn(&Event) -> bool| {
        let events = client.events.iter().filter(move |(_, event)| wanted(event));
        events.map(|(at, _)| *at).collect::<Vec<_>>()
    };
    let anew = at(|event| *event == Event::Restarted)[0];
    let stalls = at(|event| matches!(event, Event::Stalled { .. }));
    assert!(stalls.len() == 2 && stalls[0] < Timestamp::from_secs(12), "{stalls:?}");
    let range = Duration::from_secs(6)..=Duration::from_secs(8);
    assert!(range.contains(&(stalls[1] - anew)), "{stalls:?} {anew}");
    assert_eq!(at(|event| *event == Event::GaveUp(GiveUp::NoProgress)), [anew + config().patience]);
}
