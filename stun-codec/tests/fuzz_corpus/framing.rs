//! Cutting a stream into frames: whole, and in pieces as long as the data says.

use stun_codec::Message;
use stun_codec::channel_data::ChannelData;
use stun_codec::framing::{Deframer, Frame, FrameKind, FramingError, Split, split_first};

type Frames = Vec<(FrameKind, Vec<u8>)>;

/// One byte for the limit, four for the lengths of pieces, which repeat, and the stream.
pub(crate) fn run(data: &[u8]) {
    let Some((&[limit, ref lengths @ ..], stream)) = data.split_first_chunk::<5>() else { return };
    let limit = usize::from(limit) * 16;
    let whole = cut(stream, limit);
    assert_eq!(deframe([stream], limit), whole);
    let mut rest = stream;
    let pieces = lengths.iter().cycle().map_while(|length| {
        let (piece, behind) = rest.split_at((1 + usize::from(*length)).min(rest.len()));
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    });
    assert_eq!(deframe(pieces, limit), whole);
}

/// The frames, and how many bytes are left behind the last one or why there can be none.
fn cut(mut stream: &[u8], limit: usize) -> (Frames, Result<usize, FramingError>) {
    let mut frames = Vec::new();
    loop {
        match split_first(stream, limit) {
            Ok(Split::Whole { frame, rest }) => {
                assert_eq!(frame.wire_length(), stream.len() - rest.len());
                assert!(stream.starts_with(frame.bytes) && frame.wire_length() <= limit);
                stream = rest;
                keep(frame, &mut frames);
            }
            Ok(Split::Missing(missing)) => {
                assert!(missing > 0 && (stream.is_empty() || stream.len() + missing <= limit));
                return (frames, Ok(stream.len()));
            }
            Err(error) => return (frames, Err(error)),
        }
    }
}

fn deframe<'p>(
    pieces: impl IntoIterator<Item = &'p [u8]>,
    limit: usize,
) -> (Frames, Result<usize, FramingError>) {
    let mut deframer = Deframer::new(limit);
    let mut frames = Vec::new();
    for mut piece in pieces {
        loop {
            let missing = deframer.missing();
            let present = piece.len();
            match deframer.next_frame(&mut piece) {
                Ok(Some(frame)) => {
                    assert!(present - piece.len() >= missing, "fewer than told were enough");
                    keep(frame, &mut frames);
                }
                Ok(None) => break,
                Err(error) => return (frames, Err(error)),
            }
        }
        assert!(piece.is_empty() && deframer.held() <= limit);
    }
    (frames, Ok(deframer.held()))
}

/// A frame is what its kind says, as far as its front tells.
fn keep(frame: Frame<'_>, frames: &mut Frames) {
    let is_channel_data = ChannelData::parse(frame.bytes).is_ok();
    assert_eq!(is_channel_data, frame.kind == FrameKind::ChannelData);
    match frame.kind {
        FrameKind::Stun => assert!(stun_codec::demux::is_stun(frame.bytes)),
        _ => assert!(Message::parse(frame.bytes).is_err()),
    }
    if frame.kind != FrameKind::Reserved {
        frames.push((frame.kind, frame.bytes.to_vec()));
    }
}
