//! stun_codec, whose author is sile: incremental decoders, owned values. To read FINGERPRINT or
//! MESSAGE-INTEGRITY it writes the message again, so it cannot read without paying for that.

use std::net::SocketAddr;

use benches::messages::{PASSWORD, Request, Response};
use bytecodec::{DecodeExt as _, EncodeExt as _};
use sile_stun_codec::rfc5245::attributes::{IceControlled, Priority};
use sile_stun_codec::rfc5389::attributes::{
    ErrorCode, Fingerprint, MappedAddress, MessageIntegrity, Software, Username, XorMappedAddress,
};
use sile_stun_codec::rfc5389::methods::BINDING;
use sile_stun_codec::{
    Message, MessageClass, MessageDecoder, MessageEncoder, TransactionId, define_attribute_enums,
};

define_attribute_enums!(
    Attribute,
    AttributeDecoder,
    AttributeEncoder,
    [
        ErrorCode,
        Fingerprint,
        IceControlled,
        MappedAddress,
        MessageIntegrity,
        Priority,
        Software,
        Username,
        XorMappedAddress
    ]
);

pub(crate) type Decoder = MessageDecoder<Attribute>;
pub(crate) type Encoder = MessageEncoder<Attribute>;

/// A decoder that has met an error must be thrown away.
fn message(decoder: &mut Decoder, datagram: &[u8]) -> Option<Message<Attribute>> {
    match decoder.decode_from_bytes(datagram) {
        Ok(Ok(message)) => Some(message),
        Ok(Err(_)) => None,
        Err(_) => {
            *decoder = Decoder::new();
            None
        }
    }
}

pub(crate) fn decode(decoder: &mut Decoder, datagram: &[u8]) -> Option<Request<String>> {
    typed(&message(decoder, datagram)?)
}

/// It has checked FINGERPRINT already.
pub(crate) fn decode_and_verify(decoder: &mut Decoder, datagram: &[u8]) -> Option<Request<String>> {
    let message = message(decoder, datagram)?;
    message.get_attribute::<Fingerprint>()?;
    message.get_attribute::<MessageIntegrity>()?.check_short_term_credential(PASSWORD).ok()?;
    typed(&message)
}

fn typed(message: &Message<Attribute>) -> Option<Request<String>> {
    Some(Request {
        software: message.get_attribute::<Software>()?.description().to_owned(),
        username: message.get_attribute::<Username>()?.name().to_owned(),
        priority: message.get_attribute::<Priority>()?.prio(),
        ice_controlled: message.get_attribute::<IceControlled>()?.prio(),
    })
}

pub(crate) fn decode_response(decoder: &mut Decoder, datagram: &[u8]) -> Option<SocketAddr> {
    Some(message(decoder, datagram)?.get_attribute::<XorMappedAddress>()?.address())
}

pub(crate) fn encode(encoder: &mut Encoder, response: &Response) -> Option<Vec<u8>> {
    encoder.encode_into_bytes(message_of(response)?).ok()
}

pub(crate) fn encode_and_sign(encoder: &mut Encoder, response: &Response) -> Option<Vec<u8>> {
    let mut message = message_of(response)?;
    let integrity = MessageIntegrity::new_short_term_credential(&message, PASSWORD).ok()?;
    message.add_attribute(integrity);
    message.add_attribute(Fingerprint::new(&message).ok()?);
    encoder.encode_into_bytes(message).ok()
}

fn message_of(response: &Response) -> Option<Message<Attribute>> {
    let id = TransactionId::new(response.transaction_id);
    let mut message = Message::new(MessageClass::SuccessResponse, BINDING, id);
    message.add_attribute(Software::new(response.software.to_owned()).ok()?);
    message.add_attribute(XorMappedAddress::new(response.address));
    Some(message)
}

pub(crate) fn is_stun(decoder: &mut Decoder, datagram: &[u8]) -> bool {
    message(decoder, datagram).is_some()
}

pub(crate) fn parse_all(decoder: &mut Decoder, messages: &[Vec<u8>]) -> usize {
    messages.iter().filter(|bytes| message(decoder, bytes).is_some()).count()
}
