//! What may be written, where that is less than what is read.

use stun_codec::{
    AttributeType, BuildError, Class, ErrorCode, Key, Message, MessageBuilder, MessageType, Method,
    TransactionId, ValueError, attr, shape,
};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// A request with this one attribute.
fn built<S: shape::Shape>(
    attribute: attr::Attribute<S>,
    value: S::Value<'_>,
) -> Result<Vec<u8>, BuildError> {
    let mut buffer = [0xAA; 1024];
    let builder = MessageBuilder::request(Method::BINDING, ID, &mut buffer);
    builder.put(attribute, value).finish().map(<[u8]>::to_vec)
}

fn too_long(attribute_type: AttributeType, length: usize) -> BuildError {
    BuildError::Value { attribute: attribute_type, error: ValueError::Length { length } }
}

/// A request whose one attribute has `length` bytes, whatever we would write ourselves.
fn foreign(attribute_type: AttributeType, length: u16) -> Vec<u8> {
    let mut bytes = b"\0\x01\0\0\x21\x12\xA4\x42abcdefghijkl".to_vec();
    bytes.extend(attribute_type.value().to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.resize(24 + usize::from(length).next_multiple_of(4), b'x');
    let body = u16::try_from(bytes.len() - 20).unwrap();
    bytes[2..4].copy_from_slice(&body.to_be_bytes());
    bytes
}

#[test]
fn a_username_is_written_below_509_bytes_and_read_up_to_763() {
    assert!(built(attr::USERNAME, &"x".repeat(508)).is_ok());
    let attribute_type = attr::USERNAME.attribute_type();
    assert_eq!(built(attr::USERNAME, &"x".repeat(509)), Err(too_long(attribute_type, 509)));
    for (length, is_read) in [(508, true), (509, true), (763, true), (764, false)] {
        let bytes = foreign(attribute_type, length);
        let username = Message::parse(&bytes).unwrap().get(attr::USERNAME);
        assert_eq!(username.is_ok(), is_read, "{length}");
    }
}

#[test]
fn software_and_reason_are_written_below_128_characters_and_read_up_to_763_bytes() {
    // What counts in writing is characters, of up to four bytes each.
    for character in ["x", "\u{30DE}", "\u{1F30A}"] {
        let (fits, long) = (character.repeat(127), character.repeat(128));
        assert!(built(attr::SOFTWARE, &fits).is_ok());
        let software = attr::SOFTWARE.attribute_type();
        assert_eq!(built(attr::SOFTWARE, &long), Err(too_long(software, long.len())));
        let error_code = attr::ERROR_CODE.attribute_type();
        assert!(built(attr::ERROR_CODE, ErrorCode::new(400, &fits).unwrap()).is_ok());
        assert_eq!(
            built(attr::ERROR_CODE, ErrorCode::new(400, &long).unwrap()),
            Err(too_long(error_code, long.len()))
        );
    }
    for (length, is_read) in [(763, true), (764, false)] {
        let bytes = foreign(attr::SOFTWARE.attribute_type(), length);
        assert_eq!(Message::parse(&bytes).unwrap().get(attr::SOFTWARE).is_ok(), is_read);
    }
}

#[test]
fn realm_and_nonce_can_be_echoed_as_long_as_they_are_read() {
    let text = "x".repeat(763);
    for attribute in [attr::REALM, attr::NONCE] {
        let bytes = built(attribute, &text).unwrap();
        assert_eq!(Message::parse(&bytes).unwrap().get(attribute), Ok(Some(text.as_str())));
    }
}

#[test]
fn reserved_bytes_are_written_as_zero() {
    let address = ([192, 0, 2, 1], 5000).into();
    assert_eq!(built(attr::MAPPED_ADDRESS, address).unwrap()[24], 0);
    assert_eq!(built(attr::XOR_MAPPED_ADDRESS, address).unwrap()[24], 0);
    assert_eq!(built(attr::ERROR_CODE, ErrorCode::BAD_REQUEST).unwrap()[24..28], [0, 0, 4, 0]);
}

/// The bytes of RFC 8489 §14.1 and §14.2, by hand.
#[test]
fn addresses_as_they_stand_on_the_wire() {
    let v4 = ([192, 0, 2, 1], 0x8055).into();
    assert_eq!(
        built(attr::MAPPED_ADDRESS, v4).unwrap()[20..],
        *b"\0\x01\0\x08\0\x01\x80\x55\xC0\0\x02\x01"
    );
    assert_eq!(
        built(attr::XOR_MAPPED_ADDRESS, v4).unwrap()[20..],
        *b"\0\x20\0\x08\0\x01\xA1\x47\xE1\x12\xA6\x43"
    );
    let alternate = built(attr::ALTERNATE_SERVER, v4).unwrap();
    assert_eq!(alternate[20..24], *b"\x80\x23\0\x08");
    assert_eq!(alternate[24..], built(attr::MAPPED_ADDRESS, v4).unwrap()[24..]);
    let v6 = ([0x2001, 0xDB8, 0, 0, 0, 0, 0, 1], 0x8055).into();
    let expected = *b"\0\x20\0\x14\0\x02\xA1\x47\x01\x13\xA9\xFAabcdefghijkm";
    assert_eq!(built(attr::XOR_MAPPED_ADDRESS, v6).unwrap()[20..], expected);
}

#[test]
fn unknown_attributes_take_two_bytes_each_and_the_usual_padding() {
    let types = [0x7001, 0x7002, 0x7003].map(AttributeType::new).into_iter().collect();
    assert_eq!(
        built(attr::UNKNOWN_ATTRIBUTES, types).unwrap()[20..],
        *b"\0\x0A\0\x06\x70\x01\x70\x02\x70\x03\0\0"
    );
}

#[test]
fn an_attribute_tells_its_length_without_padding_and_ends_on_a_boundary() {
    for length in 0..9 {
        let text = "x".repeat(length);
        let bytes = built(attr::SOFTWARE, &text).unwrap();
        assert_eq!(usize::from(u16::from_be_bytes([bytes[22], bytes[23]])), length);
        assert_eq!(bytes.len(), 24 + length.next_multiple_of(4));
        assert_eq!(usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), bytes.len() - 20);
        assert!(bytes[24 + length..].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn a_response_has_the_id_and_the_method_of_its_request() {
    let mut buffer = [0; 64];
    let request = MessageBuilder::request(Method::REFRESH, ID, &mut buffer).finish().unwrap();
    let request = Message::parse(request).unwrap();
    let (mut success, mut error) = ([0; 64], [0; 64]);
    let success = MessageBuilder::success(&request, &mut success).finish().unwrap();
    let error =
        MessageBuilder::error(&request, ErrorCode::BAD_REQUEST, &mut error).finish().unwrap();
    for (bytes, class) in [(success, Class::Success), (error, Class::Error)] {
        let response = Message::parse(bytes).unwrap();
        assert_eq!(response.message_type(), MessageType::new(class, Method::REFRESH));
        assert_eq!(response.transaction_id(), ID);
        let code = response.get(attr::ERROR_CODE).unwrap().map(|error| error.code());
        assert_eq!(code, (class == Class::Error).then_some(400));
    }
}

/// The server's side of the short-term mechanism (RFC 8489 §9.1.3) as a caller writes it.
#[test]
fn a_response_can_carry_the_integrity_attribute_of_its_request() {
    let key = Key::short_term("secret");
    for sha256 in [false, true] {
        let (mut buffer, mut answer) = ([0; 256], [0; 128]);
        let request = MessageBuilder::request(Method::BINDING, ID, &mut buffer)
            .put(attr::USERNAME, "bob:alice")
            .sign(&key);
        let request =
            if sha256 { request.sign_sha256(&key).finish() } else { request.finish() }.unwrap();
        let request = Message::parse(request).unwrap().verify(&key).unwrap();
        let answer = MessageBuilder::success(&request, &mut answer);
        let answer = if request.integrity_type() == AttributeType::MESSAGE_INTEGRITY_SHA256 {
            answer.sign_sha256(&key).finish()
        } else {
            answer.sign(&key).finish()
        };
        let answer = Message::parse(answer.unwrap()).unwrap().verify(&key).unwrap();
        assert_eq!(answer.integrity_type(), request.integrity_type());
        assert_eq!(request.integrity_type() == AttributeType::MESSAGE_INTEGRITY_SHA256, sha256);
        assert!(!answer.contains(attr::USERNAME));
    }
}

#[test]
fn sha256_can_be_cut_short_to_16_to_32_bytes_in_steps_of_4() {
    let key = Key::short_term("secret");
    for length in 0..=40 {
        let mut buffer = [0; 128];
        let built = MessageBuilder::request(Method::BINDING, ID, &mut buffer)
            .put(attr::PRIORITY, 1)
            .sign_sha256_truncated(&key, length)
            .fingerprint()
            .finish();
        if !(16..=32).contains(&length) || length % 4 != 0 {
            let attribute = AttributeType::MESSAGE_INTEGRITY_SHA256;
            let error = ValueError::Length { length };
            assert_eq!(built, Err(BuildError::Value { attribute, error }));
            continue;
        }
        let message = Message::parse(built.unwrap()).unwrap();
        assert_eq!(message.as_bytes().len(), 20 + 8 + 4 + length + 8);
        assert_eq!(message.verify_fingerprint(), Ok(true));
        assert!(message.verify_truncated(&key, length).is_ok());
        assert!(message.verify_truncated(&Key::short_term("guess"), 16).is_err());
        assert_eq!(message.verify(&key).is_ok(), length == 32);
    }
    // After MESSAGE-INTEGRITY too.
    let mut buffer = [0; 128];
    let both = MessageBuilder::request(Method::BINDING, ID, &mut buffer)
        .sign(&key)
        .sign_sha256_truncated(&key, 16)
        .finish()
        .unwrap();
    assert_eq!(both.len(), 20 + 24 + 20);
    assert!(Message::parse(both).unwrap().verify_truncated(&key, 16).is_ok());
}
