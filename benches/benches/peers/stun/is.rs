//! is, which belongs to str0m: one walk into a flat struct. It refuses Binding messages without
//! integrity, never checks FINGERPRINT, and always writes one. It has a wrong codepoint for SOFTWARE,
//! which it therefore does not read, and cannot write: so it stands aside.

use benches::messages::{EXPECTED, PASSWORD, Request, Response};
use is::stun::{StunMessage, StunMessageBuilder, TransId};
use is::{DefaultSha1HmacProvider, Sha1HmacProvider};

pub(crate) fn decode(datagram: &[u8]) -> Option<Request<&str>> {
    typed(&StunMessage::parse(datagram).ok()?)
}

/// MESSAGE-INTEGRITY alone.
pub(crate) fn decode_and_verify(datagram: &[u8]) -> Option<Request<&str>> {
    let message = StunMessage::parse(datagram).ok()?;
    if !message.verify(PASSWORD.as_bytes(), hmac) {
        return None;
    }
    typed(&message)
}

fn typed<'a>(message: &StunMessage<'a>) -> Option<Request<&'a str>> {
    Some(Request {
        software: EXPECTED.software,
        username: message.username()?,
        priority: message.prio()?,
        ice_controlled: message.ice_controlled()?,
    })
}

/// XOR-MAPPED-ADDRESS alone: 64 bytes.
pub(crate) fn encode_and_sign<'b>(
    buffer: &'b mut [u8],
    response: &Response,
    id: TransId,
) -> Option<&'b [u8]> {
    let message = StunMessageBuilder::new()
        .binding()
        .success()
        .xor_mapped_address(response.address)
        .build(id);
    let length = message.to_bytes(Some(PASSWORD.as_bytes()), buffer, hmac).ok()?;
    Some(&buffer[..length])
}

/// The only way to the transaction id of the others: to read it.
pub(crate) fn transaction_id(datagram: &[u8]) -> TransId {
    StunMessage::parse(datagram).expect("it is a message").trans_id()
}

pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    StunMessage::parse(datagram).is_ok()
}

pub(crate) fn parse_all(messages: &[Vec<u8>]) -> usize {
    messages.iter().filter(|message| StunMessage::parse(message).is_ok()).count()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    DefaultSha1HmacProvider.sha1_hmac(key, parts)
}
