//! Servers of one stream: what one of them did says nothing of the others, and is not forgotten.

use std::time::Duration;

use hls_index::tracker::{Config, Event, Request, Resource};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const MAIN: &str = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://a.example.com/live.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://b.example.com/live.m3u8\n";

fn client(config: Config) -> Client {
    Client::new(Config { uri: "https://a.example.com/main.m3u8".into(), ..config })
}

fn is_of(host: &str, request: &Request) -> bool {
    request.uri.starts_with(&format!("https://{host}."))
}

/// The playlists that this server was asked for, with their queries.
fn loads<'c>(client: &'c Client, host: &str) -> Vec<&'c str> {
    let of_host =
        |request: &Request| request.resource == Resource::Playlist && is_of(host, request);
    let loads = client.requests.iter().filter(|(_, request)| of_host(request));
    loads.map(|(_, request)| request.uri.as_str()).collect()
}

#[test]
fn a_server_is_asked_with_directives_whatever_another_one_refused() {
    const EDGE: Stream = Stream { window: 6, has_parts: true, can_skip: false };
    let mut client = client(Config::new(""));
    client.run(Duration::from_secs(90), &mut |now, request| {
        let is_load = request.resource == Resource::Playlist;
        match is_load && is_of("a", request) {
            true if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
            true if request.uri.contains("_HLS_") => Answer::status(404),
            true if now > Timestamp::from_secs(60) => Answer::status(503),
            _ => EDGE.answer(now, request),
        }
    });
    // The first one is polled by then.
    let (first, second) = (loads(&client, "a"), loads(&client, "b"));
    assert_eq!(first.iter().filter(|uri| uri.contains("_HLS_")).count(), 3, "{first:?}");
    assert!(first[first.len() - 5..].iter().all(|uri| !uri.contains("_HLS_")), "{first:?}");
    assert!(second.len() > 20, "{second:?}");
    assert!(second.iter().all(|uri| uri.contains("_HLS_msn=")), "{second:?}");
}

#[test]
fn media_comes_from_where_the_playlist_came_from_also_when_another_server_has_recovered() {
    let segments: String = (0..40).map(|number| format!("#EXTINF:4,\n{number}.ts\n")).collect();
    let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{segments}#EXT-X-ENDLIST\n");
    let mut client = client(Config { penalty: Duration::from_secs(20), ..Config::new("") });
    client.run(Duration::from_secs(60), &mut |_, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
        Resource::Playlist if is_of("a", request) => Answer::status(500),
        Resource::Playlist => Answer::ok(text.clone()),
        _ => Answer::ok(""),
    });
    let media = client.requests.iter().filter(|(_, it)| !it.resource.needs_body());
    let late = media.clone().filter(|(at, _)| *at > Timestamp::from_secs(25));
    assert!(late.count() > 5);
    assert!(media.clone().all(|(_, it)| is_of("b", it)));
}

#[test]
fn a_pathway_that_failed_is_not_chosen_from_the_next_playlist_either() {
    // Each pathway has a multivariant playlist of its own, with both pathways in it.
    let main = |name: &str| {
        format!(
            "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer\",PATHWAY-ID=\"a\"\n\
             #EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID=\"a\"\nhttps://a.example.com/{name}.m3u8\n\
             #EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID=\"b\"\nhttps://b.example.com/{name}.m3u8\n"
        )
    };
    const POLLED: Stream = Stream { window: 6, has_parts: false, can_skip: false };
    let mut client = client(Config::new(""));
    client.run(Duration::from_secs(20), &mut |now, request| match request.resource {
        Resource::Steering => Answer::never(),
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(main("next")),
        Resource::Playlist if is_of("a", request) => Answer::status(500),
        Resource::Playlist if request.uri.ends_with("next.m3u8") => Answer::ok(main("live")),
        _ => POLLED.answer(now, request),
    });
    let events = client.events.iter().map(|(_, event)| event);
    let chosen: Vec<_> = events
        .filter(|event| matches!(event, Event::Multivariant { .. } | Event::Switched { .. }))
        .collect();
    let both = [Event::Multivariant { variant: 0 }, Event::Multivariant { variant: 1 }];
    assert_eq!(chosen, both.iter().collect::<Vec<_>>());
    assert_eq!(loads(&client, "a").len(), 2, "the first playlist, and what failed");
    assert!(client.tracker.live().is_some());
}
