//! Where playback begins, and where it goes on.

use std::time::Duration;

use hls_index::tracker::{Config, Event, Resource, StartAt};
use hls_index::{Ahead, MediaSequence, Ticks, seconds};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const POLLED: Stream = Stream { window: 6, has_parts: false, can_skip: false };
const EDGE: Stream = Stream { window: 6, has_parts: true, can_skip: false };

/// A window of six segments of 4 s, and the position in it.
fn start_of(config: Config, text: &str) -> Ticks {
    let mut client = Client::new(config);
    client.plays = false;
    client.run(Duration::from_millis(100), &mut |_, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(
            "#EXTM3U\n#EXT-X-START:TIME-OFFSET=9.5,PRECISE=YES\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n",
        ),
        _ => Answer::ok(text),
    });
    client.tracker.position().unwrap()
}

fn config() -> Config {
    Config::new("https://a.example.com/live.m3u8")
}

#[test]
fn ext_x_start_counts_to_the_segment_or_exactly() {
    let text = POLLED.playlist(Timestamp::from_secs(1), None);
    let with =
        |start: &str| text.replacen("#EXTM3U\n", &format!("#EXTM3U\n#EXT-X-START:{start}\n"), 1);
    assert_eq!(start_of(config(), &with("TIME-OFFSET=-5")), seconds(16.0));
    assert_eq!(start_of(config(), &with("TIME-OFFSET=-5,PRECISE=YES")), seconds(19.0));
    assert_eq!(start_of(config(), &with("TIME-OFFSET=99")), seconds(20.0), "the last segment");
    // That of the multivariant playlist holds where the media playlist has none.
    let main = Config::new("https://a.example.com/main.m3u8");
    assert_eq!(start_of(main.clone(), &text), seconds(9.5));
    assert_eq!(start_of(main, &with("TIME-OFFSET=5,PRECISE=YES")), seconds(5.0));
}

#[test]
fn the_edge_is_near_only_for_who_learns_of_each_part() {
    let text = EDGE.playlist(Timestamp::from_secs(3), None);
    // Six segments, and three parts of 1 s.
    assert_eq!(start_of(config(), &text), seconds(24.0));
    let far = seconds(12.0);
    assert_eq!(start_of(Config { low_latency: false, ..config() }, &text), far);
    for (old, new) in [("CAN-BLOCK-RELOAD=YES,", ""), ("#EXT-X-PART-INF:PART-TARGET=1\n", "")] {
        assert_eq!(start_of(config(), &text.replace(old, new)), far, "without {old}");
    }
    let hold_back = text.replace("PART-HOLD-BACK=3", "HOLD-BACK=14");
    assert_eq!(start_of(config(), &hold_back), seconds(10.0));
}

#[test]
fn without_a_target_duration_the_last_segment_tells_how_far_to_stay_behind() {
    let text = POLLED.playlist(Timestamp::from_secs(1), None);
    for target in ["", "#EXT-X-TARGETDURATION:0\n"] {
        let text = text.replace("#EXT-X-TARGETDURATION:4\n", target);
        assert_eq!(start_of(config(), &text), seconds(12.0), "{target}");
    }
}

#[test]
fn a_playlist_of_type_vod_has_ended_without_saying_so() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:4,\n0.mp4\n";
    let mut client = Client::new(config());
    client.run(Duration::from_secs(60), &mut |_, _| Answer::ok(text));
    assert_eq!(client.playlists().len(), 1);
    assert_eq!(client.count(|event| *event == Event::Ended), 1);
    assert_eq!(client.tracker.poll_timeout(), None);
}

#[test]
fn what_is_played_before_there_is_a_playlist_moves_nothing() {
    let mut client = Client::new(config());
    client.plays = false;
    client.tracker.play(client.now, seconds(1000.0));
    assert_eq!(client.tracker.position(), None);
    client.run(Duration::from_millis(100), &mut |now, request| POLLED.answer(now, request));
    assert_eq!(client.tracker.position(), Some(seconds(12.0)));
    // Before the first segment there is nothing.
    client.run(Duration::from_secs(30), &mut |now, request| POLLED.answer(now, request));
    let start = client.tracker.live().unwrap().start();
    client.tracker.play(client.now, Ticks::ZERO);
    assert_eq!(client.tracker.position(), Some(start));
    assert_eq!(client.tracker.poll_event(), Some(Event::FellBehind { to: start }));
}

#[test]
fn decoding_begins_with_an_independent_part() {
    let mut text = EDGE.playlist(Timestamp::from_secs(3), None);
    text = text.replace("URI=\"100.1.mp4\"", "URI=\"100.1.mp4\",INDEPENDENT=YES");
    assert!(text.contains("100.1.mp4\",INDEPENDENT"));
    for (position, first) in [(24.5, "100.0.mp4"), (25.0, "100.1.mp4"), (26.5, "100.1.mp4")] {
        let config = Config { start: StartAt::Moment(seconds(position)), ..config() };
        let mut client = Client::new(config);
        client.plays = false;
        client.run(Duration::from_millis(100), &mut |_, request| match request.resource {
            Resource::Playlist if !request.uri.contains("_HLS_") => Answer::ok(text.clone()),
            Resource::Part { .. } | Resource::Map => Answer::ok(""),
            _ => Answer::never(),
        });
        let parts = client.asked(|resource| matches!(resource, Resource::Part { .. }));
        assert_eq!(parts[0], first, "{position}");
    }
    // At the very end of the last segment, where segments are counted.
    let start = StartAt::Moment(seconds(24.0));
    let mut client = Client::new(Config { start, ahead: Ahead::segments(1), ..config() });
    client.run(Duration::from_millis(100), &mut |_, _| Answer::ok(text.clone()));
    assert!(client.media().contains(&"100.0.mp4".to_owned()), "{:?}", client.media());
}

#[test]
fn a_segment_that_the_caller_has_is_asked_for_no_more() {
    let text =
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.mp4\n#EXTINF:4,\n1.mp4\n#EXT-X-ENDLIST\n";
    let mut client = Client::new(config());
    client.plays = false;
    let origin = &mut |_, request: &hls_index::tracker::Request| match request.uri.as_str() {
        uri if uri.ends_with("0.mp4") => Answer::never(),
        uri if uri.ends_with("1.mp4") => Answer::status(404),
        _ => Answer::ok(text),
    };
    client.run(Duration::from_millis(100), origin);
    // One is under way, the other waits to be tried again.
    client.tracker.hold(MediaSequence(0));
    client.tracker.hold(MediaSequence(1));
    client.run(Duration::from_secs(60), origin);
    assert_eq!(client.media().len(), 2);
    assert_eq!(client.count(|event| matches!(event, Event::Cancelled { .. })), 1);
    assert!(client.tracker.is_held(MediaSequence(0)) && client.tracker.is_held(MediaSequence(1)));
    assert_eq!(client.tracker.poll_timeout(), None);
}
