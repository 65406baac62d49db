//! Streams without low latency: when playlists are loaded, and what of them.

use std::time::Duration;

use hls_index::tracker::{Config, Event, Resource, StartAt};
use hls_index::{Ahead, MediaSequence, Ticks, seconds};

use crate::simulation::{Answer, Client, LATENCY, Stream};

const POLLED: Stream = Stream { window: 6, has_parts: false, can_skip: false };

fn vod(count: usize) -> String {
    let mut text = String::from(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI=\"init.mp4\"\n",
    );
    for number in 0..count {
        text += &format!("#EXTINF:4,\n{number}.mp4\n");
    }
    text + "#EXT-X-ENDLIST\n"
}

#[test]
fn a_live_playlist_is_loaded_once_a_target_duration() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(99), &mut |now, request| POLLED.answer(now, request));
    let target = Duration::from_secs(4);
    for pair in client.loads.windows(2) {
        let (began, next) = (pair[0].0, pair[1].0);
        assert_eq!(next - began, target, "the timing of the first load is kept");
    }
    assert_eq!(client.loads.len(), 25);
    assert!(client.playlists().iter().all(|uri| uri == "live.m3u8"));
    // It plays without a gap, 12 s behind the end: each segment once, in order, and the init once.
    let media = client.media();
    assert_eq!(media[0], "init.mp4");
    let numbers: Vec<u64> =
        media[1..].iter().map(|it| it.trim_end_matches(".mp4").parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    assert_eq!(numbers[0], Stream::edge(client.requests[0].0).0 - 3);
    assert_eq!(numbers.len(), 3 + 24);
    assert_eq!(client.count(|event| !matches!(event, Event::Updated(_))), 0, "{:?}", client.events);
}

#[test]
fn a_load_that_brings_nothing_is_repeated_after_half_a_target_duration() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    // The playlist is made anew every seven seconds only.
    client.run(Duration::from_secs(60), &mut |now, request| {
        if request.resource == Resource::Playlist {
            let made = sansio::Timestamp::from_secs(now.since_epoch().as_secs() / 7 * 7);
            return Answer::ok(POLLED.playlist(made, None));
        }
        POLLED.answer(now, request)
    });
    let updates: Vec<_> =
        client.events.iter().filter(|(_, event)| matches!(event, Event::Updated(_))).collect();
    let mut halves = 0;
    for pair in client.loads.windows(2) {
        let ((began, there), next) = (pair[0], pair[1].0);
        let is_change = updates.iter().any(|(at, _)| Some(*at) == there);
        if is_change {
            assert_eq!(next - began, Duration::from_secs(4));
        } else {
            assert_eq!(next - there.unwrap(), Duration::from_secs(2));
            halves += 1;
        }
    }
    assert!(halves > 2, "{halves}");
}

#[test]
fn a_load_that_only_takes_segments_away_is_a_change() {
    // Twice the first segment goes, and nothing comes.
    let text = |load: usize| {
        let full = POLLED.playlist(sansio::Timestamp::from_secs(1), None);
        let first = 94 + load.min(2);
        let sequence = |number: usize| format!("MEDIA-SEQUENCE:{number}\n");
        let mut text = full.replace(&sequence(94), &sequence(first));
        for number in 94..first {
            text = text.replace(&format!("#EXTINF:4,\n{number}.mp4\n"), "");
        }
        text
    };
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.plays = false;
    let mut load = 0;
    client.run(Duration::from_millis(11_500), &mut |_, request| match request.resource {
        Resource::Playlist => {
            load += 1;
            Answer::ok(text(load - 1))
        }
        _ => Answer::ok(""),
    });
    let updates = client.events.iter().filter_map(|(_, event)| match event {
        Event::Updated(update) => Some((update.added, update.evicted)),
        _ => None,
    });
    assert_eq!(updates.collect::<Vec<_>>(), [(6, 0), (0, 1), (0, 1)]);
    let seconds = client.loads.iter().map(|(at, _)| at.since_epoch().as_secs());
    assert_eq!(seconds.collect::<Vec<_>>(), [1, 5, 9], "a target duration after each");
}

#[test]
fn a_stream_that_stands_still_is_asked_ever_more_rarely_but_never_after_more_than_the_cap() {
    let cap = Duration::from_secs(5);
    let mut client = Client::new(Config {
        max_backoff: cap,
        patience: Duration::from_secs(600),
        ..Config::new("https://a.example.com/live.m3u8")
    });
    let made = sansio::Timestamp::from_secs(40);
    client.run(Duration::from_secs(120), &mut |now, request| match request.resource {
        Resource::Playlist => Answer::ok(POLLED.playlist(made, None)),
        _ => POLLED.answer(now, request),
    });
    let waits: Vec<_> =
        client.loads.windows(2).map(|pair| pair[1].0 - pair[0].1.unwrap()).collect();
    // Half a target duration at first.
    assert_eq!(waits[1..6], [2, 2, 2, 2, 4].map(Duration::from_secs), "{waits:?}");
    assert!(waits[6..].iter().all(|wait| *wait == cap), "{waits:?}");
}

#[test]
fn a_stream_that_has_ended_is_loaded_once() {
    let config =
        Config { ahead: Ahead::seconds(9), ..Config::new("https://a.example.com/v/i.m3u8") };
    let mut client = Client::new(config);
    client.plays = false;
    let text = vod(500);
    let origin = &mut |_, _: &_| Answer::ok(text.clone());
    client.run(Duration::from_secs(500), origin);
    assert_eq!(client.playlists(), ["i.m3u8"]);
    assert_eq!(client.media(), ["init.mp4", "0.mp4", "1.mp4", "2.mp4"]);
    assert!(client.has_told(&Event::Ended));
    assert_eq!(client.tracker.poll_timeout(), None, "there is nothing to wait for");
    // A seek, and back: only what is not held.
    client.tracker.play(client.now, seconds(101.0));
    client.run(Duration::from_secs(1), origin);
    assert_eq!(client.media()[4..], ["25.mp4", "26.mp4", "27.mp4"]);
    client.tracker.play(client.now, seconds(5.0));
    client.run(Duration::from_secs(1), origin);
    assert_eq!(client.media()[7..], ["3.mp4"]);
    assert!(
        client.tracker.is_held(MediaSequence(26)) && !client.tracker.is_held(MediaSequence(28))
    );
    // What the caller has lost is fetched again when it is in the window; what it has, is not.
    client.forget(2, "https://a.example.com/v/2.mp4");
    client.tracker.hold(MediaSequence(4));
    client.tracker.play(client.now, seconds(8.0));
    client.run(Duration::from_secs(1), origin);
    assert_eq!(client.media()[8..], ["2.mp4"]);
}

#[test]
fn playback_begins_where_it_should() {
    let start = |head: &str, start: StartAt| {
        let text = POLLED.playlist(sansio::Timestamp::from_secs(1), None);
        let dated = "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXT-X-MAP";
        let text =
            text.replacen("#EXTM3U\n", &format!("#EXTM3U\n{head}"), 1).replace("#EXT-X-MAP", dated);
        let mut client =
            Client::new(Config { start, ..Config::new("https://a.example.com/live.m3u8") });
        client.plays = false;
        client.run(Duration::from_millis(100), &mut |_, _| Answer::ok(text.clone()));
        client.tracker.position().unwrap()
    };
    assert_eq!(start("", StartAt::Playlist), seconds(12.0), "three target durations from the end");
    assert_eq!(start("#EXT-X-SERVER-CONTROL:HOLD-BACK=17.5\n", StartAt::Playlist), seconds(6.5));
    assert_eq!(start("#EXT-X-PLAYLIST-TYPE:EVENT\n", StartAt::Playlist), Ticks::ZERO);
    assert_eq!(start("", StartAt::Moment(seconds(3.0))), seconds(3.0));
    let date = StartAt::Date("2026-01-01T00:00:07.5Z".parse().unwrap());
    assert_eq!(start("", date), seconds(7.5));
    let gone = StartAt::Date("2025-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(start("", gone), seconds(12.0));
}

#[test]
fn who_pauses_for_too_long_falls_behind() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.plays = false;
    client.run(Duration::from_secs(60), &mut |now, request| POLLED.answer(now, request));
    assert!(client.count(|event| matches!(event, Event::FellBehind { .. })) > 5);
    let live = client.tracker.live().unwrap();
    assert_eq!(client.tracker.position(), Some(live.start()));
}

#[test]
fn what_has_not_changed_needs_not_be_sent_again() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    let mut sent = 0;
    client.run(Duration::from_secs(41), &mut |now, request| {
        if request.resource != Resource::Playlist {
            return POLLED.answer(now, request);
        }
        // It is made anew every eight seconds only.
        let made = sansio::Timestamp::from_secs(now.since_epoch().as_secs() / 8 * 8);
        let etag = format!("\"{}\"", made.since_epoch().as_secs());
        if request.if_none_match.as_ref() == Some(&etag) {
            return Answer::status(304);
        }
        sent += 1;
        Answer { etag: Some(etag), ..Answer::ok(POLLED.playlist(made, None)) }
    });
    assert_eq!(sent, 6);
    assert!(client.loads.len() > 10);
    let waits = client.loads.windows(2).map(|pair| pair[1].0 - pair[0].1.unwrap());
    assert_eq!(waits.min(), Some(Duration::from_secs(2)), "half a target duration");
    assert_eq!(client.count(|event| matches!(event, Event::Updated(_))), sent);
}

#[test]
fn the_window_is_measured_as_it_is_told() {
    for (ahead, expected) in [
        (Ahead::segments(0), 1),
        (Ahead::segments(3), 4),
        (Ahead::seconds(0), 1),
        (Ahead::seconds(13), 4),
    ] {
        let config = Config { ahead, ..Config::new("https://a.example.com/i.m3u8") };
        let mut client = Client::new(config);
        client.plays = false;
        let text = vod(50);
        client.run(Duration::from_secs(5), &mut |_, _| Answer::ok(text.clone()));
        assert_eq!(client.media().len(), 1 + expected, "{ahead:?}");
    }
}

#[test]
fn byte_ranges_and_redirects_of_the_client_are_heeded() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"v.mp4\",BYTERANGE=\"700@0\"\n\
        #EXTINF:4,\n#EXT-X-BYTERANGE:500@700\nv.mp4\n#EXTINF:4,\n#EXT-X-BYTERANGE:400\nv.mp4\n#EXT-X-ENDLIST\n";
    let mut client = Client::new(Config::new("https://a.example.com/i.m3u8"));
    client.run(Duration::from_secs(5), &mut |_, _| Answer {
        uri: Some("https://b.example.com/x/y.m3u8".into()),
        ..Answer::ok(text)
    });
    let ranges = ["v.mp4[bytes=0-699]", "v.mp4[bytes=700-1199]", "v.mp4[bytes=1200-1599]"];
    assert_eq!(client.media(), ranges);
    assert!(client.requests[1..].iter().all(|(_, it)| it.uri == "https://b.example.com/x/v.mp4"));
}

#[test]
fn a_last_segment_longer_than_the_target_duration_is_waited_for() {
    // Durations are rounded for the target duration: 4.4 s may stand under one of 4.
    for (length, expected) in [("4.4", 4400), ("3", 4000), ("1000", 8000)] {
        let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
        let mut next = 10_u64;
        client.run(Duration::from_secs(30), &mut |_, request| {
            next += u64::from(request.resource == Resource::Playlist);
            let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{next}\n");
            Answer::ok(text + &format!("#EXTINF:{length},\n{next}.ts\n"))
        });
        let wait = client.loads[1].0 - client.loads[0].0;
        assert_eq!(wait, Duration::from_millis(expected), "{length}");
    }
}

#[test]
fn a_server_that_blocks_without_parts_is_asked_for_segments() {
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8"));
    client.run(Duration::from_secs(30), &mut |now, request| {
        if request.resource != Resource::Playlist {
            return POLLED.answer(now, request);
        }
        let next = request.uri.split_once("_HLS_msn=").map(|(_, next)| next.parse().unwrap());
        let there = next.map_or(now, |next| Stream::time_of(next, 3)).max(now);
        let blocks = "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-VERSION";
        let text = POLLED.playlist(there, None).replacen("#EXT-X-VERSION", blocks, 1);
        Answer { after: (there - now) + LATENCY, ..Answer::ok(text) }
    });
    let first = Stream::edge(client.requests[0].0).0;
    for (number, uri) in (first..).zip(&client.playlists()[1..]) {
        assert_eq!(*uri, format!("live.m3u8?_HLS_msn={number}"));
    }
    assert_eq!(client.loads.len(), 9);
}

#[test]
fn directives_are_no_part_of_where_a_playlist_came_from() {
    // A client that follows redirects tells the last URI each time, as it was asked for.
    const LONG: Stream = Stream { window: 30, has_parts: true, can_skip: true };
    let mut client = Client::new(Config::new("https://a.example.com/live.m3u8?id=7"));
    client.run(Duration::from_secs(30), &mut |now, request| {
        if now > sansio::Timestamp::from_secs(15) && request.uri.contains("_HLS_skip") {
            return Answer::status(503);
        }
        let uri = Some(request.uri.clone());
        Answer { uri, ..LONG.answer(now, request) }
    });
    let asked = client.playlists();
    assert!(asked.iter().all(|uri| uri.contains("id=7")));
    let full = asked[1..].iter().filter(|uri| !uri.contains("_HLS_skip")).count();
    assert!(full > 1, "all of it after a failure: {asked:?}");
    assert_eq!(client.count(|event| matches!(event, Event::GaveUp(_))), 0);
}
