//! How messages print, whole and broken.

use stun_codec::dissect::dissect;
use stun_codec::{
    Key, Message, MessageBuilder, Method, ParseError, TransactionId, ValueError, attr,
};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// A Binding request of these attributes: a type, a length as written, a value with its padding.
fn message(attributes: &[(u16, u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (attribute_type, length, value) in attributes {
        body.extend(attribute_type.to_be_bytes());
        body.extend(length.to_be_bytes());
        body.extend(*value);
    }
    let mut bytes = vec![0, 1];
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend([0x21, 0x12, 0xA4, 0x42]);
    bytes.extend(ID.as_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn a_signed_message_line_by_line_and_on_one_line() {
    let key = Key::short_term("secret");
    let mut buffer = [0; 256];
    let bytes = MessageBuilder::request(Method::BINDING, ID, &mut buffer)
        .put(attr::USERNAME, "evtj:h6vY\n\u{1B}[31m")
        .put(attr::USE_CANDIDATE, ())
        .put(attr::XOR_MAPPED_ADDRESS, "192.0.2.1:32853".parse().unwrap())
        .put(attr::Attribute::<stun_codec::shape::Opaque>::new(0xC123, "OURS"), &[1, 2, 3])
        .sign(&key)
        .fingerprint()
        .finish()
        .unwrap();
    let message = Message::parse(bytes).unwrap();
    let integrity: String = bytes[68..88].iter().map(|byte| format!("{byte:02x}")).collect();
    let fingerprint: String = bytes[92..].iter().map(|byte| format!("{byte:02x}")).collect();
    let lines = format!(
        r#"Binding Request, 96 bytes, transaction 6162636465666768696a6b6c
    20  USERNAME                  "evtj:h6vY\n\u{{1b}}[31m"
    40  USE-CANDIDATE
    44  XOR-MAPPED-ADDRESS        192.0.2.1:32853
    56  0xc123                    010203
    64  MESSAGE-INTEGRITY         {integrity}
    88  FINGERPRINT               {fingerprint}  (right)"#
    );
    assert_eq!(message.to_string(), lines);
    assert_eq!(format!("{message:#?}"), lines);
    assert_eq!(
        format!("{message:?}"),
        format!(
            r#"Binding Request 6162636465666768696a6b6c [USERNAME "evtj:h6vY\n\u{{1b}}[31m", USE-CANDIDATE, XOR-MAPPED-ADDRESS 192.0.2.1:32853, 0xc123 010203, MESSAGE-INTEGRITY {integrity}, FINGERPRINT {fingerprint}]"#
        )
    );
    let mut wrong = bytes.to_vec();
    wrong[95] ^= 1;
    let wrong = Message::parse(&wrong).unwrap().to_string();
    assert!(wrong.ends_with("  ! FINGERPRINT does not match"), "{wrong}");
}

#[test]
fn errors_are_marked_where_they_stand() {
    let bytes = message(&[(0x24, 2, &[0, 1, 0, 0]), (0x8022, 4, b"wave"), (0x8022, 9, b"wave")]);
    let dissection = dissect(&bytes);
    let error = ParseError::AttributePastEnd { offset: 36, length: 9 };
    assert_eq!((dissection.error(), error.offset()), (Some(error), 36));
    assert_eq!(
        dissection.to_string(),
        r#"Binding Request, 44 bytes, transaction 6162636465666768696a6b6c
    20  PRIORITY                  0001  ! wrong length 2
    28  SOFTWARE                  "wave"
    36  ! the attribute at offset 36 runs past the end: its length is 9"#
    );
    let fields: Vec<_> = dissection.fields().collect();
    assert_eq!(fields.len(), 2);
    assert_eq!(fields[0].error(), Some(ValueError::Length { length: 2 }));
    assert_eq!((fields[1].name(), fields[1].error()), (Some("SOFTWARE"), None));
    assert_eq!(fields[1].raw().offset, 28);

    let bytes = message(&[(0x8028, 4, &[1, 2, 3, 4]), (0x0008, 4, &[5, 6, 7, 8])]);
    assert_eq!(
        dissect(&bytes).to_string(),
        r"Binding Request, 36 bytes, transaction 6162636465666768696a6b6c
    20  FINGERPRINT               01020304  ! the FINGERPRINT at offset 20 is not the last attribute
    28  MESSAGE-INTEGRITY         05060708"
    );
    assert!(
        format!("{:?}", dissect(&bytes))
            .ends_with("] ! the FINGERPRINT at offset 20 is not the last attribute")
    );
}

#[test]
fn what_is_behind_the_integrity_is_shown_and_said_not_to_count() {
    let (sha1, sha256) = ([7; 20], [8; 32]);
    let bytes = message(&[
        (0x0008, 20, &sha1),
        (0x0024, 4, &[0; 4]),
        (0x001C, 32, &sha256),
        (0x0008, 20, &sha1),
        (0x001C, 32, &sha256),
    ]);
    let parsed = Message::parse(&bytes).unwrap();
    let counts: Vec<bool> = dissect(&bytes).fields().map(|field| field.counts()).collect();
    assert_eq!(counts, [true, false, true, false, false]);
    assert_eq!(parsed.attributes().count(), 0);
    let marked = parsed.to_string().matches("  (ignored: it follows the integrity)").count();
    assert_eq!(marked, 3);
}

#[test]
fn errors_of_the_header() {
    assert_eq!(
        dissect(b"\0\x01").to_string(),
        "Not a STUN message, 2 bytes\n     2  ! 2 bytes are too few for a STUN header of 20"
    );
    let mut bytes = message(&[(0x8022, 4, b"wave")]);
    bytes[4] = 0;
    assert_eq!(
        dissect(&bytes).to_string(),
        "Not a STUN message, 28 bytes\n     4  ! not STUN: no magic cookie at offset 4"
    );
    assert_eq!(dissect(&bytes).fields().count(), 0);
    // What is there is shown, whether the datagram is too long or too short.
    for (length, fields) in [(0, 0), (8, 1), (16, 1)] {
        let mut bytes = message(&[(0x8022, 4, b"wave"), (0x24, 4, &[0; 4])]);
        bytes[3] = length;
        bytes.truncate(28 + usize::from(length == 16) * 4);
        let dissection = dissect(&bytes);
        assert_eq!(dissection.fields().count(), fields, "{length}");
        if length != 8 {
            let printed = dissection.to_string();
            assert!(printed.lines().nth(1).unwrap().starts_with("     2  ! the header says "));
        }
    }
}

#[test]
fn long_values_are_cut() {
    let data = [0xAB; 1200];
    let bytes = message(&[(0x0013, 1200, &data)]);
    let line = Message::parse(&bytes).unwrap().to_string();
    assert!(line.ends_with(&format!("{}... (1200 bytes)", "ab".repeat(32))), "{line}");
}

/// Anything prints, and nothing grows beyond a few times what was sent.
#[test]
fn no_bytes_are_too_strange_to_print() {
    let mut bytes = message(&[(0x24, 4, &[0; 4]), (0x0006, 4, b"a\0\xFF\"")]);
    for at in 0..bytes.len() {
        for value in 0..=255 {
            let was = std::mem::replace(&mut bytes[at], value);
            for length in [at, bytes.len()] {
                let dissection = dissect(&bytes[..length]);
                assert!(format!("{dissection}{dissection:?}").len() < 1000);
                assert_eq!(dissection.error(), Message::parse(&bytes[..length]).err());
            }
            bytes[at] = was;
        }
    }
}
