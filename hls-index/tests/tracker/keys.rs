//! What segments share: keys and initialization sections come before the media that need them.

use std::time::Duration;

use hls_index::MediaSequence;
use hls_index::tracker::{Config, Event, Resource};

use crate::simulation::{Answer, Client};

const HEAD: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
const KEYS: &str = "#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n#EXT-X-MAP:URI=\"init.mp4\"\n\
    #EXT-X-KEY:METHOD=AES-128,URI=\"https://keys.example.com/k2\"\n\
    #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n\
    #EXTINF:4,\n0.mp4\n#EXTINF:4,\n1.mp4\n\
    #EXT-X-KEY:METHOD=NEW,URI=\"k3\"\n#EXTINF:4,\n2.mp4\n\
    #EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\n3.mp4\n\
    #EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n#EXTINF:4,\n4.mp4\n#EXT-X-ENDLIST\n";

fn run(config: Config, text: &str, mut origin: impl FnMut(&str) -> Option<Answer>) -> Client {
    let mut client = Client::new(config);
    client.plays = false;
    client.run(Duration::from_secs(30), &mut |_, request| {
        let name = request.uri.rsplit('/').next().unwrap();
        origin(name).unwrap_or_else(|| Answer::ok(text))
    });
    client
}

fn config() -> Config {
    Config { in_flight: 1, ..Config::new("https://a.example.com/v/i.m3u8") }
}

#[test]
fn keys_and_initialization_sections_come_before_what_needs_them_and_once() {
    let text = format!("{HEAD}{KEYS}");
    let client = run(config(), &text, |_| None);
    let media = ["k1", "k2", "init.mp4", "0.mp4", "1.mp4", "2.mp4", "3.mp4", "4.mp4"];
    assert_eq!(client.media(), media);
    let keys = client.requests.iter().filter(|(_, it)| it.resource == Resource::Key);
    let keys: Vec<&str> = keys.map(|(_, it)| it.uri.as_str()).collect();
    assert_eq!(keys, ["https://a.example.com/v/k1", "https://keys.example.com/k2"]);
    // They are for who wants them.
    let client = run(Config { keys: false, ..config() }, &text, |_| None);
    assert_eq!(client.media(), media[2..]);
}

#[test]
fn a_key_that_nobody_has_is_told_and_the_media_are_fetched() {
    let text = format!("{HEAD}{KEYS}");
    let client = run(config(), &text, |name| (name == "k1").then(|| Answer::status(403)));
    assert_eq!(client.count(|event| *event == Event::Lost { resource: Resource::Key }), 1);
    assert_eq!(client.media().iter().filter(|name| *name == "k1").count(), 4);
    assert!(client.tracker.is_held(MediaSequence(0)));
}

#[test]
fn parts_that_are_not_a_segment_yet_have_keys_and_initialization_sections_of_their_own() {
    let text = format!(
        "{HEAD}#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3\n\
         #EXT-X-MAP:URI=\"old.mp4\"\n#EXTINF:4,\n0.mp4\n\
         #EXT-X-DISCONTINUITY\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"new.mp4\"\n\
         #EXT-X-PART:DURATION=1,URI=\"1.0.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1,URI=\"1.1.mp4\"\n"
    );
    let mut client = Client::new(config());
    client.plays = false;
    client.run(Duration::from_secs(3), &mut |_, request| match request.uri.contains("_HLS_") {
        true => Answer::never(),
        false => Answer::ok(text.clone()),
    });
    assert_eq!(client.media(), ["old.mp4", "0.mp4", "k", "new.mp4", "1.0.mp4", "1.1.mp4"]);
}

/// Three segments, each with a key of its own; after 300 of them the first keys come again. The initialization
/// section is the same for all.
fn keyed(next: u64) -> String {
    let mut text = format!("{HEAD}#EXT-X-MEDIA-SEQUENCE:{}\n", next - 3);
    text += "#EXT-X-MAP:URI=\"init.mp4\"\n";
    for number in next - 3..next {
        text += &format!("#EXT-X-KEY:METHOD=AES-128,URI=\"k{}\"\n", number % 300);
        text += &format!("#EXTINF:4,\n{number}.mp4\n");
    }
    text
}

/// How often each of these was asked for in 325 segments.
fn counts<const N: usize>(config: Config, names: [&str; N], silent: Option<&str>) -> [usize; N] {
    let mut client = Client::new(config);
    client.is_strict = false;
    client.run(Duration::from_secs(1300), &mut |now, request| match request.resource {
        Resource::Playlist => Answer::ok(keyed(10 + now.since_epoch().as_secs() / 4)),
        _ if silent.is_some_and(|name| request.uri.ends_with(name)) => Answer::never(),
        _ => Answer::ok(""),
    });
    let media = client.media();
    names.map(|name| media.iter().filter(|it| *it == name).count())
}

#[test]
fn of_what_segments_share_the_oldest_is_forgotten() {
    let config = Config::new("https://a.example.com/i.m3u8");
    // What all of them need was the first to be fetched, and is never old.
    assert_eq!(counts(config, ["k20", "k299", "init.mp4"], None), [2, 1, 1]);
}

#[test]
fn what_is_under_way_is_not_forgotten_however_much_has_come_since() {
    let timeout = Duration::from_secs(5000);
    let config = Config { timeout, ..Config::new("https://a.example.com/i.m3u8") };
    assert_eq!(counts(config, ["k20", "k21"], Some("/k20")), [1, 2]);
}
