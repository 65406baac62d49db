//! Renditions beside the variant, each with a tracker of its own.

use std::time::Duration;

use hls_index::tracker::{
    Config, PathwayClone, Request, Resource, SelectError, SteeringManifest, Tracker,
};
use hls_index::{RenditionType, Replacement, Ticks, seconds};
use sansio::Timestamp;

use crate::simulation::{Answer, Client};

const MAIN: &str = "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer\",PATHWAY-ID=\"near\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"n1\",NAME=\"English\",STABLE-RENDITION-ID=\"en\",URI=\"en.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"n1\",NAME=\"Original\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"f1\",NAME=\"English\",STABLE-RENDITION-ID=\"en\",URI=\"https://far.example.com/en.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"n2\",NAME=\"English\",URI=\"surround/en.m3u8\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID=\"near\",STABLE-VARIANT-ID=\"v1\",AUDIO=\"n1\"\nv1.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID=\"far\",STABLE-VARIANT-ID=\"v1\",AUDIO=\"f1\"\nhttps://far.example.com/v1.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=2,PATHWAY-ID=\"near\",STABLE-VARIANT-ID=\"v2\",AUDIO=\"n2\"\nv2.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=3,PATHWAY-ID=\"near\"\nv3.m3u8\n";

fn playlist(now: Timestamp) -> String {
    let next = 100 + now.since_epoch().as_secs() / 4;
    let segments: String =
        (next - 10..next).map(|number| format!("#EXTINF:4,\n{number}.mp4\n")).collect();
    let first = next - 10;
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first}\n{segments}")
}

fn origin(now: Timestamp, request: &Request) -> Answer {
    match request.uri.as_str() {
        "https://a.example.com/main.m3u8" => Answer::ok(MAIN),
        _ if request.resource == Resource::Steering => Answer::never(),
        _ if request.resource == Resource::Playlist => Answer::ok(playlist(now)),
        _ => Answer::ok(""),
    }
}

fn playing() -> Client {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_secs(9), &mut origin);
    client
}

/// Another client, at the same time, with this tracker.
fn beside(client: &Client, tracker: Tracker) -> Client {
    let mut other = Client::new(Config::new(""));
    (other.now, other.tracker) = (client.now, tracker);
    other
}

fn audio(client: &Client) -> Client {
    let tracker = client.tracker.rendition(client.now, RenditionType::Audio, "English", [5; 32]);
    beside(client, tracker.unwrap())
}

fn loaded(client: &Client) -> Vec<&str> {
    let loads = client.requests.iter().filter(|(_, it)| it.resource == Resource::Playlist);
    let mut loads: Vec<_> = loads.map(|(_, it)| it.uri.as_str()).collect();
    loads.dedup();
    loads
}

#[test]
fn a_rendition_begins_where_the_variant_plays() {
    let mut client = playing();
    client.tracker.play(client.now, client.tracker.position().unwrap() - seconds(6.5));
    let mut audio = audio(&client);
    let position = client.tracker.position().unwrap();
    audio.run(Duration::from_millis(100), &mut origin);
    assert_eq!(loaded(&audio), ["https://a.example.com/en.m3u8"]);
    let behind = |tracker: &Tracker, position: Ticks| tracker.live().unwrap().end() - position;
    let expected = behind(&client.tracker, position);
    let played = audio.tracker.position().unwrap() - Ticks::from_millis(100);
    assert!(behind(&audio.tracker, played) - expected <= Ticks::from_millis(100));
    assert!(behind(&audio.tracker, audio.tracker.position().unwrap()) <= expected);
    assert!(audio.requests.iter().all(|(_, it)| it.resource != Resource::Steering));
}

#[test]
fn a_rendition_follows_the_variant_and_the_pathway() {
    let client = playing();
    let mut audio = audio(&client);
    audio.run(Duration::from_secs(5), &mut origin);
    // Another variant has another group.
    audio.tracker.select(audio.now, 2).unwrap();
    audio.run(Duration::from_secs(5), &mut origin);
    audio.tracker.select(audio.now, 0).unwrap();
    let manifest =
        SteeringManifest { pathway_priority: vec!["far".into()], ..SteeringManifest::default() };
    audio.tracker.steer(audio.now, manifest.clone());
    assert_eq!(audio.tracker.manifest(), Some(&manifest));
    audio.run(Duration::from_secs(5), &mut origin);
    assert_eq!(
        loaded(&audio),
        [
            "https://a.example.com/en.m3u8",
            "https://a.example.com/surround/en.m3u8",
            "https://far.example.com/en.m3u8"
        ]
    );
    // And fails over to the other one.
    audio.run(Duration::from_secs(9), &mut |now, request| match request.uri.contains("far") {
        true => Answer::never(),
        false => origin(now, request),
    });
    audio.run(Duration::from_secs(9), &mut origin);
    assert_eq!(*loaded(&audio).last().unwrap(), "https://a.example.com/en.m3u8");
}

#[test]
fn a_rendition_has_its_own_uri_on_a_clone() {
    let replacement = Replacement::new().host("clone.example.com").parameter("t", "x");
    let own = |id: &str| vec![(id.to_owned(), "https://own.example.com/e.m3u8".to_owned())];
    for (uris, expected) in [
        (own("en"), "https://own.example.com/e.m3u8"),
        (own("v1"), "https://clone.example.com/en.m3u8?t=x"),
    ] {
        let mut client = playing();
        let clone = PathwayClone {
            base_id: "near".into(),
            id: "clone".into(),
            replacement: replacement.clone(),
            per_rendition_uris: uris,
            ..PathwayClone::default()
        };
        let manifest = SteeringManifest {
            pathway_priority: vec!["clone".into()],
            pathway_clones: vec![clone],
            ..SteeringManifest::default()
        };
        client.tracker.steer(client.now, manifest);
        let mut audio = audio(&client);
        audio.run(Duration::from_secs(5), &mut origin);
        assert_eq!(loaded(&audio), [expected]);
        client.run(Duration::from_secs(5), &mut origin);
        assert_eq!(*loaded(&client).last().unwrap(), "https://clone.example.com/v1.m3u8?t=x");
        // Only playlists are asked for with the parameters: segments lie beside them.
        let last = client.requests.iter().rfind(|(_, it)| !it.resource.needs_body()).unwrap();
        let number = last.1.uri.strip_prefix("https://clone.example.com/").unwrap();
        assert!(number.strip_suffix(".mp4").unwrap().parse::<u64>().is_ok(), "{number}");
    }
}

#[test]
fn what_is_no_rendition_with_a_playlist_cannot_be_followed() {
    let client = playing();
    let of = |rendition_type, name: &str| {
        client.tracker.rendition(client.now, rendition_type, name, [5; 32]).map(|_| ())
    };
    for (rendition_type, name) in [
        (RenditionType::Audio, "Deutsch"),
        (RenditionType::Audio, "Original"),
        (RenditionType::Video, "English"),
        (RenditionType::Subtitles, "English"),
        (RenditionType::ClosedCaptions, "English"),
    ] {
        assert_eq!(of(rendition_type, name), Err(SelectError::NoSuchRendition), "{name}");
    }
    let mut audio = audio(&client);
    assert_eq!(audio.tracker.select(audio.now, 3), Err(SelectError::NoSuchRendition));
    assert_eq!(audio.tracker.select(audio.now, 9), Err(SelectError::NoSuchVariant));
    audio.run(Duration::from_secs(5), &mut origin);
    assert_eq!(loaded(&audio), ["https://a.example.com/en.m3u8"], "it goes on as it was");
    let none = Tracker::new(client.now, Config::new("x"), [0; 32]);
    let error = none.rendition(client.now, RenditionType::Audio, "English", [5; 32]).unwrap_err();
    assert_eq!(error, SelectError::NoMultivariant);
}
