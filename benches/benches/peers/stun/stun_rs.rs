//! stun-rs: a walk through a registry of decoders into a vector of owned attributes.

use std::net::SocketAddr;

use benches::messages::{Request, Response};
use stun_rs::attributes::ice::{IceControlled, Priority};
use stun_rs::attributes::stun::{
    Fingerprint, MessageIntegrity, MessageIntegritySha256, Software, UserName, XorMappedAddress,
};
use stun_rs::methods::BINDING;
use stun_rs::{
    HMACKey, MessageClass, MessageDecoder, MessageEncoder, StunMessage, StunMessageBuilder,
    TransactionId,
};

pub(crate) fn decode(decoder: &MessageDecoder, datagram: &[u8]) -> Option<Request<String>> {
    typed(&decoder.decode(datagram).ok()?.0)
}

/// With a decoder that has the key and validates.
pub(crate) fn decode_and_verify(
    decoder: &MessageDecoder,
    datagram: &[u8],
) -> Option<Request<String>> {
    let (message, _) = decoder.decode(datagram).ok()?;
    message.get::<MessageIntegrity>()?;
    typed(&message)
}

fn typed(message: &StunMessage) -> Option<Request<String>> {
    Some(Request {
        software: message.get::<Software>()?.as_software().ok()?.as_str().to_owned(),
        username: message.get::<UserName>()?.as_user_name().ok()?.as_str().to_owned(),
        priority: message.get::<Priority>()?.as_priority().ok()?.as_u32(),
        ice_controlled: message.get::<IceControlled>()?.as_ice_controlled().ok()?.as_u64(),
    })
}

/// With a decoder that has the key and validates.
pub(crate) fn verify_sha256(decoder: &MessageDecoder, datagram: &[u8]) -> bool {
    let message = decoder.decode(datagram);
    message.is_ok_and(|(message, _)| message.get::<MessageIntegritySha256>().is_some())
}

pub(crate) fn decode_response(decoder: &MessageDecoder, datagram: &[u8]) -> Option<SocketAddr> {
    let (message, _) = decoder.decode(datagram).ok()?;
    let address = message.get::<XorMappedAddress>()?.as_xor_mapped_address().ok()?;
    Some(*address.socket_address())
}

pub(crate) fn encode<'b>(
    encoder: &MessageEncoder,
    buffer: &'b mut [u8],
    response: &Response,
) -> Option<&'b [u8]> {
    let length = encoder.encode(buffer, &message_of(response)?.build()).ok()?;
    Some(&buffer[..length])
}

pub(crate) fn encode_and_sign<'b>(
    encoder: &MessageEncoder,
    buffer: &'b mut [u8],
    response: &Response,
    key: &HMACKey,
) -> Option<&'b [u8]> {
    let message = message_of(response)?
        .with_attribute(MessageIntegrity::new(key.clone()))
        .with_attribute(Fingerprint::default())
        .build();
    let length = encoder.encode(buffer, &message).ok()?;
    Some(&buffer[..length])
}

fn message_of(response: &Response) -> Option<StunMessageBuilder> {
    let builder = StunMessageBuilder::new(BINDING, MessageClass::SuccessResponse)
        .with_transaction_id(TransactionId::from(response.transaction_id))
        .with_attribute(Software::new(response.software).ok()?)
        .with_attribute(XorMappedAddress::from(response.address));
    Some(builder)
}

pub(crate) fn is_stun(decoder: &MessageDecoder, datagram: &[u8]) -> bool {
    decoder.decode(datagram).is_ok()
}

pub(crate) fn parse_all(decoder: &MessageDecoder, messages: &[Vec<u8>]) -> usize {
    messages.iter().filter(|message| decoder.decode(message).is_ok()).count()
}
