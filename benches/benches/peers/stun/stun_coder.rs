//! stun-coder: a walk into a vector of owned attributes, each cloned once more. It always checks
//! FINGERPRINT, and MESSAGE-INTEGRITY when it is given a password.

use std::net::SocketAddr;

use benches::messages::{PASSWORD, Request, Response};
use stun_coder::{StunAttribute, StunMessage, check_for_stun_message_header};

pub(crate) fn decode(datagram: &[u8]) -> Option<Request<String>> {
    typed(&StunMessage::decode(datagram, None).ok()?)
}

pub(crate) fn decode_and_verify(datagram: &[u8]) -> Option<Request<String>> {
    typed(&StunMessage::decode(datagram, Some(PASSWORD)).ok()?)
}

fn typed(message: &StunMessage) -> Option<Request<String>> {
    let (mut software, mut username, mut priority, mut ice_controlled) = (None, None, None, None);
    for attribute in message.get_attributes() {
        match attribute {
            StunAttribute::Software { description } => software = Some(description.clone()),
            StunAttribute::Username { value } => username = Some(value.clone()),
            StunAttribute::Priority { value } => priority = Some(*value),
            StunAttribute::IceControlled { tie_breaker } => ice_controlled = Some(*tie_breaker),
            _ => {}
        }
    }
    Some(Request {
        software: software?,
        username: username?,
        priority: priority?,
        ice_controlled: ice_controlled?,
    })
}

pub(crate) fn decode_response(datagram: &[u8]) -> Option<SocketAddr> {
    let message = StunMessage::decode(datagram, None).ok()?;
    message.get_attributes().iter().find_map(|attribute| match attribute {
        StunAttribute::XorMappedAddress { socket_addr } => Some(*socket_addr),
        _ => None,
    })
}

pub(crate) fn encode(response: &Response) -> Option<Vec<u8>> {
    message_of(response).encode(None).ok()
}

pub(crate) fn encode_and_sign(response: &Response) -> Option<Vec<u8>> {
    message_of(response).add_message_integrity().add_fingerprint().encode(Some(PASSWORD)).ok()
}

fn message_of(response: &Response) -> StunMessage {
    StunMessage::create_success_response()
        .set_transaction_id(response.transaction_id)
        .add_attribute(StunAttribute::Software { description: response.software.to_owned() })
        .add_attribute(StunAttribute::XorMappedAddress { socket_addr: response.address })
}

pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    check_for_stun_message_header(datagram).is_some()
}

pub(crate) fn parse_all(messages: &[Vec<u8>]) -> usize {
    messages.iter().filter(|message| StunMessage::decode(message, None).is_ok()).count()
}
