//! What fails, and where that ends.

use std::time::Duration;

use hls_index::tracker::{Config, Event, GiveUp, Resource};
use hls_index::{MediaSequence, Placement};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const POLLED: Stream = Stream { window: 6, has_parts: false, can_skip: false };
const MAIN: &str = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nlive.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1000000\nhttps://b.example.com/live.m3u8\n";

fn is_media(resource: Resource) -> bool {
    !resource.needs_body()
}

#[test]
fn a_playlist_moves_to_a_redundant_variant_and_back() {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    let down = Timestamp::from_secs(20)..Timestamp::from_secs(60);
    client.run(Duration::from_secs(220), &mut |now, request| {
        if request.uri.ends_with("main.m3u8") {
            return Answer::ok(MAIN);
        }
        if request.uri.starts_with("https://a.") && down.contains(&now) {
            return Answer::status(503);
        }
        POLLED.answer(now, request)
    });
    let servers: Vec<_> = client
        .events
        .iter()
        .filter_map(|(at, event)| match event {
            Event::Server { id } => Some((*at, id.as_str())),
            _ => None,
        })
        .collect();
    // At once to the other one; after two minutes back.
    assert_eq!(servers.len(), 2, "{servers:?}");
    assert!(down.contains(&servers[0].0) && servers[0].0 < Timestamp::from_secs(25));
    assert_eq!((servers[0].1, servers[1].1), ("https://b.example.com/live.m3u8", "."));
    assert!(servers[1].0 - servers[0].0 >= Duration::from_secs(119));
    let failures = client.count(|event| matches!(event, Event::Lost { .. } | Event::GaveUp(_)));
    assert_eq!(failures, 0, "nobody notices");
    let media = client.asked(|resource| matches!(resource, Resource::Segment { .. }));
    assert!(media.len() >= 55, "{}", media.len());
}

#[test]
fn a_segment_fails_over_in_the_order_of_its_placement() {
    let mut placement = Placement::new();
    let names = ["near", "far", "last"];
    let servers =
        names.map(|id| placement.add_server(id, &format!("https://{id}.example.com/")).unwrap());
    placement.place(MediaSequence(0), &servers).unwrap();
    let config = Config {
        placement: Some(placement),
        in_flight: 1,
        ..Config::new("https://a.example.com/live.m3u8")
    };
    let mut client = Client::new(config);
    client.run(Duration::from_secs(13), &mut |now, request| match request.uri.as_str() {
        // One segment is missing there; the server itself is well.
        "https://near.example.com/99.mp4" => Answer::status(404),
        _ => POLLED.answer(now, request),
    });
    let hosts: Vec<_> = client
        .requests
        .iter()
        .filter(|(_, request)| is_media(request.resource))
        .map(|(_, request)| {
            (request.uri.split('.').next().unwrap(), request.uri.rsplit('/').next().unwrap())
        })
        .collect();
    let https = |host: &str| format!("https://{host}");
    assert_eq!(hosts[0], (https("near").as_str(), "init.mp4"));
    let of_99: Vec<_> =
        hosts.iter().filter(|(_, name)| *name == "99.mp4").map(|(host, _)| *host).collect();
    assert_eq!(of_99, [https("near"), https("far")]);
    assert!(
        hosts.iter().filter(|(_, name)| *name != "99.mp4").all(|(host, _)| *host == https("near"))
    );

    // A server that does not answer is asked no more for two minutes.
    let mut client = Client::new(client_config());
    client.run(Duration::from_secs(100), &mut |now, request| match request.uri.as_str() {
        uri if uri.starts_with("https://near.") => Answer::never(),
        uri if uri.starts_with("https://far.") => Answer::status(500),
        _ => POLLED.answer(now, request),
    });
    let count = |host: &str| {
        client.requests.iter().filter(|(_, it)| it.uri.starts_with(&https(host))).count()
    };
    assert!(
        (1..=4).contains(&count("near")) && (1..=4).contains(&count("far")),
        "{} {}",
        count("near"),
        count("far")
    );
    assert!(count("last") > 15);
    assert_eq!(client.count(|event| matches!(event, Event::Cancelled { .. })), count("near"));
}

fn client_config() -> Config {
    let mut placement = Placement::new();
    let names = ["near", "far", "last"];
    let servers =
        names.map(|id| placement.add_server(id, &format!("https://{id}.example.com/")).unwrap());
    placement.place(MediaSequence(0), &servers).unwrap();
    Config { placement: Some(placement), ..Config::new("https://a.example.com/live.m3u8") }
}

#[test]
fn a_segment_that_nobody_has_is_let_go() {
    let mut client = Client::new(Config::new("https://a.example.com/i.m3u8"));
    client.plays = false;
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.mp4\n#EXTINF:4,\n1.mp4\n#EXTINF:4,\n2.mp4\n#EXT-X-ENDLIST\n";
    client.run(Duration::from_secs(300), &mut |_, request| match request.resource {
        Resource::Segment { sequence: MediaSequence(1) } => Answer::status(404),
        _ => Answer::ok(text),
    });
    let lost = Event::Lost { resource: Resource::Segment { sequence: MediaSequence(1) } };
    assert_eq!(client.count(|event| *event == lost), 1);
    let tries: Vec<_> = client
        .requests
        .iter()
        .filter(|(_, it)| it.uri.ends_with("/1.mp4"))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(tries.len(), 4);
    let waits: Vec<Duration> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{waits:?}");
    assert_eq!(client.media().len(), 6, "the others are fetched meanwhile, and once");
    assert_eq!(client.tracker.poll_timeout(), None);
}

#[test]
fn a_segment_that_comes_late_is_fetched_when_it_is_there() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(60), &mut |now, request| {
        let is_new =
            |sequence: u64| Stream::time_of(sequence, 3) + Duration::from_millis(1500) > now;
        match request.resource {
            Resource::Segment { sequence: MediaSequence(sequence) } if is_new(sequence) => {
                Answer::status(404)
            }
            _ => POLLED.answer(now, request),
        }
    });
    assert_eq!(client.count(|event| matches!(event, Event::Lost { .. } | Event::GaveUp(_))), 0);
    let live = client.tracker.live().unwrap();
    let held = live.segments().filter(|segment| client.tracker.is_held(segment.sequence())).count();
    assert!(held >= 5, "{held}");
}

#[test]
fn a_playlist_that_cannot_be_had_ends_it() {
    for answer in [Answer::status(404), Answer::never(), Answer::ok("<html>"), Answer::ok("\u{1}")]
    {
        let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
        client.run(Duration::from_secs(600), &mut |_, _| answer.clone());
        assert_eq!(
            client.events.last().unwrap().1,
            Event::GaveUp(GiveUp::Unavailable),
            "{answer:?}"
        );
        assert_eq!(client.loads.len(), 8);
        assert_eq!(
            (client.tracker.poll_timeout(), client.tracker.gave_up()),
            (None, Some(GiveUp::Unavailable))
        );
        // Until the caller wants to try once more.
        client.tracker.resume(client.now);
        client.run(Duration::from_secs(9), &mut |now, request| POLLED.answer(now, request));
        assert!(client.tracker.live().is_some() && client.tracker.gave_up().is_none());
    }
}

#[test]
fn a_server_says_when_to_come_back() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    let mut failures = 0;
    client.run(Duration::from_secs(60), &mut |now, request| {
        if request.resource == Resource::Playlist && failures < 2 {
            failures += 1;
            return Answer { retry_after: Some(Duration::from_secs(11)), ..Answer::status(429) };
        }
        POLLED.answer(now, request)
    });
    for pair in client.loads[..3].windows(2) {
        assert_eq!(pair[1].0 - pair[0].1.unwrap(), Duration::from_secs(11));
    }
}

#[test]
fn h14_a_playlist_that_does_not_move_ends_it() {
    for target in ["4", "0", "x", "0.001"] {
        let text = POLLED.playlist(Timestamp::from_secs(1), None);
        let text = text.replace("TARGETDURATION:4", &format!("TARGETDURATION:{target}"));
        for blocking in ["", "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n"] {
            let text = text.replacen("#EXT-X-VERSION", &format!("{blocking}#EXT-X-VERSION"), 1);
            let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
            client.run(Duration::from_secs(1000), &mut |_, _| Answer::ok(text.clone()));
            assert_eq!(client.count(|event| matches!(event, Event::Stalled { .. })), 1);
            let (at, last) = client.events.last().unwrap();
            assert_eq!(*last, Event::GaveUp(GiveUp::NoProgress));
            assert!(*at <= Timestamp::from_secs(62), "{at}");
            // Ever more rarely, and never faster than twice in a second.
            assert!(client.loads.len() < 20, "{target} {blocking}: {}", client.loads.len());
            // The first answer of a server that blocks is asked for more at once.
            let least =
                client.loads[1..].windows(2).map(|pair| pair[1].0 - pair[0].0).min().unwrap();
            assert!(least >= Duration::from_millis(500), "{least:?}");
        }
    }
}

#[test]
fn h14_a_target_duration_of_0_does_not_make_it_spin() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    let mut next = 10_u64;
    client.run(Duration::from_secs(60), &mut |_, request| {
        if request.resource == Resource::Playlist {
            next += 1;
        }
        let segments: String =
            (next - 3..next).map(|number| format!("#EXTINF:0,\n{number}.ts\n")).collect();
        let text = format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:0\n#EXT-X-MEDIA-SEQUENCE:{}\n{segments}",
            next - 3
        );
        Answer::ok(text)
    });
    assert!((100..=121).contains(&client.loads.len()), "{}", client.loads.len());
}

#[test]
fn h14_a_stalled_server_gives_way_to_another() {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_secs(100), &mut |now, request| {
        if request.uri.ends_with("main.m3u8") {
            return Answer::ok(MAIN);
        }
        let is_stuck =
            request.uri.starts_with("https://a.") && request.resource == Resource::Playlist;
        let told = if is_stuck { now.min(Timestamp::from_secs(10)) } else { now };
        if is_stuck { Answer::ok(POLLED.playlist(told, None)) } else { POLLED.answer(now, request) }
    });
    assert_eq!(client.count(|event| matches!(event, Event::Stalled { .. })), 1);
    assert_eq!(client.count(|event| matches!(event, Event::Server { .. })), 1);
    assert_eq!(client.count(|event| matches!(event, Event::GaveUp(_))), 0);
    assert!(client.tracker.live().unwrap().next_sequence().0 + 1 >= Stream::edge(client.now).0);
}

#[test]
fn h22_a_playlist_that_goes_back_is_told_and_not_used() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    // Every other copy comes from a cache that is 9 s behind.
    let mut count = 0;
    client.run(Duration::from_secs(60), &mut |now, request| {
        if request.resource != Resource::Playlist {
            return POLLED.answer(now, request);
        }
        count += 1;
        let late = if count % 2 == 0 { Duration::from_secs(9) } else { Duration::ZERO };
        Answer::ok(POLLED.playlist(now - late, None))
    });
    assert!(client.count(|event| matches!(event, Event::WentBack { .. })) > 5);
    assert_eq!(
        client.count(|event| matches!(
            event,
            Event::Restarted | Event::GaveUp(_) | Event::SegmentChanged { .. }
        )),
        0
    );
}

#[test]
fn h22_a_stream_that_begins_anew_is_followed() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(30), &mut |now, request| POLLED.answer(now, request));
    let begun = client.now;
    client.run(Duration::from_secs(40), &mut |now, request| {
        let next = 1 + (now - begun).as_secs() / 4;
        if request.resource != Resource::Playlist {
            return Answer::ok("");
        }
        let segments: String =
            (0..next).map(|number| format!("#EXTINF:4,\nnew{number}.ts\n")).collect();
        Answer::ok(format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{segments}"))
    });
    let restarted = client.events.iter().position(|(_, event)| *event == Event::Restarted).unwrap();
    let (at, next) = &client.events[restarted + 1];
    assert!(*at == client.events[restarted].0 && matches!(next, Event::Updated(_)), "{next:?}");
    assert_eq!(client.count(|event| *event == Event::Restarted), 1);
    assert_eq!(client.count(|event| matches!(event, Event::WentBack { .. })), 1);
    assert!(client.tracker.is_held(MediaSequence(4)));
    assert!(client.media().last().unwrap().starts_with("new"));
}

#[test]
fn h22_a_changed_segment_is_told() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(40), &mut |now, request| {
        let mut answer = POLLED.answer(now, request);
        if now > Timestamp::from_secs(12) {
            answer.body = answer.body.replace("\n101.mp4", "\n101.mp4?again");
        }
        answer
    });
    let changed = Event::SegmentChanged { sequence: MediaSequence(101) };
    assert_eq!(client.count(|event| *event == changed), 1);
}

#[test]
fn h13_playlists_that_lead_to_one_another_end_it() {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_secs(60), &mut |_, _| {
        Answer::ok("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmain.m3u8\n")
    });
    assert_eq!(client.events.last().unwrap().1, Event::GaveUp(GiveUp::TooDeep));
    assert_eq!(client.loads.len(), 3);
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_secs(60), &mut |_, _| {
        Answer::ok("#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n")
    });
    assert_eq!(client.events.last().unwrap().1, Event::GaveUp(GiveUp::NoVariant));
}

#[test]
fn h13_redirects_end_somewhere() {
    let mut client =
        Client::new(Config { attempts: 2, ..Config::new("https://a.example.com/0.m3u8") });
    let mut count = 0;
    client.run(Duration::from_secs(60), &mut |_, _| {
        count += 1;
        Answer { location: Some(format!("{count}.m3u8")), ..Answer::status(302) }
    });
    assert_eq!(count, 22, "eleven for each attempt");
    assert_eq!(client.events.last().unwrap().1, Event::GaveUp(GiveUp::Unavailable));

    // A few are followed, and names are relative to where they lead.
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(10), &mut |now, request| {
        let path = request.uri.trim_start_matches("https://");
        match path.split_once('/').unwrap().0 {
            "a.example.com" => Answer {
                location: Some("//b.example.com/x/live.m3u8".into()),
                ..Answer::status(307)
            },
            "b.example.com" if path.ends_with("99.mp4") => Answer {
                location: Some("https://c.example.com/99.mp4".into()),
                ..Answer::status(302)
            },
            _ => POLLED.answer(now, request),
        }
    });
    let last = client.requests.iter().rfind(|(_, it)| it.uri.ends_with("/98.mp4")).unwrap();
    assert_eq!(last.1.uri, "https://b.example.com/x/98.mp4");
    assert!(client.tracker.is_held(MediaSequence(99)));
}

#[test]
fn requests_that_nobody_answers_are_cancelled_at_their_deadline() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(11), &mut |now, request| match request.resource {
        Resource::Segment { .. } => Answer::never(),
        _ => POLLED.answer(now, request),
    });
    let cancelled: Vec<_> =
        client.events.iter().filter(|(_, it)| matches!(it, Event::Cancelled { .. })).collect();
    assert_eq!(cancelled.len(), 3, "{cancelled:?}");
    assert!(cancelled.iter().all(|(at, _)| *at - client.requests[1].0 == Duration::from_secs(10)));
    // An answer that still comes is ignored.
    let Event::Cancelled { id } = cancelled[0].1 else { panic!() };
    let before = format!("{:?}", client.tracker);
    client.tracker.handle_response(client.now, id, &hls_index::tracker::Response::ok(b""));
    client.tracker.handle_failure(client.now, id);
    assert_eq!(format!("{:?}", client.tracker), before);
}
