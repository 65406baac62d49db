//! Attributes out of bytes: of the sorts that matter, with values of which some make sense.

use core::net::SocketAddr;
use core::time::Duration;

use stun_codec::attr::{self, Attribute};
use stun_codec::build::Open;
use stun_codec::shape::{AddressFamily, Opaque, ProtocolNumber};
use stun_codec::{ErrorCode, MessageBuilder};

use super::commands::commands;

/// One of a few peers.
pub(crate) fn peer(number: u8) -> SocketAddr {
    match number % 6 {
        4 => ([0x2a00, 7, 0, 0, 0, 0, 0, 1], 6000).into(),
        5 => ([127, 0, 0, 1], 6000).into(),
        number => ([7, 7, 7, number % 2], 6000 + u16::from(number)).into(),
    }
}

/// Puts what `bytes` says into the message.
pub(crate) fn put_all<'b>(
    mut builder: MessageBuilder<'b, Open>,
    bytes: &[u8],
) -> MessageBuilder<'b, Open> {
    for (attribute, value) in commands(bytes) {
        let first = value.first().copied().unwrap_or_default();
        let number = value.first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes));
        builder = match attribute % 14 {
            0 => builder.put(attr::XOR_PEER_ADDRESS, peer(first)),
            1 => builder.put(attr::CHANNEL_NUMBER, 0x4000 + u16::from(first)),
            2 => builder.put(attr::LIFETIME, Duration::from_secs(number.into())),
            3 => builder.put(attr::REQUESTED_TRANSPORT, ProtocolNumber::UDP),
            4 => builder.put(attr::EVEN_PORT, first & 1 == 1),
            5 => builder.put(attr::REQUESTED_ADDRESS_FAMILY, AddressFamily::V4),
            6 => builder.put(attr::REQUESTED_ADDRESS_FAMILY, AddressFamily::V6),
            7 => builder.put(attr::XOR_RELAYED_ADDRESS, peer(first)),
            8 => builder.put(attr::XOR_MAPPED_ADDRESS, peer(first)),
            9 => builder.put(attr::ERROR_CODE, error_code(first)),
            10 => builder.put(attr::REALM, "example.org"),
            11 => builder.put(attr::NONCE, if first & 1 == 0 { "one" } else { "two" }),
            12 => builder.put(attr::DATA, value),
            _ => match value.split_first_chunk() {
                Some((&code, value)) => {
                    let raw: Attribute<Opaque> = Attribute::new(u16::from_be_bytes(code), "raw");
                    builder.put(raw, value)
                }
                None => builder,
            },
        };
    }
    builder
}

fn error_code(number: u8) -> ErrorCode<'static> {
    match number % 6 {
        0 => ErrorCode::UNAUTHENTICATED,
        1 => ErrorCode::STALE_NONCE,
        2 => ErrorCode::ALLOCATION_MISMATCH,
        3 => ErrorCode::TRY_ALTERNATE,
        4 => ErrorCode::FORBIDDEN,
        _ => ErrorCode::INSUFFICIENT_CAPACITY,
    }
}
