//! stun-types: an iterator over the attributes, typed values that own their text. It always checks
//! FINGERPRINT. PRIORITY and ICE-CONTROLLED are not among its types and are read raw.

use std::net::SocketAddr;

use benches::messages::{Request, Response};
use stun_types::attribute::{AttributeType, Software, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageHeader, MessageType,
    MessageWrite as _, MessageWriteExt as _, MessageWriteMutSlice, TransactionId,
};

pub(crate) fn decode(datagram: &[u8]) -> Option<Request<String>> {
    typed(&Message::from_bytes(datagram).ok()?)
}

pub(crate) fn decode_and_verify(datagram: &[u8], key: &IntegrityKey) -> Option<Request<String>> {
    let message = Message::from_bytes(datagram).ok()?;
    message.validate_integrity_with_key(key).ok()?;
    typed(&message)
}

fn typed(message: &Message<'_>) -> Option<Request<String>> {
    let raw = |attribute_type| message.raw_attribute(AttributeType::new(attribute_type));
    Some(Request {
        software: message.attribute::<Software>().ok()?.software().to_owned(),
        username: message.attribute::<Username>().ok()?.username().to_owned(),
        priority: u32::from_be_bytes((*raw(0x0024)?.value).try_into().ok()?),
        ice_controlled: u64::from_be_bytes((*raw(0x8029)?.value).try_into().ok()?),
    })
}

pub(crate) fn verify_sha256(datagram: &[u8], key: &IntegrityKey) -> Option<IntegrityAlgorithm> {
    Message::from_bytes(datagram).ok()?.validate_integrity_with_key(key).ok()
}

pub(crate) fn decode_response(datagram: &[u8]) -> Option<SocketAddr> {
    let message = Message::from_bytes(datagram).ok()?;
    Some(message.attribute::<XorMappedAddress>().ok()?.addr(message.transaction_id()))
}

pub(crate) fn encode(buffer: &mut [u8], response: &Response) -> Option<usize> {
    Some(message_of(buffer, response)?.finish())
}

pub(crate) fn encode_and_sign(
    buffer: &mut [u8],
    response: &Response,
    key: &IntegrityKey,
) -> Option<usize> {
    let mut message = message_of(buffer, response)?;
    message.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1).ok()?;
    message.add_fingerprint().ok()?;
    Some(message.finish())
}

fn message_of<'b>(buffer: &'b mut [u8], response: &Response) -> Option<MessageWriteMutSlice<'b>> {
    let mut id = [0; 16];
    id[4..].copy_from_slice(&response.transaction_id);
    let id = TransactionId::from(u128::from_be_bytes(id));
    let success = MessageType::from_class_method(MessageClass::Success, BINDING);
    let mut message = Message::builder(success, id, MessageWriteMutSlice::new(buffer));
    message.add_attribute(&Software::new(response.software).ok()?).ok()?;
    message.add_attribute(&XorMappedAddress::new(response.address, id)).ok()?;
    Some(message)
}

pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    MessageHeader::from_bytes(datagram).is_ok()
}

pub(crate) fn parse_all(messages: &[Vec<u8>]) -> usize {
    messages.iter().filter(|message| Message::from_bytes(message).is_ok()).count()
}
