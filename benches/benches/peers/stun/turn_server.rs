//! The codec of turn-server: one walk into a vector of types and ranges that is used again. An
//! attribute whose length runs past the end ends the walk without an error. Its keys have 16 bytes;
//! FINGERPRINT is checked by hand.

use std::net::SocketAddr;

use benches::messages::{Request, Response};
use bytes::BytesMut;
use turn_server::codec::Attributes;
use turn_server::codec::crypto::{self, Password};
use turn_server::codec::message::attributes::{
    Fingerprint, IceControlled, Priority, Software, UserName, XorMappedAddress,
};
use turn_server::codec::message::methods::BINDING_RESPONSE;
use turn_server::codec::message::{Message, MessageEncoder};

pub(crate) fn decode<'a>(
    attributes: &'a mut Attributes,
    datagram: &'a [u8],
) -> Option<Request<&'a str>> {
    attributes.clear();
    typed(&Message::decode(datagram, attributes).ok()?)
}

pub(crate) fn decode_and_verify<'a>(
    attributes: &'a mut Attributes,
    datagram: &'a [u8],
    password: &Password,
) -> Option<Request<&'a str>> {
    attributes.clear();
    let message = Message::decode(datagram, attributes).ok()?;
    let covered = datagram.len().checked_sub(8)?;
    if message.get::<Fingerprint>()? != crypto::fingerprint(&datagram[..covered]) {
        return None;
    }
    message.verify(password).ok()?;
    typed(&message)
}

fn typed<'a>(message: &Message<'a>) -> Option<Request<&'a str>> {
    Some(Request {
        software: message.get::<Software>()?,
        username: message.get::<UserName>()?,
        priority: message.get::<Priority>()?,
        ice_controlled: message.get::<IceControlled>()?,
    })
}

pub(crate) fn decode_response(attributes: &mut Attributes, datagram: &[u8]) -> Option<SocketAddr> {
    attributes.clear();
    Message::decode(datagram, attributes).ok()?.get::<XorMappedAddress>()
}

pub(crate) fn encode<'b>(buffer: &'b mut BytesMut, response: &Response) -> Option<&'b [u8]> {
    message_of(buffer, response).flush(None).ok()?;
    Some(buffer)
}

/// MESSAGE-INTEGRITY never comes without FINGERPRINT.
pub(crate) fn encode_and_sign<'b>(
    buffer: &'b mut BytesMut,
    response: &Response,
    password: &Password,
) -> Option<&'b [u8]> {
    message_of(buffer, response).flush(Some(password)).ok()?;
    Some(buffer)
}

fn message_of<'m>(buffer: &'m mut BytesMut, response: &'m Response) -> MessageEncoder<'m> {
    let mut message = MessageEncoder::new(BINDING_RESPONSE, &response.transaction_id, buffer);
    message.append::<Software>(response.software);
    message.append::<XorMappedAddress>(response.address);
    message
}

pub(crate) fn is_stun(attributes: &mut Attributes, datagram: &[u8]) -> bool {
    attributes.clear();
    Message::decode(datagram, attributes).is_ok()
}

pub(crate) fn parse_all(attributes: &mut Attributes, messages: &[Vec<u8>]) -> usize {
    let is_read = |message: &&Vec<u8>| {
        attributes.clear();
        Message::decode(message, attributes).is_ok()
    };
    messages.iter().filter(is_read).count()
}
