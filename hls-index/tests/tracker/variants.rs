//! Multivariant playlists: which variant, and what a change of it takes along.

use std::time::Duration;

use hls_index::tracker::{Config, Event, Resource, SelectError};
use hls_index::{DateTime, seconds};
use sansio::Timestamp;

use crate::simulation::{Answer, Client};

const MAIN: &str = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"q\",VALUE=\"t=1\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=2000000\nmid.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1000000\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=8000000\nhigh.m3u8\n";

fn playlist(name: &str, now: Timestamp, is_dated: bool) -> String {
    let next = 100 + now.since_epoch().as_secs() / 4;
    // Each variant has numbers of its own.
    let shift = if name == "high" { 5000 } else { 0 };
    let mut text = format!(
        "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"q\"\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{}\n",
        next - 10 + shift
    );
    for number in next - 10..next {
        if is_dated {
            let date = DateTime::from_unix_nanos(i128::from(number) * 4_000_000_000);
            text += &format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n");
        }
        text += &format!("#EXTINF:4,\n{name}{number}.ts?{{$q}}\n");
    }
    text
}

fn answer(now: Timestamp, uri: &str, is_dated: bool) -> Answer {
    let name = uri.rsplit('/').next().unwrap().split('.').next().unwrap();
    match name {
        "main" => Answer::ok(MAIN),
        "low" | "mid" | "high" => Answer::ok(playlist(name, now, is_dated)),
        _ => Answer::ok(""),
    }
}

#[test]
fn the_first_variant_is_played_or_what_the_bandwidth_allows() {
    for (most, expected) in
        [(None, 0), (Some(3_000_000), 0), (Some(9_000_000), 2), (Some(1_500_000), 1), (Some(1), 1)]
    {
        let config =
            Config { max_bandwidth: most, ..Config::new("https://a.example.com/main.m3u8") };
        let mut client = Client::new(config);
        client.run(Duration::from_secs(9), &mut |now, request| answer(now, &request.uri, true));
        assert_eq!(client.tracker.variant(), expected);
        assert!(client.has_told(&Event::Multivariant { variant: expected }));
        let name = ["mid", "low", "high"][expected];
        assert_eq!(client.playlists()[..2], ["main.m3u8".to_owned(), format!("{name}.m3u8")]);
        // Variables come along from the multivariant playlist.
        let media = client.media();
        assert!(
            media.iter().all(|uri| uri.starts_with(name) && uri.ends_with(".ts?t=1")),
            "{media:?}"
        );
    }
}

#[test]
fn another_variant_goes_on_at_the_same_moment() {
    for is_dated in [true, false] {
        let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
        let origin =
            &mut |now, request: &hls_index::tracker::Request| answer(now, &request.uri, is_dated);
        client.run(Duration::from_secs(30), origin);
        let live = client.tracker.live().unwrap();
        let playing = live.at(client.tracker.position().unwrap()).unwrap().uri().to_owned();
        client.tracker.select(client.now, 2).unwrap();
        assert!(client.tracker.live().is_none());
        let before = client.requests.len();
        client.run(Duration::from_millis(500), origin);
        let first = client.requests[before..]
            .iter()
            .find(|(_, it)| matches!(it.resource, Resource::Segment { .. }));
        let name = first.unwrap().1.uri.rsplit('/').next().unwrap();
        assert_eq!(name, playing.replace("mid", "high"), "dated: {is_dated}");
        let next = client.playlists().last().unwrap().clone();
        assert_eq!(next, "high.m3u8");
    }
}

#[test]
fn a_variant_that_is_not_there_cannot_be_chosen() {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    assert_eq!(client.tracker.select(client.now, 0), Err(SelectError::NoMultivariant));
    client.run(Duration::from_secs(9), &mut |now, request| answer(now, &request.uri, true));
    assert_eq!(client.tracker.select(client.now, 3), Err(SelectError::NoSuchVariant));
    assert!(client.tracker.multivariant().unwrap().variants().count() == 3);
    assert!(client.tracker.position().unwrap() > seconds(20.0));
}

#[test]
fn of_several_that_are_as_good_the_first_is_played_and_a_score_counts_for_more() {
    let run = |variants: &[&str], most: Option<u64>| {
        let mut main = String::from("#EXTM3U\n");
        for (number, list) in variants.iter().enumerate() {
            main += &format!("#EXT-X-STREAM-INF:{list}\n{number}/mid.m3u8\n");
        }
        let config =
            Config { max_bandwidth: most, ..Config::new("https://a.example.com/main.m3u8") };
        let mut client = Client::new(config);
        client.run(Duration::from_millis(100), &mut |_, _| Answer::ok(main.clone()));
        client.tracker.variant()
    };
    let equal = ["BANDWIDTH=1", "BANDWIDTH=5", "BANDWIDTH=5", "BANDWIDTH=9"];
    assert_eq!((run(&equal, None), run(&equal, Some(5)), run(&equal, Some(0))), (0, 1, 0));
    let scored = [
        "BANDWIDTH=5,SCORE=1",
        "BANDWIDTH=4,SCORE=2.5",
        "BANDWIDTH=4,SCORE=2.5",
        "BANDWIDTH=9,SCORE=3",
    ];
    assert_eq!((run(&scored, None), run(&scored, Some(5)), run(&scored, Some(3))), (3, 1, 1));
    let unscored = ["BANDWIDTH=5,SCORE=1", "BANDWIDTH=6,SCORE=2", "BANDWIDTH=4"];
    assert_eq!((run(&unscored, None), run(&unscored, Some(5))), (0, 0), "not all have one");
}
