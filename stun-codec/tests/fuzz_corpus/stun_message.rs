//! Reading all that can be read from a message, and writing each value again.

use stun_codec::attr::{self, Attribute};
use stun_codec::shape::{Opaque, Shape};
use stun_codec::{Key, Message, MessageBuilder, demux};

pub(crate) fn run(data: &[u8]) {
    let _ = demux::protocol(data);
    let Ok(message) = Message::parse(data) else { return };
    assert!(demux::is_stun(data));
    assert_eq!(message.as_bytes(), data);
    let attributes = message.attributes().map(|raw| 4 + raw.value.len().next_multiple_of(4));
    assert!(20 + attributes.sum::<usize>() <= data.len());
    let _ =
        (message.verify_fingerprint(), message.unknown_required(|_| false), format!("{message:?}"));
    read_all(&message);
    sign_again(&message);
}

fn read_all(message: &Message<'_>) {
    read(message, attr::MAPPED_ADDRESS);
    read(message, attr::USERNAME);
    read(message, attr::ERROR_CODE);
    read(message, attr::UNKNOWN_ATTRIBUTES);
    read(message, attr::REALM);
    read(message, attr::NONCE);
    read(message, attr::XOR_MAPPED_ADDRESS);
    read(message, attr::SOFTWARE);
    read(message, attr::ALTERNATE_SERVER);
    read(message, attr::CHANNEL_NUMBER);
    read(message, attr::LIFETIME);
    read(message, attr::XOR_PEER_ADDRESS);
    read(message, attr::DATA);
    read(message, attr::XOR_RELAYED_ADDRESS);
    read(message, attr::REQUESTED_ADDRESS_FAMILY);
    read(message, attr::EVEN_PORT);
    read(message, attr::REQUESTED_TRANSPORT);
    read(message, attr::DONT_FRAGMENT);
    read(message, attr::RESERVATION_TOKEN);
    read(message, attr::PRIORITY);
    read(message, attr::USE_CANDIDATE);
    read(message, attr::ICE_CONTROLLED);
    read(message, attr::ICE_CONTROLLING);
}

/// A value that was read and can be written is read as the same one again: by its bytes.
fn read<S: Shape>(message: &Message<'_>, attribute: Attribute<S>) {
    let raw = message.attributes().find(|raw| raw.attribute_type == attribute.attribute_type());
    let value = match message.get(attribute) {
        Ok(value) => value,
        Err(error) => {
            assert_eq!(Some(error.offset), raw.map(|raw| raw.offset));
            return;
        }
    };
    assert_eq!(value.is_some(), raw.is_some());
    assert_eq!(message.contains(attribute), raw.is_some());
    let Some(value) = value else { return };
    let room = message.as_bytes().len() + 64;
    let (mut first, mut second) = (vec![0; room], vec![0; room]);
    let builder =
        |buffer| MessageBuilder::new(message.message_type(), message.transaction_id(), buffer);
    let Ok(written) = builder(&mut first[..]).put(attribute, value).finish() else { return };
    let reread = Message::parse(written).expect("ours");
    let value = reread.get(attribute).expect("ours").expect("it was put there");
    assert_eq!(builder(&mut second[..]).put(attribute, value).finish(), Ok(written));
}

/// The same attributes with proper integrity and FINGERPRINT: what is verified is what was put in.
fn sign_again(message: &Message<'_>) {
    let (key, other) = (Key::short_term("right"), Key::short_term("wrong"));
    assert!(message.verify(&key).is_err(), "nobody has signed it with this key");
    let mut buffer = vec![0; message.as_bytes().len() + 128];
    let id = message.transaction_id();
    let mut builder = MessageBuilder::new(message.message_type(), id, &mut buffer);
    for raw in message.attributes() {
        let attribute: Attribute<Opaque> = Attribute::new(raw.attribute_type.value(), "as it is");
        builder = builder.put(attribute, raw.value);
    }
    let Ok(signed) = builder.sign(&key).sign_sha256(&key).fingerprint().finish() else { return };
    let signed = Message::parse(signed).expect("ours");
    assert_eq!(signed.verify_fingerprint(), Ok(true));
    assert!(signed.verify(&other).is_err());
    let verified = signed.verify(&key).expect("signed with it");
    let values = |message: &Message<'_>| {
        message.attributes().map(|raw| (raw.attribute_type, raw.value.to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(values(&verified), values(message));
}
