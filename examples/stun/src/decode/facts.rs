//! What is in a message, for programs.

use serde::Serialize;
use stun_codec::dissect::{Field, dissect};
use stun_codec::{AttributeType, Class, Message, Method, ParseError, ValueError, attr};

use super::integrity::{Credentials, Verdict};

/// What is printed with `--json`, in this order.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Facts {
    /// It is a message.
    Whole {
        class: Class,
        method: Method,
        transaction_id: String,
        attributes: Vec<AttributeFacts>,
        /// Only when there is a password to check it with.
        #[serde(skip_serializing_if = "Option::is_none")]
        integrity: Option<&'static str>,
        error: Option<ErrorFacts>,
    },
    /// It is none.
    Broken { error: ErrorFacts },
}

#[derive(Debug, Serialize)]
pub(super) struct AttributeFacts {
    r#type: String,
    name: Option<&'static str>,
    value: String,
    /// Only when something is wrong with the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFacts>,
    #[serde(skip)]
    counts: bool,
}

impl AttributeFacts {
    /// What does not count does no harm.
    const fn is_right(&self) -> bool {
        self.error.is_none() || !self.counts
    }
}

/// What is wrong, and where: bytes from the start of the message.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct ErrorFacts {
    pub(super) kind: &'static str,
    pub(super) offset: usize,
}

impl Facts {
    pub(super) fn of(bytes: &[u8], credentials: Option<&Credentials>) -> Self {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(error) => {
                let (kind, offset) = (parse_error(error), error.offset());
                return Self::Broken { error: ErrorFacts { kind, offset } };
            }
        };
        let fields = dissect(bytes).fields();
        let attributes = fields.clone().map(|field| AttributeFacts::from(&field)).collect();
        let mut error = None;
        if message.verify_fingerprint().is_err() {
            let is_it =
                |field: &Field<'_>| field.raw().attribute_type == AttributeType::FINGERPRINT;
            let offset = fields.clone().find(is_it).map_or(0, |field| field.raw().offset);
            error = Some(ErrorFacts { kind: "fingerprint_mismatch", offset });
        }
        Self::Whole {
            class: message.class(),
            method: message.method(),
            transaction_id: message.transaction_id().to_string(),
            attributes,
            integrity: credentials.map(|credentials| credentials.check(bytes).name()),
            error,
        }
    }

    pub(super) fn is_right(&self) -> bool {
        match self {
            Self::Whole { error, integrity, attributes, .. } => {
                error.is_none()
                    && attributes.iter().all(AttributeFacts::is_right)
                    && integrity.is_none_or(|name| name == Verdict::Right.name())
            }
            Self::Broken { .. } => false,
        }
    }
}

impl From<&Field<'_>> for AttributeFacts {
    fn from(field: &Field<'_>) -> Self {
        let raw = field.raw();
        let error = field.error().map(value_error);
        Self {
            r#type: format!("0x{:04x}", raw.attribute_type.value()),
            name: field.name(),
            value: value(field),
            error: error.map(|kind| ErrorFacts { kind, offset: raw.offset }),
            counts: field.counts(),
        }
    }
}

/// Text as it is, bytes whole and in hexadecimal, and all else as for people.
fn value(field: &Field<'_>) -> String {
    let raw = field.raw();
    let is_text = TEXTS.contains(&raw.attribute_type);
    if is_text && let (Ok(text), None) = (str::from_utf8(raw.value), field.error()) {
        return text.to_owned();
    }
    let shown = field.to_string();
    let digits: String = raw.value.iter().map(|byte| format!("{byte:02x}")).collect();
    // People get the first bytes only, and how many there are.
    let cut = shown.split_once("... (").map_or("", |(front, _)| front);
    if !cut.is_empty() && digits.starts_with(cut) { digits } else { shown }
}

const TEXTS: [AttributeType; 7] = [
    attr::USERNAME.attribute_type(),
    attr::REALM.attribute_type(),
    attr::NONCE.attribute_type(),
    attr::SOFTWARE.attribute_type(),
    attr::ALTERNATE_DOMAIN.attribute_type(),
    attr::THIRD_PARTY_AUTHORIZATION.attribute_type(),
    attr::ORIGIN.attribute_type(),
];

fn parse_error(error: ParseError) -> &'static str {
    match error {
        ParseError::TooShort { .. } => "too_short",
        ParseError::NotStun => "not_stun",
        ParseError::MagicCookie => "magic_cookie",
        ParseError::UnalignedLength { .. } => "unaligned_length",
        ParseError::LengthMismatch { .. } => "length_mismatch",
        ParseError::AttributePastEnd { .. } => "attribute_past_end",
        ParseError::IntegrityLength { .. } => "integrity_length",
        ParseError::FingerprintLength { .. } => "fingerprint_length",
        ParseError::FingerprintNotLast { .. } => "fingerprint_not_last",
        _ => "malformed",
    }
}

fn value_error(error: ValueError) -> &'static str {
    match error {
        ValueError::Length { .. } => "length",
        ValueError::Family { .. } => "address_family",
        ValueError::Utf8 => "not_utf8",
        ValueError::ErrorCode { .. } => "error_code",
        ValueError::Range => "out_of_range",
        _ => "malformed",
    }
}
