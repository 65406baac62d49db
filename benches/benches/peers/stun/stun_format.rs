//! stun-format: an iterator over the attributes that validates nothing, neither the length in the
//! header nor the cookie. It has no integrity and no fingerprint of its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use benches::messages::{Request, Response};
use stun_format::{Attr, Msg, MsgBuilder, MsgType, SocketAddr};

/// The message is an argument since the text borrows from it.
pub(crate) fn decode<'m>(message: &'m Msg<'_>) -> Option<Request<&'m str>> {
    message.typ()?;
    let (mut software, mut username, mut priority, mut ice_controlled) = (None, None, None, None);
    for attribute in message.attrs_iter() {
        match attribute {
            Attr::Software(text) => software = Some(text),
            Attr::Username(text) => username = Some(text),
            Attr::Priority(value) => priority = Some(value),
            Attr::IceControlled(value) => ice_controlled = Some(value),
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

pub(crate) fn decode_response(datagram: &[u8]) -> Option<std::net::SocketAddr> {
    let message = Msg::from(datagram);
    message.typ()?;
    message.attrs_iter().find_map(|attribute| match attribute {
        Attr::XorMappedAddress(SocketAddr::V4(ip, port)) => Some((Ipv4Addr::from(ip), port).into()),
        Attr::XorMappedAddress(SocketAddr::V6(ip, port)) => Some((Ipv6Addr::from(ip), port).into()),
        _ => None,
    })
}

/// It takes a buffer of zeros for an empty message, and leaves the padding as it is.
pub(crate) fn encode(buffer: &mut [u8; 48], response: &Response) -> Option<usize> {
    buffer.fill(0);
    let mut id = [0; 16];
    id[4..].copy_from_slice(&response.transaction_id);
    let mut message = MsgBuilder::from(buffer.as_mut_slice());
    message.typ(MsgType::BindingResponse)?;
    message.tid(u128::from_be_bytes(id))?;
    message.add_attr(Attr::Software(response.software))?;
    let port = response.address.port();
    let address = match response.address.ip() {
        IpAddr::V4(ip) => SocketAddr::V4(ip.octets(), port),
        IpAddr::V6(ip) => SocketAddr::V6(ip.octets(), port),
    };
    message.add_attr(Attr::XorMappedAddress(address))?;
    Some(message.as_bytes().len())
}

/// The cookie alone.
pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    Msg::from(datagram).cookie() == Some(0x2112_A442)
}

/// It refuses nothing; what it cannot read ends the walk.
pub(crate) fn parse_all(messages: &[Vec<u8>]) -> usize {
    let is_read = |message: &&Vec<u8>| {
        let message = Msg::from(message.as_slice());
        message.typ().is_some() && message.attrs_iter().count() < usize::MAX
    };
    messages.iter().filter(is_read).count()
}
