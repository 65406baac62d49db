//! What was read is written as it was; what is written anew is read as the same.

use hls_index::write::{MediaBuilder, MultivariantBuilder, WriteError};
use hls_index::{Limits, MediaPlaylist, MultivariantPlaylist, Playlist, Segment, Source};

pub(crate) fn run(data: &[u8]) {
    let limits = Limits { line_bytes: 4096, segments: 1000, attributes: 32, ..Limits::default() };
    let Ok(text) = core::str::from_utf8(data) else { return };
    match Playlist::parse_from(text, &Source::new().limits(limits)) {
        Ok(Playlist::Media(playlist)) => media(text, &playlist),
        Ok(Playlist::Multivariant(playlist)) => multivariant(text, &playlist),
        Err(_) => {}
    }
}

fn media(text: &str, playlist: &MediaPlaylist<'_>) {
    assert_eq!(playlist.to_string(), text);
    let written = playlist.to_builder().and_then(|builder: MediaBuilder| builder.to_text());
    let Ok(written) = written else { return };
    let again = MediaPlaylist::parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!((again.len(), again.duration()), (playlist.len(), playlist.duration()), "{written}");
    assert_eq!(again.is_ended(), playlist.is_ended());
    for (old, new) in playlist.segments().zip(again.segments()) {
        assert_eq!(facts(&old), facts(&new), "{written}");
    }
    let canonical = again.to_builder().and_then(|builder| builder.to_text());
    assert_eq!(canonical.as_deref(), Ok(written.as_str()));
}

fn multivariant(text: &str, playlist: &MultivariantPlaylist<'_>) {
    assert_eq!(playlist.to_string(), text);
    let written: Result<String, WriteError> =
        playlist.to_builder().and_then(|builder: MultivariantBuilder| builder.to_text());
    let Ok(written) = written else { return };
    let again =
        MultivariantPlaylist::parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    let uris = |playlist: &MultivariantPlaylist<'_>| {
        playlist
            .variants()
            .map(|variant| (variant.uri.to_owned(), variant.bandwidth))
            .collect::<Vec<_>>()
    };
    assert_eq!(uris(&again), uris(playlist), "{written}");
    assert_eq!(again.renditions().count(), playlist.renditions().count());
}

fn facts(segment: &Segment<'_>) -> String {
    let keys: Vec<_> = segment.keys().iter().map(|key| (key.uri, key.iv, key.key_format)).collect();
    format!(
        "{} {} {:?} {:?} {:?} {keys:?} {} {} {:?} {:?} {:?} {}",
        segment.sequence(),
        segment.uri(),
        segment.duration(),
        segment.byte_range(),
        segment.map().map(|map| (map.uri, map.byte_range, map.keys.len())),
        segment.is_gap(),
        segment.discontinuity_sequence(),
        segment.bitrate(),
        segment.program_date_time(),
        segment.title(),
        segment.parts().len(),
    )
}
