//! ChannelData, the short form in which TURN relays (RFC 8656 §12.4): two bytes of channel
//! number, two of length, and the payload.
//!
//! ```
//! use stun_codec::channel_data::{ChannelData, ChannelNumber};
//!
//! let channel = ChannelNumber::new(0x4001).ok_or("out of range")?;
//! let header = ChannelData::header(channel, 5).ok_or("too long")?;
//! let datagram = [&header[..], b"hello"].concat();
//! let data = ChannelData::parse(&datagram)?;
//! assert_eq!((data.channel, data.payload), (channel, &b"hello"[..]));
//!
//! let mut buffer = [0; 16];
//! assert_eq!(data.write(&mut buffer)?, datagram);
//! assert_eq!(data.write_padded(&mut buffer)?.len(), 12); // over a stream
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use crate::error::BuildError;

/// The number of a channel, 0x4000 to 0x4FFF (RFC 8656 §12).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ChannelNumber(u16);

impl ChannelNumber {
    /// The lowest.
    pub const MIN: Self = Self(0x4000);
    /// The highest.
    pub const MAX: Self = Self(0x4FFF);

    /// The channel of this number; `None` outside 0x4000 to 0x4FFF.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number >= Self::MIN.0 && number <= Self::MAX.0 { Some(Self(number)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }
}

impl fmt::Display for ChannelNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04x}", self.0)
    }
}

impl fmt::Debug for ChannelNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why bytes are not a ChannelData message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChannelDataError {
    /// Shorter than its four bytes of header.
    #[error("{length} bytes are too few for a ChannelData header of 4")]
    TooShort {
        /// How many bytes there are.
        length: usize,
    },
    /// The number is none that a channel can have.
    #[error("0x{number:04x} is not a channel number")]
    ChannelNumber {
        /// The number.
        number: u16,
    },
    /// The payload ends after the datagram does.
    #[error("ChannelData of {length} bytes in a datagram that has {available}")]
    PastEnd {
        /// The payload's length by the header.
        length: u16,
        /// What follows the header.
        available: usize,
    },
}

/// A payload and the channel that it travels on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChannelData<'a> {
    /// The channel.
    pub channel: ChannelNumber,
    /// What is relayed.
    pub payload: &'a [u8],
}

impl<'a> ChannelData<'a> {
    /// The bytes before the payload.
    pub const HEADER_LENGTH: usize = 4;

    /// Reads a datagram. Bytes after the payload are ignored: padding is allowed over UDP, and
    /// demanded over streams (RFC 8656 §12.5).
    ///
    /// # Errors
    /// When it is too short or the number is not a channel's.
    #[inline]
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ChannelDataError> {
        let Some((&[n0, n1, l0, l1], rest)) = datagram.split_first_chunk() else {
            return Err(ChannelDataError::TooShort { length: datagram.len() });
        };
        let number = u16::from_be_bytes([n0, n1]);
        let channel =
            ChannelNumber::new(number).ok_or(ChannelDataError::ChannelNumber { number })?;
        let length = u16::from_be_bytes([l0, l1]);
        let payload = rest
            .get(..usize::from(length))
            .ok_or(ChannelDataError::PastEnd { length, available: rest.len() })?;
        Ok(Self { channel, payload })
    }

    /// The header before a payload of `length` bytes; `None` above 65,535.
    #[inline]
    #[must_use]
    pub fn header(channel: ChannelNumber, length: usize) -> Option<[u8; 4]> {
        let [n0, n1] = channel.0.to_be_bytes();
        let [l0, l1] = u16::try_from(length).ok()?.to_be_bytes();
        Some([n0, n1, l0, l1])
    }

    /// The zeros that follow a payload of `length` bytes over a stream (RFC 8656 §12.5): none, or up
    /// to three. Over UDP none are needed.
    #[inline]
    #[must_use]
    pub const fn padding(length: usize) -> &'static [u8] {
        match length % 4 {
            0 => &[],
            1 => &[0; 3],
            2 => &[0; 2],
            _ => &[0; 1],
        }
    }

    /// Writes it into `buffer` as it goes into a datagram: header and payload.
    ///
    /// Who relays writes the [`header`](Self::header) in front of the payload where that lies,
    /// and copies nothing.
    ///
    /// # Errors
    /// When the payload is longer than 65,535 bytes or the buffer is too small.
    pub fn write<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        self.write_before(&[], buffer)
    }

    /// As [`write`](Self::write), with the [`padding`](Self::padding) that a stream demands.
    ///
    /// # Errors
    /// As those of `write`.
    pub fn write_padded<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        self.write_before(Self::padding(self.payload.len()), buffer)
    }

    fn write_before<'b>(
        &self,
        padding: &[u8],
        buffer: &'b mut [u8],
    ) -> Result<&'b [u8], BuildError> {
        let header =
            Self::header(self.channel, self.payload.len()).ok_or(BuildError::MessageTooLong)?;
        let capacity = buffer.len();
        let mut end = 0;
        for part in [&header, self.payload, padding] {
            let start = end;
            end += part.len();
            buffer
                .get_mut(start..end)
                .ok_or(BuildError::BufferTooSmall { capacity })?
                .copy_from_slice(part);
        }
        buffer.get(..end).ok_or(BuildError::BufferTooSmall { capacity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_of_the_channel_numbers() {
        assert_eq!(ChannelNumber::new(0x3FFF), None);
        assert_eq!(ChannelNumber::new(0x4000), Some(ChannelNumber::MIN));
        assert_eq!(ChannelNumber::new(0x4FFF), Some(ChannelNumber::MAX));
        assert_eq!(ChannelNumber::new(0x5000), None);
    }

    #[test]
    fn a_length_past_the_end_is_an_error_and_padding_is_not() {
        let parse = ChannelData::parse;
        assert_eq!(parse(&[0x40, 0, 0, 1, 7, 0, 0, 0]).map(|data| data.payload), Ok(&[7][..]));
        assert_eq!(
            parse(&[0x40, 0, 0, 2, 7]),
            Err(ChannelDataError::PastEnd { length: 2, available: 1 })
        );
        assert_eq!(parse(&[0x40, 0, 0]), Err(ChannelDataError::TooShort { length: 3 }));
        assert_eq!(
            parse(&[0x50, 0, 0, 0]),
            Err(ChannelDataError::ChannelNumber { number: 0x5000 })
        );
    }

    #[test]
    fn the_header_holds_sixteen_bits_of_length() {
        assert_eq!(ChannelData::header(ChannelNumber::MAX, 65_535), Some([0x4F, 0xFF, 0xFF, 0xFF]));
        assert_eq!(ChannelData::header(ChannelNumber::MAX, 65_536), None);
    }

    #[test]
    fn padding_is_written_for_streams_only_and_is_zero() {
        let channel = ChannelNumber::MIN;
        for (payload, padding) in [(&b""[..], 0), (b"a", 3), (b"ab", 2), (b"abc", 1), (b"abcd", 0)]
        {
            let data = ChannelData { channel, payload };
            let (mut plain, mut padded) = ([0xFF; 16], [0xFF; 16]);
            let plain = data.write(&mut plain).expect("it fits");
            let padded = data.write_padded(&mut padded).expect("it fits");
            assert_eq!(plain.len(), 4 + payload.len());
            assert_eq!(padded, [plain, &[0; 3][..padding]].concat());
            assert_eq!(ChannelData::padding(payload.len()).len(), padding);
            assert_eq!(ChannelData::parse(plain), Ok(data));
            assert_eq!(ChannelData::parse(padded), Ok(data));
        }
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let data = ChannelData { channel: ChannelNumber::MIN, payload: b"hello" };
        assert!(data.write(&mut [0; 9]).is_ok());
        for capacity in 0..9 {
            let error = Err(BuildError::BufferTooSmall { capacity });
            assert_eq!(data.write(&mut [0; 9][..capacity]), error);
        }
        assert!(data.write_padded(&mut [0; 12]).is_ok());
        let error = Err(BuildError::BufferTooSmall { capacity: 11 });
        assert_eq!(data.write_padded(&mut [0; 11]), error);
        let payload = &[0; 65_536];
        let data = ChannelData { channel: ChannelNumber::MIN, payload };
        assert_eq!(data.write(&mut [0; 65_544]), Err(BuildError::MessageTooLong));
    }
}
