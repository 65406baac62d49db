//! What is measured of `stun-codec`, each as a program would write it.

use std::net::SocketAddr;

use stun_codec::demux::{self, Protocol};
use stun_codec::{
    AttributeType, Class, Key, Message, MessageBuilder, MessageType, Method, TransactionId, attr,
};

use crate::messages::{Request, Response};

/// Reads a connectivity check.
#[inline]
pub fn decode(datagram: &[u8]) -> Option<Request<&str>> {
    typed(&Message::parse(datagram).ok()?)
}

/// Reads a connectivity check that is whole and authentic.
#[inline]
pub fn decode_and_verify<'a>(datagram: &'a [u8], key: &Key) -> Option<Request<&'a str>> {
    let message = Message::parse(datagram).ok()?;
    if message.verify_fingerprint() != Ok(true) {
        return None;
    }
    typed(&*message.verify(key).ok()?)
}

#[inline(always)]
fn typed<'a>(message: &Message<'a>) -> Option<Request<&'a str>> {
    Some(Request {
        software: message.get(attr::SOFTWARE).ok()??,
        username: message.get(attr::USERNAME).ok()??,
        priority: message.get(attr::PRIORITY).ok()??,
        ice_controlled: message.get(attr::ICE_CONTROLLED).ok()??,
    })
}

/// Reads the address that a response tells.
#[inline]
pub fn decode_response(datagram: &[u8]) -> Option<SocketAddr> {
    let message = Message::parse(datagram).ok()?;
    message.get(attr::XOR_MAPPED_ADDRESS).ok()?
}

/// Reads a request and checks its MESSAGE-INTEGRITY-SHA256.
#[inline]
pub fn verify_sha256(datagram: &[u8], key: &Key) -> Option<AttributeType> {
    Some(Message::parse(datagram).ok()?.verify(key).ok()?.integrity_type())
}

/// Writes a response of 48 bytes.
#[inline]
pub fn encode<'b>(buffer: &'b mut [u8], response: &Response) -> Option<&'b [u8]> {
    written(buffer, response).finish().ok()
}

/// Writes the same response with MESSAGE-INTEGRITY and FINGERPRINT: 80 bytes.
#[inline]
pub fn encode_and_sign<'b>(
    buffer: &'b mut [u8],
    response: &Response,
    key: &Key,
) -> Option<&'b [u8]> {
    written(buffer, response).sign(key).fingerprint().finish().ok()
}

#[inline(always)]
fn written<'b>(buffer: &'b mut [u8], response: &Response) -> MessageBuilder<'b> {
    let success = MessageType::new(Class::Success, Method::BINDING);
    MessageBuilder::new(success, TransactionId::new(response.transaction_id), buffer)
        .put(attr::SOFTWARE, response.software)
        .put(attr::XOR_MAPPED_ADDRESS, response.address)
}

/// Whether the datagram is STUN.
#[inline]
pub fn is_stun(datagram: &[u8]) -> bool {
    demux::is_stun(datagram)
}

/// Which protocol the datagram belongs to.
#[inline]
pub fn demultiplex(datagram: &[u8]) -> Option<Protocol> {
    demux::protocol(datagram)
}

/// How many of these are messages, all attributes walked.
#[inline]
pub fn parse_all(messages: &[Vec<u8>]) -> usize {
    messages.iter().filter(|message| Message::parse(message).is_ok()).count()
}
