//! The answer to attributes that were not understood.

use stun_codec::{
    AttributeType, Class, Key, Message, MessageBuilder, Method, TransactionId, attr, shape,
};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

fn is_known(attribute_type: AttributeType) -> bool {
    [attr::USERNAME.attribute_type(), attr::PRIORITY.attribute_type()].contains(&attribute_type)
}

/// A signed request, or a message of another class, with these flags besides what is known.
fn with_flags(class: Class, types: impl IntoIterator<Item = u16>, buffer: &mut [u8]) -> &[u8] {
    let message_type = stun_codec::MessageType::new(class, Method::REFRESH);
    let mut builder = MessageBuilder::new(message_type, ID, buffer).put(attr::USERNAME, "bob");
    for attribute_type in types {
        let flag: attr::Attribute<shape::Flag> = attr::Attribute::new(attribute_type, "FLAG");
        builder = builder.put(flag, ());
    }
    builder.sign(&Key::short_term("secret")).fingerprint().finish().unwrap()
}

#[test]
fn s16_a_request_with_unknown_attributes_is_refused_with_their_list() {
    let (mut buffer, mut answer) = ([0; 256], [0; 128]);
    let request = with_flags(Class::Request, [0x7001, 0x8777, 0x7002], &mut buffer);
    let request = Message::parse(request).unwrap();
    let refusal = request.refuse_unknown(is_known, &mut answer).unwrap();
    // The caller signs it, as any answer.
    let key = Key::short_term("secret");
    let refusal = Message::parse(refusal.sign(&key).finish().unwrap()).unwrap();
    let refusal = refusal.verify(&key).unwrap();
    assert_eq!((refusal.class(), refusal.method()), (Class::Error, Method::REFRESH));
    assert_eq!(refusal.transaction_id(), ID);
    let error = refusal.get(attr::ERROR_CODE).unwrap().unwrap();
    assert_eq!((error.code(), error.reason()), (420, ""));
    let listed = refusal.get(attr::UNKNOWN_ATTRIBUTES).unwrap().unwrap();
    assert!(listed.iter().eq([0x7001, 0x7002].map(AttributeType::new)));
    assert_eq!(refusal.attributes().count(), 2);
}

#[test]
fn s16_the_refusal_is_bounded_whatever_was_asked() {
    let mut buffer = vec![0; 5000];
    let request = with_flags(Class::Request, 0x7000..0x7400, &mut buffer);
    let request = Message::parse(request).unwrap();
    let mut answer = [0; 64];
    let refusal = request.refuse_unknown(is_known, &mut answer).unwrap().finish().unwrap();
    assert_eq!(refusal.len(), 64);
    // Not even one type is listed twice.
    let mut buffer = vec![0; 5000];
    let request = with_flags(Class::Request, [0x7001; 1000], &mut buffer);
    let request = Message::parse(request).unwrap();
    let refusal = request.refuse_unknown(is_known, &mut answer).unwrap().finish().unwrap();
    assert_eq!(refusal[20..], *b"\0\x09\0\x04\0\0\x04\x14\0\x0A\0\x02\x70\x01\0\0");
}

#[test]
fn only_requests_are_refused_and_only_for_what_they_demand() {
    let mut answer = [0; 64];
    let mut refused = |class, types: &[u16]| {
        let mut buffer = [0; 256];
        let message = with_flags(class, types.iter().copied(), &mut buffer);
        let message = Message::parse(message).unwrap();
        message.refuse_unknown(is_known, &mut answer).is_some()
    };
    assert!(refused(Class::Request, &[0x7001]));
    assert!(!refused(Class::Request, &[]));
    assert!(!refused(Class::Request, &[0x0024, 0x8777]));
    for class in [Class::Indication, Class::Success, Class::Error] {
        assert!(!refused(class, &[0x7001]), "{class:?}");
    }
}
