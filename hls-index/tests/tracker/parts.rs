//! Parts and hints: how far ahead they are fetched, and the segments that they make.

use std::time::Duration;

use hls_index::tracker::{Config, Event, Request, Resource, StartAt};
use hls_index::{Ahead, MediaSequence, Ticks, seconds};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const EDGE: Stream = Stream { window: 6, has_parts: true, can_skip: false };

fn config() -> Config {
    Config::new("https://a.example.com/live.m3u8")
}

/// The stream as it is at a second, without what is hinted.
fn unhinted(second: u64) -> String {
    let text = EDGE.playlist(Timestamp::from_secs(second), None);
    let lines = text.lines().filter(|line| !line.starts_with("#EXT-X-PRELOAD-HINT"));
    lines.map(|line| format!("{line}\n")).collect()
}

fn is_part(resource: Resource) -> bool {
    matches!(resource, Resource::Part { .. })
}

#[test]
fn a_window_ends_with_the_last_segment_or_takes_all_parts_of_the_next() {
    // Six segments end at 24 s. Three parts of the seventh are there, and the fourth is hinted.
    let text = EDGE.playlist(Timestamp::from_secs(3), None);
    let media = ["init.mp4", "99.mp4", "100.0.mp4", "100.1.mp4", "100.2.mp4", "100.3.mp4"];
    for (ahead, expected) in [(seconds(4.0), 2), (seconds(4.0) + Ticks::new(1), 6)] {
        let start = StartAt::Moment(seconds(20.0));
        let mut client = Client::new(Config { start, ahead: Ahead::time(ahead), ..config() });
        client.plays = false;
        client.run(Duration::from_secs(1), &mut |_, request| match request.resource {
            Resource::Playlist if !request.uri.contains("_HLS_") => Answer::ok(text.clone()),
            Resource::Playlist | Resource::HintedPart => Answer::never(),
            _ => Answer::ok(""),
        });
        assert_eq!(client.media(), media[..expected], "{ahead:?}");
    }
}

#[test]
fn who_jumps_into_a_segment_that_is_there_in_part_fetches_what_plays_from_there_on() {
    // The segment from 24 s to 28 s: its first part, and a second later all four.
    let mut client = Client::new(Config { start: StartAt::Moment(seconds(20.0)), ..config() });
    client.plays = false;
    let origin = &mut |_, request: &Request| match request.resource {
        Resource::Playlist if request.uri.contains("_HLS_") => {
            Answer { after: Duration::from_secs(1), ..Answer::ok(unhinted(4)) }
        }
        Resource::Playlist => Answer::ok(unhinted(1)),
        _ => Answer::ok(""),
    };
    client.run(Duration::from_millis(500), origin);
    assert_eq!(client.asked(is_part), ["100.0.mp4"]);
    client.tracker.play(client.now, seconds(26.5));
    client.run(Duration::from_secs(2), origin);
    assert_eq!(client.asked(is_part), ["100.0.mp4", "100.2.mp4", "100.3.mp4"]);
}

#[test]
fn a_segment_is_there_when_all_parts_are_that_can_be() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(20), &mut |now, request| {
        if request.uri.ends_with("/101.1.mp4") {
            return Answer::status(404);
        }
        let mut answer = EDGE.answer(now, request);
        let part = "DURATION=1,URI=\"101.1.mp4\"";
        answer.body = answer.body.replace(part, &format!("{part},GAP=YES"));
        answer
    });
    let media = client.media();
    let of_segment: Vec<_> = media.iter().filter(|name| name.starts_with("101.")).collect();
    // The second one was hinted, and has no media when it is listed.
    assert_eq!(of_segment, ["101.0.mp4", "101.1.mp4", "101.2.mp4", "101.3.mp4"]);
    assert!(client.tracker.is_held(MediaSequence(101)));
    assert_eq!(client.count(|event| matches!(event, Event::Lost { .. })), 0);
}

#[test]
fn a_segment_with_a_part_that_nobody_has_is_fetched_whole() {
    let mut client = Client::new(config());
    client.run(Duration::from_secs(20), &mut |now, request| match request
        .uri
        .ends_with("/101.1.mp4")
    {
        true => Answer::status(404),
        false => EDGE.answer(now, request),
    });
    let lost = Resource::Part { sequence: MediaSequence(101), index: 1 };
    assert_eq!(client.count(|event| *event == Event::Lost { resource: lost }), 1);
    let whole = client.asked(|resource| matches!(resource, Resource::Segment { .. }));
    assert_eq!(whole.iter().filter(|name| *name == "101.mp4").count(), 1, "{whole:?}");
    assert!(client.tracker.is_held(MediaSequence(101)));
}

#[test]
fn a_hint_that_tells_its_length_later_is_still_the_same() {
    let text = |length: &str| {
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART-INF:PART-TARGET=1\n\
             #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3\n#EXTINF:4,\n0.mp4\n\
             #EXT-X-PART:DURATION=1,URI=\"1.mp4\",BYTERANGE=\"100@0\"\n\
             #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1.mp4\",BYTERANGE-START=100{length}\n"
        )
    };
    let mut client = Client::new(config());
    client.run(Duration::from_secs(3), &mut |_, request| match request.resource {
        Resource::Playlist if request.uri.contains("_HLS_") => {
            Answer::ok(text(",BYTERANGE-LENGTH=100"))
        }
        Resource::Playlist => Answer::ok(text("")),
        Resource::HintedPart => Answer::never(),
        _ => Answer::ok(""),
    });
    assert!(client.loads.len() > 2);
    assert_eq!(client.asked(|resource| resource == Resource::HintedPart).len(), 1);
    assert_eq!(client.count(|event| matches!(event, Event::Cancelled { .. })), 0);
}

#[test]
fn hints_that_are_listed_and_never_answered_do_not_pile_up() {
    let timeout = Duration::from_secs(60);
    let mut client = Client::new(Config { in_flight: 100, timeout, ..config() });
    client.run(Duration::from_secs(20), &mut |now, request| match request.resource {
        Resource::HintedPart => Answer::never(),
        _ => EDGE.answer(now, request),
    });
    // A part a second was hinted, and listed a second later.
    let hints = client.asked(|resource| resource == Resource::HintedPart);
    assert!((4..=8).contains(&hints.len()), "{hints:?}");
    assert!(client.loads.len() > 15, "{}", client.loads.len());
}
