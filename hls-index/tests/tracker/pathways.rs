//! Pathways that do not have the variant that is played.

use std::time::Duration;

use hls_index::tracker::{
    Config, Event, GiveUp, PathwayClone, Request, Resource, SteeringManifest,
};
use hls_index::{DateTime, RenditionType, Replacement, seconds};
use sansio::Timestamp;

use crate::simulation::{Answer, Client};

/// Two pathways that have nothing in common.
const MAIN: &str = "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer\",PATHWAY-ID=\"near\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"n\",NAME=\"English\",URI=\"https://near.example.com/en.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"f\",NAME=\"English\",URI=\"https://far.example.com/en.m3u8\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=5000,PATHWAY-ID=\"near\",AUDIO=\"n\"\nhttps://near.example.com/5000.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=2000,PATHWAY-ID=\"near\",AUDIO=\"n\"\nhttps://near.example.com/2000.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1000,PATHWAY-ID=\"far\",AUDIO=\"f\"\nhttps://far.example.com/1000.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=4000,PATHWAY-ID=\"far\",AUDIO=\"f\"\nhttps://far.example.com/4000.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=9000,PATHWAY-ID=\"far\",AUDIO=\"f\"\nhttps://far.example.com/9000.m3u8\n";

fn playlist(now: Timestamp, name: &str) -> String {
    let next = 100 + now.since_epoch().as_secs() / 4;
    // Each variant has numbers of its own.
    let shift = name.parse::<u64>().unwrap_or_default();
    let first = next - 10 + shift;
    let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    for number in next - 10..next {
        let date = DateTime::from_unix_nanos(i128::from(number) * 4_000_000_000);
        text += &format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n#EXTINF:4,\n{name}/{number}.mp4\n");
    }
    text
}

pub(crate) fn origin(now: Timestamp, request: &Request) -> Answer {
    let name = request.uri.rsplit('/').next().unwrap().split('.').next().unwrap();
    match request.resource {
        Resource::Steering => Answer::never(),
        Resource::Playlist if name == "main" => Answer::ok(MAIN),
        Resource::Playlist => Answer::ok(playlist(now, name)),
        _ => Answer::ok(""),
    }
}

fn playing_with(config: Config) -> Client {
    let mut client = Client::new(config);
    client.run(Duration::from_secs(9), &mut origin);
    client
}

fn playing() -> Client {
    playing_with(Config::new("https://a.example.com/main.m3u8"))
}

pub(crate) fn order(pathways: &[&str]) -> SteeringManifest {
    let pathway_priority = pathways.iter().map(|&id| id.to_owned()).collect();
    SteeringManifest { pathway_priority, ..SteeringManifest::default() }
}

fn switched(client: &Client) -> Vec<usize> {
    let variants = client.events.iter().filter_map(|(_, event)| match event {
        Event::Switched { variant } => Some(*variant),
        _ => None,
    });
    variants.collect()
}

/// The playlists that were loaded, without repetitions.
fn loaded(client: &Client) -> Vec<&str> {
    let loads = client.requests.iter().filter(|(_, it)| it.resource == Resource::Playlist);
    let mut loads: Vec<_> =
        loads.map(|(_, it)| it.uri.trim_start_matches("https://")).skip(1).collect();
    loads.dedup();
    loads
}

const NEAR: &str = "near.example.com/5000.m3u8";
const FAR: &str = "far.example.com/4000.m3u8";

#[test]
fn a_variant_that_the_first_pathway_does_not_have_is_left_for_the_closest_that_it_has() {
    let mut client = playing();
    let live = client.tracker.live().unwrap();
    let segment = live.at(client.tracker.position().unwrap()).unwrap();
    let playing = segment.uri().replace("5000/", "4000/");
    client.tracker.steer(client.now, order(&["far", "near"]));
    let asked = client.requests.len();
    client.run(Duration::from_secs(20), &mut origin);
    assert_eq!((switched(&client), client.tracker.variant()), (vec![3], 3));
    assert_eq!(loaded(&client), [NEAR, FAR], "4000 is the most that is not more than 5000");
    // It goes on at the same moment, and nothing of the other pathway is asked for any more.
    let after = || client.requests[asked..].iter().map(|(_, request)| request);
    let first = after().find(|it| matches!(it.resource, Resource::Segment { .. })).unwrap();
    assert_eq!(first.uri, format!("https://far.example.com/{playing}"));
    assert!(after().all(|it| it.uri.starts_with("https://far.")));
    // The same order once more changes nothing.
    client.tracker.steer(client.now, order(&["far", "near"]));
    client.run(Duration::from_secs(20), &mut origin);
    assert_eq!(loaded(&client), [NEAR, FAR]);
    // And another one leads back, to what is not more than what was played last.
    client.tracker.steer(client.now, order(&["near"]));
    client.run(Duration::from_secs(20), &mut origin);
    assert_eq!(switched(&client), [3, 1]);
}

#[test]
fn a_pathway_that_fails_is_left_for_one_without_the_variant() {
    for status in [0, 404, 500] {
        let mut client = playing();
        let failed_at = client.now;
        client.run(Duration::from_secs(140), &mut |now, request| {
            let is_down = now < failed_at + Duration::from_secs(60);
            match request.uri.starts_with("https://near.") {
                true if is_down && request.resource == Resource::Playlist => {
                    Answer { status, ..Answer::status(500) }
                }
                _ => origin(now, request),
            }
        });
        // And back, when its time is over.
        assert_eq!(switched(&client), [3, 1], "{status}");
        assert_eq!(loaded(&client), [NEAR, FAR, "near.example.com/2000.m3u8"]);
        let failed = client.loads.iter().rposition(|load| load.0 < failed_at).unwrap() + 1;
        let times: Vec<_> =
            client.events.iter().filter(|(_, it)| matches!(it, Event::Switched { .. })).collect();
        let wait = times[1].0 - times[0].0;
        assert!((120..=124).contains(&wait.as_secs()), "{wait:?}");
        // Without a wait between.
        let moved = if status == 0 { 10_000 } else { 20 };
        assert_eq!(times[0].0, client.loads[failed].0 + Duration::from_millis(moved));
        assert_eq!(client.loads[failed + 1].0, times[0].0);
        assert_eq!(client.count(|event| matches!(event, Event::GaveUp(_))), 0);
    }
}

#[test]
fn media_that_a_pathway_does_not_give_comes_from_one_without_the_variant() {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_secs(60), &mut |now, request| {
        let is_near = request.uri.starts_with("https://near.");
        match request.resource {
            Resource::Playlist if !request.uri.ends_with("main.m3u8") => {
                Answer::ok(playlist(Timestamp::ZERO, "x") + "#EXT-X-ENDLIST\n")
            }
            Resource::Segment { .. } if is_near => Answer::status(503),
            _ => origin(now, request),
        }
    });
    assert_eq!((switched(&client), loaded(&client)), (vec![3], vec![NEAR, FAR]));
    assert_eq!(client.count(|event| matches!(event, Event::Lost { .. })), 0);
    let of_far =
        client.requests.iter().filter(|(_, it)| it.uri.starts_with("https://far.example.com/x"));
    assert!(of_far.count() >= 8);
}

#[test]
fn a_segment_that_is_missing_is_no_reason_to_leave() {
    let mut client = playing();
    client.run(
        Duration::from_secs(40),
        &mut |now, request| match request.uri.ends_with("/103.mp4") {
            true => Answer::status(404),
            false => origin(now, request),
        },
    );
    assert!(switched(&client).is_empty());
}

#[test]
fn h14_pathways_that_all_fail_end_it() {
    let penalties = [0, 1, 120].map(Duration::from_secs);
    for penalty in penalties {
        let mut client =
            playing_with(Config { penalty, ..Config::new("https://a.example.com/main.m3u8") });
        client.run(Duration::from_secs(600), &mut |now, request| match request.resource {
            Resource::Playlist => Answer::status(500),
            _ => origin(now, request),
        });
        assert_eq!(client.tracker.gave_up(), Some(GiveUp::Unavailable), "{penalty:?}");
        assert!(client.requests.len() < 60, "{penalty:?} {}", client.requests.len());
        assert!(switched(&client).len() < 9);
        // Until the caller wants to try once more.
        client.tracker.resume(client.now);
        client.run(Duration::from_secs(9), &mut origin);
        assert!(client.tracker.live().is_some() && client.tracker.gave_up().is_none());
    }
}

#[test]
fn h14_a_pathway_that_stands_still_is_left_once_and_all_of_them_end_it() {
    for (penalty, is_far_stuck) in [(120, false), (120, true), (3, true)] {
        let penalty = Duration::from_secs(penalty);
        let mut client =
            playing_with(Config { penalty, ..Config::new("https://a.example.com/main.m3u8") });
        let stuck = client.now;
        client.run(Duration::from_secs(100), &mut |now, request| {
            let is_stuck = is_far_stuck || request.uri.starts_with("https://near.");
            match request.resource {
                Resource::Playlist if is_stuck => origin(stuck, request),
                _ => origin(now, request),
            }
        });
        assert_eq!(client.count(|event| matches!(event, Event::Stalled { .. })), 1);
        assert_eq!(client.tracker.gave_up(), is_far_stuck.then_some(GiveUp::NoProgress));
        assert!(!switched(&client).is_empty() && client.loads.len() < 40, "{:?}", client.loads);
        if penalty.as_secs() == 120 {
            assert_eq!(switched(&client), [3]);
        }
        if !is_far_stuck {
            let (at, _) =
                client.events.iter().find(|(_, it)| matches!(it, Event::Switched { .. })).unwrap();
            assert!(*at - stuck <= Duration::from_secs(9), "{at}");
        }
    }
}

#[test]
fn what_the_caller_chose_stays_until_another_pathway_is_to_be_taken() {
    let mut client = playing();
    client.tracker.select(client.now, 4).unwrap();
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!(
        loaded(&client),
        [NEAR, "far.example.com/9000.m3u8"],
        "near was first and stays first"
    );
    client.tracker.steer(client.now, order(&["near", "far"]));
    client.run(Duration::from_secs(9), &mut origin);
    assert!(switched(&client).is_empty());
    client.tracker.steer(client.now, order(&["far"]));
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!((switched(&client), client.tracker.variant()), (vec![], 4), "it is there already");
    client.tracker.steer(client.now, order(&["near"]));
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!(switched(&client), [0]);
    // A server that fails is left whoever chose it.
    client.tracker.select(client.now, 4).unwrap();
    client.run(Duration::from_secs(200), &mut |now, request| match request
        .uri
        .starts_with("https://far.")
    {
        true => Answer::never(),
        false => origin(now, request),
    });
    assert_eq!(switched(&client), [0, 0]);
    assert_eq!(client.tracker.gave_up(), None);
}

#[test]
fn the_clone_of_a_pathway_has_the_variants_of_that_one() {
    let mut client = playing();
    let clone = |base_id: &str, id: &str| PathwayClone {
        base_id: base_id.into(),
        id: id.into(),
        replacement: Replacement::new().host(&format!("{id}.example.com")),
        ..PathwayClone::default()
    };
    let clones = [
        clone("none", "a"),
        clone("far", "b"),
        clone("b", "c"),
        // There are such already.
        clone("near", "far"),
        clone("near", "c"),
    ];
    let mut manifest = order(&["a", "c", "far"]);
    manifest.pathway_clones = clones.into();
    client.tracker.steer(client.now, manifest);
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!(
        (switched(&client), loaded(&client)),
        (vec![3], vec![NEAR, "c.example.com/4000.m3u8"])
    );
    // From a clone to what it was made from no variant needs to change.
    client.tracker.steer(client.now, order(&["far"]));
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!((switched(&client).len(), *loaded(&client).last().unwrap()), (1, FAR));
}

#[test]
fn pathways_that_nobody_has_are_passed_over() {
    let mut client = playing();
    client.tracker.steer(client.now, order(&["nobody", "near"]));
    client.tracker.steer(client.now, order(&["nobody"]));
    client.tracker.steer(client.now, order(&[]));
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!((switched(&client), loaded(&client)), (vec![], vec![NEAR]));
    // They are no way out either, but what nobody named is.
    client.tracker.steer(client.now, order(&["nobody"]));
    client.run(Duration::from_secs(30), &mut |now, request| match request
        .uri
        .starts_with("https://near.")
    {
        true => Answer::status(500),
        false => origin(now, request),
    });
    assert_eq!(switched(&client), [3]);
}

#[test]
fn a_server_that_nobody_named_is_asked_before_another_variant() {
    let third = MAIN.lines().find(|line| line.contains("=4000")).unwrap().replace("far", "third");
    let main = format!("{MAIN}{third}\nhttps://third.example.com/4000.m3u8\n");
    let config = Config::new("https://a.example.com/main.m3u8");
    let mut client = Client::new(Config { max_bandwidth: Some(4000), ..config });
    client.tracker.steer(client.now, order(&["far"]));
    client.run(Duration::from_secs(40), &mut |now, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(main.clone()),
        _ if now > Timestamp::from_secs(9) && request.uri.starts_with("https://far.") => {
            Answer::status(500)
        }
        _ => origin(now, request),
    });
    let third = "third.example.com/4000.m3u8";
    assert_eq!((switched(&client), loaded(&client)), (vec![], vec![FAR, third]));
}

#[test]
fn a_rendition_is_taken_along_to_the_group_of_the_new_variant() {
    let mut client = playing();
    let rendition = client.tracker.rendition(client.now, RenditionType::Audio, "English", [5; 32]);
    let mut audio = Client::new(Config::new(""));
    (audio.now, audio.tracker) = (client.now, rendition.unwrap());
    audio.run(Duration::from_secs(5), &mut origin);
    client.run(Duration::from_secs(5), &mut origin);
    // It does not go by itself.
    audio.tracker.steer(audio.now, order(&["far"]));
    audio.run(Duration::from_millis(100), &mut origin);
    client.tracker.steer(client.now, order(&["far"]));
    client.run(Duration::from_millis(100), &mut origin);
    assert_eq!((switched(&client), switched(&audio)), (vec![3], vec![]));
    audio.tracker.select(audio.now, client.tracker.variant()).unwrap();
    audio.run(Duration::from_secs(5), &mut origin);
    client.run(Duration::from_secs(5), &mut origin);
    let loads = audio.requests.iter().filter(|(_, it)| it.resource == Resource::Playlist);
    let loads: Vec<_> = loads.map(|(_, it)| it.uri.as_str()).collect();
    assert_eq!(
        (loads[0], *loads.last().unwrap()),
        ("https://near.example.com/en.m3u8", "https://far.example.com/en.m3u8")
    );
    let [of_video, of_audio] = [&client, &audio]
        .map(|it| it.tracker.live().unwrap().end() - it.tracker.position().unwrap());
    assert!(of_video.max(of_audio) - of_video.min(of_audio) <= seconds(4.0));
}

#[test]
fn who_has_stopped_is_steered_when_it_goes_on() {
    let mut client =
        playing_with(Config { attempts: 1, ..Config::new("https://a.example.com/main.m3u8") });
    client.run(Duration::from_secs(9), &mut |now, request| match request.resource {
        Resource::Playlist => Answer::status(500),
        _ => origin(now, request),
    });
    assert!(client.tracker.gave_up().is_some());
    client.tracker.steer(client.now, order(&["far"]));
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!((loaded(&client), switched(&client)), (vec![NEAR], vec![]));
    client.tracker.resume(client.now);
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!((loaded(&client), switched(&client)), (vec![NEAR, FAR], vec![3]));
}

#[test]
fn where_nobody_steers_pathways_mean_nothing() {
    let main = MAIN.replace("#EXT-X-CONTENT-STEERING", "#EXT-X-OTHER");
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.run(Duration::from_secs(600), &mut |now, request| match request.resource {
        Resource::Playlist if request.uri.ends_with("main.m3u8") => Answer::ok(main.clone()),
        Resource::Playlist if request.uri.starts_with("https://near.") => Answer::status(500),
        _ => origin(now, request),
    });
    assert_eq!((switched(&client), client.tracker.gave_up()), (vec![], Some(GiveUp::Unavailable)));
}

#[test]
fn a_manifest_that_is_there_first_chooses_the_first_variant() {
    let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
    client.tracker.steer(client.now, order(&["far", "near"]));
    client.run(Duration::from_secs(9), &mut origin);
    assert_eq!((switched(&client), loaded(&client)), (vec![], vec!["far.example.com/1000.m3u8"]));
    assert!(client.has_told(&Event::Multivariant { variant: 2 }));
}
