//! stun, which belongs to webrtc-rs: a walk into a vector of owned attributes; a message is used
//! again.

use std::net::SocketAddr;

use benches::messages::{Request, Response};
use stun::agent::TransactionId;
use stun::attributes::{ATTR_ICE_CONTROLLED, ATTR_PRIORITY, ATTR_SOFTWARE, ATTR_USERNAME};
use stun::fingerprint::FINGERPRINT;
use stun::integrity::MessageIntegrity;
use stun::message::{BINDING_SUCCESS, Getter as _, Message, Setter as _, is_message};
use stun::textattrs::TextAttribute;
use stun::xoraddr::XorMappedAddress;

pub(crate) fn decode(message: &mut Message, datagram: &[u8]) -> Option<Request<String>> {
    message.write(datagram).ok()?;
    typed(message)
}

pub(crate) fn decode_and_verify(
    message: &mut Message,
    datagram: &[u8],
    integrity: &MessageIntegrity,
) -> Option<Request<String>> {
    message.write(datagram).ok()?;
    FINGERPRINT.check(message).ok()?;
    integrity.check(message).ok()?;
    typed(message)
}

fn typed(message: &Message) -> Option<Request<String>> {
    Some(Request {
        software: TextAttribute::get_from_as(message, ATTR_SOFTWARE).ok()?.text,
        username: TextAttribute::get_from_as(message, ATTR_USERNAME).ok()?.text,
        priority: u32::from_be_bytes(message.get(ATTR_PRIORITY).ok()?.try_into().ok()?),
        ice_controlled: u64::from_be_bytes(message.get(ATTR_ICE_CONTROLLED).ok()?.try_into().ok()?),
    })
}

pub(crate) fn decode_response(message: &mut Message, datagram: &[u8]) -> Option<SocketAddr> {
    message.write(datagram).ok()?;
    let mut address = XorMappedAddress::default();
    address.get_from(message).ok()?;
    Some(SocketAddr::new(address.ip, address.port))
}

pub(crate) fn encode<'m>(message: &'m mut Message, response: &Response) -> Option<&'m [u8]> {
    message.reset();
    message.set_type(BINDING_SUCCESS);
    message.transaction_id = TransactionId(response.transaction_id);
    message.write_header();
    TextAttribute::new(ATTR_SOFTWARE, response.software.to_owned()).add_to(message).ok()?;
    let (ip, port) = (response.address.ip(), response.address.port());
    XorMappedAddress { ip, port }.add_to(message).ok()?;
    Some(&message.raw)
}

pub(crate) fn encode_and_sign<'m>(
    message: &'m mut Message,
    response: &Response,
    integrity: &MessageIntegrity,
) -> Option<&'m [u8]> {
    encode(message, response)?;
    integrity.add_to(message).ok()?;
    FINGERPRINT.add_to(message).ok()?;
    Some(&message.raw)
}

pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    is_message(datagram)
}

pub(crate) fn parse_all(message: &mut Message, messages: &[Vec<u8>]) -> usize {
    messages.iter().filter(|bytes| message.write(bytes).is_ok()).count()
}
