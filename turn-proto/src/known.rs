use stun_codec::{AttributeType, attr};

/// Whether `attribute_type` is one of those that this crate understands; a request that
/// demands another is answered with 420 (RFC 8489 §6.3.1).
pub(crate) fn is_known(attribute_type: AttributeType) -> bool {
    KNOWN.contains(&attribute_type)
}

const KNOWN: [AttributeType; 17] = [
    attr::MAPPED_ADDRESS.attribute_type(),
    attr::USERNAME.attribute_type(),
    attr::ERROR_CODE.attribute_type(),
    attr::UNKNOWN_ATTRIBUTES.attribute_type(),
    attr::REALM.attribute_type(),
    attr::NONCE.attribute_type(),
    attr::PASSWORD_ALGORITHM.attribute_type(),
    attr::XOR_MAPPED_ADDRESS.attribute_type(),
    attr::CHANNEL_NUMBER.attribute_type(),
    attr::LIFETIME.attribute_type(),
    attr::XOR_PEER_ADDRESS.attribute_type(),
    attr::DATA.attribute_type(),
    attr::XOR_RELAYED_ADDRESS.attribute_type(),
    attr::REQUESTED_ADDRESS_FAMILY.attribute_type(),
    attr::EVEN_PORT.attribute_type(),
    attr::REQUESTED_TRANSPORT.attribute_type(),
    attr::RESERVATION_TOKEN.attribute_type(),
];
