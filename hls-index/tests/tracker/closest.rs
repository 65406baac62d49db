//! Which variant of another pathway takes the place of the one that is played.

use std::time::Duration;

use hls_index::tracker::Config;

use crate::pathways::{order, origin};
use crate::simulation::{Answer, Client};

#[test]
fn the_closest_variant_is_of_the_same_sort_and_never_too_much() {
    for (others, expected) in [
        (vec!["BANDWIDTH=9", "BANDWIDTH=7", "BANDWIDTH=8"], 1),
        (vec!["BANDWIDTH=9", "BANDWIDTH=5", "BANDWIDTH=6", "BANDWIDTH=4"], 2),
        // As much as that one is not too much.
        (vec!["BANDWIDTH=3,CODECS=\"avc1.x\"", "BANDWIDTH=6,CODECS=\"avc1.x\""], 1),
        // The first of those that are the same.
        (vec!["BANDWIDTH=4", "BANDWIDTH=4"], 0),
        (vec!["BANDWIDTH=9", "BANDWIDTH=9"], 0),
        // What can be shown counts for more than how good it is.
        (vec!["BANDWIDTH=5,VIDEO-RANGE=PQ", "BANDWIDTH=3"], 1),
        (
            vec![
                "BANDWIDTH=5,CODECS=\"hvc1.1,mp4a.40.2\"",
                "BANDWIDTH=3,CODECS=\"mp4a.40.5,avc1.4\"",
            ],
            1,
        ),
        (
            vec![
                "BANDWIDTH=3,CODECS=\"avc1.1,mp4a.40.2\",VIDEO-RANGE=PQ",
                "BANDWIDTH=2,CODECS=\"hvc1.1\"",
            ],
            1,
        ),
        (vec!["BANDWIDTH=5,CODECS=\"hvc1\"", "BANDWIDTH=3,CODECS=\"avc1.1,avc1.2,mp4a.1\""], 1),
        // But what is too much for the network cannot be shown either.
        (vec!["BANDWIDTH=9", "BANDWIDTH=3,VIDEO-RANGE=PQ"], 1),
        (vec!["BANDWIDTH=9", "BANDWIDTH=8,VIDEO-RANGE=PQ"], 1),
        (vec!["BANDWIDTH=9,VIDEO-RANGE=PQ", "BANDWIDTH=9"], 1),
        // Of those with the same rate the one that is as good.
        (vec!["BANDWIDTH=4,SCORE=1", "BANDWIDTH=4,SCORE=2.0", "BANDWIDTH=4"], 1),
        // Who does not say how much it is may be anything.
        (vec!["CODECS=\"x\"", "BANDWIDTH=7"], 1),
    ] {
        let mut main = "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer\",PATHWAY-ID=\"near\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=6,CODECS=\"avc1.64,mp4a.40.2\",SCORE=2,PATHWAY-ID=\"near\"\nnear.m3u8\n"
            .to_owned();
        for (number, list) in others.iter().enumerate() {
            let formats = if list.contains("CODECS") { "" } else { ",CODECS=\"avc1.1,mp4a.1\"" };
            main +=
                &format!("#EXT-X-STREAM-INF:{list}{formats},PATHWAY-ID=\"far\"\n{number}.m3u8\n");
        }
        let mut client = Client::new(Config::new("https://a.example.com/main.m3u8"));
        client.run(Duration::from_secs(1), &mut |now, request| match request
            .uri
            .ends_with("main.m3u8")
        {
            true => Answer::ok(main.clone()),
            false => origin(now, request),
        });
        client.tracker.steer(client.now, order(&["far"]));
        assert_eq!(client.tracker.variant(), expected + 1, "{others:?}");
    }
}
