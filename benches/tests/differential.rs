//! Ours and the peers' crates read the same real messages: for each that two of them accept, we accept
//! it too, and agree with each of them on class, method, transaction id and attributes.
//!
//! Three peers hand out every attribute as it stands, and are compared in full. The other three have
//! typed values only, and are compared by what an agent reads in a connectivity check and in its
//! answer. The messages lie in a folder beside the repository; without it the test says that it
//! was left out.

use std::net::SocketAddr;

use benches::messages;
use bytecodec::DecodeExt as _;
use sile_stun_codec::define_attribute_enums;
use sile_stun_codec::rfc5245::attributes::{IceControlled, IceControlling, Priority};
use sile_stun_codec::rfc5389::attributes::{Software, Username, XorMappedAddress};
use stun_codec::dissect::dissect;
use stun_codec::{Message, attr};

/// A message with its attributes as they stand.
#[derive(Debug, PartialEq)]
struct Raw {
    message_type: u16,
    transaction_id: [u8; 12],
    attributes: Vec<(u16, Vec<u8>)>,
}

/// What an agent reads in a connectivity check and in its answer.
#[derive(Debug, Default, PartialEq)]
struct Typed {
    transaction_id: [u8; 12],
    username: Option<String>,
    software: Option<String>,
    priority: Option<u32>,
    ice_controlled: Option<u64>,
    ice_controlling: Option<u64>,
    address: Option<SocketAddr>,
}

/// Ours. What follows MESSAGE-INTEGRITY is read as well, by the dissector: some peers do not tell it
/// from the rest.
fn raw(datagram: &[u8]) -> Option<Raw> {
    let message = Message::parse(datagram).ok()?;
    let fields = dissect(datagram);
    let attributes = fields
        .fields()
        .map(|field| (field.raw().attribute_type.value(), field.raw().value.to_vec()));
    Some(Raw {
        message_type: message.message_type().value(),
        transaction_id: *message.transaction_id().as_bytes(),
        attributes: attributes.collect(),
    })
}

fn typed(datagram: &[u8]) -> Option<Typed> {
    let message = Message::parse(datagram).ok()?;
    Some(Typed {
        transaction_id: *message.transaction_id().as_bytes(),
        username: message.get(attr::USERNAME).ok()?.map(str::to_owned),
        software: message.get(attr::SOFTWARE).ok()?.map(str::to_owned),
        priority: message.get(attr::PRIORITY).ok()?,
        ice_controlled: message.get(attr::ICE_CONTROLLED).ok()?,
        ice_controlling: message.get(attr::ICE_CONTROLLING).ok()?,
        address: message.get(attr::XOR_MAPPED_ADDRESS).ok()?,
    })
}

fn raw_of_stun_types(datagram: &[u8]) -> Option<Raw> {
    let message = stun_types::message::Message::from_bytes(datagram).ok()?;
    let id = u128::from(message.transaction_id()).to_be_bytes();
    let class = match message.class() {
        stun_types::message::MessageClass::Request => stun_codec::Class::Request,
        stun_types::message::MessageClass::Indication => stun_codec::Class::Indication,
        stun_types::message::MessageClass::Success => stun_codec::Class::Success,
        stun_types::message::MessageClass::Error => stun_codec::Class::Error,
    };
    let method = stun_codec::Method::new(message.method().value())?;
    let attributes = message
        .iter_attributes()
        .map(|(_, attribute)| (attribute.header.get_type().value(), attribute.value.to_vec()));
    Some(Raw {
        message_type: stun_codec::MessageType::new(class, method).value(),
        transaction_id: id[4..].try_into().ok()?,
        attributes: attributes.collect(),
    })
}

fn raw_of_webrtc_stun(datagram: &[u8]) -> Option<Raw> {
    let mut message = stun::message::Message::new();
    message.write(datagram).ok()?;
    let attributes = message.attributes.0.into_iter();
    Some(Raw {
        message_type: message.typ.value(),
        transaction_id: message.transaction_id.0,
        attributes: attributes.map(|attribute| (attribute.typ.value(), attribute.value)).collect(),
    })
}

fn raw_of_rtc_stun(datagram: &[u8]) -> Option<Raw> {
    let mut message = rtc_stun::message::Message::new();
    message.write(datagram).ok()?;
    let attributes = message.attributes.0.into_iter();
    Some(Raw {
        message_type: message.typ.value(),
        transaction_id: message.transaction_id.0,
        attributes: attributes.map(|attribute| (attribute.typ.value(), attribute.value)).collect(),
    })
}

define_attribute_enums!(
    Attribute,
    AttributeDecoder,
    AttributeEncoder,
    [IceControlled, IceControlling, Priority, Software, Username, XorMappedAddress]
);

fn typed_of_sile(datagram: &[u8]) -> Option<Typed> {
    let mut decoder = sile_stun_codec::MessageDecoder::<Attribute>::new();
    let message = decoder.decode_from_bytes(datagram).ok()?.ok()?;
    Some(Typed {
        transaction_id: *message.transaction_id().as_bytes(),
        username: message.get_attribute::<Username>().map(|username| username.name().to_owned()),
        software: message.get_attribute::<Software>().map(|text| text.description().to_owned()),
        priority: message.get_attribute::<Priority>().map(Priority::prio),
        ice_controlled: message.get_attribute::<IceControlled>().map(IceControlled::prio),
        ice_controlling: message.get_attribute::<IceControlling>().map(IceControlling::prio),
        address: message.get_attribute::<XorMappedAddress>().map(XorMappedAddress::address),
    })
}

fn typed_of_stun_rs(datagram: &[u8]) -> Option<Typed> {
    use stun_rs::attributes::ice::{IceControlled, IceControlling, Priority};
    use stun_rs::attributes::stun::{Software, UserName, XorMappedAddress};

    let decoder = stun_rs::MessageDecoderBuilder::default().build();
    let message = decoder.decode(datagram).ok()?.0;
    let text = |text: &str| text.to_owned();
    Some(Typed {
        transaction_id: *message.transaction_id().as_bytes(),
        username: message
            .get::<UserName>()
            .and_then(|username| Some(text(username.as_user_name().ok()?.as_str()))),
        software: message
            .get::<Software>()
            .and_then(|software| Some(text(software.as_software().ok()?.as_str()))),
        priority: message
            .get::<Priority>()
            .and_then(|priority| Some(priority.as_priority().ok()?.as_u32())),
        ice_controlled: message
            .get::<IceControlled>()
            .and_then(|controlled| Some(controlled.as_ice_controlled().ok()?.as_u64())),
        ice_controlling: message
            .get::<IceControlling>()
            .and_then(|controlling| Some(controlling.as_ice_controlling().ok()?.as_u64())),
        address: message
            .get::<XorMappedAddress>()
            .and_then(|address| Some(*address.as_xor_mapped_address().ok()?.socket_address())),
    })
}

fn typed_of_turn_server(datagram: &[u8]) -> Option<Typed> {
    use turn_server::codec::message::attributes::{
        IceControlled, IceControlling, Priority, Software, UserName, XorMappedAddress,
    };

    let mut attributes = turn_server::codec::Attributes::default();
    let message = turn_server::codec::message::Message::decode(datagram, &mut attributes).ok()?;
    Some(Typed {
        transaction_id: message.transaction_id().try_into().ok()?,
        username: message.get::<UserName>().map(str::to_owned),
        software: message.get::<Software>().map(str::to_owned),
        priority: message.get::<Priority>(),
        ice_controlled: message.get::<IceControlled>(),
        ice_controlling: message.get::<IceControlling>(),
        address: message.get::<XorMappedAddress>(),
    })
}

#[test]
fn real_messages_are_read_as_the_peers_read_them() {
    let Some(messages) = messages::corpus() else {
        eprintln!("LEFT OUT: no corpus beside the repository");
        return;
    };
    type Reader<T> = (&'static str, fn(&[u8]) -> Option<T>);
    let raw_readers: [Reader<Raw>; 3] = [
        ("stun-types", raw_of_stun_types),
        ("stun (webrtc-rs)", raw_of_webrtc_stun),
        ("rtc-stun", raw_of_rtc_stun),
    ];
    let typed_readers: [Reader<Typed>; 3] = [
        ("stun_codec (sile)", typed_of_sile),
        ("stun-rs", typed_of_stun_rs),
        ("turn-server", typed_of_turn_server),
    ];
    let mut compared = 0;
    for (n, datagram) in messages.iter().enumerate() {
        let raws: Vec<_> =
            raw_readers.iter().filter_map(|(who, read)| Some((who, read(datagram)?))).collect();
        let typeds: Vec<_> =
            typed_readers.iter().filter_map(|(who, read)| Some((who, read(datagram)?))).collect();
        if raws.len() + typeds.len() < 2 {
            continue;
        }
        compared += 1;
        for (who, theirs) in raws {
            assert_eq!(raw(datagram).as_ref(), Some(&theirs), "line {}: {who}", n + 1);
        }
        for (who, theirs) in typeds {
            assert_eq!(typed(datagram).as_ref(), Some(&theirs), "line {}: {who}", n + 1);
        }
    }
    println!("{compared} of {} messages compared", messages.len());
    assert!(compared >= 300, "only {compared} of {} were compared", messages.len());
}
