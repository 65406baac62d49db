//! Reading ChannelData and writing it again.

use stun_codec::channel_data::{ChannelData, ChannelNumber};

pub(crate) fn run(data: &[u8]) {
    let Ok(ChannelData { channel, payload }) = ChannelData::parse(data) else { return };
    assert!((ChannelNumber::MIN..=ChannelNumber::MAX).contains(&channel));
    let header = ChannelData::header(channel, payload.len()).expect("no longer than what was read");
    assert_eq!([&header[..], payload].concat(), data[..4 + payload.len()]);
}
