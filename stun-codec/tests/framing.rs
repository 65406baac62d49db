//! Cutting a stream into frames (attack S24): however its bytes come, the frames are the same, and
//! no more is held than the limit.

use std::time::Duration;

use proptest::prelude::*;
use stun_codec::channel_data::{ChannelData, ChannelNumber};
use stun_codec::framing::{
    Deframer, Frame, FrameKind, FramingError, MAX_FRAME_LENGTH, Split, split_first,
};
use stun_codec::{Message, MessageBuilder, Method, TransactionId, attr};

/// A frame that is kept: its kind and its bytes.
type Owned = (FrameKind, Vec<u8>);

fn owned(frame: Frame<'_>) -> Owned {
    (frame.kind, frame.bytes.to_vec())
}

fn stun(software: &str) -> Vec<u8> {
    let mut buffer = [0; 256];
    let id = TransactionId::new([7; 12]);
    MessageBuilder::request(Method::BINDING, id, &mut buffer)
        .put(attr::SOFTWARE, software)
        .fingerprint()
        .finish()
        .unwrap()
        .to_vec()
}

fn channel_data(channel: u16, payload: &[u8]) -> Vec<u8> {
    let channel = ChannelNumber::new(channel).unwrap();
    let mut buffer = vec![0; payload.len() + 8];
    ChannelData { channel, payload }.write_padded(&mut buffer).unwrap().to_vec()
}

/// A stream of both kinds with payloads of each length modulo 4, and what is to be found in it.
fn stream() -> (Vec<u8>, Vec<Owned>) {
    let mut stream = Vec::new();
    let mut frames = Vec::new();
    for length in 0..6 {
        let payload = &b"abcdef"[..length];
        let data = channel_data(0x4000 + length as u16, payload);
        frames.push((FrameKind::ChannelData, data[..4 + length].to_vec()));
        stream.extend(data);
        let message = stun(&"x".repeat(length));
        frames.push((FrameKind::Stun, message.clone()));
        stream.extend(message);
    }
    (stream, frames)
}

/// What a deframer makes of `pieces`, one after the other, and the error that ends it.
fn deframe<'p>(
    limit: usize,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> (Vec<Owned>, Result<usize, FramingError>) {
    let mut deframer = Deframer::new(limit);
    let mut frames = Vec::new();
    for piece in pieces {
        let mut input = piece;
        loop {
            match deframer.next_frame(&mut input) {
                Ok(Some(frame)) => frames.push(owned(frame)),
                Ok(None) => break,
                Err(error) => return (frames, Err(error)),
            }
        }
        assert!(input.is_empty());
        assert!(deframer.held() < limit);
    }
    (frames, Ok(deframer.held()))
}

#[test]
fn s24_one_byte_at_a_time() {
    let (stream, frames) = stream();
    assert_eq!(deframe(128, stream.chunks(1)), (frames, Ok(0)));
}

#[test]
fn s24_many_frames_a_segment_are_handed_out_where_they_lie() {
    let (stream, frames) = stream();
    let mut deframer = Deframer::new(128);
    let mut input = &stream[..];
    for expected in frames {
        let start = stream.len() - input.len();
        let frame = deframer.next_frame(&mut input).unwrap().unwrap();
        assert_eq!(frame.bytes.as_ptr(), stream[start..].as_ptr(), "it was not copied");
        assert_eq!(start + frame.wire_length(), stream.len() - input.len());
        assert_eq!(owned(frame), expected);
    }
    assert_eq!(deframer.next_frame(&mut input), Ok(None));
}

#[test]
fn s24_half_frames_wherever_the_stream_is_cut() {
    let (stream, frames) = stream();
    for cut in 0..=stream.len() {
        let (front, back) = stream.split_at(cut);
        assert_eq!(deframe(128, [front, back]), (frames.clone(), Ok(0)), "cut at {cut}");
        let (found, held) = deframe(128, [front]);
        assert_eq!(found, frames[..found.len()]);
        let taken: usize = found.iter().map(|(_, bytes)| bytes.len().next_multiple_of(4)).sum();
        assert_eq!(held, Ok(cut - taken), "what is held is what no frame has");
    }
}

#[test]
fn s24_every_cut_in_three() {
    let stream = [channel_data(0x4001, b"hello"), stun("a"), channel_data(0x4002, b"")].concat();
    let whole = deframe(128, [&stream[..]]);
    assert_eq!(whole.0.len(), 3);
    for first in 0..=stream.len() {
        for second in first..=stream.len() {
            let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(deframe(128, pieces), whole, "cut at {first} and {second}");
        }
    }
}

#[test]
fn s24_padding_belongs_to_the_frame_and_is_not_handed_out() {
    // Padding that is not zero is padding all the same.
    let stream = b"\x40\x01\0\x01a\xFF\xFF\xFF\x40\x02\0\x04abcd\x40\x03\0\0";
    let expected: Vec<Owned> = [&b"\x40\x01\0\x01a"[..], b"\x40\x02\0\x04abcd", b"\x40\x03\0\0"]
        .map(|bytes| (FrameKind::ChannelData, bytes.to_vec()))
        .to_vec();
    assert_eq!(deframe(64, [&stream[..]]), (expected.clone(), Ok(0)));
    assert_eq!(deframe(64, stream.chunks(1)), (expected, Ok(0)));
    for end in 5..8 {
        assert_eq!(deframe(64, [&stream[..end]]), (vec![], Ok(end)), "its padding is missing");
    }
}

#[test]
fn s24_what_is_missing_is_told_and_reading_that_much_never_reads_too_far() {
    let (stream, frames) = stream();
    let mut deframer = Deframer::new(128);
    let (mut rest, mut found, mut reads) = (&stream[..], Vec::new(), 0);
    while !rest.is_empty() {
        let missing = deframer.missing();
        assert!(missing > 0);
        let (mut input, behind) = rest.split_at(missing);
        rest = behind;
        reads += 1;
        if let Some(frame) = deframer.next_frame(&mut input).unwrap() {
            found.push(owned(frame));
        }
        assert!(input.is_empty());
    }
    assert_eq!(deframer.held(), 0);
    assert_eq!(found, frames);
    // For each frame the bytes that tell its length, and the rest, of which ChannelData of
    // zero bytes has none.
    assert_eq!(reads, frames.len() * 2 - 1);
}

#[test]
fn s24_what_is_missing_byte_by_byte() {
    let message = stun("abc");
    for present in 0..message.len() {
        let least = match present {
            0 => 4,
            1..4 => 20,
            _ => message.len(),
        };
        let split = split_first(&message[..present], 128);
        assert_eq!(split, Ok(Split::Missing(least - present)), "{present} bytes");
    }
    let data = channel_data(0x4001, b"hello");
    for present in 0..data.len() {
        let least = if present < 4 { 4 } else { 12 };
        let split = split_first(&data[..present], 128);
        assert_eq!(split, Ok(Split::Missing(least - present)), "{present} bytes");
    }
}

#[test]
fn s24_nothing_behind_a_frame_is_taken() {
    // After ConnectionBind a stream carries something else (RFC 6062 §4.3).
    let answer = stun("bound");
    let stream = [&answer[..], b"\xFF\xFFnot a frame"].concat();
    for cut in 0..answer.len() {
        let mut deframer = Deframer::new(128);
        let (mut front, mut back) = stream.split_at(cut);
        assert_eq!(deframer.next_frame(&mut front), Ok(None));
        let frame = deframer.next_frame(&mut back).unwrap().unwrap();
        assert_eq!(owned(frame), (FrameKind::Stun, answer.clone()));
        assert_eq!(back, b"\xFF\xFFnot a frame");
    }
}

#[test]
fn s24_the_longest_frames_pass_and_no_longer_ones_than_the_limit() {
    let mut message = vec![0; MAX_FRAME_LENGTH];
    message[..8].copy_from_slice(b"\x00\x01\xFF\xFC\x21\x12\xA4\x42");
    let data = channel_data(0x4FFF, &vec![7; 65_535]);
    assert_eq!(data.len(), 65_540);
    for (frame, bare) in [(&message, MAX_FRAME_LENGTH), (&data, 65_539)] {
        let length = frame.len();
        for size in [1, 7, 1500, length] {
            let (found, held) = deframe(length, frame.chunks(size));
            assert_eq!((found.len(), found[0].1.len(), held), (1, bare, Ok(0)));
        }
        let limit = length - 1;
        let error = FramingError::TooLong { length, limit };
        assert_eq!(deframe(limit, [&frame[..4]]), (vec![], Err(error)), "told by the header");
        assert_eq!(deframe(limit, frame[..4].chunks(1)), (vec![], Err(error)));
        assert_eq!(error.offset(), 2);
    }
}

#[test]
fn s24_a_limit_that_no_frame_keeps_within_holds_nothing() {
    for (first, length) in [(0x00, 20), (0x40, 4), (0x50, 4)] {
        for limit in 0..length {
            let mut deframer = Deframer::new(limit);
            let mut input = &[first][..];
            let error = Err(FramingError::TooLong { length, limit });
            assert_eq!(deframer.next_frame(&mut input), error);
            assert_eq!((deframer.held(), deframer.missing()), (0, 0));
        }
    }
}

#[test]
fn s24_garbage_is_found_with_its_first_wrong_byte() {
    let unaligned = FramingError::UnalignedLength { length: 2 };
    let tls = FramingError::UnalignedLength { length: 0x0101 };
    let http = FramingError::TooLong { length: 4 + 0x5420, limit: 2048 };
    let table: [(&[u8], FramingError, usize); 8] = [
        (b"\x80\x60", FramingError::Neither { first: 0x80 }, 1),
        (b"\xFF", FramingError::Neither { first: 0xFF }, 1),
        (b"\0\x01\0\x02\x21\x12\xA4\x42", unaligned, 4),
        (b"\0\x01\0\0\x20", FramingError::MagicCookie, 5),
        (b"\0\x01\0\0\x21\x13", FramingError::MagicCookie, 6),
        (b"\0\x01\0\0\x21\x12\xA4\x43abcdefghijkl", FramingError::MagicCookie, 8),
        // A TLS ClientHello, and a request of HTTP, which begins as ChannelData does.
        (b"\x16\x03\x01\x01\x02\x01\0\x01\xFC\x03\x03", tls, 4),
        (b"GET / HTTP/1.1", http, 4),
    ];
    let before = channel_data(0x4001, b"hello");
    let frames = vec![(FrameKind::ChannelData, before[..9].to_vec())];
    for (garbage, error, found_at) in table {
        assert_eq!(split_first(garbage, 2048), Err(error));
        assert_eq!(split_first(&garbage[..found_at], 2048), Err(error));
        assert!(split_first(&garbage[..found_at - 1], 2048).is_ok(), "{garbage:02x?}");
        let stream = [&before, garbage].concat();
        assert_eq!(deframe(2048, [&stream[..]]), (frames.clone(), Err(error)));
        assert_eq!(deframe(2048, stream.chunks(1)), (frames.clone(), Err(error)));
    }
}

#[test]
fn s24_a_lost_stream_stays_lost() {
    let mut deframer = Deframer::new(128);
    let error = FramingError::MagicCookie;
    assert_eq!(deframer.next_frame(&mut &b"\0\x01\0\0"[..]), Ok(None));
    assert_eq!(deframer.next_frame(&mut &b"abcd"[..]), Err(error));
    let message = stun("sound");
    let mut input = &message[..];
    assert_eq!(deframer.next_frame(&mut input), Err(error));
    assert_eq!(input, message, "nothing is taken any more");
    assert_eq!((deframer.held(), deframer.missing()), (0, 0));
}

#[test]
fn s24_reserved_channels_are_dropped_and_the_stream_goes_on() {
    let message = stun("after");
    for number in [0x5000_u16, 0x5FFF, 0x7FFE, 0x7FFF] {
        let reserved = [&number.to_be_bytes()[..], b"\0\x05hello\0\0\0"].concat();
        let stream = [&reserved[..], &reserved, &message, &reserved].concat();
        let expected = (vec![(FrameKind::Stun, message.clone())], Ok(0));
        assert_eq!(deframe(128, [&stream[..]]), expected);
        assert_eq!(deframe(128, stream.chunks(1)), expected);
        assert_eq!(deframe(128, stream.chunks(5)), expected);
        let frame = Frame { kind: FrameKind::Reserved, bytes: &stream[..9] };
        let split = Split::Whole { frame, rest: &stream[12..] };
        assert_eq!(split_first(&stream, 128), Ok(split), "who cuts himself is told");
    }
}

#[test]
fn s24_memory_grows_with_what_has_come_and_not_with_what_is_announced() {
    let stream = channel_data(0x4000, &vec![7; 60_000]);
    let mut deframer = Deframer::new(MAX_FRAME_LENGTH);
    let mut feed = |mut input: &[u8]| {
        let taken = allocation_counter::measure(|| {
            while deframer.next_frame(&mut input).unwrap().is_some() {}
        });
        usize::try_from(taken.bytes_current).unwrap_or_default()
    };
    assert!(feed(&stream[..5]) <= 64, "the header announces 60,000");
    assert!(feed(&stream[5..1000]) <= 1000);
    assert!(feed(&stream[1000..20_000]) <= 20_000);
    // The last byte, the next frames whole, and the rest of the memory is given back.
    let mut deframer = Deframer::new(stream.len());
    let all = allocation_counter::measure(|| {
        for piece in stream.chunks(100) {
            let mut input = piece;
            while deframer.next_frame(&mut input).unwrap().is_some() {}
        }
        assert_eq!(deframer.next_frame(&mut &b""[..]), Ok(None));
    });
    assert_eq!(all.bytes_current, 0, "nothing is held between frames that were long");
    assert!(all.bytes_max <= 2 * stream.len() as u64, "{all:?}");
    assert!(all.count_total <= 12, "it grows in steps: {all:?}");
    let frames = b"\x40\0\0\0".repeat(100);
    let whole = allocation_counter::measure(|| {
        let mut input = &frames[..];
        while deframer.next_frame(&mut input).unwrap().is_some() {}
    });
    assert_eq!(whole.count_total, 0, "what lies whole is not copied");
}

#[test]
fn every_first_byte() {
    for first in 0..=255_u8 {
        let bytes = [first, 0, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let kind = match split_first(&bytes, MAX_FRAME_LENGTH) {
            Ok(Split::Whole { frame, rest }) => {
                assert_eq!(frame.wire_length() + rest.len(), bytes.len());
                assert_eq!(frame.kind == FrameKind::Stun, Message::parse(frame.bytes).is_ok());
                let is_channel_data = ChannelData::parse(frame.bytes).is_ok();
                assert_eq!(frame.kind == FrameKind::ChannelData, is_channel_data);
                Some(frame.kind)
            }
            Ok(Split::Missing(_)) => panic!("all is there"),
            Err(error) => {
                assert_eq!(error, FramingError::Neither { first });
                None
            }
        };
        let expected = match first {
            0..0x40 => Some(FrameKind::Stun),
            0x40..0x50 => Some(FrameKind::ChannelData),
            0x50..0x80 => Some(FrameKind::Reserved),
            0x80.. => None,
        };
        assert_eq!(kind, expected, "{first:02x}");
    }
}

/// Were what is left moved to the front for each frame, this would take minutes: 10¹² bytes.
#[test]
fn s24_the_work_grows_with_the_length_of_the_stream_and_not_faster() {
    let stream = b"\x40\0\0\0".repeat(1 << 20);
    let clock = sansio::Clock::start();
    let mut deframer = Deframer::new(MAX_FRAME_LENGTH);
    for size in [stream.len(), stream.len() - 1, 1 << 16, 3, 1] {
        let mut count = 0;
        for piece in stream.chunks(size) {
            let mut input = piece;
            while let Some(frame) = deframer.next_frame(&mut input).unwrap() {
                assert_eq!(frame.bytes.len(), 4);
                count += 1;
            }
        }
        assert_eq!(count, 1 << 20, "in pieces of {size}");
    }
    // The longest frame a byte at a time: were it copied or walked for each, 10¹⁰ steps.
    let long = channel_data(0x4000, &vec![0; 65_532]).repeat(16);
    assert_eq!(deframe(MAX_FRAME_LENGTH, long.chunks(1)).0.len(), 16);
    let taken = clock.now().since_epoch();
    assert!(taken < Duration::from_secs(60), "{taken:?}");
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0x4000..=0x4FFF_u16, proptest::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(channel, payload)| channel_data(channel, &payload)),
        "[ -~]{0,40}".prop_map(|software| stun(&software)),
    ]
}

proptest! {
    #[test]
    fn s24_any_frames_cut_anyhow_come_out_the_same(
        frames in proptest::collection::vec(any_frame(), 0..12),
        cuts in proptest::collection::vec(0..200_usize, 0..30),
    ) {
        let stream = frames.concat();
        let mut rest = &stream[..];
        let mut pieces = Vec::new();
        for cut in cuts {
            let (piece, behind) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = behind;
        }
        pieces.push(rest);
        let (found, held) = deframe(128, pieces);
        prop_assert_eq!(held, Ok(0));
        prop_assert_eq!(found.len(), frames.len());
        for ((kind, bytes), frame) in found.iter().zip(&frames) {
            match kind {
                FrameKind::Stun => prop_assert!(Message::parse(bytes).is_ok()),
                _ => prop_assert!(ChannelData::parse(bytes).is_ok()),
            }
            prop_assert!(frame.starts_with(bytes) && frame.len() - bytes.len() < 4);
        }
    }

    #[test]
    fn s24_any_bytes_cut_anyhow_give_the_same_frames_and_the_same_error(
        mut stream in proptest::collection::vec(any::<u8>(), 0..200),
        frames in proptest::collection::vec(any_frame(), 0..3),
        size in 1..50_usize,
        limit in 0..200_usize,
    ) {
        stream.splice(0..0, frames.concat());
        let mut deframer = Deframer::new(limit);
        let mut input = &stream[..];
        let mut found = Vec::new();
        let end = loop {
            match deframer.next_frame(&mut input) {
                Ok(Some(frame)) => found.push(owned(frame)),
                Ok(None) => break Ok(deframer.held()),
                Err(error) => break Err(error),
            }
        };
        prop_assert!(deframer.held() <= limit);
        let mut deframer = Deframer::new(limit);
        let mut pieces = Vec::new();
        let mut end_of_pieces = Ok(0);
        'stream: for piece in stream.chunks(size) {
            let mut input = piece;
            loop {
                match deframer.next_frame(&mut input) {
                    Ok(Some(frame)) => pieces.push(owned(frame)),
                    Ok(None) => break,
                    Err(error) => {
                        end_of_pieces = Err(error);
                        break 'stream;
                    }
                }
                prop_assert!(deframer.held() <= limit);
            }
            end_of_pieces = Ok(deframer.held());
        }
        prop_assert_eq!((found, end), (pieces, end_of_pieces));
    }
}
