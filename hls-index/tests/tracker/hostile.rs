//! Answers that were made to do harm, and the same run twice.

use std::time::Duration;

use hls_index::tracker::{Config, Event, Request, Resource};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const STREAM: Stream = Stream { window: 12, has_parts: true, can_skip: true };

/// Good answers, of which some have a piece in them that is not, by chance.
fn mutated(seed: u64) -> impl FnMut(Timestamp, &Request) -> Answer {
    let mut state = seed;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let pieces = [
        "#EXT-X-ENDLIST\n",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=7\n",
        "#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n",
        "#EXT-X-MEDIA-SEQUENCE:0\n",
        "#EXTINF:18446744073,\nx\n",
        "#EXTINF:0,\ny\n",
        "#EXT-X-TARGETDURATION:0\n",
        "#EXT-X-DISCONTINUITY\n",
        "#EXT-X-PART:URI=\"p\",DURATION=0\n",
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"h\"\n",
        "#EXT-X-STREAM-INF:BANDWIDTH=1\nz.m3u8\n",
        "#EXT-X-GAP\n",
        "\u{0}",
        "{$x}",
        "#EXT-X-MAP:URI=\"m\"\n",
        "#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:59Z\n",
        "#EXT-X-BYTERANGE:18446744073709551615@1\n",
    ];
    move |now, request| {
        let mut answer = match request.uri.contains("/z.m3u8") || random(30) == 0 {
            true => Answer::status([200, 204, 302, 400, 404, 429, 500, 503][random(8)]),
            false if request.uri.contains("mp4") => Answer::ok(""),
            false => {
                Answer::ok(STREAM.playlist(now - Duration::from_secs(random(3) as u64 * 3), None))
            }
        };
        if random(40) == 0 {
            return Answer::never();
        }
        if request.resource == Resource::Playlist && random(3) == 0 {
            let lines: Vec<&str> = answer.body.split_inclusive('\n').collect();
            let at = random(lines.len() + 1);
            answer.body = [
                &lines[..at.min(lines.len())].concat(),
                pieces[random(pieces.len())],
                &lines[at.min(lines.len())..].concat(),
            ]
            .concat();
        }
        if random(9) == 0 {
            let length = random(answer.body.len() + 1);
            answer.body.truncate(length);
        }
        answer.location = Some("elsewhere.m3u8".into());
        answer
    }
}

#[test]
fn whatever_comes_it_stays_bounded_and_ends_or_goes_on() {
    let (mut ended, mut updates) = (0, 0);
    for seed in 0..150 {
        let config = Config { attempts: 4, ..Config::new("https://a.example.com/live.m3u8") };
        let mut client = Client::new(config);
        client.repeats_uris = true;
        // The simulation checks that it asks for nothing twice, keeps to its limits and does not spin.
        client.run(Duration::from_secs(120), &mut mutated(seed));
        assert!(client.requests.len() < 4000, "{seed}: {}", client.requests.len());
        ended += client.count(|event| matches!(event, Event::GaveUp(_)));
        updates += client.count(|event| matches!(event, Event::Updated(_)));
    }
    assert!(ended > 10 && updates > 1000, "{ended} {updates}");
}

#[test]
fn the_same_answers_give_the_same_run() {
    for seed in 0..20 {
        let run = || {
            let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
            client.repeats_uris = true;
            client.run(Duration::from_secs(60), &mut mutated(seed));
            (client.requests, client.events, client.loads)
        };
        assert_eq!(run(), run());
    }
}

#[test]
fn early_and_late_calls_do_no_harm() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(20), &mut |now, request| STREAM.answer(now, request));
    let before = client.tracker.poll_timeout();
    for _ in 0..10 {
        client.tracker.handle_timeout(client.now);
        client.tracker.handle_timeout(Timestamp::ZERO);
        assert_eq!(client.tracker.poll_request(client.now), None);
        assert_eq!(client.tracker.poll_event(), None);
        assert_eq!(client.tracker.poll_timeout(), before);
    }
    // Ten days later everything is late, and told once.
    let late = client.now + Duration::from_secs(864_000);
    client.tracker.handle_timeout(late);
    let mut events = 0;
    while client.tracker.poll_event().is_some() {
        events += 1;
    }
    assert!((1..10).contains(&events), "{events}");
    assert_eq!(client.tracker.poll_request(late), None);
}

#[test]
fn bodies_that_are_too_long_are_failures() {
    let config =
        Config { max_body: 1000, attempts: 2, ..Config::new("https://a.example.com/live.m3u8") };
    let mut client = Client::new(config);
    let long = STREAM.playlist(Timestamp::from_secs(1), None);
    assert!(long.len() > 1000);
    client.run(Duration::from_secs(60), &mut |_, _| Answer::ok(long.clone()));
    assert!(client.tracker.live().is_none() && client.tracker.gave_up().is_some());
}
