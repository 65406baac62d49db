//! Each test that the pages on this crate's RFCs name is there.

use std::path::Path;

fn keeps_its_word(page: &str) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = package.join("../docs/conformance").join(page);
    if let Err(nonconformity) = testkit::conformance::check(&page, &[package]) {
        panic!("{nonconformity}");
    }
}

#[test]
fn rfc8489_keeps_its_word() {
    keeps_its_word("rfc8489.md");
}

#[test]
fn rfc7064_and_rfc7065_keep_their_word() {
    keeps_its_word("rfc7064_7065.md");
}

#[test]
fn rfc7983_and_rfc9443_keep_their_word() {
    keeps_its_word("rfc7983.md");
}

#[test]
fn rfc5780_keeps_its_word() {
    keeps_its_word("rfc5780.md");
}
