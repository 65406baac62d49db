//! Every codepoint against the tables of the registry, which lie beside the project and not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use stun_codec::{AttributeType, attr};

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
    let definitions = definitions();
    for (value, name) in &definitions {
        let registered = table.get(value).map(String::as_str).filter(|name| *name != "Unassigned");
        // The old ones are there under what they were.
        let was = registered.and_then(|name| name.strip_prefix("Reserved; was "));
        let registered = was.map_or(registered, |was| was.split(" prior").next());
        let expected = match value {
            // Used without asking; the registry has the first for something else.
            0xC001 => Some("ENF-FLOW-DESCRIPTION"),
            0x8020 | 0x802F | 0xFF00 => None,
            _ => Some(name.as_str()),
        };
        assert_eq!(registered, expected, "0x{value:04x} {name}");
    }
    let (early, late) = (attr::EARLY_XOR_MAPPED_ADDRESS, attr::XOR_MAPPED_ADDRESS);
    assert_eq!(early.name(), late.name());
    // And the other way round: what the registry has and we have not is this and no more.
    let known: BTreeSet<u16> = definitions.iter().map(|(value, _)| *value).collect();
    let missing = table
        .iter()
        .filter(|(value, name)| !known.contains(value) && !name.starts_with("Reserved"))
        .map(|(_, name)| name.as_str())
        .filter(|name| *name != "Unassigned");
    let missing: Vec<&str> = missing.collect();
    assert_eq!(missing, ["CISCO-STUN-FLOWDATA", "ENF-NETWORK-STATUS", "GOOG-OBSOLETE-1"]);
}

#[test]
fn the_list_of_all_attributes_holds_each_that_is_defined() {
    let definitions = definitions();
    let mut listed = BTreeSet::new();
    for entry in attr::ALL {
        let value = entry.attribute_type().value();
        assert!(listed.insert(value), "{entry:?} is there twice");
        assert!(definitions.contains(&(value, entry.name().to_owned())), "{entry:?}");
        assert_eq!(entry.attribute_type().name(), Some(entry.name()));
    }
    assert_eq!(listed.len(), definitions.len());
    assert_eq!(AttributeType::new(0x7001).name(), None);
}

/// The codepoints and names in the source of `attr`.
fn definitions() -> Vec<(u16, String)> {
    let source = include_str!("../src/attr.rs");
    // A definition may be broken over two lines.
    let source = source.replace('\n', " ");
    let mut definitions = Vec::new();
    for definition in source.split("Attribute::new(0x").skip(1) {
        let (value, rest) = definition.split_at(4);
        let name = rest.split('"').nth(1).expect("a name");
        let value = u16::from_str_radix(value, 16).expect("four digits");
        // But for the example of a private one, in the module's documentation.
        if value != 0xC123 {
            definitions.push((value, name.to_owned()));
        }
    }
    let written = source.matches(": Attribute<shape::").count();
    assert_eq!(definitions.len(), written, "definitions that were read");
    definitions
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
