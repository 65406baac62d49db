//! Reading ChannelData and writing it again.

use stun_codec::channel_data::{ChannelData, ChannelNumber};

pub(crate) fn run(data: &[u8]) {
    let Ok(ChannelData { channel, payload }) = ChannelData::parse(data) else { return };
    assert!((ChannelNumber::MIN..=ChannelNumber::MAX).contains(&channel));
    let header = ChannelData::header(channel, payload.len()).expect("no longer than what was read");
    assert_eq!([&header[..], payload].concat(), data[..4 + payload.len()]);
    let mut buffer = vec![0xFF; data.len() + 3];
    let parsed = ChannelData { channel, payload };
    assert_eq!(parsed.write(&mut buffer), Ok(&data[..4 + payload.len()]));
    let padded = parsed.write_padded(&mut buffer).expect("it fits");
    assert_eq!(padded.len(), (4 + payload.len()).next_multiple_of(4));
    assert_eq!(ChannelData::parse(padded), Ok(parsed));
}
