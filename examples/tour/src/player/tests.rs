use std::sync::Arc;

use super::*;
use crate::link::{link, wire};
use crate::quic::{self, Identity};
use crate::share;
use crate::source::Source;

/// A connection to a sharer that does with its own end what `serve` says, on a wire without ICE.
async fn connection_to<S>(serve: impl FnOnce(Connection) -> S + Send + 'static) -> Connection
where
    S: Future<Output = ()> + Send,
{
    let (near, near_carrier) = link();
    let (far, far_carrier) = link();
    wire(near_carrier, far_carrier);
    let identity = Identity::generate().unwrap();
    let fingerprint = identity.fingerprint();
    let sharer = quic::listen(far, identity).unwrap();
    tokio::spawn(async move { serve(sharer.accept().await.unwrap().await.unwrap()).await });
    quic::connect(near, fingerprint).await.unwrap().1
}

fn wanted(at: u64, ahead: u64) -> Wanted {
    Wanted { at: Ticks::from_seconds(at), ahead: Ticks::from_seconds(ahead) }
}

async fn play_built_in(wanted: Wanted) -> Result<Played, Failure> {
    let source = Arc::new(Source::built_in().unwrap());
    let connection = connection_to(|connection| share::serve(connection, source)).await;
    play(&connection, wanted, None, &Story::silent()).await
}

/// What becomes of a viewer whose peer gives these answers, and the last one again and again.
async fn play_from_liar(mut answers: Vec<Vec<u8>>) -> Result<Played, Failure> {
    let connection = connection_to(move |connection| async move {
        while let Ok((mut stream, _request)) = connection.accept_bi().await {
            let _ = stream.write_all(&answers[0]).await;
            let _ = stream.finish();
            let _ = stream.stopped().await;
            if answers.len() > 1 {
                answers.remove(0);
            }
        }
    })
    .await;
    play(&connection, wanted(0, 0), None, &Story::silent()).await
}

/// An answer that says it were so many bytes with the SHA-256 of `source`.
fn answer(length: u64, source: &str, bytes: &str) -> Vec<u8> {
    let head = Head::Found { length, digest: Sha256::digest(source).into() };
    format!("{head}{bytes}").into_bytes()
}

#[tokio::test]
async fn only_the_wanted_segment_is_fetched_when_nothing_lies_ahead() {
    let played = play_built_in(wanted(10, 10)).await.unwrap();
    assert_eq!(played.segment, "Segment_3.mp4");
    assert_eq!(played.fetched, ["Segment_3.mp4"]);
    let segment = include_bytes!("../../stream/Segment_3.mp4");
    assert_eq!(played.bytes, segment.len() as u64);
    assert_eq!(played.digests, [<[u8; 32]>::from(Sha256::digest(segment))]);
    assert!(played.sha256_ok);
}

#[tokio::test]
async fn the_next_segments_are_preloaded_in_order() {
    let played = play_built_in(wanted(4, 7)).await.unwrap();
    assert_eq!(played.segment, "Segment_1.mp4");
    assert_eq!(played.fetched, ["Segment_1.mp4", "Segment_2.mp4", "Segment_3.mp4"]);
}

#[tokio::test]
async fn e03_a_sharer_that_makes_no_sense_is_found_out() {
    for (answer, expected) in [
        (Vec::new(), "makes no sense"),
        (b"OK 3\n".to_vec(), "makes no sense"),
        (vec![b'x'; 100_000], "makes no sense"),
        (b"NO I don't want to\n".to_vec(), "I don't want to"),
        (answer(5, "abc", "abc"), "2 bytes are missing"),
        (answer(1, "abc", "abc"), "more than was announced"),
        (answer(u64::MAX, "abc", "abc"), "that are taken"),
        (answer(3, "abc", "xyz"), "SHA-256"),
        (answer(3, "abc", "abc"), "not a playlist"),
    ] {
        let failure = play_from_liar(vec![answer]).await.unwrap_err();
        assert!(failure.to_string().contains(expected), "{failure}");
    }
}

#[tokio::test]
async fn e03_bytes_with_another_sha_256_are_not_taken_for_the_source() {
    let text = "#EXTM3U\n#EXTINF:1,\na.ts\n";
    let playlist = answer(text.len() as u64, text, text);
    for (bytes, sha256_ok) in [("true", true), ("liar", false)] {
        let answers = vec![playlist.clone(), answer(4, "true", bytes)];
        let played = play_from_liar(answers).await.unwrap();
        assert_eq!(played.fetched, ["a.ts"]);
        assert_eq!(played.sha256_ok, sha256_ok);
    }
}

#[test]
fn seconds_are_counted_from_one() {
    for (millis, expected) in [
        (0, "1st"),
        (1_999, "2nd"),
        (2_000, "3rd"),
        (10_000, "11th"),
        (10_999, "11th"),
        (11_000, "12th"),
        (12_000, "13th"),
        (20_000, "21st"),
        (111_000, "112th"),
    ] {
        assert_eq!(ordinal(Ticks::from_millis(millis)), expected, "{millis} ms");
    }
}
