//! Every codepoint against the tables of the registry, which lie beside the project and not in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The table of this number, or `None` with a word on why the test is left out.
fn table(number: u8) -> Option<BTreeMap<u16, String>> {
    let shared = std::env::var_os("THALWEG_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = shared.join(format!("iana/stun-parameters-{number}.csv"));
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!(
            "left out: no registry tables (set THALWEG_SHARED to the folder that holds iana/)"
        );
        return None;
    };
    let mut table = BTreeMap::new();
    for line in text.lines() {
        let mut cells = line.split(',');
        let (Some(value), Some(name)) = (cells.next(), cells.next()) else { continue };
        let name = name.trim().trim_matches('"');
        let value = match value.strip_prefix("0x") {
            Some(digits) => u16::from_str_radix(digits, 16),
            None => value.parse(),
        };
        if let Ok(value) = value {
            table.insert(value, name.split(" (").next().unwrap_or(name).to_owned());
        }
    }
    assert!(table.len() > 5, "{} has {} rows", path.display(), table.len());
    Some(table)
}

#[test]
fn attributes_are_those_of_the_registry() {
    let Some(table) = table(4) else { return };
    let source = include_str!("../src/attr.rs");
    // A definition may be broken over two lines.
    let source = source.replace('\n', " ");
    let mut count = 0;
    for definition in source.split("Attribute::new(0x").skip(1) {
        let (value, rest) = definition.split_at(4);
        let name = rest.split('"').nth(1).expect("a name");
        let value = u16::from_str_radix(value, 16).expect("four digits");
        if value == 0xC123 {
            continue; // The example of a private one, in the module's documentation.
        }
        assert_eq!(table.get(&value).map(String::as_str), Some(name), "0x{value:04x}");
        count += 1;
    }
    assert_eq!(count, source.matches(": Attribute<shape::").count(), "definitions that were read");
    for (attribute_type, name) in [
        (stun_codec::AttributeType::MESSAGE_INTEGRITY, "MESSAGE-INTEGRITY"),
        (stun_codec::AttributeType::MESSAGE_INTEGRITY_SHA256, "MESSAGE-INTEGRITY-SHA256"),
        (stun_codec::AttributeType::FINGERPRINT, "FINGERPRINT"),
    ] {
        assert_eq!(table.get(&attribute_type.value()).map(String::as_str), Some(name));
    }
}

#[test]
fn methods_are_those_of_the_registry() {
    let Some(table) = table(2) else { return };
    let mut named = 0;
    for value in 0..=0xFFF {
        let method = stun_codec::Method::new(value).expect("12 bits");
        if let Some(name) = method.name() {
            assert_eq!(table.get(&value).map(String::as_str), Some(name), "0x{value:03x}");
            named += 1;
        }
    }
    assert_eq!(named, 10);
}

#[test]
fn error_codes_are_those_of_the_registry() {
    let Some(table) = table(6) else { return };
    let source = include_str!("../src/shape/error_code.rs");
    let mut count = 0;
    for definition in source.split("Self::of(").skip(1) {
        let code = definition[..3].parse().expect("three digits");
        let reason = definition.split('"').nth(1).expect("a reason phrase");
        // The registry has the word of RFC 5389; RFC 8489 §14.8 has another.
        let name = if code == 401 { "Unauthorized" } else { reason };
        assert_eq!(table.get(&code).map(String::as_str), Some(name), "{code}");
        count += 1;
    }
    assert_eq!(count, source.matches(": Self =").count(), "definitions that were read");
    assert_eq!(stun_codec::ErrorCode::UNAUTHENTICATED.reason(), "Unauthenticated");
}
