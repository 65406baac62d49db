//! Messages made of arbitrary bytes.

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;
use stun_codec::attr::{self, Entry};
use stun_codec::{
    ArbitraryMessage, AttributeType, Class, ErrorCode, Message, MessageBuilder, Method,
    TransactionId,
};

/// Bytes that look random and are the same each time.
fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(step).collect()
}

proptest! {
    #[test]
    fn whatever_the_bytes_the_message_is_well_formed(bytes: Vec<u8>) {
        let made = ArbitraryMessage::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        let message = Message::parse(made.as_bytes()).unwrap();
        prop_assert!(message.verify_fingerprint().is_ok());
        prop_assert_eq!(message.has_integrity(), message.verify(&ArbitraryMessage::key()).is_ok());
    }
}

#[test]
fn the_messages_are_of_all_sorts_and_most_values_are_sound() {
    let (mut sound, mut malformed) = (BTreeSet::new(), BTreeSet::new());
    let (mut classes, mut signed, mut fingerprints) = (BTreeSet::new(), 0, 0);
    let (mut values, mut sound_values) = (0, 0);
    for seed in 0..2000 {
        let bytes = bytes(seed, 2048);
        let made = ArbitraryMessage::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        let message = Message::parse(made.as_bytes()).unwrap();
        classes.insert(message.class());
        signed += u32::from(message.has_integrity());
        fingerprints += u32::from(message.verify_fingerprint() == Ok(true));
        for raw in message.attributes() {
            let Some(entry) = Entry::of(raw.attribute_type) else { continue };
            values += 1;
            if entry.check(raw.value, message.transaction_id()).is_ok() {
                sound_values += 1;
                sound.insert(raw.attribute_type);
            } else {
                malformed.insert(raw.attribute_type);
            }
        }
    }
    assert_eq!(classes.len(), 4);
    assert!((1000..2000).contains(&signed), "{signed}");
    assert!((700..1300).contains(&fingerprints), "{fingerprints}");
    assert!(sound_values * 10 > values * 8, "{sound_values} of {values}");
    assert!(malformed.len() > 20, "{malformed:?}");
    let missing: Vec<&str> = attr::ALL
        .iter()
        .filter(|entry| !sound.contains(&entry.attribute_type()))
        .map(Entry::name)
        .collect();
    assert_eq!(missing, ["MESSAGE-INTEGRITY", "MESSAGE-INTEGRITY-SHA256", "FINGERPRINT"]);
}

#[test]
fn values_are_within_their_ranges() {
    for seed in 0..200 {
        let bytes = bytes(seed, 256);
        let mut u = Unstructured::new(&bytes);
        let (class, method): (Class, Method) = (u.arbitrary().unwrap(), u.arbitrary().unwrap());
        let (id, code): (TransactionId, ErrorCode<'_>) =
            (u.arbitrary().unwrap(), u.arbitrary().unwrap());
        let attribute_type: AttributeType = u.arbitrary().unwrap();
        assert!((300..=699).contains(&code.code()));
        let mut buffer = [0; 1024];
        let flag: attr::Attribute<stun_codec::shape::Opaque> =
            attr::Attribute::new(attribute_type.value(), "any");
        let message_type = stun_codec::MessageType::new(class, method);
        assert!(MessageBuilder::new(message_type, id, &mut buffer).put(flag, &[]).finish().is_ok());
    }
}
