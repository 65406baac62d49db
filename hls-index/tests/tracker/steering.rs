//! Content steering: which pathway, and when to ask again.

use std::time::Duration;

use hls_index::tracker::{Config, Event, Request, Resource, SteeringError, SteeringManifest};
use sansio::Timestamp;

use crate::simulation::{Answer, Client, Stream};

const POLLED: Stream = Stream { window: 6, has_parts: false, can_skip: false };
const MAIN: &str = "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer?id=7\",PATHWAY-ID=\"near\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1000000,PATHWAY-ID=\"far\",STABLE-VARIANT-ID=\"v1\"\nhttps://far.example.com/live.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1000000,PATHWAY-ID=\"near\",STABLE-VARIANT-ID=\"v1\"\nhttps://near.example.com/live.m3u8\n";

fn run(length: u64, manifest: impl Fn(Timestamp, &Request) -> Answer) -> Client {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.tracker.set_throughput(Some(5_000_000));
    client.run(Duration::from_secs(length), &mut |now, request| match request.resource {
        Resource::Steering => manifest(now, request),
        _ if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
        _ => POLLED.answer(now, request),
    });
    client
}

fn steered(client: &Client) -> Vec<(u64, &str)> {
    let requests = client.requests.iter().filter(|(_, it)| it.resource == Resource::Steering);
    requests.map(|(at, it)| (at.since_epoch().as_secs(), it.uri.as_str())).collect()
}

fn hosts(client: &Client) -> Vec<&str> {
    let mut hosts: Vec<&str> = client
        .requests
        .iter()
        .filter(|(_, it)| it.resource != Resource::Steering)
        .map(|(_, it)| it.uri.trim_start_matches("https://").split('.').next().unwrap())
        .collect();
    hosts.dedup();
    hosts
}

#[test]
fn the_manifest_is_loaded_when_its_ttl_has_passed() {
    let client = run(100, |_, _| {
        Answer::ok(
            r#"{"VERSION":1,"TTL":30,"RELOAD-URI":"https://s.example.com/again","PATHWAY-PRIORITY":["near","far"]}"#,
        )
    });
    let steered = steered(&client);
    let times: Vec<u64> = steered.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [1, 31, 61, 91]);
    // At first the pathway is that of the playlist.
    assert_eq!(
        steered[0].1,
        "https://a.example.com/steer?_HLS_pathway=%22near%22&_HLS_throughput=5000000&id=7"
    );
    let again = "https://s.example.com/again?_HLS_pathway=%22near%22&_HLS_throughput=5000000";
    assert!(steered[1..].iter().all(|(_, uri)| *uri == again), "{steered:?}");
    assert_eq!(hosts(&client), ["a", "near"]);
    assert_eq!(client.count(|event| *event == Event::Steered), 4);
}

#[test]
fn another_order_of_pathways_moves_the_stream() {
    let client = run(120, |now, _| {
        let order =
            if now > Timestamp::from_secs(50) { r#"["far","near"]"# } else { r#"["near","far"]"# };
        Answer::ok(format!(r#"{{"VERSION":1,"TTL":20,"PATHWAY-PRIORITY":{order}}}"#))
    });
    assert_eq!(hosts(&client), ["a", "near", "far"]);
    assert!(client.has_told(&Event::Server { id: "far".into() }));
    assert_eq!(
        client.count(|event| matches!(event, Event::SegmentChanged { .. } | Event::Lost { .. })),
        0
    );
}

#[test]
fn a_pathway_may_be_cloned() {
    for replacement in [
        r#"{"HOST":"clone.example.com","PARAMS":{"t":"x"}}"#,
        r#"{"PER-VARIANT-URIS":{"v1":"https://clone.example.com/live.m3u8?t=x"}}"#,
    ] {
        let client = run(60, |_, _| {
            Answer::ok(format!(
                r#"{{"VERSION":1,"TTL":20,"PATHWAY-PRIORITY":["clone","near"],
                "PATHWAY-CLONES":[{{"BASE-ID":"near","ID":"clone","URI-REPLACEMENT":{replacement}}},{{"ID":"no base"}}]}}"#
            ))
        });
        assert_eq!(*hosts(&client).last().unwrap(), "clone", "{replacement}");
        let playlist =
            client.requests.iter().rfind(|(_, it)| it.resource == Resource::Playlist).unwrap();
        assert_eq!(playlist.1.uri, "https://clone.example.com/live.m3u8?t=x");
    }
}

#[test]
fn a_steering_server_that_fails_is_asked_again_or_no_more() {
    let manifest = r#"{"VERSION":1,"TTL":10,"PATHWAY-PRIORITY":["near"]}"#;
    let later = run(60, |now, _| match now.since_epoch().as_secs() {
        0..5 => Answer::ok(manifest),
        5..35 => Answer::status(500),
        _ => Answer { retry_after: Some(Duration::from_secs(100)), ..Answer::status(429) },
    });
    let times: Vec<u64> = steered(&later).iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [1, 11, 21, 31, 41]);
    for (answer, expected) in [
        (Answer::status(410), 1),
        (Answer::ok(r#"{"VERSION":1,"PATHWAY-PRIORITY":["near"]}"#), 2),
        (Answer::ok("[1"), 2),
        (Answer::ok(r#"{"VERSION":2}"#), 2),
        (Answer::never(), 2),
    ] {
        let client = run(320, |_, _| answer.clone());
        let times: Vec<u64> = steered(&client).iter().map(|(at, _)| *at).collect();
        assert_eq!(times.len(), expected, "{answer:?}");
        // Without TTL five minutes, from the end of the last load on.
        let limit = if answer.status == 0 { 10 } else { 0 };
        assert!(times[1..].iter().all(|at| *at == 301 + limit), "{times:?}");
        assert_eq!(client.tracker.gave_up(), None, "the stream goes on");
    }
}

#[test]
fn a_ttl_of_0_does_not_make_it_spin() {
    let client = run(60, |_, _| Answer::ok(r#"{"VERSION":1,"TTL":0,"PATHWAY-PRIORITY":["near"]}"#));
    assert!((50..=61).contains(&steered(&client).len()), "{}", steered(&client).len());
}

#[test]
fn manifests_are_read_as_far_as_they_can_be() {
    let read = |json: &str| SteeringManifest::parse(json.as_bytes());
    assert_eq!(read("{}"), Err(SteeringError::Version));
    assert_eq!(read("[]"), Err(SteeringError::NotJson));
    assert_eq!(read(&"[".repeat(100_000)), Err(SteeringError::NotJson));
    assert_eq!(SteeringManifest::parse(b"\xFF"), Err(SteeringError::NotJson));
    let no_host = r#"{"VERSION":1,"PATHWAY-CLONES":[{"BASE-ID":"a","ID":"b","URI-REPLACEMENT":{"HOST":""}}]}"#;
    let unchanged = &read(no_host).unwrap().pathway_clones[0].replacement;
    assert_eq!(*unchanged, hls_index::Replacement::new());
    let odd = r#"{"VERSION":1,"TTL":-5,"RELOAD-URI":7,"PATHWAY-PRIORITY":["a",1,null,"b"],"PATHWAY-CLONES":{"a":1},"NEW":[]}"#;
    let manifest = read(odd).unwrap();
    assert_eq!((manifest.ttl, manifest.reload_uri.as_deref()), (None, None));
    assert_eq!(manifest.pathway_priority, ["a", "b"]);
    assert!(manifest.pathway_clones.is_empty());
    let many = format!(r#"{{"VERSION":1,"PATHWAY-PRIORITY":[{}"a"]}}"#, r#""a","#.repeat(5000));
    assert_eq!(read(&many).unwrap().pathway_priority.len(), 100);
}

#[test]
fn the_first_variant_of_the_first_pathway_is_played() {
    let main = "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/s\",PATHWAY-ID=\"near\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=3,PATHWAY-ID=\"far\"\nfar.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID=\"near\"\nnear.m3u8\n";
    for (main, expected) in [(main.to_owned(), 1), (main.replacen("near", "none", 1), 0)] {
        for max_bandwidth in [None, Some(9)] {
            let config = Config::new("https://a.example.com/main.m3u8");
            let mut client = Client::new(Config { max_bandwidth, ..config });
            client.run(Duration::from_millis(100), &mut |_, _| Answer::ok(main.clone()));
            assert_eq!(client.tracker.variant(), expected);
        }
    }
}

#[test]
fn per_variant_uris_need_the_pathway_that_is_cloned() {
    let client = run(60, |_, _| {
        Answer::ok(
            r#"{"VERSION":1,"TTL":20,"PATHWAY-PRIORITY":["clone","near"],"PATHWAY-CLONES":[
            {"BASE-ID":"nowhere","ID":"clone","URI-REPLACEMENT":{"PER-VARIANT-URIS":{"v1":"https://clone.example.com/live.m3u8"}}}]}"#,
        )
    });
    assert_eq!(hosts(&client), ["a", "near"]);
}

#[test]
fn a_clone_may_be_cloned_and_names_its_renditions() {
    let json = r#"{"VERSION":1,"PATHWAY-CLONES":[{"BASE-ID":"a","ID":"b","URI-REPLACEMENT":
        {"HOST":"h","PARAMS":{"p":"1","":"2","n":3},"PER-VARIANT-URIS":{"v":"https://v"},
        "PER-RENDITION-URIS":{"r":"https://r","bad":7}}},{"BASE-ID":"a","ID":"c"}]}"#;
    let manifest = SteeringManifest::parse(json.as_bytes()).unwrap();
    let [clone] = &manifest.pathway_clones[..] else { panic!("{manifest:?}") };
    assert_eq!(clone.replacement, hls_index::Replacement::new().host("h").parameter("p", "1"));
    let pair = |id: &str, uri: &str| vec![(id.to_owned(), uri.to_owned())];
    assert_eq!(clone.per_variant_uris, pair("v", "https://v"));
    assert_eq!(clone.per_rendition_uris, pair("r", "https://r"));

    let client = run(60, |_, _| {
        Answer::ok(
            r#"{"VERSION":1,"TTL":20,"PATHWAY-PRIORITY":["second"],"PATHWAY-CLONES":[
            {"BASE-ID":"near","ID":"first","URI-REPLACEMENT":{"HOST":"first.example.com","PARAMS":{"a":"1"}}},
            {"BASE-ID":"first","ID":"second","URI-REPLACEMENT":{"HOST":"second.example.com"}}]}"#,
        )
    });
    let last = client.requests.iter().rfind(|(_, it)| it.resource == Resource::Playlist);
    assert_eq!(last.unwrap().1.uri, "https://second.example.com/live.m3u8?a=1");
}

#[test]
fn a_stream_that_goes_on_is_steered_again() {
    let mut client =
        Client::new(Config { attempts: 1, ..Config::new("https://a.example.com/main.m3u8") });
    let mut is_down = true;
    for _ in 0..2 {
        client.run(Duration::from_secs(9), &mut |now, request| match request.resource {
            Resource::Steering if is_down => Answer::never(),
            Resource::Steering => Answer::ok(r#"{"VERSION":1,"PATHWAY-PRIORITY":["far"]}"#),
            _ if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
            _ if is_down => Answer::status(500),
            _ => POLLED.answer(now, request),
        });
        assert_eq!(client.tracker.gave_up().is_some(), is_down);
        is_down = false;
        client.tracker.resume(client.now);
    }
    assert_eq!(steered(&client).len(), 2);
    assert!(client.has_told(&Event::Server { id: "far".into() }));
}

#[test]
fn a_stream_that_goes_on_with_another_variant_is_steered_again() {
    let mut client =
        Client::new(Config { attempts: 1, ..Config::new("https://a.example.com/main.m3u8") });
    client.run(Duration::from_secs(9), &mut |_, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
        Resource::Playlist => Answer::status(500),
        _ => Answer::never(),
    });
    assert!(client.tracker.gave_up().is_some());
    for variant in 0..2 {
        client.tracker.select(client.now, variant).unwrap();
        client.run(Duration::from_secs(2), &mut |_, _| Answer::never());
        assert_eq!(steered(&client).len(), 2, "but not twice at once");
    }
}

#[test]
fn a_manifest_that_holds_is_not_loaded_because_the_stream_goes_on() {
    let mut client =
        Client::new(Config { attempts: 1, ..Config::new("https://a.example.com/main.m3u8") });
    for _ in 0..2 {
        client.run(Duration::from_secs(9), &mut |_, request| match request.resource {
            Resource::Steering => Answer::ok(r#"{"VERSION":1}"#),
            Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
            _ => Answer { after: Duration::from_secs(1), ..Answer::status(500) },
        });
        assert!(client.tracker.gave_up().is_some());
        client.tracker.resume(client.now);
    }
    assert_eq!(steered(&client).len(), 1);
}

#[test]
fn manifests_are_limited_and_relative_to_where_they_came_from() {
    let main = Config { max_body: 1000, ..Config::new("https://a.example.com/main.m3u8") };
    let mut client = Client::new(main);
    client.run(Duration::from_secs(9), &mut |now, request| match request.resource {
        Resource::Steering => Answer::ok(r#"{"VERSION":1}"#.to_owned() + &" ".repeat(1000)),
        _ if request.uri.ends_with("main.m3u8") => Answer::ok(MAIN),
        _ => POLLED.answer(now, request),
    });
    assert_eq!(client.count(|event| *event == Event::Steered), 0);
    let client = run(9, |_, _| Answer {
        uri: Some("https://s.example.com/x/m.json".into()),
        ..Answer::ok(r#"{"VERSION":1,"TTL":5,"RELOAD-URI":"again"}"#)
    });
    assert!(steered(&client)[1].1.starts_with("https://s.example.com/x/again?"));
    let client =
        run(20, |_, _| Answer { retry_after: Some(Duration::ZERO), ..Answer::status(429) });
    assert!(steered(&client).len() <= 21, "{}", steered(&client).len());
}

#[test]
fn a_pathway_whose_playlist_is_not_named_is_told() {
    // Two that are as good on one pathway: the second is a server without a name.
    let main = MAIN.replace("\"far\"", "\"near\"");
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_secs(60), &mut |now, request| match request.resource {
        Resource::Steering => Answer::ok(r#"{"VERSION":1,"TTL":20}"#),
        _ if request.uri.ends_with("main.m3u8") => Answer::ok(main.clone()),
        _ if request.uri.starts_with("https://far.") => Answer::status(500),
        _ => POLLED.answer(now, request),
    });
    assert_eq!(hosts(&client), ["a", "far", "near"]);
    let steered = steered(&client);
    assert!(steered.iter().all(|(_, uri)| uri.contains("_HLS_pathway=%22near%22")), "{steered:?}");
    assert_eq!(steered.len(), 3);
}

#[test]
fn a_clone_that_goes_elsewhere_is_followed_in_spite_of_redirects() {
    let client = run_clone(&["one", "two"]);
    let playlists: Vec<_> = client
        .requests
        .iter()
        .filter(|(_, it)| it.resource == Resource::Playlist)
        .map(|(_, it)| it.uri.as_str())
        .collect();
    assert!(playlists.contains(&"https://moved.example.com/one/live.m3u8"));
    assert!(playlists.contains(&"https://two.example.com/live.m3u8"), "{playlists:?}");
    // And none that stays where it is.
    let client = run_clone(&["one", "one"]);
    let asked = client.requests.iter().filter(|(_, it)| it.uri.starts_with("https://one."));
    assert_eq!(asked.count(), 1);
}

#[test]
fn a_playlist_that_leads_to_another_steers_no_more() {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    let outer = "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/outer\",PATHWAY-ID=\".\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1\ninner.m3u8\n";
    client.run(Duration::from_secs(20), &mut |now, request| match request.resource {
        Resource::Steering => Answer {
            after: Duration::from_secs(3),
            ..Answer::ok(r#"{"VERSION":1,"PATHWAY-PRIORITY":["far"]}"#)
        },
        _ if request.uri.ends_with("main.m3u8") => Answer::ok(outer),
        _ if request.uri.ends_with("inner.m3u8") => Answer::ok(MAIN),
        _ => POLLED.answer(now, request),
    });
    let steered: Vec<_> = steered(&client).into_iter().map(|(_, uri)| uri).collect();
    assert!(steered[0].contains("/outer") && steered[1].contains("/steer"), "{steered:?}");
    assert_eq!((steered.len(), client.count(|event| *event == Event::Steered)), (2, 1));
    assert_eq!(client.count(|event| matches!(event, Event::Cancelled { .. })), 1);
}

/// A clone on one host after the other, and a server that sends on to another.
fn run_clone(clones: &[&str]) -> Client {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    for host in clones {
        let replacement = hls_index::Replacement::new().host(&format!("{host}.example.com"));
        let clone = hls_index::tracker::PathwayClone {
            base_id: "near".into(),
            id: "clone".into(),
            replacement,
            ..Default::default()
        };
        let manifest = SteeringManifest {
            pathway_priority: vec!["clone".into()],
            pathway_clones: vec![clone],
            ..SteeringManifest::default()
        };
        client.tracker.steer(client.now, manifest);
        client.run(Duration::from_secs(9), &mut |now, request| {
            let host = request.uri.trim_start_matches("https://").split('.').next().unwrap();
            match host {
                _ if request.resource == Resource::Steering => Answer::never(),
                "one" | "two" => Answer {
                    location: Some(format!("https://moved.example.com/{host}/live.m3u8")),
                    ..Answer::status(302)
                },
                "a" => Answer::ok(MAIN),
                _ => POLLED.answer(now, request),
            }
        });
    }
    client
}
