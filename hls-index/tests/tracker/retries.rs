//! What is tried again: when, where, and until when.

use std::time::Duration;

use hls_index::tracker::{Config, Event, GiveUp, Request, Resource, Response, Tracker};
use hls_index::{Ahead, MediaSequence, Placement};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const POLLED: Stream = Stream { window: 6, has_parts: false, can_skip: false };
const EDGE: Stream = Stream { window: 6, has_parts: true, can_skip: false };
const MAIN: &str = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nlive.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1000000\nhttps://b.example.com/live.m3u8\n";
const VOD: &str =
    "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.mp4\n#EXTINF:4,\n1.mp4\n#EXT-X-ENDLIST\n";

fn config() -> Config {
    Config::new("https://a.example.com/live.m3u8")
}

/// When what is answered so was asked for again, in milliseconds after the answer.
fn waits(answer: &Answer, resource: Resource, config: &Config) -> Vec<u128> {
    let mut client = Client::new(config.clone());
    client.plays = false;
    client.run(Duration::from_secs(300), &mut |_, request| {
        if request.resource == resource { answer.clone() } else { Answer::ok(VOD) }
    });
    let asked: Vec<_> = client
        .requests
        .iter()
        .filter(|(_, it)| it.resource == resource)
        .map(|(at, _)| *at)
        .collect();
    asked.windows(2).map(|pair| (pair[1] - pair[0] - answer.after).as_millis()).collect()
}

#[test]
fn waits_grow_and_are_never_longer_than_the_longest() {
    let config =
        Config { attempts: 9, media_attempts: 9, max_backoff: Duration::from_secs(6), ..config() };
    for resource in [Resource::Playlist, Resource::Segment { sequence: MediaSequence(1) }] {
        let waits = waits(&Answer::status(404), resource, &config);
        assert_eq!(waits.len(), 8, "{waits:?}");
        for (wait, nominal) in waits.iter().zip([500, 1000, 2000, 4000, 6000, 6000, 6000, 6000]) {
            assert!(*wait >= nominal * 3 / 4 && *wait <= (nominal * 5 / 4).min(6000), "{waits:?}");
        }
        assert!(waits.iter().any(|wait| wait % 250 != 0), "not all clients at once: {waits:?}");
    }
}

#[test]
fn who_says_when_to_come_back_is_not_asked_earlier() {
    let answer = Answer { retry_after: Some(Duration::from_secs(7)), ..Answer::status(429) };
    for resource in [Resource::Playlist, Resource::Segment { sequence: MediaSequence(1) }] {
        let waits_of = |config: Config| waits(&answer, resource, &config);
        assert!(waits_of(config()).iter().all(|wait| *wait == 7000));
        let capped = waits_of(Config { max_backoff: Duration::from_secs(3), ..config() });
        assert!(capped.iter().all(|wait| *wait == 3000), "{capped:?}");
    }
}

#[test]
fn another_server_is_asked_at_once_whatever_the_first_one_says() {
    for (status, retry_after, is_there) in
        [(503, Some(60), false), (503, None, false), (404, None, false), (200, None, true)]
    {
        let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
        client.run(Duration::from_secs(60), &mut |now, request| match request.uri.as_str() {
            uri if uri.ends_with("main.m3u8") => Answer::ok(MAIN),
            "https://a.example.com/live.m3u8" if !is_there && now > Timestamp::from_secs(20) => {
                Answer {
                    retry_after: retry_after.map(Duration::from_secs),
                    ..Answer::status(status)
                }
            }
            _ => POLLED.answer(now, request),
        });
        let loads: Vec<_> =
            client.requests.iter().filter(|(_, it)| it.resource == Resource::Playlist).collect();
        let other = loads.iter().position(|(_, it)| it.uri.starts_with("https://b."));
        assert_eq!(other.is_none(), is_there);
        if let Some(other) = other {
            assert_eq!(Some(loads[other].0), client.loads[other - 1].1, "{status} {retry_after:?}");
            assert_eq!(client.loads[other - 1].0, Timestamp::from_millis(21_020));
        }
    }
}

#[test]
fn a_server_that_cannot_block_any_more_gives_way_to_another() {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_secs(30), &mut |now, request| match request.uri.as_str() {
        uri if uri.ends_with("main.m3u8") => Answer::ok(MAIN),
        uri if uri.starts_with("https://a.") && uri.contains("_HLS_") => Answer::status(503),
        _ => EDGE.answer(now, request),
    });
    let asked: Vec<_> = client.requests.iter().filter(|(_, it)| it.uri.contains("m3u8")).collect();
    assert!(asked[2].1.uri.starts_with("https://a.example.com/live.m3u8?_HLS_"));
    assert!(asked[3..].iter().all(|(_, it)| it.uri.starts_with("https://b.")));
}

#[test]
fn who_refuses_directives_again_and_again_is_polled() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(100), &mut |now, request| match request.uri.contains("_HLS_") {
        true => Answer::status(404),
        false => EDGE.answer(now, request),
    });
    let asked = client.playlists();
    let refused: Vec<usize> = (0..asked.len()).filter(|&at| asked[at].contains("_HLS_")).collect();
    assert_eq!(refused.len(), 3, "{asked:?}");
    assert!(refused.windows(2).all(|pair| pair[1] > pair[0] + 1), "{refused:?}");
    let polled = &client.loads[refused[2] + 2..];
    let gaps = polled.windows(2).map(|pair| pair[1].0 - pair[0].0);
    assert!(gaps.min() >= Some(Duration::from_secs(4)) && polled.len() > 15, "{}", polled.len());
    assert_eq!(client.count(|event| matches!(event, Event::GaveUp(_))), 0);
}

#[test]
fn deadlines_are_those_of_what_comes_first() {
    let now = Timestamp::from_secs(1);
    let mut tracker = Tracker::new(now, config(), [1; 32]);
    let load = tracker.poll_request(now).unwrap();
    assert_eq!(tracker.poll_timeout(), Some(now + Duration::from_secs(10)));
    tracker.handle_response(now, load.id, &Response::ok(VOD.as_bytes()));
    let media: Vec<Request> = std::iter::from_fn(|| tracker.poll_request(now)).collect();
    tracker.handle_response(now, media[0].id, &Response::status(404));
    let first = tracker.poll_timeout().unwrap();
    let later = now + Duration::from_millis(300);
    tracker.handle_response(later, media[1].id, &Response::status(404));
    assert_eq!(tracker.poll_timeout(), Some(first), "the first of two that wait");
    assert_eq!(tracker.poll_request(later), None);
    assert_eq!(tracker.poll_request(first).unwrap().uri, media[0].uri);
    assert!(tracker.poll_timeout() > Some(first));
}

#[test]
fn a_segment_that_lies_nowhere_is_lost_at_once() {
    // So many that nothing may go deeper with each.
    let count = 100_000;
    let segments: String = (0..count).map(|number| format!("#EXTINF:4,\n{number}.mp4\n")).collect();
    let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{segments}#EXT-X-ENDLIST\n");
    let config =
        Config { placement: Some(Placement::new()), ahead: Ahead::segments(count), ..config() };
    let now = Timestamp::from_secs(1);
    let mut tracker = Tracker::new(now, config, [1; 32]);
    let load = tracker.poll_request(now).unwrap();
    tracker.handle_response(now, load.id, &Response::ok(text.as_bytes()));
    assert_eq!(tracker.poll_request(now), None);
    assert_eq!(tracker.poll_timeout(), None);
    let events: Vec<Event> = std::iter::from_fn(|| tracker.poll_event()).collect();
    let first = Event::Lost { resource: Resource::Segment { sequence: MediaSequence(0) } };
    assert!(events.len() == 1024 && events[2] == first, "{:?}", &events[..3]);
}

#[test]
fn failures_of_the_multivariant_playlist_do_not_count_for_the_variant() {
    let mut client =
        Client::new(Config { attempts: 3, ..Config::new("https://a.example.com/main.m3u8") });
    let mut count = 0;
    client.run(Duration::from_secs(30), &mut |now, request| {
        let is_load = request.resource == Resource::Playlist;
        count += usize::from(is_load);
        match count {
            1 | 2 | 4 | 5 if is_load => Answer::status(500),
            3 if is_load => Answer::ok("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n"),
            _ => POLLED.answer(now, request),
        }
    });
    assert!(client.tracker.live().is_some());
}

#[test]
fn a_multivariant_playlist_in_place_of_the_stream_is_a_failure() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(300), &mut |now, request| match request.resource {
        Resource::Playlist if now > Timestamp::from_secs(20) => Answer::ok(MAIN),
        _ => POLLED.answer(now, request),
    });
    assert!(client.has_told(&Event::Unreadable { error: None }));
    assert!(client.tracker.multivariant().is_none());
    assert_eq!(client.events.last().unwrap().1, Event::GaveUp(GiveUp::Unavailable));
    assert_eq!(client.count(|event| matches!(event, Event::GaveUp(_))), 1);
    // What comes after the end is not told.
    client.tracker.handle_timeout(client.now + Duration::from_secs(1000));
    assert_eq!(client.tracker.poll_event(), None);
}

#[test]
fn a_playlist_that_cannot_be_read_is_told_with_its_line() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(12), &mut |now, request| match request.resource {
        Resource::Playlist if now > Timestamp::from_secs(3) && now < Timestamp::from_secs(6) => {
            Answer::ok("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:-1,\n7.mp4\n")
        }
        _ => POLLED.answer(now, request),
    });
    let told: Vec<_> = client
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Unreadable { error } => Some(error.unwrap().line),
            _ => None,
        })
        .collect();
    assert!(!told.is_empty() && told.iter().all(|line| *line == 3), "{told:?}");
    assert_eq!(client.tracker.gave_up(), None);
}

#[test]
fn after_an_end_the_caller_may_go_on_with_the_same_variant_or_another() {
    let main = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh.m3u8\n";
    for other in [1, 0] {
        let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
        client.is_strict = false;
        let mut is_down = true;
        let origin = |is_down: bool| {
            move |now, request: &Request| match request.uri.as_str() {
                uri if uri.ends_with("main.m3u8") => Answer::ok(main),
                uri if is_down && uri.ends_with("high.m3u8") => Answer::status(500),
                _ => POLLED.answer(now, request),
            }
        };
        client.run(Duration::from_secs(9), &mut origin(is_down));
        client.tracker.select(client.now, 1).unwrap();
        client.run(Duration::from_secs(200), &mut origin(is_down));
        assert_eq!(client.tracker.gave_up(), Some(GiveUp::Unavailable));
        is_down = false;
        let loads = client.loads.len();
        if other == 1 {
            client.tracker.resume(client.now);
        } else {
            client.tracker.select(client.now, 0).unwrap();
        }
        client.run(Duration::from_secs(9), &mut origin(is_down));
        assert_eq!(client.playlists()[loads], ["low.m3u8", "high.m3u8"][other]);
        assert_eq!((client.tracker.variant(), client.tracker.gave_up()), (other, None));
        assert!(client.tracker.live().is_some());
    }
}

#[test]
fn what_was_under_way_when_it_stopped_is_asked_for_again() {
    let stream = Stream { window: 12, has_parts: true, can_skip: false };
    let config = Config { attempts: 1, ..Config::new("https://a.example.com/live.m3u8") };
    let mut client = Client::new(config);
    let mut last = false;
    client.run(Duration::from_secs(30), &mut |now, request| match request.resource {
        Resource::Playlist if last => Answer::status(500),
        Resource::Playlist => stream.answer(now, request),
        _ => {
            last = now > Timestamp::from_secs(5);
            if last { Answer::never() } else { stream.answer(now, request) }
        }
    });
    assert_eq!(client.tracker.gave_up(), Some(GiveUp::Unavailable));
    let cancelled: Vec<_> = client
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Cancelled { id } => Some(*id),
            _ => None,
        })
        .collect();
    let of = |client: &Client, hinted: bool| {
        let requests = client.requests.iter().filter(|(_, it)| {
            cancelled.contains(&it.id) && (it.resource == Resource::HintedPart) == hinted
        });
        requests.map(|(_, it)| it.uri.clone()).collect::<Vec<_>>()
    };
    let (hints, others) = (of(&client, true), of(&client, false));
    assert!(!hints.is_empty(), "{cancelled:?}");
    let before = client.requests.len();
    client.tracker.resume(client.now - Duration::from_secs(24));
    // The server has what it had.
    while let Some(request) = client.tracker.poll_request(client.now - Duration::from_secs(24)) {
        client.requests.push((client.now, request));
    }
    let again: Vec<_> = client.requests[before..].iter().map(|(_, it)| it.uri.clone()).collect();
    assert!(
        hints.iter().chain(&others).all(|uri| again.contains(uri)),
        "{hints:?} {others:?} {again:?}"
    );
}

#[test]
fn a_copy_that_is_the_newest_after_all_has_not_gone_back() {
    // Twice a copy that is too old, then nothing new: four times over.
    let mut client = Client::new(config());
    let mut count = 0;
    client.run(Duration::from_secs(55), &mut |now, request| {
        if request.resource != Resource::Playlist {
            return POLLED.answer(now, request);
        }
        count += 1;
        let old = POLLED.playlist(Timestamp::from_secs(1), None);
        let new = Answer {
            etag: Some("\"a\"".into()),
            ..Answer::ok(POLLED.playlist(Timestamp::from_secs(9), None))
        };
        match count {
            1 => new,
            _ if count % 3 == 0 => Answer::status(304),
            _ => Answer::ok(old),
        }
    });
    assert!(count > 8, "{count}");
    assert_eq!(client.count(|event| *event == Event::Restarted), 0);
    let waits = client.loads.windows(2).map(|pair| pair[1].0 - pair[0].1.unwrap());
    assert!(waits.skip(1).min() >= Some(Duration::from_secs(2)));
}

/// Parts of the second segment, which is complete after 8 s; its last part was hinted, and then does
/// not come.
fn hinted(now: Timestamp, lists_parts: bool) -> String {
    let mut text = String::from(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART-INF:PART-TARGET=2\n\
         #EXT-X-SERVER-CONTROL:PART-HOLD-BACK=6\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:4,\n0.mp4\n",
    );
    let is_complete = now > Timestamp::from_secs(8);
    if !is_complete || lists_parts {
        text += "#EXT-X-PART:DURATION=2,URI=\"1.0.mp4\"\n";
    }
    if !is_complete {
        return text + "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1.1.mp4\"\n";
    }
    if lists_parts {
        text += "#EXT-X-PART:DURATION=2,URI=\"1.1.mp4\"\n";
    }
    text + "#EXTINF:4,\n1.mp4\n#EXTINF:4,\n2.mp4\n"
}

#[test]
fn a_hinted_part_that_does_not_come_is_fetched_when_its_segment_is_complete() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(40), &mut |now, request| match request.resource {
        Resource::Playlist => Answer::ok(hinted(now, true)),
        Resource::HintedPart => Answer { after: Duration::from_secs(9), ..Answer::status(404) },
        _ => Answer::ok(""),
    });
    let media = client.media();
    assert_eq!(media.iter().filter(|name| *name == "1.1.mp4").count(), 2, "{media:?}");
    assert!(client.tracker.is_held(MediaSequence(1)), "{media:?}");
}

#[test]
fn a_part_that_is_listed_no_longer_is_fetched_with_its_segment() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(40), &mut |now, request| match request.resource {
        Resource::Playlist => Answer::ok(hinted(now, now < Timestamp::from_secs(8))),
        Resource::HintedPart | Resource::Part { .. } => {
            Answer { after: Duration::from_secs(6), ..Answer::status(404) }
        }
        _ => Answer::ok(""),
    });
    let media = client.media();
    assert!(client.tracker.is_held(MediaSequence(1)), "{media:?}");
    assert_eq!(media.iter().filter(|name| *name == "1.mp4").count(), 1);
}

#[test]
fn a_hint_with_nothing_in_its_place_is_cancelled() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(12), &mut |now, request| match request.resource {
        Resource::Playlist => {
            Answer::ok(hinted(now, true).replace("1.1.mp4\"\n#EXTINF", "x\"\n#EXTINF"))
        }
        Resource::HintedPart => Answer::never(),
        _ => Answer::ok(""),
    });
    assert_eq!(client.count(|event| matches!(event, Event::Cancelled { .. })), 1);
    assert!(client.media().contains(&"x".to_owned()));
}

#[test]
fn hints_are_asked_for_where_segments_are_counted() {
    let mut client = Client::new(Config { ahead: Ahead::segments(3), ..config() });
    client.run(Duration::from_secs(20), &mut |now, request| EDGE.answer(now, request));
    assert!(client.asked(|resource| resource == Resource::HintedPart).len() > 15);
}
